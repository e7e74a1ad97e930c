//! What an administrator looks after.

use rollcall::history::Action;
use rollcall::history::audit::{self, Actor, Entry};
use rollcall::users::Role;

use super::story::log_in;
use super::{office, office_with};
use crate::browser::{Browser, Served};
use crate::office::NOON;

const LOG: &str = "/ocsreports/log";

fn note(served: &Served, entries: Vec<Entry>) {
    let write = move |w: &mut rollcall::store::Txn<'_>| -> Result<(), rollcall::store::Error> {
        entries.into_iter().try_for_each(|entry| audit::append(w, entry).map(drop))
    };
    served.office.blocking(move |app| app.write(write).unwrap());
}

fn entry(actor: Actor, action: Action, object: &str) -> Entry {
    let mut entry = Entry::new(NOON, actor, Some([192, 168, 50, 9].into()), action);
    entry.object = object.to_owned();
    entry
}

#[test]
fn con_aud_1_every_change_is_listed_with_who_what_and_both_values() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/config").is(200);
    served.office.set("PROLOG_FREQ", "12");
    let form = format!("/ocsreports/computers/{id}/administrative");
    boss.get(&form).is(200);
    boss.post(&form, &[("tag", "SIEGE")]).is(303);
    let account = Actor::Account("marie".into());
    note(
        &served,
        vec![
            entry(account.clone(), Action::OptionChanged, "PROLOG_FREQ"),
            entry(Actor::CommandLine, Action::ComputerDeleted, "999"),
            Entry { count: Some(4711), ..entry(Actor::Automatic, Action::AuditPruned, "") },
            Entry { done: false, ..entry(Actor::Account("<b>eve".into()), Action::LogIn, "") },
        ],
    );
    let page = boss.get(LOG);
    page.is(200).shows(&["Changed administrative data", "TAG: COMPTA → SIEGE", "marie", "127.0.0.1", "ACC-PC-007"]);
    page.shows(&[&format!("href=\"/ocsreports/computers/{id}\""), "/ocsreports/config?q=PROLOG_FREQ"]);
    page.shows(&["Command line", "999", "Automatic", "4,711", "&lt;b&gt;eve", "Refused", "192.168.50.9"]);
    page.hides(&["/ocsreports/computers/999"]);
    let count = |page: &crate::browser::Page| page.is(200).body.matches("scope=\"row\"").count();
    assert_eq!(count(&boss.get("/ocsreports/log?account=:automatic&action=")), 1);
    assert_eq!(count(&boss.get("/ocsreports/log?account=&action=option-changed")), 1);
    assert_eq!(count(&boss.get("/ocsreports/log?account=MARIE&action=computer-deleted")), 0);
    assert_eq!(count(&boss.get("/ocsreports/log?q=siege")), 1);
    boss.get("/ocsreports/log?action=option-changed").shows(&["What: Changed an option", "selected"]);
    let csv = boss.get("/ocsreports/log.csv?action=audit-pruned");
    csv.is(200).shows(&["Automatic", "4711"]).hides(&["PROLOG_FREQ"]);
    assert!(csv.header("content-disposition").contains("log-2026-11-20.csv"));
    let mut user = served.log_in("paul", Role::Technician);
    user.get(LOG).is(403);
    user.get("/ocsreports/log.csv").is(403);
    user.get("/ocsreports/computers").hides(&["/ocsreports/log\""]);
}

/// SEC-58: what it tells leaves the house only with the password.
#[test]
fn sec_58_the_audit_log_is_saved_by_who_typed_the_password_lately() {
    let (served, _) = office();
    served.add("marie", Role::Admin, "three green chairs");
    let mut marie = served.browser();
    log_in(&mut marie, "marie", "three green chairs").is(303);
    served.office.clock.forward(601);
    let path = "/ocsreports/log.csv";
    marie
        .get("/ocsreports/log.csv?action=log-in")
        .is(200)
        .shows(&["Your password again", "log-in"])
        .hides(&["From where"]);
    marie.post(path, &[("action", "log-in"), ("own-password", "wrong")]).is(422).shows(&["This is not your password"]);
    let good = marie.post(path, &[("action", "log-in"), ("own-password", "three green chairs")]);
    assert_eq!((good.status, good.location()), (303, "/ocsreports/log.csv?action=log-in"));
    marie.get(good.location()).is(200).shows(&["From where", "marie"]);
}

