//! The pieces that pages are made of: functions from plain values to markup.
//!
//! Everything is written by maud, which escapes. Data (what agents or people typed) goes through [`data`] as well,
//! which makes characters visible that would reorder or hide text. No piece writes a `style` or event attribute:
//! the content security policy forbids them.

pub mod address;
pub mod card;
pub mod confirm;
pub mod csv;
pub mod form;
pub mod format;
pub mod frame;
#[cfg(any(test, debug_assertions))]
pub mod gallery;
pub mod icon;
pub mod list;
pub mod message;
pub mod pager;
pub mod sections;
pub mod table;
pub mod tabs;
pub mod xlsx;

use std::borrow::Cow;
use std::fmt::Display;
use std::fmt::Write;

use jiff::tz::TimeZone;
use maud::{Escaper, Markup, Render, html};

use crate::clock::Timestamp;
use crate::i18n::{Lang, fill, text};

/// In which language, at what time and in which time zone a page is read.
#[derive(Debug, Clone)]
pub struct Locale {
    /// The language of the reader.
    pub lang: Lang,
    /// When the page was made; "2 hours ago" is counted from here.
    pub now: Timestamp,
    /// The office's time zone.
    pub zone: TimeZone,
}

impl Locale {
    /// The text of a key.
    pub fn text(&self, key: &str) -> &'static str {
        text(self.lang, key)
    }

    /// The text of a key with its named places filled.
    pub fn fill(&self, key: &str, values: &[(&str, &dyn Display)]) -> String {
        fill(self.lang, key, values)
    }

    /// A sentence about `n` things: `key.one` or `key.many`, with `{n}` written as the language writes numbers.
    pub fn count(&self, key: &str, n: u64) -> String {
        let one = match self.lang {
            Lang::En => n == 1,
            Lang::Fr => n < 2,
        };
        let n_text = format::number(self.lang, n as i64);
        self.fill(&format!("{key}.{}", if one { "one" } else { "many" }), &[("n", &n_text)])
    }
}

/// The code of a language, as `lang` attributes and forms spell it.
pub fn lang_code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Fr => "fr",
    }
}

/// A link or button with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Where it leads; an address of ours.
    pub href: String,
    /// What it does: a verb.
    pub label: String,
}

/// Text with everything made visible that would reorder, hide or end it when shown.
///
/// Bidi controls become marks such as `‹RLO›`, control characters their pictures (`␀`), invisible blanks their
/// number. Tabs and line ends stay; so do the joiners that scripts and emoji need.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !hidden(c) {
            shown.push(c);
            continue;
        }
        let name = match c {
            '\u{061C}' => "ALM",
            '\u{200E}' => "LRM",
            '\u{200F}' => "RLM",
            '\u{202A}' => "LRE",
            '\u{202B}' => "RLE",
            '\u{202C}' => "PDF",
            '\u{202D}' => "LRO",
            '\u{202E}' => "RLO",
            '\u{2066}' => "LRI",
            '\u{2067}' => "RLI",
            '\u{2068}' => "FSI",
            '\u{2069}' => "PDI",
            '\u{0}'..='\u{1F}' => {
                shown.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}'));
                continue;
            }
            '\u{7F}' => "DEL",
            _ => "",
        };
        let _ = match name {
            "" => write!(shown, "‹{:04X}›", c as u32),
            name => write!(shown, "‹{name}›"),
        };
    }
    Cow::Owned(shown)
}

fn hidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}' => true,
        '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' => true,
        c => c.is_control(),
    }
}

/// Data on its way into a page: escaped by maud, with hidden characters made visible.
pub fn data(text: &str) -> Data<'_> {
    Data(text)
}

/// See [`data`].
#[derive(Debug, Clone, Copy)]
pub struct Data<'a>(&'a str);

impl Render for Data<'_> {
    fn render_to(&self, buffer: &mut String) {
        let _ = Escaper::new(buffer).write_str(&visible(self.0));
    }
}

/// A value that people compare by eye: monospaced, and copied by one click where scripting is on.
pub fn mono(value: &str) -> Markup {
    html! { code.copy { (data(value)) } }
}

/// A link whose target may come from data (SEC-22): our own addresses, http, https and mailto; otherwise only the words.
pub fn link(href: &str, words: &str) -> Markup {
    let own = href.starts_with('/') && !href.starts_with("//") && !href.contains('\\') || href.starts_with(['?', '#']);
    let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    if own {
        html! { a href=(href) { (data(words)) } }
    } else if matches!(scheme.as_deref(), Some("http" | "https" | "mailto")) {
        html! { a href=(href) rel="noreferrer noopener" { (data(words)) } }
    } else {
        html! { (data(words)) }
    }
}

/// A link that says a number: what it leads to has so many rows (CON-ACC-5). The number stands in the markup too, so
/// that a walk over all pages can follow every such link and count.
pub fn counted(href: &str, count: u64, words: Markup) -> Markup {
    html! { a href=(href) data-count=(count) { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_turn_around_is_shown_with_marks() {
        assert_eq!(visible("invoice\u{202E}fdp.exe"), "invoice‹RLO›fdp.exe");
        assert_eq!(visible("a\u{200B}b\u{0}c"), "a‹200B›b␀c");
        assert!(matches!(visible("Poste d'été 👩‍💻 مكتب"), Cow::Borrowed(_)));
    }

    #[test]
    fn sec_22_only_harmless_schemes_become_links() {
        for bad in ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "//evil.example", "/\\evil.example", ""]
        {
            assert_eq!(link(bad, "x").into_string(), "x", "{bad}");
        }
        assert!(link("https://example.org/?a=1&b=2", "x").into_string().contains("a=1&amp;b=2"));
        assert!(!link("/ocsreports/computers", "x").into_string().contains("rel="));
    }
}
