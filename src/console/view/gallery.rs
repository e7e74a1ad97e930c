//! The component page: every piece in its states, for looking at, in the language of the reader and the colours of the
//! system. In debug builds only, at [`COMPONENTS`].

use maud::{Markup, html};

use super::address::Address;
use super::card::{Care, Definition, card, definitions, strip};
use super::confirm::{Confirm, confirm};
use super::form::{Control, Field, FieldError, Form, TYPED, field, form};
use super::frame::LANGUAGE;
use super::icon::Icon;
use super::list::{Actions, ListPage, list};
use super::message::{Empty, Message, Tone, empty, message};
use super::pager::{Pager, pager};
use super::sections::{SectionGroup, SectionLink, sections};
use super::table::{Cell, Column, Kind, Order, Sort, Table, table};
use super::tabs::{Tab, tabs};
use super::{Action, Locale, counted, link};
use crate::clock::Timestamp;
use crate::console::form::Form as Query;
use crate::console::lists::computers::LIST;
use crate::console::lists::filters::Chip;

/// Address of the page.
pub const COMPONENTS: &str = "/ocsreports/components";

/// The states of a list that have a page of their own, by `show` in the address.
const LISTS: [&str; 3] = ["list", "no-match", "none"];

/// Writes what the address asks for: the pieces, or a list in one of its states.
pub fn shown(locale: &Locale, show: &str) -> Markup {
    let tab = |label, at: &str| Tab {
        href: if at.is_empty() { COMPONENTS.to_owned() } else { Address::new(COMPONENTS).with("show", at).to_string() },
        label,
        count: (at == "list").then_some(2),
        current: show == at,
    };
    let all = [tab("Pieces", ""), tab("List", "list"), tab("Nothing matches", "no-match"), tab("Nothing", "none")];
    html! {
        (tabs("Components", &all))
        @if LISTS.contains(&show) { (whole_list(locale, show)) } @else { (component_page(locale)) }
        span #x {}
    }
}

/// A list with filters, files, columns to choose from, boxes and actions; or without any row.
fn whole_list(locale: &Locale, show: &str) -> Markup {
    let asked = if show == "none" { "" } else { "cols=name,tag,ssn,memory,osname&q=win" };
    let view = LIST.view(&Query::read(asked, 8).unwrap_or_default(), None);
    let to = |name: &'static str| Cell::Link { href: "#x".into(), text: name.into() };
    let cells = [to("ACC-PC-007"), Cell::text("Accounting"), Cell::mono("9PL4VD2")];
    let short = cells.into_iter().chain([Cell::Size(16_384), Cell::text("Windows 11 Pro")]).collect();
    let long = vec![to(LONG), Cell::text(LONG), Cell::Empty, Cell::Empty, Cell::text(LONG)];
    let rows = if show == "list" { vec![short, long] } else { Vec::new() };
    let chip = |text: &str| Chip { text: text.to_owned(), without: COMPONENTS.to_owned() };
    let chips = if show == "none" { Vec::new() } else { vec![chip("TAG is Accounting"), chip(LONG)] };
    let deed = |label: &str| Action { href: LANGUAGE.to_owned(), label: label.to_owned() };
    let page = ListPage {
        list: &LIST,
        view: &view,
        rows: &rows,
        total: rows.len() as u64,
        page: 1,
        chips: &chips,
        actions: Some(Actions {
            values: &["1".to_owned(), "2".to_owned()],
            all: true,
            buttons: &[deed("Archive"), deed("Delete")],
        }),
        token: "sample",
        nothing: nothing(locale),
        above: Markup::default(),
    };
    list(locale, &page)
}

fn nothing(locale: &Locale) -> Empty<'static> {
    Empty {
        icon: Icon::Computer,
        title: locale.text("computers.none"),
        why: locale.text("computers.none-why"),
        action: Some(Action { href: "#x".to_owned(), label: locale.text("computers.none-do").to_owned() }),
    }
}

