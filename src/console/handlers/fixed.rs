//! What holds no data: the style sheet and script, and whether the server is well.

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::console::assets;
#[cfg(debug_assertions)]
use crate::console::view::gallery;
#[cfg(debug_assertions)]
use crate::users::Right;

/// Addresses without a page of their own.
pub static PAGE: Page = Page {
    path: assets::PATH,
    menu: None,
    title: "product",
    access: Access::Static,
    routes: &[
        Route::get(assets::PATH, Access::Static, |asked| Box::pin(asset(asked))),
        Route::get("/ocsreports/health", Access::Static, |asked| Box::pin(health(asked))),
        #[cfg(debug_assertions)]
        Route::get("/ocsreports/panic", Access::Anonymous, |_| Box::pin(panics())),
        #[cfg(debug_assertions)]
        Route::get(gallery::COMPONENTS, Access::Right(Right::Read), |asked| Box::pin(components(asked))),
    ],
};

async fn asset(asked: Asked) -> Result<HttpResponse, Error> {
    let name = asked.request.match_info().query("name");
    Ok(assets::file(name).unwrap_or_else(|| HttpResponse::NotFound().content_type("text/plain").body("Not found.\n")))
}

/// For programs that watch the server: one word, and 503 when inventories cannot be stored.
async fn health(asked: Asked) -> Result<HttpResponse, Error> {
    let well = asked.visit.console.app.has_room();
    let mut response = if well { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(response.content_type("text/plain; charset=utf-8").body(if well { "ok\n" } else { "degraded\n" }))
}

/// For the test of REL-17; not in the released program.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "that is what it is for")]
async fn panics() -> Result<HttpResponse, Error> {
    panic!("on purpose")
}

/// Every piece of the pages, for looking at; not in the released program.
#[cfg(debug_assertions)]
async fn components(asked: Asked) -> Result<HttpResponse, Error> {
    let body = gallery::shown(&asked.visit.locale, asked.query.get("show"));
    asked.page("Components", &[], &[], body)
}
