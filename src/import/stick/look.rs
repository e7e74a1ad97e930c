//! What is on a drive: folders with our kit, and the files in their `inventories`.
//!
//! A stick is hostile. Links are not followed, other file systems inside of it are not entered, what is no plain file is
//! passed over, and everything is counted: a stick with a million files costs no more than one with some thousands.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use super::door;
use crate::history::brought::Content;
use crate::import::files::{Candidate, candidate, is_hidden, is_inventory};
use crate::import::folder::DONE;
use crate::kit::stick::{INVENTORIES, SCRIPTS};

/// Entries of a folder that are looked at in search of kits.
const ENTRIES: usize = 2_000;
/// Kits on one drive.
const KITS: usize = 8;
/// Entries of `inventories` and the folders in it.
const LISTED: usize = 20_000;
/// Files that are taken at once; the rest comes when these are in `done`.
const FILES: usize = 5_000;
/// Folders below `inventories`.
const DEEP: usize = 3;
/// Bytes of a file that its content is recognised by, together with its size.
const DIGESTED: u64 = 64 << 20;
/// Bytes of a certificate that is read.
const CERTIFICATE: u64 = 1 << 20;

/// The folders with our kit: the root of a drive, or folders directly in it.
///
/// # Errors
/// The root cannot be read.
pub fn kits(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut kits = Vec::new();
    let home = root.metadata()?;
    if is_kit(root) {
        kits.push(root.to_path_buf());
    }
    for entry in fs::read_dir(root)?.take(ENTRIES) {
        let Ok(entry) = entry else { continue };
        // Of a link this tells that it is one. Another drive that is mounted here is looked at by itself.
        let inside = entry.file_type().is_ok_and(|kind| kind.is_dir())
            && entry.metadata().is_ok_and(|data| one_drive(&home, &data));
        let path = entry.path();
        if inside && kits.len() < KITS && is_kit(&path) {
            kits.push(path);
        }
    }
    Ok(kits)
}

/// Whether a folder is a kit: both scripts are in it. They are never run here, nor read.
pub fn is_kit(folder: &Path) -> bool {
    SCRIPTS.iter().all(|script| folder.join(script).symlink_metadata().is_ok_and(|data| data.is_file()))
}

/// A kit that is held: what is done through it is done on the drive that it was found on, be that taken away meanwhile
/// and something else be found at its place.
pub struct Held {
    /// The place where it was found.
    kit: PathBuf,
    /// The way to it.
    pub root: PathBuf,
    /// The drive cannot be taken away in order while this is open.
    folder: Option<File>,
}

impl Held {
    /// Takes hold of a kit; `None` when there is none any more.
    pub fn of(kit: &Path) -> Option<Held> {
        // Where there is no such way the path has to do. Windows takes the letter of a drive away with the drive.
        #[cfg(target_os = "linux")]
        let folder = File::open(kit).ok();
        #[cfg(not(target_os = "linux"))]
        let folder = None;
        let held = Held { kit: kit.to_owned(), root: way(folder.as_ref()).unwrap_or_else(|| kit.to_owned()), folder };
        (is_kit(&held.root) && held.is_there()).then_some(held)
    }

    /// A file of the kit by the way to it.
    pub fn file(&self, found: &Path) -> PathBuf {
        found.strip_prefix(&self.kit).map_or_else(|_| found.to_owned(), |inside| self.root.join(inside))
    }

    /// Whether the kit is still where it was found.
    pub fn is_there(&self) -> bool {
        let Some(folder) = &self.folder else { return is_kit(&self.kit) };
        let same = || Some(is_one(&folder.metadata().ok()?, &self.kit.metadata().ok()?));
        same().unwrap_or(false)
    }
}

/// The way to a folder that is open.
fn way(folder: Option<&File>) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        let number = std::os::fd::AsRawFd::as_raw_fd(folder?);
        Some(PathBuf::from(format!("/proc/self/fd/{number}"))).filter(|way| way.is_dir())
    }
    #[cfg(not(target_os = "linux"))]
    return folder.and(None);
}

