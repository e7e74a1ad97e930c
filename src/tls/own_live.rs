//! A certificate that the administrator brought: asked for, taken, served, and given up again, under running listeners.
//!
//! Each step is on the disk before it is served, and each order of writes leaves the one state or the other when it is
//! cut: authorities that are handed out come first, then the certificate, then what is no longer needed goes.

use rcgen::KeyPair;
use tracing::info;

use super::brought::Brought;
use super::certificate::Certificate;
use super::held::Held;
use super::names::Names;
use super::own::{Given, Own, Refusal, judge, missing};
use super::request::{Request, Wish};
use super::store::{Slot, Store};
use super::{Error, Tls, keys};
use crate::clock::Timestamp;

impl Tls {
    /// Makes a request, in place of one that waits. Takes up to a second.
    ///
    /// # Errors
    /// [`Error::Make`], [`Error::Write`], those of the wrapping key.
    pub fn make_request(&self, wish: &Wish, names: &Names) -> Result<Request, Error> {
        let store = self.store();
        let (request, key) = Request::make(wish, names)?;
        store.keep_request(&request, &key)?;
        self.change(|held| held.request = Some(request.clone()));
        info!(subject = request.subject(), "made a certificate request");
        Ok(request)
    }

    /// Names that the certificate in use does not vouch for.
    pub fn missing(&self, names: &Names) -> Vec<String> {
        self.held().own.map(|own| missing(own.leaf(), names)).unwrap_or_default()
    }

    /// The request that waits, as PEM text.
    pub fn request_pem(&self) -> Option<String> {
        self.held().request.map(|request| request.pem().to_owned())
    }

    /// Gives the request up that waits. What was made of its key already stays.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn drop_request(&self) -> Result<(), Error> {
        let store = self.store();
        store.remove(Slot::Request)?;
        self.change(|held| held.request = None);
        Ok(())
    }

    /// Looks at what was brought, without taking it. `names` are those by which agents call.
    ///
    /// # Errors
    /// Why it cannot be served.
    pub fn judge(&self, brought: &Brought, names: &Names, now: Timestamp) -> Result<Own, Refusal> {
        let held = self.held();
        let owns = || [&held.own, &held.prepared].into_iter().flatten();
        let kept: Vec<_> =
            held.request.iter().map(Request::public).chain(owns().map(|own| own.leaf().public())).collect();
        let known: Vec<Certificate> = owns().flat_map(|own| own.chain().iter().skip(1).cloned()).collect();
        let key = brought.key.as_ref().map(keys::public_digest);
        judge(&Given { brought: &brought.certificates, key, kept: &kept, known: &known, names }, now)
    }

    /// Takes what was brought: agents are given its authority from now on, and it waits to be served.
    ///
    /// # Errors
    /// What could not be written; nothing has changed then.
    pub fn prepare_own(&self, own: Own, key: Option<&KeyPair>, now: Timestamp) -> Result<(), Error> {
        let store = self.store();
        store.keep_own(Slot::Prepared, &own, key)?;
        info!(subject = own.leaf().shown().subject, "a certificate was brought; `cacert.pem` holds its authority");
        self.change(|held| held.prepared = Some(own));
        self.publish(&store, now)
    }

    /// Serves the certificate that was brought. The authority so far stays in `cacert.pem` until [`Tls::end_change`].
    /// `false` when there is none.
    ///
    /// # Errors
    /// What could not be done; what was served before is served still.
    pub fn use_own(&self, now: Timestamp) -> Result<bool, Error> {
        let store = self.store();
        let held = self.held();
        let Some(own) = held.prepared.clone() else { return Ok(false) };
        let key = store.key(own.leaf())?;
        self.set_beside(&store, &held, own.root())?;
        store.keep_own(Slot::Own, &own, None)?;
        self.serving.swap_chain(own.sent(), &key)?;
        let asked = held.request.as_ref().is_some_and(|request| request.public() == own.leaf().public());
        info!(subject = own.leaf().shown().subject, "the certificate that was brought is served");
        self.change(|held| {
            held.own = held.prepared.take();
            held.request = held.request.take().filter(|_| !asked);
        });
        store.remove(Slot::Prepared)?;
        if asked {
            store.remove(Slot::Request)?;
        }
        self.publish(&store, now)?;
        Ok(true)
    }

    /// Goes back to the built-in certificate. The one that was served waits again, so that its authority stays in
    /// `cacert.pem` until it is given up. `false` when there is nothing to go back from or to.
    ///
    /// # Errors
    /// What could not be done; what was served before is served still.
    pub fn use_builtin(&self, now: Timestamp) -> Result<bool, Error> {
        let store = self.store();
        let held = self.held();
        let (Some(own), Some(leaf)) = (held.own.clone(), held.leaf.clone()) else { return Ok(false) };
        let key = store.key(&leaf.0)?;
        store.keep_own(Slot::Prepared, &own, None)?;
        store.remove(Slot::Own)?;
        self.serving.swap(&leaf, &key)?;
        info!("the built-in certificate is served again");
        self.change(|held| held.prepared = held.own.take());
        self.publish(&store, now)?;
        Ok(true)
    }

    /// Hands the built-in authority out again beside that of the certificate in use, ahead of going back to it.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn hand_out_builtin(&self, now: Timestamp) -> Result<(), Error> {
        let store = self.store();
        let held = self.held();
        if let (Some(_), Some(authority)) = (&held.own, &held.authority) {
            let mut beside = held.beside.clone();
            if !beside.contains(&authority.0) {
                beside.push(authority.0.clone());
            }
            store.keep_beside(&beside)?;
            self.change(|held| held.beside = beside);
        }
        self.publish(&store, now)
    }

    /// Gives up the certificate that was brought and is not served: its authority leaves `cacert.pem`.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn drop_prepared(&self, now: Timestamp) -> Result<(), Error> {
        let store = self.store();
        store.remove(Slot::Prepared)?;
        self.change(|held| held.prepared = None);
        self.publish(&store, now)
    }

    /// What was handed out stays handed out when `next` takes over.
    fn set_beside(&self, store: &Store, held: &Held, next: &Certificate) -> Result<(), Error> {
        let kept = held.handed_out().into_iter().filter(|found| *found != next);
        // The authority of something that is only prepared goes with it.
        let prepared = held.prepared.as_ref().map(Own::root);
        let present = held.present();
        let beside: Vec<Certificate> =
            kept.filter(|found| Some(*found) != prepared || Some(*found) == present).cloned().collect();
        store.keep_beside(&beside)?;
        self.change(|held| held.beside = beside);
        Ok(())
    }
}
