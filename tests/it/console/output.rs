//! What leaves the console (SEC-20, SEC-21, CON-ACC-4).

use std::collections::BTreeSet;

use rollcall::console::{Access, Verb};
use rollcall::inventory::sections::SECTIONS;
use rollcall::users::Role;

use super::{address, gets, office, posts};
use crate::browser::{Page, Served};

pub const PAYLOADS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" style=\"position:fixed\" x=\"",
    "</td></table></textarea></title></script><svg onload=alert(1)>",
    "<!-- ",
    "]]><![CDATA[<iframe src=//evil.example>",
    "&lt;b&gt; &#60;base href=//evil.example&#62; &amp;lt;",
    "javascript:alert(1)",
    "\u{202E}gpj.exe\u{2066}\u{200F}",
    "𝔸😀\u{1F469}\u{200D}\u{1F4BB} {n} {total} %s",
    "=1+1<a href=\"https://evil.example\">x</a>",
];

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An inventory with one text in every field of every section, known or not, and as the TAG.
pub fn filled(payload: &str, name: &str) -> String {
    let value = escaped(payload);
    let mut content = String::new();
    for section in SECTIONS {
        content.push_str(&format!("<{}>", section.tag));
        for field in section.fields {
            let value = if (section.tag, field.name) == ("HARDWARE", "NAME") { name } else { &value };
            content.push_str(&format!("<{0}>{1}</{0}>", field.name, value));
        }
        content.push_str(&format!("</{}>", section.tag));
    }
    content.push_str(&format!("<PLUGIN.X><A-B>{value}</A-B><C>{value}</C></PLUGIN.X>"));
    content.push_str(&format!("<ACCOUNTINFO><KEYNAME>TAG</KEYNAME><KEYVALUE>{value}</KEYVALUE></ACCOUNTINFO>"));
    content
}

/// The elements of a page with the names of their attributes, and the values of the attributes that lead somewhere.
/// Written for what the console writes: quoted values, nothing left open.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for part in page.split('<').skip(1) {
        let mut quoted = false;
        let end = part.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let tag = &part[..end.unwrap_or_else(|| panic!("a tag without an end: {part}"))];
        let (element, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            match after.strip_prefix("=\"") {
                Some(after) => {
                    let (value, after) = after.split_once('"').expect("a value ends");
                    attributes.push((name.to_owned(), value.to_owned()));
                    rest = after;
                }
                None => {
                    attributes.push((name.to_owned(), String::new()));
                    rest = after;
                }
            }
        }
        found.push((element.to_owned(), attributes));
    }
    found
}

fn parts(id: u32, sections: bool) -> Vec<String> {
    let mut parts = vec!["/everything".to_owned(), "/contacts".into(), "/administrative".into(), String::new()];
    parts.push("/plugin.x".into());
    if sections {
        parts.extend(SECTIONS.iter().map(|section| format!("/{}", section.tag.to_lowercase())));
    }
    parts.into_iter().map(|part| format!("/ocsreports/computers/{id}{part}")).collect()
}

