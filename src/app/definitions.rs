//! What administrators define, in memory: read for every agent, changed a few times a year.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::accountinfo::fields::{Field, store as fields};
use crate::dictionary::{self, Dictionary};
use crate::duplicates::Blacklists;
use crate::protocol::reply::Param;
use crate::registry::store as registry;
use crate::store::{Error, Kept, Reader, Store, Txn};

/// The definitions as they are now.
pub struct Definitions {
    /// The junk lists.
    pub junk: Kept<Blacklists>,
    /// The fields of administrative data, in their order.
    pub fields: Kept<Vec<Field>>,
    /// The registry queries as agents are told them.
    pub registry: Kept<Vec<Param>>,
    /// The dictionary of software.
    pub dictionary: Kept<Dictionary>,
    gate: Arc<Gate>,
}

/// Keeps apart the inventories whose values were fitted to the fields as they are, and changes of these fields.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Inventories on their way to the disk.
    inside: usize,
    /// The fields are being changed.
    closed: bool,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, while_so: fn(&State) -> bool) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_while(state, |state| while_so(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fields stay as they are while this lives: until what was fitted to them is on the disk.
#[derive(Debug)]
pub struct Fitting(Arc<Gate>);

impl Drop for Fitting {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_all();
    }
}

/// Nothing is fitted while this lives.
struct Closed<'a>(&'a Gate);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = false;
        self.0.changed.notify_all();
    }
}

impl Definitions {
    pub(super) fn load(store: &Reader) -> Result<Definitions, Error> {
        Ok(Definitions {
            junk: Kept::new(Blacklists::load(store)?),
            fields: Kept::new(fields::all(store)?),
            registry: Kept::new(registry::params(store)?),
            dictionary: Kept::new(dictionary::store::load(store)?),
            gate: Arc::default(),
        })
    }

    /// For an inventory whose values are about to be fitted to the fields. Waits while these are being changed.
    pub fn fitting(&self) -> Fitting {
        let mut state = self.gate.wait(self.gate.lock(), |state| state.closed);
        state.inside += 1;
        drop(state);
        Fitting(self.gate.clone())
    }

    /// Changes fields. Inventories that were fitted to the fields as they were are on the disk before, and are
    /// converted along; later ones are fitted to the new fields. Not for the writer's thread.
    ///
    /// # Errors
    /// Those of the change, and of the store.
    pub fn redefine<T, E>(
        &self,
        store: &Store,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let mut state = self.gate.wait(self.gate.lock(), |state| state.closed);
        state.closed = true;
        let closed = Closed(&self.gate);
        drop(self.gate.wait(state, |state| state.inside > 0));
        let done = store.write(change)?;
        self.renew(store)?;
        drop(closed);
        Ok(done)
    }

    /// Reads them again, after a change. The dictionary, which may be long, has a door of its own.
    ///
    /// # Errors
    /// Those of the store.
    pub fn renew(&self, store: &Store) -> Result<(), Error> {
        // Each of them, whatever becomes of the others: a change of fields that is on the disk has to count.
        let fields = self.fields.renew(|| fields::all(&store.read()?));
        let junk = self.junk.renew(|| Blacklists::load(&store.read()?));
        let registry = self.registry.renew(|| registry::params(&store.read()?));
        fields.and(junk).and(registry)
    }

    /// Reads the dictionary again, after a change.
    ///
    /// # Errors
    /// Those of the store.
    pub fn renew_dictionary(&self, store: &Store) -> Result<(), Error> {
        self.dictionary.renew(|| dictionary::store::load(&store.read()?))
    }

    /// Takes them from a file that was opened anew.
    pub(super) fn reopened(&self, store: &Reader) -> Result<(), Error> {
        self.junk.renew(|| Blacklists::load(store))?;
        self.fields.renew(|| fields::all(store))?;
        self.registry.renew(|| registry::params(store))?;
        self.dictionary.renew(|| dictionary::store::load(store))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_adm_3_what_was_fitted_is_on_the_disk_before_the_fields_change() {
        let store = Store::in_memory().unwrap();
        let definitions = Definitions::load(&store.read().unwrap()).unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |what: &'static str| order.lock().unwrap().push(what);
        std::thread::scope(|scope| {
            let fitting = definitions.fitting();
            let change = scope.spawn(|| {
                let order = order.clone();
                definitions.redefine(&store, move |_| {
                    order.lock().unwrap().push("changed");
                    Ok::<_, Error>(())
                })
            });
            // Once it is closed, the next one waits until it is open again.
            while !definitions.gate.lock().closed {
                std::thread::yield_now();
            }
            let next = scope.spawn(|| {
                let fitting = definitions.fitting();
                note("next");
                drop(fitting);
            });
            note("stored");
            drop(fitting);
            change.join().unwrap().unwrap();
            next.join().unwrap();
        });
        assert_eq!(*order.lock().unwrap(), ["stored", "changed", "next"]);
        // A change that fails opens it as well.
        assert!(definitions.redefine(&store, |_| Err::<(), _>(Error::Busy)).is_err());
        drop(definitions.fitting());
    }
}
