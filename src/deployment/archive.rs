//! The archive of a package: its listing, looked at before anybody installs it, and archives that are made here out of
//! bare files. Nothing is ever unpacked on the server.
//!
//! Source: console page, CON-DEP-3; SEC-33.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::package::System;

/// Most entries of an archive.
pub const MOST_ENTRIES: usize = 200_000;
/// Most bytes when it is unpacked: 64 GiB.
pub const MOST_BYTES: u64 = 64 << 30;

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

/// Lists an archive for a system. Sizes are counted where the archive only claims them.
///
/// # Errors
/// [`Refused`]
pub fn list(mut file: impl Read + Seek, system: System) -> Result<Listing, Refused> {
    let kind = kind(system);
    let unreadable = |error: &dyn std::fmt::Display| Refused::Unreadable { kind, why: error.to_string() };
    file.seek(SeekFrom::Start(0)).map_err(|error| unreadable(&error))?;
    let mut collected =
        Collected { system, listing: Listing::default(), folded: HashSet::new(), links: HashSet::new() };
    match system {
        System::Windows => {
            let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&error))?;
            if archive.len() > MOST_ENTRIES {
                return Err(Refused::TooMany);
            }
            for index in 0..archive.len() {
                let entry = archive.by_index_raw(index).map_err(|error| unreadable(&error))?;
                let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
                if entry.encrypted() {
                    return Err(Refused::Encrypted(name));
                }
                // Made on Unix: the kind of file stands in the upper half.
                match entry.unix_mode().map(|mode| mode & 0o170_000) {
                    None | Some(0 | 0o100_000 | 0o040_000) => {}
                    Some(0o120_000) => return Err(Refused::Link(name)),
                    Some(_) => return Err(Refused::NoFile(name)),
                }
                collected.take(name, entry.size(), None)?;
            }
        }
        System::Linux | System::MacOs => {
            let mut archive = tar::Archive::new(MultiGzDecoder::new(BufReader::new(file)).take(2 * MOST_BYTES));
            for entry in archive.entries().map_err(|error| unreadable(&error))? {
                let entry = entry.map_err(|error| unreadable(&error))?;
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                let size = entry.size();
                let kind = entry.header().entry_type();
                let link = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
                match kind {
                    _ if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() => {
                        collected.take(name, size, None)?;
                    }
                    _ if kind.is_dir() => {
                        let name = if name.ends_with('/') { name } else { format!("{name}/") };
                        collected.take(name, 0, None)?;
                    }
                    _ if kind.is_symlink() => collected.take(name, 0, link.as_deref().or(Some("/")))?,
                    // A hard link names another entry from the root of the archive.
                    _ if kind.is_hard_link() => {
                        let target = link.unwrap_or_default();
                        if leads_outside(&target) {
                            return Err(Refused::Link(name));
                        }
                        collected.take(name, 0, None)?;
                    }
                    _ if kind.is_pax_global_extensions() => {}
                    _ => return Err(Refused::NoFile(name)),
                }
            }
        }
    }
    if collected.listing.entries.iter().all(|entry| entry.name.ends_with('/')) {
        return Err(Refused::Empty);
    }
    Ok(collected.listing)
}

struct Collected {
    system: System,
    listing: Listing,
    /// Names as systems see them that do not tell capitals apart.
    folded: HashSet<String>,
    /// Names of links.
    links: HashSet<String>,
}

impl Collected {
    fn take(&mut self, name: String, size: u64, link: Option<&str>) -> Result<(), Refused> {
        let windows = self.system == System::Windows;
        // Windows agents take both strokes for the same.
        let name = if windows { name.replace('\\', "/") } else { name };
        if leads_outside(&name) || (windows && name.contains(':')) {
            return Err(Refused::Outside(name));
        }
        if windows && name.split('/').any(is_reserved) {
            return Err(Refused::Reserved(name));
        }
        if let Some(target) = link {
            let depth = name.trim_end_matches('/').split('/').filter(|part| !matches!(*part, "" | ".")).count();
            if windows || target.starts_with('/') || climbs(target, depth.saturating_sub(1)) {
                return Err(Refused::Link(name));
            }
            self.links.insert(plain(&name));
        }
        // What lies below a link lies wherever the link leads.
        let whole = plain(&name);
        let above = whole.match_indices('/').filter_map(|(at, _)| whole.get(..at));
        if above.into_iter().any(|folder| self.links.contains(folder)) {
            return Err(Refused::Link(name));
        }
        let folder = name.ends_with('/');
        if self.system != System::Linux && !folder && !self.folded.insert(name.to_lowercase()) {
            return Err(Refused::Twice(name));
        }
        if self.listing.entries.len() >= MOST_ENTRIES {
            return Err(Refused::TooMany);
        }
        self.listing.total = self.listing.total.saturating_add(size);
        if self.listing.total > MOST_BYTES {
            return Err(Refused::TooLarge);
        }
        self.listing.entries.push(Entry { name, size });
        Ok(())
    }
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
mod tests;
