//! A new password at the first log-in: who was given one chooses his own before anything else.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, web};

use super::setup::{bad_password, shortest};
use super::{Access, Asked, Error, Page, Route, login};
use crate::console::pages::password::{self, OWN};
use crate::console::pages::{COMPUTERS, NEW_PASSWORD};
use crate::console::view::form::FieldError;
use crate::console::{cookies, visit};
use crate::history::{Action, audit};
use crate::store::Txn;
use crate::users::sessions::Begun;
use crate::users::{self, Answer, Right, check_new, store};

const OWNER: Access = Access::Right(Right::OwnAccount);

/// The page.
pub static PAGE: Page = Page {
    path: NEW_PASSWORD,
    menu: None,
    title: password::TITLE,
    access: OWNER,
    routes: &[
        Route::get(NEW_PASSWORD, OWNER, |asked| Box::pin(show(asked))),
        Route::post(NEW_PASSWORD, OWNER, |asked| Box::pin(set(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    page(&asked, &[])
}

fn page(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let body = password::body(&visit.locale, visit.token(), shortest(&visit.console), errors);
    let title = visit.locale.text(password::TITLE);
    if errors.is_empty() { asked.page(title, &[], &[], body) } else { asked.again(title, &[], body) }
}

async fn set(asked: Asked) -> Result<HttpResponse, Error> {
    match change(&asked).await? {
        Err(errors) => page(&asked, &errors),
        Ok(begun) => {
            let mut response = visit::see_other(COMPUTERS);
            let _ = response.add_cookie(&cookies::session(asked.visit.secure, &begun.token));
            Ok(response)
        }
    }
}

/// Sets the password that a form asks for, when the old one in it is right: the session that follows, or what is wrong.
pub async fn change(asked: &Asked) -> Result<Result<Begun, Vec<FieldError>>, Error> {
    let (visit, form) = (&asked.visit, &asked.form);
    let (console, locale) = (&visit.console, &visit.locale);
    let session = visit.session.as_ref().ok_or(Error::LogIn)?;
    let (account, rules) = (session.account.clone(), login::rules(console));
    let name = account.to_string();
    let answer = console.attempts().attempt(visit.address, &name, &rules, console.app.clock.elapsed());
    if let Answer::Wait { seconds } = answer {
        let time = crate::console::view::format::waiting(locale, seconds);
        return Ok(Err(vec![FieldError::new(OWN, locale.fill("login.refused", &[("time", &time)]))]));
    }
    let mut errors = Vec::new();
    let found = login::check_password(asked, &name, form.get(OWN)).await;
    if found.is_err() {
        console.attempts().undone(visit.address, &name, &rules);
    }
    match found? {
        Some(_) => console.attempts().succeeded(visit.address, &name, &rules),
        None => errors.push(FieldError::new(OWN, locale.text("password.error-own"))),
    }
    let chosen = form.get("password").to_owned();
    if let Err(bad) = check_new(&chosen, &account, shortest(console)) {
        errors.push(FieldError::new("password", bad_password(locale, bad)));
    } else if chosen == form.get(OWN) {
        errors.push(FieldError::new("password", locale.text("password.error-same")));
    }
    if chosen != form.get("again") {
        errors.push(FieldError::new("again", locale.text("setup.error-again")));
    }
    if !errors.is_empty() {
        return Ok(Err(errors));
    }
    let passwords = console.passwords.clone();
    let hash = console.hashing.run(move || passwords.hash(&chosen)).await.map_err(Error::from)??;
    store_it(asked, account, hash).await.map(Ok)
}

/// The password and its entry in one transaction; then all sessions of the account end, and one begins.
async fn store_it(asked: &Asked, account: users::Account, hash: String) -> Result<Begun, Error> {
    let visit = &asked.visit;
    let console = visit.console.clone().into_inner();
    let (address, now, replaces) = (visit.address, visit.locale.now, visit.session_value.clone());
    let entry = visit.entry(Action::PasswordSet, account.to_string());
    let work = move || -> Result<Begun, Error> {
        let begun = Arc::new(Mutex::new(None));
        let (place, people) = (begun.clone(), console.clone());
        let run = move |w: &mut Txn<'_>| -> Result<users::User, users::Error> {
            let changed = store::set_password(w, &account, hash, false, now)?;
            audit::append(w, entry)?;
            Ok(changed.after)
        };
        let after = move |user: &users::User| {
            people.sessions.end_all(&user.account);
            let begun = people.sessions.begin(user, replaces.as_deref(), address, people.app.clock.elapsed(), now);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        };
        console.app.store.queue(run, after)?.wait()?;
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.transpose()?.ok_or(Error::Lost)
    };
    web::block(work).await?
}
