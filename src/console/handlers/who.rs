//! "Who is on what" (CON-AGT-3).

use std::collections::HashSet;
use std::net::IpAddr;

use actix_web::HttpResponse;

use super::dashboard::Office;
use super::export::{self, Kind};
use super::tags::counted;
use super::{Access, Asked, Error, Page, Route};
use crate::console::lists::filters::CERTIFICATE;
use crate::console::lists::{View, arrange};
use crate::console::pages::dashboard::{Bar, Chart};
use crate::console::pages::hours;
use crate::console::pages::who::{self as page, KIND, LIST, Row, TITLE, WHO, Which, WhoPage};
use crate::fleet::Fact;
use crate::history::Trouble;
use crate::inventory::columns::{NAME, USERAGENT};
use crate::users::Right;

/// Agents that have a bar of their own.
const BARS: usize = 20;
/// For the files too: they say what the page says.
const LOOK: Access = Access::Right(Right::AgentKit);

/// The page.
pub static PAGE: Page = Page {
    path: WHO,
    menu: None,
    title: TITLE,
    access: LOOK,
    routes: &[
        Route::get(WHO, LOOK, |asked| Box::pin(show(asked))),
        Route::get("/ocsreports/agents/who.csv", LOOK, |asked| Box::pin(save(asked, Kind::Csv))),
        Route::get("/ocsreports/agents/who.xlsx", LOOK, |asked| Box::pin(save(asked, Kind::Xlsx))),
    ],
};

impl Office<'_> {
    /// Computers by what their agents call themselves, the most frequent first.
    fn agents(&self) -> Chart {
        let index = self.app.fleet.look();
        let shares = index.spread(&index.select(&self.all()), Fact::Column(USERAGENT));
        drop(index);
        let list = self.list();
        let others: u64 = shares.iter().skip(BARS).map(|share| share.computers).sum();
        let label = |value: &str| match value {
            "" => self.locale.text("dashboard.unknown").to_owned(),
            value => value.to_owned(),
        };
        let one = |share: &crate::fleet::Share| {
            page::bar(label(&share.value), share.computers, &list.with("agent", &share.value))
        };
        let mut bars: Vec<Bar> = shares.iter().take(BARS).map(one).collect();
        if others > 0 {
            let label = self.locale.text("dashboard.others").to_owned();
            bars.push(page::bar(label, others, &list.with("agent-rare", BARS)));
        }
        Chart { title: self.locale.text("who.agents"), bars }
    }

    /// Computers by the last error of their agents; what happens to none has no bar.
    fn errors(&self) -> Chart {
        let distrust = (self.locale.text("who.which-distrust"), CERTIFICATE);
        let troubles = Trouble::ALL.iter().map(|trouble| (hours::words(self.locale, *trouble), trouble.word()));
        let one = |(label, word): (&'static str, &'static str)| {
            let address = self.list().with("error", word);
            let computers = self.count(&address);
            (computers > 0).then(|| page::bar(label.to_owned(), computers, &address))
        };
        let bars = std::iter::once(distrust).chain(troubles).filter_map(one).collect();
        Chart { title: self.locale.text("who.errors"), bars }
    }

    /// Every address with the computers that the reader sees. Who sees only some computers sees only their addresses.
    fn rows(&self) -> Vec<Row> {
        let all = self.app.handshakes.all();
        let wanted: HashSet<IpAddr> = all.iter().map(|(address, _)| *address).collect();
        let proxies = self.app.config.trusted_proxies();
        let index = self.app.fleet.look();
        let mut known = index.at_addresses(&wanted);
        let row = |(address, failure)| {
            let mut computers = known.remove(&address).unwrap_or_default();
            computers.retain(|id| index.sees(&self.sight, *id));
            let name = computers.first().map_or_else(String::new, |id| match index.text(*id, NAME) {
                "" => format!("#{id}"),
                name => name.to_owned(),
            });
            Row { address, failure, computers, name, proxy: proxies.contains(address) }
        };
        let mut rows: Vec<Row> = all.into_iter().map(row).collect();
        rows.retain(|row| self.sight.is_everything() || !row.computers.is_empty());
        rows.sort_unstable_by_key(|row| row.address);
        rows
    }
}

struct Found {
    view: View,
    which: Which,
    rows: Vec<Row>,
    charts: Option<[Chart; 2]>,
}

async fn found(asked: &Asked, charts: bool) -> Result<Found, Error> {
    let (visit, query) = (asked.visit.clone(), asked.query.clone());
    let read = asked.read(move |app, read| {
        let view = visit.view(read, &LIST, &query)?;
        let office = Office { app, locale: &visit.locale, sight: visit.sight(), shelf: counted(app) };
        let charts = charts.then(|| [office.agents(), office.errors()]);
        Ok(Found { view, which: Which::of(query.get(KIND)), rows: office.rows(), charts })
    });
    read.await
}

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let found = found(&asked, true).await?;
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let empty = || Chart { title: "", bars: Vec::new() };
    let [agents, errors] = found.charts.unwrap_or_else(|| [empty(), empty()]);
    let shown = WhoPage {
        agents,
        errors,
        rows: &found.rows,
        which: found.which,
        view: &found.view,
        https: visit.console.tls.is_some(),
        status: visit.may(Right::Status),
        token: visit.token(),
    };
    asked.page(locale.text(TITLE), &page::above(locale), &[], page::body(locale, &shown))
}

async fn save(asked: Asked, kind: Kind) -> Result<HttpResponse, Error> {
    let found = found(&asked, false).await?;
    let rows = page::cells(&asked.visit.locale, &found.rows, found.which);
    let whole = arrange(&LIST, &found.view, rows, true);
    export::file(&asked, &LIST, &found.view, kind, whole.rows).await
}
