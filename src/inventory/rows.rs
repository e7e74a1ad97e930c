//! Rows of sections, in memory and as bytes.
//!
//! One encoding for every section. A block is a list of sections; a section says its number (or, when
//! no declaration knows it, 0 and its name) and the length of its rows, so that a reader can step over
//! it. A row is a list of non-empty cells: field number + 1 (or 0 and a name), length, bytes. Values are
//! the text as it was received. Field numbers come from the declarations in [`super::sections`].

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::codec::{Input, put_number, put_text};
use super::sections::{self, Section, SectionId};
use crate::store::Damage;
use crate::text;

/// Which section: one that is declared, or one that an agent's plug-in made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SectionKey {
    /// Declared in `SECTIONS`.
    Known(&'static Section),
    /// Kept by its name.
    Named(String),
}

impl SectionKey {
    /// The key of a tag as an agent spells it.
    pub fn of(tag: &str) -> SectionKey {
        match sections::section(tag) {
            Some(section) => SectionKey::Known(section),
            None => SectionKey::Named(tag.to_owned()),
        }
    }

    /// The element name.
    pub fn tag(&self) -> &str {
        match self {
            SectionKey::Known(section) => section.tag,
            SectionKey::Named(name) => name,
        }
    }
}

/// Which cell of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldKey {
    /// Position in the section's declaration.
    Known(u16),
    /// Kept by its name or path; empty for the section's own text.
    Named(String),
}

/// One row: its non-empty cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Field and value, in the order in which they came.
    pub cells: Vec<(FieldKey, String)>,
}

impl Row {
    /// The value of a field, by the name that agents use.
    pub fn value(&self, key: &SectionKey, name: &str) -> Option<&str> {
        let known = match key {
            SectionKey::Known(section) => section.field(name),
            SectionKey::Named(_) => None,
        };
        let found = self.cells.iter().find(|(field, _)| match field {
            FieldKey::Known(number) => Some(*number) == known,
            FieldKey::Named(own) => own == name,
        });
        found.map(|(_, value)| value.as_str())
    }
}

/// The name of a field as agents use it.
pub fn field_name<'a>(key: &SectionKey, field: &'a FieldKey) -> &'a str {
    match (key, field) {
        (SectionKey::Known(section), FieldKey::Known(number)) => {
            section.fields.get(usize::from(*number)).map_or("?", |field| field.name)
        }
        (_, FieldKey::Named(name)) => name,
        (SectionKey::Named(_), FieldKey::Known(_)) => "?",
    }
}

/// All rows of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionRows {
    /// Which section.
    pub key: SectionKey,
    /// Its rows in the order in which they came.
    pub rows: Vec<Row>,
}

/// Appends a section of a block. `rows` yields the cells of each row as name and value.
pub fn put_section<'a, R>(out: &mut Vec<u8>, tag: &str, rows: impl Iterator<Item = R>, longest: usize)
where
    R: Iterator<Item = (&'a str, &'a str)> + Clone,
{
    let section = sections::section(tag);
    match section {
        Some(section) => put_number(out, u64::from(section.id.0)),
        None => {
            put_number(out, 0);
            put_text(out, tag);
        }
    }
    let mut body = Vec::with_capacity(256);
    let mut count = 0;
    for row in rows {
        put_row(&mut body, section, row, longest);
        count += 1;
    }
    let mut counted = Vec::with_capacity(4);
    put_number(&mut counted, count);
    put_number(out, (counted.len() + body.len()) as u64);
    out.extend_from_slice(&counted);
    out.extend_from_slice(&body);
}

/// Appends one row: the number of its cells, then the cells.
pub fn put_row<'a>(
    out: &mut Vec<u8>,
    section: Option<&'static Section>,
    cells: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    longest: usize,
) {
    if section.is_some_and(|section| put_usual_row(out, section, cells.clone(), longest)) {
        return;
    }
    let cells = resolve(section, cells, longest);
    put_number(out, cells.len() as u64);
    for (field, value) in &cells {
        put_cell(out, field, value);
    }
}

/// Appends a row of declared fields, each once and none too long, as [`put_row`] would. `false` for any other row, and
/// then nothing was appended.
fn put_usual_row<'a>(
    out: &mut Vec<u8>,
    section: &'static Section,
    cells: impl Iterator<Item = (&'a str, &'a str)>,
    longest: usize,
) -> bool {
    let start = out.len();
    let (mut count, mut last, mut seen) = (0_u8, 0, 0_u128);
    out.push(0);
    for (name, value) in cells {
        let number = section.field_after(last, name).filter(|number| *number < 127 && seen >> number & 1 == 0);
        let Some(number) = number.filter(|_| value.len() <= longest) else {
            out.truncate(start);
            return false;
        };
        last = number;
        seen |= 1 << number;
        count += 1;
        put_cell(out, &Resolved::Known(number), value);
    }
    // Fewer than 128 fields, so the number of cells is one byte.
    if let Some(place) = out.get_mut(start) {
        *place = count;
    }
    true
}

