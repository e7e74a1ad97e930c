//! Languages: the texts of the program by key. Data is never translated.
//!
//! Texts lie in `assets/i18n/*.{en,fr}.toml`, one flat table per file, the same keys in both languages.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

type Texts = HashMap<String, String>;

fn texts(lang: Lang) -> &'static Texts {
    static EN: OnceLock<Texts> = OnceLock::new();
    static FR: OnceLock<Texts> = OnceLock::new();
    let (cell, file) = match lang {
        Lang::En => (&EN, include_str!("../assets/i18n/console.en.toml")),
        Lang::Fr => (&FR, include_str!("../assets/i18n/console.fr.toml")),
    };
    cell.get_or_init(|| toml::from_str(file).expect("the texts are checked by a test"))
}

/// The text of a key; the mark `…` when there is none, which a test makes impossible for keys in the source.
pub fn text(lang: Lang, key: &str) -> &'static str {
    texts(lang).get(key).map_or("…", String::as_str)
}

/// The text of a key with its named places filled: `{n}` becomes the value given as `n`.
pub fn fill(lang: Lang, key: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    let mut rest = text(lang, key);
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(&value.to_string());
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys_and_the_same_places() {
        let places = |text: &str| {
            let mut names: Vec<_> =
                text.split('{').skip(1).filter_map(|part| part.split('}').next().map(str::to_owned)).collect();
            names.sort();
            names
        };
        let (en, fr) = (texts(Lang::En), texts(Lang::Fr));
        for key in en.keys().chain(fr.keys()) {
            let (english, french) = (en.get(key), fr.get(key));
            assert!(english.is_some() && french.is_some(), "`{key}` is missing in one language");
            assert_eq!(places(&en[key]), places(&fr[key]), "`{key}` has other places");
            assert!(!en[key].contains('!') && !fr[key].contains('!'), "`{key}` shouts");
        }
    }
}
