//! The agent endpoint without its transport.

mod account;
mod captured;
mod concurrency;
mod hostile;
mod inventory;
mod merging;
mod original;
mod prolog;
mod recognition;
mod transport;
