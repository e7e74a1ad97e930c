//! The dictionary of software: its categories, the names in them, and moving names (CON-DIC-1 to 4).

use std::sync::LazyLock;

use maud::{Markup, html};

use super::software::CATEGORY;
use super::{COMPUTERS, DICTIONARY, NEXT_STEPS};
use crate::console::lists::filters::{Chip, SHELF};
use crate::console::lists::{List, ListColumn, View, arrange};
use crate::console::view::address::Address;
use crate::console::view::form::{Control, Field, FieldError, Form, field, form, hidden, token};
use crate::console::view::icon::Icon;
use crate::console::view::list::{Actions, ListPage, list};
use crate::console::view::message::{Empty, Message, Tone};
use crate::console::view::table::Cell;
use crate::console::view::{Action, Locale, data};
use crate::dictionary::{Category, LONGEST};
use crate::fleet::{Program, Shelf};
use crate::i18n::plural;

/// Title key of the page.
pub const TITLE: &str = "dictionary.title";
/// The names, of one category or of all.
pub const NAMES: &str = "/ocsreports/dictionary/names";
/// Where names are moved into a category.
pub const MOVE: &str = "/ocsreports/dictionary/move";
/// Where names go back to NEW.
pub const RESET: &str = "/ocsreports/dictionary/reset";
/// Where an own category is deleted.
pub const DELETE: &str = "/ocsreports/dictionary/delete";

/// The list of categories. Without another order, the fixed ones stand first.
pub static LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "dictionary",
    path: DICTIONARY,
    title: TITLE,
    total: "dictionary.total",
    columns: vec![
        ListColumn::words("category", "software.category").main(),
        ListColumn::words("meaning", "dictionary.meaning").on_card(),
        ListColumn::figures("names", "dictionary.names").on_card(),
    ],
    usual: "",
    filters: Vec::new(),
});

/// The list of names.
pub static NAMES_LIST: LazyLock<List> = LazyLock::new(|| List {
    key: "dictionary-names",
    path: NAMES,
    title: "dictionary.names-title",
    total: "dictionary.names-total",
    columns: vec![
        ListColumn::words("name", "software.name").main(),
        ListColumn { searched: false, ..ListColumn::words("category", "software.category").on_card() },
        ListColumn::figures("computers", "column.computers").on_card(),
    ],
    usual: "name",
    filters: vec![CATEGORY],
});

/// The names of one category.
pub fn names_in(category: &Category) -> Address {
    Address::new(NAMES).with(CATEGORY, category.word())
}

/// What the page of categories shows.
pub struct CategoriesPage<'a> {
    /// The categories with the names in each.
    pub categories: &'a [(Category, u64)],
    /// What is seen of the list.
    pub view: &'a View,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the page of categories.
pub fn categories(locale: &Locale, page: &CategoriesPage) -> Markup {
    let arranged = arrange(&LIST, page.view, category_cells(locale, page.categories), false);
    let list_page = ListPage::arranged(
        &LIST,
        page.view,
        &arranged,
        page.token,
        nothing(locale),
        html! {
            p.lead { (locale.text("dictionary.lead")) }
            form.choose method="get" action=(NAMES) role="search" {
                label for="name" { (locale.text("dictionary.find")) }
                span.box { input #name name="q" type="search" maxlength="200" autocomplete="off" spellcheck="false"; }
                button.button { (locale.text("dictionary.find-do")) }
            }
        },
    );
    list(locale, &list_page)
}

/// The cells of categories, for each column of the list.
pub fn category_cells(locale: &Locale, categories: &[(Category, u64)]) -> Vec<Vec<Cell<'static>>> {
    let cells = |(category, names): &(Category, u64)| {
        let href = names_in(category).to_string();
        let meaning = match category {
            Category::New => "dictionary.new",
            Category::Ignored => "dictionary.ignored",
            Category::Unchanged => "dictionary.unchanged",
            Category::Own(_) => "dictionary.own",
        };
        vec![
            Cell::Link { href: href.clone().into(), text: category.word().to_owned().into() },
            Cell::Text(locale.text(meaning).into()),
            Cell::Counted { href: href.into(), count: i64::try_from(*names).unwrap_or(i64::MAX) },
        ]
    };
    categories.iter().map(cells).collect()
}

/// What the page of names shows.
pub struct NamesPage<'a> {
    /// The category; `None` for all names.
    pub category: Option<&'a Category>,
    /// All categories.
    pub categories: &'a [Category],
    /// The rows of the page.
    pub rows: &'a [Vec<Cell<'a>>],
    /// By which each is chosen.
    pub items: &'a [String],
    /// Names on all pages.
    pub total: u64,
    /// Which page this is; the first is 1.
    pub page: u64,
    /// All boxes are checked.
    pub all: bool,
    /// Filters that are on.
    pub chips: &'a [Chip],
    /// What is seen of the list.
    pub view: &'a View,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the page of names.
