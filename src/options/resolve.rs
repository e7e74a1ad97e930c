//! Which value counts for one computer: its own, then those of its groups, then the general one.
//!
//! Source: console page, CON-GRP-4; protocol page, sections 3.3, 3.4, 10.2 and 12.2. Where the incumbent lets a group
//! win over the computer's own value, the own one wins here. A group's INVENTORY_ON_STARTUP of 0 counts here; the
//! incumbent takes it for "not set".

use super::declaration::Declaration;
use super::value::Value;

/// Which value counts when groups have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// The smallest: frequencies, lengths, time-outs.
    Smallest,
    /// The largest: latencies.
    Largest,
    /// The first group's, where values have no order.
    First,
    /// Off wins among groups, and a feature that is off in general stays off for everybody.
    Off,
    /// As `Off` for the election of a subnet's scanner. Values of computers and groups are 0 never, 1 elected
    /// (which is a state and no wish, so it does not count), 2 forced; of groups only 0 counts. The general
    /// value is how many are elected, of which only off or on is looked at.
    Election,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The computer's own value.
    Own,
    /// The group at this place of the list that was handed in.
    Group(usize),
    /// The general value.
    General,
}

/// The value for one computer. For options of [`Among::Election`] it is 0, 1 or 2 as described there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The value that counts.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Resolved {
    /// The value as a number; 0 for texts.
    pub fn number(&self) -> i64 {
        match &self.value {
            Value::Number(number) => *number,
            Value::Text(_) => 0,
        }
    }

    /// Whether the value is on.
    pub fn switch(&self) -> bool {
        self.number() != 0
    }
}