/// The files of a kit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// In the order in which they are read.
    pub files: Vec<Candidate>,
    /// There are more than were looked at.
    pub more: bool,
    /// Folders that cannot be read.
    pub closed: u64,
}

/// The inventories of a kit, those in `inventories/done` not among them. None when that folder is missing or a link.
///
/// # Errors
/// The folder is there and the stick does not answer.
pub fn inventories(kit: &Path) -> io::Result<Listed> {
    let mut listed = Listed::default();
    let top = kit.join(INVENTORIES);
    let (Ok(home), Ok(data)) = (kit.metadata(), top.symlink_metadata()) else { return Ok(listed) };
    if !data.is_dir() || !one_drive(&home, &data) {
        return Ok(listed);
    }
    let mut entries = 0;
    let mut folders = vec![(top.clone(), 0)];
    while let Some((folder, deep)) = folders.pop() {
        let found = match fs::read_dir(&folder) {
            Ok(found) => found,
            Err(error) if deep == 0 && error.kind() != ErrorKind::PermissionDenied => return Err(error),
            Err(_) => {
                listed.closed += 1;
                continue;
            }
        };
        for entry in found {
            entries += 1;
            if entries > LISTED || listed.files.len() >= FILES {
                listed.more = true;
                listed.files.sort();
                return Ok(listed);
            }
            let Ok(entry) = entry else { continue };
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(data) = entry.metadata() else { continue };
            let name = name.to_string_lossy();
            if is_hidden(&name, &data) || !one_drive(&home, &data) {
                continue;
            }
            if data.is_dir() {
                let put_away = deep == 0 && name.eq_ignore_ascii_case(DONE);
                if !put_away && deep < DEEP {
                    folders.push((path, deep + 1));
                }
            } else if data.is_file() && is_inventory(&name) {
                listed.files.push(candidate(path, &data));
            }
        }
    }
    listed.files.sort();
    Ok(listed)
}

/// Whether both lie on one file system.
pub fn one_drive(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::dev(one) == std::os::unix::fs::MetadataExt::dev(other);
    // Elsewhere what is mounted in a folder is a link, and links are not followed.
    #[cfg(not(unix))]
    return Some((one, other)).is_some();
}

/// Whether both are the same file or folder, as far as the system tells.
fn is_one(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    }
    #[cfg(not(unix))]
    return one.file_type() == other.file_type();
}

/// What a file is recognised by. Of one beyond 64 MiB its beginning counts, with its size. `ending` is asked meanwhile.
///
/// # Errors
/// It cannot be read, or it was ended.
pub fn content(file: &mut File, ending: &dyn Fn() -> bool) -> io::Result<Content> {
    let size = file.metadata()?.len();
    let (mut digest, mut block) = (Context::new(&SHA256), vec![0; 256 * 1024]);
    let mut part = file.take(DIGESTED);
    loop {
        match part.read(&mut block) {
            Ok(0) => break,
            Ok(read) => digest.update(block.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if ending() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    Ok((size, digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Whether the certificate of a kit is none of ours: another server made the kit, or this one with another authority.
/// Where there is nothing to compare it is not.
pub fn is_foreign(kit: &Path, own: &str) -> bool {
    let Ok(file) = door::open(kit, &kit.join("cacert.pem")) else { return false };
    let mut held = Vec::new();
    if own.is_empty() || file.take(CERTIFICATE).read_to_end(&mut held).is_err() {
        return false;
    }
    let held = String::from_utf8_lossy(&held);
    let blocks = |text: &str| -> Vec<String> {
        let parts = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        let parts = parts.filter_map(|part| part.split_once("-----END").map(|(inner, _)| inner));
        parts.map(|inner| inner.chars().filter(|c| !c.is_whitespace()).collect()).collect()
    };
    let (held, own) = (blocks(&held), blocks(own));
    !held.is_empty() && !held.iter().any(|one| own.contains(one))
}
