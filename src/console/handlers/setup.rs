//! The first set-up (CON-SET-1, 2, 3, 5; SEC-50): the first administrator, the names of this server, the label.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::{HttpResponse, web};

use super::{Access, Asked, Error, Page, Route, rescue};
use crate::app::PUBLIC_NAMES;
use crate::console::pages::setup::{self, SetupForm, SetupPage};
use crate::console::pages::{NEXT_STEPS, SETUP};
use crate::console::view::form::FieldError;
use crate::console::view::{Locale, format};
use crate::console::visit::{self, Visit};
use crate::console::{Console, cookies};
use crate::deployment::launcher;
use crate::history::Action;
use crate::history::audit::{self, Actor, Change, Entry};
use crate::i18n::Lang;
use crate::net::is_loopback;
use crate::options::store::{self as options, StoredValue};
use crate::options::{SECURITY_PASSWORD_MIN_CHAR, Value};
use crate::store::Txn;
use crate::tls::names;
use crate::users::sessions::Begun;
use crate::users::{self, Account, BadPassword, Role, User, check_new, store};

/// The page.
pub static PAGE: Page = Page {
    path: SETUP,
    menu: None,
    title: setup::TITLE,
    access: Access::SetupOnly,
    routes: &[
        Route::get(SETUP, Access::SetupOnly, |asked| Box::pin(show(asked))),
        Route::post(SETUP, Access::SetupOnly, |asked| Box::pin(set_up(asked))),
    ],
};

/// Most names and addresses, and most characters of the question.
const MOST_NAMES: usize = 50;
const LONGEST_QUESTION: usize = 255;

/// What was typed and is good.
struct Good {
    account: Account,
    password: String,
    lang: Lang,
    question: String,
    names: Vec<String>,
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    if asked.visit.console.awaits_password() {
        return Ok(rescue::page(&asked.visit, "", &[], 200));
    }
    let app = asked.visit.console.app.clone();
    let wanted = web::block(move || app.wanted_names()).await?;
    let own = wanted.names.into_iter().filter(|name| name != "localhost");
    let addresses = wanted.addresses.into_iter().filter(|address| !is_loopback(*address));
    let names: Vec<String> = own.chain(addresses.map(|address| address.to_string())).collect();
    let typed = SetupForm { names: &names.join("\n"), ..SetupForm::default() };
    Ok(page(&asked.visit, typed, &[], 200))
}

fn page(visit: &Visit, typed: SetupForm, errors: &[FieldError], status: u16) -> HttpResponse {
    let page = SetupPage {
        token: visit.token(),
        ask_code: !visit.is_local(),
        password_min: u8::try_from(shortest(&visit.console)).unwrap_or(u8::MAX),
        typed,
        errors,
        ports: &visit.console.ports(),
    };
    visit.outside(visit.locale.text(setup::TITLE), false, &[], setup::body(&visit.locale, &page), status)
}

pub(super) fn shortest(console: &Console) -> usize {
    usize::try_from(console.app.options.general().number(SECURITY_PASSWORD_MIN_CHAR)).unwrap_or(users::rules::SHORTEST)
}

async fn set_up(asked: Asked) -> Result<HttpResponse, Error> {
    if asked.visit.console.awaits_password() {
        return rescue::set(&asked).await;
    }
    let (visit, form) = (&asked.visit, &asked.form);
    let console = &visit.console;
    let typed = SetupForm {
        code: form.get("code"),
        account: form.get("account"),
        question: form.get("question"),
        names: form.get("names"),
    };
    let code = Some(typed.code.trim()).filter(|code| !code.is_empty());
    let refused = |key: &str, values: &[(&str, &dyn std::fmt::Display)], status| {
        let text = visit.locale.fill(key, values);
        page(visit, typed.clone(), &[FieldError { field: "code".into(), text }], status)
    };
    match console.setup.check(visit.address, code, console.app.clock.now(), console.app.clock.elapsed()) {
        users::Entry::Open(users::Purpose::FirstAdministrator) => {}
        users::Entry::Open(users::Purpose::LostPassword(_)) | users::Entry::Closed => return Err(Error::NotFound),
        users::Entry::Wrong => {
            tracing::warn!(address = %visit.address, "a wrong set-up code was typed");
            return Ok(refused("setup.error-code", &[], 403));
        }
        users::Entry::Wait { seconds } => {
            let time = format::waiting(&visit.locale, seconds);
            return Ok(refused("login.refused", &[("time", &time)], 429));
        }
    }
    let read = Typed { form, locale: &visit.locale, shortest: shortest(console) };
    let good = match read.check() {
        Ok(good) => good,
        Err(errors) => return Ok(page(visit, typed, &errors, 422)),
    };
    let (passwords, password) = (console.passwords.clone(), good.password.clone());
    let hash = console.hashing.run(move || passwords.hash(&password)).await.map_err(Error::from)??;
    let lang = good.lang;
    let begun = store_all(visit, good, hash).await?;
    let mut response = visit::see_other(NEXT_STEPS);
    let _ = response.add_cookie(&cookies::session(visit.secure, &begun.token));
    let _ = response.add_cookie(&cookies::gone(cookies::Kind::Form, visit.secure));
    let _ = response.add_cookie(&cookies::language(visit.secure, lang));
    Ok(response)
}

