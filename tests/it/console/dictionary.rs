//! The dictionary of software (CON-DIC-1 to 4).

use std::collections::BTreeMap;

use rollcall::dictionary::store::{DICO, load};
use rollcall::store::Read as _;
use rollcall::users::{Role, User};

use super::reading::{confirm, rows};
use crate::browser::{Browser, Page, Served};

const DICTIONARY: &str = "/ocsreports/dictionary";
const NAMES: &str = "/ocsreports/dictionary/names";

fn device(n: u32) -> String {
    format!("pc-{n}-2026-01-02-03-04-05")
}

/// Five names: `7-Zip` and `Writer` on all of three computers, the others on one each.
fn staffed() -> Served {
    let served = Served::new();
    served.add("boss", Role::Admin, "");
    for n in 0..3 {
        report(&served, n, &["7-Zip", "Writer", &format!("Hotfix {n}")]);
    }
    served
}

fn report(served: &Served, n: u32, software: &[&str]) {
    let software: String =
        software.iter().map(|name| format!("<SOFTWARES><NAME>{name}</NAME><VERSION>1</VERSION></SOFTWARES>")).collect();
    let tag = ["LYON", "PARIS", "PARIS"][n as usize];
    let content = format!(
        "<HARDWARE><NAME>PC-{n}</NAME></HARDWARE>{software}\
         <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
    );
    served.run(served.office.inventory(&device(n), &content));
}

/// Categories with their numbers, as the page shows them.
fn counts(browser: &mut Browser) -> BTreeMap<String, u64> {
    let page = browser.get(DICTIONARY);
    let row = |row: &Vec<String>| (row[0].clone(), row[2].parse().unwrap());
    rows(page.is(200)).iter().map(row).collect()
}

pub fn names(browser: &mut Browser, query: &str) -> Vec<String> {
    rows(browser.get(&format!("{NAMES}?{query}")).is(200)).into_iter().map(|row| row[0].clone()).collect()
}

/// The number by which a name is chosen.
fn item(browser: &mut Browser, name: &str) -> String {
    let page = browser.get(&format!("{NAMES}?q={}", crate::browser::encoded(name)));
    let text = page.is(200).body.split("name=\"id\" value=\"").nth(1).expect(name);
    text.split('"').next().unwrap().to_owned()
}

fn checked(browser: &mut Browser, deed: &str, names: &[&str]) -> Page {
    let items: Vec<String> = names.iter().map(|name| item(browser, name)).collect();
    let mut fields: Vec<(&str, &str)> = items.iter().map(|item| ("id", item.as_str())).collect();
    fields.extend([("scope", "checked"), ("where", NAMES)]);
    browser.post(&format!("{DICTIONARY}/{deed}"), &fields)
}

/// Moves names into a category, as a person does.
pub fn put(browser: &mut Browser, names: &[&str], to: (&str, &str)) -> Page {
    let asked = checked(browser, "move", names);
    confirm(browser, &format!("{DICTIONARY}/move"), asked.is(200), &[("to", to.0), ("name", to.1)])
}

#[test]
fn con_dic_1_every_name_is_in_exactly_one_category_and_numbers_are_lists() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(DICTIONARY).is(200).shows(&["NEW", "IGNORED", "UNCHANGED", "the name itself"]);
    let numbers = |list: &[(&str, u64)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
    assert_eq!(counts(&mut browser), numbers(&[("NEW", 5), ("IGNORED", 0), ("UNCHANGED", 0)]));
    put(&mut browser, &["Hotfix 0", "Hotfix 1"], ("IGNORED", "")).is(303);
    put(&mut browser, &["Writer"], ("UNCHANGED", "")).is(303);
    put(&mut browser, &["7-Zip"], ("", "R&D <tools>")).is(303);
    let expected = numbers(&[("NEW", 1), ("IGNORED", 2), ("UNCHANGED", 1), ("R&D <tools>", 1)]);
    assert_eq!(counts(&mut browser), expected);
    let page = browser.get(DICTIONARY);
    page.shows(&["R&amp;D &lt;tools&gt;", "names?category=R%26D+%3Ctools%3E"]);
    for (category, number) in expected {
        let list = names(&mut browser, &format!("category={}", crate::browser::encoded(&category)));
        assert_eq!(list.len() as u64, number, "{category}");
    }
    let file = browser.get("/ocsreports/dictionary.csv");
    file.is(200).shows(&["\"IGNORED\",\"nothing\",\"2\"", "\"R&D <tools>\",\"the name of the category\",\"1\""]);
    // The list of software and the page of a computer name it too (CON-SOF-1, CON-PC-3).
    let software = browser.get("/ocsreports/software?sort=name");
    let row = |row: &Vec<String>| (row[0].clone(), row[3].clone());
    let found: BTreeMap<String, String> = rows(software.is(200)).iter().map(row).collect();
    assert_eq!((found["7-Zip"].as_str(), found["Hotfix 2"].as_str()), ("R&D <tools>", "NEW"));
    let id = served.office.id(&device(0)).unwrap();
    let part = format!("/ocsreports/computers/{id}/softwares");
    browser.get(&part).is(200).shows(&["R&amp;D &lt;tools&gt;", "UNCHANGED", "IGNORED"]);
    browser.get(&format!("{part}?q=ignored")).is(200).shows(&["Hotfix 0"]).hides(&["7-Zip", "Writer"]);
    let page = browser.get("/ocsreports/software?category=IGNORED&by=version");
    page.shows(&["Category is IGNORED", "Hotfix 0"]).hides(&["Writer", "Hotfix 2"]);
    let sorted = rows(browser.get("/ocsreports/software?sort=-category").is(200));
    assert_eq!((sorted[0][0].as_str(), sorted[4][3].as_str()), ("Writer", "IGNORED"));
}

