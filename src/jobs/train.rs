//! The dictionary of cold records, trained once on the office's own inventories.

use std::error::Error;

use tracing::info;

use super::{Again, Round};
use crate::inventory::computer::train;
use crate::inventory::store::{self as computers, DICTIONARY};
use crate::store::{self, Txn, Write as _};

/// With fewer computers there is little to learn.
const COMPUTERS: usize = 400;
/// More samples make no better dictionary.
const SAMPLES: usize = 1000;

/// Trains a dictionary when there is none and there are computers enough.
pub(super) fn dictionary(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    if app.dictionaries.newest() > 0 || app.fleet.look().len() < COMPUTERS {
        return Ok(Again::AsPlanned);
    }
    let mut ids: Vec<_> = app.fleet.look().ids().collect();
    ids.sort();
    // Spread over all: neighbours came from one model, mostly.
    let step = ids.len().div_ceil(SAMPLES).max(1);
    let mut blocks = Vec::new();
    for id in ids.into_iter().step_by(step) {
        if round.ending() {
            return Ok(Again::AsPlanned);
        }
        let store = app.store.read()?;
        // A damaged record is the matter of `check`.
        blocks.extend(computers::cold_block(&store, id, &app.dictionaries).ok().filter(|block| !block.is_empty()));
    }
    let bytes = train(&blocks)?;
    let kept = bytes.clone();
    app.write(move |w: &mut Txn<'_>| {
        w.put(&DICTIONARY, 1, &kept)?;
        Ok::<_, store::Error>(())
    })?;
    // In the file first: a record never names a dictionary that a crash took away.
    app.dictionaries.add(1, &bytes);
    info!("trained a dictionary on {} computers; records are smaller from now on", blocks.len());
    Ok(Again::AsPlanned)
}
