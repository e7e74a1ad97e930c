//! Affecting packages to computers, what becomes of them, and tidying up.

use rollcall::deployment::affectation::{ActivationId, EXPLAINED, State};
use rollcall::deployment::fetches::File;
use rollcall::deployment::package::PackageId;
use rollcall::history::Action;
use rollcall::i18n::{Lang, all};
use rollcall::users::{Role, User};

use super::mass::{begin, device, id, send};
use crate::agent::download::packaged;
use crate::browser::{Browser, Served};
use crate::office::{NOON, UNIX, WINDOWS, prolog};

const LIST: &str = "/ocsreports/computers";
const AFFECT: &str = "/ocsreports/deploy/affect";
const UNAFFECT: &str = "/ocsreports/deploy/unaffect";
const VALIDATE: &str = "/ocsreports/deploy/statistics/validate";
const STATISTICS: &str = "/ocsreports/deploy/statistics?package=1700000001";
const PACKAGE: u32 = 1_700_000_001;

/// Computers PC-0 to PC-(count-1), all of Linux but the first, which has Windows and an agent without TLS 1.2.
fn staffed(count: u32) -> (Served, ActivationId) {
    let (served, _) = super::office();
    served.office.set("DOWNLOAD", "1");
    for n in 0..count {
        let (agent, system) = if n == 0 { ("OCS-NG_WINDOWS_AGENT_v2.1.1.1", "Windows 7") } else { (UNIX, "Debian") };
        let tag = ["LYON", "SIEGE"][n as usize % 2];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME><OSNAME>{system}</OSNAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        let text = crate::office::inventory(&device(n), &content);
        assert_eq!(served.run(served.office.say(agent, &text)).0, 200);
    }
    let activation = packaged(&served.office, PACKAGE);
    (served, activation)
}

fn state(served: &Served, n: u32) -> Option<String> {
    let id = id(served, n);
    let stored = served.office.app.read(|read| rollcall::deployment::store::of_computer(read, id)).unwrap();
    let memory = served.office.app.board.look().affectations.get(&id).cloned().unwrap_or_default();
    let memory: Vec<_> = memory.into_iter().map(|(of, row)| (of, *row)).collect();
    assert_eq!(stored, memory, "memory and file agree");
    stored.first().map(|(_, row)| row.state.as_str().to_owned())
}

/// Affects computers, from the form to the end.
fn affect(served: &Served, browser: &mut Browser, computers: &[u32], activation: ActivationId, more: &[(&str, &str)]) {
    let form = begin(served, browser, AFFECT, computers);
    let number = activation.0.to_string();
    let mut typed = vec![("activation", number.as_str())];
    typed.extend_from_slice(more);
    let asked = send(browser, AFFECT, &form, &typed);
    asked.is(200);
    send(browser, AFFECT, &asked, &[]).is(303);
}

fn report(served: &Served, n: u32, package: u32, code: &str) {
    let code = if code.is_empty() { String::new() } else { format!("ERR=\"{code}\" ") };
    let text = format!("<REQUEST DEVICEID=\"{}\" {code}ID=\"{package}\" QUERY=\"DOWNLOAD\" />", device(n));
    assert_eq!(served.run(served.office.say(UNIX, &text)), (200, String::new()));
}

fn limited(served: &Served) -> Browser {
    let mut lyon = served.log_in("lyon", Role::Technician);
    let mut user = User::new("lyon".parse().unwrap(), Role::Technician, String::new(), NOON);
    user.tags = vec!["LYON".to_owned()];
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), NOON).unwrap();
    lyon.cookies.insert("rollcall-local".into(), begun.token);
    lyon.token = begun.session.csrf;
    lyon
}

