//! Hostile text made harmless for one line: nothing ends the line, moves the cursor or turns the writing direction.

use std::fmt::{Debug, Write};

/// Longest value, in bytes as written.
pub(super) const VALUE_MOST: usize = 512;

/// Collects what is formatted into it, escaped, up to [`VALUE_MOST`] bytes; then it stops the formatting.
#[derive(Debug, Default)]
pub(super) struct Escaped {
    out: String,
    /// Backslashes and quotes are escaped as well, so that a value in quotes reads in one way only.
    exact: bool,
    cut: bool,
}

impl Escaped {
    /// The message of an event, which is our own text with values in it.
    pub(super) fn message(message: &dyn Debug) -> String {
        Escaped::default().collected(message)
    }

    /// A value: bare when that is unmistakable, otherwise in quotes.
    pub(super) fn value(value: &dyn Debug) -> String {
        let text = Escaped { exact: true, ..Escaped::default() }.collected(value);
        let bare = |char: char| char.is_alphanumeric() || "-_.:/@+%[](){}*#&;,<>|!?~^$…".contains(char);
        if !text.is_empty() && text.chars().all(bare) { text } else { format!("\"{text}\"") }
    }

    fn collected(mut self, value: &dyn Debug) -> String {
        // It fails when enough is there, or when the value's own formatting fails; what came so far is written.
        let _ = write!(self, "{value:?}");
        if self.cut {
            self.out.push('…');
        }
        self.out
    }
}

impl Write for Escaped {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for char in text.chars() {
            let before = self.out.len();
            match char {
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\\' | '"' if self.exact => self.out.extend(['\\', char]),
                hostile if is_hostile(hostile) => self.out.extend(hostile.escape_unicode()),
                harmless => self.out.push(harmless),
            }
            if self.out.len() > VALUE_MOST {
                self.out.truncate(before);
                self.cut = true;
                return Err(std::fmt::Error);
            }
        }
        Ok(())
    }
}

/// Control characters, other ends of lines, and what turns the writing direction or cannot be seen.
fn is_hostile(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> String {
        Escaped::value(&format_args!("{text}"))
    }

    #[test]
    fn sec_07_values_are_escaped() {
        assert_eq!(value("10.0.0.7"), "10.0.0.7");
        assert_eq!(value(""), "\"\"");
        assert_eq!(value("two words"), "\"two words\"");
        assert_eq!(value("a=b"), "\"a=b\"");
        assert_eq!(value("x\" level=\"error"), r#""x\" level=\"error""#);
        assert_eq!(value("C:\\temp"), r#""C:\\temp""#);
        assert_eq!(value("a\r\n2026-11-20 ERROR all is lost"), r#""a\r\n2026-11-20 ERROR all is lost""#);
        assert_eq!(value("\u{1b}[2J"), r#""\u{1b}[2J""#);
        assert_eq!(value("\u{202e}gpj.exe"), r#""\u{202e}gpj.exe""#);
        assert_eq!(value("\u{85}\u{2028}\0"), r#""\u{85}\u{2028}\u{0}""#);
        assert_eq!(value("Müller"), "Müller");
    }

    #[test]
    fn sec_07_values_are_cut() {
        assert_eq!(value(&"x".repeat(512)), "x".repeat(512));
        assert_eq!(value(&"x".repeat(513)), format!("{}…", "x".repeat(512)));
        assert_eq!(value(&"é".repeat(400)), format!("{}…", "é".repeat(256)));
        assert!(value(&"\u{1}".repeat(400)).len() <= VALUE_MOST + "\"…\"".len());
    }

    /// A value that would format for ever is stopped when enough is there.
    #[test]
    fn sec_07_an_endless_value_ends() {
        struct Endless;
        impl Debug for Endless {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                loop {
                    f.write_str("more ")?;
                }
            }
        }
        assert!(Escaped::value(&Endless).len() < 600);
    }

    proptest! {
        #[test]
        fn sec_07_whatever_comes_is_one_short_line(text in any::<String>(), many in 0usize..400) {
            for shown in [value(&text.repeat(many)), Escaped::message(&format_args!("{text}"))] {
                prop_assert!(!shown.chars().any(is_hostile));
                prop_assert!(shown.len() <= VALUE_MOST + "\"…\"".len());
            }
        }

        #[test]
        fn different_values_are_written_differently(a in "[a\\\\\"n\n =]{0,6}", b in "[a\\\\\"n\n =]{0,6}") {
            prop_assert_eq!(a == b, value(&a) == value(&b));
        }
    }
}
