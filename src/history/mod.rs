//! What happened: the latest contacts of each computer, computers that are gone, and the audit log.
//!
//! A *contact* says when an agent called, what it wanted and what was decided and why, as codes and
//! numbers that the console puts into words. Contacts stay in memory until the next commit of their
//! computer, a minute at most: a crash may cost that minute of reasons, never an inventory.
//!
//! The *audit log* tells who changed what; its entries are stored with the change itself.

mod action;
pub mod audit;
pub mod brought;
mod contact;
pub mod handshakes;
pub mod hours;
pub mod imports;
mod pending;
pub mod store;
pub mod trust;

pub use action::Action;
pub use contact::{Contact, Kind, Outcome, Refusal, Stored, last_error};
pub use handshakes::Handshakes;
pub use hours::{Hour, Hours, Trouble};
pub use pending::Pending;
pub use trust::Trust;

/// Contacts kept for each computer.
pub const KEPT: usize = 20;
