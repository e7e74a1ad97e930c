//! Groups: lists, pages, who belongs to them, what they decide.

use rollcall::groups::GroupId;
use rollcall::history::Action;
use rollcall::history::audit::Entry;
use rollcall::users::Role;

use super::mass::{begin, device, id, send};
use crate::agent::download::packaged;
use crate::browser::{Browser, Page, Served};
use crate::office::{UNIX, prolog};

const LIST: &str = "/ocsreports/computers";
const GROUPS: &str = "/ocsreports/groups";
const NEW: &str = "/ocsreports/groups/new";
const MEMBERS: &str = "/ocsreports/groups/members";
const DELETE: &str = "/ocsreports/groups/delete";

/// Computers PC-0 to PC-3 with the TAGs LYON and SIEGE in turn, besides ACC-PC-007.
fn staffed() -> Served {
    let (served, _) = super::office();
    for n in 0..4 {
        let tag = ["LYON", "SIEGE"][n as usize % 2];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        served.run(served.office.inventory(&device(n), &content));
    }
    served
}

/// Makes a group by its form; its number.
pub(super) fn make(browser: &mut Browser, name: &str, kind: &str, visible: bool) -> u32 {
    browser.get(NEW).is(200);
    let mut fields = vec![("name", name), ("description", "for <b>tests</b>"), ("kind", kind)];
    if visible {
        fields.push(("visible", "1"));
    }
    let made = browser.post(NEW, &fields);
    made.is(303);
    made.location().trim_start_matches("/ocsreports/groups/").trim_end_matches("?done=made").parse().unwrap()
}

/// The numbers of the computers that a group has, in memory; the file says the same.
fn members(served: &Served, group: u32) -> Vec<u32> {
    let now: Vec<_> = served.office.app.groups.look().members(GroupId(group)).collect();
    let stored = served.office.app.read(|read| rollcall::groups::store::of_group(read, GroupId(group))).unwrap();
    assert_eq!(now, stored);
    now.into_iter().map(|id| id.0).collect()
}

fn numbers(served: &Served, computers: &[u32]) -> Vec<u32> {
    computers.iter().map(|n| id(served, *n).0).collect()
}

/// Changes the members of a group, from the form to the end; what the confirmation says.
pub(super) fn change(served: &Served, browser: &mut Browser, computers: &[u32], how: &str, group: u32) -> Page {
    let form = begin(served, browser, MEMBERS, computers);
    let group = group.to_string();
    let asked = send(browser, MEMBERS, &form, &[("how", how), ("into", &group)]);
    asked.is(200);
    send(browser, MEMBERS, &asked, &[]).is(303);
    asked
}

fn entries(served: &Served) -> Vec<Entry> {
    served.audit().into_iter().filter(|entry| entry.action == Action::GroupChanged).collect()
}

#[test]
fn con_grp_1_groups_are_listed_by_kind_and_made_with_a_name_that_is_free() {
    let served = staffed();
    let mut tech = served.log_in("tech", Role::Technician);
    tech.get(GROUPS).is(200).shows(&["No group yet", "New group"]);
    let lyon = make(&mut tech, "Lyon & <i>", "static", true);
    let hidden = make(&mut tech, "Spare", "static", false);
    make(&mut tech, "Servers", "redistribution", true);
    let list = tech.get(GROUPS);
    list.is(200).shows(&["2 groups", "Lyon &amp; &lt;i&gt;", "Spare", "for &lt;b&gt;tests&lt;/b&gt;"]);
    list.hides(&["Servers</a>"]);
    tech.get(&format!("{GROUPS}?kind=redistribution")).is(200).shows(&["1 group", "Servers</a>"]);
    tech.post(NEW, &[("name", "LYON & <I>"), ("kind", "static")]).is(422).shows(&["Another group has this name"]);
    tech.post(NEW, &[("name", " "), ("kind", "static")]).is(422).shows(&["Give the group a name"]);
    let file = tech.get(&format!("{GROUPS}.csv"));
    assert_eq!(file.is(200).body.lines().count(), 3);
    // Whoever may not change groups sees those that are visible to all.
    let mut paul = served.log_in("paul", Role::User);
    paul.get(GROUPS).is(200).shows(&["1 group", "Lyon"]).hides(&["Spare", "/groups/new", "/groups/delete"]);
    paul.get(&format!("{GROUPS}/{lyon}")).is(200).shows(&["No member"]).hides(&["<textarea"]);
    paul.get(&format!("{GROUPS}/{hidden}")).is(404);
    paul.get(&format!("{LIST}?group={hidden}&show=all")).is(200).hides(&["Spare"]);
    paul.post(NEW, &[("name", "Mine"), ("kind", "static")]).is(403);
    paul.post(&format!("{GROUPS}/{lyon}"), &[("name", "Mine")]).is(403);
    assert_eq!(entries(&served).len(), 3);
}

