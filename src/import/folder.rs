//! The watched folder: what is dropped there is imported and moved away (CON-IMP-3).
//!
//! A file is taken when its size and time were the same at two looks, so that one that is still being copied is left
//! alone. It moves to `done` or, with a text file of the reasons beside it, to `failed`; nothing there is ever
//! replaced. A crash between import and move leads to one more import, which changes nothing.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::files::{self, Candidate, Skipped, Walk};
use super::{Bounds, ImportOutcome, ImportResult, Read};
use crate::clock::Timestamp;

/// Where imported files go, inside of the watched folder.
pub const DONE: &str = "done";
/// Where refused files go.
pub const FAILED: &str = "failed";

/// How a file looked: it is taken when it looks the same twice.
pub(super) type Look = (Option<Timestamp>, u64);

/// The watched folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    before: HashMap<PathBuf, Look>,
    /// Files that cannot be read or moved: told once, and not imported again and again.
    stuck: HashMap<PathBuf, Look>,
}

/// What one look at the folder did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Polled {
    /// What became of each file, or of each entry of an archive.
    pub outcomes: Vec<ImportOutcome>,
    /// There is more to do, and it need not wait for the next look.
    pub more: bool,
}

impl Folder {
    /// Watches a folder, which is made when it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(root: PathBuf) -> io::Result<Folder> {
        for folder in [root.clone(), root.join(DONE), root.join(FAILED)] {
            crate::app::private_folder(&folder)?;
        }
        Ok(Folder { root, before: HashMap::new(), stuck: HashMap::new() })
    }

    /// Looks once: imports what did not change since the last look. `go_on` is asked before each file; `ending` also
    /// within an archive, which is begun anew at the next start.
    pub fn poll(
        &mut self,
        bounds: &Bounds,
        import: &mut dyn FnMut(Read) -> ImportResult,
        go_on: &dyn Fn() -> bool,
        ending: &dyn Fn() -> bool,
    ) -> Polled {
        let mut found = Walk::default();
        let (done, failed) = (self.root.join(DONE), self.root.join(FAILED));
        files::folder(&self.root, &|path| path != done && path != failed, &mut found);
        found.candidates.sort();
        let mut looks: HashMap<PathBuf, Look> =
            found.candidates.iter().map(|file| (file.path.clone(), (file.made, file.size))).collect();
        self.stuck.retain(|path, look| looks.get(path) == Some(look));
        let mut polled = Polled::default();
        for file in &found.candidates {
            let same = self.before.get(&file.path) == Some(&(file.made, file.size));
            if !same || self.stuck.contains_key(&file.path) {
                continue;
            }
            if ending() || !go_on() {
                polled.more = true;
                break;
            }
            polled.outcomes.extend(self.take(file, bounds, import, ending));
            // What comes later under this name is another file.
            looks.remove(&file.path);
        }
        self.before = looks;
        polled
    }

    fn take(
        &mut self,
        file: &Candidate,
        bounds: &Bounds,
        import: &mut dyn FnMut(Read) -> ImportResult,
        ending: &dyn Fn() -> bool,
    ) -> Vec<ImportOutcome> {
        let mut outcomes = Vec::new();
        let mut unreadable = None;
        let whole = files::read(file, bounds, &mut |read| {
            let (name, result) = match read {
                Ok(read) => (read.name.clone(), import(read)),
                Err((name, why)) => {
                    let reason = why.reason();
                    if let Skipped::Unreadable(why) = why {
                        unreadable = Some(why);
                    }
                    (name, ImportResult::Refused(reason))
                }
            };
            outcomes.push(ImportOutcome { name: self.short(&name), result });
            !ending()
        });
        if !whole {
            return outcomes;
        }
        // Another program may hold it for a moment, or for good; it is not moved away from under its hands.
        if let Some(why) = unreadable {
            self.stuck.insert(file.path.clone(), (file.made, file.size));
            warn!("`{}` cannot be imported: {why}", file.path.display());
            return outcomes;
        }
        for outcome in &outcomes {
            info!("import of `{}`: {}", outcome.name, outcome.result);
        }
        if let Err(why) = self.put_away(&file.path, &outcomes) {
            self.stuck.insert(file.path.clone(), (file.made, file.size));
            warn!("`{}` was imported, but cannot be moved away: {why}", file.path.display());
        }
        outcomes
    }

    /// The name inside of the folder.
    fn short(&self, name: &str) -> String {
        Path::new(name).strip_prefix(&self.root).map_or_else(|_| name.to_owned(), |short| short.display().to_string())
    }

    fn put_away(&self, path: &Path, outcomes: &[ImportOutcome]) -> io::Result<()> {
        let refused: Vec<String> = outcomes
            .iter()
            .filter_map(|outcome| match &outcome.result {
                ImportResult::Refused(why) => Some(format!("{}: {why}\n", outcome.name)),
                _ => None,
            })
            .collect();
        let target = self.root.join(if refused.is_empty() { DONE } else { FAILED });
        let place = free(&target, path);
        fs::rename(path, &place)?;
        if refused.is_empty() { Ok(()) } else { fs::write(reason_file(&place), refused.concat()) }
    }
}

/// The text file beside a file.
fn reason_file(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".txt");
    path.with_file_name(name)
}

