//! The last step of building: fragments and information file on the disk, then the record, then the name.
//!
//! Source: console page, CON-DEP-5; SEC-34.

use std::io;
use std::sync::Arc;

use super::actions::{self, Refusal};
use super::board::Board;
use super::drafts::Draft;
use super::files::{self, Files};
use super::package::{Contents, Package, PackageId};
use super::publishing::{Unpublished, publish, withdraw};
use crate::clock::Timestamp;
use crate::history::audit::Entry;
use crate::store::{self, Store};

/// Numbers that are tried: one for each second, so that is how many packages one second may have.
const TRIED: u32 = 1000;

/// Why a package is not built.
#[derive(Debug, thiserror::Error)]
pub enum NotBuilt {
    /// Another package has the name.
    #[error("a package has this name already")]
    Name,
    /// There is too little room on the disk.
    #[error("there is too little room on the disk")]
    NoRoom,
    /// Files cannot be read or written.
    #[error("the files of the package cannot be written")]
    Broken(#[from] io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Where packages are kept.
pub struct Place<'a> {
    /// The file.
    pub store: &'a Store,
    /// The copy in memory.
    pub board: &'a Arc<Board>,
    /// The folder.
    pub files: &'a Files,
    /// Bytes that stay free on the disk.
    pub free: u64,
}

/// Builds a package; answers its number. `fragment` is how many bytes are wanted in each fragment. Takes as long as
/// reading the archive twice and writing it once.
///
/// # Errors
/// [`NotBuilt`]; nothing is left then.
pub fn make(
    place: &Place,
    mut package: Package,
    draft: Option<&Draft>,
    fragment: u64,
    now: Timestamp,
    entry: &Entry,
) -> Result<PackageId, NotBuilt> {
    let Place { store, board, files, free } = place;
    let taken = board.look().packages.values().any(|known| known.has_name(&package.name));
    if taken {
        return Err(NotBuilt::Name);
    }
    // The folder has to be there to be asked.
    files.uploads()?;
    let needed = free.saturating_add(draft.map_or(0, |draft| draft.size));
    if fs4::available_space(files.root())? < needed {
        return Err(NotBuilt::NoRoom);
    }
    let contents = draft.map(|draft| Contents::of(&draft.listing));
    if let Some(draft) = draft {
        let digests = files::digests(draft.open()?)?;
        package.archive = Some(files::archive(&digests, package.system.algorithm(), fragment));
    }
    let first = u32::try_from(now.0).unwrap_or(u32::MAX - TRIED);
    let numbers = (first..first.saturating_add(TRIED)).map(PackageId);
    for id in numbers.filter(|id| files.is_free(*id)) {
        if board.look().packages.contains_key(&id) {
            continue;
        }
        let package = Package { id, ..package.clone() };
        let archive = draft.map(Draft::open).transpose()?;
        files.write(&package, archive)?;
        let entry = Entry { object: format!("{id} {}", package.name), ..entry.clone() };
        match actions::keep_with(store, board, package, contents.clone(), entry.clone()) {
            Ok(()) => {
                publish(store, board, files, id, &entry)?;
                return Ok(id);
            }
            Err(refusal) => {
                files.give_up(id);
                match refusal {
                    Refusal::Number => {}
                    Refusal::Store(error) => return Err(error.into()),
                    Refusal::Name | Refusal::Gone | Refusal::Same => return Err(NotBuilt::Name),
                }
            }
        }
    }
    Err(io::Error::other("no number is free").into())
}

impl From<Unpublished> for NotBuilt {
    fn from(error: Unpublished) -> NotBuilt {
        match error {
            Unpublished::Folder(error) => NotBuilt::Broken(error),
            Unpublished::Store(error) => NotBuilt::Store(error),
        }
    }
}

/// Removes a package with its files, activations and affectations; answers how many affectations went with it.
///
/// # Errors
/// [`Unpublished`]; then it is still there.
pub fn remove(place: &Place, id: PackageId, entry: Entry) -> Result<u64, Unpublished> {
    withdraw(place.store, place.board, place.files, id, entry)
}
