//! The acceptance of the console as a whole (section 33): walks over every page that there is.

use std::io::{Cursor, Read};
use std::sync::atomic::Ordering;

use rollcall::app::App;
use rollcall::clock::Timestamp;
use rollcall::console::lists::{List, lists};
use rollcall::demo;
use rollcall::deployment::actions;
use rollcall::deployment::affectation::{Affectation, State};
use rollcall::deployment::package::PackageId;
use rollcall::groups::{self, Group, Kind};
use rollcall::history::imports::{ImportOutcome, ImportResult, note};
use rollcall::id::ComputerId;
use rollcall::tls::Failed;
use rollcall::users::{Role, User, store};

use super::crawl::{Crawl, rows};
use super::dictionary::{names, put};
use super::output::{PAYLOADS, escaped, filled};
use crate::agent::download::{entry, packaged};
use crate::browser::{Browser, Served};
use crate::markup::{Document, Element};
use crate::office::inventory;

/// A word in everything that only another TAG's computer has.
const VAULT: &str = "Zxvaultword";

/// The invented office, and one computer in a TAG of its own.
fn furnished() -> Served {
    let served = Served::new();
    served.add("boss", Role::Admin, "");
    let now = served.office.clock.now().plus(400 * Timestamp::DAY);
    for report in demo::Office::new(7, now).reports(14) {
        served.office.clock.forward(report.at.since(served.office.clock.now()).max(0));
        assert_eq!(served.run(served.office.say(report.agent, &report.xml)).0, 200);
    }
    served.office.clock.forward(now.since(served.office.clock.now()).max(0));
    let vault = inventory("vault-2026-01-02-03-04-05", &filled(VAULT, VAULT));
    assert_eq!(served.run(served.office.say("OCS-NG_WINDOWS_AGENT_v2.11.0.1", &vault)).0, 200);
    let outcome = |name: &str, result| ImportOutcome { name: name.to_owned(), result };
    let refused = outcome("broken.ocs", ImportResult::Refused("This is not an inventory.".into()));
    served.office.blocking(move |app| note(&app.store, now, vec![refused]).unwrap());
    let (activation, ids) = (packaged(&served.office, 1_600_000_001), (1..6).map(ComputerId).collect());
    grouped(&served, now);
    // One that several computers share, and some that none has.
    for (address, kind) in
        [([192, 168, 50, 7], Failed::Authority), ([10, 9, 8, 7], Failed::Left), ([10, 9, 8, 6], Failed::Old)]
    {
        served.office.app.handshakes.failed(address.into(), kind, now);
    }
    served.office.blocking(|app| {
        let new = Affectation { at: now, by: "boss".into(), ..Affectation::default() };
        actions::affect(&app.store, &app.board, ids, activation, new, |_, _| Ok(true), entry()).unwrap();
    });
    served
}

/// A group of each kind, one of them for who may change groups only.
fn grouped(served: &Served, now: Timestamp) {
    for (name, kind, visible) in [
        ("Front office", Kind::Static, true),
        ("Spare ones", Kind::Static, false),
        ("Servers of packages", Kind::Redistribution, true),
    ] {
        let group = Group { name: name.into(), kind, visible, created: now, by: "boss".into(), ..Group::default() };
        let ids = (1..6).map(ComputerId).collect();
        let make =
            |app: &App| groups::actions::make(&app.store, &app.groups, group, ids, Box::new(|_, _| Ok(true)), entry());
        served.office.blocking(make).unwrap();
    }
}

fn user(account: &str, role: Role, tags: &[&str]) -> User {
    let mut user = User::new(account.parse().unwrap(), role, String::new(), Timestamp(0));
    user.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    user
}

