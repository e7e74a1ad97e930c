//! A certificate of one's own authority: the request, and what comes back (CON-CRT-3).

use maud::{Markup, html};

use crate::console::view::card::card;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, upload_form};
use crate::console::view::format;
use crate::console::view::{Locale, data};
use crate::tls::own::Refusal;
use crate::tls::request::{Request, Wish};

/// Title key of the page.
pub const TITLE: &str = "certificates.own";
/// Address of the page; what comes back is sent to it.
pub const OWN: &str = "/ocsreports/certificates/own";
/// Where a request is made.
pub const REQUEST: &str = "/ocsreports/certificates/own/request";
/// Where the request is fetched.
pub const REQUEST_FILE: &str = "/ocsreports/certificates/request.csr";
/// The field of the files.
pub const CHOSEN: &str = "files";
/// The field of what is pasted.
pub const PASTED: &str = "pasted";
/// The field of the alternative names.
pub const NAMES: &str = "names";

/// What the page shows.
#[derive(Default)]
pub struct OwnPage<'a> {
    /// What was typed for the request.
    pub wish: Wish,
    /// Names that are asked for, one a line.
    pub names: &'a str,
    /// The request that waits.
    pub request: Option<&'a Request>,
    /// Most files.
    pub files: usize,
    /// What is wrong with the request.
    pub wrong: &'a [FieldError],
    /// What is wrong with what was brought.
    pub refused: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &OwnPage) -> Markup {
    html! {
        p.lead { (locale.text("certificates.own-steps")) }
        (card(Some(locale.text("certificates.request")), request(locale, page)))
        (card(Some(locale.text("certificates.bring")), bring(locale, page)))
    }
}

fn request(locale: &Locale, page: &OwnPage) -> Markup {
    let line = |name: &'static str, value: &str, fills: &'static str| {
        let (label, help) = (format!("certificates.wish-{name}"), format!("certificates.wish-{name}-help"));
        let help = if matches!(name, "country" | "name") { locale.text(&help) } else { "" };
        let control = Control::Line { value, fills, unit: "", code: false };
        field(&Field { name, label: locale.text(&label), help, required: false, control }, page.wrong)
    };
    let names = Control::Lines { value: page.names, rows: 4 };
    let (label, help) = (locale.text("certificates.wish-names"), locale.text("certificates.wish-names-help"));
    let names = field(&Field { name: NAMES, label, help, required: true, control: names }, page.wrong);
    let submit =
        locale.text(if page.request.is_some() { "certificates.request-anew" } else { "certificates.request-submit" });
    let fields = html! {
        @for (name, value) in page.wish.parts() { (line(name, value, "off")) }
        (names)
    };
    html! {
        @if let Some(request) = page.request {
            p { (data(&locale.fill("certificates.request-waits", &[("subject", &request.subject())]))) }
            div.actions { a.button href=(REQUEST_FILE) { (locale.text("certificates.request-file")) } }
        }
        (form(locale, &Form { action: REQUEST, token: page.token, errors: page.wrong, submit }, fields))
    }
}

fn bring(locale: &Locale, page: &OwnPage) -> Markup {
    let files = Control::Files { kinds: ".pem,.crt,.cer,.der,.key", most: page.files };
    let ask = |name, label, help, control| {
        field(
            &Field { name, label: locale.text(label), help: locale.text(help), required: false, control },
            page.refused,
        )
    };
    let fields = html! {
        (ask(CHOSEN, "certificates.files", "certificates.files-help", files))
        (ask(PASTED, "certificates.pasted", "certificates.pasted-help", Control::Lines { value: "", rows: 6 }))
    };
    let submit = locale.text("certificates.bring-submit");
    html! {
        p { (locale.text("certificates.bring-lead")) }
        (upload_form(locale, &Form { action: OWN, token: page.token, errors: page.refused, submit }, fields))
    }
}

/// Why something was not taken, in the reader's language.
pub fn refused(locale: &Locale, why: &Refusal) -> String {
    let plain = |key: &str| locale.text(key).to_owned();
    let of = |key: &str, subject: &str| locale.fill(key, &[("subject", &subject)]);
    let when = |key: &str, subject: &str, at| {
        locale.fill(key, &[("subject", &subject), ("when", &format::moment(locale, at))])
    };
    match why {
        Refusal::Nothing => plain("certificates.no-nothing"),
        Refusal::TooLarge => plain("certificates.no-large"),
        Refusal::TooMany => locale.fill("certificates.no-many", &[("n", &crate::tls::brought::MOST)]),
        Refusal::Unreadable => plain("certificates.no-unreadable"),
        Refusal::Packed => plain("certificates.no-packed"),
        Refusal::LockedKey => plain("certificates.no-locked"),
        Refusal::KeyUnreadable => plain("certificates.no-key-unreadable"),
        Refusal::TwoKeys => plain("certificates.no-two-keys"),
        Refusal::OtherKey => plain("certificates.no-other-key"),
        Refusal::NoKey => plain("certificates.no-key"),
        Refusal::WeakKey { subject, key } => {
            locale.fill("certificates.no-weak-key", &[("subject", subject), ("key", key)])
        }
        Refusal::WeakSignature { subject } => of("certificates.no-weak-signature", subject),
        Refusal::Expired { subject, at } => when("certificates.no-expired", subject, *at),
        Refusal::NotYet { subject, at } => when("certificates.no-early", subject, *at),
        Refusal::NotForServers => plain("certificates.no-server"),
        Refusal::Names { missing } => locale.fill("certificates.no-names", &[("names", &missing.join(", "))]),
        Refusal::Chain { subject, issuer } => {
            locale.fill("certificates.no-chain", &[("subject", subject), ("issuer", issuer)])
        }
        Refusal::NotAuthority { subject } => of("certificates.no-authority", subject),
    }
}
