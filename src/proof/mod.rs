//! What the server fetches by itself, because an administrator asked it to.
//!
//! - [`client`]: a small HTTP client

pub mod client;
#[cfg(test)]
pub mod testing;
