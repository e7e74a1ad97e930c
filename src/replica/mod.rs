//! A second site: the same program that fetches the packages of a main server and serves them where it stands.
//!
//! - [`main_server`]: who the main server is, and by what it is known
//! - [`round`]: one comparison with its list, and what follows from it; [`fetch`]: one package
//! - [`keeper`]: the thread that does it again and again
//!
//! It connects to the one address that its owner gave it (SEC-8 exempts this). Whatever the main server does, what is
//! here already is served on. A package is served once its digest was found right; a crash leaves whole packages, and
//! what was fetched of others is not fetched again. Source: console page, CON-DEP-19.

pub mod fetch;
pub mod keeper;
pub mod main_server;
pub mod round;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::deployment::offer::Garbage;
use crate::deployment::package::PackageId;
use crate::deployment::replicas::Trouble;
use crate::proof::client;
use crate::store;

pub use keeper::Keeper;
pub use main_server::MainServer;
pub use round::Round;

/// What keeps a site from having everything, as a sentence for the log.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The main server cannot be reached, or the line was cut.
    #[error("the main server cannot be asked: {0}; packages that are here are served on")]
    Line(client::Failure),
    /// The main server does not know the token.
    #[error(
        "the main server does not know this site's token any more: it was revoked. Make a new one there (Deployment, \
         second sites) and start this program with it; packages that are here are served on"
    )]
    Revoked,
    /// The address answers something else.
    #[error("the main server's address answers with status {0}, which is no list of packages; is the address right?")]
    Status(u16),
    /// The list makes no sense.
    #[error("the list of the main server is not used: {0}; packages that are here are served on")]
    List(#[from] Garbage),
    /// The main server says it has a file and does not send it.
    #[error("the main server does not send a part of package {0} (status {1}); it is tried again later")]
    Missing(PackageId, u16),
    /// What came is not what the list says.
    #[error(
        "package {0} came with another digest than the main server says; it is thrown away and fetched again later"
    )]
    Digest(PackageId),
    /// The disk would be full.
    #[error("package {id} needs {needed} bytes and the disk has only {free} to spare; make room, then it is fetched")]
    Room {
        /// The package.
        id: PackageId,
        /// Bytes that are still to be fetched.
        needed: u64,
        /// Bytes that may be used.
        free: u64,
    },
    /// The disk cannot be written.
    #[error("package {0} cannot be written: {1}")]
    Disk(PackageId, std::io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Failure {
    /// What the main server and the front page are told.
    pub fn trouble(&self) -> Trouble {
        match self {
            Failure::Room { .. } => Trouble::Room,
            Failure::Digest(_) | Failure::Missing(..) => Trouble::Digest,
            Failure::Disk(..) | Failure::Store(_) => Trouble::Disk,
            Failure::Line(_) | Failure::Revoked | Failure::Status(_) | Failure::List(_) => Trouble::Line,
        }
    }

    /// Whether nothing more can be done in this round.
    fn ends_round(&self) -> bool {
        match self {
            Failure::Line(_) | Failure::Revoked | Failure::Status(_) | Failure::List(_) | Failure::Store(_) => true,
            Failure::Missing(..) | Failure::Digest(_) | Failure::Room { .. } | Failure::Disk(..) => false,
        }
    }
}

/// How the site is, for its front page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// When it last compared itself with the main server.
    pub asked: Option<Timestamp>,
    /// Packages of the list.
    pub offered: usize,
    /// How many of them are missing here.
    pub missing: usize,
    /// What hinders it.
    pub trouble: Trouble,
    /// The main server does not know the token any more.
    pub revoked: bool,
}

/// How the site is, shared between the thread that fetches and the front page.
#[derive(Debug, Default)]
pub struct Status {
    /// The main server's address, for people.
    pub main: String,
    seen: Mutex<Seen>,
}

impl Status {
    /// Of a site of this main server.
    pub fn new(main: &str) -> Status {
        Status { main: main.to_owned(), seen: Mutex::default() }
    }

    /// How it is now.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
