//! Administrative values of one computer: what was typed is judged by the field's kind and stored with who changed
//! it (CON-PC-4). The agent learns them at its next inventory.

use actix_web::{HttpResponse, web};

use super::{Asked, Error, computer, held};
use crate::accountinfo::fields::{BadValue, Field, Kind, store as defined};
use crate::accountinfo::{self, Account, Changed};
use crate::console::form::Form;
use crate::console::pages::computer::{ADMINISTRATIVE, ValueRow, input_name, part, written};
use crate::console::pages::config::was;
use crate::console::view::Locale;
use crate::console::view::form::FieldError;
use crate::console::visit;
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::store::{self, Txn};

/// What is wrong with a value, in words that say what to do.
pub fn bad_value(locale: &Locale, bad: BadValue) -> String {
    let key = match bad {
        BadValue::Long(most) => return locale.fill("values.error-long", &[("n", &most)]),
        BadValue::Line => "values.error-line",
        BadValue::Integer => "values.error-integer",
        BadValue::Real => "values.error-real",
        BadValue::Date => "values.error-date",
        BadValue::Choice => "values.error-choice",
    };
    locale.text(key).to_owned()
}

/// What the form holds for a field: several values where several can be chosen.
pub fn sent(form: &Form, field: &Field) -> Vec<String> {
    let name = input_name(field);
    match field.kind {
        Kind::Checks => form.chosen(&name).into_iter().map(str::to_owned).collect(),
        _ => vec![form.get(&name).to_owned()],
    }
}

/// The fields with their values, or with what was typed.
pub fn rows(asked: &Asked, account: &Account) -> Vec<ValueRow> {
    let locale = &asked.visit.locale;
    let fields = asked.visit.console.app.definitions.fields.now();
    let row = |field: &Field| {
        let (name, stored) = (input_name(field), account.value(&field.key()));
        let now = match field.kind {
            Kind::Checks => field.chosen(stored).into_iter().map(str::to_owned).collect(),
            _ => vec![written(locale, field, stored)],
        };
        let changed = account.changed.get(&field.key()).map(|changed| (changed.by.clone(), changed.at));
        let before = if asked.form.has(&was(&name)) { asked.form.get(&was(&name)).to_owned() } else { now.join(";") };
        let typed = if asked.form.has(&name) { sent(&asked.form, field) } else { now };
        ValueRow { field: field.clone(), typed, was: before, changed }
    };
    fields.iter().map(row).collect()
}

/// What came of storing values.
enum Kept {
    /// They are stored; the TAG of the computer.
    Stored(String),
    /// The computer is gone.
    Gone,
    /// These inputs belong to fields that read values in another way by now.
    Redefined(Vec<String>),
}

/// Stores what was typed.
pub async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let fields = visit.console.app.definitions.fields.now();
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for field in fields.iter().filter(|field| asked.form.has(&input_name(field))) {
        let (name, typed) = (input_name(field), sent(&asked.form, field));
        if asked.form.has(&was(&name)) && asked.form.get(&was(&name)) == typed.join(";") {
            continue;
        }
        match field.parse(&typed.iter().map(String::as_str).collect::<Vec<_>>()) {
            Ok(value) => changes.push((field.clone(), value)),
            Err(bad) => errors.push(FieldError::new(name, bad_value(&visit.locale, bad))),
        }
    }
    if !errors.is_empty() {
        return computer::page(&asked, &errors).await;
    }
    // An inventory that is being stored has read the TAG already and would enter the old one into the index.
    let held = held::one(&asked, id).await?;
    let (by, entry) = (asked.account(), visit.entry(Action::ValuesChanged, id.to_string()));
    let (app, at) = (visit.console.app.clone(), visit.locale.now);
    let work = move || {
        let fleet = app.fleet.clone();
        let run = move |w: &mut Txn<'_>| -> Result<Kept, store::Error> {
            if computer::is_gone(w, id)? {
                return Ok(Kept::Gone);
            }
            let defined = defined::all(w)?;
            let other = changes.iter().filter(|(field, _)| !defined.iter().any(|now| now.reads_as(field)));
            let other: Vec<String> = other.map(|(field, _)| input_name(field)).collect();
            if !other.is_empty() {
                return Ok(Kept::Redefined(other));
            }
            let mut row = match accountinfo::store::account(w, id) {
                Err(store::Error::Damaged { .. }) => Account::default(),
                other => other?.unwrap_or_default(),
            };
            let mut entry = entry;
            for (field, after) in changes {
                let (key, what) = (field.key(), field.name);
                let before = row.value(&key).to_owned();
                if before != after {
                    row.values.insert(key.clone(), after.clone());
                    row.changed.insert(key, Changed { by: by.clone(), at });
                    entry.changes.push(Change { what, before, after });
                }
            }
            if !entry.changes.is_empty() {
                accountinfo::store::keep(w, id, &row)?;
                audit::append(w, entry)?;
            }
            Ok(Kept::Stored(row.tag().to_owned()))
        };
        let after = move |kept: &Kept| {
            if let Kept::Stored(tag) = kept {
                fleet.change(|index| index.set_tag(id, tag));
            }
        };
        let stored = app.store.queue(run, after).and_then(|pending| pending.wait());
        drop(held);
        stored
    };
    match web::block(work).await?? {
        Kept::Stored(_) => Ok(visit::see_other(&format!("{}?saved=1", part(id, ADMINISTRATIVE)))),
        Kept::Gone => Err(Error::NotFound),
        Kept::Redefined(names) => {
            let text = visit.locale.text("values.error-redefined");
            let errors: Vec<FieldError> = names.into_iter().map(|name| FieldError::new(name, text)).collect();
            computer::page(&asked, &errors).await
        }
    }
}
