//! "Who is on what": computers by agent and by last error, and addresses whose agents cannot connect over HTTPS
//! (CON-AGT-3).

use std::net::IpAddr;
use std::sync::LazyLock;

use maud::{Markup, html};

use super::agents::AGENTS;
use super::dashboard::{Bar, Chart, Number, bars};
use super::kit::KIT;
use super::{COMPUTERS, STATUS};
use crate::console::lists::filters::{Chip, SHELF};
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::manual::HELP;
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::format::number;
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Tone};
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale, counted, data};
use crate::history::handshakes::Failure;
use crate::id::ComputerId;
use crate::tls::Failed;

/// Title key of the page.
pub const TITLE: &str = "who.title";
/// The page.
pub const WHO: &str = "/ocsreports/agents/who";
/// Which addresses are shown; a word of [`Which`].
pub const KIND: &str = "kind";

/// The list of addresses.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "handshakes",
    path: WHO,
    title: "who.addresses",
    total: "who.total",
    columns: vec![
        ListColumn::words("address", "who.address").main(),
        ListColumn::words("computers", "who.computers").on_card(),
        ListColumn::words("kind", "who.kind").on_card(),
        ListColumn::figures("count", "who.count"),
        ListColumn::times("first", "who.first"),
        ListColumn::times("last", "who.last").on_card(),
        ListColumn::times("worked", "who.worked"),
    ],
    usual: "-last",
    filters: vec![KIND],
});

/// Which addresses are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those where the certificate could not be verified, and nothing worked since.
    Distrust,
    /// Those with this reason, where nothing worked since.
    Kind(Failed),
    /// Those where a request came since.
    Settled,
    /// All.
    All,
}

impl Which {
    /// Those that are offered, in their order. Kinds about trust are shown together.
    pub fn offered() -> Vec<Which> {
        let others = Failed::ALL.iter().filter(|kind| !kind.distrusts()).map(|kind| Which::Kind(*kind));
        std::iter::once(Which::Distrust).chain(others).chain([Which::Settled, Which::All]).collect()
    }

    /// From the address; what cannot be read counts as not asked for.
    pub fn of(word: &str) -> Which {
        match word {
            "settled" => Which::Settled,
            "all" => Which::All,
            word => Failed::of(word).map_or(Which::Distrust, Which::Kind),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Which::Distrust => "distrust",
            Which::Kind(kind) => kind.word(),
            Which::Settled => "settled",
            Which::All => "all",
        }
    }

    /// Whether an address is among them.
    pub fn holds(self, failure: &Failure) -> bool {
        match self {
            Which::Distrust => failure.distrusts(),
            Which::Kind(kind) => failure.is_open() && failure.kind() == kind,
            Which::Settled => !failure.is_open(),
            Which::All => true,
        }
    }

    fn label(self, locale: &Locale) -> &'static str {
        locale.text(&format!("who.which-{}", self.word()))
    }

    fn href(self) -> String {
        match self {
            Which::Distrust => WHO.to_owned(),
            other => Address::new(WHO).with(KIND, other.word()).to_string(),
        }
    }
}

/// What is known of an address.
pub struct Row {
    /// The address.
    pub address: IpAddr,
    /// What happened there.
    pub failure: Failure,
    /// The computers that are known under it and that the reader sees.
    pub computers: Vec<ComputerId>,
    /// The name of the first of them.
    pub name: String,
    /// It is one of the proxies that the settings name.
    pub proxy: bool,
}

