//! Before something is done that touches many, or cannot be undone: how many records, which, and what becomes of them
//! (CON-GEN-7).

use maud::{Markup, html};

use crate::console::view::form::{hidden, token};
use crate::console::view::{Action, Locale, data};

/// What is asked.
pub struct Confirm<'a> {
    /// What will happen, as a sentence.
    pub what: &'a str,
    /// Names of some of the records.
    pub names: &'a [String],
    /// How many there are besides.
    pub more: u64,
    /// Where it is done, by POST; its label is the verb with the number.
    pub action: Action,
    /// Where nothing is done.
    pub back: &'a str,
    /// Token of the session.
    pub token: &'a str,
    /// What travels along.
    pub values: &'a [(&'a str, String)],
    /// It cannot be undone.
    pub danger: bool,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &Confirm) -> Markup {
    html! {
        form.form.confirm method="post" action=(page.action.href) {
            (token(page.token))
            @for (name, value) in page.values { (hidden(name, value)) }
            p { (data(page.what)) }
            @if !page.names.is_empty() {
                ul.named {
                    @for name in page.names { li { (data(name)) } }
                    @if page.more > 0 { li { (locale.count("confirm.more", page.more)) } }
                }
            }
            div.actions {
                button.button.primary.danger[page.danger] { (page.action.label) }
                a.button href=(page.back) { (locale.text("confirm.back")) }
            }
        }
    }
}
