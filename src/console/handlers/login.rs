//! Logging in (CON-LOG-1, CON-LOG-2; SEC-51 to SEC-53).

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::{Access, Asked, Error, Page, Route};
use crate::console::pages::login::{self, Before, LoginPage};
use crate::console::pages::{DASHBOARD, LOGIN};
use crate::console::visit::{self, Visit};
use crate::console::{Console, cookies, door};
use crate::history::Action;
use crate::history::audit::{self, Actor, Entry};
use crate::i18n::Lang;
use crate::options::{SECURITY_AUTHENTICATION_NB_ATTEMPT, SECURITY_AUTHENTICATION_TIME_BLOCK};
use crate::store::Txn;
use crate::users::attempts::Rules;
use crate::users::sessions::Begun;
use crate::users::{self, Account, Answer, NotHashed, User, Verdict, store};

/// The page.
pub static PAGE: Page = Page {
    path: LOGIN,
    menu: None,
    title: login::TITLE,
    access: Access::Anonymous,
    routes: &[
        Route::get(LOGIN, Access::Anonymous, |asked| Box::pin(show(asked))),
        Route::post(LOGIN, Access::Anonymous, |asked| Box::pin(log_in(asked))),
    ],
};

/// Characters of an account that are looked at; longer ones are no account.
const LONGEST: usize = 256;

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let back = door::local_path(asked.query.get("back"));
    if asked.visit.session.is_some() {
        return Ok(visit::redirect(back.unwrap_or(DASHBOARD)));
    }
    let before = match (asked.query.get("out"), asked.query.get("ended")) {
        ("1", _) => Before::LoggedOut,
        (_, "1") => Before::SessionEnded,
        _ => Before::Nothing,
    };
    Ok(page(&asked.visit, "", back.unwrap_or_default(), before))
}

fn page(visit: &Visit, account: &str, back: &str, before: Before) -> HttpResponse {
    let body = login::body(&visit.locale, &LoginPage { token: visit.token(), account, back, before });
    let status = match before {
        Before::Nothing | Before::LoggedOut | Before::SessionEnded => 200,
        Before::Failed => 403,
        Before::Refused { .. } => 429,
    };
    visit.outside(visit.locale.text(login::TITLE), true, &[], body, status)
}

async fn log_in(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let console = &visit.console;
    let back = door::local_path(asked.form.get("back")).unwrap_or_default();
    let typed: String = asked.form.get("account").trim().chars().take(LONGEST).collect();
    let rules = rules(console);
    let answer = console.attempts().attempt(visit.address, &typed, &rules, console.app.clock.elapsed());
    if let Answer::Wait { seconds } = answer {
        note(visit, Action::LogInRefused, &typed).await?;
        let mut response = page(visit, &typed, back, Before::Refused { seconds });
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        return Ok(response);
    }
    let checked = check(&asked, &typed).await;
    if checked.is_err() {
        console.attempts().undone(visit.address, &typed, &rules);
    }
    let Some((user, rehashed)) = checked? else {
        note(visit, Action::LogIn, &typed).await?;
        return Ok(page(visit, &typed, back, Before::Failed));
    };
    let lang = Lang::from_code(asked.form.get("lang"));
    let chosen = lang.filter(|lang| *lang != visit.locale.lang);
    let Some(begun) = begin(visit, user, rehashed, chosen).await? else {
        return Ok(page(visit, &typed, back, Before::Failed));
    };
    console.attempts().succeeded(visit.address, &typed, &rules);
    let mut response = visit::see_other(if back.is_empty() { DASHBOARD } else { back });
    let _ = response.add_cookie(&cookies::session(visit.secure, &begun.token));
    let _ = response.add_cookie(&cookies::gone(cookies::Kind::Form, visit.secure));
    if let Some(lang) = begun.session.lang.or(lang) {
        let _ = response.add_cookie(&cookies::language(visit.secure, lang));
    }
    Ok(response)
}

