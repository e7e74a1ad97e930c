//! The handlers: each reads what its page shows, or does what its form asks for, and lets `pages` write it.

pub mod computer;
pub mod computers;
mod deeds;
mod export;
pub mod fixed;
pub mod imports;
pub mod layouts;
pub mod login;
pub mod next;
pub mod own;
mod record;
mod rescue;
mod sections;
pub mod setup;
pub mod software;
pub mod tags;

use super::{Access, Asked, Error, Page, Route};
