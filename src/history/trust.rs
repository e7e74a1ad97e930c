//! Under which authority each computer's agent was served when it called last over HTTPS (CON-CRT-4).
//!
//! That an agent went on to send its message says that it took the certificate: it knows the authority, or checks
//! nothing. It is in memory beside the file and written once a minute; a crash may cost that minute.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Reader, Table, Write};

/// What is known of each computer.
pub static TRUST: Table<ComputerId, Served> = Table::new("trust");

/// A contact over HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The first eight bytes of the authority's fingerprint.
    pub mark: u64,
    /// When, to the day: it is written when another authority or another day comes.
    pub at: Timestamp,
}

named_record!(Served);

/// What is known of all computers.
#[derive(Debug, Default)]
pub struct Trust(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    all: HashMap<ComputerId, Served>,
    unwritten: HashSet<ComputerId>,
}

impl Trust {
    /// Reads what is known. A damaged record counts as none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &Reader) -> Result<Trust, Error> {
        use crate::store::Read as _;
        let mut known = Known::default();
        store.scan(&TRUST, &mut |record| {
            known.all.extend(record.ok());
            true
        })?;
        Ok(Trust(Mutex::new(known)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a contact of a computer under this authority.
    pub fn note(&self, id: ComputerId, mark: u64, at: Timestamp) {
        let mut known = self.known();
        let fresh = |held: &Served| held.mark == mark && at.since(held.at) < Timestamp::DAY;
        if known.all.get(&id).is_some_and(fresh) {
            return;
        }
        known.all.insert(id, Served { mark, at });
        known.unwritten.insert(id);
    }

    /// What is known of every computer.
    pub fn all(&self) -> Vec<(ComputerId, Served)> {
        self.known().all.iter().map(|(id, served)| (*id, *served)).collect()
    }

    /// What is to be written: what is new, and nothing any more for computers that `is_gone` tells of.
    pub fn take(&self, is_gone: impl Fn(ComputerId) -> bool) -> Vec<(ComputerId, Option<Served>)> {
        let mut known = self.known();
        let gone: Vec<ComputerId> = known.all.keys().copied().filter(|id| is_gone(*id)).collect();
        for id in &gone {
            known.all.remove(id);
        }
        let mut ids: HashSet<ComputerId> = known.unwritten.drain().collect();
        ids.extend(gone);
        ids.into_iter().map(|id| (id, known.all.get(&id).copied())).collect()
    }

    /// Puts back what could not be written.
    pub fn give_back(&self, ids: impl IntoIterator<Item = ComputerId>) {
        self.known().unwritten.extend(ids);
    }
}

/// Writes what was taken.
///
/// # Errors
/// Those of the store.
pub fn write(store: &mut impl Write, taken: &[(ComputerId, Option<Served>)]) -> Result<(), Error> {
    for (id, served) in taken {
        match served {
            Some(served) => store.put(&TRUST, *id, served)?,
            None => store.remove(&TRUST, *id)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_crt_4_one_authority_counts_for_each_computer_the_latest() {
        let (trust, day) = (Trust::default(), Timestamp::DAY);
        let (one, two) = (ComputerId(1), ComputerId(2));
        trust.note(one, 7, Timestamp(0));
        trust.note(two, 7, Timestamp(0));
        assert_eq!(trust.take(|_| false).len(), 2);
        trust.note(one, 7, Timestamp(60));
        assert_eq!(trust.take(|_| false), [], "the same, on the same day");
        trust.note(one, 9, Timestamp(70));
        assert_eq!(trust.take(|_| false), [(one, Some(Served { mark: 9, at: Timestamp(70) }))]);
        trust.note(one, 9, Timestamp(70 + day));
        let taken = trust.take(|_| false);
        assert_eq!(taken.len(), 1, "another day");
        trust.give_back(taken.iter().map(|(id, _)| *id));
        assert_eq!(trust.take(|id| id == two).len(), 2, "one that is written again, one that is gone");
        assert_eq!(trust.all().len(), 1);
    }
}
