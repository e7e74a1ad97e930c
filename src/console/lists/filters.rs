//! What the list of computers can be narrowed to by its address: "fact equals value", declared once.
//!
//! Other pages link here with the number that they show, so a value is compared exactly, and an empty one means
//! computers without it.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use super::super::form::Form;
use super::super::pages::hours::words as words_of;
use super::super::view::Locale;
use super::super::view::address::Address;
use super::months::month;
use crate::app::App;
use crate::clock::Timestamp;
use crate::deployment::affectation::{ActivationId, Phase, State};
use crate::deployment::package::PackageId;
use crate::fleet::{Condition, Fact, Folded, Query, Shelf, Sight};
use crate::history::Trouble;
use crate::inventory::columns::{
    CHASSIS, DESCRIPTION, IPADDR, IPADDRESS, MACADDR, MSN, NAME, OSNAME, SMANUFACTURER, SMODEL, SSN, USERAGENT, USERID,
    UUID, WORKGROUP,
};
use crate::inventory::software::ItemId;
use crate::net;

pub use super::months::{Month, midnight};

/// One filter.
pub struct Filter {
    /// Its name in the address, and the middle of the keys of its texts: `filter.tag`, `filter.tag-none`.
    pub key: &'static str,
    /// What its value is compared with.
    pub by: By,
}

/// What the value of a filter means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A text is exactly this.
    Text(Fact),
    /// One of these texts holds this.
    Part(&'static [Fact]),
    /// The agent is of this family: one of [`FAMILIES`], or [`OTHER`].
    Family,
    /// A text is none of so many that are the most frequent.
    Rare(Fact),
    /// A time lies in this month, `2026-11`, or before it, `before-2026-11`. The month that runs has no end.
    Month(Fact),
    /// A time: `7` within seven days, `-7` not within seven days, `today` since midnight.
    Days(Fact),
    /// The number of an item of software; what is meant is its program, or its name in any version.
    Item(Folded),
    /// Known under an address.
    Address,
    /// Its agent ended with this error last: the word of a [`Trouble`], or [`CERTIFICATE`].
    LastError,
    /// Affected to a package by its number, or by an activation of that number; [`affected`] writes the value.
    Affected(Way),
}

/// By what computers are affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a package, whatever the activation.
    Package,
    /// By an activation.
    Activation,
}

/// How far computers are that are affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowFar<'a> {
    /// However far.
    Any,
    /// In a phase.
    Phase(Phase),
    /// In exactly this state.
    State(&'a str),
}

/// The value of a filter on affected computers: `17` in any state, `17.error` in a phase, `17/ERR_BUILD` in a state.
pub fn affected(number: u32, how_far: HowFar) -> String {
    match how_far {
        HowFar::Any => number.to_string(),
        HowFar::Phase(phase) => format!("{number}.{}", phase.word()),
        HowFar::State(state) => format!("{number}/{state}"),
    }
}

/// The reverse of [`affected`].
fn affected_of(value: &str) -> Option<(u32, HowFar<'_>)> {
    if let Some((number, state)) = value.split_once('/') {
        return Some((number.parse().ok()?, HowFar::State(state)));
    }
    match value.split_once('.') {
        None => Some((value.parse().ok()?, HowFar::Any)),
        Some((number, word)) => Some((number.parse().ok()?, HowFar::Phase(Phase::of(word)?))),
    }
}

/// Every filter.
pub static FILTERS: [Filter; 31] = [
    Filter { key: "tag", by: By::Text(Fact::Tag) },
    Filter { key: "system", by: By::Text(Fact::Column(OSNAME)) },
    Filter { key: "os", by: By::Part(&[Fact::Column(OSNAME)]) },
    Filter { key: "system-rare", by: By::Rare(Fact::Column(OSNAME)) },
    Filter { key: "agent", by: By::Text(Fact::Column(USERAGENT)) },
    Filter { key: "agent-rare", by: By::Rare(Fact::Column(USERAGENT)) },
    Filter { key: "family", by: By::Family },
    Filter { key: "manufacturer", by: By::Text(Fact::Column(SMANUFACTURER)) },
    Filter { key: "manufacturer-rare", by: By::Rare(Fact::Column(SMANUFACTURER)) },
    Filter { key: "model", by: By::Text(Fact::Column(SMODEL)) },
    Filter { key: "chassis", by: By::Text(Fact::Column(CHASSIS)) },
    Filter { key: "chassis-rare", by: By::Rare(Fact::Column(CHASSIS)) },
    Filter { key: "workgroup", by: By::Text(Fact::Column(WORKGROUP)) },
    Filter { key: "seen", by: By::Days(Fact::LastContact) },
    Filter { key: "inventoried", by: By::Days(Fact::LastInventory) },
    Filter { key: "new", by: By::Days(Fact::FirstSeen) },
    Filter { key: "month", by: By::Month(Fact::LastContact) },
    Filter { key: "name-part", by: By::Part(&[Fact::Column(NAME)]) },
    Filter { key: "user-part", by: By::Part(&[Fact::Column(USERID)]) },
    Filter { key: "serial-part", by: By::Part(&[Fact::Column(SSN), Fact::Column(MSN)]) },
    Filter { key: "mac-part", by: By::Part(&[Fact::Column(MACADDR)]) },
    Filter { key: "ip-part", by: By::Part(&[Fact::Column(IPADDR), Fact::Column(IPADDRESS)]) },
    Filter { key: "tag-part", by: By::Part(&[Fact::Tag]) },
    Filter { key: "description-part", by: By::Part(&[Fact::Column(DESCRIPTION)]) },
    Filter { key: "uuid-part", by: By::Part(&[Fact::Column(UUID)]) },
    Filter { key: "address", by: By::Address },
    Filter { key: "error", by: By::LastError },
    Filter { key: "software", by: By::Item(Folded::ByName) },
    Filter { key: "item", by: By::Item(Folded::ByVersion) },
    Filter { key: "package", by: By::Affected(Way::Package) },
    Filter { key: "activation", by: By::Affected(Way::Activation) },
];

