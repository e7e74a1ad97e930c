//! The list of activations, and taking them away with their affectations, after the numbers (CON-DEP-15, CON-GEN-7).

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;

use super::computers::blocking;
use super::export::{self, Kind};
use super::{Access, Asked, Error, Page, Route, activate, series, servers};
use crate::console::form::Form;
use crate::console::lists::View;
use crate::console::pages::DEPLOY;
use crate::console::pages::activate::{ACTIVATE, PROOF};
use crate::console::pages::activated::{
    self, ACTIVATED, ActivatedPage, ActivatedRow, DEACTIVATE, LIST, NUMBER, TITLE, arranged,
};
use crate::console::pages::packages::TITLE as PACKAGES;
use crate::console::pages::series::SERIES;
use crate::console::pages::servers::ON_SERVERS;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::actions;
use crate::deployment::affectation::{ActivationId, Phase};
use crate::history::Action as Done;
use crate::inventory::columns::NAME;
use crate::options::DOWNLOAD;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);
const ADMIN: Access = Access::Right(Right::Packages);
/// Activations that a confirmation names.
const NAMED: usize = 10;

/// The page.
pub static PAGE: Page = Page {
    path: ACTIVATED,
    menu: None,
    title: TITLE,
    access: READ,
    routes: &[
        Route::get(ACTIVATED, READ, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/deploy/activated.csv", EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/deploy/activated.xlsx", EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        Route::post(DEACTIVATE, ADMIN, |asked| Box::pin(deactivate(asked))),
        Route::get(ACTIVATE, ADMIN, |asked| Box::pin(activate::blank(asked))),
        Route::post(ACTIVATE, ADMIN, |asked| Box::pin(activate::begin(asked))),
        Route::get(PROOF, ADMIN, |asked| Box::pin(activate::show(asked))),
        Route::post(PROOF, ADMIN, |asked| Box::pin(activate::go_on(asked))),
        Route::get(ON_SERVERS, ADMIN, |asked| Box::pin(servers::blank(asked))),
        Route::post(ON_SERVERS, ADMIN, |asked| Box::pin(servers::activate(asked))),
        Route::get(SERIES, ADMIN, |asked| Box::pin(series::show(asked))),
        Route::post(SERIES, ADMIN, |asked| Box::pin(series::go_on(asked))),
    ],
};

struct Found {
    view: View,
    rows: Vec<ActivatedRow>,
    /// Affectations of each activation, those of computers that the reader does not see among them.
    whole: BTreeMap<ActivationId, u64>,
}

impl Found {
    /// Whether somebody is affected by one of them whom the reader does not see.
    fn hides(&self, meant: &BTreeSet<ActivationId>) -> bool {
        let seen = |row: &ActivatedRow| row.phases.iter().sum::<u64>();
        let rows = self.rows.iter().filter(|row| meant.contains(&row.number));
        rows.map(|row| (seen(row), self.whole.get(&row.number).copied().unwrap_or(0))).any(|(seen, all)| seen < all)
    }
}

async fn found(asked: &Asked, query: Form) -> Result<Found, Error> {
    let visit = asked.visit.clone();
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &query)?;
        let sight = visit.sight();
        let (index, board) = (app.fleet.look(), app.board.look());
        let (mut seen, mut whole) = (BTreeMap::<ActivationId, [u64; 4]>::new(), BTreeMap::new());
        for (id, rows) in &board.affectations {
            let sees = index.sees(&sight, *id);
            for (activation, row) in rows {
                *whole.entry(*activation).or_default() += 1;
                let phases = seen.entry(*activation).or_default();
                let place = Phase::ALL.iter().position(|phase| *phase == row.state.phase());
                if let Some(count) = place.and_then(|at| phases.get_mut(at)).filter(|_| sees) {
                    *count += 1;
                }
            }
        }
        let row = |one: &std::sync::Arc<crate::deployment::affectation::Activation>| {
            let server = one.server.filter(|server| index.sees(&sight, server.computer));
            let package = board.packages.get(&one.package)?;
            Some(ActivatedRow {
                number: one.id,
                package: one.package,
                name: package.name.clone(),
                description: package.description.clone(),
                system: package.system,
                priority: package.priority,
                fragments: package.fragments(),
                size: package.size(),
                info: one.info.clone(),
                pack: one.fragments.clone(),
                server: server.map(|server| (server.computer, index.text(server.computer, NAME).to_owned())),
                at: one.at,
                by: one.by.clone(),
                phases: seen.get(&one.id).copied().unwrap_or_default(),
            })
        };
        let rows = board.activations.values().filter_map(row).collect();
        Ok(Found { view, rows, whole })
    });
    read.await
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.clone()).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let page = ActivatedPage {
        rows: &found.rows,
        view: &found.view,
        may_change: visit.may(Right::Packages),
        all: asked.query.get("check") == "page",
        off: !visit.console.app.options.general().switch(DOWNLOAD),
        token: visit.token(),
    };
    let mut messages = Vec::new();
    if let Ok(n) = asked.query.get("deactivated").parse() {
        messages.push(Message { tone: Tone::Success, text: locale.count("activated.done", n), action: None });
    }
    if let Ok(n) = asked.query.get("servers").parse() {
        messages.push(Message { tone: Tone::Success, text: locale.count("servers.done", n), action: None });
    }
    messages.extend(asked.said(&["activated.done-activated"]));
    let noted = asked.said(&["activated.done-same", "activated.done-nothing"]);
    messages.extend(noted.into_iter().map(|said| Message { tone: Tone::Note, ..said }));
    asked.page(locale.text(TITLE), &super::above(locale, DEPLOY, PACKAGES), &messages, activated::body(locale, &page))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.clone()).await?;
    let whole =
        crate::console::lists::arrange(&LIST, &found.view, activated::cells(&asked.visit.locale, &found.rows), true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

/// Takes activations away once their numbers were confirmed. What is built stays built.
async fn deactivate(asked: Asked) -> Result<HttpResponse, Error> {
    let (locale, form) = (&asked.visit.locale, &asked.form);
    let address = form.get("where").split_once('?').map_or("", |(_, query)| query);
    let found = found(&asked, Form::read(address, 64).unwrap_or_default()).await?;
    let meant: BTreeSet<ActivationId> = if form.get("scope") == "whole" {
        arranged(locale, &found.view, &found.rows, true).1.into_iter().collect()
    } else {
        let numbers = form.all(NUMBER).chain(form.get("ids").split(','));
        let numbers: BTreeSet<_> = numbers.filter_map(|number| number.parse().ok().map(ActivationId)).collect();
        found.rows.iter().map(|row| row.number).filter(|number| numbers.contains(number)).collect()
    };
    let back = found.view.address.clone();
    if meant.is_empty() {
        return Ok(visit::see_other(&back.with("done", "nothing").to_string()));
    }
    let count = meant.len() as u64;
    let affectations: u64 = meant.iter().filter_map(|number| found.whole.get(number)).sum();
    let title = locale.count("activated.sure-title", count);
    let trail = super::above(locale, ACTIVATED, TITLE);
    // Somebody would lose what this account must not even see.
    if found.hides(&meant) {
        let text = locale.text("activated.hidden").to_owned();
        let said = [Message { tone: Tone::Error, text, action: None }];
        return asked.page(
            &title,
            &trail,
            &said,
            maud::html! { p.actions { a.button href=(back) { (locale.text("confirm.back")) } } },
        );
    }
    let groups = asked.visit.console.app.board.look().groups_of(&meant);
    let numbers = format!("{count} {affectations} {groups}");
    if form.get("confirmed") == numbers {
        let ids: Vec<String> = meant.iter().map(|number| number.0.to_string()).collect();
        let entry = asked.visit.entry(Done::PackageDeleted, ids.join(", "));
        blocking(&asked, move |app| actions::deactivate(&app.store, &app.board, meant, None, entry)).await?;
        return Ok(visit::see_other(&back.with("deactivated", count).to_string()));
    }
    let rows = || found.rows.iter().filter(|row| meant.contains(&row.number));
    let mut lines: Vec<String> = rows()
        .take(NAMED)
        .map(|row| {
            let n = found.whole.get(&row.number).copied().unwrap_or(0);
            let n = crate::console::view::format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
            locale.fill("activated.line", &[("name", &row.name), ("address", &row.info), ("n", &n)])
        })
        .collect();
    let more = count.saturating_sub(lines.len() as u64);
    if groups > 0 {
        lines.push(locale.count("activated.groups", groups));
    }
    let ids: Vec<String> = meant.iter().map(|number| number.0.to_string()).collect();
    let carried = [("where", back.to_string()), ("ids", ids.join(",")), ("confirmed", numbers)];
    let carried = carried.map(|(name, value)| (name.to_owned(), value));
    let page = Confirm {
        action: DEACTIVATE,
        token: asked.visit.token(),
        text: locale.text("activated.sure"),
        more,
        lines: &lines,
        carried: &carried,
        submit: &locale.count("activated.sure-do", affectations),
        back: &back.to_string(),
        harmless: false,
    };
    let mut messages = Vec::new();
    if form.has("confirmed") {
        messages.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    asked.page(&title, &trail, &messages, confirm(locale, &page))
}
