//! Packages on the disk: `download/<id>/` with `info` and the fragments `<id>-1` to `<id>-n`.
//!
//! A package is written into `download/.new-<id>`, every file synced, and gets its name when its record is on the
//! disk. After a crash [`Files::mend`] finishes or removes what lies under such names, and removes broken uploads.
//! Source: agent protocol page, section 12.4; SEC-33, SEC-34, REL-9.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use md5::{Digest as _, Md5};

use super::info::info;
use super::package::{Algorithm, Archive, Package, PackageId};
use super::whole::Whole;

/// Bytes that are copied at once.
const PIECE: usize = 256 << 10;
/// Most fragments of a package.
pub const MOST_FRAGMENTS: u32 = 100_000;
/// Smallest fragment in bytes.
pub const SMALLEST: u64 = 64 << 10;
const STAGED: &str = ".uploads";
const NEW: &str = ".new-";
const GATHERED: &str = ".gathered";

/// The folder `download` of an installation.
#[derive(Debug, Clone)]
pub struct Files {
    root: PathBuf,
}

/// Digests of a file, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// Bytes.
    pub size: u64,
    /// MD5.
    pub md5: String,
    /// SHA-256.
    pub sha256: String,
}

/// A fragment that is not as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// A file is missing or cannot be read.
    Missing(String),
    /// All fragments together are not what the record says.
    Digest,
}

impl Files {
    /// In this data folder; nothing is made yet.
    pub fn of(data: &Path) -> Files {
        Files { root: data.join("download") }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of uploads that are under way.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn uploads(&self) -> io::Result<PathBuf> {
        let folder = self.root.join(STAGED);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The information file of a package.
    pub fn info(&self, id: PackageId) -> PathBuf {
        self.folder(id).join("info")
    }

    /// A fragment of a package, counted from 1.
    pub fn fragment(&self, id: PackageId, number: u32) -> PathBuf {
        self.folder(id).join(format!("{id}-{number}"))
    }

    fn folder(&self, id: PackageId) -> PathBuf {
        self.root.join(id.to_string())
    }

    fn new_folder(&self, id: PackageId) -> PathBuf {
        self.root.join(format!("{NEW}{id}"))
    }

    /// Whether a number is free on the disk.
    pub fn is_free(&self, id: PackageId) -> bool {
        !self.folder(id).exists() && !self.new_folder(id).exists()
    }

    /// Writes the files of a package under its passing name: its fragments, and `info`. When this fails nothing is left.
    ///
    /// # Errors
    /// A file cannot be read or written, or the archive is not as long as the package says.
    pub fn write(&self, package: &Package, archive: Option<File>) -> io::Result<()> {
        let folder = self.new_folder(package.id);
        fs::create_dir_all(&folder)?;
        let written = write_into(&folder, package, archive);
        if written.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        written
    }

    /// Gives a package its name, after its record is on the disk.
    ///
    /// # Errors
    /// The folder cannot be renamed; [`Files::mend`] does it at the next start.
    pub fn publish(&self, id: PackageId) -> io::Result<()> {
        fs::rename(self.new_folder(id), self.folder(id))?;
        sync_folder(&self.root)
    }

    /// The folder in which a second site gathers the packages that it fetches, laid out as this one. What is in it
    /// outlives a restart: fetching goes on where it ended.
    pub fn gathering(&self) -> Files {
        Files { root: self.root.join(GATHERED) }
    }

    /// The folder of a package that is being gathered, made when it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(&self, id: PackageId) -> io::Result<()> {
        fs::create_dir_all(self.folder(id))
    }

    /// Takes the files of a package that was gathered and found good, under its passing name; [`Files::publish`] comes
    /// after its record.
    ///
    /// # Errors
    /// A file cannot be written, or the folder not renamed.
    pub fn adopt(&self, package: &Package) -> io::Result<()> {
        let folder = self.gathering().folder(package.id);
        let mut out = create(&folder.join("info"))?;
        out.write_all(info(package).as_bytes())?;
        out.sync_all()?;
        // Windows renames no folder in which a file is open.
        drop(out);
        sync_folder(&folder)?;
        let _ = fs::remove_dir_all(self.new_folder(package.id));
        fs::rename(&folder, self.new_folder(package.id))?;
        sync_folder(&self.root)
    }

    /// The packages that have a folder here.
    pub fn listed(&self) -> Vec<PackageId> {
        let Ok(entries) = fs::read_dir(&self.root) else { return Vec::new() };
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(PackageId)).collect()
    }

