//! Lists: layouts, filters, files, and what is done with many computers at once.

use std::io::{Cursor, Read};

use rollcall::accountinfo;
use rollcall::clock::Timestamp;
use rollcall::history::store::DELETED;
use rollcall::store::Read as _;
use rollcall::users::{Role, User};

use super::office;
use super::story::DEVICE;
use crate::browser::{Browser, Page, Served, encoded};

const LIST: &str = "/ocsreports/computers";

fn device(n: u32) -> String {
    format!("pc-{n}-2026-01-02-03-04-05")
}

/// Computers PC-00 to PC-11 with three TAGs and some software, besides ACC-PC-007.
fn staffed() -> Served {
    let (served, _) = office();
    for n in 0..12 {
        let tag = ["SIEGE", "LYON", ""][n as usize % 3];
        let system = if n < 8 { "Microsoft Windows 11 Pro" } else { "Ubuntu 24.04" };
        let content = format!(
            "<HARDWARE><NAME>PC-{n:02}</NAME><OSNAME>{system}</OSNAME><MEMORY>{}</MEMORY></HARDWARE>\
             <BIOS><SSN>SN{n}</SSN></BIOS>\
             <NETWORKS><MACADDR>02:00:00:00:00:{n:02}</MACADDR></NETWORKS><NETWORKS><MACADDR>02:00:00:00:01:{n:02}</MACADDR></NETWORKS>\
             <SOFTWARES><NAME>7-Zip</NAME><VERSION>{}</VERSION><PUBLISHER>Igor</PUBLISHER><FOLDER>c:\\{n}</FOLDER></SOFTWARES>\
             <SOFTWARES><NAME>Éditeur {}</NAME></SOFTWARES>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>",
            1024 * (n + 1),
            if n < 4 { "9.20" } else { "23.01" },
            n % 2,
        );
        served.run(served.office.inventory(&device(n), &content));
        served.office.clock.forward(60);
    }
    served
}

/// The computers of a page, in order.
fn names(page: &Page) -> Vec<String> {
    let cells = page.body.split("scope=\"row\"").skip(1);
    let name = |cell: &str| {
        let cell = cell.split("</th>").next().unwrap();
        cell.trim_end_matches("</a>").rsplit('>').next().unwrap().to_owned()
    };
    cells.map(name).collect()
}

fn count(browser: &mut Browser, query: &str) -> usize {
    names(browser.get(&format!("{LIST}?size=100&{query}")).is(200)).len()
}

fn numbers(served: &Served, computers: &[u32]) -> Vec<String> {
    computers.iter().map(|n| served.office.id(&device(*n)).unwrap().to_string()).collect()
}

/// Ticks these computers and asks for something; the form of the page that asks back.
fn tick(served: &Served, browser: &mut Browser, deed: &str, computers: &[u32]) -> Page {
    let ids = numbers(served, computers);
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("id", id.as_str())).collect();
    fields.extend([("scope", "checked"), ("where", LIST)]);
    browser.get(LIST).is(200);
    browser.post(&format!("{LIST}/{deed}"), &fields)
}

/// Sends the form of a page as it is.
fn confirm(browser: &mut Browser, path: &str, page: &Page) -> Page {
    let form = page.body.split("class=\"form confirm\"").nth(1).expect("a confirmation");
    let mut fields = Vec::new();
    for input in form.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let value = rest.split('"').next().unwrap().replace("&amp;", "&");
        if name != "token" {
            fields.push((name.to_owned(), value));
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields)
}

