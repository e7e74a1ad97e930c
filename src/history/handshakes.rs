//! Addresses from which connections over HTTPS came to nothing, the latest reason of each (CON-AGT-3).
//!
//! A handshake that fails names no computer. Anybody can make it fail from many addresses, so that there is a bound: what
//! works again and what has nothing to do with trust goes first, then what comes from the fullest network, so that one
//! network cannot push the others out. It is in memory beside the file and written once a minute; a crash may cost that
//! minute.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;
use crate::net;
use crate::store::{Error, Reader, Table, Write};
use crate::tls::Failed;

/// What is known of each address, as the number of its IPv6 form.
pub static HANDSHAKES: Table<u128, Failure> = Table::new("handshakes");

/// Addresses that are remembered.
pub const MOST: usize = 10_000;
/// So many are forgotten at once when there are too many.
const PORTION: usize = MOST / 10;
/// What works again is remembered so long.
const SETTLED: i64 = 7 * Timestamp::DAY;
/// Anything is remembered so long after its last failure.
const OLD: i64 = 60 * Timestamp::DAY;

/// What happened at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// [`Failed::code`] of the latest reason.
    kind: u8,
    /// How often connections failed.
    pub count: u64,
    /// When the first did.
    pub first: Timestamp,
    /// When the latest did.
    pub last: Timestamp,
    /// When a request came over HTTPS after a failure; to the day.
    #[serde(default)]
    pub worked: Option<Timestamp>,
}

named_record!(Failure);

impl Failure {
    /// The latest reason. One that a later release wrote counts as another.
    pub fn kind(&self) -> Failed {
        Failed::coded(self.kind).unwrap_or(Failed::Other)
    }

    /// Nothing has worked since the latest failure.
    pub fn is_open(&self) -> bool {
        self.worked.is_none()
    }

    /// The certificate could not be verified, and nothing has worked since.
    pub fn distrusts(&self) -> bool {
        self.is_open() && self.kind().distrusts()
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.last) > if self.is_open() { OLD } else { SETTLED }
    }
}

/// What is known of all addresses.
#[derive(Debug, Default)]
pub struct Handshakes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    all: HashMap<IpAddr, Failure>,
    /// Addresses of the file.
    stored: HashSet<IpAddr>,
    /// Addresses whose record differs from the file.
    unwritten: HashSet<IpAddr>,
}

/// A number that an address has as a key.
fn key(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The network of an address: within it, one machine may come from as many addresses as it likes.
fn network(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) if address.is_loopback() => key(std::net::Ipv4Addr::LOCALHOST.into()),
        address @ IpAddr::V4(_) => key(address) >> 16,
        address @ IpAddr::V6(_) => key(address) >> 64,
    }
}

impl Known {
    fn forget(&mut self, address: IpAddr) {
        self.all.remove(&address);
        if self.stored.contains(&address) {
            self.unwritten.insert(address);
        } else {
            self.unwritten.remove(&address);
        }
    }

    /// Makes room: what works goes first, then what says nothing of trust, then the oldest of the networks with the
    /// most.
    fn make_room(&mut self) {
        let class = |failure: &Failure| (failure.is_open(), failure.kind().distrusts());
        let mut all: Vec<_> =
            self.all.iter().map(|(address, failure)| (failure.last, *address, class(failure))).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        let mut places: HashMap<_, usize> = HashMap::new();
        let place = |(last, address, class)| {
            let newer = places.entry((class, network(address))).or_default();
            *newer += 1;
            (class, Reverse(*newer), last, address)
        };
        let mut all: Vec<_> = all.into_iter().map(place).collect();
        all.sort_unstable();
        for (.., address) in all.into_iter().take(PORTION) {
            self.forget(address);
        }
    }
}

