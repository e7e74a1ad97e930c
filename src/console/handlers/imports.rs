//! What became of the files that were dropped into the watched folder (CON-IMP-3).

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::console::pages::IMPORTS;
use crate::console::pages::imports::{self, ImportRow, ImportsPage, Outcome};
use crate::console::view::icon::Icon;
use crate::history::imports::{ImportResult, PastImport, latest};
use crate::users::Right;

/// The page.
pub static PAGE: Page = Page {
    path: IMPORTS,
    menu: Some(Icon::Import),
    title: imports::TITLE,
    access: Access::Right(Right::Import),
    routes: &[Route::get(IMPORTS, Access::Right(Right::Import), |asked| Box::pin(show(asked)))],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let rows: Vec<ImportRow> = asked.read(|_, read| latest(read)).await?.into_iter().map(row).collect();
    let folder = asked.visit.console.app.folder("import").display().to_string();
    let locale = &asked.visit.locale;
    let body = imports::body(locale, &ImportsPage { folder: &folder, rows: &rows });
    asked.page(locale.text(imports::TITLE), &[], &[], body)
}

fn row(past: PastImport) -> ImportRow {
    let computer = past.outcome.result.computer().map_or_else(String::new, |(_, name)| name.to_owned());
    let outcome = match past.outcome.result {
        ImportResult::New { id, .. } => Outcome::New(id),
        ImportResult::Updated { id, .. } => Outcome::Updated(id),
        ImportResult::Unchanged { id, .. } => Outcome::Unchanged(id),
        ImportResult::Merged { id, .. } => Outcome::Merged(id),
        ImportResult::Refused(why) => Outcome::Refused(why),
    };
    ImportRow { at: past.at, file: past.outcome.name, computer, outcome }
}
