//! What administrators do to packages: each one transaction with its entry of the audit log, and the board follows.
//!
//! Source: console page, CON-DEP-8 to 17.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::affectation::{Activation, ActivationId, Affectation, Phase, ServerOf, State};
use super::affecting::begins;
use super::board::Board;
use super::package::{Contents, Package, PackageId, Removed};
use super::store::{
    ACTIVATIONS, AFFECTATIONS, CONTENTS, PACKAGES, REMOVED, activations, forget_fetches, next_activation, of_computer,
    packages,
};
use crate::clock::Timestamp;
use crate::groups::store as groups;
use crate::history::audit::{self, Actor, Entry};
use crate::id::ComputerId;
use crate::store::{Error, Pending, Read, Store, Write};

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another package has the name, in whatever case.
    #[error("a package has this name already")]
    Name,
    /// Another package has the number.
    #[error("a package has this number already")]
    Number,
    /// There is no such package or activation any more.
    #[error("it is not there any more")]
    Gone,
    /// The package is activated at this place already.
    #[error("it is activated there already")]
    Same,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Takes a new package in. Its files are written already, and get their name after this.
///
/// # Errors
/// [`Refusal`]
pub fn keep(store: &Store, board: &Arc<Board>, package: Package, entry: Entry) -> Result<(), Refusal> {
    keep_with(store, board, package, None, entry)
}

/// The same with what its archive holds.
///
/// # Errors
/// [`Refusal`]
pub fn keep_with(
    store: &Store,
    board: &Arc<Board>,
    package: Package,
    contents: Option<Contents>,
    entry: Entry,
) -> Result<(), Refusal> {
    let board = board.clone();
    let kept = package.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        let known = packages(w)?;
        // A number that agents may have in their history is not given again.
        if known.contains_key(&package.id) || w.get(&REMOVED, package.id.0)?.is_some() {
            return Err(Refusal::Number);
        }
        if known.values().any(|other| other.has_name(&package.name)) {
            return Err(Refusal::Name);
        }
        w.put(&PACKAGES, package.id.0, &package)?;
        if let Some(contents) = &contents {
            w.put(&CONTENTS, package.id.0, contents)?;
        }
        audit::append(w, entry)?;
        Ok(())
    };
    let follow = move |_: &()| {
        board.change(|inner| {
            inner.packages.insert(kept.id, Arc::new(kept));
        });
    };
    store.queue(run, follow)?.wait()
}

/// Activates a package; answers the activation with its number. The number 0 of `activation` is replaced.
///
/// # Errors
/// [`Refusal`]
pub fn activate(
    store: &Store,
    board: &Arc<Board>,
    activation: Activation,
    entry: Entry,
) -> Result<ActivationId, Refusal> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        if w.get(&PACKAGES, activation.package.0)?.is_none() {
            return Err(Refusal::Gone);
        }
        let known = activations(w)?;
        let same = |other: &&Activation| {
            other.package == activation.package
                && other.info == activation.info
                && other.fragments == activation.fragments
                && other.server == activation.server
        };
        if known.values().any(|other| same(&other)) {
            return Err(Refusal::Same);
        }
        let id = next_activation(w)?;
        let activation = Activation { id, ..activation };
        w.put(&ACTIVATIONS, id.0, &activation)?;
        audit::append(w, entry)?;
        Ok(activation)
    };
    let follow = move |activation: &Activation| {
        let activation = activation.clone();
        board.change(|inner| {
            inner.activations.insert(activation.id, Arc::new(activation));
        });
    };
    store.queue(run, follow)?.wait().map(|activation: Activation| activation.id)
}

