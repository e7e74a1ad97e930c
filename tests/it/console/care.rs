//! What needs an administrator's care (CON-NAV-3), and a day of contacts (CON-STA-1).

use rollcall::clock::Timestamp;
use rollcall::deployment::files::Broken;
use rollcall::deployment::package::PackageId;
use rollcall::history::imports::{ImportOutcome, ImportResult, note};
use rollcall::users::{Role, User};

use super::office;
use super::reading::rows;
use super::story::DEVICE;
use crate::agent::download::packaged;
use crate::browser::Served;
use crate::office::{NOON, UNIX};

fn look(served: &Served) {
    served.office.blocking(|app| app.take_vitals().unwrap());
}

#[test]
fn con_nav_3_what_needs_care_stands_on_every_page_of_an_administrator_and_leads_to_where_it_is_mended() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let pages = ["/ocsreports/".to_owned(), "/ocsreports/software".into(), format!("/ocsreports/computers/{id}")];
    look(&served);
    boss.get("/ocsreports/software").is(200).hides(&[
        "No agent has called",
        "imported files were refused",
        "still has the password",
    ]);

    let refused = |name: &str| ImportOutcome { name: name.into(), result: ImportResult::Refused("because".into()) };
    note(&served.office.app.store, NOON, vec![refused("a.ocs"), refused("b.ocs")]).unwrap();
    served.office.clock.forward(25 * 3600);
    let given = User {
        must_change: true,
        password_set: None,
        ..User::new("lea".parse().unwrap(), Role::User, "x".into(), NOON)
    };
    served.office.blocking(move |app| app.write(move |w| rollcall::users::store::add(w, &given)).unwrap());
    boss.get("/ocsreports/software").hides(&["No agent has called"]);
    look(&served);
    let mut boss = served.log_in("marie2", Role::Admin);
    for page in &pages {
        boss.get(page).is(200).shows(&[
            "2 imported files were refused",
            "<a href=\"/ocsreports/import\">",
            "No agent has called for a day; the last one did 1 day ago",
            "<a href=\"/ocsreports/status\">",
            "1 account still has the password that somebody else chose",
            "<a href=\"/ocsreports/users\">",
        ]);
    }
    // Nobody else is told.
    let mut technician = served.log_in("paul", Role::Technician);
    for page in &pages {
        technician.get(page).is(200).hides(&["No agent has called", "imported files were refused"]);
    }
    // Each goes away once it is mended.
    boss.get("/ocsreports/import").is(200).shows(&["2 refused files have not been looked at yet.", "Mark as read"]);
    boss.post("/ocsreports/import/read", &[]).is(303);
    let entry = served.audit().remove(0);
    assert_eq!((entry.action.word(), entry.count), ("files-read", Some(2)));
    boss.get("/ocsreports/import").is(200).hides(&["Mark as read", "imported files were refused"]).shows(&["a.ocs"]);
    served.run(served.office.prolog(DEVICE));
    look(&served);
    boss.get("/ocsreports/").is(200).hides(&["No agent has called"]).shows(&["1 account still has"]);
    served.log_in("tom", Role::User).post("/ocsreports/import/read", &[]).is(403);
}

