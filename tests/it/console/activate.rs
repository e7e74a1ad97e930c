//! Activating packages: the addresses, what is tried before, and taking activations away.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;

use rollcall::deployment::actions;
use rollcall::deployment::affectation::{ActivationId, Affectation};
use rollcall::deployment::archive::{SizedRead, make};
use rollcall::deployment::files;
use rollcall::deployment::package::{Action, Package, PackageId, Protocol, System};
use rollcall::history::Action as Done;
use rollcall::id::ComputerId;
use rollcall::users::{Role, User, store as accounts};

use super::mass::{device, id, send};
use super::packages::with;
use crate::agent::download::{entry, packaged};
use crate::browser::{Browser, Page, Served};
use crate::office::{NOON, UNIX, inventory};

const LIST: &str = "/ocsreports/deploy/activated";
const AWAY: &str = "/ocsreports/deploy/deactivate";
pub(super) const PACKAGE: u32 = 1_700_000_001;
const ACTIVATE: &str = "/ocsreports/deploy/1700000001/activate";
const PROOF: &str = "/ocsreports/deploy/1700000001/activate/proof";
pub(super) const PASSWORD: &str = "three green chairs";

/// A package that agents can unpack, of three fragments.
fn build(served: &Served, protocol: Protocol) {
    let mut state = 7_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(150_000)
    .collect();
    served.office.blocking(|app| {
        let path = app.packages.uploads().unwrap().join("built");
        let file: Box<dyn SizedRead> = Box::new(Cursor::new(noise));
        make(System::Linux, vec![("tool".into(), file)], File::create(&path).unwrap()).unwrap();
        let digests = files::digests(File::open(&path).unwrap()).unwrap();
        let package = Package {
            id: PackageId(PACKAGE),
            name: "Office <tool>".into(),
            description: String::new(),
            system: System::Linux,
            protocol,
            priority: 5,
            action: Action::Launch,
            argument: "tool --now".into(),
            archive: Some(files::archive(&digests, System::Linux.algorithm(), 65_536)),
            notify: None,
            done: None,
            made: NOON,
            by: "boss".into(),
        };
        app.packages.write(&package, Some(File::open(&path).unwrap())).unwrap();
        actions::keep(&app.store, &app.board, package, entry()).unwrap();
        app.packages.publish(PackageId(PACKAGE)).unwrap();
    });
}

/// A server under the name of its certificate, with a package and an administrator who logged in a while ago.
pub(super) fn site(protocol: Protocol) -> (Served, Browser) {
    let served = Served::secure();
    served.add("boss", Role::Admin, PASSWORD);
    served.office.app.proofs.know("srv-ocs", "127.0.0.1".parse().unwrap());
    build(&served, protocol);
    let boss = served.session("boss");
    (served, boss)
}

/// The two addresses of this server.
pub(super) fn addresses(served: &Served, protocol: Protocol) -> (String, String) {
    let https = served.https.unwrap().port();
    let port = if protocol == Protocol::Https { https } else { served.http.port() };
    (format!("srv-ocs:{https}/download"), format!("srv-ocs:{port}/download"))
}

/// The page of a proof when it is over.
pub(super) fn ended(browser: &mut Browser, answer: &Page) -> Page {
    let mut page = browser.get(answer.is(303).location());
    while !page.is(200).header("refresh").is_empty() {
        page.shows(&["This page renews itself", "Stop"]);
        page = browser.get(answer.location());
    }
    page
}

fn activated(served: &Served) -> Vec<(String, String)> {
    let stored = served.office.app.read(rollcall::deployment::store::activations).unwrap();
    let memory = served.office.app.board.look().activations.values().map(|one| (**one).clone()).collect::<Vec<_>>();
    assert_eq!(stored.values().cloned().collect::<Vec<_>>(), memory, "memory and file agree");
    memory.into_iter().map(|one| (one.info, one.fragments)).collect()
}