#[test]
fn con_dic_2_names_are_found_everywhere_or_in_a_category_by_a_part() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    put(&mut browser, &["Hotfix 1"], ("IGNORED", "")).is(303);
    let page = browser.get(&format!("{NAMES}?q=FIX"));
    let found = rows(page.is(200));
    let shown: Vec<(&str, &str)> = found.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    assert_eq!(shown, [("Hotfix 0", "NEW"), ("Hotfix 1", "IGNORED"), ("Hotfix 2", "NEW")]);
    assert_eq!(names(&mut browser, "q=fix&category=IGNORED"), ["Hotfix 1"]);
    assert_eq!(names(&mut browser, "q=fix&category="), ["Hotfix 0", "Hotfix 1", "Hotfix 2"]);
    browser.get(&format!("{NAMES}?q=nothing")).is(200).shows(&["nothing"]);
    // Categories are found by a part of their names as well.
    put(&mut browser, &["Writer"], ("", "Office")).is(303);
    let page = browser.get(&format!("{DICTIONARY}?q=off&cols=category,names"));
    assert_eq!(rows(page.is(200)).len(), 1);
}

#[test]
fn con_dic_3_checked_names_the_page_or_all_that_match_are_moved_and_go_back() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    let page = browser.get(&format!("{NAMES}?size=10&check=page"));
    assert_eq!(page.is(200).body.matches("form=\"actions\" checked").count(), 5);
    page.shows(&["Whole result (5)"]);
    let list = rows(&page);
    let computers: Vec<&str> = list.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(computers, ["3", "1", "1", "1", "3"], "by name, with the number of computers");

    // All names that match the filter, on all pages.
    let fields = [("scope", "whole"), ("where", "/ocsreports/dictionary/names?q=hotfix&size=10")];
    let asked = browser.post(&format!("{DICTIONARY}/move"), &fields);
    asked.is(200).shows(&["Move 3 names", "Hotfix 0", "A new category"]).hides(&["Writer"]);
    assert_eq!(counts(&mut browser)["NEW"], 5, "nothing is done before it is confirmed");
    // Another name that matches comes in between: nothing is done, and the new number is shown.
    report(&served, 0, &["7-Zip", "Writer", "Hotfix 0", "Hotfix 9"]);
    let again = confirm(&mut browser, &format!("{DICTIONARY}/move"), &asked, &[("to", "IGNORED")]);
    again.is(200).shows(&["Move 4 names", "nothing was done"]);
    assert_eq!(counts(&mut browser)["IGNORED"], 0);
    let done = confirm(&mut browser, &format!("{DICTIONARY}/move"), &again, &[("to", "IGNORED")]);
    browser.get(done.location()).is(200).shows(&["4 names are in IGNORED now."]);
    let entry = served.audit().remove(0);
    assert_eq!((entry.action.word(), entry.object.as_str(), entry.count), ("dictionary-changed", "IGNORED", Some(4)));
    let change = &entry.changes[0];
    assert_eq!((change.what.as_str(), change.before.as_str(), change.after.as_str()), ("Hotfix 0", "NEW", "IGNORED"));

    // Back to NEW.
    let asked = checked(&mut browser, "reset", &["Hotfix 0", "Hotfix 9", "Writer"]);
    asked.is(200).shows(&["Put 3 names back"]);
    let done = confirm(&mut browser, &format!("{DICTIONARY}/reset"), &asked, &[]);
    browser.get(done.location()).is(200).shows(&["2 names are back in NEW."]);
    assert_eq!((counts(&mut browser)["NEW"], counts(&mut browser)["IGNORED"]), (4, 2));
    let nothing = browser.post(&format!("{DICTIONARY}/reset"), &[("scope", "checked"), ("where", NAMES)]);
    browser.get(nothing.location()).is(200).shows(&["No name was chosen"]);
}

