//! What every list has around its table: the filter box, the columns to choose from, the filters that are on, the
//! files, boxes in front of rows with a bar of actions, and what is said when there is nothing.

use maud::{Markup, html};

use super::address::Address;
use super::form::{hidden, token};
use super::icon::{Icon, icon};
use super::message::{Empty, empty};
use super::pager::{Pager, SIZES, pager};
use super::table::{Cell, Checks, Order, Table, checked_table};
use super::{Action, Locale, data, format};
use crate::console::lists::filters::Chip;
use crate::console::lists::{Arranged, List, View};

/// Where layouts are kept; the key of the list stands behind.
pub const LAYOUTS: &str = "/ocsreports/layouts";
/// The form that the boxes in front of rows belong to.
const ACTIONS: &str = "actions";

/// A list as it is shown.
pub struct ListPage<'a> {
    /// Its declaration.
    pub list: &'a List,
    /// What is shown of it.
    pub view: &'a View,
    /// The rows of the page, a cell for each column of the view.
    pub rows: &'a [Vec<Cell<'a>>],
    /// Rows on all pages.
    pub total: u64,
    /// The page that is shown; the first is 1.
    pub page: u64,
    /// Filters that are on.
    pub chips: &'a [Chip],
    /// Actions on rows; `None` where there are none.
    pub actions: Option<Actions<'a>>,
    /// Token of the session.
    pub token: &'a str,
    /// Said when the list has nothing at all.
    pub nothing: Empty<'a>,
    /// What stands above the table, such as tabs.
    pub above: Markup,
}

impl<'a> ListPage<'a> {
    /// A list that was arranged here as a whole, without actions on rows and without anything that narrows it.
    pub fn arranged(
        list: &'a List,
        view: &'a View,
        arranged: &'a Arranged<'a>,
        token: &'a str,
        nothing: Empty<'a>,
        above: Markup,
    ) -> ListPage<'a> {
        let Arranged { rows, total, page } = arranged;
        ListPage { list, view, rows, total: *total, page: *page, chips: &[], actions: None, token, nothing, above }
    }
}

/// What can be done with rows.
pub struct Actions<'a> {
    /// The value of each row's box.
    pub values: &'a [String],
    /// All are checked from the start: the reader without scripting asked for it.
    pub all: bool,
    /// Where each leads, by POST, and its verb; dangerous ones last.
    pub buttons: &'a [Action],
}

/// Writes the list.
pub fn list(locale: &Locale, page: &ListPage) -> Markup {
    let (view, address) = (page.view, &page.view.address);
    let narrowed = !view.part.is_empty() || !page.chips.is_empty();
    let here = if page.page > 1 { address.with("page", page.page) } else { address.clone() };
    html! {
        (page.above)
        @if page.total > 0 || narrowed {
            (tools(locale, page))
            (chips(locale, page.chips))
        }
        @if page.total == 0 && narrowed {
            (no_match(locale, page))
        } @else if page.total == 0 {
            (empty(&page.nothing))
        } @else {
            @let columns = view.table_columns(locale, page.list);
            @let order = Order { address: &here, current: &view.sort, usual: &view.usual };
            @let table = Table {
                caption: locale.text(page.list.title), columns: &columns, rows: page.rows, order: Some(order),
            };
            @if let Some(actions) = &page.actions {
                (checked_table(locale, &table, Some(&Checks { form: ACTIONS, values: actions.values, all: actions.all })))
                (bar(locale, page, actions, &here))
            } @else {
                (checked_table(locale, &table, None))
            }
            (pager(locale, &Pager { address: &here, page: page.page, size: view.size, total: page.total, export: None }))
        }
    }
}

fn tools(locale: &Locale, page: &ListPage) -> Markup {
    let (view, list) = (page.view, page.list);
    let files = view.address.without("size");
    let title = |key| locale.text(key);
    html! {
        div.tools {
            form.find method="get" action=(list.path) role="search" {
                @for (name, value) in view.address.without("q").values() { (hidden(name, value)) }
                label.unseen for="q" { (title("list.find")) }
                span.box {
                    (icon(Icon::Search))
                    input #q name="q" type="search" value=(view.part) placeholder=(title("list.find")) autocomplete="off" spellcheck="false";
                }
                button.button { (title("list.find-do")) }
            }
            p.total data-total=(page.total) { (locale.count(list.total, page.total)) }
            p.files {
                a href=(files.at(format!("{}.csv", list.path))) title=(title("pager.export-title")) { (title("pager.export")) }
                a href=(files.at(format!("{}.xlsx", list.path))) title=(title("list.xlsx-title")) { (title("list.xlsx")) }
            }
            (chooser(locale, page))
        }
    }
}

