//! All computers: the list from the index, and the same list as a file with all pages.

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::deeds;
use super::export::{self, Kind, Rows};
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::Handler;
use crate::console::form::Form;
use crate::console::lists::View;
use crate::console::lists::computers::{LIST, cell, fact, searched};
use crate::console::lists::filters::{self, Chip};
use crate::console::pages::computers::{self, ComputersPage, Deed};
use crate::console::pages::{COMPUTERS, COMPUTERS_CSV, COMPUTERS_XLSX};
use crate::console::view::Locale;
use crate::console::view::icon::Icon;
use crate::console::view::table::Cell;
use crate::console::visit::Visit;
use crate::fleet::{Condition, Fact, Order, Query};
use crate::id::ComputerId;
use crate::store::{self, Reader};
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);

/// The page.
pub static PAGE: Page = Page {
    path: COMPUTERS,
    menu: Some(Icon::Computer),
    title: computers::TITLE,
    access: READ,
    routes: &[
        Route::get(COMPUTERS, READ, |asked| Box::pin(show(asked))),
        Route::get(COMPUTERS_CSV, EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get(COMPUTERS_XLSX, EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        done(Deed::Archive, |asked| Box::pin(deeds::perform(asked, Deed::Archive))),
        done(Deed::Restore, |asked| Box::pin(deeds::perform(asked, Deed::Restore))),
        done(Deed::Delete, |asked| Box::pin(deeds::perform(asked, Deed::Delete))),
        done(Deed::Export, |asked| Box::pin(deeds::export(asked))),
    ],
};

const fn done(deed: Deed, handler: Handler) -> Route {
    Route::post(deed.path(), Access::Right(deed.right()), handler)
}

/// What was asked for.
pub struct Wanted {
    /// What is seen of the list.
    pub view: View,
    /// Which computers.
    pub query: Query,
    /// Filters that are on.
    pub chips: Vec<Chip>,
}

impl Wanted {
    /// Reads an address of the list.
    pub fn read(app: &App, read: &Reader, visit: &Visit, form: &Form) -> Result<Wanted, store::Error> {
        let view = visit.view(read, &LIST, form)?;
        let (mut conditions, chips) = filters::read(form, &app.fleet, &visit.sight(), &visit.locale, &view.address);
        if !view.part.is_empty() {
            conditions.push(Condition::Holds(searched(&view), view.part.clone()));
        }
        let query = Query { sight: visit.sight(), shelf: filters::shelf(form), conditions };
        Ok(Wanted { view, query, chips })
    }

    fn order(&self) -> Order {
        Order { by: fact(&self.view.sort.by).unwrap_or(Fact::LastInventory), descending: self.view.sort.down }
    }

    /// Every computer that is meant, in the order that is asked for.
    pub fn ids(&self, app: &App) -> Vec<ComputerId> {
        app.fleet.look().select(&self.query).page(self.order(), 0, usize::MAX).ids
    }
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let listing = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &query)?;
        Ok(write(app, &visit, &wanted, query.get("check") == "page"))
    });
    let body = listing.await?;
    let locale = &asked.visit.locale;
    let n = asked.query.get("n").parse().unwrap_or(0);
    let messages: Vec<_> = computers::done(locale, asked.query.get("done"), n).into_iter().collect();
    asked.page(locale.text(computers::TITLE), &[], &messages, body)
}

fn write(app: &App, visit: &Visit, wanted: &Wanted, all: bool) -> maud::Markup {
    let view = &wanted.view;
    let index = app.fleet.look();
    let selection = index.select(&wanted.query);
    let (size, total) = (u64::from(view.size), selection.len() as u64);
    let page = view.page.min(total.div_ceil(size).max(1));
    let offset = usize::try_from((page - 1) * size).unwrap_or(usize::MAX);
    let found = selection.page(wanted.order(), offset, view.size as usize);
    let marks = marks(app, &visit.locale, &found.ids);
    let row = found.ids.iter().zip(&marks);
    let cells = |id, mark| view.columns.iter().map(|key| cell(&index, id, key, mark).into_owned()).collect();
    let rows: Vec<Vec<Cell<'_>>> = row.map(|(id, mark)| cells(*id, mark)).collect();
    // The writer does not wait until the page is written.
    drop(index);
    let ids: Vec<String> = found.ids.iter().map(ToString::to_string).collect();
    let deeds: Vec<Deed> = Deed::ALL.into_iter().filter(|deed| visit.may(deed.right())).collect();
    let page = ComputersPage {
        view,
        shelf: wanted.query.shelf,
        chips: &wanted.chips,
        rows: &rows,
        ids: &ids,
        total,
        page,
        all,
        deeds: &deeds,
        token: visit.token(),
    };
    computers::body(&visit.locale, &page)
}

/// What the marks of these computers say: the names of their own options (CON-INV-4).
fn marks(app: &App, locale: &Locale, ids: &[ComputerId]) -> Vec<String> {
    let own = app.options.with_own(ids);
    let words = |id: &ComputerId| {
        let names = own.iter().find(|(with, _)| with == id).map(|(_, names)| names.join(", "));
        names.map_or_else(String::new, |names| locale.fill("computers.mark", &[("names", &names)]))
    };
    ids.iter().map(words).collect()
}

/// Computers in one part of a file.
const PART: usize = 1000;

/// The rows of some computers while they are written to a file.
pub struct Saved {
    app: Arc<App>,
    locale: Locale,
    columns: Vec<&'static str>,
    ids: std::vec::IntoIter<ComputerId>,
}

impl Saved {
    /// The rows of these computers.
    pub fn new(visit: &Visit, view: &View, ids: Vec<ComputerId>) -> Saved {
        let (app, locale) = (visit.console.app.clone(), visit.locale.clone());
        Saved { app, locale, columns: view.columns.clone(), ids: ids.into_iter() }
    }
}

impl Rows for Saved {
    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let ids: Vec<ComputerId> = self.ids.by_ref().take(PART).collect();
        let marks = marks(&self.app, &self.locale, &ids);
        let index = self.app.fleet.look();
        // A computer that is gone by now is left out.
        for (id, mark) in ids.iter().zip(&marks).filter(|(id, _)| index.contains(**id)) {
            let cells: Vec<Cell<'_>> = self.columns.iter().map(|key| cell(&index, *id, key, mark)).collect();
            each(&cells);
        }
        ids.len() == PART
    }
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &query)?;
        let ids = wanted.ids(app);
        Ok((wanted.view, ids))
    });
    let (view, ids) = read.await?;
    let rows = Saved::new(&asked.visit, &view, ids);
    export::file(&asked, &LIST, &view, kind, rows).await
}

/// Runs something with the store and the index on a thread that may wait.
pub async fn blocking<T: Send + 'static>(
    asked: &Asked,
    work: impl FnOnce(&App) -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Error> {
    let app = asked.visit.console.app.clone();
    Ok(web::block(move || work(&app)).await??)
}
