//! Writing small files so that a crash leaves the old or the new one, readable by their owner only.
//!
//! A file is written under a temporary name in the same folder, synced, and renamed over the old one.
//! On Windows the rights come from the folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Error;

/// What a temporary name ends in. Leftovers of a crash are overwritten and mean nothing.
const UNFINISHED: &str = ".new";

/// Makes the folder, for its owner only, when it is not there.
///
/// # Errors
/// [`Error::Write`].
pub fn make_folder(dir: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| Error::Write { path: dir.to_owned(), source })
}

/// Replaces `dir/name` by these bytes.
///
/// # Errors
/// [`Error::Write`]; the old file is untouched then.
pub fn write(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = dir.join(name);
    write_steps(dir, &path, bytes).map_err(|source| Error::Write { path, source })
}

fn write_steps(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    // Removed first, so that the mode below is the file's from its first moment on.
    remove_steps(&unfinished)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&unfinished, path)?;
    sync_folder(dir)
}

/// The bytes of `dir/name`; `None` when there is no such file.
///
/// # Errors
/// [`Error::Read`].
pub fn read(dir: &Path, name: &str) -> Result<Option<Vec<u8>>, Error> {
    let path = dir.join(name);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path, source }),
    }
}

/// Removes `dir/name`, which need not be there.
///
/// # Errors
/// [`Error::Write`].
pub fn remove(dir: &Path, name: &str) -> Result<(), Error> {
    let path = dir.join(name);
    remove_steps(&path).and_then(|()| sync_folder(dir)).map_err(|source| Error::Write { path, source })
}

fn remove_steps(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether the folder holds a file with a sealed key.
///
/// # Errors
/// [`Error::Read`].
pub fn any_sealed(dir: &Path) -> Result<bool, Error> {
    let failed = |source| Error::Read { path: dir.to_owned(), source };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if Path::new(&name).extension().is_some_and(|end| end == "key") && name != super::keys::WRAPPING {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves all files of the folder into a folder within it.
///
/// # Errors
/// [`Error::Read`], [`Error::Write`]; some files may have been moved then, none is lost.
pub fn set_aside(dir: &Path, name: &str) -> Result<(), Error> {
    let failed = |source| Error::Read { path: dir.to_owned(), source };
    make_folder(&dir.join(name))?;
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            let path = dir.join(name).join(entry.file_name());
            fs::rename(entry.path(), &path).map_err(|source| Error::Write { path, source })?;
        }
    }
    Ok(())
}

/// Takes the rights of everybody but the owner away from a file.
///
/// # Errors
/// [`Error::Write`] when the rights are too wide and cannot be changed.
#[cfg(unix)]
pub fn narrow(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(mode = format!("{:o}", mode & 0o777), "`{}` could be read by others: narrowed", path.display());
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    }
    Ok(())
}

/// Rights come from the folder on Windows.
#[cfg(not(unix))]
pub fn narrow(_path: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn sync_folder(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_dir: &Path) -> io::Result<()> {
    // A folder cannot be opened as a file here; the file system's own log keeps the rename.
    Ok(())
}