#[test]
fn con_gen_10_a_layout_is_kept_for_the_account_and_the_address_wins() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    browser
        .get(LIST)
        .is(200)
        .shows(&["Operating system"])
        .hides(&["scope=\"col\" class=\"main\"><a class=\"sort\" href=\"#"]);
    let fields = [
        ("c", "name"),
        ("c", "ssn"),
        ("c", "macaddr"),
        ("p.ssn", "1"),
        ("p.name", "2"),
        ("sort", "-name"),
        ("size", "10"),
    ];
    let kept = browser
        .post("/ocsreports/layouts/computers", &[&fields[..], &[("back", "/ocsreports/computers?q=PC")]].concat());
    assert_eq!((kept.status, kept.location()), (303, "/ocsreports/computers?q=PC"));
    let page = browser.get(LIST);
    assert_eq!(names(&page)[..2], ["PC-11", "PC-10"]);
    assert_eq!(names(&page).len(), 10);
    let heads: Vec<&str> =
        page.body.split("scope=\"col\"").skip(1).map(|cell| cell.split("</span>").next().unwrap()).collect();
    assert!(
        heads[0].ends_with("Serial number") && heads[1].ends_with("Computer") && heads[2].ends_with("MAC addresses")
    );
    // CON-INV-6: several addresses are one cell.
    page.shows(&["02:00:00:00:00:11", "02:00:00:00:01:11"]);
    // The third click leads back to the kept order, and the address to anything else.
    page.shows(&["href=\"/ocsreports/computers?sort=name\""]);
    assert_eq!(names(&browser.get(&format!("{LIST}?sort=memory&cols=memory")))[0], "PC-00");
    let again = served.log_in("other", Role::User).get(LIST);
    assert_eq!(names(&again).len(), 13, "another account has its own");

    // It is in the file, so that it outlives the session and the program.
    let account = "marie".parse().unwrap();
    let stored =
        served.office.app.read(|store| rollcall::users::layouts::layout(store, &account, "computers")).unwrap();
    assert_eq!(stored.unwrap().columns, ["ssn", "name", "macaddr"]);
    browser.post("/ocsreports/layouts/computers", &[("reset", "1"), ("back", "https://evil.example/")]).is(303);
    assert_eq!(names(&browser.get(LIST)).len(), 13);
    browser.post("/ocsreports/layouts/nothing", &[]).is(404);
    let changes: Vec<_> = served.audit().into_iter().flat_map(|entry| entry.changes).collect();
    assert!(changes.iter().any(|change| change.after == "ssn,name,macaddr -name 10"), "{changes:?}");
}

#[test]
fn con_gen_9_the_filter_box_looks_at_the_columns_that_are_shown() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    assert_eq!(count(&mut browser, "q=ubuntu"), 4);
    assert_eq!(count(&mut browser, "q=SN11"), 0, "the serial number is not shown");
    assert_eq!(count(&mut browser, "q=sn11&cols=name,ssn"), 1);
    let none = browser.get(&format!("{LIST}?q=nobody+%3Cb%3E&tag=LYON"));
    none.is(200).shows(&[
        "Nothing matches",
        "nobody &lt;b&gt;",
        "TAG is LYON",
        "href=\"/ocsreports/computers\">Show everything",
    ]);
    let file = browser.get("/ocsreports/computers.csv?q=ubuntu&sort=-name&cols=ssn,name,osname");
    let lines: Vec<&str> = file.body.trim_end().split("\r\n").collect();
    assert_eq!(
        lines[..2],
        ["\u{FEFF}\"Serial number\",\"Computer\",\"Operating system\"", "\"SN11\",\"PC-11\",\"Ubuntu 24.04\"",]
    );
    assert_eq!(lines.len(), 5, "CON-ACC-3: the rows of the list");
    let separator = browser.get("/ocsreports/computers.csv?q=ubuntu&cols=macaddr,osname");
    separator.shows(&["\"02:00:00:00:00:11, 02:00:00:00:01:11\""]);
}

#[test]
fn con_gen_16_a_workbook_has_the_rows_of_the_list() {
    let served = staffed();
    let browser = served.log_in("marie", Role::User);
    let raw = browser.exchange(
        format!(
            "GET /ocsreports/computers.xlsx?q=ubuntu&cols=name,osname,memory HTTP/1.1\r\nHost: {}\r\nCookie: rollcall-local={}\r\nConnection: close\r\n\r\n",
            browser.host, browser.cookies["rollcall-local"]
        )
        .as_bytes(),
    );
    let head = raw.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    assert!(String::from_utf8_lossy(&raw[..head]).contains("filename=\"computers-2026-11-20.xlsx\""));
    let zip = raw.windows(4).position(|part| part == b"PK\x03\x04").unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(&raw[zip..])).unwrap();
    let mut sheet = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert_eq!(sheet.matches("<row ").count(), 1 + 4, "{sheet}");
    for expected in ["Memory (MB)", "PC-11", "<v>12288</v>"] {
        assert!(sheet.contains(expected), "{expected}");
    }
    for list in ["tags", "software", "import"] {
        let mut browser = served.log_in(list, Role::Technician);
        assert_eq!(
            browser.get(&format!("/ocsreports/{list}.csv")).is(200).header("content-type"),
            "text/csv; charset=utf-8"
        );
    }
}

