//! The page of one group: its words, its computers, its options (CON-GRP-3, CON-GRP-6).

use maud::{Markup, html};

use super::COMPUTERS;
use super::affect::{ACTIVATION, Choice};
use super::computer::own_input;
use super::config::was;
use super::groups::{DELETE, DESCRIPTION, NAME, Typed, address, fields, kind_key, members};
use super::package::address as package;
use super::servers::of_group;
use crate::clock::Timestamp;
use crate::console::lists::filters::{HowFar, affected};
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale, counted, data, format};
use crate::deployment::affectation::{ActivationId, Phase};
use crate::deployment::package::PackageId;
use crate::groups::servers::Reached;
use crate::groups::{Group, GroupId};
use crate::id::ComputerId;
use crate::options::{Declaration, Own, Value};

/// The page.
pub const PAGE: &str = "/ocsreports/groups/{id}";
/// Where its options are changed.
pub const OPTIONS: &str = "/ocsreports/groups/{id}/options";

/// Where a package is affected to it.
pub const AFFECT: &str = "/ocsreports/groups/{id}/affect";
/// Where a package is taken back from it.
pub const UNAFFECT: &str = "/ocsreports/groups/{id}/unaffect";

/// A package of the group.
#[derive(Debug, Clone)]
pub struct GroupPackage {
    /// By which activation.
    pub activation: ActivationId,
    /// The package.
    pub package: PackageId,
    /// Its name.
    pub name: String,
    /// Where its information file is; with `nearest` the name of the redistribution group.
    pub address: String,
    /// Each computer has it from the nearest server of that group.
    pub nearest: bool,
    /// When it was affected.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// The group's computers in each phase, in the order of [`Phase::ALL`].
    pub phases: [u64; 4],
}

/// An option of the group.
#[derive(Debug, Clone)]
pub struct OptionRow {
    /// Which.
    pub option: &'static Declaration,
    /// How groups override it.
    pub own: Own,
    /// What was typed, or the group's value; empty for none.
    pub text: String,
    /// The same when the form was made.
    pub was: String,
    /// The group's value.
    pub value: Option<Value>,
    /// The general value.
    pub general: Value,
    /// Who set the group's value, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// What the page shows.
pub struct GroupPage<'a> {
    /// The group.
    pub group: &'a Group,
    /// How many of its computers the reader sees.
    pub computers: u64,
    /// Numbers and names of some of them.
    pub some: &'a [(ComputerId, String)],
    /// Its options.
    pub options: &'a [OptionRow],
    /// Its packages.
    pub packages: &'a [GroupPackage],
    /// The servers of a redistribution group.
    pub servers: &'a [Reached],
    /// What was typed about one of them: number, host, port, folder.
    pub server: Option<&'a [&'a str; 4]>,
    /// The reader may affect packages.
    pub may_affect: bool,
    /// What was typed about it, or what it is.
    pub typed: &'a Typed,
    /// The reader may change it.
    pub may_change: bool,
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
}

/// The fields about a server.
const SERVER_FIELDS: [&str; 3] = ["host", "port", "folder"];
/// The fields about the group itself.
const WORD_FIELDS: [&str; 2] = [NAME, DESCRIPTION];

/// The errors of one of the forms of the page.
fn about_fields(errors: &[FieldError], fields: &[&str]) -> Vec<FieldError> {
    errors.iter().filter(|error| fields.contains(&error.field.as_ref())).cloned().collect()
}

/// The address below a group.
pub fn of(path: &str, id: GroupId) -> String {
    path.replace("{id}", &id.to_string())
}

/// Writes the page.
pub fn body(locale: &Locale, page: &GroupPage) -> Markup {
    let text = |key: &str| locale.text(key);
    html! {
        (about(locale, page))
        (card(Some(text("groups.computers")), computers(locale, page)))
        @if !page.servers.is_empty() {
            @let token = page.may_change.then_some(page.token);
            @let errors = about_fields(page.errors, &SERVER_FIELDS);
            (card(Some(text("servers.title")), of_group(locale, page.group.id, page.servers, page.server, token, &errors)))
        }
        (card(Some(text("group.packages")), packages(locale, page)))
        (card(Some(text("custom.title")), options(locale, page)))
        @if page.may_change {
            div.apart {
                form method="post" action=(DELETE) {
                    (token(page.token))
                    (hidden("id", &page.group.id.to_string()))
                    button.button.danger { (text("groups.delete")) }
                }
            }
        }
    }
}

