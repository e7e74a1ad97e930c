//! Software: what many computers have in common is kept once.
//!
//! An **item** is a row as far as it is the same wherever it is installed. A computer's **list** names
//! items by number, with the install date of each and, verbatim, what does not fit either: a date in an
//! unusual form, a folder inside a user's profile, an identifier that is different everywhere. Reading
//! a list back gives each row with every value that was sent. The order of rows is not kept.

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::codec::{Input, put_number, put_text};
use super::rows::{FieldKey, Resolved, Row, put_cell, read_row};
use super::sections::Section;
use crate::store::{Damage, Stored};

/// Number of an item in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// A row of software as it stands in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The encoded row.
    pub bytes: Vec<u8>,
}

impl Item {
    /// The row without what differs from computer to computer.
    pub fn row(&self) -> Result<Row, Damage> {
        read_row(&mut Input::new(&self.bytes))
    }

    /// The hash by which an equal item is found.
    pub fn hash(&self) -> u128 {
        xxh3_128(&self.bytes)
    }
}

impl Stored for Item {
    const FORMAT: u8 = 1;
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format == 1 { Ok(Item { bytes: bytes.to_vec() }) } else { Err(Damage::Format(format)) }
    }
}

/// A row on its way into the catalogue.
pub struct Candidate {
    /// Everything that could be the same elsewhere.
    pub item: Item,
    /// The same without fields that often differ (folder, identifier); `None` when it has none of them.
    pub plain: Option<Item>,
    /// Equal for rows that differ in those fields only.
    pub family: u64,
}

/// Gives out the numbers of items.
pub trait Catalogue {
    /// The number of the candidate's item. `true` when the plain item was taken, because too many rows
    /// differ from it in the varying fields only.
    fn number(&mut self, candidate: &Candidate) -> (ItemId, bool);
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which item.
    pub item: ItemId,
    /// When it was installed, when that was sent in the usual form.
    pub installed: Option<Installed>,
    /// Cells that are this computer's own.
    pub own: Vec<(FieldKey, String)>,
}

/// `YYYY/MM/DD`, with ` hh:mm:ss` where an agent sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installed {
    /// Days since 1979-12-31, so that 0 is free for "none".
    day: u16,
    /// Second of the day.
    second: Option<u32>,
}

/// The software of one computer, in the order of items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// The entries; equal rows stand as often as they were sent.
    pub entries: Vec<Entry>,
}

/// Fields that may be different on every computer without saying anything about the program.
const VARYING: &[&str] = &["FOLDER", "GUID", "UNINSTALL_STRING", "USERNAME", "USERID", "FILENAME"];
/// Places inside a user's profile, in lower case with forward slashes.
const PROFILES: &[&str] = &["/users/", "/documents and settings/", "/home/"];

/// Packs rows. `rows` are resolved against the declaration of SOFTWARES.
pub fn pack<'a>(
    section: &'static Section,
    rows: impl Iterator<Item = Vec<(Resolved<'a>, Cow<'a, str>)>>,
    catalogue: &mut dyn Catalogue,
) -> List {
    let numbers = Numbers::of(section);
    let mut entries: Vec<Entry> = rows.map(|row| entry(&numbers, row, catalogue)).collect();
    entries.sort_by_key(|entry| entry.item);
    List { entries }
}

struct Numbers {
    date: u16,
    varying: Vec<u16>,
}

impl Numbers {
    fn of(section: &Section) -> Numbers {
        let date = section.field("INSTALLDATE").unwrap_or(u16::MAX);
        Numbers { date, varying: VARYING.iter().filter_map(|name| section.field(name)).collect() }
    }
}

fn entry<'a>(numbers: &Numbers, mut row: Vec<(Resolved<'a>, Cow<'a, str>)>, catalogue: &mut dyn Catalogue) -> Entry {
    let mut installed = None;
    let mut own = Vec::new();
    row.retain(|(field, value)| {
        let date = *field == Resolved::Known(numbers.date);
        if date && installed.is_none() {
            installed = Installed::parse(value);
        }
        let kept_here = (date && installed.is_none()) || in_profile(value);
        if kept_here {
            own.push((owned(field), value.as_ref().to_owned()));
        }
        !kept_here && !date
    });
    row.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    let varies = |field: &Resolved<'_>| matches!(field, Resolved::Known(number) if numbers.varying.contains(number));
    let item = encode(row.iter());
    let plain =
        row.iter().any(|(field, _)| varies(field)).then(|| encode(row.iter().filter(|(field, _)| !varies(field))));
    let family = xxh3_64(plain.as_ref().map_or(&item.bytes, |plain| &plain.bytes));
    let (number, taken_plain) = catalogue.number(&Candidate { item, plain, family });
    if taken_plain {
        own.extend(
            row.iter()
                .filter(|(field, _)| varies(field))
                .map(|(field, value)| (owned(field), value.as_ref().to_owned())),
        );
    }
    Entry { item: number, installed, own }
}

