//! The file of a package, sent in pieces (CON-DEP-6, SEC-33, REL-8).

use rollcall::deployment::uploads::Refused;
use rollcall::users::Role;

use super::{office, office_with};
use crate::browser::{Browser, Page, Served};

const SENDING: &str = "/ocsreports/deploy/upload";

fn number(page: &Page, name: &str) -> u64 {
    let value: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    value[name].as_u64().unwrap_or_else(|| panic!("no {name} in {}", page.body))
}

fn begin(browser: &mut Browser, name: &str, size: usize) -> Page {
    browser.post(SENDING, &[("name", name), ("size", &size.to_string()), ("changed", "1700000000123")])
}

fn token(page: &Page) -> String {
    let value: serde_json::Value = serde_json::from_str(&page.is(200).body).unwrap();
    value["upload"].as_str().unwrap().to_owned()
}

fn piece(browser: &mut Browser, upload: &str, at: &str, bytes: &[u8]) -> Page {
    let (origin, token) = (browser.origin(), browser.token.clone());
    let headers = [
        ("Origin", origin.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
        ("Content-Type", "application/octet-stream"),
        ("X-Form-Token", &token),
    ];
    browser.send("POST", &format!("{SENDING}/{upload}?at={at}"), &headers, Some(bytes.to_vec()))
}

fn left(served: &Served) -> usize {
    std::fs::read_dir(served.office.app.folder("download/.uploads")).map_or(0, Iterator::count)
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[test]
fn con_dep_6_a_file_comes_in_pieces_and_goes_on_after_a_cut_line() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let whole = content(1_000_000);
    let begun = begin(&mut boss, "C:\\files\\set<up>.exe", whole.len());
    let upload = token(&begun);
    assert_eq!((number(&begun, "at"), number(&begun, "size")), (0, 1_000_000));
    assert_eq!(number(piece(&mut boss, &upload, "0", &whole[..300_000]).is(200), "at"), 300_000);
    // The line is cut: what came is kept.
    let (origin, form, cookie) = (boss.origin(), boss.token.clone(), boss.cookies["rollcall-local"].clone());
    let mut request = format!(
        "POST {SENDING}/{upload}?at=300000 HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nSec-Fetch-Site: same-origin\r\n\
         Cookie: rollcall-local={cookie}\r\nContent-Type: application/octet-stream\r\nX-Form-Token: {form}\r\n\
         Content-Length: 700000\r\n\r\n",
        boss.host
    )
    .into_bytes();
    request.extend_from_slice(&whole[300_000..700_000]);
    let mut socket = std::net::TcpStream::connect(served.http).unwrap();
    std::io::Write::write_all(&mut socket, &request).unwrap();
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = std::io::Read::read_to_end(&mut socket, &mut Vec::new());
    let now = boss.get(&format!("{SENDING}/{upload}"));
    assert_eq!(number(now.is(200), "at"), 700_000);
    // The page is opened again, and the same file chosen.
    let mut again = served.session("marie");
    let resumed = begin(&mut again, "set<up>.exe", whole.len());
    assert_eq!((token(&resumed), number(&resumed, "at")), (upload.clone(), 700_000));
    // Another file of the same name is another one.
    assert_ne!(token(&begin(&mut again, "set<up>.exe", 999_999)), upload);
    assert_eq!(number(piece(&mut again, &upload, "700000", &whole[700_000..]).is(200), "at"), 1_000_000);
    let taken = served.office.app.uploads.taken("marie", &upload).unwrap();
    assert_eq!((taken.name.as_str(), taken.size), ("set<up>.exe", 1_000_000));
    assert_eq!(std::fs::read(&taken.path).unwrap(), whole);
    taken.used();
    boss.get(&format!("{SENDING}/{upload}")).is(404);
    assert_eq!(left(&served), 1);
}

#[test]
fn con_dep_6_a_piece_that_does_not_fit_is_refused() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let upload = token(&begin(&mut boss, "a.exe", 1000));
    piece(&mut boss, &upload, "0", &[1; 400]).is(200);
    for wrong in ["0", "399", "401", "1000", "18446744073709551615"] {
        assert_eq!(number(piece(&mut boss, &upload, wrong, &[1; 10]).is(409), "at"), 400, "{wrong}");
    }
    for wrong in ["", "-1", "x", "18446744073709551616"] {
        piece(&mut boss, &upload, wrong, &[1; 10]).is(400);
    }
    assert_eq!(number(boss.get(&format!("{SENDING}/{upload}")).is(200), "at"), 400);
    // While a piece comes no other is taken.
    let held = served.office.app.uploads.piece("marie", &upload, 400).unwrap();
    piece(&mut boss, &upload, "400", &[1; 10]).is(409).shows(&["busy"]);
    drop(held);
    // Longer than it was said to be: nothing of it stays.
    piece(&mut boss, &upload, "400", &vec![1; 500_000]).is(400);
    boss.get(&format!("{SENDING}/{upload}")).is(404);
    for (size, changed) in [("", "0"), ("-1", "0"), ("1", ""), ("x", "0")] {
        boss.post(SENDING, &[("name", "a"), ("size", size), ("changed", changed)]).is(400);
    }
    begin(&mut boss, "large.iso", (4 << 30) + 1).is(413);
    assert_eq!(left(&served), 0);
}

