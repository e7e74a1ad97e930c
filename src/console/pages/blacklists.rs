//! Junk lists: values that never show that two computers are the same (CON-BLK-1, 2).

use maud::{Markup, html};

use super::BLACKLISTS;
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};
use crate::console::view::table::{Cell, Column, Kind};
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Locale, format};
use crate::duplicates::junk::{Entry, List};

/// Title key of the page.
pub const TITLE: &str = "junk.title";
/// Where entries are added.
pub const ADD: &str = "/ocsreports/blacklists/add";
/// Where entries are deleted.
pub const DELETE: &str = "/ocsreports/blacklists/delete";
/// Where entries of the program are switched.
pub const SWITCH: &str = "/ocsreports/blacklists/switch";
/// One list as a file.
pub const CSV: &str = "/ocsreports/blacklists.csv";

/// What the page shows.
pub struct JunkPage<'a> {
    /// Token of the forms.
    pub token: &'a str,
    /// The list that is shown.
    pub list: List,
    /// The entries of all lists.
    pub entries: &'a [Entry],
    /// The lines that were typed.
    pub typed: &'a str,
    /// What is wrong with them.
    pub errors: &'a [FieldError],
}

/// The address of one list.
pub fn address(list: List) -> Address {
    Address::new(BLACKLISTS).with("list", list.code())
}

/// The name of a list.
pub fn name(locale: &Locale, list: List) -> &'static str {
    locale.text(match list {
        List::Macs => "junk.macs",
        List::Serials => "junk.serials",
        List::Subnets => "junk.subnets",
    })
}

/// Writes the body.
pub fn body(locale: &Locale, page: &JunkPage) -> Markup {
    let of = |list: List| page.entries.iter().filter(move |entry| entry.list == list);
    let all: Vec<Tab> = List::ALL
        .into_iter()
        .map(|list| Tab {
            href: address(list).to_string(),
            label: name(locale, list),
            count: Some(of(list).filter(|entry| entry.on).count() as u64),
            current: list == page.list,
        })
        .collect();
    let (own, built_in): (Vec<&Entry>, Vec<&Entry>) = of(page.list).partition(|entry| !entry.built_in);
    html! {
        p.lead { (locale.text("junk.lead")) }
        (tabs(locale.text(TITLE), &all))
        (add(locale, page))
        @if !own.is_empty() { (card(Some(locale.text("junk.own")), added(locale, page, &own))) }
        @if !built_in.is_empty() { (card(Some(locale.text("junk.built-in")), program(locale, page, &built_in))) }
        p { a href=(Address::new(CSV).with("list", page.list.code())) { (locale.text("junk.csv")) } }
    }
}

fn add(locale: &Locale, page: &JunkPage) -> Markup {
    let help = locale.text(match page.list {
        List::Macs => "junk.macs-help",
        List::Serials => "junk.serials-help",
        List::Subnets => "junk.subnets-help",
    });
    let control = Control::Lines { value: page.typed, rows: 4 };
    let fields = html! {
        (hidden("list", page.list.code()))
        (field(&Field { name: "entries", label: locale.text("junk.entries"), help, required: true, control }, page.errors))
    };
    let submit = locale.text("junk.add");
    form(locale, &Form { action: ADD, token: page.token, errors: page.errors, submit }, fields)
}

fn added(locale: &Locale, page: &JunkPage, own: &[&Entry]) -> Markup {
    let words: Vec<String> = own
        .iter()
        .map(|entry| match &entry.changed {
            Some((who, at)) => {
                locale.fill("junk.by", &[("value", &entry.value), ("who", who), ("ago", &format::ago(locale, *at))])
            }
            None => entry.value.clone(),
        })
        .collect();
    let choices: Vec<(&str, &str)> =
        own.iter().zip(&words).map(|(entry, words)| (entry.value.as_str(), words.as_str())).collect();
    let control = Control::Several { chosen: &[], choices: &choices };
    let label = locale.text("junk.choose");
    let fields = html! {
        (hidden("list", page.list.code()))
        div.many { (field(&Field { name: "value", label, help: "", required: false, control }, &[])) }
    };
    let submit = locale.text("junk.delete");
    form(locale, &Form { action: DELETE, token: page.token, errors: &[], submit }, fields)
}

fn program(locale: &Locale, page: &JunkPage, built_in: &[&Entry]) -> Markup {
    let choices: Vec<(&str, &str)> =
        built_in.iter().map(|entry| (entry.value.as_str(), entry.value.as_str())).collect();
    let chosen: Vec<&str> = built_in.iter().filter(|entry| entry.on).map(|entry| entry.value.as_str()).collect();
    let control = Control::Several { chosen: &chosen, choices: &choices };
    let (label, help) = (locale.text("junk.counts"), locale.text("junk.counts-help"));
    let fields = html! {
        (hidden("list", page.list.code()))
        div.many { (field(&Field { name: "on", label, help, required: false, control }, &[])) }
    };
    let submit = locale.text("junk.switch");
    form(locale, &Form { action: SWITCH, token: page.token, errors: &[], submit }, fields)
}

/// The columns of the file.
pub fn columns(locale: &Locale) -> Vec<Column<'static>> {
    ["junk.value", "junk.origin", "junk.in-use", "junk.who", "junk.when"]
        .map(|key| Column { title: locale.text(key).into(), kind: Kind::Words, ..Column::default() })
        .into()
}

/// One row of the file.
pub fn cells<'a>(locale: &Locale, entry: &'a Entry) -> Vec<Cell<'a>> {
    let origin = if entry.built_in { "junk.built-in" } else { "junk.own" };
    let (who, at) = match &entry.changed {
        Some((who, at)) => (Cell::text(who), Cell::Date(*at)),
        None => (Cell::Empty, Cell::Empty),
    };
    vec![Cell::mono(&entry.value), Cell::Text(locale.text(origin).into()), Cell::Flag(entry.on), who, at]
}
