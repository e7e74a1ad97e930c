//! `service`: Rollcall as a service of this machine.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::args::{Args, Install, ServiceCommand};
use super::exit::{Code, Failure, causes};
use super::place::settings;
use super::serve::{self, Event, Place};
use super::site;
use crate::config::{Config, Origin};
use crate::server;
use crate::service::{self, Deed, Ended, Plan, State, Task, upgrade};

/// Does what is asked, and says what is so now.
pub fn run(args: &Args, command: &ServiceCommand) -> Result<Code, Failure> {
    let deed = match command {
        ServiceCommand::Install(install) => Deed::Install(plan(args, install)?),
        ServiceCommand::Ports(ports) => return free(&settings(args, &ports.flags())?),
        ServiceCommand::Keep => return keep(&settings(args, &[])?),
        ServiceCommand::Restore => return restore(&settings(args, &[])?),
        ServiceCommand::Run(run) => return as_service(settings(args, &run.flags())),
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
    let run = &install.run;
    let config = settings(args, &run.flags())?;
    let data = if config.origin("data") == Origin::Default { service::usual_data() } else { absolute(&config.data)? };
    let executable = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Server, format!("this program does not find itself: {error}.")))?;
    let file = args.config.as_deref().map(absolute).transpose()?;
    let site = site::handed_over(&config, &data, install.in_place)?;
    let (http, https) = (run.ports.http.clone(), run.ports.https.clone());
    Ok(Plan { executable, data, config: file, http, https, site, in_place: install.in_place })
}

fn free(config: &Config) -> Result<Code, Failure> {
    server::try_ports(config).map_err(|error| Failure::refused(format!("{}.", causes(&error))))?;
    super::line("The ports are free.");
    Ok(Code::Done)
}

fn keep(config: &Config) -> Result<Code, Failure> {
    let data = config.data.display();
    upgrade::keep(&config.data)
        .map_err(|error| Failure::new(Code::Folder, format!("the data in `{data}` cannot be copied: {error}.")))?;
    super::line(&format!("The data are copied to `{}`.", config.data.join(upgrade::FOLDER).display()));
    Ok(Code::Done)
}

fn restore(config: &Config) -> Result<Code, Failure> {
    let data = config.data.display();
    let done = upgrade::restore(&config.data)
        .map_err(|error| Failure::new(Code::Folder, format!("the data in `{data}` cannot be put back: {error}.")))?;
    super::line(if done { "The data are as they were before." } else { "There is no copy to go back to." });
    Ok(if done { Code::Done } else { Code::Failed })
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
