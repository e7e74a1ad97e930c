//! The packages of a computer: what it is to install and how far each is, and what its agent says is installed
//! (CON-PC-7).

use std::net::IpAddr;

use maud::{Markup, html};

use super::course::course;

use crate::clock::Timestamp;
use crate::console::lists::filters::SHELF;
use crate::console::pages::computers::Deed;
use crate::console::pages::{COMPUTERS, affect, statistics};
use crate::console::view::form::{hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Message, Tone, empty, message};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, data};
use crate::deployment::affectation::{ActivationId, Phase, State};
use crate::deployment::fetches::Fetch;
use crate::deployment::package::PackageId;
use crate::id::ComputerId;

/// A package that the computer is affected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRow {
    /// Its number.
    pub package: PackageId,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub state: State,
    /// When that changed.
    pub at: Timestamp,
    /// When the agent was told first.
    pub told: Option<Timestamp>,
    /// What its address fetched of it.
    pub fetch: Option<Fetch>,
    /// How many fragments it has.
    pub fragments: u32,
    /// By which activation.
    pub activation: ActivationId,
    /// Where the agent finds it.
    pub address: String,
    /// Not before this local time of the computer.
    pub schedule: String,
    /// Also where it is installed.
    pub force: bool,
    /// What is done afterwards: empty, `REBOOT` or `SHUTDOWN`.
    pub postcmd: String,
    /// Who affected it.
    pub by: String,
}

/// What the part shows.
#[derive(Debug, Clone)]
pub struct PackagesPage<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// The packages.
    pub rows: &'a [PackageRow],
    /// Where the computer was heard from last.
    pub heard_from: Option<IpAddr>,
    /// Number and name of what the agent says is installed; without a name for a package that nobody knows here.
    pub history: &'a [(u32, String)],
    /// The reader may affect.
    pub may_affect: bool,
    /// Its agent is too old to fetch packages.
    pub inventory_only: bool,
    /// Deployment is off.
    pub off: bool,
}

/// How a phase looks.
pub fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Waiting | Phase::Notified => Tone::Note,
        Phase::Success => Tone::Success,
        Phase::Error => Tone::Error,
    }
}

/// A state in words: as the agent sent it.
pub fn word(locale: &Locale, state: &State) -> String {
    match state.as_str() {
        "" => locale.text("deploy.waiting").to_owned(),
        code => code.to_owned(),
    }
}

/// Writes the part.
pub fn packages(locale: &Locale, id: ComputerId, page: &PackagesPage) -> Markup {
    let note = |tone, key| message(locale, &Message { tone, text: locale.text(key).to_owned(), action: None });
    html! {
        @if page.off { (note(Tone::Warning, "deploy.off")) }
        @if page.inventory_only { (note(Tone::Warning, "packages-of.inventory-only")) }
        @if page.rows.is_empty() {
            (empty(&Empty {
                icon: Icon::Note, title: locale.text("packages-of.none"), why: locale.text("packages-of.none-why"), action: None,
            }))
        } @else {
            (rows(locale, page.rows))
            (course(locale, page.rows, page.heard_from))
        }
        @if page.may_affect {
            @for row in page.rows.iter().filter(|row| !row.state.is_open()) { (again(locale, id, page.token, row)) }
            form.deeds method="post" action=(Deed::Affect.path()) {
                (this_computer(id, page.token))
                button.button { (locale.text("packages-of.affect")) }
                @if !page.rows.is_empty() {
                    button.button.grave formaction=(Deed::Unaffect.path()) { (locale.text("packages-of.remove")) }
                }
            }
        }
        h3 { (locale.text("packages-of.history")) }
        @if page.history.is_empty() { p { (locale.text("packages-of.history-none")) } }
        @else {
            ul.named {
                @for (number, name) in page.history {
                    li {
                        @if name.is_empty() { (locale.fill("packages-of.unknown", &[("id", number)])) }
                        @else { (data(name)) " (" (number) ")" }
                    }
                }
            }
        }
    }
}

/// What a form about this computer alone sends along.
fn this_computer(id: ComputerId, session: &str) -> Markup {
    html! {
        (token(session))
        (hidden("id", &id.to_string()))
        (hidden("scope", "checked"))
        (hidden("where", &format!("{COMPUTERS}?{SHELF}=all")))
        (hidden(affect::FROM, affect::ONE))
    }
}

/// The button that opens the form as it was filled in for a package that is over. One that went well is forced: the
/// agent would refuse it else.
fn again(locale: &Locale, id: ComputerId, session: &str, row: &PackageRow) -> Markup {
    html! {
        form.deeds method="post" action=(Deed::Affect.path()) {
            (this_computer(id, session))
            (hidden(affect::ACTIVATION, &row.activation.0.to_string()))
            (hidden(affect::AFTERWARDS, &row.postcmd))
            (hidden(affect::ANY_SYSTEM, "1"))
            @if row.force || row.state.phase() == Phase::Success { (hidden(affect::FORCE, "1")) }
            button.button { (locale.fill("packages-of.again", &[("name", &row.name)])) }
        }
    }
}

fn rows(locale: &Locale, rows: &[PackageRow]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("packages-of.name"), main: true, ..Column::default() },
        Column { title: title("packages-of.state"), card: true, ..Column::default() },
        Column { title: title("packages-of.meaning"), card: true, ..Column::default() },
        Column { title: title("packages-of.at"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("packages-of.address"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("packages-of.schedule"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("packages-of.force"), card: true, ..Column::default() },
        Column { title: title("packages-of.afterwards"), card: true, ..Column::default() },
        Column { title: title("packages-of.by"), card: true, ..Column::default() },
    ];
    let cells = |row: &PackageRow| {
        vec![
            Cell::Link { href: statistics::address(row.package).to_string().into(), text: row.name.clone().into() },
            Cell::State(tone(row.state.phase()), word(locale, &row.state).into()),
            Cell::Text(locale.text(row.state.explanation()).into()),
            Cell::Date(row.at),
            Cell::Mono(row.address.clone().into()),
            if row.schedule.is_empty() { Cell::Empty } else { Cell::Mono(row.schedule.clone().into()) },
            Cell::Flag(row.force),
            match affect::postcmd_word(&row.postcmd) {
                Some(word) => Cell::Text(locale.text(&format!("affect.afterwards-{word}")).into()),
                None => Cell::Empty,
            },
            if row.by.is_empty() { Cell::Empty } else { Cell::Text(row.by.clone().into()) },
        ]
    };
    let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    let caption = locale.text("packages-of.title");
    html! { (table(locale, &Table { caption, columns: &columns, rows: &rows, order: None })) }
}
