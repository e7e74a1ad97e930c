//! The console over the real server.

mod story;
