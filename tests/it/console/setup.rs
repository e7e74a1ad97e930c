//! Before anybody can log in (SEC-50, CON-SET-1 to CON-SET-5).

use rollcall::console::{Access, Verb, routes};
use rollcall::history;
use rollcall::users::Role;

use super::address;
use super::story::{PASSWORD, log_in, set_up};
use crate::browser::Served;

#[test]
fn sec_50_before_the_set_up_every_address_leads_to_it() {
    let served = Served::new();
    for route in routes() {
        let mut browser = served.browser();
        let path = address(route, 1);
        let answer = match route.verb {
            Verb::Get => browser.get(&path),
            Verb::Post => {
                browser.get("/ocsreports/setup");
                browser.post(&path, &[("account", "admin"), ("password", "admin"), ("lang", "en")])
            }
        };
        match (route.access, route.verb) {
            (Access::Static, _) => assert!(matches!(answer.status, 200 | 404), "{path}"),
            // The manual says how the set-up is done; it holds no data.
            (Access::Always, Verb::Get) => assert_eq!(answer.status, 200, "{path}"),
            (Access::SetupOnly, Verb::Get) => assert_eq!(answer.status, 200, "{path}"),
            (Access::SetupOnly, Verb::Post) => assert_eq!(answer.status, 422, "{path}"),
            (_, Verb::Get) => assert_eq!((answer.status, answer.location()), (302, "/ocsreports/setup"), "{path}"),
            (_, Verb::Post) => assert_eq!(answer.status, 403, "{path}"),
        }
    }
    assert_eq!(served.browser().get("/ocsreports/no/such/page").location(), "/ocsreports/setup");
    assert!(served.audit().is_empty());
    let users = served.office.app.read(rollcall::users::store::list).unwrap();
    assert!(users.is_empty(), "nobody has an account by default");
}

#[test]
fn sec_50_admin_admin_opens_nothing() {
    let served = Served::new();
    let mut browser = served.browser();
    browser.get("/ocsreports/setup").is(200);
    let fields = [("account", "admin"), ("password", "admin"), ("again", "admin"), ("names", "ocs"), ("lang", "en")];
    let refused = browser.post("/ocsreports/setup", &fields);
    refused.is(422).shows(&["Please take a password that is not the account name", "value=\"admin\""]);
    refused.hides(&["type=\"password\" value"]);
    assert_eq!(set_up(&mut browser, "en").status, 303);
    log_in(&mut served.browser(), "admin", "admin").is(403);
    log_in(&mut served.browser(), "marie", "marie").is(403);
    log_in(&mut served.browser(), "marie", "").is(403);
}

#[test]
fn con_set_1_from_elsewhere_the_code_is_asked_for() {
    let served = Served::new();
    fn fields(code: &str) -> Vec<(&str, &str)> {
        let account = [("code", code), ("account", "marie"), ("password", PASSWORD), ("again", PASSWORD)];
        [&account[..], &[("lang", "en"), ("names", "ocs.office.lan"), ("question", "")]].concat()
    }
    let mut browser = served.visitor("192.168.50.9");
    browser.get("/ocsreports/setup").is(200).shows(&["name=\"code\""]);
    served.browser().get("/ocsreports/setup").is(200).hides(&["name=\"code\""]);
    for wrong in ["", "0000-0000-0000-0000-0000-0000-00", "admin"] {
        browser.post("/ocsreports/setup", &fields(wrong)).is(403).shows(&["This code is not the right one"]);
    }
    let app = &served.office.app;
    let (code, _) = served.console.setup.code(app.clock.now(), app.clock.elapsed()).unwrap();
    let typed = code.to_lowercase();
    let done = browser.post("/ocsreports/setup", &fields(&typed));
    assert_eq!((done.status, done.location()), (303, "/ocsreports/next-steps"));
    assert!(browser.cookies.contains_key("__Host-rollcall"));
    browser.get("/ocsreports/computers").is(200);
    assert!(!app.folder("run/setup-code.txt").exists());
    served.visitor("192.168.50.9").get("/ocsreports/setup").is(404);
    browser.post("/ocsreports/setup", &fields(&code)).is(404);
}

#[test]
fn con_set_1_codes_cannot_be_tried_without_end() {
    let served = Served::new();
    let mut browser = served.visitor("192.168.50.9");
    browser.get("/ocsreports/setup").is(200);
    let mut last = 0;
    for _ in 0..6 {
        last = browser.post("/ocsreports/setup", &[("code", "1234")]).status;
    }
    assert_eq!(last, 429);
}

#[test]
fn con_set_3_the_set_up_is_one_step_with_its_entry_in_the_audit_log() {
    let served = Served::new();
    assert_eq!(set_up(&mut served.browser(), "fr").status, 303);
    let entries = served.audit();
    assert_eq!((entries.len(), entries[0].action), (1, history::Action::SetUp));
    assert_eq!(entries[0].changes[0].after, "ocs.office.lan\n10.30.0.5");
    assert_eq!(served.office.app.public_names(), ["ocs.office.lan", "10.30.0.5"]);
    let user = served.office.app.read(rollcall::users::store::list).unwrap().remove(0);
    assert_eq!((user.role, user.lang), (Role::Admin, Some(rollcall::i18n::Lang::Fr)));
    assert!(served.office.app.wanted_names().names.contains(&"ocs.office.lan".to_owned()));
}

