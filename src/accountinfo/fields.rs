//! The fields of administrative data that an administrator defines, and which values they take.
//!
//! Rules here, records in [`store`]. A field is known to agents by its number (`fields_3`), to people by its label.
//! Source: console page, section 15; agent protocol page, section 8.1.

pub mod store;

use serde::{Deserialize, Serialize};

use super::TAG;

/// Longest name of a field, in letters.
pub const LONGEST_NAME: usize = 30;
/// Longest label and tab, in characters.
pub const LONGEST_LABEL: usize = 100;
/// Longest value on one line, in characters.
pub const LONGEST: usize = 255;
/// Longest value of several lines, in characters.
pub const LONGEST_TEXT: usize = 4000;
/// Most fields beside the TAG.
pub const MOST_FIELDS: usize = 100;
/// Most choices of a field.
pub const MOST_CHOICES: usize = 100;
/// Between the choices of a field that takes several.
const BETWEEN: &str = "; ";

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One line.
    Text,
    /// Several lines.
    Long,
    /// A whole number.
    Integer,
    /// A decimal number.
    Real,
    /// A day.
    Date,
    /// One of a list.
    List,
    /// Any of a few.
    Checks,
    /// One of a few.
    Radio,
}

impl Kind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Kind; 8] =
        [Kind::Text, Kind::Long, Kind::Integer, Kind::Real, Kind::Date, Kind::List, Kind::Checks, Kind::Radio];

    /// The word of forms.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Long => "long",
            Kind::Integer => "integer",
            Kind::Real => "real",
            Kind::Date => "date",
            Kind::List => "list",
            Kind::Checks => "checks",
            Kind::Radio => "radio",
        }
    }

    /// The kind of this word.
    pub fn named(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether it is chosen from a list.
    pub const fn chooses(self) -> bool {
        matches!(self, Kind::List | Kind::Checks | Kind::Radio)
    }
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its number, never given twice; 0 is the TAG.
    #[serde(skip)]
    pub id: u32,
    /// Its name for imports and exports.
    pub name: String,
    /// What people see; empty for the TAG's own word.
    pub label: String,
    /// What it takes.
    pub kind: Kind,
    /// What can be chosen.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The value of new computers.
    #[serde(default)]
    pub default: String,
    /// The tab on which it stands; empty for the first.
    #[serde(default)]
    pub tab: String,
    /// Its place; equal ones stand in the order of their making.
    #[serde(default)]
    pub order: u32,
    /// It was deleted; its number stays taken.
    #[serde(default)]
    pub deleted: bool,
}

/// Why a value is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadValue {
    /// More than so many characters.
    Long(usize),
    /// A character that is no text, or a second line.
    Line,
    /// No whole number within the bounds.
    Integer,
    /// No decimal number within the bounds.
    Real,
    /// No day.
    Date,
    /// Not among the choices.
    Choice,
}

impl Field {
    /// The TAG as it is without a label of its own.
    pub fn tag() -> Field {
        Field {
            id: 0,
            name: TAG.to_owned(),
            label: String::new(),
            kind: Kind::Text,
            choices: Vec::new(),
            default: String::new(),
            tab: String::new(),
            order: 0,
            deleted: false,
        }
    }

    /// Whether it is the one that is always there.
    pub const fn is_tag(&self) -> bool {
        self.id == 0
    }

    /// Under which name agents and records know it.
    pub fn key(&self) -> String {
        if self.is_tag() { TAG.to_owned() } else { format!("fields_{}", self.id) }
    }

    /// Whether another state of the definition reads values in the same way.
    pub fn reads_as(&self, other: &Field) -> bool {
        self.id == other.id && self.kind == other.kind && self.choices == other.choices
    }

    /// Reads what was typed or chosen, into the spelling that is stored. Nothing is always a value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(&self, typed: &[&str]) -> Result<String, BadValue> {
        let all: Vec<&str> = typed.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).collect();
        let Some(first) = all.first().copied() else { return Ok(String::new()) };
        match self.kind {
            Kind::Text => line(first, LONGEST),
            Kind::Long => text(first),
            Kind::Integer => integer(first),
            Kind::Real => real(first),
            Kind::Date => day(first),
            Kind::List | Kind::Radio => self.choice(first),
            Kind::Checks => {
                let parts = all.iter().flat_map(|one| one.split(';')).map(str::trim).filter(|one| !one.is_empty());
                let chosen: Vec<String> = parts.map(|one| self.choice(one)).collect::<Result<_, _>>()?;
                // In the order of the definition, each once.
                let kept: Vec<&str> =
                    self.choices.iter().filter(|one| chosen.contains(one)).map(String::as_str).collect();
                Ok(kept.join(BETWEEN))
            }
        }
    }

    /// The choices that a stored value names.
    pub fn chosen<'a>(&self, value: &'a str) -> Vec<&'a str> {
        value.split(';').map(str::trim).filter(|one| !one.is_empty()).collect()
    }

    fn choice(&self, text: &str) -> Result<String, BadValue> {
        let same = |one: &&String| one.to_lowercase() == text.to_lowercase();
        self.choices.iter().find(same).cloned().ok_or(BadValue::Choice)
    }
}

