//! Groups: the lists, making one, deleting some after their numbers (CON-GRP-1, CON-GRP-5).
//!
//! A group that is not visible to all is shown to who may change groups, and is not there for anybody else. Of its
//! computers each reader counts those that he sees.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::computers::blocking;
use super::export::{self, Kind as File};
use super::{Access, Asked, Error, Page, Route, group, group_packages, servers};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::computers::GROUP;
use crate::console::lists::filters::Chip;
use crate::console::lists::{View, arrange};
use crate::console::pages::GROUPS;
use crate::console::pages::group::{AFFECT, OPTIONS, PAGE as ONE, UNAFFECT};
use crate::console::pages::groups::{
    self as page, DELETE, DESCRIPTION, GroupRow, GroupsPage, KIND, LIST, NAME, NEW, TITLE, Typed, VISIBLE,
};
use crate::console::pages::servers::KEEP;
use crate::console::view::Locale;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::visit::{self, Visit};
use crate::deployment::affectation::Affectation;
use crate::fleet::{Condition, Sight};
use crate::groups::actions::{self, Refusal};
use crate::groups::memory::Inner;
use crate::groups::{BadWords, Group, GroupId, Kind, LONGEST_DESCRIPTION, LONGEST_NAME, words};
use crate::history::Action;
use crate::id::ComputerId;
use crate::lifecycle;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);
const CHANGE: Access = Access::Right(Right::Groups);
const ORDER: Access = Access::Right(Right::Affect);
/// Groups that a confirmation names.
const NAMED: usize = 10;

/// The pages.
pub static PAGE: Page = Page {
    path: GROUPS,
    menu: Some(Icon::Groups),
    title: TITLE,
    access: READ,
    routes: &[
        Route::get(GROUPS, READ, |asked| Box::pin(list(asked))),
        Route::get("/ocsreports/groups.csv", EXPORT, |asked| Box::pin(save(asked, File::Csv))),
        Route::get("/ocsreports/groups.xlsx", EXPORT, |asked| Box::pin(save(asked, File::Xlsx))),
        Route::get(NEW, CHANGE, |asked| Box::pin(blank(asked))),
        Route::post(NEW, CHANGE, |asked| Box::pin(make(asked))),
        Route::post(DELETE, CHANGE, |asked| Box::pin(delete(asked))),
        Route::get(ONE, READ, |asked| Box::pin(group::show(asked))),
        Route::post(ONE, CHANGE, |asked| Box::pin(group::rename(asked))),
        Route::post(OPTIONS, CHANGE, |asked| Box::pin(group::options(asked))),
        Route::post(KEEP, CHANGE, |asked| Box::pin(servers::keep(asked))),
        Route::get(AFFECT, ORDER, |asked| Box::pin(group_packages::blank(asked))),
        Route::post(AFFECT, ORDER, |asked| Box::pin(group_packages::affect(asked))),
        Route::post(UNAFFECT, ORDER, |asked| Box::pin(group_packages::unaffect(asked))),
    ],
};

/// Whether the reader is shown a group.
pub fn shows(visit: &Visit, group: &Group) -> bool {
    group.visible || visit.may(Right::Groups)
}

/// The computers of a group that somebody sees.
pub fn seen(app: &App, sight: &Sight, id: GroupId) -> Vec<ComputerId> {
    let members: Vec<ComputerId> = app.groups.look().members(id).collect();
    let index = app.fleet.look();
    members.into_iter().filter(|id| index.sees(sight, *id)).collect()
}

/// Whether a group has computers that the reader does not see: somebody would lose what he must not even know of.
pub fn hides(app: &App, sight: &Sight, id: GroupId) -> bool {
    !sight.is_everything() && (seen(app, sight, id).len() as u64) < app.groups.look().count(id)
}

/// The page that says that a group has computers that the reader does not see.
pub fn hidden(asked: &Asked, title: &str, back: &str) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let said = [Message { tone: Tone::Error, text: locale.text("groups.hidden").to_owned(), action: None }];
    let body = maud::html! { p.actions { a.button href=(back) { (locale.text("confirm.back")) } } };
    asked.page(title, &super::above(locale, GROUPS, TITLE), &said, body)
}

/// The members of the group that an address of the list of computers names, with what the list says about it.
pub fn condition(app: &App, visit: &Visit, form: &Form, view: &View) -> Option<(Condition, Chip)> {
    let id = GroupId(form.sent(GROUP)?.parse().ok()?);
    let known = app.groups.look();
    let named = known.group(id).filter(|group| shows(visit, group)).cloned();
    let members = if named.is_some() { known.members(id).collect() } else { Vec::new() };
    let text = match &named {
        Some(group) => visit.locale.fill("filter.group", &[("name", &group.name)]),
        None => visit.locale.text("filter.group-gone").to_owned(),
    };
    Some((Condition::Among(members), Chip { text, without: view.address.without(GROUP).to_string() }))
}

