//! What is looked at before anything is shown or done (SEC-54, SEC-55).

use std::sync::atomic::Ordering;

use rollcall::console::Access;
use rollcall::users::Role;

use super::story::{PASSWORD, log_in};
use super::{address, gets, office, office_with, posts};
use crate::browser::Served;

#[test]
fn sec_54_a_post_needs_its_token_and_our_own_page() {
    let (served, id) = office();
    served.add("marie", Role::Admin, PASSWORD);
    let mut other = served.log_in("other", Role::Admin);
    other.get("/ocsreports/computers").is(200);
    for (route, logged_in) in posts().flat_map(|route| [(route, true), (route, false)]) {
        if route.access == Access::SetupOnly {
            continue;
        }
        let browser = if logged_in {
            served.log_in(&format!("admin{}", address(route, id).replace('/', ".")), Role::Admin)
        } else {
            let mut browser = served.browser();
            browser.get("/ocsreports/login").is(200);
            browser
        };
        let (path, origin) = (address(route, id), browser.origin());
        let good = [("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin")];
        let own = browser.token.clone();
        let fields = [("tag", "X"), ("account", "marie"), ("password", PASSWORD), ("lang", "fr")];
        let with = |token: &str| {
            let mut fields: Vec<(String, String)> = fields.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
            fields.push(("token".into(), token.into()));
            fields
        };
        let before = served.writes.load(Ordering::SeqCst);
        let refused = |fields: &[(String, String)], headers: &[(&str, &str)], why: &str| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let mut browser = browser.clone();
            let page = browser.post_as(&path, &fields, headers);
            assert_eq!(page.status, 403, "{path} with {why}");
            assert!(page.header("set-cookie").is_empty() || !page.header("set-cookie").contains("rollcall-local="));
        };
        refused(&with("")[..4], &good, "no token");
        refused(&with(""), &good, "an empty token");
        refused(&with(&"0".repeat(64)), &good, "a wrong token");
        refused(&with(&other.token), &good, "the token of somebody else");
        refused(&with(&own[..63]), &good, "a cut token");
        refused(&with(&own), &[], "nothing that speaks for us");
        refused(&with(&own), &[("Origin", "https://evil.example")], "a foreign origin");
        refused(&with(&own), &[("Origin", "null")], "an origin that is hidden");
        refused(&with(&own), &[("Sec-Fetch-Site", "cross-site"), good[0]], "another site");
        refused(&with(&own), &[("Sec-Fetch-Site", "same-site")], "a neighbour site");
        let elsewhere = format!("{origin}.evil.example");
        refused(&with(&own), &[("Origin", &elsewhere)], "a longer name");
        assert_eq!(served.writes.load(Ordering::SeqCst), before, "{path} changed something");
        assert_eq!(served.office.tag(super::story::DEVICE), "COMPTA");
    }
}

#[test]
fn sec_54_a_form_of_another_kind_or_size_is_refused() {
    let (served, id) = office();
    let path = format!("/ocsreports/computers/{id}/administrative");
    let mut browser = served.log_in("marie", Role::Admin);
    let origin = browser.origin();
    let token = browser.token.clone();
    let mut send = |kind: &str, body: String| {
        let headers = [("Origin", origin.as_str()), ("Content-Type", kind)];
        browser.send("POST", &path, &headers, Some(body.into_bytes())).status
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(send("text/plain", format!("token={token}&tag=X")), 415);
    assert_eq!(send("application/json", format!("{{\"token\":\"{token}\"}}")), 415);
    assert_eq!(send(form, format!("token={token}&{}", "a=1&".repeat(1100))), 413);
    assert_eq!(send(form, format!("token={token}&tag={}", "x".repeat(300_000))), 413);
    assert_eq!(send(form, format!("token={token}&tag={}", "x".repeat(300))), 422);
    assert_eq!(send("application/x-www-form-urlencoded; charset=UTF-8", format!("token={token}&tag=X")), 303);
    let page =
        browser.send("POST", &path, &[("Origin", &origin), ("Content-Type", form)], Some(vec![0xFF, b'=', 0xFE]));
    assert_eq!(page.status, 400);
}

#[test]
fn sec_54_get_changes_nothing() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    let before = served.writes.load(Ordering::SeqCst);
    let (files, pages): (Vec<_>, Vec<_>) = gets().partition(|route| is_file(route.path));
    for route in pages {
        let path = address(route, id);
        for path in [path.clone(), format!("{path}?tag=X&lang=fr&token={}", browser.token)] {
            browser.get(&path);
            browser.send("HEAD", &path, &[], None);
        }
    }
    for part in ["everything", "contacts", "administrative", "memories"] {
        browser.get(&format!("/ocsreports/computers/{id}/{part}")).is(200);
    }
    for route in &files {
        browser.send("HEAD", &address(route, id), &[], None);
    }
    assert_eq!(served.writes.load(Ordering::SeqCst), before);
    browser.get("/ocsreports/computers").is(200).shows(&["lang=\"en\""]);
    // CON-AUD-3: the file of a list leaves an entry in the audit log, and nothing else.
    let seen = |browser: &mut crate::browser::Browser| {
        ["/ocsreports/computers", "/ocsreports/config"].map(|path| browser.get(path).body)
    };
    let (entries, shown) = (served.audit().len(), seen(&mut browser));
    for route in &files {
        browser.get(&address(route, id));
    }
    let new = served.audit().len() - entries;
    assert!(new > 0 && new <= files.len(), "{new}");
    assert_eq!(seen(&mut browser), shown);
}

