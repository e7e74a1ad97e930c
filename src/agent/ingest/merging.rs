//! Finding older records of the computer that reports, and taking them over.

use super::Offer;
use crate::agent::Agents;
use crate::agent::locks::Guard;
use crate::clock::Timestamp;
use crate::duplicates::{self, Criteria, Criterion, Identity, Merged};
use crate::fleet::Index;
use crate::id::ComputerId;
use crate::inventory::columns::{self, Columns};
use crate::inventory::{convert, store as computers};
use crate::options::{AUTO_DUPLICATE_LVL, TRACE_DELETED};
use crate::store::{Changes, Error, Read};

/// Two computers that both reported within this time are two, when only a name or a MAC address says otherwise.
const BOTH_ALIVE: i64 = 600;

/// Older records that become part of the one that reports, and the locks on them.
#[derive(Default)]
pub(super) struct Merging {
    /// The records; the last one reported last, and its TAG counts.
    pub records: Vec<Merged>,
    /// Held until the commit.
    pub locks: Vec<Guard>,
}

/// Looks for older records: the one that the agent names, then those that meet the criteria. Their removal is
/// added to the changes. A record that is being worked on is left for the next time.
pub(super) fn find(
    agents: &Agents,
    read: &impl Read,
    changes: &mut Changes,
    offer: &Offer<'_>,
    id: ComputerId,
    columns: &Columns,
    now: Timestamp,
) -> Result<Merging, Error> {
    let general = agents.app.options.general();
    let criteria = Criteria::of(general.number(AUTO_DUPLICATE_LVL));
    let mut found: Vec<(Timestamp, ComputerId)> = {
        let index = agents.app.fleet.look();
        let mut ids = candidates(agents, &index, &criteria, columns, id, now);
        ids.extend(named(&index, offer, id));
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| Some((index.seen(id)?.last_contact, id))).collect()
    };
    found.sort_unstable();
    let mut merging = Merging::default();
    for (_, older) in found {
        // One that is damaged has nothing to give; its own next inventory mends it, and is merged then.
        let Some(computer) = computers::computer(read, older, &agents.app.dictionaries).or_else(passed_over)? else {
            continue;
        };
        let Some(lock) = agents.locks.attempt(&computer.device.to_ascii_lowercase()) else { continue };
        let record =
            duplicates::merge(read, &agents.app.dictionaries, changes, older, id, general.switch(TRACE_DELETED), now);
        if let Some(record) = record.or_else(passed_over)? {
            tracing::info!(target: "rollcall::agent", computer = id.0, gone = older.0, "merged an older record of the same computer");
            merging.records.push(record);
            merging.locks.push(lock);
        }
    }
    Ok(merging)
}

/// A damaged record counts as none.
fn passed_over<T>(error: Error) -> Result<Option<T>, Error> {
    match error {
        Error::Damaged { .. } => {
            tracing::error!("an older record of a computer is not merged: {error}");
            Ok(None)
        }
        other => Err(other),
    }
}

/// The record under the identifier that the agent had before.
fn named(index: &Index, offer: &Offer<'_>, id: ComputerId) -> Option<ComputerId> {
    let old = offer.message.old_device_id()?;
    index.device(&old.folded()).map(|known| known.id).filter(|old| *old != id)
}

/// Records that meet all criteria.
fn candidates(
    agents: &Agents,
    index: &Index,
    criteria: &Criteria,
    columns: &Columns,
    id: ComputerId,
    now: Timestamp,
) -> Vec<ComputerId> {
    if criteria.is_never() {
        return Vec::new();
    }
    let own = Identity::of(|column| columns.get(column));
    let junk = agents.app.definitions.junk.now();
    let may_be = |other: &ComputerId| {
        let alive = || index.seen(*other).is_some_and(|seen| now.since(seen.last_contact) < BOTH_ALIVE);
        *other != id
            && duplicates::judge(own, Identity::of(|column| index.text(*other, column)), criteria, &junk).is_some()
            && !(criteria.is_weak() && alive())
    };
    // Any criterion that the index can look up narrows the search; only "same model" alone has none.
    let narrow = [Criterion::Uuid, Criterion::Serial, Criterion::AssetTag, Criterion::MacAddress, Criterion::Hostname];
    match narrow.into_iter().find(|criterion| criteria.iter().any(|wanted| wanted == *criterion)) {
        Some(criterion) => {
            let values = columns.get(criterion.column()).lines();
            let mut ids: Vec<ComputerId> = values.flat_map(|value| index.sharing(criterion.column(), value)).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter().filter(may_be).collect()
        }
        None => index.ids().filter(may_be).collect(),
    }
}

/// The user of the older record counts when the agent names none but the system.
pub(super) fn take_user(columns: &mut Columns, offer: &Offer<'_>, older: &Merged) {
    let sent = offer.message.sections("HARDWARE").last().and_then(|hardware| hardware.value("USERID"));
    let stored = Some(older.computer.columns.get(columns::USERID)).filter(|user| !user.is_empty());
    if sent.is_some()
        && columns.get(columns::USERID).is_empty()
        && let Some(user) = convert::user(sent, stored)
    {
        columns.set(columns::USERID, user);
    }
}