#[test]
fn con_inv_1_archived_computers_leave_the_list_and_their_agents_go_on() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let asked = tick(&served, &mut browser, "archive", &[1, 2, 3]);
    asked.is(200).shows(&["Archive 3 computers?", "PC-01", "PC-03"]).hides(&["PC-04"]);
    assert_eq!(count(&mut browser, ""), 13, "nothing is done before it is confirmed");
    let done = confirm(&mut browser, "/ocsreports/computers/archive", &asked);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/computers?done=archive&n=3"));
    browser.get(done.location()).is(200).shows(&["3 computers were archived."]);
    assert_eq!(
        [count(&mut browser, ""), count(&mut browser, "show=archived"), count(&mut browser, "show=all")],
        [10, 3, 13]
    );
    assert!(served.office.differences().is_empty());
    // An inventory and a contact leave it where it is.
    served.run(served.office.prolog(&device(1)));
    served.run(served.office.inventory(&device(1), "<HARDWARE><NAME>PC-01-NEW</NAME></HARDWARE>"));
    let page = browser.get(&format!("{LIST}?show=archived&cols=name,archived"));
    page.shows(&["PC-01-NEW", "Archived since", "20\u{A0}Nov\u{A0}2026"]);
    let entry = served.audit().remove(0);
    assert_eq!((entry.count, entry.action.word()), (Some(3), "computer-archived"));

    let asked = tick(&served, &mut browser, "restore", &[1]);
    confirm(&mut browser, "/ocsreports/computers/restore", asked.is(200)).is(303);
    assert_eq!(count(&mut browser, ""), 11);
    assert!(served.office.differences().is_empty());
    let mut user = served.log_in("paul", Role::User);
    user.get(LIST).hides(&["/archive\"", "/delete\""]).shows(&["/export\""]);
}

#[test]
fn con_inv_8_deleted_computers_are_gone_with_everything_and_a_trace() {
    let served = staffed();
    served.office.set("TRACE_DELETED", "1");
    let id = served.office.id(&device(5)).unwrap();
    served.office.set_own(id, "PROLOG_FREQ", "3");
    let mut browser = served.log_in("boss2", Role::Admin);
    // CON-INV-4: own options are marked, and the mark says which.
    browser.get(LIST).is(200).shows(&["title=\"Own values: PROLOG_FREQ\""]);
    let asked = tick(&served, &mut browser, "delete", &[5, 6]);
    asked.is(200).shows(&["Delete 2 computers?", "cannot be brought back"]);
    confirm(&mut browser, "/ocsreports/computers/delete", &asked).is(303);
    assert_eq!(count(&mut browser, "show=all"), 11);
    browser.get(&format!("{LIST}/{id}")).is(404);
    assert!(served.office.differences().is_empty());
    let read = served.office.app.store.read().unwrap();
    let gone = read.get(&DELETED, id).unwrap().unwrap();
    assert!(gone.trace && gone.into.is_none());
    assert!(accountinfo::store::account(&read, id).unwrap().is_none());
    let own = read.all(&rollcall::options::store::OVERRIDES).unwrap();
    assert!(own.is_empty() && served.office.app.options.all_own(id).is_empty(), "{own:?}");
    drop(read);
    // Its agent makes a new computer.
    served.run(served.office.inventory(&device(5), "<HARDWARE><NAME>PC-05</NAME></HARDWARE>"));
    assert_ne!(served.office.id(&device(5)), Some(id));
    let entry = served.audit().into_iter().find(|entry| entry.action.word() == "computer-deleted").unwrap();
    assert_eq!(entry.count, Some(2));
    let checked = served.office.blocking(|app| rollcall::check::check(app).unwrap());
    assert!(checked.fine(), "{checked:?}");
}

