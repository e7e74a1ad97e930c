//! Accounts: list, add, change, a password given, sessions ended, delete, limits to TAGs (CON-USR-1, 2, 4). The rules
//! are in `users`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;

use super::tags::counted;
use super::{Access, Asked, Error, Page, Route, again};
use crate::accountinfo::TAG;
use crate::app::App;
use crate::console::pages::USERS;
use crate::console::pages::users::{
    self as page, ADD, DELETE, EDIT, PASSWORD, PREVIEW, SESSIONS, Typed, UserPage, edit,
};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::fleet::{Query, Sight};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::i18n::Lang;
use crate::store::Txn;
use crate::users::{self, Account, Right, Role, User, store};

const ADMIN: Access = Access::Right(Right::Users);

/// The pages.
pub static PAGE: Page = Page {
    path: USERS,
    menu: Some(Icon::Users),
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(USERS, ADMIN, |asked| Box::pin(list(asked))),
        Route::get(ADD, ADMIN, |asked| Box::pin(blank(asked))),
        Route::post(ADD, ADMIN, |asked| Box::pin(add(asked))),
        Route::get(EDIT, ADMIN, |asked| Box::pin(known(asked))),
        Route::post(EDIT, ADMIN, |asked| Box::pin(change(asked))),
        Route::post(PASSWORD, ADMIN, |asked| Box::pin(give(asked))),
        Route::post(SESSIONS, ADMIN, |asked| Box::pin(end(asked))),
        Route::post(DELETE, ADMIN, |asked| Box::pin(delete(asked))),
    ],
};

/// Longest name and address of a person, and longest pattern, in characters.
const LONGEST: usize = 255;
/// Most patterns of TAGs of one account.
const MOST_PATTERNS: usize = 100;

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    let users = asked.read(|_, read| store::list(read)).await?;
    let locale = &asked.visit.locale;
    let said = asked.said(&["users.done-changed", "users.done-deleted", "users.done-ended"]);
    asked.page(locale.text(page::TITLE), &[], &said, page::list(locale, &users))
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let typed = Typed { role: Role::User.code().to_owned(), ..Typed::default() };
    form(&asked, &typed, None, &[])
}

async fn known(asked: Asked) -> Result<HttpResponse, Error> {
    let user = named(&asked, asked.query.get("account")).await?;
    form(&asked, &Typed::of(&user), Some(&user), &[])
}

/// The account of this name.
async fn named(asked: &Asked, name: &str) -> Result<User, Error> {
    let account: Account = name.parse().map_err(|_| Error::NotFound)?;
    asked.read(move |_, read| store::get(read, &account)).await?.ok_or(Error::NotFound)
}

/// The form; `user` is the account as it is stored, `None` for one that is made.
fn form(asked: &Asked, typed: &Typed, user: Option<&User>, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let now = visit.console.app.clock.elapsed();
    let patterns = page::patterns(&typed.tags);
    let body = page::user(
        locale,
        &UserPage {
            token: visit.token(),
            typed,
            errors,
            sessions: user.map(|user| visit.console.sessions.of(&user.account, now).len()),
            last_login: user.and_then(|user| user.last_login),
            own: user.is_some_and(|user| is_own(asked, &user.account)),
            sees: if patterns.is_empty() { None } else { Some(seen(&visit.console.app, &patterns)) },
        },
    );
    let title = user.map_or_else(|| locale.text(page::NEW), |user| user.account.as_str());
    let trail = super::above(locale, USERS, page::TITLE);
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// How many computers an account with these patterns sees, of how many (CON-USR-4).
fn seen(app: &App, patterns: &[String]) -> (u64, u64) {
    let (index, shelf) = (app.fleet.look(), counted(app));
    let count = |sight| index.select(&Query { sight, shelf, conditions: Vec::new() }).len() as u64;
    (count(Sight::of(patterns)), count(Sight::everything()))
}

fn is_own(asked: &Asked, account: &Account) -> bool {
    asked.visit.session.as_ref().is_some_and(|session| session.account == *account)
}

/// What was typed, and what is wrong with it.
fn read(asked: &Asked) -> (Typed, Vec<FieldError>) {
    let (form, locale) = (&asked.form, &asked.visit.locale);
    let text = |name| form.get(name).trim().to_owned();
    let typed = Typed {
        account: text("account"),
        name: text("name"),
        email: text("email"),
        role: text("role"),
        lang: text("lang"),
        locked: form.get("locked") == "1",
        tags: form.get("tags").to_owned(),
    };
    let mut errors = Vec::new();
    for (field, value) in [("name", &typed.name), ("email", &typed.email)] {
        if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
            errors.push(FieldError::new(field, locale.fill("form.error-line", &[("n", &LONGEST)])));
        }
    }
    if !typed.email.is_empty() && !is_address(&typed.email) {
        errors.push(FieldError::new("email", locale.text("users.error-email")));
    }
    let patterns = page::patterns(&typed.tags);
    let long = |pattern: &String| pattern.chars().count() > LONGEST || pattern.chars().any(char::is_control);
    if patterns.len() > MOST_PATTERNS || patterns.iter().any(long) {
        let text = locale.fill("users.error-tags", &[("most", &MOST_PATTERNS), ("n", &LONGEST)]);
        errors.push(FieldError::new("tags", text));
    }
    if typed.role.parse::<Role>().is_err() {
        errors.push(FieldError::new("role", locale.text("users.error-role")));
    }
    (typed, errors)
}

