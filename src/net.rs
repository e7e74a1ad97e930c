//! Network addresses: as agents write them, as a connection has them, and as administrators list them.
//!
//! Source: agent protocol page, sections 1.10 and 10.3; README decision 16 (mapped addresses are IPv4);
//! SEC-10, SEC-14.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A MAC address. Agents write it in either case and with either separator; it is shown as `02:00:5E:10:00:07`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

/// The text is no MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a MAC address (six pairs of hexadecimal digits)")]
pub struct BadMac;

impl Mac {
    /// The half that names the maker, for look-ups: `[0x02, 0x00, 0x5e]`.
    pub fn prefix(self) -> [u8; 3] {
        let [a, b, c, ..] = self.0;
        [a, b, c]
    }

    /// All zeros or all ones: what broken drivers report.
    pub fn is_blank(self) -> bool {
        self.0 == [0; 6] || self.0 == [0xff; 6]
    }
}

impl FromStr for Mac {
    type Err = BadMac;

    /// `02:00:5e:10:00:07` or `02-00-5E-10-00-07`, one separator throughout; blanks around it are dropped.
    fn from_str(text: &str) -> Result<Self, BadMac> {
        let text = text.trim();
        let separator = if text.contains('-') { '-' } else { ':' };
        let mut pairs = text.split(separator);
        let mut bytes = [0; 6];
        for byte in &mut bytes {
            let pair = pairs.next().ok_or(BadMac)?;
            if pair.len() != 2 || !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(BadMac);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| BadMac)?;
        }
        if pairs.next().is_some() { Err(BadMac) } else { Ok(Mac(bytes)) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

/// An IPv4 address in four decimal numbers. Leading zeros are read as decimal (`192.168.010.007`), as some
/// agents pad; blanks around it are dropped.
pub fn dotted_quad(text: &str) -> Option<Ipv4Addr> {
    let mut parts = text.trim().split('.');
    let mut bytes = [0u8; 4];
    for byte in &mut bytes {
        let part = parts.next()?;
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *byte = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(bytes))
}

/// The length of a mask as agents write it: `255.255.255.0`, `0xffffff00`, or `24`. `None` when its ones
/// are not in one piece.
pub fn mask_length(text: &str) -> Option<u8> {
    let text = text.trim();
    let bits = match dotted_quad(text) {
        Some(mask) => mask.to_bits(),
        None => match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(hex) if hex.len() == 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                u32::from_str_radix(hex, 16).ok()?
            }
            Some(_) => return None,
            None => return text.parse().ok().filter(|length| *length <= 32),
        },
    };
    let length = bits.leading_ones();
    (length + bits.trailing_zeros().min(32) >= 32).then_some(length as u8)
}

/// An address of a connection with IPv4 inside IPv6 (`::ffff:192.168.1.2`) read as IPv4.
pub fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether it is an address of this machine.
pub fn is_loopback(address: IpAddr) -> bool {
    canonical(address).is_loopback()
}

/// Whether a host, without brackets, means each machine itself, in whatever spelling: by name, by an address of the
/// loopback, or by one that stands for every address of a machine. Numbers are read as C libraries read them, with
/// fewer than four parts, in octal and hexadecimal.
pub fn is_this_machine(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<std::net::Ipv6Addr>() {
        let address = match address.segments() {
            // Written with an address of version 4 behind, as was done once.
            [0, 0, 0, 0, 0, 0, high, low] if high > 0 => {
                IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
            }
            _ => canonical(IpAddr::V6(address)),
        };
        return is_own(address);
    }
    let named = ["localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"];
    named.contains(&host.as_str())
        || host.ends_with(".localhost")
        || numeric(&host).is_some_and(|address| is_own(IpAddr::V4(address)))
}

/// Loopback, or "this host on this network" (RFC 1122).
fn is_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.octets()[0] == 0,
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unspecified(),
    }
}

/// One to four numbers as `inet_aton` reads them: the last one fills what is left.
fn numeric(host: &str) -> Option<Ipv4Addr> {
    let part = |text: &str| {
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None if text.len() > 1 && text.starts_with('0') => (text, 8),
            None => (text, 10),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(digits, radix).ok().filter(|_| plain)
    };
    let parts: Vec<u64> = host.split('.').map(part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let mut bits: u64 = 0;
    for one in first.iter().take(3) {
        bits = bits << 8 | Some(*one).filter(|one| *one < 256)?;
    }
    let left = 8 * (4_u32.checked_sub(u32::try_from(first.len()).ok()?)?);
    let whole = bits.checked_shl(left)?.checked_add(Some(*last).filter(|last| left > 0 && *last < 1 << left)?)?;
    u32::try_from(whole).ok().map(Ipv4Addr::from_bits)
}

/// Whether it is used inside offices only: loopback, private (10/8, 172.16/12, 192.168/16), link-local, unique-local.
pub fn is_private(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Addresses that share their first bits: `192.168.10.0/24`, `fd00::/8`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    base: IpAddr,
    length: u8,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a network (an address, or an address, a slash and a length): `{0}`")]
pub struct BadNetwork(String);

impl Network {
    /// The network around an address; a length that is too large is the largest.
    pub fn around(address: IpAddr, length: u8) -> Network {
        let address = canonical(address);
        let (length, base) = match address {
            IpAddr::V4(v4) => {
                let length = length.min(32);
                (length, IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & ones4(length))))
            }
            IpAddr::V6(v6) => {
                let length = length.min(128);
                (length, IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & ones6(length))))
            }
        };
        Network { base, length }
    }

    /// Whether the address is in it. IPv4 and IPv6 never meet, but mapped addresses are IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        Network::around(address, self.length).base == self.base && canonical(address).is_ipv4() == self.base.is_ipv4()
    }
}

