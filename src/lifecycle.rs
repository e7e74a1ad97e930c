//! What is done to computers from outside of their inventories: archived, brought back, deleted, given another TAG; and
//! groups that are deleted with what belongs to them.
//!
//! Each is one transaction for all computers that are meant, with its entry of the audit log; the index follows on
//! the writer's thread. Whoever calls keeps inventories of the computers out meanwhile where it matters (deleting,
//! TAGs): one that is being stored has read the old state already.

use std::collections::BTreeSet;

use crate::accountinfo::{self, Changed, TAG};
use crate::app::App;
use crate::clock::Timestamp;
use crate::deployment::affectation::ActivationId;
use crate::deployment::store as packages;
use crate::deployment::through;
use crate::groups::store as groups;
use crate::history::audit::{self, Change, Entry};
use crate::history::store::{self as history, Gone};
use crate::id::{ComputerId, GroupId};
use crate::inventory::requested::{self, Request};
use crate::inventory::store::{self as computers, ARCHIVED, Archived, DEVICE, HOT};
use crate::options::TRACE_DELETED;
use crate::options::store as options;
use crate::registry::store as registry;
use crate::store::{Changes, Error, Read, Txn, Write};

/// Puts computers into the archive, or takes them out of it when there is no time. Those that are there already stay
/// since when they are. Answers how many were moved; `None` when one of them is gone, and then none is.
pub fn archive(app: &App, ids: Vec<ComputerId>, since: Option<Timestamp>, entry: Entry) -> Result<Option<u64>, Error> {
    let fleet = app.fleet.clone();
    let run = move |w: &mut Txn<'_>| {
        let mut moved = Vec::new();
        for id in &ids {
            if !exists(w, *id)? {
                return Ok(None);
            }
        }
        for id in ids {
            let archived = tolerant(w.get(&ARCHIVED, id))?.is_some();
            match since {
                Some(at) if !archived => w.put(&ARCHIVED, id, &Archived { at })?,
                None if archived => w.remove(&ARCHIVED, id)?,
                _ => continue,
            }
            moved.push(id);
        }
        note(w, entry, moved.len())?;
        Ok(Some(moved))
    };
    let follow = move |moved: &Option<Vec<ComputerId>>| {
        if let Some(moved) = moved {
            fleet.change(|index| index.set_archived(moved, since));
        }
    };
    let moved: Result<Option<Vec<ComputerId>>, Error> = app.store.queue(run, follow)?.wait();
    Ok(moved?.map(|moved| moved.len() as u64))
}

/// Deletes computers with everything that is stored about them. With TRACE_DELETED on, consumers of the field's
/// table are told. Answers how many were deleted; `None` when one of them is gone already, and then none is.
pub fn delete(app: &App, ids: Vec<ComputerId>, now: Timestamp, entry: Entry) -> Result<Option<u64>, Error> {
    let (fleet, book, requests) = (app.fleet.clone(), app.options.clone(), app.requested.clone());
    let (board, known) = (app.board.clone(), app.groups.clone());
    let dictionaries = app.dictionaries.clone();
    let trace = app.options.general().switch(TRACE_DELETED);
    let run = move |w: &mut Txn<'_>| {
        let (mut gone, mut changes) = (Vec::new(), Changes::new());
        for id in ids {
            let device = match computers::computer(w, id, &dictionaries) {
                Ok(Some(computer)) => computer.device,
                Ok(None) => return Ok(None),
                Err(Error::Damaged { .. }) if history::fate(w, id)?.is_some() => return Ok(None),
                // Without an identifier there is nothing to remove under it.
                Err(Error::Damaged { .. }) => device_of(w, id)?.unwrap_or_default(),
                Err(error) => return Err(error),
            };
            computers::remove(&mut changes, id, &device)?;
            accountinfo::store::remove(&mut changes, id)?;
            accountinfo::notes::forget(w, &mut changes, id)?;
            options::forget(w, &mut changes, id)?;
            requested::forget(&mut changes, id)?;
            registry::forget(&mut changes, id)?;
            packages::forget(w, &mut changes, id)?;
            groups::forget(w, &mut changes, id)?;
            history::gone(&mut changes, id, &Gone { at: now, into: None, trace })?;
            gone.push(id);
        }
        w.apply(changes)?;
        note(w, entry, gone.len())?;
        Ok(Some(gone))
    };
    let follow = move |gone: &Option<Vec<ComputerId>>| {
        let Some(gone) = gone else { return };
        fleet.change(|index| index.remove_all(gone));
        book.forget(gone);
        requests.remove(gone);
        board.change(|inner| gone.iter().for_each(|id| drop(inner.affectations.remove(id))));
        known.change(|inner| inner.forget(gone));
    };
    let gone: Result<Option<Vec<ComputerId>>, Error> = app.store.queue(run, follow)?.wait();
    let Some(gone) = gone? else { return Ok(None) };
    gone.iter().for_each(|id| app.contacts.forget(*id));
    Ok(Some(gone.len() as u64))
}

