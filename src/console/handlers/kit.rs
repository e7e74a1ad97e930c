//! The agent kit: made of a form, shown as command lines, fetched as an archive (CON-AGT-2).

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::{Access, Asked, Error, Page, Route, next};
use crate::console::pages::kit::{self as page, ARCHIVE, KIT, STICK, Typed};
use crate::console::view::form::FieldError;
use crate::kit::{self, Kit, KitFile, LONGEST_TAG, commands, stick};
use crate::users::Right;

const FETCH: Access = Access::Right(Right::AgentKit);

/// The pages.
pub static PAGE: Page = Page {
    path: KIT,
    menu: None,
    title: page::TITLE,
    access: FETCH,
    routes: &[
        Route::get(KIT, FETCH, |asked| Box::pin(blank(asked))),
        Route::post(KIT, FETCH, |asked| Box::pin(made(asked))),
        Route::post(ARCHIVE, FETCH, |asked| Box::pin(archive(asked, "agent-kit.zip", Kit::files))),
        Route::post(STICK, FETCH, |asked| Box::pin(archive(asked, "stick.zip", stick::files))),
    ],
};

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let console = &asked.visit.console;
    let secure = console.tls.is_some() && console.port(true).is_some();
    let typed = Typed {
        server: next::host(console).trim_matches(['[', ']']).to_owned(),
        protocol: if secure { "https" } else { "http" }.to_owned(),
        now: true,
        ..Typed::default()
    };
    form(&asked, &typed, &[])
}

fn form(asked: &Asked, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let body = page::body(locale, asked.visit.token(), typed, errors);
    let (title, trail) = (locale.text(page::TITLE), page::above(locale));
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// What was typed, and the kit that it makes or what is wrong with it.
fn read(asked: &Asked) -> (Typed, Result<Kit, Vec<FieldError>>) {
    let (form, locale, console) = (&asked.form, &asked.visit.locale, &asked.visit.console);
    let text = |name: &str| form.get(name).to_owned();
    let typed = Typed {
        server: text("server"),
        protocol: text("protocol"),
        port: text("port"),
        tag: text("tag"),
        now: form.get("now") == "1",
        tray: form.get("tray") == "1",
    };
    let (host, tag, secure) = (kit::host(&typed.server), kit::tag(&typed.tag), typed.protocol == "https");
    let own = console.port(secure).unwrap_or(if secure { 443 } else { 80 });
    let port = match typed.port.trim() {
        "" => Some(own),
        port => port.parse().ok().filter(|port| *port > 0),
    };
    let cacert = console.tls.as_ref().map(|tls| tls.authority_pem()).unwrap_or_default();
    let mut errors = Vec::new();
    let mut wrong = |field: &'static str, text: String| errors.push(FieldError::new(field, text));
    if host.is_none() {
        wrong("server", locale.text("kit.error-server").to_owned());
    }
    if port.is_none() {
        wrong("port", locale.text("kit.error-port").to_owned());
    }
    if tag.is_none() {
        wrong("tag", locale.fill("kit.error-tag", &[("n", &LONGEST_TAG)]));
    }
    if secure && cacert.is_empty() {
        wrong("protocol", locale.text("kit.error-protocol").to_owned());
    }
    let (Some(host), Some(port), Some(tag), true) = (host, port, tag, errors.is_empty()) else {
        return (typed, Err(errors));
    };
    let plain_port = if secure { console.port(false).unwrap_or_default() } else { port };
    let (now, tray, lang) = (typed.now, typed.tray, locale.lang);
    (typed, Ok(Kit { host, port, secure, plain_port, tag, now, tray, cacert, lang }))
}

async fn made(asked: Asked) -> Result<HttpResponse, Error> {
    let (typed, kit) = read(&asked);
    let kit = match kit {
        Ok(kit) => kit,
        Err(errors) => return form(&asked, &typed, &errors),
    };
    let locale = &asked.visit.locale;
    let files = kit.files();
    let names: Vec<&str> = files.iter().map(|file| file.path).collect();
    let body = page::made(locale, asked.visit.token(), &typed, &commands(&kit), &names);
    asked.page(&locale.fill("kit.made-title", &[("url", &kit.url())]), &page::above(locale), &[], body)
}

async fn archive(asked: Asked, name: &'static str, files: fn(&Kit) -> Vec<KitFile>) -> Result<HttpResponse, Error> {
    let (typed, kit) = read(&asked);
    let kit = match kit {
        Ok(kit) => kit,
        Err(errors) => return form(&asked, &typed, &errors),
    };
    let zip = web::block(move || kit::zip(&files(&kit))).await?.map_err(|error| {
        tracing::error!("the agent kit cannot be packed: {error}");
        Error::Lost
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(zip))
}
