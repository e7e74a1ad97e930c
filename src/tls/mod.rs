//! Certificates: made once, renewed by themselves, swapped under the running listener.
//!
//! - The *authority* is what agents trust. It is made at the first start, lives ten years, and its
//!   certificate is what `cacert.pem` holds.
//! - The *leaf* is the server's own certificate, signed by the authority. It is made anew when a third of
//!   its life is left and when names or addresses change; agents notice nothing.
//! - During a change of authority the *next* one is handed out beside the present one for a year before
//!   it signs; the one before is the *former* one.
//! - An *own* certificate is one that the administrator brought: signed for our *request*, or with its key. It
//!   is *prepared* first, when agents already get its authority, and then used in place of the leaf. Authorities
//!   that are handed out though nothing is served under them stand *beside*.
//!
//! [`Tls::open`] and [`Tls::refresh`] may make RSA keys, which takes up to some seconds: call them where
//! blocking is allowed. Everything else is quick. Nothing here asks the clock.
//!
//! Source: SEC-40 to SEC-49.

pub mod acceptor;
pub mod brought;
pub mod certificate;
pub mod failed;
mod files;
#[cfg(test)]
mod handshakes;
mod held;
pub mod keys;
mod live;
pub mod names;
pub mod own;
mod own_live;
#[cfg(test)]
mod own_tests;
pub mod renewal;
pub mod request;
mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

pub use certificate::{Authority, Leaf, Shown};
pub use failed::Failed;
pub use held::{Done, OwnShown, State, Summary};
pub use live::{Tls, start_over};
pub use names::{Names, covers, wanted};
pub use renewal::{Due, Why, due};
pub use store::CACERT;

/// What can go wrong with certificates. HTTP goes on without them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written; the old one is still there.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that should hold a certificate does not.
    #[error("`{}` holds no readable certificate; restore it from a backup", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
    /// No sealed file holds the key of this certificate.
    #[error("the private key of `{subject}` is not in `{}`; restore it from a backup", folder.display())]
    KeyMissing {
        /// Where it should be.
        folder: PathBuf,
        /// Whose key.
        subject: String,
    },
    /// A sealed key was changed, or sealed with another wrapping key.
    #[error("`{}` does not open with the wrapping key; restore both from the same machine", path.display())]
    KeyDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// There are sealed keys but nothing to open them with.
    #[error("`{}` is missing, so the private keys cannot be opened; put it back", path.display())]
    WrappingKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The wrapping key is cut, or belongs to another machine.
    #[error("`{}` cannot be used on this machine; put back the one that was made here", path.display())]
    WrappingKeyDamaged {
        /// Which file.
        path: PathBuf,
    },
    /// A key or certificate cannot be made.
    #[error("cannot make the {what}")]
    Make {
        /// What was to be made.
        what: &'static str,
        /// Why.
        source: rcgen::Error,
    },
    /// A certificate that was just made cannot be read back.
    #[error("a certificate that was just made cannot be read back")]
    Unreadable,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The TLS library refuses what it was given.
    #[error("cannot set up TLS")]
    Setup(#[source] rustls::Error),
}
