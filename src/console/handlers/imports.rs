//! Inventories from files: the form that brings them, and what became of the latest ones, those of the watched folder
//! among them (CON-IMP-1, CON-IMP-3).

use actix_web::HttpResponse;
use maud::html;

use super::export::{self, Kind};
use super::{Access, Asked, Error, Page, Route, uploads};
use crate::console::lists::{View, arrange};
use crate::console::pages::IMPORTS;
use crate::console::pages::imports::{self, ImportRow, ImportsPage, LIST, MARK, Outcome};
use crate::console::pages::upload;
use crate::console::view::card::card;
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::history::imports::{ImportResult, PastImport, latest, mark_read, unread};
use crate::history::{Action, audit};
use crate::store::{self, Txn};
use crate::users::Right;

/// The page.
pub static PAGE: Page = Page {
    path: IMPORTS,
    menu: Some(Icon::Import),
    title: imports::TITLE,
    access: Access::Right(Right::Import),
    routes: &[
        Route::get(IMPORTS, Access::Right(Right::Import), |asked| Box::pin(show(asked))),
        Route::upload(IMPORTS, Access::Right(Right::Import), uploads::allowed, |asked| Box::pin(uploads::take(asked))),
        Route::post(MARK, Access::Right(Right::Import), |asked| Box::pin(mark(asked))),
        Route::get(CSV, Access::Right(Right::Import), |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get(XLSX, Access::Right(Right::Import), |asked| Box::pin(save(asked, Kind::Xlsx))),
    ],
};

const CSV: &str = "/ocsreports/import.csv";
const XLSX: &str = "/ocsreports/import.xlsx";

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    form_page(&asked, &[]).await
}

/// The page, with what is wrong with the form.
pub(super) async fn form_page(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (view, rows) = rows(asked).await?;
    let unread = asked.read(|_, read| unread(read)).await?;
    let app = &asked.visit.console.app;
    let folder = app.folder("import").display().to_string();
    let (locale, token) = (&asked.visit.locale, asked.visit.token());
    let page = ImportsPage { folder: &folder, rows: &rows, view: &view, unread, token };
    let body = html! {
        (card(None, upload::form(locale, token, &app.config.limits, asked.form.get(upload::OLDER) == "1", errors)))
        (imports::body(locale, &page))
    };
    let title = locale.text(imports::TITLE);
    if errors.is_empty() { asked.page(title, &[], &[], body) } else { asked.again(title, &[], body) }
}

/// Marks the refused files as read: nobody has to be told of them any more (CON-NAV-3).
async fn mark(asked: Asked) -> Result<HttpResponse, Error> {
    let mut entry = asked.visit.entry(Action::FilesRead, String::new());
    let run = move |w: &mut Txn<'_>| {
        let files = unread(w)?;
        if files > 0 {
            mark_read(w)?;
            entry.count = Some(files);
            audit::append(w, entry)?;
        }
        Ok::<_, store::Error>(())
    };
    asked.change(run, |app| app.take_vitals()).await?;
    Ok(visit::see_other(IMPORTS))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (view, rows) = rows(&asked).await?;
    let whole = arrange(&LIST, &view, imports::cells(&asked.visit.locale, &rows), true);
    export::file(&asked, &LIST, &view, kind, whole.rows).await
}

async fn rows(asked: &Asked) -> Result<(View, Vec<ImportRow>), Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let (view, mut past) = (visit.view(read, &LIST, &query)?, latest(read)?);
        let (index, sight) = (app.fleet.look(), visit.sight());
        // Computers that are gone by now have no TAG any more: a limited account does not learn of them.
        past.retain(|past| match past.outcome.result.computer() {
            Some((id, _)) => sight.is_everything() || index.sees(&sight, id),
            None => true,
        });
        Ok((view, past))
    });
    let (view, past) = read.await?;
    Ok((view, past.into_iter().map(row).collect()))
}

pub(super) fn row(past: PastImport) -> ImportRow {
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
