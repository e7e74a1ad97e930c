//! Packages, activations and affectations in the file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::affectation::{Activation, ActivationId, Affectation, State};
use super::fetches::Fetch;
use super::package::{Contents, Package, PackageId, Removed};
use crate::clock::Timestamp;
use crate::id::{ComputerId, GroupId};
use crate::store::{Changes, Error, Key, Read, Stored, Table, Write};

/// Packages by their number.
pub static PACKAGES: Table<u32, Package> = Table::new("packages");
/// What the archives of packages hold, by the package's number.
pub static CONTENTS: Table<u32, Contents> = Table::new("package_contents");
/// What is left of packages that were removed, by their number.
pub static REMOVED: Table<u32, Removed> = Table::new("removed_packages");
/// Activations by their number.
pub static ACTIVATIONS: Table<u32, Activation> = Table::new("activations");
/// Affectations by computer and activation.
pub static AFFECTATIONS: Table<(ComputerId, u32), Affectation> = Table::new("affectations");

/// What was fetched, by package and address.
pub static FETCHES: Table<(u32, String), Fetch> = Table::new("fetches");

/// Numbers that were given, by what they number.
pub static NUMBERS: Table<u8, u64> = Table::new("deployment");
/// Activations in [`NUMBERS`].
const OF_ACTIVATIONS: u8 = 1;
/// Second sites in [`NUMBERS`].
pub(super) const OF_REPLICAS: u8 = 2;

/// A number for a new activation. None is given twice: an order that was meant for one must never reach another.
///
/// # Errors
/// Those of the store.
pub fn next_activation(store: &mut (impl Read + Write)) -> Result<ActivationId, Error> {
    let next = store.get(&NUMBERS, OF_ACTIVATIONS)?.unwrap_or(0) + 1;
    store.put(&NUMBERS, OF_ACTIVATIONS, &next)?;
    u32::try_from(next).map(ActivationId).map_err(|_| Error::Unavailable("there are no numbers left".to_owned()))
}

/// Every package by its number. A damaged one is left out.
///
/// # Errors
/// Those of the store.
pub fn packages(store: &impl Read) -> Result<BTreeMap<PackageId, Package>, Error> {
    let all = readable(store, &PACKAGES)?.into_iter();
    Ok(all.map(|(id, package)| (PackageId(id), Package { id: PackageId(id), ..package })).collect())
}

/// What is left of every package that was removed, by its number.
///
/// # Errors
/// Those of the store.
pub fn removed(store: &impl Read) -> Result<BTreeMap<PackageId, Removed>, Error> {
    let all = readable(store, &REMOVED)?.into_iter();
    Ok(all.map(|(id, removed)| (PackageId(id), Removed { id: PackageId(id), ..removed })).collect())
}

/// Every activation by its number.
///
/// # Errors
/// Those of the store.
pub fn activations(store: &impl Read) -> Result<BTreeMap<ActivationId, Activation>, Error> {
    let all = readable(store, &ACTIVATIONS)?.into_iter();
    Ok(all.map(|(id, activation)| (ActivationId(id), Activation { id: ActivationId(id), ..activation })).collect())
}

/// A computer's affectations, those of older activations first. A damaged one is left out: it must neither keep the
/// computer's inventory from being stored nor its results.
///
/// # Errors
/// Those of the store.
pub fn of_computer(store: &impl Read, id: ComputerId) -> Result<Vec<(ActivationId, Affectation)>, Error> {
    let all = readable_from(store, &AFFECTATIONS, &id.0.to_be_bytes())?.into_iter();
    Ok(all.map(|((_, activation), affectation)| (ActivationId(activation), affectation)).collect())
}

/// What each address fetched of each package. What is damaged or names no address is left out.
///
/// # Errors
/// Those of the store.
pub fn fetches(store: &impl Read) -> Result<HashMap<(PackageId, IpAddr), Fetch>, Error> {
    let all = readable(store, &FETCHES)?.into_iter();
    Ok(all.filter_map(|((id, address), fetch)| Some(((PackageId(id), address.parse().ok()?), fetch))).collect())
}

