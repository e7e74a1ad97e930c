//! The certificates of the server (CON-CRT-1), and the names that they carry (CON-CRT-2).

use maud::{Markup, html};

use super::CACERT;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, data};
use crate::tls::{Shown, State, Summary};

/// Title key of the page.
pub const TITLE: &str = "certificates.title";
/// Address of the page.
pub const CERTIFICATES: &str = "/ocsreports/certificates";
/// Where the authority is fetched as bytes.
pub const DER: &str = "/ocsreports/certificates/authority.der";
/// The field of the names.
pub const NAMES: &str = "names";

/// What the page shows.
pub struct CertificatesPage<'a> {
    /// The certificates; `None` where HTTPS is switched off.
    pub summary: Option<&'a Summary>,
    /// Names and addresses as they were given, one a line.
    pub names: &'a str,
    /// Names that the settings give, which are not changed here.
    pub settings: &'a [String],
    /// What is wrong with the names.
    pub errors: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &CertificatesPage) -> Markup {
    let Some(summary) = page.summary else {
        let (title, why) = (locale.text("certificates.none"), locale.text("certificates.none-why"));
        return empty(&Empty { icon: Icon::Lock, title, why, action: None });
    };
    let shown = [
        ("certificates.server", "certificates.server-use", &summary.leaf),
        ("certificates.authority", "certificates.authority-use", &summary.authority),
        ("certificates.next", "certificates.next-use", &summary.next),
        ("certificates.former", "certificates.former-use", &summary.former),
    ];
    html! {
        @if summary.state != State::Ready { p.lead { (locale.text("certificates.clock")) } }
        @for (title, used, certificate) in shown {
            @if let Some(certificate) = certificate {
                (card(Some(locale.text(title)), html! {
                    p { (locale.text(used)) }
                    (definitions(locale, &about(locale, certificate)))
                    @if title == "certificates.authority" {
                        div.actions {
                            a.button href=(CACERT) { (locale.text("certificates.pem")) }
                            a.button href=(DER) { (locale.text("certificates.der")) }
                        }
                    }
                }))
            }
        }
        (card(Some(locale.text("certificates.names")), names(locale, page)))
    }
}

fn about<'a>(locale: &Locale, shown: &'a Shown) -> Vec<Definition<'a>> {
    let addresses: Vec<String> = shown.addresses.iter().map(ToString::to_string).collect();
    let all: Vec<&str> = shown.names.iter().chain(&addresses).map(String::as_str).collect();
    let lines = if all.is_empty() { Cell::Empty } else { Cell::Lines(all.join("\n").into()) };
    let values = [
        ("certificates.subject", Cell::text(&shown.subject)),
        ("certificates.names", lines),
        ("certificates.from", Cell::Date(shown.not_before)),
        ("certificates.until", Cell::Date(shown.not_after)),
        ("certificates.key", Cell::text(&shown.key_type)),
        ("certificates.fingerprint", Cell::mono(&shown.fingerprint)),
    ];
    values.into_iter().map(|(key, value)| Definition { label: locale.text(key), value }).collect()
}

fn names(locale: &Locale, page: &CertificatesPage) -> Markup {
    let control = Control::Lines { value: page.names, rows: 5 };
    let (label, help) = (locale.text("setup.names"), locale.text("certificates.names-help"));
    let asked = Field { name: NAMES, label, help, required: true, control };
    let submit = locale.text("certificates.submit");
    let given = page.settings.join(", ");
    html! {
        @if !given.is_empty() { p { (data(&locale.fill("certificates.settings", &[("names", &given)]))) } }
        (form(locale, &Form { action: CERTIFICATES, token: page.token, errors: page.errors, submit }, field(&asked, page.errors)))
    }
}
