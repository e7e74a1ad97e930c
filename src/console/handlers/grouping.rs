//! Computers of a list into a group, out of one, or into a new one: a form, then the confirmation with the numbers, then
//! one transaction (CON-GRP-2, CON-INV-7, CON-GEN-7).

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::deeds::{self, Meant, Question};
use super::group_packages::{joining, still};
use super::groups::{seen, taken, typed, wanted};
use super::{Asked, Error};
use crate::console::form::Form;
use crate::console::lists::computers::GROUP;
use crate::console::pages::COMPUTERS;
use crate::console::pages::computers::{Deed, TITLE};
use crate::console::pages::grouping::{self as page, GroupingPage, HOW, INTO};
use crate::console::pages::groups::{NAME, Typed, address, kind_key};
use crate::console::pages::mass::FILLED;
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::groups::actions::{self, Changed, How, Refusal};
use crate::groups::{Group, GroupId};
use crate::history::Action;
use crate::id::ComputerId;

/// What a form asks for.
enum Wanted {
    /// A group that there is.
    Known(Arc<Group>, How),
    /// A new one.
    New(Group),
}

/// What would become of the members of a group, or of a new one.
fn preview(asked: &Asked, wanted: &Wanted, ids: &[ComputerId]) -> Changed {
    let (group, how) = match wanted {
        Wanted::New(_) => return Changed { added: ids.len() as u64, removed: 0 },
        Wanted::Known(group, how) => (group, *how),
    };
    let members: BTreeSet<ComputerId> =
        seen(&asked.visit.console.app, &asked.visit.sight(), group.id).into_iter().collect();
    let held = ids.iter().filter(|id| members.contains(id)).count() as u64;
    let (added, others) = (ids.len() as u64 - held, members.len() as u64 - held);
    match how {
        How::Add => Changed { added, removed: 0 },
        How::Remove => Changed { added: 0, removed: held },
        How::Overwrite => Changed { added, removed: others },
    }
}

/// Reads what the form asks for.
fn read(asked: &Asked, typed: &Typed) -> Result<Wanted, FieldError> {
    let locale = &asked.visit.locale;
    let how = match asked.form.get(HOW) {
        "add" => How::Add,
        "remove" => How::Remove,
        "overwrite" => How::Overwrite,
        "new" => return wanted(asked, typed).map(Wanted::New),
        _ => return Err(FieldError::new(HOW, locale.text("grouping.error-how"))),
    };
    let group = asked.form.get(INTO).parse().ok().map(GroupId);
    let group = group.and_then(|id| asked.visit.console.app.groups.look().group(id).cloned());
    group.map(|group| Wanted::Known(group, how)).ok_or_else(|| gone(asked))
}

fn gone(asked: &Asked) -> FieldError {
    FieldError::new(INTO, asked.visit.locale.text("grouping.error-group"))
}

fn show(asked: &Asked, meant: &Meant, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let mut groups: Vec<(String, String)> = {
        let known = visit.console.app.groups.look();
        let words = |group: &Arc<Group>| {
            let kind = locale.text(kind_key(group.kind));
            (group.id.to_string(), locale.fill("grouping.choice", &[("name", &group.name), ("kind", &kind)]))
        };
        known.all().map(words).collect()
    };
    groups.sort_by_key(|(_, words)| words.to_lowercase());
    // Who comes from the list of a group means that one.
    let filter = asked.form.get("where").split_once('?').and_then(|(_, query)| Form::read(query, 64));
    let filter = filter.map(|query| query.get(GROUP).to_owned()).unwrap_or_default();
    let into = if asked.form.has(INTO) { asked.form.get(INTO).to_owned() } else { filter.clone() };
    let how = match asked.form.get(HOW) {
        "" if filter.is_empty() => "add",
        "" => "remove",
        how => how,
    };
    let count = meant.ids.len() as u64;
    let carried = deeds::carried(meant);
    let page = GroupingPage {
        token: visit.token(),
        names: &meant.names,
        more: count.saturating_sub(meant.names.len() as u64),
        carried: &carried,
        groups: &groups,
        how,
        into: &into,
        typed,
        errors,
    };
    let title = locale.count("computers.group-title", count);
    let (body, trail) = (page::body(locale, &page), super::above(locale, COMPUTERS, TITLE));
    if errors.is_empty() { asked.page(&title, &trail, &[], body) } else { asked.again(&title, &trail, body) }
}

