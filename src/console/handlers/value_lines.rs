//! Computers by the keys of a CSV text, their administrative data, and the index after a change of TAGs.

use actix_web::web;

use super::{Asked, Error};
use crate::accountinfo::import::{Key, Known, Line};
use crate::accountinfo::{self, Account, TAG};
use crate::fleet::Index;
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::inventory::store as computers;
use crate::store::{self, Read};

/// Every computer by its key.
pub fn known(index: &Index, key: Key) -> Known {
    let mut known = Known::new();
    for id in index.ids() {
        let number = id.to_string();
        let values: Vec<(&str, &str)> = match key {
            Key::Name => vec![(index.text(id, columns::NAME), "")],
            Key::Serial => vec![(index.text(id, columns::SSN), "")],
            Key::Mac => index.text(id, columns::MACADDR).lines().map(|mac| (mac, "")).collect(),
            Key::AssetTag => vec![(index.text(id, columns::ASSETTAG), "")],
            Key::TagAndName => vec![(index.tag(id), index.text(id, columns::NAME))],
            Key::Id => vec![(&number, "")],
        };
        for normal in values.into_iter().filter_map(|(first, second)| key.normal(first, second)) {
            let ids = known.entry(normal).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    known
}

/// The administrative data of a computer; a damaged row counts as none.
pub fn account(read: &impl Read, id: ComputerId) -> Result<Account, store::Error> {
    match accountinfo::store::account(read, id) {
        Err(store::Error::Damaged { .. }) => Ok(Account::default()),
        other => Ok(other?.unwrap_or_default()),
    }
}

/// Brings the index in step with TAGs that changed. An inventory that was being stored may enter the old one; so
/// each computer's inventories are kept out while its TAG is read and entered.
pub async fn follow_tags(asked: &Asked, lines: &[Line]) -> Result<(), Error> {
    let console = &asked.visit.console;
    for line in lines {
        let Line::Updated(id, changes) = line else { continue };
        if !changes.iter().any(|change| change.key == TAG) {
            continue;
        }
        let id = *id;
        let device = asked.read(move |app, read| match computers::computer(read, id, &app.dictionaries) {
            Err(store::Error::Damaged { .. }) => Ok(None),
            other => Ok(other?.map(|computer| computer.device.to_ascii_lowercase())),
        });
        let held = match device.await? {
            Some(folded) => console.agents.hold(&folded).await,
            None => None,
        };
        let app = console.app.clone();
        let enter = move || -> Result<(), store::Error> {
            let tag = app.read(|read| account(read, id))?.tag().to_owned();
            app.fleet.change(|index| index.set_tag(id, &tag));
            drop(held);
            Ok(())
        };
        web::block(enter).await??;
    }
    Ok(())
}
