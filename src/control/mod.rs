//! The door for the command line of the same machine.
//!
//! One process holds the data. A command therefore asks the running server, through a connection on the loopback
//! address, and does the same itself when no server runs. Both ways end in [`Work::answer`]; the only difference is
//! how the question gets there.
//!
//! Where the door is, and the token that opens it, stands in `run/control.json` in the data folder, readable by the
//! account of the server only.

mod client;
mod door;
mod frame;
mod work;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use client::{Client, ClientError};
pub use door::Door;
pub use frame::FrameError;
pub use work::Work;

use crate::check::Findings;
use crate::clock::Timestamp;
use crate::import::ImportResult;
use crate::tls::request::Wish;

/// Number of the language that is spoken through the door. Both sides are of one release, mostly.
const LANGUAGE: u32 = 1;

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Import what was read from a file.
    Import {
        /// The file's name for people.
        name: String,
        /// When it was last changed.
        made: Option<Timestamp>,
        /// Take it even when it is older than what is stored.
        accept_older: bool,
        /// What is in it.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// How is the server?
    Status,
    /// Every option; a computer's own values when it is named.
    Options {
        /// The computer.
        computer: Option<String>,
        /// Only this option.
        name: Option<String>,
    },
    /// Change an option.
    SetOption {
        /// Which.
        name: String,
        /// The value as typed; `None` goes back to the default.
        value: Option<String>,
        /// The computer whose own value it is.
        computer: Option<String>,
    },
    /// Everything about a computer.
    Show {
        /// Its device id or number.
        computer: String,
        /// In which form.
        form: Form,
    },
    /// Give a computer another TAG.
    Tag {
        /// Its device id or number.
        computer: String,
        /// The new TAG.
        tag: String,
    },
    /// Verify the store.
    Check {
        /// Make the file small as well.
        compact: bool,
    },
    /// Verify the chain of the audit log.
    Audit,
    /// Show the certificates.
    Certificates,
    /// The certificates of the authority, as agents need them.
    Authority,
    /// Make a new server certificate.
    RenewCertificate,
    /// Make a request for a certificate.
    CertificateRequest {
        /// What it asks for.
        wish: Wish,
        /// Names and addresses; none for those by which the server is known.
        names: Vec<String>,
    },
    /// Serve a certificate of another authority.
    InstallCertificate {
        /// Certificates and key.
        files: Vec<serde_bytes::ByteBuf>,
    },
    /// Go back to the built-in certificate.
    BuiltinCertificate,
    /// Every account.
    Users,
    /// Add an account.
    AddUser {
        /// Its name.
        account: String,
        /// Its role.
        role: String,
        /// Its password.
        password: String,
    },
    /// Set the password of an account.
    SetPassword {
        /// Its name.
        account: String,
        /// The new password; `None` makes a code with which a new one is chosen in the console.
        password: Option<String>,
    },
    /// Give an account another role.
    SetRole {
        /// Its name.
        account: String,
        /// The new role.
        role: String,
    },
    /// Delete an account.
    DeleteUser {
        /// Its name.
        account: String,
    },
}

/// How a computer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// An inventory that can be imported.
    Xml,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It was done; a sentence for people, if there is something to tell.
    Done(String),
    /// It was not done: why, in one sentence.
    Refused(String),
    /// What became of a file.
    Imported(ImportResult),
    /// A text that was asked for.
    Text(String),
    /// How the server is.
    Status(Box<Status>),
    /// Options.
    Options(Vec<OptionLine>),
    /// What a check found, and whether the file was made smaller.
    Checked(Findings, Option<bool>),
    /// Entries of the audit log that were looked at, and a sentence for each that is wrong.
    Audited(u64, Vec<String>),
    /// The certificates.
    Certificates(Vec<CertificateLine>),
    /// Accounts.
    Users(Vec<UserLine>),
}

/// How the server is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// Seconds since its start.
    pub uptime_seconds: u64,
    /// Computers.
    pub computers: u64,
    /// Rows of software on all computers.
    pub software_rows: u64,
    /// Computers that called since midnight.
    pub contacts_today: u64,
    /// Bytes of the database file.
    pub store_bytes: u64,
    /// Where it listens.
    pub listening: Vec<String>,
    /// Last valid second of the server certificate, as text; `None` when there is none.
    pub certificate_end: Option<String>,
    /// Whether inventories are accepted: there is room on the disk and the store can be written.
    pub accepting: bool,
    /// Why nothing can be stored at the moment.
    pub trouble: Option<String>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionLine {
    /// Its name.
    pub name: String,
    /// Its value, as `option set` takes it.
    pub value: String,
    /// Where the value comes from: `default`, `general`, `computer`.
    pub from: String,
    /// Who set it; empty when nobody did.
    pub by: String,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateLine {
    /// `authority`, `next authority`, `former authority` or `server`.
    pub what: String,
    /// Whose it is.
    pub subject: String,
    /// Names and addresses that it vouches for.
    pub names: Vec<String>,
    /// First valid second, as text.
    pub from: String,
    /// Last valid second, as text.
    pub until: String,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// Kind and length of the key.
    pub key: String,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLine {
    /// Its name.
    pub account: String,
    /// Its role.
    pub role: String,
    /// An administrator closed it.
    pub locked: bool,
    /// The last log-in as text.
    pub last_login: Option<String>,
}

/// What is said first.
#[derive(Debug, Serialize, Deserialize)]
struct Hello {
    token: String,
    language: u32,
}

/// What stands in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    address: std::net::SocketAddr,
    token: String,
    process: u32,
}

/// The file that says where the door is.
pub fn file(data: &Path) -> PathBuf {
    data.join("run").join("control.json")
}

/// A time for people and programs: `2026-11-20T19:41:10Z`.
pub fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
