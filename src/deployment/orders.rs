//! Which packages an agent is told at a PROLOG. Rules without storage.
//!
//! Source: agent protocol page, section 12.2; SEC-44.

use std::collections::BTreeSet;

use super::affectation::{Activation, ActivationId, Affectation};
use super::package::PackageId;
use crate::protocol::reply::Param;
use crate::protocol::{Agent, Family};

/// Where agents keep the authority's certificate when an activation says nothing else.
const CERTIFICATES: (&str, &str) = ("INSTALL_PATH", "INSTALL_PATH/cacert.pem");

/// What is decided for one computer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// The packages that the agent is told, each with its activation.
    pub told: Vec<ActivationId>,
    /// Of these: those that it is told for the first time.
    pub notified: Vec<ActivationId>,
    /// The agent has them in its history already: they are over.
    pub in_history: Vec<ActivationId>,
}

/// Decides. `open` are the computer's affectations that are not over, in their order, `history` the packages that
/// its last inventory named as installed.
pub fn decide<'a>(
    open: impl Iterator<Item = (&'a Activation, &'a Affectation)>,
    history: &BTreeSet<PackageId>,
) -> Orders {
    let mut orders = Orders::default();
    let mut emitted = BTreeSet::new();
    for (activation, affectation) in open.filter(|(_, affectation)| affectation.state.is_open()) {
        if !affectation.force && history.contains(&activation.package) {
            orders.in_history.push(activation.id);
            continue;
        }
        // Told or not: the field notes it for each row that waits.
        if affectation.state.as_str().is_empty() {
            orders.notified.push(activation.id);
        }
        if emitted.insert(activation.package) {
            orders.told.push(activation.id);
        }
    }
    orders
}

/// One package as agents are told it; `fragments` is where its fragments are, with nothing left to be put in. What comes afterwards is said over HTTPS only: whoever can change an answer on
/// its way could have computers shut down.
pub fn param(activation: &Activation, affectation: &Affectation, fragments: &str, secure: bool) -> Param {
    let attributes = vec![
        ("TYPE", "PACK".to_owned()),
        ("ID", activation.package.to_string()),
        ("INFO_LOC", activation.info.clone()),
        ("PACK_LOC", fragments.to_owned()),
        ("CERT_PATH", CERTIFICATES.0.to_owned()),
        ("CERT_FILE", CERTIFICATES.1.to_owned()),
        ("SCHEDULE", affectation.schedule.clone()),
        ("POSTCMD", if secure { affectation.postcmd.clone() } else { String::new() }),
        ("FORCE", if affectation.force { "1" } else { "0" }.to_owned()),
    ];
    Param { attributes, text: String::new() }
}

