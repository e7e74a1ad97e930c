//! Archives between the form that brings them and the package that is built of them: packed, listed, and gone when
//! nobody goes on. Kept in memory; the folder is swept at each start.
//!
//! Source: console page, CON-DEP-3 and 4; SEC-33.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::archive::{self, Listing, Refused, SizedRead};
use super::building::is_archive_name;
use super::package::System;
use super::parts::{Part, Section};
use crate::clock::Timestamp;

/// How long one is kept, in seconds: a working day.
pub const KEPT: i64 = 8 * 3600;
/// Most of one account. Older ones make room.
const OF_ACCOUNT: usize = 2;
/// Most of all accounts.
const IN_ALL: usize = 8;

/// An archive that waits.
#[derive(Debug)]
pub struct Draft {
    /// Which; nobody can guess it.
    pub token: String,
    /// Whose.
    pub account: String,
    /// For which system it was packed.
    pub system: System,
    /// The name of the file that was packed here; `None` for an archive that was brought.
    pub bare: Option<String>,
    /// What it is called, for people.
    pub label: String,
    /// What it holds.
    pub listing: Listing,
    /// Bytes of the archive.
    pub size: u64,
    path: PathBuf,
    at: Timestamp,
}

impl Draft {
    /// The archive, from its beginning.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("`{}` cannot be removed: {error}", self.path.display());
        }
    }
}

/// What a form brought.
#[derive(Debug)]
pub enum Source {
    /// Files with the names that they get in the archive. One that is an archive already is taken as it is.
    Files(Vec<(String, PathBuf)>),
    /// Several files in one, each with the name that it gets in the archive.
    Parts(PathBuf, Vec<Part>),
    /// A script that was typed, ready for its interpreter.
    Script(String, Vec<u8>),
}

/// Why nothing is kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The archive is not one to be handed out.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// There is too little room on the disk.
    #[error("there is too little room on the disk")]
    NoRoom,
    /// A file cannot be read or written.
    #[error("the archive cannot be written")]
    Broken(#[from] io::Error),
}

/// All that wait.
#[derive(Debug)]
pub struct Drafts {
    folder: PathBuf,
    kept: Mutex<VecDeque<Arc<Draft>>>,
}

impl Source {
    /// A name that two of the files would get.
    pub fn twice(&self) -> Option<&str> {
        let names: Vec<&str> = match self {
            Source::Files(given) => given.iter().map(|(name, _)| name.as_str()).collect(),
            Source::Parts(_, parts) => parts.iter().map(|part| part.name.as_str()).collect(),
            Source::Script(..) => Vec::new(),
        };
        let mut known = BTreeSet::new();
        names.into_iter().find(|name| !known.insert(*name))
    }
}

