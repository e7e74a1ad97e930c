//! All computers: the list from the index, and the same list as a file with all pages.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::export::{self, Kind, Rows};
use super::{Access, Asked, Error, Page, Route};
use super::{affect, deeds, grouping, groups, mass, repartition};
use crate::accountinfo::fields::{Field, store as defined};
use crate::accountinfo::{self, Account};
use crate::app::App;
use crate::console::Handler;
use crate::console::form::Form;
use crate::console::lists::computers::{Aside, cell, fact, searched};
use crate::console::lists::filters::{self, Chip};
use crate::console::lists::{List, View, fields};
use crate::console::pages::computers::{self, ComputersPage, Deed};
use crate::console::pages::{COMPUTERS, COMPUTERS_CSV, COMPUTERS_XLSX};
use crate::console::view::Locale;
use crate::console::view::icon::Icon;
use crate::console::view::table::Cell;
use crate::console::visit::Visit;
use crate::fleet::{Condition, Fact, Fleet, Order, Query};
use crate::id::ComputerId;
use crate::store::{self, Reader};
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);
const EXPORT: Access = Access::Right(Right::Export);

/// The page.
pub static PAGE: Page = Page {
    path: COMPUTERS,
    menu: Some(Icon::Computer),
    title: computers::TITLE,
    access: READ,
    routes: &[
        Route::get(COMPUTERS, READ, |asked| Box::pin(show(asked))),
        Route::get(COMPUTERS_CSV, EXPORT, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get(COMPUTERS_XLSX, EXPORT, |asked| Box::pin(save(asked, Kind::Xlsx))),
        done(Deed::Archive, |asked| Box::pin(deeds::perform(asked, Deed::Archive))),
        done(Deed::Restore, |asked| Box::pin(deeds::perform(asked, Deed::Restore))),
        done(Deed::Values, |asked| Box::pin(mass::values(asked))),
        done(Deed::Options, |asked| Box::pin(mass::options(asked))),
        done(Deed::Group, |asked| Box::pin(grouping::group(asked))),
        done(Deed::Affect, |asked| Box::pin(affect::affect(asked))),
        done(Deed::Unaffect, |asked| Box::pin(affect::unaffect(asked))),
        done(Deed::Delete, |asked| Box::pin(deeds::perform(asked, Deed::Delete))),
        done(Deed::Export, |asked| Box::pin(deeds::export(asked))),
    ],
};

const fn done(deed: Deed, handler: Handler) -> Route {
    Route::post(deed.path(), Access::Right(deed.right()), handler)
}

/// What was asked for.
pub struct Wanted {
    /// The list with the columns that it has now.
    pub list: List,
    /// What is seen of the list.
    pub view: View,
    /// Which computers.
    pub query: Query,
    /// Filters that are on.
    pub chips: Vec<Chip>,
    /// The fields of administrative data.
    fields: Arc<Vec<Field>>,
    /// The values of the field that the list is sorted by.
    sorted: HashMap<ComputerId, String>,
}

impl Wanted {
    /// Reads an address of the list.
    pub fn read(app: &App, read: &Reader, visit: &Visit, form: &Form) -> Result<Wanted, store::Error> {
        let defined = app.definitions.fields.now();
        let list = fields::list(&defined);
        let view = visit.view(read, &list, form)?;
        let (mut conditions, mut chips) = filters::read(form, app, &visit.sight(), &visit.locale, &view.address);
        // Values of fields are read from the file, all that are needed at once.
        let looked = if view.part.is_empty() { Vec::new() } else { fields::searched(&view, &defined) };
        let mut keys: Vec<String> = looked.into_iter().map(Field::key).collect();
        let by = fields::field_of(&defined, &view.sort.by).map(Field::key);
        keys.extend(by.clone());
        let values = if keys.is_empty() { Vec::new() } else { defined::values_of(read, &keys)? };
        if let Some((condition, chip)) = repartition::condition(app, read, &visit.locale, form, &view)? {
            conditions.push(condition);
            chips.push(chip);
        }
        if let Some((condition, chip)) = groups::condition(app, visit, form, &view) {
            conditions.push(condition);
            chips.push(chip);
        }
        if !view.part.is_empty() {
            let part = view.part.to_lowercase();
            let holds = |values: &[String]| {
                let shown = values.len() - usize::from(by.is_some());
                values.iter().take(shown).any(|value| value.to_lowercase().contains(&part))
            };
            let ids: Vec<ComputerId> = values.iter().filter(|(_, values)| holds(values)).map(|(id, _)| *id).collect();
            let text = Condition::Holds(searched(&view, &list), view.part.clone());
            conditions.push(if ids.is_empty() { text } else { Condition::Any(vec![text, Condition::Among(ids)]) });
        }
        let sorted = match by {
            Some(_) => values.into_iter().filter_map(|(id, mut values)| Some((id, values.pop()?))).collect(),
            None => HashMap::new(),
        };
        let query = Query { sight: visit.sight(), shelf: filters::shelf(form), conditions };
        Ok(Wanted { list, view, query, chips, fields: defined, sorted })
    }

    fn order(&self) -> Order {
        Order { by: fact(&self.view.sort.by).unwrap_or(Fact::LastInventory), descending: self.view.sort.down }
    }

    /// How many computers are meant, and those from `offset` on in the order that is asked for, `count` at most.
    fn some(&self, fleet: &Fleet, offset: impl FnOnce(u64) -> usize, count: usize) -> (u64, Vec<ComputerId>) {
        let index = fleet.look();
        let selection = index.select(&self.query);
        let total = selection.len() as u64;
        let Some(field) = fields::field_of(&self.fields, &self.view.sort.by) else {
            return (total, selection.page(self.order(), offset(total), count).ids);
        };
        let ids: Vec<ComputerId> = selection.ids().collect();
        // Nobody waits while these are sorted.
        drop(index);
        let ids = fields::sorted(ids, &self.sorted, field, self.view.sort.down);
        (total, ids.into_iter().skip(offset(total)).take(count).collect())
    }

    /// Every computer that is meant, in the order that is asked for.
    pub fn ids(&self, app: &App) -> Vec<ComputerId> {
        self.some(&app.fleet, |_| 0, usize::MAX).1
    }
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let listing = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &query)?;
        write(app, read, &visit, &wanted, query.get("check") == "page")
    });
    let body = listing.await?;
    let locale = &asked.visit.locale;
    let n = asked.query.get("n").parse().unwrap_or(0);
    let mut messages: Vec<_> = computers::done(locale, asked.query.get("done"), n).into_iter().collect();
    messages.extend(affect::left(&asked));
    asked.page(locale.text(computers::TITLE), &[], &messages, body)
}