fn about(locale: &Locale, page: &GroupPage) -> Markup {
    let (group, text) = (page.group, |key: &str| locale.text(key));
    let mut list = vec![
        Definition { label: text("groups.kind"), value: Cell::Text(text(kind_key(group.kind)).into()) },
        Definition { label: text("groups.id"), value: Cell::Number(i64::from(group.id.0)) },
        Definition { label: text("groups.created"), value: Cell::Date(group.created) },
        Definition { label: text("groups.by"), value: Cell::text(&group.by) },
    ];
    if !page.may_change {
        list.push(Definition { label: text("groups.description"), value: Cell::text(&group.description) });
    }
    let action = address(group.id);
    let errors = about_fields(page.errors, &WORD_FIELDS);
    let around = Form { action: &action, token: page.token, errors: &errors, submit: text("groups.save") };
    html! {
        (card(None, definitions(locale, &list)))
        @if page.may_change {
            (card(Some(text("groups.words")), form(locale, &around, fields(locale, page.typed, false, &errors))))
        }
    }
}

fn computers(locale: &Locale, page: &GroupPage) -> Markup {
    let add = Action { href: COMPUTERS.to_owned(), label: locale.text("group.add").to_owned() };
    if page.computers == 0 {
        return empty(&Empty {
            icon: Icon::Computer,
            title: locale.text("group.none"),
            why: locale.text(if page.may_change { "group.none-why" } else { "group.none-other" }),
            action: page.may_change.then_some(add),
        });
    }
    let more = page.computers.saturating_sub(page.some.len() as u64);
    let whole = locale.count("group.members", page.computers);
    html! {
        ul.named.in-line {
            @for (id, name) in page.some { li { a href={ (COMPUTERS) "/" (id) } { (data(name)) } } }
            @if more > 0 { li { (locale.count("confirm.more", more)) } }
        }
        p { (counted(&members(page.group.id).to_string(), page.computers, html! { (whole) })) }
        @if page.may_change { p.help { (locale.text("group.change-help")) } }
    }
}

fn packages(locale: &Locale, page: &GroupPage) -> Markup {
    let text = |key: &str| locale.text(key);
    let titles: [(&str, Kind); 7] = [
        ("packages.name", Kind::Words),
        ("group.address", Kind::Words),
        ("statistics.waiting", Kind::Figures),
        ("statistics.notified", Kind::Figures),
        ("statistics.success", Kind::Figures),
        ("statistics.error", Kind::Figures),
        ("group.affected-at", Kind::Short),
    ];
    let column = |(at, (key, kind)): (usize, (&str, Kind))| Column {
        title: text(key).into(),
        kind,
        main: at == 0,
        card: (1..6).contains(&at),
        ..Column::default()
    };
    let columns: Vec<Column> = titles.into_iter().enumerate().map(column).collect();
    let row = |row: &GroupPackage| {
        let mut cells = vec![
            Cell::Link { href: package(row.package).into(), text: row.name.clone().into() },
            if row.nearest { Cell::Text(from(locale, row).into()) } else { Cell::Mono(row.address.clone().into()) },
        ];
        for (phase, n) in Phase::ALL.into_iter().zip(row.phases) {
            let (key, number) = if row.nearest { ("package", row.package.0) } else { ("activation", row.activation.0) };
            let href = members(page.group.id).with(key, affected(number, HowFar::Phase(phase))).to_string().into();
            let count = i64::try_from(n).unwrap_or(i64::MAX);
            cells.push(if n == 0 { Cell::Number(0) } else { Cell::Counted { href, count } });
        }
        cells.push(Cell::Date(row.at));
        cells
    };
    let rows: Vec<Vec<Cell>> = page.packages.iter().map(row).collect();
    let numbers: Vec<String> = page.packages.iter().map(|one| one.activation.0.to_string()).collect();
    let name = |one: &GroupPackage| {
        let words = [("name", &one.name as &dyn std::fmt::Display), ("address", &from(locale, one))];
        locale.fill("group.choice", &words)
    };
    let names: Vec<String> = page.packages.iter().map(name).collect();
    let choices: Vec<(&str, &str)> = numbers.iter().map(String::as_str).zip(names.iter().map(String::as_str)).collect();
    let first = numbers.first().map_or("", String::as_str);
    html! {
        @if rows.is_empty() { p { (text("group.no-packages")) } }
        @else {
            (table(locale, &Table { caption: text("group.packages"), columns: &columns, rows: &rows, order: None }))
        }
        @if page.may_affect {
            div.actions { a.button href=(of(AFFECT, page.group.id)) { (text("computers.affect")) } }
            @if !rows.is_empty() {
                form.form method="post" action=(of(UNAFFECT, page.group.id)) {
                    (token(page.token))
                    (field(&Field {
                        name: ACTIVATION, label: text("affect.activation"), help: text("group.unaffect-help"), required: false,
                        control: Control::Select { value: first, choices: &choices },
                    }, &[]))
                    div.actions { button.button { (text("group.unaffect")) } }
                }
            }
        }
    }
}

