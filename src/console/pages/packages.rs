//! The lists of packages: those that are there, and what is left of those that were removed (CON-DEP-7, CON-DEP-18).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::DEPLOY;
use super::activated::{ACTIVATED, TITLE as ACTIVATED_TITLE};
use super::build::NEW;
use super::config::filtered;
use super::package::address;
use super::replicas::REPLICAS;
use super::statistics::computers;
use crate::console::lists::filters::HowFar;
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Message, Tone, message};
use crate::console::view::table::Cell;
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Action, Locale};
use crate::deployment::affectation::Phase;
use crate::deployment::package::{Package, Removed, System};

/// Title key of the list.
pub const TITLE: &str = "packages.title";
/// Title key of the list of removed ones.
pub const REMOVED_TITLE: &str = "packages.removed-title";
/// Address of the list of removed ones.
pub const REMOVED: &str = "/ocsreports/deploy/removed";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "packages",
    path: DEPLOY,
    title: TITLE,
    total: "packages.total",
    columns: vec![
        ListColumn::words("name", "packages.name").main(),
        ListColumn::words("system", "packages.system").on_card(),
        ListColumn::times("made", "packages.made"),
        ListColumn::figures("activations", "packages.activations").on_card(),
        ListColumn::figures("waiting", "statistics.waiting"),
        ListColumn::figures("notified", "statistics.notified"),
        ListColumn::figures("success", "statistics.success").on_card(),
        ListColumn::figures("error", "statistics.error").on_card(),
        ListColumn::figures("priority", "packages.priority"),
        ListColumn::figures("fragments", "packages.fragments"),
        ListColumn { unit: "unit.kb", ..ListColumn::figures("size", "packages.size") },
        ListColumn::words("id", "packages.id"),
        ListColumn::words("description", "packages.description"),
        ListColumn { shown: false, ..ListColumn::words("by", "packages.by") },
    ],
    usual: "-made",
    filters: Vec::new(),
});

/// The list of removed ones.
pub static REMOVED_LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "packages-removed",
    path: REMOVED,
    title: REMOVED_TITLE,
    total: "packages.total",
    columns: vec![
        ListColumn::words("name", "packages.name").main(),
        ListColumn::words("id", "packages.id").on_card(),
        ListColumn::words("system", "packages.system").on_card(),
        ListColumn { unit: "unit.kb", ..ListColumn::figures("size", "packages.size") },
        ListColumn::times("made", "packages.made"),
        ListColumn::words("by", "packages.by"),
        ListColumn::times("removed", "packages.removed-at").on_card(),
        ListColumn::words("removed-by", "packages.removed-by").on_card(),
    ],
    usual: "-removed",
    filters: Vec::new(),
});

/// A package with how many computers are how far.
#[derive(Debug, Clone)]
pub struct PackageRow {
    /// The package.
    pub package: std::sync::Arc<Package>,
    /// How many activations it has.
    pub activations: u64,
    /// Computers in each phase, in the order of [`Phase::ALL`].
    pub phases: [u64; 4],
}

/// What the page shows.
pub struct PackagesPage<'a> {
    /// What is seen of the list.
    pub view: &'a View,
    /// How many packages there are, and how many were removed.
    pub counts: (u64, u64),
    /// The reader may build.
    pub may_build: bool,
    /// Deployment is off.
    pub off: bool,
    /// The reader may switch it on.
    pub may_switch: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// The key of a system's name.
pub fn system(system: System) -> &'static str {
    match system {
        System::Windows => "affect.windows",
        System::Linux => "affect.linux",
        System::MacOs => "affect.macos",
    }
}

/// Says that deployment is off, and where it is switched on.
pub fn off(locale: &Locale, may_switch: bool) -> Markup {
    let action = Action { href: filtered("DOWNLOAD").to_string(), label: locale.text("packages.switch-on").to_owned() };
    message(
        locale,
        &Message {
            tone: Tone::Warning,
            text: locale.text("deploy.off").to_owned(),
            action: may_switch.then_some(action),
        },
    )
}

