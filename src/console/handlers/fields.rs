//! The fields of administrative data: list, add, change, delete (CON-ADM-1 to 3, 6).

use actix_web::{HttpResponse, web};

use super::field_changes::changed;
use super::values::bad_value;
use super::{Access, Asked, Error, Page, Route};
use crate::accountinfo::fields::store::{self as defined, Refusal};
use crate::accountinfo::fields::{Field, Kind, LONGEST_LABEL, MOST_CHOICES, MOST_FIELDS, is_name};
use crate::console::pages::FIELDS;
use crate::console::pages::fields::{self as page, ADD, DELETE, EDIT, PROPOSED, Typed, edit};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::visit;
use crate::history::Action;
use crate::history::audit::{self, Entry};
use crate::store::{self, Txn};
use crate::users::Right;

const ADMIN: Access = Access::Right(Right::Definitions);

/// The pages.
pub static PAGE: Page = Page {
    path: FIELDS,
    menu: Some(Icon::Fields),
    title: page::TITLE,
    access: ADMIN,
    routes: &[
        Route::get(FIELDS, ADMIN, |asked| Box::pin(list(asked))),
        Route::get(ADD, ADMIN, |asked| Box::pin(blank(asked))),
        Route::post(ADD, ADMIN, |asked| Box::pin(keep(asked))),
        Route::get(EDIT, ADMIN, |asked| Box::pin(known(asked))),
        Route::post(EDIT, ADMIN, |asked| Box::pin(keep(asked))),
        Route::post(DELETE, ADMIN, |asked| Box::pin(delete(asked))),
        Route::post(PROPOSED, ADMIN, |asked| Box::pin(propose(asked))),
    ],
};

async fn list(asked: Asked) -> Result<HttpResponse, Error> {
    let (fields, counts) = asked.read(|_, read| Ok((defined::all(read)?, defined::counts(read)?))).await?;
    let counted = |field: Field| {
        let computers = counts.get(&field.key()).copied().unwrap_or_default();
        (field, computers)
    };
    let fields: Vec<(Field, usize)> = fields.into_iter().map(counted).collect();
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let said = asked.said(&["fields.done-saved", "fields.done-deleted", "fields.done-proposed"]);
    asked.page(locale.text(page::TITLE), &[], &said, page::list(locale, visit.token(), &fields))
}

async fn blank(asked: Asked) -> Result<HttpResponse, Error> {
    let typed = Typed { kind: Kind::Text.code().to_owned(), order: "0".to_owned(), ..Typed::default() };
    form(&asked, &typed, &[])
}

async fn known(asked: Asked) -> Result<HttpResponse, Error> {
    let field = found(&asked, asked.query.get("field")).await?;
    form(&asked, &Typed::of(&field), &[])
}

async fn found(asked: &Asked, id: &str) -> Result<Field, Error> {
    let id: u32 = id.parse().map_err(|_| Error::NotFound)?;
    let all = asked.read(|_, read| defined::all(read)).await?;
    all.into_iter().find(|field| field.id == id).ok_or(Error::NotFound)
}

fn form(asked: &Asked, typed: &Typed, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let title = if typed.id.is_none() { locale.text(page::NEW) } else { locale.text("fields.edit-title") };
    let (body, trail) = (page::one(locale, visit.token(), typed, errors), page::above(locale));
    if errors.is_empty() { asked.page(title, &trail, &[], body) } else { asked.again(title, &trail, body) }
}

