//! The list, the page of a computer and its forms.

use rollcall::accountinfo;
use rollcall::history::store::{DELETED, Gone};
use rollcall::id::ComputerId;
use rollcall::store::{Table, Write};
use rollcall::users::Role;

use super::story::{DEVICE, inventory};
use super::{office, office_with};
use crate::browser::Served;
use crate::office::NOON;

#[test]
fn con_inv_2_the_list_is_sorted_and_paged_by_its_address() {
    let (served, _) = office();
    for n in 0..60 {
        let hardware = format!("<HARDWARE><NAME>PC-{n:02}</NAME><MEMORY>{}</MEMORY></HARDWARE>", 1024 * (60 - n));
        served.run(served.office.inventory(&format!("pc-{n}-2026-01-02-03-04-05"), &hardware));
        served.office.clock.forward(1);
    }
    let mut browser = served.log_in("marie", Role::User);
    let page = browser.get("/ocsreports/computers");
    assert_eq!(page.body.matches("scope=\"row\"").count(), 50);
    let page = browser.get("/ocsreports/computers?sort=name&size=10&page=2");
    page.is(200).shows(&["11 to 20 of 61", "size=10&amp;sort=-name", "sort=name&amp;size=10&amp;page=3"]);
    page.shows(&["PC-09", "PC-18"]).hides(&["PC-08<", "PC-19<"]);
    browser.get("/ocsreports/computers?sort=-memory&size=10").is(200).shows(&["PC-00<"]).hides(&["PC-59<"]);
    browser.get("/ocsreports/computers?sort=memory&size=10").is(200).shows(&["PC-59<"]).hides(&["PC-00<"]);
    browser.get("/ocsreports/computers?size=10&page=999").is(200).shows(&["61 to 61 of 61"]);
    browser.get("/ocsreports/computers?size=1000").is(200).shows(&["1 to 61 of 61"]);
    browser.get("/ocsreports/").is(200).shows(&["Dashboard"]);
    assert_eq!(browser.get("/ocsreports").location(), "/ocsreports/");
    assert_eq!(browser.get("/").location(), "/ocsreports/");
}

#[test]
fn con_pc_11_an_unknown_number_is_404_and_a_merged_one_leads_on() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::User);
    for bad in ["0", "999", "-1", "01", "+1", "1.0", "x", "4294967296", "%31%00", ""] {
        let page = browser.get(&format!("/ocsreports/computers/{bad}"));
        assert!(matches!(page.status, 404 | 302), "{bad}");
        assert!(page.status == 404 || bad.is_empty(), "{bad} {}", page.location());
    }
    browser.get(&format!("/ocsreports/computers/{id}/no-such-section")).is(404).shows(&["There is no such page"]);
    browser.get(&format!("/ocsreports/computers/{id}/modems")).is(200).shows(&["Nothing here"]);
    for (number, into) in
        [(500, Some(ComputerId(501))), (501, Some(ComputerId(id))), (502, None), (503, Some(ComputerId(503)))]
    {
        let gone = Gone { at: NOON, into, trace: false };
        let put =
            move |app: &rollcall::app::App| app.write(move |w| w.put(&DELETED, ComputerId(number), &gone)).unwrap();
        served.office.blocking(put);
    }
    let moved = browser.get("/ocsreports/computers/500");
    assert_eq!((moved.status, moved.location()), (302, format!("/ocsreports/computers/{id}?merged=500").as_str()));
    browser.get(moved.location()).is(200).shows(&["Computer 500 was merged into this one."]);
    browser.get("/ocsreports/computers/502").is(404);
    browser.get("/ocsreports/computers/503").is(404);
}

/// A record that cannot be read: what is left is shown, and the next inventory brings it back.
#[test]
fn rel_5_a_damaged_record_leaves_the_rest_of_the_page() {
    static HOT: Table<ComputerId, Vec<u8>> = Table::new("hot");
    static COLD: Table<ComputerId, Vec<u8>> = Table::new("cold");
    static ACCOUNT: Table<ComputerId, Vec<u8>> = Table::new("accountinfo");
    for table in [&HOT, &COLD, &ACCOUNT] {
        let (served, id) = office();
        let mut browser = served.log_in("marie", Role::Admin);
        let spoil =
            move |app: &rollcall::app::App| app.write(move |w| w.put(table, ComputerId(id), &vec![7; 9])).unwrap();
        served.office.blocking(spoil);
        for part in ["", "/everything", "/contacts", "/administrative", "/memories"] {
            let page = browser.get(&format!("/ocsreports/computers/{id}{part}"));
            page.is(200).shows(&["cannot be read", "ACC-PC-007", "7XK2QJ3"]);
        }
        browser.get("/ocsreports/computers").is(200).shows(&["ACC-PC-007"]);
        let form = format!("/ocsreports/computers/{id}/administrative");
        browser.get(&form);
        browser.post(&form, &[("tag", "SIEGE")]).is(303);
        served.run(served.office.inventory(DEVICE, &inventory("SIEGE")));
        let page = browser.get(&format!("/ocsreports/computers/{id}/memories"));
        page.is(200).shows(&["DIMM 2", "SIEGE"]).hides(&["cannot be read"]);
    }
}

