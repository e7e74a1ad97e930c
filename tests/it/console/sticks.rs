//! USB sticks that are plugged in: announced, imported when somebody says so or by themselves, and what is told of it
//! (CON-IMP-5, SEC-30).

use std::fs;
use std::path::{Path, PathBuf};

use rollcall::history::Action;
use rollcall::history::imports::latest;
use rollcall::import::stick::{Memory, Place, RESULTS, Tools, visit};
use rollcall::users::Role;

use super::{office, office_with};
use crate::browser::Served;
use crate::office::inventory;

const STICKS: &str = "/ocsreports/sticks";
const NOW: &str = "/ocsreports/sticks/import";

/// A stick, as a folder with blanks and accents in its name.
struct Stick {
    folder: tempfile::TempDir,
    memory: Memory,
}

impl Stick {
    fn new() -> Stick {
        let stick = Stick { folder: tempfile::tempdir().unwrap(), memory: Memory::default() };
        fs::create_dir_all(stick.kit().join("inventories")).unwrap();
        for script in ["collect.cmd", "collect.sh"] {
            fs::write(stick.kit().join(script), "").unwrap();
        }
        stick
    }

    fn kit(&self) -> PathBuf {
        self.folder.path().join("Clé <b> d'été")
    }

    fn put(&self, name: &str, text: &[u8]) {
        fs::write(self.kit().join("inventories").join(name), text).unwrap();
    }

    fn has(&self, path: &str) -> bool {
        self.kit().join(path).exists()
    }

    /// Looks as often as it takes until files count that are not being copied any more.
    fn look(&mut self, served: &Served) {
        let tools = |authority| Tools { agents: served.office.agents.clone(), runtime: served.handle(), authority };
        let place = Place { root: self.folder.path().to_owned(), named: true };
        let authority = served.tls.as_ref().map(|tls| tls.authority_pem()).unwrap_or_default();
        for _ in 0..2 {
            visit(&tools(authority.clone()), &place, &mut self.memory, &|| false);
        }
    }
}

fn computer(name: &str) -> Vec<u8> {
    let device = format!("{name}-2026-01-02-03-04-05");
    inventory(&device, &format!("<HARDWARE><NAME>{name}</NAME></HARDWARE>")).into_bytes()
}