#[test]
fn con_dep_8_and_9_a_package_is_activated_once_this_server_fetched_it_as_an_agent_would() {
    for protocol in [Protocol::Https, Protocol::Http] {
        let (served, mut boss) = site(protocol);
        let (info, fragments) = addresses(&served, protocol);
        let form = boss.get(ACTIVATE);
        form.is(200).shows(&["Office &lt;tool&gt;", &info, &fragments]);
        let answer = boss.post(ACTIVATE, &[("info", &format!("https://{info}/")), ("fragments", &fragments)]);
        let page = ended(&mut boss, &answer);
        page.shows(&["Everything works, and the package is activated", "Choose computers"]).hides(&["Activate anyway"]);
        assert_eq!(activated(&served), [(info.clone(), fragments.clone())]);
        let entries = served.audit();
        let of = entries.iter().filter(|entry| entry.action == Done::PackageActivated).collect::<Vec<_>>();
        assert!(of.len() == 1 && of[0].object.contains(&info), "{of:?}");
        // Once more at the same place; at another one for another site.
        let same = boss.post(ACTIVATE, &[("info", &info), ("fragments", &fragments)]);
        same.is(422).shows(&["activated at these addresses already"]);
        let other = info.replace("/download", "/other");
        let answer = boss.post(ACTIVATE, &[("info", &other), ("fragments", &fragments)]);
        let page = ended(&mut boss, &answer);
        page.shows(&["so the package was not activated", "There is no /other/1700000001/info", "Activate anyway"]);
        assert_eq!(activated(&served).len(), 1);
        press(&mut boss, &answer, "anyway").is(303);
        assert_eq!(activated(&served), [(info, fragments.clone()), (other, fragments)]);
    }
}

/// Presses a button of the page of a proof.
fn press(browser: &mut Browser, proof: &Page, what: &str) -> Page {
    let run = proof.location().rsplit('=').next().unwrap().to_owned();
    browser.post(PROOF, &[("run", &run), ("what", what)])
}

/// Somebody with this server's certificate who answers everything with the same text; where.
fn impostor(served: &Served, text: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("srv-ocs:{}/download", listener.local_addr().unwrap().port());
    let config = served.tls.as_ref().unwrap().config();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(session, stream.unwrap());
            let _ = stream.read(&mut [0; 4096]);
            let answer =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}", text.len());
            let _ = stream.write_all(answer.as_bytes());
            let _ = stream.flush();
        }
    });
    place
}

/// Another port of this server that lets nobody through before it is told to, by the end of what is answered; where.
pub(super) fn gate(served: &Served) -> (String, mpsc::Sender<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("srv-ocs:{}/download", listener.local_addr().unwrap().port());
    let (to, (open, opened)) = (served.https.unwrap(), mpsc::channel());
    std::thread::spawn(move || {
        let _ = opened.recv();
        for come in listener.incoming() {
            let (mut come, mut gone) = (come.unwrap(), TcpStream::connect(to).unwrap());
            let (mut back, mut out) = (come.try_clone().unwrap(), gone.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut come, &mut out));
            std::thread::spawn(move || std::io::copy(&mut gone, &mut back));
        }
    });
    (place, open)
}

/// Changes an account as an administrator does, whatever runs for it.
pub(super) fn account(served: &Served, account: &str, change: impl FnOnce(&mut User) + Send + 'static) {
    let account = account.parse().unwrap();
    let work = move |w: &mut rollcall::store::Txn<'_>| {
        accounts::change(w, &account, |user| {
            change(user);
            Ok(())
        })
    };
    served.office.blocking(move |app| app.write(work).map(drop).unwrap());
}

/// What a large package needs to be tried out is time for somebody to lose the right.
#[test]
fn con_usr_who_may_not_any_more_has_nothing_activated_that_was_asked_for_earlier() {
    let (served, mut boss) = site(Protocol::Https);
    let mut chief = served.log_in("chief", Role::Admin);
    let (_, fragments) = addresses(&served, Protocol::Https);
    let changes: [fn(&mut User); 2] = [|user| user.locked = true, |user| user.role = Role::Technician];
    for change in changes {
        account(&served, "boss", |user| (user.locked, user.role) = (false, Role::Admin));
        let (info, open) = gate(&served);
        let answer = boss.post(ACTIVATE, &[("info", &info), ("fragments", &fragments)]);
        assert!(!chief.get(answer.is(303).location()).is(200).header("refresh").is_empty(), "under way");
        account(&served, "boss", change);
        drop(open);
        ended(&mut chief, &answer).shows(&["may not activate the package any more", "value=\"anyway\""]);
        assert_eq!(activated(&served), []);
    }
}