#[test]
fn con_pc_4_a_tag_is_one_short_line_and_kept_as_typed_when_it_is_not() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Technician);
    let form = format!("/ocsreports/computers/{id}/administrative");
    browser.get(&form).is(200);
    let long = "é".repeat(256);
    browser.post(&form, &[("tag", &long)]).is(422).shows(&["at most 255 characters", &long]);
    browser.post(&form, &[("tag", "a\nb")]).is(422).shows(&["one line"]);
    assert_eq!(served.office.tag(DEVICE), "COMPTA");
    browser.post(&form, &[("tag", &"é".repeat(255))]).is(303);
    let entries = served.audit().len();
    browser.post(&form, &[("tag", &"é".repeat(255))]).is(303);
    assert_eq!(served.audit().len(), entries, "what changes nothing is no entry");
    browser.post(&form, &[("tag", "")]).is(303);
    let account = served.office.app.read(|store| accountinfo::store::account(store, ComputerId(id))).unwrap().unwrap();
    assert_eq!((account.tag(), account.changed["TAG"].by.as_str()), ("", "marie"));
    browser.post("/ocsreports/computers/999/administrative", &[("tag", "X")]).is(404);
    assert!(served.office.app.read(|store| accountinfo::store::account(store, ComputerId(999))).unwrap().is_none());
}

#[test]
fn section_32_private_values_are_for_technicians() {
    let (served, id) = office();
    let everything = format!("/ocsreports/computers/{id}/everything");
    let users = format!("/ocsreports/computers/{id}/local_users");
    for (role, sees) in [(Role::User, false), (Role::Technician, true), (Role::Admin, true)] {
        let mut browser = served.log_in(role.code(), role);
        for path in [&everything, &users, &format!("/ocsreports/computers/{id}/hardware")] {
            let page = browser.get(path);
            assert_eq!(page.is(200).body.contains("KEY-KEY"), sees, "{path} as {role}");
            if path != &format!("/ocsreports/computers/{id}/hardware") {
                assert_eq!(page.body.contains("Camille Perrin"), sees, "{path} as {role}");
                page.shows(&["/bin/bash"]);
            }
        }
        let form = browser.get(&format!("/ocsreports/computers/{id}/administrative"));
        assert_eq!(form.body.contains("name=\"tag\""), sees, "{role}");
    }
}

#[test]
fn con_imp_3_the_results_of_the_watched_folder_are_listed() {
    use rollcall::history::imports::{ImportOutcome, ImportResult, note};
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Technician);
    browser.get("/ocsreports/import").is(200).shows(&["No file has come yet"]);
    let outcome = |name: &str, result| ImportOutcome { name: name.to_owned(), result };
    let outcomes = vec![
        outcome("a.ocs", ImportResult::New { id: ComputerId(id), name: "ACC-PC-007".into() }),
        outcome("<b>.xml", ImportResult::Refused("This is not an inventory.".into())),
    ];
    served.office.blocking(move |app| note(&app.store, NOON, outcomes).unwrap());
    let page = browser.get("/ocsreports/import");
    page.is(200).shows(&["a.ocs", "&lt;b&gt;.xml", "not an inventory", &format!("/ocsreports/computers/{id}\"")]);
    browser.get("/ocsreports/next-steps").is(200).shows(&["/ocsreports/import\">"]);
    let mut user = served.log_in("paul", Role::User);
    user.get("/ocsreports/import").is(403).shows(&["importing inventories"]);
    user.get("/ocsreports/next-steps").is(200).hides(&["/ocsreports/import\">"]);
}

/// Nobody noticed for a week that inventories were refused: only the log said so.
#[test]
fn rel_08_every_page_says_when_nothing_can_be_stored() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::User);
    let room = |there| served.office.app.room.store(there, std::sync::atomic::Ordering::SeqCst);
    for path in ["/ocsreports/computers".to_owned(), format!("/ocsreports/computers/{id}")] {
        room(false);
        browser.get(&path).is(200).shows(&["Nothing can be stored at the moment"]);
        browser.get("/ocsreports/health").is(503);
        room(true);
        browser.get(&path).is(200).hides(&["Nothing can be stored"]);
        browser.get("/ocsreports/health").is(200);
    }
}

