//! The folder with certificates and sealed keys.
//!
//! | file | what |
//! |---|---|
//! | `authority.pem`, `authority.key` | the authority that signs |
//! | `next.pem`, `next.key` | the authority that is prepared to follow |
//! | `former.pem`, `former.key` | the authority that signed before |
//! | `server.pem`, `server.key` | the server certificate |
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

use super::certificate::Certificate;
use super::keys::{self, Wrapping};
use super::{Error, files};

/// Name of the file that agents get.
pub const CACERT: &str = "cacert.pem";

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
}

impl Slot {
    const ALL: [Slot; 4] = [Slot::Authority, Slot::Next, Slot::Former, Slot::Server];

    fn pem(self) -> &'static str {
        match self {
            Slot::Authority => "authority.pem",
            Slot::Next => "next.pem",
            Slot::Former => "former.pem",
            Slot::Server => "server.pem",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Slot::Authority => "authority.key",
            Slot::Next => "next.key",
            Slot::Former => "former.key",
            Slot::Server => "server.key",
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
        for slot in Slot::ALL {
            if let Some(bytes) = files::read(&self.dir, slot.key())?
                && keys::belongs_to(&bytes) == Some(certificate.public())
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
