//! The records of computers.

use serde::{Deserialize, Serialize};

use super::computer::{Cold, Computer, Hot};
use super::rows::{self, SectionRows};
use super::sections;
use super::software::{Item, ItemId, List};
use super::{Dictionaries, rows::SectionKey};
use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Changes, Damage, Error, Key, Read, Stored, Table, Write};

/// Which computer an identifier belongs to, in lower case: written once, and read when a hot record is damaged.
pub static DEVICE: Table<String, u32> = Table::new("device");
/// What every inventory writes.
pub static HOT: Table<ComputerId, Hot> = Table::new("hot");
/// Sections that seldom change.
pub static COLD: Table<ComputerId, Cold> = Table::new("cold");
/// The software of a computer, by numbers of items.
pub static SOFTWARE_OF: Table<ComputerId, List> = Table::new("software_of");
/// The catalogue: each distinct row of software once.
pub static SOFTWARE: Table<ItemId, Item> = Table::new("software");
/// The latest contact and what the decisions at a prolog are made from.
pub static SEEN: Table<ComputerId, Seen> = Table::new("seen");
/// Computers that were put into the archive. Inventories leave it as it is, and so do contacts.
pub static ARCHIVED: Table<ComputerId, Archived> = Table::new("archived");
/// zstd dictionaries of cold and hot records.
pub static DICTIONARY: Table<u32, Vec<u8>> = Table::new("dictionary");
/// The next number of each kind.
pub static COUNTERS: Table<String, u64> = Table::new("counters");

/// Key in [`COUNTERS`] of the next computer.
pub const NEXT_COMPUTER: &str = "computer";
/// Key in [`COUNTERS`] of the next item.
pub const NEXT_ITEM: &str = "software";

impl Key for ItemId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        u32::read(bytes).map(ItemId)
    }
}

/// What prologs change: kept in memory, written with the next commit or within a second.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The field's LASTCOME.
    pub last_contact: Timestamp,
    /// Average days between contacts; `None` before the second (the field's NULL).
    pub quality: Option<f32>,
    /// Number of prologs.
    pub fidelity: u32,
    /// User-Agent of the latest contact.
    pub agent: String,
}

impl Stored for Seen {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.last_contact.packed().to_le_bytes());
        out.extend_from_slice(&self.quality.unwrap_or(f32::NAN).to_bits().to_le_bytes());
        out.extend_from_slice(&self.fidelity.to_le_bytes());
        out.extend_from_slice(self.agent.as_bytes());
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format != 1 {
            return Err(Damage::Format(format));
        }
        let mut input = super::codec::Input::new(bytes);
        let last_contact = Timestamp::unpacked(input.u32()?);
        let quality = Some(f32::from_bits(input.u32()?)).filter(|quality| quality.is_finite());
        let fidelity = input.u32()?;
        let agent = std::str::from_utf8(input.rest()).map_err(|_| Damage::Shape)?.to_owned();
        Ok(Seen { last_contact, quality, fidelity, agent })
    }
}

/// Since when a computer is in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// When somebody put it there.
    pub at: Timestamp,
}

named_record!(Archived);

/// Every device id, in lower case, with its computer.
pub fn devices(store: &impl Read) -> Result<Vec<(String, ComputerId)>, Error> {
    Ok(store.all(&DEVICE)?.into_iter().map(|(device, id)| (device, ComputerId(id))).collect())
}

/// The dictionaries that records name.
pub fn dictionaries(store: &impl Read) -> Result<Dictionaries, Error> {
    let dictionaries = Dictionaries::default();
    for (number, bytes) in store.all(&DICTIONARY)? {
        dictionaries.add(number, &bytes);
    }
    Ok(dictionaries)
}

/// The hot record of a computer.
pub fn computer(store: &impl Read, id: ComputerId, dictionaries: &Dictionaries) -> Result<Option<Computer>, Error> {
    store.get(&HOT, id)?.map(|hot| opened(id, &hot, dictionaries)).transpose()
}

/// Every hot record, in the order of numbers.
pub fn computers(
    store: &impl Read,
    dictionaries: &Dictionaries,
    each: &mut dyn FnMut(Result<(ComputerId, Computer), Error>) -> bool,
) -> Result<(), Error> {
    store.scan(&HOT, &mut |record| each(record.and_then(|(id, hot)| Ok((id, opened(id, &hot, dictionaries)?)))))
}

/// The changed record of a computer.
pub fn keep(
    changes: &mut impl Write,
    id: ComputerId,
    computer: &Computer,
    dictionaries: &Dictionaries,
) -> Result<(), Error> {
    let hot = dictionaries.pack_hot(computer).map_err(|error| Error::Unavailable(error.to_string()))?;
    changes.put(&HOT, id, &hot)
}

