//! What a run says at its end.

use std::time::Duration;

use crate::arguments::Arguments;
use crate::run::Outcome;

/// The figures of one run.
pub struct Report<'a> {
    outcome: &'a Outcome,
    what: String,
    rate: f64,
    /// Microseconds of processor time for each answered request.
    server: f64,
    own: f64,
}

impl Report<'_> {
    /// From what was counted and how much processor time the server and this program used.
    pub fn new<'a>(arguments: &Arguments, outcome: &'a Outcome, server: Duration, own: Duration) -> Report<'a> {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / outcome.answered.max(1) as f64;
        Report {
            outcome,
            what: format!("{:?}", arguments.what).to_lowercase(),
            rate: outcome.answered as f64 / outcome.took.as_secs_f64().max(1e-9),
            server: each(server),
            own: each(own),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let latencies = &self.outcome.latencies;
        format!(
            "{:<10} {:>8.0}/s   p50 {:>7.2} ms   p99 {:>7.2} ms   p99.9 {:>7.2} ms   most {:>7.2} ms   \
             {:>7.0} us of processor each (the load itself {:.0})   {} answered, {} failed",
            self.what,
            self.rate,
            latencies.at(0.5),
            latencies.at(0.99),
            latencies.at(0.999),
            latencies.largest(),
            self.server,
            self.own,
            self.outcome.answered,
            self.outcome.failed,
        )
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        let latencies = &self.outcome.latencies;
        serde_json::json!({
            "what": self.what,
            "rate": self.rate,
            "p50": latencies.at(0.5),
            "p90": latencies.at(0.9),
            "p99": latencies.at(0.99),
            "p999": latencies.at(0.999),
            "most": latencies.largest(),
            "server_us": self.server,
            "own_us": self.own,
            "answered": self.outcome.answered,
            "failed": self.outcome.failed,
            "failures": self.outcome.failures,
            "seconds": self.outcome.took.as_secs_f64(),
        })
        .to_string()
    }

    /// What failures there were, for people.
    pub fn failures(&self) -> String {
        let failures = self.outcome.failures.iter().map(|(what, count)| format!("{count} × {what}"));
        failures.collect::<Vec<_>>().join(", ")
    }
}
