//! Finding computers: criteria that are all met, answered from the index alone.
//!
//! Software is one bitmap per item, so "has it" is a union and "has both" an intersection. What is left of the
//! computers after that is looked at one by one, texts with few distinct values by their number only.
//!
//! ```text
//! let office = fleet.items_named("libreoffice");
//! let index = fleet.look();
//! let found = index.matching(&[Criterion::Software(&office), Criterion::Above(MEMORY, 8000)]);
//! let page = found.page(order, 0, 50);
//! ```

use roaring::{MultiOps, RoaringBitmap};

use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnId, ColumnKind};
use crate::inventory::software::ItemId;

use super::list::compare_texts;
use super::{Fleet, Index, Order, Page};

/// What a computer has to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion<'a> {
    /// One of these items is installed: see [`Fleet::items_named`].
    Software(&'a [ItemId]),
    /// A text column holds this, upper and lower case alike.
    Holds(ColumnId, &'a str),
    /// A number column is larger than this; a computer that sent none is not.
    Above(ColumnId, u32),
}

/// A name of software and how many computers have it, in whatever version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// As agents sent it.
    pub name: String,
    /// Computers.
    pub computers: u64,
}

/// Computers that meet what was asked; it looks at the index that found them.
pub struct Selection<'a> {
    index: &'a Index,
    slots: RoaringBitmap,
}

impl Fleet {
    /// Items of software whose name holds `part`, upper and lower case alike.
    pub fn items_named(&self, part: &str) -> Vec<ItemId> {
        let names = self.names();
        names.holding(part).into_iter().flat_map(|name| name.items.iter().copied()).collect()
    }

    /// Names of software that hold `part` and that some computer has, in the order of names: how many there are, and
    /// those from `offset` on, `count` at most, with their computers. Counting takes longer than finding.
    pub fn software_page(&self, part: &str, offset: usize, count: usize) -> (usize, Vec<Installed>) {
        // The two locks are taken in this order only.
        let names = self.names();
        let index = self.look();
        let mut found = names.holding(part);
        found.retain(|name| name.items.iter().any(|item| index.computers_with(*item) > 0));
        found.sort_unstable_by(|a, b| compare_texts(&a.shown, &b.shown));
        let page = found.iter().skip(offset).take(count);
        let counted =
            page.map(|name| Installed { name: name.shown.to_string(), computers: index.count_with(&name.items) });
        (found.len(), counted.collect())
    }

    /// Names of software that hold `part` and that some computer has, the most frequent first.
    pub fn software_named(&self, part: &str) -> Vec<Installed> {
        // The two locks are taken in this order only.
        let names = self.names();
        let index = self.look();
        let mut found: Vec<Installed> = names
            .holding(part)
            .into_iter()
            .map(|name| Installed { name: name.shown.to_string(), computers: index.count_with(&name.items) })
            .filter(|installed| installed.computers > 0)
            .collect();
        found.sort_by(|a, b| b.computers.cmp(&a.computers).then_with(|| a.name.cmp(&b.name)));
        found
    }
}

impl Index {
    /// Computers that meet all criteria; with none, all computers.
    pub fn matching(&self, criteria: &[Criterion<'_>]) -> Selection<'_> {
        let mut slots = self.alive().clone();
        // Bitmaps first: they leave fewer computers to look at.
        for criterion in criteria {
            if let Criterion::Software(items) = criterion {
                slots &= self.with_any(items);
            }
        }
        for criterion in criteria {
            match criterion {
                Criterion::Software(_) => {}
                Criterion::Holds(column, part) => slots = self.holding(slots, *column, part),
                Criterion::Above(column, bound) => {
                    let above = |slot: &u32| self.table.number(*slot as usize, *column).is_some_and(|n| n > *bound);
                    slots = slots.iter().filter(above).collect();
                }
            }
        }
        Selection { index: self, slots }
    }

    fn with_any(&self, items: &[ItemId]) -> RoaringBitmap {
        items.iter().filter_map(|item| self.installed(*item)).union()
    }

    fn count_with(&self, items: &[ItemId]) -> u64 {
        match items {
            [item] => self.computers_with(*item),
            items => self.with_any(items).len(),
        }
    }

    fn holding(&self, slots: RoaringBitmap, column: ColumnId, part: &str) -> RoaringBitmap {
        let part = part.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&part);
        match COLUMNS.get(usize::from(column.0)).map(|column| column.kind) {
            Some(ColumnKind::Shared) => {
                self.table.shared_column(column).map(|shared| shared.fitting(&slots, holds)).unwrap_or_default()
            }
            Some(ColumnKind::Own | ColumnKind::Several) => {
                slots.iter().filter(|slot| holds(self.table.text(*slot as usize, column))).collect()
            }
            Some(ColumnKind::Number) | None => RoaringBitmap::new(),
        }
    }
}

impl<'a> Selection<'a> {
    pub(super) fn new(index: &'a Index, slots: RoaringBitmap) -> Selection<'a> {
        Selection { index, slots }
    }

    pub(super) fn bitmap(&self) -> &RoaringBitmap {
        &self.slots
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.slots.iter()
    }
}

impl Selection<'_> {
    /// How many computers.
    pub fn len(&self) -> usize {
        self.slots.len() as usize
    }

    /// Nobody meets what was asked.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The computers, in no order.
    pub fn ids(&self) -> impl Iterator<Item = ComputerId> + '_ {
        self.slots.iter().map(|slot| self.index.id_at(slot))
    }

    /// The computers from `offset` on, `count` at most, as [`Index::page`] does for all.
    pub fn page(&self, order: Order, offset: usize, count: usize) -> Page {
        self.index.page_of(self.slots.iter().collect(), order, offset, count)
    }
}
