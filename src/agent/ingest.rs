//! INVENTORY: from a read message to one commit.
//!
//! What is known is loaded, the rules decide with plain values, and the result is a list of encoded changes
//! that cannot fail half way. Everything here runs on a parsing thread; the computer is locked meanwhile and
//! until the answer. Source: agent protocol page, sections 4 to 8 and 11.

mod columns;
mod merging;
mod newcomers;
mod record;

use std::net::IpAddr;
use std::sync::Arc;

use super::locks::Guard;
use super::{Agents, Caller, Source};
use crate::accountinfo::fields::Field;
use crate::accountinfo::{self, Situation};
use crate::app::App;
use crate::clock::Timestamp;
use crate::fleet::{self, Known, SoftwareChange, Update};
use crate::groups::store as groups;
use crate::history::{Contact, Kind, Outcome, Refusal, Stored};
use crate::id::{ComputerId, DeviceId};
use crate::inventory::cut::{Class, Cut};
use crate::inventory::software::Recognised;
use crate::inventory::store::{self as computers, NEXT_COMPUTER, Seen};
use crate::inventory::{Computer, Family, checksum, requested};
use crate::options::{ACCEPT_TAG_UPDATE_FROM_CLIENT, INVENTORY_SESSION_ONLY, SESSION_VALIDITY_TIME};
use crate::protocol::{Agent, Message, Reply};
use crate::registry::store as registry;
use crate::store::{self, Changes, Pending, Read, Write};
use crate::text::{self, Repair, Repairs};

pub(super) use newcomers::Newcomers;
pub(super) use record::class;

/// An inventory on its way in.
pub(super) struct Offer<'a> {
    /// Who it is.
    pub device: DeviceId,
    /// What was parsed: everything, or what is needed when the rest is as stored.
    pub message: &'a Message<'a>,
    /// The cut of the text, if it could be cut.
    pub cut: Option<&'a Cut<'a>>,
    /// Which parts of the message were parsed.
    pub parsed: Parsed,
    /// Rows of software that were recognised by their text, and are not in the message.
    pub recognised: &'a Recognised<'a>,
    /// The message says of itself that it holds only what changed.
    pub partial: bool,
    /// What had to be repaired in the text.
    pub repairs: Repairs,
    /// Bytes as sent.
    pub size: usize,
    /// Who sent it.
    pub caller: &'a Caller,
    /// The file that it came from.
    pub source: Option<&'a Source>,
}

/// Which parts of a message were parsed; the others are known to be as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed {
    /// Sections that seldom change.
    pub stable: bool,
    /// Software.
    pub software: bool,
}

impl Parsed {
    /// Everything.
    pub(super) const WHOLE: Parsed = Parsed { stable: true, software: true };

    /// What has to be parsed of a message of a computer.
    pub(super) fn needed(cut: &Cut<'_>, known: Option<&Known>) -> Parsed {
        match known {
            None => Parsed::WHOLE,
            Some(known) => Parsed {
                // With sections carried over, which of the others are empty elements has to be known.
                stable: known.carried || known.stable == 0 || known.stable != cut.stable,
                software: cut.software.is_some_and(|software| known.software == 0 || known.software != software),
            },
        }
    }

    /// The classes of sections to parse.
    pub(super) fn classes(self) -> Vec<Class> {
        let mut classes = Class::ALWAYS.to_vec();
        if self.stable {
            classes.push(Class::Stable);
        }
        if self.software {
            classes.push(Class::Software);
        }
        classes
    }
}

/// An inventory that waits for its commit.
pub(super) struct Started {
    /// The commit.
    pub pending: Pending<Result<(), store::Error>>,
    /// What is true once it is on the disk.
    pub ingested: Ingested,
}

/// An inventory that is on the disk.
pub(super) struct Ingested {
    /// The answer.
    pub reply: Reply,
    /// Which computer.
    pub id: ComputerId,
    /// It did not exist before.
    pub new: bool,
    /// Computers that became part of it.
    pub gone: Vec<ComputerId>,
    /// Sections that were written.
    pub sections: u32,
}

/// Contacts on their way to the disk. Unless they get there they wait in memory again.
struct Underway {
    app: Arc<App>,
    id: ComputerId,
    /// The identifier of a computer that does not exist yet.
    stranger: Option<String>,
    contacts: Vec<Contact>,
}

impl Drop for Underway {
    fn drop(&mut self) {
        let contacts = std::mem::take(&mut self.contacts);
        match &self.stranger {
            _ if contacts.is_empty() => {}
            Some(device) => self.app.contacts.give_back_stranger(device, contacts),
            None => self.app.contacts.give_back(vec![(self.id, contacts)]),
        }
    }
}

