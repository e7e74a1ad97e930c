//! Administrative values from a CSV text: send or paste it, say what its columns are, look at what would happen, apply
//! (CON-ADM-4).

use maud::{Markup, html};

use super::fields::label;
use crate::accountinfo::fields::Field as Defined;
use crate::accountinfo::import::table::Sheet;
use crate::accountinfo::import::{Key, Line, Mapping};
use crate::console::view::form::{Control, Field, FieldError, Form, field, hidden, token, upload_form};
use crate::console::view::message::Tone;
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale};

/// Title key of the pages.
pub const TITLE: &str = "values.title";
/// Address of the pages.
pub const VALUES: &str = "/ocsreports/fields/import";
/// The report as a file.
pub const REPORT: &str = "/ocsreports/fields/import/report";
/// The field of the file.
pub const FILE: &str = "file";
/// Lines that a preview shows.
pub const SHOWN: usize = 20;

/// The name of the field that says what a column brings.
pub fn column_name(at: usize) -> String {
    format!("column-{at}")
}

/// Writes the first step: the text.
pub fn start(locale: &Locale, form_token: &str, typed: &str, errors: &[FieldError]) -> Markup {
    let control = Control::Lines { value: typed, rows: 12 };
    let file = Control::Files { kinds: ".csv,.tsv,.txt,text/csv", most: 1 };
    let ask = |name, label, help, control| {
        let (label, help) = (locale.text(label), locale.text(help));
        field(&Field { name, label, help, required: false, control }, errors)
    };
    let fields = html! {
        (hidden("step", "columns"))
        (ask(FILE, "values.file", "values.file-help", file))
        (ask("csv", "values.csv", "values.csv-help", control))
    };
    let submit = locale.text("values.to-columns");
    html! {
        p.lead { (locale.text("values.lead")) }
        (upload_form(locale, &Form { action: VALUES, token: form_token, errors, submit }, fields))
    }
}

/// What was chosen for the columns.
pub struct Chosen {
    /// The code of the key.
    pub key: String,
    /// The column of the key.
    pub first: String,
    /// The column of the name, beside a TAG.
    pub second: String,
    /// For each column the key of a field, or nothing.
    pub fields: Vec<String>,
}

/// Writes the second step: what the columns are.
pub fn columns(
    locale: &Locale,
    (form_token, csv): (&str, &str),
    sheet: &Sheet,
    fields: &[Defined],
    chosen: &Chosen,
    errors: &[FieldError],
) -> Markup {
    let keys = Key::ALL.map(|key| (key.code(), locale.text(&format!("values.key-{}", key.code()))));
    let numbers: Vec<String> = (0..sheet.titles.len()).map(|at| at.to_string()).collect();
    let titles: Vec<(&str, &str)> =
        numbers.iter().zip(&sheet.titles).map(|(number, title)| (number.as_str(), title.as_str())).collect();
    let names: Vec<String> = fields.iter().map(Defined::key).collect();
    let mut targets: Vec<(&str, &str)> = vec![("", locale.text("values.ignore"))];
    targets.extend(names.iter().zip(fields).map(|(key, field)| (key.as_str(), label(locale, field))));
    let ask = |name: &str, words: &str, help: &str, value: &str, choices: &[(&str, &str)]| {
        field(&Field { name, label: words, help, required: false, control: Control::Select { value, choices } }, errors)
    };
    let inputs = html! {
        (hidden("step", "preview"))
        (hidden("csv", csv))
        fieldset {
            legend { (locale.text("values.find")) }
            (ask("key", locale.text("values.key"), "", &chosen.key, &keys))
            (ask("first", locale.text("values.first"), "", &chosen.first, &titles))
            (ask("second", locale.text("values.second"), locale.text("values.second-help"), &chosen.second, &titles))
        }
        fieldset {
            legend { (locale.text("values.bring")) }
            @for (at, title) in sheet.titles.iter().enumerate() {
                (ask(&column_name(at), title, &example(locale, sheet, at), chosen.fields.get(at).map_or("", String::as_str), &targets))
            }
        }
    };
    let submit = locale.text("values.to-preview");
    html! {
        p.lead { (locale.count("values.lines", sheet.rows.len() as u64)) }
        (upload_form(locale, &Form { action: VALUES, token: form_token, errors, submit }, inputs))
    }
}

/// The first value of a column.
fn example(locale: &Locale, sheet: &Sheet, at: usize) -> String {
    let first = sheet.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.trim()).find(|cell| !cell.is_empty());
    let shown: String = first.unwrap_or_default().chars().take(60).collect();
    if shown.is_empty() { String::new() } else { locale.fill("values.example", &[("value", &shown)]) }
}

/// How many lines come to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Computers that change.
    pub updated: u64,
    /// Computers that stay as they are.
    pub unchanged: u64,
    /// Lines without a computer.
    pub not_found: u64,
    /// Lines with several computers, or about one that came before.
    pub ambiguous: u64,
    /// Lines with a value that does not fit.
    pub invalid: u64,
    /// Computers about which something else was being done.
    pub busy: u64,
}