#[test]
fn con_grp_2_computers_are_added_taken_out_and_overwritten_after_their_numbers() {
    let served = staffed();
    let mut tech = served.log_in("tech", Role::Technician);
    // A new group of what is checked.
    let form = begin(&served, &mut tech, MEMBERS, &[0, 1]);
    form.is(200).shows(&["Group 2 computers", "PC-0", "PC-1"]).hides(&["Take them out"]);
    let typed = [("how", "new"), ("name", "Lyon"), ("kind", "static"), ("visible", "1")];
    let asked = send(&mut tech, MEMBERS, &form, &typed);
    asked.is(200).shows(&["New group: Lyon", "2 computers come in", "Change 2 memberships"]);
    assert_eq!(served.office.app.groups.look().all().count(), 0, "nothing is done before it is confirmed");
    let done = send(&mut tech, MEMBERS, &asked, &[]);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/groups/1?done=made"), "{}", done.body);
    tech.get(done.location()).is(200).shows(&["The group is made", "PC-0", "PC-1", "Show 2 computers"]);
    assert_eq!(members(&served, 1), numbers(&served, &[0, 1]));
    change(&served, &mut tech, &[1, 2, 3], "add", 1).shows(&["Group: Lyon", "2 computers come in"]);
    assert_eq!(members(&served, 1), numbers(&served, &[0, 1, 2, 3]));
    change(&served, &mut tech, &[0], "remove", 1).shows(&["1 computer is taken out"]);
    change(&served, &mut tech, &[0, 1], "overwrite", 1).shows(&["1 computer comes in", "2 computers are taken out"]);
    assert_eq!(members(&served, 1), numbers(&served, &[0, 1]));
    let form = begin(&served, &mut tech, MEMBERS, &[0, 1]);
    send(&mut tech, MEMBERS, &form, &[("how", "add"), ("into", "1")]).is(422).shows(&["Nothing would change"]);
    send(&mut tech, MEMBERS, &form, &[("how", "add"), ("into", "9")]).is(422).shows(&["not there any more"]);
    send(&mut tech, MEMBERS, &form, &[("how", "new"), ("name", "lyon")]).is(422).shows(&["Another group has"]);
    // The whole result of a filter, and the list that the group leads to.
    let list = tech.get(&format!("{LIST}?group=1&show=all&cols=name,groups"));
    list.is(200).shows(&["In the group Lyon", "2 computers", "PC-0", ">Lyon<"]).hides(&["PC-2"]);
    let form = tech.post(MEMBERS, &[("scope", "whole"), ("where", &format!("{LIST}?group=1&show=all"))]);
    form.is(200).shows(&["Group 2 computers", "value=\"remove\" checked"]);
    let asked = send(&mut tech, MEMBERS, &form, &[("how", "remove"), ("into", "1")]);
    send(&mut tech, MEMBERS, &asked, &[]).is(303);
    assert!(members(&served, 1).is_empty());
    tech.get("/ocsreports/groups/1").is(200).shows(&["No member", "Go to the computers"]);
    let told = entries(&served);
    assert!(told.iter().any(|entry| entry.changes.iter().any(|change| change.what == "removed")));
}

