//! Software: what many computers have in common is kept once.
//!
//! An **item** is a row as far as it is the same wherever it is installed. A computer's **list** names
//! items by number, with the install date of each and, verbatim, what does not fit either: a date in an
//! unusual form, a folder inside a user's profile, an identifier that is different everywhere. Reading
//! a list back gives each row with every value that was sent. The order of rows is not kept.

mod date;
mod own;
mod pack;
mod recognise;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::codec::{Input, put_number};
use super::rows::{FieldKey, Row, read_row};
use super::sections::Section;
use crate::store::{Damage, Stored};

pub use date::Installed;
pub use pack::{Candidate, Catalogue, family, pack};
pub use recognise::{Recognised, RowText};

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

    /// The hash by which an equal item is found. `seed` is the installation's own, so that nobody can prepare two
    /// items with one hash.
    pub fn hash(&self, seed: u64) -> u128 {
        hash(&self.bytes, seed)
    }
}

/// The hash of an item's bytes, as [`Item::hash`] gives it.
pub fn hash(bytes: &[u8], seed: u64) -> u128 {
    xxh3_128_with_seed(bytes, seed)
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

/// The software of one computer, in the order of items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// The entries; equal rows stand as often as they were sent.
    pub entries: Vec<Entry>,
}

/// Stands for "no time of day".
const NO_TIME: u32 = 0xFF_FFFF;

impl Stored for List {
    /// In the first format identifiers stood as text.
    const FORMAT: u8 = 2;

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
            entry.own.iter().for_each(|(field, value)| own::put(out, field, value));
        }
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if !(1..=2).contains(&format) {
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
            if format == 1 {
                entry.own = read_row(&mut input)?.cells;
                continue;
            }
            let count = input.count()?;
            for _ in 0..count {
                entry.own.push(own::read(&mut input)?);
            }
        }
        Ok(List { entries })
    }
}

