//! The groups of the invented office: one whose computers share what is decided for them, one of servers.

use crate::app::App;
use crate::clock::Timestamp;
use crate::groups::actions::{Refusal, make};
use crate::groups::{Group, Kind};
use crate::history::Action;
use crate::history::audit::{Actor, Entry};
use crate::id::ComputerId;
use crate::inventory::columns::NAME;

/// A group: name, description, kind, and how its computers' names begin.
const GROUPS: [(&str, &str, Kind, &str); 2] = [
    ("Month end", "Not to be restarted between the 25th and the 3rd", Kind::Static, "ACC"),
    ("Servers of the sites", "They hold packages for the computers beside them", Kind::Redistribution, "SRV"),
];

/// Makes them, two weeks ago.
pub fn fill(app: &App, account: &str, now: Timestamp) -> Result<(), Refusal> {
    let at = now.plus(-14 * Timestamp::DAY);
    for (name, description, kind, begins) in GROUPS {
        let ids: Vec<ComputerId> = {
            let index = app.fleet.look();
            index.ids().filter(|id| index.text(*id, NAME).starts_with(begins)).collect()
        };
        let (name, description, by) = (name.to_owned(), description.to_owned(), account.to_owned());
        let entry = Entry::new(at, Actor::Account(by.clone()), None, Action::GroupChanged);
        let group = Group { name, description, kind, created: at, by, visible: true, ..Group::default() };
        make(&app.store, &app.groups, group, ids, Box::new(|_, _| Ok(true)), entry)?;
    }
    Ok(())
}
