//! Certificates that an administrator brings: what is refused and why, what is served, what stands in `cacert.pem`.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

use super::brought::{self, Brought};
use super::certificate::Certificate;
use super::own::{Own, Refusal, missing};
use super::request::{BadWish, Request, Wish};
use super::store::{Slot, Store};
use super::testing::{BUILD, NOW, authority, names, started, visit};
use super::{CACERT, Names, Tls, names as rules};
use crate::clock::Timestamp;

const DAY: i64 = Timestamp::DAY;

/// An authority with one below it, as offices have them.
pub(super) struct Foreign {
    root: (CertificateParams, KeyPair),
    between: (CertificateParams, KeyPair),
    pub root_pem: String,
    pub between_pem: String,
}

fn spanned(mut params: CertificateParams, from: Timestamp, until: Timestamp) -> CertificateParams {
    let at = |at: Timestamp| rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(at.0 as u64);
    (params.not_before, params.not_after) = (at(from), at(until));
    params
}

fn signer(name: &str) -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (spanned(params, NOW.plus(-DAY), NOW.plus(1000 * DAY)), KeyPair::generate().unwrap())
}

/// A certificate as the server writes it: on Windows others end their lines by two signs.
fn pem(certificate: &rcgen::Certificate) -> String {
    certificate.pem().replace('\r', "")
}

pub(super) fn foreign() -> Foreign {
    let (root, between) = (signer("Office root"), signer("Office servers"));
    let root_pem = pem(&root.0.self_signed(&root.1).unwrap());
    let between_pem = between.0.signed_by(&between.1, &Issuer::from_params(&root.0, &root.1)).unwrap().pem();
    Foreign { root, between, root_pem, between_pem }
}

impl Foreign {
    /// Signs a request with the authority below the root.
    pub fn signs(&self, request: &str) -> String {
        let mut asked = CertificateSigningRequestParams::from_pem(request).unwrap();
        asked.params = spanned(asked.params, NOW.plus(-DAY), NOW.plus(300 * DAY));
        asked.params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        asked.signed_by(&Issuer::from_params(&self.between.0, &self.between.1)).unwrap().pem()
    }

    /// A certificate with its key, changed by `how`, signed by the authority below the root.
    fn issues(&self, how: impl FnOnce(&mut CertificateParams)) -> (String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["srv-ocs".to_owned(), "srv-ocs.office.lan".to_owned()]).unwrap();
        params = spanned(params, NOW.plus(-DAY), NOW.plus(300 * DAY));
        how(&mut params);
        (params.signed_by(&key, &Issuer::from_params(&self.between.0, &self.between.1)).unwrap().pem(), key)
    }

    fn above(&self) -> String {
        format!("{}{}", self.between_pem, self.root_pem)
    }
}

/// What agents call the server.
fn called() -> Names {
    rules::sorted(&["srv-ocs.office.lan".to_owned()])
}

fn read(text: &str) -> Brought {
    brought::read([text.as_bytes()]).unwrap()
}

fn judged(tls: &Tls, text: &str) -> Result<Own, Refusal> {
    tls.judge(&brought::read([text.as_bytes()])?, &called(), NOW)
}

/// As the console does it.
pub(super) fn install(tls: &Tls, text: &str) {
    let brought = read(text);
    let own = tls.judge(&brought, &called(), NOW).unwrap();
    tls.prepare_own(own, brought.key.as_ref(), NOW).unwrap();
    assert!(tls.use_own(NOW).unwrap());
}

