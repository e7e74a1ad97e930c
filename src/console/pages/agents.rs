//! Agents' own files: the list, the form that brings one, one of them (CON-AGT-1).

use maud::{Markup, html};

use super::password::OWN;
use crate::console::pages::config::filtered;
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, hidden, token, upload_form};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Message, Tone, empty, message};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale, data};
use crate::deployment::agent_files::{ALLOWED, AgentFile};
use crate::i18n::size;

/// Title key of the page.
pub const TITLE: &str = "agents.title";
/// The list and the form.
pub const AGENTS: &str = "/ocsreports/agents";
/// One file.
pub const ONE: &str = "/ocsreports/agents/file";
/// Where one is deleted.
pub const DELETE: &str = "/ocsreports/agents/delete";
/// Which file, in addresses and forms.
pub const NAME: &str = "name";
/// The field of the file that is brought.
pub const FILE: &str = "file";

/// A file as it is shown.
pub struct Shown {
    /// What is known about it.
    pub file: AgentFile,
    /// Where agents fetch it.
    pub address: String,
    /// Its content is there.
    pub whole: bool,
}

/// What the page shows.
pub struct AgentsPage<'a> {
    /// The files by their names.
    pub files: &'a [Shown],
    /// Agents can fetch them.
    pub deploy: bool,
    /// The reader may change the option for that.
    pub may_open: bool,
    /// The form, for who may bring files.
    pub bring: Option<Bring<'a>>,
}

/// The form that brings a file.
pub struct Bring<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// What is wrong.
    pub errors: &'a [FieldError],
    /// Bytes that a file may have.
    pub most: u64,
    /// The password is asked for along with it.
    pub password: bool,
}

/// The address of one file's page.
pub fn address(name: &str) -> String {
    Address::new(ONE).with(NAME, name).to_string()
}

/// Writes the list and the form.
pub fn body(locale: &Locale, page: &AgentsPage) -> Markup {
    let off = Message {
        tone: Tone::Warning,
        text: locale.text("agents.deploy-off").to_owned(),
        action: page
            .may_open
            .then(|| Action { href: filtered("DEPLOY").to_string(), label: locale.text("label.deploy-do").to_owned() }),
    };
    html! {
        @if !page.deploy { (message(locale, &off)) }
        p.lead { (locale.text("agents.lead")) }
        p { (locale.text("agents.plain")) }
        @if page.files.is_empty() {
            (empty(&Empty {
                icon: Icon::Agents, title: locale.text("agents.none"), why: locale.text("agents.none-why"), action: None,
            }))
        } @else { (list(locale, page.files)) }
        div.actions {
            a.button href=(super::kit::KIT) { (locale.text("kit.open")) }
            a.button href=(super::who::WHO) { (locale.text("who.open")) }
        }
        @if let Some(bring) = &page.bring { (card(Some(locale.text("agents.bring")), bring_form(locale, bring))) }
    }
}

fn list(locale: &Locale, files: &[Shown]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("agents.name"), main: true, ..Column::default() },
        Column { title: title("agents.version"), card: true, kind: Kind::Short, ..Column::default() },
        Column { title: title("agents.size"), card: true, kind: Kind::Short, ..Column::default() },
        Column { title: title("agents.at"), card: true, kind: Kind::Short, ..Column::default() },
        Column { title: title("agents.address"), card: true, ..Column::default() },
        Column { title: title("agents.digest"), ..Column::default() },
    ];
    let row = |shown: &Shown| {
        let file = &shown.file;
        vec![
            Cell::Link { href: address(&file.name).into(), text: file.name.clone().into() },
            if file.version.is_empty() { Cell::Empty } else { Cell::Mono(file.version.clone().into()) },
            size_cell(locale, shown),
            Cell::Date(file.at),
            Cell::Mono(shown.address.clone().into()),
            Cell::Mono(file.sha256.clone().into()),
        ]
    };
    let rows: Vec<Vec<Cell>> = files.iter().map(row).collect();
    table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None })
}

fn size_cell(locale: &Locale, shown: &Shown) -> Cell<'static> {
    match shown.whole {
        true => Cell::Text(size(locale.lang, shown.file.size).into()),
        false => Cell::State(Tone::Error, locale.text("agents.lost").into()),
    }
}

fn bring_form(locale: &Locale, bring: &Bring) -> Markup {
    let help = locale.fill("agents.file-help", &[("most", &size(locale.lang, bring.most))]);
    let ask = |name, label, help, control| {
        field(&Field { name, label: locale.text(label), help, required: true, control }, bring.errors)
    };
    let files = Control::Files { kinds: ".exe,.msi,.zip,.gz,.deb,.rpm,.pkg,.dmg", most: 1 };
    let fields = html! {
        (ask(FILE, "agents.file", help.as_str(), files))
        @if bring.password {
            (ask(OWN, "password.own", locale.text("agents.password-help"), Control::Password { fills: "current-password" }))
        }
        (names(locale))
    };
    let submit = locale.text("agents.submit");
    upload_form(locale, &Form { action: AGENTS, token: bring.token, errors: bring.errors, submit }, fields)
}

/// The names that are taken, for whom each is.
fn names(locale: &Locale) -> Markup {
    let mut whom: Vec<&str> = ALLOWED.iter().map(|one| one.whom).collect();
    whom.dedup();
    html! {
        details.field {
            summary { (locale.text("agents.names")) }
            p.help { (locale.text("agents.names-help")) }
            dl.definitions {
                @for whom in whom {
                    div {
                        dt { (locale.text(&format!("agents.for-{whom}"))) }
                        @for one in ALLOWED.iter().filter(|one| one.whom == whom) { dd { code { (one.name) } } }
                    }
                }
            }
        }
    }
}

/// Writes the page of one file. `form_token` is there for who may delete it.
pub fn one(locale: &Locale, shown: &Shown, form_token: Option<&str>) -> Markup {
    let file = &shown.file;
    let fact = |key, value| Definition { label: locale.text(key), value };
    let facts = [
        fact("agents.version", Cell::mono(&file.version)),
        fact("agents.size", size_cell(locale, shown)),
        fact("agents.digest", Cell::Mono(file.sha256.as_str().into())),
        fact("agents.at", Cell::Date(file.at)),
        fact("agents.by", Cell::text(&file.by)),
    ];
    html! {
        (card(None, definitions(locale, &facts)))
        (card(Some(locale.text("agents.address")), html! {
            pre.copy { (data(&shown.address)) }
            p.help { (locale.text("agents.plain")) }
        }))
        @if let Some(value) = form_token {
            div.apart {
                form method="post" action=(DELETE) {
                    (token(value))
                    (hidden(NAME, &file.name))
                    button.button.danger { (locale.text("agents.delete")) }
                }
            }
        }
    }
}

/// The way back to the list.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: AGENTS.to_owned(), label: locale.text(TITLE).to_owned() }]
}
