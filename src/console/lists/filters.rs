//! What the list of computers can be narrowed to by its address: "fact equals value", declared once.
//!
//! Other pages link here with the number that they show, so a value is compared exactly, and an empty one means
//! computers without it.

use jiff::Unit;

use super::super::form::Form;
use super::super::view::Locale;
use super::super::view::address::Address;
use crate::clock::Timestamp;
use crate::fleet::{Condition, Fact, Fleet, Folded, Shelf};
use crate::inventory::columns::{CHASSIS, OSNAME, SMANUFACTURER, SMODEL, USERAGENT, WORKGROUP};
use crate::inventory::software::ItemId;

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
    /// A text holds this.
    Part(Fact),
    /// A time: `7` within seven days, `-7` not within seven days, `today` since midnight.
    Days(Fact),
    /// The number of an item of software; what is meant is its program, or its name in any version.
    Item(Folded),
}

/// Every filter.
pub static FILTERS: [Filter; 11] = [
    Filter { key: "tag", by: By::Text(Fact::Tag) },
    Filter { key: "system", by: By::Text(Fact::Column(OSNAME)) },
    Filter { key: "os", by: By::Part(Fact::Column(OSNAME)) },
    Filter { key: "agent", by: By::Text(Fact::Column(USERAGENT)) },
    Filter { key: "manufacturer", by: By::Text(Fact::Column(SMANUFACTURER)) },
    Filter { key: "model", by: By::Text(Fact::Column(SMODEL)) },
    Filter { key: "chassis", by: By::Text(Fact::Column(CHASSIS)) },
    Filter { key: "workgroup", by: By::Text(Fact::Column(WORKGROUP)) },
    Filter { key: "seen", by: By::Days(Fact::LastContact) },
    Filter { key: "software", by: By::Item(Folded::ByName) },
    Filter { key: "item", by: By::Item(Folded::ByVersion) },
];

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
pub fn read(asked: &Form, fleet: &Fleet, locale: &Locale, address: &Address) -> (Vec<Condition>, Vec<Chip>) {
    let (mut conditions, mut chips) = (Vec::new(), Vec::new());
    for filter in &FILTERS {
        let Some(value) = asked.sent(filter.key) else { continue };
        let Some((condition, text)) = one(filter, value, fleet, locale) else { continue };
        conditions.push(condition);
        chips.push(Chip { text, without: address.without(filter.key).to_string() });
    }
    (conditions, chips)
}

fn one(filter: &Filter, value: &str, fleet: &Fleet, locale: &Locale) -> Option<(Condition, String)> {
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
        By::Part(fact) => {
            let text = locale.fill(&format!("filter.{key}"), &[("value", &value.trim())]);
            Some((Condition::Holds(vec![fact], value.trim().to_owned()), text))
        }
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
            let (items, words) = fleet.software_of_item(item, folded).unwrap_or_default();
            let text = if words.is_empty() {
                locale.text(&format!("filter.{key}-gone")).to_owned()
            } else {
                locale.fill(&format!("filter.{key}"), &[("value", &words)])
            };
            Some((Condition::Has(items), text))
        }
    }
}

/// When the day began in the office.
pub fn midnight(locale: &Locale) -> Timestamp {
    let now = jiff::Timestamp::from_second(locale.now.0).unwrap_or_default().to_zoned(locale.zone.clone());
    let rounded = jiff::ZonedRound::new().smallest(Unit::Day).mode(jiff::RoundMode::Trunc);
    now.round(rounded).map_or(locale.now, |begun| Timestamp(begun.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};

    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn today_begins_at_midnight_in_the_office() {
        let locale = Locale { lang: Lang::En, now: Timestamp(1_795_176_000), zone: TimeZone::fixed(offset(2)) };
        // 14:00 there.
        assert_eq!(midnight(&locale), Timestamp(1_795_176_000 - 14 * 3600));
    }
}
