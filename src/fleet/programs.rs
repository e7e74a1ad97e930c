//! The list of software: which programs the selected computers have, and on how many of them (CON-SOF-1, CON-SOF-2).
//!
//! Counts are those of the bitmaps at this moment. A page sorted by words counts only itself; one sorted by the
//! number of computers, or limited by it, counts everything that it is chosen from.

mod categories;
mod saved;

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use roaring::{MultiOps, RoaringBitmap};

use crate::dictionary::{Category, Dictionary};
use crate::inventory::convert::fold::fold;
use crate::inventory::software::ItemId;

use super::keys::prefix;
use super::list::compare_texts;
use super::names::{self, Names};
use super::{Fleet, Index, Query};

pub use saved::SavedPrograms;

/// Publishers and versions that one row names.
const NAMED: usize = 3;

/// What is one row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Folded {
    /// A name, all its versions together.
    #[default]
    ByName,
    /// A name in one version of one publisher.
    ByVersion,
}

/// By what the list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramOrder {
    /// The name.
    Name,
    /// The publisher.
    Publisher,
    /// The version; of a name, how many versions it has.
    Version,
    /// The word of the dictionary's category.
    Category,
    /// The number of computers.
    Computers,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ProgramQuery {
    /// The computers that count.
    pub among: Query,
    /// What is one row.
    pub folded: Folded,
    /// The name holds this.
    pub named: String,
    /// Name, publisher or version holds this.
    pub part: String,
    /// The publisher holds this.
    pub publisher: String,
    /// The version holds this.
    pub version: String,
    /// The dictionary that categories are those of.
    pub dictionary: Arc<Dictionary>,
    /// The name is in this category of it.
    pub category: Option<Category>,
    /// The name begins with this letter, accents aside; `#` for everything that begins with none.
    pub initial: Option<char>,
    /// At least so many computers.
    pub least: u64,
    /// At most so many computers.
    pub most: u64,
    /// The order.
    pub order: ProgramOrder,
    /// The largest first.
    pub descending: bool,
}