fn write(app: &App, read: &Reader, visit: &Visit, wanted: &Wanted, all: bool) -> Result<maud::Markup, store::Error> {
    let view = &wanted.view;
    let size = u64::from(view.size);
    let page = |total: u64| view.page.min(total.div_ceil(size).max(1));
    let offset = |total| usize::try_from((page(total) - 1) * size).unwrap_or(usize::MAX);
    let (total, found) = wanted.some(&app.fleet, offset, view.size as usize);
    let all_groups = visit.may(Right::Groups);
    let columns = Columns { locale: &visit.locale, keys: &view.columns, fields: &wanted.fields, all_groups };
    let mut rows: Vec<Vec<Cell<'static>>> = Vec::with_capacity(found.len());
    let mut ids: Vec<String> = Vec::with_capacity(found.len());
    // The writer does not wait until the page is written.
    columns.each(app, read, &found, &mut |id, cells| {
        ids.push(id.to_string());
        rows.push(cells.iter().map(|cell| cell.clone().into_owned()).collect());
    })?;
    let deeds: Vec<Deed> = Deed::ALL.into_iter().filter(|deed| visit.may(deed.right())).collect();
    let page = ComputersPage {
        list: &wanted.list,
        view,
        shelf: wanted.query.shelf,
        chips: &wanted.chips,
        rows: &rows,
        ids: &ids,
        total,
        page: page(total),
        all,
        deeds: &deeds,
        token: visit.token(),
    };
    Ok(computers::body(&visit.locale, &page))
}

/// The columns of a list of computers.
struct Columns<'a> {
    locale: &'a Locale,
    keys: &'a [&'static str],
    fields: &'a [Field],
    /// The reader sees every group.
    all_groups: bool,
}

