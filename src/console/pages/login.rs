//! The login: account, password, language (CON-LOG-1, CON-LOG-2).

use maud::{Markup, html};

use super::LOGIN;
use crate::console::view::form::{Control, Field, Form, field, form, hidden};
use crate::console::view::frame::own_name;
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::{Locale, format, lang_code};
use crate::i18n::Lang;

/// What happened before the login is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// The reader logged out.
    LoggedOut,
    /// The session had ended.
    SessionEnded,
    /// Account or password were wrong; which of them is not told.
    Failed,
    /// Too many failures: refused for so many seconds more.
    Refused {
        /// Time left.
        seconds: u64,
    },
}

/// What the login shows.
#[derive(Debug, Clone)]
pub struct LoginPage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// The account as it was typed.
    pub account: &'a str,
    /// Where to go afterwards: a local path, empty for the first page.
    pub back: &'a str,
    /// What happened before.
    pub before: Before,
}

/// Title key of the page.
pub const TITLE: &str = "login.title";

/// Writes the body. The form posts `account`, `password`, `lang`, `back` and `token`.
pub fn body(locale: &Locale, page: &LoginPage) -> Markup {
    let told = match page.before {
        Before::Nothing => None,
        Before::LoggedOut => Some((Tone::Success, locale.text("login.logged-out").to_owned())),
        Before::SessionEnded => Some((Tone::Note, locale.text("login.session-ended").to_owned())),
        Before::Failed => Some((Tone::Error, locale.text("login.failed").to_owned())),
        Before::Refused { seconds } => {
            let time = format::waiting(locale, seconds);
            Some((Tone::Warning, locale.fill("login.refused", &[("time", &time)])))
        }
    };
    let languages = [Lang::En, Lang::Fr].map(|lang| (lang_code(lang), own_name(lang)));
    let fields = html! {
        (hidden("back", page.back))
        (field(&Field {
            name: "account", label: locale.text("login.account"), help: "", required: true,
            control: Control::Line { value: page.account, fills: "username", unit: "", code: false },
        }, &[]))
        (field(&Field {
            name: "password", label: locale.text("login.password"), help: "", required: true,
            control: Control::Password { fills: "current-password" },
        }, &[]))
        (field(&Field {
            name: "lang", label: locale.text("login.language"), help: "", required: false,
            control: Control::Select { value: lang_code(locale.lang), choices: &languages },
        }, &[]))
    };
    html! {
        @if let Some((tone, text)) = told { (message(locale, &Message { tone, text, action: None })) }
        (form(locale, &Form {
            action: LOGIN, token: page.token, errors: &[], submit: locale.text("login.submit"),
        }, fields))
        details.more {
            summary { (locale.text("login.lost")) }
            p { (locale.text("login.lost-help")) }
            pre.copy { "rollcall user password " (locale.text("login.name-here")) }
        }
    }
}
