//! The audit log: who changed what, in a chain that shows what was taken out or altered.
//!
//! Each entry carries the SHA-256 of the one before; a record of its own (the *head*) holds the digest of the
//! newest, and of the newest that pruning removed (the *anchor*). So an entry that was removed, changed or put
//! in between is found by [`verify`], at either end too. Who can write the file and knows the program can
//! write another chain: this shows accidents and clumsy hands.
//!
//! Entries are kept for two years. Source: SEC-57, CON-AUD-1, CON-AUD-3.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Damage, Error, Read, Stored, Table, Write};

use super::action::Action;

/// Entries by their number, from 1.
pub static AUDIT: Table<u64, Link> = Table::new("audit");
/// Both ends of the chain, under 0.
pub static AUDIT_HEAD: Table<u8, Head> = Table::new("audit_head");

/// How long entries are kept, in seconds: two years.
pub const KEPT: i64 = 731 * Timestamp::DAY;
/// Bytes of one text of an entry; longer ones are cut.
const TEXT: usize = 4096;
/// Changed values of one entry.
pub const CHANGES: usize = 256;

type Digest = [u8; 32];

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// An account, or what was typed as one.
    Account(String),
    /// The program by itself.
    Automatic,
    /// The command line on the machine itself.
    CommandLine,
}

/// A value that was changed. Empty texts where there was or is none; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which value.
    pub what: String,
    /// What it was.
    pub before: String,
    /// What it is.
    pub after: String,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// From where; `None` for what the program does by itself.
    #[serde(default)]
    pub address: Option<IpAddr>,
    /// What was done.
    pub action: Action,
    /// To what: an account, a computer's number, an option; may be empty.
    #[serde(default)]
    pub object: String,
    /// The values that were changed.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// How many were meant by an action on many; `None` for others.
    #[serde(default)]
    pub count: Option<u64>,
    /// Whether it came about.
    pub done: bool,
}

impl Entry {
    /// An action that came about, on nothing in particular.
    pub fn new(at: Timestamp, actor: Actor, address: Option<IpAddr>, action: Action) -> Entry {
        Entry { at, actor, address, action, object: String::new(), changes: Vec::new(), count: None, done: true }
    }

    fn cut(&mut self) {
        self.changes.truncate(CHANGES);
        let values =
            self.changes.iter_mut().flat_map(|change| [&mut change.what, &mut change.before, &mut change.after]);
        let actor = match &mut self.actor {
            Actor::Account(account) => Some(account),
            Actor::Automatic | Actor::CommandLine => None,
        };
        for text in values.chain([&mut self.object]).chain(actor).filter(|text| text.len() > TEXT) {
            text.truncate(text.floor_char_boundary(TEXT));
            text.push('…');
        }
    }
}

/// An entry in its chain. The bytes stay as they were written, so that a field added to [`Entry`] later
/// leaves old digests as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    previous: Digest,
    body: Vec<u8>,
}

impl Link {
    fn digest(&self, number: u64) -> Digest {
        let mut bytes = Vec::with_capacity(40 + self.body.len());
        bytes.extend_from_slice(&number.to_be_bytes());
        bytes.extend_from_slice(&self.previous);
        bytes.extend_from_slice(&self.body);
        let mut out = Digest::default();
        out.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        out
    }

    fn entry(&self) -> Option<Entry> {
        rmp_serde::from_slice(&self.body).ok()
    }
}

impl Stored for Link {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.body);
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        match format {
            1 => {
                let (previous, body) = bytes.split_first_chunk().ok_or(Damage::Short)?;
                Ok(Link { previous: *previous, body: body.to_vec() })
            }
            other => Err(Damage::Format(other)),
        }
    }
}

/// Both ends of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the oldest entry that is kept.
    first: u64,
    /// Digest of the one before it; zeros when nothing was pruned.
    anchor: Digest,
    /// Number that the next entry gets.
    next: u64,
    /// Digest of the newest entry.
    newest: Digest,
}

named_record!(Head);

impl Default for Head {
    fn default() -> Head {
        Head { first: 1, anchor: Digest::default(), next: 1, newest: Digest::default() }
    }
}

fn head(store: &impl Read) -> Result<Head, Error> {
    Ok(store.get(&AUDIT_HEAD, 0)?.unwrap_or_default())
}

/// Adds an entry within the transaction of what it tells about, so that there is never one without the other.
/// Answers its number.
pub fn append(store: &mut (impl Read + Write), mut entry: Entry) -> Result<u64, Error> {
    let head = head(store)?;
    entry.cut();
    let body = rmp_serde::to_vec_named(&entry).map_err(|error| Error::Unavailable(error.to_string()))?;
    let link = Link { previous: head.newest, body };
    store.put(&AUDIT, head.next, &link)?;
    let newest = link.digest(head.next);
    store.put(&AUDIT_HEAD, 0, &Head { next: head.next.saturating_add(1), newest, ..head })?;
    Ok(head.next)
}

