//! Configuration: every option with its meaning and bounds, what is only kept, and the settings of the file
//! (CON-CFG-1 to 4).

use maud::{Markup, html};

use super::CONFIG;
use crate::clock::Timestamp;
use crate::config::{Effective, Origin};
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, TYPED, field, form, hidden};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::{Cell, Column, Kind as Stand, Table, table};
use crate::console::view::{Action, Locale, data, format, mono};
use crate::options::{Declaration, Kind, Page, Value};

/// One option as it is shown.
#[derive(Debug, Clone)]
pub struct OptionRow {
    /// Which.
    pub option: &'static Declaration,
    /// What was typed, or the value as it is; numbers and sums of bits as figures.
    pub text: String,
    /// The value when the form was made: what is equal to it is not changed.
    pub was: String,
    /// Who changed it last, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// What the page shows.
pub struct ConfigPage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// What the options were searched for.
    pub filter: &'a str,
    /// The options that are offered.
    pub rows: &'a [OptionRow],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Names and values that are kept for export.
    pub kept: &'a [(String, String)],
    /// The settings that were read at start.
    pub settings: &'a [Effective],
    /// The settings file.
    pub file: &'a str,
}

/// Title key of the page.
pub const TITLE: &str = "config.title";

/// Writes the body.
pub fn body(locale: &Locale, page: &ConfigPage) -> Markup {
    html! {
        (filter(locale, page.filter))
        @if page.rows.is_empty() {
            (empty(&Empty {
                icon: Icon::Search,
                title: locale.text("config.none"),
                why: &locale.fill("config.none-why", &[("text", &page.filter)]),
                action: Some(Action { href: CONFIG.to_owned(), label: locale.text("config.all").to_owned() }),
            }))
        } @else {
            (options(locale, page))
        }
        @if page.filter.is_empty() {
            (kept(locale, page.kept))
            (settings(locale, page))
        }
    }
}

fn filter(locale: &Locale, value: &str) -> Markup {
    let label = locale.text("config.filter");
    html! {
        form.filter method="get" action=(CONFIG) role="search" {
            label.unseen for="q" { (label) }
            span.box { input #q name="q" type="search" value=(value) placeholder=(label); }
            button.button { (locale.text("config.search")) }
            @if !value.is_empty() { a.button href=(CONFIG) { (locale.text("config.all")) } }
        }
    }
}

fn options(locale: &Locale, page: &ConfigPage) -> Markup {
    let groups = Page::ALL.into_iter().filter(|group| page.rows.iter().any(|row| row.option.page == *group));
    let fields = html! {
        @if !page.filter.is_empty() { (hidden("q", page.filter)) }
        @for group in groups {
            fieldset {
                legend { (locale.text(group.title())) }
                @for row in page.rows.iter().filter(|row| row.option.page == group) {
                    (option(locale, row, page.errors))
                }
            }
        }
    };
    let submit = locale.text("config.submit");
    form(locale, &Form { action: CONFIG, token: page.token, errors: page.errors, submit }, fields)
}

fn option(locale: &Locale, row: &OptionRow, errors: &[FieldError]) -> Markup {
    let help = locale.text(row.option.help);
    html! {
        div.option-row {
            (input(locale, &Input { option: row.option, kind: row.option.kind, name: row.option.name, text: &row.text, help }, errors))
            p.meta {
                span { (locale.fill("config.default", &[("value", &default(locale, row.option))])) }
                @if let Some(bounds) = bounds(locale, row.option.kind) { span { (bounds) } }
                @if let Some((who, at)) = &row.changed {
                    span { (data(&locale.fill("config.changed", &[("who", who), ("ago", &format::ago(locale, *at))]))) }
                }
            }
            @if !matches!(row.option.kind, Kind::Fixed(_)) { (hidden(&was(row.option.name), &row.was)) }
        }
    }
}

/// The name under which a form carries the value that it was made with.
pub fn was(name: &str) -> String {
    format!("{name}.was")
}

/// The field of an option.
pub struct Input<'a> {
    /// Which option.
    pub option: &'static Declaration,
    /// Its kind here: computers take other values than the office.
    pub kind: Kind,
    /// The field's name.
    pub name: &'a str,
    /// What was typed, or the value as it is.
    pub text: &'a str,
    /// What it means.
    pub help: &'a str,
}

