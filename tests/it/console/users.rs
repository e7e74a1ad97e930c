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
