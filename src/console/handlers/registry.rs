//! Registry queries: list, add, change, delete (CON-REG-1 to 5).

use std::collections::HashMap;

use actix_web::HttpResponse;

use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::form::Form;
use crate::console::pages::REGISTRY as LIST;
use crate::console::pages::registry::{self as page, ADD, ANSWERS_TOO, DELETE, EDIT, edit};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::fleet::Sight;
use crate::history::Action;
use crate::history::audit::{self, Change, Entry};
use crate::options::REGISTRY;
use crate::registry::store::{self as queries, Refusal};
use crate::registry::{HIVES, LONGEST, Query};
use crate::store::{self, Reader, Txn};
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Definitions);

/// The pages.
pub static PAGE: Page = Page {
    path: LIST,
    menu: Some(Icon::Registry),
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(LIST, ADMIN, |asked| Box::pin(list(asked))),
        Route::get(ADD, ADMIN, |asked| Box::pin(blank(asked))),
        Route::post(ADD, ADMIN, |asked| Box::pin(keep(asked))),
        Route::get(EDIT, ADMIN, |asked| Box::pin(known(asked))),
        Route::post(EDIT, ADMIN, |asked| Box::pin(keep(asked))),
        Route::post(DELETE, ADMIN, |asked| Box::pin(delete(asked))),
    ],
};

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    let sight = asked.visit.sight();
    let look = move |app: &App, read: &Reader| {
        let (all, answers) = (queries::all(read)?, answers(app, read, &sight)?);
        Ok(all.into_iter().map(|query| (answers.get(&query.name).copied().unwrap_or(0), query)).collect::<Vec<_>>())
    };
    let all: Vec<(Query, u64)> = asked.read(look).await?.into_iter().map(|(answers, query)| (query, answers)).collect();
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let on = visit.console.app.options.general().switch(REGISTRY);
    let said = asked.said(&["registry.done-saved", "registry.done-deleted", "registry.done-removing"]);
    asked.page(locale.text(page::TITLE), &[], &said, page::list(locale, &all, on))
}

/// How many computers that somebody sees answered, by the name of the query.
fn answers(app: &App, read: &Reader, sight: &Sight) -> Result<HashMap<String, u64>, store::Error> {
    let (mut found, index) = (HashMap::new(), app.fleet.look());
    queries::answers(read, &mut |id, names| {
        if index.sees(sight, id) {
            names.iter().for_each(|name| *found.entry(name.clone()).or_default() += 1);
        }
        true
    })?;
    Ok(found)
}

