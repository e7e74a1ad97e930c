//! The quick reader for the plain subset of XML that agents write.
//!
//! It knows sections of leaves: no attributes, nothing nested deeper, the five entities and numeric references. A
//! section that is more than that goes to the reference reader ([`super::xml`]) alone; at anything that the cut
//! or this reader does not know the whole message does. A property test over mutated messages and a fuzz target hold that both
//! read the same.
//!
//! Source: agent protocol page, section 1.6.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::xml::{self, forbidden};
use super::{Cell, Element, Message};
use crate::inventory::cut::{self, Class, Cut, Part};
use crate::inventory::tags::{self, Kind, Tag};
use crate::limits::Limits;

/// The longest reference that is looked at: `&#x10FFFF;` with some leading zeros.
const REFERENCE: usize = 16;

/// The parts of some classes of a message that was cut, and what stands outside CONTENT. `None` leaves the message to the
/// reference reader, which also says what is wrong with it.
///
/// `known` is asked for the text of each row of software; one that it knows is left out of the message.
pub fn read<'a>(
    cut: &Cut<'a>,
    wanted: &[Class],
    limits: &Limits,
    known: &mut dyn FnMut(&'a str) -> bool,
) -> Option<Message<'a>> {
    if cut.len() > limits.xml_elements {
        return None;
    }
    let mut message = Message { head: Vec::with_capacity(4), content: Vec::with_capacity(64), has_content: true };
    let mut reader = Reader { limits, room: 8, tags: limits.xml_elements - cut.len(), paths: 0 };
    for part in cut.head() {
        reader.elements(part, &mut message.head, known)?;
    }
    for part in cut.parts(wanted) {
        reader.elements(part, &mut message.content, known)?;
    }
    Some(message)
}

struct Reader<'l> {
    limits: &'l Limits,
    /// Cells of the section before: the next one is likely to have as many.
    room: usize,
    /// Tags inside of rows that may still come: the cut did not count them.
    tags: usize,
    /// Bytes of the paths of nested values so far.
    paths: usize,
}

