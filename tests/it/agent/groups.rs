//! What the groups of a computer change in the dialogue with its agent. Console page, CON-GRP-4 and 5.

use std::collections::BTreeMap;

use rollcall::groups::actions::{self, How};
use rollcall::groups::{Group, GroupId, Groups, servers};
use rollcall::history::audit::{Actor, Entry};
use rollcall::history::{Action, store as history};
use rollcall::id::ComputerId;
use rollcall::lifecycle;
use rollcall::options::{self, store::StoredValue};

use crate::office::{NOON, Office};

const PC: &str = "pc-2026-02-03-08-15-42";
const OLD: &str = "old-2020-02-03-08-15-42";
const HARDWARE: &str =
    "<HARDWARE><NAME>pc</NAME><IPADDR>10.1.2.3</IPADDR></HARDWARE><BIOS><SSN>CZC0418F2K</SSN></BIOS>";

pub fn entry() -> Entry {
    Entry::new(NOON, Actor::Account("marie".into()), None, Action::GroupChanged)
}

pub fn make(office: &Office, name: &str, ids: &[ComputerId]) -> GroupId {
    let group = Group { name: name.into(), created: NOON, by: "marie".into(), ..Group::default() };
    let ids = ids.to_vec();
    let made = |app: &rollcall::app::App| {
        actions::make(&app.store, &app.groups, group, ids, Box::new(|_, _| Ok(true)), entry())
    };
    office.blocking(made).unwrap()
}

/// The name under which an option is kept for a computer or group, and its value.
fn kept(name: &str, value: &str) -> (&'static str, StoredValue) {
    let option = options::declared(name).unwrap();
    let stored = StoredValue { value: option.parse_own(value).unwrap(), by: "test".into(), at: NOON };
    (option.own.unwrap().name, stored)
}

fn set_group(office: &Office, group: GroupId, name: &str, value: &str) {
    let (name, stored) = kept(name, value);
    office.blocking(move |app| {
        app.write(move |w| options::store::set_group(w, group, name, Some(&stored))).unwrap();
        app.follow_group_options(group);
    });
}

fn set_own(office: &Office, id: ComputerId, name: &str, value: &str) {
    let (name, stored) = kept(name, value);
    office.blocking(move |app| {
        app.write(move |w| options::store::set_own(w, id, name, Some(&stored))).unwrap();
        app.follow_own(&[id]);
    });
}

/// What an agent is told about downloads, by attribute.
async fn told(office: &Office) -> BTreeMap<String, String> {
    let answer = office.prolog(PC).await;
    let (_, conf) = answer.split_once("TYPE=\"CONF\"").expect("downloads are told of, on or off");
    let (conf, _) = conf.split_once('>').unwrap();
    let pairs = conf.trim_end_matches('/').split_whitespace().filter_map(|pair| pair.split_once('='));
    let mut told: BTreeMap<String, String> =
        pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect();
    let (_, hours) = answer.split_once("<PROLOG_FREQ>").unwrap();
    told.insert("PROLOG_FREQ".into(), hours.split_once('<').unwrap().0.to_owned());
    told
}

#[actix_web::test]
async fn con_grp_4_own_values_go_before_those_of_groups_and_these_before_general_ones() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    let id = office.id(PC).unwrap();
    office.set("DOWNLOAD", "1");
    let (one, two) = (make(&office, "one", &[id]), make(&office, "two", &[id]));
    let elsewhere = make(&office, "elsewhere", &[]);
    for (group, latency, timeout, hours) in [(one, "20", "9", "12"), (two, "40", "7", "6"), (elsewhere, "90", "1", "1")]
    {
        set_group(&office, group, "DOWNLOAD_FRAG_LATENCY", latency);
        set_group(&office, group, "DOWNLOAD_TIMEOUT", timeout);
        set_group(&office, group, "PROLOG_FREQ", hours);
    }
    let now = told(&office).await;
    let values = |now: &BTreeMap<String, String>| {
        ["ON", "FRAG_LATENCY", "TIMEOUT", "PROLOG_FREQ"].map(|name| now.get(name).cloned().unwrap_or_default())
    };
    assert_eq!(values(&now), ["1", "40", "7", "6"], "the largest latency, the smallest of the others");
    set_group(&office, two, "DOWNLOAD", "0");
    assert_eq!(values(&told(&office).await)[0], "0", "download off wins");
    set_own(&office, id, "DOWNLOAD_FRAG_LATENCY", "5");
    set_own(&office, id, "DOWNLOAD", "1");
    assert_eq!(values(&told(&office).await), ["1", "5", "7", "6"], "the own value goes first");
    office.set("ENABLE_GROUPS", "0");
    let alone = told(&office).await;
    assert_eq!((alone["TIMEOUT"].as_str(), alone["PROLOG_FREQ"].as_str()), ("30", "24"), "groups have no effect");
}