pub fn names(locale: &Locale, page: &NamesPage) -> Markup {
    let button = |href: &str, key| Action { href: href.to_owned(), label: locale.text(key).to_owned() };
    let mut buttons = vec![button(MOVE, "dictionary.move")];
    if page.category != Some(&Category::New) {
        buttons.push(button(RESET, "dictionary.reset"));
    }
    let list_page = ListPage {
        list: &NAMES_LIST,
        view: page.view,
        rows: page.rows,
        total: page.total,
        page: page.page,
        chips: page.chips,
        actions: Some(Actions { values: page.items, all: page.all, buttons: &buttons }),
        token: page.token,
        nothing: nothing(locale),
        above: html! {
            form.choose method="get" action=(NAMES) {
                @for (name, value) in page.view.address.without(CATEGORY).values() { (hidden(name, value)) }
                label for=(CATEGORY) { (locale.text("software.category")) }
                span.box.select {
                    select id=(CATEGORY) name=(CATEGORY) {
                        option value="" { (locale.text("software.any-category")) }
                        @for category in page.categories {
                            option value=(category.word()) selected[page.category == Some(category)] {
                                (data(category.word()))
                            }
                        }
                    }
                }
                button.button { (locale.text("dictionary.show")) }
            }
        },
    };
    html! {
        (list(locale, &list_page))
        @if let Some(category) = page.category.filter(|category| category.is_own()) {
            form.choose method="post" action=(DELETE) {
                (token(page.token))
                (hidden(CATEGORY, category.word()))
                button.button { (locale.text("dictionary.delete")) }
            }
        }
    }
}

/// The cells of a name, for each column of the view.
pub fn name_cells(view: &View, shelf: Shelf, program: Program) -> Vec<Cell<'static>> {
    let list = Address::new(COMPUTERS);
    let list = if shelf == Shelf::All { list.with(SHELF, "all") } else { list };
    let category = names_in(&program.category).to_string();
    let all = [
        Cell::Text(program.name.into()),
        Cell::Link { href: category.into(), text: program.category.word().to_owned().into() },
        Cell::Counted {
            href: list.with("software", program.item.0).to_string().into(),
            count: i64::try_from(program.computers).unwrap_or(i64::MAX),
        },
    ];
    view.columns.iter().filter_map(|key| all.get(NAMES_LIST.position(key)?).cloned()).collect()
}

fn nothing(locale: &Locale) -> Empty<'_> {
    let action = Some(Action { href: NEXT_STEPS.to_owned(), label: locale.text("computers.none-do").to_owned() });
    let (title, why) = (locale.text("software.none"), locale.text("software.none-why"));
    Empty { icon: Icon::Dictionary, title, why, action }
}

/// What the page that asks for a category shows.
pub struct MovePage<'a> {
    /// How many names.
    pub count: u64,
    /// Some of them.
    pub named: &'a [String],
    /// Categories that they can be moved into.
    pub categories: &'a [Category],
    /// The word of the chosen one.
    pub to: &'a str,
    /// What was typed for a new one.
    pub new: &'a str,
    /// What is wrong.
    pub errors: &'a [FieldError],
    /// Values that travel along unseen.
    pub carried: &'a [(String, String)],
    /// Where nothing is done.
    pub back: &'a str,
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the page that asks into which category names are moved.
pub fn move_names(locale: &Locale, page: &MovePage) -> Markup {
    let mut choices = vec![("", locale.text("dictionary.to-new"))];
    choices.extend(page.categories.iter().map(|category| (category.word(), category.word())));
    let control = Control::Select { value: page.to, choices: &choices };
    let to = Field { name: "to", label: locale.text("dictionary.to"), help: "", required: false, control };
    let control = Control::Line { value: page.new, fills: "off", unit: "", code: false };
    let help = locale.fill("dictionary.name-help", &[("n", &LONGEST)]);
    let new = Field { name: "name", label: locale.text("dictionary.name"), help: &help, required: false, control };
    let more = page.count.saturating_sub(page.named.len() as u64);
    let fields = html! {
        @for (name, value) in page.carried { (hidden(name, value)) }
        ul.named {
            @for name in page.named { li { (data(name)) } }
            @if more > 0 { li { (locale.count("confirm.more", more)) } }
        }
        (field(&to, page.errors))
        (field(&new, page.errors))
    };
    let submit = locale.count("dictionary.move-do", page.count);
    html! {
        (form(locale, &Form { action: MOVE, token: page.token, errors: page.errors, submit: &submit }, fields))
        p { a href=(page.back) { (locale.text("confirm.back")) } }
    }
}

/// What is said after something was done: `moved` into a category, `reset`, `deleted`, or `nothing`.
pub fn done(locale: &Locale, word: &str, n: u64, category: Option<&Category>) -> Option<Message> {
    let (tone, text) = match (word, category) {
        ("nothing", _) => (Tone::Note, locale.text("dictionary.done-nothing").to_owned()),
        ("moved", Some(category)) => {
            (Tone::Success, plural(locale.lang, "dictionary.done-moved", n, &[("category", &category.word())]))
        }
        ("reset", _) => (Tone::Success, locale.count("dictionary.done-reset", n)),
        ("deleted", _) => (Tone::Success, locale.count("dictionary.done-deleted", n)),
        _ => return None,
    };
    Some(Message { tone, text, action: None })
}
