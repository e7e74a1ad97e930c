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
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) shown: Box<str>,
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
        let Some(shown) = row.value(&SectionKey::Known(section), "NAME").filter(|name| !name.is_empty()) else {
            return;
        };
        if let Some(number) = self.numbers.get(shown) {
            if let Some(name) = self.names.get_mut(*number as usize) {
                name.items.push(id);
            }
            return;
        }
        self.numbers.insert(shown.into(), self.names.len() as u32);
        self.text.extend(shown.chars().map(|c| if c == BETWEEN { ' ' } else { c }).flat_map(char::to_lowercase));
        self.text.push(BETWEEN);
        self.ends.push(self.text.len());
        self.names.push(Name { shown: shown.into(), items: vec![id] });
    }

    /// Names that hold `part`, upper and lower case alike; all of them when it is empty.
    pub(super) fn holding(&self, part: &str) -> Vec<&Name> {
        let part: String =
            part.chars().map(|c| if c == BETWEEN { ' ' } else { c }).flat_map(char::to_lowercase).collect();
        if part.is_empty() {
            return self.names.iter().collect();
        }
        let finder = memmem::Finder::new(part.as_bytes());
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = self.text.as_bytes().get(from..).and_then(|rest| finder.find(rest)) {
            let number = self.ends.partition_point(|end| *end <= from + at);
            let (Some(name), Some(end)) = (self.names.get(number), self.ends.get(number)) else { break };
            found.push(name);
            from = *end;
        }
        found
    }
}
