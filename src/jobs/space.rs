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
    let wanted = wanted(app.config.limits.free_space, app.store.file_size());
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

/// What must be free: the setting, or a tenth of the database, whichever is more.
fn wanted(setting: u64, database: u64) -> u64 {
    setting.max(database / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_8_a_tenth_of_the_database_or_the_setting_must_be_free() {
        const GIB: u64 = 1 << 30;
        assert_eq!(wanted(GIB / 4, 0), GIB / 4);
        assert_eq!(wanted(GIB / 4, GIB), GIB / 4);
        assert_eq!(wanted(GIB / 4, 10 * GIB), GIB);
        assert_eq!(wanted(0, 0), 0);
    }
}
