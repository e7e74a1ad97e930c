//! The console over the real server.

mod activate;
mod affect;
mod agents;
mod care;
mod computer;
mod config;
mod crawl;
mod dashboard;
mod definitions;
mod dictionary;
mod door;
mod find;
mod groups;
mod help;
mod lists;
mod login;
mod mass;
mod output;
mod packages;
mod pages;
mod proof;
mod reading;
mod repartition;
mod replicas;
mod rights;
mod sending;
mod servers;
mod setup;
mod sticks;
mod story;
mod uploads;
mod users;
mod values;
mod watch;
mod who;

use rollcall::console::{Route, Verb, routes};

use crate::browser::Served;
use story::{DEVICE, inventory};

/// An office that is set up and has one computer; its number.
fn office() -> (Served, u32) {
    office_with(Served::new())
}

fn office_with(served: Served) -> (Served, u32) {
    served.add("boss", rollcall::users::Role::Admin, "");
    served.run(served.office.inventory(DEVICE, &inventory("COMPTA")));
    let id = served.office.id(DEVICE).unwrap().0;
    (served, id)
}

/// The address of a route with its places filled in.
fn address(route: &Route, id: u32) -> String {
    let path = route.path.replace("{id}", &id.to_string()).replace("{part}", "bios");
    path.replace("{name}", "console.0.css").replace("{list}", "computers").replace("{chapter}", "computers")
}

fn gets() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.verb == Verb::Get)
}

fn posts() -> impl Iterator<Item = &'static Route> {
    routes().filter(|route| route.verb == Verb::Post)
}
