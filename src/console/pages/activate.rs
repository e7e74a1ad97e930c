//! Activating a package: the form with the two addresses, and what trying them out found (CON-DEP-8, CON-DEP-9).

use maud::{Markup, html};

use super::proved;
use super::statistics::address as statistics;
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::message::{Message, Tone, message};
use crate::console::view::table::{Cell, Column, Table, table};
use crate::console::view::{Action, Locale, data};
use crate::deployment::package::{Package, PackageId, Protocol};
use crate::deployment::place::BadPlace;
use crate::i18n;
use crate::proof::run::Trial;
use crate::proof::runs::{Became, Ended};
use crate::proof::{Outcome, Step};

/// The form, below its package.
pub const ACTIVATE: &str = "/ocsreports/deploy/{id}/activate";
/// A proof that is under way or over, below its package; with its number.
pub const PROOF: &str = "/ocsreports/deploy/{id}/activate/proof";
/// Field: address of the information file.
pub const INFO: &str = "info";
/// Field: address of the fragments.
pub const FRAGMENTS: &str = "fragments";
/// Field: nothing is activated.
pub const ONLY: &str = "only";
/// Field: number of the proof.
pub const RUN: &str = "run";
/// Field: what is done with it.
pub const WHAT: &str = "what";
/// [`WHAT`]: the package is activated in spite of what was found.
pub const ANYWAY: &str = "anyway";
/// [`WHAT`]: the proof ends.
pub const STOP: &str = "stop";

/// An address below a package.
pub fn of(path: &str, id: PackageId) -> String {
    path.replace("{id}", &id.to_string())
}

/// The text key of what is wrong with an address.
pub fn bad(place: BadPlace) -> &'static str {
    match place {
        BadPlace::Empty => "activate.error-empty",
        BadPlace::Scheme => "activate.error-scheme",
        BadPlace::Host => "activate.error-host",
        BadPlace::Local => "activate.error-local",
        BadPlace::Port => "activate.error-port",
        BadPlace::Folder => "activate.error-folder",
    }
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Address of the information file.
    pub info: String,
    /// Address of the fragments.
    pub fragments: String,
    /// Nothing is activated.
    pub only: bool,
}

/// What the form shows.
pub struct ActivatePage<'a> {
    /// The package.
    pub package: &'a Package,
    /// Addresses of the information file at which it is activated already.
    pub known: &'a [String],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the form.
pub fn body(locale: &Locale, page: &ActivatePage, typed: &Typed) -> Markup {
    let text = |key: &str| locale.text(key);
    let line = |value| Control::Line { value, fills: "off", unit: "", code: true };
    let help = match page.package.protocol {
        Protocol::Http => "activate.fragments-help-http",
        Protocol::Https => "activate.fragments-help-https",
    };
    let fields = html! {
        (field(&Field {
            name: INFO, label: text("activate.info"), help: text("activate.info-help"), required: true,
            control: line(&typed.info),
        }, page.errors))
        (field(&Field {
            name: FRAGMENTS, label: text("activate.fragments"), help: text(help), required: true,
            control: line(&typed.fragments),
        }, page.errors))
        (field(&Field {
            name: ONLY, label: text("activate.only"), help: "", required: false, control: Control::Check { on: typed.only },
        }, page.errors))
    };
    let action = of(ACTIVATE, page.package.id);
    let form_around = Form { action: &action, token: page.token, errors: page.errors, submit: text("activate.submit") };
    html! {
        p.lead { (text("activate.lead")) }
        @if !page.known.is_empty() {
            p { (text("activate.known")) }
            ul.named { @for place in page.known { li { (data(place)) } } }
        }
        (form(locale, &form_around, fields))
        p { a href=(of(super::servers::ON_SERVERS, page.package.id)) { (text("servers.link")) } }
    }
}

/// What the page of a proof shows.
pub struct ProofPage<'a> {
    /// Number of the proof.
    pub run: u64,
    /// What is tried out.
    pub trial: &'a Trial,
    /// The package was to be activated.
    pub activates: bool,
    /// The step in work, and the bytes that were looked at.
    pub now: (Step, u64),
    /// Somebody ended it.
    pub stopped: bool,
    /// What it found; `None` while it runs.
    pub ended: Option<&'a Ended>,
    /// Token of the session.
    pub token: &'a str,
}

impl ProofPage<'_> {
    /// Whether it may be activated in spite of what was found.
    pub fn may_activate(&self) -> bool {
        self.ended.is_some_and(|ended| {
            ended.findings.may_activate() && !matches!(ended.became, Some(Became::Activated(_) | Became::Gone))
        })
    }
}

/// Writes the page of a proof.
pub fn proof(locale: &Locale, page: &ProofPage) -> Markup {
    let text = |key: &str| locale.text(key);
    let code = |place: String| Cell::Mono(place.into());
    let addresses = [
        Definition { label: text("activate.info"), value: code(page.trial.info.to_string()) },
        Definition { label: text("activate.fragments"), value: code(page.trial.fragments.to_string()) },
    ];
    html! {
        @match page.ended {
            None => (running(locale, page)),
            Some(ended) => (message(locale, &said(locale, page, ended))),
        }
        (card(None, definitions(locale, &addresses)))
        (steps(locale, page))
        (next(locale, page))
    }
}

