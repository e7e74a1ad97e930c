//! The columns of lists after an inventory: effective values out of what was sent and what was known.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Offer, source_address};
use crate::clock::Timestamp;
use crate::inventory::columns::{self, COLUMNS, ColumnId, ColumnKind, Columns};
use crate::inventory::convert::{
    self,
    date::{Day, Moment},
};
use crate::inventory::mapping::{self, SectionRows};
use crate::inventory::{Computer, Family, sections};
use crate::protocol::Element;
use crate::text;

/// The sections that columns are made from, as [`rows`] hands them to the rules. HARDWARE apart, they seldom
/// change; they are parsed at each inventory all the same, so that a column never depends on what was recognised.
pub(super) const SOURCES: [&str; 9] =
    ["HARDWARE", "BIOS", "NETWORKS", "VIDEOS", "OPERATINGSYSTEM", "CPUS", "USERS", "DRIVES", "VIRTUALMACHINES"];

/// Values of a column of several: a computer has no more interfaces, and a message that claims so is no help.
const SEVERAL: usize = 256;

/// The columns after an inventory. HARDWARE is taken anew by each one that has it; of a section that is missing, the
/// columns stay.
pub(super) fn of(offer: &Offer<'_>, family: Family, before: Option<&Computer>, longest: usize) -> Columns {
    let mut columns = before.map(|before| before.columns.clone()).unwrap_or_default();
    let sections = rows(offer);
    let effective = mapping::effective(family, &sections);
    let hardware = sections.iter().find(|section| section.tag == "HARDWARE").and_then(|section| section.rows.first());
    for (at, column) in COLUMNS.iter().enumerate() {
        let id = ColumnId(at as u8);
        match (column.source, hardware) {
            (Some(("HARDWARE", _)), _) if id == columns::IPADDR || id == columns::USERID => {}
            (Some(("HARDWARE", field)), Some(row)) => match first(row, field) {
                Some(value) => columns.set(id, value),
                // What a partial message does not say may follow from sections that it left out.
                None if offer.partial => {}
                None => columns.set(id, ""),
            },
            (Some((tag, _)), _) if id == columns::FREESPACE => {
                if let Some(drives) = sections.iter().find(|section| section.tag == tag) {
                    columns.set(id, mapping::free_space(drives).map(|free| free.to_string()).unwrap_or_default());
                }
            }
            (Some((tag, field)), _) if tag != "HARDWARE" => other(&mut columns, id, column.kind, tag, field, &sections),
            _ => {}
        }
    }
    let derived: [(ColumnId, &Option<std::borrow::Cow<'_, str>>); 7] = [
        (columns::OSNAME, &effective.osname),
        (columns::OSVERSION, &effective.osversion),
        (columns::OSCOMMENTS, &effective.oscomments),
        (columns::ARCH, &effective.arch),
        (columns::PROCESSORT, &effective.processort),
        (columns::PROCESSORS, &effective.processors),
        (columns::PROCESSORN, &effective.processorn),
    ];
    for (column, value) in derived {
        if let Some(value) = value {
            columns.set(column, value.as_ref());
        }
    }
    let sent = effective.userid.as_deref();
    if hardware.is_some() && (sent.is_some() || !offer.partial) {
        let stored = columns.get(columns::USERID).to_owned();
        columns.set(columns::USERID, convert::user(sent, Some(&stored)).unwrap_or_default());
    }
    address(&mut columns, offer, &sections, effective.ipaddr.as_deref());
    // A file has no peer: who sent the last message over the network stays known.
    if offer.source.is_none() {
        columns.set(columns::IPSRC, source_address(offer.caller.address));
    }
    for id in (0..COLUMNS.len()).map(|at| ColumnId(at as u8)) {
        if columns.get(id).len() > longest {
            let cut = text::cut(columns.get(id), longest).into_owned();
            columns.set(id, cut);
        }
    }
    columns
}

/// Blanks what came from sections of which none is left. What HARDWARE says itself stays.
pub(super) fn clear(columns: &mut Columns, gone: &[&str]) {
    for (at, column) in COLUMNS.iter().enumerate() {
        if column.source.is_some_and(|(tag, _)| tag != "HARDWARE" && gone.contains(&tag)) {
            columns.set(ColumnId(at as u8), "");
        }
    }
}

/// A field of another section: its first value, or all of them. A section that was not sent leaves its columns.
fn other(columns: &mut Columns, id: ColumnId, kind: ColumnKind, tag: &str, field: &str, sections: &[SectionRows<'_>]) {
    let Some(section) = sections.iter().find(|section| section.tag == tag) else { return };
    let mut values = section.rows.iter().filter_map(|row| first(row, field)).map(str::trim);
    if kind == ColumnKind::Several {
        let mut several: Vec<&str> = Vec::new();
        for value in values {
            if several.len() < SEVERAL && !several.contains(&value) {
                several.push(value);
            }
        }
        columns.set(id, several.join("\n"));
    } else {
        columns.set(id, values.next().unwrap_or_default());
    }
}

fn first<'a>(row: &[(&'a str, &'a str)], field: &str) -> Option<&'a str> {
    row.iter().find(|(name, _)| *name == field).map(|(_, value)| *value)
}

fn address(columns: &mut Columns, offer: &Offer<'_>, sections: &[SectionRows<'_>], sent: Option<&str>) {
    let stored = columns.get(columns::IPADDR).to_owned();
    let networks = sections.iter().find(|section| section.tag == "NETWORKS");
    let peer = if offer.source.is_some() { None } else { offer.caller.address };
    let stored = Some(stored.as_str()).filter(|stored| !stored.is_empty());
    let named = sections.iter().any(|section| section.tag == "HARDWARE");
    match mapping::ip_address(peer, networks, sent, stored) {
        Some(address) => columns.set(columns::IPADDR, address.into_owned()),
        // Without HARDWARE nothing is said about the address.
        None if named => columns.set(columns::IPADDR, ""),
        None => {}
    }
}

/// The sections that columns are made from, as the rules of meaning read them: the last of repeated values comes
/// first, and a section that is one by its nature has one row.
fn rows<'a>(offer: &'a Offer<'_>) -> Vec<SectionRows<'a>> {
    let cells = |element: &&'a Element<'_>| -> Vec<(&'a str, &'a str)> {
        element.cells.iter().rev().map(|cell| (cell.name.as_ref(), cell.value.as_ref())).collect()
    };
    let rows = |tag: &'static str| {
        let elements: Vec<&Element<'_>> = offer.message.sections(tag).collect();
        let single = sections::section(tag).is_some_and(|section| !section.many);
        let rows: Vec<Vec<(&str, &str)>> = match elements.as_slice() {
            [] => return None,
            elements if single => vec![elements.iter().rev().flat_map(cells).collect()],
            elements => elements.iter().map(cells).collect(),
        };
        Some(SectionRows { tag, rows })
    };
    SOURCES.into_iter().filter_map(rows).collect()
}

