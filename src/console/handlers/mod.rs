//! The handlers: each reads what its page shows, or does what its form asks for, and lets `pages` write it.

pub mod account;
mod activate;
pub mod activated;
mod affect;
mod again;
pub mod agents;
mod apply_values;
pub mod audit;
mod beside;
pub mod blacklists;
mod build;
mod card;
pub mod certificates;
pub mod computer;
pub mod computers;
pub mod config;
mod customization;
pub mod dashboard;
mod deeds;
pub mod dictionary;
mod export;
mod field_changes;
pub mod fields;
mod filing;
pub mod find;
pub mod fixed;
mod group;
mod group_packages;
mod grouping;
pub mod groups;
mod held;
pub mod help;
pub mod import_values;
pub mod imports;
pub mod kit;
pub mod label;
pub mod layouts;
pub mod login;
pub mod logs;
mod mass;
pub mod next;
mod notes;
pub mod old;
mod one;
pub mod own;
pub mod own_certificate;
pub mod package;
pub mod packages;
mod packages_of;
pub mod password;
mod record;
pub mod registry;
mod repartition;
pub mod replicas;
mod rescue;
mod sections;
pub mod sending;
mod series;
mod servers;
pub mod setup;
pub mod software;
pub mod statistics;
pub mod status;
pub mod sticks;
mod support;
pub mod tags;
mod uploads;
pub mod users;
mod value_lines;
mod values;
pub mod who;

use super::{Access, Asked, Error, Page, Route};
use crate::console::view::{Action, Locale};

/// The page above a form or a confirmation.
fn above(locale: &Locale, path: &str, title: &str) -> [Action; 1] {
    [Action { href: path.to_owned(), label: locale.text(title).to_owned() }]
}
