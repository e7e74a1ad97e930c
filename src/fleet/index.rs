//! The index itself: a slot for each computer, columns over the slots, look-ups into them.

use std::collections::{BTreeSet, HashMap, HashSet};

use roaring::RoaringBitmap;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_seed};

use crate::buffer;
use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::inventory::columns::{self, ColumnId};
use crate::inventory::software::ItemId;
use crate::inventory::store::{self as computers, ARCHIVED, DEVICE, SEEN, Seen};
use crate::inventory::{Columns, Computer, Dictionaries, codec};
use crate::prolog::{self, Visits};
use crate::store::{Error, Read, Reader};

use super::columns::{Shared, Table};
use super::hashed::Hashed;
use super::keys::Keys;
use super::software::Software;
use super::{SoftwareChange, Update};

/// What a message needs to know about a computer before anything is read from the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its number.
    pub id: ComputerId,
    /// Hash of its stable sections.
    pub stable: u128,
    /// Hash of its software.
    pub software: u128,
    /// Its cold record holds sections that the latest inventory did not mention.
    pub carried: bool,
    /// The field's LASTDATE.
    pub last_date: Timestamp,
    /// When the latest inventory came in.
    pub last_inventory: Timestamp,
}

/// Values by which computers are found to be the same one. Blank values are not entered.
pub const IDENTITY: [ColumnId; 5] = [columns::NAME, columns::SSN, columns::MACADDR, columns::UUID, columns::ASSETTAG];

/// The index.
pub struct Index {
    seed: u64,
    by_device: Hashed<u32>,
    by_id: HashMap<u32, u32>,
    ids: Vec<ComputerId>,
    devices: Vec<u128>,
    free: Vec<u32>,
    alive: RoaringBitmap,
    /// Slots of computers in the archive; a part of `alive`.
    archived: RoaringBitmap,
    pub(super) archived_since: Vec<u32>,
    identity: BTreeSet<(u64, u32)>,
    pub(super) table: Table,
    pub(super) tags: Shared,
    agents: Shared,
    stable: Vec<u128>,
    software: Vec<u128>,
    carried: RoaringBitmap,
    pub(super) first_seen: Vec<u32>,
    pub(super) last_inventory: Vec<u32>,
    pub(super) last_date: Vec<u32>,
    pub(super) last_contact: Vec<u32>,
    pub(super) quality: Vec<f32>,
    pub(super) fidelity: Vec<u32>,
    pub(super) software_count: Vec<u32>,
    installed: HashMap<u32, RoaringBitmap>,
    /// By what lists are sorted, as far as it was asked for.
    pub(super) keys: Keys,
    /// Hashes of the columns as they were entered last.
    entered: Vec<u64>,
    dirty: BTreeSet<ComputerId>,
    generation: u64,
    next_id: u32,
}

