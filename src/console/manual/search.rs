//! Finding words in the manual. Accents and capitals do not matter; every word has to be there.

use super::parse::{Block, Span};
use super::{Written, book};
use crate::i18n::Lang;

/// Most places that one search gives.
pub const MOST: usize = 20;
/// Letters around the first word that was found.
const AROUND: usize = 90;

/// A place in the manual that holds what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub href: String,
    /// Title of the chapter.
    pub chapter: &'static str,
    /// The heading below; empty for the beginning of the chapter.
    pub heading: &'static str,
    /// Some words of it.
    pub excerpt: Vec<Piece>,
}

/// A piece of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it says.
    pub text: String,
    /// It was asked for.
    pub hit: bool,
}

/// What stands under one heading.
struct Stretch {
    written: &'static Written,
    id: &'static str,
    heading: &'static str,
    text: String,
}

/// The places that hold every word of `asked`, those with the words in their headings first.
pub fn search(lang: Lang, asked: &str) -> Vec<Found> {
    let words: Vec<Vec<char>> = asked.split_whitespace().take(8).map(folded).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, Found)> = Vec::new();
    for stretch in book(lang).iter().flat_map(stretches) {
        let title = folded(&stretch.written.title);
        let heading = folded(stretch.heading);
        let text = folded(&stretch.text);
        let holds = |part: &[char], word: &Vec<char>| at(part, word).is_some();
        let own = |word: &Vec<char>| holds(&heading, word) || holds(&text, word);
        // The title speaks for the beginning of the chapter; what is below needs a word of its own.
        let is_about = stretch.id.is_empty() || words.iter().any(own);
        if is_about && words.iter().all(|word| own(word) || holds(&title, word)) {
            let in_heading = words.iter().filter(|word| holds(&heading, word) || holds(&title, word)).count();
            let href = stretch.written.chapter.address(stretch.id);
            let excerpt = excerpt(&stretch.text, &text, &words);
            let place = Found { href, chapter: &stretch.written.title, heading: stretch.heading, excerpt };
            found.push((in_heading, place));
        }
    }
    // A stable order: equal places stay as they stand in the manual.
    found.sort_by_key(|(in_heading, _)| std::cmp::Reverse(*in_heading));
    found.into_iter().map(|(_, place)| place).take(MOST).collect()
}

fn stretches(written: &'static Written) -> Vec<Stretch> {
    let mut all = vec![Stretch { written, id: "", heading: "", text: String::new() }];
    for block in &written.blocks {
        if let Block::Heading { id, words, .. } = block {
            all.push(Stretch { written, id, heading: words, text: String::new() });
        } else if let Some(last) = all.last_mut() {
            add(&mut last.text, block);
        }
    }
    all
}

/// The words of a block; its lines become sentences side by side. Titles of columns say nothing alone.
fn add(text: &mut String, block: &Block) {
    let words = |spans: &[Span]| spans.iter().map(Span::words).collect::<String>();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push_str(if line.ends_with(['.', ':', '?']) { " " } else { ". " });
    };
    match block {
        Block::Heading { .. } | Block::Generated(_) => {}
        Block::Paragraph(spans) | Block::Note(spans) => line(&words(spans)),
        Block::List { items, .. } => items.iter().for_each(|item| line(&words(item))),
        Block::Table { rows, .. } => {
            rows.iter().for_each(|row| line(&row.iter().map(|cell| words(cell)).collect::<Vec<_>>().join(" – ")));
        }
        Block::Terms(terms) => {
            terms.iter().for_each(|term| line(&format!("{} – {}", term.name.words(), words(&term.meaning))));
        }
        Block::Code(code) => line(code),
    }
}

/// Where a word begins.
fn at(text: &[char], word: &[char]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

/// Some words around the first that was found, each of them marked.
fn excerpt(text: &str, folded: &[char], words: &[Vec<char>]) -> Vec<Piece> {
    let shown: Vec<char> = text.chars().collect();
    let first = words.iter().filter_map(|word| at(folded, word)).min().unwrap_or(0);
    let blank = |place: &usize| shown.get(*place).is_none_or(|c| c.is_whitespace());
    let from = (0..=first.saturating_sub(AROUND)).rev().find(blank).unwrap_or(0);
    let end = (first + 2 * AROUND).min(shown.len());
    let end = (end..shown.len()).find(blank).unwrap_or(shown.len());
    let mut pieces = Vec::new();
    let mut push = |text: String, hit: bool| {
        if !text.is_empty() {
            pieces.push(Piece { text, hit });
        }
    };
    let mut plain = if from > 0 { "…".to_owned() } else { String::new() };
    let mut place = from;
    while place < end {
        let hit = words.iter().find(|word| folded.get(place..).is_some_and(|rest| rest.starts_with(word)));
        match hit {
            Some(word) => {
                push(std::mem::take(&mut plain), false);
                push(shown.iter().skip(place).take(word.len()).collect(), true);
                place += word.len();
            }
            None => {
                plain.extend(shown.get(place));
                place += 1;
            }
        }
    }
    if end < shown.len() {
        plain.push('…');
    }
    push(plain, false);
    pieces
}

fn folded(text: &str) -> Vec<char> {
    text.chars().map(fold).collect()
}

/// A letter without its accent and case; one for one, so that places stay what they are.
fn fold(letter: char) -> char {
    let small = letter.to_lowercase().next().unwrap_or(letter);
    match small {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        '’' => '\'',
        '\u{a0}' | '\u{202f}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_hlp_1_words_are_found_without_accents_and_headings_come_first() {
        let found = search(Lang::En, "rename tag");
        assert_eq!(found[0].href, "/ocsreports/help/tags#rename");
        assert!(found[0].excerpt.iter().any(|piece| piece.hit));
        assert!(search(Lang::En, "PROLOG_freq").iter().any(|place| place.href.contains("/help/config#options-")));
        let french = search(Lang::Fr, "etiquette");
        assert!(french.iter().any(|place| place.excerpt.iter().any(|piece| piece.hit && piece.text == "étiquette")));
        let backup = search(Lang::En, "backup");
        assert_eq!(backup[0].href, "/ocsreports/help/backup");
        let holding = |place: &Found| place.excerpt.iter().any(|piece| piece.hit);
        assert!(backup.iter().all(holding), "a chapter about it is one place, not each of its headings: {backup:?}");
        assert!(search(Lang::En, "tag xyzzy").is_empty());
        assert!(search(Lang::En, " ").is_empty());
        assert!(search(Lang::En, "e").len() == MOST);
    }

    #[test]
    fn an_excerpt_says_what_stands_there() {
        let text = format!("{} Wörter mit É {}", "a ".repeat(100), "b ".repeat(200));
        let folded: Vec<char> = text.chars().map(fold).collect();
        let pieces = excerpt(&text, &folded, &["worter".chars().collect(), vec!['e']]);
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(text.contains(whole.trim_matches('…')), "{whole}");
        let hits: Vec<&str> = pieces.iter().filter(|piece| piece.hit).map(|piece| piece.text.as_str()).collect();
        assert_eq!(hits, ["Wörter", "É"]);
    }

    proptest::proptest! {
        #[test]
        fn any_search_is_answered(asked in "\\PC{0,40}") {
            search(Lang::Fr, &asked);
        }
    }
}
