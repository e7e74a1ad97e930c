//! At most so many lines a second about one peer, so that none can push the others out of the files.

use std::collections::HashMap;

/// Lines a second about one address.
pub(super) const LINES: u32 = 20;
/// Addresses that are counted within one second; the others share one count.
const ADDRESSES: usize = 10_000;
/// The name of that count.
const OTHERS: &str = "(others)";

/// Counts lines by address within the current second.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    second: u64,
    counts: HashMap<String, u32>,
}

/// What is to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether the line itself is written.
    pub(super) write: bool,
    /// Lines of a second that is over which were not written, by address; told once.
    pub(super) left_out: Vec<(String, u32)>,
}

impl Limiter {
    /// Judges a line about this address, or one that is not limited, at this second of a clock that only moves forward.
    pub(super) fn judge(&mut self, address: Option<&str>, second: u64) -> Verdict {
        let mut left_out = Vec::new();
        if second != self.second {
            self.second = second;
            let over = self.counts.drain().filter(|(_, lines)| *lines > LINES);
            left_out.extend(over.map(|(address, lines)| (address, lines - LINES)));
            left_out.sort_unstable();
        }
        let Some(address) = address else { return Verdict { write: true, left_out } };
        let key = if self.counts.len() < ADDRESSES || self.counts.contains_key(address) { address } else { OTHERS };
        let lines = match self.counts.get_mut(key) {
            Some(lines) => lines,
            None => self.counts.entry(key.to_owned()).or_default(),
        };
        *lines = lines.saturating_add(1);
        Verdict { write: *lines <= LINES, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_07_twenty_lines_a_second_about_one_address() {
        let mut limiter = Limiter::default();
        let written = (0..50).filter(|_| limiter.judge(Some("10.0.0.7"), 3).write).count();
        assert_eq!(written, 20);
        assert!(limiter.judge(Some("10.0.0.8"), 3).write);
        assert!(limiter.judge(None, 3).write);
        let next = limiter.judge(Some("10.0.0.8"), 4);
        assert_eq!(next, Verdict { write: true, left_out: vec![("10.0.0.7".to_owned(), 30)] });
        assert_eq!(limiter.judge(None, 5), Verdict { write: true, left_out: Vec::new() });
    }

    #[test]
    fn sec_07_many_addresses_need_little_memory() {
        let mut limiter = Limiter::default();
        for number in 0..50_000 {
            limiter.judge(Some(&format!("address {number}")), 3);
        }
        assert_eq!(limiter.counts.len(), ADDRESSES + 1);
        assert_eq!(limiter.judge(None, 4).left_out, [(OTHERS.to_owned(), 40_000 - LINES)]);
    }
}
