//! An open connection with what was read from it.

use super::Failure;
use super::head;
use super::stream::Stream;

/// Longest head of an answer, and longest line between chunks.
const LONGEST_HEAD: usize = 16 << 10;
/// Bytes that are read at once.
const PIECE: usize = 32 << 10;

/// A connection with what was read from it and not used yet.
#[derive(Debug)]
pub struct Open {
    pub(super) stream: Stream,
    pub(super) buffer: Vec<u8>,
    /// What of the buffer is used.
    pub(super) at: usize,
}

impl Open {
    /// Nothing was read yet.
    pub(super) fn new(stream: Stream) -> Open {
        Open { stream, buffer: Vec::new(), at: 0 }
    }

    /// Bytes that were read and not used.
    pub(super) fn waiting(&self) -> usize {
        self.buffer.len().saturating_sub(self.at)
    }

    /// Reads more; `false` at the end of the connection.
    pub(super) async fn fill(&mut self) -> Result<bool, Failure> {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        let before = self.buffer.len();
        self.buffer.resize(before + PIECE, 0);
        let room = self.buffer.get_mut(before..).unwrap_or_default();
        let read = self.stream.receive(room).await;
        self.buffer.truncate(before + *read.as_ref().unwrap_or(&0));
        Ok(read? > 0)
    }

    /// The bytes up to and with the end of a head.
    pub(super) async fn head(&mut self) -> Result<&[u8], Failure> {
        loop {
            let waiting = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(end) = head::end(waiting) {
                if end > LONGEST_HEAD {
                    return Err(Failure::NoHttp("its head is too long"));
                }
                let from = self.at;
                self.at += end;
                return Ok(self.buffer.get(from..from + end).unwrap_or_default());
            }
            if waiting.len() > LONGEST_HEAD {
                return Err(Failure::NoHttp("its head is too long"));
            }
            if !self.fill().await? {
                return Err(if self.waiting() == 0 { Failure::Cut } else { Failure::NoHttp("it has no whole head") });
            }
        }
    }

    /// A line without its end.
    async fn text_line(&mut self) -> Result<&[u8], Failure> {
        loop {
            let waiting = self.buffer.get(self.at..).unwrap_or_default();
            if let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let from = self.at;
                self.at += end + 1;
                let line = self.buffer.get(from..from + end).unwrap_or_default();
                return Ok(line.strip_suffix(b"\r").unwrap_or(line));
            }
            if waiting.len() > LONGEST_HEAD {
                return Err(Failure::NoHttp("a line of it is too long"));
            }
            if !self.fill().await? {
                return Err(Failure::Cut);
            }
        }
    }

    /// Bytes of the next chunk; 0 after the last one, when what stands behind it is read as well.
    pub(super) async fn chunk(&mut self) -> Result<u64, Failure> {
        let mut line = self.text_line().await?;
        if line.is_empty() {
            // The end of the chunk before.
            line = self.text_line().await?;
        }
        let size = head::chunk(line)?;
        if size == 0 {
            self.behind().await?;
        }
        Ok(size)
    }

    /// Reads what stands behind the last chunk.
    async fn behind(&mut self) -> Result<(), Failure> {
        let mut behind = 0;
        loop {
            match self.text_line().await?.len() {
                0 => return Ok(()),
                line => behind += line,
            }
            if behind > LONGEST_HEAD {
                return Err(Failure::NoHttp("a line of it is too long"));
            }
        }
    }
}
