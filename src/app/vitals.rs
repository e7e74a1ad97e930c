//! What tells whether the server needs care, in memory: every page of an administrator looks at it, so none of it may
//! cost a look at the disk. A job renews it.

use super::App;
use crate::clock::Timestamp;
use crate::history::imports;
use crate::store::Error;
use crate::users;

/// The signs of life of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Bytes that are free on the disk of the data folder, where the system tells.
    pub free: Option<u64>,
    /// Bytes of that disk in all.
    pub disk: Option<u64>,
    /// Files that were refused by the import and that nobody has marked as read.
    pub refused_files: u64,
    /// Packages whose files are damaged.
    pub broken_packages: u64,
    /// The latest contact of any computer; `None` before the first.
    pub last_contact: Option<Timestamp>,
    /// When the password of each open account was given that still has one from somebody else; long ago when unknown.
    pub given: Vec<Timestamp>,
}

impl App {
    /// Looks at everything anew. Takes some milliseconds and reads the disk.
    ///
    /// # Errors
    /// Those of the store.
    pub fn take_vitals(&self) -> Result<(), Error> {
        self.vitals.renew(|| {
            let read = self.store.read()?;
            let given = users::store::list(&read)?
                .into_iter()
                .filter(|user| user.must_change && !user.locked)
                .map(|user| user.password_set.unwrap_or(Timestamp(0)));
            Ok(Vitals {
                free: fs4::available_space(&self.config.data).ok(),
                disk: fs4::total_space(&self.config.data).ok(),
                refused_files: imports::unread(&read)?,
                broken_packages: self.intact.all_broken().len() as u64,
                last_contact: self.fleet.look().latest_contact(),
                given: given.collect(),
            })
        })
    }
}
