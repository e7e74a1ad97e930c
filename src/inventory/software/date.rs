//! The date of an installation in the form that nearly all agents send.

/// `YYYY/MM/DD`, with ` hh:mm:ss` where an agent sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installed {
    /// Days since 1979-12-31, so that 0 is free for "none".
    pub(super) day: u16,
    /// Second of the day.
    pub(super) second: Option<u32>,
}

impl Installed {
    /// Reads `YYYY/MM/DD` and `YYYY/MM/DD hh:mm:ss`, real dates from 1980 on; anything else is `None`.
    pub fn parse(text: &str) -> Option<Installed> {
        let bytes = text.as_bytes();
        let digits = |from: usize, count: usize| -> Option<u32> {
            let part = bytes.get(from..from + count)?;
            part.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
        };
        if !matches!(bytes.len(), 10 | 19) || bytes.get(4) != Some(&b'/') || bytes.get(7) != Some(&b'/') {
            return None;
        }
        let day = day_number(digits(0, 4)?, digits(5, 2)?, digits(8, 2)?)?;
        let second = if bytes.len() == 19 {
            let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
            let shaped = bytes.get(10) == Some(&b' ') && bytes.get(13) == Some(&b':') && bytes.get(16) == Some(&b':');
            if !shaped || hour > 23 || minute > 59 || second > 59 {
                return None;
            }
            Some(hour * 3600 + minute * 60 + second)
        } else {
            None
        };
        Some(Installed { day, second })
    }

    /// The text that was sent.
    pub fn text(self) -> String {
        let (year, month, day) = date_of(self.day);
        match self.second {
            None => format!("{year:04}/{month:02}/{day:02}"),
            Some(second) => {
                let (hour, minute) = (second / 3600, second / 60 % 60);
                format!("{year:04}/{month:02}/{day:02} {hour:02}:{minute:02}:{:02}", second % 60)
            }
        }
    }
}

const FIRST_YEAR: u32 = 1980;

fn leap(year: u32) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn month_days(year: u32, month: u32) -> u32 {
    match month {
        2 if leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Day 1 is 1980-01-01; the last one that fits is in 2159.
fn day_number(year: u32, month: u32, day: u32) -> Option<u16> {
    if !(FIRST_YEAR..2159).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > month_days(year, month) {
        return None;
    }
    let leaps = |year: u32| year / 4 - year / 100 + year / 400;
    let years = (year - FIRST_YEAR) * 365 + leaps(year - 1) - leaps(FIRST_YEAR - 1);
    let months: u32 = (1..month).map(|month| month_days(year, month)).sum();
    u16::try_from(years + months + day).ok()
}

fn date_of(number: u16) -> (u32, u32, u32) {
    let (mut rest, mut year, mut month) = (u32::from(number), FIRST_YEAR, 1);
    while rest > if leap(year) { 366 } else { 365 } {
        rest -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    while rest > month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    (year, month, rest)
}
