//! What a running server has beside the store: who is logged in, the set-up code, the certificates.
//!
//! Put together once at start and handed to the web server, the door for commands and the jobs.

use std::sync::Arc;

use crate::app::App;
use crate::tls::{self, Tls};
use crate::users::{Sessions, Setup};

/// Who is logged in, and the code for who cannot log in yet.
#[derive(Clone)]
pub struct People {
    /// Sessions of the console.
    pub sessions: Arc<Sessions>,
    /// The set-up code.
    pub setup: Arc<Setup>,
}

/// Opens the certificates of the data folder; makes what is missing or due, which may take some seconds.
///
/// # Errors
/// Those of [`Tls::open`].
pub fn certificates(app: &App) -> Result<Tls, tls::Error> {
    Tls::open(&app.folder("tls"), &app.wanted_names(), app.clock.now(), crate::BUILT)
}
