//! Junk lists: shown, added to, deleted from, switched, and as a file (CON-BLK-1, 2).

use actix_web::HttpResponse;

use super::export::{self, Whole};
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::pages::BLACKLISTS;
use crate::console::pages::blacklists::{self as page, ADD, CSV, DELETE, JunkPage, SWITCH, address, name};
use crate::console::view::address::Address;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::csv::Csv;
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::duplicates::junk::{self, Junk, List};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::i18n::iso_date;
use crate::store::{self, Txn};
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Definitions);

/// The page.
pub static PAGE: Page = Page {
    path: BLACKLISTS,
    menu: Some(Icon::Junk),
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(BLACKLISTS, ADMIN, |asked| Box::pin(show(asked))),
        Route::get(CSV, ADMIN, |asked| Box::pin(save(asked))),
        Route::post(ADD, ADMIN, |asked| Box::pin(add(asked))),
        Route::post(DELETE, ADMIN, |asked| Box::pin(delete(asked))),
        Route::post(SWITCH, ADMIN, |asked| Box::pin(switch(asked))),
    ],
};

/// Most lines that are added at once.
const MOST: usize = 1000;
/// Longest entry that another page proposes, in characters.
const LONGEST_PROPOSED: usize = 255;
/// Wrong lines that are told apart.
const TOLD: usize = 10;

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let list = List::named(asked.query.get("list")).unwrap_or(List::Macs);
    let typed: String = asked.query.get("entries").chars().take(LONGEST_PROPOSED).collect();
    shown(&asked, list, &typed, &[]).await
}

async fn shown(asked: &Asked, list: List, typed: &str, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let entries = asked.read(|_, read| junk::entries(read)).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let body = page::body(locale, &JunkPage { token: visit.token(), list, entries: &entries, typed, errors });
    let title = locale.text(page::TITLE);
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    let told = |word: &str, key: &str| {
        let count = asked.query.get(word).parse::<u64>().ok();
        count.map(|n| Message { tone: Tone::Success, text: locale.count(key, n), action: None })
    };
    let said: Vec<Message> =
        [told("added", "junk.added"), told("deleted", "junk.deleted"), told("switched", "junk.switched")]
            .into_iter()
            .flatten()
            .collect();
    asked.page(title, &[], &said, body)
}

/// The list that a form is about.
fn list(asked: &Asked) -> Result<List, Error> {
    List::named(asked.form.get("list")).ok_or(Error::NotFound)
}

async fn add(asked: Asked) -> Result<HttpResponse, Error> {
    let (list, typed) = (list(&asked)?, asked.form.get("entries").to_owned());
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let lines: Vec<(usize, &str)> = typed
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let mut errors = Vec::new();
    if lines.is_empty() {
        errors.push(FieldError::new("entries", locale.text("junk.error-none")));
    }
    if lines.len() > MOST {
        errors.push(FieldError::new("entries", locale.fill("junk.error-many", &[("n", &MOST)])));
    }
    let what = name(locale, list);
    let bad = lines.iter().filter(|(_, line)| list.normal(line).is_none()).take(TOLD);
    errors.extend(bad.map(|(at, line)| {
        let line: String = line.chars().take(60).collect();
        FieldError::new("entries", locale.fill("junk.error-line", &[("n", at), ("line", &line), ("list", &what)]))
    }));
    if !errors.is_empty() {
        return shown(&asked, list, &typed, &errors).await;
    }
    let values: Vec<String> = lines.iter().filter_map(|(_, line)| list.normal(line)).collect();
    let junk = Junk { off: false, by: asked.account(), at: locale.now };
    let entry = visit.entry(Action::JunkChanged, list.code().to_owned());
    let run = move |w: &mut Txn<'_>| -> Result<usize, store::Error> {
        let added = junk::add(w, list, &values, &junk)?;
        let change = |value: &String| Change { what: "added".into(), before: String::new(), after: value.clone() };
        note(w, entry, added.iter().map(change).collect())?;
        Ok(added.len())
    };
    let added = asked.change(run, follow).await?;
    Ok(visit::see_other(&address(list).with("added", added).to_string()))
}

