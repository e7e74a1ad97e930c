//! Numbers as the original's columns take them from text: MySQL's conversion without strict mode.
//!
//! The number at the beginning counts, what follows is dropped, no number is 0; halves are rounded away
//! from zero; what is too large becomes the largest the column holds.
//!
//! Source: protocol sections 5 and 7.2; the odder cases asked from MariaDB 10.11.

use crate::inventory::sections::Whole;

/// Largest magnitude that is told from larger ones; beyond every column.
const HUGE: u128 = 10_u128.pow(30);

impl Whole {
    /// Smallest and largest value of the column.
    pub fn range(self) -> (i128, i128) {
        match self {
            Whole::Tiny => (i128::from(i8::MIN), i128::from(i8::MAX)),
            Whole::Small => (i128::from(i16::MIN), i128::from(i16::MAX)),
            Whole::Normal => (i128::from(i32::MIN), i128::from(i32::MAX)),
            Whole::Big => (i128::from(i64::MIN), i128::from(i64::MAX)),
            Whole::BigUnsigned => (0, i128::from(u64::MAX)),
        }
    }

    fn clamp(self, number: i128) -> i128 {
        let (least, most) = self.range();
        number.clamp(least, most)
    }
}

/// The whole number that a column of this size holds for `text`: `1.7` is 2, `2 MiB` is 2, `N/A` is 0.
pub fn whole(text: &str, size: Whole) -> i128 {
    // Text with two points, such as a version, loses its points: 10.0.19041 is 100.
    size.clamp(Leading::of(text).map_or(0, |number| number.scaled(if number.two_points { None } else { Some(0) })))
}

/// What a `decimal(digits,places)` column holds, times 10^places. `digits` is at most 18.
pub fn decimal(text: &str, digits: u8, places: u8) -> i64 {
    let most = 10_i128.pow(u32::from(digits.min(18))) - 1;
    let number = Leading::of(text).map_or(0, |number| number.scaled(Some(i64::from(places))));
    i64::try_from(number.clamp(-most, most)).unwrap_or(0)
}

/// The original's own rule for numbers of HARDWARE: decimal digits and nothing else, otherwise 0.
pub fn digits_only(text: &str, size: Whole) -> i128 {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { whole(text, size) } else { 0 }
}

/// The number at the beginning of a text: sign, digits around a point, exponent.
struct Leading<'a> {
    negative: bool,
    before: &'a [u8],
    after: &'a [u8],
    exponent: i64,
    two_points: bool,
}

