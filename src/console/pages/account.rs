//! The own account (CON-LOG-4): the password, how lists and files are, the language, where one is logged in.

use maud::{Markup, html};

use super::password::OWN;
use super::{ACCOUNT, LANGUAGE};
use crate::clock::Timestamp;
use crate::console::view::card::card;
use crate::console::view::form::{self, Control, Field, FieldError, Form, field, hidden, token};
use crate::console::view::frame::own_name;
use crate::console::view::pager::SIZES;
use crate::console::view::{Locale, data, format, lang_code};
use crate::i18n::Lang;
use crate::users::Preferences;

/// Title key of the page.
pub const TITLE: &str = "account.title";
/// Where one session is ended.
pub const END: &str = "/ocsreports/account/end";
/// Where it is kept how lists and files are to be.
pub const PREFERENCES: &str = "/ocsreports/account/preferences";
/// The field of the rows on a page.
pub const ROWS: &str = "rows";
/// The field of what stands between the cells of a CSV file.
pub const SEPARATOR: &str = "separator";
/// What may stand there.
pub const SEPARATORS: [&str; 2] = [";", ","];
/// The field that names a session.
pub const SESSION: &str = "session";

/// One place where the account is logged in.
pub struct Place {
    /// The name of the session, which opens nothing.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// From where.
    pub address: String,
    /// It is the one that shows the page.
    pub own: bool,
}

/// What the page shows.
pub struct AccountPage<'a> {
    /// Shortest password.
    pub shortest: usize,
    /// What is wrong with the new password.
    pub errors: &'a [FieldError],
    /// Where the account is logged in, the latest used first.
    pub places: &'a [Place],
    /// How lists and files are.
    pub preferences: &'a Preferences,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &AccountPage) -> Markup {
    html! {
        (card(Some(locale.text("account.password")), password(locale, page)))
        (card(Some(locale.text("account.preferences")), preferences(locale, page)))
        (card(Some(locale.text("account.places")), places(locale, page)))
        (card(Some(locale.text("frame.language")), language(locale, page.token)))
    }
}

fn password(locale: &Locale, page: &AccountPage) -> Markup {
    let help = locale.fill("setup.password-help", &[("n", &page.shortest)]);
    let ask = |name, label, help, fills| {
        field(&Field { name, label, help, required: true, control: Control::Password { fills } }, page.errors)
    };
    let fields = html! {
        (ask(OWN, locale.text("password.own"), "", "current-password"))
        (ask("password", locale.text("password.new"), &help, "new-password"))
        (ask("again", locale.text("setup.again"), "", "new-password"))
    };
    let submit = locale.text("password.submit");
    html! {
        p { (locale.text("account.password-lead")) }
        (form::form(locale, &Form { action: ACCOUNT, token: page.token, errors: page.errors, submit }, fields))
    }
}

fn preferences(locale: &Locale, page: &AccountPage) -> Markup {
    let (rows, usual) = (page.preferences.rows, locale.text("account.usual"));
    let sizes = SIZES.map(|size| (size.to_string(), format::number(locale.lang, i64::from(size))));
    let mut sizes: Vec<(&str, &str)> = sizes.iter().map(|(value, words)| (value.as_str(), words.as_str())).collect();
    sizes.insert(0, ("", usual));
    let separators: Vec<(&str, &str)> =
        std::iter::once(("", usual)).chain(SEPARATORS.map(|sign| (sign, locale.text(separator(sign))))).collect();
    let ask = |name, label, help, value, choices: &[(&str, &str)]| {
        let (label, help) = (locale.text(label), locale.text(help));
        field(&Field { name, label, help, required: false, control: Control::Select { value, choices } }, &[])
    };
    let kept = if rows == 0 { String::new() } else { rows.to_string() };
    let fields = html! {
        (ask(ROWS, "account.rows", "account.rows-help", &kept, &sizes))
        (ask(SEPARATOR, "account.separator", "account.separator-help", &page.preferences.separator, &separators))
    };
    let submit = locale.text("account.preferences-submit");
    form::form(locale, &Form { action: PREFERENCES, token: page.token, errors: &[], submit }, fields)
}

/// Key of the name of a sign.
fn separator(sign: &str) -> &'static str {
    if sign == ";" { "account.semicolon" } else { "account.comma" }
}

fn places(locale: &Locale, page: &AccountPage) -> Markup {
    html! {
        p { (locale.count("account.places-lead", page.places.len() as u64)) }
        ul.named {
            @for place in page.places {
                @let (since, used) = (format::moment(locale, place.since), format::moment(locale, place.used));
                @let values: [(&str, &dyn std::fmt::Display); 3] =
                    [("since", &since), ("address", &place.address), ("used", &used)];
                li {
                    @if place.own {
                        p { (data(&locale.fill("account.place-own", &values))) }
                    } @else {
                        p { (data(&locale.fill("account.place", &values))) }
                        form method="post" action=(END) {
                            (token(page.token))
                            (hidden(SESSION, &place.name))
                            button.button { (locale.text("account.end")) }
                        }
                    }
                }
            }
        }
    }
}

fn language(locale: &Locale, session: &str) -> Markup {
    html! {
        form.choose method="post" action=(LANGUAGE) {
            (token(session))
            (hidden("back", ACCOUNT))
            @for lang in [Lang::En, Lang::Fr] {
                button.button name="lang" value=(lang_code(lang)) lang=(lang_code(lang))
                    aria-pressed=(if lang == locale.lang { "true" } else { "false" }) { (own_name(lang)) }
            }
        }
    }
}
