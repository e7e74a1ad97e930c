//! Every route by every role (SEC-56, CON-GEN-2).

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use rollcall::clock::Timestamp;
use rollcall::console::{Access, PAGES, Verb, routes};
use rollcall::users::{Right, Role, User, allowed};

use super::{address, office};
use crate::browser::Browser;

#[test]
fn sec_56_every_route_asks_for_its_right() {
    let (served, id) = office();
    for role in Role::ALL {
        for route in routes() {
            let mut browser = served.log_in(&format!("{role}{}", rand(route.path) + route.verb as u64), role);
            let path = address(route, id);
            let answer = match route.verb {
                Verb::Get => browser.get(&path),
                Verb::Post => browser.post(&path, &[("tag", "COMPTA"), ("lang", "en")]),
            };
            let may = match route.access {
                Access::Static | Access::Always | Access::Anonymous => true,
                Access::SetupOnly => {
                    assert_eq!(answer.status, 404, "{path} as {role}");
                    continue;
                }
                Access::Right(right) => allowed(role, right),
            };
            // A log-in without account and password fails by itself.
            let fails = route.path == "/ocsreports/login" && route.verb == Verb::Post;
            assert_eq!(answer.status == 403, !may || fails, "{path} as {role}: {}", answer.status);
            if !may {
                answer.shows(&["It needs a right that your account does not have"]);
            }
        }
    }
}

fn rand(text: &str) -> u64 {
    text.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))) & 0xFFFF_FFFE
}

/// Everybody by every method: what is no route answers nobody, and what is one answers those who have its right.
#[test]
fn sec_56_every_method_of_every_path_by_everybody() {
    let (served, id) = office();
    let limited = |role: Role| {
        let mut user = User::new(format!("limited.{role}").parse().unwrap(), role, String::new(), Timestamp(0));
        user.tags = vec!["nowhere*".to_owned()];
        user
    };
    let everybody: Vec<(Option<Role>, bool, Browser)> = std::iter::once((None, false, served.browser()))
        .chain(Role::ALL.map(|role| (Some(role), true, served.log_in(role.code(), role))))
        .chain(Role::ALL.map(|role| (Some(role), false, served.enter(&limited(role)))))
        .collect();
    for path in routes().map(|route| route.path).collect::<BTreeSet<_>>() {
        for (method, verb) in [
            ("GET", Some(Verb::Get)),
            ("HEAD", Some(Verb::Get)),
            ("POST", Some(Verb::Post)),
            ("PUT", None),
            ("PATCH", None),
            ("DELETE", None),
            ("OPTIONS", None),
            ("TRACE", None),
            ("PROPFIND", None),
        ] {
            let route = routes().find(|route| route.path == path && Some(route.verb) == verb);
            for (role, sees, browser) in &everybody {
                let mut browser = browser.clone();
                let address = route.map_or_else(
                    || address(routes().find(|one| one.path == path).unwrap(), id),
                    |route| address(route, id),
                );
                // Without its token no POST gets as far as its handler.
                let before = served.writes.load(Ordering::SeqCst);
                let answer = browser.send(method, &address, &[("Content-Length", "0")], None);
                let what = format!("{method} {path} as {role:?}: {}", answer.status);
                // Whoever takes a file out of the house is written down, and nothing else is.
                let unchanged = served.writes.load(Ordering::SeqCst) == before;
                assert!(unchanged || method == "GET" && answer.status == 200, "{what} changed something");
                let good: &[u16] = match (route.map(|route| (route.verb, route.access)), role) {
                    (None, None) => &[302, 403, 404, 405],
                    (None, Some(_)) => &[403, 404, 405],
                    (Some((_, Access::SetupOnly)), _) => &[404],
                    (Some((Verb::Post, Access::Right(_))), None) => &[302, 401, 403],
                    (Some((Verb::Post, _)), _) => &[403],
                    (Some((Verb::Get, Access::Right(_))), None) => &[302],
                    (Some((Verb::Get, Access::Right(right))), Some(role)) if !allowed(*role, right) => &[403],
                    (Some((Verb::Get, Access::Right(_))), Some(_)) => &[200, 302, 303, 404],
                    // A page that fails on purpose, in builds for tests.
                    (Some((Verb::Get, _)), _) => &[200, 302, 404, 500],
                };
                assert!(good.contains(&answer.status), "{what}, not one of {good:?}");
                assert!(*sees || !answer.body.contains("7XK2QJ3"), "{what} shows a computer");
            }
        }
    }
}