#[test]
fn sec_54_pieces_are_taken_from_our_own_page_and_this_account_only() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let upload = token(&begin(&mut boss, "a.exe", 1000));
    let path = format!("{SENDING}/{upload}?at=0");
    let (origin, form) = (boss.origin(), boss.token.clone());
    let kind = ("Content-Type", "application/octet-stream");
    let own = [("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let zeros = "0".repeat(64);
    for (headers, status) in [
        (vec![own[0], own[1], kind], 403),
        (vec![own[0], own[1], kind, ("X-Form-Token", zeros.as_str())], 403),
        (vec![("Origin", "http://evil.example"), kind, ("X-Form-Token", form.as_str())], 403),
        (vec![own[0], ("Sec-Fetch-Site", "cross-site"), kind, ("X-Form-Token", form.as_str())], 403),
        (vec![own[0], own[1], ("Content-Type", "text/plain"), ("X-Form-Token", form.as_str())], 415),
        (vec![own[0], own[1], ("Content-Type", "multipart/form-data; boundary=x"), ("X-Form-Token", &form)], 415),
    ] {
        boss.send("POST", &path, &headers, Some(vec![1; 100])).is(status);
    }
    let mut other = served.log_in("anne", Role::Admin);
    other.get(&format!("{SENDING}/{upload}")).is(404);
    piece(&mut other, &upload, "0", &[1; 100]).is(404);
    other.post(&format!("{SENDING}/{upload}/cancel"), &[]).is(204);
    assert_ne!(token(&begin(&mut other, "a.exe", 1000)), upload);
    for guess in ["..%2f..%2fstore.redb", "%2e%2e", &upload[..31], &upload.to_uppercase(), "x"] {
        piece(&mut boss, guess, "0", &[1; 100]).is(404);
    }
    let mut technician = served.log_in("paul", Role::Technician);
    begin(&mut technician, "a.exe", 1000).is(403);
    piece(&mut technician, &upload, "0", &[1; 100]).is(403);
    assert_eq!(number(boss.get(&format!("{SENDING}/{upload}")).is(200), "at"), 0);
    boss.post(&format!("{SENDING}/{upload}/cancel"), &[]).is(204);
    boss.get(&format!("{SENDING}/{upload}")).is(404);
    assert_eq!(left(&served), 1);
}

#[test]
fn rel_8_a_full_disk_ends_an_upload_and_leaves_nothing() {
    let (served, _) = office_with(Served::with(false, |config| config.limits.free_space = 1 << 60));
    let mut boss = served.log_in("marie", Role::Admin);
    begin(&mut boss, "a.exe", 1000).is(507).shows(&["The disk is full"]);
    // It was not full yet when the file began.
    let app = &served.office.app;
    let file = rollcall::deployment::uploads::Described { name: "a.exe".into(), size: 1_000_000, changed: 0 };
    let bounds = rollcall::deployment::uploads::Bounds { file: 2_000_000, stays_free: 0 };
    let upload = app.uploads.begin("marie", file, bounds, app.clock.elapsed()).unwrap().token;
    piece(&mut boss, &upload, "0", &vec![1; 900_000]).is(507).shows(&["The disk is full"]);
    boss.get(&format!("{SENDING}/{upload}")).is(404);
    assert_eq!(left(&served), 0);
}

#[test]
fn con_dep_6_no_account_fills_the_folder_with_files() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let tokens: Vec<String> = (0..50)
        .map(|n| {
            served.office.clock.forward(1);
            token(&begin(&mut boss, &format!("{n}.exe"), 1000))
        })
        .collect();
    assert_eq!(left(&served), 4);
    boss.get(&format!("{SENDING}/{}", tokens[45])).is(404);
    boss.get(&format!("{SENDING}/{}", tokens[46])).is(200);
    assert!(matches!(served.office.app.uploads.taken("marie", &tokens[49]), Err(Refused::Unfinished(0))));
    served.office.clock.forward(24 * 3600);
    assert_eq!(served.office.app.uploads.expire(served.office.clock.elapsed()), 4);
    assert_eq!(left(&served), 0);
}

