//! Months and days as people of the office count them.

use jiff::Unit;

use super::super::view::Locale;
use crate::clock::Timestamp;
use crate::fleet::{Condition, Fact};

/// What `2026-11` or `before-2026-11` asks for, and what the list says about it; `key` is the middle of its texts.
pub(super) fn month(key: &str, fact: Fact, value: &str, locale: &Locale) -> Option<(Condition, String)> {
    let (before, value) = value.strip_prefix("before-").map_or((false, value), |value| (true, value));
    let (year, number) = value.split_once('-')?;
    let month = Month { year: year.parse().ok()?, number: number.parse().ok()? };
    let begun = month.begun(locale)?;
    let words = |key: String| locale.fill(&key, &[("month", &month.name(locale))]);
    Some(if before {
        (Condition::Before(fact, begun), words(format!("filter.{key}-before")))
    } else if month == Month::of(locale) {
        (Condition::Since(fact, begun), words(format!("filter.{key}")))
    } else {
        (Condition::Between(fact, begun, month.next().begun(locale)?), words(format!("filter.{key}")))
    })
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub number: i8,
}

impl Month {
    /// The month in which a page is read, in the office.
    pub fn of(locale: &Locale) -> Month {
        let now = jiff::Timestamp::from_second(locale.now.0).unwrap_or_default().to_zoned(locale.zone.clone());
        Month { year: now.year(), number: now.month() }
    }

    /// The one before.
    pub fn before(self) -> Month {
        if self.number > 1 {
            Month { number: self.number - 1, ..self }
        } else {
            Month { year: self.year - 1, number: 12 }
        }
    }

    fn next(self) -> Month {
        if self.number < 12 {
            Month { number: self.number + 1, ..self }
        } else {
            Month { year: self.year.saturating_add(1), number: 1 }
        }
    }

    fn begun(self, locale: &Locale) -> Option<Timestamp> {
        let day = jiff::civil::Date::new(self.year, self.number, 1).ok()?;
        Some(Timestamp(day.to_zoned(locale.zone.clone()).ok()?.timestamp().as_second()))
    }

    /// As people write it.
    pub fn name(self, locale: &Locale) -> String {
        let month = locale.text(&format!("month.{}", self.number));
        locale.fill("month.year", &[("month", &month), ("year", &self.year)])
    }

    /// As addresses write it.
    pub fn in_address(self) -> String {
        format!("{}-{:02}", self.year, self.number)
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
    fn con_dash_2_a_month_is_that_of_the_office_and_bounds_are_kept() {
        let locale = Locale { lang: Lang::En, now: Timestamp(1_795_176_000), zone: TimeZone::fixed(offset(2)) };
        let read = |value: &str| month("month", Fact::LastContact, value, &locale).map(|(condition, _)| condition);
        // 1 November 2026, midnight there.
        let november = Timestamp(1_793_491_200 - 2 * 3600);
        assert_eq!(read("2026-11"), Some(Condition::Since(Fact::LastContact, november)));
        assert_eq!(read("before-2026-11"), Some(Condition::Before(Fact::LastContact, november)));
        let october = november.plus(-31 * Timestamp::DAY);
        assert_eq!(read("2026-10"), Some(Condition::Between(Fact::LastContact, october, november)));
        for bad in ["", "2026", "2026-13", "2026-00", "x-1", "99999-1", "-1", "before-", "9999-12-1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(Month { year: 2026, number: 1 }.before(), Month { year: 2025, number: 12 });
    }

    #[test]
    fn today_begins_at_midnight_in_the_office() {
        let locale = Locale { lang: Lang::En, now: Timestamp(1_795_176_000), zone: TimeZone::fixed(offset(2)) };
        // 14:00 there.
        assert_eq!(midnight(&locale), Timestamp(1_795_176_000 - 14 * 3600));
    }
}