#[test]
fn con_aud_2_the_last_lines_of_the_log_are_shown_and_fetched() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let lines = "/ocsreports/log/lines";
    boss.get(lines).is(200).shows(&["The server has written nothing"]);
    let folder = served.office.app.config.log_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let stamp = "2026-11-20 14:05:09+01:00";
    let text = format!("{stamp}  INFO started version=1\n{stamp}  WARN <i>disk é nearly full\n{stamp} ERROR no room\n");
    std::fs::write(folder.join("rollcall.log"), &text).unwrap();
    std::fs::write(folder.join("rollcall.log.1"), format!("{stamp}  INFO older\n")).unwrap();
    boss.get(lines).is(200).shows(&["no room", "started version=1", "older", "&lt;i&gt;disk", stamp, "rollcall.log.1"]);
    boss.get("/ocsreports/log/lines?level=warn").is(200).shows(&["no room", "disk"]).hides(&["started"]);
    boss.get("/ocsreports/log/lines?level=&q=DISK").is(200).shows(&["nearly full"]).hides(&["no room"]);
    boss.get("/ocsreports/log/lines?q=nothing").is(200).shows(&["None of the last lines matches"]);
    let file = boss.get("/ocsreports/log/file?name=rollcall.log");
    assert_eq!(file.is(200).body, text);
    assert!(file.header("content-disposition").contains("rollcall-2026-11-20.log"));
    for bad in ["../store.redb", "rollcall.log.2", "", "..%2Fconfig.toml"] {
        boss.get(&format!("/ocsreports/log/file?name={bad}")).is(404);
    }
    let mut user = served.log_in("paul", Role::Technician);
    user.get(lines).is(403);
    user.get("/ocsreports/log/file?name=rollcall.log").is(403);
}

#[test]
fn con_sta_1_the_state_of_the_server_is_shown_in_figures() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let state = |failing| rollcall::app::JobState { name: "watched folder", last: Some(NOON), next: NOON, failing };
    *served.office.app.jobs.lock().unwrap() = vec![state(false)];
    let page = boss.get("/ocsreports/status");
    page.is(200).shows(&[env!("CARGO_PKG_VERSION"), "The server runs as it should", "Taking in files from the folder"]);
    page.shows(&["Size of the database", "ACC-PC-007", &format!("/ocsreports/computers/{id}\""), "linux"]);
    *served.office.app.jobs.lock().unwrap() = vec![state(true)];
    boss.get("/ocsreports/status").shows(&["1 job did not come to its end", "Failed"]);
    served.office.app.room.store(false, std::sync::atomic::Ordering::SeqCst);
    boss.get("/ocsreports/status").shows(&["too little room on the disk"]).hides(&["runs as it should"]);
    served.log_in("paul", Role::Technician).get("/ocsreports/status").is(403);
}

fn unzipped(body: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).unwrap();
    let mut text = String::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        text.push_str(&format!("== {}\n", file.name().unwrap()));
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    }
    text
}

#[test]
fn con_sta_2_the_support_bundle_has_no_secrets_and_no_names_when_asked() {
    let (served, id) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let folder = served.office.app.config.log_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let line = "2026-11-20 14:05:09+01:00  INFO inventory stored name=ACC-PC-007 by=marie\n";
    std::fs::write(folder.join("rollcall.log"), line).unwrap();
    boss.get("/ocsreports/status").is(200).shows(&["Support bundle"]);
    let fetch = |browser: &Browser, hide: &str| {
        let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let body = format!("token={}&hide={hide}", browser.token);
        let head = format!(
            "POST /ocsreports/status/support.zip HTTP/1.1\r\nConnection: close\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            browser.host,
            browser.origin(),
            cookies.join("; "),
            body.len()
        );
        let answer = browser.exchange(head.as_bytes());
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..end]));
        unzipped(&answer[end + 4..])
    };
    let open = fetch(&boss, "");
    for part in ["== status.txt", "== options.txt", "PROLOG_FREQ = ", "Version: ", "name=ACC-PC-007 by=marie"] {
        assert!(open.contains(part), "{part}: {open}");
    }
    let hidden = fetch(&boss, "1");
    assert!(hidden.contains(&format!("name=computer-{id} by=account-")), "{hidden}");
    for secret in ["ACC-PC-007", "marie", &boss.token, "PRIVATE KEY", "$argon2"] {
        assert!(!hidden.contains(secret), "{secret}");
    }
    let taken = served.audit().into_iter().filter(|entry| entry.action == Action::Exported).count();
    assert_eq!(taken, 2);
    let mut user = served.log_in("paul", Role::Technician);
    user.get("/ocsreports/computers");
    user.post("/ocsreports/status/support.zip", &[]).is(403);
}