/// Appends one cell.
pub fn put_cell(out: &mut Vec<u8>, field: &Resolved<'_>, value: &str) {
    match field {
        Resolved::Known(number) => put_number(out, u64::from(*number) + 1),
        Resolved::Named(name) => {
            put_number(out, 0);
            put_text(out, name);
        }
    }
    put_text(out, value);
}

/// A field while a row is being written: no copy of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// Position in the section's declaration.
    Known(u16),
    /// By name.
    Named(Cow<'a, str>),
}

/// Names become positions; what repeats is settled: of a declared field the last value counts, except for the
/// members of a group, which are joined; undeclared ones are numbered, so that none is lost. Values longer than
/// `longest` bytes are cut and marked.
pub fn resolve<'a>(
    section: Option<&'static Section>,
    cells: impl Iterator<Item = (&'a str, &'a str)>,
    longest: usize,
) -> Vec<(Resolved<'a>, Cow<'a, str>)> {
    let mut row: Vec<(Resolved<'a>, Cow<'a, str>)> = Vec::with_capacity(cells.size_hint().0);
    // Where declared fields stand in the row: there are some dozens at most, however many cells are sent.
    let mut places: Vec<(u16, usize)> = Vec::with_capacity(row.capacity());
    let mut names = Names::default();
    let mut last = 0_u16;
    for (name, value) in cells {
        let value = text::cut(value, longest);
        let Some(number) = section.and_then(|section| section.field_after(last, name)) else {
            row.push((Resolved::Named(names.unique(name)), value));
            continue;
        };
        last = number;
        let place = places.iter().find(|(known, _)| *known == number).map(|(_, at)| *at);
        match place.and_then(|at| row.get_mut(at)) {
            Some((_, kept)) if name == "MEMBER" => join(kept, &value, longest),
            Some((_, kept)) => *kept = value,
            None => {
                places.push((number, row.len()));
                row.push((Resolved::Known(number), value));
            }
        }
    }
    row
}

/// `kept,value`; once that is too long it is cut, and further members have no room.
fn join(kept: &mut Cow<'_, str>, value: &str, longest: usize) {
    if kept.ends_with(text::CUT_MARK) {
        return;
    }
    let all = kept.to_mut();
    all.push(',');
    all.push_str(value);
    if all.len() > longest {
        *all = text::cut(all, longest).into_owned();
    }
}

/// Names of the undeclared cells of a row, each once.
#[derive(Default)]
struct Names<'a> {
    taken: HashSet<Cow<'a, str>>,
    /// The number to be tried next for a name that came before.
    next: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    /// The name, with a number when it is taken.
    fn unique(&mut self, name: &'a str) -> Cow<'a, str> {
        if self.taken.insert(Cow::Borrowed(name)) {
            return Cow::Borrowed(name);
        }
        let next = self.next.entry(name).or_insert(2);
        loop {
            let numbered: Cow<'a, str> = Cow::Owned(format!("{name}[{next}]"));
            *next += 1;
            if self.taken.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}

/// Walks over the sections of a block without copying.
pub struct Sections<'a> {
    input: Input<'a>,
}

/// One section of a block: which, and the bytes of its rows.
pub struct Packed<'a> {
    /// Number of the declaration; `Err` with the name for an undeclared one.
    pub id: Result<u8, &'a str>,
    /// Count of rows and the rows.
    pub body: &'a [u8],
    /// The section with its head, as it stands in the block.
    pub whole: &'a [u8],
}

/// Begins to walk over a block.
pub fn sections_of(block: &[u8]) -> Sections<'_> {
    Sections { input: Input::new(block) }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Packed<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.input.is_empty() {
            return None;
        }
        let found = packed(&mut self.input);
        if found.is_err() {
            self.input = Input::new(&[]);
        }
        Some(found)
    }
}

fn packed<'a>(input: &mut Input<'a>) -> Result<Packed<'a>, Damage> {
    let before = input.rest();
    let id = match u8::try_from(input.number()?).map_err(|_| Damage::Shape)? {
        0 => Err(input.text()?),
        id => Ok(id),
    };
    let body = input.bytes()?;
    let whole = before.get(..before.len() - input.rest().len()).ok_or(Damage::Short)?;
    Ok(Packed { id, body, whole })
}

impl Packed<'_> {
    /// The element name; a number for a section that only a newer release knows.
    pub fn tag(&self) -> Cow<'static, str> {
        match self.id {
            Ok(id) => sections::by_id(SectionId(id))
                .map_or_else(|| Cow::Owned(format!("SECTION_{id}")), |section| Cow::Borrowed(section.tag)),
            Err(name) => Cow::Owned(name.to_owned()),
        }
    }

    /// Number of rows.
    pub fn count(&self) -> Result<usize, Damage> {
        Input::new(self.body).count()
    }

    /// The rows.
    pub fn unpack(&self) -> Result<SectionRows, Damage> {
        let key = match self.id {
            Ok(id) => sections::by_id(SectionId(id))
                .map_or_else(|| SectionKey::Named(format!("SECTION_{id}")), SectionKey::Known),
            Err(name) => SectionKey::Named(name.to_owned()),
        };
        let mut input = Input::new(self.body);
        let count = input.count()?;
        let mut rows = Vec::new();
        for _ in 0..count {
            rows.push(read_row(&mut input)?);
        }
        if input.is_empty() { Ok(SectionRows { key, rows }) } else { Err(Damage::Shape) }
    }
}

