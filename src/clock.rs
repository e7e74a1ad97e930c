//! The only place that asks for the time.
//!
//! Everything else is handed a [`Timestamp`], so that rules are pure and tests set the clock by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// One day.
    pub const DAY: i64 = 86_400;

    /// The time as the 32 bits that records hold; times before 1970 become 0, after 2106 the largest value.
    pub fn packed(self) -> u32 {
        self.0.clamp(0, i64::from(u32::MAX)) as u32
    }

    /// Back from [`Timestamp::packed`].
    pub fn unpacked(seconds: u32) -> Timestamp {
        Timestamp(i64::from(seconds))
    }

    /// Seconds from `earlier` to this time; negative when the clock was set back.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This time moved by so many seconds.
    pub fn plus(self, seconds: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds))
    }
}

/// Tells the time: the system's, or one that a test sets.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System { start: Instant },
    ByHand(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the system.
    pub fn system() -> Clock {
        Clock(Source::System { start: Instant::now() })
    }

    /// A clock that stands at `at` until it is moved. Clones move together.
    pub fn by_hand(at: Timestamp) -> Clock {
        Clock(Source::ByHand(Arc::new(AtomicI64::new(at.0))))
    }

    /// The time of day. It may jump when the system's clock is set.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)),
                Err(before) => Timestamp(-i64::try_from(before.duration().as_secs()).unwrap_or(0)),
            },
            Source::ByHand(at) => Timestamp(at.load(Ordering::SeqCst)),
        }
    }

    /// Time that only moves forward, since the clock was made: for sessions and waiting times.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { start } => start.elapsed(),
            Source::ByHand(at) => Duration::from_secs(at.load(Ordering::SeqCst).max(0) as u64),
        }
    }

    /// Moves a clock that is set by hand; the system's clock stays as it is.
    pub fn forward(&self, seconds: i64) {
        if let Source::ByHand(at) = &self.0 {
            at.fetch_add(seconds, Ordering::SeqCst);
        }
    }
}
