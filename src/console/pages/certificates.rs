//! The certificates of the server (CON-CRT-1), and the names that they carry (CON-CRT-2).

use maud::{Markup, html};

use super::own_certificate::{OWN, REQUEST_FILE};
use super::{CACERT, COMPUTERS};
use crate::clock::Timestamp;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token as form_token};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Locale, data};
use crate::id::ComputerId;
use crate::tls::{Error, Names, Shown, State, Summary, Tls};

/// Title key of the page.
pub const TITLE: &str = "certificates.title";
/// Address of the page.
pub const CERTIFICATES: &str = "/ocsreports/certificates";
/// Where the authority is fetched as bytes.
pub const DER: &str = "/ocsreports/certificates/authority.der";
/// The field of the names.
pub const NAMES: &str = "names";

/// Where changes are asked for.
pub const DEED: &str = "/ocsreports/certificates/change";

/// A change of certificates or of the authority.
pub struct Deed {
    /// Its word in forms, and in the keys of its texts.
    pub name: &'static str,
    /// Whether it can be done now.
    pub offered: fn(&Summary) -> bool,
    /// It can be undone without agents noticing.
    pub harmless: bool,
    /// Does it.
    pub act: fn(&Tls, &Names, Timestamp) -> Result<(), Error>,
}

impl Deed {
    /// The key of one of its texts: `button`, `what` or `done`.
    pub fn text(&self, kind: &str) -> String {
        format!("certificates.{kind}-{}", self.name)
    }
}

/// Every change, in the order in which it is offered.
pub static DEEDS: [Deed; 8] = [
    Deed {
        name: "use-own",
        offered: |held| held.prepared.is_some(),
        harmless: false,
        act: |tls, _, now| tls.use_own(now).map(drop),
    },
    Deed {
        name: "use-builtin",
        offered: |held| held.builtin.is_some(),
        harmless: false,
        act: |tls, _, now| tls.use_builtin(now).map(drop),
    },
    Deed {
        name: "hand-out",
        offered: |held| held.builtin.as_ref().is_some_and(|found| !held.beside.contains(found)),
        harmless: true,
        act: |tls, _, now| tls.hand_out_builtin(now),
    },
    Deed {
        name: "drop-own",
        offered: |held| held.prepared.is_some(),
        harmless: false,
        act: |tls, _, now| tls.drop_prepared(now),
    },
    Deed {
        name: "drop-request",
        offered: |held| held.request.is_some(),
        harmless: false,
        act: |tls, _, _| tls.drop_request(),
    },
    Deed {
        name: "prepare",
        offered: |held| held.builtin.is_none() && held.authority.is_some() && held.next.is_none(),
        harmless: true,
        act: |tls, names, now| tls.prepare_authority(names, now).map(drop),
    },
    Deed {
        name: "switch",
        offered: |held| held.builtin.is_none() && held.next.is_some(),
        harmless: false,
        act: |tls, names, now| tls.change_authority(names, now).map(drop),
    },
    Deed {
        name: "end",
        offered: |held| held.former.is_some() || !held.beside.is_empty(),
        harmless: false,
        act: |tls, _, now| tls.end_change(now),
    },
];

/// Computers by the authority under which they were served when they called last over HTTPS.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Name of each authority, how many computers, and when the last of them called.
    pub rows: Vec<(String, u64, Timestamp)>,
    /// Computers under the present one.
    pub present: u64,
    /// Computers under another one.
    pub another: u64,
    /// Computers that have not called over HTTPS.
    pub never: u64,
    /// Numbers and names of the first of those under another one.
    pub behind: Vec<(ComputerId, String)>,
}

