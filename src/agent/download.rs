//! DOWNLOAD: which packages an agent is told, and the results that it reports.
//!
//! Source: agent protocol page, sections 12.2 and 12.8.

use super::{Agents, Caller};
use crate::deployment::actions::Storing;
use crate::deployment::affectation::State;
use crate::deployment::package::PackageId;
use crate::deployment::{self, actions, orders};
use crate::history::Kind;
use crate::id::{ComputerId, DeviceId};
use crate::inventory::columns::{IPADDR, NAME};
use crate::inventory::store as computers;
use crate::protocol::Agent;
use crate::protocol::query::PackageResult;
use crate::protocol::reply::Param;
use crate::store::Error;

impl Agents {
    /// The packages that a computer is told now.
    pub(super) fn orders_for(&self, id: ComputerId, caller: &Caller, on: bool) -> Vec<Param> {
        if !on || !orders::can_fetch(&Agent::of(&caller.agent)) {
            return Vec::new();
        }
        let history = || {
            let computer = self.app.read(|read| computers::computer(read, id, &self.app.dictionaries))?;
            Ok(computer.map(|computer| deployment::history(&computer.volatile)).unwrap_or_default())
        };
        let server = |id| {
            let index = self.app.fleet.look();
            index.contains(id).then(|| (index.text(id, IPADDR).to_owned(), index.text(id, NAME).to_owned()))
        };
        let told = self.app.board.tell(id, caller.secure, self.now(), history, server);
        told.unwrap_or_else(|error| {
            tracing::error!("a computer is not told its packages this time: {error}");
            Vec::new()
        })
    }

    /// Whether there are packages that a computer may have to be told.
    pub(super) fn has_orders(&self, device: &DeviceId) -> bool {
        let known = self.app.fleet.look().device(&device.folded()).map(|known| known.id);
        known.is_some_and(|id| self.app.board.look().is_open(id))
    }

    /// Notes the result of a package and begins to store it; `None` for one that nobody asked for, which changes
    /// nothing and is answered the same, whatever the disk is like (REL-8).
    pub(super) fn result(
        &self,
        device: &DeviceId,
        caller: &Caller,
        size: usize,
        result: &PackageResult<'_>,
    ) -> Result<Option<Storing>, Error> {
        let code = result.stored_code();
        let Some(id) = self.note(device, caller, size, Kind::Download, code) else { return Ok(None) };
        let package = result.id.and_then(|id| id.trim().parse().ok()).map(PackageId);
        let Some(package) = package.filter(|package| self.app.board.look().is_affected(id, *package)) else {
            return Ok(None);
        };
        tracing::info!(
            target: "rollcall::agent", computer = id.0, package = package.0, code = crate::text::log_value(code).as_str(),
            "result of a package"
        );
        actions::result(&self.app.store, &self.app.board, id, package, State::of(code), self.now()).map(Some)
    }
}
