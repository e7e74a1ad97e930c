//! Own values of a computer's options, with what counts and where it comes from (CON-PC-6).

use std::borrow::Cow;

use maud::{Markup, html};

use super::{CUSTOMIZATION, part};
use crate::clock::Timestamp;
use crate::console::pages::config::was;
use crate::console::view::form::{Control, Field, FieldError, Form, TYPED, field, form, hidden};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Locale, data, format};
use crate::id::ComputerId;
use crate::options::{Declaration, Kind, Origin, Resolved};

/// An option of this computer.
#[derive(Debug, Clone)]
pub struct OwnRow {
    /// Which.
    pub option: &'static Declaration,
    /// What was typed, or the own value; empty for the general one.
    pub text: String,
    /// The same when the form was made.
    pub was: String,
    /// What counts.
    pub effective: Resolved,
    /// The name of the group that it comes from, where the reader may see it.
    pub group: Option<String>,
    /// Who set the own value, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// The form for own values.
#[derive(Debug, Clone)]
pub struct CustomizationForm<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// The options that a computer can override.
    pub rows: &'a [OwnRow],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// The reader may change it.
    pub may_change: bool,
}

fn effective(locale: &Locale, row: &OwnRow) -> String {
    row.option.shown(locale.lang, &row.effective.value)
}

fn origin(locale: &Locale, row: &OwnRow) -> Cow<'static, str> {
    match (row.effective.origin, &row.group) {
        (Origin::Own, _) => locale.text("custom.own").into(),
        (Origin::Group(_), Some(name)) => locale.fill("custom.group-named", &[("name", name)]).into(),
        (Origin::Group(_), None) => locale.text("custom.group").into(),
        (Origin::General, _) => locale.text("custom.general").into(),
    }
}

/// Writes the form, or the values where they cannot be changed.
pub fn customization(locale: &Locale, id: ComputerId, page: &CustomizationForm) -> Markup {
    if !page.may_change {
        let columns = [
            Column { title: locale.text("custom.option").into(), main: true, ..Column::default() },
            Column { title: locale.text("custom.value").into(), card: true, ..Column::default() },
            Column { title: locale.text("custom.origin").into(), card: true, ..Column::default() },
        ];
        let row = |row: &OwnRow| {
            vec![
                Cell::Mono(row.option.name.into()),
                Cell::Text(effective(locale, row).into()),
                Cell::Text(origin(locale, row)),
            ]
        };
        let rows: Vec<Vec<Cell>> = page.rows.iter().map(row).collect();
        let caption = locale.text("custom.title");
        return table(locale, &Table { caption, columns: &columns, rows: &rows, order: None });
    }
    let fields = html! { @for row in page.rows { (one(locale, row, page.errors)) } };
    let action = part(id, CUSTOMIZATION);
    let submit = locale.text("custom.submit");
    html! {
        p.help { (locale.text("custom.lead")) }
        (form(locale, &Form { action: &action, token: page.token, errors: page.errors, submit }, fields))
    }
}

/// The box of an option of computers; `first` are the choices beside its own words.
pub fn own_input(
    locale: &Locale,
    option: &Declaration,
    kind: Kind,
    text: &str,
    first: &[(&str, &str)],
    errors: &[FieldError],
) -> Markup {
    let name = option.name;
    let unit = option.unit.key().map_or("", |key| {
        let what = key.trim_start_matches("unit.");
        locale.text(&format!("unit_box.{what}"))
    });
    let write =
        |control| field(&Field { name, label: name, help: locale.text(option.help), required: false, control }, errors);
    match kind {
        Kind::Number { words, .. } => {
            let values: Vec<(String, &str)> =
                words.iter().map(|word| (word.value.to_string(), locale.text(word.key))).collect();
            let mut choices: Vec<(&str, &str)> = first.to_vec();
            choices.extend(values.iter().map(|(value, text)| (value.as_str(), *text)));
            choices.push((TYPED, locale.text("config.number")));
            let mode = choices.iter().find(|(value, _)| *value == text).map_or(TYPED, |(value, _)| value);
            let value = if mode == TYPED { text } else { "" };
            write(Control::Worded { mode, choices: &choices, value, unit })
        }
        Kind::Switch => {
            let words = [("1", locale.text("option_word.on")), ("0", locale.text("option_word.off"))];
            let choices: Vec<(&str, &str)> = first.iter().copied().chain(words).collect();
            write(Control::Select { value: text, choices: &choices })
        }
        Kind::Choice(words) => {
            let choices: Vec<(&str, &str)> =
                first.iter().copied().chain(words.iter().map(|word| (*word, *word))).collect();
            write(Control::Select { value: text, choices: &choices })
        }
        _ => write(Control::Line { value: text, fills: "off", unit, code: true }),
    }
}

fn one(locale: &Locale, row: &OwnRow, errors: &[FieldError]) -> Markup {
    let kind = row.option.own.map_or(row.option.kind, |own| own.kind);
    let first = [("", locale.text("custom.general"))];
    let counts = [("value", &effective(locale, row) as &dyn std::fmt::Display), ("origin", &origin(locale, row))];
    html! {
        div.option-row {
            (own_input(locale, row.option, kind, &row.text, &first, errors))
            p.meta {
                span { (locale.fill("custom.counts", &counts)) }
                @if let Some((who, at)) = &row.changed {
                    span { (data(&locale.fill("config.changed", &[("who", who), ("ago", &format::ago(locale, *at))]))) }
                }
            }
            (hidden(&was(row.option.name), &row.was))
        }
    }
}
