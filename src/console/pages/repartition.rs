//! How the computers spread over the values of a field of administrative data (CON-TAG-2).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::fields::label;
use super::{COMPUTERS, NEXT_STEPS, TAGS};
use crate::accountinfo::fields::{Field, Kind};
use crate::console::lists::filters::{FIELD, SHELF, VALUE};
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::Empty;
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale, data};
use crate::fleet::{Share, Shelf};

/// Where the page stands; the field is in the address.
pub const REPARTITION: &str = "/ocsreports/tags/field";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "repartition",
    path: REPARTITION,
    title: "repartition.title",
    total: "repartition.total",
    columns: vec![
        ListColumn::words("value", "repartition.value").main(),
        ListColumn::figures("computers", "column.computers").on_card(),
        ListColumn::figures("share", "column.share").on_card(),
        ListColumn::times("lastcome", "column.lastcome").on_card(),
    ],
    usual: "-computers",
    filters: vec![FIELD],
});

/// Whether computers can be counted by a field: values that many of them share.
pub const fn spreads(field: &Field) -> bool {
    match field.kind {
        Kind::Text | Kind::List | Kind::Checks | Kind::Radio => true,
        Kind::Long | Kind::Integer | Kind::Real | Kind::Date => false,
    }
}

/// The choice of the field, also above the TAGs; nothing where there is only the TAG.
pub fn selector(locale: &Locale, fields: &[Field], chosen: &Field) -> Markup {
    let offered: Vec<&Field> = fields.iter().filter(|field| spreads(field)).collect();
    html! {
        @if offered.len() > 1 {
            form.choose method="get" action=(REPARTITION) {
                label for=(FIELD) { (locale.text("repartition.by")) }
                span.box.select {
                    select id=(FIELD) name=(FIELD) {
                        @for field in offered {
                            option value=(field.key()) selected[field.id == chosen.id] { (data(label(locale, field))) }
                        }
                    }
                }
                button.button { (locale.text("repartition.show")) }
            }
        }
    }
}

/// What the page shows.
pub struct RepartitionPage<'a> {
    /// The field.
    pub field: &'a Field,
    /// All fields.
    pub fields: &'a [Field],
    /// How the computers spread.
    pub shares: &'a [Share],
    /// How many there are; a computer may be in several lines.
    pub computers: u64,
    /// Which of them count.
    pub shelf: Shelf,
    /// What is seen of the list.
    pub view: &'a View,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &RepartitionPage) -> Markup {
    let cells = cells(locale, page.field, page.shares, page.computers, page.shelf);
    let arranged = arrange(&LIST, page.view, cells, false);
    let why = locale.text("computers.none-why");
    let action = Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() });
    let list_page = ListPage::arranged(
        &LIST,
        page.view,
        &arranged,
        page.token,
        Empty { icon: Icon::Tag, title: locale.text("computers.none"), why, action },
        html! {
            (selector(locale, page.fields, page.field))
            @if page.computers > 0 {
                p.lead {
                    (locale.count("tags.sum", page.computers))
                    @if page.field.kind == Kind::Checks { " " (locale.text("repartition.several")) }
                }
            }
        },
    );
    list(locale, &list_page)
}

/// The cells of values, for each column of the list.
pub fn cells(
    locale: &Locale,
    field: &Field,
    shares: &[Share],
    computers: u64,
    shelf: Shelf,
) -> Vec<Vec<Cell<'static>>> {
    let cells = |share: &Share| {
        let mut address = Address::new(COMPUTERS).with(FIELD, field.key()).with(VALUE, &share.value);
        if shelf == Shelf::All {
            address = address.with(SHELF, "all");
        }
        let href = address.to_string();
        let words = if share.value.trim().is_empty() { locale.text("repartition.none") } else { &share.value };
        vec![
            Cell::Link { href: href.clone().into(), text: words.to_owned().into() },
            Cell::Counted { href: href.into(), count: i64::try_from(share.computers).unwrap_or(i64::MAX) },
            Cell::Percent(share.computers as f32 * 100.0 / computers.max(1) as f32),
            Cell::date(share.last_contact),
        ]
    };
    shares.iter().map(cells).collect()
}

/// Back to the TAGs.
pub fn trail(locale: &Locale) -> [Action; 1] {
    [Action { href: TAGS.to_owned(), label: locale.text(super::tags::TITLE).to_owned() }]
}
