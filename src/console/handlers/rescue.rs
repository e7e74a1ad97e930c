//! A new password with the code of the local command (SEC-59). The code names the account, which is an open
//! administrator afterwards; its other sessions end.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, web};

use super::setup::{bad_password, shortest};
use super::{Asked, Error};
use crate::console::cookies;
use crate::console::pages::COMPUTERS;
use crate::console::pages::rescue::{self, RescuePage};
use crate::console::view::form::FieldError;
use crate::console::view::format;
use crate::console::visit::{self, Visit};
use crate::history::Action;
use crate::history::audit::{self, Actor, Change, Entry};
use crate::store::Txn;
use crate::users::sessions::Begun;
use crate::users::{self, Account, Purpose, Role, check_new, store};

pub fn page(visit: &Visit, code: &str, errors: &[FieldError], status: u16) -> HttpResponse {
    let password_min = u8::try_from(shortest(&visit.console)).unwrap_or(u8::MAX);
    let body = rescue::body(&visit.locale, &RescuePage { token: visit.token(), password_min, code, errors });
    visit.outside(visit.locale.text(rescue::TITLE), true, &[], body, status)
}

pub async fn set(asked: &Asked) -> Result<HttpResponse, Error> {
    let (visit, form) = (&asked.visit, &asked.form);
    let (console, locale) = (&visit.console, &visit.locale);
    let code = form.get("code").trim();
    let refused = |text, status| page(visit, code, &[FieldError { field: "code".into(), text }], status);
    let typed = Some(code).filter(|code| !code.is_empty());
    let account = match console.setup.check(visit.address, typed, console.app.clock.now(), console.app.clock.elapsed())
    {
        users::Entry::Open(Purpose::LostPassword(account)) => account,
        users::Entry::Open(Purpose::FirstAdministrator) | users::Entry::Closed => return Err(Error::NotFound),
        users::Entry::Wrong => {
            tracing::warn!(address = %visit.address, "a wrong set-up code was typed");
            return Ok(refused(locale.text("rescue.error-code").to_owned(), 403));
        }
        users::Entry::Wait { seconds } => {
            let time = format::waiting(locale, seconds);
            return Ok(refused(locale.fill("login.refused", &[("time", &time)]), 429));
        }
    };
    let password = form.get("password").to_owned();
    let mut errors = Vec::new();
    if let Err(bad) = check_new(&password, &account, shortest(console)) {
        errors.push(FieldError { field: "password".into(), text: bad_password(locale, bad) });
    }
    if password != form.get("again") {
        errors.push(FieldError { field: "again".into(), text: locale.text("setup.error-again").to_owned() });
    }
    if !errors.is_empty() {
        return Ok(page(visit, code, &errors, 422));
    }
    let passwords = console.passwords.clone();
    let hash = console.hashing.run(move || passwords.hash(&password)).await.map_err(Error::from)??;
    let begun = store_all(visit, account, hash).await?;
    let mut response = visit::see_other(COMPUTERS);
    let _ = response.add_cookie(&cookies::session(visit.secure, &begun.token));
    let _ = response.add_cookie(&cookies::gone(cookies::Kind::Form, visit.secure));
    Ok(response)
}

/// Password and entry of the audit log in one transaction; then the code and the sessions end, and one begins.
async fn store_all(visit: &Visit, account: Account, hash: String) -> Result<Begun, Error> {
    let console = visit.console.clone().into_inner();
    let (address, now, replaces) = (visit.address, visit.locale.now, visit.session_value.clone());
    let work = move || -> Result<Begun, Error> {
        let begun = Arc::new(Mutex::new(None));
        let (place, people) = (begun.clone(), console.clone());
        let run = move |w: &mut Txn<'_>| -> Result<Option<users::User>, users::Error> {
            let before = store::get(w, &account)?;
            store::rescue(w, &account, hash, now)?;
            let name = account.to_string();
            let mut entry = Entry::new(now, Actor::Account(name.clone()), Some(address), Action::PasswordSet);
            entry.object = name;
            let role = before.map_or_else(String::new, |user| user.role.code().to_owned());
            if role != Role::Admin.code() {
                entry.changes.push(Change { what: "role".into(), before: role, after: Role::Admin.code().into() });
            }
            audit::append(w, entry)?;
            Ok(store::get(w, &account)?)
        };
        let after = move |user: &Option<users::User>| {
            let Some(user) = user else { return };
            people.sessions.end_all(&user.account);
            let begun = people.sessions.begin(user, replaces.as_deref(), address, people.app.clock.elapsed(), now);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        };
        console.app.store.queue(run, after)?.wait()?;
        console.look_ready()?;
        if let Err(error) = console.setup.finish() {
            tracing::error!("{error}");
        }
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.transpose()?.ok_or(Error::Lost)
    };
    web::block(work).await?
}
