//! A small HTTP/1.1 client, for what an administrator asked the server to fetch: the proof run of an activation, and
//! packages from the main server. Nothing that an agent or a browser sends makes it connect (SEC-8).
//!
//! It only gets: whole files or what is left of them, with a bearer token where one is needed. It trusts the
//! authorities that it is handed and no others, follows no redirection, asks no proxy, and everything that the other side
//! sends is bounded: head, length, time. Memory does not grow with what is fetched.
//!
//! The future of a call may be dropped at any time; the connection ends then.

mod answer;
mod head;
mod open;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clock::Clock;
pub use answer::Answer;
use head::Head;
use open::Open;
use stream::Stream;

/// Most addresses of a name that are tried.
const MOST_ADDRESSES: usize = 4;

/// How long the other side may take.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// To answer what a name stands for.
    pub resolve: Duration,
    /// To accept a connection, for each address.
    pub connect: Duration,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of an answer, from the request on.
    pub head: Duration,
    /// Without a byte of the body.
    pub quiet: Duration,
    /// Bytes a second of a body, below which it comes too slowly; looked at after [`Times::quiet`].
    pub slowest: u64,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            quiet: Duration::from_secs(20),
            slowest: 1 << 10,
        }
    }
}

/// What did not work. Texts in it come from the system or the other side: to be escaped and shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing is known under the name.
    #[error("the name is not known: {0}")]
    Name(String),
    /// Nobody listens there.
    #[error("the connection is refused by {0}")]
    Refused(SocketAddr),
    /// No way there.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(SocketAddr, String),
    /// Nobody answers.
    #[error("nobody answers in time")]
    Silent(Stage),
    /// The certificate is not to be trusted.
    #[error("the certificate is not to be trusted: {0}")]
    Certificate(Distrust),
    /// It is no TLS, or none that both sides can do.
    #[error("no encrypted connection comes about: {0}")]
    Tls(String),
    /// The connection ended before everything was there.
    #[error("the connection ended too early")]
    Cut,
    /// The answer is no HTTP.
    #[error("the answer is no HTTP: {0}")]
    NoHttp(&'static str),
    /// The body is longer than what is wanted.
    #[error("the answer is longer than {0} bytes")]
    TooLong(u64),
}

/// How far it came until nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The name was asked for.
    Name,
    /// The connection was begun.
    Connection,
    /// The handshake was begun.
    Handshake,
    /// The request was sent.
    Answer,
    /// A part of the body was there.
    Body,
}

/// Why a certificate is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time has not begun.
    #[error("it is not valid yet")]
    NotYet,
    /// Another authority signed it.
    #[error("another authority signed it")]
    Authority,
    /// It is made for other names; these.
    #[error("it is made for other names")]
    Names(Vec<String>),
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Over TLS.
    pub secure: bool,
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// What to ask for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// Path with query; begins with a slash.
    pub path: &'a str,
    /// From this byte on; 0 asks for everything.
    pub from: u64,
    /// Who asks.
    pub bearer: Option<&'a str>,
}

/// Whom the other side's certificate has to come from, and how long it may take. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    times: Times,
    /// Names that stand for an address, whatever the system says.
    hosts: Arc<BTreeMap<String, IpAddr>>,
}

#[derive(Debug)]
struct At(Clock);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(self.0.now().0).ok()?)))
    }
}

impl Client {
    /// One that trusts the certificates of a PEM text and no others.
    ///
    /// # Errors
    /// A sentence: the text holds none, or one that cannot be used.
    pub fn new(trusted: &str, clock: Clock, times: Times) -> Result<Client, String> {
        let mut roots = rustls::RootCertStore::empty();
        for found in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
            roots.add(found.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        }
        let mut config =
            ClientConfig::builder_with_details(Arc::new(aws_lc_rs::default_provider()), Arc::new(At(clock)))
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(roots)
                .with_no_client_auth();
        // Each line is a visit of its own, as an agent's.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Client { config: Arc::new(config), times, hosts: Arc::default() })
    }

    /// The same, knowing some names itself.
    pub fn knowing(self, hosts: BTreeMap<String, IpAddr>) -> Client {
        Client { hosts: Arc::new(hosts), ..self }
    }

    /// A line to somebody; nothing is connected yet.
    pub fn line(&self, origin: Origin) -> Line {
        Line { client: self.clone(), origin, open: None, met: Met::default() }
    }
}

/// What was found on the way.
#[derive(Debug, Clone, Default)]
pub struct Met {
    /// What the name stands for.
    pub addresses: Vec<SocketAddr>,
    /// Who answered.
    pub address: Option<SocketAddr>,
    /// The other side's certificate, as it was sent.
    pub certificate: Option<Vec<u8>>,
    /// The version of TLS.
    pub version: Option<&'static str>,
}

/// A connection that is made when it is needed, and used again while the other side allows it.
#[derive(Debug)]
pub struct Line {
    client: Client,
    origin: Origin,
    open: Option<Open>,
    met: Met,
}

