//! Redistribution servers: what agents are told about where fragments are. Protocol page, section 12.2, step 3.

use rollcall::deployment::actions::{self, Refusal};
use rollcall::deployment::affectation::{Activation, ActivationId, Affectation};
use rollcall::deployment::nearest::for_servers;
use rollcall::deployment::package::PackageId;
use rollcall::groups::{self, Group, GroupId, Kind, Server};
use rollcall::history::Action;
use rollcall::history::audit::{Actor, Entry};
use rollcall::id::ComputerId;
use rollcall::lifecycle;

use super::download::packaged;
use crate::office::{NOON, Office};

const PACKAGE: u32 = 1_700_000_001;
const PC: &str = "pc-1-2026-02-03-08-15-42";
const SERVER: &str = "srv-2020-02-03-08-15-42";

fn entry() -> Entry {
    Entry::new(NOON, Actor::Account("admin".into()), None, Action::PackageActivated)
}

fn content(name: &str, ip: &str) -> String {
    format!("<HARDWARE><NAME>{name}</NAME><IPADDR>{ip}</IPADDR></HARDWARE><BIOS><SSN>S-{name}</SSN></BIOS>")
}

/// A redistribution group with these servers.
pub fn group_of(office: &Office, servers: Vec<ComputerId>) -> GroupId {
    let group = Group { name: "Lyon".into(), kind: Kind::Redistribution, ..Group::default() };
    let make = |app: &rollcall::app::App| {
        groups::actions::make(&app.store, &app.groups, group, servers, Box::new(|_, _| Ok(true)), entry())
    };
    office.blocking(make).unwrap()
}

/// Activates the package on every server of a group.
pub fn activate_on(office: &Office, group: GroupId, pattern: &str) -> Result<u64, Refusal> {
    let usual = Server::parse(pattern, "", "").unwrap();
    let like = Activation {
        package: PackageId(PACKAGE),
        info: "ocs.example.net/download".into(),
        at: NOON,
        by: "admin".into(),
        ..Activation::default()
    };
    office.blocking(|app| {
        let known = app.groups.look();
        let servers: Vec<_> = known.members(group).map(|id| (id, known.server(group, id))).collect();
        drop(known);
        actions::activate_on_servers(&app.store, &app.board, for_servers(&like, group, &servers, &usual), entry())
    })
}

fn on(office: &Office, server: ComputerId) -> ActivationId {
    let board = office.app.board.look();
    let on = |one: &&std::sync::Arc<Activation>| one.server.is_some_and(|known| known.computer == server);
    board.activations.values().find(on).map(|one| one.id).unwrap()
}

fn affect(office: &Office, id: ComputerId, activation: ActivationId) {
    let new = Affectation { at: NOON, by: "admin".into(), ..Affectation::default() };
    office.blocking(move |app| {
        actions::affect(&app.store, &app.board, vec![id], activation, new, |_, _| Ok(true), entry()).unwrap()
    });
}

fn state(office: &Office, id: ComputerId) -> Vec<String> {
    std::thread::scope(|scope| scope.spawn(|| office.agents.flush_orders().unwrap()).join().unwrap());
    let stored = office.app.read(|read| rollcall::deployment::store::of_computer(read, id)).unwrap();
    stored.into_iter().map(|(_, row)| row.state.as_str().to_owned()).collect()
}

/// The addresses that an agent is told: of the information file, of the fragments.
async fn told(office: &Office) -> Vec<(String, String)> {
    let answer = office.prolog(PC).await;
    let value = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let lines = answer.lines().filter(|line| line.contains("TYPE=\"PACK\""));
    lines.map(|line| (value(line, "INFO_LOC"), value(line, "PACK_LOC"))).collect()
}

#[actix_web::test]
async fn con_dep_8_a_server_s_address_and_name_are_put_in_as_its_last_inventory_said() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(PC, &content("pc-1", "10.2.0.9")).await;
    office.inventory(SERVER, &content("SRV", "10.2.0.1")).await;
    let (pc, server) = (office.id(PC).unwrap(), office.id(SERVER).unwrap());
    packaged(&office, PACKAGE);
    let group = group_of(&office, vec![server]);
    assert_eq!(activate_on(&office, group, "$IP$").unwrap(), 1);
    assert!(matches!(activate_on(&office, group, "$IP$"), Err(Refusal::Same)), "every server has it");
    affect(&office, pc, on(&office, server));
    let info = || "ocs.example.net/download".to_owned();
    assert_eq!(told(&office).await, [(info(), "10.2.0.1/download".to_owned())]);
    // The server moves: whoever is told from now on is told where it is now.
    office.inventory(SERVER, &content("SRV", "fd00::7")).await;
    assert_eq!(told(&office).await, [(info(), "[fd00::7]/download".to_owned())]);
}

