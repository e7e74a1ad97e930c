//! What an administrator looks after.

use rollcall::history::Action;
use rollcall::history::audit::{self, Actor, Entry};
use rollcall::users::Role;

use super::office;
use crate::browser::Served;
use crate::office::NOON;

const LOG: &str = "/ocsreports/log";

fn note(served: &Served, entries: Vec<Entry>) {
    let write = move |w: &mut rollcall::store::Txn<'_>| -> Result<(), rollcall::store::Error> {
        entries.into_iter().try_for_each(|entry| audit::append(w, entry).map(drop))
    };
    served.office.blocking(move |app| app.write(write).unwrap());
}

fn entry(actor: Actor, action: Action, object: &str) -> Entry {
    let mut entry = Entry::new(NOON, actor, Some([192, 168, 50, 9].into()), action);
    entry.object = object.to_owned();
    entry
}

#[test]
fn con_aud_1_every_change_is_listed_with_who_what_and_both_values() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/config").is(200);
    served.office.set("PROLOG_FREQ", "12");
    let form = format!("/ocsreports/computers/{id}/administrative");
    boss.get(&form).is(200);
    boss.post(&form, &[("tag", "SIEGE")]).is(303);
    let account = Actor::Account("marie".into());
    note(
        &served,
        vec![
            entry(account.clone(), Action::OptionChanged, "PROLOG_FREQ"),
            entry(Actor::CommandLine, Action::ComputerDeleted, "999"),
            Entry { count: Some(4711), ..entry(Actor::Automatic, Action::AuditPruned, "") },
            Entry { done: false, ..entry(Actor::Account("<b>eve".into()), Action::LogIn, "") },
        ],
    );
    let page = boss.get(LOG);
    page.is(200).shows(&["Changed administrative data", "TAG: COMPTA → SIEGE", "marie", "127.0.0.1", "ACC-PC-007"]);
    page.shows(&[&format!("href=\"/ocsreports/computers/{id}\""), "/ocsreports/config?q=PROLOG_FREQ"]);
    page.shows(&["Command line", "999", "Automatic", "4,711", "&lt;b&gt;eve", "Refused", "192.168.50.9"]);
    page.hides(&["/ocsreports/computers/999"]);
    let count = |page: &crate::browser::Page| page.is(200).body.matches("scope=\"row\"").count();
    assert_eq!(count(&boss.get("/ocsreports/log?account=:automatic&action=")), 1);
    assert_eq!(count(&boss.get("/ocsreports/log?account=&action=option-changed")), 1);
    assert_eq!(count(&boss.get("/ocsreports/log?account=MARIE&action=computer-deleted")), 0);
    assert_eq!(count(&boss.get("/ocsreports/log?q=siege")), 1);
    boss.get("/ocsreports/log?action=option-changed").shows(&["What: Changed an option", "selected"]);
    let csv = boss.get("/ocsreports/log.csv?action=audit-pruned");
    csv.is(200).shows(&["Automatic", "4711"]).hides(&["PROLOG_FREQ"]);
    assert!(csv.header("content-disposition").contains("log-2026-11-20.csv"));
    let mut user = served.log_in("paul", Role::Technician);
    user.get(LOG).is(403);
    user.get("/ocsreports/log.csv").is(403);
    user.get("/ocsreports/computers").hides(&["/ocsreports/log\""]);
}

/// Nothing in the console can change or remove an entry.
#[test]
fn con_aud_1_the_log_has_no_route_that_changes_it() {
    let changing =
        super::posts().filter(|route| route.path.starts_with(LOG) && !route.path.starts_with("/ocsreports/login"));
    assert_eq!(changing.filter(|route| !route.path.starts_with("/ocsreports/logout")).count(), 0);
}

#[test]
fn con_aud_2_the_last_lines_of_the_log_are_shown_and_fetched() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let lines = "/ocsreports/log/lines";
    boss.get(lines).is(200).shows(&["The server has written nothing"]);
    let folder = served.office.app.config.log_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let stamp = "2026-11-20 14:05:09+01:00";
    let text = format!("{stamp}  INFO started version=1\n{stamp}  WARN <i>disk é nearly full\n{stamp} ERROR no room\n");
    std::fs::write(folder.join("rollcall.log"), &text).unwrap();
    std::fs::write(folder.join("rollcall.log.1"), format!("{stamp}  INFO older\n")).unwrap();
    boss.get(lines).is(200).shows(&["no room", "started version=1", "older", "&lt;i&gt;disk", stamp, "rollcall.log.1"]);
    boss.get("/ocsreports/log/lines?level=warn").is(200).shows(&["no room", "disk"]).hides(&["started"]);
    boss.get("/ocsreports/log/lines?level=&q=DISK").is(200).shows(&["nearly full"]).hides(&["no room"]);
    boss.get("/ocsreports/log/lines?q=nothing").is(200).shows(&["None of the last lines matches"]);
    let file = boss.get("/ocsreports/log/file?name=rollcall.log");
    assert_eq!(file.is(200).body, text);
    assert!(file.header("content-disposition").contains("rollcall-2026-11-20.log"));
    for bad in ["../store.redb", "rollcall.log.2", "", "..%2Fconfig.toml"] {
        boss.get(&format!("/ocsreports/log/file?name={bad}")).is(404);
    }
    let mut user = served.log_in("paul", Role::Technician);
    user.get(lines).is(403);
    user.get("/ocsreports/log/file?name=rollcall.log").is(403);
}
