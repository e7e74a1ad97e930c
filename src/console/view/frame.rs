//! Whole pages: the frame with the list of sections, and the bare frame for pages before the login.
//!
//! The list of sections is written twice: beside the page, and for narrow screens as a sheet behind a button. The
//! button is a `details` element, so that it opens without scripting; the style sheet hides the one that is not used.

use maud::{DOCTYPE, Markup, html};

use super::card::{Care, strip};
use super::icon::{Icon, icon, mark};
use super::message::{Message, message};
use super::{Action, Locale, data, form, lang_code};
use crate::i18n::Lang;

/// Where the language of the reader is changed, by POST with the fields `lang` and `back`.
pub const LANGUAGE: &str = "/ocsreports/language";
/// Where the search box asks.
pub const FIND: &str = "/ocsreports/find";
/// Where a session is ended, by POST.
pub const LOGOUT: &str = "/ocsreports/logout";
/// Address of the own account.
pub const ACCOUNT: &str = "/ocsreports/account";

/// Addresses of the style sheet, the script and the icon, with the hash of their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// `console.css`.
    pub css: String,
    /// `console.js`.
    pub js: String,
    /// `favicon.svg`.
    pub icon: String,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the reader's system.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Sections that belong together.
#[derive(Debug, Clone)]
pub struct MenuGroup {
    /// What they are called together; empty for those that stand first.
    pub label: &'static str,
    /// The sections that the role may open.
    pub entries: Vec<MenuEntry>,
}

/// One entry of the list of sections.
#[derive(Debug, Clone)]
pub struct MenuEntry {
    /// Where it leads.
    pub href: String,
    /// Its word.
    pub label: String,
    /// Its icon.
    pub icon: Icon,
    /// The section that is shown.
    pub current: bool,
}

/// Who is logged in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account's name.
    pub name: String,
    /// The account's role in the reader's language.
    pub role: String,
    /// Token of the session, for the forms in the frame.
    pub token: String,
}

/// A page of somebody who is logged in.
pub struct Frame<'a> {
    /// Language and time.
    pub locale: &'a Locale,
    /// Light or dark.
    pub theme: Theme,
    /// Style sheet, script and icon.
    pub assets: &'a Assets,
    /// The page's title; may be data.
    pub title: &'a str,
    /// The pages above this one, outermost first.
    pub trail: &'a [Action],
    /// The one main action of the page.
    pub action: Option<Action>,
    /// The sections, in groups.
    pub menu: &'a [MenuGroup],
    /// What was typed into the search box.
    pub search: &'a str,
    /// Who is logged in.
    pub account: &'a Account,
    /// The address of this page, to come back to.
    pub here: &'a str,
    /// Where the manual explains this page.
    pub help: &'a str,
    /// What needs an administrator's care, above everything.
    pub care: &'a [Care],
    /// What is told on every page and can be answered there.
    pub banner: Markup,
    /// What happened before, above the body.
    pub messages: &'a [Message],
}

/// A whole page around `body`.
pub fn frame(page: &Frame, body: Markup) -> Markup {
    let locale = page.locale;
    let content = html! {
        a.skip href="#content" { (locale.text("frame.skip")) }
        header.bar {
            details.sheet data-closes {
                summary.bar-button { (icon(Icon::Menu)) span.words { (locale.text("frame.menu")) } }
                nav.sheet-body aria-label=(locale.text("frame.sections")) { (entries(page.menu)) }
            }
            a.brand href="/ocsreports/" { (mark()) span { (locale.text("product")) } }
            (search_box(page))
            (help_link(locale, page.help))
            (account_menu(page))
        }
        div.layout {
            nav.side aria-label=(locale.text("frame.sections")) { (entries(page.menu)) }
            main.content #content tabindex="-1" {
                (strip(locale, page.care))
                (page.banner)
                @if !page.trail.is_empty() {
                    nav.trail aria-label=(locale.text("frame.trail")) {
                        ol { @for step in page.trail { li { a href=(step.href) { (data(&step.label)) } } } }
                    }
                }
                div.heading {
                    h1 { (data(page.title)) }
                    @if let Some(action) = &page.action { a.button.primary href=(action.href) { (data(&action.label)) } }
                }
                @for entry in page.messages { (message(locale, entry)) }
                (body)
            }
        }
    };
    document(locale, page.theme, page.assets, page.title, content)
}