#[test]
fn con_dep_12_a_package_is_affected_after_its_numbers_were_shown() {
    let (served, activation) = staffed(4);
    let mut browser = served.log_in("tech", Role::Technician);
    let form = begin(&served, &mut browser, AFFECT, &[0, 1, 2]);
    form.is(200).shows(&["Tool 1700000001", "Linux", "ocs.example.net/download", "Affect a package to 3 computers"]);
    let number = activation.0.to_string();
    let typed = [("activation", number.as_str()), ("day", "2026-11-27"), ("time", "18:00"), ("afterwards", "REBOOT")];
    let asked = send(&mut browser, AFFECT, &form, &typed);
    asked.is(200).shows(&[
        "2 computers will be affected",
        "1 computer has another system and is left out",
        "Not before 2026/11/27 18:00",
        "Computers restart afterwards",
        "Affect it to 2 computers",
    ]);
    assert_eq!(state(&served, 1), None, "nothing is stored yet");
    let done = send(&mut browser, AFFECT, &asked, &[]);
    done.is(303);
    browser.get(done.location()).is(200).shows(&["affected to 2 computers", "1 computer was left as it is"]);
    assert_eq!([0, 1, 2, 3].map(|n| state(&served, n)), [None, Some(String::new()), Some(String::new()), None]);
    let (_, told) = served.run(served.office.say(UNIX, &prolog(&device(1))));
    assert!(told.contains("SCHEDULE=\"2026/11/27 18:00\"") && told.contains("POSTCMD=\"\""), "{told}");
    let entries = served.audit().into_iter().filter(|entry| entry.action == Action::Affected).collect::<Vec<_>>();
    assert_eq!(entries.iter().map(|entry| entry.count).collect::<Vec<_>>(), [Some(2)]);
    // Once more: nobody is left to whom something happens.
    let form = begin(&served, &mut browser, AFFECT, &[1, 2]);
    let again = send(&mut browser, AFFECT, &form, &[("activation", &number)]);
    again.is(200).shows(&["Nothing would change", "2 computers have it already"]);
    // Wrong systems when they are asked for; the old agent is named.
    let form = begin(&served, &mut browser, AFFECT, &[0]);
    let asked = send(&mut browser, AFFECT, &form, &[("activation", &number), ("any-system", "1")]);
    asked.is(200).shows(&["1 computer will be affected", "inventories only"]);
}

/// Each computer is affected by the activation on the server that is near it.
#[test]
fn con_dep_8_a_package_on_a_redistribution_group_comes_from_the_nearest_server() {
    use crate::agent::redistribution::{activate_on, group_of};
    let (served, plain) = staffed(6);
    // PC-2 serves LYON; nobody serves SIEGE.
    let group = group_of(&served.office, vec![id(&served, 2)]);
    assert_eq!(activate_on(&served.office, group, "$NAME$.example.net").unwrap(), 1);
    let mut browser = served.log_in("tech", Role::Technician);
    let form = begin(&served, &mut browser, AFFECT, &[1, 2, 4]);
    form.is(200).shows(&["each from the nearest server of Lyon"]);
    let value = format!("{group}-{PACKAGE}");
    let asked = send(&mut browser, AFFECT, &form, &[("activation", value.as_str())]);
    asked.is(200).shows(&["each from the nearest server of Lyon", "3 computers will be affected"]);
    send(&mut browser, AFFECT, &asked, &[]).is(303);
    let by = |n: u32| {
        let stored = served.office.app.read(|read| rollcall::deployment::store::of_computer(read, id(&served, n)));
        stored.unwrap().into_iter().map(|(id, _)| id == plain).collect::<Vec<_>>()
    };
    assert_eq!([1, 2, 4].map(by), [vec![true], vec![false], vec![false]], "SIEGE has the plain address");
    let (_, told) = served.run(served.office.say(UNIX, &prolog(&device(4))));
    assert!(told.contains("PACK_LOC=\"PC-2.example.net/download\""), "{told}");
    // Taken back from all of the group's servers at once, and from no other.
    let form = begin(&served, &mut browser, UNAFFECT, &[1, 2, 4]);
    let asked = send(
        &mut browser,
        UNAFFECT,
        &form,
        &[("activation", value.as_str()), ("phase", "waiting"), ("phase", "notified")],
    );
    asked.is(200).shows(&["Take 2 affectations back"]);
    send(&mut browser, UNAFFECT, &asked, &[]).is(303);
    assert_eq!([1, 2, 4].map(by), [vec![true], vec![], vec![]]);
    // Without another address, who has no server near is left out and counted.
    served.office.blocking(|app| {
        let gone = std::collections::BTreeSet::from([plain]);
        let entry = crate::agent::download::entry();
        rollcall::deployment::actions::deactivate(&app.store, &app.board, gone, None, entry).unwrap()
    });
    let form = begin(&served, &mut browser, AFFECT, &[1, 4]);
    let asked = send(&mut browser, AFFECT, &form, &[("activation", value.as_str())]);
    asked.is(200).shows(&["1 computer will be affected", "1 computer has no server near it"]);
}

