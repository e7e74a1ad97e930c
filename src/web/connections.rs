//! How many connections there are, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Shutdown};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;

use crate::limits::Limits;
use crate::net::{self, Networks};

/// Counts open connections.
#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_per_address: usize,
    proxies: Arc<Networks>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// An open connection; it is counted as long as this lives.
pub struct Ticket {
    open: Arc<Mutex<Open>>,
    address: IpAddr,
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// Nobody is connected yet. Trusted proxies speak for many and are not counted by address.
    pub fn new(limits: &Limits, proxies: Arc<Networks>) -> Connections {
        Connections {
            open: Arc::default(),
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            proxies,
        }
    }

    /// Open connections.
    pub fn count(&self) -> usize {
        lock(&self.open).all
    }

    /// Counts a new connection; `None` when it is one too many.
    pub fn enter(&self, address: IpAddr) -> Option<Ticket> {
        let address = net::canonical(address);
        let mut open = lock(&self.open);
        let of_address = open.by_address.get(&address).copied().unwrap_or(0);
        let crowded = of_address >= self.most_per_address && !self.proxies.contains(address);
        if open.all >= self.most || crowded {
            return None;
        }
        open.all += 1;
        *open.by_address.entry(address).or_default() += 1;
        Some(Ticket { open: self.open.clone(), address })
    }

    /// For the server: called with each accepted connection. One too many is closed at once.
    pub fn accepted(&self, stream: &TcpStream, extensions: &mut Extensions) {
        match stream.peer_addr().ok().and_then(|peer| self.enter(peer.ip())) {
            Some(ticket) => drop(extensions.insert(ticket)),
            None => drop(socket2::SockRef::from(stream).shutdown(Shutdown::Both)),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_all_connections() {
        let limits = Limits { connections: 5, connections_per_address: 2, ..Limits::default() };
        let proxies = Arc::new(Networks(vec!["10.0.0.9".parse().unwrap()]));
        let connections = Connections::new(&limits, proxies);
        let at = |last: u8| IpAddr::from([10, 0, 0, last]);
        let first = connections.enter(at(1)).unwrap();
        let second = connections.enter(at(1)).unwrap();
        assert!(connections.enter(at(1)).is_none());
        drop(first);
        let third = connections.enter(at(1)).unwrap();
        let proxied: Vec<_> = (0..3).map(|_| connections.enter(at(9)).unwrap()).collect();
        assert!(connections.enter(at(2)).is_none(), "five in all");
        drop((second, third, proxied));
        assert_eq!(connections.count(), 0);
        assert!(lock(&connections.open).by_address.is_empty());
    }
}
