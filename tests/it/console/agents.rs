//! Agents' own files: brought, served over plain HTTP, deleted (CON-AGT-1).

use rollcall::deployment::agent_files::{self, program};
use rollcall::history::Action;
use rollcall::users::Role;

use super::office;
use super::story::PASSWORD;
use crate::browser::{Browser, Page};

const AGENTS: &str = "/ocsreports/agents";

#[test]
fn con_agt_2_a_kit_is_made_shown_and_fetched() {
    const KIT: &str = "/ocsreports/agents/kit";
    let (served, _) = office();
    let mut anne = served.log_in("anne", Role::Technician);
    anne.lang = "fr".into();
    anne.get(KIT).is(200).shows(&["name=\"server\"", "name=\"tag\""]);
    let fields =
        [("server", "ocs.office.lan"), ("protocol", "http"), ("port", "8080"), ("tag", "R&D 'l\u{2019}été' 100%")];
    anne.post(KIT, &fields).is(200).shows(&[
        "http://ocs.office.lan:8080/ocsinventory",
        "/TAG=&quot;R&amp;D",
        "OcsAgentSetup.exe /S /NP /SERVER:ocs.office.lan /PNUM:8080",
        "windows-1.x/login.cmd",
    ]);
    let page = anne.post("/ocsreports/agents/kit.zip", &fields);
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"agent-kit.zip\"");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(page.bytes.clone())).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("READ-ME.txt").unwrap(), &mut text).unwrap();
    assert!(text.starts_with("\u{FEFF}Kit pour agents\r\n") && text.contains("R&D 'l\u{2019}été' 100%"), "{text}");
    for (name, value, why) in [
        ("server", "http://x", "un nom ou une adresse"),
        ("port", "0", "de 1 à 65535"),
        ("tag", "a\"b", "sans guillemets"),
    ] {
        let mut wrong = fields;
        wrong.iter_mut().filter(|field| field.0 == name).for_each(|field| field.1 = value);
        anne.post(KIT, &wrong).is(422).shows(&[why]);
        anne.post("/ocsreports/agents/kit.zip", &wrong).is(422);
    }
}

fn bring(browser: &mut Browser, name: &str, bytes: &[u8]) -> Page {
    browser.get(AGENTS).is(200);
    browser.post_files(AGENTS, &[("own-password", PASSWORD)], &[("file", name, bytes)])
}

#[test]
fn con_agt_1_an_agent_file_is_brought_listed_fetched_and_deleted() {
    let (served, _) = office();
    served.add("marie", Role::Admin, PASSWORD);
    let mut boss = served.session("marie");
    // What was typed at the log-in counts for ten minutes.
    served.office.clock.forward(700);
    boss.get(AGENTS).is(200).shows(&["No agent file yet", "plain HTTP", "ocspackage.exe", "own-password"]);
    let old = program([4, 0, 6, 1]);
    bring(&mut boss, "OCSAGENT.EXE", &old).is(303);
    let digest = served.office.app.read(agent_files::all).unwrap().remove(0).sha256;
    let list = boss.get(AGENTS);
    list.is(200).shows(&["ocsagent.exe", "4.0.6.1", &digest, "/ocsinventory/deploy/ocsagent.exe"]);
    list.hides(&["own-password"]);

    let mut anybody = served.browser();
    let fetched = anybody.get("/ocsinventory/deploy/ocsagent.exe");
    assert_eq!((fetched.status, fetched.bytes == old), (200, true));
    assert_eq!(fetched.header("content-length"), old.len().to_string());
    assert_eq!(fetched.header("content-disposition"), "attachment");
    anybody.get("/ocsinventory/deploy/OCSAGENT.EXE").is(400);
    anybody.get("/ocsinventory/deploy/ocspackage.exe").is(400);

    // More than goes at once, and in place of the first.
    let large = [program([4, 0, 6, 2]), vec![7; 900_000]].concat();
    boss.post_files(AGENTS, &[], &[("file", "ocsagent.exe", &large)]).is(303);
    assert!(anybody.get("/ocsinventory/deploy/ocsagent.exe").bytes == large);
    served.office.set("DEPLOY", "0");
    anybody.get("/ocsinventory/deploy/ocsagent.exe").is(403);
    boss.get(AGENTS).is(200).shows(&["The option DEPLOY is off", "4.0.6.2"]);
    served.office.set("DEPLOY", "1");

    let page = boss.post("/ocsreports/agents/delete", &[("name", "ocsagent.exe")]);
    page.is(200).shows(&["Delete ocsagent.exe"]);
    boss.post("/ocsreports/agents/delete", &[("name", "ocsagent.exe"), ("confirmed", "1")]).is(303);
    anybody.get("/ocsinventory/deploy/ocsagent.exe").is(400);
    boss.get("/ocsreports/agents/file?name=ocsagent.exe").is(404);
    let told = served.audit().into_iter().filter(|entry| entry.action == Action::AgentFileChanged).count();
    assert_eq!(told, 3);
    let left = std::fs::read_dir(served.office.app.folder("agents")).unwrap().count();
    assert_eq!(left, 0, "contents without a name");
}

#[test]
fn con_agt_1_other_names_and_other_contents_are_refused() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    bring(&mut boss, "setup.exe", &program([1, 0, 0, 0]))
        .is(422)
        .shows(&["setup.exe is no name", "ocsagent.exe, ocspackage.exe"]);
    bring(&mut boss, "ocsagent.exe", b"<!DOCTYPE html>").is(422).shows(&["not what its ending says"]);
    boss.post_files(AGENTS, &[], &[]).is(422).shows(&["Choose a file."]);
    let mut other = served.log_in("anne", Role::Admin);
    served.office.clock.forward(700);
    other.get(AGENTS).is(200);
    let file = program([1, 0, 0, 0]);
    other.post_files(AGENTS, &[], &[("file", "ocsagent.exe", &file)]).is(422).shows(&["This is not your password"]);
    other.post_files(AGENTS, &[("own-password", "wrong")], &[("file", "ocsagent.exe", &file)]).is(422);
    assert!(served.office.app.read(agent_files::all).unwrap().is_empty());
    let uploads = served.office.app.folder("uploads");
    assert_eq!(std::fs::read_dir(uploads).map_or(0, Iterator::count), 0, "nothing that was refused is left");
    // A technician looks, and changes nothing.
    let mut anne = served.log_in("tech", Role::Technician);
    anne.get(AGENTS).is(200).hides(&["Bring a file"]);
    anne.post_files(AGENTS, &[], &[("file", "ocsagent.exe", &file)]).is(403);
}
