//! How often somebody may try to log in. Pure: time is handed in, as `Clock::elapsed` tells it.
//!
//! - Each *address* may try some times at once and then one time per interval.
//! - Each *account*, whether it exists or not, is refused for a while after some failures in a row; the while
//!   doubles with each further one.
//! - The machine itself is never refused.
//!
//! A try counts as failed until it is told to be right, so that many at once gain nothing.
//!
//! Source: SEC-52, CON-LOG-2; figures of the options SECURITY_AUTHENTICATION_*.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use crate::limits::Limits;
use crate::net::{Network, canonical, is_loopback};

use super::secrets::{Digest, sha256};

/// Addresses, and accounts, that are remembered. Beyond that the ones that matter least are forgotten.
pub const MOST: usize = 10_000;
/// After so long without a try, failures of an account are forgotten.
const FORGET: Duration = Duration::from_secs(24 * 3600);
/// The longest while for which an account is refused, unless the option asks for a longer first one.
const LONGEST: Duration = Duration::from_secs(3600);

/// The figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Tries from one address at once.
    pub burst: u32,
    /// Afterwards one try in so long.
    pub every: Duration,
    /// Failures in a row after which an account is refused.
    pub failures: u32,
    /// For how long, the first time.
    pub first: Duration,
    /// For how long at most.
    pub longest: Duration,
}

impl Rules {
    /// From the limits and the options SECURITY_AUTHENTICATION_NB_ATTEMPT and _TIME_BLOCK (seconds).
    pub fn new(limits: &Limits, attempts: u32, time_block: u32) -> Rules {
        let first = Duration::from_secs(u64::from(time_block.max(1)));
        Rules {
            burst: limits.login_burst.max(1),
            every: limits.login_every.max(Duration::from_millis(1)),
            failures: attempts.max(1),
            first,
            longest: LONGEST.max(first),
        }
    }
}

/// Whether a try may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Compare the password.
    Allowed,
    /// 429, without looking at the password.
    Wait {
        /// Seconds until the next try, rounded up; 1 at least.
        seconds: u64,
    },
}

/// Who tried, and how often.
#[derive(Debug, Default)]
pub struct Attempts {
    addresses: Addresses,
    accounts: HashMap<Digest, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
    until: Duration,
}

impl Attempts {
    /// Nobody tried yet.
    pub fn new() -> Attempts {
        Attempts::default()
    }

    /// Somebody is about to try. `account` is what was typed, whether or not it exists.
    pub fn attempt(&mut self, address: IpAddr, account: &str, rules: &Rules, now: Duration) -> Answer {
        if is_loopback(address) {
            return Answer::Allowed;
        }
        let key = key(account);
        let known = self.accounts.get(&key).copied().filter(|known| now.saturating_sub(known.last) < FORGET);
        if let Some(known) = known.filter(|known| known.until > now) {
            return wait(known.until - now);
        }
        if let Answer::Wait { seconds } = self.addresses.attempt(address, rules.burst, rules.every, now) {
            return Answer::Wait { seconds };
        }
        let count = known.map_or(0, |known| known.count).saturating_add(1);
        let until = now.saturating_add(pause(count, rules));
        if known.is_none() {
            make_room(&mut self.accounts, |failures| (failures.until, failures.count, failures.last));
        }
        self.accounts.insert(key, Failures { count, last: now, until });
        Answer::Allowed
    }

    /// The last try of this address was right: its account begins anew.
    pub fn succeeded(&mut self, address: IpAddr, account: &str, rules: &Rules) {
        self.undone(address, account, rules);
        if !is_loopback(address) {
            self.accounts.remove(&key(account));
        }
    }

    /// The password was not looked at after all (the gate of hashing was full): the try does not count.
    pub fn undone(&mut self, address: IpAddr, account: &str, rules: &Rules) {
        if is_loopback(address) {
            return;
        }
        self.addresses.give_back(address, rules.every);
        if let Some(failures) = self.accounts.get_mut(&key(account)) {
            failures.count = failures.count.saturating_sub(1);
            failures.until = failures.last;
        }
    }
}

/// How long an account is refused after so many failures in a row.
fn pause(failures: u32, rules: &Rules) -> Duration {
    match failures.checked_sub(rules.failures) {
        None => Duration::ZERO,
        Some(further) => rules.first.saturating_mul(2_u32.saturating_pow(further)).min(rules.longest),
    }
}

