//! One computer: everything about it, and its TAG.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Failure, Work};
use crate::accountinfo::{Account, Changed, TAG, store as accounts};
use crate::control::{Answer, Form, time};
use crate::history::audit::{self, Change};
use crate::history::{Action, Contact, Kind, Outcome, store as history};
use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnKind};
use crate::inventory::rows::{SectionRows, field_name};
use crate::inventory::{Computer, store as computers};
use crate::prolog::{Decision, Why};
use crate::protocol::export;
use crate::store::{Error, Txn};

/// Longest TAG, in characters: the field's column.
const LONGEST_TAG: usize = 255;

/// What is stored about a computer.
struct Everything {
    id: ComputerId,
    computer: Computer,
    account: Account,
    sections: Vec<SectionRows>,
    contacts: Vec<Contact>,
}

impl Work {
    pub(super) fn show(&self, computer: &str, form: Form) -> Result<String, Failure> {
        let id = self.computer(computer)?;
        let app = self.app();
        let store = app.store.read()?;
        let gone = || Failure::Plain(format!("computer {id} is gone"));
        let mut contacts = history::contacts(&store, id)?;
        contacts.extend(app.contacts.of(id));
        let everything = Everything {
            id,
            computer: computers::computer(&store, id, &app.dictionaries)?.ok_or_else(gone)?,
            account: accounts::account(&store, id)?.unwrap_or_default(),
            sections: app.sections(&store, id)?,
            contacts,
        };
        Ok(match form {
            Form::Json => format!("{:#}\n", self.json(&everything)),
            Form::Text => self.text(&everything),
            Form::Xml => export::request(&everything.computer.device, &everything.account.values, &everything.sections),
        })
    }

    pub(super) fn tag(&self, computer: &str, tag: String) -> Result<Answer, Failure> {
        let tag = tag.trim().to_owned();
        if tag.is_empty() || tag.chars().count() > LONGEST_TAG || tag.chars().any(char::is_control) {
            return Err(Failure::Plain(format!("a TAG has 1 to {LONGEST_TAG} characters on one line")));
        }
        let id = self.computer(computer)?;
        let app = self.app();
        let (at, new) = (app.clock.now(), tag.clone());
        // An inventory that is being stored has read the TAG already and would enter the old one again.
        let device =
            app.read(|store| computers::computer(store, id, &app.dictionaries))?.map(|computer| computer.device);
        let device = device.ok_or_else(|| Failure::Plain(format!("computer {id} is gone")))?.to_ascii_lowercase();
        let held = self.runtime.block_on(self.agents.hold(&device));
        let _held = held.ok_or_else(|| Failure::Plain("the computer is reporting right now; try again".to_owned()))?;
        let mut entry = self.entry(Action::ValuesChanged, &id.to_string());
        let fleet = app.fleet.clone();
        let change = move |w: &mut Txn<'_>| {
            let mut account = accounts::account(w, id)?.unwrap_or_default();
            let before = account.tag().to_owned();
            account.values.insert(TAG.to_owned(), new.clone());
            account.changed.insert(TAG.to_owned(), Changed { by: "command line".to_owned(), at });
            accounts::keep(w, id, &account)?;
            entry.changes.push(Change { what: TAG.to_owned(), before: before.clone(), after: new.clone() });
            audit::append(w, entry)?;
            Ok::<_, Error>((before, new))
        };
        // On the writer's thread, so that an inventory that comes next finds it.
        let follow = move |(_, new): &(String, String)| fleet.change(|index| index.set_tag(id, new));
        let (before, _) = app.store.queue(change, follow)?.wait()?;
        Ok(Answer::Done(format!("the TAG of computer {id} is `{tag}` (before: `{before}`)")))
    }

    fn json(&self, all: &Everything) -> Value {
        let mut account = Map::new();
        all.account.values.iter().for_each(|(name, value)| drop(account.insert(name.clone(), json!(value))));
        let mut sections = Map::new();
        for section in &all.sections {
            let rows = section.rows.iter().map(|row| {
                let cells = row
                    .cells
                    .iter()
                    .map(|(field, value)| (field_name(&section.key, field).to_owned(), Value::String(value.clone())));
                Value::Object(cells.collect())
            });
            let rows: Vec<Value> = rows.collect();
            sections.insert(section.key.tag().to_owned(), Value::Array(rows));
        }
        let contacts: Vec<Value> = all.contacts.iter().map(contact).collect();
        json!({
            "id": all.id.0,
            "deviceid": all.computer.device,
            "general": self.general(all),
            "accountinfo": account,
            "sections": sections,
            "contacts": contacts,
        })
    }

    fn general(&self, all: &Everything) -> Map<String, Value> {
        let mut general = Map::new();
        for (column, value) in COLUMNS.iter().zip(all.computer.columns.iter()) {
            let value = match column.kind {
                ColumnKind::Number => value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number)),
                ColumnKind::Several => value.lines().map(Value::from).collect(),
                _ => json!(value),
            };
            general.insert(column.key.to_owned(), value);
        }
        let computer = &all.computer;
        general.insert("first_seen".to_owned(), json!(time(computer.first_seen)));
        general.insert("last_inventory".to_owned(), json!(time(computer.last_inventory)));
        general.insert("lastdate".to_owned(), json!(time(computer.last_date)));
        general.insert("checksum".to_owned(), json!(computer.checksum));
        if let Some(seen) = self.app().fleet.look().seen(all.id) {
            general.insert("lastcome".to_owned(), json!(time(seen.last_contact)));
            general.insert("quality".to_owned(), json!(seen.quality));
            general.insert("fidelity".to_owned(), json!(seen.fidelity));
            general.insert("useragent".to_owned(), json!(seen.agent));
        }
        general
    }

    fn text(&self, all: &Everything) -> String {
        let mut out = format!("computer {} - {}\n\ngeneral\n", all.id, all.computer.device);
        let line = |out: &mut String, name: &str, value: &str| {
            if !value.is_empty() {
                // Writing to a text has no way to fail.
                let _ = writeln!(out, "  {name:<16} {}", printable(value));
            }
        };
        for (name, value) in self.general(all) {
            let value = match &value {
                Value::String(text) => text.clone(),
                Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            line(&mut out, &name, &value);
        }
        out.push_str("\nadministrative data\n");
        all.account.values.iter().for_each(|(name, value)| line(&mut out, name, value));
        for section in &all.sections {
            let _ = writeln!(out, "\n{} ({})", printable(section.key.tag()), section.rows.len());
            for (at, row) in section.rows.iter().enumerate() {
                if at > 0 {
                    out.push('\n');
                }
                row.cells
                    .iter()
                    .for_each(|(field, value)| line(&mut out, &printable(field_name(&section.key, field)), value));
            }
        }
        out.push_str("\nlast contacts\n");
        for one in &all.contacts {
            let shown = contact(one);
            let word = |key: &str| shown.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let _ = writeln!(out, "  {}  {:<9}  {:<8}  {}", word("at"), word("kind"), word("outcome"), word("detail"));
        }
        out
    }
}