/// Whether the agent can fetch packages: those that speak no TLS 1.2 cannot, and are for inventories only.
///
/// An agent that nobody knows is told: it may well be able to.
pub fn can_fetch(agent: &Agent<'_>) -> bool {
    let mut numbers = agent.version.split(['.', '-', '_']).map(|part| part.parse::<u32>().ok());
    let (major, minor) = (numbers.next().flatten(), numbers.next().flatten());
    match agent.family {
        Family::Windows1 => false,
        Family::Windows => match (major, minor) {
            // 4.0.x are the agents of the 1.x line.
            (Some(4), _) => false,
            (Some(2), Some(minor)) => minor > 2,
            _ => true,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::affectation::State;
    use super::*;
    use crate::clock::Timestamp;

    fn activation(id: u32, package: u32) -> Activation {
        Activation {
            id: ActivationId(id),
            package: PackageId(package),
            info: "ocs.example.net/download".into(),
            fragments: "ocs.example.net:8080/download".into(),
            at: Timestamp(0),
            by: "admin".into(),
            server: None,
        }
    }

    fn affected(state: &str, force: bool) -> Affectation {
        Affectation { state: State::of(state), force, ..Affectation::default() }
    }

    fn decided(rows: &[(u32, u32, &str, bool)], history: &[u32]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
        let rows: Vec<_> = rows
            .iter()
            .map(|(id, package, state, force)| (activation(*id, *package), affected(state, *force)))
            .collect();
        let history = history.iter().map(|id| PackageId(*id)).collect();
        let orders = decide(rows.iter().map(|(activation, affectation)| (activation, affectation)), &history);
        let numbers = |ids: Vec<ActivationId>| ids.into_iter().map(|id| id.0).collect();
        (numbers(orders.told), numbers(orders.notified), numbers(orders.in_history))
    }

    #[test]
    fn what_waits_is_told_and_what_was_told_is_told_again() {
        assert_eq!(decided(&[(1, 10, "", false), (2, 20, "NOTIFIED", false)], &[]), (vec![1, 2], vec![1], vec![]));
        let over = [(1, 10, "SUCCESS", false), (2, 20, "ERR_BUILD", false), (3, 30, "EXIT_CODE_1", true)];
        assert_eq!(decided(&over, &[]), (vec![], vec![], vec![]));
    }

    #[test]
    fn what_is_in_the_history_is_over_unless_it_is_forced() {
        let rows = [(1, 10, "", false), (2, 20, "NOTIFIED", false), (3, 30, "", true)];
        assert_eq!(decided(&rows, &[10, 20, 30]), (vec![3], vec![3], vec![1, 2]));
    }

    #[test]
    fn a_package_of_two_activations_is_told_once() {
        assert_eq!(decided(&[(1, 10, "", false), (2, 10, "", false)], &[]), (vec![1], vec![1, 2], vec![]));
    }

    #[test]
    fn sec_44_what_comes_afterwards_is_said_over_https_only() {
        let affectation =
            Affectation { postcmd: "SHUTDOWN".into(), schedule: "2026/11/27 18:00".into(), ..affected("", true) };
        let said = |secure| {
            let activation = activation(1, 1_700_000_001);
            let param = param(&activation, &affectation, &activation.fragments, secure);
            param.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            said(true),
            "TYPE=PACK ID=1700000001 INFO_LOC=ocs.example.net/download PACK_LOC=ocs.example.net:8080/download \
             CERT_PATH=INSTALL_PATH CERT_FILE=INSTALL_PATH/cacert.pem SCHEDULE=2026/11/27 18:00 POSTCMD=SHUTDOWN FORCE=1"
        );
        assert!(said(false).contains(" POSTCMD= FORCE=1"));
    }

    #[test]
    fn sec_44_agents_without_tls_1_2_are_for_inventories_only() {
        let table = [
            ("OCS-NG_WINDOWS_AGENT_v2.11.0.1", true),
            ("OCS-NG_WINDOWS_AGENT_v2.10.1.0", true),
            ("OCS-NG_WINDOWS_AGENT_v2.3.1.1", true),
            ("OCS-NG_WINDOWS_AGENT_v2.3.0.0", true),
            ("OCS-NG_WINDOWS_AGENT_v2.2.0.0", false),
            ("OCS-NG_WINDOWS_AGENT_v2.1.1.1", false),
            ("OCS-NG_WINDOWS_AGENT_v2.0.5.0", false),
            ("OCS-NG_WINDOWS_AGENT_v4.0.3.0", false),
            ("OCS-NG_windows_client_v4027", false),
            ("OCS-NG_windows_client_v4061", false),
            ("OCS-NG_WINDOWS_AGENT_v", true),
            ("OCS-NG_WINDOWS_AGENT_vX.Y", true),
            ("OCS-NG_WINDOWS_AGENT_v3.0", true),
            ("OCS-NG_unified_unix_agent_v2.0.1", true),
            ("OCS-NG_unified_unix_agent_v2.10.0", true),
            ("OCS-NG_linux_client_v1.01", true),
            ("OCS-NG_Android_agent_v2.3", true),
            ("FusionInventory-Agent_v2.6-3", true),
            ("GLPI-Agent_v1.11", true),
            ("", true),
            ("Mozilla/5.0", true),
        ];
        for (header, expected) in table {
            assert_eq!(can_fetch(&Agent::of(header)), expected, "{header}");
        }
    }
}
