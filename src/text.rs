//! Bytes in unknown encodings to text, with what had to be repaired.
//!
//! Agents declare one encoding and send another, copy NUL bytes out of firmware, and build XML by hand. The
//! engine of the field answers 500 to that and the computer stays invisible; here the text is repaired and
//! the repair is named. What needs no repair is not copied.
//!
//! Not for reading XML: that is `protocol::xml`.
//!
//! Source: agent protocol page, section 1.5; SEC-6, SEC-7; console page, CON-IMP-6.

mod repair;
mod show;

use std::borrow::Cow;
use std::fmt;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

pub use show::{CUT_MARK, cut, log_value, visible};

/// Text, and what was done to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// Borrowed when nothing had to be changed.
    pub text: Cow<'a, str>,
    /// Empty for nearly all agents.
    pub repairs: Repairs,
}

/// One kind of repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Repair {
    /// No encoding was declared and it is not UTF-8: read as windows-1252.
    CharsetGuessed,
    /// UTF-8 was declared, and single bytes that are not were read as windows-1252.
    CharsetMixed,
    /// Bytes that mean nothing in the declared encoding became replacement characters.
    BytesUnreadable,
    /// Characters that XML forbids, or references to them, were removed.
    ControlsRemoved,
    /// An `&` that begins no entity was escaped.
    AmpersandsEscaped,
    /// UTF-8 that had been encoded twice was decoded twice.
    DoubleEncoding,
    /// A value was too long and was cut.
    Cut,
}

impl Repair {
    const ALL: [Repair; 7] = [
        Repair::CharsetGuessed,
        Repair::CharsetMixed,
        Repair::BytesUnreadable,
        Repair::ControlsRemoved,
        Repair::AmpersandsEscaped,
        Repair::DoubleEncoding,
        Repair::Cut,
    ];

    /// What a person reads in a log.
    pub fn word(self) -> &'static str {
        match self {
            Repair::CharsetGuessed => "charset guessed",
            Repair::CharsetMixed => "mixed charsets",
            Repair::BytesUnreadable => "unreadable bytes replaced",
            Repair::ControlsRemoved => "control characters removed",
            Repair::AmpersandsEscaped => "stray ampersands repaired",
            Repair::DoubleEncoding => "double encoding repaired",
            Repair::Cut => "long values cut",
        }
    }
}

/// A small set of [`Repair`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Repairs(u8);

impl Repairs {
    /// As one byte, for records.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Back from [`Repairs::bits`]; unknown bits mean nothing.
    pub fn from_bits(bits: u8) -> Repairs {
        Repairs(bits)
    }

    /// Adds one.
    pub fn insert(&mut self, repair: Repair) {
        self.0 |= 1 << repair as u8;
    }

    /// Adds all of another set.
    pub fn extend(&mut self, other: Repairs) {
        self.0 |= other.0;
    }

    /// Whether it is in the set.
    pub fn contains(self, repair: Repair) -> bool {
        self.0 & (1 << repair as u8) != 0
    }

    /// Whether nothing was repaired.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in the set, always in the same order.
    pub fn iter(self) -> impl Iterator<Item = Repair> {
        Repair::ALL.into_iter().filter(move |repair| self.contains(*repair))
    }
}

impl fmt::Display for Repairs {
    /// The words, with commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, repair) in self.iter().enumerate() {
            f.write_str(if at > 0 { ", " } else { "" })?;
            f.write_str(repair.word())?;
        }
        Ok(())
    }
}

impl From<Repair> for Repairs {
    fn from(repair: Repair) -> Self {
        let mut repairs = Repairs::default();
        repairs.insert(repair);
        repairs
    }
}

/// Text of a request: the encoding found out, then everything removed or escaped that would stop an XML reader.
pub fn decode_xml(bytes: &[u8]) -> Decoded<'_> {
    let Decoded { text, mut repairs } = decode(bytes);
    let text = match text {
        Cow::Borrowed(text) => repair::xml(text, &mut repairs),
        Cow::Owned(text) => match repair::xml(&text, &mut repairs) {
            Cow::Owned(repaired) => Cow::Owned(repaired),
            Cow::Borrowed(_) => Cow::Owned(text),
        },
    };
    Decoded { text, repairs }
}

