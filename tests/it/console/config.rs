//! The options page.

use rollcall::history::Action;
use rollcall::options::{DEPLOY, FREQUENCY, OPTIONS, PROLOG_FREQ};
use rollcall::users::Role;

use super::office;

const CONFIG: &str = "/ocsreports/config";

#[test]
fn con_cfg_1_an_option_shows_its_meaning_bounds_default_and_who_changed_it() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    let page = browser.get(CONFIG);
    for option in OPTIONS.iter().filter(|option| option.is_offered()) {
        page.shows(&[option.name]);
    }
    page.shows(&["How many hours pass between two contacts", "Default: 24 hours.", "Allowed: 1 to 999."]);
    let answer = browser.post(CONFIG, &[("PROLOG_FREQ.was", "24"), ("PROLOG_FREQ", "12")]);
    assert_eq!((answer.status, answer.location()), (303, "/ocsreports/config?saved=1"));
    browser.get(answer.location()).shows(&["Options changed: 1", "Changed by marie", "value=\"12\""]);
    assert_eq!(served.office.app.options.general().number(PROLOG_FREQ), 12);
    let entry = served.audit().into_iter().find(|entry| entry.action == Action::OptionChanged).unwrap();
    assert_eq!(
        (entry.object.as_str(), entry.changes[0].before.as_str(), entry.changes[0].after.as_str()),
        ("PROLOG_FREQ", "24", "12")
    );
}

#[test]
fn con_cfg_1_the_filter_looks_at_names_and_meanings() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get("/ocsreports/config?q=hours+contact").shows(&["PROLOG_FREQ"]).hides(&["AUTO_DUPLICATE_LVL"]);
    browser.get("/ocsreports/config?q=duplicate_lvl").shows(&["AUTO_DUPLICATE_LVL"]).hides(&["PROLOG_FREQ"]);
    browser.get("/ocsreports/config?q=nothing+of+it").shows(&["No option matches", "Show all options"]);
}

/// One wrong value among right ones: nothing is stored, and what was typed stands there still.
#[test]
fn con_cfg_1_all_or_nothing() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(CONFIG);
    let page = browser.post(
        CONFIG,
        &[
            ("PROLOG_FREQ.was", "24"),
            ("PROLOG_FREQ", "12"),
            ("FREQUENCY.was", "0"),
            ("FREQUENCY.mode", "typed"),
            ("FREQUENCY", "1000"),
        ],
    );
    page.is(422).shows(&[
        "whole number from 1 to 999, or choose",
        "value=\"1000\"",
        "value=\"12\"",
        "href=\"#FREQUENCY\"",
    ]);
    assert_eq!(served.office.app.options.general().number(PROLOG_FREQ), 24);
}

/// Two administrators with the page open: the second does not take back what the first changed.
#[test]
fn con_cfg_1_what_was_not_touched_is_not_changed() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(CONFIG);
    served.office.set("PROLOG_FREQ", "6");
    let fields = [
        ("PROLOG_FREQ.was", "24"),
        ("PROLOG_FREQ", "24"),
        ("FREQUENCY.was", "0"),
        ("FREQUENCY.mode", "typed"),
        ("FREQUENCY", "7"),
    ];
    browser.post(CONFIG, &fields).is(303);
    let general = served.office.app.options.general();
    assert_eq!((general.number(PROLOG_FREQ), general.number(FREQUENCY)), (6, 7));
    let bits = [
        ("AUTO_DUPLICATE_LVL.was", "7"),
        ("AUTO_DUPLICATE_LVL", ""),
        ("AUTO_DUPLICATE_LVL", "2"),
        ("AUTO_DUPLICATE_LVL", "4"),
    ];
    browser.post(CONFIG, &bits).is(303);
    assert_eq!(served.office.app.options.general().number(rollcall::options::AUTO_DUPLICATE_LVL), 6);
}

/// The box beside the words is filled in, and the words are overlooked.
#[test]
fn con_cfg_1_a_number_that_is_typed_counts() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(CONFIG);
    browser.post(CONFIG, &[("FREQUENCY.was", "0"), ("FREQUENCY.mode", "0"), ("FREQUENCY", "7")]).is(303);
    assert_eq!(served.office.app.options.general().number(FREQUENCY), 7);
    browser.post(CONFIG, &[("FREQUENCY.was", "7"), ("FREQUENCY.mode", "0"), ("FREQUENCY", "7")]).is(303);
    assert_eq!(served.office.app.options.general().number(FREQUENCY), 0);
}

#[test]
fn con_gen_7_switching_off_asks_first_and_says_for_how_many() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    browser.get(CONFIG);
    let off = [("DEPLOY.was", "1"), ("DEPLOY", "0")];
    browser
        .post(CONFIG, &off)
        .is(200)
        .shows(&["Change it for 1 computer", "DEPLOY is switched off: agents can no longer fetch"]);
    assert!(served.office.app.options.general().switch(DEPLOY));
    // One more computer reported meanwhile.
    served.run(served.office.inventory("NEW-2026-01-02-03-04-05", "<HARDWARE><NAME>NEW</NAME></HARDWARE>"));
    let sure = [off[0], off[1], ("computers", "1")];
    browser.post(CONFIG, &sure).is(200).shows(&["Change it for 2 computers"]);
    browser.post(CONFIG, &[off[0], off[1], ("computers", "2")]).is(303);
    assert!(!served.office.app.options.general().switch(DEPLOY));
}

#[test]
fn con_cfg_3_and_4_what_is_kept_and_the_settings_are_shown_and_cannot_be_changed() {
    let (served, _) = office();
    served.office.set("DOWNLOAD_PACK_DIR", "/srv/packs");
    let mut browser = served.log_in("marie", Role::Admin);
    browser
        .get(CONFIG)
        .shows(&["Kept for export: 1 option", "/srv/packs", "config.toml", "web.http"])
        .hides(&["name=\"DOWNLOAD_PACK_DIR\""]);
    browser.post(CONFIG, &[("DOWNLOAD_PACK_DIR.was", "/srv/packs"), ("DOWNLOAD_PACK_DIR", "/etc")]).is(303);
    browser.get(CONFIG).shows(&["/srv/packs"]);
}