/// A text that is longer than anybody planned for.
const LONG: &str = "Laboratoire de recherche et développement, bâtiment C, troisième étage, \
    salle-au-nom-qui-ne-se-coupe-nulle-part-et-qui-continue-encore-longtemps-sans-aucun-blanc";

/// Writes the body of the component page, in the language of `locale`.
pub fn component_page(locale: &Locale) -> Markup {
    html! {
        (messages(locale))
        (strip(locale, &[
            Care { tone: Tone::Warning, text: "Drive C: has 4 % left".to_owned(), href: Some("#x".to_owned()) },
            Care { tone: Tone::Error, text: LONG.to_owned(), href: None },
            Care { tone: Tone::Note, text: "Not seen for 40 days".to_owned(), href: None },
        ]))
        (card(Some("Card with definitions"), definitions(locale, &[
            Definition { label: "Serial number", value: Cell::mono("9PL4VD2") },
            Definition { label: "Description", value: Cell::text(LONG) },
            Definition { label: "Memory", value: Cell::Size(16_384) },
            Definition { label: "Left out", value: Cell::Empty },
            Definition { label: "Seen", value: Cell::Since(locale.now.plus(-7_200)) },
        ])))
        (kinds(locale))
        (tables(locale))
        (forms(locale))
        (card(None, html! { p { (LONG) } p { (link("https://example.org/", "A link elsewhere")) } }))
        (parts(locale))
        ul.tiles { li { (counted("#x", 1_284, html! { strong { "1,284" } span { "counted" } })) } }
        (confirm(locale, &Confirm {
            action: LANGUAGE, token: "sample", text: "These 41 computers are deleted with all that is known of them.",
            lines: &[LONG.to_owned()], carried: &[], submit: "Delete 41 computers", back: "#", more: 40,
            ..Confirm::default()
        }))
        (empty(&nothing(locale)))
        (empty(&Empty { icon: Icon::Search, title: LONG, why: LONG, action: None }))
    }
}

/// Every kind of cell, in a list of definitions.
fn kinds(locale: &Locale) -> Markup {
    let states = [Tone::Note, Tone::Success, Tone::Warning, Tone::Error].map(|tone| Cell::State(tone, "State".into()));
    let others = [
        Cell::Decimal(2.5),
        Cell::Percent(30.77),
        Cell::Filled(93.0),
        Cell::Counted { href: "#x".into(), count: 1_284 },
        Cell::Lines("02:00:00:00:00:07\n02:00:00:00:01:07".into()),
        Cell::Mark("Has values of its own".into()),
        Cell::Flag(true),
        Cell::Flag(false),
        Cell::Link { href: "#x".into(), text: LONG.into() },
    ];
    let define = |value| Definition { label: "A kind of cell", value };
    let all: Vec<Definition> = states.into_iter().chain(others).map(define).collect();
    card(Some("Cells"), definitions(locale, &all))
}

/// The parts of a page, with one that has nothing and one with a long name.
fn parts(locale: &Locale) -> Markup {
    let one =
        |label: &str, count, current| SectionLink { href: "#x".to_owned(), label: label.to_owned(), count, current };
    let links = vec![one("First", None, true), one("Software", Some(212), false), one("Modems", Some(0), false)];
    let more = vec![one(LONG, Some(1), false)];
    sections(locale, &[SectionGroup { title: "", links }, SectionGroup { title: "More", links: more }])
}

fn messages(locale: &Locale) -> Markup {
    let action = Some(Action { href: "#x".to_owned(), label: "Look at it".to_owned() });
    html! {
        @for tone in [Tone::Note, Tone::Success, Tone::Warning, Tone::Error] {
            (message(locale, &Message { tone, text: "The TAG was saved.".to_owned(), action: action.clone() }))
        }
        (message(locale, &Message { tone: Tone::Warning, text: LONG.to_owned(), action: None }))
    }
}

