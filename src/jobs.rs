//! What runs by itself, and when.
//!
//! Due times are on the monotonic clock: a system clock that is set neither skips nor repeats anything. Two threads:
//! what must be in time is never behind what may take long.

mod intact;
mod list;
mod registry;
mod space;
mod sticks;
mod train;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::{error, warn};

pub use list::JOBS;

use crate::agent::Agents;
use crate::app::{App, JobState};
use crate::clock::{Clock, Timestamp};
use crate::import::folder::Folder;
use crate::inventory::software::ItemId;
use crate::running::People;
use crate::tls::Tls;

/// One job.
pub struct Job {
    /// Its name, for logs and the status page.
    pub name: &'static str,
    /// Time from the end of one run to the beginning of the next.
    pub every: Duration,
    /// On which thread.
    pub lane: Lane,
    /// What it does.
    pub run: fn(&Round) -> Result<Again, Box<dyn std::error::Error>>,
}

/// The thread of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Milliseconds, and waited for by others.
    Quick,
    /// May take seconds or more.
    Slow,
}

/// When a job wants to run again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// After its time.
    AsPlanned,
    /// At once: there is more to do.
    AtOnce,
}

/// What jobs work on.
pub struct Round {
    agents: Arc<Agents>,
    tls: Option<Arc<Tls>>,
    people: Option<People>,
    folder: Mutex<Option<Folder>>,
    retired: Mutex<Vec<ItemId>>,
    sticks: sticks::Watch,
    runtime: Handle,
    ending: Arc<AtomicBool>,
}

impl Round {
    /// For a running server.
    pub fn new(agents: Arc<Agents>, tls: Option<Arc<Tls>>, people: Option<People>, runtime: Handle) -> Round {
        let folder = Folder::new(agents.app().folder("import"));
        let folder = folder.inspect_err(|error| warn!("the folder `import` cannot be watched: {error}")).ok();
        Round {
            agents,
            tls,
            people,
            folder: Mutex::new(folder),
            retired: Mutex::default(),
            sticks: sticks::Watch::default(),
            runtime,
            ending: Arc::default(),
        }
    }

    fn app(&self) -> &Arc<App> {
        self.agents.app()
    }

    fn ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }
}

/// The running jobs. They end when this is dropped; a job that is running is waited for.
pub struct Jobs {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    round: Round,
    ended: Mutex<bool>,
    wake: Condvar,
}

impl Jobs {
    /// Starts them.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(round: Round) -> std::io::Result<Jobs> {
        let shared = Arc::new(Shared { round, ended: Mutex::new(false), wake: Condvar::new() });
        let mut threads = Vec::new();
        for (name, lane) in [("jobs", Lane::Quick), ("jobs-slow", Lane::Slow)] {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name(name.to_owned());
            threads.push(thread.spawn(move || work(&shared, lane))?);
        }
        Ok(Jobs { shared, threads })
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.shared.round.ending.store(true, Ordering::SeqCst);
        *lock(&self.shared.ended) = true;
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.shared.round.sticks.end();
    }
}

fn work(shared: &Shared, lane: Lane) {
    let jobs: Vec<&Job> = JOBS.iter().filter(|job| job.lane == lane).collect();
    let clock = &shared.round.app().clock;
    let mut schedule = Schedule::new(jobs.iter().map(|job| job.every), clock.elapsed());
    let mut failing = vec![false; jobs.len()];
    for (at, job) in jobs.iter().enumerate() {
        tell(
            shared.round.app(),
            JobState { name: job.name, last: None, next: schedule.next(at, clock), failing: false },
        );
    }
    loop {
        let now = clock.elapsed();
        let Some(at) = schedule.due(now) else {
            let ended = lock(&shared.ended);
            let waited = shared.wake.wait_timeout_while(ended, schedule.wait(now), |ended| !*ended);
            if *waited.unwrap_or_else(PoisonError::into_inner).0 {
                return;
            }
            continue;
        };
        if shared.round.ending() {
            return;
        }
        let Some(job) = jobs.get(at) else { return };
        let outcome = catch_unwind(AssertUnwindSafe(|| (job.run)(&shared.round)))
            .unwrap_or_else(|_| Err("a fault in the program".into()));
        let again = match outcome {
            Ok(again) => {
                failing.iter_mut().skip(at).take(1).for_each(|failing| *failing = false);
                again
            }
            Err(why) => {
                // Told once: a full disk would fill the log as well.
                if failing.get(at) == Some(&false) {
                    error!("the job `{}` failed: {}", job.name, chain(why.as_ref()));
                }
                failing.iter_mut().skip(at).take(1).for_each(|failing| *failing = true);
                Again::AsPlanned
            }
        };
        schedule.ran(at, again, clock.elapsed());
        let failing = failing.get(at).copied().unwrap_or_default();
        let next = schedule.next(at, clock);
        tell(shared.round.app(), JobState { name: job.name, last: Some(clock.now()), next, failing });
    }
}

