//! What the commands ask for, done on the open store: by the server for who asks through the door, by the command
//! itself when no server runs.

mod certificates;
mod computers;
mod options;
mod status;
mod users;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::{Answer, Request};
use crate::agent::Agents;
use crate::app::App;
use crate::check;
use crate::history::Action;
use crate::history::audit::{self, Actor, Entry};
use crate::id::ComputerId;
use crate::import::{self, Read};
use crate::repack::repack;
use crate::running::{self, People};
use crate::store;
use crate::tls::Tls;

/// Answers questions.
pub struct Work {
    agents: Arc<Agents>,
    runtime: Handle,
    people: Option<People>,
    tls: Mutex<Option<Arc<Tls>>>,
    started: Duration,
}

/// Why something was not done; becomes one sentence.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Plain(String),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Users(#[from] crate::users::Error),
    #[error(transparent)]
    Tls(#[from] crate::tls::Error),
}

impl Work {
    /// For an open store.
    pub fn new(agents: Arc<Agents>, runtime: Handle) -> Work {
        let started = agents.app().clock.elapsed();
        Work { agents, runtime, people: None, tls: Mutex::default(), started }
    }

    /// For a running server.
    pub fn of_server(agents: Arc<Agents>, runtime: Handle, people: People, tls: Option<Arc<Tls>>) -> Work {
        Work { people: Some(people), tls: Mutex::new(tls), ..Work::new(agents, runtime) }
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        self.agents.app()
    }

    /// Does what is asked. It may wait for the disk: not for a thread of the asynchronous runtime.
    pub fn answer(&self, request: Request) -> Answer {
        // A fault in one command must not take the server's thread, nor leave the command waiting.
        match catch_unwind(AssertUnwindSafe(|| self.attempt(request))) {
            Ok(outcome) => outcome.unwrap_or_else(|failure| Answer::Refused(sentence(&failure))),
            Err(_) => Answer::Refused("the command was given up because of a fault in the program".to_owned()),
        }
    }

    fn attempt(&self, request: Request) -> Result<Answer, Failure> {
        Ok(match request {
            Request::Import { name, made, accept_older, bytes } => {
                let read = Read { name, made, bytes };
                Answer::Imported(import::import(&self.agents, &self.runtime, read, accept_older))
            }
            Request::Status => Answer::Status(Box::new(self.status())),
            Request::Options { computer, name } => self.options(computer.as_deref(), name.as_deref())?,
            Request::SetOption { name, value, computer } => self.set_option(name, value, computer.as_deref())?,
            Request::Show { computer, form } => Answer::Text(self.show(&computer, form)?),
            Request::Tag { computer, tag } => self.tag(&computer, tag)?,
            Request::Check { compact } => self.check(compact)?,
            Request::Audit => {
                let report = self.app().read(audit::verify)?;
                Answer::Audited(report.entries, report.faults.iter().map(ToString::to_string).collect())
            }
            Request::Certificates => self.certificates()?,
            Request::Authority => Answer::Text(self.authority()?),
            Request::RenewCertificate => self.renew_certificate()?,
            Request::CertificateRequest { wish, names } => Answer::Text(self.request_certificate(&wish, &names)?),
            Request::InstallCertificate { files } => self.install_certificate(&files)?,
            Request::BuiltinCertificate => self.builtin_certificate()?,
            Request::Users => self.users()?,
            Request::AddUser { account, role, password } => self.add_user(&account, &role, &password)?,
            Request::SetPassword { account, password } => self.set_password(&account, password.as_deref())?,
            Request::SetRole { account, role } => self.set_role(&account, &role)?,
            Request::DeleteUser { account } => self.delete_user(&account)?,
        })
    }

    fn check(&self, compact: bool) -> Result<Answer, Failure> {
        let app = self.app();
        let findings = check::check(app)?;
        if !compact || !findings.fine() {
            return Ok(Answer::Checked(findings, None));
        }
        repack(app, || false)?;
        // Pages of the console are read in a blink; nobody holds the file for long.
        for _ in 0..50 {
            match app.store.compact() {
                Ok(smaller) => return Ok(Answer::Checked(findings, Some(smaller))),
                Err(store::Error::Unavailable(_)) => std::thread::sleep(Duration::from_millis(100)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::Plain("the file is in use all the time; stop the server and try again".to_owned()))
    }

    /// The computer with this device id or number.
    fn computer(&self, text: &str) -> Result<ComputerId, Failure> {
        let index = self.app().fleet.look();
        let by_device = index.device(&text.trim().to_ascii_lowercase()).map(|known| known.id);
        let by_number = || text.trim().parse().ok().map(ComputerId).filter(|id| index.contains(*id));
        by_device
            .or_else(by_number)
            .ok_or_else(|| Failure::Plain(format!("no computer has the device id or number `{}`", text.trim())))
    }

    fn entry(&self, action: Action, object: &str) -> Entry {
        let mut entry = Entry::new(self.app().clock.now(), Actor::CommandLine, None, action);
        entry.object = object.to_owned();
        entry
    }

    fn tls(&self) -> Result<Arc<Tls>, Failure> {
        let mut held = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = &*held {
            return Ok(tls.clone());
        }
        let tls = Arc::new(running::certificates(self.app())?);
        *held = Some(tls.clone());
        Ok(tls)
    }
}

/// A failure with its causes, as one sentence.
fn sentence(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