/// Why an inventory is not stored.
#[derive(Debug)]
pub(super) enum Rejected {
    /// By a rule.
    Refused(Refusal),
    /// The store cannot take it now.
    Store(store::Error),
}

impl From<store::Error> for Rejected {
    fn from(error: store::Error) -> Self {
        Rejected::Store(error)
    }
}

impl Agents {
    /// Decides about an inventory and queues its changes.
    ///
    /// The lock on the computer goes with the changes: whoever comes next must find them in the file and in the
    /// index, also when the agent has hung up and nobody waits for the answer.
    pub(super) fn ingest(&self, offer: &Offer<'_>, lock: Guard) -> Result<Started, Rejected> {
        let now = self.now();
        let folded = offer.device.folded();
        let known = self.app.fleet.look().device(&folded);
        self.admit(offer, known.as_ref(), &folded, now)?;

        // Before anything is read: administrative values are read, fitted and stored by the same fields.
        let fitting = self.app.definitions.fitting();
        let read = self.app.store.read()?;
        let id = known.as_ref().map_or_else(|| self.app.next_computer(), |known| known.id);
        let before = match &known {
            // A damaged record is written anew by the inventory that is here.
            Some(known) => computers::computer(&read, known.id, &self.app.dictionaries).or_else(tolerate_damage)?,
            None => None,
        };
        let agent = Agent::of(&offer.caller.agent);
        let family = Family::of_user_agent(&offer.caller.agent);
        let mut changes = Changes::new();

        let longest = self.app.config.limits.text;
        let mut columns = columns::of(offer, family, before.as_ref(), longest);
        if offer.source.is_none() {
            columns.set(crate::inventory::columns::USERAGENT, agent.cleaned().as_ref());
        }
        let sent = offer.message.sections("HARDWARE").last().and_then(|hardware| hardware.value("CHECKSUM"));
        let sent = checksum::sent(sent);

        let sections = record::sections(self, &read, offer, family, sent, id, before.as_ref(), known.as_ref())?;
        columns::clear(&mut columns, &sections.gone);
        let software = record::software(self, &read, offer, id, known.is_none())?;

        let merging = merging::find(self, &read, &mut changes, offer, id, &columns, now)?;
        if let Some(older) = merging.records.last() {
            merging::take_user(&mut columns, offer, older);
        }
        // Of a merged record the bits count, and no longer those that this one had of itself (section 11).
        let older_sum = merging.records.iter().map(|older| older.computer.checksum).reduce(|sum, older| sum | older);
        let stored_sum = match &before {
            _ if older_sum.is_some() => older_sum,
            None if known.is_none() => Some(checksum::OF_NEW_COMPUTERS),
            before => before.as_ref().map(|before| before.checksum),
        };

        let conflict = before.as_ref().is_some_and(|before| columns::is_another(&before.columns, &columns));
        if conflict {
            tracing::warn!(target: "rollcall::agent", computer = id.0, "another machine reports under the same device id");
        }
        let mut repairs = offer.repairs;
        if offer
            .message
            .content
            .iter()
            .flat_map(|section| &section.cells)
            .any(|cell| cell.value.len() > self.app.config.limits.text)
        {
            repairs.insert(Repair::Cut);
        }

        let mut computer = Computer {
            device: offer.device.as_str().to_owned(),
            stable: offer.cut.map_or(0, |cut| cut.stable),
            software: match (offer.cut, software.is_some()) {
                (Some(cut), true) => cut.software.unwrap_or(0),
                (None, true) => 0,
                (_, false) => before.as_ref().map_or(0, |before| before.software),
            },
            first_seen: first_seen(before.as_ref(), &merging.records, now),
            last_inventory: now,
            last_date: columns::last_date(offer, now, &self.app.zone),
            checksum: checksum::combine(sent, stored_sum),
            carried: sections.carried,
            columns,
            volatile: sections.volatile,
        };
        if offer.partial {
            // What a partial message leaves out is not in its hash.
            (computer.stable, computer.software) = (0, 0);
        }

        let account = self.account(&read, offer, id, known.is_none(), &merging)?;
        if let Some(row) = &account.row {
            accountinfo::store::keep(&mut changes, id, row)?;
        }
        let seen = self.seen(offer, id, known.is_some(), &merging, agent.cleaned().as_ref(), now);

        if known.is_none() {
            changes.raise(&computers::COUNTERS, NEXT_COMPUTER, u64::from(id.0) + 1);
            changes.put(&computers::DEVICE, folded.as_str(), &id.0)?;
        }
        computers::keep(&mut changes, id, &computer, &self.app.dictionaries)?;
        if let Some(cold) = &sections.cold {
            changes.put(&computers::COLD, id, cold)?;
            registry::answered(&read, &mut changes, id, sections.answered)?;
        }
        if let Some((list, _)) = &software {
            changes.put(&computers::SOFTWARE_OF, id, list)?;
        }
        changes.put(&computers::SEEN, id, &seen)?;
        let older: Vec<ComputerId> = merging.records.iter().map(|older| older.gone).collect();
        accountinfo::notes::moved(&read, &mut changes, &older, id)?;
        let last = older.last().copied();
        for older in &merging.records {
            // Own values of the record that reported last count, as its TAG does.
            crate::options::store::merged(&read, &mut changes, older.gone, id, Some(older.gone) == last)?;
            groups::merged(&mut changes, older.gone, id);
            for capacity in super::CAPACITIES {
                capacity.merged(&read, &mut changes, id, older.gone)?;
            }
        }
        // Neither a file nor a part of an inventory is what was asked for: what waits at a merged record waits here then.
        let answers = offer.source.is_none() && !offer.partial;
        let (mut answered, mut waiting) = (older.clone(), None);
        if answers && self.app.requested.holds(id) {
            answered.push(id);
        } else if !answers && !self.app.requested.holds(id) {
            for older in older.iter().filter(|older| self.app.requested.holds(**older)) {
                waiting = requested::of(&read, *older).or_else(tolerate_damage)?.or(waiting);
            }
        }
        // At merged records also what nobody knew of when this began.
        for id in &answered {
            requested::forget(&mut changes, *id)?;
        }
        if let Some(request) = &waiting {
            requested::ask(&mut changes, id, request)?;
        }
        let waits = waiting.is_some();
        drop(read);

        let written = sections.written + u32::from(software.as_ref().is_some_and(|(_, change)| change.written));
        let gone = older;
        let contact = Contact {
            at: now,
            kind: if offer.source.is_some() { Kind::Import } else { Kind::Inventory },
            address: offer.caller.address,
            size: u32::try_from(offer.size).unwrap_or(u32::MAX),
            outcome: Outcome::Stored(Stored {
                sections: written,
                account: account.outcome.what,
                merged: gone.last().map_or(0, |gone| gone.0),
                repairs: repairs.bits(),
                conflict,
            }),
        };
        let mut contacts = self.app.contacts.take(id, &folded);
        let stranger = known.is_none().then(|| folded.clone());
        let mut underway = Underway { app: self.app.clone(), id, stranger, contacts: contacts.clone() };
        contacts.push(contact.clone());
        crate::history::store::add(&mut changes, id, contacts);

        let update = Update {
            id,
            computer,
            tag: account.tag,
            seen,
            software: software.map(|(_, change)| change.change),
            gone: gone.clone(),
        };
        let (app, locks) = (self.app.clone(), (lock, merging.locks, fitting));
        let pending = self.app.store.submit(changes, move || {
            underway.contacts.clear();
            app.contacts.stored(update.id, &contact);
            app.fleet.change(|index| index.apply(&update));
            app.requested.remove(&answered);
            if waits {
                app.requested.add(update.id);
            }
            if !update.gone.is_empty() {
                let mut ids = update.gone.clone();
                ids.push(update.id);
                app.follow_own(&ids);
                app.follow_packages(&ids);
                app.follow_groups(&ids);
            }
            update.gone.iter().for_each(|gone| app.contacts.forget(*gone));
            drop(locks);
        })?;
        let reply = Reply::AccountUpdate(account.outcome.tell);
        Ok(Started { pending, ingested: Ingested { reply, id, new: known.is_none(), gone, sections: written } })
    }