/// A category lives as long as the name does in the dictionary, not as long as the software does on computers.
#[test]
fn con_dic_3_a_name_keeps_its_category_when_the_software_vanishes_and_comes_back() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    put(&mut browser, &["Hotfix 1"], ("", "Patches")).is(303);
    report(&served, 1, &["7-Zip"]);
    assert_eq!((counts(&mut browser)["Patches"], counts(&mut browser)["NEW"]), (0, 4));
    assert_eq!(names(&mut browser, "category=Patches"), [""; 0]);
    report(&served, 2, &["Hotfix 1"]);
    assert_eq!(names(&mut browser, "category=Patches"), ["Hotfix 1"]);
    // As it is after a restart.
    let read = served.office.app.store.read().unwrap();
    assert_eq!(load(&read).unwrap().category("Hotfix 1").word(), "Patches");
}

#[test]
fn con_dic_4_names_of_categories_have_rules_and_a_deleted_one_gives_its_names_back() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    put(&mut browser, &["Writer"], ("", "Office")).is(303);
    let long = "é".repeat(256);
    for (to, name, why) in [
        ("", "", "Type a name"),
        ("", "new", "are always there"),
        ("", "OFFICE", "There is a category of this name already"),
        ("", long.as_str(), "at most 255"),
        ("Office", "Other", "not both"),
        ("Gone", "", "not there any more"),
        ("NEW", "", "not there any more"),
    ] {
        put(&mut browser, &["7-Zip"], (to, name)).is(422).shows(&[why]);
    }
    put(&mut browser, &["7-Zip"], ("", &"é".repeat(255))).is(303);
    put(&mut browser, &["Hotfix 0"], ("Office", "")).is(303);
    assert_eq!(counts(&mut browser)["Office"], 2);

    let page = browser.get(&format!("{NAMES}?category=Office"));
    page.is(200).shows(&["Delete this category"]);
    browser.get(&format!("{NAMES}?category=IGNORED")).is(200).hides(&["Delete this category"]);
    let delete = format!("{DICTIONARY}/delete");
    browser.post(&delete, &[("category", "IGNORED"), ("confirmed", "0")]).is(404);
    browser.post(&delete, &[("category", "Nothing")]).is(404);
    let asked = browser.post(&delete, &[("category", "Office")]);
    asked.is(200).shows(&["Delete it and put 2 names back"]);
    // Somebody else adds to it: nothing is done.
    put(&mut browser, &["Hotfix 1"], ("Office", "")).is(303);
    let again = confirm(&mut browser, &delete, &asked, &[]);
    again.is(200).shows(&["Delete it and put 3 names back", "nothing was done"]);
    assert_eq!(counts(&mut browser)["Office"], 3);
    let done = confirm(&mut browser, &delete, &again, &[]);
    browser.get(done.location()).is(200).shows(&["3 names are back in NEW."]).hides(&["Office"]);
    let entry = served.audit().remove(0);
    assert_eq!((entry.object.as_str(), entry.count, entry.changes.len()), ("Office", Some(3), 3));
    assert_eq!(served.office.app.store.read().unwrap().all(&DICO).unwrap().len(), 1);
}

#[test]
fn con_gen_4_a_limited_administrator_sees_and_moves_only_names_of_its_computers() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    let hidden = item(&mut browser, "Hotfix 1");
    let mut user = User::new("lyon".parse().unwrap(), Role::Admin, String::new(), crate::office::NOON);
    user.tags = vec!["ly*".to_owned()];
    let here = "127.0.0.1".parse().unwrap();
    let begun = served.console.sessions.begin(&user, None, here, served.office.clock.elapsed(), crate::office::NOON);
    let begun = begun.unwrap();
    browser.cookies.insert("rollcall-local".into(), begun.token);
    browser.token = begun.session.csrf;
    assert_eq!(counts(&mut browser)["NEW"], 3);
    assert_eq!(names(&mut browser, ""), ["7-Zip", "Hotfix 0", "Writer"]);
    let fields = [("id", hidden.as_str()), ("scope", "checked"), ("where", NAMES)];
    let answer = browser.post(&format!("{DICTIONARY}/move"), &fields);
    assert_eq!(answer.location(), format!("{NAMES}?done=nothing"));
    let asked = browser.post(&format!("{DICTIONARY}/move"), &[("scope", "whole"), ("where", NAMES)]);
    confirm(&mut browser, &format!("{DICTIONARY}/move"), asked.is(200).shows(&["Move 3 names"]), &[("to", "IGNORED")])
        .is(303);
    assert_eq!(served.office.app.store.read().unwrap().all(&DICO).unwrap().len(), 3);
}

#[test]
fn section_32_the_dictionary_is_for_administrators() {
    let served = staffed();
    for (name, role) in [("paul", Role::User), ("lea", Role::Technician)] {
        let mut browser = served.log_in(name, role);
        browser.get(DICTIONARY).is(403);
        browser.get(NAMES).is(403);
        browser.post(&format!("{DICTIONARY}/move"), &[("scope", "whole"), ("where", NAMES)]).is(403);
        browser.get("/ocsreports/software").is(200).shows(&["NEW"]).hides(&["/ocsreports/dictionary"]);
    }
}
