//! The certificates of a running server.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rustls::ServerConfig;
use tracing::{info, warn};

use super::acceptor::{self, Serving};
use super::certificate::{Authority, Certificate};
use super::held::{Done, Held, State, Summary};
use super::names::Names;
use super::own::Own;
use super::renewal::{Due, Why, due};
use super::store::{Slot, Store};
use super::{Error, files};
use crate::clock::Timestamp;

/// More things are never due at one time: prepare, switch, a leaf.
const STEPS: usize = 4;

/// The certificates of a running server. Shared between the listener, the jobs and the console.
#[derive(Debug)]
pub struct Tls {
    /// Held while something is made, so that nobody else makes it too.
    store: Mutex<Store>,
    build_date: Timestamp,
    held: RwLock<Held>,
    pub(super) serving: Arc<Serving>,
    config: Arc<ServerConfig>,
    /// Of the authority that is served under; 0 for none.
    mark: AtomicU64,
}

impl Tls {
    /// Loads the certificates of the folder, and makes what is missing or due.
    ///
    /// When something is due but cannot be made, and there is a server certificate that still holds, that
    /// one is served and the reason is logged.
    ///
    /// # Errors
    /// There is nothing to serve and nothing can be made; the reason says what to do. Not an error: a
    /// clock that is too early, see [`Tls::state`].
    pub fn open(dir: &Path, names: &Names, now: Timestamp, build_date: Timestamp) -> Result<Tls, Error> {
        let store = Store::open(dir)?;
        let mut held = Held::load(&store)?;
        held.cacert = held.bundle(now);
        let serving = Arc::new(Serving::default());
        held.leaf = match held.leaf {
            Some(leaf) => match store.key(&leaf.0) {
                Ok(key) => serving.swap(&leaf, &key).is_ok().then_some(leaf),
                Err(Error::KeyDamaged { path }) => {
                    warn!("`{}` does not open: the server certificate is made anew", path.display());
                    None
                }
                Err(other) => return Err(other),
            },
            None => None,
        };
        if let Some(own) = &held.own
            && let Err(error) = store.key(own.leaf()).and_then(|key| serving.swap_chain(own.sent(), &key))
        {
            warn!(error = %chain(&error), "the own certificate cannot be served; the built-in one is, until it is brought again");
            held.own = None;
        }
        let tls = Tls {
            store: Mutex::new(store),
            build_date,
            held: RwLock::new(held),
            config: acceptor::server_config(Arc::clone(&serving))?,
            serving,
            mark: AtomicU64::new(0),
        };
        tls.change(|_| ());
        match tls.refresh(names, now) {
            Err(error) if tls.held().leaf.is_some_and(|leaf| leaf.0.span().holds(now)) || tls.held().own.is_some() => {
                warn!(error = %chain(&error), "certificates cannot be renewed; the present one is served");
                Ok(tls)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(tls),
        }
    }

    /// Does what is due at this time and for these names, and swaps the certificate under the listener.
    /// Cheap when nothing is due: call it once a minute.
    ///
    /// # Errors
    /// What could not be done; what was served before is served still. The next call tries again.
    pub fn refresh(&self, names: &Names, now: Timestamp) -> Result<Vec<Done>, Error> {
        let store = self.store();
        let mut done = Vec::new();
        for _ in 0..STEPS {
            let held = self.held();
            let step = due(&held.situation(names, self.build_date), now);
            let state = match (step, &held.authority) {
                (Due::WaitForClock, _) => State::ClockBeforeBuild { now, build_date: self.build_date },
                (Due::ClockBeforeAuthority, Some(authority)) => {
                    State::ClockBeforeAuthority { now, made: authority.0.span().from }
                }
                _ => State::Ready,
            };
            if state != held.state {
                self.change(|held| held.state = state);
            }
            match self.take(&store, step, names, now)? {
                Some(step) => done.push(step),
                None => break,
            }
        }
        self.publish(&store, now)?;
        Ok(done)
    }

    /// Makes a new server certificate now, whatever is due: it holds exactly these names and addresses.
    ///
    /// # Errors
    /// As [`Tls::refresh`].
    pub fn renew(&self, names: &Names, now: Timestamp) -> Result<Vec<Done>, Error> {
        let mut done = self.refresh(names, now)?;
        let made = done.iter().any(|step| matches!(step, Done::NewLeaf(_)));
        if !made && self.state() == State::Ready && now >= self.build_date {
            let store = self.store();
            done.extend(self.take(&store, Due::NewLeaf(Why::Asked), names, now)?);
        }
        Ok(done)
    }

    /// Makes the change of authority now: for somebody who knows that all agents have the new
    /// `cacert.pem`, or that none has the old one. The old one stays in `cacert.pem` until
    /// [`Tls::end_change`].
    ///
    /// # Errors
    /// As [`Tls::refresh`].
    pub fn change_authority(&self, names: &Names, now: Timestamp) -> Result<Vec<Done>, Error> {
        let mut done = Vec::new();
        if now < self.build_date {
            return Ok(done);
        }
        {
            let store = self.store();
            if !self.held().next.is_some_and(|next| next.0.span().holds(now)) {
                done.extend(self.take(&store, Due::PrepareAuthority, names, now)?);
            }
            done.extend(self.take(&store, Due::SwitchAuthority, names, now)?);
        }
        done.extend(self.refresh(names, now)?);
        Ok(done)
    }

    /// Prepares the next authority ahead of time, so that agents can be given both.
    ///
    /// # Errors
    /// As [`Tls::refresh`].
    pub fn prepare_authority(&self, names: &Names, now: Timestamp) -> Result<Vec<Done>, Error> {
        let store = self.store();
        if now < self.build_date || self.held().next.is_some_and(|next| next.0.span().holds(now)) {
            return Ok(Vec::new());
        }
        let done = self.take(&store, Due::PrepareAuthority, names, now)?;
        self.publish(&store, now)?;
        Ok(done.into_iter().collect())
    }

    /// Ends the time of transition: the former authority, and those that stand beside, leave `cacert.pem`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn end_change(&self, now: Timestamp) -> Result<(), Error> {
        let store = self.store();
        self.mend(&store)?;
        store.keep_beside(&[])?;
        self.change(|held| held.beside.clear());
        store.remove(Slot::Former)?;
        self.change(|held| held.former = None);
        self.publish(&store, now)
    }

