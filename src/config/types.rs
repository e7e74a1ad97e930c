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
