//! Private keys at rest.
//!
//! A private key is kept as one AES-256-GCM sealed file; in the clear it is never on the disk. The
//! wrapping key that opens those files is [`WRAPPING`] in the same folder: on Windows it is itself
//! protected by the system for this machine (DPAPI, machine scope), elsewhere it is a file that only the
//! account of the server may read. Backups leave it out, so a copied backup alone opens nothing; who can
//! read the whole folder as the server does can read the keys.
//!
//! Sealed file: [`MAGIC`], SHA-256 of the public key (32 bytes), nonce (12 bytes), sealed PKCS#8 key, tag
//! (16 bytes). What stands in the clear is authenticated too. The public key's digest tells to which
//! certificate a file belongs without opening it.
//!
//! Source: SEC-49.

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use rcgen::{KeyPair, PublicKeyData};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::Error;
use super::certificate::{Digest, digest};
use super::files;

/// Name of the file with the wrapping key. Backups must not hold it.
pub const WRAPPING: &str = "wrapping.key";

/// How a sealed file begins.
pub const MAGIC: &[u8; 22] = b"ROLLCALL SEALED KEY 1\n";
/// How the file with the wrapping key begins.
const WRAPPING_MAGIC: &[u8; 24] = b"ROLLCALL WRAPPING KEY 1\n";
const WRAPPING_LEN: usize = 32;
const HEAD: usize = MAGIC.len() + 32;

/// The key that seals and opens private keys. Held only while it is used.
pub struct Wrapping(RandomizedNonceKey);

impl Wrapping {
    /// Reads the wrapping key of the folder.
    ///
    /// # Errors
    /// [`Error::WrappingKeyMissing`], [`Error::WrappingKeyDamaged`] (also when it comes from another
    /// Windows machine), or [`Error::Read`].
    pub fn load(dir: &Path) -> Result<Wrapping, Error> {
        let path = dir.join(WRAPPING);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::WrappingKeyMissing { path }),
            Err(source) => return Err(Error::Read { path, source }),
        };
        let key = bytes.strip_prefix(WRAPPING_MAGIC).and_then(|kept| system::unprotect(kept).ok());
        match key {
            Some(mut key) if key.len() == WRAPPING_LEN => {
                files::narrow(&path)?;
                let made = Wrapping::of(&key);
                key.fill(0);
                made
            }
            _ => Err(Error::WrappingKeyDamaged { path }),
        }
    }

    /// Reads the wrapping key of the folder, or makes it in a folder that has none and no sealed file.
    ///
    /// # Errors
    /// As [`Wrapping::load`]: a missing wrapping key is not replaced while it could still be put back.
    pub fn load_or_make(dir: &Path) -> Result<Wrapping, Error> {
        match Wrapping::load(dir) {
            Err(Error::WrappingKeyMissing { path }) if !files::any_sealed(dir)? => {
                let mut key = [0; WRAPPING_LEN];
                rand::fill(&mut key).map_err(|_| Error::Random)?;
                let kept = system::protect(&key).map_err(|source| Error::Write { path, source })?;
                files::write(dir, WRAPPING, &[WRAPPING_MAGIC, kept.as_slice()].concat())?;
                let made = Wrapping::of(&key);
                key.fill(0);
                made
            }
            other => other,
        }
    }

    fn of(key: &[u8]) -> Result<Wrapping, Error> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Wrapping).map_err(|_| Error::Random)
    }

    /// The bytes of the sealed file for this key.
    ///
    /// # Errors
    /// [`Error::Random`] when the system gives no random bytes.
    pub fn seal(&self, key: &KeyPair) -> Result<Vec<u8>, Error> {
        let mut file = [MAGIC.as_slice(), &public_digest(key)].concat();
        // Room for the tag, so that the plain key is not left behind by a growing vector.
        let mut sealed = Vec::with_capacity(key.serialized_der().len() + 64);
        sealed.extend_from_slice(key.serialized_der());
        let nonce = self.0.seal_in_place_append_tag(Aad::from(&file), &mut sealed).map_err(|_| Error::Random)?;
        file.extend_from_slice(nonce.as_ref());
        file.extend_from_slice(&sealed);
        Ok(file)
    }

    /// Opens a sealed file; `None` when it is damaged, changed, or sealed with another wrapping key.
    pub fn open(&self, file: &[u8]) -> Option<KeyPair> {
        let public = belongs_to(file)?;
        let (nonce, sealed) = file.get(HEAD..)?.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = sealed.to_vec();
        let der = self.0.open_in_place(nonce, Aad::from(file.get(..HEAD)?), &mut plain).ok()?;
        let key = pkcs8(der);
        plain.fill(0);
        key.filter(|key| public_digest(key) == public)
    }
}

