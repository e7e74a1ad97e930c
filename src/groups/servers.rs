//! Where the servers of a redistribution group are reached.
//!
//! An address may name the server by `$IP$` or `$NAME$`: what its last inventory said counts. Source: agent protocol
//! page, section 12.2, step 3; console page, CON-DEP-8.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::memory::Inner;
use crate::fleet::Index;
use crate::id::{ComputerId, GroupId};
use crate::inventory::columns::{IPADDR, NAME};
use crate::net::is_this_machine;

/// Stands for the server's address.
pub const IP: &str = "$IP$";
/// Stands for the server's name.
pub const NAMED: &str = "$NAME$";
/// The folder of packages when none is given.
pub const FOLDER: &str = "download";

/// Where one server is reached. What is empty or 0 is as usual.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Server {
    /// Its name or address, or a text with `$IP$` or `$NAME$`; empty for `$IP$`.
    #[serde(default)]
    pub host: String,
    /// Its port; 0 for the usual one.
    #[serde(default)]
    pub port: u16,
    /// The folder of packages; empty for `download`.
    #[serde(default)]
    pub folder: String,
}

/// What is wrong with a server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadServer {
    /// The host is no name or address.
    Host,
    /// The host is this machine itself: agents would look for it on theirs.
    Local,
    /// The port is no number from 1 to 65535.
    Port,
    /// The folder is no path.
    Folder,
}

impl Server {
    /// A server as it was typed; what is left empty is as usual.
    ///
    /// # Errors
    /// [`BadServer`]
    pub fn parse(host: &str, port: &str, folder: &str) -> Result<Server, BadServer> {
        let (host, port, folder) = (host.trim(), port.trim(), folder.trim().trim_matches('/'));
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '$');
        let six = host.starts_with('[') && host.ends_with(']');
        let inside = host.trim_matches(['[', ']']);
        if host.len() > 255 || !inside.chars().all(|c| letter(c) || six && c == ':') || six && inside.is_empty() {
            return Err(BadServer::Host);
        }
        if inside.replace(IP, "").replace(NAMED, "").contains('$') {
            return Err(BadServer::Host);
        }
        if is_this_machine(inside) {
            return Err(BadServer::Local);
        }
        let port = match port {
            "" => 0,
            port => port.parse().ok().filter(|port| *port > 0).ok_or(BadServer::Port)?,
        };
        let segment = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
        };
        if !folder.is_empty() && (folder.len() > 255 || !folder.split('/').all(segment)) {
            return Err(BadServer::Folder);
        }
        Ok(Server { host: host.to_owned(), port, folder: folder.to_owned() })
    }

    /// The same from one text, `host[:port]/folder`.
    ///
    /// # Errors
    /// [`BadServer`]
    pub fn of(text: &str) -> Result<Server, BadServer> {
        let text = text.trim();
        let (authority, folder) = text.split_once('/').unwrap_or((text, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (authority, ""),
        };
        Server::parse(host, port, folder)
    }

    /// `host[:port]/folder`, with `$IP$` and `$NAME$` as they are.
    pub fn pattern(&self) -> String {
        let host = if self.host.is_empty() { IP } else { &self.host };
        let port = if self.port == 0 { String::new() } else { format!(":{}", self.port) };
        let folder = if self.folder.is_empty() { FOLDER } else { &self.folder };
        format!("{host}{port}/{folder}")
    }
}

/// An address with what `$IP$` and `$NAME$` stand for; `None` where that is not known. An agent says which machine it is,
/// never which port or folder is asked there.
pub fn resolve(pattern: &str, ip: &str, name: &str) -> Option<String> {
    let (ip, name) = (ip.trim(), name.trim());
    let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if pattern.contains(IP) && ip.parse::<IpAddr>().is_err() || pattern.contains(NAMED) && !named {
        return None;
    }
    let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
    // What came from an agent is not searched once more.
    let mut out = String::with_capacity(pattern.len() + ip.len() + name.len());
    let mut rest = pattern;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = if let Some(left) = after.strip_prefix(IP) {
            out.push_str(&ip);
            left
        } else if let Some(left) = after.strip_prefix(NAMED) {
            out.push_str(name);
            left
        } else {
            out.push('$');
            after.strip_prefix('$').unwrap_or_default()
        };
    }
    out.push_str(rest);
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '/' | ':' | '[' | ']');
    // A name with other letters makes no address.
    out.chars().all(good).then_some(out)
}

