//! What a feature may add to the dialogue with an agent.

use crate::clock::Timestamp;
use crate::id::{ComputerId, GroupId};
use crate::options::{Declaration, Options, Resolved, store::Book};
use crate::protocol::reply::{Opt, Param};
use crate::store::{Changes, Error, Reader};

/// A feature that takes part in the dialogue with agents. Every method has an empty default.
pub trait Capacity: Sync {
    /// Its name, as the field calls its option.
    fn name(&self) -> &'static str;

    /// Adds an option to the answer of a PROLOG, be it SEND or STOP.
    fn prolog(&self, _known: &Known<'_>) -> Option<Opt> {
        None
    }

    /// Moves what it keeps about a computer that is merged away.
    fn merged(
        &self,
        _store: &Reader,
        _changes: &mut Changes,
        _kept: ComputerId,
        _gone: ComputerId,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// What is known when a request comes in.
pub struct Known<'a> {
    /// The computer; `None` for one that never reported.
    pub id: Option<ComputerId>,
    /// The general options.
    pub general: &'a Options,
    /// Own values of computers and groups.
    pub book: &'a Book,
    /// The groups of this computer.
    pub groups: &'a [GroupId],
    /// The registry queries as agents are told them.
    pub registry: &'a [Param],
    /// The packages that this computer is told.
    pub packages: &'a [Param],
    /// The request came over HTTPS.
    pub secure: bool,
    /// The time.
    pub now: Timestamp,
}

impl Known<'_> {
    /// The value of an option for this computer.
    pub fn option(&self, option: impl Into<&'static Declaration>) -> Resolved {
        self.book.resolved(self.general, option.into(), self.id, self.groups)
    }
}
