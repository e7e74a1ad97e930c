//! Everything that starts the application inside the test's own process.

#![allow(missing_docs, dead_code, clippy::panic, clippy::unwrap_used, clippy::expect_used)]

mod agent;
mod browser;
mod console;
mod direction;
mod faults;
mod fuzz;
mod handshakes;
mod http;
mod markup;
mod office;
mod panics;
mod replica;
mod texts;
