//! The certificates in memory, and what is said about them.

use tracing::warn;

use super::Error;
use super::certificate::{Authority, Certificate, Leaf, Shown};
use super::names::{Names, covers};
use super::renewal::{LeafFacts, Situation, Why};
use super::store::{Slot, Store};
use crate::clock::Timestamp;

/// What the folder holds, in memory. Private keys are not in here.
#[derive(Debug, Clone)]
pub struct Held {
    /// The authority that signs.
    pub authority: Option<Authority>,
    /// The one that follows.
    pub next: Option<Authority>,
    /// The one before.
    pub former: Option<Authority>,
    /// The server certificate.
    pub leaf: Option<Leaf>,
    /// What agents get.
    pub cacert: String,
    /// How they were at the last refresh.
    pub state: State,
}

/// How the certificates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is due.
    Ready,
    /// Something is due, but the clock is earlier than the date of this program's build, so that nothing
    /// is made until the clock is put right (SEC-47). [`super::Tls::serves`] tells whether HTTPS works meanwhile.
    ClockBeforeBuild {
        /// What the clock said.
        now: Timestamp,
        /// What it cannot be earlier than.
        build_date: Timestamp,
    },
    /// The clock is earlier than the authority's first day. Either the clock is wrong now, or it was wrong
    /// when the authority was made; then somebody must ask for [`super::Tls::change_authority`].
    ClockBeforeAuthority {
        /// What the clock said.
        now: Timestamp,
        /// From when the authority is valid.
        made: Timestamp,
    },
}

/// What was done by a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Done {
    /// The first authority was made.
    MadeAuthority,
    /// The following authority was made and is handed out.
    PreparedAuthority,
    /// The following authority signs now.
    SwitchedAuthority,
    /// The former authority signs again, the clock having been ahead.
    ReturnedToFormer,
    /// A server certificate was made.
    NewLeaf(Why),
}

/// All certificates, for `cert show` and the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The authority that signs.
    pub authority: Option<Shown>,
    /// The one that follows; handed out already.
    pub next: Option<Shown>,
    /// The one before.
    pub former: Option<Shown>,
    /// The server certificate.
    pub leaf: Option<Shown>,
    /// How they are.
    pub state: State,
}

impl Held {
    /// Reads the certificates of the folder; what has no key counts as missing, except the authority,
    /// which is never replaced without being asked.
    ///
    /// # Errors
    /// [`Error::Damaged`] for the authority, [`Error::Read`], [`Error::Write`].
    pub fn load(store: &Store) -> Result<Held, Error> {
        let authority = store.certificate(Slot::Authority)?.map(Authority);
        if let Some(authority) = &authority {
            store.mend(&authority.0)?;
        }
        let second = |slot| -> Result<Option<Authority>, Error> {
            let found = complete(store, slot)?.map(Authority);
            // A change that was cut after its last step leaves a second copy behind.
            Ok(found.filter(|found| Some(found) != authority.as_ref()))
        };
        let (next, former) = (second(Slot::Next)?, second(Slot::Former)?);
        let leaf = complete(store, Slot::Server)?.map(Leaf);
        Ok(Held { authority, next, former, leaf, cacert: String::new(), state: State::Ready })
    }

    /// What the rule about renewal needs to know.
    pub fn situation(&self, names: &Names, build_date: Timestamp) -> Situation {
        let span = |authority: &Option<Authority>| authority.as_ref().map(|authority| authority.0.span());
        let leaf = self.leaf.as_ref().map(|leaf| LeafFacts {
            span: leaf.0.span(),
            signed_by_authority: self.authority.as_ref().is_some_and(|authority| leaf.0.signed_by(&authority.0)),
            covers: covers(leaf.0.names(), names),
        });
        Situation {
            build_date,
            authority: span(&self.authority),
            next: span(&self.next),
            former: span(&self.former),
            leaf,
        }
    }

    /// Authorities that have not expired, the one that signs first.
    pub fn bundle(&self, now: Timestamp) -> String {
        let all = [&self.authority, &self.next, &self.former].into_iter().flatten();
        all.filter(|authority| now <= authority.0.span().until).map(|authority| authority.0.pem()).collect()
    }
}

/// The certificate in this place when its key is there too. A damaged one counts as missing: unlike the
/// authority it can be made anew.
fn complete(store: &Store, slot: Slot) -> Result<Option<Certificate>, Error> {
    let found = match store.certificate(slot) {
        Err(Error::Damaged { path }) => {
            warn!("`{}` is no readable certificate", path.display());
            None
        }
        other => other?,
    };
    Ok(match found {
        Some(found) if store.has_key(&found)? => Some(found),
        _ => None,
    })
}
