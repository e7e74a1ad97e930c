//! Affecting packages: the fields that say which activation and how, for computers and for groups, and the form that
//! takes affectations back (CON-DEP-12, CON-DEP-14).

use maud::{Markup, html};

use super::computers::Deed;
use super::mass::{FILLED, named};
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::{Locale, data};
use crate::deployment::affectation::Phase;

/// Tells that the form was begun on the page of one computer.
pub const FROM: &str = "from";
/// The value of [`FROM`].
pub const ONE: &str = "computer";
/// Which activation.
pub const ACTIVATION: &str = "activation";
/// Not before this day.
pub const DAY: &str = "day";
/// The time of that day.
pub const TIME: &str = "time";
/// Also where it is installed already.
pub const FORCE: &str = "force";
/// What is done afterwards.
pub const AFTERWARDS: &str = "afterwards";
/// Also computers of another system.
pub const ANY_SYSTEM: &str = "any-system";
/// Which phases are taken back.
pub const PHASES: &str = "phase";
/// What may be done afterwards, as agents are told it, with its word in keys of texts.
pub const POSTCMDS: [(&str, &str); 3] = [("", "nothing"), ("REBOOT", "reboot"), ("SHUTDOWN", "shutdown")];

/// The word in keys of texts of what is done afterwards; `None` when that is nothing.
pub fn postcmd_word(postcmd: &str) -> Option<&'static str> {
    let known = POSTCMDS.iter().find(|(known, _)| *known == postcmd && !known.is_empty());
    known.map(|(_, word)| *word)
}

/// An activation that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its number, as the form sends it.
    pub value: String,
    /// Package, system and address.
    pub words: String,
}

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed<'a> {
    /// Number of the activation.
    pub activation: &'a str,
    /// A day, as ISO writes it.
    pub day: &'a str,
    /// A time.
    pub time: &'a str,
    /// Also where it is installed.
    pub force: bool,
    /// Empty, `REBOOT` or `SHUTDOWN`.
    pub afterwards: &'a str,
    /// Also computers of another system.
    pub any_system: bool,
}

/// Writes the fields that say what is affected and how.
pub fn fields(locale: &Locale, choices: &[Choice], typed: &Typed, errors: &[FieldError]) -> Markup {
    let text = |key: &str| locale.text(key);
    let one = |name, label: &str, help: &str, control| {
        field(&Field { name, label: text(label), help: text(help), required: false, control }, errors)
    };
    let choices: Vec<(&str, &str)> = choices.iter().map(|one| (one.value.as_str(), one.words.as_str())).collect();
    let afterwards = POSTCMDS.map(|(value, word)| (value, text(&format!("affect.afterwards-{word}"))));
    let line = Control::Line { value: typed.time, fills: "off", unit: "", code: true };
    html! {
        (one(ACTIVATION, "affect.activation", "affect.activation-help",
            Control::Select { value: typed.activation, choices: &choices }))
        (one(DAY, "affect.day", "affect.day-help", Control::Date { value: typed.day }))
        (one(TIME, "affect.time", "affect.time-help", line))
        (one(FORCE, "affect.force", "affect.force-help", Control::Check { on: typed.force }))
        (one(AFTERWARDS, "affect.afterwards", "affect.afterwards-help",
            Control::Radio { value: typed.afterwards, choices: &afterwards }))
        (one(ANY_SYSTEM, "affect.any-system", "affect.any-system-help", Control::Check { on: typed.any_system }))
    }
}

/// The page of a form about computers.
pub struct AffectPage<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// Names of some of the computers.
    pub names: &'a [String],
    /// How many there are besides.
    pub more: u64,
    /// Which computers are meant: travels along.
    pub carried: &'a [(String, String)],
    /// The activations that there are.
    pub choices: &'a [Choice],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
}

/// Writes the form that affects.
pub fn affect(locale: &Locale, page: &AffectPage, typed: &Typed) -> Markup {
    whole(locale, page, Deed::Affect, fields(locale, page.choices, typed, page.errors))
}

/// Writes the form that takes back; `phases` are the words of the boxes that are ticked.
pub fn unaffect(locale: &Locale, page: &AffectPage, activation: &str, phases: &[&str]) -> Markup {
    let first = [("", locale.text("affect.every-package"))];
    let choices = page.choices.iter().map(|one| (one.value.as_str(), one.words.as_str()));
    let choices: Vec<(&str, &str)> = first.into_iter().chain(choices).collect();
    let words = Phase::ALL.map(|phase| (phase.word(), locale.text(&format!("affect.phase-{}", phase.word()))));
    let rows = html! {
        (field(&Field {
            name: ACTIVATION, label: locale.text("affect.activation"), help: "", required: false,
            control: Control::Select { value: activation, choices: &choices },
        }, page.errors))
        (field(&Field {
            name: PHASES, label: locale.text("affect.phases"), help: locale.text("affect.phases-help"), required: false,
            control: Control::Several { chosen: phases, choices: &words },
        }, page.errors))
    };
    whole(locale, page, Deed::Unaffect, rows)
}

fn whole(locale: &Locale, page: &AffectPage, deed: Deed, rows: Markup) -> Markup {
    let inside = html! {
        @for (name, value) in page.carried { (hidden(name, value)) }
        (hidden(FILLED, "1"))
        (rows)
    };
    let submit = locale.text("mass.next");
    html! {
        p.lead { (locale.text(&format!("computers.{}-what", deed.word()))) }
        (named(locale, page.names, page.more))
        (form(locale, &Form { action: deed.path(), token: page.token, errors: page.errors, submit }, inside))
    }
}

/// Said where no package is activated.
pub fn none(locale: &Locale, may_build: bool) -> Markup {
    let why = locale.text(if may_build { "affect.none-admin" } else { "affect.none-other" });
    empty(&Empty { icon: Icon::Note, title: locale.text("affect.none"), why, action: None })
}

/// Said where nothing would change.
pub fn nobody(locale: &Locale, lines: &[String], back: &str) -> Markup {
    html! {
        p.lead { (locale.text("affect.nobody")) }
        ul.named { @for line in lines { li { (data(line)) } } }
        p.actions { a.button href=(back) { (locale.text("confirm.back")) } }
    }
}
