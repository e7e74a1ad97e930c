//! Sizes and durations as people write them: `8 MiB`, `10 s`.

use std::time::Duration;

/// Largest first within a family; the binary ones are tried first when a size is written.
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("B", 1),
];

/// Milliseconds.
const TIMES: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];

fn read(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|char: char| !char.is_ascii_digit() && char != '_')?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.replace('_', "").parse().ok()?;
    let unit = unit.trim();
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.checked_mul(*factor)
}

fn show(value: u64, units: &[(&str, u64)], smallest: &str) -> String {
    match units.iter().find(|(_, factor)| value >= *factor && value.is_multiple_of(*factor)) {
        Some((name, factor)) => format!("{} {name}", value / factor),
        None => format!("{value} {smallest}"),
    }
}

/// Reads a size with its unit, such as `8 MiB` or `10 MB`, in bytes.
pub fn read_size(text: &str) -> Option<u64> {
    read(text, &SIZES)
}

/// Writes a size in bytes with the largest unit that leaves a whole number.
pub fn show_size(bytes: u64) -> String {
    show(bytes, &SIZES, "B")
}

/// Reads a duration with its unit: `ms`, `s`, `min`, `h` or `d`.
pub fn read_duration(text: &str) -> Option<Duration> {
    read(text, &TIMES).map(Duration::from_millis)
}

/// Writes a duration with the largest unit that leaves a whole number; parts of a millisecond are dropped.
pub fn show_duration(duration: Duration) -> String {
    show(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), &TIMES, "s")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_and_durations_have_units() {
        assert_eq!(read_size("8 MiB"), Some(8 << 20));
        assert_eq!(read_size("10mb"), Some(10_000_000));
        assert_eq!(read_size("1_000 B"), Some(1000));
        assert_eq!(read_size("8"), None);
        assert_eq!(read_size("MiB"), None);
        assert_eq!(read_size("99999999999 TiB"), None);
        assert_eq!(read_duration("10 s"), Some(Duration::from_secs(10)));
        assert_eq!(read_duration("90 min"), Some(Duration::from_secs(5400)));
        assert_eq!(read_duration("-1 s"), None);
        assert_eq!(show_size(10_000_000), "10 MB");
        assert_eq!(show_size(0), "0 B");
        assert_eq!(show_duration(Duration::from_secs(28_800)), "8 h");
        assert_eq!(show_duration(Duration::ZERO), "0 s");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(value: u64) {
            prop_assert_eq!(read_size(&show_size(value)), Some(value));
            let duration = Duration::from_millis(value);
            prop_assert_eq!(read_duration(&show_duration(duration)), Some(duration));
        }

        #[test]
        fn anything_may_be_read(text in "\\PC{0,20}") {
            let _ = (read_size(&text), read_duration(&text));
        }
    }
}
