//! The way of each package to a computer: told, information fetched, fragments fetched, result (CON-PC-7, CON-PC-9).

use std::net::IpAddr;

use maud::{Markup, html};

use super::packages::{PackageRow, tone, word};
use crate::console::view::Locale;
use crate::console::view::format;
use crate::console::view::table::{Cell, Column, Kind, Table, table};

/// Writes the way of each package. `address` is where the computer was heard from last: what is fetched names its
/// address only.
pub fn course(locale: &Locale, rows: &[PackageRow], address: Option<IpAddr>) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("packages-of.name"), main: true, ..Column::default() },
        Column { title: title("course.told"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("course.info"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("course.fragments"), card: true, ..Column::default() },
        Column { title: title("course.result"), card: true, ..Column::default() },
        Column { title: title("packages-of.at"), kind: Kind::Short, card: true, ..Column::default() },
    ];
    let cells = |row: &PackageRow| {
        let over = !row.state.is_open();
        vec![
            Cell::Text(row.name.clone().into()),
            Cell::date(row.told),
            Cell::date(row.fetch.and_then(|fetch| fetch.info)),
            fragments(locale, row).map_or(Cell::Empty, |text| Cell::Text(text.into())),
            if over { Cell::State(tone(row.state.phase()), word(locale, &row.state).into()) } else { Cell::Empty },
            if over { Cell::Date(row.at) } else { Cell::Empty },
        ]
    };
    let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    html! {
        h3 { (locale.text("course.title")) }
        (table(locale, &Table { caption: locale.text("course.title"), columns: &columns, rows: &rows, order: None }))
        @match address {
            Some(address) => p.help { (locale.fill("course.address", &[("address", &address)])) },
            None => p.help { (locale.text("course.no-address")) },
        }
    }
}

/// How often fragments were asked for, of how many, and when last.
fn fragments(locale: &Locale, row: &PackageRow) -> Option<String> {
    let fetch = row.fetch?;
    let (last, asked) = (format::moment(locale, fetch.last?), u64::from(fetch.fragments));
    let key = if asked > u64::from(row.fragments) { "course.asked-more" } else { "course.asked" };
    let number = |n: u64| format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let (asked, all) = (number(asked), number(u64::from(row.fragments)));
    Some(locale.fill(key, &[("asked", &asked), ("all", &all), ("last", &last)]))
}
