//! What a running server has beside the store: who is logged in, the set-up code, the certificates.
//!
//! Put together once at start and handed to the web server, the door for commands and the jobs.

use std::sync::Arc;

use crate::app::App;
use crate::tls::{self, Names, Tls, names};
use crate::users::{Sessions, Setup};

/// Who is logged in, and the code for who cannot log in yet.
#[derive(Clone)]
pub struct People {
    /// Sessions of the console.
    pub sessions: Arc<Sessions>,
    /// The set-up code.
    pub setup: Arc<Setup>,
}

/// The names and addresses that the certificate of this machine should carry.
pub fn wanted_names(app: &App) -> Names {
    let host = names::host_name().unwrap_or_default();
    let interfaces = names::local_addresses().unwrap_or_default();
    names::wanted(&host, names::full_name(&host).as_deref(), &app.config.public_names, &interfaces)
}

/// Opens the certificates of the data folder; makes what is missing or due, which may take some seconds.
///
/// # Errors
/// Those of [`Tls::open`].
pub fn certificates(app: &App) -> Result<Tls, tls::Error> {
    Tls::open(&app.folder("tls"), &wanted_names(app), app.clock.now(), crate::BUILT)
}
