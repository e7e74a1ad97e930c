//! Tables: the heart of the console.
//!
//! The header and the main column stay in sight while the rest scrolls inside the table. The sort order is a part of
//! the address: a first click sorts, a second turns the order round, a third returns to the list's own order. On a
//! phone a row becomes a card of the cells that matter most.

use std::borrow::Cow;

use maud::{Markup, html};

use super::address::Address;
use super::icon::{Icon, icon};
use super::message::Tone;
use super::{Locale, counted, data, format, link, mono};
use crate::clock::Timestamp;

/// Most characters of a value that stays on one line.
const LONG: usize = 40;

/// How the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Words: to the left.
    #[default]
    Words,
    /// Figures: to the right, in columns.
    Figures,
    /// Times and codes: to the left, never broken over lines.
    Short,
}

/// One column.
#[derive(Debug, Clone, Default)]
pub struct Column<'a> {
    /// Its name in the address when the list is sorted by it; empty when it cannot be.
    pub key: &'a str,
    /// Its title.
    pub title: Cow<'a, str>,
    /// The unit of its figures.
    pub unit: &'a str,
    /// How its cells stand.
    pub kind: Kind,
    /// Stays in sight, names the row, and is the title of the card on a phone.
    pub main: bool,
    /// Is among the cells that a card shows on a phone.
    pub card: bool,
}

/// One value in a table or a list of definitions.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Words.
    Text(Cow<'a, str>),
    /// A code that people compare and copy: serials, addresses, versions, ids.
    Mono(Cow<'a, str>),
    /// A whole number, in the unit of the column.
    Number(i64),
    /// A size in MB.
    Size(i64),
    /// A time, exact.
    Date(Timestamp),
    /// A time, in words.
    Since(Timestamp),
    /// A number with a fraction.
    Decimal(f32),
    /// A number with every digit that was typed, and how people of the reader's language write it.
    Exact(f64, Cow<'a, str>),
    /// A day without a time.
    Day(jiff::civil::Date),
    /// A share in hundredths.
    Percent(f32),
    /// A share in hundredths, drawn as a bar beside its figure.
    Filled(f32),
    /// A number that leads to what it counts.
    Counted {
        /// Where it leads.
        href: Cow<'a, str>,
        /// The number.
        count: i64,
    },
    /// Several codes, one a line.
    Lines(Cow<'a, str>),
    /// A red dot; its words are for screen readers and for who points at it.
    Mark(Cow<'a, str>),
    /// A link.
    Link {
        /// Where it leads.
        href: Cow<'a, str>,
        /// Its words.
        text: Cow<'a, str>,
    },
    /// Yes or no.
    Flag(bool),
    /// A word with a shape and colour.
    State(Tone, Cow<'a, str>),
    /// Nothing is known.
    Empty,
}

impl<'a> Cell<'a> {
    /// Text, or an empty cell when there is none.
    pub fn text(value: &'a str) -> Cell<'a> {
        if value.trim().is_empty() { Cell::Empty } else { Cell::Text(value.into()) }
    }

    /// A code, or an empty cell when there is none.
    pub fn mono(value: &'a str) -> Cell<'a> {
        if value.trim().is_empty() { Cell::Empty } else { Cell::Mono(value.into()) }
    }

    /// A number, or an empty cell when it is unknown.
    pub fn number(value: Option<i64>) -> Cell<'a> {
        value.map_or(Cell::Empty, Cell::Number)
    }

    /// A size in MB, or an empty cell when it is unknown.
    pub fn size(mb: Option<i64>) -> Cell<'a> {
        mb.map_or(Cell::Empty, Cell::Size)
    }

    /// An exact time, or an empty cell when it is unknown.
    pub fn date(at: Option<Timestamp>) -> Cell<'a> {
        at.map_or(Cell::Empty, Cell::Date)
    }

    /// Is broken over several lines; shorter ones stay on one, so that rows keep their height.
    fn is_long(&self) -> bool {
        match self {
            Cell::Text(text) | Cell::Mono(text) | Cell::Link { text, .. } => text.chars().nth(LONG).is_some(),
            _ => false,
        }
    }

    /// The same, on its own.
    pub fn into_owned(self) -> Cell<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Cell::Text(text) => Cell::Text(own(text)),
            Cell::Mono(text) => Cell::Mono(own(text)),
            Cell::Lines(text) => Cell::Lines(own(text)),
            Cell::Mark(text) => Cell::Mark(own(text)),
            Cell::State(tone, text) => Cell::State(tone, own(text)),
            Cell::Link { href, text } => Cell::Link { href: own(href), text: own(text) },
            Cell::Counted { href, count } => Cell::Counted { href: own(href), count },
            Cell::Number(number) => Cell::Number(number),
            Cell::Size(size) => Cell::Size(size),
            Cell::Decimal(number) => Cell::Decimal(number),
            Cell::Exact(number, text) => Cell::Exact(number, own(text)),
            Cell::Day(day) => Cell::Day(day),
            Cell::Percent(number) => Cell::Percent(number),
            Cell::Filled(share) => Cell::Filled(share),
            Cell::Date(at) => Cell::Date(at),
            Cell::Since(at) => Cell::Since(at),
            Cell::Flag(flag) => Cell::Flag(flag),
            Cell::Empty => Cell::Empty,
        }
    }

    /// A time in words, or an empty cell when it is unknown.
    pub fn since(at: Option<Timestamp>) -> Cell<'a> {
        at.map_or(Cell::Empty, Cell::Since)
    }
}

/// The column that a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// [`Column::key`].
    pub by: String,
    /// Largest first.
    pub down: bool,
}

