//! Inventories that somebody asked for by hand: the computer is told to send one at its next contact, whatever
//! FREQUENCY says (CON-PC-8).
//!
//! A request is answered by the next inventory, and goes with the computer. It is in memory beside the file, because
//! a PROLOG reads nothing from the file.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Read, Reader, Table, Write};

/// Requests that wait for an inventory.
pub static REQUESTED: Table<ComputerId, Request> = Table::new("requested");

/// Who asked for an inventory, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The account.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

named_record!(Request);

/// The request that waits at a computer.
///
/// # Errors
/// Those of the store.
pub fn of(store: &impl Read, id: ComputerId) -> Result<Option<Request>, Error> {
    store.get(&REQUESTED, id)
}

/// Asks for an inventory.
///
/// # Errors
/// Those of the store.
pub fn ask(store: &mut impl Write, id: ComputerId, request: &Request) -> Result<(), Error> {
    store.put(&REQUESTED, id, request)
}

/// Takes a request back: it was answered, or the computer is gone.
///
/// # Errors
/// Those of the store.
pub fn forget(store: &mut impl Write, id: ComputerId) -> Result<(), Error> {
    store.remove(&REQUESTED, id)
}

/// The computers that are asked, in memory.
#[derive(Debug, Default)]
pub struct Requested(RwLock<HashSet<ComputerId>>);

impl Requested {
    /// Reads who is asked.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &Reader) -> Result<Requested, Error> {
        let requested = Requested::default();
        requested.reload(store)?;
        Ok(requested)
    }

    /// Reads who is asked again. A damaged request counts all the same.
    ///
    /// # Errors
    /// Those of the store.
    pub fn reload(&self, store: &Reader) -> Result<(), Error> {
        let mut ids = HashSet::new();
        store.scan(&REQUESTED, &mut |record| {
            match record {
                Ok((id, _)) => ids.extend([id]),
                Err(error) => ids.extend(error.damaged_number().map(ComputerId)),
            }
            true
        })?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ids;
        Ok(())
    }

    /// Whether an inventory of this computer is asked for.
    pub fn holds(&self, id: ComputerId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    /// Follows a request; for the writer's thread after its commit.
    pub fn add(&self, id: ComputerId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Follows requests that were answered or went with their computers.
    pub fn remove(&self, ids: &[ComputerId]) {
        // Most inventories answer none, and no PROLOG is to wait for them.
        if ids.iter().any(|id| self.holds(*id)) {
            let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                held.remove(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_pc_8_a_damaged_request_counts_and_is_answered_like_any_other() {
        static RAW: Table<ComputerId, Vec<u8>> = Table::new("requested");
        let store = Store::in_memory().unwrap();
        let (sound, damaged) = (ComputerId(7), ComputerId(0x1234));
        let request = Request { by: "marie".into(), at: Timestamp(5) };
        store.write(move |w| ask(w, sound, &request).and_then(|()| w.put(&RAW, damaged, &vec![7; 9]))).unwrap();
        let requested = Requested::load(&store.read().unwrap()).unwrap();
        assert!(requested.holds(sound) && requested.holds(damaged));
        requested.remove(&[ComputerId(8), damaged]);
        assert!(requested.holds(sound) && !requested.holds(damaged));
    }
}
