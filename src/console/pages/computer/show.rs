//! The parts of a computer's page: the list of them, and the one that is shown.

use maud::{Markup, html};

use super::names::{GROUPS, field_title, group, is_number, is_single, section_title, unit};
use super::{
    ADMINISTRATIVE, CONTACTS, CUSTOMIZATION, ComputerPage, EVERYTHING, Found, NOTES, PACKAGES, SectionRows, Shown,
};
use super::{administrative, contacts, customization, notes, packages, part};
use crate::console::view::card::{Definition, card, definitions};
use crate::console::view::icon::{Icon, icon};
use crate::console::view::message::{Empty, empty};
use crate::console::view::sections::{SectionGroup, SectionLink};
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, data, format, visible};
use crate::id::ComputerId;

/// The list of parts: administrative data and contacts first, then the sections by place.
pub fn groups<'a>(locale: &Locale, page: &ComputerPage) -> Vec<SectionGroup<'a>> {
    let own = |name: &str, key, current, count| SectionLink {
        href: part(page.id, name),
        label: locale.text(key).to_owned(),
        count,
        current,
    };
    let shown = &page.shown;
    let first = vec![
        own(ADMINISTRATIVE, "computer.administrative", matches!(shown, Shown::Administrative(_)), None),
        own(NOTES, "notes.title", matches!(shown, Shown::Notes(_)), page.notes),
        own(CUSTOMIZATION, "custom.title", matches!(shown, Shown::Customization(_)), page.customized),
        own(PACKAGES, "packages-of.title", matches!(shown, Shown::Packages(_)), page.packages),
        own(CONTACTS, "contacts.title", matches!(shown, Shown::Contacts(_)), None),
        own(EVERYTHING, "computer.everything", matches!(shown, Shown::Everything { .. }), None),
    ];
    let current = match shown {
        Shown::Section(section) => Some(section.tag),
        _ => None,
    };
    let mut groups = vec![SectionGroup { title: "", links: first }];
    for at in GROUPS {
        let links: Vec<_> = page
            .sections
            .iter()
            .filter(|section| group(section.tag) == at)
            .map(|section| SectionLink {
                href: part(page.id, section.tag),
                label: section_title(locale, section.tag).into_owned(),
                count: Some(section.rows),
                current: current == Some(section.tag),
            })
            .collect();
        if !links.is_empty() {
            groups.push(SectionGroup { title: locale.text(at.title()), links });
        }
    }
    groups
}

/// The part that is shown.
pub fn shown(locale: &Locale, page: &ComputerPage) -> Markup {
    html! {
        @match &page.shown {
            Shown::Section(rows) => {
                h2 { (data(&section_title(locale, rows.tag))) }
                @if let Some(found) = &page.searched { (search(locale, page.id, rows.tag, found)) }
                (section(locale, rows))
                @if !page.junk.is_empty() {
                    ul.row-actions { @for one in page.junk { li { a href=(one.href) { (data(&one.label)) } } } }
                }
            },
            Shown::Everything { tables, chosen } => {
                (choice(locale, page, chosen))
                @if tables.iter().all(|rows| rows.rows.is_empty()) { (nothing(locale)) }
                @for rows in tables.iter().filter(|rows| !rows.rows.is_empty()) {
                    section.one-of-all {
                        h2 { (data(&section_title(locale, rows.tag))) }
                        (section(locale, rows))
                    }
                }
            },
            Shown::Administrative(form) => {
                h2 { (locale.text("computer.administrative")) }
                (administrative::administrative(locale, page.id, form))
            },
            Shown::Notes(list) => {
                h2 { (locale.text("notes.title")) }
                (notes::notes(locale, page.id, list))
            },
            Shown::Customization(form) => {
                h2 { (locale.text("custom.title")) }
                (customization::customization(locale, page.id, form))
            },
            Shown::Packages(list) => {
                h2 { (locale.text("packages-of.title")) }
                (packages::packages(locale, page.id, list))
            },
            Shown::Contacts(list) => {
                h2 { (locale.text("contacts.title")) }
                (contacts::contacts(locale, list))
            },
        }
    }
}

/// The box that looks for rows (CON-PC-3).
fn search(locale: &Locale, id: ComputerId, tag: &str, found: &Found) -> Markup {
    let here = part(id, tag);
    let count = |n: usize| format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    html! {
        div.tools {
            form.find method="get" action=(here) role="search" {
                label.unseen for="q" { (locale.text("section.find")) }
                span.box {
                    (icon(Icon::Search))
                    input #q name="q" type="search" value=(found.part) placeholder=(locale.text("section.find"))
                        autocomplete="off" spellcheck="false";
                }
                button.button { (locale.text("list.find-do")) }
            }
            @if !found.part.trim().is_empty() {
                p.total { (locale.fill("section.found", &[("n", &count(found.found)), ("whole", &count(found.whole))])) }
                p { a href=(here) { (locale.text("section.find-all")) } }
            }
        }
    }
}