/// A group has a package, each of its computers from the server that is near it; so has who joins later.
#[test]
fn con_imp_5_a_group_has_a_package_from_the_nearest_servers_and_so_has_who_joins_later() {
    use super::groups::{change, make};
    use crate::agent::redistribution::{activate_on, group_of};
    let (served, plain) = staffed(6);
    // PC-2 serves LYON; nobody serves SIEGE yet.
    let servers = group_of(&served.office, vec![id(&served, 2)]);
    activate_on(&served.office, servers, "$NAME$.example.net").unwrap();
    let mut tech = served.log_in("tech", Role::Technician);
    let group = make(&mut tech, "Office", "static", true);
    change(&served, &mut tech, &[1, 4], "add", group);
    let page = format!("/ocsreports/groups/{group}");
    let path = format!("{page}/affect");
    let value = format!("{servers}-{PACKAGE}");
    let affect = |tech: &mut Browser, more: &[(&str, &str)]| {
        tech.get(&path).is(200).shows(&["each from the nearest server of Lyon"]);
        let mut typed = vec![("activation", value.as_str())];
        typed.extend_from_slice(more);
        let asked = tech.post(&path, &typed);
        asked.is(200).shows(&["each from the nearest server of Lyon"]);
        send(tech, &path, &asked, &[]).is(303);
        asked
    };
    affect(&mut tech, &[]).shows(&["Affect it to 2 computers"]);
    // On which server a computer has it; 0 for the plain address.
    let on = |n: u32| -> Vec<u32> {
        let stored = served.office.app.read(|read| rollcall::deployment::store::of_computer(read, id(&served, n)));
        let stored = stored.unwrap();
        let board = served.office.app.board.look();
        let server = |id| board.activations.get(id).and_then(|one| one.server).map_or(0, |one| one.computer.0);
        stored.iter().map(|(id, _)| server(id)).collect()
    };
    let number = |n: u32| id(&served, n).0;
    assert_eq!((on(1), on(4)), (vec![0], vec![number(2)]), "SIEGE has the plain address");
    change(&served, &mut tech, &[0, 2], "add", group);
    assert_eq!((on(2), on(0)), (vec![number(2)], vec![]), "who joins later, and has the package's system");
    let shown = tech.get(&page);
    shown.is(200).shows(&["the nearest server of Lyon", &format!("package={PACKAGE}.waiting\" data-count=\"3\"")]);
    // Once more it is the same affectation, and a server that goes leaves it to the others.
    affect(&mut tech, &[("force", "1")]);
    let orders = || {
        let stored = rollcall::deployment::Board::load(&served.office.app.store.read().unwrap()).unwrap();
        let now = served.office.app.board.look().through.clone();
        assert_eq!(stored.look().through, now, "memory and file agree");
        now.into_keys().map(|(_, id)| id).collect::<Vec<_>>()
    };
    let first = orders();
    assert_eq!(first.len(), 1);
    change(&served, &mut tech, &[3], "add", servers.0);
    activate_on(&served.office, servers, "$NAME$.example.net").unwrap();
    served.office.blocking(|app| {
        let gone = first.iter().copied().collect();
        let entry = crate::agent::download::entry();
        rollcall::deployment::actions::deactivate(&app.store, &app.board, gone, None, entry).unwrap()
    });
    assert!(orders().len() == 1 && orders() != first);
    change(&served, &mut tech, &[5], "add", group);
    assert_eq!((on(5), on(2)), (vec![number(3)], vec![]));
    // Taken back with all that came through it, from wherever.
    tech.get(&page).is(200);
    let unaffect = format!("{page}/unaffect");
    let asked = tech.post(&unaffect, &[("activation", &orders()[0].0.to_string())]);
    asked.is(200).shows(&["Take 2 affectations back"]);
    send(&mut tech, &unaffect, &asked, &[]).is(303);
    assert_eq!((on(1), on(5), orders().len()), (vec![], vec![], 0));
    assert!(served.office.app.board.look().activations.contains_key(&plain));
}

#[test]
fn con_gen_7_when_other_computers_are_meant_by_now_nothing_is_done() {
    let (served, activation) = staffed(3);
    let mut browser = served.log_in("tech", Role::Technician);
    let form = begin(&served, &mut browser, AFFECT, &[1, 2]);
    let asked = send(&mut browser, AFFECT, &form, &[("activation", &activation.0.to_string())]);
    affect(&served, &mut browser, &[1], activation, &[]);
    let again = send(&mut browser, AFFECT, &asked, &[]);
    again.is(200).shows(&["Affect it to 1 computer"]);
    assert_eq!(state(&served, 2), None);
    for (typed, error) in [
        (vec![("activation", "999")], "not activated there any more"),
        (vec![("activation", "1"), ("day", "27.11.")], "Give a day of the calendar"),
        (vec![("activation", "1"), ("time", "18:00")], "Give the day as well"),
        (vec![("activation", "1"), ("afterwards", "format c:")], "Choose what is done afterwards"),
    ] {
        send(&mut browser, AFFECT, &form, &typed).is(422).shows(&[error]);
    }
}

