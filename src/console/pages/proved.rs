//! What a proof found that is not as it should be, in words that say what to do (CON-DEP-9).

use std::fmt::Display;

use crate::console::view::Locale;
use crate::console::view::format;
use crate::deployment::place::Place;
use crate::proof::client::{Distrust, Failure, Stage};
use crate::proof::run::{MOST_BAD, Trial};
use crate::proof::{BadFragment, Status, Step, Trouble};

/// Most characters of what another server or the system said.
const LONGEST: usize = 200;

/// What is wrong, and what to do.
pub fn explained(locale: &Locale, trial: &Trial, step: Step, trouble: &Trouble) -> String {
    let place = match step {
        Step::FragmentsReached | Step::Fragments => &trial.fragments,
        _ => &trial.info,
    };
    match trouble {
        Trouble::Line(failure) => line(locale, place, failure),
        Trouble::Status(found) => {
            let path = format!("/{}/{}/info", place.folder, trial.package.id);
            status(locale, place, &path, found)
        }
        Trouble::NoInfo => locale.text("proof.no-info").to_owned(),
        Trouble::OtherInfo(differences) => match differences.first() {
            Some(first) => locale.fill(
                "proof.other-info",
                &[("name", &first.name), ("found", &short(&first.found)), ("wanted", &short(&first.wanted))],
            ),
            None => locale.text("proof.no-info").to_owned(),
        },
        Trouble::Fragments { first, how, bad } => fragments(locale, trial, *first, how, *bad),
        Trouble::Late(minutes) => locale.fill("proof.late", &[("host", &place.host), ("n", minutes)]),
        Trouble::Digest => locale.text("proof.digest-bad").to_owned(),
        Trouble::Own(why) if why.is_empty() => locale.text("proof.own-bad").to_owned(),
        Trouble::Own(why) => locale.fill("proof.own-missing", &[("why", &short(why))]),
        Trouble::Archive(refused) => locale.fill("proof.archive-bad", &[("why", &short(&refused.to_string()))]),
        Trouble::NotThere(file) => locale.fill("proof.not-there", &[("file", &short(file))]),
    }
}

fn line(locale: &Locale, place: &Place, failure: &Failure) -> String {
    let host: (&str, &dyn Display) = ("host", &place.host);
    let fill = |key: &str, more: &[(&str, &dyn Display)]| {
        let values: Vec<(&str, &dyn Display)> = [host].into_iter().chain(more.iter().copied()).collect();
        locale.fill(key, &values)
    };
    match failure {
        Failure::Name(_) => fill("proof.name", &[]),
        Failure::Refused(address) => fill("proof.refused", &[("address", address)]),
        Failure::Unreachable(address, why) => fill("proof.unreachable", &[("address", address), ("why", &short(why))]),
        Failure::Silent(Stage::Name) => fill("proof.silent-name", &[]),
        Failure::Silent(Stage::Connection) => fill("proof.silent-connection", &[]),
        Failure::Silent(Stage::Handshake) => fill("proof.silent-handshake", &[]),
        Failure::Silent(Stage::Answer | Stage::Body) => fill("proof.silent-answer", &[]),
        Failure::Certificate(Distrust::Expired) => fill("proof.expired", &[]),
        Failure::Certificate(Distrust::NotYet) => fill("proof.not-yet", &[]),
        Failure::Certificate(Distrust::Authority) => fill("proof.authority", &[]),
        Failure::Certificate(Distrust::Names(names)) => {
            let names: Vec<String> = names.iter().take(5).map(|name| plain(name)).collect();
            fill("proof.names", &[("names", &short(&names.join(", ")))])
        }
        Failure::Certificate(Distrust::Other(why)) => fill("proof.distrust", &[("why", &short(why))]),
        Failure::Tls(why) => fill("proof.tls", &[("why", &short(why))]),
        Failure::Cut => fill("proof.cut", &[]),
        Failure::NoHttp(_) => fill("proof.no-http", &[]),
        Failure::TooLong(_) => locale.text("proof.no-info").to_owned(),
    }
}

/// A name of a certificate without what the library says around it: `DnsName("srv")`.
fn plain(name: &str) -> String {
    let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inside.trim_matches('"').to_owned()
}

fn status(locale: &Locale, place: &Place, path: &str, found: &Status) -> String {
    let values: [(&str, &dyn Display); 3] = [("host", &place.host), ("path", &path), ("status", &found.status)];
    match (found.status, &found.location) {
        (300..=399, Some(location)) => locale.fill("proof.moved", &[("path", &path), ("location", &short(location))]),
        (404 | 410, _) => locale.fill("proof.missing", &values),
        (401 | 403 | 407, _) => locale.fill("proof.forbidden", &values),
        _ => locale.fill("proof.status", &values),
    }
}

fn fragments(locale: &Locale, trial: &Trial, first: u32, how: &BadFragment, bad: u32) -> String {
    let place = &trial.fragments;
    let path = format!("/{}/{}/{}-{first}", place.folder, trial.package.id, trial.package.id);
    let number = |n: u64| format::number(locale.lang, i64::try_from(n).unwrap_or(i64::MAX));
    let why = match how {
        BadFragment::Status(found) => status(locale, place, &path, found),
        BadFragment::Length { wanted, found } => {
            locale.fill("proof.length", &[("path", &path), ("wanted", &number(*wanted)), ("found", &number(*found))])
        }
        BadFragment::Other => locale.fill("proof.other-fragment", &[("path", &path)]),
        BadFragment::Line(failure) => line(locale, place, failure),
    };
    let values: [(&str, &dyn Display); 4] = [
        ("n", &number(u64::from(bad))),
        ("of", &number(u64::from(trial.package.fragments()))),
        ("first", &number(u64::from(first))),
        ("why", &why),
    ];
    locale.fill(if bad >= MOST_BAD { "proof.fragments-many" } else { "proof.fragments-some" }, &values)
}

fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
