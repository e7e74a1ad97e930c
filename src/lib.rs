//! Rollcall: an OCS Inventory server in one executable.
//!
//! The modules stand in the order in which they may use each other: each may use what is above it
//! here, never what is below. `tests/it/direction.rs` keeps it so.

pub mod clock;
pub mod i18n;
pub mod id;
pub mod limits;

pub mod console;