/// Activates a package on redistribution servers, one activation each, as [`super::nearest::for_servers`] makes them;
/// those that have it already, or left their group meanwhile, are left as they are. Answers how many are new.
///
/// # Errors
/// [`Refusal`]; [`Refusal::Same`] when every server has it, [`Refusal::Gone`] also when none is left in its group.
pub fn activate_on_servers(
    store: &Store,
    board: &Arc<Board>,
    wanted: Vec<Activation>,
    mut entry: Entry,
) -> Result<u64, Refusal> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        let known = activations(w)?;
        let (mut made, mut there) = (Vec::new(), false);
        for activation in wanted {
            if w.get(&PACKAGES, activation.package.0)?.is_none() {
                return Err(Refusal::Gone);
            }
            if let Some(ServerOf { group, computer }) = activation.server
                && w.get(&groups::MEMBERS, (computer, group.0))?.is_none()
            {
                continue;
            }
            there = true;
            let same = |other: &Activation| other.package == activation.package && other.server == activation.server;
            if known.values().any(same) {
                continue;
            }
            let activation = Activation { id: next_activation(w)?, ..activation };
            w.put(&ACTIVATIONS, activation.id.0, &activation)?;
            made.push(activation);
        }
        if made.is_empty() {
            return Err(if there { Refusal::Same } else { Refusal::Gone });
        }
        entry.count = Some(made.len() as u64);
        audit::append(w, entry)?;
        Ok(made)
    };
    let follow = move |made: &Vec<Activation>| {
        board.change(|inner| inner.activations.extend(made.iter().map(|one| (one.id, Arc::new(one.clone())))));
    };
    store.queue(run, follow)?.wait().map(|made: Vec<Activation>| made.len() as u64)
}

/// A second site takes a package as the main server offers it, in the place of one with the same number. Its files are
/// written already, and get their name after this.
///
/// # Errors
/// Those of the store.
pub async fn adopt(store: &Store, board: &Arc<Board>, package: Package) -> Result<(), Error> {
    let (board, kept) = (board.clone(), package.clone());
    let run = move |w: &mut crate::store::Txn<'_>| w.put(&PACKAGES, package.id.0, &package);
    let follow = move |_: &()| board.change(|inner| drop(inner.packages.insert(kept.id, Arc::new(kept))));
    store.queue(run, follow)?.done().await
}

/// A second site lets packages go that the main server does not offer any more. Their files are removed after this.
///
/// # Errors
/// Those of the store.
pub async fn let_go(store: &Store, board: &Arc<Board>, ids: Vec<PackageId>) -> Result<(), Error> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        for id in &ids {
            w.remove(&PACKAGES, id.0)?;
            forget_fetches(w, *id)?;
        }
        Ok::<_, Error>(ids)
    };
    let follow = move |ids: &Vec<PackageId>| {
        ids.iter().for_each(|id| board.fetches.forget(*id));
        board.change(|inner| ids.iter().for_each(|id| drop(inner.packages.remove(id))));
    };
    store.queue(run, follow)?.done().await.map(|_: Vec<PackageId>| ())
}

/// What came of affecting computers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Affected {
    /// They have it now.
    pub affected: u64,
    /// They had it already.
    pub already: u64,
}