impl Default for ProgramQuery {
    /// Every name that an active computer has, by name.
    fn default() -> ProgramQuery {
        ProgramQuery {
            among: Query::default(),
            folded: Folded::ByName,
            named: String::new(),
            part: String::new(),
            publisher: String::new(),
            version: String::new(),
            dictionary: Arc::default(),
            category: None,
            initial: None,
            least: 0,
            most: u64::MAX,
            order: ProgramOrder::Name,
            descending: false,
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// One of its items, by which it is named in addresses.
    pub item: ItemId,
    /// As agents sent it.
    pub name: String,
    /// The publishers, one a line; at most three of several.
    pub publisher: String,
    /// The version; empty for a name with several.
    pub version: String,
    /// How many versions there are.
    pub versions: u64,
    /// The category of its name.
    pub category: Category,
    /// Computers that have it.
    pub computers: u64,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// Rows on all pages.
    pub total: usize,
    /// The rows of the page.
    pub rows: Vec<Program>,
}

/// A row before it is shown.
struct Candidate<T> {
    shown: T,
    /// The word besides the name that it is sorted by; empty when it is sorted by something else.
    word: T,
    /// Number of the name, or of the program.
    number: u32,
    key: u64,
    /// The number that it is sorted by: of computers or of versions.
    count: u64,
}

impl Fleet {
    /// The rows from `offset` on, `count` at most.
    pub fn programs(&self, query: &ProgramQuery, offset: usize, count: usize) -> Programs {
        // The two locks are taken in this order only.
        let names = self.names();
        let index = self.look();
        let selection = index.select(&query.among);
        let among = Among { index: &index, slots: selection.bitmap() };
        let filter = Filter::new(&names, query);
        let mut found = candidates(&names, &among, &filter, 0..filter.rows);
        let order = |a: &Candidate<&str>, b: &Candidate<&str>| compare(query, a, b);
        let total = found.len();
        let from = offset.min(total);
        let to = from.saturating_add(count).min(total);
        if from >= to {
            return Programs { total, rows: Vec::new() };
        }
        if from > 0 {
            found.select_nth_unstable_by(from, order);
        }
        let rest = found.get_mut(from..).unwrap_or_default();
        if to < total {
            rest.select_nth_unstable_by(to - from, order);
        }
        let page = rest.get_mut(..to - from).unwrap_or_default();
        page.sort_unstable_by(order);
        Programs { total, rows: page.iter().filter_map(|row| row_of(&names, &among, query, row.number)).collect() }
    }

    /// Of how many computers each of these items is: of the same program in the same version, however its rows differ.
    /// 0 for an item that is not known.
    pub fn computers_of_items(&self, among: &Query, items: &[ItemId]) -> Vec<u64> {
        // The two locks are taken in this order only.
        let names = self.names();
        let index = self.look();
        let selection = index.select(among);
        let among = Among { index: &index, slots: selection.bitmap() };
        let count = |item: &ItemId| names.program_of(*item).map_or(0, |program| among.count(&program.items));
        items.iter().map(count).collect()
    }

    /// The items of what an item is a part of: its name in whatever version, or that one program; with the words
    /// that name it. `None` for an item that is not known.
    pub fn software_of_item(&self, item: ItemId, folded: Folded) -> Option<(Vec<ItemId>, String)> {
        let names = self.names();
        let program = names.program_of(item)?;
        let name = names.name(program.name)?;
        Some(match folded {
            Folded::ByName => (name.items.clone(), name.shown.to_string()),
            Folded::ByVersion => {
                let version = names.word(program.version);
                (program.items.clone(), format!("{} {version}", name.shown).trim_end().to_owned())
            }
        })
    }
}

/// The computers that count.
struct Among<'a> {
    index: &'a Index,
    slots: &'a RoaringBitmap,
}

impl Among<'_> {
    fn whole(&self) -> bool {
        self.slots.len() == self.index.alive().len()
    }

    fn any(&self, items: &[ItemId]) -> bool {
        let mut bitmaps = items.iter().filter_map(|item| self.index.installed(*item));
        let whole = self.whole();
        bitmaps.any(|bitmap| whole || !bitmap.is_disjoint(self.slots))
    }

    fn count(&self, items: &[ItemId]) -> u64 {
        let bitmaps: Vec<&RoaringBitmap> = items.iter().filter_map(|item| self.index.installed(*item)).collect();
        match bitmaps.as_slice() {
            [] => 0,
            [one] if self.whole() => one.len(),
            [one] => one.intersection_len(self.slots),
            several if self.whole() => several.iter().copied().union().len(),
            several => several.iter().copied().union().intersection_len(self.slots),
        }
    }
}

/// What a query says about names and words, worked out once for all rows.
struct Filter<'q> {
    query: &'q ProgramQuery,
    /// Rows that there are, before anything is left out.
    rows: usize,
    /// The name holds what name, publisher or version may hold.
    named: Vec<bool>,
    /// The name may be listed at all.
    wanted: Vec<bool>,
    parts: Option<Vec<bool>>,
    publishers: Option<Vec<bool>>,
    versions: Option<Vec<bool>>,
}

