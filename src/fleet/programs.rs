//! The list of software: which programs the selected computers have, and on how many of them (CON-SOF-1, CON-SOF-2).
//!
//! Counts are those of the bitmaps at this moment. A page sorted by words counts only itself; one sorted by the
//! number of computers, or limited by it, counts everything that it is chosen from.

use std::cmp::Ordering;
use std::collections::HashSet;

use roaring::{MultiOps, RoaringBitmap};

use crate::inventory::convert::fold::fold;
use crate::inventory::software::ItemId;

use super::keys::prefix;
use super::list::compare_texts;
use super::names::{self, Names};
use super::{Fleet, Index, Query};

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
struct Candidate<'a> {
    shown: &'a str,
    /// Number of the name, or of the program.
    number: u32,
    items: &'a [ItemId],
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
        let mut found = candidates(&names, &among, query);
        if query.order == ProgramOrder::Computers || query.least > 1 || query.most < u64::MAX {
            found.iter_mut().for_each(|row| row.count = among.count(row.items));
            found.retain(|row| row.count >= query.least.max(1) && row.count <= query.most);
        } else {
            found.retain(|row| among.any(row.items));
        }
        let by_versions = query.order == ProgramOrder::Version && query.folded == Folded::ByName;
        if by_versions {
            found.iter_mut().for_each(|row| row.count = versions(&names, &among, query, row.number).len() as u64);
        }
        let order = |a: &Candidate<'_>, b: &Candidate<'_>| {
            let first = match query.order {
                ProgramOrder::Computers => a.count.cmp(&b.count),
                ProgramOrder::Version if by_versions => a.count.cmp(&b.count),
                ProgramOrder::Name => compare_by(a.key, b.key, a.shown, b.shown),
                ProgramOrder::Publisher | ProgramOrder::Version => {
                    let word = |row: &Candidate<'_>| word(&names, query, row.number);
                    compare_by(a.key, b.key, word(a), word(b))
                }
            };
            let first = if query.descending { first.reverse() } else { first };
            first.then_with(|| compare_texts(a.shown, b.shown)).then_with(|| a.number.cmp(&b.number))
        };
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
        Programs { total, rows: page.iter().map(|row| row_of(&names, &among, query, row)).collect() }
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

fn candidates<'a>(names: &'a Names, among: &Among<'_>, query: &ProgramQuery) -> Vec<Candidate<'a>> {
    let words = |part: &str| (!part.is_empty()).then(|| names.words_holding(part));
    let (parts, publishers, versions) = (words(&query.part), words(&query.publisher), words(&query.version));
    let holds = |list: &Option<Vec<bool>>, word: u32| {
        list.as_ref().is_none_or(|list| list.get(word as usize).copied().unwrap_or_default())
    };
    let mut named = vec![false; names.all().len()];
    if query.part.is_empty() {
        named.fill(true);
    }
    for number in names.numbers_holding(&query.part) {
        if let Some(place) = named.get_mut(number as usize) {
            *place = true;
        }
    }
    let asked: Option<HashSet<u32>> =
        (!query.named.is_empty()).then(|| names.numbers_holding(&query.named).into_iter().collect());
    let fits = |program: &names::Program| {
        let by_name = named.get(program.name as usize).copied().unwrap_or_default();
        (by_name || holds(&parts, program.publisher) || holds(&parts, program.version))
            && asked.as_ref().is_none_or(|asked| asked.contains(&program.name))
            && holds(&publishers, program.publisher)
            && holds(&versions, program.version)
    };
    let begins = |shown: &str| query.initial.is_none_or(|wanted| initial(shown) == wanted);
    let key = |number: u32, shown: &str| match query.order {
        ProgramOrder::Name => prefix(shown),
        ProgramOrder::Computers => 0,
        ProgramOrder::Publisher | ProgramOrder::Version => prefix(word(names, query, number)),
    };
    let candidate = |number: usize, shown: &'a str, items: &'a [ItemId]| {
        let number = number as u32;
        begins(shown).then(|| Candidate { shown, number, items, key: key(number, shown), count: 0 })
    };
    match query.folded {
        Folded::ByVersion => {
            let rows = names.programs().iter().enumerate().filter(|(_, program)| fits(program));
            let shown = |program: &names::Program| names.name(program.name).map_or("", |name| &*name.shown);
            rows.filter_map(|(number, program)| candidate(number, shown(program), &program.items)).collect()
        }
        // A name counts with all its versions as soon as one of them fits that somebody has who counts.
        Folded::ByName => {
            let counts = |program: &&names::Program| fits(program) && among.any(&program.items);
            let any = |name: &names::Name| {
                name.programs.iter().filter_map(|one| names.program(*one)).any(|program| counts(&program))
            };
            let rows = names.all().iter().enumerate().filter(|(_, name)| any(name));
            rows.filter_map(|(number, name)| candidate(number, &name.shown, &name.items)).collect()
        }
    }
}

/// The word besides the name that a row is sorted by.
fn word<'a>(names: &'a Names, query: &ProgramQuery, number: u32) -> &'a str {
    let program = match query.folded {
        Folded::ByVersion => names.program(number),
        Folded::ByName => names.name(number).and_then(|name| names.program(*name.programs.first()?)),
    };
    let version = query.order == ProgramOrder::Version;
    program.map_or("", |program| names.word(if version { program.version } else { program.publisher }))
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

fn row_of(names: &Names, among: &Among<'_>, query: &ProgramQuery, row: &Candidate<'_>) -> Program {
    let programs = programs(names, among, query, row.number);
    let mut publishers = distinct(programs.iter().map(|program| names.word(program.publisher)).collect());
    publishers.retain(|publisher| !publisher.trim().is_empty());
    publishers.truncate(NAMED);
    let versions = versions(names, among, query, row.number);
    let version = match versions.as_slice() {
        [one] => (*one).to_owned(),
        _ => String::new(),
    };
    Program {
        item: row.items.iter().find(|item| among.any(&[**item])).copied().unwrap_or(ItemId(0)),
        name: row.shown.to_owned(),
        publisher: publishers.join("\n"),
        version,
        versions: versions.len() as u64,
        computers: among.count(row.items),
    }
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
