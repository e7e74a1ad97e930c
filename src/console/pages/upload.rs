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

/// Writes what became of the files, refused ones first.
pub fn report(locale: &Locale, rows: &[ImportRow]) -> Markup {
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let counts = [
        ("imports.new", count(|one| matches!(one, Outcome::New(_)))),
        ("imports.updated", count(|one| matches!(one, Outcome::Updated(_)))),
        ("imports.unchanged", count(|one| matches!(one, Outcome::Unchanged(_)))),
        ("imports.merged", count(|one| matches!(one, Outcome::Merged(_)))),
        ("imports.unseen", count(|one| matches!(one, Outcome::Unseen))),
        ("imports.refused", count(|one| matches!(one, Outcome::Refused(_)))),
    ];
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("imports.file"), main: true, ..Column::default() },
        Column { title: title("imports.outcome"), card: true, ..Column::default() },
        Column { title: title("imports.computer"), card: true, ..Column::default() },
        Column { title: title("imports.reason"), card: true, ..Column::default() },
    ];
    let refused = |row: &&ImportRow| matches!(row.outcome, Outcome::Refused(_));
    let (first, rest): (Vec<_>, Vec<_>) = rows.iter().partition(refused);
    let shown: Vec<Vec<Cell>> = first
        .into_iter()
        .chain(rest)
        .take(SHOWN)
        .map(|row| cells_of(locale, row).into_iter().skip(1).collect())
        .collect();
    let more = rows.len().saturating_sub(shown.len());
    html! {
        dl.definitions {
            @for (key, n) in counts.into_iter().filter(|(_, n)| *n > 0) {
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
