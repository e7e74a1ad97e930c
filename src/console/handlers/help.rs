//! The built-in manual (CON-HLP-1): open to everybody, because it holds no data.

use actix_web::HttpResponse;
use maud::Markup;

use super::{Access, Asked, Error, Page, Route, above};
use crate::console::manual::{HELP, book, search};
use crate::console::pages::help::{self, Reader};
use crate::console::{Verb, routes};

const CHAPTER: &str = "/ocsreports/help/{chapter}";

/// The page.
pub static PAGE: Page = Page {
    path: HELP,
    menu: None,
    title: help::TITLE,
    access: Access::Always,
    routes: &[
        Route::get(HELP, Access::Always, |asked| Box::pin(contents(asked))),
        Route::get(CHAPTER, Access::Always, |asked| Box::pin(chapter(asked))),
    ],
};

/// Longest text that is looked for.
const LONGEST: usize = 100;

async fn contents(asked: Asked) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let opens = |href: &str| opens(&asked, href);
    let reader = Reader { locale, book: book(locale.lang), opens: &opens };
    let words: String = asked.query.get("q").trim().chars().take(LONGEST).collect();
    let body = if words.is_empty() {
        help::contents(&reader)
    } else {
        help::results(&reader, &words, &search(locale.lang, &words))
    };
    page(&asked, locale.text(help::TITLE), false, body)
}

async fn chapter(asked: Asked) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let book = book(locale.lang);
    let key = asked.request.match_info().query("chapter");
    let written = book.iter().find(|written| written.chapter.key == key).ok_or(Error::NotFound)?;
    let opens = |href: &str| opens(&asked, href);
    page(&asked, &written.title, true, help::chapter(&Reader { locale, book, opens: &opens }, written))
}

/// Within the frame for who is logged in, bare for everybody else.
fn page(asked: &Asked, title: &str, below: bool, body: Markup) -> Result<HttpResponse, Error> {
    let trail = above(&asked.visit.locale, HELP, help::TITLE);
    let trail = if below { trail.as_slice() } else { &[] };
    match &asked.visit.session {
        Some(_) => asked.page(title, trail, &[], body),
        None => Ok(asked.visit.outside(title, false, &[], help::outside(&asked.visit.locale, below, body), 200)),
    }
}

/// Whether the reader may open what a link of the manual leads to.
fn opens(asked: &Asked, href: &str) -> bool {
    let path = href.split('#').next().unwrap_or_default();
    let route = routes().find(|route| route.path == path && route.verb == Verb::Get);
    match route.map(|route| route.access) {
        Some(Access::Right(right)) => asked.visit.may(right),
        Some(Access::SetupOnly) => false,
        Some(Access::Static | Access::Always | Access::Anonymous) | None => true,
    }
}
