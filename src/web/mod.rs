//! What the endpoints share: who is at the other end, bodies within their bounds, connections within theirs,
//! and a panic that costs one request only.

mod body;
mod connections;
mod panics;
mod patience;
mod places;
mod sent;
mod upload;

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::net::{self, Networks};

pub use body::{BodyError, read_body};
pub use connections::{Connections, Ticket};
pub use panics::{catch_panics, caught, logged, reference};
pub use patience::Patience;
pub use places::{Place, Places};
pub use sent::Sent;
pub use upload::{Allowed, Disk, Upload, UploadError, UploadedFile, read_parts, read_upload, sweep};
pub(crate) use upload::{PORTION, broken, printable};

/// The address that a request came from: the peer's, or what a trusted proxy says.
pub fn client_address(request: &HttpRequest, proxies: &Networks) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    // Of several headers the last one was added by the nearest proxy.
    let forwarded = request.headers().get_all(header::X_FORWARDED_FOR).last().and_then(|value| value.to_str().ok());
    Some(net::client(peer, forwarded, proxies))
}

/// A connection that is spoken over TLS with this server itself: among what the server knows of it.
pub struct Secure;

/// Whether the request came over TLS, to us or to a trusted proxy that says so.
pub fn is_secure(request: &HttpRequest, proxies: &Networks) -> bool {
    let by_proxy = || {
        request.peer_addr().is_some_and(|peer| proxies.contains(net::canonical(peer.ip())))
            && request
                .headers()
                .get("x-forwarded-proto")
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"))
    };
    request.conn_data::<Secure>().is_some() || by_proxy()
}

/// The text of a header; empty when it is missing or no text.
pub fn header_text<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