fn form(asked: &Asked, query: &Query, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let title = if query.id == 0 { locale.text(page::NEW) } else { locale.text("registry.edit-title") };
    let body = page::query(locale, visit.token(), query, errors);
    let trail = page::above(locale);
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// What a form or an example says, tidied.
fn read(form: &Form) -> Query {
    let text = |name| form.get(name).to_owned();
    let query = Query {
        id: form.get("query").parse().unwrap_or(0),
        name: text("name"),
        hive: form.get("hive").parse().unwrap_or(2),
        key: text("key"),
        value: text("value"),
    };
    query.tidied()
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let query = Query { id: 0, ..read(&asked.query) };
    form(&asked, &query, &[])
}

async fn known(asked: Asked) -> Result<HttpResponse, Error> {
    let query = found(&asked, asked.query.get("query")).await?;
    form(&asked, &query, &[])
}

async fn found(asked: &Asked, id: &str) -> Result<Query, Error> {
    let id: u32 = id.parse().map_err(|_| Error::NotFound)?;
    let all = asked.read(|_, read| queries::all(read)).await?;
    all.into_iter().find(|query| query.id == id).ok_or(Error::NotFound)
}

async fn keep(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale, query) = (&asked.visit, &asked.visit.locale, read(&asked.form));
    let mut errors = Vec::new();
    for (field, value) in [("name", &query.name), ("key", &query.key), ("value", &query.value)] {
        if value.is_empty() {
            errors.push(FieldError::new(field, locale.text("registry.error-empty")));
        } else if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
            errors.push(FieldError::new(field, locale.fill("form.error-line", &[("n", &LONGEST)])));
        }
    }
    if usize::from(query.hive) >= HIVES.len() {
        errors.push(FieldError::new("hive", locale.text("registry.error-empty")));
    }
    if !errors.is_empty() {
        return form(&asked, &query, &errors);
    }
    let (stored, entry) = (query.clone(), visit.entry(Action::RegistryChanged, query.name.clone()));
    let run = move |w: &mut Txn<'_>| -> Result<Result<(), Refusal>, store::Error> {
        match queries::keep(w, &stored) {
            Ok(before) => note(w, entry, before.as_ref(), Some(&stored)).map(Ok),
            Err(Refusal::Store(error)) => Err(error),
            Err(refusal) => Ok(Err(refusal)),
        }
    };
    match asked.change(run, |app| app.definitions.renew(&app.store)).await? {
        Ok(()) => Ok(visit::see_other(&format!("{LIST}?done=saved"))),
        Err(Refusal::Name) => form(&asked, &query, &[FieldError::new("name", locale.text("registry.error-name"))]),
        Err(Refusal::Same(other)) => {
            let text = locale.fill("registry.error-same", &[("name", &other)]);
            form(&asked, &query, &[FieldError::new("value", text)])
        }
        Err(Refusal::Gone | Refusal::Store(_)) => Err(Error::NotFound),
    }
}

/// Writes into the audit log what a query asked for, and what it asks for now.
fn note(w: &mut Txn<'_>, mut entry: Entry, before: Option<&Query>, after: Option<&Query>) -> Result<(), store::Error> {
    let words = |query: Option<&Query>| {
        query.map_or_else(String::new, |query| {
            let hive = HIVES.get(usize::from(query.hive)).copied().unwrap_or_default();
            format!("{}: {hive}\\{} {}", query.name, query.key, query.value)
        })
    };
    entry.changes.push(Change { what: "query".into(), before: words(before), after: words(after) });
    audit::append(w, entry)?;
    Ok(())
}

async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let query = found(&asked, asked.form.get("query")).await?;
    let (visit, locale, id) = (&asked.visit, &asked.visit.locale, query.id);
    let sight = visit.sight();
    let answers = asked.read(move |app, read| answers(app, read, &sight)).await?;
    let answers = answers.get(&query.name).copied().unwrap_or(0);
    let too = asked.form.get(ANSWERS_TOO) == "1";
    if asked.form.get("answers") != answers.to_string() {
        let mut carried = vec![("query".to_owned(), id.to_string()), ("answers".to_owned(), answers.to_string())];
        if too {
            carried.push((ANSWERS_TOO.to_owned(), "1".to_owned()));
        }
        let key = if too { "registry.sure-too" } else { "registry.sure" };
        let body = confirm(
            locale,
            &Confirm {
                action: DELETE,
                token: visit.token(),
                text: &locale.count(key, answers),
                lines: &[],
                carried: &carried,
                submit: &locale.fill("registry.sure-submit", &[("name", &query.name)]),
                back: &edit(id),
                ..Confirm::default()
            },
        );
        return asked.page(locale.text("registry.sure-title"), &page::above(locale), &[], body);
    }
    let entry = visit.entry(Action::RegistryChanged, query.name.clone());
    let run = move |w: &mut Txn<'_>| -> Result<(), store::Error> {
        match queries::delete(w, id, too)? {
            Some(gone) => note(w, entry, Some(&gone), None),
            None => Ok(()),
        }
    };
    asked.change(run, |app| app.definitions.renew(&app.store)).await?;
    Ok(visit::see_other(&format!("{LIST}?done={}", if too { "removing" } else { "deleted" })))
}