/// What was typed, as a definition where it is one.
fn read(asked: &Asked) -> (Typed, Result<Field, Vec<FieldError>>) {
    let (form, locale) = (&asked.form, &asked.visit.locale);
    let text = |name| form.get(name).trim().to_owned();
    let typed = Typed {
        id: form.get("field").parse().ok(),
        name: text("name"),
        label: text("label"),
        kind: text("kind"),
        choices: text("choices"),
        default: text("default"),
        tab: text("tab"),
        order: text("order"),
    };
    let mut errors = Vec::new();
    for (name, value) in [("label", &typed.label), ("tab", &typed.tab)] {
        if value.chars().count() > LONGEST_LABEL || value.chars().any(char::is_control) {
            errors.push(FieldError::new(name, locale.fill("form.error-line", &[("n", &LONGEST_LABEL)])));
        }
    }
    if typed.id == Some(0) {
        let tag = Field { label: typed.label.clone(), ..Field::tag() };
        return (typed, if errors.is_empty() { Ok(tag) } else { Err(errors) });
    }
    if typed.label.is_empty() {
        errors.push(FieldError::new("label", locale.text("fields.error-label")));
    }
    if !is_name(&typed.name) {
        errors.push(FieldError::new("name", locale.text("fields.error-name")));
    }
    let kind = Kind::named(&typed.kind).unwrap_or(Kind::Text);
    let mut choices: Vec<String> = Vec::new();
    for line in typed.choices.lines().map(str::trim).filter(|line| !line.is_empty() && kind.chooses()) {
        if !choices.iter().any(|known| known.to_lowercase() == line.to_lowercase()) {
            choices.push(line.to_owned());
        }
    }
    let bad = |choice: &String| choice.contains(';') || choice.chars().count() > LONGEST_LABEL;
    if kind.chooses() && (choices.is_empty() || choices.len() > MOST_CHOICES || choices.iter().any(bad)) {
        let text = locale.fill("fields.error-choices", &[("n", &MOST_CHOICES)]);
        errors.push(FieldError::new("choices", text));
    }
    let order = if typed.order.is_empty() { Ok(0) } else { typed.order.parse::<u16>() };
    if order.is_err() {
        errors.push(FieldError::new("order", locale.text("fields.error-order")));
    }
    let field = Field {
        id: typed.id.unwrap_or(0),
        name: typed.name.clone(),
        label: typed.label.clone(),
        kind,
        choices,
        default: String::new(),
        tab: typed.tab.clone(),
        order: u32::from(order.unwrap_or(0)),
        deleted: false,
    };
    let default = field.parse(&[&typed.default]);
    if let Err(bad) = default {
        errors.push(FieldError::new("default", bad_value(locale, bad)));
    }
    let field = Field { default: default.unwrap_or_default(), ..field };
    (typed, if errors.is_empty() { Ok(field) } else { Err(errors) })
}

async fn keep(asked: Asked) -> Result<HttpResponse, Error> {
    let (mut typed, field) = read(&asked);
    if asked.visit.here.split('?').next() == Some(ADD) {
        typed.id = None;
    } else if typed.id.is_none() {
        return Err(Error::NotFound);
    }
    let field = match field {
        Ok(field) => field,
        Err(errors) => return form(&asked, &typed, &errors),
    };
    let (locale, is_new) = (&asked.visit.locale, typed.id.is_none());
    let mut entry = asked.visit.entry(Action::FieldsChanged, field.name.clone());
    let run = move |w: &mut Txn<'_>| -> Result<Result<(), Refusal>, store::Error> {
        let kept = if is_new { defined::add(w, &field).map(|_| None) } else { defined::change(w, &field).map(Some) };
        match kept {
            Ok(former) => {
                entry.count = former.as_ref().and_then(|former| former.converted);
                note(w, entry, former.as_ref().map(|former| &former.field), Some(&field)).map(Ok)
            }
            Err(Refusal::Store(error)) => Err(error),
            // Nothing was written then: a refusal comes before the first change.
            Err(refusal) => Ok(Err(refusal)),
        }
    };
    let (name, text) = match define(&asked, run).await? {
        Ok(()) => return Ok(visit::see_other(&format!("{FIELDS}?done=saved"))),
        Err(Refusal::Taken) => ("name", locale.text("fields.error-taken").to_owned()),
        Err(Refusal::Many) => ("name", locale.fill("fields.error-full", &[("n", &MOST_FIELDS)])),
        Err(Refusal::Values { count, some }) => {
            let some: Vec<String> = some.iter().map(|(id, value)| format!("{id}: {value}")).collect();
            let text = locale.fill("fields.error-values", &[("n", &count), ("values", &some.join(", "))]);
            ("kind", text)
        }
        Err(Refusal::Gone | Refusal::Store(_)) => return Err(Error::NotFound),
    };
    form(&asked, &typed, &[FieldError::new(name, text)])
}

