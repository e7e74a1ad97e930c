//! Lists: what a list can show is declared once, and what is shown is worked out from that declaration, the address
//! and the layout that the account keeps (CON-GEN-9, CON-GEN-10).
//!
//! Only values in, values out: no store, no markup. The markup of every list is in `view::list`.

mod arrange;
pub mod computers;
pub mod fields;
pub mod filters;
mod months;

use std::borrow::Cow;

use super::form::Form;
use super::view::Locale;
use super::view::address::Address;
use super::view::pager::{SIZES, USUAL};
use super::view::table::{Column, Kind, Sort};
use crate::users::layouts::Layout;

pub use arrange::{Arranged, arrange};

/// Cells of a card on a phone.
const CARD: usize = 4;
/// Most characters of what is typed into the filter box.
const PART: usize = 200;

/// A list of the console.
#[derive(Debug, Clone)]
pub struct List {
    /// Its name in layouts and files.
    pub key: &'static str,
    /// Its address; the files have `.csv` and `.xlsx` behind it.
    pub path: &'static str,
    /// Key of its title.
    pub title: &'static str,
    /// Key of how many there are: `.one` and `.many`.
    pub total: &'static str,
    /// Everything that it can show; those that are shown by default in the order in which they then stand.
    pub columns: Vec<ListColumn>,
    /// How it is sorted when nothing else is asked for, as addresses spell it.
    pub usual: &'static str,
    /// Names of further values in its address, which sorting and paging keep.
    pub filters: Vec<&'static str>,
}

/// One column that a list can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListColumn {
    /// Its name in addresses and layouts.
    pub key: &'static str,
    /// Key of its title; unused where it has a label.
    pub title: String,
    /// The title that people gave it.
    pub label: Option<String>,
    /// Key of the unit of its figures; empty for none.
    pub unit: &'static str,
    /// How its cells stand.
    pub kind: Kind,
    /// Names the row: always shown.
    pub main: bool,
    /// Is shown on a phone.
    pub card: bool,
    /// Is shown when nothing else is chosen.
    pub shown: bool,
    /// The list can be sorted by it.
    pub sorts: bool,
    /// The filter box looks at it while it is shown.
    pub searched: bool,
}

impl ListColumn {
    /// A column of words that can be chosen, sorted by and searched.
    pub fn words(key: &'static str, title: &str) -> ListColumn {
        ListColumn {
            key,
            title: title.to_owned(),
            label: None,
            unit: "",
            kind: Kind::Words,
            main: false,
            card: false,
            shown: true,
            sorts: true,
            searched: true,
        }
    }

    /// A column of figures.
    pub fn figures(key: &'static str, title: &str) -> ListColumn {
        ListColumn { kind: Kind::Figures, searched: false, ..ListColumn::words(key, title) }
    }

    /// A column of times.
    pub fn times(key: &'static str, title: &str) -> ListColumn {
        ListColumn { kind: Kind::Short, searched: false, ..ListColumn::words(key, title) }
    }

    /// Its title in words.
    pub fn words_of(&self, locale: &Locale) -> Cow<'static, str> {
        match &self.label {
            Some(label) => Cow::Owned(label.clone()),
            None => Cow::Borrowed(locale.text(&self.title)),
        }
    }

    /// The same, as the name of the row.
    pub fn main(self) -> ListColumn {
        ListColumn { main: true, ..self }
    }

    /// The same, also on a phone.
    pub fn on_card(self) -> ListColumn {
        ListColumn { card: true, ..self }
    }
}

/// Every list whose layout can be kept.
pub fn lists() -> [&'static List; 14] {
    use super::pages::{
        activated, audit, dictionary, groups, imports, packages, repartition, software, statistics, tags, who,
    };
    [
        &computers::LIST,
        &groups::LIST,
        &tags::LIST,
        &repartition::LIST,
        &software::LIST,
        &dictionary::LIST,
        &dictionary::NAMES_LIST,
        &imports::LIST,
        &audit::LIST,
        &statistics::LIST,
        &packages::LIST,
        &packages::REMOVED_LIST,
        &activated::LIST,
        &who::LIST,
    ]
}

/// What a reader sees of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Keys of the columns, in order.
    pub columns: Vec<&'static str>,
    /// The order.
    pub sort: Sort,
    /// The order that a third click on a title returns to: the kept one, or the list's own.
    pub usual: Sort,
    /// Rows on a page.
    pub size: u32,
    /// The page that is asked for; the first is 1.
    pub page: u64,
    /// What a shown text must hold; empty for everything.
    pub part: String,
    /// The address with all that was asked for, except the page.
    pub address: Address,
}

