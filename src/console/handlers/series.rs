//! Trying a package out on the servers of a group before it is activated there (CON-DEP-8, CON-DEP-9).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

use super::activate::{asked_by, became, package, trail};
use super::groups::hidden;
use super::servers::meant;
use super::{Asked, Error, again};
use crate::app::App;
use crate::console::Console;
use crate::console::pages::activate::{RUN, STOP, WHAT, of};
use crate::console::pages::activated::ACTIVATED;
use crate::console::pages::series::{self as page, ALL, GOOD, SERIES, SeriesPage};
use crate::console::pages::servers::ON_SERVERS;
use crate::console::view::Action as Link;
use crate::console::view::address::Address;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::actions::{self, Refusal};
use crate::deployment::affectation::Activation;
use crate::deployment::package::Package;
use crate::deployment::place::{BadPlace, Place};
use crate::fleet::Sight;
use crate::groups::{Group, GroupId, Server};
use crate::history::Action as Done;
use crate::history::audit::Entry;
use crate::id::ComputerId;
use crate::proof::client::{Client, Times};
use crate::proof::runs::{Became, RunId};
use crate::proof::series::{Candidate, Plan, Series, Then};

/// So long an answer waits: a small package on few servers is tried out by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a server's fragments are to be; `Err(None)` where nobody knows its address.
type Found = Result<Place, Option<BadPlace>>;

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
    let (proofs, files, meant) = (app.proofs.clone(), app.packages.clone(), plan.clone());
    let then: Then = Box::new(move |now| (meant.activates && now.is_good()).then(|| follow(&app, &meant, entry)));
    proofs.begin_series(plan, client, files, then).map_err(|_| "servers.error-busy")
}

/// Activates a package on all servers of a plan, where who asked for it may still do so and everything is where it was
/// tried out.
fn follow(app: &App, plan: &Plan, entry: Entry) -> Became<u64> {
    if !asked_by(app, &plan.by).is_some_and(|sight| sees(app, &sight, plan)) {
        return Became::Forbidden;
    }
    let wanted: Vec<Activation> = plan.servers.iter().map(|one| one.activation.clone()).collect();
    if unmoved(app, plan, wanted.clone()).len() < wanted.len() {
        return Became::Changed;
    }
    became(store(app, wanted, entry))
}

/// Those of a plan's activations whose servers are reached where they were tried out. Who left the group is among them:
/// what is stored looks at that.
fn unmoved(app: &App, plan: &Plan, mut wanted: Vec<Activation>) -> Vec<Activation> {
    let Ok(usual) = Server::of(&plan.pattern) else { return Vec::new() };
    let now: HashMap<ComputerId, Found> = meant(app, plan.group, &usual)
        .into_iter()
        .map(|one| (one.computer, place(one.address.as_deref(), &plan.package)))
        .collect();
    let moved = |one: &Candidate| now.get(&one.computer).is_some_and(|place| *place != one.place);
    let moved: HashSet<ComputerId> = plan.servers.iter().filter(|one| moved(one)).map(|one| one.computer).collect();
    wanted.retain(|one| one.server.is_none_or(|server| !moved.contains(&server.computer)));
    wanted
}

/// What the address of a server comes to; `Err(None)` where nobody knows it.
pub fn place(address: Option<&str>, package: &Package) -> Found {
    Place::parse(address.ok_or(None)?, package.protocol).map_err(Some)
}

/// Whether a reader sees every server of a plan.
fn sees(app: &App, sight: &Sight, plan: &Plan) -> bool {
    let index = app.fleet.look();
    sight.is_everything() || plan.servers.iter().all(|one| index.sees(sight, one.computer))
}

/// What is said where a series cannot be begun because another one is not over: which that is, with the way there.
pub fn under_way(asked: &Asked) -> Option<Message> {
    let app = &asked.visit.console.app;
    let (run, series) = app.proofs.series_under_way()?;
    if !sees(app, &asked.visit.sight(), &series.plan) {
        return None;
    }
    let (locale, package) = (&asked.visit.locale, &series.plan.package);
    let group = group(asked, series.plan.group).map(|group| group.name).unwrap_or_default();
    let text = locale.fill("servers.under-way", &[("name", &package.name), ("group", &group)]);
    let label = locale.text("servers.see").to_owned();
    Some(Message { tone: Tone::Note, text, action: Some(Link { href: address(package, run), label }) })
}

/// The series that is under way when it is this one: the form was sent twice.
pub fn same(asked: &Asked, plan: &Plan) -> Option<RunId> {
    let (run, series) = asked.visit.console.app.proofs.series_under_way()?;
    let other = &series.plan;
    let places = |plan: &Plan| plan.servers.iter().map(|one| (one.computer, one.place.clone())).collect::<Vec<_>>();
    let same = other.package.id == plan.package.id
        && (other.group, &other.info, &other.pattern) == (plan.group, &plan.info, &plan.pattern)
        && (other.activates, &other.by) == (plan.activates, &plan.by)
        && places(other) == places(plan);
    same.then_some(run)
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

/// Who does not see every server that is tried does not see what was found of them either, be the group as it may by
/// now.
fn veiled(asked: &Asked, plan: &Plan) -> Option<Result<HttpResponse, Error>> {
    (!sees(&asked.visit.console.app, &asked.visit.sight(), plan))
        .then(|| hidden(asked, &plan.package.name, &of(ON_SERVERS, plan.package.id)))
}

/// The page of a series.
pub async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let Some((run, series)) = named(&asked, &package, asked.query.get(RUN)) else {
        // Forgotten by now: begun again from the form.
        return Ok(visit::redirect(&of(ON_SERVERS, package.id)));
    };
    if let Some(page) = veiled(&asked, &series.plan) {
        return page;
    }
    let now = series.look();
    let name = group(&asked, series.plan.group).map(|group| group.name).unwrap_or_default();
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
    if let Some(page) = veiled(&asked, &series.plan) {
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
    let group = group(&asked, series.plan.group).ok_or(Error::NotFound)?;
    let (by, app) = (asked.account(), asked.visit.console.app.clone());
    let wanted = unmoved(&app, &series.plan, wanted);
    if wanted.is_empty() {
        // All of them are somewhere else by now: the form shows where.
        return Ok(visit::see_other(&page::again(&series.plan)));
    }
    let wanted = wanted.into_iter().map(|one| Activation { by: by.clone(), ..one }).collect();
    let entry = entry(&asked, &package, &series.plan.info.to_string(), &group);
    match web::block(move || store(&app, wanted, entry)).await? {
        Ok(n) => Ok(visit::see_other(&Address::new(ACTIVATED).with("servers", n).to_string())),
        Err(Refusal::Same) => Ok(visit::see_other(&Address::new(ACTIVATED).with("done", "same").to_string())),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(Refusal::Gone | Refusal::Name | Refusal::Number) => Err(Error::NotFound),
    }
}
