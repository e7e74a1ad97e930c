//! Answers to registry queries that were deleted leave the inventories, some computers at a time (CON-REG-1).

use std::error::Error;

use tracing::info;

use super::{Again, Round};
use crate::inventory::store as computers;
use crate::registry::{answers, store as queries};
use crate::store::{self, Txn, Write as _};

/// Computers that are worked on together.
const PART: usize = 50;

/// Removes some answers, or says that all are gone.
pub(super) fn remove_answers(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    let read = app.store.read()?;
    let Some(name) = queries::removals(&read)?.into_iter().next() else { return Ok(Again::AsPlanned) };
    let mut ids = Vec::new();
    queries::answers(&read, &mut |id, names| {
        if names.contains(&name) {
            ids.push(id);
        }
        ids.len() < PART
    })?;
    if ids.is_empty() {
        info!("all answers to the registry query `{name}` are removed");
        app.write(move |w: &mut Txn<'_>| w.remove(&queries::REMOVALS, name.as_str()))?;
        return Ok(Again::AtOnce);
    }
    let mut devices = Vec::new();
    for id in ids {
        // Of a damaged record nobody knows whose it is; its next inventory begins anew in any case.
        let computer = computers::computer(&read, id, &app.dictionaries).ok().flatten();
        devices.push((computer.map(|computer| computer.device.to_ascii_lowercase()), id));
    }
    drop(read);
    let (mut free, mut held) = (Vec::new(), Vec::new());
    for (device, id) in devices {
        // Nobody is waited for while others are held: who is busy has its turn in the next round.
        match device.map(|device| round.agents.hold_now(&device)) {
            Some(None) => continue,
            Some(Some(guard)) => held.push(guard),
            None => {}
        }
        free.push(id);
    }
    let again = if free.is_empty() { Again::AsPlanned } else { Again::AtOnce };
    let (dictionaries, fleet, done) = (app.dictionaries.clone(), app.fleet.clone(), free.clone());
    let run = move |w: &mut Txn<'_>| -> Result<(), store::Error> {
        // Somebody made a query of this name again: its answers are wanted.
        if !queries::removals(w)?.contains(&name) {
            return Ok(());
        }
        free.iter().try_for_each(|id| answers::remove(w, &dictionaries, *id, &name))
    };
    let after = move |(): &()| fleet.change(|index| done.iter().for_each(|id| index.forget_hashes(*id)));
    app.store.queue(run, after)?.wait()?;
    drop(held);
    Ok(again)
}
