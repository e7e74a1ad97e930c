//! The copy that an installer makes before another version opens the data, and the way back to it.
//!
//! Kept is what a version may change in a way that the one before cannot read: the database, the settings, certificates
//! and keys. Files of packages are the same for all versions and too large to be copied.
//!
//! A copy is whole or not there: it is made under another name. Going back puts file after file in its place, each in
//! one step; cut short, it is begun again.
//!
//! Source: REL-13; issue "Installed in an office", upgrade in place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The copy, in the data folder: it has the folder's rights.
pub const FOLDER: &str = "before-upgrade";
const UNFINISHED: &str = "before-upgrade.new";
const FILES: [&str; 2] = ["store.redb", "config.toml"];
const FOLDERS: [&str; 1] = ["tls"];

/// Makes the copy; one of an earlier upgrade is replaced. The server must not run.
///
/// # Errors
/// The disk is full, or a file cannot be read. The copy of an earlier upgrade is there still.
pub fn keep(data: &Path) -> io::Result<()> {
    let (place, unfinished) = (data.join(FOLDER), data.join(UNFINISHED));
    gone(&unfinished)?;
    fs::create_dir(&unfinished)?;
    for file in FILES {
        copy(&data.join(file), &unfinished.join(file))?;
    }
    for folder in FOLDERS {
        copy_folder(&data.join(folder), &unfinished.join(folder))?;
    }
    gone(&place)?;
    fs::rename(&unfinished, &place)
}

/// Puts the copy in the place of the data; `false` when there is none. The copy stays.
///
/// # Errors
/// A file cannot be written. Doing it again goes on.
pub fn restore(data: &Path) -> io::Result<bool> {
    let place = data.join(FOLDER);
    if !place.is_dir() {
        return Ok(false);
    }
    for file in FILES {
        back(&place.join(file), &data.join(file))?;
    }
    for folder in FOLDERS {
        let kept = place.join(folder);
        if kept.is_dir() {
            fs::create_dir_all(data.join(folder))?;
            for entry in fs::read_dir(&kept)? {
                let name = entry?.file_name();
                back(&kept.join(&name), &data.join(folder).join(&name))?;
            }
        }
    }
    Ok(true)
}

/// A file takes the place of another in one step. What is not in the copy was not there and goes.
fn back(kept: &Path, place: &Path) -> io::Result<()> {
    if !kept.exists() {
        return gone(place);
    }
    let mut unfinished = place.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    if let Err(error) = copy(kept, unfinished) {
        gone(unfinished)?;
        if error.kind() != io::ErrorKind::StorageFull {
            return Err(error);
        }
        // There is no room for three of them. The copy stays, so that this can be done again.
        gone(place)?;
        copy(kept, unfinished).inspect_err(|_| drop(gone(unfinished)))?;
    }
    fs::rename(unfinished, place)
}

/// Copies a file to the disk; one that is not there is no error.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::copy(from, to) {
        Ok(_) => File::options().write(true).open(to)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Our folders hold no folders.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn gone(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> tempfile::TempDir {
        let folder = tempfile::Builder::new().prefix("Inventaire été ").tempdir().unwrap();
        fs::write(folder.path().join("store.redb"), "old data").unwrap();
        fs::create_dir(folder.path().join("tls")).unwrap();
        fs::write(folder.path().join("tls/server.pem"), "old certificate").unwrap();
        folder
    }

    fn read(folder: &tempfile::TempDir, file: &str) -> String {
        fs::read_to_string(folder.path().join(file)).unwrap()
    }

    #[test]
    fn a_version_that_failed_leaves_the_data_as_they_were() {
        let folder = data();
        keep(folder.path()).unwrap();
        fs::write(folder.path().join("store.redb"), "what an older version cannot read").unwrap();
        fs::write(folder.path().join("config.toml"), "new").unwrap();
        fs::write(folder.path().join("tls/server.pem"), "new certificate").unwrap();
        assert!(restore(folder.path()).unwrap());
        assert_eq!(read(&folder, "store.redb"), "old data");
        assert_eq!(read(&folder, "tls/server.pem"), "old certificate");
        assert!(!folder.path().join("config.toml").exists(), "there was none");
        assert!(restore(folder.path()).unwrap(), "once more changes nothing");
        assert_eq!(read(&folder, "store.redb"), "old data");
    }

    #[test]
    fn the_next_upgrade_replaces_the_copy_even_after_one_that_was_cut_short() {
        let folder = data();
        keep(folder.path()).unwrap();
        fs::create_dir(folder.path().join(UNFINISHED)).unwrap();
        fs::write(folder.path().join(UNFINISHED).join("store.redb"), "half").unwrap();
        fs::write(folder.path().join("store.redb"), "newer data").unwrap();
        keep(folder.path()).unwrap();
        assert_eq!(read(&folder, "before-upgrade/store.redb"), "newer data");
        assert!(!folder.path().join(UNFINISHED).exists());
    }

    #[test]
    fn without_a_copy_nothing_is_touched() {
        let folder = data();
        assert!(!restore(folder.path()).unwrap());
        assert_eq!(read(&folder, "store.redb"), "old data");
    }
}
