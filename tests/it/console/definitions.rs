//! What administrators define: junk lists, the label, registry queries.

use rollcall::history::Action;
use rollcall::jobs::{Again, JOBS, Round};
use rollcall::users::Role;

use super::office;
use crate::browser::Served;

const JUNK: &str = "/ocsreports/blacklists";

fn laptop(serial: &str) -> String {
    format!("<HARDWARE><NAME>LAPTOP</NAME></HARDWARE><BIOS><SSN>{serial}</SSN></BIOS>")
}

/// Two laptops of a batch share one serial number: after it is on the list they are two.
#[test]
fn con_blk_1_serials_on_the_list_prove_nothing() {
    let (served, _) = office();
    served.office.set("AUTO_DUPLICATE_LVL", "2");
    let mut boss = served.log_in("marie", Role::Admin);
    let before = served.office.count();
    served.run(served.office.inventory("A-2026-01-02-03-04-05", &laptop("VMware-56 4d")));
    served.run(served.office.inventory("B-2026-01-02-03-04-05", &laptop("vmware-56 4D")));
    assert_eq!(served.office.count(), before + 1, "merged");
    boss.get(JUNK).is(200);
    let add = boss.post("/ocsreports/blacklists/add", &[("list", "serials"), ("entries", "VMware-*\r\n\r\n BATCH 7 ")]);
    assert_eq!(add.location(), "/ocsreports/blacklists?list=serials&added=2");
    boss.get(add.location()).shows(&["Entries added: 2.", "VMware-*", "BATCH 7", "marie"]);
    served.run(served.office.inventory("C-2026-01-02-03-04-05", &laptop("VMware-56 4d")));
    assert_eq!(served.office.count(), before + 2, "not merged");
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::JunkChanged).unwrap();
    assert_eq!((entry.count, entry.changes[0].after.as_str()), (Some(2), "VMware-*"));
}

#[test]
fn con_blk_1_a_wrong_line_is_named_and_nothing_is_added() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(JUNK);
    let page = boss.post("/ocsreports/blacklists/add", &[("list", "macs"), ("entries", "0a-1b-2c-3d-4e-5f\nxyz")]);
    page.is(422).shows(&["Line 2, “xyz”", "0a-1b-2c-3d-4e-5f\nxyz"]);
    boss.get(JUNK).hides(&["0A:1B:2C:3D:4E:5F"]);
    boss.post("/ocsreports/blacklists/add", &[("list", "subnets"), ("entries", "10.1.0.0/16")]).is(303);
    boss.get("/ocsreports/blacklists?list=subnets").shows(&["10.1.0.0/255.255.0.0"]);
}

#[test]
fn con_blk_1_entries_are_deleted_after_a_question_and_saved_as_a_file() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(JUNK);
    boss.post("/ocsreports/blacklists/add", &[("list", "serials"), ("entries", "=A\nB")]).is(303);
    let file = boss.get("/ocsreports/blacklists.csv?list=serials");
    assert!(file.header("content-disposition").contains("serials-2026-11-20.csv"));
    file.shows(&["\"'=A\",\"Added here\"", "\"EVAL\",\"Comes with the program\""]);
    let chosen = [("list", "serials"), ("value", ""), ("value", "=A"), ("value", "B"), ("value", "EVAL")];
    boss.post("/ocsreports/blacklists/delete", &chosen).is(200).shows(&["Delete 2 entries", "These 2 entries"]);
    let sure = [("list", "serials"), ("value", "=A"), ("value", "B"), ("count", "2")];
    assert_eq!(
        boss.post("/ocsreports/blacklists/delete", &sure).location(),
        "/ocsreports/blacklists?list=serials&deleted=2"
    );
    boss.get("/ocsreports/blacklists?list=serials").hides(&["value=\"=A\""]).shows(&["value=\"EVAL\""]);
}

#[test]
fn con_blk_2_an_entry_of_the_program_is_switched_off() {
    let (served, _) = office();
    served.office.set("AUTO_DUPLICATE_LVL", "2");
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(JUNK);
    let on: Vec<&str> =
        rollcall::duplicates::junk::List::Serials.built_in().into_iter().filter(|one| *one != "EVAL").collect();
    let mut fields = vec![("list", "serials"), ("on", "")];
    fields.extend(on.iter().map(|one| ("on", *one)));
    let answer = boss.post("/ocsreports/blacklists/switch", &fields);
    assert_eq!(answer.location(), "/ocsreports/blacklists?list=serials&switched=1");
    let before = served.office.count();
    for device in ["A-2026-01-02-03-04-05", "B-2026-01-02-03-04-05"] {
        served.run(served.office.inventory(device, &laptop("EVAL")));
    }
    assert_eq!(served.office.count(), before + 1, "the serial number counts now");
}

