//! Days and times as the original's `date` and `datetime` columns take them from text.
//!
//! Source: protocol section 7.2; the odder cases asked from MariaDB 10.11 without strict mode.

use std::fmt;

/// A day of the calendar as the original stores it. Month and day may be 0, as in 0000-00-00.
///
/// Displayed as `2020-01-02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12; 0 is unknown.
    pub month: u8,
    /// 1 to 31; 0 is unknown.
    pub day: u8,
}

/// A day and a time of day, without a time zone. Displayed as `2020-01-02 03:04:05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment {
    /// The day; 0000-00-00 for text that is no time.
    pub day: Day,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Day {
    /// 0000-00-00, the original's "no date".
    pub const ZERO: Day = Day { year: 0, month: 0, day: 0 };

    /// The day with these numbers, if the calendar has it; a month or day of 0 is none.
    pub fn new(year: u32, month: u32, day: u32) -> Option<Day> {
        let date = Day::loose(year, month, day)?;
        (date.year > 0 && date.month > 0 && date.day > 0).then_some(date)
    }

    /// As MySQL takes it: month and day may be 0.
    fn loose(year: u32, month: u32, day: u32) -> Option<Day> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            0..=12 => 31,
            _ => return None,
        };
        if day > days || year > 9999 {
            return None;
        }
        Some(Day { year: year as u16, month: month as u8, day: day as u8 })
    }

    /// Days since 1970-01-01; negative before. For a day that the calendar has.
    pub fn number(self) -> i32 {
        // Years begin in March, so that the leap day is the last; 146,097 days are 400 years.
        let year = i32::from(self.year) - i32::from(self.month <= 2);
        let month = (i32::from(self.month) + 9) % 12;
        let within = (153 * month + 2) / 5 + i32::from(self.day) - 1;
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + within - 719_468
    }

    /// Back from [`Day::number`]; `None` outside the years 1 to 9999.
    pub fn from_number(number: i32) -> Option<Day> {
        let days = number.checked_add(719_468)?;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let within = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * within + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i32::from(month <= 2);
        let day = within - (153 * shifted + 2) / 5 + 1;
        Day::new(u32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}:{:02}:{:02}", self.day, self.hour, self.minute, self.second)
    }
}

/// What a `datetime` column holds for `text`; 0000-00-00 00:00:00 for what is no time.
///
/// Year, month and day in this order, with any mark between them or with none; then perhaps a time of day.
/// What follows is dropped, fractions and time zones too. A wrong time of day spoils the day as well.
pub fn moment(text: &str) -> Moment {
    Parts::of(text).and_then(Parts::moment).unwrap_or_default()
}

/// What a `date` column holds for `text`: the day of [`moment`].
pub fn day(text: &str) -> Day {
    moment(text).day
}

/// Numbers found, in the order year, month, day, hour, minute, second.
#[derive(Default)]
struct Parts([u32; 6]);

impl Parts {
    fn of(text: &str) -> Option<Parts> {
        let text = text.trim_start_matches([' ', '\t', '\n', '\r']).as_bytes();
        let (first, rest) = digits(text);
        match rest.first() {
            _ if first.is_empty() => None,
            Some(mark) if mark.is_ascii_punctuation() => Parts::marked(first, rest),
            Some(b' ') => None,
            _ => Parts::packed(first, rest),
        }
    }

    /// `2020-1-2 3:4:5`
    fn marked(first: &[u8], rest: &[u8]) -> Option<Parts> {
        let mut parts = Parts::default();
        let year = number(first);
        parts.0[0] = match first.len() {
            2 if year < 70 => 2000 + year,
            2 => 1900 + year,
            _ => year,
        };
        let (month, rest) = after_mark(rest)?;
        let (day, rest) = after_mark(rest)?;
        if first.len() == 2 && (year, month, day) == (0, 0, 0) {
            return None;
        }
        (parts.0[1], parts.0[2]) = (month, day);
        let time = match rest {
            [b' ', ..] => &rest[rest.iter().take_while(|byte| **byte == b' ').count()..],
            [b'T', time @ ..] => time,
            [mark, time @ ..] if mark.is_ascii_punctuation() => time,
            _ => &[],
        };
        let (hour, rest) = digits(time);
        parts.0[3] = number(hour);
        if let Some((minute, rest)) = after_mark(rest).filter(|_| !hour.is_empty()) {
            parts.0[4] = minute;
            parts.0[5] = after_mark(rest).map_or(0, |(second, _)| second);
        }
        Some(parts)
    }

    /// `20200102030405`, `20200102T030405`, `200102`
    fn packed(first: &[u8], rest: &[u8]) -> Option<Parts> {
        let mut parts = Parts::default();
        let long = matches!(first.len(), 4 | 8 | 14..);
        let (year, date) = first.split_at_checked(if long { 4 } else { 2 })?;
        parts.0[0] = match number(year) {
            year if long => year,
            year if year < 70 => 2000 + year,
            year => 1900 + year,
        };
        let time = match rest {
            [b'T', time @ ..] if matches!(first.len(), 6 | 8) => digits(time).0,
            _ => &[],
        };
        let pairs = date.chunks(2).chain(time.chunks(2)).map(number);
        if date.len() < 3 {
            return None;
        }
        for (part, pair) in parts.0[1..].iter_mut().zip(pairs) {
            *part = pair;
        }
        Some(parts)
    }

