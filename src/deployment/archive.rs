//! The archive of a package: its listing, looked at before anybody installs it, and archives that are made here out of
//! bare files. Nothing is ever unpacked on the server.
//!
//! Source: console page, CON-DEP-3; SEC-33.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

mod tars;
mod zips;

use super::package::System;

/// Most entries of an archive.
pub const MOST_ENTRIES: usize = 200_000;
/// Most bytes when it is unpacked: 64 GiB.
pub const MOST_BYTES: u64 = 64 << 30;
/// Most bytes of one name.
const MOST_NAME: usize = 4096;
/// Most folders in one name.
const MOST_DEPTH: usize = 100;
/// Most bytes of all names together.
const MOST_NAMES: usize = 16 << 20;
/// Most bytes of the list at the end of a zip, in which more than names stands.
const MOST_LIST: u64 = 64 << 20;

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its files, in their order; names of folders end with `/`.
    pub entries: Vec<Entry>,
    /// Bytes of all of them.
    pub total: u64,
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, with `/` between folders.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// Why an archive is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no archive of the kind that the system's agents unpack, or damaged.
    #[error("it cannot be read as {kind}: {why}")]
    Unreadable {
        /// `zip` or `tar.gz`.
        kind: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A name that leads out of the folder into which it is unpacked.
    #[error("`{0}` leads out of the folder into which it is unpacked")]
    Outside(String),
    /// A name that Windows keeps for itself.
    #[error("Windows cannot make a file named `{0}`")]
    Reserved(String),
    /// Two names that Windows and macOS take for the same.
    #[error("`{0}` is there twice, but for capitals")]
    Twice(String),
    /// A link that leads out of the folder, or any link in an archive for Windows.
    #[error("`{0}` is a link that cannot be unpacked safely")]
    Link(String),
    /// A device, a pipe or something else that is no file.
    #[error("`{0}` is no file")]
    NoFile(String),
    /// A file that needs a password.
    #[error("`{0}` is encrypted")]
    Encrypted(String),
    /// Too many entries.
    #[error("it holds more than {MOST_ENTRIES} files")]
    TooMany,
    /// A name is very long or lies very deep, or all names together are too long.
    #[error("the names of its files are too long")]
    LongNames,
    /// Too large.
    #[error("it holds more than 64 GiB")]
    TooLarge,
    /// Nothing in it.
    #[error("it holds no file")]
    Empty,
}

impl Listing {
    /// Whether a LAUNCH finds this file: agents look for it beside the root of the archive only.
    pub fn has(&self, file: &str, system: System) -> bool {
        let same = |name: &str| match system {
            System::Windows => name.eq_ignore_ascii_case(file),
            System::Linux | System::MacOs => name == file,
        };
        self.entries.iter().any(|entry| same(entry.name.strip_prefix("./").unwrap_or(&entry.name)))
    }
}

/// The end of the name of archives for a system.
pub fn kind(system: System) -> &'static str {
    match system {
        System::Windows => "zip",
        System::Linux | System::MacOs => "tar.gz",
    }
}

/// Whether the file begins like an archive that the agents of the system unpack.
///
/// # Errors
/// It cannot be read.
pub fn is_archive(file: &mut File, system: System) -> io::Result<bool> {
    let mut begin = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    (&mut *file).take(4).read_to_end(&mut begin)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(match system {
        System::Windows => begin.starts_with(b"PK\x03\x04") || begin.starts_with(b"PK\x05\x06"),
        System::Linux | System::MacOs => begin.starts_with(&[0x1F, 0x8B]),
    })
}

/// Lists an archive for a system. In a tar.gz sizes are counted; those of a zip are what it says.
///
/// # Errors
/// [`Refused`]
pub fn list(mut file: impl Read + Seek, system: System) -> Result<Listing, Refused> {
    file.seek(SeekFrom::Start(0)).map_err(|error| damaged(kind(system), &error))?;
    let mut collected = Collected::new(system);
    let mut take = |found| collected.take(found);
    match system {
        System::Windows => zips::each(file, &mut take)?,
        System::Linux | System::MacOs => tars::each(file, &mut take)?,
    }
    if collected.listing.entries.iter().all(|entry| entry.name.ends_with('/')) {
        return Err(Refused::Empty);
    }
    Ok(collected.listing)
}

/// An entry as an archive tells of it.
struct Found {
    /// Its names, the one that counts first.
    names: Vec<String>,
    /// Bytes when it is unpacked.
    size: u64,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    /// A link with its target, where that is told.
    Link(Option<String>),
    /// Another name for the entry that it names from the root of the archive.
    HardLink(String),
    Encrypted,
    /// A device, a pipe or something else.
    Other,
}

fn damaged(kind: &'static str, why: &dyn std::fmt::Display) -> Refused {
    Refused::Unreadable { kind, why: why.to_string() }
}

struct Collected {
    system: System,
    listing: Listing,
    /// Bytes of all names.
    names: usize,
    /// Names as systems see them that do not tell capitals apart.
    folded: HashSet<String>,
    /// Names of links.
    links: HashSet<String>,
}

impl Collected {
    fn new(system: System) -> Collected {
        Collected { system, listing: Listing::default(), names: 0, folded: HashSet::new(), links: HashSet::new() }
    }

