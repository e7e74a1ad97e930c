//! Recognising an inventory that says nothing new, before it is parsed.
//!
//! The text is cut into the children of CONTENT by counting tags, and two hashes are made: one over the
//! software, one over all other sections that seldom change. When they are the stored ones, those bytes
//! were parsed before, and only what is left ([`Cut::reduced`]) has to be.
//!
//! The cut knows only the plain subset that agents write. At anything else (comments, CDATA, attributes
//! on the frame, text between elements) it gives up, and the message is parsed whole.

use memchr::{memchr, memchr2};
use xxhash_rust::xxh3::Xxh3;

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
    pub tags: Vec<&'a str>,
    /// Stretches of the root outside CONTENT.
    head: Vec<&'a str>,
    /// Stretches of CONTENT.
    parts: Vec<(Class, &'a str)>,
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

impl Cut<'_> {
    /// A message with the parts of some classes, and nothing else of CONTENT.
    pub fn reduced(&self, wanted: &[Class]) -> String {
        let parts = || self.parts.iter().filter(|(class, _)| wanted.contains(class)).map(|(_, part)| *part);
        let bytes = self.head.iter().copied().chain(parts()).map(str::len).sum::<usize>();
        let mut text = String::with_capacity(bytes + 64);
        text.push_str("<REQUEST><CONTENT>");
        parts().for_each(|part| text.push_str(part));
        text.push_str("</CONTENT>");
        self.head.iter().for_each(|part| text.push_str(part));
        text.push_str("</REQUEST>");
        text
    }
}

/// Cuts a message. `seed` is the installation's own, so that nobody can prepare texts with equal hashes;
/// `class` says what happens to a section.
pub fn cut<'a>(text: &'a str, seed: u64, class: impl Fn(&str) -> Class) -> Option<Cut<'a>> {
    let mut walk = Walk { text, at: 0 };
    walk.declaration()?;
    let root = walk.open()?;
    let mut found = Cut { stable: 0, software: None, tags: Vec::new(), head: Vec::new(), parts: Vec::new() };
    let mut content = false;
    while let Some(start) = walk.next_child()? {
        if walk.name_at(start)? == "CONTENT" {
            // A second one would be read as well, and stands in no hash.
            if std::mem::replace(&mut content, true) {
                return None;
            }
            sections(&mut walk, &class, &mut found)?;
        } else {
            found.head.push(walk.element(start)?);
        }
    }
    walk.close(root)?;
    if !content || !walk.rest_is_blank() {
        return None;
    }
    found.stable = hash(&found.parts, &[Class::Stable, Class::Watched], seed).unwrap_or_default();
    found.software = hash(&found.parts, &[Class::Software], seed);
    Some(found)
}

/// The hash over all stretches of some classes; `None` when there is none.
fn hash(parts: &[(Class, &str)], classes: &[Class], seed: u64) -> Option<u128> {
    let mut hash = Xxh3::with_seed(seed);
    let of_class = parts.iter().filter(|(class, _)| classes.contains(class));
    let count = of_class.map(|(_, part)| hash.update(part.as_bytes())).count();
    (count > 0).then(|| hash.digest128())
}

/// The children of CONTENT. Neighbours of one class are one stretch, blanks between them included.
fn sections<'a>(walk: &mut Walk<'a>, class: &impl Fn(&str) -> Class, found: &mut Cut<'a>) -> Option<()> {
    let content = walk.open()?;
    let mut stretch: Option<(Class, usize, usize)> = None;
    while let Some(start) = walk.next_child()? {
        let tag = walk.name_at(start)?;
        walk.element(start)?;
        let known = found.tags.last() == Some(&tag);
        let class = match &stretch {
            Some((class, ..)) if known => *class,
            _ => class(tag),
        };
        if !known {
            // The reader of XML has bounds on elements; here a list of them would outgrow the text.
            if found.tags.len() >= RUNS {
                return None;
            }
            found.tags.push(tag);
        }
        match &mut stretch {
            Some((current, _, end)) if *current == class => *end = walk.at,
            _ => {
                if let Some((class, start, end)) = stretch.replace((class, start, walk.at)) {
                    found.parts.push((class, walk.text.get(start..end)?));
                }
            }
        }
    }
    if let Some((class, start, end)) = stretch {
        found.parts.push((class, walk.text.get(start..end)?));
    }
    walk.close(content)
}

/// A position in the text. Every step that meets something unusual is `None`.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blanks;
    }

    fn rest_is_blank(&mut self) -> bool {
        self.skip_blanks();
        self.rest().is_empty()
    }

    fn declaration(&mut self) -> Option<()> {
        self.skip_blanks();
        if self.rest().starts_with(b"<?xml") {
            self.at += memchr(b'>', self.rest())? + 1;
        }
        self.skip_blanks();
        Some(())
    }

    /// Steps over `<NAME>`, without attributes.
    fn open(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        let rest = self.rest();
        let end = memchr(b'>', rest)?;
        let name = self.text.get(self.at + 1..self.at + end)?;
        if rest.first() != Some(&b'<') || !name.bytes().all(plain) || name.is_empty() {
            return None;
        }
        self.at += end + 1;
        Some(name)
    }

    /// Steps over `</name>`.
    fn close(&mut self, name: &str) -> Option<()> {
        let end = memchr(b'>', self.rest())?;
        let found = self.text.get(self.at..self.at + end)?.strip_prefix("</")?;
        if found.trim_ascii_end() != name {
            return None;
        }
        self.at += end + 1;
        Some(())
    }

    /// Where the next child begins, or `Some(None)` before a closing tag.
    fn next_child(&mut self) -> Option<Option<usize>> {
        self.skip_blanks();
        match self.rest() {
            [b'<', b'/', ..] => Some(None),
            [b'<', next, ..] if plain(*next) => Some(Some(self.at)),
            _ => None,
        }
    }

    fn name_at(&self, start: usize) -> Option<&'a str> {
        let after = self.text.get(start + 1..)?;
        let end = after.bytes().position(|byte| !plain(byte))?;
        after.get(..end)
    }

    /// Steps over the element that begins here, whatever it holds.
    fn element(&mut self, start: usize) -> Option<&'a str> {
        let mut depth = 0_usize;
        loop {
            self.at += memchr(b'<', self.rest())?;
            match self.rest().get(1)? {
                b'!' | b'?' => return None,
                b'/' => {
                    depth = depth.checked_sub(1)?;
                    self.at += memchr(b'>', self.rest())? + 1;
                }
                _ => {
                    let (length, closed) = self.tag()?;
                    self.at += length;
                    depth += usize::from(!closed);
                }
            }
            if depth == 0 {
                return self.text.get(start..self.at);
            }
        }
    }

    /// Length of the opening tag here, and whether it closes itself. Values may hold a `>`.
    fn tag(&self) -> Option<(usize, bool)> {
        let rest = self.rest();
        let (mut from, mut end) = (0, 0);
        loop {
            // The next `>` is looked for once, however many quotes stand before it.
            if end <= from {
                end = from + memchr(b'>', rest.get(from..)?)?;
            }
            match memchr2(b'"', b'\'', rest.get(from..end)?) {
                None => return Some((end + 1, rest.get(end - 1) == Some(&b'/'))),
                Some(quote) => {
                    let quote = from + quote;
                    from = quote + 1 + memchr(*rest.get(quote)?, rest.get(quote + 1..)?)? + 1;
                }
            }
        }
    }
}

fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80
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
