//! Hostile text where people see it: cut, with its hidden characters made visible, fit for a line of a log.

use std::borrow::Cow;

/// What stands at the end of a value that was cut.
pub const CUT_MARK: &str = "… [cut]";

/// Longest value in a line of the log, in bytes.
const LOGGED: usize = 512;

/// The text in at most `bytes` bytes. A longer one loses its end and gets [`CUT_MARK`] instead.
pub fn cut(text: &str, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return Cow::Borrowed(text);
    }
    match bytes.checked_sub(CUT_MARK.len()) {
        Some(room) => Cow::Owned([start(text, room), CUT_MARK].concat()),
        None => Cow::Borrowed(start(text, bytes)),
    }
}

/// As much of the start as fits, in whole characters.
fn start(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

/// The text with controls of writing direction replaced by marks that can be seen, as in `⟦RLO⟧`.
///
/// Such characters make a name look like another one.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|character| direction(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 32);
    for character in text.chars() {
        match direction(character) {
            Some(name) => shown.extend(["⟦", name, "⟧"]),
            None => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// The abbreviation of a bidirectional control character.
fn direction(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{61c}' => "ALM",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        _ => return None,
    })
}

/// A received value for the log: one line, without control characters, at most 512 bytes (SEC-7).
///
/// Backslashes and double quotes are escaped too, so that what was escaped can be told from what was sent.
pub fn log_value(text: &str) -> String {
    let mut logged = String::with_capacity(text.len().min(LOGGED));
    // Where it can be cut so that the mark still fits.
    let mut safe = 0;
    for character in text.chars() {
        match character {
            '\'' => logged.push('\''),
            _ if direction(character).is_some() => logged.extend(character.escape_unicode()),
            _ => logged.extend(character.escape_debug()),
        }
        if logged.len() > LOGGED {
            logged.truncate(safe);
            logged.push('…');
            break;
        }
        if logged.len() <= LOGGED - '…'.len_utf8() {
            safe = logged.len();
        }
    }
    logged
}
