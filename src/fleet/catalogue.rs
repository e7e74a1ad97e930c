//! Numbers for the items of the software catalogue.
//!
//! They are given out while an inventory is packed, under a lock, and each new item waits here until the
//! next commit takes it along: no list is ever on the disk before an item that it names.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::hashed::Hashed;
use crate::inventory::software::{self, Candidate, Item, ItemId, RowText};
use crate::inventory::store::{COUNTERS, NEXT_ITEM, SOFTWARE};
use crate::store::{Changes, Error, Read, Reader, Write};

/// So many rows may differ in folder or identifier only before those go to the computers' own lists.
const VARIANTS: u8 = 6;
/// The catalogue is meant for the software of an office; more rows than this are worth a line in the log.
const MANY: u32 = 500_000;

#[derive(Default)]
pub(super) struct Catalogue {
    seed: u64,
    numbers: Hashed<ItemId>,
    /// Items by the text of a row that stands for them.
    texts: Hashed<ItemId>,
    families: HashMap<u64, u8>,
    next: u32,
    waiting: Vec<(ItemId, Item)>,
    /// How many of `waiting` are part of the running commit.
    writing: usize,
}

impl Catalogue {
    pub(super) fn load(store: &Reader, seed: u64) -> Result<Catalogue, Error> {
        let mut catalogue = Catalogue { seed, next: 1, ..Catalogue::default() };
        let section = crate::inventory::sections::section("SOFTWARES");
        store.scan(&SOFTWARE, &mut |record| {
            // A damaged item keeps its number; rows that name it are shown as damaged.
            if let Ok((id, item)) = record {
                catalogue.numbers.insert(item.hash(seed), id);
                catalogue.next = catalogue.next.max(id.0.saturating_add(1));
                if let Some(family) = section.and_then(|section| software::family(section, &item)) {
                    let variants = catalogue.families.entry(family).or_default();
                    *variants = variants.saturating_add(1);
                }
            }
            true
        })?;
        let counted = store.get(&COUNTERS, NEXT_ITEM)?.unwrap_or(1);
        catalogue.next = catalogue.next.max(u32::try_from(counted).unwrap_or(u32::MAX));
        Ok(catalogue)
    }

    fn add(&mut self, item: &Item) -> ItemId {
        let hash = item.hash(self.seed);
        if let Some(id) = self.numbers.get(&hash) {
            return *id;
        }
        let id = ItemId(self.next);
        self.next = self.next.saturating_add(1);
        if self.next == MANY {
            tracing::warn!(
                "the catalogue of software has {MANY} rows: agents report names that differ on every computer"
            );
        }
        self.numbers.insert(hash, id);
        self.waiting.push((id, item.clone()));
        id
    }

    /// Every item that is on the disk.
    pub(super) fn items(&self) -> Vec<ItemId> {
        let waiting: HashSet<ItemId> = self.waiting.iter().map(|(id, _)| *id).collect();
        self.numbers.values().filter(|id| !waiting.contains(id)).copied().collect()
    }

    /// Forgets these items, so that their numbers are not used again.
    pub(super) fn forget(&mut self, items: &[ItemId]) {
        let items: HashSet<&ItemId> = items.iter().collect();
        self.numbers.retain(|_, id| !items.contains(id));
        self.texts.retain(|_, id| !items.contains(id));
    }

    pub(super) fn before_commit(&mut self, changes: &mut Changes) {
        for (id, item) in &self.waiting {
            // Encoding to memory has no way to fail.
            let _ = changes.put(&SOFTWARE, *id, item);
        }
        if !self.waiting.is_empty() {
            changes.raise(&COUNTERS, NEXT_ITEM, u64::from(self.next));
        }
        self.writing = self.waiting.len();
    }

    /// Items that are on the disk now and were not before.
    pub(super) fn committed(&mut self) -> Vec<(ItemId, Item)> {
        let written = std::mem::take(&mut self.writing).min(self.waiting.len());
        self.waiting.drain(..written).collect()
    }
}

/// The catalogue, locked while the rows of one inventory are packed.
pub struct Numbering<'a>(RwLockWriteGuard<'a, Catalogue>);

impl<'a> Numbering<'a> {
    pub(super) fn new(catalogue: &'a RwLock<Catalogue>) -> Numbering<'a> {
        Numbering(catalogue.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A look at the catalogue while the rows of one inventory are recognised.
pub struct KnownRows<'a>(RwLockReadGuard<'a, Catalogue>);

impl<'a> KnownRows<'a> {
    pub(super) fn new(catalogue: &'a RwLock<Catalogue>) -> KnownRows<'a> {
        KnownRows(catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text of a row with its hash.
    pub fn text<'t>(&self, row: &'t str) -> RowText<'t> {
        RowText::of(row, self.0.seed)
    }

    /// The item that a text with this hash stands for.
    pub fn item(&self, hash: u128) -> Option<ItemId> {
        self.0.texts.get(&hash).copied()
    }
}

impl software::Catalogue for Numbering<'_> {
    fn known(&self, bytes: &[u8]) -> Option<ItemId> {
        self.0.numbers.get(&software::hash(bytes, self.0.seed)).copied()
    }

    fn plain(&self, family: u64, bytes: &[u8]) -> Option<ItemId> {
        let many = self.0.families.get(&family).is_some_and(|variants| *variants >= VARIANTS);
        if many { self.known(bytes) } else { None }
    }

    fn remember(&mut self, row: &RowText<'_>, item: ItemId) {
        // Agents write a row in a few ways; beyond, what is here belongs to rows that no longer come.
        if self.0.texts.len() >= self.0.numbers.len() * 4 + 10_000 {
            self.0.texts.clear();
        }
        self.0.texts.insert(row.hash, item);
    }

    fn number(&mut self, candidate: &Candidate) -> (ItemId, bool) {
        if let Some(id) = self.known(&candidate.item.bytes) {
            return (id, false);
        }
        let Some(plain) = &candidate.plain else { return (self.0.add(&candidate.item), false) };
        let variants = self.0.families.entry(candidate.family).or_default();
        if *variants >= VARIANTS {
            return (self.0.add(plain), true);
        }
        *variants += 1;
        (self.0.add(&candidate.item), false)
    }
}
