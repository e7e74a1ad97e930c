//! `service`: Rollcall as a service of this machine.

use std::path::{Path, PathBuf};

use super::args::{Args, Serve, ServiceCommand};
use super::exit::{Code, Failure};
use super::place::settings;
use crate::config::Origin;
use crate::service::{self, Deed, Plan, State};

/// Does what is asked, and says what is so now.
pub fn run(args: &Args, command: &ServiceCommand) -> Result<Code, Failure> {
    let deed = match command {
        ServiceCommand::Install(ports) => Deed::Install(plan(args, ports)?),
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
fn plan(args: &Args, ports: &Serve) -> Result<Plan, Failure> {
    let config = settings(args, &ports.flags())?;
    let data = if config.origin("data") == Origin::Default { service::usual_data() } else { absolute(&config.data)? };
    let executable = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Server, format!("this program does not find itself: {error}.")))?;
    let file = args.config.as_deref().map(absolute).transpose()?;
    Ok(Plan { executable, data, config: file, http: ports.http.clone(), https: ports.https.clone() })
}

/// A service starts in another folder than who installs it.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let told = |error| Failure::new(Code::Usage, format!("`{}` is no path: {error}.", path.display()));
    std::path::absolute(path).map_err(told)
}