/// A key as PKCS#8: RSA, or one of the curves that are served with.
pub(super) fn pkcs8(der: &[u8]) -> Option<KeyPair> {
    let kinds = [
        &rcgen::PKCS_RSA_SHA256,
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
    ];
    let read = |kind| KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(der), kind).ok();
    kinds.into_iter().find_map(read)
}

/// SHA-256 of the public key, as its certificate holds it.
pub fn public_digest(key: &KeyPair) -> Digest {
    digest(&key.subject_public_key_info())
}

/// To which public key a sealed file belongs; `None` when it is no such file. Not yet verified.
pub fn belongs_to(file: &[u8]) -> Option<Digest> {
    file.strip_prefix(MAGIC)?.first_chunk().copied()
}

#[cfg(windows)]
mod system {
    use std::io;

    use windows_dpapi::{Scope, decrypt_data, encrypt_data};

    /// Keeps other programs' data from being taken for ours, nothing more.
    const PURPOSE: &[u8] = b"rollcall tls wrapping key";

    pub fn protect(key: &[u8]) -> io::Result<Vec<u8>> {
        encrypt_data(key, Scope::Machine, Some(PURPOSE)).map_err(io::Error::other)
    }

    pub fn unprotect(kept: &[u8]) -> io::Result<Vec<u8>> {
        decrypt_data(kept, Scope::Machine, Some(PURPOSE)).map_err(io::Error::other)
    }
}

#[cfg(not(windows))]
mod system {
    use std::io;

    pub fn protect(key: &[u8]) -> io::Result<Vec<u8>> {
        Ok(key.to_vec())
    }

    pub fn unprotect(kept: &[u8]) -> io::Result<Vec<u8>> {
        Ok(kept.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_key() -> KeyPair {
        KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap()
    }

    #[test]
    fn sec_49_a_sealed_key_opens_with_its_wrapping_key_only() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let wrapping = Wrapping::load_or_make(here.path()).unwrap();
        let key = some_key();
        let file = wrapping.seal(&key).unwrap();
        assert_eq!(belongs_to(&file), Some(public_digest(&key)));
        assert!(!file.windows(32).any(|part| key.serialized_der().windows(32).any(|plain| plain == part)));

        let again = Wrapping::load(here.path()).unwrap();
        assert_eq!(again.open(&file).unwrap().serialized_der(), key.serialized_der());
        assert!(Wrapping::load_or_make(there.path()).unwrap().open(&file).is_none());
        assert_ne!(file, wrapping.seal(&key).unwrap(), "each sealing has its own nonce");
    }

    #[test]
    fn sec_49_a_changed_or_cut_sealed_file_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let wrapping = Wrapping::load_or_make(dir.path()).unwrap();
        let file = wrapping.seal(&some_key()).unwrap();
        for at in [0, MAGIC.len(), HEAD, HEAD + NONCE_LEN, file.len() - 1] {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(wrapping.open(&changed).is_none(), "byte {at}");
        }
        for length in [0, 10, HEAD, HEAD + 5, HEAD + NONCE_LEN, HEAD + NONCE_LEN + 20, file.len() - 1] {
            assert!(wrapping.open(&file[..length]).is_none(), "length {length}");
        }
    }

    /// Somebody copied the folder to a new machine without the wrapping key: the sealed keys must still
    /// open when it is brought along later.
    #[test]
    fn a_missing_wrapping_key_is_not_replaced_beside_sealed_files() {
        let dir = tempfile::tempdir().unwrap();
        let wrapping = Wrapping::load_or_make(dir.path()).unwrap();
        files::write(dir.path(), "authority.key", &wrapping.seal(&some_key()).unwrap()).unwrap();
        fs::remove_file(dir.path().join(WRAPPING)).unwrap();
        assert!(matches!(Wrapping::load_or_make(dir.path()), Err(Error::WrappingKeyMissing { .. })));
        fs::write(dir.path().join(WRAPPING), b"ROLLCALL WRAPPING KEY 1\nshort").unwrap();
        assert!(matches!(Wrapping::load_or_make(dir.path()), Err(Error::WrappingKeyDamaged { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn sec_49_the_wrapping_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Wrapping::load_or_make(dir.path()).unwrap();
        let path = dir.path().join(WRAPPING);
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        Wrapping::load(dir.path()).unwrap();
        assert_eq!(mode(), 0o600, "widened by somebody, narrowed again");
    }
}
