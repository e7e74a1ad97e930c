//! The folder as a whole: first start, restart, changes of names, what lies on the disk.

use std::fs;

use rcgen::PublicKeyData as _;

use super::store::{Slot, Store};
use super::testing::{BUILD, NOW, authority, furnish, names, next_authority, started, visit};
use super::*;
use crate::clock::Timestamp;

const DAY: i64 = Timestamp::DAY;

#[test]
fn sec_40_the_first_start_makes_an_authority_and_a_leaf_and_the_next_one_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("tls");
    let first = Tls::open(&folder, &names(), NOW, BUILD).unwrap();
    assert!(first.serves());
    assert_eq!(first.state(), State::Ready);
    let summary = first.summary();
    let (made, leaf) = (summary.authority.clone().unwrap(), summary.leaf.clone().unwrap());
    assert_eq!(made.key_type, "RSA 3072 bits");
    assert_eq!(leaf.names, names().names);
    assert_eq!(leaf.addresses, names().addresses);
    assert!(made.not_before <= NOW && NOW < leaf.not_after && leaf.not_after < made.not_after);
    drop(first);

    let second = Tls::open(&folder, &names(), NOW.plus(DAY), BUILD).unwrap();
    assert_eq!(second.summary(), summary);
    assert_eq!(second.refresh(&names(), NOW.plus(DAY)).unwrap(), []);
}

#[test]
fn sec_41_a_changed_address_gives_a_new_leaf_and_the_running_connection_survives() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let trusted = tls.authority_pem();
    let mut running = visit(&tls, &trusted, "192.168.1.10").unwrap();
    assert_eq!(running.says("before"), "before");
    assert!(visit(&tls, &trusted, "192.168.1.77").is_err(), "not yet vouched for");

    let moved = wanted("srv-ocs", Some("srv-ocs.office.lan"), &[], &["192.168.1.77".parse().unwrap()]);
    assert_eq!(tls.refresh(&moved, NOW.plus(60)).unwrap(), [Done::NewLeaf(Why::Names)]);

    let fresh = visit(&tls, &trusted, "192.168.1.77").unwrap();
    assert_ne!(fresh.shown(), running.shown());
    assert_eq!(running.says("after"), "after");
    assert_eq!(tls.authority_pem(), trusted, "the authority is untouched");
    assert_eq!(tls.names(), moved);
    assert_eq!(tls.refresh(&moved, NOW.plus(120)).unwrap(), []);
}

#[test]
fn sec_42_cacert_is_the_authority_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let text = tls.authority_pem();
    assert_eq!(text, fs::read_to_string(dir.path().join(CACERT)).unwrap());
    assert_eq!(text, authority().0.0.pem());
    assert_eq!(text.matches("-----BEGIN").count(), 1);
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----\n") && text.ends_with("-----END CERTIFICATE-----\n"));
}

#[test]
fn sec_46_the_leaf_is_renewed_under_the_listener_and_at_start() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    assert_eq!(tls.refresh(&names(), NOW.plus(545 * DAY)).unwrap(), []);
    assert_eq!(tls.refresh(&names(), NOW.plus(546 * DAY)).unwrap(), [Done::NewLeaf(Why::ThirdLeft)]);
    drop(tls);
    let late = Tls::open(dir.path(), &names(), NOW.plus(2000 * DAY), BUILD).unwrap();
    assert!(late.summary().leaf.unwrap().not_after > NOW.plus(2000 * DAY));
    assert_eq!(late.summary().authority.unwrap(), authority().0.0.shown());
}