    /// The configuration for the listener. It stays the same when certificates change.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Whether there is a certificate to serve; otherwise each handshake is refused.
    pub fn serves(&self) -> bool {
        self.serving.ready()
    }

    /// How the certificates were at the last refresh.
    pub fn state(&self) -> State {
        self.held().state
    }

    /// What agents get as `cacert.pem`: the authority, and during a change the other one too. Empty while
    /// there is none.
    pub fn authority_pem(&self) -> String {
        self.held().cacert
    }

    /// The authority's certificate as bytes, for systems that take no PEM; `None` while there is none.
    pub fn authority_der(&self) -> Option<Vec<u8>> {
        self.held().present().map(|authority| authority.der().to_vec())
    }

    /// The names and addresses of the certificate that is served; empty when there is none.
    pub fn names(&self) -> Names {
        let held = self.held();
        let served = held.own.as_ref().map(Own::leaf).or(held.leaf.as_ref().map(|leaf| &leaf.0));
        served.map(|served| served.names().clone()).unwrap_or_default()
    }

    /// Names and addresses that are ours: those of the certificate that is served, and of the built-in one.
    pub fn own_names(&self) -> Names {
        let mut names = self.names();
        if let Some(built_in) = self.held().leaf {
            let (more, addresses) = (&built_in.0.names().names, &built_in.0.names().addresses);
            names.names.extend(more.iter().filter(|name| !names.names.contains(name)).cloned().collect::<Vec<_>>());
            names.addresses.extend(addresses);
            names.addresses.sort_unstable();
            names.addresses.dedup();
        }
        names
    }

