//! What the console keeps besides the store: sessions, attempts, the set-up code, the ports that are answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::agent::Agents;
use crate::app::App;
use crate::net::Networks;
use crate::running::People;
use crate::tls::Tls;
use crate::users::{self, Attempts, Cost, Hashing, Passwords, Sessions, Setup, store};
use crate::web::Places;

use super::pages::setup::{Port, PortState};

/// The console of a running server.
pub struct Console {
    /// The application.
    pub app: Arc<App>,
    /// The agent endpoint: inventories of a computer are kept out while its administrative data is changed.
    pub agents: Arc<Agents>,
    /// Certificates, when there are any.
    pub tls: Option<Arc<Tls>>,
    /// Who is logged in.
    pub sessions: Arc<Sessions>,
    /// The set-up code.
    pub setup: Arc<Setup>,
    /// When it began, on the monotonic clock.
    pub(super) started: Duration,
    pub(super) hashing: Hashing,
    pub(super) passwords: Passwords,
    pub(super) proxies: Networks,
    /// Places for forms with files.
    pub(super) uploads: Arc<Places>,
    attempts: Mutex<Attempts>,
    ports: Mutex<Vec<Port>>,
    /// An administrator exists.
    ready: AtomicBool,
    /// When a refused log-in was last written to the audit log, on the monotonic clock.
    refusal: Mutex<Option<Duration>>,
}

/// Why the console does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The accounts cannot be read.
    #[error("the accounts cannot be read")]
    Store(#[from] crate::store::Error),
    /// Passwords cannot be worked on, or the set-up code cannot be written.
    #[error(transparent)]
    Users(#[from] users::Error),
}

/// The folder for files that browsers send, inside of the data folder.
pub(super) const UPLOADS: &str = "uploads";

/// Forms with files that are taken and worked on at the same time: each may take much of the disk.
const AT_ONCE: usize = 3;
/// Those of one account.
const OF_ONE: usize = 2;

/// A refused log-in is written to the audit log once in so long, so that a flood does not fill it.
const REFUSALS: Duration = Duration::from_secs(60);

impl Console {
    /// Makes the console ready. Without an administrator there is a set-up code afterwards, see [`Setup::code`].
    ///
    /// # Errors
    /// [`StartError`].
    pub fn new(
        app: Arc<App>,
        agents: Arc<Agents>,
        tls: Option<Arc<Tls>>,
        people: People,
    ) -> Result<Arc<Console>, StartError> {
        let administrator = app.read(store::any_administrator)?;
        let People { sessions, setup } = people;
        crate::web::sweep(&app.folder(UPLOADS));
        let limits = &app.config.limits;
        Ok(Arc::new(Console {
            sessions,
            hashing: Hashing::new(limits),
            passwords: Passwords::new(Cost::default())?,
            proxies: app.config.trusted_proxies(),
            uploads: Places::new(AT_ONCE, OF_ONE),
            attempts: Mutex::default(),
            ports: Mutex::default(),
            ready: AtomicBool::new(administrator),
            refusal: Mutex::default(),
            setup,
            started: app.clock.elapsed(),
            app,
            agents,
            tls,
        }))
    }

    /// Notes what became of a port, for the set-up and for addresses that are shown.
    pub fn note_port(&self, address: SocketAddr, tls: bool, state: PortState) {
        let mut ports = lock(&self.ports);
        ports.retain(|port| (port.number, port.tls) != (address.port(), tls));
        ports.push(Port { number: address.port(), tls, state });
        ports.sort_by_key(|port| (port.tls, port.number));
    }

    pub(super) fn ports(&self) -> Vec<Port> {
        lock(&self.ports).clone()
    }

    /// The port on which HTTP or HTTPS is answered.
    pub(super) fn port(&self, tls: bool) -> Option<u16> {
        let ports = lock(&self.ports);
        ports.iter().find(|port| port.tls == tls && port.state == PortState::Ours).map(|port| port.number)
    }

    /// Whether the set-up is done, as far as is known without looking.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Whether the set-up is done. Looks at the store until it is: the command line makes administrators too.
    pub(super) fn look_ready(&self) -> Result<bool, crate::store::Error> {
        if !self.is_ready() && self.app.read(store::any_administrator)? {
            self.ready.store(true, Ordering::Relaxed);
        }
        Ok(self.is_ready())
    }

    /// The local command made a code for a new password, which is good still: the set-up asks for that one.
    pub(super) fn awaits_password(&self) -> bool {
        let clock = &self.app.clock;
        let code = self.setup.code(clock.now(), clock.elapsed());
        code.is_some_and(|(_, purpose)| matches!(purpose, users::Purpose::LostPassword(_)))
    }

    pub(super) fn attempts(&self) -> MutexGuard<'_, Attempts> {
        lock(&self.attempts)
    }

    /// Whether this refusal is written to the audit log.
    pub(super) fn notes_refusal(&self) -> bool {
        let (mut last, now) = (lock(&self.refusal), self.app.clock.elapsed());
        let due = last.is_none_or(|last| now.saturating_sub(last) >= REFUSALS);
        if due {
            *last = Some(now);
        }
        due
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
