//! The list of packages for second sites, which show the token that the console made for them.
//!
//! Over HTTPS only. What a site says about itself in the address is noted; fragments are fetched as agents fetch them.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::{Downloads, said};
use crate::clock::Timestamp;
use crate::deployment::offer;
use crate::deployment::replicas::{self, Call, Trouble};
use crate::store::Error;
use crate::text::log_value;
use crate::web::{client_address, header_text, is_secure};

/// Answers with the list.
pub async fn list(request: HttpRequest, downloads: web::Data<Downloads>) -> HttpResponse {
    if !is_secure(&request, &downloads.proxies) {
        return said(StatusCode::FORBIDDEN, "The list of packages is sent over HTTPS only.\n");
    }
    let token = header_text(&request, "authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let address = client_address(&request, &downloads.proxies).map(|address| address.to_string()).unwrap_or_default();
    let (lacks, trouble) = replicas::said(request.query_string());
    let app = downloads.app.clone();
    let work = move || -> Result<Option<Vec<u8>>, Error> {
        let Some(replica) = app.read(|read| replicas::of_token(read, &token))? else {
            tracing::warn!(
                address = log_value(&address).as_str(),
                "a token of a second site that is not known, or no more"
            );
            return Ok(None);
        };
        let now: Timestamp = app.clock.now();
        let packages = app.board.look().packages.clone();
        let complete = lacks.as_ref().is_some_and(|lacks| lacks.is_empty() && trouble == Trouble::None).then_some(now);
        let known = lacks.unwrap_or_else(|| packages.keys().copied().collect());
        let lacks = known.iter().take(replicas::MOST_LACKING).map(|id| id.0).collect();
        let call = Call { at: now, address, lacks, complete, trouble };
        // A full disk keeps nobody from fetching packages.
        if let Err(error) = replicas::note(&app.store, replica.id, call) {
            tracing::warn!("what the second site `{}` said is not noted: {error}", log_value(&replica.name));
        }
        Ok(Some(offer::write(packages.values().map(AsRef::as_ref))))
    };
    match web::block(work).await {
        Ok(Ok(Some(list))) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(list),
        Ok(Ok(None)) => said(StatusCode::UNAUTHORIZED, "This token is not known, or was revoked.\n"),
        Ok(Err(error)) => {
            tracing::error!("the list of packages cannot be read: {error}");
            said(StatusCode::SERVICE_UNAVAILABLE, "The list cannot be read now.\n")
        }
        Err(_) => said(StatusCode::SERVICE_UNAVAILABLE, "The list cannot be read now.\n"),
    }
}
