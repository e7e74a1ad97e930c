//! Accounts in the console.

use rollcall::history::Action;
use rollcall::users::{Role, store};

use super::office;
use super::story::log_in;
use crate::browser::{Browser, Page, Served};

const USERS: &str = "/ocsreports/users";

fn stored(served: &Served, account: &str) -> Option<rollcall::users::User> {
    served.office.app.read(|read| store::get(read, &account.parse().unwrap())).unwrap()
}

/// The password that the page shows once.
fn given(page: &Page) -> String {
    let (_, rest) = page.is(200).body.split_once("class=\"address\"").unwrap();
    rest.split_once("<code class=\"copy\">").unwrap().1.split('<').next().unwrap().to_owned()
}

fn add(browser: &mut Browser, account: &str, role: &str) -> Page {
    browser.get("/ocsreports/users/new").is(200);
    browser.post("/ocsreports/users/new", &[("account", account), ("name", "Paul D."), ("email", ""), ("role", role)])
}

#[test]
fn con_usr_1_a_new_user_chooses_a_password_at_the_first_log_in() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let password = given(&add(&mut boss, "paul", "technician"));
    boss.get(USERS).shows(&["paul", "Paul D.", "New password at next log-in"]).hides(&[&password]);
    let mut paul = served.browser();
    log_in(&mut paul, "paul", &password).is(303);
    let page = paul.get("/ocsreports/computers");
    assert_eq!((page.status, page.location()), (302, "/ocsreports/new-password"));
    paul.get("/ocsreports/new-password").is(200);
    let own = "three green chairs";
    let wrong = [("own-password", "not it"), ("password", own), ("again", own)];
    paul.post("/ocsreports/new-password", &wrong).is(422).shows(&["This is not your password"]);
    let same = [("own-password", password.as_str()), ("password", &password), ("again", &password)];
    paul.post("/ocsreports/new-password", &same).is(422).shows(&["another password than the one"]);
    let good = [("own-password", password.as_str()), ("password", own), ("again", own)];
    paul.post("/ocsreports/new-password", &good).is(303);
    paul.get("/ocsreports/computers").is(200);
    paul.get(USERS).is(403);
    log_in(&mut served.browser(), "paul", &password).is(403);
    for word in [&password, own] {
        assert!(served.audit().iter().all(|entry| !format!("{entry:?}").contains(word)));
    }
}

#[test]
fn con_usr_1_what_is_wrong_with_a_user_stands_at_its_field() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    add(&mut boss, "pa ul", "user").is(422).shows(&["1 to 64 letters without accents", "value=\"pa ul\"", "Paul D."]);
    add(&mut boss, "MARIE", "user").is(422).shows(&["There is an account marie already"]);
    add(&mut boss, "paul", "owner").is(422).shows(&["Please choose a role"]);
    boss.post("/ocsreports/users/new", &[("account", "paul"), ("role", "user"), ("email", "a b@c")]).is(422);
    assert!(stored(&served, "paul").is_none());
}

#[test]
fn con_usr_1_a_change_of_role_ends_the_sessions_and_is_written_down() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let mut paul = served.log_in("paul", Role::User);
    boss.get("/ocsreports/users/edit?account=paul").is(200).shows(&["End 1 session"]);
    let fields = [("account", "paul"), ("name", "Paul"), ("email", "p@x.org"), ("role", "technician"), ("lang", "fr")];
    assert_eq!(boss.post("/ocsreports/users/edit", &fields).location(), "/ocsreports/users?done=changed");
    boss.get("/ocsreports/users?done=changed").shows(&["The user was saved.", "p@x.org", "Technician"]);
    paul.get("/ocsreports/computers").is(302);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::UserChanged).unwrap();
    let changed: Vec<_> = entry.changes.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(changed, ["name", "email", "role", "language"]);
    let mut anne = served.log_in("anne", Role::User);
    boss.post("/ocsreports/users/sessions", &[("account", "anne")]).is(303);
    anne.get("/ocsreports/computers").is(302);
    let password = given(&boss.post("/ocsreports/users/password", &[("account", "anne")]));
    log_in(&mut served.browser(), "anne", &password).is(303);
    boss.get("/ocsreports/users/edit?account=nobody").is(404);
}

