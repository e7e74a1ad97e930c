//! Opening and moving files of a kit. Whoever can write onto a stick may put a link, a pipe or a device in the place of
//! what was just looked at: so on Unix every folder on the way is held open and none that is a link is entered, and a
//! file is opened without waiting for anybody at its other end.
//!
//! On Windows the kinds are looked at first and a link is opened itself, not what it leads to; links in the place of
//! folders between the look and the use are not told there.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::import::folder::numbered;

/// Names that are tried for a file that is put away.
const NAMES: u32 = 1_000;

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is no plain file any more, or no folder on the way to it")
}

fn taken() -> io::Error {
    io::ErrorKind::AlreadyExists.into()
}

#[cfg(unix)]
mod system {
    use std::os::fd::OwnedFd;
    use std::path::Component;

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fchmod, mkdirat, openat, renameat, statat};
    use rustix::io::Errno;

    use super::*;

    fn folder(at: &OwnedFd, name: &Path) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(at, name, flags, Mode::empty()).map_err(|error| match error {
            Errno::LOOP | Errno::NOTDIR => changed(),
            other => other.into(),
        })
    }

    /// The folder of a file of a kit, and the name in it.
    fn way<'a>(kit: &Path, file: &'a Path) -> io::Result<(OwnedFd, &'a Path)> {
        let inside = file.strip_prefix(kit).map_err(|_| changed())?;
        let (above, name) = inside.parent().zip(inside.file_name()).ok_or_else(changed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut at = openat(CWD, kit, flags, Mode::empty())?;
        for part in above.components() {
            let Component::Normal(name) = part else { return Err(changed()) };
            at = folder(&at, name.as_ref())?;
        }
        Ok((at, name.as_ref()))
    }

    pub(super) fn open(kit: &Path, file: &Path) -> io::Result<File> {
        let (folder, name) = way(kit, file)?;
        // Opening a device may do something, so that is looked at first.
        let found = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Err(changed());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, name, flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(changed()) }
    }

    pub(super) fn put(kit: &Path, file: &Path, into: &Path) -> io::Result<()> {
        let (from, name) = way(kit, file)?;
        let (above, last) = way(kit, into)?;
        let made = match mkdirat(&above, last, Mode::RWXU) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(error) => return Err(error.into()),
        };
        let into = folder(&above, last)?;
        if made {
            // The service shares nothing by itself; whoever has the stick may look. Not every kind of drive has modes.
            let _ = fchmod(&into, Mode::from_raw_mode(0o755));
        }
        let is_free = |name: &Path| matches!(statat(&into, name, AtFlags::SYMLINK_NOFOLLOW), Err(Errno::NOENT));
        let free = (0..NAMES).map(|number| numbered(file, number)).find(|name| is_free(name.as_ref()));
        Ok(renameat(&from, name, &into, free.ok_or_else(taken)?)?)
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs;

    use super::*;

    pub(super) fn open(_: &Path, file: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.read(true);
        #[cfg(windows)]
        {
            /// `FILE_FLAG_OPEN_REPARSE_POINT`
            const ITSELF: u32 = 0x0020_0000;
            std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, ITSELF);
        }
        if !file.symlink_metadata()?.is_file() {
            return Err(changed());
        }
        let file = options.open(file)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(changed()) }
    }

    pub(super) fn put(_: &Path, file: &Path, into: &Path) -> io::Result<()> {
        match into.symlink_metadata() {
            Ok(data) if data.is_dir() => {}
            Ok(_) => return Err(changed()),
            Err(_) => fs::create_dir(into)?,
        }
        let mut names = (0..NAMES).map(|number| into.join(numbered(file, number)));
        let free = names.find(|name| name.symlink_metadata().is_err());
        fs::rename(file, free.ok_or_else(taken)?)
    }
}

/// Opens a file of a kit, and nothing that took its place or the place of a folder on the way since it was found.
///
/// # Errors
/// It is gone, cannot be read, or is no plain file any more (`InvalidData`).
pub fn open(kit: &Path, file: &Path) -> io::Result<File> {
    system::open(kit, file)
}

/// Moves a file of a kit into a folder of it, which is made when it is missing; what is there is not replaced.
///
/// # Errors
/// It stays where it is. `InvalidData` and `AlreadyExists`: something is in the way.
pub fn put(kit: &Path, file: &Path, into: &Path) -> io::Result<()> {
    system::put(kit, file, into)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a pipe is made by the system's own command")]
    fn sec_30_no_link_is_followed_at_any_level_and_no_pipe_is_waited_for() {
        use std::os::unix::fs::symlink;
        let (kit, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (kit, other) = (kit.path(), other.path());
        fs::create_dir_all(kit.join("inventories/sub")).unwrap();
        fs::write(kit.join("inventories/sub/a.ocs"), "good").unwrap();
        fs::write(other.join("a.ocs"), "secret").unwrap();
        let file = kit.join("inventories/sub/a.ocs");
        assert!(open(kit, &file).is_ok());
        let kind = |found: io::Result<File>| found.unwrap_err().kind();
        fs::rename(kit.join("inventories/sub"), kit.join("was")).unwrap();
        symlink(other, kit.join("inventories/sub")).unwrap();
        assert_eq!(kind(open(kit, &file)), io::ErrorKind::InvalidData, "a folder became a link");
        let done = kit.join("inventories/done");
        assert!(put(kit, &file, &done).is_err() && other.join("a.ocs").exists());
        fs::remove_file(kit.join("inventories/sub")).unwrap();
        assert_eq!(kind(open(kit, &file)), io::ErrorKind::NotFound);
        fs::rename(kit.join("was"), kit.join("inventories/sub")).unwrap();
        assert!(!done.exists());
        symlink(other, &done).unwrap();
        assert_eq!(put(kit, &file, &done).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(file.exists());
        assert!(open(kit, &other.join("a.ocs")).is_err(), "outside of the kit");
        assert!(open(kit, &kit.join("../x")).is_err());
        fs::remove_file(&file).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        assert_eq!(kind(open(kit, &file)), io::ErrorKind::InvalidData);
    }

    #[test]
    fn sec_30_a_folder_full_of_names_costs_no_more_than_a_thousand_looks() {
        let kit = tempfile::tempdir().unwrap();
        let (file, done) = (kit.path().join("a.ocs"), kit.path().join("done"));
        fs::create_dir(&done).unwrap();
        for number in 0..NAMES {
            fs::write(done.join(numbered(&file, number)), "").unwrap();
        }
        fs::write(&file, "good").unwrap();
        assert_eq!(put(kit.path(), &file, &done).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(done.join("a-7.ocs")).unwrap();
        put(kit.path(), &file, &done).unwrap();
        assert_eq!(fs::read_to_string(done.join("a-7.ocs")).unwrap(), "good");
    }
}
