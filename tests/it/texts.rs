//! Texts: the languages have the same keys and placeholders, every key used in `src` exists, none is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rollcall::i18n::{Lang, all};
use rollcall::options::OPTIONS;

/// Functions whose first text that looks like a key is one: `text(lang, "a.b")`, `viewer.t("a.b")`.
const CALLS: [&str; 4] = ["t", "text", "fill", "plural"];

/// Texts that wait for the page that will show them. Take the line out together with the page's first use.
const AWAITED: [&str; 8] = [
    "computer.tag-saved",
    "setup.error-account",
    "setup.error-again",
    "setup.error-code",
    "setup.error-name",
    "setup.error-names",
    "setup.error-password-account",
    "setup.error-password-common",
];

/// Keys that are put together: the help of each option has the option's name at its end.
fn help_keys() -> BTreeSet<String> {
    OPTIONS.iter().map(|option| option.help.to_owned()).collect()
}

#[test]
fn every_language_has_the_same_keys() {
    let english: BTreeSet<&String> = all(Lang::En).keys().collect();
    assert!(english.len() > 100, "the texts could not be read");
    for lang in Lang::ALL {
        let keys: BTreeSet<&String> = all(lang).keys().collect();
        let missing: Vec<_> = english.difference(&keys).collect();
        let more: Vec<_> = keys.difference(&english).collect();
        assert!(missing.is_empty() && more.is_empty(), "{}: missing {missing:?}, only there {more:?}", lang.code());
    }
}

#[test]
fn every_language_has_the_same_placeholders() {
    for (key, english) in all(Lang::En) {
        for lang in Lang::ALL {
            let text = all(lang).get(key).map_or("", String::as_str);
            assert_eq!(placeholders(english), placeholders(text), "{key} in {}", lang.code());
            assert!(!text.trim().is_empty(), "{key} in {} is empty", lang.code());
        }
    }
}

#[test]
fn what_has_one_form_for_one_has_one_for_many() {
    for key in all(Lang::En).keys() {
        for (form, other) in [(".one", ".many"), (".many", ".one")] {
            if let Some(base) = key.strip_suffix(form) {
                assert!(all(Lang::En).contains_key(&format!("{base}{other}")), "{base} has no {other}");
            }
        }
    }
}

