//! Packages that are affected to groups: each computer of the group gets a row of its own, and so does whoever joins
//! later.
//!
//! By one activation, or each by that on the nearest server of a redistribution group; [`super::standing`] says what
//! follows from that. The row says through which group it came. It is made when the package is affected and when the
//! computer joins, so a PROLOG has nothing more to look at; that a computer has the package already is found out there,
//! as for any other row. Source: console page, CON-GRP-5, CON-DEP-12 and 13; agent protocol page, section 12.2, step 2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actions::Refusal;
use super::affectation::{ActivationId, Affectation, Phase};
use super::affecting::begins;
use super::board::Board;
use super::nearest::{Nearby, Place as Near};
use super::package::{PackageId, System};
use super::standing::{Places, meant, places, without};
use super::store::{AFFECTATIONS, PACKAGES, activations, of_computer};
use crate::clock::Timestamp;
use crate::groups::actions::Along;
use crate::groups::store as groups;
use crate::history::audit::{self, Entry};
use crate::id::{ComputerId, GroupId};
use crate::named_record;
use crate::store::{Changes, Error, Read, Store, Table, Txn, Write};

/// Affectations of groups, by group and activation.
pub static GROUP_AFFECTATIONS: Table<(u32, u32), GroupAffectation> = Table::new("group_affectations");

/// That the computers of a group are to install a package.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GroupAffectation {
    /// Also where it is installed already.
    #[serde(default)]
    pub force: bool,
    /// Not before this local time of each computer, as agents read it. Empty for at once.
    #[serde(default)]
    pub schedule: String,
    /// Afterwards: empty, `REBOOT` or `SHUTDOWN`.
    #[serde(default)]
    pub postcmd: String,
    /// Also computers of another system.
    #[serde(default)]
    pub any_system: bool,
    /// Each computer from the nearest server of a redistribution group. The activation on one of the servers stands for
    /// all of them then; when it goes, another one takes its place.
    #[serde(default)]
    pub nearest: bool,
    /// When it was affected.
    pub at: Timestamp,
    /// Who affected it.
    pub by: String,
}

named_record!(GroupAffectation);

impl GroupAffectation {
    /// The row of a computer that begins at a time.
    fn row(&self, group: GroupId, at: Timestamp) -> Affectation {
        Affectation {
            force: self.force,
            schedule: self.schedule.clone(),
            postcmd: self.postcmd.clone(),
            group: Some(group),
            at,
            by: self.by.clone(),
            ..Affectation::default()
        }
    }
}

/// Every affectation of a group. A damaged one is left out.
///
/// # Errors
/// Those of the store.
pub fn all(store: &impl Read) -> Result<BTreeMap<(GroupId, ActivationId), GroupAffectation>, Error> {
    let all = super::store::readable(store, &GROUP_AFFECTATIONS)?.into_iter();
    Ok(all.map(|((group, activation), one)| ((GroupId(group), ActivationId(activation)), one)).collect())
}

/// Rows of computers that came or went.
#[derive(Debug, Default)]
pub struct Rows {
    come: Vec<(ComputerId, ActivationId, Affectation)>,
    gone: Vec<(ComputerId, ActivationId)>,
}

/// A package that the computers of a group get: what, how, from where.
struct Giving<'a> {
    group: GroupId,
    order: &'a GroupAffectation,
    system: System,
    nearby: Nearby,
    places: &'a Places,
}

impl Rows {
    /// Gives a computer of a group its row, where one begins.
    fn give(
        &mut self,
        w: &mut Txn<'_>,
        eyes: &dyn Eyes,
        what: &Giving,
        id: ComputerId,
        at: Timestamp,
    ) -> Result<(), Error> {
        if what.order.any_system || eyes.fits(what.system, id) {
            // Where no server is near there is nothing to be had.
            let (subnets, tag) = eyes.place(id);
            if let Some(activation) = what.nearby.activation(id, &Near { subnets: &subnets, tag: &tag }) {
                let row = give(w, id, (what.group, activation), what.places, what.order, at)?;
                self.come.extend(row.map(|row| (id, activation, row)));
            }
        }
        Ok(())
    }

    fn follow(&self, board: &Board) {
        board.change(|inner| {
            inner.forget(&self.gone);
            for (id, activation, row) in &self.come {
                inner.affectations.entry(*id).or_default().insert(*activation, Box::new(row.clone()));
            }
        });
    }
}

/// What the index says about computers, for who decides in a transaction.
pub trait Eyes: Send + Sync {
    /// Whether a package's system is that of a computer, as its last inventory said.
    fn fits(&self, system: System, id: ComputerId) -> bool;

    /// From where computers get a package that is on the servers of a redistribution group.
    fn nearby(&self, package: PackageId, servers: GroupId) -> Nearby;

