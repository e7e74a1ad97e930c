//! Rollcall: an OCS Inventory server in one executable.
//!
//! The modules stand in the order in which they may use each other: each may use what is above it
//! here, never what is below. `tests/it/direction.rs` keeps it so.

pub mod buffer;
pub mod clock;
pub mod id;
pub mod limits;
pub mod net;
pub mod system;
pub mod text;

pub mod config;
pub mod i18n;
pub mod log;
pub mod store;
pub mod tls;

pub mod inventory;
pub mod options;

pub mod accountinfo;
pub mod dictionary;
pub mod kit;
pub mod prolog;
pub mod users;

pub mod history;

pub mod protocol;

pub mod fleet;

pub mod capacity;
pub mod groups;

pub mod deployment;
pub mod duplicates;
pub mod registry;

pub mod schema;

pub mod proof;

pub mod app;

pub mod check;
pub mod lifecycle;
pub mod repack;
pub mod replica;
pub mod running;

pub mod web;

pub mod agent;

pub mod import;

pub mod console;
pub mod download;

pub mod control;
pub mod jobs;

pub mod server;

pub mod demo;
pub mod service;

pub mod cli;

/// When this program was built: no clock is earlier than that. The time of the source where the build says it.
pub const BUILT: clock::Timestamp = clock::Timestamp(number(env!("BUILT_AT")));

/// The number that the build script wrote down.
const fn number(text: &str) -> i64 {
    match i64::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}
