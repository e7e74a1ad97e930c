//! An office for tests: the application on a store in memory, with a clock that is set by hand, speaking the
//! verbs of the field.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rollcall::agent::{Agents, Answer, Caller, Imported, Source};
use rollcall::app::App;
use rollcall::clock::{Clock, Timestamp};
use rollcall::config::{Config, Sources};
use rollcall::history::audit::{Actor, Entry};
use rollcall::history::{Action, Contact, Outcome};
use rollcall::id::ComputerId;
use rollcall::inventory::requested::Request;
use rollcall::inventory::rows::SectionRows;
use rollcall::lifecycle;
use rollcall::options::{self, store::StoredValue};
use rollcall::protocol::envelope::{self, Packing};
use rollcall::store::Store;

/// 2026-11-20 12:00:00 UTC.
pub const NOON: Timestamp = Timestamp(1_795_176_000);
pub const UNIX: &str = "OCS-NG_unified_unix_agent_v2.10.0";
pub const WINDOWS: &str = "OCS-NG_WINDOWS_AGENT_v2.11.0.1";

/// Rows of a section: each a list of fields and values.
pub type Rows = Vec<Vec<(String, String)>>;

pub struct Office {
    pub app: Arc<App>,
    pub agents: Arc<Agents>,
    pub clock: Clock,
    _folder: tempfile::TempDir,
}

impl Office {
    pub fn new() -> Office {
        Office::with(|_| {}, || Store::in_memory().unwrap())
    }

    /// An office whose file is what the test makes of it.
    pub fn on(store: Store) -> Office {
        Office::with(|_| {}, || store)
    }

