//! Keeping inventories of computers out while something about them is changed: one that is being stored has read the
//! old state already, and may merge the computer away.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::web;
use tokio::time::{Instant, timeout_at};

use super::{Asked, Error};
use crate::id::ComputerId;
use crate::inventory::store as computers;
use crate::store;

/// How long many computers are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(5);

/// Keeps inventories of one computer out for as long as the answer lives.
///
/// # Errors
/// There is no such computer, or something else about it takes too long.
pub async fn one(asked: &Asked, id: ComputerId) -> Result<impl Send + 'static + use<>, Error> {
    let device = asked.read(move |app, read| match computers::computer(read, id, &app.dictionaries) {
        // Of a damaged record nobody knows whose it is; its next inventory begins anew in any case.
        Err(store::Error::Damaged { .. }) => Ok(Some(None)),
        other => Ok(other?.map(|computer| Some(computer.device.to_ascii_lowercase()))),
    });
    match device.await?.ok_or(Error::NotFound)? {
        Some(folded) => Ok(Some(asked.visit.console.agents.hold(&folded).await.ok_or(Error::Busy)?)),
        None => Ok(None),
    }
}

/// Keeps inventories of many computers out. Answers of which, and what keeps them out: something else takes too long
/// about the others.
///
/// # Errors
/// Those of the store.
pub async fn many(
    asked: &Asked,
    ids: Vec<ComputerId>,
) -> Result<(HashSet<ComputerId>, Vec<impl Send + 'static + use<>>), Error> {
    let (app, agents) = (asked.visit.console.app.clone(), asked.visit.console.agents.clone());
    let work = move || {
        app.read(|read| {
            let (mut devices, mut damaged) = (Vec::with_capacity(ids.len()), HashSet::new());
            for id in ids {
                match computers::computer(read, id, &app.dictionaries) {
                    Ok(Some(computer)) => devices.push((computer.device.to_ascii_lowercase(), id)),
                    Ok(None) => {}
                    Err(store::Error::Damaged { .. }) => {
                        damaged.insert(id);
                    }
                    Err(error) => return Err(error),
                }
            }
            // Whoever holds several takes them in this order.
            devices.sort_unstable();
            Ok((devices, damaged))
        })
    };
    let (devices, mut free) = web::block(work).await??;
    let (mut held, until) = (Vec::with_capacity(devices.len()), Instant::now() + PATIENCE);
    for (device, id) in devices {
        if let Ok(Some(guard)) = timeout_at(until, agents.hold(&device)).await {
            held.push(guard);
            free.insert(id);
        }
    }
    Ok((free, held))
}
