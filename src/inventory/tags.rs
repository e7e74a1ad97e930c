//! The tags of a message, found in one pass: for the cut ([`super::cut`]) and for the quick reader of sections.
//!
//! It knows the plain subset that agents write. Comments, CDATA, a second root, tags that do not match: `None`, and
//! the reader of XML has the message to itself.

use memchr::memmem::Finder;
use memchr::{memchr, memchr2, memchr3};

/// More tags than any inventory has; beyond, the list of them would outgrow the text.
const MOST: usize = 1 << 19;
/// Elements open at once.
const DEPTH: usize = 64;

/// One tag. Places count bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Where its `<` is.
    pub start: u32,
    /// Behind its `>`.
    pub end: u32,
    /// Of an opening tag: how many tags further its closing one is. 0 for the others.
    pub reach: u32,
    /// Bytes of its name.
    pub name: u16,
    /// What it is.
    pub kind: Kind,
    /// It has no attributes.
    pub bare: bool,
}

/// Kinds of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `<NAME>`
    Open,
    /// `<NAME/>`
    Empty,
    /// `</NAME>`
    Close,
    /// `<NAME>…</NAME>` of a row that is taken whole: what stands in it was not looked at.
    Row,
}

impl Tag {
    /// The name of an opening or empty tag.
    pub fn name<'a>(&self, text: &'a str) -> &'a str {
        let start = self.start as usize + 1;
        text.get(start..start + usize::from(self.name)).unwrap_or_default()
    }
}

/// The tags from `begin` on: those of one element, each closing one with its opening one. Elements named `row` inside
/// the second level end at the first closing tag of their name, and are looked at later, if at all.
pub fn find(text: &str, begin: usize, row: Option<&Row>) -> Option<Vec<Tag>> {
    let bytes = text.as_bytes();
    u32::try_from(bytes.len()).ok()?;
    // Rows are most of an inventory, and one tag each.
    let mut tags: Vec<Tag> = Vec::with_capacity((bytes.len() / 160).min(MOST));
    let mut open: Vec<usize> = Vec::with_capacity(DEPTH);
    let mut end = begin;
    while let Some(found) = memchr(b'<', bytes.get(end..)?) {
        let start = end + found;
        if tags.len() >= MOST || (open.is_empty() && !tags.is_empty()) {
            return None;
        }
        let rest = bytes.get(start + 1..)?;
        let tag = match rest.first()? {
            b'!' | b'?' => return None,
            b'/' => {
                let at = open.pop()?;
                let reach = tags.len() - at;
                let opening = tags.get_mut(at)?;
                opening.reach = reach as u32;
                let name = opening.start as usize + 1;
                let name = bytes.get(name..name + usize::from(opening.name))?;
                let after = rest.get(1..)?.strip_prefix(name)?;
                let blanks = after.iter().take_while(|byte| blank(**byte)).count();
                if *after.get(blanks)? != b'>' {
                    return None;
                }
                end = start + 2 + name.len() + blanks + 1;
                Tag {
                    start: start as u32,
                    end: end as u32,
                    reach: 0,
                    name: opening.name,
                    kind: Kind::Close,
                    bare: true,
                }
            }
            _ => {
                // Names are short: a plain loop beats a search that prepares for long texts.
                let length = rest.iter().position(|byte| !plain(*byte)).filter(|length| *length > 0)?;
                let (kind, bare, whole) = match rest.get(length..)? {
                    [b'>', ..] if open.len() == 2 && row.is_some_and(|row| rest.starts_with(row.name)) => {
                        let (opening, after) = text.get(start..)?.split_at_checked(length + 2)?;
                        (Kind::Row, true, length + 2 + row?.length(opening, after)?)
                    }
                    [b'>', ..] => (Kind::Open, true, length + 2),
                    [b'/', b'>', ..] => (Kind::Empty, true, length + 3),
                    [b' ', b'/', b'>', ..] => (Kind::Empty, true, length + 4),
                    _ => {
                        let (whole, closed) = long(bytes.get(start..)?)?;
                        (if closed { Kind::Empty } else { Kind::Open }, false, whole)
                    }
                };
                if kind == Kind::Open {
                    if open.len() >= DEPTH {
                        return None;
                    }
                    open.push(tags.len());
                }
                end = start + whole;
                let name = u16::try_from(length).ok()?;
                Tag { start: start as u32, end: end as u32, reach: 0, name, kind, bare }
            }
        };
        tags.push(tag);
    }
    open.is_empty().then_some(tags)
}

