//! The index in memory: what lists show, sort, count and look up.
//!
//! The file holds no secondary index for computers; this is built from it at start and follows each
//! commit on the writer's thread, before the answers go out. So no page shows what a crash could take
//! back, and an agent that was told "stored" finds itself in the list.
//!
//! It also holds what prologs change (last contact, quality, fidelity), which is written with the next
//! commit or within a second.

mod addresses;
mod catalogue;
mod columns;
mod find;
mod hashed;
mod index;
mod keys;
mod list;
mod names;
mod programs;
mod select;
mod software;

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::inventory::store::{self as computers, Seen};
use crate::inventory::{Computer, Dictionaries, software::ItemId};
use crate::store::{Changes, Error, Reader};

pub use addresses::addresses;
pub use catalogue::{KnownRows, Numbering};
pub use find::{Criterion, Installed, Selection};
pub use index::{Index, Known};
pub use list::{Fact, LIST, ListColumn, Order, Page, Value};
pub use programs::{Folded, Program, ProgramOrder, ProgramQuery, Programs, SavedPrograms};
pub use select::{Condition, Query, Share, Shelf, Sight};

/// The index and the catalogue of software.
pub struct Fleet {
    index: RwLock<Index>,
    catalogue: RwLock<catalogue::Catalogue>,
    names: RwLock<names::Names>,
}

/// What a stored inventory means for the index.
pub struct Update {
    /// Which computer.
    pub id: ComputerId,
    /// Its hot record as committed.
    pub computer: Computer,
    /// Its TAG.
    pub tag: String,
    /// Contact, quality and fidelity as committed.
    pub seen: Seen,
    /// Items that it has now and had not before, and the other way round; number of its software rows.
    pub software: Option<SoftwareChange>,
    /// Computers that were merged into this one.
    pub gone: Vec<ComputerId>,
}

/// How a computer's software changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SoftwareChange {
    /// Items new to the computer.
    pub added: Vec<ItemId>,
    /// Items no longer there.
    pub removed: Vec<ItemId>,
    /// Rows of its list.
    pub count: u32,
}

impl Fleet {
    /// Builds the index from the file. `tags` yields the TAG of each computer; `seed` is the installation's.
    pub fn load(
        store: &Reader,
        seed: u64,
        dictionaries: &Dictionaries,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<Fleet, Error> {
        Ok(Fleet {
            index: RwLock::new(Index::load(store, seed, dictionaries, tags)?),
            catalogue: RwLock::new(catalogue::Catalogue::load(store, seed)?),
            names: RwLock::new(names::Names::load(store)?),
        })
    }

    /// A view for one page or one decision. Keep it short: the writer waits for it.
    pub fn look(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the index; for the writer's thread after a commit, and for visits.
    pub fn change<T>(&self, change: impl FnOnce(&mut Index) -> T) -> T {
        change(&mut self.index.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives out numbers of items while an inventory is packed.
    pub fn numbering(&self) -> Numbering<'_> {
        Numbering::new(&self.catalogue)
    }

    /// Which rows of software are known by their text.
    pub fn known_rows(&self) -> KnownRows<'_> {
        KnownRows::new(&self.catalogue)
    }

    /// Takes items that no computer has out of the catalogue in memory: their numbers are not given out any more.
    ///
    /// An inventory that was packed before and is not stored yet may still name one; only what is unused after a
    /// good while ([`Fleet::still_unused`]) can be removed from the file.
    pub fn retire_items(&self) -> Vec<ItemId> {
        // The two locks are never held together: somebody else may take them in the other order.
        let items = self.catalogue.read().unwrap_or_else(PoisonError::into_inner).items();
        let unused = self.still_unused(items);
        self.catalogue.write().unwrap_or_else(PoisonError::into_inner).forget(&unused);
        unused
    }

    /// Those of these items that no computer has.
    pub fn still_unused(&self, items: Vec<ItemId>) -> Vec<ItemId> {
        let index = self.look();
        items.into_iter().filter(|id| index.computers_with(*id) == 0).collect()
    }

    /// Contacts that are not on the disk yet, as changes to be written. The computers are marked as written;
    /// [`Fleet::unwritten`] takes that back when writing failed.
    pub fn visits_to_write(&self) -> Result<(Changes, Vec<ComputerId>), Error> {
        let dirty = self.change(Index::take_dirty);
        let mut changes = Changes::new();
        let index = self.look();
        for id in &dirty {
            if let Some(seen) = index.seen(*id) {
                // One that is gone by then stays gone.
                changes.merge_existing(&computers::SEEN, *id, seen, |_, seen| seen.clone());
            }
        }
        drop(index);
        Ok((changes, dirty))
    }

    /// Takes back that visits were written.
    pub fn unwritten(&self, ids: Vec<ComputerId>) {
        self.change(|index| index.mark_dirty(ids));
    }

    /// Keeps the catalogue in step with the file: to be called from the companion of the store.
    pub fn before_commit(&self, changes: &mut Changes) {
        self.catalogue.write().unwrap_or_else(PoisonError::into_inner).before_commit(changes);
    }

    /// What [`Fleet::before_commit`] added is on the disk.
    pub fn committed(&self) {
        let items = self.catalogue.write().unwrap_or_else(PoisonError::into_inner).committed();
        if !items.is_empty() {
            let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
            items.iter().for_each(|(id, item)| names.add(*id, item));
        }
    }

    fn names(&self) -> RwLockReadGuard<'_, names::Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Builds the index anew from the file. Numbers of items that were given out stay as they are, and so do visits
    /// that are not written yet.
    pub fn rebuild(
        &self,
        store: &Reader,
        dictionaries: &Dictionaries,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<(), Error> {
        let seed = self.look().seed();
        let index = Index::load(store, seed, dictionaries, tags)?;
        self.change(|current| current.replace(index));
        Ok(())
    }

    /// Compares the index with the file, for the `check` command: a sentence for each difference.
    pub fn differences(
        &self,
        store: &Reader,
        dictionaries: &Dictionaries,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<Vec<String>, Error> {
        // Not held while the file is read: prologs change the index.
        let seed = self.look().seed();
        let fresh = Index::load(store, seed, dictionaries, tags)?;
        Ok(self.look().differences(&fresh))
    }
}

/// What a new computer's contacts begin with.
pub fn first_seen(now: Timestamp, agent: &str) -> Seen {
    Seen { last_contact: now, quality: None, fidelity: 1, agent: agent.to_owned() }
}

#[cfg(test)]
mod tests;
