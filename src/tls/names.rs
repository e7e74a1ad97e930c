//! Which names and addresses the server certificate carries.
//!
//! [`wanted`] and [`covers`] are rules without a system under them; [`host_name`], [`full_name`] and
//! [`local_addresses`] ask the machine and hand over plain values. Agents of the field compare the
//! address that they were configured with, so addresses are `iPAddress` entries, never names.
//!
//! Source: SEC-41.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bytes of the system's table of hosts that are looked at; lists that block names make it long.
const LONGEST_TABLE: u64 = 1 << 20;

/// Names and addresses for one certificate: names in lower case, the most important first; addresses in
/// ascending order. Nothing stands twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// DNS names. The first one becomes the common name. Never empty when made by [`wanted`].
    pub names: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
}

/// Puts together what a certificate of this machine should carry.
///
/// - `host`: the machine's own name; when it holds dots, its first part is added too.
/// - `full`: the name with its domain, when it is known.
/// - `configured`: what the administrator wrote: names, or addresses of any kind.
/// - `interfaces`: the addresses of the machine. Only private ones are taken, see [`is_private`].
///
/// `localhost`, 127.0.0.1 and ::1 are always in. What cannot be a DNS name (blanks, accents, longer than
/// 253 bytes) is left out.
pub fn wanted(host: &str, full: Option<&str>, configured: &[String], interfaces: &[IpAddr]) -> Names {
    let mut names: Vec<String> = Vec::new();
    let mut addresses: BTreeSet<IpAddr> =
        [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].into_iter().collect();
    let short = host.split('.').next().unwrap_or(host);
    let own = [host, short].into_iter().chain(full);
    for text in own.chain(configured.iter().map(String::as_str)).chain(["localhost"]) {
        let text = text.trim().trim_end_matches('.');
        if let Ok(address) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            addresses.insert(address.to_canonical());
        } else if let Some(name) = dns_name(text)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    addresses.extend(interfaces.iter().map(IpAddr::to_canonical).filter(is_private));
    Names { names, addresses: addresses.into_iter().collect() }
}

/// The names and addresses among these texts, as a certificate would hold them; what can be neither is left out.
pub fn sorted(texts: &[String]) -> Names {
    let mut found = Names::default();
    for text in texts {
        let text = text.trim().trim_end_matches('.');
        if let Ok(address) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            found.addresses.push(address.to_canonical());
        } else if let Some(name) = dns_name(text)
            && !found.names.contains(&name)
        {
            found.names.push(name);
        }
    }
    found.addresses.sort_unstable();
    found.addresses.dedup();
    found
}

/// Whether a certificate with the names `held` serves where `wanted` is asked for.
///
/// Names must be the same, in any order but for the first; a name that was taken away is not to be vouched for any longer.
/// Addresses may be more than wanted: an interface that comes and goes (a tunnel, a dock) does not lead to
/// a new certificate each time.
pub fn covers(held: &Names, wanted: &Names) -> bool {
    let set = |names: &Names| names.names.iter().cloned().collect::<BTreeSet<_>>();
    held.names.first() == wanted.names.first()
        && set(held) == set(wanted)
        && wanted.addresses.iter().all(|address| held.addresses.contains(address))
}

/// Private use (RFC 1918), shared (RFC 6598) and unique local addresses.
///
/// Link-local addresses are not among them: they need a zone in an address line and change with the cable.
pub fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// The addresses of the interfaces of this machine that are up, in no order.
///
/// # Errors
/// The system does not tell; the caller goes on with what it knew before.
pub fn local_addresses() -> io::Result<Vec<IpAddr>> {
    Ok(if_addrs::get_if_addrs()?.into_iter().map(|interface| interface.ip()).collect())
}