#[test]
fn con_gen_7_when_the_number_has_changed_nothing_is_done() {
    let served = staffed();
    let mut browser = served.log_in("boss2", Role::Admin);
    browser.get(LIST).is(200);
    let fields = [("scope", "whole"), ("where", "/ocsreports/computers?tag=LYON&q=PC")];
    let asked = browser.post("/ocsreports/computers/delete", &fields);
    asked.is(200).shows(&["Delete 4 computers?"]);
    let more = "<HARDWARE><NAME>PC-99</NAME></HARDWARE><ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>LYON</KEYVALUE></ACCOUNTINFO>";
    served.run(served.office.inventory(&device(99), more));
    let again = confirm(&mut browser, "/ocsreports/computers/delete", &asked);
    again.is(200).shows(&["Delete 5 computers?", "nothing was done"]);
    assert_eq!(served.office.count(), 14);
    confirm(&mut browser, "/ocsreports/computers/delete", &again).is(303);
    assert_eq!(served.office.count(), 9);
    let nothing =
        browser.post("/ocsreports/computers/delete", &[("scope", "checked"), ("where", LIST), ("confirmed", "0")]);
    assert_eq!(nothing.location(), "/ocsreports/computers?done=nothing");
    assert_eq!(served.office.count(), 9);
}

#[test]
fn con_gen_11_rows_are_checked_by_page_and_exported() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let page = browser.get(&format!("{LIST}?size=10&check=page"));
    assert_eq!(page.body.matches("form=\"actions\" checked").count(), 10);
    assert_eq!(browser.get(&format!("{LIST}?size=10")).body.matches("form=\"actions\" checked").count(), 0);
    page.shows(&["Whole result (13)", "Checked ones", "check=page\" data-check=\"page\">This page"]);
    let file = tick(&served, &mut browser, "export", &[3, 4]);
    let lines: Vec<&str> = file.is(200).body.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].contains("PC-03") && lines[2].contains("PC-04"), "{lines:?}");
}

/// CON-ACC-5: every number that is a link leads to a list of that length.
fn follows(browser: &mut Browser, page: &Page) -> usize {
    let mut followed = 0;
    for link in page.body.split("<a href=\"/ocsreports/computers?").skip(1) {
        let (query, rest) = link.split_once('"').unwrap();
        let words = rest.split_once('>').unwrap().1;
        let Ok(number) = words.split('<').next().unwrap().parse::<usize>() else { continue };
        assert_eq!(count(browser, &query.replace("&amp;", "&")), number, "{query}");
        followed += 1;
    }
    followed
}

#[test]
fn con_tag_1_computers_are_counted_by_tag_and_each_number_is_a_list() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let page = browser.get("/ocsreports/tags");
    page.is(200).shows(&["(no TAG)", "SIEGE", "LYON", "COMPTA", "13 computers in all.", "30.8\u{A0}%", "7.7\u{A0}%"]);
    assert_eq!(follows(&mut browser, &page), 4);
    // CON-TAG-4: archived computers count when they are not left out.
    let asked = tick(&served, &mut browser, "archive", &[0, 1]);
    confirm(&mut browser, "/ocsreports/computers/archive", &asked).is(303);
    let page = browser.get("/ocsreports/tags");
    page.shows(&["11 computers in all."]);
    assert_eq!(follows(&mut browser, &page), 4);
    served.office.set("EXCLUDE_ARCHIVE_COMPUTER", "0");
    let page = browser.get("/ocsreports/tags");
    page.shows(&["13 computers in all."]);
    assert_eq!(follows(&mut browser, &page), 4);
    let file = browser.get("/ocsreports/tags.csv");
    file.is(200).shows(&["\"TAG\",\"Computers\",\"Share\",\"Last contact\"", "\"LYON\",\"4\",\"30.77\","]);
}

