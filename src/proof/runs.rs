//! Proofs that are under way, and what the latest ones found. In memory only: after a restart they are asked for anew.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Findings;
use super::client::Client;
use super::run::{Progress, Trial, run};
use super::series::{self, Plan, Series};
use crate::clock::Timestamp;
use crate::deployment::affectation::ActivationId;
use crate::deployment::files::Files;
use crate::deployment::package::PackageId;

/// Proofs at the same time: each may read the largest of packages twice.
pub const AT_ONCE: usize = 2;
/// Proofs that are remembered.
const KEPT: usize = 30;

/// Every proof of a running server.
#[derive(Debug, Default)]
pub struct Proofs {
    inner: Mutex<Inner>,
    series: series::Table,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    runs: BTreeMap<u64, Run>,
    hosts: BTreeMap<String, IpAddr>,
}

/// Number of a proof.
pub type RunId = u64;

/// A proof.
#[derive(Debug, Clone)]
pub struct Run {
    /// What is tried out.
    pub trial: Trial,
    /// The package is activated when all is good.
    pub activates: bool,
    /// Who asked.
    pub by: String,
    /// When it began.
    pub begun: Timestamp,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// What it found, and what followed; `None` while it runs.
    pub ended: Option<Ended>,
    over: watch::Receiver<bool>,
}

/// The end of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it found; without steps when it broke down.
    pub findings: Findings,
    /// What became of the activation that was to follow.
    pub became: Option<Became>,
}

/// What became of an activation. `T` says what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became<T = ActivationId> {
    /// It is stored.
    Activated(T),
    /// The package was activated at this place meanwhile.
    Same,
    /// The package is not there any more.
    Gone,
    /// Who asked for it may not activate packages any more.
    Forbidden,
    /// What was tried out is reached at another address by now.
    Changed,
    /// It could not be stored.
    Failed,
}

/// As many proofs as can be are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// What is done with what was found, on the thread of the proof; not where somebody ended it.
pub type Then = Box<dyn FnOnce(&Findings) -> Option<Became> + Send>;

/// Who asks for a proof, and what for.
pub struct Wish {
    /// What is tried out.
    pub trial: Trial,
    /// The package is activated when all is good: by what is done then.
    pub activates: bool,
    /// Who asks.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Proofs {
    /// Begins a proof on a thread of its own.
    ///
    /// # Errors
    /// [`Busy`], also when the system gives no thread.
    pub fn begin(self: &Arc<Self>, wish: Wish, client: Client, files: Files, then: Then) -> Result<RunId, Busy> {
        let Wish { trial, activates, by, at } = wish;
        let (tell, over) = watch::channel(false);
        let progress = Arc::new(Progress::default());
        let (id, client) = {
            let mut inner = self.inner();
            if inner.runs.values().filter(|run| run.ended.is_none()).count() >= AT_ONCE {
                return Err(Busy);
            }
            inner.last += 1;
            let id = inner.last;
            let (trial, progress) = (trial.clone(), progress.clone());
            inner.runs.insert(id, Run { trial, activates, by, begun: at, progress, ended: None, over });
            inner.forget();
            (id, client.knowing(inner.hosts.clone()))
        };
        let mut end = End { proofs: self.clone(), id, tell, ended: None };
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            let findings = runtime.block_on(run(&trial, &client, &files, &progress));
            let became = if progress.is_stopped() { None } else { then(&findings) };
            end.note(Ended { findings, became });
        };
        // Where no thread can be had, the end of `end` says so.
        match std::thread::Builder::new().name("proof".to_owned()).spawn(work) {
            Ok(_) => Ok(id),
            Err(_) => Err(Busy),
        }
    }

    /// A proof as it is now.
    pub fn look(&self, id: RunId) -> Option<Run> {
        self.inner().runs.get(&id).cloned()
    }

    /// Waits for the end of a proof, so long at most.
    pub async fn wait(&self, id: RunId, most: Duration) {
        let Some(mut over) = self.look(id).map(|run| run.over) else { return };
        let _ = tokio::time::timeout(most, over.wait_for(|over| *over)).await;
    }

    /// Begins to try the servers of a group out, on a thread of its own.
    ///
    /// # Errors
    /// [`Busy`], also when the system gives no thread.
    pub fn begin_series(&self, plan: Plan, client: Client, files: Files, then: series::Then) -> Result<RunId, Busy> {
        let client = client.knowing(self.inner().hosts.clone());
        self.series.begin(plan, client, files, then)
    }

    /// The servers of a group that are or were tried out.
    pub fn series(&self, id: RunId) -> Option<Arc<Series>> {
        self.series.look(id)
    }

    /// The series that is not over yet.
    pub fn series_under_way(&self) -> Option<(RunId, Arc<Series>)> {
        self.series.under_way()
    }

    /// Ends the proofs of a package that is removed.
    pub fn stop(&self, package: PackageId) {
        self.series.stop(package);
        let inner = self.inner();
        let of_it = inner.runs.values().filter(|run| run.trial.package.id == package);
        of_it.for_each(|run| run.progress.stop());
    }

    /// Notes that a name stands for an address, whatever the system says: for tests.
    pub fn know(&self, host: &str, address: IpAddr) {
        self.inner().hosts.insert(host.to_owned(), address);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Forgets the oldest that are over.
    fn forget(&mut self) {
        let over: Vec<RunId> = self.runs.iter().filter(|(_, run)| run.ended.is_some()).map(|(id, _)| *id).collect();
        for id in over.iter().take(self.runs.len().saturating_sub(KEPT)) {
            self.runs.remove(id);
        }
    }
}

