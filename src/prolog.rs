//! What a PROLOG decides: send an inventory, or not.
//!
//! Rules without storage. The options are resolved before (own value, then groups, then general).
//! Source: agent protocol page, sections 3.2 and 3.3.

use crate::clock::Timestamp;

/// How often a computer is asked for an inventory: the option FREQUENCY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// 0: at each contact.
    Always,
    /// -1: never.
    Never,
    /// So many days after the last one.
    Every(u32),
}

impl Frequency {
    /// From the option's number; anything below 0 is never.
    pub fn of(days: i64) -> Frequency {
        match days {
            0 => Frequency::Always,
            days if days > 0 => Frequency::Every(u32::try_from(days).unwrap_or(u32::MAX)),
            _ => Frequency::Never,
        }
    }
}

/// What the agent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// SEND: an inventory is wanted.
    Send(Why),
    /// STOP, with the options of all features.
    Stop(Why),
    /// STOP without any option.
    Break,
}

/// Why a decision fell as it did; shown among the computer's contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The computer is not known yet.
    Unknown,
    /// FREQUENCY is 0.
    Always,
    /// Somebody asked for an inventory of this computer.
    Requested,
    /// There is no inventory yet, or none whose date can be believed.
    NoInventory,
    /// So many seconds since the last inventory, and FREQUENCY in days.
    Age {
        /// Seconds since the last inventory.
        seconds: i64,
        /// Days of the option.
        days: u32,
    },
}

/// Decides about a PROLOG. `last_inventory` is `None` for a computer without one; `known` is false for one
/// that never reported.
///
/// An inventory dated up to a day ahead (a clock that was set back an hour) counts as made now. One dated further
/// ahead was made by a wrong clock, and would silence the computer until then: another one is wanted.
pub fn decide(frequency: Frequency, known: bool, last_inventory: Option<Timestamp>, now: Timestamp) -> Decision {
    match (frequency, known, last_inventory) {
        (Frequency::Never, _, _) => Decision::Break,
        (_, false, _) => Decision::Send(Why::Unknown),
        (Frequency::Always, true, _) => Decision::Send(Why::Always),
        (Frequency::Every(_), true, None) => Decision::Send(Why::NoInventory),
        (Frequency::Every(_), true, Some(last)) if last.since(now) > Timestamp::DAY => Decision::Send(Why::NoInventory),
        (Frequency::Every(days), true, Some(last)) => {
            let seconds = now.since(last).max(0);
            let why = Why::Age { seconds, days };
            if seconds > i64::from(days) * Timestamp::DAY { Decision::Send(why) } else { Decision::Stop(why) }
        }
    }
}

/// The same when somebody asked for an inventory of the computer by hand: that wins over FREQUENCY, "never" included.
pub fn requested(decision: Decision) -> Decision {
    match decision {
        Decision::Send(why) => Decision::Send(why),
        Decision::Stop(_) | Decision::Break => Decision::Send(Why::Requested),
    }
}

/// Regularity of a computer's contacts, from its prologs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Visits {
    /// Time of the latest contact of any kind; `None` when there was none.
    pub last_contact: Option<Timestamp>,
    /// Average days between contacts; `None` before there was a second one. Smaller is better.
    pub quality: Option<f32>,
    /// Number of prologs; 1 for a computer that has sent an inventory only.
    pub fidelity: u32,
}

/// Largest QUALITY: the field's column is decimal(7,4).
const WORST: f64 = 999.9999;

/// Counts one more prolog.
pub fn visit(before: Visits, now: Timestamp) -> Visits {
    let days = before.last_contact.map_or(0.0, |last| now.since(last).max(0) as f64 / Timestamp::DAY as f64);
    let fidelity = f64::from(before.fidelity);
    let quality = match before.quality {
        _ if before.fidelity <= 1 => days,
        Some(quality) => (days + f64::from(quality) * fidelity) / (fidelity + 1.0),
        None => days / (fidelity + 1.0),
    };
    Visits {
        last_contact: Some(now),
        quality: Some(quality.min(WORST) as f32),
        fidelity: before.fidelity.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn ago(seconds: i64) -> Option<Timestamp> {
        Some(NOW.plus(-seconds))
    }

    /// The decision table of the protocol page, section 3.3.
    #[test]
    fn the_decision_table() {
        let day = Timestamp::DAY;
        let table = [
            (0, false, None, "send"),
            (7, false, None, "send"),
            (-1, false, None, "break"),
            (0, true, ago(1), "send"),
            (-1, true, None, "break"),
            (7, true, None, "send"),
            (7, true, ago(8 * day), "send"),
            (7, true, ago(7 * day), "stop"),
            (7, true, ago(7 * day + 1), "send"),
            (1, true, ago(60), "stop"),
            (30, true, ago(8 * day), "stop"),
        ];
        for (days, known, last, expected) in table {
            let said = match decide(Frequency::of(days), known, last, NOW) {
                Decision::Send(_) => "send",
                Decision::Stop(_) => "stop",
                Decision::Break => "break",
            };
            assert_eq!(said, expected, "{days} {known} {last:?}");
        }
    }

    #[test]
    fn con_pc_8_a_request_wins_over_every_frequency() {
        let age = Why::Age { seconds: 1, days: 7 };
        for decision in [Decision::Break, Decision::Stop(age)] {
            assert_eq!(requested(decision), Decision::Send(Why::Requested));
        }
        assert_eq!(requested(Decision::Send(age)), Decision::Send(age), "it would have been asked anyway");
    }

    /// An imported inventory dated 2099 silenced its computer.
    #[test]
    fn pitfall_42_a_date_in_the_future_never_silences_a_computer() {
        let (hour, day) = (3600, Timestamp::DAY);
        for ahead in [2 * day, 90 * 365 * day] {
            assert_eq!(decide(Frequency::Every(1), true, ago(-ahead), NOW), Decision::Send(Why::NoInventory));
        }
        let now = Decision::Stop(Why::Age { seconds: 0, days: 1 });
        assert_eq!(decide(Frequency::Every(1), true, ago(-hour), NOW), now, "the clock was set back");
    }

    #[test]
    fn quality_is_the_average_of_days_between_contacts() {
        let first = Visits { last_contact: ago(2 * Timestamp::DAY), quality: None, fidelity: 1 };
        let second = visit(first, NOW);
        assert_eq!((second.quality, second.fidelity), (Some(2.0), 2));
        let third = visit(second, NOW.plus(5 * Timestamp::DAY));
        assert_eq!((third.quality, third.fidelity), (Some(3.0), 3));
    }

    /// A machine dormant for 27 years overflowed the field's column.
    #[test]
    fn pitfall_43_quality_is_clamped() {
        let long = Visits { last_contact: Some(Timestamp(0)), quality: Some(999.0), fidelity: 5 };
        assert!(visit(long, Timestamp(9_000_000_000)).quality.unwrap() <= 999.9999);
        assert_eq!(visit(Visits { last_contact: None, quality: None, fidelity: 1 }, NOW).quality, Some(0.0));
    }

    proptest! {
        #[test]
        fn any_times_are_fine(days in any::<i64>(), last in any::<i64>(), now in any::<i64>(), fidelity in any::<u32>()) {
            decide(Frequency::of(days), true, Some(Timestamp(last)), Timestamp(now));
            let visits = visit(Visits { last_contact: Some(Timestamp(last)), quality: Some(1.5), fidelity }, Timestamp(now));
            prop_assert!(visits.quality.is_some_and(|quality| (0.0..=1000.0).contains(&quality)));
        }
    }
}