#[test]
fn sec_20_hostile_inventories_bring_no_element_and_no_attribute() {
    let (served, _) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    let device = |n: usize| format!("hostile-{n}-2026-01-02-03-04-05");
    served.run(served.office.inventory(&device(0), &filled("harmless", "harmless")));
    let harmless = served.office.id(&device(0)).unwrap().0;
    let mut allowed: BTreeSet<(String, String)> = BTreeSet::new();
    let mut see = |page: &Page| {
        for (element, attributes) in tags(&page.body) {
            allowed.insert((element.clone(), "class".into()));
            allowed.insert((element.clone(), String::new()));
            allowed.extend(attributes.into_iter().map(|(name, _)| (element.clone(), name)));
        }
    };
    for path in parts(harmless, true) {
        see(browser.get(&path).is(200));
    }
    // Enough of them for the links below the list.
    for n in 100..112 {
        served.run(served.office.inventory(&device(n), "<HARDWARE><NAME>harmless</NAME></HARDWARE>"));
    }
    see(&browser.get("/ocsreports/computers"));
    for (n, payload) in PAYLOADS.iter().enumerate() {
        served.run(served.office.inventory(&device(n + 1), &filled(payload, &escaped(payload))));
        let id = served.office.id(&device(n + 1)).unwrap().0;
        let mut pages = parts(id, n == 1);
        pages.push("/ocsreports/computers".to_owned());
        for path in pages {
            let page = browser.get(&path);
            page.is(200);
            for (element, attributes) in tags(&page.body) {
                assert!(allowed.contains(&(element.clone(), String::new())), "{path} with {payload:?}: <{element}>");
                for (name, value) in attributes {
                    let known = allowed.contains(&(element.clone(), name.clone()));
                    assert!(known, "{path} with {payload:?}: <{element} {name}>");
                    let leads = matches!(name.as_str(), "href" | "src" | "action");
                    let own = value.starts_with('/') && !value.starts_with("//") || value.starts_with(['#', '?']);
                    assert!(!leads || own, "{path} with {payload:?}: {name} = {value}");
                }
            }
            if payload.contains('\u{202E}') {
                let shown = page.body.replace("value=\"\u{202E}", "");
                assert!(!shown.contains('\u{202E}'), "{path} turns text around");
            }
        }
    }
}

#[test]
fn sec_20_hostile_requests_are_no_better() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    for payload in ["\"><script>x</script>", "%22%3E%3Cscript%3Ex", "'\"><img src=x onerror=y>"] {
        let payload = payload.replace(' ', "+");
        for path in [
            format!("/ocsreports/computers?sort={payload}&page={payload}&size={payload}"),
            format!("/ocsreports/computers/{id}/{}?merged={payload}", "everything"),
            format!("/ocsreports/{payload}"),
            format!("/ocsreports/login?back={payload}&lang={payload}"),
        ] {
            for mut browser in [browser.clone(), served.browser()] {
                browser.get(&path).hides(&["<script>x", "<img"]);
            }
        }
    }
    browser.host = "\"><script>x</script>".into();
    browser.get("/ocsreports/computers").hides(&["<script>x"]);
}

fn has_headers(page: &Page, what: &str) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "trusted-types 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{what}: {part} is missing in {policy:?}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{what}: {name}");
    }
    let cache = page.header("cache-control");
    assert!(cache == "no-store" || cache.ends_with("immutable"), "{what}: {cache}");
}

#[test]
fn sec_21_every_answer_has_the_headers() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    for route in gets() {
        let path = address(route, id);
        has_headers(&browser.get(&path), &path);
        has_headers(&served.browser().get(&path), &path);
        has_headers(&served.stranger("192.168.50.9").get(&path), &path);
        has_headers(&browser.send("DELETE", &path, &[], None), &format!("DELETE {path}"));
        let mut lost = browser.clone();
        lost.host = "evil.example".into();
        has_headers(&lost.get(&path), &path);
    }
    for route in posts() {
        assert_eq!(route.verb, Verb::Post);
        let path = address(route, id);
        has_headers(&served.browser().post(&path, &[]), &path);
        has_headers(&served.stranger("192.168.50.9").post(&path, &[]), &path);
        has_headers(&served.log_in(&path.replace('/', "."), Role::User).post(&path, &[]), &path);
    }
    has_headers(&browser.get("/ocsreports/no/such/page"), "404");
    has_headers(&Served::new().browser().get("/ocsreports/setup"), "setup");
}

/// SEC-24: what is no page is saved under a name that we made, and never guessed at.
#[test]
fn sec_24_files_are_saved_and_not_shown() {
    let (served, id) = office();
    let mut browser = served.log_in("marie", Role::Admin);
    let mut files = 0;
    for route in gets().filter(|route| matches!(route.access, Access::Right(_))) {
        let path = address(route, id);
        let file = browser.get(&path);
        if file.status != 200 || file.header("content-type").starts_with("text/html") {
            continue;
        }
        let name = file.header("content-disposition").strip_prefix("attachment; filename=\"").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        assert!(name.ends_with('"') && name.trim_end_matches('"').bytes().all(plain), "{path}: {name}");
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{path}");
        files += 1;
    }
    assert!(files > 8, "{files}");
}
