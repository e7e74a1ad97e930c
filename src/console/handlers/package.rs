//! The page of one package, its archive as a file, and its end (CON-DEP-5, CON-DEP-11, SEC-24).

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::packages::phases;
use super::{Access, Asked, Error, Page, Route, build};
use crate::console::pages::DEPLOY;
use crate::console::pages::package::{
    self as page, ARCHIVE, ActivationRow, DELETE, PAGE as PATH, PackagePage, above, address, of,
};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::message::{Message, Tone};
use crate::console::visit::{self, https_address};
use crate::deployment::affectation::ActivationId;
use crate::deployment::archive::kind;
use crate::deployment::making::{self, Place};
use crate::deployment::package::{Package, PackageId};
use crate::deployment::store::CONTENTS;
use crate::history::Action as Done;
use crate::history::audit;
use crate::options::DOWNLOAD;
use crate::store::Read as _;
use crate::users::Right;
use crate::web::Sent;

const READ: Access = Access::Right(Right::Read);
const CHANGE: Access = Access::Right(Right::Packages);

/// The pages.
pub static PAGE: Page = Page {
    path: DEPLOY,
    menu: None,
    title: crate::console::pages::packages::TITLE,
    access: READ,
    routes: &[
        Route::get(PATH, READ, |asked| Box::pin(show(asked))),
        Route::get(ARCHIVE, CHANGE, |asked| Box::pin(archive(asked))),
        Route::post(DELETE, CHANGE, |asked| Box::pin(delete(asked))),
    ],
};

/// The package that the address names.
pub fn named(asked: &Asked) -> Result<Arc<Package>, Error> {
    let id = asked.request.match_info().query("id");
    let number: u32 = id.parse().map_err(|_| Error::NotFound)?;
    if number.to_string() != id {
        return Err(Error::NotFound);
    }
    asked.visit.console.app.board.look().packages.get(&PackageId(number)).cloned().ok_or(Error::NotFound)
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let package = named(&asked)?;
    let (visit, id) = (asked.visit.clone(), package.id);
    let (contents, activations, affected) = asked
        .read(move |app, read| {
            let contents = read.get(&CONTENTS, id.0)?;
            let (inner, sight) = (app.board.look(), visit.sight());
            let these = inner.activations_of(id);
            let counts = phases(app, &inner, &sight, |one: ActivationId| these.contains(&one).then_some(one));
            let row = |one: &ActivationId| {
                let activation = inner.activations.get(one)?;
                Some(ActivationRow {
                    id: *one,
                    info: activation.info.clone(),
                    fragments: activation.fragments.clone(),
                    at: activation.at,
                    by: activation.by.clone(),
                    phases: counts.get(one).copied().unwrap_or_default(),
                })
            };
            let index = app.fleet.look();
            let seen = inner.affected(&these).filter(|(id, _, _)| index.sees(&sight, *id)).map(|(id, _, _)| id);
            let affected = seen.collect::<BTreeSet<_>>().len() as u64;
            Ok((contents, these.iter().rev().filter_map(row).collect::<Vec<_>>(), affected))
        })
        .await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let app = &visit.console.app;
    let page = PackagePage {
        package: &package,
        contents: contents.as_ref(),
        pace: build::pace(app),
        addresses: here(&asked, id),
        activations: &activations,
        affected,
        may_change: visit.may(Right::Packages),
        off: !app.options.general().switch(DOWNLOAD),
        token: visit.token(),
    };
    let mut said = asked.said(&["package.done-built"]);
    said.extend(app.intact.broken(id).map(|broken| page::damaged(locale, &package, &broken, false)));
    asked.page(&package.name, &above(locale), &said, page::body(locale, &page))
}

/// Where agents find a package on this server; `None` where HTTPS is not answered.
fn here(asked: &Asked, id: PackageId) -> Option<(String, String)> {
    let console = &asked.visit.console;
    let (tls, port) = (console.tls.as_ref()?, console.port(true)?);
    let names = console.app.public_names().into_iter().chain(tls.names().names);
    let name = names.into_iter().find(|name| name != "localhost")?;
    let at = |file: String| https_address(&name, port, &format!("/download/{id}/{file}"));
    Some((at("info".to_owned()), at(format!("{id}-1"))))
}

/// Removes it, after its numbers were confirmed.
async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let package = named(&asked)?;
    let (visit, locale, id) = (&asked.visit, &asked.visit.locale, package.id);
    let sight = visit.sight();
    let (activations, affected, unseen, groups) = {
        let app = &visit.console.app;
        let (index, inner) = (app.fleet.look(), app.board.look());
        let these = inner.activations_of(id);
        let computers: BTreeSet<_> = inner.affected(&these).map(|(id, _, _)| id).collect();
        let seen = computers.iter().filter(|id| index.sees(&sight, **id)).count();
        let groups = inner.groups_of(&these);
        (these, seen as u64, computers.len() > seen, groups)
    };
    let title = locale.fill("package.delete-title", &[("name", &package.name)]);
    let trail = super::above(locale, &address(id), &package.name);
    if unseen && !sight.is_everything() {
        // Nobody takes from others what he may not even see.
        let text = locale.text("package.delete-unseen").to_owned();
        let message = Message { tone: Tone::Error, text, action: None };
        return asked.page(&title, &above(locale), &[message], maud::Markup::default());
    }
    let numbers = format!("{}.{affected}.{groups}", activations.len());
    if asked.form.get("confirmed") != numbers {
        let lines = [
            locale.count("package.delete-activations", activations.len() as u64),
            locale.count("package.delete-computers", affected),
            locale.count("package.delete-groups", groups),
        ];
        let page = Confirm {
            action: &of(DELETE, id),
            token: visit.token(),
            text: locale.text("package.delete-what"),
            lines: &lines,
            carried: &[("confirmed".to_owned(), numbers)],
            submit: &locale.count("package.delete-do", affected),
            back: &address(id),
            ..Confirm::default()
        };
        let mut messages = Vec::new();
        if asked.form.has("confirmed") {
            let text = locale.text("confirm.changed").to_owned();
            messages.push(Message { tone: Tone::Warning, text, action: None });
        }
        return asked.page(&title, &trail, &messages, confirm(locale, &page));
    }
    let entry = visit.entry(Done::PackageDeleted, format!("{id} {}", package.name));
    let app = visit.console.app.clone();
    let work = move || {
        let free = app.stays_free();
        let place = Place { store: &app.store, board: &app.board, files: &app.packages, free };
        let removed = making::remove(&place, id, entry);
        app.proofs.stop(id);
        removed
    };
    web::block(work).await??;
    Ok(visit::see_other(&format!("{DEPLOY}?done=removed")))
}

/// The archive under a name of ours.
async fn archive(asked: Asked) -> Result<HttpResponse, Error> {
    let package = named(&asked)?;
    if package.archive.is_none() {
        return Err(Error::NotFound);
    }
    let entry = asked.visit.entry(Done::Exported, format!("{} {}", package.id, package.name));
    asked.change(move |w| audit::append(w, entry).map(drop), |_| Ok(())).await?;
    let name = format!("attachment; filename=\"package-{}.{}\"", package.id, kind(package.system));
    let whole = asked.visit.console.app.packages.archive(&package);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(SizedStream::new(package.size(), Sent::of(whole))))
}
