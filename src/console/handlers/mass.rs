//! Administrative values and own options of many computers at once (CON-INV-7, CON-GEN-7): a form, then the
//! confirmation with the number of computers, then one transaction.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};

use super::apply_values::note;
use super::customization::offered;
use super::deeds::{self, Meant};
use super::value_lines::account;
use super::values::{bad_value, sent};
use super::{Asked, Error, held};
use crate::accountinfo::fields::{Field, store as defined};
use crate::accountinfo::{self, Changed, TAG};
use crate::console::handlers::config::{worded, wrong};
use crate::console::pages::COMPUTERS;
use crate::console::pages::computer::{ValueRow, input_name};
use crate::console::pages::computers::{Deed, TITLE};
use crate::console::pages::fields::label;
use crate::console::pages::mass::{self, FILLED, GENERAL, MassPage, blank};
use crate::console::view::Action;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::fleet::Sight;
use crate::history::Action as Done;
use crate::history::audit::{Change, Entry};
use crate::id::ComputerId;
use crate::options::store::{self as stored, StoredValue};
use crate::options::{Declaration, Kind, Own, Value};
use crate::store::{self, Txn};

/// What one form changes, and the lines of its confirmation.
struct Wanted<T> {
    changes: Vec<T>,
    lines: Vec<String>,
}

