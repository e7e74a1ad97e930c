//! Which files of the given paths are inventories, and in which order they are read.
//!
//! A file that is named is tried whatever it is called. In folders only `.ocs`, `.xml`, `.json` and `.zip` count;
//! links are not followed, hidden files and folders and the `._x` files of Apple's systems are passed over.
//! Several files of one computer carry `-1`, `-2` at their ends, and more than nine of them sort wrongly by name:
//! so files are read in the order of their times. Source: pitfalls 84 and 86.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{Bounds, Left, Read, archive};
use crate::clock::Timestamp;
use crate::history::imports::{Reason, Why};

/// A file that may hold an inventory or many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// When it was last changed; the first thing to sort by.
    pub made: Option<Timestamp>,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
}

/// Why something was not read. Each is the end of a line that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum Skipped {
    /// There is nothing of that name.
    #[error("there is no such file or folder")]
    Missing,
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// Neither a file nor a folder.
    #[error("is neither a file nor a folder")]
    Special,
    /// A folder without inventories.
    #[error("holds no .ocs, .xml, .json or .zip file")]
    Empty,
    /// Larger than allowed.
    #[error("is larger than {} bytes", .0)]
    TooLarge(u64),
    /// Something about an archive.
    #[error(transparent)]
    Archive(#[from] archive::Refused),
}

impl Skipped {
    /// The same for the list of imported files.
    pub fn reason(&self) -> Reason {
        use archive::Refused;
        let (why, n) = match self {
            Skipped::Missing | Skipped::Special | Skipped::Empty => (Why::Other, 0),
            Skipped::Unreadable(_) => (Why::Unreadable, 0),
            Skipped::TooLarge(most) => (Why::FileTooLarge, *most),
            Skipped::Archive(why) => match why {
                Refused::Damaged(_) => (Why::DamagedArchive, 0),
                Refused::TooMany(most) => (Why::TooManyEntries, *most as u64),
                Refused::TooLarge(most) => (Why::FileTooLarge, *most),
                Refused::EntryTooLarge(most) => (Why::EntryTooLarge, *most),
                Refused::WholeTooLarge(most) => (Why::WholeTooLarge, *most),
                Refused::TogetherTooMany(most) => (Why::TogetherTooMany, *most as u64),
                Refused::TogetherTooLarge(most) => (Why::TogetherTooLarge, *most),
                Refused::Name => (Why::BadName, 0),
                Refused::Link | Refused::Device => (Why::NoFile, 0),
                Refused::Encrypted => (Why::Encrypted, 0),
                Refused::Nested => (Why::Nested, 0),
                Refused::Empty => (Why::NoInventory, 0),
            },
        };
        Reason { why, n, text: self.to_string() }
    }
}

/// What walking over paths found.
#[derive(Debug, Default)]
pub struct Walk {
    /// Files in the order in which they are to be read.
    pub candidates: Vec<Candidate>,
    /// Paths that gave nothing, and why.
    pub skipped: Vec<(PathBuf, Skipped)>,
}

/// Looks for files below the given paths.
pub fn walk(paths: &[PathBuf]) -> Walk {
    let mut found = Walk::default();
    for path in paths {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                let before = (found.candidates.len(), found.skipped.len());
                folder(path, &|_| true, &mut found);
                if (found.candidates.len(), found.skipped.len()) == before {
                    found.skipped.push((path.clone(), Skipped::Empty));
                }
            }
            Ok(data) if data.is_file() => found.candidates.push(candidate(path.clone(), &data)),
            Ok(_) => found.skipped.push((path.clone(), Skipped::Special)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found.skipped.push((path.clone(), Skipped::Missing));
            }
            Err(error) => found.skipped.push((path.clone(), Skipped::Unreadable(error))),
        }
    }
    found.candidates.sort();
    found.candidates.dedup();
    found
}

/// Adds the files of a folder and of the folders in it; `enter` says which of these are looked into.
pub fn folder(path: &Path, enter: &dyn Fn(&Path) -> bool, found: &mut Walk) {
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                found.skipped.push((folder, Skipped::Unreadable(error)));
                continue;
            }
        };
        for entry in entries {
            // An entry that is gone again, or a stick that was pulled: what is left is read.
            let Ok(entry) = entry else { continue };
            let (path, name) = (entry.path(), entry.file_name());
            // Of a link this tells that it is one; nothing is followed.
            let Ok(data) = entry.metadata() else { continue };
            if is_hidden(&name.to_string_lossy(), &data) {
                continue;
            }
            if data.is_dir() && enter(&path) {
                folders.push(path);
            } else if data.is_file() && is_inventory(&name.to_string_lossy()) {
                found.candidates.push(candidate(path, &data));
            }
        }
    }
}

/// A file as it looks.
pub(super) fn candidate(path: PathBuf, data: &Metadata) -> Candidate {
    let made = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let made = made.and_then(|since| i64::try_from(since.as_secs()).ok()).map(Timestamp);
    Candidate { made, path, size: data.len() }
}

/// Whether files of this name are looked at when they lie in a folder.
pub fn is_inventory(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| matches!(extension.as_str(), "ocs" | "xml" | "json" | "zip"))
}

