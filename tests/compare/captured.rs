//! The requests of the captured agents, in the order in which they were sent.

use std::path::Path;

use super::client::Request;
use super::contact::Contact;

/// Scenarios and their posts. Left out are two of FusionInventory without a CHECKSUM, at which the original fails:
/// the stream has such inventories of its own.
const POSTS: &[&str] = &[
    "ocs2100-first-contact-01-prolog",
    "ocs2100-first-contact-02-inventory",
    "ocs2100-unchanged-freq0-01-prolog",
    "ocs2100-unchanged-freq0-02-inventory",
    "ocs2100-force-freq1-01-inventory",
    "fi26-first-contact-01-prolog",
    "fi26-first-contact-02-inventory",
    "ocs2100-tag-changed-on-server-01-prolog",
    "ocs2100-tag-changed-on-server-02-inventory",
    "ocs2100-tag-known-afterwards-02-inventory",
    "ocs2100-registry-enabled-02-inventory",
    "ocs2100-software-removed-01-prolog",
    "ocs2100-software-removed-02-inventory",
    "ocs2100-download-execute-05-download",
    "ocs2100-after-download-02-inventory",
    "ocs2100-download-repeated-03-inventory",
    "ocs2100-reinstalled-duplicate-01-prolog",
    "ocs2100-reinstalled-duplicate-02-inventory",
    "fi26-stop-freq1-01-prolog",
];

pub fn posts() -> Vec<Contact> {
    POSTS.iter().map(|name| post(name)).collect()
}

fn post(name: &'static str) -> Contact {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    let bytes = std::fs::read(folder.join(format!("{name}.request.http"))).expect(name);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |wanted: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value)
    };
    let text = std::fs::read_to_string(folder.join(format!("{name}.request.xml"))).unwrap_or_default();
    let (_, rest) = text.split_once("DEVICEID").expect("an identifier");
    let device = rest.trim_start_matches(['>', '=', '"']).split(['<', '"']).next().expect("an identifier");
    let request = Request::post(header("user-agent"), header("content-type"), bytes[end + 4..].to_vec());
    let mut contact = Contact::new(device, name, request, name.ends_with("inventory"));
    if name == "ocs2100-reinstalled-duplicate-02-inventory" {
        contact.replaces = POSTS.first().map(|first| post(first).device);
    }
    contact
}
