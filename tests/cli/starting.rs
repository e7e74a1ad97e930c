//! Words, settings, and start-up failures: one sentence each and an exit code from the list (REL-20).

use rollcall::schema::SCHEMA;
use rollcall::store::{Settings, Store, Table, Write};

use super::*;

#[test]
fn every_command_has_help_with_an_example() {
    let office = Office::new();
    for words in [
        &[][..],
        &["serve"],
        &["import"],
        &["user"],
        &["user", "list"],
        &["user", "add"],
        &["user", "password"],
        &["user", "role"],
        &["user", "delete"],
        &["cert"],
        &["cert", "show"],
        &["cert", "export-ca"],
        &["cert", "renew"],
        &["check"],
        &["kit"],
        &["config"],
        &["option"],
        &["option", "list"],
        &["option", "get"],
        &["option", "set"],
        &["show"],
        &["computer"],
        &["computer", "tag"],
        &["status"],
        &["service"],
        &["service", "install"],
        &["service", "uninstall"],
        &["service", "start"],
        &["service", "stop"],
        &["service", "status"],
    ] {
        let short: Vec<&str> = words.iter().copied().chain(["-h"]).collect();
        let help = office.fine(&short);
        assert!(help.contains("Example: "), "{words:?}: {help}");
    }
    assert!(office.fine(&["--help"]).contains("3  another Rollcall uses the data folder"));
    assert!(!office.data().exists(), "help makes no data folder");
}

#[test]
fn wrong_use_is_told_with_the_nearest_word() {
    let office = Office::new();
    for (words, near) in
        [(&["improt", "x"][..], "import"), (&["serve", "--htpp", "x"], "--http"), (&["user", "lsit"], "list")]
    {
        let told = office.run(words);
        assert_eq!(told.code, 2, "{told:?}");
        assert!(told.err.contains(near), "{told:?}");
    }
    assert_eq!(office.run(&["import"]).code, 2);
    assert_eq!(office.run(&["option", "set", "FREQUENCY"]).code, 2);
}

#[test]
fn the_sample_is_the_one_that_is_shipped() {
    let office = Office::new();
    let shipped = include_str!("../../assets/sample-config.toml").replace("\r\n", "\n");
    assert_eq!(office.fine(&["config", "--sample"]), shipped);
    let shown = office.fine(&["config"]);
    assert!(shown.contains("web.http") && shown.contains("(default)") && shown.contains("(flag --data)"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&office.fine(&["config", "--json"])).unwrap();
    assert_eq!(json[0]["name"], "data");
}

#[test]
fn settings_that_cannot_be_used_are_told_with_their_place() {
    let office = Office::new();
    let missing = office.run(&["--config", "none.toml", "check"]);
    assert_eq!(missing.code, 4, "{missing:?}");
    assert!(missing.err.contains("cannot read the settings file `none.toml`"), "{missing:?}");
    let folder = office.run(&["--config", ".", "check"]);
    assert_eq!(folder.code, 4, "{folder:?}");
    office.put("own.toml", "[web]\nhtpp = 80\n");
    let unknown = office.run(&["--config", "own.toml", "serve"]);
    assert_eq!(unknown.code, 4, "{unknown:?}");
    assert!(unknown.err.contains("own.toml:2: `web.htpp` is no setting; did you mean `web.http`?"), "{unknown:?}");
    let bad = office.run(&["serve", "--http", "nowhere"]);
    assert_eq!(bad.code, 4, "{bad:?}");
    assert!(bad.err.contains("flag --http"), "{bad:?}");
    let variable = told(office.command(&["check"]).env("ROLLCALL_WEB_HTPP", "80").output().unwrap());
    assert_eq!(variable.code, 4, "{variable:?}");
    assert!(!office.data().exists());
}

#[test]
fn a_data_folder_that_cannot_be_used_is_told() {
    let office = Office::new();
    office.put("data", "a file");
    for words in [&["serve"][..], &["import", "x.ocs"]] {
        let told = office.run(words);
        assert_eq!(told.code, 5, "{told:?}");
        assert!(told.err.contains("the data folder") && told.err.contains("--data"), "{told:?}");
        assert_eq!(told.err.trim().lines().count(), 1, "{told:?}");
    }
    if cfg!(target_os = "linux") {
        // Nobody can write there, not even root.
        let told = office.run(&["--data", "/proc/rollcall", "serve"]);
        assert_eq!(told.code, 5, "{told:?}");
    }
}

#[test]
fn a_mistyped_data_folder_is_not_made() {
    let office = Office::new();
    for words in
        [&["check"][..], &["show", "1"], &["option", "list"], &["user", "list"], &["computer", "tag", "1", "X"]]
    {
        let told = office.run(words);
        assert_eq!(told.code, 5, "{words:?}: {told:?}");
        assert!(told.err.contains("there are no data in"), "{told:?}");
    }
    assert!(!office.data().exists());
    let status = office.run(&["status"]);
    assert_eq!(status.code, 1);
    assert!(status.err.contains("no server is running"), "{status:?}");
}

#[test]
fn data_of_a_newer_release_and_damaged_data_are_left_alone() {
    static META: Table<String, u64> = Table::new("meta");
    let office = Office::new();
    office.fine(&["option", "set", "PROLOG_FREQ", "12"]);
    let path = office.data().join("store.redb");
    let store = Store::open(&path, Settings::default()).unwrap();
    store.write(|w| w.put(&META, "schema", &(SCHEMA + 1))).unwrap();
    store.close();
    let told = office.run(&["serve"]);
    assert_eq!(told.code, 6, "{told:?}");
    assert!(told.err.contains("written by a newer release"), "{told:?}");

    std::fs::write(&path, "this is no database".repeat(1000)).unwrap();
    let told = office.run(&["check"]);
    assert_eq!(told.code, 6, "{told:?}");
    assert!(told.err.contains("cannot be opened"), "{told:?}");
    assert!(std::fs::read(&path).unwrap().starts_with(b"this is no database"));
}