#[test]
fn con_grp_3_a_group_has_words_and_options_and_its_computers_follow() {
    let served = staffed();
    let mut tech = served.log_in("tech", Role::Technician);
    let group = make(&mut tech, "Lyon", "static", true);
    make(&mut tech, "Paris", "static", false);
    let page = format!("{GROUPS}/{group}");
    change(&served, &mut tech, &[0], "add", group);
    tech.get(&page).is(200);
    tech.post(&page, &[("name", "paris"), ("description", "")]).is(422).shows(&["Another group has"]);
    tech.post(&page, &[("name", "Lyon 2"), ("description", "new")]).is(303);
    tech.get(&page).shows(&["Lyon 2", ">\nnew<", "tech", "PC-0"]);
    // An option of the group counts for its computers, and says where it comes from.
    let options = format!("{page}/options");
    let typed = |hours: &'static str| [("PROLOG_FREQ.was", ""), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", hours)];
    tech.post(&options, &typed("0")).is(422).shows(&["value=\"0\""]);
    tech.post(&options, &typed("5")).is(303);
    tech.get(&page).shows(&["value=\"5\"", "General value: 24"]);
    assert!(served.run(served.office.prolog(&device(0))).contains("<PROLOG_FREQ>5</PROLOG_FREQ>"));
    assert!(served.run(served.office.prolog(&device(1))).contains("<PROLOG_FREQ>24</PROLOG_FREQ>"));
    let one = format!("{LIST}/{}", id(&served, 0));
    tech.get(&format!("{one}/customization")).is(200).shows(&["Lyon 2"]);
    tech.get(&one).is(200).shows(&["href=\"/ocsreports/groups/1\""]);
    // One that is not visible to all is named to nobody else.
    let mut paul = served.log_in("paul", Role::User);
    paul.get(&one).is(200).hides(&["Lyon 2"]);
    paul.get(&format!("{LIST}?cols=name,groups")).is(200).hides(&["Lyon 2"]);
    tech.get(&format!("{LIST}?cols=name,groups")).is(200).shows(&["Lyon 2"]);
    tech.get(&page);
    tech.post(&options, &[("PROLOG_FREQ.was", "5"), ("PROLOG_FREQ.mode", "")]).is(303);
    assert!(served.run(served.office.prolog(&device(0))).contains("<PROLOG_FREQ>24</PROLOG_FREQ>"));
}

#[test]
fn con_grp_5_groups_are_deleted_after_their_numbers_and_the_computers_stay() {
    let served = staffed();
    let mut tech = served.log_in("tech", Role::Technician);
    let (one, two) = (make(&mut tech, "One", "static", true), make(&mut tech, "Two", "static", true));
    change(&served, &mut tech, &[0, 1], "add", one);
    tech.get(GROUPS);
    let number = one.to_string();
    let asked = tech.post(DELETE, &[("id", &number)]);
    asked.is(200).shows(&["One: 2 computers, 0 options, 0 packages, 0 affectations", "Delete 1 group"]);
    change(&served, &mut tech, &[2], "add", one);
    tech.get(GROUPS);
    let again = send(&mut tech, DELETE, &asked, &[]);
    again.is(200).shows(&["3 computers", "nothing was done"]);
    let done = send(&mut tech, DELETE, &again, &[]);
    assert_eq!(done.location(), "/ocsreports/groups?deleted=1", "{}", done.body);
    tech.get(done.location()).shows(&["1 group was deleted", "1 group"]).hides(&["One</a>"]);
    assert_eq!(served.office.count(), 5);
    tech.get(&format!("{GROUPS}/{one}")).is(404);
    assert!(make(&mut tech, "One", "static", true) > two, "a number is not given again");
}

