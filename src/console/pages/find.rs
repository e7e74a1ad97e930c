//! What the search box found, group by group.

use maud::{Markup, html};

use super::COMPUTERS;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::{Cell, cell};
use crate::console::view::{Action, Locale, counted, data, visible};

/// Title key of the page.
pub const TITLE: &str = "find.title";

/// What the page shows.
#[derive(Debug, Clone)]
pub struct FindPage {
    /// What is looked for; empty for nothing.
    pub part: String,
    /// Where it was found.
    pub groups: Vec<Group>,
}

/// One place where something was found.
#[derive(Debug, Clone)]
pub struct Group {
    /// Key of its title.
    pub title: String,
    /// How many hits it has.
    pub total: u64,
    /// The first of them.
    pub hits: Vec<Hit>,
    /// The list of all of them.
    pub whole: String,
}

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its name, as a link to it.
    pub name: Cell<'static>,
    /// What else tells why it is here.
    pub seen: Vec<Cell<'static>>,
}

impl Hit {
    /// A software with the computers that have it.
    pub fn software(locale: &Locale, href: String, name: String, computers: u64) -> Hit {
        let count = Cell::Text(locale.count("computers.total", computers).into());
        Hit { name: Cell::Link { href: href.into(), text: name.into() }, seen: vec![count] }
    }

    /// Where it leads.
    pub fn href(&self) -> Option<&str> {
        match &self.name {
            Cell::Link { href, .. } => Some(href),
            _ => None,
        }
    }
}

/// Writes the body.
pub fn body(locale: &Locale, page: &FindPage) -> Markup {
    if page.part.is_empty() {
        let (title, why) = (locale.text("find.empty"), locale.text("find.empty-why"));
        return empty(&Empty { icon: Icon::Search, title, why, action: None });
    }
    if page.groups.is_empty() {
        let why = locale.fill("find.none-why", &[("q", &visible(&page.part))]);
        let action = Action { href: COMPUTERS.to_owned(), label: locale.text("find.none-do").to_owned() };
        return empty(&Empty { icon: Icon::Search, title: locale.text("find.none"), why: &why, action: Some(action) });
    }
    html! {
        p.lead { (data(&locale.fill("find.lead", &[("q", &page.part)]))) }
        div.charts {
            @for group in &page.groups {
                section.card {
                    h2 { (locale.text(&group.title)) }
                    ul.hits data-keys {
                        @for hit in &group.hits {
                            li {
                                (cell(locale, &hit.name))
                                @for seen in hit.seen.iter().filter(|seen| **seen != Cell::Empty) { span { (cell(locale, seen)) } }
                            }
                        }
                    }
                    p { (counted(&group.whole, group.total, html! { (locale.count("find.whole", group.total)) })) }
                }
            }
        }
    }
}
