//! Files that came from sticks, by their content: what was imported once is not new, be it that the stick cannot be
//! written (CON-IMP-5).

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Error, Read, Reader, Table, Txn, Write};

/// What became of each file, by its size in bytes and the digest of its content.
pub static BROUGHT: Table<(u64, String), Brought> = Table::new("brought");

/// Files that are remembered.
const KEPT: u64 = 50_000;
/// So many are forgotten at once, so that this is done rarely.
const FORGOTTEN: usize = 5_000;

/// Size in bytes, and SHA-256 in hexadecimal.
pub type Content = (u64, String);

/// A file that was worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// When.
    pub at: Timestamp,
    /// Whether everything in it was taken.
    pub taken: bool,
}

named_record!(Brought);

/// What became of a file; `None` for a new one.
///
/// # Errors
/// Those of the store.
pub fn known(store: &impl Read, content: &Content) -> Result<Option<Brought>, Error> {
    match store.get(&BROUGHT, content.clone()) {
        // Worked on once more, which changes nothing.
        Err(Error::Damaged { .. }) => Ok(None),
        found => found,
    }
}

/// Whether any file of this size is known: of another size none has to be read.
///
/// # Errors
/// Those of the store.
pub fn any_of_size(store: &impl Read, size: u64) -> Result<bool, Error> {
    let mut any = false;
    store.scan_from(&BROUGHT, &size.to_be_bytes(), &mut |_| {
        any = true;
        false
    })?;
    Ok(any)
}

/// Whether so many are remembered that the oldest have to go.
///
/// # Errors
/// Those of the store.
pub fn is_full(store: &Reader) -> Result<bool, Error> {
    Ok(store.count(&BROUGHT)? >= KEPT)
}

/// Remembers files.
///
/// # Errors
/// Those of the store.
pub fn remember(w: &mut Txn<'_>, files: &[(Content, Brought)]) -> Result<(), Error> {
    files.iter().try_for_each(|(content, brought)| w.put(&BROUGHT, content.clone(), brought))
}

/// Forgets the oldest, some thousands at once; reads all of them.
///
/// # Errors
/// Those of the store.
pub fn forget(w: &mut Txn<'_>) -> Result<(), Error> {
    forget_some(w, FORGOTTEN)
}

fn forget_some(w: &mut Txn<'_>, some: usize) -> Result<(), Error> {
    let mut all = Vec::new();
    w.scan(&BROUGHT, &mut |record| {
        all.extend(record.map(|(content, brought)| (brought.at, content)));
        true
    })?;
    all.sort();
    all.into_iter().take(some).try_for_each(|(_, content)| w.remove(&BROUGHT, content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_imp_5_files_are_known_by_size_and_content_and_the_oldest_are_forgotten() {
        let store = Store::in_memory().unwrap();
        let file =
            |n: i64| ((n.unsigned_abs() % 3, format!("{n:x}")), Brought { at: Timestamp(100 - n), taken: n != 1 });
        let files: Vec<_> = (0..9).map(file).collect();
        store.write(move |w| remember(w, &files)).unwrap();
        let read = || store.read().unwrap();
        assert_eq!(known(&read(), &file(1).0).unwrap(), Some(Brought { at: Timestamp(99), taken: false }));
        assert_eq!(known(&read(), &(0, "1".into())).unwrap(), None);
        assert!(any_of_size(&read(), 2).unwrap() && !any_of_size(&read(), 3).unwrap());
        assert!(!is_full(&read()).unwrap());
        store.write(|w| forget_some(w, 4)).unwrap();
        let left: Vec<bool> = (0..9).map(|n| known(&read(), &file(n).0).unwrap().is_some()).collect();
        assert_eq!(left, [true, true, true, true, true, false, false, false, false]);
    }
}