    /// Whether every fragment is there and as long as it should be. What is in them is not looked at.
    pub fn has_all(&self, package: &Package) -> bool {
        (1..=package.fragments()).all(|number| {
            let there = fs::metadata(self.fragment(package.id, number)).map(|file| file.len()).ok();
            there.is_some() && there == package.fragment_length(number)
        })
    }

    /// Removes a package whose record did not come to be, or is gone. What cannot be removed is at the next start.
    pub fn give_up(&self, id: PackageId) {
        match fs::remove_dir_all(self.new_folder(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!("`{}` cannot be removed yet: {error}", self.new_folder(id).display());
            }
            _ => {}
        }
    }

    /// Removes the files of a package.
    ///
    /// # Errors
    /// They cannot be removed; that they are not there is none.
    pub fn remove(&self, id: PackageId) -> io::Result<()> {
        match fs::remove_dir_all(self.folder(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes a package's name away, before its record is removed: whatever happens then, [`Files::mend`] sees from the
    /// record whether it gets its name again or goes. That it is not there is no error.
    ///
    /// # Errors
    /// The folder cannot be renamed.
    pub fn withdraw(&self, id: PackageId) -> io::Result<()> {
        match fs::rename(self.folder(id), self.new_folder(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync_folder(&self.root),
        }
    }

    /// Brings the folder into order after a start: a package with a record gets its name, one without is removed, and
    /// uploads that nobody continues are. Answers a sentence for each thing that could not be done.
    pub fn mend(&self, known: &dyn Fn(PackageId) -> bool) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.root) else { return Vec::new() };
        let mut troubles = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let outcome = if name == STAGED {
                fs::remove_dir_all(entry.path())
            } else if let Some(id) = name.strip_prefix(NEW).and_then(|id| id.parse().ok().map(PackageId)) {
                if known(id) { self.publish(id) } else { fs::remove_dir_all(entry.path()) }
            } else {
                Ok(())
            };
            if let Err(error) = outcome {
                troubles.push(format!("`{}` cannot be put into order: {error}", entry.path().display()));
            }
        }
        troubles
    }

    /// Compares the fragments with what the record says.
    ///
    /// # Errors
    /// What does not fit.
    pub fn verify(&self, package: &Package) -> Result<(), Broken> {
        self.verify_while(package, &|| true).unwrap_or(Ok(()))
    }

    /// The same, as long as `go_on` says so; `None` when it was told to stop.
    pub fn verify_while(&self, package: &Package, go_on: &dyn Fn() -> bool) -> Option<Result<(), Broken>> {
        let Some(archive) = &package.archive else { return Some(Ok(())) };
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut size = 0;
        let mut piece = vec![0; PIECE];
        for number in 1..=archive.fragments {
            let missing = || Some(Err(Broken::Missing(format!("{}-{number}", package.id))));
            let Ok(mut file) = File::open(self.fragment(package.id, number)) else { return missing() };
            loop {
                if !go_on() {
                    return None;
                }
                match file.read(&mut piece) {
                    Ok(0) => break,
                    Ok(length) => {
                        size += length as u64;
                        hash.update(piece.get(..length).unwrap_or_default());
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return missing(),
                }
            }
            // What follows cannot make it right again.
            if size > archive.size {
                return Some(Err(Broken::Digest));
            }
        }
        let same = size == archive.size && hex(hash.finish().as_ref()) == archive.sha256;
        Some(if same { Ok(()) } else { Err(Broken::Digest) })
    }

    /// The fragments of a package as one file, from its beginning.
    pub fn archive(&self, package: &Package) -> Whole {
        Whole::new(self, package)
    }
}

/// Digests of a file that is read to its end.
///
/// # Errors
/// It cannot be read.
pub fn digests(file: impl Read) -> io::Result<Digests> {
    let mut hash = Hash::default();
    hash.take_all(file)?;
    Ok(hash.done())
}

/// How an archive of this size is cut where fragments of `wanted` bytes are asked for: the bytes of each but the last,
/// and how many there are. At least one, and no more than [`MOST_FRAGMENTS`].
pub fn cut(size: u64, wanted: u64) -> (u64, u32) {
    let fragment = wanted.max(SMALLEST).max(size.div_ceil(u64::from(MOST_FRAGMENTS)));
    (fragment, u32::try_from(size.div_ceil(fragment)).unwrap_or(MOST_FRAGMENTS).max(1))
}

/// The record of an archive with these digests, cut into fragments of so many bytes.
pub fn archive(digests: &Digests, algorithm: Algorithm, wanted: u64) -> Archive {
    let (fragment, fragments) = cut(digests.size, wanted);
    Archive {
        size: digests.size,
        fragments,
        fragment,
        algorithm,
        digest: match algorithm {
            Algorithm::Md5 => digests.md5.clone(),
            Algorithm::Sha256 => digests.sha256.clone(),
        },
        sha256: digests.sha256.clone(),
    }
}

fn write_into(folder: &Path, package: &Package, archive: Option<File>) -> io::Result<()> {
    if let Some(mut file) = archive {
        for number in 1..=package.fragments() {
            let length = package.fragment_length(number).unwrap_or_default();
            let mut out = create(&folder.join(format!("{}-{number}", package.id)))?;
            if io::copy(&mut (&mut file).take(length), &mut out)? != length {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is shorter than it was"));
            }
            out.sync_all()?;
        }
    }
    let mut out = create(&folder.join("info"))?;
    out.write_all(info(package).as_bytes())?;
    out.sync_all()?;
    sync_folder(folder)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

/// That a name is there must be on the disk as well.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Digests of bytes that come bit by bit.
pub struct Hash {
    size: u64,
    md5: Md5,
    sha256: digest::Context,
}

impl Default for Hash {
    fn default() -> Hash {
        Hash { size: 0, md5: Md5::new(), sha256: digest::Context::new(&digest::SHA256) }
    }
}

impl Hash {
    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.sha256.update(bytes);
    }

    fn take_all(&mut self, mut file: impl Read) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(length) => self.take(piece.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The digests of all of them.
    pub fn done(self) -> Digests {
        Digests { size: self.size, md5: hex(&self.md5.finalize()), sha256: hex(self.sha256.finish().as_ref()) }
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::package::{Action, Protocol, System};
    use super::*;
    use crate::clock::Timestamp;

    fn package(folder: &Path, bytes: &[u8], fragment: u64) -> (Package, File) {
        let path = folder.join("archive");
        fs::write(&path, bytes).unwrap();
        let digests = digests(File::open(&path).unwrap()).unwrap();
        let package = Package {
            id: PackageId(1_700_000_001),
            name: "Tool".into(),
            description: String::new(),
            system: System::Linux,
            protocol: Protocol::Https,
            priority: 5,
            action: Action::Store,
            argument: "/opt/tool".into(),
            archive: Some(archive(&digests, Algorithm::Md5, fragment)),
            notify: None,
            done: None,
            made: Timestamp(1_700_000_001),
            by: "admin".into(),
        };
        (package, File::open(&path).unwrap())
    }

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 31 % 251) as u8).collect()
    }

    #[test]
    fn fragments_together_are_the_archive_and_the_digest_shows_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let content = bytes(200_000);
        let (package, archive) = package(folder.path(), &content, 65_536);
        assert_eq!(package.fragments(), 4);
        files.write(&package, Some(archive)).unwrap();
        assert!(!files.info(package.id).exists(), "it has its name only with its record");
        files.publish(package.id).unwrap();
        let lengths: Vec<_> =
            (1..=4).map(|number| fs::metadata(files.fragment(package.id, number)).unwrap().len()).collect();
        assert_eq!(lengths, [65_536, 65_536, 65_536, 3_392]);
        let mut whole = Vec::new();
        files.archive(&package).read_to_end(&mut whole).unwrap();
        assert_eq!(whole, content);
        assert_eq!(files.verify(&package), Ok(()));
        assert_eq!(files.verify_while(&package, &|| false), None, "told to stop, it says nothing");
        assert!(fs::read_to_string(files.info(package.id)).unwrap().starts_with("<DOWNLOAD ID=\"1700000001\""));

        fs::write(files.fragment(package.id, 4), bytes(3_391)).unwrap();
        assert_eq!(files.verify(&package), Err(Broken::Digest));
        fs::remove_file(files.fragment(package.id, 2)).unwrap();
        assert_eq!(files.verify(&package), Err(Broken::Missing("1700000001-2".into())));
        files.withdraw(package.id).unwrap();
        files.withdraw(package.id).unwrap();
        assert!(!files.info(package.id).exists() && !files.is_free(package.id));
        files.give_up(package.id);
        files.give_up(package.id);
        assert!(files.is_free(package.id));
    }