/// Puts computers into a group or takes them out.
pub async fn group(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let locale = &asked.visit.locale;
    if !asked.form.has(FILLED) {
        let blank = Typed { visible: true, ..Typed::default() };
        return show(&asked, &meant, &blank, &[]);
    }
    let typed = typed(&asked.form);
    let wanted = match read(&asked, &typed) {
        Ok(wanted) => wanted,
        Err(error) => return show(&asked, &meant, &typed, &[error]),
    };
    let Changed { added, removed } = preview(&asked, &wanted, &meant.ids);
    if added + removed == 0 {
        return show(&asked, &meant, &typed, &[FieldError::new(INTO, locale.text("affect.nobody"))]);
    }
    if asked.form.get("confirmed") != (added + removed).to_string() {
        return ask(&asked, &meant, &wanted, Changed { added, removed });
    }
    let (app, ids) = (asked.visit.console.app.clone(), meant.ids.clone());
    let entry =
        |id: Option<GroupId>| asked.visit.entry(Action::GroupChanged, id.map(|id| id.to_string()).unwrap_or_default());
    let done = match wanted {
        Wanted::New(group) => {
            let (entry, still) = (entry(None), still(&asked));
            let made = web::block(move || actions::make(&app.store, &app.groups, group, ids, still, entry)).await?;
            made.map(|id| visit::see_other(&format!("{}?done=made", address(id))))
        }
        Wanted::Known(group, how) => {
            let (id, entry, along) = (group.id, entry(Some(group.id)), joining(&asked));
            let set = move || actions::set_members(&app.store, &app.groups, id, how, ids, along, entry);
            let set = web::block(set).await?;
            set.map(|changed| deeds::done(&meant, Deed::Group, changed.added + changed.removed))
        }
    };
    match done {
        Ok(answer) => Ok(answer),
        Err(Refusal::Name) => show(&asked, &meant, &typed, &[taken(locale)]),
        Err(Refusal::TooMany) => {
            show(&asked, &meant, &typed, &[FieldError::new(NAME, locale.text("groups.error-many"))])
        }
        Err(Refusal::Gone) => show(&asked, &meant, &typed, &[gone(&asked)]),
        Err(Refusal::Others) => again(&asked, &typed).await,
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// Asks once more: other computers are meant by now, and nothing was done.
async fn again(asked: &Asked, typed: &Typed) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    match read(asked, typed) {
        Ok(wanted) => {
            let changed = preview(asked, &wanted, &meant.ids);
            ask(asked, &meant, &wanted, changed)
        }
        Err(error) => show(asked, &meant, typed, &[error]),
    }
}

fn ask(asked: &Asked, meant: &Meant, wanted: &Wanted, changed: Changed) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let mut lines = vec![match wanted {
        Wanted::New(group) => locale.fill("grouping.line-new", &[("name", &group.name)]),
        Wanted::Known(group, _) => locale.fill("grouping.line", &[("name", &group.name)]),
    }];
    let counts = [("grouping.added", changed.added), ("grouping.removed", changed.removed)];
    lines.extend(counts.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| locale.count(key, n)));
    let question = Question {
        lines: &lines,
        more: 0,
        count: changed.added + changed.removed,
        carried: deeds::typed(asked, deeds::carried(meant)),
        back: meant.wanted.view.address.to_string(),
    };
    deeds::ask(asked, Deed::Group, meant, question)
}
