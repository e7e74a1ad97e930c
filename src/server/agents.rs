//! The agent endpoint's handlers: bytes in, bytes out. Nothing here redirects, and no failure is below 400.

use std::io::Read as _;

use actix_web::body::SizedStream;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{ServedUnder, Shared};
use crate::agent::{Answer, Caller, Content};
use crate::web::{BodyError, Sent, client_address, header_text, is_secure, read_body};

/// A POST of an agent, at the endpoint or, by mistake, at `/`.
pub(super) async fn post(request: HttpRequest, payload: web::Payload, shared: web::Data<Shared>) -> HttpResponse {
    let limits = &shared.parts.app.config.limits;
    // Slow bodies of many connections took memory that nobody counted (REL-16).
    let mut arriving = shared.parts.agents.incoming();
    let body = match read_body(&request, payload, limits.packed, limits, |bytes| arriving.grow(bytes)).await {
        Ok(body) => body,
        Err(BodyError::NoRoom) => return response(Answer::busy(), true),
        // What is left of the body is not read: the connection ends.
        Err(error) => return response(Answer::failure(error.status()), true),
    };
    let caller = Caller {
        address: client_address(&request, &shared.proxies),
        agent: header_text(&request, "user-agent").to_owned(),
        content_type: Some(header_text(&request, "content-type").to_owned()).filter(|text| !text.is_empty()),
        glpi: request.headers().contains_key("glpi-agent-id"),
        secure: is_secure(&request, &shared.proxies),
        served: request.conn_data::<ServedUnder>().map(|served| served.0),
    };
    // From here on it is counted together with what is made of it.
    drop(arriving);
    response(shared.parts.agents.post(body, caller).await, false)
}

/// A GET below the endpoint: files for launchers, the label.
pub(super) async fn get(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let tail = request.match_info().query("tail").to_owned();
    let agents = shared.parts.agents.clone();
    let file = web::block(move || agents.file(&tail)).await;
    match file {
        Ok(Ok(file)) => {
            let mut found = HttpResponse::Ok();
            found
                .insert_header((header::CONTENT_TYPE, "Application/octet-stream"))
                .insert_header((header::CACHE_CONTROL, file.cache_control))
                .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                .insert_header((header::CONTENT_DISPOSITION, "attachment"));
            match file.content {
                Content::Bytes(bytes) => found.body(bytes),
                Content::Disk(content, size) => found.body(SizedStream::new(size, Sent::of(content.take(size)))),
            }
        }
        Ok(Err(answer)) => response(answer, false),
        Err(_) => response(Answer::busy(), false),
    }
}

/// Any other method.
pub(super) async fn other() -> HttpResponse {
    response(Answer::failure(403), false)
}

fn response(answer: Answer, close: bool) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CONTENT_TYPE, answer.content_type));
    response.insert_header((header::CACHE_CONTROL, "no-cache"));
    if let Some(seconds) = answer.retry_after {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if close {
        response.force_close();
    }
    response.body(answer.body)
}