impl<'q> Filter<'q> {
    fn new(names: &Names, query: &'q ProgramQuery) -> Filter<'q> {
        let words = |part: &str| (!part.is_empty()).then(|| names.words_holding(part));
        let holding = |part: &str| {
            let mut held = vec![part.is_empty(); names.all().len()];
            for number in names.numbers_holding(part) {
                if let Some(place) = held.get_mut(number as usize) {
                    *place = true;
                }
            }
            held
        };
        let mut wanted = holding(&query.named);
        for (wanted, name) in wanted.iter_mut().zip(names.all()) {
            *wanted = *wanted
                && query.initial.is_none_or(|letter| initial(&name.shown) == letter)
                && query.category.as_ref().is_none_or(|category| query.dictionary.category(&name.shown) == category);
        }
        let rows = match query.folded {
            Folded::ByName => names.all().len(),
            Folded::ByVersion => names.programs().len(),
        };
        Filter {
            query,
            rows,
            named: holding(&query.part),
            wanted,
            parts: words(&query.part),
            publishers: words(&query.publisher),
            versions: words(&query.version),
        }
    }

    fn wants(&self, name: u32) -> bool {
        self.wanted.get(name as usize).copied().unwrap_or_default()
    }

    fn fits(&self, program: &names::Program) -> bool {
        let holds = |list: &Option<Vec<bool>>, word: u32| {
            list.as_ref().is_none_or(|list| list.get(word as usize).copied().unwrap_or_default())
        };
        let by_name = self.named.get(program.name as usize).copied().unwrap_or_default();
        self.wants(program.name)
            && (by_name || holds(&self.parts, program.publisher) || holds(&self.parts, program.version))
            && holds(&self.publishers, program.publisher)
            && holds(&self.versions, program.version)
    }
}

/// Those of the rows with these numbers that are meant, with what they are sorted by.
fn candidates<'a>(
    names: &'a Names,
    among: &Among<'_>,
    filter: &Filter<'a>,
    numbers: Range<usize>,
) -> Vec<Candidate<&'a str>> {
    let query = filter.query;
    let mut found: Vec<Candidate<&str>> = Vec::new();
    for number in numbers {
        let number = number as u32;
        let shown = match query.folded {
            Folded::ByVersion => names.program(number).filter(|program| filter.fits(program)).map(|one| one.name),
            // A name counts with all its versions as soon as one of them fits that somebody has who counts.
            Folded::ByName if filter.wants(number) => names.name(number).and_then(|name| {
                let mut programs = name.programs.iter().filter_map(|one| names.program(*one));
                programs.any(|program| filter.fits(program) && among.any(&program.items)).then_some(number)
            }),
            Folded::ByName => None,
        };
        let Some(shown) = shown.and_then(|name| names.name(name)).map(|name| &*name.shown) else { continue };
        let word = word(names, query, number, shown);
        let key = match query.order {
            ProgramOrder::Name => prefix(shown),
            ProgramOrder::Computers => 0,
            ProgramOrder::Publisher | ProgramOrder::Version | ProgramOrder::Category => prefix(word),
        };
        found.push(Candidate { shown, word, number, key, count: 0 });
    }
    let items = |row: &Candidate<&str>| items(names, query.folded, row.number);
    if query.order == ProgramOrder::Computers || query.least > 1 || query.most < u64::MAX {
        found.iter_mut().for_each(|row| row.count = among.count(items(row)));
        found.retain(|row| row.count >= query.least.max(1) && row.count <= query.most);
    } else {
        found.retain(|row| among.any(items(row)));
    }
    if by_versions(query) {
        found.iter_mut().for_each(|row| row.count = versions(names, among, query, row.number).len() as u64);
    }
    found
}

/// The rows are sorted by the number of their versions.
fn by_versions(query: &ProgramQuery) -> bool {
    query.order == ProgramOrder::Version && query.folded == Folded::ByName
}

/// The order of the list.
fn compare<T: AsRef<str>>(query: &ProgramQuery, a: &Candidate<T>, b: &Candidate<T>) -> Ordering {
    let first = match query.order {
        ProgramOrder::Computers => a.count.cmp(&b.count),
        ProgramOrder::Version if by_versions(query) => a.count.cmp(&b.count),
        ProgramOrder::Name => compare_by(a.key, b.key, a.shown.as_ref(), b.shown.as_ref()),
        ProgramOrder::Publisher | ProgramOrder::Version | ProgramOrder::Category => {
            compare_by(a.key, b.key, a.word.as_ref(), b.word.as_ref())
        }
    };
    let first = if query.descending { first.reverse() } else { first };
    first.then_with(|| compare_texts(a.shown.as_ref(), b.shown.as_ref())).then_with(|| a.number.cmp(&b.number))
}