#[test]
fn con_crt_3_a_request_that_another_authority_signed_is_served_without_a_restart() {
    let (dir, office) = (tempfile::tempdir().unwrap(), foreign());
    let tls = started(dir.path());
    let built_in = tls.authority_pem();
    let mut running = visit(&tls, &built_in, "srv-ocs").unwrap();
    let wish =
        Wish { country: "fr".into(), organization: "Büro".into(), email: "it@office.lan".into(), ..Wish::default() };
    let request = tls.make_request(&wish.trimmed(), &called()).unwrap();
    assert!(
        request.subject().contains("C=FR") && request.subject().contains("CN=srv-ocs.office.lan"),
        "{}",
        request.subject()
    );
    assert_eq!(request.names(), &called());
    let signed = office.signs(request.pem());

    let given = brought::read([office.root_pem.as_bytes(), signed.as_bytes(), office.between_pem.as_bytes()]).unwrap();
    let own = tls.judge(&given, &called(), NOW).unwrap();
    tls.prepare_own(own, None, NOW).unwrap();
    assert_eq!(tls.authority_pem(), format!("{built_in}{}", office.root_pem), "handed out before it is served");
    assert!(visit(&tls, &built_in, "srv-ocs").is_ok(), "the built-in one is served");

    assert!(tls.use_own(NOW).unwrap());
    assert_eq!(running.says("still here"), "still here");
    assert_eq!(tls.authority_pem(), format!("{}{built_in}", office.root_pem));
    assert!(visit(&tls, &office.root_pem, "srv-ocs.office.lan").is_ok(), "the chain is sent");
    assert!(visit(&tls, &built_in, "srv-ocs.office.lan").is_err(), "who knows the old one only is turned away");
    assert_eq!(tls.summary().request, None);
    assert_eq!(tls.refresh(&names(), NOW.plus(700 * DAY)).unwrap().len(), 1, "the built-in one is renewed behind it");
    assert!(visit(&tls, &office.root_pem, "srv-ocs.office.lan").is_ok());
    drop(tls);

    let tls = Tls::open(dir.path(), &names(), NOW, BUILD).unwrap();
    assert!(visit(&tls, &office.root_pem, "srv-ocs.office.lan").is_ok(), "after a restart too");
    tls.end_change(NOW).unwrap();
    assert_eq!(tls.authority_pem(), office.root_pem);
    tls.hand_out_builtin(NOW).unwrap();
    assert_eq!(tls.authority_pem(), format!("{}{built_in}", office.root_pem));
    assert!(tls.use_builtin(NOW).unwrap());
    assert_eq!(tls.authority_pem(), format!("{built_in}{}", office.root_pem));
    assert!(visit(&tls, &built_in, "srv-ocs").is_ok());
    tls.drop_prepared(NOW).unwrap();
    tls.end_change(NOW).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(CACERT)).unwrap(), built_in);
    assert!(!tls.use_builtin(NOW).unwrap() && !tls.use_own(NOW).unwrap());
}

#[test]
fn con_crt_3_a_finished_certificate_comes_with_its_key_in_any_form() {
    let (dir, office) = (tempfile::tempdir().unwrap(), foreign());
    let tls = started(dir.path());
    let (leaf, key) = office.issues(|_| {});
    install(&tls, &format!("{leaf}{}{}", key.serialize_pem(), office.above()));
    assert!(visit(&tls, &office.root_pem, "srv-ocs").is_ok());
    let sealed = fs::read(dir.path().join("own.key")).unwrap();
    assert!(!sealed.windows(32).any(|part| key.serialized_der().windows(32).any(|plain| plain == part)), "SEC-49");

    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let params = spanned(CertificateParams::new(["srv-ocs.office.lan".to_owned()]).unwrap(), NOW, NOW.plus(DAY));
    let alone = params.self_signed(&rsa).unwrap();
    // PKCS#8 as bytes holds PKCS#1 at its end, behind 26 bytes of wrapping.
    let pkcs1 = rsa.serialized_der()[26..].to_vec();
    for der in [rsa.serialized_der().to_vec(), pkcs1] {
        let brought = brought::read([alone.der().as_ref(), &der]).unwrap();
        let own = tls.judge(&brought, &called(), NOW).unwrap();
        assert_eq!(own.root(), own.leaf(), "it is its own authority, as those of older servers are");
        tls.prepare_own(own, brought.key.as_ref(), NOW).unwrap();
        assert!(tls.use_own(NOW).unwrap());
        assert!(tls.authority_pem().starts_with(&pem(&alone)));
    }
    // Anew with the key that is in use: the certificate alone is enough.
    assert!(judged(&tls, &alone.pem()).is_ok());
}

