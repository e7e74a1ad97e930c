//! The files of packages are looked at once a day (SEC-45).

use std::error::Error;
use std::sync::Arc;

use super::{Again, Round};
use crate::deployment::package::{Package, PackageId};

/// Looks at one package whose turn it is.
pub fn look(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    let packages: Vec<Arc<Package>> = app.board.look().packages.values().cloned().collect();
    let ids: Vec<PackageId> = packages.iter().map(|package| package.id).collect();
    let due = app.intact.due(&ids, app.clock.elapsed());
    if let Some(package) = packages.iter().find(|package| Some(package.id) == due) {
        app.look_at_package(package, &|| !round.ending());
    }
    Ok(Again::AsPlanned)
}