/// Writes the list.
pub fn body(locale: &Locale, page: &PackagesPage, rows: &[PackageRow]) -> Markup {
    let arranged = arrange(&LIST, page.view, cells(locale, rows), false);
    let build = Action { href: NEW.to_owned(), label: locale.text("packages.build").to_owned() };
    let why = locale.text(if page.may_build { "packages.none-why" } else { "packages.none-other" });
    let nothing = Empty {
        icon: Icon::Deploy,
        title: locale.text("packages.none"),
        why,
        action: page.may_build.then(|| build.clone()),
    };
    let above = html! {
        (parts(locale, page, false))
        @if page.may_build && !rows.is_empty() {
            div.actions {
                a.button.primary href=(build.href) { (build.label) }
                a.button href=(REPLICAS) { (locale.text("replicas.title")) }
            }
        }
    };
    html! {
        @if page.off { (off(locale, page.may_switch)) }
        (list(locale, &ListPage::arranged(&LIST, page.view, &arranged, page.token, nothing, above)))
    }
}

/// Writes the list of removed ones.
pub fn removed(locale: &Locale, page: &PackagesPage, rows: &[Removed]) -> Markup {
    let arranged = arrange(&REMOVED_LIST, page.view, removed_cells(locale, rows), false);
    let nothing = Empty {
        icon: Icon::Deploy,
        title: locale.text("packages.none-removed"),
        why: locale.text("packages.none-removed-why"),
        action: None,
    };
    let above = parts(locale, page, true);
    list(locale, &ListPage::arranged(&REMOVED_LIST, page.view, &arranged, page.token, nothing, above))
}

/// The parts of the page.
fn parts(locale: &Locale, page: &PackagesPage, removed: bool) -> Markup {
    let tab = |href: &str, key, count, current| Tab {
        href: href.to_owned(),
        label: locale.text(key),
        count: Some(count),
        current,
    };
    let list = [
        tab(DEPLOY, "packages.available", page.counts.0, !removed),
        Tab { href: ACTIVATED.to_owned(), label: locale.text(ACTIVATED_TITLE), count: None, current: false },
        tab(REMOVED, "packages.removed", page.counts.1, removed),
    ];
    tabs(locale.text(TITLE), &list)
}

/// Bytes as the list shows them.
fn kib(bytes: u64) -> Cell<'static> {
    if bytes == 0 { Cell::Empty } else { Cell::Number(number(bytes.div_ceil(1024))) }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn words(text: &str) -> Cell<'static> {
    if text.trim().is_empty() { Cell::Empty } else { Cell::Text(text.to_owned().into()) }
}

/// The cells of packages, all columns of the list.
pub fn cells(locale: &Locale, rows: &[PackageRow]) -> Vec<Vec<Cell<'static>>> {
    let row = |row: &PackageRow| {
        let package = &row.package;
        let link = Cell::Link { href: address(package.id).into(), text: package.name.clone().into() };
        let mut cells = vec![
            link,
            Cell::Text(locale.text(system(package.system)).into()),
            Cell::Date(package.made),
            Cell::Number(number(row.activations)),
        ];
        for (phase, n) in Phase::ALL.into_iter().zip(row.phases) {
            let href = computers(package.id, HowFar::Phase(phase)).into();
            cells.push(if n == 0 { Cell::Number(0) } else { Cell::Counted { href, count: number(n) } });
        }
        cells.extend([
            Cell::Number(i64::from(package.priority)),
            Cell::Number(i64::from(package.fragments())),
            kib(package.size()),
            Cell::Mono(package.id.to_string().into()),
            words(&package.description),
            words(&package.by),
        ]);
        cells
    };
    rows.iter().map(row).collect()
}

/// The cells of removed packages, all columns of their list.
pub fn removed_cells(locale: &Locale, rows: &[Removed]) -> Vec<Vec<Cell<'static>>> {
    let row = |row: &Removed| {
        vec![
            Cell::Text(row.name.clone().into()),
            Cell::Mono(row.id.to_string().into()),
            Cell::Text(locale.text(system(row.system)).into()),
            kib(row.size),
            Cell::Date(row.made),
            words(&row.by),
            Cell::Date(row.at),
            words(&row.removed_by),
        ]
    };
    rows.iter().map(row).collect()
}
