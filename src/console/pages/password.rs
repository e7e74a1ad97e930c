//! Passwords of who is logged in: a new one at the first log-in (CON-USR-1, CON-LOG-5), the own one once more (SEC-58).

use maud::{Markup, html};

use super::NEW_PASSWORD;
use crate::console::view::Locale;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};

/// Title key of the page that asks for a new password.
pub const TITLE: &str = "password.title";
/// Title key of the page that asks for the own password once more.
pub const AGAIN: &str = "password.again-title";
/// The field of the own password.
pub const OWN: &str = "own-password";

/// Writes the body of the page that asks for a new password. The form posts [`OWN`], `password` and `again`.
pub fn body(locale: &Locale, token: &str, shortest: usize, errors: &[FieldError]) -> Markup {
    let help = locale.fill("setup.password-help", &[("n", &shortest)]);
    let ask = |name, label, help, fills| {
        field(&Field { name, label, help, required: true, control: Control::Password { fills } }, errors)
    };
    let fields = html! {
        (ask(OWN, locale.text("password.given"), locale.text("password.given-help"), "current-password"))
        (ask("password", locale.text("password.new"), &help, "new-password"))
        (ask("again", locale.text("setup.again"), "", "new-password"))
    };
    let submit = locale.text("password.submit");
    html! {
        p.lead { (locale.text("password.lead")) }
        (form(locale, &Form { action: NEW_PASSWORD, token, errors, submit }, fields))
    }
}

/// Writes the body of the page that asks for the own password once more, and carries what was sent before.
pub fn again(
    locale: &Locale,
    action: &str,
    token: &str,
    carried: &[(String, String)],
    errors: &[FieldError],
) -> Markup {
    let control = Control::Password { fills: "current-password" };
    let fields = html! {
        @for (name, value) in carried { (hidden(name, value)) }
        (field(&Field { name: OWN, label: locale.text("password.own"), help: "", required: true, control }, errors))
    };
    let submit = locale.text("password.again-submit");
    html! {
        p.lead { (locale.text("password.again-lead")) }
        (form(locale, &Form { action, token, errors, submit }, fields))
    }
}