impl Index {
    pub(super) fn load(
        store: &Reader,
        seed: u64,
        dictionaries: &Dictionaries,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<Index, Error> {
        let mut index = Index {
            seed,
            by_device: Hashed::default(),
            by_id: HashMap::new(),
            ids: Vec::new(),
            devices: Vec::new(),
            free: Vec::new(),
            alive: RoaringBitmap::new(),
            archived: RoaringBitmap::new(),
            archived_since: Vec::new(),
            identity: BTreeSet::new(),
            table: Table::default(),
            tags: Shared::default(),
            agents: Shared::default(),
            stable: Vec::new(),
            software: Vec::new(),
            carried: RoaringBitmap::new(),
            first_seen: Vec::new(),
            last_inventory: Vec::new(),
            last_date: Vec::new(),
            last_contact: Vec::new(),
            quality: Vec::new(),
            fidelity: Vec::new(),
            software_count: Vec::new(),
            installed: HashMap::new(),
            keys: Keys::default(),
            entered: Vec::new(),
            dirty: BTreeSet::new(),
            generation: 0,
            next_id: 1,
        };
        index.enter_computers(store, dictionaries, tags)?;
        let software = Software::load(store, &index.by_id)?;
        index.installed = software.installed;
        for (slot, count) in software.counts {
            set(&mut index.software_count, slot, count);
        }
        Ok(index)
    }

    fn enter_computers(
        &mut self,
        store: &Reader,
        dictionaries: &Dictionaries,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<(), Error> {
        let mut damaged = HashSet::new();
        // Put into order at the end: one by one they would be all over the tree.
        let mut identity = buffer::passing(0);
        computers::computers(store, dictionaries, &mut |record| {
            match record {
                Ok((id, computer)) => {
                    self.enter_with(id, &computer, &tags(id), &mut |index, slot| {
                        identity.extend(index.identity_entries(slot));
                    });
                }
                Err(error) => damaged.extend(error.damaged_number()),
            }
            true
        })?;
        self.identity = identity.into_iter().collect();
        if !damaged.is_empty() {
            self.enter_damaged(store, &damaged, tags)?;
            tracing::error!(
                "{} computers cannot be read; `rollcall check` names them, and their next inventory mends them",
                damaged.len()
            );
        }
        store.scan(&SEEN, &mut |record| {
            if let Ok((id, seen)) = record
                && let Some(slot) = self.slot(id)
            {
                self.enter_seen(slot, &seen);
            }
            true
        })?;
        store.scan(&ARCHIVED, &mut |record| {
            if let Ok((id, archived)) = record {
                self.set_archived(&[id], Some(archived.at));
            }
            true
        })
    }

    /// Enters computers whose records cannot be read under their identifiers, so that their next inventory finds them.
    fn enter_damaged(
        &mut self,
        store: &Reader,
        damaged: &HashSet<u32>,
        tags: &dyn Fn(ComputerId) -> String,
    ) -> Result<(), Error> {
        store.scan(&DEVICE, &mut |record| {
            if let Ok((device, id)) = record
                && damaged.contains(&id)
            {
                self.enter(ComputerId(id), &Computer::damaged(&device), &tags(ComputerId(id)));
            }
            true
        })
    }

    /// The installation's number that goes into every hash.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Changes whenever the index does: for caches.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Number of computers.
    pub fn len(&self) -> usize {
        self.alive.len() as usize
    }

    /// True when no computer has reported yet.
    pub fn is_empty(&self) -> bool {
        self.alive.is_empty()
    }

    /// When a computer last called; `None` before the first contact of any.
    pub fn latest_contact(&self) -> Option<Timestamp> {
        let times = self.alive.iter().filter_map(|slot| self.last_contact.get(slot as usize));
        times.max().copied().filter(|time| *time > 0).map(Timestamp::unpacked)
    }

    /// Rows of software on all computers.
    pub fn software_rows(&self) -> u64 {
        self.alive.iter().filter_map(|slot| self.software_count.get(slot as usize)).map(|count| u64::from(*count)).sum()
    }

    /// A number higher than that of every computer ever entered here.
    pub fn next_id(&self) -> u32 {
        self.next_id
    }

    /// The computer with this identifier; ASCII case does not count.
    pub fn device(&self, folded: &str) -> Option<Known> {
        let slot = *self.by_device.get(&self.device_hash(folded))? as usize;
        Some(Known {
            id: *self.ids.get(slot)?,
            stable: *self.stable.get(slot)?,
            software: *self.software.get(slot)?,
            carried: self.carried.contains(slot as u32),
            last_date: Timestamp::unpacked(*self.last_date.get(slot)?),
            last_inventory: Timestamp::unpacked(*self.last_inventory.get(slot)?),
        })
    }

    /// Whether there is a computer with this number.
    pub fn contains(&self, id: ComputerId) -> bool {
        self.by_id.contains_key(&id.0)
    }

    /// A text column of a computer; empty when there is no such computer.
    pub fn text(&self, id: ComputerId, column: ColumnId) -> &str {
        self.slot(id).map_or("", |slot| self.table.text(slot as usize, column))
    }

    /// The TAG of a computer.
    pub fn tag(&self, id: ComputerId) -> &str {
        self.slot(id).map_or("", |slot| self.tags.get(slot as usize))
    }

    /// Contacts of a computer as they are now.
    pub fn seen(&self, id: ComputerId) -> Option<Seen> {
        let slot = self.slot(id)? as usize;
        Some(Seen {
            last_contact: Timestamp::unpacked(*self.last_contact.get(slot)?),
            quality: self.quality.get(slot).copied().filter(|quality| quality.is_finite()),
            fidelity: *self.fidelity.get(slot)?,
            agent: self.agents.get(slot).to_owned(),
        })
    }

    /// Computers that share a value of one of the [`IDENTITY`] columns; the values are compared folded.
    pub fn sharing(&self, column: ColumnId, value: &str) -> Vec<ComputerId> {
        let hash = self.identity_hash(column, value);
        let entries = self.identity.range((hash, 0)..=(hash, u32::MAX));
        entries.filter_map(|(_, slot)| self.ids.get(*slot as usize).copied()).collect()
    }

    /// Every computer, in no order.
    pub fn ids(&self) -> impl Iterator<Item = ComputerId> + '_ {
        self.alive.iter().filter_map(|slot| self.ids.get(slot as usize).copied())
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        self.alive.iter()
    }

    /// Slots ever used, free ones among them.
    pub(super) fn slots_in_all(&self) -> u32 {
        self.ids.len() as u32
    }

    pub(super) fn id_at(&self, slot: u32) -> ComputerId {
        self.ids.get(slot as usize).copied().unwrap_or(ComputerId(0))
    }

    pub(super) fn alive(&self) -> &RoaringBitmap {
        &self.alive
    }

    /// Slots of computers in the archive.
    pub(super) fn archived(&self) -> &RoaringBitmap {
        &self.archived
    }

    /// Follows the archiving of computers, and their return.
    pub fn set_archived(&mut self, ids: &[ComputerId], since: Option<Timestamp>) {
        for slot in ids.iter().filter_map(|id| self.slot(*id)).collect::<Vec<u32>>() {
            if since.is_some() {
                self.archived.insert(slot);
            } else {
                self.archived.remove(slot);
            }
            set(&mut self.archived_since, slot, since.map_or(0, Timestamp::packed));
        }
        self.generation += 1;
    }

    pub(super) fn installed(&self, item: ItemId) -> Option<&RoaringBitmap> {
        self.installed.get(&item.0)
    }

    /// Computers that have an item.
    pub fn computers_with(&self, item: ItemId) -> u64 {
        self.installed.get(&item.0).map_or(0, RoaringBitmap::len)
    }

    /// Takes the place of an index by one that was read from the file, without what only the old one knows.
    pub(super) fn replace(&mut self, mut fresh: Index) {
        for id in self.take_dirty() {
            if let (Some(slot), Some(seen)) = (fresh.slot(id), self.seen(id)) {
                fresh.enter_seen(slot, &seen);
                fresh.dirty.insert(id);
            }
        }
        fresh.generation = self.generation + 1;
        fresh.next_id = fresh.next_id.max(self.next_id);
        *self = fresh;
    }

    /// Follows a stored inventory.
    pub fn apply(&mut self, update: &Update) {
        update.gone.iter().for_each(|gone| self.remove(*gone));
        // A prolog that came while the inventory was being stored is not in it.
        let visited =
            update.gone.is_empty() && self.seen(update.id).is_some_and(|seen| seen.fidelity > update.seen.fidelity);
        self.enter(update.id, &update.computer, &update.tag);
        let Some(slot) = self.slot(update.id) else { return };
        if !visited {
            self.enter_seen(slot, &update.seen);
            self.dirty.remove(&update.id);
        }
        if let Some(change) = &update.software {
            self.follow_software(slot, change);
        }
    }

    fn follow_software(&mut self, slot: u32, change: &SoftwareChange) {
        for item in &change.removed {
            if let Some(bitmap) = self.installed.get_mut(&item.0) {
                bitmap.remove(slot);
                if bitmap.is_empty() {
                    self.installed.remove(&item.0);
                }
            }
        }
        for item in &change.added {
            let installed = self.installed.entry(item.0).or_default();
            // A new computer comes last: no search for its place.
            if installed.try_push(slot).is_err() {
                installed.insert(slot);
            }
        }
        set(&mut self.software_count, slot, change.count);
    }

    /// Follows a change of a computer's record that is no inventory.
    pub fn refresh(&mut self, id: ComputerId, computer: &Computer) {
        let tag = self.tag(id).to_owned();
        self.enter(id, computer, &tag);
    }

    /// Follows a change of the TAG.
    pub fn set_tag(&mut self, id: ComputerId, tag: &str) {
        if let Some(slot) = self.slot(id) {
            self.tags.set(slot as usize, tag);
            self.keys.forget();
            self.generation += 1;
        }
    }

    /// Forgets what a computer's sections hashed to, so that its next inventory is stored whole.
    pub fn forget_hashes(&mut self, id: ComputerId) {
        if let Some(slot) = self.slot(id) {
            set(&mut self.stable, slot, 0);
            set(&mut self.software, slot, 0);
        }
    }

    /// Counts a PROLOG of a known computer.
    pub fn visit(&mut self, id: ComputerId, now: Timestamp, agent: &str) {
        let Some(seen) = self.seen(id) else { return };
        let before = Visits { last_contact: Some(seen.last_contact), quality: seen.quality, fidelity: seen.fidelity };
        let after = prolog::visit(before, now);
        let seen =
            Seen { last_contact: now, quality: after.quality, fidelity: after.fidelity, agent: agent.to_owned() };
        if let Some(slot) = self.slot(id) {
            self.enter_seen(slot, &seen);
            self.dirty.insert(id);
        }
    }

    /// Notes a contact that is no PROLOG.
    pub fn touch(&mut self, id: ComputerId, now: Timestamp) {
        if let Some(slot) = self.slot(id) {
            set(&mut self.last_contact, slot, now.packed());
            self.dirty.insert(id);
        }
    }

    pub(super) fn take_dirty(&mut self) -> Vec<ComputerId> {
        std::mem::take(&mut self.dirty).into_iter().collect()
    }

    pub(super) fn mark_dirty(&mut self, ids: Vec<ComputerId>) {
        self.dirty.extend(ids);
    }

    /// Removes a computer.
    pub fn remove(&mut self, id: ComputerId) {
        self.remove_all(&[id]);
    }

    /// Removes computers. The bitmaps of software are gone through once, however many there are.
    pub fn remove_all(&mut self, ids: &[ComputerId]) {
        let gone: RoaringBitmap = ids.iter().filter_map(|id| self.leave(*id)).collect();
        if gone.is_empty() {
            return;
        }
        self.alive -= &gone;
        self.carried -= &gone;
        self.archived -= &gone;
        self.keys.forget();
        self.installed.retain(|_, bitmap| {
            *bitmap -= &gone;
            !bitmap.is_empty()
        });
        self.free.extend(gone);
        self.generation += 1;
    }

    /// Takes a computer out of everything that is no bitmap; its slot.
    fn leave(&mut self, id: ComputerId) -> Option<u32> {
        let slot = self.by_id.remove(&id.0)?;
        self.leave_identity(slot);
        if let Some(device) = self.devices.get(slot as usize)
            && self.by_device.get(device) == Some(&slot)
        {
            self.by_device.remove(device);
        }
        self.table.forget(slot as usize);
        set(&mut self.entered, slot, 0);
        set(&mut self.software_count, slot, 0);
        set(&mut self.archived_since, slot, 0);
        self.dirty.remove(&id);
        Some(slot)
    }

    pub(super) fn slot(&self, id: ComputerId) -> Option<u32> {
        self.by_id.get(&id.0).copied()
    }

    fn enter(&mut self, id: ComputerId, computer: &Computer, tag: &str) {
        self.enter_with(id, computer, tag, &mut |index, slot| index.enter_identity(slot));
    }

    /// The same, where `identify` enters by what the computer is found.
    fn enter_with(
        &mut self,
        id: ComputerId,
        computer: &Computer,
        tag: &str,
        identify: &mut dyn FnMut(&mut Index, u32),
    ) {
        let device = self.device_hash(&computer.device.to_ascii_lowercase());
        let columns = columns_hash(&computer.columns, self.seed);
        let (slot, same) = match self.slot(id) {
            Some(slot) => (slot, self.entered.get(slot as usize) == Some(&columns)),
            None => {
                let slot = self.free.pop().unwrap_or(self.ids.len() as u32);
                self.by_id.insert(id.0, slot);
                (slot, false)
            }
        };
        self.next_id = self.next_id.max(id.0.saturating_add(1));
        if let Some(before) = self.devices.get(slot as usize)
            && *before != device
            && self.by_device.get(before) == Some(&slot)
        {
            self.by_device.remove(before);
        }
        self.by_device.insert(device, slot);
        set_with(&mut self.ids, slot, id, ComputerId(0));
        set(&mut self.devices, slot, device);
        set(&mut self.stable, slot, computer.stable);
        set(&mut self.software, slot, computer.software);
        set(&mut self.first_seen, slot, computer.first_seen.packed());
        set(&mut self.last_inventory, slot, computer.last_inventory.packed());
        set(&mut self.last_date, slot, computer.last_date.packed());
        if computer.carried {
            self.carried.insert(slot);
        } else {
            self.carried.remove(slot);
        }
        // Of most inventories no column is new, and hardly ever one of those by which a computer is found.
        if !same {
            let text = |column| self.table.text(slot as usize, column) == computer.columns.get(column);
            let found = self.alive.contains(slot) && IDENTITY.into_iter().all(text);
            if !found {
                self.leave_identity(slot);
            }
            self.table.set(slot as usize, &computer.columns);
            if !found {
                identify(self, slot);
            }
            set(&mut self.entered, slot, columns);
            self.keys.forget();
        }
        // Free space is another one each time, and nothing is found by it.
        self.table.set_number(slot as usize, columns::FREESPACE, computer.columns.get(columns::FREESPACE));
        if self.tags.get(slot as usize) != tag {
            self.keys.forget();
        }
        self.tags.set(slot as usize, tag);
        self.alive.insert(slot);
        self.generation += 1;
    }

    fn enter_seen(&mut self, slot: u32, seen: &Seen) {
        set(&mut self.last_contact, slot, seen.last_contact.packed());
        set_with(&mut self.quality, slot, seen.quality.unwrap_or(f32::NAN), f32::NAN);
        set(&mut self.fidelity, slot, seen.fidelity);
        if self.agents.get(slot as usize) != seen.agent {
            self.keys.forget();
        }
        self.agents.set(slot as usize, &seen.agent);
        self.table.set_shared(slot as usize, columns::USERAGENT, &seen.agent);
        self.generation += 1;
    }

    fn identity_entries(&self, slot: u32) -> Vec<(u64, u32)> {
        let mut entries = Vec::with_capacity(6);
        for column in IDENTITY {
            let text = self.table.text(slot as usize, column);
            for value in text.lines().filter(|value| !value.trim().is_empty()) {
                entries.push((self.identity_hash(column, value), slot));
            }
        }
        entries
    }

    fn enter_identity(&mut self, slot: u32) {
        let entries = self.identity_entries(slot);
        self.identity.extend(entries);
    }

    fn leave_identity(&mut self, slot: u32) {
        for entry in self.identity_entries(slot) {
            self.identity.remove(&entry);
        }
    }

    fn identity_hash(&self, column: ColumnId, value: &str) -> u64 {
        let mut bytes = vec![column.0];
        let mut value = value.trim().to_lowercase();
        if column == columns::MACADDR {
            // Two spellings of one address; `duplicates` compares them in the same way.
            value = value.replace('-', ":");
        }
        codec::put_text(&mut bytes, &value);
        xxh3_64_with_seed(&bytes, self.seed)
    }

    fn device_hash(&self, folded: &str) -> u128 {
        xxh3_128_with_seed(folded.as_bytes(), self.seed)
    }

    /// What differs between this index and one built from the file.
    pub(super) fn differences(&self, fresh: &Index) -> Vec<String> {
        let mut found = Vec::new();
        for id in fresh.ids().filter(|id| !self.contains(*id)) {
            found.push(format!("computer {id} is in the file and not in the index"));
        }
        for id in self.ids() {
            let Some(other) = fresh.slot(id) else {
                found.push(format!("computer {id} is in the index and not in the file"));
                continue;
            };
            let Some(own) = self.slot(id) else { continue };
            if self.facts(own) != fresh.facts(other) {
                found.push(format!("computer {id}: the index and the file differ"));
            }
        }
        let counts = |index: &Index| -> BTreeSet<(u32, Vec<u32>)> {
            let ids = |bitmap: &RoaringBitmap| {
                let mut ids: Vec<u32> = bitmap.iter().map(|slot| index.id_at(slot).0).collect();
                ids.sort_unstable();
                ids
            };
            index.installed.iter().map(|(item, bitmap)| (*item, ids(bitmap))).collect()
        };
        let differing =
            counts(self).symmetric_difference(&counts(fresh)).map(|(item, _)| *item).collect::<BTreeSet<_>>();
        found.extend(differing.into_iter().map(|item| format!("software row {item}: the index and the file differ")));
        found
    }

    /// Everything that is stored about a slot, for comparing. Visits not yet written are left out.
    fn facts(&self, slot: u32) -> (Vec<String>, Vec<Option<u32>>, Vec<u128>, Vec<u32>) {
        let at = slot as usize;
        let ids = (0..columns::COLUMNS.len() as u8).map(ColumnId).filter(|column| *column != columns::USERAGENT);
        let texts = ids.clone().map(|column| self.table.text(at, column).to_owned());
        let numbers = ids.map(|column| self.table.number(at, column)).collect();
        let hashes = [&self.stable, &self.software, &self.devices];
        let times =
            [&self.first_seen, &self.last_inventory, &self.last_date, &self.software_count, &self.archived_since];
        (
            texts.chain([self.tags.get(at).to_owned()]).collect(),
            numbers,
            hashes.iter().map(|list| list.get(at).copied().unwrap_or(0)).collect(),
            times.iter().map(|list| list.get(at).copied().unwrap_or(0)).collect(),
        )
    }
}

/// The hash of the columns of a computer but free space; 0 stands for none.
fn columns_hash(values: &Columns, seed: u64) -> u64 {
    let mut bytes = Vec::with_capacity(1 << 10);
    let lasting = values.iter().enumerate().filter(|(at, _)| *at != usize::from(columns::FREESPACE.0));
    lasting.for_each(|(_, value)| codec::put_text(&mut bytes, value));
    xxh3_64_with_seed(&bytes, seed).max(1)
}

fn set<T: Copy + Default>(list: &mut Vec<T>, slot: u32, value: T) {
    set_with(list, slot, value, T::default());
}

fn set_with<T: Copy>(list: &mut Vec<T>, slot: u32, value: T, blank: T) {
    let slot = slot as usize;
    if list.len() <= slot {
        list.resize(slot + 1, blank);
    }
    if let Some(place) = list.get_mut(slot) {
        *place = value;
    }
}