/// The routes that nobody needs to log in for, spelled out.
#[test]
fn sec_56_anonymous_routes_are_exactly_these() {
    let open: Vec<String> = routes()
        .filter(|route| !matches!(route.access, Access::Right(_)))
        .map(|route| format!("{:?} {}", route.verb, route.path))
        .collect();
    let expected = [
        "Get /ocsreports/setup",
        "Post /ocsreports/setup",
        "Get /ocsreports/login",
        "Post /ocsreports/login",
        "Post /ocsreports/language",
        "Get /ocsreports/help",
        "Get /ocsreports/help/{chapter}",
        "Get /ocsreports/assets/{name}",
        "Get /ocsreports/health",
        "Get /ocsreports/panic",
    ];
    assert_eq!(open, expected);
}

/// Another spelling of an address opens nothing that the address itself does not.
#[test]
fn sec_56_no_spelling_goes_around_the_door() {
    let (served, id) = office();
    let spellings = |path: &str| {
        vec![
            format!("/{path}"),
            path.replace('/', "//"),
            path.replacen("/ocsreports", "/ocsreports/.", 1),
            path.replacen("/ocsreports", "/x/../ocsreports", 1),
            path.replacen("/ocsreports", "/ocsreports/%2e%2e/ocsreports", 1),
            path.replacen("/ocsreports/", "/ocsreports%2f", 1),
            path.replacen("/ocsreports/", "/ocsreports\\", 1),
            path.replacen("computers", "%63omputers", 1),
            path.to_uppercase(),
            format!("{path};a=b"),
            format!("{path}/"),
            format!("{path}%00"),
            format!("{path}.css"),
            format!("/ocsreports/assets/../{}", path.trim_start_matches("/ocsreports/")),
        ]
    };
    let mut user = served.log_in("paul", Role::User);
    for route in routes().filter(|route| matches!(route.access, Access::Right(_))) {
        for path in spellings(&address(route, id)) {
            let answer = match route.verb {
                Verb::Get => served.browser().get(&path),
                Verb::Post => user.post(&path, &[("tag", "STOLEN")]),
            };
            answer.hides(&["ACC-PC-007", "7XK2QJ3"]);
            let shut = match route.verb {
                Verb::Get => matches!(answer.status, 302 | 400 | 404),
                Verb::Post if route.access == Access::Right(Right::ChangeValues) => {
                    matches!(answer.status, 400 | 403 | 404)
                }
                Verb::Post => true,
            };
            assert!(shut, "{path}: {}", answer.status);
        }
    }
    assert_eq!(served.office.tag(super::story::DEVICE), "COMPTA");
}

#[test]
fn con_gen_2_the_menu_shows_what_the_role_may_open() {
    let (served, _) = office();
    for role in Role::ALL {
        let mut browser = served.log_in(role.code(), role);
        let page = browser.get("/ocsreports/computers");
        for entry in PAGES.iter().filter(|page| page.menu.is_some()) {
            let Access::Right(right) = entry.access else { panic!("{} is for who is logged in", entry.path) };
            let link = format!("<a href=\"{}\"", entry.path);
            assert_eq!(page.body.contains(&link), allowed(role, right), "{} as {role}", entry.path);
            if allowed(role, right) {
                browser.get(entry.path).is(200);
            }
        }
    }
}

/// Roles are looked at on every request: a session that was begun before has what it was begun with, and ends.
#[test]
fn a_role_that_changed_needs_a_new_log_in() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Technician);
    assert_eq!(served.console.sessions.end_all(&"marie".parse().unwrap()), 1);
    browser.get(&format!("/ocsreports/computers/{id}")).is(302);
}
