//! Names of software in memory, for finding them by a part.
//!
//! One stretch of text holds every distinct name once, folded; a search runs over it from end to end, which takes well
//! under a millisecond for the software of an office. Items are never taken out: one that no computer has any more
//! matches nobody, and the next start forgets it.

use std::collections::HashMap;

use memchr::memmem;

use crate::inventory::rows::SectionKey;
use crate::inventory::sections;
use crate::inventory::software::{Item, ItemId};
use crate::inventory::store::SOFTWARE;
use crate::store::{Error, Read, Reader};

/// Parts the names in the text; none holds it.
const BETWEEN: char = '\n';

#[derive(Default)]
pub(super) struct Names {
    /// Folded names, [`BETWEEN`] after each.
    text: String,
    /// Where each name ends in the text, with the names as sent and their items.
    ends: Vec<usize>,
    names: Vec<Name>,
    numbers: HashMap<Box<str>, u32>,
    /// Publishers and versions, each once.
    words: Vec<Box<str>>,
    word_numbers: HashMap<Box<str>, u32>,
    programs: Vec<Program>,
    program_numbers: HashMap<(u32, u32, u32), u32>,
    of_items: HashMap<ItemId, u32>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) shown: Box<str>,
    pub(super) items: Vec<ItemId>,
    /// Its programs: numbers into those of all names.
    pub(super) programs: Vec<u32>,
}

/// A name in one version of one publisher: what people take for one software, in however many rows it is reported.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// Number of its name.
    pub(super) name: u32,
    /// Number of its publisher's word.
    pub(super) publisher: u32,
    /// Number of its version's word.
    pub(super) version: u32,
    pub(super) items: Vec<ItemId>,
}

impl Names {
    pub(super) fn load(store: &Reader) -> Result<Names, Error> {
        let mut names = Names::default();
        store.scan(&SOFTWARE, &mut |record| {
            // A damaged item has no name to be found by.
            if let Ok((id, item)) = record {
                names.add(id, &item);
            }
            true
        })?;
        Ok(names)
    }

    pub(super) fn add(&mut self, id: ItemId, item: &Item) {
        let Some(section) = sections::section("SOFTWARES") else { return };
        let Ok(row) = item.row() else { return };
        let value = |field| row.value(&SectionKey::Known(section), field).unwrap_or_default();
        let shown = value("NAME");
        if shown.is_empty() {
            return;
        }
        let name = match self.numbers.get(shown) {
            Some(number) => *number,
            None => {
                let number = self.names.len() as u32;
                self.numbers.insert(shown.into(), number);
                self.text
                    .extend(shown.chars().map(|c| if c == BETWEEN { ' ' } else { c }).flat_map(char::to_lowercase));
                self.text.push(BETWEEN);
                self.ends.push(self.text.len());
                self.names.push(Name { shown: shown.into(), items: Vec::new(), programs: Vec::new() });
                number
            }
        };
        let (publisher, version) = (self.word_number(value("PUBLISHER")), self.word_number(value("VERSION")));
        let key = (name, publisher, version);
        let next = self.programs.len() as u32;
        let program = *self.program_numbers.entry(key).or_insert(next);
        if program == next {
            self.programs.push(Program { name, publisher, version, items: Vec::new() });
        }
        if let Some(known) = self.programs.get_mut(program as usize) {
            known.items.push(id);
        }
        if let Some(known) = self.names.get_mut(name as usize) {
            known.items.push(id);
            if program == next {
                known.programs.push(program);
            }
        }
        self.of_items.insert(id, program);
    }

    fn word_number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.word_numbers.get(word) {
            return *number;
        }
        let number = self.words.len() as u32;
        self.word_numbers.insert(word.into(), number);
        self.words.push(word.into());
        number
    }

    pub(super) fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", |word| word)
    }

    /// Whether each publisher and version holds `part`, by their numbers.
    pub(super) fn words_holding(&self, part: &str) -> Vec<bool> {
        let part = part.to_lowercase();
        self.words.iter().map(|word| word.to_lowercase().contains(&part)).collect()
    }

    pub(super) fn name(&self, number: u32) -> Option<&Name> {
        self.names.get(number as usize)
    }

    pub(super) fn program(&self, number: u32) -> Option<&Program> {
        self.programs.get(number as usize)
    }

    pub(super) fn programs(&self) -> &[Program] {
        &self.programs
    }

    pub(super) fn all(&self) -> &[Name] {
        &self.names
    }

    /// The program that an item belongs to.
    pub(super) fn program_of(&self, item: ItemId) -> Option<&Program> {
        self.program(*self.of_items.get(&item)?)
    }

    /// Names that hold `part`, upper and lower case alike; all of them when it is empty.
    pub(super) fn holding(&self, part: &str) -> Vec<&Name> {
        if part.is_empty() {
            return self.names.iter().collect();
        }
        self.numbers_holding(part).into_iter().filter_map(|number| self.name(number)).collect()
    }

    /// Numbers of the names that hold `part`, ascending; none for an empty part.
    pub(super) fn numbers_holding(&self, part: &str) -> Vec<u32> {
        let part: String =
            part.chars().map(|c| if c == BETWEEN { ' ' } else { c }).flat_map(char::to_lowercase).collect();
        if part.is_empty() {
            return Vec::new();
        }
        let finder = memmem::Finder::new(part.as_bytes());
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = self.text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            let number = self.ends.partition_point(|end| *end <= from + at);
            let Some(end) = self.ends.get(number) else { break };
            found.push(number as u32);
            from = *end;
        }
        found
    }
}
