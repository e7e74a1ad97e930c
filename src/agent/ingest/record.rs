//! The sections of an inventory as records: what is new beside what was stored.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Offer, SoftwareWritten, tolerate_damage};
use crate::agent::Agents;
use crate::fleet::{Known, SoftwareChange};
use crate::id::ComputerId;
use crate::inventory::rows::{self, Packed};
use crate::inventory::sections::{self, Place, SectionId};
use crate::inventory::software::{self, ItemId, List};
use crate::inventory::store::{self as computers, SOFTWARE_OF};
use crate::inventory::{Cold, Computer, Family, checksum};
use crate::protocol::{Element, Message};
use crate::registry::answers;
use crate::store::{Error, Read};

/// Elements of CONTENT that are no section.
const NOT_SECTIONS: [&str; 3] = ["ACCOUNTINFO", "DEVICEID", "OLD_DEVICEID"];
/// Sections that say what is so now: those of an earlier inventory mean nothing.
const MOMENTARY: [&str; 2] = ["DOWNLOAD", "IPDISCOVER"];

/// The records of a computer's sections.
pub(super) struct Sections {
    /// The block of the hot record.
    pub volatile: Vec<u8>,
    /// The cold record, when it has to be written.
    pub cold: Option<Cold>,
    /// With a cold record, the names of the registry queries that it answers.
    pub answered: Vec<String>,
    /// It holds sections that this inventory did not mention.
    pub carried: bool,
    /// Sections whose rows differ from the stored ones.
    pub written: u32,
    /// Stored sections of which none is left.
    pub gone: Vec<&'static str>,
}

/// In which record a section stands; sections that only this module knows by name stay with the volatile ones.
fn place(tag: &str) -> Place {
    match sections::section(tag) {
        Some(section) => section.place,
        None if MOMENTARY.contains(&tag) => Place::Hot,
        None => Place::Cold,
    }
}

/// What happens to a child of CONTENT when a message is cut.
pub(in crate::agent) fn class(tag: &str) -> crate::inventory::cut::Class {
    use crate::inventory::cut::Class;
    match place(tag) {
        _ if NOT_SECTIONS.contains(&tag) => Class::Kept,
        Place::Hot => Class::Kept,
        Place::Cold if super::columns::SOURCES.contains(&tag) => Class::Watched,
        Place::Cold => Class::Stable,
        Place::Software => Class::Software,
    }
}

/// Works out the hot block and the cold record.
///
/// Sections that were sent replace stored ones. Sections that were not sent stay, unless an agent of OCS says with
/// their bit in CHECKSUM that none is left.
#[expect(clippy::too_many_arguments, reason = "what is known about a computer, each of its own kind")]
pub(super) fn sections(
    agents: &Agents,
    read: &impl Read,
    offer: &Offer<'_>,
    family: Family,
    sum: Option<u64>,
    id: ComputerId,
    before: Option<&Computer>,
    known: Option<&Known>,
) -> Result<Sections, Error> {
    let longest = agents.app.config.limits.text;
    let tags = present(offer);
    let message = checksum::Message { agent: family, checksum: sum, present: &tags, partial: offer.partial };
    let old_hot = before.map_or(&[][..], |before| &before.volatile);
    let new_hot = block(offer.message, Place::Hot, longest);
    let mut gone = gone_of(&message, old_hot);
    let left_out: Vec<&str> = gone.iter().copied().chain(MOMENTARY).collect();
    let volatile = rows::merged(old_hot, &new_hot, &left_out).unwrap_or(new_hot);
    let mut written = differing(old_hot, &volatile);

    let carried = known.is_some_and(|known| known.carried);
    // With sections carried over, the stable ones are always parsed.
    if !offer.parsed.stable {
        return Ok(Sections { volatile, cold: None, answered: Vec::new(), carried, written, gone });
    }
    let old_cold = computers::cold_block(read, id, &agents.app.dictionaries).map(Some).or_else(tolerate_damage)?;
    let old_cold = old_cold.unwrap_or_default();
    let gone_cold = gone_of(&message, &old_cold);
    let new_cold = block(offer.message, Place::Cold, longest);
    let whole = match rows::merged(&old_cold, &new_cold, &gone_cold) {
        Ok(whole) if whole.len() <= agents.app.config.limits.inflated => whole,
        // Other sections each time would be kept for ever, and all of them read at each inventory.
        Ok(_) => {
            tracing::warn!(target: "rollcall::agent", computer = id.0, "sections of earlier inventories take too much and are dropped");
            new_cold
        }
        Err(_) => new_cold,
    };
    gone.extend(gone_cold);
    written += differing(&old_cold, &whole);
    let named: HashSet<&str> = tags.iter().copied().collect();
    let carried = rows::sections_of(&whole).flatten().any(|section| !named.contains(section.tag().as_ref()));
    let cold = if whole == old_cold && !whole.is_empty() {
        None
    } else {
        Some(agents.app.dictionaries.pack(&whole).map_err(|error| Error::Unavailable(error.to_string()))?)
    };
    let answered = if cold.is_some() { answers::names(&whole) } else { Vec::new() };
    Ok(Sections { volatile, cold, answered, carried, written, gone })
}

