//! What everybody does for himself: change the language, log out.

use actix_web::HttpResponse;
use actix_web::web;

use super::{Access, Asked, Error, Page, Route};
use crate::console::pages::{COMPUTERS, LANGUAGE, LOGIN, LOGOUT};
use crate::console::{cookies, door, visit};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::i18n::Lang;
use crate::store::Txn;
use crate::users::{self, Right, store};

/// The forms of the frame.
pub static PAGE: Page = Page {
    path: LOGOUT,
    menu: None,
    title: "frame.logout",
    access: Access::Right(Right::OwnAccount),
    routes: &[
        Route::post(LOGOUT, Access::Right(Right::OwnAccount), |asked| Box::pin(log_out(asked))),
        Route::post(LANGUAGE, Access::Anonymous, |asked| Box::pin(speak(asked))),
    ],
};

async fn log_out(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let ended = visit.session_value.as_deref().and_then(|value| visit.console.sessions.end(value));
    if let Some(session) = ended {
        let entry = visit.entry(Action::LogOut, session.account.to_string());
        let app = visit.console.app.clone();
        let written = web::block(move || app.write(move |w| audit::append(w, entry))).await?;
        // The session is over either way; that it is not in the log must not keep anybody logged in.
        if let Err(error) = written {
            tracing::error!("a log-out is missing in the audit log: {error}");
        }
    }
    let mut response = visit::see_other(&format!("{LOGIN}?out=1"));
    let _ = response.add_cookie(&cookies::gone(cookies::Kind::Session, visit.secure));
    Ok(response)
}

/// Logged in, the language is the account's; before, it is this browser's.
async fn speak(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let lang = Lang::from_code(asked.form.get("lang")).ok_or(Error::Body(400))?;
    let usual = if visit.session.is_some() { COMPUTERS } else { LOGIN };
    let mut response = visit::see_other(door::local_path(asked.form.get("back")).unwrap_or(usual));
    // Kept for the browser too, so that the choice outlives the log-out.
    let _ = response.add_cookie(&cookies::language(visit.secure, lang));
    let Some(session) = &visit.session else { return Ok(response) };
    let account = session.account.clone();
    let mut entry = visit.entry(Action::UserChanged, account.to_string());
    let console = visit.console.clone();
    let change = move || {
        let (sessions, spoken) = (console.clone(), account.clone());
        let run = move |w: &mut Txn<'_>| {
            let changed = store::change(w, &account, |user| {
                user.lang = Some(lang);
                Ok(())
            })?;
            let before = changed.before.lang.map_or("", Lang::code).to_owned();
            entry.changes.push(Change { what: "language".into(), before, after: lang.code().into() });
            audit::append(w, entry)?;
            Ok::<_, users::Error>(())
        };
        console.app.store.queue(run, move |()| sessions.sessions.speak(&spoken, Some(lang)))?.wait()
    };
    web::block(change).await??;
    Ok(response)
}
