//! The manual: its table of contents, what a search in it found, and a chapter.
//!
//! Everything is written piece by piece from what `manual` read; a text of the manual cannot bring tags of its own.

use maud::{Markup, html};

use crate::console::manual::{Block, Found, HELP, Part, Span, Term, Written};
use crate::console::pages::DASHBOARD;
use crate::console::view::icon::{Icon, icon};
use crate::console::view::message::{Empty, empty};
use crate::console::view::sections::{SectionGroup, SectionLink, sections};
use crate::console::view::{Action, Locale, data};

/// Title key of the manual.
pub const TITLE: &str = "help.title";

/// What every page of the manual needs.
pub struct Reader<'a> {
    /// Language.
    pub locale: &'a Locale,
    /// The manual in it.
    pub book: &'static [Written],
    /// Whether the reader may open an address of the console; what he may not open is no link.
    pub opens: &'a dyn Fn(&str) -> bool,
}

/// The table of contents.
pub fn contents(reader: &Reader) -> Markup {
    let locale = reader.locale;
    html! {
        p.lead { (locale.text("help.lead")) }
        (search_box(locale, ""))
        div.toc {
            @for part in Part::ALL {
                section {
                    h2 { (locale.text(part.title())) }
                    ul data-keys {
                        @for written in reader.book.iter().filter(|written| written.chapter.part == part) {
                            li {
                                a href=(written.chapter.address("")) { (written.title) }
                                p.help {
                                    @for (n, (id, words)) in written.headings().enumerate() {
                                        @if n > 0 { " · " }
                                        a href=(written.chapter.address(id)) { (words) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a search found.
pub fn results(reader: &Reader, asked: &str, found: &[Found]) -> Markup {
    let locale = reader.locale;
    html! {
        (search_box(locale, asked))
        @if found.is_empty() {
            (empty(&Empty {
                icon: Icon::Search,
                title: locale.text("help.none"),
                why: &locale.fill("help.none-why", &[("q", &asked)]),
                action: Some(Action { href: HELP.to_owned(), label: locale.text("help.contents").to_owned() }),
            }))
        } @else {
            p.lead { (locale.count("help.found", found.len() as u64)) }
            ul.found data-keys {
                @for place in found {
                    li {
                        a href=(place.href) {
                            (place.chapter)
                            @if !place.heading.is_empty() { " › " (place.heading) }
                        }
                        p {
                            @for piece in &place.excerpt {
                                @if piece.hit { mark { (piece.text) } } @else { (piece.text) }
                            }
                        }
                    }
                }
            }
            p { a href=(HELP) { (locale.text("help.contents")) } }
        }
    }
}

/// A chapter, with the others beside it.
pub fn chapter(reader: &Reader, written: &Written) -> Markup {
    let at = reader.book.iter().position(|other| std::ptr::eq(other, written)).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| reader.book.get(at));
    let after = reader.book.get(at + 1);
    html! {
        div.with-sections {
            div { (chapters(reader, written)) }
            article.manual {
                (search_box(reader.locale, ""))
                @for (at, block) in written.blocks.iter().enumerate() { (write(reader, block, above(written, at))) }
                nav.turn aria-label=(reader.locale.text("help.turn")) {
                    @if let Some(written) = before {
                        a href=(written.chapter.address("")) rel="prev" { (icon(Icon::Back)) span { (written.title) } }
                    }
                    @if let Some(written) = after {
                        a.after href=(written.chapter.address("")) rel="next" { span { (written.title) } (icon(Icon::Next)) }
                    }
                }
            }
        }
    }
}

/// A page of the manual for who is not logged in: with the ways to the contents and to the console.
pub fn outside(locale: &Locale, below: bool, body: Markup) -> Markup {
    html! {
        p.ways {
            @if below { a href=(HELP) { (locale.text("help.contents")) } }
            a href=(DASHBOARD) { (locale.text("help.console")) }
        }
        (body)
    }
}

/// The list of chapters.
fn chapters(reader: &Reader, current: &Written) -> Markup {
    let link = |written: &Written| SectionLink {
        href: written.chapter.address(""),
        label: written.title.clone(),
        count: None,
        current: std::ptr::eq(written, current),
    };
    let group = |part: Part| SectionGroup {
        title: reader.locale.text(part.title()),
        links: reader.book.iter().filter(|written| written.chapter.part == part).map(link).collect(),
    };
    let groups: Vec<SectionGroup> = Part::ALL.into_iter().map(group).collect();
    sections(reader.locale, &groups)
}

fn search_box(locale: &Locale, asked: &str) -> Markup {
    let label = locale.text("help.search");
    html! {
        form.find method="get" action=(HELP) role="search" {
            label.unseen for="in-manual" { (label) }
            span.box {
                (icon(Icon::Search))
                input #in-manual name="q" type="search" value=(asked) placeholder=(label) maxlength="100" autocomplete="off";
            }
            button.button { (locale.text("help.search-do")) }
        }
    }
}

/// The heading above a block, which says what its table is about.
fn above(written: &Written, at: usize) -> &str {
    let heading = written.blocks.iter().take(at).rev().find_map(|block| match block {
        Block::Heading { words, .. } => Some(words.as_str()),
        _ => None,
    });
    heading.unwrap_or(&written.title)
}

fn write(reader: &Reader, block: &Block, above: &str) -> Markup {
    html! {
        @match block {
            Block::Heading { level: 2, id, words } => h2 id=(id) { (words) },
            Block::Heading { id, words, .. } => h3 id=(id) { (words) },
            Block::Paragraph(spans) => p { (line(reader, spans)) },
            Block::Note(spans) => div.message.note { (icon(Icon::Note)) p { (line(reader, spans)) } },
            Block::List { numbered: true, items } => ol { @for item in items { li { (line(reader, item)) } } },
            Block::List { items, .. } => ul { @for item in items { li { (line(reader, item)) } } },
            Block::Table { head, rows } => (table(reader, above, head, rows)),
            Block::Terms(terms) => (names(reader, terms)),
            Block::Code(code) => pre.copy { (data(code)) },
            Block::Generated(_) => {},
        }
    }
}

fn table(reader: &Reader, caption: &str, head: &[Vec<Span>], rows: &[Vec<Vec<Span>>]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.unseen { (caption) }
                thead { tr { @for cell in head { th scope="col" { (line(reader, cell)) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (line(reader, cell)) } } @else { td { (line(reader, cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn names(reader: &Reader, terms: &[Term]) -> Markup {
    html! {
        dl {
            @for term in terms {
                dt { (line(reader, std::slice::from_ref(&term.name))) }
                dd {
                    p { (line(reader, &term.meaning)) }
                    @if !term.facts.is_empty() { p.meta { @for fact in &term.facts { span { (fact) } } } }
                }
            }
        }
    }
}

fn line(reader: &Reader, spans: &[Span]) -> Markup {
    html! {
        @for span in spans {
            @match span {
                Span::Text(words) => (words),
                Span::Strong(words) => strong { (words) },
                Span::Code(words) => code { (words) },
                Span::Link { href, words } if (reader.opens)(href) => a href=(href) { (words) },
                Span::Link { words, .. } => (words),
            }
        }
    }
}