fn number(page: &crate::browser::Page) -> String {
    let (_, after) = page.body.split_once("name=\"stick\" value=\"").expect("a form of a stick");
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn con_imp_5_a_stick_is_announced_on_every_page_of_who_may_import_and_imported_when_they_say_so() {
    let (served, id) = office();
    let mut stick = Stick::new();
    stick.put("USB-1 à côté.ocs", &computer("USB-1"));
    stick.put("note.ocs", b"Dear colleague");
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).shows(&["No stick with our kit is plugged in", "/ocsreports/agents/kit"]);
    boss.get("/ocsreports/import").is(200).shows(&["<a href=\"/ocsreports/sticks\">USB sticks</a>"]);

    stick.look(&served);
    assert_eq!(served.office.count(), 1, "nothing is imported by itself");
    let mut technician = served.log_in("anne", Role::Technician);
    let told = ["The USB stick", "Clé &lt;b&gt; d'été", "2 new inventory files", "Import now", STICKS];
    for page in ["/ocsreports/", "/ocsreports/software", "/ocsreports/import", &format!("/ocsreports/computers/{id}")] {
        boss.get(page).is(200).shows(&told);
        technician.get(page).is(200).shows(&told);
    }
    let mut user = served.log_in("paul", Role::User);
    user.get("/ocsreports/").is(200).hides(&["The USB stick", "Import now"]);
    user.get(STICKS).is(403);
    user.post(NOW, &[("stick", "1")]).is(403);

    let page = boss.get(STICKS);
    page.is(200).shows(&["Import now", "New files"]).hides(&["2 new inventory files"]);
    let number = number(&page);
    let sent = boss.post(NOW, &[("stick", &number)]);
    sent.is(303);
    boss.get(STICKS).is(200).shows(&["The import begins in a moment."]).hides(&["Import now"]);
    boss.get("/ocsreports/").is(200).shows(&["is being imported"]).hides(&["Import now"]);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::Imported).unwrap();
    assert!(entry.count == Some(2) && entry.object.ends_with("Clé <b> d'été"), "{entry:?}");
    // Once is enough.
    assert!(boss.post(NOW, &[("stick", &number)]).is(303).header("location").ends_with("done=gone"));

    stick.look(&served);
    assert_eq!(served.office.count(), 2);
    let usb = served.office.id("USB-1-2026-01-02-03-04-05").unwrap();
    boss.get(STICKS).is(200).shows(&[
        "USB-1 à côté.ocs",
        &format!("/ocsreports/computers/{usb}\""),
        "This is not an inventory.",
        "There is nothing new on it.",
        "results.txt",
    ]);
    let seen = served.office.app.sticks.all()[0].seen;
    assert_eq!((seen.new, seen.known, seen.refused), (0, 0, 1), "a refused file was not imported before");
    boss.get(STICKS).shows(&["Refused before"]);
    boss.get("/ocsreports/software").is(200).hides(&["The USB stick"]);
    boss.get("/ocsreports/import").is(200).shows(&["USB-1 à côté.ocs", "note.ocs"]);
    let results = fs::read_to_string(stick.kit().join(RESULTS)).unwrap();
    for line in [
        "USB-1 à côté.ocs: New: USB-1 / Nouveau\u{a0}: USB-1\r\n",
        "note.ocs: Refused: This is not an inventory. / Refusé",
    ] {
        assert!(results.contains(line), "{results}");
    }
    assert!(stick.has("inventories/done/USB-1 à côté.ocs") && stick.has("inventories/note.ocs"));
    boss.lang = "fr".into();
    boss.get(STICKS).is(200).shows(&["Clés USB", "Elle ne contient rien de nouveau.", "Ce n’est pas un inventaire."]);
    let entries: Vec<_> = served.audit().into_iter().filter(|entry| entry.action == Action::Imported).collect();
    assert_eq!(entries.len(), 1);
}

#[test]
fn con_imp_5_with_the_option_a_stick_is_imported_by_itself_once() {
    let (served, _) = office();
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    stick.put("a.ocs", &computer("USB-1"));
    stick.put("bad.ocs", b"Dear colleague");
    stick.look(&served);
    assert_eq!(served.office.count(), 2);
    let kept = || latest(&served.office.app.store.read().unwrap()).unwrap().len();
    assert_eq!(kept(), 2);
    stick.look(&served);
    assert_eq!(kept(), 2, "a refused file is not tried again and again");
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).shows(&["imported by themselves", "a.ocs"]);
    assert!(served.audit().iter().all(|entry| entry.action != Action::Imported), "nobody did it");
}

#[cfg(unix)]
#[test]
fn con_imp_5_files_of_a_stick_that_cannot_be_written_are_known_by_their_content_when_it_comes_back() {
    let (served, _) = office();
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    stick.put("a.ocs", &computer("USB-1"));
    // Something in the way is as good as a switch on the stick, and holds for root as well.
    fs::write(stick.kit().join("inventories/done"), "a file").unwrap();
    fs::create_dir(stick.kit().join(RESULTS)).unwrap();
    stick.look(&served);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).shows(&["is in the way", "Imported before", "There is nothing new on it."]);
    let kept = || latest(&served.office.app.store.read().unwrap()).unwrap().len();
    assert_eq!((served.office.count(), kept(), stick.has("inventories/a.ocs")), (2, 1, true));

    // It is pulled, and plugged in again: nothing is remembered but the contents.
    let (kit, pocket) = (stick.kit(), stick.folder.path().join("pocket"));
    let _ = fs::remove_file(kit.join("collect.sh"));
    stick.look(&served);
    boss.get(STICKS).is(200).shows(&["Unplugged", "a.ocs", "No stick with our kit is plugged in"]);
    fs::write(kit.join("collect.sh"), "").unwrap();
    fs::rename(&kit, &pocket).unwrap();
    stick.look(&served);
    boss.get("/ocsreports/").is(200).hides(&["The USB stick"]);
    assert_eq!(kept(), 1, "nothing is imported twice");
    // The same content by another name and with another time.
    fs::copy(pocket.join("inventories/a.ocs"), pocket.join("inventories/b.ocs")).unwrap();
    stick.look(&served);
    assert_eq!(kept(), 1);
}

