//! Recognising an inventory that says nothing new, before it is parsed.
//!
//! The text is cut into the children of CONTENT, and two hashes are made: one over the software, one over all other
//! sections that seldom change. When they are the stored ones, those bytes were parsed before, and only what is left
//! ([`Cut::parts`]) has to be.
//!
//! The cut knows only the plain subset that agents write ([`super::tags`]). At anything else (comments, CDATA, attributes
//! on the frame, text between elements) it gives up, and the message is parsed whole.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use xxhash_rust::xxh3::Xxh3;

use super::tags::{self, Kind, Row, Tag};

/// The rows of software: most of the text, and nearly always known as they are.
static ROWS: LazyLock<Row> = LazyLock::new(|| Row::new("SOFTWARES>", "</SOFTWARES>"));

/// Runs of sections of one name; agents send each section in one stretch, so some dozens.
const RUNS: usize = 4096;

/// What a cut finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Hash over the stable sections.
    pub stable: u128,
    /// Hash over the software; `None` when there is none.
    pub software: Option<u128>,
    /// Names of the sections, each once for a run of neighbours.
    pub names: Vec<&'a str>,
    text: &'a str,
    tags: Vec<Tag>,
    /// Stretches of the root outside CONTENT, as places in `tags`.
    head: Vec<Range<usize>>,
    /// Stretches of CONTENT.
    parts: Vec<(Class, Range<usize>)>,
}

/// A stretch of whole elements with blanks between them.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a, 'c> {
    /// The whole text, in which the tags have their places.
    pub text: &'a str,
    /// The tags of the stretch.
    pub tags: &'c [Tag],
}

impl<'a> Part<'a, '_> {
    /// The text of the stretch.
    pub fn as_str(&self) -> &'a str {
        let place = self.tags.first().map_or(0, |tag| tag.start)..self.tags.last().map_or(0, |tag| tag.end);
        self.text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }
}

/// What happens to a child of CONTENT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Parsed at each inventory.
    Kept,
    /// Parsed at each inventory, and part of the hash of stable sections: what the columns of lists are made from.
    Watched,
    /// Part of the hash of stable sections.
    Stable,
    /// Part of the hash of software.
    Software,
}

impl Class {
    /// What is parsed whatever the hashes say.
    pub const ALWAYS: [Class; 2] = [Class::Kept, Class::Watched];
}

impl<'a> Cut<'a> {
    /// Tags of the whole message.
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Never: a cut has a root and a CONTENT.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// What stands in the root outside CONTENT.
    pub fn head(&self) -> impl Iterator<Item = Part<'a, '_>> {
        self.head.iter().map(|place| self.part(place))
    }

    /// The stretches of CONTENT of some classes, in order.
    pub fn parts(&self, wanted: &[Class]) -> impl Iterator<Item = Part<'a, '_>> {
        self.parts.iter().filter(|(class, _)| wanted.contains(class)).map(|(_, place)| self.part(place))
    }

    fn part(&self, place: &Range<usize>) -> Part<'a, '_> {
        Part { text: self.text, tags: self.tags.get(place.clone()).unwrap_or_default() }
    }

    /// A message with the parts of some classes, and nothing else of CONTENT.
    pub fn reduced(&self, wanted: &[Class]) -> String {
        let mut text = String::with_capacity(4 << 10);
        text.push_str("<REQUEST><CONTENT>");
        self.parts(wanted).for_each(|part| text.push_str(part.as_str()));
        text.push_str("</CONTENT>");
        self.head().for_each(|part| text.push_str(part.as_str()));
        text.push_str("</REQUEST>");
        text
    }

    /// The hash over all stretches of some classes; `None` when there is none.
    fn hash(&self, classes: &[Class], seed: u64) -> Option<u128> {
        let mut hash = Xxh3::with_seed(seed);
        let count = self.parts(classes).map(|part| hash.update(part.as_str().as_bytes())).count();
        (count > 0).then(|| hash.digest128())
    }
}

