//! The page of one package: what it is, what is in it, where it is fetched, and what can be done with it (CON-DEP-5,
//! CON-DEP-7, CON-DEP-11).

use maud::{Markup, html};

use super::activate::ACTIVATE;
use super::build::{action, fragmented, protocol, warnings};
use super::packages::{TITLE, off, system};
use super::statistics::computers;
use super::{COMPUTERS, DEPLOY};
use crate::clock::Timestamp;
use crate::console::lists::filters::{HowFar, SHELF, affected};
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::token;
use crate::console::view::message::{Message, Tone};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale, counted, data, mono};
use crate::deployment::affectation::{ActivationId, Phase};
use crate::deployment::files::Broken;
use crate::deployment::pace::Pace;
use crate::deployment::package::{Contents, Package, PackageId};
use crate::i18n;

/// The page of a package.
pub const PAGE: &str = "/ocsreports/deploy/{id}";
/// Where a package is removed.
pub const DELETE: &str = "/ocsreports/deploy/{id}/delete";
/// Its archive as a file.
pub const ARCHIVE: &str = "/ocsreports/deploy/{id}/archive";
/// How far it is.
pub const STATISTICS: &str = "/ocsreports/deploy/{id}/statistics";

/// The address of a package.
pub fn address(id: PackageId) -> String {
    of(PAGE, id)
}

/// An address below a package.
pub fn of(path: &str, id: PackageId) -> String {
    path.replace("{id}", &id.to_string())
}

/// A place from which it is fetched.
#[derive(Debug, Clone)]
pub struct ActivationRow {
    /// Its number.
    pub id: ActivationId,
    /// Address of the information file.
    pub info: String,
    /// Address of the fragments.
    pub fragments: String,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: String,
    /// Computers in each phase, in the order of [`Phase::ALL`].
    pub phases: [u64; 4],
}

/// What the page shows.
pub struct PackagePage<'a> {
    /// The package.
    pub package: &'a Package,
    /// What its archive holds, when that is known.
    pub contents: Option<&'a Contents>,
    /// The pauses of agents.
    pub pace: Pace,
    /// Where agents find it on this server: the information file, and the fragments up to their number.
    pub addresses: Option<(String, String)>,
    /// Its activations.
    pub activations: &'a [ActivationRow],
    /// Computers that are affected.
    pub affected: u64,
    /// The reader may activate and remove it.
    pub may_change: bool,
    /// Deployment is off.
    pub off: bool,
    /// Token of the session.
    pub token: &'a str,
}

/// Says that the files of a package are not as they were made (SEC-45), with a link to its page from elsewhere.
pub fn damaged(locale: &Locale, package: &Package, broken: &Broken, elsewhere: bool) -> Message {
    let text = match broken {
        Broken::Missing(file) => locale.fill("package.broken-missing", &[("name", &package.name), ("file", file)]),
        Broken::Digest => locale.fill("package.broken-digest", &[("name", &package.name)]),
    };
    let action = Action { href: address(package.id), label: locale.text("package.look").to_owned() };
    Message { tone: Tone::Error, text, action: elsewhere.then_some(action) }
}

/// Writes the body.
pub fn body(locale: &Locale, page: &PackagePage) -> Markup {
    let package = page.package;
    let text = |key: &str| locale.text(key);
    html! {
        @if page.off { (off(locale, page.may_change)) }
        (warnings(locale, package, &page.pace))
        @if !package.description.is_empty() { p.lead { (data(&package.description)) } }
        div.actions {
            @if page.may_change {
                a.button.primary href=(of(ACTIVATE, package.id)) { (text("package.activate")) }
            }
            a.button href=(of(STATISTICS, package.id)) { (text("package.statistics")) }
            @if page.may_change && package.archive.is_some() {
                a.button href=(of(ARCHIVE, package.id)) { (text("package.download")) }
            }
        }
        (card(None, definitions(locale, &about(locale, package))))
        (card(Some(text("package.activations")), activations(locale, page)))
        @if package.archive.is_some() { (card(Some(text("build.archive")), archive(locale, page))) }
        @if page.may_change {
            div.apart {
                form method="post" action=(of(DELETE, package.id)) {
                    (token(page.token))
                    button.button.danger { (text("package.delete")) }
                }
            }
        }
    }
}

