//! Contacts that are not on the disk yet, those of computers that have not reported yet, and the error with which each
//! agent ended last.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::ComputerId;

use super::store::CONTACTS;
use super::{Contact, KEPT, Trouble, last_error};
use crate::store::{Error, Reader};

/// Identifiers of strangers that are remembered; the oldest is forgotten first.
const STRANGERS: usize = 2_000;

/// Contacts in memory.
#[derive(Default)]
pub struct Pending(Mutex<State>);

#[derive(Default)]
struct State {
    known: HashMap<ComputerId, Vec<Contact>>,
    strangers: HashMap<String, Vec<Contact>>,
    order: VecDeque<String>,
    /// The last error of each computer that has one (CON-AGT-3).
    errors: HashMap<ComputerId, Trouble>,
}

impl State {
    fn note(&mut self, id: ComputerId, contact: &Contact) {
        match last_error(self.errors.get(&id).copied(), contact) {
            Some(error) => self.errors.insert(id, error),
            None => self.errors.remove(&id),
        };
    }
}

impl Pending {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing waits yet; errors are those of the file. Damaged records have none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &Reader) -> Result<Pending, Error> {
        use crate::store::Read as _;
        let mut state = State::default();
        store.scan(&CONTACTS, &mut |record| {
            if let Ok((id, contacts)) = record {
                contacts.0.iter().for_each(|contact| state.note(id, contact));
            }
            true
        })?;
        Ok(Pending(Mutex::new(state)))
    }

    /// Computers whose agents ended with an error, by the last one.
    pub fn errors(&self) -> Vec<(ComputerId, Trouble)> {
        self.state().errors.iter().map(|(id, error)| (*id, *error)).collect()
    }

    /// A contact of a computer is on the disk by another way than through here.
    pub fn stored(&self, id: ComputerId, contact: &Contact) {
        self.state().note(id, contact);
    }

    /// Notes a contact of a computer.
    pub fn note(&self, id: ComputerId, contact: Contact) {
        let mut state = self.state();
        state.note(id, &contact);
        push(state.known.entry(id).or_default(), contact);
    }

    /// Notes a contact of an agent whose computer does not exist yet: its PROLOG comes before its first inventory.
    pub fn note_stranger(&self, device: &str, contact: Contact) {
        let mut state = self.state();
        if !state.strangers.contains_key(device) {
            if state.order.len() >= STRANGERS
                && let Some(oldest) = state.order.pop_front()
            {
                state.strangers.remove(&oldest);
            }
            state.order.push_back(device.to_owned());
        }
        push(state.strangers.entry(device.to_owned()).or_default(), contact);
    }

    /// What waits for a computer, to be written; `device` is looked at for what came before it existed.
    pub fn take(&self, id: ComputerId, device: &str) -> Vec<Contact> {
        let mut state = self.state();
        let mut contacts = state.strangers.remove(device).unwrap_or_default();
        if !contacts.is_empty() {
            state.order.retain(|other| other != device);
        }
        contacts.extend(state.known.remove(&id).unwrap_or_default());
        contacts
    }

    /// Everything that waits for known computers.
    pub fn take_all(&self) -> Vec<(ComputerId, Vec<Contact>)> {
        self.state().known.drain().collect()
    }

    /// Puts back what could not be written; it is older than what was noted since.
    pub fn give_back(&self, contacts: Vec<(ComputerId, Vec<Contact>)>) {
        let mut state = self.state();
        for (id, mut older) in contacts {
            let newer = state.known.entry(id).or_default();
            older.append(newer);
            *newer = older;
        }
    }

    /// Puts back what could not be written of a computer that does not exist yet.
    pub fn give_back_stranger(&self, device: &str, older: Vec<Contact>) {
        let newer = {
            let mut state = self.state();
            state.order.retain(|other| other != device);
            state.strangers.remove(device).unwrap_or_default()
        };
        for contact in older.into_iter().chain(newer) {
            self.note_stranger(device, contact);
        }
    }

    /// What waits for a computer, for its page.
    pub fn of(&self, id: ComputerId) -> Vec<Contact> {
        self.state().known.get(&id).cloned().unwrap_or_default()
    }

    /// Forgets what waits for a computer that is gone.
    pub fn forget(&self, id: ComputerId) {
        let mut state = self.state();
        state.known.remove(&id);
        state.errors.remove(&id);
    }
}

fn push(list: &mut Vec<Contact>, contact: Contact) {
    list.push(contact);
    list.drain(..list.len().saturating_sub(KEPT));
}