#[test]
fn con_crt_3_what_agents_would_not_take_is_refused_with_its_reason() {
    let (dir, office) = (tempfile::tempdir().unwrap(), foreign());
    let tls = started(dir.path());
    let above = office.above();
    let whole = |how: &dyn Fn(&mut CertificateParams)| {
        let (leaf, key) = office.issues(how);
        judged(&tls, &format!("{leaf}{}{above}", key.serialize_pem())).map(drop).unwrap_err()
    };
    let span = |from: i64, until: i64| {
        move |params: &mut CertificateParams| *params = spanned(params.clone(), NOW.plus(from), NOW.plus(until))
    };
    assert!(matches!(whole(&span(-9 * DAY, -1)), Refusal::Expired { at, .. } if at == NOW.plus(-1)));
    assert!(matches!(whole(&span(DAY, 9 * DAY)), Refusal::NotYet { .. }));
    let named = |params: &mut CertificateParams| {
        params.subject_alt_names = rcgen::CertificateParams::new(["other".to_owned()]).unwrap().subject_alt_names;
    };
    assert_eq!(whole(&named), Refusal::Names { missing: vec!["srv-ocs.office.lan".into()] });
    let client =
        |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(whole(&client), Refusal::NotForServers);

    let (leaf, key) = office.issues(|_| {});
    let pem = key.serialize_pem();
    let other = KeyPair::generate().unwrap().serialize_pem();
    let said = |text: &str| judged(&tls, text).map(drop).unwrap_err();
    assert_eq!(said(&format!("{leaf}{other}{above}")), Refusal::OtherKey);
    assert_eq!(said(&format!("{leaf}{pem}{other}{above}")), Refusal::TwoKeys);
    assert_eq!(said(&format!("{leaf}{above}")), Refusal::NoKey);
    assert_eq!(said(&pem), Refusal::Nothing);
    assert_eq!(said("not a certificate"), Refusal::Nothing);
    assert!(
        matches!(said(&format!("{leaf}{pem}{}", office.root_pem)), Refusal::Chain { issuer, .. } if issuer == "CN=Office servers")
    );
    assert!(
        matches!(said(&format!("{leaf}{pem}{}", office.between_pem)), Refusal::Chain { issuer, .. } if issuer == "CN=Office root")
    );
    let imposter = foreign();
    assert!(
        matches!(said(&format!("{leaf}{pem}{}", imposter.above())), Refusal::Chain { .. }),
        "the names fit, the keys do not"
    );

    // A certificate for servers that signs another one.
    let (mut params, below) =
        (CertificateParams::new(["srv-ocs.office.lan".to_owned()]).unwrap(), KeyPair::generate().unwrap());
    params = spanned(params, NOW, NOW.plus(DAY));
    let mut false_one = CertificateParams::new(["no authority".to_owned()]).unwrap();
    false_one.distinguished_name.push(rcgen::DnType::CommonName, "No authority");
    let false_one = spanned(false_one, NOW, NOW.plus(DAY));
    let false_key = KeyPair::generate().unwrap();
    let false_pem =
        false_one.signed_by(&false_key, &Issuer::from_params(&office.between.0, &office.between.1)).unwrap().pem();
    let signed = params.signed_by(&below, &Issuer::from_params(&false_one, &false_key)).unwrap().pem();
    let text = format!("{signed}{}{false_pem}{above}", below.serialize_pem());
    assert!(matches!(said(&text), Refusal::NotAuthority { subject } if subject == "CN=No authority"));
    assert_eq!(tls.authority_pem(), authority().0.0.pem(), "nothing was taken");
    let _ = &office.root;
}