/// The name of a file with a number: `pc.ocs` for 0, else `pc-1.ocs`.
pub(super) fn numbered(file: &Path, number: u32) -> OsString {
    let mut name = file.file_stem().unwrap_or_default().to_os_string();
    if number > 0 {
        name.push(format!("-{number}"));
    }
    if let Some(end) = file.extension() {
        name.push(".");
        name.push(end);
    }
    name
}

/// A place in the folder where nothing is yet: `pc.ocs`, else `pc-1.ocs`, `pc-2.ocs`.
fn free(folder: &Path, file: &Path) -> PathBuf {
    let named = |number: u32| folder.join(numbered(file, number));
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    (0..).map(named).find(|place| !taken(place) && !taken(&reason_file(place))).unwrap_or_else(|| named(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ComputerId;
    use crate::limits::Limits;

    struct Office {
        folder: tempfile::TempDir,
        watch: Folder,
    }

    impl Office {
        fn new() -> Office {
            let folder = tempfile::tempdir().unwrap();
            let watch = Folder::new(folder.path().join("import")).unwrap();
            Office { folder, watch }
        }

        fn put(&self, name: &str, text: &str) {
            let path = self.folder.path().join("import").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// Files whose text begins with `good` are inventories.
        fn poll(&mut self) -> Vec<String> {
            let bounds = Bounds::from(&Limits::default());
            let mut import = |read: Read| match read.bytes.starts_with(b"good") {
                true => ImportResult::New { id: ComputerId(7), name: "pc-1".into() },
                false => ImportResult::Refused("it is no inventory".into()),
            };
            let polled = self.watch.poll(&bounds, &mut import, &|| true, &|| false);
            polled.outcomes.iter().map(|outcome| format!("{}: {}", outcome.name, outcome.result)).collect()
        }

        fn files(&self) -> Vec<String> {
            let mut found = Vec::new();
            let root = self.folder.path().join("import");
            let mut folders = vec![root.clone()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                    if entry.path().is_dir() {
                        folders.push(entry.path());
                    } else {
                        let path = entry.path();
                        found.push(path.strip_prefix(&root).unwrap().display().to_string().replace('\\', "/"));
                    }
                }
            }
            found.sort();
            found
        }
    }

    #[test]
    fn a_file_is_taken_at_the_second_look_and_moved() {
        let mut office = Office::new();
        office.put("a.ocs", "good");
        office.put("note.txt", "good");
        assert_eq!(office.poll(), [""; 0]);
        assert_eq!(office.poll(), ["a.ocs: new computer 7 (pc-1)"]);
        assert_eq!(office.files(), ["done/a.ocs", "note.txt"]);
        assert_eq!(office.poll(), [""; 0]);
    }

    #[test]
    fn a_file_that_still_grows_is_left_alone() {
        let mut office = Office::new();
        office.put("a.ocs", "go");
        assert_eq!(office.poll(), [""; 0]);
        office.put("a.ocs", "good and long");
        assert_eq!(office.poll(), [""; 0]);
        assert_eq!(office.poll().len(), 1);
    }

    #[test]
    fn a_refused_file_lies_in_failed_with_the_reason_and_nothing_is_replaced() {
        let mut office = Office::new();
        for _ in 0..3 {
            office.put("a.ocs", "bad");
            office.put("in/b.xml", "good");
            office.poll();
            assert_eq!(office.poll().len(), 2);
        }
        assert_eq!(
            office.files(),
            [
                "done/b-1.xml",
                "done/b-2.xml",
                "done/b.xml",
                "failed/a-1.ocs",
                "failed/a-1.ocs.txt",
                "failed/a-2.ocs",
                "failed/a-2.ocs.txt",
                "failed/a.ocs",
                "failed/a.ocs.txt"
            ]
        );
        let reason = fs::read_to_string(office.folder.path().join("import/failed/a.ocs.txt")).unwrap();
        assert_eq!(reason, "a.ocs: it is no inventory\n");
    }

    #[test]
    fn a_file_that_cannot_be_moved_is_not_imported_again_and_again() {
        let mut office = Office::new();
        let done = office.folder.path().join("import/done");
        fs::remove_dir(&done).unwrap();
        fs::write(&done, "in the way").unwrap();
        office.put("a.ocs", "good");
        office.poll();
        assert_eq!(office.poll().len(), 1);
        assert_eq!(office.poll(), [""; 0]);
        office.put("a.ocs", "good, but newer");
        office.poll();
        assert_eq!(office.poll().len(), 1);
    }

    #[test]
    fn a_long_round_is_cut_and_goes_on() {
        let mut office = Office::new();
        for name in ["a.ocs", "b.ocs", "c.ocs"] {
            office.put(name, "good");
        }
        office.poll();
        let left = std::cell::Cell::new(2);
        let go_on = || left.replace(left.get() - 1) > 0;
        let bounds = Bounds::from(&Limits::default());
        let mut import = |_| ImportResult::Refused("no".into());
        let polled = office.watch.poll(&bounds, &mut import, &go_on, &|| false);
        assert_eq!((polled.outcomes.len(), polled.more), (2, true));
        assert_eq!(office.poll().len(), 1);
    }
}
