//! The search box: one question to everything that has a name (CON-NAV-2).
//!
//! Each group is counted by the filter of the list that it leads to.

use std::collections::HashSet;

use actix_web::HttpResponse;

use super::tags::counted;
use super::{Access, Asked, Error, Page, Route};
use crate::app::App;
use crate::console::lists::computers::{Aside, cell};
use crate::console::lists::filters::{self, SHELF};
use crate::console::pages::find::{self, FindPage, Group, Hit};
use crate::console::pages::{COMPUTERS, FIND, SOFTWARE};
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::visit::{self, Visit};
use crate::fleet::{Fact, Order, ProgramOrder, ProgramQuery, Query, Shelf};
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::users::Right;

/// The page.
pub static PAGE: Page = Page {
    path: FIND,
    menu: None,
    title: find::TITLE,
    access: Access::Right(Right::Read),
    routes: &[Route::get(FIND, Access::Right(Right::Read), |asked| Box::pin(show(asked)))],
};

/// Hits that a group shows.
const SHOWN: usize = 10;
/// Most characters of what is looked for.
const PART: usize = 200;

/// Where is looked: the end of the keys of its texts, its filter, the columns that show what was found.
static PLACES: [(&str, &str, &[&str]); 8] = [
    ("name", "name-part", &["description"]),
    ("user", "user-part", &["userid"]),
    ("serial", "serial-part", &["ssn", "msn"]),
    ("mac", "mac-part", &["macaddr"]),
    ("ip", "ip-part", &["ipaddr", "ipaddress"]),
    ("tag", "tag-part", &["tag"]),
    ("description", "description-part", &["description"]),
    ("uuid", "uuid-part", &["uuid"]),
];

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let part: String = asked.query.get("q").trim().chars().take(PART).collect();
    let locale = &asked.visit.locale;
    let mut page = FindPage { part: part.clone(), groups: Vec::new() };
    if !part.is_empty() {
        let visit = asked.visit.clone();
        let (groups, only) = asked.read(move |app, _| Ok(found(app, &visit, &part))).await?;
        if let Some(only) = only {
            return Ok(visit::redirect(&only));
        }
        page.groups = groups;
    }
    asked.page(locale.text(find::TITLE), &[], &[], find::body(locale, &page))
}

/// What was found, and where the only hit is when there is but one.
fn found(app: &App, visit: &Visit, part: &str) -> (Vec<Group>, Option<String>) {
    let (mut groups, mut computers, aside) = (Vec::new(), HashSet::new(), Aside::default());
    for (key, filter, columns) in &PLACES {
        let part = if *key == "mac" { part.replace('-', ":") } else { part.to_owned() };
        let address = Address::new(COMPUTERS).with(filter, &part).with(SHELF, "all");
        let query = filters::query(&address, app, &visit.sight(), &visit.locale);
        let order = Order { by: Fact::Column(NAME), descending: false };
        let index = app.fleet.look();
        let page = index.select(&query).page(order, 0, SHOWN);
        let hit = |id: &ComputerId| Hit {
            name: cell(&index, *id, "name", &aside).into_owned(),
            seen: columns.iter().map(|column| cell(&index, *id, column, &aside).into_owned()).collect(),
        };
        if page.total > 0 {
            let hits = page.ids.iter().map(hit).collect();
            let title = format!("find.{key}");
            groups.push(Group { title, total: page.total as u64, hits, whole: address.to_string() });
        }
        computers.extend(page.ids);
    }
    let software = software(app, &visit.locale, visit, part);
    let only = match (software.as_ref().map_or(0, |group| group.total), computers.len()) {
        (0, 1) => computers.iter().next().map(|id| format!("{COMPUTERS}/{id}")),
        (1, 0) => software.as_ref().and_then(|group| Some(group.hits.first()?.href()?.to_owned())),
        _ => None,
    };
    groups.extend(software);
    (groups, only)
}

/// Names of software, the most frequent first.
fn software(app: &App, locale: &Locale, visit: &Visit, part: &str) -> Option<Group> {
    let shelf = counted(app);
    let query = ProgramQuery {
        among: Query { sight: visit.sight(), shelf, conditions: Vec::new() },
        named: part.to_owned(),
        order: ProgramOrder::Computers,
        descending: true,
        ..ProgramQuery::default()
    };
    let programs = app.fleet.programs(&query, 0, SHOWN);
    let list = Address::new(COMPUTERS);
    let list = if shelf == Shelf::All { list.with(SHELF, "all") } else { list };
    let hits: Vec<Hit> = programs
        .rows
        .into_iter()
        .map(|program| {
            let href = list.with("software", program.item.0).to_string();
            Hit::software(locale, href, program.name, program.computers)
        })
        .collect();
    let whole = Address::new(SOFTWARE).with("named", part).to_string();
    (!hits.is_empty()).then(|| Group { title: "find.software".to_owned(), total: programs.total as u64, hits, whole })
}
