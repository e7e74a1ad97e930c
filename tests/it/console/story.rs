//! The first day: set up, log in, look at a computer, change its TAG, log out; in both languages.

use crate::browser::{Browser, Page, Served};

pub const PASSWORD: &str = "eleven blue boats";
pub const DEVICE: &str = "ACC-PC-007-2026-01-02-03-04-05";

pub fn inventory(tag: &str) -> String {
    format!(
        "<HARDWARE><NAME>ACC-PC-007</NAME><OSNAME>Debian GNU/Linux 12</OSNAME><USERID>camille</USERID>\
         <MEMORY>16384</MEMORY><PROCESSORS>2900</PROCESSORS><UUID>4C4C4544-0058</UUID><WINPRODKEY>KEY-KEY</WINPRODKEY></HARDWARE>\
         <BIOS><SSN>7XK2QJ3</SSN><SMANUFACTURER>Dell</SMANUFACTURER><SMODEL>OptiPlex 7090</SMODEL></BIOS>\
         <MEMORIES><CAPTION>DIMM 1</CAPTION><CAPACITY>8192</CAPACITY></MEMORIES>\
         <MEMORIES><CAPTION>DIMM 2</CAPTION><CAPACITY>8192</CAPACITY></MEMORIES>\
         <LOCAL_USERS><NAME>Camille Perrin</NAME><LOGIN>camille</LOGIN><SHELL>/bin/bash</SHELL></LOCAL_USERS>\
         <SOFTWARES><NAME>firefox</NAME><VERSION>133.0</VERSION></SOFTWARES>\
         <OFFICEPLUGIN><PRODUCT>Office 2016</PRODUCT></OFFICEPLUGIN>\
         <ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{tag}</KEYVALUE></ACCOUNTINFO>"
    )
}

/// Fills in the set-up and sends it.
pub fn set_up(browser: &mut Browser, lang: &str) -> Page {
    browser.get("/ocsreports/setup").is(200);
    let fields = [
        ("account", "marie"),
        ("password", PASSWORD),
        ("again", PASSWORD),
        ("lang", lang),
        ("names", "ocs.office.lan\r\n10.30.0.5"),
        ("question", "Which room?"),
    ];
    browser.post("/ocsreports/setup", &fields)
}

pub fn log_in(browser: &mut Browser, account: &str, password: &str) -> Page {
    browser.get("/ocsreports/login").is(200);
    let lang = browser.lang.clone();
    browser.post("/ocsreports/login", &[("account", account), ("password", password), ("lang", &lang)])
}

fn first_day(lang: &str, words: &[&str]) {
    let served = Served::new();
    let mut browser = served.browser();
    browser.lang = lang.to_owned();
    assert_eq!(browser.get("/ocsreports/computers").location(), "/ocsreports/setup");
    let done = set_up(&mut browser, lang);
    assert_eq!((done.status, done.location()), (303, "/ocsreports/next-steps"), "{done:?}");
    browser.get("/ocsreports/next-steps").is(200).shows(&["http://ocs.office.lan:", "/ocsinventory", words[0]]);
    browser.get("/ocsreports/setup").is(404);
    let label = served.office.agents.file("deploy/label").unwrap();
    assert!(matches!(label.content, rollcall::agent::Content::Bytes(bytes) if bytes == b"Which room?"));

    browser.get("/ocsreports/computers").is(200).shows(&[words[1]]);
    served.run(served.office.inventory(DEVICE, &inventory("COMPTA")));
    let id = served.office.id(DEVICE).unwrap();
    let list = browser.get("/ocsreports/computers");
    list.is(200).shows(&["ACC-PC-007", "COMPTA", "camille", &format!("/ocsreports/computers/{id}\"")]);
    let page = browser.get(&format!("/ocsreports/computers/{id}"));
    page.is(200).shows(&["7XK2QJ3", "OptiPlex 7090", "KEY-KEY", "COMPTA", "OFFICEPLUGIN", words[2]]);
    browser.get(&format!("/ocsreports/computers/{id}/memories")).is(200).shows(&["DIMM 1", "DIMM 2", "8192"]);
    browser.get(&format!("/ocsreports/computers/{id}/officeplugin")).is(200).shows(&["Office 2016"]);
    browser.get(&format!("/ocsreports/computers/{id}/everything")).is(200).shows(&["firefox", "DIMM 2", "/bin/bash"]);
    browser.get(&format!("/ocsreports/computers/{id}/contacts")).is(200).shows(&[words[3], "192.168.50.7"]);

    let form = format!("/ocsreports/computers/{id}/administrative");
    browser.get(&form).is(200).shows(&["value=\"COMPTA\""]);
    let saved = browser.post(&form, &[("tag", " SIEGE & <b> ")]);
    assert_eq!(saved.location(), format!("{form}?saved=1"), "{saved:?}");
    browser.get(saved.location()).is(200).shows(&["SIEGE &amp; &lt;b&gt;", "marie", words[4]]);
    assert_eq!(served.office.tag(DEVICE), "SIEGE & <b>");
    let told = served.run(served.office.inventory(DEVICE, &inventory("COMPTA")));
    assert!(told.contains("ACCOUNT_UPDATE") && told.contains("SIEGE &amp; &lt;b&gt;"), "{told}");
    assert!(served.office.differences().is_empty());
    let change = served.audit().remove(0);
    assert_eq!((change.changes[0].before.as_str(), change.changes[0].after.as_str()), ("COMPTA", "SIEGE & <b>"));

    let out = browser.post("/ocsreports/logout", &[]);
    assert_eq!(out.location(), "/ocsreports/login?out=1");
    browser.get(out.location()).is(200).shows(&[words[5]]);
    let back = browser.get(&form);
    assert_eq!(back.location(), format!("/ocsreports/login?back={}", form.replace('/', "%2F")));
    browser.get(back.location()).is(200);
    let fields = [("account", "MARIE"), ("password", PASSWORD), ("lang", lang), ("back", &form)];
    let again = browser.post("/ocsreports/login", &fields);
    assert_eq!((again.status, again.location()), (303, form.as_str()), "{again:?}");
    browser.get(&form).is(200);
}

#[test]
fn the_first_day_in_english() {
    let words =
        ["Point your agents here", "No computer has reported yet", "Administrative data", "Brought an inventory"];
    let words = [&words[..], &["The values are saved", "You are logged out"]].concat();
    first_day("en", &words);
}

#[test]
fn the_first_day_in_french() {
    let words = [
        "Prochaines étapes",
        "Aucun ordinateur",
        "Données administratives",
        "Derniers contacts",
        "Les valeurs sont enregistrées",
    ];
    let words = [&words[..], &["Vous êtes déconnecté"]].concat();
    first_day("fr", &words);
}
