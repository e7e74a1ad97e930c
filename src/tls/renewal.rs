//! What is due, and when: a rule over spans of time.
//!
//! Nothing is made here; `super::Tls::refresh` asks [`due`], does it, and asks again until nothing is due.
//! An authority that was handed out to agents is never thrown away because of a clock: it is expired or
//! confirmed away, and even then its key stays beside the new one until the next change.
//!
//! Source: SEC-46, SEC-47.

use crate::clock::Timestamp;

/// How long an authority lives: ten years.
pub const AUTHORITY_LIFE: i64 = 3652 * Timestamp::DAY;
/// How long a server certificate lives at most.
pub const LEAF_LIFE: i64 = 820 * Timestamp::DAY;
/// Certificates are valid from so long before they were made, for clocks that are late.
pub const BACK: i64 = 48 * 3600;
/// The next authority is made, and handed out beside the present one, so long before the end.
pub const PREPARE: i64 = 365 * Timestamp::DAY;
/// The next authority signs from so long before the end of the present one.
pub const SWITCH: i64 = 30 * Timestamp::DAY;

/// From when until when a certificate is valid; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First valid second.
    pub from: Timestamp,
    /// Last valid second.
    pub until: Timestamp,
}

impl Span {
    /// The span of a new authority.
    pub fn of_authority(now: Timestamp) -> Span {
        let from = now.plus(-BACK);
        Span { from, until: from.plus(AUTHORITY_LIFE - 1) }
    }

    /// The span of a new server certificate, which never outlives its authority.
    pub fn of_leaf(now: Timestamp, authority: Span) -> Span {
        let from = now.plus(-BACK).max(authority.from);
        Span { from, until: from.plus(LEAF_LIFE - 1).min(authority.until) }
    }

    /// Whether the certificate is valid at this time.
    pub fn holds(self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }

    /// Whether one third of the life, or less, is left. Counted from when it was made, not from the
    /// backdated start, so that a short certificate is not due the moment it is made.
    fn third_left(self, now: Timestamp) -> bool {
        let life = self.until.since(self.from.plus(BACK)).max(0);
        self.until.since(now).saturating_mul(3) <= life
    }
}

/// What is known about the server certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafFacts {
    /// When it is valid.
    pub span: Span,
    /// Whether the present authority signed it.
    pub signed_by_authority: bool,
    /// Whether it has the wanted names, see [`super::names::covers`].
    pub covers: bool,
}

/// What is at hand. Authorities count only when their private key is there too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// When this program was built: no clock can rightly be earlier.
    pub build_date: Timestamp,
    /// The authority that signs.
    pub authority: Option<Span>,
    /// The authority that was prepared to follow.
    pub next: Option<Span>,
    /// The authority that signed before.
    pub former: Option<Span>,
    /// The server certificate; `None` also when its key is missing or does not fit.
    pub leaf: Option<LeafFacts>,
}

/// Why a new server certificate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// There is none, or its key does not fit.
    Missing,
    /// Another authority signed the present one.
    OtherAuthority,
    /// It was made while the clock was ahead.
    NotYetValid,
    /// It has expired.
    Expired,
    /// One third of its life is left.
    ThirdLeft,
    /// The names or addresses of the machine, or the configured ones, have changed.
    Names,
    /// Somebody asked for it.
    Asked,
}

/// What to do now. One thing at a time, in the order in which it must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// All is well.
    Nothing,
    /// Something is due, but the clock is earlier than the build date, so nothing is made (SEC-47).
    WaitForClock,
    /// The clock was set back to before the authority was made. Only a person can know which is right:
    /// the clock, or that the authority is to be replaced.
    ClockBeforeAuthority,
    /// Make the first authority.
    MakeAuthority,
    /// Make the authority that follows, and hand it out beside the present one.
    PrepareAuthority,
    /// Let the prepared authority sign.
    SwitchAuthority,
    /// The clock was ahead for a while and the authority was changed: let the former one sign again.
    ReturnToFormer,
    /// Make a server certificate.
    NewLeaf(Why),
}

/// Decides what is due.
pub fn due(situation: &Situation, now: Timestamp) -> Due {
    match needed(situation, now) {
        Due::Nothing => Due::Nothing,
        _ if now < situation.build_date => Due::WaitForClock,
        due => due,
    }
}

