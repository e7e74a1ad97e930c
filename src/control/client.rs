//! The command line's side.

use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::frame::{self, FrameError};
use super::{Answer, Hello, LANGUAGE, Place, Request, file};

/// The door is on this machine: who does not answer at once is not there.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to the running server.
#[derive(Debug)]
pub struct Client {
    connection: TcpStream,
}

/// Why a running server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file is there and cannot be read: it belongs to another account, mostly.
    #[error("cannot read `{}`: {source}", path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server refuses.
    #[error("the running server refuses: {0}")]
    Refused(String),
    /// The connection.
    #[error("the running server does not answer")]
    Frame(#[from] FrameError),
}

impl Client {
    /// Looks for the server that uses a data folder; `None` when none runs.
    ///
    /// # Errors
    /// One runs, or seems to, and cannot be asked.
    pub fn find(data: &Path) -> Result<Option<Client>, ClientError> {
        let path = file(data);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            // Neither is there a server in a folder that is none.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(source) => return Err(ClientError::Place { path, source }),
        };
        let place: Place = serde_json::from_slice(&text)
            .map_err(|error| ClientError::Place { path: path.clone(), source: io::Error::other(error) })?;
        // What a crash left behind leads nowhere.
        if !place.address.ip().is_loopback() {
            return Ok(None);
        }
        let Ok(mut connection) = TcpStream::connect_timeout(&place.address, PATIENCE) else { return Ok(None) };
        let set = connection.set_nodelay(true).and_then(|()| connection.set_read_timeout(Some(PATIENCE)));
        set.map_err(FrameError::Lost)?;
        frame::write(&mut connection, &Hello { token: place.token, language: LANGUAGE })?;
        match frame::read(&mut connection, frame::FIRST)? {
            Answer::Refused(why) => Err(ClientError::Refused(why)),
            _ => {
                // From here on it may take as long as it takes.
                connection.set_read_timeout(None).map_err(FrameError::Lost)?;
                Ok(Some(Client { connection }))
            }
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// The server ended meanwhile.
    pub fn ask(&mut self, request: &Request) -> Result<Answer, ClientError> {
        frame::write(&mut self.connection, request)?;
        Ok(frame::read(&mut self.connection, frame::MOST)?)
    }
}
