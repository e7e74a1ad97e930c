//! The servers of a group tried out for one package: what they have in common once, then the fragments of each, a few
//! servers at a time. In memory only: after a restart it is asked for anew.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::Client;
use super::run::{Progress, Trial, alone, common};
use super::runs::{Became, Busy, RunId};
use super::short::short;
use super::{Findings, Outcome, Step, Trouble};
use crate::clock::Timestamp;
use crate::deployment::affectation::Activation;
use crate::deployment::files::Files;
use crate::deployment::package::{Package, PackageId};
use crate::deployment::place::{BadPlace, Place};
use crate::id::{ComputerId, GroupId};

/// Most servers of a series.
pub const MOST: usize = 1000;
/// Servers that are tried at the same time.
pub const BESIDE: usize = 4;
/// Series at the same time: each may fetch the largest of packages many times.
pub const AT_ONCE: usize = 1;
/// Series that are remembered.
const KEPT: usize = 5;
/// Bytes a second of a server's fragments, below which it is given up as too slow.
const SLOWEST: u64 = 256 << 10;
/// So long a server has besides.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a series tries out, and what for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The package.
    pub package: Arc<Package>,
    /// Where its information file is to be, for all servers.
    pub info: Place,
    /// The group of the servers.
    pub group: GroupId,
    /// What was typed as the address of servers that have none of their own.
    pub pattern: String,
    /// The servers, [`MOST`] at most.
    pub servers: Vec<Candidate>,
    /// The package is activated on all when all are good: by what is done then.
    pub activates: bool,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Plan {
    /// What is tried once for all servers.
    pub fn common(&self) -> Trial {
        Trial { package: self.package.clone(), fragments: self.info.clone(), info: self.info.clone() }
    }

    /// What is tried of one server; `None` where agents could not use its address.
    pub fn trial(&self, at: usize) -> Option<Trial> {
        let place = self.servers.get(at)?.place.as_ref().ok()?;
        Some(Trial { fragments: place.clone(), ..self.common() })
    }
}

/// A server that is tried out.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The computer.
    pub computer: ComputerId,
    /// Its name, as its last inventory said.
    pub name: String,
    /// Where its fragments are to be; `Err(None)` where nobody knows its address.
    pub place: Result<Place, Option<BadPlace>>,
    /// What is stored when the package is activated on it.
    pub activation: Activation,
}

/// What was found of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It waits for its turn.
    Waiting,
    /// It is being tried.
    Now,
    /// Agents would get the fragments.
    Good,
    /// What is not as it should be, first of all.
    Bad(Step, Trouble),
    /// It has no address that agents could use.
    NoPlace,
    /// It was not tried to the end.
    NotTried,
}

/// How far a series is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// What was found of what the servers have in common; `None` until that is done.
    pub common: Option<Findings>,
    /// What was found of each server, in the order of the plan.
    pub servers: Vec<Found>,
    /// It is over.
    pub ended: bool,
    /// What became of the activations that were to follow; how many.
    pub became: Option<Became<u64>>,
}

impl Now {
    /// Servers that work.
    pub fn good(&self) -> usize {
        self.servers.iter().filter(|found| **found == Found::Good).count()
    }

    /// Servers that are done with.
    pub fn tried(&self) -> usize {
        self.servers.iter().filter(|found| !matches!(found, Found::Waiting | Found::Now)).count()
    }

    /// What the servers have in common is as it should be.
    pub fn is_common_good(&self) -> bool {
        self.common.as_ref().is_some_and(Findings::is_good)
    }

    /// Agents would get the package from each server.
    pub fn is_good(&self) -> bool {
        self.is_common_good() && self.good() == self.servers.len()
    }

    /// Whether the package may be activated in spite of what is not as it should be, as for one place.
    pub fn may_activate(&self) -> bool {
        self.ended && self.common.as_ref().is_some_and(Findings::may_activate)
    }
}

/// What is done with what was found, on the thread of the series; not where somebody ended it.
pub type Then = Box<dyn FnOnce(&Now) -> Option<Became<u64>> + Send>;

/// The servers of a group that are or were tried out.
#[derive(Debug)]
pub struct Series {
    /// What is tried out.
    pub plan: Plan,
    progress: Progress,
    now: Mutex<Now>,
    over: watch::Receiver<bool>,
}

impl Series {
    /// How far it is.
    pub fn look(&self) -> Now {
        self.now().clone()
    }

    /// Ends it at the next piece; servers whose turn has not come are not tried.
    pub fn stop(&self) {
        self.progress.stop();
    }

    /// Somebody ended it.
    pub fn is_stopped(&self) -> bool {
        self.progress.is_stopped()
    }

    /// Waits for its end, so long at most.
    pub async fn wait(&self, most: Duration) {
        let mut over = self.over.clone();
        let _ = tokio::time::timeout(most, over.wait_for(|over| *over)).await;
    }

