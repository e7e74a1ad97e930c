//! What can be done with a computer from its page (CON-PC-2, CON-PC-8).

use maud::{Markup, html};

use crate::console::pages::COMPUTERS;
use crate::console::view::Locale;
use crate::console::view::form::{hidden, token};
use crate::id::ComputerId;

/// What the reader may do, and how the computer is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deeds<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// An inventory may be asked for.
    pub may_ask: bool,
    /// It is asked for already.
    pub asked: bool,
    /// It may be archived and restored.
    pub may_archive: bool,
    /// It is in the archive.
    pub archived: bool,
    /// It may be deleted.
    pub may_delete: bool,
    /// It may be exported.
    pub may_export: bool,
}

/// Writes the buttons, the dangerous one last.
pub fn deeds(locale: &Locale, id: ComputerId, deeds: &Deeds) -> Markup {
    let one = format!("{COMPUTERS}/{id}");
    let button = |path: &str, key: &str| {
        html! { button.button.grave[path == "delete"] formaction={ (one) "/" (path) } { (locale.text(key)) } }
    };
    let export = html! {
        @if deeds.may_export {
            a.button href={ (one) "/inventory.xml" } title=(locale.text("computer.export-title")) {
                (locale.text("computer.export"))
            }
        }
    };
    if !(deeds.may_ask || deeds.may_archive || deeds.may_delete) {
        return html! { div.deeds { (export) } };
    }
    html! {
        form.deeds method="post" action={ (one) "/request" } {
            (token(deeds.token))
            @if deeds.may_ask && deeds.asked { (hidden("take-back", "1")) }
            @if deeds.may_ask {
                (button("request", if deeds.asked { "computer.unrequest" } else { "computer.request" }))
            }
            (export)
            @if deeds.may_archive {
                @if deeds.archived { (button("restore", "computers.restore")) }
                @else { (button("archive", "computers.archive")) }
            }
            @if deeds.may_delete { (button("delete", "computers.delete")) }
        }
    }
}