/// REL-17: a fault costs one page; its number is on the page.
#[test]
fn rel_17_a_panic_in_a_handler_is_a_page_with_a_number() {
    let (served, _) = office_with(Served::new());
    let mut browser = served.log_in("marie", Role::Admin);
    let page = browser.get("/ocsreports/panic");
    page.is(500).shows(&["Something went wrong", "marie", "Reference"]).hides(&["on purpose"]);
    let number = page.body.split("<code class=\"copy\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(number.len() == 8 && number.bytes().all(|byte| byte.is_ascii_hexdigit()), "{number}");
    assert!(!page.header("content-security-policy").is_empty());
    served.browser().get("/ocsreports/panic").is(500).hides(&["marie"]);
    browser.get("/ocsreports/computers").is(200);
}

#[test]
fn files_of_the_console_are_kept_for_ever_and_health_is_one_word() {
    let (served, _) = office();
    let mut browser = served.browser();
    let page = browser.get("/ocsreports/login");
    for end in [".css", ".js", ".svg"] {
        let (before, _) = page.body.split_once(&format!("{end}\"")).unwrap();
        let path = format!("{}{end}", before.rsplit('"').next().unwrap());
        let file = browser.get(&path);
        assert_eq!((file.status, file.header("cache-control")), (200, "public, max-age=31536000, immutable"), "{path}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(browser.get("/ocsreports/health").body, "ok\n");
    served.office.app.room.store(false, std::sync::atomic::Ordering::Relaxed);
    let health = browser.get("/ocsreports/health");
    assert_eq!((health.status, health.body.as_str()), (503, "degraded\n"));
}

#[test]
fn con_gen_15_the_list_is_a_file_with_the_same_rows_in_the_same_order() {
    let (served, _) = office_with(Served::with(false, |config| config.limits.new_devices_per_hour = 5000));
    // More than are written at once.
    for n in 0..1100 {
        let hardware = format!("<HARDWARE><NAME>PC-{n:04}</NAME><MEMORY>{}</MEMORY></HARDWARE>", 1024 + n);
        served.run(served.office.inventory(&format!("pc-{n}-2026-01-02-03-04-05"), &hardware));
    }
    let hostile = "<HARDWARE><NAME>=cmd|&quot;x&quot;!A1</NAME><USERID>\u{FF1D}1+1; \"a\"</USERID></HARDWARE>";
    served.run(served.office.inventory("evil-2026-01-02-03-04-05", hostile));
    let mut browser = served.log_in("marie", Role::User);
    let link = "href=\"/ocsreports/computers.csv?sort=-name\" title=\"All rows as a CSV file\">CSV<";
    browser.get("/ocsreports/computers?sort=-name&size=10&page=3").is(200).shows(&[link]);
    let file = browser.get("/ocsreports/computers.csv?sort=-name");
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"computers-2026-11-20.csv\"");
    let lines: Vec<&str> = file.body.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 1 + 1102, "{}", lines.len());
    let titles = "\u{FEFF}\"Mark\",\"TAG\",\"Last inventory\",\"Computer\",\"User\",\"Operating system\",\"Memory (MB)\",\"Processor (MHz)\"";
    assert_eq!(lines[0], titles);
    assert!(lines[1].contains(",\"PC-1099\",") && lines[1].ends_with(",\"2123\",\"\""), "{}", lines[1]);
    assert!(lines[1100].contains(",\"PC-0000\","), "{}", lines[1100]);
    assert!(lines[1101].starts_with("\"\",\"COMPTA\",\"2026-11-20 ") && lines[1101].contains(",\"ACC-PC-007\","));
    assert!(lines[1102].contains(",\"'=cmd|\"\"x\"\"!A1\",\"'\u{FF1D}1+1; \"\"a\"\"\","), "{}", lines[1102]);
    let mut french = served.log_in("paul", Role::User);
    french.lang = "fr".into();
    french.get("/ocsreports/computers.csv").is(200).shows(&["\u{FEFF}\"Repère\";\"TAG\";\"Dernier inventaire\";"]);
    let none = served.browser().get("/ocsreports/computers.csv");
    assert_eq!((none.status, none.location()), (302, "/ocsreports/login?back=%2Focsreports%2Fcomputers.csv"));
}