impl Drafts {
    /// With their files in this folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> Drafts {
        Drafts { folder, kept: Mutex::default() }
    }

    /// Packs and lists what a form brought, where `free` bytes stay free on the disk. Takes as long as reading and writing it.
    ///
    /// # Errors
    /// [`NotKept`]; nothing is left on the disk then.
    pub fn keep(
        &self,
        account: &str,
        now: Timestamp,
        source: Source,
        system: System,
        free: u64,
    ) -> Result<Arc<Draft>, NotKept> {
        fs::create_dir_all(&self.folder)?;
        let token = random()?;
        let path = self.folder.join(format!("archive-{token}"));
        let packed = self.pack(&path, source, system, free);
        // From here on the file goes with the draft.
        let mut draft = Draft {
            token,
            account: account.to_owned(),
            system,
            bare: None,
            label: String::new(),
            listing: Listing::default(),
            size: 0,
            path,
            at: now,
        };
        (draft.bare, draft.label) = packed?;
        let file = draft.open()?;
        draft.size = file.metadata()?.len();
        draft.listing = archive::list(file, system)?;
        let draft = Arc::new(draft);
        let mut kept = self.lock();
        kept.push_back(draft.clone());
        let gone = surplus(&mut kept, account);
        drop(kept);
        // Files are removed without the lock.
        drop(gone);
        Ok(draft)
    }

    /// The draft of this account with this token.
    pub fn get(&self, account: &str, token: &str) -> Option<Arc<Draft>> {
        self.lock().iter().find(|draft| draft.account == account && draft.token == token).cloned()
    }

    /// Forgets a draft that is not needed any more; its file goes when nobody reads it.
    pub fn forget(&self, token: &str) {
        let gone = {
            let mut kept = self.lock();
            let at = kept.iter().position(|draft| draft.token == token);
            at.and_then(|at| kept.remove(at))
        };
        drop(gone);
    }

    /// Forgets those that nobody went on with.
    pub fn sweep(&self, now: Timestamp) {
        let gone: VecDeque<Arc<Draft>> = {
            let mut kept = self.lock();
            let (old, still) = kept.drain(..).partition(|draft| now.since(draft.at) > KEPT);
            *kept = still;
            old
        };
        drop(gone);
    }

    /// Writes the archive; answers the name of the bare file in it, if it is one, and what it is called.
    fn pack(
        &self,
        path: &Path,
        source: Source,
        system: System,
        free: u64,
    ) -> Result<(Option<String>, String), NotKept> {
        let mut files: Vec<(String, Box<dyn SizedRead>)> = Vec::new();
        match source {
            Source::Script(name, bytes) => files.push((name, Box::new(Cursor::new(bytes)))),
            Source::Parts(whole, parts) => {
                for part in parts {
                    let section = Section::open(&whole, &part)?;
                    files.push((part.name, Box::new(section)));
                }
            }
            Source::Files(given) => {
                if let [(name, file)] = given.as_slice()
                    && is_archive_name(name, system)
                {
                    take_over(file, path)?;
                    return Ok((None, name.clone()));
                }
                for (name, file) in given {
                    files.push((name, Box::new(File::open(file)?)));
                }
            }
        }
        let mut needed = free;
        for (_, file) in &files {
            needed = needed.saturating_add(file.length()?);
        }
        if fs4::available_space(&self.folder)? < needed {
            return Err(NotKept::NoRoom);
        }
        let label = files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let bare = files.first().map(|(name, _)| name.clone());
        let out = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        archive::make(system, files, out)?;
        Ok((bare, label))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Draft>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the oldest ones beyond the bounds out.
fn surplus(kept: &mut VecDeque<Arc<Draft>>, account: &str) -> Vec<Arc<Draft>> {
    let mut gone = Vec::new();
    while kept.iter().filter(|draft| draft.account == account).count() > OF_ACCOUNT {
        let oldest = kept.iter().position(|draft| draft.account == account);
        gone.extend(oldest.and_then(|at| kept.remove(at)));
    }
    while kept.len() > IN_ALL {
        gone.extend(kept.pop_front());
    }
    gone
}

/// Moves a file, also to another disk.
fn take_over(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

fn random() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(name: &str) -> Source {
        Source::Script(name.to_owned(), b"echo\n".to_vec())
    }

    fn left(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[test]
    fn con_dep_3_a_bare_file_becomes_the_archive_of_its_system() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(folder.path().join("d"));
        for system in System::ALL {
            let draft = drafts.keep("anne", Timestamp(0), script("install.sh"), system, 0).unwrap();
            assert_eq!((draft.bare.as_deref(), draft.label.as_str()), (Some("install.sh"), "install.sh"));
            assert!(draft.listing.has("install.sh", system) && draft.listing.total == 5);
            assert!(archive::is_archive(&mut draft.open().unwrap(), system).unwrap());
            // As an archive that is brought.
            let brought = folder.path().join("brought");
            fs::copy(folder.path().join("d").join(format!("archive-{}", draft.token)), &brought).unwrap();
            let name = format!("tool.{}", archive::kind(system));
            let again = drafts.keep("anne", Timestamp(0), Source::Files(vec![(name, brought)]), system, 0).unwrap();
            assert_eq!((&again.bare, &again.listing), (&None, &draft.listing));
        }
    }

    #[test]
    fn sec_33_what_is_refused_or_too_much_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("d");
        let drafts = Drafts::new(place.clone());
        let text = folder.path().join("x");
        fs::write(&text, b"no archive").unwrap();
        let files = |name: &str| Source::Files(vec![(name.to_owned(), text.clone())]);
        let refused = drafts.keep("anne", Timestamp(0), files("x.zip"), System::Windows, 0).unwrap_err();
        assert!(matches!(refused, NotKept::Refused(Refused::Unreadable { .. })), "{refused:?}");
        assert_eq!(left(&place), 0);
        let refused = drafts.keep("anne", Timestamp(0), script("a.sh"), System::Linux, u64::MAX).unwrap_err();
        assert!(matches!(refused, NotKept::NoRoom) && left(&place) == 0);
    }

    #[test]
    fn con_dep_6_a_draft_is_its_owners_and_goes_when_nobody_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(folder.path().to_owned());
        let keep = |account: &str, at| drafts.keep(account, Timestamp(at), script("a.sh"), System::Linux, 0).unwrap();
        let first = keep("anne", 0).token.clone();
        let second = keep("anne", 1).token.clone();
        assert!(drafts.get("anne", &first).is_some() && drafts.get("paul", &first).is_none());
        let third = keep("anne", 2).token.clone();
        assert!(drafts.get("anne", &first).is_none(), "the oldest makes room");
        assert_eq!(left(folder.path()), 2);
        let read = drafts.get("anne", &second).unwrap();
        drafts.forget(&second);
        assert!(read.open().is_ok(), "who reads it goes on");
        drop(read);
        assert_eq!(left(folder.path()), 1);
        drafts.sweep(Timestamp(2 + KEPT));
        assert!(drafts.get("anne", &third).is_some());
        drafts.sweep(Timestamp(3 + KEPT));
        assert_eq!(left(folder.path()), 0);
        for n in 0..20 {
            keep(&format!("account{n}"), 0);
        }
        assert_eq!(left(folder.path()), IN_ALL);
    }
}
