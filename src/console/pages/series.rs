//! Trying a package out on the servers of a group: how far it is, what was found of each, what can be done then
//! (CON-DEP-8, CON-DEP-9).

use maud::{Markup, html};

use super::activate::{FRAGMENTS, INFO, ONLY, RUN, STOP, WHAT, of, step_row, step_table};
use super::servers::{GROUP, ON_SERVERS, PATTERN};
use super::{COMPUTERS, activate, groups, proved};
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{hidden, token};
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Action, Locale, format};
use crate::proof::Step;
use crate::proof::runs::Became;
use crate::proof::series::{BESIDE, Candidate, Found, Now, Plan};

/// A series that is under way or over, below its package; with its number.
pub const SERIES: &str = "/ocsreports/deploy/{id}/servers/proof";
/// [`WHAT`]: the package is activated on the servers that work.
pub const GOOD: &str = "good";
/// [`WHAT`]: the package is activated on all servers in spite of what was found.
pub const ALL: &str = "all";
/// Servers that the page shows, those that do not work first.
pub const MOST: usize = 200;

/// What is tried once for all servers.
const COMMON: [Step; 5] = [Step::Own, Step::Reached, Step::Certificate, Step::Info, Step::Archive];

/// What the page shows.
pub struct SeriesPage<'a> {
    /// Number of the series.
    pub run: u64,
    /// What is tried out.
    pub plan: &'a Plan,
    /// How far it is.
    pub now: &'a Now,
    /// Somebody ended it.
    pub stopped: bool,
    /// Name of the group; empty when it is gone.
    pub group: &'a str,
    /// Token of the session.
    pub token: &'a str,
}

impl SeriesPage<'_> {
    /// Whether the package may be activated by hand.
    pub fn may_activate(&self) -> bool {
        self.now.may_activate() && !matches!(self.now.became, Some(Became::Activated(_) | Became::Gone | Became::Same))
    }
}

/// Writes the page.
pub fn body(locale: &Locale, page: &SeriesPage) -> Markup {
    let text = |key: &str| locale.text(key);
    let group = match page.group {
        "" => Cell::Empty,
        name => Cell::Link { href: groups::address(page.plan.group).into(), text: name.to_owned().into() },
    };
    let about = [
        Definition { label: text("servers.group"), value: group },
        Definition { label: text("activate.info"), value: Cell::Mono(page.plan.info.to_string().into()) },
    ];
    html! {
        @if page.now.ended { (message(locale, &said(locale, page))) } @else { (running(locale, page)) }
        (card(None, definitions(locale, &about)))
        (common(locale, page))
        (servers(locale, page))
        (next(locale, page))
    }
}

fn running(locale: &Locale, page: &SeriesPage) -> Markup {
    let (tried, total) = (page.now.tried(), page.now.servers.len());
    html! {
        p.lead { (locale.fill("servers.running", &[("n", &BESIDE)])) }
        p { (locale.fill("servers.progress", &[("done", &number(locale, tried)), ("total", &number(locale, total))])) }
        progress max=(total) value=(tried) {}
    }
}

fn number(locale: &Locale, n: usize) -> String {
    format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX))
}

/// What came of it.
fn said(locale: &Locale, page: &SeriesPage) -> Message {
    let now = page.now;
    let (good, total) = (number(locale, now.good()), number(locale, now.servers.len()));
    let text = |key: &str| locale.text(key).to_owned();
    let some = |key: &str| locale.fill(key, &[("good", &good), ("total", &total)]);
    let (tone, text) = match now.became {
        Some(Became::Activated(n)) => (Tone::Success, locale.count("servers.activated", n)),
        Some(Became::Same) => (Tone::Note, text("servers.same")),
        Some(Became::Gone) => (Tone::Error, text("servers.gone")),
        Some(Became::Forbidden) => (Tone::Error, text("activate.forbidden")),
        Some(Became::Changed) => (Tone::Warning, text("servers.moved")),
        Some(Became::Failed) => (Tone::Error, text("activate.failed")),
        None if page.stopped => (Tone::Note, text("activate.stopped")),
        None if now.common.is_none() => (Tone::Error, text("activate.broken")),
        None if now.is_good() => (Tone::Success, text("activate.good")),
        None if !now.may_activate() => (Tone::Error, text("activate.wrong")),
        None if !now.is_common_good() => (Tone::Warning, some("servers.bad-common")),
        None => (Tone::Warning, some("servers.bad")),
    };
    let affect = matches!(now.became, Some(Became::Activated(_)))
        .then(|| Action { href: COMPUTERS.to_owned(), label: locale.text("activate.affect").to_owned() });
    Message { tone, text, action: affect }
}

