//! What a zip file holds, read from the list at its end one entry after the other: the memory that it takes does not
//! depend on what the file claims.
//!
//! A file that two programs could read differently is refused: agents would unpack what nobody saw here. So the list
//! must end where the end of the file says, each entry must stand where the list says and under the name that it says,
//! and no entry may lie in another one.
//!
//! Source: APPNOTE 6.3.10, sections 4.3 and 4.5; SEC-33.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::{Found, Kind, MOST_ENTRIES, MOST_LIST, Refused, damaged};

const KIND: &str = "zip";
/// Bytes of the record at the end of the file, without its comment.
const END: usize = 22;
/// Bytes of the record of large archives, and of the one behind it that says where it is.
const LARGE: usize = 56;
const LOCATOR: usize = 20;

/// Hands over each entry.
///
/// # Errors
/// [`Refused`]
pub(super) fn each(
    mut file: impl Read + Seek,
    take: &mut dyn FnMut(Found) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let list = list(&mut file)?;
    let mut places = Vec::new();
    let mut input = at(file, list.bytes.start)?;
    let mut read = 0;
    for _ in 0..list.entries {
        let entry = entry(&mut input)?;
        read += entry.length;
        take(entry.found)?;
        places.push(entry.place);
    }
    if read != list.bytes.end - list.bytes.start {
        return Err(wrong("its list of files is not as long as it says"));
    }
    places.sort_unstable_by_key(|place| place.at);
    let ends = places.iter().skip(1).map(|next| next.at).chain([list.bytes.start]);
    for (place, end) in places.iter().zip(ends.collect::<Vec<_>>()) {
        look_at(&mut input, place, end)?;
    }
    Ok(())
}

/// Where the list is, and how many entries it has.
struct List {
    bytes: Range<u64>,
    entries: u64,
}

/// Finds the list by the records at the end of the file.
fn list(file: &mut (impl Read + Seek)) -> Result<List, Refused> {
    let size = file.seek(SeekFrom::End(0)).map_err(|error| damaged(KIND, &error))?;
    let begin = size.saturating_sub((END + 0xFFFF + LARGE + LOCATOR) as u64);
    file.seek(SeekFrom::Start(begin)).map_err(|error| damaged(KIND, &error))?;
    let mut tail = Vec::new();
    file.take(size - begin).read_to_end(&mut tail).map_err(|error| damaged(KIND, &error))?;
    let none = || wrong("its end is missing");
    let at = memchr::memmem::rfind(&tail, b"PK\x05\x06").ok_or_else(none)?;
    let end = Fields(tail.get(at..).unwrap_or_default());
    if end.0.len() < END || end.0.len() - END != end.short(20) as usize {
        return Err(none());
    }
    if end.short(4) != 0 || end.short(6) != 0 || end.short(8) != end.short(10) {
        return Err(wrong("it is one part of several"));
    }
    let (mut entries, mut length, mut first) = (u64::from(end.short(10)), end.word(12), end.word(16));
    let mut until = at;
    let locator = at.checked_sub(LOCATOR).filter(|at| tail.get(*at..*at + 4) == Some(b"PK\x06\x07"));
    let claims_large = entries == 0xFFFF || length == 0xFFFF_FFFF || first == 0xFFFF_FFFF;
    if let Some(locator) = locator.filter(|_| claims_large) {
        until = locator.checked_sub(LARGE).ok_or_else(none)?;
        let large = Fields(tail.get(until..locator).unwrap_or_default());
        if !large.0.starts_with(b"PK\x06\x06") || large.long(24) != large.long(32) {
            return Err(none());
        }
        (entries, length, first) = (large.long(32), large.long(40), large.long(48));
    }
    let until = begin + until as u64;
    if first.checked_add(length) != Some(until) {
        return Err(wrong("its list of files is not where it says"));
    }
    if entries > MOST_ENTRIES as u64 {
        return Err(Refused::TooMany);
    }
    if length > MOST_LIST {
        return Err(Refused::LongNames);
    }
    Ok(List { bytes: first..until, entries })
}

/// An entry of the list.
struct Entry {
    found: Found,
    place: Place,
    /// Bytes that it takes in the list.
    length: u64,
}

/// Where an entry is in the file.
struct Place {
    at: u64,
    /// Bytes as they are packed.
    packed: u64,
    /// Hash of its name.
    name: u64,
    encrypted: bool,
}

