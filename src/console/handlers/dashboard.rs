//! The front page: how many computers there are of what, each number with the list that it counts (CON-DASH-1 to 3, 6).
//!
//! A number is counted by the filters of the list that it leads to, read from the same address: they cannot differ.

use actix_web::HttpResponse;

use super::tags::counted;
use super::{Access, Asked, Error, Page, Route, next};
use crate::app::App;
use crate::console::lists::filters::{self, FAMILIES, Month, OTHER, SHELF};
use crate::console::pages::dashboard::{self, Bar, Chart, DashboardPage, Number};
use crate::console::pages::{COMPUTERS, DASHBOARD, SOFTWARE};
use crate::console::view::Locale;
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::visit::{self, Visit};
use crate::fleet::{Fact, ProgramQuery, Query, Shelf, Sight};
use crate::inventory::columns::{CHASSIS, OSNAME, SMANUFACTURER, USERAGENT};
use crate::options::INTERFACE_LAST_CONTACT;
use crate::users::Right;

const READ: Access = Access::Right(Right::Read);

/// The page.
pub static PAGE: Page = Page {
    path: DASHBOARD,
    menu: Some(Icon::Dashboard),
    title: dashboard::TITLE,
    access: READ,
    routes: &[
        Route::get("/ocsreports", READ, |_| Box::pin(async { Ok(visit::redirect(DASHBOARD)) })),
        Route::get(DASHBOARD, READ, |asked| Box::pin(show(asked))),
    ],
};

/// Values that have a bar of their own; the others share one.
const BARS: usize = 10;
/// Days in which a computer is new.
const WEEK: i64 = 7;
/// Months that have a bar of their own.
const MONTHS: usize = 12;

/// Charts of values: title, the filter of its bars, what they count.
static CHARTS: [(&str, &str, Fact); 4] = [
    ("dashboard.systems", "system", Fact::Column(OSNAME)),
    ("dashboard.agents", "agent", Fact::Column(USERAGENT)),
    ("dashboard.manufacturers", "manufacturer", Fact::Column(SMANUFACTURER)),
    ("dashboard.chassis", "chassis", Fact::Column(CHASSIS)),
];

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = asked.visit.clone();
    let page = asked.read(move |app, _| Ok(page(app, &visit))).await?;
    let locale = &asked.visit.locale;
    let body = match &page {
        Some(page) => dashboard::body(locale, page),
        None => next::steps(&asked),
    };
    asked.page(locale.text(dashboard::TITLE), &[], &[], body)
}

/// What is shown; `None` while there is no computer at all.
fn page(app: &App, visit: &Visit) -> Option<DashboardPage> {
    if app.fleet.look().is_empty() {
        return None;
    }
    let office = Office { app, locale: &visit.locale, sight: visit.sight(), shelf: counted(app) };
    let mut numbers = office.numbers();
    numbers.push(office.software());
    let mut charts: Vec<Chart> =
        CHARTS.iter().map(|(title, filter, fact)| office.chart(title, filter, *fact)).collect();
    charts.push(office.months());
    charts.retain(|chart| !chart.bars.is_empty());
    Some(DashboardPage { numbers, charts })
}

/// What is counted, and for whom.
pub(super) struct Office<'a> {
    pub(super) app: &'a App,
    pub(super) locale: &'a Locale,
    pub(super) sight: Sight,
    pub(super) shelf: Shelf,
}

impl Office<'_> {
    /// Everybody on the side of the archive that is counted.
    pub(super) fn all(&self) -> Query {
        Query { sight: self.sight.clone(), shelf: self.shelf, conditions: Vec::new() }
    }

    /// The list of computers on the side of the archive that is counted.
    pub(super) fn list(&self) -> Address {
        let list = Address::new(COMPUTERS);
        if self.shelf == Shelf::All { list.with(SHELF, "all") } else { list }
    }

    /// How many computers the list at an address holds.
    pub(super) fn count(&self, address: &Address) -> u64 {
        let query = filters::query(address, self.app, &self.sight, self.locale);
        self.app.fleet.look().select(&query).len() as u64
    }

    fn number(&self, label: String, address: Address) -> Number {
        Number { label, value: self.count(&address), href: address.to_string() }
    }

    fn numbers(&self) -> Vec<Number> {
        let list = self.list();
        let silent = self.app.options.general().number(INTERFACE_LAST_CONTACT);
        let text = |key: &str| self.locale.text(key).to_owned();
        let mut numbers = vec![
            self.number(text("dashboard.computers"), list.clone()),
            self.number(text("dashboard.contacted"), list.with("seen", "today")),
            self.number(text("dashboard.inventoried"), list.with("inventoried", "today")),
            self.number(text("dashboard.new"), list.with("new", WEEK)),
            self.number(
                self.locale.count("dashboard.silent", u64::try_from(silent).unwrap_or(0)),
                list.with("seen", -silent),
            ),
        ];
        let families = FAMILIES.into_iter().chain([OTHER]);
        numbers.extend(families.map(|family| {
            self.number(self.locale.text(&format!("dashboard.family-{family}")).to_owned(), list.with("family", family))
        }));
        numbers.push(self.number(text("dashboard.archived"), Address::new(COMPUTERS).with(SHELF, "archived")));
        numbers
    }

    /// The names of software, as its list counts them.
    fn software(&self) -> Number {
        let query = ProgramQuery { among: self.all(), ..ProgramQuery::default() };
        let value = self.app.fleet.programs(&query, 0, 0).total as u64;
        Number { label: self.locale.text("dashboard.software").to_owned(), value, href: SOFTWARE.to_owned() }
    }

    /// The most frequent values, and one bar for all others.
    fn chart(&self, title: &str, filter: &str, fact: Fact) -> Chart {
        let index = self.app.fleet.look();
        let shares = index.spread(&index.select(&self.all()), fact);
        drop(index);
        let list = self.list();
        let others: u64 = shares.iter().skip(BARS).map(|share| share.computers).sum();
        let label = |value: &str| {
            if value.is_empty() { self.locale.text("dashboard.unknown").to_owned() } else { value.to_owned() }
        };
        let mut bars: Vec<Bar> = shares
            .into_iter()
            .take(BARS)
            .map(|share| Bar {
                label: label(&share.value),
                computers: share.computers,
                href: list.with(filter, &share.value).to_string(),
            })
            .collect();
        if others > 0 {
            let href = list.with(&format!("{filter}-rare"), BARS).to_string();
            bars.push(Bar { label: self.locale.text("dashboard.others").to_owned(), computers: others, href });
        }
        Chart { title: self.locale.text(title), bars }
    }

    /// In which month computers called last. Months without any have no bar.
    fn months(&self) -> Chart {
        let months = std::iter::successors(Some(Month::of(self.locale)), |month| Some(month.before()));
        let months: Vec<Month> = months.take(MONTHS).collect();
        let list = self.list();
        let mut asked: Vec<(String, Address)> =
            months.iter().map(|month| (month.name(self.locale), list.with("month", month.in_address()))).collect();
        if let Some(last) = months.last() {
            let before = list.with("month", format!("before-{}", last.in_address()));
            asked.push((self.locale.text("dashboard.earlier").to_owned(), before));
        }
        let bar = |(label, address): (String, Address)| {
            let computers = self.count(&address);
            (computers > 0).then(|| Bar { label, computers, href: address.to_string() })
        };
        let bars = asked.into_iter().filter_map(bar).collect();
        Chart { title: self.locale.text("dashboard.months"), bars }
    }
}
