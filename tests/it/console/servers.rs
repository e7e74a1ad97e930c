//! A package is tried out on the servers of a group before it is activated there.

use rollcall::deployment::package::Protocol;
use rollcall::groups::GroupId;
use rollcall::history::Action;
use rollcall::history::audit::Entry;
use rollcall::users::Role;

use super::activate::{PASSWORD, account, addresses, ended, gate, site};
use super::groups::{change, make};
use super::mass::{device, id};
use crate::browser::{Browser, Page, Served};

const FORM: &str = "/ocsreports/deploy/1700000001/servers";
const SERIES: &str = "/ocsreports/deploy/1700000001/servers/proof";

/// A server with a package, and a group of PC-0 (of LYON) and PC-1 (of SIEGE), which serve the package as well, under
/// their names; the group's number.
fn servers() -> (Served, Browser, u32) {
    let (served, mut boss) = site(Protocol::Http);
    for n in 0..2 {
        let tag = ["LYON", "SIEGE"][n as usize];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        served.run(served.office.inventory(&device(n), &content));
        served.office.app.proofs.know(&format!("PC-{n}"), "127.0.0.1".parse().unwrap());
    }
    let group = make(&mut boss, "Sites <b>", "redistribution", true);
    change(&served, &mut boss, &[0, 1], "add", group);
    (served, boss, group)
}

/// Confirms that the package is to be tried out on so many servers.
fn begin(served: &Served, boss: &mut Browser, group: u32, more: &[(&str, &str)]) -> Page {
    let (info, _) = addresses(served, Protocol::Http);
    let (number, pattern) = (group.to_string(), format!("$NAME$:{}/download", served.http.port()));
    let mut fields = vec![("group", number.as_str()), ("info", &info), ("pattern", &pattern)];
    fields.extend_from_slice(more);
    let seen = confirmed(boss, &fields);
    fields.push(("confirmed", &seen));
    boss.post(FORM, &fields)
}

