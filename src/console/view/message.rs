//! What is said to the reader: messages, and pages that have nothing to show.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::{Action, Locale, data};

/// What a message or a mark is about. Each has a word and a shape of its own, never a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Note,
    /// It was done.
    Success,
    /// It needs care.
    Warning,
    /// It did not work.
    Error,
}

impl Tone {
    /// The name of the class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Note => "note",
            Tone::Success => "success",
            Tone::Warning => "warning",
            Tone::Error => "error",
        }
    }

    /// Its shape.
    pub fn icon(self) -> Icon {
        match self {
            Tone::Note => Icon::Note,
            Tone::Success => Icon::Success,
            Tone::Warning => Icon::Warning,
            Tone::Error => Icon::Error,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Tone::Note => "tone.note",
            Tone::Success => "tone.success",
            Tone::Warning => "tone.warning",
            Tone::Error => "tone.error",
        }
    }
}

/// A message above the body of a page.
#[derive(Debug, Clone)]
pub struct Message {
    /// What it is about.
    pub tone: Tone,
    /// What happened, what still works, what to do. May hold data.
    pub text: String,
    /// Where to do it, or where it went.
    pub action: Option<Action>,
}

/// A message with its word, its shape and its link.
pub fn message(locale: &Locale, message: &Message) -> Markup {
    let role = match message.tone {
        Tone::Error | Tone::Warning => "alert",
        Tone::Note | Tone::Success => "status",
    };
    html! {
        div class={ "message " (message.tone.class()) } role=(role) {
            (icon(message.tone.icon()))
            p {
                strong { (locale.text(message.tone.word())) } " "
                (data(&message.text))
                @if let Some(action) = &message.action { " " a href=(action.href) { (data(&action.label)) } }
            }
        }
    }
}

/// A page or section without content.
#[derive(Debug, Clone)]
pub struct Empty<'a> {
    /// What would be here.
    pub icon: Icon,
    /// That there is nothing.
    pub title: &'a str,
    /// Why, and what will change it.
    pub why: &'a str,
    /// The next step.
    pub action: Option<Action>,
}

/// Says why there is nothing, and offers the next step.
pub fn empty(state: &Empty) -> Markup {
    html! {
        div.empty {
            (icon(state.icon))
            h2 { (state.title) }
            p { (data(state.why)) }
            @if let Some(action) = &state.action { a.button.primary href=(action.href) { (data(&action.label)) } }
        }
    }
}
