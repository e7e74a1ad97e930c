//! Agents' own files that launchers and people fetch before an agent is there: which names they may have, and where
//! they are kept (CON-AGT-1).
//!
//! The content lies in `agents/<SHA-256>` in the data folder, the record says which name has which content. A file is
//! whole on the disk before its record is, so a crash leaves the old file under a name or the new one; what no record
//! names is removed at the next start, and after each change.
//!
//! Source: agent protocol page, section 17; names of released installers of the OCS Inventory, FusionInventory and
//! GLPI agents.

mod version;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::files::{digests, sync_folder};
use super::store::readable;
use crate::clock::Timestamp;
use crate::history::audit::{self, Change, Entry};
use crate::named_record;
use crate::store::{Error, Read, Store, Table, Txn, Write};
#[cfg(any(test, debug_assertions))]
pub use version::program;
pub use version::version;

/// Agents' files by name.
pub static AGENT_FILES: Table<String, AgentFile> = Table::new("agent_files");

/// Files of one installation.
pub const MOST: usize = 60;
/// Longest version in a name, in characters.
const LONGEST_VERSION: usize = 60;

/// A name that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// The name; `*` stands for a version: letters, digits and `.`, `-`, `_`, `+`, `~`.
    pub name: &'static str,
    /// For whom it is: the end of a key of texts.
    pub whom: &'static str,
}

