//! Sticks as folders: hostile ones, those that cannot be written, those that are pulled.

#[cfg(unix)]
mod hostile;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::look::{inventories, is_foreign, is_kit, kits};
use super::take::{Desk, Taken, take};
use super::{Kit, PAUSE};
use crate::app::sticks::{Trouble, Unwritten};
use crate::clock::Timestamp;
use crate::history::brought::Content;
use crate::history::imports::{ImportOutcome, ImportResult, Reason, Why};
use crate::id::ComputerId;
use crate::import::{Bounds, Read};
use crate::limits::Limits;

/// A drive with a kit whose name has blanks and accents.
struct Drive {
    folder: tempfile::TempDir,
}

impl Drive {
    fn new() -> Drive {
        let drive = Drive { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(drive.kit().join("inventories")).unwrap();
        for script in ["collect.cmd", "collect.sh"] {
            fs::write(drive.kit().join(script), "exit 1").unwrap();
        }
        drive
    }

    fn kit(&self) -> PathBuf {
        self.folder.path().join("ma clé à moi")
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.kit().join("inventories").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn found(&self) -> Vec<String> {
        let top = self.kit().join("inventories");
        let listed = inventories(&self.kit()).unwrap();
        listed.files.iter().map(|file| name(file.path.strip_prefix(&top).unwrap())).collect()
    }

    fn take(&self, desk: &Office) -> Taken {
        let files = inventories(&self.kit()).unwrap().files;
        take(&self.kit(), &files, &Bounds::from(&Limits::default()), desk)
    }

    fn results(&self) -> Vec<String> {
        let text = fs::read_to_string(self.kit().join("results.txt")).unwrap();
        text.lines().skip(2).map(str::to_owned).collect()
    }
}

fn name(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// A server: files whose text begins with `good` are inventories.
#[derive(Default)]
struct Office {
    known: RefCell<HashMap<Content, bool>>,
    kept: RefCell<Vec<String>>,
    imported: Cell<usize>,
    /// After so many imports something happens.
    at: Option<(usize, Box<dyn Fn()>)>,
    full: Cell<bool>,
    /// A file that can never be stored.
    poison: bool,
    ends: Cell<bool>,
}

impl Desk for Office {
    fn import(&self, read: Read) -> ImportResult {
        if self.full.get() || (self.poison && read.name.contains("poison")) {
            return ImportResult::Refused(Reason { why: Why::Unavailable, n: 0, text: "full".into() });
        }
        self.imported.set(self.imported.get() + 1);
        if let Some((at, event)) = &self.at
            && *at == self.imported.get()
        {
            event();
        }
        match read.bytes.starts_with(b"good") {
            true => ImportResult::New { id: ComputerId(7), name: "pc-1".into() },
            false => ImportResult::Refused(Reason { why: Why::NotAnInventory, n: 0, text: "no".into() }),
        }
    }

    fn known(&self, content: &Content) -> Option<bool> {
        self.known.borrow().get(content).copied()
    }

    fn keep(&self, outcomes: &[ImportOutcome], known: &[(Content, bool)]) -> bool {
        self.kept.borrow_mut().extend(outcomes.iter().map(|one| format!("{}: {}", one.name, one.result.word())));
        self.known.borrow_mut().extend(known.iter().cloned());
        true
    }

    fn told(&self, _: u64, _: &[ImportOutcome]) {}

    fn ending(&self) -> bool {
        self.ends.get()
    }

    fn date(&self) -> String {
        "2026-11-20 12:00:00".into()
    }
}

#[test]
fn con_imp_5_kits_are_found_at_the_root_and_one_folder_below() {
    let drive = Drive::new();
    assert_eq!(kits(drive.folder.path()).unwrap(), [drive.kit()]);
    assert_eq!(kits(&drive.kit()).unwrap(), [drive.kit()]);
    fs::remove_file(drive.kit().join("collect.sh")).unwrap();
    assert!(!is_kit(&drive.kit()) && kits(drive.folder.path()).unwrap().is_empty());
    fs::create_dir(drive.kit().join("collect.sh")).unwrap();
    assert!(!is_kit(&drive.kit()), "a folder is no script");
    assert!(kits(&drive.folder.path().join("none")).is_err());
}

#[test]
fn con_imp_5_files_are_imported_told_and_moved() {
    let drive = Drive::new();
    for (name, text) in
        [("PC été 1.ocs", "good 1"), ("sub folder/b.xml", "good 2"), ("bad.json", "bad"), ("a.txt", "x")]
    {
        drive.put(name, text);
    }
    drive.put("twin.ocs", "good 1");
    let office = Office::default();
    assert_eq!(drive.take(&office), Taken::default());
    let mut kept = office.kept.borrow().clone();
    kept.sort();
    let label = "ma clé à moi";
    let good = if kept.iter().any(|line| line.contains("twin")) { "twin.ocs" } else { "PC été 1.ocs" };
    let mut wanted = [
        format!("{label}/{good}: new"),
        format!("{label}/bad.json: refused"),
        format!("{label}/sub folder/b.xml: new"),
    ];
    wanted.sort();
    assert_eq!(kept, wanted, "one of two with the same content is imported");
    assert_eq!(drive.found(), ["bad.json"], "what was refused stays");
    let done = drive.kit().join("inventories/done");
    assert!(["PC été 1.ocs", "twin.ocs", "b.xml"].iter().all(|name| done.join(name).is_file()));
    let results = drive.results();
    assert_eq!(results.len(), 3);
    let line = "2026-11-20 12:00:00  sub folder/b.xml: New: pc-1 / Nouveau\u{a0}: pc-1";
    assert!(results.iter().any(|one| one == line), "{results:?}");
    let why = "bad.json: Refused: This is not an inventory. / Refusé\u{a0}: Ce n’est pas un inventaire.";
    assert!(results.iter().any(|one| one.ends_with(why)), "{results:?}");
    // A second time there is nothing to do.
    assert_eq!((drive.take(&office), office.imported.get()), (Taken::default(), 3));
    assert_eq!(drive.results().len(), 3);
}

#[test]
fn con_imp_5_what_is_known_by_its_content_is_moved_and_not_imported_again() {
    let drive = Drive::new();
    drive.put("a.ocs", "good");
    let office = Office::default();
    drive.take(&office);
    drive.put("again.ocs", "good");
    drive.put("bad.ocs", "bad");
    drive.take(&office);
    assert_eq!((office.imported.get(), drive.found()), (2, vec!["bad.ocs".to_owned()]));
    drive.take(&office);
    assert_eq!((office.imported.get(), drive.found()), (2, vec!["bad.ocs".to_owned()]));
}

#[test]
fn con_imp_5_a_pulled_stick_keeps_what_was_imported_and_the_next_plug_brings_the_rest() {
    let drive = Drive::new();
    for n in 0..50 {
        drive.put(&format!("{n:02}.ocs"), &format!("good {n}"));
    }
    let (kit, away) = (drive.kit(), drive.folder.path().join("pulled"));
    let (from, to) = (kit.clone(), away.clone());
    // An empty folder is left, as where a drive was mounted.
    let pull = move || {
        fs::rename(&from, &to).unwrap();
        fs::create_dir(&from).unwrap();
    };
    let office = Office { at: Some((25, Box::new(pull))), ..Office::default() };
    let taken = drive.take(&office);
    assert_eq!(taken.trouble, Some(Trouble::Pulled));
    assert_eq!((office.imported.get(), office.kept.borrow().len()), (25, 25), "no line about files that are gone");
    assert_eq!(fs::read_dir(&kit).unwrap().count(), 0, "nothing is written where the stick was");
    fs::remove_dir(&kit).unwrap();
    fs::rename(&away, &kit).unwrap();
    assert_eq!(drive.found().len(), 30, "those of the first portion are in `done`");
    assert_eq!(drive.results().len(), 20);
    assert_eq!(drive.take(&office), Taken::default());
    assert_eq!((office.imported.get(), drive.found().len()), (50, 0));
}

#[test]
fn rel_8_a_server_that_cannot_store_ends_the_import_and_takes_the_rest_later() {
    let drive = Drive::new();
    for n in 0..5 {
        drive.put(&format!("{n}.ocs"), &format!("good {n}"));
    }
    let office = Office::default();
    office.full.set(true);
    assert_eq!(drive.take(&office).trouble, Some(Trouble::NoRoom));
    assert_eq!((office.kept.borrow().len(), drive.found().len()), (0, 5), "each try would leave a line");
    office.full.set(false);
    assert_eq!(drive.take(&office), Taken::default());
    assert_eq!((office.imported.get(), drive.found().len()), (5, 0));
}

/// The oldest file comes first: it would keep out all that are behind it, each time.
#[test]
fn con_imp_5_one_file_that_cannot_be_stored_does_not_keep_the_others_out() {
    let drive = Drive::new();
    for name in ["poison.ocs", "a.ocs", "b.ocs", "c.ocs"] {
        drive.put(name, &format!("good {name}"));
    }
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let poison = drive.kit().join("inventories/poison.ocs");
    fs::File::options().write(true).open(&poison).unwrap().set_modified(at).unwrap();
    let office = Office { poison: true, ..Office::default() };
    assert_eq!(drive.take(&office).trouble, Some(Trouble::NoRoom), "the rest is to be tried again");
    assert_eq!((office.imported.get(), drive.found()), (3, vec!["poison.ocs".to_owned()]));
}

#[test]
fn con_imp_5_a_server_that_ends_leaves_the_rest() {
    let drive = Drive::new();
    drive.put("a.ocs", "good");
    let office = Office::default();
    office.ends.set(true);
    assert_eq!((drive.take(&office), office.imported.get()), (Taken::default(), 0));
    assert_eq!(drive.found(), ["a.ocs"]);
}

#[test]
fn con_imp_5_something_in_the_way_on_the_stick_is_told_and_the_files_are_imported_all_the_same() {
    let drive = Drive::new();
    drive.put("a.ocs", "good");
    fs::create_dir(drive.kit().join("results.txt")).unwrap();
    fs::write(drive.kit().join("inventories/done"), "a file").unwrap();
    let office = Office::default();
    assert_eq!(drive.take(&office), Taken { unwritten: Some(Unwritten::InTheWay), ..Taken::default() });
    assert_eq!((office.imported.get(), drive.found()), (1, vec!["a.ocs".to_owned()]));
    drive.take(&office);
    assert_eq!(office.imported.get(), 1);
}

#[test]
fn con_imp_5_a_kit_of_another_server_is_told_by_its_certificate() {
    let drive = Drive::new();
    let pem = |inner: &str| format!("-----BEGIN CERTIFICATE-----\r\n{inner}\r\n-----END CERTIFICATE-----\r\n");
    let own = format!("{}{}", pem("MIIold"), pem("MIInew"));
    assert!(!is_foreign(&drive.kit(), &own), "there is nothing to compare");
    fs::write(drive.kit().join("cacert.pem"), pem("MII\nold")).unwrap();
    assert!(!is_foreign(&drive.kit(), &own));
    fs::write(drive.kit().join("cacert.pem"), pem("MIIother")).unwrap();
    assert!(is_foreign(&drive.kit(), &own) && !is_foreign(&drive.kit(), ""));
    fs::write(drive.kit().join("cacert.pem"), b"\xff\0 no certificate").unwrap();
    assert!(!is_foreign(&drive.kit(), &own));
}

/// A drive that was plugged in again so quickly that nobody saw it gone.
#[test]
fn con_imp_5_files_that_a_failing_drive_kept_back_are_tried_again_after_the_pause() {
    let (file, look) = (PathBuf::from("a.ocs"), (Some(Timestamp(1)), 7));
    let mut kit = Kit { again: Some(PAUSE), stuck: HashMap::from([(file.clone(), look)]), ..Kit::default() };
    kit.wait_is_over(PAUSE - Duration::from_secs(1));
    assert!(kit.again.is_some() && kit.stuck.contains_key(&file));
    kit.wait_is_over(PAUSE);
    assert!(kit.again.is_none() && kit.stuck.is_empty());
    // What was kept back otherwise stays so.
    kit.stuck.insert(file.clone(), look);
    kit.wait_is_over(PAUSE * 2);
    assert!(kit.stuck.contains_key(&file));
}
