//! The dictionaries of cold and hot records, trained once on the office's own inventories.

use std::error::Error;

use tracing::info;

use super::{Again, Round};
use crate::inventory::computer::{Kind, train};
use crate::inventory::store::{self as computers, DICTIONARY};
use crate::repack::repack;
use crate::store::{self, Txn, Write as _};

/// With fewer computers there is little to learn.
const COMPUTERS: usize = 400;
/// More samples make no better dictionary.
const SAMPLES: usize = 1000;

/// Trains the dictionaries that there are none of yet, once there are computers enough.
pub(super) fn dictionary(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    let missing = Kind::ALL.into_iter().any(|kind| !app.dictionaries.has(kind));
    if !missing || app.fleet.look().len() < COMPUTERS {
        return Ok(Again::AsPlanned);
    }
    for kind in Kind::ALL {
        if app.dictionaries.has(kind) {
            continue;
        }
        let Some(blocks) = samples(round, kind)? else { return Ok(Again::AsPlanned) };
        let number = kind as u32;
        let bytes = train(&blocks)?;
        let kept = bytes.clone();
        app.write(move |w: &mut Txn<'_>| {
            w.put(&DICTIONARY, number, &kept)?;
            Ok::<_, store::Error>(())
        })?;
        // In the file first: a record never names a dictionary that a crash took away.
        app.dictionaries.add(number, &bytes);
        info!("trained a dictionary on {} computers; records are smaller from now on", blocks.len());
    }
    repack(app, || round.ending())?;
    Ok(Again::AsPlanned)
}

/// Records as they are before they are compressed; `None` when the program is about to end.
fn samples(round: &Round, kind: Kind) -> Result<Option<Vec<Vec<u8>>>, store::Error> {
    let app = round.app();
    let mut ids: Vec<_> = app.fleet.look().ids().collect();
    ids.sort();
    // Spread over all: neighbours came from one model, mostly.
    let step = ids.len().div_ceil(SAMPLES).max(1);
    let mut blocks = Vec::new();
    for id in ids.into_iter().step_by(step) {
        if round.ending() {
            return Ok(None);
        }
        let store = app.store.read()?;
        // A damaged record is the matter of `check`.
        let block = match kind {
            Kind::Cold => computers::cold_block(&store, id, &app.dictionaries).ok(),
            Kind::Hot => {
                computers::computer(&store, id, &app.dictionaries).ok().flatten().map(|computer| computer.sample())
            }
        };
        blocks.extend(block.filter(|block| !block.is_empty()));
    }
    Ok(Some(blocks))
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
    use crate::store::{Read as _, Store, Stored as _};

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
                        volatile: block(number),
                    };
                    w.put(&HOT, ComputerId(number), &Dictionaries::default().pack_hot(&computer).unwrap())?;
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
        for (computers, trained) in [(399, false), (400, true)] {
            let (_folder, app) = office(computers);
            let round = Round::new(Agents::new(app.clone()), None, None, runtime.handle().clone());
            for _ in 0..2 {
                dictionary(&round).unwrap();
                assert!(Kind::ALL.into_iter().all(|kind| app.dictionaries.has(kind) == trained));
            }
            let store = app.store.read().unwrap();
            assert_eq!(store.count(&DICTIONARY).unwrap(), if trained { 2 } else { 0 });
            // What was written before was written again, and reads as before.
            assert_eq!(store.get(&HOT, ComputerId(7)).unwrap().unwrap().is_older(), !trained);
            assert_eq!(store.get(&COLD, ComputerId(7)).unwrap().unwrap().is_older(), !trained);
            assert_eq!(computers::cold_block(&store, ComputerId(7), &app.dictionaries).unwrap(), block(7));
            let computer = computers::computer(&store, ComputerId(7), &app.dictionaries).unwrap().unwrap();
            assert_eq!(computer.volatile, block(7));
            let length = |dictionaries: &Dictionaries| {
                let mut bytes = Vec::new();
                dictionaries.pack_hot(&computer).unwrap().encode(&mut bytes);
                bytes.len()
            };
            assert_eq!(length(&app.dictionaries) < length(&Dictionaries::default()), trained);
        }
    }
}
