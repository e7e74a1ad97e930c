//! Hostile text in every field of every page: the markup keeps the shape that it has with harmless text.

use jiff::tz::TimeZone;
use maud::Markup;

use super::computer::{
    AdministrativeForm, Banner, ComputerPage, ContactsPage, Deeds, Found, NotesPage, OneNote, Other, SectionCount,
    SectionRows, Shown, ValueRow,
};
use super::computers::{ComputersPage, Deed};
use super::dashboard::{self, Bar, Chart, DashboardPage, Number};
use super::doorway::DoorwayPage;
use super::error::Fault;
use super::find::{self, FindPage, Group, Hit};
use super::imports::{ImportRow, ImportsPage, Outcome};
use super::login::{Before, LoginPage};
use super::repartition::{self, RepartitionPage};
use super::rescue;
use super::setup::{NextSteps, Port, PortState, SetupForm, SetupPage};
use super::sticks::SticksPage;
use super::tags::{self, TagsPage};
use super::{computer, computers, doorway, error, imports, login, mass, sample, setup, sticks, upload};
use crate::accountinfo::fields::{Field as Defined, Kind as FieldKind};
use crate::app::sticks::Mute;
use crate::console::form::Form;
use crate::console::lists;
use crate::console::lists::filters::Chip;
use crate::console::view::address::Address;
use crate::console::view::card::Care;
use crate::console::view::form::FieldError;
use crate::console::view::frame::{Account, Assets, Bare, Frame, MenuEntry, MenuGroup, Theme, bare, frame};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale};
use crate::fleet::{Share, Shelf};
use crate::history::{self, Contact, Kind};
use crate::i18n::Lang;
use crate::id::ComputerId;
use crate::limits::Limits;
use crate::options::OPTIONS;

const PAYLOADS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" style=\"position:fixed",
    "</textarea></title></script><svg onload=alert(1)>",
    "<!-- ",
    "]]><![CDATA[",
    "&lt;b&gt; &#60;b&#62; &",
    "javascript:alert(1)",
    "\u{202E}gpj.exe\u{2066}\u{200F}",
    "𝔸😀\u{1F469}\u{200D}\u{1F4BB}\u{0}\u{1B}[31m",
    "{n} {total} %s =1+1",
];

fn locale(lang: Lang) -> Locale {
    Locale { lang, now: sample::NOW, zone: TimeZone::UTC }
}

fn own(text: &str) -> String {
    text.to_owned()
}