#[test]
fn every_key_used_in_the_source_exists() {
    let mut missing: Vec<String> = help_keys().into_iter().filter(|key| !exists(key)).collect();
    for (path, source) in sources() {
        for (key, call) in called(&source) {
            if !exists(&key) {
                missing.push(format!("{key} in {call}(…), {}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "texts are missing:\n{}", missing.join("\n"));
}

#[test]
fn no_text_is_left_over() {
    let mut used = help_keys();
    used.extend(AWAITED.map(str::to_owned));
    for source in sources().into_values() {
        used.extend(literals(&source).into_iter().map(|(_, literal)| literal));
    }
    // Keys that are put together, such as "section.{tag}".
    let patterns: Vec<String> = used.iter().filter(|literal| is_pattern(literal)).cloned().collect();
    let unused: Vec<&String> = all(Lang::En)
        .keys()
        .filter(|key| {
            let base = key.strip_suffix(".one").or_else(|| key.strip_suffix(".many"));
            let named = |key: &str| used.contains(key) || patterns.iter().any(|pattern| matches(pattern, key));
            !named(key) && !base.is_some_and(named)
        })
        .collect();
    assert!(unused.is_empty(), "no source names these texts: {unused:#?}");
}

#[test]
fn the_reader_of_sources_sees_what_matters() {
    let source = r##"
        let a = text(lang, "page.title"); // text(lang, "no.comment")
        let b = viewer.t("page.other");
        let c = fill(lang, if many { "page.many" } else { "page.few" }, &[("n", &"not.a.key")]);
        let d = i18n::plural(lang, "page.count", 3, &[]);
        let e = Field::text("CAPTION", 255); let f = context("not.used");
        let g = ('"', '\'', "a \"quoted\" b", r#"raw "x" "#, text(lang, key));
        /* text(lang, "no.comment") */
        #[cfg(test)]
        mod tests { fn x() { text(lang, "no.test"); } }
    "##;
    let keys: Vec<String> = called(source).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["page.title", "page.other", "page.many", "page.few", "page.count"]);
    assert!(literals(source).iter().any(|(_, literal)| literal == "not.used"));
    assert!(is_pattern("field.{tag}.{field}") && !is_pattern("{a}.{b}") && !is_pattern("page.title"));
    assert!(matches("field.{tag}.{field}", "field.bios.type") && !matches("field.{tag}", "field.bios.type"));
    assert!(matches("setup.error-{why}", "setup.error-name") && !matches("setup.error-{why}", "setup.title"));
}

fn exists(key: &str) -> bool {
    let texts = all(Lang::En);
    texts.contains_key(key) || texts.contains_key(&format!("{key}.many"))
}

/// The names between braces, each as often as it stands there.
fn placeholders(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names
}

fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// Whether a literal is a key with holes: a word, a point, and a placeholder somewhere after it.
fn is_pattern(literal: &str) -> bool {
    literal.split_once('.').is_some_and(|(first, rest)| {
        rest.contains('{') && !first.is_empty() && first.chars().all(|char| char.is_ascii_lowercase() || char == '_')
    })
}

/// Whether a key is what a pattern gives; a hole holds no point.
fn matches(pattern: &str, key: &str) -> bool {
    let (pattern, key): (Vec<&str>, Vec<&str>) = (pattern.split('.').collect(), key.split('.').collect());
    pattern.len() == key.len()
        && pattern.iter().zip(key).all(|(pattern, part)| match (pattern.find('{'), pattern.rfind('}')) {
            (Some(start), Some(end)) => part.starts_with(&pattern[..start]) && part.ends_with(&pattern[end + 1..]),
            _ => *pattern == part,
        })
}

/// Whether a literal has the shape of a key: words of small letters joined by points.
fn is_key(literal: &str) -> bool {
    literal.contains('.')
        && literal.split('.').all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '_' | '-'))
        })
}

/// Keys handed to one of [`CALLS`], with the name of the call. Only the arguments up to the list of values count.
fn called(source: &str) -> Vec<(String, &'static str)> {
    let source = code(source);
    let bytes = source.as_bytes();
    let literals: BTreeMap<usize, String> = literals(&source).into_iter().collect();
    let mut keys = Vec::new();
    let mut place = 0;
    while let Some(open) = source[place..].find('(').map(|found| place + found) {
        place = open + 1;
        let head = &source[..open];
        let start = head.rfind(|char: char| !char.is_alphanumeric() && char != '_').map_or(0, |found| found + 1);
        let Some(call) = CALLS.into_iter().find(|call| *call == &head[start..]) else { continue };
        // Not inside of a literal itself.
        if literals.range(..=open).next_back().is_some_and(|(at, literal)| open < at + literal.len()) {
            continue;
        }
        let mut depth = 1;
        let mut at = place;
        while at < bytes.len() && depth > 0 {
            if let Some(literal) = literals.get(&at) {
                if is_key(literal) {
                    keys.push((literal.clone(), call));
                }
                at += literal.len() + 1;
                continue;
            }
            match bytes[at] {
                b'(' => depth += 1,
                b')' => depth -= 1,
                // The values of placeholders follow.
                b'[' => break,
                _ => {}
            }
            at += 1;
        }
    }
    keys
}

/// The contents of all string literals outside of comments and tests, each with the place of its first byte.
fn literals(source: &str) -> Vec<(usize, String)> {
    let source = code(source);
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let (start, end) = (at + 1, string_end(bytes, at));
                // Places are counted in what is left of the text as it stands, escapes included.
                found.push((start, source[start..end].to_owned()));
                at = end + 1;
            }
            b'\'' => at = after_quote(bytes, at),
            _ => at += 1,
        }
    }
    found
}

/// Where the string that begins at `at` ends: the place of its closing mark.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[..at].iter().rev().take_while(|byte| **byte == b'#').count();
    let raw = at > hashes && bytes[at - hashes - 1] == b'r';
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' if !raw => end += 1,
            b'"' if !raw || bytes[end + 1..].iter().take(hashes).filter(|byte| **byte == b'#').count() == hashes => {
                return end;
            }
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

/// After a character literal, or after the mark of a lifetime.
fn after_quote(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at + 1) {
        Some(b'\\') => {
            let end = bytes[at + 3..].iter().position(|byte| *byte == b'\'');
            end.map_or(bytes.len(), |end| at + 3 + end + 1)
        }
        _ => match bytes[at + 1..].iter().take(5).skip(1).position(|byte| *byte == b'\'') {
            // A lifetime is followed by more letters, a character by the closing mark after at most four bytes.
            Some(end) if !bytes[at + 1].is_ascii() || end == 0 => at + 1 + end + 2,
            _ => at + 1,
        },
    }
}

/// The source with comments and tests blanked; places stay what they were.
fn code(source: &str) -> String {
    let source = source.split_once("#[cfg(test)]").map_or(source, |(code, _)| code);
    let mut out = source.as_bytes().to_vec();
    let mut at = 0;
    while at < out.len() {
        match out[at] {
            b'"' => at = string_end(&out, at) + 1,
            b'\'' => at = after_quote(&out, at),
            b'/' if matches!(out.get(at + 1), Some(b'/' | b'*')) => {
                let (mark, kept): (&[u8], usize) = if out[at + 1] == b'/' { (b"\n", 0) } else { (b"*/", 2) };
                let length = out[at..].windows(mark.len()).position(|bytes| bytes == mark);
                let end = length.map_or(out.len(), |length| at + length + kept);
                out[at..end].fill(b' ');
                at = end.max(at + 1);
            }
            _ => at += 1,
        }
    }
    String::from_utf8(out).expect("only whole comments were blanked")
}
