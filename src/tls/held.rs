//! The certificates in memory, and what is said about them.

use tracing::warn;

use super::Error;
use super::certificate::{Authority, Certificate, Leaf, Shown};
use super::names::{Names, covers};
use super::own::Own;
use super::renewal::{LeafFacts, Situation, Why};
use super::request::Request;
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
    /// What the administrator brought, in use.
    pub own: Option<Own>,
    /// What the administrator brought, not in use yet.
    pub prepared: Option<Own>,
    /// The request that waits for its certificate.
    pub request: Option<Request>,
    /// Authorities that are handed out though nothing is served under them.
    pub beside: Vec<Certificate>,
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

/// A certificate that was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnShown {
    /// The server's certificate.
    pub leaf: Shown,
    /// Those between it and its authority, lowest first.
    pub between: Vec<Shown>,
    /// The authority that agents must have.
    pub root: Shown,
}

/// All certificates, for `cert show` and the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The authority under which the server is served: our own, or that of a certificate that was brought.
    pub authority: Option<Shown>,
    /// The one that follows; handed out already.
    pub next: Option<Shown>,
    /// The one before.
    pub former: Option<Shown>,
    /// The certificate that is served.
    pub leaf: Option<Shown>,
    /// The built-in authority, while a certificate is served that was brought.
    pub builtin: Option<Shown>,
    /// Certificates between the one that is served and its authority, lowest first.
    pub between: Vec<Shown>,
    /// A certificate that was brought and is not served yet.
    pub prepared: Option<OwnShown>,
    /// Authorities that are handed out besides.
    pub beside: Vec<Shown>,
    /// The request that waits for its certificate.
    pub request: Option<Request>,
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
        let brought = |slot| -> Result<Option<Own>, Error> {
            let Some(own) = store.own(slot)? else { return Ok(None) };
            store.settle(slot, own.leaf().public())?;
            Ok(store.has_key(own.leaf())?.then_some(own))
        };
        let own = brought(Slot::Own)?;
        // As above: what is in use was prepared before.
        let prepared = brought(Slot::Prepared)?.filter(|found| own.as_ref() != Some(found));
        let (request, beside) = (store.request()?, store.beside()?);
        if let Some(request) = &request {
            store.settle(Slot::Request, request.public())?;
        }
        let cacert = String::new();
        Ok(Held { authority, next, former, leaf, own, prepared, request, beside, cacert, state: State::Ready })
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

    /// The authority under which the server is served.
    pub fn present(&self) -> Option<&Certificate> {
        self.own.as_ref().map(Own::root).or(self.authority.as_ref().map(|authority| &authority.0))
    }

    /// Authorities that agents are given, the present one first, none twice.
    pub fn handed_out(&self) -> Vec<&Certificate> {
        let built_in = [&self.authority, &self.next, &self.former].into_iter().flatten().map(|found| &found.0);
        let built_in = built_in.filter(|_| self.own.is_none());
        let own = [&self.own, &self.prepared].into_iter().flatten().map(Own::root);
        let mut all: Vec<&Certificate> = Vec::new();
        for found in self.present().into_iter().chain(built_in).chain(own).chain(&self.beside) {
            if !all.contains(&found) {
                all.push(found);
            }
        }
        all
    }

    /// What agents get: authorities that have not expired.
    pub fn bundle(&self, now: Timestamp) -> String {
        let all = self.handed_out();
        all.into_iter().filter(|authority| now <= authority.span().until).map(Certificate::pem).collect()
    }

    /// Everything that people are shown.
    pub fn summary(&self) -> Summary {
        let shown = |authority: &Option<Authority>| authority.as_ref().map(|authority| authority.0.shown());
        let between = |own: &Own| own.sent().iter().skip(1).map(Certificate::shown).collect::<Vec<_>>();
        let served = self.own.as_ref().map(Own::leaf).or(self.leaf.as_ref().map(|leaf| &leaf.0));
        let beside = self.beside.iter().filter(|found| Some(*found) != self.present());
        Summary {
            authority: self.present().map(Certificate::shown),
            next: shown(&self.next),
            former: shown(&self.former),
            leaf: served.map(Certificate::shown),
            builtin: shown(&self.authority).filter(|_| self.own.is_some()),
            between: self.own.as_ref().map(between).unwrap_or_default(),
            prepared: self.prepared.as_ref().map(|own| OwnShown {
                leaf: own.leaf().shown(),
                between: between(own),
                root: own.root().shown(),
            }),
            beside: beside.map(Certificate::shown).collect(),
            request: self.request.clone(),
            state: self.state,
        }
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