#[test]
fn con_gen_4_a_limited_account_affects_its_own_computers_only() {
    let (served, activation) = staffed(5);
    let mut lyon = limited(&served);
    affect(&served, &mut lyon, &[1, 2, 3, 4], activation, &[]);
    assert_eq!([1, 2, 3, 4].map(|n| state(&served, n).is_some()), [false, true, false, true]);
    let mut boss = served.log_in("tech", Role::Technician);
    affect(&served, &mut boss, &[1, 3], activation, &[]);
    lyon.get(STATISTICS).is(200).shows(&["2 computers are affected"]);
    boss.get(STATISTICS).is(200).shows(&["4 computers are affected"]);
    let asked = lyon.post(VALIDATE, &[("package", "1700000001"), ("what", "waiting")]);
    asked.is(200).shows(&["Take 2 affectations back"]);
    send(&mut lyon, VALIDATE, &asked, &[]).is(303);
    assert_eq!([1, 2, 3, 4].map(|n| state(&served, n).is_some()), [true, false, true, false]);
    let mut user = served.log_in("marie", Role::User);
    user.get(STATISTICS).is(200).hides(&["Validate"]);
    user.post(VALIDATE, &[("package", "1700000001"), ("what", "all")]).is(403);
    user.post(AFFECT, &[]).is(403);
}

#[test]
fn con_dep_14_packages_are_taken_back_in_the_phases_that_are_chosen() {
    let (served, activation) = staffed(4);
    let mut browser = served.log_in("tech", Role::Technician);
    affect(&served, &mut browser, &[1, 2, 3], activation, &[]);
    report(&served, 1, PACKAGE, "SUCCESS");
    let form = begin(&served, &mut browser, UNAFFECT, &[1, 2]);
    form.is(200).shows(&["Every package"]);
    send(&mut browser, UNAFFECT, &form, &[("activation", "")]).is(422).shows(&["Choose at least one"]);
    let asked = send(&mut browser, UNAFFECT, &form, &[("activation", ""), ("phase", "waiting")]);
    asked.is(200).shows(&["1 affectation is taken back"]);
    let done = send(&mut browser, UNAFFECT, &asked, &[]);
    browser.get(done.location()).is(200).shows(&["1 affectation was taken back"]);
    assert_eq!([1, 2, 3].map(|n| state(&served, n)), [Some("SUCCESS".into()), None, Some(String::new())]);
}

