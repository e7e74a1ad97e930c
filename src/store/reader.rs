//! Looking at the file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableError};

use super::record::{Key, KeyOf, Stored, Table, definition, hex, key_bytes, open, open_as};
use super::{Damage, Error};

/// A reader that lives longer than this pins so many old pages that it is worth a line in the log.
const LONG: Duration = Duration::from_secs(10);

/// Looks at records. Implemented by a view of the file and by a running transaction, so that a function
/// that only looks serves pages and writers alike.
pub trait Read {
    /// The value under a key, its checksum looked at.
    fn get<K: Key, V: Stored>(&self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<Option<V>, Error>;

    /// Calls `each` with every record whose key begins with `prefix`, in the order of keys, until it says stop
    /// (`false`). A damaged record is handed over as its error, so that the rest can still be seen.
    fn scan_from<K: Key, V: Stored>(
        &self,
        table: &'static Table<K, V>,
        prefix: &[u8],
        each: &mut dyn FnMut(Result<(K, V), Error>) -> bool,
    ) -> Result<(), Error>;

    /// Calls `each` with every record of a table.
    fn scan<K: Key, V: Stored>(
        &self,
        table: &'static Table<K, V>,
        each: &mut dyn FnMut(Result<(K, V), Error>) -> bool,
    ) -> Result<(), Error> {
        self.scan_from(table, &[], each)
    }

    /// Every record of a (small) table; the first damaged one ends it.
    fn all<K: Key, V: Stored>(&self, table: &'static Table<K, V>) -> Result<Vec<(K, V)>, Error> {
        let mut found = Ok(Vec::new());
        self.scan(table, &mut |record| match (record, &mut found) {
            (Ok(pair), Ok(list)) => {
                list.push(pair);
                true
            }
            (Err(error), _) => {
                found = Err(error);
                false
            }
            _ => false,
        })?;
        found
    }
}

/// The file as it was when the view was taken.
pub struct Reader {
    transaction: ReadTransaction,
    since: Instant,
    /// Compacting and reopening have to know that somebody reads.
    _database: Arc<Database>,
}

impl Reader {
    pub(super) fn begin(database: &Arc<Database>) -> Result<Reader, Error> {
        Ok(Reader { transaction: database.begin_read()?, since: Instant::now(), _database: database.clone() })
    }

    /// Number of records in a table; a table that was never written to has none.
    pub fn count<K: Key, V: Stored>(&self, table: &'static Table<K, V>) -> Result<u64, Error> {
        use redb::ReadableTableMetadata;
        match self.transaction.open_table(definition(table.name())) {
            Ok(table) => Ok(table.len()?),
            Err(TableError::TableDoesNotExist(_)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a part of every record of a table: `part` gets format and bytes of a value.
    pub fn scan_part<K: Key, V: Stored, P>(
        &self,
        table: &'static Table<K, V>,
        part: impl Fn(u8, &[u8]) -> Result<P, Damage>,
        each: &mut dyn FnMut(Result<(K, P), Error>) -> bool,
    ) -> Result<(), Error> {
        match self.transaction.open_table(definition(table.name())) {
            Ok(opened) => scan_with(&opened, table, &[], part, each),
            Err(TableError::TableDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of the tables in the file.
    pub fn tables(&self) -> Result<Vec<String>, Error> {
        use redb::TableHandle;
        Ok(self.transaction.list_tables()?.map(|table| table.name().to_owned()).collect())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let age = self.since.elapsed();
        if age > LONG {
            tracing::warn!("a view of the database was kept for {} s: the file grows meanwhile", age.as_secs());
        }
    }
}

impl Read for Reader {
    fn get<K: Key, V: Stored>(&self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<Option<V>, Error> {
        match self.transaction.open_table(definition(table.name())) {
            Ok(opened) => get_in(&opened, table, &key_bytes(&key)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn scan_from<K: Key, V: Stored>(
        &self,
        table: &'static Table<K, V>,
        prefix: &[u8],
        each: &mut dyn FnMut(Result<(K, V), Error>) -> bool,
    ) -> Result<(), Error> {
        match self.transaction.open_table(definition(table.name())) {
            Ok(opened) => scan_in(&opened, table, prefix, each),
            Err(TableError::TableDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn get_in<K: Key, V: Stored>(
    opened: &impl ReadableTable<&'static [u8], &'static [u8]>,
    table: &'static Table<K, V>,
    key: &[u8],
) -> Result<Option<V>, Error> {
    opened.get(key)?.map(|record| open(table.name(), key, record.value())).transpose()
}

pub(super) fn scan_in<K: Key, V: Stored>(
    opened: &impl ReadableTable<&'static [u8], &'static [u8]>,
    table: &'static Table<K, V>,
    prefix: &[u8],
    each: &mut dyn FnMut(Result<(K, V), Error>) -> bool,
) -> Result<(), Error> {
    scan_with(opened, table, prefix, V::decode, each)
}

fn scan_with<K: Key, V: Stored, P>(
    opened: &impl ReadableTable<&'static [u8], &'static [u8]>,
    table: &'static Table<K, V>,
    prefix: &[u8],
    read: impl Fn(u8, &[u8]) -> Result<P, Damage>,
    each: &mut dyn FnMut(Result<(K, P), Error>) -> bool,
) -> Result<(), Error> {
    for pair in opened.range(prefix..)? {
        let (key, record) = pair?;
        let key = key.value();
        if !key.starts_with(prefix) {
            break;
        }
        let known =
            K::read(key).ok_or_else(|| Error::Damaged { table: table.name(), key: hex(key), why: Damage::Shape });
        let found = known.and_then(|known| Ok((known, open_as(table.name(), key, record.value(), &read)?)));
        if !each(found) {
            break;
        }
    }
    Ok(())
}