fn entry(input: &mut impl Read) -> Result<Entry, Refused> {
    let head = bytes(input, 46)?;
    let head = Fields(&head);
    if !head.0.starts_with(b"PK\x01\x02") {
        return Err(wrong("its list of files is damaged"));
    }
    let lengths = [head.short(28), head.short(30), head.short(32)];
    let [name, extra, _comment] =
        [bytes(input, lengths[0].into())?, bytes(input, lengths[1].into())?, bytes(input, lengths[2].into())?];
    let (mut size, mut packed, mut at) = (head.word(24), head.word(20), head.word(42));
    let mut names = vec![String::from_utf8_lossy(&name).into_owned()];
    let mut rest = Fields(&extra);
    while rest.0.len() >= 4 {
        let (id, length) = (rest.short(0), usize::from(rest.short(2)));
        let content = Fields(rest.0.get(4..4 + length).ok_or_else(|| wrong("its list of files is damaged"))?);
        match id {
            // Large numbers, those only that have no room in front.
            1 => {
                let mut next = 0;
                for number in [&mut size, &mut packed, &mut at] {
                    if *number == 0xFFFF_FFFF {
                        *number = content.long(next);
                        next += 8;
                    }
                }
            }
            // The name in UTF-8, which some programs prefer.
            0x7075 => names.push(String::from_utf8_lossy(content.0.get(5..).unwrap_or_default()).into_owned()),
            _ => {}
        }
        rest = Fields(rest.0.get(4 + length..).unwrap_or_default());
    }
    let encrypted = head.short(8) & 1 != 0;
    // Made on Unix or macOS: the kind of file stands in the upper half.
    let mode = if matches!(head.short(4) >> 8, 3 | 19) { (head.word(38) >> 16) & 0o170_000 } else { 0 };
    let kind = match mode {
        _ if encrypted => Kind::Encrypted,
        0 | 0o100_000 | 0o040_000 => Kind::File,
        0o120_000 => Kind::Link(None),
        _ => Kind::Other,
    };
    let place = Place { at, packed, name: xxh3_64(&name), encrypted };
    let length = 46 + lengths.into_iter().map(u64::from).sum::<u64>();
    Ok(Entry { found: Found { names, size, kind }, place, length })
}

/// What stands in front of the entry itself must say the same, and it must end before the next one begins.
fn look_at(input: &mut (impl Read + Seek), place: &Place, end: u64) -> Result<(), Refused> {
    input.seek(SeekFrom::Start(place.at)).map_err(|error| damaged(KIND, &error))?;
    let head = bytes(input, 30)?;
    let head = Fields(&head);
    let name = bytes(input, head.short(26).into())?;
    let same = head.0.starts_with(b"PK\x03\x04")
        && xxh3_64(&name) == place.name
        && (head.short(6) & 1 != 0) == place.encrypted;
    if !same {
        return Err(wrong("its list of files does not tell what is in it"));
    }
    let taken = 30 + u64::from(head.short(26)) + u64::from(head.short(28));
    let over = place.at.checked_add(taken).and_then(|begin| begin.checked_add(place.packed));
    if over.is_none_or(|over| over > end) {
        return Err(wrong("its files lie in each other"));
    }
    Ok(())
}

fn at<F: Read + Seek>(mut file: F, place: u64) -> Result<BufReader<F>, Refused> {
    file.seek(SeekFrom::Start(place)).map_err(|error| damaged(KIND, &error))?;
    Ok(BufReader::new(file))
}

/// So many bytes, 64 KiB at most.
fn bytes(input: &mut impl Read, length: u32) -> Result<Vec<u8>, Refused> {
    let mut bytes = vec![0; length as usize];
    input.read_exact(&mut bytes).map_err(|error| damaged(KIND, &error))?;
    Ok(bytes)
}

fn wrong(why: &str) -> Refused {
    damaged(KIND, &why)
}

/// Numbers in a record, the lowest byte first; what lies behind its end is 0.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn number(self, at: usize, width: usize) -> u64 {
        let bytes = at.checked_add(width).and_then(|end| self.0.get(at..end)).unwrap_or_default();
        bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    fn short(self, at: usize) -> u16 {
        self.number(at, 2) as u16
    }

    fn word(self, at: usize) -> u64 {
        self.number(at, 4)
    }

    fn long(self, at: usize) -> u64 {
        self.number(at, 8)
    }
}
