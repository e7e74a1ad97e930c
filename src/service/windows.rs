//! Rollcall as a service of Windows: the steps. Whatever is asked for twice is there once.
//!
//! The service runs under its own account, `NT SERVICE\Rollcall`; what that account may is in [`super::rights`].
//!
//! Source: SEC-60, REL-20.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl, ServiceExitCode,
    ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::{Deed, Error, NAME, Plan, State, rights};
use crate::system::windows_api::{make_event_source, remove_event_source, set_rights};

/// What the list of services shows.
const SHOWN: &str = "Rollcall (OCS Inventory server)";
const DESCRIPTION: &str = "Takes the inventories of this network's computers and shows them in the browser.";
/// Pauses before the service is started again after failures; the last one counts for all that follow (REL-20).
const PAUSES: [u64; 7] = [1, 2, 4, 8, 16, 32, 60];
/// After so long without a failure the pauses begin anew.
const FORGOTTEN: Duration = Duration::from_secs(600);
/// A database that has to be repaired takes its time.
const START: Duration = Duration::from_secs(900);
/// Open requests have ten seconds, the last commit and a slow disk the rest.
const STOP: Duration = Duration::from_secs(60);
/// Virus scanners hold files that are new for a while.
const HELD: Duration = Duration::from_secs(30);
/// What to do when this account may not.
const ELEVATED: &str = "open a window with `Run as administrator` and repeat the command there";

/// `ERROR_ACCESS_DENIED` and so on: what the manager answers.
const DENIED: i32 = 5;
const NO_SERVICE: i32 = 1060;
const NOT_ACTIVE: i32 = 1062;
const RUNS_ALREADY: i32 = 1056;
const MARKED_FOR_DELETION: i32 = 1072;

/// Does it; the sentence says what is so now.
///
/// # Errors
/// One sentence, see [`Error`].
pub fn perform(deed: &Deed) -> Result<String, Error> {
    match deed {
        Deed::Install(plan) => install(plan),
        Deed::Uninstall => uninstall(),
        Deed::Start => start(),
        Deed::Stop => stop(),
        Deed::Status => status(),
    }
}

/// How the service is.
///
/// # Errors
/// The manager of services does not answer.
pub fn state() -> Result<State, Error> {
    let Some(service) = open("look at", ServiceAccess::QUERY_STATUS)? else { return Ok(State::Missing) };
    Ok(match asked(&service)?.0 {
        ServiceState::Running => State::Running,
        ServiceState::Stopped | ServiceState::Paused => State::Stopped,
        _ => State::Changing,
    })
}

fn install(plan: &Plan) -> Result<String, Error> {
    let manager = manager("make", ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    prepare_data(plan)?;
    let executable = placed(plan)?;
    let plan = Plan { executable, ..plan.clone() };
    let info = info(&plan);
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::QUERY_STATUS | ServiceAccess::START;
    let (service, how) = match manager.open_service(NAME, access) {
        Ok(service) => {
            service.change_config(&info).map_err(|error| failure("the service cannot be changed", &error))?;
            (service, "is there already, and is set up so")
        }
        Err(error) if code(&error) == Some(NO_SERVICE) => (made(&manager, &info, access)?, "is made"),
        Err(error) => return Err(told("change", "the service cannot be opened", &error)),
    };
    let mut missing = Vec::new();
    for (what, outcome) in [
        ("its description", service.set_description(DESCRIPTION)),
        ("its new start after a failure", service.update_failure_actions(pauses())),
        ("its new start after a failure that it reports", service.set_failure_actions_on_non_crash_failures(true)),
    ] {
        if outcome.is_err() {
            missing.push(what);
        }
    }
    if make_event_source(NAME).is_err() {
        missing.push("its name in the event log");
    }
    let missing = if missing.is_empty() {
        String::new()
    } else {
        format!(" This Windows did not take {}.", missing.join(" and "))
    };
    Ok(format!(
        "The service `{NAME}` {how}: it runs `{}` with the data in `{}` and starts with the machine.{missing} \
         `rollcall service start` starts it now.",
        plan.executable.display(),
        plan.data.display()
    ))
}

/// A service that was removed while somebody's window shows it goes only when that window closes.
fn made(manager: &ServiceManager, info: &ServiceInfo, access: ServiceAccess) -> Result<Service, Error> {
    let until = Instant::now() + HELD;
    loop {
        match manager.create_service(info, access) {
            Err(error) if code(&error) == Some(MARKED_FOR_DELETION) && Instant::now() < until => {
                sleep(Duration::from_millis(500));
            }
            Err(error) if code(&error) == Some(MARKED_FOR_DELETION) => {
                let why = "the old one is still being removed: close the windows that list services, and try again";
                return Err(Error::Failed { what: "the service cannot be made", why: why.to_owned() });
            }
            other => return other.map_err(|error| told("make", "the service cannot be made", &error)),
        }
    }
}

fn info(plan: &Plan) -> ServiceInfo {
    let mut words = plan.arguments();
    words.extend(["service".into(), "run".into()]);
    words.extend(plan.flags());
    ServiceInfo {
        name: NAME.into(),
        display_name: SHOWN.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: plan.executable.clone(),
        launch_arguments: words,
        dependencies: Vec::new(),
        account_name: Some(account()),
        account_password: None,
    }
}

/// The account that Windows makes for a service of this name.
fn account() -> OsString {
    format!(r"NT SERVICE\{NAME}").into()
}

fn pauses() -> ServiceFailureActions {
    let action =
        |seconds: &u64| ServiceAction { action_type: ServiceActionType::Restart, delay: Duration::from_secs(*seconds) };
    ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGOTTEN),
        reboot_msg: None,
        command: None,
        actions: Some(PAUSES.iter().map(action).collect()),
    }
}