#[test]
fn con_dep_9_only_a_wrong_information_file_forbids_to_activate_anyway() {
    let (served, mut boss) = site(Protocol::Https);
    let (info, _) = addresses(&served, Protocol::Https);
    let other = "<DOWNLOAD ID=\"1700000001\" PRI=\"5\" ACT=\"EXECUTE\" COMMAND=\"format c:\" />";
    for (text, why) in [(other, "is another one: "), ("Welcome", "no information file")] {
        let place = impostor(&served, text);
        let answer = boss.post(ACTIVATE, &[("info", &place), ("fragments", &info)]);
        let page = ended(&mut boss, &answer);
        page.shows(&["agents would do something else", why]).hides(&["value=\"anyway\""]);
        press(&mut boss, &answer, "anyway").is(303);
        assert_eq!(activated(&served), [], "nor by hand");
    }
    let answer = boss.post(ACTIVATE, &[("info", &info), ("fragments", &info), ("only", "1")]);
    let page = ended(&mut boss, &answer);
    page.shows(&["Everything works. Nothing was activated yet", "value=\"anyway\""]);
    assert_eq!(activated(&served), []);

    // A fragment that is gone, of a package that nobody fetched before.
    let (served, mut boss) = site(Protocol::Https);
    let (info, _) = addresses(&served, Protocol::Https);
    std::fs::remove_file(served.office.app.packages.fragment(PackageId(PACKAGE), 2)).unwrap();
    let answer = boss.post(ACTIVATE, &[("info", &info), ("fragments", &info)]);
    let page = ended(&mut boss, &answer);
    page.shows(&[
        "1 of 3 fragments do not arrive",
        "number 2 first",
        "1700000001-2 on srv-ocs",
        "cannot be read on this server",
    ]);
    assert_eq!(activated(&served), []);
    let done = press(&mut boss, &answer, "anyway");
    boss.get(done.is(303).location()).is(200).shows(&["The package is activated"]);
    assert_eq!(activated(&served).len(), 1);
    let again = press(&mut boss, &answer, "anyway");
    boss.get(again.is(303).location()).is(200).shows(&["at these addresses already"]);
    assert_eq!(activated(&served).len(), 1, "once is enough");
}

#[test]
fn con_dep_8_addresses_that_agents_cannot_use_are_refused_and_kept_in_the_form() {
    let (served, mut boss) = site(Protocol::Http);
    let (info, fragments) = addresses(&served, Protocol::Http);
    for (bad, why) in [
        ("", "Give an address such as"),
        ("localhost/download", "each computer itself"),
        ("127.0.0.1:8443/download", "each computer itself"),
        ("[::1]/download", "each computer itself"),
        ("[::ffff:127.0.0.1]/download", "each computer itself"),
        ("2130706433/download", "each computer itself"),
        ("http://ocs.example.net/download", "Leave out what stands before"),
        ("a b/download", "Give a host name or an address"),
        ("ocs.example.net:99999/download", "Give a port"),
        ("ocs.example.net", "Give the folder as well"),
    ] {
        let page = boss.post(ACTIVATE, &[("info", bad), ("fragments", &fragments)]);
        page.is(422).shows(&[why, &fragments]);
    }
    let page = boss.post(ACTIVATE, &[("info", &info), ("fragments", "<x>\"/download")]);
    page.is(422).shows(&["&lt;x&gt;&quot;/download", &info]);
    assert_eq!(activated(&served), []);
    // Options say what is proposed.
    served.office.set("DOWNLOAD_URI_INFO", "ocs.example.net/one");
    served.office.set("DOWNLOAD_URI_FRAG", "ocs.example.net:81/two");
    boss.get(ACTIVATE).is(200).shows(&["ocs.example.net/one", "ocs.example.net:81/two"]);
}

