//! Making certificates and reading them back.
//!
//! RSA and SHA-256 throughout: agents in the field carry OpenSSL 1.0.2. What the generator would choose
//! by itself (validity 1975 to 4096, a serial derived from the key, no basic constraints) is always set.
//!
//! Source: SEC-40, SEC-41.

use std::net::IpAddr;
use std::time::Duration;

use aws_lc_rs::{digest as hash, rand};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    RsaKeySize, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::Error;
use super::names::Names;
use super::renewal::Span;
use crate::clock::Timestamp;

/// SHA-256.
pub type Digest = [u8; 32];

/// SHA-256 of these bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    let mut found = Digest::default();
    found.copy_from_slice(hash::digest(&hash::SHA256, bytes).as_ref());
    found
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// A certificate, read: ours or one that somebody brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    pem: String,
    subject: String,
    names: Names,
    span: Span,
    public: Digest,
    key: String,
}

/// What people are shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// For example `CN=srv-ocs`.
    pub subject: String,
    /// DNS names.
    pub names: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// First valid second.
    pub not_before: Timestamp,
    /// Last valid second.
    pub not_after: Timestamp,
    /// SHA-256 of the certificate, upper-case hex with colons, as browsers and `openssl x509` show it.
    pub fingerprint: String,
    /// For example `RSA 2048 bits`.
    pub key_type: String,
    /// See [`Certificate::mark`].
    pub mark: u64,
}

impl Certificate {
    /// Reads the first certificate of a PEM text; `None` when there is none or it cannot be read.
    pub fn from_pem(text: &str) -> Option<Certificate> {
        let der = CertificateDer::from_pem_slice(text.as_bytes()).ok()?;
        let from = text.find(BEGIN)?;
        let until = from + text.get(from..)?.find(END)? + END.len();
        let pem = format!("{}\n", text.get(from..until)?.replace("\r\n", "\n"));
        Certificate::read(der, pem)
    }

    /// Reads bytes that are one certificate and nothing else.
    pub fn from_der(bytes: &[u8]) -> Option<Certificate> {
        let (rest, _) = X509Certificate::from_der(bytes).ok()?;
        let pem = format!("{BEGIN}\n{}{END}\n", base64_lines(bytes));
        rest.is_empty().then(|| Certificate::read(CertificateDer::from(bytes.to_vec()), pem))?
    }

    fn read(der: CertificateDer<'static>, pem: String) -> Option<Certificate> {
        let (subject, names, span, public, key) = {
            let (_, parsed) = X509Certificate::from_der(&der).ok()?;
            (
                parsed.subject().to_string(),
                names(&parsed)?,
                span(&parsed),
                digest(parsed.public_key().raw),
                key(&parsed),
            )
        };
        Some(Certificate { der, pem, subject, names, span, public, key })
    }

    /// The certificate as PEM text with line feeds.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate as bytes.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Names and addresses it vouches for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// When it is valid.
    pub fn span(&self) -> Span {
        self.span
    }

    /// SHA-256 of its public key.
    pub fn public(&self) -> Digest {
        self.public
    }

    /// Whether `authority` signed this certificate. The spans of both are not looked at.
    pub fn signed_by(&self, authority: &Certificate) -> bool {
        let parsed = X509Certificate::from_der(&self.der).ok().zip(X509Certificate::from_der(&authority.der).ok());
        parsed.is_some_and(|((_, own), (_, above))| {
            own.issuer().as_raw() == above.subject().as_raw() && own.verify_signature(Some(above.public_key())).is_ok()
        })
    }

