//! Redistribution servers: a package is activated on each server of a group, and a computer gets it from the nearest
//! one. Rules without storage.
//!
//! Nobody tells the server how the network is built. Same subnet and same TAG is as near as can be; then same subnet;
//! then same TAG, which is how offices name their sites. A subnet alone may mislead: many sites use 192.168.1.0.
//! Source: agent protocol page, section 12.1 (`download_servers`); console page, CON-DEP-8.

use std::sync::Arc;

use super::affectation::{Activation, ActivationId, ServerOf};
use super::board::Inner;
use super::package::PackageId;
use crate::fleet::Index;
use crate::groups::Server;
use crate::id::{ComputerId, GroupId};
use crate::inventory::columns::IPSUBNET;

/// Where a computer is, as its last inventory said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// Its subnets, one a line.
    pub subnets: &'a str,
    /// Its TAG.
    pub tag: &'a str,
}

/// A server that has a package.
#[derive(Debug, Clone, Copy)]
pub struct Serving<'a> {
    /// The activation on it.
    pub activation: ActivationId,
    /// Where it is.
    pub place: Place<'a>,
}

/// The activation on the nearest server; `None` when none is near. Of several that are equally near each serves its
/// part of the computers, and a computer always gets the same one.
pub fn nearest(computer: ComputerId, place: &Place, servers: &[Serving]) -> Option<ActivationId> {
    let best = servers.iter().map(|server| nearness(place, &server.place)).max().filter(|best| *best > 0)?;
    let equal: Vec<ActivationId> = servers
        .iter()
        .filter(|server| nearness(place, &server.place) == best)
        .map(|server| server.activation)
        .collect();
    let at = usize::try_from(computer.0).unwrap_or_default().checked_rem(equal.len())?;
    equal.get(at).copied()
}

/// From where computers get a package: from the nearest server of a redistribution group, else from elsewhere. Taken
/// from the index once, and asked for many computers.
#[derive(Debug, Clone, Default)]
pub struct Nearby {
    /// The activation on each server, and the server's subnets and TAG.
    servers: Vec<(ActivationId, String, String)>,
    /// Where no server is near.
    otherwise: Option<ActivationId>,
}

impl Nearby {
    /// From the servers of a group; where none is near, by the latest activation without a server.
    pub fn of(index: &Index, board: &Inner, package: PackageId, group: GroupId) -> Nearby {
        let of_package = || board.activations.values().filter(|one| one.package == package);
        let server = |one: &Arc<Activation>| {
            let server = one.server.filter(|server| server.group == group && index.contains(server.computer))?;
            let place = place(index, server.computer);
            Some((one.id, place.subnets.to_owned(), place.tag.to_owned()))
        };
        let otherwise = of_package().filter(|one| one.server.is_none()).map(|one| one.id).next_back();
        Nearby { servers: of_package().filter_map(server).collect(), otherwise }
    }

    /// By this activation, wherever a computer is.
    pub fn always(activation: ActivationId) -> Nearby {
        Nearby { servers: Vec::new(), otherwise: Some(activation) }
    }

    /// By which activation a computer gets it; `None` where nothing is meant for where it is.
    pub fn activation(&self, computer: ComputerId, place: &Place) -> Option<ActivationId> {
        let servers: Vec<Serving> = self.servers.iter().map(serving_of).collect();
        nearest(computer, place, &servers).or(self.otherwise)
    }
}

fn serving_of((activation, subnets, tag): &(ActivationId, String, String)) -> Serving<'_> {
    Serving { activation: *activation, place: Place { subnets, tag } }
}

/// Where a computer is, as the index knows.
pub fn place(index: &Index, id: ComputerId) -> Place<'_> {
    Place { subnets: index.text(id, IPSUBNET), tag: index.tag(id) }
}

/// 3 for the same subnet and TAG, 2 for the same subnet, 1 for the same TAG.
fn nearness(one: &Place, other: &Place) -> u8 {
    let subnets = |place: &Place| -> Vec<String> {
        let real = |line: &&str| !line.is_empty() && !line.starts_with("0.0.0.0") && !line.starts_with("127.");
        place.subnets.lines().map(str::trim).filter(real).map(str::to_ascii_lowercase).collect()
    };
    let theirs = subnets(other);
    let subnet = subnets(one).iter().any(|subnet| theirs.contains(subnet));
    // `NA` is what a computer has that nobody gave a TAG.
    let tag = !one.tag.is_empty() && one.tag != "NA" && one.tag == other.tag;
    u8::from(subnet) * 2 + u8::from(tag)
}

