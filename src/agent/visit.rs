//! PROLOG: count the visit, decide, let the features add their options.

use super::{Agents, CAPACITIES, Caller};
use crate::capacity::Known;
use crate::history::{Contact, Kind, Outcome};
use crate::id::DeviceId;
use crate::options::{DOWNLOAD, FREQUENCY, INVENTORY_ON_STARTUP, PROLOG_FREQ};
use crate::prolog::{self, Decision, Frequency};
use crate::protocol::reply::{Prolog, Response};
use crate::protocol::{Agent, Reply};

impl Agents {
    /// Answers a PROLOG. Nothing is read from the file but the history of packages of a computer that
    /// is to install one: the index knows all else that is asked.
    pub(super) fn visit(&self, device: &DeviceId, caller: &Caller, size: usize) -> Reply {
        let now = self.now();
        let folded = device.folded();
        let computer = self.app.fleet.look().device(&folded);
        let general = self.app.options.general();
        let registry = self.app.definitions.registry.now();
        let groups = computer.as_ref().map(|computer| self.app.groups.of(computer.id)).unwrap_or_default();
        let mut known = Known {
            id: computer.as_ref().map(|computer| computer.id),
            general: &general,
            book: &self.app.options,
            groups: &groups,
            registry: &registry,
            packages: &[],
            secure: caller.secure,
            now,
        };
        let frequency = Frequency::of(known.option(FREQUENCY).number());
        let last = computer.as_ref().map(|computer| computer.last_date).filter(|date| date.0 > 0);
        let decision = prolog::decide(frequency, computer.is_some(), last, now);
        let requested = computer.as_ref().is_some_and(|computer| self.app.requested.holds(computer.id));
        let decision = if requested { prolog::requested(decision) } else { decision };

        let contact = Contact {
            at: now,
            kind: Kind::Prolog,
            address: caller.address,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            outcome: Outcome::Decided(decision),
        };
        match &computer {
            Some(computer) => {
                let agent = Agent::of(&caller.agent).cleaned();
                self.app.fleet.change(|index| index.visit(computer.id, now, &agent));
                self.app.contacts.note(computer.id, contact);
                self.trusts(computer.id, caller);
            }
            None => self.app.contacts.note_stranger(&folded, contact),
        }
        let response = match decision {
            Decision::Send(_) => {
                self.sessions.begin(&folded, now);
                Response::Send
            }
            Decision::Stop(_) | Decision::Break => Response::Stop,
        };
        let packages = match (decision, &computer) {
            (Decision::Break, _) | (_, None) => Vec::new(),
            (_, Some(computer)) => self.orders_for(computer.id, caller, known.option(DOWNLOAD).switch()),
        };
        known.packages = &packages;
        let options = match decision {
            Decision::Break => Vec::new(),
            _ => CAPACITIES.iter().filter_map(|capacity| capacity.prolog(&known)).collect(),
        };
        tracing::debug!(target: "rollcall::agent", device = device.as_str(), address = ?caller.address, ?decision, "prolog");
        Reply::Prolog(Prolog {
            response,
            prolog_freq: u32::try_from(known.option(PROLOG_FREQ).number()).unwrap_or(1).max(1),
            inventory_on_startup: known.option(INVENTORY_ON_STARTUP).switch(),
            options,
        })
    }
}