/// Affects computers to an activation; which of them begin, or begin anew, is [`begins`]'s to say. `still` says whether
/// a computer is still there.
///
/// # Errors
/// [`Refusal`]
pub fn affect(
    store: &Store,
    board: &Arc<Board>,
    ids: Vec<ComputerId>,
    activation: ActivationId,
    new: Affectation,
    still: impl Fn(&crate::store::Txn<'_>, ComputerId) -> Result<bool, Error> + Send + 'static,
    entry: Entry,
) -> Result<Affected, Refusal> {
    affect_each(store, board, ids.into_iter().map(|id| (id, activation)).collect(), new, still, entry)
}

/// The same with an activation for each computer.
///
/// # Errors
/// [`Refusal`]
pub fn affect_each(
    store: &Store,
    board: &Arc<Board>,
    wanted: Vec<(ComputerId, ActivationId)>,
    new: Affectation,
    still: impl Fn(&crate::store::Txn<'_>, ComputerId) -> Result<bool, Error> + Send + 'static,
    mut entry: Entry,
) -> Result<Affected, Refusal> {
    type Written = Vec<(ComputerId, ActivationId)>;
    let (board, follow_with) = (board.clone(), new.clone());
    let run = move |w: &mut crate::store::Txn<'_>| {
        let known = activations(w)?;
        let (mut written, mut already) = (Vec::new(), 0);
        for (id, activation) in wanted {
            let Some(package) = known.get(&activation).map(|known| known.package) else { return Err(Refusal::Gone) };
            let same = |other: &ActivationId| known.get(other).is_some_and(|known| known.package == package);
            if !still(w, id)? {
                continue;
            }
            let has = of_computer(w, id)?;
            let own = has.iter().find(|(other, _)| *other == activation).map(|(_, row)| &row.state);
            let mut others = has.iter().filter(|(other, _)| *other != activation && same(other));
            if begins(own, others.any(|(_, row)| row.state.is_open()), new.force) {
                w.put(&AFFECTATIONS, (id, activation.0), &new)?;
                written.push((id, activation));
            } else {
                already += 1;
            }
        }
        if !written.is_empty() {
            entry.count = Some(written.len() as u64);
            audit::append(w, entry)?;
        }
        Ok((written, already))
    };
    let follow = move |(written, _): &(Written, u64)| {
        board.change(|inner| {
            for (id, activation) in written {
                inner.affectations.entry(*id).or_default().insert(*activation, Box::new(follow_with.clone()));
            }
        });
    };
    let outcome: Result<(Written, u64), Refusal> = store.queue(run, follow)?.wait();
    outcome.map(|(written, already)| Affected { affected: written.len() as u64, already })
}

/// Removes affectations: of some activations, in some phases, of some computers (`None`: of all). Answers how many.
///
/// # Errors
/// Those of the store.
pub fn unaffect(store: &Store, board: &Arc<Board>, what: Unaffect, mut entry: Entry) -> Result<u64, Error> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        let gone = removed(w, &what)?;
        for (id, activation) in &gone {
            w.remove(&AFFECTATIONS, (*id, activation.0))?;
        }
        if !gone.is_empty() {
            entry.count = Some(gone.len() as u64);
            audit::append(w, entry)?;
        }
        Ok(gone)
    };
    let follow = move |gone: &Vec<(ComputerId, ActivationId)>| board.change(|inner| inner.forget(gone));
    let gone: Result<_, Error> = store.queue(run, follow)?.wait();
    Ok(gone?.len() as u64)
}

/// Which affectations are removed.
#[derive(Debug, Clone)]
pub struct Unaffect {
    /// Of these activations.
    pub activations: BTreeSet<ActivationId>,
    /// In these phases.
    pub phases: Vec<Phase>,
    /// Of these computers; `None` for all.
    pub computers: Option<Vec<ComputerId>>,
}

fn removed(w: &impl Read, what: &Unaffect) -> Result<Vec<(ComputerId, ActivationId)>, Error> {
    let mut gone = Vec::new();
    let mut look = |id, activation, state: &State| {
        if what.activations.contains(&activation) && what.phases.contains(&state.phase()) {
            gone.push((id, activation));
        }
    };
    match &what.computers {
        Some(ids) => {
            for id in ids {
                for (activation, affectation) in of_computer(w, *id)? {
                    look(*id, activation, &affectation.state);
                }
            }
        }
        None => {
            w.scan(&AFFECTATIONS, &mut |record| {
                if let Ok(((id, activation), affectation)) = record {
                    look(id, ActivationId(activation), &affectation.state);
                }
                true
            })?;
        }
    }
    Ok(gone)
}