#[test]
fn con_gen_4_who_sees_some_tags_only_neither_counts_nor_moves_other_computers() {
    let served = staffed();
    let mut tech = served.log_in("tech", Role::Technician);
    let group = make(&mut tech, "Lyon", "static", true);
    change(&served, &mut tech, &[0, 1, 2], "add", group);
    let mut lyon = served.limited("lyon", Role::Technician, &["LYON"]);
    let page = format!("{GROUPS}/{group}");
    lyon.get(&page).is(200).shows(&["Show 2 computers", "PC-0", "PC-2"]).hides(&["PC-1"]);
    change(&served, &mut lyon, &[0], "overwrite", group).shows(&["1 computer is taken out"]);
    assert_eq!(members(&served, group), numbers(&served, &[0, 1]));
    lyon.get(&page);
    let number = group.to_string();
    lyon.post(DELETE, &[("id", &number)]).is(200).shows(&["your account does not see"]);
    let typed = [("PROLOG_FREQ.was", ""), ("PROLOG_FREQ.mode", "typed"), ("PROLOG_FREQ", "5")];
    lyon.post(&format!("{page}/options"), &typed).is(200).shows(&["your account does not see"]);
    assert!(served.office.app.options.of_group(GroupId(group)).is_empty());
}

const PACKAGE: u32 = 1_700_000_001;

/// How far a computer is with a package; `None` where it does not have it. Memory and file agree.
fn state(served: &Served, n: u32) -> Option<String> {
    let id = id(served, n);
    let stored = served.office.app.read(|read| rollcall::deployment::store::of_computer(read, id)).unwrap();
    let memory = served.office.app.board.look().affectations.get(&id).cloned().unwrap_or_default();
    let memory: Vec<_> = memory.into_iter().map(|(of, row)| (of, *row)).collect();
    assert_eq!(stored, memory);
    stored.first().map(|(_, row)| row.state.as_str().to_owned())
}

fn told(served: &Served, n: u32) -> bool {
    served.run(served.office.say(UNIX, &prolog(&device(n)))).1.contains("TYPE=\"PACK\"")
}

fn flush(served: &Served) {
    served.office.blocking(|_| served.office.agents.flush_orders()).unwrap();
}

fn report(served: &Served, n: u32, code: &str) {
    let text = format!("<REQUEST DEVICEID=\"{}\" ERR=\"{code}\" ID=\"{PACKAGE}\" QUERY=\"DOWNLOAD\" />", device(n));
    assert_eq!(served.run(served.office.say(UNIX, &text)).0, 200);
}

/// Computers PC-0 to PC-4 of Linux, the last one with the package in its history, and PC-5 of Windows.
fn with_package() -> (Served, String) {
    let (served, _) = super::office();
    served.office.set("DOWNLOAD", "1");
    for n in 0..6 {
        let system = if n == 5 { "Windows 11" } else { "Debian" };
        let history = if n == 4 {
            format!("<DOWNLOAD><HISTORY><PACKAGE ID=\"{PACKAGE}\" /></HISTORY></DOWNLOAD>")
        } else {
            String::new()
        };
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME><OSNAME>{system}</OSNAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>{history}"
        );
        served.run(served.office.inventory(&device(n), &content));
    }
    let activation = packaged(&served.office, PACKAGE);
    (served, activation.0.to_string())
}

/// Affects the package to a group, from the form to the end; what the confirmation says.
fn affect(browser: &mut Browser, group: u32, activation: &str, more: &[(&str, &str)]) -> Page {
    let path = format!("{GROUPS}/{group}/affect");
    browser.get(&path).is(200);
    let mut typed = vec![("activation", activation)];
    typed.extend_from_slice(more);
    let asked = browser.post(&path, &typed);
    asked.is(200);
    send(browser, &path, &asked, &[]).is(303);
    asked
}

