//! A second site and its main server, both in this process (CON-DEP-19).

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use rollcall::app::App;
use rollcall::deployment::actions;
use rollcall::deployment::package::{Package, PackageId};
use rollcall::deployment::replicas::{self, Call, Replica, Trouble};
use rollcall::history::Action;
use rollcall::history::audit::{Actor, Entry};
use rollcall::replica::main_server::Token;
use rollcall::replica::round::Outcome;
use rollcall::replica::{Failure, MainServer, Round, Status};

use crate::agent::download::packaged;
use crate::browser::Served;
use crate::office::{NOON, Office};

const ONE: PackageId = PackageId(1_700_000_001);
const TWO: PackageId = PackageId(1_700_000_002);

fn entry(action: Action) -> Entry {
    Entry::new(NOON, Actor::Account("boss".into()), None, action)
}

/// A main server with a site's token.
fn main_server() -> (Served, u32, String) {
    let main = Served::secure();
    let token = replicas::token().unwrap();
    let replica = Replica { name: "Lyon".into(), digest: replicas::digest(&token), ..Replica::default() };
    let id = main.office.blocking(|app| replicas::make(&app.store, replica, entry(Action::TokenAdded))).unwrap();
    (main, id, token)
}

/// What a site needs to ask it.
fn asking(main: &Served, site: &Office, token: &str) -> (Round, Arc<Status>) {
    let address = format!("https://127.0.0.1:{}", main.https.unwrap().port());
    let trusted = main.tls.as_ref().unwrap().authority_pem();
    let server =
        MainServer::new(&address.parse().unwrap(), Token::of(token).unwrap(), trusted, site.clock.clone()).unwrap();
    let status = Arc::new(Status::new(&address));
    (Round::new(server, status.clone()), status)
}

fn once(site: &Office, round: &mut Round) -> Result<Outcome, Failure> {
    let mut run = |app: &App| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(round.run(app))
    };
    std::thread::scope(|scope| scope.spawn(|| run(&site.app)).join().unwrap())
}

fn last(main: &Served) -> Call {
    main.office.app.read(replicas::all).unwrap().remove(0).last.unwrap()
}

fn package(site: &Office, id: PackageId) -> Option<Package> {
    site.app.board.look().packages.get(&id).map(|package| package.as_ref().clone())
}

fn delete(main: &Served, id: PackageId) {
    main.office.blocking(|app| {
        actions::deactivate(&app.store, &app.board, BTreeSet::new(), Some(id), entry(Action::PackageDeleted)).unwrap();
        app.packages.remove(id).unwrap();
    });
}

#[test]
fn con_dep_19_a_site_has_what_the_main_server_has_and_says_so() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    packaged(&main.office, TWO.0);
    let site = Office::new();
    let (mut round, status) = asking(&main, &site, &token);
    let outcome = once(&site, &mut round).unwrap();
    assert_eq!((outcome.fetched, outcome.removed, outcome.missing), (2, 0, 0), "{:?}", outcome.failures);
    for id in [ONE, TWO] {
        let here = package(&site, id).unwrap();
        assert_eq!(Some(&here), package(&main.office, id).as_ref());
        assert_eq!(site.app.packages.verify(&here), Ok(()));
        let info = |office: &Office| fs::read(office.app.packages.info(id)).unwrap();
        assert_eq!(info(&site), info(&main.office));
    }
    // The same is there after a restart.
    let stored = rollcall::deployment::store::packages(&site.app.store.read().unwrap()).unwrap();
    assert_eq!(stored.into_keys().collect::<Vec<_>>(), [ONE, TWO]);
    let said = last(&main);
    assert_eq!((said.lacks, said.complete, said.trouble), (vec![], Some(NOON), Trouble::None));
    assert_eq!(said.address, "127.0.0.1");
    let seen = status.seen();
    assert_eq!((seen.offered, seen.missing, seen.asked), (2, 0, Some(NOON)));
    // Nothing is fetched twice, and what is gone there goes here.
    assert_eq!(once(&site, &mut round).unwrap().fetched, 0);
    delete(&main, ONE);
    assert_eq!(once(&site, &mut round).unwrap().removed, 1);
    assert!(package(&site, ONE).is_none() && site.app.packages.is_free(ONE));
    assert!(package(&site, TWO).is_some());
}