    /// Where a computer is: its subnets, one a line, and its TAG.
    fn place(&self, id: ComputerId) -> (String, String);
}

/// From where the computers of a group have what is affected to it.
fn nearby(eyes: &dyn Eyes, places: &Places, activation: ActivationId, order: &GroupAffectation) -> Nearby {
    match places.get(&activation) {
        Some((package, Some(servers))) if order.nearest => eyes.nearby(*package, *servers),
        _ => Nearby::always(activation),
    }
}

/// Gives a computer its row of an affectation of its group, where one begins.
fn give(
    w: &mut Txn<'_>,
    id: ComputerId,
    by: (GroupId, ActivationId),
    places: &Places,
    order: &GroupAffectation,
    at: Timestamp,
) -> Result<Option<Affectation>, Error> {
    let (group, activation) = by;
    let package_of = |id: &ActivationId| places.get(id).map(|(package, _)| *package);
    let Some(package) = package_of(&activation) else { return Ok(None) };
    let has = of_computer(w, id)?;
    let own = has.iter().find(|(other, _)| *other == activation).map(|(_, row)| &row.state);
    let mut others = has.iter().filter(|(other, _)| *other != activation && package_of(other) == Some(package));
    if !begins(own, others.any(|(_, row)| row.state.is_open()), order.force) {
        return Ok(None);
    }
    let row = order.row(group, at);
    w.put(&AFFECTATIONS, (id, activation.0), &row)?;
    Ok(Some(row))
}

fn places_of(store: &impl Read) -> Result<Places, Error> {
    Ok(places(activations(store)?.values()))
}

fn system_of(store: &impl Read, package: PackageId) -> Result<Option<System>, Error> {
    Ok(store.get(&PACKAGES, package.0)?.map(|package| package.system))
}

/// Affects a package to a group; answers how many of its computers begin, or begin anew.
///
/// # Errors
/// [`Refusal`]; [`Refusal::Gone`] also for a group that is not there.
pub fn affect(
    store: &Store,
    board: &Arc<Board>,
    by: (GroupId, ActivationId),
    order: GroupAffectation,
    eyes: Box<dyn Eyes>,
    mut entry: Entry,
) -> Result<u64, Refusal> {
    let board = board.clone();
    let (group, activation) = by;
    let kept = order.clone();
    let run = move |w: &mut Txn<'_>| {
        let places = places_of(w)?;
        let place = places.get(&activation).copied().ok_or(Refusal::Gone)?;
        let system = system_of(w, place.0)?.ok_or(Refusal::Gone)?;
        let known = w.get(&groups::GROUPS, group.0)?.ok_or(Refusal::Gone)?;
        // By whichever server it stands: it is there once.
        let alike = |(of, id): &&(GroupId, ActivationId)| *of == group && places.get(id) == Some(&place);
        let standing = all(w)?.into_iter().filter(|(_, one)| one.nearest && order.nearest).map(|(key, _)| key);
        let key = standing.collect::<BTreeSet<_>>().iter().find(alike).map_or(activation, |(_, id)| *id);
        w.put(&GROUP_AFFECTATIONS, (group.0, key.0), &order)?;
        let nearby = nearby(&*eyes, &places, activation, &order);
        let what = Giving { group, order: &order, system, nearby, places: &places };
        let mut rows = Rows::default();
        for id in groups::of_group(w, group)? {
            rows.give(w, &*eyes, &what, id, order.at)?;
        }
        entry.count = Some(rows.come.len() as u64);
        entry.changes.push(audit::Change { what: "group".into(), before: String::new(), after: known.name });
        audit::append(w, entry)?;
        Ok((key, rows))
    };
    let follow = move |(key, rows): &(ActivationId, Rows)| {
        board.change(|inner| drop(inner.through.insert((group, *key), kept)));
        rows.follow(&board);
    };
    let rows: Result<(ActivationId, Rows), Refusal> = store.queue(run, follow)?.wait();
    rows.map(|(_, rows)| rows.come.len() as u64)
}