fn running(locale: &Locale, page: &ProofPage) -> Markup {
    let size = |bytes| i18n::size(locale.lang, bytes);
    let (done, total) = (page.now.1, 2 * page.trial.package.size());
    html! {
        p.lead { (locale.text("activate.running")) }
        @if total > 0 {
            p { (locale.fill("activate.progress", &[("done", &size(done.min(total))), ("total", &size(total))])) }
            progress max=(total) value=(done.min(total)) {}
        }
    }
}

/// What came of it.
fn said(locale: &Locale, page: &ProofPage, ended: &Ended) -> Message {
    let (tone, key) = match ended.became {
        Some(Became::Activated(_)) => (Tone::Success, "activate.done"),
        Some(Became::Same) => (Tone::Note, "activate.same"),
        Some(Became::Gone) => (Tone::Error, "activate.gone"),
        Some(Became::Forbidden) => (Tone::Error, "activate.forbidden"),
        Some(Became::Failed | Became::Changed) => (Tone::Error, "activate.failed"),
        None if page.stopped => (Tone::Note, "activate.stopped"),
        None if ended.findings.steps.is_empty() => (Tone::Error, "activate.broken"),
        None if ended.findings.is_good() => (Tone::Success, "activate.good"),
        None if !ended.findings.may_activate() => (Tone::Error, "activate.wrong"),
        None => (Tone::Warning, "activate.bad"),
    };
    let affect = matches!(ended.became, Some(Became::Activated(_)))
        .then(|| Action { href: super::COMPUTERS.to_owned(), label: locale.text("activate.affect").to_owned() });
    Message { tone, text: locale.text(key).to_owned(), action: affect }
}

fn steps(locale: &Locale, page: &ProofPage) -> Markup {
    let place = |step: Step| Step::ALL.iter().position(|known| *known == step);
    let row = |step: Step| {
        let found = page.ended.and_then(|ended| ended.findings.of(step));
        let open = match page.ended {
            Some(_) => "proof.not-tried",
            None if page.now.0 == step => "proof.now",
            None if place(step) < place(page.now.0) => "proof.tried",
            None => "proof.later",
        };
        step_row(locale, page.trial, step, found, open)
    };
    step_table(locale, locale.text("proof.title"), &Step::ALL.map(row))
}

/// The steps of a proof.
pub fn step_table(locale: &Locale, caption: &str, rows: &[Vec<Cell<'static>>]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("proof.step"), main: true, ..Column::default() },
        Column { title: title("proof.outcome"), card: true, ..Column::default() },
        Column { title: title("proof.meaning"), card: true, ..Column::default() },
    ];
    table(locale, &Table { caption, columns: &columns, rows, order: None })
}

/// One of them: what was found, or the word of `open` while nothing is.
pub fn step_row(
    locale: &Locale,
    trial: &Trial,
    step: Step,
    found: Option<&Outcome>,
    open: &'static str,
) -> Vec<Cell<'static>> {
    let (tone, word) = match found {
        Some(Outcome::Good) => (Tone::Success, "proof.good"),
        Some(Outcome::NotNeeded) => (Tone::Note, "proof.not-needed"),
        Some(Outcome::NotTried) => (Tone::Note, "proof.not-tried"),
        Some(Outcome::Bad(_)) => (Tone::Error, "proof.bad"),
        None => (Tone::Note, open),
    };
    let meaning = match found {
        Some(Outcome::Bad(trouble)) => proved::explained(locale, trial, step, trouble),
        _ => locale.text(&format!("proof.{}-what", step.word())).to_owned(),
    };
    vec![
        Cell::Text(locale.text(&format!("proof.{}", step.word())).into()),
        Cell::State(tone, locale.text(word).into()),
        Cell::Text(meaning.into()),
    ]
}

/// What can be done now.
fn next(locale: &Locale, page: &ProofPage) -> Markup {
    let text = |key: &str| locale.text(key);
    let id = page.trial.package.id;
    let deed = |what: &str, label: &str, primary: bool| {
        html! {
            form.deeds method="post" action=(of(PROOF, id)) {
                (token(page.token))
                (hidden(RUN, &page.run.to_string()))
                button.button.primary[primary] name=(WHAT) value=(what) { (text(label)) }
            }
        }
    };
    let Some(ended) = page.ended else { return deed(STOP, "activate.stop", false) };
    let (info, fragments) = (page.trial.info.to_string(), page.trial.fragments.to_string());
    let change = crate::console::view::address::Address::new(of(ACTIVATE, id));
    let change = change.with(INFO, &info).with(FRAGMENTS, &fragments);
    html! {
        @if page.may_activate() {
            @if !ended.findings.is_good() { p { (text("activate.anyway-help")) } }
            (deed(ANYWAY, if ended.findings.is_good() { "activate.now" } else { "activate.anyway" }, ended.findings.is_good()))
        }
        @if !matches!(ended.became, Some(Became::Activated(_) | Became::Gone)) {
            form.deeds method="post" action=(of(ACTIVATE, id)) {
                (token(page.token))
                (hidden(INFO, &info))
                (hidden(FRAGMENTS, &fragments))
                @if !page.activates { (hidden(ONLY, "1")) }
                button.button { (text("activate.again")) }
                a.button href=(change) { (text("activate.change")) }
            }
        } @else {
            p.actions { a.button href=(statistics(id)) { (text("activate.statistics")) } }
        }
    }
}