/// The family of an item that holds a varying field, as [`pack`] works it out; `None` for the others.
pub fn family(section: &Section, item: &Item) -> Option<u64> {
    let numbers = Numbers::of(section);
    let row = item.row().ok()?;
    let varies = |field: &FieldKey| matches!(field, FieldKey::Known(number) if numbers.varying.contains(number));
    if !row.cells.iter().any(|(field, _)| varies(field)) {
        return None;
    }
    let rest: Vec<_> = row.cells.iter().filter(|(field, _)| !varies(field)).collect();
    let mut bytes = Vec::with_capacity(item.bytes.len());
    put_number(&mut bytes, rest.len() as u64);
    for (field, value) in rest {
        let field = match field {
            FieldKey::Known(number) => Resolved::Known(*number),
            FieldKey::Named(name) => Resolved::Named(Cow::Borrowed(name)),
        };
        put_cell(&mut bytes, &field, value);
    }
    Some(xxh3_64(&bytes))
}

fn encode<'a, 'b: 'a>(row: impl Iterator<Item = &'a (Resolved<'b>, Cow<'b, str>)> + Clone) -> Item {
    let mut bytes = Vec::with_capacity(160);
    put_number(&mut bytes, row.clone().count() as u64);
    row.for_each(|(field, value)| put_cell(&mut bytes, field, value));
    Item { bytes }
}

fn order<'a>(field: &'a Resolved<'_>) -> (u32, &'a str) {
    match field {
        Resolved::Known(number) => (u32::from(*number), ""),
        Resolved::Named(name) => (u32::MAX, name),
    }
}

fn owned(field: &Resolved<'_>) -> FieldKey {
    match field {
        Resolved::Known(number) => FieldKey::Known(*number),
        Resolved::Named(name) => FieldKey::Named(name.to_string()),
    }
}

fn in_profile(value: &str) -> bool {
    if !value.as_bytes().iter().any(|byte| matches!(byte, b'/' | b'\\')) {
        return false;
    }
    let folded = value.to_ascii_lowercase().replace('\\', "/");
    PROFILES.iter().any(|place| folded.contains(place))
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
const NO_TIME: u32 = 0xFF_FFFF;

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
    let years: u32 = (FIRST_YEAR..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
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

impl Stored for List {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        let times =
            self.entries.iter().any(|entry| entry.installed.is_some_and(|installed| installed.second.is_some()));
        put_number(out, self.entries.len() as u64);
        out.push(u8::from(times));
        let mut last = 0;
        for entry in &self.entries {
            put_number(out, u64::from(entry.item.0 - last));
            last = entry.item.0;
            out.extend_from_slice(&entry.installed.map_or(0, |installed| installed.day).to_le_bytes());
            if times {
                let second = entry.installed.and_then(|installed| installed.second).unwrap_or(NO_TIME);
                out.extend_from_slice(&second.to_le_bytes()[..3]);
            }
        }
        let mut last = 0;
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, entry)| !entry.own.is_empty()) {
            put_number(out, (at - last) as u64);
            last = at;
            put_number(out, entry.own.len() as u64);
            for (field, value) in &entry.own {
                match field {
                    FieldKey::Known(number) => put_number(out, u64::from(*number) + 1),
                    FieldKey::Named(name) => {
                        put_number(out, 0);
                        put_text(out, name);
                    }
                }
                put_text(out, value);
            }
        }
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format != 1 {
            return Err(Damage::Format(format));
        }
        let mut input = Input::new(bytes);
        let count = input.count()?;
        let times = input.byte()? == 1;
        let mut entries = Vec::new();
        let mut item = 0_u32;
        for _ in 0..count {
            item = item.checked_add(input.small()?).ok_or(Damage::Shape)?;
            let day = u16::from_le_bytes(input.take(2)?.try_into().map_err(|_| Damage::Short)?);
            let second = match (times, input) {
                (false, _) => None,
                (true, _) => match input.take(3)? {
                    [a, b, c] => Some(u32::from_le_bytes([*a, *b, *c, 0])).filter(|second| *second != NO_TIME),
                    _ => return Err(Damage::Short),
                },
            };
            let installed = (day != 0).then_some(Installed { day, second });
            entries.push(Entry { item: ItemId(item), installed, own: Vec::new() });
        }
        let mut at = 0_usize;
        while !input.is_empty() {
            at = at.checked_add(input.count()?).ok_or(Damage::Shape)?;
            let entry = entries.get_mut(at).ok_or(Damage::Shape)?;
            entry.own = read_row(&mut input)?.cells;
        }
        Ok(List { entries })
    }
}

