//! The loop: connections take up requests as the pace hands them out, and their answers are counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use crate::arguments::{Arguments, Target};
use crate::bodies::Requests;
use crate::connection::{Connection, Progress};
use crate::histogram::Histogram;
use crate::pace::{Next, Pace};

/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was counted.
pub struct Outcome {
    /// Requests answered as they should be.
    pub answered: usize,
    /// Requests answered otherwise or not at all, those among them that were due and never sent.
    pub failed: usize,
    /// Failures by what they were.
    pub failures: BTreeMap<String, usize>,
    /// From the first request to the last answer.
    pub took: Duration,
    /// Latencies of those answered.
    pub latencies: Histogram,
}

struct Run<'a> {
    target: &'a Target,
    requests: &'a Requests,
    keep: bool,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    /// Number of the next sender.
    sender: usize,
    busy: usize,
    outcome: Outcome,
}

/// Sends all requests and waits for their answers.
pub fn run(arguments: &Arguments, target: &Target, requests: &Requests) -> Outcome {
    crate::histogram::verify();
    let mut poll = Poll::new().expect("the system has event queues");
    let mut events = Events::with_capacity(1024);
    let count = arguments.connections.clamp(1, 1000);
    let mut run = Run {
        target,
        requests,
        keep: !arguments.new_connections,
        connections: (0..count).map(|_| Connection::new()).collect(),
        idle: (0..count).rev().collect(),
        // Other computers sit elsewhere: runs that fill a store do not meet the limit of new computers by address.
        sender: arguments.first,
        busy: 0,
        outcome: Outcome {
            answered: 0,
            failed: 0,
            failures: BTreeMap::new(),
            took: Duration::ZERO,
            latencies: Histogram::new(),
        },
    };
    let total = arguments.requests.unwrap_or(requests.len());
    let mut pace = Pace::new(arguments.rate, total, arguments.time());
    let mut last = pace.begun();
    loop {
        let mut wait = None;
        while let Some(at) = run.idle.pop() {
            match pace.next(Instant::now()) {
                Next::Send(number, due) => run.begin(at, number, due, poll.registry()),
                next => {
                    run.idle.push(at);
                    if let Next::Wait(until) = next {
                        wait = Some(until);
                    }
                    break;
                }
            }
        }
        if run.busy == 0 && wait.is_none() {
            break;
        }
        let timeout = wait.map_or(PATIENCE, |until| until.saturating_duration_since(Instant::now()));
        match poll.poll(&mut events, Some(timeout)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            other => other.expect("the event queue works"),
        }
        if events.is_empty() && wait.is_none() {
            run.fail("no answer", run.busy);
            break;
        }
        for event in &events {
            if run.go_on(event.token().0, poll.registry()) {
                last = Instant::now();
            }
        }
    }
    run.fail("due and never sent", pace.left(Instant::now()));
    run.outcome.took = last.saturating_duration_since(pace.begun());
    run.outcome
}

impl Run<'_> {
    fn begin(&mut self, at: usize, number: usize, due: Instant, registry: &Registry) {
        self.busy += 1;
        self.connections[at].begin(number, due);
        if !self.keep || self.connections[at].is_worn() {
            self.connections[at].hang_up();
        }
        self.go_on(at, registry);
    }

    /// Lets a connection send and receive; true when a request came to its end.
    fn go_on(&mut self, at: usize, registry: &Registry) -> bool {
        let connection = &mut self.connections[at];
        loop {
            let Some(request) = connection.request else { return false };
            if !connection.is_open() {
                self.sender += 1;
                if let Err(error) = connection.open(self.target, self.sender, registry, Token(at)) {
                    self.end(at, Err(&format!("connect: {error}")));
                    return true;
                }
            }
            match connection.advance(self.requests.bytes(request.number)) {
                Progress::Waiting => return false,
                Progress::Answered(whole) => {
                    if !self.keep || whole.close {
                        connection.hang_up();
                    }
                    if whole.status == 200 {
                        self.end(at, Ok(request.due.elapsed()));
                    } else {
                        self.end(at, Err(&format!("status {}", whole.status)));
                    }
                    return true;
                }
                Progress::Broken(error) => {
                    let again = connection.may_try_again();
                    connection.hang_up();
                    if !again {
                        connection.request = None;
                        self.end(at, Err(&format!("connection: {error}")));
                        return true;
                    }
                }
            }
        }
    }

    fn end(&mut self, at: usize, result: Result<Duration, &str>) {
        self.busy -= 1;
        self.connections[at].request = None;
        self.idle.push(at);
        match result {
            Ok(latency) => {
                self.outcome.answered += 1;
                self.outcome.latencies.add(latency);
            }
            Err(what) => self.fail(what, 1),
        }
    }

    fn fail(&mut self, what: &str, count: usize) {
        if count > 0 {
            self.outcome.failed += count;
            *self.outcome.failures.entry(what.to_owned()).or_default() += count;
        }
    }
}