    /// The first eight bytes of the fingerprint: enough to tell authorities apart.
    pub fn mark(&self) -> u64 {
        digest(&self.der).first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// What people are shown.
    pub fn shown(&self) -> Shown {
        let hex: Vec<String> = digest(&self.der).iter().map(|byte| format!("{byte:02X}")).collect();
        Shown {
            subject: self.subject.clone(),
            names: self.names.names.clone(),
            addresses: self.names.addresses.clone(),
            not_before: self.span.from,
            not_after: self.span.until,
            fingerprint: hex.join(":"),
            key_type: self.key.clone(),
            mark: self.mark(),
        }
    }

    fn made(certificate: &rcgen::Certificate) -> Result<Certificate, Error> {
        Certificate::from_pem(&certificate.pem()).ok_or(Error::Unreadable)
    }
}

fn span(parsed: &X509Certificate<'_>) -> Span {
    let validity = parsed.validity();
    Span { from: Timestamp(validity.not_before.timestamp()), until: Timestamp(validity.not_after.timestamp()) }
}

fn names(parsed: &X509Certificate<'_>) -> Option<Names> {
    let mut found = Names::default();
    if let Some(alternatives) = parsed.subject_alternative_name().ok()? {
        gather(&mut found, &alternatives.value.general_names);
    }
    Some(found)
}

/// Adds names and addresses as a certificate or a request writes them. Others are not for servers.
pub(super) fn gather(found: &mut Names, written: &[GeneralName<'_>]) {
    for name in written {
        match name {
            GeneralName::DNSName(name) => found.names.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => {
                let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
                found.addresses.extend(v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)));
            }
            _ => {}
        }
    }
}

/// Names and addresses as the generator takes them.
pub(super) fn alternatives(names: &Names) -> Result<Vec<SanType>, rcgen::Error> {
    let mut all = Vec::with_capacity(names.names.len() + names.addresses.len());
    for name in &names.names {
        all.push(SanType::DnsName(name.as_str().try_into()?));
    }
    all.extend(names.addresses.iter().map(|&address| SanType::IpAddress(address)));
    Ok(all)
}

/// Base64 in lines of 64 characters, as PEM has it.
fn base64_lines(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len() / 3 * 4 + bytes.len() / 48 + 8);
    for line in bytes.chunks(48) {
        for part in line.chunks(3) {
            let whole = part.iter().fold(0_u32, |whole, byte| whole << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
            for at in 0..4 {
                let six = (whole >> (18 - 6 * at)) as usize & 63;
                let letter = LETTERS.get(six).copied().unwrap_or_default() as char;
                text.push(if at > part.len() { '=' } else { letter });
            }
        }
        text.push('\n');
    }
    text
}

fn key(parsed: &X509Certificate<'_>) -> String {
    match parsed.public_key().parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {} bits", rsa.key_size()),
        Ok(PublicKey::EC(point)) => format!("EC {} bits", point.key_size()),
        _ => "unknown".to_owned(),
    }
}

/// What agents trust: the certificate that signs the server's. Its private key is not in here; it is
/// loaded only to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(pub Certificate);

/// The certificate that the server shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf(pub Certificate);

impl Authority {
    /// Makes an authority with a new RSA-3072 key. `host` is for people who see it in a list of trusted
    /// authorities; the end of the name differs from one authority to the next. Takes up to some seconds.
    ///
    /// # Errors
    /// [`Error::Make`] or [`Error::Random`].
    pub fn make(host: &str, now: Timestamp) -> Result<(Authority, KeyPair), Error> {
        let key = rsa(RsaKeySize::_3072)?;
        let serial = serial()?;
        let mark: String = serial.iter().rev().take(4).map(|byte| format!("{byte:02x}")).collect();
        let mut params = params(Span::of_authority(now), &serial, &format!("Rollcall {} {mark}", cut(host, 40)));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let made = params.self_signed(&key).map_err(|source| Error::Make { what: "authority", source })?;
        Ok((Authority(Certificate::made(&made)?), key))
    }

    /// Makes a server certificate with a new RSA-2048 key, signed with `signing`, this authority's key.
    ///
    /// # Errors
    /// [`Error::Make`] or [`Error::Random`].
    pub fn issue(&self, signing: &KeyPair, names: &Names, now: Timestamp) -> Result<(Leaf, KeyPair), Error> {
        let failed = |source| Error::Make { what: "server certificate", source };
        let key = rsa(RsaKeySize::_2048)?;
        let first = names.names.first().map_or("localhost", String::as_str);
        let mut params = params(Span::of_leaf(now, self.0.span), &serial()?, cut(first, 64));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.subject_alt_names = alternatives(names).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_der(&self.0.der, signing).map_err(failed)?;
        let made = params.signed_by(&key, &issuer).map_err(failed)?;
        Ok((Leaf(Certificate::made(&made)?), key))
    }
}

