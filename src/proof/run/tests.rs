use std::sync::Arc;

use super::super::client::Distrust;
use super::super::testing::{Fake, NOW, TIMES, Wrong, client_at, package, published, right, said, server, tls};
use super::*;
use crate::clock::Timestamp;
use crate::deployment::info::info;

struct Sites {
    info: Fake,
    fragments: Fake,
}

impl Sites {
    fn new(package: &Package, archive: &[u8], wrong: Wrong) -> Sites {
        Sites::with(tls(false, "127.0.0.1"), package, archive, wrong)
    }

    fn with(tls: Arc<rustls::ServerConfig>, package: &Package, archive: &[u8], wrong: Wrong) -> Sites {
        let answers = server(package, archive, wrong);
        Sites { info: Fake::start(Some(tls), answers.clone()), fragments: Fake::start(None, answers) }
    }

    fn trial(&self, package: &Package) -> Trial {
        let place = |port| Place { host: "127.0.0.1".into(), port: Some(port), folder: "download".into() };
        let (info, fragments) = (place(self.info.port), place(self.fragments.port));
        Trial { package: Arc::new(package.clone()), info, fragments }
    }
}

fn tried(trial: &Trial, files: &Files, progress: &Progress) -> Findings {
    tried_at(NOW, trial, files, progress)
}

fn tried_at(now: Timestamp, trial: &Trial, files: &Files, progress: &Progress) -> Findings {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(trial, &client_at(now, TIMES), files, progress))
}

/// What is found where something is wrong: the steps that are bad or were not tried, by their words.
fn found(wrong: Wrong) -> (Findings, Vec<String>) {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let sites = Sites::new(&package, &archive, wrong);
    let findings = tried(&sites.trial(&package), &files, &Progress::default());
    let words = findings.steps.iter().filter(|(_, outcome)| *outcome != Outcome::Good);
    let words = words.map(|(step, outcome)| {
        let sign = if *outcome == Outcome::NotTried { "?" } else { "!" };
        format!("{}{sign}", step.word())
    });
    let words = words.collect();
    (findings, words)
}

#[test]
fn con_dep_9_a_package_that_agents_would_get_is_found_good() {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let sites = Sites::new(&package, &archive, right());
    let progress = Progress::default();
    let findings = tried(&sites.trial(&package), &files, &progress);
    assert!(findings.is_good() && findings.may_activate(), "{findings:?}");
    assert_eq!(findings.steps.iter().map(|(step, _)| *step).collect::<Vec<_>>(), Step::ALL);
    assert_eq!(progress.done(), 2 * package.size());
    // Over HTTPS the fragments too.
    let secure = Package { protocol: Protocol::Https, ..package.clone() };
    let sites = Sites::new(&secure, &archive, right());
    let trial = Trial { fragments: sites.trial(&secure).info, ..sites.trial(&secure) };
    assert!(tried(&trial, &files, &progress).is_good());
    // A command alone has no fragments.
    let command = Package { archive: None, action: Action::Execute, ..package };
    let sites = Sites::new(&command, &[], right());
    let findings = tried(&sites.trial(&command), &files, &progress);
    assert!(findings.is_good() && findings.of(Step::Fragments) == Some(&Outcome::NotNeeded), "{findings:?}");
}

#[test]
fn con_dep_9_each_failing_point_is_found_and_only_a_wrong_information_file_forbids() {
    let at = |path: &'static str, answer: (Vec<u8>, bool)| -> Wrong {
        Arc::new(move |asked| asked.ends_with(path).then(|| answer.clone()))
    };
    let (findings, words) = found(at("/info", said("404 Not Found", b"")));
    assert_eq!(words, ["info!"]);
    assert!(!findings.is_good() && findings.may_activate(), "it may come there still");
    let other = info(&Package { argument: "/tmp".into(), ..package().0 });
    for wrong in [b"<html></html>".to_vec(), other.into_bytes(), vec![b'x'; LONGEST + 1]] {
        let (findings, words) = found(at("/info", said("200 OK", &wrong)));
        assert_eq!(words, ["info!"]);
        assert!(!findings.may_activate());
    }
    let moved = b"HTTP/1.1 302 Found\r\nLocation: https://other/\r\nContent-Length: 0\r\n\r\n".to_vec();
    let (findings, _) = found(at("/info", (moved, true)));
    let Some(Outcome::Bad(Trouble::Status(status))) = findings.of(Step::Info) else { panic!("{findings:?}") };
    assert_eq!((status.status, status.location.as_deref()), (302, Some("https://other/")));

    let bad = |wrong| {
        let (findings, words) = found(wrong);
        assert_eq!(words, ["fragments!", "digest?", "archive?"]);
        assert!(findings.may_activate());
        let Some(Outcome::Bad(Trouble::Fragments { first, how, bad })) = findings.of(Step::Fragments).cloned() else {
            panic!("{findings:?}")
        };
        (first, how, bad)
    };
    let missing = BadFragment::Status(Status { status: 404, location: None });
    assert_eq!(bad(at("-2", said("404 Not Found", b""))), (2, missing.clone(), 1));
    let all: Wrong = Arc::new(|path| (!path.ends_with("info")).then(|| said("404 Not Found", b"")));
    assert_eq!(bad(all), (1, missing, 3));
    assert_eq!(bad(at("-2", said("200 OK", b"short"))), (2, BadFragment::Length { wanted: 65_536, found: 5 }, 1));
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\nshort".to_vec();
    assert_eq!(bad(at("-2", (cut, false))), (2, BadFragment::Line(Failure::Cut), 1));
    assert_eq!(bad(at("-2", said("200 OK", &[0; 65_536]))), (2, BadFragment::Other, 1));
}

