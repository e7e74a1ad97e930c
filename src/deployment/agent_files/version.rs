//! The version that a Windows program carries in its version resource.
//!
//! A reader for this one thing: headers, sections, the tree of resources, the fixed part of `VS_VERSIONINFO`. Every
//! offset comes from the file and is looked up within bounds; what does not fit is no version. No more than a few
//! kilobytes are read, however large the file says that its parts are.
//!
//! Source: Microsoft, "PE Format", sections on headers and on `.rsrc`; "VS_VERSIONINFO structure".

use std::io::{Read, Seek, SeekFrom};

/// Most sections that are looked at; the system loads no more.
const SECTIONS: u16 = 96;
/// Most entries of one folder of resources that are looked at.
const ENTRIES: usize = 4096;
/// Bytes of a version resource that are read; the fixed part stands in front.
const FRONT: usize = 4096;
/// The kind of resource that holds versions.
const RT_VERSION: u32 = 16;
/// The mark of the fixed part.
const SIGNATURE: u32 = 0xFEEF_04BD;

/// The version of the file, as four numbers with points between them; `None` for what is no program or carries none.
pub fn version(file: &mut (impl Read + Seek)) -> Option<String> {
    let dos = at(file, 0, 64)?;
    if dos.get(..2)? != b"MZ" {
        return None;
    }
    let head = u64::from(number(&dos, 60)?);
    let coff = at(file, head, 24)?;
    if coff.get(..4)? != b"PE\0\0" {
        return None;
    }
    let (sections, optional) = (short(&coff, 6)?.min(SECTIONS), short(&coff, 20)?);
    let kind = at(file, head + 24, 2)?;
    // The list of folders stands behind fields whose size depends on the kind: 32 or 64 bits.
    let folders = match short(&kind, 0)? {
        0x10B => 96,
        0x20B => 112,
        _ => return None,
    };
    // The third folder is that of resources.
    let resources = at(file, head + 24 + folders + 2 * 8, 8)?;
    let root = number(&resources, 0).filter(|root| *root > 0)?;
    let table = at(file, head + 24 + u64::from(optional), usize::from(sections) * 40)?;
    let map = Map { table };
    let base = map.place(root)?;
    let mut down = child(file, base, 0, Some(RT_VERSION))?;
    // Below the kind: its names, and below a name its languages; the first of each.
    for _ in 0..2 {
        let below = down.checked_sub(0x8000_0000)?;
        down = child(file, base, below, None)?;
    }
    let entry = at(file, base.checked_add(u64::from(down))?, 8)?;
    let (place, size) = (map.place(number(&entry, 0)?)?, number(&entry, 4)?);
    let size = usize::try_from(size).ok()?.min(FRONT);
    fixed(&at(file, place, size)?)
}

/// The sections: where in the file stands what is at an address in memory.
struct Map {
    table: Vec<u8>,
}

impl Map {
    fn place(&self, address: u32) -> Option<u64> {
        self.table.chunks_exact(40).find_map(|section| {
            let (size, start) = (number(section, 8)?, number(section, 12)?);
            let (stored, from) = (number(section, 16)?, number(section, 20)?);
            let inside = address.checked_sub(start)?;
            (inside < size.max(stored)).then(|| u64::from(from) + u64::from(inside))
        })
    }
}

/// What an entry of a folder of resources leads to: the one with this number, or the first.
fn child(file: &mut (impl Read + Seek), base: u64, folder: u32, wanted: Option<u32>) -> Option<u32> {
    let start = base.checked_add(u64::from(folder))?;
    let head = at(file, start, 16)?;
    let entries = usize::from(short(&head, 12)?) + usize::from(short(&head, 14)?);
    let entries = at(file, start + 16, entries.min(ENTRIES) * 8)?;
    entries.chunks_exact(8).find_map(|entry| {
        let named = number(entry, 0)?;
        wanted.is_none_or(|wanted| wanted == named).then(|| number(entry, 4))?
    })
}

/// The version in the fixed part, which stands on a boundary of four bytes behind the block's name.
fn fixed(block: &[u8]) -> Option<String> {
    let places = (0..block.len()).step_by(4);
    let place = places.into_iter().find(|place| number(block, *place) == Some(SIGNATURE))?;
    let (high, low) = (number(block, place + 8)?, number(block, place + 12)?);
    Some(format!("{}.{}.{}.{}", high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF))
}

