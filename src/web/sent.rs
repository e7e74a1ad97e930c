//! A file on its way out: read piece by piece on threads that may wait for the disk, so that memory does not grow with it.

use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::BlockingError;
use actix_web::web::{self, Bytes};
use futures_core::Stream;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

type Reading<R> = Pin<Box<dyn Future<Output = Result<(R, io::Result<Vec<u8>>), BlockingError>>>>;

/// The body of an answer.
pub struct Sent<R>(Step<R>);

enum Step<R> {
    Waiting(R),
    Reading(Reading<R>),
    Over,
}

impl<R> Sent<R> {
    /// What is read from here to its end.
    pub fn of(from: R) -> Sent<R> {
        Sent(Step::Waiting(from))
    }
}

impl<R: Read + Send + Unpin + 'static> Stream for Sent<R> {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut reading = match std::mem::replace(&mut self.0, Step::Over) {
            Step::Over => return Poll::Ready(None),
            Step::Reading(reading) => reading,
            Step::Waiting(mut from) => Box::pin(web::block(move || {
                let mut piece = Vec::with_capacity(PIECE);
                let read = (&mut from).take(PIECE as u64).read_to_end(&mut piece).map(|_| piece);
                (from, read)
            })),
        };
        match reading.as_mut().poll(context) {
            Poll::Pending => {
                self.0 = Step::Reading(reading);
                Poll::Pending
            }
            Poll::Ready(Ok((from, Ok(piece)))) if !piece.is_empty() => {
                self.0 = Step::Waiting(from);
                Poll::Ready(Some(Ok(Bytes::from(piece))))
            }
            Poll::Ready(Ok((_, Ok(_)))) => Poll::Ready(None),
            // The connection breaks off: the reader sees that the file is not whole.
            Poll::Ready(Ok((_, Err(error)))) => Poll::Ready(Some(Err(error))),
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(io::Error::other(error)))),
        }
    }
}