fn needed(situation: &Situation, now: Timestamp) -> Due {
    let Some(authority) = situation.authority else { return Due::MakeAuthority };
    if now < authority.from {
        return match situation.former {
            Some(former) if former.holds(now) => Due::ReturnToFormer,
            _ => Due::ClockBeforeAuthority,
        };
    }
    let follows = situation.next.is_some_and(|next| next.holds(now) && next.until > authority.until);
    let left = authority.until.since(now);
    if left <= PREPARE && !follows {
        return Due::PrepareAuthority;
    }
    if left <= SWITCH {
        return Due::SwitchAuthority;
    }
    let Some(leaf) = situation.leaf else { return Due::NewLeaf(Why::Missing) };
    match leaf {
        LeafFacts { signed_by_authority: false, .. } => Due::NewLeaf(Why::OtherAuthority),
        LeafFacts { span, .. } if now < span.from => Due::NewLeaf(Why::NotYetValid),
        LeafFacts { span, .. } if now > span.until => Due::NewLeaf(Why::Expired),
        LeafFacts { span, .. } if span.third_left(now) => Due::NewLeaf(Why::ThirdLeft),
        LeafFacts { covers: false, .. } => Due::NewLeaf(Why::Names),
        _ => Due::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUILD: Timestamp = Timestamp(1_795_000_000);
    const DAY: i64 = Timestamp::DAY;

    fn empty() -> Situation {
        Situation { build_date: BUILD, authority: None, next: None, former: None, leaf: None }
    }

    fn leaf(now: Timestamp, authority: Span) -> Option<LeafFacts> {
        Some(LeafFacts { span: Span::of_leaf(now, authority), signed_by_authority: true, covers: true })
    }

    /// Does what is due, as `Tls::refresh` does it, and says what it did.
    fn settle(situation: &mut Situation, now: Timestamp) -> Vec<Due> {
        let mut done = Vec::new();
        for _ in 0..5 {
            let step = due(situation, now);
            match step {
                Due::Nothing | Due::WaitForClock | Due::ClockBeforeAuthority => return done,
                Due::MakeAuthority => situation.authority = Some(Span::of_authority(now)),
                Due::PrepareAuthority => situation.next = Some(Span::of_authority(now)),
                Due::SwitchAuthority => {
                    situation.former = situation.authority.take();
                    situation.authority = situation.next.take();
                    situation.leaf.as_mut().unwrap().signed_by_authority = false;
                }
                Due::ReturnToFormer => {
                    situation.next = situation.authority.take();
                    situation.authority = situation.former.take();
                    situation.leaf.as_mut().unwrap().signed_by_authority = false;
                }
                Due::NewLeaf(_) => situation.leaf = leaf(now, situation.authority.unwrap()),
            }
            done.push(step);
        }
        panic!("never settles: {done:?}");
    }

    #[test]
    fn sec_46_eleven_years_day_by_day() {
        let mut situation = empty();
        let mut events = Vec::new();
        for day in 0..11 * 365 {
            let now = BUILD.plus(day * DAY + 3600);
            for step in settle(&mut situation, now) {
                events.push((day, step));
            }
            let (authority, leaf) = (situation.authority.unwrap(), situation.leaf.unwrap());
            assert!(authority.holds(now) && leaf.span.holds(now), "day {day}");
            assert!(leaf.span.until <= authority.until && leaf.span.from >= authority.from, "day {day}");
            assert!(leaf.signed_by_authority);
        }
        let days = |wanted: fn(&Due) -> bool| -> Vec<i64> {
            events.iter().filter(|(_, step)| wanted(step)).map(|(day, _)| *day).collect()
        };
        assert_eq!(days(|step| matches!(step, Due::MakeAuthority)), [0]);
        // 3652 days of life, of which two lie before the start.
        assert_eq!(days(|step| matches!(step, Due::PrepareAuthority)), [3650 - 365]);
        assert_eq!(days(|step| matches!(step, Due::SwitchAuthority)), [3650 - 30]);
        assert_eq!(days(|step| matches!(step, Due::NewLeaf(Why::OtherAuthority))), [3650 - 30]);
        assert_eq!(days(|step| matches!(step, Due::NewLeaf(Why::Expired | Why::NotYetValid | Why::Names))), [0i64; 0]);
        let thirds = days(|step| matches!(step, Due::NewLeaf(Why::ThirdLeft)));
        assert_eq!(thirds[..3], [546, 1092, 1638]);
        assert!(events.len() < 20, "{events:?}");
    }

    #[test]
    fn sec_46_a_leaf_that_expired_while_the_server_was_off_is_made_anew_at_start() {
        let mut situation = empty();
        settle(&mut situation, BUILD);
        assert_eq!(settle(&mut situation, BUILD.plus(900 * DAY)), [Due::NewLeaf(Why::Expired)]);
    }

    #[test]
    fn an_authority_that_expired_while_the_server_was_off_is_followed_at_once() {
        let mut situation = empty();
        settle(&mut situation, BUILD);
        let late = BUILD.plus(4000 * DAY);
        assert_eq!(
            settle(&mut situation, late),
            [Due::PrepareAuthority, Due::SwitchAuthority, Due::NewLeaf(Why::OtherAuthority)]
        );
    }

    #[test]
    fn sec_47_nothing_is_made_while_the_clock_is_earlier_than_the_build() {
        assert_eq!(due(&empty(), BUILD.plus(-1)), Due::WaitForClock);
        assert_eq!(due(&empty(), BUILD), Due::MakeAuthority);
        let mut situation = empty();
        settle(&mut situation, BUILD);
        situation.leaf.as_mut().unwrap().covers = false;
        assert_eq!(due(&situation, BUILD.plus(-DAY)), Due::WaitForClock);
        assert_eq!(due(&situation, Timestamp(0)), Due::WaitForClock);
        situation.leaf.as_mut().unwrap().covers = true;
        assert_eq!(due(&situation, BUILD.plus(-DAY)), Due::Nothing);
    }

    /// A clock that was 20 years ahead for an hour must not cost the agents their trust.
    #[test]
    fn a_clock_that_was_ahead_for_a_while_leads_back_to_the_former_authority() {
        let mut situation = empty();
        settle(&mut situation, BUILD);
        let first = situation.authority;
        settle(&mut situation, BUILD.plus(20 * 365 * DAY));
        assert_ne!(situation.authority, first);
        let back = BUILD.plus(DAY);
        assert_eq!(settle(&mut situation, back), [Due::ReturnToFormer, Due::NewLeaf(Why::OtherAuthority)]);
        assert_eq!(situation.authority, first);
    }

    #[test]
    fn a_clock_set_back_before_the_first_authority_waits_for_a_person() {
        let mut situation = empty();
        settle(&mut situation, BUILD.plus(1000 * DAY));
        assert_eq!(due(&situation, BUILD.plus(10 * DAY)), Due::ClockBeforeAuthority);
    }

    #[test]
    fn spans_are_bounded_and_start_two_days_back() {
        let authority = Span::of_authority(BUILD);
        assert_eq!(authority.from, BUILD.plus(-48 * 3600));
        let leaf = Span::of_leaf(BUILD.plus(30 * DAY), authority);
        assert_eq!(leaf.until.since(leaf.from) + 1, 820 * DAY);
        assert_eq!(Span::of_leaf(BUILD.plus(3600 * DAY), authority).until, authority.until);
        assert!(!Span::of_leaf(authority.until.plus(-31 * DAY), authority).third_left(authority.until.plus(-31 * DAY)));
    }

    proptest! {
        /// However the days pass, the server shows a certificate that is valid and that its authority vouches for.
        #[test]
        fn time_that_goes_on_never_leaves_the_server_without_a_valid_certificate(
            days in proptest::collection::vec(0_i64..900, 1..20), seconds in 0_i64..DAY,
        ) {
            let mut situation = empty();
            let mut now = BUILD.plus(seconds);
            for step in days {
                settle(&mut situation, now);
                let (authority, leaf) = (situation.authority.unwrap(), situation.leaf.unwrap());
                prop_assert_eq!(due(&situation, now), Due::Nothing);
                prop_assert!(authority.holds(now) && leaf.span.holds(now) && leaf.signed_by_authority);
                prop_assert!(authority.from <= leaf.span.from && leaf.span.until <= authority.until);
                prop_assert!(leaf.span.until.since(leaf.span.from) < LEAF_LIFE);
                now = now.plus(step * DAY);
            }
        }

        /// Clocks that jump about: what is due comes to an end, and nothing is made before the program was built.
        #[test]
        fn a_clock_that_jumps_never_makes_it_go_round_in_circles(days in proptest::collection::vec(-4000_i64..9000, 1..20)) {
            let mut situation = empty();
            settle(&mut situation, BUILD);
            for day in days {
                let now = BUILD.plus(day * DAY);
                let before = situation;
                settle(&mut situation, now);
                if now < BUILD {
                    prop_assert_eq!(situation, before);
                } else {
                    prop_assert!(matches!(due(&situation, now), Due::Nothing | Due::ClockBeforeAuthority));
                }
            }
        }
    }
}
