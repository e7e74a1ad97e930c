//! Log-ins and sessions (SEC-51 to SEC-53, CON-LOG-1 to CON-LOG-3).

use rollcall::history::Action;
use rollcall::users::{Cost, Passwords, Role, User};

use super::story::{PASSWORD, log_in};
use crate::browser::{Page, Served};
use crate::office::NOON;

const SESSION: &str = "rollcall-local";

fn office() -> Served {
    let served = Served::new();
    served.add("marie", Role::Admin, PASSWORD);
    served
}

#[test]
fn sec_53_a_planted_session_is_worth_nothing() {
    let served = office();
    let mut browser = served.browser();
    let planted = "ab".repeat(32);
    browser.cookies.insert(SESSION.into(), planted.clone());
    assert_eq!(log_in(&mut browser, "marie", PASSWORD).status, 303);
    let first = browser.cookies[SESSION].clone();
    assert_ne!(first, planted);
    let mut thief = served.browser();
    thief.cookies.insert(SESSION.into(), planted);
    assert_eq!(thief.get("/ocsreports/computers").status, 302);

    // Logging in anew, by a form that was still open, ends the session before.
    let mut again = served.browser();
    again.get("/ocsreports/login").is(200);
    again.cookies.insert(SESSION.into(), "00".repeat(32));
    assert_eq!(again.post("/ocsreports/login", &[("account", "marie"), ("password", PASSWORD)]).status, 303);
    assert_ne!(again.cookies[SESSION], first);
}

#[test]
fn sec_53_after_the_log_out_nothing_can_be_replayed() {
    let served = office();
    let mut browser = served.browser();
    log_in(&mut browser, "marie", PASSWORD).is(303);
    browser.get("/ocsreports/computers").is(200);
    let before = browser.clone();
    browser.post("/ocsreports/logout", &[]).is(303);
    assert!(!browser.cookies.contains_key(SESSION));
    let mut replay = before.clone();
    let answer = replay.get("/ocsreports/computers");
    assert_eq!(answer.location(), "/ocsreports/login?back=%2Focsreports%2Fcomputers&ended=1");
    replay.get(answer.location()).is(200).shows(&["Your session has ended"]);
    before.clone().post("/ocsreports/logout", &[]).is(403);
}

#[test]
fn sec_53_a_session_ends_by_itself() {
    let served = office();
    let mut browser = served.browser();
    log_in(&mut browser, "marie", PASSWORD).is(303);
    let hour = 3600;
    served.office.clock.forward(8 * hour - 1);
    browser.get("/ocsreports/computers").is(200);
    served.office.clock.forward(4 * hour + 1);
    browser.get("/ocsreports/computers").is(302);

    log_in(&mut browser, "marie", PASSWORD).is(303);
    served.office.clock.forward(8 * hour);
    browser.get("/ocsreports/computers").is(302);

    // A style sheet that a page in the background fetches does not keep a session alive.
    log_in(&mut browser, "marie", PASSWORD).is(303);
    for _ in 0..8 {
        served.office.clock.forward(hour);
        browser.get("/ocsreports/health").is(200);
    }
    browser.get("/ocsreports/computers").is(302);
}

/// What is the same on the page of a failed log-in, whoever it was.
fn told(page: &Page, account: &str) -> String {
    let token = page.token().unwrap();
    page.body.replace(&token, "TOKEN").replace(account, "ACCOUNT")
}

#[test]
fn con_log_1_an_unknown_account_and_a_wrong_password_read_the_same() {
    let served = office();
    let mut browser = served.browser();
    let wrong = log_in(&mut browser, "marie", "wrong");
    let unknown = log_in(&mut browser, "nobody", "wrong");
    let long = log_in(&mut browser, &"x".repeat(9999), "wrong");
    wrong.is(403).shows(&["Account or password is not right"]);
    assert_eq!(told(&wrong, "marie"), told(&unknown, "nobody"));
    assert_eq!(told(&wrong, "marie"), told(&long, &"x".repeat(256)));
    for (account, password) in [("marie", ""), ("", ""), ("", PASSWORD), ("marie\0", PASSWORD), ("marie", "x\u{0}")] {
        log_in(&mut browser, account, password).is(403);
    }
    let entries = served.audit();
    assert!(entries.iter().all(|entry| entry.action == Action::LogIn && !entry.done));
    assert_eq!(entries.last().unwrap().object, "marie");
}

#[test]
fn sec_52_an_account_is_refused_after_five_failures() {
    let served = office();
    let mut browser = served.visitor("192.168.50.9");
    for n in 0..5 {
        let mut other = served.visitor(&format!("192.168.50.{n}"));
        log_in(&mut other, "marie", "wrong").is(403);
    }
    let refused = log_in(&mut browser, "marie", PASSWORD);
    refused.is(429).shows(&["Please try again in 5 minutes"]);
    assert_eq!(refused.header("retry-after"), "300");
    log_in(&mut browser, "marie", PASSWORD).is(429);
    assert_eq!(served.audit().iter().filter(|entry| entry.action == Action::LogInRefused).count(), 1);
    // The machine itself is never locked out, and neither is anybody after the while.
    assert_eq!(log_in(&mut served.browser(), "marie", PASSWORD).status, 303);
    served.office.clock.forward(301);
    assert_eq!(log_in(&mut browser, "marie", PASSWORD).status, 303);
}

