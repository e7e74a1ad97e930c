//! Inventories from files that a browser sends: the form, and what became of each file (CON-IMP-1).

use maud::{Markup, html};

use super::IMPORTS;
use super::imports::{ImportRow, Outcome, TITLE, cells_of};
use crate::clock::Timestamp;
use crate::console::view::form::{Control, Field, FieldError, Form, field, upload_form};
use crate::console::view::format;
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Action, Locale};
use crate::limits::{Limits, MIB};

/// The field of the files.
pub const CHOSEN: &str = "files";
/// The box for files that are older than what is stored.
pub const OLDER: &str = "older";

/// Files that the report shows.
const SHOWN: usize = 1000;

/// Writes the form.
pub fn form(locale: &Locale, token: &str, limits: &Limits, older: bool, errors: &[FieldError]) -> Markup {
    let size = |bytes: u64| format::size(locale.lang, i64::try_from(bytes / MIB as u64).unwrap_or(i64::MAX));
    let (file, whole) = (size(limits.import_file), size(limits.upload_whole));
    let help = locale.fill("upload.limits", &[("n", &limits.upload_files), ("file", &file), ("whole", &whole)]);
    let files = Control::Files { kinds: ".ocs,.xml,.json,.zip", most: limits.upload_files };
    let ask = |name, label, help, required, control| field(&Field { name, label, help, required, control }, errors);
    let fields = html! {
        (ask(CHOSEN, locale.text("upload.files"), &help, true, files))
        (ask(OLDER, locale.text("upload.older"), locale.text("upload.older-help"), false, Control::Check { on: older }))
    };
    let submit = locale.text("upload.submit");
    upload_form(locale, &Form { action: IMPORTS, token, errors, submit }, fields)
}

/// The row of a file about a computer that the reader may not see.
pub fn unseen(at: Timestamp, file: String) -> ImportRow {
    ImportRow { at, file, computer: String::new(), outcome: Outcome::Unseen }
}

/// The words for what became of files, in the order in which they are counted.
const KINDS: [&str; 6] =
    ["imports.new", "imports.updated", "imports.unchanged", "imports.merged", "imports.unseen", "imports.refused"];

/// What became of the files of a form: how many of each kind, and as many rows as are shown.
#[derive(Debug, Default)]
pub struct Report {
    counts: [usize; KINDS.len()],
    refused: Vec<ImportRow>,
    taken: Vec<ImportRow>,
}

impl Report {
    /// One more file. However many there are, the memory for them is bounded.
    pub fn add(&mut self, row: ImportRow) {
        let (kind, rows) = match row.outcome {
            Outcome::New(_) => (0, &mut self.taken),
            Outcome::Updated(_) => (1, &mut self.taken),
            Outcome::Unchanged(_) => (2, &mut self.taken),
            Outcome::Merged(_) => (3, &mut self.taken),
            Outcome::Unseen => (4, &mut self.taken),
            Outcome::Refused(_) => (5, &mut self.refused),
        };
        if let Some(count) = self.counts.get_mut(kind) {
            *count += 1;
        }
        if rows.len() < SHOWN {
            rows.push(row);
        }
    }
}

/// Writes what became of the files, refused ones first.
pub fn report(locale: &Locale, report: &Report) -> Markup {
    let counts = KINDS.into_iter().zip(report.counts);
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("imports.file"), main: true, ..Column::default() },
        Column { title: title("imports.outcome"), card: true, ..Column::default() },
        Column { title: title("imports.computer"), card: true, ..Column::default() },
        Column { title: title("imports.reason"), card: true, ..Column::default() },
    ];
    let shown: Vec<Vec<Cell>> = report
        .refused
        .iter()
        .chain(&report.taken)
        .take(SHOWN)
        .map(|row| cells_of(locale, row).into_iter().skip(1).collect())
        .collect();
    let more = report.counts.iter().sum::<usize>().saturating_sub(shown.len());
    html! {
        dl.definitions {
            @for (key, n) in counts.filter(|(_, n)| *n > 0) {
                div { dt { (locale.text(key)) } dd { (format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX))) } }
            }
        }
        (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &shown, order: None }))
        @if more > 0 { p.help { (locale.count("upload.more", more as u64)) } }
        div.actions { a.button.primary href=(IMPORTS) { (locale.text("upload.again")) } }
    }
}

/// The way back to the form.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: IMPORTS.to_owned(), label: locale.text(TITLE).to_owned() }]
}
