//! Forms: label above, help below, the error at the field and again in a summary on top, the unit inside the box.

use std::borrow::Cow;

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::{Locale, data};

/// What is wrong with one field, in the reader's language and in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// [`Field::name`].
    pub field: Cow<'static, str>,
    /// What to do.
    pub text: String,
}

impl FieldError {
    /// What is wrong with a field.
    pub fn new(field: impl Into<Cow<'static, str>>, text: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), text: text.into() }
    }
}

/// The box of a field.
#[derive(Debug, Clone)]
pub enum Control<'a> {
    /// One line.
    Line {
        /// What was typed, kept when the form is shown again.
        value: &'a str,
        /// What browsers may fill in: the `autocomplete` word.
        fills: &'static str,
        /// The unit, inside the box.
        unit: &'a str,
        /// Codes and addresses: monospaced, without spelling check.
        code: bool,
    },
    /// A password; never filled in by us.
    Password {
        /// `current-password` or `new-password`.
        fills: &'static str,
    },
    /// Several lines.
    Lines {
        /// What was typed.
        value: &'a str,
        /// How many lines are seen.
        rows: u8,
    },
    /// One of a list.
    Select {
        /// The chosen value.
        value: &'a str,
        /// Values and their words.
        choices: &'a [(&'a str, &'a str)],
    },
    /// On or off.
    Check {
        /// On.
        on: bool,
    },
    /// A day, as ISO writes it.
    Date {
        /// What was typed.
        value: &'a str,
    },
    /// Files; the form around is an [`upload_form`].
    Files {
        /// The endings that are offered first, as `accept` writes them.
        kinds: &'static str,
        /// How many may be chosen.
        most: usize,
    },
    /// One of a few, all in sight.
    Radio {
        /// The chosen value.
        value: &'a str,
        /// Values and their words.
        choices: &'a [(&'a str, &'a str)],
    },
    /// Any of a few, each sent under the field's name. An empty value is sent too, so that none differs from absent.
    Several {
        /// The chosen values.
        chosen: &'a [&'a str],
        /// Values and their words.
        choices: &'a [(&'a str, &'a str)],
    },
    /// One of a few words, or something typed. The word is sent as `NAME.mode`, [`TYPED`] for what is typed.
    Worded {
        /// The chosen word.
        mode: &'a str,
        /// Values and their words; the last one stands before the box.
        choices: &'a [(&'a str, &'a str)],
        /// What was typed.
        value: &'a str,
        /// The unit, inside the box.
        unit: &'a str,
    },
}

/// The value of [`Control::Worded`] that stands for what is typed.
pub const TYPED: &str = "typed";

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// Its name in the form, and its id.
    pub name: &'a str,
    /// What it asks for.
    pub label: &'a str,
    /// More about it; empty when the label says all.
    pub help: &'a str,
    /// Must be filled in.
    pub required: bool,
    /// Its box.
    pub control: Control<'a>,
}

/// A whole form.
pub struct Form<'a> {
    /// Where it is sent, by POST.
    pub action: &'a str,
    /// Token of the session, or of the form before there is a session.
    pub token: &'a str,
    /// What is wrong, field by field.
    pub errors: &'a [FieldError],
    /// The words on the button: a verb.
    pub submit: &'a str,
}

/// Writes a form around its fields, with the summary of errors on top.
pub fn form(locale: &Locale, form: &Form, fields: Markup) -> Markup {
    whole(locale, form, None, fields, Markup::default())
}

/// The same with further buttons behind the one that it is about.
pub fn form_with(locale: &Locale, form: &Form, fields: Markup, buttons: Markup) -> Markup {
    whole(locale, form, None, fields, buttons)
}

/// The same for a form that brings files. Its route takes them (`Route::upload`).
pub fn upload_form(locale: &Locale, form: &Form, fields: Markup) -> Markup {
    whole(locale, form, Some("multipart/form-data"), fields, Markup::default())
}

/// The token stands in front of everything: without it nothing of a file is kept.
fn whole(locale: &Locale, form: &Form, kind: Option<&str>, fields: Markup, buttons: Markup) -> Markup {
    html! {
        form.form method="post" action=(form.action) enctype=[kind] novalidate {
            (token(form.token))
            (summary(locale, form.errors))
            (fields)
            div.actions {
                button.button.primary { (form.submit) }
                (buttons)
            }
        }
    }
}

fn summary(locale: &Locale, errors: &[FieldError]) -> Markup {
    html! {
        @if !errors.is_empty() {
            div.message.error role="alert" {
                (icon(Icon::Error))
                div {
                    p { strong { (locale.count("form.errors", errors.len() as u64)) } }
                    ul { @for error in errors { li { a href={ "#" (error.field) } { (data(&error.text)) } } } }
                }
            }
        }
    }
}

