//! Packages as agents are told them, and what they report. Protocol page, section 12.

use std::collections::BTreeSet;
use std::fs::File;

use rollcall::deployment::actions::{self, Affected, Unaffect};
use rollcall::deployment::affectation::{Activation, ActivationId, Affectation, Phase};
use rollcall::deployment::files;
use rollcall::deployment::nearest::Nearby;
use rollcall::deployment::package::{Action, Package, PackageId, Protocol, System};
use rollcall::deployment::through::{self, Eyes, GroupAffectation};
use rollcall::history;
use rollcall::history::audit::{Actor, Entry};
use rollcall::id::ComputerId;
use rollcall::lifecycle;

use crate::office::{NOON, Office, UNIX, WINDOWS, prolog};

const DEVICE: &str = "pc-1-2026-02-03-08-15-42";
const OLDER: &str = "old-1-2020-02-03-08-15-42";
const CONTENT: &str = "<HARDWARE><NAME>pc-1</NAME></HARDWARE><BIOS><SSN>S1</SSN></BIOS>\
    <NETWORKS><MACADDR>02:00:5E:10:00:07</MACADDR></NETWORKS>";

pub fn entry() -> Entry {
    Entry::new(NOON, Actor::Account("admin".into()), None, history::Action::PackageBuilt)
}

/// A package of three fragments with this number, and its activation.
pub fn packaged(office: &Office, id: u32) -> ActivationId {
    let content: Vec<u8> = (0..150_000_u32).map(|at| (at * 31 % 251) as u8).collect();
    office.blocking(|app| {
        let path = app.packages.uploads().unwrap().join("tool.tar.gz");
        std::fs::write(&path, &content).unwrap();
        let digests = files::digests(File::open(&path).unwrap()).unwrap();
        let package = Package {
            id: PackageId(id),
            name: format!("Tool {id}"),
            description: String::new(),
            system: System::Linux,
            protocol: Protocol::Http,
            priority: 5,
            action: Action::Store,
            argument: "/opt/tool".into(),
            archive: Some(files::archive(&digests, System::Linux.algorithm(), 65_536)),
            notify: None,
            done: None,
            made: NOON,
            by: "admin".into(),
        };
        app.packages.write(&package, Some(File::open(&path).unwrap())).unwrap();
        actions::keep(&app.store, &app.board, package, entry()).unwrap();
        app.packages.publish(PackageId(id)).unwrap();
        let activation = Activation {
            id: ActivationId::default(),
            package: PackageId(id),
            info: "ocs.example.net/download".into(),
            fragments: "ocs.example.net:8080/download".into(),
            at: NOON,
            by: "admin".into(),
            server: None,
        };
        actions::activate(&app.store, &app.board, activation, entry()).unwrap()
    })
}

fn affect(office: &Office, id: ComputerId, activation: ActivationId, new: Affectation) -> Affected {
    let new = Affectation { at: NOON, by: "admin".into(), ..new };
    office.blocking(move |app| {
        actions::affect(&app.store, &app.board, vec![id], activation, new, |_, _| Ok(true), entry()).unwrap()
    })
}

fn state(office: &Office, id: ComputerId, activation: ActivationId) -> Option<String> {
    let stored = office.app.read(|read| rollcall::deployment::store::of_computer(read, id)).unwrap();
    let in_memory = office.app.board.look().affectations.get(&id).cloned().unwrap_or_default();
    let in_memory: Vec<_> = in_memory.into_iter().map(|(of, row)| (of, *row)).collect();
    assert_eq!(stored, in_memory, "memory and file agree");
    stored.iter().find(|(known, _)| *known == activation).map(|(_, row)| row.state.as_str().to_owned())
}

fn write_down(office: &Office) {
    std::thread::scope(|scope| scope.spawn(|| office.agents.flush_orders().unwrap()).join().unwrap());
}

async fn report(office: &Office, package: u32, code: &str) {
    report_as(office, DEVICE, package, code).await;
}

