//! What a tar.gz holds, read block by block: nothing is kept but the entry at hand, whose name and extensions are
//! bounded before they are read.
//!
//! All names that an entry has are handed over, because programs differ in which one counts. What an archive may have
//! that would make two programs see different files is refused: extensions for all entries that name files, data
//! behind links and folders, anything behind the end.
//!
//! Source: POSIX.1-2017, pax; GNU tar's manual, "Basic Tar Format"; SEC-33.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;
use tar::{EntryType, GnuExtSparseHeader, Header};

use super::{Found, Kind, MOST_BYTES, MOST_NAME, Refused, damaged};

const KIND: &str = "tar.gz";
const BLOCK: usize = 512;
/// Most bytes of the extensions of one entry.
const MOST_EXTENSIONS: u64 = 1 << 20;

/// Hands over each entry.
///
/// # Errors
/// [`Refused`]
pub(super) fn each(file: impl Read, take: &mut dyn FnMut(Found) -> Result<(), Refused>) -> Result<(), Refused> {
    let mut input = MultiGzDecoder::new(BufReader::new(file)).take(2 * MOST_BYTES);
    let mut more = Extensions::default();
    while let Some(block) = block(&mut input)? {
        if block == [0; BLOCK] {
            return if more.any { Err(wrong("it ends within an entry")) } else { nothing_follows(&mut input) };
        }
        let header = Header::from_byte_slice(&block);
        if header.cksum().ok() != Some(sum(&block)) {
            return Err(wrong("it is no tar archive, or damaged"));
        }
        let size = header.entry_size().map_err(|error| damaged(KIND, &error))?;
        match header.entry_type() {
            EntryType::GNULongName => more.long_name = Some(name(&mut input, size)?),
            EntryType::GNULongLink => more.long_link = Some(name(&mut input, size)?),
            EntryType::XHeader if more.extended => return Err(wrong("an entry has extensions twice")),
            EntryType::XHeader => {
                more.extended = true;
                more.read(&content(&mut input, size, MOST_EXTENSIONS)?)?;
            }
            EntryType::XGlobalHeader => {
                let mut all = Extensions::default();
                all.read(&content(&mut input, size, MOST_EXTENSIONS)?)?;
                if !all.names.is_empty() || all.link.is_some() || all.size.is_some() {
                    return Err(wrong("it gives one name or size to all of its files"));
                }
                continue;
            }
            _ => {
                take(entry(&mut input, header, size, std::mem::take(&mut more))?)?;
                continue;
            }
        }
        more.any = true;
    }
    if more.any { Err(wrong("it ends within an entry")) } else { Ok(()) }
}

/// An entry with what was said in front of it; its bytes are read over.
fn entry(input: &mut impl Read, header: &Header, size: u64, more: Extensions) -> Result<Found, Refused> {
    let packed = more.size.unwrap_or(size);
    let mut real = packed.max(more.real.unwrap_or(0));
    let kind = header.entry_type();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let own = text(&header.path_bytes());
    let mut names = more.names;
    names.reverse();
    names.extend(more.long_name);
    // What was cut to have room in the header may be empty.
    if names.is_empty() || !own.is_empty() {
        names.push(own);
    }
    let target = more.link.or(more.long_link).or_else(|| header.link_name_bytes().map(|target| text(&target)));
    let kind = match kind {
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::GNUSparse => {
            let Some(gnu) = header.as_gnu() else { return Err(wrong("it is damaged")) };
            real = real.max(gnu.real_size().map_err(|error| damaged(KIND, &error))?);
            let mut goes_on = gnu.is_extended();
            while goes_on {
                let mut part = GnuExtSparseHeader::new();
                input.read_exact(part.as_mut_bytes()).map_err(|error| damaged(KIND, &error))?;
                goes_on = part.is_extended();
            }
            Kind::File
        }
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Link(target),
        EntryType::Link => Kind::HardLink(target.unwrap_or_default()),
        _ => Kind::Other,
    };
    if packed > 0 && kind != Kind::File && kind != Kind::Other {
        return Err(wrong("a link or a folder in it has content"));
    }
    // Content is filled up to whole blocks.
    skip(input, packed.checked_next_multiple_of(BLOCK as u64).ok_or(Refused::TooLarge)?)?;
    Ok(Found { names, size: real, kind })
}

