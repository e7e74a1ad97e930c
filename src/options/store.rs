//! Options as they are stored, and the copy in memory that decisions read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::{Options, Value};
use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Changes, Error, Read, Reader, Table, Write};

/// General options that differ from their default, and those kept for export.
pub static OPTIONS: Table<String, StoredValue> = Table::new("options");
/// What a computer or group overrides: kind (see [`OF_COMPUTER`]), its number, the option's name.
pub static OVERRIDES: Table<(u8, (u32, String)), StoredValue> = Table::new("overrides");

/// Kind of override: a computer's own value.
pub const OF_COMPUTER: u8 = 1;

/// A value, and who set it when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredValue {
    /// The value.
    pub value: Value,
    /// The account, or what set it without one.
    #[serde(default)]
    pub by: String,
    /// When.
    #[serde(default)]
    pub at: Timestamp,
}

named_record!(StoredValue);

/// The effective options in memory. It follows each commit.
pub struct Book {
    general: RwLock<Arc<Options>>,
    own: RwLock<HashMap<ComputerId, BTreeMap<String, Value>>>,
}

impl Book {
    /// Reads what is stored.
    pub fn load(store: &Reader) -> Result<Book, Error> {
        let book = Book { general: RwLock::default(), own: RwLock::default() };
        book.reload(store)?;
        Ok(book)
    }

    /// Reads what is stored again. To be called on the writer's thread ([`Store::on_writer`]): of two that read at the
    /// same time elsewhere, the older view might come last.
    ///
    /// [`Store::on_writer`]: crate::store::Store::on_writer
    pub fn reload(&self, store: &Reader) -> Result<(), Error> {
        let stored = store.all(&OPTIONS)?.into_iter().map(|(name, stored)| (name, stored.value));
        let mut own: HashMap<ComputerId, BTreeMap<String, Value>> = HashMap::new();
        store.scan(&OVERRIDES, &mut |record| {
            match record {
                Ok(((OF_COMPUTER, (target, name)), stored)) => {
                    own.entry(ComputerId(target)).or_default().insert(name, stored.value);
                }
                Ok(_) => {}
                Err(error) => left_out(&error),
            }
            true
        })?;
        *self.general.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Options::new(stored));
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = own;
        Ok(())
    }

    /// The general options as they are now.
    pub fn general(&self) -> Arc<Options> {
        self.general.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A computer's own value of an option.
    pub fn own(&self, id: ComputerId, name: &str) -> Option<Value> {
        self.own.read().unwrap_or_else(PoisonError::into_inner).get(&id)?.get(name).cloned()
    }

    /// All own values of a computer.
    pub fn all_own(&self, id: ComputerId) -> BTreeMap<String, Value> {
        self.own.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned().unwrap_or_default()
    }

    /// Which computers have own values, as far as they are among these.
    pub fn with_own(&self, among: &[ComputerId]) -> Vec<(ComputerId, Vec<String>)> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        let names = |id: &ComputerId| Some((*id, own.get(id)?.keys().cloned().collect::<Vec<_>>()));
        among.iter().filter_map(names).filter(|(_, names)| !names.is_empty()).collect()
    }

    /// Follows the deletion of computers.
    pub fn forget(&self, ids: &[ComputerId]) {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        ids.iter().for_each(|id| drop(own.remove(id)));
    }

    /// Reads the own values of some computers again.
    pub fn follow(&self, store: &Reader, ids: &[ComputerId]) -> Result<(), Error> {
        let values = |id: &ComputerId| {
            let (stored, _) = readable(store, *id)?;
            Ok((*id, stored.into_iter().map(|(name, stored)| (name, stored.value)).collect()))
        };
        let read: Vec<(ComputerId, BTreeMap<String, Value>)> = ids.iter().map(values).collect::<Result<_, Error>>()?;
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        for (id, stored) in read {
            if stored.is_empty() {
                own.remove(&id);
            } else {
                own.insert(id, stored);
            }
        }
        Ok(())
    }
}

