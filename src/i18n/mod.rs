//! Texts for people, in each language, and how numbers and dates are written.
//!
//! A text is a whole sentence or a label, found by a key such as `computers.title`; nothing is built from
//! fragments. The files stand in `assets/i18n`; `tests/it/texts.rs` compares them with each other and with
//! the keys used in `src`. Data is never translated.

mod dates;
mod numbers;

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use dates::{date, date_time, iso_date, iso_date_time, relative};
pub use numbers::{decimal, number, size, size_mb};

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    /// English, also for browsers that ask for a language we do not have.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Fr];

    /// The code for `lang` attributes, files and accounts: `en`, `fr`.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Fr => "fr",
        }
    }

    /// The language's name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Fr => "Français",
        }
    }

    /// From a code as [`Lang::code`] writes it; a region is ignored (`fr-CA`).
    pub fn from_code(code: &str) -> Option<Lang> {
        let language = code.split(['-', '_']).next()?.trim();
        Lang::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(language))
    }

    /// The best of our languages for an `Accept-Language` header; English when none is asked for.
    pub fn accepted(header: &str) -> Lang {
        let mut best: Option<(Lang, f32)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Lang::from_code) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(_, known)| weight > known) {
                best = Some((lang, weight));
            }
        }
        best.map_or_else(Lang::default, |(lang, _)| lang)
    }
}

/// The texts of one language by key.
type Texts = BTreeMap<String, String>;

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| {
    read(&[
        include_str!("../../assets/i18n/en.toml"),
        include_str!("../../assets/i18n/console.en.toml"),
        include_str!("../../assets/i18n/help.en.toml"),
        include_str!("../../assets/i18n/admin.en.toml"),
        include_str!("../../assets/i18n/sections.en.toml"),
        include_str!("../../assets/i18n/watch.en.toml"),
        include_str!("../../assets/i18n/computer.en.toml"),
        include_str!("../../assets/i18n/dictionary.en.toml"),
        include_str!("../../assets/i18n/affect.en.toml"),
        include_str!("../../assets/i18n/packages.en.toml"),
        include_str!("../../assets/i18n/sites.en.toml"),
        include_str!("../../assets/i18n/activate.en.toml"),
        include_str!("../../assets/i18n/uploads.en.toml"),
        include_str!("../../assets/i18n/window.en.toml"),
        include_str!("../../assets/i18n/groups.en.toml"),
        include_str!("../../assets/i18n/agents.en.toml"),
        include_str!("../../assets/i18n/kit.en.toml"),
        include_str!("../../assets/i18n/who.en.toml"),
        include_str!("../../assets/i18n/sticks.en.toml"),
    ])
});
static FRENCH: LazyLock<Texts> = LazyLock::new(|| {
    read_french(&[
        include_str!("../../assets/i18n/fr.toml"),
        include_str!("../../assets/i18n/console.fr.toml"),
        include_str!("../../assets/i18n/help.fr.toml"),
        include_str!("../../assets/i18n/admin.fr.toml"),
        include_str!("../../assets/i18n/sections.fr.toml"),
        include_str!("../../assets/i18n/watch.fr.toml"),
        include_str!("../../assets/i18n/computer.fr.toml"),
        include_str!("../../assets/i18n/dictionary.fr.toml"),
        include_str!("../../assets/i18n/affect.fr.toml"),
        include_str!("../../assets/i18n/packages.fr.toml"),
        include_str!("../../assets/i18n/sites.fr.toml"),
        include_str!("../../assets/i18n/activate.fr.toml"),
        include_str!("../../assets/i18n/uploads.fr.toml"),
        include_str!("../../assets/i18n/window.fr.toml"),
        include_str!("../../assets/i18n/groups.fr.toml"),
        include_str!("../../assets/i18n/agents.fr.toml"),
        include_str!("../../assets/i18n/kit.fr.toml"),
        include_str!("../../assets/i18n/who.fr.toml"),
        include_str!("../../assets/i18n/sticks.fr.toml"),
    ])
});

/// Shown where a key has no text: visible, so that nobody overlooks it. A test finds such keys.
const MISSING: &str = "(text missing)";

/// Texts by dotted key. A file that cannot be read gives no texts: keys are shown then, and a test fails.
fn read(files: &[&str]) -> Texts {
    let mut texts = Texts::new();
    for table in files.iter().filter_map(|file| file.parse::<toml::Table>().ok()) {
        flatten("", table, &mut texts);
    }
    texts
}

/// French texts with their typography.
fn read_french(files: &[&str]) -> Texts {
    let mut texts = read(files);
    texts.values_mut().for_each(|text| *text = spaced(Lang::Fr, text));
    texts
}

/// A text with the blanks of the language's typography: in French none of `: ; ! ? %`, no quotation mark and no group of
/// figures is torn off at the end of a line. For texts that we wrote; never for data.
pub fn spaced(lang: Lang, text: &str) -> String {
    if lang == Lang::En {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        out.push(match c {
            ' ' if before.is_ascii_digit() && next.is_ascii_digit() => '\u{202f}',
            ' ' if before == '«' || matches!(next, ':' | ';' | '!' | '?' | '%' | '»') => '\u{a0}',
            other => other,
        });
        before = c;
    }
    out
}

