//! Pages of the list of computers, answered from the index.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnId, ColumnKind, FREESPACE};

use super::Index;
use super::keys::{self, Key};

/// A fact about a computer that a list can show and sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Its number.
    Id,
    /// Its TAG.
    Tag,
    /// The field's LASTDATE.
    LastInventory,
    /// The field's LASTCOME.
    LastContact,
    /// Average days between contacts.
    Quality,
    /// Number of prologs.
    Fidelity,
    /// Rows of software.
    Softwares,
    /// Since when it is in the archive.
    Archived,
    /// When its first inventory came in.
    FirstSeen,
    /// A column of the computer.
    Column(ColumnId),
}

/// A column that lists can show: its key in addresses, files and texts (`column.tag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListColumn {
    /// The key.
    pub key: &'static str,
    /// What it shows.
    pub fact: Fact,
}

/// What only the server knows; the columns of [`COLUMNS`] follow.
static OWN: &[ListColumn] = &[
    ListColumn { key: "id", fact: Fact::Id },
    ListColumn { key: "tag", fact: Fact::Tag },
    ListColumn { key: "lastdate", fact: Fact::LastInventory },
    ListColumn { key: "lastcome", fact: Fact::LastContact },
    ListColumn { key: "quality", fact: Fact::Quality },
    ListColumn { key: "fidelity", fact: Fact::Fidelity },
    ListColumn { key: "softwares", fact: Fact::Softwares },
    ListColumn { key: "archived", fact: Fact::Archived },
    ListColumn { key: "firstseen", fact: Fact::FirstSeen },
];

/// Every column that lists can show.
pub static LIST: std::sync::LazyLock<Vec<ListColumn>> = std::sync::LazyLock::new(|| {
    let columns = COLUMNS.iter().enumerate();
    let columns = columns.map(|(at, column)| ListColumn { key: column.key, fact: Fact::Column(ColumnId(at as u8)) });
    OWN.iter().copied().chain(columns).collect()
});

/// The value of a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text; empty when there is none.
    Text(&'a str),
    /// Several texts, one a line.
    Several(&'a str),
    /// A number; `None` when none was sent.
    Number(Option<u64>),
    /// A number with a fraction.
    Fraction(Option<f32>),
    /// A time; `None` when it never happened.
    Time(Option<Timestamp>),
}

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// The fact.
    pub by: Fact,
    /// The largest first.
    pub descending: bool,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Computers on all pages.
    pub total: usize,
    /// The computers of this page, in order.
    pub ids: Vec<ComputerId>,
}

impl Index {
    /// The computers from `offset` on, `count` at most. Computers without a value come last in either direction.
    pub fn page(&self, order: Order, offset: usize, count: usize) -> Page {
        self.page_of(self.slots().collect(), order, offset, count)
    }

    /// The same among some computers.
    pub(super) fn page_of(&self, slots: Vec<u32>, order: Order, offset: usize, count: usize) -> Page {
        let total = slots.len();
        let from = offset.min(total);
        let to = from.saturating_add(count).min(total);
        if from >= to {
            return Page { total, ids: Vec::new() };
        }
        let keys = self.keys_of(order.by);
        let key = |slot: u32| keys.get(slot as usize).copied().flatten();
        // Those without a value come last in either direction.
        let mut rows = slots.into_iter().map(|slot| match key(slot).map(NonZeroU64::get) {
            None => (u64::MAX, slot),
            Some(key) => (if order.descending { !key } else { key }, slot),
        });
        let compare = |a: &(u64, u32), b: &(u64, u32)| a.0.cmp(&b.0).then_with(|| self.compare(order, a.1, b.1));
        let mut rows = if to < total / 4 { first(&mut rows, to, compare) } else { rows.collect() };
        // Only the page itself is sorted: what comes before and after it is merely parted from it.
        if from > 0 {
            rows.select_nth_unstable_by(from, compare);
        }
        let rest = rows.get_mut(from..).unwrap_or_default();
        if to < total && rest.len() > to - from {
            rest.select_nth_unstable_by(to - from, compare);
        }
        let page = rest.get_mut(..to - from).unwrap_or_default();
        page.sort_unstable_by(compare);
        Page { total, ids: page.iter().map(|(_, slot)| self.id_at(*slot)).collect() }
    }

    /// The keys of a fact by slot; those that lie far apart in memory are kept until they change.
    fn keys_of(&self, fact: Fact) -> Arc<Vec<Key>> {
        let make = || (0..self.slots_in_all()).map(|slot| keys::key(&self.value_at(slot, fact))).collect();
        match fact {
            // It is another one after each inventory.
            Fact::Column(FREESPACE) => Arc::new(make()),
            Fact::Tag | Fact::Column(_) => self.keys.of(fact, make),
            _ => Arc::new(make()),
        }
    }