#[test]
fn con_crt_1_authority_and_server_certificate_are_shown_and_fetched() {
    let (served, _) = office_with(Served::secure());
    let mut boss = served.log_in("marie", Role::Admin);
    let summary = served.tls.as_ref().unwrap().summary();
    let (authority, leaf) = (summary.authority.unwrap(), summary.leaf.unwrap());
    let page = boss.get("/ocsreports/certificates");
    page.is(200).shows(&[&authority.fingerprint, &leaf.fingerprint, "srv-ocs", "/cacert.pem", "authority.der"]);
    let der = boss.get("/ocsreports/certificates/authority.der");
    assert_eq!(der.is(200).header("content-type"), "application/pkix-cert");
    served.log_in("paul", Role::Technician).get("/ocsreports/certificates").is(403);
    let (plain, _) = office();
    let mut boss = plain.log_in("marie", Role::Admin);
    boss.get("/ocsreports/certificates").is(200).shows(&["HTTPS is switched off"]);
    boss.get("/ocsreports/certificates/authority.der").is(404);
}

#[test]
fn con_crt_2_other_names_make_another_certificate_at_once() {
    let (served, _) = office_with(Served::secure());
    let mut boss = served.log_in("marie", Role::Admin);
    let tls = served.tls.as_ref().unwrap();
    let (path, before) = ("/ocsreports/certificates", tls.summary());
    boss.get(path).is(200);
    boss.post(path, &[("names", "localhost")]).is(422).shows(&["localhost"]);
    boss.post(path, &[("names", "")]).is(422);
    assert_eq!(tls.summary(), before);
    let page = boss.post(path, &[("names", "OCS.office.lan\r\n10.0.0.5")]);
    assert_eq!((page.status, page.location()), (303, "/ocsreports/certificates?done=changed"));
    boss.get(page.location()).is(200).shows(&["There is a new server certificate", "ocs.office.lan", "10.0.0.5"]);
    let after = tls.summary();
    assert_eq!(after.authority, before.authority, "agents notice nothing");
    assert!(after.leaf.unwrap().names.contains(&"ocs.office.lan".to_owned()));
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::CertificateChanged).unwrap();
    assert_eq!(entry.changes[0].after, "ocs.office.lan\n10.0.0.5");
    boss.host = "ocs.office.lan".to_owned();
    boss.get(path).is(200);
    boss.post(path, &[("names", "10.0.0.5")]).is(422).shows(&["You came here by the name ocs.office.lan"]);
}