/// So many bytes from a place of the file on; `None` when it ends before.
fn at(file: &mut (impl Read + Seek), place: u64, size: usize) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(place)).ok()?;
    let mut bytes = vec![0; size];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

/// A program with nothing but a version, for tests.
#[cfg(any(test, debug_assertions))]
pub fn program(version: [u16; 4]) -> Vec<u8> {
    let mut file = vec![0_u8; 0x400];
    let mut put = |at: usize, bytes: &[u8]| file.iter_mut().skip(at).zip(bytes).for_each(|(into, byte)| *into = *byte);
    put(0, b"MZ");
    put(60, &0x40_u32.to_le_bytes());
    put(0x40, b"PE\0\0");
    put(0x46, &1_u16.to_le_bytes());
    put(0x54, &0xE0_u16.to_le_bytes());
    put(0x58, &0x10B_u16.to_le_bytes());
    put(0x58 + 96 + 16, &0x1000_u32.to_le_bytes());
    let section = 0x58 + 0xE0;
    put(section, b".rsrc\0\0\0");
    for (at, value) in [(8, 0x200_u32), (12, 0x1000), (16, 0x200), (20, 0x200)] {
        put(section + at, &value.to_le_bytes());
    }
    for (folder, entry, below) in [(0x200, RT_VERSION, 0x8000_0018_u32), (0x218, 1, 0x8000_0030), (0x230, 0x409, 0x48)]
    {
        put(folder + 14, &1_u16.to_le_bytes());
        put(folder + 16, &entry.to_le_bytes());
        put(folder + 20, &below.to_le_bytes());
    }
    put(0x248, &0x1060_u32.to_le_bytes());
    put(0x24C, &92_u32.to_le_bytes());
    let name: Vec<u8> = "VS_VERSION_INFO".encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(0x266, &name);
    put(0x260 + 40, &SIGNATURE.to_le_bytes());
    let [a, b, c, d] = version;
    for (at, (high, low)) in [(48, (a, b)), (52, (c, d))] {
        put(0x260 + at, &((u32::from(high) << 16) | u32::from(low)).to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Option<String> {
        version(&mut Cursor::new(bytes))
    }

    #[test]
    fn con_agt_1_the_version_is_that_of_the_fixed_part() {
        assert_eq!(read(&program([2, 11, 0, 1])).as_deref(), Some("2.11.0.1"));
        assert_eq!(read(&program([4, 0, 61, 65535])).as_deref(), Some("4.0.61.65535"));
        for none in [&b""[..], b"MZ", b"<html>", &[0; 4096]] {
            assert_eq!(read(none), None);
        }
        let mut without = program([1, 2, 3, 4]);
        without[0x58 + 96 + 16] = 0;
        without[0x58 + 96 + 17] = 0;
        assert_eq!(read(&without), None, "a program without resources");
    }

    #[test]
    fn con_agt_1_resources_that_lead_in_circles_or_outside_are_no_version() {
        for (at, value) in [(0x214, 0x8000_0000_u32), (0x22C, 0x8000_0000), (0x244, 0xFFFF_FFFF), (0x248, 0x9999)] {
            let mut file = program([1, 2, 3, 4]);
            file[at..at + 4].copy_from_slice(&value.to_le_bytes());
            assert_eq!(read(&file), None, "{at:x}");
        }
        let mut many = program([1, 2, 3, 4]);
        many[0x20C..0x210].copy_from_slice(&[0xFF; 4]);
        assert_eq!(read(&many), None, "more entries than the file has bytes");
    }

    proptest! {
        /// Whatever stands in the file: an answer, and never a panic.
        #[test]
        fn con_agt_1_hostile_programs_are_read_within_bounds(
            changes in prop::collection::vec((0_usize..0x400, any::<u8>()), 0..12),
            length in 0_usize..0x400,
            cut: bool,
        ) {
            let mut file = program([2, 10, 1, 0]);
            for (at, byte) in changes {
                file[at] = byte;
            }
            if cut {
                file.truncate(length);
            }
            if let Some(version) = read(&file) {
                prop_assert!(version.len() <= 23 && version.split('.').all(|part| part.parse::<u16>().is_ok()));
            }
        }

        #[test]
        fn con_agt_1_random_bytes_are_read_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&[b"MZ", &bytes[..]].concat());
        }
    }
}
