//! Addresses where agents find a package, as people type them: `host[:port]/folder`, without scheme. A rule without
//! network.
//!
//! Source: agent protocol page, section 12.1; console page, CON-DEP-8.

use std::fmt;

use super::package::Protocol;
use crate::net::is_this_machine;

/// The folder of packages on this server.
const FOLDER: &str = "download";
/// Most bytes of a host, and of a folder.
const LONGEST: usize = 253;

/// Where a folder of packages is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// A name or an address; one of version 6 without its brackets.
    pub host: String,
    /// `None` for the usual one of the protocol.
    pub port: Option<u16>,
    /// Without a slash at either end; never empty.
    pub folder: String,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPlace {
    /// Nothing was typed.
    Empty,
    /// It begins with a protocol other than the one by which it is fetched.
    Scheme,
    /// The host is no name and no address.
    Host,
    /// The host means each machine itself: agents would look for the package on theirs.
    Local,
    /// The port is no number from 1 to 65535.
    Port,
    /// The folder is missing or no path.
    Folder,
}

impl Place {
    /// Reads what was typed. The scheme may stand before it when it is the right one.
    ///
    /// # Errors
    /// [`BadPlace`]
    pub fn parse(text: &str, protocol: Protocol) -> Result<Place, BadPlace> {
        let text = text.trim();
        let text = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case(protocol.word()) => rest,
            Some(_) => return Err(BadPlace::Scheme),
            None => text,
        };
        if text.is_empty() {
            return Err(BadPlace::Empty);
        }
        let (authority, folder) = text.split_once('/').unwrap_or((text, ""));
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((inside, after)) => {
                inside.parse::<std::net::Ipv6Addr>().map_err(|_| BadPlace::Host)?;
                (inside, if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or(BadPlace::Port)?) })
            }
            None => match authority.split_once(':') {
                // An address of version 6 needs its brackets.
                Some((_, port)) if port.contains(':') => return Err(BadPlace::Host),
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if is_this_machine(host) {
            return Err(BadPlace::Local);
        }
        if !host.contains(':') && !is_host(host) {
            return Err(BadPlace::Host);
        }
        let port = match port {
            None => None,
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(port.parse().ok().filter(|port| *port > 0).ok_or(BadPlace::Port)?)
            }
            Some(_) => return Err(BadPlace::Port),
        };
        let folder = folder.trim_end_matches('/');
        if folder.is_empty() || folder.len() > LONGEST || !folder.split('/').all(is_segment) {
            return Err(BadPlace::Folder);
        }
        Ok(Place { host: host.to_owned(), port, folder: folder.to_owned() })
    }

    /// The port, or the usual one.
    pub fn port(&self, protocol: Protocol) -> u16 {
        self.port.unwrap_or(match protocol {
            Protocol::Http => 80,
            Protocol::Https => 443,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { host, port, folder } = self;
        if host.contains(':') { write!(f, "[{host}]") } else { f.write_str(host) }?;
        port.map_or(Ok(()), |port| write!(f, ":{port}"))?;
        write!(f, "/{folder}")
    }
}

/// The address of the packages of this server: by the best of its names, of equally good ones the first. A name with its
/// domain is better than one without, and a name better than an address; what means each machine itself is none. Names
/// that nobody may know elsewhere, those of `only_here`, are good for nothing but where there is no other. Empty where
/// there is none. `port` is the one that answers; `None` for the usual one.
pub fn own(names: &[String], only_here: &[String], port: Option<u16>, protocol: Protocol) -> String {
    let rank = |name: &&String| match name.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 2,
        Ok(std::net::IpAddr::V6(_)) => 3,
        Err(_) => u8::from(!name.contains('.')) + if only_here.contains(name) { 4 } else { 0 },
    };
    let Some(name) = names.iter().filter(|name| !is_this_machine(name)).min_by_key(rank) else { return String::new() };
    let place = Place { host: name.clone(), port, folder: FOLDER.to_owned() };
    Place { port: port.filter(|port| *port != Place { port: None, ..place.clone() }.port(protocol)), ..place }
        .to_string()
}

/// A name, or four numbers. What ends in a number is an address, and written as everybody writes it.
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    host.len() <= LONGEST && name.split('.').all(label) && (!number || host.parse::<std::net::Ipv4Addr>().is_ok())
}

