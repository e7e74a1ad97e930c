//! What the tests of this folder share: an authority, RSA-3072 keys being slow to make, and a client.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rcgen::KeyPair;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::Tls;
use super::certificate::Authority;
use super::names::{Names, wanted};
use super::store::{Slot, Store};
use crate::clock::Timestamp;

/// When the tests take place.
pub const NOW: Timestamp = Timestamp(1_795_200_000);
/// When the program under test was built.
pub const BUILD: Timestamp = Timestamp(1_795_000_000);

/// The authority of all tests, made at [`NOW`].
pub fn authority() -> &'static (Authority, KeyPair) {
    static MADE: OnceLock<(Authority, KeyPair)> = OnceLock::new();
    MADE.get_or_init(|| Authority::make("srv-ocs", NOW).unwrap())
}

/// An authority that was made nine years later.
pub fn next_authority() -> &'static (Authority, KeyPair) {
    static MADE: OnceLock<(Authority, KeyPair)> = OnceLock::new();
    MADE.get_or_init(|| Authority::make("srv-ocs", NOW.plus(9 * 365 * Timestamp::DAY)).unwrap())
}

/// Names of the server under test.
pub fn names() -> Names {
    wanted("srv-ocs", Some("srv-ocs.office.lan"), &[], &["192.168.1.10".parse().unwrap(), "fd00::7".parse().unwrap()])
}

/// Puts the shared authority into a folder, as if the server had been started there before.
pub fn furnish(dir: &Path) {
    let (authority, key) = authority();
    Store::open(dir).unwrap().keep(Slot::Authority, &authority.0, key).unwrap();
}

/// A server that found the shared authority at its start.
pub fn started(dir: &Path) -> Tls {
    furnish(dir);
    Tls::open(dir, &names(), NOW, BUILD).unwrap()
}

/// The clock of the client under test.
#[derive(Debug)]
struct At(Timestamp);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(self.0.0 as u64)))
    }
}

/// A client that trusts what this PEM text holds.
pub fn client_config(trusted: &str, version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for found in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
        roots.add(found.unwrap()).unwrap();
    }
    ClientConfig::builder_with_details(Arc::new(aws_lc_rs::default_provider()), Arc::new(At(NOW)))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A client and a server, joined by nothing but buffers.
pub struct Line {
    pub client: ClientConnection,
    pub server: ServerConnection,
}

impl Line {
    pub fn new(server: Arc<ServerConfig>, client: ClientConfig, name: &str) -> Line {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Line {
            client: ClientConnection::new(Arc::new(client), name).unwrap(),
            server: ServerConnection::new(server).unwrap(),
        }
    }

    /// Carries bytes to and fro until both are silent.
    pub fn settle(&mut self) -> Result<(), rustls::Error> {
        loop {
            let mut bytes = Vec::new();
            while self.client.wants_write() {
                self.client.write_tls(&mut bytes).unwrap();
            }
            let mut moved = !bytes.is_empty();
            let mut from = bytes.as_slice();
            while !from.is_empty() {
                self.server.read_tls(&mut from).unwrap();
                self.server.process_new_packets()?;
            }
            let mut bytes = Vec::new();
            while self.server.wants_write() {
                self.server.write_tls(&mut bytes).unwrap();
            }
            moved |= !bytes.is_empty();
            let mut from = bytes.as_slice();
            while !from.is_empty() {
                self.client.read_tls(&mut from).unwrap();
                self.client.process_new_packets()?;
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// Sends text from the client; what the server heard.
    pub fn says(&mut self, text: &str) -> String {
        self.client.writer().write_all(text.as_bytes()).unwrap();
        self.settle().unwrap();
        let mut heard = vec![0; text.len()];
        self.server.reader().read_exact(&mut heard).unwrap();
        String::from_utf8(heard).unwrap()
    }

    /// The certificate that the client was shown.
    pub fn shown(&self) -> CertificateDer<'static> {
        self.client.peer_certificates().unwrap()[0].clone().into_owned()
    }
}

/// Connects with TLS 1.3, trusting what this PEM text holds.
pub fn visit(tls: &Tls, trusted: &str, name: &str) -> Result<Line, rustls::Error> {
    let mut line = Line::new(tls.config(), client_config(trusted, &TLS13), name);
    line.settle()?;
    Ok(line)
}
