use std::fs;

use tracing::{debug, error, info, info_span, trace, warn};

use super::*;
use crate::clock::Timestamp;

const AGENT: &str = concat!("rollcall", "::agent");
const VISIT: &str = concat!("rollcall", "::agent::visit");
const OTHER_AGENTS: &str = concat!("rollcall", "::agents_of_another_kind");
const CONSOLE: &str = concat!("rollcall", "::console::handlers::login");
const STORE: &str = concat!("rollcall", "::store");

/// A log in a folder of its own, with a clock that is set by hand.
struct Office {
    folder: tempfile::TempDir,
    clock: Clock,
    handle: Handle,
    dispatch: tracing::Dispatch,
}

impl Office {
    fn new(level: Level) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::by_hand(Timestamp(1_795_179_909));
        let (log, handle) = Log::new(Setup {
            level,
            terminal: false,
            clock: clock.clone(),
            zone: TimeZone::fixed(jiff::tz::offset(1)),
        });
        handle.keep(Files { folder: folder.path().into(), size: 100_000, number: 5 });
        let dispatch = tracing::Dispatch::new(Registry::default().with(log));
        Office { folder, clock, handle, dispatch }
    }

    fn during(&self, work: impl FnOnce()) {
        tracing::dispatcher::with_default(&self.dispatch, work);
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("rollcall.log")).unwrap_or_default()
    }

    /// The lines without their time.
    fn lines(&self) -> Vec<String> {
        self.text().lines().map(|line| line.split_at("2026-11-20 14:05:09+01:00 ".len()).1.to_owned()).collect()
    }
}

#[test]
fn a_line_reads_well_alone() {
    let office = Office::new(Level::INFO);
    office.during(|| {
        let span = info_span!("exchange", address = %"10.0.0.7", device.id = tracing::field::Empty);
        let _entered = span.enter();
        span.record("device.id", "PC-1");
        info!(sections = 3, agent = "OCS-NG_unified v2.10", "stored inventory of `{}`", "pc-1");
    });
    assert_eq!(
        office.text(),
        "2026-11-20 14:05:09+01:00  INFO stored inventory of `pc-1` sections=3 agent=\"OCS-NG_unified v2.10\" \
         address=10.0.0.7 device.id=PC-1\n"
    );
}

#[test]
fn sec_07_hostile_values_stay_on_their_line() {
    let office = Office::new(Level::INFO);
    let hostile = "PC\r\n2026-11-20 14:05:09+01:00 ERROR forged\u{1b}[2J\u{202e}";
    office.during(|| {
        let span = info_span!("exchange", address = hostile);
        let _entered = span.enter();
        warn!(device = hostile, other = ?hostile, third = %hostile, "refused {hostile}");
        warn!(long = %"x".repeat(10_000), "cut");
    });
    let text = office.text();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.replace('\n', "").chars().any(|char| char.is_control() || char == '\u{202e}'), "{text}");
    assert!(text.lines().all(|line| line.len() < 2600));
}

#[test]
fn sec_07_secrets_are_not_written() {
    let office = Office::new(Level::TRACE);
    office.during(|| {
        let span = info_span!("login", password = "planted-1");
        let _entered = span.enter();
        info!(user.password = "planted-2", Token = "planted-3", session_cookie = ?"planted-4", "logged in");
    });
    assert!(!office.text().contains("planted"), "{}", office.text());
    assert!(office.text().contains("Token=(hidden)"));
}

#[test]
fn the_level_is_switched_at_run_time() {
    let office = Office::new(Level::WARN);
    office.during(|| {
        for round in 0..3 {
            info!("info {round}");
            debug!(target: VISIT, "contact {round}");
            trace!(target: AGENT, "bytes {round}");
            debug!(target: OTHER_AGENTS, "other {round}");
            info!(target: "some_package", "chatter {round}");
            error!(target: "some_package", "trouble {round}");
            match round {
                0 => office.handle.detail_of_agents(true),
                _ => {
                    office.handle.detail_of_agents(false);
                    office.handle.set_level(Level::INFO);
                }
            }
        }
    });
    assert_eq!(
        office.lines(),
        [
            "ERROR some_package: trouble 0",
            "DEBUG contact 1",
            "ERROR some_package: trouble 1",
            " INFO info 2",
            "ERROR some_package: trouble 2"
        ]
    );
}

#[test]
fn sec_07_one_peer_cannot_fill_the_log() {
    let office = Office::new(Level::INFO);
    office.during(|| {
        let span = info_span!(target: AGENT, "exchange", address = %"10.0.0.7");
        span.in_scope(|| (0..100).for_each(|number| warn!(target: AGENT, number, "refused")));
        warn!(target: AGENT, address = "10.0.0.8", "another peer");
        span.in_scope(|| warn!(target: STORE, "not about agents"));
        office.clock.forward(1);
        info!("a second later");
    });
    let lines = office.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("refused")).count(), 20);
    assert_eq!(
        lines[20..],
        [
            " WARN another peer address=10.0.0.8",
            " WARN not about agents address=10.0.0.7",
            " WARN 80 lines were left out: too many within a second address=10.0.0.7",
            " INFO a second later",
        ]
    );
}

/// Refused log-ins and requests that are no HTTP cost the sender nothing.
#[test]
fn sec_07_neither_browsers_nor_packages_can_fill_the_log() {
    let office = Office::new(Level::INFO);
    office.during(|| {
        for number in 0..100 {
            warn!(target: CONSOLE, number, address = "10.0.0.7", "log-in-refused");
            error!(target: "actix_http::h1", number, "stream error");
        }
        error!(target: CONSOLE, "a page cannot be made");
        office.clock.forward(1);
        info!("a second later");
    });
    let lines = office.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("log-in-refused")).count(), 20);
    assert_eq!(lines.iter().filter(|line| line.contains("stream error")).count(), 20);
    assert_eq!(
        lines[40..],
        [
            "ERROR a page cannot be made",
            " WARN 80 lines were left out: too many within a second address=10.0.0.7",
            " WARN 80 lines were left out: too many within a second address=actix_http::h1",
            " INFO a second later",
        ]
    );
}

#[test]
fn sec_07_a_log_without_room_stops_nobody() {
    let office = Office::new(Level::INFO);
    let log = office.folder.path().join("rollcall.log");
    fs::create_dir(&log).unwrap();
    office.during(|| info!("into nothing"));
    assert_eq!(office.handle.lost(), 1);
    fs::remove_dir(&log).unwrap();
    office.clock.forward(10);
    office.during(|| info!("there again"));
    assert_eq!(office.handle.lost(), 0);
    assert!(office.text().contains(" 1 lines before this one could not be written here\n"));
}

#[test]
fn lines_from_before_the_files_are_kept() {
    let office = Office::new(Level::INFO);
    *locked(&office.handle.0.sink) = Sink::Waiting(Vec::new());
    office.during(|| (0..EARLY_MOST + 5).for_each(|number| info!("early {number}")));
    assert_eq!(office.text(), "");
    office.handle.keep(Files { folder: office.folder.path().into(), size: 100_000, number: 5 });
    office.during(|| info!("late"));
    assert_eq!(office.lines().len(), EARLY_MOST + 1);
    assert_eq!(office.lines().last().map(String::as_str), Some(" INFO late"));
}