async fn report_as(office: &Office, device: &str, package: u32, code: &str) {
    let text = format!("<REQUEST DEVICEID=\"{device}\" ERR=\"{code}\" ID=\"{package}\" QUERY=\"DOWNLOAD\" />");
    assert_eq!(office.say(UNIX, &text).await, (200, String::new()));
}

fn told(answer: &str) -> Vec<&str> {
    answer.lines().map(str::trim).filter(|line| line.contains("TYPE=\"PACK\"")).collect()
}

#[actix_web::test]
async fn a_package_is_told_at_each_prolog_until_its_result_comes() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(DEVICE, CONTENT).await;
    let id = office.id(DEVICE).unwrap();
    let activation = packaged(&office, 1_700_000_001);
    assert_eq!(told(&office.prolog(DEVICE).await), [""; 0], "nothing is affected yet");
    assert_eq!(affect(&office, id, activation, Affectation::default()), Affected { affected: 1, already: 0 });
    assert_eq!(affect(&office, id, activation, Affectation::default()), Affected { affected: 0, already: 1 });
    assert_eq!(state(&office, id, activation).as_deref(), Some(""));
    for _ in 0..2 {
        assert_eq!(
            told(&office.prolog(DEVICE).await),
            ["<PARAM TYPE=\"PACK\" ID=\"1700000001\" INFO_LOC=\"ocs.example.net/download\" \
              PACK_LOC=\"ocs.example.net:8080/download\" CERT_PATH=\"INSTALL_PATH\" \
              CERT_FILE=\"INSTALL_PATH/cacert.pem\" SCHEDULE=\"\" POSTCMD=\"\" FORCE=\"0\" />"]
        );
    }
    write_down(&office);
    assert_eq!(state(&office, id, activation).as_deref(), Some("NOTIFIED"));
    report(&office, 1_700_000_999, "SUCCESS").await;
    assert_eq!(state(&office, id, activation).as_deref(), Some("NOTIFIED"), "a package that nobody affected");
    report(&office, 1_700_000_001, "SUCCESS").await;
    assert_eq!(state(&office, id, activation).as_deref(), Some("SUCCESS"));
    assert_eq!(told(&office.prolog(DEVICE).await), [""; 0]);
    let words: Vec<_> = office.contacts(DEVICE).into_iter().map(|contact| format!("{:?}", contact.outcome)).collect();
    assert!(words.iter().any(|word| word == "Noted(\"SUCCESS\")"), "{words:?}");
}

#[actix_web::test]
async fn a_result_that_came_before_the_state_was_written_is_kept() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(DEVICE, CONTENT).await;
    let (id, activation) = (office.id(DEVICE).unwrap(), packaged(&office, 1_700_000_001));
    affect(&office, id, activation, Affectation::default());
    office.prolog(DEVICE).await;
    report(&office, 1_700_000_001, "ERR_BUILD").await;
    write_down(&office);
    assert_eq!(state(&office, id, activation).as_deref(), Some("ERR_BUILD"));
    // One that was taken away meanwhile does not come back.
    let other = packaged(&office, 1_700_000_002);
    affect(&office, id, other, Affectation::default());
    office.prolog(DEVICE).await;
    let phases = vec![Phase::Waiting, Phase::Notified];
    let what = Unaffect { activations: BTreeSet::from([other]), phases, computers: None };
    office.blocking(move |app| actions::unaffect(&app.store, &app.board, what, entry()).unwrap());
    write_down(&office);
    assert_eq!(state(&office, id, other), None);
}