    fn take(&mut self, found: Found) -> Result<(), Refused> {
        let windows = self.system == System::Windows;
        // Windows agents take both strokes for the same.
        let stroked = |name: String| if windows { name.replace('\\', "/") } else { name };
        let mut names = found.names.into_iter().map(stroked);
        let Some(name) = names.next() else { return Err(Refused::Empty) };
        for name in [name.clone()].into_iter().chain(names) {
            self.admit(&name)?;
        }
        let name = if found.kind == Kind::Folder && !name.ends_with('/') { format!("{name}/") } else { name };
        match &found.kind {
            Kind::File | Kind::Folder => {}
            Kind::Link(target) => {
                let depth = name.trim_end_matches('/').split('/').filter(|part| !matches!(*part, "" | ".")).count();
                let safe = |target: &String| !target.starts_with('/') && !climbs(target, depth.saturating_sub(1));
                if windows || !target.as_ref().is_some_and(safe) {
                    return Err(Refused::Link(short(&name)));
                }
                self.links.insert(plain(&name));
            }
            Kind::HardLink(target) if leads_outside(target) => return Err(Refused::Link(short(&name))),
            Kind::HardLink(_) => {}
            Kind::Encrypted => return Err(Refused::Encrypted(short(&name))),
            Kind::Other => return Err(Refused::NoFile(short(&name))),
        }
        if self.lies_below_a_link(&name) {
            return Err(Refused::Link(short(&name)));
        }
        let folder = name.ends_with('/');
        if self.system != System::Linux && !folder && !self.folded.insert(name.to_lowercase()) {
            return Err(Refused::Twice(short(&name)));
        }
        self.names += name.len();
        if self.listing.entries.len() >= MOST_ENTRIES {
            return Err(Refused::TooMany);
        }
        if self.names > MOST_NAMES {
            return Err(Refused::LongNames);
        }
        let size = if found.kind == Kind::File { found.size } else { 0 };
        self.listing.total = self.listing.total.saturating_add(size);
        if self.listing.total > MOST_BYTES {
            return Err(Refused::TooLarge);
        }
        self.listing.entries.push(Entry { name, size });
        Ok(())
    }

    /// Looks at one of the names of an entry.
    fn admit(&self, name: &str) -> Result<(), Refused> {
        let windows = self.system == System::Windows;
        if leads_outside(name) || (windows && name.contains(':')) {
            return Err(Refused::Outside(short(name)));
        }
        if name.len() > MOST_NAME || name.split('/').count() > MOST_DEPTH {
            return Err(Refused::LongNames);
        }
        if windows && name.split('/').any(is_reserved) {
            return Err(Refused::Reserved(short(name)));
        }
        Ok(())
    }

    /// What lies below a link lies wherever the link leads.
    fn lies_below_a_link(&self, name: &str) -> bool {
        if self.links.is_empty() {
            return false;
        }
        let whole = plain(name);
        let mut above = whole.match_indices('/').filter_map(|(at, _)| whole.get(..at));
        above.any(|folder| self.links.contains(folder))
    }
}

/// The beginning of a name, for a sentence.
fn short(name: &str) -> String {
    const SHOWN: usize = 200;
    let mut shown: String = name.chars().take(SHOWN).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown
}

/// Whether a name is absolute or climbs out of its folder.
fn leads_outside(name: &str) -> bool {
    name.is_empty() || name.starts_with('/') || name.contains('\0') || name.split('/').any(|part| part == "..")
}

/// A name without what means nothing in it.
fn plain(name: &str) -> String {
    name.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

/// Whether a target climbs higher than so many folders, or climbs after it went down: a link may stand in between.
fn climbs(target: &str, mut depth: usize) -> bool {
    let mut down = false;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 || down => return true,
            ".." => depth -= 1,
            _ => down = true,
        }
    }
    false
}

/// Whether Windows keeps the name for a device, or cannot end a name so.
pub fn is_reserved(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |word: &str| stem.strip_prefix(word).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
        || (part != "." && part.ends_with(['.', ' ']))
        || part.contains(['<', '>', '"', '|', '?', '*'])
}

/// Makes the archive of a system out of files with their names.
///
/// # Errors
/// A file cannot be read, or the archive cannot be written.
pub fn make(system: System, files: Vec<(String, Box<dyn SizedRead>)>, out: File) -> io::Result<File> {
    match system {
        System::Windows => {
            let mut archive = ZipWriter::new(out);
            for (name, mut file) in files {
                let large = file.length()? >= u64::from(u32::MAX);
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Deflated)
                    .large_file(large)
                    .last_modified_time(zip::DateTime::default());
                archive.start_file(name, options).map_err(io::Error::other)?;
                io::copy(&mut file, &mut archive)?;
            }
            archive.finish().map_err(io::Error::other)
        }
        System::Linux | System::MacOs => {
            let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
            for (name, file) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(file.length()?);
                // Whatever a file is for, the agent runs as root and may have to run it.
                header.set_mode(0o755);
                header.set_mtime(0);
                header.set_entry_type(tar::EntryType::Regular);
                archive.append_data(&mut header, name, file)?;
            }
            let mut out = archive.into_inner()?.finish()?;
            out.flush()?;
            Ok(out)
        }
    }
}

/// Something to be packed whose length is known before.
pub trait SizedRead: Read {
    /// Bytes.
    ///
    /// # Errors
    /// They cannot be counted.
    fn length(&self) -> io::Result<u64>;
}

impl SizedRead for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl SizedRead for io::Cursor<Vec<u8>> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.get_ref().len() as u64)
    }
}

/// A script as the interpreters of a system want it: UTF-8, CR LF on Windows, LF elsewhere, a line end at its end.
/// PowerShell of Windows reads UTF-8 only with a mark in front.
pub fn script(text: &str, system: System, powershell: bool) -> Vec<u8> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mut text = if text.ends_with('\n') { text } else { format!("{text}\n") };
    if system == System::Windows {
        text = text.replace('\n', "\r\n");
    }
    if powershell && system == System::Windows && !text.is_ascii() {
        text.insert(0, '\u{feff}');
    }
    text.into_bytes()
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