    /// What is stored when the package is activated on all servers, or on those alone that work.
    pub fn wanted(&self, all: bool) -> Vec<Activation> {
        let now = self.now();
        let pairs = self.plan.servers.iter().zip(&now.servers);
        pairs.filter(|(_, found)| all || **found == Found::Good).map(|(one, _)| one.activation.clone()).collect()
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, at: usize, found: Found) {
        if let Some(place) = self.now().servers.get_mut(at) {
            *place = found;
        }
    }
}

/// Every series of a running server.
#[derive(Debug, Default)]
pub struct Table {
    inner: Mutex<(RunId, BTreeMap<RunId, Arc<Series>>)>,
}

impl Table {
    /// Begins one on a thread of its own.
    ///
    /// # Errors
    /// [`Busy`], also when the system gives no thread.
    pub fn begin(&self, plan: Plan, client: Client, files: Files, then: Then) -> Result<RunId, Busy> {
        let (tell, over) = watch::channel(false);
        let (id, series) = {
            let mut inner = self.inner();
            let (last, all) = &mut *inner;
            if all.values().filter(|one| !one.now().ended).count() >= AT_ONCE {
                return Err(Busy);
            }
            let first = |one: &Candidate| if one.place.is_ok() { Found::Waiting } else { Found::NoPlace };
            let servers = plan.servers.iter().map(first).collect();
            let now = Mutex::new(Now { common: None, servers, ended: false, became: None });
            let series = Arc::new(Series { plan, progress: Progress::default(), now, over });
            *last += 1;
            all.insert(*last, series.clone());
            while all.len() > KEPT {
                all.pop_first();
            }
            (*last, series)
        };
        let end = End { series: series.clone(), tell };
        let work = move || {
            let end = end;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(try_out(series.clone(), client, files));
            let became = if series.is_stopped() { None } else { then(&series.look()) };
            end.series.now().became = became;
        };
        // Where no thread can be had, the end of `end` says so.
        match std::thread::Builder::new().name("series".to_owned()).spawn(work) {
            Ok(_) => Ok(id),
            Err(_) => Err(Busy),
        }
    }

    /// One as it is now.
    pub fn look(&self, id: RunId) -> Option<Arc<Series>> {
        self.inner().1.get(&id).cloned()
    }

    /// The one that is not over yet.
    pub fn under_way(&self) -> Option<(RunId, Arc<Series>)> {
        let inner = self.inner();
        inner.1.iter().find(|(_, one)| !one.now().ended).map(|(id, one)| (*id, one.clone()))
    }

    /// Ends those of a package that is removed.
    pub fn stop(&self, package: PackageId) {
        let inner = self.inner();
        inner.1.values().filter(|one| one.plan.package.id == package).for_each(|one| one.stop());
    }

    fn inner(&self) -> MutexGuard<'_, (RunId, BTreeMap<RunId, Arc<Series>>)> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes the end of a series, also of one that broke down.
struct End {
    series: Arc<Series>,
    tell: watch::Sender<bool>,
}

impl Drop for End {
    fn drop(&mut self) {
        {
            let mut now = self.series.now();
            let open = now.servers.iter_mut().filter(|found| matches!(found, Found::Waiting | Found::Now));
            open.for_each(|found| *found = Found::NotTried);
            now.ended = true;
        }
        let _ = self.tell.send(true);
    }
}

async fn try_out(series: Arc<Series>, client: Client, files: Files) {
    let found = common(&series.plan.common(), &client, &files, &series.progress).await;
    let own = (found.of(Step::Own) == Some(&Outcome::Good)).then_some(files);
    series.now().common = Some(found);
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..BESIDE {
        workers.spawn(one_after_the_other(series.clone(), client.clone(), own.clone(), next.clone()));
    }
    while workers.join_next().await.is_some() {}
}

async fn one_after_the_other(series: Arc<Series>, client: Client, own: Option<Files>, next: Arc<AtomicUsize>) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        if at >= series.plan.servers.len() || series.is_stopped() {
            return;
        }
        let Some(trial) = series.plan.trial(at) else { continue };
        series.note(at, Found::Now);
        let most = most_time(trial.package.size());
        let tried = alone(&trial, &client, own.as_ref(), &series.progress);
        let found = match tokio::time::timeout(most, tried).await {
            Err(_) => Found::Bad(Step::Fragments, Trouble::Late(most.as_secs().div_ceil(60))),
            Ok(findings) if findings.is_good() => Found::Good,
            Ok(findings) => {
                findings.first_bad().map_or(Found::NotTried, |(step, why)| Found::Bad(step, short(why.clone())))
            }
        };
        series.note(at, found);
    }
}

/// So long a server may take for an archive of so many bytes.
fn most_time(size: u64) -> Duration {
    PATIENCE + Duration::from_secs(size / SLOWEST)
}

#[cfg(test)]
mod tests;
