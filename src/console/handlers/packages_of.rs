//! The packages of one computer, for its page (CON-PC-7).

use std::net::IpAddr;

use super::Asked;
use super::affect::left;
use super::record::Record;
use crate::console::pages::computer::{ContactsPage, PackageRow, PackagesPage};
use crate::console::pages::computers;
use crate::console::view::message::Message;
use crate::deployment::package::PackageId;
use crate::deployment::{self, orders};
use crate::history::Kind;
use crate::id::ComputerId;
use crate::inventory::columns::USERAGENT;
use crate::options::DOWNLOAD;
use crate::protocol::Agent;
use crate::users::Right;

/// What is shown of them.
pub struct PackagesOf {
    rows: Vec<PackageRow>,
    heard_from: Option<IpAddr>,
    history: Vec<(u32, String)>,
    inventory_only: bool,
}

impl PackagesOf {
    /// Looks at the board and at what the agent said.
    pub fn look(asked: &Asked, id: ComputerId, record: &Record) -> PackagesOf {
        let known = &asked.visit.console.app.board;
        let board = known.look();
        let heard_from = record.contacts.iter().find(|contact| contact.kind != Kind::Import);
        let heard_from = heard_from.and_then(|contact| contact.address);
        let name =
            |package: &PackageId| board.packages.get(package).map(|package| package.name.clone()).unwrap_or_default();
        let affected = board.affectations.get(&id).into_iter().flatten();
        let row = |activation, affectation: &deployment::affectation::Affectation| {
            let activation = board.activations.get(activation)?;
            let package = board.packages.get(&activation.package)?;
            Some(PackageRow {
                package: activation.package,
                name: name(&activation.package),
                state: affectation.state.clone(),
                at: affectation.at,
                told: affectation.told,
                fetch: heard_from.and_then(|address| known.fetches.of(activation.package, address)),
                fragments: package.fragments(),
                activation: activation.id,
                address: activation.info.clone(),
                schedule: affectation.schedule.clone(),
                force: affectation.force,
                postcmd: affectation.postcmd.clone(),
                by: affectation.by.clone(),
            })
        };
        let history = record.computer.as_ref().map(|computer| deployment::history(&computer.volatile));
        let history = history.unwrap_or_default().into_iter().map(|id| (id.0, name(&id))).collect();
        let inventory_only = !orders::can_fetch(&Agent::of(record.columns.get(USERAGENT)));
        PackagesOf {
            rows: affected.filter_map(|(id, affectation)| row(id, affectation)).collect(),
            heard_from,
            history,
            inventory_only,
        }
    }

    /// The contacts, with the way of each package beside them.
    pub fn contacts<'a>(&'a self, record: &'a Record) -> ContactsPage<'a> {
        ContactsPage { list: &record.contacts, packages: &self.rows, heard_from: self.heard_from }
    }

    /// As the page takes it.
    pub fn page<'a>(&'a self, asked: &'a Asked) -> PackagesPage<'a> {
        PackagesPage {
            token: asked.visit.token(),
            rows: &self.rows,
            heard_from: self.heard_from,
            history: &self.history,
            may_affect: asked.visit.may(Right::Affect),
            inventory_only: self.inventory_only && !self.rows.is_empty(),
            off: !asked.visit.console.app.options.general().switch(DOWNLOAD),
        }
    }
}

/// How many packages a computer is affected to.
pub fn count(asked: &Asked, id: ComputerId) -> usize {
    let board = asked.visit.console.app.board.look();
    let rows = board.affectations.get(&id);
    rows.map_or(0, |rows| rows.keys().filter(|activation| board.activations.contains_key(activation)).count())
}

/// What is said after something was affected or taken back.
pub fn said(asked: &Asked) -> Vec<Message> {
    let (word, n) = (asked.query.get("done"), asked.query.get("n").parse().unwrap_or(0));
    let done = ["affect", "unaffect"].contains(&word).then(|| computers::done(&asked.visit.locale, word, n));
    done.flatten().into_iter().chain(left(asked)).collect()
}
