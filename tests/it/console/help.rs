//! The built-in manual (CON-HLP-1).

use rollcall::console::manual::{HELP, book, place};
use rollcall::console::{Access, PAGES};
use rollcall::i18n::Lang;
use rollcall::users::Role;

use super::{address, gets, office};
use crate::browser::Served;

/// The link of a page to the manual.
fn help_of(body: &str) -> String {
    let links: Vec<&str> = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    (*links.iter().find(|href| href.starts_with(HELP)).expect("no link to the manual")).to_owned()
}

#[test]
fn con_hlp_1_each_page_leads_to_the_chapter_about_it() {
    let (served, id) = office();
    for role in Role::ALL {
        let mut browser = served.log_in(role.code(), role);
        for page in PAGES.iter().filter(|page| page.menu.is_some()) {
            let answer = browser.get(page.path);
            let help = help_of(&answer.body);
            assert!(answer.status == 403 || help == place(page.path), "{}: {help}", page.path);
            let (chapter, heading) = help.split_once('#').unwrap_or((&help, ""));
            let manual = browser.get(chapter);
            manual.is(200);
            assert!(heading.is_empty() || manual.body.contains(&format!(" id=\"{heading}\"")), "{help}");
        }
        for (path, help) in [
            (format!("/ocsreports/computers/{id}"), "/ocsreports/help/computer"),
            (format!("/ocsreports/computers/{id}/notes"), "/ocsreports/help/computer#notes"),
            (format!("/ocsreports/computers/{id}/bios"), "/ocsreports/help/computer"),
            ("/ocsreports/find?q=x".to_owned(), "/ocsreports/help/find"),
            ("/ocsreports/account".to_owned(), "/ocsreports/help/login#account"),
            ("/ocsreports/nothing".to_owned(), HELP),
        ] {
            assert_eq!(help_of(&browser.get(&path).body), help, "{path}");
        }
    }
}

#[test]
fn con_hlp_1_the_manual_is_read_in_both_languages_without_an_account() {
    let (served, _) = office();
    let mut browser = served.browser();
    let login = browser.get("/ocsreports/login");
    login.shows(&[">Help</a>"]);
    assert_eq!(help_of(&login.body), "/ocsreports/help/login");
    for lang in Lang::ALL {
        let contents = browser.get(&format!("{HELP}?lang={}", lang.code()));
        for written in book(lang) {
            contents.shows(&[&format!("href=\"{}\"", written.chapter.address("")), &written.title]);
            let page = browser.get(&format!("{}?lang={}", written.chapter.address(""), lang.code()));
            page.is(200).shows(&[&written.title, "<h2 id=\""]).hides(&["text missing"]);
            // It holds no data, and whoever is not logged in is sent nowhere that asks for it.
            let closed =
                gets().filter(|route| matches!(route.access, Access::Right(_)) && route.path != "/ocsreports/");
            for route in closed {
                page.hides(&[&format!("href=\"{}\"", route.path)]);
            }
        }
    }
    browser.get("/ocsreports/help/nothing").is(404);
    browser.get("/ocsreports/help/computers?lang=fr").shows(&["lang=\"fr\"", "Tous les ordinateurs"]);
}

#[test]
fn con_hlp_1_the_manual_is_there_before_the_set_up() {
    let served = Served::new();
    let mut browser = served.browser();
    let page = browser.get("/ocsreports/setup");
    assert_eq!(help_of(&page.body), "/ocsreports/help/start#set-up");
    browser.get("/ocsreports/help/start").is(200).shows(&["Set the server up", "run/setup-code.txt"]);
    assert_eq!(browser.get("/ocsreports/").status, 302);
}

/// A link there would lead to the same page again.
#[test]
fn con_hlp_1_the_doorway_offers_no_manual_that_plain_http_does_not_show() {
    let (served, _) = office();
    let mut far = served.stranger("192.168.1.77");
    for path in ["/ocsreports/login", "/ocsreports/help/start"] {
        far.get(path).is(200).shows(&["This page needs a safe connection"]).hides(&[">Help</a>"]);
    }
}

/// CON-ACC-2: no link leads to a page that answers 403.
#[test]
fn con_hlp_1_links_lead_to_what_the_role_may_open() {
    let (served, id) = office();
    let pages: Vec<String> = gets().map(|route| address(route, id)).collect();
    for role in Role::ALL {
        let mut browser = served.log_in(role.code(), role);
        let mut followed = 0;
        for written in book(Lang::En) {
            let page = browser.get(&written.chapter.address("")).is(200).body.clone();
            for href in page.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next()) {
                if pages.iter().any(|path| path == href) {
                    assert_ne!(browser.get(href).status, 403, "{} as {role} leads to {href}", written.chapter.key);
                    followed += 1;
                }
            }
        }
        assert!(followed > 40, "{followed} links");
    }
    let mut user = served.log_in("paul", Role::User);
    user.get("/ocsreports/help/users").is(200).shows(&["Users and roles", "deleting computers"]);
    user.get("/ocsreports/help/label").hides(&["href=\"/ocsreports/label\""]);
    served.log_in("anne", Role::Admin).get("/ocsreports/help/label").shows(&["href=\"/ocsreports/label\""]);
}

#[test]
fn con_hlp_1_words_are_found_without_scripting() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::User);
    browser.get(HELP).is(200).shows(&["action=\"/ocsreports/help\"", "name=\"q\""]);
    let page = browser.get("/ocsreports/help?q=redistribution");
    page.is(200).shows(&["href=\"/ocsreports/help/words#manage\"", "<mark>Redistribution</mark>"]);
    browser.get("/ocsreports/help?q=PROLOG_FREQ").shows(&["/ocsreports/help/config#frequency"]);
    browser.get("/ocsreports/help?q=xyzzy").is(200).shows(&["The manual does not say this", "xyzzy"]);
    let hostile = browser.get("/ocsreports/help?q=%3Cscript%3Ealert(1)%3C/script%3E");
    hostile.is(200).hides(&["<script>alert"]).shows(&["&lt;script&gt;"]);
    browser.get("/ocsreports/help?q=&lang=en").is(200).shows(&["Old and new menu names"]);
}

/// The names that people look for, from the menu of the older console.
#[test]
fn con_hlp_1_the_glossary_leads_from_old_names_to_new_ones() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    let page = browser.get("/ocsreports/help/words");
    for (old, new) in [
        ("All computers", "/ocsreports/computers"),
        ("TAG repartition", "/ocsreports/tags"),
        ("Administrative information", "/ocsreports/fields"),
        ("Blacklist", "/ocsreports/blacklists"),
        ("Label file", "/ocsreports/label"),
        ("Local import", "/ocsreports/import"),
        ("General configuration", "/ocsreports/config"),
    ] {
        let (_, row) = page.body.split_once(&format!("<th scope=\"row\">{old}")).expect(old);
        let row = row.split("</tr>").next().unwrap();
        assert!(row.contains(&format!("href=\"{new}\"")), "{old}: {row}");
    }
    page.shows(&["Redistribution", "multicriteria search"]);
}
