//! Numbers and sizes as each language writes them.

use super::{Lang, fill};

/// Between groups of three digits: a comma, or the narrow no-break space of French typography.
const fn group(lang: Lang) -> char {
    match lang {
        Lang::En => ',',
        Lang::Fr => '\u{202f}',
    }
}

const fn point(lang: Lang) -> char {
    match lang {
        Lang::En => '.',
        Lang::Fr => ',',
    }
}

/// A whole number with its groups of three digits: `12,345`.
pub fn number(lang: Lang, value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3 + 1);
    if value < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(group(lang));
        }
        out.push(digit);
    }
    out
}

/// A number with at most so many digits after the point; zeros at the end are left out. Empty when it is no number.
pub fn decimal(lang: Lang, value: f64, places: usize) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let plain = format!("{:.*}", places, value.abs());
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let part = part.trim_end_matches('0');
    let mut out = match whole.parse::<i64>() {
        Ok(whole) => number(lang, whole),
        Err(_) => whole.to_owned(),
    };
    if !part.is_empty() {
        out.push(point(lang));
        out.push_str(part);
    }
    if value < 0.0 && out.contains(|digit: char| ('1'..='9').contains(&digit)) {
        out.insert(0, '-');
    }
    out
}

/// A size that an agent sent in MB, as MB below 1024 and as GB or TB above.
pub fn size_mb(lang: Lang, megabytes: u64) -> String {
    let value = megabytes as f64;
    if megabytes < 1024 {
        fill(lang, "size.mb", &[("n", &decimal(lang, value, 0))])
    } else if megabytes < 1024 * 1024 {
        fill(lang, "size.gb", &[("n", &decimal(lang, value / 1024.0, 1))])
    } else {
        fill(lang, "size.tb", &[("n", &decimal(lang, value / (1024.0 * 1024.0), 2))])
    }
}

/// A size in bytes, in the largest unit that leaves a figure of 1 or more.
pub fn size(lang: Lang, bytes: u64) -> String {
    let value = bytes as f64;
    if bytes < 1024 {
        fill(lang, "size.b", &[("n", &decimal(lang, value, 0))])
    } else if bytes < 1024 * 1024 {
        fill(lang, "size.kb", &[("n", &decimal(lang, value / 1024.0, 1))])
    } else if bytes < 1 << 30 {
        fill(lang, "size.mb", &[("n", &decimal(lang, value / (1024.0 * 1024.0), 1))])
    } else {
        size_mb(lang, bytes >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_language() {
        assert_eq!(number(Lang::En, 0), "0");
        assert_eq!(number(Lang::En, 999), "999");
        assert_eq!(number(Lang::En, -1_234_567), "-1,234,567");
        assert_eq!(number(Lang::Fr, 12_345), "12\u{202f}345");
        assert_eq!(number(Lang::En, i64::MIN), "-9,223,372,036,854,775,808");
    }

    #[test]
    fn decimals_drop_zeros_and_lonely_signs() {
        assert_eq!(decimal(Lang::En, 1.50, 2), "1.5");
        assert_eq!(decimal(Lang::Fr, 1234.5, 1), "1\u{202f}234,5");
        assert_eq!(decimal(Lang::En, -0.001, 2), "0");
        assert_eq!(decimal(Lang::En, -2.5, 1), "-2.5");
        assert_eq!(decimal(Lang::En, f64::NAN, 1), "");
    }

    #[test]
    fn sizes_change_their_unit() {
        assert_eq!(size_mb(Lang::En, 512), "512\u{a0}MB");
        assert_eq!(size_mb(Lang::En, 8192), "8\u{a0}GB");
        assert_eq!(size_mb(Lang::Fr, 1536), "1,5\u{a0}Go");
        assert_eq!(size_mb(Lang::En, 2 << 20), "2\u{a0}TB");
        assert_eq!(size(Lang::En, 100), "100\u{a0}bytes");
        assert_eq!(size(Lang::Fr, 2048), "2\u{a0}Ko");
        assert_eq!(size(Lang::En, 3 << 30), "3\u{a0}GB");
    }
}
