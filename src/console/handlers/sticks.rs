//! USB sticks that are plugged into the server, and asking for their import (CON-IMP-5). A request never touches a stick:
//! it reads and writes what is in memory about them.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

use super::imports::row;
use super::{Access, Asked, Error, Page, Route};
use crate::app::sticks::{Stick, Work};
use crate::console::pages::imports::ImportRow;
use crate::console::pages::sticks::{self as page, IMPORT, NUMBER, STICKS, SticksPage};
use crate::console::pages::upload::unseen;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::history::{Action, audit};
use crate::options::STICKS_AUTO_IMPORT;
use crate::users::Right;

const ACCESS: Access = Access::Right(Right::Import);
/// Where it leads when there was nothing to import.
const GONE: &str = "/ocsreports/sticks?done=gone";

/// The page.
pub static PAGE: Page = Page {
    path: STICKS,
    menu: None,
    title: page::TITLE,
    access: ACCESS,
    routes: &[
        Route::get(STICKS, ACCESS, |asked| Box::pin(show(asked))),
        Route::post(IMPORT, ACCESS, |asked| Box::pin(want(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let app = &visit.console.app;
    let all = app.sticks.all();
    let changes = |stick: &Stick| stick.work != Work::Nothing || stick.seen.unsettled > 0;
    let at_work = all.iter().any(|stick| stick.gone.is_none() && changes(stick));
    let sticks: Vec<(Stick, Vec<ImportRow>)> = all.into_iter().map(|stick| with_rows(&asked, stick)).collect();
    let mute = app.sticks.mute().into_iter().map(|(place, mute)| (place.display().to_string(), mute));
    let mute: Vec<_> = mute.collect();
    let by_itself = app.options.general().switch(STICKS_AUTO_IMPORT);
    let body = page::body(locale, &SticksPage { sticks: &sticks, mute: &mute, by_itself, token: visit.token() });
    let gone = || Message { tone: Tone::Warning, text: locale.text("sticks.done-gone").to_owned(), action: None };
    let said: Vec<Message> = (asked.query.get("done") == "gone").then(gone).into_iter().collect();
    let mut response = asked.page(locale.text(page::TITLE), &page::above(locale), &said, body)?;
    if at_work {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// A stick with its results, the newest first. Whoever sees some TAGs only does not learn which computers they were.
fn with_rows(asked: &Asked, mut stick: Stick) -> (Stick, Vec<ImportRow>) {
    let (index, sight) = (asked.visit.console.app.fleet.look(), asked.visit.sight());
    let shown = |past| {
        let row = row(past);
        let seen = row.outcome.computer().is_none_or(|id| sight.is_everything() || index.sees(&sight, id));
        if seen { row } else { unseen(row.at, row.file) }
    };
    let rows = std::mem::take(&mut stick.results).into_iter().rev().map(shown).collect();
    (stick, rows)
}

async fn want(asked: Asked) -> Result<HttpResponse, Error> {
    let app = asked.visit.console.app.clone();
    let number = asked.form.get(NUMBER).parse().unwrap_or(0);
    let announced = app.sticks.announced();
    let Some(stick) = announced.iter().find(|stick| stick.number == number && stick.work == Work::Nothing) else {
        return Ok(visit::see_other(GONE));
    };
    // First: what nobody could look up later is not done.
    let mut entry = asked.visit.entry(Action::Imported, stick.place.display().to_string());
    entry.count = Some(stick.seen.new);
    asked.change(move |w| audit::append(w, entry), |_| Ok(())).await?;
    let wanted = app.sticks.want(number).is_some();
    Ok(visit::see_other(if wanted { STICKS } else { GONE }))
}
