//! The doorway: what somebody meets who opens the console over plain HTTP from another machine.
//!
//! It says why, leads to HTTPS, shows the fingerprint of the authority and how to trust it. It never holds a form,
//! for nothing may be typed into a page that anybody on the way could have changed.

use maud::{Markup, html};

use super::CACERT;
use crate::console::view::icon::{Icon, icon};
use crate::console::view::{Locale, data};

/// What the doorway shows.
#[derive(Debug, Clone)]
pub struct DoorwayPage<'a> {
    /// The same address over HTTPS.
    pub https: &'a str,
    /// SHA-256 fingerprint of the authority, as pairs of hexadecimal digits with colons.
    pub fingerprint: &'a str,
}

/// Title key of the page.
pub const TITLE: &str = "doorway.title";

/// Systems, and the keys of what to do there.
const SYSTEMS: [(&str, &[&str]); 4] = [
    ("doorway.windows", &["doorway.windows-1", "doorway.windows-2", "doorway.windows-3"]),
    ("doorway.macos", &["doorway.macos-1", "doorway.macos-2", "doorway.macos-3"]),
    ("doorway.linux", &["doorway.linux-1", "doorway.linux-2"]),
    ("doorway.firefox", &["doorway.firefox-1", "doorway.firefox-2", "doorway.firefox-3"]),
];

/// Writes the body.
pub fn body(locale: &Locale, page: &DoorwayPage) -> Markup {
    html! {
        p.lead { (locale.text("doorway.why")) }
        @if page.https.starts_with("https://") {
            p { a.button.primary href=(page.https) { (icon(Icon::Lock)) span { (locale.text("doorway.open")) } } }
        }
        p { (locale.text("doorway.warning")) }
        h2 { (locale.text("doorway.trust")) }
        p { (locale.text("doorway.trust-why")) }
        p { a.button href=(CACERT) download="cacert.pem" { (locale.text("doorway.download")) } }
        p.label { (locale.text("doorway.fingerprint")) }
        p.fingerprint { code.copy data-copy=(page.fingerprint) {
            @for pair in page.fingerprint.split(':') { span { (data(pair)) } }
        } }
        p.help { (locale.text("doorway.compare")) }
        div.folded {
            @for (system, steps) in SYSTEMS {
                details.more {
                    summary { (locale.text(system)) }
                    ol { @for step in steps { li { (locale.text(step)) } } }
                }
            }
        }
        p.help { (locale.text("doorway.agents")) }
    }
}