fn is_file(path: &str) -> bool {
    [".csv", ".xlsx", ".xml"].iter().any(|end| path.ends_with(end))
}

#[test]
fn sec_55_only_our_own_names_are_answered() {
    let (served, id) = office_with(Served::with(false, |config| config.public_names = vec!["ocs.office.lan".into()]));
    let mut browser = served.log_in("marie", Role::Admin);
    let port = served.http.port();
    for good in ["localhost", "127.0.0.1", "[::1]", "ocs.office.lan", "OCS.office.lan.", "127.9.9.9"] {
        browser.host = format!("{good}:{port}");
        assert_eq!(browser.get("/ocsreports/computers").status, 200, "{good}");
    }
    for bad in ["127.0.0.1.example", "evil.example", "localhost.evil.example", "[fd00::1]", "192.168.1.1", "::1", ""] {
        browser.host = bad.to_owned();
        for route in gets() {
            let answer = browser.get(&address(route, id));
            match route.access {
                // HTTP/1.1 without any Host is refused before it comes to us.
                Access::Static => assert!(matches!(answer.status, 200 | 404 | 400), "{bad}"),
                _ => assert!(matches!(answer.status, 421 | 400), "{bad} {} {}", route.path, answer.status),
            }
            answer.hides(&["ACC-PC-007"]);
        }
    }
    browser.host = "localhost".into();
    let two = browser.send("GET", "/ocsreports/computers", &[("Host", "localhost"), ("Host", "evil.example")], None);
    assert!(matches!(two.status, 400 | 421), "{}", two.status);
    let old = browser.exchange(b"GET /ocsreports/login HTTP/1.0\r\n\r\n");
    assert!(old.starts_with(b"HTTP/1.0 421") || old.starts_with(b"HTTP/1.1 421"), "{}", String::from_utf8_lossy(&old));
    let absolute = browser.get("http://evil.example/ocsreports/computers");
    assert_eq!(absolute.status, 421);
}

#[test]
fn sec_55_over_plain_http_from_elsewhere_there_is_a_doorway_only() {
    let (served, id) = office_with(Served::secure());
    served.add("marie", Role::Admin, PASSWORD);
    let fingerprint = served.tls.as_ref().unwrap().summary().authority.unwrap().fingerprint;
    let mut session = served.log_in("paul", Role::Admin);
    session.headers = served.stranger("192.168.50.9").headers;
    for mut browser in [served.stranger("192.168.50.9"), served.stranger("2001:db8::9"), session] {
        for route in gets().filter(|route| route.access != Access::Static) {
            let page = browser.get(&address(route, id));
            let https = format!("href=\"https://localhost:{}", served.https.unwrap().port());
            page.is(200).shows(&["This page needs a safe connection", "cacert.pem", &https]);
            page.shows(&[fingerprint.split(':').next_back().unwrap()]);
            page.hides(&["<form", "<input", "ACC-PC-007"]);
            assert_eq!(page.header("set-cookie"), "");
        }
        browser.get("/ocsreports/no/such/page").is(200).hides(&["<form"]);
        for route in posts() {
            let fields = [("account", "marie"), ("password", PASSWORD), ("tag", "X"), ("lang", "en")];
            browser.post(&address(route, id), &fields).is(403);
        }
    }
    assert_eq!(served.stranger("192.168.50.9").get("/ocsreports/health").body, "ok\n");
    // A header that no trusted proxy set makes nobody local.
    let mut liar = served.stranger("127.0.0.1, 192.168.50.9");
    liar.get("/ocsreports/login").is(200).hides(&["<form"]);
    assert_eq!(log_in(&mut served.browser(), "marie", PASSWORD).status, 303);
    let mut french = served.stranger("192.168.50.9");
    french.lang = "fr".into();
    french.get("/ocsreports/").is(200).shows(&["lang=\"fr\""]);
}

#[test]
fn con_gen_3_who_is_not_logged_in_is_sent_to_the_login() {
    let (served, id) = office();
    for route in gets().filter(|route| matches!(route.access, Access::Right(_))) {
        let answer = served.browser().get(&address(route, id));
        assert_eq!(answer.status, 302, "{}", route.path);
        assert!(answer.location().starts_with("/ocsreports/login"), "{}", answer.location());
    }
    let mut browser = served.browser();
    assert_eq!(browser.get("/ocsreports/no/such/page").status, 302);
    let here = browser.get("/ocsreports/computers?sort=-name&page=2");
    assert_eq!(here.location(), "/ocsreports/login?back=%2Focsreports%2Fcomputers%3Fsort%3D-name%26page%3D2");
    served.add("marie", Role::User, PASSWORD);
    for evil in ["https://evil.example/", "//evil.example", "/\\evil.example", "/ocsreports/\u{7f}", "javascript:1"] {
        let mut browser = served.browser();
        browser.get("/ocsreports/login").is(200);
        let fields = [("account", "marie"), ("password", PASSWORD), ("lang", "en"), ("back", evil)];
        assert_eq!(browser.post("/ocsreports/login", &fields).location(), "/ocsreports/", "{evil}");
    }
}