impl List {
    /// The numbers of the items alone, from format and bytes of a record.
    pub fn items(format: u8, bytes: &[u8]) -> Result<Vec<ItemId>, Damage> {
        if !(1..=2).contains(&format) {
            return Err(Damage::Format(format));
        }
        let mut input = Input::new(bytes);
        let count = input.count()?;
        let beside = if input.byte()? == 1 { 5 } else { 2 };
        let mut items = Vec::with_capacity(count.min(bytes.len() / (1 + beside)));
        let mut item = 0_u32;
        for _ in 0..count {
            item = item.checked_add(input.small()?).ok_or(Damage::Shape)?;
            input.take(beside)?;
            items.push(ItemId(item));
        }
        Ok(items)
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

    use super::super::{rows, sections, tags};
    use super::*;

    #[derive(Default)]
    struct Numbering {
        items: Vec<Item>,
        families: HashMap<u64, u32>,
        texts: HashMap<u128, ItemId>,
    }

    impl Catalogue for Numbering {
        fn plain(&self, family: u64, bytes: &[u8]) -> Option<ItemId> {
            self.families.get(&family).filter(|variants| **variants > 3).and_then(|_| self.known(bytes))
        }
        fn remember(&mut self, row: &RowText<'_>, item: ItemId) {
            self.texts.insert(row.hash, item);
        }
        fn known(&self, bytes: &[u8]) -> Option<ItemId> {
            self.items.iter().position(|item| item.bytes == bytes).map(|at| ItemId(at as u32 + 1))
        }
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
        let named = sent.iter().map(|row| row.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let recognised = Recognised::default();
        let list = pack(section, &recognised, named, 1 << 16, catalogue);
        let mut bytes = Vec::new();
        list.encode(&mut bytes);
        let back = List::decode(2, &bytes).unwrap();
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
            let _ = (List::decode(1, &bytes), List::decode(2, &bytes));
            for format in 1..=2 {
                let items = List::items(format, &bytes);
                if let Ok(list) = List::decode(format, &bytes) {
                    let whole: Vec<ItemId> = list.entries.iter().map(|entry| entry.item).collect();
                    prop_assert_eq!(items, Ok(whole), "a part is read as the whole is");
                }
            }
        }
    }

    /// The leaves of a row, by their paths.
    fn leaves(text: &str) -> Vec<(String, String)> {
        let tags = tags::find(text, 0, None).unwrap();
        let (mut path, mut cells) = (Vec::new(), Vec::new());
        for (at, tag) in tags.iter().enumerate().skip(1) {
            match tag.kind {
                tags::Kind::Close => drop(path.pop()),
                _ => path.push(tag.name(text)),
            }
            if tag.kind == tags::Kind::Open && tag.reach == 1 {
                let value = text[tag.end as usize..tags[at + 1].start as usize].trim();
                cells.push((path.join("/"), value.to_owned()));
            }
        }
        cells
    }

    /// Rows by their text as ingest takes them: recognised, or parsed and packed.
    fn by_text(catalogue: &mut Numbering, texts: &[String]) -> (List, usize) {
        let section = sections::section("SOFTWARES").unwrap();
        let mut recognised = Recognised::default();
        let mut parsed: Vec<Vec<(String, String)>> = Vec::new();
        for text in texts {
            if !recognised.take(RowText::of(text, 7), |hash| catalogue.texts.get(&hash).copied()) {
                parsed.push(leaves(text));
            }
        }
        let rows = parsed.iter().map(|row| row.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let list = pack(section, &recognised, rows, 1 << 16, catalogue);
        (list, recognised.entries.len())
    }

    #[test]
    fn a_row_is_recognised_by_its_text_whenever_it_was_installed() {
        let mut catalogue = Numbering::default();
        let row = |date: &str| format!("<SOFTWARES><NAME>a</NAME>{date}<VERSION>1</VERSION></SOFTWARES>");
        let dated = |date: &str| row(&format!("<INSTALLDATE>{date}</INSTALLDATE>"));
        let (first, recognised) = by_text(&mut catalogue, &[dated("2024/02/29"), row("")]);
        assert_eq!(recognised, 0);
        let (second, recognised) = by_text(&mut catalogue, &[dated("2025/01/01"), dated("2024/02/29"), row("")]);
        assert_eq!(recognised, 3);
        assert!(second.entries.iter().all(|entry| entry.item == first.entries[0].item));
        let mut dates: Vec<_> = second.entries.iter().map(|entry| entry.installed.map(Installed::text)).collect();
        dates.sort();
        assert_eq!(dates, [None, Some("2024/02/29".to_owned()), Some("2025/01/01".to_owned())]);
        // What is the computer's own, or could be a second date, has to be read each time.
        for odd in [
            dated("yesterday"),
            row("<FOLDER>C:/Users/anna/a</FOLDER>"),
            row("<INSTALLDATE>2024/02/29</INSTALLDATE><INSTALLDATE>2024/02/29</INSTALLDATE>"),
            row("<X><INSTALLDATE>2024/02/29</INSTALLDATE></X>"),
            row("<INSTALLDATE >2024/02/29</INSTALLDATE><X><INSTALLDATE>2024/02/29</INSTALLDATE></X>"),
        ] {
            by_text(&mut catalogue, std::slice::from_ref(&odd));
            assert_eq!(by_text(&mut catalogue, std::slice::from_ref(&odd)).1, 0, "{odd}");
        }
    }

    proptest! {
        /// However often and in whichever order they come: the list is as if every row had been read.
        #[test]
        fn recognised_rows_are_what_reading_them_gives(picks in proptest::collection::vec(
            (0..3_usize, 0..6_usize, 0..3_usize, any::<bool>()), 1..24))
        {
            let texts: Vec<String> = picks.iter().map(|(name, date, folder, after)| {
                let date = ["", "2024/01/02", "2024/01/03", "2024/01/03 10:00:00", "soon", " 2024/01/02 "][*date];
                let date = if date.is_empty() { String::new() } else { format!("<INSTALLDATE>{date}</INSTALLDATE>") };
                let folder = ["", "<FOLDER>C:/x</FOLDER>", "<FOLDER>C:/Users/b/x</FOLDER>"][*folder];
                let (before, behind) = if *after { ("", date.as_str()) } else { (date.as_str(), "") };
                format!("<SOFTWARES>{before}<NAME>n{name}</NAME>{folder}{behind}</SOFTWARES>")
            }).collect();
            let mut warm = Numbering::default();
            by_text(&mut warm, &texts);
            let (again, recognised) = by_text(&mut warm, &texts);
            let mut cold = Numbering { items: warm.items.clone(), families: warm.families.clone(), ..Numbering::default() };
            let (read, none) = by_text(&mut cold, &texts);
            prop_assert_eq!(none, 0);
            let plain = picks.iter().any(|(_, date, folder, _)| *date < 4 && *folder < 2);
            prop_assert_eq!(recognised > 0, plain);
            let bytes = |list: &List| {
                let mut rows: Vec<String> = list.entries.iter().map(|entry| format!("{entry:?}")).collect();
                rows.sort();
                rows
            };
            prop_assert_eq!(bytes(&again), bytes(&read));
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
