//! Values in files of other programs: each written so that its reader gets exactly the value back.
//!
//! What no way of writing brings through every one of these formats is refused at the door ([`super::tag`]): control
//! characters, and the double quotation mark, which the installers for Windows have no escape for.

/// As one word of a Unix shell.
pub fn sh(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Inside of quotation marks in a batch file: only the percent sign means something there.
pub fn batch(text: &str) -> String {
    format!("\"{}\"", text.replace('%', "%%"))
}

/// As one text of PowerShell. Typographic apostrophes end a text there as the plain one does.
pub fn powershell(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// As a value of `ocsinventory-agent.cfg`: its reader takes one pair of quotation marks away, and nothing else.
pub fn cfg(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn con_agt_2_values_cannot_leave_their_quotation_marks() {
        let evil = "it's 100% $(rm -rf ~) `x` & del \\ ^ | ! #;";
        assert_eq!(sh(evil), "'it'\\''s 100% $(rm -rf ~) `x` & del \\ ^ | ! #;'");
        assert_eq!(batch(evil), "\"it's 100%% $(rm -rf ~) `x` & del \\ ^ | ! #;\"");
        assert_eq!(powershell("a'b\u{2019}c $x `n"), "'a''b\u{2019}\u{2019}c $x `n'");
        assert_eq!(cfg("'a' = #b "), "\"'a' = #b \"");
    }

    #[cfg(unix)]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a shell is asked how it reads the script")]
    fn con_agt_2_a_shell_reads_hostile_values_back() {
        for value in ["it's", "$(id) `id` \\ \" & | ; < > * ? ~ #", "-n", "", "é %PATH% 'x'", "a  b\t c", "'''"] {
            let script = format!("printf %s {}", sh(value));
            let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), value);
        }
    }

    proptest! {
        /// The way back, as each reader goes it.
        #[test]
        fn con_agt_2_each_reader_gets_the_value_back(value in "[^\"\\p{Cc}]{0,40}") {
            prop_assert_eq!(sh(&value).replace("'\\''", "\u{1}").trim_matches('\'').replace('\u{1}', "'"), value.clone());
            let written = batch(&value);
            let inner = &written[1..written.len() - 1];
            prop_assert!(!inner.replace("%%", "").contains(['%', '"']));
            prop_assert_eq!(inner.replace("%%", "%"), value.clone());
            let written = cfg(&value);
            prop_assert_eq!(&written[1..written.len() - 1], value.as_str());
            let written = powershell(&value);
            let (mut back, mut rest) = (String::new(), written[1..written.len() - 1].chars());
            while let Some(c) = rest.next() {
                if matches!(c, '\'' | '\u{2018}'..='\u{201B}') {
                    prop_assert_eq!(rest.next(), Some(c), "an apostrophe stands alone");
                }
                back.push(c);
            }
            prop_assert_eq!(back, value);
        }
    }
}
