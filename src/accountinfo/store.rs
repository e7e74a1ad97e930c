//! The administrative data of computers.

use std::collections::HashMap;

use super::Account;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Read, Table, Write};

/// One row for each computer.
pub static ACCOUNTINFO: Table<ComputerId, Account> = Table::new("accountinfo");

named_record!(Account);

/// The administrative data of a computer; `None` when its row is missing.
pub fn account(store: &impl Read, id: ComputerId) -> Result<Option<Account>, Error> {
    store.get(&ACCOUNTINFO, id)
}

/// Replaces the administrative data of a computer.
pub fn keep(store: &mut impl Write, id: ComputerId, account: &Account) -> Result<(), Error> {
    store.put(&ACCOUNTINFO, id, account)
}

/// Removes the administrative data of a computer.
pub fn remove(store: &mut impl Write, id: ComputerId) -> Result<(), Error> {
    store.remove(&ACCOUNTINFO, id)
}

/// The TAG of every computer. Damaged rows have none; `check` names them.
pub fn tags(store: &impl Read) -> Result<HashMap<ComputerId, String>, Error> {
    let mut tags = HashMap::new();
    store.scan(&ACCOUNTINFO, &mut |record| {
        if let Ok((id, account)) = record {
            tags.insert(id, account.tag().to_owned());
        }
        true
    })?;
    Ok(tags)
}
