//! SEC-33: archives that somebody made to harm whoever unpacks them, or to be read in two ways.

use std::io::Cursor;

use super::tests::packed;
use super::*;

/// An entry of a zip as it is written, here and in the list.
#[derive(Clone)]
struct Entry<'a> {
    name: &'a [u8],
    /// Its name in front of the content, when that is another one.
    local: Option<&'a [u8]>,
    flags: u16,
    /// The kind of file, as Unix says it.
    mode: u32,
    /// Bytes that it claims, unpacked and packed.
    sizes: (u32, u32),
    extra: Vec<u8>,
}

fn named(name: &[u8]) -> Entry<'_> {
    Entry { name, local: None, flags: 0, mode: 0o100_644, sizes: (1, 1), extra: Vec::new() }
}

/// A zip of entries with one byte each; `end` may change the last record.
fn zip(entries: &[Entry<'_>], end: impl FnOnce(&mut Vec<u8>)) -> File {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    let two = |number: usize| (number as u16).to_le_bytes();
    for entry in entries {
        let (at, local) = (bytes.len() as u32, entry.local.unwrap_or(entry.name));
        let sizes = [entry.sizes.1.to_le_bytes(), entry.sizes.0.to_le_bytes()].concat();
        for part in [&b"PK\x03\x04\x14\0"[..], &entry.flags.to_le_bytes(), &[0; 10], &sizes, &two(local.len())] {
            bytes.extend_from_slice(part);
        }
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(local);
        bytes.push(7);
        for part in [&b"PK\x01\x02\x14\x03\x14\0"[..], &entry.flags.to_le_bytes(), &[0; 10], &sizes] {
            list.extend_from_slice(part);
        }
        for part in [&two(entry.name.len())[..], &two(entry.extra.len()), &[0; 6], &(entry.mode << 16).to_le_bytes()] {
            list.extend_from_slice(part);
        }
        for part in [&at.to_le_bytes()[..], entry.name, &entry.extra] {
            list.extend_from_slice(part);
        }
    }
    let at = bytes.len() as u32;
    let count = two(entries.len());
    let mut last =
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &(list.len() as u32).to_le_bytes(), &at.to_le_bytes()].concat();
    last.extend_from_slice(&[0, 0]);
    end(&mut last);
    written(&[bytes, list, last].concat())
}

