//! How the values of columns lie in memory.
//!
//! Texts with few distinct values are numbers into a dictionary. Texts of a computer's own are one
//! stretch of bytes per computer. Numbers are numbers.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::inventory::Columns;
use crate::inventory::codec::{Input, put_text};
use crate::inventory::columns::{COLUMNS, ColumnId, ColumnKind};

/// Texts with few distinct values. One that no slot has any more is forgotten: what agents send may change each time.
#[derive(Debug, Default)]
pub(super) struct Shared {
    values: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    codes: Vec<u32>,
    /// How many slots have each value.
    users: Vec<u32>,
    /// Numbers of values that were forgotten.
    free: Vec<u32>,
}

impl Shared {
    pub(super) fn set(&mut self, slot: usize, text: &str) {
        if self.codes.len() <= slot {
            let blank = self.taken("", slot + 1 - self.codes.len());
            self.codes.resize(slot + 1, blank);
        }
        let code = self.taken(text, 1);
        if let Some(place) = self.codes.get_mut(slot) {
            let before = std::mem::replace(place, code);
            self.left(before);
        }
    }

    /// The number of a value that so many slots more have from now on.
    fn taken(&mut self, text: &str, slots: usize) -> u32 {
        let code = match self.numbers.get(text) {
            Some(code) => *code,
            None => {
                let code = self.free.pop().unwrap_or(self.values.len() as u32);
                if self.values.len() <= code as usize {
                    self.values.push(Box::default());
                    self.users.push(0);
                }
                if let Some(value) = self.values.get_mut(code as usize) {
                    *value = text.into();
                }
                self.numbers.insert(text.into(), code);
                code
            }
        };
        if let Some(users) = self.users.get_mut(code as usize) {
            *users += slots as u32;
        }
        code
    }

    /// One slot less has this value.
    fn left(&mut self, code: u32) {
        let Some(users) = self.users.get_mut(code as usize) else { return };
        *users -= 1;
        if *users == 0
            && let Some(value) = self.values.get_mut(code as usize)
        {
            self.numbers.remove(&std::mem::take(value));
            self.free.push(code);
        }
    }

    pub(super) fn get(&self, slot: usize) -> &str {
        let code = self.codes.get(slot).copied().unwrap_or(u32::MAX);
        self.values.get(code as usize).map_or("", |text| text)
    }

    /// Those of some slots whose value fits. Each distinct value is looked at once.
    pub(super) fn fitting(&self, slots: &RoaringBitmap, fits: impl Fn(&str) -> bool) -> RoaringBitmap {
        let fitting: Vec<bool> = self.values.iter().map(|value| fits(value)).collect();
        let blank = fits("");
        let fits = |slot: &u32| match self.codes.get(*slot as usize) {
            Some(code) => fitting.get(*code as usize).copied().unwrap_or_default(),
            None => blank,
        };
        slots.iter().filter(fits).collect()
    }
}

/// All columns of all computers.
#[derive(Debug, Default)]
pub(super) struct Table {
    shared: Vec<Shared>,
    numbers: Vec<Vec<u32>>,
    own: Vec<Box<[u8]>>,
}

/// Where a column lies: among the shared ones, the numbers, or a computer's own texts.
fn place(column: ColumnId) -> (ColumnKind, usize) {
    let kind = COLUMNS.get(usize::from(column.0)).map_or(ColumnKind::Own, |column| column.kind);
    let alike = |other: ColumnKind| class(other) == class(kind);
    (kind, COLUMNS.iter().take(usize::from(column.0)).filter(|column| alike(column.kind)).count())
}

fn class(kind: ColumnKind) -> u8 {
    match kind {
        ColumnKind::Shared => 0,
        ColumnKind::Number => 1,
        ColumnKind::Own | ColumnKind::Several => 2,
    }
}

