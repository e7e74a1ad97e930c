//! What sections and fields are called for people. Those that only an agent's plug-in knows keep the agent's words.

use std::borrow::Cow;
use std::fmt::Write;

use crate::console::view::Locale;

/// Where a section stands in the list on a computer's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What is inside the box.
    Hardware,
    /// What is plugged in.
    Devices,
    /// What runs on it.
    Software,
    /// What it talks to.
    Network,
    /// What plug-ins of the agent sent.
    Other,
}

/// Sections with a name of their own: text key `section.<TAG>`. The order is that of the list.
pub const SECTIONS: [(&str, Place); 29] = [
    ("BIOS", Place::Hardware),
    ("CPUS", Place::Hardware),
    ("MEMORIES", Place::Hardware),
    ("STORAGES", Place::Hardware),
    ("DRIVES", Place::Hardware),
    ("VIDEOS", Place::Hardware),
    ("SOUNDS", Place::Hardware),
    ("CONTROLLERS", Place::Hardware),
    ("SLOTS", Place::Hardware),
    ("PORTS", Place::Hardware),
    ("BATTERIES", Place::Hardware),
    ("MONITORS", Place::Devices),
    ("PRINTERS", Place::Devices),
    ("INPUTS", Place::Devices),
    ("USBDEVICES", Place::Devices),
    ("CAMERAS", Place::Devices),
    ("SOFTWARES", Place::Software),
    ("VIRTUALMACHINES", Place::Software),
    ("REPOSITORY", Place::Software),
    ("REGISTRY", Place::Software),
    ("ANTIVIRUS", Place::Software),
    ("LOCAL_USERS", Place::Software),
    ("LOCAL_GROUPS", Place::Software),
    ("JAVAINFO", Place::Software),
    ("JOURNALLOG", Place::Software),
    ("NETWORKS", Place::Network),
    ("MODEMS", Place::Network),
    ("SIM", Place::Network),
    ("FIREWALL", Place::Network),
];

/// Fields that two sections mean differently: text key `field.<TAG>.<FIELD>`.
const OWN_FIELDS: [(&str, &str); 12] = [
    ("CPUS", "TYPE"),
    ("DRIVES", "TYPE"),
    ("DRIVES", "TOTAL"),
    ("DRIVES", "FREE"),
    ("MEMORIES", "NUMSLOTS"),
    ("MONITORS", "DESCRIPTION"),
    ("NETWORKS", "STATUS"),
    ("REGISTRY", "NAME"),
    ("REPOSITORY", "NAME"),
    ("SIM", "DEVICEID"),
    ("VIRTUALMACHINES", "STATUS"),
    ("LOCAL_USERS", "NAME"),
];

/// Fields that mean the same in every section: text key `field.<FIELD>`.
const FIELDS: &str = "\
    ARCHITECTURE ASSETTAG BASEURL BDATE BITSWIDTH BMANUFACTURER BVERSION CAPACITY CAPTION CATEGORY CHEMISTRY \
    CHIPSET COMMENT COMMENTS CORES COUNTRY CPUARCH CURRENT_ADDRESS_WIDTH CURRENT_SPEED CYCLES DATA_WIDTH \
    DESCRIPTION DESIGNATION DESIGNCAPACITY DESIGNVOLTAGE DISKSIZE DRIVER ESTIMATEDCHARGEREMAINING EXCLUDE \
    EXPIRE FILENAME FILESIZE FILESYSTEM FIRMWARE FOLDER FREE GID GUID HOME ID INSTALLDATE INTERFACE \
    IPADDRESS IPDHCP IPGATEWAY IPMASK IPSUBNET L2CACHESIZE LANGUAGE LETTER LOGICAL_CPUS LOGIN MACADDR \
    MANUFACTURER MEMBER MEMORY MIRRORS MMANUFACTURER MMODEL MODEL MSN MTU NAME NETWORK OPNAME PORT PUBLISHER \
    PURPOSE REGVALUE RESOLUTION SERIAL SERIALNUMBER SHELL SIZE SMANUFACTURER SMODEL SOCKET SPEED SSN STATUS \
    TOTAL TYPE UUID VERSION";

/// The name of a section.
pub fn section_title<'a>(locale: &Locale, tag: &'a str) -> Cow<'a, str> {
    if SECTIONS.iter().any(|(known, _)| *known == tag) {
        locale.text(&format!("section.{tag}")).into()
    } else {
        tag.into()
    }
}

/// The name of a field of a section.
pub fn field_title<'a>(locale: &Locale, tag: &str, field: &'a str) -> Cow<'a, str> {
    if OWN_FIELDS.contains(&(tag, field)) {
        locale.text(&format!("field.{tag}.{field}")).into()
    } else if FIELDS.split(' ').any(|known| known == field) {
        locale.text(&format!("field.{field}")).into()
    } else {
        field.into()
    }
}

/// Where a section stands in the list.
pub fn place(tag: &str) -> Place {
    SECTIONS.iter().find(|(known, _)| *known == tag).map_or(Place::Other, |(_, place)| *place)
}

/// A section's tag as one step of a path, in lower case.
pub fn in_path(tag: &str) -> String {
    let mut step = String::with_capacity(tag.len());
    for byte in tag.to_lowercase().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => step.push(byte as char),
            other => {
                let _ = write!(step, "%{other:02X}");
            }
        }
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Lang, text};

    #[test]
    fn every_section_and_field_that_is_named_has_a_name() {
        let keys = SECTIONS.iter().map(|(tag, _)| format!("section.{tag}"));
        let keys = keys.chain(FIELDS.split(' ').map(|field| format!("field.{field}")));
        let keys = keys.chain(OWN_FIELDS.iter().map(|(tag, field)| format!("field.{tag}.{field}")));
        for key in keys {
            assert!([Lang::En, Lang::Fr].iter().all(|lang| text(*lang, &key) != "…"), "`{key}` has no text");
        }
    }
}
