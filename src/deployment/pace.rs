//! How long agents take to fetch a package: the pauses between its fragments. Rules without storage.
//!
//! Source: agent protocol page, section 12.6; console page, CON-DEP-4.

use super::package::System;

/// The pauses, from the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Seconds after a fragment.
    pub fragment: u64,
    /// Seconds after a cycle.
    pub cycle: u64,
    /// Seconds after a period.
    pub period: u64,
    /// Cycles of a period, at least 1.
    pub length: u64,
}

impl Pace {
    /// Seconds of pauses until a package of so many fragments is fetched and run, when no other one waits. The speed of
    /// the network comes on top. `None` when that never happens.
    pub fn seconds(&self, system: System, priority: u8, fragments: u32) -> Option<u64> {
        // One turn for each fragment, and one to put them together and run.
        let turns = u64::from(fragments) + 1;
        let pauses = turns.saturating_mul(self.fragment);
        if priority == 0 && system != System::Windows {
            // Unix agents make no other pause while such a package waits.
            return Some(pauses);
        }
        let every = u64::from(priority.max(1));
        let in_period = self.length / every;
        let periods = turns.saturating_sub(1).checked_div(in_period)?;
        let rest = turns - periods * in_period;
        let cycles = (periods.saturating_mul(self.length)).saturating_add(rest * every);
        let pauses = pauses.saturating_add(cycles.saturating_mul(self.cycle));
        Some(pauses.saturating_add(periods.saturating_mul(self.period)))
    }

    /// Whether agents would never fetch it: its turn lies beyond the end of each period.
    pub fn never(&self, priority: u8) -> bool {
        u64::from(priority) > self.length
    }
}

/// Sizes of fragments to choose from in bytes, smallest first: from 64 KiB by doubling, the size of the option, and last
/// the whole file.
pub fn sizes(size: u64, usual: u64) -> Vec<u64> {
    let doubled = std::iter::successors(Some(super::files::SMALLEST), |one| one.checked_mul(2));
    let mut all: Vec<u64> = doubled.take_while(|one| *one < size).collect();
    if (super::files::SMALLEST..size).contains(&usual) {
        all.push(usual);
    }
    all.push(size.max(super::files::SMALLEST));
    all.sort_unstable();
    all.dedup();
    all
}

/// The size that is chosen from the start: that of the option, or the whole file where it is smaller.
pub fn usual(size: u64, option: u64) -> u64 {
    let most = size.max(super::files::SMALLEST);
    option.clamp(super::files::SMALLEST, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { fragment: 10, cycle: 60, period: 1, length: 10 };

    /// The algorithm of section 12.6, step by step.
    fn walked(pace: &Pace, system: System, priority: u8, fragments: u32) -> Option<u64> {
        let (mut left, mut seconds) = (fragments + 1, 0);
        if pace.never(priority) {
            return None;
        }
        loop {
            for cycle in 1..=pace.length {
                if priority == 0 || cycle % u64::from(priority) == 0 {
                    left -= 1;
                    seconds += pace.fragment;
                }
                if priority > 0 || system == System::Windows {
                    seconds += pace.cycle;
                }
                if left == 0 {
                    return Some(seconds);
                }
            }
            if priority > 0 || system == System::Windows {
                seconds += pace.period;
            }
        }
    }

    #[test]
    fn con_dep_4_the_estimate_is_what_the_algorithm_takes() {
        for pace in [PACE, Pace { fragment: 1, cycle: 0, period: 7, length: 3 }] {
            for system in System::ALL {
                for (priority, fragments) in
                    (0..=11).flat_map(|priority| [0, 1, 2, 9, 10, 11, 100].map(|n| (priority, n)))
                {
                    let expected = walked(&pace, system, priority, fragments);
                    let said = pace.seconds(system, priority, fragments);
                    assert_eq!(said, expected, "{pace:?} {system:?} priority {priority}, {fragments} fragments");
                }
            }
        }
        assert_eq!(PACE.seconds(System::Windows, 5, 1), Some(2 * 10 + 10 * 60));
        assert!(PACE.never(11) && !PACE.never(10) && !PACE.never(0));
    }

    #[test]
    fn con_dep_4_sizes_go_from_64_kib_to_the_whole_file() {
        const KIB: u64 = 1 << 10;
        assert_eq!(sizes(10, 10 << 20), [64 * KIB]);
        assert_eq!(sizes(300 * KIB, 200 * KIB), [64 * KIB, 128 * KIB, 200 * KIB, 256 * KIB, 300 * KIB]);
        assert_eq!(sizes(256 * KIB, 1), [64 * KIB, 128 * KIB, 256 * KIB]);
        let whole = 4 << 30;
        assert_eq!((sizes(whole, 10 << 20).len(), sizes(whole, 0).last()), (18, Some(&whole)));
        assert_eq!((usual(10, 1 << 20), usual(1 << 30, 1 << 20), usual(1 << 30, 0)), (64 * KIB, 1 << 20, 64 * KIB));
    }
}