/// Forgets what was fetched of a package.
///
/// # Errors
/// Those of the store.
pub fn forget_fetches(store: &mut (impl Read + Write), package: PackageId) -> Result<(), Error> {
    let mut gone = Vec::new();
    store.scan_from(&FETCHES, &package.0.to_be_bytes(), &mut |record| {
        gone.extend(record.ok().map(|((_, address), _)| address));
        true
    })?;
    gone.into_iter().try_for_each(|address| store.remove(&FETCHES, (package.0, address)))
}

/// The records of a table that can be read; the log tells of the others.
pub(super) fn readable<K: Key, V: Stored>(
    store: &impl Read,
    table: &'static Table<K, V>,
) -> Result<Vec<(K, V)>, Error> {
    readable_from(store, table, &[])
}

/// The records that can be read; the log tells of the others.
fn readable_from<K: Key, V: Stored>(
    store: &impl Read,
    table: &'static Table<K, V>,
    prefix: &[u8],
) -> Result<Vec<(K, V)>, Error> {
    let mut found = Ok(Vec::new());
    store.scan_from(table, prefix, &mut |record| {
        match (record, &mut found) {
            (Ok(one), Ok(list)) => list.push(one),
            (Err(error @ Error::Damaged { .. }), _) => tracing::error!("{error}; it is left out"),
            (Err(error), _) => found = Err(error),
            _ => {}
        }
        true
    })?;
    found
}

/// Notes how far an affectation is, if it is still there and still open: what a person or a result said meanwhile
/// counts more.
pub fn note_open(changes: &mut Changes, id: ComputerId, activation: ActivationId, state: State, at: Timestamp) {
    let value = Affectation { state, at, ..Affectation::default() };
    changes.merge_existing(&AFFECTATIONS, (id, activation.0), value, |stored, new| match stored {
        Some(stored) if stored.state.is_open() => stored.noted(new.state.clone(), new.at),
        Some(stored) => stored,
        // A damaged record: nobody knows who affected it.
        None => new.clone(),
    });
}

/// Moves a computer's affectations to another one, whose own are removed: the older record's count, as in the field. What
/// the other one has through its groups stays: it stays in them too. Activations on it as a redistribution server move as
/// well.
///
/// # Errors
/// Those of the store.
pub fn merged(store: &impl Read, changes: &mut Changes, from: ComputerId, to: ComputerId) -> Result<(), Error> {
    changes.take_place(&AFFECTATIONS, from, to, |row| row.group.is_some());
    for (id, mut activation) in activations(store)? {
        if let Some(server) = activation.server.as_mut().filter(|server| server.computer == from) {
            server.computer = to;
            changes.put(&ACTIVATIONS, id.0, &activation)?;
        }
    }
    Ok(())
}

/// Removes a computer's affectations.
///
/// # Errors
/// Those of the store. A damaged record is no hindrance.
pub fn forget(store: &impl Read, changes: &mut Changes, id: ComputerId) -> Result<(), Error> {
    let mut removed = Ok(());
    store.scan_from(&AFFECTATIONS, &id.0.to_be_bytes(), &mut |record| {
        if let Ok((key, _)) = record {
            removed = changes.remove(&AFFECTATIONS, key);
        }
        removed.is_ok()
    })?;
    removed
}

/// Removes the activations on the servers of a redistribution group, with their affectations; answers which they were.
///
/// # Errors
/// Those of the store. A damaged record is no hindrance.
pub fn forget_group(store: &impl Read, changes: &mut Changes, group: GroupId) -> Result<BTreeSet<ActivationId>, Error> {
    let on = |one: &Activation| one.server.is_some_and(|server| server.group == group);
    let gone: BTreeSet<ActivationId> = activations(store)?.into_values().filter(on).map(|one| one.id).collect();
    let mut removed = Ok(());
    for id in &gone {
        changes.remove(&ACTIVATIONS, id.0)?;
    }
    if !gone.is_empty() {
        store.scan(&AFFECTATIONS, &mut |record| {
            if let Ok((key, _)) = record
                && gone.contains(&ActivationId(key.1))
            {
                removed = changes.remove(&AFFECTATIONS, key);
            }
            removed.is_ok()
        })?;
    }
    removed.map(|()| gone)
}
