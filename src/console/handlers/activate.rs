//! Activating a package: the addresses are tried out as an agent would use them, then the activation is stored (CON-DEP-8
//! to 10).

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};

use super::{Asked, Error, again};
use crate::app::App;
use crate::console::Console;
use crate::console::door::host_name;
use crate::console::pages::activate::{
    self, ACTIVATE, ANYWAY, ActivatePage, FRAGMENTS, INFO, ONLY, PROOF, ProofPage, RUN, STOP, Typed, WHAT, bad, of,
};
use crate::console::pages::activated::ACTIVATED;
use crate::console::pages::package::address as above;
use crate::console::view::Action as Link;
use crate::console::view::address::Address;
use crate::console::view::form::FieldError;
use crate::console::visit::{self, Visit};
use crate::deployment::actions::{self, Refusal};
use crate::deployment::affectation::{Activation, ActivationId};
use crate::deployment::package::{Package, PackageId, Protocol};
use crate::deployment::place::{BadPlace, Place, own};
use crate::fleet::Sight;
use crate::history::Action as Done;
use crate::history::audit::Entry;
use crate::options::{DOWNLOAD_AUTO_ACTIVATE, DOWNLOAD_URI_FRAG, DOWNLOAD_URI_INFO};
use crate::proof::client::{Client, Times};
use crate::proof::run::Trial;
use crate::proof::runs::{Became, Run, RunId, Then, Wish};
use crate::tls::names::only_here;
use crate::users::{self, Right};

/// So long the answer to the form waits: most packages are tried out by then.
const PATIENCE: Duration = Duration::from_secs(1);

pub fn package(asked: &Asked) -> Result<Arc<Package>, Error> {
    let id = asked.request.match_info().query("id").parse().map(PackageId).map_err(|_| Error::NotFound)?;
    asked.visit.console.app.board.look().packages.get(&id).cloned().ok_or(Error::NotFound)
}

pub fn trail(package: &Package) -> [Link; 1] {
    [Link { href: above(package.id), label: package.name.clone() }]
}

/// What is proposed for a package: what the options say, else this server; by the name or address by which this page
/// was asked for, where that is as good as others.
pub async fn proposed(visit: &Visit, protocol: Protocol) -> Result<Typed, Error> {
    let console = &visit.console;
    let app = &console.app;
    let held = console.tls.as_ref().map(|tls| tls.names()).unwrap_or_default();
    let addresses = held.addresses.iter().map(ToString::to_string);
    let mut names: Vec<String> =
        app.public_names().into_iter().chain(held.names.iter().cloned()).chain(addresses).collect();
    if let Some(asked) = host_name(&visit.authority).filter(|asked| names.contains(asked)) {
        names.insert(0, asked);
    }
    // What people wrote into the settings they know.
    let doubtful: Vec<String> = names.iter().filter(|name| !app.config.public_names.contains(name)).cloned().collect();
    let only_here = web::block(move || only_here(&doubtful)).await?;
    let general = app.options.general();
    let address = |chosen: &str, protocol| match chosen {
        "" => own(&names, &only_here, console.port(protocol == Protocol::Https), protocol),
        chosen => chosen.to_owned(),
    };
    Ok(Typed {
        info: address(general.text(DOWNLOAD_URI_INFO), Protocol::Https),
        fragments: address(general.text(DOWNLOAD_URI_FRAG), protocol),
        only: false,
    })
}

fn form(asked: &Asked, package: &Package, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let known: Vec<String> = {
        let board = visit.console.app.board.look();
        board.activations.values().filter(|one| one.package == package.id).map(|one| one.info.clone()).collect()
    };
    let page = ActivatePage { package, known: &known, errors, token: visit.token() };
    let title = locale.fill("activate.of", &[("name", &package.name)]);
    let body = activate::body(locale, &page, typed);
    if errors.is_empty() {
        asked.page(&title, &trail(package), &[], body)
    } else {
        asked.again(&title, &trail(package), body)
    }
}

/// The form.
pub async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let mut typed = proposed(&asked.visit, package.protocol).await?;
    typed.only = asked.query.get(ONLY) == "1";
    for (name, value) in [(INFO, &mut typed.info), (FRAGMENTS, &mut typed.fragments)] {
        if asked.query.has(name) {
            asked.query.get(name).clone_into(value);
        }
    }
    form(&asked, &package, &typed, &[])
}

