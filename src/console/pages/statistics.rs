//! How far a package is on its computers: a chart, a table of states, and what can be tidied up (CON-DEP-16 to 18).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::COMPUTERS;
use super::computer::{tone, word};
use super::dashboard::{Bar, Chart, bars};
use crate::console::lists::filters::{HowFar, SHELF, affected};
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::form::{hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Message, Tone, message};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, counted, data, format};
use crate::deployment::affectation::State;
use crate::deployment::package::PackageId;

/// Address of the list; with the package as its filter.
pub const STATISTICS: &str = "/ocsreports/deploy/statistics";
/// Where affectations are tidied up.
pub const VALIDATE: &str = "/ocsreports/deploy/statistics/validate";
/// The package in the address.
pub const PACKAGE: &str = "package";
/// What is tidied up, in the form.
pub const WHAT: &str = "what";
/// Title key.
pub const TITLE: &str = "statistics.title";

/// The list of states.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "package-states",
    path: STATISTICS,
    title: TITLE,
    total: "statistics.states",
    columns: vec![
        ListColumn::words("state", "statistics.state").main(),
        ListColumn::words("kind", "statistics.kind").on_card(),
        ListColumn::figures("computers", "column.computers").on_card(),
        ListColumn::figures("share", "statistics.share").on_card(),
        ListColumn::words("meaning", "statistics.meaning").on_card(),
    ],
    usual: "-computers",
    filters: vec![PACKAGE],
});

/// What is tidied up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tidy {
    /// What went well.
    Success,
    /// What waits for notification.
    Waiting,
    /// Both, and what failed.
    All,
}

impl Tidy {
    /// All, in the order of their buttons.
    pub const ALL: [Tidy; 3] = [Tidy::Success, Tidy::Waiting, Tidy::All];

    /// Its word in forms and keys of texts.
    pub fn word(self) -> &'static str {
        match self {
            Tidy::Success => "success",
            Tidy::Waiting => "waiting",
            Tidy::All => "all",
        }
    }
}

/// What the page shows.
pub struct StatisticsPage<'a> {
    /// The package.
    pub package: PackageId,
    /// Computers that are affected to it.
    pub total: u64,
    /// How many computers are in each state.
    pub states: &'a [(State, u64)],
    /// How many affectations each button takes away; empty for who may not.
    pub tidy: &'a [(Tidy, u64)],
    /// What is seen of the table.
    pub view: &'a View,
    /// Token of the session.
    pub token: &'a str,
    /// Deployment is off.
    pub off: bool,
}

/// The statistics of a package.
pub fn address(package: PackageId) -> Address {
    Address::new(STATISTICS).with(PACKAGE, package)
}

/// The computers that are affected to a package and so far.
pub fn computers(package: PackageId, how_far: HowFar) -> String {
    Address::new(COMPUTERS).with("package", affected(package.0, how_far)).with(SHELF, "all").to_string()
}

/// Writes the body.
pub fn body(locale: &Locale, page: &StatisticsPage) -> Markup {
    let rows = cells(locale, page.package, page.states);
    let arranged = arrange(&LIST, page.view, rows, false);
    let nothing = Empty {
        icon: Icon::Note,
        title: locale.text("statistics.none"),
        why: locale.text("statistics.none-why"),
        action: None,
    };
    let all = html! { (locale.count("statistics.total", page.total)) };
    let chart = Chart {
        title: locale.text("statistics.chart"),
        bars: page.states.iter().map(|(state, n)| bar(locale, page.package, state, *n)).collect(),
    };
    html! {
        @if page.off {
            (message(locale, &Message { tone: Tone::Warning, text: locale.text("deploy.off").to_owned(), action: None }))
        }
        @if page.total > 0 {
            p.lead { (counted(&computers(page.package, HowFar::Any), page.total, all)) }
            (card(Some(chart.title), bars(locale, &chart)))
        }
        (list(locale, &ListPage::arranged(&LIST, page.view, &arranged, page.token, nothing, Markup::default())))
        @if page.tidy.iter().any(|(_, n)| *n > 0) {
            form.deeds method="post" action=(VALIDATE) {
                (token(page.token))
                (hidden(PACKAGE, &page.package.to_string()))
                @for (tidy, n) in page.tidy.iter().filter(|(_, n)| *n > 0) {
                    button.button.grave[*tidy == Tidy::All] name=(WHAT) value=(tidy.word()) {
                        (locale.fill(&format!("statistics.tidy-{}", tidy.word()), &[("n", &format::number(locale.lang, *n as i64))]))
                    }
                }
            }
        }
    }
}

/// Written where no package is chosen: the packages, and an empty list.
pub fn choice(locale: &Locale, packages: &[(PackageId, &str)], view: &View, session: &str) -> Markup {
    let why = locale.text(if packages.is_empty() { "statistics.no-package" } else { "statistics.choose" });
    let nothing = Empty { icon: Icon::Note, title: locale.text("statistics.which"), why, action: None };
    let arranged = arrange(&LIST, view, Vec::new(), false);
    html! {
        (list(locale, &ListPage::arranged(&LIST, view, &arranged, session, nothing, Markup::default())))
        ul.named { @for (id, name) in packages { li { a href=(address(*id)) { (data(name)) } } } }
    }
}

fn bar(locale: &Locale, package: PackageId, state: &State, n: u64) -> Bar {
    Bar { label: word(locale, state), computers: n, href: computers(package, HowFar::State(state.as_str())) }
}

/// The cells of the states, all columns of the list.
pub fn cells(locale: &Locale, package: PackageId, states: &[(State, u64)]) -> Vec<Vec<Cell<'static>>> {
    let sum = states.iter().map(|(_, n)| *n).sum::<u64>().max(1);
    let row = |(state, n): &(State, u64)| {
        let phase = state.phase();
        vec![
            Cell::Text(word(locale, state).into()),
            Cell::State(tone(phase), locale.text(&format!("statistics.{}", phase.word())).into()),
            Cell::Counted {
                href: computers(package, HowFar::State(state.as_str())).into(),
                count: i64::try_from(*n).unwrap_or(i64::MAX),
            },
            Cell::Percent((*n as f64 * 100.0 / sum as f64) as f32),
            Cell::Text(locale.text(state.explanation()).into()),
        ]
    };
    states.iter().map(row).collect()
}
