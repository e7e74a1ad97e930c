//! How the computers spread over the values of a field of administrative data, and the computers of one value
//! (CON-TAG-2).
//!
//! Values of fields other than the TAG are not in the index: one look goes through the administrative data, which is
//! small, and through nothing else.

use std::collections::HashMap;

use actix_web::HttpResponse;

use super::export::{self, Kind};
use super::tags::counted;
use super::{Asked, Error};
use crate::accountinfo::fields::{Field, Kind as FieldKind, store::holders};
use crate::app::App;
use crate::console::form::Form;
use crate::console::lists::filters::{Chip, FIELD, VALUE};
use crate::console::lists::{View, arrange};
use crate::console::pages::TAGS;
use crate::console::pages::fields::label;
use crate::console::pages::repartition::{self as page, LIST, RepartitionPage, spreads};
use crate::console::view::Locale;
use crate::console::visit;
use crate::fleet::{Condition, Query, Share, Shelf};
use crate::id::ComputerId;
use crate::store::{self, Reader};

struct Found {
    view: View,
    field: Field,
    shares: Vec<Share>,
    computers: u64,
    shelf: Shelf,
}

/// The field that an address names; `None` for one that there is not, or that has values of its own for each computer.
fn named(app: &App, form: &Form) -> Option<Field> {
    let fields = app.definitions.fields.now();
    fields.iter().find(|field| field.key() == form.get(FIELD) && spreads(field)).cloned()
}

/// The values that count for a field: of check boxes each one that is checked.
fn parts<'a>(field: &Field, stored: &'a str) -> Vec<&'a str> {
    match field.kind {
        FieldKind::Checks => Some(field.chosen(stored)).filter(|chosen| !chosen.is_empty()).unwrap_or(vec![""]),
        _ => vec![stored],
    }
}

async fn found(asked: &Asked) -> Result<Option<Found>, Error> {
    let Some(field) = named(&asked.visit.console.app, &asked.query).filter(|field| !field.is_tag()) else {
        return Ok(None);
    };
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let (view, shelf) = (visit.view(read, &LIST, &query)?, counted(app));
        let values: HashMap<ComputerId, String> = holders(read, &field.key())?.into_iter().collect();
        let index = app.fleet.look();
        let all = index.select(&Query { sight: visit.sight(), shelf, conditions: Vec::new() });
        let shares = index.spread_over(&all, &|id| parts(&field, values.get(&id).map_or("", String::as_str)));
        let computers = all.len() as u64;
        Ok(Some(Found { view, shares, computers, shelf, field }))
    });
    read.await
}

/// The page; the TAGs have their own.
pub async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let Some(found) = found(&asked).await? else { return Ok(visit::see_other(TAGS)) };
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let shown = RepartitionPage {
        field: &found.field,
        fields: &visit.console.app.definitions.fields.now(),
        shares: &found.shares,
        computers: found.computers,
        shelf: found.shelf,
        view: &found.view,
        token: visit.token(),
    };
    let title = locale.fill("repartition.title-of", &[("field", &label(locale, &found.field))]);
    asked.page(&title, &page::trail(locale), &[], page::body(locale, &shown))
}

/// The list as a file.
pub async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked).await?.ok_or(Error::NotFound)?;
    let rows = page::cells(&asked.visit.locale, &found.field, &found.shares, found.computers, found.shelf);
    let whole = arrange(&LIST, &found.view, rows, true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}

/// The computers with the value that an address asks for, with the chip above their list.
///
/// # Errors
/// Those of the store.
pub fn condition(
    app: &App,
    read: &Reader,
    locale: &Locale,
    form: &Form,
    view: &View,
) -> Result<Option<(Condition, Chip)>, store::Error> {
    let (Some(field), Some(wanted)) = (named(app, form), form.sent(VALUE)) else { return Ok(None) };
    let values: HashMap<ComputerId, String> = holders(read, &field.key())?.into_iter().collect();
    let blank = wanted.trim().is_empty();
    let index = app.fleet.look();
    let has =
        |stored: &str| parts(&field, stored).iter().any(|part| *part == wanted || blank && part.trim().is_empty());
    let ids = index.ids().filter(|id| has(values.get(id).map_or("", String::as_str))).collect();
    let label = label(locale, &field);
    let text = match field.kind {
        _ if blank => locale.fill("filter.field-none", &[("field", &label)]),
        FieldKind::Checks => locale.fill("filter.field-holds", &[("field", &label), ("value", &wanted)]),
        _ => locale.fill("filter.field", &[("field", &label), ("value", &wanted)]),
    };
    let without = view.address.without(FIELD).without(VALUE).to_string();
    Ok(Some((Condition::Among(ids), Chip { text, without })))
}
