//! Rollcall: an OCS Inventory server in one executable.
//!
//! The modules stand in the order in which they may use each other: each may use what is above it
//! here, never what is below. `tests/it/direction.rs` keeps it so.

pub mod clock;
pub mod id;
pub mod limits;
pub mod net;
pub mod text;

pub mod i18n;
pub mod store;
pub mod tls;

pub mod inventory;

pub mod accountinfo;
pub mod history;
pub mod prolog;
pub mod users;

pub mod protocol;

pub mod fleet;

pub mod duplicates;

pub mod console;