/// CON-ACC-2 and CON-ACC-5 for one reader.
fn walk(served: &Served, user: User, lang: &str) -> Vec<(String, String)> {
    let limited = !user.tags.is_empty();
    if user.account.as_str() != "boss" {
        let kept = user.clone();
        served.office.blocking(move |app| app.write(move |w| store::add(w, &kept)).unwrap());
    }
    let mut crawl = Crawl::new(served, user, lang);
    let before = served.writes.load(Ordering::SeqCst);
    crawl.walk();
    let counted = crawl.count();
    let written = served.writes.load(Ordering::SeqCst) - before;
    assert_eq!(written, crawl.written, "SEC-54: reading changes nothing");
    assert!(crawl.faults.is_empty(), "{} faults:\n{}", crawl.faults.len(), crawl.faults.join("\n"));
    assert!(
        crawl.pages.len() > 60 && counted > if limited { 15 } else { 40 },
        "{} pages, {counted} numbers",
        crawl.pages.len()
    );
    crawl.files.iter().for_each(|(path, file)| crawl.pages.push((path.clone(), file.body.clone())));
    crawl.pages
}

#[test]
fn con_acc_2_and_5_every_link_and_number_of_an_administrator() {
    let served = furnished();
    let boss = user("boss", Role::Admin, &[]);
    let mut first = Crawl::new(&served, boss.clone(), "en");
    first.walk();
    // Something in every list; what deletes stays for another test.
    assert!(first.send_all("Proof 1", false) > 15);
    assert!(first.faults.is_empty(), "{}", first.faults.join("\n"));
    let pages = walk(&served, boss, "en");
    assert!(pages.iter().any(|(_, body)| body.contains(VAULT)), "who may see everything sees it");
}

#[test]
fn con_acc_2_and_5_every_link_and_number_of_a_technician_in_french() {
    walk(&furnished(), user("tech", Role::Technician, &[]), "fr");
}

#[test]
fn con_acc_2_and_5_every_link_and_number_of_a_user() {
    walk(&furnished(), user("paul", Role::User, &[]), "en");
}

/// CON-GEN-4: whatever is followed, nothing of another TAG's computer is on any page or in any file.
#[test]
fn con_acc_2_and_5_who_is_limited_to_tags_meets_nothing_else() {
    let served = furnished();
    for (account, role) in [("sales", Role::User), ("tech", Role::Technician)] {
        let pages = walk(&served, user(account, role, &["Sal*", "Dev*"]), "en");
        for (path, body) in pages {
            assert!(!body.contains(VAULT), "{path} as {account} names what is not his");
        }
    }
}

/// A CSV file as a strict reader sees it: each field quoted, quotes doubled, lines ended by CRLF.
fn fields(file: &str) -> Vec<Vec<String>> {
    let mut rest = file.strip_prefix('\u{FEFF}').expect("it begins with its mark");
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        rest = rest.strip_prefix('"').unwrap_or_else(|| panic!("an open field: {rest:.80}"));
        let mut value = String::new();
        loop {
            let (part, after) = rest.split_once('"').expect("a field ends");
            value.push_str(part);
            match after.strip_prefix('"') {
                Some(after) => (value, rest) = (value + "\"", after),
                None => {
                    rest = after;
                    break;
                }
            }
        }
        line.push(value);
        if let Some(after) = rest.strip_prefix("\r\n") {
            rest = after;
            lines.push(std::mem::take(&mut line));
        } else {
            rest = rest.strip_prefix([',', ';']).unwrap_or_else(|| panic!("no separator: {rest:.80}"));
        }
    }
    assert!(line.is_empty(), "the last line has no end");
    lines
}

/// The rows on all pages of a list as it is shown to this reader.
fn shown(browser: &mut Browser, list: &List, query: &str) -> Vec<Vec<String>> {
    let mut shown = Vec::new();
    for number in 1.. {
        let page = browser.get(&format!("{}?size=10&page={number}&{query}", list.path));
        let document = Document::read(&page.is(200).body).unwrap();
        let total = rows(&document).unwrap() as usize;
        let body = |row: &&Element| document.above(row).any(|above| above.name == "tbody");
        // The drawing of the same figures is a table too.
        let drawn = |row: &&Element| document.above(row).any(|above| above.is("table", "chart"));
        for row in document.named("tr").filter(body).filter(|row| !drawn(row)) {
            let cells = document.within(row).filter(|cell| matches!(cell.name.as_str(), "td" | "th"));
            shown.push(cells.filter(|cell| !cell.is("td", "check")).map(|cell| cell.text.trim().to_owned()).collect());
        }
        assert!(shown.len() == total || shown.len() == 10 * number, "{}: {} of {total}", list.key, shown.len());
        if shown.len() == total {
            break;
        }
    }
    shown
}

