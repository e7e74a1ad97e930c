//! TAG repartition: how the computers spread over the TAGs (CON-TAG-1), and renaming one (CON-TAG-3).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::repartition::selector;
use super::{COMPUTERS, NEXT_STEPS, TAGS};
use crate::accountinfo::fields::Field;
use crate::console::lists::filters::SHELF;
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::form::{self, Control, FieldError, Form, hidden};
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Message, Tone};
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale, visible};
use crate::fleet::{Share, Shelf};

/// Title key of the page.
pub const TITLE: &str = "tags.title";
/// Where a TAG is renamed.
pub const RENAME: &str = "/ocsreports/tags/rename";
/// TAGs that can be chosen for renaming.
const OFFERED: usize = 1000;

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "tags",
    path: TAGS,
    title: TITLE,
    total: "tags.total",
    columns: vec![
        ListColumn::words("tag", "column.tag").main(),
        ListColumn::figures("computers", "column.computers").on_card(),
        ListColumn::figures("share", "column.share").on_card(),
        ListColumn::times("lastcome", "column.lastcome").on_card(),
    ],
    usual: "-computers",
    filters: Vec::new(),
});

/// What the page shows.
pub struct TagsPage<'a> {
    /// The fields of administrative data.
    pub fields: &'a [Field],
    /// How the computers spread.
    pub shares: &'a [Share],
    /// Which of them count.
    pub shelf: Shelf,
    /// What is seen of the list.
    pub view: &'a View,
    /// The reader may rename a TAG.
    pub may_rename: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &TagsPage) -> Markup {
    let arranged = arrange(&LIST, page.view, cells(locale, page.shares, page.shelf), false);
    let sum: u64 = page.shares.iter().map(|share| share.computers).sum();
    let why = locale.text("computers.none-why");
    let action = Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() });
    let list_page = ListPage::arranged(
        &LIST,
        page.view,
        &arranged,
        page.token,
        Empty { icon: Icon::Tag, title: locale.text("computers.none"), why, action },
        html! {
            (selector(locale, page.fields, &Field::tag()))
            @if sum > 0 { p.lead { (locale.count("tags.sum", sum)) } }
        },
    );
    html! {
        (list(locale, &list_page))
        @if page.may_rename && sum > 0 { (choose(locale, page.shares)) }
    }
}

fn choose(locale: &Locale, shares: &[Share]) -> Markup {
    let mut tags: Vec<&str> = shares.iter().map(|share| share.value.as_str()).collect();
    tags.sort_unstable_by_key(|tag| tag.to_lowercase());
    html! {
        form.choose method="get" action=(RENAME) {
            label for="tag" { (locale.text("tags.rename")) }
            span.box.select {
                select #tag name="tag" {
                    @for tag in tags.into_iter().take(OFFERED) { option value=(tag) { (visible(named(locale, tag))) } }
                }
            }
            button.button { (locale.text("tags.rename-do")) }
        }
    }
}

/// A TAG, or what stands for none.
pub fn named<'a>(locale: &Locale, tag: &'a str) -> &'a str {
    if tag.trim().is_empty() { locale.text("tags.none") } else { tag }
}

/// The cells of TAGs, for each column of the list.
pub fn cells(locale: &Locale, shares: &[Share], shelf: Shelf) -> Vec<Vec<Cell<'static>>> {
    let sum: u64 = shares.iter().map(|share| share.computers).sum();
    let cells = |share: &Share| {
        let mut address = Address::new(COMPUTERS).with("tag", &share.value);
        if shelf == Shelf::All {
            address = address.with(SHELF, "all");
        }
        let href = address.to_string();
        vec![
            Cell::Link { href: href.clone().into(), text: named(locale, &share.value).to_owned().into() },
            Cell::Counted { href: href.into(), count: i64::try_from(share.computers).unwrap_or(i64::MAX) },
            Cell::Percent(share.computers as f32 * 100.0 / sum.max(1) as f32),
            Cell::date(share.last_contact),
        ]
    };
    shares.iter().map(cells).collect()
}

/// Writes the form of a new TAG.
pub fn rename(locale: &Locale, token: &str, tag: &str, new: &str, errors: &[FieldError]) -> Markup {
    let control = Control::Line { value: new, fills: "off", unit: "", code: false };
    let field = form::Field {
        name: "new",
        label: locale.text("tags.new"),
        help: locale.text("tags.new-help"),
        required: false,
        control,
    };
    let fields = html! {
        (hidden("tag", tag))
        p { (locale.fill("tags.old", &[("tag", &visible(named(locale, tag)))])) }
        (form::field(&field, errors))
    };
    form::form(locale, &Form { action: RENAME, token, errors, submit: locale.text("tags.rename-next") }, fields)
}

/// What is said after a TAG was renamed.
pub fn done(locale: &Locale, n: u64) -> Message {
    Message { tone: Tone::Success, text: locale.count("tags.done", n), action: None }
}
