//! The agent endpoint without its transport.

mod captured;
mod inventory;
mod original;
mod recognition;