impl Line {
    /// What was found on the way.
    pub fn met(&self) -> &Met {
        &self.met
    }

    /// Connects, where there is no connection.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn connect(&mut self) -> Result<(), Failure> {
        if self.open.is_none() {
            let stream = self.stream().await?;
            self.open = Some(Open::new(stream));
        }
        Ok(())
    }

    async fn stream(&mut self) -> Result<Stream, Failure> {
        let Times { resolve, connect, handshake, .. } = self.client.times;
        let addresses = timeout(resolve, addresses(&self.origin, &self.client.hosts))
            .await
            .map_err(|_| Failure::Silent(Stage::Name))??;
        self.met = Met { addresses: addresses.clone(), ..Met::default() };
        let mut failed = Failure::Name(self.origin.host.clone());
        let mut connected = None;
        for address in addresses {
            match timeout(connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    connected = Some((address, stream));
                    break;
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    failed = Failure::Refused(address);
                }
                Ok(Err(error)) => failed = Failure::Unreachable(address, error.to_string()),
                Err(_) => failed = Failure::Silent(Stage::Connection),
            }
        }
        let Some((address, stream)) = connected else { return Err(failed) };
        self.met.address = Some(address);
        let _ = stream.set_nodelay(true);
        if !self.origin.secure {
            return Ok(Stream::Plain(stream));
        }
        let name = ServerName::try_from(self.origin.host.clone()).map_err(|error| Failure::Name(error.to_string()))?;
        let connector = tokio_rustls::TlsConnector::from(self.client.config.clone());
        let shaken = timeout(handshake, connector.connect(name, stream)).await;
        let stream = shaken.map_err(|_| Failure::Silent(Stage::Handshake))?.map_err(|error| distrust(&error))?;
        let (_, session) = stream.get_ref();
        self.met.certificate =
            session.peer_certificates().and_then(|chain| chain.first()).map(|certificate| certificate.to_vec());
        self.met.version = match session.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
            Some(rustls::ProtocolVersion::TLSv1_2) => Some("TLS 1.2"),
            _ => None,
        };
        Ok(Stream::Tls(Box::new(stream)))
    }

    /// Asks for a file. The body is read from what is answered; when that is dropped before its end, the connection ends.
    ///
    /// # Errors
    /// [`Failure`]; a status that says no is none.
    pub async fn get(&mut self, ask: Ask<'_>) -> Result<Answer<'_>, Failure> {
        let used = self.open.is_some();
        match self.asked(ask).await {
            // A connection that was used before may have been given up meanwhile: that says nothing about the file.
            Err(Failure::Cut) if used => {
                self.open = None;
                let (open, head) = self.asked(ask).await?;
                Ok(Answer::new(self, open, head))
            }
            Ok((open, head)) => Ok(Answer::new(self, open, head)),
            Err(failure) => Err(failure),
        }
    }

    async fn asked(&mut self, ask: Ask<'_>) -> Result<(Open, Head), Failure> {
        self.connect().await?;
        let Some(mut open) = self.open.take() else { return Err(Failure::Cut) };
        let request = head::request(&self.origin, ask)?;
        let head = async {
            open.stream.send(request.as_bytes()).await?;
            loop {
                let head = head::read(open.head().await?)?;
                // What says that the answer is still to come.
                if head.status >= 200 {
                    return Ok(head);
                }
            }
        };
        let head = timeout(self.client.times.head, head).await.map_err(|_| Failure::Silent(Stage::Answer))??;
        Ok((open, head))
    }
}

/// What a name stands for, as the system says.
async fn addresses(origin: &Origin, known: &BTreeMap<String, IpAddr>) -> Result<Vec<SocketAddr>, Failure> {
    let known = known.get(&origin.host).copied();
    if let Some(address) = known.or_else(|| origin.host.parse().ok()) {
        return Ok(vec![SocketAddr::new(address, origin.port)]);
    }
    let found = tokio::net::lookup_host((origin.host.as_str(), origin.port)).await;
    let found: Vec<_> = found.map_err(|error| Failure::Name(error.to_string()))?.take(MOST_ADDRESSES).collect();
    if found.is_empty() { Err(Failure::Name(origin.host.clone())) } else { Ok(found) }
}

/// What failed in a handshake.
fn distrust(error: &io::Error) -> Failure {
    use rustls::{CertificateError, Error};
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                Failure::Tls("the other side ended the connection".to_owned())
            }
            _ => Failure::Tls(error.to_string()),
        };
    };
    let Error::InvalidCertificate(why) = error else { return Failure::Tls(error.to_string()) };
    Failure::Certificate(match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYet,
        // A certificate that signed itself and is not among those trusted, too.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Distrust::Authority,
        CertificateError::NotValidForName => Distrust::Names(Vec::new()),
        CertificateError::NotValidForNameContext { presented, .. } => Distrust::Names(presented.clone()),
        other => Distrust::Other(other.to_string()),
    })
}
