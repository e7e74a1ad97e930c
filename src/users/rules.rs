//! What a new password must be like. Pure; the words are in `assets/data/common-passwords.txt`.
//!
//! Length counts most (SEC-51); beyond that only what programs try first is refused: common passwords, a
//! common word or the account with digits around it, runs on the keyboard, repetitions.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::{Account, Passwords};

/// Why a new password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("the password must have {least} characters at least")]
    TooShort {
        /// The least number of characters.
        least: usize,
    },
    /// More than [`Passwords::LONGEST`] bytes.
    #[error("the password must have 256 bytes at most")]
    TooLong,
    /// It is the account, perhaps with digits and signs.
    #[error("the password must not be the account name")]
    IsAccount,
    /// It is one of the common ones, or a common word with digits and signs.
    #[error("the password is one of those that are tried first")]
    Common,
    /// A few characters over and over.
    #[error("the password repeats the same characters")]
    Repeated,
    /// Runs of the alphabet, of numbers or of neighbouring keys.
    #[error("the password is a row of the alphabet, of numbers or of the keyboard")]
    Sequence,
}

/// Least length that the option SECURITY_PASSWORD_MIN_CHAR may be set to.
pub const SHORTEST: usize = 8;

/// Judges a new password. `min_chars` is the option SECURITY_PASSWORD_MIN_CHAR, in characters; below
/// [`SHORTEST`] it counts as that.
pub fn check_new(password: &str, account: &Account, min_chars: usize) -> Result<(), BadPassword> {
    let least = min_chars.max(SHORTEST);
    if password.len() > Passwords::LONGEST {
        return Err(BadPassword::TooLong);
    }
    let folded = password.to_lowercase();
    let account = account.folded();
    let local = account.split('@').next().unwrap_or_default();
    // The reason that helps most comes first: who lengthens `marie1` to `marie1234567` gains nothing.
    if padded(&folded, &account) || padded(&folded, local) {
        return Err(BadPassword::IsAccount);
    }
    if password.chars().count() < least {
        return Err(BadPassword::TooShort { least });
    }
    let letters: Vec<char> = folded.chars().collect();
    if repeats(&letters) {
        return Err(BadPassword::Repeated);
    }
    if rows(&letters) {
        return Err(BadPassword::Sequence);
    }
    if common(&folded) {
        return Err(BadPassword::Common);
    }
    Ok(())
}

/// Whether it is `word`, once or more, with nothing but digits and signs around it.
fn padded(password: &str, word: &str) -> bool {
    !word.is_empty() && password.contains(word) && !password.replace(word, "").chars().any(char::is_alphabetic)
}

/// Whether it is one piece over and over, three times at least.
fn repeats(letters: &[char]) -> bool {
    (1..=letters.len() / 3).any(|unit| letters.iter().zip(letters.iter().skip(unit)).all(|(a, b)| a == b))
}

/// Neighbours: the alphabet, numbers, and keys of the usual keyboards.
const ROWS: &[&str] = &[
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1aqw2zsx3edc4rfv5tgb6yhn7uj8ik9ol0pm",
    "!@#$%^&*()_+",
    "&é\"'(-è_çà)=",
];

/// Whether it consists of nothing but runs of three or more: along a row, back, or of one character.
fn rows(letters: &[char]) -> bool {
    static BOTH_WAYS: OnceLock<Vec<Vec<char>>> = OnceLock::new();
    let rows = BOTH_WAYS.get_or_init(|| {
        let there = ROWS.iter().map(|row| row.chars().collect::<Vec<_>>());
        there.flat_map(|row| [row.clone(), row.into_iter().rev().collect()]).collect()
    });
    let mut rest = letters;
    while !rest.is_empty() {
        let along = rows.iter().map(|row| run(rest, row)).max().unwrap_or(0);
        let same = rest.iter().take_while(|letter| Some(*letter) == rest.first()).count();
        match along.max(same) {
            0..3 => return false,
            length => rest = rest.get(length..).unwrap_or_default(),
        }
    }
    true
}

/// How far the beginning goes along a row, which begins again at its end.
fn run(letters: &[char], row: &[char]) -> usize {
    let Some(start) = letters.first().and_then(|first| row.iter().position(|key| key == first)) else { return 0 };
    letters.iter().zip(row.iter().cycle().skip(start)).take_while(|(letter, key)| letter == key).count()
}

struct Words {
    whole: HashSet<&'static str>,
    /// Those of letters alone, to be found with digits and signs around them.
    plain: HashSet<&'static str>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let file = include_str!("../../assets/data/common-passwords.txt");
        let lines = || file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Words {
            whole: lines().collect(),
            plain: lines().filter(|line| line.chars().all(char::is_alphabetic)).collect(),
        }
    })
}

fn common(folded: &str) -> bool {
    let words = words();
    if words.whole.contains(folded) {
        return true;
    }
    let digits_and_signs = |letter: char| !letter.is_alphabetic();
    // What follows the last letter is no letter; before it `4` may stand for one, and in front for either.
    let head = folded.trim_end_matches(digits_and_signs);
    let core = head.trim_start_matches(digits_and_signs);
    let read = |text: &str| text.chars().map(plain_letter).collect::<String>();
    [core, &read(core), &read(head)].into_iter().any(|core| words.plain.contains(core) || twice(core))
}

