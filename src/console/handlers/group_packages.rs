//! Packages of a group: affected and taken back after their numbers (CON-DEP-12, CON-DEP-13, CON-GRP-3).

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::affect::{self, Order, Target, choices_with_servers};
use super::computers::blocking;
use super::group::named;
use super::groups::{hidden, hides, seen};
use super::{Asked, Error};
use crate::app::App;
use crate::console::pages::affect::{ACTIVATION, Typed, none};
use crate::console::pages::group::{self as page, AFFECT, GroupPackage, UNAFFECT, of};
use crate::console::pages::groups::address;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::deployment::actions::Refusal;
use crate::deployment::affectation::{ActivationId, Phase};
use crate::deployment::nearest::{Nearby, place};
use crate::deployment::package::{PackageId, System};
use crate::deployment::through::{self, Eyes, GroupAffectation, Joining};
use crate::fleet::Sight;
use crate::groups::actions::Still;
use crate::groups::{Group, GroupId};
use crate::history::Action;
use crate::id::ComputerId;
use crate::inventory::columns::OSNAME;
use crate::users::Right;

/// What the index and the board say, for who decides in a transaction.
struct Seen(Arc<App>);

impl Eyes for Seen {
    fn fits(&self, system: System, id: ComputerId) -> bool {
        system.fits(self.0.fleet.look().text(id, OSNAME))
    }

    fn nearby(&self, package: PackageId, servers: GroupId) -> Nearby {
        Nearby::of(&self.0.fleet.look(), &self.0.board.look(), package, servers)
    }

    fn place(&self, id: ComputerId) -> (String, String) {
        let index = self.0.fleet.look();
        let place = place(&index, id);
        (place.subnets.to_owned(), place.tag.to_owned())
    }
}

/// Whether a computer is still one of those that the reader may change.
pub fn still(asked: &Asked) -> Box<Still> {
    let sight = asked.visit.sight();
    Box::new(move |w, id| Ok(super::value_lines::account(w, &sight, id)?.is_some()))
}

/// What follows for packages when computers come into a group or leave it.
pub fn joining(asked: &Asked) -> Joining {
    let app = &asked.visit.console.app;
    let eyes = Box::new(Seen(app.clone()));
    Joining { board: app.board.clone(), eyes, still: still(asked), at: asked.visit.locale.now }
}

/// The packages of a group, with how far those of its computers are that somebody sees.
pub fn of_group(app: &App, sight: &Sight, group: GroupId) -> Vec<GroupPackage> {
    let members = seen(app, sight, group);
    let (names, board) = (app.groups.look(), app.board.look());
    let row = |((_, activation), one): (&(GroupId, ActivationId), &GroupAffectation)| {
        let known = board.activations.get(activation)?;
        let package = board.packages.get(&known.package)?;
        let servers = known.server.filter(|_| one.nearest).and_then(|server| names.group(server.group));
        // The list behind a number is of the activation, or of the package by whatever activation.
        let counts = |id: &ActivationId| match servers {
            Some(_) => board.activations.get(id).is_some_and(|other| other.package == known.package),
            None => id == activation,
        };
        let mut phases = [0; 4];
        for id in &members {
            let rows = board.affectations.get(id).into_iter().flatten().filter(|(id, _)| counts(id));
            let found: Vec<Phase> = rows.map(|(_, row)| row.state.phase()).collect();
            for (n, phase) in phases.iter_mut().zip(Phase::ALL) {
                *n += u64::from(found.contains(&phase));
            }
        }
        Some(GroupPackage {
            activation: *activation,
            package: package.id,
            name: package.name.clone(),
            address: servers.map_or_else(|| known.info.clone(), |group| group.name.clone()),
            nearest: servers.is_some(),
            at: one.at,
            by: one.by.clone(),
            phases,
        })
    };
    let of = (group, ActivationId(0))..=(group, ActivationId(u32::MAX));
    board.through.range(of).filter_map(row).collect()
}

fn trail(group: &Group) -> [crate::console::view::Action; 1] {
    [crate::console::view::Action { href: address(group.id), label: group.name.clone() }]
}

fn form(asked: &Asked, group: &Group, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let choices = choices_with_servers(locale, &visit.console.app);
    let title = locale.fill("group.affect-title", &[("name", &group.name)]);
    if choices.is_empty() {
        return asked.page(&title, &trail(group), &[], none(locale, visit.may(Right::Packages)));
    }
    let body = page::affect(locale, group.id, visit.token(), &choices, typed, errors);
    if errors.is_empty() {
        asked.page(&title, &trail(group), &[], body)
    } else {
        asked.again(&title, &trail(group), body)
    }
}

/// The form.
pub async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let group = named(&asked)?;
    form(&asked, &group, &affect::typed(&asked.query), &[])
}

