//! What became of imported files: the latest results of the watched folder, for the console.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Read, Store, Table, Txn, Write};

/// Results by a number that only grows.
pub static IMPORTS: Table<u64, PastImport> = Table::new("imports");

/// Results that are kept.
const KEPT: usize = 200;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOutcome {
    /// The file's name for people.
    pub name: String,
    /// What became of it.
    pub result: ImportResult,
}

/// What became of a file. `name` is the computer's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportResult {
    /// A computer that was not known.
    New {
        /// Its number.
        id: ComputerId,
        /// Its name.
        name: String,
    },
    /// A known computer with changes.
    Updated {
        /// Its number.
        id: ComputerId,
        /// Its name.
        name: String,
    },
    /// A known computer without changes.
    Unchanged {
        /// Its number.
        id: ComputerId,
        /// Its name.
        name: String,
    },
    /// A computer that was known under another device id.
    Merged {
        /// Its number.
        id: ComputerId,
        /// Its name.
        name: String,
        /// The number that it had before.
        gone: ComputerId,
    },
    /// Nothing was stored, and why, in one sentence.
    Refused(String),
}

impl ImportResult {
    /// Whether an inventory was taken.
    pub fn is_success(&self) -> bool {
        !matches!(self, ImportResult::Refused(_))
    }

    /// The computer, when there is one.
    pub fn computer(&self) -> Option<(ComputerId, &str)> {
        match self {
            ImportResult::New { id, name }
            | ImportResult::Updated { id, name }
            | ImportResult::Unchanged { id, name }
            | ImportResult::Merged { id, name, .. } => Some((*id, name)),
            ImportResult::Refused(_) => None,
        }
    }

    /// One word for programs: `new`, `updated`, `unchanged`, `merged`, `refused`.
    pub fn word(&self) -> &'static str {
        match self {
            ImportResult::New { .. } => "new",
            ImportResult::Updated { .. } => "updated",
            ImportResult::Unchanged { .. } => "unchanged",
            ImportResult::Merged { .. } => "merged",
            ImportResult::Refused(_) => "refused",
        }
    }
}

impl std::fmt::Display for ImportResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ImportResult::New { id, name } => write!(f, "new computer {id} ({name})"),
            ImportResult::Updated { id, name } => write!(f, "updated computer {id} ({name})"),
            ImportResult::Unchanged { id, name } => write!(f, "unchanged computer {id} ({name})"),
            ImportResult::Merged { id, name, gone } => {
                write!(f, "computer {gone} became computer {id} ({name})")
            }
            ImportResult::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

/// A file that was imported some time ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastImport {
    /// When.
    pub at: Timestamp,
    /// Which file, and what became of it.
    pub outcome: ImportOutcome,
}

named_record!(PastImport);

/// Notes results, and forgets the oldest.
pub fn note(store: &Store, at: Timestamp, outcomes: Vec<ImportOutcome>) -> Result<(), Error> {
    store.write(move |w: &mut Txn<'_>| {
        let known: Vec<u64> = keys(w)?;
        let next = known.last().map_or(0, |last| last + 1);
        let fresh: Vec<u64> = (next..).take(outcomes.len()).collect();
        for (key, outcome) in fresh.iter().zip(outcomes) {
            w.put(&IMPORTS, *key, &PastImport { at, outcome })?;
        }
        let all: Vec<u64> = known.into_iter().chain(fresh).collect();
        for key in all.iter().take(all.len().saturating_sub(KEPT)) {
            w.remove(&IMPORTS, *key)?;
        }
        Ok(())
    })
}

/// The numbers of results that can be read; a damaged one is replaced or stays until `check` names it.
fn keys(store: &impl Read) -> Result<Vec<u64>, Error> {
    let mut keys = Vec::new();
    store.scan(&IMPORTS, &mut |record| {
        if let Ok((key, _)) = record {
            keys.push(key);
        }
        true
    })?;
    Ok(keys)
}

/// The kept results, the newest first.
pub fn latest(store: &impl Read) -> Result<Vec<PastImport>, Error> {
    let mut found: Vec<PastImport> = Vec::new();
    store.scan(&IMPORTS, &mut |record| {
        found.extend(record.map(|(_, past)| past));
        true
    })?;
    found.reverse();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: usize) -> ImportOutcome {
        ImportOutcome { name: format!("{name}.ocs"), result: ImportResult::Refused("because".into()) }
    }

    #[test]
    fn the_latest_200_results_are_kept() {
        let store = Store::in_memory().unwrap();
        for round in 0..3 {
            note(&store, Timestamp(round), (0..90).map(|at| outcome(round as usize * 90 + at)).collect()).unwrap();
        }
        let latest = latest(&store.read().unwrap()).unwrap();
        assert_eq!(latest.len(), 200);
        assert_eq!(latest[0].outcome.name, "269.ocs");
        assert_eq!(latest[199].outcome.name, "70.ocs");
    }
}
