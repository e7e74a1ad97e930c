//! USB sticks with our kit that are plugged into the server: what is on them, importing it, what became of it
//! (CON-IMP-5); and the lines about them on every page.

use maud::{Markup, html};

use super::imports::{self, ImportRow, cells_of};
use super::{IMPORTS, kit};
use crate::app::sticks::{Mute, Stick, Trouble, Unwritten, Work};
use crate::console::view::card::{Definition, definitions};
use crate::console::view::form::{hidden, token};
use crate::console::view::icon::{Icon, icon};
use crate::console::view::message::{Empty, Message, Tone, empty, message};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Action, Locale, data};
use crate::i18n::plural;

/// Title key of the page.
pub const TITLE: &str = "sticks.title";
/// The page.
pub const STICKS: &str = "/ocsreports/sticks";
/// Where an import is asked for.
pub const IMPORT: &str = "/ocsreports/sticks/import";
/// The field with the number of a stick.
pub const NUMBER: &str = "stick";

/// What the page shows.
#[derive(Debug, Clone)]
pub struct SticksPage<'a> {
    /// The sticks, each with the results that the reader may see.
    pub sticks: &'a [(Stick, Vec<ImportRow>)],
    /// Drives that cannot be looked at.
    pub mute: &'a [(String, Mute)],
    /// Sticks are imported by themselves.
    pub by_itself: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &SticksPage) -> Markup {
    let text = |key| locale.text(key);
    let make = Action { href: kit::KIT.to_owned(), label: text("sticks.make").to_owned() };
    let none =
        Empty { icon: Icon::Import, title: text("sticks.none"), why: text("sticks.none-why"), action: Some(make) };
    html! {
        p.lead {
            (text("sticks.lead"))
            @if page.by_itself { " " (text("sticks.lead-auto")) }
        }
        @if page.sticks.iter().all(|(stick, _)| stick.gone.is_some()) { (empty(&none)) }
        @for (stick, rows) in page.sticks { (one(locale, stick, rows, page.token)) }
        @if !page.mute.is_empty() { (mute(locale, page.mute)) }
    }
}

fn one(locale: &Locale, stick: &Stick, rows: &[ImportRow], form_token: &str) -> Markup {
    let label = stick.label();
    let seen = &stick.seen;
    let place = stick.place.display().to_string();
    let count = |n: u64| if n == 0 { Cell::Empty } else { Cell::Number(i64::try_from(n).unwrap_or(i64::MAX)) };
    let facts = [
        ("sticks.place", Cell::mono(&place)),
        ("sticks.since", Cell::Date(stick.since)),
        ("sticks.gone", stick.gone.map_or(Cell::Empty, Cell::Date)),
        ("sticks.new", count(if stick.gone.is_none() { seen.new } else { 0 })),
        ("sticks.known", count(seen.known)),
        ("sticks.refused", count(seen.refused)),
        ("sticks.unreadable", count(seen.unreadable)),
    ];
    let facts: Vec<Definition> =
        facts.into_iter().map(|(key, value)| Definition { label: locale.text(key), value }).collect();
    html! {
        section.card {
            h2 { (data(&label)) }
            @for said in messages(locale, stick) { (message(locale, &said)) }
            (definitions(locale, &facts))
            @if stick.gone.is_none() { (next(locale, stick, form_token)) }
            @if !rows.is_empty() { (results(locale, rows)) }
        }
    }
}

/// What has to be known about a stick.
fn messages(locale: &Locale, stick: &Stick) -> Vec<Message> {
    let trouble = stick.trouble.map(|trouble| match trouble {
        Trouble::Pulled => (Tone::Warning, "sticks.pulled"),
        Trouble::NoRoom => (Tone::Error, "sticks.no-room"),
        Trouble::Fault => (Tone::Error, "sticks.fault"),
    });
    let unwritten = stick.unwritten.map(|why| match why {
        Unwritten::ReadOnly => (Tone::Note, "sticks.read-only"),
        Unwritten::Full => (Tone::Warning, "sticks.full"),
        Unwritten::InTheWay => (Tone::Warning, "sticks.in-the-way"),
    });
    let foreign = stick.seen.foreign.then_some((Tone::Note, "sticks.foreign"));
    let unreadable = stick.seen.unreadable > 0 && stick.gone.is_none();
    let unreadable = unreadable.then_some((Tone::Warning, "sticks.unreadable-why"));
    let more = stick.seen.more.then_some((Tone::Note, "sticks.more"));
    let said = |(tone, key)| Message { tone, text: locale.text(key).to_owned(), action: None };
    [trouble, unwritten, unreadable, foreign, more].into_iter().flatten().map(said).collect()
}

