//! An answer: its head, and its body piece by piece.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::head::{Head, Length};
use super::open::Open;
use super::{Failure, Line, Stage, Times};

/// What is left of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Bytes(u64),
    /// So many bytes of a chunk.
    InChunk(u64),
    /// The line that begins a chunk.
    Chunk,
    ToTheEnd,
}

/// The head of an answer, and its body to be read.
#[derive(Debug)]
pub struct Answer<'l> {
    /// The status.
    pub status: u16,
    /// Bytes of the body, where that is said before.
    pub length: Option<u64>,
    /// Where the body begins in the file, when it is only a part (206).
    pub from: Option<u64>,
    /// Where a redirection leads.
    pub location: Option<String>,
    line: &'l mut Line,
    open: Option<Open>,
    left: Left,
    keep: bool,
    times: Times,
    begun: Instant,
    read: u64,
}

impl<'l> Answer<'l> {
    /// The answer with this head, whose body comes over a connection of a line.
    pub(super) fn new(line: &'l mut Line, open: Open, head: Head) -> Answer<'l> {
        let left = match head.length {
            _ if matches!(head.status, 204 | 304) => Left::Nothing,
            Length::Known(0) => Left::Nothing,
            Length::Known(length) => Left::Bytes(length),
            Length::Chunks => Left::Chunk,
            Length::ToTheEnd => Left::ToTheEnd,
        };
        let length = match (left, head.length) {
            (Left::Nothing, _) => Some(0),
            (_, Length::Known(length)) => Some(length),
            _ => None,
        };
        Answer {
            status: head.status,
            length,
            from: head.from,
            location: head.location,
            times: line.client.times,
            line,
            open: Some(open),
            left,
            keep: head.keep,
            begun: Instant::now(),
            read: 0,
        }
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn piece(&mut self) -> Result<Option<&[u8]>, Failure> {
        let Times { quiet, slowest, .. } = self.times;
        let patience = quiet.saturating_add(Duration::from_secs(self.read / slowest.max(1)));
        if self.begun.elapsed() > patience {
            return Err(Failure::Silent(Stage::Body));
        }
        let taken = match timeout(quiet, self.take()).await {
            Err(_) => Err(Failure::Silent(Stage::Body)),
            Ok(taken) => taken,
        }?;
        let Some((at, length)) = taken else {
            if let Some(open) = self.open.take().filter(|_| self.keep) {
                self.line.open = Some(open);
            }
            return Ok(None);
        };
        self.read += length as u64;
        Ok(self.open.as_ref().and_then(|open| open.buffer.get(at..at + length)))
    }

    /// Where the next bytes stand in the buffer, and how many.
    async fn take(&mut self) -> Result<Option<(usize, usize)>, Failure> {
        let Some(open) = self.open.as_mut() else { return Ok(None) };
        if self.left == Left::Chunk {
            self.left = match open.chunk().await? {
                0 => Left::Nothing,
                length => Left::InChunk(length),
            };
        }
        let most = match self.left {
            Left::Nothing | Left::Chunk => return Ok(None),
            Left::Bytes(most) | Left::InChunk(most) => most,
            Left::ToTheEnd => u64::MAX,
        };
        if open.waiting() == 0 && !open.fill().await? {
            return match self.left {
                Left::ToTheEnd => Ok(None),
                _ => Err(Failure::Cut),
            };
        }
        let length = open.waiting().min(usize::try_from(most).unwrap_or(usize::MAX));
        let at = open.at;
        open.at += length;
        let rest = most - length as u64;
        self.left = match self.left {
            Left::Bytes(_) if rest == 0 => Left::Nothing,
            Left::Bytes(_) => Left::Bytes(rest),
            Left::InChunk(_) if rest == 0 => Left::Chunk,
            Left::InChunk(_) => Left::InChunk(rest),
            other => other,
        };
        Ok(Some((at, length)))
    }

    /// The whole body, of so many bytes at most.
    ///
    /// # Errors
    /// [`Failure`]
    pub async fn whole(mut self, most: usize) -> Result<Vec<u8>, Failure> {
        let too_long = Failure::TooLong(most as u64);
        if self.length.is_some_and(|length| length > most as u64) {
            return Err(too_long);
        }
        let mut body = Vec::new();
        while let Some(piece) = self.piece().await? {
            if body.len() + piece.len() > most {
                return Err(too_long);
            }
            body.extend_from_slice(piece);
        }
        Ok(body)
    }
}
