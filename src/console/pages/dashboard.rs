//! The front page: numbers and charts, each a link to the computers that it counts.

use maud::{Markup, html};

use crate::console::view::card::card;
use crate::console::view::format::number;
use crate::console::view::{Locale, counted, data};

/// Title key of the page.
pub const TITLE: &str = "dashboard.title";

/// What the page shows.
#[derive(Debug, Clone)]
pub struct DashboardPage {
    /// The numbers, in their order.
    pub numbers: Vec<Number>,
    /// The charts, in their order.
    pub charts: Vec<Chart>,
}

/// One number.
#[derive(Debug, Clone)]
pub struct Number {
    /// Of what.
    pub label: String,
    /// How many.
    pub value: u64,
    /// The list of them.
    pub href: String,
}

/// How the computers spread over something.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Over what.
    pub title: &'static str,
    /// Its bars, in their order; together they are all computers.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it stands for; may be data.
    pub label: String,
    /// How many computers.
    pub computers: u64,
    /// The list of them.
    pub href: String,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &DashboardPage) -> Markup {
    html! {
        ul.tiles data-keys {
            @for entry in &page.numbers {
                li {
                    (counted(&entry.href, entry.value, html! {
                        strong { (number(locale.lang, entry.value as i64)) }
                        span { (data(&entry.label)) }
                    }))
                }
            }
        }
        div.charts { @for chart in &page.charts { (card(Some(chart.title), bars(locale, chart))) } }
    }
}

/// A chart is a table: its bars are drawn for those who see them, and its words and figures are for everybody.
pub fn bars(locale: &Locale, chart: &Chart) -> Markup {
    let most = chart.bars.iter().map(|bar| bar.computers).max().unwrap_or(0).max(1);
    html! {
        table.chart {
            caption.unseen { (chart.title) }
            thead.unseen {
                tr { th scope="col" { (chart.title) } th scope="col" { (locale.text("column.computers")) } }
            }
            tbody {
                @for bar in &chart.bars {
                    @let width = format!("{:.1}", bar.computers as f64 * 100.0 / most as f64);
                    tr {
                        th scope="row" {
                            (counted(&bar.href, bar.computers, html! {
                                span.words { (data(&bar.label)) }
                                svg.bar-drawn viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
                                    rect width="100" height="8" {}
                                    rect.full width=(width) height="8" {}
                                }
                            }))
                        }
                        td.figures { (number(locale.lang, bar.computers as i64)) }
                    }
                }
            }
        }
    }
}