impl List {
    /// The column with this key.
    pub fn column(&self, key: &str) -> Option<&ListColumn> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// Where a column stands among all of the list.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.key == key)
    }

    /// Known keys, each once, with the one that names the row.
    fn chosen<'t>(&self, keys: impl Iterator<Item = &'t str>) -> Vec<&'static str> {
        let mut chosen: Vec<&'static str> = Vec::new();
        for column in keys.filter_map(|key| self.column(key.trim())) {
            if !chosen.contains(&column.key) {
                chosen.push(column.key);
            }
        }
        let named = |key: &&'static str| self.column(key).is_some_and(|column| column.main);
        if !chosen.is_empty()
            && !chosen.iter().any(named)
            && let Some(main) = self.columns.iter().find(|column| column.main)
        {
            chosen.insert(0, main.key);
        }
        chosen
    }

    fn usual_columns(&self) -> Vec<&'static str> {
        self.columns.iter().filter(|column| column.shown).map(|column| column.key).collect()
    }

    /// An order as addresses and layouts spell it; `None` for a column that is not there or has no order.
    fn order(&self, text: &str) -> Option<Sort> {
        let (by, down) = text.strip_prefix('-').map_or((text, false), |by| (by, true));
        self.column(by).filter(|column| column.sorts).map(|column| Sort { by: column.key.to_owned(), down })
    }

    /// What is shown: the address wins over the layout that is kept, and that over the list's own.
    pub fn view(&self, asked: &Form, kept: Option<&Layout>) -> View {
        let mut address = Address::new(self.path);
        let columns = self.chosen(asked.get("cols").split(','));
        if !columns.is_empty() {
            address = address.with("cols", columns.join(","));
        }
        let own = || kept.map(|kept| self.chosen(kept.columns.iter().map(String::as_str)));
        let columns = [columns, own().unwrap_or_default()].into_iter().find(|columns| !columns.is_empty());
        let own = kept.and_then(|kept| self.order(&kept.sort)).or_else(|| self.order(self.usual));
        let usual = own.unwrap_or(Sort { by: String::new(), down: false });
        let sort = self.order(asked.get("sort")).unwrap_or_else(|| usual.clone());
        if sort != usual {
            address = address.with("sort", sort.in_address());
        }
        let own = kept.map(|kept| kept.size).filter(|size| SIZES.contains(size)).unwrap_or(USUAL);
        let size = asked.get("size").parse().ok().filter(|size| SIZES.contains(size)).unwrap_or(own);
        if size != own {
            address = address.with("size", size);
        }
        let part: String = asked.get("q").trim().chars().take(PART).collect();
        if !part.is_empty() {
            address = address.with("q", &part);
        }
        for name in &self.filters {
            if let Some(value) = asked.sent(name) {
                address = address.with(name, value);
            }
        }
        let page = asked.get("page").parse().unwrap_or(1).max(1);
        let columns = columns.unwrap_or_else(|| self.usual_columns());
        View { columns, sort, usual, size, page, part, address }
    }

    /// The layout that a form of columns asks for: those that are ticked, by their numbers and then as they stand.
    pub fn layout(&self, form: &Form) -> Layout {
        let place = |key: &str| form.get(&format!("p.{key}")).trim().parse::<u32>().unwrap_or(u32::MAX);
        let mut ticked = self.chosen(form.all("c"));
        ticked.sort_by_key(|key| place(key));
        let size = form.get("size").parse().ok().filter(|size| SIZES.contains(size)).unwrap_or(USUAL);
        let sort = self.order(form.get("sort")).map(|sort| sort.in_address()).unwrap_or_default();
        Layout { columns: ticked.into_iter().map(str::to_owned).collect(), sort, size }
    }
}

impl View {
    /// The address with all that is seen, so that it shows the same to everybody.
    pub fn whole_address(&self) -> Address {
        self.address.with("cols", self.columns.join(",")).with("sort", self.sort.in_address()).with("size", self.size)
    }

    /// The address of the list with nothing but its filters: columns, order and size are the kept ones.
    pub fn plain_address(&self) -> Address {
        self.address.without("cols").without("sort").without("size")
    }