fn written(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The blocks of an entry of a tar: name, kind, target, content.
fn block(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    sized(name, kind, link, content.len() as u64, content)
}

/// The same with another size than that of its content.
fn sized(name: &str, kind: u8, link: &str, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// Extensions, each with its length in front.
fn extended(kind: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let record = |(key, value): &(&str, &str)| {
        let rest = format!(" {key}={value}\n");
        let length = (1..).find(|length: &usize| length.to_string().len() + rest.len() == *length).unwrap();
        format!("{length}{rest}")
    };
    block("x", kind, "", records.iter().map(record).collect::<String>().as_bytes())
}

fn tar(parts: &[Vec<u8>]) -> File {
    packed(&[&parts.concat()[..], &[0; 1024]].concat())
}

fn large(bytes: u64) -> Vec<u8> {
    [&[1, 0, 8, 0][..], &bytes.to_le_bytes()].concat()
}

type Case = (&'static str, File, fn(&Refused) -> bool);

fn zips() -> Vec<Case> {
    let outside: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Outside(_));
    let reserved: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Reserved(_));
    let damaged: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Unreadable { kind: "zip", .. });
    let one = |entry: Entry<'_>| zip(&[entry], |_| ());
    let long = vec![b'n'; 4097];
    let deep = b"a/".repeat(101);
    let many: Vec<Vec<u8>> = (0..4200).map(|n| format!("{n:05}{}", "n".repeat(4000)).into_bytes()).collect();
    let many: Vec<Entry<'_>> = many.iter().map(|name| named(name)).collect();
    let unicode = [&[0x75, 0x70, 9, 0, 1, 0, 0, 0, 0][..], b"../x"].concat();
    let mut twice = named(b"b");
    twice.sizes = (1, 200);
    vec![
        ("an absolute name", one(named(b"/x")), outside),
        ("a climbing name", one(named(b"a/../../x")), outside),
        ("the other stroke", one(named(b"..\\x")), outside),
        ("a drive", one(named(b"C:\\x")), outside),
        ("a stream", one(named(b"x.txt:s")), outside),
        ("a name with an end in it", one(named(b"x.exe\0.txt")), outside),
        ("no name", one(named(b"")), outside),
        ("a second name that climbs", one(Entry { extra: unicode, ..named(b"x") }), outside),
        ("a device of Windows", one(named(b"a/aux.txt")), reserved),
        ("a blank at the end", one(named(b"x ")), reserved),
        ("capitals", zip(&[named(b"a"), named(b"A")], |_| ()), |refused| matches!(refused, Refused::Twice(_))),
        ("a link", one(Entry { mode: 0o120_777, ..named(b"x") }), |refused| matches!(refused, Refused::Link(_))),
        ("a pipe", one(Entry { mode: 0o010_644, ..named(b"x") }), |refused| matches!(refused, Refused::NoFile(_))),
        ("a password", one(Entry { flags: 1, ..named(b"x") }), |refused| matches!(refused, Refused::Encrypted(_))),
        ("a long name", one(named(&long)), |refused| *refused == Refused::LongNames),
        ("a deep name", one(named(&deep)), |refused| *refused == Refused::LongNames),
        ("names of 16 MiB", zip(&many, |_| ()), |refused| *refused == Refused::LongNames),
        (
            "a bomb by its own words",
            one(Entry { sizes: (u32::MAX, 1), extra: large(65 << 30), ..named(b"x") }),
            |refused| *refused == Refused::TooLarge,
        ),
        ("more entries than told", zip(&[named(b"a"), named(b"b")], |end| end[8..12].fill(1)), damaged),
        ("fewer entries than told", zip(&[named(b"a")], |end| end[8..12].copy_from_slice(&[2, 0, 2, 0])), damaged),
        ("a list elsewhere", zip(&[named(b"a")], |end| end[16] -= 1), damaged),
        ("a part of several", zip(&[named(b"a")], |end| end[4] = 1), damaged),
        ("an end in the comment", zip(&[named(b"a")], |end| *end = [end.clone(), end.clone()].concat()), damaged),
        ("something behind the end", zip(&[named(b"a")], |end| end.push(b'x')), damaged),
        ("half an end", zip(&[named(b"a")], |end| end.truncate(12)), damaged),
        ("two names for one file", one(Entry { local: Some(b"y"), ..named(b"x") }), damaged),
        ("a file within a file", zip(&[Entry { name: b"a", ..twice }, named(b"b")], |_| ()), damaged),
    ]
}

