//! Commands that work on the data folder themselves, no server running.

use std::io::Write;
use std::process::Stdio;

use super::*;

#[test]
fn good_and_damaged_files_are_imported_and_told_one_a_line() {
    let office = Office::new();
    office.put("in/a.ocs", &inventory("pc-1"));
    office.put("in/b.xml", &inventory("pc-2"));
    office.put("in/c.ocs", "no inventory at all");
    office.put("in/._a.ocs", "left by another system");
    office.put("in/note.txt", "no inventory");
    let told = office.run(&["import", "in", "none.ocs"]);
    assert_eq!(told.code, 1, "{told:?}");
    let mut lines: Vec<&str> = told.out.lines().collect();
    assert_eq!(lines.split_off(lines.len() - 2), ["Successfully inventoried: 2", "Errors: 2"]);
    assert_eq!(lines.len(), 4, "{told:?}");
    let of = |name: &str| lines.iter().find(|line| line.contains(name)).copied().unwrap_or_default();
    assert!(of("a.ocs").ends_with("new computer 1 (pc-1)"), "{told:?}");
    assert!(of("b.xml").ends_with("new computer 2 (pc-2)"), "{told:?}");
    assert!(of("c.ocs").contains(": refused: "), "{told:?}");
    assert!(of("none.ocs").ends_with("there is no such file or folder"), "{told:?}");

    let again = office.run(&["import", "--json", "in/a.ocs"]);
    assert_eq!(again.code, 0, "{again:?}");
    let lines: Vec<serde_json::Value> = again.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["computer"], 1);
    assert_eq!(lines[0]["computer_name"], "pc-1");
    assert_ne!(lines[0]["result"], "new");
    assert_eq!(lines[1], serde_json::json!({ "inventoried": 1, "errors": 0 }));
    office.fine(&["check"]);
}

#[test]
fn an_archive_is_imported_entry_by_entry() {
    let office = Office::new();
    let path = office.folder.path().join("stick.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for name in ["pc-1", "pc-2"] {
        zip.start_file(format!("{name}.ocs"), options).unwrap();
        zip.write_all(inventory(name).as_bytes()).unwrap();
    }
    zip.start_file("../../evil.ocs", options).unwrap();
    zip.finish().unwrap();
    let told = office.run(&["import", text(&path)]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("Successfully inventoried: 2\nErrors: 1\n"), "{told:?}");
    assert!(told.out.contains("leads outside of the archive"), "{told:?}");
}