/// Notes how a job is, for people.
fn tell(app: &App, state: JobState) {
    let mut known = lock(&app.jobs);
    match known.iter_mut().find(|known| known.name == state.name) {
        Some(known) => *known = state,
        None => known.push(state),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Who is due when. Plain values: the time is handed in.
struct Schedule {
    every: Vec<Duration>,
    next: Vec<Duration>,
}

impl Schedule {
    fn new(every: impl Iterator<Item = Duration>, now: Duration) -> Schedule {
        let every: Vec<Duration> = every.collect();
        // Nothing runs twice a minute that did not wait a second at the start as well.
        let next = every.iter().map(|every| now + (*every).min(Duration::from_secs(60))).collect();
        Schedule { every, next }
    }

    /// The one that has waited longest.
    fn due(&self, now: Duration) -> Option<usize> {
        let (at, next) = self.next.iter().enumerate().min_by_key(|(_, next)| **next)?;
        (*next <= now).then_some(at)
    }

    /// When one runs again, on the clock that people read.
    fn next(&self, at: usize, clock: &Clock) -> Timestamp {
        let wait = self.next.get(at).copied().unwrap_or_default().saturating_sub(clock.elapsed());
        clock.now().plus(i64::try_from(wait.as_secs()).unwrap_or_default())
    }

    fn wait(&self, now: Duration) -> Duration {
        self.next.iter().min().map_or(Duration::from_secs(1), |next| next.saturating_sub(now))
    }

    fn ran(&mut self, at: usize, again: Again, now: Duration) {
        let every = self.every.get(at).copied().unwrap_or_default();
        if let Some(next) = self.next.get_mut(at) {
            *next = match again {
                Again::AsPlanned => now + every,
                Again::AtOnce => now,
            };
        }
    }
}

/// What a panic left behind is as good as any other state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn jobs_run_after_their_time_and_never_in_a_burst() {
        let mut schedule = Schedule::new([SECOND, SECOND * 5].into_iter(), Duration::ZERO);
        assert_eq!((schedule.due(Duration::ZERO), schedule.wait(Duration::ZERO)), (None, SECOND));
        assert_eq!(schedule.due(SECOND), Some(0));
        schedule.ran(0, Again::AsPlanned, SECOND);
        assert_eq!(schedule.due(SECOND), None);
        // A machine that slept for a day does not make up for it.
        let later = SECOND * 86_400;
        for at in [0, 1] {
            assert_eq!(schedule.due(later), Some(at));
            schedule.ran(at, Again::AsPlanned, later);
        }
        assert_eq!((schedule.due(later), schedule.wait(later)), (None, SECOND));
    }

    #[test]
    fn a_job_with_more_to_do_lets_the_others_go_first() {
        let mut schedule = Schedule::new([SECOND, SECOND].into_iter(), Duration::ZERO);
        assert_eq!(schedule.due(SECOND * 2), Some(0));
        schedule.ran(0, Again::AtOnce, SECOND * 2);
        assert_eq!(schedule.due(SECOND * 2), Some(1));
    }

    #[test]
    fn con_sta_1_every_job_has_a_name_for_people_and_says_when_it_runs_again() {
        for job in JOBS {
            let key = format!("status.job-{}", job.name.replace(' ', "-"));
            for lang in crate::i18n::Lang::ALL {
                assert!(crate::i18n::known(lang, &key).is_some(), "{key}");
            }
        }
        let clock = Clock::by_hand(Timestamp(1000));
        let mut schedule = Schedule::new([SECOND * 5].into_iter(), clock.elapsed());
        clock.forward(7);
        schedule.ran(0, Again::AsPlanned, clock.elapsed());
        assert_eq!(schedule.next(0, &clock), Timestamp(1012));
        assert_eq!(schedule.next(9, &clock), Timestamp(1007));
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = JOBS.iter().map(|job| job.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), JOBS.len());
    }
}