/// Sets administrative values.
pub async fn values(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let locale = &asked.visit.locale;
    let fields = asked.visit.console.app.definitions.fields.now();
    let show = |errors: &[FieldError]| {
        let row = |field: &Field| ValueRow {
            field: field.clone(),
            typed: sent(&asked.form, field),
            was: String::new(),
            changed: None,
        };
        let rows: Vec<ValueRow> = fields.iter().map(row).collect();
        let blanks: Vec<String> = fields.iter().map(|field| blank(&input_name(field))).collect();
        let blanks: Vec<String> = blanks.into_iter().filter(|name| asked.form.get(name) == "1").collect();
        shown(&asked, Deed::Values, &meant, errors, |page| mass::values(locale, page, &rows, &blanks))
    };
    if !asked.form.has(FILLED) {
        return show(&[]);
    }
    let (mut wanted, mut errors) = (Wanted { changes: Vec::new(), lines: Vec::new() }, Vec::new());
    for field in fields.iter() {
        let (name, typed) = (input_name(field), sent(&asked.form, field));
        let empty = typed.iter().all(|one| one.trim().is_empty());
        match (empty, asked.form.get(&blank(&name)) == "1") {
            (true, false) => continue,
            (true, true) => {
                wanted.lines.push(locale.fill("mass.made-blank", &[("field", &label(locale, field))]));
                wanted.changes.push((field.clone(), String::new()));
            }
            (false, true) => errors.push(FieldError::new(name, locale.text("mass.error-both"))),
            (false, false) => match field.parse(&typed.iter().map(String::as_str).collect::<Vec<_>>()) {
                Ok(value) => {
                    let words = [("field", &label(locale, field) as &dyn std::fmt::Display), ("value", &value)];
                    wanted.lines.push(locale.fill("mass.set", &words));
                    wanted.changes.push((field.clone(), value));
                }
                Err(bad) => errors.push(FieldError::new(name, bad_value(locale, bad))),
            },
        }
    }
    if errors.is_empty() && wanted.changes.is_empty() {
        errors.push(FieldError::new("tag", locale.text("mass.error-nothing")));
    }
    if !errors.is_empty() {
        return show(&errors);
    }
    if asked.form.get("confirmed") != meant.ids.len().to_string() {
        return ask(&asked, Deed::Values, &meant, &wanted.lines);
    }
    let ids = meant.ids.clone();
    let held = held::all(&asked, &ids).await?;
    let set = SetValues {
        ids,
        sight: asked.visit.sight(),
        changes: wanted.changes,
        changed: Changed { by: asked.account(), at: locale.now },
        entry: asked.visit.entry(Done::ValuesChanged, String::new()),
    };
    let app = asked.visit.console.app.clone();
    let work = move || {
        let fleet = app.fleet.clone();
        let after = move |set: &Option<Vec<Set>>| {
            let tagged = set.iter().flatten().filter_map(|(id, tag)| Some((*id, tag.as_ref()?)));
            fleet.change(|index| tagged.for_each(|(id, tag)| index.set_tag(id, tag)));
        };
        let done = app.store.queue(move |w: &mut Txn<'_>| set.store(w), after).and_then(|pending| pending.wait());
        drop(held);
        done
    };
    match web::block(work).await?? {
        Some(changed) => Ok(deeds::done(&meant, Deed::Values, changed.len() as u64)),
        // A field reads values in another way by now.
        None => show(&[FieldError::new("tag", locale.text("values.error-redefined"))]),
    }
}

/// A computer that has other values now, and its TAG when that is another one.
type Set = (ComputerId, Option<String>);

/// Values for many computers.
struct SetValues {
    ids: Vec<ComputerId>,
    sight: Sight,
    changes: Vec<(Field, String)>,
    changed: Changed,
    entry: Entry,
}

impl SetValues {
    /// Stores them. `None` when a field was defined anew meanwhile.
    fn store(self, w: &mut Txn<'_>) -> Result<Option<Vec<Set>>, store::Error> {
        let now = defined::all(w)?;
        if !self.changes.iter().all(|(field, _)| now.iter().any(|other| other.reads_as(field))) {
            return Ok(None);
        }
        let (mut changed, mut told) = (Vec::new(), Vec::new());
        for id in self.ids {
            let Some(mut row) = account(w, &self.sight, id)? else { continue };
            let before = told.len();
            for (field, after) in &self.changes {
                let key = field.key();
                let old = row.value(&key).to_owned();
                if old != *after {
                    row.values.insert(key.clone(), after.clone());
                    row.changed.insert(key, self.changed.clone());
                    let what = format!("{id}: {}", field.name);
                    told.push((id, Change { what, before: old, after: after.clone() }));
                }
            }
            if told.len() > before {
                accountinfo::store::keep(w, id, &row)?;
                let tag = self.changes.iter().any(|(field, _)| field.is_tag()).then(|| row.value(TAG).to_owned());
                changed.push((id, tag));
            }
        }
        note(w, &self.entry, told)?;
        Ok(Some(changed))
    }
}

/// Sets own values of options.
pub async fn options(asked: Asked) -> Result<HttpResponse, Error> {
    let meant = deeds::meant(&asked).await?;
    if meant.ids.is_empty() {
        return Ok(deeds::nothing(&meant));
    }
    let locale = &asked.visit.locale;
    let typed = |option: &Declaration, own: Own| match own.kind {
        Kind::Number { .. } => worded(&asked.form, option.name),
        _ => (asked.form.get(option.name).trim().to_owned(), false),
    };
    let show = |errors: &[FieldError]| {
        let rows: Vec<_> = offered().map(|(option, own)| (option, own, typed(option, own).0)).collect();
        shown(&asked, Deed::Options, &meant, errors, |page| mass::options(locale, page, &rows))
    };
    if !asked.form.has(FILLED) {
        return show(&[]);
    }
    let (mut wanted, mut errors) = (Wanted { changes: Vec::new(), lines: Vec::new() }, Vec::new());
    for (option, own) in offered() {
        match typed(option, own) {
            (text, false) if text.is_empty() => {}
            (text, false) if text == GENERAL => {
                wanted.lines.push(locale.fill("mass.general", &[("option", &option.name)]));
                wanted.changes.push((own.name, None));
            }
            (text, _) => match option.parse_own(&text) {
                Ok(value) => {
                    let words = [
                        ("field", &option.name as &dyn std::fmt::Display),
                        ("value", &option.shown(locale.lang, &value)),
                    ];
                    wanted.lines.push(locale.fill("mass.set", &words));
                    wanted.changes.push((own.name, Some(value)));
                }
                Err(bad) => errors.push(FieldError::new(option.name, wrong(locale, &bad))),
            },
        }
    }
    if errors.is_empty() && wanted.changes.is_empty() {
        let first = offered().next().map_or("", |(option, _)| option.name);
        errors.push(FieldError::new(first, locale.text("mass.error-nothing")));
    }
    if !errors.is_empty() {
        return show(&errors);
    }
    if asked.form.get("confirmed") != meant.ids.len().to_string() {
        return ask(&asked, Deed::Options, &meant, &wanted.lines);
    }
    let ids = meant.ids.clone();
    // An inventory that merges a computer takes along the values that it has read.
    let held = held::all(&asked, &ids).await?;
    let (sight, by, at) = (asked.visit.sight(), asked.account(), locale.now);
    let entry = asked.visit.entry(Done::ComputerCustomized, String::new());
    let run = move |w: &mut Txn<'_>| {
        let stored = |value: &Option<Value>| value.clone().map(|value| StoredValue { value, by: by.clone(), at });
        let (mut changed, mut told) = (0, Vec::new());
        for id in ids {
            if account(w, &sight, id)?.is_none() {
                continue;
            }
            let before = told.len();
            let known: BTreeMap<String, StoredValue> = stored::own_values(w, id)?;
            for (name, value) in &wanted.changes {
                let old = known.get(*name).map(|kept| kept.value.clone());
                if old != *value {
                    let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, ToString::to_string);
                    let what = format!("{id}: {name}");
                    told.push((id, Change { what, before: text(&old), after: text(value) }));
                    stored::set_own(w, id, name, stored(value).as_ref())?;
                }
            }
            changed += u64::from(told.len() > before);
        }
        note(w, &entry, told)?;
        Ok::<u64, store::Error>(changed)
    };
    let done = asked.change(run, move |app| {
        let reloaded = app.reload_options();
        drop(held);
        reloaded
    });
    let changed = done.await?;
    Ok(deeds::done(&meant, Deed::Options, changed))
}