/// What is tried once for all servers.
fn common(locale: &Locale, page: &SeriesPage) -> Markup {
    let trial = page.plan.common();
    let open = if page.now.ended { "proof.not-tried" } else { "proof.now" };
    let found = |step| page.now.common.as_ref().and_then(|common| common.of(step));
    let rows = COMMON.map(|step| step_row(locale, &trial, step, found(step), open));
    step_table(locale, locale.text("servers.common"), &rows)
}

/// Each server, those first that do not work.
fn servers(locale: &Locale, page: &SeriesPage) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("servers.server"), main: true, ..Column::default() },
        Column { title: title("servers.address"), ..Column::default() },
        Column { title: title("proof.outcome"), card: true, ..Column::default() },
        Column { title: title("proof.meaning"), card: true, ..Column::default() },
        Column { title: title("servers.check"), ..Column::default() },
    ];
    let rank = |found: &Found| match found {
        Found::Bad(..) | Found::NoPlace => 0,
        Found::Now => 1,
        Found::NotTried => 2,
        Found::Waiting => 3,
        Found::Good => 4,
    };
    let mut order: Vec<(usize, &Candidate, &Found)> = page
        .plan
        .servers
        .iter()
        .zip(&page.now.servers)
        .enumerate()
        .map(|(at, (one, found))| (at, one, found))
        .collect();
    order.sort_by_key(|(_, _, found)| rank(found));
    let rows: Vec<Vec<Cell>> =
        order.iter().take(MOST).map(|(at, one, found)| row(locale, page.plan, *at, one, found)).collect();
    let more = order.len().saturating_sub(MOST) as u64;
    let caption = locale.text("servers.title");
    html! {
        (table(locale, &Table { caption, columns: &columns, rows: &rows, order: None }))
        @if more > 0 { p { (locale.count("servers.more", more)) } }
    }
}

fn row(locale: &Locale, plan: &Plan, at: usize, one: &Candidate, found: &Found) -> Vec<Cell<'static>> {
    let text = |key: &str| locale.text(key);
    let name = if one.name.is_empty() { format!("#{}", one.computer) } else { one.name.clone() };
    let (tone, word) = match found {
        Found::Good => (Tone::Success, "proof.good"),
        Found::Bad(..) | Found::NoPlace => (Tone::Error, "proof.bad"),
        Found::Now => (Tone::Note, "proof.now"),
        Found::NotTried => (Tone::Note, "proof.not-tried"),
        Found::Waiting => (Tone::Note, "proof.later"),
    };
    let meaning = match (found, &one.place, plan.trial(at)) {
        (Found::Bad(step, trouble), _, Some(trial)) => {
            Cell::Text(proved::explained(locale, &trial, *step, trouble).into())
        }
        (_, Err(why), _) => Cell::Text(text(why.map_or("servers.no-address", activate::bad)).into()),
        _ => Cell::Empty,
    };
    let alone = |fragments: String| {
        let address = Address::new(of(activate::ACTIVATE, plan.package.id)).with(INFO, &plan.info);
        let href = address.with(FRAGMENTS, fragments).with(ONLY, 1).to_string().into();
        Cell::Link { href, text: text("servers.try").into() }
    };
    let place = one.place.as_ref().ok().map(ToString::to_string);
    vec![
        Cell::Link { href: format!("{COMPUTERS}/{}", one.computer).into(), text: name.into() },
        place.clone().map_or(Cell::Empty, |place| Cell::Mono(place.into())),
        Cell::State(tone, text(word).into()),
        meaning,
        place.map_or(Cell::Empty, alone),
    ]
}

/// The form with what was typed there for a plan.
pub fn again(plan: &Plan) -> String {
    let form = Address::new(of(ON_SERVERS, plan.package.id)).with(GROUP, plan.group).with(INFO, &plan.info);
    form.with(PATTERN, &plan.pattern).to_string()
}

/// What can be done now.
fn next(locale: &Locale, page: &SeriesPage) -> Markup {
    let (id, now) = (page.plan.package.id, page.now);
    let deed = |what: &str, label: &str, primary: bool| {
        html! {
            form.deeds method="post" action=(of(SERIES, id)) {
                (token(page.token))
                (hidden(RUN, &page.run.to_string()))
                button.button.primary[primary] name=(WHAT) value=(what) { (label) }
            }
        }
    };
    if !now.ended {
        return if page.stopped {
            html! { p { (locale.text("servers.stopping")) } }
        } else {
            deed(STOP, locale.text("activate.stop"), false)
        };
    }
    let (good, all) = (now.good() as u64, now.servers.len() as u64);
    html! {
        @if page.may_activate() {
            @if now.is_good() {
                (deed(ALL, &locale.count("servers.on", all), true))
            } @else {
                p { (locale.text("servers.anyway-help")) }
                @if good > 0 && good < all { (deed(GOOD, &locale.count("servers.on-good", good), now.is_common_good())) }
                (deed(ALL, &locale.count("servers.on-all", all), false))
            }
        }
        p.actions { a.button href=(again(page.plan)) { (locale.text("activate.again")) } }
    }
}
