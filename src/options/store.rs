//! Options as they are stored, and the copy in memory that decisions read.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::{Declaration, Options, Origin, Resolved, Value};
use crate::clock::Timestamp;
use crate::id::{ComputerId, GroupId};
use crate::named_record;
use crate::store::{Changes, Error, Read, Reader, Table, Write};

/// General options that differ from their default, and those kept for export.
pub static OPTIONS: Table<String, StoredValue> = Table::new("options");
/// What a computer or group overrides: kind (see [`OF_COMPUTER`]), its number, the option's name.
pub static OVERRIDES: Table<(u8, (u32, String)), StoredValue> = Table::new("overrides");

/// Kind of override: a computer's own value.
pub const OF_COMPUTER: u8 = 1;
/// Kind of override: a group's value.
pub const OF_GROUP: u8 = 2;

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
    groups: RwLock<HashMap<GroupId, BTreeMap<String, Value>>>,
}

impl Book {
    /// Reads what is stored.
    pub fn load(store: &Reader) -> Result<Book, Error> {
        let book = Book { general: RwLock::default(), own: RwLock::default(), groups: RwLock::default() };
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
        let mut groups: HashMap<GroupId, BTreeMap<String, Value>> = HashMap::new();
        store.scan(&OVERRIDES, &mut |record| {
            match record {
                Ok(((OF_COMPUTER, (target, name)), stored)) => {
                    own.entry(ComputerId(target)).or_default().insert(name, stored.value);
                }
                Ok(((OF_GROUP, (target, name)), stored)) => {
                    groups.entry(GroupId(target)).or_default().insert(name, stored.value);
                }
                Ok(_) => {}
                Err(error) => left_out(&error),
            }
            true
        })?;
        *self.general.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Options::new(stored));
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = own;
        *self.groups.write().unwrap_or_else(PoisonError::into_inner) = groups;
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

    /// All values of a group.
    pub fn of_group(&self, id: GroupId) -> BTreeMap<String, Value> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned().unwrap_or_default()
    }

    /// The value that counts for a computer of these groups; [`Origin::Group`] counts in `groups`.
    pub fn resolved(
        &self,
        general: &Options,
        option: &'static Declaration,
        id: Option<ComputerId>,
        groups: &[GroupId],
    ) -> Resolved {
        let name = option.own.as_ref().map_or(option.name, |own| own.name);
        let own = id.and_then(|id| self.own(id, name));
        let (mut places, mut values) = (Vec::new(), Vec::new());
        if !groups.is_empty() {
            let known = self.groups.read().unwrap_or_else(PoisonError::into_inner);
            for (place, id) in groups.iter().enumerate() {
                if let Some(value) = known.get(id).and_then(|values| values.get(name)) {
                    places.push(place);
                    values.push(value.clone());
                }
            }
        }
        let found = general.resolved(option, own.as_ref(), &values);
        let origin = match found.origin {
            Origin::Group(at) => Origin::Group(places.get(at).copied().unwrap_or(at)),
            other => other,
        };
        Resolved { origin, ..found }
    }

    /// Reads the values of a group again.
    pub fn follow_group(&self, store: &Reader, id: GroupId) -> Result<(), Error> {
        let (stored, _) = readable_of(store, (OF_GROUP, id.0))?;
        let values: BTreeMap<String, Value> = stored.into_iter().map(|(name, stored)| (name, stored.value)).collect();
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        if values.is_empty() {
            groups.remove(&id);
        } else {
            groups.insert(id, values);
        }
        Ok(())
    }

    /// Follows the deletion of a group.
    pub fn forget_group(&self, id: GroupId) {
        self.groups.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
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
    readable_of(store, (OF_COMPUTER, id.0))
}

/// The values of a group that can be read, and whether there is one that cannot.
pub fn readable_group(store: &impl Read, id: GroupId) -> Result<(BTreeMap<String, StoredValue>, bool), Error> {
    readable_of(store, (OF_GROUP, id.0))
}

fn readable_of(store: &impl Read, whose: Whose) -> Result<(BTreeMap<String, StoredValue>, bool), Error> {
    let (mut found, mut damaged) = (BTreeMap::new(), false);
    scan_own(store, whose, &mut |record| {
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
    set_of(store, (OF_COMPUTER, id.0), name, value)
}

/// Stores a group's value; `None` takes it away.
pub fn set_group(store: &mut impl Write, id: GroupId, name: &str, value: Option<&StoredValue>) -> Result<(), Error> {
    set_of(store, (OF_GROUP, id.0), name, value)
}

fn set_of(store: &mut impl Write, whose: Whose, name: &str, value: Option<&StoredValue>) -> Result<(), Error> {
    let key = (whose.0, (whose.1, name.to_owned()));
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
    forget_of(store, changes, (OF_COMPUTER, id.0))
}

/// Removes the values of a group that is deleted.
pub fn forget_group(store: &impl Read, changes: &mut Changes, id: GroupId) -> Result<(), Error> {
    forget_of(store, changes, (OF_GROUP, id.0))
}

fn forget_of(store: &impl Read, changes: &mut Changes, whose: Whose) -> Result<(), Error> {
    // A damaged one does not keep anything from being deleted.
    let mut removed = Ok(());
    scan_own(store, whose, &mut |record| {
        if let Ok((key, _)) = record {
            removed = changes.remove(&OVERRIDES, key);
        }
        removed.is_ok()
    })?;
    removed
}

/// An own value with its key.
type Own = ((u8, (u32, String)), StoredValue);

/// Kind and number of who has a value.
type Whose = (u8, u32);

fn scan_own(store: &impl Read, whose: Whose, each: &mut dyn FnMut(Result<Own, Error>) -> bool) -> Result<(), Error> {
    let mut prefix = vec![whose.0];
    prefix.extend_from_slice(&whose.1.to_be_bytes());
    store.scan_from(&OVERRIDES, &prefix, each)
}

fn own_of(store: &impl Read, id: ComputerId) -> Result<Vec<Own>, Error> {
    let mut found = Ok(Vec::new());
    scan_own(store, (OF_COMPUTER, id.0), &mut |record| {
        match (record, &mut found) {
            (Ok(one), Ok(list)) => list.push(one),
            (Err(error), _) => found = Err(error),
            _ => {}
        }
        true
    })?;
    found
}
