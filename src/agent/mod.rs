//! The agent endpoint: from the bytes of a request to the bytes of its answer.
//!
//! A handler of the server reads the body and calls [`Agents::post`]; an import calls [`Agents::import`]. Both go
//! the same way: open, decode, read, decide, one commit, answer. Source: agent protocol page.

mod download;
mod files;
mod import;
mod ingest;
mod keep;
mod locks;
mod native;
mod notify;
mod pool;
mod post;
mod sessions;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;

use crate::app::App;
use crate::capacity::Capacity;
use crate::clock::Timestamp;
use crate::deployment;
use crate::registry;

pub use files::{Content, File};
pub use import::{ImportRefusal, Imported, Source};
pub use pool::Memory;

/// The features that take part in the dialogue with agents, in the order in which they add to it.
pub static CAPACITIES: &[&dyn Capacity] = &[&registry::Registry, &deployment::Download];

/// What the endpoint needs beside the application: state that lives as long as the program.
pub struct Agents {
    app: Arc<App>,
    locks: locks::Locks,
    sessions: sessions::Sessions,
    pool: pool::Pool,
    newcomers: ingest::Newcomers,
}

/// Who calls, as far as the transport knows.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The address, after trusted proxies; `None` for a file.
    pub address: Option<IpAddr>,
    /// The header User-Agent as sent.
    pub agent: String,
    /// The header Content-Type as sent.
    pub content_type: Option<String>,
    /// The header GLPI-Agent-ID was sent.
    pub glpi: bool,
    /// The request came over HTTPS.
    pub secure: bool,
    /// The authority under which we were served on this connection, see `tls::Tls::mark`; `None` behind a proxy.
    pub served: Option<u64>,
}

/// What is sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 200, or 400 and above.
    pub status: u16,
    /// The header Content-Type.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// Seconds after which a refused agent may come again.
    pub retry_after: Option<u32>,
}

impl Answer {
    /// A failure without a body: agents look at the status only.
    pub fn failure(status: u16) -> Answer {
        Answer { status, content_type: "text/plain; charset=utf-8", body: Vec::new(), retry_after: None }
    }

    /// 503: come again later.
    pub fn busy() -> Answer {
        Answer { retry_after: Some(30), ..Answer::failure(503) }
    }
}

impl Agents {
    /// Begins to answer agents.
    pub fn new(app: Arc<App>) -> Arc<Agents> {
        let pool = pool::Pool::new(&app.config.limits);
        Arc::new(Agents {
            app,
            locks: locks::Locks::default(),
            sessions: sessions::Sessions::default(),
            pool,
            newcomers: ingest::Newcomers::default(),
        })
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Keeps inventories of a computer out while something else about it is changed; `None` when one takes too long.
    /// `folded` is its device id in lower case.
    pub async fn hold(&self, folded: &str) -> Option<impl Send + 'static + use<>> {
        self.locks.wait(folded).await
    }

    /// The same without waiting: `None` when an inventory of the computer is under way.
    pub fn hold_now(&self, folded: &str) -> Option<impl Send + 'static + use<>> {
        self.locks.attempt(folded)
    }

    /// For a body that is about to arrive: it is counted among the messages in work while it does.
    pub fn incoming(&self) -> Memory {
        self.pool.none()
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Writes contacts that wait in memory, for the job that does so each minute and for the end of the program.
    pub fn flush_contacts(&self) -> Result<(), crate::store::Error> {
        let waiting = self.app.contacts.take_all();
        let mut changes = crate::store::Changes::new();
        let hours = self.app.hours.write(&mut changes, self.now());
        let fetched = self.app.board.fetches.write(&mut changes, self.now())?;
        for (id, contacts) in &waiting {
            crate::history::store::add_later(&mut changes, *id, contacts.clone());
        }
        if changes.is_empty() {
            return Ok(());
        }
        let outcome = self.app.store.submit(changes, || {}).and_then(crate::store::Pending::wait);
        if outcome.is_err() {
            self.app.hours.unwritten(hours);
            self.app.board.fetches.unwritten(fetched);
            self.app.contacts.give_back(waiting);
        }
        outcome
    }

    /// Writes visits that wait in memory, for the job that does so each second and for the end of the program.
    pub fn flush_visits(&self) -> Result<(), crate::store::Error> {
        let (changes, ids) = self.app.fleet.visits_to_write()?;
        if changes.is_empty() {
            return Ok(());
        }
        let outcome = self.app.store.submit(changes, || {}).and_then(crate::store::Pending::wait);
        if outcome.is_err() {
            self.app.fleet.unwritten(ids);
        }
        outcome
    }

    /// Writes which packages agents were told, for the job that does so each second and for the end of the program.
    pub fn flush_orders(&self) -> Result<(), crate::store::Error> {
        let (changes, taken) = self.app.board.to_write();
        if changes.is_empty() {
            return Ok(());
        }
        let outcome = self.app.store.submit(changes, || {}).and_then(crate::store::Pending::wait);
        if outcome.is_err() {
            self.app.board.unwritten(taken);
        }
        outcome
    }
}