/// Which sections stand on one page, for reading and printing (CON-PC-2).
fn choice(locale: &Locale, page: &ComputerPage, chosen: &[&str]) -> Markup {
    let is_chosen = |tag: &str| chosen.is_empty() || chosen.iter().any(|one| one.eq_ignore_ascii_case(tag));
    html! {
        details.more.choice-of-sections {
            summary { (locale.text("computer.choose")) }
            form.form method="get" action=(part(page.id, EVERYTHING)) {
                div.field.many {
                    div.options {
                        @for section in page.sections.iter().filter(|section| section.rows > 0) {
                            label.option {
                                input type="checkbox" name="s" value=(section.tag) checked[is_chosen(section.tag)];
                                (data(&section_title(locale, section.tag)))
                            }
                        }
                    }
                }
                div.actions {
                    button.button { (locale.text("computer.choose-do")) }
                    a.button href=(part(page.id, EVERYTHING)) { (locale.text("computer.choose-all")) }
                }
            }
            p.help { (locale.text("computer.print-help")) }
        }
    }
}

/// Up to so many rows are shown whole on a phone.
const FEW: usize = 12;

/// The only row of a section that never has more: a list of names and values reads better than a table.
fn values(locale: &Locale, section: &SectionRows, used: &[usize], row: &[Cell]) -> Markup {
    let labels: Vec<String> = used
        .iter()
        .map(|&at| {
            let title = field_title(locale, section.tag, section.fields[at]);
            match unit(locale, section.tag, section.fields[at]) {
                "" => visible(&title).into_owned(),
                unit => format!("{title} ({unit})"),
            }
        })
        .collect();
    let list: Vec<_> = labels
        .iter()
        .zip(used)
        .map(|(label, &at)| Definition { label, value: row.get(at).cloned().unwrap_or(Cell::Empty) })
        .collect();
    card(None, definitions(locale, &list))
}

/// The rows of a section: columns that are empty in every row are left out.
fn section(locale: &Locale, section: &SectionRows) -> Markup {
    if section.rows.is_empty() {
        return nothing(locale);
    }
    let used: Vec<usize> = (0..section.fields.len())
        .filter(|&at| section.rows.iter().any(|row| row.get(at).is_some_and(|cell| *cell != Cell::Empty)))
        .collect();
    if let ([row], true) = (section.rows, is_single(section.tag)) {
        return values(locale, section, &used, row);
    }
    let main = used.iter().copied().find(|&at| matches!(section.fields[at], "NAME" | "CAPTION" | "LETTER" | "LOGIN"));
    let main = main.or_else(|| used.first().copied());
    // A phone shows the cells that matter most; of a few rows it shows them all, since they are nowhere else.
    let most = if section.rows.len() <= FEW { usize::MAX } else { 4 };
    let cards: Vec<usize> = used.iter().copied().filter(|at| Some(*at) != main).take(most).collect();
    let columns: Vec<_> = used
        .iter()
        .map(|&at| Column {
            title: field_title(locale, section.tag, section.fields[at]),
            unit: unit(locale, section.tag, section.fields[at]),
            kind: if is_number(section.tag, section.fields[at]) { Kind::Figures } else { kind(section.rows, at) },
            main: Some(at) == main,
            card: cards.contains(&at),
            ..Column::default()
        })
        .collect();
    let rows: Vec<Vec<Cell>> = section
        .rows
        .iter()
        .map(|row| used.iter().map(|&at| row.get(at).cloned().unwrap_or(Cell::Empty)).collect())
        .collect();
    let caption = section_title(locale, section.tag);
    html! {
        (table(locale, &Table { caption: &caption, columns: &columns, rows: &rows, order: None }))
        @if !section.total.is_empty() { p.sum { (data(section.total)) } }
    }
}

fn kind(rows: &[Vec<Cell>], at: usize) -> Kind {
    match rows.iter().filter_map(|row| row.get(at)).find(|cell| **cell != Cell::Empty) {
        Some(Cell::Number(_) | Cell::Size(_) | Cell::Counted { .. }) => Kind::Figures,
        Some(Cell::Mono(_) | Cell::Date(_)) => Kind::Short,
        _ => Kind::Words,
    }
}

fn nothing(locale: &Locale) -> Markup {
    let (title, why) = (locale.text("section.none"), locale.text("section.none-why"));
    empty(&Empty { icon: Icon::Computer, title, why, action: None })
}
