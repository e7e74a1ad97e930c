//! The frame: the search box, the menu, addresses of the older console.

use rollcall::users::Role;

use super::office;
use super::story::DEVICE;
use crate::browser::{Browser, Served};

fn staffed() -> (Served, u32) {
    let (served, id) = office();
    for n in 0..14_u32 {
        let content = format!(
            "<HARDWARE><NAME>DESK-{n:02}</NAME><USERID>greta.{n}</USERID><UUID>ABCD-{n:04}</UUID>\
             <DESCRIPTION>{}</DESCRIPTION><IPADDR>10.9.8.{n}</IPADDR></HARDWARE>\
             <BIOS><SSN>QX{n:03}</SSN></BIOS><NETWORKS><MACADDR>02:AA:00:00:00:{n:02}</MACADDR></NETWORKS>\
             <SOFTWARES><NAME>Papyrus {n}</NAME><PUBLISHER>Quill</PUBLISHER></SOFTWARES>",
            if n == 3 { "the &lt;blue&gt; one, Papyrus 7" } else { "" },
        );
        served.run(served.office.inventory(&format!("desk-{n}-2026-01-02-03-04-05"), &content));
    }
    (served, id)
}

fn number(served: &Served, n: u32) -> String {
    format!("/ocsreports/computers/{}", served.office.id(&format!("desk-{n}-2026-01-02-03-04-05")).unwrap())
}

#[test]
fn con_nav_2_one_hit_opens_it_whatever_it_was_found_by() {
    let (served, _) = staffed();
    let mut browser = served.log_in("marie", Role::User);
    for q in ["desk-05", "GRETA.5", "QX005", "02:aa:00:00:00:05", "02-AA-00-00-00-05", "10.9.8.5", "ABCD-0005"] {
        assert_eq!(browser.get(&format!("/ocsreports/find?q={q}")).location(), number(&served, 5), "{q}");
    }
    assert_eq!(browser.get("/ocsreports/find?q=blue").location(), number(&served, 3));
    let software = browser.get("/ocsreports/find?q=papyrus+5");
    assert!(software.location().starts_with("/ocsreports/computers?software="), "{}", software.location());
    browser.get(software.location()).is(200).shows(&["DESK-05"]).hides(&["DESK-06<"]);
}

/// The groups of a page: where each leads and how many hits it says that it has.
fn groups(body: &str) -> Vec<(String, usize)> {
    let group = |part: &str| {
        let (_, link) = part.rsplit_once("<p><a href=\"").unwrap();
        let (href, rest) = link.split_once('"').unwrap();
        let digits: String =
            rest.split_once('>').unwrap().1.split('<').next().unwrap().chars().filter(char::is_ascii_digit).collect();
        (href.replace("&amp;", "&"), digits.parse().unwrap())
    };
    body.split("<section class=\"card\">").skip(1).map(|part| group(part.split("</section>").next().unwrap())).collect()
}

#[test]
fn con_nav_2_several_hits_are_grouped_and_lead_to_lists_of_that_length() {
    let (served, _) = staffed();
    let mut browser: Browser = served.log_in("marie", Role::User);
    for (q, expected) in [("desk", 1), ("papyrus", 2), ("0", 7)] {
        let page = browser.get(&format!("/ocsreports/find?q={q}"));
        let groups = groups(&page.is(200).body);
        assert!(groups.len() >= expected, "{q}: {groups:?}");
        assert!(page.body.matches("<li><a href=\"/ocsreports/computers/").count() <= 10 * groups.len());
        for (href, n) in groups {
            let list = browser.get(&format!("{href}&size=1000"));
            assert_eq!(list.is(200).body.matches("scope=\"row\"").count(), n, "{q}: {href}");
        }
    }
    let page = browser.get("/ocsreports/find?q=desk");
    page.shows(&["DESK-00", "DESK-09", "All 14", "value=\"desk\""]).hides(&["DESK-10"]);
    browser.get("/ocsreports/find?q=quill").is(200).shows(&["Nothing found"]);
    browser.get("/ocsreports/find?q=%3Cscript%3Ex").is(200).shows(&["&lt;script&gt;x"]).hides(&["<script>x"]);
    browser.get("/ocsreports/find").is(200).shows(&["What are you looking for?"]);
    browser.get("/ocsreports/nowhere").is(404).shows(&["action=\"/ocsreports/find\""]);
}

#[test]
fn con_gen_4_the_search_box_finds_what_an_account_may_see() {
    let (served, _) = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let user = rollcall::users::User {
        tags: vec!["COMPTA".into()],
        ..rollcall::users::User::new("paul".parse().unwrap(), Role::User, String::new(), crate::office::NOON)
    };
    let (elapsed, now) = (served.office.clock.elapsed(), served.office.clock.now());
    let begun = served.console.sessions.begin(&user, None, "127.0.0.1".parse().unwrap(), elapsed, now);
    browser.cookies.insert("rollcall-local".into(), begun.unwrap().token);
    browser.get("/ocsreports/find?q=desk").is(200).shows(&["Nothing found"]).hides(&["DESK-"]);
    browser.get("/ocsreports/find?q=papyrus").is(200).shows(&["Nothing found"]);
    let own = format!("/ocsreports/computers/{}", served.office.id(DEVICE).unwrap());
    assert_eq!(browser.get("/ocsreports/find?q=acc-pc-007").location(), own);
}

#[test]
fn con_nav_1_the_menu_is_grouped_by_what_the_role_may_open_and_marks_where_one_is() {
    let (served, id) = office();
    let mut boss = served.log_in("anne", Role::Admin);
    let page = boss.get(&format!("/ocsreports/computers/{id}"));
    let side = page.is(200).body.split("class=\"side\"").nth(1).unwrap().split("</nav>").next().unwrap().to_owned();
    let at = |text: &str| side.find(text).unwrap_or_else(|| panic!("{text}: {side}"));
    let order =
        ["Dashboard", "All computers", "Software", "Manage", "/ocsreports/label", "Configuration", "/ocsreports/users"];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{side}");
    assert_eq!(side.matches("aria-current").count(), 1);
    assert!(side.contains("href=\"/ocsreports/computers\" aria-current=\"page\""), "{side}");
    // The same in the sheet of narrow screens, which opens without scripting.
    page.shows(&["<details class=\"sheet\"", "<p class=\"group\">"]);
    let mut user = served.log_in("marie", Role::User);
    let page = user.get("/ocsreports/");
    page.is(200).shows(&["/ocsreports/tags", "role=\"search\""]).hides(&[
        "Manage",
        "/ocsreports/users",
        "/ocsreports/label",
    ]);
}

#[test]
fn con_nav_4_links_of_the_older_console_lead_on() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::User);
    for old in ["index.php?function=computer&head=1&systemid=", "machine.php?systemid="] {
        let moved = browser.get(&format!("/ocsreports/{old}{id}"));
        assert_eq!((moved.status, moved.location()), (302, format!("/ocsreports/computers/{id}").as_str()));
    }
    assert_eq!(browser.get("/ocsreports/index.php").location(), "/ocsreports/");
    let mut stranger = served.browser();
    assert!(stranger.get("/ocsreports/index.php").location().starts_with("/ocsreports/login"));
}
