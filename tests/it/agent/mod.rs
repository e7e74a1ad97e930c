//! The agent endpoint without its transport.

mod account;
mod captured;
mod concurrency;
mod damaged;
pub mod download;
pub mod groups;
mod hostile;
mod inventory;
mod merging;
mod original;
mod pitfalls;
mod prolog;
mod recognition;
pub mod redistribution;
mod transport;
