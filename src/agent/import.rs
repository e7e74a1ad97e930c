//! Inventories from files: the same road as the network's, without a PROLOG and without a peer.

use std::sync::Arc;

use super::post::{Fault, Work, reasons};
use super::{Agents, Caller};
use crate::clock::Timestamp;
use crate::history::Refusal;
use crate::history::imports::{Reason, Why};
use crate::id::ComputerId;
use crate::protocol::{self, EnvelopeError};

/// A file that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, for people.
    pub name: String,
    /// When it was written, if that is known.
    pub made: Option<Timestamp>,
    /// Take it although a newer inventory is stored.
    pub accept_older: bool,
}

/// What became of a file.
#[derive(Debug)]
pub enum Imported {
    /// A computer that nobody knew.
    New(ComputerId),
    /// The computer changed.
    Updated(ComputerId),
    /// Nothing in it was new.
    Unchanged(ComputerId),
    /// An older record became part of it.
    Merged {
        /// The computer.
        id: ComputerId,
        /// The older record.
        gone: ComputerId,
    },
    /// It was not taken.
    Refused(ImportRefusal),
}

/// Why a file was not taken: one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportRefusal {
    /// It is no inventory.
    #[error("not an inventory: {0}")]
    NotAnInventory(String),
    /// It ends too early, at this byte of the unpacked text.
    #[error("cut off: {1}")]
    Truncated(u64, String),
    /// It names no computer.
    #[error("it has no device id (DEVICEID)")]
    NoDeviceId,
    /// It has no HARDWARE/NAME.
    #[error("it does not name the computer (HARDWARE/NAME)")]
    Nameless,
    /// A newer one is stored.
    #[error("a newer inventory of this computer is stored already")]
    Older,
    /// Too large.
    #[error("it is larger than an inventory may be")]
    TooLarge,
    /// It cannot be stored now.
    #[error("it cannot be stored at the moment: {0}")]
    Unavailable(String),
}

impl ImportRefusal {
    /// The same for the list of imported files.
    pub fn reason(&self) -> Reason {
        let (why, n) = match self {
            ImportRefusal::NotAnInventory(_) => (Why::NotAnInventory, 0),
            ImportRefusal::Truncated(at, _) => (Why::CutOff, *at),
            ImportRefusal::NoDeviceId => (Why::NoDeviceId, 0),
            ImportRefusal::Nameless => (Why::Nameless, 0),
            ImportRefusal::Older => (Why::Older, 0),
            ImportRefusal::TooLarge => (Why::TooLarge, 0),
            ImportRefusal::Unavailable(_) => (Why::Unavailable, 0),
        };
        Reason { why, n, text: self.to_string() }
    }
}

impl Agents {
    /// Imports one inventory, in any form but an archive.
    pub async fn import(self: &Arc<Self>, bytes: Vec<u8>, source: Source) -> Imported {
        match self.take_in(Arc::new(bytes), source).await {
            Ok(imported) => imported,
            Err(fault) => Imported::Refused(refusal(&fault)),
        }
    }

    async fn take_in(self: &Arc<Self>, bytes: Arc<Vec<u8>>, source: Source) -> Result<Imported, Fault> {
        let mut guard = None;
        loop {
            let (agents, bytes, file) = (self.clone(), bytes.clone(), source.clone());
            let held = guard.take();
            let work = tokio::task::spawn_blocking(move || agents.attempt(&bytes, &Caller::file(), Some(&file), held));
            let work = work.await.map_err(|_| Fault::Store(crate::store::Error::Panicked))??;
            match work {
                Work::Locked(folded) => {
                    guard = Some(self.locks.wait(&folded).await.ok_or(Fault::Refused(Refusal::Locked))?);
                }
                Work::Done(_) | Work::Stored(..) | Work::Over(..) => {
                    return Err(Fault::Protocol(protocol::Error::NoQuery));
                }
                Work::Waiting(pending, waiting) => {
                    pending.done().await?;
                    let stored = self.stored(*waiting).await;
                    return Ok(match (stored.new, stored.gone.last(), stored.sections) {
                        (_, Some(gone), _) => Imported::Merged { id: stored.id, gone: *gone },
                        (true, None, _) => Imported::New(stored.id),
                        (false, None, 0) => Imported::Unchanged(stored.id),
                        (false, None, _) => Imported::Updated(stored.id),
                    });
                }
            }
        }
    }
}

impl Caller {
    /// The caller that a file has.
    pub(super) fn file() -> Caller {
        Caller { address: None, agent: String::new(), content_type: None, glpi: false, secure: false, served: None }
    }
}

fn refusal(fault: &Fault) -> ImportRefusal {
    match fault {
        Fault::Envelope(EnvelopeError::TooLarge { .. }) => ImportRefusal::TooLarge,
        Fault::Envelope(EnvelopeError::Damaged { inflated, .. }) => {
            ImportRefusal::Truncated(*inflated as u64, reasons(fault))
        }
        Fault::Envelope(EnvelopeError::Empty | EnvelopeError::Unknown) => ImportRefusal::NotAnInventory(reasons(fault)),
        Fault::Protocol(protocol::Error::NoDeviceId) => ImportRefusal::NoDeviceId,
        Fault::Protocol(error) => match error.cut_off_at() {
            Some(at) => ImportRefusal::Truncated(at, error.to_string()),
            None => ImportRefusal::NotAnInventory(reasons(fault)),
        },
        Fault::Refused(Refusal::Older) => ImportRefusal::Older,
        Fault::Refused(Refusal::Nameless) => ImportRefusal::Nameless,
        Fault::Refused(_) | Fault::Store(_) | Fault::Memory => ImportRefusal::Unavailable(reasons(fault)),
    }
}
