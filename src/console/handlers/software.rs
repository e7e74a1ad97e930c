//! The list of software, from the index (CON-SOF-1 to CON-SOF-3).

use actix_web::HttpResponse;

use super::export::{self, Kind};
use super::tags::counted;
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::View;
use crate::console::lists::filters::{self, Chip};
use crate::console::pages::SOFTWARE;
use crate::console::pages::software::{self, LIST, SoftwarePage};
use crate::console::view::Locale;
use crate::console::view::icon::Icon;
use crate::fleet::{Folded, ProgramOrder, ProgramQuery, Programs, Query, Shelf, Sight};
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

struct Found {
    view: View,
    query: ProgramQuery,
    chips: Vec<Chip>,
    shelf: Shelf,
    programs: Programs,
    page: u64,
}

/// A page of what was asked for, or all of it.
async fn found(asked: &Asked, whole: bool) -> Result<Found, Error> {
    // The form of further filters sends all its fields; "without TAG" is asked of the list of computers.
    let (visit, form) = (asked.visit.clone(), asked.query.without_blanks());
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &form)?;
        let shelf = counted(app);
        let (mut query, chips) = query(app, &visit.sight(), &visit.locale, &view, &form);
        query.among.shelf = shelf;
        query.among.sight = visit.sight();
        let size = view.size as usize;
        let at = |page: u64| usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(size);
        let (mut page, count) = if whole { (1, usize::MAX) } else { (view.page, size) };
        let mut programs = app.fleet.programs(&query, at(page), count);
        let last = (programs.total as u64).div_ceil(u64::from(view.size)).max(1);
        if page > last {
            page = last;
            programs = app.fleet.programs(&query, at(page), count);
        }
        Ok(Found { view, query, chips, shelf, programs, page })
    });
    read.await
}

fn query(app: &App, sight: &Sight, locale: &Locale, view: &View, form: &Form) -> (ProgramQuery, Vec<Chip>) {
    let (conditions, mut chips) = filters::read(form, &app.fleet, sight, locale, &view.address);
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
    let order = match view.sort.by.as_str() {
        "name" => ProgramOrder::Name,
        "publisher" => ProgramOrder::Publisher,
        "version" => ProgramOrder::Version,
        _ => ProgramOrder::Computers,
    };
    let query = ProgramQuery {
        among: Query { conditions, ..Query::default() },
        folded: if form.get("by") == "version" { Folded::ByVersion } else { Folded::ByName },
        named,
        part: view.part.clone(),
        publisher,
        version,
        initial: letter,
        least: least.unwrap_or(0),
        most: most.unwrap_or(u64::MAX),
        order,
        descending: view.sort.down,
    };
    (query, chips)
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, false).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (total, folded) = (found.programs.total as u64, found.query.folded);
    let rows = software::cells(locale, &found.view, folded, found.shelf, found.programs.rows);
    let page = SoftwarePage {
        rows: &rows,
        total,
        page: found.page,
        folded,
        letter: found.query.initial,
        view: &found.view,
        chips: &found.chips,
        token: visit.token(),
    };
    asked.page(locale.text(software::TITLE), &[], &[], software::body(locale, &page))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked, true).await?;
    let rows = software::cells(&asked.visit.locale, &found.view, found.query.folded, found.shelf, found.programs.rows);
    export::file(&asked, &LIST, &found.view, kind, rows).await
}
