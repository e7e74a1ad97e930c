//! The bodies of the pages: one file per page, each a struct of plain values and a function that writes it.
//!
//! The handlers fill the structs and put the body into a frame. What a later feature would show is not there yet:
//! no dead link, no zero.

pub mod account;
pub mod activate;
pub mod activated;
pub mod affect;
pub mod agents;
pub mod audit;
pub mod blacklists;
pub mod build;
pub mod certificates;
pub mod computer;
pub mod computers;
pub mod config;
pub mod dashboard;
pub mod dictionary;
pub mod doorway;
pub mod error;
pub mod fields;
pub mod find;
pub mod group;
pub mod grouping;
pub mod groups;
pub mod help;
pub mod hours;
pub mod imports;
pub mod kit;
pub mod label;
pub mod login;
pub mod logs;
pub mod mass;
pub mod own_certificate;
pub mod package;
pub mod packages;
pub mod password;
pub mod proved;
pub mod registry;
pub mod repartition;
pub mod replicas;
pub mod rescue;
pub mod sending;
pub mod series;
pub mod servers;
pub mod setup;
pub mod software;
pub mod statistics;
pub mod status;
pub mod sticks;
pub mod tags;
pub mod upload;
pub mod users;
pub mod values;
pub mod who;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_admin;
#[cfg(test)]
mod hostile_servers;
#[cfg(test)]
mod hostile_software;
#[cfg(test)]
mod look;
#[cfg(test)]
mod sample;

/// Address of the front page.
pub const DASHBOARD: &str = "/ocsreports/";
/// Address of the list of computers.
pub const COMPUTERS: &str = "/ocsreports/computers";
/// Address of the same list as a file.
pub const COMPUTERS_CSV: &str = "/ocsreports/computers.csv";
/// Address of the same list as a workbook.
pub const COMPUTERS_XLSX: &str = "/ocsreports/computers.xlsx";
/// Address of the list of groups.
pub const GROUPS: &str = "/ocsreports/groups";
/// Address of the TAG repartition.
pub const TAGS: &str = "/ocsreports/tags";
/// Address of the list of software.
pub const SOFTWARE: &str = "/ocsreports/software";
/// Address of the dictionary of software.
pub const DICTIONARY: &str = "/ocsreports/dictionary";
/// Address of the list of packages.
pub const DEPLOY: &str = "/ocsreports/deploy";
/// Address of the results of the watched folder.
pub const IMPORTS: &str = "/ocsreports/import";
/// Address of the options.
pub const CONFIG: &str = "/ocsreports/config";
/// Address of the fields of administrative data.
pub const FIELDS: &str = "/ocsreports/fields";
/// Address of the junk lists.
pub const BLACKLISTS: &str = "/ocsreports/blacklists";
/// Address of the label.
pub const LABEL: &str = "/ocsreports/label";
/// Address of the registry queries.
pub const REGISTRY: &str = "/ocsreports/registry";
/// Address of the list of accounts.
pub const USERS: &str = "/ocsreports/users";
/// Address of the audit log.
pub const AUDIT: &str = "/ocsreports/log";
/// Address of the last lines of the log.
pub const LOGS: &str = "/ocsreports/log/lines";
/// Address of the state of the server.
pub const STATUS: &str = "/ocsreports/status";
/// Where who was given a password chooses his own.
pub const NEW_PASSWORD: &str = "/ocsreports/new-password";
/// Address of the first set-up.
pub const SETUP: &str = "/ocsreports/setup";
/// Address of the login.
pub const LOGIN: &str = "/ocsreports/login";
/// The own account, where the search box asks, where the language is changed and where a session is ended: see the frame.
pub use crate::console::view::frame::{ACCOUNT, FIND, LANGUAGE, LOGOUT};
/// Address of the page that says how to point agents here.
pub const NEXT_STEPS: &str = "/ocsreports/next-steps";
/// Where the certificate of our authority is fetched.
pub const CACERT: &str = "/cacert.pem";
