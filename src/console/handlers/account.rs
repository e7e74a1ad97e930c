//! The own account (CON-LOG-4): the password, how lists and files are, the language, where one is logged in.

use actix_web::HttpResponse;

use super::setup::shortest;
use super::users::differences;
use super::{Access, Asked, Error, Page, Route, password};
use crate::app::App;
use crate::console::pages::ACCOUNT;
use crate::console::pages::account::{
    self, AccountPage, END, PREFERENCES, Place, ROWS, SEPARATOR, SEPARATORS, SESSION,
};
use crate::console::view::form::FieldError;
use crate::console::view::pager::SIZES;
use crate::console::{cookies, visit};
use crate::history::{Action, audit};
use crate::store::Txn;
use crate::users::{self, Preferences, Right, Session, store};

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
        Route::post(PREFERENCES, OWNER, |asked| Box::pin(prefer(asked))),
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
    let page = AccountPage {
        shortest: shortest(console),
        errors,
        places: &places,
        preferences: &own.preferences,
        token: visit.token(),
    };
    let (title, body) = (locale.text(account::TITLE), account::body(locale, &page));
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    let said = asked.said(&["account.done-password", "account.done-ended", "account.done-preferences"]);
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

/// Keeps how lists and files are to be. What no form of ours sends is as usual.
async fn prefer(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let account = visit.session.as_ref().ok_or(Error::LogIn)?.account.clone();
    let rows = asked.form.get(ROWS).parse().ok().filter(|rows| SIZES.contains(rows)).unwrap_or_default();
    let separator = Some(asked.form.get(SEPARATOR)).filter(|text| SEPARATORS.contains(text)).unwrap_or_default();
    let wanted = Preferences { rows, separator: separator.to_owned() };
    let (console, mut entry) = (visit.console.clone(), visit.entry(Action::UserChanged, account.to_string()));
    let (kept, changed) = (wanted.clone(), account.clone());
    let run = move |w: &mut Txn<'_>| -> Result<(), users::Error> {
        let changed = store::change(w, &changed, |user| {
            user.preferences = kept;
            Ok(())
        })?;
        entry.changes = differences(&changed.before, &changed.after);
        if !entry.changes.is_empty() {
            audit::append(w, entry)?;
        }
        Ok(())
    };
    let follow = move |_: &App| {
        console.sessions.prefer(&account, &wanted);
        Ok(())
    };
    asked.change(run, follow).await?;
    Ok(visit::see_other(&format!("{ACCOUNT}?done=preferences")))
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
