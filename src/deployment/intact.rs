//! Whether the files of packages are still as they were made: each is held against its SHA-256 once a day, a damaged one
//! once an hour, so that it counts as mended soon after it was put back. What was found is kept in memory only.
//!
//! Source: SEC-45.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::files::Broken;
use super::package::PackageId;

/// How long a good finding counts.
pub const GOOD: Duration = Duration::from_secs(86_400);
/// How long a bad finding counts.
pub const BAD: Duration = Duration::from_secs(3600);

/// What was found.
#[derive(Debug, Default)]
pub struct Intact(Mutex<BTreeMap<PackageId, Found>>);

#[derive(Debug, Clone)]
struct Found {
    /// On the monotonic clock.
    at: Duration,
    broken: Option<Broken>,
}

/// What a look at a package's files has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is as it was known.
    Nothing,
    /// It was good, or not looked at yet, and is damaged.
    Damaged,
    /// It was damaged and is good.
    Mended,
}

impl Intact {
    /// The package that is to be looked at now: one that never was, else the one that has waited longest. What is known
    /// of packages that are gone is forgotten.
    pub fn due(&self, packages: &[PackageId], now: Duration) -> Option<PackageId> {
        let mut known = self.lock();
        known.retain(|id, _| packages.contains(id));
        let when = |id: &PackageId| match known.get(id) {
            None => Duration::ZERO,
            Some(found) => found.at + if found.broken.is_some() { BAD } else { GOOD },
        };
        packages.iter().copied().min_by_key(when).filter(|id| when(id) <= now)
    }

    /// Notes what was found.
    pub fn note(&self, id: PackageId, found: Result<(), Broken>, now: Duration) -> News {
        let broken = found.err();
        let is_broken = broken.is_some();
        let before = self.lock().insert(id, Found { at: now, broken });
        match (before.is_some_and(|before| before.broken.is_some()), is_broken) {
            (false, true) => News::Damaged,
            (true, false) => News::Mended,
            _ => News::Nothing,
        }
    }

    /// What is wrong with a package's files, as far as is known.
    pub fn broken(&self, id: PackageId) -> Option<Broken> {
        self.lock().get(&id).and_then(|found| found.broken.clone())
    }

    /// Every package whose files are known to be damaged.
    pub fn all_broken(&self) -> Vec<PackageId> {
        self.lock().iter().filter(|(_, found)| found.broken.is_some()).map(|(id, _)| *id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PackageId, Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn sec_45_each_package_is_looked_at_once_a_day_and_a_damaged_one_each_hour() {
        let (one, two) = (PackageId(1), PackageId(2));
        let (intact, both, start) = (Intact::default(), [one, two], 5 * HOUR);
        assert_eq!(intact.due(&both, start), Some(one));
        assert_eq!(intact.note(one, Ok(()), start), News::Nothing);
        assert_eq!(intact.due(&both, start), Some(two), "one that nobody has looked at is due at once");
        assert_eq!(intact.note(two, Err(Broken::Digest), start), News::Damaged);
        assert_eq!((intact.broken(one), intact.broken(two)), (None, Some(Broken::Digest)));
        assert_eq!(intact.due(&both, start + HOUR / 2), None);
        assert_eq!(intact.due(&both, start + HOUR), Some(two));
        assert_eq!(intact.note(two, Err(Broken::Digest), start + HOUR), News::Nothing, "told once");
        assert_eq!(intact.note(two, Ok(()), start + 2 * HOUR), News::Mended);
        assert_eq!(intact.all_broken(), []);
        assert_eq!(intact.due(&both, start + 23 * HOUR), None);
        assert_eq!(intact.due(&both, start + 24 * HOUR), Some(one));
    }

    #[test]
    fn what_is_known_of_a_package_goes_with_it() {
        let intact = Intact::default();
        intact.note(PackageId(1), Err(Broken::Digest), HOUR);
        assert_eq!(intact.all_broken(), [PackageId(1)]);
        assert_eq!(intact.due(&[], HOUR), None);
        assert_eq!(intact.all_broken(), []);
    }
}
