//! A stand-in for the agent endpoint: it knows imports of whole inventories and nothing else.

use std::sync::Arc;

use crate::accountinfo::{self, store as accounts};
use crate::app::App;
use crate::clock::Timestamp;
use crate::fleet::{SoftwareChange, Update, first_seen};
use crate::id::ComputerId;
use crate::inventory::rows::put_section;
use crate::inventory::{Columns, Computer, columns, store as computers};
use crate::protocol::{Message, envelope, xml};
use crate::store::{self, Changes, Write};
use crate::text;

/// The endpoint.
pub struct Agents {
    app: Arc<App>,
}

/// Where a file comes from.
pub struct Source {
    /// The file.
    pub name: String,
    /// Its time.
    pub made: Option<Timestamp>,
    /// Take it even when it is older than what is stored.
    pub accept_older: bool,
}

/// What became of a file.
pub enum Imported {
    /// A computer that was not known.
    New(ComputerId),
    /// A known computer with changes.
    Updated(ComputerId),
    /// A known computer without changes.
    Unchanged(ComputerId),
    /// Joined with another computer.
    Merged {
        /// The one that is left.
        id: ComputerId,
        /// The one that is gone.
        gone: ComputerId,
    },
    /// Nothing was stored.
    Refused(ImportRefusal),
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ImportRefusal(String);

impl Agents {
    /// Begins.
    pub fn new(app: Arc<App>) -> Arc<Agents> {
        Arc::new(Agents { app })
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Imports one inventory.
    pub async fn import(&self, bytes: Vec<u8>, source: Source) -> Imported {
        self.store(&bytes, &source).await.unwrap_or_else(|why| Imported::Refused(ImportRefusal(why)))
    }

    async fn store(&self, bytes: &[u8], _: &Source) -> Result<Imported, String> {
        let limits = &self.app.config.limits;
        let opened = envelope::open(bytes, limits).map_err(|error| error.to_string())?;
        let decoded = text::decode_xml(&opened.bytes);
        let message: Message<'_> = xml::read(&decoded.text, limits, &|| false).map_err(|error| error.to_string())?;
        let device = message.device_id().map_err(|error| error.to_string())?;
        let name = message.sections("HARDWARE").find_map(|row| row.value("NAME")).ok_or("it names no computer")?;
        let known = self.app.fleet.look().device(&device.folded());
        let id = known.as_ref().map_or_else(|| self.app.next_computer(), |known| known.id);
        let mut block = Vec::new();
        let mut done: Vec<&str> = Vec::new();
        for element in message.content.iter().filter(|element| element.tag != "ACCOUNTINFO") {
            if !done.contains(&element.tag.as_ref()) {
                done.push(&element.tag);
                let rows = message.sections(&element.tag);
                let rows = rows.map(|row| row.cells.iter().map(|cell| (&*cell.name, &*cell.value)));
                put_section(&mut block, &element.tag, rows, limits.text);
            }
        }
        let now = self.app.clock.now();
        let mut values = Columns::default();
        values.set(columns::NAME, name);
        let computer = Computer {
            device: device.as_str().to_owned(),
            stable: 0,
            software: 0,
            first_seen: now,
            last_inventory: now,
            last_date: now,
            checksum: 0,
            carried: false,
            columns: values,
            volatile: Vec::new(),
        };
        let mut account = accountinfo::Account::default();
        account.values.insert("TAG".to_owned(), "NA".to_owned());
        let seen = first_seen(now, "import");
        let cold = self.app.dictionaries.pack(&block).map_err(|error| error.to_string())?;
        let mut changes = Changes::new();
        let mut put = || -> Result<(), store::Error> {
            changes.put(&computers::HOT, id, &computer)?;
            changes.put(&computers::COLD, id, &cold)?;
            changes.put(&computers::SEEN, id, &seen)?;
            changes.raise(&computers::COUNTERS, computers::NEXT_COMPUTER, u64::from(id.0) + 1);
            accounts::keep(&mut changes, id, &account)
        };
        put().map_err(|error| error.to_string())?;
        let software = Some(SoftwareChange::default());
        let update = Update { id, computer, tag: "NA".to_owned(), seen, software, gone: Vec::new() };
        let fleet = self.app.fleet.clone();
        let pending = self.app.store.submit(changes, move || fleet.change(|index| index.apply(&update)));
        pending.map_err(|error| error.to_string())?.done().await.map_err(|error: store::Error| error.to_string())?;
        Ok(if known.is_some() { Imported::Updated(id) } else { Imported::New(id) })
    }

    /// Nothing waits here.
    pub fn flush_contacts(&self) -> Result<(), store::Error> {
        Ok(())
    }

    /// Nothing waits here.
    pub fn flush_visits(&self) -> Result<(), store::Error> {
        Ok(())
    }
}
