//! The own account (CON-LOG-4): the password, the language, where one is logged in.

use actix_web::HttpResponse;

use super::setup::shortest;
use super::{Access, Asked, Error, Page, Route, password};
use crate::console::pages::ACCOUNT;
use crate::console::pages::account::{self, AccountPage, END, Place, SESSION};
use crate::console::view::form::FieldError;
use crate::console::{cookies, visit};
use crate::history::{Action, audit};
use crate::users::{Right, Session};

const OWNER: Access = Access::Right(Right::OwnAccount);

/// The page.
pub static PAGE: Page = Page {
    path: ACCOUNT,
    menu: None,
    title: account::TITLE,
    access: OWNER,
    routes: &[
        Route::get(ACCOUNT, OWNER, |asked| Box::pin(show(asked))),
        Route::post(ACCOUNT, OWNER, |asked| Box::pin(change(asked))),
        Route::post(END, OWNER, |asked| Box::pin(end(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    page(&asked, &[])
}

fn page(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (console, own) = (&visit.console, visit.session.as_ref().ok_or(Error::LogIn)?);
    let now = console.app.clock.elapsed();
    let place = |session: &Session| {
        let idle = i64::try_from(now.saturating_sub(session.used).as_secs()).unwrap_or_default();
        Place {
            name: session.name(),
            since: session.since,
            used: locale.now.plus(-idle),
            address: session.address.to_canonical().to_string(),
            own: session.token_hash == own.token_hash,
        }
    };
    let places: Vec<Place> = console.sessions.of(&own.account, now).iter().map(place).collect();
    let page = AccountPage { shortest: shortest(console), errors, places: &places, token: visit.token() };
    let (title, body) = (locale.text(account::TITLE), account::body(locale, &page));
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    let said = asked.said(&["account.done-password", "account.done-ended"]);
    asked.page(title, &[], &said, body)
}

async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    match password::change(&asked).await? {
        Err(errors) => page(&asked, &errors),
        Ok(begun) => {
            let mut response = visit::see_other(&format!("{ACCOUNT}?done=password"));
            let _ = response.add_cookie(&cookies::session(asked.visit.secure, &begun.token));
            Ok(response)
        }
    }
}

async fn end(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let own = visit.session.as_ref().ok_or(Error::LogIn)?;
    if visit.console.sessions.end_named(&own.account, asked.form.get(SESSION)) {
        let mut entry = visit.entry(Action::SessionsEnded, own.account.to_string());
        entry.count = Some(1);
        asked.change(move |w| audit::append(w, entry), |_| Ok(())).await?;
    }
    // One that has ended by itself meanwhile is as good.
    Ok(visit::see_other(&format!("{ACCOUNT}?done=ended")))
}