/// Whether a file or folder of this name is passed over.
pub(super) fn is_hidden(name: &str, data: &Metadata) -> bool {
    #[cfg(windows)]
    {
        const HIDDEN: u32 = 2;
        if std::os::windows::fs::MetadataExt::file_attributes(data) & HIDDEN != 0 {
            return true;
        }
    }
    let _ = data;
    name.starts_with('.')
}

/// Reads a file, or each entry of an archive, and hands it over; `each` says whether to go on.
pub fn read(
    candidate: &Candidate,
    bounds: &Bounds,
    each: &mut dyn FnMut(Result<Read, (String, Skipped)>) -> bool,
) -> bool {
    read_named(candidate, candidate.path.display().to_string(), bounds, &mut bounds.into(), each)
}

/// The same for a file that has another name for people than on the disk, and comes with others: all together bring
/// no more than `left`.
pub fn read_named(
    candidate: &Candidate,
    name: String,
    bounds: &Bounds,
    left: &mut Left,
    each: &mut dyn FnMut(Result<Read, (String, Skipped)>) -> bool,
) -> bool {
    match File::open(&candidate.path) {
        Ok(file) => read_open(file, name, candidate.made, bounds, left, each),
        Err(error) => each(Err((name, Skipped::Unreadable(error)))),
    }
}

/// The same for a file that is open, at its beginning.
pub fn read_open(
    mut file: File,
    name: String,
    made: Option<Timestamp>,
    bounds: &Bounds,
    left: &mut Left,
    each: &mut dyn FnMut(Result<Read, (String, Skipped)>) -> bool,
) -> bool {
    match is_archive(&mut file) {
        Ok(true) => archive::read(file, &name, made, bounds, left, each),
        Ok(false) => match content(file, bounds.file) {
            Ok(bytes) => each(Ok(Read { name, made, bytes })),
            Err(why) => each(Err((name, why))),
        },
        Err(error) => each(Err((name, Skipped::Unreadable(error)))),
    }
}

/// By its first bytes: sticks and mails rename files.
fn is_archive(file: &mut File) -> io::Result<bool> {
    let mut first = Vec::with_capacity(4);
    file.take(4).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    // An archive without entries begins with its end.
    Ok(matches!(first.as_slice(), b"PK\x03\x04" | b"PK\x05\x06"))
}

fn content(file: File, most: u64) -> Result<Vec<u8>, Skipped> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(Skipped::Unreadable)?;
    if bytes.len() as u64 > most { Err(Skipped::TooLarge(most)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use std::time::{Duration, SystemTime};

    fn put(folder: &Path, name: &str, age: u64) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, name).unwrap();
        let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_700_000_000 - age);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }

    fn names(folder: &Path, paths: &[PathBuf]) -> Vec<String> {
        let found = walk(paths);
        let short = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string().replace('\\', "/");
        found.candidates.iter().map(|candidate| short(&candidate.path)).collect()
    }

    #[test]
    fn pitfall_86_hidden_and_appledouble_files_are_passed_over_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a.ocs",
            "b.XML",
            "c.json",
            "d.zip",
            "._a.ocs",
            ".hidden/e.ocs",
            ".f.ocs",
            "note.txt",
            "setup.exe",
            "ocs",
            "deep/er/g.ocs",
            ".Spotlight-V100/h.xml",
        ] {
            put(folder.path(), name, 0);
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
            std::os::unix::fs::symlink(folder.path().join("a.ocs"), folder.path().join("link.ocs")).unwrap();
        }
        let found = names(folder.path(), &[folder.path().to_path_buf()]);
        assert_eq!(found, ["a.ocs", "b.XML", "c.json", "d.zip", "deep/er/g.ocs"]);
    }

    #[test]
    fn pitfall_84_files_of_one_computer_are_read_from_the_oldest_on() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("pc-10.ocs", 10), ("pc-2.ocs", 20), ("pc.ocs", 30), ("pc-3.ocs", 10)] {
            put(folder.path(), name, age);
        }
        let found = names(folder.path(), &[folder.path().to_path_buf(), folder.path().join("pc.ocs")]);
        assert_eq!(found, ["pc.ocs", "pc-2.ocs", "pc-10.ocs", "pc-3.ocs"]);
    }

    #[test]
    fn a_file_that_is_named_is_tried_whatever_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "._inventory", 0);
        assert_eq!(names(folder.path(), &[folder.path().join("._inventory")]), ["._inventory"]);
    }

    #[test]
    fn what_gives_nothing_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let found = walk(&[folder.path().join("none.ocs"), folder.path().to_path_buf()]);
        let told: Vec<String> = found.skipped.iter().map(|(_, why)| why.to_string()).collect();
        assert_eq!(told, ["there is no such file or folder", "holds no .ocs, .xml, .json or .zip file"]);
    }

    #[test]
    fn a_file_beyond_the_bound_is_refused_without_being_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "large.ocs", 0);
        let found = walk(&[folder.path().to_path_buf()]);
        let bounds = Bounds { file: 8, ..Bounds::from(&Limits::default()) };
        let mut told = Vec::new();
        read(&found.candidates[0], &bounds, &mut |read| {
            told.push(read.map_err(|(_, why)| why.to_string()));
            true
        });
        assert_eq!(told, [Err("is larger than 8 bytes".to_owned())]);
    }
}
