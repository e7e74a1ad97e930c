//! Inventories from files: one file, a folder, a USB stick, an archive, the watched folder.
//!
//! Finding and reading files is here; what is in them goes the way of everything that agents send
//! (`crate::agent`), with the same rules and limits (SEC-30). Source: agent protocol page, section 16; CON-IMP.

pub mod archive;
pub mod files;
pub mod folder;
pub mod stick;

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::agent::{Agents, Imported, Source};
use crate::clock::Timestamp;
use crate::inventory::columns;
use crate::limits::Limits;

pub use crate::history::imports::{ImportOutcome, ImportResult};

/// The bounds on files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one file.
    pub file: u64,
    /// Entries of one archive.
    pub entries: usize,
    /// Bytes of one entry after unpacking.
    pub entry: u64,
    /// Bytes of all entries of an archive after unpacking, and of the archive itself.
    pub whole: u64,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Bounds {
        Bounds {
            file: limits.import_file,
            entries: limits.archive_entries,
            entry: limits.archive_entry,
            whole: limits.archive_whole,
        }
    }
}

/// What archives may still bring: of one form, or of one file that comes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Entries.
    pub entries: usize,
    /// Bytes of entries after unpacking.
    pub bytes: u64,
}

impl From<&Bounds> for Left {
    fn from(bounds: &Bounds) -> Left {
        Left { entries: bounds.entries, bytes: bounds.whole }
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its name for people: the path as given, for an entry of an archive `archive.zip/name.ocs`.
    pub name: String,
    /// When it was last changed.
    pub made: Option<Timestamp>,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Imports what was read. `accept_older` also takes a file that is older than what is stored.
///
/// It waits until the inventory is on the disk: not for a thread of the asynchronous runtime.
pub fn import(agents: &Arc<Agents>, runtime: &Handle, read: Read, accept_older: bool) -> ImportResult {
    let source = Source { name: read.name, made: read.made, accept_older };
    let imported = runtime.block_on(agents.import(read.bytes, source));
    let name = |id| agents.app().fleet.look().text(id, columns::NAME).to_owned();
    match imported {
        Imported::New(id) => ImportResult::New { id, name: name(id) },
        Imported::Updated(id) => ImportResult::Updated { id, name: name(id) },
        Imported::Unchanged(id) => ImportResult::Unchanged { id, name: name(id) },
        Imported::Merged { id, gone } => ImportResult::Merged { id, name: name(id), gone },
        Imported::Refused(why) => ImportResult::Refused(why.reason()),
    }
}