#[test]
fn con_usr_2_the_last_administrator_stays_and_nobody_deletes_himself() {
    let (served, _) = office();
    let mut marie = served.log_in("marie", Role::Admin);
    marie.get(USERS);
    let delete = |browser: &mut Browser, account: &str| {
        browser.post("/ocsreports/users/delete", &[("account", account)]).is(200).shows(&["Delete 1 user"]);
        assert!(stored(&served, account).is_some(), "it is asked for first");
        browser.post("/ocsreports/users/delete", &[("account", account), ("sure", "1")])
    };
    delete(&mut marie, "marie").is(422).shows(&["This is the account that you use"]);
    delete(&mut marie, "boss").is(303);
    assert!(stored(&served, "boss").is_none());
    delete(&mut marie, "marie").is(422);
    let demoted = [("account", "marie"), ("role", "user")];
    marie.post("/ocsreports/users/edit", &demoted).is(422).shows(&["This is the last administrator"]);
    assert!(stored(&served, "marie").unwrap().administers());
}

/// SEC-58: ten minutes after the log-in the password is asked for again, and what was typed is not lost.
#[test]
fn sec_58_accounts_are_changed_by_who_typed_the_password_lately() {
    let (served, _) = office();
    served.add("marie", Role::Admin, "three green chairs");
    let mut marie = served.browser();
    log_in(&mut marie, "marie", "three green chairs").is(303);
    marie.get(USERS).is(200);
    served.office.clock.forward(601);
    let page = add(&mut marie, "paul", "user");
    page.is(200).shows(&["Your password again", "name=\"account\" value=\"paul\""]);
    assert!(stored(&served, "paul").is_none());
    let fields = |word| [("account", "paul"), ("name", ""), ("email", ""), ("role", "user"), ("own-password", word)];
    marie
        .post("/ocsreports/users/new", &fields("wrong"))
        .is(422)
        .shows(&["This is not your password"])
        .hides(&["wrong\""]);
    given(&marie.post("/ocsreports/users/new", &fields("three green chairs")));
    given(&add(&mut marie, "anne", "user"));
}

/// An office with a computer of COMPTA and three of LYON.
fn two_sites() -> (Served, u32, u32) {
    let (served, id) = office();
    for n in 1..=3 {
        let more = format!("<BIOS><SSN>LYO-{n}</SSN></BIOS><SOFTWARES><NAME>scribus</NAME></SOFTWARES>");
        let tag = "<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>LYON-2</KEYVALUE></ACCOUNTINFO>";
        let content = format!("<HARDWARE><NAME>LYO-PC-{n}</NAME></HARDWARE>{more}{tag}");
        served.run(served.office.inventory(&format!("lyo-{n}-2026-01-02-03-04-05"), &content));
    }
    let own = served.office.id("lyo-1-2026-01-02-03-04-05").unwrap().0;
    (served, id, own)
}

#[test]
fn con_usr_4_limits_are_previewed_stored_and_in_force_at_once() {
    let (served, id, own) = two_sites();
    let mut boss = served.log_in("marie", Role::Admin);
    let mut paul = served.log_in("paul", Role::Technician);
    paul.get(&format!("/ocsreports/computers/{id}")).is(200);
    boss.get("/ocsreports/users/edit?account=paul").is(200).shows(&["name=\"tags\""]).hides(&["of 4 computers"]);
    let fields = |tags| [("account", "paul"), ("name", ""), ("email", ""), ("role", "technician"), ("tags", tags)];
    let preview = |tags| [&fields(tags)[..], &[("preview", "1")]].concat();
    let edit = "/ocsreports/users/edit";
    boss.post(edit, &preview("lyon*\r\n\r\nR?M\r\nlyon*")).is(200).shows(&["sees 3 of 4 computers", "R?M"]);
    boss.post(edit, &preview("NOWHERE")).is(200).shows(&["sees 0 of 4 computers"]);
    assert!(stored(&served, "paul").unwrap().tags.is_empty(), "a preview stores nothing");
    let (long, twice) = ("x".repeat(256), "a\n".repeat(100));
    let many: String = (0..101).map(|n| format!("T{n}\n")).collect();
    boss.post(edit, &fields(&long)).is(422).shows(&["at most 255 characters"]);
    boss.post(edit, &fields(&twice)).is(303);
    assert_eq!(stored(&served, "paul").unwrap().tags, ["a"]);
    boss.post(edit, &fields(&many)).is(422);
    let mut paul = served.session("paul");
    paul.get("/ocsreports/computers").is(200).hides(&["LYO-PC-1"]);
    boss.post(edit, &fields("Lyon*\r\nR?M")).is(303);
    paul.get("/ocsreports/computers").is(302);
    assert_eq!(stored(&served, "paul").unwrap().tags, ["Lyon*", "R?M"]);
    boss.get(USERS).shows(&["Lyon*, R?M", "All computers"]);
    boss.get("/ocsreports/users/edit?account=paul").shows(&["sees 3 of 4 computers"]);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::UserChanged).unwrap();
    assert_eq!((entry.changes[0].what.as_str(), entry.changes[0].after.as_str()), ("TAG", "Lyon*, R?M"));
    let mut paul = served.session("paul");
    paul.get(&format!("/ocsreports/computers/{own}")).is(200);
    paul.get(&format!("/ocsreports/computers/{id}")).is(404);
    let new = [("account", "anne"), ("role", "user"), ("tags", "LYON-2")];
    boss.post("/ocsreports/users/new", &[&new[..], &[("preview", "1")]].concat()).is(200).shows(&["sees 3 of 4"]);
    assert!(stored(&served, "anne").is_none());
    given(&boss.post("/ocsreports/users/new", &new));
    assert_eq!(stored(&served, "anne").unwrap().tags, ["LYON-2"]);
}

