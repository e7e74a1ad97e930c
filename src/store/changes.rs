//! Changes that are encoded before they reach the writer, and what both kinds of writing have in common.

use super::Error;
use super::record::{Key, KeyOf, Stored, Table, key_bytes, open, seal};

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