#[test]
fn sec_46_both_authorities_are_handed_out_before_the_change_and_until_it_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    furnish(dir.path());
    let (next, key) = next_authority();
    Store::open(dir.path()).unwrap().keep(Slot::Next, &next.0, key).unwrap();
    let prepared = NOW.plus(3400 * DAY);
    let tls = Tls::open(dir.path(), &names(), prepared, BUILD).unwrap();
    let (old, new) = (authority().0.0.pem(), next.0.pem());
    assert_eq!(tls.authority_pem(), format!("{old}{new}"));
    assert_eq!(tls.summary().next, Some(next.0.shown()));

    let switched = NOW.plus(3625 * DAY);
    let done = tls.refresh(&names(), switched).unwrap();
    assert_eq!(done.last(), Some(&Done::NewLeaf(Why::OtherAuthority)));
    assert!(done.contains(&Done::SwitchedAuthority));
    assert_eq!(tls.authority_pem(), format!("{new}{old}"));
    assert_eq!(fs::read_to_string(dir.path().join(CACERT)).unwrap(), format!("{new}{old}"));
    drop(tls);

    let tls = Tls::open(dir.path(), &names(), switched, BUILD).unwrap();
    assert_eq!(tls.summary().former, Some(authority().0.0.shown()));
    tls.end_change(switched).unwrap();
    assert_eq!(tls.authority_pem(), new);
    assert!(!dir.path().join("former.key").exists());
}

#[test]
fn sec_46_a_confirmed_change_happens_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let (next, key) = next_authority();
    // In place of the one that `prepare_authority` would take seconds to make.
    Store::open(dir.path()).unwrap().keep(Slot::Next, &next.0, key).unwrap();
    drop(tls);
    let now = NOW.plus(9 * 365 * DAY);
    let tls = Tls::open(dir.path(), &names(), now, BUILD).unwrap();
    let done = tls.change_authority(&names(), now).unwrap();
    assert_eq!(done, [Done::SwitchedAuthority, Done::NewLeaf(Why::OtherAuthority)]);
    assert_eq!(tls.summary().authority, Some(next.0.shown()));
    assert_eq!(tls.renew(&names(), now).unwrap(), [Done::NewLeaf(Why::Asked)]);
}

#[test]
fn sec_47_with_a_clock_before_the_build_nothing_is_made_until_it_is_put_right() {
    let dir = tempfile::tempdir().unwrap();
    let early = BUILD.plus(-1);
    let tls = Tls::open(dir.path(), &names(), early, BUILD).unwrap();
    assert_eq!(tls.state(), State::ClockBeforeBuild { now: early, build_date: BUILD });
    assert!(!tls.serves());
    assert_eq!(tls.authority_pem(), "");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(visit(&tls, authority().0.0.pem(), "srv-ocs").is_err());
    assert_eq!(tls.renew(&names(), early).unwrap(), []);
    assert_eq!(tls.change_authority(&names(), early).unwrap(), []);
    assert_eq!(tls.prepare_authority(&names(), early).unwrap(), []);
    drop(tls);

    let tls = started(dir.path());
    let other = wanted("other", None, &[], &[]);
    assert_eq!(tls.refresh(&other, early).unwrap(), []);
    assert_eq!(tls.state(), State::ClockBeforeBuild { now: early, build_date: BUILD });
    assert!(tls.serves(), "what was made before is served");
    assert_eq!(tls.refresh(&other, NOW).unwrap(), [Done::NewLeaf(Why::Names)]);
    assert_eq!(tls.state(), State::Ready);
}

#[test]
fn sec_49_no_private_key_lies_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let store = Store::open(dir.path()).unwrap();
    let server = store.key(&store.certificate(Slot::Server).unwrap().unwrap()).unwrap();
    let header = b"\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
    assert!(server.serialized_der().windows(header.len()).any(|found| found == header), "the scan would find one");
    let mut seen = 0;
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|found| found == part);
        assert!(!holds(b"PRIVATE KEY"), "{path:?}");
        // PKCS#8: version 0, then the algorithm rsaEncryption; PKCS#1: version 0, then a modulus of 2048 or 3072 bits.
        assert!(!holds(header), "{path:?}");
        assert!(!holds(b"\x02\x01\x00\x02\x82\x01\x01\x00") && !holds(b"\x02\x01\x00\x02\x82\x01\x81\x00"), "{path:?}");
        for key in [&server, &authority().1] {
            let der = key.serialized_der();
            let secret = &der[der.len() / 2..der.len() / 2 + 24];
            assert!(!holds(secret), "{path:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        }
        seen += 1;
    }
    assert_eq!(seen, 6, "authority, server, cacert, wrapping key");
    let logged = format!("{tls:?} {:?}", server);
    assert!(!logged.contains("PRIVATE") && logged.contains("elided"));
    assert!(!server.subject_public_key_info().is_empty());
}