/// Works out the value for one computer.
///
/// Own values and values of groups that the declaration does not allow (a latency of 0 in an import means "not
/// set") are left out, and all of them where the option cannot be overridden.
pub fn resolve(option: &Declaration, own: Option<&Value>, groups: &[Value], general: &Value) -> Resolved {
    let general = Resolved { value: general.clone(), origin: Origin::General };
    let Some(rule) = &option.own else { return general };
    let general = match rule.among {
        Among::Off | Among::Election if !general.switch() => return general,
        Among::Election => Resolved { value: Value::Number(1), ..general },
        _ => general,
    };
    let counts = |value: &Value, group: bool| match (rule.among, value) {
        (Among::Election, Value::Number(number)) => {
            if group {
                *number == 0
            } else {
                *number != 1
            }
        }
        _ => true,
    };
    if let Some(value) = own.and_then(|value| rule.kind.read(value)).filter(|value| counts(value, false)) {
        return Resolved { value, origin: Origin::Own };
    }
    let groups = groups
        .iter()
        .enumerate()
        .filter_map(|(index, value)| Some((index, rule.kind.read(value)?)))
        .filter(|(_, value)| counts(value, true));
    let rank = |value: &Value| match value {
        Value::Number(number) => *number,
        Value::Text(_) => 0,
    };
    let chosen = match rule.among {
        Among::Smallest | Among::Off | Among::Election => groups.min_by_key(|(_, value)| rank(value)),
        // Of equal ones the first, as for the smallest.
        Among::Largest => groups.min_by_key(|(_, value)| std::cmp::Reverse(rank(value))),
        Among::First => groups.min_by_key(|(index, _)| *index),
    };
    chosen.map_or(general, |(index, value)| Resolved { value, origin: Origin::Group(index) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::options::*;

    fn numbers(values: &[i64]) -> Vec<Value> {
        values.iter().copied().map(Value::Number).collect()
    }

    fn of(option: impl Into<&'static Declaration>, own: Option<i64>, groups: &[i64], general: i64) -> (i64, Origin) {
        let own = own.map(Value::Number);
        let found = resolve(option.into(), own.as_ref(), &numbers(groups), &Value::Number(general));
        (found.number(), found.origin)
    }

    #[test]
    fn the_own_value_goes_before_groups_and_these_before_the_general_one() {
        assert_eq!(of(FREQUENCY, Some(30), &[0, -1], 7), (30, Origin::Own));
        assert_eq!(of(FREQUENCY, None, &[5, 3, 3], 7), (3, Origin::Group(1)));
        assert_eq!(of(FREQUENCY, None, &[], 7), (7, Origin::General));
        // The incumbent does not look at groups when the general value is 0 or -1.
        assert_eq!(of(FREQUENCY, None, &[5], -1), (5, Origin::Group(0)));
        assert_eq!(of(FREQUENCY, None, &[5, -1, 0], 7), (-1, Origin::Group(1)));
    }

    #[test]
    fn latencies_take_the_largest_and_time_outs_the_smallest() {
        assert_eq!(of(DOWNLOAD_FRAG_LATENCY, None, &[20, 60, 60, 5], 10), (60, Origin::Group(1)));
        assert_eq!(of(DOWNLOAD_TIMEOUT, None, &[20, 60, 5], 30), (5, Origin::Group(2)));
        assert_eq!(of(IPDISCOVER_LATENCY, None, &[50, 200], 100), (200, Origin::Group(1)));
    }

    #[test]
    fn zero_means_not_set_where_the_incumbent_reads_it_so() {
        assert_eq!(of(PROLOG_FREQ, Some(0), &[0, 12], 24), (12, Origin::Group(1)));
        assert_eq!(of(DOWNLOAD_CYCLE_LATENCY, Some(0), &[0], 60), (60, Origin::General));
        assert_eq!(of(INVENTORY_ON_STARTUP, Some(0), &[], 1), (0, Origin::Own));
    }

    #[test]
    fn download_that_is_off_in_general_stays_off() {
        assert_eq!(of(DOWNLOAD, Some(1), &[1], 0), (0, Origin::General));
        assert_eq!(of(DOWNLOAD, None, &[1, 0], 1), (0, Origin::Group(1)));
        assert_eq!(of(DOWNLOAD, Some(1), &[0], 1), (1, Origin::Own));
        assert_eq!(of(DOWNLOAD, Some(0), &[], 1), (0, Origin::Own));
    }

    #[test]
    fn a_group_keeps_its_members_from_scanning_unless_one_is_forced() {
        assert_eq!(of(IPDISCOVER, None, &[], 2), (1, Origin::General));
        assert_eq!(of(IPDISCOVER, None, &[], 0), (0, Origin::General));
        assert_eq!(of(IPDISCOVER, Some(1), &[1, 0], 2), (0, Origin::Group(1)));
        assert_eq!(of(IPDISCOVER, Some(2), &[0], 2), (2, Origin::Own));
        assert_eq!(of(IPDISCOVER, Some(2), &[], 0), (0, Origin::General));
        assert_eq!(of(IPDISCOVER, Some(1), &[2], 5), (1, Origin::General));
    }

    #[test]
    fn scan_methods_are_texts_and_the_bandwidth_may_be_one() {
        let general = Value::Text("ICMP".into());
        let groups = [Value::Text("bogus".into()), Value::Text("NMAP".into()), Value::Text("ARPSCAN".into())];
        let found = resolve(SCAN_TYPE_IPDISCOVER.0, None, &groups, &general);
        assert_eq!(found, Resolved { value: Value::Text("NMAP".into()), origin: Origin::Group(1) });
        let own = Value::Text("512".into());
        let found = resolve(SCAN_ARP_BANDWIDTH.0, Some(&own), &[], &Value::Number(256));
        assert_eq!(found, Resolved { value: Value::Number(512), origin: Origin::Own });
    }

    #[test]
    fn what_cannot_be_overridden_is_general() {
        assert_eq!(of(DEPLOY, Some(0), &[0], 1), (1, Origin::General));
    }

    fn maybe() -> impl Strategy<Value = i64> {
        prop_oneof![-3i64..40, Just(0), Just(99_999_999)]
    }

    proptest! {
        #[test]
        fn a_resolved_value_is_always_allowed(
            index in 0..OPTIONS.len(),
            own in proptest::option::of(maybe()),
            groups in proptest::collection::vec(maybe(), 0..6),
            general in maybe(),
        ) {
            let option = OPTIONS[index];
            let options = Options::new([(option.name.to_owned(), Value::Number(general))]);
            let own = own.map(Value::Number);
            let found = options.resolved(option, own.as_ref(), &numbers(&groups));
            if let (Some(rule), true) = (&option.own, found.origin != Origin::General) {
                prop_assert_eq!(rule.kind.read(&found.value), Some(found.value));
            }
            if option.name == "PROLOG_FREQ" {
                prop_assert!(options.resolved(option, own.as_ref(), &numbers(&groups)).number() >= 1);
            }
        }

        #[test]
        fn the_order_of_groups_changes_nothing(groups in proptest::collection::vec(maybe(), 0..6), general in 1i64..40) {
            let mut turned = groups.clone();
            turned.reverse();
            for option in OPTIONS.iter().filter(|option| option.own.is_some_and(|own| own.among != Among::First)) {
                let general = Value::Number(general);
                let one = resolve(option, None, &numbers(&groups), &general);
                let other = resolve(option, None, &numbers(&turned), &general);
                prop_assert_eq!(one.value, other.value);
            }
        }

        #[test]
        fn an_allowed_own_value_wins(own in -1i64..=999, groups in proptest::collection::vec(maybe(), 0..6), general in maybe()) {
            let found = of(FREQUENCY, Some(own), &groups, general);
            prop_assert_eq!(found, (own, Origin::Own));
        }
    }
}
