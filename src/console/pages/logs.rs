//! The last lines of the product's log, and its files (CON-AUD-2).

use maud::{Markup, html};
use tracing::Level;

use super::LOGS;
use super::audit::both;
use crate::clock::Timestamp;
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Tone, empty};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::i18n::size;
use crate::log::read::Line;

/// Title key of the page.
pub const TITLE: &str = "logs.title";
/// Where a file is fetched.
pub const FILE: &str = "/ocsreports/log/file";
/// Most lines that are shown.
pub const SHOWN: usize = 500;

/// Levels that can be chosen: their values in the address, and the keys of their words.
pub const LEVELS: [(&str, Level, &str); 4] = [
    ("error", Level::ERROR, "logs.only-errors"),
    ("warn", Level::WARN, "logs.from-warnings"),
    ("info", Level::INFO, "logs.from-notes"),
    ("debug", Level::DEBUG, "logs.from-details"),
];

/// A file of the log.
pub struct LogFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written to.
    pub changed: Option<Timestamp>,
}

/// What the page shows.
pub struct LogsPage<'a> {
    /// The lines, the newest first.
    pub lines: &'a [Line],
    /// The chosen level; empty for all lines.
    pub level: &'a str,
    /// What each line holds; empty for all lines.
    pub part: &'a str,
    /// The files, the newest first.
    pub files: &'a [LogFile],
}

/// Writes the body.
pub fn body(locale: &Locale, page: &LogsPage) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("logs.at"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("logs.level"), card: true, ..Column::default() },
        Column { title: title("logs.text"), main: true, ..Column::default() },
    ];
    let rows: Vec<_> = page.lines.iter().map(|line| cells(locale, line)).collect();
    let caption = locale.text(TITLE);
    html! {
        (both(locale, LOGS))
        (tools(locale, page))
        @if rows.is_empty() {
            @let key = if page.level.is_empty() && page.part.is_empty() { "logs.none-why" } else { "logs.no-match-why" };
            (empty(&Empty { icon: Icon::Log, title: locale.text("logs.none"), why: locale.text(key), action: None }))
        } @else {
            p.help { (locale.count("logs.shown", rows.len() as u64)) }
            (table(locale, &Table { caption, columns: &columns, rows: &rows, order: None }))
        }
        (files(locale, page.files))
    }
}

fn tools(locale: &Locale, page: &LogsPage) -> Markup {
    html! {
        form.choose method="get" action=(LOGS) role="search" {
            label for="level" { (locale.text("logs.level")) }
            span.box.select {
                select #level name="level" {
                    option value="" { (locale.text("logs.all")) }
                    @for (value, _, key) in LEVELS {
                        option value=(value) selected[value == page.level] { (locale.text(key)) }
                    }
                }
            }
            label.unseen for="q" { (locale.text("logs.find")) }
            span.box {
                input #q name="q" type="search" value=(page.part) placeholder=(locale.text("logs.find")) autocomplete="off" spellcheck="false";
            }
            button.button { (locale.text("audit.choose")) }
        }
    }
}

fn cells<'a>(locale: &Locale, line: &'a Line) -> Vec<Cell<'a>> {
    let level = match line.level {
        Some(Level::ERROR) => Cell::State(Tone::Error, locale.text("logs.error").into()),
        Some(Level::WARN) => Cell::State(Tone::Warning, locale.text("logs.warning").into()),
        Some(Level::INFO) => Cell::State(Tone::Note, locale.text("logs.note").into()),
        Some(_) => Cell::Text(locale.text("logs.detail").into()),
        None => Cell::Empty,
    };
    vec![Cell::text(&line.at), level, Cell::text(&line.text)]
}

fn files(locale: &Locale, files: &[LogFile]) -> Markup {
    if files.is_empty() {
        return Markup::default();
    }
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("logs.file"), main: true, ..Column::default() },
        Column { title: title("logs.size"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("logs.changed"), kind: Kind::Short, card: true, ..Column::default() },
    ];
    let cells = |file: &LogFile| {
        let href = Address::new(FILE).with("name", &file.name).to_string();
        vec![
            Cell::Link { href: href.into(), text: file.name.clone().into() },
            Cell::Text(size(locale.lang, file.size).into()),
            Cell::date(file.changed),
        ]
    };
    let rows: Vec<_> = files.iter().map(cells).collect();
    let caption = locale.text("logs.files");
    card(Some(caption), table(locale, &Table { caption, columns: &columns, rows: &rows, order: None }))
}