#[test]
fn con_dep_9_nobody_there_or_a_certificate_for_another_name_is_explained() {
    let (served, mut boss) = site(Protocol::Http);
    let (info, fragments) = addresses(&served, Protocol::Http);
    served.office.app.proofs.know("other.example.net", "127.0.0.1".parse().unwrap());
    let other = info.replace("srv-ocs", "other.example.net");
    let answer = boss.post(ACTIVATE, &[("info", &other), ("fragments", &fragments)]);
    let page = ended(&mut boss, &answer);
    page.shows(&["is made for", "not for other.example.net", "Activate anyway", "Change the addresses"]);
    // A port that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("srv-ocs:{free}/download");
    let answer = boss.post(ACTIVATE, &[("info", &nobody), ("fragments", &fragments)]);
    let page = ended(&mut boss, &answer);
    page.shows(&[&format!("Nobody listens at 127.0.0.1:{free}")]);
    assert_eq!(activated(&served), []);
    // The proof of one package is none of another, and one that is forgotten begins anew.
    packaged(&served.office, 1_700_000_002);
    let elsewhere = answer.location().replace("1700000001", "1700000002");
    assert_eq!(boss.get(&elsewhere).is(302).location(), "/ocsreports/deploy/1700000002/activate");
    boss.post("/ocsreports/deploy/1700000002/activate/proof", &[("run", "1"), ("what", "anyway")]).is(404);
    boss.get("/ocsreports/deploy/7/activate").is(404);
}

#[test]
fn sec_58_a_package_is_activated_by_who_typed_the_password_lately() {
    let (served, mut boss) = site(Protocol::Https);
    let (info, _) = addresses(&served, Protocol::Https);
    served.office.clock.forward(601);
    let fields = [("info", info.as_str()), ("fragments", info.as_str())];
    boss.post(ACTIVATE, &fields).is(200).shows(&["Your password", &info]);
    let wrong = [fields[0], fields[1], ("own-password", "wrong")];
    boss.post(ACTIVATE, &wrong).is(422).shows(&["This is not your password"]);
    assert_eq!(activated(&served), []);
    let right = [fields[0], fields[1], ("own-password", PASSWORD)];
    let answer = boss.post(ACTIVATE, &right);
    ended(&mut boss, &answer).shows(&["the package is activated"]);
    assert_eq!(activated(&served).len(), 1);
    for role in [Role::User, Role::Technician] {
        let mut other = served.log_in(role.code(), role);
        other.get(ACTIVATE).is(403);
        other.post(ACTIVATE, &right).is(403);
        other.post(AWAY, &[("id", "1")]).is(403);
        other.get(LIST).is(200).shows(&[&info]).hides(&["Unaffect everywhere"]);
    }
}

/// Computers PC-0 to PC-3 of two TAGs, the first three affected by the first of two activations.
fn staffed() -> (Served, Browser, [ActivationId; 2]) {
    let served = Served::new();
    served.office.set("DOWNLOAD", "1");
    served.add("boss", Role::Admin, "");
    for n in 0..4 {
        let tag = ["LYON", "SIEGE"][n as usize % 2];
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        assert_eq!(served.run(served.office.say(UNIX, &inventory(&device(n), &content))).0, 200);
    }
    let activations = [packaged(&served.office, PACKAGE), packaged(&served.office, 1_700_000_002)];
    let ids: Vec<ComputerId> = (0..3).map(|n| id(&served, n)).collect();
    let [first, _] = activations;
    served.office.blocking(move |app| {
        let new = Affectation { at: NOON, by: "boss".into(), ..Affectation::default() };
        actions::affect(&app.store, &app.board, ids, first, new, |_, _| Ok(true), entry()).unwrap()
    });
    let boss = served.session("boss");
    (served, boss, activations)
}

