//! From rows as sent to entries of a list: what goes into the catalogue, and what stays with the computer.

use std::borrow::Cow;

use memchr::memchr2_iter;
use xxhash_rust::xxh3::xxh3_64;

use super::super::codec::put_number;
use super::super::rows::{self, FieldKey, Resolved, put_cell};
use super::super::sections::Section;
use super::{Entry, Installed, Item, ItemId, List, Recognised, RowText};

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
    /// The number of an item that is known already, by its bytes.
    fn known(&self, bytes: &[u8]) -> Option<ItemId>;
    /// The number of a known item without varying fields, once too many rows differ from it in those only.
    fn plain(&self, family: u64, bytes: &[u8]) -> Option<ItemId>;
    /// The number of the candidate's item. `true` when the plain item was taken, because too many rows
    /// differ from it in the varying fields only.
    fn number(&mut self, candidate: &Candidate) -> (ItemId, bool);
    /// Remembers which item the text of a row stands for.
    fn remember(&mut self, row: &RowText<'_>, item: ItemId);
}

/// Fields that may be different on every computer without saying anything about the program.
const VARYING: &[&str] = &["FOLDER", "GUID", "UNINSTALL_STRING", "USERNAME", "USERID", "FILENAME"];
/// Folders of users' profiles, in lower case.
const PROFILES: [&[u8]; 3] = [b"users", b"documents and settings", b"home"];

/// Packs the rows that were not recognised, each of them names and values as sent, beside those that were. Values longer
/// than `longest` bytes are cut.
pub fn pack<'a, R>(
    section: &'static Section,
    recognised: &Recognised<'_>,
    rows: impl ExactSizeIterator<Item = R>,
    longest: usize,
    catalogue: &mut dyn Catalogue,
) -> List
where
    R: Iterator<Item = (&'a str, &'a str)> + Clone,
{
    let numbers = Numbers::of(section);
    let mut usual = Usual::default();
    let mut entries = Vec::with_capacity(recognised.entries.len() + rows.len());
    entries.extend_from_slice(&recognised.entries);
    // A row without any value is no row; then it is not known which text belongs to which row.
    let texts = recognised.others.as_slice();
    let texts = if texts.len() == rows.len() { texts } else { &[] };
    for (at, row) in rows.enumerate() {
        // Nearly every row is one that the catalogue knows: its bytes are all that is made of it.
        let known =
            usual.read(section, &numbers, row.clone(), longest).and_then(|installed| usual.known(installed, catalogue));
        let entry = known.unwrap_or_else(|| entry(&numbers, rows::resolve(Some(section), row, longest), catalogue));
        if let Some(text) = texts.get(at).filter(|text| text.is_read_as(&entry)) {
            catalogue.remember(text, entry.item);
        }
        entries.push(entry);
    }
    entries.sort_by_key(|entry| entry.item);
    List { entries }
}

/// Room for a row of declared fields, each once.
#[derive(Default)]
struct Usual<'a> {
    /// Field, value, and whether it is a varying one.
    cells: Vec<(u16, &'a str, bool)>,
    /// Cells that are the computer's own.
    own: Vec<(u16, &'a str)>,
    /// The bytes of the item that [`entry`] would make of it.
    bytes: Vec<u8>,
}

impl<'a> Usual<'a> {
    /// The install date of such a row; `None` for any other row.
    fn read(
        &mut self,
        section: &Section,
        numbers: &Numbers,
        row: impl Iterator<Item = (&'a str, &'a str)>,
        longest: usize,
    ) -> Option<Option<Installed>> {
        self.cells.clear();
        self.own.clear();
        let (mut installed, mut last, mut sorted) = (None, 0, true);
        for (name, value) in row {
            let number = section.field_after(last, name)?;
            last = number;
            if value.len() > longest {
                return None;
            }
            if number == numbers.date {
                if installed.is_some() {
                    return None;
                }
                installed = Installed::parse(value);
                if installed.is_none() {
                    self.own.push((number, value));
                }
                continue;
            }
            if in_profile(value) {
                self.own.push((number, value));
                continue;
            }
            sorted &= self.cells.last().is_none_or(|(before, ..)| *before < number);
            self.cells.push((number, value, numbers.varying.contains(&number)));
        }
        if !sorted {
            self.cells.sort_unstable_by_key(|(number, ..)| *number);
        }
        let twice = |two: &[(u16, &str, bool)]| matches!(two, [(a, ..), (b, ..)] if a == b);
        if self.cells.windows(2).any(twice) || self.owns_twice(installed.map(|_| numbers.date)) {
            return None;
        }
        self.encode(true);
        Some(installed)
    }

    /// The entry, if the catalogue knows its item.
    fn known(&mut self, installed: Option<Installed>, catalogue: &dyn Catalogue) -> Option<Entry> {
        if let Some(item) = catalogue.known(&self.bytes) {
            return Some(Entry { item, installed, own: self.own() });
        }
        if !self.cells.iter().any(|(.., varies)| *varies) {
            return None;
        }
        self.encode(false);
        let item = catalogue.plain(xxh3_64(&self.bytes), &self.bytes)?;
        let mut own = self.own();
        let varying = self.cells.iter().filter(|(.., varies)| *varies);
        own.extend(varying.map(|(number, value, _)| (FieldKey::Known(*number), (*value).to_owned())));
        Some(Entry { item, installed, own })
    }

    fn encode(&mut self, varying: bool) {
        self.bytes.clear();
        let cells = || self.cells.iter().filter(|(.., varies)| varying || !varies);
        put_number(&mut self.bytes, cells().count() as u64);
        for (number, value, _) in cells() {
            put_cell(&mut self.bytes, &Resolved::Known(*number), value);
        }
    }

    /// Whether one of the computer's own fields stands in the row more than once; `date` is the field of a date that was read.
    fn owns_twice(&self, date: Option<u16>) -> bool {
        let stands = |number: u16| {
            let cells = self.cells.iter().map(|(number, ..)| *number);
            let own = self.own.iter().map(|(number, _)| *number);
            cells.chain(own).chain(date).filter(|other| *other == number).count()
        };
        self.own.iter().any(|(number, _)| stands(*number) > 1)
    }

    fn own(&self) -> Vec<(FieldKey, String)> {
        self.own.iter().map(|(number, value)| (FieldKey::Known(*number), (*value).to_owned())).collect()
    }
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
    // The shortest is `/home/`.
    if value.len() < 6 {
        return false;
    }
    let bytes = value.as_bytes();
    let separator = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    memchr2_iter(b'/', b'\\', bytes).any(|at| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let begins = |place: &&[u8]| rest.get(..place.len()).is_some_and(|start| start.eq_ignore_ascii_case(place));
        PROFILES.iter().any(|place| begins(place) && separator(rest.get(place.len())))
    })
}
