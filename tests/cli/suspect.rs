//! REL-6: a server that was not stopped has its file opened by a process of its own first; a damaged file ends the start
//! with a sentence and exit code 6, and stays as it is.
#![cfg(unix)]

use std::time::{Duration, Instant};

use super::running::Server;
use super::*;

/// A data folder with computers and the exit of whoever used it last.
fn used(office: &Office, computers: usize) {
    let paths: Vec<PathBuf> =
        (0..computers).map(|n| office.put(&format!("in/pc{n}.ocs"), &inventory(&format!("pc{n}")))).collect();
    let words: Vec<&str> = ["import"].into_iter().chain(paths.iter().map(|path| text(path))).collect();
    office.fine(&words);
    // A server was here.
    std::fs::create_dir_all(office.data().join("tls")).unwrap();
}

fn mark(office: &Office) -> String {
    std::fs::read_to_string(office.data().join("run/server")).unwrap_or_default()
}

/// Starts a server that must refuse, twice: nothing goes round in circles.
fn refused(office: &Office, what: &str) {
    let path = office.data().join("store.redb");
    let before = std::fs::read(&path).unwrap();
    for time in ["first", "second"] {
        let told = office.run(&["serve", "--http", "127.0.0.1:0", "--https", "off"]);
        assert_eq!(told.code, 6, "{what}, the {time} time: {told:?}");
        let sentence = told.err.lines().last().unwrap();
        assert!(sentence.starts_with("rollcall: the database in"), "{what}: {told:?}");
        assert!(sentence.contains("restore a backup") && sentence.contains("store.redb"), "{what}: {told:?}");
        assert!(std::fs::read(&path).unwrap() == before, "{what}: the file was changed the {time} time");
    }
}

type Damage = fn(&mut Vec<u8>);

const DAMAGES: [(&str, Damage); 7] = [
    ("nothing left", |file| file.clear()),
    ("nothing but zeros", |file| file.fill(0)),
    ("no database", |file| file[..4096].fill(b'x')),
    ("a head of zeros", |file| file[..512].fill(0)),
    ("a cut", |file| file.truncate(file.len() / 2 / 4096 * 4096)),
    ("a tail of zeros", |file| {
        let at = file.len() / 3;
        file[at..].fill(0);
    }),
    ("zeros all over", |file| {
        for page in file.chunks_mut(4096).skip(1) {
            page.fill(0);
        }
    }),
];

#[test]
fn rel_06_a_closed_file_that_was_damaged_since_is_refused_with_a_sentence() {
    for (what, damage) in DAMAGES {
        let office = Office::new();
        used(&office, 20);
        let path = office.data().join("store.redb");
        let mut file = std::fs::read(&path).unwrap();
        damage(&mut file);
        std::fs::write(&path, &file).unwrap();
        refused(&office, what);
    }
}

#[test]
fn rel_06_a_file_that_was_damaged_when_the_power_went_is_refused_with_a_sentence() {
    for (what, damage) in DAMAGES {
        let office = Office::new();
        used(&office, 20);
        drop(Server::start(&office));
        assert_eq!(mark(&office), "running\n");
        let path = office.data().join("store.redb");
        let mut file = std::fs::read(&path).unwrap();
        damage(&mut file);
        std::fs::write(&path, &file).unwrap();
        refused(&office, what);
        assert_eq!(mark(&office), "running\n", "{what}: it is looked at again at the next start");
    }
}

/// What a start that died may leave behind: everything is read before the next one, and nothing is wrong.
#[test]
fn rel_06_a_sound_file_is_served_whatever_ended_the_last_server() {
    let office = Office::new();
    used(&office, 5);
    assert_eq!(mark(&office), "", "a command leaves none");
    for state in ["", "starting\n", "running\n", "sta", "\0\0\0\0\0\0\0\0\0"] {
        std::fs::create_dir_all(office.data().join("run")).unwrap();
        std::fs::write(office.data().join("run/server"), state).unwrap();
        let mut server = Server::start(&office);
        assert_eq!(mark(&office), "running\n");
        assert_eq!(server.stop().0, Some(0));
        assert_eq!(mark(&office), "");
    }
    // Killed while it serves, again and again.
    for _ in 0..3 {
        drop(Server::start(&office));
        assert_eq!(mark(&office), "running\n");
    }
    let shown = office.fine(&["show", &device("pc3"), "--json"]);
    assert!(shown.contains("SN-pc3"), "{shown}");
}

/// Whoever kills a server while it has its file looked at finds the file free again.
#[test]
fn rel_06_the_child_ends_with_its_server() {
    let office = Office::new();
    used(&office, 1);
    let mut command = office.command(&["verify", "--for-server"]);
    // The input of the child is at its end from the beginning: it may be faster, and ends in any case.
    let begun = Instant::now();
    let ended = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(matches!(ended.status.code(), Some(0 | 7)), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    std::fs::create_dir_all(office.data().join("run")).unwrap();
    std::fs::write(office.data().join("run/server"), "running\n").unwrap();
    let mut server = Server::start(&office);
    assert_eq!(server.stop().0, Some(0));
}

/// A start that fails for another reason says nothing about the file.
#[test]
fn rel_06_only_the_file_makes_a_file_suspect() {
    let office = Office::new();
    used(&office, 1);
    let told = office.run(&["serve", "--http", "192.0.2.1:80", "--https", "off"]);
    assert_eq!(told.code, 7, "{told:?}");
    assert_ne!(mark(&office), "starting\n");
}

/// The child that looks never starts beside a server, and a second server touches nothing (REL-11).
#[test]
fn rel_11_a_second_server_leaves_the_mark_alone() {
    let office = Office::new();
    let server = Server::start(&office);
    let begun = Instant::now();
    let told = office.run(&["serve", "--http", "127.0.0.1:0", "--https", "off"]);
    assert_eq!(told.code, 3, "{told:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert_eq!(mark(&office), "running\n");
    let told = office.run(&["verify", "--everything"]);
    assert_eq!(told.code, 3, "{told:?}");
    drop(server);
}