#[test]
fn con_dep_15_activations_are_listed_and_taken_away_after_their_numbers() {
    let (served, mut boss, [first, second]) = staffed();
    let page = boss.get(LIST);
    page.is(200).shows(&["2 activations", "Tool 1700000001", "ocs.example.net/download", "Unaffect everywhere"]);
    page.shows(&[&format!("activation={}.waiting&amp;show=all\" data-count=\"3\"", first.0)]);
    let csv = boss.get("/ocsreports/deploy/activated.csv?cols=package,number,waiting&sort=number");
    assert_eq!(csv.is(200).body.lines().count(), 3, "{}", csv.body);
    let number = first.0.to_string();
    let asked = boss.post(AWAY, &[("id", &number), ("scope", "checked"), ("where", LIST)]);
    asked.is(200).shows(&["Deactivate 1 activation", "affectations: 3", "Take 3 affectations back and deactivate"]);
    assert_eq!(activated(&served).len(), 2, "nothing is stored yet");
    // One more is affected before the answer comes: nothing is done.
    let more = id(&served, 3);
    served.office.blocking(move |app| {
        let new = Affectation { at: NOON, by: "boss".into(), ..Affectation::default() };
        actions::affect(&app.store, &app.board, vec![more], first, new, |_, _| Ok(true), entry()).unwrap()
    });
    let asked = send(&mut boss, AWAY, &asked, &[]);
    asked.is(200).shows(&["Take 4 affectations back and deactivate"]);
    let done = send(&mut boss, AWAY, &asked, &[]);
    boss.get(done.is(303).location()).is(200).shows(&["1 activation was taken away", "Tool 1700000002"]);
    assert_eq!(served.office.app.board.look().activations.keys().copied().collect::<Vec<_>>(), [second]);
    assert!(served.office.app.board.look().affectations.is_empty());
    assert!(served.office.app.board.look().packages.contains_key(&PackageId(PACKAGE)), "it stays built");
    let entries = served.audit();
    let entry = entries.iter().find(|entry| entry.action == Done::PackageDeleted).unwrap();
    assert_eq!((entry.count, entry.object.as_str()), (Some(4), number.as_str()));
    // Nothing chosen, and everything that the filter box finds.
    let none = boss.post(AWAY, &[("scope", "checked"), ("where", LIST)]);
    boss.get(none.is(303).location()).is(200).shows(&["Nothing was chosen"]);
    let found = format!("{LIST}?q=1700000001");
    boss.post(AWAY, &[("scope", "whole"), ("where", &found)]).is(303);
    let found = format!("{LIST}?q=1700000002");
    let asked = boss.post(AWAY, &[("scope", "whole"), ("where", &found)]);
    send(&mut boss, AWAY, &asked, &[]).is(303);
    boss.get(LIST).is(200).shows(&["No package is activated"]);
}

#[test]
fn con_gen_4_a_limited_account_counts_its_own_computers_and_takes_nothing_from_others() {
    let (served, _, [first, second]) = staffed();
    let mut lyon = served.limited("lyon", Role::Admin, &["LYON"]);
    let page = lyon.get(LIST);
    page.is(200).shows(&[&format!("activation={}.waiting&amp;show=all\" data-count=\"2\"", first.0)]);
    let numbers = [first, second].map(|one| one.0.to_string());
    let refused = lyon.post(AWAY, &[("id", &numbers[0]), ("where", LIST)]);
    refused.is(200).shows(&["Computers that your account does not show"]).hides(&["affectations: 3"]);
    lyon.post(AWAY, &[("id", &numbers[0]), ("where", LIST), ("confirmed", "1 3")]).is(200);
    assert_eq!(served.office.app.board.look().activations.len(), 2);
    let asked = lyon.post(AWAY, &[("id", &numbers[1]), ("where", LIST)]);
    send(&mut lyon, AWAY, &asked, &[]).is(303);
    assert_eq!(served.office.app.board.look().activations.len(), 1);
}

#[test]
fn con_dep_10_what_was_built_is_activated_by_itself_where_an_option_says_so() {
    let (served, _) = super::office_with(Served::with(true, |config| config.limits.free_space = 0));
    served.office.app.proofs.know("srv-ocs", "127.0.0.1".parse().unwrap());
    served.office.set("DOWNLOAD_AUTO_ACTIVATE", "1");
    let mut marie = served.log_in("marie", Role::Admin);
    let fields = with("msi", "WINDOWS", &[("name", "Tool"), ("arguments", "/qn")]);
    let check = marie.post_files("/ocsreports/deploy/new", &fields, &[("file", "My Tool.msi", b"MSI")]);
    let built = send(&mut marie, "/ocsreports/deploy/new", &check, &[]);
    ended(&mut marie, &built).shows(&["Everything works, and the package is activated"]);
    let (info, fragments) = addresses(&served, Protocol::Http);
    assert_eq!(activated(&served), [(info, fragments)]);
}
