//! The folder with certificates and sealed keys.
//!
//! | file | what |
//! |---|---|
//! | `authority.pem`, `authority.key` | the authority that signs |
//! | `next.pem`, `next.key` | the authority that is prepared to follow |
//! | `former.pem`, `former.key` | the authority that signed before |
//! | `server.pem`, `server.key` | the server certificate |
//! | `own.pem`, `own.key` | the certificate that the administrator brought and that is served, with its chain |
//! | `prepared.pem`, `prepared.key` | one that was brought and is not served yet |
//! | `request.pem`, `request.key` | the request that waits for its certificate |
//! | `beside.pem` | authorities that are handed out besides |
//! | `cacert.pem` | what agents trust: certificates of authorities, nothing else |
//! | `wrapping.key` | opens the sealed keys, see [`super::keys`] |
//!
//! Two files cannot be replaced in one step. The key is always written before its certificate, and a key
//! is looked for by its public key, not by its name: whichever step a crash falls on, each certificate
//! that can be read either finds its key or counts as missing.
//!
//! Source: SEC-42, SEC-49.

use std::path::{Path, PathBuf};

use rcgen::KeyPair;

use super::certificate::{Certificate, Digest};
use super::keys::{self, Wrapping};
use super::own::Own;
use super::request::Request;
use super::{Error, brought, files};

/// Name of the file that agents get.
pub const CACERT: &str = "cacert.pem";
/// Name of the file with authorities that are handed out besides.
const BESIDE: &str = "beside.pem";

/// A place for one certificate and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The authority that signs.
    Authority,
    /// The authority that follows.
    Next,
    /// The authority before.
    Former,
    /// The server's own certificate.
    Server,
    /// The certificate that was brought, in use.
    Own,
    /// A certificate that was brought, not in use yet.
    Prepared,
    /// The key of a request; it has no certificate.
    Request,
    /// A key on its way to its place.
    Coming,
}

impl Slot {
    const ALL: [Slot; 8] = [
        Slot::Authority,
        Slot::Next,
        Slot::Former,
        Slot::Server,
        Slot::Own,
        Slot::Prepared,
        Slot::Request,
        Slot::Coming,
    ];

    fn pem(self) -> &'static str {
        match self {
            Slot::Authority => "authority.pem",
            Slot::Next => "next.pem",
            Slot::Former => "former.pem",
            Slot::Server => "server.pem",
            Slot::Own => "own.pem",
            Slot::Prepared => "prepared.pem",
            Slot::Request => "request.pem",
            Slot::Coming => "coming.pem",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Slot::Authority => "authority.key",
            Slot::Next => "next.key",
            Slot::Former => "former.key",
            Slot::Server => "server.key",
            Slot::Own => "own.key",
            Slot::Prepared => "prepared.key",
            Slot::Request => "request.key",
            Slot::Coming => "coming.key",
        }
    }
}

