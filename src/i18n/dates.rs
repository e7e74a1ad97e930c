//! Dates and times as each language writes them, in a zone that is handed in.
//!
//! A time outside of the calendar (before the year -9999 or after 9999) gives an empty text, as a missing one does.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{Lang, plural, text};
use crate::clock::Timestamp;

const MONTHS: [&str; 12] = [
    "date.month.jan",
    "date.month.feb",
    "date.month.mar",
    "date.month.apr",
    "date.month.may",
    "date.month.jun",
    "date.month.jul",
    "date.month.aug",
    "date.month.sep",
    "date.month.oct",
    "date.month.nov",
    "date.month.dec",
];

fn local(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    jiff::Timestamp::from_second(at.0).ok().map(|at| at.to_zoned(zone.clone()))
}

/// The day, with the month in letters: `20 Nov 2026`, `20 nov. 2026`.
pub fn date(lang: Lang, at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(String::new, |at| day(lang, &at))
}

fn day(lang: Lang, at: &Zoned) -> String {
    let month = usize::try_from(at.month() - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default();
    format!("{}\u{a0}{} {}", at.day(), text(lang, month), at.year())
}

/// The day and the time to the minute: `20 Nov 2026 14:05`.
pub fn date_time(lang: Lang, at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(String::new, |at| format!("{} {:02}:{:02}", day(lang, &at), at.hour(), at.minute()))
}

/// The day for exports: `2026-11-20`.
pub fn iso_date(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(String::new, |at| at.date().to_string())
}

/// Day and local time for exports: `2026-11-20 14:05:09`.
pub fn iso_date_time(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone)
        .map_or_else(String::new, |at| format!("{} {:02}:{:02}:{:02}", at.date(), at.hour(), at.minute(), at.second()))
}

/// How long ago, or in how long, in the largest unit that fits: `2 hours ago`, `dans 3 jours`.
pub fn relative(lang: Lang, at: Timestamp, now: Timestamp) -> String {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let past = now.0 >= at.0;
    let seconds = now.0.abs_diff(at.0);
    if seconds < 60 {
        return text(lang, "time.now").to_owned();
    }
    // Both keys are written out: the test of the texts looks for them.
    let (ago, ahead, unit) = match seconds {
        0..HOUR => ("time.ago.minute", "time.in.minute", 60),
        HOUR..DAY => ("time.ago.hour", "time.in.hour", HOUR),
        _ if seconds < 60 * DAY => ("time.ago.day", "time.in.day", DAY),
        _ if seconds < 730 * DAY => ("time.ago.month", "time.in.month", 30 * DAY),
        _ => ("time.ago.year", "time.in.year", 365 * DAY),
    };
    plural(lang, if past { ago } else { ahead }, seconds / unit, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 13:05:09 UTC.
    const AT: Timestamp = Timestamp(1_795_179_909);

    fn paris() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(1))
    }

    #[test]
    fn dates_follow_language_and_zone() {
        assert_eq!(date(Lang::En, AT, &TimeZone::UTC), "20\u{a0}Nov 2026");
        assert_eq!(date_time(Lang::En, AT, &TimeZone::UTC), "20\u{a0}Nov 2026 13:05");
        assert_eq!(date_time(Lang::Fr, AT, &paris()), "20\u{a0}nov. 2026 14:05");
        assert_eq!(iso_date(AT, &paris()), "2026-11-20");
        assert_eq!(iso_date_time(AT, &paris()), "2026-11-20 14:05:09");
    }

    #[test]
    fn impossible_times_are_empty() {
        assert_eq!(date(Lang::En, Timestamp(i64::MAX), &TimeZone::UTC), "");
        assert_eq!(iso_date_time(Timestamp(i64::MIN), &TimeZone::UTC), "");
    }

    #[test]
    fn the_past_and_the_future_in_words() {
        assert_eq!(relative(Lang::En, AT, AT.plus(7300)), "2 hours ago");
        assert_eq!(relative(Lang::Fr, AT, AT.plus(7300)), "il y a 2\u{a0}heures");
        assert_eq!(relative(Lang::En, AT, AT.plus(59)), "just now");
        assert_eq!(relative(Lang::En, AT, AT.plus(60)), "1 minute ago");
        assert_eq!(relative(Lang::En, AT, AT.plus(-86_400)), "in 1 day");
        assert_eq!(relative(Lang::Fr, AT, AT.plus(800 * 86_400)), "il y a 2\u{a0}ans");
        assert_eq!(relative(Lang::En, Timestamp(i64::MIN), Timestamp(i64::MAX)).split(' ').next_back(), Some("ago"));
    }
}
