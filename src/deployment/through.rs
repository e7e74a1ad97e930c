//! Packages that are affected to groups: each computer of the group gets a row of its own, and so does whoever joins
//! later.
//!
//! The row says through which group it came. It is made when the package is affected and when the computer joins, so a
//! PROLOG has nothing more to look at; that a computer has the package already is found out there, as for any other
//! row. Source: console page, CON-GRP-5, CON-DEP-12 and 13; agent protocol page, section 12.2, step 2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actions::Refusal;
use super::affectation::{ActivationId, Affectation, Phase};
use super::affecting::begins;
use super::board::Board;
use super::package::{PackageId, System};
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

impl Rows {
    fn follow(&self, board: &Board) {
        board.change(|inner| {
            inner.forget(&self.gone);
            for (id, activation, row) in &self.come {
                inner.affectations.entry(*id).or_default().insert(*activation, Box::new(row.clone()));
            }
        });
    }
}

/// Says whether a package's system is that of a computer, as its last inventory said.
pub type Fits = dyn Fn(System, ComputerId) -> bool + Send + Sync;

/// Gives a computer its row of an affectation of its group, where one begins.
fn give(
    w: &mut Txn<'_>,
    id: ComputerId,
    by: (GroupId, ActivationId),
    packages: &BTreeMap<ActivationId, PackageId>,
    order: &GroupAffectation,
    at: Timestamp,
) -> Result<Option<Affectation>, Error> {
    let (group, activation) = by;
    let package = packages.get(&activation);
    let has = of_computer(w, id)?;
    let own = has.iter().find(|(other, _)| *other == activation).map(|(_, row)| &row.state);
    let mut others = has.iter().filter(|(other, _)| *other != activation && packages.get(other) == package);
    if !begins(own, others.any(|(_, row)| row.state.is_open()), order.force) {
        return Ok(None);
    }
    let row = order.row(group, at);
    w.put(&AFFECTATIONS, (id, activation.0), &row)?;
    Ok(Some(row))
}

/// The package of each activation.
fn packages_of(store: &impl Read) -> Result<BTreeMap<ActivationId, PackageId>, Error> {
    Ok(activations(store)?.into_iter().map(|(id, one)| (id, one.package)).collect())
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
    fits: Box<Fits>,
    mut entry: Entry,
) -> Result<u64, Refusal> {
    let board = board.clone();
    let (group, activation) = by;
    let kept = order.clone();
    let run = move |w: &mut Txn<'_>| {
        let packages = packages_of(w)?;
        let package = packages.get(&activation).copied().ok_or(Refusal::Gone)?;
        let system = system_of(w, package)?.ok_or(Refusal::Gone)?;
        let known = w.get(&groups::GROUPS, group.0)?.ok_or(Refusal::Gone)?;
        w.put(&GROUP_AFFECTATIONS, (group.0, activation.0), &order)?;
        let mut rows = Rows::default();
        for id in groups::of_group(w, group)? {
            if order.any_system || fits(system, id) {
                let row = give(w, id, by, &packages, &order, order.at)?;
                rows.come.extend(row.map(|row| (id, activation, row)));
            }
        }
        entry.count = Some(rows.come.len() as u64);
        entry.changes.push(audit::Change { what: "group".into(), before: String::new(), after: known.name });
        audit::append(w, entry)?;
        Ok(rows)
    };
    let follow = move |rows: &Rows| {
        board.change(|inner| drop(inner.through.insert(by, kept)));
        rows.follow(&board);
    };
    let rows: Result<Rows, Refusal> = store.queue(run, follow)?.wait();
    rows.map(|rows| rows.come.len() as u64)
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
        w.remove(&GROUP_AFFECTATIONS, (group.0, activation.0))?;
        let mut rows = Rows::default();
        w.scan(&AFFECTATIONS, &mut |record| {
            if let Ok(((id, of), row)) = record
                && of == activation.0
                && row.group == Some(group)
            {
                rows.gone.push((id, activation));
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

/// Removes the affectations of groups by some activations.
///
/// # Errors
/// Those of the store.
pub fn forget_activations(w: &mut (impl Read + Write), gone: &BTreeSet<ActivationId>) -> Result<(), Error> {
    for (group, activation) in all(w)?.into_keys().filter(|(_, activation)| gone.contains(activation)) {
        w.remove(&GROUP_AFFECTATIONS, (group.0, activation.0))?;
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
    /// Whose system is which.
    pub fits: Box<Fits>,
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
        let packages = packages_of(w)?;
        for (activation, order) in &orders {
            let Some(package) = packages.get(activation) else { continue };
            let Some(system) = system_of(w, *package)? else { continue };
            for id in added.iter().filter(|id| order.any_system || (self.fits)(system, **id)) {
                let row = give(w, *id, (group, *activation), &packages, order, self.at)?;
                rows.come.extend(row.map(|row| (*id, *activation, row)));
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
