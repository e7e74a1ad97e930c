//! Computers by the keys of a CSV text, and their administrative data.

use super::computer;
use crate::accountinfo::import::{Key, Known};
use crate::accountinfo::{self, Account};
use crate::fleet::{Index, Sight};
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::store::{self, Read};

/// The computers that somebody may see, by their key.
pub fn known(index: &Index, sight: &Sight, key: Key) -> Known {
    let mut known = Known::new();
    for id in index.ids().filter(|id| index.sees(sight, *id)) {
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

/// The administrative data of a computer that is there and may be seen; a damaged row counts as blank.
pub fn account(read: &impl Read, sight: &Sight, id: ComputerId) -> Result<Option<Account>, store::Error> {
    if computer::is_gone(read, id)? {
        return Ok(None);
    }
    let account = match accountinfo::store::account(read, id) {
        Err(store::Error::Damaged { .. }) => Account::default(),
        other => other?.unwrap_or_default(),
    };
    // Its TAG may have changed since it was looked for.
    Ok(Some(account).filter(|account| sight.sees(account.tag())))
}
