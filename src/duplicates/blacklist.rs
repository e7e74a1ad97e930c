//! Values that prove nothing. Compared trimmed and without case, which the incumbent does not.

use std::collections::HashSet;

/// The junk lists of MAC addresses and serial numbers.
#[derive(Debug, Clone)]
pub struct Blacklists {
    macs: HashSet<String>,
    serials: HashSet<String>,
}

impl Blacklists {
    /// The lists that come with the program.
    pub fn built_in() -> Blacklists {
        let lines = |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(folded).collect();
        Blacklists {
            macs: lines(include_str!("../../assets/data/junk-macs.txt")),
            serials: lines(include_str!("../../assets/data/junk-serials.txt")),
        }
    }

    /// Whether a MAC address proves nothing.
    pub fn mac(&self, mac: &str) -> bool {
        let mac = folded(&mac.replace('-', ":"));
        mac.is_empty() || self.macs.contains(&mac)
    }

    /// Whether a serial number proves nothing.
    pub fn serial(&self, serial: &str) -> bool {
        let serial = folded(serial);
        serial.is_empty() || self.serials.contains(&serial)
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}