/// Everything in one transaction; then the code ends, the certificate takes the names, and the session begins.
async fn store_all(visit: &Visit, good: Good, hash: String) -> Result<Begun, Error> {
    let console = visit.console.clone().into_inner();
    let (address, now) = (visit.address, visit.locale.now);
    let work = move || -> Result<Begun, Error> {
        let mut user = User::new(good.account.clone(), Role::Admin, hash, now);
        user.lang = Some(good.lang);
        let name = user.account.to_string();
        let entry = Entry::new(now, Actor::Account(name.clone()), Some(address), Action::SetUp);
        let change = |what: &str, after: &str| Change { what: what.into(), before: String::new(), after: after.into() };
        let names = good.names.join("\n");
        let changes = vec![change("names", &names), change("label", &good.question)];
        let entry = Entry { object: name.clone(), changes, ..entry };
        let stored = StoredValue { value: Value::Text(names), by: name, at: now };
        let begun = Arc::new(Mutex::new(None));
        let (place, sessions) = (begun.clone(), console.clone());
        let run = move |w: &mut Txn<'_>| -> Result<User, users::Error> {
            store::add_first(w, &user)?;
            options::set(w, PUBLIC_NAMES, &stored)?;
            launcher::set_label(w, &good.question)?;
            audit::append(w, entry)?;
            Ok(user)
        };
        let after = move |user: &User| {
            let begun = sessions.sessions.begin(user, None, address, sessions.app.clock.elapsed(), now);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
        };
        match console.app.store.queue(run, after)?.wait() {
            // Somebody was faster.
            Err(users::Error::SetupDone) => return Err(Error::NotFound),
            other => drop(other?),
        }
        finish(&console)?;
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.transpose()?.ok_or(Error::Lost)
    };
    web::block(work).await?
}

/// What follows the commit. None of it takes the set-up back: a certificate that cannot be made is made by the next
/// renewal, and a code that cannot be removed is worth nothing any more.
fn finish(console: &Console) -> Result<(), Error> {
    console.look_ready()?;
    if let Err(error) = console.setup.finish() {
        tracing::error!("{error}");
    }
    console.app.reload_options()?;
    if let Some(tls) = &console.tls
        && let Err(error) = tls.renew(&console.app.wanted_names(), console.app.clock.now())
    {
        tracing::error!("the certificate does not hold the new names yet: {error}");
    }
    tracing::info!("the set-up is done");
    Ok(())
}

/// The form as it was typed.
struct Typed<'a> {
    form: &'a crate::console::form::Form,
    locale: &'a Locale,
    shortest: usize,
}

impl Typed<'_> {
    fn check(&self) -> Result<Good, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field, text: String| errors.push(FieldError::new(field, text));
        let text = |key: &str| self.locale.text(key).to_owned();
        let account: Option<Account> = self.form.get("account").trim().parse().ok();
        let password = self.form.get("password");
        match &account {
            None if self.form.get("account").trim().is_empty() => wrong("account", text("setup.error-account")),
            None => wrong("account", text("setup.error-account-letters")),
            Some(account) => {
                if let Err(bad) = check_new(password, account, self.shortest) {
                    wrong("password", bad_password(self.locale, bad));
                }
            }
        }
        if password != self.form.get("again") {
            wrong("again", text("setup.error-again"));
        }
        let names = server_names(self.locale, self.form.get("names")).unwrap_or_else(|text| {
            wrong("names", text);
            Vec::new()
        });
        let question = self.form.get("question").trim();
        if question.chars().count() > LONGEST_QUESTION || question.chars().any(char::is_control) {
            wrong("question", self.locale.fill("setup.error-question", &[("n", &LONGEST_QUESTION)]));
        }
        let lang = Lang::from_code(self.form.get("lang")).unwrap_or(self.locale.lang);
        match account {
            Some(account) if errors.is_empty() => {
                Ok(Good { account, password: password.to_owned(), lang, question: question.to_owned(), names })
            }
            _ => Err(errors),
        }
    }
}