/// What the page shows.
pub struct CertificatesPage<'a> {
    /// The certificates; `None` where HTTPS is switched off.
    pub summary: Option<&'a Summary>,
    /// Names and addresses as they were given, one a line.
    pub names: &'a str,
    /// Names that the settings give, which are not changed here.
    pub settings: &'a [String],
    /// Names by which agents call and that the certificate in use does not hold.
    pub missing: &'a [String],
    /// Computers by the authority under which they were served last.
    pub seen: &'a Seen,
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
    let own = summary.builtin.is_some();
    let one = |certificate: &Option<Shown>| certificate.iter().cloned().collect::<Vec<_>>();
    let (prepared, prepared_root) = match &summary.prepared {
        Some(own) => (vec![own.leaf.clone()], vec![own.root.clone()]),
        None => Default::default(),
    };
    let of_kind = |built_in: &'static str, brought: &'static str| if own { brought } else { built_in };
    let shown = [
        ("certificates.server", of_kind("certificates.server-use", "certificates.own-use"), one(&summary.leaf)),
        ("certificates.between", "certificates.between-use", summary.between.clone()),
        (
            "certificates.authority",
            of_kind("certificates.authority-use", "certificates.own-root"),
            one(&summary.authority),
        ),
        ("certificates.prepared", "certificates.prepared-use", prepared),
        ("certificates.prepared-root", "certificates.prepared-root-use", prepared_root),
        ("certificates.builtin", "certificates.builtin-use", one(&summary.builtin)),
        ("certificates.next", "certificates.next-use", one(&summary.next)),
        ("certificates.former", "certificates.former-use", one(&summary.former)),
        ("certificates.beside", "certificates.beside-use", summary.beside.clone()),
    ];
    html! {
        @if summary.state != State::Ready { p.lead { (locale.text("certificates.clock")) } }
        @if !page.missing.is_empty() {
            p.lead { (data(&locale.fill("certificates.missing", &[("names", &page.missing.join(", "))]))) }
        }
        @for (title, used, certificates) in &shown {
            @for certificate in certificates {
                (card(Some(locale.text(title)), html! {
                    p { (locale.text(used)) }
                    (definitions(locale, &about(locale, certificate)))
                    @if *title == "certificates.authority" {
                        div.actions {
                            a.button href=(CACERT) { (locale.text("certificates.pem")) }
                            a.button href=(DER) { (locale.text("certificates.der")) }
                        }
                    }
                }))
            }
        }
        (card(Some(locale.text("certificates.seen")), seen(locale, page.seen)))
        (card(Some(locale.text("certificates.change")), change(locale, summary, page.token)))
        (card(Some(locale.text("certificates.own")), own_card(locale, summary)))
        (card(Some(locale.text("certificates.names")), names(locale, page)))
    }
}

/// Sentences with the numbers, for the confirmation too.
pub fn counted(locale: &Locale, seen: &Seen) -> [String; 3] {
    [
        locale.count("certificates.seen-present", seen.present),
        locale.count("certificates.seen-another", seen.another),
        locale.count("certificates.seen-never", seen.never),
    ]
}

fn seen(locale: &Locale, seen: &Seen) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("certificates.authority"), main: true, ..Column::default() },
        Column { title: title("certificates.seen-computers"), card: true, ..Column::default() },
        Column { title: title("certificates.seen-last"), card: true, ..Column::default() },
    ];
    let rows: Vec<Vec<Cell>> = seen
        .rows
        .iter()
        .map(|(name, n, at)| {
            vec![Cell::text(name), Cell::Number(i64::try_from(*n).unwrap_or(i64::MAX)), Cell::Date(*at)]
        })
        .collect();
    html! {
        p { (locale.text("certificates.seen-lead")) }
        @if !rows.is_empty() {
            (table(locale, &Table { caption: locale.text("certificates.seen"), columns: &columns, rows: &rows, order: None }))
        }
        ul.named { @for line in counted(locale, seen) { li { (line) } } }
        p { a href=(super::who::WHO) { (locale.text("who.from-certificates")) } }
        @if !seen.behind.is_empty() {
            p { (locale.text("certificates.seen-behind")) }
            ul.named {
                @for (id, name) in &seen.behind { li { a href={ (COMPUTERS) "/" (id) } { (data(name)) } } }
            }
        }
    }
}

/// What can be done now, each with a page in between that says what follows.
fn change(locale: &Locale, summary: &Summary, token: &str) -> Markup {
    let deeds: Vec<&Deed> = DEEDS.iter().filter(|deed| (deed.offered)(summary)).collect();
    html! {
        p { (locale.text("certificates.change-lead")) }
        @for deed in deeds {
            form method="post" action=(DEED) {
                (form_token(token))
                (hidden("deed", deed.name))
                div.actions { button.button { (locale.text(&deed.text("button"))) } }
            }
        }
    }
}

fn own_card(locale: &Locale, summary: &Summary) -> Markup {
    html! {
        p { (locale.text("certificates.own-lead")) }
        @if let Some(request) = &summary.request {
            p { (data(&locale.fill("certificates.request-waits", &[("subject", &request.subject())]))) }
        }
        div.actions {
            a.button href=(OWN) { (locale.text("certificates.own-open")) }
            @if summary.request.is_some() { a.button href=(REQUEST_FILE) { (locale.text("certificates.request-file")) } }
        }
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
