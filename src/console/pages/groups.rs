//! The list of groups, and the form of a new one (CON-GRP-1, CON-GRP-2).

use std::sync::{Arc, LazyLock};

use maud::{Markup, html};

use super::{COMPUTERS, GROUPS};
use crate::console::lists::computers::GROUP;
use crate::console::lists::filters::SHELF;
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form};
use crate::console::view::icon::Icon;
use crate::console::view::list::{Actions, ListPage, list};
use crate::console::view::message::Empty;
use crate::console::view::table::Cell;
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Action, Locale};
use crate::groups::{Group, GroupId, Kind};

/// Title key of the list.
pub const TITLE: &str = "groups.title";
/// Where a group is made.
pub const NEW: &str = "/ocsreports/groups/new";
/// Where groups are deleted.
pub const DELETE: &str = "/ocsreports/groups/delete";
/// The value of an address that names the kind, and the field of the form.
pub const KIND: &str = "kind";
/// Field: the name.
pub const NAME: &str = "name";
/// Field: the description.
pub const DESCRIPTION: &str = "description";
/// Field: visible to all.
pub const VISIBLE: &str = "visible";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "groups",
    path: GROUPS,
    title: TITLE,
    total: "groups.total",
    columns: vec![
        ListColumn::words("name", "groups.name").main(),
        ListColumn::figures("id", "groups.id"),
        ListColumn::words("description", "groups.description").on_card(),
        ListColumn::times("created", "groups.created"),
        ListColumn::figures("computers", "groups.computers").on_card(),
        ListColumn { searched: false, ..ListColumn::words("visible", "groups.visible") }.on_card(),
        ListColumn { shown: false, ..ListColumn::words("by", "groups.by") },
    ],
    usual: "name",
    filters: vec![KIND],
});

/// A group with how many of its computers the reader sees.
#[derive(Debug, Clone)]
pub struct GroupRow {
    /// The group.
    pub group: Arc<Group>,
    /// Its computers.
    pub computers: u64,
}

/// What the list shows.
pub struct GroupsPage<'a> {
    /// What is seen of the list.
    pub view: &'a View,
    /// Which kind.
    pub kind: Kind,
    /// How many groups of each kind there are, in the order of [`Kind::ALL`].
    pub counts: [u64; 2],
    /// The groups of this kind.
    pub rows: &'a [GroupRow],
    /// The reader may make and delete them.
    pub may_change: bool,
    /// All boxes are checked.
    pub all: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// The address of the page of a group.
pub fn address(id: GroupId) -> String {
    format!("{GROUPS}/{id}")
}

/// The address of the list of its computers.
pub fn members(id: GroupId) -> Address {
    Address::new(COMPUTERS).with(GROUP, id).with(SHELF, "all")
}

/// The address of the list of groups of a kind.
pub fn of_kind(kind: Kind) -> Address {
    let address = Address::new(GROUPS);
    if kind == Kind::default() { address } else { address.with(KIND, kind.word()) }
}

/// The cells of groups, all columns of the list.
pub fn cells(rows: &[GroupRow]) -> Vec<Vec<Cell<'static>>> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let row = |row: &GroupRow| {
        let group = &row.group;
        let computers = match row.computers {
            0 => Cell::Number(0),
            n => Cell::Counted { href: members(group.id).to_string().into(), count: number(n) },
        };
        vec![
            Cell::Link { href: address(group.id).into(), text: group.name.clone().into() },
            Cell::Number(i64::from(group.id.0)),
            Cell::text(&group.description).into_owned(),
            Cell::Date(group.created),
            computers,
            Cell::Flag(group.visible),
            Cell::text(&group.by).into_owned(),
        ]
    };
    rows.iter().map(row).collect()
}