fn ones4(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0)
}

fn ones6(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0)
}

impl FromStr for Network {
    type Err = BadNetwork;

    /// Bits behind the length are dropped: `192.168.10.7/24` is the network of that address.
    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address.trim(), Some(length.trim())),
            None => (text.trim(), None),
        };
        let written: IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| bad())?;
        let longest = if written.is_ipv4() { 32 } else { 128 };
        let mut length = match length {
            None => longest,
            Some(length) => match length.parse::<u8>() {
                Ok(length) if length <= longest => length,
                Err(_) if written.is_ipv4() => mask_length(length).ok_or_else(bad)?,
                _ => return Err(bad()),
            },
        };
        // The length of a mapped network counts the 96 bits in front.
        if written.is_ipv6() && canonical(written).is_ipv4() {
            length = length.checked_sub(96).ok_or_else(bad)?;
        }
        Ok(Network::around(written, length))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.length)
    }
}

/// A list of networks: trusted proxies, or who may reach the agent endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Networks(pub Vec<Network>);

impl Networks {
    /// Loopback, private, link-local and unique-local addresses: who may report by default.
    pub fn office() -> Networks {
        let v4 = |a, b, length| Network::around(IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), length);
        let v6 = |first, length| Network::around(IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)), length);
        Networks(vec![
            v4(127, 0, 8),
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(169, 254, 16),
            Network::around(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
            v6(0xfe80, 10),
            v6(0xfc00, 7),
        ])
    }

    /// Whether any of them holds the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// Who talks to us: the peer of the connection, or whom a trusted proxy names in X-Forwarded-For.
///
/// The header is read from its end, past further trusted proxies, and not at all when the peer is none
/// (SEC-14). An entry that is no address ends the search with the last one that was.
pub fn client(peer: IpAddr, forwarded_for: Option<&str>, proxies: &Networks) -> IpAddr {
    let mut client = canonical(peer);
    for entry in forwarded_for.unwrap_or_default().rsplit(',') {
        if !proxies.contains(client) {
            break;
        }
        match address_of(entry) {
            Some(address) => client = canonical(address),
            None => break,
        }
    }
    client
}

