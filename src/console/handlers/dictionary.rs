//! The dictionary of software: its categories and the names in them (CON-DIC-1, 2). Moving them is in `filing`.

use actix_web::HttpResponse;

use super::export::{self, Kind};
use super::software::{self, Saved};
use super::tags::counted;
use super::{Access, Asked, Error, Page, Route, above, filing};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::filters::Chip;
use crate::console::lists::{View, arrange};
use crate::console::pages::DICTIONARY;
use crate::console::pages::dictionary::{
    self as page, CategoriesPage, DELETE, LIST, MOVE, NAMES, NAMES_LIST, NamesPage, RESET, TITLE,
};
use crate::console::pages::software::CATEGORY;
use crate::console::view::icon::Icon;
use crate::console::view::message::Message;
use crate::console::visit::Visit;
use crate::dictionary::Category;
use crate::fleet::{ProgramOrder, ProgramQuery, Query};
use crate::store::{self, Reader};
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Definitions);

/// The page.
pub static PAGE: Page = Page {
    path: DICTIONARY,
    menu: Some(Icon::Dictionary),
    title: TITLE,
    access: ADMIN,
    routes: &[
        Route::get(DICTIONARY, ADMIN, |asked| Box::pin(categories(asked))),
        Route::get("/ocsreports/dictionary.csv", ADMIN, |asked| Box::pin(save_categories(asked, Kind::Csv))),
        Route::get("/ocsreports/dictionary.xlsx", ADMIN, |asked| Box::pin(save_categories(asked, Kind::Xlsx))),
        Route::get(NAMES, ADMIN, |asked| Box::pin(names(asked))),
        Route::get("/ocsreports/dictionary/names.csv", ADMIN, |asked| Box::pin(save_names(asked, Kind::Csv))),
        Route::get("/ocsreports/dictionary/names.xlsx", ADMIN, |asked| Box::pin(save_names(asked, Kind::Xlsx))),
        Route::post(MOVE, ADMIN, |asked| Box::pin(filing::move_names(asked))),
        Route::post(RESET, ADMIN, |asked| Box::pin(filing::reset(asked))),
        Route::post(DELETE, ADMIN, |asked| Box::pin(filing::delete(asked))),
    ],
};

async fn counts(asked: &Asked) -> Result<(View, Vec<(Category, u64)>), Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &query)?;
        let among = Query { sight: visit.sight(), shelf: counted(app), conditions: Vec::new() };
        Ok((view, app.fleet.categories(&among, &app.definitions.dictionary.now())))
    });
    read.await
}

async fn categories(asked: Asked) -> Result<HttpResponse, Error> {
    let (view, found) = counts(&asked).await?;
    let locale = &asked.visit.locale;
    let shown = CategoriesPage { categories: &found, view: &view, token: asked.visit.token() };
    asked.page(locale.text(TITLE), &[], &said(&asked), page::categories(locale, &shown))
}

async fn save_categories(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (view, found) = counts(&asked).await?;
    let whole = arrange(&LIST, &view, page::category_cells(&asked.visit.locale, &found), true);
    export::file(&asked, &LIST, &view, kind, whole.rows).await
}

/// What was done before.
fn said(asked: &Asked) -> Vec<Message> {
    let query = &asked.query;
    let category = asked.visit.console.app.definitions.dictionary.now().named(query.get("to"));
    let n = query.get("n").parse().unwrap_or(0);
    page::done(&asked.visit.locale, query.get("done"), n, category.as_ref()).into_iter().collect()
}

/// The names that an address asks for.
pub struct Wanted {
    /// What is seen of the list.
    pub view: View,
    /// The query.
    pub query: ProgramQuery,
}

impl Wanted {
    /// Reads an address of the list of names.
    ///
    /// # Errors
    /// Those of the store.
    pub fn read(app: &App, read: &Reader, visit: &Visit, form: &Form) -> Result<Wanted, store::Error> {
        let form = form.without_blanks();
        let view = visit.view(read, &NAMES_LIST, &form)?;
        let category = form.sent(CATEGORY).map(Category::of_word);
        let order = match view.sort.by.as_str() {
            "category" => ProgramOrder::Category,
            "computers" => ProgramOrder::Computers,
            _ => ProgramOrder::Name,
        };
        let query = ProgramQuery {
            among: Query { sight: visit.sight(), shelf: counted(app), conditions: Vec::new() },
            named: view.part.clone(),
            dictionary: app.definitions.dictionary.now(),
            category,
            order,
            descending: view.sort.down,
            ..ProgramQuery::default()
        };
        Ok(Wanted { view, query })
    }
}

async fn names(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, form) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &form)?;
        let (number, programs) = software::page(app, &wanted.query, &wanted.view);
        Ok((wanted, number, programs))
    });
    let (Wanted { view, query }, number, programs) = read.await?;
    let locale = &asked.visit.locale;
    let items: Vec<String> = programs.rows.iter().map(|program| program.item.0.to_string()).collect();
    let shelf = query.among.shelf;
    let rows: Vec<_> = programs.rows.into_iter().map(|program| page::name_cells(&view, shelf, program)).collect();
    let chip = |category: &Category| Chip {
        text: locale.fill("software.in-category", &[("category", &category.word())]),
        without: view.address.without(CATEGORY).to_string(),
    };
    let chips: Vec<Chip> = query.category.iter().map(chip).collect();
    let shown = NamesPage {
        category: query.category.as_ref(),
        categories: &query.dictionary.categories(),
        rows: &rows,
        items: &items,
        total: programs.total as u64,
        page: number,
        all: asked.query.get("check") == "page",
        chips: &chips,
        view: &view,
        token: asked.visit.token(),
    };
    let title = locale.text("dictionary.names-title");
    asked.page(title, &above(locale, DICTIONARY, TITLE), &said(&asked), page::names(locale, &shown))
}

async fn save_names(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (visit, form) = (asked.visit.clone(), asked.query.clone());
    let known = visit.console.app.clone();
    let read = asked.read(move |app, read| {
        let Wanted { view, query } = Wanted::read(app, read, &visit, &form)?;
        let (seen, shelf) = (view.clone(), query.among.shelf);
        let cells = Box::new(move |program| page::name_cells(&seen, shelf, program));
        Ok((view, Saved::new(known, query, cells)))
    });
    let (view, rows) = read.await?;
    export::file(&asked, &NAMES_LIST, &view, kind, rows).await
}
