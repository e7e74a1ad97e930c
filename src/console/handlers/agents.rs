//! Agents' own files: listed, brought, deleted (CON-AGT-1).

use actix_web::{HttpResponse, web};

use super::computers::blocking;
use super::{Access, Asked, Error, Page, Route, again, next};
use crate::console::pages::agents::{self as page, AGENTS, AgentsPage, Bring, DELETE, FILE, NAME, ONE, Shown};
use crate::console::pages::password::OWN;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::deployment::agent_files::{self, ALLOWED, AgentFile, MOST, Refusal, allowed};
use crate::history::Action;
use crate::i18n::size;
use crate::limits::Limits;
use crate::options::DEPLOY;
use crate::users::Right;
use crate::web::Allowed;

const LOOK: Access = Access::Right(Right::AgentKit);
const CHANGE: Access = Access::Right(Right::AgentFiles);

/// The pages.
pub static PAGE: Page = Page {
    path: AGENTS,
    menu: Some(Icon::Agents),
    title: page::TITLE,
    access: LOOK,
    routes: &[
        Route::get(AGENTS, LOOK, |asked| Box::pin(list(asked))),
        Route::upload(AGENTS, CHANGE, brings, |asked| Box::pin(bring(asked))),
        Route::get(ONE, LOOK, |asked| Box::pin(one(asked))),
        Route::post(DELETE, CHANGE, |asked| Box::pin(delete(asked))),
    ],
};

fn brings(limits: &Limits) -> Allowed {
    Allowed { files: 1, file: limits.agent_file, whole: limits.agent_file, text: limits.form, memory: false }
}

/// Every file with its address.
async fn files(asked: &Asked) -> Result<Vec<Shown>, Error> {
    let server = next::server(&asked.visit.console);
    let read = asked.read(move |app, read| {
        let shown = |file: AgentFile| Shown {
            address: format!("{server}/deploy/{}", file.name),
            whole: app.agent_files.is_whole(&file),
            file,
        };
        Ok(agent_files::all(read)?.into_iter().map(shown).collect())
    });
    read.await
}

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    shown(&asked, &[]).await
}

async fn shown(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let files = files(asked).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let app = &visit.console.app;
    let most = app.config.limits.agent_file;
    let bring = Bring { token: visit.token(), errors, most, password: !again::is_fresh(asked) };
    let page = AgentsPage {
        files: &files,
        deploy: app.options.general().switch(DEPLOY),
        may_open: visit.may(Right::Options),
        bring: visit.may(Right::AgentFiles).then_some(bring),
    };
    let (title, body) = (locale.text(page::TITLE), page::body(locale, &page));
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    asked.page(title, &[], &asked.said(&["agents.done-kept", "agents.done-deleted"]), body)
}

/// Takes the file of the form: a program that computers will run, so the password is asked for (SEC-58).
async fn bring(mut asked: Asked) -> Result<HttpResponse, Error> {
    if !asked.form.get(OWN).is_empty()
        && let Some(page) = again::asks(&asked).await?
    {
        return Ok(page);
    }
    let upload = asked.upload.take().filter(|upload| !upload.files.is_empty());
    let wrong = |text: String| [FieldError::new(FILE, text)];
    let text = |key: &str| asked.visit.locale.text(key).to_owned();
    let Some(upload) = upload else { return shown(&asked, &wrong(text("agents.error-none"))).await };
    let Some(file) = upload.files.first().filter(|_| upload.beyond == 0) else {
        return shown(&asked, &wrong(text("agents.error-many"))).await;
    };
    let (locale, app) = (&asked.visit.locale, asked.visit.console.app.clone());
    let Some(name) = allowed(&file.name) else {
        let names: Vec<&str> = ALLOWED.iter().map(|one| one.name).collect();
        let text = locale.fill("agents.error-name", &[("name", &file.name), ("names", &names.join(", "))]);
        return shown(&asked, &wrong(text)).await;
    };
    let Some(path) = file.path.clone() else {
        let most = size(locale.lang, app.config.limits.agent_file);
        return shown(&asked, &wrong(locale.fill("agents.error-large", &[("most", &most)]))).await;
    };
    // The page that asks for the password cannot carry a file along.
    if !again::is_fresh(&asked) {
        return shown(&asked, &[FieldError::new(OWN, text("password.error-own"))]).await;
    }
    let entry = asked.visit.entry(Action::AgentFileChanged, name.clone());
    let new = AgentFile { name, at: locale.now, by: asked.account(), ..AgentFile::default() };
    let kept = web::block(move || {
        let kept = app.agent_files.keep(&app.store, &path, new, entry);
        drop(upload);
        kept
    });
    match kept.await? {
        Ok(()) => Ok(visit::see_other(&format!("{AGENTS}?done=kept"))),
        Err(Refusal::Kind) => shown(&asked, &wrong(text("agents.error-kind"))).await,
        Err(Refusal::TooMany) => {
            shown(&asked, &wrong(asked.visit.locale.fill("agents.error-most", &[("n", &MOST)]))).await
        }
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(Refusal::Disk(error)) => {
            tracing::error!("an agent file cannot be kept: {error}");
            Err(Error::Lost)
        }
    }
}

async fn found(asked: &Asked, name: &str) -> Result<Shown, Error> {
    files(asked).await?.into_iter().find(|shown| shown.file.name == name).ok_or(Error::NotFound)
}

async fn one(asked: Asked) -> Result<HttpResponse, Error> {
    let shown = found(&asked, asked.query.get(NAME)).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let token = visit.may(Right::AgentFiles).then_some(visit.token());
    asked.page(&shown.file.name, &page::above(locale), &[], page::one(locale, &shown, token))
}

async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let shown = found(&asked, asked.form.get(NAME)).await?;
    let (visit, locale, name) = (&asked.visit, &asked.visit.locale, shown.file.name);
    if asked.form.get("confirmed") != "1" {
        let carried = [(NAME.to_owned(), name.clone()), ("confirmed".to_owned(), "1".to_owned())];
        let body = confirm(
            locale,
            &Confirm {
                action: DELETE,
                token: visit.token(),
                text: locale.text("agents.delete-what"),
                carried: &carried,
                submit: &locale.fill("agents.delete-submit", &[("name", &name)]),
                back: &page::address(&name),
                ..Confirm::default()
            },
        );
        return asked.page(&locale.fill("agents.delete-title", &[("name", &name)]), &page::above(locale), &[], body);
    }
    let entry = visit.entry(Action::AgentFileChanged, name.clone());
    blocking(&asked, move |app| app.agent_files.remove(&app.store, &name, entry)).await?;
    Ok(visit::see_other(&format!("{AGENTS}?done=deleted")))
}
