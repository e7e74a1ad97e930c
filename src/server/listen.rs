//! Opening ports.
//!
//! Both address families where the system allows it. A low port that may not be opened leads to 8080 or 8443,
//! with a sentence; a port that is taken never leads to another one by itself.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::Listen;
use crate::system::port_owner;

/// Connections that may wait to be accepted: all agents of an office may start at eight o'clock.
const BACKLOG: i32 = 1024;

/// An address to listen on, and the port to take when the first one is not permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    address: SocketAddr,
    otherwise: Option<u16>,
}

/// Why a listener does not start: one sentence for whoever started the program.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error("port {} is in use by {} ({address}); it is tried again every 10 seconds. Stop that program, or set another port in config.toml", address.port(), owner.as_deref().unwrap_or("another program"))]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The program, when the system tells it.
        owner: Option<String>,
    },
    /// The system does not permit the port.
    #[error("port {} may not be opened by this account ({address}); set a port above 1024, or allow it", address.port())]
    NotPermitted {
        /// The address.
        address: SocketAddr,
    },
    /// Something else.
    #[error("cannot listen on {address}")]
    Other {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The server on the open port does not start.
    #[error("the web server cannot be started")]
    Start {
        /// Why.
        source: std::io::Error,
    },
}

impl Listener {
    /// The address in words.
    pub fn shown(&self) -> String {
        self.address.to_string()
    }
}

/// What a setting asks for.
pub(super) fn targets(listen: &Listen, secure: bool) -> Vec<Listener> {
    let (low, high) = if secure { (443, 8443) } else { (80, 8080) };
    match listen {
        Listen::Auto => {
            vec![Listener { address: SocketAddr::from((Ipv6Addr::UNSPECIFIED, low)), otherwise: Some(high) }]
        }
        Listen::Off => Vec::new(),
        Listen::At(addresses) => {
            addresses.iter().map(|address| Listener { address: *address, otherwise: None }).collect()
        }
    }
}

/// Opens a port.
pub(super) fn bind(listener: &Listener) -> Result<TcpListener, ListenError> {
    match open(listener.address) {
        Err(ListenError::NotPermitted { address }) => match listener.otherwise {
            Some(port) => {
                let other = SocketAddr::new(address.ip(), port);
                let opened = open(other)?;
                tracing::warn!(
                    "port {} may not be opened by this account: listening on port {port} instead",
                    address.port()
                );
                Ok(opened)
            }
            None => Err(ListenError::NotPermitted { address }),
        },
        other => other,
    }
}

fn open(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let attempt = match address {
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => match both_families(address) {
            // A system without IPv6.
            Err(error)
                if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::AddrNotAvailable)
                    || no_family(&error) =>
            {
                socket(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())), false)
            }
            other => other,
        },
        _ => socket(address, false),
    };
    attempt.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ListenError::InUse { address, owner: port_owner(address) },
        // Windows' word for a port that another program has for itself alone.
        ErrorKind::PermissionDenied if cfg!(windows) && port_owner(address).is_some() => {
            ListenError::InUse { address, owner: port_owner(address) }
        }
        ErrorKind::PermissionDenied => ListenError::NotPermitted { address },
        _ => ListenError::Other { address, source },
    })
}

fn both_families(address: SocketAddr) -> std::io::Result<TcpListener> {
    // Somebody who listens on IPv4 only does not collide with a socket of both families on every system.
    if address.port() != 0 {
        drop(socket(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())), false)?);
    }
    socket(address, true)
}

/// `EAFNOSUPPORT`, which has no kind of its own.
fn no_family(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(97 | 10047))
}

fn socket(address: SocketAddr, both: bool) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if both {
        socket.set_only_v6(false)?;
    }
    // On Windows this option would let a second program share a busy port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener: TcpListener = socket.into();
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_12_a_busy_port_is_named_and_no_other_is_taken() {
        let busy = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = busy.local_addr().unwrap();
        let refused = bind(&Listener { address, otherwise: Some(0) }).unwrap_err();
        assert!(matches!(refused, ListenError::InUse { .. }));
        assert!(refused.to_string().contains(&address.port().to_string()));
        #[cfg(target_os = "linux")]
        assert!(refused.to_string().contains(&format!("(process {})", std::process::id())), "{refused}");
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_by_both_families() {
        let listener = bind(&Listener { address: "[::]:0".parse().unwrap(), otherwise: None }).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    }
}
