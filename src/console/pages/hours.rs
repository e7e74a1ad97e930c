//! How much agents called in the last day, hour by hour, and what was refused (CON-STA-1).

use jiff::Timestamp as Instant;
use maud::{Markup, html};

use super::LOGS;
use crate::clock::Timestamp;
use crate::console::view::format::number;
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, format};
use crate::history::{Hour, Trouble};

/// Width of one hour in the drawing, and its height.
const WIDE: u64 = 10;
const HIGH: u64 = 60;

/// The hour of the clock in the office: `09:00`; of a zone that is half an hour off, `09:30`.
fn clock(locale: &Locale, at: Timestamp) -> String {
    let zoned = Instant::from_second(at.0).map(|at| at.to_zoned(locale.zone.clone()));
    zoned.map_or_else(|_| String::new(), |at| format!("{:02}:{:02}", at.hour(), at.minute()))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The sums of the day with their words.
pub fn sums(locale: &Locale, day: &[(Timestamp, Hour)]) -> Vec<(String, u64)> {
    let sum = |count: &dyn Fn(&Hour) -> u64| day.iter().map(|(_, hour)| count(hour)).sum::<u64>();
    let mut sums = vec![
        (locale.text("hours.contacts-day").to_owned(), sum(&|hour| hour.contacts)),
        (locale.text("hours.inventories-day").to_owned(), sum(&|hour| hour.inventories)),
    ];
    let refused =
        Trouble::ALL.iter().map(|trouble| (words(locale, *trouble).to_owned(), sum(&|hour| hour.refused(*trouble))));
    sums.extend(refused.filter(|(_, count)| *count > 0));
    sums
}

/// A bar for each hour, inventories in front of contacts; the figures stand in a table below.
pub fn chart(locale: &Locale, day: &[(Timestamp, Hour)]) -> Markup {
    let most = day.iter().map(|(_, hour)| hour.contacts.max(hour.inventories)).max().unwrap_or(0);
    if most == 0 {
        return html! { p { (locale.text("hours.none")) } };
    }
    let height = |count: u64| count.saturating_mul(HIGH).div_ceil(most);
    let bar = |class: &str, at: usize, count: u64| {
        let high = height(count);
        html! {
            @if high > 0 {
                rect class=(class) x=(at as u64 * WIDE + 1) y=(HIGH - high) width=(WIDE - 2) height=(high) {}
            }
        }
    };
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("hours.hour"), kind: Kind::Short, main: true, ..Column::default() },
        Column { title: title("hours.contacts"), kind: Kind::Figures, card: true, ..Column::default() },
        Column { title: title("hours.inventories"), kind: Kind::Figures, card: true, ..Column::default() },
        Column { title: title("hours.refused"), kind: Kind::Figures, card: true, ..Column::default() },
    ];
    let cells = |(begun, hour): &(Timestamp, Hour)| {
        let counts = [hour.contacts, hour.inventories, hour.refusals()];
        let mut row = vec![Cell::Text(clock(locale, *begun).into())];
        row.extend(counts.map(|count| Cell::Number(whole(count))));
        row
    };
    let rows: Vec<Vec<Cell>> = day.iter().rev().map(cells).collect();
    let ends = [day.first(), day.get(day.len() / 2), day.last()];
    html! {
        figure.hours {
            figcaption {
                @for (class, (label, count)) in ["contacts", "inventories"].into_iter().zip(sums(locale, day)) {
                    span { i class=(class) {} (label) " " strong { (number(locale.lang, whole(count))) } }
                }
            }
            svg viewBox={ "0 0 " (day.len() as u64 * WIDE) " " (HIGH) } preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                @for (at, (_, hour)) in day.iter().enumerate() {
                    (bar("contacts", at, hour.contacts))
                    (bar("inventories", at, hour.inventories))
                }
            }
            p.axis aria-hidden="true" { @for (begun, _) in ends.into_iter().flatten() { span { (clock(locale, *begun)) } } }
        }
        details.figures-of {
            summary { (locale.text("hours.table")) }
            (table(locale, &Table { caption: locale.text("hours.title"), columns: &columns, rows: &rows, order: None }))
        }
    }
}

/// What a refusal is called.
pub fn words(locale: &Locale, trouble: Trouble) -> &'static str {
    locale.text(&format!("hours.trouble-{}", trouble.word()))
}

/// Refused messages by their reasons, the most frequent first, with the latest hour of each.
pub fn troubles(locale: &Locale, day: &[(Timestamp, Hour)]) -> Markup {
    let mut rows: Vec<(u64, Timestamp, Trouble)> = Vec::new();
    for trouble in Trouble::ALL {
        let hours = day.iter().filter(|(_, hour)| hour.refused(*trouble) > 0);
        let (mut sum, mut last) = (0, Timestamp(0));
        for (begun, hour) in hours {
            (sum, last) = (sum + hour.refused(*trouble), *begun);
        }
        if sum > 0 {
            rows.push((sum, last, *trouble));
        }
    }
    rows.sort_by_key(|(sum, _, _)| std::cmp::Reverse(*sum));
    if rows.is_empty() {
        return html! { p { (locale.text("hours.no-trouble")) } };
    }
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("hours.reason"), main: true, ..Column::default() },
        Column { title: title("hours.refused"), kind: Kind::Figures, card: true, ..Column::default() },
        Column { title: title("hours.last"), kind: Kind::Short, card: true, ..Column::default() },
    ];
    let cells = |(sum, last, trouble): &(u64, Timestamp, Trouble)| {
        let last = format::moment(locale, *last);
        vec![Cell::Text(words(locale, *trouble).into()), Cell::Number(whole(*sum)), Cell::Text(last.into())]
    };
    let cells: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    let caption = locale.text("hours.troubles");
    html! {
        (table(locale, &Table { caption, columns: &columns, rows: &cells, order: None }))
        p.help { a href=(LOGS) { (locale.text("hours.log")) } }
    }
}