fn follow(app: &App) -> Result<(), store::Error> {
    app.definitions.renew(&app.store)
}

/// Writes what changed into the audit log, when anything did.
fn note(w: &mut Txn<'_>, mut entry: audit::Entry, changes: Vec<Change>) -> Result<(), store::Error> {
    if !changes.is_empty() {
        entry.count = Some(changes.len() as u64);
        entry.changes = changes;
        audit::append(w, entry)?;
    }
    Ok(())
}

async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let list = list(&asked)?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let chosen: Vec<String> = asked.form.chosen("value").into_iter().map(str::to_owned).collect();
    let entries = asked.read(|_, read| junk::entries(read)).await?;
    let there =
        |value: &&String| entries.iter().any(|entry| entry.list == list && !entry.built_in && entry.value == **value);
    let there: Vec<String> = chosen.iter().filter(there).cloned().collect();
    if there.is_empty() {
        return Ok(visit::see_other(&address(list).with("deleted", 0).to_string()));
    }
    if asked.form.get("count") != there.len().to_string() {
        let mut carried: Vec<(String, String)> =
            there.iter().map(|value| ("value".to_owned(), value.clone())).collect();
        carried.push(("list".to_owned(), list.code().to_owned()));
        carried.push(("count".to_owned(), there.len().to_string()));
        let number = there.len() as u64;
        let page = Confirm {
            action: DELETE,
            token: visit.token(),
            text: &locale.count("junk.sure", number),
            lines: &there,
            carried: &carried,
            submit: &locale.count("junk.sure-submit", number),
            back: &address(list).to_string(),
            ..Confirm::default()
        };
        let trail = super::above(locale, BLACKLISTS, page::TITLE);
        return asked.page(locale.text("junk.sure-title"), &trail, &[], confirm(locale, &page));
    }
    let entry = visit.entry(Action::JunkChanged, list.code().to_owned());
    let run = move |w: &mut Txn<'_>| -> Result<usize, store::Error> {
        let gone = junk::remove(w, list, &there)?;
        let change = |value: &String| Change { what: "deleted".into(), before: value.clone(), after: String::new() };
        note(w, entry, gone.iter().map(change).collect())?;
        Ok(gone.len())
    };
    let gone = asked.change(run, follow).await?;
    Ok(visit::see_other(&address(list).with("deleted", gone).to_string()))
}

async fn switch(asked: Asked) -> Result<HttpResponse, Error> {
    let list = list(&asked)?;
    let (visit, by) = (&asked.visit, asked.account());
    let on: Vec<String> = asked.form.chosen("on").into_iter().map(str::to_owned).collect();
    let (at, entry) = (visit.locale.now, visit.entry(Action::JunkChanged, list.code().to_owned()));
    let run = move |w: &mut Txn<'_>| -> Result<usize, store::Error> {
        let changed = junk::switch(w, list, &on, &by, at)?;
        let word = |on: bool| if on { "1" } else { "0" }.to_owned();
        let change = |(value, on): &(String, bool)| Change { what: value.clone(), before: word(!on), after: word(*on) };
        note(w, entry, changed.iter().map(change).collect())?;
        Ok(changed.len())
    };
    let changed = asked.change(run, follow).await?;
    Ok(visit::see_other(&address(list).with("switched", changed).to_string()))
}

async fn save(asked: Asked) -> Result<HttpResponse, Error> {
    let list = List::named(asked.query.get("list")).ok_or(Error::NotFound)?;
    let entries = asked.read(|_, read| junk::entries(read)).await?;
    let object = format!("blacklists-{}.csv", list.code());
    export::note(&asked, Action::Exported, object, None, &Address::default()).await?;
    let locale = &asked.visit.locale;
    let mut csv = Csv::new(locale, &asked.visit.separator());
    csv.titles(&page::columns(locale));
    for entry in entries.iter().filter(|entry| entry.list == list) {
        csv.row(&page::cells(locale, entry));
    }
    let name = format!("{}-{}.csv", list.code(), iso_date(locale.now, &locale.zone));
    Ok(export::csv(&name, Whole(Some(csv.take()))))
}
