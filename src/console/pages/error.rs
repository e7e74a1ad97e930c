//! Pages for what cannot be shown: 403, 404, 421 and 500.

use maud::{Markup, html};

use super::COMPUTERS;
use crate::console::view::{Locale, data, link, mono};

/// Why a page cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault<'a> {
    /// 403: the account lacks a right, named in the reader's language.
    Forbidden {
        /// The missing right.
        right: &'a str,
    },
    /// 403: the form was too old, or did not come from our page.
    StaleForm {
        /// Where to fill it in again.
        back: &'a str,
    },
    /// 404: there is no such page or thing.
    NotFound,
    /// 421: the name in the address is not one of ours.
    WrongName {
        /// The name that was asked for.
        asked: &'a str,
        /// Addresses under which the console answers.
        known: &'a [String],
    },
    /// 403: something was sent over plain HTTP from another machine.
    Unsafe,
    /// What was sent cannot be taken: too large, too slow, or not what a form of ours sends.
    Refused {
        /// The status that says so.
        status: u16,
    },
    /// 507: the disk is full, or would be too full for inventories.
    NoRoom,
    /// 503: too much is going on, or nothing can be stored at the moment.
    Busy,
    /// 500: a fault of ours.
    Internal {
        /// The number that is also in the log.
        reference: &'a str,
    },
}

impl Fault<'_> {
    /// Title key of the page.
    pub fn title(&self) -> &'static str {
        match self {
            Fault::Forbidden { .. } => "error.403-title",
            Fault::StaleForm { .. } => "error.form-title",
            Fault::NotFound => "error.404-title",
            Fault::WrongName { .. } => "error.421-title",
            Fault::Unsafe => "doorway.title",
            Fault::Refused { .. } => "error.refused-title",
            Fault::NoRoom => "error.room-title",
            Fault::Busy => "error.busy-title",
            Fault::Internal { .. } => "error.500-title",
        }
    }

    /// Status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Fault::Forbidden { .. } | Fault::StaleForm { .. } | Fault::Unsafe => 403,
            Fault::Refused { status } => *status,
            Fault::Busy => 503,
            Fault::NoRoom => 507,
            Fault::NotFound => 404,
            Fault::WrongName { .. } => 421,
            Fault::Internal { .. } => 500,
        }
    }
}

/// Key of the text that says what is wrong with what was sent.
fn refused(status: u16) -> &'static str {
    match status {
        400 => "error.refused-broken",
        408 => "error.refused-slow",
        413 => "error.refused-large",
        _ => "error.refused",
    }
}

/// Writes the body. Only a reader who is logged in is offered a way on, since others may not follow it.
pub fn body(locale: &Locale, fault: &Fault, logged_in: bool) -> Markup {
    let home = html! { @if logged_in { p { a.button href=(COMPUTERS) { (locale.text("error.home")) } } } };
    html! {
        div.prose.fault {
            @match fault {
                Fault::Forbidden { right } => {
                    p { (data(&locale.fill("error.403", &[("right", right)]))) }
                    p { (locale.text("error.403-do")) }
                    (home)
                },
                Fault::StaleForm { back } => {
                    p { (locale.text("error.form")) }
                    p { (link(back, locale.text("error.form-do"))) }
                },
                Fault::NotFound => {
                    p { (locale.text("error.404")) }
                    (home)
                },
                Fault::WrongName { asked, known } => {
                    p { (data(&locale.fill("error.421", &[("name", asked)]))) }
                    @if !known.is_empty() {
                        p { (locale.text("error.421-do")) }
                        ul { @for address in *known { li { (link(address, address)) } } }
                    }
                },
                Fault::Unsafe => { p { (locale.text("error.unsafe")) } },
                Fault::Refused { status } => { p { (locale.text(refused(*status))) } },
                Fault::NoRoom => {
                    p { (locale.text("error.room")) }
                    p { (locale.text("error.room-do")) }
                    (home)
                },
                Fault::Busy => {
                    p { (locale.text("error.busy")) }
                    p { (locale.text("error.busy-do")) }
                },
                Fault::Internal { reference } => {
                    p { (locale.text("error.500")) }
                    p { (locale.text("error.500-do")) }
                    p.address { (locale.text("error.reference")) " " (mono(reference)) }
                    (home)
                },
            }
            p.status { (fault.status()) }
        }
    }
}