/// A crash between `server.key` and `server.pem` must cost a new leaf, not a server that does not start.
#[test]
fn a_server_key_that_does_not_fit_is_detected_and_a_new_leaf_made() {
    let dir = tempfile::tempdir().unwrap();
    drop(started(dir.path()));
    let older = fs::read(dir.path().join("server.pem")).unwrap();
    let tls = Tls::open(dir.path(), &names(), NOW, BUILD).unwrap();
    tls.renew(&names(), NOW).unwrap();
    drop(tls);
    for (name, bytes) in [("server.pem", older.as_slice()), ("server.key", b"ROLLCALL"), ("server.pem", b"")] {
        fs::write(dir.path().join(name), bytes).unwrap();
        let tls = Tls::open(dir.path(), &names(), NOW, BUILD).unwrap();
        assert!(visit(&tls, &tls.authority_pem(), "srv-ocs").is_ok());
    }
    let mut sealed = fs::read(dir.path().join("server.key")).unwrap();
    *sealed.last_mut().unwrap() ^= 1;
    fs::write(dir.path().join("server.key"), sealed).unwrap();
    assert!(Tls::open(dir.path(), &names(), NOW, BUILD).unwrap().serves());
}

#[test]
fn a_lost_wrapping_key_is_said_and_starting_over_sets_the_old_files_aside() {
    let dir = tempfile::tempdir().unwrap();
    drop(started(dir.path()));
    fs::remove_file(dir.path().join(keys::WRAPPING)).unwrap();
    let error = Tls::open(dir.path(), &names(), NOW, BUILD).unwrap_err();
    assert!(matches!(error, Error::WrappingKeyMissing { .. }), "{error}");
    assert!(dir.path().join("authority.key").exists());

    let tls = start_over(dir.path(), &names(), NOW, BUILD).unwrap();
    assert!(tls.serves());
    assert_ne!(tls.authority_pem(), authority().0.0.pem());
    assert!(dir.path().join(format!("lost-{}/authority.pem", NOW.0)).exists());
}

#[test]
fn while_the_authority_cannot_sign_the_present_leaf_is_served() {
    let dir = tempfile::tempdir().unwrap();
    drop(started(dir.path()));
    fs::remove_file(dir.path().join("authority.key")).unwrap();
    let later = NOW.plus(600 * DAY);
    let tls = Tls::open(dir.path(), &names(), later, BUILD).unwrap();
    assert!(tls.serves());
    assert!(matches!(tls.refresh(&names(), later), Err(Error::KeyMissing { .. })));
    assert!(visit(&tls, &tls.authority_pem(), "srv-ocs").is_ok());
}

/// Needs the `openssl` command, so it is run by hand: `cargo test --lib tls -- --ignored`.
#[test]
#[ignore = "needs the openssl command"]
#[expect(clippy::disallowed_methods, reason = "another implementation is asked for its judgement")]
fn sec_42_openssl_verifies_the_leaf_with_cacert_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(started(dir.path()));
    let verify = |more: &[&str]| {
        let time = NOW.0.to_string();
        let mut command = std::process::Command::new("openssl");
        command.current_dir(dir.path()).args(["verify", "-x509_strict", "-purpose", "sslserver", "-attime", &time]);
        command.args(["-no-CApath", "-no-CAstore", "-CAfile", CACERT]).args(more).arg("server.pem");
        command.output().unwrap().status.success()
    };
    assert!(verify(&[]));
    assert!(verify(&["-verify_hostname", "srv-ocs.office.lan"]));
    assert!(verify(&["-verify_ip", "192.168.1.10"]));
    assert!(!verify(&["-verify_hostname", "other.office.lan"]));
    assert!(!verify(&["-verify_ip", "192.168.1.11"]));
}