#[test]
fn con_crt_3_a_request_is_made_signed_elsewhere_brought_back_and_used() {
    use rcgen::{BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair};
    let (served, _) = office_with(Served::secure());
    let mut boss = served.log_in("marie", Role::Admin);
    let (path, own) = ("/ocsreports/certificates", "/ocsreports/certificates/own");
    boss.get(path).is(200);
    boss.post(path, &[("names", "ocs.office.lan")]).is(303);
    boss.get(own).is(200).shows(&["Make the request", "ocs.office.lan"]);
    let request = "/ocsreports/certificates/own/request";
    boss.post(request, &[("country", "France"), ("names", "ocs.office.lan")]).is(422).shows(&["two letters"]);
    boss.post(request, &[("country", "fr"), ("organization", "Büro"), ("names", "ocs.office.lan")]).is(303);
    boss.get(own).is(200).shows(&["C=FR", "Make another request"]);
    let csr = boss.get("/ocsreports/certificates/request.csr");
    assert_eq!(csr.is(200).header("content-type"), "application/pkcs10");

    let key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_pem = root.self_signed(&key).unwrap().pem();
    let asked = CertificateSigningRequestParams::from_pem(&csr.body).unwrap();
    let signed = asked.signed_by(&Issuer::from_params(&root, &key)).unwrap().pem();

    boss.post_files(own, &[("pasted", "nothing")], &[]).is(422).shows(&["There is no certificate in it"]);
    boss.post_files(own, &[("pasted", "")], &[("files", "a.pem", signed.as_bytes())])
        .is(422)
        .shows(&["is missing or does not fit"]);
    let many: Vec<(&str, &str, &[u8])> = vec![("files", "a.pem", b"x"); 9];
    boss.post_files(own, &[("pasted", "")], &many).is(422).shows(&["larger than certificates are"]);
    let page = boss.post_files(own, &[("pasted", &root_pem)], &[("files", "a.pem", signed.as_bytes())]);
    assert_eq!(page.is(303).location(), "/ocsreports/certificates?done=brought");
    let tls = served.tls.as_ref().unwrap();
    let built_in = tls.summary().authority.unwrap().fingerprint;
    boss.get(path).is(200).shows(&["Own certificate, not in use", &built_in]);
    assert!(tls.authority_pem().ends_with(&root_pem), "handed out already");

    let deed = "/ocsreports/certificates/change";
    boss.post(deed, &[("deed", "use-own")]).is(200).shows(&["1 computer is known", "turn away"]);
    assert!(tls.summary().builtin.is_none(), "asked first");
    boss.post(deed, &[("deed", "use-own"), ("confirmed", "1")]).is(303);
    assert_eq!(tls.summary().builtin.unwrap().fingerprint, built_in);
    assert!(tls.authority_pem().starts_with(&root_pem));
    boss.get(path).is(200).shows(&["End the transition", "Go back to the built-in certificate", "brought here"]);
    boss.post(deed, &[("deed", "end"), ("confirmed", "1")]).is(303);
    assert_eq!(tls.authority_pem(), root_pem);
    boss.post(deed, &[("deed", "use-builtin"), ("confirmed", "1")]).is(303);
    boss.post(deed, &[("deed", "drop-own"), ("confirmed", "1")]).is(303);
    assert_eq!(tls.summary().authority.unwrap().fingerprint, built_in);
    boss.post(deed, &[("deed", "end"), ("confirmed", "1")]).is(303);
    boss.post(deed, &[("deed", "nonsense")]).is(404);
    let objects: Vec<String> = served.audit().into_iter().map(|entry| entry.object).collect();
    for done in ["request", "use-own", "end", "use-builtin", "drop-own"] {
        assert!(objects.iter().any(|object| object == done), "{done}");
    }
    served.log_in("paul", Role::Technician).get(own).is(403);
}

#[test]
fn con_crt_4_a_new_authority_is_handed_out_first_and_signs_when_it_is_told_to() {
    let (served, _) = office_with(Served::secure());
    let mut boss = served.log_in("marie", Role::Admin);
    let (path, deed) = ("/ocsreports/certificates", "/ocsreports/certificates/change");
    let tls = served.tls.as_ref().unwrap();
    let old = tls.authority_pem();
    boss.get(path).is(200).shows(&["Make a new authority"]).hides(&["Switch to the new authority"]);
    boss.post(deed, &[("deed", "prepare"), ("confirmed", "1")]).is(303);
    let both = tls.authority_pem();
    assert!(both.starts_with(&old) && both.len() > old.len(), "both are handed out, the old one signs");
    let new = both[old.len()..].to_owned();
    let calls = |served: &crate::browser::Served| {
        let agent = served.secure_browser();
        let body = format!("<REQUEST><DEVICEID>{}</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>", super::story::DEVICE);
        let sealed = rollcall::protocol::envelope::seal(&body, rollcall::protocol::Packing::Zlib);
        let head = format!(
            "POST /ocsinventory HTTP/1.1\r\nHost: localhost\r\nUser-Agent: OCS-NG_unified_unix_agent_v2.10\r\nContent-Type: application/x-compress\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            sealed.len()
        );
        let answer = agent.exchange(&[head.as_bytes(), &sealed].concat());
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    };
    boss.get(path).is(200).shows(&["1 computer has not called over HTTPS"]);
    calls(&served);
    boss.get(path).is(200).shows(&["1 computer called last under the present authority"]);
    boss.post(deed, &[("deed", "switch")]).is(200).shows(&["turn away"]);
    boss.post(deed, &[("deed", "switch"), ("confirmed", "1")]).is(303);
    assert_eq!(tls.authority_pem(), format!("{new}{old}"));
    boss.get(path).is(200).shows(&["End the transition", "1 computer called last under another one", "Not seen under"]);
    boss.post(deed, &[("deed", "end")]).is(200).shows(&["1 computer called last under another one"]);
    served.office.agents.flush_trust().unwrap();
    let kept = served.office.app.read(rollcall::history::Trust::load).unwrap().all();
    assert_eq!(kept.len(), 1, "it is on the disk");
    boss.post(deed, &[("deed", "end"), ("confirmed", "1")]).is(303);
    assert_eq!(tls.authority_pem(), new);
}