fn is_segment(part: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    !matches!(part, "" | "." | "..") && part.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<String, BadPlace> {
        Place::parse(text, Protocol::Https).map(|place| place.to_string())
    }

    #[test]
    fn con_dep_8_an_address_is_a_host_a_port_and_a_folder() {
        for (typed, written) in [
            ("ocs.example.net/download", "ocs.example.net/download"),
            (" https://ocs.example.net:8443/a/b/ ", "ocs.example.net:8443/a/b"),
            ("HTTPS://srv_1/download", "srv_1/download"),
            ("192.168.1.10/download", "192.168.1.10/download"),
            ("[fd00::7]:444/download", "[fd00::7]:444/download"),
            ("[fd00::7]/download", "[fd00::7]/download"),
        ] {
            assert_eq!(parsed(typed).as_deref(), Ok(written), "{typed}");
        }
        let fragments = |text| Place::parse(text, Protocol::Http).map(|place| place.port(Protocol::Http));
        assert_eq!((fragments("http://h/d"), fragments("h:81/d")), (Ok(80), Ok(81)));
        assert_eq!(fragments("https://h/d"), Err(BadPlace::Scheme));
        for (typed, why) in [
            ("", BadPlace::Empty),
            ("https://", BadPlace::Empty),
            ("http://h/d", BadPlace::Scheme),
            ("ftp://h/d", BadPlace::Scheme),
            ("a b/d", BadPlace::Host),
            ("user@h/d", BadPlace::Host),
            ("-h?x/d", BadPlace::Host),
            ("a..b/d", BadPlace::Host),
            ("é.example/d", BadPlace::Host),
            ("fd00::7/d", BadPlace::Host),
            ("[fd00::x]/d", BadPlace::Host),
            ("192.168.1/d", BadPlace::Host),
            ("3232235786/d", BadPlace::Host),
            ("0xC0.168.1.1/d", BadPlace::Host),
            ("h:0/d", BadPlace::Port),
            ("h:65536/d", BadPlace::Port),
            ("h:+80/d", BadPlace::Port),
            ("h:/d", BadPlace::Port),
            ("[fd00::7]80/d", BadPlace::Port),
            ("h", BadPlace::Folder),
            ("h/", BadPlace::Folder),
            ("h//d", BadPlace::Folder),
            ("h/../d", BadPlace::Folder),
            ("h/d?x", BadPlace::Folder),
            ("h/d\r\nX", BadPlace::Folder),
            ("h/%2e", BadPlace::Folder),
            ("h/é", BadPlace::Folder),
        ] {
            assert_eq!(parsed(typed), Err(why), "{typed}");
        }
    }

    #[test]
    fn con_dep_8_what_means_each_machine_itself_is_refused_in_every_spelling() {
        for host in [
            "localhost",
            "LOCALHOST.",
            "localhost.localdomain",
            "srv.localhost",
            "ip6-localhost",
            "127.0.0.1",
            "127.9.9.9",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0177.0.0.1",
            "017700000001",
            "0.0.0.0",
            "0",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
        ] {
            assert_eq!(parsed(&format!("{host}/download")), Err(BadPlace::Local), "{host}");
            assert_eq!(parsed(&format!("{host}:443/download")), Err(BadPlace::Local), "{host}");
        }
    }

    #[test]
    fn con_dep_8_this_server_is_proposed_by_its_best_name() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = names(&["srv-ocs", "localhost", "srv-ocs.office.lan", "127.0.0.1", "192.168.1.10", "fd00::7", "::1"]);
        assert_eq!(own(&all, &[], Some(443), Protocol::Https), "srv-ocs.office.lan/download");
        assert_eq!(own(&all, &[], Some(8443), Protocol::Https), "srv-ocs.office.lan:8443/download");
        assert_eq!(own(&all, &[], Some(80), Protocol::Http), "srv-ocs.office.lan/download");
        assert_eq!(own(&all, &[], None, Protocol::Http), "srv-ocs.office.lan/download");
        assert_eq!(
            own(&names(&["localhost", "fd00::7", "192.168.1.10"]), &[], Some(81), Protocol::Http),
            "192.168.1.10:81/download"
        );
        assert_eq!(own(&names(&["::1", "fd00::7"]), &[], Some(443), Protocol::Https), "[fd00::7]/download");
        assert_eq!(own(&names(&["localhost", "127.0.0.1"]), &[], Some(443), Protocol::Https), "");
    }

    /// Debian's table of hosts gives the machine's name to 127.0.1.1: agents were told a name that nobody knew.
    #[test]
    fn con_imp_5_an_address_is_proposed_where_the_names_are_known_on_this_machine_alone() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = names(&["srv-ocs.office.lan", "srv-ocs", "127.0.0.1", "192.168.1.10", "172.17.0.1", "fd00::7"]);
        let here = names(&["srv-ocs.office.lan", "srv-ocs"]);
        let own = |all: &[String], here: &[String]| own(all, here, Some(443), Protocol::Https);
        assert_eq!(own(&all, &here), "192.168.1.10/download");
        assert_eq!(own(&all, &here[..1]), "srv-ocs/download", "the other name is known elsewhere");
        assert_eq!(own(&names(&["srv-ocs", "fd00::7"]), &here), "[fd00::7]/download");
        assert_eq!(own(&names(&["srv-ocs", "127.0.0.1", "srv-ocs.office.lan"]), &here), "srv-ocs.office.lan/download");
    }

    proptest! {
        #[test]
        fn what_is_taken_is_read_back_as_it_was(text in "[a-z0-9.:/\\[\\]_~-]{0,30}|\\PC{0,30}") {
            if let Ok(place) = Place::parse(&text, Protocol::Https) {
                prop_assert_eq!(Place::parse(&place.to_string(), Protocol::Https), Ok(place));
            }
        }
    }
}