/// One activation for each server of a group. A server without an address of its own is reached at `usual`, in which
/// `$IP$` or `$NAME$` stands for it. `like` says which package, and where its information file is.
pub fn for_servers(
    like: &Activation,
    group: GroupId,
    servers: &[(ComputerId, Server)],
    usual: &Server,
) -> Vec<Activation> {
    let one = |(computer, own): &(ComputerId, Server)| {
        let server = if *own == Server::default() { usual } else { own };
        let (fragments, server) = (server.pattern(), Some(ServerOf { group, computer: *computer }));
        Activation { fragments, server, ..like.clone() }
    };
    servers.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn place<'a>(subnets: &'a str, tag: &'a str) -> Place<'a> {
        Place { subnets, tag }
    }

    fn found(computer: u32, own: Place, servers: &[Place]) -> Option<u32> {
        let servers: Vec<Serving> =
            (1..).zip(servers).map(|(at, place)| Serving { activation: ActivationId(at), place: *place }).collect();
        nearest(ComputerId(computer), &own, &servers).map(|id| id.0)
    }

    #[test]
    fn con_dep_8_a_computer_gets_the_server_of_its_subnet_then_of_its_tag_then_none() {
        let servers = [place("10.1.0.0", "PARIS"), place("10.2.0.0\n192.168.1.0", "LYON"), place("", "NICE")];
        assert_eq!(found(7, place("10.2.0.0", "PARIS"), &servers), Some(2), "the subnet says more than the TAG");
        assert_eq!(found(7, place("10.9.0.0\n10.1.0.0", ""), &servers), Some(1));
        assert_eq!(found(7, place("10.9.0.0", "NICE"), &servers), Some(3));
        assert_eq!(found(7, place("10.9.0.0", "BREST"), &servers), None);
        assert_eq!(found(7, place("", ""), &[place("", "")]), None, "nothing known is nothing in common");
        assert_eq!(found(7, place("0.0.0.0", "NA"), &[place("0.0.0.0", "NA")]), None);
        assert_eq!(found(7, place("10.1.0.0", "PARIS"), &[]), None);
    }

    /// Every small site has the router's 192.168.1.0.
    #[test]
    fn con_dep_8_of_two_sites_with_the_same_subnet_the_tag_decides() {
        let servers = [place("192.168.1.0", "PARIS"), place("192.168.1.0", "LYON")];
        assert_eq!(found(4, place("192.168.1.0", "LYON"), &servers), Some(2));
        assert_eq!(found(5, place("192.168.1.0", "LYON"), &servers), Some(2));
    }

    #[test]
    fn con_dep_8_servers_that_are_equally_near_share_the_computers() {
        let servers = [place("10.1.0.0", ""), place("10.1.0.0", ""), place("10.2.0.0", "")];
        let got: Vec<_> = (0..4).map(|id| found(id, place("10.1.0.0", "X"), &servers)).collect();
        assert_eq!(got, [Some(1), Some(2), Some(1), Some(2)]);
    }

    #[test]
    fn con_dep_8_every_server_of_a_group_has_its_own_address_or_the_usual_one() {
        let own = Server { host: "srv.lyon.example.net".into(), port: 8080, folder: String::new() };
        let usual = Server { host: "$NAME$.example.net".into(), port: 0, folder: "ocs/download".into() };
        let like = Activation { info: "ocs.example.net/download".into(), ..Activation::default() };
        let servers = [(ComputerId(3), Server::default()), (ComputerId(9), own)];
        let made = for_servers(&like, GroupId(2), &servers, &usual);
        let told: Vec<_> =
            made.iter().map(|one| (one.fragments.as_str(), one.server.map(|server| server.computer.0))).collect();
        assert_eq!(
            told,
            [("$NAME$.example.net/ocs/download", Some(3)), ("srv.lyon.example.net:8080/download", Some(9))]
        );
        assert!(made.iter().all(|one| one.info == "ocs.example.net/download"));
    }
}
