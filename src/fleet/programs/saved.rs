//! The whole list for a file, made in portions, so that no inventory waits for a file.
//!
//! Which rows there are, and their order, is looked at in portions first; sorting needs no lock. Each portion of rows is
//! then looked at when its turn comes. An inventory that is stored in between has this effect: a row's numbers are
//! those of the moment at which it is written, a row that nobody has any more is left out, and a name that was not there
//! at the beginning is not in the file.

use std::vec::IntoIter;

use super::{Among, Candidate, Filter, Program, ProgramQuery, candidates, compare, row_of};
use crate::fleet::Fleet;

/// Names or programs that are looked at under one lock: some milliseconds.
const PORTION: usize = if cfg!(test) { 3 } else { 4000 };

/// The rows of a file that are not written yet.
pub struct SavedPrograms {
    query: ProgramQuery,
    numbers: IntoIter<u32>,
}

impl Fleet {
    /// The whole list, in its order, to be taken portion by portion.
    pub fn programs_to_save(&self, query: ProgramQuery) -> SavedPrograms {
        // The names are never taken out and keep their numbers; those that come later are not listed.
        let filter = Filter::new(&self.names(), &query);
        let mut found: Vec<Candidate<Box<str>>> = Vec::new();
        for from in (0..filter.rows).step_by(PORTION) {
            // The two locks are taken in this order only.
            let names = self.names();
            let index = self.look();
            let selection = index.select(&query.among);
            let among = Among { index: &index, slots: selection.bitmap() };
            let rows = candidates(&names, &among, &filter, from..(from + PORTION).min(filter.rows));
            found.extend(rows.into_iter().map(|row| Candidate {
                shown: row.shown.into(),
                word: row.word.into(),
                number: row.number,
                key: row.key,
                count: row.count,
            }));
        }
        found.sort_unstable_by(|a, b| compare(&query, a, b));
        let numbers: Vec<u32> = found.into_iter().map(|row| row.number).collect();
        SavedPrograms { query, numbers: numbers.into_iter() }
    }
}

impl SavedPrograms {
    /// The next rows as they are now, perhaps none; `None` at the end.
    pub fn next(&mut self, fleet: &Fleet) -> Option<Vec<Program>> {
        let numbers: Vec<u32> = self.numbers.by_ref().take(PORTION).collect();
        if numbers.is_empty() {
            return None;
        }
        let names = fleet.names();
        let index = fleet.look();
        let selection = index.select(&self.query.among);
        let among = Among { index: &index, slots: selection.bitmap() };
        Some(numbers.into_iter().filter_map(|number| row_of(&names, &among, &self.query, number)).collect())
    }
}
