//! The form of a computer's administrative data, or its values where they cannot be changed (CON-PC-4).

use maud::{Markup, html};

use super::{ADMINISTRATIVE, part};
use crate::accountinfo::fields::{Field as Defined, Kind};
use crate::clock::Timestamp;
use crate::console::pages::config::was;
use crate::console::pages::fields::label;
use crate::console::view::card::{Definition, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, data, format};
use crate::i18n::Lang;
use crate::id::ComputerId;

/// A field and its value.
#[derive(Debug, Clone)]
pub struct ValueRow {
    /// The field.
    pub field: Defined,
    /// What was typed or chosen, or the value as it is stored.
    pub typed: Vec<String>,
    /// The value when the form was made.
    pub was: String,
    /// Who changed it last, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// The form for administrative data.
#[derive(Debug, Clone)]
pub struct AdministrativeForm<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// The fields in their order.
    pub rows: &'a [ValueRow],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// The reader may change it.
    pub may_change: bool,
}

/// The name of a field in the form.
pub fn input_name(field: &Defined) -> String {
    if field.is_tag() { "tag".to_owned() } else { field.key() }
}

/// A stored value as people of this language write it.
pub fn written(locale: &Locale, field: &Defined, value: &str) -> String {
    match (field.kind, locale.lang) {
        (Kind::Real, Lang::Fr) => value.replace('.', ","),
        _ => value.to_owned(),
    }
}

/// Writes the form.
pub fn administrative(locale: &Locale, id: ComputerId, page: &AdministrativeForm) -> Markup {
    let mut tabs: Vec<&str> = Vec::new();
    for row in page.rows {
        if !tabs.contains(&row.field.tab.as_str()) {
            tabs.push(&row.field.tab);
        }
    }
    let of = |tab: &str| page.rows.iter().filter(|row| row.field.tab == tab).collect::<Vec<_>>();
    if !page.may_change {
        return html! {
            @for tab in tabs {
                @if !tab.is_empty() { h3 { (data(tab)) } }
                (values(locale, &of(tab)))
            }
        };
    }
    let fields = html! {
        @for tab in tabs {
            fieldset {
                @if !tab.is_empty() { legend { (data(tab)) } }
                @for row in of(tab) { (one(locale, row, page.errors)) }
            }
        }
    };
    let action = part(id, ADMINISTRATIVE);
    let submit = locale.text("values.submit");
    html! {
        p.help { (locale.text("computer.tag-help")) }
        (form(locale, &Form { action: &action, token: page.token, errors: page.errors, submit }, fields))
    }
}

fn values(locale: &Locale, rows: &[&ValueRow]) -> Markup {
    let list: Vec<Definition> = rows
        .iter()
        .map(|row| {
            let value = written(locale, &row.field, &row.typed.join("; "));
            let value = if value.trim().is_empty() { Cell::Empty } else { Cell::Text(value.into()) };
            Definition { label: label(locale, &row.field), value }
        })
        .collect();
    definitions(locale, &list)
}

/// The box of a field; `nothing` is the word for no choice.
pub fn value_input(locale: &Locale, row: &ValueRow, errors: &[FieldError], nothing: &str) -> Markup {
    let defined = &row.field;
    let name = input_name(defined);
    let first = row.typed.first().map_or("", String::as_str);
    let chosen: Vec<&str> = row.typed.iter().map(String::as_str).collect();
    let mut choices: Vec<(&str, &str)> = defined.choices.iter().map(|one| (one.as_str(), one.as_str())).collect();
    // A value of an agent that is no choice stays until somebody chooses another one.
    let strange = chosen.iter().filter(|one| !one.is_empty() && !defined.choices.iter().any(|known| known == **one));
    choices.extend(strange.map(|one| (*one, *one)));
    let any = [("", nothing)];
    let with_none: Vec<(&str, &str)> = any.iter().copied().chain(choices.iter().copied()).collect();
    let line = Control::Line { value: first, fills: "off", unit: "", code: false };
    let control = match defined.kind {
        Kind::Text | Kind::Integer | Kind::Real => line,
        Kind::Long => Control::Lines { value: first, rows: 4 },
        // A picker would hide what is no day.
        Kind::Date if defined.parse(&[first]).is_err() => line,
        Kind::Date => Control::Date { value: first },
        Kind::List => Control::Select { value: first, choices: &with_none },
        Kind::Radio => Control::Radio { value: first, choices: &with_none },
        Kind::Checks => Control::Several { chosen: &chosen, choices: &choices },
    };
    field(&Field { name: &name, label: label(locale, defined), help: "", required: false, control }, errors)
}

fn one(locale: &Locale, row: &ValueRow, errors: &[FieldError]) -> Markup {
    let name = input_name(&row.field);
    html! {
        div.value-row {
            (value_input(locale, row, errors, locale.text("values.nothing")))
            @if let Some((who, at)) = &row.changed {
                p.meta {
                    (data(&locale.fill("computer.tag-changed", &[("who", who), ("ago", &format::ago(locale, *at))])))
                }
            }
            (hidden(&was(&name), &row.was))
        }
    }
}
