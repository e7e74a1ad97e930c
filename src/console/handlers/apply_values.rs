//! Storing the values of a CSV text: one transaction that looks at everything once more (CON-ADM-4, CON-GEN-7).

use std::collections::HashSet;

use super::deeds::object;
use super::value_lines::account;
use crate::accountinfo::fields::{Field, store as defined};
use crate::accountinfo::import::{Known, Line, Mapping, plan};
use crate::accountinfo::{self, Changed, TAG};
use crate::console::pages::values::Counts;
use crate::fleet::{Index, Sight};
use crate::history::audit::{self, Change, Entry};
use crate::id::ComputerId;
use crate::store::{self, Txn};
use crate::text;

/// Changes that one entry of the audit log names.
const TOLD: usize = 100;
/// Bytes of a value in entries about more computers than that.
const SHORT: usize = 200;

/// What is to be stored.
pub struct Import {
    /// The lines of the text.
    pub rows: Vec<Vec<String>>,
    /// What its columns are.
    pub mapping: Mapping,
    /// The computers by their key.
    pub known: Known,
    /// Which computers whoever imports may see.
    pub sight: Sight,
    /// Computers whose inventories are kept out.
    pub held: HashSet<ComputerId>,
    /// How many computers change, as it was confirmed.
    pub confirmed: u64,
    /// Who and when.
    pub changed: Changed,
    /// The entry of the audit log, without what was changed.
    pub entry: Entry,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    /// The values are stored.
    Done(Vec<Line>),
    /// Another number of computers would change; nothing is stored.
    Recounted(Vec<Line>),
    /// A field reads values in another way by now, or is gone; nothing is stored. The fields as they are.
    Redefined(Vec<Field>),
}

impl Import {
    /// Stores the values when as many computers change as were confirmed.
    pub fn store(self, w: &mut Txn<'_>) -> Result<Applied, store::Error> {
        let fields = defined::all(w)?;
        if !self.mapping.fields.iter().all(|(_, field)| fields.iter().any(|now| now.reads_as(field))) {
            return Ok(Applied::Redefined(fields));
        }
        let mut lines = plan(&self.rows, &self.mapping, &self.known, |id| account(w, &self.sight, id))?;
        if Counts::of(&lines).updated != self.confirmed {
            return Ok(Applied::Recounted(lines));
        }
        let mut told = Told::new(self.entry, self.confirmed);
        for line in &mut lines {
            let Line::Updated(id, changes) = &*line else { continue };
            let id = *id;
            if !self.held.contains(&id) {
                *line = Line::Busy(id);
                continue;
            }
            let mut row = account(w, &self.sight, id)?.unwrap_or_default();
            for change in changes {
                row.values.insert(change.key.clone(), change.after.clone());
                row.changed.insert(change.key.clone(), self.changed.clone());
                let what = format!("{id}: {}", change.name);
                let change = Change { what, before: change.before.clone(), after: change.after.clone() };
                told.add(w, id, change)?;
            }
            accountinfo::store::keep(w, id, &row)?;
        }
        told.end(w)?;
        Ok(Applied::Done(lines))
    }
}

/// Changed values on their way into the audit log: every one, in as many entries as it takes. Memory stays flat.
pub struct Told {
    entry: Entry,
    longest: usize,
    changes: Vec<(ComputerId, Change)>,
}

impl Told {
    /// None yet, of about so many computers.
    pub fn new(entry: Entry, computers: u64) -> Told {
        let longest = if computers > TOLD as u64 { SHORT } else { usize::MAX };
        Told { entry, longest, changes: Vec::new() }
    }

    /// One more; those of a computer follow each other.
    pub fn add(&mut self, w: &mut Txn<'_>, id: ComputerId, change: Change) -> Result<(), store::Error> {
        let short = |text: String| text::cut(&text, self.longest).into_owned();
        let change = Change { before: short(change.before), after: short(change.after), ..change };
        self.changes.push((id, change));
        if self.changes.len() < TOLD { Ok(()) } else { self.enter(w) }
    }

    /// Enters what is left.
    pub fn end(mut self, w: &mut Txn<'_>) -> Result<(), store::Error> {
        if self.changes.is_empty() { Ok(()) } else { self.enter(w) }
    }