/// A server of a group with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The computer.
    pub computer: ComputerId,
    /// Its name, as its last inventory said.
    pub name: String,
    /// How it is reached.
    pub server: Server,
    /// `host[:port]/folder`; `None` where its address or name is not known or makes none.
    pub address: Option<String>,
}

/// The servers of a redistribution group that are there, in the order of their numbers.
pub fn reached(groups: &Inner, index: &Index, group: GroupId) -> Vec<Reached> {
    let one = |id: ComputerId| {
        let server = groups.server(group, id);
        let (name, ip) = (index.text(id, NAME), index.text(id, IPADDR));
        let address = resolve(&server.pattern(), ip, name);
        Reached { computer: id, name: name.to_owned(), server, address }
    };
    groups.members(group).filter(|id| index.contains(*id)).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_8_addresses_of_servers_are_checked_and_the_machine_itself_is_refused() {
        let parsed = |host: &str, port: &str, folder: &str| Server::parse(host, port, folder).map(|one| one.pattern());
        assert_eq!(parsed("", "", ""), Ok("$IP$/download".into()));
        assert_eq!(
            parsed(" $NAME$.lyon.example.net ", "8080", "/ocs/download/"),
            Ok("$NAME$.lyon.example.net:8080/ocs/download".into())
        );
        assert_eq!(parsed("[fd00::7]", "", ""), Ok("[fd00::7]/download".into()));
        for host in ["a b", "a/b", "a:80", "http://a", "$OTHER$", "é", "[]", "a\nb"] {
            assert_eq!(parsed(host, "", ""), Err(BadServer::Host), "{host}");
        }
        for host in
            ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0", "x.localhost", "2130706433"]
        {
            assert_eq!(parsed(host, "", ""), Err(BadServer::Local), "{host}");
        }
        for port in ["0", "65536", "-1", "x"] {
            assert_eq!(parsed("", port, ""), Err(BadServer::Port), "{port}");
        }
        for folder in ["..", "a/../b", "a//b", "a b", "a\"b", "."] {
            assert_eq!(parsed("", "", folder), Err(BadServer::Folder), "{folder}");
        }
    }

    #[test]
    fn con_dep_8_an_address_in_one_text_is_read_as_its_parts() {
        let read = |text: &str| Server::of(text).map(|one| one.pattern());
        assert_eq!(read(" $IP$/download "), Ok("$IP$/download".into()));
        assert_eq!(read("$NAME$.example.net:8080/a/b/"), Ok("$NAME$.example.net:8080/a/b".into()));
        assert_eq!(read("[fd00::7]:81"), Ok("[fd00::7]:81/download".into()));
        assert_eq!(read("[fd00::7]/x"), Ok("[fd00::7]/x".into()));
        assert_eq!(read("https://$IP$/x"), Err(BadServer::Folder));
        assert_eq!(read("$IP$:0/x"), Err(BadServer::Port));
        assert_eq!(read("localhost/x"), Err(BadServer::Local));
    }

    #[test]
    fn con_dep_8_address_and_name_of_a_server_are_put_in() {
        assert_eq!(resolve("$IP$/download", "10.1.2.3", "SRV"), Some("10.1.2.3/download".into()));
        assert_eq!(resolve("$NAME$.example.net:81/x", "", "SRV"), Some("SRV.example.net:81/x".into()));
        assert_eq!(resolve("$IP$/download", "fd00::7", ""), Some("[fd00::7]/download".into()));
        assert_eq!(resolve("$IP$/download", " ", "SRV"), None);
        assert_eq!(resolve("$NAME$/download", "10.1.2.3", ""), None);
        // An agent calls itself what it likes.
        assert_eq!(resolve("$NAME$/$IP$", "10.1.2.3", "$IP$"), None);
        for name in ["a b", "a\"b", "evil.example/x?", "é", "a\r\nb", "srv:25", "srv/admin", "[fd00::7]", "a~b"] {
            assert_eq!(resolve("$NAME$/download", "", name), None, "{name}");
        }
        for ip in ["10.1.2.3:25", "10.1.2.3/x", "10.1.2.3/24", "srv", "fd00::7%1", "[fd00::7]"] {
            assert_eq!(resolve("$IP$/download", ip, ""), None, "{ip}");
        }
        assert_eq!(resolve("plain/download", "", ""), Some("plain/download".into()));
    }
}
