//! All computers: paging and sorting from the index; what was asked for stays in the address. The same list as a file
//! holds all pages.

use std::sync::Arc;

use actix_web::{HttpResponse, web};

use super::export::{self, Parts};
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::form::Form;
use crate::console::pages::computers::{self, Asked as Wanted, ComputerRow, ComputersPage, SORTS, usual_order};
use crate::console::pages::{COMPUTERS, COMPUTERS_CSV};
use crate::console::view::address::Address;
use crate::console::view::csv::Csv;
use crate::console::view::icon::Icon;
use crate::console::view::pager::{SIZES, USUAL};
use crate::console::view::table::Sort;
use crate::fleet::{Fact, Index, Order, Value};
use crate::i18n::iso_date;
use crate::id::ComputerId;
use crate::inventory::columns::{MEMORY, NAME, OSNAME, PROCESSORS, USERID};
use crate::options::EXPORT_SEP;
use crate::users::Right;

/// The page.
pub static PAGE: Page = Page {
    path: COMPUTERS,
    menu: Some(Icon::Computer),
    title: computers::TITLE,
    access: Access::Right(Right::Read),
    routes: &[
        Route::get(COMPUTERS, Access::Right(Right::Read), |asked| Box::pin(show(asked))),
        Route::get(COMPUTERS_CSV, Access::Right(Right::Read), |asked| Box::pin(save(asked))),
    ],
};

/// What was asked for.
struct Choice {
    sort: Sort,
    page: u64,
    size: u32,
    address: Address,
}

impl Choice {
    /// What is no column, size or page counts as not asked for.
    fn read(query: &Form) -> Choice {
        let text = query.get("sort");
        let (by, down) = text.strip_prefix('-').map_or((text, false), |by| (by, true));
        let usual = usual_order();
        let sort = if SORTS.contains(&by) { Sort { by: by.to_owned(), down } } else { usual.clone() };
        let size = query.get("size").parse().ok().filter(|size| SIZES.contains(size)).unwrap_or(USUAL);
        let page = query.get("page").parse().unwrap_or(1).max(1);
        let mut address = Address::new(COMPUTERS);
        if sort != usual {
            address = address.with("sort", sort.in_address());
        }
        if size != USUAL {
            address = address.with("size", size);
        }
        Choice { sort, page, size, address }
    }
}

/// The computers of a page, with the number of the page that there is.
struct Listed {
    rows: Vec<ComputerRow>,
    total: u64,
    page: u64,
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let choice = Choice::read(&asked.query);
    let app = asked.visit.console.app.clone();
    let (sort, page, size) = (choice.sort.clone(), choice.page, choice.size);
    let listed = web::block(move || list(&app, &sort, page, size)).await?;
    let locale = &asked.visit.locale;
    let address = if listed.page > 1 { choice.address.with("page", listed.page) } else { choice.address };
    let body = ComputersPage {
        rows: &listed.rows,
        total: listed.total,
        page: listed.page,
        size,
        sort: &choice.sort,
        address: &address,
        asked: Wanted::All,
    };
    asked.page(locale.text(computers::TITLE), &[], &[], computers::body(locale, &body))
}

/// Computers in one part of the file.
const PART: usize = 1000;

/// The list as a file while it is sent.
struct Saved {
    app: Arc<App>,
    csv: Csv,
    ids: std::vec::IntoIter<ComputerId>,
    over: bool,
}

impl Parts for Saved {
    fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        let index = self.app.fleet.look();
        let mut rows = 0;
        // A computer that is gone by now is left out.
        for id in self.ids.by_ref().take(PART).inspect(|_| rows += 1).filter(|id| index.contains(*id)) {
            self.csv.row(&computers::cells(&row(&index, id)));
        }
        drop(index);
        self.over = rows < PART;
        Some(self.csv.take()).filter(|part| !part.is_empty())
    }
}

async fn save(asked: Asked) -> Result<HttpResponse, Error> {
    let sort = Choice::read(&asked.query).sort;
    let (app, locale) = (asked.visit.console.app.clone(), asked.visit.locale.clone());
    let name = format!("computers-{}.csv", iso_date(locale.now, &locale.zone));
    let saved = web::block(move || {
        let mut csv = Csv::new(&locale, app.options.general().text(EXPORT_SEP));
        csv.titles(&computers::columns(&locale));
        let order = Order { by: fact(&sort.by), descending: sort.down };
        let ids = app.fleet.look().page(order, 0, usize::MAX).ids.into_iter();
        Saved { app, csv, ids, over: false }
    });
    Ok(export::csv(&name, saved.await?))
}

fn list(app: &App, sort: &Sort, page: u64, size: u32) -> Listed {
    let index = app.fleet.look();
    let total = index.len() as u64;
    let page = page.min(total.div_ceil(u64::from(size)).max(1));
    let offset = usize::try_from((page - 1) * u64::from(size)).unwrap_or(usize::MAX);
    let order = Order { by: fact(&sort.by), descending: sort.down };
    let found = index.page(order, offset, size as usize);
    Listed { rows: found.ids.iter().map(|id| row(&index, *id)).collect(), total: found.total as u64, page }
}

fn fact(key: &str) -> Fact {
    match key {
        "tag" => Fact::Tag,
        "name" => Fact::Column(NAME),
        "user" => Fact::Column(USERID),
        "system" => Fact::Column(OSNAME),
        "memory" => Fact::Column(MEMORY),
        "speed" => Fact::Column(PROCESSORS),
        _ => Fact::LastInventory,
    }
}

fn row(index: &Index, id: ComputerId) -> ComputerRow {
    let number = |column| match index.value(id, Fact::Column(column)) {
        Value::Number(number) => number.and_then(|number| i64::try_from(number).ok()).filter(|number| *number > 0),
        _ => None,
    };
    let time = match index.value(id, Fact::LastInventory) {
        Value::Time(time) => time,
        _ => None,
    };
    ComputerRow {
        id,
        name: index.text(id, NAME).to_owned(),
        tag: index.tag(id).to_owned(),
        last_inventory: time,
        user: index.text(id, USERID).to_owned(),
        system: index.text(id, OSNAME).to_owned(),
        memory: number(MEMORY),
        speed: number(PROCESSORS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(query: &str) -> (String, u64, u32, String) {
        let choice = Choice::read(&Form::read(query, 10).unwrap());
        (choice.sort.in_address(), choice.page, choice.size, choice.address.to_string())
    }

    #[test]
    fn what_cannot_be_asked_for_is_as_if_nothing_was() {
        let usual = ("-last".to_owned(), 1, 50, "/ocsreports/computers".to_owned());
        for query in
            ["", "sort=&page=&size=", "sort=password&page=-1&size=7", "page=0&size=999999999999", "sort=--name"]
        {
            assert_eq!(choice(query), usual, "{query}");
        }
        let asked = choice("size=10&sort=-name&page=3");
        assert_eq!(asked, ("-name".to_owned(), 3, 10, "/ocsreports/computers?sort=-name&size=10".to_owned()));
    }
}