impl Reader<'_> {
    /// Every element of a stretch: sections, or leaves.
    fn elements<'a>(
        &mut self,
        part: Part<'a, '_>,
        out: &mut Vec<Element<'a>>,
        known: &mut dyn FnMut(&'a str) -> bool,
    ) -> Option<()> {
        let mut rest = part.tags;
        while let Some(first) = rest.first() {
            let (tags, after) = rest.split_at_checked(first.reach as usize + 1)?;
            rest = after;
            let part = Part { text: part.text, tags };
            if first.kind == Kind::Row {
                let row = part.as_str();
                if !known(row) {
                    self.row(row, out)?;
                }
            } else {
                self.one(part, out)?;
            }
        }
        Some(())
    }

    /// A row that was taken whole. One without any value is left to the reference reader with its message: texts and
    /// elements of rows belong together by their order, so each has to have both.
    fn row<'a>(&mut self, row: &'a str, out: &mut Vec<Element<'a>>) -> Option<()> {
        let tags = tags::find(row, 0, None)?;
        self.tags = self.tags.checked_sub(tags.len())?;
        let before = out.len();
        self.one(Part { text: row, tags: &tags }, out)?;
        (out.len() > before).then_some(())
    }

    fn one<'a>(&mut self, part: Part<'a, '_>, out: &mut Vec<Element<'a>>) -> Option<()> {
        match self.section(part.text, part.tags) {
            Some(element) => out.extend(element),
            None => self.unusual(part.as_str(), out)?,
        }
        Some(())
    }

    /// One element of leaves, or one leaf; one without any value is `Some(None)`, and one that is more than that `None`.
    fn section<'a>(&mut self, text: &'a str, tags: &[Tag]) -> Option<Option<Element<'a>>> {
        let (first, inner) = tags.split_first()?;
        let name = self.name(text, first)?;
        let Some((last, inner)) = inner.split_last() else { return Some(None) };
        let tag = Cow::Borrowed(name);
        if inner.is_empty() {
            let value = value(text, first.end, last.start)?;
            let cell = (!value.is_empty()).then_some(Cell { name: Cow::Borrowed(""), value });
            return Some(cell.map(|cell| Element { tag, cells: vec![cell] }));
        }
        let mut cells = Vec::with_capacity(self.room);
        let (mut end, mut rest) = (first.end, inner);
        while let Some((open, after)) = rest.split_first() {
            let name = self.name(text, open)?;
            if !cut::is_blank(text, end as usize, open.start as usize) {
                return None;
            }
            (end, rest) = (open.end, after);
            match open.kind {
                Kind::Empty => {}
                Kind::Open => {
                    let (close, after) = after.split_first().filter(|_| open.reach == 1)?;
                    let value = value(text, open.end, close.start)?;
                    if !value.is_empty() {
                        cells.push(Cell { name: Cow::Borrowed(name), value });
                    }
                    (end, rest) = (close.end, after);
                }
                Kind::Close | Kind::Row => return None,
            }
        }
        if !cut::is_blank(text, end as usize, last.start as usize) {
            return None;
        }
        self.room = cells.len().max(1);
        Some((!cells.is_empty()).then_some(Element { tag, cells }))
    }

    fn name<'a>(&self, text: &'a str, tag: &Tag) -> Option<&'a str> {
        (tag.bare && usize::from(tag.name) <= self.limits.xml_name).then(|| tag.name(text))
    }

    /// A section with attributes or nested values: the reference reader alone knows what they mean.
    fn unusual<'a>(&mut self, section: &str, out: &mut Vec<Element<'a>>) -> Option<()> {
        let text = ["<R><CONTENT>", section, "</CONTENT></R>"].concat();
        // The bounds on the whole were looked at, and with them the time that a part of it can take.
        let message = xml::read_part(&text, self.limits, &|| false, &mut self.paths).ok()?;
        out.extend(message.into_owned().content);
        Some(())
    }
}

/// A text without blanks at its ends, its references replaced.
fn value(text: &str, from: u32, to: u32) -> Option<Cow<'_, str>> {
    let value = text.get(from as usize..to as usize)?;
    match memchr2(b'&', b'\r', value.as_bytes()) {
        None => Some(Cow::Borrowed(value.trim_ascii())),
        Some(_) => resolved(value).map(Cow::Owned),
    }
}

/// A text with its references replaced and its line ends as XML wants them read.
fn resolved(text: &str) -> Option<String> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'&' | b'\r')) {
        whole.push_str(rest.get(..at)?);
        let odd = rest.get(at..)?;
        if let Some(after) = odd.strip_prefix('\r') {
            whole.push('\n');
            rest = after.strip_prefix('\n').unwrap_or(after);
            continue;
        }
        let end = memchr(b';', odd.as_bytes().get(..REFERENCE.min(odd.len()))?)?;
        match odd.get(1..end)? {
            "amp" => whole.push('&'),
            "lt" => whole.push('<'),
            "gt" => whole.push('>'),
            "quot" => whole.push('"'),
            "apos" => whole.push('\''),
            reference => {
                let number = reference.strip_prefix('#')?;
                let number = match number.strip_prefix('x') {
                    Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                        u32::from_str_radix(digits, 16)
                    }
                    None if number.bytes().all(|digit| digit.is_ascii_digit()) => number.parse(),
                    _ => return None,
                };
                whole.push(char::from_u32(number.ok()?).filter(|character| !forbidden(*character))?);
            }
        }
        rest = odd.get(end + 1..)?;
    }
    whole.push_str(rest);
    let trimmed = whole.trim_ascii();
    Some(if trimmed.len() == whole.len() { whole } else { trimmed.to_owned() })
}

#[cfg(test)]
mod tests;