/// A page for somebody who is not logged in.
pub struct Bare<'a> {
    /// Language and time.
    pub locale: &'a Locale,
    /// Style sheet, script and icon.
    pub assets: &'a Assets,
    /// The page's title.
    pub title: &'a str,
    /// A page of one small form.
    pub narrow: bool,
    /// Address of this page in the other language, when the page can be read in both.
    pub other_language: Option<&'a str>,
    /// Where the manual explains this page, when the reader can open it.
    pub help: Option<&'a str>,
    /// What happened before, above the body.
    pub messages: &'a [Message],
}

/// A page without sections and account: login, set-up, doorway, errors.
pub fn bare(page: &Bare, body: Markup) -> Markup {
    let locale = page.locale;
    let other = match locale.lang {
        Lang::En => Lang::Fr,
        Lang::Fr => Lang::En,
    };
    let content = html! {
        div.bare.narrow[page.narrow] {
            header.bare-bar {
                span.brand { (mark()) span { (locale.text("product")) } }
                span.bare-links {
                    @if let Some(href) = page.help { a href=(href) { (locale.text("frame.help")) } }
                    @if let Some(href) = page.other_language {
                        a href=(href) lang=(lang_code(other)) hreflang=(lang_code(other)) { (own_name(other)) }
                    }
                }
            }
            main.bare-content #content {
                h1 { (data(page.title)) }
                @for entry in page.messages { (message(locale, entry)) }
                (body)
            }
        }
    };
    document(locale, Theme::System, page.assets, page.title, content)
}

fn document(locale: &Locale, theme: Theme, assets: &Assets, title: &str, content: Markup) -> Markup {
    let forced = match theme {
        Theme::System => None,
        Theme::Light => Some("light"),
        Theme::Dark => Some("dark"),
    };
    html! {
        (DOCTYPE)
        html lang=(lang_code(locale.lang)) data-theme=[forced] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (data(title)) " · " (locale.text("product")) }
                link rel="icon" href=(assets.icon) type="image/svg+xml";
                link rel="stylesheet" href=(assets.css);
                script src=(assets.js) defer {}
            }
            body data-copied=(locale.text("frame.copied")) { (content) }
        }
    }
}

fn entries(menu: &[MenuGroup]) -> Markup {
    html! {
        div.sections data-keys {
            @for group in menu.iter().filter(|group| !group.entries.is_empty()) {
                @if !group.label.is_empty() { p.group { (group.label) } }
                ul {
                    @for entry in &group.entries {
                        li {
                            a href=(entry.href) aria-current=[entry.current.then_some("page")] {
                                (icon(entry.icon)) span { (data(&entry.label)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One box for everything that has a name.
fn search_box(page: &Frame) -> Markup {
    let text = |key| page.locale.text(key);
    html! {
        form.search method="get" action=(FIND) role="search" aria-label=(text("frame.search")) {
            span.box {
                (icon(Icon::Search))
                input name="q" type="search" value=(page.search) placeholder=(text("frame.search-hint"))
                    aria-label=(text("frame.search-hint")) maxlength="200" autocomplete="off" spellcheck="false" data-search;
            }
            button.unseen { (text("frame.search")) }
        }
    }
}

/// The way to the chapter of the manual about this page.
fn help_link(locale: &Locale, href: &str) -> Markup {
    html! { a.bar-button.help-link href=(href) { (icon(Icon::Help)) span.words { (locale.text("frame.help")) } } }
}

fn account_menu(page: &Frame) -> Markup {
    let (locale, account) = (page.locale, page.account);
    html! {
        details.account data-closes {
            summary.bar-button {
                (icon(Icon::Account)) span.words { (data(&account.name)) }
            }
            div.float {
                p.who { strong { (data(&account.name)) } span { (data(&account.role)) } }
                a href=(ACCOUNT) { (locale.text("frame.account")) }
                form method="post" action=(LANGUAGE) {
                    (form::token(&account.token))
                    (form::hidden("back", page.here))
                    fieldset.languages {
                        legend { (locale.text("frame.language")) }
                        @for lang in [Lang::En, Lang::Fr] {
                            button.choice name="lang" value=(lang_code(lang)) lang=(lang_code(lang))
                                aria-pressed=(if lang == locale.lang { "true" } else { "false" }) { (own_name(lang)) }
                        }
                    }
                }
                form method="post" action=(LOGOUT) {
                    (form::token(&account.token))
                    button.plain { (icon(Icon::Leave)) span { (locale.text("frame.logout")) } }
                }
            }
        }
    }
}

/// What a language calls itself.
pub fn own_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "English",
        Lang::Fr => "Français",
    }
}
