//! `service`: Rollcall as a service of this machine.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::args::{Args, Install, ServiceCommand};
use super::exit::{Code, Failure};
use super::place::settings;
use super::serve::{self, Event, Place};
use crate::config::{Config, Origin};
use crate::service::{self, Deed, Ended, Plan, State, Task};

/// Does what is asked, and says what is so now.
pub fn run(args: &Args, command: &ServiceCommand) -> Result<Code, Failure> {
    let deed = match command {
        ServiceCommand::Install(install) => Deed::Install(plan(args, install)?),
        ServiceCommand::Run(ports) => return as_service(settings(args, &ports.flags()).map_err(Failure::from)),
        ServiceCommand::Uninstall => Deed::Uninstall,
        ServiceCommand::Start => Deed::Start,
        ServiceCommand::Stop => Deed::Stop,
        ServiceCommand::Status => Deed::Status,
    };
    let failed = |error: service::Error| Failure::refused(format!("{error}."));
    super::line(&service::perform(&deed).map_err(failed)?);
    let down = deed == Deed::Status && service::state().map_err(failed)? != State::Running;
    Ok(if down { Code::Failed } else { Code::Done })
}

/// What this call asks for. The settings are read once, so that a service is not made with what it cannot start with.
fn plan(args: &Args, install: &Install) -> Result<Plan, Failure> {
    let ports = &install.ports;
    let config = settings(args, &ports.flags())?;
    let data = if config.origin("data") == Origin::Default { service::usual_data() } else { absolute(&config.data)? };
    let executable = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Server, format!("this program does not find itself: {error}.")))?;
    let file = args.config.as_deref().map(absolute).transpose()?;
    let (http, https) = (ports.http.clone(), ports.https.clone());
    Ok(Plan { executable, data, config: file, http, https, in_place: install.in_place })
}

/// What the manager of services of Windows starts. Settings that cannot be used are told like everything that fails.
fn as_service(config: Result<Config, Failure>) -> Result<Code, Failure> {
    let (sender, events) = mpsc::channel();
    let stop = sender.clone();
    let run = move || match config.and_then(|config| serve::serve(config, Place::Service, &sender, &events)) {
        Ok(code) => Ended { code: code as u8, sentence: None },
        Err(failure) => Ended { code: failure.code as u8, sentence: Some(failure.sentence) },
    };
    // Who stops first need not listen any more.
    let stop = move || drop(stop.send(Event::Stop));
    let task = Task { run: Box::new(run), stop: Box::new(stop) };
    service::run(task).map_err(|error| Failure::new(Code::Usage, format!("{error}.")))?;
    Ok(Code::Done)
}

/// A service starts in another folder than who installs it.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let told = |error| Failure::new(Code::Usage, format!("`{}` is no path: {error}.", path.display()));
    std::path::absolute(path).map_err(told)
}
