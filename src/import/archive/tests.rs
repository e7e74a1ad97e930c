use std::io::{Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::limits::Limits;

fn bounds() -> Bounds {
    Bounds::from(&Limits::default())
}

/// What came out of an archive: names with the number of bytes, or with the reason.
fn told(file: File, bounds: &Bounds) -> Vec<String> {
    let mut told = Vec::new();
    read(file, "a.zip", Some(Timestamp(7)), bounds, &mut bounds.into(), &mut |read| {
        told.push(match read {
            Ok(read) => format!("{} {}", read.name, read.bytes.len()),
            Err((name, why)) => format!("{name} {why}"),
        });
        true
    });
    told
}

fn archive(write: impl FnOnce(&mut ZipWriter<&mut File>)) -> File {
    let mut file = tempfile::tempfile().unwrap();
    let mut writer = ZipWriter::new(&mut file);
    write(&mut writer);
    writer.finish().unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

fn plain() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn holding(names: &[&str]) -> File {
    archive(|zip| {
        for name in names {
            zip.start_file(*name, plain()).unwrap();
            zip.write_all(b"<REQUEST/>").unwrap();
        }
    })
}

/// An archive with one stored entry of this name, system and mode, byte by byte: writers refuse such names.
fn by_hand(name: &[u8], mode: u32, flags: u16) -> File {
    let body = b"<REQUEST/>";
    let mut crc = flate2::Crc::new();
    crc.update(body);
    let crc = crc.sum().to_le_bytes();
    let (size, length) = ((body.len() as u32).to_le_bytes(), (name.len() as u16).to_le_bytes());
    let mut bytes = Vec::new();
    bytes.extend_from_slice(b"PK\x03\x04\x14\x00");
    bytes.extend_from_slice(&flags.to_le_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 0x21, 0x58]);
    for part in [&crc[..], &size, &size, &length, &[0, 0], name, body] {
        bytes.extend_from_slice(part);
    }
    let central = bytes.len() as u32;
    bytes.extend_from_slice(b"PK\x01\x02\x14\x03\x14\x00");
    bytes.extend_from_slice(&flags.to_le_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 0x21, 0x58]);
    for part in [&crc[..], &size, &size, &length, &[0; 8], &(mode << 16).to_le_bytes(), &[0; 4], name] {
        bytes.extend_from_slice(part);
    }
    let length = (bytes.len() as u32 - central).to_le_bytes();
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    for part in [&length[..], &central.to_le_bytes(), &[0, 0]] {
        bytes.extend_from_slice(part);
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

const FILE: u32 = 0o100_644;

#[test]
fn inventories_of_an_archive_are_read_and_what_is_of_no_interest_is_passed_over() {
    let file = holding(&["b.ocs", "in/c.XML", "d.json", "read-me.txt", "__MACOSX/._b.ocs", "._b.ocs", ".x/e.ocs"]);
    assert_eq!(told(file, &bounds()), ["a.zip/b.ocs 10", "a.zip/d.json 10", "a.zip/in/c.XML 10"]);
}

#[test]
fn sec_31_names_that_lead_outside_are_skipped_and_reported() {
    for name in [
        "../a.ocs",
        "a/../../b.ocs",
        "a/..",
        "/etc/a.ocs",
        "//server/share/a.ocs",
        "C:/a.ocs",
        "C:a.ocs",
        "c:\\a.ocs",
        "..\\a.ocs",
        "a\\b.ocs",
        "\\\\server\\share\\a.ocs",
        "\\\\?\\C:\\a.ocs",
        "a.ocs:stream",
        "a.ocs::$DATA",
        "file:///etc/passwd.xml",
        "a\nb.ocs",
        "a\0.ocs",
        "\x1b[2J.ocs",
        "a/../b.xml",
    ] {
        let out = told(by_hand(name.as_bytes(), FILE, 0), &bounds());
        assert_eq!(out.len(), 1, "{name:?}: {out:?}");
        assert!(out[0].ends_with(" has a name that leads outside of the archive"), "{name:?}: {out:?}");
        assert!(!out[0].chars().any(char::is_control), "{name:?}");
    }
    assert_eq!(told(by_hand(b"a.ocs", FILE, 0), &bounds()), ["a.zip/a.ocs 10"]);
    assert_eq!(told(by_hand(b"caf\xE9.ocs", FILE, 0), &bounds()).len(), 1);
}

#[test]
fn sec_31_links_devices_and_the_like_are_skipped_and_reported() {
    for (mode, why) in [
        (0o120_777, "is a link"),
        (0o020_666, "is no file"),
        (0o060_666, "is no file"),
        (0o010_666, "is no file"),
        (0o140_777, "is no file"),
    ] {
        assert_eq!(told(by_hand(b"a.ocs", mode, 0), &bounds()), [format!("a.zip/a.ocs {why}")], "{mode:o}");
    }
    assert_eq!(told(by_hand(b"a.ocs", FILE, 1), &bounds()), ["a.zip/a.ocs is encrypted"]);
    assert_eq!(
        told(holding(&["b.zip"]), &bounds()),
        ["a.zip/b.zip is an archive inside of an archive; unpack it first"]
    );
}

#[test]
fn sec_31_sizes_are_counted_while_reading() {
    let zeros = |sizes: &'static [usize]| {
        archive(|zip| {
            for (at, size) in sizes.iter().enumerate() {
                zip.start_file(format!("{at}.ocs"), plain()).unwrap();
                zip.write_all(&vec![b' '; *size]).unwrap();
            }
        })
    };
    let small = Bounds { entry: 1000, whole: 2500, ..bounds() };
    assert_eq!(
        told(zeros(&[10, 1001, 1000]), &small),
        ["a.zip/0.ocs 10", "a.zip/1.ocs is larger than 1000 bytes when it is unpacked", "a.zip/2.ocs 1000"]
    );
    let out = told(zeros(&[1000, 1000, 1000, 1000]), &small);
    assert_eq!(out.len(), 3);
    assert_eq!(out[2], "a.zip holds more than 2500 bytes when it is unpacked; the rest was not read");
}

#[test]
fn sec_31_too_many_entries_refuse_the_archive() {
    let three = || holding(&["a.ocs", "b.ocs", "c.ocs"]);
    assert_eq!(told(three(), &Bounds { entries: 2, ..bounds() }), ["a.zip holds more than 2 files"]);
    assert_eq!(told(three(), &Bounds { entries: 3, ..bounds() }).len(), 3);
    assert_eq!(claimed_entries(&mut three(), three().metadata().unwrap().len()).unwrap(), 3);
    assert_eq!(told(three(), &Bounds { whole: 100, ..bounds() }), ["a.zip is larger than 100 bytes"]);
}

#[test]
fn a_damaged_or_empty_archive_is_told() {
    let whole = {
        let mut bytes = Vec::new();
        holding(&["a.ocs", "b.ocs"]).read_to_end(&mut bytes).unwrap();
        bytes
    };
    for length in 0..whole.len() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&whole[..length]).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        let out = told(file, &bounds());
        assert!(out[0].starts_with("a.zip is a damaged archive"), "{length}: {out:?}");
    }
    assert_eq!(told(holding(&["x.txt"]), &bounds()), ["a.zip holds no .ocs, .xml or .json file"]);
}

#[test]
fn entries_are_read_from_the_oldest_on() {
    let file = archive(|zip| {
        for (name, year) in [("pc-10.ocs", 2026), ("pc-2.ocs", 2025), ("pc.ocs", 2024)] {
            let time = zip::DateTime::from_date_and_time(year, 1, 2, 3, 4, 6).unwrap();
            zip.start_file(name, plain().last_modified_time(time)).unwrap();
        }
    });
    assert_eq!(told(file, &bounds()), ["a.zip/pc.ocs 0", "a.zip/pc-2.ocs 0", "a.zip/pc-10.ocs 0"]);
}
