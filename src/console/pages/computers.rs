//! All computers (CON-INV-1 to CON-INV-7): tabs, the list, and what is said after something was done.

use maud::Markup;

use super::{COMPUTERS, NEXT_STEPS};
use crate::console::lists::filters::{Chip, SHELF};
use crate::console::lists::{List, View};
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::view::list::{Actions, ListPage, list};
use crate::console::view::message::{Empty, Message, Tone};
use crate::console::view::table::Cell;
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Action, Locale};
use crate::fleet::Shelf;
use crate::users::Right;

/// What the list shows.
pub struct ComputersPage<'a> {
    /// The list with its columns.
    pub list: &'a List,
    /// What was asked for.
    pub view: &'a View,
    /// Which side of the archive.
    pub shelf: Shelf,
    /// Filters that are on.
    pub chips: &'a [Chip],
    /// The computers of this page, in order.
    pub rows: &'a [Vec<Cell<'a>>],
    /// Their numbers.
    pub ids: &'a [String],
    /// How many there are on all pages.
    pub total: u64,
    /// Which page this is; the first is 1.
    pub page: u64,
    /// All boxes are checked.
    pub all: bool,
    /// What the reader may do with computers.
    pub deeds: &'a [Deed],
    /// Token of the session.
    pub token: &'a str,
}

/// What can be done with computers of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Into the archive.
    Archive,
    /// Out of it.
    Restore,
    /// A file of them.
    Export,
    /// Administrative values.
    Values,
    /// Own values of options.
    Options,
    /// A package.
    Affect,
    /// Packages are taken back.
    Unaffect,
    /// Into a group, or out of it.
    Group,
    /// Gone, with everything.
    Delete,
}

impl Deed {
    /// All, dangerous ones last.
    pub const ALL: [Deed; 9] = [
        Deed::Values,
        Deed::Options,
        Deed::Group,
        Deed::Affect,
        Deed::Unaffect,
        Deed::Export,
        Deed::Archive,
        Deed::Restore,
        Deed::Delete,
    ];

    /// Its word in addresses and keys of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Deed::Archive => "archive",
            Deed::Restore => "restore",
            Deed::Export => "export",
            Deed::Values => "values",
            Deed::Options => "options",
            Deed::Affect => "affect",
            Deed::Unaffect => "unaffect",
            Deed::Group => "group",
            Deed::Delete => "delete",
        }
    }

    /// Where it is done, by POST.
    pub const fn path(self) -> &'static str {
        match self {
            Deed::Archive => "/ocsreports/computers/archive",
            Deed::Restore => "/ocsreports/computers/restore",
            Deed::Export => "/ocsreports/computers/export",
            Deed::Values => "/ocsreports/computers/values",
            Deed::Options => "/ocsreports/computers/options",
            Deed::Affect => "/ocsreports/deploy/affect",
            Deed::Unaffect => "/ocsreports/deploy/unaffect",
            Deed::Group => "/ocsreports/groups/members",
            Deed::Delete => "/ocsreports/computers/delete",
        }
    }

    /// The right that it needs.
    pub const fn right(self) -> Right {
        match self {
            Deed::Archive | Deed::Restore => Right::Archive,
            Deed::Export => Right::Export,
            Deed::Values => Right::ChangeTag,
            Deed::Options => Right::ChangeValues,
            Deed::Affect | Deed::Unaffect => Right::Affect,
            Deed::Group => Right::Groups,
            Deed::Delete => Right::Delete,
        }
    }

    /// It makes sense for what is on this side of the archive.
    const fn fits(self, shelf: Shelf) -> bool {
        match self {
            Deed::Archive => !matches!(shelf, Shelf::Archived),
            Deed::Restore => !matches!(shelf, Shelf::Active),
            Deed::Export
            | Deed::Values
            | Deed::Options
            | Deed::Group
            | Deed::Affect
            | Deed::Unaffect
            | Deed::Delete => true,
        }
    }
}

/// Title key of the page.
pub const TITLE: &str = "computers.title";

/// Writes the body.
pub fn body(locale: &Locale, page: &ComputersPage) -> Markup {
    let deeds = page.deeds.iter().filter(|deed| deed.fits(page.shelf));
    let label = |deed: &Deed| locale.text(&format!("computers.{}", deed.word())).to_owned();
    let buttons: Vec<Action> = deeds.map(|deed| Action { href: deed.path().to_owned(), label: label(deed) }).collect();
    let actions = Actions { values: page.ids, all: page.all, buttons: &buttons };
    list(
        locale,
        &ListPage {
            list: page.list,
            view: page.view,
            rows: page.rows,
            total: page.total,
            page: page.page,
            chips: page.chips,
            actions: (!buttons.is_empty()).then_some(actions),
            token: page.token,
            nothing: nothing(locale, page.shelf),
            above: shelves(locale, page),
        },
    )
}

fn shelves(locale: &Locale, page: &ComputersPage) -> Markup {
    let address = &page.view.address;
    let list = [
        (Shelf::Active, "computers.active", address.without(SHELF)),
        (Shelf::Archived, "computers.archived", address.with(SHELF, "archived")),
        (Shelf::All, "computers.all", address.with(SHELF, "all")),
    ];
    let tab = |(shelf, key, href): (Shelf, _, Address)| Tab {
        href: href.to_string(),
        label: locale.text(key),
        count: None,
        current: shelf == page.shelf,
    };
    tabs(locale.text("computers.tabs"), &list.map(tab))
}

fn nothing(locale: &Locale, shelf: Shelf) -> Empty<'static> {
    match shelf {
        Shelf::Archived => Empty {
            icon: Icon::Computer,
            title: locale.text("computers.none-archived"),
            why: locale.text("computers.none-archived-why"),
            action: Some(Action {
                href: COMPUTERS.to_owned(),
                label: locale.text("computers.none-archived-do").to_owned(),
            }),
        },
        Shelf::Active | Shelf::All => Empty {
            icon: Icon::Computer,
            title: locale.text("computers.none"),
            why: locale.text("computers.none-why"),
            action: Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() }),
        },
    }
}

/// What is said after something was done with `n` computers; `None` for a word that is none of ours.
pub fn done(locale: &Locale, word: &str, n: u64) -> Option<Message> {
    if word == "nothing" {
        return Some(Message {
            tone: Tone::Note,
            text: locale.text("computers.done-nothing").to_owned(),
            action: None,
        });
    }
    let deed = Deed::ALL.into_iter().find(|deed| deed.word() == word && *deed != Deed::Export)?;
    let text = locale.count(&format!("computers.done-{}", deed.word()), n);
    let action = match deed {
        Deed::Archive => Some((format!("{COMPUTERS}?{SHELF}=archived"), "computers.see-archived")),
        Deed::Restore => Some((COMPUTERS.to_owned(), "computers.see-active")),
        Deed::Export | Deed::Values | Deed::Options | Deed::Group | Deed::Affect | Deed::Unaffect | Deed::Delete => {
            None
        }
    };
    let action = action.map(|(href, key)| Action { href, label: locale.text(key).to_owned() });
    Some(Message { tone: Tone::Success, text, action })
}
