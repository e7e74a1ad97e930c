//! Packages, activations and affectations in memory, for the answers to agents. It follows each commit.
//!
//! What agents are told at a PROLOG is noted here and written within a second: after a crash in between an agent is
//! told once more, which it ignores.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::affectation::{Activation, ActivationId, Affectation, State};
use super::fetches::Fetches;
use super::orders;
use super::package::{Package, PackageId};
use super::standing;
use super::store::{self, AFFECTATIONS};
use super::through::{self, GroupAffectation};
use crate::clock::Timestamp;
use crate::groups::servers;
use crate::id::{ComputerId, GroupId};
use crate::protocol::reply::Param;
use crate::store::{Changes, Error, Read};

/// The copy in memory.
#[derive(Debug, Default)]
pub struct Board {
    inner: RwLock<Inner>,
    /// Who fetched what of a package.
    pub fetches: Fetches,
    /// States that are not on the disk yet.
    waiting: Mutex<BTreeMap<(ComputerId, ActivationId), (State, Timestamp)>>,
}

/// Affectations of one computer, older activations first. Boxed: a map makes room for eleven at once, and most
/// computers have one.
pub type Rows = BTreeMap<ActivationId, Box<Affectation>>;

/// What the board holds.
#[derive(Debug, Default)]
pub struct Inner {
    /// Packages by their number.
    pub packages: BTreeMap<PackageId, Arc<Package>>,
    /// Activations by their number.
    pub activations: BTreeMap<ActivationId, Arc<Activation>>,
    /// Affectations of each computer that has any.
    pub affectations: HashMap<ComputerId, Rows>,
    /// Affectations of groups.
    pub through: BTreeMap<(GroupId, ActivationId), GroupAffectation>,
}

impl Board {
    /// Reads what is stored.
    ///
    /// # Errors
    /// Those of the store. A damaged affectation is left out: the others count all the same.
    pub fn load(store: &impl Read) -> Result<Board, Error> {
        let board = Board::default();
        board.reload(store)?;
        board.fetches.reload(store)?;
        Ok(board)
    }

    /// Reads what is stored again, on the writer's thread.
    ///
    /// # Errors
    /// Those of the store.
    pub fn reload(&self, store: &impl Read) -> Result<(), Error> {
        let packages = store::packages(store)?.into_iter().map(|(id, package)| (id, Arc::new(package))).collect();
        let activations = store::activations(store)?.into_iter().map(|(id, one)| (id, Arc::new(one))).collect();
        let mut affectations: HashMap<ComputerId, Rows> = HashMap::new();
        store.scan(&AFFECTATIONS, &mut |record| {
            match record {
                Ok(((id, activation), affectation)) => {
                    affectations.entry(id).or_default().insert(ActivationId(activation), Box::new(affectation));
                }
                Err(error) => tracing::error!("{error}; that affectation is left out"),
            }
            true
        })?;
        let through = through::all(store)?;
        *self.write() = Inner { packages, activations, affectations, through };
        Ok(())
    }

    /// Reads the affectations of some computers again, and the activations on those that are redistribution servers.
    ///
    /// # Errors
    /// Those of the store.
    pub fn follow(&self, store: &impl Read, ids: &[ComputerId]) -> Result<(), Error> {
        let serves = |one: &Arc<Activation>| one.server.is_some_and(|server| ids.contains(&server.computer));
        if self.look().activations.values().any(serves) {
            let activations = store::activations(store)?.into_iter().map(|(id, one)| (id, Arc::new(one))).collect();
            self.write().activations = activations;
        }
        for id in ids {
            let stored = store::of_computer(store, *id)?.into_iter();
            let stored: Rows = stored.map(|(activation, row)| (activation, Box::new(row))).collect();
            let mut inner = self.write();
            if stored.is_empty() {
                inner.affectations.remove(id);
            } else {
                inner.affectations.insert(*id, stored);
            }
        }
        Ok(())
    }