    fn enter(&mut self, w: &mut Txn<'_>) -> Result<(), store::Error> {
        let (mut ids, changes): (Vec<ComputerId>, Vec<Change>) = self.changes.drain(..).unzip();
        ids.dedup();
        let (object, count) = (object(&ids), Some(ids.len() as u64));
        audit::append(w, Entry { object, count, changes, ..self.entry.clone() })?;
        Ok(())
    }
}

/// Enters TAGs that were stored into the index.
pub fn follow(index: &mut Index, applied: &Applied) {
    let Applied::Done(lines) = applied else { return };
    for line in lines {
        let Line::Updated(id, changes) = line else { continue };
        if let Some(change) = changes.iter().find(|change| change.key == TAG) {
            index.set_tag(*id, &change.after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accountinfo::fields::Kind;
    use crate::accountinfo::import::Key;
    use crate::clock::Timestamp;
    use crate::history::Action;
    use crate::history::audit::Actor;
    use crate::store::Store;

    fn import(field: &Field) -> Import {
        let at = Timestamp(5);
        Import {
            rows: vec![vec!["1".into(), "7".into()]],
            mapping: Mapping { key: Key::Id, at: (0, 0), fields: vec![(1, field.clone())] },
            known: [("1".to_owned(), vec![ComputerId(1)])].into_iter().collect(),
            sight: Sight::everything(),
            held: [ComputerId(1)].into_iter().collect(),
            confirmed: 1,
            changed: Changed { by: "marie".into(), at },
            entry: Entry::new(at, Actor::Account("marie".into()), None, Action::ValuesChanged),
        }
    }

    fn office() -> (Store, Field) {
        let store = Store::in_memory().unwrap();
        let room = Field { name: "Room".into(), ..Field::tag() };
        let room = store.write(move |w| defined::add(w, &room)).unwrap();
        (store, room)
    }

    #[test]
    fn con_adm_4_a_computer_that_went_meanwhile_is_not_found_and_gets_no_row() {
        let (store, room) = office();
        let gone = import(&room);
        let applied = store.write(move |w| gone.store(w)).unwrap();
        assert_eq!(applied, Applied::Recounted(vec![Line::NotFound]));
        let gone = Import { confirmed: 0, ..import(&room) };
        assert_eq!(store.write(move |w| gone.store(w)).unwrap(), Applied::Done(vec![Line::NotFound]));
        let read = store.read().unwrap();
        assert_eq!(accountinfo::store::account(&read, ComputerId(1)).unwrap(), None);
        assert!(audit::entries(&read, None, 9, &|_| true).unwrap().is_empty(), "what changes nothing is no entry");
    }

    #[test]
    fn con_adm_4_a_field_that_was_changed_meanwhile_brings_nothing() {
        let (store, room) = office();
        let old = import(&room);
        let number = Field { kind: Kind::Integer, ..room };
        store.write(move |w| defined::change(w, &number)).unwrap();
        assert!(matches!(store.write(move |w| old.store(w)).unwrap(), Applied::Redefined(fields) if fields.len() == 2));
    }

    #[test]
    fn con_adm_4_the_audit_log_names_every_value() {
        let (store, _) = office();
        let entry = import(&Field::tag()).entry;
        let change = |n: u32| Change { what: format!("{n}: Room"), before: String::new(), after: n.to_string() };
        let run = move |w: &mut Txn<'_>| {
            let mut told = Told::new(entry, 150);
            (1..=149).try_for_each(|n| told.add(w, ComputerId(n), change(n)))?;
            let long = Change { before: "é".repeat(4000), ..change(150) };
            told.add(w, ComputerId(150), long)?;
            told.end(w)
        };
        store.write(run).unwrap();
        let entries = audit::entries(&store.read().unwrap(), None, 9, &|_| true).unwrap();
        let entries: Vec<Entry> = entries.into_iter().rev().filter_map(|(_, entry)| entry).collect();
        assert_eq!(entries.iter().map(|entry| entry.count).collect::<Vec<_>>(), [Some(100), Some(50)]);
        assert!(entries[1].object.starts_with("101, 102") && entries[1].changes[48] == change(149));
        // Long texts of many computers would fill the memory.
        assert!(entries[1].changes[49].before.len() <= SHORT && entries[1].changes[49].after == "150");
    }
}