/// Takes activations away with all their affectations; with `package` the package itself as well. Answers how many
/// affectations went with them. The files of the package are removed after this.
///
/// # Errors
/// Those of the store.
pub fn deactivate(
    store: &Store,
    board: &Arc<Board>,
    gone: BTreeSet<ActivationId>,
    package: Option<PackageId>,
    mut entry: Entry,
) -> Result<u64, Error> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        let mut gone = gone;
        if let Some(package) = package {
            // One that was activated meanwhile goes as well.
            gone.extend(activations(w)?.values().filter(|one| one.package == package).map(|one| one.id));
            if let Some(known) = w.get(&PACKAGES, package.0)? {
                w.put(&REMOVED, package.0, &removed_package(known, &entry))?;
            }
            w.remove(&PACKAGES, package.0)?;
            forget_fetches(w, package)?;
            w.remove(&CONTENTS, package.0)?;
        }
        let what = Unaffect { activations: gone.clone(), phases: Phase::ALL.into(), computers: None };
        let affectations = removed(w, &what)?;
        for (id, activation) in &affectations {
            w.remove(&AFFECTATIONS, (*id, activation.0))?;
        }
        super::through::forget_activations(w, &gone)?;
        for activation in &gone {
            w.remove(&ACTIVATIONS, activation.0)?;
        }
        entry.count = Some(affectations.len() as u64);
        audit::append(w, entry)?;
        Ok((gone, affectations))
    };
    let follow = move |(gone, affectations): &(BTreeSet<ActivationId>, Vec<(ComputerId, ActivationId)>)| {
        if let Some(package) = package {
            board.fetches.forget(package);
        }
        board.change(|inner| {
            inner.forget(affectations);
            inner.forget_activations(gone);
            if let Some(package) = package {
                inner.packages.remove(&package);
            }
        });
    };
    let outcome: Result<_, Error> = store.queue(run, follow)?.wait();
    outcome.map(|(_, affectations)| affectations.len() as u64)
}

/// What is left of a package that is removed.
fn removed_package(package: Package, entry: &Entry) -> Removed {
    let size = package.size();
    let Package { id, name, system, made, by, .. } = package;
    let removed_by = match &entry.actor {
        Actor::Account(account) => account.clone(),
        Actor::Automatic | Actor::CommandLine => String::new(),
    };
    Removed { id, name, system, size, made, by, at: entry.at, removed_by }
}

/// A result on its way to the disk: the affectation as it is then, if there is one.
pub type Storing = Pending<Result<Option<(ActivationId, Affectation)>, Error>>;

/// Stores the result that an agent reports: for the first activation of the package that the computer is affected to
/// and that is open, else for the first of all; `None` where there is none. To be waited for before it is answered.
///
/// # Errors
/// Those of the store.
pub fn result(
    store: &Store,
    board: &Arc<Board>,
    id: ComputerId,
    package: PackageId,
    state: State,
    at: Timestamp,
) -> Result<Storing, Error> {
    let board = board.clone();
    let run = move |w: &mut crate::store::Txn<'_>| {
        let mut fitting = Vec::new();
        for (activation, affectation) in of_computer(w, id)? {
            if w.get(&ACTIVATIONS, activation.0)?.is_some_and(|known| known.package == package) {
                fitting.push((activation, affectation));
            }
        }
        // One that is over already was answered before: else a forced one would be told again without end.
        let open = fitting.iter().position(|(_, affectation)| affectation.state.is_open()).unwrap_or(0);
        let Some((activation, affectation)) = fitting.into_iter().nth(open) else { return Ok(None) };
        let affectation = affectation.noted(state, at);
        w.put(&AFFECTATIONS, (id, activation.0), &affectation)?;
        Ok(Some((activation, affectation)))
    };
    let follow = move |stored: &Option<(ActivationId, Affectation)>| {
        if let Some((activation, affectation)) = stored.clone() {
            board.change(|inner| {
                inner.affectations.entry(id).or_default().insert(activation, Box::new(affectation));
            });
        }
    };
    store.queue(run, follow)
}
