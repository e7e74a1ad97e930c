//! Rules at the door: is the name in the address one of ours, did a form come from our own page, where may a
//! reader be sent after the log-in. Nothing here asks the clock or the network.
//!
//! Source: SEC-54, SEC-55, CON-GEN-3.

use std::net::IpAddr;

use crate::net::{canonical, is_loopback};
use crate::tls::Names;

/// Longest path to come back to.
const LONGEST: usize = 1024;

/// The name in a Host header without its port, in lower case; an address without brackets.
pub fn host_name(authority: &str) -> Option<String> {
    let name = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            is_port(port).then_some(())?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            address
        }
        None => match authority.split_once(':') {
            Some((name, port)) => port.bytes().all(|digit| digit.is_ascii_digit()).then_some(name)?,
            None => authority,
        },
    };
    let name = name.trim_end_matches('.');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    (!name.is_empty() && name.bytes().all(plain)).then(|| name.to_ascii_lowercase())
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Whether the console answers under this name: loopback, what the certificate holds, what was configured.
pub fn is_ours(name: &str, held: &Names, configured: &[String]) -> bool {
    if let Ok(address) = name.parse::<IpAddr>() {
        let same = |text: &String| {
            text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|own| canonical(own) == canonical(address))
        };
        return is_loopback(address) || held.addresses.contains(&canonical(address)) || configured.iter().any(same);
    }
    let same = |own: &String| own.trim_end_matches('.').eq_ignore_ascii_case(name);
    name == "localhost" || held.names.iter().any(same) || configured.iter().any(same)
}

/// Whether a POST came from a page of ours, by what the browser says of itself.
///
/// Our pages send no referrer, and browsers then write `Origin: null`; they say `same-origin` in Sec-Fetch-Site
/// instead. One of both must speak for us and none against.
pub fn from_own_page(fetch_site: Option<&str>, origin: Option<&str>, authority: &str, secure: bool) -> bool {
    let scheme = if secure { "https://" } else { "http://" };
    let origin = origin
        .filter(|origin| *origin != "null")
        .map(|origin| origin.strip_prefix(scheme).is_some_and(|host| host.eq_ignore_ascii_case(authority)));
    let site = fetch_site.map(|site| site == "same-origin");
    match (site, origin) {
        (Some(site), Some(origin)) => site && origin,
        (Some(said), None) | (None, Some(said)) => said,
        (None, None) => false,
    }
}

/// A path of the console that a reader may be sent to; never another server.
pub fn local_path(text: &str) -> Option<&str> {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') && !text.contains("//");
    (text.len() <= LONGEST && text.starts_with("/ocsreports/") && plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_55_names_are_compared_as_a_whole() {
        let held = Names {
            names: vec!["srv-ocs".into(), "ocs.office.lan".into(), "localhost".into()],
            addresses: vec!["192.168.1.5".parse().unwrap(), "fd00::5".parse().unwrap()],
        };
        let configured = ["Inventory.Office.Lan".to_owned(), "203.0.113.9".to_owned()];
        let ours = |host: &str| host_name(host).is_some_and(|name| is_ours(&name, &held, &configured));
        for good in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]",
            "[::1]:443",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "srv-ocs",
            "SRV-OCS.",
            "ocs.office.lan:443",
            "192.168.1.5",
            "[::ffff:192.168.1.5]:443",
            "[fd00::5]",
            "[FD00:0::5]:8443",
            "inventory.office.lan",
            "203.0.113.9:80",
        ] {
            assert!(ours(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "127.0.0.1.example",
            "localhost.example",
            "evil.example",
            "ocs.office.lan.evil.example",
            "xocs.office.lan",
            "192.168.1.6",
            "[fd00::6]",
            "[::1",
            "::1",
            "[localhost]",
            "[::1]x",
            "[::1]:80x",
            "localhost:80@evil.example",
            "evil.example#localhost",
            "localhost/",
            "127.0.0.1:80:80",
            "0.0.0.0",
            "2130706433",
            "127.1",
            "locаlhost",
            "user@localhost",
            "localhost,evil.example",
        ] {
            assert!(!ours(bad), "{bad}");
        }
    }

    #[test]
    fn sec_54_one_header_speaks_for_us_and_none_against() {
        let ours = |site, origin| from_own_page(site, origin, "ocs.office.lan:8443", true);
        assert!(ours(Some("same-origin"), None));
        assert!(ours(Some("same-origin"), Some("null")));
        assert!(ours(None, Some("https://ocs.office.lan:8443")));
        assert!(ours(Some("same-origin"), Some("https://OCS.office.lan:8443")));
        for (site, origin) in [
            (None, None),
            (None, Some("null")),
            (None, Some("http://ocs.office.lan:8443")),
            (None, Some("https://ocs.office.lan")),
            (None, Some("https://ocs.office.lan:8443.evil.example")),
            (Some("same-origin"), Some("https://evil.example")),
            (Some("cross-site"), Some("https://ocs.office.lan:8443")),
            (Some("same-site"), None),
            (Some("none"), None),
            (Some("cross-site"), Some("null")),
        ] {
            assert!(!ours(site, origin), "{site:?} {origin:?}");
        }
    }

    #[test]
    fn con_gen_3_a_reader_is_sent_to_local_paths_only() {
        for good in ["/ocsreports/", "/ocsreports/computers?sort=-name&page=2", "/ocsreports/computers/7/a%2F..%2Fb"] {
            assert_eq!(local_path(good), Some(good));
        }
        let long = format!("/ocsreports/{}", "x".repeat(LONGEST));
        for bad in [
            "",
            "/",
            "//evil.example",
            "/ocsreports//evil.example",
            "https://evil.example/ocsreports/",
            "/\\evil.example",
            "/ocsreports/\\evil",
            "/ocsreports/\r\nSet-Cookie: a=b",
            "/ocsreports/ x",
            "/ocsreportsx",
            "javascript:x",
            &long,
        ] {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }
}
