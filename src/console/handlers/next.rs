//! Next steps: how agents are pointed here, and where inventory files are dropped.

use actix_web::HttpResponse;
use maud::Markup;

use super::{Access, Asked, Error, Page, Route};
use crate::console::pages::{NEXT_STEPS, setup};
use crate::console::view::icon::Icon;
use crate::users::Right;

/// The page.
pub static PAGE: Page = Page {
    path: NEXT_STEPS,
    menu: Some(Icon::Steps),
    title: setup::NEXT_TITLE,
    access: Access::Right(Right::Read),
    routes: &[Route::get(NEXT_STEPS, Access::Right(Right::Read), |asked| Box::pin(show(asked)))],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let body = steps(&asked);
    asked.page(asked.visit.locale.text(setup::NEXT_TITLE), &[], &[], body)
}

/// The steps themselves; the front page shows them as long as no computer has reported.
pub(super) fn steps(asked: &Asked) -> Markup {
    let console = &asked.visit.console;
    let (host, port, server) = (host(console), console.port(false).unwrap_or(80), server(console));
    let folder = console.app.folder("import").display().to_string();
    let locale = &asked.visit.locale;
    let first = console.app.fleet.look().is_empty();
    let results = asked.visit.may(Right::Import);
    let page = setup::NextSteps { server: &server, host: &host, port, folder: &folder, first, results };
    setup::next_steps(locale, &page)
}

/// The endpoint of agents over plain HTTP: what they are given as their server.
pub(super) fn server(console: &crate::console::Console) -> String {
    let (host, port) = (host(console), console.port(false).unwrap_or(80));
    let shown = if port == 80 { host } else { format!("{host}:{port}") };
    format!("http://{shown}/ocsinventory")
}

/// The name that people gave the server, else its own; never one that means another machine elsewhere.
pub(super) fn host(console: &crate::console::Console) -> String {
    let given = console.app.public_names().into_iter().next();
    let own = || console.tls.as_ref().and_then(|tls| tls.names().names.into_iter().next());
    let host = given.or_else(own).or_else(crate::tls::names::host_name).unwrap_or_else(|| "SERVER".to_owned());
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host }
}