/// A prefix that is wrong shows by the digest: so what was there already was not fetched again.
#[test]
fn con_dep_19_a_cut_line_is_taken_up_where_it_ended_and_a_wrong_digest_is_never_served() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    let site = Office::new();
    let (mut round, status) = asking(&main, &site, &token);
    let begun = site.app.packages.gathering();
    begun.begin(ONE).unwrap();
    let whole = fs::read(main.office.app.packages.fragment(ONE, 1)).unwrap();
    fs::write(begun.fragment(ONE, 1), &whole[..30_000]).unwrap();
    fs::write(begun.fragment(ONE, 2), vec![0; 10]).unwrap();
    let outcome = once(&site, &mut round).unwrap();
    assert!(matches!(outcome.failures[..], [Failure::Digest(ONE)]), "{:?}", outcome.failures);
    assert!(package(&site, ONE).is_none() && site.app.packages.is_free(ONE), "nothing of it is served");
    assert!(!begun.fragment(ONE, 1).exists(), "and nothing of it is kept");
    assert_eq!((last(&main).lacks, last(&main).trouble), (vec![ONE.0], Trouble::Digest));
    assert_eq!((status.seen().missing, status.seen().trouble), (1, Trouble::Digest));
    // It is left alone for a while, then fetched; this time the beginning is right.
    assert_eq!(once(&site, &mut round).unwrap().fetched, 0);
    site.clock.forward(601);
    begun.begin(ONE).unwrap();
    fs::write(begun.fragment(ONE, 1), &whole[..30_000]).unwrap();
    assert_eq!(once(&site, &mut round).unwrap().fetched, 1);
    assert_eq!(site.app.packages.verify(&package(&site, ONE).unwrap()), Ok(()));
    // Too much of a fragment is no beginning.
    delete(&main, ONE);
    packaged(&main.office, TWO.0);
    begun.begin(TWO).unwrap();
    fs::write(begun.fragment(TWO, 1), vec![7; 70_000]).unwrap();
    assert_eq!(once(&site, &mut round).unwrap().fetched, 1);
    assert_eq!(last(&main).trouble, Trouble::None);
}

#[test]
fn con_dep_19_what_is_damaged_at_the_main_server_is_not_taken_and_the_rest_is() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    packaged(&main.office, TWO.0);
    fs::write(main.office.app.packages.fragment(ONE, 2), vec![1; 65_536]).unwrap();
    let site = Office::new();
    let (mut round, _) = asking(&main, &site, &token);
    let outcome = once(&site, &mut round).unwrap();
    assert_eq!((outcome.fetched, outcome.missing), (1, 1));
    assert!(matches!(outcome.failures[..], [Failure::Digest(ONE)]));
    assert!(package(&site, ONE).is_none() && package(&site, TWO).is_some());
    // A fragment that is missing there is told of as well.
    delete(&main, ONE);
    packaged(&main.office, 1_700_000_003);
    fs::remove_file(main.office.app.packages.fragment(PackageId(1_700_000_003), 3)).unwrap();
    let outcome = once(&site, &mut round).unwrap();
    assert!(matches!(outcome.failures[..], [Failure::Missing(_, 404)]), "{:?}", outcome.failures);
    assert_eq!(last(&main).lacks, [1_700_000_003]);
}

#[test]
fn con_dep_19_what_is_broken_at_the_site_is_fetched_anew() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    let site = Office::new();
    let (mut round, _) = asking(&main, &site, &token);
    once(&site, &mut round).unwrap();
    fs::write(site.app.packages.fragment(ONE, 2), b"short").unwrap();
    let outcome = once(&site, &mut round).unwrap();
    assert_eq!((outcome.removed, outcome.fetched), (1, 1), "{:?}", outcome.failures);
    assert_eq!(site.app.packages.verify(&package(&site, ONE).unwrap()), Ok(()));
}

