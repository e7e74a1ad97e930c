//! The log: lines for people on the terminal and in files that are kept small.
//!
//! One line per event, readable alone: time, level, message, then the event's values and those of its spans as
//! `name=value`. Values come from agents and browsers, so they are escaped and cut ([`escape`]); one peer cannot
//! fill the files ([`limit`]); a log that cannot be written never stops the program ([`file`]).
//!
//! Source: security page, SEC-7; option LOGLEVEL.

mod escape;
mod file;
mod limit;
pub mod read;

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing::field::Visit;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::clock::Clock;
use escape::Escaped;
use file::Rotating;
use limit::Limiter;

/// Values of one span are kept up to this length, in bytes.
const SPAN_MOST: usize = 4096;

/// Where and how much is logged.
#[derive(Debug)]
pub struct Setup {
    /// This level and graver ones.
    pub level: Level,
    /// Whether lines go to the standard error stream as well.
    pub terminal: bool,
    /// For the time of a line.
    pub clock: Clock,
    /// The zone in which the time is written.
    pub zone: TimeZone,
}

/// The files `rollcall.log` and, older, `rollcall.log.1` and so on.
#[derive(Debug, Clone)]
pub struct Files {
    /// Their folder; it is made when it is missing.
    pub folder: PathBuf,
    /// A file is closed at this size, in bytes.
    pub size: u64,
    /// How many files there are at most, the current one included.
    pub number: u32,
}

/// Lines that came before the files were named; more of them are dropped.
const EARLY_MOST: usize = 200;

/// Something else already receives what this process logs.
#[derive(Debug, thiserror::Error)]
#[error("the log was already started")]
pub struct AlreadyStarted;

static RUNNING: OnceLock<Handle> = OnceLock::new();

/// Starts the log of this process, without files: see [`Handle::keep`].
pub fn start(setup: Setup) -> Result<Handle, AlreadyStarted> {
    let (log, handle) = Log::new(setup);
    tracing::subscriber::set_global_default(Registry::default().with(log)).map_err(|_| AlreadyStarted)?;
    Ok(RUNNING.get_or_init(|| handle).clone())
}

/// The log of this process, once it was started.
pub fn running() -> Option<&'static Handle> {
    RUNNING.get()
}

/// Changes the running log. Clones change the same one.
#[derive(Debug, Clone)]
pub struct Handle(Arc<Shared>);

impl Handle {
    /// Logs this level and graver ones from now on.
    pub fn set_level(&self, level: Level) {
        self.0.level.store(rank(level), Ordering::Relaxed);
        tracing::callsite::rebuild_interest_cache();
    }

    /// Logs each contact of an agent in detail, or no longer: the option LOGLEVEL.
    pub fn detail_of_agents(&self, on: bool) {
        if self.0.detail.swap(on, Ordering::Relaxed) != on {
            tracing::callsite::rebuild_interest_cache();
        }
    }

    /// Writes lines to files from now on, the ones that came before included.
    ///
    /// To be called once the data folder is known to be ours: two programs must not write to the same files.
    pub fn keep(&self, files: Files) {
        let mut file = Rotating::new(files.folder, files.size, files.number);
        let now = self.0.clock.elapsed();
        let mut sink = locked(&self.0.sink);
        if let Sink::Waiting(early) = &*sink {
            early.iter().for_each(|(stamp, line)| file.write(stamp, line, now));
        }
        *sink = Sink::Files(file);
    }

    /// Lines that could not be written to the file since it was last written.
    pub fn lost(&self) -> u64 {
        match &*locked(&self.0.sink) {
            Sink::Waiting(_) => 0,
            Sink::Files(file) => file.lost(),
        }
    }
}

#[derive(Debug)]
struct Shared {
    level: AtomicU8,
    detail: AtomicBool,
    clock: Clock,
    zone: TimeZone,
    limiter: Mutex<Limiter>,
    sink: Mutex<Sink>,
    terminal: Option<Colour>,
}

#[derive(Debug)]
enum Sink {
    /// No files are named yet: the time and the rest of each line so far.
    Waiting(Vec<(String, String)>),
    Files(Rotating),
}

