//! Which address leads where; the same on HTTP and HTTPS.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};

use super::{Shared, agents, site};
use crate::{console, download};

/// Browsers take an answer for what it says it is.
const NOSNIFF: (header::HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// Every route.
pub(super) fn all(config: &mut ServiceConfig) {
    for path in ["/ocsinventory", "/ocsinventory/{tail:.*}"] {
        config.service(
            web::resource(path)
                .route(web::post().to(agents::post))
                .route(web::get().to(agents::get))
                .default_service(web::to(agents::other)),
        );
    }
    config
        .configure(console::configure)
        .configure(download::configure)
        .service(web::resource("/cacert.pem").route(web::get().to(authority)))
        // Agents whose address lacks the endpoint's name post here; people are shown the way.
        .service(web::resource("/").route(web::post().to(agents::post)).route(web::get().to(front_door)))
        .default_service(web::to(nothing));
}

/// Every route of a second site.
pub(super) fn site(config: &mut ServiceConfig) {
    config
        .configure(download::configure)
        .service(web::resource("/cacert.pem").route(web::get().to(authority)))
        .service(web::resource("/ocsreports/health").route(web::get().to(site::health)))
        .service(web::resource("/").route(web::get().to(site::front_door)))
        .default_service(web::to(site::elsewhere));
}

async fn front_door() -> impl Responder {
    let to = (header::LOCATION, "/ocsreports/");
    HttpResponse::Found().insert_header(to).insert_header(NOSNIFF).finish()
}

/// What agents and browsers need to trust this server.
async fn authority(shared: web::Data<Shared>) -> HttpResponse {
    match shared.parts.tls.as_ref().map(|tls| tls.authority_pem()).filter(|pem| !pem.is_empty()) {
        Some(pem) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/x-pem-file"))
            .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"cacert.pem\""))
            .insert_header(NOSNIFF)
            .body(pem),
        None => not_found("There is no certificate yet.\n"),
    }
}

async fn nothing() -> HttpResponse {
    not_found("Not found.\n")
}

fn not_found(text: &'static str) -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").insert_header(NOSNIFF).body(text)
}
