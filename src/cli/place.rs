//! Where a command does its work: in the running server, or on the data folder itself.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use super::args::Args;
use super::exit::{Code, Failure};
use crate::agent::Agents;
use crate::app::{App, OpenError};
use crate::clock::Clock;
use crate::config::{Config, Error, Sources};
use crate::control::{Answer, Client, Request, Work};

/// Where the work is done.
pub enum Place {
    /// In the running server.
    Server(Client),
    /// Here.
    Own(Box<Own>),
}

/// The data folder, opened by this process.
pub struct Own {
    work: Work,
    agents: Arc<Agents>,
    // Last: what runs in it ends first.
    _runtime: tokio::runtime::Runtime,
}

impl Drop for Own {
    fn drop(&mut self) {
        for outcome in [self.agents.flush_visits(), self.agents.flush_orders(), self.agents.flush_contacts()] {
            if let Err(error) = outcome {
                tracing::warn!("the last contacts are not stored: {error}");
            }
        }
        self.agents.app().store.close();
    }
}

/// Whether a command begins a new data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It does.
    Anything,
    /// There must be data already: a mistyped folder is not to be made.
    Data,
}

/// The settings of this call.
pub fn settings(args: &Args, flags: &[(&'static str, &'static str, String)]) -> Result<Config, Failure> {
    let mut sources = Sources::of_this_machine();
    sources.file.clone_from(&args.config);
    let data = args.data.as_ref().map(|data| ("--data", "data", data.display().to_string()));
    sources.flags = data.into_iter().chain(flags.iter().cloned()).collect();
    Config::load(&sources).map_err(|errors| match errors.0.as_slice() {
        // Nobody asked for a settings file: it was looked for in the data folder, which is a file itself.
        [Error::Unreadable { path, reason }] if args.config.is_none() && reason.kind() == ErrorKind::NotADirectory => {
            let folder = path.parent().unwrap_or(path).display();
            Failure::new(
                Code::Folder,
                format!("the data folder `{folder}` is not a folder: name another one with --data."),
            )
        }
        _ => errors.into(),
    })
}

impl Place {
    /// The running server, or else the data folder.
    pub fn find(args: &Args, need: Need) -> Result<Place, Failure> {
        let config = settings(args, &[])?;
        // A server that starts or ends at this moment holds the folder and has no door: it is asked a few times.
        for _ in 0..8 {
            if let Some(client) = Client::find(&config.data)? {
                return Ok(Place::Server(client));
            }
            if need == Need::Data && !config.data.join("store.redb").exists() {
                let sentence = format!(
                    "there are no data in `{}`: name the data folder with --data, or start the server once.",
                    config.data.display()
                );
                return Err(Failure::new(Code::Folder, sentence));
            }
            super::owner::refuse_anothers(&config.data)?;
            match App::open(config.clone(), Clock::system()) {
                Err(OpenError::InUse { .. }) => std::thread::sleep(Duration::from_millis(200)),
                opened => return Place::own(opened?),
            }
        }
        Err(OpenError::InUse { path: config.data }.into())
    }

    fn own(app: Arc<App>) -> Result<Place, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime =
            runtime.map_err(|error| Failure::new(Code::Server, format!("no thread can be started: {error}")))?;
        let agents = Agents::new(app);
        let work = Work::new(agents.clone(), runtime.handle().clone());
        Ok(Place::Own(Box::new(Own { work, agents, _runtime: runtime })))
    }

    /// Asks; a refusal is an answer.
    pub fn ask(&mut self, request: Request) -> Result<Answer, Failure> {
        match self {
            Place::Server(client) => Ok(client.ask(&request)?),
            Place::Own(own) => Ok(own.work.answer(request)),
        }
    }

    /// Asks; a refusal is a failure with exit code 1.
    pub fn demand(&mut self, request: Request) -> Result<Answer, Failure> {
        match self.ask(request)? {
            Answer::Refused(why) => Err(Failure::refused(why)),
            answer => Ok(answer),
        }
    }

    /// Asks for something to be done, and prints the sentence about it.
    pub fn order(&mut self, request: Request) -> Result<Code, Failure> {
        match self.demand(request)? {
            Answer::Done(sentence) => {
                super::line(&sentence);
                Ok(Code::Done)
            }
            _ => Err(unexpected()),
        }
    }
}

/// The answer belongs to another question: a server of another release, mostly.
pub fn unexpected() -> Failure {
    Failure::new(Code::Failed, "the running server is of another release: restart it.")
}
