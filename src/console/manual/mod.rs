//! The built-in manual (CON-HLP-1): its chapters, in both languages, and which of them belongs to which page.
//!
//! The texts stand in `assets/manual`, one file per chapter and language, in the few forms that [`parse`] knows.
//! What is declared elsewhere (options, rights, sections) is not written there again: a line such as `@options`
//! stands for what [`generated`] makes of the declaration.
//!
//! To add a chapter: a file in each language, a line in [`CHAPTERS`] with the addresses that it explains. A page
//! without a chapter fails a test.

mod generated;
mod parse;
mod search;

use std::sync::LazyLock;

use crate::i18n::Lang;
pub use parse::{Block, Span, Term};
pub use search::{Found, Piece, search};

/// Address of the table of contents; the chapters lie below.
pub const HELP: &str = "/ocsreports/help";

/// Chapters that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Getting computers into the list.
    Begin,
    /// What everybody looks at.
    Look,
    /// What technicians and administrators look after.
    Manage,
    /// What administrators decide.
    Configure,
    /// To look up.
    Reference,
}

impl Part {
    /// In the order of the table of contents.
    pub const ALL: [Part; 5] = [Part::Begin, Part::Look, Part::Manage, Part::Configure, Part::Reference];

    /// Key of its title.
    pub fn title(self) -> &'static str {
        match self {
            Part::Begin => "help.part-begin",
            Part::Look => "help.part-look",
            Part::Manage => "help.part-manage",
            Part::Configure => "help.part-configure",
            Part::Reference => "help.part-reference",
        }
    }
}

/// A chapter.
pub struct Chapter {
    /// Its name in addresses.
    pub key: &'static str,
    /// Where it stands in the table of contents.
    pub part: Part,
    /// Addresses of the console that it explains, as routes are written, each with the heading to open; empty for the
    /// beginning. An address stands for those below it too, unless another one is nearer.
    pub places: &'static [(&'static str, &'static str)],
    english: &'static str,
    french: &'static str,
}

macro_rules! chapter {
    ($key:literal, $part:ident, $places:expr) => {
        Chapter {
            key: $key,
            part: Part::$part,
            places: &$places,
            english: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/manual/en/", $key, ".md")),
            french: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/manual/fr/", $key, ".md")),
        }
    };
}

/// Every chapter, in the order in which they are read.
pub static CHAPTERS: &[Chapter] = &[
    chapter!("start", Begin, [("/ocsreports/setup", "set-up"), ("/ocsreports/next-steps", "agents")]),
    chapter!("words", Begin, []),
    chapter!(
        "login",
        Begin,
        [
            ("/ocsreports/login", ""),
            ("/ocsreports/logout", "leave"),
            ("/ocsreports/new-password", "given"),
            ("/ocsreports/account", "account"),
        ]
    ),
    chapter!("dashboard", Look, [("/ocsreports", ""), ("/ocsreports/", "")]),
    chapter!("find", Look, [("/ocsreports/find", "")]),
    chapter!("computers", Look, [("/ocsreports/computers", ""), ("/ocsreports/layouts", "columns")]),
    chapter!(
        "computer",
        Look,
        [
            ("/ocsreports/computers/{id}", ""),
            ("/ocsreports/computers/{id}/administrative", "administrative"),
            ("/ocsreports/computers/{id}/notes", "notes"),
            ("/ocsreports/computers/{id}/customization", "customization"),
            ("/ocsreports/computers/{id}/contacts", "contacts"),
        ]
    ),
    chapter!(
        "groups",
        Look,
        [
            ("/ocsreports/groups", ""),
            ("/ocsreports/groups/new", "make"),
            ("/ocsreports/groups/members", "members"),
            ("/ocsreports/groups/delete", "delete"),
            ("/ocsreports/groups/{id}", "group"),
            ("/ocsreports/groups/{id}/options", "options"),
            ("/ocsreports/groups/{id}/affect", "packages"),
            ("/ocsreports/groups/{id}/servers", "servers"),
            ("/ocsreports/deploy/{id}/servers", "servers"),
            ("/ocsreports/deploy/{id}/servers/proof", "servers"),
            ("/ocsreports/groups/{id}/unaffect", "packages"),
        ]
    ),
    chapter!("tags", Look, [("/ocsreports/tags", ""), ("/ocsreports/tags/rename", "rename")]),
    chapter!("software", Look, [("/ocsreports/software", "")]),
    chapter!(
        "packages",
        Manage,
        [
            ("/ocsreports/deploy", ""),
            ("/ocsreports/deploy/new", "build"),
            ("/ocsreports/deploy/upload", "build"),
            ("/ocsreports/deploy/removed", "remove"),
            ("/ocsreports/deploy/{id}", "package"),
        ]
    ),
    chapter!(
        "activate",
        Manage,
        [
            ("/ocsreports/deploy/{id}/activate", ""),
            ("/ocsreports/deploy/{id}/activate/proof", "proof"),
            ("/ocsreports/deploy/activated", "list"),
            ("/ocsreports/deploy/deactivate", "away"),
        ]
    ),
    chapter!(
        "affect",
        Manage,
        [
            ("/ocsreports/deploy/affect", "affect"),
            ("/ocsreports/deploy/unaffect", "back"),
            ("/ocsreports/deploy/statistics", "statistics"),
            ("/ocsreports/deploy/{id}/statistics", "statistics"),
        ]
    ),
    chapter!("second-site", Manage, [("/ocsreports/deploy/replicas", "")]),
    chapter!("dictionary", Manage, [("/ocsreports/dictionary", "")]),
    chapter!("import", Manage, [("/ocsreports/import", ""), ("/ocsreports/sticks", "plugged")]),
    chapter!("fields", Manage, [("/ocsreports/fields", ""), ("/ocsreports/fields/import", "csv")]),
    chapter!("registry", Manage, [("/ocsreports/registry", "")]),
    chapter!("junk", Manage, [("/ocsreports/blacklists", "")]),
    chapter!("label", Manage, [("/ocsreports/label", "")]),
    chapter!(
        "agents",
        Manage,
        [
            ("/ocsreports/agents", ""),
            ("/ocsreports/agents/delete", "delete"),
            ("/ocsreports/agents/kit", "kit"),
            ("/ocsreports/agents/who", "who")
        ]
    ),
    chapter!("config", Configure, [("/ocsreports/config", "")]),
    chapter!("users", Configure, [("/ocsreports/users", "")]),
    chapter!("certificates", Configure, [("/ocsreports/certificates", ""), ("/ocsreports/certificates/own", "own")]),
    chapter!("log", Configure, [("/ocsreports/log", ""), ("/ocsreports/log/lines", "program")]),
    chapter!("status", Configure, [("/ocsreports/status", "")]),
    chapter!("backup", Reference, []),
    chapter!("commands", Reference, []),
    chapter!("keys", Reference, []),
    chapter!("limits", Reference, []),
];

