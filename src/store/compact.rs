//! A copy of the file in which little room is wasted.
//!
//! The engine can give pages back, but records that became smaller leave their pages half empty for good. So compacting
//! writes everything into a new file, which takes the place of the old one when it is whole and on the disk.

#[cfg(unix)]
use std::fs::File;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use redb::{Database, Durability, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableHandle};

use super::record::definition;
use super::{Error, builder, opening, private_file};

/// A page that is full is parted into two halves. Records that come in the order of their keys would leave all pages half
/// empty; so [`FIRST`] of [`OF`] come first, in order, and the others find their places in the halves that are left.
const FIRST: u64 = 5;
const OF: u64 = 9;

/// Where the copy is made.
pub(super) fn place(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".compact");
    path.with_file_name(name)
}

/// Copies every table, and says where to. A copy that was not finished is removed.
pub(super) fn copy(database: &Database, path: &Path, cache: usize) -> Result<PathBuf, Error> {
    let place = place(path);
    remove_unfinished(path);
    let outcome = write(database, &place, cache);
    if outcome.is_err() {
        remove_unfinished(path);
    }
    outcome.map(|()| place)
}

/// Removes a copy that a crash left behind.
pub(super) fn remove_unfinished(path: &Path) {
    let place = place(path);
    if place.exists()
        && let Err(error) = fs::remove_file(&place)
    {
        tracing::warn!("`{}` is of no use and cannot be removed: {error}", place.display());
    }
}

fn write(database: &Database, place: &Path, cache: usize) -> Result<(), Error> {
    let unusable = |error: redb::DatabaseError| opening(place, error);
    let file = private_file(place).map_err(|error| unusable(error.into()))?;
    let mut copy = builder(cache).create_file(file).map_err(unusable)?;
    let read = database.begin_read()?;
    let mut transaction = copy.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    for table in read.list_tables()? {
        let from = read.open_table(definition(table.name()))?;
        let mut to = transaction.open_table(definition(table.name()))?;
        for first in [true, false] {
            for (at, record) in (0_u64..).zip(from.iter()?) {
                if (at * FIRST % OF < FIRST) == first {
                    let (key, value) = record?;
                    to.insert(key.value(), value.value())?;
                }
            }
        }
        if to.len()? != from.len()? {
            return Err(Error::Unavailable(format!("table `{}` could not be copied whole", table.name())));
        }
    }
    transaction.commit()?;
    // What the engine took in advance is given back.
    copy.compact().map_err(|error| Error::Engine(Box::new(error.into())))?;
    Ok(())
}

/// Puts the copy in the place of the file, which nobody has open.
pub(super) fn replace(copy: &Path, path: &Path) -> std::io::Result<()> {
    // Flushing needs the right to write, on Windows.
    OpenOptions::new().write(true).open(copy)?.sync_all()?;
    fs::rename(copy, path)?;
    // The new name is on the disk when the folder is; Windows has no such call and needs none.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
