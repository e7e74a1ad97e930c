//! Which tables there are, and which shape the file has.

use crate::store::{Damage, Error, Read, Reader, Store, Stored, Table, Txn, Write};
use crate::{accountinfo, deployment, dictionary, duplicates, groups, history, inventory, options, registry, users};

/// The shape that this release writes. A higher number in the file was written by a newer release.
pub const SCHEMA: u64 = 1;

static META: Table<String, u64> = Table::new("meta");
const SCHEMA_KEY: &str = "schema";
const SEED_KEY: &str = "seed";

/// One table of the file: its name, and how its records are counted and checked.
pub struct TableEntry {
    /// Name in the file.
    pub name: &'static str,
    /// Reads every record: how many there are, and a sentence for each damaged one.
    pub check: fn(&Reader) -> Result<Checked, Error>,
    /// Reads a value from its format and bytes, and writes it again: format, then bytes.
    pub again: fn(u8, &[u8]) -> Result<Vec<u8>, Damage>,
}

/// What reading all of a table showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Records, damaged ones included.
    pub records: u64,
    /// A sentence for each damaged record.
    pub damaged: Vec<String>,
}

macro_rules! tables {
    ($($table:path),* $(,)?) => {
        /// Every table of the file.
        pub static TABLES: &[TableEntry] = &[$(TableEntry {
            name: $table.name(),
            check: |store| {
                let mut found = Checked::default();
                store.scan(&$table, &mut |record| {
                    found.records += 1;
                    if let Err(error) = record {
                        found.damaged.push(error.to_string());
                    }
                    true
                })?;
                Ok(found)
            },
            again: |format, bytes| again(&$table, format, bytes),
        }),*];
    };
}

fn again<K, V: Stored>(_: &Table<K, V>, format: u8, bytes: &[u8]) -> Result<Vec<u8>, Damage> {
    let mut out = vec![V::FORMAT];
    V::decode(format, bytes)?.encode(&mut out);
    Ok(out)
}

tables! {
    META,
    inventory::store::COUNTERS,
    inventory::store::DEVICE,
    inventory::store::HOT,
    inventory::store::COLD,
    inventory::store::SOFTWARE_OF,
    inventory::store::SOFTWARE,
    inventory::store::SEEN,
    inventory::store::DICTIONARY,
    accountinfo::store::ACCOUNTINFO,
    history::store::CONTACTS,
    history::trust::TRUST,
    history::handshakes::HANDSHAKES,
    history::store::DELETED,
    history::audit::AUDIT,
    history::audit::AUDIT_HEAD,
    users::store::USERS,
    options::store::OPTIONS,
    options::store::OVERRIDES,
    deployment::launcher::DEPLOY,
    deployment::agent_files::AGENT_FILES,
    deployment::store::PACKAGES,
    deployment::store::CONTENTS,
    deployment::store::REMOVED,
    deployment::store::ACTIVATIONS,
    deployment::store::AFFECTATIONS,
    deployment::store::FETCHES,
    deployment::through::GROUP_AFFECTATIONS,
    deployment::store::NUMBERS,
    deployment::replicas::REPLICAS,
    groups::store::GROUPS,
    groups::store::MEMBERS,
    groups::store::NUMBERS,
    history::imports::IMPORTS,
    history::imports::IMPORTS_READ,
    history::brought::BROUGHT,
    history::hours::HOURS,
    duplicates::junk::JUNK,
    accountinfo::fields::store::FIELDS,
    registry::store::QUERIES,
    registry::store::ANSWERS,
    registry::store::REMOVALS,
    accountinfo::notes::NOTES,
    inventory::store::ARCHIVED,
    inventory::requested::REQUESTED,
    users::layouts::LAYOUTS,
    dictionary::store::DICO,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A newer release wrote it.
    #[error("the data folder was written by a newer release (shape {found}, this release knows {SCHEMA})")]
    Newer {
        /// The number in the file.
        found: u64,
    },
    /// It cannot be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is written once for an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// A secret number that goes into every hash.
    pub seed: u64,
    /// The file was made just now.
    pub new: bool,
}

/// Looks at the shape of an open file, and writes it into a new one. `random` is asked once, for a new file.
pub fn prepare(store: &Store, random: impl FnOnce() -> u64 + Send + 'static) -> Result<Installation, SchemaError> {
    let read = store.read()?;
    let (schema, seed) = (read.get(&META, SCHEMA_KEY)?, read.get(&META, SEED_KEY)?);
    drop(read);
    match (schema, seed) {
        (Some(found), _) if found > SCHEMA => Err(SchemaError::Newer { found }),
        (Some(_), Some(seed)) => Ok(Installation { seed, new: false }),
        _ => {
            let seed = store.write(move |w: &mut Txn<'_>| {
                let seed = random();
                w.put(&META, SCHEMA_KEY, &SCHEMA)?;
                w.put(&META, SEED_KEY, &seed)?;
                Ok::<_, Error>(seed)
            })?;
            Ok(Installation { seed, new: true })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_gets_its_shape_and_keeps_its_seed() {
        let store = Store::in_memory().unwrap();
        assert_eq!(prepare(&store, || 42).unwrap(), Installation { seed: 42, new: true });
        assert_eq!(prepare(&store, || 43).unwrap(), Installation { seed: 42, new: false });
    }

    #[test]
    fn a_file_of_a_newer_release_is_refused() {
        let store = Store::in_memory().unwrap();
        store.write(|w| w.put(&META, SCHEMA_KEY, &(SCHEMA + 1))).unwrap();
        assert!(matches!(prepare(&store, || 42), Err(SchemaError::Newer { found: 2 })));
    }

    #[test]
    fn names_of_tables_are_unique() {
        let mut names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLES.len());
    }
}