/// Columns, order and rows of a page, to be kept for the account. Without scripting, numbers give the order.
fn chooser(locale: &Locale, page: &ListPage) -> Markup {
    let (view, list) = (page.view, page.list);
    let place = |key: &str| view.columns.iter().position(|shown| *shown == key);
    let shown = view.columns.iter().filter_map(|key| list.column(key));
    let others = list.columns.iter().filter(|column| place(column.key).is_none());
    let number = |key: &str| place(key).map(|at| (at + 1).to_string()).unwrap_or_default();
    let sorts = list.columns.iter().filter(|column| column.sorts);
    html! {
        details.chooser data-closes {
            summary.button { (icon(Icon::Columns)) span { (locale.text("list.columns")) } }
            form.float method="post" action={ (LAYOUTS) "/" (list.key) } {
                (token(page.token))
                (hidden("back", &view.plain_address().to_string()))
                fieldset.columns {
                    legend { (locale.text("list.columns-help")) }
                    @for column in shown.chain(others) {
                        @let title = column.words_of(locale);
                        div {
                            label {
                                input type="checkbox" name="c" value=(column.key)
                                    checked[place(column.key).is_some()] disabled[column.main];
                                (data(&title))
                            }
                            @if column.main { (hidden("c", column.key)) }
                            input type="number" name={ "p." (column.key) } min="1" max="99" value=(number(column.key))
                                aria-label=(data(&locale.fill("list.place", &[("column", &title)])));
                        }
                    }
                }
                div.layout-rest {
                    label { (locale.text("list.sorted"))
                        select name="sort" {
                            @for column in sorts {
                                @for (down, key) in [(false, "list.up"), (true, "list.down")] {
                                    @let value = format!("{}{}", if down { "-" } else { "" }, column.key);
                                    option value=(value) selected[value == view.sort.in_address()] {
                                        (data(&locale.fill(key, &[("column", &column.words_of(locale))])))
                                    }
                                }
                            }
                        }
                    }
                    label { (locale.text("pager.sizes"))
                        select name="size" {
                            @for size in SIZES {
                                option value=(size) selected[size == view.size] { (format::number(locale.lang, i64::from(size))) }
                            }
                        }
                    }
                }
                div.actions {
                    button.button.primary { (locale.text("list.keep")) }
                    button.button name="reset" value="1" { (locale.text("list.reset")) }
                }
                p.help { a href=(view.whole_address()) { (locale.text("list.address")) } }
            }
        }
    }
}

fn chips(locale: &Locale, chips: &[Chip]) -> Markup {
    html! {
        @if !chips.is_empty() {
            ul.chips aria-label=(locale.text("list.filters")) {
                @for chip in chips {
                    li {
                        span { (data(&chip.text)) }
                        a href=(chip.without) title=(locale.text("list.without")) {
                            (icon(Icon::Close)) span.unseen { (locale.text("list.without")) }
                        }
                    }
                }
            }
        }
    }
}

fn no_match(locale: &Locale, page: &ListPage) -> Markup {
    let mut criteria: Vec<String> = page.chips.iter().map(|chip| chip.text.clone()).collect();
    if !page.view.part.is_empty() {
        criteria.push(locale.fill("list.holding", &[("part", &page.view.part)]));
    }
    let label = locale.text("list.no-match-do").to_owned();
    empty(&Empty {
        icon: Icon::Search,
        title: locale.text("list.no-match"),
        why: &criteria.join(" · "),
        action: Some(Action { href: page.list.path.to_owned(), label }),
    })
}

/// What can be done with the checked rows, or with all that were found. Without scripting it is always there.
fn bar(locale: &Locale, page: &ListPage, actions: &Actions, here: &Address) -> Markup {
    let Some(first) = actions.buttons.first() else { return Markup::default() };
    let whole = format::number(locale.lang, i64::try_from(page.total).unwrap_or(i64::MAX));
    html! {
        form.action-bar #(ACTIONS) method="post" action=(first.href) data-actions {
            (token(page.token))
            (hidden("where", &page.view.address.to_string()))
            fieldset {
                legend.unseen { (locale.text("list.actions")) }
                label {
                    input type="radio" name="scope" value="checked" checked;
                    span data-checked=(locale.fill("list.checked-n", &[("n", &0)])) { (locale.text("list.checked")) }
                }
                label {
                    input type="radio" name="scope" value="whole";
                    span { (locale.fill("list.whole", &[("n", &whole)])) }
                }
            }
            p.check-links {
                a href=(here.with("check", "page")) data-check="page" { (locale.text("list.check-page")) }
                a href=(here) data-check="none" { (locale.text("list.check-none")) }
            }
            div.buttons {
                @for action in actions.buttons { button.button formaction=(action.href) { (action.label) } }
            }
        }
    }
}
