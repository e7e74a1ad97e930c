//! A server that runs, and the commands that ask it.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// A running server. It is killed when a test fails.
pub struct Server {
    child: Child,
    pub greeting: String,
}

impl Server {
    pub fn start(office: &Office) -> Server {
        Server::of(office.command(&["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]))
    }

    pub fn of(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("Ctrl-C stops it.") {
            assert_ne!(lines.read_line(&mut greeting).unwrap(), 0, "{greeting}");
        }
        // What comes later must not fill the pipe.
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Server { child, greeting }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Stops it and says how it ended, and how long that took.
    pub fn stop(&mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        self.signal("-TERM");
        (self.child.wait().unwrap().code(), begun.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_greets_answers_commands_and_ends_with_0() {
    let office = Office::new();
    let mut server = Server::start(&office);
    for part in ["Agents", "/ocsinventory", "Console", "/ocsreports", "Set-up code"] {
        assert!(server.greeting.contains(part), "{}", server.greeting);
    }
    // The code is in the folder that only the server's account may read, and not in the log.
    let code = std::fs::read_to_string(office.data().join("run/setup-code.txt")).unwrap();
    let code = code.lines().next().unwrap();
    assert!(server.greeting.contains(code) && code.len() > 26, "{code}");
    assert!(!std::fs::read_to_string(office.data().join("log/rollcall.log")).unwrap().contains(code));
    office.put("a.ocs", &inventory("pc-1"));
    assert!(office.fine(&["import", "a.ocs"]).contains("new computer 1 (pc-1)"));
    let status: serde_json::Value = serde_json::from_str(&office.fine(&["status", "--json"])).unwrap();
    assert_eq!((&status["computers"], &status["contacts_today"]), (&1.into(), &1.into()));
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(status["certificate_end"].is_string());
    assert!(office.fine(&["status"]).contains("computers"));
    office.fine(&["option", "set", "FREQUENCY", "-1"]);
    office.fine(&["computer", "tag", "1", "HOME"]);
    assert!(office.fine(&["show", "1", "--json"]).contains("\"HOME\""));
    assert!(office.fine(&["user", "password", "--help"]).contains("--code"));
    assert!(office.fine(&["check", "--compact"]).ends_with("Everything is in order.\n"));

    let (code, time) = server.stop();
    assert_eq!(code, Some(0));
    assert!(time < Duration::from_secs(10), "{time:?}");
    assert!(!office.data().join("run/control.json").exists());
    assert_eq!(office.fine(&["option", "get", "FREQUENCY"]), "-1\n");
    assert!(office.fine(&["check"]).ends_with("Everything is in order.\n"));
}

#[test]
fn rel_11_a_second_server_on_the_same_folder_ends_at_once_with_3() {
    let office = Office::new();
    let mut server = Server::start(&office);
    let listing = || {
        let mut names: Vec<_> = std::fs::read_dir(office.data()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        (names, std::fs::read(office.data().join("run/control.json")).unwrap())
    };
    let before = listing();
    let begun = Instant::now();
    let told = office.run(&["serve", "--http", "127.0.0.1:0"]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.err.contains("already using the data folder") && told.err.contains("--data"), "{told:?}");
    assert_eq!(told.out, "");
    assert_eq!(listing(), before);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_killed_server_leaves_nothing_in_the_way() {
    let office = Office::new();
    let mut server = Server::start(&office);
    office.put("a.ocs", &inventory("pc-1"));
    office.fine(&["import", "a.ocs"]);
    server.signal("-KILL");
    server.child.wait().unwrap();
    assert!(office.data().join("run/control.json").exists());
    assert!(office.fine(&["check"]).ends_with("Everything is in order.\n"));
    let mut server = Server::start(&office);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn a_file_in_the_watched_folder_is_taken() {
    let office = Office::new();
    let mut server = Server::start(&office);
    office.put("data/import/a.ocs", &inventory("pc-1"));
    office.put("data/import/b.ocs", "no inventory");
    let until = Instant::now() + Duration::from_secs(60);
    let done = office.data().join("import/done/a.ocs");
    let reason = office.data().join("import/failed/b.ocs.txt");
    while !(done.exists() && reason.exists()) {
        assert!(Instant::now() < until, "the watched folder was not looked at");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(office.fine(&["show", "1"]).contains("pc-1"));
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn an_invented_office_is_served_to_this_machine_and_gone_afterwards() {
    let office = Office::new();
    let temporary = office.folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.args(["demo", "--computers", "12", "--seed", "3"]).env("TMPDIR", &temporary);
    // What is set for the real server does not reach it.
    command.env("ROLLCALL_DATA", office.data());
    let mut server = Server::of(command);
    for part in ["http://127.0.0.1:", "/ocsreports", "Account", "demo", "Password"] {
        assert!(server.greeting.contains(part), "{}", server.greeting);
    }
    assert!(!server.greeting.contains("Set-up code"), "{}", server.greeting);
    let mut made = std::fs::read_dir(&temporary).unwrap();
    let folder = made.next().unwrap().unwrap().path();
    let folder = folder.to_str().unwrap().to_owned();
    let status = office.fine(&["--data", &folder, "status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["computers"], 12);
    assert_eq!(server.stop().0, Some(0));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(!office.data().exists());
}

#[test]
fn an_invented_office_is_not_mixed_with_a_real_one() {
    let office = Office::new();
    office.put("data/store.redb", "something");
    let told = office.run(&["demo"]);
    assert_eq!(told.code, 5, "{told:?}");
    assert!(told.err.contains("is not empty"), "{told:?}");
}