/// A forced package was told again without end once an older affectation of the same package took its result.
#[actix_web::test]
async fn a_result_belongs_to_the_affectation_that_is_open() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(DEVICE, CONTENT).await;
    let (id, first) = (office.id(DEVICE).unwrap(), packaged(&office, 1_700_000_001));
    affect(&office, id, first, Affectation::default());
    office.prolog(DEVICE).await;
    report(&office, 1_700_000_001, "SUCCESS").await;
    let second = office.blocking(|app| {
        let known = app.board.look().activations.values().next().cloned().unwrap();
        let other = Activation { info: "other.example.net/download".into(), ..(*known).clone() };
        actions::activate(&app.store, &app.board, other, entry()).unwrap()
    });
    affect(&office, id, second, Affectation { force: true, ..Affectation::default() });
    assert_eq!(told(&office.prolog(DEVICE).await).len(), 1);
    report(&office, 1_700_000_001, "SUCCESS_1").await;
    assert_eq!(told(&office.prolog(DEVICE).await), [""; 0]);
    let states = [first, second].map(|activation| state(&office, id, activation));
    assert_eq!(states, [Some("SUCCESS".into()), Some("SUCCESS_1".into())]);
    // The number of an activation that is gone is never given again.
    office.blocking(move |app| {
        actions::deactivate(&app.store, &app.board, BTreeSet::from([second]), None, entry()).unwrap()
    });
    assert!(packaged(&office, 1_700_000_002) > second);
}

#[actix_web::test]
async fn packages_in_the_history_are_over_unless_they_are_forced() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    let history = "<DOWNLOAD><HISTORY><PACKAGE ID=\"1700000001\"/><PACKAGE ID=\"1700000002\"/></HISTORY></DOWNLOAD>";
    office.inventory(DEVICE, &format!("{CONTENT}{history}")).await;
    let id = office.id(DEVICE).unwrap();
    let (first, second) = (packaged(&office, 1_700_000_001), packaged(&office, 1_700_000_002));
    affect(&office, id, first, Affectation::default());
    affect(&office, id, second, Affectation { force: true, ..Affectation::default() });
    let answer = office.prolog(DEVICE).await;
    let told = told(&answer);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("ID=\"1700000002\"") && told[0].contains("FORCE=\"1\""), "{told:?}");
    write_down(&office);
    assert_eq!(state(&office, id, first).as_deref(), Some("SUCCESS_ALREADY_IN_HISTORY"));
    assert_eq!(state(&office, id, second).as_deref(), Some("NOTIFIED"));
    // An inventory without a history empties it.
    office.inventory(DEVICE, CONTENT).await;
    affect(&office, id, first, Affectation { force: true, ..Affectation::default() });
    assert_eq!(state(&office, id, first).as_deref(), Some(""), "what is over begins anew when it is forced");
}

#[actix_web::test]
async fn nothing_is_told_while_deployment_is_off_or_to_agents_that_cannot_fetch() {
    let office = Office::new();
    office.inventory(DEVICE, CONTENT).await;
    let (id, activation) = (office.id(DEVICE).unwrap(), packaged(&office, 1_700_000_001));
    affect(&office, id, activation, Affectation::default());
    let answer = office.prolog(DEVICE).await;
    assert!(answer.contains("ON=\"0\"") && told(&answer).is_empty(), "{answer}");
    office.set("DOWNLOAD", "1");
    let (_, answer) = office.say("OCS-NG_WINDOWS_AGENT_v2.1.1.1", &prolog(DEVICE)).await;
    assert!(answer.contains("ON=\"1\"") && told(&answer).is_empty(), "{answer}");
    write_down(&office);
    assert_eq!(state(&office, id, activation).as_deref(), Some(""), "it waits for an agent that can");
    let (_, answer) = office.say(WINDOWS, &prolog(DEVICE)).await;
    assert_eq!(told(&answer).len(), 1);
}

#[actix_web::test]
async fn the_older_record_s_packages_survive_a_merge_and_go_with_a_deletion() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(OLDER, CONTENT).await;
    let older = office.id(OLDER).unwrap();
    let (first, second) = (packaged(&office, 1_700_000_001), packaged(&office, 1_700_000_002));
    affect(&office, older, first, Affectation::default());
    office.clock.forward(3600);
    office.inventory(DEVICE, CONTENT).await;
    let id = office.id(DEVICE).unwrap();
    assert_eq!(office.count(), 1, "it is the same machine");
    assert_eq!(state(&office, id, first).as_deref(), Some(""));
    assert_eq!(state(&office, older, first), None);
    affect(&office, id, second, Affectation::default());
    assert_eq!(told(&office.prolog(DEVICE).await).len(), 2);
    office.blocking(move |app| lifecycle::delete(app, vec![id], NOON, entry()).unwrap());
    assert_eq!(state(&office, id, first), None);
    assert!(office.app.board.look().affectations.is_empty());
}