impl Table {
    pub(super) fn set(&mut self, slot: usize, columns: &Columns) {
        let (mut shared, mut number, mut own) = (0, 0, Vec::with_capacity(160));
        for (column, value) in COLUMNS.iter().zip(columns.iter()) {
            match column.kind {
                ColumnKind::Shared => {
                    if self.shared.len() <= shared {
                        self.shared.push(Shared::default());
                    }
                    if let Some(place) = self.shared.get_mut(shared) {
                        place.set(slot, value);
                    }
                    shared += 1;
                }
                ColumnKind::Number => {
                    if self.numbers.len() <= number {
                        self.numbers.push(Vec::new());
                    }
                    if let Some(place) = self.numbers.get_mut(number) {
                        set_number(place, slot, value);
                    }
                    number += 1;
                }
                ColumnKind::Own | ColumnKind::Several => put_text(&mut own, value),
            }
        }
        if self.own.len() <= slot {
            self.own.resize(slot + 1, Box::default());
        }
        if let Some(place) = self.own.get_mut(slot) {
            // Most often a few digits differ: the memory stays where it is, instead of being scattered over the heap.
            if place.len() == own.len() {
                place.copy_from_slice(&own);
            } else {
                *place = own.into_boxed_slice();
            }
        }
    }

    pub(super) fn forget(&mut self, slot: usize) {
        if let Some(place) = self.own.get_mut(slot) {
            *place = Box::default();
        }
    }

    pub(super) fn set_shared(&mut self, slot: usize, column: ColumnId, value: &str) {
        if let (ColumnKind::Shared, at) = place(column)
            && let Some(shared) = self.shared.get_mut(at)
        {
            shared.set(slot, value);
        }
    }

    /// Replaces a number.
    pub(super) fn set_number(&mut self, slot: usize, column: ColumnId, value: &str) {
        if let (ColumnKind::Number, at) = place(column)
            && let Some(numbers) = self.numbers.get_mut(at)
        {
            set_number(numbers, slot, value);
        }
    }

    pub(super) fn text(&self, slot: usize, column: ColumnId) -> &str {
        match place(column) {
            (ColumnKind::Shared, at) => self.shared.get(at).map_or("", |shared| shared.get(slot)),
            (ColumnKind::Number, _) => "",
            (ColumnKind::Own | ColumnKind::Several, at) => self.own_text(slot, at),
        }
    }

    /// The number of a column; `None` where none was sent.
    pub(super) fn number(&self, slot: usize, column: ColumnId) -> Option<u32> {
        let (_, at) = place(column);
        self.numbers.get(at)?.get(slot)?.checked_sub(1)
    }

    /// Where a shared column lies; `None` for other columns, and before the first computer.
    pub(super) fn shared_column(&self, column: ColumnId) -> Option<&Shared> {
        match place(column) {
            (ColumnKind::Shared, at) => self.shared.get(at),
            _ => None,
        }
    }

    fn own_text(&self, slot: usize, at: usize) -> &str {
        let mut input = Input::new(self.own.get(slot).map_or(&[], |bytes| bytes));
        for _ in 0..at {
            if input.bytes().is_err() {
                return "";
            }
        }
        input.text().unwrap_or("")
    }
}

/// Numbers are kept one higher, so that 0 is free for "none".
fn set_number(place: &mut Vec<u32>, slot: usize, value: &str) {
    if place.len() <= slot {
        place.resize(slot + 1, 0);
    }
    if let Some(place) = place.get_mut(slot) {
        *place = if value.is_empty() { 0 } else { value.parse::<u32>().unwrap_or(0).saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_that_nobody_has_are_forgotten() {
        let mut shared = Shared::default();
        for round in 0..1000 {
            shared.set(round % 3, &format!("agent {round}"));
        }
        assert!(shared.values.len() <= 5 && shared.numbers.len() <= 4, "{shared:?}");
    }

    proptest! {
        #[test]
        fn every_slot_has_what_it_was_given_last(given in proptest::collection::vec((0..6_usize, "[a-c]{0,1}"), 0..60)) {
            let (mut shared, mut last) = (Shared::default(), HashMap::new());
            for (slot, text) in &given {
                shared.set(*slot, text);
                last.insert(*slot, text.as_str());
                for slot in 0..6 {
                    prop_assert_eq!(shared.get(slot), last.get(&slot).copied().unwrap_or_default());
                }
            }
        }
    }
}