#[test]
fn con_dep_19_without_its_token_or_the_main_server_a_site_serves_what_it_has() {
    let (main, id, token) = main_server();
    packaged(&main.office, ONE.0);
    let site = Office::new();
    let (mut round, status) = asking(&main, &site, &token);
    once(&site, &mut round).unwrap();
    main.office.blocking(|app| replicas::revoke(&app.store, id, entry(Action::TokenDeleted))).unwrap();
    let failure = once(&site, &mut round).unwrap_err();
    assert!(matches!(failure, Failure::Revoked) && failure.to_string().contains("was revoked"), "{failure}");
    assert!(status.seen().revoked && package(&site, ONE).is_some());
    // Another authority: the token is not even sent.
    let other = Served::secure();
    let foreign = other.tls.as_ref().unwrap().authority_pem();
    let address = format!("https://127.0.0.1:{}", main.https.unwrap().port());
    let stranger =
        MainServer::new(&address.parse().unwrap(), Token::of(&token).unwrap(), foreign, site.clock.clone()).unwrap();
    let failure = once(&site, &mut Round::new(stranger, status.clone())).unwrap_err();
    assert!(failure.to_string().contains("another authority signed it"), "{failure}");
    drop(main);
    let failure = once(&site, &mut round).unwrap_err();
    assert!(matches!(failure, Failure::Line(_)), "{failure}");
    assert_eq!(site.app.packages.verify(&package(&site, ONE).unwrap()), Ok(()));
    assert_eq!(status.seen().trouble, Trouble::Line);
}

#[test]
fn con_dep_19_a_disk_without_room_takes_no_package() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    let site =
        Office::with(|config| config.limits.free_space = u64::MAX, || rollcall::store::Store::in_memory().unwrap());
    let (mut round, _) = asking(&main, &site, &token);
    let outcome = once(&site, &mut round).unwrap();
    assert!(matches!(outcome.failures[..], [Failure::Room { id: ONE, needed: 150_000, free: 0 }]));
    assert_eq!(last(&main).trouble, Trouble::Room);
    assert!(site.app.packages.is_free(ONE));
}

fn raw(served: &Served, request: &str) -> String {
    let answer = served.browser().exchange(request.as_bytes());
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn con_dep_19_the_list_is_for_sites_with_a_token_and_over_https_only() {
    let (main, _, token) = main_server();
    packaged(&main.office, ONE.0);
    let ask = |headers: &str| {
        raw(&main, &format!("GET /download/sites HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"))
    };
    let secure = "X-Forwarded-Proto: https\r\n";
    let good = ask(&format!("{secure}Authorization: Bearer {token}\r\n"));
    assert!(good.starts_with("HTTP/1.1 200") && good.contains("\"Tool 1700000001\""), "{good}");
    assert!(ask(&format!("Authorization: Bearer {token}\r\n")).starts_with("HTTP/1.1 403"), "over plain HTTP");
    for wrong in [
        String::new(),
        "Authorization: Bearer x\r\n".into(),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: Bearer {}\r\n", replicas::token().unwrap()),
    ] {
        let answer = ask(&format!("{secure}{wrong}"));
        assert!(answer.starts_with("HTTP/1.1 401") && !answer.contains("Tool"), "{wrong}: {answer}");
    }
    assert!(
        raw(&main, "POST /download/sites HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .starts_with("HTTP/1.1 405")
    );
}

#[test]
fn con_dep_19_a_second_site_serves_packages_and_says_what_it_is() {
    let status = Arc::new(Status::new("https://ocs.example.net"));
    let site = Served::site(status);
    packaged(&site.office, ONE.0);
    let get = |path: &str, lang: &str| {
        raw(&site, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Language: {lang}\r\n\r\n"))
    };
    assert!(get("/download/1700000001/1700000001-1", "en").starts_with("HTTP/1.1 200"));
    let page = get("/", "en");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("second site of https://ocs.example.net"), "{page}");
    assert!(get("/", "fr").contains("site secondaire de https://ocs.example.net"));
    assert!(!page.contains("Tool"), "everybody can read it");
    assert!(get("/ocsreports/health", "en").starts_with("HTTP/1.1 200"));
    for path in ["/ocsreports/", "/ocsreports/login", "/ocsreports/setup", "/ocsinventory"] {
        assert!(get(path, "en").starts_with("HTTP/1.1 404"), "{path}");
    }
    let post = "POST /ocsinventory HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    assert!(raw(&site, post).starts_with("HTTP/1.1 404"));
}