/// What is typed as an account may be of any length; what is kept is not.
fn key(account: &str) -> Digest {
    sha256(account.to_lowercase().as_bytes())
}

/// So many tries at once from one address, then one per interval. An IPv6 address counts as its /64.
#[derive(Debug, Default)]
pub struct Addresses(HashMap<Network, Duration>);

impl Addresses {
    /// Takes one try, when there is one. Loopback is not looked at here.
    ///
    /// Kept is the time at which all tries are there again; each try moves it by `every`.
    pub fn attempt(&mut self, address: IpAddr, burst: u32, every: Duration, now: Duration) -> Answer {
        let network = network(address);
        let full = self.0.get(&network).copied().unwrap_or_default().max(now).saturating_add(every);
        let room = now.saturating_add(every.saturating_mul(burst.max(1)));
        if full > room {
            return wait(full - room);
        }
        if !self.0.contains_key(&network) {
            make_room(&mut self.0, |full| *full);
        }
        self.0.insert(network, full);
        Answer::Allowed
    }

    /// Takes one try back.
    pub fn give_back(&mut self, address: IpAddr, every: Duration) {
        if let Some(full) = self.0.get_mut(&network(address)) {
            *full = full.saturating_sub(every);
        }
    }
}

fn network(address: IpAddr) -> Network {
    let address = canonical(address);
    Network::around(address, if address.is_ipv4() { 32 } else { 64 })
}

fn wait(left: Duration) -> Answer {
    Answer::Wait { seconds: left.as_secs().saturating_add(u64::from(left.subsec_nanos() > 0)).max(1) }
}

