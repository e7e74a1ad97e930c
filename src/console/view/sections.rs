//! The list of a page's sections with their counts.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::{Locale, data, format};

/// One section of a page.
#[derive(Debug, Clone)]
pub struct SectionLink {
    /// Where it is shown.
    pub href: String,
    /// Its name; may be data, when an agent's plug-in made it up.
    pub label: String,
    /// How many rows it has; `None` when it is not a list.
    pub count: Option<u64>,
    /// The section that is shown.
    pub current: bool,
}

/// Sections that belong together.
#[derive(Debug, Clone)]
pub struct SectionGroup<'a> {
    /// What they have in common; empty for the first ones.
    pub title: &'a str,
    /// The sections.
    pub links: Vec<SectionLink>,
}

/// Writes the list beside the content; on narrow screens it stands folded above, under the name of the current one.
pub fn sections(locale: &Locale, groups: &[SectionGroup]) -> Markup {
    let current = groups.iter().flat_map(|group| &group.links).find(|link| link.current);
    html! {
        details.page-sections-folded data-closes {
            summary {
                (icon(Icon::Menu))
                span { (data(current.map_or(locale.text("sections.label"), |link| link.label.as_str()))) }
            }
            nav aria-label=(locale.text("sections.label")) { (list(locale, groups)) }
        }
        nav.page-sections aria-label=(locale.text("sections.label")) { (list(locale, groups)) }
    }
}

fn list(locale: &Locale, groups: &[SectionGroup]) -> Markup {
    html! {
        @for group in groups {
            @if !group.title.is_empty() { p.group { (group.title) } }
            ul data-keys {
                @for link in &group.links {
                    li {
                        a href=(link.href) aria-current=[link.current.then_some("page")]
                            class=[(link.count == Some(0)).then_some("none")] {
                            span { (data(&link.label)) }
                            @if let Some(count) = link.count.filter(|count| *count > 0) {
                                span.count { (format::number(locale.lang, i64::try_from(count).unwrap_or(i64::MAX))) }
                            }
                        }
                    }
                }
            }
        }
    }
}
