//! NOTIFY: a Windows agent tells at once that its addresses changed.
//!
//! The stored interfaces with the same MAC address take the new values. Unknown computers and interfaces change
//! nothing, and the answer is the same. Source: agent protocol page, section 13.

use super::locks::Guard;
use super::{Agents, Caller};
use crate::history::Kind;
use crate::id::{ComputerId, DeviceId};
use crate::inventory::columns;
use crate::inventory::rows::{self, FieldKey, SectionKey};
use crate::inventory::store::{self as computers, COLD};
use crate::net::Mac;
use crate::protocol::query::{Interface, NotifyChange};
use crate::store::{Changes, Error, Pending, Write};

/// CHECKSUM bits: NETWORKS and HARDWARE.
const NETWORKS_BIT: u64 = 4096;
const HARDWARE_BIT: u64 = 1;

/// New addresses on their way to the disk.
pub(super) type Readdressing = Pending<Result<(), Error>>;

impl Agents {
    /// Begins to take over new addresses; `None` where they change nothing.
    pub(super) fn notify(
        &self,
        device: &DeviceId,
        caller: &Caller,
        size: usize,
        change: &NotifyChange<'_>,
    ) -> Result<Option<Readdressing>, Error> {
        let Some(id) = self.note(device, caller, size, Kind::Notify, "IP") else { return Ok(None) };
        let NotifyChange::Ip { address, with_hardware, interfaces } = change else { return Ok(None) };
        // An inventory that is being stored right now brings the same addresses.
        let Some(lock) = self.locks.attempt(&device.folded()) else { return Ok(None) };
        match self.readdress(id, *address, *with_hardware, interfaces, lock) {
            // There is nothing to be changed: the next inventory brings all of it.
            Err(error @ Error::Damaged { .. }) => {
                tracing::error!("{error}; a notification was not followed");
                Ok(None)
            }
            other => other,
        }
    }

    fn readdress(
        &self,
        id: ComputerId,
        address: Option<&str>,
        with_hardware: bool,
        interfaces: &[Interface<'_>],
        lock: Guard,
    ) -> Result<Option<Readdressing>, Error> {
        let read = self.app.store.read()?;
        let Some(mut computer) = computers::computer(&read, id, &self.app.dictionaries)? else { return Ok(None) };
        let block = computers::cold_block(&read, id, &self.app.dictionaries)?;
        drop(read);
        let Ok(mut sections) = rows::unpack(&block) else { return Ok(None) };
        let mut touched = false;
        for section in sections.iter_mut().filter(|section| section.key.tag() == "NETWORKS") {
            for row in &mut section.rows {
                let mac = row.value(&section.key, "MACADDR").and_then(|mac| mac.parse::<Mac>().ok());
                if let Some(interface) = interfaces.iter().find(|interface| Some(interface.mac) == mac) {
                    set_all(&section.key, row, interface);
                    touched = true;
                }
            }
        }
        if !touched {
            return Ok(None);
        }
        let mut out = Vec::with_capacity(block.len());
        for section in &sections {
            let each = section.rows.iter().map(|row| {
                row.cells.iter().map(|(field, value)| (rows::field_name(&section.key, field), value.as_str()))
            });
            rows::put_section(&mut out, section.key.tag(), each, self.app.config.limits.text);
        }
        let cold = self.app.dictionaries.pack(&out).map_err(|error| Error::Unavailable(error.to_string()))?;
        // What is stored is no longer what the last inventory said: the next one is stored whole.
        computer.stable = 0;
        computer.checksum |= NETWORKS_BIT | if with_hardware { HARDWARE_BIT } else { 0 };
        if let Some(address) = address {
            computer.columns.set(columns::IPADDR, address);
        }
        let values = |name: &str| {
            let networks = sections.iter().filter(|section| section.key.tag() == "NETWORKS");
            let mut values: Vec<String> = networks
                .flat_map(|section| {
                    section.rows.iter().filter_map(|row| row.value(&section.key, name).map(str::to_owned))
                })
                .collect();
            let mut seen = std::collections::HashSet::new();
            values.retain(|value| seen.insert(value.clone()));
            values.join("\n")
        };
        computer.columns.set(columns::IPADDRESS, values("IPADDRESS"));
        computer.columns.set(columns::IPSUBNET, values("IPSUBNET"));
        let mut changes = Changes::new();
        computers::keep(&mut changes, id, &computer, &self.app.dictionaries)?;
        changes.put(&COLD, id, &cold)?;
        let app = self.app.clone();
        let follow = move || {
            app.fleet.change(|index| index.refresh(id, &computer));
            drop(lock);
        };
        self.app.store.submit(changes, follow).map(Some)
    }
}

fn set_all(key: &SectionKey, row: &mut rows::Row, interface: &Interface<'_>) {
    let values = [
        ("IPADDRESS", Some(interface.address)),
        ("IPMASK", Some(interface.mask)),
        ("IPGATEWAY", interface.gateway),
        ("IPSUBNET", interface.subnet),
        ("IPDHCP", interface.dhcp),
    ];
    for (name, value) in values {
        let (SectionKey::Known(section), Some(value)) = (key, value) else { continue };
        let Some(number) = section.field(name) else { continue };
        let field = FieldKey::Known(number);
        match row.cells.iter_mut().find(|(other, _)| *other == field) {
            Some((_, stored)) => value.clone_into(stored),
            None => row.cells.push((field, value.to_owned())),
        }
    }
}
