//! What clients of all kinds meet when they connect.

use std::fs;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{ProtocolVersion, ServerConnection};

use super::testing::{Line, client_config, next_authority, started, visit};

#[test]
fn sec_43_every_right_name_is_served_and_a_wrong_one_or_a_foreign_authority_is_refused_by_the_client() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let trusted = tls.authority_pem();
    for right in
        ["srv-ocs", "SRV-OCS", "srv-ocs.office.lan", "localhost", "127.0.0.1", "::1", "192.168.1.10", "fd00::7"]
    {
        let line = visit(&tls, &trusted, right).unwrap_or_else(|error| panic!("{right}: {error}"));
        assert_eq!(line.client.peer_certificates().unwrap().len(), 1);
    }
    for wrong in ["other.office.lan", "192.168.1.11", "office.lan"] {
        assert!(visit(&tls, &trusted, wrong).is_err(), "{wrong}");
    }
    let foreign = next_authority().0.0.pem();
    assert!(visit(&tls, foreign, "srv-ocs").is_err());
    let both = format!("{foreign}{trusted}");
    assert!(visit(&tls, &both, "srv-ocs").is_ok(), "old and new in one file");
    let leaf = fs::read_to_string(dir.path().join("server.pem")).unwrap();
    assert!(visit(&tls, &leaf, "srv-ocs").is_err(), "the leaf is no authority");
}

/// Takes any certificate, to see which one an unknown name or none gets.
#[derive(Debug)]
struct Anything(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[test]
fn sec_43_no_name_an_address_as_name_and_an_unknown_name_all_get_the_leaf_in_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let leaf = CertificateDer::from_pem_slice(&fs::read(dir.path().join("server.pem")).unwrap()).unwrap();
    for (version, spoken) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        // "10.9.8.seven" is rewritten below into an address that stands where a name belongs.
        for name in ["nobody.example", "192.168.1.10", "10.9.8.seven"] {
            let mut config = client_config(&tls.authority_pem(), version);
            config.dangerous().set_certificate_verifier(Arc::new(Anything(Arc::new(aws_lc_rs::default_provider()))));
            config.enable_sni = name != "nobody.example" || version == &TLS13;
            let mut line = Line::new(tls.config(), config, name);
            if name == "10.9.8.seven" {
                hello_with_an_address_is_answered(&mut line);
                continue;
            }
            line.settle().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(line.shown(), leaf, "{name}");
            assert_eq!(line.client.protocol_version(), Some(spoken));
        }
    }
}

/// The handshake cannot be finished, the client having hashed what it sent; but the server's answer shows
/// that it went on.
fn hello_with_an_address_is_answered(line: &mut Line) {
    let mut hello = Vec::new();
    line.client.write_tls(&mut hello).unwrap();
    let at = hello.windows(12).position(|part| part == b"10.9.8.seven").unwrap();
    hello[at..at + 12].copy_from_slice(b"10.109.8.177");
    line.server.read_tls(&mut hello.as_slice()).unwrap();
    line.server.process_new_packets().unwrap();
    assert_eq!(line.server.server_name(), None);
    let mut answer = Vec::new();
    line.server.write_tls(&mut answer).unwrap();
    assert_eq!((answer[0], answer[5]), (22, 2), "a handshake record with a server's hello");
}

#[test]
fn sec_43_http_1_1_is_the_only_protocol_and_no_client_certificate_is_asked_for() {
    #[derive(Debug)]
    struct NeverAsked;
    impl ResolvesClientCert for NeverAsked {
        fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
            panic!("a client certificate was asked for")
        }
        fn has_certs(&self) -> bool {
            true
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    let mut config = client_config(&tls.authority_pem(), &TLS13);
    config.client_auth_cert_resolver = Arc::new(NeverAsked);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut line = Line::new(tls.config(), config, "srv-ocs");
    line.settle().unwrap();
    assert_eq!(line.server.alpn_protocol(), Some(b"http/1.1".as_slice()));
    assert!(!tls.config().fips(), "FIPS mode is off");
}

#[test]
fn sec_43_tls_1_0_and_1_1_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tls = started(dir.path());
    for (version, expected) in [(1u8, false), (2, false), (3, true)] {
        // A hello of an old client: version, random, no session, ECDHE-RSA-AES128-GCM-SHA256, no compression,
        // then groups (P-256), point format and signature algorithms (RSA with SHA-256).
        let extensions =
            [[0, 10, 0, 4, 0, 2, 0, 23].as_slice(), &[0, 11, 0, 2, 1, 0], &[0, 13, 0, 4, 0, 2, 4, 1], &[0, 23, 0, 0]]
                .concat();
        let body = [
            &[3, version][..],
            &[7; 32],
            &[0],
            &[0, 2, 0xc0, 0x2f],
            &[1, 0],
            &[0, extensions.len() as u8],
            &extensions,
        ]
        .concat();
        let hello = [&[22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8][..], &body].concat();
        let mut server = ServerConnection::new(tls.config()).unwrap();
        server.read_tls(&mut hello.as_slice()).unwrap();
        assert_eq!(server.process_new_packets().is_ok(), expected, "TLS 1.{}", version - 1);
    }
}