/// Protocol page, section 12.8: every code goes in by the agents' door.
#[test]
fn con_dep_16_every_result_is_counted_explained_and_leads_to_its_computers() {
    let codes = [
        "SUCCESS",
        "SUCCESS_0",
        "SUCCESS_ALREADY_SETUP",
        "SUCCESS_REBOOT_INITIATED",
        "SUCCESS_REBOOT_REQUIRED",
        "SUCCESS_RESTART_REQUIRED",
        "EXIT_CODE_1603",
        "ERR_BAD_ID",
        "ERR_DOWNLOAD_INFO",
        "ERR_DOWNLOAD_PACK",
        "ERR_BAD_DIGEST",
        "ERR_BUILD",
        "ERR_EXECUTE",
        "ERR_CLEAN",
        "ERR_TIMEOUT",
        "ERR_OUT_OF_SPACE",
        "ERR_UNZIP",
        "ERR_ABORTED",
        "ERR_EXECUTE_NO_EXIT_CODE",
        "ERR_EXECUTE_TIMEOUT",
        "ERR_EXECUTE_TOO_MANY_TRY",
        "ERR_BAD_PARAM",
        "ERR_DONE_FAILED",
        "ERR_ALREADY_SETUP",
        "ERR_EXECUTE_PACK",
        "",
        "A new <one>",
    ];
    let (served, activation) = staffed(30);
    let mut browser = served.log_in("tech", Role::Technician);
    let everyone: Vec<u32> = (1..30).collect();
    affect(&served, &mut browser, &everyone, activation, &[]);
    for (n, code) in (1..).zip(codes) {
        report(&served, n, PACKAGE, &code.replace('<', "&lt;").replace('>', "&gt;"));
        let stored = if code.is_empty() { "UNKNOWN_CODE" } else { code };
        assert_eq!(state(&served, n).as_deref(), Some(stored));
        let shown = stored.replace('<', "&lt;").replace('>', "&gt;");
        let meaning = all(Lang::En)[State::of(stored).explanation()].split(['\'', ';']).next().unwrap();
        let part = format!("{LIST}/{}/deployment", id(&served, n));
        let page = browser.get(&part);
        page.is(200).shows(&["Tool 1700000001", "ocs.example.net/download"]);
        assert!(page.body.contains(&shown) && page.body.contains(meaning), "{stored}");
    }
    report(&served, 1, 1_700_000_999, "SUCCESS");
    assert_eq!(state(&served, 1).as_deref(), Some("SUCCESS"), "a package that nobody knows");
    let page = browser.get(&format!("{STATISTICS}&size=100"));
    page.is(200).shows(&["29 computers are affected", "28 states", "WAITING NOTIFICATION"]);
    for code in ["EXIT_CODE_1603", "UNKNOWN_CODE", "A new &lt;one&gt;", "ERR_BAD_PARAM"] {
        assert!(page.body.contains(code), "{code}");
    }
    let of = |browser: &mut Browser, value: &str| {
        browser.get(&format!("{LIST}?package={value}&show=all&cols=name")).body.matches("scope=\"row\"").count()
    };
    for (value, n) in [("1700000001", 29), ("1700000001.success", 6), ("1700000001.error", 21), ("1700000001/", 2)] {
        assert_eq!(of(&mut browser, value), n, "{value}");
    }
    assert_eq!(of(&mut browser, "1700000001%2FERR_BUILD"), 1);
    assert_eq!(of(&mut browser, &format!("9&activation={}.waiting", activation.0)), 0);
    let csv = browser.get("/ocsreports/deploy/statistics.csv?package=1700000001");
    csv.is(200);
    assert_eq!(csv.body.lines().count(), 29, "{}", csv.body);
}

#[test]
fn con_dep_17_each_button_says_its_number_and_removes_what_it_names() {
    let (served, activation) = staffed(8);
    let mut browser = served.log_in("tech", Role::Technician);
    affect(&served, &mut browser, &[1, 2, 3, 4, 5, 6, 7], activation, &[]);
    served.run(served.office.say(WINDOWS, &prolog(&device(7))));
    served.office.blocking(|_| served.office.agents.flush_orders().unwrap());
    for (n, code) in [(1, "SUCCESS"), (2, "SUCCESS_3"), (3, "ERR_BUILD")] {
        report(&served, n, PACKAGE, code);
    }
    let page = browser.get(STATISTICS);
    page.is(200).shows(&["Validate success (2)", "Unaffect not notified (3)", "Validate all (6)"]);
    let states = |served: &Served| (1..8).filter_map(|n| state(served, n)).collect::<Vec<_>>();
    for (what, button, left) in [
        ("success", "Take 2 affectations back", vec!["ERR_BUILD", "", "", "", "NOTIFIED"]),
        ("waiting", "Take 3 affectations back", vec!["ERR_BUILD", "NOTIFIED"]),
        ("all", "Take 1 affectation back", vec!["NOTIFIED"]),
    ] {
        let asked = browser.post(VALIDATE, &[("package", "1700000001"), ("what", what)]);
        asked.is(200).shows(&[button]);
        let done = send(&mut browser, VALIDATE, &asked, &[]);
        done.is(303);
        browser.get(done.location()).is(200);
        assert_eq!(states(&served), left, "{what}");
    }
    browser.get(STATISTICS).is(200).hides(&["Validate"]).shows(&["1 computer is affected"]);
    browser.get("/ocsreports/deploy/statistics?package=7").is(404);
    let short = browser.get("/ocsreports/deploy/1700000001/statistics");
    assert_eq!(short.location(), STATISTICS);
}

