//! Who the main server is: its address, the authority that its certificate comes from, the token.
//!
//! The authority is given as a file (the main server's `cacert.pem`), never taken from the network at first use: the
//! token would be sent to whoever answers. Once the main server is known, its `cacert.pem` is fetched from it at each
//! round, so that a change of its authority passes by itself.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::clock::Clock;
use crate::config::MainAddress;
use crate::deployment::replicas::is_token;
use crate::proof::client::{Client, Origin, Times};

/// A token that stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token as it was typed, without blanks around; `None` when it is none.
    pub fn of(text: &str) -> Option<Token> {
        let text = text.trim();
        is_token(text).then(|| Token(text.to_owned()))
    }

    /// The token, to be sent or kept.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The main server.
#[derive(Debug, Clone)]
pub struct MainServer {
    /// Whom to ask.
    pub origin: Origin,
    /// Who asks.
    pub token: Token,
    /// Authorities that its certificate may come from, as PEM.
    pub trusted: String,
    /// Connects to it.
    pub client: Client,
    clock: Clock,
}

impl MainServer {
    /// The main server at an address. Nothing is connected.
    ///
    /// # Errors
    /// A sentence: `trusted` holds no certificate that can be used.
    pub fn new(address: &MainAddress, token: Token, trusted: String, clock: Clock) -> Result<MainServer, String> {
        let origin = Origin { secure: true, host: address.host.clone(), port: address.port };
        let client = Client::new(&trusted, clock.clone(), Times::default())?;
        Ok(MainServer { origin, token, trusted, client, clock })
    }

    /// Trusts these authorities from now on, if the text holds any; answers whether that is another text than before.
    pub fn trust(&mut self, pem: &str) -> bool {
        if self.trusted == pem || !pem.contains("-----BEGIN CERTIFICATE-----") {
            return false;
        }
        let Ok(client) = Client::new(pem, self.clock.clone(), Times::default()) else { return false };
        self.client = client;
        self.trusted = pem.to_owned();
        true
    }
}

/// Keeps a text as [`keep`] does, unless it is kept already; whether it was another one.
///
/// # Errors
/// Those of the disk.
pub fn keep_changed(path: &Path, text: &str) -> io::Result<bool> {
    let changed = fs::read_to_string(path).ok().as_deref() != Some(text);
    if changed {
        keep(path, text)?;
    }
    Ok(changed)
}

/// Writes the main server's authorities, or what else only this program may read, all or nothing.
///
/// # Errors
/// Those of the disk.
pub fn keep(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown_by_mistake() {
        let text = crate::deployment::replicas::token().unwrap();
        let token = Token::of(&format!(" {text}\n")).unwrap();
        assert_eq!((token.reveal(), format!("{token:?}").as_str()), (text.as_str(), "Token"));
        assert_eq!(Token::of("secret"), None);
    }
}