/// A file that came before the form is what the form would have brought, for its account only.
#[test]
fn con_dep_6_a_package_is_built_of_a_file_that_came_before_the_form() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let new = "/ocsreports/deploy/new";
    boss.get(&format!("{new}?task=exe&system=WINDOWS")).is(200).shows(&[
        "data-sending=",
        "<progress",
        "/assets/sending.",
    ]);
    let upload = token(&begin(&mut boss, "tool.exe", 1000));
    let fields = |upload| {
        let mut fields = super::packages::with("exe", "WINDOWS", &[("name", "Tool")]);
        fields.push(("upload", upload));
        fields
    };
    boss.post_files(new, &fields(&upload), &[]).is(422).shows(&["not on the server any more"]);
    piece(&mut boss, &upload, "0", &content(1000)).is(200);
    let mut other = served.log_in("anne", Role::Admin);
    other.post_files(new, &fields(&upload), &[]).is(422);
    let check = boss.post_files(new, &fields(&upload), &[]);
    check.is(200).shows(&["Look once more", "tool.exe"]).hides(&["name=\"upload\""]);
    assert_eq!(left(&served), 0);
}

/// Several files that came as one before the form are several files in the archive.
#[test]
fn con_imp_5_a_package_of_several_files_is_built_of_what_came_before_the_form() {
    let (served, _) = office();
    let mut boss = served.log_in("marie", Role::Admin);
    let new = "/ocsreports/deploy/new";
    boss.get(&format!("{new}?task=store&system=LINUX")).is(200).shows(&[
        "data-sending=",
        "data-files=\"50\"",
        "multiple",
        "name=\"parts\"",
    ]);
    let whole = content(1000);
    let came = |boss: &mut Browser| {
        let upload = token(&begin(boss, "one.txt and 2 more", 1000));
        piece(boss, &upload, "0", &whole[..700]).is(200);
        // The line is cut, the page is opened again, and the same files are chosen.
        let again = begin(boss, "one.txt and 2 more", 1000);
        assert_eq!((token(&again), number(&again, "at")), (upload.clone(), 700));
        piece(boss, &upload, "700", &whole[700..]).is(200);
        upload
    };
    let sent = |boss: &mut Browser, upload: &str, parts: &str| {
        let mut fields = super::packages::with("store", "LINUX", &[("name", "Files"), ("path", "/opt/files")]);
        fields.extend([("upload", upload), ("parts", parts)]);
        boss.post_files(new, &fields, &[])
    };
    let upload = came(&mut boss);
    for wrong in
        [r#"[{"name":"one.txt","size":999}]"#, r#"[{"name":"one.txt","size":1000},{"name":"b","size":1}]"#, "nonsense"]
    {
        sent(&mut boss, &upload, wrong).is(422).shows(&["not on the server any more"]);
    }
    let many = format!("[{}{{\"name\":\"x\",\"size\":1000}}]", "{\"name\":\"y\",\"size\":0},".repeat(50));
    sent(&mut boss, &upload, &many).is(422).shows(&["50"]);
    sent(&mut boss, &upload, r#"[{"name":"a","size":400},{"name":"a","size":600}]"#).is(422).shows(&["are called a"]);
    let good = r#"[{"name":"one.txt","size":300},{"name":"<b>.bin","size":700},{"name":"../empty","size":0}]"#;
    let check = sent(&mut boss, &upload, good);
    check.is(200).shows(&["Look once more", "one.txt", "_b_.bin", "empty"]).hides(&["name=\"parts\"", "../empty"]);
    assert_eq!(left(&served), 0, "nothing of what came is left");
    super::mass::send(&mut boss, new, &check, &[]).is(303);
    let package = served.office.app.board.look().packages.values().next().cloned().unwrap();
    let listing =
        rollcall::deployment::archive::list(served.office.app.packages.archive(&package), package.system).unwrap();
    let names: Vec<_> = listing.entries.iter().map(|entry| (entry.name.as_str(), entry.size)).collect();
    assert_eq!(names, [("one.txt", 300), ("_b_.bin", 700), ("empty", 0)]);
}