/// Changes fields, and what is kept of them in memory.
async fn define<T: Send + 'static>(
    asked: &Asked,
    run: impl FnOnce(&mut Txn<'_>) -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Error> {
    let app = asked.visit.console.app.clone();
    Ok(web::block(move || app.definitions.redefine(&app.store, run)).await??)
}

/// Writes into the audit log what a field was, and what it is.
fn note(w: &mut Txn<'_>, mut entry: Entry, before: Option<&Field>, after: Option<&Field>) -> Result<(), store::Error> {
    entry.changes = changed(before, after);
    audit::append(w, entry)?;
    Ok(())
}

async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let field = found(&asked, asked.form.get("field")).await?;
    if field.is_tag() {
        return Err(Error::NotFound);
    }
    let (visit, id, key) = (&asked.visit, field.id, field.key());
    let count = asked.read(move |_, read| defined::holders(read, &key)).await?.len();
    let confirmed: Option<usize> = asked.form.get("computers").parse().ok();
    if confirmed != Some(count) {
        return ask(&asked, &field, count);
    }
    let (key, entry) = (field.key(), visit.entry(Action::FieldsChanged, field.name.clone()));
    let gone = field.clone();
    let run = move |w: &mut Txn<'_>| -> Result<Result<(), usize>, store::Error> {
        let now = defined::holders(w, &key)?.len();
        if now != count {
            return Ok(Err(now));
        }
        let mut entry = entry;
        if let Some(holders) = defined::delete(w, id)? {
            entry.count = Some(holders as u64);
            note(w, entry, Some(&gone), None)?;
        }
        Ok(Ok(()))
    };
    match define(&asked, run).await? {
        Ok(()) => Ok(visit::see_other(&format!("{FIELDS}?done=deleted"))),
        Err(now) => ask(&asked, &field, now),
    }
}

fn ask(asked: &Asked, field: &Field, count: usize) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let label = page::label(locale, field);
    let carried = [("field".to_owned(), field.id.to_string()), ("computers".to_owned(), count.to_string())];
    let body = confirm(
        locale,
        &Confirm {
            action: DELETE,
            token: visit.token(),
            text: &locale.count("fields.sure", count as u64),
            lines: &[label.to_owned()],
            carried: &carried,
            submit: &locale.count("fields.sure-submit", count as u64),
            back: &edit(field.id),
            ..Confirm::default()
        },
    );
    asked.page(locale.text("fields.sure-title"), &page::above(locale), &[], body)
}

/// The proposed fields: name, key of the label, kind.
const SET: [(&str, &str, Kind); 8] = [
    ("Owner", "fields.set-owner", Kind::Text),
    ("Location", "fields.set-location", Kind::Text),
    ("PurchaseDate", "fields.set-purchase", Kind::Date),
    ("WarrantyEnd", "fields.set-warranty", Kind::Date),
    ("Supplier", "fields.set-supplier", Kind::Text),
    ("Invoice", "fields.set-invoice", Kind::Text),
    ("Price", "fields.set-price", Kind::Real),
    ("Status", "fields.set-status", Kind::List),
];

/// Adds those of the proposed fields whose names are free.
async fn propose(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let states = ["fields.set-in-use", "fields.set-stock", "fields.set-repair", "fields.set-gone"];
    let states = states.map(|key| locale.text(key).to_owned());
    let field = |at: usize, name: &str, label: &str, kind: Kind| Field {
        name: name.to_owned(),
        label: locale.text(label).to_owned(),
        kind,
        choices: if kind == Kind::List { states.to_vec() } else { Vec::new() },
        order: u32::try_from(at * 10 + 10).unwrap_or_default(),
        ..Field::tag()
    };
    let set: Vec<Field> =
        SET.iter().enumerate().map(|(at, (name, label, kind))| field(at, name, label, *kind)).collect();
    let entries: Vec<Entry> = set.iter().map(|one| visit.entry(Action::FieldsChanged, one.name.clone())).collect();
    let run = move |w: &mut Txn<'_>| -> Result<(), store::Error> {
        for (field, entry) in set.iter().zip(entries) {
            match defined::add(w, field) {
                Ok(_) => note(w, entry, None, Some(field))?,
                Err(Refusal::Store(error)) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    };
    define(&asked, run).await?;
    Ok(visit::see_other(&format!("{FIELDS}?done=proposed")))
}
