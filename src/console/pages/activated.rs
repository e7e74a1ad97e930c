//! The activations: which package is fetched from where, and how far it is by each (CON-DEP-15).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::COMPUTERS;
use super::package::address as package;
use super::packages::system;
use crate::clock::Timestamp;
use crate::console::lists::filters::{HowFar, SHELF, affected};
use crate::console::lists::{Arranged, List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::view::list::{Actions, ListPage, list};
use crate::console::view::message::{Empty, Message, Tone, message};
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale};
use crate::deployment::affectation::{ActivationId, Phase};
use crate::deployment::package::{PackageId, System};
use crate::id::ComputerId;

/// Address of the list.
pub const ACTIVATED: &str = "/ocsreports/deploy/activated";
/// Where activations are taken away, with their affectations; [`NUMBER`] says which, as boxes of lists do.
pub const DEACTIVATE: &str = "/ocsreports/deploy/deactivate";
/// Field: number of an activation.
pub const NUMBER: &str = "id";
/// Title key.
pub const TITLE: &str = "activated.title";
/// The column by which rows are known.
const KEY: &str = "number";

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| {
    let phase = |phase: Phase, title: &str| ListColumn::figures(phase.word(), title);
    List {
        key: "activations",
        path: ACTIVATED,
        title: TITLE,
        total: "activated.total",
        columns: vec![
            ListColumn::words("package", "affect.activation").main(),
            ListColumn {
                kind: crate::console::view::table::Kind::Short,
                ..ListColumn::words("address", "activated.address")
            }
            .on_card(),
            ListColumn { shown: false, ..ListColumn::words("fragments-address", "activated.fragments-address") },
            ListColumn::words("server", "servers.server"),
            ListColumn::words("system", "activated.system"),
            ListColumn { shown: false, ..ListColumn::figures("priority", "activated.priority") },
            ListColumn { shown: false, ..ListColumn::figures("fragments", "activated.fragments") },
            ListColumn { unit: "unit.kb", shown: false, ..ListColumn::figures("size", "activated.size") },
            ListColumn { shown: false, ..ListColumn::words("description", "activated.description") },
            phase(Phase::Waiting, "statistics.waiting").on_card(),
            phase(Phase::Notified, "statistics.notified"),
            phase(Phase::Success, "statistics.success").on_card(),
            phase(Phase::Error, "statistics.error").on_card(),
            ListColumn::times("at", "activated.at"),
            ListColumn { shown: false, ..ListColumn::words("by", "activated.by") },
            ListColumn { shown: false, ..ListColumn::figures("id", "activated.id") },
            ListColumn { shown: false, ..ListColumn::figures(KEY, "activated.number") },
        ],
        usual: "-at",
        filters: Vec::new(),
    }
});

/// An activation as it is shown.
#[derive(Debug, Clone)]
pub struct ActivatedRow {
    /// Its number.
    pub number: ActivationId,
    /// The package.
    pub package: PackageId,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
    /// Its system.
    pub system: System,
    /// 0 to 10.
    pub priority: u8,
    /// How many.
    pub fragments: u32,
    /// Bytes.
    pub size: u64,
    /// Address of the information file.
    pub info: String,
    /// Address of the fragments.
    pub pack: String,
    /// The redistribution server that has the fragments, where the reader sees it: number and name.
    pub server: Option<(ComputerId, String)>,
    /// When it was activated.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Computers in each phase, in the order of [`Phase::ALL`].
    pub phases: [u64; 4],
}

/// Cells of all columns.
pub fn cells(locale: &Locale, rows: &[ActivatedRow]) -> Vec<Vec<Cell<'static>>> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let row = |row: &ActivatedRow| {
        let phase = |phase: Phase, count: u64| {
            let which = affected(row.number.0, HowFar::Phase(phase));
            let href = Address::new(COMPUTERS).with("activation", which).with(SHELF, "all").to_string();
            Cell::Counted { href: href.into(), count: number(count) }
        };
        let mut phases = Phase::ALL.into_iter().zip(row.phases).map(|(one, count)| phase(one, count));
        let mut next = || phases.next().unwrap_or(Cell::Empty);
        vec![
            Cell::Link { href: package(row.package).into(), text: row.name.clone().into() },
            Cell::Mono(row.info.clone().into()),
            Cell::Mono(row.pack.clone().into()),
            row.server.as_ref().map_or(Cell::Empty, |(id, name)| Cell::Link {
                href: format!("{COMPUTERS}/{id}").into(),
                text: if name.is_empty() { format!("#{id}") } else { name.clone() }.into(),
            }),
            Cell::Text(locale.text(system(row.system)).into()),
            Cell::Number(i64::from(row.priority)),
            Cell::Number(i64::from(row.fragments)),
            if row.fragments == 0 { Cell::Empty } else { Cell::Number(number(row.size.div_ceil(1024))) },
            Cell::text(&row.description).into_owned(),
            next(),
            next(),
            next(),
            next(),
            Cell::Date(row.at),
            Cell::text(&row.by).into_owned(),
            Cell::Number(i64::from(row.package.0)),
            Cell::Number(i64::from(row.number.0)),
        ]
    };
    rows.iter().map(row).collect()
}

/// The rows of a page, or of all pages, with the numbers of their activations.
pub fn arranged(
    locale: &Locale,
    view: &View,
    rows: &[ActivatedRow],
    whole: bool,
) -> (Arranged<'static>, Vec<ActivationId>) {
    let mut wide = view.clone();
    wide.columns.push(KEY);
    let mut arranged = arrange(&LIST, &wide, cells(locale, rows), whole);
    let number = |row: &mut Vec<Cell>| match row.pop() {
        Some(Cell::Number(number)) => u32::try_from(number).unwrap_or_default(),
        _ => 0,
    };
    let numbers = arranged.rows.iter_mut().map(|row| ActivationId(number(row))).collect();
    (arranged, numbers)
}

/// What the page shows.
pub struct ActivatedPage<'a> {
    /// Every activation.
    pub rows: &'a [ActivatedRow],
    /// What is seen of the list.
    pub view: &'a View,
    /// The reader may take activations away.
    pub may_change: bool,
    /// All boxes are checked from the start.
    pub all: bool,
    /// Deployment is off.
    pub off: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &ActivatedPage) -> Markup {
    let (arranged, numbers) = arranged(locale, page.view, page.rows, false);
    let values: Vec<String> = numbers.iter().map(|number| number.0.to_string()).collect();
    let buttons = [Action { href: DEACTIVATE.to_owned(), label: locale.text("activated.deactivate").to_owned() }];
    let nothing = Empty {
        icon: Icon::Note,
        title: locale.text("affect.none"),
        why: locale.text(if page.may_change { "affect.none-admin" } else { "affect.none-other" }),
        action: None,
    };
    let shown = ListPage::arranged(&LIST, page.view, &arranged, page.token, nothing, Markup::default());
    let actions = page.may_change.then_some(Actions { values: &values, all: page.all, buttons: &buttons });
    html! {
        @if page.off {
            (message(locale, &Message { tone: Tone::Warning, text: locale.text("deploy.off").to_owned(), action: None }))
        }
        @if !page.rows.is_empty() { p.lead { (locale.text("activated.lead")) } }
        (list(locale, &ListPage { actions, ..shown }))
    }
}
