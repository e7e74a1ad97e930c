//! The listeners: HTTP and HTTPS with the same routes, bounds on connections, start and stop.
//!
//! Each listener is a server of its own, so that one whose port is taken can be tried again while the other
//! works.

mod agents;
mod listen;
mod routes;
mod secure;
mod site;
mod watched;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::{Extensions, ServerHandle};
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{HttpServer, web};

use crate::agent::Agents;
use crate::app::App;
use crate::config::Config;
use crate::console::Console;
use crate::console::pages::setup::PortState;
use crate::download::Downloads;
use crate::net::Networks;
use crate::replica::Status;
use crate::tls::Tls;
use crate::web::{Connections, catch_panics};

use secure::Setup;

pub use listen::{ListenError, Listener};

/// What the listeners serve.
#[derive(Clone)]
pub struct Parts {
    /// The application.
    pub app: Arc<App>,
    /// The agent endpoint.
    pub agents: Arc<Agents>,
    /// Certificates; `None` when they cannot be used, and then only HTTP is served.
    pub tls: Option<Arc<Tls>>,
    /// The console.
    pub console: Arc<Console>,
    /// This is a second site: packages are served and nothing else.
    pub site: Option<Arc<Status>>,
}

/// What each worker of a listener shares with the others.
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    pub(crate) proxies: Arc<Networks>,
}

/// A port on which requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The address.
    pub address: SocketAddr,
    /// It speaks HTTPS.
    pub secure: bool,
}

/// The authority under which a connection was served.
#[derive(Clone, Copy)]
struct ServedUnder(u64);

/// Running listeners.
#[derive(Clone)]
pub struct Running(Arc<Inner>);

struct Inner {
    bound: Mutex<Vec<Bound>>,
    handles: Mutex<Vec<ServerHandle>>,
    stopping: tokio::sync::watch::Sender<bool>,
    connections: Connections,
    /// One for all listeners: what one has read from the disk the others have in memory.
    downloads: web::Data<Downloads>,
}

/// Pause before a taken port is tried again.
const RETRY: Duration = Duration::from_secs(10);
/// How long running requests may take to end.
const GRACE: u64 = 10;

/// Starts the listeners. A port that is taken is tried again every ten seconds; everything else that goes wrong
/// at the start is an error.
pub fn start(parts: Parts) -> Result<Running, ListenError> {
    let proxies = Arc::new(parts.app.config.trusted_proxies());
    let connections = Connections::new(&parts.app.config.limits, proxies.clone());
    let downloads = web::Data::new(Downloads::new(parts.app.clone(), proxies.clone()));
    let (stopping, _) = tokio::sync::watch::channel(false);
    let running = Running(Arc::new(Inner {
        bound: Mutex::default(),
        handles: Mutex::default(),
        stopping,
        connections,
        downloads,
    }));
    let wanted = [(false, parts.app.config.http.clone()), (true, parts.app.config.https.clone())];
    for (secure, listen) in wanted {
        if secure && parts.tls.is_none() {
            continue;
        }
        for target in listen::targets(&listen, secure) {
            match listen::bind(&target) {
                Ok(listener) => running.serve(&parts, &proxies, listener, secure)?,
                Err(busy @ ListenError::InUse { address, .. }) => {
                    tracing::error!("{busy}");
                    parts.console.note_port(address, secure, PortState::Busy);
                    tokio::spawn(running.clone().retry(parts.clone(), proxies.clone(), target, secure));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(running)
}

/// Opens the ports of the settings and lets them go again.
///
/// # Errors
/// The first one that cannot be opened.
pub fn try_ports(config: &Config) -> Result<(), ListenError> {
    let targets = [(&config.http, false), (&config.https, true)].map(|(at, secure)| listen::targets(at, secure));
    // Open together, so that one port for both is found as well.
    targets.iter().flatten().map(listen::bind).collect::<Result<Vec<_>, _>>().map(drop)
}

/// Threads that speak with the outside, for each listener.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8)
}

impl Running {
    /// Where requests are answered now.
    pub fn bound(&self) -> Vec<Bound> {
        self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.0.connections.count()
    }

    /// Stops accepting, waits for running requests (10 s at most), and ends. `graceful` false skips the waiting.
    pub async fn stop(&self, graceful: bool) {
        self.0.stopping.send_replace(true);
        let handles: Vec<ServerHandle> =
            self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        let stops: Vec<_> = handles.iter().map(|handle| tokio::spawn(handle.stop(graceful))).collect();
        for stop in stops {
            let _ = stop.await;
        }
    }

    async fn retry(self, parts: Parts, proxies: Arc<Networks>, target: Listener, secure: bool) {
        let mut stopping = self.0.stopping.subscribe();
        loop {
            tokio::select! {
                _ = tokio::time::sleep(RETRY) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            match listen::bind(&target) {
                Ok(listener) => match self.serve(&parts, &proxies, listener, secure) {
                    Ok(()) => return tracing::info!("the port is free now: listening on {}", target.shown()),
                    Err(error) => return tracing::error!("{error}"),
                },
                Err(ListenError::InUse { .. }) => {}
                Err(error) => return tracing::error!("{error}"),
            }
        }
    }

    fn serve(
        &self,
        parts: &Parts,
        proxies: &Arc<Networks>,
        listener: std::net::TcpListener,
        secure: bool,
    ) -> Result<(), ListenError> {
        let failed = |source| ListenError::Start { source };
        let address = listener.local_addr().map_err(failed)?;
        let limits = parts.app.config.limits.clone();
        let shared = web::Data::new(Shared { parts: parts.clone(), proxies: proxies.clone() });
        let console = web::Data::from(parts.console.clone());
        let downloads = self.0.downloads.clone();
        let connections = self.0.connections.clone();
        let routes = if parts.site.is_some() { routes::site } else { routes::all };
        let factory = move || {
            actix_web::App::new()
                .app_data(shared.clone())
                .app_data(console.clone())
                .app_data(downloads.clone())
                .wrap(from_fn(catch_panics))
                .wrap(NormalizePath::new(TrailingSlash::MergeOnly))
                .configure(routes)
        };
        let server = match (&parts.tls, secure) {
            (Some(tls), true) => {
                let config = tls.config().as_ref().clone();
                let tls = tls.clone();
                let mark = move |extensions: &mut Extensions| {
                    if let Some(mark) = tls.mark() {
                        extensions.insert(ServedUnder(mark));
                    }
                };
                let setup = Setup { app: parts.app.clone(), config, connections, mark: Arc::new(mark) };
                secure::listen(listener, factory, setup).map_err(failed)?
            }
            _ => HttpServer::new(factory)
                .on_connect(move |connection, extensions| {
                    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
                        connections.accepted(stream, extensions);
                    }
                })
                .workers(workers())
                .max_connections(limits.connections)
                .keep_alive(limits.keep_alive)
                .client_request_timeout(limits.head_time)
                .shutdown_timeout(GRACE)
                .disable_signals()
                .listen(listener)
                .map_err(failed)?
                .run(),
        };
        self.0.handles.lock().unwrap_or_else(PoisonError::into_inner).push(server.handle());
        self.0.bound.lock().unwrap_or_else(PoisonError::into_inner).push(Bound { address, secure });
        parts.console.note_port(address, secure, PortState::Ours);
        tokio::spawn(server);
        Ok(())
    }
}
