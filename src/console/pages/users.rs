//! Accounts: the list, the form of one, and the password that is shown once (CON-USR-1, 2).

use maud::{Markup, html};

use super::USERS;
use crate::clock::Timestamp;
use crate::console::view::address::Address;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form_with, hidden, token};
use crate::console::view::format;
use crate::console::view::frame::own_name;
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, data, lang_code, mono};
use crate::i18n::Lang;
use crate::users::{Role, User};

/// Title key of the list.
pub const TITLE: &str = "users.title";
/// Title key of the form of a new account.
pub const NEW: &str = "users.new-title";
/// Where an account is made.
pub const ADD: &str = "/ocsreports/users/new";
/// Where an account is changed.
pub const EDIT: &str = "/ocsreports/users/edit";
/// Where an account is given another password.
pub const PASSWORD: &str = "/ocsreports/users/password";
/// Where the sessions of an account are ended.
pub const SESSIONS: &str = "/ocsreports/users/sessions";
/// Where an account is deleted.
pub const DELETE: &str = "/ocsreports/users/delete";

/// The button that shows what an account would see, and changes nothing.
pub const PREVIEW: &str = "preview";

/// The patterns of TAGs in a text: one on each line.
pub fn patterns(text: &str) -> Vec<String> {
    let mut patterns: Vec<String> = Vec::new();
    for pattern in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !patterns.iter().any(|known| known == pattern) {
            patterns.push(pattern.to_owned());
        }
    }
    patterns
}

/// The address of the form of one account.
pub fn edit(account: &str) -> String {
    Address::new(EDIT).with("account", account).to_string()
}

/// Writes the list.
pub fn list(locale: &Locale, users: &[User]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("users.account"), main: true, ..Column::default() },
        Column { title: title("users.name"), card: true, ..Column::default() },
        Column { title: title("users.email"), card: true, ..Column::default() },
        Column { title: title("users.role"), card: true, ..Column::default() },
        Column { title: title("users.tags"), card: true, ..Column::default() },
        Column { title: title("users.last-login"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("users.state"), card: true, ..Column::default() },
    ];
    let rows: Vec<Vec<Cell>> = users
        .iter()
        .map(|user| {
            vec![
                Cell::Link { href: edit(user.account.as_str()).into(), text: user.account.as_str().into() },
                Cell::text(&user.name),
                Cell::text(&user.email),
                Cell::Text(role(locale, user.role).into()),
                tags(locale, user),
                Cell::since(user.last_login),
                state(locale, user),
            ]
        })
        .collect();
    html! {
        p.lead { (locale.text("users.lead")) }
        div.actions { a.button.primary href=(ADD) { (locale.text("users.add")) } }
        (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: None }))
    }
}

fn tags<'a>(locale: &Locale, user: &User) -> Cell<'a> {
    if user.tags.is_empty() {
        Cell::Text(locale.text("users.tags-all").into())
    } else {
        Cell::Text(user.tags.join(", ").into())
    }
}

fn role(locale: &Locale, role: Role) -> &'static str {
    locale.text(&format!("role.{}", role.code()))
}

fn state<'a>(locale: &Locale, user: &User) -> Cell<'a> {
    let (tone, key) = if user.locked {
        (Tone::Error, "users.state-locked")
    } else if user.password.is_empty() {
        (Tone::Warning, "users.state-closed")
    } else if user.must_change {
        (Tone::Note, "users.state-new")
    } else {
        (Tone::Success, "users.state-open")
    };
    Cell::State(tone, locale.text(key).into())
}

/// What the form of an account holds.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The account.
    pub account: String,
    /// The person.
    pub name: String,
    /// The address.
    pub email: String,
    /// The code of the role.
    pub role: String,
    /// The code of the language, or nothing for the browser's.
    pub lang: String,
    /// An administrator closed it.
    pub locked: bool,
    /// Patterns of TAGs, one on each line.
    pub tags: String,
}

impl Typed {
    /// An account as it is.
    pub fn of(user: &User) -> Typed {
        Typed {
            account: user.account.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.code().to_owned(),
            lang: user.lang.map(lang_code).unwrap_or_default().to_owned(),
            locked: user.locked,
            tags: user.tags.join("\n"),
        }
    }
}