#[test]
fn sec_52_an_address_has_ten_tries_at_once() {
    let served = office();
    let mut browser = served.visitor("192.168.50.9");
    let statuses: Vec<u16> = (0..12).map(|n| log_in(&mut browser, &format!("user{n}"), "wrong").status).collect();
    assert_eq!(statuses, [&[403; 10][..], &[429, 429]].concat());
    served.office.clock.forward(6);
    log_in(&mut browser, "user12", "wrong").is(403);
    log_in(&mut served.visitor("192.168.50.10"), "user13", "wrong").is(403);
}

#[test]
fn sec_52_the_machine_itself_is_never_locked_out() {
    let served = office();
    let mut browser = served.browser();
    for _ in 0..15 {
        log_in(&mut browser, "marie", "wrong").is(403);
    }
    assert_eq!(log_in(&mut browser, "marie", PASSWORD).status, 303);
}

#[test]
fn sec_52_a_flood_of_log_ins_is_told_to_come_later() {
    let served = Served::with(false, |config| {
        config.limits.hashing = 1;
        config.limits.hashing_waiting = 0;
    });
    served.add("marie", Role::Admin, PASSWORD);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let one = || {
            let mut browser = served.browser();
            scope.spawn(move || log_in(&mut browser, "marie", PASSWORD).status)
        };
        let running: Vec<_> = (0..12).map(|_| one()).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| matches!(status, 303 | 503)), "{statuses:?}");
    assert!(statuses.contains(&303) && statuses.contains(&503), "{statuses:?}");
    assert_eq!(log_in(&mut served.browser(), "marie", PASSWORD).status, 303);
}

#[test]
fn sec_51_a_weaker_hash_is_replaced_and_the_log_in_noted() {
    let served = Served::new();
    let weak = Passwords::new(Cost { memory: 8192, passes: 1, lanes: 1 }).unwrap().hash(PASSWORD).unwrap();
    let user = User::new("marie".parse().unwrap(), Role::Admin, weak.clone(), NOON);
    served.office.blocking(move |app| app.write(move |w| rollcall::users::store::add(w, &user)).unwrap());
    served.office.clock.forward(60);
    assert_eq!(log_in(&mut served.browser(), "marie", PASSWORD).status, 303);
    let user = served.office.app.read(rollcall::users::store::list).unwrap().remove(0);
    assert!(user.password != weak && user.password.contains("m=19456,t=2,p=1"), "{}", user.password);
    assert_eq!(user.last_login, Some(NOON.plus(60)));
    let entry = served.audit().remove(0);
    assert_eq!((entry.action, entry.done, entry.object.as_str()), (Action::LogIn, true, "marie"));
    assert!(rollcall::history::audit::verify(&served.office.app.store.read().unwrap()).unwrap().faults.is_empty());
}

#[test]
fn a_locked_account_and_one_without_a_password_stay_out() {
    let served = office();
    served.add("empty", Role::Admin, "");
    let change = |user: &mut User| {
        user.locked = true;
        Ok(())
    };
    served.add("paul", Role::Technician, PASSWORD);
    let paul = "paul".parse().unwrap();
    served.office.blocking(move |app| {
        app.write(move |w| rollcall::users::store::change(w, &paul, change)).unwrap();
    });
    log_in(&mut served.browser(), "paul", PASSWORD).is(403);
    log_in(&mut served.browser(), "empty", "").is(403);
}

#[test]
fn con_gen_19_the_language_is_remembered() {
    let served = office();
    let mut browser = served.browser();
    browser.get("/ocsreports/login?lang=fr").is(200).shows(&["lang=\"fr\"", "Mot de passe"]);
    // Before the log-in it is this browser's.
    let chosen = browser.post("/ocsreports/language", &[("lang", "fr"), ("back", "/ocsreports/login")]);
    assert_eq!(chosen.location(), "/ocsreports/login");
    browser.get("/ocsreports/login").is(200).shows(&["lang=\"fr\""]);
    // Chosen at the log-in, it is the account's.
    let mut english = served.browser();
    english.get("/ocsreports/login").is(200);
    let fields = [("account", "marie"), ("password", PASSWORD), ("lang", "fr")];
    english.post("/ocsreports/login", &fields).is(303);
    english.get("/ocsreports/computers").is(200).shows(&["lang=\"fr\""]);
    // Changed in the frame, in all sessions of the account.
    let mut second = served.browser();
    log_in(&mut second, "marie", PASSWORD).is(303);
    second.get("/ocsreports/computers").is(200).shows(&["lang=\"fr\""]);
    let back = "/ocsreports/computers?sort=name";
    assert_eq!(second.post("/ocsreports/language", &[("lang", "en"), ("back", back)]).location(), back);
    english.get("/ocsreports/computers").is(200).shows(&["lang=\"en\""]);
    assert_eq!(served.audit().remove(0).action, Action::UserChanged);
    let mut third = served.browser();
    third.lang = "en".into();
    log_in(&mut third, "marie", PASSWORD).is(303);
    third.get("/ocsreports/computers").is(200).shows(&["lang=\"en\""]);
    second.post("/ocsreports/language", &[("lang", "xx"), ("back", back)]).is(400);
}

#[test]
fn sec_7_no_password_or_cookie_is_in_the_audit_log() {
    let served = office();
    let mut browser = served.browser();
    log_in(&mut browser, "marie", "planted-secret-1").is(403);
    log_in(&mut browser, "marie", PASSWORD).is(303);
    let all = format!("{:?}", served.audit());
    assert!(!all.contains("planted-secret-1") && !all.contains(PASSWORD) && !all.contains(&browser.cookies[SESSION]));
}
