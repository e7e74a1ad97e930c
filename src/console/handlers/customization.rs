//! Own values of a computer's options (CON-PC-6).

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};

use super::config::{worded, wrong};
use super::{Asked, Error, computer, held};
use crate::console::form::Form;
use crate::console::pages::computer::{CUSTOMIZATION, OwnRow, part};
use crate::console::pages::config::was;
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::id::ComputerId;
use crate::options::store::{self as stored, StoredValue};
use crate::options::{Declaration, Kind, OPTIONS, Origin, Own};
use crate::store::{self, Txn};
use crate::users::Right;

/// The options that a computer can override, with how.
pub fn offered() -> impl Iterator<Item = (&'static Declaration, Own)> {
    OPTIONS.iter().copied().filter(|option| option.is_offered()).filter_map(|option| Some((option, option.own?)))
}

/// What a form says about an option, and whether it was typed; empty for the general value.
fn sent(form: &Form, name: &str, kind: Kind) -> (String, bool) {
    match kind {
        Kind::Number { .. } => worded(form, name),
        _ => (form.get(name).trim().to_owned(), false),
    }
}

/// The options with their own values, or with what was typed.
pub fn rows(asked: &Asked, id: ComputerId, own: &BTreeMap<String, StoredValue>) -> Vec<OwnRow> {
    let app = &asked.visit.console.app;
    let (book, general, groups) = (&app.options, app.options.general(), app.groups.of(id));
    let may_change = asked.visit.may(Right::Groups);
    // A group that the reader does not see is not named.
    let named = |at: usize| {
        let group = app.groups.look().group(*groups.get(at)?)?.clone();
        (group.visible || may_change).then(|| group.name.clone())
    };
    let row = |(option, rule): (&'static Declaration, Own)| {
        let kept = own.get(rule.name);
        let now = kept.map_or_else(String::new, |kept| kept.value.to_string());
        let typed = asked.form.has(&was(option.name));
        let effective = book.resolved(&general, option, Some(id), &groups);
        let group = match effective.origin {
            Origin::Group(at) => named(at),
            Origin::Own | Origin::General => None,
        };
        OwnRow {
            option,
            text: if typed { sent(&asked.form, option.name, rule.kind).0 } else { now.clone() },
            was: if typed { asked.form.get(&was(option.name)).to_owned() } else { now },
            effective,
            group,
            changed: kept.map(|kept| (kept.by.clone(), kept.at)),
        }
    };
    offered().map(row).collect()
}

/// Stores own values, all or none; an empty one goes back to the general value.
pub async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let locale = &visit.locale;
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for (option, rule) in offered().filter(|(option, _)| asked.form.has(&was(option.name))) {
        let (text, typed) = sent(&asked.form, option.name, rule.kind);
        if text == asked.form.get(&was(option.name)) && !(typed && text.is_empty()) {
            continue;
        }
        if text.is_empty() && !typed {
            changes.push((rule, None));
            continue;
        }
        match option.parse_own(&text) {
            Ok(value) => changes.push((rule, Some(value))),
            Err(bad) => errors.push(FieldError::new(option.name, wrong(locale, &bad))),
        }
    }
    if !errors.is_empty() {
        return computer::page(&asked, &errors).await;
    }
    // An inventory that merges the computer takes along the values that it has read.
    let held = held::one(&asked, id).await?;
    let (by, at) = (asked.account(), locale.now);
    let mut entry = visit.entry(Action::ComputerCustomized, id.to_string());
    let run = move |w: &mut Txn<'_>| -> Result<bool, store::Error> {
        if computer::is_gone(w, id)? {
            return Ok(false);
        }
        let (known, damaged) = stored::readable(w, id)?;
        for (rule, value) in changes {
            let before = known.get(rule.name).map(|kept| kept.value.clone());
            if before == value && !damaged {
                continue;
            }
            let text = |value: &Option<_>| value.as_ref().map_or_else(String::new, ToString::to_string);
            entry.changes.push(Change { what: rule.name.into(), before: text(&before), after: text(&value) });
            let kept = value.map(|value| StoredValue { value, by: by.clone(), at });
            stored::set_own(w, id, rule.name, kept.as_ref())?;
        }
        if !entry.changes.is_empty() {
            audit::append(w, entry)?;
        }
        Ok(true)
    };
    let app = visit.console.app.clone();
    let work = move || -> Result<bool, store::Error> {
        let book = app.clone();
        let done = app.store.queue(run, move |_| book.follow_own(&[id]))?.wait();
        drop(held);
        done
    };
    if !web::block(work).await?? {
        return Err(Error::NotFound);
    }
    Ok(visit::see_other(&format!("{}?done=saved", part(id, CUSTOMIZATION))))
}