/// The folder.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// Uses this folder; makes it when it is not there.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn open(dir: &Path) -> Result<Store, Error> {
        files::make_folder(dir)?;
        Ok(Store { dir: dir.to_owned() })
    }

    /// The certificate in this place; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file is no certificate, [`Error::Read`].
    pub fn certificate(&self, slot: Slot) -> Result<Option<Certificate>, Error> {
        let Some(bytes) = files::read(&self.dir, slot.pem())? else { return Ok(None) };
        match std::str::from_utf8(&bytes).ok().and_then(Certificate::from_pem) {
            Some(certificate) => Ok(Some(certificate)),
            None => Err(Error::Damaged { path: self.dir.join(slot.pem()) }),
        }
    }

    /// Whether a sealed key for this certificate is there. It is not opened.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn has_key(&self, certificate: &Certificate) -> Result<bool, Error> {
        Ok(self.sealed(certificate)?.is_some())
    }

    /// Opens the private key of this certificate. Drop it as soon as it has signed.
    ///
    /// # Errors
    /// [`Error::KeyMissing`], [`Error::KeyDamaged`], those of [`Wrapping::load`].
    pub fn key(&self, certificate: &Certificate) -> Result<KeyPair, Error> {
        let (slot, sealed) = self
            .sealed(certificate)?
            .ok_or_else(|| Error::KeyMissing { folder: self.dir.clone(), subject: certificate.shown().subject })?;
        let opened = Wrapping::load(&self.dir)?.open(&sealed);
        opened.ok_or_else(|| Error::KeyDamaged { path: self.dir.join(slot.key()) })
    }

    fn sealed(&self, certificate: &Certificate) -> Result<Option<(Slot, Vec<u8>)>, Error> {
        self.sealed_for(certificate.public())
    }

    fn sealed_for(&self, public: Digest) -> Result<Option<(Slot, Vec<u8>)>, Error> {
        for slot in Slot::ALL {
            if let Some(bytes) = files::read(&self.dir, slot.key())?
                && keys::belongs_to(&bytes) == Some(public)
            {
                return Ok(Some((slot, bytes)));
            }
        }
        Ok(None)
    }

    /// Keeps a certificate and its key, in place of what was there.
    ///
    /// # Errors
    /// [`Error::Write`], and those of [`Wrapping::load_or_make`].
    pub fn keep(&self, slot: Slot, certificate: &Certificate, key: &KeyPair) -> Result<(), Error> {
        let sealed = Wrapping::load_or_make(&self.dir)?.seal(key)?;
        files::write(&self.dir, slot.key(), &sealed)?;
        files::write(&self.dir, slot.pem(), certificate.pem().as_bytes())
    }

    /// Keeps a certificate that was brought, with its chain. Its key is the one that was brought with it, or one that
    /// we have.
    ///
    /// # Errors
    /// [`Error::KeyMissing`], [`Error::Write`], and those of [`Wrapping::load_or_make`].
    pub fn keep_own(&self, slot: Slot, own: &Own, key: Option<&KeyPair>) -> Result<(), Error> {
        self.replace(slot, &own.pem(), own.leaf().public(), key, &own.leaf().shown().subject)
    }

    /// Puts a text and its key in the place of others. The new key is there before the text is, and the old one until
    /// then, so that either text finds its key.
    fn replace(
        &self,
        slot: Slot,
        text: &str,
        public: Digest,
        key: Option<&KeyPair>,
        subject: &str,
    ) -> Result<(), Error> {
        if let Some(key) = key {
            let sealed = Wrapping::load_or_make(&self.dir)?.seal(key)?;
            files::write(&self.dir, Slot::Coming.key(), &sealed)?;
        }
        let missing = || Error::KeyMissing { folder: self.dir.clone(), subject: subject.to_owned() };
        self.sealed_for(public)?.ok_or_else(missing)?;
        files::write(&self.dir, slot.pem(), text.as_bytes())?;
        self.settle(slot, public)?;
        files::remove(&self.dir, Slot::Coming.key())
    }

    /// Brings a key to the place of its text, when it lies elsewhere.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub fn settle(&self, slot: Slot, public: Digest) -> Result<(), Error> {
        let own = files::read(&self.dir, slot.key())?;
        if own.is_some_and(|sealed| keys::belongs_to(&sealed) == Some(public)) {
            return Ok(());
        }
        match self.sealed_for(public)? {
            Some((_, sealed)) => files::write(&self.dir, slot.key(), &sealed),
            None => Ok(()),
        }
    }

    /// A certificate that was brought; `None` when there is none, or when it cannot be read.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn own(&self, slot: Slot) -> Result<Option<Own>, Error> {
        Ok(Own::of(self.certificates(slot.pem())?))
    }

    /// Keeps a request and its key, in place of an earlier one.
    ///
    /// # Errors
    /// [`Error::Write`], and those of [`Wrapping::load_or_make`].
    pub fn keep_request(&self, request: &Request, key: &KeyPair) -> Result<(), Error> {
        self.replace(Slot::Request, request.pem(), request.public(), Some(key), request.subject())
    }

    /// The request that waits, when its key is there.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn request(&self) -> Result<Option<Request>, Error> {
        let text = files::read(&self.dir, Slot::Request.pem())?.and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(request) = text.and_then(|text| Request::from_pem(&text)) else { return Ok(None) };
        Ok(self.sealed_for(request.public())?.is_some().then_some(request))
    }

    /// Authorities that are handed out besides.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn beside(&self) -> Result<Vec<Certificate>, Error> {
        self.certificates(BESIDE)
    }

    /// Keeps the authorities that are handed out besides, in place of those before.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn keep_beside(&self, authorities: &[Certificate]) -> Result<(), Error> {
        if authorities.is_empty() {
            return files::remove(&self.dir, BESIDE);
        }
        let text: String = authorities.iter().map(Certificate::pem).collect();
        files::write(&self.dir, BESIDE, text.as_bytes())
    }

    fn certificates(&self, name: &str) -> Result<Vec<Certificate>, Error> {
        let bytes = files::read(&self.dir, name)?.unwrap_or_default();
        Ok(brought::read([bytes.as_slice()]).map(|found| found.certificates).unwrap_or_default())
    }

    /// Lets the authority in `from` sign, and moves the one that signed so far to `to`.
    ///
    /// # Errors
    /// [`Error::KeyMissing`], [`Error::Damaged`], [`Error::Read`], [`Error::Write`]. Before the last
    /// write the old authority signs, after it the new one.
    pub fn promote(&self, from: Slot, to: Slot) -> Result<(), Error> {
        let (old, old_key) = self.both(Slot::Authority)?;
        let (new, new_key) = self.both(from)?;
        files::write(&self.dir, to.key(), &old_key)?;
        files::write(&self.dir, to.pem(), old.pem().as_bytes())?;
        files::write(&self.dir, Slot::Authority.key(), &new_key)?;
        files::write(&self.dir, Slot::Authority.pem(), new.pem().as_bytes())?;
        self.remove(from)
    }

    fn both(&self, slot: Slot) -> Result<(Certificate, Vec<u8>), Error> {
        let missing = |subject| Error::KeyMissing { folder: self.dir.clone(), subject };
        let certificate = self.certificate(slot)?.ok_or_else(|| missing(slot.pem().to_owned()))?;
        let (_, key) = self.sealed(&certificate)?.ok_or_else(|| missing(certificate.shown().subject))?;
        Ok((certificate, key))
    }

    /// Brings the key of the authority to its own name, when a change was cut between its two files.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub fn mend(&self, authority: &Certificate) -> Result<(), Error> {
        match self.sealed(authority)? {
            Some((slot, sealed)) if slot != Slot::Authority => files::write(&self.dir, Slot::Authority.key(), &sealed),
            _ => Ok(()),
        }
    }

    /// Removes a certificate and its key.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn remove(&self, slot: Slot) -> Result<(), Error> {
        files::remove(&self.dir, slot.pem())?;
        files::remove(&self.dir, slot.key())
    }

    /// Writes what agents get, unless it is there already.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Write`].
    pub fn publish(&self, text: &str) -> Result<(), Error> {
        if files::read(&self.dir, CACERT)?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        files::write(&self.dir, CACERT, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::tls::testing;

    fn names() -> Vec<&'static str> {
        vec!["authority.key", "authority.pem", "former.key", "former.pem", "next.key", "next.pem"]
    }

    /// Stops a change of authority before each of its writes, the way a crash would.
    #[test]
    fn a_change_of_authority_that_is_cut_anywhere_leaves_the_old_or_the_new_one_with_its_key() {
        let whole = tempfile::tempdir().unwrap();
        let store = Store::open(whole.path()).unwrap();
        let (old, old_key) = testing::authority();
        let (new, new_key) = testing::next_authority();
        store.keep(Slot::Authority, &old.0, old_key).unwrap();
        store.keep(Slot::Next, &new.0, new_key).unwrap();
        let read = |name: &str| std::fs::read(whole.path().join(name)).ok();
        let before: Vec<_> = names().into_iter().map(|name| (name, read(name))).collect();
        store.promote(Slot::Next, Slot::Former).unwrap();
        let after: Vec<_> = names().into_iter().map(|name| (name, read(name))).collect();
        assert_eq!(store.certificate(Slot::Authority).unwrap().unwrap(), new.0);
        assert_eq!(store.certificate(Slot::Former).unwrap().unwrap(), old.0);
        assert!(store.certificate(Slot::Next).unwrap().is_none());

        let order = ["former.key", "former.pem", "authority.key", "authority.pem", "next.pem", "next.key"];
        for cut in 0..=order.len() {
            let dir = tempfile::tempdir().unwrap();
            std::fs::copy(whole.path().join(keys::WRAPPING), dir.path().join(keys::WRAPPING)).unwrap();
            for (at, (name, bytes)) in before.iter().enumerate() {
                let done = order[..cut].contains(name);
                if let Some(bytes) = if done { &after[at].1 } else { bytes } {
                    std::fs::write(dir.path().join(name), bytes).unwrap();
                }
            }
            let store = Store::open(dir.path()).unwrap();
            let signs = store.certificate(Slot::Authority).unwrap().unwrap();
            assert_eq!(signs, if cut < 4 { old.0.clone() } else { new.0.clone() }, "cut {cut}");
            store.mend(&signs).unwrap();
            store.remove(Slot::Former).unwrap();
            store.key(&signs).unwrap();
            let other = store.certificate(Slot::Next).unwrap();
            assert!(cut >= 4 || store.has_key(&other.unwrap()).unwrap(), "cut {cut}");
        }
    }

    #[test]
    fn a_certificate_does_not_take_another_ones_key() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let (old, old_key) = testing::authority();
        let (leaf, key) = old.issue(old_key, &testing::names(), testing::NOW).unwrap();
        let (other, other_key) = old.issue(old_key, &testing::names(), Timestamp(testing::NOW.0 + 5)).unwrap();
        store.keep(Slot::Server, &leaf.0, &key).unwrap();
        files::write(dir.path(), "server.key", &Wrapping::load(dir.path()).unwrap().seal(&other_key).unwrap()).unwrap();
        assert!(!store.has_key(&leaf.0).unwrap());
        assert!(matches!(store.key(&leaf.0), Err(Error::KeyMissing { .. })));
        assert!(store.has_key(&other.0).unwrap());
    }

    #[test]
    fn a_file_that_is_no_certificate_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        std::fs::write(dir.path().join("authority.pem"), b"-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
        let Err(Error::Damaged { path }) = store.certificate(Slot::Authority) else { panic!() };
        assert!(path.ends_with("authority.pem"));
    }
}