fn flatten(prefix: &str, table: toml::Table, texts: &mut Texts) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, texts),
            toml::Value::String(text) => drop(texts.insert(key, text)),
            other => drop(texts.insert(key, other.to_string())),
        }
    }
}

/// Every text of a language, by key. For tests and tools; pages use [`text`].
pub fn all(lang: Lang) -> &'static BTreeMap<String, String> {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Fr => &FRENCH,
    }
}

fn found(lang: Lang, key: &str) -> Option<&'static str> {
    all(lang).get(key).or_else(|| ENGLISH.get(key)).map(String::as_str)
}

/// The text of a key, if there is one: for names that agents make up.
pub fn known(lang: Lang, key: &str) -> Option<&'static str> {
    found(lang, key)
}

/// The text of a key.
pub fn text(lang: Lang, key: &str) -> &'static str {
    found(lang, key).unwrap_or(MISSING)
}

/// The text of a key with its `{name}` placeholders filled in; unknown placeholders stay as they are.
///
/// Values are not looked at again: one that contains `{n}` stays so.
pub fn fill(lang: Lang, key: &str, values: &[(&str, &dyn Display)]) -> String {
    filled(text(lang, key), values)
}

/// A text that depends on a count: `KEY.one` or `KEY.many`, where `{n}` is the count as the language writes it.
///
/// In English only 1 is singular; in French 0 is as well.
pub fn plural(lang: Lang, key: &str, count: u64, values: &[(&str, &dyn Display)]) -> String {
    let one = match lang {
        Lang::En => count == 1,
        Lang::Fr => count <= 1,
    };
    let whole = format!("{key}.{}", if one { "one" } else { "many" });
    let shown = number(lang, i64::try_from(count).unwrap_or(i64::MAX));
    let mut all: Vec<(&str, &dyn Display)> = vec![("n", &shown)];
    all.extend_from_slice(values);
    filled(found(lang, &whole).unwrap_or(MISSING), &all)
}

fn filled(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(text.len() + 16 * values.len());
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find('}');
        let value =
            end.and_then(|end| values.iter().find(|(name, _)| *name == &rest[1..end]).map(|found| (end, found.1)));
        match value {
            Some((end, value)) => {
                // Writing to a String fails only when the value's own Display does; the text goes on without it.
                let _ = write!(out, "{value}");
                rest = &rest[end + 1..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_chooses_the_language() {
        assert_eq!(Lang::accepted("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"), Lang::Fr);
        assert_eq!(Lang::accepted("de, en-GB;q=0.8, fr;q=0.4"), Lang::En);
        assert_eq!(Lang::accepted("en;q=0.3,fr;q=0.4"), Lang::Fr);
        assert_eq!(Lang::accepted("fr;q=0, en;q=0.1"), Lang::En);
        assert_eq!(Lang::accepted("fr;q=much"), Lang::En);
        assert_eq!(Lang::accepted(""), Lang::En);
        assert_eq!(Lang::accepted("french"), Lang::En);
    }

    #[test]
    fn placeholders_are_filled_once_and_by_name() {
        assert_eq!(filled("{a} of {b}, {c}", &[("a", &"{b}"), ("b", &2)]), "{b} of 2, {c}");
        assert_eq!(filled("{", &[("a", &1)]), "{");
        assert_eq!(filled("é{a}é{", &[("a", &1)]), "é1é{");
    }

    /// A question mark stood alone at the beginning of a line.
    #[test]
    fn french_marks_stay_with_their_words() {
        for (key, text) in all(Lang::Fr) {
            for torn in [" :", " ;", " !", " ?", " %", " »", "« "] {
                assert!(!text.contains(torn), "{key}: {text}");
            }
        }
        assert_eq!(spaced(Lang::Fr, "« a » : b ; c ?"), "«\u{a0}a\u{a0}»\u{a0}: b\u{a0}; c\u{a0}?");
        assert_eq!(spaced(Lang::Fr, "5 000 a 5 %"), "5\u{202f}000 a 5\u{a0}%");
        assert_eq!(spaced(Lang::En, "a : b"), "a : b");
    }

    #[test]
    fn a_missing_text_is_visible() {
        assert_eq!(text(Lang::Fr, "no.such.key"), MISSING);
        assert_eq!(plural(Lang::Fr, "no.such.key", 2, &[]), MISSING);
        assert_eq!(known(Lang::Fr, "no.such.key"), None);
    }

    #[test]
    fn the_count_chooses_the_form() {
        assert_eq!(plural(Lang::En, "unit.day", 1, &[]), "1 day");
        assert_eq!(plural(Lang::En, "unit.day", 0, &[]), "0 days");
        assert_eq!(plural(Lang::Fr, "unit.day", 0, &[]), "0\u{a0}jour");
        assert_eq!(plural(Lang::Fr, "unit.day", 1200, &[]), "1\u{202f}200\u{a0}jours");
    }
}
