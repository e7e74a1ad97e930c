//! All computers (CON-INV-2): the default columns, sorting, paging, and what is said when there is nothing.

use maud::{Markup, html};

use super::{COMPUTERS, COMPUTERS_CSV, NEXT_STEPS};
use crate::clock::Timestamp;
use crate::console::view::address::Address;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Empty, empty};
use crate::console::view::pager::{Pager, pager};
use crate::console::view::table::{Cell, Column, Kind, Order, Sort, Table, table};
use crate::console::view::{Action, Locale};
use crate::id::ComputerId;

/// One computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComputerRow {
    /// Its number.
    pub id: ComputerId,
    /// Its name.
    pub name: String,
    /// Its TAG.
    pub tag: String,
    /// Its last inventory.
    pub last_inventory: Option<Timestamp>,
    /// Who was logged in.
    pub user: String,
    /// Its operating system.
    pub system: String,
    /// Memory in MB.
    pub memory: Option<i64>,
    /// Speed of the processor in MHz.
    pub speed: Option<i64>,
}

/// Whether computers are left out by what the reader asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All computers are listed.
    All,
    /// Only those that match are listed.
    For {
        /// What was asked for, as a sentence.
        criteria: String,
        /// The list without it.
        clear: String,
    },
}

/// What the list shows.
#[derive(Debug, Clone)]
pub struct ComputersPage<'a> {
    /// The computers of this page, in order.
    pub rows: &'a [ComputerRow],
    /// How many there are on all pages.
    pub total: u64,
    /// Which page this is; the first is 1.
    pub page: u64,
    /// Rows on a page.
    pub size: u32,
    /// The order, by one of [`SORTS`].
    pub sort: &'a Sort,
    /// The address with everything that was asked for.
    pub address: &'a Address,
    /// Whether computers are left out.
    pub asked: Asked,
}

/// Title key of the page.
pub const TITLE: &str = "computers.title";

/// Columns that the list can be sorted by, as the address spells them.
pub const SORTS: [&str; 7] = ["tag", "last", "name", "user", "system", "memory", "speed"];

/// The order when nothing is asked for: the newest inventory first.
pub fn usual_order() -> Sort {
    Sort { by: "last".to_owned(), down: true }
}

/// Writes the body.
pub fn body(locale: &Locale, page: &ComputersPage) -> Markup {
    if page.total == 0 {
        return nothing(locale, &page.asked);
    }
    let columns = columns(locale);
    let rows: Vec<_> = page.rows.iter().map(cells).collect();
    let usual = usual_order();
    let order = Order { address: page.address, current: page.sort, usual: &usual };
    let export = page.address.without("page").without("size").at(COMPUTERS_CSV);
    let pages =
        Pager { address: page.address, page: page.page, size: page.size, total: page.total, export: Some(&export) };
    html! {
        (table(locale, &Table { caption: locale.text(TITLE), columns: &columns, rows: &rows, order: Some(order) }))
        (pager(locale, &pages))
    }
}

/// The columns of the list.
pub fn columns(locale: &Locale) -> [Column<'static>; 7] {
    let column = |key, title: &str, unit: &str, kind| Column {
        key,
        title: locale.text(title).into(),
        unit: if unit.is_empty() { "" } else { locale.text(unit) },
        kind,
        ..Column::default()
    };
    [
        Column { card: true, ..column("tag", "computers.tag", "", Kind::Words) },
        Column { card: true, ..column("last", "computers.last-inventory", "", Kind::Short) },
        Column { main: true, ..column("name", "computers.name", "", Kind::Words) },
        Column { card: true, ..column("user", "computers.user", "", Kind::Words) },
        Column { card: true, ..column("system", "computers.system", "", Kind::Words) },
        column("memory", "computers.memory", "unit.mb", Kind::Figures),
        column("speed", "computers.speed", "unit.mhz", Kind::Figures),
    ]
}

/// The cells of a computer, one for each column.
pub fn cells(row: &ComputerRow) -> Vec<Cell<'_>> {
    vec![
        Cell::text(&row.tag),
        Cell::date(row.last_inventory),
        Cell::Link { href: format!("{COMPUTERS}/{}", row.id).into(), text: (&row.name).into() },
        Cell::text(&row.user),
        Cell::text(&row.system),
        Cell::number(row.memory),
        Cell::number(row.speed),
    ]
}

fn nothing(locale: &Locale, asked: &Asked) -> Markup {
    match asked {
        Asked::All => empty(&Empty {
            icon: Icon::Computer,
            title: locale.text("computers.none"),
            why: locale.text("computers.none-why"),
            action: Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() }),
        }),
        Asked::For { criteria, clear } => empty(&Empty {
            icon: Icon::Search,
            title: locale.text("computers.no-match"),
            why: criteria,
            action: Some(Action { href: clear.clone(), label: locale.text("computers.no-match-do").to_owned() }),
        }),
    }
}
