//! One inventory of a computer at a time.
//!
//! Keyed by device id and kept in memory, so that no lock outlives a crash. The second of two waits some
//! seconds and is then refused with 403, as the field's agents expect.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// How long a second inventory waits for the first.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Which computers are being worked on.
#[derive(Default, Clone)]
pub(super) struct Locks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    held: Mutex<HashSet<String>>,
    freed: Notify,
}

/// A computer is locked as long as this lives.
pub(super) struct Guard {
    shared: Arc<Shared>,
    key: String,
}

impl Locks {
    /// Locks a computer, if nobody has it.
    pub(super) fn attempt(&self, folded: &str) -> Option<Guard> {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(folded.to_owned()).then(|| Guard { shared: self.0.clone(), key: folded.to_owned() })
    }

    /// Locks a computer, waiting for whoever has it; `None` when that takes too long.
    pub(super) async fn wait(&self, folded: &str) -> Option<Guard> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let freed = self.0.freed.notified();
            tokio::pin!(freed);
            // Registered before the attempt, so that a guard dropped in between is not missed.
            freed.as_mut().enable();
            if let Some(guard) = self.attempt(folded) {
                return Some(guard);
            }
            if tokio::time::timeout_at(until, freed).await.is_err() {
                return None;
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.shared.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After an exception the incumbent leaves its lock in the database for ten minutes.
    #[tokio::test]
    async fn pitfall_35_a_lock_ends_with_whoever_held_it() {
        let locks = Locks::default();
        let first = locks.attempt("pc").unwrap();
        assert!(locks.attempt("pc").is_none());
        assert!(locks.attempt("other").is_some());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = first;
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert!(locks.wait("pc").await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_a_lock_is_bounded() {
        let locks = Locks::default();
        let _held = locks.attempt("pc").unwrap();
        assert!(locks.wait("pc").await.is_none());
    }
}