    /// Columns as tables write them.
    pub fn table_columns(&self, locale: &Locale, list: &List) -> Vec<Column<'static>> {
        let shown = self.columns.iter().filter_map(|key| list.column(key));
        // Who chose columns wants to see the first of them on a phone.
        let usual = self.columns == list.usual_columns();
        let first: Vec<&str> =
            shown.clone().filter(|column| !column.main).map(|column| column.key).take(CARD).collect();
        let column = |column: &ListColumn| Column {
            key: if column.sorts { column.key } else { "" },
            title: column.words_of(locale),
            unit: if column.unit.is_empty() { "" } else { locale.text(column.unit) },
            kind: column.kind,
            main: column.main,
            card: if usual { column.card } else { first.contains(&column.key) },
        };
        shown.map(column).collect()
    }

    /// Those of the shown columns that the filter box looks at.
    pub fn searched<'a>(&'a self, list: &'a List) -> impl Iterator<Item = &'a ListColumn> + 'a {
        self.columns.iter().filter_map(|key| list.column(key)).filter(|column| column.searched)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(query: &str, kept: Option<&Layout>) -> View {
        computers::LIST.view(&Form::read(query, 64).unwrap(), kept)
    }

    fn layout(columns: &[&str], sort: &str, size: u32) -> Layout {
        Layout { columns: columns.iter().map(|key| (*key).to_owned()).collect(), sort: sort.to_owned(), size }
    }

    #[test]
    fn what_cannot_be_asked_for_is_as_if_nothing_was() {
        let usual = view("", None);
        assert_eq!((usual.sort.in_address().as_str(), usual.page, usual.size), ("-lastdate", 1, 50));
        assert_eq!(usual.columns, ["mark", "tag", "lastdate", "name", "userid", "osname", "memory", "processors"]);
        assert_eq!(usual.address.to_string(), "/ocsreports/computers");
        for query in [
            "sort=&page=&size=",
            "sort=password&page=-1&size=7",
            "page=0&size=999999999999",
            "sort=--name&cols=,x",
            "sort=mark",
        ] {
            assert_eq!(view(query, None), usual, "{query}");
        }
        // Of nobody's business: the product key is no column.
        assert!(computers::LIST.column("winprodkey").is_none());
    }

    #[test]
    fn con_gen_10_the_address_wins_over_the_kept_layout_and_that_over_the_lists_own() {
        let kept = layout(&["name", "ssn", "gone", "name"], "ssn", 10);
        let seen = view("", Some(&kept));
        assert_eq!((seen.columns, seen.sort.in_address(), seen.size), (vec!["name", "ssn"], "ssn".to_owned(), 10));
        assert_eq!(seen.address.to_string(), "/ocsreports/computers");
        let seen = view("cols=uuid,name&sort=-uuid&size=25&q=+a%26b+&tag=", Some(&kept));
        assert_eq!(
            (seen.columns.join(","), seen.sort.in_address(), seen.size),
            ("uuid,name".into(), "-uuid".into(), 25)
        );
        assert_eq!(seen.address.to_string(), "/ocsreports/computers?cols=uuid%2Cname&sort=-uuid&size=25&q=a%26b&tag=");
        assert_eq!(seen.plain_address().to_string(), "/ocsreports/computers?q=a%26b&tag=");
        assert_eq!(view("cols=uuid", None).columns, ["name", "uuid"], "a row always has its name");
        let broken = layout(&["gone"], "gone", 7);
        assert_eq!(view("", Some(&broken)), view("", None));
    }

    #[test]
    fn con_gen_18_a_phone_shows_the_first_of_the_columns_that_were_chosen() {
        let locale =
            Locale { lang: crate::i18n::Lang::En, now: crate::clock::Timestamp(0), zone: jiff::tz::TimeZone::UTC };
        let cards = |query| {
            let columns = view(query, None).table_columns(&locale, &computers::LIST);
            columns.iter().filter(|column| column.card).map(|column| column.key).collect::<Vec<_>>()
        };
        assert_eq!(cards(""), ["tag", "lastdate", "userid", "osname"]);
        assert_eq!(cards("cols=ssn,name,uuid,swap,video,memory"), ["ssn", "uuid", "swap", "video"]);
    }

    #[test]
    fn con_gen_9_columns_are_ordered_by_their_numbers() {
        let form = Form::read("c=tag&c=name&c=ssn&p.tag=2&p.ssn=1&p.name=x&sort=-tag&size=100", 64).unwrap();
        assert_eq!(computers::LIST.layout(&form), layout(&["ssn", "tag", "name"], "-tag", 100));
        assert_eq!(computers::LIST.layout(&Form::default()), layout(&[], "", 50));
    }

    proptest! {
        /// CON-GEN-9: the address of a view shows that view to everybody, whatever they keep.
        #[test]
        fn the_whole_address_reproduces_the_view(
            columns in proptest::collection::vec(0..40_usize, 0..6),
            sort in 0..40_usize, down: bool, size in 0..5_usize, part in "[a-z&=% é]{0,8}",
            kept_columns in proptest::collection::vec(0..40_usize, 0..4), kept_sort in 0..40_usize,
        ) {
            let key = |at: &usize| computers::LIST.columns[at % computers::LIST.columns.len()].key;
            let kept = |columns: &[usize], sort: usize| Layout {
                columns: columns.iter().map(|at| key(at).to_owned()).collect(),
                sort: format!("{}{}", if down { "-" } else { "" }, key(&sort)),
                size: SIZES[size],
            };
            let mine = kept(&columns, sort);
            let address = Address::new("/x").with("q", &part).with("tag", &part).to_string();
            let seen = view(address.split_once('?').unwrap().1, Some(&mine));
            let whole = seen.whole_address().to_string();
            let other = view(whole.split_once('?').unwrap().1, Some(&kept(&kept_columns, kept_sort)));
            prop_assert_eq!((&other.columns, &other.sort, other.size, &other.part), (&seen.columns, &seen.sort, seen.size, &seen.part));
            prop_assert_eq!(other.whole_address().to_string(), whole);
        }
    }
}
