//! Rollcall as a service of the system: it starts with the machine and nobody has to be logged in.
//!
//! What is to be done comes in as a [`Deed`]; a file for each kind of system does it. All deeds may be repeated: what is
//! done already is done again without harm, and says so.
//!
//! Source: SEC-60 (Windows), SEC-61 (Linux), REL-20.

#[cfg(any(windows, test))]
mod rights;
#[cfg(windows)]
mod running;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
mod unit;
pub mod upgrade;
#[cfg(windows)]
mod windows;
#[cfg(target_os = "linux")]
mod word;

use std::io;
use std::path::{Path, PathBuf};

#[cfg(windows)]
pub use running::{run, tell};
#[cfg(target_os = "linux")]
pub use systemd::{perform, state};
#[cfg(windows)]
pub use windows::{perform, state};
#[cfg(target_os = "linux")]
pub use word::{forget_failures, tell, wait_after_failures};

/// The name of the service, on every system.
pub const NAME: &str = if cfg!(windows) { "Rollcall" } else { "rollcall" };

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Make the service, or change it to this.
    Install(Plan),
    /// Stop it and remove it; the data stay.
    Uninstall,
    /// Start it, and wait until it answers.
    Start,
    /// Stop it, and wait until it has ended.
    Stop,
    /// Say how it is.
    Status,
}

/// What the manager of services is told by a server that it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It answers.
    Ready,
    /// It is about to end.
    Stopping,
}

/// What a service of Windows does.
pub struct Task {
    /// Does all of it.
    pub run: Box<dyn FnOnce() -> Ended + Send>,
    /// Asks it to end; called from another thread, and perhaps more than once.
    pub stop: Box<dyn Fn() + Send + Sync>,
}

/// How a service ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; 0 when it was told to.
    pub code: u8,
    /// Why, for the event log.
    pub sentence: Option<String>,
}

/// How the service runs. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The program.
    pub executable: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// The settings file, when it is not the one in the data folder.
    pub config: Option<PathBuf>,
    /// Where HTTP is served, as the flag of `serve`; `None` leaves it to the settings.
    pub http: Option<String>,
    /// Where HTTPS is served.
    pub https: Option<String>,
    /// On Windows: the program stays where it is, in a folder made for it, whose rights are set.
    pub in_place: bool,
}

/// How the service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There is none.
    Missing,
    /// It does not run.
    Stopped,
    /// It is about to run or to stop.
    Changing,
    /// It runs.
    Running,
}

/// Why a deed was not done: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account of the caller may not do it.
    #[error("this account may not {what} services of this machine: {how}")]
    NotPermitted {
        /// `change`, `start` and so on.
        what: &'static str,
        /// What to do instead.
        how: &'static str,
    },
    /// There is no service.
    #[error("there is no service `{NAME}` on this machine: make it with `rollcall service install`")]
    Missing,
    /// The system has no service manager that we know.
    #[error("{0}")]
    NoManager(String),
    /// It was started and ended again, or did not get ready.
    #[error("the service did not start: {0}")]
    NotStarted(String),
    /// It does not end.
    #[error("the service does not stop: {0}")]
    NotStopped(String),
    /// Something else.
    #[error("{what}: {why}")]
    Failed {
        /// What was tried, as the beginning of a sentence.
        what: &'static str,
        /// What the system says.
        why: String,
    },
}

/// Does it; the sentence says what is so now.
///
/// # Errors
/// No service manager of this system is known here.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn perform(_: &Deed) -> Result<String, Error> {
    Err(unknown())
}

/// How the service is.
///
/// # Errors
/// No service manager of this system is known here.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn state() -> Result<State, Error> {
    Err(unknown())
}

#[cfg(not(any(target_os = "linux", windows)))]
fn unknown() -> Error {
    Error::NoManager("services of this system are not known here: start the server with `rollcall serve`".to_owned())
}

/// Tells the manager of services, which is not known here.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn tell(_: Word) {}

/// Runs the task as the service that the manager of services started; there is none on this system.
///
/// # Errors
/// Always.
#[cfg(not(windows))]
pub fn run(_: Task) -> Result<(), Error> {
    Err(Error::NoManager("`service run` is for Windows: services of this system run `rollcall serve`".to_owned()))
}

/// Whether a folder may become a data folder: it is empty, or one already.
#[cfg(any(windows, target_os = "linux"))]
fn fits(data: &Path) -> io::Result<bool> {
    let empty = std::fs::read_dir(data)?.next().is_none();
    Ok(empty || ["store.redb", "config.toml"].iter().any(|file| data.join(file).exists()))
}

/// The data folder of a service, when nobody names another one.
pub fn usual_data() -> PathBuf {
    if cfg!(windows) {
        let base = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
        base.join("Rollcall")
    } else {
        PathBuf::from("/var/lib/rollcall")
    }
}

impl Plan {
    /// The arguments with which the program runs as this service, before those that a system adds.
    pub fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut words: Vec<std::ffi::OsString> = vec!["--data".into(), self.data.clone().into()];
        if let Some(config) = &self.config {
            words.extend(["--config".into(), config.clone().into()]);
        }
        words
    }

    /// The flags that say where is served, for behind the command.
    pub fn ports(&self) -> Vec<std::ffi::OsString> {
        let flag = |name: &str, value: &Option<String>| value.clone().map(|value| [name.into(), value.into()]);
        [flag("--http", &self.http), flag("--https", &self.https)].into_iter().flatten().flatten().collect()
    }
}