/// An address that may carry a port or brackets: `192.168.1.2:80`, `[fd00::1]:80`.
fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    entry
        .parse()
        .ok()
        .or_else(|| entry.parse().ok().map(|socket: std::net::SocketAddr| socket.ip()))
        .or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Windows writes upper case with colons, Unix lower case; comparisons must not care.
    #[test]
    fn pitfall_54_every_spelling_of_a_mac_is_one() {
        for text in ["02:00:5e:10:00:a7", "02:00:5E:10:00:A7", "02-00-5e-10-00-A7", " 02:00:5e:10:00:a7\n"] {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "02:00:5E:10:00:A7", "{text}");
        }
        for text in [
            "",
            "02:00:5e:10:00",
            "02:00:5e:10:00:a7:01",
            "02:00-5e:10:00:a7",
            "02005e1000a7",
            "2:0:5e:10:0:a7",
            "02:00:5e:10:00:g7",
            "+2:00:5e:10:00:a7",
        ] {
            assert_eq!(text.parse::<Mac>(), Err(BadMac), "{text}");
        }
        assert_eq!("02:00:5e:10:00:a7".parse::<Mac>().unwrap().prefix(), [2, 0, 0x5e]);
        assert!(Mac([0; 6]).is_blank() && Mac([255; 6]).is_blank() && !Mac([1; 6]).is_blank());
    }

    #[test]
    fn dotted_quads_are_four_small_numbers() {
        assert_eq!(dotted_quad(" 192.168.10.7 "), Some(Ipv4Addr::new(192, 168, 10, 7)));
        assert_eq!(dotted_quad("192.168.010.007"), Some(Ipv4Addr::new(192, 168, 10, 7)));
        for text in ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", "1.2..4", "1.2.3.+4", "fe80::1", "1.2.3.0004"] {
            assert_eq!(dotted_quad(text), None, "{text}");
        }
    }

    #[test]
    fn masks_are_read_in_three_spellings() {
        for (text, length) in [
            ("255.255.255.0", Some(24)),
            ("255.255.255.255", Some(32)),
            ("0.0.0.0", Some(0)),
            ("0xffffff00", Some(24)),
            ("0xFFFF0000", Some(16)),
            ("24", Some(24)),
            ("33", None),
            ("255.0.255.0", None),
            ("0xff00ff00", None),
            ("0x+fffff00", None),
            ("ffff:ffff:ffff:ffff::", None),
            ("", None),
        ] {
            assert_eq!(mask_length(text), length, "{text}");
        }
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        assert_eq!(canonical(ip("::ffff:192.168.1.2")), ip("192.168.1.2"));
        assert!(is_loopback(ip("::ffff:127.0.0.1")) && is_loopback(ip("::1")) && is_loopback(ip("127.8.8.8")));
        assert!("192.168.0.0/16".parse::<Network>().unwrap().contains(ip("::ffff:192.168.1.2")));
        assert!("::ffff:192.168.0.0/112".parse::<Network>().unwrap().contains(ip("192.168.1.2")));
        assert!("::ffff:1.2.3.4/64".parse::<Network>().is_err());
    }

    #[test]
    fn the_office_is_private_and_the_internet_is_not() {
        let office = Networks::office();
        for text in ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.1.1", "::1", "fe80::1", "fd00::1"] {
            assert!(is_private(ip(text)) && office.contains(ip(text)), "{text}");
        }
        for text in ["8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:db8::1", "0.0.0.0", "::", "::ffff:8.8.8.8"] {
            assert!(!is_private(ip(text)) && !office.contains(ip(text)), "{text}");
        }
    }

    #[test]
    fn networks_are_read_and_shown() {
        for (text, shown) in [
            ("192.168.10.7/24", "192.168.10.0/24"),
            ("192.168.10.7", "192.168.10.7/32"),
            ("192.168.10.7/255.255.0.0", "192.168.0.0/16"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("fd00:1::1/32", "fd00:1::/32"),
            ("::/0", "::/0"),
            (" [fe80::1] / 64 ", "fe80::/64"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), shown);
        }
        for text in ["", "x", "1.2.3.4/33", "1.2.3.4/x", "::/129", "::/255.0.0.0", "1.2.3/8", "1.2.3.4/255.0.255.0"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains(ip("::1")));
        assert!(!"::/0".parse::<Network>().unwrap().contains(ip("1.2.3.4")));
    }

    #[test]
    fn sec_14_forwarding_headers_count_only_from_a_trusted_proxy() {
        let proxies = Networks(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for (peer, header, expected) in [
            ("192.168.1.5", Some("1.2.3.4"), "192.168.1.5"),
            ("10.0.0.1", Some("1.2.3.4"), "1.2.3.4"),
            ("::ffff:10.0.0.1", Some("1.2.3.4"), "1.2.3.4"),
            ("10.0.0.1", Some("6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4"),
            ("10.0.0.1", Some("1.2.3.4:8080"), "1.2.3.4"),
            ("10.0.0.1", Some("[fd00::5]:80, 10.0.0.9"), "fd00::5"),
            ("fd00::1", Some("[2001:db8::1]"), "2001:db8::1"),
            ("10.0.0.1", Some("unknown"), "10.0.0.1"),
            ("10.0.0.1", Some("1.2.3.4, unknown, 10.0.0.2"), "10.0.0.2"),
            ("10.0.0.1", Some(""), "10.0.0.1"),
            ("10.0.0.1", None, "10.0.0.1"),
        ] {
            assert_eq!(client(ip(peer), header, &proxies), ip(expected), "{peer} {header:?}");
        }
    }

    proptest! {
        #[test]
        fn a_mac_is_read_back_as_shown(bytes in any::<[u8; 6]>()) {
            prop_assert_eq!(Mac(bytes).to_string().parse(), Ok(Mac(bytes)));
        }

        #[test]
        fn a_network_holds_the_address_it_is_around(bits in any::<u128>(), small in any::<bool>(), length in any::<u8>()) {
            let address = if small { IpAddr::V4(Ipv4Addr::from_bits(bits as u32)) } else { IpAddr::V6(bits.into()) };
            let network = Network::around(address, length);
            prop_assert!(network.contains(address));
            prop_assert_eq!(network.to_string().parse::<Network>().ok(), Some(network));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", numbers in "[0-9a-fx:./\\[\\]-]{0,40}") {
            for text in [text, numbers] {
                let _ = (text.parse::<Mac>(), dotted_quad(&text), mask_length(&text), text.parse::<Network>());
                let _ = client(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(&text), &Networks::office());
            }
        }
    }
}