/// What can be done with a stick, or how far that is.
fn next(locale: &Locale, stick: &Stick, form_token: &str) -> Markup {
    match stick.work {
        Work::Wanted => html! { p { (locale.text("sticks.wanted")) } },
        Work::Import { done, of } => html! {
            p { (locale.fill("sticks.progress", &[("done", &done), ("of", &of)])) }
            progress max=(of.max(1)) value=(done) {}
        },
        Work::Nothing if stick.seen.new == 0 && stick.seen.unsettled > 0 => {
            html! { p { (locale.text("sticks.unsettled")) } }
        }
        Work::Nothing if stick.seen.new == 0 => html! { p { (locale.text("sticks.nothing-new")) } },
        Work::Nothing => html! {
            form.deeds method="post" action=(IMPORT) {
                (token(form_token))
                (hidden(NUMBER, &stick.number.to_string()))
                button.button.primary { (locale.text("sticks.import")) }
            }
        },
    }
}

fn results(locale: &Locale, rows: &[ImportRow]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("imports.at"), card: true, ..Column::default() },
        Column { title: title("imports.file"), main: true, ..Column::default() },
        Column { title: title("imports.outcome"), card: true, ..Column::default() },
        Column { title: title("imports.computer"), card: true, ..Column::default() },
        Column { title: title("imports.reason"), card: true, ..Column::default() },
    ];
    let cells: Vec<Vec<Cell>> = rows.iter().map(|row| cells_of(locale, row)).collect();
    html! {
        (table(locale, &Table { caption: locale.text("sticks.results"), columns: &columns, rows: &cells, order: None }))
        p.help { (locale.text("sticks.results-why")) }
    }
}

fn mute(locale: &Locale, drives: &[(String, Mute)]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("sticks.drive"), main: true, ..Column::default() },
        Column { title: title("sticks.reason"), card: true, ..Column::default() },
    ];
    let reason = |mute: &Mute| match mute {
        Mute::Denied => locale.text("sticks.denied"),
        Mute::Silent => locale.text("sticks.silent"),
    };
    let rows: Vec<Vec<Cell>> =
        drives.iter().map(|(place, mute)| vec![Cell::text(place), Cell::Text(reason(mute).into())]).collect();
    html! {
        h2 { (locale.text("sticks.mute")) }
        p.lead { (locale.text("sticks.mute-why")) }
        (table(locale, &Table { caption: locale.text("sticks.mute"), columns: &columns, rows: &rows, order: None }))
    }
}

/// What every page says about sticks that have new files, for who may import.
pub fn banner(locale: &Locale, form_token: &str, sticks: &[Stick]) -> Markup {
    html! {
        @for stick in sticks {
            @let (label, at_work) = (stick.label(), stick.work != Work::Nothing);
            div.message.note role="status" {
                (icon(Tone::Note.icon()))
                div {
                    p {
                        @if at_work {
                            (data(&locale.fill("sticks.importing", &[("name", &label)])))
                        } @else {
                            (data(&plural(locale.lang, "sticks.announced", stick.seen.new, &[("name", &label)])))
                        }
                    }
                    form.choose method="post" action=(IMPORT) {
                        (token(form_token))
                        (hidden(NUMBER, &stick.number.to_string()))
                        @if !at_work { button.button { (locale.text("sticks.import")) } }
                        a href=(STICKS) { (locale.text("sticks.look")) }
                    }
                }
            }
        }
    }
}

/// The page above.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: IMPORTS.to_owned(), label: locale.text(imports::TITLE).to_owned() }]
}