fn twice(core: &str) -> bool {
    let half = core.get(..core.len() / 2).unwrap_or_default();
    !half.is_empty() && core.strip_prefix(half) == Some(half) && words().plain.contains(half)
}

fn plain_letter(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(password: &str) -> Result<(), BadPassword> {
        check_new(password, &"marie".parse().unwrap(), 12)
    }

    #[test]
    fn sec_51_twelve_characters_at_least_and_256_bytes_at_most() {
        assert_eq!(judge("tulip-harbo"), Err(BadPassword::TooShort { least: 12 }));
        assert_eq!(judge("tulip-harbou"), Ok(()));
        assert_eq!(judge("été à la plag"), Ok(()), "characters are counted, not bytes");
        let long: String = (0..100).flat_map(|n| format!("tulip{n} ").into_bytes()).map(char::from).take(257).collect();
        assert_eq!(judge(&long), Err(BadPassword::TooLong));
        assert_eq!(judge(&long[..256]), Ok(()));
        let account = "x".parse().unwrap();
        assert_eq!(check_new("tulip-h", &account, 1), Err(BadPassword::TooShort { least: 8 }));
    }

    #[test]
    fn con_set_5_the_account_is_no_password() {
        for password in ["marie", "MARIE", "marie1234567", "2026-Marie-2026", "mariemariemarie", "marie!marie!1"] {
            assert_eq!(judge(password), Err(BadPassword::IsAccount), "{password}");
        }
        let account = "administrateur@office.lan".parse().unwrap();
        for password in ["administrateur@office.lan", "Administrateur2026"] {
            assert_eq!(check_new(password, &account, 12), Err(BadPassword::IsAccount), "{password}");
        }
        assert_eq!(judge("marie aime les tulipes"), Ok(()));
    }

    #[test]
    fn sec_51_what_is_tried_first_is_refused() {
        for password in
            ["password1234", "P@ssw0rd2026", "motdepasse123", "Motdepasse!!!", "administrator", "@dministr@tor12"]
        {
            assert_eq!(judge(password), Err(BadPassword::Common), "{password}");
        }
        for password in ["passwordpassword", "p4ssw0rd!2345", "123motdepasse123", "ocsinventory1", "Rollcall2026!"] {
            assert_eq!(judge(password), Err(BadPassword::Common), "{password}");
        }
    }

    #[test]
    fn sec_51_rows_and_repetitions_are_refused() {
        for password in ["aaaaaaaaaaaa", "abcabcabcabc", "121212121212", "........................", "toto toto toto "]
        {
            assert_eq!(judge(password), Err(BadPassword::Repeated), "{password}");
        }
        let rows = [
            "123456789012",
            "098765432109",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "azertyuiopqs",
            "AZERTYUIOPQS",
            "qwertyuiop123",
            "azerty123456",
            "1qaz2wsx3edc",
            "abc123def456",
            "aaaabbbbcccc",
            "&é\"'(-è_çà)=",
        ];
        for password in rows {
            assert_eq!(judge(password), Err(BadPassword::Sequence), "{password}");
        }
    }

    #[test]
    fn phrases_and_random_values_are_taken() {
        for password in
            ["correct horse battery", "J'ai 3 chats gris", "k9#Lq2vXw7Zp", "tulipe-passe-port", "abc harbour 123"]
        {
            assert_eq!(judge(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_list_is_long_enough_lower_case_and_without_doubles() {
        let lines: Vec<&str> = include_str!("../../assets/data/common-passwords.txt")
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .collect();
        assert!(lines.len() > 300, "{}", lines.len());
        assert_eq!(lines.len(), words().whole.len());
        for line in lines {
            assert!(line.len() >= 5 && *line == line.to_lowercase() && line.trim() == line, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(password in "\\PC{0,80}", account in "[a-zA-Z0-9._@-]{1,64}", least in 0usize..100) {
            let account: Account = account.parse().unwrap();
            if check_new(&password, &account, least).is_ok() {
                prop_assert!(password.chars().count() >= least.max(8));
                prop_assert!(password.to_lowercase() != account.folded());
            }
        }

        #[test]
        fn a_common_password_stays_refused_with_digits(n in 0usize..1000, digits in "[0-9]{0,8}") {
            let lines: Vec<&str> = words().plain.iter().copied().collect();
            let password = format!("{}{digits}", lines[n % lines.len()]);
            prop_assert!(judge(&password).is_err(), "{password}");
        }

        #[test]
        fn a_run_from_any_place_is_refused(row in 0usize..ROWS.len(), skip in 0usize..40, length in 12usize..40) {
            let password: String = ROWS[row].chars().cycle().skip(skip).take(length).collect();
            prop_assert!(judge(&password).is_err(), "{password}");
        }
    }
}