/// The last error of who could not verify the certificate: a connection from an address of the computer says so.
pub const CERTIFICATE: &str = "certificate";

/// Families of agents, as they name themselves.
pub static FAMILIES: [&str; 3] = ["windows", "unix", "android"];
/// The family of all others.
pub const OTHER: &str = "other";

/// The name of the side of the archive in the address.
pub const SHELF: &str = "show";

/// A filter that is on, as it is shown above the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// What it says.
    pub text: String,
    /// The list without it.
    pub without: String,
}

/// The field of administrative data in an address, by the name under which agents know it; with [`VALUE`].
pub const FIELD: &str = "field";
/// The value that it has; empty for none.
pub const VALUE: &str = "value";

/// The side of the archive that the address names.
pub fn shelf(asked: &Form) -> Shelf {
    match asked.get(SHELF) {
        "archived" => Shelf::Archived,
        "all" => Shelf::All,
        _ => Shelf::Active,
    }
}

/// Longest span of days.
const MOST_DAYS: i64 = 36_500;

/// The conditions that an address asks for, with their chips. What cannot be read counts as not asked for.
/// Nothing is named that `sight` does not see.
pub fn read(asked: &Form, app: &App, sight: &Sight, locale: &Locale, address: &Address) -> (Vec<Condition>, Vec<Chip>) {
    let (mut conditions, mut chips) = (Vec::new(), Vec::new());
    for filter in &FILTERS {
        let Some(value) = asked.sent(filter.key) else { continue };
        let Some((condition, text)) = one(filter, value, app, sight, locale) else { continue };
        conditions.push(condition);
        chips.push(Chip { text, without: address.without(filter.key).to_string() });
    }
    (conditions, chips)
}

/// The computers that the list at an address holds for a reader, without what its filter box says.
pub fn query(address: &Address, app: &App, sight: &Sight, locale: &Locale) -> Query {
    let values = address.values().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = Form::of(values.collect());
    let (conditions, _) = read(&asked, app, sight, locale, address);
    Query { sight: sight.clone(), shelf: shelf(&asked), conditions }
}