/// Takes a package back from a group, with everything that came through it. Answers how many rows went; `None` where
/// the group has it no more.
///
/// # Errors
/// Those of the store.
pub fn unaffect(
    store: &Store,
    board: &Arc<Board>,
    by: (GroupId, ActivationId),
    mut entry: Entry,
) -> Result<Option<u64>, Error> {
    let board = board.clone();
    let (group, activation) = by;
    let run = move |w: &mut Txn<'_>| {
        let there = match w.get(&GROUP_AFFECTATIONS, (group.0, activation.0)) {
            // One that cannot be read can be taken back.
            Err(Error::Damaged { .. }) => true,
            other => other?.is_some(),
        };
        if !there {
            return Ok(None);
        }
        let meant = meant(&all(w)?, &places_of(w)?, by);
        w.remove(&GROUP_AFFECTATIONS, (group.0, activation.0))?;
        let mut rows = Rows::default();
        w.scan(&AFFECTATIONS, &mut |record| {
            if let Ok(((id, of), row)) = record
                && meant.contains(&ActivationId(of))
                && row.group == Some(group)
            {
                rows.gone.push((id, ActivationId(of)));
            }
            true
        })?;
        for (id, activation) in &rows.gone {
            w.remove(&AFFECTATIONS, (*id, activation.0))?;
        }
        entry.count = Some(rows.gone.len() as u64);
        audit::append(w, entry)?;
        Ok(Some(rows))
    };
    let follow = move |rows: &Option<Rows>| {
        if let Some(rows) = rows {
            board.change(|inner| drop(inner.through.remove(&by)));
            rows.follow(&board);
        }
    };
    let rows: Result<Option<Rows>, Error> = store.queue(run, follow)?.wait();
    Ok(rows?.map(|rows| rows.gone.len() as u64))
}

/// Removes the affectations of groups by some activations, or has other ones stand for them; before these activations
/// are removed.
///
/// # Errors
/// Those of the store.
pub fn forget_activations(w: &mut (impl Read + Write), gone: &BTreeSet<ActivationId>) -> Result<(), Error> {
    let orders = all(w)?;
    for (key, other) in without(&orders, &places_of(w)?, gone) {
        w.remove(&GROUP_AFFECTATIONS, (key.0.0, key.1.0))?;
        if let (Some(other), Some(order)) = (other, orders.get(&key)) {
            w.put(&GROUP_AFFECTATIONS, (key.0.0, other.0), order)?;
        }
    }
    Ok(())
}

/// Removes the affectations of a group that is deleted, and what came through it; answers which rows those were.
///
/// # Errors
/// Those of the store. A damaged record is no hindrance.
pub fn forget_group(
    store: &impl Read,
    changes: &mut Changes,
    group: GroupId,
) -> Result<Vec<(ComputerId, ActivationId)>, Error> {
    let (mut gone, mut removed) = (Vec::new(), Ok(()));
    store.scan_from(&GROUP_AFFECTATIONS, &group.0.to_be_bytes(), &mut |record| {
        if let Ok((key, _)) = record {
            removed = changes.remove(&GROUP_AFFECTATIONS, key);
        }
        removed.is_ok()
    })?;
    removed?;
    let mut removed = Ok(());
    store.scan(&AFFECTATIONS, &mut |record| {
        if let Ok((key, row)) = record
            && row.group == Some(group)
        {
            gone.push((key.0, ActivationId(key.1)));
            removed = changes.remove(&AFFECTATIONS, key);
        }
        removed.is_ok()
    })?;
    removed.map(|()| gone)
}

/// What follows for packages when computers come into a group or leave it: who comes gets its packages, who leaves
/// keeps what its agent was told already.
pub struct Joining {
    /// The packages in memory.
    pub board: Arc<Board>,
    /// What the index says.
    pub eyes: Box<dyn Eyes>,
    /// Whether a computer is there and may be seen by who asks.
    pub still: Box<crate::groups::actions::Still>,
    /// Now.
    pub at: Timestamp,
}

impl Along for Joining {
    type Done = Rows;

    fn still(&self, w: &Txn<'_>, id: ComputerId) -> Result<bool, Error> {
        (self.still)(w, id)
    }

    fn moved(
        &self,
        w: &mut Txn<'_>,
        group: GroupId,
        added: &[ComputerId],
        removed: &[ComputerId],
    ) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        let orders = all(w)?.into_iter().filter(|((of, _), _)| *of == group);
        let orders: Vec<(ActivationId, GroupAffectation)> = orders.map(|((_, id), order)| (id, order)).collect();
        if orders.is_empty() {
            return Ok(rows);
        }
        let places = places_of(w)?;
        for (activation, order) in &orders {
            let Some((package, _)) = places.get(activation) else { continue };
            let Some(system) = system_of(w, *package)? else { continue };
            let nearby = nearby(&*self.eyes, &places, *activation, order);
            let what = Giving { group, order, system, nearby, places: &places };
            for id in added {
                rows.give(w, &*self.eyes, &what, *id, self.at)?;
            }
        }
        for id in removed {
            for (activation, row) in of_computer(w, *id)? {
                if row.group == Some(group) && row.state.phase() == Phase::Waiting {
                    w.remove(&AFFECTATIONS, (*id, activation.0))?;
                    rows.gone.push((*id, activation));
                }
            }
        }
        Ok(rows)
    }

    fn follow(&self, rows: &Rows) {
        rows.follow(&self.board);
    }
}