/// Writes the list.
pub fn body(locale: &Locale, page: &GroupsPage) -> Markup {
    // Rows and boxes in one order: the number of each row stands in a cell of its own behind the others.
    let key = |row: &Vec<Cell<'static>>| match row.get(1) {
        Some(Cell::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    let mut numbered = cells(page.rows);
    let ids: Vec<String> = numbered.iter().map(key).collect();
    numbered.iter_mut().zip(&ids).for_each(|(row, id)| row.push(Cell::Mono(id.clone().into())));
    let (arranged, ids) = with_ids(page.view, numbered);
    let add = Action {
        href: Address::new(NEW).with(KIND, page.kind.word()).to_string(),
        label: locale.text("groups.add").to_owned(),
    };
    let delete = [Action { href: DELETE.to_owned(), label: locale.text("groups.delete").to_owned() }];
    let word = page.kind.word();
    let why = format!("groups.none-{word}-{}", if page.may_change { "why" } else { "other" });
    let nothing = Empty {
        icon: Icon::Groups,
        title: locale.text(&format!("groups.none-{word}")),
        why: locale.text(&why),
        action: page.may_change.then(|| add.clone()),
    };
    let above = html! {
        (parts(locale, page))
        p.lead { (locale.text(&format!("groups.lead-{word}"))) }
        @if page.may_change && !page.rows.is_empty() {
            div.actions { a.button.primary href=(add.href) { (add.label) } }
        }
    };
    let mut shown = ListPage::arranged(&LIST, page.view, &arranged, page.token, nothing, above);
    if page.may_change {
        shown.actions = Some(Actions { values: &ids, all: page.all, buttons: &delete });
    }
    list(locale, &shown)
}

/// Arranges rows whose last cell is their number, and answers the numbers of the page in the same order.
fn with_ids(view: &View, rows: Vec<Vec<Cell<'static>>>) -> (crate::console::lists::Arranged<'static>, Vec<String>) {
    let numbered = List { columns: [LIST.columns.clone(), vec![ListColumn::words("", "")]].concat(), ..LIST.clone() };
    let mut columns = view.columns.clone();
    columns.push("");
    let mut arranged = arrange(&numbered, &View { columns, ..view.clone() }, rows, false);
    let id = |row: &mut Vec<Cell<'static>>| match row.pop() {
        Some(Cell::Mono(id)) => id.into_owned(),
        _ => String::new(),
    };
    let ids = arranged.rows.iter_mut().map(id).collect();
    (arranged, ids)
}

fn parts(locale: &Locale, page: &GroupsPage) -> Markup {
    let tab = |(kind, count): (Kind, u64)| Tab {
        href: of_kind(kind).to_string(),
        label: locale.text(kind_key(kind)),
        count: Some(count),
        current: kind == page.kind,
    };
    let list: Vec<Tab> = Kind::ALL.into_iter().zip(page.counts).map(tab).collect();
    tabs(locale.text(TITLE), &list)
}

/// The key of a kind's name.
pub fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Static => "groups.static",
        Kind::Redistribution => "groups.redistribution",
    }
}

/// What was typed about a group.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its kind, as forms spell it.
    pub kind: String,
    /// Visible to all.
    pub visible: bool,
}

/// Writes the fields of a group; its kind only for a new one.
pub fn fields(locale: &Locale, typed: &Typed, new: bool, errors: &[FieldError]) -> Markup {
    let text = |key: &str| locale.text(key);
    let kinds = Kind::ALL.map(|kind| (kind.word(), text(kind_key(kind))));
    let one = |name, label: &str, help: &str, required, control| {
        field(&Field { name, label: text(label), help, required, control }, errors)
    };
    html! {
        (one(NAME, "groups.name", "", true, Control::Line { value: &typed.name, fills: "off", unit: "", code: false }))
        (one(DESCRIPTION, "groups.description", "", false, Control::Lines { value: &typed.description, rows: 3 }))
        @if new {
            (one(KIND, "groups.kind", text("groups.kind-help"), false,
                Control::Select { value: &typed.kind, choices: &kinds }))
        }
        (one(VISIBLE, "groups.visible", text("groups.visible-help"), false, Control::Check { on: typed.visible }))
    }
}

/// Writes the form of a new group.
pub fn new(locale: &Locale, token: &str, typed: &Typed, errors: &[FieldError]) -> Markup {
    let around = Form { action: NEW, token, errors, submit: locale.text("groups.make") };
    form(locale, &around, fields(locale, typed, true, errors))
}