#[test]
fn a_computer_is_shown_and_comes_back_from_its_own_export() {
    let office = Office::new();
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    let shown: serde_json::Value = serde_json::from_str(&office.fine(&["show", &device("pc-1"), "--json"])).unwrap();
    assert_eq!((&shown["id"], &shown["deviceid"]), (&serde_json::json!(1), &serde_json::json!(device("pc-1"))));
    assert_eq!(shown["general"]["name"], "pc-1");
    assert!(shown["accountinfo"]["TAG"].is_string());
    assert_eq!(shown["sections"]["BIOS"][0]["SMODEL"], "Tower 3");
    assert_eq!(shown["sections"]["PLUGIN"][0]["PART[2]/DEEP"], "2");
    assert!(shown["contacts"].is_array());
    assert!(office.fine(&["show", "1"]).contains("Debian & more"));

    let xml = office.fine(&["show", "1", "--xml"]);
    let other = Office::new();
    other.put("again.xml", &xml);
    other.fine(&["import", "again.xml"]);
    let again: serde_json::Value = serde_json::from_str(&other.fine(&["show", "1", "--json"])).unwrap();
    assert_eq!(again["sections"], shown["sections"]);

    let unknown = office.run(&["show", "nobody", "--json"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    assert!(unknown.err.contains("no computer has the device id or number `nobody`"), "{unknown:?}");
}

#[test]
fn options_are_listed_changed_and_set_back() {
    let office = Office::new();
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    let get = |words: &[&str]| office.fine(&[&["option", "get"], words].concat());
    assert_eq!(get(&["PROLOG_FREQ"]), "24\n");
    office.fine(&["option", "set", "prolog_freq", "12"]);
    assert_eq!(get(&["PROLOG_FREQ"]), "12\n");
    assert!(office.fine(&["option", "list"]).lines().any(|line| {
        line.starts_with("PROLOG_FREQ") && line.contains(" 12 ") && line.ends_with("general, by command line")
    }));
    office.fine(&["option", "set", "PROLOG_FREQ", "--default"]);
    assert_eq!(get(&["PROLOG_FREQ"]), "24\n");

    let device = device("pc-1");
    office.fine(&["option", "set", "FREQUENCY", "-1", "--computer", &device]);
    assert_eq!(get(&["FREQUENCY", "--computer", &device]), "-1\n");
    assert_eq!(get(&["FREQUENCY"]), "0\n");
    let json: serde_json::Value = serde_json::from_str(&get(&["FREQUENCY", "--computer", &device, "--json"])).unwrap();
    assert_eq!(json["from"], "computer");
    office.fine(&["option", "set", "FREQUENCY", "--default", "--computer", &device]);
    assert_eq!(get(&["FREQUENCY", "--computer", &device]), "0\n");

    for (words, why) in [
        (&["FREQUENY", "1"][..], "did you mean FREQUENCY?"),
        (&["FREQUENCY", "often"], "whole number"),
        (&["FREQUENCY", "1", "--computer", "nobody"], "no computer has"),
        (&["AUTO_DUPLICATE_LVL", "1", "--computer", &device], "neither a computer nor a group"),
    ] {
        let told = office.run(&[&["option", "set"], words].concat());
        assert_eq!(told.code, 1, "{told:?}");
        assert!(told.err.contains(why), "{told:?}");
    }
}

#[test]
fn a_tag_is_changed_and_stays() {
    let office = Office::new();
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    office.fine(&["computer", "tag", &device("pc-1"), "ACCOUNTING"]);
    let shown: serde_json::Value = serde_json::from_str(&office.fine(&["show", "1", "--json"])).unwrap();
    assert_eq!(shown["accountinfo"]["TAG"], "ACCOUNTING");
    assert_eq!(office.run(&["computer", "tag", &device("pc-1"), " "]).code, 1);
    assert_eq!(office.run(&["computer", "tag", "nobody", "X"]).code, 1);
    assert!(office.fine(&["check"]).ends_with("Everything is in order.\n"));
}

#[test]
fn accounts_are_kept_and_a_lost_password_is_no_end() {
    let office = Office::new();
    let with_password = |words: &[&str], password: &str| {
        let mut command = office.command(words);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Refused before it reads: the pipe is closed then.
        let _ = child.stdin.take().unwrap().write_all(password.as_bytes());
        told(child.wait_with_output().unwrap())
    };
    with_password(&["user", "add", "viewer", "--password-stdin"], "umbrella stand 8 right\n");
    let early = office.run(&["user", "password", "viewer", "--code"]);
    assert!(early.code == 1 && early.err.contains("there is no administrator yet"), "{early:?}");
    office.fine(&["user", "delete", "viewer"]);
    let added =
        with_password(&["user", "add", "marie", "--role", "admin", "--password-stdin"], "umbrella stand 9 left\n");
    assert_eq!(added.code, 0, "{added:?}");
    assert_eq!(with_password(&["user", "add", "Marie", "--password-stdin"], "umbrella stand 9 left").code, 1);
    assert_eq!(with_password(&["user", "add", "paul", "--password-stdin"], "short").code, 1);
    assert_eq!(with_password(&["user", "add", "paul", "--password-stdin"], "").code, 2);
    let set = with_password(&["user", "password", "marie"], "another umbrella, red\n");
    assert_eq!(set.code, 0, "{set:?}");
    let users: serde_json::Value = serde_json::from_str(&office.fine(&["user", "list", "--json"])).unwrap();
    assert_eq!((&users[0]["account"], &users[0]["role"]), (&"marie".into(), &"admin".into()));
    let last = office.run(&["user", "role", "marie", "user"]);
    assert_eq!(last.code, 1, "{last:?}");
    assert!(last.err.contains("last administrator"), "{last:?}");
    assert_eq!(office.run(&["user", "role", "marie", "king"]).code, 1);
    assert_eq!(office.run(&["user", "delete", "marie"]).code, 1);
    let code = office.fine(&["user", "password", "marie", "--code"]);
    assert!(code.contains("set-up code for a new password of `marie`"), "{code}");
    with_password(&["user", "add", "paul", "--role", "admin", "--password-stdin"], "umbrella stand 9 left");
    office.fine(&["user", "delete", "marie"]);
    office.fine(&["check"]);
}

#[test]
fn certificates_are_shown_exported_and_renewed() {
    let office = Office::new();
    let shown: serde_json::Value = serde_json::from_str(&office.fine(&["cert", "show", "--json"])).unwrap();
    assert_eq!((&shown[0]["what"], &shown[1]["what"]), (&"authority".into(), &"server".into()));
    office.fine(&["cert", "export-ca", "-o", "cacert.pem"]);
    let pem = std::fs::read_to_string(office.folder.path().join("cacert.pem")).unwrap();
    assert_eq!(pem, office.fine(&["cert", "export-ca"]));
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----") && !pem.contains("PRIVATE"));
    office.fine(&["cert", "renew"]);
    let renewed: serde_json::Value = serde_json::from_str(&office.fine(&["cert", "show", "--json"])).unwrap();
    assert_eq!(renewed[0]["fingerprint"], shown[0]["fingerprint"]);
    assert_ne!(renewed[1]["fingerprint"], shown[1]["fingerprint"]);
}

#[test]
fn con_crt_3_a_request_is_made_and_what_does_not_fit_is_refused_by_name() {
    let office = Office::new();
    office.fine(&["cert", "csr", "--country", "fr", "--names", "ocs.office.lan,10.0.0.5", "-o", "rollcall.csr"]);
    let csr = std::fs::read_to_string(office.folder.path().join("rollcall.csr")).unwrap();
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    let authority = office.fine(&["cert", "export-ca", "-o", "cacert.pem"]);
    assert!(authority.contains("wrote"));
    let refused = |arguments: &[&str], sentence: &str| {
        let output = office.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(sentence), "{said}");
    };
    refused(&["cert", "install", "cacert.pem"], "no key was given");
    refused(&["cert", "install", "rollcall.csr"], "no certificate in it");
    refused(&["cert", "csr", "--country", "France", "--names", "a"], "two letters");
    refused(&["cert", "builtin"], "in use already");
    office.fine(&["audit", "verify"]);
}

#[test]
fn con_agt_2_and_con_imp_5_kits_are_written_into_folders_and_replace_nothing() {
    let office = Office::new();
    let server = ["--server", "ocs.office.lan", "--tag", "R&D"];
    office.fine(&[&["kit", "agents"], &server[..]].concat());
    office.fine(&[&["kit", "--usb", "stick"], &server[..]].concat());
    let read = |name: &str| std::fs::read_to_string(office.folder.path().join(name)).unwrap();
    assert!(read("agents/windows/install.cmd").contains("/TAG=\"R&D\""));
    assert_eq!(read("agents/cacert.pem"), office.fine(&["cert", "export-ca"]));
    assert!(
        read("stick/collect.sh").contains("TAG='R&D'") && !office.folder.path().join("stick/COMMANDS.txt").exists()
    );
    let again = office.run(&[&["kit", "stick"], &server[..]].concat());
    assert!(again.code != 0 && again.err.contains("is there already"), "{}", again.err);
    let wrong = office.run(&["kit", "x", "--server", "http://ocs"]);
    assert!(wrong.code != 0 && wrong.err.contains("no name of a server"), "{}", wrong.err);
}

#[test]
fn sec_57_audit_verify_names_entries_that_were_changed_or_removed() {
    use rollcall::history::audit::{AUDIT, verify};
    use rollcall::store::{Settings, Store, Write};
    let office = Office::new();
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    for tag in ["A", "B", "C"] {
        office.fine(&["computer", "tag", "1", tag]);
    }
    let told = office.fine(&["audit", "verify"]);
    assert!(told.ends_with("all are as they were written.\n"), "{told}");
    let store = Store::open(&office.data().join("store.redb"), Settings::default()).unwrap();
    let entries = verify(&store.read().unwrap()).unwrap().entries;
    store.write(move |w| w.remove(&AUDIT, entries - 2)).unwrap();
    store.close();
    let told = office.run(&["audit", "verify"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains(&format!("entry {} of the audit log is missing", entries - 2)), "{told:?}");
    let json: serde_json::Value = serde_json::from_str(&office.run(&["audit", "verify", "--json"]).out).unwrap();
    assert_eq!((&json["fine"], &json["entries"]), (&false.into(), &(entries - 1).into()));
    assert!(office.run(&["check"]).out.contains("of the audit log is missing"));
}

#[test]
fn check_names_damage_and_ends_with_1() {
    use rollcall::id::ComputerId;
    use rollcall::inventory::store::HOT;
    use rollcall::store::{Settings, Store, Write};
    let office = Office::new();
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    assert!(office.fine(&["check", "--compact"]).ends_with("Everything is in order.\n"));
    let store = Store::open(&office.data().join("store.redb"), Settings::default()).unwrap();
    store.write(|w| w.remove(&HOT, ComputerId(1))).unwrap();
    store.close();
    let told = office.run(&["check"]);
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("there is administrative data of computer 1, but no computer 1"), "{told:?}");
    let json: serde_json::Value = serde_json::from_str(&office.run(&["check", "--json"]).out).unwrap();
    assert_eq!(json["fine"], false);
}