    fn moment(self) -> Option<Moment> {
        let [year, month, day, hour, minute, second] = self.0;
        let day = Day::loose(year, month, day)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Moment { day, hour: hour as u8, minute: minute as u8, second: second as u8 })
    }
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number: u32, byte| number.saturating_mul(10).saturating_add(u32::from(byte - b'0')))
}

/// One mark, then a number.
fn after_mark(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mark, rest) = text.split_first()?;
    let (found, rest) = digits(rest);
    (mark.is_ascii_punctuation() && !found.is_empty()).then(|| (number(found), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The first is measured on the original (section 7.2); all were asked from MariaDB 10.11.
    #[test]
    fn dates_are_read_as_the_column_reads_them() {
        for (text, stored) in [
            ("2020/1/2", "2020-01-02 00:00:00"),
            ("2020-01-02", "2020-01-02 00:00:00"),
            ("2020/01/02 03:04:05", "2020-01-02 03:04:05"),
            ("2020-05-06 07:08:09", "2020-05-06 07:08:09"),
            ("1970-01-01 00:00:00", "1970-01-01 00:00:00"),
            ("20200102", "2020-01-02 00:00:00"),
            ("20200102030405", "2020-01-02 03:04:05"),
            ("200102030405", "2020-01-02 03:04:05"),
            ("20200102T030405", "2020-01-02 03:04:05"),
            ("20200102x", "2020-01-02 00:00:00"),
            ("2001020", "2020-01-02 00:00:00"),
            ("200102", "2020-01-02 00:00:00"),
            ("2020.1.2", "2020-01-02 00:00:00"),
            ("20-1-2", "2020-01-02 00:00:00"),
            ("99-1-2", "1999-01-02 00:00:00"),
            ("70-1-1", "1970-01-01 00:00:00"),
            ("69-1-1", "2069-01-01 00:00:00"),
            ("00-1-2", "2000-01-02 00:00:00"),
            ("1-2-3", "0001-02-03 00:00:00"),
            ("202-1-2", "0202-01-02 00:00:00"),
            ("2020-1-2 3:4", "2020-01-02 03:04:00"),
            ("2020-1-2  3:4", "2020-01-02 03:04:00"),
            ("2020-1-2 3", "2020-01-02 03:00:00"),
            ("2020-1-2-3", "2020-01-02 03:00:00"),
            ("2020-1-2T3:4:5", "2020-01-02 03:04:05"),
            ("2020-1-2 T3:4", "2020-01-02 00:00:00"),
            ("2020-1-2:3:4:5", "2020-01-02 03:04:05"),
            ("2020-01-02 03:04:05.9999999", "2020-01-02 03:04:05"),
            ("2020-01-02T03:04:05Z", "2020-01-02 03:04:05"),
            ("2020-01-02 03:04:05+02:00", "2020-01-02 03:04:05"),
            ("2020-01-02garbage", "2020-01-02 00:00:00"),
            (" 2020-01-02", "2020-01-02 00:00:00"),
            ("2020-00-00", "2020-00-00 00:00:00"),
            ("2020-5-0", "2020-05-00 00:00:00"),
            ("2020-01-023", "2020-01-23 00:00:00"),
            ("2000-02-29", "2000-02-29 00:00:00"),
            ("9999-12-31", "9999-12-31 00:00:00"),
            ("2020/1/2/", "2020-01-02 00:00:00"),
        ] {
            assert_eq!(moment(text).to_string(), stored, "{text:?}");
            assert_eq!(day(text).to_string(), stored[..10], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_date_is_zero() {
        for text in [
            "",
            "garbage",
            "0",
            "1",
            "2020",
            "20201",
            "2020-1",
            "2020/1/",
            "2020/0102",
            "2020--1-2",
            "2020 1 2",
            "2020x1x2",
            "20200102 03:04:05",
            "20200102.5",
            "2020010203",
            "202001020304",
            "01/02/2020",
            "31/12/2020",
            "0000-00-00",
            "00-00-00",
            "0000//0/0/00",
            "2020-02-30",
            "1900-02-29",
            "2020-13-01",
            "10000-1-1",
            "2020/01/02 25:00:00",
            "2020-1-2 24:00:00",
            "2020-1-2 23:60",
            "2020-01-02 03:04:60",
            "2020-1-2 030405",
            "Fri Nov 20 16:19:45",
        ] {
            assert_eq!(moment(text), Moment::default(), "{text:?}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        let number = |text| day(text).number();
        assert_eq!(number("1970-01-01"), 0);
        assert_eq!(number("1969-12-31"), -1);
        assert_eq!(number("2000-03-01"), 11_017);
        assert_eq!(number("2026-02-03"), 20_487);
        assert_eq!(Day::from_number(-719_163), None, "the year 0");
        assert_eq!(Day::from_number(i32::MAX), None);
        assert_eq!(Day::from_number(i32::MIN), None);
    }

    proptest! {
        #[test]
        fn any_text_is_a_moment_and_moments_stay_themselves(text in "[ T0-9/:.x-]{0,24}") {
            let once = moment(&text);
            prop_assert_eq!(moment(&once.to_string()), once);
            prop_assert_eq!(day(&day(&text).to_string()), day(&text));
        }

        #[test]
        fn any_unicode_text_is_a_moment(text in any::<String>()) {
            moment(&text);
        }

        #[test]
        fn numbers_of_days_go_there_and_back(number in -719_162..2_932_896_i32) {
            prop_assert_eq!(Day::from_number(number).map(Day::number), Some(number));
        }
    }
}