    /// The rules before anything is looked at: sessions, names, newcomers, room on the disk.
    fn admit(&self, offer: &Offer<'_>, known: Option<&Known>, folded: &str, now: Timestamp) -> Result<(), Rejected> {
        let general = self.app.options.general();
        if !self.app.has_room() {
            return Err(Rejected::Refused(Refusal::NoSpace));
        }
        let exempt = offer.source.is_some() || offer.caller.address.is_none_or(|address| address.is_loopback());
        if general.switch(INVENTORY_SESSION_ONLY)
            && !exempt
            && !self.sessions.is_open(folded, now, general.number(SESSION_VALIDITY_TIME))
        {
            return Err(Rejected::Refused(Refusal::NoSession));
        }
        if let (Some(source), Some(known)) = (offer.source, known)
            && !source.accept_older
            && columns::last_date(offer, now, &self.app.zone) < known.last_date
        {
            return Err(Rejected::Refused(Refusal::Older));
        }
        if known.is_none() {
            let named = offer.message.sections("HARDWARE").any(|hardware| hardware.value("NAME").is_some());
            if !named {
                return Err(Rejected::Refused(Refusal::Nameless));
            }
            let computers = self.app.fleet.look().len();
            if !self.newcomers.admits(offer.caller.address, exempt, computers, &general, &self.app.config.limits, now) {
                return Err(Rejected::Refused(Refusal::Held));
            }
        }
        Ok(())
    }

