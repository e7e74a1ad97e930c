//! The lists of packages (CON-DEP-7), and what is said of one (CON-DEP-5).

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;

use super::export::{self, Kind};
use super::{Access, Asked, Error, Page, Route, build};
use crate::app::App;
use crate::console::lists::{View, arrange};
use crate::console::pages::DEPLOY;
use crate::console::pages::build::NEW;
use crate::console::pages::package::damaged;
use crate::console::pages::packages::{
    self, LIST, PackageRow, PackagesPage, REMOVED, REMOVED_LIST, REMOVED_TITLE, TITLE,
};
use crate::console::view::icon::Icon;
use crate::deployment::affectation::{ActivationId, Phase};
use crate::deployment::board::Inner;
use crate::deployment::package::{Package, PackageId, Removed};
use crate::deployment::store;
use crate::fleet::Sight;
use crate::options::DOWNLOAD;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);
const CHANGE: Access = Access::Right(Right::Packages);

/// The pages.
pub static PAGE: Page = Page {
    path: DEPLOY,
    menu: Some(Icon::Deploy),
    title: TITLE,
    access: READ,
    routes: &[
        Route::get(DEPLOY, READ, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/deploy.csv", EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/deploy.xlsx", EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        Route::get(REMOVED, READ, |asked| Box::pin(removed(asked))),
        Route::get("/ocsreports/deploy/removed.csv", EXPORT, |asked| Box::pin(save_removed(asked, Kind::Csv))),
        Route::get("/ocsreports/deploy/removed.xlsx", EXPORT, |asked| Box::pin(save_removed(asked, Kind::Xlsx))),
        Route::get(NEW, CHANGE, |asked| Box::pin(build::blank(asked))),
        Route::upload(NEW, CHANGE, build::allowed, |asked| Box::pin(build::send(asked))),
    ],
};

/// How many computers that somebody sees are in each phase, in the order of [`Phase::ALL`], by what `key` says.
pub fn phases<K: Ord + Copy>(
    app: &App,
    inner: &Inner,
    sight: &Sight,
    key: impl Fn(ActivationId) -> Option<K>,
) -> BTreeMap<K, [u64; 4]> {
    let index = app.fleet.look();
    let mut found: BTreeMap<K, [u64; 4]> = BTreeMap::new();
    let mut of_one: Vec<(K, usize)> = Vec::new();
    for (id, rows) in &inner.affectations {
        if !index.sees(sight, *id) {
            continue;
        }
        let place = |phase| Phase::ALL.iter().position(|one| *one == phase).unwrap_or(0);
        of_one.clear();
        of_one.extend(rows.iter().filter_map(|(id, row)| Some((key(*id)?, place(row.state.phase())))));
        of_one.sort_unstable();
        of_one.dedup();
        for (key, at) in &of_one {
            if let Some(n) = found.entry(*key).or_default().get_mut(*at) {
                *n += 1;
            }
        }
    }
    found
}

struct Found {
    view: View,
    rows: Vec<PackageRow>,
    removed: u64,
}

async fn found(asked: &Asked) -> Result<Found, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    asked
        .read(move |app, read| {
            let view = visit.view(read, &LIST, &query)?;
            let removed = store::removed(read)?.len() as u64;
            let inner = app.board.look();
            let package = |id| inner.activations.get(&id).map(|one| one.package);
            let phases = phases(app, &inner, &visit.sight(), package);
            let mut activations: BTreeMap<PackageId, u64> = BTreeMap::new();
            inner.activations.values().for_each(|one| *activations.entry(one.package).or_default() += 1);
            let row = |package: &Arc<Package>| PackageRow {
                package: package.clone(),
                activations: activations.get(&package.id).copied().unwrap_or(0),
                phases: phases.get(&package.id).copied().unwrap_or_default(),
            };
            let rows = inner.packages.values().map(row).collect();
            Ok(Found { view, rows, removed })
        })
        .await
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked).await?;
    let locale = &asked.visit.locale;
    let counts = (found.rows.len() as u64, found.removed);
    let page = page(&asked, &found.view, counts);
    let mut said = asked.said(&["packages.done-removed"]);
    said.extend(found.rows.iter().filter_map(|row| {
        let broken = asked.visit.console.app.intact.broken(row.package.id)?;
        Some(damaged(locale, &row.package, &broken, true))
    }));
    asked.page(locale.text(TITLE), &[], &said, packages::body(locale, &page, &found.rows))
}

fn page<'a>(asked: &'a Asked, view: &'a View, counts: (u64, u64)) -> PackagesPage<'a> {
    let visit = &asked.visit;
    PackagesPage {
        view,
        counts,
        may_build: visit.may(Right::Packages),
        off: !visit.console.app.options.general().switch(DOWNLOAD),
        may_switch: visit.may(Right::Options),
        token: visit.token(),
    }
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked).await?;
    let whole = arrange(&LIST, &found.view, packages::cells(&asked.visit.locale, &found.rows), true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

async fn found_removed(asked: &Asked) -> Result<(View, Vec<Removed>), Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    asked
        .read(move |_, read| {
            Ok((visit.view(read, &REMOVED_LIST, &query)?, store::removed(read)?.into_values().collect()))
        })
        .await
}

async fn removed(asked: Asked) -> Result<HttpResponse, Error> {
    let (view, rows) = found_removed(&asked).await?;
    let locale = &asked.visit.locale;
    let there = asked.visit.console.app.board.look().packages.len() as u64;
    let page = page(&asked, &view, (there, rows.len() as u64));
    asked.page(locale.text(REMOVED_TITLE), &[], &[], packages::removed(locale, &page, &rows))
}

async fn save_removed(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (view, rows) = found_removed(&asked).await?;
    let whole = arrange(&REMOVED_LIST, &view, packages::removed_cells(&asked.visit.locale, &rows), true);
    export::file(&asked, &REMOVED_LIST, &view, kind, whole.rows).await
}