/// Notes the end of a proof, also of one that broke down.
struct End {
    proofs: Arc<Proofs>,
    id: RunId,
    tell: watch::Sender<bool>,
    ended: Option<Ended>,
}

impl End {
    fn note(&mut self, ended: Ended) {
        self.ended = Some(ended);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let ended = self.ended.take().unwrap_or(Ended { findings: Findings::default(), became: None });
        if let Some(run) = self.proofs.inner().runs.get_mut(&self.id) {
            run.ended = Some(ended);
        }
        let _ = self.tell.send(true);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::testing::{Fake, NOW, TIMES, client, package, published, said};
    use super::*;
    use crate::deployment::place::Place;

    #[test]
    fn con_dep_9_two_proofs_run_at_the_same_time_and_no_more() {
        let (package, archive) = package();
        let folder = tempfile::tempdir().unwrap();
        let files = published(folder.path(), &package, &archive);
        let fake = Fake::start(None, Arc::new(|_| said("404 Not Found", b"")));
        let place = Place { host: "127.0.0.1".into(), port: Some(fake.port), folder: "download".into() };
        let trial = Trial { package: Arc::new(package), info: place.clone(), fragments: place };
        let proofs = Arc::new(Proofs::default());
        let begin = |then: Then| {
            let wish = Wish { trial: trial.clone(), activates: true, by: "boss".into(), at: NOW };
            let brief = super::super::client::Times { handshake: Duration::from_millis(50), ..TIMES };
            proofs.begin(wish, client(brief), files.clone(), then)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let end = |id| {
            runtime.block_on(proofs.wait(id, Duration::from_secs(60)));
            proofs.look(id).and_then(|run| run.ended)
        };
        let (go, gate) = mpsc::channel::<()>();
        let first = begin(Box::new(move |_| gate.recv().ok().map(|()| Became::Gone))).unwrap();
        let (other_go, gate) = mpsc::channel::<()>();
        let second = begin(Box::new(move |_| gate.recv().ok().map(|()| Became::Same))).unwrap();
        assert_eq!(begin(Box::new(|_| None)), Err(Busy));
        assert!(proofs.look(first).is_some_and(|run| run.ended.is_none() && run.activates));
        go.send(()).unwrap();
        let ended = end(first).unwrap();
        assert_eq!((ended.became, ended.findings.is_good()), (Some(Became::Gone), false));
        // One that breaks down is over as well, and its place is free.
        let third = begin(Box::new(|_| panic!("on purpose"))).unwrap();
        assert_eq!(end(third), Some(Ended { findings: Findings::default(), became: None }));
        other_go.send(()).unwrap();
        assert!(end(second).is_some());
        for _ in 0..KEPT + 5 {
            let id = begin(Box::new(|_| None)).unwrap();
            proofs.stop(PackageId(trial.package.id.0 + 1));
            assert!(!proofs.look(id).unwrap().progress.is_stopped(), "another package");
            proofs.stop(trial.package.id);
            assert!(proofs.look(id).unwrap().progress.is_stopped());
            assert!(end(id).is_some());
        }
        assert!(proofs.look(first).is_none() && proofs.inner().runs.len() == KEPT);
    }
}
