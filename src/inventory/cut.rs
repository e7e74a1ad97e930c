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

/// What a cut finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut<'a> {
    /// Hash over the stable sections.
    pub stable: u128,
    /// Hash over the software; `None` when there is none.
    pub software: Option<u128>,
    /// Stretches of the root outside CONTENT.
    head: Vec<&'a str>,
    /// Stretches of CONTENT that are always parsed.
    kept: Vec<&'a str>,
}

/// What happens to a child of CONTENT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Parsed at each inventory.
    Kept,
    /// Part of the hash of stable sections.
    Stable,
    /// Part of the hash of software.
    Software,
}

impl Cut<'_> {
    /// A message with the parts that are always parsed, and nothing else.
    pub fn reduced(&self) -> String {
        let bytes = self.head.iter().chain(&self.kept).map(|part| part.len()).sum::<usize>();
        let mut text = String::with_capacity(bytes + 64);
        text.push_str("<REQUEST><CONTENT>");
        self.kept.iter().for_each(|part| text.push_str(part));
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
    let mut found = Cut { stable: 0, software: None, head: Vec::new(), kept: Vec::new() };
    let mut content = None;
    while let Some(start) = walk.next_child()? {
        if walk.name_at(start)? == "CONTENT" && content.is_none() {
            content = Some(sections(&mut walk, seed, &class)?);
        } else {
            found.head.push(walk.element(start)?);
        }
    }
    walk.close(root)?;
    let (stable, software, kept) = content?;
    (found.stable, found.software, found.kept) = (stable, software, kept);
    walk.rest_is_blank().then_some(found)
}

type Content<'a> = (u128, Option<u128>, Vec<&'a str>);

/// The children of CONTENT. Neighbours of one class are one stretch, blanks between them included.
fn sections<'a>(walk: &mut Walk<'a>, seed: u64, class: &impl Fn(&str) -> Class) -> Option<Content<'a>> {
    let content = walk.open()?;
    let (mut stable, mut software) = (Xxh3::with_seed(seed), Xxh3::with_seed(seed));
    let (mut any_software, mut kept) = (false, Vec::new());
    let mut stretch: Option<(Class, usize, usize)> = None;
    loop {
        let child = match walk.next_child()? {
            Some(start) => {
                let class = class(walk.name_at(start)?);
                walk.element(start)?;
                Some((class, start, walk.at))
            }
            None => None,
        };
        match (&mut stretch, child) {
            (Some((current, _, end)), Some((class, _, new_end))) if *current == class => *end = new_end,
            _ => {
                if let Some((class, start, end)) = stretch {
                    let part = walk.text.get(start..end)?;
                    match class {
                        Class::Kept => kept.push(part),
                        Class::Stable => stable.update(part.as_bytes()),
                        Class::Software => {
                            any_software = true;
                            software.update(part.as_bytes());
                        }
                    }
                }
                stretch = child;
            }
        }
        if child.is_none() {
            break;
        }
    }
    walk.close(content)?;
    Some((stable.digest128(), any_software.then(|| software.digest128()), kept))
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
        let mut from = 0;
        loop {
            let end = from + memchr(b'>', rest.get(from..)?)?;
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
        let reduced = cut_(PLAIN).unwrap().reduced();
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
        ] {
            assert_eq!(cut_(&PLAIN.replace(from, to)), None, "{from} -> {to}");
        }
        for text in ["", "<", "<a", "<a>", "<a><CONTENT>", "<a><CONTENT><b", "<a></a>", "{}"] {
            assert_eq!(cut_(text), None, "{text}");
        }
    }

    /// A section may hold an element of its own name.
    #[test]
    fn nesting_is_respected() {
        let text = "<R><CONTENT><BIOS><BIOS>1</BIOS><X A='/'/></BIOS><HARDWARE><HARDWARE/></HARDWARE></CONTENT></R>";
        assert_eq!(
            cut_(text).unwrap().reduced(),
            "<REQUEST><CONTENT><HARDWARE><HARDWARE/></HARDWARE></CONTENT></REQUEST>"
        );
    }
}
