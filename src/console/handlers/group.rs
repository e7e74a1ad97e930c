//! The page of one group, its words and its options (CON-GRP-3).

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::config::{worded, wrong};
use super::customization::offered;
use super::groups::{bad, hidden, hides, seen, shows, taken, typed};
use super::{Asked, Error, group_packages};
use crate::console::pages::GROUPS;
use crate::console::pages::config::was;
use crate::console::pages::group::{self as page, GroupPage, OptionRow};
use crate::console::pages::groups::{TITLE, Typed, address};
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::groups::Kind::Redistribution;
use crate::groups::actions::{self, Refusal, Words};
use crate::groups::servers::reached;
use crate::groups::store::GROUPS as STORED;
use crate::groups::{Group, GroupId, words};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::options::store::{self as stored, StoredValue};
use crate::options::{Declaration, Kind, Own};
use crate::store::{self, Read as _, Txn};
use crate::users::Right;

/// Computers that the page names.
const NAMED: usize = 30;

/// The group that the address names, if the reader is shown it.
pub fn named(asked: &Asked) -> Result<Arc<Group>, Error> {
    let text = asked.request.match_info().query("id");
    // A number has one spelling: no sign, no zeros in front.
    let id = text.parse().ok().filter(|id: &u32| id.to_string() == text).map(GroupId).ok_or(Error::NotFound)?;
    let group = asked.visit.console.app.groups.look().group(id).cloned();
    group.filter(|group| shows(&asked.visit, group)).ok_or(Error::NotFound)
}

/// The page.
pub async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let group = named(&asked)?;
    let typed = words_of(&group);
    write(&asked, &group, &typed, None, &[]).await
}

/// The words of a group as its form shows them.
fn words_of(group: &Group) -> Typed {
    Typed {
        name: group.name.clone(),
        description: group.description.clone(),
        kind: group.kind.word().to_owned(),
        visible: group.visible,
    }
}

/// The page with what was typed about one of its servers: number, host, port, folder.
pub async fn with_server(
    asked: &Asked,
    group: &Arc<Group>,
    server: &[&str; 4],
    errors: &[FieldError],
) -> Result<HttpResponse, Error> {
    write(asked, group, &words_of(group), Some(server), errors).await
}

async fn write(
    asked: &Asked,
    group: &Arc<Group>,
    typed: &Typed,
    server: Option<&[&str; 4]>,
    errors: &[FieldError],
) -> Result<HttpResponse, Error> {
    let (visit, locale, id) = (&asked.visit, &asked.visit.locale, group.id);
    let kept = asked.read(move |_, read| stored::readable_group(read, id)).await?.0;
    let app = &visit.console.app;
    let general = app.options.general();
    let row = |(option, own): (&'static Declaration, Own)| {
        let kept = kept.get(own.name);
        let now = kept.map_or_else(String::new, |kept| kept.value.to_string());
        let again = asked.form.has(&was(option.name));
        OptionRow {
            option,
            own,
            text: if again { sent(asked, option.name, own.kind).0 } else { now.clone() },
            was: if again { asked.form.get(&was(option.name)).to_owned() } else { now },
            value: kept.map(|kept| kept.value.clone()),
            general: general.value(option),
            changed: kept.map(|kept| (kept.by.clone(), kept.at)),
        }
    };
    let options: Vec<OptionRow> = offered().map(row).collect();
    let members = seen(app, &visit.sight(), id);
    let some: Vec<(ComputerId, String)> = {
        let index = app.fleet.look();
        let name = |id: &ComputerId| match index.text(*id, NAME).trim() {
            "" => (*id, format!("#{id}")),
            name => (*id, name.to_owned()),
        };
        members.iter().take(NAMED).map(name).collect()
    };
    let packages = group_packages::of_group(app, &visit.sight(), id);
    let servers = if group.kind == Redistribution {
        let (known, index) = (app.groups.look(), app.fleet.look());
        let mut servers = reached(&known, &index, id);
        servers.retain(|server| index.sees(&visit.sight(), server.computer));
        servers
    } else {
        Vec::new()
    };
    let page = GroupPage {
        group,
        computers: members.len() as u64,
        some: &some,
        options: &options,
        packages: &packages,
        servers: &servers,
        server,
        typed,
        may_change: visit.may(Right::Groups),
        may_affect: visit.may(Right::Affect),
        errors,
        token: visit.token(),
    };
    let trail = super::above(locale, GROUPS, TITLE);
    let body = page::body(locale, &page);
    if !errors.is_empty() {
        return asked.again(&group.name, &trail, body);
    }
    let mut said = asked.said(&["groups.done-made", "groups.done-saved", "groups.done-server"]);
    said.extend(group_packages::said(asked));
    asked.page(&group.name, &trail, &said, body)
}