/// The form of an account.
pub struct UserPage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// What was typed, or what is stored.
    pub typed: &'a Typed,
    /// What is wrong with it.
    pub errors: &'a [FieldError],
    /// How many sessions it has; `None` for an account that is made.
    pub sessions: Option<usize>,
    /// When somebody last logged in with it.
    pub last_login: Option<Timestamp>,
    /// It is the account in use.
    pub own: bool,
    /// How many computers it sees, of how many; `None` for all.
    pub sees: Option<(u64, u64)>,
}

/// Writes the form of an account, new or known.
pub fn user(locale: &Locale, page: &UserPage) -> Markup {
    let typed = page.typed;
    let roles = Role::ALL.map(|one| (one.code(), role(locale, one)));
    let languages = [("", locale.text("users.lang-browser")), ("en", own_name(Lang::En)), ("fr", own_name(Lang::Fr))];
    let ask =
        |name, label, help, required, control| field(&Field { name, label, help, required, control }, page.errors);
    let line = |value, fills, code| Control::Line { value, fills, unit: "", code };
    let fields = html! {
        @if page.sessions.is_none() {
            (ask("account", locale.text("users.account"), locale.text("users.account-help"), true, line(&typed.account, "off", true)))
        } @else {
            (hidden("account", &typed.account))
        }
        (ask("name", locale.text("users.name"), "", false, line(&typed.name, "off", false)))
        (ask("email", locale.text("users.email"), "", false, line(&typed.email, "off", false)))
        (ask("role", locale.text("users.role"), locale.text("users.role-help"), true, Control::Radio { value: &typed.role, choices: &roles }))
        (ask("tags", locale.text("users.limits"), locale.text("users.limits-help"), false, Control::Lines { value: &typed.tags, rows: 3 }))
        @if let Some((seen, all)) = page.sees {
            (sees(locale, seen, all))
        }
        (ask("lang", locale.text("users.lang"), "", false, Control::Select { value: &typed.lang, choices: &languages }))
        @if page.sessions.is_some() && !page.own {
            (ask("locked", locale.text("users.locked"), locale.text("users.locked-help"), false, Control::Check { on: typed.locked }))
        }
    };
    let (action, submit) = match page.sessions {
        None => (ADD, locale.text("users.add-submit")),
        Some(_) => (EDIT, locale.text("users.submit")),
    };
    html! {
        @if page.sessions.is_none() { p.lead { (locale.text("users.new-lead")) } }
        (form_with(locale, &Form { action, token: page.token, errors: page.errors, submit }, fields, html! {
            button.button name=(PREVIEW) value="1" { (locale.text("users.preview")) }
        }))
        @if let Some(sessions) = page.sessions { (more(locale, page, sessions)) }
    }
}

/// What the patterns come to; nothing at all is a mistake, mostly.
fn sees(locale: &Locale, seen: u64, all: u64) -> Markup {
    let number = |n: u64| format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let text = locale.fill("users.sees", &[("n", &number(seen)), ("all", &number(all))]);
    let tone = if seen == 0 { Tone::Warning } else { Tone::Note };
    message(locale, &Message { tone, text, action: None })
}

/// What else can be done with an account.
fn more(locale: &Locale, page: &UserPage, sessions: usize) -> Markup {
    let button = |action: &str, words: &str, class: &str| {
        html! {
            form method="post" action=(action) {
                (token(page.token))
                (hidden("account", &page.typed.account))
                button class=(class) { (words) }
            }
        }
    };
    html! {
        div.apart {
            (card(Some(locale.text("users.password")), html! {
                p { (locale.text("users.password-lead")) }
                (button(PASSWORD, locale.text("users.password-submit"), "button"))
            }))
            @if sessions > 0 {
                (card(Some(locale.text("users.sessions")), html! {
                    p { (locale.count("users.sessions-lead", sessions as u64)) }
                    (button(SESSIONS, &locale.count("users.sessions-submit", sessions as u64), "button"))
                }))
            }
            @if !page.own {
                (card(Some(locale.text("users.delete")), html! {
                    p { (locale.text("users.delete-lead")) }
                    (button(DELETE, locale.text("users.delete-ask"), "button danger"))
                }))
            }
        }
    }
}

/// Writes the page with a password that was made: it is shown here and nowhere else.
pub fn given(locale: &Locale, account: &str, password: &str) -> Markup {
    html! {
        (card(None, html! {
            p { (data(&locale.fill("users.given", &[("account", &account)]))) }
            p.address { (mono(password)) }
            p.help { (locale.text("users.given-help")) }
        }))
        div.actions { a.button.primary href=(USERS) { (locale.text("users.back")) } }
    }
}