impl Columns<'_> {
    /// Hands on the cells of each computer. The index is held for that only.
    fn each(
        &self,
        app: &App,
        read: &Reader,
        ids: &[ComputerId],
        each: &mut dyn FnMut(ComputerId, &[Cell<'_>]),
    ) -> Result<(), store::Error> {
        let asides = asides(app, self.locale, ids, self.all_groups);
        let defined: Vec<(&'static str, Option<&Field>)> =
            self.keys.iter().map(|key| (*key, fields::field_of(self.fields, key))).collect();
        let reads = defined.iter().any(|(_, field)| field.is_some());
        let account = |id: &ComputerId| match accountinfo::store::account(read, *id) {
            Err(store::Error::Damaged { .. }) => Ok(Account::default()),
            other => Ok(other?.unwrap_or_default()),
        };
        let accounts: Vec<Account> =
            if reads { ids.iter().map(account).collect::<Result<_, store::Error>>()? } else { Vec::new() };
        let index = app.fleet.look();
        for (at, (id, aside)) in ids.iter().zip(&asides).enumerate() {
            // A computer that is gone by now is left out.
            if !index.contains(*id) {
                continue;
            }
            let value = |field: &Field| accounts.get(at).map_or("", |account| account.value(&field.key())).to_owned();
            let cell = |(key, field): &(&'static str, Option<&Field>)| match field {
                Some(field) => fields::cell(self.locale, field, &value(field)),
                None => cell(&index, *id, key, aside),
            };
            each(*id, &defined.iter().map(cell).collect::<Vec<_>>());
        }
        Ok(())
    }
}

/// What the marks of these computers say: the names of their own options (CON-INV-4); and their groups.
fn asides(app: &App, locale: &Locale, ids: &[ComputerId], all_groups: bool) -> Vec<Aside> {
    let own = app.options.with_own(ids);
    let known = app.groups.look();
    let aside = |id: &ComputerId| {
        let names = own.iter().find(|(with, _)| with == id).map(|(_, names)| names.join(", "));
        let mark = names.map_or_else(String::new, |names| locale.fill("computers.mark", &[("names", &names)]));
        let groups = known.of(*id).iter().filter_map(|group| known.group(*group));
        let groups: Vec<&str> =
            groups.filter(|group| all_groups || group.visible).map(|group| group.name.as_str()).collect();
        Aside { mark, groups: groups.join(", ") }
    };
    ids.iter().map(aside).collect()
}

/// Computers in one part of a file.
const PART: usize = 1000;

/// The rows of some computers while they are written to a file.
pub struct Saved {
    app: Arc<App>,
    locale: Locale,
    columns: Vec<&'static str>,
    fields: Arc<Vec<Field>>,
    all_groups: bool,
    ids: std::vec::IntoIter<ComputerId>,
}

impl Saved {
    /// The rows of these computers.
    pub fn new(visit: &Visit, wanted: &Wanted, ids: Vec<ComputerId>) -> Saved {
        let (app, locale) = (visit.console.app.clone(), visit.locale.clone());
        let (columns, fields) = (wanted.view.columns.clone(), wanted.fields.clone());
        let all_groups = visit.may(Right::Groups);
        Saved { app, locale, columns, fields, all_groups, ids: ids.into_iter() }
    }
}

impl Rows for Saved {
    fn count(&self) -> Option<u64> {
        Some(self.ids.len() as u64)
    }

    fn next(&mut self, each: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let ids: Vec<ComputerId> = self.ids.by_ref().take(PART).collect();
        let Saved { locale, columns: keys, fields, all_groups, .. } = self;
        let columns = Columns { locale, keys, fields, all_groups: *all_groups };
        let written = self.app.read(|read| columns.each(&self.app, read, &ids, &mut |_, cells| each(cells)));
        if let Err(error) = written {
            tracing::error!("a part of a list cannot be read: {error}");
            // The file ends here rather than with rows left out in its middle.
            return false;
        }
        ids.len() == PART
    }
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let wanted = Wanted::read(app, read, &visit, &query)?;
        let ids = wanted.ids(app);
        Ok((wanted, ids))
    });
    let (wanted, ids) = read.await?;
    let rows = Saved::new(&asked.visit, &wanted, ids);
    export::file(&asked, &wanted.list, &wanted.view, kind, rows).await
}

/// Runs something with the store and the index on a thread that may wait.
pub async fn blocking<T: Send + 'static>(
    asked: &Asked,
    work: impl FnOnce(&App) -> Result<T, store::Error> + Send + 'static,
) -> Result<T, Error> {
    let app = asked.visit.console.app.clone();
    Ok(web::block(move || work(&app)).await??)
}