fn one(filter: &Filter, value: &str, app: &App, sight: &Sight, locale: &Locale) -> Option<(Condition, String)> {
    let fleet = &app.fleet;
    let key = filter.key;
    match filter.by {
        By::Text(fact) => {
            let text = if value.is_empty() {
                locale.text(&format!("filter.{key}-none")).to_owned()
            } else {
                locale.fill(&format!("filter.{key}"), &[("value", &value)])
            };
            Some((Condition::Is(fact, value.to_owned()), text))
        }
        By::Part(_) if value.trim().is_empty() => None,
        By::Part(facts) => {
            let text = locale.fill(&format!("filter.{key}"), &[("value", &value.trim())]);
            Some((Condition::Holds(facts.to_vec(), value.trim().to_owned()), text))
        }
        By::Family => {
            let agent = Fact::Column(USERAGENT);
            let family = FAMILIES.into_iter().find(|family| *family == value);
            let condition = match family {
                Some(family) => Condition::Holds(vec![agent], family.to_owned()),
                None if value == OTHER => Condition::Lacks(agent, &FAMILIES),
                None => return None,
            };
            Some((condition, locale.text(&format!("filter.family-{}", family.unwrap_or(OTHER))).to_owned()))
        }
        By::Rare(fact) => {
            let most: usize = value.parse().ok()?;
            Some((Condition::Rare(fact, most), locale.count(&format!("filter.{key}"), most as u64)))
        }
        By::Month(fact) => month(key, fact, value, locale),
        By::Days(fact) if value == "today" => {
            Some((Condition::Since(fact, midnight(locale)), locale.text(&format!("filter.{key}-today")).to_owned()))
        }
        By::Days(fact) => {
            let days: i64 = value.parse().ok().filter(|days: &i64| *days != 0 && days.abs() <= MOST_DAYS)?;
            let bound = locale.now.plus(-days.abs() * Timestamp::DAY);
            Some(if days > 0 {
                (Condition::Since(fact, bound), locale.count(&format!("filter.{key}-within"), days.unsigned_abs()))
            } else {
                (Condition::Before(fact, bound), locale.count(&format!("filter.{key}-not"), days.unsigned_abs()))
            })
        }
        By::Item(folded) => {
            let item = ItemId(value.parse().ok()?);
            let known = fleet.software_of_item(item, folded);
            let (items, words) = known.filter(|(items, _)| fleet.look().any_has(sight, items)).unwrap_or_default();
            let text = if words.is_empty() {
                locale.text(&format!("filter.{key}-gone")).to_owned()
            } else {
                locale.fill(&format!("filter.{key}"), &[("value", &words)])
            };
            Some((Condition::Has(items), text))
        }
        By::Address => {
            let address: IpAddr = value.trim().parse().ok().map(net::canonical)?;
            let ids = fleet.look().at_addresses(&HashSet::from([address])).into_values().flatten().collect();
            Some((Condition::Among(ids), locale.fill("filter.address", &[("value", &address)])))
        }
        By::LastError => last_error(value, app, locale),
        By::Affected(way) => {
            let (number, how_far) = affected_of(value)?;
            Some(affected_to(way, number, how_far, app, locale))
        }
    }
}

/// Computers whose agents ended with an error, and what the list says about it.
fn last_error(value: &str, app: &App, locale: &Locale) -> Option<(Condition, String)> {
    if value == CERTIFICATE {
        let distrust = app.handshakes.all().into_iter().filter(|(_, failure)| failure.distrusts());
        let addresses = distrust.map(|(address, _)| address).collect();
        let ids = app.fleet.look().at_addresses(&addresses).into_values().flatten().collect();
        return Some((Condition::Among(ids), locale.text("filter.error-certificate").to_owned()));
    }
    let trouble = Trouble::of(value)?;
    let ids = app.contacts.errors().into_iter().filter(|(_, error)| *error == trouble).map(|(id, _)| id).collect();
    Some((Condition::Among(ids), locale.fill("filter.error", &[("value", &words_of(locale, trouble))])))
}

/// Computers that are affected, and what the list says about it.
fn affected_to(way: Way, number: u32, how_far: HowFar, app: &App, locale: &Locale) -> (Condition, String) {
    let board = app.board.look();
    let activations = match way {
        Way::Package => board.activations_of(PackageId(number)),
        Way::Activation => BTreeSet::from([ActivationId(number)]),
    };
    let package = match way {
        Way::Package => Some(PackageId(number)),
        Way::Activation => board.activations.get(&ActivationId(number)).map(|one| one.package),
    };
    let name =
        package.and_then(|id| board.packages.get(&id)).map_or_else(|| number.to_string(), |one| one.name.clone());
    let fits = |state: &State| match how_far {
        HowFar::Any => true,
        HowFar::Phase(phase) => state.phase() == phase,
        HowFar::State(code) => state.as_str() == code,
    };
    let mut ids: Vec<_> =
        board.affected(&activations).filter(|(_, _, row)| fits(&row.state)).map(|(id, _, _)| id).collect();
    drop(board);
    ids.sort_unstable();
    ids.dedup();
    let text = match how_far {
        HowFar::Any => locale.fill("filter.package", &[("name", &name)]),
        HowFar::State("") => locale.fill("filter.package-waiting", &[("name", &name)]),
        HowFar::Phase(phase) => locale.fill(&format!("filter.package-{}", phase.word()), &[("name", &name)]),
        HowFar::State(state) => locale.fill("filter.package-state", &[("name", &name), ("state", &state)]),
    };
    (Condition::Among(ids), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_16_what_is_written_about_affected_computers_is_read_again() {
        for phase in Phase::ALL {
            assert_eq!(affected_of(&affected(7, HowFar::Phase(phase))), Some((7, HowFar::Phase(phase))));
        }
        for state in ["", "NOTIFIED", "a/b.c d", "error"] {
            assert_eq!(affected_of(&affected(7, HowFar::State(state))), Some((7, HowFar::State(state))));
        }
        assert_eq!(affected_of("7"), Some((7, HowFar::Any)));
        for bad in ["", "x", "7.", "7.other", "-1", "7x/SUCCESS"] {
            assert_eq!(affected_of(bad), None, "{bad}");
        }
    }
}
