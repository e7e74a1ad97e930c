//! What the original would have stored for what an agent sent.
//!
//! Rollcall stores what was sent. For comparing, sorting, counting and export the same values are needed
//! as the original's columns would hold: cut at their width, numbers and dates converted, equal software
//! collapsed. Pure functions; nothing here is stored.
//!
//! One difference is meant: characters beyond the 16-bit range stay, where the original stores `?`.
//!
//! Source: protocol sections 5 to 7.

pub mod date;
pub mod fold;
pub mod number;
pub mod software;

use std::fmt;

use self::date::{Day, Moment};
use crate::inventory::sections::{Absent, Field, Kind, Section};

/// A value as a column of the original holds it. Displayed as MySQL's client shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column<'a> {
    /// NULL.
    Null,
    /// Text, cut at the column's width.
    Text(&'a str),
    /// A whole number within the column's range.
    Int(i128),
    /// A number times 10^places.
    Decimal {
        /// The number without its point.
        scaled: i64,
        /// Digits behind the point.
        places: u8,
    },
    /// A day; [`Day::ZERO`] for text that is none.
    Date(Day),
    /// A time; 0000-00-00 00:00:00 for text that is none.
    DateTime(Moment),
}

impl fmt::Display for Column<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Column::Null => f.write_str("NULL"),
            Column::Text(text) => f.write_str(text),
            Column::Int(number) => number.fmt(f),
            Column::Decimal { scaled, places } => {
                let sign = if *scaled < 0 { "-" } else { "" };
                let unit = 10_u64.pow(u32::from((*places).min(18)));
                let size = scaled.unsigned_abs();
                match usize::from(*places) {
                    0 => write!(f, "{sign}{size}"),
                    width => write!(f, "{sign}{}.{:0width$}", size / unit, size % unit),
                }
            }
            Column::Date(day) => day.fmt(f),
            Column::DateTime(moment) => moment.fmt(f),
        }
    }
}

/// What the original's column of this field holds for a cell. Blank text is as good as absent.
///
/// HARDWARE has rules of its own, which are kept here as far as they look at one cell: numbers are digits
/// and nothing else, ETIME is never stored. Those that look at more are [`user`], [`last_date`],
/// `checksum::combine` and `mapping::ip_address`.
pub fn column<'a>(section: &Section, field: &Field, sent: Option<&'a str>) -> Column<'a> {
    let hardware = section.tag == "HARDWARE";
    if hardware && field.name == "ETIME" {
        return Column::Null;
    }
    let text = match (sent.filter(|text| !text.trim().is_empty()), field.absent) {
        (Some(text), _) => text,
        (None, Absent::Null) => return Column::Null,
        (None, Absent::Text(text)) => text,
        (None, Absent::Blank | Absent::Zero) => "",
    };
    if hardware
        && field.absent == Absent::Zero
        && let Kind::Int(size) = field.kind
    {
        return Column::Int(number::digits_only(text, size));
    }
    convert(field.kind, text)
}

/// What a column of this kind holds for `text`.
pub fn convert(kind: Kind, text: &str) -> Column<'_> {
    match kind {
        Kind::Text { width } => Column::Text(cut(text, usize::from(width))),
        Kind::LongText => Column::Text(text),
        Kind::Int(size) => Column::Int(number::whole(text, size)),
        Kind::Decimal { digits, places } => Column::Decimal { scaled: number::decimal(text, digits, places), places },
        Kind::Date => Column::Date(date::day(text)),
        Kind::DateTime => Column::DateTime(date::moment(text)),
    }
}

/// The first `width` characters.
pub fn cut(text: &str, width: usize) -> &str {
    match text.char_indices().nth(width) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// HARDWARE/USERID: what was sent, unless it names the system; then who was there before.
///
/// Any text with `system` in it counts, also a person called `ecosystem`, as in the original.
pub fn user<'a>(sent: Option<&'a str>, stored: Option<&'a str>) -> Option<&'a str> {
    let sent = sent.filter(|sent| !sent.trim().is_empty());
    match sent {
        Some(sent) if is_system(sent) => stored,
        _ => sent,
    }
}

fn is_system(user: &str) -> bool {
    user.as_bytes().windows(6).any(|part| part.eq_ignore_ascii_case(b"system"))
}

/// A MAC address as it is compared: capitals and colons, whoever wrote it.
///
/// Six octets are told by their digits, whatever stands between them; other text keeps its marks.
pub fn mac(text: &str) -> String {
    let text = text.trim().to_ascii_uppercase();
    let digits: Vec<char> = text.chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.len() == 12 && digits.iter().all(char::is_ascii_hexdigit) {
        digits.chunks(2).map(|octet| octet.iter().collect::<String>()).collect::<Vec<_>>().join(":")
    } else {
        text
    }
}

/// HARDWARE/LASTDATE as the original takes it; `None` stands for its own time.
pub fn last_date_as_sent(sent: Option<&str>) -> Option<Moment> {
    let sent = sent.filter(|sent| !sent.trim().is_empty() && *sent != "1970-01-01")?;
    Some(date::moment(sent))
}

/// HARDWARE/LASTDATE where a wrong clock must not count; `None` stands for the server's time.
///
/// An imported inventory is as old as it says. Over the network, a date within the last 30 days is believed
/// and any other is not. `today` is the server's day.
pub fn last_date(sent: Option<&str>, today: Day, imported: bool) -> Option<Moment> {
    let moment = last_date_as_sent(sent)?;
    let day = moment.day;
    Day::new(day.year.into(), day.month.into(), day.day.into())?;
    let age = today.number() - day.number();
    (imported || (0..=30).contains(&age)).then_some(moment)
}

#[cfg(test)]
mod tests;
