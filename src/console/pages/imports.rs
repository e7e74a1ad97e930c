//! Results of the watched folder: the last 200 files and what became of them (CON-IMP-3).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::{COMPUTERS, IMPORTS};
use crate::clock::Timestamp;
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::form::token;
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Tone};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, mono};
use crate::history::imports::Reason;
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
    /// It was taken, and is about a computer that the reader may not see.
    Unseen,
    /// Refused, and why.
    Refused(Reason),
}

impl Outcome {
    /// The computer, when there is one.
    pub fn computer(&self) -> Option<ComputerId> {
        match self {
            Outcome::New(id) | Outcome::Updated(id) | Outcome::Unchanged(id) | Outcome::Merged(id) => Some(*id),
            Outcome::Unseen | Outcome::Refused(_) => None,
        }
    }
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
    /// Refused files that nobody has marked as read.
    pub unread: u64,
    /// What is seen of them.
    pub view: &'a View,
    /// Token of the session.
    pub token: &'a str,
}

/// Where refused files are marked as read.
pub const MARK: &str = "/ocsreports/import/read";
/// Title key of the page.
pub const TITLE: &str = "imports.title";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "imports",
    path: IMPORTS,
    title: TITLE,
    total: "imports.total",
    columns: vec![
        ListColumn::times("at", "imports.at").on_card(),
        ListColumn::words("file", "imports.file").main(),
        ListColumn::words("outcome", "imports.outcome").on_card(),
        ListColumn::words("computer", "imports.computer").on_card(),
        ListColumn::words("reason", "imports.reason").on_card(),
    ],
    usual: "-at",
    filters: Vec::new(),
});

/// Writes the body.
pub fn body(locale: &Locale, page: &ImportsPage) -> Markup {
    let arranged = arrange(&LIST, page.view, cells(locale, page.rows), false);
    let why = locale.text("imports.none-why");
    let nothing = Empty { icon: Icon::Import, title: locale.text("imports.none"), why, action: None };
    let list_page = ListPage::arranged(&LIST, page.view, &arranged, page.token, nothing, Markup::default());
    html! {
        h2 { (locale.text("imports.watched")) }
        p.lead { (locale.text("imports.lead")) " " (mono(page.folder)) }
        p.ways {
            a href=(super::values::VALUES) { (locale.text(super::values::TITLE)) }
            a href=(super::sticks::STICKS) { (locale.text(super::sticks::TITLE)) }
        }
        @if page.unread > 0 {
            form.choose method="post" action=(MARK) {
                (token(page.token))
                span { (locale.count("imports.unread", page.unread)) }
                button.button { (locale.text("imports.mark")) }
            }
        }
        (list(locale, &list_page))
        @if !page.rows.is_empty() { p.help { (locale.text("imports.kept")) } }
    }
}

/// The cells of files, for each column of the list.
pub fn cells(locale: &Locale, rows: &[ImportRow]) -> Vec<Vec<Cell<'static>>> {
    rows.iter().map(|row| cells_of(locale, row)).collect()
}

/// The cells of one file, all columns of the list.
pub fn cells_of(locale: &Locale, row: &ImportRow) -> Vec<Cell<'static>> {
    let (tone, key, id) = match &row.outcome {
        Outcome::New(id) => (Tone::Success, "imports.new", Some(id)),
        Outcome::Updated(id) => (Tone::Success, "imports.updated", Some(id)),
        Outcome::Unchanged(id) => (Tone::Note, "imports.unchanged", Some(id)),
        Outcome::Merged(id) => (Tone::Note, "imports.merged", Some(id)),
        Outcome::Unseen => (Tone::Note, "imports.unseen", None),
        Outcome::Refused(_) => (Tone::Error, "imports.refused", None),
    };
    let computer = match id {
        Some(id) => Cell::Link { href: format!("{COMPUTERS}/{id}").into(), text: row.computer.clone().into() },
        None => Cell::Empty,
    };
    let text = |text: &str| if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned().into()) };
    let reason = match &row.outcome {
        Outcome::Refused(reason) => text(&reason.in_words(locale.lang)),
        _ => Cell::Empty,
    };
    vec![Cell::Date(row.at), text(&row.file), Cell::State(tone, locale.text(key).into()), computer, reason]
}
