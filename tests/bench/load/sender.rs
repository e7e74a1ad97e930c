//! Where a sender sits (an address of 127.0.0.0/8 of its own) and what it trusts.
//!
//! The server bounds connections and new computers by address; computers of an office have addresses of their own, so
//! the load has too.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use socket2::{Domain, Protocol, Socket, Type};

/// A kept connection is followed by one from another address after so many requests: fewer than the new computers
/// that one address may report in an hour.
pub const REQUESTS_OF_ONE_ADDRESS: usize = 900;

/// The address of a sender: never 127.0.x.x, where the servers are.
pub fn address(number: usize) -> Ipv4Addr {
    let spread = number % (250 * 250 * 200);
    Ipv4Addr::new(127, 1 + (spread / (250 * 250)) as u8, (spread / 250 % 250) as u8, 1 + (spread % 250) as u8)
}

/// Begins to connect; the socket tells by itself when it is done.
pub fn connect(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&SocketAddr::new(from.into(), 0).into())?;
    match socket.connect(&to.into()) {
        Ok(()) => {}
        // EINPROGRESS
        Err(error) if error.raw_os_error() == Some(115) || error.kind() == std::io::ErrorKind::WouldBlock => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

/// Trusts the one authority of `file` and nothing else. Unless `resume`, every handshake is a whole one.
pub fn tls(file: &Path, resume: bool) -> Result<Arc<ClientConfig>, String> {
    let cannot = |error: String| format!("cannot use `{}`: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| cannot(error.to_string()))? {
        let certificate = certificate.map_err(|error| cannot(error.to_string()))?;
        roots.add(certificate).map_err(|error| cannot(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    if !resume {
        config.resumption = Resumption::disabled();
    }
    Ok(Arc::new(config))
}
