//! Changes that are encoded before they reach the writer, and what both kinds of writing have in common.

use super::Error;
use super::record::{Key, KeyOf, Stored, Table, key_bytes, seal};

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
    /// Keep the larger of the stored number and this one.
    Raise(u64),
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
        self.push(table.name(), key_bytes(&key), What::Raise(value));
    }

    /// Adds the changes of another list after the ones here.
    pub fn append(&mut self, mut other: Changes) {
        self.bytes += other.bytes;
        self.ops.append(&mut other.ops);
    }

    fn push(&mut self, table: &'static str, key: Vec<u8>, what: What) {
        self.bytes += key.len() + if let What::Put(value) = &what { value.len() } else { 8 };
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
