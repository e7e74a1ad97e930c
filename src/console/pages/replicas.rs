//! Second sites: the list, one of them, a new token (CON-DEP-19).

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::console::pages::CACERT;
use crate::console::view::address::Address;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, Message, Tone, empty, message};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Action, Locale, data};
use crate::deployment::replicas::{Replica, Trouble};

/// Title key of the list.
pub const TITLE: &str = "replicas.title";
/// The list.
pub const REPLICAS: &str = "/ocsreports/deploy/replicas";
/// Where a token is made.
pub const NEW: &str = "/ocsreports/deploy/replicas/new";
/// One site.
pub const ONE: &str = "/ocsreports/deploy/replicas/site";
/// Where a token is taken away.
pub const REVOKE: &str = "/ocsreports/deploy/replicas/revoke";
/// Which site, in addresses and forms.
pub const SITE: &str = "site";
/// Seconds after which a site is silent.
const SILENT: i64 = 3600;
/// Names of missing packages in the list.
const NAMED: usize = 3;

/// How a site is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It never called.
    Never,
    /// It has not called for long.
    Silent,
    /// It has everything.
    Complete,
    /// It lacks so many packages.
    Missing(u64),
}

/// How a site is now.
pub fn state(replica: &Replica, now: Timestamp) -> State {
    match &replica.last {
        None => State::Never,
        Some(last) if now.0.saturating_sub(last.at.0) > SILENT => State::Silent,
        Some(last) if last.lacks.is_empty() && last.trouble == Trouble::None => State::Complete,
        Some(last) => State::Missing(last.lacks.len() as u64),
    }
}

/// A site with the names of what it lacks.
pub struct Shown {
    /// The site.
    pub replica: Replica,
    /// Names of missing packages.
    pub missing: Vec<String>,
}

/// The address of one site.
pub fn address(id: u32) -> String {
    Address::new(ONE).with(SITE, id).to_string()
}

fn state_cell(locale: &Locale, state: State) -> Cell<'static> {
    let word = |key| locale.text(key).into();
    match state {
        State::Never => Cell::State(Tone::Note, word("replicas.state-never")),
        State::Silent => Cell::State(Tone::Error, word("replicas.state-silent")),
        State::Complete => Cell::State(Tone::Success, word("replicas.state-complete")),
        State::Missing(n) => Cell::State(Tone::Warning, locale.count("replicas.state-missing", n).into()),
    }
}

/// What a trouble means; nothing for none.
fn trouble(locale: &Locale, trouble: Trouble) -> Option<&'static str> {
    let key = match trouble {
        Trouble::None => return None,
        Trouble::Room => "replicas.trouble-room",
        Trouble::Digest => "replicas.trouble-digest",
        Trouble::Line => "replicas.trouble-line",
        Trouble::Disk => "replicas.trouble-disk",
    };
    Some(locale.text(key))
}

/// Writes the list. `folder` is the folder of packages of this server, for a line that copies it.
pub fn list(locale: &Locale, sites: &[Shown], folder: &str) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("replicas.name"), main: true, ..Column::default() },
        Column { title: title("replicas.state"), card: true, ..Column::default() },
        Column { title: title("replicas.last"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("replicas.complete"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("replicas.missing"), ..Column::default() },
        Column { title: title("replicas.address"), ..Column::default() },
    ];
    let row = |site: &Shown| {
        let last = site.replica.last.as_ref();
        let named = site.missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        vec![
            Cell::Link { href: address(site.replica.id).into(), text: site.replica.name.clone().into() },
            state_cell(locale, state(&site.replica, locale.now)),
            last.map_or(Cell::Empty, |last| Cell::Since(last.at)),
            last.and_then(|last| last.complete).map_or(Cell::Empty, Cell::Since),
            if named.is_empty() { Cell::Empty } else { Cell::Text(named.into()) },
            last.map_or(Cell::Empty, |last| Cell::Mono(last.address.clone().into())),
        ]
    };
    let rows: Vec<Vec<Cell>> = sites.iter().map(row).collect();
    html! {
        p.lead { (locale.text("replicas.lead")) }
        @if sites.is_empty() {
            (empty(&Empty {
                icon: Icon::Import, title: locale.text("replicas.none"), why: locale.text("replicas.none-why"),
                action: Some(Action { href: NEW.to_owned(), label: locale.text("replicas.add").to_owned() }),
            }))
        } @else {
            div.actions { a.button.primary href=(NEW) { (locale.text("replicas.add")) } }
            (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None }))
        }
        @if cfg!(unix) {
            (card(Some(locale.text("replicas.rsync")), html! {
                p { (locale.text("replicas.rsync-why")) }
                pre.copy { (data(&rsync(folder))) }
            }))
        }
    }
}

