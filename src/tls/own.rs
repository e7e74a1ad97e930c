//! Whether a certificate that somebody brought can be served: a rule over what was read.
//!
//! [`judge`] finds the server's certificate by its key, builds the way up to an authority that signed itself, and looks
//! at each certificate on it as an agent would. What agents need as `cacert.pem` is the top of that way, so the top must
//! be there. A certificate that signed itself is its own authority: offices that moved from another server have such
//! ones on all their computers.
//!
//! Source: CON-CRT-3, SEC-40, SEC-43.

use std::net::IpAddr;

use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::certificate::{Certificate, Digest};
use super::names::Names;
use crate::clock::Timestamp;

/// Fewest bits of an RSA key.
const RSA: usize = 2048;
/// Fewest bits of a key on a curve.
const CURVE: usize = 256;
/// Keys of RSA, and keys on a curve.
const RSA_KEY: &str = "1.2.840.113549.1.1.1";
const CURVE_KEY: &str = "1.2.840.10045.2.1";
/// RSA with MD5, RSA with SHA-1, ECDSA with SHA-1.
const WEAK: [&str; 3] = ["1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1"];

/// A certificate that can be served, and the way to its authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own(Vec<Certificate>);

/// Why something that was brought is not taken. Each is one sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No certificate.
    #[error("there is no certificate in it")]
    Nothing,
    /// More than [`super::brought::LARGEST`].
    #[error("it is larger than certificates are")]
    TooLarge,
    /// More than [`super::brought::MOST`].
    #[error("it holds more than {} certificates", super::brought::MOST)]
    TooMany,
    /// Cut, changed, or followed by something else.
    #[error("a certificate in it is damaged, cut, or followed by something else")]
    Unreadable,
    /// PKCS#7 or PKCS#12.
    #[error("it is a container (PKCS#7 or PKCS#12); take the certificates and the key out as PEM with openssl first")]
    Packed,
    /// The key has a password.
    #[error("the key is protected by a password; take it off with `openssl pkey` first")]
    LockedKey,
    /// The key is of no kind that is served.
    #[error("the key cannot be read; RSA and the curves P-256, P-384 and P-521 are served, as PKCS#8, PKCS#1 or SEC1")]
    KeyUnreadable,
    /// Two different keys.
    #[error("it holds two different keys")]
    TwoKeys,
    /// The key fits none of the certificates.
    #[error("the key belongs to none of the certificates")]
    OtherKey,
    /// No key was brought, and none that we keep fits.
    #[error("no key was given, and none of the certificates is for the request that was made here")]
    NoKey,
    /// The certificate's key is too short or of a kind that old agents do not know.
    #[error(
        "`{subject}` has a key that agents do not take ({key}): RSA from 2048 bits or a curve from 256 bits is needed"
    )]
    WeakKey {
        /// Whose.
        subject: String,
        /// Its kind.
        key: String,
    },
    /// Signed with MD5 or SHA-1.
    #[error("`{subject}` is signed with MD5 or SHA-1, which agents refuse")]
    WeakSignature {
        /// Whose.
        subject: String,
    },
    /// Over.
    #[error("`{subject}` has expired")]
    Expired {
        /// Whose.
        subject: String,
        /// Its last second.
        at: Timestamp,
    },
    /// Not yet.
    #[error("`{subject}` is not valid yet")]
    NotYet {
        /// Whose.
        subject: String,
        /// Its first second.
        at: Timestamp,
    },
    /// Its purposes leave servers out.
    #[error("the certificate is not meant for servers")]
    NotForServers,
    /// Names by which agents call are not in it.
    #[error("the certificate does not hold the names {}; agents that call by them would refuse it", missing.join(", "))]
    Names {
        /// Which.
        missing: Vec<String>,
    },
    /// A step of the way up is missing.
    #[error("the certificate of `{issuer}`, which signed `{subject}`, is missing or does not fit")]
    Chain {
        /// Whose signer is missing.
        subject: String,
        /// The signer.
        issuer: String,
    },
    /// It signed, but may not.
    #[error("`{subject}` signed another certificate but is no authority, or not for so long a chain")]
    NotAuthority {
        /// Whose.
        subject: String,
    },
}