/// The machine's own name; `None` when the system does not tell it.
pub fn host_name() -> Option<String> {
    let name = if cfg!(windows) {
        std::env::var("COMPUTERNAME").ok()?
    } else {
        fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname")).ok()?
    };
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name with its domain, as the system's table of hosts tells it for `host`; often unknown.
pub fn full_name(host: &str) -> Option<String> {
    full_name_in(&table_of_hosts()?, host)
}

/// Those of these names that the system's table of hosts gives to the loopback alone: what they stand for elsewhere is
/// not known here.
pub fn only_here(names: &[String]) -> Vec<String> {
    table_of_hosts().map_or_else(Vec::new, |table| only_here_in(&table, names))
}

/// The text of the system's table of hosts, as far as it is looked at.
fn table_of_hosts() -> Option<String> {
    let table = if cfg!(windows) { r"C:\Windows\System32\drivers\etc\hosts" } else { "/etc/hosts" };
    let mut text = Vec::new();
    fs::File::open(table).ok()?.take(LONGEST_TABLE).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Finds names on lines of the loopback that stand on no other line.
fn only_here_in(hosts: &str, names: &[String]) -> Vec<String> {
    let lines = || {
        let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
        lines.filter_map(|mut words| Some((words.next()?.parse::<IpAddr>().ok()?, words)))
    };
    let is_on = |loopback: bool, name: &str| {
        let these = lines().filter(|(address, _)| crate::net::is_loopback(*address) == loopback);
        these.into_iter().any(|(_, mut words)| words.any(|word| word.eq_ignore_ascii_case(name)))
    };
    names.iter().filter(|name| is_on(true, name) && !is_on(false, name)).cloned().collect()
}

/// Finds `host.domain` in the text of a table of hosts, on a line that names it.
fn full_name_in(hosts: &str, host: &str) -> Option<String> {
    let dotted = format!("{}.", host.to_ascii_lowercase());
    hosts
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(|line| line.split_whitespace().skip(1))
        .map(str::to_ascii_lowercase)
        .find(|name| name.starts_with(&dotted) && dns_name(name).is_some())
}

/// The name in lower case, when it can stand in a certificate. Underscores are allowed: Windows names hold them.
fn dns_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits only would be read as an address.
    let last = text.rsplit('.').next().unwrap_or_default();
    let numeric = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    (text.len() <= 253 && text.split('.').all(label) && !(numeric && text.contains('.')))
        .then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn configured(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn con_dep_8_a_name_that_the_table_of_hosts_gives_to_the_loopback_alone_is_known() {
        let names = ["srv-ocs.office.lan", "srv-ocs", "other", "both"].map(str::to_owned);
        let found = |hosts: &str| only_here_in(hosts, &names);
        // As Debian's installer writes it.
        let debian = "127.0.0.1\tlocalhost\n127.0.1.1\tSRV-ocs.office.lan\tsrv-ocs\n\n::1 localhost ip6-localhost\n";
        assert_eq!(found(debian), ["srv-ocs.office.lan", "srv-ocs"]);
        let both = "127.0.1.1 both\n192.168.1.10 both srv-ocs # other\n::1 other-one\n";
        assert!(found(both).is_empty(), "{:?}", found(both));
        assert_eq!(found("::1 other\nfe80::1%lo0 other\nnonsense other\n"), ["other"]);
        assert!(found("").is_empty() && found("127.0.0.1").is_empty());
    }

    #[test]
    fn sec_41_own_names_configured_names_and_private_addresses_are_wanted() {
        let interfaces =
            ips(&["192.168.1.10", "fe80::1", "127.0.0.1", "8.8.8.8", "fd00::7", "169.254.3.4", "10.0.0.1"]);
        let found = wanted(
            "SRV-OCS",
            Some("srv-ocs.office.lan"),
            &configured(&["inventory.office.lan", "203.0.113.5", "[2001:db8::5]", "ocs.office.lan."]),
            &interfaces,
        );
        assert_eq!(
            found.names,
            ["srv-ocs", "srv-ocs.office.lan", "inventory.office.lan", "ocs.office.lan", "localhost"]
        );
        assert_eq!(
            found.addresses,
            ips(&["10.0.0.1", "127.0.0.1", "192.168.1.10", "203.0.113.5", "::1", "2001:db8::5", "fd00::7"])
        );
    }

    #[test]
    fn a_host_name_with_its_domain_gives_both_forms_and_nothing_stands_twice() {
        let found = wanted("pc.office.lan", Some("PC.office.lan"), &configured(&["pc", "localhost"]), &[]);
        assert_eq!(found.names, ["pc.office.lan", "pc", "localhost"]);
        assert_eq!(found.addresses, ips(&["127.0.0.1", "::1"]));
    }

    #[test]
    fn what_cannot_be_a_dns_name_is_left_out() {
        let long = format!("{}.lan", "x".repeat(64));
        let odd =
            configured(&["", "Poste de René", "-a", "a-", "a..b", "*.office.lan", "300.1.2.3", "a\0b", &long, "a_b"]);
        assert_eq!(wanted("", None, &odd, &[]).names, ["a_b", "localhost"]);
    }

    #[test]
    fn mapped_addresses_are_read_as_ipv4() {
        assert_eq!(wanted("pc", None, &[], &ips(&["::ffff:10.1.2.3"])).addresses[0], ips(&["10.1.2.3"])[0]);
    }

    #[test]
    fn sec_41_a_new_address_or_another_name_is_not_covered_and_a_lost_address_is() {
        let held = wanted("pc", None, &configured(&["ocs.lan"]), &ips(&["10.0.0.1", "10.0.0.2"]));
        assert!(covers(&held, &held));
        assert!(covers(&held, &wanted("pc", None, &configured(&["ocs.lan"]), &ips(&["10.0.0.2"]))));
        assert!(!covers(&held, &wanted("pc", None, &configured(&["ocs.lan"]), &ips(&["10.0.0.3"]))));
        assert!(!covers(&held, &wanted("pc", None, &configured(&["inventory.lan"]), &ips(&["10.0.0.1"]))));
        assert!(!covers(&held, &wanted("pc", None, &[], &ips(&["10.0.0.1"]))));
        assert!(!covers(&held, &wanted("pc2", None, &configured(&["ocs.lan"]), &ips(&["10.0.0.1"]))));
    }

    #[test]
    fn the_table_of_hosts_may_know_the_domain() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tPC-1.Office.lan PC-1 # pc-1.wrong\n10.0.0.2 pc-1x.lan\n";
        assert_eq!(full_name_in(hosts, "pc-1"), Some("pc-1.office.lan".to_owned()));
        assert_eq!(full_name_in(hosts, "pc-2"), None);
    }

    #[test]
    fn this_machine_has_a_loopback_address() {
        assert!(local_addresses().unwrap().iter().any(IpAddr::is_loopback));
    }
}
