//! Parts of one page side by side, each with an address of its own.

use maud::{Markup, html};

/// One part.
pub struct Tab<'a> {
    /// Where it is.
    pub href: String,
    /// Its words.
    pub label: &'a str,
    /// How many things it has, where that matters.
    pub count: Option<u64>,
    /// It is the part that is shown.
    pub current: bool,
}

/// Writes the row of parts.
pub fn tabs(label: &str, list: &[Tab]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            ul {
                @for tab in list {
                    li {
                        a href=(tab.href) aria-current=[tab.current.then_some("page")] {
                            (tab.label)
                            @if let Some(count) = tab.count { span.count { (count) } }
                        }
                    }
                }
            }
        }
    }
}
