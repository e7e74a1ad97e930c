//! The component page: every piece in its states, for looking at. In debug builds only.

use maud::{Markup, html};

use super::address::Address;
use super::card::{Care, Definition, card, definitions, strip};
use super::confirm::{Confirm, confirm};
use super::form::{Control, Field, FieldError, Form, TYPED, field, form};
use super::icon::Icon;
use super::message::{Empty, Message, Tone, empty, message};
use super::pager::{Pager, pager};
use super::table::{Cell, Column, Kind, Order, Sort, Table, table};
use super::{Action, Locale};
use crate::clock::Timestamp;

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
            Definition { label: "Serial number", value: Cell::mono("7XK2QJ3") },
            Definition { label: "Description", value: Cell::text(LONG) },
            Definition { label: "Memory", value: Cell::Size(16_384) },
            Definition { label: "Left out", value: Cell::Empty },
            Definition { label: "Seen", value: Cell::Since(locale.now.plus(-7_200)) },
        ])))
        (tables(locale))
        (forms(locale))
        (confirm(locale, &Confirm {
            action: "#", token: "sample", text: "These 41 computers are deleted with all that is known of them.",
            lines: &[LONG.to_owned()], carried: &[], submit: "Delete 41 computers", back: "#", more: 40,
            ..Confirm::default()
        }))
        (empty(&Empty {
            icon: Icon::Computer, title: locale.text("computers.none"), why: locale.text("computers.none-why"),
            action: Some(Action { href: "#x".to_owned(), label: locale.text("computers.none-do").to_owned() }),
        }))
    }
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
            Cell::mono("7XK2QJ3"),
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
    let address = Address::new("#").with("sort", "-size");
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
            name: "days", label: "A word or a number", help: "", required: false,
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
    form(locale, &Form { action: "#", token: "sample", errors: &errors, submit: "Save" }, fields)
}