/// Reads one row.
pub fn read_row(input: &mut Input<'_>) -> Result<Row, Damage> {
    let count = input.count()?;
    let mut cells = Vec::new();
    for _ in 0..count {
        let field = match input.number()? {
            0 => FieldKey::Named(input.text()?.to_owned()),
            number => FieldKey::Known(u16::try_from(number - 1).map_err(|_| Damage::Shape)?),
        };
        cells.push((field, input.text()?.to_owned()));
    }
    Ok(Row { cells })
}

/// Every section of a block with its rows.
pub fn unpack(block: &[u8]) -> Result<Vec<SectionRows>, Damage> {
    sections_of(block).map(|section| section?.unpack()).collect()
}

/// A block in which the sections of `newer` replace those of `older`; `gone` names what is left out of `older`.
pub fn merged(older: &[u8], newer: &[u8], gone: &[&str]) -> Result<Vec<u8>, Damage> {
    let replaced: HashSet<_> =
        sections_of(newer).map(|section| section.map(|section| section.tag())).collect::<Result<_, _>>()?;
    let mut out = Vec::with_capacity(older.len().max(newer.len()));
    for section in sections_of(older) {
        let section = section?;
        let tag = section.tag();
        if !replaced.contains(&tag) && !gone.contains(&tag.as_ref()) {
            out.extend_from_slice(section.whole);
        }
    }
    out.extend_from_slice(newer);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAGS: [&str; 5] = ["BIOS", "PRINTERS", "LOCAL_GROUPS", "PLUGIN", "plug/in"];

    type Section = (&'static str, Vec<Vec<(String, String)>>);

    fn sections() -> impl Strategy<Value = Vec<Section>> {
        let cell = ("NAME|SSN|MEMBER|DRIVER|own|A/B", "\\PC{0,6}");
        let rows = proptest::collection::vec(proptest::collection::vec(cell, 0..5), 0..4);
        proptest::collection::vec((0..TAGS.len(), rows), 0..5).prop_map(|list| {
            let mut seen = HashSet::new();
            let list = list.into_iter().map(|(at, rows)| (TAGS[at], rows));
            list.filter(|(tag, _)| seen.insert(*tag)).collect()
        })
    }

    fn packed(sections: &[Section]) -> Vec<u8> {
        let mut block = Vec::new();
        for (tag, rows) in sections {
            let rows = rows.iter().map(|row| row.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            put_section(&mut block, tag, rows, 1000);
        }
        block
    }

    fn tags(block: &[u8]) -> Vec<String> {
        sections_of(block).map(|section| section.unwrap().tag().into_owned()).collect()
    }

    proptest! {
        /// Every value that was sent is found again, under its name or a numbered one.
        #[test]
        fn nothing_that_was_packed_is_lost(sections in sections()) {
            let unpacked = unpack(&packed(&sections)).unwrap();
            prop_assert_eq!(unpacked.len(), sections.len());
            for (found, (tag, rows)) in unpacked.iter().zip(&sections) {
                prop_assert_eq!((found.key.tag(), found.rows.len()), (*tag, rows.len()));
                for (row, cells) in found.rows.iter().zip(rows) {
                    for (at, (name, value)) in cells.iter().enumerate() {
                        // Of a declared field the last value counts; the members of a group are joined.
                        let declared = matches!(&found.key, SectionKey::Known(section) if section.field(name).is_some());
                        let repeated = cells[at + 1..].iter().any(|(other, _)| other == name);
                        let kept = row.cells.iter().any(|(field, kept)| {
                            let own = field_name(&found.key, field);
                            let named = own == name || own.starts_with(&format!("{name}["));
                            named && (kept == value || (name == "MEMBER" && kept.split(',').any(|one| one == value || value.contains(','))))
                        });
                        prop_assert!(kept || (declared && repeated), "{tag}: {name} = {value:?} in {row:?}");
                    }
                }
            }
        }

        /// What is new replaces what is old, what is gone goes, the rest stays as it is, byte for byte.
        #[test]
        fn a_merge_keeps_what_was_not_sent(older in sections(), newer in sections(), gone in 0..TAGS.len()) {
            let (old, new) = (packed(&older), packed(&newer));
            let merged = merged(&old, &new, &[TAGS[gone]]).unwrap();
            let sent: Vec<_> = newer.iter().map(|(tag, _)| *tag).collect();
            let kept = older.iter().map(|(tag, _)| *tag).filter(|tag| !sent.contains(tag) && *tag != TAGS[gone]);
            let expected: Vec<_> = kept.chain(sent.iter().copied()).collect();
            prop_assert_eq!(tags(&merged), expected);
            prop_assert!(merged.ends_with(&new));
            prop_assert_eq!(super::merged(&merged, &new, &[]).unwrap().len(), merged.len(), "once more changes nothing");
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = (unpack(&bytes), merged(&bytes, &bytes, &["BIOS"]));
        }
    }
}
