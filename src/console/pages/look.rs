//! Writes every page with the invented office to `target/gallery`, for looking at in a browser.
//!
//! `cargo test --lib console::pages::look -- --ignored`

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;
use maud::Markup;

use super::computer::{AdministrativeForm, ContactsPage, Shown};
use super::computers::{ComputersPage, Deed};
use super::doorway::DoorwayPage;
use super::error::Fault;
use super::imports::ImportsPage;
use super::login::{Before, LoginPage};
use super::setup::{NextSteps, Port, PortState, SetupForm, SetupPage};
use super::{COMPUTERS, IMPORTS, computer, computers, doorway, error, imports, login, sample, setup, sticks};
use crate::console::lists::computers::LIST;
use crate::console::lists::filters::Chip;
use crate::console::view::form::FieldError;
use crate::console::view::frame::{Account, Assets, Bare, Frame, MenuEntry, MenuGroup, Theme, bare, frame};
use crate::console::view::gallery::component_page;
use crate::console::view::icon::Icon;
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale};
use crate::fleet::Shelf;
use crate::i18n::Lang;

struct Look {
    locale: Locale,
    theme: Theme,
    suffix: String,
    assets: Assets,
}

impl Look {
    fn frame(&self, title: &str, at: &str, trail: &[Action], body: Markup) -> Markup {
        let entry = |href: &str, key, icon| MenuEntry {
            href: href.to_owned(),
            label: self.locale.text(key).to_owned(),
            icon,
            current: href == at,
        };
        let entries =
            vec![entry(COMPUTERS, "computers.title", Icon::Computer), entry(IMPORTS, "imports.title", Icon::Import)];
        let menu = [MenuGroup { label: "", entries }];
        let account = Account { name: "admin".to_owned(), role: "Administrator".to_owned(), token: String::new() };
        let page = Frame {
            locale: &self.locale,
            theme: self.theme,
            assets: &self.assets,
            title,
            trail,
            action: None,
            menu: &menu,
            search: "",
            account: &account,
            here: at,
            help: "/ocsreports/help",
            care: &[],
            banner: sticks::banner(&self.locale, "", &sample::sticks()),
            messages: &[],
        };
        frame(&page, body)
    }

    fn bare(&self, title: &str, narrow: bool, body: Markup) -> Markup {
        let other_language = (!narrow).then_some("?lang=fr");
        bare(
            &Bare {
                locale: &self.locale,
                assets: &self.assets,
                title,
                narrow,
                other_language,
                help: Some("/ocsreports/help"),
                messages: &[],
            },
            body,
        )
    }

    fn write(&self, name: &str, page: Markup) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
        fs::create_dir_all(&folder).unwrap();
        let mut page = page.into_string();
        if self.theme == Theme::Dark && !page.contains("data-theme") {
            page = page.replacen("<html ", "<html data-theme=\"dark\" ", 1);
        }
        fs::write(folder.join(format!("{name}-{}.html", self.suffix)), page).unwrap();
    }
}

#[test]
#[ignore = "writes files for looking at"]
fn write_the_gallery() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Fr, "fr")] {
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let zone = TimeZone::fixed(jiff::tz::offset(1));
            let assets = Assets {
                css: "../../assets/css/console.css".to_owned(),
                js: "../../assets/js/console.js".to_owned(),
                icon: "../../assets/img/favicon.svg".to_owned(),
            };
            let look = Look {
                locale: Locale { lang, now: sample::NOW, zone },
                theme,
                suffix: format!("{code}-{name}"),
                assets,
            };
            write_inside(&look);
            write_outside(&look);
        }
    }
}

