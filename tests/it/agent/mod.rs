//! The agent endpoint without its transport.

mod captured;
mod recognition;
