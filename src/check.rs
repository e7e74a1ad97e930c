//! Verifies the store: every record readable, the index equal to the records, the parts of a computer together.
//!
//! It only looks; mending is the matter of the next inventory, of a backup or of a person.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::accountinfo::store::{self as accounts, ACCOUNTINFO};
use crate::app::App;
use crate::history::audit;
use crate::id::ComputerId;
use crate::inventory::software::ItemId;
use crate::inventory::store::{self as computers, COLD, DEVICE, HOT, SEEN, SOFTWARE, SOFTWARE_OF};
use crate::inventory::{Computer, rows};
use crate::schema::TABLES;
use crate::store::{Error, Key, Read, Reader, Stored, Table};

/// Sentences beyond this many are only counted: one cause may touch every computer.
const SENTENCES: usize = 1000;
/// Looks at a difference between index and file before it is believed, while inventories come in.
const LOOKS: usize = 5;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Records of each table, in the order of the tables.
    pub counts: Vec<(String, u64)>,
    /// What is wrong, a sentence each.
    pub wrong: Vec<String>,
    /// How much more is wrong.
    pub more: u64,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn fine(&self) -> bool {
        self.wrong.is_empty() && self.more == 0
    }

    fn tell(&mut self, sentence: String) {
        if self.wrong.len() < SENTENCES {
            self.wrong.push(sentence);
        } else {
            self.more += 1;
        }
    }
}

/// Reads everything. It pins the state of the file meanwhile. Visits may wait in memory and are not compared.
///
/// # Errors
/// The file as a whole cannot be read.
pub fn check(app: &App) -> Result<Findings, Error> {
    let store = app.store.read()?;
    let mut findings = Findings::default();
    for table in TABLES {
        let checked = (table.check)(&store)?;
        findings.counts.push((table.name.to_owned(), checked.records));
        checked.damaged.into_iter().for_each(|sentence| findings.tell(sentence));
    }
    let known: HashSet<ComputerId> = keys(&store, &HOT)?;
    blocks(app, &store, &mut findings)?;
    lists(&store, &mut findings)?;
    belongs(app, &store, &known, &mut findings)?;
    audit::verify(&store)?.faults.iter().for_each(|fault| findings.tell(fault.to_string()));
    drop(store);
    differences(app)?.into_iter().for_each(|sentence| findings.tell(sentence));
    Ok(findings)
}

/// What differs between the index and the file. What was stored between the looks at the two differs only once.
fn differences(app: &App) -> Result<Vec<String>, Error> {
    let look = || -> Result<Vec<String>, Error> {
        let store = app.store.read()?;
        let tags = accounts::tags(&store)?;
        app.fleet.differences(&store, &app.dictionaries, &|id| tags.get(&id).cloned().unwrap_or_default())
    };
    let mut found = look()?;
    for _ in 1..LOOKS {
        if found.is_empty() {
            break;
        }
        let again: HashSet<String> = look()?.into_iter().collect();
        found.retain(|sentence| again.contains(sentence));
    }
    Ok(found)
}

/// Keys of the records that can be read.
fn keys<K: Key + Eq + std::hash::Hash, V: Stored>(
    store: &Reader,
    table: &'static Table<K, V>,
) -> Result<HashSet<K>, Error> {
    let mut keys = HashSet::new();
    store.scan(table, &mut |record| {
        keys.extend(record.map(|(key, _)| key));
        true
    })?;
    Ok(keys)
}

/// Every block of sections unpacks, and packs and unpacks again to the same.
fn blocks(app: &App, store: &Reader, findings: &mut Findings) -> Result<(), Error> {
    let identifiers: HashMap<String, u32> = store.all(&DEVICE)?.into_iter().collect();
    store.scan(&HOT, &mut |record| {
        let Ok((id, hot)) = record else { return true };
        let computer = match app.dictionaries.unpack_hot(&hot) {
            Ok(computer) => computer,
            Err(why) => {
                findings.tell(format!("the record of computer {id} does not unpack: {why}"));
                return true;
            }
        };
        if let Err(why) = rows::unpack(&computer.volatile) {
            findings.tell(format!("the latest values of computer {id} cannot be read: {why}"));
        }
        if identifiers.get(&computer.device.to_ascii_lowercase()) != Some(&id.0) {
            findings.tell(format!("the identifier of computer {id} does not lead to it"));
        }
        true
    })?;
    store.scan(&COLD, &mut |record| {
        let Ok((id, cold)) = record else { return true };
        let block = match app.dictionaries.unpack(&cold) {
            Ok(block) => block,
            Err(why) => {
                findings.tell(format!("the sections of computer {id} do not unpack: {why}"));
                return true;
            }
        };
        if let Err(why) = rows::unpack(&block) {
            findings.tell(format!("the sections of computer {id} cannot be read: {why}"));
        }
        let again = app.dictionaries.pack(&block).ok().and_then(|cold| app.dictionaries.unpack(&cold).ok());
        if again.as_ref() != Some(&block) {
            findings.tell(format!("the sections of computer {id} do not pack and unpack to the same"));
        }
        true
    })
}

