//! Archives of inventories: read entry by entry into memory; nothing is ever unpacked to the disk.
//!
//! Names are never used as paths. All the same an entry whose name tries to be one (`..`, a drive, a stream) or that
//! is no plain file says that somebody made the archive for another purpose, so it is skipped and reported.
//! Sizes are counted while reading: what the archive says about itself is not believed. Source: SEC-31.

use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom};

use jiff::civil;
use jiff::tz::TimeZone;
use zip::ZipArchive;
use zip::read::ZipFile;

use super::files::{Skipped, is_inventory};
use super::{Bounds, Left, Read};
use crate::clock::Timestamp;

/// Why an archive or an entry of it is not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read as an archive.
    #[error("is a damaged archive: {0}")]
    Damaged(String),
    /// Too many entries.
    #[error("holds more than {0} files")]
    TooMany(usize),
    /// The archive itself is too large.
    #[error("is larger than {0} bytes")]
    TooLarge(u64),
    /// The entry is larger than allowed once it is unpacked.
    #[error("is larger than {0} bytes when it is unpacked")]
    EntryTooLarge(u64),
    /// All entries together are larger than allowed; the rest is not read.
    #[error("holds more than {0} bytes when it is unpacked; the rest was not read")]
    WholeTooLarge(u64),
    /// With the archives in front of it, it holds too many entries.
    #[error("holds more files than are left of the {0} that archives may hold together; send it by itself")]
    TogetherTooMany(usize),
    /// With the archives in front of it, it is too large; the rest is not read.
    #[error("with the archives in front of it holds more than {0} bytes when it is unpacked; the rest was not read")]
    TogetherTooLarge(u64),
    /// A name that tries to lead somewhere.
    #[error("has a name that leads outside of the archive")]
    Name,
    /// A link.
    #[error("is a link")]
    Link,
    /// A device, a pipe or a socket.
    #[error("is no file")]
    Device,
    /// It needs a password.
    #[error("is encrypted")]
    Encrypted,
    /// An archive in an archive.
    #[error("is an archive inside of an archive; unpack it first")]
    Nested,
    /// No inventory in it.
    #[error("holds no .ocs, .xml or .json file")]
    Empty,
}

/// Reads the entries of an archive from the oldest on; `each` says whether to go on. What it takes of `left` is gone.
pub fn read(
    mut file: File,
    archive: &str,
    made: Option<Timestamp>,
    bounds: &Bounds,
    left: &mut Left,
    each: &mut dyn FnMut(Result<Read, (String, Skipped)>) -> bool,
) -> bool {
    let refused = |why: Refused| Err((archive.to_owned(), Skipped::Archive(why)));
    let size = file.metadata().map_or(0, |data| data.len());
    if size > bounds.whole {
        return each(refused(Refused::TooLarge(bounds.whole)));
    }
    // Before the list of entries is read into memory.
    match claimed_entries(&mut file, size) {
        Ok(claimed) if claimed > bounds.entries as u64 => return each(refused(Refused::TooMany(bounds.entries))),
        Ok(_) => {}
        Err(error) => return each(Err((archive.to_owned(), Skipped::Unreadable(error)))),
    }
    let mut opened = match ZipArchive::new(io::BufReader::new(file)) {
        Ok(opened) => opened,
        Err(error) => return each(refused(Refused::Damaged(error.to_string()))),
    };
    if opened.len() > bounds.entries {
        return each(refused(Refused::TooMany(bounds.entries)));
    }
    if opened.len() > left.entries {
        return each(refused(Refused::TogetherTooMany(bounds.entries)));
    }
    left.entries -= opened.len();
    let alone = left.bytes >= bounds.whole;
    let (wanted, skipped) = entries(&mut opened);
    if wanted.is_empty() && skipped.is_empty() && !each(refused(Refused::Empty)) {
        return false;
    }
    for (name, why) in skipped {
        if !each(Err((format!("{archive}/{name}"), Skipped::Archive(why)))) {
            return false;
        }
    }
    for entry in wanted {
        let name = format!("{archive}/{}", entry.name);
        let most = bounds.entry.min(left.bytes);
        let outcome = match opened.by_index(entry.index).map_err(io::Error::other) {
            Ok(file) => content(file, most),
            Err(error) => Err(error),
        };
        let go_on = match outcome {
            Ok(bytes) if bytes.len() as u64 > most && most < bounds.entry => {
                left.bytes = 0;
                let why = if alone { Refused::WholeTooLarge } else { Refused::TogetherTooLarge };
                each(refused(why(bounds.whole)));
                return true;
            }
            Ok(bytes) if bytes.len() as u64 > most => {
                left.bytes = left.bytes.saturating_sub(bytes.len() as u64);
                each(Err((name, Skipped::Archive(Refused::EntryTooLarge(bounds.entry)))))
            }
            Ok(bytes) => {
                left.bytes = left.bytes.saturating_sub(bytes.len() as u64);
                each(Ok(Read { name, made: entry.made.or(made), bytes }))
            }
            Err(error) => each(Err((name, Skipped::Archive(Refused::Damaged(error.to_string()))))),
        };
        if !go_on {
            return false;
        }
    }
    true
}

