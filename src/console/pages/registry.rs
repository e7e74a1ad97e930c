//! Registry queries: the list and the form of one (CON-REG-1 to 5).

use maud::{Markup, html};

use super::REGISTRY;
use crate::console::pages::config::filtered;
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Message, Tone, empty, message};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale};
use crate::registry::{HIVES, Query};

/// Title key of the list.
pub const TITLE: &str = "registry.title";
/// Title key of the form of a new query.
pub const NEW: &str = "registry.new-title";
/// Where a query is made.
pub const ADD: &str = "/ocsreports/registry/new";
/// Where a query is changed.
pub const EDIT: &str = "/ocsreports/registry/edit";
/// Where a query is deleted.
pub const DELETE: &str = "/ocsreports/registry/delete";

/// The box that takes the answers along with the query.
pub const ANSWERS_TOO: &str = "answers-too";

/// Ready-made queries: the key of the name, the key and the value below the third hive.
const EXAMPLES: [(&str, &str, &str); 4] = [
    ("registry.example-build", "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", "CurrentBuildNumber"),
    ("registry.example-startup", "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", "*"),
    ("registry.example-office", "SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration", "ProductReleaseIds"),
    (
        "registry.example-antivirus",
        "SOFTWARE\\Microsoft\\Windows Defender\\Real-Time Protection",
        "DisableRealtimeMonitoring",
    ),
];
/// The hive of the examples.
const MACHINE: u8 = 2;

/// The address of the form of one query.
pub fn edit(id: u32) -> String {
    Address::new(EDIT).with("query", id).to_string()
}

/// Writes the list: each query with the number of computers that answered it.
pub fn list(locale: &Locale, queries: &[(Query, u64)], on: bool) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("registry.name"), main: true, ..Column::default() },
        Column { title: title("registry.hive"), ..Column::default() },
        Column { title: title("registry.key"), card: true, ..Column::default() },
        Column { title: title("registry.value"), card: true, ..Column::default() },
        Column { title: title("registry.answers"), kind: Kind::Figures, card: true, ..Column::default() },
    ];
    let rows: Vec<Vec<Cell>> = queries
        .iter()
        .map(|(query, answers)| {
            vec![
                Cell::Link { href: edit(query.id).into(), text: query.name.as_str().into() },
                Cell::Mono(hive(query.hive).into()),
                Cell::mono(&query.key),
                Cell::mono(&query.value),
                Cell::Number(i64::try_from(*answers).unwrap_or(i64::MAX)),
            ]
        })
        .collect();
    let off = Message {
        tone: Tone::Note,
        text: locale.text("registry.off").to_owned(),
        action: Some(Action {
            href: filtered("REGISTRY").to_string(),
            label: locale.text("registry.off-do").to_owned(),
        }),
    };
    html! {
        @if !on { (message(locale, &off)) }
        p.lead { (locale.text("registry.lead")) }
        @if queries.is_empty() {
            (empty(&Empty {
                icon: Icon::Registry, title: locale.text("registry.none"), why: locale.text("registry.none-why"),
                action: Some(Action { href: ADD.to_owned(), label: locale.text("registry.add").to_owned() }),
            }))
        } @else {
            div.actions { a.button.primary href=(ADD) { (locale.text("registry.add")) } }
            (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None }))
        }
        (card(Some(locale.text("registry.examples")), html! {
            ul.row-actions {
                @for (name, key, value) in EXAMPLES {
                    li { a href=(example(locale.text(name), key, value)) { (locale.text(name)) } }
                }
            }
        }))
    }
}

fn example(name: &str, key: &str, value: &str) -> Address {
    Address::new(ADD).with("name", name).with("hive", MACHINE).with("key", key).with("value", value)
}

fn hive(number: u8) -> &'static str {
    HIVES.get(usize::from(number)).copied().unwrap_or_default()
}

/// Writes the form of a query.
pub fn query(locale: &Locale, form_token: &str, query: &Query, errors: &[FieldError]) -> Markup {
    let numbers: Vec<(String, &str)> = HIVES.iter().enumerate().map(|(at, hive)| (at.to_string(), *hive)).collect();
    let hives: Vec<(&str, &str)> = numbers.iter().map(|(number, hive)| (number.as_str(), *hive)).collect();
    let number = query.hive.to_string();
    let line = |value, code| Control::Line { value, fills: "off", unit: "", code };
    let ask = |name, label, help, control| {
        field(&Field { name, label: locale.text(label), help, required: true, control }, errors)
    };
    let fields = html! {
        @if query.id > 0 { (hidden("query", &query.id.to_string())) }
        (ask("name", "registry.name", locale.text("registry.name-help"), line(&query.name, false)))
        (ask("hive", "registry.hive", "", Control::Select { value: &number, choices: &hives }))
        (ask("key", "registry.key", locale.text("registry.key-help"), line(&query.key, true)))
        (ask("value", "registry.value", locale.text("registry.value-help"), line(&query.value, true)))
    };
    let (action, submit) =
        if query.id == 0 { (ADD, locale.text("registry.add-submit")) } else { (EDIT, locale.text("registry.submit")) };
    html! {
        (form(locale, &Form { action, token: form_token, errors, submit }, fields))
        @if query.id > 0 {
            div.apart {
                form method="post" action=(DELETE) {
                    (token(form_token))
                    (hidden("query", &query.id.to_string()))
                    (field(&Field {
                        name: ANSWERS_TOO, label: locale.text("registry.answers-too"),
                        help: locale.text("registry.answers-too-help"), required: false, control: Control::Check { on: true },
                    }, &[]))
                    button.button.danger { (locale.text("registry.delete")) }
                }
            }
        }
    }
}

/// The way back to the list.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: REGISTRY.to_owned(), label: locale.text(TITLE).to_owned() }]
}