fn opened(id: ComputerId, hot: &Hot, dictionaries: &Dictionaries) -> Result<Computer, Error> {
    dictionaries.unpack_hot(hot).map_err(|why| damaged(&HOT, id, why))
}

/// The block of a computer's stable sections; empty when it has none.
pub fn cold_block(store: &impl Read, id: ComputerId, dictionaries: &Dictionaries) -> Result<Vec<u8>, Error> {
    let Some(cold) = store.get(&COLD, id)? else { return Ok(Vec::new()) };
    dictionaries.unpack(&cold).map_err(|why| damaged(&COLD, id, why))
}

/// The same for a computer that is known, which always has such a block: a record that is not there was lost.
pub fn known_cold_block(store: &impl Read, id: ComputerId, dictionaries: &Dictionaries) -> Result<Vec<u8>, Error> {
    let cold = store.get(&COLD, id)?.ok_or_else(|| damaged(&COLD, id, Damage::Missing))?;
    dictionaries.unpack(&cold).map_err(|why| damaged(&COLD, id, why))
}

/// Everything stored about a computer's sections, in the order of the declarations, undeclared ones last.
pub fn sections(store: &impl Read, id: ComputerId, dictionaries: &Dictionaries) -> Result<Vec<SectionRows>, Error> {
    let Some(computer) = computer(store, id, dictionaries)? else { return Ok(Vec::new()) };
    let mut found = rows::unpack(&computer.volatile).map_err(|why| damaged(&HOT, id, why))?;
    let block = known_cold_block(store, id, dictionaries)?;
    found.extend(rows::unpack(&block).map_err(|why| damaged(&COLD, id, why))?);
    found.extend(known_software(store, id, computer.software)?.map(|(section, _)| section));
    let place = |section: &SectionRows| match &section.key {
        SectionKey::Known(known) => {
            sections::SECTIONS.iter().position(|other| other.id == known.id).unwrap_or(usize::MAX)
        }
        SectionKey::Named(_) => usize::MAX,
    };
    found.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.key.tag().cmp(b.key.tag())));
    Ok(found)
}

/// The software of a computer as rows, with the number of each row's item; `None` when it never reported any.
fn software(store: &impl Read, id: ComputerId) -> Result<Option<(SectionRows, Vec<ItemId>)>, Error> {
    let Some(list) = store.get(&SOFTWARE_OF, id)? else { return Ok(None) };
    let Some(section) = sections::section("SOFTWARES") else { return Ok(None) };
    let mut rows = Vec::with_capacity(list.entries.len());
    for entry in &list.entries {
        let item = store.get(&SOFTWARE, entry.item)?.ok_or_else(|| damaged(&SOFTWARE_OF, id, Damage::Shape))?;
        let row = item.row().map_err(|why| damaged(&SOFTWARE, entry.item, why))?;
        rows.push((entry.row(section, &row), entry.item));
    }
    let key = SectionKey::Known(section);
    rows.sort_by_cached_key(|(row, _)| {
        let text = |name| row.value(&key, name).unwrap_or_default().to_lowercase();
        (text("NAME"), text("VERSION"))
    });
    let (rows, items) = rows.into_iter().unzip();
    Ok(Some((SectionRows { key, rows }, items)))
}

/// The same for a computer whose hot record has this hash of its software: with one, the list must be there.
pub fn known_software(
    store: &impl Read,
    id: ComputerId,
    hash: u128,
) -> Result<Option<(SectionRows, Vec<ItemId>)>, Error> {
    match software(store, id)? {
        None if hash != 0 => Err(damaged(&SOFTWARE_OF, id, Damage::Missing)),
        found => Ok(found),
    }
}

/// Removes every record that this module keeps about a computer; `device` is its identifier.
pub fn remove(changes: &mut Changes, id: ComputerId, device: &str) -> Result<(), Error> {
    changes.remove(&DEVICE, device.to_ascii_lowercase().as_str())?;
    changes.remove(&HOT, id)?;
    changes.remove(&COLD, id)?;
    changes.remove(&SOFTWARE_OF, id)?;
    changes.remove(&ARCHIVED, id)?;
    changes.remove(&SEEN, id)
}

fn damaged<K: Key, V>(table: &Table<K, V>, key: K, why: Damage) -> Error {
    let mut bytes = Vec::new();
    key.write(&mut bytes);
    Error::Damaged { table: table.name(), key: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), why }
}
