//! Trying a package out on the servers of a group before it is activated there (CON-DEP-8, CON-DEP-9).

use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

use super::activate::{package, trail};
use super::groups::{hidden, hides};
use super::{Asked, Error, again};
use crate::app::App;
use crate::console::Console;
use crate::console::pages::activate::{RUN, STOP, WHAT, of};
use crate::console::pages::activated::ACTIVATED;
use crate::console::pages::groups::address as group_address;
use crate::console::pages::series::{self as page, ALL, GOOD, SERIES, SeriesPage};
use crate::console::pages::servers::ON_SERVERS;
use crate::console::view::address::Address;
use crate::console::visit;
use crate::deployment::actions::{self, Refusal};
use crate::deployment::affectation::Activation;
use crate::deployment::package::Package;
use crate::groups::{Group, GroupId};
use crate::history::Action as Done;
use crate::history::audit::Entry;
use crate::proof::client::{Client, Times};
use crate::proof::runs::{Became, RunId};
use crate::proof::series::{Plan, Series, Then};

/// So long an answer waits: a small package on few servers is tried out by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the audit log says: the package, where its information file is, the group.
pub fn entry(asked: &Asked, package: &Package, info: &str, group: &Group) -> Entry {
    let object = format!("{} ({}): {info}, {}", package.name, package.id, group.name);
    asked.visit.entry(Done::PackageActivated, object)
}

/// Begins to try the servers of a plan out; with `activates` the package is activated on them when all are good. The
/// key of a sentence when it cannot be.
pub fn begin(console: &Console, plan: Plan, entry: Entry) -> Result<RunId, &'static str> {
    let app = console.app.clone();
    // Exactly what agents are given as `cacert.pem` (SEC-42).
    let trusted = console.tls.as_ref().map(|tls| tls.authority_pem()).unwrap_or_default();
    let client = Client::new(&trusted, app.clock.clone(), Times::default()).map_err(|error| {
        tracing::error!("no server can be tried out: {error}");
        "servers.error-busy"
    })?;
    let wanted: Vec<Activation> = plan.servers.iter().map(|one| one.activation.clone()).collect();
    let (proofs, files, activates) = (app.proofs.clone(), app.packages.clone(), plan.activates);
    let then: Then = Box::new(move |now| {
        (activates && now.is_good()).then(|| match store(&app, wanted, entry) {
            Ok(n) => Became::Activated(n),
            Err(Refusal::Same) => Became::Same,
            Err(Refusal::Gone | Refusal::Name | Refusal::Number) => Became::Gone,
            Err(Refusal::Store(error)) => {
                tracing::error!("a package is not activated on servers: {error}");
                Became::Failed
            }
        })
    });
    proofs.begin_series(plan, client, files, then).map_err(|_| "servers.error-busy")
}

/// Stores activations, with when that is.
fn store(app: &App, mut wanted: Vec<Activation>, entry: Entry) -> Result<u64, Refusal> {
    let at = app.clock.now();
    wanted.iter_mut().for_each(|one| one.at = at);
    actions::activate_on_servers(&app.store, &app.board, wanted, entry)
}

/// To the page of a series, once it had a moment to end.
pub async fn shown(asked: &Asked, package: &Package, run: RunId) -> HttpResponse {
    if let Some(series) = asked.visit.console.app.proofs.series(run) {
        series.wait(PATIENCE).await;
    }
    visit::see_other(&address(package, run))
}

fn address(package: &Package, run: RunId) -> String {
    Address::new(of(SERIES, package.id)).with(RUN, run).to_string()
}

fn named(asked: &Asked, package: &Package, number: &str) -> Option<(RunId, std::sync::Arc<Series>)> {
    let run: RunId = number.parse().ok()?;
    let series = asked.visit.console.app.proofs.series(run)?;
    (series.plan.package.id == package.id).then_some((run, series))
}

fn group(asked: &Asked, id: GroupId) -> Option<Group> {
    asked.visit.console.app.groups.look().group(id).map(|group| (**group).clone())
}

/// Who does not see every server of the group does not see what was found of them either.
fn veiled(asked: &Asked, group: &Group) -> Option<Result<HttpResponse, Error>> {
    hides(&asked.visit.console.app, &asked.visit.sight(), group.id)
        .then(|| hidden(asked, &group.name, &group_address(group.id)))
}

/// The page of a series.
pub async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let Some((run, series)) = named(&asked, &package, asked.query.get(RUN)) else {
        // Forgotten by now: begun again from the form.
        return Ok(visit::redirect(&of(ON_SERVERS, package.id)));
    };
    let group = group(&asked, series.plan.group);
    if let Some(page) = group.as_ref().and_then(|group| veiled(&asked, group)) {
        return page;
    }
    let now = series.look();
    let name = group.map(|group| group.name).unwrap_or_default();
    let body = SeriesPage {
        run,
        plan: &series.plan,
        now: &now,
        stopped: series.is_stopped(),
        group: &name,
        token: asked.visit.token(),
    };
    let title = asked.visit.locale.fill("servers.proof-of", &[("name", &package.name)]);
    let mut response = asked.page(&title, &trail(&package), &[], page::body(&asked.visit.locale, &body))?;
    if !now.ended {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// Ends a series, or activates the package on the servers that work, or on all in spite of what was found.
pub async fn go_on(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let (run, series) = named(&asked, &package, asked.form.get(RUN)).ok_or(Error::NotFound)?;
    let group = group(&asked, series.plan.group).ok_or(Error::NotFound)?;
    if let Some(page) = veiled(&asked, &group) {
        return page;
    }
    let what = asked.form.get(WHAT);
    if what == STOP {
        series.stop();
        return Ok(shown(&asked, &package, run).await);
    }
    let wanted = series.wanted(what == ALL);
    if !matches!(what, GOOD | ALL) || wanted.is_empty() || !series.look().may_activate() {
        return Ok(visit::see_other(&address(&package, run)));
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let (by, app) = (asked.account(), asked.visit.console.app.clone());
    let wanted = wanted.into_iter().map(|one| Activation { by: by.clone(), ..one }).collect();
    let entry = entry(&asked, &package, &series.plan.info.to_string(), &group);
    match web::block(move || store(&app, wanted, entry)).await? {
        Ok(n) => Ok(visit::see_other(&Address::new(ACTIVATED).with("servers", n).to_string())),
        Err(Refusal::Same) => Ok(visit::see_other(&Address::new(ACTIVATED).with("done", "same").to_string())),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(Refusal::Gone | Refusal::Name | Refusal::Number) => Err(Error::NotFound),
    }
}
