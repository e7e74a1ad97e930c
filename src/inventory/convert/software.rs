//! Software: versions, install dates, and which rows the original takes for one.
//!
//! Source: protocol sections 6.1 to 6.3; pitfalls 48 and 49.

use std::collections::HashSet;

use super::cut;
use super::date::Day;
use super::fold::fold;
use super::number::whole;
use crate::inventory::Family;
use crate::inventory::sections::Whole;

/// What the original's dictionaries hold for a publisher or a version that was not sent.
pub const UNAVAILABLE: &str = "Unavailable";

/// Width of names, publishers and versions, in characters.
const WIDTH: usize = 255;

/// A row of the original's `software_version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<'a> {
    /// Column PRETTYVERSION: the version without epoch, letters and packaging.
    pub pretty: &'a str,
    /// Column MAJOR; 0 when there is none.
    pub major: i32,
    /// Column MINOR; 0 when there is none.
    pub minor: i32,
    /// Column PATCH; 0 when there is none.
    pub patch: i32,
}

impl<'a> Version<'a> {
    /// `2:9.0.1378-2` is 9.0.1378, `v3.1beta` is Unavailable.
    pub fn of(text: &'a str) -> Version<'a> {
        // Debian's epoch, if it has one digit: longer ones are cut at the colon below.
        let mut characters = text.char_indices();
        let second = characters.nth(1);
        let text = match (second, characters.next()) {
            (Some((_, ':')), Some((third, _))) => &text[third..],
            (Some((_, ':')), None) => "",
            _ => text,
        };
        let ends = |c: char| c.is_ascii_alphabetic() || r"$#@~!&*()[];,:?^-+_`\/".contains(c);
        let pretty = text.split(ends).next().unwrap_or("");
        if pretty.is_empty() || pretty == "0" {
            return Version { pretty: UNAVAILABLE, major: 0, minor: 0, patch: 0 };
        }
        let mut pieces = pretty.split('.').map(|piece| whole(piece, Whole::Normal) as i32);
        let mut next = || pieces.next().unwrap_or(0);
        Version { pretty, major: next(), minor: next(), patch: next() }
    }
}

/// What an entry of the original's dictionary says: cut at its width, Unavailable if blank.
pub fn dictionary(sent: Option<&str>) -> &str {
    match sent {
        Some(text) if !text.trim().is_empty() => cut(text, WIDTH),
        _ => UNAVAILABLE,
    }
}

/// Name, publisher and version as the original compares them; it holds one row of a computer for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(String);

impl Identity {
    /// `None` for an entry without a name, which is skipped (the original gives it the first name it ever saw).
    pub fn of(name: Option<&str>, publisher: Option<&str>, version: Option<&str>) -> Option<Identity> {
        let name = name.filter(|name| !name.trim().is_empty())?;
        let parts = [fold(cut(name, WIDTH)), fold(dictionary(publisher)), fold(dictionary(version))];
        // No agent can send the separator: XML has no such character.
        Some(Identity(parts.join("\0")))
    }
}

/// Which of one computer's entries the original keeps: the first of each identity, as positions.
pub fn collapse<'a>(
    entries: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>, Option<&'a str>)>,
) -> Vec<usize> {
    let mut seen = HashSet::new();
    let kept = |(name, publisher, version)| Identity::of(name, publisher, version).is_some_and(|one| seen.insert(one));
    entries.into_iter().map(kept).enumerate().filter_map(|(at, kept)| kept.then_some(at)).collect()
}

/// When a program was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstallDate {
    /// On this day.
    Known(Day),
    /// Not sent, or not to be told from what was sent. The original takes the day of the inventory.
    Unknown,
}

impl InstallDate {
    /// Reads `2021/03/04`, `2021-03-04`, `20210304` and `04/03/2021`, with or without a time behind.
    ///
    /// Day and month in the last form are told apart when one exceeds 12 (or both are equal); GLPI and
    /// FusionInventory always write the day first.
    pub fn read(text: &str, agent: Family) -> InstallDate {
        let day = year_first(text.trim()).or_else(|| year_last(text.trim(), agent));
        day.map_or(InstallDate::Unknown, InstallDate::Known)
    }