/// Names of all sections of the message, those that were not parsed included.
fn present<'a>(offer: &'a Offer<'_>) -> Vec<&'a str> {
    match offer.cut {
        Some(cut) => {
            let parsed: BTreeSet<&str> = offer.message.content.iter().map(|element| element.tag.as_ref()).collect();
            // An element without any value is no section: it stands in the cut and not in the message.
            let unparsed = |tag: &&str| match class(tag) {
                crate::inventory::cut::Class::Kept | crate::inventory::cut::Class::Watched => false,
                crate::inventory::cut::Class::Stable => !offer.parsed.stable,
                // Rows that were recognised are not in the message.
                crate::inventory::cut::Class::Software => {
                    !offer.parsed.software || !offer.recognised.entries.is_empty()
                }
            };
            let rest: BTreeSet<&str> = cut.names.iter().copied().filter(unparsed).collect();
            parsed.union(&rest).copied().collect()
        }
        None => {
            let tags: BTreeSet<&str> = offer.message.content.iter().map(|element| element.tag.as_ref()).collect();
            tags.into_iter().collect()
        }
    }
}

/// Tags of the stored sections of which none is left.
fn gone_of(message: &checksum::Message<'_>, stored: &[u8]) -> Vec<&'static str> {
    let ids = rows::sections_of(stored).flatten().filter_map(|section| section.id.ok().map(SectionId));
    let left = message.none_left(ids);
    left.into_iter().filter_map(|id| sections::by_id(id).map(|section| section.tag)).collect()
}

/// The sections of a message that stand in one record, in the order of their names, as a block.
fn block(message: &Message<'_>, wanted: Place, longest: usize) -> Vec<u8> {
    let mut groups: Vec<(&str, Vec<&Element<'_>>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for element in &message.content {
        let tag = element.tag.as_ref();
        // Neighbours of one name are the rule: only the last group is looked at before a search.
        match groups.last_mut() {
            Some((last, group)) if *last == tag => group.push(element),
            _ if NOT_SECTIONS.contains(&tag) || place(tag) != wanted => {}
            _ => match places.get(tag).and_then(|at| groups.get_mut(*at)) {
                Some((_, group)) => group.push(element),
                None => {
                    places.insert(tag, groups.len());
                    groups.push((tag, vec![element]));
                }
            },
        }
    }
    let mut out = Vec::with_capacity(4 << 10);
    for (tag, mut group) in groups {
        // Of a section that is one by its nature the last occurrence counts, field by field.
        let single = sections::section(tag).is_some_and(|section| !section.many);
        if single && group.len() > 1 {
            let cells = group.iter().flat_map(|element| element.cells.iter());
            let row: Vec<_> = cells.map(|cell| (name_in(tag, cell.name.as_ref()), cell.value.as_ref())).collect();
            rows::put_section(&mut out, tag, std::iter::once(row.into_iter()), longest);
        } else {
            let each = group.drain(..).map(|element| {
                element.cells.iter().map(|cell| (name_in(tag, cell.name.as_ref()), cell.value.as_ref()))
            });
            rows::put_section(&mut out, tag, each, longest);
        }
    }
    out
}

/// The text of a section that is nothing but text stands under the section's own name where that is declared.
fn name_in<'a>(tag: &'a str, name: &'a str) -> &'a str {
    if name.is_empty() && sections::section(tag).is_some_and(|section| section.field(tag).is_some()) {
        tag
    } else {
        name
    }
}

/// How many sections of two blocks differ.
fn differing(old: &[u8], new: &[u8]) -> u32 {
    let old: Vec<Packed<'_>> = rows::sections_of(old).flatten().collect();
    let new: Vec<Packed<'_>> = rows::sections_of(new).flatten().collect();
    let before: HashSet<&[u8]> = old.iter().map(|section| section.whole).collect();
    let after: HashSet<Result<u8, &str>> = new.iter().map(|section| section.id).collect();
    let changed = new.iter().filter(|section| !before.contains(section.whole)).count();
    let vanished = old.iter().filter(|section| !after.contains(&section.id)).count();
    u32::try_from(changed + vanished).unwrap_or(u32::MAX)
}

/// The list of software, when it was sent and may differ from the stored one.
pub(super) fn software(
    agents: &Agents,
    read: &impl Read,
    offer: &Offer<'_>,
    id: ComputerId,
    new: bool,
) -> Result<Option<(List, SoftwareWritten)>, Error> {
    let Some(section) = sections::section("SOFTWARES") else { return Ok(None) };
    let sent: Vec<&Element<'_>> = offer.message.sections("SOFTWARES").collect();
    // No software at all means that its collection is switched off: what is stored stays.
    if !offer.parsed.software || (sent.is_empty() && offer.recognised.entries.is_empty()) {
        return Ok(None);
    }
    let longest = agents.app.config.limits.text;
    let rows = sent.iter().map(|element| element.cells.iter().map(|cell| (cell.name.as_ref(), cell.value.as_ref())));
    let list = software::pack(section, offer.recognised, rows, longest, &mut agents.app.fleet.numbering());
    let old = if new { None } else { read.get(&SOFTWARE_OF, id).or_else(tolerate_damage)? }.unwrap_or_default();
    let change = difference(&old, &list);
    let written = old != list;
    Ok(Some((list, SoftwareWritten { change, written })))
}

/// Which items came and went. Lists are in the order of items.
fn difference(old: &List, new: &List) -> SoftwareChange {
    let items = |list: &List| {
        let mut items: Vec<_> = list.entries.iter().map(|entry| entry.item).collect();
        items.dedup();
        items
    };
    let (before, after) = (items(old), items(new));
    let without = |items: &[ItemId], others: &[ItemId]| -> Vec<ItemId> {
        items.iter().filter(|item| others.binary_search(item).is_err()).copied().collect()
    };
    SoftwareChange {
        added: without(&after, &before),
        removed: without(&before, &after),
        count: u32::try_from(new.entries.len()).unwrap_or(u32::MAX),
    }
}