/// Tries the addresses out, and activates when all is good.
pub async fn begin(asked: Asked) -> Result<HttpResponse, Error> {
    let (package, locale) = (package(&asked)?, &asked.visit.locale);
    let sent = &asked.form;
    let typed = Typed {
        info: sent.get(INFO).to_owned(),
        fragments: sent.get(FRAGMENTS).to_owned(),
        only: sent.get(ONLY) == "1",
    };
    let read = read(&package, &typed);
    let trial = match read {
        Ok(trial) => trial,
        Err(errors) => {
            let errors: Vec<FieldError> =
                errors.into_iter().map(|(field, why)| FieldError::new(field, locale.text(bad(why)))).collect();
            return form(&asked, &package, &typed, &errors);
        }
    };
    if !typed.only && is_known(&asked.visit.console.app, &trial) {
        return form(&asked, &package, &typed, &[FieldError::new(INFO, locale.text("activate.error-same"))]);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let entry = entry(&asked, &trial);
    let console = &asked.visit.console;
    match try_out(console, trial, !typed.only, asked.account(), entry) {
        Ok(run) => {
            console.app.proofs.wait(run, PATIENCE).await;
            Ok(visit::see_other(&address(package.id, run)))
        }
        Err(key) => form(&asked, &package, &typed, &[FieldError::new(INFO, locale.text(key))]),
    }
}

/// The address of a proof.
fn address(package: PackageId, run: RunId) -> String {
    Address::new(of(PROOF, package)).with(RUN, run).to_string()
}

fn read(package: &Arc<Package>, typed: &Typed) -> Result<Trial, Vec<(&'static str, BadPlace)>> {
    let info = Place::parse(&typed.info, Protocol::Https);
    let fragments = Place::parse(&typed.fragments, package.protocol);
    match (info, fragments) {
        (Ok(info), Ok(fragments)) => Ok(Trial { package: package.clone(), info, fragments }),
        (info, fragments) => {
            let bad = [(INFO, info.err()), (FRAGMENTS, fragments.err())];
            Err(bad.into_iter().filter_map(|(field, why)| Some((field, why?))).collect())
        }
    }
}

fn is_known(app: &App, trial: &Trial) -> bool {
    let (info, fragments) = (trial.info.to_string(), trial.fragments.to_string());
    let board = app.board.look();
    let same = |one: &Activation| {
        one.server.is_none() && one.package == trial.package.id && one.info == info && one.fragments == fragments
    };
    board.activations.values().any(|one| same(one))
}

/// What the audit log says: the package and where it is fetched.
fn entry(asked: &Asked, trial: &Trial) -> Entry {
    let object = format!("{} ({}): {}, {}", trial.package.name, trial.package.id, trial.info, trial.fragments);
    asked.visit.entry(Done::PackageActivated, object)
}

/// Begins a proof; with `activates` the package is activated when all is good. The key of a sentence when it cannot be.
fn try_out(console: &Console, trial: Trial, activates: bool, by: String, entry: Entry) -> Result<RunId, &'static str> {
    let app = console.app.clone();
    // Exactly what agents are given as `cacert.pem` (SEC-42).
    let trusted = console.tls.as_ref().map(|tls| tls.authority_pem()).unwrap_or_default();
    let client = Client::new(&trusted, app.clock.clone(), Times::default()).map_err(|error| {
        tracing::error!("no activation can be tried out: {error}");
        "activate.error-busy"
    })?;
    let at = app.clock.now();
    let wish = Wish { trial: trial.clone(), activates, by: by.clone(), at };
    let (proofs, files) = (app.proofs.clone(), app.packages.clone());
    let then: Then = Box::new(move |findings| {
        (activates && findings.is_good()).then(|| match asked_by(&app, &by).map(|_| store(&app, &trial, by, entry)) {
            None => Became::Forbidden,
            Some(stored) => became(stored),
        })
    });
    proofs.begin(wish, client, files, then).map_err(|_| "activate.error-busy")
}