#[test]
fn con_dep_9_a_server_that_agents_cannot_reach_or_trust_is_found() {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let progress = Progress::default();
    let certificate = |config, now| {
        let sites = Sites::with(config, &package, &archive, right());
        let findings = tried_at(now, &sites.trial(&package), &files, &progress);
        assert_eq!(findings.of(Step::Reached), Some(&Outcome::Good));
        assert_eq!(findings.of(Step::Info), Some(&Outcome::NotTried));
        assert_eq!(findings.of(Step::Digest), Some(&Outcome::Good), "the fragments come over HTTP");
        assert!(findings.may_activate());
        match findings.of(Step::Certificate) {
            Some(Outcome::Bad(Trouble::Line(Failure::Certificate(why)))) => why.clone(),
            other => panic!("{other:?}"),
        }
    };
    let later = NOW.plus(2000 * Timestamp::DAY);
    assert_eq!(certificate(tls(false, "127.0.0.1"), later), Distrust::Expired);
    assert_eq!(certificate(tls(true, "127.0.0.1"), NOW), Distrust::Authority);
    assert!(matches!(certificate(tls(false, "other.example.net"), NOW), Distrust::Names(_)));

    let sites = Sites::new(&package, &archive, right());
    let trial = sites.trial(&package);
    drop(sites);
    let findings = tried(&trial, &files, &progress);
    for step in [Step::Reached, Step::FragmentsReached] {
        let refused = matches!(findings.of(step), Some(Outcome::Bad(Trouble::Line(Failure::Refused(_)))));
        assert!(refused, "{findings:?}");
    }
    assert!(findings.may_activate());
}

#[test]
fn sec_45_a_file_that_changed_on_this_server_is_found() {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let sites = Sites::new(&package, &archive, right());
    let mut changed = std::fs::read(files.fragment(package.id, 2)).unwrap();
    changed[100] ^= 1;
    std::fs::write(files.fragment(package.id, 2), &changed).unwrap();
    let findings = tried(&sites.trial(&package), &files, &Progress::default());
    assert_eq!(findings.of(Step::Own), Some(&Outcome::Bad(Trouble::Own(String::new()))));
    assert_eq!(findings.of(Step::Digest), Some(&Outcome::Good), "what is published is right");
    assert!(!findings.is_good());
    std::fs::remove_file(files.fragment(package.id, 2)).unwrap();
    let findings = tried(&sites.trial(&package), &files, &Progress::default());
    assert!(matches!(findings.of(Step::Own), Some(Outcome::Bad(Trouble::Own(why))) if !why.is_empty()));
    // The same wrong bytes at both places do not deceive the digest.
    std::fs::write(files.fragment(package.id, 2), &changed).unwrap();
    let wrong = changed.clone();
    let sites =
        Sites::new(&package, &archive, Arc::new(move |path| path.ends_with("-2").then(|| said("200 OK", &wrong))));
    let findings = tried(&sites.trial(&package), &files, &Progress::default());
    assert_eq!(findings.of(Step::Digest), Some(&Outcome::Bad(Trouble::Digest)));
}

#[test]
fn con_dep_9_a_launched_file_has_to_be_in_the_archive() {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let outcome = |argument: &str| {
        let package = Package { action: Action::Launch, argument: argument.into(), ..package.clone() };
        let sites = Sites::new(&package, &archive, right());
        tried(&sites.trial(&package), &files, &Progress::default()).of(Step::Archive).cloned()
    };
    assert_eq!(outcome("tool --now"), Some(Outcome::Good));
    assert_eq!(outcome("other"), Some(Outcome::Bad(Trouble::NotThere("other".into()))));
}

#[test]
fn a_proof_that_was_stopped_connects_nowhere() {
    let (package, archive) = package();
    let folder = tempfile::tempdir().unwrap();
    let files = published(folder.path(), &package, &archive);
    let sites = Sites::new(&package, &archive, right());
    let progress = Progress::default();
    progress.stop();
    let findings = tried(&sites.trial(&package), &files, &progress);
    assert!(findings.steps.len() == Step::ALL.len() && !findings.is_good());
    assert!(findings.steps.iter().all(|(_, outcome)| *outcome == Outcome::NotTried), "{findings:?}");
    let connections = [&sites.info, &sites.fragments].map(|fake| fake.connections.load(Ordering::SeqCst));
    assert_eq!(connections, [0, 0]);
}