/// The rows of a workbook's only sheet, each with its texts.
fn sheet(bytes: Vec<u8>) -> Vec<String> {
    let mut sheet = String::new();
    let mut book = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    book.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut sheet).unwrap();
    assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "SEC-23: a formula in a workbook");
    sheet.split("<row ").skip(1).map(str::to_owned).collect()
}

/// Lists with something to page through.
fn long_lists() -> Served {
    let served = furnished();
    let now = served.office.clock.now();
    let outcome = |n: usize| ImportOutcome {
        name: format!("file-{n:02}.ocs"),
        result: ImportResult::Refused("This is not an inventory.".into()),
    };
    let outcomes = (0..23).map(outcome).collect();
    served.office.blocking(move |app| note(&app.store, now, outcomes).unwrap());
    let mut boss = served.log_in("writer", Role::Admin);
    let defined = [("name", "Room"), ("label", "Room"), ("kind", "text"), ("order", "0"), ("choices", "")];
    boss.post("/ocsreports/fields/new", &defined).is(303);
    for id in 1..9 {
        let room = format!("Room {id}");
        boss.post(&format!("/ocsreports/computers/{id}/administrative"), &[("fields_1", room.as_str())]).is(303);
    }
    for (n, name) in names(&mut boss, "").into_iter().take(5).enumerate() {
        put(&mut boss, &[&name], ("", &format!("Own {n}"))).is(303);
    }
    for n in 0..24 {
        boss.get("/ocsreports/computers/1/administrative").is(200);
        boss.post("/ocsreports/computers/1/administrative", &[("tag", &format!("Floor {n}"))]).is(303);
    }
    let (activation, ids) = (packaged(&served.office, 1_700_000_001), (1..9).map(ComputerId));
    for (n, kind) in (0..7).flat_map(|n| [(n, Kind::Static), (n, Kind::Redistribution)]) {
        let group =
            Group { name: format!("More {n} {kind:?}"), kind, created: now, by: "boss".into(), ..Group::default() };
        let make = |app: &App| {
            groups::actions::make(
                &app.store,
                &app.groups,
                group,
                Default::default(),
                Box::new(|_, _| Ok(true)),
                entry(),
            )
        };
        served.office.blocking(make).unwrap();
    }
    for n in 0..8_u16 {
        served.office.app.handshakes.failed([0xfd00, 0, 0, 0, 0, 0, 0, n].into(), Failed::Closed, now);
    }
    for n in 0..8 {
        packaged(&served.office, 1_650_000_001 + n);
        packaged(&served.office, 1_660_000_001 + n);
        let gone = Some(PackageId(1_660_000_001 + n));
        let remove = |app: &App| actions::deactivate(&app.store, &app.board, Default::default(), gone, entry());
        served.office.blocking(remove).unwrap();
    }
    served.office.blocking(|app| {
        let new = Affectation { at: now, by: "boss".into(), ..Affectation::default() };
        actions::affect(&app.store, &app.board, ids.clone().collect(), activation, new, |_, _| Ok(true), entry())
            .unwrap();
        for id in ids {
            let state = State::of(&format!("EXIT_CODE_{id}"));
            let storing = actions::result(&app.store, &app.board, id, PackageId(1_700_000_001), state, now).unwrap();
            storing.wait().unwrap();
        }
    });
    served
}

/// What some lists have to be asked.
fn wanted(list: &List) -> &'static str {
    match list.key {
        "repartition" => "&field=fields_1",
        "package-states" => "&package=1700000001",
        // Every file that is fetched adds a line.
        "log" => "&action=values-changed",
        _ => "",
    }
}