fn write_inside(look: &Look) {
    let locale = &look.locale;
    look.write("components", look.frame("Components", "", &[], component_page(locale)));

    let rows = sample::computers();
    let ids: Vec<String> = (1..=rows.len()).map(|id| id.to_string()).collect();
    let chips = [Chip { text: locale.fill("filter.tag", &[("value", &"Accounting")]), without: COMPUTERS.to_owned() }];
    let list = |query: &str, rows: &[Vec<Cell>], total, chips: &[Chip], shelf| {
        let view = sample::view(&LIST, query);
        let (ids, deeds) = (&ids[..], &Deed::ALL[..]);
        let page = ComputersPage {
            list: &LIST,
            view: &view,
            shelf,
            chips,
            rows,
            ids,
            total,
            page: 1,
            all: false,
            deeds,
            token: "sample",
        };
        look.frame(locale.text(computers::TITLE), COMPUTERS, &[], computers::body(locale, &page))
    };
    look.write("computers", list("size=25", &rows, 412, &[], Shelf::Active));
    look.write("computers-few", list("sort=name&tag=Accounting&q=win", &rows[..4], 4, &chips, Shelf::All));
    look.write("computers-no-match", list("q=nobody", &[], 0, &chips, Shelf::Active));
    look.write("computers-none", list("", &[], 0, &[], Shelf::Active));

    let values = sample::values();
    let (care, memory, contacts) = (sample::care(), sample::memory(), sample::contacts());
    let trail = computer::trail(locale);
    let errors = [FieldError { field: "tag".into(), text: locale.fill("values.error-long", &[("n", &255)]) }];
    for (name, shown) in [
        ("computer", Shown::Section(sample::memory_rows(&memory))),
        (
            "computer-everything",
            Shown::Everything { tables: vec![sample::memory_rows(&memory), sample::memory_rows(&memory)], chosen: &[] },
        ),
        ("computer-tag", Shown::Administrative(sample::values_form(&values))),
        (
            "computer-tag-error",
            Shown::Administrative(AdministrativeForm { errors: &errors, ..sample::values_form(&values) }),
        ),
        ("computer-contacts", Shown::Contacts(ContactsPage { list: &contacts, packages: &[], heard_from: None })),
    ] {
        let body = computer::body(locale, &sample::computer(&care, shown));
        look.write(name, look.frame("ACC-PC-007", COMPUTERS, &trail, body));
    }

    let folder = "C:\\ProgramData\\Rollcall\\import";
    let (rows, view) = (sample::imports(), sample::view(&imports::LIST, ""));
    let title = locale.text(imports::TITLE);
    look.write(
        "imports",
        look.frame(
            title,
            IMPORTS,
            &[],
            imports::body(locale, &ImportsPage { folder, rows: &rows, view: &view, unread: 0, token: "" }),
        ),
    );
    look.write(
        "imports-none",
        look.frame(
            title,
            IMPORTS,
            &[],
            imports::body(locale, &ImportsPage { folder, rows: &[], view: &view, unread: 0, token: "" }),
        ),
    );
    let shown: Vec<_> = sample::sticks().into_iter().map(|stick| (stick, rows.clone())).collect();
    for (name, shown) in [("sticks", &shown[..]), ("sticks-none", &[])] {
        let page = sticks::SticksPage { sticks: shown, mute: &[], by_itself: false, token: "" };
        let trail = sticks::above(locale);
        look.write(name, look.frame(locale.text(sticks::TITLE), IMPORTS, &trail, sticks::body(locale, &page)));
    }
    let page = NextSteps {
        server: "http://ocs.office.lan/ocsinventory",
        host: "ocs.office.lan",
        port: 80,
        folder,
        first: true,
        results: true,
    };
    look.write("next", look.frame(locale.text(setup::NEXT_TITLE), "", &[], setup::next_steps(locale, &page)));
    let fault = Fault::Internal { reference: "7F3A-91C2" };
    look.write("error-500", look.frame(locale.text(fault.title()), "", &[], error::body(locale, &fault, true)));
}

fn write_outside(look: &Look) {
    let locale = &look.locale;
    let page = |before| login::body(locale, &LoginPage { token: "", account: "admin", back: "", before });
    let title = locale.text(login::TITLE);
    look.write("login", look.bare(title, true, page(Before::Nothing)));
    look.write("login-failed", look.bare(title, true, page(Before::Failed)));
    look.write("login-refused", look.bare(title, true, page(Before::Refused { seconds: 272 })));

    let ports = [
        Port { number: 80, tls: false, state: PortState::Ours },
        Port { number: 443, tls: true, state: PortState::Busy },
    ];
    let names = "ocs.office.lan\nsrv-inventory\n10.30.0.5";
    let typed = SetupForm { code: "", account: "", question: "", names };
    let wrong = [
        FieldError { field: "password".into(), text: locale.fill("setup.error-password-short", &[("n", &12)]) },
        FieldError { field: "names".into(), text: locale.fill("setup.error-localhost", &[("name", &"localhost")]) },
    ];
    for (name, ask_code, errors) in [("setup", false, &[][..]), ("setup-error", true, &wrong[..])] {
        let page = SetupPage { token: "", ask_code, password_min: 12, typed: typed.clone(), errors, ports: &ports };
        look.write(name, look.bare(locale.text(setup::TITLE), false, setup::body(locale, &page)));
    }

    let fingerprint = "9A:41:0F:C2:7E:55:D8:13:B6:02:EE:91:3C:A7:48:F0:6D:2B:95:1E:C4:73:8F:0A:D1:66:B9:27:54:EC:38:80";
    let page = DoorwayPage { https: "https://ocs.office.lan/ocsreports/", fingerprint };
    look.write("doorway", look.bare(locale.text(doorway::TITLE), false, doorway::body(locale, &page)));
    let known = ["https://ocs.office.lan/ocsreports/".to_owned()];
    for (name, fault) in
        [("error-404", Fault::NotFound), ("error-421", Fault::WrongName { asked: "inventory.example", known: &known })]
    {
        look.write(name, look.bare(locale.text(fault.title()), false, error::body(locale, &fault, false)));
    }
}
