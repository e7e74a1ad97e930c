//! A request for a certificate that another authority is to sign (PKCS#10).
//!
//! The key is made here and stays here, sealed; the request is what is carried to the authority.
//!
//! Source: CON-CRT-3.

use rcgen::string::{Ia5String, PrintableString};
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, RsaKeySize};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension};

use super::Error;
use super::certificate::{self, Digest, digest};
use super::names::Names;

/// Most bytes of the country, and of the other parts, as X.520 bounds them.
const BOUNDS: [(&str, usize); 7] =
    [("country", 2), ("state", 128), ("city", 128), ("organization", 64), ("unit", 64), ("name", 64), ("email", 128)];

/// What a request asks for. Empty parts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Two letters.
    pub country: String,
    /// State or province.
    pub state: String,
    /// City.
    pub city: String,
    /// Organisation.
    pub organization: String,
    /// Part of the organisation.
    pub unit: String,
    /// Common name; the first of the names when it is empty.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// What is wrong with a wish, and in which of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWish {
    /// Not two letters.
    #[error("the country is two letters, for example FR")]
    Country,
    /// Not an address in plain letters.
    #[error("the e-mail address is not one")]
    Email,
    /// Too long, or with characters that cannot be shown.
    #[error("{0} is longer than {1} bytes, or holds characters that cannot be shown")]
    Text(&'static str, usize),
}

impl BadWish {
    /// The part that is wrong, by its name in [`Wish`].
    pub fn part(self) -> &'static str {
        match self {
            BadWish::Country => "country",
            BadWish::Email => "email",
            BadWish::Text(part, _) => part,
        }
    }
}

impl Wish {
    /// Its parts with their names.
    pub fn parts(&self) -> [(&'static str, &str); 7] {
        [
            ("country", &self.country),
            ("state", &self.state),
            ("city", &self.city),
            ("organization", &self.organization),
            ("unit", &self.unit),
            ("name", &self.name),
            ("email", &self.email),
        ]
    }

    /// The same without blanks around its parts, the country in capitals.
    pub fn trimmed(&self) -> Wish {
        let trim = |text: &String| text.trim().to_owned();
        Wish {
            country: trim(&self.country).to_ascii_uppercase(),
            state: trim(&self.state),
            city: trim(&self.city),
            organization: trim(&self.organization),
            unit: trim(&self.unit),
            name: trim(&self.name),
            email: trim(&self.email),
        }
    }

    /// Whether it can be written into a request.
    ///
    /// # Errors
    /// The first part that cannot.
    pub fn check(&self) -> Result<(), BadWish> {
        for ((part, text), (_, most)) in self.parts().into_iter().zip(BOUNDS) {
            if text.len() > most && part != "country" || text.chars().any(char::is_control) {
                return Err(BadWish::Text(part, most));
            }
        }
        let letters = self.country.len() == 2 && self.country.bytes().all(|byte| byte.is_ascii_alphabetic());
        if !self.country.is_empty() && !letters {
            return Err(BadWish::Country);
        }
        let (local, host) = self.email.split_once('@').unwrap_or_default();
        let plain = self.email.bytes().all(|byte| byte.is_ascii_graphic()) && !local.is_empty() && !host.is_empty();
        if self.email.is_empty() || plain { Ok(()) } else { Err(BadWish::Email) }
    }
}

/// A request that waits for its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pem: String,
    subject: String,
    names: Names,
    public: Digest,
}

impl Request {
    /// Makes a request with a new RSA-2048 key. Takes up to a second.
    ///
    /// # Errors
    /// [`Error::Make`].
    pub fn make(wish: &Wish, names: &Names) -> Result<(Request, KeyPair), Error> {
        let failed = |source| Error::Make { what: "certificate request", source };
        let key = certificate::rsa(RsaKeySize::_2048)?;
        let mut params = CertificateParams::default();
        let mut subject = DistinguishedName::new();
        let first = names.names.first().cloned().or_else(|| names.addresses.first().map(ToString::to_string));
        for (part, text) in wish.parts() {
            let text = if part == "name" && text.is_empty() { first.as_deref().unwrap_or_default() } else { text };
            if text.is_empty() {
                continue;
            }
            let value = DnValue::Utf8String(certificate::cut(text, 128).to_owned());
            match part {
                "country" => {
                    let text: PrintableString = text.try_into().map_err(failed)?;
                    subject.push(DnType::CountryName, DnValue::PrintableString(text));
                }
                "state" => subject.push(DnType::StateOrProvinceName, value),
                "city" => subject.push(DnType::LocalityName, value),
                "organization" => subject.push(DnType::OrganizationName, value),
                "unit" => subject.push(DnType::OrganizationalUnitName, value),
                "name" => subject.push(DnType::CommonName, certificate::cut(text, 64)),
                _ => {
                    let text: Ia5String = text.try_into().map_err(failed)?;
                    subject.push(DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]), DnValue::Ia5String(text));
                }
            }
        }
        params.distinguished_name = subject;
        params.subject_alt_names = certificate::alternatives(names).map_err(failed)?;
        let made = params.serialize_request(&key).map_err(failed)?;
        let request = Request::from_pem(&made.pem().map_err(failed)?).ok_or(Error::Unreadable)?;
        Ok((request, key))
    }

    /// Reads what was kept.
    pub fn from_pem(text: &str) -> Option<Request> {
        let der = CertificateSigningRequestDer::from_pem_slice(text.as_bytes()).ok()?;
        let (_, parsed) = X509CertificationRequest::from_der(&der).ok()?;
        let info = &parsed.certification_request_info;
        let mut names = Names::default();
        for extension in parsed.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(found) = extension {
                certificate::gather(&mut names, &found.general_names as &[GeneralName<'_>]);
            }
        }
        let public = digest(info.subject_pki.raw);
        Some(Request { pem: text.replace("\r\n", "\n"), subject: info.subject.to_string(), names, public })
    }

    /// The request as PEM text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Whose it is, for example `C=FR, O=Office, CN=ocs`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Names and addresses that it asks for.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// SHA-256 of its public key.
    pub fn public(&self) -> Digest {
        self.public
    }
}
