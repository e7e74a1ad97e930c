//! What the manual says about things that are declared elsewhere: options, rights, sections. Written from the
//! declarations, so that the two never part.

use super::parse::{Block, Span, Term};
use crate::console::pages::config;
use crate::console::view::Locale;
use crate::console::{Access, routes};
use crate::i18n::{Lang, text};
use crate::inventory::sections::{Group, SECTIONS};
use crate::options::{OPTIONS, Page};
use crate::users::{Right, Role, allowed};

/// What stands for `@name`; an unknown name stays, and a test finds it.
pub fn blocks(lang: Lang, name: &str) -> Vec<Block> {
    match name {
        "options" => options(lang),
        "roles" => vec![roles(lang)],
        "sections" => vec![sections(lang)],
        other => vec![Block::Generated(other.to_owned())],
    }
}

/// Every option that the console offers: its meaning, its default and its bounds, by the groups of its page.
fn options(lang: Lang) -> Vec<Block> {
    let locale = Locale { lang, now: crate::clock::Timestamp(0), zone: jiff::tz::TimeZone::UTC };
    let mut blocks = Vec::new();
    for page in Page::ALL {
        let offered = OPTIONS.iter().filter(|option| option.page == page && option.is_offered());
        let terms: Vec<Term> = offered
            .map(|option| {
                let default = locale.fill("config.default", &[("value", &config::default(&locale, option))]);
                Term {
                    name: Span::Code(option.name.to_owned()),
                    meaning: vec![Span::Text(text(lang, option.help).to_owned())],
                    facts: std::iter::once(default).chain(config::bounds(&locale, option.kind)).collect(),
                }
            })
            .collect();
        if !terms.is_empty() {
            let id = page.title().replace("option_group.", "options-");
            blocks.push(Block::Heading { level: 3, id, words: text(lang, page.title()).to_owned() });
            blocks.push(Block::Terms(terms));
        }
    }
    blocks
}

/// What each role may do, as far as a page of this release asks for it.
fn roles(lang: Lang) -> Block {
    let cell = |key: &str| vec![Span::Text(text(lang, key).to_owned())];
    let asked = |right: Right| right == Right::Private || routes().any(|route| route.access == Access::Right(right));
    let mut head = vec![cell("help.right")];
    head.extend(Role::ALL.iter().map(|role| cell(&format!("role.{}", role.code()))));
    let row = |right: Right| {
        let may = |role: &Role| cell(if allowed(*role, right) { "yes" } else { "no" });
        std::iter::once(cell(&format!("right.{}", right.code()))).chain(Role::ALL.iter().map(may)).collect()
    };
    Block::Table { head, rows: Right::ALL.iter().copied().filter(|right| asked(*right)).map(row).collect() }
}

/// The sections of a computer's page, by their groups.
fn sections(lang: Lang) -> Block {
    let groups = [Group::Machine, Group::Network, Group::Devices, Group::Software, Group::Users, Group::Other];
    let names = |group: Group| {
        let of_group = SECTIONS.iter().filter(move |section| section.group == group && section.table.is_some());
        let name = |tag: &str| text(lang, &format!("section.{}", tag.to_lowercase()));
        of_group.map(|section| name(section.tag)).collect::<Vec<_>>().join(" · ")
    };
    let term = |group: Group| Term {
        name: Span::Strong(text(lang, group.title()).to_owned()),
        meaning: vec![Span::Text(names(group))],
        facts: Vec::new(),
    };
    Block::Terms(groups.into_iter().map(term).filter(|term| !term.meaning[0].words().is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(blocks: &[Block]) -> String {
        blocks.iter().flat_map(Block::spans).map(Span::words).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn con_hlp_1_every_option_that_is_offered_is_explained_with_its_default() {
        let blocks = options(Lang::En);
        let said = words(&blocks);
        for option in OPTIONS {
            assert_eq!(said.lines().any(|line| line == option.name), option.is_offered(), "{}", option.name);
        }
        let terms = blocks.iter().filter_map(|block| match block {
            Block::Terms(terms) => Some(terms),
            _ => None,
        });
        let frequency = terms.flatten().find(|term| term.name.words() == "PROLOG_FREQ").unwrap();
        assert_eq!(frequency.facts, ["Default: 24 hours.", "Allowed: 1 to 999."]);
    }

    #[test]
    fn con_hlp_1_the_matrix_names_what_this_release_asks_for() {
        let said = words(&[roles(Lang::En)]);
        assert!(said.contains("deleting computers\nNo\nNo\nYes\n"), "{said}");
        assert!(said.contains("changing administrative data\nNo\nYes\nYes\n"), "{said}");
        assert!(said.contains("exporting\nYes\nYes\nYes\n"), "{said}");
        assert!(said.contains("affecting packages\nNo\nYes\nYes\n"), "{said}");
        assert!(!said.contains("merging computers"), "{said}");
    }

    #[test]
    fn every_section_has_a_name() {
        for lang in Lang::ALL {
            let said = words(&[sections(lang)]);
            assert!(!said.contains("missing") && said.lines().count() >= 8, "{said}");
        }
    }
}
