//! The service of Windows while it runs: what the manager is told, and the word to stop.
//!
//! Source: REL-15, REL-20; "Service State Transitions" of the Windows documentation.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use windows_service::define_windows_service;
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::service_dispatcher;

use super::{Ended, Error, NAME, Task, Word};
use crate::system::windows_api::{Grave, log_event};

/// How long the manager is asked to wait for a start, which may have to repair the database.
const START: Duration = Duration::from_secs(900);
const STOP: Duration = Duration::from_secs(30);
/// Number of the event of a start, or a run, that failed: its exit code is added.
const EVENT: u32 = 100;

/// What is to be run; the manager calls a function that takes nothing of ours.
static TASK: Mutex<Option<Task>> = Mutex::new(None);
/// Where the manager is told how it is.
static HANDLE: Mutex<Option<ServiceStatusHandle>> = Mutex::new(None);

define_windows_service!(entry, main);

/// Runs the task as the service, and comes back when it has ended.
///
/// # Errors
/// This process was not started by the manager of services.
pub fn run(task: Task) -> Result<(), Error> {
    *TASK.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    service_dispatcher::start(NAME, entry).map_err(|_| {
        Error::NoManager(format!("only Windows itself runs the service: `rollcall service start` starts `{NAME}`"))
    })
}

/// Tells the manager. Nothing happens when this is no service.
pub fn tell(word: Word) {
    match word {
        Word::Ready => set(ServiceState::Running, ServiceExitCode::NO_ERROR, Duration::ZERO),
        Word::Stopping => set(ServiceState::StopPending, ServiceExitCode::NO_ERROR, STOP),
    }
}

fn main(_: Vec<OsString>) {
    let Some(task) = TASK.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let stop = Arc::new(task.stop);
    let control = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            stop();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    match service_control_handler::register(NAME, control) {
        Ok(handle) => *HANDLE.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle),
        Err(error) => return report(7, &format!("the manager of services does not answer ({error})")),
    }
    set(ServiceState::StartPending, ServiceExitCode::NO_ERROR, START);
    let run = task.run;
    let ended = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Ended {
        code: 7,
        sentence: Some("the server came to a fault of its own; its log says more.".to_owned()),
    });
    if let Some(sentence) = &ended.sentence {
        report(ended.code, sentence);
    }
    let code = match ended.code {
        0 => ServiceExitCode::NO_ERROR,
        code => ServiceExitCode::ServiceSpecific(u32::from(code)),
    };
    set(ServiceState::Stopped, code, Duration::ZERO);
}

/// REL-20: an entry of the event log for what has no window to be said in.
fn report(code: u8, sentence: &str) {
    let text = format!("Rollcall does not run: {sentence}");
    if let Err(error) = log_event(NAME, Grave::Error, EVENT + u32::from(code), &text) {
        tracing::warn!("the event log does not take an entry: {error}");
    }
}

fn set(state: ServiceState, exit_code: ServiceExitCode, wait_hint: Duration) {
    let handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(handle) = handle.as_ref() else { return };
    let controls_accepted = match state {
        ServiceState::Stopped | ServiceState::StopPending => ServiceControlAccept::empty(),
        _ => ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN,
    };
    let checkpoint = u32::from(!wait_hint.is_zero());
    let service_type = ServiceType::OWN_PROCESS;
    let status = ServiceStatus {
        service_type,
        current_state: state,
        controls_accepted,
        exit_code,
        checkpoint,
        wait_hint,
        process_id: None,
    };
    if let Err(error) = handle.set_service_status(status) {
        tracing::warn!("the manager of services is not told how it is: {error}");
    }
}