/// What stands in front of an entry about it.
#[derive(Default)]
struct Extensions {
    /// There is something.
    any: bool,
    /// There are records among it.
    extended: bool,
    long_name: Option<String>,
    long_link: Option<String>,
    /// In their order; the last one counts.
    names: Vec<String>,
    link: Option<String>,
    /// Bytes that follow the header.
    size: Option<u64>,
    /// Bytes when it is unpacked.
    real: Option<u64>,
}

impl Extensions {
    /// Reads records, each `LENGTH KEY=VALUE` and a line end, where the length is that of all of it.
    fn read(&mut self, mut records: &[u8]) -> Result<(), Refused> {
        let bad = || wrong("the extensions of an entry cannot be read");
        while !records.is_empty() {
            let space = records.iter().position(|byte| *byte == b' ').ok_or_else(bad)?;
            let length =
                records.get(..space).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
            let length = length.filter(|length| (space + 1..=records.len()).contains(length)).ok_or_else(bad)?;
            let (record, rest) = records.split_at(length);
            records = rest;
            let record = record.get(space + 1..).and_then(|record| record.strip_suffix(b"\n")).ok_or_else(bad)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(bad)?;
            let (key, value) = record.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            let text = || String::from_utf8_lossy(value).into_owned();
            let number = || text().parse::<u64>().map_err(|_| bad());
            match key {
                b"path" | b"GNU.sparse.name" => self.names.push(text()),
                b"linkpath" => self.link = Some(text()),
                b"size" => self.size = Some(number()?),
                b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.real = Some(number()?),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The next block; `None` at the end of the file.
fn block(input: &mut impl Read) -> Result<Option<[u8; BLOCK]>, Refused> {
    let mut block = [0; BLOCK];
    let mut length = 0;
    while let Some(rest) = block.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) if length == 0 => return Ok(None),
            Ok(0) => return Err(wrong("it ends too early")),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(KIND, &error)),
        }
    }
    Ok(Some(block))
}

/// The sum over a header, in which its own field counts as blanks.
fn sum(block: &[u8; BLOCK]) -> u32 {
    let count = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) };
    block.iter().enumerate().map(count).sum()
}

/// A name that has no room in a header.
fn name(input: &mut impl Read, size: u64) -> Result<String, Refused> {
    let bytes = content(input, size, MOST_NAME as u64 + 1)?;
    Ok(String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned())
}

/// What follows a header, of at most so many bytes.
fn content(input: &mut impl Read, size: u64, most: u64) -> Result<Vec<u8>, Refused> {
    if size > most {
        return Err(Refused::LongNames);
    }
    let mut bytes = Vec::new();
    input.take(size).read_to_end(&mut bytes).map_err(|error| damaged(KIND, &error))?;
    if bytes.len() as u64 != size {
        return Err(wrong("it ends too early"));
    }
    skip(input, size.next_multiple_of(BLOCK as u64) - size)?;
    Ok(bytes)
}

/// Reads over so many bytes.
fn skip(input: &mut impl Read, bytes: u64) -> Result<(), Refused> {
    match io::copy(&mut input.take(bytes), &mut io::sink()) {
        Ok(read) if read == bytes => Ok(()),
        Ok(_) => Err(wrong("it ends too early")),
        Err(error) => Err(damaged(KIND, &error)),
    }
}

/// Behind the first empty block there are others only: some programs read on.
fn nothing_follows(input: &mut impl Read) -> Result<(), Refused> {
    while let Some(block) = block(input)? {
        if block != [0; BLOCK] {
            return Err(wrong("something follows its end"));
        }
    }
    Ok(())
}

fn wrong(why: &str) -> Refused {
    damaged(KIND, &why)
}
