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

#[cfg(any(windows, target_os = "linux"))]
use crate::app::private_folder;
use crate::replica::main_server::Token;
#[cfg(any(windows, target_os = "linux"))]
use crate::replica::main_server::keep_changed;

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
    /// What makes it a second site.
    pub site: Option<Site>,
    /// On Windows: the program stays where it is, in a folder made for it, whose rights are set.
    pub in_place: bool,
}

/// What a second site is given, because the account of the service may not read the files of who installs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The main server's address, as the flag of `serve`; `None` leaves it to the settings.
    pub main: Option<String>,
    /// The token.
    pub token: Token,
    /// The main server's authorities, as PEM.
    pub authorities: String,
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

/// What a second site knows of its main server, in the data folder.
const REPLICA: &str = "replica";

/// Whether a folder may become a data folder: it is empty, or one already.
#[cfg(any(windows, target_os = "linux"))]
fn fits(data: &Path) -> io::Result<bool> {
    let mut blank = true;
    for entry in std::fs::read_dir(data)? {
        // A second site that did not start yet has nothing else.
        blank &= entry?.file_name() == REPLICA;
    }
    Ok(blank || ["store.redb", "config.toml"].iter().any(|file| data.join(file).exists()))
}

/// Puts what a second site is given into its data folder, where a start finds it; whether anything is new. Whose the files
/// are is settled by the caller.
#[cfg(any(windows, target_os = "linux"))]
fn hand_over(data: &Path, site: &Site) -> io::Result<bool> {
    let folder = data.join(REPLICA);
    // The folder of an account with fewer rights: a link would lead what is written to another place.
    if std::fs::symlink_metadata(&folder).is_ok_and(|about| !about.is_dir()) {
        return Err(io::Error::other(format!("`{}` is no folder", folder.display())));
    }
    private_folder(&folder)?;
    let token = keep_changed(&folder.join("token"), site.token.reveal())?;
    Ok(keep_changed(&folder.join("cacert.pem"), &site.authorities)? || token)
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

    /// The flags that say where is served and whose second site this is, for behind the command.
    pub fn flags(&self) -> Vec<std::ffi::OsString> {
        let main = self.site.as_ref().and_then(|site| site.main.as_ref());
        let flag = |name: &str, value: Option<&String>| Some([name.into(), value?.into()]);
        let all =
            [flag("--http", self.http.as_ref()), flag("--https", self.https.as_ref()), flag("--replica-of", main)];
        all.into_iter().flatten().flatten().collect()
    }
}

#[cfg(test)]
#[cfg(any(windows, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn con_dep_19_a_service_finds_what_its_second_site_was_given_and_may_be_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let token = crate::deployment::replicas::token().unwrap();
        let site = Site { main: None, token: Token::of(&token).unwrap(), authorities: "PEM".to_owned() };
        assert!(fits(data).unwrap());
        assert!(hand_over(data, &site).unwrap(), "new");
        assert_eq!(fs::read_to_string(data.join("replica/token")).unwrap(), token);
        assert!(fits(data).unwrap(), "made, and not started yet");
        assert!(!hand_over(data, &site).unwrap(), "nothing new");
        assert!(hand_over(data, &Site { authorities: "PEM 2".to_owned(), ..site.clone() }).unwrap());
        assert_eq!(fs::read_to_string(data.join("replica/cacert.pem")).unwrap(), "PEM 2");
        fs::write(data.join("letters.txt"), "somebody's").unwrap();
        assert!(!fits(data).unwrap(), "somebody's folder");
    }

    #[cfg(unix)]
    #[test]
    fn sec_61_what_is_given_does_not_follow_a_link_out_of_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (data, elsewhere) = (folder.path().join("data"), folder.path().join("elsewhere"));
        fs::create_dir(&data).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, data.join("replica")).unwrap();
        let token = Token::of(&crate::deployment::replicas::token().unwrap()).unwrap();
        assert!(hand_over(&data, &Site { main: None, token, authorities: String::new() }).is_err());
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}
