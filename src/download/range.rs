//! Which bytes of a file are asked for.

/// What a header Range leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The whole file: no range, or one that we do not follow (several ranges, another unit), as the standard allows.
    Whole,
    /// From the first of these bytes up to before the second.
    Part(u64, u64),
    /// A range of which the file has nothing: 416.
    Nothing,
}

/// Reads the header for a file of so many bytes.
pub fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some((from, to)) = header.and_then(|text| text.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        let text = text.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than a number can have are beyond the end of every file.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (from.trim(), to.trim()) {
        ("", last) => match number(last) {
            Some(0) => Wanted::Nothing,
            Some(last) if length > 0 => Wanted::Part(length.saturating_sub(last), length),
            Some(_) => Wanted::Nothing,
            None => Wanted::Whole,
        },
        (first, last) => {
            let end = if last.is_empty() { Some(length) } else { number(last).map(|last| last.saturating_add(1)) };
            match (number(first), end) {
                (Some(first), Some(end)) if first >= end && !last.is_empty() => Wanted::Whole,
                (Some(first), _) if first >= length => Wanted::Nothing,
                (Some(first), Some(end)) => Wanted::Part(first, end.min(length)),
                _ => Wanted::Whole,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_mean_what_the_standard_says() {
        for (header, expected) in [
            ("bytes=0-0", Wanted::Part(0, 1)),
            ("bytes=0-99", Wanted::Part(0, 100)),
            ("bytes=10-", Wanted::Part(10, 100)),
            ("bytes=90-200", Wanted::Part(90, 100)),
            ("bytes=-10", Wanted::Part(90, 100)),
            ("bytes=-1000", Wanted::Part(0, 100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(Some(header), 100), expected, "{header}");
        }
        assert_eq!(wanted(None, 100), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::Nothing);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_beyond_the_end(header in "bytes=[0-9]{0,25}-[0-9]{0,25}", length in any::<u64>()) {
            if let Wanted::Part(from, to) = wanted(Some(&header), length) {
                prop_assert!(from < to && to <= length);
            }
        }
    }
}