#[test]
fn con_tag_3_a_tag_is_renamed_everywhere_after_its_number_was_confirmed() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    browser.get("/ocsreports/tags/rename?tag=LYON").is(200).shows(&["The TAG is LYON now."]);
    browser.post("/ocsreports/tags/rename", &[("tag", "LYON"), ("new", "LYON")]).is(422);
    browser.post("/ocsreports/tags/rename", &[("tag", "LYON"), ("new", &"é".repeat(256))]).is(422);
    browser
        .post("/ocsreports/tags/rename", &[("tag", "NOBODY"), ("new", "X")])
        .is(422)
        .shows(&["No computer has this TAG"]);
    let asked = browser.post("/ocsreports/tags/rename", &[("tag", "LYON"), ("new", "LYON & CO")]);
    asked.is(200).shows(&["The TAG LYON becomes LYON &amp; CO.", "Rename it on 4 computers"]);
    assert_eq!(served.office.tag(&device(1)), "LYON");
    let done = confirm(&mut browser, "/ocsreports/tags/rename", &asked);
    browser.get(done.location()).is(200).shows(&["4 computers have the new TAG."]);
    assert_eq!(served.office.tag(&device(1)), "LYON & CO");
    assert!(served.office.differences().is_empty());
    let entry = served.audit().remove(0);
    assert_eq!((entry.action.word(), entry.count, entry.changes[0].before.as_str()), ("tag-renamed", Some(4), "LYON"));
    // The agent learns it.
    let told = served.run(served.office.inventory(&device(1), "<HARDWARE><NAME>PC-01</NAME></HARDWARE>"));
    assert!(told.contains("LYON &amp; CO"), "{told}");
    served.log_in("paul", Role::User).get("/ocsreports/tags").is(200).hides(&["/tags/rename"]);
}

#[test]
fn con_sof_1_software_is_counted_now_by_name_and_by_version() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let page = browser.get("/ocsreports/software");
    page.is(200).shows(&["7-Zip", "2 versions", "Igor", "Éditeur 0", "firefox"]);
    assert_eq!(names(&page)[0], "7-Zip", "the most frequent first");
    assert_eq!(follows(&mut browser, &page), 4);
    let page = browser.get("/ocsreports/software?by=version");
    page.is(200).shows(&["9.20", "23.01"]).hides(&["2 versions"]);
    assert_eq!(follows(&mut browser, &page), 5);
    // Filters of the computers go along with the numbers.
    let page = browser.get("/ocsreports/software?by=version&os=ubuntu&tag=LYON");
    page.is(200).shows(&["23.01", "TAG is LYON"]).hides(&["9.20"]);
    assert_eq!(follows(&mut browser, &page), 2);
    for (query, rows) in [
        ("q=zip", 1),
        ("q=igor", 1),
        ("publisher=igor&by=version", 2),
        ("version=9.2", 1),
        ("least=6", 3),
        ("most=1", 1),
        ("tag=&os=&publisher=&least=&most=", 4),
        ("q=nothing", 0),
    ] {
        let page = browser.get(&format!("/ocsreports/software?{query}"));
        assert_eq!(page.is(200).body.matches("scope=\"row\"").count(), rows, "{query}");
        assert_eq!(follows(&mut browser, &page), rows, "{query}");
    }
    // CON-SOF-2: É stands under E, digits under #.
    browser
        .get("/ocsreports/software?letter=E")
        .is(200)
        .shows(&["Éditeur 0", "Éditeur 1"])
        .hides(&["7-Zip", "firefox<"]);
    browser.get("/ocsreports/software?letter=%23").is(200).shows(&["7-Zip"]).hides(&["Éditeur 0"]);
    for sort in ["name", "-name", "publisher", "version", "-version", "computers"] {
        let page = browser.get(&format!("/ocsreports/software?size=10&sort={sort}"));
        assert_eq!(page.is(200).body.matches("scope=\"row\"").count(), 4, "{sort}");
    }
    // CON-SOF-3.
    let asked = tick(&served, &mut browser, "archive", &[0, 1, 2, 3]);
    confirm(&mut browser, "/ocsreports/computers/archive", &asked).is(303);
    let page = browser.get("/ocsreports/software?by=version");
    page.hides(&["9.20"]);
    assert_eq!(follows(&mut browser, &page), 4);
    let file = browser.get("/ocsreports/software.csv?sort=name");
    let lines: Vec<&str> = file.body.trim_end().split("\r\n").collect();
    assert_eq!(
        lines[..2],
        [
            "\u{FEFF}\"Name\",\"Publisher\",\"Version\",\"Category\",\"Computers\"",
            "\"7-Zip\",\"Igor\",\"23.01\",\"NEW\",\"8\""
        ]
    );
}

