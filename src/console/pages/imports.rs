//! Results of the watched folder: the last 200 files and what became of them (CON-IMP-3).

use maud::{Markup, html};

use super::COMPUTERS;
use crate::clock::Timestamp;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Tone, empty};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, mono};
use crate::id::ComputerId;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A computer that was not known.
    New(ComputerId),
    /// A known computer with changes.
    Updated(ComputerId),
    /// A known computer without changes.
    Unchanged(ComputerId),
    /// Joined with a computer that was known under another device id.
    Merged(ComputerId),
    /// Refused, with the reason in the reader's language.
    Refused(String),
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// When it was taken in.
    pub at: Timestamp,
    /// Its name.
    pub file: String,
    /// The computer's name; empty when it was refused.
    pub computer: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ImportsPage<'a> {
    /// The folder that is watched.
    pub folder: &'a str,
    /// The last files, newest first.
    pub rows: &'a [ImportRow],
}

/// Title key of the page.
pub const TITLE: &str = "imports.title";

/// Writes the body.
pub fn body(locale: &Locale, page: &ImportsPage) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("imports.at"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("imports.file"), main: true, ..Column::default() },
        Column { title: title("imports.outcome"), card: true, ..Column::default() },
        Column { title: title("imports.computer"), card: true, ..Column::default() },
        Column { title: title("imports.reason"), card: true, ..Column::default() },
    ];
    let rows: Vec<_> = page.rows.iter().map(|row| cells(locale, row)).collect();
    html! {
        p.lead { (locale.text("imports.lead")) " " (mono(page.folder)) }
        p { a href=(super::values::VALUES) { (locale.text(super::values::TITLE)) } }
        @if page.rows.is_empty() {
            (empty(&Empty {
                icon: Icon::Import, title: locale.text("imports.none"), why: locale.text("imports.none-why"), action: None,
            }))
        } @else {
            (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None }))
            p.help { (locale.text("imports.kept")) }
        }
    }
}

fn cells<'a>(locale: &Locale, row: &'a ImportRow) -> Vec<Cell<'a>> {
    let (tone, key, id) = match &row.outcome {
        Outcome::New(id) => (Tone::Success, "imports.new", Some(id)),
        Outcome::Updated(id) => (Tone::Success, "imports.updated", Some(id)),
        Outcome::Unchanged(id) => (Tone::Note, "imports.unchanged", Some(id)),
        Outcome::Merged(id) => (Tone::Note, "imports.merged", Some(id)),
        Outcome::Refused(_) => (Tone::Error, "imports.refused", None),
    };
    let computer = match id {
        Some(id) => Cell::Link { href: format!("{COMPUTERS}/{id}").into(), text: (&row.computer).into() },
        None => Cell::Empty,
    };
    let reason = match &row.outcome {
        Outcome::Refused(reason) => Cell::text(reason),
        _ => Cell::Empty,
    };
    vec![Cell::Date(row.at), Cell::text(&row.file), Cell::State(tone, locale.text(key).into()), computer, reason]
}
