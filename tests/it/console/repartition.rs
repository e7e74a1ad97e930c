//! Computers by any field of administrative data (CON-TAG-2).

use rollcall::users::Role;

use super::reading::{confirm, rows};
use crate::browser::{Browser, Page, Served};

const FIELD: &str = "/ocsreports/tags/field";

fn device(n: u32) -> String {
    format!("pc-{n}-2026-01-02-03-04-05")
}

/// Six computers; `fields_1` a list, `fields_2` check boxes, `fields_3` a text, `fields_4` a number.
fn staffed() -> (Served, Browser) {
    let served = Served::new();
    let mut boss = served.log_in("boss", Role::Admin);
    for (name, kind, choices) in [
        ("State", "list", "In use\r\nIn stock"),
        ("Extras", "checks", "Mouse\r\nBag & <b>"),
        ("Owner", "text", ""),
        ("Price", "real", ""),
    ] {
        boss.get("/ocsreports/fields/new").is(200);
        let fields = [("name", name), ("label", name), ("kind", kind), ("order", "0"), ("choices", choices)];
        boss.post("/ocsreports/fields/new", &fields).is(303);
    }
    for n in 0..6 {
        let tag = if n == 5 { "LYON" } else { "PARIS" };
        let content = format!(
            "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
        );
        served.run(served.office.inventory(&device(n), &content));
        let id = served.office.id(&device(n)).unwrap();
        let state = ["In use", "In use", "In use", "In stock", "", ""][n as usize];
        let extras = ["Mouse", "Mouse;Bag & <b>", "Bag & <b>", "Mouse", "", ""][n as usize];
        let owner = ["R&D \"1\"", "R&D \"1\"", "r&d \"1\"", "", "", ""][n as usize];
        let typed = [("tag", tag), ("fields_1", state), ("fields_2", extras), ("fields_3", owner)];
        boss.post(&format!("/ocsreports/computers/{id}/administrative"), &typed).is(303);
    }
    (served, boss)
}

/// Values with their numbers, each number followed to its list.
fn shares(browser: &mut Browser, page: &Page) -> Vec<(String, usize)> {
    let links = page.body.split("<a href=\"/ocsreports/computers?field=").skip(1);
    // Each row has two links: its value and its number.
    for link in links.skip(1).step_by(2) {
        let (query, rest) = link.split_once('"').unwrap();
        let number: usize = rest.split('>').nth(1).unwrap().split('<').next().unwrap().parse().unwrap();
        let list = browser.get(&format!("/ocsreports/computers?size=100&field={}", query.replace("&amp;", "&")));
        assert_eq!(list.is(200).body.matches("scope=\"row\"").count(), number, "{query}");
    }
    rows(page).into_iter().map(|row| (row[0].clone(), row[1].parse().unwrap())).collect()
}

fn pairs(list: &[(&str, usize)]) -> Vec<(String, usize)> {
    list.iter().map(|(value, n)| ((*value).to_owned(), *n)).collect()
}

#[test]
fn con_tag_2_computers_are_counted_by_any_list_text_or_check_box_field() {
    let (served, mut boss) = staffed();
    let mut browser = served.log_in("marie", Role::User);
    // The selector offers what many share, and stands above the TAGs too.
    let page = browser.get("/ocsreports/tags");
    page.is(200).shows(&["State", "Extras", "Owner", "value=\"TAG\" selected"]).hides(&["Price"]);
    let page = browser.get(&format!("{FIELD}?field=fields_1"));
    page.is(200).shows(&["Computers by State", "6 computers in all.", "50\u{A0}%"]).hides(&["counts on each line"]);
    assert_eq!(shares(&mut browser, &page), pairs(&[("In use", 3), ("(no value)", 2), ("In stock", 1)]));
    let page = browser.get(&format!("{FIELD}?field=fields_2&sort=value"));
    page.is(200).shows(&["A computer counts on each line"]);
    assert_eq!(shares(&mut browser, &page), pairs(&[("(no value)", 2), ("Bag & <b>", 2), ("Mouse", 3)]));
    let page = browser.get(&format!("{FIELD}?field=fields_3"));
    assert_eq!(shares(&mut browser, &page), pairs(&[("(no value)", 3), ("R&D \"1\"", 2), ("r&d \"1\"", 1)]));
    browser.get("/ocsreports/computers?field=fields_2&value=Mouse").shows(&["Extras has Mouse checked"]);
    browser.get("/ocsreports/computers?field=fields_1&value=").shows(&["without State"]);
    let file = browser.get(&format!("{FIELD}.csv?field=fields_1"));
    file.is(200).shows(&["\"Value\",\"Computers\",\"Share\",\"Last contact\"", "\"In stock\",\"1\",\"16.67\","]);
    // Sorting and paging keep the field; actions on the whole result mean its computers.
    let page = browser.get("/ocsreports/computers?field=fields_1&value=In+stock&sort=name");
    page.shows(&["field=fields_1&amp;value=In+stock"]);
    let whole = [("scope", "whole"), ("where", "/ocsreports/computers?field=fields_1&value=In+stock")];
    let asked = boss.post("/ocsreports/computers/archive", &whole);
    asked.is(200).shows(&["Archive 1 computer?", "PC-3"]);
    confirm(&mut boss, "/ocsreports/computers/archive", &asked, &[]).is(303);
    // CON-TAG-4: archived computers are left out unless the option says otherwise.
    let page = browser.get(&format!("{FIELD}?field=fields_1"));
    assert_eq!(shares(&mut browser, &page), pairs(&[("In use", 3), ("(no value)", 2)]));
    served.office.set("EXCLUDE_ARCHIVE_COMPUTER", "0");
    let page = browser.get(&format!("{FIELD}?field=fields_1"));
    assert_eq!(shares(&mut browser, &page).len(), 3);
    // What cannot be counted by, and what is not there, leads to the TAGs, and narrows nothing down.
    for field in ["TAG", "fields_4", "fields_9", ""] {
        assert_eq!(browser.get(&format!("{FIELD}?field={field}")).is(303).location(), "/ocsreports/tags", "{field}");
    }
    let list = browser.get("/ocsreports/computers?field=fields_9&value=x&show=all");
    assert_eq!(list.is(200).body.matches("scope=\"row\"").count(), 6);
}

#[test]
fn con_gen_4_values_of_computers_that_are_not_seen_are_not_counted() {
    let (served, _) = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let user = rollcall::users::User {
        tags: vec!["LYON".into()],
        ..rollcall::users::User::new("paul".parse().unwrap(), Role::User, String::new(), crate::office::NOON)
    };
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), crate::office::NOON);
    browser.cookies.insert("rollcall-local".into(), begun.unwrap().token);
    let page = browser.get(&format!("{FIELD}?field=fields_1"));
    page.is(200).shows(&["1 computer in all."]).hides(&["In stock"]);
    assert_eq!(shares(&mut browser, &page), pairs(&[("(no value)", 1)]));
    let list = browser.get("/ocsreports/computers?field=fields_1&value=In+use");
    assert_eq!(list.is(200).body.matches("scope=\"row\"").count(), 0);
}