#[test]
fn sec_49_a_key_that_is_sent_is_on_no_page_and_on_no_disk() {
    let (served, _) = office_with(Served::secure());
    served.add("marie", Role::Admin, "three green chairs");
    let mut marie = served.browser();
    log_in(&mut marie, "marie", "three green chairs").is(303);
    let own = "/ocsreports/certificates/own";
    marie.get(own).is(200);
    served.office.clock.forward(601);
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let page = marie.post_files(own, &[("pasted", &key)], &[("files", "key.pem", key.as_bytes())]);
    page.is(200).shows(&["Your password again"]).hides(&["PRIVATE KEY"]);
    marie.post(own, &[("own-password", "three green chairs")]).is(303);
    marie.post_files(own, &[("pasted", &key)], &[]).is(422).hides(&["PRIVATE KEY"]);
    assert!(!served.office.app.folder("uploads").join("0").exists());
}

#[test]
fn sec_58_the_certificate_is_changed_by_who_typed_the_password_lately() {
    let (served, _) = office_with(Served::secure());
    served.add("marie", Role::Admin, "three green chairs");
    let mut marie = served.browser();
    log_in(&mut marie, "marie", "three green chairs").is(303);
    served.office.clock.forward(601);
    let (path, tls) = ("/ocsreports/certificates", served.tls.as_ref().unwrap());
    let before = tls.summary();
    marie.get(path).is(200);
    let names = ("names", "ocs.office.lan");
    marie.post(path, &[names]).is(200).shows(&["Your password again"]);
    marie.post(path, &[names, ("own-password", "wrong")]).is(422).shows(&["This is not your password"]);
    assert_eq!(tls.summary(), before);
    marie.post(path, &[names, ("own-password", "three green chairs")]).is(303);
    assert!(tls.summary().leaf.unwrap().names.contains(&"ocs.office.lan".to_owned()));
}

#[test]
fn con_log_4_everybody_changes_the_own_password_and_ends_own_sessions() {
    let (served, _) = office();
    served.add("paul", Role::User, "three green chairs");
    let (mut paul, mut other) = (served.browser(), served.browser());
    for browser in [&mut paul, &mut other] {
        log_in(browser, "paul", "three green chairs").is(303);
    }
    let path = "/ocsreports/account";
    let page = paul.get(path);
    page.is(200).shows(&["In 2 places", "127.0.0.1", "End this session", "Français"]);
    let name = page.body.split_once("name=\"session\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    assert_eq!(
        paul.post("/ocsreports/account/end", &[("session", &name)]).location(),
        "/ocsreports/account?done=ended"
    );
    other.get(path).is(302);
    paul.get(path).is(200).shows(&["In 1 place."]).hides(&["End this session"]);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get(path).is(200);
    let own = boss.get(path).body;
    paul.post("/ocsreports/account/end", &[("session", "0000000000000000")]).is(303);
    assert!(own.contains("In 1 place."));
    let fields = |old, new, again| [("own-password", old), ("password", new), ("again", again)];
    paul.post(path, &fields("wrong", "four blue tables", "four blue tables")).is(422).shows(&["not your password"]);
    paul.post(path, &fields("three green chairs", "short", "other")).is(422);
    log_in(&mut other, "paul", "three green chairs").is(303);
    let page = paul.post(path, &fields("three green chairs", "four blue tables", "four blue tables"));
    assert_eq!((page.status, page.location()), (303, "/ocsreports/account?done=password"));
    paul.get(page.location()).is(200).shows(&["The new password is set."]);
    other.get(path).is(302);
    log_in(&mut served.browser(), "paul", "four blue tables").is(303);
    assert!(served.audit().iter().any(|entry| entry.action == Action::PasswordSet));
}

