//! The identity card of a thing: definitions in columns, and a strip of what needs care.

use maud::{Markup, html};

use super::icon::icon;
use super::message::Tone;
use super::table::{Cell, cell};
use super::{Locale, data};

/// A word and its value.
#[derive(Debug, Clone)]
pub struct Definition<'a> {
    /// What it is.
    pub label: &'a str,
    /// What we know; an empty value is left out.
    pub value: Cell<'a>,
}

/// One thing that needs care.
#[derive(Debug, Clone)]
pub struct Care {
    /// How much.
    pub tone: Tone,
    /// What it is; may hold data.
    pub text: String,
    /// Where to look.
    pub href: Option<String>,
}

/// A framed part of a page.
pub fn card(title: Option<&str>, body: Markup) -> Markup {
    html! {
        section.card {
            @if let Some(title) = title { h2 { (title) } }
            (body)
        }
    }
}

/// Definitions in as many columns as there is room for. What is unknown is left out.
pub fn definitions(locale: &Locale, list: &[Definition]) -> Markup {
    html! {
        dl.definitions {
            @for entry in list.iter().filter(|entry| entry.value != Cell::Empty) {
                div { dt { (data(entry.label)) } dd { (cell(locale, &entry.value)) } }
            }
        }
    }
}

/// What needs care, each with its word and shape. Nothing when all is well.
pub fn strip(locale: &Locale, cares: &[Care]) -> Markup {
    html! {
        @if !cares.is_empty() {
            ul.strip aria-label=(locale.text("strip.label")) {
                @for care in cares {
                    li class=(care.tone.class()) {
                        (icon(care.tone.icon()))
                        @match &care.href {
                            Some(href) => a href=(href) { (data(&care.text)) },
                            None => span { (data(&care.text)) },
                        }
                    }
                }
            }
        }
    }
}
