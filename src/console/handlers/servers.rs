//! Redistribution servers: activating a package on those of a group, and the address of each (CON-DEP-8). What happens
//! before that is stored is in [`series`].

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::activate::{package, proposed, trail};
use super::again;
use super::group::{named, with_server};
use super::groups::{hidden, hides};
use super::{Asked, Error, series};
use crate::app::App;
use crate::console::pages::activate::{INFO, ONLY, bad as bad_place};
use crate::console::pages::groups::address;
use crate::console::pages::servers::{
    self as page, GROUP, PATTERN, SERVER, ServersPage, Typed, back, names_server, usual,
};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::affectation::Activation;
use crate::deployment::files::Hash;
use crate::deployment::nearest::for_servers;
use crate::deployment::package::{Package, Protocol};
use crate::deployment::place::Place;
use crate::groups::actions::{self as groups, Refusal as NotKept};
use crate::groups::servers::{Reached, reached, resolve};
use crate::groups::{Group, GroupId, Kind, Server};
use crate::history::Action as Done;
use crate::id::ComputerId;
use crate::inventory::columns::{IPADDR, NAME};
use crate::proof::series::{Candidate, MOST, Plan};

/// The form.
pub async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let package = package(&asked)?;
    let info = proposed(&asked.visit, package.protocol).await?.info;
    let mut typed = Typed { group: asked.query.get(GROUP).to_owned(), info, pattern: usual(), only: false };
    for (name, value) in [(INFO, &mut typed.info), (PATTERN, &mut typed.pattern)] {
        if asked.query.has(name) {
            asked.query.get(name).clone_into(value);
        }
    }
    form(&asked, &package, &typed, &[])
}

fn form(asked: &Asked, package: &Package, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    with_servers(asked, package, typed, (&[], None), None, errors)
}

/// The form, with the servers that are meant and what stands for them, and with what keeps it from being done.
fn with_servers(
    asked: &Asked,
    package: &Package,
    typed: &Typed,
    (servers, ready): (&[Reached], Option<&str>),
    said: Option<&Message>,
    errors: &[FieldError],
) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let groups: Vec<(String, String)> = {
        let known = visit.console.app.groups.look();
        let words = |group: &Arc<Group>| (group.id.to_string(), group.name.clone());
        known.all().filter(|group| group.kind == Kind::Redistribution).map(words).collect()
    };
    let token = visit.token();
    let page = ServersPage { package: package.id, groups: &groups, typed, servers, ready, said, errors, token };
    let title = locale.fill("servers.of", &[("name", &package.name)]);
    let body = page::body(locale, &page);
    if errors.is_empty() {
        asked.page(&title, &trail(package), &[], body)
    } else {
        asked.again(&title, &trail(package), body)
    }
}

/// The servers of a group that get an activation, with the addresses that count when one without its own has `usual`.
pub fn meant(app: &App, group: GroupId, usual: &Server) -> Vec<Reached> {
    let (known, index) = (app.groups.look(), app.fleet.look());
    let one = |server: Reached| {
        if server.server != Server::default() {
            return server;
        }
        let (ip, name) = (index.text(server.computer, IPADDR), index.text(server.computer, NAME));
        Reached { address: resolve(&usual.pattern(), ip, name), ..server }
    };
    reached(&known, &index, group).into_iter().map(one).collect()
}

