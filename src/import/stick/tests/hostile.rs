//! Sticks that somebody prepared: links, pipes, names, numbers, sizes, rights.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

#[test]
#[expect(clippy::disallowed_methods, reason = "a pipe is made by the system's own command")]
fn sec_30_links_pipes_and_hidden_files_are_passed_over() {
    let (drive, other) = (Drive::new(), tempfile::tempdir().unwrap());
    fs::write(other.path().join("secret.ocs"), "good").unwrap();
    drive.put("a.ocs", "good");
    drive.put(".hidden.ocs", "good");
    drive.put("._a.ocs", "good");
    drive.put("done/old.ocs", "good");
    drive.put("1/2/3/deep.ocs", "good");
    drive.put("1/2/3/4/too-deep.ocs", "good");
    let top = drive.kit().join("inventories");
    symlink(other.path().join("secret.ocs"), top.join("link.ocs")).unwrap();
    symlink(other.path(), top.join("folder")).unwrap();
    symlink("/dev/zero", top.join("zero.ocs")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(top.join("pipe.ocs")).status().unwrap();
    assert!(made.success());
    let mut found = drive.found();
    found.sort();
    assert_eq!(found, ["1/2/3/deep.ocs", "a.ocs"]);
    // The folder itself may be a link.
    fs::rename(&top, drive.kit().join("elsewhere")).unwrap();
    symlink(other.path(), &top).unwrap();
    assert!(drive.found().is_empty());
    // So may the kit.
    symlink(drive.kit(), drive.folder.path().join("link")).unwrap();
    assert_eq!(kits(drive.folder.path()).unwrap(), [drive.kit()]);
}

#[test]
fn sec_30_what_takes_the_place_of_a_file_is_not_read() {
    let (drive, other) = (Drive::new(), tempfile::tempdir().unwrap());
    let secret = other.path().join("secret.ocs");
    fs::write(&secret, "good secret").unwrap();
    drive.put("a.ocs", "good");
    drive.put("b.ocs", "good too");
    let files = inventories(&drive.kit()).unwrap().files;
    let swapped = drive.kit().join("inventories/a.ocs");
    fs::remove_file(&swapped).unwrap();
    symlink(&secret, &swapped).unwrap();
    let office = Office::default();
    let taken = take(&drive.kit(), &files, &Bounds::from(&Limits::default()), &office);
    assert_eq!((taken.trouble, taken.stuck, office.imported.get()), (None, vec![swapped], 1));
    let mut kept = office.kept.borrow().clone();
    kept.sort();
    assert_eq!(kept, ["ma clé à moi/a.ocs: refused", "ma clé à moi/b.ocs: new"]);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "good secret");
}

/// As when a root's `collect.sh` wrote them, and the server is none.
#[test]
fn con_imp_5_many_files_that_cannot_be_read_are_no_pulled_stick() {
    let drive = Drive::new();
    for n in 0..15 {
        drive.put(&format!("{n:02}.ocs"), &format!("good {n}"));
    }
    let mut files = inventories(&drive.kit()).unwrap().files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &files[..14] {
        fs::remove_file(&file.path).unwrap();
        symlink("/dev/null", &file.path).unwrap();
    }
    let office = Office::default();
    let taken = take(&drive.kit(), &files, &Bounds::from(&Limits::default()), &office);
    assert_eq!((taken.trouble, taken.stuck.len(), office.imported.get()), (None, 14, 1));
}

/// For who is not root: root reads everything.
#[test]
fn con_imp_5_folders_that_cannot_be_read_are_counted() {
    let drive = Drive::new();
    drive.put("a.ocs", "good");
    drive.put("closed/b.ocs", "good");
    let (top, closed) = (drive.kit().join("inventories"), drive.kit().join("inventories/closed"));
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&closed, 0);
    if fs::read_dir(&closed).is_err() {
        let listed = inventories(&drive.kit()).unwrap();
        assert_eq!((listed.files.len(), listed.closed), (1, 1));
        mode(&top, 0);
        let listed = inventories(&drive.kit()).unwrap();
        assert_eq!((listed.files.len(), listed.closed), (0, 1));
    }
    mode(&top, 0o755);
    mode(&closed, 0o755);
}

#[test]
fn sec_30_names_that_are_no_text_are_shown_as_far_as_they_are() {
    let drive = Drive::new();
    let name = OsStr::from_bytes(b"PC\xff\n\x1b[31m.ocs");
    fs::write(drive.kit().join("inventories").join(name), "good").unwrap();
    let office = Office::default();
    assert_eq!(drive.take(&office), Taken::default());
    assert!(drive.kit().join("inventories/done").join(name).is_file());
    let results = drive.results();
    assert_eq!(results.len(), 1, "{results:?}");
    assert!(results[0].contains("PC\u{FFFD}\u{FFFD}\u{FFFD}[31m.ocs: New"), "{results:?}");
}

#[test]
fn sec_30_a_stick_with_very_many_files_costs_no_more_than_one_with_thousands() {
    let drive = Drive::new();
    let top = drive.kit().join("inventories");
    let first = top.join("0.ocs");
    fs::write(&first, "good").unwrap();
    // Links to one file: many names without many files.
    for n in 1..25_000 {
        fs::hard_link(&first, top.join(format!("{n}.{}", if n % 5 == 0 { "ocs" } else { "txt" }))).unwrap();
    }
    let listed = inventories(&drive.kit()).unwrap();
    assert!(listed.more && listed.files.len() <= 5_000 && listed.files.len() > 3_000, "{}", listed.files.len());
    let office = Office::default();
    assert_eq!(drive.take(&office).trouble, None);
    assert_eq!(office.imported.get(), 1, "all have one content");
}

#[test]
fn sec_30_a_huge_file_is_refused_without_being_read_whole_and_known_afterwards() {
    let drive = Drive::new();
    drive.put("huge.ocs", "good");
    let path = drive.kit().join("inventories/huge.ocs");
    fs::File::options().write(true).open(path).unwrap().set_len(1 << 40).unwrap();
    let office = Office::default();
    assert_eq!(drive.take(&office), Taken::default());
    assert_eq!(office.kept.borrow().as_slice(), ["ma clé à moi/huge.ocs: refused"]);
    drive.take(&office);
    assert_eq!((office.kept.borrow().len(), office.imported.get()), (1, 0));
}