#[test]
fn con_aud_3_whoever_takes_a_list_out_of_the_house_is_in_the_audit_log() {
    let (served, id) = office();
    let mut paul = served.log_in("paul", Role::User);
    paul.get("/ocsreports/computers.csv?tag=COMPTA&size=10").is(200);
    paul.get("/ocsreports/tags.xlsx").is(200);
    paul.send("HEAD", "/ocsreports/computers.csv", &[], None);
    paul.get("/ocsreports/computers").is(200);
    let one = id.to_string();
    paul.post("/ocsreports/computers/export", &[("id", one.as_str())]).is(200);
    paul.get(&format!("/ocsreports/computers/{id}/inventory.xml")).is(200);
    let mut boss = served.log_in("marie", Role::Admin);
    boss.get("/ocsreports/log.csv").is(200);
    boss.get("/ocsreports/blacklists.csv?list=serials").is(200);
    let told: Vec<_> = served
        .audit()
        .into_iter()
        .filter(|entry| entry.action.word().ends_with("exported"))
        .map(|entry| {
            let by = entry.changes.first().map(|change| change.after.clone()).unwrap_or_default();
            (entry.actor, entry.action, entry.object, entry.count, by)
        })
        .collect();
    let who = |name: &str| Actor::Account(name.to_owned());
    let entry =
        |name, action, object: &str, count, by: &str| (who(name), action, object.to_owned(), count, by.to_owned());
    assert_eq!(
        told,
        [
            entry("marie", Action::Exported, "blacklists-serials.csv", None, ""),
            entry("marie", Action::AuditExported, "log.csv", None, ""),
            entry("paul", Action::Exported, &format!("computer-{id}.xml"), Some(1), ""),
            entry("paul", Action::Exported, "computers.csv", Some(1), ""),
            entry("paul", Action::Exported, "tags.xlsx", Some(1), ""),
            entry("paul", Action::Exported, "computers.csv", Some(1), "tag=COMPTA"),
        ]
    );
    boss.get(LOG).is(200).shows(&["computers.csv", "filter"]);
}

#[test]
fn con_log_4_page_size_and_separator_are_the_accounts_own() {
    let (served, _) = office();
    served.office.set("EXPORT_SEP", ",");
    let mut paul = served.log_in("paul", Role::User);
    let account = "/ocsreports/account";
    paul.get(account).is(200).shows(&["Rows on a page", "Semicolon (;)"]);
    paul.get("/ocsreports/computers.csv").is(200).shows(&["\"TAG\",\"Last"]);
    let other = served.session("paul");
    for bad in [("7", "x"), ("", "")] {
        paul.post("/ocsreports/account/preferences", &[("rows", bad.0), ("separator", bad.1)]).is(303);
        paul.get("/ocsreports/computers.csv").is(200).shows(&["\"TAG\",\"Last"]);
    }
    let done = paul.post("/ocsreports/account/preferences", &[("rows", "25"), ("separator", ";")]);
    paul.get(done.location()).is(200).shows(&["Your choice was saved", "<option value=\"25\" selected>"]);
    for mut browser in [paul.clone(), other, served.session("paul")] {
        browser.get("/ocsreports/computers.csv").is(200).shows(&["\"TAG\";\"Last"]);
        let page = browser.get("/ocsreports/computers");
        page.is(200).shows(&["<option value=\"25\" selected"]);
    }
    // A layout that is kept for a list, and an address, know better.
    paul.get("/ocsreports/computers?size=10").is(200).shows(&["<option value=\"10\" selected"]);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::UserChanged).unwrap();
    assert_eq!(entry.changes.iter().map(|change| change.what.as_str()).collect::<Vec<_>>(), ["rows", "separator"]);
    let mut anne = served.log_in("anne", Role::User);
    anne.get("/ocsreports/computers.csv").is(200).shows(&["\"TAG\",\"Last"]);
}