impl Own {
    /// Reads what was kept; `None` for nothing. It was judged before it was kept.
    pub fn of(chain: Vec<Certificate>) -> Option<Own> {
        (!chain.is_empty()).then_some(Own(chain))
    }

    /// The server's own certificate.
    #[expect(clippy::indexing_slicing, reason = "never empty, see `of`")]
    pub fn leaf(&self) -> &Certificate {
        &self.0[0]
    }

    /// What agents must trust: the top of the chain.
    pub fn root(&self) -> &Certificate {
        self.0.last().unwrap_or(self.leaf())
    }

    /// The server's certificate first, the authority last.
    pub fn chain(&self) -> &[Certificate] {
        &self.0
    }

    /// What is sent to who connects: without the authority, which they have or do not believe.
    pub fn sent(&self) -> &[Certificate] {
        let most = self.0.len().saturating_sub(1).max(1);
        self.0.get(..most).unwrap_or(&self.0)
    }

    /// The certificates as one PEM text.
    pub fn pem(&self) -> String {
        self.0.iter().map(Certificate::pem).collect()
    }
}

/// What is at hand for [`judge`].
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The certificates that were brought.
    pub brought: &'a [Certificate],
    /// The public key of the key that was brought.
    pub key: Option<Digest>,
    /// Public keys of keys that we keep: of the request, of certificates in use.
    pub kept: &'a [Digest],
    /// Certificates of authorities that we have from before.
    pub known: &'a [Certificate],
    /// Names and addresses by which agents call.
    pub names: &'a Names,
}

/// Finds the certificate to be served and its way up.
///
/// # Errors
/// The first thing that an agent would not take.
pub fn judge(given: &Given<'_>, now: Timestamp) -> Result<Own, Refusal> {
    let leaf = match given.key {
        Some(key) => given.brought.iter().find(|found| found.public() == key).ok_or(Refusal::OtherKey)?,
        None => given.brought.iter().find(|found| given.kept.contains(&found.public())).ok_or(Refusal::NoKey)?,
    };
    look(leaf, now)?;
    serves(leaf)?;
    let missing = missing(leaf, given.names);
    if !missing.is_empty() {
        return Err(Refusal::Names { missing });
    }
    let mut chain = vec![leaf.clone()];
    while let Some(last) = chain.last().filter(|last| !last.signed_by(last)) {
        let pool = || given.brought.iter().chain(given.known).filter(|above| last.signed_by(above));
        let fresh = |above: &&Certificate| !chain.contains(above) && above.span().holds(now);
        let above = pool().filter(fresh).max_by_key(|above| above.signed_by(above)).or_else(|| pool().next());
        let above = above
            .filter(|above| !chain.contains(above))
            .ok_or_else(|| Refusal::Chain { subject: last.shown().subject, issuer: issuer(last) })?;
        look(above, now)?;
        signs(above, chain.len() - 1)?;
        let above = above.clone();
        chain.push(above);
    }
    // The signature of the top over itself proves nothing and is not looked at by anybody.
    let below = chain.len().saturating_sub(1).max(1);
    match chain.iter().take(below).find(|found| weak_signature(found)) {
        Some(weak) if chain.len() > 1 => Err(Refusal::WeakSignature { subject: weak.shown().subject }),
        _ => Own::of(chain).ok_or(Refusal::Nothing),
    }
}

