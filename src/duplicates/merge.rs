//! Merging an older record into the one that just reported.

use crate::accountinfo::{self, Account};
use crate::clock::Timestamp;
use crate::history::{self, store::Gone};
use crate::id::ComputerId;
use crate::inventory::store::{self as computers, Seen};
use crate::inventory::{Computer, Dictionaries, checksum};
use crate::store::{Changes, Error, Read};

/// What the surviving record takes over.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The older record.
    pub gone: ComputerId,
    /// Its hot record.
    pub computer: Computer,
    /// Its administrative data, which count; `None` when the row was missing.
    pub account: Option<Account>,
    /// Its regularity of contacts.
    pub seen: Option<Seen>,
}

/// Reads what the older record has to give and adds its removal to the changes. `None` when it is not there any more.
///
/// TAG and other administrative data of the older record count; QUALITY and FIDELITY go on from it; its sections
/// and its software go.
pub fn merge(
    store: &impl Read,
    dictionaries: &Dictionaries,
    changes: &mut Changes,
    gone: ComputerId,
    into: ComputerId,
    trace: bool,
    now: Timestamp,
) -> Result<Option<Merged>, Error> {
    let Some(computer) = computers::computer(store, gone, dictionaries)? else { return Ok(None) };
    let account = accountinfo::store::account(store, gone).or_else(missing)?;
    let seen = store.get(&computers::SEEN, gone).or_else(missing)?;
    computers::remove(changes, gone, &computer.device)?;
    accountinfo::store::remove(changes, gone)?;
    history::store::gone(changes, gone, &Gone { at: now, into: Some(into), trace })?;
    Ok(Some(Merged { gone, computer, account, seen }))
}

/// What is damaged cannot be taken over, and must not stop the computer that reports.
fn missing<T>(error: Error) -> Result<Option<T>, Error> {
    match error {
        Error::Damaged { .. } => {
            tracing::error!("{error}; it is not taken over");
            Ok(None)
        }
        other => Err(other),
    }
}

impl Merged {
    /// CHECKSUM of the surviving record: what changed since a consumer looked at either.
    pub fn checksum(&self, agents: u64) -> u64 {
        checksum::combine(Some(agents), Some(self.computer.checksum))
    }
}