/// Every page with `x` wherever a value can be handed in.
fn pages(locale: &Locale, x: &str) -> Vec<(&'static str, Markup)> {
    let errors = [FieldError { field: "names".into(), text: own(x) }, FieldError { field: "tag".into(), text: own(x) }];
    let care = [
        Care { tone: Tone::Warning, text: own(x), href: Some(own("#x")) },
        Care { tone: Tone::Error, text: own(x), href: None },
    ];
    let host = Other { id: ComputerId(2), name: own(x) };
    let all = Banner {
        tag: x,
        user: x,
        user_domain: x,
        model: x,
        serial: x,
        system: x,
        system_version: x,
        service_pack: x,
        architecture: x,
        description: x,
        company: x,
        owner: x,
        product_id: x,
        product_key: x,
        memory: Some(1),
        swap: Some(1),
        processor: x,
        uuid: x,
        virtual_machine: x,
        host: Some(&host),
        workgroup: x,
        address: x,
        agent: x,
        device_id: x,
        first_seen: Some(sample::NOW),
        last_inventory: Some(sample::NOW),
        last_contact: Some(sample::NOW),
    };
    let cells = vec![vec![
        Cell::text(x),
        Cell::mono(x),
        Cell::Link { href: "/x".into(), text: x.into() },
        Cell::State(Tone::Note, x.into()),
    ]];
    let rows = || SectionRows { tag: x, fields: &["A", "B", "C", "D"], rows: &cells, total: x };
    let chosen = [x];
    let fields = [x, "B", "C", "D"];
    let titled = SectionRows { tag: "MEMORIES", fields: &fields, rows: &cells, total: x };
    let sections = [SectionCount { tag: x, rows: 1 }, SectionCount { tag: "BIOS", rows: 0 }];
    let outcome = history::Outcome::Noted(own(x));
    let contacts = [Contact { at: sample::NOW, address: None, kind: Kind::Download, size: 9, outcome }];
    let value = |id, kind| ValueRow {
        field: Defined {
            id,
            name: own("Name"),
            label: own(x),
            kind,
            tab: own(x),
            choices: vec![own(x)],
            ..Defined::tag()
        },
        typed: vec![own(x)],
        was: own(x),
        changed: Some((own(x), sample::NOW)),
    };
    let values: Vec<ValueRow> = FieldKind::ALL.into_iter().zip(0..).map(|(kind, id)| value(id, kind)).collect();
    let tag = |may_change| AdministrativeForm { token: x, rows: &values, errors: &errors, may_change };
    let note = OneNote { number: 1, by: x, at: sample::NOW, edited: Some(sample::NOW), text: x, own: true };
    let list = [note];
    let remarks = NotesPage {
        token: x,
        list: &list,
        may_write: true,
        may_delete: true,
        editing: Some(1),
        typed: x,
        errors: &errors,
    };
    let groups = [Action { href: "/x".to_owned(), label: x.to_owned() }];
    let mut written: Vec<(&'static str, Markup)> = [
        Shown::Section(rows()),
        Shown::Section(titled),
        Shown::Everything { tables: vec![rows()], chosen: &chosen },
        Shown::Administrative(tag(true)),
        Shown::Administrative(tag(false)),
        Shown::Notes(remarks),
        Shown::Contacts(ContactsPage { list: &contacts, packages: &[], heard_from: None }),
    ]
    .into_iter()
    .map(|shown| ComputerPage {
        id: ComputerId(1),
        banner: all.clone(),
        groups: &groups,
        care: &care,
        sections: &sections,
        notes: Some(1),
        customized: None,
        packages: None,
        junk: &[],
        deeds: Deeds {
            token: x,
            may_ask: true,
            may_archive: true,
            may_delete: true,
            may_export: true,
            ..Deeds::default()
        },
        searched: Some(Found { part: x, found: 1, whole: 2 }),
        shown,
    })
    .map(|page| ("computer", computer::body(locale, &page)))
    .collect();

    let asked = Address::new("").with("q", x).with("tag", x).with("publisher", x).with("os", x).to_string();
    let asked = asked.trim_start_matches('?');
    let mark = || Cell::Mark(x.into());
    let name = || Cell::Link { href: "/x".into(), text: x.into() };
    let row = vec![
        mark(),
        Cell::text(x),
        Cell::Date(sample::NOW),
        name(),
        Cell::Lines(x.into()),
        Cell::text(x),
        Cell::mono(x),
    ];
    let (rows, chips) = ([row], [Chip { text: own(x), without: own("/list") }]);
    let view = sample::view(&lists::computers::LIST, asked);
    for (rows, total) in [(&rows[..], 999), (&[][..], 0)] {
        let page = ComputersPage {
            list: &lists::computers::LIST,
            view: &view,
            shelf: Shelf::All,
            chips: &chips,
            rows,
            ids: &[own(x)],
            total,
            page: 2,
            all: true,
            deeds: &Deed::ALL,
            token: x,
        };
        written.push(("computers", computers::body(locale, &page)));
    }
    let names = [own(x)];
    let page = mass::MassPage {
        token: x,
        deed: Deed::Values,
        names: &names,
        more: 1,
        carried: &[(own("where"), own(x))],
        errors: &errors,
    };
    written.push(("values-of-many", mass::values(locale, &page, &values, &[own(x)])));
    let page = mass::MassPage { deed: Deed::Options, ..page };
    let options: Vec<_> = OPTIONS.iter().filter_map(|option| Some((*option, option.own?, own(x)))).collect();
    written.push(("options-of-many", mass::options(locale, &page, &options)));
    let list = lists::fields::list(&[Defined { id: 1, label: own(x), kind: FieldKind::Integer, ..Defined::tag() }]);
    let view = list.view(&Form::read("cols=name,fields_1", 9).unwrap_or_default(), None);
    let page = ComputersPage {
        list: &list,
        view: &view,
        shelf: Shelf::All,
        chips: &[],
        rows: &[vec![Cell::text("a"), Cell::text(x)]],
        ids: &[own("1")],
        total: 1,
        page: 1,
        all: false,
        deeds: &[],
        token: x,
    };
    written.push(("computers-with-fields", computers::body(locale, &page)));
    let shares = [Share { value: own(x), computers: 2, last_contact: None }];
    let (view, shelf) = (sample::view(&tags::LIST, ""), Shelf::All);
    let field = Defined { label: own(x), ..Defined::tag() };
    let fields = [field.clone(), Defined { id: 3, ..field }];
    let page = TagsPage { fields: &fields, shares: &shares, shelf, view: &view, may_rename: true, token: x };
    written.push(("tags", tags::body(locale, &page)));
    let view = sample::view(&repartition::LIST, "");
    let page = RepartitionPage {
        field: &fields[1],
        fields: &fields,
        shares: &shares,
        computers: 2,
        shelf,
        view: &view,
        token: x,
    };
    written.push(("repartition", repartition::body(locale, &page)));
    written.push(("rename", tags::rename(locale, x, x, x, &errors)));

    written.extend(super::hostile_software::pages(locale, x, &chips, asked));
    written.extend(super::hostile_admin::pages(locale, x));
    let import = |outcome| ImportRow { at: sample::NOW, file: own(x), computer: own(x), outcome };
    let rows = [import(Outcome::Refused(x.into())), import(Outcome::New(ComputerId(1)))];
    let view = sample::view(&imports::LIST, "");
    for rows in [&rows[..], &[]] {
        written.push((
            "imports",
            imports::body(locale, &ImportsPage { folder: x, rows, view: &view, unread: 1, token: x }),
        ));
    }

    let mut report = upload::Report::default();
    rows.iter().cloned().for_each(|row| report.add(row));
    written.push(("upload report", upload::report(locale, &report)));
    let errors = [FieldError::new(upload::CHOSEN, x)];
    written.push(("upload", upload::form(locale, x, &Limits::default(), true, &errors)));

    let named = sample::sticks_named(x);
    let shown: Vec<_> = named.iter().map(|stick| (stick.clone(), rows.to_vec())).collect();
    let mute = [(own(x), Mute::Denied), (own(x), Mute::Silent)];
    let page = SticksPage { sticks: &shown, mute: &mute, by_itself: true, token: x };
    written.push(("sticks", sticks::body(locale, &page)));
    written.push(("sticks banner", sticks::banner(locale, x, &named)));

    let page = LoginPage { token: x, account: x, back: x, before: Before::Failed };
    written.push(("login", login::body(locale, &page)));

    let typed = SetupForm { code: x, account: x, question: x, names: x };
    let ports = [Port { number: 80, tls: false, state: PortState::Busy }];
    let page = SetupPage { token: x, ask_code: true, password_min: 12, typed, errors: &errors, ports: &ports };
    written.push(("setup", setup::body(locale, &page)));
    let page = rescue::RescuePage { token: x, password_min: 12, code: x, errors: &errors };
    written.push(("rescue", rescue::body(locale, &page)));
    let page = NextSteps { server: x, host: x, port: 80, folder: x, first: true, results: true };
    written.push(("next steps", setup::next_steps(locale, &page)));

    let https = format!("https://{x}/");
    let fingerprint = x.replace(':', "");
    let page = DoorwayPage { https: &https, fingerprint: &fingerprint };
    written.push(("doorway", doorway::body(locale, &page)));

    let known = [https.clone()];
    for fault in [
        Fault::Forbidden { right: x },
        Fault::StaleForm { back: "/x" },
        Fault::NotFound,
        Fault::WrongName { asked: x, known: &known },
        Fault::Unsafe,
        Fault::Refused { status: 413 },
        Fault::Busy,
        Fault::Internal { reference: x },
    ] {
        written.push(("error", error::body(locale, &fault, true)));
    }

    let link = || Cell::Link { href: "/x".into(), text: own(x).into() };
    let hits = vec![Hit { name: link(), seen: vec![Cell::Text(own(x).into()), Cell::Mono(own(x).into())] }];
    let groups = vec![Group { title: "find.name".into(), total: 1, hits, whole: own("/x") }];
    written.push(("found", find::body(locale, &FindPage { part: own(x), groups })));
    written.push(("nothing found", find::body(locale, &FindPage { part: own(x), groups: Vec::new() })));
    let bars = vec![Bar { label: own(x), computers: 3, href: Address::new("/x").with("system", x).to_string() }];
    let numbers = vec![Number { label: own("computers"), value: 3, href: own("/x") }];
    let charts = vec![Chart { title: "Systems", bars }];
    written.push(("dashboard", dashboard::body(locale, &DashboardPage { numbers, charts })));
    let assets = Assets { css: own("/c.css"), js: own("/c.js"), icon: own("/i.svg") };
    let message = Message { tone: Tone::Success, text: own(x), action: None };
    let messages = [message];
    let page = Bare {
        locale,
        assets: &assets,
        title: x,
        narrow: true,
        other_language: Some("?lang=fr"),
        help: Some("/ocsreports/help"),
        messages: &messages,
    };
    written.push(("bare frame", bare(&page, Markup::default())));
    let account = Account { name: own(x), role: own(x), token: own(x) };
    let entries = vec![MenuEntry { href: own("/x"), label: own(x), icon: Icon::Computer, current: true }];
    let menu = [MenuGroup { label: "", entries }];
    let trail = [Action { href: own("/x"), label: own(x) }];
    let page = Frame {
        locale,
        theme: Theme::Dark,
        assets: &assets,
        title: x,
        trail: &trail,
        action: None,
        menu: &menu,
        search: x,
        account: &account,
        here: x,
        help: "/ocsreports/help",
        care: &[Care { tone: Tone::Error, text: own(x), href: Some(own("/x")) }],
        banner: sticks::banner(locale, x, &sample::sticks_named(x)),
        messages: &messages,
    };
    written.push(("frame", frame(&page, Markup::default())));
    written
}