/// The newest entries below a number (`None`: from the newest), the newest first, `most` at most, of those
/// that `wanted` takes. An entry that cannot be read is `None` and always among them.
pub fn entries(
    store: &impl Read,
    below: Option<u64>,
    most: usize,
    wanted: &dyn Fn(&Entry) -> bool,
) -> Result<Vec<(u64, Option<Entry>)>, Error> {
    let head = head(store)?;
    let mut found = Vec::new();
    let end = below.unwrap_or(head.next).min(head.next);
    for number in (head.first..end).rev() {
        if found.len() >= most {
            break;
        }
        let entry = match store.get(&AUDIT, number) {
            Ok(link) => link.and_then(|link| link.entry()),
            Err(Error::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        if entry.as_ref().is_none_or(wanted) {
            found.push((number, entry));
        }
    }
    Ok(found)
}

/// Something that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Entries that should be there are not: the first and the last number.
    Missing(u64, u64),
    /// The entry is not the one whose digest was taken.
    Changed(u64),
    /// The entry cannot be read.
    Damaged(u64),
    /// An entry beyond either end of the chain.
    Stray(u64),
    /// The record with both ends is gone or cannot be read, though there are entries.
    NoHead,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Missing(first, last) if first == last => write!(f, "entry {first} of the audit log is missing"),
            Fault::Missing(first, last) => write!(f, "entries {first} to {last} of the audit log are missing"),
            Fault::Changed(number) => write!(f, "entry {number} of the audit log is not as it was written"),
            Fault::Damaged(number) => write!(f, "entry {number} of the audit log cannot be read"),
            Fault::Stray(number) => write!(f, "entry {number} does not belong into the audit log"),
            Fault::NoHead => f.write_str("the record of both ends of the audit log is gone"),
        }
    }
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Entries that were looked at.
    pub entries: u64,
    /// What is wrong, in the order of numbers; empty when all is well. A thousand at most.
    pub faults: Vec<Fault>,
}

/// Follows the whole chain.
pub fn verify(store: &impl Read) -> Result<Report, Error> {
    let stored = match store.get(&AUDIT_HEAD, 0) {
        Err(Error::Damaged { .. }) => None,
        other => other?,
    };
    let mut walk = Walk::new(stored.unwrap_or_default());
    store.scan(&AUDIT, &mut |record| {
        match record {
            Ok((number, link)) => walk.meet(number, Some(&link)),
            Err(Error::Damaged { key, .. }) => match u64::from_str_radix(&key, 16) {
                Ok(number) => walk.meet(number, None),
                Err(_) => walk.fault(Fault::Damaged(0)),
            },
            Err(error) => {
                walk.stopped = Some(error);
                return false;
            }
        }
        true
    })?;
    if let Some(error) = walk.stopped {
        return Err(error);
    }
    if stored.is_none() {
        let faults = if walk.report.entries == 0 { Vec::new() } else { vec![Fault::NoHead] };
        return Ok(Report { faults, ..walk.report });
    }
    walk.end();
    Ok(walk.report)
}

/// Following the chain from its anchor.
struct Walk {
    head: Head,
    expected: u64,
    /// Digest of the entry before `expected`; `None` when that one was missing or unreadable.
    before: Option<Digest>,
    report: Report,
    stopped: Option<Error>,
}

impl Walk {
    fn new(head: Head) -> Walk {
        Walk { head, expected: head.first, before: Some(head.anchor), report: Report::default(), stopped: None }
    }

    fn fault(&mut self, fault: Fault) {
        if self.report.faults.len() < 1000 && self.report.faults.last() != Some(&fault) {
            self.report.faults.push(fault);
        }
    }

    fn meet(&mut self, number: u64, link: Option<&Link>) {
        self.report.entries += 1;
        if number < self.head.first || number >= self.head.next {
            return self.fault(Fault::Stray(number));
        }
        if number > self.expected {
            self.fault(Fault::Missing(self.expected, number - 1));
            self.before = None;
        }
        if let (Some(link), Some(before)) = (link, self.before)
            && link.previous != before
        {
            // The digest was taken before the change, so it is the one before that is another now; the first has
            // none before it.
            self.fault(Fault::Changed(if number == self.head.first { number } else { number - 1 }));
        }
        if link.is_none() {
            self.fault(Fault::Damaged(number));
        }
        self.before = link.map(|link| link.digest(number));
        self.expected = number.saturating_add(1);
    }

    fn end(&mut self) {
        if self.expected < self.head.next {
            self.fault(Fault::Missing(self.expected, self.head.next - 1));
        } else if self.before.is_some_and(|newest| newest != self.head.newest) {
            self.fault(Fault::Changed(self.head.next.saturating_sub(1)));
        }
    }
}

/// Removes entries older than [`KEPT`], `most` at most, and keeps the digest of the last one as the anchor.
/// Answers how many.
///
/// Age is measured from the newest entry when that is the earlier time, so that a clock that was set forward
/// does not empty the log. Pruning stops before an entry that is not what its digest says: [`verify`] is to
/// name it.
pub fn prune(store: &mut (impl Read + Write), now: Timestamp, most: usize) -> Result<u64, Error> {
    let before = head(store)?;
    let newest = before.next.checked_sub(1).map(|number| store.get(&AUDIT, number)).transpose()?.flatten();
    let Some(newest) = newest.and_then(|link| link.entry()) else { return Ok(0) };
    let until = now.min(newest.at).plus(-KEPT);
    let mut head = before;
    while head.first.saturating_add(1) < head.next && head.first - before.first < most as u64 {
        let Some(link) = store.get(&AUDIT, head.first)? else { break };
        let Some(entry) = link.entry() else { break };
        let digest = link.digest(head.first);
        let next = store.get(&AUDIT, head.first + 1)?;
        let whole = link.previous == head.anchor && next.is_some_and(|next| next.previous == digest);
        if entry.at >= until || !whole {
            break;
        }
        store.remove(&AUDIT, head.first)?;
        head.anchor = digest;
        head.first += 1;
    }
    let removed = head.first - before.first;
    if removed > 0 {
        store.put(&AUDIT_HEAD, 0, &head)?;
        let mut entry = Entry::new(now, Actor::Automatic, None, Action::AuditPruned);
        entry.count = Some(removed);
        append(store, entry)?;
    }
    Ok(removed)
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
