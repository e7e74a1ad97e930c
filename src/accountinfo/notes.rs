//! Notes about a computer: who wrote what when (the incumbent's `itmgmt_comments`).

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Changes, Error, Read, Table, Write};

/// Notes by computer and number.
pub static NOTES: Table<(ComputerId, u32), Note> = Table::new("notes");

/// Longest note, in characters.
pub const LONGEST: usize = 4000;
/// Most notes of a computer.
pub const MOST: usize = 1000;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The account that wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Its text; may have several lines.
    pub text: String,
    /// When its writer changed it last.
    #[serde(default)]
    pub edited: Option<Timestamp>,
}

named_record!(Note);

/// Every note of a computer with its number, the oldest first.
///
/// # Errors
/// Those of the store.
pub fn of(store: &impl Read, id: ComputerId) -> Result<Vec<(u32, Note)>, Error> {
    let mut found = Ok(Vec::new());
    store.scan_from(&NOTES, &id.0.to_be_bytes(), &mut |record| {
        match (record, &mut found) {
            (Ok(((_, number), note)), Ok(list)) => list.push((number, note)),
            (Err(error), _) => found = Err(error),
            _ => {}
        }
        true
    })?;
    found
}

/// Adds a note; `None` when there are too many.
///
/// # Errors
/// Those of the store.
pub fn add(store: &mut (impl Read + Write), id: ComputerId, note: &Note) -> Result<Option<u32>, Error> {
    let known = of(store, id)?;
    if known.len() >= MOST {
        return Ok(None);
    }
    let number = known.last().map_or(1, |(number, _)| number.saturating_add(1));
    store.put(&NOTES, (id, number), note)?;
    Ok(Some(number))
}

/// Changes the text of a note that `by` wrote. Answers the note as it was; `None` when there is none of his.
///
/// # Errors
/// Those of the store.
pub fn edit(
    store: &mut (impl Read + Write),
    id: ComputerId,
    number: u32,
    text: &str,
    (by, at): (&str, Timestamp),
) -> Result<Option<Note>, Error> {
    let Some(before) = store.get(&NOTES, (id, number))?.filter(|note| note.by.eq_ignore_ascii_case(by)) else {
        return Ok(None);
    };
    let note = Note { text: text.to_owned(), edited: Some(at), ..before.clone() };
    store.put(&NOTES, (id, number), &note)?;
    Ok(Some(before))
}

/// Deletes a note; `None` when there is no such one.
///
/// # Errors
/// Those of the store.
pub fn delete(store: &mut (impl Read + Write), id: ComputerId, number: u32) -> Result<Option<Note>, Error> {
    let found = store.get(&NOTES, (id, number))?;
    if found.is_some() {
        store.remove(&NOTES, (id, number))?;
    }
    Ok(found)
}

/// Gives the notes of computers that are merged away to the one that stays, behind its own. Damaged ones are left.
///
/// # Errors
/// Those of the store.
pub fn moved(store: &impl Read, changes: &mut Changes, from: &[ComputerId], to: ComputerId) -> Result<(), Error> {
    let mut next = None;
    for gone in from {
        for (number, note) in whole(store, *gone)? {
            let free = match next {
                Some(free) => free,
                None => whole(store, to)?.last().map_or(1, |(number, _)| number.saturating_add(1)),
            };
            changes.remove(&NOTES, (*gone, number))?;
            changes.put(&NOTES, (to, free), &note)?;
            next = Some(free.saturating_add(1));
        }
    }
    Ok(())
}

/// Removes the notes of a computer that is deleted. Damaged ones stay, and nobody sees them.
///
/// # Errors
/// Those of the store.
pub fn forget(store: &impl Read, changes: &mut Changes, id: ComputerId) -> Result<(), Error> {
    for (number, _) in whole(store, id)? {
        changes.remove(&NOTES, (id, number))?;
    }
    Ok(())
}

/// The notes of a computer without damaged ones.
fn whole(store: &impl Read, id: ComputerId) -> Result<Vec<(u32, Note)>, Error> {
    let mut found = Vec::new();
    store.scan_from(&NOTES, &id.0.to_be_bytes(), &mut |record| {
        found.extend(record.ok().map(|((_, number), note)| (number, note)));
        true
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn note(by: &str, text: &str) -> Note {
        Note { by: by.into(), at: Timestamp(5), text: text.into(), edited: None }
    }

    fn texts(store: &Store, id: u32) -> Vec<String> {
        let notes = of(&store.read().unwrap(), ComputerId(id)).unwrap();
        notes.into_iter().map(|(_, note)| note.text).collect()
    }

    #[test]
    fn con_pc_5_only_the_writer_edits_a_note() {
        let store = Store::in_memory().unwrap();
        let id = ComputerId(7);
        assert_eq!(store.write(move |w| add(w, id, &note("marie", "first"))).unwrap(), Some(1));
        assert_eq!(store.write(move |w| edit(w, id, 1, "x", ("paul", Timestamp(6)))).unwrap(), None);
        assert!(store.write(move |w| edit(w, id, 1, "second", ("Marie", Timestamp(6)))).unwrap().is_some());
        assert_eq!(texts(&store, 7), ["second"]);
        assert!(store.write(move |w| delete(w, id, 1)).unwrap().is_some());
        assert!(store.write(move |w| delete(w, id, 1)).unwrap().is_none());
    }

    #[test]
    fn con_pc_5_notes_of_a_merged_computer_go_on() {
        let store = Store::in_memory().unwrap();
        for (id, text) in [(3, "old 1"), (3, "old 2"), (4, "old 3"), (9, "new"), (300, "other")] {
            store.write(move |w| add(w, ComputerId(id), &note("marie", text))).unwrap();
        }
        let mut changes = Changes::new();
        moved(&store.read().unwrap(), &mut changes, &[ComputerId(3), ComputerId(4)], ComputerId(9)).unwrap();
        store.submit(changes, || {}).unwrap().wait().unwrap();
        assert_eq!(texts(&store, 9), ["new", "old 1", "old 2", "old 3"]);
        assert!(texts(&store, 3).is_empty());
        let mut changes = Changes::new();
        forget(&store.read().unwrap(), &mut changes, ComputerId(9)).unwrap();
        store.submit(changes, || {}).unwrap().wait().unwrap();
        assert!(texts(&store, 9).is_empty());
        assert_eq!(texts(&store, 300), ["other"]);
    }
}