/// A computer's own values by the name under which they are kept.
pub fn own_values(store: &impl Read, id: ComputerId) -> Result<BTreeMap<String, StoredValue>, Error> {
    Ok(own_of(store, id)?.into_iter().map(|((_, (_, name)), value)| (name, value)).collect())
}

/// The own values of a computer that can be read, and whether there is one that cannot.
pub fn readable(store: &impl Read, id: ComputerId) -> Result<(BTreeMap<String, StoredValue>, bool), Error> {
    let (mut found, mut damaged) = (BTreeMap::new(), false);
    scan_own(store, id, &mut |record| {
        match record {
            Ok(((_, (_, name)), value)) => drop(found.insert(name, value)),
            Err(error) => {
                left_out(&error);
                damaged = true;
            }
        }
        true
    })?;
    Ok((found, damaged))
}

fn left_out(error: &Error) {
    tracing::error!("an own value of an option counts as none: {error}");
}

/// Stores a general option.
pub fn set(store: &mut impl Write, name: &str, value: &StoredValue) -> Result<(), Error> {
    store.put(&OPTIONS, name, value)
}

/// Goes back to the default of a general option.
pub fn reset(store: &mut impl Write, name: &str) -> Result<(), Error> {
    store.remove(&OPTIONS, name)
}

/// Stores a computer's own value; `None` goes back to the general one.
pub fn set_own(store: &mut impl Write, id: ComputerId, name: &str, value: Option<&StoredValue>) -> Result<(), Error> {
    let key = (OF_COMPUTER, (id.0, name.to_owned()));
    match value {
        Some(value) => store.put(&OVERRIDES, key, value),
        None => store.remove(&OVERRIDES, key),
    }
}

/// What is stored about a general option: its value, who set it, and when.
pub fn stored(store: &impl Read, name: &str) -> Result<Option<StoredValue>, Error> {
    store.get(&OPTIONS, name)
}

/// Removes the own values of a computer that is merged away, and those of the one that stays; with `keep` the former
/// are given to the latter.
pub fn merged(
    store: &impl Read,
    changes: &mut Changes,
    from: ComputerId,
    to: ComputerId,
    keep: bool,
) -> Result<(), Error> {
    for (id, keep) in [(to, false), (from, keep)] {
        for ((kind, (_, name)), value) in own_of(store, id)? {
            changes.remove(&OVERRIDES, (kind, (id.0, name.clone())))?;
            if keep {
                changes.put(&OVERRIDES, (kind, (to.0, name)), &value)?;
            }
        }
    }
    Ok(())
}

/// Removes the own values of a computer that is deleted.
pub fn forget(store: &impl Read, changes: &mut Changes, id: ComputerId) -> Result<(), Error> {
    // A damaged one does not keep the computer from being deleted.
    let mut removed = Ok(());
    scan_own(store, id, &mut |record| {
        if let Ok((key, _)) = record {
            removed = changes.remove(&OVERRIDES, key);
        }
        removed.is_ok()
    })?;
    removed
}

/// An own value with its key.
type Own = ((u8, (u32, String)), StoredValue);

fn scan_own(store: &impl Read, id: ComputerId, each: &mut dyn FnMut(Result<Own, Error>) -> bool) -> Result<(), Error> {
    let mut prefix = vec![OF_COMPUTER];
    prefix.extend_from_slice(&id.0.to_be_bytes());
    store.scan_from(&OVERRIDES, &prefix, each)
}

fn own_of(store: &impl Read, id: ComputerId) -> Result<Vec<Own>, Error> {
    let mut found = Ok(Vec::new());
    scan_own(store, id, &mut |record| {
        match (record, &mut found) {
            (Ok(one), Ok(list)) => list.push(one),
            (Err(error), _) => found = Err(error),
            _ => {}
        }
        true
    })?;
    found
}