/// From where the computers of the group have it.
fn from(locale: &Locale, row: &GroupPackage) -> String {
    if row.nearest { locale.fill("group.nearest", &[("group", &row.address)]) } else { row.address.clone() }
}

/// Writes the form that affects a package to the group.
pub fn affect(
    locale: &Locale,
    group: GroupId,
    token: &str,
    choices: &[Choice],
    typed: &super::affect::Typed,
    errors: &[FieldError],
) -> Markup {
    let action = of(AFFECT, group);
    let around = Form { action: &action, token, errors, submit: locale.text("mass.next") };
    html! {
        p.lead { (locale.text("group.affect-lead")) }
        (form(locale, &around, super::affect::fields(locale, choices, typed, errors)))
    }
}

fn shown(locale: &Locale, row: &OptionRow) -> String {
    let value = row.value.as_ref().map(|value| row.option.shown(locale.lang, value));
    value.unwrap_or_else(|| locale.text("group.no-value").to_owned())
}

fn options(locale: &Locale, page: &GroupPage) -> Markup {
    if !page.may_change {
        let columns = [
            Column { title: locale.text("custom.option").into(), main: true, ..Column::default() },
            Column { title: locale.text("custom.value").into(), card: true, ..Column::default() },
        ];
        let row = |row: &OptionRow| vec![Cell::Mono(row.option.name.into()), Cell::Text(shown(locale, row).into())];
        let rows: Vec<Vec<Cell>> = page.options.iter().map(row).collect();
        let caption = locale.text("custom.title");
        return table(locale, &Table { caption, columns: &columns, rows: &rows, order: None });
    }
    let action = of(OPTIONS, page.group.id);
    let submit = locale.text("custom.submit");
    let other = |field: &str| !WORD_FIELDS.contains(&field) && !SERVER_FIELDS.contains(&field);
    let errors: Vec<FieldError> = page.errors.iter().filter(|error| other(&error.field)).cloned().collect();
    let fields = html! { @for row in page.options { (one(locale, row, &errors)) } };
    html! {
        p.help { (locale.text("group.options-lead")) }
        (form(locale, &Form { action: &action, token: page.token, errors: &errors, submit }, fields))
    }
}

fn one(locale: &Locale, row: &OptionRow, errors: &[FieldError]) -> Markup {
    let general = row.option.shown(locale.lang, &row.general);
    let first = [("", locale.text("group.no-value"))];
    html! {
        div.option-row {
            (own_input(locale, row.option, row.own.kind, &row.text, &first, errors))
            p.meta {
                span { (data(&locale.fill("group.general", &[("value", &general)]))) }
                @if let Some((who, at)) = &row.changed {
                    span { (data(&locale.fill("config.changed", &[("who", who), ("ago", &format::ago(locale, *at))]))) }
                }
            }
            (hidden(&was(row.option.name), &row.was))
        }
    }
}
