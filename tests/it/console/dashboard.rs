//! The front page: its numbers are the lengths of the lists that they lead to.

use rollcall::clock::Timestamp;
use rollcall::users::Role;

use crate::browser::{Browser, Page, Served};

const FRONT: &str = "/ocsreports/";

/// Thirty computers: thirteen systems, some without chassis or maker, some silent for long.
fn staffed() -> Served {
    let served = Served::new();
    served.add("boss", Role::Admin, "");
    for n in 0..30_u32 {
        let (system, maker) =
            (["Windows & <11>", "Ubuntu 24.04"][n as usize % 2], ["Halden", "", "Corvus"][n as usize % 3]);
        let system = if n < 12 { format!("System {n}") } else { system.to_owned() };
        let agent =
            ["OCS-NG_WINDOWS_AGENT_v2.11.0.1", "OCS-NG_unified_unix_agent_v2.10.0", "Some-Agent_v1"][n as usize % 3];
        let content = format!(
            "<HARDWARE><NAME>PC-{n:02}</NAME><OSNAME>{}</OSNAME></HARDWARE>\
             <BIOS><SMANUFACTURER>{maker}</SMANUFACTURER><TYPE>{}</TYPE></BIOS>\
             <SOFTWARES><NAME>Papyrus {}</NAME></SOFTWARES>\
             <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{}</KEYVALUE></ACCOUNTINFO>",
            system.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            if n % 4 == 0 { "" } else { "Desktop" },
            n % 5,
            if n < 5 { "LYON" } else { "PARIS" },
        );
        let text = crate::office::inventory(&device(n), &content);
        assert_eq!(served.run(served.office.say(agent, &text)).0, 200);
        served.office.clock.forward(if n < 6 { 90 * Timestamp::DAY } else { 3600 });
    }
    served
}

fn device(n: u32) -> String {
    format!("pc-{n}-2026-01-02-03-04-05")
}

/// Addresses and numbers of the tiles, or of a chart.
fn links(page: &Page, part: &str, number: &str, end: &str) -> Vec<(String, u64)> {
    let body = page.body.split(part).nth(1).unwrap_or_default().split(end).next().unwrap();
    let link = |text: &str| {
        let href = text.split('"').next().unwrap().replace("&amp;", "&");
        let shown = text.split(number).nth(1).unwrap().split('<').next().unwrap().replace(',', "");
        (href, shown.parse().unwrap())
    };
    body.split("<a href=\"").skip(1).map(link).collect()
}

fn tiles(page: &Page) -> Vec<(String, u64)> {
    links(page, "<ul class=\"tiles\"", "<strong>", "</ul>")
}

/// The charts with their titles.
fn charts(page: &Page) -> Vec<(String, Vec<(String, u64)>)> {
    let one = |part: &str| {
        let title = part.split("</caption>").next().unwrap().to_owned();
        let whole = Page { body: format!("<tbody>{}", part.split("<tbody>").nth(1).unwrap()), ..page.clone() };
        (title, links(&whole, "<tbody>", "class=\"figures\">", "</tbody>"))
    };
    page.body.split("<caption class=\"unseen\">").skip(1).map(one).collect()
}

/// How many rows the list at an address says that it has.
fn length(browser: &mut Browser, href: &str) -> u64 {
    let more = if href.contains('?') { "&" } else { "?" };
    let page = browser.get(&format!("{href}{more}size=1000"));
    page.is(200);
    page.body.matches("scope=\"row\"").count() as u64
}

#[test]
fn con_dash_1_and_2_every_number_is_the_length_of_its_list_and_bars_sum_up_to_all() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let page = browser.get(FRONT);
    let numbers = tiles(page.is(200));
    assert_eq!(numbers[0], ("/ocsreports/computers".to_owned(), 30));
    assert_eq!(numbers.len(), 11);
    for (href, n) in &numbers {
        assert_eq!(length(&mut browser, href), *n, "{href}");
    }
    let number = |part: &str| numbers.iter().find(|(href, _)| href.ends_with(part)).unwrap().1;
    assert_eq!((number("family=windows"), number("family=unix"), number("family=other")), (10, 10, 10));
    assert_eq!((number("family=android"), number("show=archived"), number("/software")), (0, 0, 5));
    assert_eq!(number("seen=-15"), 6);
    // The last 24 of the thirty came in the last day.
    assert_eq!(number("new=7"), 24);

    let charts = charts(&page);
    assert_eq!(charts.len(), 5);
    for (title, bars) in &charts {
        assert_eq!(bars.iter().map(|(_, n)| n).sum::<u64>(), 30, "{title}");
        for (href, n) in bars {
            assert_eq!(length(&mut browser, href), *n, "{title}: {href}");
        }
    }
    assert_eq!(charts[0].1.len(), 11, "ten systems and the others");
    page.shows(&["Windows &amp; &lt;11&gt;", "all others", "unknown", "earlier"]).hides(&["<11>"]);
}

#[test]
fn con_dash_3_archived_computers_are_left_out_unless_the_option_says_otherwise() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::Admin);
    let ids = [0, 1].map(|n| served.office.id(&device(n)).unwrap());
    served.office.app.fleet.change(|index| index.set_archived(&ids, Some(crate::office::NOON)));
    for (option, all) in [("1", 28), ("0", 30)] {
        served.office.set("EXCLUDE_ARCHIVE_COMPUTER", option);
        let page = browser.get(FRONT);
        let numbers = tiles(page.is(200));
        assert_eq!(numbers[0].1, all);
        for (href, n) in &numbers {
            assert_eq!(length(&mut browser, href), *n, "{href}");
        }
        for (title, bars) in charts(&page) {
            assert_eq!(bars.iter().map(|(_, n)| n).sum::<u64>(), all, "{title}");
            for (href, n) in bars {
                assert_eq!(length(&mut browser, &href), n, "{title}: {href}");
            }
        }
    }
}

#[test]
fn con_dash_6_without_computers_the_front_page_says_how_to_begin() {
    let served = Served::new();
    served.add("boss", Role::Admin, "");
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(FRONT).is(200).shows(&["Dashboard", "/ocsinventory"]).hides(&["class=\"tiles\"", "class=\"chart\""]);
}

#[test]
fn con_gen_4_a_limited_account_is_shown_its_own_numbers() {
    let served = staffed();
    let mut browser = served.log_in("marie", Role::User);
    let session = served.console.sessions.clone();
    let user = rollcall::users::User {
        tags: vec!["LYON".into()],
        ..rollcall::users::User::new("paul".parse().unwrap(), Role::User, String::new(), crate::office::NOON)
    };
    let begun = session.begin(
        &user,
        None,
        "127.0.0.1".parse().unwrap(),
        served.office.clock.elapsed(),
        served.office.clock.now(),
    );
    browser.cookies.insert("rollcall-local".into(), begun.unwrap().token);
    let page = browser.get(FRONT);
    assert_eq!(tiles(page.is(200))[0].1, 5);
    for (title, bars) in charts(&page) {
        assert_eq!(bars.iter().map(|(_, n)| n).sum::<u64>(), 5, "{title}");
    }
}