    /// What is known now. Not to be kept for long: answers to agents wait for it.
    pub fn look(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, after a commit said so.
    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.write());
    }

    /// The packages that a computer is told at a PROLOG; they count as told from now on. `history` is asked only when
    /// something is open, `server` for the address and name of a redistribution server.
    ///
    /// A package whose server is not there, or whose address is not known, is not told: it waits.
    ///
    /// # Errors
    /// Those of `history`; then nothing is told this time.
    pub fn tell(
        &self,
        id: ComputerId,
        secure: bool,
        now: Timestamp,
        history: impl FnOnce() -> Result<BTreeSet<PackageId>, Error>,
        server: impl Fn(ComputerId) -> Option<(String, String)>,
    ) -> Result<Vec<Param>, Error> {
        if !self.look().is_open(id) {
            return Ok(Vec::new());
        }
        let history = history()?;
        let places = self.places(id, server);
        let mut inner = self.write();
        let Inner { activations, affectations, .. } = &mut *inner;
        let Some(rows) = affectations.get_mut(&id) else { return Ok(Vec::new()) };
        let open = rows.iter().filter_map(|(id, affectation)| {
            let activation = activations.get(id)?.as_ref();
            (activation.server.is_none() || places.contains_key(id)).then_some((activation, affectation.as_ref()))
        });
        let orders = orders::decide(open, &history);
        let param = |told: &ActivationId| {
            let activation = activations.get(told)?.as_ref();
            let fragments = places.get(told).unwrap_or(&activation.fragments);
            Some(orders::param(activation, rows.get(told)?, fragments, secure))
        };
        let params = orders.told.iter().filter_map(param).collect();
        let mut waiting = self.waiting();
        let changed = [(&orders.notified, State::NOTIFIED), (&orders.in_history, State::IN_HISTORY)];
        for (activation, state) in changed.iter().flat_map(|(ids, state)| ids.iter().map(move |id| (*id, *state))) {
            if let Some(affectation) = rows.get_mut(&activation) {
                **affectation = std::mem::take(affectation.as_mut()).noted(State::of(state), now);
                waiting.insert((id, activation), (State::of(state), now));
            }
        }
        Ok(params)
    }

    /// Where the redistribution servers of a computer's open affectations have the fragments, as far as they are there.
    /// They are asked for while nothing is held here.
    fn places(
        &self,
        id: ComputerId,
        server: impl Fn(ComputerId) -> Option<(String, String)>,
    ) -> BTreeMap<ActivationId, String> {
        let wanted: Vec<(Arc<Activation>, ComputerId)> = {
            let inner = self.look();
            let open = inner.affectations.get(&id).into_iter().flatten().filter(|(_, row)| row.state.is_open());
            let served = open.filter_map(|(id, _)| {
                let activation = inner.activations.get(id)?;
                Some((activation.clone(), activation.server?.computer))
            });
            served.collect()
        };
        let place = |(activation, computer): (Arc<Activation>, ComputerId)| {
            let (ip, name) = server(computer)?;
            Some((activation.id, servers::resolve(&activation.fragments, &ip, &name)?))
        };
        wanted.into_iter().filter_map(place).collect()
    }

    /// States that were noted since the last time, as changes of the file; with them, what to give back when they
    /// cannot be written.
    pub fn to_write(&self) -> (Changes, Vec<(ComputerId, ActivationId, State, Timestamp)>) {
        let mut changes = Changes::new();
        let taken = std::mem::take(&mut *self.waiting());
        let taken = taken.into_iter().map(|((id, activation), (state, at))| {
            store::note_open(&mut changes, id, activation, state.clone(), at);
            (id, activation, state, at)
        });
        let taken = taken.collect();
        (changes, taken)
    }

    /// States that could not be written wait for the next time.
    pub fn unwritten(&self, taken: Vec<(ComputerId, ActivationId, State, Timestamp)>) {
        let mut waiting = self.waiting();
        for (id, activation, state, at) in taken {
            waiting.entry((id, activation)).or_insert((state, at));
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<(ComputerId, ActivationId), (State, Timestamp)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The computers affected to some activations, with how far each is.
    pub fn affected<'a>(
        &'a self,
        activations: &'a BTreeSet<ActivationId>,
    ) -> impl Iterator<Item = (ComputerId, ActivationId, &'a Affectation)> {
        self.affectations.iter().flat_map(move |(id, rows)| {
            let these = rows.iter().filter(|(activation, _)| activations.contains(activation));
            these.map(move |(activation, affectation)| (*id, *activation, affectation.as_ref()))
        })
    }

    /// Whether something of a computer is not over.
    pub fn is_open(&self, id: ComputerId) -> bool {
        let rows = self.affectations.get(&id);
        rows.is_some_and(|rows| rows.values().any(|affectation| affectation.state.is_open()))
    }

    /// Whether a computer is affected to a package, by whatever activation.
    pub fn is_affected(&self, id: ComputerId, package: PackageId) -> bool {
        let of = |activation| self.activations.get(activation).is_some_and(|known| known.package == package);
        self.affectations.get(&id).is_some_and(|rows| rows.keys().any(of))
    }

    /// Forgets activations. An affectation of a group goes with them, or stands for other servers.
    pub fn forget_activations(&mut self, gone: &BTreeSet<ActivationId>) {
        let places = standing::places(self.activations.values().map(|one| &**one));
        for (key, other) in standing::without(&self.through, &places, gone) {
            if let (Some(order), Some(other)) = (self.through.remove(&key), other) {
                self.through.insert((key.0, other), order);
            }
        }
        self.activations.retain(|id, _| !gone.contains(id));
    }

    /// The activations by which computers have what is affected to their group.
    pub fn meant(&self, by: (GroupId, ActivationId)) -> BTreeSet<ActivationId> {
        standing::meant(&self.through, &standing::places(self.activations.values().map(|one| &**one)), by)
    }

    /// Forgets activations with their affectations.
    pub fn deactivate(&mut self, gone: &BTreeSet<ActivationId>) {
        self.forget_activations(gone);
        for rows in self.affectations.values_mut() {
            rows.retain(|id, _| !gone.contains(id));
        }
        self.affectations.retain(|_, rows| !rows.is_empty());
    }

    /// Forgets affectations.
    pub fn forget(&mut self, gone: &[(ComputerId, ActivationId)]) {
        for (id, activation) in gone {
            if let Some(rows) = self.affectations.get_mut(id) {
                rows.remove(activation);
                if rows.is_empty() {
                    self.affectations.remove(id);
                }
            }
        }
    }

    /// The activations on the servers of a redistribution group.
    pub fn activations_on(&self, group: GroupId) -> BTreeSet<ActivationId> {
        let on = |one: &&Arc<Activation>| one.server.is_some_and(|server| server.group == group);
        self.activations.values().filter(on).map(|one| one.id).collect()
    }

    /// How many groups lose a package when some activations go.
    pub fn groups_of(&self, activations: &BTreeSet<ActivationId>) -> u64 {
        let places = standing::places(self.activations.values().map(|one| &**one));
        let lost = standing::without(&self.through, &places, activations).into_iter();
        lost.filter(|(_, other)| other.is_none()).map(|((group, _), _)| group).collect::<BTreeSet<_>>().len() as u64
    }

    /// Forgets what came through a group that is deleted.
    pub fn forget_group(&mut self, group: GroupId, rows: &[(ComputerId, ActivationId)]) {
        self.through.retain(|(of, _), _| *of != group);
        self.forget(rows);
    }

    /// The activations of a package.
    pub fn activations_of(&self, package: PackageId) -> BTreeSet<ActivationId> {
        self.activations.values().filter(|one| one.package == package).map(|one| one.id).collect()
    }
}
