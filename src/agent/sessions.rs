//! Sessions: a PROLOG answered SEND announces an inventory.
//!
//! Advisory by default: most inventories without one are legitimate (imports, `--force`, slow agents). They
//! are kept in memory: with INVENTORY_SESSION_ONLY, an agent caught by a restart reports at its next contact.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;

/// Sessions older than this are forgotten: the field's SESSION_CLEAN_TIME.
const KEPT: i64 = Timestamp::DAY;
/// Forgetting is done once the map has grown by so many.
const SWEEP: usize = 1_000;

/// Announced inventories by device id.
#[derive(Default)]
pub(super) struct Sessions(Mutex<State>);

#[derive(Default)]
struct State {
    since: HashMap<String, Timestamp>,
    sweep_at: usize,
}

impl Sessions {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an inventory was asked for.
    pub(super) fn begin(&self, folded: &str, now: Timestamp) {
        let mut state = self.state();
        if state.since.len() >= state.sweep_at.max(SWEEP) {
            state.since.retain(|_, since| now.since(*since) < KEPT);
            state.sweep_at = state.since.len() + SWEEP;
        }
        state.since.insert(folded.to_owned(), now);
    }

    /// Whether an inventory was asked for within `valid` seconds; 0 is for ever. The session stays.
    pub(super) fn is_open(&self, folded: &str, now: Timestamp, valid: i64) -> bool {
        let since = self.state().since.get(folded).copied();
        since.is_some_and(|since| valid == 0 || now.since(since) < valid)
    }

    /// The inventory came.
    pub(super) fn end(&self, folded: &str) {
        self.state().since.remove(folded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_valid_for_its_time_and_ends_with_the_inventory() {
        let sessions = Sessions::default();
        sessions.begin("pc", Timestamp(1_000));
        assert!(sessions.is_open("pc", Timestamp(1_599), 600));
        assert!(!sessions.is_open("pc", Timestamp(1_600), 600));
        assert!(sessions.is_open("pc", Timestamp(999_999), 0));
        assert!(!sessions.is_open("other", Timestamp(1_000), 0));
        sessions.end("pc");
        assert!(!sessions.is_open("pc", Timestamp(1_001), 600));
    }

    #[test]
    fn old_sessions_do_not_pile_up() {
        let sessions = Sessions::default();
        for n in 0..5_000 {
            sessions.begin(&format!("pc-{n}"), Timestamp(n * 1_000));
        }
        assert!(sessions.state().since.len() < 2_200);
    }
}