/// The tags of a page and the text behind each. Values are always quoted, so that a bracket inside does not end a tag.
fn parts(markup: &str) -> Vec<(String, &str)> {
    let mut parts = Vec::new();
    for part in markup.split('<').skip(1) {
        let mut quoted = false;
        let end = part.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let end = end.unwrap_or_else(|| panic!("a tag without an end: {part}"));
        parts.push((part[..end].to_owned(), &part[end + 1..]));
    }
    parts
}

/// The elements of a page with the names of their attributes: `a href`, `/a`, …
fn shape(markup: &str) -> Vec<String> {
    let names = |(tag, _): (String, &str)| tag.split('"').step_by(2).collect::<String>().replace('=', "");
    parts(markup).into_iter().map(names).collect()
}

/// What a reader sees: text, and the values that are shown or spoken; not what is typed into boxes, which is kept as it is.
fn words(markup: &str) -> String {
    let mut words = String::new();
    for (tag, text) in parts(markup) {
        if !tag.starts_with("textarea") {
            words.push_str(text);
        }
        for name in [" data-label=\"", " aria-label=\"", " title=\""] {
            words.push_str(tag.split_once(name).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default());
        }
    }
    words
}

#[test]
fn hostile_text_never_changes_the_shape_of_a_page() {
    for lang in [Lang::En, Lang::Fr] {
        let harmless = pages(&locale(lang), "harmless");
        for payload in PAYLOADS {
            for ((name, expected), (_, page)) in harmless.iter().zip(pages(&locale(lang), payload)) {
                let page = page.into_string();
                assert_eq!(shape(&page), shape(&expected.clone().into_string()), "{name} with {payload:?}");
                let reordering = |c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
                let words = words(&page);
                let bare = words.split(reordering).nth(1).and(words.split(reordering).next());
                let before = bare
                    .map(|before| before.chars().skip(before.chars().count().saturating_sub(100)).collect::<String>());
                assert_eq!(before, None, "{name} shows {payload:?} without marks, after these words");
            }
        }
    }
}