/// Cuts a message. `seed` is the installation's own, so that nobody can prepare texts with equal hashes;
/// `class` says what happens to a section.
pub fn cut<'a>(text: &'a str, seed: u64, class: impl Fn(&str) -> Class) -> Option<Cut<'a>> {
    let begin = after_declaration(text)?;
    let tags = tags::find(text, begin, Some(&ROWS))?;
    let mut found =
        Cut { stable: 0, software: None, names: Vec::new(), text, tags, head: Vec::new(), parts: Vec::new() };
    let mut content = None;
    let root = Children::of(text, &found.tags, 0)?;
    for child in root {
        let (at, end) = child?;
        if found.tags.get(at)?.name(text) == "CONTENT" {
            // A second one would be read as well, and stands in no hash.
            if content.replace(at).is_some() {
                return None;
            }
        } else {
            found.head.push(at..end);
        }
    }
    let last = found.tags.last()?.end as usize;
    if found.tags.first()?.start as usize != begin || !is_blank(text, last, text.len()) {
        return None;
    }
    sections(&mut found, content?, &class)?;
    found.stable = found.hash(&[Class::Stable, Class::Watched], seed).unwrap_or_default();
    found.software = found.hash(&[Class::Software], seed);
    Some(found)
}

/// The children of CONTENT. Neighbours of one class are one stretch, blanks between them included.
fn sections(found: &mut Cut<'_>, content: usize, class: &impl Fn(&str) -> Class) -> Option<()> {
    let text = found.text;
    for child in Children::of(text, &found.tags, content)? {
        let (at, end) = child?;
        let name = found.tags.get(at)?.name(text);
        let known = found.names.last() == Some(&name);
        let class = match found.parts.last() {
            Some((class, _)) if known => *class,
            _ => class(name),
        };
        if !known {
            if found.names.len() >= RUNS {
                return None;
            }
            found.names.push(name);
        }
        match found.parts.last_mut() {
            Some((current, place)) if *current == class => place.end = end,
            _ => found.parts.push((class, at..end)),
        }
    }
    Some(())
}

/// Walks over the children of an element that has no attributes and no text of its own; `None` at anything else.
struct Children<'a, 't> {
    text: &'a str,
    tags: &'t [Tag],
    at: usize,
    last: usize,
    /// Where the child before ended.
    end: usize,
}

impl<'a, 't> Children<'a, 't> {
    fn of(text: &'a str, tags: &'t [Tag], parent: usize) -> Option<Children<'a, 't>> {
        let tag = tags.get(parent)?;
        let last = parent + tag.reach as usize;
        (tag.bare && tag.kind == Kind::Open).then_some(Children {
            text,
            tags,
            at: parent + 1,
            last,
            end: tag.end as usize,
        })
    }

    /// Places in `tags`: of the child, and of what comes after it.
    fn step(&mut self) -> Option<(usize, usize)> {
        let (at, tag) = (self.at, self.tags.get(self.at)?);
        let close = at + tag.reach as usize;
        let blank = is_blank(self.text, self.end, tag.start as usize);
        self.at = close + 1;
        self.end = self.tags.get(close)?.end as usize;
        blank.then_some((at, close + 1))
    }
}

impl Iterator for Children<'_, '_> {
    type Item = Option<(usize, usize)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at < self.last {
            let step = self.step();
            if step.is_none() {
                self.at = self.last + 1;
            }
            return Some(step);
        }
        // What stands between the last child and the end of the parent counts as well.
        let close = self.tags.get(self.last).filter(|_| self.at == self.last)?;
        self.at += 1;
        (!is_blank(self.text, self.end, close.start as usize)).then_some(None)
    }
}

