//! Which computers have which software, read from the file at the start.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::buffer;
use crate::inventory::software::List;
use crate::inventory::store::SOFTWARE_OF;
use crate::store::{Error, Reader};

/// Rows of software that are entered together.
const GATHERED: usize = 1 << 20;

/// What the lists of software say.
#[derive(Default)]
pub(super) struct Software {
    /// Slots by item.
    pub(super) installed: HashMap<u32, RoaringBitmap>,
    /// Rows by slot.
    pub(super) counts: Vec<(u32, u32)>,
}

impl Software {
    /// Reads all lists; `slots` by the numbers of computers.
    pub(super) fn load(store: &Reader, slots: &HashMap<u32, u32>) -> Result<Software, Error> {
        let mut software = Software::default();
        // Item and slot of each row, in one number: so they are quickly sorted.
        let mut rows: Vec<u64> = buffer::passing(GATHERED);
        store.scan_part(&SOFTWARE_OF, List::items, &mut |record| {
            // A damaged one is told by the computer's page, and mended by its next inventory.
            let Ok((id, items)) = record else { return true };
            let Some(slot) = slots.get(&id.0).copied() else { return true };
            if rows.len() + items.len() > GATHERED {
                software.enter(&mut rows);
            }
            rows.extend(items.iter().map(|item| u64::from(item.0) << 32 | u64::from(slot)));
            software.counts.push((slot, items.len() as u32));
            true
        })?;
        software.enter(&mut rows);
        Ok(software)
    }

    /// Enters rows item by item: one by one they would be all over the memory.
    fn enter(&mut self, rows: &mut Vec<u64>) {
        rows.sort_unstable();
        rows.dedup();
        for run in rows.chunk_by(|one, next| one >> 32 == next >> 32) {
            let Some(first) = run.first() else { continue };
            let bitmap = self.installed.entry((first >> 32) as u32).or_default();
            let slots = || run.iter().map(|row| *row as u32);
            // In the order of numbers each slot is a new highest one.
            if bitmap.append(slots()).is_err() {
                bitmap.extend(slots());
            }
        }
        rows.clear();
    }
}
