//! The form that puts computers into a group or takes them out (CON-GRP-2, CON-INV-7).

use maud::{Markup, html};

use super::computers::Deed;
use super::groups::{self, Typed};
use super::mass::{FILLED, named};
use crate::console::view::Locale;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden};

/// Field: what is done.
pub const HOW: &str = "how";
/// Field: the group.
pub const INTO: &str = "into";

/// What can be done, as forms spell it.
pub const WAYS: [&str; 4] = ["add", "remove", "overwrite", "new"];

/// What the form shows.
pub struct GroupingPage<'a> {
    /// Token of the session.
    pub token: &'a str,
    /// Names of some of the computers.
    pub names: &'a [String],
    /// How many there are besides.
    pub more: u64,
    /// Which computers are meant: travels along.
    pub carried: &'a [(String, String)],
    /// The groups that there are: number and name.
    pub groups: &'a [(String, String)],
    /// What is done.
    pub how: &'a str,
    /// The group that is chosen.
    pub into: &'a str,
    /// What was typed about a new group.
    pub typed: &'a Typed,
    /// What is wrong with it.
    pub errors: &'a [FieldError],
}

/// Writes the form.
pub fn body(locale: &Locale, page: &GroupingPage) -> Markup {
    let ways = WAYS.map(|way| (way, locale.text(&format!("grouping.{way}"))));
    let choices: Vec<(&str, &str)> = page.groups.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let one = |name, label: &str, help: &str, control| {
        field(&Field { name, label: locale.text(label), help, required: false, control }, page.errors)
    };
    let fields = html! {
        @for (name, value) in page.carried { (hidden(name, value)) }
        (hidden(FILLED, "1"))
        @if choices.is_empty() {
            (hidden(HOW, "new"))
        } @else {
            (one(HOW, "grouping.how", "", Control::Radio { value: page.how, choices: &ways }))
            (one(INTO, "grouping.group", "", Control::Select { value: page.into, choices: &choices }))
        }
        fieldset {
            legend { (locale.text("grouping.new-group")) }
            (groups::fields(locale, page.typed, true, page.errors))
        }
    };
    let around =
        Form { action: Deed::Group.path(), token: page.token, errors: page.errors, submit: locale.text("mass.next") };
    html! {
        p.lead { (locale.text("computers.group-what")) }
        (named(locale, page.names, page.more))
        (form(locale, &around, fields))
    }
}