fn line(text: &str, most: usize) -> Result<String, BadValue> {
    match text {
        text if text.chars().count() > most => Err(BadValue::Long(most)),
        text if text.chars().any(char::is_control) => Err(BadValue::Line),
        text => Ok(text.to_owned()),
    }
}

fn text(text: &str) -> Result<String, BadValue> {
    let text = text.replace("\r\n", "\n");
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    match text {
        text if text.chars().count() > LONGEST_TEXT => Err(BadValue::Long(LONGEST_TEXT)),
        text if text.chars().any(odd) => Err(BadValue::Line),
        text => Ok(text),
    }
}

/// Within the bounds of the incumbent's column.
fn integer(text: &str) -> Result<String, BadValue> {
    plain(text).parse::<i32>().map(|number| number.to_string()).map_err(|_| BadValue::Integer)
}

/// Up to twelve digits before the sign and six behind it; the sign may be a point or a comma.
fn real(text: &str) -> Result<String, BadValue> {
    let text = plain(text).replace(',', ".");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fine = |digits: &str, most| digits.len() <= most && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !fine(whole, 12) || !fine(part, 6) || whole.is_empty() && part.is_empty() {
        return Err(BadValue::Real);
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(match part.trim_end_matches('0') {
        "" if whole == "0" => "0".to_owned(),
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    })
}

/// A number without what groups its digits.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn day(text: &str) -> Result<String, BadValue> {
    let day: jiff::civil::Date = text.parse().map_err(|_| BadValue::Date)?;
    let fine = text.len() == 10 && (1900..=2999).contains(&day.year());
    fine.then(|| day.to_string()).ok_or(BadValue::Date)
}

/// Whether a text is a name of a field: letters and digits, a letter first.
pub fn is_name(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(kind: Kind) -> Field {
        Field { id: 3, kind, choices: vec!["New".into(), "In use".into(), "Gone".into()], ..Field::tag() }
    }

    #[test]
    fn con_adm_2_names_have_letters_and_digits() {
        assert!(["a", "Room2", "x".repeat(30).as_str()].iter().all(|good| is_name(good)));
        assert!(["", "2room", "a b", "é", "a_b", "x".repeat(31).as_str()].iter().all(|bad| !is_name(bad)));
    }

    #[test]
    fn con_adm_5_numbers_take_either_decimal_sign_and_stay_within_bounds() {
        let real = |text: &str| field(Kind::Real).parse(&[text]);
        for (typed, stored) in [
            ("12,50", "12.5"),
            ("12.5", "12.5"),
            ("-0,5", "-0.5"),
            ("1 234,5", "1234.5"),
            ("007", "7"),
            ("-0,0", "0"),
            (",5", "0.5"),
        ] {
            assert_eq!(real(typed), Ok(stored.to_owned()), "{typed}");
        }
        for bad in ["12,5,0", "1e5", "abc", "-", ".", "1234567890123", "0.1234567", "NaN"] {
            assert_eq!(real(bad), Err(BadValue::Real), "{bad}");
        }
        let integer = |text: &str| field(Kind::Integer).parse(&[text]);
        assert_eq!((integer(" 1 200 "), integer("-3")), (Ok("1200".into()), Ok("-3".into())));
        assert!(["1,5", "2147483648", "x"].iter().all(|bad| integer(bad) == Err(BadValue::Integer)));
    }

    #[test]
    fn con_adm_5_days_are_written_as_iso_does() {
        let day = |text: &str| field(Kind::Date).parse(&[text]);
        assert_eq!(day(" 2026-02-28 "), Ok("2026-02-28".into()));
        for bad in ["2026-02-29", "28/02/2026", "1066-01-01", "2026-2-8", "20260228", "2026-02-28T10:00"] {
            assert_eq!(day(bad), Err(BadValue::Date), "{bad}");
        }
    }

    #[test]
    fn con_adm_2_choices_are_those_of_the_definition() {
        assert_eq!(field(Kind::List).parse(&["in USE"]), Ok("In use".into()));
        assert_eq!(field(Kind::Radio).parse(&["other"]), Err(BadValue::Choice));
        assert_eq!(field(Kind::Checks).parse(&["", "Gone", "new"]), Ok("New; Gone".into()));
        assert_eq!(field(Kind::Checks).parse(&["Gone;new;gone"]), Ok("New; Gone".into()));
        assert_eq!(field(Kind::Checks).parse(&["Gone", "x"]), Err(BadValue::Choice));
        assert_eq!(field(Kind::Checks).chosen("New; Gone"), ["New", "Gone"]);
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_the_same_again(kind in 0..8usize, typed in "\\PC{0,20}|[0-9.,-]{1,14}|2[0-9]{3}-0[1-9]-[0-2][0-9]") {
            let field = field(Kind::ALL[kind]);
            if let Ok(stored) = field.parse(&[&typed]) {
                prop_assert_eq!(field.parse(&[&stored]), Ok(stored.clone()));
            }
        }
    }
}
