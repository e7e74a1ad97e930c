//! One contact of the stream: who, what, and whether the original is known to answer it otherwise.

use std::io::Write;

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, FlushCompress};

use super::client::Request;

pub struct Contact {
    pub device: String,
    /// In words, for whoever reads a failure.
    pub kind: &'static str,
    pub request: Request,
    /// It is an inventory, as far as its sender knows.
    pub inventory: bool,
    /// The allowance for the status of the answer. It has to be needed.
    pub allowed: Option<&'static str>,
    /// Another record that becomes part of this one.
    pub replaces: Option<String>,
    /// Which odd file it is.
    pub odd: Option<&'static str>,
}

impl Contact {
    pub fn new(device: &str, kind: &'static str, request: Request, inventory: bool) -> Contact {
        Contact { device: device.to_owned(), kind, request, inventory, allowed: None, replaces: None, odd: None }
    }
}

/// How a body is packed.
#[derive(Clone, Copy, PartialEq)]
pub enum Packed {
    Zlib,
    /// As the Windows agent does: flushed, without an end.
    Flushed,
    Gzip,
    Plain,
}

pub fn pack(text: &[u8], how: Packed) -> Vec<u8> {
    match how {
        Packed::Plain => text.to_vec(),
        Packed::Zlib => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).and_then(|()| encoder.finish()).expect("packed in memory")
        }
        Packed::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).and_then(|()| encoder.finish()).expect("packed in memory")
        }
        Packed::Flushed => flush(text, true),
    }
}

/// A stream that is flushed and not ended.
pub fn flush(text: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 1024);
    let mut encoder = flate2::Compress::new(Compression::default(), header);
    let done = encoder.compress_vec(text, &mut out, FlushCompress::Sync);
    assert!(done.is_ok() && encoder.total_in() == text.len() as u64, "packed in memory");
    out
}

/// A PROLOG as agents write it.
pub fn prolog(device: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>\n  <DEVICEID>{device}</DEVICEID>\n  <QUERY>PROLOG</QUERY>\n</REQUEST>\n"
    )
}
