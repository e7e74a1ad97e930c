//! An inventory as a pattern: where it names the computer, and where a later inventory of the same computer differs.

use std::ops::Range;

/// One inventory that computers are made from.
pub struct Template {
    /// Its XML.
    pub xml: String,
    /// Its DEVICEID.
    pub device: String,
    /// Its name.
    pub name: String,
    /// Values to exchange, in the order in which they stand in the XML.
    pub places: Vec<Place>,
    /// Rows of software.
    pub softwares: usize,
    /// From a Windows agent.
    pub windows: bool,
}

/// A value and what it is.
pub struct Place {
    /// Where the value stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// DEVICEID: the name and the date of the agent's first run.
    Device,
    /// The name of the computer.
    Name,
    /// A serial number or the like: its letters and digits are exchanged for others.
    Serial,
    /// A UUID: hexadecimal.
    Uuid,
    /// A MAC address.
    Mac,
    /// An IPv4 address of the computer.
    Address,
    /// An IPv4 address in its network.
    Network,
    /// LASTDATE.
    Date,
    /// Free space of a drive.
    Free,
    /// CHECKSUM.
    Checksum,
    /// Version of the software row of that number.
    Version(usize),
}

impl Template {
    /// Finds the places in an inventory; `None` when it is none.
    pub fn new(xml: String) -> Option<Template> {
        let (mut places, mut softwares) = (Vec::new(), 0);
        let (mut device, mut name) = (String::new(), String::new());
        let mut section = "";
        let mut at = 0;
        // Elements as both agents write them: no attributes, no comments, a value and its end on one line.
        while let Some(open) = xml[at..].find('<').map(|found| at + found) {
            let close = open + xml[open..].find('>')?;
            let tag = &xml[open + 1..close];
            at = close + 1;
            if tag.starts_with('/') || tag.starts_with('?') || tag.ends_with('/') {
                continue;
            }
            let value = at..at + xml[at..].find('<')?;
            let is_value = xml[value.end..].starts_with("</");
            if !is_value {
                section = tag;
                softwares += usize::from(tag == "SOFTWARES");
                continue;
            }
            let text = &xml[value.clone()];
            let kind = kind(section, tag, text, softwares);
            match kind {
                Some(Kind::Device) => text.clone_into(&mut device),
                Some(Kind::Name) => text.clone_into(&mut name),
                _ => {}
            }
            places.extend(kind.map(|kind| Place { range: value, kind }));
        }
        let windows = xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>");
        (!device.is_empty() && !name.is_empty()).then_some(Template { xml, device, name, places, softwares, windows })
    }
}

/// What a value is, by where it stands; `None` for what all computers may share.
fn kind(section: &str, tag: &str, text: &str, softwares: usize) -> Option<Kind> {
    let kind = match (section, tag) {
        ("SOFTWARES", "VERSION") => Kind::Version(softwares - 1),
        ("SOFTWARES", _) => return None,
        (_, "DEVICEID") => Kind::Device,
        ("HARDWARE", "NAME") => Kind::Name,
        ("HARDWARE", "UUID") => Kind::Uuid,
        ("HARDWARE", "LASTDATE") => Kind::Date,
        ("HARDWARE", "CHECKSUM") => Kind::Checksum,
        ("DRIVES", "FREE") => Kind::Free,
        ("BIOS", "SSN" | "MSN" | "ASSETTAG") if !is_filler(text) => Kind::Serial,
        (_, "SERIALNUMBER" | "SERIAL" | "BASE64" | "WINPRODID" | "WINPRODKEY") => Kind::Serial,
        ("NETWORKS", "MACADDR") if !text.starts_with("00:00:00") && !text.starts_with("02:42") => Kind::Mac,
        (_, "IPADDR" | "IPADDRESS") if !text.starts_with("127.") && !text.starts_with("172.17.") => Kind::Address,
        (_, "IPGATEWAY" | "IPSUBNET" | "DEFAULTGATEWAY") if !text.starts_with("127.") => Kind::Network,
        _ => return None,
    };
    (!text.is_empty()).then_some(kind)
}

/// What makers leave where a serial number should be; it is the same on many computers.
fn is_filler(text: &str) -> bool {
    text.starts_with("To Be") || text.starts_with("Default") || text.starts_with("No Asset")
}
