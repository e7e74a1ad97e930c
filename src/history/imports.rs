//! What became of imported files: the latest results of the watched folder, of forms and of sticks, for the console.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::i18n::{self, Lang};
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Read, Store, Table, Txn, Write};

/// Results by a number that only grows.
pub static IMPORTS: Table<u64, PastImport> = Table::new("imports");

/// The number of the first result that nobody has marked as read, under 0.
pub static IMPORTS_READ: Table<u8, u64> = Table::new("imports_read");

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
    /// Nothing was stored.
    Refused(Reason),
}

/// Why nothing was stored: for people in their language, for logs and programs as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Reason {
    /// The kind.
    pub why: Why,
    /// The bytes or the files that it is about; 0 where it is about none.
    pub n: u64,
    /// The sentence, with particulars.
    pub text: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is something else.
    NotAnInventory,
    /// It ends at this byte.
    CutOff,
    /// It names no computer.
    NoDeviceId,
    /// A new computer has no name.
    Nameless,
    /// A newer one is stored.
    Older,
    /// It is larger than an inventory may be.
    TooLarge,
    /// It is larger than so many bytes.
    FileTooLarge,
    /// It cannot be stored now.
    Unavailable,
    /// It cannot be read from the disk.
    Unreadable,
    /// It cannot be read as an archive.
    DamagedArchive,
    /// It holds more than so many files.
    TooManyEntries,
    /// It is larger than so many bytes when it is unpacked.
    EntryTooLarge,
    /// The archive holds more than so many bytes.
    WholeTooLarge,
    /// With the archives in front of it, it holds more than so many files.
    TogetherTooMany,
    /// With the archives in front of it, it holds more than so many bytes.
    TogetherTooLarge,
    /// Its name in the archive leads somewhere.
    BadName,
    /// It is a link or a device in the archive.
    NoFile,
    /// It needs a password.
    Encrypted,
    /// It is an archive in an archive.
    Nested,
    /// The archive holds no inventory.
    NoInventory,
    /// Something else, or what a later release wrote.
    #[default]
    #[serde(other)]
    Other,
}

/// A reason as it was written, be it by a release that had the sentence only.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Sentence(String),
    Whole {
        #[serde(default)]
        why: Why,
        #[serde(default)]
        n: u64,
        text: String,
    },
}

impl From<Stored> for Reason {
    fn from(stored: Stored) -> Reason {
        match stored {
            Stored::Sentence(text) => text.into(),
            Stored::Whole { why, n, text } => Reason { why, n, text },
        }
    }
}

/// A sentence alone.
impl<T: Into<String>> From<T> for Reason {
    fn from(text: T) -> Reason {
        Reason { why: Why::Other, n: 0, text: text.into() }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Reason {
    /// The reason in a language; of one that has no text there, its sentence.
    pub fn in_words(&self, lang: Lang) -> String {
        let key = match self.why {
            Why::NotAnInventory => "imports.why-not-an-inventory",
            Why::CutOff => "imports.why-cut-off",
            Why::NoDeviceId => "imports.why-no-device-id",
            Why::Nameless => "imports.why-nameless",
            Why::Older => "imports.why-older",
            Why::TooLarge => "imports.why-too-large",
            Why::FileTooLarge => "imports.why-file-too-large",
            Why::Unavailable => "imports.why-unavailable",
            Why::Unreadable => "imports.why-unreadable",
            Why::DamagedArchive => "imports.why-damaged-archive",
            Why::TooManyEntries => "imports.why-too-many",
            Why::EntryTooLarge => "imports.why-entry-too-large",
            Why::WholeTooLarge => "imports.why-whole-too-large",
            Why::TogetherTooMany => "imports.why-together-too-many",
            Why::TogetherTooLarge => "imports.why-together-too-large",
            Why::BadName => "imports.why-name",
            Why::NoFile => "imports.why-no-file",
            Why::Encrypted => "imports.why-encrypted",
            Why::Nested => "imports.why-nested",
            Why::NoInventory => "imports.why-no-inventory",
            Why::Other => return self.text.clone(),
        };
        i18n::fill(lang, key, &[("n", &i18n::number(lang, i64::try_from(self.n).unwrap_or(i64::MAX)))])
    }
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
    store.write(move |w: &mut Txn<'_>| note_in(w, at, outcomes))
}

/// The same together with other changes.
///
/// # Errors
/// Those of the store.
pub fn note_in(w: &mut Txn<'_>, at: Timestamp, mut outcomes: Vec<ImportOutcome>) -> Result<(), Error> {
    // A whole archive may come at once.
    outcomes.drain(..outcomes.len().saturating_sub(KEPT));
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

/// Refused files that nobody has marked as read.
///
/// # Errors
/// Those of the store.
pub fn unread(store: &impl Read) -> Result<u64, Error> {
    let first = store.get(&IMPORTS_READ, 0)?.unwrap_or(0);
    let mut unread = 0;
    store.scan(&IMPORTS, &mut |record| {
        if let Ok((key, past)) = record
            && key >= first
            && !past.outcome.result.is_success()
        {
            unread += 1;
        }
        true
    })?;
    Ok(unread)
}

/// Marks every result as read that there is now.
///
/// # Errors
/// Those of the store.
pub fn mark_read(store: &mut (impl Read + Write)) -> Result<(), Error> {
    let next = keys(store)?.last().map_or(0, |last| last + 1);
    store.put(&IMPORTS_READ, 0, &next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(name: usize) -> ImportOutcome {
        ImportOutcome { name: format!("{name}.ocs"), result: ImportResult::Refused("because".into()) }
    }

    #[test]
    fn a_reason_of_an_older_or_a_later_release_is_its_sentence() {
        let read = |json: &str| serde_json::from_str::<ImportResult>(json).unwrap();
        let other = |text: &str| ImportResult::Refused(text.into());
        assert_eq!(read(r#"{"Refused":"because"}"#), other("because"));
        assert_eq!(read(r#"{"Refused":{"why":"of-tomorrow","n":0,"text":"because"}}"#), other("because"));
        let cut = ImportResult::Refused(Reason { why: Why::CutOff, n: 7, text: "cut off".into() });
        assert_eq!(read(&serde_json::to_string(&cut).unwrap()), cut);
        let packed = rmp_serde::to_vec_named(&cut).unwrap();
        assert_eq!(rmp_serde::from_slice::<ImportResult>(&packed).unwrap(), cut);
    }

    #[test]
    fn con_nav_3_refused_files_are_unread_until_they_are_marked() {
        let store = Store::in_memory().unwrap();
        let unread = || unread(&store.read().unwrap()).unwrap();
        let taken = ImportResult::New { id: ComputerId(1), name: "PC".into() };
        let taken = ImportOutcome { name: "good.ocs".into(), result: taken };
        assert_eq!(unread(), 0);
        note(&store, Timestamp(1), vec![outcome(1), taken, outcome(2)]).unwrap();
        assert_eq!(unread(), 2);
        store.write(|w| mark_read(w)).unwrap();
        assert_eq!(unread(), 0);
        note(&store, Timestamp(2), vec![outcome(3)]).unwrap();
        assert_eq!(unread(), 1);
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
