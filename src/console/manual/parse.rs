//! The few forms in which the manual is written, and nothing of HTML: what is no form is text.
//!
//! `# title`, `## heading {#name}`, paragraphs, `- item`, `1. item`, tables of `| cell | cell |` with a line of dashes
//! under the first row, commands between lines of three backquotes, `> note`, `@name` for what is generated. Inside of
//! a line: `**strong**`, `` `code` ``, `[words](address)`.

use crate::i18n::{Lang, spaced};

/// A piece of a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading below the title.
    Heading {
        /// 2 or 3.
        level: u8,
        /// Its name in addresses, the same in every language.
        id: String,
        /// What it says.
        words: String,
    },
    /// Sentences.
    Paragraph(Vec<Span>),
    /// Sentences that should not be overlooked.
    Note(Vec<Span>),
    /// Items, or steps in their order.
    List {
        /// They are steps.
        numbered: bool,
        /// One list of pieces for each.
        items: Vec<Vec<Span>>,
    },
    /// Rows of cells.
    Table {
        /// Titles of the columns.
        head: Vec<Vec<Span>>,
        /// The cells.
        rows: Vec<Vec<Vec<Span>>>,
    },
    /// Names with what they mean.
    Terms(Vec<Term>),
    /// Commands or lines of a file.
    Code(String),
    /// Stands for what is declared elsewhere.
    Generated(String),
}

/// A name with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The name.
    pub name: Span,
    /// What it means.
    pub meaning: Vec<Span>,
    /// Facts in few words.
    pub facts: Vec<String>,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain words.
    Text(String),
    /// Words of the console, or that matter.
    Strong(String),
    /// What is typed or named by programs.
    Code(String),
    /// A way to somewhere else.
    Link {
        /// An address of this server.
        href: String,
        /// Its words.
        words: String,
    },
}

impl Span {
    /// Its words.
    pub fn words(&self) -> &str {
        match self {
            Span::Text(words) | Span::Strong(words) | Span::Code(words) | Span::Link { words, .. } => words,
        }
    }

    /// Where it leads.
    pub fn href(&self) -> Option<&str> {
        match self {
            Span::Link { href, .. } => Some(href),
            _ => None,
        }
    }
}

impl Block {
    /// The pieces of its lines, in their order.
    pub fn spans(&self) -> Vec<&Span> {
        match self {
            Block::Heading { .. } | Block::Code(_) | Block::Generated(_) => Vec::new(),
            Block::Paragraph(spans) | Block::Note(spans) => spans.iter().collect(),
            Block::List { items, .. } => items.iter().flatten().collect(),
            Block::Table { head, rows } => head.iter().flatten().chain(rows.iter().flatten().flatten()).collect(),
            Block::Terms(terms) => {
                terms.iter().flat_map(|term| std::iter::once(&term.name).chain(&term.meaning)).collect()
            }
        }
    }
}

/// Reads a chapter: its title and what follows.
pub fn chapter(lang: Lang, source: &str) -> (String, Vec<Block>) {
    let mut title = String::new();
    let mut blocks = Vec::new();
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("# ") {
            title = typeset(lang, words);
        } else if let Some(words) = line.strip_prefix("## ") {
            blocks.push(heading(lang, 2, words));
        } else if let Some(words) = line.strip_prefix("### ") {
            blocks.push(heading(lang, 3, words));
        } else if let Some(name) = line.strip_prefix('@') {
            blocks.push(Block::Generated(name.trim().to_owned()));
        } else if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            blocks.push(Block::Code(code.join("\n")));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(lang, line)];
            while let Some(line) = lines.next_if(|line| line.starts_with('|')) {
                if !line.starts_with("|-") {
                    rows.push(cells(lang, line));
                }
            }
            let head = rows.remove(0);
            blocks.push(Block::Table { head, rows });
        } else if !line.trim().is_empty() {
            let mut text = line.trim().to_owned();
            while let Some(line) = lines.next_if(|line| goes_on(line)) {
                text = format!("{text} {}", line.trim());
            }
            sentences(lang, &text, &mut blocks);
        }
    }
    (title, blocks)
}

/// Whether a line belongs to the paragraph or item above it.
fn goes_on(line: &str) -> bool {
    let begins = ["#", "@", "```", "|", "> "].iter().any(|mark| line.starts_with(mark));
    !line.trim().is_empty() && !begins && item(line).is_none()
}

/// The words of an item, and whether it is a step.
fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(words) = line.strip_prefix("- ") {
        return Some((false, words));
    }
    let (number, words) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((true, words))
}

/// A paragraph, a note, or one more item of the list above.
fn sentences(lang: Lang, text: &str, blocks: &mut Vec<Block>) {
    match item(text) {
        None => match text.strip_prefix("> ") {
            Some(note) => blocks.push(Block::Note(spans(lang, note))),
            None => blocks.push(Block::Paragraph(spans(lang, text))),
        },
        Some((step, words)) => {
            let words = spans(lang, words);
            match blocks.last_mut() {
                Some(Block::List { numbered, items }) if *numbered == step => items.push(words),
                _ => blocks.push(Block::List { numbered: step, items: vec![words] }),
            }
        }
    }
}

