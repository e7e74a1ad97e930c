//! Packages, activations and affectations in the file.

use std::collections::BTreeMap;

use super::affectation::{Activation, ActivationId, Affectation, State};
use super::package::{Package, PackageId};
use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::store::{Changes, Error, Read, Table, Write};

/// Packages by their number.
pub static PACKAGES: Table<u32, Package> = Table::new("packages");
/// Activations by their number.
pub static ACTIVATIONS: Table<u32, Activation> = Table::new("activations");
/// Affectations by computer and activation.
pub static AFFECTATIONS: Table<(ComputerId, u32), Affectation> = Table::new("affectations");

/// Every package by its number.
///
/// # Errors
/// Those of the store.
pub fn packages(store: &impl Read) -> Result<BTreeMap<PackageId, Package>, Error> {
    let all = store.all(&PACKAGES)?.into_iter();
    Ok(all.map(|(id, package)| (PackageId(id), Package { id: PackageId(id), ..package })).collect())
}

/// Every activation by its number.
///
/// # Errors
/// Those of the store.
pub fn activations(store: &impl Read) -> Result<BTreeMap<ActivationId, Activation>, Error> {
    let all = store.all(&ACTIVATIONS)?.into_iter();
    Ok(all.map(|(id, activation)| (ActivationId(id), Activation { id: ActivationId(id), ..activation })).collect())
}

/// A computer's affectations, those of older activations first.
///
/// # Errors
/// Those of the store.
pub fn of_computer(store: &impl Read, id: ComputerId) -> Result<Vec<(ActivationId, Affectation)>, Error> {
    let mut found = Ok(Vec::new());
    store.scan_from(&AFFECTATIONS, &id.0.to_be_bytes(), &mut |record| {
        match (record, &mut found) {
            (Ok(((_, activation), affectation)), Ok(list)) => list.push((ActivationId(activation), affectation)),
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
        Some(stored) if stored.state.is_open() => Affectation { state: new.state.clone(), at: new.at, ..stored },
        Some(stored) => stored,
        // A damaged record: nobody knows who affected it.
        None => new.clone(),
    });
}

/// Moves a computer's affectations to another one, whose own are removed: the older record's count, as in the field.
///
/// # Errors
/// Those of the store.
pub fn merged(store: &impl Read, changes: &mut Changes, from: ComputerId, to: ComputerId) -> Result<(), Error> {
    forget(store, changes, to)?;
    for (activation, affectation) in of_computer(store, from)? {
        changes.remove(&AFFECTATIONS, (from, activation.0))?;
        changes.put(&AFFECTATIONS, (to, activation.0), &affectation)?;
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