/// What the page shows.
pub struct WhoPage<'a> {
    /// Computers by their agents; without bars before the first computer.
    pub agents: Chart,
    /// Computers by the last error of their agents.
    pub errors: Chart,
    /// Every address that the reader may see.
    pub rows: &'a [Row],
    /// Which of them are shown.
    pub which: Which,
    /// What is seen of the list.
    pub view: &'a View,
    /// HTTPS is served.
    pub https: bool,
    /// The reader may open the page with the refusals of the day.
    pub status: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &WhoPage) -> Markup {
    let shown = arrange(&LIST, page.view, cells(locale, page.rows, page.which), false);
    let (title, why) = match page.https {
        true => ("who.none", "who.none-why"),
        false => ("who.off", "who.off-why"),
    };
    let nothing = Empty { icon: Icon::Lock, title: locale.text(title), why: locale.text(why), action: None };
    let chip = |which: Which| Chip {
        text: which.label(locale).to_owned(),
        without: page.view.address.without(KIND).to_string(),
    };
    let chips: Vec<Chip> = Some(page.which).filter(|which| *which != Which::Distrust).map(chip).into_iter().collect();
    let addresses = html! {
        h2 #addresses { (locale.text("who.addresses")) }
        p { (locale.text("who.addresses-lead")) }
        (choice(locale, page.rows))
    };
    let list_page =
        ListPage { chips: &chips, ..ListPage::arranged(&LIST, page.view, &shown, page.token, nothing, addresses) };
    html! {
        p.lead { (locale.text("who.lead")) }
        div.charts {
            @if page.agents.bars.is_empty() {
                (card(Some(page.agents.title), html! { p { (locale.text("who.no-agents")) } }))
            } @else {
                (card(Some(page.agents.title), bars(locale, &page.agents)))
            }
            (card(Some(page.errors.title), html! {
                @if page.errors.bars.is_empty() { p { (locale.text("who.no-errors")) } }
                @else { (bars(locale, &page.errors)) }
                p.help {
                    (locale.text("who.errors-help"))
                    @if page.status { " " a href=(STATUS) { (locale.text("who.errors-day")) } }
                }
            }))
        }
        (list(locale, &list_page))
        (card(Some(locale.text("who.meaning")), meaning(locale)))
    }
}

/// How many addresses there are of each sort, each number a link to them.
fn choice(locale: &Locale, rows: &[Row]) -> Markup {
    let number_of = |which: Which| Number {
        label: which.label(locale).to_owned(),
        value: rows.iter().filter(|row| which.holds(&row.failure)).count() as u64,
        href: which.href(),
    };
    let numbers: Vec<Number> = Which::offered().into_iter().map(number_of).collect();
    html! {
        ul.tiles data-keys {
            @for entry in numbers.iter().filter(|entry| entry.value > 0) {
                li {
                    (counted(&entry.href, entry.value, html! {
                        strong { (number(locale.lang, i64::try_from(entry.value).unwrap_or(i64::MAX))) }
                        span { (data(&entry.label)) }
                    }))
                }
            }
        }
    }
}

/// The cells of the addresses that are shown, all columns of the list.
pub fn cells(locale: &Locale, rows: &[Row], which: Which) -> Vec<Vec<Cell<'static>>> {
    let cells = |row: &Row| {
        let failure = &row.failure;
        let kind = locale.text(&format!("who.kind-{}", failure.kind().word()));
        let tone = match (failure.is_open(), failure.kind().distrusts()) {
            (false, _) => Tone::Note,
            (true, true) => Tone::Error,
            (true, false) => Tone::Warning,
        };
        vec![
            Cell::Mono(row.address.to_string().into()),
            computers(locale, row),
            Cell::State(tone, kind.into()),
            Cell::Number(i64::try_from(failure.count).unwrap_or(i64::MAX)),
            Cell::Date(failure.first),
            Cell::Date(failure.last),
            Cell::date(failure.worked),
        ]
    };
    rows.iter().filter(|row| which.holds(&row.failure)).map(cells).collect()
}

fn computers(locale: &Locale, row: &Row) -> Cell<'static> {
    match row.computers.as_slice() {
        _ if row.proxy => Cell::Text(locale.text("who.proxy").into()),
        [] => Cell::Text(locale.text("who.unknown").into()),
        [id] => Cell::Link { href: format!("{COMPUTERS}/{id}").into(), text: row.name.clone().into() },
        several => Cell::Counted {
            href: Address::new(COMPUTERS).with("address", row.address).with(SHELF, "all").to_string().into(),
            count: i64::try_from(several.len()).unwrap_or(i64::MAX),
        },
    }
}

/// What each reason means, and what is to be done.
fn meaning(locale: &Locale) -> Markup {
    html! {
        p { (locale.text("who.meaning-lead")) }
        dl.definitions {
            @for kind in Failed::ALL {
                div {
                    dt { (locale.text(&format!("who.kind-{}", kind.word()))) }
                    dd { (locale.text(&format!("who.what-{}", kind.word()))) }
                }
            }
        }
        div.actions {
            a.button href=(KIT) { (locale.text("kit.open")) }
            a.button href={ (HELP) "/certificates#cacert" } { (locale.text("who.manual")) }
        }
    }
}

/// A bar of agents or errors: computers with a value of a filter.
pub fn bar(label: String, computers: u64, address: &Address) -> Bar {
    Bar { label, computers, href: address.to_string() }
}

/// The way back to the agent files.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: AGENTS.to_owned(), label: locale.text(super::agents::TITLE).to_owned() }]
}