fn tables(locale: &Locale) -> Markup {
    let columns = [
        Column { key: "name", title: "Name".into(), main: true, ..Column::default() },
        Column { key: "serial", title: "Serial".into(), kind: Kind::Short, card: true, ..Column::default() },
        Column { key: "size", title: "Memory".into(), unit: "MB", kind: Kind::Figures, ..Column::default() },
        Column { title: "Disk".into(), kind: Kind::Figures, card: true, ..Column::default() },
        Column { title: "Date".into(), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: "Shared".into(), ..Column::default() },
        Column { title: "State".into(), card: true, ..Column::default() },
        Column { title: "Note".into(), ..Column::default() },
    ];
    let row = |name: &'static str, at: Option<Timestamp>, note: &'static str| {
        vec![
            Cell::Link { href: "#x".into(), text: name.into() },
            Cell::mono("9PL4VD2"),
            Cell::Number(16_384),
            Cell::Size(243_698),
            Cell::date(at),
            Cell::Flag(at.is_some()),
            Cell::State(if at.is_some() { Tone::Success } else { Tone::Error }, "Stored".into()),
            Cell::text(note),
        ]
    };
    let rows = [
        row("ACC-PC-007", Some(locale.now), ""),
        row("a name with marks \u{202E}cod.exe", None, LONG),
        row(LONG, Some(locale.now), "<script>alert(1)</script>"),
    ];
    let address = Address::new(COMPONENTS).with("sort", "-size");
    let sort = Sort { by: "size".to_owned(), down: true };
    let usual = Sort { by: "name".to_owned(), down: false };
    let order = Order { address: &address, current: &sort, usual: &usual };
    html! {
        (table(locale, &Table { caption: "Table", columns: &columns, rows: &rows, order: Some(order) }))
        (pager(locale, &Pager { address: &address, page: 7, size: 50, total: 1_284, export: Some(&address) }))
    }
}

fn forms(locale: &Locale) -> Markup {
    let errors = [FieldError {
        field: "days".into(),
        text: "Please give a number of days from 1 to 99, or choose “never”.".to_owned(),
    }];
    let line = |value, unit| Control::Line { value, fills: "off", unit, code: false };
    let fields = html! {
        (field(&Field { name: "plain", label: "A line", help: "Help stands below.", required: true, control: line("", "") }, &errors))
        (field(&Field { name: "days", label: "With unit and error", help: "", required: true, control: line("-3", "days") }, &errors))
        (field(&Field {
            name: "secret", label: "Password", help: "", required: true, control: Control::Password { fills: "off" },
        }, &errors))
        (field(&Field {
            name: "lines", label: "Lines", help: LONG, required: false,
            control: Control::Lines { value: "ocs.office.lan\n10.30.0.5", rows: 3 },
        }, &errors))
        (field(&Field {
            name: "choice", label: "Choice", help: "", required: false,
            control: Control::Select { value: "b", choices: &[("a", "First"), ("b", "Second")] },
        }, &errors))
        (field(&Field {
            name: "radio", label: "One of a few", help: "", required: false,
            control: Control::Radio { value: "b", choices: &[("a", "First"), ("b", "Second"), ("c", LONG)] },
        }, &errors))
        (field(&Field {
            name: "several", label: "Any of a few", help: "Or none.", required: false,
            control: Control::Several { chosen: &["a", "c"], choices: &[("a", "First"), ("b", "Second"), ("c", "Third")] },
        }, &errors))
        (field(&Field {
            name: "often", label: "A word or a number", help: "", required: false,
            control: Control::Worded {
                mode: TYPED, choices: &[("0", "always"), ("-1", "never"), (TYPED, "This number:")], value: "-3", unit: "days",
            },
        }, &errors))
        (field(&Field {
            name: "day", label: "A day", help: "", required: false, control: Control::Date { value: "2026-11-20" },
        }, &errors))
        (field(&Field {
            name: "on", label: "A check box with its words", help: "And help.", required: false,
            control: Control::Check { on: true },
        }, &errors))
    };
    form(locale, &Form { action: LANGUAGE, token: "sample", errors: &errors, submit: "Save" }, fields)
}
