//! TAG repartition (CON-TAG-1, CON-TAG-3, CON-TAG-4).

use actix_web::HttpResponse;

use super::computers::blocking;
use super::deeds::object;
use super::export::{self, Kind};
use super::{Access, Asked, Error, Page, Route, held, repartition};
use crate::accountinfo::{Changed, TAG};
use crate::app::App;
use crate::console::lists::{View, arrange};
use crate::console::pages::TAGS;
use crate::console::pages::repartition::REPARTITION;
use crate::console::pages::tags::{self, LIST, RENAME, TagsPage, named};
use crate::console::view::address::Address;
use crate::console::view::confirm::{self, Confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::view::{Action, visible};
use crate::console::visit;
use crate::fleet::{Condition, Fact, Query, Share, Shelf, Sight};
use crate::history::Action as Done;
use crate::history::audit::Change;
use crate::id::ComputerId;
use crate::lifecycle::{self, NewTag};
use crate::options::EXCLUDE_ARCHIVE_COMPUTER;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);
const CHANGE: Access = Access::Right(Right::ChangeTag);

/// Longest TAG, in characters: the field's column.
const LONGEST_TAG: usize = 255;

/// The page.
pub static PAGE: Page = Page {
    path: TAGS,
    menu: Some(Icon::Tag),
    title: tags::TITLE,
    access: READ,
    routes: &[
        Route::get(TAGS, READ, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/tags.csv", EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/tags.xlsx", EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        Route::get(REPARTITION, READ, |asked| Box::pin(repartition::show(asked))),
        Route::get("/ocsreports/tags/field.csv", EXPORT, |asked| Box::pin(repartition::save(asked, Kind::Csv))),
        Route::get("/ocsreports/tags/field.xlsx", EXPORT, |asked| Box::pin(repartition::save(asked, Kind::Xlsx))),
        Route::get(RENAME, CHANGE, |asked| Box::pin(ask(asked))),
        Route::post(RENAME, CHANGE, |asked| Box::pin(rename(asked))),
    ],
};

/// Which computers count where archived ones may be left out (CON-DASH-3).
pub fn counted(app: &App) -> Shelf {
    if app.options.general().switch(EXCLUDE_ARCHIVE_COMPUTER) { Shelf::Active } else { Shelf::All }
}

struct Found {
    view: View,
    shares: Vec<Share>,
    shelf: Shelf,
}

async fn found(asked: &Asked) -> Result<Found, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &query)?;
        let shelf = counted(app);
        let index = app.fleet.look();
        let all = index.select(&Query { sight: visit.sight(), shelf, conditions: Vec::new() });
        Ok(Found { view, shares: index.spread(&all, Fact::Tag), shelf })
    });
    read.await
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let page = TagsPage {
        fields: &visit.console.app.definitions.fields.now(),
        shares: &found.shares,
        shelf: found.shelf,
        view: &found.view,
        may_rename: visit.may(Right::ChangeTag),
        token: visit.token(),
    };
    let messages: Vec<Message> =
        asked.query.get("renamed").parse().ok().map(|n| tags::done(locale, n)).into_iter().collect();
    asked.page(locale.text(tags::TITLE), &[], &messages, tags::body(locale, &page))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked).await?;
    let rows = tags::cells(&asked.visit.locale, &found.shares, found.shelf);
    let whole = arrange(&LIST, &found.view, rows, true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

async fn ask(asked: Asked) -> Result<HttpResponse, Error> {
    let tag = asked.query.get("tag").to_owned();
    form(&asked, &tag, &tag, &[])
}

fn form(asked: &Asked, tag: &str, new: &str, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let trail = [Action { href: TAGS.to_owned(), label: locale.text(tags::TITLE).to_owned() }];
    let body = tags::rename(locale, visit.token(), tag, new, errors);
    let mut response = asked.page(locale.text("tags.rename"), &trail, &[], body)?;
    if !errors.is_empty() {
        *response.status_mut() = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Computers with a TAG, in the archive or not.
fn with_tag(app: &App, sight: Sight, tag: &str) -> Vec<ComputerId> {
    let conditions = vec![Condition::Is(Fact::Tag, tag.to_owned())];
    let mut ids: Vec<ComputerId> =
        app.fleet.look().select(&Query { sight, shelf: Shelf::All, conditions }).ids().collect();
    ids.sort_unstable();
    ids
}

async fn rename(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (tag, new) = (asked.form.get("tag").to_owned(), asked.form.get("new").trim().to_owned());
    let wrong = if new == tag {
        Some(locale.text("tags.error-same").to_owned())
    } else if new.chars().count() > LONGEST_TAG {
        Some(locale.fill("tags.error-long", &[("n", &LONGEST_TAG)]))
    } else if new.chars().any(char::is_control) {
        Some(locale.text("tags.error-line").to_owned())
    } else {
        None
    };
    if let Some(text) = wrong {
        return form(&asked, &tag, &new, &[FieldError { field: "new".into(), text }]);
    }
    let (sight, wanted) = (visit.sight(), tag.clone());
    let ids = blocking(&asked, move |app| Ok(with_tag(app, sight, &wanted))).await?;
    let count = ids.len() as u64;
    if count == 0 {
        let text = locale.text("tags.error-nobody").to_owned();
        return form(&asked, &tag, &new, &[FieldError { field: "new".into(), text }]);
    }
    if asked.form.get("confirmed") != count.to_string() {
        return confirm(&asked, &tag, &new, count);
    }
    let held = held::all(&asked, &ids).await?;
    let by = visit.session.as_ref().ok_or(Error::LogIn)?.account.to_string();
    let mut entry = visit.entry(Done::TagRenamed, object(&ids));
    entry.changes.push(Change { what: TAG.to_owned(), before: tag, after: new.clone() });
    let new = NewTag { tag: new, changed: Changed { by, at: locale.now } };
    // Held as long as the work lasts, also when the browser has hung up.
    let rename = move |app: &App| {
        let done = lifecycle::set_tag(app, ids, new, entry);
        drop(held);
        done
    };
    let done = blocking(&asked, rename).await?;
    Ok(visit::see_other(&Address::new(TAGS).with("renamed", done).to_string()))
}

fn confirm(asked: &Asked, tag: &str, new: &str, count: u64) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let shown = |tag| visible(named(locale, tag)).into_owned();
    let what = locale.fill("tags.rename-what", &[("tag", &shown(tag)), ("new", &shown(new))]);
    let carried = [("tag", tag.to_owned()), ("new", new.to_owned()), ("confirmed", count.to_string())];
    let page = Confirm {
        action: RENAME,
        token: visit.token(),
        text: &what,
        carried: &carried.map(|(name, value)| (name.to_owned(), value)),
        submit: &locale.count("tags.rename-confirm", count),
        back: TAGS,
        harmless: true,
        ..Confirm::default()
    };
    let mut messages = Vec::new();
    if asked.form.sent("confirmed").is_some() {
        messages.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    let trail = [Action { href: TAGS.to_owned(), label: locale.text(tags::TITLE).to_owned() }];
    asked.page(locale.text("tags.rename"), &trail, &messages, confirm::confirm(locale, &page))
}
