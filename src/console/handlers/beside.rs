//! What other computers have to do with one: who else has its software, where a virtual machine runs, which guests
//! have an inventory of their own (CON-PC-1, CON-PC-3). Only what the reader sees.

use std::sync::Arc;

use super::record::Record;
use crate::app::App;
use crate::console::lists::filters::SHELF;
use crate::console::pages::COMPUTERS;
use crate::console::pages::computer::Other;
use crate::console::view::address::Address;
use crate::console::view::table::Cell;
use crate::dictionary::Dictionary;
use crate::duplicates::Blacklists;
use crate::fleet::{Condition, Fact, Index, Query, Shelf, Sight};
use crate::id::ComputerId;
use crate::inventory::columns::{GUESTS, NAME, SSN, UUID};
use crate::inventory::rows::{Row, SectionRows};
use crate::inventory::software::ItemId;
use crate::inventory::uuid;

/// What is known beside the computer itself.
#[derive(Default)]
pub struct Beside {
    /// The computer that it runs on.
    pub host: Option<Other>,
    /// For each row of its virtual machines the computer that it is.
    pub guests: Vec<Option<Other>>,
    /// For each row of its software how many computers have it; empty when nobody looks at its software.
    pub computers: Vec<(ItemId, u64)>,
    /// The categories of its software.
    pub dictionary: Arc<Dictionary>,
}

/// Looks for them. `part` is what is shown of the page.
pub fn of(app: &App, sight: &Sight, id: ComputerId, record: &Record, part: &str) -> Beside {
    let machines = record.sections.iter().find(|section| section.key.tag() == "VIRTUALMACHINES");
    let index = app.fleet.look();
    let guests = machines.map_or_else(Vec::new, |section| guests(&index, sight, id, section));
    let host = host(&index, sight, id, record, &app.definitions.junk.now());
    drop(index);
    let shown = part == "softwares";
    let counted = shown.then(|| {
        // As the list that the number leads to: archived computers have it as well.
        let among = Query { sight: sight.clone(), shelf: Shelf::All, conditions: Vec::new() };
        app.fleet.computers_of_items(&among, &record.items)
    });
    let computers = record.items.iter().copied().zip(counted.unwrap_or_default()).collect();
    Beside { host, guests, computers, dictionary: app.definitions.dictionary.now() }
}

fn guests(index: &Index, sight: &Sight, id: ComputerId, section: &SectionRows) -> Vec<Option<Other>> {
    let guest = |row: &Row| {
        let spellings = uuid::spellings(row.value(&section.key, "UUID").unwrap_or_default());
        only(index, sight, id, spellings.iter().flat_map(|uuid| index.sharing(UUID, uuid)))
    };
    section.rows.iter().map(guest).collect()
}

/// By the list of guests of another computer, or by the serial number of the host that the agent names.
fn host(index: &Index, sight: &Sight, id: ComputerId, record: &Record, junk: &Blacklists) -> Option<Other> {
    let naming = |uuid: String| {
        let conditions = vec![Condition::Holds(vec![Fact::Column(GUESTS)], uuid)];
        let query = Query { sight: sight.clone(), shelf: Shelf::All, conditions };
        index.select(&query).ids().collect::<Vec<_>>()
    };
    let named = uuid::spellings(record.columns.get(UUID)).into_iter().flat_map(naming);
    only(index, sight, id, named).or_else(|| {
        let hardware = record.sections.iter().find(|section| section.key.tag() == "HARDWARE")?;
        let serial = hardware.rows.first()?.value(&hardware.key, "VMHOSTSERIAL")?;
        if junk.serial(serial) {
            return None;
        }
        only(index, sight, id, index.sharing(SSN, serial).into_iter())
    })
}

/// The one other computer among these; `None` when there are several, and nobody knows which is meant.
fn only(index: &Index, sight: &Sight, id: ComputerId, found: impl Iterator<Item = ComputerId>) -> Option<Other> {
    let mut found: Vec<ComputerId> = found.filter(|other| *other != id && index.sees(sight, *other)).collect();
    found.sort_unstable();
    found.dedup();
    let [other] = found.as_slice() else { return None };
    let name = match index.text(*other, NAME).trim() {
        "" => format!("#{other}"),
        name => name.to_owned(),
    };
    Some(Other { id: *other, name })
}

impl Beside {
    /// The cells that lead to the computers with each software.
    pub fn counted(&self) -> Vec<Cell<'static>> {
        let cell = |(item, count): &(ItemId, u64)| match count {
            0 => Cell::Empty,
            count => Cell::Counted {
                href: Address::new(COMPUTERS).with("item", item.0).with(SHELF, "all").to_string().into(),
                count: i64::try_from(*count).unwrap_or(i64::MAX),
            },
        };
        self.computers.iter().map(cell).collect()
    }

    /// The dictionary's category of each software.
    pub fn categories(&self, section: &SectionRows) -> Vec<Cell<'static>> {
        let cell = |row: &Row| match row.value(&section.key, "NAME").unwrap_or_default() {
            "" => Cell::Empty,
            name => Cell::Text(self.dictionary.category(name).word().to_owned().into()),
        };
        section.rows.iter().map(cell).collect()
    }

    /// The cells that lead to the inventories of guests.
    pub fn inventoried(&self) -> Vec<Cell<'static>> {
        let cell = |guest: &Option<Other>| match guest {
            Some(other) => {
                Cell::Link { href: format!("{COMPUTERS}/{}", other.id).into(), text: other.name.clone().into() }
            }
            None => Cell::Empty,
        };
        self.guests.iter().map(cell).collect()
    }
}