#[test]
fn no_page_holds_styles_events_or_script_of_its_own() {
    for lang in [Lang::En, Lang::Fr] {
        let mut all = pages(&locale(lang), "harmless");
        all.push(("component page", crate::console::view::gallery::component_page(&locale(lang))));
        for (name, page) in all {
            for tag in shape(&page.into_string()) {
                let mut words = tag.split_whitespace();
                let element = words.next().unwrap_or_default();
                assert!(element != "script" || tag == "script src defer", "{name}: script inside the page");
                assert!(!matches!(element, "style" | "iframe" | "object" | "base"), "{name}: {tag}");
                let mut seen = Vec::new();
                for attribute in words {
                    assert!(!seen.contains(&attribute), "{name}: twice the same attribute in {tag}");
                    seen.push(attribute);
                    assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {tag}");
                }
            }
        }
    }
}

#[test]
fn every_text_that_a_page_asks_for_exists() {
    for lang in [Lang::En, Lang::Fr] {
        for (name, page) in pages(&locale(lang), "harmless") {
            // The gap between the links of a pager is the one place where the mark stands for itself.
            let page = page.into_string().replace("aria-hidden=\"true\">…<", "");
            for mark in ["…", "(text missing)"] {
                let before =
                    page.split_once(mark).map(|(before, _)| before.chars().rev().take(200).collect::<String>());
                let before = before.map(|before| before.chars().rev().collect::<String>());
                assert_eq!(before, None, "{name} asks for a text that is not there");
            }
            assert!(!page.contains('{'), "{name} leaves a place unfilled");
        }
    }
}
