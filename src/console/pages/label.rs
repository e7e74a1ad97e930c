//! The label: the question for the TAG that Windows agents put at their installation (CON-LBL-1, 2).

use maud::{Markup, html};

use super::LABEL;
use crate::console::pages::config::filtered;
use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form};
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::{Action, Locale, data};

/// Title key of the page.
pub const TITLE: &str = "label.title";

/// What the page shows.
pub struct LabelPage<'a> {
    /// Token of the form.
    pub token: &'a str,
    /// What was typed, or the label as it is.
    pub typed: &'a str,
    /// The label as it is stored; empty for none.
    pub stored: &'a str,
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Agents can fetch it.
    pub deploy: bool,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &LabelPage) -> Markup {
    let control = Control::Lines { value: page.typed, rows: 3 };
    let (label, help) = (locale.text("label.text"), locale.text("label.help"));
    let fields = field(&Field { name: "label", label, help, required: false, control }, page.errors);
    let submit = locale.text("label.submit");
    let off = Message {
        tone: Tone::Warning,
        text: locale.text("label.deploy-off").to_owned(),
        action: Some(Action { href: filtered("DEPLOY").to_string(), label: locale.text("label.deploy-do").to_owned() }),
    };
    html! {
        @if !page.deploy { (message(locale, &off)) }
        p.lead { (locale.text("label.lead")) }
        (form(locale, &Form { action: LABEL, token: page.token, errors: page.errors, submit }, fields))
        (card(Some(locale.text("label.preview")), html! {
            @if page.stored.is_empty() { p { (locale.text("label.none")) } }
            @else {
                p.preview { (data(page.stored)) }
                span.box.preview-box aria-hidden="true" {}
            }
        }))
    }
}
