//! Changes that are encoded before they reach the writer, and what both kinds of writing have in common.

use super::Error;
use super::record::{Key, KeyOf, Stored, Table, key_bytes, open, seal};
use crate::id::ComputerId;

/// Puts and removes records. Implemented by a transaction and by a list of changes to be made later.
pub trait Write {
    /// Stores a value under a key, replacing what was there.
    fn put<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: &V,
    ) -> Result<(), Error>;
    /// Removes a key; nothing happens when it is not there.
    fn remove<K: Key, V: Stored>(&mut self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<(), Error>;
}

/// One change of one record, in bytes.
#[derive(Debug)]
pub(super) struct Op {
    pub table: &'static str,
    pub key: Vec<u8>,
    pub what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Put(Vec<u8>),
    Remove,
    /// Work the record out from the stored one, on the writer's thread.
    Merge(Merge),
    /// Move every record whose key begins with the key of this change, as they are on the writer's thread.
    TakeOver(TakeOver),
}

/// From the key and the stored record to the new record; `None` leaves what is stored.
type Work = Box<dyn Fn(&[u8], Option<&[u8]>) -> Option<Vec<u8>> + Send>;

/// From the stored record, if there is one that can be read, to the new one.
pub(super) struct Merge {
    pub work: Work,
    bytes: usize,
}

impl std::fmt::Debug for Merge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merge").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Records that go from one beginning of the key to another.
pub(super) struct TakeOver {
    /// What the keys begin with afterwards.
    pub to: Vec<u8>,
    /// What becomes of what stands there already.
    pub own: Own,
    /// Seals a record anew.
    pub work: Reseal,
}

/// What becomes of the records that stand where others come to.
pub(super) enum Own {
    /// They stay, and count more than those that come.
    Stays,
    /// Those of which this says so stay, unless one comes in their place; the others go.
    Some(Stays),
}

/// From table, key and record to whether the record stays.
type Stays = Box<dyn Fn(&'static str, &[u8], &[u8]) -> bool + Send>;

/// From table, old key, new key and record to the new record; `None` for one that cannot be read.
type Reseal = fn(&'static str, &[u8], &[u8], &[u8]) -> Option<Vec<u8>>;

impl std::fmt::Debug for TakeOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeOver").field("to", &self.to).finish_non_exhaustive()
    }
}

/// A list of changes in the order in which they are made.
#[derive(Debug, Default)]
pub struct Changes {
    pub(super) ops: Vec<Op>,
    bytes: usize,
}

impl Changes {
    /// No change yet.
    pub fn new() -> Changes {
        Changes::default()
    }

    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Bytes of keys and values, for the bound on what may wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps the larger of the stored number and `value`: for counters, whose changes may arrive out of order.
    pub fn raise<K: Key>(&mut self, table: &'static Table<K, u64>, key: impl KeyOf<K>, value: u64) {
        self.merge(table, key, value, |stored, value| stored.unwrap_or(0).max(*value));
    }

    /// Stores what `merge` makes of the stored value and `value`. It runs on the writer's thread, so that changes
    /// to one record from two sides cannot lose each other. A damaged record counts as none.
    pub fn merge<K: Key, V: Stored + Send + 'static>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: V,
        merge: fn(Option<V>, &V) -> V,
    ) {
        self.work_out(table, key, value, merge, false);
    }

    /// The same for a record that is there already; nothing happens when it is not: what was removed meanwhile
    /// must not come back.
    pub fn merge_existing<K: Key, V: Stored + Send + 'static>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: V,
        merge: fn(Option<V>, &V) -> V,
    ) {
        self.work_out(table, key, value, merge, true);
    }

    fn work_out<K: Key, V: Stored + Send + 'static>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: V,
        merge: fn(Option<V>, &V) -> V,
        existing: bool,
    ) {
        let key = key_bytes(&key);
        let name = table.name();
        let work = Box::new(move |key: &[u8], stored: Option<&[u8]>| {
            if existing && stored.is_none() {
                return None;
            }
            let stored = stored.and_then(|record| open::<V>(name, key, record).ok());
            Some(seal(name, key, &merge(stored, &value)))
        });
        self.push(name, key, What::Merge(Merge { work, bytes: 128 }));
    }

    /// Gives the records of one computer to another: those that stand there when the writer comes to it, so that none
    /// is lost that was stored meanwhile. Its own records stay, and count more than those that come. Damaged ones are
    /// left out.
    pub fn take_over<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<(ComputerId, K), V>,
        from: ComputerId,
        to: ComputerId,
    ) where
        (ComputerId, K): Key,
    {
        self.taken_over(table, from, to, Own::Stays);
    }

    /// The same in the place of its own records: these go, but for those of which `stays` says otherwise and in whose
    /// place none comes.
    pub fn take_place<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<(ComputerId, K), V>,
        from: ComputerId,
        to: ComputerId,
        stays: impl Fn(&V) -> bool + Send + 'static,
    ) where
        (ComputerId, K): Key,
    {
        let judge = move |table: &'static str, key: &[u8], record: &[u8]| {
            open::<V>(table, key, record).is_ok_and(|value| stays(&value))
        };
        self.taken_over(table, from, to, Own::Some(Box::new(judge)));
    }

    fn taken_over<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<(ComputerId, K), V>,
        from: ComputerId,
        to: ComputerId,
        own: Own,
    ) where
        (ComputerId, K): Key,
    {
        let work = |table: &'static str, old: &[u8], new: &[u8], record: &[u8]| {
            open::<V>(table, old, record).ok().map(|value| seal(table, new, &value))
        };
        let to = to.0.to_be_bytes().to_vec();
        self.push(table.name(), from.0.to_be_bytes().to_vec(), What::TakeOver(TakeOver { to, own, work }));
    }

    /// Adds the changes of another list after the ones here.
    pub fn append(&mut self, mut other: Changes) {
        self.bytes += other.bytes;
        self.ops.append(&mut other.ops);
    }

    fn push(&mut self, table: &'static str, key: Vec<u8>, what: What) {
        self.bytes += key.len()
            + match &what {
                What::Put(value) => value.len(),
                What::Remove => 0,
                What::Merge(merge) => merge.bytes,
                What::TakeOver(over) => over.to.len(),
            };
        self.ops.push(Op { table, key, what });
    }
}

impl Write for Changes {
    fn put<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: &V,
    ) -> Result<(), Error> {
        let key = key_bytes(&key);
        let record = seal(table.name(), &key, value);
        self.push(table.name(), key, What::Put(record));
        Ok(())
    }

    fn remove<K: Key, V: Stored>(&mut self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<(), Error> {
        self.push(table.name(), key_bytes(&key), What::Remove);
        Ok(())
    }
}
