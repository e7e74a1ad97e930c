//! A new password for who lost it: asked for where the set-up was, with the code of the local command (SEC-59).

use maud::{Markup, html};

use super::SETUP;
use crate::console::view::Locale;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form};

/// What the page shows. It never names the account: who has no code learns nothing.
#[derive(Debug, Clone)]
pub struct RescuePage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// Shortest password that is accepted.
    pub password_min: u8,
    /// The code as it was typed.
    pub code: &'a str,
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
}

/// Title key of the page.
pub const TITLE: &str = "rescue.title";

/// Writes the body. The form posts `code`, `password`, `again`, `token`.
pub fn body(locale: &Locale, page: &RescuePage) -> Markup {
    let password_help = locale.fill("setup.password-help", &[("n", &page.password_min)]);
    let code = Control::Line { value: page.code, fills: "one-time-code", unit: "", code: true };
    let word = || Control::Password { fills: "new-password" };
    let ask = |name, label, help, control| field(&Field { name, label, help, required: true, control }, page.errors);
    let fields = html! {
        (ask("code", locale.text("setup.code"), locale.text("rescue.code-help"), code))
        (ask("password", locale.text("setup.password"), &password_help, word()))
        (ask("again", locale.text("setup.again"), "", word()))
    };
    let submit = locale.text("rescue.submit");
    html! {
        p.lead { (locale.text("rescue.lead")) }
        (form(locale, &Form { action: SETUP, token: page.token, errors: page.errors, submit }, fields))
    }
}
