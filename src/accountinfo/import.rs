//! Administrative values from a CSV file: which line is about which computer, and what would change (CON-ADM-4).
//!
//! Rules without storage: they are handed the lines, the computers by their key, and the values as they are.

pub mod report;
pub mod table;

use std::collections::{HashMap, HashSet};

use super::Account;
use super::fields::{BadValue, Field};
use crate::id::ComputerId;

/// By what a line names its computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Its name.
    Name,
    /// Its serial number.
    Serial,
    /// One of its MAC addresses.
    Mac,
    /// Its asset tag.
    AssetTag,
    /// Its TAG and its name, in two columns.
    TagAndName,
    /// Its number.
    Id,
}

impl Key {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Key; 6] = [Key::Name, Key::Serial, Key::Mac, Key::AssetTag, Key::TagAndName, Key::Id];

    /// The word of forms.
    pub const fn code(self) -> &'static str {
        match self {
            Key::Name => "name",
            Key::Serial => "serial",
            Key::Mac => "mac",
            Key::AssetTag => "asset-tag",
            Key::TagAndName => "tag-and-name",
            Key::Id => "id",
        }
    }

    /// The key of this word.
    pub fn named(code: &str) -> Option<Key> {
        Key::ALL.into_iter().find(|key| key.code() == code)
    }

    /// One spelling for what is compared; `None` when there is nothing to compare.
    pub fn normal(self, first: &str, second: &str) -> Option<String> {
        let (first, second) = (first.trim().to_lowercase(), second.trim().to_lowercase());
        match self {
            Key::TagAndName => (!second.is_empty()).then(|| format!("{first}\u{0}{second}")),
            Key::Mac => Some(first.replace(['-', '.', ':'], "")).filter(|mac| !mac.is_empty()),
            _ => Some(first).filter(|text| !text.is_empty()),
        }
    }
}

/// Computers by the normal spelling of their key.
pub type Known = HashMap<String, Vec<ComputerId>>;

/// What the columns of the file are.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// By what computers are found.
    pub key: Key,
    /// The column of the key, and that of the name where the key is TAG and name.
    pub at: (usize, usize),
    /// Columns that bring values of fields.
    pub fields: Vec<(usize, Field)>,
}

/// A value that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// The field as records know it.
    pub key: String,
    /// The field's name.
    pub name: String,
    /// The value as it is.
    pub before: String,
    /// The value of the file.
    pub after: String,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// These values of the computer change.
    Updated(ComputerId, Vec<NewValue>),
    /// The computer has these values already.
    Unchanged(ComputerId),
    /// No computer that is seen has the key, or the line has none.
    NotFound,
    /// So many computers have the key.
    Ambiguous(usize),
    /// A line before is about the same computer.
    Twice(ComputerId),
    /// A value does not fit its field: the column, and what is wrong.
    Invalid(usize, BadValue),
    /// Its values would change, but something else was being done to the computer.
    Busy(ComputerId),
}

impl Line {
    /// The computer that the line is about.
    pub const fn computer(&self) -> Option<ComputerId> {
        match self {
            Line::Updated(id, _) | Line::Unchanged(id) | Line::Twice(id) | Line::Busy(id) => Some(*id),
            Line::NotFound | Line::Ambiguous(_) | Line::Invalid(..) => None,
        }
    }
}

/// Says what becomes of each line. An empty cell leaves the value as it is. A computer without an `account` is not
/// there any more.
///
/// # Errors
/// Those of `account`.
pub fn plan<E>(
    rows: &[Vec<String>],
    mapping: &Mapping,
    known: &Known,
    mut account: impl FnMut(ComputerId) -> Result<Option<Account>, E>,
) -> Result<Vec<Line>, E> {
    let mut met = HashSet::new();
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
        let found = mapping.key.normal(cell(mapping.at.0), cell(mapping.at.1)).and_then(|key| known.get(&key));
        lines.push(match found.map(Vec::as_slice) {
            None | Some([]) => Line::NotFound,
            Some([id]) if !met.insert(*id) => Line::Twice(*id),
            Some([id]) => match account(*id)? {
                Some(account) => one(*id, &cell, mapping, &account),
                None => Line::NotFound,
            },
            Some(several) => Line::Ambiguous(several.len()),
        });
    }
    Ok(lines)
}

fn one<'a>(id: ComputerId, cell: &dyn Fn(usize) -> &'a str, mapping: &Mapping, account: &Account) -> Line {
    let mut changes = Vec::new();
    for (at, field) in mapping.fields.iter().filter(|(at, _)| !cell(*at).is_empty()) {
        let key = field.key();
        match field.parse(&[cell(*at)]) {
            Err(bad) => return Line::Invalid(*at, bad),
            Ok(after) if account.value(&key) == after => {}
            Ok(after) => {
                let before = account.value(&key).to_owned();
                changes.push(NewValue { key, name: field.name.clone(), before, after });
            }
        }
    }
    if changes.is_empty() { Line::Unchanged(id) } else { Line::Updated(id, changes) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::accountinfo::fields::Kind;

    #[test]
    fn con_adm_4_each_line_has_one_outcome() {
        let price = Field { id: 1, name: "Price".into(), kind: Kind::Real, ..Field::tag() };
        let mapping = Mapping { key: Key::Serial, at: (0, 0), fields: vec![(1, price), (2, Field::tag())] };
        let mut known = Known::new();
        for (serial, ids) in [("a1", vec![1]), ("b2", vec![2]), ("twin", vec![3, 4]), ("gone", vec![5])] {
            known.insert(serial.into(), ids.into_iter().map(ComputerId).collect());
        }
        let rows: Vec<Vec<String>> =
            ["A1,12;COMPTA", "a1,13;", "b2,cheap;x", "TWIN,1;", "zz,1;", ";", "b2", "gone,1;x"]
                .iter()
                .map(|line| line.replace(';', ",").replacen(',', ";", 1).split([';', ',']).map(Into::into).collect())
                .collect();
        let account = |id: ComputerId| {
            let mut account = Account::default();
            account.values.insert("fields_1".into(), if id.0 == 1 { "12" } else { "" }.into());
            Ok::<_, Infallible>((id.0 != 5).then_some(account))
        };
        let lines = plan(&rows, &mapping, &known, account).unwrap_or_else(|never| match never {});
        let changed =
            vec![NewValue { key: "TAG".into(), name: "TAG".into(), before: String::new(), after: "COMPTA".into() }];
        let expected = [
            Line::Updated(ComputerId(1), changed),
            Line::Twice(ComputerId(1)),
            Line::Invalid(1, BadValue::Real),
            Line::Ambiguous(2),
            Line::NotFound,
            Line::NotFound,
            Line::Twice(ComputerId(2)),
            Line::NotFound,
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn con_adm_4_keys_are_compared_without_case_and_separators() {
        assert_eq!(Key::Mac.normal("0A-1b:2C-3d-4E-5f", ""), Key::Mac.normal("0a1b2c3d4e5f", ""));
        assert_eq!(Key::TagAndName.normal(" Compta ", "PC-1"), Key::TagAndName.normal("COMPTA", "pc-1"));
        assert_ne!(Key::TagAndName.normal("a", "b"), Key::Name.normal("ab", ""));
        assert_eq!((Key::Name.normal(" ", ""), Key::TagAndName.normal("a", "")), (None, None));
    }
}
