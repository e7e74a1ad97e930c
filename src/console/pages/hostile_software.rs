//! Hostile text in the pages of software and of the dictionary.

use maud::Markup;

use super::dictionary::{self, CategoriesPage, MovePage, NamesPage};
use super::sample;
use super::software::{self, SoftwarePage};
use crate::console::lists::filters::Chip;
use crate::console::view::Locale;
use crate::console::view::form::FieldError;
use crate::dictionary::Category;
use crate::fleet::{Folded, Program, Shelf};
use crate::inventory::software::ItemId;

/// The pages with `x` wherever a text of agents or people stands.
pub fn pages(locale: &Locale, x: &str, chips: &[Chip], asked: &str) -> Vec<(&'static str, Markup)> {
    let own = |text: &str| text.to_owned();
    let mut written = Vec::new();
    let categories = [Category::New, Category::Own(x.into())];
    let program = |versions| Program {
        item: ItemId(1),
        name: own(x),
        publisher: own(x),
        version: own(x),
        versions,
        category: Category::Own(x.into()),
        computers: 2,
    };
    let view = sample::view(&software::LIST, asked);
    for (folded, versions) in [(Folded::ByName, 3), (Folded::ByVersion, 1)] {
        let rows = [software::cells(locale, &view, folded, Shelf::All, program(versions))];
        let page = SoftwarePage {
            rows: &rows,
            total: 1,
            page: 1,
            folded,
            letter: Some('E'),
            categories: &categories,
            view: &view,
            chips,
            token: x,
        };
        written.push(("software", software::body(locale, &page)));
    }

    let view = sample::view(&dictionary::LIST, "");
    let counted = categories.clone().map(|category| (category, 3));
    let page = CategoriesPage { categories: &counted, view: &view, token: x };
    written.push(("dictionary", dictionary::categories(locale, &page)));

    let view = sample::view(&dictionary::NAMES_LIST, asked);
    let rows = [dictionary::name_cells(&view, Shelf::All, program(1))];
    let page = NamesPage {
        category: categories.last(),
        categories: &categories,
        rows: &rows,
        items: &[own(x)],
        total: 1,
        page: 1,
        all: true,
        chips,
        view: &view,
        token: x,
    };
    written.push(("names", dictionary::names(locale, &page)));

    let page = MovePage {
        count: 3,
        named: &[own(x)],
        categories: &categories,
        to: x,
        new: x,
        errors: &[FieldError::new("name", x)],
        carried: &[("where".to_owned(), own(x))],
        back: dictionary::NAMES,
        token: x,
    };
    written.push(("move", dictionary::move_names(locale, &page)));
    written
}
