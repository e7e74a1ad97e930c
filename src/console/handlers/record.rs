//! Everything that is stored about one computer, read for its page.
//!
//! A damaged record does not take the page away: what can be read is shown, and the next inventory is stored whole.

use std::net::IpAddr;

use crate::accountinfo::{self, Account};
use crate::app::App;
use crate::clock::Timestamp;
use crate::fleet::{Fact, Index, Value, addresses};
use crate::history::handshakes::Failure;
use crate::history::{self, Contact};
use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnId};
use crate::inventory::requested::{self, Request};
use crate::inventory::rows::{self, SectionKey, SectionRows};
use crate::inventory::software::ItemId;
use crate::inventory::store as computers;
use crate::inventory::store::Seen;
use crate::inventory::{Columns, Computer, sections};
use crate::store::{Error, Reader};

/// What is stored about a computer.
pub struct Record {
    /// Its hot record; `None` when it is damaged.
    pub computer: Option<Computer>,
    /// What lists show of it.
    pub columns: Columns,
    /// Its latest contact.
    pub seen: Option<Seen>,
    /// Its sections, in the order of their declarations, undeclared ones last.
    pub sections: Vec<SectionRows>,
    /// The number of the item of each of its rows of software.
    pub items: Vec<ItemId>,
    /// Who asked for an inventory, and when, while none came.
    pub requested: Option<Request>,
    /// Since when it is in the archive.
    pub archived: Option<Timestamp>,
    /// Its administrative data.
    pub account: Account,
    /// Its contacts, the newest first.
    pub contacts: Vec<Contact>,
    /// An address of it from which the certificate could not be verified last, and what happened there.
    pub distrust: Option<(IpAddr, Failure)>,
    /// Something of it cannot be read.
    pub damaged: bool,
}

/// What a number leads to.
pub enum Found {
    /// A computer.
    Here(Box<Record>),
    /// The computer that it became part of.
    Merged(ComputerId),
    /// Nothing.
    Nothing,
}

/// Steps from a merged computer to the one that is left; more are a circle.
const STEPS: usize = 32;

/// Reads a computer.
pub fn load(app: &App, read: &Reader, id: ComputerId) -> Result<Found, Error> {
    let mut damaged = false;
    let computer = whole(computers::computer(read, id, &app.dictionaries), &mut damaged)?;
    if computer.is_none() && !damaged {
        return survivor(app, read, id);
    }
    let mut sections = match &computer {
        Some(computer) => unpacked(rows::unpack(&computer.volatile), &mut damaged),
        None => Vec::new(),
    };
    let block = whole(computers::known_cold_block(read, id, &app.dictionaries), &mut damaged)?;
    sections.extend(unpacked(rows::unpack(&block), &mut damaged));
    let software = computer.as_ref().map_or(0, |computer| computer.software);
    let (software, items) = whole(computers::known_software(read, id, software), &mut damaged)?.unzip();
    sections.extend(software);
    sections.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.key.tag().cmp(b.key.tag())));
    let requested = whole(requested::of(read, id), &mut damaged)?;
    let account = whole(accountinfo::store::account(read, id), &mut damaged)?.unwrap_or_else(|| {
        // Every computer has administrative data.
        damaged = true;
        accountinfo::Account::default()
    });
    let mut contacts = whole(history::store::contacts(read, id), &mut damaged)?;
    contacts.extend(app.contacts.of(id));
    contacts.reverse();
    contacts.truncate(history::KEPT);
    if damaged {
        tracing::error!("records of computer {id} are damaged; its next inventory is stored whole");
        app.fleet.change(|index| index.forget_hashes(id));
    }
    let index = app.fleet.look();
    let columns = computer.as_ref().map_or_else(|| columns(&index, id), |computer| computer.columns.clone());
    let seen = index.seen(id);
    let archived = match index.value(id, Fact::Archived) {
        Value::Time(since) => since,
        _ => None,
    };
    drop(index);
    let items = items.unwrap_or_default();
    let known = addresses(|column| columns.get(column));
    let failures = known.into_iter().filter_map(|address| Some((address, app.handshakes.of(address)?)));
    let distrust = failures.filter(|(_, failure)| failure.distrusts()).max_by_key(|(_, failure)| failure.last);
    Ok(Found::Here(Box::new(Record {
        computer,
        columns,
        seen,
        sections,
        items,
        requested,
        archived,
        account,
        contacts,
        distrust,
        damaged,
    })))
}

fn survivor(app: &App, read: &Reader, id: ComputerId) -> Result<Found, Error> {
    let mut at = id;
    for _ in 0..STEPS {
        let mut damaged = false;
        match whole(history::store::fate(read, at), &mut damaged)?.and_then(|gone| gone.into) {
            Some(into) if app.fleet.look().contains(into) => return Ok(Found::Merged(into)),
            Some(into) => at = into,
            None => break,
        }
    }
    Ok(Found::Nothing)
}

/// A damaged record counts as one that is not there, and is noted.
fn whole<T: Default>(found: Result<T, Error>, damaged: &mut bool) -> Result<T, Error> {
    match found {
        Err(error @ Error::Damaged { .. }) => {
            tracing::error!("{error}");
            *damaged = true;
            Ok(T::default())
        }
        other => other,
    }
}

fn unpacked<E>(found: Result<Vec<SectionRows>, E>, damaged: &mut bool) -> Vec<SectionRows> {
    found.unwrap_or_else(|_| {
        *damaged = true;
        Vec::new()
    })
}

fn place(section: &SectionRows) -> usize {
    match &section.key {
        SectionKey::Known(known) => sections::SECTIONS.iter().position(|other| other.id == known.id),
        SectionKey::Named(_) => None,
    }
    .unwrap_or(usize::MAX)
}

/// The columns as the index knows them.
fn columns(index: &Index, id: ComputerId) -> Columns {
    let mut columns = Columns::default();
    for at in 0..COLUMNS.len() {
        let column = ColumnId(u8::try_from(at).unwrap_or(u8::MAX));
        match index.value(id, Fact::Column(column)) {
            Value::Text(text) | Value::Several(text) => columns.set(column, text),
            Value::Number(Some(number)) => columns.set(column, number.to_string()),
            Value::Number(None) | Value::Fraction(_) | Value::Time(_) => {}
        }
    }
    columns
}