#[test]
fn con_dep_13_a_group_has_a_package_and_so_do_those_that_join_later() {
    let (served, activation) = with_package();
    let mut tech = served.log_in("tech", Role::Technician);
    let group = make(&mut tech, "Lyon", "static", true);
    let page = format!("{GROUPS}/{group}");
    change(&served, &mut tech, &[0, 4, 5], "add", group);
    tech.get(&page).is(200).shows(&["No package is affected to this group"]);
    let asked = affect(&mut tech, group, &activation, &[]);
    asked.shows(&["Affect it to 2 computers", "join the group later have it too", "another system"]);
    assert_eq!((state(&served, 0).as_deref(), state(&served, 5)), (Some(""), None), "another system is left out");
    assert!(told(&served, 0) && !told(&served, 5) && !told(&served, 1));
    // Who has the package in its history is not told; it counts as done.
    assert!(!told(&served, 4));
    flush(&served);
    assert_eq!(state(&served, 4).as_deref(), Some("SUCCESS_ALREADY_IN_HISTORY"));
    // Who joins later has it as well, and who leaves before it was told has not.
    change(&served, &mut tech, &[1, 2, 3], "add", group);
    assert!(told(&served, 1));
    flush(&served);
    change(&served, &mut tech, &[1, 2], "remove", group);
    assert_eq!((state(&served, 1).as_deref(), state(&served, 2)), (Some("NOTIFIED"), None));
    assert!(!told(&served, 2));
    report(&served, 0, "SUCCESS_0");
    let shown = tech.get(&page);
    shown.is(200).shows(&["Packages", "Take it back from the group"]);
    for (phase, computers) in [("waiting", 1), ("success", 2)] {
        let link = format!("{LIST}?group={group}&amp;show=all&amp;activation={activation}.{phase}");
        assert!(shown.body.contains(&link), "{phase}: {}", shown.body);
        let list = tech.get(&link.replace("&amp;", "&"));
        list.is(200).shows(&[&format!("{computers} computer")]);
    }
    // Affected again, what went well stays; forced, it begins anew, also where it is in the history.
    affect(&mut tech, group, &activation, &[("force", "1")]).shows(&["Affect it to 2 computers"]);
    assert_eq!(state(&served, 4).as_deref(), Some(""));
    assert!(told(&served, 4));
}

#[test]
fn con_dep_14_a_package_is_taken_back_from_a_group_with_what_came_through_it() {
    let (served, activation) = with_package();
    let mut tech = served.log_in("tech", Role::Technician);
    let group = make(&mut tech, "Lyon", "static", true);
    // PC-0 has the package by itself.
    const AFFECT: &str = "/ocsreports/deploy/affect";
    let form = begin(&served, &mut tech, AFFECT, &[0]);
    let asked = send(&mut tech, AFFECT, &form, &[("activation", &activation)]);
    send(&mut tech, AFFECT, &asked, &[]).is(303);
    change(&served, &mut tech, &[0, 1, 2], "add", group);
    affect(&mut tech, group, &activation, &[]).shows(&["Affect it to 2 computers"]);
    let path = format!("{GROUPS}/{group}/unaffect");
    tech.get(&format!("{GROUPS}/{group}"));
    let asked = tech.post(&path, &[("activation", &activation)]);
    asked.is(200).shows(&["Take 2 affectations back"]);
    assert_eq!(state(&served, 1).as_deref(), Some(""), "nothing is done before it is confirmed");
    send(&mut tech, &path, &asked, &[]).is(303);
    assert_eq!((state(&served, 0).as_deref(), state(&served, 1)), (Some(""), None));
    change(&served, &mut tech, &[3], "add", group);
    assert_eq!(state(&served, 3), None);
    let mut paul = served.log_in("paul", Role::User);
    paul.get(&format!("{GROUPS}/{group}/affect")).is(403);
    paul.get(&format!("{GROUPS}/{group}"));
    paul.post(&path, &[("activation", &activation)]).is(403);
}