#[test]
fn con_set_3_the_certificate_takes_the_names_and_the_console_answers_under_them() {
    let served = Served::secure();
    let mut browser = served.secure_browser();
    browser.get("/ocsreports/login").is(302);
    assert_eq!(set_up(&mut browser, "en").status, 303);
    assert!(browser.cookies.contains_key("__Host-rollcall"), "{:?}", browser.cookies);
    let held = served.tls.as_ref().unwrap().names();
    assert!(held.names.contains(&"ocs.office.lan".to_owned()), "{held:?}");
    assert!(held.addresses.contains(&"10.30.0.5".parse().unwrap()), "{held:?}");
    browser.host = format!("ocs.office.lan:{}", browser.address.port());
    browser.get("/ocsreports/computers").is(200);
    browser.host = "other.office.lan".into();
    browser.get("/ocsreports/computers").is(421).shows(&["https://ocs.office.lan:"]);
}

/// SEC-59: who lost the password gets a code from the local command, and chooses a new one with it.
#[test]
fn sec_59_a_code_of_the_local_command_sets_a_new_password() {
    use rollcall::users::Purpose;
    let served = Served::new();
    served.add("marie", Role::Admin, PASSWORD);
    let mut other = served.browser();
    assert_eq!(log_in(&mut other, "marie", PASSWORD).status, 303);
    let (mut browser, app) = (served.visitor("192.168.50.9"), &served.office.app);
    browser.get("/ocsreports/setup").is(404);
    let purpose = Purpose::LostPassword("marie".parse().unwrap());
    let code = served.console.setup.renew(purpose, app.clock.now(), app.clock.elapsed()).unwrap();
    for mut browser in [served.browser(), served.visitor("192.168.50.9")] {
        browser.get("/ocsreports/setup").is(200).shows(&["name=\"code\""]).hides(&["marie", "name=\"names\""]);
        browser.post("/ocsreports/setup", &[("code", "0000-0000")]).is(403).shows(&["This code is not the right one"]);
    }
    browser.get("/ocsreports/setup").is(200);
    let short = [("code", code.as_str()), ("password", "marie"), ("again", "other")];
    browser.post("/ocsreports/setup", &short).is(422).shows(&["Please take a password that is not the account name"]);
    let new = "twelve green boats";
    let done = browser.post("/ocsreports/setup", &[("code", &code), ("password", new), ("again", new)]);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/computers"), "{done:?}");
    browser.get("/ocsreports/computers").is(200);
    other.get("/ocsreports/computers").is(302);
    served.browser().get("/ocsreports/setup").is(404);
    assert!(served.console.setup.code(app.clock.now(), app.clock.elapsed()).is_none());
    log_in(&mut served.browser(), "marie", PASSWORD).is(403);
    assert_eq!(log_in(&mut served.browser(), "marie", new).status, 303);
    assert!(served.audit().iter().any(|entry| entry.action == history::Action::PasswordSet && entry.object == "marie"));
}

/// SEC-21: also what is no page of the console is taken for what it says it is.
#[test]
fn sec_21_plain_answers_are_not_guessed_at() {
    let served = Served::new();
    for path in ["/", "/nothing", "/OCSREPORTS/setup", "/ocsreports%2Fsetup", "/download/1/info", "/cacert.pem"] {
        let answer = served.browser().get(path);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

/// A proxy on the machine itself that nobody declared must not make everybody local: no set-up without a code.
#[test]
fn sec_14_who_comes_through_an_undeclared_proxy_is_not_at_the_machine() {
    for proxies in [Vec::new(), vec!["127.0.0.1".parse().unwrap()]] {
        let declared = !proxies.is_empty();
        let served = Served::with(false, |config| config.trusted_proxies = proxies);
        for (name, value) in
            [("X-Forwarded-For", "unknown"), ("Forwarded", "for=203.0.113.5"), ("X-Real-IP", "203.0.113.5")]
        {
            let mut browser = served.browser();
            browser.headers.push((name.into(), value.into()));
            browser.get("/ocsreports/setup").is(200).hides(&["<form"]);
            browser.post("/ocsreports/setup", &[("account", "mallory")]).is(403);
            if declared {
                browser.headers.push(("X-Forwarded-Proto".into(), "https".into()));
                browser.get("/ocsreports/setup").is(200).shows(&["name=\"code\""]);
            }
        }
        served.browser().get("/ocsreports/setup").is(200).hides(&["name=\"code\""]);
    }
}

/// The command line makes an administrator while the server runs.
#[test]
fn an_administrator_who_came_otherwise_ends_the_set_up() {
    let served = Served::new();
    let mut browser = served.browser();
    browser.get("/ocsreports/setup").is(200);
    served.add("paul", Role::Admin, PASSWORD);
    browser.get("/ocsreports/setup").is(404);
    assert_eq!(log_in(&mut browser, "paul", PASSWORD).status, 303);
}
