//! Answers to registry queries inside of an inventory: the rows of the section REGISTRY, each under the name of its query.

use crate::id::ComputerId;
use crate::inventory::rows::{self, SectionKey, SectionRows, field_name};
use crate::inventory::store::{self as computers, COLD};
use crate::inventory::{Dictionaries, sections};
use crate::store::{Error, Txn, Write as _};

const TAG: &str = "REGISTRY";
const NAME: &str = "NAME";

/// The section of a block; a damaged one holds nothing.
fn section(block: &[u8]) -> Option<SectionRows> {
    let found = rows::sections_of(block).flatten().find(|section| section.tag() == TAG)?;
    found.unpack().ok()
}

/// The names of the queries that a block of sections answers, each once, in order.
pub fn names(block: &[u8]) -> Vec<String> {
    let Some(section) = section(block) else { return Vec::new() };
    let names = section.rows.iter().filter_map(|row| row.value(&section.key, NAME));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The block without the answers to a query; `None` when it has none.
fn without(block: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut section = section(block)?;
    let key: SectionKey = section.key.clone();
    let before = section.rows.len();
    section.rows.retain(|row| row.value(&key, NAME) != Some(name));
    if section.rows.len() == before {
        return None;
    }
    if section.rows.is_empty() {
        return rows::merged(block, &[], &[TAG]).ok();
    }
    let mut left = Vec::new();
    let cells = |row: &'_ rows::Row| {
        row.cells.iter().map(|(field, value)| (field_name(&key, field).to_owned(), value.clone())).collect::<Vec<_>>()
    };
    let kept: Vec<Vec<(String, String)>> = section.rows.iter().map(cells).collect();
    let pairs = kept.iter().map(|row| row.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    // Values were cut when they came.
    rows::put_section(&mut left, TAG, pairs, usize::MAX);
    rows::merged(block, &left, &[]).ok()
}

/// Removes the answers to a query from what is stored about a computer. Inventories of the computer are kept out
/// meanwhile; the next one is stored whole, and the index forgets what the sections hashed to (`forget_hashes`).
///
/// # Errors
/// Those of the store. What is damaged is left as it is: the next inventory replaces it.
pub fn remove(w: &mut Txn<'_>, dictionaries: &Dictionaries, id: ComputerId, name: &str) -> Result<(), Error> {
    let stored = computers::computer(w, id, dictionaries).and_then(|computer| {
        let Some(computer) = computer else { return Ok(None) };
        Ok(Some((computer, computers::known_cold_block(w, id, dictionaries)?)))
    });
    let (mut computer, block) = match stored {
        Ok(Some(stored)) => stored,
        Ok(None) | Err(Error::Damaged { .. }) => return super::store::forget(w, id),
        Err(error) => return Err(error),
    };
    let left = without(&block, name);
    if let Some(left) = &left {
        let cold = dictionaries.pack(left).map_err(|error| Error::Unavailable(error.to_string()))?;
        w.put(&COLD, id, &cold)?;
        (computer.stable, computer.software) = (0, 0);
        computer.checksum |= sections::section(TAG).map_or(0, |section| u64::from(section.checksum));
        computers::keep(w, id, &computer, dictionaries)?;
    }
    let names: Vec<String> = names(left.as_ref().unwrap_or(&block)).into_iter().filter(|known| known != name).collect();
    match names.is_empty() {
        true => super::store::forget(w, id),
        false => w.put(&super::store::ANSWERS, id, &super::store::Answers { names }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(rows: &[[(&'static str, &'static str); 3]]) -> Vec<u8> {
        let mut out = Vec::new();
        rows::put_section(&mut out, "BIOS", [[("SSN", "7")].into_iter()].into_iter(), 100);
        if !rows.is_empty() {
            rows::put_section(&mut out, TAG, rows.iter().map(|row| row.iter().copied()), 100);
        }
        rows::put_section(&mut out, "PLUGIN", [[("X", "y")].into_iter()].into_iter(), 100);
        out
    }

    fn sorted(block: &[u8]) -> Vec<SectionRows> {
        let mut found = rows::unpack(block).unwrap();
        found.sort_by(|a, b| a.key.tag().cmp(b.key.tag()));
        found
    }

    #[test]
    fn con_reg_1_answers_are_named_and_taken_out_and_nothing_else_is() {
        let foo = [("NAME", "Foo"), ("REGVALUE", "a=1"), ("OWN", "z")];
        let bar = [("NAME", "Bar"), ("REGVALUE", "b"), ("HIVE", "2")];
        let whole = block(&[foo, bar, foo]);
        assert_eq!(names(&whole), ["Bar", "Foo"]);
        assert_eq!(sorted(&without(&whole, "Foo").unwrap()), sorted(&block(&[bar])));
        assert_eq!(sorted(&without(&block(&[foo]), "Foo").unwrap()), sorted(&block(&[])));
        assert_eq!((without(&whole, "foo"), without(&block(&[]), "Foo")), (None, None));
        assert_eq!((names(&block(&[])), names(b"\xFF\xFF")), (Vec::<String>::new(), Vec::new()));
    }
}
