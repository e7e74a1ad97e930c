//! The HTTPS listener. It is composed as actix-web's own is, but what a handshake came to is told with the address, which
//! actix-web drops (CON-AGT-3).

use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::{HttpService, Protocol, Request};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, map_config};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, AcceptorService};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Response, Server};
use actix_web::rt::net::TcpStream;
use rustls::ServerConfig;

use super::watched::{Secured, Teller, Watched};
use super::{GRACE, workers};
use crate::app::App;
use crate::limits::Limits;
use crate::net;
use crate::tls::failed;
use crate::web::{Connections, Secure};

/// How long the end of a connection may take; actix-web's usual time.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the listener is made with.
pub(super) struct Setup {
    pub(super) app: Arc<App>,
    pub(super) config: ServerConfig,
    pub(super) connections: Connections,
    /// The mark of the authority under which a connection is served.
    pub(super) mark: Arc<dyn Fn(&mut Extensions) + Send + Sync>,
}

/// Makes the server of an open port. The bounds are those of the HTTP listener.
///
/// # Errors
/// Those of the system.
pub(super) fn listen<F, I, S, B>(listener: TcpListener, factory: F, setup: Setup) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let Setup { app, config, connections, mark } = setup;
    let limits: Limits = app.config.limits.clone();
    let builder = Server::build()
        .workers(workers())
        .max_concurrent_connections(limits.connections)
        .shutdown_timeout(GRACE)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let mut acceptor = Acceptor::new(config);
    acceptor.set_handshake_timeout(limits.head_time);
    let name = format!("https-{}", listener.local_addr()?);
    let builder = builder.listen(name, listener, move || {
        let (stopping, mark) = (stopping.clone(), mark.clone());
        let routes = factory().into_factory().map_err(|error: S::Error| error.into().error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(limits.keep_alive)
            .client_request_timeout(limits.head_time)
            .client_disconnect_timeout(GOODBYE)
            .on_connect_ext(move |connection: &Secured, extensions: &mut Extensions| {
                if let Some(ticket) = connection.ticket() {
                    extensions.insert(ticket);
                }
                extensions.insert(Secure);
                mark(extensions);
            })
            .finish(map_config(routes, |()| AppConfig::default()));
        let greeting = Greeting { app: app.clone(), connections: connections.clone(), acceptor: acceptor.clone() };
        greeting.and_then(http.map_err(drop))
    })?;
    Ok(builder.run())
}

/// Makes [`Greeter`]s, one for each worker.
struct Greeting {
    app: Arc<App>,
    connections: Connections,
    acceptor: Acceptor,
}

impl ServiceFactory<TcpStream> for Greeting {
    type Response = (Secured, Protocol, Option<SocketAddr>);
    type Error = ();
    type Config = ();
    type Service = Greeter;
    type InitError = ();
    type Future = Ready<Result<Greeter, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let accepting = ServiceFactory::<Watched>::new_service(&self.acceptor, ());
        let (app, connections) = (self.app.clone(), self.connections.clone());
        ready(accepting.into_inner().map(|acceptor| Greeter { app, connections, acceptor }))
    }
}

/// Does handshakes, as many at once as actix-tls allows, and tells of those that fail. A connection is counted from
/// before its handshake on: one address that says nothing must not keep all others waiting.
struct Greeter {
    app: Arc<App>,
    connections: Connections,
    acceptor: AcceptorService,
}

impl Service<TcpStream> for Greeter {
    type Response = (Secured, Protocol, Option<SocketAddr>);
    type Error = ();
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ()>>>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Service::<Watched>::poll_ready(&self.acceptor, cx).map_err(drop)
    }

    fn call(&self, stream: TcpStream) -> Self::Future {
        // Who is gone already, or one too many.
        let peer = stream.peer_addr().ok();
        let Some((peer, ticket)) = peer.and_then(|peer| Some((peer, self.connections.enter(peer.ip())?))) else {
            return Box::pin(ready(Err(())));
        };
        let teller = Teller::new(self.app.clone(), net::canonical(peer.ip()));
        let (watched, progress) = Watched::of(stream);
        let shaking = self.acceptor.call(watched);
        Box::pin(async move {
            match shaking.await {
                Ok(stream) => Ok((Secured::new(stream, teller, ticket), Protocol::Http1, Some(peer))),
                Err(error) => {
                    teller.failed(match &error {
                        TlsError::Tls(error) => failed::of_error(error, &progress.get()),
                        TlsError::Timeout => failed::of_silence(&progress.get()),
                        TlsError::Service(never) => match *never {},
                    });
                    Err(())
                }
            }
        })
    }
}