/// Something in front of an `@` and something behind it, without blanks.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@').filter(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    parts.is_some() && !text.contains(char::is_whitespace)
}

async fn add(asked: Asked) -> Result<HttpResponse, Error> {
    let (typed, mut errors) = read(&asked);
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let account: Option<Account> = typed.account.parse().ok();
    if account.is_none() {
        errors.insert(0, FieldError::new("account", locale.text("users.error-account")));
    }
    let (Some(account), Ok(role), true) = (account, typed.role.parse::<Role>(), errors.is_empty()) else {
        return form(&asked, &typed, None, &errors);
    };
    if asked.form.has(PREVIEW) {
        return form(&asked, &typed, None, &[]);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let (password, hash) = made(&asked).await?;
    let mut user = User::new(account.clone(), role, hash, locale.now);
    (user.name, user.email, user.lang) = (typed.name.clone(), typed.email.clone(), Lang::from_code(&typed.lang));
    (user.must_change, user.tags) = (true, page::patterns(&typed.tags));
    let mut entry = visit.entry(Action::UserAdded, account.to_string());
    entry.changes.push(Change { what: "role".into(), before: String::new(), after: role.code().into() });
    if !user.tags.is_empty() {
        entry.changes.push(Change { what: TAG.into(), before: String::new(), after: user.tags.join(", ") });
    }
    let run = move |w: &mut Txn<'_>| -> Result<(), users::Error> {
        store::add(w, &user)?;
        audit::append(w, entry)?;
        Ok(())
    };
    match asked.change(run, |_| Ok(())).await {
        Err(Error::Users(users::Error::Exists(other))) => {
            let text = locale.fill("users.error-exists", &[("account", &other)]);
            form(&asked, &typed, None, &[FieldError::new("account", text)])
        }
        other => {
            other?;
            given(&asked, &account, &password)
        }
    }
}

/// A password that is typed once, and its hash.
async fn made(asked: &Asked) -> Result<(String, String), Error> {
    let console = &asked.visit.console;
    let (password, passwords) = (users::one_time()?, console.passwords.clone());
    let word = password.clone();
    let hash = console.hashing.run(move || passwords.hash(&word)).await.map_err(Error::from)??;
    Ok((password, hash))
}

/// Not a redirect: the password stands on this page only, and in no address.
fn given(asked: &Asked, account: &Account, password: &str) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let trail = super::above(locale, USERS, page::TITLE);
    asked.page(account.as_str(), &trail, &[], page::given(locale, account.as_str(), password))
}

async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let user = named(&asked, asked.form.get("account")).await?;
    let (mut typed, errors) = read(&asked);
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    // Nobody locks himself out; the box is not on the form then.
    typed.locked = if is_own(&asked, &user.account) { user.locked } else { typed.locked };
    let (Ok(role), true) = (typed.role.parse::<Role>(), errors.is_empty()) else {
        return form(&asked, &typed, Some(&user), &errors);
    };
    if asked.form.has(PREVIEW) {
        return form(&asked, &typed, Some(&user), &[]);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let entry = visit.entry(Action::UserChanged, user.account.to_string());
    let (account, wanted) = (user.account.clone(), typed.clone());
    // Set by the change, read by what follows it: both happen also when the browser has hung up.
    let less = Arc::new(AtomicBool::new(false));
    let (found, ends) = (less.clone(), end_later(&asked, &user.account));
    let run = move |w: &mut Txn<'_>| -> Result<store::Changed, users::Error> {
        let changed = store::change(w, &account, |user| {
            (user.name, user.email) = (wanted.name, wanted.email);
            (user.lang, user.role, user.locked) = (Lang::from_code(&wanted.lang), role, wanted.locked);
            user.tags = page::patterns(&wanted.tags);
            Ok(())
        })?;
        let mut entry = entry;
        entry.changes = differences(&changed.before, &changed.after);
        if !entry.changes.is_empty() {
            audit::append(w, entry)?;
        }
        found.store(changed.ends_sessions(), Ordering::SeqCst);
        Ok(changed)
    };
    let follow = move |app: &App| if less.load(Ordering::SeqCst) { ends(app) } else { Ok(()) };
    let changed = match asked.change(run, follow).await {
        Err(Error::Users(users::Error::LastAdministrator(_))) => {
            let text = locale.text("users.error-last");
            return form(&asked, &typed, Some(&user), &[FieldError::new("role", text)]);
        }
        other => other?,
    };
    if !changed.ends_sessions() {
        visit.console.sessions.speak(&user.account, changed.after.lang);
    }
    Ok(visit::see_other(&format!("{USERS}?done=changed")))
}