#[test]
fn con_lbl_1_the_label_is_what_agents_fetch_and_a_blank_one_is_gone() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/label").is(200).shows(&["Agents do not ask for a TAG."]);
    let save = |boss: &mut crate::browser::Browser, text: &str| boss.post("/ocsreports/label", &[("label", text)]);
    save(&mut boss, " Which <room>? ").is(303);
    boss.get("/ocsreports/label?done=saved").shows(&["The label was saved.", "Which &lt;room&gt;?"]);
    boss.get("/ocsinventory/deploy/label").is(200).shows(&["Which <room>?"]);
    save(&mut boss, &"x".repeat(256)).is(422).shows(&["shorten the question to 255"]);
    boss.get("/ocsinventory/deploy/label").shows(&["Which <room>?"]);
    assert_eq!(save(&mut boss, "  ").location(), "/ocsreports/label?done=deleted");
    boss.get("/ocsinventory/deploy/label").is(400);
    assert_eq!(served.audit().iter().filter(|entry| entry.action == Action::LabelChanged).count(), 2);
}

#[test]
fn con_lbl_2_a_notice_says_that_deploy_is_off() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/label").hides(&["The option DEPLOY is off"]);
    served.office.set("DEPLOY", "0");
    boss.get("/ocsreports/label").shows(&["The option DEPLOY is off", "/ocsreports/config?q=DEPLOY"]);
}

const FOO: [(&str, &str); 4] =
    [("name", "Foo & co"), ("hive", "1"), ("key", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Foo"), ("value", "*")];

#[test]
fn con_reg_1_agents_are_asked_for_the_queries_while_the_option_is_on() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/registry").is(200).shows(&["No registry query yet", "The option REGISTRY is off"]);
    boss.get("/ocsreports/registry/new").is(200);
    assert_eq!(boss.post("/ocsreports/registry/new", &FOO).location(), "/ocsreports/registry?done=saved");
    boss.get("/ocsreports/registry?done=saved").shows(&["Foo &amp; co", "SOFTWARE\\Foo", "HKEY_LOCAL_MACHINE"]);
    let device = "ASKED-2026-01-02-03-04-05";
    assert!(!served.run(served.office.prolog(device)).contains("REGISTRY"));
    served.office.set("REGISTRY", "1");
    let param = "<PARAM NAME=\"Foo &amp; co\" REGTREE=\"2\" REGKEY=\"SOFTWARE\\Foo\">*</PARAM>";
    let asked = served.run(served.office.prolog(device));
    assert!(asked.contains("<NAME>REGISTRY</NAME>") && asked.contains(param), "{asked}");
    let answer = "<REGISTRY><NAME>Foo &amp; co</NAME><REGVALUE>v=1</REGVALUE></REGISTRY>";
    served.run(served.office.inventory(device, &format!("<HARDWARE><NAME>A</NAME></HARDWARE>{answer}{answer}")));
    boss.get("/ocsreports/registry").shows(&["<td class=\"figures on-card\" data-label=\"Computers\">1</td>"]);
    boss.get("/ocsreports/registry").hides(&["The option REGISTRY is off"]);
    boss.post("/ocsreports/registry/delete", &[("query", "1")]).is(200).shows(&["1 computer has an answer"]);
    boss.post("/ocsreports/registry/delete", &[("query", "1"), ("answers", "1")]).is(303);
    assert!(!served.run(served.office.prolog(device)).contains("REGISTRY"));
    assert_eq!(served.audit().iter().filter(|entry| entry.action == Action::RegistryChanged).count(), 2);
}

/// Runs the job that removes answers until it has nothing more to do; says how often.
fn remove_answers(served: &Served) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let round = Round::new(served.office.agents.clone(), None, None, runtime.handle().clone());
    let job = JOBS.iter().find(|job| job.name == "registry answers").unwrap();
    (1..).find(|_| (job.run)(&round).unwrap() == Again::AsPlanned).unwrap()
}

