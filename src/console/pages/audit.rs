//! The audit log: who changed what (CON-AUD-1).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::{AUDIT, LOGS};
use crate::console::lists::filters::Chip;
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::form::hidden;
use crate::console::view::icon::Icon;
use crate::console::view::list::{ListPage, list};
use crate::console::view::message::{Empty, Tone};
use crate::console::view::table::Cell;
use crate::console::view::tabs::{Tab, tabs};
use crate::console::view::{Locale, visible};
use crate::history::Action;
use crate::history::audit::{Actor, Change, Entry};

/// Title key of the page.
pub const TITLE: &str = "audit.title";
/// The name of the filter by who acted.
pub const ACCOUNT: &str = "account";
/// The name of the filter by what was done.
pub const ACTION: &str = "action";
/// Characters of the changed values that a row shows; the file has all of them.
const SHOWN: usize = 240;

/// The list.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "log",
    path: AUDIT,
    title: TITLE,
    total: "audit.total",
    columns: vec![
        ListColumn::times("at", "audit.at").on_card(),
        ListColumn::words("account", "audit.account").on_card(),
        ListColumn::words("action", "audit.action").main(),
        ListColumn::words("object", "audit.object").on_card(),
        ListColumn::words("changes", "audit.changes").on_card(),
        ListColumn::figures("count", "audit.count"),
        ListColumn::words("address", "audit.address"),
        ListColumn::words("outcome", "audit.outcome"),
    ],
    usual: "-at",
    filters: vec![ACCOUNT, ACTION],
});

/// One entry.
pub struct AuditRow {
    /// The entry; `None` when it cannot be read.
    pub entry: Option<Entry>,
    /// What it is about, for people.
    pub object: String,
    /// Where that is found, while it is there.
    pub href: Option<String>,
}

/// What the page shows.
pub struct AuditPage<'a> {
    /// The entries, the newest first.
    pub rows: &'a [AuditRow],
    /// There are older ones that the page does not list.
    pub older: bool,
    /// What is seen of the list.
    pub view: &'a View,
    /// Filters that are on.
    pub chips: &'a [Chip],
    /// The account that is chosen; empty for all.
    pub account: &'a str,
    /// The word of the action that is chosen; empty for all.
    pub action: &'a str,
    /// Accounts to choose from.
    pub accounts: &'a [String],
    /// Token of the session.
    pub token: &'a str,
}

/// The two logs side by side.
pub fn both(locale: &Locale, here: &str) -> Markup {
    let tab =
        |href: &str, key| Tab { href: href.to_owned(), label: locale.text(key), count: None, current: href == here };
    tabs(locale.text("audit.logs"), &[tab(AUDIT, TITLE), tab(LOGS, super::logs::TITLE)])
}

/// Writes the body.
pub fn body(locale: &Locale, page: &AuditPage) -> Markup {
    let mut arranged = arrange(&LIST, page.view, cells(locale, page.rows), false);
    arranged.rows.iter_mut().flatten().for_each(shorten);
    let list_page = ListPage {
        list: &LIST,
        view: page.view,
        rows: &arranged.rows,
        total: arranged.total,
        page: arranged.page,
        chips: page.chips,
        actions: None,
        token: page.token,
        nothing: Empty {
            icon: Icon::Log,
            title: locale.text("audit.none"),
            why: locale.text("audit.none-why"),
            action: None,
        },
        above: html! { (both(locale, AUDIT)) (choose(locale, page)) },
    };
    html! {
        (list(locale, &list_page))
        @if page.older { p.help { (locale.text("audit.older")) } }
        p.help { (locale.text("audit.kept")) }
    }
}

