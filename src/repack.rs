//! Records that were written before there was a dictionary, written again with it.
//!
//! Every inventory writes its computer's hot record anyway, and its cold one when something changed. This is for those that
//! do not report soon, and for the file as a whole: after a roll-out most of its records are from before.

use crate::app::App;
use crate::id::ComputerId;
use crate::inventory::computer::Kind;
use crate::inventory::store::{COLD, HOT};
use crate::store::{Error, Read as _, Txn, Write as _};

/// Computers in one change: inventories wait for no longer than this takes.
const AT_ONCE: usize = 64;

/// Packs what is not packed with a dictionary; says how many records were. `ending` is asked now and then.
pub fn repack(app: &App, ending: impl Fn() -> bool) -> Result<u64, Error> {
    if !Kind::ALL.into_iter().all(|kind| app.dictionaries.has(kind)) {
        return Ok(0);
    }
    let mut ids: Vec<ComputerId> = app.fleet.look().ids().collect();
    ids.sort_unstable();
    let mut repacked = 0;
    for some in ids.chunks(AT_ONCE) {
        if ending() {
            break;
        }
        let (some, dictionaries) = (some.to_vec(), app.dictionaries.clone());
        // Read and written in one transaction: an inventory that comes meanwhile is not lost.
        repacked += app.write(move |w: &mut Txn<'_>| {
            let mut repacked = 0;
            for id in some {
                // What is damaged stays as it is, for `check` to name.
                if let Ok(Some(hot)) = w.get(&HOT, id)
                    && hot.is_older()
                    && let Ok(computer) = dictionaries.unpack_hot(&hot)
                    && let Ok(packed) = dictionaries.pack_hot(&computer)
                {
                    w.put(&HOT, id, &packed)?;
                    repacked += 1;
                }
                if let Ok(Some(cold)) = w.get(&COLD, id)
                    && cold.is_older()
                    && let Ok(block) = dictionaries.unpack(&cold)
                    && let Ok(packed) = dictionaries.pack(&block)
                {
                    w.put(&COLD, id, &packed)?;
                    repacked += 1;
                }
            }
            Ok::<u64, Error>(repacked)
        })?;
    }
    Ok(repacked)
}