/// Whether nothing but blanks stands between two places.
pub fn is_blank(text: &str, from: usize, to: usize) -> bool {
    let Some(between) = text.as_bytes().get(from..to) else { return false };
    // A line end and an indent, mostly: eight blanks at a time.
    let between = between.strip_prefix(b"\n").unwrap_or(between);
    let (eights, rest) = between.as_chunks::<8>();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    eights.iter().all(|eight| *eight == [b' '; 8] || eight.iter().all(blank)) && rest.iter().all(blank)
}

/// Where the root begins.
fn after_declaration(text: &str) -> Option<usize> {
    let blanks = |from: usize| Some(from + text.get(from..)?.len() - text.get(from..)?.trim_ascii_start().len());
    let begin = blanks(0)?;
    let rest = text.as_bytes().get(begin..)?;
    if !rest.starts_with(b"<?xml") {
        return Some(begin);
    }
    let end = memchr(b'>', rest)?;
    // To the reader of XML a declaration without its second mark has no end.
    if rest.get(end - 1) == Some(&b'?') { blanks(begin + end + 1) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(tag: &str) -> Class {
        match tag {
            "SOFTWARES" => Class::Software,
            "HARDWARE" | "DOWNLOAD" => Class::Kept,
            _ => Class::Stable,
        }
    }

    fn cut_(text: &str) -> Option<Cut<'_>> {
        cut(text, 7, class)
    }

    const PLAIN: &str = "<?xml version=\"1.0\"?>\n<REQUEST>\n <CONTENT>\n  <BIOS><SSN>1</SSN></BIOS>\n  <HARDWARE><NAME>a</NAME></HARDWARE>\n  <SOFTWARES><NAME>x</NAME></SOFTWARES>\n  <SOFTWARES><NAME>y</NAME></SOFTWARES>\n  <DOWNLOAD><HISTORY><PACKAGE ID=\"1>2\"/></HISTORY></DOWNLOAD>\n </CONTENT>\n <DEVICEID>d</DEVICEID><QUERY>INVENTORY</QUERY>\n</REQUEST>\n";

    #[test]
    fn only_what_is_kept_is_left_to_parse() {
        let reduced = cut_(PLAIN).unwrap().reduced(&[Class::Kept]);
        assert_eq!(
            reduced,
            "<REQUEST><CONTENT><HARDWARE><NAME>a</NAME></HARDWARE><DOWNLOAD><HISTORY><PACKAGE ID=\"1>2\"/></HISTORY></DOWNLOAD></CONTENT>\
             <DEVICEID>d</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"
        );
    }

    #[test]
    fn hashes_change_with_their_sections_and_with_nothing_else() {
        let base = cut_(PLAIN).unwrap();
        let hashes = |text: &str| cut(text, 7, class).map(|cut| (cut.stable, cut.software));
        let same = PLAIN.replace("<NAME>a</NAME>", "<NAME>b</NAME>");
        assert_eq!(hashes(&same), Some((base.stable, base.software)));
        let bios = PLAIN.replace("<SSN>1</SSN>", "<SSN>2</SSN>");
        assert!(hashes(&bios).is_some_and(|(stable, software)| stable != base.stable && software == base.software));
        let software = PLAIN.replace("<NAME>y</NAME>", "<NAME>z</NAME>");
        assert!(hashes(&software).is_some_and(|(stable, software)| stable == base.stable && software != base.software));
        assert_ne!(cut(PLAIN, 8, class).unwrap().stable, base.stable);
    }

    #[test]
    fn the_unusual_is_left_to_the_reader_of_xml() {
        for (from, to) in [
            ("<BIOS>", "<!-- c --><BIOS>"),
            ("<SSN>1</SSN>", "<SSN><![CDATA[</SSN></BIOS>]]></SSN>"),
            ("<REQUEST>", "<REQUEST QUERY=\"INVENTORY\">"),
            ("<CONTENT>", "<CONTENT A=\"1\">"),
            ("<BIOS>", "text<BIOS>"),
            ("</CONTENT>", "text</CONTENT>"),
            ("</REQUEST>", "</REQUEST>text"),
            ("?>", ">"),
            ("<REQUEST>", "text<REQUEST>"),
            ("</REQUEST>", ""),
            ("</CONTENT>", "</CONTENTS>"),
            ("</BIOS>", ""),
            ("</CONTENT>", "</CONTENT><CONTENT><BIOS><SSN>2</SSN></BIOS></CONTENT>"),
        ] {
            assert_eq!(cut_(&PLAIN.replace(from, to)), None, "{from} -> {to}");
        }
        for text in ["", "<", "<a", "<a>", "<a><CONTENT>", "<a><CONTENT><b", "<a></a>", "{}"] {
            assert_eq!(cut_(text), None, "{text}");
        }
    }

    /// Some kilobytes packed: a tag of nothing but quotes must not be gone through again for each of them.
    #[test]
    fn a_tag_full_of_quotes_is_gone_through_once() {
        let quotes = "''".repeat(1 << 20);
        let begun = std::time::Instant::now();
        let text = format!("<R><CONTENT><A {quotes} B=\"1>2\"/><HARDWARE/></CONTENT></R>");
        assert!(cut_(&text).is_some());
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn sections_in_thousands_of_runs_are_left_to_the_reader_of_xml() {
        let text = |runs: usize| format!("<R><CONTENT>{}</CONTENT></R>", "<A/><HARDWARE/>".repeat(runs));
        assert!(cut_(&text(RUNS / 2)).is_some());
        assert_eq!(cut_(&text(RUNS / 2 + 1)), None);
    }

    /// A section may hold an element of its own name.
    #[test]
    fn nesting_is_respected() {
        let text = "<R><CONTENT><BIOS><BIOS>1</BIOS><X A='/'/></BIOS><HARDWARE><HARDWARE/></HARDWARE></CONTENT></R>";
        assert_eq!(
            cut_(text).unwrap().reduced(&[Class::Kept]),
            "<REQUEST><CONTENT><HARDWARE><HARDWARE/></HARDWARE></CONTENT></REQUEST>"
        );
    }

    proptest! {
        /// Each section is in the part of its class, whole and in its order; its class alone has its hash.
        #[test]
        fn every_section_is_in_the_part_of_its_class(
            sections in proptest::collection::vec(("SOFTWARES|HARDWARE|BIOS|PRINTERS", "[a-z]{0,3}"), 0..12), at in 0_usize..12,
        ) {
            let element = |(tag, value): &(String, String)| format!("<{tag}><N>{value}</N></{tag}>");
            let text = |sections: &[(String, String)]| {
                let all: Vec<_> = sections.iter().map(element).collect();
                format!("<REQUEST><CONTENT>{}</CONTENT><QUERY>Q</QUERY></REQUEST>", all.join("\n"))
            };
            let whole = text(&sections);
            let found = cut_(&whole).unwrap();
            for wanted in [Class::Kept, Class::Stable, Class::Software] {
                let reduced = found.reduced(&[wanted]).replace('\n', "");
                let of_class = sections.iter().filter(|(tag, _)| class(tag) == wanted);
                let expected: String = of_class.map(element).collect();
                prop_assert_eq!(reduced, format!("<REQUEST><CONTENT>{expected}</CONTENT><QUERY>Q</QUERY></REQUEST>"));
            }
            if let Some((tag, _)) = sections.get(at) {
                let mut changed = sections.clone();
                changed[at].1.push('!');
                let changed = text(&changed);
                let other = cut_(&changed).unwrap();
                prop_assert_eq!(other.stable != found.stable, class(tag) == Class::Stable);
                prop_assert_eq!(other.software != found.software, class(tag) == Class::Software);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "(<|>|/|CONTENT|A|\"|'| |=|<!--|-->|<!\\[CDATA\\[|é|<A>|</A>|<R><CONTENT>){0,40}") {
            let _ = cut_(&text).map(|cut| cut.reduced(&Class::ALWAYS));
        }
    }
}