impl<'a> Leading<'a> {
    /// `None` if the text does not begin with a number.
    fn of(text: &'a str) -> Option<Leading<'a>> {
        let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']).as_bytes();
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (before, text) = run_of_digits(text);
        let (pointed, after, text) = match text {
            [b'.', rest @ ..] => {
                let (after, rest) = run_of_digits(rest);
                (true, after, rest)
            }
            _ => (false, &[][..], text),
        };
        if before.is_empty() && after.is_empty() {
            return None;
        }
        let two_points = pointed && text.first() == Some(&b'.');
        let exponent = match text {
            [b'e' | b'E', b'-', rest @ ..] => -small(run_of_digits(rest).0),
            [b'e' | b'E', b'+', rest @ ..] | [b'e' | b'E', rest @ ..] => small(run_of_digits(rest).0),
            _ => 0,
        };
        Some(Leading { negative, before, after, exponent, two_points })
    }

    fn digit(&self, at: usize) -> Option<u8> {
        let digit = self.before.get(at).or_else(|| self.after.get(at - self.before.len()));
        digit.map(|byte| byte - b'0')
    }

    /// The number times 10^places, rounded; `None` takes all digits without the point.
    fn scaled(&self, places: Option<i64>) -> i128 {
        let len = self.before.len() + self.after.len();
        let point = match places {
            Some(places) => i64::try_from(self.before.len()).unwrap_or(i64::MAX).saturating_add(self.exponent + places),
            None => i64::try_from(len).unwrap_or(i64::MAX),
        };
        let Ok(point) = usize::try_from(point) else { return 0 };
        let mut number = 0_u128;
        for at in 0..point {
            match self.digit(at) {
                Some(digit) => number = number * 10 + u128::from(digit),
                None if number == 0 => break,
                None => number *= 10,
            }
            if number > HUGE {
                break;
            }
        }
        if number <= HUGE && self.digit(point).is_some_and(|digit| digit >= 5) {
            number += 1;
        }
        let number = i128::try_from(number).unwrap_or(i128::MAX);
        if self.negative { -number } else { number }
    }
}

fn run_of_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// An exponent; larger ones than 10,000 make no difference.
fn small(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number: i64, byte| (number * 10 + i64::from(byte - b'0')).min(10_000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 7.2 and pitfall 50, measured.
    #[test]
    fn pitfall_50_the_leading_number_counts_and_is_rounded() {
        for (text, number) in [
            ("N/A", 0),
            ("??", 0),
            ("", 0),
            ("1.7", 2),
            ("274877.906944", 274_878),
            ("2 MiB (2 instances)", 2),
            ("-1 Mbps", -1),
            ("23200 mWh", 23_200),
            ("0x0000", 0),
            ("0x10", 0),
            ("1e3", 1000),
            ("1e", 1),
            ("1.5e1", 15),
            ("15e-1", 2),
            (".5", 1),
            ("-.5", -1),
            ("-1.5", -2),
            ("-1.4", -1),
            ("+7", 7),
            (" \t9", 9),
            ("1,5", 1),
            ("0.499999999999999999999", 0),
            ("1.", 1),
            (".", 0),
            ("-", 0),
            ("e5", 0),
            ("--5", 0),
            ("1.5.6", 15),
            ("10.0.19041.1", 100),
            ("1..5", 1),
            ("..5", 0),
            ("99999999999", i128::from(i32::MAX)),
            ("-99999999999", i128::from(i32::MIN)),
            ("1e400", i128::from(i32::MAX)),
            ("1e-99999999999999999999", 0),
        ] {
            assert_eq!(whole(text, Whole::Normal), number, "{text:?}");
        }
    }

    #[test]
    fn each_column_has_its_range() {
        assert_eq!(whole("300", Whole::Tiny), 127);
        assert_eq!(whole("-300", Whole::Tiny), -128);
        assert_eq!(whole("40000", Whole::Small), 32_767);
        assert_eq!(whole("-1 Mbps", Whole::BigUnsigned), 0);
        assert_eq!(whole("18446744073709551616", Whole::BigUnsigned), i128::from(u64::MAX));
        assert_eq!(whole("18446744073709551616", Whole::Big), i128::from(i64::MAX));
        assert_eq!(whole("-9223372036854775808", Whole::Big), i128::from(i64::MIN));
    }

    #[test]
    fn decimals_are_rounded_to_their_places() {
        for (text, scaled) in [
            ("12.34567", 123_457),
            ("0.00005", 1),
            ("0.00004", 0),
            ("1.5.6", 15_000),
            ("-1234.5", -9_999_999),
            ("1e-2", 100),
            ("garbage", 0),
        ] {
            assert_eq!(decimal(text, 7, 4), scaled, "{text:?}");
        }
    }

    /// Section 5, measured: `12.5`, `-1` and `x` are 0.
    #[test]
    fn numbers_of_hardware_are_digits_and_nothing_else() {
        for (text, number) in [("12.5", 0), ("-1", 0), ("x", 0), ("", 0), ("4096", 4096), (" 1", 0), ("１２", 0)] {
            assert_eq!(digits_only(text, Whole::Normal), number, "{text:?}");
        }
        assert_eq!(digits_only("99999999999999999999999999999999999999999", Whole::Small), 32_767);
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_and_numbers_stay_themselves(text in "[-+ .eE0-9x]{0,40}") {
            for size in [Whole::Tiny, Whole::Small, Whole::Normal, Whole::Big, Whole::BigUnsigned] {
                let once = whole(&text, size);
                prop_assert_eq!(whole(&once.to_string(), size), once);
            }
            decimal(&text, 7, 4);
        }

        #[test]
        fn whole_numbers_are_read_as_they_are(number in any::<i64>()) {
            prop_assert_eq!(whole(&number.to_string(), Whole::Big), i128::from(number));
        }
    }
}
