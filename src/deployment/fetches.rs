//! Who fetched what of a package: the way of an order between "told" and its result.
//!
//! An agent that fetches a file does not say who it is, so what is noted stands under its address; a page that shows
//! it for a computer says so. Written once a minute, never once a fragment: after a crash the last minute is missing.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::package::PackageId;
use super::store;
use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Changes, Error, Read, Write};

/// Addresses and packages that are kept at most, some megabytes.
const MOST: usize = 200_000;
/// What is this old, in seconds, makes room for what is new.
const OLD: i64 = 30 * 24 * 3600;

/// What one address fetched of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fetch {
    /// When its information file was sent last.
    #[serde(default)]
    pub info: Option<Timestamp>,
    /// How many times a fragment was asked for; one that is asked for again counts again.
    #[serde(default)]
    pub fragments: u32,
    /// When that was last.
    #[serde(default)]
    pub last: Option<Timestamp>,
}

named_record!(Fetch);

impl Fetch {
    fn latest(&self) -> Timestamp {
        self.info.max(self.last).unwrap_or_default()
    }
}

/// A file of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// Its information file.
    Info,
    /// A fragment, from its beginning.
    Fragment,
}

/// What was fetched, in memory.
#[derive(Debug, Default)]
pub struct Fetches {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    known: HashMap<(PackageId, IpAddr), Fetch>,
    /// What is not on the disk yet.
    waiting: HashSet<(PackageId, IpAddr)>,
}

impl Fetches {
    /// Reads what is stored.
    ///
    /// # Errors
    /// Those of the store. What is damaged or names no address is left out.
    pub fn reload(&self, store: &impl Read) -> Result<(), Error> {
        let known = store::fetches(store)?;
        *self.inner() = Inner { known, waiting: HashSet::new() };
        Ok(())
    }

    /// Notes that a file is sent.
    pub fn note(&self, package: PackageId, address: IpAddr, file: File, now: Timestamp) {
        let mut inner = self.inner();
        let Inner { known, waiting } = &mut *inner;
        let key = (package, address.to_canonical());
        if known.len() >= MOST && !known.contains_key(&key) {
            return;
        }
        let fetch = known.entry(key).or_default();
        match file {
            File::Info => fetch.info = Some(now),
            File::Fragment => {
                fetch.fragments = fetch.fragments.saturating_add(1);
                fetch.last = Some(now);
            }
        }
        waiting.insert(key);
    }

    /// What an address fetched of a package.
    pub fn of(&self, package: PackageId, address: IpAddr) -> Option<Fetch> {
        self.inner().known.get(&(package, address.to_canonical())).copied()
    }

    /// Adds what is not on the disk yet to the changes of a minute, and answers what to give back when they fail.
    /// What is old is forgotten.
    ///
    /// # Errors
    /// Those of encoding.
    pub fn write(&self, changes: &mut Changes, now: Timestamp) -> Result<Vec<(PackageId, IpAddr)>, Error> {
        let mut inner = self.inner();
        let taken: Vec<_> = std::mem::take(&mut inner.waiting).into_iter().collect();
        for key in &taken {
            if let Some(fetch) = inner.known.get(key) {
                changes.put(&store::FETCHES, (key.0.0, key.1.to_string()), fetch)?;
            }
        }
        let old = |fetch: &Fetch| fetch.latest().0 < now.0 - OLD;
        let gone: Vec<_> = inner.known.iter().filter(|(_, fetch)| old(fetch)).map(|(key, _)| *key).collect();
        for key in gone {
            inner.known.remove(&key);
            changes.remove(&store::FETCHES, (key.0.0, key.1.to_string()))?;
        }
        Ok(taken)
    }

    /// What could not be written waits for the next time.
    pub fn unwritten(&self, taken: Vec<(PackageId, IpAddr)>) {
        self.inner().waiting.extend(taken);
    }

    /// Forgets a package that is gone.
    pub fn forget(&self, package: PackageId) {
        let mut inner = self.inner();
        inner.known.retain(|(of, _), _| *of != package);
        inner.waiting.retain(|(of, _)| *of != package);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn what_an_address_fetched_is_counted_and_read_again() {
        let (store, fetches) = (Store::in_memory().unwrap(), Fetches::default());
        fetches.note(PackageId(5), HERE, File::Info, Timestamp(100));
        for second in 101..104 {
            fetches.note(PackageId(5), "::ffff:192.0.2.7".parse().unwrap(), File::Fragment, Timestamp(second));
        }
        let expected = Fetch { info: Some(Timestamp(100)), fragments: 3, last: Some(Timestamp(103)) };
        assert_eq!(fetches.of(PackageId(5), HERE), Some(expected));
        assert_eq!(fetches.of(PackageId(6), HERE), None);
        let mut changes = Changes::new();
        fetches.write(&mut changes, Timestamp(200)).unwrap();
        store.submit(changes, || {}).unwrap().wait().unwrap();
        let again = Fetches::default();
        again.reload(&store.read().unwrap()).unwrap();
        assert_eq!(again.of(PackageId(5), HERE), Some(expected));
    }

    #[test]
    fn what_is_old_is_forgotten_in_memory_and_on_the_disk() {
        let (store, fetches) = (Store::in_memory().unwrap(), Fetches::default());
        fetches.note(PackageId(5), HERE, File::Info, Timestamp(100));
        for now in [Timestamp(200), Timestamp(101 + OLD)] {
            let mut changes = Changes::new();
            fetches.write(&mut changes, now).unwrap();
            store.submit(changes, || {}).unwrap().wait().unwrap();
        }
        assert_eq!(fetches.of(PackageId(5), HERE), None);
        assert!(store.read().unwrap().all(&store::FETCHES).unwrap().is_empty());
    }

    #[test]
    fn addresses_without_end_take_no_memory_without_end() {
        let fetches = Fetches::default();
        for number in 0..=u32::try_from(MOST).unwrap() {
            fetches.note(PackageId(5), IpAddr::V4(number.into()), File::Fragment, Timestamp(100));
        }
        assert_eq!(fetches.inner().known.len(), MOST);
        fetches.forget(PackageId(5));
        assert!(fetches.inner().known.is_empty() && fetches.inner().waiting.is_empty());
    }
}
