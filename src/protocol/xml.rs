//! The reference reader: request XML to a [`Message`].
//!
//! One pass over the events of quick-xml, without a tree and without recursion; `super::flat` makes cells of
//! them. Values borrow from the text unless an entity or a line end had to be replaced. It wants repaired
//! text (`crate::text`): a stray ampersand that is left is an error here.
//!
//! Nothing is ever fetched or defined: a DOCTYPE ends the message (SEC-3).
//!
//! Source: agent protocol page, section 1.6; SEC-3, SEC-4.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

use super::flat::Flat;
use super::{Error, Message};
use crate::limits::Limits;

/// The deadline is asked once in so many events.
const ASK_EVERY: u32 = 1024;

/// The paths of nested values may take this part of the memory that a whole text may: much more than agents
/// need, and little enough for long names nested around a million leaves.
const PATHS: usize = 4;

/// Reads one request. `out_of_time` says whether the time for it is used up.
///
/// Fails with the first thing that is not well-formed, forbidden, or beyond a limit.
pub fn read<'a>(text: &'a str, limits: &Limits, out_of_time: &dyn Fn() -> bool) -> Result<Message<'a>, Error> {
    read_part(text, limits, out_of_time, &mut 0)
}

/// The same for a part of a text. `paths` counts the bytes of paths in all of its parts, which are bounded together.
pub(super) fn read_part<'a>(
    text: &'a str,
    limits: &Limits,
    out_of_time: &dyn Fn() -> bool,
    paths: &mut usize,
) -> Result<Message<'a>, Error> {
    // The reader would skip the mark too, but without counting it in its positions.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut document = Document { text, limits, flat: Flat::after(*paths), elements: 0 };
    let mut events = 0u32;
    loop {
        let at = reader.buffer_position();
        events = events.wrapping_add(1);
        if events.is_multiple_of(ASK_EVERY) && out_of_time() {
            return Err(Error::OutOfTime { at });
        }
        // Matched in place: events are large, and moving them took a tenth of the time.
        match reader.read_event() {
            Ok(Event::Text(piece)) => document.piece(piece.into_inner(), at)?,
            Ok(Event::Start(_)) => document.open(at, reader.buffer_position())?,
            Ok(Event::End(_)) => document.close(at)?,
            Ok(Event::Empty(_)) => {
                document.open(at, reader.buffer_position())?;
                document.close(at)?;
            }
            Ok(Event::CData(piece)) => document.piece(piece.into_inner(), at)?,
            Ok(Event::GeneralRef(reference)) => {
                let piece = resolve(&reference).ok_or(Error::Entity { at: reader.buffer_position() })?;
                document.text(piece, at)?;
            }
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
            Ok(Event::DocType(_)) => return Err(Error::Doctype { at: reader.buffer_position() }),
            Ok(Event::Eof) => {
                *paths = document.flat.written();
                return document.finish();
            }
            Err(source) => return Err(Error::Malformed { at: reader.error_position(), source }),
        }
    }
}

/// What was read so far, and the bounds on it.
struct Document<'a, 'l> {
    text: &'a str,
    limits: &'l Limits,
    flat: Flat<'a>,
    elements: usize,
}