fn heading(lang: Lang, level: u8, words: &str) -> Block {
    let (words, id) = match words.split_once(" {#") {
        Some((words, id)) => (words, id.trim_end_matches('}')),
        None => (words, ""),
    };
    Block::Heading { level, id: id.to_owned(), words: typeset(lang, words) }
}

fn cells(lang: Lang, line: &str) -> Vec<Vec<Span>> {
    line.trim().trim_matches('|').split('|').map(|cell| spans(lang, cell.trim())).collect()
}

/// The pieces of a line.
fn spans(lang: Lang, text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(['`', '*', '[']) {
        let (before, at) = rest.split_at(start);
        plain.push_str(before);
        match special(lang, at) {
            Some((span, after)) => {
                if !plain.is_empty() {
                    found.push(Span::Text(typeset(lang, &plain)));
                    plain.clear();
                }
                found.push(span);
                rest = after;
            }
            None => {
                let mut chars = at.chars();
                plain.extend(chars.next());
                rest = chars.as_str();
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        found.push(Span::Text(typeset(lang, &plain)));
    }
    found
}

/// What begins at a mark, and what follows it; nothing when the mark is never closed.
fn special(lang: Lang, text: &str) -> Option<(Span, &str)> {
    if let Some(text) = text.strip_prefix('`') {
        let (code, after) = text.split_once('`')?;
        return Some((Span::Code(code.to_owned()), after));
    }
    if let Some(text) = text.strip_prefix("**") {
        let (words, after) = text.split_once("**")?;
        return Some((Span::Strong(typeset(lang, words)), after));
    }
    let (words, after) = text.strip_prefix('[')?.split_once("](")?;
    let (href, after) = after.split_once(')')?;
    Some((Span::Link { href: href.to_owned(), words: typeset(lang, words) }, after))
}

/// Words as they are printed.
fn typeset(lang: Lang, text: &str) -> String {
    spaced(lang, text.trim_end_matches('\n')).replace('\'', "’")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Span {
        Span::Text(words.to_owned())
    }

    #[test]
    fn each_form_becomes_its_block() {
        let source = "# A title\n\nOne line\nand more.\n\n## First {#one}\n- a\n  goes on\n- b\n1. c\n\n> Look.\n\n\
                      | x | y |\n|---|---|\n| 1 | `2` |\n\n```\na  b\n- c\n```\n### Below {#two}\n@options\n";
        let (title, blocks) = chapter(Lang::En, source);
        assert_eq!(title, "A title");
        let heading = |level, id: &str, words: &str| Block::Heading { level, id: id.into(), words: words.into() };
        assert_eq!(
            blocks,
            [
                Block::Paragraph(vec![text("One line and more.")]),
                heading(2, "one", "First"),
                Block::List { numbered: false, items: vec![vec![text("a goes on")], vec![text("b")]] },
                Block::List { numbered: true, items: vec![vec![text("c")]] },
                Block::Note(vec![text("Look.")]),
                Block::Table {
                    head: vec![vec![text("x")], vec![text("y")]],
                    rows: vec![vec![vec![text("1")], vec![Span::Code("2".into())]]],
                },
                Block::Code("a  b\n- c".into()),
                heading(3, "two", "Below"),
                Block::Generated("options".into()),
            ]
        );
    }

    #[test]
    fn a_line_has_strong_words_code_and_links() {
        let link = Span::Link { href: "/a".into(), words: "b".into() };
        let expected = vec![text("x "), Span::Strong("y".into()), text(" "), Span::Code("don't **z**".into()), link];
        assert_eq!(spans(Lang::En, "x **y** `don't **z**`[b](/a)"), expected);
    }

    #[test]
    fn marks_that_are_not_closed_and_html_are_text() {
        for line in ["a * b", "2 ** 3", "a ` b", "[a] b", "[a](b", "<b>x</b>", "é*", "**"] {
            assert_eq!(spans(Lang::En, line), [text(line)], "{line}");
        }
        let (_, blocks) = chapter(Lang::En, "<script>x</script>");
        assert_eq!(blocks, [Block::Paragraph(vec![text("<script>x</script>")])]);
    }

    #[test]
    fn words_are_typeset_and_code_is_not() {
        let expected = vec![text("C’est\u{a0}: «\u{a0}oui\u{a0}» "), Span::Code("'a' : b".into())];
        assert_eq!(spans(Lang::Fr, "C'est : « oui » `'a' : b`"), expected);
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_read(source in "[-#>|`*@0-9.a-zé \\[\\](){}\n]{0,200}") {
            chapter(Lang::Fr, &source);
        }
    }
}