impl Sink {
    fn write(&mut self, stamp: String, line: String, now: Duration) {
        match self {
            Sink::Waiting(early) if early.len() < EARLY_MOST => early.push((stamp, line)),
            Sink::Waiting(_) => {}
            Sink::Files(file) => file.write(&stamp, &line, now),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Plain,
    Coloured,
}

/// A thread that panicked while it held the lock leaves nothing behind that matters here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const LEVELS: [Level; 5] = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];

fn rank(level: Level) -> u8 {
    LEVELS.iter().zip(0..).find(|(known, _)| **known == level).map_or(2, |(_, rank)| rank)
}

/// Whether the target is a part of this program.
fn is_ours(target: &str) -> bool {
    inside(target).is_some()
}

/// Whether the target is the dialogue with agents.
fn is_of_agents(target: &str) -> bool {
    inside(target).and_then(|path| path.strip_prefix("::agent")).is_some_and(is_end)
}

/// Whether the target speaks with agents or browsers: who is at the other end can make it write.
fn is_of_peers(target: &str) -> bool {
    is_of_agents(target) || inside(target).and_then(|path| path.strip_prefix("::console")).is_some_and(is_end)
}

/// The path of a target inside of this program: `::agent::visit`.
fn inside(target: &str) -> Option<&str> {
    target.strip_prefix("rollcall").filter(|path| is_end(path))
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with("::")
}

impl Shared {
    fn level(&self) -> Level {
        LEVELS.get(usize::from(self.level.load(Ordering::Relaxed))).copied().unwrap_or(Level::INFO)
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let level = self.level();
        let target = metadata.target();
        let most = if is_of_agents(target) && self.detail.load(Ordering::Relaxed) {
            level.max(Level::DEBUG)
        } else if is_ours(target) {
            level
        } else {
            // Packages say what they repair or refuse, and nothing else.
            level.min(Level::WARN)
        };
        *metadata.level() <= most
    }

    /// The time as it begins a line: `2026-11-20 14:05:09+01:00`.
    fn stamp(&self) -> String {
        jiff::Timestamp::from_second(self.clock.now().0).map_or_else(
            |_| "(no time)".to_owned(),
            |now| now.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string(),
        )
    }

    fn write(&self, level: Level, text: &str) {
        let stamp = self.stamp();
        if let Some(colour) = self.terminal {
            let line = match colour {
                Colour::Plain => format!("{stamp} {level:>5} {text}\n"),
                Colour::Coloured => format!("{stamp} \u{1b}[{}m{level:>5}\u{1b}[0m {text}\n", paint(level)),
            };
            // Nobody is left to be told when the terminal is gone.
            let _ = std::io::stderr().lock().write_all(line.as_bytes());
        }
        locked(&self.sink).write(stamp, format!("{level:>5} {text}"), self.clock.elapsed());
    }
}

fn paint(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 36,
        Level::TRACE => 90,
    }
}

/// Colours only for a terminal that shows them, and not where the environment says otherwise.
fn colour() -> Colour {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // Old consoles of Windows would show the codes as they are.
    let able = !cfg!(windows) || set("WT_SESSION") || set("TERM");
    let coloured = able && !set("NO_COLOR") && std::io::stderr().is_terminal();
    if coloured { Colour::Coloured } else { Colour::Plain }
}

/// Receives events and writes them.
struct Log(Arc<Shared>);

impl Log {
    fn new(setup: Setup) -> (Log, Handle) {
        let shared = Arc::new(Shared {
            level: AtomicU8::new(rank(setup.level)),
            detail: AtomicBool::new(false),
            clock: setup.clock,
            zone: setup.zone,
            limiter: Mutex::default(),
            sink: Mutex::new(Sink::Waiting(Vec::new())),
            terminal: setup.terminal.then(colour),
        });
        (Log(shared.clone()), Handle(shared))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.0.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.0.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let level = self.0.level();
        let most = if self.0.detail.load(Ordering::Relaxed) { level.max(Level::DEBUG) } else { level };
        Some(LevelFilter::from_level(most))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut noted = Noted::default();
            attributes.record(&mut noted);
            span.extensions_mut().replace(noted);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(noted) = span.extensions_mut().get_mut::<Noted>()
            && noted.values.len() < SPAN_MOST
        {
            values.record(noted);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut noted = Noted::default();
        event.record(&mut noted);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Noted>() {
                noted.values.push_str(&outer.values);
                if noted.address.is_none() {
                    noted.address.clone_from(&outer.address);
                }
            }
        }
        let target = event.metadata().target();
        // What packages say has no address; a peer can make them say it all the same.
        let limited =
            if is_ours(target) { noted.address.as_deref().filter(|_| is_of_peers(target)) } else { Some(target) };
        let verdict = locked(&self.0.limiter).judge(limited, self.0.clock.elapsed().as_secs());
        for (address, lines) in verdict.left_out {
            self.0.write(
                Level::WARN,
                &format!("{lines} lines were left out: too many within a second address={address}"),
            );
        }
        if verdict.write {
            let origin = if is_ours(target) { String::new() } else { format!("{target}: ") };
            self.0.write(*event.metadata().level(), &format!("{origin}{}{}", noted.message, noted.values));
        }
    }
}

/// What an event or span carries, ready for a line.
#[derive(Debug, Default)]
struct Noted {
    message: String,
    /// Each as ` name=value`.
    values: String,
    /// The peer, for the limit.
    address: Option<String>,
}

impl Visit for Noted {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let name = field.name();
        if name == "message" {
            self.message = Escaped::message(value);
            return;
        }
        let value = if is_secret(name) { "(hidden)".to_owned() } else { Escaped::value(value) };
        // Writing to a String does not fail.
        let _ = write!(self.values, " {name}={value}");
        if name == "address" {
            self.address = Some(value);
        }
    }
}

/// Values under such names are never written, whoever logs them by mistake.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "token", "cookie", "secret", "authorization", "private_key"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