    #[test]
    fn sec_34_a_crash_leaves_a_whole_package_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let (package, archive) = package(folder.path(), &bytes(70_000), 65_536);
        files.write(&package, Some(archive.try_clone().unwrap())).unwrap();
        fs::write(files.uploads().unwrap().join("half"), b"x").unwrap();
        fs::create_dir(files.root().join("1600000000")).unwrap();
        assert_eq!(files.mend(&|_| false), [""; 0]);
        assert!(files.is_free(package.id));
        assert!(!files.root().join(STAGED).exists());
        assert!(files.root().join("1600000000").exists(), "what has a name is left alone");

        let (package, archive) = self::package(folder.path(), &bytes(70_000), 65_536);
        files.write(&package, Some(archive)).unwrap();
        assert_eq!(files.mend(&|id| id == package.id), [""; 0]);
        assert_eq!(files.verify(&package), Ok(()));

        // While it is deleted: before its record is gone, and after.
        files.withdraw(package.id).unwrap();
        assert_eq!(files.mend(&|id| id == package.id), [""; 0]);
        assert_eq!(files.verify(&package), Ok(()));
        files.withdraw(package.id).unwrap();
        assert_eq!(files.mend(&|_| false), [""; 0]);
        assert!(files.is_free(package.id));
    }

    #[test]
    fn an_archive_that_became_shorter_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        let (package, archive) = package(folder.path(), &bytes(70_000), 65_536);
        fs::write(folder.path().join("archive"), bytes(69_999)).unwrap();
        assert!(files.write(&package, Some(archive)).is_err());
        assert!(files.is_free(package.id));
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        let digests = digests(&b"abc"[..]).unwrap();
        assert_eq!(digests.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digests.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    proptest! {
        #[test]
        fn every_size_is_cut_into_what_fits(size in 0..u64::MAX / 2, fragment in any::<u64>()) {
            let (piece, count) = cut(size, fragment);
            prop_assert!((1..=MOST_FRAGMENTS).contains(&count) && piece >= SMALLEST);
            prop_assert!(u128::from(count) * u128::from(piece) >= u128::from(size));
            prop_assert!(size == 0 || u128::from(count - 1) * u128::from(piece) < u128::from(size));
        }
    }
}
