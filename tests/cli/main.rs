//! The real executable: what it prints, what it refuses, and how it ends.
#![expect(clippy::disallowed_methods, reason = "these tests start the executable that they test")]
#![expect(clippy::unwrap_used, reason = "everything here is a test")]

mod data;
mod running;
mod site;
mod starting;
mod suspect;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A data folder, and the executable that works on it.
struct Office {
    folder: TempDir,
}

/// How a command ended.
#[derive(Debug)]
struct Told {
    code: i32,
    out: String,
    err: String,
}

impl Office {
    fn new() -> Office {
        Office { folder: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The executable without any setting from outside.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
        command.current_dir(self.folder.path());
        if !words.contains(&"--data") {
            command.arg("--data").arg(self.data());
        }
        command.args(words);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ROLLCALL_")) {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, words: &[&str]) -> Told {
        told(self.command(words).output().unwrap())
    }

    /// Runs a command that must succeed.
    fn fine(&self, words: &[&str]) -> String {
        let told = self.run(words);
        assert_eq!(told.code, 0, "{words:?}: {told:?}");
        told.out
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn told(output: Output) -> Told {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    Told { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// The device id of an invented computer.
fn device(name: &str) -> String {
    format!("{name}-2026-02-03-08-15-42")
}

/// An inventory of an invented computer.
fn inventory(name: &str) -> String {
    let device = device(name);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST><CONTENT>\
         <ACCESSLOG><LOGDATE>2026-02-03 08:15:42</LOGDATE></ACCESSLOG>\
         <BIOS><SSN>SN-{name}</SSN><SMODEL>Tower 3</SMODEL></BIOS>\
         <HARDWARE><NAME>{name}</NAME><OSNAME>Debian &amp; more</OSNAME><MEMORY>4096</MEMORY></HARDWARE>\
         <NETWORKS><MACADDR>02:00:5E:10:00:07</MACADDR><IPADDRESS>10.0.0.7</IPADDRESS></NETWORKS>\
         <PLUGIN><PART><DEEP>1</DEEP></PART><PART><DEEP>2</DEEP></PART></PLUGIN>\
         </CONTENT><DEVICEID>{device}</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `cargo run` hands variables of the build on to the program, which refuses unknown ones with its own prefix: the
/// first command of the README ended with "`built` is no setting".
#[test]
fn the_build_leaves_no_variable_that_looks_like_a_setting() {
    let script = include_str!("../../appliance/build.rs");
    assert!(script.contains("rustc-env=") && !script.contains("rustc-env=ROLLCALL_"));
}
