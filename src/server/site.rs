//! What a second site says about itself. It names no package: everybody can read it.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::Shared;
use crate::deployment::replicas::Trouble;
use crate::i18n::{Lang, date_time, fill, text};
use crate::replica::Seen;
use crate::web::header_text;

/// The front page: what this is, and how far it is.
pub(super) async fn front_door(request: HttpRequest, shared: web::Data<Shared>) -> HttpResponse {
    let Some(site) = &shared.parts.site else { return HttpResponse::NotFound().finish() };
    let lang = Lang::accepted(header_text(&request, "accept-language"));
    let zone = &shared.parts.app.zone;
    said(StatusCode::OK, lines(lang, &site.main, &site.seen(), |at| date_time(lang, at, zone)))
}

fn lines(lang: Lang, main: &str, seen: &Seen, time: impl Fn(crate::clock::Timestamp) -> String) -> String {
    let here = seen.offered.saturating_sub(seen.missing);
    let state = match (seen.asked, seen.missing) {
        (None, _) => text(lang, "site.never").to_owned(),
        (Some(at), 0) => fill(lang, "site.complete", &[("n", &seen.offered), ("time", &time(at))]),
        (Some(at), _) => fill(lang, "site.missing", &[("n", &here), ("all", &seen.offered), ("time", &time(at))]),
    };
    let trouble = match (seen.revoked, seen.trouble) {
        (true, _) => Some("site.revoked"),
        (false, Trouble::None) => None,
        (false, Trouble::Room) => Some("site.trouble-room"),
        (false, Trouble::Digest) => Some("site.trouble-digest"),
        (false, Trouble::Line) => Some("site.trouble-line"),
        (false, Trouble::Disk) => Some("site.trouble-disk"),
    };
    let mut out = vec![fill(lang, "site.what", &[("main", &main)]), state];
    out.extend(trouble.map(|key| text(lang, key).to_owned()));
    out.push(text(lang, "site.else").to_owned());
    out.into_iter().map(|line| line + "\n").collect()
}

/// For programs that watch the site: 503 when it cannot get what it lacks.
pub(super) async fn health(shared: web::Data<Shared>) -> HttpResponse {
    let well = shared.parts.site.as_ref().is_some_and(|site| {
        let seen = site.seen();
        seen.trouble == Trouble::None && !seen.revoked
    });
    let (status, word) = if well { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded\n") };
    said(status, word.to_owned())
}

/// Everything else is at the main server; agents take nothing below 400 for an answer.
pub(super) async fn elsewhere(shared: web::Data<Shared>) -> HttpResponse {
    let main = shared.parts.site.as_ref().map_or("", |site| site.main.as_str());
    let lang = Lang::En;
    said(StatusCode::NOT_FOUND, fill(lang, "site.elsewhere", &[("main", &main)]) + "\n")
}

fn said(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(text)
}
