//! REL-17: a panic in one request answers 500 with a number that is also in the log, and harms nothing else.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

/// A middleware that turns a panic into an answer.
pub async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let head = request.request().clone();
    let mut work = Box::pin(next.call(request));
    let outcome = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
        Err(_) => Poll::Ready(None),
    });
    match outcome.await {
        Some(answer) => answer.map(ServiceResponse::map_into_boxed_body),
        None => {
            let reference = reference();
            tracing::error!(
                "a request failed by a fault in the program, reference {reference}: {} {}",
                head.method(),
                head.path()
            );
            let text = format!("Something went wrong in the program. Reference: {reference}\n");
            let answer = HttpResponse::InternalServerError().content_type("text/plain; charset=utf-8").body(text);
            Ok(ServiceResponse::new(head, answer))
        }
    }
}

/// Eight letters and digits by which a fault is found in the log.
pub fn reference() -> String {
    let mut bytes = [0_u8; 4];
    // Without random numbers the reference is a poor one; the log still has the time.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