impl Sort {
    /// The order as the address spells it: `name`, or `-name` for the largest first.
    pub fn in_address(&self) -> String {
        format!("{}{}", if self.down { "-" } else { "" }, self.by)
    }
}

/// A table.
pub struct Table<'a> {
    /// What the table lists, for screen readers.
    pub caption: &'a str,
    /// Its columns.
    pub columns: &'a [Column<'a>],
    /// Its rows, as many cells as columns.
    pub rows: &'a [Vec<Cell<'a>>],
    /// How it is sorted, when it can be.
    pub order: Option<Order<'a>>,
}

/// How a table is sorted and where other orders are found.
pub struct Order<'a> {
    /// The address of the list as it is shown.
    pub address: &'a Address,
    /// The order that is shown.
    pub current: &'a Sort,
    /// The order of the list when nothing is asked for.
    pub usual: &'a Sort,
}

impl Order<'_> {
    /// Where a click on the title of a column leads.
    fn next(&self, key: &str) -> Address {
        let first = Sort { by: key.to_owned(), down: false };
        let turned = Sort { by: key.to_owned(), down: true };
        let wanted = if self.current.by != key {
            first
        } else if self.usual.by == key {
            Sort { by: key.to_owned(), down: !self.current.down }
        } else if self.current.down {
            self.usual.clone()
        } else {
            turned
        };
        let address = self.address.without("page");
        if wanted == *self.usual { address.without("sort") } else { address.with("sort", wanted.in_address()) }
    }
}

/// Boxes in front of the rows, for actions on some of them.
pub struct Checks<'a> {
    /// The id of the form that they belong to.
    pub form: &'a str,
    /// The value of each row's box.
    pub values: &'a [String],
    /// All are checked from the start.
    pub all: bool,
}

/// Writes a table.
pub fn table(locale: &Locale, table: &Table) -> Markup {
    checked_table(locale, table, None)
}

/// Writes a table with boxes in front of its rows.
pub fn checked_table(locale: &Locale, table: &Table, checks: Option<&Checks>) -> Markup {
    html! {
        div.table-box tabindex="0" role="region" aria-label=(data(table.caption)) {
            table data-keys {
                caption.unseen { (data(table.caption)) }
                thead { tr {
                    @if checks.is_some() { th.check { span.unseen { (locale.text("list.check")) } } }
                    @for column in table.columns { (head(locale, column, table.order.as_ref())) }
                } }
                tbody {
                    @for (at, row) in table.rows.iter().enumerate() {
                        tr {
                            @if let Some((checks, value)) = checks.and_then(|checks| Some((checks, checks.values.get(at)?))) {
                                td.check {
                                    label {
                                        input type="checkbox" name="id" value=(value) form=(checks.form) checked[checks.all];
                                        span.unseen { (locale.text("list.check")) }
                                    }
                                }
                            }
                            @for (column, value) in table.columns.iter().zip(row) { (body_cell(locale, column, value)) }
                        }
                    }
                }
            }
        }
    }
}

fn head(locale: &Locale, column: &Column, order: Option<&Order>) -> Markup {
    let title = html! {
        (data(&column.title)) @if !column.unit.is_empty() { " " span.unit { (column.unit) } }
    };
    let Some(order) = order.filter(|_| !column.key.is_empty()) else {
        return html! { th scope="col" class=[class(column)] { (title) } };
    };
    let sorted = (order.current.by == column.key).then_some(order.current.down);
    let aria = sorted.map(|down| if down { "descending" } else { "ascending" });
    html! {
        th scope="col" class=[class(column)] aria-sort=[aria] {
            a.sort href=(order.next(column.key)) title=(locale.text("table.sort")) {
                span { (title) }
                @match sorted {
                    Some(true) => (icon(Icon::Down)),
                    Some(false) => (icon(Icon::Up)),
                    None => {},
                }
            }
        }
    }
}

