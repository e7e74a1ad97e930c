//! The records of contacts and of computers that are gone.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Changes, Error, Read, Table, Write};

use super::Contact;
use super::contact::Contacts;

/// The latest contacts of each computer.
pub static CONTACTS: Table<ComputerId, Contacts> = Table::new("contacts");
/// The field's `deleted_equiv`, by number: what replaced a computer that is gone.
pub static DELETED: Table<ComputerId, Gone> = Table::new("deleted");

/// A computer that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// When.
    pub at: Timestamp,
    /// The computer that it became part of; `None` when it was deleted.
    pub into: Option<ComputerId>,
    /// The option TRACE_DELETED was on: consumers of the field's table are to be told.
    pub trace: bool,
}

named_record!(Gone);

/// Adds contacts to those of a computer.
pub fn add(changes: &mut Changes, id: ComputerId, contacts: Vec<Contact>) {
    if !contacts.is_empty() {
        changes.merge(&CONTACTS, id, Contacts(contacts), |stored, newer| {
            let mut all = stored.unwrap_or_default();
            all.add(&newer.0);
            all
        });
    }
}

/// Adds contacts to those of a computer, unless it is gone by then.
pub fn add_later(changes: &mut Changes, id: ComputerId, contacts: Vec<Contact>) {
    changes.merge_existing(&CONTACTS, id, Contacts(contacts), |stored, newer| {
        let mut all = stored.unwrap_or_default();
        all.add(&newer.0);
        all
    });
}

/// The stored contacts of a computer, the oldest first.
pub fn contacts(store: &impl Read, id: ComputerId) -> Result<Vec<Contact>, Error> {
    Ok(store.get(&CONTACTS, id)?.unwrap_or_default().0)
}

/// Notes that a computer is gone, and forgets its contacts.
pub fn gone(changes: &mut Changes, id: ComputerId, gone: &Gone) -> Result<(), Error> {
    changes.remove(&CONTACTS, id)?;
    changes.put(&DELETED, id, gone)
}

/// What became of a computer that is gone.
pub fn fate(store: &impl Read, id: ComputerId) -> Result<Option<Gone>, Error> {
    store.get(&DELETED, id)
}