/// Tries a package out on the servers of a group, once their addresses were shown, and activates it when all is good.
pub async fn activate(asked: Asked) -> Result<HttpResponse, Error> {
    let (package, locale, app) = (package(&asked)?, &asked.visit.locale, asked.visit.console.app.clone());
    let sent = &asked.form;
    let text = |name: &str| sent.get(name).trim().to_owned();
    let only = sent.get(ONLY) == "1";
    let typed = Typed { group: text(GROUP), info: text(INFO), pattern: text(PATTERN), only };
    let mut errors = Vec::new();
    let group = typed.group.parse().ok().map(GroupId);
    let group = group.and_then(|id| app.groups.look().group(id).cloned());
    let group = group.filter(|group| group.kind == Kind::Redistribution);
    if group.is_none() {
        errors.push(FieldError::new(GROUP, locale.text("grouping.error-group")));
    }
    let info = Place::parse(&typed.info, Protocol::Https);
    if let Err(why) = &info {
        errors.push(FieldError::new(INFO, locale.text(bad_place(*why))));
    }
    let usual = Server::of(&typed.pattern);
    match &usual {
        Ok(_) if names_server(&typed.pattern) => {}
        Ok(_) => errors.push(FieldError::new(PATTERN, locale.text("servers.error-pattern"))),
        Err(why) => errors.push(FieldError::new(PATTERN, locale.text(page::bad(*why)))),
    }
    let (Some(group), Ok(info), Ok(usual), true) = (group, info, usual, errors.is_empty()) else {
        return form(&asked, &package, &typed, &errors);
    };
    if hides(&app, &asked.visit.sight(), group.id) {
        return hidden(&asked, &group.name, &address(group.id));
    }
    let servers = meant(&app, group.id, &usual);
    let count = servers.len() as u64;
    if count == 0 {
        let error = FieldError::new(GROUP, locale.text("servers.error-empty"));
        return form(&asked, &package, &typed, &[error]);
    }
    if servers.len() > MOST {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("n", &count), ("most", &MOST)];
        let error = FieldError::new(GROUP, locale.fill("servers.error-many", &values));
        return form(&asked, &package, &typed, &[error]);
    }
    let seen = fingerprint(&servers);
    if sent.get("confirmed") != seen {
        let text = locale.text("servers.changed").to_owned();
        let changed = sent.has("confirmed").then_some(Message { tone: Tone::Warning, text, action: None });
        return with_servers(&asked, &package, &typed, (&servers, Some(&seen)), changed.as_ref(), &[]);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let entry = series::entry(&asked, &package, &info.to_string(), &group);
    let activates = !typed.only;
    let plan = Plan {
        servers: candidates(&asked, &package, &info, group.id, servers, &usual),
        info,
        group: group.id,
        pattern: typed.pattern.clone(),
        activates,
        by: asked.account(),
        at: locale.now,
        package: package.clone(),
    };
    if let Some(run) = series::same(&asked, &plan) {
        return Ok(series::shown(&asked, &package, run).await);
    }
    match series::begin(&asked.visit.console, plan, entry) {
        Ok(run) => Ok(series::shown(&asked, &package, run).await),
        Err(key) => {
            let error = FieldError::new(GROUP, locale.text(key));
            with_servers(&asked, &package, &typed, (&[], None), series::under_way(&asked).as_ref(), &[error])
        }
    }
}

/// What stands for servers with their addresses. What an agent reports after they were shown is another thing than what
/// was confirmed.
fn fingerprint(servers: &[Reached]) -> String {
    let mut hash = Hash::default();
    for server in servers {
        let address = server.address.as_deref().unwrap_or_default();
        hash.take(format!("{} {address}\n", server.computer).as_bytes());
    }
    format!("{}-{}", servers.len(), hash.done().sha256)
}

/// What is tried of each server, and stored when it is good.
fn candidates(
    asked: &Asked,
    package: &Package,
    info: &Place,
    group: GroupId,
    servers: Vec<Reached>,
    usual: &Server,
) -> Vec<Candidate> {
    let like = Activation { package: package.id, info: info.to_string(), by: asked.account(), ..Activation::default() };
    let own: Vec<(ComputerId, Server)> = servers.iter().map(|one| (one.computer, one.server.clone())).collect();
    let wanted = for_servers(&like, group, &own, usual);
    let one = |(server, activation): (Reached, Activation)| {
        let place = series::place(server.address.as_deref(), package);
        Candidate { computer: server.computer, name: server.name, place, activation }
    };
    servers.into_iter().zip(wanted).map(one).collect()
}

/// Gives a server of a group an address of its own.
pub async fn keep(asked: Asked) -> Result<HttpResponse, Error> {
    let (group, locale, app) = (named(&asked)?, &asked.visit.locale, asked.visit.console.app.clone());
    let sent = &asked.form;
    let typed = [sent.get(SERVER), sent.get("host"), sent.get("port"), sent.get("folder")];
    let [number, host, port, folder] = typed;
    let server = match Server::parse(host, port, folder) {
        Ok(server) => server,
        Err(why) => {
            let field = match why {
                crate::groups::servers::BadServer::Port => "port",
                crate::groups::servers::BadServer::Folder => "folder",
                _ => "host",
            };
            return with_server(&asked, &group, &typed, &[FieldError::new(field, locale.text(page::bad(why)))]).await;
        }
    };
    let id = number.parse().map(ComputerId).map_err(|_| Error::NotFound)?;
    if !app.fleet.look().sees(&asked.visit.sight(), id) {
        return Err(Error::NotFound);
    }
    let entry = asked.visit.entry(Done::GroupChanged, group.id.to_string());
    let of = group.id;
    let work = move || groups::set_server(&app.store, &app.groups, of, id, server, entry);
    match web::block(work).await? {
        Ok(()) => Ok(visit::see_other(&back(of))),
        Err(NotKept::Store(error)) => Err(error.into()),
        Err(NotKept::Gone | NotKept::Name | NotKept::Others | NotKept::TooMany) => Err(Error::NotFound),
    }
}