/// Every list of software names rows that exist and can be read.
fn lists(store: &Reader, findings: &mut Findings) -> Result<(), Error> {
    let mut items: HashSet<ItemId> = HashSet::new();
    store.scan(&SOFTWARE, &mut |record| {
        if let Ok((id, item)) = record {
            if let Err(why) = item.row() {
                findings.tell(format!("row {} of the software catalogue cannot be read: {why}", id.0));
            }
            items.insert(id);
        }
        true
    })?;
    store.scan(&SOFTWARE_OF, &mut |record| {
        if let Ok((id, list)) = record {
            let missing = list.entries.iter().filter(|entry| !items.contains(&entry.item)).count();
            if missing > 0 {
                findings
                    .tell(format!("{missing} rows in the software list of computer {id} are missing in the catalogue"));
            }
        }
        true
    })
}

/// Each part of a computer has the computer, and each computer its administrative data and its sections.
fn belongs(app: &App, store: &Reader, known: &HashSet<ComputerId>, findings: &mut Findings) -> Result<(), Error> {
    let parts: [(&str, HashSet<ComputerId>); 4] = [
        ("administrative data", keys(store, &ACCOUNTINFO)?),
        ("sections", keys(store, &COLD)?),
        ("a software list", keys(store, &SOFTWARE_OF)?),
        ("contacts", keys(store, &SEEN)?),
    ];
    for (what, ids) in &parts {
        let mut lost: Vec<_> = ids.difference(known).collect();
        lost.sort();
        lost.into_iter()
            .for_each(|id| findings.tell(format!("there is {what} of computer {id}, but no computer {id}")));
    }
    // Software is there when its hash is; those who never reported any have none.
    let with_software: HashSet<ComputerId> = known
        .iter()
        .copied()
        .filter(|id| hot(app, store, *id).is_some_and(|computer| computer.software != 0))
        .collect();
    let [(accounts, with_accounts), (sections, with_sections), (software, with_lists), _] = &parts;
    for (what, must, has) in
        [(accounts, known, with_accounts), (sections, known, with_sections), (software, &with_software, with_lists)]
    {
        let mut without: Vec<_> = must.difference(has).collect();
        without.sort();
        for id in without {
            let named = hot(app, store, *id).map(|computer| computer.device).unwrap_or_default();
            findings.tell(format!("computer {id} ({named}) has lost {what}"));
        }
    }
    Ok(())
}

fn hot(app: &App, store: &Reader, id: ComputerId) -> Option<Computer> {
    computers::computer(store, id, &app.dictionaries).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accountinfo::Account;
    use crate::clock::{Clock, Timestamp};
    use crate::config::Config;
    use crate::store::{Store, Txn, Write};

    fn app() -> std::sync::Arc<App> {
        App::with_store(Config::default(), Clock::by_hand(Timestamp(1)), Store::in_memory().unwrap()).unwrap()
    }

    #[test]
    fn a_new_store_is_fine_and_every_table_is_counted() {
        let findings = check(&app()).unwrap();
        assert!(findings.fine(), "{findings:?}");
        assert_eq!(findings.counts.len(), TABLES.len());
    }

    #[test]
    fn parts_without_their_computer_are_named() {
        let app = app();
        app.write(|w: &mut Txn<'_>| {
            w.put(&ACCOUNTINFO, ComputerId(7), &Account::default())?;
            w.put(&SOFTWARE_OF, ComputerId(8), &crate::inventory::software::List::default())
        })
        .unwrap();
        let findings = check(&app).unwrap();
        assert_eq!(
            findings.wrong,
            [
                "there is administrative data of computer 7, but no computer 7",
                "there is a software list of computer 8, but no computer 8"
            ]
        );
    }

    #[test]
    fn what_is_not_in_the_index_is_named() {
        let app = app();
        let computer = crate::inventory::Computer {
            device: "pc-1-2026-02-03-08-15-42".into(),
            stable: 0,
            software: 0,
            first_seen: Timestamp(1),
            last_inventory: Timestamp(1),
            last_date: Timestamp(1),
            checksum: 0,
            carried: false,
            columns: crate::inventory::Columns::default(),
            volatile: vec![1, 2, 3],
        };
        let hot = app.dictionaries.pack_hot(&computer).unwrap();
        app.write(move |w: &mut Txn<'_>| w.put(&HOT, ComputerId(3), &hot)).unwrap();
        let findings = check(&app).unwrap();
        assert_eq!(findings.wrong.len(), 5, "{findings:?}");
        assert!(findings.wrong[4].contains("computer 3 is in the file and not in the index"), "{findings:?}");
    }
}
