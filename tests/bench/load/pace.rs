//! When requests begin: as soon as a connection is free (closed loop), or at a fixed rate (open loop).
//!
//! In an open loop a request is due at its moment whether or not the server has answered the ones before, and its
//! latency counts from there: a server that stalls cannot hide it by not being asked.

use std::time::{Duration, Instant};

/// Hands out requests by number.
pub struct Pace {
    rate: Option<f64>,
    begun: Instant,
    until: Instant,
    next: usize,
    total: usize,
}

/// Whether a request is to be sent now.
pub enum Next {
    /// This one; its latency counts from that moment.
    Send(usize, Instant),
    /// None before that moment.
    Wait(Instant),
    /// None any more.
    Over,
}

impl Pace {
    /// `total` requests at most, none begins later than `time` from now.
    pub fn new(rate: Option<f64>, total: usize, time: Duration) -> Pace {
        let begun = Instant::now();
        Pace { rate, begun, until: begun + time, next: 0, total }
    }

    /// The next request for a connection that is free.
    pub fn next(&mut self, now: Instant) -> Next {
        let due = match self.rate {
            Some(rate) => self.begun + Duration::from_secs_f64(self.next as f64 / rate),
            None => now,
        };
        if self.next >= self.total || due.max(now) >= self.until {
            return Next::Over;
        }
        if due > now {
            return Next::Wait(due);
        }
        self.next += 1;
        Next::Send(self.next - 1, due)
    }

    /// When the first request was due.
    pub fn begun(&self) -> Instant {
        self.begun
    }

    /// Requests that were due and never sent because time was over: a server too slow for the rate has some.
    pub fn left(&self, now: Instant) -> usize {
        let Some(rate) = self.rate else { return 0 };
        let due = now.min(self.until).saturating_duration_since(self.begun).as_secs_f64() * rate;
        (due as usize).min(self.total).saturating_sub(self.next)
    }
}
