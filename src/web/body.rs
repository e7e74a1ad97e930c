//! Reading the body of a request within bounds of size and time.
//!
//! The framework has no time limit for bodies of its own.

use std::pin::pin;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use futures_core::Stream;
use tokio::time::Instant;

use crate::limits::Limits;

/// Bytes of a body that are not asked for: a PROLOG must come in whatever else does.
const FREE: usize = 16 << 10;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than allowed, or says so of itself.
    TooLarge,
    /// It came too slowly.
    TooSlow,
    /// The connection ended inside it.
    Broken,
    /// All bodies that are arriving take too much memory.
    NoRoom,
}

impl BodyError {
    /// The status that says so.
    pub fn status(self) -> u16 {
        match self {
            BodyError::TooLarge => 413,
            BodyError::TooSlow => 408,
            BodyError::Broken => 400,
            BodyError::NoRoom => 503,
        }
    }
}

/// Reads a whole body of at most `most` bytes.
///
/// The time allowed grows with what has arrived: `Limits::body_time`, and a second more for each KiB, at most
/// `Limits::body_time_most`. Memory is reserved for what arrives, never for what a header claims: `hold` is asked for it
/// beyond what every request may take.
pub async fn read_body(
    request: &HttpRequest,
    payload: Payload,
    most: usize,
    limits: &Limits,
    mut hold: impl FnMut(usize) -> bool,
) -> Result<Vec<u8>, BodyError> {
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > most as u64) {
        return Err(BodyError::TooLarge);
    }
    let begun = Instant::now();
    let mut body: Vec<u8> = Vec::new();
    let mut payload = pin!(payload.into_inner());
    loop {
        let until = begun + allowed(body.len(), limits);
        let next = std::future::poll_fn(|context| payload.as_mut().poll_next(context));
        match tokio::time::timeout_at(until, next).await {
            Err(_) => return Err(BodyError::TooSlow),
            Ok(None) => return Ok(body),
            Ok(Some(Err(_))) => return Err(BodyError::Broken),
            Ok(Some(Ok(chunk))) => {
                if body.len().saturating_add(chunk.len()) > most {
                    return Err(BodyError::TooLarge);
                }
                let held = body.len().max(FREE);
                let wanted = (body.len() + chunk.len()).saturating_sub(held);
                if wanted > 0 && !hold(wanted) {
                    return Err(BodyError::NoRoom);
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}

fn allowed(bytes: usize, limits: &Limits) -> Duration {
    (limits.body_time + Duration::from_secs(bytes as u64 / 1024)).min(limits.body_time_most)
}
