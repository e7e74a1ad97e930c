//! How far a package is, and tidying up what is over (CON-DEP-16, CON-DEP-17).

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;

use super::computers::blocking;
use super::export::{self, Kind};
use super::{Access, Asked, Error, Page, Route};
use crate::console::lists::{View, arrange};
use crate::console::pages::statistics::{
    self, LIST, PACKAGE, STATISTICS, StatisticsPage, TITLE, Tidy, VALIDATE, WHAT, address,
};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::actions::{self, Unaffect};
use crate::deployment::affectation::{Phase, State};
use crate::deployment::package::PackageId;
use crate::history::Action as Done;
use crate::id::ComputerId;
use crate::options::DOWNLOAD;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);

/// The page.
pub static PAGE: Page = Page {
    path: STATISTICS,
    menu: None,
    title: TITLE,
    access: READ,
    routes: &[
        Route::get(STATISTICS, READ, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/deploy/statistics.csv", EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/deploy/statistics.xlsx", EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        Route::post(VALIDATE, Access::Right(Right::Affect), |asked| Box::pin(tidy(asked))),
        Route::get("/ocsreports/deploy/{id}/statistics", READ, |asked| Box::pin(of_one(asked))),
    ],
};

/// The address of a package's statistics below the package.
async fn of_one(asked: Asked) -> Result<HttpResponse, Error> {
    let id = asked.request.match_info().query("id").parse().map(PackageId).map_err(|_| Error::NotFound)?;
    if !asked.visit.console.app.board.look().packages.contains_key(&id) {
        return Err(Error::NotFound);
    }
    Ok(visit::redirect(&address(id).to_string()))
}

struct Found {
    view: View,
    package: PackageId,
    name: String,
    states: Vec<(State, u64)>,
    total: u64,
    /// How many affectations are in each phase.
    phases: BTreeMap<Phase, u64>,
    /// The computers that are affected and seen.
    ids: Vec<ComputerId>,
}

async fn found(asked: &Asked, package: &str) -> Result<Found, Error> {
    // Without a number no package is meant: there is none of the number 0.
    let chosen = !package.is_empty();
    let package = if chosen { package.parse().map(PackageId).map_err(|_| Error::NotFound)? } else { PackageId(0) };
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &query)?;
        let sight = visit.sight();
        let (index, board) = (app.fleet.look(), app.board.look());
        let known = board.packages.get(&package);
        if chosen && known.is_none() {
            return Ok(None);
        }
        let activations = board.activations_of(package);
        let mut states: BTreeMap<&State, BTreeSet<ComputerId>> = BTreeMap::new();
        let mut phases: BTreeMap<Phase, u64> = BTreeMap::new();
        for (id, _, row) in board.affected(&activations).filter(|(id, _, _)| index.sees(&sight, *id)) {
            states.entry(&row.state).or_default().insert(id);
            *phases.entry(row.state.phase()).or_default() += 1;
        }
        let ids: BTreeSet<ComputerId> = states.values().flatten().copied().collect();
        let mut states: Vec<(State, u64)> =
            states.into_iter().map(|(state, ids)| (state.clone(), ids.len() as u64)).collect();
        states.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let (name, total) = (known.map_or_else(String::new, |known| known.name.clone()), ids.len() as u64);
        Ok(Some(Found { view, package, name, states, total, phases, ids: ids.into_iter().collect() }))
    });
    read.await?.ok_or(Error::NotFound)
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.get(PACKAGE)).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let app = &visit.console.app;
    if found.package == PackageId(0) {
        let inner = app.board.look();
        let packages: Vec<(PackageId, &str)> =
            inner.packages.values().rev().map(|package| (package.id, package.name.as_str())).collect();
        let body = statistics::choice(locale, &packages, &found.view, visit.token());
        return asked.page(locale.text(TITLE), &[], &[], body);
    }
    let tidy: Vec<(Tidy, u64)> = if visit.may(Right::Affect) {
        Tidy::ALL.into_iter().map(|tidy| (tidy, found.count(tidy))).collect()
    } else {
        Vec::new()
    };
    let page = StatisticsPage {
        package: found.package,
        total: found.total,
        states: &found.states,
        tidy: &tidy,
        view: &found.view,
        token: visit.token(),
        off: !app.options.general().switch(DOWNLOAD),
    };
    let mut messages = Vec::new();
    if let Ok(n) = asked.query.get("tidied").parse() {
        let text = locale.count("computers.done-unaffect", n);
        messages.push(Message { tone: Tone::Success, text, action: None });
    }
    let title = locale.fill("statistics.of", &[("name", &found.name)]);
    asked.page(&title, &[], &messages, statistics::body(locale, &page))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.get(PACKAGE)).await?;
    let rows = statistics::cells(&asked.visit.locale, found.package, &found.states);
    let whole = arrange(&LIST, &found.view, rows, true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

impl Found {
    /// How many affectations would be tidied up.
    fn count(&self, tidy: Tidy) -> u64 {
        phases(tidy).iter().filter_map(|phase| self.phases.get(phase)).sum()
    }
}

/// What each button takes away.
fn phases(tidy: Tidy) -> &'static [Phase] {
    match tidy {
        Tidy::Success => &[Phase::Success],
        Tidy::Waiting => &[Phase::Waiting],
        Tidy::All => &[Phase::Success, Phase::Waiting, Phase::Error],
    }
}

/// Takes affectations away, once their number was confirmed.
async fn tidy(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.form.get(PACKAGE)).await?;
    let locale = &asked.visit.locale;
    let wanted = Tidy::ALL.into_iter().find(|tidy| tidy.word() == asked.form.get(WHAT)).ok_or(Error::NotFound)?;
    let n = found.count(wanted);
    let back = address(found.package);
    if n == 0 {
        return Ok(visit::see_other(&back.to_string()));
    }
    if asked.form.get("confirmed") == n.to_string() {
        let entry = asked.visit.entry(Done::Unaffected, found.package.to_string());
        let activations = asked.visit.console.app.board.look().activations_of(found.package);
        let what = Unaffect { activations, phases: phases(wanted).into(), computers: Some(found.ids) };
        let gone = blocking(&asked, move |app| actions::unaffect(&app.store, &app.board, what, entry)).await?;
        return Ok(visit::see_other(&back.with("tidied", gone).to_string()));
    }
    let carried =
        [(PACKAGE, found.package.to_string()), (WHAT, wanted.word().to_owned()), ("confirmed", n.to_string())];
    let carried = carried.map(|(name, value)| (name.to_owned(), value));
    let page = Confirm {
        action: VALIDATE,
        token: asked.visit.token(),
        text: locale.text("computers.unaffect-what"),
        lines: std::slice::from_ref(&found.name),
        carried: &carried,
        submit: &locale.count("computers.unaffect-do", n),
        back: &back.to_string(),
        ..Confirm::default()
    };
    let mut messages = Vec::new();
    if asked.form.has("confirmed") {
        messages.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    let number = crate::console::view::format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let title = locale.fill(&format!("statistics.tidy-{}", wanted.word()), &[("n", &number)]);
    let trail = super::above(locale, &back.to_string(), TITLE);
    asked.page(&title, &trail, &messages, confirm(locale, &page))
}
