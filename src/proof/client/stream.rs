//! A connection with or without TLS.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::Failure;

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Encrypted.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Sends all of it.
    ///
    /// # Errors
    /// [`Failure::Cut`]
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let sent = match self {
            Stream::Plain(stream) => stream.write_all(bytes).await,
            Stream::Tls(stream) => match stream.write_all(bytes).await {
                Ok(()) => stream.flush().await,
                Err(error) => Err(error),
            },
        };
        sent.map_err(|error| failed(&error))
    }

    /// Bytes that came; 0 at the end.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn receive(&mut self, room: &mut [u8]) -> Result<usize, Failure> {
        let read = match self {
            Stream::Plain(stream) => stream.read(room).await,
            Stream::Tls(stream) => stream.read(room).await,
        };
        read.map_err(|error| failed(&error))
    }
}

fn failed(error: &io::Error) -> Failure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => Failure::Tls(error.to_string()),
        None => Failure::Cut,
    }
}