fn tars() -> Vec<Case> {
    let outside: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Outside(_));
    let link: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Link(_));
    let no_file: fn(&Refused) -> bool = |refused| matches!(refused, Refused::NoFile(_));
    let damaged: fn(&Refused) -> bool = |refused| matches!(refused, Refused::Unreadable { kind: "tar.gz", .. });
    let long: fn(&Refused) -> bool = |refused| *refused == Refused::LongNames;
    let file = || block("x", b'0', "", b"1");
    let mut broken = file();
    broken[0] ^= 1;
    let mut sparse = block("x", b'S', "", b"");
    // Its size when it is unpacked, and the sum anew.
    sparse[483..495].copy_from_slice(b"\x80\0\0\0\0\0\0\x7F\0\0\0\0");
    let sum: u32 = sparse[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    sparse[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    vec![
        ("an absolute name", tar(&[block("/x", b'0', "", b"")]), outside),
        ("a climbing name", tar(&[block("a/../../x", b'0', "", b"")]), outside),
        ("a long name that climbs", tar(&[block("l", b'L', "", b"../x\0"), file()]), outside),
        (
            "a short name that climbs behind a good one",
            tar(&[block("l", b'L', "", b"x\0"), block("../x", b'0', "", b"")]),
            outside,
        ),
        ("an extension that climbs", tar(&[extended(b'x', &[("path", "../x")]), file()]), outside),
        (
            "an extension that climbs, and then does not",
            tar(&[extended(b'x', &[("path", "../x"), ("path", "x")]), file()]),
            outside,
        ),
        ("a sparse name that climbs", tar(&[extended(b'x', &[("GNU.sparse.name", "/x")]), file()]), outside),
        ("an absolute link", tar(&[block("x", b'2', "/etc", b"")]), link),
        ("a climbing link", tar(&[block("a/x", b'2', "../../etc", b"")]), link),
        (
            "a link whose extension climbs",
            tar(&[extended(b'x', &[("linkpath", "/etc")]), block("x", b'2', "y", b"")]),
            link,
        ),
        ("a file below a link", tar(&[block("a", b'2', "b", b""), block("a/x", b'0', "", b"")]), link),
        ("a hard link outside", tar(&[block("x", b'1', "../y", b"")]), link),
        ("a device", tar(&[block("x", b'4', "", b"")]), no_file),
        ("a pipe", tar(&[block("x", b'6', "", b"")]), no_file),
        ("a kind that nobody knows", tar(&[block("x", b'Z', "", b"")]), no_file),
        ("a name of a GiB", tar(&[sized("l", b'L', "", 1 << 30, b"x"), file()]), long),
        ("a target of a GiB", tar(&[sized("l", b'K', "", 1 << 30, b"x"), file()]), long),
        ("extensions of a GiB", tar(&[sized("l", b'x', "", 1 << 30, b"x"), file()]), long),
        ("a bomb by its own words", tar(&[sparse]), |refused| *refused == Refused::TooLarge),
        ("a size without an end", tar(&[sized("x", b'0', "", 1 << 60, b"1")]), damaged),
        ("a size in an extension that is not there", tar(&[extended(b'x', &[("size", "4096")]), file()]), damaged),
        ("one name for all files", tar(&[extended(b'g', &[("path", "x")]), file()]), damaged),
        ("extensions twice", tar(&[extended(b'x', &[("a", "b")]), extended(b'x', &[("path", "y")]), file()]), damaged),
        ("extensions for nothing", tar(&[file(), extended(b'x', &[("a", "b")])]), damaged),
        ("extensions that are none", tar(&[block("x", b'x', "", b"99 path=y\n"), file()]), damaged),
        ("a folder with content", tar(&[block("x", b'5', "", b"1")]), damaged),
        ("a link with content", tar(&[block("x", b'2', "y", b"1")]), damaged),
        ("a wrong sum", tar(&[broken]), damaged),
        ("a second archive behind the end", tar(&[file(), vec![0; 512], file()]), damaged),
        ("half a block", packed(&file()[..700]), damaged),
    ]
}

#[test]
fn sec_33_archives_made_to_harm_are_refused() {
    for (system, cases) in [(System::Windows, zips()), (System::Linux, tars())] {
        assert!(cases.len() >= 25);
        for (what, file, expected) in cases {
            match list(file, system) {
                Err(refused) => assert!(expected(&refused), "{what}: {refused:?}"),
                Ok(listing) => panic!("{what} is taken: {listing:?}"),
            }
        }
    }
}

/// What the builders above make is taken when nothing is wrong with it, and so is what packers of our day write.
#[test]
fn sec_33_usual_archives_are_taken() {
    let entries =
        |file, system| list(file, system).unwrap().entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(entries(zip(&[named(b"a"), named(b"d/b")], |_| ()), System::Windows), ["a", "d/b"]);
    assert_eq!(
        entries(
            zip(&[named(b"a")], |end| {
                end[20] = 2;
                end.extend_from_slice(b"hi");
            }),
            System::Windows
        ),
        ["a"]
    );
    // With the records of large archives.
    let mut archive = ZipWriter::new(tempfile::tempfile().unwrap());
    archive.start_file("large.bin", SimpleFileOptions::default().large_file(true)).unwrap();
    archive.write_all(&[1; 100]).unwrap();
    assert_eq!(entries(archive.finish().unwrap(), System::Windows), ["large.bin"]);
    let crowd: Vec<Vec<u8>> = (0..70_000).map(|n| n.to_string().into_bytes()).collect();
    let mut archive = ZipWriter::new(tempfile::tempfile().unwrap());
    for name in &crowd {
        archive.start_file(String::from_utf8_lossy(name), SimpleFileOptions::default()).unwrap();
    }
    assert_eq!(entries(archive.finish().unwrap(), System::Windows).len(), 70_000);

    let deep = format!("{}/file", "folder".repeat(30));
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    archive.append_data(&mut header, &deep, Cursor::new(b"abc")).unwrap();
    let bytes = archive.into_inner().unwrap();
    assert_eq!(entries(packed(&bytes), System::Linux), [deep.as_str()]);
    let wordy = [
        extended(b'g', &[("comment", "0123abcd")]),
        extended(b'x', &[("path", "été.txt"), ("mtime", "1.5")]),
        block("t.txt", b'0', "", b"1"),
        block("d", b'5', "", b""),
        block("d/again", b'1', "t.txt", b""),
    ];
    assert_eq!(entries(tar(&wordy), System::Linux), ["été.txt", "d/", "d/again"]);
    // Some programs write no end.
    assert_eq!(entries(packed(&block("x", b'0', "", b"1")), System::Linux), ["x"]);
}