fn items(names: &Names, folded: Folded, number: u32) -> &[ItemId] {
    match folded {
        Folded::ByName => names.name(number).map(|name| name.items.as_slice()),
        Folded::ByVersion => names.program(number).map(|program| program.items.as_slice()),
    }
    .unwrap_or_default()
}

/// The word besides the name that a row is sorted by.
fn word<'a>(names: &'a Names, query: &'a ProgramQuery, number: u32, shown: &str) -> &'a str {
    let program = || match query.folded {
        Folded::ByVersion => names.program(number),
        Folded::ByName => names.name(number).and_then(|name| names.program(*name.programs.first()?)),
    };
    match query.order {
        ProgramOrder::Publisher => program().map_or("", |program| names.word(program.publisher)),
        ProgramOrder::Version => program().map_or("", |program| names.word(program.version)),
        ProgramOrder::Category => query.dictionary.category(shown).word(),
        ProgramOrder::Name | ProgramOrder::Computers => "",
    }
}

fn compare_by(key: u64, other: u64, text: &str, another: &str) -> Ordering {
    key.cmp(&other).then_with(|| compare_texts(text, another))
}

/// The programs of a row that somebody has.
fn programs<'a>(names: &'a Names, among: &Among<'_>, query: &ProgramQuery, number: u32) -> Vec<&'a names::Program> {
    match query.folded {
        Folded::ByVersion => names.program(number).into_iter().collect(),
        Folded::ByName => {
            let all = names.name(number).map(|name| name.programs.as_slice()).unwrap_or_default();
            all.iter().filter_map(|one| names.program(*one)).filter(|program| among.any(&program.items)).collect()
        }
    }
}

fn distinct(mut words: Vec<&str>) -> Vec<&str> {
    words.sort_unstable();
    words.dedup();
    words
}

fn versions<'a>(names: &'a Names, among: &Among<'_>, query: &ProgramQuery, number: u32) -> Vec<&'a str> {
    let programs = programs(names, among, query, number);
    distinct(programs.iter().map(|program| names.word(program.version)).collect())
}

/// A row as it is now; `None` when nobody has it any more.
fn row_of(names: &Names, among: &Among<'_>, query: &ProgramQuery, number: u32) -> Option<Program> {
    let items = items(names, query.folded, number);
    let item = *items.iter().find(|item| among.any(&[**item]))?;
    let name = names.name(match query.folded {
        Folded::ByName => number,
        Folded::ByVersion => names.program(number)?.name,
    })?;
    let programs = programs(names, among, query, number);
    let mut publishers = distinct(programs.iter().map(|program| names.word(program.publisher)).collect());
    publishers.retain(|publisher| !publisher.trim().is_empty());
    publishers.truncate(NAMED);
    let versions = versions(names, among, query, number);
    let version = match versions.as_slice() {
        [one] => (*one).to_owned(),
        _ => String::new(),
    };
    Some(Program {
        item,
        name: name.shown.to_string(),
        publisher: publishers.join("\n"),
        version,
        versions: versions.len() as u64,
        category: query.dictionary.category(&name.shown).clone(),
        computers: among.count(items),
    })
}

/// The letter under which a name stands: a capital without accents, `#` for what begins with none.
pub fn initial(name: &str) -> char {
    let first = name.trim_start().chars().next().unwrap_or('#');
    let folded = fold(first.encode_utf8(&mut [0; 4])).chars().next().unwrap_or('#');
    if folded.is_ascii_uppercase() { folded } else { '#' }
}

#[cfg(test)]
mod tests {
    use super::initial;

    #[test]
    fn con_sof_2_a_letter_stands_for_its_accents() {
        let letters: String =
            ["Éditeur", "editor", "7-Zip", "", "  zip", "Źródło", "日本", ".NET"].map(initial).iter().collect();
        assert_eq!(letters, "EE##ZZ##");
    }
}