#[test]
fn con_acc_3_every_list_has_the_rows_of_its_files_in_their_order() {
    let served = long_lists();
    let mut browser = served.log_in("marie", Role::Admin);
    for list in lists() {
        let columns: Vec<&str> = list.columns.iter().map(|column| column.key).collect();
        let main = list.columns.iter().find(|column| column.main).expect("a column names the row").key;
        let turned = format!("sort=-{main}&");
        let orders = if list.column(main).unwrap().sorts { vec!["", turned.as_str()] } else { vec![""] };
        let at = columns.iter().position(|column| *column == main).unwrap();
        for order in orders {
            let query = format!("{order}cols={}{}", columns.join(","), wanted(list));
            let shown = shown(&mut browser, list, &query);
            assert!(shown.len() > 6, "{}: {} rows", list.key, shown.len());
            let file = browser.get(&format!("{}.csv?{query}", list.path));
            let lines = fields(&file.is(200).body);
            assert_eq!(lines.len(), 1 + shown.len(), "{} {order}: CSV", list.key);
            let book = sheet(browser.get(&format!("{}.xlsx?{query}", list.path)).bytes);
            assert_eq!(book.len(), lines.len(), "{} {order}: XLSX", list.key);
            for ((row, line), sheet) in shown.iter().zip(&lines[1..]).zip(&book[1..]) {
                assert_eq!((row.len(), line.len()), (columns.len(), columns.len()), "{}", list.key);
                // CON-GEN-13: what is unknown is empty, here and there.
                for ((cell, field), column) in row.iter().zip(line).zip(&columns) {
                    assert_eq!(cell.is_empty(), field.is_empty(), "{} {column}: {cell:?} and {field:?}", list.key);
                }
                if !line[at].starts_with(|c: char| c.is_ascii_digit()) {
                    assert_eq!(row[at], line[at], "{} {order}: the same row at the same place", list.key);
                    assert!(
                        sheet.contains(&escaped(&line[at]).replace("&quot;", "\"")),
                        "{}: {:?} in {sheet}",
                        list.key,
                        line[at]
                    );
                }
            }
        }
    }
}

/// What may begin no cell of a file, unless it is a number (SEC-23).
fn is_formula(field: &str) -> bool {
    let begins =
        field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}']);
    begins && field.parse::<f64>().is_err()
}

/// Every text field holds every payload: those that agents fill, and those of every form that the walk meets.
#[test]
fn con_acc_4_no_page_and_no_file_breaks_on_hostile_texts() {
    let served = Served::new();
    served.add("boss", Role::Admin, "");
    let now = served.office.clock.now();
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let content = filled(payload, &escaped(payload));
        served.run(served.office.inventory(&format!("hostile-{n}-2026-01-02-03-04-05"), &content));
        let result = ImportResult::Refused((*payload).into());
        let outcome = ImportOutcome { name: (*payload).to_owned(), result };
        served.office.blocking(move |app| note(&app.store, now, vec![outcome]).unwrap());
    }
    let boss = user("boss", Role::Admin, &[]);
    let mut crawl = Crawl::new(&served, boss.clone(), "en");
    crawl.walk();
    let mut sent = 0;
    for payload in [PAYLOADS[0], PAYLOADS[4], PAYLOADS[9], PAYLOADS[11]] {
        sent += crawl.send_all(payload, payload == PAYLOADS[11]);
    }
    assert!(sent > 100, "{sent}");
    let mut again = Crawl::new(&served, boss, "fr");
    again.walk();
    for faults in [&crawl.faults, &again.faults] {
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
    let pages = || crawl.pages.iter().chain(&again.pages);
    for (path, body) in pages() {
        for element in Document::read(body).unwrap().elements {
            let foreign = matches!(element.name.as_str(), "img" | "iframe" | "base" | "object" | "embed");
            assert!(!foreign, "{path}: <{}>", element.name);
            // Boxes hold what was typed; everything else is shown with marks.
            let shown = element.attributes.iter().filter(|(name, _)| *name != "value").map(|(_, value)| value.as_str());
            let turned = shown.chain((element.name == "td").then_some(element.text.as_str()));
            for text in turned {
                assert!(
                    !text.contains(['\u{202E}', '\u{2066}']),
                    "{path}: <{}> turns text around: {text}",
                    element.name
                );
            }
        }
    }
    assert!(pages().any(|(_, body)| body.contains("𝔸😀")), "letters of four bytes arrive");
    assert!(pages().any(|(_, body)| body.contains("‹RLO›")));
    let mut files = 0;
    for (path, file) in crawl.files.iter().chain(&again.files).filter(|(path, _)| path.contains(".csv")) {
        for field in fields(&file.body).iter().flatten() {
            assert!(!is_formula(field), "{path}: {field:?}");
        }
        files += 1;
    }
    assert!(files > 8, "{files}");
}