/// A line that makes a web server's folder like the one here: no half package, no upload, and what is gone goes.
pub fn rsync(folder: &str) -> String {
    let from = format!("{}/", folder.trim_end_matches('/'));
    format!("rsync -a --delete --exclude='.*' {} user@server:/var/www/html/download/", quoted(&from))
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | ':');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Writes the page of one site.
pub fn one(locale: &Locale, form_token: &str, site: &Shown) -> Markup {
    let Shown { replica, missing } = site;
    let last = replica.last.as_ref();
    let state = state(replica, locale.now);
    let why = match state {
        State::Silent => Some(locale.text("replicas.silent-why")),
        _ => last.and_then(|last| trouble(locale, last.trouble)),
    };
    let fact = |key, value| Definition { label: locale.text(key), value };
    let facts = [
        fact("replicas.state", state_cell(locale, state)),
        fact("replicas.last", last.map_or(Cell::Empty, |last| Cell::Date(last.at))),
        fact("replicas.complete", last.and_then(|last| last.complete).map_or(Cell::Empty, Cell::Date)),
        fact("replicas.address", last.map_or(Cell::Empty, |last| Cell::Mono(last.address.clone().into()))),
        fact("replicas.made", Cell::Date(replica.made)),
        fact("replicas.by", Cell::Text(replica.by.clone().into())),
    ];
    html! {
        @if let Some(why) = why {
            (message(locale, &Message { tone: Tone::Warning, text: why.to_owned(), action: None }))
        }
        (card(None, html! {
            (definitions(locale, &facts))
        }))
        @if last.is_some() {
            (card(Some(locale.text("replicas.missing")), html! {
                @if missing.is_empty() { p { (locale.text("replicas.nothing-missing")) } }
                @else { ul.named { @for name in missing { li { (data(name)) } } } }
            }))
        }
        div.apart {
            form method="post" action=(REVOKE) {
                (token(form_token))
                (hidden(SITE, &replica.id.to_string()))
                button.button.danger { (locale.text("replicas.revoke")) }
            }
        }
    }
}

/// Writes the form of a new token.
pub fn new(locale: &Locale, form_token: &str, name: &str, errors: &[FieldError]) -> Markup {
    let control = Control::Line { value: name, fills: "off", unit: "", code: false };
    let help = locale.text("replicas.name-help");
    let asked = Field { name: "name", label: locale.text("replicas.name"), help, required: true, control };
    let submit = locale.text("replicas.new-submit");
    form(locale, &Form { action: NEW, token: form_token, errors, submit }, field(&asked, errors))
}

/// Writes the one page that shows a token. `main` is this server's address.
pub fn made(locale: &Locale, secret: &str, main: &str) -> Markup {
    let note = Message { tone: Tone::Warning, text: locale.text("replicas.made-once").to_owned(), action: None };
    let command = format!(
        "rollcall --data rollcall-site serve --replica-of {} --replica-ca cacert.pem --replica-token-file token.txt",
        quoted(main)
    );
    html! {
        (message(locale, &note))
        (card(Some(locale.text("replicas.made-token")), html! { pre.copy { (data(secret)) } }))
        (card(Some(locale.text("replicas.made-how")), html! {
            p { (locale.text("replicas.made-file")) }
            p { a href=(CACERT) { (locale.text("replicas.made-ca")) } " · " code { "token.txt" } }
            p { (locale.text("replicas.made-command")) }
            pre.copy { (data(&command)) }
        }))
        div.actions { a.button href=(REPLICAS) { (locale.text("replicas.made-back")) } }
    }
}

/// The way back to the list.
pub fn above(locale: &Locale) -> [Action; 1] {
    [Action { href: REPLICAS.to_owned(), label: locale.text(TITLE).to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::replicas::Call;

    #[test]
    fn con_dep_19_a_site_is_complete_only_while_it_says_so() {
        let now = Timestamp(100_000);
        let of = |last: Option<Call>| state(&Replica { last, ..Replica::default() }, now);
        let call = |at, lacks: &[u32], trouble| {
            Some(Call { at: Timestamp(at), lacks: lacks.to_vec(), trouble, ..Call::default() })
        };
        assert_eq!(of(None), State::Never);
        assert_eq!(of(call(99_990, &[], Trouble::None)), State::Complete);
        assert_eq!(of(call(99_990, &[1, 2], Trouble::None)), State::Missing(2));
        assert_eq!(of(call(99_990, &[], Trouble::Room)), State::Missing(0));
        assert_eq!(of(call(90_000, &[], Trouble::None)), State::Silent);
    }

    #[test]
    fn con_dep_19_the_line_for_rsync_survives_every_folder() {
        assert_eq!(
            rsync("/var/lib/rollcall/download"),
            "rsync -a --delete --exclude='.*' /var/lib/rollcall/download/ user@server:/var/www/html/download/"
        );
        let odd = rsync("/srv/my data/it's $(here)`/download/");
        assert!(odd.contains(" '/srv/my data/it'\\''s $(here)`/download/' user@"), "{odd}");
    }
}