#[test]
fn hostile_files_are_refused_by_name_and_nothing_breaks() {
    let office = foreign();
    let said = |bytes: &[u8]| brought::read([bytes]).map(drop).unwrap_err();
    let (leaf, key) = office.issues(|_| {});
    let der = Certificate::from_pem(&leaf).unwrap().der().to_vec();
    assert_eq!(said(&vec![b'-'; brought::LARGEST + 1]), Refusal::TooLarge);
    assert_eq!(said(&[der.as_slice(), b"more"].concat()), Refusal::Unreadable, "something behind it");
    assert_eq!(said(&der[..der.len() - 1]), Refusal::Unreadable);
    assert_eq!(said(b"\x30\x84\xff\xff\xff\xff"), Refusal::Unreadable);
    assert_eq!(said(b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"), Refusal::Unreadable);
    assert_eq!(said(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), Refusal::Unreadable);
    assert_eq!(said(b"-----BEGIN CERTIFICATE-----\nAAAA\n"), Refusal::Unreadable);
    assert_eq!(said(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), Refusal::KeyUnreadable);
    let locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(said(locked), Refusal::LockedKey);
    assert_eq!(said(b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n"), Refusal::Packed);
    assert_eq!(
        said(b"\x30\x82\x01\x00\x02\x01\x03\x30\x82\x00\xf0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
        Refusal::Packed
    );
    let many: String = (0..17).map(|_| office.issues(|_| {}).0).collect();
    assert_eq!(said(many.as_bytes()), Refusal::TooMany);
    let same = leaf.repeat(200);
    assert_eq!(read(&same[..brought::LARGEST.min(same.len())]).certificates.len(), 1, "the same one counts once");
    for at in 0..der.len().min(400) {
        let mut changed = der.clone();
        changed[at] ^= 0xff;
        let _ = brought::read([changed.as_slice()]).map(|found| found.certificates.len());
    }
    let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    assert_eq!(said(ed.serialize_pem().as_bytes()), Refusal::KeyUnreadable);
    assert!(read(&format!("Bag Attributes\r\n{leaf}\r\n{}", key.serialize_pem())).key.is_some());
}

#[test]
fn a_weak_key_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    // RSA with 1024 bits, which nothing here can make any more: made with another program, ends in 2126.
    let weak = include_str!("../../tests/fixtures/tls/weak.pem");
    let found = judged(&tls, weak).map(drop).unwrap_err();
    assert!(matches!(found, Refusal::NoKey), "{found}: no key of ours");
    let (brought, kept) = (read(weak).certificates, [read(weak).certificates[0].public()]);
    let given = super::own::Given { brought: &brought, key: None, kept: &kept, known: &[], names: &called() };
    assert!(
        matches!(super::own::judge(&given, NOW.plus(30 * DAY)), Err(Refusal::WeakKey { key, .. }) if key == "RSA 1024 bits")
    );
}

#[test]
fn names_are_found_with_wildcards_and_in_the_common_name_of_old_certificates() {
    let office = foreign();
    let with = |names: &[&str], common: &str| {
        let (pem, _) = office.issues(|params| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            params.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
            params.distinguished_name.push(rcgen::DnType::CommonName, common);
        });
        Certificate::from_pem(&pem).unwrap()
    };
    let asked = rules::sorted(&["ocs.office.lan".to_owned(), "10.0.0.5".to_owned()]);
    assert_eq!(missing(&with(&["OCS.office.lan", "10.0.0.5"], "x"), &asked), [""; 0]);
    assert_eq!(missing(&with(&["*.office.lan"], "x"), &asked), ["10.0.0.5"]);
    assert_eq!(missing(&with(&["*.lan"], "x"), &asked), ["ocs.office.lan", "10.0.0.5"]);
    assert_eq!(missing(&with(&[], "ocs.office.lan"), &asked), ["10.0.0.5"]);
    assert_eq!(missing(&with(&["other"], "ocs.office.lan"), &asked), ["ocs.office.lan", "10.0.0.5"]);
}

#[test]
fn con_crt_3_a_wish_is_bounded() {
    let wish = |part: &str, text: &str| {
        let mut wish = Wish { country: "DE".into(), ..Wish::default() };
        match part {
            "country" => wish.country = text.into(),
            "unit" => wish.unit = text.into(),
            _ => wish.email = text.into(),
        }
        wish.check()
    };
    assert_eq!(wish("unit", "IT"), Ok(()));
    assert_eq!(wish("country", ""), Ok(()));
    assert_eq!(wish("country", "DEU"), Err(BadWish::Country));
    assert_eq!(wish("country", "ü"), Err(BadWish::Country));
    assert_eq!(wish("unit", &"u".repeat(65)), Err(BadWish::Text("unit", 64)));
    assert_eq!(wish("unit", "a\nb"), Err(BadWish::Text("unit", 64)));
    assert_eq!(wish("email", "nobody"), Err(BadWish::Email));
    assert_eq!(wish("email", "jö@office.lan"), Err(BadWish::Email));
    let long = Names { names: vec![format!("{}.office.lan", "a".repeat(60))], addresses: Vec::new() };
    let (request, _) = Request::make(&Wish::default(), &long).unwrap();
    assert_eq!(request.names(), &long);
}

/// Stops each change before each of its writes, the way a crash would.
#[test]
fn a_change_to_an_own_certificate_that_is_cut_anywhere_leaves_one_that_can_be_served() {
    let (whole, office) = (tempfile::tempdir().unwrap(), foreign());
    let tls = started(whole.path());
    let (leaf, key) = office.issues(|_| {});
    install(&tls, &format!("{leaf}{}{}", key.serialize_pem(), office.above()));
    let (second, second_key) = office.issues(|_| {});
    let brought = read(&format!("{second}{}{}", second_key.serialize_pem(), office.above()));
    let own = tls.judge(&brought, &called(), NOW).unwrap();
    tls.prepare_own(own, brought.key.as_ref(), NOW).unwrap();
    let files = ["own.pem", "own.key", "prepared.pem", "prepared.key"];
    let read = |name: &str| fs::read(whole.path().join(name)).ok();
    let before = files.map(read);
    assert!(tls.use_own(NOW).unwrap());
    drop(tls);
    let after = files.map(read);
    for cut in 0..=files.len() {
        for (at, name) in files.iter().enumerate() {
            match if at < cut { &after[at] } else { &before[at] } {
                Some(bytes) => fs::write(whole.path().join(name), bytes).unwrap(),
                None => drop(fs::remove_file(whole.path().join(name))),
            }
        }
        let tls = Tls::open(whole.path(), &names(), NOW, BUILD).unwrap();
        let served = visit(&tls, &office.root_pem, "srv-ocs").unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        let expected = Certificate::from_pem(if cut == 0 { &leaf } else { &second }).unwrap();
        assert_eq!(served.shown(), *expected.der(), "cut {cut}");
        assert_eq!(tls.summary().prepared.is_some(), cut == 0, "cut {cut}");
    }
}

#[test]
fn a_damaged_key_of_an_own_certificate_leaves_the_built_in_one() {
    let (dir, office) = (tempfile::tempdir().unwrap(), foreign());
    let tls = started(dir.path());
    let built_in = tls.authority_pem();
    let (leaf, key) = office.issues(|_| {});
    install(&tls, &format!("{leaf}{}{}", key.serialize_pem(), office.above()));
    drop(tls);
    let mut sealed = fs::read(dir.path().join("own.key")).unwrap();
    *sealed.last_mut().unwrap() ^= 1;
    fs::write(dir.path().join("own.key"), sealed).unwrap();
    let tls = Tls::open(dir.path(), &names(), NOW, BUILD).unwrap();
    assert!(visit(&tls, &built_in, "srv-ocs").is_ok());
    let store = Store::open(dir.path()).unwrap();
    assert!(store.own(Slot::Own).unwrap().is_some(), "it is not thrown away");
}