/// Whether nothing that identifies the machine is as it was: UUID, serial number and every MAC address, as far as
/// both sides name them, and at least two of them do.
pub(super) fn is_another(before: &Columns, after: &Columns) -> bool {
    let shares = |column: ColumnId| {
        let (old, new) = (before.get(column).to_lowercase(), after.get(column).to_lowercase());
        let named = !old.is_empty() && !new.is_empty();
        named.then(|| old.lines().any(|one| new.lines().any(|other| one == other)))
    };
    let compared: Vec<bool> = [columns::UUID, columns::SSN, columns::MACADDR].into_iter().filter_map(shares).collect();
    compared.len() >= 2 && !compared.contains(&true)
}

/// When the inventory was made. Server time, unless it is a file (its own date, else the file's) or the
/// agent names a day of the last month. Dates of agents are local ones: the office's.
pub(super) fn last_date(offer: &Offer<'_>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let sent = offer.message.sections("HARDWARE").last().and_then(|hardware| hardware.value("LASTDATE"));
    let today = Day::from_number(i32::try_from(now.0.div_euclid(Timestamp::DAY)).unwrap_or(0)).unwrap_or(Day::ZERO);
    let read = |text, imported| convert::last_date(text, today, imported).and_then(|moment| instant(moment, zone));
    let made = match offer.source {
        None => read(sent, false),
        Some(source) => {
            let logged = offer.message.sections("ACCESSLOG").last().and_then(|log| log.value("LOGDATE"));
            read(sent, true).or_else(|| read(logged, true)).or(source.made)
        }
    };
    // What is dated in the future counts as made now.
    made.unwrap_or(now).min(now)
}

fn instant(moment: Moment, zone: &TimeZone) -> Option<Timestamp> {
    let small = |number: u8| i8::try_from(number).ok();
    let (year, month, day) = (i16::try_from(moment.day.year).ok()?, small(moment.day.month)?, small(moment.day.day)?);
    let (hour, minute, second) = (small(moment.hour)?, small(moment.minute)?, small(moment.second)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(Timestamp(zone.to_timestamp(civil).ok()?.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_with_a_column_is_a_source() {
        for (tag, _) in COLUMNS.iter().filter_map(|column| column.source) {
            assert!(SOURCES.contains(&tag), "{tag}");
        }
    }
}
