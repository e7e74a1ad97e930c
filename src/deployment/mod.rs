//! Deployment: packages are built, activated (given an address), affected to computers; agents fetch them and report.
//!
//! - [`package`], [`affectation`]: the words; [`info`]: the file that agents read first
//! - [`affecting`]: what becomes of computers that are to have a package; [`nearest`]: from which redistribution server
//! - [`orders`]: what an agent is told, decided; [`board`]: the same from memory
//! - [`tasks`], [`building`], [`pace`]: what a package can be for, from a form to a package, how long it takes to fetch
//! - [`drafts`], [`making`]: an archive between its form and its package, and the package on the disk
//! - [`files`], [`whole`], [`archive`]: a package on the disk; [`intact`]: whether it is still as it was made;
//!   [`fetches`]: who fetched what of it
//! - [`place`]: an address where agents find a package, as it is typed
//! - [`actions`]: what administrators do, each one transaction
//! - [`through`]: packages of groups; [`standing`]: those that come each from the nearest server
//! - [`replicas`], [`offer`]: second sites, and the list of packages that they are offered
//! - [`uploads`]: files on their way from browsers; [`parts`]: several of them that come as one
//! - [`publishing`]: a package comes and goes with its files, or not at all
//! - [`launcher`], [`agent_files`]: the label, and agents' own files for launchers and people
//!
//! The option DOWNLOAD stands in every answer to a PROLOG, also while deployment is off: its ON="0" is what
//! makes agents stop a download that they began. Source: agent protocol page, sections 3.4 and 12.

pub mod actions;
pub mod affectation;
pub mod affecting;
pub mod agent_files;
pub mod archive;
pub mod board;
pub mod building;
pub mod drafts;
pub mod fetches;
pub mod files;
pub mod info;
pub mod intact;
pub mod launcher;
pub mod making;
pub mod nearest;
pub mod offer;
pub mod orders;
pub mod pace;
pub mod package;
pub mod parts;
pub mod place;
pub mod publishing;
pub mod replicas;
pub mod standing;
pub mod store;
pub mod tasks;
pub mod through;
pub mod uploads;
pub mod whole;

use std::collections::BTreeSet;

use crate::capacity::{Capacity, Known};
use crate::id::ComputerId;
use crate::inventory::rows;
use crate::options::{
    DOWNLOAD, DOWNLOAD_CYCLE_LATENCY, DOWNLOAD_EXECUTION_TIMEOUT, DOWNLOAD_FRAG_LATENCY, DOWNLOAD_PERIOD_LATENCY,
    DOWNLOAD_PERIOD_LENGTH, DOWNLOAD_TIMEOUT,
};
use crate::protocol::reply::{Opt, Param};
use crate::store::{Changes, Error, Reader};

pub use board::Board;
use package::PackageId;

/// The part of deployment that talks to agents.
pub struct Download;

impl Capacity for Download {
    fn name(&self) -> &'static str {
        "DOWNLOAD"
    }

    fn prolog(&self, known: &Known<'_>) -> Option<Opt> {
        let number = |option| known.option(option).number().to_string();
        let on = if known.option(DOWNLOAD).switch() { "1" } else { "0" };
        let attributes = vec![
            ("TYPE", "CONF".to_owned()),
            ("ON", on.to_owned()),
            ("CYCLE_LATENCY", number(DOWNLOAD_CYCLE_LATENCY)),
            ("FRAG_LATENCY", number(DOWNLOAD_FRAG_LATENCY)),
            ("PERIOD_LATENCY", number(DOWNLOAD_PERIOD_LATENCY)),
            ("PERIOD_LENGTH", number(DOWNLOAD_PERIOD_LENGTH)),
            ("TIMEOUT", number(DOWNLOAD_TIMEOUT)),
            ("EXECUTION_TIMEOUT", number(DOWNLOAD_EXECUTION_TIMEOUT)),
        ];
        let mut params = vec![Param { attributes, text: String::new() }];
        params.extend(known.packages.iter().cloned());
        Some(Opt { name: "DOWNLOAD", params })
    }

    fn merged(&self, store: &Reader, changes: &mut Changes, kept: ComputerId, gone: ComputerId) -> Result<(), Error> {
        self::store::merged(store, changes, gone, kept)
    }
}

/// The packages that a computer's last inventory named as installed: `DOWNLOAD/HISTORY/PACKAGE` with its attribute ID.
/// `kept` is the block of sections that change at each contact.
pub fn history(kept: &[u8]) -> BTreeSet<PackageId> {
    let mut ids = BTreeSet::new();
    for section in rows::sections_of(kept).flatten().filter(|section| section.tag() == "DOWNLOAD") {
        let Ok(section) = section.unpack() else { continue };
        for (field, value) in section.rows.iter().flat_map(|row| &row.cells) {
            let name = rows::field_name(&section.key, field);
            if name.starts_with("HISTORY/PACKAGE") && name.ends_with("/ID") {
                ids.extend(value.trim().parse().ok().map(PackageId));
            }
        }
    }
    ids
}