impl Counts {
    /// Counts lines.
    pub fn of(lines: &[Line]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            *match line {
                Line::Updated(..) => &mut counts.updated,
                Line::Unchanged(_) => &mut counts.unchanged,
                Line::NotFound => &mut counts.not_found,
                Line::Ambiguous(_) | Line::Twice(_) => &mut counts.ambiguous,
                Line::Invalid(..) => &mut counts.invalid,
                Line::Busy(_) => &mut counts.busy,
            } += 1;
        }
        counts
    }
}

/// A line of the file with what becomes of it.
pub struct Shown<'a> {
    /// The line of the file on which it begins.
    pub number: usize,
    /// What names its computer.
    pub key: String,
    /// What becomes of it.
    pub line: &'a Line,
    /// What changes, or what is wrong, in words.
    pub detail: String,
}

/// The word for what becomes of a line, with its tone.
pub fn outcome(locale: &Locale, line: &Line) -> (Tone, &'static str) {
    let (tone, key) = match line {
        Line::Updated(..) => (Tone::Success, "values.line-updated"),
        Line::Unchanged(_) => (Tone::Note, "values.line-unchanged"),
        Line::NotFound => (Tone::Warning, "values.line-not-found"),
        Line::Ambiguous(_) | Line::Twice(_) => (Tone::Warning, "values.line-ambiguous"),
        Line::Invalid(..) => (Tone::Error, "values.line-invalid"),
        Line::Busy(_) => (Tone::Error, "values.line-busy"),
    };
    (tone, locale.text(key))
}

/// The key of a line, for people.
pub fn key_of(row: &[String], mapping: &Mapping) -> String {
    let cell = |at: usize| row.get(at).map_or("", |cell| cell.trim());
    match mapping.key {
        Key::TagAndName => format!("{} {}", cell(mapping.at.0), cell(mapping.at.1)).trim().to_owned(),
        _ => cell(mapping.at.0).to_owned(),
    }
}

fn counted(locale: &Locale, counts: Counts) -> Markup {
    let all = [
        ("values.updated", counts.updated),
        ("values.unchanged", counts.unchanged),
        ("values.not-found", counts.not_found),
        ("values.ambiguous", counts.ambiguous),
        ("values.invalid", counts.invalid),
        ("values.busy", counts.busy),
    ];
    // The last one is rare.
    let told = all.into_iter().filter(|(key, n)| *key != "values.busy" || *n > 0);
    html! {
        dl.definitions {
            @for (key, n) in told {
                div { dt { (locale.text(key)) } dd { (crate::console::view::format::number(locale.lang, n as i64)) } }
            }
        }
    }
}

fn lines(locale: &Locale, shown: &[Shown]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("values.line"), kind: Kind::Figures, card: true, ..Column::default() },
        Column { title: title("values.computer"), main: true, ..Column::default() },
        Column { title: title("values.outcome"), card: true, ..Column::default() },
        Column { title: title("values.detail"), card: true, ..Column::default() },
    ];
    let rows: Vec<Vec<Cell>> = shown
        .iter()
        .map(|one| {
            let (tone, words) = outcome(locale, one.line);
            let number = i64::try_from(one.number).unwrap_or(i64::MAX);
            vec![Cell::Number(number), Cell::mono(&one.key), Cell::State(tone, words.into()), Cell::text(&one.detail)]
        })
        .collect();
    table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None })
}

/// Writes the third step: what would happen to the first lines, and how many there are of each.
pub fn preview(
    locale: &Locale,
    form_token: &str,
    carried: &[(String, String)],
    counts: Counts,
    shown: &[Shown],
) -> Markup {
    html! {
        (counted(locale, counts))
        (lines(locale, shown))
        @if shown.len() >= SHOWN { p.help { (locale.fill("values.first-lines", &[("n", &SHOWN)])) } }
        form.form method="post" action=(VALUES) enctype="multipart/form-data" {
            (token(form_token))
            @for (name, value) in carried { (hidden(name, value)) }
            (hidden("step", "apply"))
            (hidden("computers", &counts.updated.to_string()))
            div.actions {
                @if counts.updated > 0 {
                    button.button.primary { (locale.count("values.apply", counts.updated)) }
                }
                a.button href=(VALUES) { (locale.text("confirm.back")) }
            }
        }
    }
}

/// Writes the last step: what happened, and the report as a file.
pub fn report(locale: &Locale, form_token: &str, counts: Counts, shown: &[Shown], file: &str) -> Markup {
    html! {
        (counted(locale, counts))
        form method="post" action=(REPORT) {
            (token(form_token))
            (hidden("report", file))
            div.actions {
                button.button { (locale.text("values.save-report")) }
                a.button href=(VALUES) { (locale.text("values.again")) }
            }
        }
        @if !shown.is_empty() {
            h2 { (locale.text("values.left")) }
            (lines(locale, shown))
        }
    }
}

/// The columns of the report.
pub fn report_columns(locale: &Locale) -> Vec<Column<'static>> {
    ["values.line", "values.computer", "values.outcome", "values.detail"]
        .map(|key| Column { title: locale.text(key).into(), ..Column::default() })
        .into()
}

/// The way back to the first step.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: VALUES.to_owned(), label: locale.text(TITLE).to_owned() }]
}
