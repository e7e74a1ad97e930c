//! Questions to the index in memory, in this process, against the store of a data folder that no server uses.
//!
//! `cargo bench --bench queries -- FOLDER` builds the index as a start does and prints one JSON object: how long that
//! took and the latencies of each question in milliseconds. `scripts/bench large` does so with 100,000 computers.
//! With `--pages` in place of the folder it prints what `scripts/bench pages` asks for: the addresses of every declared
//! page and list of the console.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::time::Instant;

use rollcall::accountinfo;
use rollcall::console::{Access, PAGES, Verb, lists};
use rollcall::fleet::{Condition, Criterion, Fact, Fleet, Folded, Order, ProgramOrder, ProgramQuery, Query, Sight};
use rollcall::inventory::columns::{MEMORY, NAME, OSNAME, USERID};
use rollcall::inventory::store as computers;
use rollcall::store::{Settings, Store};

/// Times that each question is asked.
const TIMES: usize = 200;

/// Parts of names: frequent, rare, of one letter, none at all.
const PARTS: [&str; 8] = ["office", "LibreOffice", "update", "firefox", "java", "lib", "e", "no such program"];

/// Two softwares, an operating system, more memory than so many MB.
const COMBINED: [(&str, &str, &str, u32); 4] = [
    ("7-zip", "chrome", "windows 10", 8_000),
    ("office", "firefox", "windows", 4_000),
    ("edge", "update", "windows 11", 16_000),
    ("bash", "openssl", "debian", 2_000),
];

fn main() {
    let folder = std::env::args().skip(1).find(|argument| argument != "--bench");
    let Some(folder) = folder else {
        eprintln!("queries FOLDER | --pages");
        std::process::exit(2);
    };
    if folder == "--pages" {
        println!("{}", pages());
        return;
    }
    let store = Store::open(&Path::new(&folder).join("store.redb"), Settings::default()).expect("the store opens");
    let read = store.read().expect("the store can be read");
    let begun = Instant::now();
    let tags = accountinfo::store::tags(&read).expect("TAGs can be read");
    let dictionaries = computers::dictionaries(&read).expect("dictionaries can be read");
    let fleet = Fleet::load(&read, 1, &dictionaries, &|id| tags.get(&id).cloned().unwrap_or_default())
        .expect("the index is built");
    let load = begun.elapsed();

    let substring = measured(&PARTS, |part| fleet.software_page(part, 0, 50).0);
    let mut matches = 0;
    let combined = measured(&COMBINED, |(one, other, system, memory)| {
        let (one, other) = (fleet.items_named(one), fleet.items_named(other));
        let index = fleet.look();
        let found = index.matching(&[
            Criterion::Software(&one),
            Criterion::Software(&other),
            Criterion::Holds(OSNAME, system),
            Criterion::Above(MEMORY, *memory),
        ]);
        let page = found.page(Order { by: Fact::Column(NAME), descending: false }, 0, 50);
        matches += page.total;
        page.ids.len()
    });
    let lists = listed(&fleet);
    let told = serde_json::json!({
        "lists": lists,
        "computers": fleet.look().len(),
        "load_ms": load.as_secs_f64() * 1000.0,
        "substring": substring,
        "combined": combined,
        "combined_matches": matches / TIMES,
    });
    println!("{told}");
}

/// Every page of the console that needs no more than its address, and every list: how it is asked for, in what ways.
fn pages() -> serde_json::Value {
    let opens = |page: &&&rollcall::console::Page| {
        let get = page.routes.iter().any(|route| route.verb == Verb::Get && route.path == page.path);
        // Addresses of the older console only lead on.
        get && !page.path.contains('.') && matches!(page.access, Access::Right(_))
    };
    let read = PAGES.iter().filter(opens).map(|page| page.path);
    let lists = lists::lists();
    let lists = lists.iter().map(|list| {
        let sorts = list.columns.iter().filter(|column| column.sorts).map(|column| column.key);
        let orders: Vec<String> = sorts.flat_map(|key| [key.to_owned(), format!("-{key}")]).collect();
        serde_json::json!({ "path": list.path, "orders": orders })
    });
    serde_json::json!({
        "pages": read.collect::<Vec<_>>(),
        "lists": lists.collect::<Vec<_>>(),
    })
}

/// Pages of the console's lists: the first, a late one, filtered and limited ones, how TAGs spread, software.
fn listed(fleet: &Fleet) -> serde_json::Value {
    let last = Order { by: Fact::LastInventory, descending: true };
    let page = |query: &Query, order, offset| fleet.look().select(query).page(order, offset, 50).ids.len();
    let all = Query::default();
    let seen = Query { sight: Sight::of(&["*a*".to_owned()]), ..Query::default() };
    let texts = vec![Fact::Tag, Fact::Column(NAME), Fact::Column(USERID), Fact::Column(OSNAME)];
    let holding = Query { conditions: vec![Condition::Holds(texts, "dupont".to_owned())], ..Query::default() };
    let name = Order { by: Fact::Column(NAME), descending: false };
    let software = |folded, order, part: &str| {
        let query = ProgramQuery {
            folded,
            part: part.to_owned(),
            order,
            descending: order == ProgramOrder::Computers,
            ..ProgramQuery::default()
        };
        fleet.programs(&query, 0, 50).total
    };
    let tags = || {
        let index = fleet.look();
        index.spread(&index.select(&Query::default()), Fact::Tag).len()
    };
    let once = |ask: &dyn Fn() -> usize| measured(&[()], |()| ask());
    serde_json::json!({
        "first": once(&|| page(&all, last, 0)),
        "late": once(&|| page(&all, name, 4_000)),
        "limited": once(&|| page(&seen, last, 0)),
        "filtered": once(&|| page(&holding, last, 0)),
        "tags": once(&tags),
        "names": once(&|| software(Folded::ByName, ProgramOrder::Computers, "")),
        "versions": once(&|| software(Folded::ByVersion, ProgramOrder::Computers, "")),
        "by_name": once(&|| software(Folded::ByVersion, ProgramOrder::Name, "")),
        "by_publisher": once(&|| software(Folded::ByVersion, ProgramOrder::Publisher, "")),
        "part": once(&|| software(Folded::ByName, ProgramOrder::Computers, "office")),
    })
}

/// Asks every question so many times: shares of all in milliseconds, and the median of each question in their order.
fn measured<Q>(questions: &[Q], mut ask: impl FnMut(&Q) -> usize) -> serde_json::Value {
    let at =
        |sorted: &[f64], share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or_default();
    let (mut all, mut medians) = (Vec::with_capacity(TIMES * questions.len()), Vec::new());
    for question in questions {
        let mut took: Vec<f64> = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let begun = Instant::now();
            std::hint::black_box(ask(question));
            took.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        medians.push(at(&took, 0.5));
        all.extend(took);
    }
    all.sort_by(f64::total_cmp);
    serde_json::json!({ "p50": at(&all, 0.5), "p99": at(&all, 0.99), "most": all.last(), "medians": medians })
}
