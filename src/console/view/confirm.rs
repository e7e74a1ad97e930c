//! The page before a dangerous or a mass change: what will happen, to how many records, and the number once more on
//! the button (CON-GEN-7).

use maud::{Markup, html};

use super::form::{hidden, token};
use super::{Locale, data};

/// What is to be confirmed.
#[derive(Debug, Default)]
pub struct Confirm<'a> {
    /// Where it is sent, by POST.
    pub action: &'a str,
    /// Token of the session.
    pub token: &'a str,
    /// What will happen, with the number.
    pub text: &'a str,
    /// What it is about, line by line; may be empty.
    pub lines: &'a [String],
    /// How many there are besides.
    pub more: u64,
    /// Values that travel along unseen: what was chosen, and the number that was shown.
    pub carried: &'a [(String, String)],
    /// The words on the button: a verb and the number.
    pub submit: &'a str,
    /// Where nothing is done.
    pub back: &'a str,
    /// It can be undone.
    pub harmless: bool,
}

/// Writes the body of the page.
pub fn confirm(locale: &Locale, page: &Confirm) -> Markup {
    html! {
        form.form.confirm method="post" action=(page.action) {
            (token(page.token))
            @for (name, value) in page.carried { (hidden(name, value)) }
            p { (data(page.text)) }
            @if !page.lines.is_empty() {
                ul.named {
                    @for line in page.lines { li { (data(line)) } }
                    @if page.more > 0 { li { (locale.count("confirm.more", page.more)) } }
                }
            }
            div.actions {
                button.button.primary[page.harmless].danger[!page.harmless] { (data(page.submit)) }
                a.button href=(page.back) { (locale.text("confirm.back")) }
            }
        }
    }
}