struct Wanted {
    made: Option<Timestamp>,
    name: String,
    index: usize,
}

/// Entries to be read, the oldest first, and those that are not, with the reason.
fn entries(opened: &mut ZipArchive<io::BufReader<File>>) -> (Vec<Wanted>, Vec<(String, Refused)>) {
    let (mut wanted, mut skipped) = (Vec::new(), Vec::new());
    for index in 0..opened.len() {
        // Raw: nothing is unpacked, and a method that we cannot unpack is no matter yet.
        let Ok(entry) = opened.by_index_raw(index) else { continue };
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        match judge(&name, entry.is_dir(), entry.unix_mode(), entry.encrypted()) {
            Judgement::Wanted => wanted.push(Wanted { made: local(&entry), name: printable(&name), index }),
            Judgement::PassedOver => {}
            Judgement::Refused(why) => skipped.push((printable(&name), why)),
        }
    }
    wanted.sort_by(|a, b| (a.made, &a.name).cmp(&(b.made, &b.name)));
    (wanted, skipped)
}

#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Wanted,
    /// Of no interest: a folder, a read-me, what other systems leave behind.
    PassedOver,
    Refused(Refused),
}

fn judge(name: &str, folder: bool, mode: Option<u32>, encrypted: bool) -> Judgement {
    const KIND: u32 = 0o170_000;
    if leads_outside(name) {
        return Judgement::Refused(Refused::Name);
    }
    match mode.map(|mode| mode & KIND) {
        Some(0o120_000) => return Judgement::Refused(Refused::Link),
        None | Some(0 | 0o100_000 | 0o040_000) => {}
        Some(_) => return Judgement::Refused(Refused::Device),
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    if folder || hidden || !is_inventory(last) {
        Judgement::PassedOver
    } else if last.to_ascii_lowercase().ends_with(".zip") {
        Judgement::Refused(Refused::Nested)
    } else if encrypted {
        Judgement::Refused(Refused::Encrypted)
    } else {
        Judgement::Wanted
    }
}

/// Absolute names, `..`, drive letters and streams (both have a colon), other separators, control characters.
fn leads_outside(name: &str) -> bool {
    name.is_empty()
        || name.starts_with('/')
        || name.contains(['\\', ':'])
        || name.chars().any(char::is_control)
        || name.split('/').any(|part| part == "..")
}

/// For a line that people read.
fn printable(name: &str) -> String {
    name.chars().take(200).map(|char| if char.is_control() { '?' } else { char }).collect()
}

/// Archives hold the local time of whoever made them; ours is the best guess.
fn local<R: io::Read>(entry: &ZipFile<'_, R>) -> Option<Timestamp> {
    let time = entry.last_modified()?;
    let small = |number: u8| i8::try_from(number).ok();
    let (year, month, day) = (i16::try_from(time.year()).ok()?, small(time.month())?, small(time.day())?);
    let (hour, minute, second) = (small(time.hour())?, small(time.minute())?, small(time.second())?.min(59));
    let civil = civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(Timestamp(civil.to_zoned(TimeZone::system()).ok()?.timestamp().as_second()))
}

/// One byte more than allowed tells that there is more.
fn content(file: impl io::Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The largest number of entries that the end of the file claims, by any record that looks like the archive's own.
fn claimed_entries(file: &mut File, size: u64) -> io::Result<u64> {
    // The last record with the longest comment, and the two of large archives in front of it.
    const TAIL: u64 = 22 + 0xFFFF + 20 + 56 + 64;
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let number = |at: usize, width: usize| {
        let bytes = tail.get(at..at.checked_add(width)?)?;
        Some(bytes.iter().rev().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)))
    };
    let mut most = 0;
    for at in memchr::memmem::find_iter(&tail, b"PK") {
        let claimed = match tail.get(at + 2..at + 4) {
            Some([5, 6]) => number(at + 10, 2).filter(|claimed| *claimed != 0xFFFF),
            Some([6, 6]) => number(at + 32, 8),
            _ => None,
        };
        most = most.max(claimed.unwrap_or(0));
    }
    Ok(most)
}

#[cfg(test)]
mod tests;