#[test]
fn sec_45_a_package_whose_files_were_changed_is_told_of_until_they_are_put_back() {
    let (served, _) = office();
    packaged(&served.office, 1_700_000_001);
    let mut boss = served.log_in("marie", Role::Admin);
    let words = "The files of 1 package are damaged";
    let found = |served: &Served| {
        let (board, going) = (&served.office.app.board, || true);
        let package = board.look().packages.values().next().unwrap().clone();
        served.office.blocking(|app| app.look_at_package(&package, &going).unwrap())
    };
    assert_eq!(found(&served), Ok(()));
    look(&served);
    boss.get("/ocsreports/").is(200).hides(&[words]);

    let path = served.office.app.packages.fragment(PackageId(1_700_000_001), 2);
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, vec![0; good.len()]).unwrap();
    assert_eq!(found(&served), Err(Broken::Digest));
    look(&served);
    boss.get("/ocsreports/").is(200).shows(&[words, "<a href=\"/ocsreports/deploy\">"]);
    boss.get("/ocsreports/deploy").shows(&["are not as they were built", "<a href=\"/ocsreports/deploy/1700000001\">"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(found(&served), Err(Broken::Missing("1700000001-2".into())));
    boss.get("/ocsreports/deploy/1700000001")
        .is(200)
        .shows(&["missing or cannot be read on this server: 1700000001-2"]);

    std::fs::write(&path, good).unwrap();
    assert_eq!(found(&served), Ok(()));
    look(&served);
    boss.get("/ocsreports/").is(200).hides(&[words]);
}

#[test]
fn con_nav_3_a_certificate_that_ends_soon_is_told_of() {
    let served = Served::secure();
    served.add("boss", Role::Admin, "");
    let mut boss = served.log_in("marie", Role::Admin);
    let ends = served.tls.as_ref().unwrap().summary().leaf.unwrap().not_after;
    boss.get("/ocsreports/certificates").is(200).hides(&["The certificate ends"]);
    served.office.clock.forward(ends.0 - NOON.0 - 10 * Timestamp::DAY - 60);
    let mut boss = served.log_in("marie2", Role::Admin);
    boss.get("/ocsreports/").is(200).shows(&["The certificate ends in 10 days", "href=\"/ocsreports/certificates\""]);
}

#[test]
fn con_sta_1_contacts_and_inventories_are_counted_by_the_hour_and_refusals_by_their_kind() {
    let (served, _) = office();
    served.office.clock.forward(2 * 3600);
    served.run(served.office.prolog(DEVICE));
    served.run(served.office.prolog(DEVICE));
    served.run(served.office.inventory(DEVICE, "<HARDWARE><NAME>ACC-PC-007</NAME></HARDWARE>"));
    for bad in ["<REQUEST>", "nonsense"] {
        assert_eq!(served.run(served.office.say(UNIX, bad)).0, 400);
    }
    let nameless = crate::office::inventory("other-2026-01-02-03-04-05", "<BIOS><SSN>1</SSN></BIOS>");
    assert_eq!(served.run(served.office.say(UNIX, &nameless)).0, 400);
    served.office.set("INVENTORY_SESSION_ONLY", "1");
    let inventory = crate::office::inventory(DEVICE, "<HARDWARE><NAME>ACC-PC-007</NAME></HARDWARE>");
    assert_eq!(served.run(served.office.say(UNIX, &inventory)).0, 403);

    let mut boss = served.log_in("marie", Role::Admin);
    let page = boss.get("/ocsreports/status");
    page.is(200)
        .shows(&["Contacts of agents in 24 hours: <strong>4</strong>", "Inventories in 24 hours: <strong>2</strong>"]);
    let hours: Vec<_> = rows(&page).into_iter().take(24).map(|row| row[1..].join(" ")).collect();
    assert_eq!((hours.len(), hours[0].as_str(), hours[1].as_str(), hours[2].as_str()), (24, "3 1 4", "0 0 0", "1 1 0"));
    assert!(hours[3..].iter().all(|row| row == "0 0 0"), "{hours:?}");
    assert_eq!(page.body.matches("<rect class=\"contacts\"").count(), 2);
    let (_, troubles) = page.body.split_once("Refused messages of the last 24 hours").unwrap();
    for (words, n) in [("Could not be read", 2), ("Does not name the computer", 1), ("INVENTORY_SESSION_ONLY", 1)] {
        let row = troubles.split(words).nth(1).expect(words).split("</tr>").next().unwrap();
        assert!(row.contains(&format!(">{n}<")), "{words}: {row}");
    }
    // They are kept over a restart, and written by the job only.
    served.office.blocking(|_| served.office.agents.flush_contacts().unwrap());
    let kept = rollcall::history::Hours::load(&served.office.app.store.read().unwrap()).unwrap();
    assert_eq!(kept.day(served.office.clock.now())[23].1.contacts, 3);
    // A day later they are gone.
    served.office.clock.forward(26 * 3600);
    let mut boss = served.log_in("marie2", Role::Admin);
    boss.get("/ocsreports/status")
        .is(200)
        .shows(&["No agent has called in the last 24 hours", "No message was refused"]);
}
