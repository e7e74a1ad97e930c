//! The last contacts of a computer and why each was answered as it was (CON-PC-9).

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::console::view::Locale;
use crate::console::view::format;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Tone, empty};
use crate::console::view::table::{Cell, Column, Kind, Table, table};

/// What an agent came for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactKind {
    /// It asked what to do.
    Prolog,
    /// It brought an inventory.
    Inventory,
    /// It told the result of a package.
    Download,
    /// It told of a change in its network.
    NetworkChange,
    /// A file was taken in.
    Import,
}

/// How a contact was answered, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision<'a> {
    /// An inventory was asked for: the computer was new.
    AskedFirst,
    /// An inventory was asked for: it was due.
    AskedDue,
    /// An inventory was asked for: FREQUENCY says always.
    AskedAlways,
    /// No inventory was asked for: the last one is young enough.
    NotDue {
        /// The inventory that is young enough.
        last: Timestamp,
        /// FREQUENCY in days.
        days: u32,
    },
    /// No inventory was asked for: FREQUENCY says never.
    Never,
    /// An inventory was stored; so many sections had changed.
    Stored {
        /// Changed sections.
        changed: u64,
    },
    /// What it told was noted.
    Noted,
    /// It was held until an administrator decides.
    Held,
    /// It was refused, with the reason in the reader's language.
    Refused(&'a str),
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact<'a> {
    /// When.
    pub at: Timestamp,
    /// From which address; the file's name for an import.
    pub from: &'a str,
    /// What it came for.
    pub kind: ContactKind,
    /// Bytes that it sent.
    pub bytes: u64,
    /// How it was answered.
    pub decision: Decision<'a>,
}

/// Writes the list of contacts, newest first as given.
pub fn contacts(locale: &Locale, list: &[Contact]) -> Markup {
    if list.is_empty() {
        let (title, why) = (locale.text("contacts.none"), locale.text("contacts.none-why"));
        return empty(&Empty { icon: Icon::Note, title, why, action: None });
    }
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("contacts.at"), kind: Kind::Short, main: true, ..Column::default() },
        Column { title: title("contacts.kind"), card: true, ..Column::default() },
        Column { title: title("contacts.answer"), card: true, ..Column::default() },
        Column { title: title("contacts.reason"), card: true, ..Column::default() },
        Column { title: title("contacts.from"), kind: Kind::Short, card: true, ..Column::default() },
        Column {
            title: title("contacts.size"),
            unit: locale.text("unit.kb"),
            kind: Kind::Figures,
            ..Column::default()
        },
    ];
    let rows: Vec<_> = list.iter().map(|contact| cells(locale, contact)).collect();
    html! {
        (table(locale, &Table { caption: locale.text("contacts.title"), columns: &columns, rows: &rows, order: None }))
    }
}

fn cells<'a>(locale: &Locale, contact: &'a Contact) -> Vec<Cell<'a>> {
    let kind = locale.text(match contact.kind {
        ContactKind::Prolog => "contacts.prolog",
        ContactKind::Inventory => "contacts.inventory",
        ContactKind::Download => "contacts.download",
        ContactKind::NetworkChange => "contacts.network",
        ContactKind::Import => "contacts.import",
    });
    let (tone, answer) = match contact.decision {
        Decision::AskedFirst | Decision::AskedDue | Decision::AskedAlways => (Tone::Success, "contacts.asked"),
        Decision::NotDue { .. } | Decision::Never => (Tone::Note, "contacts.not-asked"),
        Decision::Stored { .. } => (Tone::Success, "contacts.stored"),
        Decision::Noted => (Tone::Success, "contacts.noted"),
        Decision::Held => (Tone::Warning, "contacts.held"),
        Decision::Refused(_) => (Tone::Error, "contacts.refused"),
    };
    let kib = i64::try_from(contact.bytes.div_ceil(1024)).unwrap_or(i64::MAX);
    vec![
        Cell::Date(contact.at),
        Cell::Text(kind.into()),
        Cell::State(tone, locale.text(answer).into()),
        Cell::Text(reason(locale, contact).into()),
        Cell::mono(contact.from),
        if contact.bytes == 0 { Cell::Empty } else { Cell::Number(kib) },
    ]
}

/// Why the contact was answered as it was, as a sentence.
fn reason(locale: &Locale, contact: &Contact) -> String {
    match &contact.decision {
        Decision::AskedFirst => locale.text("reason.first").to_owned(),
        Decision::AskedDue => locale.text("reason.due").to_owned(),
        Decision::AskedAlways => locale.text("reason.always").to_owned(),
        Decision::NotDue { last, days } => {
            // Counted from the contact, not from now: the sentence must stay true when it is read later.
            let then = Locale { now: contact.at, ..locale.clone() };
            let days = locale.count("days", u64::from(*days));
            locale.fill("reason.not-due", &[("last", &format::ago(&then, *last)), ("days", &days)])
        }
        Decision::Never => locale.text("reason.never").to_owned(),
        Decision::Stored { changed: 0 } => locale.text("reason.unchanged").to_owned(),
        Decision::Stored { changed } => locale.count("reason.changed", *changed),
        Decision::Noted => String::new(),
        Decision::Held => locale.text("reason.held").to_owned(),
        Decision::Refused(reason) => (*reason).to_owned(),
    }
}