/// Text of a file that need not be XML: JSON, CSV. Only the encoding is looked at.
///
/// In this order: byte order mark or UTF-16 by its zero bytes; the label of an XML declaration, where ISO-8859-1
/// means windows-1252; UTF-8 if it is; windows-1252 for the whole text. A text that declares UTF-8 and is
/// not keeps its valid runs, and the bytes between are read as windows-1252.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => declared_utf8(rest),
        [0xff, 0xfe, rest @ ..] => labelled(rest, UTF_16LE),
        [0xfe, 0xff, rest @ ..] => labelled(rest, UTF_16BE),
        [b'<', 0, ..] => labelled(bytes, UTF_16LE),
        [0, b'<', ..] => labelled(bytes, UTF_16BE),
        _ => match label(bytes).and_then(Encoding::for_label_no_replacement) {
            Some(encoding) if encoding == UTF_8 => declared_utf8(bytes),
            // A label that could be read byte by byte is not in UTF-16, so neither is the text.
            Some(encoding) if encoding != UTF_16LE && encoding != UTF_16BE => labelled(bytes, encoding),
            _ => undeclared(bytes),
        },
    }
}

fn labelled<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Decoded<'a> {
    let (text, unreadable) = encoding.decode_without_bom_handling(bytes);
    let repairs = if unreadable { Repair::BytesUnreadable.into() } else { Repairs::default() };
    Decoded { text, repairs }
}

fn undeclared(bytes: &[u8]) -> Decoded<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded { text: Cow::Borrowed(text), repairs: Repairs::default() },
        Err(_) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            Decoded { text, repairs: Repair::CharsetGuessed.into() }
        }
    }
}

fn declared_utf8(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), repairs: Repairs::default() };
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for run in bytes.utf8_chunks() {
        text.push_str(run.valid());
        text.extend(run.invalid().iter().copied().map(windows_1252));
    }
    Decoded { text: Cow::Owned(text), repairs: Repair::CharsetMixed.into() }
}

/// The label in `<?xml … encoding="label" …?>`, with either kind of quotes and blanks anywhere.
fn label(bytes: &[u8]) -> Option<&[u8]> {
    let head = bytes.get(..1024).unwrap_or(bytes).trim_ascii_start();
    let (mark, rest) = head.split_at_checked(5)?;
    if !mark.eq_ignore_ascii_case(b"<?xml") {
        return None;
    }
    let declaration = rest.split(|byte| *byte == b'>').next()?;
    let at = declaration.windows(8).position(|word| word.eq_ignore_ascii_case(b"encoding"))?;
    let rest = declaration.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let end = rest.iter().position(|byte| byte == quote)?;
    rest.get(..end).map(<[u8]>::trim_ascii)
}

/// windows-1252 from 0x80 to 0x9f; five places are controls, as in every browser.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', //
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or(char::from(byte)),
        _ => char::from(byte),
    }
}

/// UTF-8 that was taken for windows-1252 or ISO-8859-1 and encoded again ("Ã©" for "é"), taken back.
///
/// `None` when the value is not such a text: every character must be one of the smaller encoding, and the
/// bytes they stand for valid UTF-8 with something beyond ASCII and without control characters. For imports
/// only; what agents send is kept as sent.
pub fn undouble(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let byte = |character: char| match u8::try_from(character) {
        Ok(byte) => Some(byte),
        Err(_) => HIGH.iter().position(|high| *high == character).and_then(|at| u8::try_from(at + 0x80).ok()),
    };
    let bytes = text.chars().map(byte).collect::<Option<Vec<u8>>>()?;
    let single = String::from_utf8(bytes).ok()?;
    let fine = !single.chars().any(|character| matches!(character, '\u{80}'..='\u{9f}'));
    fine.then_some(single)
}

#[cfg(test)]
mod tests;
