//! How the HTTPS listener speaks TLS, and how its certificate is swapped while it runs.
//!
//! TLS 1.2 and 1.3, HTTP/1.1 only, no client certificates. Agents call by name, by address, with an
//! address where a name belongs, or without a name at all: everybody gets the same certificate.
//!
//! Source: SEC-43.

use std::sync::{Arc, PoisonError, RwLock};

use rcgen::KeyPair;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Error;
use super::certificate::{Certificate, Leaf};

/// The certificate that new connections get; none before the first one is made.
#[derive(Debug, Default)]
pub struct Serving(RwLock<Option<Arc<CertifiedKey>>>);

impl Serving {
    /// Lets new connections have this certificate. Open connections keep theirs.
    ///
    /// # Errors
    /// [`Error::Setup`] when the key does not fit the certificate.
    pub fn swap(&self, leaf: &Leaf, key: &KeyPair) -> Result<(), Error> {
        self.swap_chain(std::slice::from_ref(&leaf.0), key)
    }

    /// The same for a certificate with those that stand between it and its authority.
    ///
    /// # Errors
    /// As [`Serving::swap`].
    pub fn swap_chain(&self, sent: &[Certificate], key: &KeyPair) -> Result<(), Error> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialized_der()));
        let signing = aws_lc_rs::sign::any_supported_type(&der).map_err(Error::Setup)?;
        let certified = CertifiedKey::new(sent.iter().map(|certificate| certificate.der().clone()).collect(), signing);
        certified.keys_match().map_err(Error::Setup)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(certified));
        Ok(())
    }

    /// Whether there is a certificate to serve.
    pub fn ready(&self) -> bool {
        self.current().is_some()
    }

    fn current(&self) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current()
    }
}

/// The configuration for the listener. While there is no certificate, each handshake is refused.
///
/// # Errors
/// [`Error::Setup`], which would be a mistake in this program.
pub fn server_config(serving: Arc<Serving>) -> Result<Arc<ServerConfig>, Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(Error::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(serving);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
