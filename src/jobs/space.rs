//! Room on the disk: without it inventories are refused before anything breaks (REL-8).

use std::error::Error;
use std::sync::atomic::Ordering;

use tracing::{error, info};

use super::{Again, Round};
use crate::config::show_size;

/// Looks at the free space of the disk and tells the application.
pub(super) fn look(round: &Round) -> Result<Again, Box<dyn Error>> {
    let app = round.app();
    let free = fs4::available_space(&app.config.data)?;
    let wanted = app.stays_free();
    let room = free >= wanted;
    if app.room.swap(room, Ordering::SeqCst) != room {
        if room {
            info!("there is room on the disk again; inventories are accepted");
        } else {
            const MIB: u64 = 1 << 20;
            let (free, wanted) = (show_size(free / MIB * MIB), show_size(wanted.div_ceil(MIB) * MIB));
            error!(
                "only {free} are free on the disk of `{}`, at least {wanted} are needed: inventories are refused \
                 until there is room",
                app.config.data.display()
            );
        }
    }
    Ok(Again::AsPlanned)
}