#[test]
fn con_pc_7_a_computer_shows_its_packages_and_its_history() {
    let (served, activation) = staffed(2);
    let mut browser = served.log_in("tech", Role::Technician);
    let part = format!("{LIST}/{}/deployment", id(&served, 1));
    browser.get(&part).is(200).shows(&["No package is affected", "named no package"]);
    let number = id(&served, 1).to_string();
    let from = [
        ("id", number.as_str()),
        ("scope", "checked"),
        ("where", "/ocsreports/computers?show=all"),
        ("from", "computer"),
    ];
    let form = browser.post(AFFECT, &from);
    let asked = send(&mut browser, AFFECT, &form, &[("activation", &activation.0.to_string()), ("force", "1")]);
    let done = send(&mut browser, AFFECT, &asked, &[]);
    assert!(done.location().starts_with(&part), "{}", done.location());
    browser.get(done.location()).is(200).shows(&["affected to 1 computer", "WAITING NOTIFICATION", "tech"]);
    let history = "<DOWNLOAD><HISTORY><PACKAGE ID=\"1700000001\"/><PACKAGE ID=\"77\"/></HISTORY></DOWNLOAD>";
    served.run(served.office.inventory(&device(1), &format!("<HARDWARE><NAME>PC-1</NAME></HARDWARE>{history}")));
    browser.get(&part).is(200).shows(&["Tool 1700000001", "Package 77, which this server does not know"]);
    served.office.set("DOWNLOAD", "0");
    browser.get(&part).is(200).shows(&["Deployment is off"]);
    browser.get(STATISTICS).is(200).shows(&["Deployment is off"]);
}

#[test]
fn con_pc_7_the_way_of_a_package_is_shown_and_what_is_over_is_affected_again() {
    let (served, activation) = staffed(2);
    let mut browser = served.log_in("tech", Role::Technician);
    affect(&served, &mut browser, &[1], activation, &[("afterwards", "REBOOT")]);
    let home = format!("{LIST}/{}", id(&served, 1));
    let (part, contacts) = (format!("{home}/deployment"), format!("{home}/contacts"));
    browser.get(&part).is(200).shows(&["The way of each package"]).hides(&["Affect “"]);
    served.run(served.office.say(UNIX, &prolog(&device(1))));
    served.office.blocking(|_| served.office.agents.flush_orders().unwrap());
    let stored = |served: &Served| {
        let read = served.office.app.store.read().unwrap();
        rollcall::deployment::store::of_computer(&read, id(served, 1)).unwrap().remove(0).1
    };
    assert_eq!((stored(&served).told, state(&served, 1).as_deref()), (Some(NOON), Some("NOTIFIED")));
    let (address, fetches) = ("192.168.50.7".parse().unwrap(), &served.office.app.board.fetches);
    fetches.note(PackageId(PACKAGE), address, File::Info, NOON);
    for _ in 0..2 {
        fetches.note(PackageId(PACKAGE), address, File::Fragment, NOON);
    }
    for page in [&part, &contacts] {
        browser.get(page).is(200).shows(&["2 of 3, last 20", "192.168.50.7", "Information fetched"]);
    }
    fetches.note(PackageId(PACKAGE), address, File::Fragment, NOON);
    fetches.note(PackageId(PACKAGE), address, File::Fragment, NOON);
    browser.get(&part).is(200).shows(&["4 requests for 3 fragments"]);

    report(&served, 1, PACKAGE, "SUCCESS");
    assert_eq!(stored(&served).told, Some(NOON));
    let page = browser.get(&part);
    page.is(200).shows(&["Affect “Tool 1700000001” again"]);
    let (number, activation) = (id(&served, 1).to_string(), activation.0.to_string());
    for field in
        [("afterwards", "REBOOT"), ("activation", activation.as_str()), ("force", "1"), ("id", number.as_str())]
    {
        page.shows(&[&format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", field.0, field.1)]);
    }
    let again = browser.post(
        AFFECT,
        &[
            ("id", number.as_str()),
            ("scope", "checked"),
            ("where", "/ocsreports/computers?show=all"),
            ("from", "computer"),
            ("activation", activation.as_str()),
            ("afterwards", "REBOOT"),
            ("any-system", "1"),
            ("force", "1"),
        ],
    );
    again.is(200).shows(&["Affect a package to 1 computer"]);
    again.shows(&["value=\"REBOOT\" checked", "name=\"force\""]);
    let typed = [("activation", activation.as_str()), ("afterwards", "REBOOT"), ("force", "1")];
    let asked = send(&mut browser, AFFECT, &again, &typed);
    send(&mut browser, AFFECT, &asked, &[]).is(303);
    assert_eq!(stored(&served).state.as_str(), "");
    assert_eq!((stored(&served).force, stored(&served).postcmd.as_str()), (true, "REBOOT"));
}

#[test]
fn con_dep_16_every_state_has_its_sentence_in_both_languages() {
    for (_, key) in EXPLAINED {
        for lang in Lang::ALL {
            assert!(all(lang).get(key).is_some_and(|text| text.len() > 8), "{key} in {}", lang.code());
        }
    }
}
