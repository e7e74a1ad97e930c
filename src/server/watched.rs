//! Streams that tell how far they went: below TLS during the handshake, above it until the first byte of a request.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::app::App;
use crate::tls::failed::{self, Failed, Progress};
use crate::web::Ticket;

/// Who takes the certificate and finds another name in it leaves within so long; a browser that keeps a connection in
/// reserve stays longer.
const AT_ONCE: Duration = Duration::from_secs(2);

/// A TCP connection that counts what went through it.
pub(super) struct Watched {
    stream: TcpStream,
    progress: Rc<Cell<Progress>>,
}

impl Watched {
    /// Of a new connection. The other half sees its progress, also after it is gone.
    pub(super) fn of(stream: TcpStream) -> (Watched, Rc<Cell<Progress>>) {
        let progress = Rc::new(Cell::default());
        (Watched { stream, progress: progress.clone() }, progress)
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.progress.get();
        change(&mut progress);
        self.progress.set(progress);
    }

    fn went(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &done {
            self.note(|progress| progress.went(*bytes));
        }
        done
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let done = Pin::new(&mut this.stream).poll_read(cx, buf);
        let came = buf.filled().get(before..).unwrap_or_default();
        if !came.is_empty() {
            this.note(|progress| progress.came(came));
        }
        done
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.went(done)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let done = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.went(done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl ActixStream for Watched {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.stream, cx)
    }
}

/// Tells what became of connections.
pub(super) struct Teller {
    app: Arc<App>,
    peer: IpAddr,
}

impl Teller {
    /// For connections of an address.
    pub(super) fn new(app: Arc<App>, peer: IpAddr) -> Teller {
        Teller { app, peer }
    }

    /// A connection came to nothing, when there is a reason.
    pub(super) fn failed(&self, reason: Option<Failed>) {
        if let Some(reason) = reason {
            self.app.handshakes.failed(self.peer, reason, self.app.clock.now());
        }
    }

    fn worked(&self) {
        self.app.handshakes.worked(self.peer, self.app.clock.now());
    }
}

/// A connection whose handshake is done. It is watched until the first byte of a request.
pub(super) struct Secured {
    stream: TlsStream<Watched>,
    /// Who is told of the first byte, and when the handshake was done; `None` once that was told.
    first: Cell<Option<(Teller, Duration)>>,
    /// It is counted as long as this lives.
    ticket: Cell<Option<Ticket>>,
}

impl Secured {
    /// Of a connection whose handshake was done just now.
    pub(super) fn new(stream: TlsStream<Watched>, teller: Teller, ticket: Ticket) -> Secured {
        let done = teller.app.clock.elapsed();
        Secured { stream, first: Cell::new(Some((teller, done))), ticket: Cell::new(Some(ticket)) }
    }

    /// What it is counted by, to be kept with what the server knows of the connection.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        self.ticket.take()
    }

    /// The server closes it by itself: that says nothing about the other side.
    fn give_up(&self) {
        self.first.set(None);
    }

    /// Tells what the first reading means.
    fn tell(&self, done: &Poll<io::Result<()>>, came: bool) {
        let Poll::Ready(done) = done else { return };
        let Some((teller, since)) = self.first.take() else { return };
        let at_once = teller.app.clock.elapsed().saturating_sub(since) <= AT_ONCE;
        let progress = self.stream.get_ref().0.progress.get();
        match done {
            Ok(()) if came => teller.worked(),
            // The alert of a client that finishes the handshake before it looks.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                teller.failed(failed::of_error(error, &progress));
            }
            _ if at_once => teller.failed(Some(Failed::Left)),
            _ => {}
        }
    }
}

impl AsyncRead for Secured {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let done = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.tell(&done, buf.filled().len() > before);
        done
    }
}

impl AsyncWrite for Secured {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // What is read from here on was closed by this side first.
        this.give_up();
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
