use std::io::Cursor;

use super::*;

fn zip_of(entries: &[(&str, &[u8])]) -> File {
    let mut archive = ZipWriter::new(tempfile::tempfile().unwrap());
    for (name, content) in entries {
        // Names as they are: the writer's own rules are not those of attackers.
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap()
}

/// A tar.gz of raw headers: name, kind, link, content.
fn tar_of(entries: &[(&str, u8, &str, &[u8])]) -> File {
    let mut bytes = Vec::new();
    for (name, kind, link, content) in entries {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = *kind;
        header[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend_from_slice(&[0; 1024]);
    packed(&bytes)
}

pub(super) fn packed(bytes: &[u8]) -> File {
    let mut out = GzEncoder::new(tempfile::tempfile().unwrap(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn con_dep_3_archives_are_listed() {
    let listing = list(zip_of(&[("setup.exe", b"MZ"), ("data\\x.bin", b"123")]), System::Windows).unwrap();
    assert_eq!((names(&listing), listing.total), (vec!["setup.exe", "data/x.bin"], 5));
    assert!(listing.has("SETUP.exe", System::Windows) && !listing.has("x.bin", System::Windows));
    let tar =
        tar_of(&[("./run.sh", b'0', "", b"#!/bin/sh\n"), ("bin", b'5', "", b""), ("bin/sh", b'2', "../run.sh", b"")]);
    let listing = list(tar, System::Linux).unwrap();
    assert_eq!((names(&listing), listing.total), (vec!["./run.sh", "bin/", "bin/sh"], 10));
    assert!(listing.has("run.sh", System::Linux) && !listing.has("RUN.sh", System::Linux));
}

#[test]
fn sec_33_archives_for_windows_that_are_not_taken() {
    let refused = |entries: &[(&str, &[u8])]| list(zip_of(entries), System::Windows).unwrap_err();
    for name in ["/etc/passwd", "../x", "a/../../x", "a\\..\\x", "\\x", "C:x", "C:\\x", "x.txt:stream"] {
        assert!(matches!(refused(&[(name, b"")]), Refused::Outside(_)), "{name}");
    }
    for name in ["CON", "con.txt", "a/NUL", "lpt1.exe", "COM9", "x.", "x ", "a?b", "aux .txt", "a|b"] {
        assert!(matches!(refused(&[(name, b"")]), Refused::Reserved(_)), "{name}");
    }
    assert!(matches!(refused(&[("a.txt", b""), ("A.TXT", b"")]), Refused::Twice(_)));
    assert!(matches!(refused(&[("a/", b"")]), Refused::Empty));
    assert!(matches!(refused(&[]), Refused::Empty));
    let mut archive = ZipWriter::new(tempfile::tempfile().unwrap());
    archive.add_symlink("link", "x", SimpleFileOptions::default()).unwrap();
    assert!(matches!(list(archive.finish().unwrap(), System::Windows), Err(Refused::Link(_))));
    for bytes in [&b"PK\x03\x04 but nothing else"[..], b"MZ", b""] {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        assert!(matches!(list(file, System::Windows), Err(Refused::Unreadable { kind: "zip", .. })));
    }
    for fine in ["com0.txt", "COM10", "console.exe", "..x", "a..b", "nul-1", "été.txt"] {
        assert!(list(zip_of(&[(fine, b"")]), System::Windows).is_ok(), "{fine}");
    }
}

#[test]
fn sec_33_archives_for_unix_that_are_not_taken() {
    let refused = |entries: &[(&str, u8, &str, &[u8])]| list(tar_of(entries), System::Linux).unwrap_err();
    for name in ["/etc/passwd", "../x", "a/../../x", "./../x"] {
        assert!(matches!(refused(&[(name, b'0', "", b"")]), Refused::Outside(_)), "{name}");
    }
    for (name, target) in [("a", "/etc/passwd"), ("a", "../x"), ("d/a", "../../x"), ("d/a", "x/../../../y"), ("a", "")]
    {
        let target_said = format!("{name} -> {target}");
        let entries = [(name, b'2', target, &b""[..]), ("file", b'0', "", b"")];
        match list(tar_of(&entries), System::Linux) {
            Err(Refused::Link(_)) => {}
            other => assert!(
                target.is_empty() && matches!(other, Err(Refused::Unreadable { .. })),
                "{target_said}: {other:?}"
            ),
        }
    }
    let through = [("a/b", b'2', "..", &b""[..]), ("c", b'2', "a/b/..", b""), ("c/evil", b'0', "", b"")];
    assert!(matches!(refused(&through), Refused::Link(name) if name == "c"));
    let below = [("lib", b'2', "lib64", &b""[..]), ("./lib/x.so", b'0', "", b"")];
    assert!(matches!(refused(&below), Refused::Link(name) if name == "./lib/x.so"));
    let fine = [("d/e/lib", b'2', "../../lib64", &b""[..]), ("lib64", b'0', "", b"")];
    assert!(list(tar_of(&fine), System::Linux).is_ok());
    assert!(matches!(refused(&[("a", b'1', "/etc/passwd", b"")]), Refused::Link(_)));
    assert!(matches!(refused(&[("a", b'1', "../x", b"")]), Refused::Link(_)));
    for kind in [b'3', b'4', b'6'] {
        assert!(matches!(refused(&[("a", kind, "", b"")]), Refused::NoFile(_)), "{kind}");
    }
    assert!(matches!(refused(&[("a", b'5', "", b"")]), Refused::Empty));
    let twice = [("a", b'0', "", &b""[..]), ("A", b'0', "", &b""[..])];
    assert!(list(tar_of(&twice), System::Linux).is_ok());
    assert!(matches!(list(tar_of(&twice), System::MacOs), Err(Refused::Twice(_))));
    assert!(matches!(list(packed(b"no tar at all"), System::Linux), Err(Refused::Unreadable { kind: "tar.gz", .. })));
    let mut cut = tar_of(&[("a", b'0', "", &[1; 4096])]);
    let length = cut.seek(SeekFrom::End(0)).unwrap();
    cut.set_len(length / 2).unwrap();
    assert!(matches!(list(cut, System::Linux), Err(Refused::Unreadable { .. })));
}

#[test]
fn con_dep_3_bare_files_and_scripts_are_packed_for_their_system() {
    for system in System::ALL {
        let files: Vec<(String, Box<dyn SizedRead>)> = vec![
            ("été.sh".into(), Box::new(Cursor::new(b"#!/bin/sh\n".to_vec()))),
            ("b.bin".into(), Box::new(Cursor::new(vec![7; 100_000]))),
        ];
        let mut made = make(system, files, tempfile::tempfile().unwrap()).unwrap();
        assert!(is_archive(&mut made, system).unwrap());
        let listing = list(made, system).unwrap();
        assert_eq!((names(&listing), listing.total), (vec!["été.sh", "b.bin"], 100_010));
    }
    assert_eq!(script("a\nb\r\nc", System::Windows, false), b"a\r\nb\r\nc\r\n");
    assert_eq!(script("\u{feff}a\r\nb\n", System::Linux, false), b"a\nb\n");
    assert_eq!(script("é\n", System::Windows, true), "\u{feff}é\r\n".as_bytes());
    assert_eq!(script("e\n", System::Windows, true), b"e\r\n");
}
