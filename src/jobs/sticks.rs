//! Who looks at USB sticks (CON-IMP-5): each place on a thread of its own, because a drive that does not answer holds
//! whoever asks it. Nothing here waits for a drive, the end of the program excepted, and that not for long.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, TryLockError};
use std::thread;
use std::time::Duration;

use tracing::warn;

use super::{Again, Round, lock};
use crate::app::sticks::Mute;
use crate::import::stick::{self, Memory, Place, Tools};
use crate::system;

/// Places that are visited at the same time.
const AT_ONCE: usize = 8;
/// A drive that does not answer for so long is told of.
const SILENT: Duration = Duration::from_secs(30);
/// How long the end of the program waits for visits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The places that are known, and the visits that go on.
#[derive(Debug, Default)]
pub(super) struct Watch {
    places: Mutex<BTreeMap<Place, Known>>,
    visits: Arc<Visits>,
}

#[derive(Debug)]
struct Known {
    memory: Arc<Mutex<Memory>>,
    /// When the last visit began.
    since: Option<Duration>,
}

/// Counts visits.
#[derive(Debug, Default)]
struct Visits {
    count: Mutex<usize>,
    fewer: Condvar,
}

/// Says that a visit has ended, however it did.
struct Visit(Arc<Visits>);

impl Drop for Visit {
    fn drop(&mut self) {
        *lock(&self.0.count) -= 1;
        self.0.fewer.notify_all();
    }
}

/// Begins a visit to each place that is not being visited.
pub(super) fn look(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    // A second site stores no inventories.
    if app.config.replica_of.is_some() {
        return Ok(Again::AsPlanned);
    }
    let places = stick::places(&system::drives(), &app.config.stick_folders, cfg!(windows));
    let mut known = lock(&round.sticks.places);
    let now = app.clock.elapsed();
    known.retain(|place, one| {
        let there = places.contains(place);
        if !there {
            app.sticks.lost(|path| path.starts_with(&place.root), app.clock.now());
        }
        // A visit that goes on is waited for: it may have told of a stick meanwhile.
        let free = free(&one.memory).filter(|_| !there).map(|mut memory| stick::gone(app, &mut memory));
        free.is_none()
    });
    for place in turns(places, |place| known.get(place).and_then(|one| one.since)) {
        let one = known.entry(place.clone()).or_insert_with(|| Known { memory: Arc::default(), since: None });
        if free(&one.memory).is_none() {
            let silent = one.since.is_some_and(|since| now.saturating_sub(since) >= SILENT);
            if silent && !app.sticks.is_at_work(&place.root) {
                app.sticks.note_mute(&place.root, Some(Mute::Silent));
            }
            continue;
        }
        if *lock(&round.sticks.visits.count) >= AT_ONCE {
            break;
        }
        one.since = Some(now);
        begin(round, place, one.memory.clone())?;
    }
    Ok(Again::AsPlanned)
}

/// Places in the order of their turns: those that waited longest go first, so that no number of others keeps one out.
fn turns(mut places: Vec<Place>, begun: impl Fn(&Place) -> Option<Duration>) -> Vec<Place> {
    places.sort_by_key(begun);
    places
}

/// What is remembered of a place, when no visit goes on there.
fn free(memory: &Mutex<Memory>) -> Option<MutexGuard<'_, Memory>> {
    match memory.try_lock() {
        Ok(memory) => Some(memory),
        Err(TryLockError::Poisoned(memory)) => Some(memory.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn begin(round: &Round, place: Place, memory: Arc<Mutex<Memory>>) -> std::io::Result<()> {
    let authority = round.tls.as_ref().map(|tls| tls.authority_pem()).unwrap_or_default();
    let tools = Tools { agents: round.agents.clone(), runtime: round.runtime.clone(), authority };
    let ending = round.ending.clone();
    *lock(&round.sticks.visits.count) += 1;
    let visit = Visit(round.sticks.visits.clone());
    let thread = thread::Builder::new().name("stick".to_owned());
    let begun = thread.spawn(move || {
        let _visit = visit;
        let ending = || ending.load(Ordering::SeqCst);
        stick::visit(&tools, &place, &mut lock(&memory), &ending);
    });
    begun.map(drop)
}

impl Watch {
    /// Waits for the visits that go on, for a while. One that hangs holds a drive, not the database: what it stored is on
    /// the disk.
    pub(super) fn end(&self) {
        let count = lock(&self.visits.count);
        let waited = self.visits.fewer.wait_timeout_while(count, PATIENCE, |count| *count > 0);
        if waited.is_ok_and(|(count, _)| *count > 0) {
            warn!("a stick does not answer; it is waited for no longer");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server with many disks below `/mnt`, and a stick below `/run/media`.
    #[test]
    fn con_imp_5_however_many_drives_there_are_each_has_its_turn() {
        let place = |name: String| Place { root: name.into(), named: false };
        let disks = (0..3 * AT_ONCE).map(|number| place(format!("/mnt/disk{number}")));
        let places: Vec<Place> = disks.chain([place("/run/media/anne/KEY".into())]).collect();
        let mut begun: BTreeMap<Place, Duration> = BTreeMap::new();
        for round in 0..4 {
            for place in turns(places.clone(), |place| begun.get(place).copied()).into_iter().take(AT_ONCE) {
                begun.insert(place, Duration::from_secs(2 * round));
            }
        }
        assert_eq!(begun.len(), places.len());
    }
}
