//! Hostile text in the pages of redistribution servers.

use std::sync::Arc;

use maud::Markup;

use super::sample;
use super::series::{self, SeriesPage};
use super::servers::{self, ServersPage, Typed};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::view::{Action, Locale};
use crate::deployment::affectation::Activation;
use crate::deployment::package::PackageId;
use crate::deployment::place::Place;
use crate::groups::servers::Reached;
use crate::groups::{GroupId, Server};
use crate::id::ComputerId;
use crate::proof::client::{Distrust, Failure};
use crate::proof::runs::Became;
use crate::proof::series::{Candidate, Found, Now, Plan};
use crate::proof::{BadFragment, Findings, Outcome, Status, Step, Trouble};

/// The pages with `x` wherever a text of agents, people or other servers stands.
pub fn pages(locale: &Locale, x: &str, errors: &[FieldError]) -> Vec<(&'static str, Markup)> {
    let own = |text: &str| text.to_owned();
    let server = |address| Reached { computer: ComputerId(1), name: own(x), server: Server::default(), address };
    let reached = [server(Some(own(x))), server(None)];
    let typed = Typed { group: own(x), info: own(x), pattern: own(x), only: true };
    let said = Message { tone: Tone::Warning, text: own(x), action: Some(Action { href: own(x), label: own(x) }) };
    let page = ServersPage {
        package: PackageId(1),
        groups: &[(own("1"), own(x))],
        typed: &typed,
        servers: &reached,
        ready: Some(x),
        said: Some(&said),
        errors,
        token: x,
    };
    let mut written = vec![("servers", servers::body(locale, &page))];

    let place = Place { host: own("srv"), port: None, folder: own("download") };
    let troubles = [
        Trouble::Line(Failure::Certificate(Distrust::Names(vec![own(x)]))),
        Trouble::Line(Failure::Tls(own(x))),
        Trouble::Status(Status { status: 302, location: Some(own(x)) }),
        Trouble::Fragments { first: 1, how: BadFragment::Line(Failure::Name(own(x))), bad: 1 },
        Trouble::Late(7),
    ];
    let candidate =
        |place| Candidate { computer: ComputerId(1), name: own(x), place, activation: Activation::default() };
    let mut candidates = vec![candidate(Err(None))];
    candidates.extend(troubles.iter().map(|_| candidate(Ok(place.clone()))));
    let mut found = vec![Found::NoPlace];
    found.extend(troubles.into_iter().map(|trouble| Found::Bad(Step::Fragments, trouble)));
    let plan = Plan {
        package: Arc::new(crate::proof::testing::package().0),
        info: place,
        group: GroupId(1),
        pattern: own(x),
        servers: candidates,
        activates: true,
        by: own(x),
        at: sample::NOW,
    };
    let common = Findings { steps: vec![(Step::Own, Outcome::Bad(Trouble::Own(own(x))))] };
    for (ended, became) in [(false, None), (true, None), (true, Some(Became::Activated(2)))] {
        let now = Now { common: Some(common.clone()), servers: found.clone(), ended, became };
        let page = SeriesPage { run: 1, plan: &plan, now: &now, stopped: false, group: x, token: x };
        written.push(("series", series::body(locale, &page)));
    }
    written
}