    /// Whether the original takes the text, instead of the date of the inventory.
    pub fn is_taken_by_the_original(text: &str) -> bool {
        let shape = b"dddd/dd/dd";
        let fits = |(byte, shape): (u8, &u8)| if *shape == b'd' { byte.is_ascii_digit() } else { byte == *shape };
        text.len() >= shape.len() && text.bytes().zip(shape).all(fits)
    }
}

/// `2021/03/04`, `2021-03-04`, `20210304`
fn year_first(text: &str) -> Option<Day> {
    let run = text.bytes().take_while(u8::is_ascii_digit).count();
    match (run, text.as_bytes().get(run)) {
        // Eight digits, or fourteen with the time.
        (8 | 14, _) => Day::new(number(&text[..4])?, number(&text[4..6])?, number(&text[6..8])?),
        (4, Some(b'/' | b'-')) => {
            let [year, month, day] = three(text)?;
            Day::new(number(year)?, number(month)?, number(day)?)
        }
        _ => None,
    }
}

/// `04/03/2021`
fn year_last(text: &str, agent: Family) -> Option<Day> {
    if text.as_bytes().get(text.bytes().take_while(u8::is_ascii_digit).count()) != Some(&b'/') {
        return None;
    }
    let [first, second, year] = three(text)?;
    let (first, second) = (number(first)?, number(second)?);
    let year = if year.len() == 4 { number(year)? } else { return None };
    let day_first = agent == Family::Fusion || first > 12 || first == second;
    if day_first {
        Day::new(year, second, first)
    } else if second > 12 {
        Day::new(year, first, second)
    } else {
        None
    }
}

/// The three numbers of a date whose marks are both as the first; what follows the third is dropped.
fn three(text: &str) -> Option<[&str; 3]> {
    let mark = text.chars().find(|c| !c.is_ascii_digit())?;
    let mut parts = text.splitn(3, mark);
    let (first, second, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let third = &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()];
    let short = |part: &str| matches!(part.len(), 1 | 2 | 4);
    (short(first) && short(second) && short(third)).then_some([first, second, third])
}

