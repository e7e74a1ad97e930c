//! The page of one group: its words, its computers, its options (CON-GRP-3, CON-GRP-6).

use maud::{Markup, html};

use super::COMPUTERS;
use super::computer::own_input;
use super::config::was;
use super::groups::{DELETE, Typed, address, fields, kind_key, members};
use crate::clock::Timestamp;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{FieldError, Form, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Action, Locale, counted, data, format};
use crate::groups::{Group, GroupId};
use crate::id::ComputerId;
use crate::options::{Declaration, Own, Value};

/// The page.
pub const PAGE: &str = "/ocsreports/groups/{id}";
/// Where its options are changed.
pub const OPTIONS: &str = "/ocsreports/groups/{id}/options";

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
    /// What was typed about it, or what it is.
    pub typed: &'a Typed,
    /// The reader may change it.
    pub may_change: bool,
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
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
    let around = Form { action: &action, token: page.token, errors: page.errors, submit: text("groups.save") };
    html! {
        (card(None, definitions(locale, &list)))
        @if page.may_change {
            (card(Some(text("groups.words")), form(locale, &around, fields(locale, page.typed, false, page.errors))))
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
    let fields = html! { @for row in page.options { (one(locale, row, page.errors)) } };
    html! {
        p.help { (locale.text("group.options-lead")) }
        (form(locale, &Form { action: &action, token: page.token, errors: page.errors, submit }, fields))
    }
}

fn one(locale: &Locale, row: &OptionRow, errors: &[FieldError]) -> Markup {
    let general = row.option.shown(locale.lang, &row.general);
    let first = [("", locale.text("group.no-value"))];
    html! {
        div.option-row {
            (own_input(locale, row.option, row.own.kind, &row.text, &first, errors))
            p.meta {
                span { (locale.fill("group.general", &[("value", &general)])) }
                @if let Some((who, at)) = &row.changed {
                    span { (data(&locale.fill("config.changed", &[("who", who), ("ago", &format::ago(locale, *at))]))) }
                }
            }
            (hidden(&was(row.option.name), &row.was))
        }
    }
}
