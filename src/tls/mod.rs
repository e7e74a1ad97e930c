//! Certificates: made once, renewed by themselves, swapped under the running listener.
//!
//! - The *authority* is what agents trust. It is made at the first start, lives ten years, and its
//!   certificate is what `cacert.pem` holds.
//! - The *leaf* is the server's own certificate, signed by the authority. It is made anew when a third of
//!   its life is left and when names or addresses change; agents notice nothing.
//! - During a change of authority the *next* one is handed out beside the present one for a year before
//!   it signs; the one before is the *former* one.
//!
//! Nothing here asks the clock.
//!
//! Source: SEC-40 to SEC-49.

pub mod names;
pub mod renewal;

pub use names::{Names, covers, wanted};
pub use renewal::{Due, Why, due};