/// Every address of the console, as somebody who is limited to other TAGs.
#[test]
fn con_gen_4_no_page_count_file_or_address_tells_of_computers_outside_of_the_tags() {
    let (served, id, own) = two_sites();
    let foreign = ["ACC-PC-007", "7XK2QJ3", "COMPTA", "camille", "firefox", "OptiPlex", "Debian", "4C4C4544"];
    for role in [Role::User, Role::Technician] {
        let mut paul = served.limited(&format!("paul-{role}"), role, &["LYON*"]);
        // The component page of debug builds shows an invented office.
        for route in super::gets().filter(|route| route.path != "/ocsreports/components") {
            let direct = route.path.contains("{id}");
            let page = paul.get(&super::address(route, id));
            assert!(!direct || matches!(page.status, 404 | 403), "{} {}", route.path, page.status);
            page.hides(&foreign);
            if direct && page.status == 404 {
                let seen = paul.get(&super::address(route, own)).status;
                assert!(matches!(seen, 200 | 303 | 302 | 404), "{} {seen}", route.path);
            }
        }
        paul.get("/ocsreports/").shows(&["3"]).hides(&[">4<"]);
        paul.get("/ocsreports/computers").shows(&["3 computers", "LYO-PC-1"]);
        paul.get("/ocsreports/tags").shows(&["LYON-2"]).hides(&["COMPTA"]);
        for question in ["ACC", "7XK2QJ3", "camille", "COMPTA", "firefox", "4C4C"] {
            // What was asked for stands in the box.
            let page = paul.get(&format!("/ocsreports/find?q={question}"));
            page.is(200).hides(&["/ocsreports/computers/1\"", "OptiPlex"]);
            assert!(!page.body.contains(&format!("/ocsreports/computers/{id}")), "{question}");
        }
        for narrowed in ["tag=COMPTA", "q=ACC", "serial-part=7XK", "show=all&system=Debian+GNU%2FLinux+12"] {
            for kind in ["", ".csv"] {
                paul.get(&format!("/ocsreports/computers{kind}?{narrowed}")).is(200).hides(&["ACC-PC-007", "LYO-PC"]);
            }
        }
        assert!(!paul.get("/ocsreports/computers.xlsx").body.is_empty());
        let whole = paul.get("/ocsreports/computers.csv");
        assert_eq!(whole.is(200).body.trim_end().lines().count(), 1 + 3);
    }
}

#[test]
fn con_gen_4_nothing_is_done_to_computers_outside_of_the_tags() {
    let (served, id, own) = two_sites();
    let mut paul = served.limited("paul", Role::Technician, &["LYON*"]);
    let both = [("id", id.to_string()), ("id", own.to_string()), ("confirmed", "1".to_owned())];
    let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    paul.get("/ocsreports/computers").is(200);
    paul.post("/ocsreports/computers/archive", &both).is(303);
    let archived = paul.get("/ocsreports/computers?show=archived");
    archived.is(200).shows(&["1 computer", "LYO-PC-1"]);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/computers?show=archived").shows(&["1 computer"]).hides(&["ACC-PC-007"]);
    paul.post(&format!("/ocsreports/computers/{id}/administrative"), &[("tag", "LYON-9")]).is(404);
    paul.post("/ocsreports/tags/rename", &[("tag", "COMPTA"), ("new", "LYON-9"), ("confirmed", "1")]).is(422);
    assert_eq!(served.office.tag(super::story::DEVICE), "COMPTA");
}