pub(super) fn rsa(size: RsaKeySize) -> Result<KeyPair, Error> {
    KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size).map_err(|source| Error::Make { what: "RSA key", source })
}

fn params(span: Span, serial: &[u8; 16], common_name: &str) -> CertificateParams {
    // Kept between 1970 and the end of the year 9999, which is what a certificate can say.
    let seconds = |at: Timestamp| Duration::from_secs(at.0.clamp(0, 253_402_300_799).unsigned_abs());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + seconds(span.from);
    params.not_after = epoch + seconds(span.until);
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// Sixteen random bytes whose first two bits are 01: a positive number that is always written in 16 bytes.
fn serial() -> Result<[u8; 16], Error> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| Error::Random)?;
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    Ok(bytes)
}

/// At most so many bytes of the text, ending at a character.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use x509_parser::extensions::ParsedExtension;

    use super::*;
    use crate::tls::names::wanted;
    use crate::tls::testing::{self, NOW};

    fn parsed(certificate: &Certificate) -> X509Certificate<'_> {
        X509Certificate::from_der(certificate.der()).unwrap().1
    }

    fn leaf(names: &Names) -> Leaf {
        let (authority, key) = testing::authority();
        authority.issue(key, names, NOW).unwrap().0
    }

    #[test]
    fn sec_40_the_authority_has_the_fields_that_old_agents_need() {
        let (authority, _) = testing::authority();
        let found = parsed(&authority.0);
        assert_eq!(found.signature_algorithm.algorithm.to_id_string(), "1.2.840.113549.1.1.11", "SHA-256 with RSA");
        assert_eq!(authority.0.shown().key_type, "RSA 3072 bits");
        let constraints = found.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && constraints.value.ca);
        assert_eq!(constraints.value.path_len_constraint, Some(0));
        let usage = found.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.key_cert_sign() && usage.value.crl_sign());
        assert_eq!(usage.value.flags, 0b110_0000, "nothing else");
        assert!(found.extended_key_usage().unwrap().is_none());
        assert!(found.name_constraints().unwrap().is_none());
        assert!(found.subject_alternative_name().unwrap().is_none());
        assert_eq!(found.raw_serial().len(), 16);
        let span = authority.0.span();
        assert_eq!(span.from, NOW.plus(-48 * 3600));
        assert_eq!(span.until.since(span.from) + 1, 3652 * Timestamp::DAY);
        assert!(authority.0.signed_by(&authority.0));
        assert!(authority.0.shown().subject.starts_with("CN=Rollcall srv-ocs "));
    }

    #[test]
    fn sec_40_the_leaf_has_the_fields_that_old_agents_need() {
        let (authority, _) = testing::authority();
        let leaf = leaf(&testing::names());
        let found = parsed(&leaf.0);
        assert_eq!(found.signature_algorithm.algorithm.to_id_string(), "1.2.840.113549.1.1.11");
        assert_eq!(leaf.0.shown().key_type, "RSA 2048 bits");
        let constraints = found.basic_constraints().unwrap().expect("CA:FALSE is written out");
        assert!(!constraints.value.ca && constraints.value.path_len_constraint.is_none());
        let usage = found.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.digital_signature() && usage.value.key_encipherment());
        assert_eq!(usage.value.flags, 0b101, "nothing else");
        let extended = found.extended_key_usage().unwrap().unwrap().value;
        assert!(extended.server_auth && !extended.client_auth && !extended.any && extended.other.is_empty());
        assert!(found.name_constraints().unwrap().is_none());
        assert_eq!(found.raw_serial().len(), 16);
        let span = leaf.0.span();
        assert_eq!(span.from, NOW.plus(-48 * 3600));
        assert!(span.until.since(span.from) <= 820 * Timestamp::DAY);
        assert_eq!(found.issuer().as_raw(), parsed(&authority.0).subject().as_raw());
        assert!(leaf.0.signed_by(&authority.0));
        assert!(!leaf.0.signed_by(&testing::next_authority().0.0));
        assert!(!leaf.0.signed_by(&leaf.0), "not its own authority");
        let key_ids = |certificate: &X509Certificate<'_>, own: bool| {
            certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) if !own => {
                    id.key_identifier.as_ref().map(|id| id.0.to_vec())
                }
                ParsedExtension::SubjectKeyIdentifier(id) if own => Some(id.0.to_vec()),
                _ => None,
            })
        };
        assert_eq!(key_ids(&found, false).unwrap(), key_ids(&parsed(&authority.0), true).unwrap());
    }

    #[test]
    fn sec_40_the_common_name_is_the_first_name_cut_to_64_bytes() {
        assert_eq!(leaf(&testing::names()).0.shown().subject, "CN=srv-ocs");
        let long = ["a".repeat(60), "b".repeat(60), "lan".to_owned()].join(".");
        let leaf = leaf(&wanted(&long, None, &[], &[]));
        assert_eq!(leaf.0.shown().subject, format!("CN={}", &long[..64]));
        assert_eq!(leaf.0.names().names[0], long, "whole among the names");
    }

    #[test]
    fn sec_40_two_certificates_never_share_a_serial() {
        let all: HashSet<_> = (0..1000).map(|_| serial().unwrap()).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(|bytes| (0x40..0x80).contains(&bytes[0])), "positive, and written in 16 bytes");
        let (one, two) = (leaf(&testing::names()), leaf(&testing::names()));
        assert_ne!(parsed(&one.0).raw_serial(), parsed(&two.0).raw_serial());
        assert_ne!(one.0.public(), two.0.public(), "nor a key");
    }

    #[test]
    fn sec_41_names_are_dns_entries_and_addresses_are_ip_entries() {
        let names = testing::names();
        let leaf = leaf(&names);
        let found = parsed(&leaf.0);
        let general = &found.subject_alternative_name().unwrap().unwrap().value.general_names;
        let dns: Vec<_> = general.iter().filter(|name| matches!(name, GeneralName::DNSName(_))).collect();
        let ip: Vec<_> = general.iter().filter(|name| matches!(name, GeneralName::IPAddress(_))).collect();
        assert_eq!(dns.len(), 3);
        assert!(ip.contains(&&GeneralName::IPAddress(&[192, 168, 1, 10])));
        assert!(ip.contains(&&GeneralName::IPAddress(&[127, 0, 0, 1])));
        assert_eq!(ip.len(), 4);
        assert_eq!(general.len(), dns.len() + ip.len());
        assert_eq!(leaf.0.names(), &names, "read back in the same order");
    }

    #[test]
    fn the_fingerprint_is_shown_as_browsers_show_it() {
        let shown = testing::authority().0.0.shown();
        assert_eq!(shown.fingerprint.len(), 32 * 3 - 1);
        assert!(shown.fingerprint.split(':').all(|byte| byte.len() == 2 && u8::from_str_radix(byte, 16).is_ok()));
    }

    #[test]
    fn text_around_a_certificate_is_dropped() {
        let (authority, _) = testing::authority();
        let text = format!("Bag Attributes\r\n{}trailing", authority.0.pem().replace('\n', "\r\n"));
        assert_eq!(Certificate::from_pem(&text).unwrap(), authority.0);
        assert_eq!(Certificate::from_der(authority.0.der()).unwrap(), authority.0, "written as PEM the same way");
        assert_eq!(Certificate::from_der(&[authority.0.der(), b"0".as_slice()].concat()), None);
        assert_eq!(Certificate::from_pem(""), None);
        assert_eq!(Certificate::from_pem("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n"), None);
    }
}