/// Names and addresses of this server as they were typed, each once; an error names the first that is none.
pub(super) fn server_names(locale: &Locale, typed: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for part in typed.split([' ', '\t', '\r', '\n', ',', ';']).filter(|part| !part.is_empty()) {
        let name = name(part).map_err(|key| locale.fill(key, &[("name", &part)]))?;
        if !found.contains(&name) {
            found.push(name);
        }
    }
    match found.len() {
        0 => Err(locale.text("setup.error-names").to_owned()),
        1..=MOST_NAMES => Ok(found),
        _ => Err(locale.fill("setup.error-names-many", &[("n", &MOST_NAMES)])),
    }
}

/// What is wrong with a password.
pub(super) fn bad_password(locale: &Locale, bad: BadPassword) -> String {
    let key = match bad {
        BadPassword::TooShort { least } => return locale.fill("setup.error-password-short", &[("n", &least)]),
        BadPassword::TooLong => "setup.error-password-long",
        BadPassword::IsAccount => "setup.error-password-account",
        BadPassword::Common => "setup.error-password-common",
        BadPassword::Repeated | BadPassword::Sequence => "setup.error-password-simple",
    };
    locale.text(key).to_owned()
}

/// A name or address that other computers can use; the key of what is wrong with it otherwise.
fn name(text: &str) -> Result<String, &'static str> {
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        let useless = is_loopback(address) || address.to_canonical().is_unspecified();
        return if useless { Err("setup.error-localhost") } else { Ok(address.to_canonical().to_string()) };
    }
    let name = text.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return Err("setup.error-localhost");
    }
    // What the certificate would leave out is no name.
    let held = names::wanted("localhost", None, std::slice::from_ref(&name), &[]);
    if held.names.contains(&name) { Ok(name) } else { Err("setup.error-name") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::console::form::Form;

    fn check(form: &str) -> Result<Good, Vec<String>> {
        let form = Form::read(form, 20).unwrap();
        let locale = Locale { lang: Lang::En, now: Timestamp(0), zone: jiff::tz::TimeZone::UTC };
        let typed = Typed { form: &form, locale: &locale, shortest: 12 };
        typed.check().map_err(|errors| errors.iter().map(|error| error.field.to_string()).collect())
    }

    #[test]
    fn con_set_2_names_are_those_that_other_computers_can_use() {
        let good = check(
            "account=marie&password=eleven+blue+boats&again=eleven+blue+boats&lang=fr&names=OCS.Office.lan.%0D%0A10.0.0.5,ocs.office.lan+[fd00::5]&question=+Which+room%3F+",
        );
        let good = good.unwrap_or_else(|errors| panic!("{errors:?}"));
        assert_eq!(good.names, ["ocs.office.lan", "10.0.0.5", "fd00::5"]);
        assert_eq!((good.lang, good.question.as_str()), (Lang::Fr, "Which room?"));
        for bad in ["localhost", "x.localhost", "127.0.0.1", "::1", "0.0.0.0", "a b/c", "é.office", "http://ocs", ""] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn con_set_5_each_field_says_what_is_wrong_with_it() {
        assert_eq!(check("").err(), Some(vec!["account".to_owned(), "names".to_owned()]));
        let wrong = check("account=admin&password=admin&again=other&names=localhost&question=a%00b");
        assert_eq!(
            wrong.err(),
            Some(vec!["password".to_owned(), "again".to_owned(), "names".to_owned(), "question".to_owned()])
        );
        let wrong = check("account=m%C3%A9lanie&password=eleven+blue+boats&again=eleven+blue+boats&names=ocs");
        assert_eq!(wrong.err(), Some(vec!["account".to_owned()]));
    }
}
