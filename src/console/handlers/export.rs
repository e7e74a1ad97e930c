//! An answer that is a long file: made part by part while it is sent, so that memory stays flat however long it is.
//!
//! Each part is made on a thread that may wait, and only when the reader has taken the one before: a slow reader holds
//! no thread and no lock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::BlockingError;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use futures_core::Stream;

/// Makes the next part of a file; `None` at its end.
pub trait Parts: Send + Unpin + 'static {
    /// The next part.
    fn next(&mut self) -> Option<String>;
}

/// A short file in one part.
pub struct Whole(pub Option<String>);

impl Parts for Whole {
    fn next(&mut self) -> Option<String> {
        self.0.take()
    }
}

/// A part that is being made, and its maker back.
type Making<P> = Pin<Box<dyn Future<Output = Result<(P, Option<String>), BlockingError>>>>;

enum Written<P> {
    Waiting(P),
    Making(Making<P>),
    Over,
}

impl<P: Parts> Stream for Written<P> {
    type Item = Result<web::Bytes, BlockingError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut making = match std::mem::replace(&mut *self, Written::Over) {
            Written::Over => return Poll::Ready(None),
            Written::Making(making) => making,
            Written::Waiting(mut parts) => Box::pin(web::block(move || {
                let part = parts.next();
                (parts, part)
            })),
        };
        match making.as_mut().poll(context) {
            Poll::Pending => {
                *self = Written::Making(making);
                Poll::Pending
            }
            Poll::Ready(Ok((parts, Some(part)))) => {
                *self = Written::Waiting(parts);
                Poll::Ready(Some(Ok(web::Bytes::from(part))))
            }
            Poll::Ready(Ok((_, None))) => Poll::Ready(None),
            // The connection breaks off: the reader sees that the file is not whole.
            Poll::Ready(Err(error)) => Poll::Ready(Some(Err(error))),
        }
    }
}

/// A CSV file to be saved under this name, which is one of ours.
pub fn csv(name: &str, parts: impl Parts) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(Written::Waiting(parts))
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    struct Counted(u32);

    impl Parts for Counted {
        fn next(&mut self) -> Option<String> {
            assert!(self.0 != 9, "on purpose");
            self.0 += 1;
            (self.0 <= 3).then(|| format!("part {}\r\n", self.0))
        }
    }

    #[actix_web::test]
    async fn all_parts_arrive_in_order_and_a_fault_breaks_it_off() {
        let whole = csv("list.csv", Counted(0));
        assert_eq!(whole.headers().get("content-disposition").unwrap(), "attachment; filename=\"list.csv\"");
        assert_eq!(to_bytes(whole.into_body()).await.unwrap(), "part 1\r\npart 2\r\npart 3\r\n");
        assert!(to_bytes(csv("list.csv", Counted(9)).into_body()).await.is_err());
    }
}