/// Every name that is served, launchers first.
pub static ALLOWED: &[Allowed] = &[
    Allowed { name: "ocsagent.exe", whom: "launcher" },
    Allowed { name: "ocspackage.exe", whom: "launcher" },
    Allowed { name: "OcsLogon.exe", whom: "launcher" },
    Allowed { name: "OCS-NG-Windows-Agent-Setup.exe", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-Setup.exe", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-Setup-x64.exe", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-Setup-x86.exe", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-*.exe", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-*.msi", whom: "windows" },
    Allowed { name: "OCS-Windows-Agent-*.zip", whom: "windows" },
    Allowed { name: "OcsAgentSetup.exe", whom: "windows" },
    Allowed { name: "fusioninventory-agent_windows-*.exe", whom: "windows" },
    Allowed { name: "GLPI-Agent-*.msi", whom: "windows" },
    Allowed { name: "GLPI-Agent-*.zip", whom: "windows" },
    Allowed { name: "Ocsinventory-Unix-Agent-*.tar.gz", whom: "unix" },
    Allowed { name: "OCSNG_UNIX_AGENT-*.tar.gz", whom: "unix" },
    Allowed { name: "FusionInventory-Agent-*.tar.gz", whom: "unix" },
    Allowed { name: "GLPI-Agent-*.tar.gz", whom: "unix" },
    Allowed { name: "ocsinventory-agent_*.deb", whom: "debian" },
    Allowed { name: "fusioninventory-agent_*.deb", whom: "debian" },
    Allowed { name: "glpi-agent_*.deb", whom: "debian" },
    Allowed { name: "ocsinventory-agent-*.rpm", whom: "rpm" },
    Allowed { name: "fusioninventory-agent-*.rpm", whom: "rpm" },
    Allowed { name: "glpi-agent-*.rpm", whom: "rpm" },
    Allowed { name: "Ocsinventory-MacOS-Agent-*.pkg", whom: "mac" },
    Allowed { name: "Ocsinventory-MacOS-Agent-*.zip", whom: "mac" },
    Allowed { name: "OCSNG-MacOS-Agent-*.zip", whom: "mac" },
    Allowed { name: "FusionInventory-Agent-*.pkg", whom: "mac" },
    Allowed { name: "GLPI-Agent-*.pkg", whom: "mac" },
    Allowed { name: "GLPI-Agent-*.dmg", whom: "mac" },
];

/// What files of these endings begin with; a page of an error that was saved under such a name begins otherwise.
const BEGINNINGS: [(&str, &[u8]); 7] = [
    (".exe", b"MZ"),
    (".msi", &[0xD0, 0xCF, 0x11, 0xE0]),
    (".zip", b"PK"),
    (".gz", &[0x1F, 0x8B]),
    (".deb", b"!<arch>"),
    (".rpm", &[0xED, 0xAB, 0xEE, 0xDB]),
    (".pkg", b"xar!"),
];

/// A file of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentFile {
    /// Its name; the key of its record.
    #[serde(skip)]
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal; the name of its content on the disk.
    pub sha256: String,
    /// The version that a Windows program says it has; empty for others.
    pub version: String,
    /// When it was brought.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

named_record!(AgentFile);

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not what its ending says.
    #[error("is not what its name says")]
    Kind,
    /// There are as many as there may be.
    #[error("there are {MOST} files already")]
    TooMany,
    /// It cannot be kept.
    #[error("cannot be kept")]
    Disk(#[from] io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The name under which a file that is called so is served, in whatever case it is written; `None` for any other.
pub fn allowed(sent: &str) -> Option<String> {
    ALLOWED.iter().find_map(|one| match one.name.split_once('*') {
        None => one.name.eq_ignore_ascii_case(sent).then(|| one.name.to_owned()),
        Some((before, after)) => {
            let middle = sent.len().checked_sub(before.len() + after.len()).filter(|length| *length > 0)?;
            let (head, rest) = sent.split_at_checked(before.len())?;
            let (middle, tail) = rest.split_at_checked(middle)?;
            let fits = head.eq_ignore_ascii_case(before) && tail.eq_ignore_ascii_case(after);
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+~".contains(c);
            let version = middle.chars().all(plain) && middle.len() <= LONGEST_VERSION;
            let name = (fits && version).then(|| format!("{before}{middle}{after}"));
            name.filter(|name| !name.contains(".."))
        }
    })
}

/// Whether a file begins as its name says; true where nothing is known about such names.
fn begins_right(name: &str, first: &[u8]) -> bool {
    let known = BEGINNINGS.iter().find(|(ending, _)| name.to_ascii_lowercase().ends_with(ending));
    known.is_none_or(|(_, wanted)| first.starts_with(wanted))
}

/// The folder of the contents.
#[derive(Debug)]
pub struct AgentFiles {
    root: PathBuf,
    /// One change at a time: what one removes, another may be about to name.
    changing: Mutex<()>,
}

impl AgentFiles {
    /// In this data folder; nothing is made yet.
    pub fn of(data: &Path) -> AgentFiles {
        AgentFiles { root: data.join("agents"), changing: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a file that lies on the same disk, under a name that [`allowed`] gave; what had the name before goes.
    ///
    /// # Errors
    /// [`Refusal`]; what was there before is there still.
    pub fn keep(&self, store: &Store, from: &Path, new: AgentFile, mut entry: Entry) -> Result<(), Refusal> {
        // Windows puts nothing on the disk for who may only read.
        let mut file = File::options().read(true).write(true).open(from)?;
        let mut first = Vec::new();
        (&mut file).take(8).read_to_end(&mut first)?;
        if !begins_right(&new.name, &first) {
            return Err(Refusal::Kind);
        }
        let version = version(&mut file).unwrap_or_default();
        file.rewind()?;
        let found = digests(&file)?;
        let _changing = self.lock();
        fs::create_dir_all(&self.root)?;
        file.sync_all()?;
        drop(file);
        fs::rename(from, self.root.join(&found.sha256))?;
        sync_folder(&self.root)?;
        let file = AgentFile { size: found.size, sha256: found.sha256, version, ..new };
        let kept = store.write(move |w: &mut Txn<'_>| {
            let known = all(w)?;
            let before = known.iter().find(|one| one.name == file.name);
            if before.is_none() && known.len() >= MOST {
                return Err(Refusal::TooMany);
            }
            let before = before.map(|one| one.sha256.clone()).unwrap_or_default();
            entry.changes.push(Change { what: "sha256".into(), before, after: file.sha256.clone() });
            w.put(&AGENT_FILES, file.name.as_str(), &file)?;
            audit::append(w, entry)?;
            Ok(())
        });
        self.sweep_all(store);
        kept
    }

    /// Takes a file away; answers whether there was one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn remove(&self, store: &Store, name: &str, mut entry: Entry) -> Result<bool, Error> {
        let _changing = self.lock();
        let name = name.to_owned();
        let gone = store.write(move |w: &mut Txn<'_>| {
            let Some(file) = w.get(&AGENT_FILES, name.as_str())? else { return Ok::<_, Error>(false) };
            w.remove(&AGENT_FILES, name.as_str())?;
            entry.changes.push(Change { what: "sha256".into(), before: file.sha256, after: String::new() });
            audit::append(w, entry)?;
            Ok(true)
        })?;
        self.sweep_all(store);
        Ok(gone)
    }

    /// Removes what no record names. Where a record cannot be read nothing is removed.
    pub fn sweep(&self, store: &Store) {
        let _changing = self.lock();
        self.sweep_all(store);
    }

    fn sweep_all(&self, store: &Store) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        let named = || -> Result<BTreeSet<String>, Error> {
            let (read, mut named, mut trouble) = (store.read()?, BTreeSet::new(), None);
            read.scan(&AGENT_FILES, &mut |record| {
                match record {
                    Ok((_, file)) => drop(named.insert(file.sha256)),
                    Err(error) => trouble = Some(error),
                }
                trouble.is_none()
            })?;
            trouble.map_or(Ok(named), Err)
        };
        let named = match named() {
            Ok(named) => named,
            Err(error) => return tracing::error!("files of agents are not put into order: {error}"),
        };
        for entry in entries.flatten() {
            if !named.contains(entry.file_name().to_string_lossy().as_ref())
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!("`{}` cannot be removed: {error}", entry.path().display());
            }
        }
    }

    /// Whether the content of a file is there, as long as it was.
    pub fn is_whole(&self, file: &AgentFile) -> bool {
        fs::metadata(self.root.join(&file.sha256)).is_ok_and(|found| found.is_file() && found.len() == file.size)
    }

    /// The content of the file with exactly this name; `None` when there is none.
    ///
    /// # Errors
    /// Those of the store; a content that is missing or of another length.
    pub fn open(&self, store: &impl Read, name: &str) -> Result<Option<(AgentFile, File)>, Refusal> {
        let Some(file) = store.get(&AGENT_FILES, name)? else { return Ok(None) };
        let content = File::open(self.root.join(&file.sha256))?;
        if content.metadata()?.len() != file.size {
            return Err(Refusal::Disk(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(Some((AgentFile { name: name.to_owned(), ..file }, content)))
    }
}

/// Every file by its name. A damaged record is left out.
///
/// # Errors
/// Those of the store.
pub fn all(store: &impl Read) -> Result<Vec<AgentFile>, Error> {
    Ok(readable(store, &AGENT_FILES)?.into_iter().map(|(name, file)| AgentFile { name, ..file }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::Action;
    use crate::history::audit::Actor;

    fn entry() -> Entry {
        Entry::new(Timestamp(0), Actor::Account("marie".into()), None, Action::AgentFileChanged)
    }

    struct Office {
        folder: tempfile::TempDir,
        files: AgentFiles,
        store: Store,
    }

    impl Office {
        fn new() -> Office {
            let folder = tempfile::tempdir().unwrap();
            let files = AgentFiles::of(folder.path());
            Office { files, folder, store: Store::in_memory().unwrap() }
        }

        fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
            let path = self.folder.path().join("sent");
            fs::write(&path, bytes).unwrap();
            let new = AgentFile { name: name.to_owned(), by: "marie".into(), ..AgentFile::default() };
            self.files.keep(&self.store, &path, new, entry())
        }

        fn contents(&self) -> usize {
            fs::read_dir(self.folder.path().join("agents")).unwrap().count()
        }

        fn read(&self, name: &str) -> Option<Vec<u8>> {
            let (_, mut content) = self.files.open(&self.store.read().unwrap(), name).unwrap()?;
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).unwrap();
            Some(bytes)
        }
    }

    #[test]
    fn con_agt_1_only_declared_names_are_taken_in_their_own_spelling() {
        for (sent, name) in [
            ("OCSAGENT.EXE", "ocsagent.exe"),
            ("ocspackage.exe", "ocspackage.exe"),
            ("ocs-ng-windows-agent-setup.exe", "OCS-NG-Windows-Agent-Setup.exe"),
            ("OCS-Windows-Agent-2.11.0.1_x64.exe", "OCS-Windows-Agent-2.11.0.1_x64.exe"),
            ("ocsinventory-unix-agent-2.10.4.TAR.GZ", "Ocsinventory-Unix-Agent-2.10.4.tar.gz"),
            ("glpi-agent_1.12-1_all.deb", "glpi-agent_1.12-1_all.deb"),
            ("GLPI-Agent-1.12-x64.msi", "GLPI-Agent-1.12-x64.msi"),
        ] {
            assert_eq!(allowed(sent).as_deref(), Some(name));
        }
        for bad in [
            "",
            "label",
            "evil.exe",
            "ocsagent.exe.exe",
            " ocsagent.exe",
            "../ocsagent.exe",
            "GLPI-Agent-.msi",
            "GLPI-Agent-../x.msi",
            "GLPI-Agent-a b.msi",
            "GLPI-Agent-é.msi",
            "GLPI-Agent-1..2.msi",
            "GLPI-Agent-1..msi",
            "GLPI-Agent-\u{0}.msi",
        ] {
            assert_eq!(allowed(bad), None, "{bad}");
        }
        let names: BTreeSet<&str> = ALLOWED.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), ALLOWED.len());
        for one in ALLOWED {
            assert!(BEGINNINGS.iter().any(|(ending, _)| one.name.ends_with(ending)) || one.name.ends_with(".dmg"));
        }
    }

    #[test]
    fn con_agt_1_a_file_is_kept_replaced_and_taken_away_with_its_content() {
        let office = Office::new();
        let old = program([2, 10, 0, 0]);
        office.keep("ocsagent.exe", &old).unwrap();
        office.keep("ocspackage.exe", &old).unwrap();
        assert_eq!((office.contents(), office.read("ocsagent.exe")), (1, Some(old.clone())));
        let new = program([2, 11, 0, 1]);
        office.keep("ocsagent.exe", &new).unwrap();
        let known = all(&office.store.read().unwrap()).unwrap();
        let told: Vec<_> = known.iter().map(|file| (file.name.as_str(), file.version.as_str(), file.size)).collect();
        assert_eq!(told, [("ocsagent.exe", "2.11.0.1", 1024), ("ocspackage.exe", "2.10.0.0", 1024)]);
        assert!(known.iter().all(|file| office.files.is_whole(file)));
        assert_eq!((office.contents(), office.read("ocspackage.exe")), (2, Some(old)));
        assert!(office.files.remove(&office.store, "ocspackage.exe", entry()).unwrap());
        assert!(!office.files.remove(&office.store, "ocspackage.exe", entry()).unwrap());
        assert_eq!((office.contents(), office.read("ocspackage.exe"), office.read("OCSAGENT.EXE")), (1, None, None));
    }

    #[test]
    fn con_agt_1_what_is_not_what_its_name_says_is_refused_and_changes_nothing() {
        let office = Office::new();
        let good = program([1, 0, 0, 0]);
        office.keep("ocsagent.exe", &good).unwrap();
        for (name, bytes) in [
            ("ocsagent.exe", &b"<!DOCTYPE html>"[..]),
            ("ocsagent.exe", b""),
            ("GLPI-Agent-1.msi", b"MZ"),
            ("glpi-agent_1.deb", b"PK\x03\x04"),
        ] {
            assert!(matches!(office.keep(name, bytes), Err(Refusal::Kind)), "{name}");
        }
        assert_eq!((office.contents(), office.read("ocsagent.exe")), (1, Some(good)));
    }

    #[test]
    fn sec_34_what_a_crash_left_without_a_record_goes_and_a_shortened_file_is_not_served() {
        let office = Office::new();
        office.keep("ocsagent.exe", &program([1, 0, 0, 0])).unwrap();
        let stray = office.folder.path().join("agents/stray");
        fs::write(&stray, b"half").unwrap();
        office.files.sweep(&office.store);
        assert!(!stray.exists() && office.contents() == 1);
        let known = all(&office.store.read().unwrap()).unwrap();
        fs::write(office.folder.path().join("agents").join(&known[0].sha256), b"MZ").unwrap();
        assert!(!office.files.is_whole(&known[0]));
        assert!(office.files.open(&office.store.read().unwrap(), "ocsagent.exe").is_err());
    }

    #[test]
    fn con_agt_1_there_is_a_most() {
        let office = Office::new();
        for number in 0..MOST {
            office.keep(&format!("GLPI-Agent-{number}.zip"), b"PK").unwrap();
        }
        assert!(matches!(office.keep("ocsagent.exe", b"MZ"), Err(Refusal::TooMany)));
        office.keep("GLPI-Agent-7.zip", b"PK new").unwrap();
        assert_eq!(office.contents(), 2);
    }

    proptest! {
        #[test]
        fn con_agt_1_no_name_leads_anywhere(sent in "\\PC{0,40}", at in 0..ALLOWED.len()) {
            for name in [sent.clone(), ALLOWED[at].name.replace('*', &sent)] {
                if let Some(name) = allowed(&name) {
                    prop_assert!(!name.contains(['/', '\\', ':', ' ', '"', '%']) && !name.contains(".."));
                    prop_assert_eq!(allowed(&name), Some(name.clone()));
                }
            }
        }
    }
}
