//! Second sites: who fetches packages from here, tokens made and taken away (CON-DEP-19).

use actix_web::HttpResponse;

use super::computers::blocking;
use super::{Access, Asked, Error, Page, Route, again};
use crate::console::pages::replicas::{self as page, NEW, ONE, REPLICAS, REVOKE, SITE, Shown};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::deployment::replicas::{self, LONGEST_NAME, Refusal, Replica};
use crate::history::Action;
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Packages);

/// The pages.
pub static PAGE: Page = Page {
    path: REPLICAS,
    menu: None,
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(REPLICAS, ADMIN, |asked| Box::pin(list(asked))),
        Route::get(NEW, ADMIN, |asked| Box::pin(blank(asked))),
        Route::post(NEW, ADMIN, |asked| Box::pin(make(asked))),
        Route::get(ONE, ADMIN, |asked| Box::pin(one(asked))),
        Route::post(REVOKE, ADMIN, |asked| Box::pin(revoke(asked))),
    ],
};

/// Every site, with the names of what it lacks of the packages that there are now.
async fn sites(asked: &Asked) -> Result<Vec<Shown>, Error> {
    let lang = asked.visit.locale.clone();
    let read = asked.read(move |app, read| {
        let all = replicas::all(read)?;
        let board = app.board.look();
        let shown = |replica: Replica| {
            let lacks = replica.last.as_ref().map(|last| last.lacks.clone()).unwrap_or_default();
            let name = |id: u32| {
                let known = board.packages.get(&crate::deployment::package::PackageId(id));
                known.map_or_else(|| lang.fill("replicas.unknown-package", &[("id", &id)]), |known| known.name.clone())
            };
            Shown { missing: lacks.into_iter().map(name).collect(), replica }
        };
        Ok(all.into_iter().map(shown).collect())
    });
    read.await
}

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    let sites = sites(&asked).await?;
    let locale = &asked.visit.locale;
    let folder = asked.visit.console.app.packages.root();
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let body = page::list(locale, &sites, &folder.display().to_string());
    asked.page(locale.text(page::TITLE), &[], &asked.said(&["replicas.done-revoked"]), body)
}

async fn found(asked: &Asked, id: &str) -> Result<Shown, Error> {
    let id: u32 = id.parse().map_err(|_| Error::NotFound)?;
    sites(asked).await?.into_iter().find(|site| site.replica.id == id).ok_or(Error::NotFound)
}

async fn one(asked: Asked) -> Result<HttpResponse, Error> {
    let site = found(&asked, asked.query.get(SITE)).await?;
    let locale = &asked.visit.locale;
    asked.page(&site.replica.name, &page::above(locale), &[], page::one(locale, asked.visit.token(), &site))
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    form(&asked, "", &[])
}

fn form(asked: &Asked, name: &str, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let (title, trail) = (locale.text("replicas.new-title"), page::above(locale));
    let body = page::new(locale, asked.visit.token(), name, errors);
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// Makes a token. It stands on this one answer and nowhere else.
async fn make(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let typed = asked.form.get("name").to_owned();
    let Some(name) = replicas::name(&typed) else {
        let text = locale.fill("replicas.error-name", &[("n", &LONGEST_NAME)]);
        return form(&asked, &typed, &[FieldError::new("name", text)]);
    };
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let entry = visit.entry(Action::TokenAdded, name.clone());
    let (by, now, kept) = (asked.account(), locale.now, name.clone());
    let work = move |app: &crate::app::App| {
        let token = replicas::token()?;
        let replica = Replica { name: kept, digest: replicas::digest(&token), made: now, by, ..Replica::default() };
        replicas::make(&app.store, replica, entry).map(|_| token)
    };
    let console = visit.console.clone();
    let made = actix_web::web::block(move || work(&console.app)).await?;
    let error = |key| form(&asked, &typed, &[FieldError::new("name", locale.text(key))]);
    match made {
        Ok(token) => {
            let title = locale.fill("replicas.made-title", &[("name", &name)]);
            let body = page::made(locale, &token, &main_address(&asked));
            let mut response = asked.page(&title, &page::above(locale), &[], body)?;
            let value = actix_web::http::header::HeaderValue::from_static("no-store");
            response.headers_mut().insert(actix_web::http::header::CACHE_CONTROL, value);
            Ok(response)
        }
        Err(Refusal::Name) => error("replicas.error-taken"),
        Err(Refusal::TooMany) => error("replicas.error-many"),
        Err(Refusal::Random) => Err(crate::users::Error::Random.into()),
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// How another site reaches this server: the best of its names, over HTTPS.
fn main_address(asked: &Asked) -> String {
    let known = asked.visit.known_addresses();
    let best = known.iter().find(|address| address.starts_with("https://"));
    best.and_then(|address| address.strip_suffix("/ocsreports/")).unwrap_or("https://SERVER").to_owned()
}

async fn revoke(asked: Asked) -> Result<HttpResponse, Error> {
    let site = found(&asked, asked.form.get(SITE)).await?;
    let (visit, locale, id) = (&asked.visit, &asked.visit.locale, site.replica.id);
    if asked.form.get("confirmed") != "1" {
        let carried = [(SITE.to_owned(), id.to_string()), ("confirmed".to_owned(), "1".to_owned())];
        let name = &site.replica.name;
        let body = confirm(
            locale,
            &Confirm {
                action: REVOKE,
                token: visit.token(),
                text: locale.text("replicas.revoke-what"),
                carried: &carried,
                submit: &locale.fill("replicas.revoke-submit", &[("name", name)]),
                back: &page::address(id),
                ..Confirm::default()
            },
        );
        return asked.page(&locale.fill("replicas.revoke-title", &[("name", name)]), &page::above(locale), &[], body);
    }
    let entry = visit.entry(Action::TokenDeleted, site.replica.name.clone());
    blocking(&asked, move |app| replicas::revoke(&app.store, id, entry)).await?;
    Ok(visit::see_other(&format!("{REPLICAS}?done=revoked")))
}