/// Every computer is of every system, and no server is near.
struct Everybody;

impl Eyes for Everybody {
    fn fits(&self, _: System, _: ComputerId) -> bool {
        true
    }

    fn nearby(&self, _: PackageId, _: rollcall::id::GroupId) -> Nearby {
        Nearby::default()
    }

    fn place(&self, _: ComputerId) -> (String, String) {
        Default::default()
    }
}

/// Two records of one machine, each in a group with a package: one of the packages was lost when they were merged.
#[actix_web::test]
async fn con_imp_5_what_a_merged_computer_has_through_its_groups_it_has_afterwards() {
    let office = Office::new();
    office.set("DOWNLOAD", "1");
    office.inventory(OLDER, CONTENT).await;
    office.inventory(DEVICE, "<HARDWARE><NAME>new</NAME></HARDWARE>").await;
    let (older, id) = (office.id(OLDER).unwrap(), office.id(DEVICE).unwrap());
    let [own, one, two, both] = [1, 2, 3, 4].map(|n| packaged(&office, 1_700_000_000 + n));
    let through = |activation: ActivationId, computer: ComputerId| {
        let group = super::groups::make(&office, &format!("{} {}", activation.0, computer.0), &[computer]);
        let order = GroupAffectation { at: NOON, by: "admin".into(), ..GroupAffectation::default() };
        let affect = move |app: &rollcall::app::App| {
            through::affect(&app.store, &app.board, (group, activation), order, Box::new(Everybody), entry())
        };
        assert_eq!(office.blocking(affect).unwrap(), 1);
    };
    affect(&office, id, own, Affectation::default());
    through(one, older);
    through(both, older);
    through(two, id);
    through(both, id);
    report_as(&office, OLDER, 1_700_000_004, "SUCCESS").await;
    office.clock.forward(3600);
    let named = format!("{CONTENT}<OLD_DEVICEID>{OLDER}</OLD_DEVICEID>");
    office.inventory(DEVICE, &named).await;
    assert_eq!(office.count(), 1, "it is the same machine");
    assert_eq!(state(&office, id, one).as_deref(), Some(""), "through the older record's group");
    assert_eq!(state(&office, id, two).as_deref(), Some(""), "through its own group, in which it stays");
    assert_eq!(state(&office, id, both).as_deref(), Some("SUCCESS"), "the older record's counts");
    assert_eq!(state(&office, id, own), None, "as in the field");
    assert_eq!(office.app.groups.of(id).len(), 4);
}

#[actix_web::test]
async fn con_dep_11_deleting_a_package_takes_everything_with_it() {
    let office = Office::new();
    office.inventory(DEVICE, CONTENT).await;
    let (id, activation) = (office.id(DEVICE).unwrap(), packaged(&office, 1_700_000_001));
    affect(&office, id, activation, Affectation::default());
    let gone = office.blocking(move |app| {
        let gone = app.board.look().activations_of(PackageId(1_700_000_001));
        actions::deactivate(&app.store, &app.board, gone, Some(PackageId(1_700_000_001)), entry()).unwrap()
    });
    assert_eq!(gone, 1);
    assert_eq!(state(&office, id, activation), None);
    let look = office.app.board.look();
    assert!(look.packages.is_empty() && look.activations.is_empty());
    drop(look);
    // Memory is what a restart would read.
    let read = office.app.store.read().unwrap();
    assert!(rollcall::deployment::store::packages(&read).unwrap().is_empty());
    assert!(rollcall::deployment::store::activations(&read).unwrap().is_empty());
}