struct Found {
    view: View,
    kind: Kind,
    counts: [u64; 2],
    rows: Vec<GroupRow>,
}

async fn found(asked: &Asked, query: Form) -> Result<Found, Error> {
    let visit = asked.visit.clone();
    let read = asked.read(move |app, read| {
        let kind = Kind::of(query.get(KIND)).unwrap_or_default();
        let view = visit.view(read, &LIST, &query)?;
        let all: Vec<Arc<Group>> = app.groups.look().all().filter(|group| shows(&visit, group)).cloned().collect();
        let counts = Kind::ALL.map(|kind| all.iter().filter(|group| group.kind == kind).count() as u64);
        let sight = visit.sight();
        let row = |group: Arc<Group>| GroupRow { computers: seen(app, &sight, group.id).len() as u64, group };
        let rows = all.into_iter().filter(|group| group.kind == kind).map(row).collect();
        Ok(Found { view, kind, counts, rows })
    });
    read.await
}

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.clone()).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let page = GroupsPage {
        view: &found.view,
        kind: found.kind,
        counts: found.counts,
        rows: &found.rows,
        may_change: visit.may(Right::Groups),
        all: asked.query.get("check") == "page",
        token: visit.token(),
    };
    let mut said = Vec::new();
    if let Ok(n) = asked.query.get("deleted").parse() {
        said.push(Message { tone: Tone::Success, text: locale.count("groups.done-deleted", n), action: None });
    }
    let noted = asked.said(&["groups.done-nothing"]);
    said.extend(noted.into_iter().map(|said| Message { tone: Tone::Note, ..said }));
    asked.page(locale.text(TITLE), &[], &said, page::body(locale, &page))
}