/// What is different, for the audit log.
pub(super) fn differences(before: &User, after: &User) -> Vec<Change> {
    let lang = |user: &User| user.lang.map_or("", Lang::code).to_owned();
    let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
    let pairs = [
        ("name", before.name.clone(), after.name.clone()),
        ("email", before.email.clone(), after.email.clone()),
        ("role", before.role.code().to_owned(), after.role.code().to_owned()),
        ("language", lang(before), lang(after)),
        ("locked", flag(before.locked), flag(after.locked)),
        (TAG, before.tags.join(", "), after.tags.join(", ")),
        ("rows", before.preferences.rows.to_string(), after.preferences.rows.to_string()),
        ("separator", before.preferences.separator.clone(), after.preferences.separator.clone()),
    ];
    let changed = pairs.into_iter().filter(|(_, before, after)| before != after);
    changed.map(|(what, before, after)| Change { what: what.into(), before, after }).collect()
}

async fn give(asked: Asked) -> Result<HttpResponse, Error> {
    let user = named(&asked, asked.form.get("account")).await?;
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let (password, hash) = made(&asked).await?;
    let entry = asked.visit.entry(Action::PasswordSet, user.account.to_string());
    let (account, now) = (user.account.clone(), asked.visit.locale.now);
    let run = move |w: &mut Txn<'_>| -> Result<(), users::Error> {
        store::set_password(w, &account, hash, true, now)?;
        audit::append(w, entry)?;
        Ok(())
    };
    // Who gives himself a password stays on the page that shows it: the session ends with the next click.
    asked.change(run, end_later(&asked, &user.account)).await?;
    given(&asked, &user.account, &password)
}

/// Ends all sessions of an account behind a change.
fn end_later(asked: &Asked, account: &Account) -> impl FnOnce(&App) -> Result<(), crate::store::Error> + Send + use<> {
    let (console, account) = (asked.visit.console.clone(), account.clone());
    move |_| {
        console.sessions.end_all(&account);
        Ok(())
    }
}

async fn end(asked: Asked) -> Result<HttpResponse, Error> {
    let user = named(&asked, asked.form.get("account")).await?;
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let mut entry = asked.visit.entry(Action::SessionsEnded, user.account.to_string());
    entry.count =
        Some(asked.visit.console.sessions.of(&user.account, asked.visit.console.app.clock.elapsed()).len() as u64);
    asked.change(move |w| audit::append(w, entry), end_later(&asked, &user.account)).await?;
    Ok(visit::see_other(&format!("{USERS}?done=ended")))
}

async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let user = named(&asked, asked.form.get("account")).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let name = user.account.to_string();
    if asked.form.get("sure") != "1" {
        let body = confirm(
            locale,
            &Confirm {
                action: DELETE,
                token: visit.token(),
                text: &locale.fill("users.delete-sure", &[("account", &name)]),
                lines: &[],
                carried: &[("account".to_owned(), name.clone()), ("sure".to_owned(), "1".to_owned())],
                submit: &locale.count("users.delete-submit", 1),
                back: &edit(&name),
                ..Confirm::default()
            },
        );
        return asked.page(locale.text("users.delete"), &super::above(locale, USERS, page::TITLE), &[], body);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let own = visit.session.as_ref().ok_or(Error::LogIn)?.account.clone();
    let entry = visit.entry(Action::UserDeleted, name);
    let account = user.account.clone();
    let run = move |w: &mut Txn<'_>| -> Result<(), users::Error> {
        store::delete(w, &account, Some(&own))?;
        audit::append(w, entry)?;
        Ok(())
    };
    match asked.change(run, end_later(&asked, &user.account)).await {
        Err(Error::Users(error @ (users::Error::LastAdministrator(_) | users::Error::Yourself(_)))) => {
            let key = if matches!(error, users::Error::Yourself(_)) { "users.error-own" } else { "users.error-last" };
            form(&asked, &Typed::of(&user), Some(&user), &[FieldError::new("account", locale.text(key))])
        }
        other => {
            other?;
            Ok(visit::see_other(&format!("{USERS}?done=deleted")))
        }
    }
}