fn about<'a>(locale: &Locale, package: &'a Package) -> Vec<Definition<'a>> {
    let text = |key: &str| locale.text(key);
    let words = |key| Cell::Text(text(key).into());
    let mut known = vec![
        ("packages.id", Cell::Mono(package.id.to_string().into())),
        ("packages.system", words(system(package.system))),
        (action(package.action), Cell::mono(&package.argument)),
        ("packages.priority", Cell::Number(i64::from(package.priority))),
        ("build.protocol", words(protocol(package.protocol))),
        ("packages.made", Cell::Date(package.made)),
        ("packages.by", Cell::text(&package.by)),
    ];
    if let Some(notify) = &package.notify {
        known.push(("build.notify", Cell::text(&notify.text)));
        let countdown = if notify.countdown == 0 {
            Cell::Text(text("package.waits").into())
        } else {
            Cell::Text(locale.count("wait.seconds", u64::from(notify.countdown)).into())
        };
        known.push(("build.countdown", countdown));
        known.push(("build.abort", Cell::Flag(notify.can_abort)));
        known.push(("build.delay", Cell::Flag(notify.can_delay)));
    }
    if let Some(done) = &package.done {
        known.push(("build.done", Cell::text(done)));
    }
    known.into_iter().map(|(key, value)| Definition { label: text(key), value }).collect()
}

fn activations(locale: &Locale, page: &PackagePage) -> Markup {
    let title = |key: &str| std::borrow::Cow::Borrowed(locale.text(key));
    let figures = |phase: Phase| Column {
        title: title(&format!("statistics.{}", phase.word())),
        kind: Kind::Figures,
        card: matches!(phase, Phase::Success | Phase::Error),
        ..Column::default()
    };
    let mut columns = vec![
        Column { title: title("package.info"), main: true, ..Column::default() },
        Column { title: title("package.fragments"), card: true, ..Column::default() },
        Column { title: title("package.since"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("packages.by"), ..Column::default() },
    ];
    columns.extend(Phase::ALL.map(figures));
    let row = |row: &ActivationRow| {
        let mut cells = vec![
            Cell::Mono(row.info.clone().into()),
            Cell::Mono(row.fragments.clone().into()),
            Cell::Date(row.at),
            Cell::Text(row.by.clone().into()),
        ];
        for (phase, n) in Phase::ALL.into_iter().zip(row.phases) {
            let value = affected(row.id.0, HowFar::Phase(phase));
            let href = Address::new(COMPUTERS).with("activation", value).with(SHELF, "all");
            let count = i64::try_from(n).unwrap_or(i64::MAX);
            cells.push(if n == 0 { Cell::Number(0) } else { Cell::Counted { href: href.to_string().into(), count } });
        }
        cells
    };
    let rows: Vec<Vec<Cell>> = page.activations.iter().map(row).collect();
    let words = html! { (locale.count("statistics.total", page.affected)) };
    html! {
        @if rows.is_empty() {
            p { (locale.text("package.not-activated")) }
        } @else {
            (table(locale, &Table { caption: locale.text("package.activations"), columns: &columns, rows: &rows, order: None }))
            @if page.affected > 0 {
                p { (counted(&computers(page.package.id, HowFar::Any), page.affected, words)) }
            } @else {
                p.help { (locale.text("package.not-affected")) }
            }
        }
        @if let Some((info, fragments)) = &page.addresses {
            p.help { (locale.text("package.here")) }
            ul.named {
                li { (mono(info)) }
                @if page.package.archive.is_some() { li { (mono(fragments)) } }
            }
        }
    }
}

fn archive(locale: &Locale, page: &PackagePage) -> Markup {
    let Some(archive) = &page.package.archive else { return Markup::default() };
    let text = |key: &str| locale.text(key);
    let size = |bytes: u64| i18n::size(locale.lang, bytes);
    let pieces =
        fragmented(locale, page.package, &page.pace, &size(archive.fragment.min(archive.size)), archive.fragments);
    let mut known = vec![
        Definition { label: text("packages.size"), value: Cell::Text(size(archive.size).into()) },
        Definition { label: text("packages.fragments"), value: Cell::Text(pieces.into()) },
        Definition { label: archive.algorithm.word(), value: Cell::mono(&archive.digest) },
    ];
    if archive.sha256 != archive.digest {
        known.push(Definition { label: "SHA256", value: Cell::mono(&archive.sha256) });
    }
    if let Some(contents) = page.contents {
        let n = i64::try_from(contents.entries).unwrap_or(i64::MAX);
        known.push(Definition { label: text("package.entries"), value: Cell::Number(n) });
        known.push(Definition { label: text("package.unpacked"), value: Cell::Text(size(contents.total).into()) });
    }
    html! {
        (definitions(locale, &known))
        @if let Some(contents) = page.contents {
            @let more = contents.entries.saturating_sub(contents.first.len() as u64);
            details {
                summary { (text("package.listing")) }
                ul.named.listing {
                    @for entry in &contents.first {
                        li { code { (data(&entry.name)) } @if !entry.name.ends_with('/') { " " span.help { (size(entry.size)) } } }
                    }
                    @if more > 0 { li { (locale.count("confirm.more", more)) } }
                }
            }
        }
    }
}

/// The way back to the list.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: DEPLOY.to_owned(), label: locale.text(TITLE).to_owned() }]
}