    /// Which authority the server is served under, see [`Certificate::mark`]; cheap, for every connection.
    pub fn mark(&self) -> Option<u64> {
        Some(self.mark.load(Ordering::Relaxed)).filter(|mark| *mark != 0)
    }

    /// Everything that people are shown.
    pub fn summary(&self) -> Summary {
        self.held().summary()
    }

    /// Takes one step. First the disk, then what is served.
    fn take(&self, store: &Store, step: Due, names: &Names, now: Timestamp) -> Result<Option<Done>, Error> {
        let host = names.names.first().map_or("", String::as_str);
        Ok(Some(match step {
            Due::Nothing | Due::WaitForClock | Due::ClockBeforeAuthority => return Ok(None),
            Due::MakeAuthority => {
                let made = make(store, Slot::Authority, host, now)?;
                self.change(|held| held.authority = Some(made));
                info!("made the certificate authority");
                Done::MadeAuthority
            }
            Due::PrepareAuthority => {
                self.mend(store)?;
                let made = make(store, Slot::Next, host, now)?;
                self.change(|held| held.next = Some(made));
                info!("made the next certificate authority; `cacert.pem` holds both until the change");
                Done::PreparedAuthority
            }
            Due::SwitchAuthority => {
                store.promote(Slot::Next, Slot::Former)?;
                self.change(|held| {
                    held.former = held.authority.take();
                    held.authority = held.next.take();
                });
                info!("the next certificate authority signs from now on");
                Done::SwitchedAuthority
            }
            Due::ReturnToFormer => {
                store.promote(Slot::Former, Slot::Next)?;
                self.change(|held| {
                    held.next = held.authority.take();
                    held.authority = held.former.take();
                });
                warn!("the clock went back: the former certificate authority signs again");
                Done::ReturnedToFormer
            }
            Due::NewLeaf(why) => {
                let Some(authority) = self.held().authority else { return Ok(None) };
                let signing = store.key(&authority.0)?;
                let (leaf, key) = authority.issue(&signing, names, now)?;
                drop(signing);
                store.keep(Slot::Server, &leaf.0, &key)?;
                if self.held().own.is_none() {
                    self.serving.swap(&leaf, &key)?;
                }
                info!(?why, names = ?names.names, addresses = ?names.addresses, "made a server certificate");
                self.change(|held| held.leaf = Some(leaf));
                Done::NewLeaf(why)
            }
        }))
    }

    /// A change that failed half-way may have left the authority's key under the name of another.
    fn mend(&self, store: &Store) -> Result<(), Error> {
        self.held().authority.map_or(Ok(()), |authority| store.mend(&authority.0))
    }

    pub(super) fn publish(&self, store: &Store, now: Timestamp) -> Result<(), Error> {
        let text = self.held().bundle(now);
        if !text.is_empty() {
            store.publish(&text)?;
        }
        self.change(|held| held.cacert = text);
        Ok(())
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change(&self, how: impl FnOnce(&mut Held)) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        how(&mut held);
        self.mark.store(held.present().map_or(0, Certificate::mark), Ordering::Relaxed);
    }
}

fn make(store: &Store, slot: Slot, host: &str, now: Timestamp) -> Result<Authority, Error> {
    let (authority, key) = Authority::make(host, now)?;
    store.keep(slot, &authority.0, &key)?;
    Ok(authority)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// For keys that are lost: sets everything in the folder aside, into a folder `lost-SECONDS` within it,
/// and makes a new authority. Agents need the new `cacert.pem` then.
///
/// # Errors
/// As [`Tls::open`]; nothing is set aside when the clock is too early for new certificates.
pub fn start_over(dir: &Path, names: &Names, now: Timestamp, build_date: Timestamp) -> Result<Tls, Error> {
    if now >= build_date {
        files::set_aside(dir, &format!("lost-{}", now.0))?;
    }
    Tls::open(dir, names, now, build_date)
}
