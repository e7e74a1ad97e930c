//! Types of settings that the standard library does not have.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Where a protocol is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// On the standard port of all addresses, or on the replacement where low ports are not permitted:
    /// 80 or 8080 for HTTP, 443 or 8443 for HTTPS.
    Auto,
    /// Nowhere.
    Off,
    /// On exactly these addresses, one at least. Port 0 is a free one.
    At(Vec<SocketAddr>),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Auto => f.write_str("auto"),
            Listen::Off => f.write_str("off"),
            Listen::At(addresses) => {
                let texts: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
                f.write_str(&texts.join(", "))
            }
        }
    }
}

impl FromStr for Listen {
    type Err = ();

    /// `auto`, `off`, or addresses separated by commas; a bare port is meant on all addresses.
    fn from_str(text: &str) -> Result<Listen, ()> {
        match text.trim() {
            "auto" => Ok(Listen::Auto),
            "off" => Ok(Listen::Off),
            list => {
                let one = |text: &str| {
                    let text = text.trim();
                    let everywhere = |port: u16| SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
                    text.parse().or_else(|_| text.parse().map(everywhere).map_err(drop))
                };
                list.split(',').map(one).collect::<Result<Vec<_>, _>>().map(Listen::At)
            }
        }
    }
}

/// The address of another server: `https://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainAddress {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for MainAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        write!(f, "https://{host}{port}")
    }
}

impl FromStr for MainAddress {
    type Err = ();

    /// A slash at the end is allowed.
    fn from_str(text: &str) -> Result<MainAddress, ()> {
        let rest = text.trim().strip_prefix("https://").ok_or(())?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port, good) = match rest.strip_prefix('[').and_then(|six| six.split_once(']')) {
            Some((six, "")) => (six, "443", six.parse::<Ipv6Addr>().is_ok()),
            Some((six, after)) => (six, after.strip_prefix(':').ok_or(())?, six.parse::<Ipv6Addr>().is_ok()),
            None => {
                let (host, port) = rest.split_once(':').unwrap_or((rest, "443"));
                (host, port, !host.contains(':') && is_public_name(host))
            }
        };
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port: u16 = port.parse().map_err(drop)?;
        if good && digits && port > 0 { Ok(MainAddress { host: host.to_owned(), port }) } else { Err(()) }
    }
}

/// Whether the text can be the name or the address of a server.
pub(super) fn is_public_name(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
        || (!text.is_empty()
            && text.len() <= 253
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'))
            }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_19_the_main_server_s_address_is_https_with_a_name_and_a_port() {
        let read = |text: &str| text.parse::<MainAddress>().ok().map(|one| (one.host, one.port));
        assert_eq!(read("https://ocs.example.net"), Some(("ocs.example.net".into(), 443)));
        assert_eq!(read(" https://ocs:8443/ "), Some(("ocs".into(), 8443)));
        assert_eq!(read("https://[fd00::7]:8443"), Some(("fd00::7".into(), 8443)));
        assert_eq!(read("https://[fd00::7]"), Some(("fd00::7".into(), 443)));
        assert_eq!(read("https://10.0.0.1"), Some(("10.0.0.1".into(), 443)));
        for bad in [
            "",
            "ocs.example.net",
            "http://ocs",
            "https://",
            "https:///",
            "https://a b",
            "https://a/b",
            "https://a:0",
            "https://a:",
            "https://a:70000",
            "https://a:+1",
            "https://user@a",
            "https://[x]",
            "https://[::1",
            "https://[::1]x",
            "https://a?b",
            "https://é",
            "https://a\r\nb",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        for same in ["https://ocs.example.net", "https://ocs:8443", "https://[fd00::7]:8443"] {
            assert_eq!(same.parse::<MainAddress>().map(|one| one.to_string()).as_deref(), Ok(same));
        }
    }
    use crate::net::Network;

    #[test]
    fn addresses_to_listen_on() {
        assert_eq!("auto".parse(), Ok(Listen::Auto));
        assert_eq!(" off ".parse(), Ok(Listen::Off));
        let listen: Listen = "127.0.0.1:80, [::1]:8080, 81".parse().unwrap();
        assert_eq!(listen.to_string(), "127.0.0.1:80, [::1]:8080, [::]:81");
        for wrong in ["", "localhost", "1.2.3.4", "1.2.3.4:99999", "80,", "auto, 80"] {
            assert_eq!(wrong.parse::<Listen>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        let inside = |net: &str, address: &str| net.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(inside("10.0.0.0/8", "10.255.1.2"));
        assert!(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!inside("10.0.0.0/8", "11.0.0.0"));
        assert!(inside("0.0.0.0/0", "1.2.3.4"));
        assert!(!inside("0.0.0.0/0", "::1"));
        assert!(inside("::/0", "::1"));
        assert!(inside("192.168.1.7", "192.168.1.7"));
        assert!(!inside("192.168.1.7", "192.168.1.6"));
        assert!(inside("fd00::/8", "fdff::1"));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        assert!("office".parse::<Network>().is_err());
    }

    #[test]
    fn names_of_servers() {
        for fine in ["ocs", "ocs.office.lan", "10.0.0.1", "::1", "a-b_c.d"] {
            assert!(is_public_name(fine), "{fine}");
        }
        for wrong in ["", "a b", "-a", "a..b", "http://a", "a/b", "a:80"] {
            assert!(!is_public_name(wrong), "{wrong}");
        }
    }
}