/// Names and addresses that a certificate does not vouch for. One without alternative names counts by its common name,
/// as agents take it.
pub fn missing(certificate: &Certificate, names: &Names) -> Vec<String> {
    let held = certificate.names();
    let mut known = held.names.clone();
    if held.names.is_empty() && held.addresses.is_empty() {
        known.extend(common_name(certificate));
    }
    let address = |address: &&IpAddr| !held.addresses.contains(address) && !known.contains(&address.to_string());
    let name = |name: &&String| !known.iter().any(|known| stands_for(known, name));
    let names_left = names.names.iter().filter(name).cloned();
    names_left.chain(names.addresses.iter().filter(address).map(ToString::to_string)).collect()
}

/// Whether a name in a certificate stands for this name: the same, or `*` in place of its first part.
fn stands_for(held: &str, name: &str) -> bool {
    let rest = |text: &str| text.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    held.eq_ignore_ascii_case(name)
        || (held.starts_with("*.") && rest(held).is_some_and(|held| Some(held) == rest(name)))
}

fn look(certificate: &Certificate, now: Timestamp) -> Result<(), Refusal> {
    let (subject, span) = (|| certificate.shown().subject, certificate.span());
    if now < span.from {
        return Err(Refusal::NotYet { subject: subject(), at: span.from });
    }
    if now > span.until {
        return Err(Refusal::Expired { subject: subject(), at: span.until });
    }
    if strong(certificate) {
        Ok(())
    } else {
        Err(Refusal::WeakKey { subject: subject(), key: certificate.shown().key_type })
    }
}

fn parsed<T>(certificate: &Certificate, ask: impl FnOnce(&X509Certificate<'_>) -> T) -> Option<T> {
    X509Certificate::from_der(certificate.der()).ok().map(|(_, parsed)| ask(&parsed))
}

fn strong(certificate: &Certificate) -> bool {
    let judged = parsed(certificate, |parsed| {
        let kind = parsed.public_key().algorithm.algorithm.to_id_string();
        match parsed.public_key().parsed() {
            Ok(PublicKey::RSA(rsa)) => kind == RSA_KEY && rsa.key_size() >= RSA,
            Ok(PublicKey::EC(point)) => kind == CURVE_KEY && point.key_size() >= CURVE,
            _ => false,
        }
    });
    judged.unwrap_or(false)
}

fn weak_signature(certificate: &Certificate) -> bool {
    let kind = parsed(certificate, |parsed| parsed.signature_algorithm.algorithm.to_id_string());
    kind.is_none_or(|kind| WEAK.contains(&kind.as_str()))
}

fn serves(certificate: &Certificate) -> Result<(), Refusal> {
    let judged = parsed(certificate, |parsed| {
        let extended =
            parsed.extended_key_usage().ok().flatten().is_none_or(|usage| usage.value.server_auth || usage.value.any);
        let signing = parsed.key_usage().ok().flatten().is_none_or(|usage| usage.value.digital_signature());
        extended && signing
    });
    if judged == Some(true) { Ok(()) } else { Err(Refusal::NotForServers) }
}

/// Whether a certificate may sign, with so many others between it and the server's.
fn signs(certificate: &Certificate, between: usize) -> Result<(), Refusal> {
    let judged = parsed(certificate, |parsed| {
        let constraints = parsed.basic_constraints().ok().flatten();
        let authority = constraints.is_some_and(|found| {
            let most = found.value.path_len_constraint;
            found.value.ca && most.is_none_or(|most| between as u64 <= u64::from(most))
        });
        authority && parsed.key_usage().ok().flatten().is_none_or(|usage| usage.value.key_cert_sign())
    });
    let subject = || certificate.shown().subject;
    if judged == Some(true) { Ok(()) } else { Err(Refusal::NotAuthority { subject: subject() }) }
}

fn issuer(certificate: &Certificate) -> String {
    parsed(certificate, |parsed| parsed.issuer().to_string()).unwrap_or_default()
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let found = |parsed: &X509Certificate<'_>| {
        parsed.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).map(str::to_owned)
    };
    parsed(certificate, found).flatten()
}