/// Gives the group other words.
pub async fn rename(asked: Asked) -> Result<HttpResponse, Error> {
    let (group, typed, locale) = (named(&asked)?, typed(&asked.form), &asked.visit.locale);
    let (name, description) = match words(&typed.name, &typed.description) {
        Ok(words) => words,
        Err(why) => return write(&asked, &group, &typed, None, &[bad(locale, why)]).await,
    };
    let id = group.id;
    let words = Words { name, description, visible: typed.visible };
    let (app, entry) = (asked.visit.console.app.clone(), asked.visit.entry(Action::GroupChanged, id.to_string()));
    let work = move || actions::rename(&app.store, &app.groups, id, words, entry);
    match web::block(work).await? {
        Ok(()) => Ok(visit::see_other(&format!("{}?done=saved", address(id)))),
        Err(Refusal::Name) => write(&asked, &group, &typed, None, &[taken(locale)]).await,
        Err(Refusal::Gone | Refusal::Others | Refusal::TooMany) => Err(Error::NotFound),
        Err(Refusal::Store(error)) => Err(error.into()),
    }
}

/// What a form says about an option, and whether it was typed; empty for none.
fn sent(asked: &Asked, name: &str, kind: Kind) -> (String, bool) {
    match kind {
        Kind::Number { .. } => worded(&asked.form, name),
        _ => (asked.form.get(name).trim().to_owned(), false),
    }
}

/// Gives the group values of options, all or none; an empty one is taken away.
pub async fn options(asked: Asked) -> Result<HttpResponse, Error> {
    let (group, locale) = (named(&asked)?, &asked.visit.locale);
    let id = group.id;
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for (option, own) in offered().filter(|(option, _)| asked.form.has(&was(option.name))) {
        let (text, is_typed) = sent(&asked, option.name, own.kind);
        if text == asked.form.get(&was(option.name)) && !(is_typed && text.is_empty()) {
            continue;
        }
        if text.is_empty() && !is_typed {
            changes.push((own.name, None));
            continue;
        }
        match option.parse_own(&text) {
            Ok(value) => changes.push((own.name, Some(value))),
            Err(bad) => errors.push(FieldError::new(option.name, wrong(locale, &bad))),
        }
    }
    if !errors.is_empty() {
        let typed = words_of(&group);
        return write(&asked, &group, &typed, None, &errors).await;
    }
    let app = asked.visit.console.app.clone();
    if hides(&app, &asked.visit.sight(), id) {
        return hidden(&asked, &group.name, &address(id));
    }
    let (by, at) = (asked.account(), locale.now);
    let mut entry = asked.visit.entry(Action::GroupChanged, id.to_string());
    let run = move |w: &mut Txn<'_>| -> Result<bool, store::Error> {
        if w.get(&STORED, id.0)?.is_none() {
            return Ok(false);
        }
        let (known, damaged) = stored::readable_group(w, id)?;
        for (name, value) in changes {
            let before = known.get(name).map(|kept| kept.value.clone());
            if before == value && !damaged {
                continue;
            }
            let text = |value: &Option<_>| value.as_ref().map_or_else(String::new, ToString::to_string);
            entry.changes.push(Change { what: name.into(), before: text(&before), after: text(&value) });
            let kept = value.map(|value| StoredValue { value, by: by.clone(), at });
            stored::set_group(w, id, name, kept.as_ref())?;
        }
        if !entry.changes.is_empty() {
            audit::append(w, entry)?;
        }
        Ok(true)
    };
    let work = move || -> Result<bool, store::Error> {
        let book = app.clone();
        app.store.queue(run, move |_| book.follow_group_options(id))?.wait()
    };
    if !web::block(work).await?? {
        return Err(Error::NotFound);
    }
    Ok(visit::see_other(&format!("{}?done=saved", address(id))))
}