/// What agents report must not command the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn contact(contact: &Contact) -> Value {
    let kind = match contact.kind {
        Kind::Prolog => "prolog",
        Kind::Inventory => "inventory",
        Kind::Download => "download",
        Kind::Notify => "notify",
        Kind::Update => "update",
        Kind::Snmp => "snmp",
        Kind::Import => "import",
        Kind::Native => "native",
    };
    let why = |why: &Why| match why {
        Why::Unknown => "the computer is not known yet".to_owned(),
        Why::Always => "at each contact".to_owned(),
        Why::Requested => "somebody asked for an inventory".to_owned(),
        Why::NoInventory => "there is no inventory yet".to_owned(),
        Why::Age { seconds, days } => format!("{seconds} s since the last inventory, wanted every {days} days"),
    };
    let (outcome, detail) = match &contact.outcome {
        Outcome::Decided(Decision::Send(reason)) => ("send", why(reason)),
        Outcome::Decided(Decision::Stop(reason)) => ("stop", why(reason)),
        Outcome::Decided(Decision::Break) => ("break", "no inventory is wanted".to_owned()),
        Outcome::Stored(stored) if stored.merged > 0 => {
            ("stored", format!("{} sections written; was computer {} before", stored.sections, stored.merged))
        }
        Outcome::Stored(stored) => ("stored", format!("{} sections written", stored.sections)),
        Outcome::Refused(refusal) => ("refused", format!("{refusal:?}").to_lowercase()),
        Outcome::Noted(word) => ("noted", word.clone()),
    };
    json!({
        "at": time(contact.at),
        "kind": kind,
        "address": contact.address.map(|address| address.to_string()),
        "size": contact.size,
        "outcome": outcome,
        "detail": printable(&detail),
    })
}