/// The form; with status 422 when something is wrong with it.
fn shown(
    asked: &Asked,
    deed: Deed,
    meant: &Meant,
    errors: &[FieldError],
    write: impl Fn(&MassPage) -> maud::Markup,
) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let (count, carried) = (meant.ids.len() as u64, deeds::carried(meant));
    let page = MassPage {
        token: asked.visit.token(),
        deed,
        names: &meant.names,
        more: count.saturating_sub(meant.names.len() as u64),
        carried: &carried,
        errors,
    };
    let title = locale.count(&format!("computers.{}-title", deed.word()), count);
    let trail = super::above(locale, COMPUTERS, TITLE);
    if errors.is_empty() {
        asked.page(&title, &trail, &[], write(&page))
    } else {
        asked.again(&title, &trail, write(&page))
    }
}

/// The confirmation, with everything that was typed.
fn ask(asked: &Asked, deed: Deed, meant: &Meant, lines: &[String]) -> Result<HttpResponse, Error> {
    let (locale, count) = (&asked.visit.locale, meant.ids.len() as u64);
    // Which computers is said once, as it is now.
    let which = deeds::carried(meant);
    let mut carried = asked.form.carried();
    carried.retain(|(name, _)| name != "confirmed" && name != "id" && which.iter().all(|(other, _)| other != name));
    carried.extend(which);
    carried.push(("confirmed".to_owned(), count.to_string()));
    let key = deed.word();
    let page = Confirm {
        action: deed.path(),
        token: asked.visit.token(),
        text: locale.text(&format!("computers.{key}-what")),
        lines,
        carried: &carried,
        submit: &locale.count(&format!("computers.{key}-do"), count),
        back: &meant.wanted.view.address.to_string(),
        harmless: true,
        ..Confirm::default()
    };
    let mut messages = Vec::new();
    if asked.form.has("confirmed") {
        messages.push(Message { tone: Tone::Warning, text: locale.text("confirm.changed").to_owned(), action: None });
    }
    let trail: [Action; 1] = super::above(locale, COMPUTERS, TITLE);
    let title = locale.count(&format!("computers.{key}-title"), count);
    asked.page(&title, &trail, &messages, confirm(locale, &page))
}
