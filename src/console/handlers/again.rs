//! The password once more before what only its owner may do (SEC-58): good for ten minutes, asked for on a page of
//! its own that carries what was sent.

use actix_web::HttpResponse;

use super::{Asked, Error, login};
use crate::console::form::Form;
use crate::console::pages::password;
use crate::console::view::form::FieldError;
use crate::console::view::format;
use crate::history::Action;
use crate::history::audit;
use crate::users::Answer;

/// Whether the password was typed within the last ten minutes. Looked up anew, for this request may have confirmed it.
pub fn is_fresh(asked: &Asked) -> bool {
    let (console, value) = (&asked.visit.console, asked.visit.session_value.as_deref());
    let now = console.app.clock.elapsed();
    value.and_then(|value| console.sessions.open(value, now)).is_some_and(|session| session.is_confirmed(now))
}

/// `None` when the password was typed within the last ten minutes, or is typed in this form. Otherwise the page that
/// asks for it.
pub async fn asks(asked: &Asked) -> Result<Option<HttpResponse>, Error> {
    let (visit, console) = (&asked.visit, &asked.visit.console);
    let session = visit.session.as_ref().ok_or(Error::LogIn)?;
    if session.is_confirmed(console.app.clock.elapsed()) {
        return Ok(None);
    }
    if !asked.form.has(password::OWN) {
        return page(asked, &asked.form, &[]).map(Some);
    }
    let (account, rules) = (session.account.to_string(), login::rules(console));
    let answer = console.attempts().attempt(visit.address, &account, &rules, console.app.clock.elapsed());
    if let Answer::Wait { seconds } = answer {
        let time = format::waiting(&visit.locale, seconds);
        let text = visit.locale.fill("login.refused", &[("time", &time)]);
        return page(asked, &asked.form, &[FieldError::new(password::OWN, text)]).map(Some);
    }
    let found = login::check_password(asked, &account, asked.form.get(password::OWN)).await;
    if found.is_err() {
        console.attempts().undone(visit.address, &account, &rules);
    }
    let right = found?.is_some();
    let mut entry = visit.entry(Action::Confirmed, account.clone());
    entry.done = right;
    asked.change(move |w| audit::append(w, entry), |_| Ok(())).await?;
    if !right {
        let text = visit.locale.text("password.error-own");
        return page(asked, &asked.form, &[FieldError::new(password::OWN, text)]).map(Some);
    }
    console.attempts().succeeded(visit.address, &account, &rules);
    console.sessions.confirm(session, console.app.clock.elapsed());
    Ok(None)
}

/// The page that asks for it, and carries what was sent. It is sent by POST to the address that was asked for.
pub fn page(asked: &Asked, sent: &Form, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let mut carried = sent.carried();
    carried.retain(|(name, _)| name != password::OWN);
    let action = visit.here.split('?').next().unwrap_or_default();
    let body = password::again(&visit.locale, action, visit.token(), &carried, errors);
    let title = visit.locale.text(password::AGAIN);
    if errors.is_empty() { asked.page(title, &[], &[], body) } else { asked.again(title, &[], body) }
}
