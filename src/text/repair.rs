//! What would stop an XML reader, taken out before it reads.
//!
//! Removed: characters that XML 1.0 forbids (C0 controls but tab, LF and CR; U+FFFE and U+FFFF) and numeric
//! references to them, to surrogates and beyond Unicode. Escaped: each `&` that begins neither one of the five
//! entities nor a numeric reference, except in CDATA sections, where it is an ordinary character.

use std::borrow::Cow;

use super::{Repair, Repairs};

/// Bytes looked at in one step of the fast pass.
const STEP: usize = 32;

/// So many stray ampersands are escaped, further ones removed: a text of nothing else grows no further.
const ESCAPED: usize = 1 << 20;

/// The longest numeric reference that is looked at, with leading zeros.
const REFERENCE: usize = 32;

/// The text ready for an XML reader; borrowed when it was before.
pub(super) fn xml<'a>(text: &'a str, repairs: &mut Repairs) -> Cow<'a, str> {
    let bytes = text.as_bytes();
    let mut markup = Markup { text, seen: 0, literal: 0..0 };
    let mut whole: Option<String> = None;
    let mut kept = 0;
    let mut escaped = 0;
    let mut at = 0;
    while let Some(found) = next_odd(bytes, at) {
        let (length, instead) = match judge(bytes.get(found..).unwrap_or_default()) {
            Finding::Fine(length) => {
                at = found + length;
                continue;
            }
            Finding::Forbidden(length) => {
                repairs.insert(Repair::ControlsRemoved);
                (length, "")
            }
            Finding::BadReference(length) => {
                if markup.is_literal(found) {
                    at = found + 1;
                    continue;
                }
                repairs.insert(Repair::ControlsRemoved);
                (length, "")
            }
            Finding::Stray => {
                if markup.is_literal(found) {
                    at = found + 1;
                    continue;
                }
                repairs.insert(Repair::AmpersandsEscaped);
                escaped += 1;
                (1, if escaped <= ESCAPED { "&amp;" } else { "" })
            }
        };
        let whole = whole.get_or_insert_with(|| String::with_capacity(text.len() + 64));
        whole.push_str(text.get(kept..found).unwrap_or_default());
        whole.push_str(instead);
        at = found + length;
        kept = at;
    }
    match whole {
        None => Cow::Borrowed(text),
        Some(mut whole) => {
            whole.push_str(text.get(kept..).unwrap_or_default());
            Cow::Owned(whole)
        }
    }
}

/// Whether a closer look is needed: a control character, `&`, or the first byte of U+FFFE and U+FFFF.
fn odd(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == b'&') | (byte == 0xef)
}

fn next_odd(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut steps = bytes.get(from..)?.chunks_exact(STEP);
    for step in steps.by_ref() {
        // Without a branch inside, so that it is done for many bytes at once.
        if step.iter().fold(false, |any, byte| any | odd(*byte)) {
            return step.iter().position(|byte| odd(*byte)).map(|found| at + found);
        }
        at += STEP;
    }
    steps.remainder().iter().position(|byte| odd(*byte)).map(|found| at + found)
}

enum Finding {
    /// Nothing wrong with so many bytes.
    Fine(usize),
    /// Characters that must go, of so many bytes.
    Forbidden(usize),
    /// A reference to one, of so many bytes.
    BadReference(usize),
    /// An `&` that begins nothing.
    Stray,
}

fn judge(bytes: &[u8]) -> Finding {
    match bytes {
        [0xef, 0xbf, 0xbe | 0xbf, ..] => Finding::Forbidden(3),
        [0xef, ..] => Finding::Fine(1),
        [b'&', b'#', b'x', digits @ ..] => numeric(digits, 16, 3),
        [b'&', b'#', digits @ ..] => numeric(digits, 10, 2),
        [b'&', name @ ..] => {
            let entities: [&[u8]; 5] = [b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"];
            match entities.iter().find(|entity| name.starts_with(entity)) {
                Some(entity) => Finding::Fine(1 + entity.len()),
                None => Finding::Stray,
            }
        }
        _ => Finding::Forbidden(1),
    }
}

fn numeric(digits: &[u8], radix: u32, before: usize) -> Finding {
    let digits = digits.get(..REFERENCE).unwrap_or(digits);
    let length = digits.iter().take_while(|byte| char::from(**byte).is_digit(radix)).count();
    if length == 0 || digits.get(length) != Some(&b';') {
        return Finding::Stray;
    }
    let number = digits.iter().take(length).fold(0u32, |number, byte| {
        number.saturating_mul(radix).saturating_add(char::from(*byte).to_digit(radix).unwrap_or(0))
    });
    let whole = before + length + 1;
    match char::from_u32(number) {
        None | Some('\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}') => {
            Finding::BadReference(whole)
        }
        Some(_) => Finding::Fine(whole),
    }
}

/// Finds CDATA sections and comments, as far as somebody asks.
struct Markup<'a> {
    text: &'a str,
    /// Everything before was looked at.
    seen: usize,
    /// The last section or comment found.
    literal: std::ops::Range<usize>,
}

impl Markup<'_> {
    /// Whether the place is inside one. Places must be asked in ascending order.
    fn is_literal(&mut self, place: usize) -> bool {
        while self.seen <= place {
            let found = self.text.get(self.seen..place).and_then(|text| text.find("<!"));
            let Some(start) = found.map(|found| self.seen + found) else {
                // "<!" may straddle the place, which then is no ampersand of text.
                self.seen = self.seen.max(place);
                break;
            };
            let rest = self.text.get(start..).unwrap_or_default();
            let end = if rest.starts_with("<![CDATA[") {
                "]]>"
            } else if rest.starts_with("<!--") {
                "-->"
            } else {
                self.seen = start + 2;
                continue;
            };
            let length = rest.find(end).map_or(rest.len(), |at| at + end.len());
            self.literal = start..start + length;
            self.seen = start + length;
        }
        self.literal.contains(&place)
    }
}
