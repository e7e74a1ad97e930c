//! Below a list: which part of it is shown, the other pages, and how many rows a page holds.

use maud::{Markup, html};

use super::address::Address;
use super::icon::{Icon, icon};
use super::{Locale, format};

/// How many rows a page may hold.
pub const SIZES: [u32; 5] = [10, 25, 50, 100, 1000];
/// How many rows a page holds when nothing is asked for.
pub const USUAL: u32 = 50;

/// Where in a list the reader is.
pub struct Pager<'a> {
    /// The address of the list as it is shown.
    pub address: &'a Address,
    /// The page that is shown; the first is 1.
    pub page: u64,
    /// Rows on a page.
    pub size: u32,
    /// Rows in all.
    pub total: u64,
    /// All rows as a CSV file, in the order that is shown.
    pub export: Option<&'a Address>,
}

impl Pager<'_> {
    /// The number of the last page; an empty list has one page.
    pub fn last(&self) -> u64 {
        self.total.div_ceil(u64::from(self.size.max(1))).max(1)
    }

    fn href(&self, page: u64) -> Address {
        if page <= 1 { self.address.without("page") } else { self.address.with("page", page) }
    }

    /// The pages that get a link of their own: the ends, and those around the one that is shown. `None` is a gap.
    fn links(&self) -> Vec<Option<u64>> {
        let (here, last) = (self.page, self.last());
        let mut links = Vec::new();
        let mut before = 0;
        for page in (1..=last.min(1)).chain(here.saturating_sub(1).max(2)..=(here + 1).min(last)).chain([last]) {
            if page <= before {
                continue;
            }
            // A gap of one page is that page: `1 … 3` would hide as much as it shows.
            if page == before + 2 {
                links.push(Some(before + 1));
            } else if page > before + 1 {
                links.push(None);
            }
            links.push(Some(page));
            before = page;
        }
        links
    }
}

/// Writes the line below a list.
pub fn pager(locale: &Locale, pager: &Pager) -> Markup {
    let number = |n: u64| format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let size = u64::from(pager.size);
    let from = (pager.page.saturating_sub(1) * size + 1).min(pager.total);
    let to = (pager.page * size).min(pager.total);
    let range =
        locale.fill("pager.range", &[("from", &number(from)), ("to", &number(to)), ("total", &number(pager.total))]);
    html! {
        div.pager {
            p.range { (range) }
            @if pager.last() > 1 { (pages(locale, pager)) }
            @if let Some(export) = pager.export {
                p.export { a href=(export) title=(locale.text("pager.export-title")) { (locale.text("pager.export")) } }
            }
            @if pager.total > u64::from(SIZES[0]) {
                nav.sizes aria-label=(locale.text("pager.sizes")) {
                    span aria-hidden="true" { (locale.text("pager.sizes")) }
                    ul {
                        @for size in SIZES {
                            li {
                                a href=(pager.address.without("page").with("size", size))
                                    aria-current=[(size == pager.size).then_some("true")] {
                                    (number(u64::from(size)))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn pages(locale: &Locale, pager: &Pager) -> Markup {
    let (here, last) = (pager.page, pager.last());
    html! {
        nav.pages aria-label=(locale.text("pager.pages")) {
            ul {
                @if here > 1 {
                    li { a.turn rel="prev" href=(pager.href(here - 1)) {
                        (icon(Icon::Back)) span { (locale.text("pager.back")) }
                    } }
                }
                @for link in pager.links() {
                    @match link {
                        Some(page) => li.number {
                            a href=(pager.href(page)) aria-current=[(page == here).then_some("page")] {
                                (format::number(locale.lang, i64::try_from(page).unwrap_or(i64::MAX)))
                            }
                        },
                        None => li.number.gap aria-hidden="true" { "…" },
                    }
                }
                @if here < last {
                    li { a.turn rel="next" href=(pager.href(here + 1)) {
                        span { (locale.text("pager.next")) } (icon(Icon::Next))
                    } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(page: u64, total: u64) -> String {
        let address = Address::new("/list");
        let links = Pager { address: &address, page, size: 10, total, export: None }.links();
        links.iter().map(|link| link.map_or("…".to_owned(), |page| page.to_string())).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_ends_and_the_neighbours_are_one_click_away() {
        assert_eq!(links(1, 0), "1");
        assert_eq!(links(1, 20), "1 2");
        assert_eq!(links(1, 200), "1 2 … 20");
        assert_eq!(links(4, 200), "1 2 3 4 5 … 20");
        assert_eq!(links(10, 200), "1 … 9 10 11 … 20");
        assert_eq!(links(20, 200), "1 … 19 20");
    }
}
