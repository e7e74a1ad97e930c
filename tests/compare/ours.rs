//! Our server: the executable while contacts come, its data folder while nothing runs.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rollcall::app::App;
use rollcall::clock::{Clock, Timestamp};
use rollcall::config::{Config, Sources};
use rollcall::id::ComputerId;
use rollcall::inventory::store::{self as computers, SEEN};
use rollcall::options::{self, store::StoredValue};
use rollcall::store::{Read, Write};

pub struct Ours {
    pub program: PathBuf,
    pub data: PathBuf,
    running: Option<Child>,
}

/// A change to one computer, as time that passes or a consumer would make it.
pub struct Change {
    pub id: ComputerId,
    /// So many seconds pass.
    pub back: i64,
    /// A consumer reads what changed.
    pub cleared: bool,
    /// The office gives another TAG.
    pub tag: Option<String>,
    /// Values of its own for options.
    pub own: Vec<(&'static str, &'static str)>,
}

impl Ours {
    pub fn new(program: PathBuf, data: PathBuf) -> Ours {
        Ours { program, data, running: None }
    }

    /// Starts the executable on a free port, and says which.
    pub fn start(&mut self) -> u16 {
        let mut child = Command::new(&self.program)
            .arg("--data")
            .arg(&self.data)
            .args(["serve", "--http", "127.0.0.1:0", "--https", "off"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("our executable starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("http://127.0.0.1:")?;
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        // What it prints later is read too: a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        self.running = Some(child);
        port.expect("our server says where it listens")
    }

    /// Asks it to end, as a service manager does.
    pub fn stop(&mut self) {
        let Some(mut child) = self.running.take() else { return };
        let asked = Command::new("kill").arg(child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "our server can be asked to stop");
        let status = child.wait().expect("our server ends");
        assert!(status.success(), "our server ended with {status}");
    }

    /// The data of the stopped server.
    pub fn open(&self) -> Arc<App> {
        let sources = Sources {
            file: None,
            environment: Vec::new(),
            flags: vec![("--data", "data", self.data.display().to_string())],
            installation: None,
        };
        let config = Config::load(&sources).expect("settings");
        App::open(config, Clock::system()).unwrap_or_else(|error| panic!("our data: {error}"))
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Sets a general option.
pub fn set(app: &App, name: &'static str, value: &str) {
    let stored = stored(options::parse(name, value).expect(name));
    app.write(move |w| options::store::set(w, name, &stored)).expect(name);
}

fn stored(value: options::Value) -> StoredValue {
    StoredValue { value, by: "compare".into(), at: Timestamp(0) }
}

/// Makes the changes in one commit.
pub fn change(app: &App, changes: Vec<Change>) {
    let dictionaries = app.dictionaries.clone();
    let done: Result<(), rollcall::store::Error> = app.write(move |w| {
        for change in &changes {
            if let Some(mut computer) = computers::computer(w, change.id, &dictionaries)? {
                computer.last_date = computer.last_date.plus(-change.back);
                if change.cleared {
                    computer.checksum = 0;
                }
                computers::keep(w, change.id, &computer, &dictionaries)?;
            }
            if let Some(mut seen) = w.get(&SEEN, change.id)? {
                seen.last_contact = seen.last_contact.plus(-change.back);
                w.put(&SEEN, change.id, &seen)?;
            }
            if let Some(tag) = &change.tag {
                let mut account = rollcall::accountinfo::store::account(w, change.id)?.unwrap_or_default();
                account.values.insert(rollcall::accountinfo::TAG.to_owned(), tag.clone());
                rollcall::accountinfo::store::keep(w, change.id, &account)?;
            }
            for (name, value) in &change.own {
                let declared = options::declared(name).expect(name);
                let value = stored(declared.parse_own(value).expect(name));
                options::store::set_own(w, change.id, name, Some(&value))?;
            }
        }
        Ok(())
    });
    done.expect("our data take the changes");
}