#[test]
fn con_grp_5_what_came_through_a_group_goes_with_it_after_its_numbers() {
    let (served, activation) = with_package();
    let mut boss = served.log_in("chief", Role::Admin);
    let group = make(&mut boss, "Lyon", "static", true);
    change(&served, &mut boss, &[0, 1], "add", group);
    affect(&mut boss, group, &activation, &[]);
    boss.get(GROUPS);
    let number = group.to_string();
    let asked = boss.post(DELETE, &[("id", &number)]);
    asked.is(200).shows(&["Lyon: 2 computers, 0 options, 1 package, 2 affectations"]);
    send(&mut boss, DELETE, &asked, &[]).is(303);
    assert_eq!((state(&served, 0), state(&served, 1)), (None, None));
    assert!(served.office.app.board.look().through.is_empty());
    // A package that goes, goes from its groups as well.
    let group = make(&mut boss, "Paris", "static", true);
    change(&served, &mut boss, &[0], "add", group);
    affect(&mut boss, group, &activation, &[]);
    let delete = format!("/ocsreports/deploy/{PACKAGE}/delete");
    boss.get(&format!("/ocsreports/deploy/{PACKAGE}"));
    let asked = boss.post(&delete, &[]);
    asked.is(200).shows(&["1 group has it"]);
    send(&mut boss, &delete, &asked, &[]).is(303);
    assert_eq!(state(&served, 0), None);
    assert!(served.office.app.read(rollcall::deployment::through::all).unwrap().is_empty());
    boss.get(&format!("{GROUPS}/{group}")).is(200).shows(&["No package is affected"]);
    // Nothing comes back with the next start either.
    served.office.blocking(|app| app.read(|read| app.board.reload(read))).unwrap();
    assert!(served.office.app.board.look().affectations.is_empty());
}

#[test]
fn con_dep_8_the_servers_of_a_group_are_shown_with_their_addresses_before_a_package_is_activated_on_them() {
    let (served, _) = with_package();
    let mut boss = served.log_in("chief", Role::Admin);
    for (n, ip) in [(0, "10.1.0.5"), (1, "10.2.0.5")] {
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME><OSNAME>Debian</OSNAME><IPADDR>{ip}</IPADDR></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>"
        );
        served.run(served.office.inventory(&device(n), &content));
    }
    let group = make(&mut boss, "Sites", "redistribution", true);
    let path = format!("/ocsreports/deploy/{PACKAGE}/servers");
    let number = group.to_string();
    let typed = |pattern: &'static str| [("info", "ocs.example.net/download"), ("pattern", pattern)];
    let send_to = |boss: &mut Browser, pattern, more: &[(&str, &str)]| {
        let mut fields = typed(pattern).to_vec();
        fields.push(("group", number.as_str()));
        fields.extend_from_slice(more);
        boss.get(&path).is(200).shows(&["Sites", "$IP$/download"]);
        boss.post(&path, &fields)
    };
    send_to(&mut boss, "$IP$/download", &[]).is(422).shows(&["has no server yet"]);
    change(&served, &mut boss, &[0, 1], "add", group);
    send_to(&mut boss, "srv.example.net/download", &[]).is(422).shows(&["Write $IP$ or $NAME$"]);
    send_to(&mut boss, "$OTHER$/download", &[]).is(422).shows(&["no name and no address"]);
    // One server has an address of its own.
    let page = format!("{GROUPS}/{group}");
    boss.get(&page).is(200).shows(&["10.1.0.5/download", "10.2.0.5/download"]);
    let server = id(&served, 1).to_string();
    let keep = format!("{page}/servers");
    boss.post(&keep, &[("server", &server), ("host", "localhost")]).is(422).shows(&["value=\"localhost\""]);
    boss.post(&keep, &[("server", &server), ("host", "$NAME$.lyon.example.net"), ("port", "8080")]).is(303);
    boss.get(&page).shows(&["10.1.0.5/download", "PC-1.lyon.example.net:8080/download"]);
    let asked = send_to(&mut boss, "$IP$/packs", &[]);
    asked.is(200).shows(&[
        "10.1.0.5/packs",
        "PC-1.lyon.example.net:8080/download",
        "Try it out",
        "Try 2 servers out and activate",
    ]);
    // More servers than were shown: asked again, and nothing is tried.
    send_to(&mut boss, "$IP$/packs", &[("confirmed", "1")]).is(200).shows(&["Try 2 servers out and activate"]);
    assert_eq!(served.office.app.board.look().activations_on(GroupId(group)).len(), 0);
    let mut tech = served.log_in("tech", Role::Technician);
    tech.get(&path).is(403);
}