#[test]
fn con_reg_1_the_answers_go_with_the_query_when_that_is_asked_for() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/registry/new");
    boss.post("/ocsreports/registry/new", &FOO).is(303);
    boss.get("/ocsreports/registry/edit?query=1").is(200).shows(&["name=\"answers-too\"", "checked"]);
    let answer = |name: &str| format!("<REGISTRY><NAME>{name}</NAME><REGVALUE>value of {name}</REGVALUE></REGISTRY>");
    let content = |n: u32| {
        let name = format!("<HARDWARE><NAME>R-{n}</NAME></HARDWARE><BIOS><SSN>SER-{n}</SSN></BIOS>");
        [name, answer("Foo &amp; co"), answer("Bar")].concat()
    };
    let device = |n: u32| format!("R-{n}-2026-01-02-03-04-05");
    // More than are worked on together.
    for n in 0..60 {
        served.run(served.office.inventory(&device(n), &content(n)));
    }
    let figure = |n: u32| format!("<td class=\"figures on-card\" data-label=\"Computers\">{n}</td>");
    boss.get("/ocsreports/registry").is(200).shows(&[&figure(60)]);
    // Without the box they stay.
    boss.post("/ocsreports/registry/delete", &[("query", "1")]).is(200).shows(&["60 computers have an answer"]);
    let sure = [("query", "1"), ("answers-too", "1")];
    boss.post("/ocsreports/registry/delete", &sure).is(200).shows(&["The answers of 60 computers are removed"]);
    let done = boss.post("/ocsreports/registry/delete", &[&sure[..], &[("answers", "60")]].concat());
    boss.get(done.location()).is(200).shows(&["Its answers are being removed"]);
    let first = served.office.id(&device(0)).unwrap().0;
    // Something is being done to one of them: it waits.
    let held = served.run(served.office.agents.hold(&device(0).to_ascii_lowercase()));
    assert_eq!(remove_answers(&served), 3);
    let page = |boss: &mut crate::browser::Browser, id: u32| boss.get(&format!("/ocsreports/computers/{id}/registry"));
    page(&mut boss, first).is(200).shows(&["value of Foo", "value of Bar"]);
    drop(held);
    assert_eq!(remove_answers(&served), 3);
    for n in [0, 1, 49, 50, 59] {
        let id = served.office.id(&device(n)).unwrap().0;
        page(&mut boss, id).is(200).shows(&["value of Bar"]).hides(&["value of Foo"]);
        boss.get(&format!("/ocsreports/computers/{id}/bios")).is(200).shows(&[&format!("SER-{n}")]);
    }
    assert_eq!(remove_answers(&served), 1, "there is nothing more to do");
    assert_eq!(served.office.differences(), Vec::<String>::new());
    // The query is made again: what the agent sends as before is not taken for known.
    boss.post("/ocsreports/registry/new", &FOO).is(303);
    boss.get("/ocsreports/registry").shows(&[&figure(0)]);
    served.run(served.office.inventory(&device(1), &content(1)));
    boss.get("/ocsreports/registry").shows(&[&figure(1)]);
    let again = served.office.id(&device(1)).unwrap().0;
    page(&mut boss, again).shows(&["value of Foo", "value of Bar"]);
    // A computer that is deleted answers no longer.
    boss.get("/ocsreports/computers");
    let gone = again.to_string();
    boss.post("/ocsreports/computers/delete", &[("id", gone.as_str()), ("confirmed", "1")]).is(303);
    boss.get("/ocsreports/registry").shows(&[&figure(0)]);
    boss.get(&format!("/ocsreports/computers/{id}")).is(200);
}

#[test]
fn con_reg_1_a_query_that_is_made_again_keeps_its_answers() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/registry/new");
    boss.post("/ocsreports/registry/new", &FOO).is(303);
    let answer = "<REGISTRY><NAME>Foo &amp; co</NAME><REGVALUE>v=1</REGVALUE></REGISTRY>";
    served
        .run(served.office.inventory("R-2026-01-02-03-04-05", &format!("<HARDWARE><NAME>R</NAME></HARDWARE>{answer}")));
    boss.post("/ocsreports/registry/delete", &[("query", "1"), ("answers-too", "1"), ("answers", "1")]).is(303);
    boss.post("/ocsreports/registry/new", &FOO).is(303);
    assert_eq!(remove_answers(&served), 1);
    let id = served.office.id("R-2026-01-02-03-04-05").unwrap();
    boss.get(&format!("/ocsreports/computers/{id}/registry")).is(200).shows(&["v=1"]);
}

#[test]
fn con_reg_3_all_is_required_and_nothing_is_asked_twice() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/registry/new");
    boss.post("/ocsreports/registry/new", &FOO).is(303);
    let page = boss.post("/ocsreports/registry/new", &[("name", "x"), ("hive", "2"), ("key", " \\ "), ("value", "")]);
    page.is(422).shows(&["Please look at 2 fields again", "href=\"#key\"", "href=\"#value\""]);
    let named = [("name", "FOO & CO"), ("hive", "2"), ("key", "x"), ("value", "y")];
    boss.post("/ocsreports/registry/new", &named).is(422).shows(&["Another query has this name"]);
    let same = [("name", "Bar"), ("hive", "2"), ("key", "software\\foo"), ("value", "*")];
    boss.post("/ocsreports/registry/new", &same).is(422).shows(&["asks for the same value"]);
}

#[test]
fn con_pc_3_a_serial_is_put_on_the_list_from_the_computers_page() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let link = "/ocsreports/blacklists?list=serials&amp;entries=7XK2QJ3";
    boss.get(&format!("/ocsreports/computers/{id}/bios")).shows(&[link]);
    boss.get(&link.replace("&amp;", "&")).is(200).shows(&["\n7XK2QJ3</textarea>"]);
    boss.post("/ocsreports/blacklists/add", &[("list", "serials"), ("entries", "7XK2QJ3")]).is(303);
    boss.get(&format!("/ocsreports/computers/{id}/bios")).hides(&[link]);
    let mut paul = served.log_in("paul", Role::Technician);
    paul.get(&format!("/ocsreports/computers/{id}/bios")).hides(&["blacklists"]);
}