    fn account(
        &self,
        read: &impl Read,
        offer: &Offer<'_>,
        id: ComputerId,
        new: bool,
        merging: &merging::Merging,
    ) -> Result<Account, Rejected> {
        let longest = self.app.config.limits.text;
        let sent: Vec<(String, String)> = offer
            .message
            .sections("ACCOUNTINFO")
            .filter_map(|pair| {
                let name = pair.value("KEYNAME")?.to_owned();
                Some((name, text::cut(pair.value("KEYVALUE").unwrap_or_default(), longest).into_owned()))
            })
            .collect();
        let own = if new { None } else { accountinfo::store::account(read, id).or_else(tolerate_damage)? };
        let older = merging.records.iter().rev().find_map(|older| older.account.clone());
        let merged = older.is_some();
        let stored = older.or(own);
        let general = self.app.options.general();
        let fields = self.app.definitions.fields.now();
        let (sent, left_out) = accountinfo::sent::fitting(sent, stored.as_ref(), &fields);
        if left_out > 0 {
            tracing::info!(target: "rollcall::agent", computer = id.0, left_out, "administrative values do not fit their fields");
        }
        let keys: Vec<String> = fields.iter().map(Field::key).collect();
        let defaults: Vec<(String, String)> = fields
            .iter()
            .filter(|field| !field.default.is_empty())
            .map(|field| (field.key(), field.default.clone()))
            .collect();
        let outcome = accountinfo::reconcile(Situation {
            sent: &sent,
            stored: stored.as_ref(),
            new: new && !merged,
            merged,
            fields: &keys,
            defaults: &defaults,
            // A partial message says nothing about administrative data, and a file may be old.
            accept: general.switch(ACCEPT_TAG_UPDATE_FROM_CLIENT) && offer.source.is_none(),
        });
        let row = outcome.store.clone().or(if merged { stored.clone() } else { None });
        let tag = row.as_ref().or(stored.as_ref()).map(|row| row.tag().to_owned()).unwrap_or_default();
        Ok(Account { outcome, row, tag })
    }

    /// Contact, quality and fidelity after this inventory. An import changes nothing of them.
    fn seen(
        &self,
        offer: &Offer<'_>,
        id: ComputerId,
        known: bool,
        merging: &merging::Merging,
        agent: &str,
        now: Timestamp,
    ) -> Seen {
        let index = self.app.fleet.look();
        let older =
            merging.records.iter().rev().find_map(|older| index.seen(older.gone).or_else(|| older.seen.clone()));
        // Without a quality of its own the older record hands on 0 (section 11).
        let older = older.map(|older| Seen { quality: older.quality.or(Some(0.0)), ..older });
        let before = older.or_else(|| if known { index.seen(id) } else { None });
        let mut seen = before.unwrap_or_else(|| fleet::first_seen(now, agent));
        if offer.source.is_none() {
            seen.last_contact = now;
            seen.agent = agent.to_owned();
        }
        seen
    }
}

struct Account {
    outcome: accountinfo::Outcome,
    row: Option<accountinfo::Account>,
    tag: String,
}

/// What changed in the software, and whether anything did.
pub(super) struct SoftwareWritten {
    change: SoftwareChange,
    written: bool,
}

fn first_seen(before: Option<&Computer>, older: &[crate::duplicates::Merged], now: Timestamp) -> Timestamp {
    let times = before.map(|before| before.first_seen).into_iter();
    times.chain(older.iter().map(|older| older.computer.first_seen)).min().unwrap_or(now)
}

/// A damaged record counts as missing: one of this computer is replaced by what the message brings.
fn tolerate_damage<T>(error: store::Error) -> Result<Option<T>, store::Error> {
    match error {
        store::Error::Damaged { .. } => {
            tracing::error!("{error}; the inventory that came in is stored without it");
            Ok(None)
        }
        other => Err(other),
    }
}

/// The address that IPSRC keeps.
fn source_address(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}
