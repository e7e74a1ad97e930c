//! The list of software (CON-SOF-1 to CON-SOF-3): by name, or by name and version, with the number of computers.

use std::sync::LazyLock;

use maud::{Markup, html};

use super::{COMPUTERS, NEXT_STEPS, SOFTWARE};
use crate::console::lists::filters::{Chip, FILTERS, SHELF};
use crate::console::lists::{List, ListColumn, View};
use crate::console::view::address::Address;
use crate::console::view::form::hidden;
use crate::console::view::icon::{Icon, icon};
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::Empty;
use crate::console::view::table::Cell;
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Action, Locale, data};
use crate::dictionary::Category;
use crate::fleet::{Folded, Program, Shelf};

/// Title key of the page.
pub const TITLE: &str = "software.title";
/// Limits of this list in its address, with their labels.
pub const LIMITS: [(&str, &str); 5] = [
    ("named", "software.name"),
    ("publisher", "software.publisher"),
    ("version", "software.version"),
    ("least", "software.least"),
    ("most", "software.most"),
];
/// The dictionary's category in an address.
pub const CATEGORY: &str = "category";
/// Systems that can be chosen: a part of their names, and the words.
const SYSTEMS: [(&str, &str); 5] =
    [("", "software.any-system"), ("windows", "Windows"), ("linux", "Linux"), ("mac", "macOS"), ("android", "Android")];
/// Letters of the bar; `#` for what begins with none.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ#";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "software",
    path: SOFTWARE,
    title: TITLE,
    total: "software.total",
    columns: vec![
        ListColumn::words("name", "software.name").main(),
        ListColumn::words("publisher", "software.publisher").on_card(),
        ListColumn::words("version", "software.version").on_card(),
        ListColumn { searched: false, ..ListColumn::words("category", "software.category").on_card() },
        ListColumn::figures("computers", "column.computers").on_card(),
    ],
    usual: "-computers",
    filters: ["by", "letter", CATEGORY]
        .into_iter()
        .chain(LIMITS.map(|(key, _)| key))
        .chain(FILTERS.iter().map(|filter| filter.key))
        .collect(),
});

/// What the page shows.
pub struct SoftwarePage<'a> {
    /// The rows of the page.
    pub rows: &'a [Vec<Cell<'a>>],
    /// Rows on all pages.
    pub total: u64,
    /// Which page this is; the first is 1.
    pub page: u64,
    /// What is one row.
    pub folded: Folded,
    /// The letter that names begin with.
    pub letter: Option<char>,
    /// Categories that can be chosen.
    pub categories: &'a [Category],
    /// What is seen of the list.
    pub view: &'a View,
    /// Filters that are on.
    pub chips: &'a [Chip],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &SoftwarePage) -> Markup {
    let why = locale.text("software.none-why");
    let action = Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() });
    let list_page = ListPage {
        list: &LIST,
        view: page.view,
        rows: page.rows,
        total: page.total,
        page: page.page,
        chips: page.chips,
        actions: None,
        token: page.token,
        nothing: Empty { icon: Icon::Software, title: locale.text("software.none"), why, action },
        above: above(locale, page),
    };
    list(locale, &list_page)
}

fn above(locale: &Locale, page: &SoftwarePage) -> Markup {
    let address = &page.view.address;
    let views = [
        (Folded::ByName, "software.by-name", address.without("by")),
        (Folded::ByVersion, "software.by-version", address.with("by", "version")),
    ];
    let views = views.map(|(folded, key, href)| Tab {
        href: href.to_string(),
        label: locale.text(key),
        count: None,
        current: folded == page.folded,
    });
    let letters = LETTERS.chars();
    html! {
        (tabs(locale.text("software.views"), &views))
        nav.letters aria-label=(locale.text("software.letters")) {
            ul {
                li {
                    a href=(address.without("letter")) aria-current=[page.letter.is_none().then_some("true")] {
                        (locale.text("software.all-letters"))
                    }
                }
                @for letter in letters {
                    li {
                        a href=(address.with("letter", letter)) aria-current=[(page.letter == Some(letter)).then_some("true")] {
                            (letter)
                        }
                    }
                }
            }
        }
        (limits(locale, address, page.categories))
    }
}

/// Further limits, folded away until one is wanted.
fn limits(locale: &Locale, address: &Address, categories: &[Category]) -> Markup {
    let own = |name: &str| LIMITS.iter().any(|(key, _)| *key == name) || ["os", "tag", CATEGORY].contains(&name);
    let value = |name: &str| address.values().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
    let label = |key: &'static str| if key.contains('.') { locale.text(key) } else { key };
    html! {
        details.chooser.limits data-closes {
            summary.button { (icon(Icon::Search)) span { (locale.text("software.more")) } }
            form.float method="get" action=(SOFTWARE) {
                @for (name, value) in address.values().filter(|(name, _)| !own(name)) { (hidden(name, value)) }
                @for (key, title) in LIMITS {
                    label { (locale.text(title))
                        @if key == "least" || key == "most" {
                            input name=(key) type="number" min="1" value=(value(key));
                        } @else {
                            input name=(key) type="text" value=(value(key)) autocomplete="off";
                        }
                    }
                }
                label { (locale.text("software.category"))
                    select name=(CATEGORY) {
                        option value="" { (locale.text("software.any-category")) }
                        @for category in categories {
                            option value=(category.word()) selected[category.word() == value(CATEGORY)] {
                                (data(category.word()))
                            }
                        }
                    }
                }
                label { (locale.text("column.tag")) input name="tag" type="text" value=(value("tag")) autocomplete="off"; }
                label { (locale.text("column.osname"))
                    select name="os" {
                        @for (part, words) in SYSTEMS { option value=(part) selected[part == value("os")] { (label(words)) } }
                    }
                }
                div.actions { button.button.primary { (locale.text("list.find-do")) } }
            }
        }
    }
}

/// The cells of a program, for each column of the view. What the address narrows the computers to goes along with its
/// number.
pub fn cells(locale: &Locale, view: &View, folded: Folded, shelf: Shelf, program: Program) -> Vec<Cell<'static>> {
    let mut address = Address::new(COMPUTERS);
    for (name, value) in view.address.values().filter(|(name, _)| FILTERS.iter().any(|filter| filter.key == *name)) {
        address = address.with(name, value);
    }
    if shelf == Shelf::All {
        address = address.with(SHELF, "all");
    }
    let key = match folded {
        Folded::ByName => "software",
        Folded::ByVersion => "item",
    };
    let text = |text: String| if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.into()) };
    let href = address.with(key, program.item.0).to_string();
    let version = match program.versions {
        0 | 1 if program.version.trim().is_empty() => Cell::Empty,
        0 | 1 => Cell::Mono(program.version.into()),
        n => Cell::Text(locale.count("software.versions", n).into()),
    };
    let all = [
        text(program.name),
        text(program.publisher.replace('\n', ", ")),
        version,
        Cell::Text(program.category.word().to_owned().into()),
        Cell::Counted { href: href.into(), count: i64::try_from(program.computers).unwrap_or(i64::MAX) },
    ];
    view.columns.iter().filter_map(|key| all.get(LIST.position(key)?).cloned()).collect()
}