fn number(digits: &str) -> Option<u32> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 6.1, measured: the first three.
    #[test]
    fn a_version_loses_its_epoch_letters_and_packaging() {
        for (text, pretty, major, minor, patch) in [
            ("2:9.0.1378-2", "9.0.1378", 9, 0, 1378),
            ("v3.1beta", UNAVAILABLE, 0, 0, 0),
            ("10.0.19041.1", "10.0.19041.1", 10, 0, 19041),
            ("12:1.2", "12", 12, 0, 0),
            ("1.2+b1", "1.2", 1, 2, 0),
            ("0", UNAVAILABLE, 0, 0, 0),
            ("0-1", UNAVAILABLE, 0, 0, 0),
            ("0.0", "0.0", 0, 0, 0),
            ("", UNAVAILABLE, 0, 0, 0),
            ("1:", UNAVAILABLE, 0, 0, 0),
            ("é:7", "7", 7, 0, 0),
            ("7.é", "7.é", 7, 0, 0),
            (".5", ".5", 0, 5, 0),
            ("99999999999.1", "99999999999.1", i32::MAX, 1, 0),
            (UNAVAILABLE, UNAVAILABLE, 0, 0, 0),
        ] {
            assert_eq!(Version::of(text), Version { pretty, major, minor, patch }, "{text:?}");
        }
    }

    /// Section 6.1, measured: `A`, `a` and `A ` share one id; section 6.2: repeated entries are one row.
    #[test]
    fn equal_entries_are_one_row() {
        let long = "x".repeat(300);
        let entries = [
            (Some("A"), Some("P"), Some("1")),
            (Some("a"), Some("p "), Some("1")),
            (Some("A "), Some("P"), Some("1")),
            (Some("A"), Some("P"), Some("2")),
            (Some("A"), None, None),
            (Some("A"), Some(" "), Some("")),
            (Some("A"), Some("unavailable"), None),
            (None, Some("P"), Some("1")),
            (Some(" "), Some("P"), Some("1")),
            (Some(long.as_str()), None, None),
            (Some(&long[..255]), None, None),
            (Some("AP"), Some(""), Some("1")),
        ];
        assert_eq!(collapse(entries), [0, 3, 4, 9, 11]);
    }

    /// Section 6.3, measured: what the original replaces by today's date.
    #[test]
    fn the_original_takes_one_form_of_install_dates() {
        for text in ["2021/03/04", "2026/10/20 16:30:09", "2021/03/04x"] {
            assert!(InstallDate::is_taken_by_the_original(text), "{text}");
        }
        for text in ["2021-03-04", "20210304", "03/04/2021", "", "0000//0/0/00", "2021/3/4"] {
            assert!(!InstallDate::is_taken_by_the_original(text), "{text}");
        }
    }

    #[test]
    fn pitfall_49_install_dates_are_read_or_unknown() {
        let read = |text, agent| match InstallDate::read(text, agent) {
            InstallDate::Known(day) => day.to_string(),
            InstallDate::Unknown => "unknown".to_owned(),
        };
        for (text, day) in [
            ("2021/03/04", "2021-03-04"),
            ("2026/10/20 16:30:09", "2026-10-20"),
            ("2021-03-04", "2021-03-04"),
            ("2021-03-04T05:06:07Z", "2021-03-04"),
            ("20210304", "2021-03-04"),
            ("20210304000000.000000-000", "2021-03-04"),
            ("2021/3/4", "2021-03-04"),
            ("31/12/2020", "2020-12-31"),
            ("12/31/2020", "2020-12-31"),
            ("05/05/2020", "2020-05-05"),
            ("03/04/2021", "unknown"),
            ("01/09/2020", "unknown"),
            ("0000//0/0/00", "unknown"),
            ("0000/00/00", "unknown"),
            ("2016/0131", "unknown"),
            ("2021/03-04", "unknown"),
            ("2021-02-30", "unknown"),
            ("31/13/2020", "unknown"),
            ("31/12/20", "unknown"),
            ("202103041", "unknown"),
            ("", "unknown"),
            ("N/A", "unknown"),
            ("Fri Nov 20 16:19:45", "unknown"),
        ] {
            assert_eq!(read(text, Family::Ocs), day, "{text:?}");
        }
        assert_eq!(read("03/04/2021", Family::Fusion), "2021-04-03", "day first");
        assert_eq!(read("01/09/2020", Family::Fusion), "2020-09-01", "day first");
        assert_eq!(read("12/31/2020", Family::Fusion), "unknown", "never month first");
    }

    proptest! {
        #[test]
        fn a_pretty_version_stays_itself(text in any::<String>()) {
            let once = Version::of(&text);
            prop_assert_eq!(Version::of(once.pretty), once);
        }

        #[test]
        fn numbers_and_marks_never_stop_the_reading(text in "[0-9:./ é-]{0,16}") {
            Version::of(&text);
            for agent in [Family::Ocs, Family::OcsWindows, Family::Fusion, Family::Other] {
                if let InstallDate::Known(day) = InstallDate::read(&text, agent) {
                    prop_assert_eq!(InstallDate::read(&day.to_string(), agent), InstallDate::Known(day));
                }
            }
        }

        #[test]
        fn collapsed_rows_stay_apart(names in proptest::collection::vec("[aAé]{0,2}", 0..20)) {
            let entry = |name: &'static str| (Some(name), None, None);
            let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
            let once: Vec<&str> = collapse(names.iter().map(|name| entry(name))).into_iter().map(|at| names[at]).collect();
            let twice = collapse(once.iter().map(|name| (Some(*name), None, None)));
            prop_assert_eq!(twice.len(), once.len());
        }
    }
}
