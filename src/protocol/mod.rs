//! What travels between agent and server, without any handling.
//!
//! A body of bytes is opened ([`envelope`]), becomes text (`crate::text`) and then a [`Message`]: the
//! elements of a request, flat, in the order in which they came. [`query`] says which request it is,
//! [`reply`] writes what is answered, [`contact`] names who calls, [`json`] reads and writes the native
//! form of GLPI agents. Everything here is pure: no clock, no disk, no network.
//!
//! Source: agent protocol page, sections 1, 2 and 20.

pub mod contact;
pub mod envelope;
pub mod export;
mod flat;
pub mod json;
pub mod message;
pub mod query;
pub mod reply;
pub mod scan;
pub mod xml;

use crate::id::BadDeviceId;

pub use contact::{Agent, Family};
pub use envelope::{EnvelopeError, Packing};
pub use message::{Cell, Element, Message};
pub use query::Query;
pub use reply::Reply;

/// Why a request cannot be understood. `at` counts bytes of the decoded text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body could not be opened.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The text holds no element at all.
    #[error("no XML element")]
    NoRoot,
    /// A second root element, or text before the first.
    #[error("more than one root element, or text before it, at byte {at}")]
    OutsideRoot {
        /// Where it begins.
        at: u64,
    },
    /// The text ends inside an element: a body that was cut on its way.
    #[error("the text ends at byte {at}, inside `<{element}>`")]
    Unfinished {
        /// The length of the text.
        at: u64,
        /// The innermost element that is still open.
        element: String,
    },
    /// A document type definition: the door of entity attacks, and no agent sends one.
    #[error("a DOCTYPE at byte {at}")]
    Doctype {
        /// Where it ends.
        at: u64,
    },
    /// An entity that is not one of the five predefined ones.
    #[error("unknown entity or character reference at byte {at}")]
    Entity {
        /// Where it ends.
        at: u64,
    },
    /// Not well-formed XML.
    #[error("malformed XML at byte {at}")]
    Malformed {
        /// Where the reader stopped.
        at: u64,
        /// What it did not like.
        source: quick_xml::Error,
    },
    /// The name of an element or attribute holds characters that XML forbids in names.
    #[error("bad name of an element or attribute at byte {at}")]
    BadName {
        /// Where the tag begins.
        at: u64,
    },
    /// Elements are nested deeper than allowed.
    #[error("elements nested deeper than {limit} at byte {at}")]
    TooDeep {
        /// Where the tag begins.
        at: u64,
        /// `Limits::xml_depth`.
        limit: usize,
    },
    /// The message has more elements than allowed.
    #[error("more than {limit} elements at byte {at}")]
    TooManyElements {
        /// Where the tag begins.
        at: u64,
        /// `Limits::xml_elements`.
        limit: usize,
    },
    /// An element has more attributes than allowed.
    #[error("more than {limit} attributes in the element at byte {at}")]
    TooManyAttributes {
        /// Where the tag begins.
        at: u64,
        /// `Limits::xml_attributes`.
        limit: usize,
    },
    /// A name is longer than allowed.
    #[error("a name of more than {limit} bytes in the tag at byte {at}")]
    NameTooLong {
        /// Where the tag begins.
        at: u64,
        /// `Limits::xml_name`.
        limit: usize,
    },
    /// Long names nested around many values.
    #[error("paths of nested values longer than {limit} bytes at byte {at}")]
    PathsTooLong {
        /// Where the reader stopped.
        at: u64,
        /// A part of `Limits::inflated`.
        limit: usize,
    },
    /// Parsing took longer than allowed.
    #[error("parsing took too long, stopped at byte {at}")]
    OutOfTime {
        /// Where the reader stopped.
        at: u64,
    },
    /// Not JSON.
    #[error("malformed JSON")]
    Json(#[source] serde_json::Error),
    /// JSON that grows beyond the bound when it is written as XML.
    #[error("JSON larger than {limit} bytes as XML")]
    JsonTooLarge {
        /// `Limits::inflated`.
        limit: usize,
    },
    /// No DEVICEID, neither beside nor inside CONTENT.
    #[error("no DEVICEID")]
    NoDeviceId,
    /// The DEVICEID has the wrong shape.
    #[error("DEVICEID")]
    DeviceId(#[from] BadDeviceId),
    /// No QUERY.
    #[error("no QUERY")]
    NoQuery,
    /// A QUERY that is not served: unknown, in lower case, or reserved.
    #[error("unknown QUERY `{0}`")]
    UnknownQuery(String),
}

impl Error {
    /// Where the text ends too early: it was cut on its way.
    pub fn cut_off_at(&self) -> Option<u64> {
        use quick_xml::Error::Syntax;
        use quick_xml::errors::SyntaxError::InvalidBangMarkup;
        match self {
            Error::Unfinished { at, .. } => Some(*at),
            Error::Malformed { at, source: Syntax(why) } if *why != InvalidBangMarkup => Some(*at),
            _ => None,
        }
    }

    /// The HTTP status that agents understand; page section 1.2 with its recommendation 400 instead of 500.
    pub fn status(&self) -> u16 {
        match self {
            Error::Envelope(EnvelopeError::TooLarge { .. }) | Error::JsonTooLarge { .. } => 413,
            Error::Envelope(EnvelopeError::Empty | EnvelopeError::Damaged { .. } | EnvelopeError::Unknown)
            | Error::NoRoot
            | Error::OutsideRoot { .. }
            | Error::Unfinished { .. }
            | Error::Doctype { .. }
            | Error::Entity { .. }
            | Error::Malformed { .. }
            | Error::BadName { .. }
            | Error::TooDeep { .. }
            | Error::TooManyElements { .. }
            | Error::TooManyAttributes { .. }
            | Error::NameTooLong { .. }
            | Error::PathsTooLong { .. }
            | Error::OutOfTime { .. }
            | Error::Json(_)
            | Error::NoDeviceId
            | Error::DeviceId(_)
            | Error::NoQuery
            | Error::UnknownQuery(_) => 400,
        }
    }
}

#[cfg(test)]
mod tests;

/// Bodies of captured exchanges, for tests.
#[cfg(test)]
pub(crate) mod fixtures {
    use std::fs;
    use std::path::PathBuf;

    /// The folder of captured exchanges with OCS Unix agent 2.10.0 and FusionInventory agent 2.6.
    pub(crate) fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents")
    }

    /// One file of it.
    pub(crate) fn file(name: &str) -> Vec<u8> {
        fs::read(folder().join(name)).unwrap()
    }

    /// Head and body of `NAME.request.http`, the body without its chunk lines.
    pub(crate) fn request(name: &str) -> (String, Vec<u8>) {
        let bytes = file(&format!("{name}.request.http"));
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let body = &bytes[end + 4..];
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        (head, if chunked { whole(body) } else { body.to_vec() })
    }

    /// Names of all captured POST requests, in order.
    pub(crate) fn posts() -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder())
            .unwrap()
            .filter_map(|entry| {
                entry.unwrap().file_name().into_string().unwrap().strip_suffix(".request.http").map(Into::into)
            })
            .filter(|name: &String| request(name).0.starts_with("POST"))
            .collect();
        names.sort();
        names
    }

    /// The clear text of a body that was packed well.
    pub(crate) fn clear(body: &[u8]) -> String {
        use std::io::Read;
        let mut text = String::new();
        if body.starts_with(b"x") {
            flate2::read::ZlibDecoder::new(body).read_to_string(&mut text).unwrap();
        } else {
            text.push_str(std::str::from_utf8(body).unwrap());
        }
        text
    }

    fn whole(mut rest: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        loop {
            let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap().trim(), 16).unwrap();
            if size == 0 {
                return whole;
            }
            whole.extend_from_slice(&rest[line + 2..line + 2 + size]);
            rest = &rest[line + 2 + size + 2..];
        }
    }
}
