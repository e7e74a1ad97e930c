//! A package comes with its record and its files, or not at all; and so it goes.
//!
//! The files are on the disk before the record, under a passing name, and get their name after it; they lose it before
//! the record goes. Wherever it ends in between, what is there after the next start is the whole package or nothing.
//!
//! Source: SEC-34, REL-9; CON-DEP-11.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::actions::deactivate;
use super::board::Board;
use super::files::Files;
use super::package::PackageId;
use crate::history::Action;
use crate::history::audit::Entry;
use crate::store::{Error, Store};

/// Why a package did not get its name, or did not go.
#[derive(Debug, thiserror::Error)]
pub enum Unpublished {
    /// Its folder cannot be renamed.
    #[error("the folder of the package cannot be renamed")]
    Folder(#[source] io::Error),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Gives a package its name, once its files and then its record are on the disk. When this fails its record is taken
/// back with an entry like this one, and nothing is left.
///
/// # Errors
/// [`Unpublished`]
pub fn publish(
    store: &Store,
    board: &Arc<Board>,
    files: &Files,
    id: PackageId,
    entry: &Entry,
) -> Result<(), Unpublished> {
    files.publish(id).map_err(|error| {
        // Without its files nobody could fetch it.
        let gone = Entry { action: Action::PackageDeleted, ..entry.clone() };
        match deactivate(store, board, BTreeSet::new(), Some(id), gone) {
            Ok(_) => files.give_up(id),
            Err(trouble) => tracing::error!("the package {id} has no files until the next start: {trouble}"),
        }
        Unpublished::Folder(error)
    })
}

/// Removes a package with its files, activations and affectations; answers how many affectations went with it. When
/// this fails it is still there.
///
/// # Errors
/// [`Unpublished`]
pub fn withdraw(
    store: &Store,
    board: &Arc<Board>,
    files: &Files,
    id: PackageId,
    entry: Entry,
) -> Result<u64, Unpublished> {
    files.withdraw(id).map_err(Unpublished::Folder)?;
    match deactivate(store, board, BTreeSet::new(), Some(id), entry) {
        Ok(affectations) => {
            files.give_up(id);
            Ok(affectations)
        }
        Err(error) => {
            if let Err(trouble) = files.publish(id) {
                tracing::error!("the files of the package {id} are not served until the next start: {trouble}");
            }
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::super::actions::keep;
    use super::super::files::{archive, digests};
    use super::super::package::{Action as Does, Algorithm, Package, Protocol, System};
    use super::super::store::packages;
    use super::*;
    use crate::clock::Timestamp;
    use crate::history::audit::Actor;

    struct Place {
        folder: tempfile::TempDir,
        store: Store,
        board: Arc<Board>,
        files: Files,
    }

    impl Place {
        fn new() -> Place {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::in_memory().unwrap();
            let board = Arc::new(Board::load(&store.read().unwrap()).unwrap());
            let files = Files::of(folder.path());
            Place { folder, store, board, files }
        }

        fn publish(&self, id: u32) -> Result<(), Unpublished> {
            let path = self.folder.path().join("archive");
            fs::write(&path, vec![7; 70_000]).unwrap();
            let digests = digests(File::open(&path).unwrap()).unwrap();
            let package = Package {
                id: PackageId(id),
                name: "Tool".into(),
                description: String::new(),
                system: System::Linux,
                protocol: Protocol::Https,
                priority: 5,
                action: Does::Store,
                argument: "/opt/tool".into(),
                archive: Some(archive(&digests, Algorithm::Md5, 65_536)),
                notify: None,
                done: None,
                made: Timestamp(1),
                by: "admin".into(),
            };
            self.files.write(&package, Some(File::open(&path).unwrap())).unwrap();
            let entry = entry(Action::PackageBuilt);
            keep(&self.store, &self.board, package, entry.clone()).unwrap();
            publish(&self.store, &self.board, &self.files, PackageId(id), &entry)
        }

        fn known(&self) -> usize {
            let stored = packages(&self.store.read().unwrap()).unwrap().len();
            assert_eq!(stored, self.board.look().packages.len());
            stored
        }

        fn left(&self) -> usize {
            fs::read_dir(self.files.root()).map_or(0, Iterator::count)
        }
    }

    fn entry(action: Action) -> Entry {
        Entry::new(Timestamp(1), Actor::Account("admin".into()), None, action)
    }

    #[test]
    fn sec_34_a_package_that_cannot_be_named_leaves_nothing() {
        let place = Place::new();
        // A folder with something in it has its name.
        fs::create_dir_all(place.files.root().join("1700000001/x")).unwrap();
        assert!(matches!(place.publish(1_700_000_001), Err(Unpublished::Folder(_))));
        assert_eq!((place.known(), place.left()), (0, 1));
        place.publish(1_700_000_002).unwrap();
        assert_eq!((place.known(), place.left()), (1, 2));
    }

    #[test]
    fn con_dep_11_a_package_that_cannot_be_deleted_is_still_served() {
        let place = Place::new();
        let id = PackageId(1_700_000_001);
        place.publish(id.0).unwrap();
        // Its passing name is taken, so that it cannot be taken away.
        let taken = place.files.root().join(format!(".new-{id}"));
        fs::create_dir_all(taken.join("x")).unwrap();
        let delete = || withdraw(&place.store, &place.board, &place.files, id, entry(Action::PackageDeleted));
        assert!(matches!(delete(), Err(Unpublished::Folder(_))));
        assert!(place.known() == 1 && place.files.info(id).exists());
        fs::remove_dir_all(&taken).unwrap();
        delete().unwrap();
        assert_eq!((place.known(), place.left()), (0, 0));
    }
}
