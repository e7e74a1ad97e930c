//! `GET /ocsinventory/...`: files for launchers, and the label.
//!
//! Windows agents ask for `deploy/label` at their first start and show a question for the TAG when the answer
//! is below 400: without a label it must be a failure, and never a page. Source: agent protocol page, section 17.

use std::fs;

use super::{Agents, Answer};
use crate::deployment::launcher;
use crate::options::{DEPLOY, PROXY_REVALIDATE_DELAY};
use crate::store::Error;

/// A file to be sent.
#[derive(Debug)]
pub struct File {
    /// Its bytes.
    pub content: Content,
    /// The header Cache-control: a bare number, as the incumbent sends it.
    pub cache_control: String,
}

/// The bytes of a file.
#[derive(Debug)]
pub enum Content {
    /// At hand.
    Bytes(Vec<u8>),
    /// On the disk, this many.
    Disk(fs::File, u64),
}

impl Agents {
    /// What a GET below `/ocsinventory` is answered. `path` is what follows the endpoint's name, decoded.
    pub fn file(&self, path: &str) -> Result<File, Answer> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (Some("deploy"), Some(name), None) => self.deployed(name),
            (Some("update"), ..) => Err(Answer::failure(403)),
            _ => Err(Answer::failure(400)),
        }
    }

    fn deployed(&self, name: &str) -> Result<File, Answer> {
        let options = self.app.options.general();
        if !options.switch(DEPLOY) {
            return Err(Answer::failure(403));
        }
        match self.content(name) {
            Ok(Some(content)) => {
                Ok(File { content, cache_control: options.number(PROXY_REVALIDATE_DELAY).to_string() })
            }
            Ok(None) => Err(Answer::failure(400)),
            Err(_) => Err(Answer::failure(500)),
        }
    }

    fn content(&self, name: &str) -> Result<Option<Content>, Error> {
        let read = self.app.store.read()?;
        if let Some(bytes) = launcher::file(&read, name)? {
            return Ok(Some(Content::Bytes(bytes)));
        }
        match self.app.agent_files.open(&read, name) {
            Ok(found) => Ok(found.map(|(file, content)| Content::Disk(content, file.size))),
            Err(error) => {
                tracing::error!("the agent file `{name}` cannot be sent: {error}");
                Err(Error::Unavailable(error.to_string()))
            }
        }
    }
}