async fn save(asked: Asked, kind: File) -> Result<HttpResponse, Error> {
    let found = found(&asked, asked.query.clone()).await?;
    let whole = arrange(&LIST, &found.view, page::cells(&found.rows), true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

/// What a form says about a group.
pub fn typed(form: &Form) -> Typed {
    Typed {
        name: form.get(NAME).to_owned(),
        description: form.get(DESCRIPTION).to_owned(),
        kind: form.get(KIND).to_owned(),
        visible: form.get(VISIBLE) == "1",
    }
}

/// What is wrong with the words of a group, beside its field.
pub fn bad(locale: &Locale, bad: BadWords) -> FieldError {
    match bad {
        BadWords::NoName => FieldError::new(NAME, locale.text("groups.error-no-name")),
        BadWords::Name => FieldError::new(NAME, locale.fill("form.error-line", &[("n", &LONGEST_NAME)])),
        BadWords::Description => {
            FieldError::new(DESCRIPTION, locale.fill("groups.error-description", &[("n", &LONGEST_DESCRIPTION)]))
        }
    }
}

/// The group that was typed, if its words are good and its name is free.
pub fn wanted(asked: &Asked, typed: &Typed) -> Result<Group, FieldError> {
    let locale = &asked.visit.locale;
    let (name, description) = words(&typed.name, &typed.description).map_err(|wrong| bad(locale, wrong))?;
    if asked.visit.console.app.groups.look().named(&name).is_some() {
        return Err(taken(locale));
    }
    let kind = Kind::of(&typed.kind).unwrap_or_default();
    let created = locale.now;
    Ok(Group { id: GroupId(0), name, description, kind, created, by: asked.account(), visible: typed.visible })
}

/// Another group has the name.
pub fn taken(locale: &Locale) -> FieldError {
    FieldError::new(NAME, locale.text("groups.error-name"))
}

fn form(asked: &Asked, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let body = page::new(locale, visit.token(), typed, errors);
    let (title, trail) = (locale.text("groups.add"), super::above(locale, GROUPS, TITLE));
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let typed = Typed { kind: asked.query.get(KIND).to_owned(), visible: true, ..Typed::default() };
    form(&asked, &typed, &[])
}

async fn make(asked: Asked) -> Result<HttpResponse, Error> {
    let (typed, locale) = (typed(&asked.form), &asked.visit.locale);
    let group = match wanted(&asked, &typed) {
        Ok(group) => group,
        Err(error) => return form(&asked, &typed, &[error]),
    };
    let (app, entry) = (asked.visit.console.app.clone(), asked.visit.entry(Action::GroupChanged, String::new()));
    let work = move || actions::make(&app.store, &app.groups, group, Vec::new(), Box::new(|_, _| Ok(true)), entry);
    match web::block(work).await? {
        Ok(id) => Ok(visit::see_other(&format!("{}?done=made", page::address(id)))),
        Err(Refusal::Name) => form(&asked, &typed, &[taken(locale)]),
        Err(Refusal::TooMany) => form(&asked, &typed, &[FieldError::new(NAME, locale.text("groups.error-many"))]),
        Err(Refusal::Gone | Refusal::Others) => Err(Error::NotFound),
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// What goes with a group: its computers, which stay, its options, and affectations that came through it.
struct Loss {
    group: Arc<Group>,
    computers: u64,
    options: u64,
    affectations: u64,
    packages: u64,
}

impl Loss {
    fn of(app: &App, known: &Inner, group: &Arc<Group>) -> Loss {
        let board = app.board.look();
        let served = board.activations_on(group.id);
        Loss {
            group: group.clone(),
            computers: known.count(group.id),
            options: app.options.of_group(group.id).len() as u64,
            affectations: {
                let through = |row: &Affectation| row.group == Some(group.id);
                let rows = board.affectations.values().flatten();
                rows.filter(|(activation, row)| through(row) || served.contains(activation)).count() as u64
            },
            packages: board.through.keys().filter(|(of, _)| *of == group.id).count() as u64,
        }
    }

    fn line(&self, locale: &Locale) -> String {
        let words: [(&str, &dyn std::fmt::Display); 5] = [
            ("name", &self.group.name),
            ("computers", &locale.count("groups.of-computers", self.computers)),
            ("options", &locale.count("groups.of-options", self.options)),
            ("packages", &locale.count("groups.of-packages", self.packages)),
            ("affectations", &locale.count("groups.of-affectations", self.affectations)),
        ];
        locale.fill("groups.delete-line", &words)
    }
}

/// Deletes groups once their numbers were confirmed.
async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let (locale, sent) = (&asked.visit.locale, &asked.form);
    let address = sent.get("where").split_once('?').map_or("", |(_, query)| query);
    let query = Form::read(address, 64).unwrap_or_default();
    let found = found(&asked, query).await?;
    let numbers: BTreeSet<GroupId> = if sent.get("scope") == "whole" {
        let whole = arrange(&LIST, &View { columns: vec!["id"], ..found.view.clone() }, page::cells(&found.rows), true);
        let number = |row: &Vec<_>| match row.first() {
            Some(crate::console::view::table::Cell::Number(id)) => u32::try_from(*id).ok().map(GroupId),
            _ => None,
        };
        whole.rows.iter().filter_map(number).collect()
    } else {
        let sent = sent.all("id").chain(sent.get("ids").split(','));
        sent.filter_map(|id| id.parse().ok().map(GroupId)).collect()
    };
    let app = asked.visit.console.app.clone();
    let meant: Vec<Loss> = {
        let known = app.groups.look();
        numbers.iter().filter_map(|id| Some(Loss::of(&app, &known, known.group(*id)?))).collect()
    };
    let back = found.view.address.clone();
    if meant.is_empty() {
        return Ok(visit::see_other(&back.with("done", "nothing").to_string()));
    }
    let count = meant.len() as u64;
    let title = locale.count("groups.sure-title", count);
    let sight = asked.visit.sight();
    if meant.iter().any(|loss| hides(&app, &sight, loss.group.id)) {
        return hidden(&asked, &title, &back.to_string());
    }
    let total = |of: fn(&Loss) -> u64| meant.iter().map(of).sum::<u64>();
    let parts: [fn(&Loss) -> u64; 4] =
        [|loss| loss.computers, |loss| loss.options, |loss| loss.packages, |loss| loss.affectations];
    let [computers, options, packages, affectations] = parts.map(total);
    let numbers = [count, computers, options, packages, affectations];
    let numbers = numbers.map(|n| n.to_string()).join(" ");
    if sent.get("confirmed") == numbers {
        let entry = |id: GroupId| asked.visit.entry(Action::GroupChanged, id.to_string());
        let entries: Vec<_> = meant.iter().map(|loss| (loss.group.id, entry(loss.group.id))).collect();
        let work = move |app: &App| {
            let mut gone = 0_u64;
            for (id, entry) in entries {
                gone += u64::from(lifecycle::delete_group(app, id, entry)?.is_some());
            }
            Ok(gone)
        };
        let gone = blocking(&asked, work).await?;
        return Ok(visit::see_other(&back.with("deleted", gone).to_string()));
    }
    let ids: Vec<String> = meant.iter().map(|loss| loss.group.id.to_string()).collect();
    let carried = [("where", back.to_string()), ("ids", ids.join(",")), ("confirmed", numbers)];
    let carried = carried.map(|(name, value)| (name.to_owned(), value));
    let lines: Vec<String> = meant.iter().take(NAMED).map(|loss| loss.line(locale)).collect();
    let page = Confirm {
        action: DELETE,
        token: asked.visit.token(),
        text: locale.text("groups.sure"),
        more: count.saturating_sub(lines.len() as u64),
        lines: &lines,
        carried: &carried,
        submit: &locale.count("groups.sure-do", count),
        back: &back.to_string(),
        harmless: false,
    };
    let mut said = Vec::new();
    if sent.has("confirmed") {
        said.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    asked.page(&title, &super::above(locale, GROUPS, TITLE), &said, confirm(locale, &page))
}
