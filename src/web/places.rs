//! Places for what takes much of the disk and time: few in all, fewer for one account, so that nobody takes them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places.
#[derive(Debug)]
pub struct Places {
    all: usize,
    of_one: usize,
    taken: Mutex<HashMap<String, usize>>,
}

/// A place that is taken, until this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    account: String,
}

impl Places {
    /// So many in all, and so many of them for one account.
    pub fn new(all: usize, of_one: usize) -> Arc<Places> {
        Arc::new(Places { all, of_one, taken: Mutex::default() })
    }

    /// Takes a place, if there is one for this account.
    pub fn take(self: &Arc<Places>, account: &str) -> Option<Place> {
        let mut taken = self.lock();
        let own = taken.get(account).copied().unwrap_or(0);
        if own >= self.of_one || taken.values().sum::<usize>() >= self.all {
            return None;
        }
        taken.insert(account.to_owned(), own + 1);
        Some(Place { places: self.clone(), account: account.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(own) = taken.get_mut(&self.account) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_imp_1_no_account_takes_all_places() {
        let places = Places::new(3, 2);
        let anne: Vec<Place> = (0..2).map(|_| places.take("anne").unwrap()).collect();
        assert!(places.take("anne").is_none(), "one is left for others");
        let marie = places.take("marie").unwrap();
        assert!(places.take("marie").is_none(), "all are taken");
        drop(anne);
        let _second = places.take("marie").unwrap();
        drop(marie);
        assert!(places.take("anne").is_some());
        assert_eq!(places.lock().len(), 1, "who holds none is forgotten");
    }
}
