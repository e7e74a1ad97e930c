//! The list of software, from the index (CON-SOF-1 to CON-SOF-3). A file of it is made portion by portion while it is
//! sent; [`SavedPrograms`] says what an inventory does that comes in between.

use std::sync::Arc;

use actix_web::HttpResponse;

use super::export::{self, Kind, Rows};
use super::tags::counted;
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::View;
use crate::console::lists::filters::{self, Chip};
use crate::console::pages::SOFTWARE;
use crate::console::pages::software::{self, CATEGORY, LIST, SoftwarePage};
use crate::console::view::icon::Icon;
use crate::console::view::table::Cell;
use crate::console::visit::Visit;
use crate::dictionary::Category;
use crate::fleet::{Folded, Program, ProgramOrder, ProgramQuery, Programs, Query, SavedPrograms, Shelf};
use crate::store::{self, Reader};
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);

/// The page.
pub static PAGE: Page = Page {
    path: SOFTWARE,
    menu: Some(Icon::Software),
    title: software::TITLE,
    access: READ,
    routes: &[
        Route::get(SOFTWARE, READ, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/software.csv", EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/software.xlsx", EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
    ],
};

/// What was asked for.
struct Wanted {
    view: View,
    query: ProgramQuery,
    chips: Vec<Chip>,
    shelf: Shelf,
}

impl Wanted {
    fn read(app: &App, read: &Reader, visit: &Visit, form: &Form) -> Result<Wanted, store::Error> {
        let view = visit.view(read, &LIST, form)?;
        let shelf = counted(app);
        let (mut query, chips) = query(app, visit, &view, form);
        query.among.shelf = shelf;
        query.among.sight = visit.sight();
        Ok(Wanted { view, query, chips, shelf })
    }
}

/// A page of programs, the last one when a later one is asked for: its number and its rows.
pub fn page(app: &App, query: &ProgramQuery, view: &View) -> (u64, Programs) {
    let size = view.size as usize;
    let at = |page: u64| usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(size);
    let programs = app.fleet.programs(query, at(view.page), size);
    let last = (programs.total as u64).div_ceil(u64::from(view.size)).max(1);
    if view.page > last { (last, app.fleet.programs(query, at(last), size)) } else { (view.page, programs) }
}

fn query(app: &App, visit: &Visit, view: &View, form: &Form) -> (ProgramQuery, Vec<Chip>) {
    let (locale, sight) = (&visit.locale, &visit.sight());
    let (conditions, mut chips) = filters::read(form, app, sight, locale, &view.address);
    let text = |key: &str| form.get(key).trim().to_owned();
    let number = |key: &str| form.get(key).trim().parse::<u64>().ok();
    let mut chip = |key: &str, text: String| chips.push(Chip { text, without: view.address.without(key).to_string() });
    let (named, publisher, version) = (text("named"), text("publisher"), text("version"));
    let (least, most) = (number("least"), number("most"));
    for (key, value) in [("named", &named), ("publisher", &publisher), ("version", &version)] {
        if !value.is_empty() {
            chip(key, locale.fill(&format!("software.{key}-holds"), &[("value", value)]));
        }
    }
    for (key, value) in [("least", least), ("most", most)] {
        if let Some(value) = value {
            chip(key, locale.count(&format!("software.at-{key}"), value));
        }
    }
    let letter = form.get("letter").chars().next().map(|letter| letter.to_ascii_uppercase());
    let letter = letter.filter(|letter| letter.is_ascii_uppercase() || *letter == '#');
    if let Some(letter) = letter {
        chip("letter", locale.fill("software.begins", &[("letter", &letter)]));
    }
    let dictionary = app.definitions.dictionary.now();
    let category = Some(text(CATEGORY)).filter(|word| !word.is_empty()).map(|word| Category::of_word(&word));
    if let Some(category) = &category {
        chip(CATEGORY, locale.fill("software.in-category", &[("category", &category.word())]));
    }
    let order = match view.sort.by.as_str() {
        "name" => ProgramOrder::Name,
        "publisher" => ProgramOrder::Publisher,
        "version" => ProgramOrder::Version,
        "category" => ProgramOrder::Category,
        _ => ProgramOrder::Computers,
    };
    let query = ProgramQuery {
        among: Query { conditions, ..Query::default() },
        folded: if form.get("by") == "version" { Folded::ByVersion } else { Folded::ByName },
        named,
        part: view.part.clone(),
        publisher,
        version,
        dictionary,
        category,
        initial: letter,
        least: least.unwrap_or(0),
        most: most.unwrap_or(u64::MAX),
        order,
        descending: view.sort.down,
    };
    (query, chips)
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    // The form of further filters sends all its fields; "without TAG" is asked of the list of computers.
    let (visit, form) = (asked.visit.clone(), asked.query.without_blanks());
    let read = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &form)?;
        let (number, programs) = page(app, &wanted.query, &wanted.view);
        Ok((wanted, number, programs))
    });
    let (wanted, number, programs) = read.await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (total, folded) = (programs.total as u64, wanted.query.folded);
    let cells = |program| software::cells(locale, &wanted.view, folded, wanted.shelf, program);
    let rows: Vec<_> = programs.rows.into_iter().map(cells).collect();
    let page = SoftwarePage {
        rows: &rows,
        total,
        page: number,
        folded,
        letter: wanted.query.initial,
        categories: &wanted.query.dictionary.categories(),
        view: &wanted.view,
        chips: &wanted.chips,
        token: visit.token(),
    };
    asked.page(locale.text(software::TITLE), &[], &[], software::body(locale, &page))
}

/// Cells of one program.
type Cells = Box<dyn FnMut(Program) -> Vec<Cell<'static>> + Send>;

/// Programs while they are written to a file.
pub struct Saved {
    app: Arc<App>,
    rows: SavedPrograms,
    cells: Cells,
}

impl Saved {
    /// All that a query means, each with these cells.
    pub fn new(app: Arc<App>, query: ProgramQuery, cells: Cells) -> Saved {
        let rows = app.fleet.programs_to_save(query);
        Saved { app, rows, cells }
    }
}

impl Rows for Saved {
    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let part = self.rows.next(&self.app.fleet);
        let more = part.is_some();
        part.into_iter().flatten().for_each(|program| each(&(self.cells)(program)));
        more
    }
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (visit, form) = (asked.visit.clone(), asked.query.without_blanks());
    let app = visit.console.app.clone();
    let read = asked.read(move |known, read| {
        let Wanted { view, query, shelf, .. } = Wanted::read(known, read, &visit, &form)?;
        let (seen, locale, folded) = (view.clone(), visit.locale.clone(), query.folded);
        let cells = Box::new(move |program| software::cells(&locale, &seen, folded, shelf, program));
        Ok((view, Saved::new(app, query, cells)))
    });
    let (view, rows) = read.await?;
    export::file(&asked, &LIST, &view, kind, rows).await
}
