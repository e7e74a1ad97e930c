//! Numbers, sizes and times as the reader's language writes them.

use jiff::Zoned;
use maud::{Markup, html};

use super::Locale;
use crate::clock::Timestamp;
use crate::i18n::{Lang, decimal as written, text};

/// A whole number with its thousands apart: `16,384`, `16 384`.
pub fn number(lang: Lang, n: i64) -> String {
    let gap = match lang {
        Lang::En => ",",
        Lang::Fr => "\u{202F}",
    };
    let digits = n.unsigned_abs().to_string();
    let mut written = String::with_capacity(digits.len() + 8);
    if n < 0 {
        written.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push_str(gap);
        }
        written.push(digit);
    }
    written
}

/// A number with two digits behind the point at most.
pub fn decimal(lang: Lang, n: f32) -> String {
    written(lang, f64::from(n), 2)
}

/// A share in hundredths: `12.5 %`.
pub fn percent(lang: Lang, n: f32) -> String {
    format!("{}\u{A0}%", written(lang, f64::from(n), 1))
}

/// A size given in MB, in the largest unit that keeps it above one: `512 MB`, `1.5 GB`, `2 TB`.
///
/// Agents count 1024 at each step, and so do we.
pub fn size(lang: Lang, mb: i64) -> String {
    let (value, unit) = match mb.unsigned_abs() {
        0..1024 => (mb as f64, "unit.mb"),
        1024..1_048_576 => (mb as f64 / 1024.0, "unit.gb"),
        _ => (mb as f64 / 1_048_576.0, "unit.tb"),
    };
    // One digit behind the point where it tells something: 1.5 GB, but 16 GB and 238 GB.
    let tenths = (value * 10.0).round();
    let written = if tenths % 10.0 == 0.0 || value.abs() >= 100.0 {
        number(lang, value.round() as i64)
    } else {
        let written = format!("{value:.1}");
        match lang {
            Lang::En => written,
            Lang::Fr => written.replace('.', ","),
        }
    };
    format!("{written}\u{A0}{}", text(lang, unit))
}

fn local(locale: &Locale, at: Timestamp) -> Option<Zoned> {
    jiff::Timestamp::from_second(at.0).ok().map(|at| at.to_zoned(locale.zone.clone()))
}

/// A time in words and figures, to the minute: `20 Nov 2026, 17:02`. Empty for a time that no calendar has.
pub fn moment(locale: &Locale, at: Timestamp) -> String {
    let Some(at) = local(locale, at) else { return String::new() };
    let month = locale.text(MONTHS[usize::from(at.month().unsigned_abs()).saturating_sub(1).min(11)]);
    format!("{}\u{A0}{month}\u{A0}{}, {:02}:{:02}", at.day(), at.year(), at.hour(), at.minute())
}

const MONTHS: [&str; 12] = [
    "month.1", "month.2", "month.3", "month.4", "month.5", "month.6", "month.7", "month.8", "month.9", "month.10",
    "month.11", "month.12",
];

/// How long ago, in words: `2 hours ago`. A time ahead of now is written as a date.
pub fn ago(locale: &Locale, at: Timestamp) -> String {
    let seconds = locale.now.since(at);
    let (key, n) = match seconds {
        ..0 => return moment(locale, at),
        0..60 => return locale.text("ago.now").to_owned(),
        60..3_600 => ("ago.minutes", seconds / 60),
        3_600..86_400 => ("ago.hours", seconds / 3_600),
        86_400..5_184_000 => ("ago.days", seconds / Timestamp::DAY),
        5_184_000..63_072_000 => ("ago.months", seconds / (30 * Timestamp::DAY)),
        _ => ("ago.years", seconds / (365 * Timestamp::DAY)),
    };
    locale.count(key, n.unsigned_abs())
}

/// Seconds as a person counts them when waiting: `45 seconds`, `5 minutes`; rounded up, so that nobody comes too early.
pub fn waiting(locale: &Locale, seconds: u64) -> String {
    match seconds {
        0..90 => locale.count("wait.seconds", seconds),
        _ => locale.count("wait.minutes", seconds.div_ceil(60)),
    }
}

/// A `time` element that shows the moment and says how long ago it was when pointed at.
pub fn date(locale: &Locale, at: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title=(ago(locale, at)) { (moment(locale, at)) } }
}

/// A `time` element that says how long ago and shows the moment when pointed at.
pub fn since(locale: &Locale, at: Timestamp) -> Markup {
    html! { time datetime=(iso(at)) title=(moment(locale, at)) { (ago(locale, at)) } }
}

fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_the_language_does() {
        assert_eq!(number(Lang::En, 1_234_567), "1,234,567");
        assert_eq!(number(Lang::Fr, -16_384), "-16\u{202F}384");
        assert_eq!(number(Lang::En, 0), "0");
    }

    #[test]
    fn sizes_take_the_unit_that_reads_best() {
        let sizes = [512, 1_536, 16_384, 243_698, 1_048_576, 1_887_436].map(|mb| size(Lang::En, mb));
        assert_eq!(sizes.map(|s| s.replace('\u{A0}', " ")), ["512 MB", "1.5 GB", "16 GB", "238 GB", "1 TB", "1.8 TB"]);
        assert_eq!(size(Lang::Fr, 1_536), "1,5\u{A0}Go");
    }

    #[test]
    fn times_are_told_in_words_and_never_from_the_future() {
        let zone = jiff::tz::TimeZone::UTC;
        let locale = Locale { lang: Lang::En, now: Timestamp(1_795_196_122), zone };
        assert_eq!(ago(&locale, locale.now), "just now");
        assert_eq!(ago(&locale, locale.now.plus(-7_200)), "2 hours ago");
        assert_eq!(ago(&locale, locale.now.plus(-Timestamp::DAY)), "1 day ago");
        assert_eq!(moment(&locale, locale.now).replace('\u{A0}', " "), "20 Nov 2026, 17:35");
        assert_eq!(ago(&locale, locale.now.plus(60)), moment(&locale, locale.now.plus(60)));
    }
}