    /// A fact about a computer.
    pub fn value(&self, id: ComputerId, fact: Fact) -> Value<'_> {
        match self.slot(id) {
            Some(slot) => self.value_at(slot, fact),
            None => Value::Text(""),
        }
    }

    pub(super) fn value_at(&self, slot: u32, fact: Fact) -> Value<'_> {
        let at = slot as usize;
        let time = |list: &[u32]| Value::Time(list.get(at).copied().filter(|time| *time > 0).map(Timestamp::unpacked));
        match fact {
            Fact::Id => Value::Number(Some(u64::from(self.id_at(slot).0))),
            Fact::Tag => Value::Text(self.tags.get(at)),
            Fact::LastInventory => time(&self.last_date),
            Fact::LastContact => time(&self.last_contact),
            Fact::Quality => Value::Fraction(self.quality.get(at).copied().filter(|quality| quality.is_finite())),
            Fact::Fidelity => Value::Number(self.fidelity.get(at).copied().map(u64::from)),
            Fact::Archived => time(&self.archived_since),
            Fact::FirstSeen => time(&self.first_seen),
            Fact::Softwares => Value::Number(self.software_count.get(at).copied().map(u64::from)),
            Fact::Column(column) => match COLUMNS.get(usize::from(column.0)).map(|column| column.kind) {
                Some(ColumnKind::Number) => Value::Number(self.table.number(at, column).map(u64::from)),
                Some(ColumnKind::Several) => Value::Several(self.table.text(at, column)),
                _ => Value::Text(self.table.text(at, column)),
            },
        }
    }

    fn compare(&self, order: Order, a: u32, b: u32) -> Ordering {
        let (x, y) = (self.value_at(a, order.by), self.value_at(b, order.by));
        let missing = is_missing(&x).cmp(&is_missing(&y));
        let values = compare_values(&x, &y);
        let values = if order.descending { values.reverse() } else { values };
        missing.then(values).then_with(|| self.id_at(a).cmp(&self.id_at(b)))
    }
}

/// The first `count` of these rows at least, in no order; few more than twice as many are held at once.
fn first(
    rows: &mut dyn Iterator<Item = (u64, u32)>,
    count: usize,
    compare: impl Fn(&(u64, u32), &(u64, u32)) -> Ordering,
) -> Vec<(u64, u32)> {
    let room = (count + 64) * 2;
    let mut kept = Vec::with_capacity(room);
    // The key of the last one that counts, once there are enough.
    let mut last = u64::MAX;
    for row in rows {
        if row.0 > last {
            continue;
        }
        kept.push(row);
        if kept.len() == room {
            let (_, (key, _), _) = kept.select_nth_unstable_by(count, &compare);
            last = *key;
            kept.truncate(count);
        }
    }
    kept
}

fn is_missing(value: &Value<'_>) -> bool {
    match value {
        Value::Text(text) | Value::Several(text) => text.is_empty(),
        Value::Number(number) => number.is_none(),
        Value::Fraction(number) => number.is_none(),
        Value::Time(time) => time.is_none(),
    }
}

fn compare_values(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Text(a) | Value::Several(a), Value::Text(b) | Value::Several(b)) => compare_texts(a, b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::Fraction(a), Value::Fraction(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// As people sort: case does not count, unless nothing else differs.
pub(super) fn compare_texts(a: &str, b: &str) -> Ordering {
    let fold = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    if a.is_ascii() && b.is_ascii() {
        let folded =
            a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()));
        return folded.then_with(|| a.cmp(b));
    }
    fold(a).cmp(&fold(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_of_many_are_those_of_the_sorted_list(
            keys in proptest::collection::vec(prop_oneof![0_u64..4, Just(u64::MAX), any::<u64>()], 0..2000),
            count in 0_usize..70,
        ) {
            let rows: Vec<(u64, u32)> = keys.into_iter().zip(0..).collect();
            let mut found = first(&mut rows.iter().copied(), count, |a, b| (a.0, b.1).cmp(&(b.0, a.1)));
            prop_assert!(found.len() <= (count + 64) * 2);
            let mut sorted = rows;
            let order = |a: &(u64, u32), b: &(u64, u32)| (a.0, b.1).cmp(&(b.0, a.1));
            sorted.sort_unstable_by(order);
            found.sort_unstable_by(order);
            sorted.truncate(count);
            found.truncate(count);
            prop_assert_eq!(found, sorted);
        }
    }
}
