//! What happened: the latest contacts of each computer, and computers that are gone.
//!
//! A *contact* says when an agent called, what it wanted and what was decided and why, as codes and
//! numbers that the console puts into words. Contacts stay in memory until the next commit of their
//! computer, a minute at most: a crash may cost that minute of reasons, never an inventory.

mod contact;
mod pending;
pub mod store;

pub use contact::{Contact, Kind, Outcome, Refusal, Stored};
pub use pending::Pending;

/// Contacts kept for each computer.
pub const KEPT: usize = 20;
