//! The fields of administrative data: the list and the form of one (CON-ADM-1 to 3, 6).

use maud::{Markup, html};

use super::FIELDS;
use crate::accountinfo::fields::{Field as Defined, Kind};
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::table::{self, Cell, Column, Table, table};
use crate::console::view::{Action, Locale};

/// Title key of the list.
pub const TITLE: &str = "fields.title";
/// Title key of the form of a new field.
pub const NEW: &str = "fields.new-title";
/// Where a field is made.
pub const ADD: &str = "/ocsreports/fields/new";
/// Where a field is changed.
pub const EDIT: &str = "/ocsreports/fields/edit";
/// Where a field is deleted.
pub const DELETE: &str = "/ocsreports/fields/delete";
/// Where the proposed fields are added.
pub const PROPOSED: &str = "/ocsreports/fields/proposed";

/// The address of the form of one field.
pub fn edit(id: u32) -> String {
    Address::new(EDIT).with("field", id).to_string()
}

/// What people call a field.
pub fn label<'a>(locale: &Locale, field: &'a Defined) -> &'a str {
    match (field.label.as_str(), field.is_tag()) {
        ("", true) => locale.text("computer.tag"),
        ("", false) => &field.name,
        (label, _) => label,
    }
}

/// The word for what a field takes.
pub fn kind(locale: &Locale, kind: Kind) -> &'static str {
    locale.text(&format!("fields.kind-{}", kind.code()))
}

/// Writes the list: each field with the number of computers that have a value.
pub fn list(locale: &Locale, form_token: &str, fields: &[(Defined, usize)]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("fields.label"), main: true, ..Column::default() },
        Column { title: title("fields.name"), card: true, ..Column::default() },
        Column { title: title("fields.kind"), card: true, ..Column::default() },
        Column { title: title("fields.tab"), card: true, ..Column::default() },
        Column { title: title("fields.default"), card: true, ..Column::default() },
        Column { title: title("fields.computers"), kind: table::Kind::Figures, card: true, ..Column::default() },
    ];
    let rows: Vec<Vec<Cell>> = fields
        .iter()
        .map(|(one, computers)| {
            vec![
                Cell::Link { href: edit(one.id).into(), text: label(locale, one).into() },
                Cell::mono(&one.name),
                Cell::Text(kind(locale, one.kind).into()),
                Cell::text(&one.tab),
                Cell::text(&one.default),
                Cell::Number(i64::try_from(*computers).unwrap_or(i64::MAX)),
            ]
        })
        .collect();
    html! {
        p.lead { (locale.text("fields.lead")) }
        div.actions {
            a.button.primary href=(ADD) { (locale.text("fields.add")) }
            a.button href=(super::values::VALUES) { (locale.text(super::values::TITLE)) }
        }
        (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None }))
        @if fields.len() <= 1 {
            (card(Some(locale.text("fields.proposed")), html! {
                p { (locale.text("fields.proposed-lead")) }
                form method="post" action=(PROPOSED) {
                    (token(form_token))
                    button.button { (locale.text("fields.proposed-submit")) }
                }
            }))
        }
    }
}

/// What the form of a field holds.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The number; `None` for a new one.
    pub id: Option<u32>,
    /// The name.
    pub name: String,
    /// The label.
    pub label: String,
    /// The code of the kind.
    pub kind: String,
    /// The choices, one a line.
    pub choices: String,
    /// The default.
    pub default: String,
    /// The tab.
    pub tab: String,
    /// The place.
    pub order: String,
}

impl Typed {
    /// A field as it is.
    pub fn of(field: &Defined) -> Typed {
        Typed {
            id: Some(field.id),
            name: field.name.clone(),
            label: field.label.clone(),
            kind: field.kind.code().to_owned(),
            choices: field.choices.join("\n"),
            default: field.default.clone(),
            tab: field.tab.clone(),
            order: field.order.to_string(),
        }
    }
}

/// Writes the form of a field.
pub fn one(locale: &Locale, form_token: &str, typed: &Typed, errors: &[FieldError]) -> Markup {
    let kinds = Kind::ALL.map(|one| (one.code(), kind(locale, one)));
    let line = |value, code| Control::Line { value, fills: "off", unit: "", code };
    let ask = |name, key: &str, help, required, control| {
        field(&Field { name, label: locale.text(key), help, required, control }, errors)
    };
    let is_tag = typed.id == Some(0);
    let fields = html! {
        @if let Some(id) = typed.id { (hidden("field", &id.to_string())) }
        (ask("label", "fields.label", locale.text("fields.label-help"), !is_tag, line(&typed.label, false)))
        @if !is_tag {
            (ask("name", "fields.name", locale.text("fields.name-help"), true, line(&typed.name, true)))
            (ask("kind", "fields.kind", locale.text("fields.kind-help"), true, Control::Select { value: &typed.kind, choices: &kinds }))
            (ask("choices", "fields.choices", locale.text("fields.choices-help"), false, Control::Lines { value: &typed.choices, rows: 4 }))
            (ask("default", "fields.default", locale.text("fields.default-help"), false, line(&typed.default, false)))
            (ask("tab", "fields.tab", locale.text("fields.tab-help"), false, line(&typed.tab, false)))
            (ask("order", "fields.order", locale.text("fields.order-help"), false, line(&typed.order, false)))
        }
    };
    let (action, submit) = match typed.id {
        None => (ADD, locale.text("fields.add-submit")),
        Some(_) => (EDIT, locale.text("fields.submit")),
    };
    html! {
        (form(locale, &Form { action, token: form_token, errors, submit }, fields))
        @if let Some(id) = typed.id.filter(|id| *id > 0) {
            div.apart {
                form method="post" action=(DELETE) {
                    (token(form_token))
                    (hidden("field", &id.to_string()))
                    button.button.danger { (locale.text("fields.delete")) }
                }
            }
        }
    }
}

/// The way back to the list.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: FIELDS.to_owned(), label: locale.text(TITLE).to_owned() }]
}