#[actix_web::test]
async fn con_grp_4_a_group_decides_how_often_its_computers_report() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    let group = make(&office, "rarely", &[office.id(PC).unwrap()]);
    let asks = |answer: String| answer.contains("<RESPONSE>SEND</RESPONSE>");
    assert!(asks(office.prolog(PC).await));
    set_group(&office, group, "FREQUENCY", "7");
    assert!(!asks(office.prolog(PC).await), "also where the general value is always");
}

#[actix_web::test]
async fn con_grp_5_a_group_goes_with_its_options_and_its_computers_stay() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    let id = office.id(PC).unwrap();
    let group = make(&office, "one", &[id]);
    set_group(&office, group, "PROLOG_FREQ", "6");
    assert_eq!(told(&office).await["PROLOG_FREQ"], "6");
    assert_eq!(office.blocking(|app| lifecycle::delete_group(app, group, entry())).unwrap(), Some(1));
    assert_eq!(office.blocking(|app| lifecycle::delete_group(app, group, entry())).unwrap(), None);
    assert_eq!(told(&office).await["PROLOG_FREQ"], "24");
    // Nothing comes back with the next start either.
    office.app.options.reload(&office.app.store.read().unwrap()).unwrap();
    let stored = Groups::load(&office.app.store.read().unwrap()).unwrap();
    assert!(stored.of(id).is_empty() && stored.look().all().next().is_none());
    assert!(options::store::readable_group(&office.app.store.read().unwrap(), group).unwrap().0.is_empty());
    assert_eq!(office.count(), 1);
}

#[actix_web::test]
async fn con_grp_2_members_follow_a_merged_computer_and_a_deleted_one_is_in_no_group() {
    let office = Office::new();
    office.set("AUTO_DUPLICATE_LVL", "2");
    office.inventory(OLD, HARDWARE).await;
    let old = office.id(OLD).unwrap();
    let group = make(&office, "one", &[old]);
    office.clock.forward(3600);
    office.inventory(PC, HARDWARE).await;
    let id = office.id(PC).unwrap();
    assert!(office.id(OLD).is_none() && id != old);
    let members = |groups: &Groups| groups.look().members(group).collect::<Vec<_>>();
    let both = || {
        let stored = Groups::load(&office.app.store.read().unwrap()).unwrap();
        let now = members(&office.app.groups);
        assert_eq!(now, members(&stored), "memory and file say the same");
        now
    };
    assert_eq!(both(), [id]);
    let gone = |app: &rollcall::app::App| lifecycle::delete(app, vec![id], NOON, entry());
    assert_eq!(office.blocking(gone).unwrap(), Some(1));
    assert_eq!(both(), []);
    assert!(history::fate(&office.app.store.read().unwrap(), id).unwrap().is_some());
}

#[actix_web::test]
async fn con_dep_8_servers_of_a_group_are_reached_by_what_their_inventories_say() {
    let office = Office::new();
    office.inventory(PC, HARDWARE).await;
    let id = office.id(PC).unwrap();
    let group = Group { name: "sites".into(), kind: rollcall::groups::Kind::Redistribution, ..Group::default() };
    let still = || -> Box<actions::Still> { Box::new(|_, _| Ok(true)) };
    let made =
        office.blocking(|app| actions::make(&app.store, &app.groups, group, vec![id], still(), entry())).unwrap();
    let addresses = || {
        let (groups, index) = (office.app.groups.look(), office.app.fleet.look());
        servers::reached(&groups, &index, made).into_iter().map(|one| one.address.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(addresses(), ["10.1.2.3/download"]);
    let server = servers::Server::parse("$NAME$.lyon.example.net", "8080", "ocs").unwrap();
    let set = |app: &rollcall::app::App| actions::set_server(&app.store, &app.groups, made, id, server, entry());
    office.blocking(set).unwrap();
    assert_eq!(addresses(), ["pc.lyon.example.net:8080/ocs"]);
    let moved = |app: &rollcall::app::App| {
        actions::set_members(&app.store, &app.groups, made, How::Remove, vec![id], still(), entry())
    };
    assert_eq!(office.blocking(moved).unwrap().removed, 1);
    assert_eq!(addresses(), Vec::<String>::new());
}