/// Writes the field of an option: what fits its kind.
pub fn input(locale: &Locale, input: &Input, errors: &[FieldError]) -> Markup {
    let unit = input.option.unit.key().map_or("", |key| unit(locale, key));
    let (on, off) = (locale.text("option_word.on"), locale.text("option_word.off"));
    let write = |control| {
        field(&Field { name: input.name, label: input.option.name, help: input.help, required: false, control }, errors)
    };
    match input.kind {
        Kind::Number { words: [], .. } => write(Control::Line { value: input.text, fills: "off", unit, code: false }),
        Kind::Number { words, .. } => {
            let values: Vec<(String, &str)> =
                words.iter().map(|word| (word.value.to_string(), locale.text(word.key))).collect();
            let mut choices: Vec<(&str, &str)> = values.iter().map(|(value, text)| (value.as_str(), *text)).collect();
            choices.push((TYPED, locale.text("config.number")));
            let mode = values.iter().find(|(value, _)| value == input.text).map_or(TYPED, |(value, _)| value);
            let value = if mode == TYPED { input.text } else { "" };
            write(Control::Worded { mode, choices: &choices, value, unit })
        }
        Kind::Switch => write(Control::Select { value: input.text, choices: &[("1", on), ("0", off)] }),
        Kind::Choice(words) => {
            let mut choices: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
            if !words.contains(&input.option.default_text()) {
                choices.insert(0, ("", locale.text("config.by-language")));
            }
            write(Control::Select { value: input.text, choices: &choices })
        }
        Kind::Text(_) | Kind::Location | Kind::Ports => {
            write(Control::Line { value: input.text, fills: "off", unit: "", code: true })
        }
        Kind::Bits(flags) => {
            let bits: i64 = input.text.parse().unwrap_or(0);
            let values: Vec<(String, &str)> = flags.iter().map(|flag| (flag.bit.to_string(), flag.name)).collect();
            let choices: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), *name)).collect();
            let chosen: Vec<&str> = flags
                .iter()
                .zip(&values)
                .filter(|(flag, _)| bits & flag.bit != 0)
                .map(|(_, (value, _))| value.as_str())
                .collect();
            write(Control::Several { chosen: &chosen, choices: &choices })
        }
        Kind::Fixed(value) => html! {
            div.field {
                span.label { (input.option.name) }
                p { (value) }
                p.help { (input.help) }
            }
        },
    }
}

/// The unit as it stands in the box.
fn unit(locale: &Locale, key: &str) -> &'static str {
    let what = key.trim_start_matches("unit.");
    locale.text(&format!("unit_box.{what}"))
}

/// The default of an option, for people.
pub fn default(locale: &Locale, option: &Declaration) -> String {
    match option.default_value() {
        Value::Text(text) if text.is_empty() && matches!(option.kind, Kind::Choice(_)) => {
            locale.text("config.by-language").to_owned()
        }
        Value::Text(text) if text.is_empty() => locale.text("option_word.none").to_owned(),
        value => option.shown(locale.lang, &value),
    }
}

/// The bounds of a number that is typed.
pub fn bounds(locale: &Locale, kind: Kind) -> Option<String> {
    let Kind::Number { least, most, words } = kind else { return None };
    let special = |number: i64| words.iter().any(|word| word.value == number);
    let least = (least..most).find(|number| !special(*number)).unwrap_or(least);
    let shown = |number: i64| format::number(locale.lang, number);
    Some(locale.fill("config.bounds", &[("least", &shown(least)), ("most", &shown(most))]))
}

fn kept(locale: &Locale, kept: &[(String, String)]) -> Markup {
    let list: Vec<Definition> =
        kept.iter().map(|(name, value)| Definition { label: name, value: Cell::mono(value) }).collect();
    html! {
        details.more {
            summary { (locale.count("config.kept", kept.len() as u64)) }
            p.help { (locale.text("config.kept-why")) }
            @if !list.is_empty() { (card(None, definitions(locale, &list))) }
        }
    }
}

fn settings(locale: &Locale, page: &ConfigPage) -> Markup {
    let columns = [
        Column { title: locale.text("config.setting").into(), main: true, ..Column::default() },
        Column { title: locale.text("config.value").into(), card: true, ..Column::default() },
        Column { title: locale.text("config.origin").into(), kind: Stand::Words, card: true, ..Column::default() },
    ];
    let origin = |origin: &Origin| match origin {
        Origin::Default => locale.text("config.origin-default").to_owned(),
        Origin::File(path, line) => {
            locale.fill("config.origin-file", &[("file", &path.display()), ("line", &line.to_string())])
        }
        Origin::Environment(name) => locale.fill("config.origin-environment", &[("name", name)]),
        Origin::Flag(name) => locale.fill("config.origin-flag", &[("name", name)]),
    };
    let rows: Vec<Vec<Cell>> = page
        .settings
        .iter()
        .map(|line| {
            vec![Cell::Mono(line.setting.name.into()), Cell::mono(&line.value), Cell::Text(origin(&line.origin).into())]
        })
        .collect();
    html! {
        details.more {
            summary { (locale.text("config.settings")) }
            p.help { (locale.text("config.settings-why")) " " (mono(page.file)) }
            (table(locale, &Table { caption: locale.text("config.settings"), columns: &columns, rows: &rows, order: None }))
        }
    }
}

/// The address of the page with a filter.
pub fn filtered(filter: &str) -> Address {
    let address = Address::new(CONFIG);
    if filter.is_empty() { address } else { address.with("q", filter) }
}