    /// An office with other settings and another store.
    pub fn with(change: impl FnOnce(&mut Config), store: impl FnOnce() -> Store + Send) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources {
            file: None,
            environment: Vec::new(),
            flags: vec![("--data", "data", folder.path().display().to_string())],
            installation: None,
        };
        let mut config = Config::load(&sources).unwrap();
        change(&mut config);
        let clock = Clock::by_hand(NOON);
        let opened = clock.clone();
        let open = move || App::with_store(config, opened, store()).unwrap();
        let app = std::thread::scope(|scope| scope.spawn(open).join().unwrap());
        let agents = Agents::new(app.clone());
        Office { app, agents, clock, _folder: folder }
    }

    /// An application that is open already.
    pub fn opened(app: Arc<App>, clock: Clock) -> Office {
        let agents = Agents::new(app.clone());
        Office { app, agents, clock, _folder: tempfile::tempdir().unwrap() }
    }

    pub fn caller(&self, agent: &str) -> Caller {
        Caller {
            address: Some(IpAddr::from([192, 168, 50, 7])),
            agent: agent.to_owned(),
            content_type: Some("application/x-compress".to_owned()),
            glpi: false,
            secure: false,
            served: None,
        }
    }

    /// Posts a body as it is.
    pub async fn post(&self, agent: &str, body: &[u8]) -> Answer {
        self.agents.post(body.to_vec(), self.caller(agent)).await
    }

    /// Posts a text as agents pack it, and unpacks the answer.
    pub async fn say(&self, agent: &str, text: &str) -> (u16, String) {
        let answer = self.post(agent, &envelope::seal(text, Packing::Zlib)).await;
        (answer.status, clear(&answer))
    }

    pub async fn prolog(&self, device: &str) -> String {
        let (status, text) = self.say(UNIX, &prolog(device)).await;
        assert_eq!(status, 200, "{device}");
        text
    }

    pub async fn inventory(&self, device: &str, content: &str) -> String {
        let (status, text) = self.say(UNIX, &inventory(device, content)).await;
        assert_eq!(status, 200, "{device}: {text}");
        text
    }

    pub async fn import(&self, bytes: &[u8]) -> Imported {
        self.agents.import(bytes.to_vec(), Source { name: "x.ocs".into(), made: None, accept_older: false }).await
    }

    /// Asks a computer for an inventory, as marie.
    pub fn request(&self, id: ComputerId) {
        let entry = Entry::new(NOON, Actor::Account("marie".into()), None, Action::InventoryRequested);
        let request = Request { by: "marie".into(), at: NOON };
        assert!(self.blocking(|app| lifecycle::request(app, id, Some(request), entry)).unwrap());
    }

    /// Runs what waits for the disk, off the thread that drives the test.
    pub fn blocking<T: Send>(&self, work: impl FnOnce(&App) -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(|| work(&self.app)).join().unwrap())
    }

    pub fn set(&self, name: &str, value: &str) {
        let value = options::parse(name, value).unwrap();
        let stored = StoredValue { value, by: "test".into(), at: NOON };
        let name = name.to_owned();
        self.blocking(move |app| app.write(move |w| options::store::set(w, &name, &stored)).unwrap());
        self.app.options.reload(&self.app.store.read().unwrap()).unwrap();
    }

    pub fn set_own(&self, id: ComputerId, name: &str, value: &str) {
        let value = options::declared(name).unwrap().parse_own(value).unwrap();
        let stored = StoredValue { value, by: "test".into(), at: NOON };
        let name = name.to_owned();
        self.blocking(move |app| app.write(move |w| options::store::set_own(w, id, &name, Some(&stored))).unwrap());
        self.app.options.reload(&self.app.store.read().unwrap()).unwrap();
    }

    pub fn id(&self, device: &str) -> Option<ComputerId> {
        self.app.fleet.look().device(&device.to_ascii_lowercase()).map(|known| known.id)
    }

    pub fn count(&self) -> usize {
        self.app.fleet.look().len()
    }

    pub fn column(&self, device: &str, key: &str) -> String {
        let id = self.id(device).expect(device);
        let computer = self
            .app
            .read(|store| rollcall::inventory::store::computer(store, id, &self.app.dictionaries))
            .unwrap()
            .unwrap();
        computer.columns.get(rollcall::inventory::columns::by_key(key).unwrap()).to_owned()
    }

    pub fn computer(&self, device: &str) -> rollcall::inventory::Computer {
        let id = self.id(device).expect(device);
        self.app.read(|store| rollcall::inventory::store::computer(store, id, &self.app.dictionaries)).unwrap().unwrap()
    }

    pub fn tag(&self, device: &str) -> String {
        self.app.fleet.look().tag(self.id(device).expect(device)).to_owned()
    }

    pub fn sections(&self, device: &str) -> Vec<SectionRows> {
        let id = self.id(device).expect(device);
        self.app.read(|store| self.app.sections(store, id)).unwrap()
    }

    /// Rows of a section as sorted cells.
    pub fn rows(&self, device: &str, tag: &str) -> Rows {
        self.everything(device).remove(tag).unwrap_or_default()
    }

    /// All that is stored of a computer's sections: rows and cells in sorted order.
    pub fn everything(&self, device: &str) -> BTreeMap<String, Rows> {
        let sorted = |section: &SectionRows| {
            let cells = |row: &rollcall::inventory::rows::Row| {
                let cells = row.cells.iter().map(|(field, value)| {
                    (rollcall::inventory::rows::field_name(&section.key, field).to_owned(), value.clone())
                });
                let mut cells: Vec<_> = cells.collect();
                cells.sort();
                cells
            };
            let mut rows: Rows = section.rows.iter().map(cells).collect();
            rows.sort();
            rows
        };
        self.sections(device).iter().map(|section| (section.key.tag().to_owned(), sorted(section))).collect()
    }

    /// The value of a field in the only row of a section.
    pub fn cell(&self, device: &str, tag: &str, field: &str) -> Option<String> {
        let rows = self.rows(device, tag);
        assert!(rows.len() < 2, "{tag} has {} rows", rows.len());
        rows.first()?.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone())
    }

    /// Every column that lists show, blank ones left out.
    pub fn columns(&self, device: &str) -> BTreeMap<&'static str, String> {
        let columns = self.computer(device).columns;
        let named = rollcall::inventory::COLUMNS.iter().map(|column| column.key).zip(columns.iter());
        named.filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key, value.to_owned())).collect()
    }

    /// Sections written by the latest inventory, as its contact says.
    pub fn written(&self, device: &str) -> u32 {
        let contacts = self.contacts(device);
        let stored = contacts.iter().rev().find_map(|contact| match &contact.outcome {
            Outcome::Stored(stored) => Some(stored.sections),
            _ => None,
        });
        stored.expect("an inventory was stored")
    }

    pub fn contacts(&self, device: &str) -> Vec<Contact> {
        let id = self.id(device).expect(device);
        let mut contacts = self.app.read(|store| rollcall::history::store::contacts(store, id)).unwrap();
        contacts.extend(self.app.contacts.of(id));
        contacts
    }

    /// What an index built from the file would not agree with.
    pub fn differences(&self) -> Vec<String> {
        let read = self.app.store.read().unwrap();
        let tags = rollcall::accountinfo::store::tags(&read).unwrap();
        self.app
            .fleet
            .differences(&read, &self.app.dictionaries, &|id| tags.get(&id).cloned().unwrap_or_default())
            .unwrap()
    }
}

pub fn prolog(device: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>\n  <DEVICEID>{device}</DEVICEID>\n  <QUERY>PROLOG</QUERY>\n</REQUEST>\n"
    )
}

pub fn inventory(device: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>\n  <CONTENT>{content}</CONTENT>\n  <DEVICEID>{device}</DEVICEID>\n  <QUERY>INVENTORY</QUERY>\n</REQUEST>\n"
    )
}

/// The answer's body, unpacked.
pub fn clear(answer: &Answer) -> String {
    if answer.body.is_empty() {
        return String::new();
    }
    let opened = envelope::open(&answer.body, &rollcall::limits::Limits::default()).unwrap();
    String::from_utf8(opened.bytes.to_vec()).unwrap()
}

pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