impl Handshakes {
    /// Reads what is known, within the bound. A damaged record counts as none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &Reader) -> Result<Handshakes, Error> {
        use crate::store::Read as _;
        let mut known = Known::default();
        store.scan(&HANDSHAKES, &mut |record| {
            if let Ok((key, failure)) = record {
                let address = net::canonical(Ipv6Addr::from_bits(key).into());
                if known.all.len() >= MOST {
                    known.make_room();
                }
                known.all.insert(address, failure);
                known.stored.insert(address);
            }
            true
        })?;
        Ok(Handshakes(Mutex::new(known)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection from an address came to nothing.
    pub fn failed(&self, address: IpAddr, kind: Failed, now: Timestamp) {
        let address = net::canonical(address);
        let mut known = self.known();
        if known.all.len() >= MOST && !known.all.contains_key(&address) {
            known.make_room();
        }
        let fresh = Failure { kind: 0, count: 0, first: now, last: now, worked: None };
        let failure = known.all.entry(address).or_insert(fresh);
        failure.kind = kind.code();
        failure.count = failure.count.saturating_add(1);
        failure.last = now;
        failure.worked = None;
        known.unwritten.insert(address);
    }

    /// A request came from an address over HTTPS.
    pub fn worked(&self, address: IpAddr, now: Timestamp) {
        let address = net::canonical(address);
        let mut known = self.known();
        let Some(failure) = known.all.get_mut(&address) else { return };
        if failure.worked.is_none_or(|before| now.since(before) >= Timestamp::DAY) {
            failure.worked = Some(now);
            known.unwritten.insert(address);
        }
    }

    /// What is known of every address.
    pub fn all(&self) -> Vec<(IpAddr, Failure)> {
        self.known().all.iter().map(|(address, failure)| (*address, *failure)).collect()
    }

    /// What is known of an address.
    pub fn of(&self, address: IpAddr) -> Option<Failure> {
        self.known().all.get(&net::canonical(address)).copied()
    }

    /// Forgets what is over, and takes what is to be written; nothing any more for addresses that were forgotten.
    pub fn take(&self, now: Timestamp) -> Vec<(IpAddr, Option<Failure>)> {
        let mut known = self.known();
        let over = known.all.iter().filter(|(_, failure)| failure.is_over(now));
        let over: Vec<IpAddr> = over.map(|(address, _)| *address).collect();
        over.into_iter().for_each(|address| known.forget(address));
        let unwritten = std::mem::take(&mut known.unwritten);
        let taken: Vec<_> = unwritten.into_iter().map(|address| (address, known.all.get(&address).copied())).collect();
        for (address, failure) in &taken {
            match failure {
                Some(_) => known.stored.insert(*address),
                None => known.stored.remove(address),
            };
        }
        taken
    }

    /// Puts back what could not be written.
    pub fn give_back(&self, taken: impl IntoIterator<Item = IpAddr>) {
        let mut known = self.known();
        for address in taken {
            // Whether the file has it is not known: it is written or removed once more. Of those that were forgotten so
            // many are remembered for that while nothing can be written; the next start meets the others again.
            if known.all.contains_key(&address) || known.unwritten.len() < MOST {
                known.stored.insert(address);
                known.unwritten.insert(address);
            } else {
                known.stored.remove(&address);
            }
        }
    }
}

/// Writes what was taken.
///
/// # Errors
/// Those of the store.
pub fn write(store: &mut impl Write, taken: &[(IpAddr, Option<Failure>)]) -> Result<(), Error> {
    for (address, failure) in taken {
        match failure {
            Some(failure) => store.put(&HANDSHAKES, key(*address), failure)?,
            None => store.remove(&HANDSHAKES, key(*address))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Txn};

    fn at(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    const T: Timestamp = Timestamp(1_795_176_000);

    #[test]
    fn con_agt_3_the_latest_reason_counts_until_something_works() {
        let known = Handshakes::default();
        known.worked(at(1), T);
        assert_eq!(known.all(), [], "what works is nobody's business");
        known.failed(at(1), Failed::Plain, T);
        known.failed("::ffff:0.0.0.1".parse().unwrap(), Failed::Authority, T.plus(60));
        let failure = known.of(at(1)).unwrap();
        assert_eq!((failure.kind(), failure.count, failure.first, failure.last), (Failed::Authority, 2, T, T.plus(60)));
        assert!(failure.distrusts());
        known.worked(at(1), T.plus(90));
        assert!(!known.of(at(1)).unwrap().distrusts());
        known.failed(at(1), Failed::Authority, T.plus(120));
        assert!(known.of(at(1)).unwrap().distrusts(), "two computers behind one address");
        assert_eq!(known.of(at(2)), None);
    }

    #[test]
    fn con_agt_3_however_many_addresses_come_there_is_a_bound_and_what_matters_stays() {
        let known = Handshakes::default();
        known.failed(at(0), Failed::Authority, T);
        known.failed(at(1), Failed::Authority, T.plus(1));
        known.worked(at(1), T.plus(1));
        let many = u32::try_from(MOST).unwrap() * 3;
        for number in 2..many {
            known.failed(at(number), Failed::Plain, T.plus(i64::from(number)));
            assert!(number % 1000 != 0 || known.all().len() <= MOST);
        }
        assert!(known.all().len() <= MOST);
        assert!(known.of(at(0)).is_some() && known.of(at(1)).is_none() && known.of(at(many - 1)).is_some());
        assert_eq!(
            known.take(T.plus(i64::from(many))).len(),
            known.all().len(),
            "what was never written is not removed"
        );
    }

    /// Whoever has a network of his own has addresses without end.
    #[test]
    fn con_agt_3_one_network_that_fails_from_many_addresses_pushes_no_other_out() {
        let known = Handshakes::default();
        known.failed(at(0x0A00_0007), Failed::Authority, T);
        known.failed("fd00::7".parse().unwrap(), Failed::Left, T);
        let networks = ["fd00:0:0:1::", "2001:db8::"].map(|text| text.parse::<Ipv6Addr>().unwrap().to_bits());
        let many = u32::try_from(MOST).unwrap() * 2;
        for number in 0..many {
            let now = T.plus(1 + i64::from(number));
            known.failed(Ipv6Addr::from_bits(networks[0] + u128::from(number)).into(), Failed::Authority, now);
            known.failed(at(0x7F00_0000 + number * 100), Failed::Certificate, now);
        }
        known.failed(Ipv6Addr::from_bits(networks[1]).into(), Failed::Closed, T);
        assert!(known.all().len() <= MOST);
        for kept in ["10.0.0.7", "fd00::7", "2001:db8::"] {
            assert!(known.of(kept.parse().unwrap()).is_some(), "{kept}");
        }
    }

    #[test]
    fn con_agt_3_memory_is_bounded_while_nothing_can_be_written_and_when_the_file_holds_too_much() {
        let known = Handshakes::default();
        let many = u32::try_from(MOST).unwrap();
        for number in 0..many * 6 {
            known.failed(at(number), Failed::Authority, T.plus(i64::from(number)));
            if number % 5000 == 0 {
                let taken = known.take(T);
                assert!(taken.len() <= 3 * MOST, "{}", taken.len());
                known.give_back(taken.into_iter().map(|(address, _)| address));
            }
        }
        let state = known.known();
        assert!(state.stored.len() <= 3 * MOST && state.unwritten.len() <= 3 * MOST);
        drop(state);
        let store = Store::in_memory().unwrap();
        let failure = known.of(at(many * 6 - 1)).unwrap();
        let all: Vec<_> = (0..many * 2).map(|number| (at(number), Some(failure))).collect();
        store.write(move |w: &mut Txn<'_>| write(w, &all)).unwrap();
        let again = Handshakes::load(&store.read().unwrap()).unwrap();
        assert!(again.all().len() <= MOST);
        let taken = again.take(T.plus(i64::from(many)));
        store.write(move |w: &mut Txn<'_>| write(w, &taken)).unwrap();
        assert_eq!(Handshakes::load(&store.read().unwrap()).unwrap().all().len(), again.all().len());
    }

    #[test]
    fn con_agt_3_what_is_known_outlives_a_restart_and_ends_with_time() {
        let store = Store::in_memory().unwrap();
        let known = Handshakes::default();
        let flush = |known: &Handshakes, now| {
            let taken = known.take(now);
            let n = taken.len();
            store.write(move |w: &mut Txn<'_>| write(w, &taken)).unwrap();
            n
        };
        known.failed(at(7), Failed::Expired, T);
        known.failed("fd00::7".parse().unwrap(), Failed::Closed, T);
        assert_eq!((flush(&known, T), flush(&known, T)), (2, 0));
        let again = Handshakes::load(&store.read().unwrap()).unwrap();
        assert_eq!(again.of(at(7)), known.of(at(7)));
        again.worked(at(7), T.plus(5));
        again.worked(at(7), T.plus(9));
        assert_eq!((flush(&again, T), flush(&again, T.plus(SETTLED + 1))), (1, 1), "settled, then forgotten");
        assert_eq!(again.all().len(), 1);
        assert_eq!(flush(&again, T.plus(OLD + 1)), 1);
        assert_eq!(Handshakes::load(&store.read().unwrap()).unwrap().all(), []);
        again.failed(at(8), Failed::Other, T);
        let taken = again.take(T);
        again.give_back(taken.into_iter().map(|(address, _)| address));
        assert_eq!(flush(&again, T), 1, "what could not be written is written later");
    }
}