#[actix_web::test]
async fn con_dep_8_a_package_of_a_server_that_is_not_there_waits_and_another_address_counts() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(PC, &content("pc-1", "10.2.0.9")).await;
    office.inventory(SERVER, &content("SRV", "")).await;
    let (pc, server) = (office.id(PC).unwrap(), office.id(SERVER).unwrap());
    let plain = packaged(&office, PACKAGE);
    let group = group_of(&office, vec![server]);
    activate_on(&office, group, "$IP$").unwrap();
    affect(&office, pc, on(&office, server));
    assert_eq!(told(&office).await, [], "nobody knows its address");
    assert_eq!(state(&office, pc), [""], "it still waits to be told");
    office.inventory(SERVER, &content("SRV", "10.2.0.1")).await;
    assert_eq!(told(&office).await.len(), 1);
    assert_eq!(state(&office, pc), ["NOTIFIED"]);
    // The server's record goes; by the other activation the package is told all the same.
    office.blocking(|app| lifecycle::delete(app, vec![server], NOON, entry())).unwrap();
    assert_eq!(told(&office).await, []);
    let new = Affectation { at: NOON, by: "admin".into(), ..Affectation::default() };
    office
        .blocking(move |app| {
            app.write(move |w| {
                use rollcall::store::Write as _;
                w.put(&rollcall::deployment::store::AFFECTATIONS, (pc, plain.0), &new)
            })
        })
        .unwrap();
    office.app.board.reload(&office.app.store.read().unwrap()).unwrap();
    let addresses = ("ocs.example.net/download".to_owned(), "ocs.example.net:8080/download".to_owned());
    assert_eq!(told(&office).await, [addresses]);
}

#[actix_web::test]
async fn con_grp_5_a_redistribution_group_takes_its_activations_with_it() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(PC, &content("pc-1", "10.2.0.9")).await;
    office.inventory(SERVER, &content("SRV", "10.2.0.1")).await;
    let (pc, server) = (office.id(PC).unwrap(), office.id(SERVER).unwrap());
    let plain = packaged(&office, PACKAGE);
    let group = group_of(&office, vec![server]);
    activate_on(&office, group, "$NAME$.example.net").unwrap();
    affect(&office, pc, on(&office, server));
    assert_eq!(told(&office).await.len(), 1);
    assert_eq!(office.blocking(|app| lifecycle::delete_group(app, group, entry())).unwrap(), Some(1));
    assert_eq!(told(&office).await, []);
    let check = |board: &rollcall::deployment::Board| {
        let inner = board.look();
        assert_eq!(inner.activations.keys().copied().collect::<Vec<_>>(), [plain], "the plain one stays");
        assert!(inner.affectations.is_empty());
    };
    check(&office.app.board);
    check(&rollcall::deployment::Board::load(&office.app.store.read().unwrap()).unwrap());
    assert_eq!(office.count(), 2, "computers stay");
}

/// A reinstalled server has a new record, which takes the old one's place.
#[actix_web::test]
async fn con_dep_8_activations_follow_a_server_that_was_installed_anew() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.set("AUTO_DUPLICATE_LVL", "2");
    office.inventory(PC, &content("pc-1", "10.2.0.9")).await;
    office.inventory(SERVER, &content("SRV", "10.2.0.1")).await;
    let (pc, server) = (office.id(PC).unwrap(), office.id(SERVER).unwrap());
    packaged(&office, PACKAGE);
    let group = group_of(&office, vec![server]);
    activate_on(&office, group, "$IP$").unwrap();
    affect(&office, pc, on(&office, server));
    office.clock.forward(3600);
    office.inventory("srv-2026-02-03-08-15-42", &content("SRV", "10.2.0.2")).await;
    assert!(office.id(SERVER).is_none(), "it is the same machine");
    assert_eq!(told(&office).await[0].1, "10.2.0.2/download");
    let stored = rollcall::deployment::Board::load(&office.app.store.read().unwrap()).unwrap();
    assert_eq!(stored.look().activations, office.app.board.look().activations, "memory and file agree");
}
