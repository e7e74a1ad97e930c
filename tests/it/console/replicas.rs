//! The pages about second sites (CON-DEP-19).

use rollcall::clock::Timestamp;
use rollcall::deployment::replicas::{self, Call, Trouble};
use rollcall::history::Action;
use rollcall::users::Role;

use super::office;
use crate::agent::download::packaged;
use crate::office::NOON;

const LIST: &str = "/ocsreports/deploy/replicas";
const NEW: &str = "/ocsreports/deploy/replicas/new";
const REVOKE: &str = "/ocsreports/deploy/replicas/revoke";

#[test]
fn con_dep_19_a_token_is_made_after_the_password_shown_once_and_revoked() {
    let (served, _) = office();
    served.add("carla", Role::Admin, "correct horse battery");
    let mut browser = served.session("carla");
    browser.get(LIST).is(200).shows(&["No second site yet", "rsync -a"]);
    browser.get(NEW).is(200);
    browser.post(NEW, &[("name", " ")]).is(422).shows(&["Give a name"]);
    // Who logged in just now has typed it just now.
    served.office.clock.forward(601);
    let asked = browser.post(NEW, &[("name", "Lyon 2")]);
    asked.is(200).hides(&["rollcall-site-"]);
    assert!(served.office.app.read(replicas::all).unwrap().is_empty(), "the password was not typed yet");
    let made = browser.post(NEW, &[("name", "Lyon 2"), ("own-password", "correct horse battery")]);
    made.is(200).shows(&["rollcall-site-", "--replica-of", "Token of Lyon 2"]);
    let at = made.body.find("rollcall-site-").unwrap();
    let token = made.body[at..at + 78].to_owned();
    assert!(replicas::is_token(&token), "{token}");
    let known = served.office.app.read(move |read| replicas::of_token(read, &token)).unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.by.as_str()), ("Lyon 2", "carla"));
    browser.get(LIST).is(200).shows(&["Lyon 2", "Not heard of yet"]).hides(&["rollcall-site-"]);
    browser.post(NEW, &[("name", "LYON 2")]).is(422).shows(&["has this name already"]);
    let entries = || served.audit().into_iter().map(|entry| entry.action).collect::<Vec<_>>();
    assert!(entries().contains(&Action::TokenAdded));
    let log = format!("{:?}", served.audit());
    assert!(!log.contains("rollcall-site-"), "the log does not tell it");

    let id = known.id.to_string();
    let asked = browser.post(REVOKE, &[("site", &id)]);
    asked.is(200).shows(&["goes on serving what it has", "Revoke the token of Lyon 2"]);
    assert_eq!(served.office.app.read(replicas::all).unwrap().len(), 1);
    browser.post(REVOKE, &[("site", &id), ("confirmed", "1")]).is(303);
    browser.get(&format!("{LIST}?done=revoked")).is(200).shows(&["The token is revoked", "No second site yet"]);
    assert!(entries().contains(&Action::TokenDeleted));
    browser.post(REVOKE, &[("site", &id)]).is(404);
    for role in [Role::User, Role::Technician] {
        let mut other = served.log_in(&format!("other-{}", role.code()), role);
        other.get(LIST).is(403);
        other.post(NEW, &[("name", "x")]).is(403);
    }
}

#[test]
fn con_dep_19_the_list_names_what_a_site_lacks_and_why() {
    let (served, _) = office();
    packaged(&served.office, 1_700_000_001);
    let mut browser = served.log_in("dora", Role::Admin);
    let make = |name: &str| {
        let replica = replicas::Replica { name: name.into(), digest: name.into(), made: NOON, ..Default::default() };
        let entry = crate::agent::download::entry();
        served.office.blocking(|app| replicas::make(&app.store, replica, entry)).unwrap()
    };
    let (lyon, nice) = (make("Lyon"), make("Nice"));
    let note = |id, call: Call| served.office.blocking(|app| replicas::note(&app.store, id, call)).unwrap();
    let lacks = vec![1_700_000_001, 1_700_000_009];
    let address = "203.0.113.9".to_owned();
    note(lyon, Call { at: NOON, lacks, trouble: Trouble::Room, address, complete: None });
    note(nice, Call { at: Timestamp(NOON.0 - 86_400), complete: Some(NOON), ..Call::default() });
    browser.get(LIST).is(200).shows(&[
        "2 packages missing",
        "Tool 1700000001",
        "Package 1700000009",
        "203.0.113.9",
        "Silent",
    ]);
    browser.get(&format!("{LIST}/site?site={lyon}")).is(200).shows(&[
        "no room for a package",
        "Tool 1700000001",
        "Revoke",
    ]);
    browser.get(&format!("{LIST}/site?site={nice}")).is(200).shows(&["more than an hour", "It has every package"]);
    browser.get(&format!("{LIST}/site?site=99")).is(404);
}