fn uninstall() -> Result<String, Error> {
    // Says that this account may not before it says that there is nothing.
    manager("remove", ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let access = ServiceAccess::DELETE | ServiceAccess::STOP | ServiceAccess::QUERY_STATUS;
    let Some(service) = open("remove", access)? else {
        return Ok(format!("There is no service `{NAME}` on this machine; nothing was removed."));
    };
    end(&service)?;
    match service.delete() {
        Err(error) if code(&error) != Some(MARKED_FOR_DELETION) => {
            return Err(told("remove", "the service cannot be removed", &error));
        }
        _ => {}
    }
    // Entries that are there stay readable, with a remark of the viewer.
    let _ = remove_event_source(NAME);
    Ok(format!("The service `{NAME}` is removed. Data and program were left as they are."))
}

fn start() -> Result<String, Error> {
    let Some(service) = open("start", ServiceAccess::START | ServiceAccess::QUERY_STATUS)? else {
        return Err(Error::Missing);
    };
    match service.start(&[] as &[&OsStr]) {
        Ok(()) => {}
        Err(error) if code(&error) == Some(RUNS_ALREADY) => match asked(&service)?.0 {
            ServiceState::Running => return Ok(format!("The service `{NAME}` runs already.")),
            _ => {}
        },
        Err(error) if code(&error) == Some(DENIED) => return Err(not_permitted("start")),
        Err(error) => return Err(Error::NotStarted(format!("{}; {}", words(&error), where_it_says()))),
    }
    let until = Instant::now() + START;
    loop {
        match asked(&service)? {
            (ServiceState::Running, _) => {
                return Ok(format!("The service `{NAME}` runs. `rollcall status` shows where the console is."));
            }
            (ServiceState::Stopped, ended) => {
                let why = match ended {
                    ServiceExitCode::ServiceSpecific(code) => {
                        format!("it ended with code {code} (`rollcall --help` lists them)")
                    }
                    ServiceExitCode::Win32(0) => "it ended by itself".to_owned(),
                    ServiceExitCode::Win32(code) => io::Error::from_raw_os_error(code.cast_signed()).to_string(),
                };
                return Err(Error::NotStarted(format!("{why}; {}", where_it_says())));
            }
            _ if Instant::now() > until => {
                return Err(Error::NotStarted(format!("it is not ready after 15 minutes; {}", where_it_says())));
            }
            _ => sleep(Duration::from_millis(200)),
        }
    }
}

fn where_it_says() -> String {
    format!("the Event Viewer shows why, under Windows Logs, Application, source {NAME}")
}

fn stop() -> Result<String, Error> {
    let Some(service) = open("stop", ServiceAccess::STOP | ServiceAccess::QUERY_STATUS)? else {
        return Err(Error::Missing);
    };
    if asked(&service)?.0 == ServiceState::Stopped {
        return Ok(format!("The service `{NAME}` does not run."));
    }
    end(&service)?;
    Ok(format!("The service `{NAME}` is stopped."))
}

/// Stops it, and waits until it has ended.
fn end(service: &Service) -> Result<(), Error> {
    let until = Instant::now() + STOP;
    loop {
        match asked(service)?.0 {
            ServiceState::Stopped => return Ok(()),
            _ if Instant::now() > until => {
                return Err(Error::NotStopped(
                    "it did not end within a minute; end `rollcall.exe` in the Task Manager".to_owned(),
                ));
            }
            ServiceState::StopPending => {}
            _ => match service.stop() {
                // It is about to start, or is ending by itself: once more.
                Ok(_) => {}
                Err(error) if code(&error) == Some(DENIED) => return Err(not_permitted("stop")),
                Err(error) if code(&error) == Some(NOT_ACTIVE) => return Ok(()),
                Err(_) => {}
            },
        }
        sleep(Duration::from_millis(200));
    }
}

fn status() -> Result<String, Error> {
    let Some(service) = open("look at", ServiceAccess::QUERY_STATUS)? else { return Err(Error::Missing) };
    Ok(match asked(&service)? {
        (ServiceState::Running, _) => format!("The service `{NAME}` runs, and starts with the machine."),
        (ServiceState::Stopped, ServiceExitCode::ServiceSpecific(code)) => {
            format!("The service `{NAME}` does not run. Its last run failed with code {code}; {}.", where_it_says())
        }
        (ServiceState::Stopped | ServiceState::Paused, _) => format!("The service `{NAME}` does not run."),
        _ => format!("The service `{NAME}` is starting or stopping."),
    })
}

fn asked(service: &Service) -> Result<(ServiceState, ServiceExitCode), Error> {
    let status = service.query_status().map_err(|error| failure("the service cannot be looked at", &error))?;
    Ok((status.current_state, status.exit_code))
}

fn open(what: &'static str, access: ServiceAccess) -> Result<Option<Service>, Error> {
    let manager = manager(what, ServiceManagerAccess::CONNECT)?;
    match manager.open_service(NAME, access) {
        Ok(service) => Ok(Some(service)),
        Err(error) if code(&error) == Some(NO_SERVICE) => Ok(None),
        Err(error) => Err(told(what, "the service cannot be opened", &error)),
    }
}

fn manager(what: &'static str, access: ServiceManagerAccess) -> Result<ServiceManager, Error> {
    ServiceManager::local_computer(None::<&str>, access)
        .map_err(|error| told(what, "the manager of services does not answer", &error))
}

/// Where the program lies that the service runs. Who can change the program is the service: one from somebody's own
/// folder is copied to where only administrators write.
fn placed(plan: &Plan) -> Result<PathBuf, Error> {
    let cannot = |error: io::Error| failed("the program cannot be placed", error.to_string());
    if plan.in_place {
        let folder = plan.executable.parent().unwrap_or(&plan.executable);
        set_rights(folder, &rights::program_folder(NAME)).map_err(cannot)?;
        return Ok(plan.executable.clone());
    }
    let programs = ["ProgramW6432", "ProgramFiles"].into_iter().find_map(std::env::var_os);
    let programs = programs.map_or_else(|| PathBuf::from(r"C:\Program Files"), PathBuf::from);
    if starts_with(&plan.executable, &programs) {
        return Ok(plan.executable.clone());
    }
    let folder = programs.join(NAME);
    let place = folder.join("rollcall.exe");
    fs::create_dir_all(&folder).map_err(cannot)?;
    set_rights(&folder, &rights::program_folder(NAME)).map_err(cannot)?;
    let program = fs::read(&plan.executable).map_err(cannot)?;
    if fs::read(&place).is_ok_and(|there| there == program) {
        return Ok(place);
    }
    // Whole under another name first: a start that is cut short must not leave half a program.
    let unfinished = folder.join("rollcall.exe.new");
    let until = Instant::now() + HELD;
    loop {
        match fs::write(&unfinished, &program).and_then(|()| fs::rename(&unfinished, &place)) {
            Err(_) if Instant::now() < until => sleep(Duration::from_millis(500)),
            Err(error) => {
                let _ = fs::remove_file(&unfinished);
                let why = format!("`{}`: {error}; stop the service first", place.display());
                return Err(failed("the program cannot be copied", why));
            }
            Ok(()) => return Ok(place),
        }
    }
}

/// Windows takes capitals and small letters of paths for the same.
fn starts_with(path: &Path, folder: &Path) -> bool {
    let small = |path: &Path| PathBuf::from(path.to_string_lossy().to_lowercase());
    small(path).starts_with(small(folder))
}

/// Makes the data folder the service's own. A folder with other things in it is refused: it would be closed to its owner.
fn prepare_data(plan: &Plan) -> Result<(), Error> {
    let data = &plan.data;
    let cannot = |error: io::Error| failed("the data folder cannot be made", format!("{}: {error}", data.display()));
    fs::create_dir_all(data).map_err(cannot)?;
    if data.symlink_metadata().map_err(cannot)?.is_symlink() {
        let why = format!("`{}` is a link, and what it points to may change; name the folder itself", data.display());
        return Err(failed("the data cannot lie there", why));
    }
    // Whoever made an empty one beforehand would stay its owner, who may always change its rights.
    if fs::remove_dir(data).is_ok() {
        fs::create_dir(data).map_err(cannot)?;
    }
    if !super::fits(data).map_err(cannot)? {
        let why = format!("`{}` holds other things; name a folder of its own with --data", data.display());
        return Err(failed("the data cannot lie there", why));
    }
    set_rights(data, &rights::data_folder(NAME)).map_err(cannot)?;
    plan.site.as_ref().map_or(Ok(()), |site| super::hand_over(data, site).map(drop)).map_err(cannot)
}

fn code(error: &windows_service::Error) -> Option<i32> {
    match error {
        windows_service::Error::Winapi(error) => error.raw_os_error(),
        _ => None,
    }
}

fn words(error: &windows_service::Error) -> String {
    match error {
        windows_service::Error::Winapi(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn told(what: &'static str, sentence: &'static str, error: &windows_service::Error) -> Error {
    if code(error) == Some(DENIED) { not_permitted(what) } else { failure(sentence, error) }
}

fn not_permitted(what: &'static str) -> Error {
    Error::NotPermitted { what, how: ELEVATED }
}

fn failure(what: &'static str, error: &windows_service::Error) -> Error {
    failed(what, words(error))
}

fn failed(what: &'static str, why: String) -> Error {
    Error::Failed { what, why: why.trim_end_matches('.').to_owned() }
}