/// What a row is named.
pub struct Row {
    /// Its name and `>`.
    name: &'static [u8],
    close: Finder<'static>,
}

impl Row {
    /// `open` is the name followed by `>`, `close` the whole closing tag.
    pub fn new(open: &'static str, close: &'static str) -> Row {
        Row { name: open.as_bytes(), close: Finder::new(close) }
    }

    /// Bytes up to the end of the first closing tag.
    ///
    /// Where a row might hold an attribute, a comment or CDATA, that tag might be a part of them: such a row has to be plain by itself.
    fn length(&self, opening: &str, after: &str) -> Option<usize> {
        let length = self.close.find(after.as_bytes())? + self.close.needle().len();
        if memchr3(b'=', b'!', b'?', after.as_bytes().get(..length)?).is_some() {
            let row = [opening, after.get(..length)?].concat();
            find(&row, 0, None)?;
        }
        Some(length)
    }
}

/// Length of the opening tag here, and whether it closes itself. Values may hold a `>`.
fn long(rest: &[u8]) -> Option<(usize, bool)> {
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

/// Whether XML takes it for a blank; a form feed, which ASCII counts as one, it does not.
fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether names are made of it.
fn plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).copied().unwrap_or_default()
}

static PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let one = byte as u8;
        table[byte] = one.is_ascii_alphanumeric() || matches!(one, b'_' | b'-' | b'.' | b':') || one >= 0x80;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Vec<(String, Kind, u32)>> {
        Some(find(text, 0, None)?.iter().map(|tag| (tag.name(text).to_owned(), tag.kind, tag.reach)).collect())
    }

    #[test]
    fn each_opening_tag_reaches_its_closing_one() {
        let text = "<A><B/><C D='>' ><C>x</C ></C><E /></A>";
        let tags = find(text, 0, None).unwrap();
        let shown: Vec<_> = tags.iter().map(|tag| &text[tag.start as usize..tag.end as usize]).collect();
        assert_eq!(shown, ["<A>", "<B/>", "<C D='>' >", "<C>", "</C >", "</C>", "<E />", "</A>"]);
        let reach: Vec<_> = tags.iter().map(|tag| tag.reach).collect();
        assert_eq!(reach, [7, 0, 3, 1, 0, 0, 0, 0]);
        let bare: Vec<_> = tags.iter().map(|tag| tag.bare).collect();
        assert_eq!(bare, [true, true, false, true, true, true, true, true]);
    }

    #[test]
    fn rows_are_taken_whole() {
        let row = Row::new("S>", "</S>");
        let text = "<R><C><S>1</S><S><X/></S><A><S>2</S></A><S/><SS>3</SS><S B=''>4</S></C></R>";
        let tags = find(text, 0, Some(&row)).unwrap();
        let rows: Vec<_> = tags.iter().filter(|tag| tag.kind == Kind::Row).collect();
        let shown: Vec<_> = rows.iter().map(|tag| &text[tag.start as usize..tag.end as usize]).collect();
        assert_eq!(shown, ["<S>1</S>", "<S><X/></S>"]);
        assert!(rows.iter().all(|tag| tag.reach == 0 && tag.name(text) == "S"));
        assert_eq!(find("<R><C><S>1</C></R>", 0, Some(&row)), None);
        // What only looks like the end of a row, and what only looks like it might.
        for inside in ["<![CDATA[</S><A/><S>]]>", "<N A='</S><A/><S>'/>", "<!-- </S><A/><S> -->", "<?x </S><A/><S>?>"] {
            assert_eq!(find(&format!("<R><C><S>{inside}</S></C></R>"), 0, Some(&row)), None, "{inside}");
        }
        for inside in ["a = b! c?", "<N A='1'>x</N>"] {
            let text = format!("<R><C><S>{inside}</S></C></R>");
            assert_eq!(find(&text, 0, Some(&row)).unwrap().len(), 5, "{inside}");
        }
    }

    #[test]
    fn what_is_not_plain_is_nothing() {
        for text in [
            "<A>",
            "</A>",
            "<A></B>",
            "<A><B></A></B>",
            "<A/><B/>",
            "<A><!-- --></A>",
            "<A><?x?></A>",
            "<A><",
            "<A",
            "<A B='></A>",
            "<A></A",
            "<A></AB>",
            "<A></A\x0c>",
            "< A></A>",
            "<A><></A>",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found(""), Some(Vec::new()));
        assert_eq!(found(&"<A>".repeat(DEPTH + 1)), None);
    }
}
