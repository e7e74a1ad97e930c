//! REL-17: a panic in one request answers 500 with a number that is also in the log, and harms nothing else.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use crate::text;

/// A middleware that turns a panic into an answer.
pub async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // The request itself must not be held here: the router needs it alone.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    match caught(next.call(request)).await {
        Some(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        None => {
            let reference = logged(&method, &path);
            let text = format!("Something went wrong in the program. Reference: {reference}\n");
            let answer = HttpResponse::InternalServerError().content_type("text/plain; charset=utf-8").body(text);
            Err(InternalError::from_response("a panic", answer).into())
        }
    }
}

/// Runs work to its end; `None` when it panicked.
pub async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = Box::pin(work);
    let outcome = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
        Err(_) => Poll::Ready(None),
    });
    outcome.await
}

/// Writes into the log that a request panicked; answers the reference under which it stands there.
pub fn logged(method: &Method, path: &str) -> String {
    let reference = reference();
    tracing::error!(
        "a request failed by a fault in the program, reference {reference}: {method} {}",
        text::log_value(path)
    );
    reference
}

/// Eight letters and digits by which a fault is found in the log.
pub fn reference() -> String {
    let mut bytes = [0_u8; 4];
    // Without random numbers the reference is a poor one; the log still has the time.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