/// Affects a package to the group.
pub async fn affect(asked: Asked) -> Result<HttpResponse, Error> {
    let (group, locale, app) = (named(&asked)?, &asked.visit.locale, asked.visit.console.app.clone());
    let (typed, sight) = (affect::typed(&asked.form), asked.visit.sight());
    let order = match affect::order(locale, &app.board, &typed) {
        Ok(order) => order,
        Err(errors) => return form(&asked, &group, &typed, &errors),
    };
    let activation = match order.target {
        Target::One(activation) => Some(activation),
        // One of them stands for all.
        Target::Servers(_) => order.target.activations(&app.board.look(), order.package).first().copied(),
    };
    let Some(activation) = activation else {
        let error = FieldError::new(ACTIVATION, locale.text("affect.error-activation"));
        return form(&asked, &group, &typed, &[error]);
    };
    let title = locale.fill("group.affect-title", &[("name", &group.name)]);
    if hides(&app, &sight, group.id) {
        return hidden(&asked, &title, &address(group.id));
    }
    let members: Vec<ComputerId> = seen(&app, &sight, group.id);
    let preview = affect::preview(&asked, &members, &order).await?;
    let begin = preview.begin.len() as u64;
    if asked.form.get("confirmed") != begin.to_string() {
        let mut lines = affect::told(locale, &choices_with_servers(locale, &app), &order, &preview);
        lines.push(locale.text("group.affect-joining").to_owned());
        let submit = locale.count("computers.affect-do", begin);
        return ask(
            &asked,
            &group,
            &Asking { action: AFFECT, title: &title, lines: &lines, submit: &submit, count: begin },
        );
    }
    let Order { how, any_system, package, target, .. } = order;
    let new = GroupAffectation {
        force: how.force,
        schedule: how.schedule,
        postcmd: how.postcmd,
        any_system,
        nearest: matches!(target, Target::Servers(_)),
        at: locale.now,
        by: asked.account(),
    };
    let entry = asked.visit.entry(Action::Affected, format!("{package} ({}): {}", target.value(package), group.id));
    let (by, eyes) = ((group.id, activation), Box::new(Seen(app.clone())));
    match web::block(move || through::affect(&app.store, &app.board, by, new, eyes, entry)).await? {
        Ok(n) => Ok(visit::see_other(&format!("{}?affected={n}", address(group.id)))),
        Err(Refusal::Store(error)) => Err(error.into()),
        Err(_) => {
            let error = FieldError::new(ACTIVATION, locale.text("affect.error-activation"));
            form(&asked, &group, &typed, &[error])
        }
    }
}

struct Asking<'a> {
    action: &'a str,
    title: &'a str,
    lines: &'a [String],
    submit: &'a str,
    count: u64,
}

/// Asks, with everything that was typed.
fn ask(asked: &Asked, group: &Arc<Group>, what: &Asking) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| name != "confirmed");
    carried.push(("confirmed".to_owned(), what.count.to_string()));
    let takes = what.action == UNAFFECT;
    let page = Confirm {
        action: &of(what.action, group.id),
        token: asked.visit.token(),
        text: locale.text(if takes { "group.unaffect-what" } else { "computers.affect-what" }),
        lines: what.lines,
        carried: &carried,
        submit: what.submit,
        back: &address(group.id),
        harmless: !takes,
        ..Confirm::default()
    };
    let mut said = Vec::new();
    if asked.form.has("confirmed") {
        said.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    asked.page(what.title, &trail(group), &said, confirm(locale, &page))
}

/// Takes a package back from the group, with what came through it.
pub async fn unaffect(asked: Asked) -> Result<HttpResponse, Error> {
    let (group, locale, app) = (named(&asked)?, &asked.visit.locale, asked.visit.console.app.clone());
    let activation = asked.form.get(ACTIVATION).parse().map(ActivationId).map_err(|_| Error::NotFound)?;
    let by = (group.id, activation);
    let (name, count) = {
        let board = app.board.look();
        if !board.through.contains_key(&by) {
            return Ok(visit::see_other(&address(group.id)));
        }
        let package = board.activations.get(&activation).and_then(|one| board.packages.get(&one.package));
        let name = package.map(|package| package.name.clone()).unwrap_or_default();
        let meant = board.meant(by);
        (name, board.affected(&meant).filter(|(_, _, row)| row.group == Some(group.id)).count() as u64)
    };
    let title = locale.fill("group.unaffect-title", &[("name", &group.name)]);
    if hides(&app, &asked.visit.sight(), group.id) {
        return hidden(&asked, &title, &address(group.id));
    }
    if asked.form.get("confirmed") != count.to_string() {
        let submit = locale.count("computers.unaffect-do", count);
        let lines = [name];
        return ask(&asked, &group, &Asking { action: UNAFFECT, title: &title, lines: &lines, submit: &submit, count });
    }
    let entry = asked.visit.entry(Action::Unaffected, format!("{}: {}", activation.0, group.id));
    let gone = blocking(&asked, move |app| through::unaffect(&app.store, &app.board, by, entry)).await?;
    Ok(visit::see_other(&format!("{}?unaffected={}", address(group.id), gone.unwrap_or(0))))
}

/// What is said after something was affected to the group or taken back.
pub fn said(asked: &Asked) -> Vec<Message> {
    let all = [("affected", "computers.done-affect"), ("unaffected", "computers.done-unaffect")];
    let one = |(name, key): (&str, &str)| {
        let n = asked.query.get(name).parse().ok()?;
        Some(Message { tone: Tone::Success, text: asked.visit.locale.count(key, n), action: None })
    };
    all.into_iter().filter_map(one).collect()
}