impl<'a> Document<'a, '_> {
    fn piece(&mut self, piece: Cow<'a, str>, at: u64) -> Result<(), Error> {
        if piece.is_empty() { Ok(()) } else { self.text(lines(piece), at) }
    }

    fn text(&mut self, piece: Cow<'a, str>, at: u64) -> Result<(), Error> {
        // Before the root only white space may stand; what comes after it is nobody's.
        if self.elements == 0 && !piece.trim_ascii().is_empty() {
            return Err(Error::OutsideRoot { at });
        }
        self.flat.text(piece);
        Ok(())
    }

    /// Opens the element whose tag is at these bytes.
    fn open(&mut self, at: u64, to: u64) -> Result<(), Error> {
        if self.elements > 0 && self.flat.depth() == 0 {
            return Err(Error::OutsideRoot { at });
        }
        if self.elements >= self.limits.xml_elements {
            return Err(Error::TooManyElements { at, limit: self.limits.xml_elements });
        }
        self.elements += 1;
        open(&mut self.flat, tag(self.text, at, to), self.limits, at)
    }

    fn close(&mut self, at: u64) -> Result<(), Error> {
        self.flat.close();
        let limit = self.limits.inflated / PATHS;
        if self.flat.written() > limit { Err(Error::PathsTooLong { at, limit }) } else { Ok(()) }
    }

    fn finish(self) -> Result<Message<'a>, Error> {
        match self.flat.innermost() {
            Some(element) => Err(Error::Unfinished { at: self.text.len() as u64, element: element.to_owned() }),
            None if self.elements == 0 => Err(Error::NoRoot),
            None => Ok(self.flat.finish()),
        }
    }
}

/// Opens the element of this tag and reads its attributes.
fn open<'a>(flat: &mut Flat<'a>, tag: &'a str, limits: &Limits, at: u64) -> Result<(), Error> {
    let end = tag.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(tag.len());
    let name = tag.get(..end).unwrap_or(tag);
    check_name(name, limits, at)?;
    if flat.depth() >= limits.xml_depth {
        return Err(Error::TooDeep { at, limit: limits.xml_depth });
    }
    flat.open(name);
    if end == tag.len() {
        return Ok(());
    }
    for (count, attribute) in Attributes::new(tag, end).enumerate() {
        if count >= limits.xml_attributes {
            return Err(Error::TooManyAttributes { at, limit: limits.xml_attributes });
        }
        let malformed = |source| Error::Malformed { at, source };
        let attribute = attribute.map_err(|source| malformed(source.into()))?;
        let name = attribute.key.into_inner();
        check_name(name, limits, at)?;
        let mut value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        if value.contains(forbidden) {
            value.to_mut().retain(|character| !forbidden(character));
        }
        flat.attribute(name, value);
    }
    Ok(())
}

/// What stands between `<` and `>` or `/>` of the tag at these bytes; it borrows from the text, which
/// the reader's own events do not let out.
fn tag(text: &str, from: u64, to: u64) -> &str {
    let place = usize::try_from(from).unwrap_or(usize::MAX)..usize::try_from(to).unwrap_or(usize::MAX);
    let tag = text.get(place).unwrap_or_default();
    let tag = tag.strip_prefix('<').unwrap_or(tag);
    let tag = tag.strip_suffix('>').unwrap_or(tag);
    tag.strip_suffix('/').unwrap_or(tag)
}

/// Line ends as XML wants them read: CR LF and CR are LF.
fn lines(piece: Cow<'_, str>) -> Cow<'_, str> {
    // Short, mostly: a plain loop beats a search that prepares for long texts.
    if piece.bytes().any(|byte| byte == b'\r') {
        Cow::Owned(piece.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        piece
    }
}

/// The text of `&amp;` or `&#233;`. A reference to a character that XML forbids has none, an unknown one is `None`.
fn resolve(reference: &BytesRef<'_>) -> Option<Cow<'static, str>> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) if forbidden(character) => Some(Cow::Borrowed("")),
        Ok(Some(character)) => Some(Cow::Owned(character.to_string())),
        Ok(None) => resolve_predefined_entity(reference).map(Cow::Borrowed),
        Err(_) => None,
    }
}

pub(super) fn forbidden(character: char) -> bool {
    matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

fn good_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80;
    !name.is_empty() && name.bytes().all(good)
}

fn check_name(name: &str, limits: &Limits, at: u64) -> Result<(), Error> {
    if name.len() > limits.xml_name {
        return Err(Error::NameTooLong { at, limit: limits.xml_name });
    }
    if good_name(name) { Ok(()) } else { Err(Error::BadName { at }) }
}

#[cfg(test)]
pub(crate) mod tests;