/// What the form asks to be confirmed.
fn confirmed(boss: &mut Browser, fields: &[(&str, &str)]) -> String {
    let asked = boss.post(FORM, fields);
    asked.is(200).shows(&["PC-0:", "PC-1"]);
    let rest = asked.body.split("name=\"confirmed\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Gives PC-1 an address at which nobody listens.
fn deaden(served: &Served, boss: &mut Browser, group: u32) -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let server = id(served, 1).to_string();
    let fields = [("server", server.as_str()), ("host", "$NAME$"), ("port", &port)];
    boss.post(&format!("/ocsreports/groups/{group}/servers"), &fields).is(303);
    port
}

fn press(boss: &mut Browser, series: &Page, what: &str, more: &[(&str, &str)]) -> Page {
    let run = series.location().rsplit('=').next().unwrap().to_owned();
    let mut fields = vec![("run", run.as_str()), ("what", what)];
    fields.extend_from_slice(more);
    boss.post(SERIES, &fields)
}

/// On how many servers of the group the package is activated, as memory says; the file says the same.
fn activated(served: &Served, group: u32) -> usize {
    let stored = served.office.app.read(rollcall::deployment::store::activations).unwrap();
    let on = served.office.app.board.look().activations_on(GroupId(group));
    assert_eq!(stored.keys().copied().collect::<Vec<_>>(), on.iter().copied().collect::<Vec<_>>());
    on.len()
}

fn entries(served: &Served) -> Vec<Entry> {
    served.audit().into_iter().filter(|entry| entry.action == Action::PackageActivated).collect()
}

#[test]
fn con_dep_8_and_9_a_package_is_activated_on_a_group_once_each_server_was_fetched_from() {
    let (served, mut boss, group) = servers();
    let answer = begin(&served, &mut boss, group, &[]);
    assert!(answer.is(303).location().starts_with(SERIES), "{}", answer.location());
    let page = ended(&mut boss, &answer);
    page.shows(&["Everything works, and the package is activated on 2 servers", "Choose computers", "Sites &lt;b&gt;"]);
    page.hides(&["anyway", "Stop"]);
    assert_eq!(activated(&served, group), 2);
    let entries = entries(&served);
    assert!(
        entries.len() == 1 && entries[0].count == Some(2) && entries[0].object.contains("Sites <b>"),
        "one entry for all: {entries:?}"
    );
    let list = boss.get("/ocsreports/deploy/activated");
    list.is(200).shows(&["2 activations", ">PC-0<", ">PC-1<"]);
    // Once more: what is there is there once.
    let answer = begin(&served, &mut boss, group, &[]);
    ended(&mut boss, &answer).shows(&["activated on each server already"]).hides(&["value=\"all\""]);
    assert_eq!(activated(&served, group), 2);
}

#[test]
fn con_imp_5_a_server_that_does_not_work_is_named_and_the_good_ones_or_all_are_activated_by_hand() {
    let (served, mut boss, group) = servers();
    let port = deaden(&served, &mut boss, group);
    let answer = begin(&served, &mut boss, group, &[]);
    let page = ended(&mut boss, &answer);
    page.shows(&[
        "Servers that work as agents need it: 1 of 2. Nothing was activated.",
        &format!("Nobody listens at 127.0.0.1:{port}"),
        "Activate it on the 1 server that works",
        "Activate it on all 2 servers anyway",
        "Try it out",
    ]);
    let (bad, good) = (page.body.find(">PC-1<").unwrap(), page.body.find(">PC-0<").unwrap());
    assert!(bad < good, "those that do not work stand first");
    assert_eq!(
        (activated(&served, group), entries(&served).len()),
        (0, 0),
        "nothing is stored before somebody says so"
    );
    press(&mut boss, &answer, "whatever", &[]).is(303);
    assert_eq!(activated(&served, group), 0);
    // The password again, where it was typed long ago.
    served.office.clock.forward(601);
    press(&mut boss, &answer, "good", &[]).is(200).shows(&["Your password"]);
    press(&mut boss, &answer, "good", &[("own-password", "wrong")]).is(422);
    assert_eq!(activated(&served, group), 0);
    let done = press(&mut boss, &answer, "good", &[("own-password", PASSWORD)]);
    boss.get(done.is(303).location()).is(200).shows(&["activated on 1 server.", ">PC-0<"]).hides(&[">PC-1<"]);
    let done = press(&mut boss, &answer, "all", &[]);
    boss.get(done.is(303).location()).is(200).shows(&["activated on 1 server.", ">PC-0<", ">PC-1<"]);
    assert_eq!(activated(&served, group), 2);
    let counts: Vec<_> = entries(&served).iter().map(|entry| entry.count).collect();
    assert_eq!(counts, [Some(1), Some(1)]);
}

#[test]
fn con_dep_9_what_is_the_same_for_all_servers_is_tried_too_and_a_wrong_information_file_forbids() {
    let (served, mut boss, group) = servers();
    // No information file at that folder, while the fragments are where they should be.
    let (info, _) = addresses(&served, Protocol::Http);
    let other = info.replace("/download", "/other");
    let pattern = format!("$NAME$:{}/download", served.http.port());
    let number = group.to_string();
    let mut fields = vec![("group", number.as_str()), ("info", &other), ("pattern", &pattern)];
    let seen = confirmed(&mut boss, &fields);
    fields.push(("confirmed", &seen));
    let answer = boss.post(FORM, &fields);
    let page = ended(&mut boss, &answer);
    page.shows(&["The same for all servers", "There is no /other/1700000001/info", "Servers that work: 2 of 2"]);
    page.shows(&["Activate it on all 2 servers anyway"]).hides(&["value=\"good\""]);
    assert_eq!(activated(&served, group), 0);
}

#[test]
fn con_imp_5_servers_are_only_looked_at_where_nothing_is_to_be_activated_and_who_left_the_group_is_left_out() {
    let (served, mut boss, group) = servers();
    let answer = begin(&served, &mut boss, group, &[("only", "1")]);
    let page = ended(&mut boss, &answer);
    page.shows(&["Everything works. Nothing was activated yet.", "Activate it on 2 servers"]);
    assert_eq!(activated(&served, group), 0);
    change(&served, &mut boss, &[1], "remove", group);
    let done = press(&mut boss, &answer, "all", &[]);
    assert_eq!(done.is(303).location(), "/ocsreports/deploy/activated?servers=1");
    assert_eq!(activated(&served, group), 1);
    change(&served, &mut boss, &[0], "remove", group);
    press(&mut boss, &answer, "all", &[]).is(404);
    boss.get(answer.location()).is(200);
    // Nor does an account see more of what was found because somebody left the group.
    let mut lyon = served.limited("lyon", Role::Admin, &["LYON"]);
    lyon.get(answer.location()).is(200).hides(&["PC-0:", "PC-1", "value=\"all\""]);
}

/// What an agent says between the form and its confirmation would be connected to unseen.
#[test]
fn con_dep_8_only_addresses_that_were_shown_are_tried_and_only_those_that_were_tried_are_activated() {
    let (served, mut boss, group) = servers();
    let (info, _) = addresses(&served, Protocol::Http);
    let (number, pattern) = (group.to_string(), format!("$NAME$:{}/download", served.http.port()));
    let mut fields = vec![("group", number.as_str()), ("info", &info), ("pattern", &pattern)];
    let seen = confirmed(&mut boss, &fields);
    let renamed = |n: u32, name: &str| {
        let content = format!("<HARDWARE><NAME>{name}</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>");
        served.run(served.office.inventory(&device(n), &content));
    };
    renamed(1, "PC-1-elsewhere");
    fields.push(("confirmed", &seen));
    let again = boss.post(FORM, &fields);
    again.is(200).shows(&["their addresses have changed", "PC-1-elsewhere:", "name=\"confirmed\""]);
    assert_eq!(served.office.app.proofs.series_under_way().map(|(run, _)| run), None, "nobody is connected to");
    renamed(1, "PC-1");
    let answer = begin(&served, &mut boss, group, &[("only", "1")]);
    ended(&mut boss, &answer).shows(&["Everything works. Nothing was activated yet."]);
    renamed(1, "PC-1-elsewhere");
    let done = press(&mut boss, &answer, "all", &[]);
    assert_eq!(done.is(303).location(), "/ocsreports/deploy/activated?servers=1", "the one that is where it was");
    renamed(0, "PC-0-elsewhere");
    let done = press(&mut boss, &answer, "all", &[]);
    assert!(done.is(303).location().starts_with(&format!("{FORM}?group=")), "{}", done.location());
    assert_eq!(activated(&served, group), 1);
}

#[test]
fn con_gen_4_who_does_not_see_every_server_sees_nothing_of_what_was_found() {
    let (served, mut boss, group) = servers();
    deaden(&served, &mut boss, group);
    let answer = begin(&served, &mut boss, group, &[]);
    ended(&mut boss, &answer);
    let mut lyon = served.limited("lyon", Role::Admin, &["LYON"]);
    lyon.get(answer.location()).is(200).hides(&["PC-1", "value=\"all\""]);
    press(&mut lyon, &answer, "all", &[]).is(200);
    assert_eq!(activated(&served, group), 0);
    let mut tech = served.log_in("tech", Role::Technician);
    tech.get(answer.location()).is(403);
    press(&mut tech, &answer, "all", &[]).is(403);
    // What is forgotten begins anew from the form, and a series of one package is none of another.
    assert_eq!(boss.get(&format!("{SERIES}?run=99")).is(302).location(), FORM);
    boss.post(SERIES, &[("run", "99"), ("what", "all")]).is(404);
    boss.get("/ocsreports/deploy/7/servers/proof?run=1").is(404);
}

/// A second click, and somebody who left the page: the one series that runs at a time is found again.
#[test]
fn con_dep_9_a_series_that_is_under_way_is_found_by_who_asks_once_more_and_ends_with_the_sight_of_who_began_it() {
    let (served, mut boss, group) = servers();
    let (info, open) = gate(&served);
    let (number, pattern) = (group.to_string(), format!("$NAME$:{}/download", served.http.port()));
    let mut fields = vec![("group", number.as_str()), ("info", &info), ("pattern", &pattern)];
    let seen = confirmed(&mut boss, &fields);
    fields.push(("confirmed", &seen));
    let first = boss.post(FORM, &fields);
    assert_eq!(boss.post(FORM, &fields).is(303).location(), first.is(303).location(), "sent twice");
    let other = boss.post(FORM, &[&fields[..], &[("only", "1")]].concat());
    let way = format!("href=\"{}\"", first.location());
    other.is(422).shows(&["being tried out already", "is being tried out on the servers of Sites &lt;b&gt;", &way]);
    // Who began it sees fewer computers by now.
    account(&served, "boss", |user| user.tags = vec!["LYON".into()]);
    drop(open);
    let mut chief = served.log_in("chief", Role::Admin);
    ended(&mut chief, &first).shows(&["may not activate the package any more", "value=\"all\""]);
    assert_eq!(activated(&served, group), 0);
}