/// When there are too many, forgets the tenth that matters least, so that it is not done for each try.
fn make_room<K: Hash + Eq + Copy, V, W: Ord + Copy>(map: &mut HashMap<K, V>, weight: impl Fn(&V) -> W) {
    if map.len() < MOST {
        return;
    }
    let mut weights: Vec<(W, K)> = map.iter().map(|(key, value)| (weight(value), *key)).collect();
    let tenth = weights.len() / 10;
    weights.select_nth_unstable_by_key(tenth, |(weight, _)| *weight);
    for (_, key) in weights.iter().take(tenth.max(1)) {
        map.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: u64 = 60;

    fn rules() -> Rules {
        Rules::new(&Limits::default(), 5, 60)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn sec_52_an_address_has_ten_tries_and_then_one_in_six_seconds() {
        let mut attempts = Attempts::new();
        let mut attempt = |address: &str, n: usize, now| attempts.attempt(ip(address), &format!("u{n}"), &rules(), now);
        for n in 0..10 {
            assert_eq!(attempt("192.168.1.2", n, at(0)), Answer::Allowed);
        }
        assert_eq!(attempt("192.168.1.2", 10, at(0)), Answer::Wait { seconds: 6 });
        assert_eq!(attempt("::ffff:192.168.1.2", 10, at(0)), Answer::Wait { seconds: 6 });
        assert_eq!(attempt("192.168.1.3", 10, at(0)), Answer::Allowed);
        assert_eq!(attempt("192.168.1.2", 11, at(5)), Answer::Wait { seconds: 1 });
        assert_eq!(attempt("192.168.1.2", 12, at(6)), Answer::Allowed);
        assert_eq!(attempt("192.168.1.2", 13, at(6)), Answer::Wait { seconds: 6 });
        assert_eq!(attempt("192.168.1.2", 14, at(3600)), Answer::Allowed);
    }

    /// One computer has as many IPv6 addresses as it likes, all in its /64.
    #[test]
    fn sec_52_a_network_of_one_computer_is_one_address() {
        let mut attempts = Attempts::new();
        for n in 0..10 {
            attempts.attempt(ip(&format!("2001:db8::{n}")), &format!("u{n}"), &rules(), at(0));
        }
        assert_ne!(attempts.attempt(ip("2001:db8::ffff"), "u", &rules(), at(0)), Answer::Allowed);
        assert_eq!(attempts.attempt(ip("2001:db8:0:1::1"), "u", &rules(), at(0)), Answer::Allowed);
    }

    #[test]
    fn sec_52_an_account_is_refused_for_1_2_4_and_at_most_60_minutes() {
        let mut attempts = Attempts::new();
        let mut now = 0;
        for n in 0..5 {
            assert_eq!(attempts.attempt(ip(&format!("10.0.0.{n}")), "marie", &rules(), at(now)), Answer::Allowed);
        }
        for (n, minutes) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            let address = ip(&format!("10.0.1.{n}"));
            let refused = Answer::Wait { seconds: minutes * MINUTE };
            assert_eq!(attempts.attempt(address, "marie", &rules(), at(now)), refused);
            assert_eq!(attempts.attempt(address, "MARIE", &rules(), at(now)), refused, "in either case");
            assert_eq!(attempts.attempt(address, "paul", &rules(), at(now)), Answer::Allowed);
            attempts.succeeded(address, "paul", &rules());
            now += minutes * MINUTE;
            assert_eq!(attempts.attempt(address, "marie", &rules(), at(now)), Answer::Allowed);
        }
    }

    #[test]
    fn con_log_2_figures_come_from_the_options() {
        let rules = Rules::new(&Limits::default(), 3, 300);
        let pauses: Vec<u64> = (1..=8).map(|failures| pause(failures, &rules).as_secs()).collect();
        assert_eq!(pauses, [0, 0, 300, 600, 1200, 2400, 3600, 3600]);
        let long = Rules::new(&Limits::default(), 1, 99_999);
        assert_eq!(pause(40, &long).as_secs(), 99_999);
    }

    #[test]
    fn sec_52_a_right_password_begins_anew_and_a_full_gate_does_not_count() {
        let mut attempts = Attempts::new();
        let here = ip("192.168.1.2");
        for _ in 0..50 {
            for _ in 0..4 {
                assert_eq!(attempts.attempt(here, "marie", &rules(), at(0)), Answer::Allowed);
                attempts.undone(here, "marie", &rules());
            }
            assert_eq!(attempts.attempt(here, "marie", &rules(), at(0)), Answer::Allowed);
            attempts.succeeded(here, "marie", &rules());
        }
    }

    #[test]
    fn sec_52_failures_are_forgotten_after_a_day() {
        let mut attempts = Attempts::new();
        for n in 0..4 {
            attempts.attempt(ip("192.168.1.2"), "marie", &rules(), at(n));
        }
        let next_day = 25 * 3600;
        for n in 0..4 {
            assert_eq!(attempts.attempt(ip("192.168.1.2"), "marie", &rules(), at(next_day + n)), Answer::Allowed);
        }
    }

    #[test]
    fn sec_52_the_machine_itself_is_never_refused_and_refuses_nobody() {
        let mut attempts = Attempts::new();
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..500 {
                assert_eq!(attempts.attempt(ip(address), "marie", &rules(), at(0)), Answer::Allowed);
            }
        }
        assert_eq!(attempts.attempt(ip("192.168.1.2"), "marie", &rules(), at(0)), Answer::Allowed);
        for _ in 0..20 {
            attempts.attempt(ip("192.168.1.2"), "marie", &rules(), at(0));
        }
        assert_eq!(attempts.attempt(ip("127.0.0.1"), "marie", &rules(), at(0)), Answer::Allowed);
    }

    #[test]
    fn sec_52_memory_is_bounded_and_who_is_refused_is_not_forgotten() {
        let mut attempts = Attempts::new();
        for n in 0..6 {
            attempts.attempt(ip(&format!("10.9.9.{n}")), "marie", &rules(), at(0));
        }
        for n in 0..3 * MOST as u32 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0B00_0000 + n));
            attempts.attempt(address, &format!("{n}{}", "x".repeat(100)), &rules(), at(1));
        }
        assert!(attempts.accounts.len() <= MOST && attempts.addresses.0.len() <= MOST);
        assert_ne!(attempts.attempt(ip("10.8.8.8"), "marie", &rules(), at(2)), Answer::Allowed);
    }

    proptest! {
        /// Whatever the tries are, one address never gets more than its burst and one per interval.
        #[test]
        fn sec_52_an_address_never_gets_more_than_its_share(pauses in prop::collection::vec(0u64..20, 1..200)) {
            let mut attempts = Attempts::new();
            let (mut now, mut allowed) = (0, 0);
            for (n, pause) in pauses.into_iter().enumerate() {
                now += pause;
                let answer = attempts.attempt(ip("192.168.1.2"), &format!("u{n}"), &rules(), at(now));
                match answer {
                    Answer::Allowed => allowed += 1,
                    Answer::Wait { seconds } => prop_assert!((1..=6).contains(&seconds)),
                }
                prop_assert!(allowed <= 10 + now / 6);
            }
        }
    }
}