/// How often a password may be tried.
pub(super) fn rules(console: &Console) -> Rules {
    let options = console.app.options.general();
    let number = |option| u32::try_from(options.number(option)).unwrap_or(u32::MAX);
    Rules::new(
        &console.app.config.limits,
        number(SECURITY_AUTHENTICATION_NB_ATTEMPT),
        number(SECURITY_AUTHENTICATION_TIME_BLOCK),
    )
}

/// The account that this password opens, and its new hash when the stored one is too weak. An unknown account
/// takes as long as a known one.
async fn check(asked: &Asked, typed: &str) -> Result<Option<(User, Option<String>)>, Error> {
    check_password(asked, typed, asked.form.get("password")).await
}

/// The same for a password that another form asks for.
pub(super) async fn check_password(
    asked: &Asked,
    typed: &str,
    password: &str,
) -> Result<Option<(User, Option<String>)>, Error> {
    let account: Option<Account> = typed.parse().ok();
    let user = asked.read(move |_, read| account.map_or(Ok(None), |account| store::get(read, &account))).await;
    let user = match user {
        Err(Error::Store(error @ crate::store::Error::Damaged { .. })) => {
            tracing::error!("an account cannot be read, and nobody can log in with it: {error}");
            None
        }
        other => other?,
    };
    let console = &asked.visit.console;
    let (passwords, password) = (console.passwords.clone(), password.to_owned());
    let stored = user.as_ref().map(|user| user.password.clone());
    let work = move || -> Result<_, users::Error> {
        let verdict = passwords.verify(stored.as_deref(), &password)?;
        let again = verdict == Verdict::Right { rehash: true };
        Ok((verdict, if again { Some(passwords.hash(&password)?) } else { None }))
    };
    let (verdict, rehashed) = console.hashing.run(work).await.map_err(|error: NotHashed| Error::from(error))??;
    let right = matches!(verdict, Verdict::Right { .. });
    Ok(user.filter(|user| right && !user.locked).map(|user| (user, rehashed)))
}

/// Notes the log-in and begins the session in one step; `None` when the account was changed meanwhile.
async fn begin(
    visit: &Visit,
    user: User,
    rehashed: Option<String>,
    chosen: Option<Lang>,
) -> Result<Option<Begun>, Error> {
    let console = visit.console.clone();
    let (address, now, replaces) = (visit.address, visit.locale.now, visit.session_value.clone());
    let work = move || {
        let begun = Arc::new(Mutex::new(None));
        let (place, sessions) = (begun.clone(), console.clone());
        let run = move |w: &mut Txn<'_>| -> Result<Option<User>, users::Error> {
            let Some(mut known) = store::logged_in(w, &user, rehashed, now)? else { return Ok(None) };
            if let Some(lang) = chosen {
                known = store::change(w, &known.account, |user| {
                    user.lang = Some(lang);
                    Ok(())
                })?
                .after;
            }
            let name = known.account.to_string();
            let entry = Entry::new(now, Actor::Account(name.clone()), Some(address), Action::LogIn);
            audit::append(w, Entry { object: name, ..entry })?;
            Ok(Some(known))
        };
        let after = move |known: &Option<User>| {
            let elapsed = sessions.app.clock.elapsed();
            let begin = |user| sessions.sessions.begin(user, replaces.as_deref(), address, elapsed, now);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = known.as_ref().map(begin);
        };
        console.app.store.queue(run, after)?.wait()?;
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.transpose()
    };
    Ok(web::block(work).await??)
}

/// Writes a log-in that did not succeed into the log and the audit log.
async fn note(visit: &Visit, action: Action, typed: &str) -> Result<(), Error> {
    let what = if action == Action::LogInRefused { "a log-in was refused: too many tries" } else { "a log-in failed" };
    tracing::warn!(account = %typed, address = %visit.address, "{what}");
    if action == Action::LogInRefused && !visit.console.notes_refusal() {
        return Ok(());
    }
    let actor = Actor::Account(typed.to_owned());
    let entry = Entry::new(visit.locale.now, actor, Some(visit.address), action);
    let entry = Entry { object: typed.to_owned(), done: false, ..entry };
    let app = visit.console.app.clone();
    web::block(move || app.write(move |w| audit::append(w, entry))).await??;
    Ok(())
}