#[test]
fn con_inv_7_filters_in_the_address_are_chips_above_the_table() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let page = browser.get(&format!("{LIST}?tag=&system={}", encoded("Ubuntu 24.04")));
    page.is(200).shows(&["without TAG", "Operating system is Ubuntu 24.04", "Remove this filter"]);
    page.shows(&["href=\"/ocsreports/computers?tag=\"", "href=\"/ocsreports/computers?system=Ubuntu+24.04\""]);
    assert_eq!(names(&page).len(), 2);
    served.office.clock.forward(10 * Timestamp::DAY);
    served.run(served.office.prolog(DEVICE));
    let mut browser = served.log_in("marie2", Role::User);
    assert_eq!(
        [count(&mut browser, "seen=7"), count(&mut browser, "seen=-7"), count(&mut browser, "seen=today")],
        [1, 12, 1]
    );
    for ignored in ["seen=x", "seen=0", "item=x", "os="] {
        assert_eq!(count(&mut browser, ignored), 13, "{ignored}");
    }
    assert_eq!(count(&mut browser, "item=4000000"), 0);
    browser.get(&format!("{LIST}?item=4000000")).shows(&["has a software that is no longer known"]);
}

/// An account limited to TAGs has them in no list, no count, no file and no action.
#[test]
fn con_gen_4_an_account_sees_only_its_tags() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Technician);
    let mut user = User::new("lyon".parse().unwrap(), Role::Technician, String::new(), Timestamp(0));
    user.tags = vec!["ly*".to_owned()];
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), Timestamp(0)).unwrap();
    browser.cookies.insert("rollcall-local".into(), begun.token);
    browser.token = begun.session.csrf;
    assert_eq!(count(&mut browser, "show=all"), 4);
    browser.get("/ocsreports/computers.csv?cols=name,tag").hides(&["SIEGE", "COMPTA"]).shows(&["LYON"]);
    browser.get("/ocsreports/tags").is(200).shows(&["4 computers in all."]).hides(&["SIEGE"]);
    let page = browser.get("/ocsreports/software");
    page.hides(&["firefox"]);
    assert_eq!(follows(&mut browser, &page), 3);
    let asked = tick(&served, &mut browser, "archive", &[0, 1]);
    asked.is(200).shows(&["Archive 1 computer?"]).hides(&["PC-00"]);
    let asked = browser.post("/ocsreports/tags/rename", &[("tag", "SIEGE"), ("new", "X")]);
    asked.is(422).shows(&["No computer has this TAG"]);
    // A direct address to another computer.
    let (seen, hidden) = (served.office.id(&device(1)).unwrap(), served.office.id(&device(0)).unwrap());
    for part in ["", "/everything", "/administrative", "/contacts"] {
        browser.get(&format!("{LIST}/{seen}{part}")).is(200);
        browser.get(&format!("{LIST}/{hidden}{part}")).is(404);
    }
    browser.post(&format!("{LIST}/{hidden}/administrative"), &[("tag", "LYON")]).is(404);
    // Software that only others have is not named, whatever number is tried.
    for item in 1..10 {
        browser.get(&format!("{LIST}?item={item}")).is(200).hides(&["firefox", "Firefox"]);
    }
    // Neither a computer that was never there nor one that went into another is told from those.
    browser.get(&format!("{LIST}/999999")).is(404);
    assert_eq!(served.office.tag(&device(0)), "SIEGE");
}