/// Writes one field with its error, if it has one.
pub fn field(field: &Field, errors: &[FieldError]) -> Markup {
    let error = errors.iter().find(|error| error.field == field.name);
    let error_id = format!("{}-error", field.name);
    let help_id = format!("{}-help", field.name);
    let about = [(error.is_some(), &error_id), (!field.help.is_empty(), &help_id)]
        .iter()
        .filter(|(there, _)| *there)
        .map(|(_, id)| id.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let about = (!about.is_empty()).then_some(about);
    let check = matches!(field.control, Control::Check { .. });
    let many = matches!(field.control, Control::Radio { .. } | Control::Several { .. } | Control::Worded { .. });
    let label_id = format!("{}-label", field.name);
    html! {
        div.field.invalid[error.is_some()].check[check] {
            @if check { (control(field, error.is_some(), about.as_deref())) }
            @if many { span.label id=(label_id) { (data(field.label)) } }
            @else { label for=(field.name) { (data(field.label)) } }
            @if !check { (control(field, error.is_some(), about.as_deref())) }
            @if let Some(error) = error {
                p.field-error id=(error_id) { (icon(Icon::Error)) span { (data(&error.text)) } }
            }
            @if !field.help.is_empty() { p.help id=(help_id) { (data(field.help)) } }
        }
    }
}

fn control(field: &Field, invalid: bool, about: Option<&str>) -> Markup {
    let name = field.name;
    if let Control::Radio { .. } | Control::Several { .. } | Control::Worded { .. } = field.control {
        return group(field, invalid, about);
    }
    let invalid = invalid.then_some("true");
    let plain = |code: bool| code.then_some("false");
    html! {
        @match &field.control {
            Control::Line { value, fills, unit, code } => {
                span.box.code[*code] {
                    input #(name) name=(name) type="text" value=(value) autocomplete=(fills) required[field.required]
                        spellcheck=[plain(*code)] autocapitalize=[code.then_some("none")] aria-invalid=[invalid]
                        aria-describedby=[about];
                    @if !unit.is_empty() { span.unit { (unit) } }
                }
            },
            Control::Password { fills } => {
                span.box {
                    input #(name) name=(name) type="password" autocomplete=(fills) required[field.required]
                        aria-invalid=[invalid] aria-describedby=[about];
                }
            },
            Control::Lines { value, rows } => {
                span.box {
                    // A line end directly after the tag is dropped by browsers; one more keeps what was typed.
                    textarea #(name) name=(name) rows=(rows) required[field.required] spellcheck="false"
                        aria-invalid=[invalid] aria-describedby=[about] { "\n" (value) }
                }
            },
            Control::Select { value, choices } => {
                span.box.select {
                    select #(name) name=(name) aria-invalid=[invalid] aria-describedby=[about] {
                        @for (choice, words) in choices.iter() {
                            option value=(choice) selected[choice == value] { (data(words)) }
                        }
                    }
                }
            },
            Control::Check { on } => {
                input #(name) name=(name) type="checkbox" value="1" checked[*on] aria-invalid=[invalid]
                    aria-describedby=[about];
            },
            Control::Date { value } => {
                span.box.short-box {
                    input #(name) name=(name) type="date" value=(value) required[field.required] aria-invalid=[invalid]
                        aria-describedby=[about];
                }
            },
            Control::Files { kinds, most } => {
                span.box.files data-drop {
                    input #(name) name=(name) type="file" accept=(kinds) multiple[*most > 1] required[field.required]
                        aria-invalid=[invalid] aria-describedby=[about];
                }
            },
            Control::Radio { .. } | Control::Several { .. } | Control::Worded { .. } => {},
        }
    }
}

/// Boxes that belong together: the first carries the field's id, so that the summary of errors leads there.
fn group(field: &Field, invalid: bool, about: Option<&str>) -> Markup {
    let name = field.name;
    let label = format!("{name}-label");
    let id = |at: usize| if at == 0 { name.to_owned() } else { format!("{name}-{at}") };
    let choice = |at: usize, kind: &str, name: &str, value: &str, on: bool, words: &str| {
        html! {
            label.option for=(id(at)) {
                input id=(id(at)) name=(name) type=(kind) value=(value) checked[on];
                span { (data(words)) }
            }
        }
    };
    let mode = format!("{name}.mode");
    html! {
        div.options role="group" aria-labelledby=(label) aria-describedby=[about] data-invalid[invalid] {
            @match &field.control {
                Control::Radio { value, choices } => {
                    @for (at, (one, words)) in choices.iter().enumerate() {
                        (choice(at, "radio", name, one, one == value, words))
                    }
                },
                Control::Several { chosen, choices } => {
                    (hidden(name, ""))
                    @for (at, (one, words)) in choices.iter().enumerate() {
                        (choice(at, "checkbox", name, one, chosen.contains(one), words))
                    }
                },
                Control::Worded { mode: chosen, choices, value, unit } => {
                    @for (at, (one, words)) in choices.iter().enumerate() {
                        (choice(at, "radio", &mode, one, one == chosen, words))
                    }
                    span.box.short-box {
                        input name=(name) type="text" inputmode="numeric" value=(value) autocomplete="off"
                            aria-labelledby=(label);
                        @if !unit.is_empty() { span.unit { (unit) } }
                    }
                },
                _ => {},
            }
        }
    }
}

/// A value that travels with a form unseen.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The token without which no form is accepted.
pub fn token(value: &str) -> Markup {
    hidden("token", value)
}
