//! Groups and their members in the file.
//!
//! Members stand under the computer first: what is done with one computer, and that is most, finds them together. What
//! is done with a whole group reads all of them.

use std::collections::BTreeMap;

use super::{Group, Member};
use crate::id::{ComputerId, GroupId};
use crate::store::{Changes, Error, Read, Table, Write};

/// Groups by their number.
pub static GROUPS: Table<u32, Group> = Table::new("groups");
/// Members by computer and group.
pub static MEMBERS: Table<(ComputerId, u32), Member> = Table::new("group_members");
/// The last number that was given, under 0.
pub static NUMBERS: Table<u8, u64> = Table::new("groups_given");

/// A number for a new group. None is given twice: what was meant for one group must never reach another.
///
/// # Errors
/// Those of the store.
pub fn next(store: &mut (impl Read + Write)) -> Result<GroupId, Error> {
    let next = store.get(&NUMBERS, 0)?.unwrap_or(0) + 1;
    store.put(&NUMBERS, 0, &next)?;
    u32::try_from(next).map(GroupId).map_err(|_| Error::Unavailable("there are no numbers left".to_owned()))
}

/// Every group by its number. A damaged one is left out.
///
/// # Errors
/// Those of the store.
pub fn groups(store: &impl Read) -> Result<BTreeMap<GroupId, Group>, Error> {
    let (mut all, mut failed) = (BTreeMap::new(), Ok(()));
    store.scan(&GROUPS, &mut |record| {
        match record {
            Ok((id, group)) => drop(all.insert(GroupId(id), Group { id: GroupId(id), ..group })),
            Err(error) => failed = left_out(error),
        }
        failed.is_ok()
    })?;
    failed.map(|()| all)
}

/// The groups of a computer.
///
/// # Errors
/// Those of the store.
pub fn of_computer(store: &impl Read, id: ComputerId) -> Result<BTreeMap<GroupId, Member>, Error> {
    let (mut all, mut failed) = (BTreeMap::new(), Ok(()));
    store.scan_from(&MEMBERS, &id.0.to_be_bytes(), &mut |record| {
        match record {
            Ok(((_, group), member)) => drop(all.insert(GroupId(group), member)),
            Err(error) => failed = left_out(error),
        }
        failed.is_ok()
    })?;
    failed.map(|()| all)
}

/// Every member of every group, to be gone through; `each` says whether to go on.
///
/// # Errors
/// Those of the store.
pub fn members(store: &impl Read, each: &mut dyn FnMut(ComputerId, GroupId, Member) -> bool) -> Result<(), Error> {
    let mut failed = Ok(());
    store.scan(&MEMBERS, &mut |record| match record {
        Ok(((id, group), member)) => each(id, GroupId(group), member),
        Err(error) => {
            failed = left_out(error);
            failed.is_ok()
        }
    })?;
    failed
}

/// A damaged record is told of, and left out; any other error stays one.
fn left_out(error: Error) -> Result<(), Error> {
    match error {
        Error::Damaged { .. } => {
            tracing::error!("{error}; it is left out");
            Ok(())
        }
        other => Err(other),
    }
}

/// The members of one group.
///
/// # Errors
/// Those of the store.
pub fn of_group(store: &impl Read, group: GroupId) -> Result<Vec<ComputerId>, Error> {
    let mut found = Vec::new();
    members(store, &mut |id, of, _| {
        if of == group {
            found.push(id);
        }
        true
    })?;
    Ok(found)
}

/// Removes a group with its members; answers who they were, `None` when there is no such group.
///
/// # Errors
/// Those of the store.
pub fn remove(store: &mut (impl Read + Write), group: GroupId) -> Result<Option<(Group, Vec<ComputerId>)>, Error> {
    let known = match store.get(&GROUPS, group.0) {
        // One that cannot be read can be removed.
        Err(Error::Damaged { .. }) => Some(Group::default()),
        other => other?,
    };
    let Some(known) = known else { return Ok(None) };
    store.remove(&GROUPS, group.0)?;
    let members = of_group(store, group)?;
    for id in &members {
        store.remove(&MEMBERS, (*id, group.0))?;
    }
    Ok(Some((Group { id: group, ..known }, members)))
}

/// A computer that is merged takes the place of the one that is gone in its groups, besides its own.
pub fn merged(changes: &mut Changes, from: ComputerId, to: ComputerId) {
    changes.take_over(&MEMBERS, from, to);
}

/// Removes a computer from its groups.
///
/// # Errors
/// Those of the store. A damaged record is no hindrance.
pub fn forget(store: &impl Read, changes: &mut Changes, id: ComputerId) -> Result<(), Error> {
    for group in of_computer(store, id)?.into_keys() {
        changes.remove(&MEMBERS, (id, group.0))?;
    }
    Ok(())
}
