//! Keeping inventories of computers out while something about them is changed: one that is being stored has read the
//! old state already, would bring back what is deleted, and may merge the computer away.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::web;
use tokio::time::{Instant, timeout_at};

use super::{Asked, Error};
use crate::id::ComputerId;
use crate::inventory::store as computers;
use crate::store;

/// How long computers are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(5);

/// Inventories are kept out for as long as this lives.
pub struct Held<G> {
    /// The computers whose inventories are kept out, and those of damaged records: nobody knows whose they are, and the
    /// next inventory begins anew in any case.
    pub free: HashSet<ComputerId>,
    /// Something else about a computer takes too long.
    pub busy: bool,
    _guards: Vec<G>,
}

/// Keeps inventories of those computers out about which nothing else is being done. Computers that are not there are
/// left out.
///
/// # Errors
/// Those of the store.
pub async fn free(asked: &Asked, ids: Vec<ComputerId>) -> Result<Held<impl Send + 'static + use<>>, Error> {
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
    let (devices, free) = web::block(work).await??;
    let until = Instant::now() + PATIENCE;
    let mut held = Held { free, busy: false, _guards: Vec::with_capacity(devices.len()) };
    for (device, id) in devices {
        match timeout_at(until, agents.hold(&device)).await {
            Ok(Some(guard)) => {
                held._guards.push(guard);
                held.free.insert(id);
            }
            _ => held.busy = true,
        }
    }
    Ok(held)
}

/// Keeps inventories of all these computers out.
///
/// # Errors
/// Something else about one of them takes too long; those of the store.
pub async fn all(asked: &Asked, ids: &[ComputerId]) -> Result<Held<impl Send + 'static + use<>>, Error> {
    let held = free(asked, ids.to_vec()).await?;
    if held.busy { Err(Error::Busy) } else { Ok(held) }
}

/// Keeps inventories of one computer out.
///
/// # Errors
/// There is no such computer, or something else about it takes too long.
pub async fn one(asked: &Asked, id: ComputerId) -> Result<Held<impl Send + 'static + use<>>, Error> {
    let held = all(asked, &[id]).await?;
    if held.free.is_empty() { Err(Error::NotFound) } else { Ok(held) }
}
