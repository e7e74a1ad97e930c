//! Duplicates: one computer that reports under a new identifier.
//!
//! The record that just reported survives. Explicitly: the agent names its former identifier. Or by itself:
//! all criteria of AUTO_DUPLICATE_LVL are met. Values on the junk lists, and blank ones, prove nothing.
//!
//! Source: agent protocol page, section 11.

mod blacklist;
mod judge;
pub mod junk;
mod merge;

pub use blacklist::Blacklists;
pub use judge::{Criteria, Criterion, Identity, judge};
pub use merge::{Merged, merge};