/// Deletes a group with its options, its packages with what came through it, and the activations on its servers with
/// their affectations; its computers stay. Answers how many there were; `None` when it is gone already.
pub fn delete_group(app: &App, id: GroupId, mut entry: Entry) -> Result<Option<u64>, Error> {
    let (known, book, board) = (app.groups.clone(), app.options.clone(), app.board.clone());
    let run = move |w: &mut Txn<'_>| {
        let Some((group, members)) = groups::remove(w, id)? else { return Ok(None) };
        let mut changes = Changes::new();
        options::forget_group(w, &mut changes, id)?;
        let served = packages::forget_group(w, &mut changes, id)?;
        let rows = through::forget_group(w, &mut changes, id)?;
        w.apply(changes)?;
        entry.count = Some(members.len() as u64);
        entry.changes.push(Change { what: "name".to_owned(), before: group.name, after: String::new() });
        audit::append(w, entry)?;
        through::forget_activations(w, &served)?;
        Ok(Some(GoneGroup { members: members.len() as u64, served, rows }))
    };
    let follow = move |gone: &Option<GoneGroup>| {
        if let Some(GoneGroup { served, rows, .. }) = gone {
            known.change(|inner| inner.remove(id));
            book.forget_group(id);
            board.change(|inner| {
                inner.deactivate(served);
                inner.forget_group(id, rows);
            });
        }
    };
    let gone: Result<Option<GoneGroup>, Error> = app.store.queue(run, follow)?.wait();
    Ok(gone?.map(|gone| gone.members))
}

/// What went with a group.
struct GoneGroup {
    members: u64,
    served: BTreeSet<ActivationId>,
    rows: Vec<(ComputerId, ActivationId)>,
}

/// Asks a computer for an inventory at its next contact; without a request, takes that back. Answers whether there is
/// such a computer.
pub fn request(app: &App, id: ComputerId, request: Option<Request>, mut entry: Entry) -> Result<bool, Error> {
    let requests = app.requested.clone();
    let wanted = request.is_some();
    let run = move |w: &mut Txn<'_>| {
        if !exists(w, id)? {
            return Ok(false);
        }
        let before = tolerant(requested::of(w, id))?.is_some();
        match &request {
            Some(request) if !before => requested::ask(w, id, request)?,
            None => requested::forget(w, id)?,
            Some(_) => {}
        }
        if before != wanted {
            let word = |there: bool| if there { "requested" } else { "" }.to_owned();
            entry.changes.push(Change { what: "inventory".to_owned(), before: word(before), after: word(wanted) });
            audit::append(w, entry)?;
        }
        Ok(true)
    };
    let follow = move |there: &bool| match (*there, wanted) {
        (true, true) => requests.add(id),
        (true, false) => requests.remove(&[id]),
        (false, _) => {}
    };
    app.store.queue(run, follow)?.wait()
}

/// Another TAG, and who gives it when.
pub struct NewTag {
    /// The TAG.
    pub tag: String,
    /// Who and when.
    pub changed: Changed,
}

/// Gives computers another TAG, which wins over what their agents say. Answers how many have a new one.
pub fn set_tag(app: &App, ids: Vec<ComputerId>, new: NewTag, entry: Entry) -> Result<u64, Error> {
    let fleet = app.fleet.clone();
    let NewTag { tag, changed } = new;
    let new = tag.clone();
    let run = move |w: &mut Txn<'_>| {
        let mut renamed = Vec::new();
        for id in ids {
            if !exists(w, id)? {
                continue;
            }
            let mut account = tolerant(accountinfo::store::account(w, id))?.unwrap_or_default();
            if account.tag() != new {
                account.values.insert(TAG.to_owned(), new.clone());
                account.changed.insert(TAG.to_owned(), changed.clone());
                accountinfo::store::keep(w, id, &account)?;
                renamed.push(id);
            }
        }
        note(w, entry, renamed.len())?;
        Ok(renamed)
    };
    let follow = move |renamed: &Vec<ComputerId>| {
        fleet.change(|index| renamed.iter().for_each(|id| index.set_tag(*id, &tag)));
    };
    let renamed: Result<Vec<ComputerId>, Error> = app.store.queue(run, follow)?.wait();
    Ok(renamed?.len() as u64)
}

/// What concerns nobody is no entry.
fn note(w: &mut Txn<'_>, mut entry: Entry, count: usize) -> Result<(), Error> {
    if count == 0 {
        return Ok(());
    }
    entry.count = Some(count as u64);
    audit::append(w, entry).map(drop)
}

/// Whether there is such a computer; a damaged one is there.
fn exists(read: &impl Read, id: ComputerId) -> Result<bool, Error> {
    match read.get(&HOT, id) {
        Err(Error::Damaged { .. }) => Ok(history::fate(read, id)?.is_none()),
        other => Ok(other?.is_some()),
    }
}

/// A damaged record counts as none.
fn tolerant<T>(record: Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    match record {
        Err(Error::Damaged { .. }) => Ok(None),
        other => other,
    }
}

/// The identifier of a computer whose record is damaged.
fn device_of(read: &impl Read, id: ComputerId) -> Result<Option<String>, Error> {
    let mut found = None;
    read.scan(&DEVICE, &mut |record| {
        if let Ok((device, number)) = record
            && number == id.0
        {
            found = Some(device);
        }
        found.is_none()
    })?;
    Ok(found)
}
