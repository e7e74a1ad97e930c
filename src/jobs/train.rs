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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::agent::Agents;
    use crate::app::App;
    use crate::clock::{Clock, Timestamp};
    use crate::config::Config;
    use crate::id::ComputerId;
    use crate::inventory::rows::put_section;
    use crate::inventory::store::{COLD, HOT};
    use crate::inventory::{Columns, Computer, Dictionaries};
    use crate::store::Store;

    fn block(number: u32) -> Vec<u8> {
        let (serial, address) = (format!("SN-{number:05}"), format!("10.0.{}.{}", number / 250, number % 250));
        let row = [("SSN", serial.as_str()), ("SMODEL", "Tower 3"), ("SMANUFACTURER", "Somebody"), ("X", &address)];
        let mut out = Vec::new();
        put_section(&mut out, "BIOS", [row.into_iter(), row.into_iter()].into_iter(), 1000);
        out
    }

    fn office(computers: u32) -> (tempfile::TempDir, Arc<App>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_memory().unwrap();
        store
            .write(move |w: &mut Txn<'_>| {
                for number in 1..=computers {
                    let computer = Computer {
                        device: format!("pc-{number}-2026-02-03-08-15-42"),
                        stable: 0,
                        software: 0,
                        first_seen: Timestamp(1),
                        last_inventory: Timestamp(1),
                        last_date: Timestamp(1),
                        checksum: 0,
                        carried: false,
                        columns: Columns::default(),
                        volatile: Vec::new(),
                    };
                    w.put(&HOT, ComputerId(number), &computer)?;
                    w.put(&COLD, ComputerId(number), &Dictionaries::default().pack(&block(number)).unwrap())?;
                }
                Ok::<_, store::Error>(())
            })
            .unwrap();
        let mut config = Config::default();
        config.data = folder.path().to_path_buf();
        (folder, App::with_store(config, Clock::by_hand(Timestamp(1)), store).unwrap())
    }

    #[test]
    fn a_dictionary_is_trained_once_there_are_computers_enough() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for (computers, newest) in [(399, 0), (400, 1)] {
            let (_folder, app) = office(computers);
            let round = Round::new(Agents::new(app.clone()), None, None, runtime.handle().clone());
            for _ in 0..2 {
                dictionary(&round).unwrap();
                assert_eq!(app.dictionaries.newest(), newest);
            }
            let kept = app.store.read().unwrap().count(&DICTIONARY).unwrap();
            assert_eq!(kept, u64::from(newest));
            let store = app.store.read().unwrap();
            assert_eq!(computers_block(&store, &app), block(7));
        }
    }

    fn computers_block(store: &impl crate::store::Read, app: &App) -> Vec<u8> {
        computers::cold_block(store, ComputerId(7), &app.dictionaries).unwrap()
    }
}