/// A chapter as it is read in one language.
pub struct Written {
    /// Which.
    pub chapter: &'static Chapter,
    /// Its title.
    pub title: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

impl Chapter {
    /// The address of the chapter, or of a heading in it.
    pub fn address(&self, heading: &str) -> String {
        let mark = if heading.is_empty() { "" } else { "#" };
        format!("{HELP}/{}{mark}{heading}", self.key)
    }

    fn written(&'static self, lang: Lang) -> Written {
        let source = match lang {
            Lang::En => self.english,
            Lang::Fr => self.french,
        };
        let (title, blocks) = parse::chapter(lang, source);
        let blocks = blocks.into_iter().flat_map(|block| match block {
            Block::Generated(name) => generated::blocks(lang, &name),
            other => vec![other],
        });
        Written { chapter: self, title, blocks: blocks.collect() }
    }
}

impl Written {
    /// The headings of the chapter, without those below them: their names in addresses and their words.
    pub fn headings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Heading { level: 2, id, words } => Some((id.as_str(), words.as_str())),
            _ => None,
        })
    }
}

static ENGLISH: LazyLock<Vec<Written>> = LazyLock::new(|| CHAPTERS.iter().map(|c| c.written(Lang::En)).collect());
static FRENCH: LazyLock<Vec<Written>> = LazyLock::new(|| CHAPTERS.iter().map(|c| c.written(Lang::Fr)).collect());

/// The manual in one language.
pub fn book(lang: Lang) -> &'static [Written] {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Fr => &FRENCH,
    }
}

/// Where the manual explains a page, by the route of the page; the table of contents when no chapter is about it.
pub fn place(route: &str) -> String {
    let places = CHAPTERS.iter().flat_map(|chapter| chapter.places.iter().map(move |place| (chapter, place)));
    let nearest = places.filter(|(_, (path, _))| covers(path, route)).max_by_key(|(_, (path, _))| path.len());
    nearest.map_or_else(|| HELP.to_owned(), |(chapter, (_, heading))| chapter.address(heading))
}

