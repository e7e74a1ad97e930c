//! Bounds on computers that nobody knows yet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::limits::Limits;
use crate::options::{INVENTORY_FILTER_FLOOD_IP, INVENTORY_FILTER_FLOOD_IP_CACHE_TIME, Options};

const HOUR: i64 = 3_600;
/// Addresses that are remembered; more of them within an hour share one budget.
const ADDRESSES: usize = 10_000;

/// New computers of the running hour by address.
#[derive(Default)]
pub(in crate::agent) struct Newcomers(Mutex<HashMap<IpAddr, Seen>>);

struct Seen {
    since: Timestamp,
    count: u32,
    latest: Timestamp,
}

impl Newcomers {
    /// Whether a new computer may come in. Imports and the machine itself are not counted.
    pub(super) fn admits(
        &self,
        address: Option<IpAddr>,
        exempt: bool,
        computers: usize,
        options: &Options,
        limits: &Limits,
        now: Timestamp,
    ) -> bool {
        if computers >= limits.devices as usize {
            return false;
        }
        let Some(address) = address.filter(|_| !exempt) else { return true };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ADDRESSES && !seen.contains_key(&address) {
            seen.retain(|_, seen| now.since(seen.since) < HOUR);
            if seen.len() >= ADDRESSES {
                return false;
            }
        }
        let entry = seen.entry(address).or_insert(Seen { since: now, count: 0, latest: Timestamp(i64::MIN) });
        // A clock that was set back begins a new hour as well.
        if !(0..HOUR).contains(&now.since(entry.since)) {
            *entry = Seen { since: now, count: 0, latest: entry.latest };
        }
        let flood = options.switch(INVENTORY_FILTER_FLOOD_IP)
            && (0..options.number(INVENTORY_FILTER_FLOOD_IP_CACHE_TIME)).contains(&now.since(entry.latest));
        if flood || entry.count >= limits.new_devices_per_hour {
            return false;
        }
        entry.count += 1;
        entry.latest = now;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7)));

    #[test]
    fn an_address_brings_so_many_an_hour_and_no_more() {
        let (newcomers, options) = (Newcomers::default(), Options::default());
        let limits = Limits { new_devices_per_hour: 3, devices: 100, ..Limits::default() };
        let admits =
            |address, exempt, count, at| newcomers.admits(address, exempt, count, &options, &limits, Timestamp(at));
        assert_eq!((0..5).filter(|_| admits(PEER, false, 0, 10)).count(), 3);
        assert!(admits(PEER, true, 0, 10), "the machine itself is exempt");
        assert!(admits(None, false, 0, 10), "files are exempt");
        assert!(admits(PEER, false, 0, 10 + HOUR));
        assert!(admits(PEER, false, 0, 5), "a clock that was set back does not lock out");
        assert!(!admits(None, true, 100, 10), "the number of computers in all holds for everybody");
    }

    proptest! {
        /// Whatever comes: nobody brings more than two hours' worth within one hour, and the bound in all holds.
        #[test]
        fn no_order_of_arrivals_gets_round_the_bounds(
            arrivals in proptest::collection::vec((0_u8..3, 0_i64..900, any::<bool>()), 0..200), most in 1_u32..6,
        ) {
            let (newcomers, options) = (Newcomers::default(), Options::default());
            let limits = Limits { new_devices_per_hour: most, devices: 60, ..Limits::default() };
            let (mut now, mut computers) = (Timestamp(1), 0);
            let mut admitted: Vec<(u8, Timestamp)> = Vec::new();
            for (host, pause, exempt) in arrivals {
                now = now.plus(pause);
                let address = Some(IpAddr::from([10, 0, 0, host]));
                let admits = newcomers.admits(address, exempt, computers, &options, &limits, now);
                prop_assert!(!admits || computers < 60);
                prop_assert!(admits || !exempt || computers >= 60, "who is exempt meets the bound in all only");
                computers += usize::from(admits);
                if admits && !exempt {
                    admitted.push((host, now));
                }
                let recent = admitted.iter().filter(|(other, at)| *other == host && now.since(*at) < HOUR).count();
                prop_assert!(recent <= 2 * most as usize, "{} within an hour", recent);
            }
        }
    }
}