#[test]
fn rel_8_a_server_without_room_tells_so_and_takes_the_files_later() {
    let (served, _) = office();
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    stick.put("a.ocs", &computer("USB-1"));
    served.office.app.room.store(false, std::sync::atomic::Ordering::Relaxed);
    stick.look(&served);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).shows(&["The server cannot store anything at the moment", "Import now"]);
    served.office.app.room.store(true, std::sync::atomic::Ordering::Relaxed);
    stick.look(&served);
    assert_eq!(served.office.count(), 1, "not before a minute has passed");
    served.office.clock.forward(61);
    stick.look(&served);
    assert_eq!(served.office.count(), 2);
    boss.get(STICKS).is(200).hides(&["cannot store anything"]);
}

#[test]
fn con_gen_4_who_sees_some_tags_only_does_not_learn_which_computers_a_stick_brought() {
    let (served, _) = office();
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    stick.put("a.ocs", &computer("USB-SECRET"));
    stick.look(&served);
    let mut limited = served.limited("anne", Role::Technician, &["LYON*"]);
    limited.get(STICKS).is(200).shows(&["a.ocs", "Taken, outside of your TAGs"]).hides(&["USB-SECRET"]);
}

#[test]
fn con_imp_5_a_kit_of_another_server_is_told_and_imported_all_the_same() {
    let (served, _) = office_with(Served::secure());
    let mut stick = Stick::new();
    let own = served.tls.as_ref().unwrap().authority_pem();
    stick.put("a.ocs", &computer("USB-1"));
    fs::write(stick.kit().join("cacert.pem"), own).unwrap();
    stick.look(&served);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).hides(&["another server made this kit"]).shows(&["Import now"]);
    let mut other = Stick::new();
    fs::write(other.kit().join("cacert.pem"), Served::secure().tls.as_ref().unwrap().authority_pem()).unwrap();
    other.put("b.ocs", &computer("USB-2"));
    other.look(&served);
    let page = boss.get(STICKS);
    page.is(200).shows(&["another server made this kit"]);
    assert_eq!(page.body.matches("Import now").count(), 2);
}

#[test]
fn sec_30_sticks_and_the_network_have_one_door_and_its_bounds() {
    let (served, _) = office_with(Served::with(false, |config| config.limits.import_file = 20_000));
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    stick.put("large.ocs", &[b'x'; 20_001]);
    stick.put("empty.ocs", b"");
    let cut = computer("USB-1");
    stick.put("cut.ocs", &cut[..cut.len() / 2]);
    stick.look(&served);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(STICKS).is(200).shows(&["larger than 20,000 bytes", "cut off: it ends at byte"]);
    assert_eq!(served.office.count(), 1);
}

/// The script of a stick would leave a trace.
#[cfg(unix)]
#[test]
fn sec_30_nothing_on_a_stick_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let (served, _) = office();
    served.office.set("STICKS_AUTO_IMPORT", "1");
    let mut stick = Stick::new();
    let trace = stick.folder.path().join("trace");
    let script = format!("#!/bin/sh\ntouch '{}'\n", trace.display());
    let scripts = ["collect.sh", "collect.cmd", "autorun.inf", "inventories/run.ocs", "inventories/$(touch x).ocs"];
    for name in scripts {
        let path = stick.kit().join(name);
        fs::write(&path, &script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    stick.look(&served);
    assert!(!trace.exists() && !Path::new("x").exists());
    assert_eq!(latest(&served.office.app.store.read().unwrap()).unwrap().len(), 1, "both files have one content");
}
