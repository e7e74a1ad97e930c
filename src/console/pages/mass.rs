//! The forms for many computers at once: administrative values, and own values of options (CON-INV-7).
//!
//! What is left empty stays as it is on each computer; to make something empty is asked for on its own.

use maud::{Markup, html};

use super::computer::{ValueRow, input_name, own_input, value_input};
use super::computers::Deed;
use super::config::was;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};
use crate::console::view::{Locale, data};
use crate::options::{Declaration, Own};

/// The value of an option's choice that goes back to the general value.
pub const GENERAL: &str = "general";
/// Tells that the form was filled in.
pub const FILLED: &str = "filled";

/// What both forms have.
pub struct MassPage<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// What is done.
    pub deed: Deed,
    /// Names of some of the computers.
    pub names: &'a [String],
    /// How many there are besides.
    pub more: u64,
    /// Which computers are meant: travels along.
    pub carried: &'a [(String, String)],
    /// What is wrong with what was typed.
    pub errors: &'a [FieldError],
}

/// The name of the box that makes a value empty.
pub fn blank(name: &str) -> String {
    format!("blank.{name}")
}

/// Writes the form for administrative values; `blanks` are the boxes that are ticked.
pub fn values(locale: &Locale, page: &MassPage, rows: &[ValueRow], blanks: &[String]) -> Markup {
    let leave = locale.text("mass.leave");
    let row = |row: &ValueRow| {
        let name = blank(&input_name(&row.field));
        let control = Control::Check { on: blanks.contains(&name) };
        let label = locale.text("mass.blank");
        html! {
            div.value-row {
                (value_input(locale, row, page.errors, leave))
                (field(&Field { name: &name, label, help: "", required: false, control }, page.errors))
            }
        }
    };
    whole(locale, page, html! { @for one in rows { (row(one)) } })
}

/// Writes the form for own values of options; each with what was typed.
pub fn options(locale: &Locale, page: &MassPage, rows: &[(&'static Declaration, Own, String)]) -> Markup {
    let first = [("", locale.text("mass.leave")), (GENERAL, locale.text("custom.general"))];
    let row = |(option, own, text): &(&'static Declaration, Own, String)| {
        html! {
            div.option-row {
                (own_input(locale, option, own.kind, text, &first, page.errors))
                (hidden(&was(option.name), ""))
            }
        }
    };
    whole(locale, page, html! { @for one in rows { (row(one)) } })
}

fn whole(locale: &Locale, page: &MassPage, rows: Markup) -> Markup {
    let fields = html! {
        @for (name, value) in page.carried { (hidden(name, value)) }
        (hidden(FILLED, "1"))
        (rows)
    };
    let submit = locale.text("mass.next");
    html! {
        p.lead { (locale.text(&format!("computers.{}-what", page.deed.word()))) }
        (named(locale, page.names, page.more))
        (form(locale, &Form { action: page.deed.path(), token: page.token, errors: page.errors, submit }, fields))
    }
}

/// Names of some of the computers, and how many there are besides.
pub fn named(locale: &Locale, names: &[String], more: u64) -> Markup {
    html! {
        ul.named.in-line {
            @for name in names { li { (data(name)) } }
            @if more > 0 { li { (locale.count("confirm.more", more)) } }
        }
    }
}
