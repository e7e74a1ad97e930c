//! Which computers are known under an address (CON-AGT-3).
//!
//! Addresses change hands: what is found is who was last seen there, not who is there now.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use crate::id::ComputerId;
use crate::inventory::columns::{ColumnId, IPADDR, IPADDRESS, IPSRC};
use crate::net;

use super::Index;

/// Addresses of a computer: the one of its latest contact, and those that its agent reported. `text` gives its columns.
/// What every machine may call itself counts only as the address of a contact.
pub fn addresses<'a>(text: impl Fn(ColumnId) -> &'a str) -> Vec<IpAddr> {
    let read = |text: &str| text.parse().ok().map(net::canonical);
    let mut found: Vec<IpAddr> = read(text(IPSRC).trim()).into_iter().collect();
    for column in [IPADDR, IPADDRESS] {
        let parts = text(column).split([' ', ',', ';', '/', '\n']).filter(|part| !part.is_empty());
        found.extend(parts.filter_map(read).filter(|address| !is_anywhere(*address)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// An address that several machines have at the same time.
fn is_anywhere(address: IpAddr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || match address {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.is_unicast_link_local(),
        }
}

impl Index {
    /// The computers known under each of these addresses, in the order of their numbers; those that nobody has are
    /// left out.
    pub fn at_addresses(&self, wanted: &HashSet<IpAddr>) -> BTreeMap<IpAddr, Vec<ComputerId>> {
        let mut found: BTreeMap<IpAddr, Vec<ComputerId>> = BTreeMap::new();
        if wanted.is_empty() {
            return found;
        }
        for id in self.ids() {
            let all = addresses(|column| self.text(id, column));
            for address in all.into_iter().filter(|address| wanted.contains(address)) {
                found.entry(address).or_default().push(id);
            }
        }
        found.values_mut().for_each(|ids| ids.sort_unstable());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_agt_3_addresses_are_read_as_agents_write_them() {
        let read = |source: &'static str, own: &'static str, all: &'static str| {
            let found = addresses(move |column| match column {
                IPSRC => source,
                IPADDR => own,
                _ => all,
            });
            found.iter().map(IpAddr::to_string).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(read("", "", ""), none);
        assert_eq!(read("10.0.0.7", "10.0.0.7", "10.0.0.7\nFD00::07\n"), ["10.0.0.7", "fd00::7"]);
        assert_eq!(read("::ffff:10.0.0.7", "10.0.0.8/24, 10.0.0.9", "rubbish"), ["10.0.0.7", "10.0.0.8", "10.0.0.9"]);
        assert_eq!(read("127.0.0.1", "127.0.1.1", "0.0.0.0\n169.254.3.4\nfe80::1\n::1"), ["127.0.0.1"]);
    }
}