/// Which computers an account sees that asked for an activation earlier; `None` when it may not activate any more, or
/// when that is not known.
pub fn asked_by(app: &App, account: &str) -> Option<Sight> {
    let account = account.parse().ok()?;
    let user = app.read(|read| users::store::get(read, &account)).ok()??;
    user.may(Right::Packages).then(|| Sight::of(&user.tags))
}

/// What became of an activation that was to follow.
pub fn became<T>(stored: Result<T, Refusal>) -> Became<T> {
    match stored {
        Ok(what) => Became::Activated(what),
        Err(Refusal::Same) => Became::Same,
        Err(Refusal::Gone | Refusal::Name | Refusal::Number) => Became::Gone,
        Err(Refusal::Store(error)) => {
            tracing::error!("a package is not activated: {error}");
            Became::Failed
        }
    }
}

fn store(app: &App, trial: &Trial, by: String, entry: Entry) -> Result<ActivationId, Refusal> {
    let activation = Activation {
        id: ActivationId::default(),
        package: trial.package.id,
        info: trial.info.to_string(),
        fragments: trial.fragments.to_string(),
        server: None,
        at: app.clock.now(),
        by,
    };
    actions::activate(&app.store, &app.board, activation, entry)
}

/// Tries a package that was built just now out at this server, and activates it when all is good, where the option
/// DOWNLOAD_AUTO_ACTIVATE says so (CON-DEP-10). The address of the page that shows how far that is.
pub async fn automatically(asked: &Asked, id: PackageId) -> Option<String> {
    let console = &asked.visit.console;
    if !console.app.options.general().switch(DOWNLOAD_AUTO_ACTIVATE) {
        return None;
    }
    let package = console.app.board.look().packages.get(&id).cloned()?;
    let trial = read(&package, &proposed(&asked.visit, package.protocol).await.ok()?).ok()?;
    let entry = entry(asked, &trial);
    try_out(console, trial, true, asked.account(), entry).ok().map(|run| address(id, run))
}

fn run(asked: &Asked, package: &Package, number: &str) -> Result<(RunId, Run), Error> {
    let number: RunId = number.parse().map_err(|_| Error::NotFound)?;
    let run = asked.visit.console.app.proofs.look(number).filter(|run| run.trial.package.id == package.id);
    run.map(|run| (number, run)).ok_or(Error::NotFound)
}

/// The page of a proof.
pub async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let Ok((number, run)) = run(&asked, &package, asked.query.get(RUN)) else {
        // Forgotten by now: begun again from the form.
        return Ok(visit::redirect(&of(ACTIVATE, package.id)));
    };
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let page = ProofPage {
        run: number,
        trial: &run.trial,
        activates: run.activates,
        now: (run.progress.step(), run.progress.done()),
        stopped: run.progress.is_stopped(),
        ended: run.ended.as_ref(),
        token: visit.token(),
    };
    let title = locale.fill("activate.proof-of", &[("name", &package.name)]);
    let mut response = asked.page(&title, &trail(&package), &[], activate::proof(locale, &page))?;
    if run.ended.is_none() {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// Ends a proof, or activates in spite of what it found.
pub async fn go_on(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let (number, run) = run(&asked, &package, asked.form.get(RUN))?;
    let back = address(package.id, number);
    match asked.form.get(WHAT) {
        STOP => {
            run.progress.stop();
            asked.visit.console.app.proofs.wait(number, PATIENCE).await;
            Ok(visit::see_other(&back))
        }
        ANYWAY if run.ended.as_ref().is_some_and(|ended| ended.findings.may_activate()) => {
            if let Some(page) = again::asks(&asked).await? {
                return Ok(page);
            }
            let (app, entry, by) = (asked.visit.console.app.clone(), entry(&asked, &run.trial), asked.account());
            let stored = web::block(move || store(&app, &run.trial, by, entry)).await?;
            match stored {
                Ok(_) => Ok(visit::see_other(&Address::new(ACTIVATED).with("done", "activated").to_string())),
                Err(Refusal::Store(error)) => Err(error.into()),
                Err(Refusal::Same) => Ok(visit::see_other(&Address::new(ACTIVATED).with("done", "same").to_string())),
                Err(Refusal::Gone | Refusal::Name | Refusal::Number) => Err(Error::NotFound),
            }
        }
        _ => Ok(visit::see_other(&back)),
    }
}