impl Entry {
    /// The whole row as it was sent, from the item's part and this computer's own.
    pub fn row(&self, section: &Section, item: &Row) -> Row {
        let mut row = item.clone();
        row.cells.extend(self.own.iter().cloned());
        if let (Some(installed), Some(field)) = (self.installed, section.field("INSTALLDATE")) {
            row.cells.push((FieldKey::Known(field), installed.text()));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::super::{rows, sections};
    use super::*;

    #[derive(Default)]
    struct Numbering {
        items: Vec<Item>,
        families: HashMap<u64, u32>,
    }

    impl Catalogue for Numbering {
        fn number(&mut self, candidate: &Candidate) -> (ItemId, bool) {
            if let Some(at) = self.items.iter().position(|item| *item == candidate.item) {
                return (ItemId(at as u32 + 1), false);
            }
            let variants = self.families.entry(candidate.family).or_default();
            *variants += 1;
            let plain = candidate.plain.as_ref().filter(|_| *variants > 3);
            let item = plain.unwrap_or(&candidate.item);
            let at = self.items.iter().position(|known| known == item).unwrap_or_else(|| {
                self.items.push(item.clone());
                self.items.len() - 1
            });
            (ItemId(at as u32 + 1), plain.is_some())
        }
    }

    fn sorted(rows: &[Vec<(String, String)>]) -> Vec<Vec<(String, String)>> {
        let mut rows = rows.to_vec();
        rows.iter_mut().for_each(|row| row.sort());
        rows.sort();
        rows
    }

    fn round_trip(catalogue: &mut Numbering, sent: &[Vec<(String, String)>]) -> Vec<Vec<(String, String)>> {
        let section = sections::section("SOFTWARES").unwrap();
        let resolved = sent
            .iter()
            .map(|row| rows::resolve(Some(section), row.iter().map(|(k, v)| (k.as_str(), v.as_str())), 1 << 16));
        let list = pack(section, resolved, catalogue);
        let mut bytes = Vec::new();
        list.encode(&mut bytes);
        let back = List::decode(1, &bytes).unwrap();
        assert_eq!(back, list);
        let key = rows::SectionKey::Known(section);
        back.entries
            .iter()
            .map(|entry| {
                let row = entry.row(section, &catalogue.items[entry.item.0 as usize - 1].row().unwrap());
                row.cells
                    .iter()
                    .map(|(field, value)| (rows::field_name(&key, field).to_owned(), value.clone()))
                    .collect()
            })
            .collect()
    }

    proptest! {
        #[test]
        fn every_value_of_every_row_comes_back(rows in proptest::collection::vec(proptest::collection::btree_map(
            prop_oneof![Just("NAME"), Just("VERSION"), Just("FOLDER"), Just("GUID"), Just("INSTALLDATE"), Just("PLUGIN"), Just("A/B")],
            prop_oneof!["[a-c]{1,3}", Just("2024/02/29".to_owned()), Just("2023/02/29".to_owned()), Just("2026/10/20 16:19:51".to_owned()),
                Just("C:\\Users\\bob\\x".to_owned()), ".{1,20}"], 1..6), 0..12))
        {
            let sent: Vec<Vec<(String, String)>> = rows.into_iter()
                .map(|row| row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()).collect();
            let mut catalogue = Numbering::default();
            prop_assert_eq!(sorted(&round_trip(&mut catalogue, &sent)), sorted(&sent));
        }

        #[test]
        fn any_bytes_are_an_answer_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = List::decode(1, &bytes);
        }
    }

    #[test]
    fn dates_are_real_days_and_come_back_as_sent() {
        for text in ["1980/01/01", "2024/02/29", "2099/12/31", "2026/10/20 16:19:51", "2026/10/20 00:00:00"] {
            assert_eq!(Installed::parse(text).unwrap().text(), text);
        }
        for text in [
            "",
            "2023/02/29",
            "1979/12/31",
            "2026-10-20",
            "2026/10/20 24:00:00",
            "2026/13/01",
            "20/10/2026",
            "0000//0/0/00",
            "2026/10/20T16:19:51",
        ] {
            assert_eq!(Installed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_folder_in_a_profile_stays_out_of_the_catalogue() {
        let mut catalogue = Numbering::default();
        for user in ["anna", "bob", "carl"] {
            let row = vec![
                ("NAME".to_owned(), "Zoom".to_owned()),
                ("FOLDER".to_owned(), format!("C:\\Users\\{user}\\AppData")),
            ];
            round_trip(&mut catalogue, &[row]);
        }
        assert_eq!(catalogue.items.len(), 1);
    }
}
