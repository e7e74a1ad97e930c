//! What somebody brought, read: certificates and a key as PEM or as bytes, in whatever order.
//!
//! PEM may hold any number of parts, with text around them. Bytes are one certificate or one key (PKCS#8, PKCS#1,
//! SEC1) and nothing behind it. Containers with a password (PKCS#12, encrypted keys) are recognised and refused by
//! name: nothing here opens them.
//!
//! Source: CON-CRT-3.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
};
use rcgen::KeyPair;
use rustls_pki_types::pem::{PemObject, SectionKind};

use super::certificate::Certificate;
use super::keys;
use super::own::Refusal;

/// Most certificates that are read.
pub const MOST: usize = 16;
/// Most bytes of everything together.
pub const LARGEST: usize = 256 << 10;

/// Certificates and a key.
#[derive(Debug, Default)]
pub struct Brought {
    /// Certificates in the order in which they came, none twice.
    pub certificates: Vec<Certificate>,
    /// The key, when there was one.
    pub key: Option<KeyPair>,
}

/// Reads files, or texts that were pasted.
///
/// # Errors
/// What cannot be read, and why.
pub fn read<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Brought, Refusal> {
    let (mut found, mut left) = (Brought::default(), LARGEST);
    for bytes in parts {
        left = left.checked_sub(bytes.len()).ok_or(Refusal::TooLarge)?;
        let text = bytes.trim_ascii_start();
        if text.is_empty() {
            continue;
        }
        if text.first() == Some(&0x30) { found.der(bytes)? } else { found.pem(bytes)? }
    }
    if found.certificates.is_empty() { Err(Refusal::Nothing) } else { Ok(found) }
}

impl Brought {
    fn pem(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let holds = |words: &[u8]| memchr::memmem::find(bytes, words).is_some();
        if holds(b"BEGIN ENCRYPTED PRIVATE KEY") || holds(b"Proc-Type: 4,ENCRYPTED") {
            return Err(Refusal::LockedKey);
        }
        if holds(b"BEGIN PKCS7") || holds(b"BEGIN CMS") {
            return Err(Refusal::Packed);
        }
        let mut any = false;
        for part in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
            let (kind, der) = part.map_err(|_| Refusal::Unreadable)?;
            match kind {
                SectionKind::Certificate => self.certificate(&der)?,
                SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey => {
                    self.private(&der)?
                }
                _ => continue,
            }
            any = true;
        }
        if any { Ok(()) } else { Err(Refusal::Nothing) }
    }

    fn der(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if Certificate::from_der(bytes).is_some() {
            return self.certificate(bytes);
        }
        if key(bytes).is_some() {
            return self.private(bytes);
        }
        // signedData of PKCS#7, and the version 3 with which PKCS#12 begins.
        const SIGNED: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
        let start = bytes.get(..64.min(bytes.len())).unwrap_or_default();
        if memchr::memmem::find(start, SIGNED).is_some() { Err(Refusal::Packed) } else { Err(Refusal::Unreadable) }
    }

    fn certificate(&mut self, der: &[u8]) -> Result<(), Refusal> {
        let certificate = Certificate::from_der(der).ok_or(Refusal::Unreadable)?;
        if self.certificates.contains(&certificate) {
            return Ok(());
        }
        if self.certificates.len() >= MOST {
            return Err(Refusal::TooMany);
        }
        self.certificates.push(certificate);
        Ok(())
    }

    fn private(&mut self, der: &[u8]) -> Result<(), Refusal> {
        let key = key(der).ok_or(Refusal::KeyUnreadable)?;
        let same = |held: &KeyPair| keys::public_digest(held) == keys::public_digest(&key);
        if self.key.as_ref().is_some_and(|held| !same(held)) {
            return Err(Refusal::TwoKeys);
        }
        self.key = Some(key);
        Ok(())
    }
}

/// A key of any of the kinds that we serve with, in the form in which it is kept (PKCS#8).
fn key(der: &[u8]) -> Option<KeyPair> {
    let pkcs8 = keys::pkcs8(der);
    if pkcs8.is_some() {
        return pkcs8;
    }
    if let Ok(rsa) = rsa::KeyPair::from_der(der) {
        let der: Pkcs8V1Der<'_> = rsa.as_der().ok()?;
        return keys::pkcs8(der.as_ref());
    }
    let curves = [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
    let pair = curves.into_iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok())?;
    keys::pkcs8(pair.to_pkcs8v1().ok()?.as_ref())
}