fn body_cell(locale: &Locale, column: &Column, value: &Cell) -> Markup {
    let class = match (class(column), value.is_long()) {
        (Some(class), true) => Some(format!("{class} long")),
        (Some(class), false) => Some(class.to_owned()),
        (None, true) => Some("long".to_owned()),
        (None, false) => None,
    };
    if column.main {
        return html! { th scope="row" class=[class] { (cell(locale, value)) } };
    }
    let label = (column.card && *value != Cell::Empty).then(|| data(&column.title));
    html! { td class=[class] data-label=[label] { (cell(locale, value)) } }
}

fn class(column: &Column) -> Option<&'static str> {
    match (column.main, column.card, column.kind) {
        (true, _, _) => Some("main"),
        (_, true, Kind::Words) => Some("on-card"),
        (_, true, Kind::Figures) => Some("figures on-card"),
        (_, true, Kind::Short) => Some("short on-card"),
        (_, false, Kind::Words) => None,
        (_, false, Kind::Figures) => Some("figures"),
        (_, false, Kind::Short) => Some("short"),
    }
}

/// Writes one value.
pub fn cell(locale: &Locale, value: &Cell) -> Markup {
    html! {
        @match value {
            Cell::Text(text) => (data(text)),
            Cell::Mono(text) => (mono(text)),
            Cell::Number(n) => (format::number(locale.lang, *n)),
            Cell::Size(mb) => (format::size(locale.lang, *mb)),
            Cell::Decimal(n) => (format::decimal(locale.lang, *n)),
            Cell::Exact(_, text) => (text),
            Cell::Day(day) => (day),
            Cell::Percent(n) => (format::percent(locale.lang, *n)),
            Cell::Filled(share) => (filled(locale, *share)),
            Cell::Counted { href, count } => {
                (counted(href, count.unsigned_abs(), html! { (format::number(locale.lang, *count)) }))
            },
            Cell::Lines(text) => @for line in text.lines() { div.line { (mono(line)) } },
            Cell::Mark(text) => span.dot title=(data(text)) { span.unseen { (data(text)) } },
            Cell::Date(at) => (format::date(locale, *at)),
            Cell::Since(at) => (format::since(locale, *at)),
            Cell::Link { href, text } => (link(href, text)),
            Cell::Flag(true) => span.flag { (icon(Icon::Yes)) (locale.text("yes")) },
            Cell::Flag(false) => span.flag.off { (icon(Icon::No)) (locale.text("no")) },
            Cell::State(tone, text) => {
                span class={ "state " (tone.class()) } { (icon(tone.icon())) (data(text)) }
            },
            Cell::Empty => {},
        }
    }
}

/// How full something is; from nine tenths on it is marked.
fn filled(locale: &Locale, share: f32) -> Markup {
    let share = share.clamp(0.0, 100.0);
    html! {
        span.filled {
            svg.bar-drawn.nearly[share >= 90.0] viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                rect width="100" height="8" {}
                rect.full width=(format!("{share:.1}")) height="8" {}
            }
            span { (format::percent(locale.lang, share.round())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(current: (&str, bool), key: &str) -> String {
        let sort = |(by, down): (&str, bool)| Sort { by: by.to_owned(), down };
        let (current, usual) = (sort(current), sort(("last", true)));
        let address = Address::new("/list").with("tag", "A").with("page", 7);
        Order { address: &address, current: &current, usual: &usual }.next(key).to_string()
    }

    #[test]
    fn a_third_click_returns_to_the_lists_own_order() {
        assert_eq!(next(("last", true), "name"), "/list?tag=A&sort=name");
        assert_eq!(next(("name", false), "name"), "/list?tag=A&sort=-name");
        assert_eq!(next(("name", true), "name"), "/list?tag=A");
        assert_eq!(next(("last", true), "last"), "/list?tag=A&sort=last");
        assert_eq!(next(("last", false), "last"), "/list?tag=A");
    }

    #[test]
    fn what_is_unknown_is_an_empty_cell() {
        let cells = [Cell::text("  "), Cell::mono(""), Cell::number(None), Cell::size(None), Cell::date(None)];
        assert!(cells.iter().all(|cell| *cell == Cell::Empty));
    }
}