fn choose(locale: &Locale, page: &AuditPage) -> Markup {
    let kept = page.view.address.without(ACCOUNT).without(ACTION);
    let mut actions: Vec<(&str, &str)> =
        Action::ALL.iter().map(|action| (action.word(), action_text(locale, *action))).collect();
    actions.sort_by_key(|(_, text)| text.to_lowercase());
    html! {
        form.choose method="get" action=(AUDIT) {
            @for (name, value) in kept.values() { (hidden(name, value)) }
            label for=(ACCOUNT) { (locale.text("audit.account")) }
            span.box.select {
                select id=(ACCOUNT) name=(ACCOUNT) {
                    option value="" { (locale.text("audit.everybody")) }
                    @for account in page.accounts {
                        option value=(account) selected[account == page.account] { (visible(who(locale, account))) }
                    }
                }
            }
            label for=(ACTION) { (locale.text("audit.action")) }
            span.box.select {
                select id=(ACTION) name=(ACTION) {
                    option value="" { (locale.text("audit.everything")) }
                    @for (word, text) in actions { option value=(word) selected[word == page.action] { (text) } }
                }
            }
            button.button { (locale.text("audit.choose")) }
        }
    }
}

/// What stands for an actor in addresses. No account has a colon in its name.
pub fn code(actor: &Actor) -> &str {
    match actor {
        Actor::Account(account) => account,
        Actor::Automatic => ":automatic",
        Actor::CommandLine => ":command-line",
    }
}

/// The name of who acted, by [`code`].
pub fn who<'a>(locale: &Locale, code: &'a str) -> &'a str {
    match code {
        ":automatic" => locale.text("audit.automatic"),
        ":command-line" => locale.text("audit.command-line"),
        account => account,
    }
}

/// What was done, in words.
pub fn action_text(locale: &Locale, action: Action) -> &'static str {
    locale.text(&format!("audit.action-{}", action.word()))
}

/// The cells of entries, for each column of the list.
pub fn cells(locale: &Locale, rows: &[AuditRow]) -> Vec<Vec<Cell<'static>>> {
    rows.iter().map(|row| cells_of(locale, row)).collect()
}

fn cells_of(locale: &Locale, row: &AuditRow) -> Vec<Cell<'static>> {
    let own = |cell: Cell<'_>| cell.into_owned();
    let Some(entry) = &row.entry else {
        let mut cells = vec![Cell::Empty; LIST.columns.len()];
        let damaged = Cell::State(Tone::Error, locale.text("audit.damaged").into());
        cells.iter_mut().skip(2).take(1).for_each(|cell| *cell = damaged.clone());
        return cells;
    };
    let object = match &row.href {
        Some(href) => Cell::Link { href: href.clone().into(), text: row.object.clone().into() },
        None => own(Cell::text(&row.object)),
    };
    let outcome = match entry.done {
        true => Cell::State(Tone::Success, locale.text("audit.done").into()),
        false => Cell::State(Tone::Warning, locale.text("audit.failed").into()),
    };
    let address = entry.address.map(|address| address.to_canonical().to_string()).unwrap_or_default();
    vec![
        Cell::Date(entry.at),
        own(Cell::text(who(locale, code(&entry.actor)))),
        Cell::Text(action_text(locale, entry.action).into()),
        object,
        own(Cell::text(&changes(locale, &entry.changes))),
        Cell::number(entry.count.and_then(|count| i64::try_from(count).ok())),
        own(Cell::mono(&address)),
        outcome,
    ]
}

fn changes(locale: &Locale, changes: &[Change]) -> String {
    let one = |change: &Change| {
        let Change { what, before, after } = change;
        match (before.is_empty(), after.is_empty()) {
            (true, _) => locale.fill("audit.change-new", &[("what", what), ("after", after)]),
            (false, true) => locale.fill("audit.change-gone", &[("what", what), ("before", before)]),
            (false, false) => locale.fill("audit.change", &[("what", what), ("before", before), ("after", after)]),
        }
    };
    // A value that was asked for and left blank says nothing.
    let told = changes.iter().filter(|change| !change.before.is_empty() || !change.after.is_empty());
    told.map(one).collect::<Vec<_>>().join("; ")
}

/// A long text would push all other rows out of sight.
fn shorten(cell: &mut Cell<'_>) {
    if let Cell::Text(text) = cell
        && let Some((at, _)) = text.char_indices().nth(SHOWN)
    {
        let text = text.to_mut();
        text.truncate(at);
        text.push('…');
    }
}