/// Whether a route is an address or lies below it. The front page has nothing below.
fn covers(path: &str, route: &str) -> bool {
    let below = route.strip_prefix(path).filter(|_| path.len() > "/ocsreports/".len());
    path == route || below.is_some_and(|rest| rest.starts_with(['/', '.']))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::console::{Access, PAGES};

    /// Pages that nobody reads: files, addresses of the older console.
    const WITHOUT: [&str; 3] = ["/ocsreports/assets/{name}", "/ocsreports/index.php", HELP];

    #[test]
    fn con_hlp_1_every_page_has_its_chapter() {
        for page in PAGES.iter().filter(|page| !WITHOUT.contains(&page.path)) {
            for route in page.routes.iter().filter(|route| matches!(route.access, Access::Right(_))) {
                // The language is changed from everywhere.
                assert_ne!(place(route.path), HELP, "no chapter is about {}", route.path);
            }
        }
        assert_eq!(place("/ocsreports/setup"), "/ocsreports/help/start#set-up");
        assert_eq!(place("/ocsreports/computers/{id}/notes"), "/ocsreports/help/computer#notes");
        assert_eq!(place("/ocsreports/computers/{id}/{part}"), "/ocsreports/help/computer");
        assert_eq!(place("/ocsreports/computers.csv"), "/ocsreports/help/computers");
        assert_eq!(place("/ocsreports/"), "/ocsreports/help/dashboard");
        assert_eq!(place("/ocsreports/{tail:.*}"), HELP);
    }

    #[test]
    fn con_hlp_1_both_languages_have_the_same_chapters_with_the_same_headings() {
        let shape = |block: &Block| match block {
            Block::Heading { level, id, .. } => format!("{level} {id}"),
            Block::Paragraph(_) => "text".to_owned(),
            Block::Note(_) => "note".to_owned(),
            Block::List { numbered, items } => format!("list {numbered} {}", items.len()),
            Block::Table { head, rows } => format!("table {} {}", head.len(), rows.len()),
            Block::Terms(terms) => format!("terms {}", terms.len()),
            Block::Code(code) => format!("code {}", code.lines().count()),
            Block::Generated(name) => panic!("nothing is generated for @{name}"),
        };
        for (english, french) in book(Lang::En).iter().zip(book(Lang::Fr)) {
            let key = english.chapter.key;
            let shapes = |written: &Written| written.blocks.iter().map(shape).collect::<Vec<_>>();
            assert_eq!(shapes(english), shapes(french), "{key}");
            assert!(!english.title.is_empty() && !french.title.is_empty(), "{key}");
            assert!(english.blocks.len() > 2, "{key} says nothing");
        }
    }

    #[test]
    fn headings_have_names_of_their_own_and_places_name_them() {
        for written in Lang::ALL.into_iter().flat_map(book) {
            let mut seen = HashSet::new();
            for block in &written.blocks {
                if let Block::Heading { id, words, .. } = block {
                    assert!(!id.is_empty() && seen.insert(id.as_str()), "{}: {words}", written.chapter.key);
                }
            }
            for (path, heading) in written.chapter.places {
                assert!(heading.is_empty() || seen.contains(heading), "{path} leads to #{heading}");
            }
        }
    }

    #[test]
    fn con_hlp_1_every_link_leads_somewhere_on_this_server() {
        let routes: HashSet<&str> = crate::console::routes().map(|route| route.path).collect();
        let mut places: HashSet<String> = HashSet::from([HELP.to_owned(), "/cacert.pem".to_owned()]);
        for written in book(Lang::En) {
            places.insert(written.chapter.address(""));
            let headings = written.blocks.iter().filter_map(|block| match block {
                Block::Heading { id, .. } => Some(written.chapter.address(id)),
                _ => None,
            });
            places.extend(headings);
        }
        let mut links = 0;
        for written in Lang::ALL.into_iter().flat_map(book) {
            for href in written.blocks.iter().flat_map(Block::spans).filter_map(Span::href) {
                links += 1;
                assert!(places.contains(href) || routes.contains(href), "{}: {href}", written.chapter.key);
            }
        }
        assert!(links > 50, "{links} links were found");
    }

    /// What the manual prints strong are words of the console: when one changes there, it has to change here.
    #[test]
    fn con_hlp_1_words_of_the_console_are_those_that_it_shows() {
        for lang in Lang::ALL {
            let shown: HashSet<&str> = crate::i18n::all(lang).values().map(String::as_str).collect();
            let mut unknown = Vec::new();
            for written in book(lang) {
                for span in written.blocks.iter().flat_map(Block::spans) {
                    if let Span::Strong(words) = span
                        && !shown.contains(words.as_str())
                    {
                        unknown.push(format!("{}: {words}", written.chapter.key));
                    }
                }
            }
            assert!(unknown.is_empty(), "{}: {unknown:#?}", lang.code());
        }
    }

    /// What the reader sees of a form that is not one is its marks.
    #[test]
    fn no_mark_of_a_form_is_left_in_the_texts() {
        for written in Lang::ALL.into_iter().flat_map(book) {
            for span in written.blocks.iter().flat_map(Block::spans) {
                if let Span::Text(text) | Span::Strong(text) = span {
                    let marks = ["**", "`", "](", "{#", "@", "||"];
                    assert!(!marks.iter().any(|mark| text.contains(mark)), "{}: {text}", written.chapter.key);
                }
            }
        }
    }
}
