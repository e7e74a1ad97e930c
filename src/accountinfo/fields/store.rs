//! The definitions of fields, and the values that hang on them.

use std::collections::HashMap;

use super::{Field, Kind, MOST_FIELDS};
use crate::accountinfo::store::ACCOUNTINFO;
use crate::id::ComputerId;
use crate::named_record;
use crate::store::{Error, Read, Table, Write};

/// Fields by their number.
pub static FIELDS: Table<u32, Field> = Table::new("fields");

named_record!(Field);

fn numbered(store: &impl Read) -> Result<Vec<Field>, Error> {
    Ok(store.all(&FIELDS)?.into_iter().map(|(id, field)| Field { id, ..field }).collect())
}

/// Every field in its order, the TAG first.
///
/// # Errors
/// Those of the store.
pub fn all(store: &impl Read) -> Result<Vec<Field>, Error> {
    let mut fields = numbered(store)?;
    fields.retain(|field| !field.deleted);
    if !fields.iter().any(Field::is_tag) {
        fields.push(Field::tag());
    }
    fields.sort_by_key(|field| (!field.is_tag(), field.order, field.id));
    Ok(fields)
}

/// Why a definition is not stored.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another field has the name, in whatever case.
    #[error("a field has this name already")]
    Taken,
    /// There are as many fields as there can be.
    #[error("there are too many fields")]
    Many,
    /// There is no such field any more.
    #[error("there is no such field")]
    Gone,
    /// So many values do not fit the new kind; some of them.
    #[error("{count} values do not fit")]
    Values {
        /// How many.
        count: usize,
        /// The first of them.
        some: Vec<(ComputerId, String)>,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Values that are told apart when a kind cannot be changed.
const SHOWN: usize = 20;

/// Adds a field under a number of its own.
///
/// # Errors
/// [`Refusal::Taken`], [`Refusal::Many`]
pub fn add(store: &mut (impl Read + Write), field: &Field) -> Result<Field, Refusal> {
    let known = numbered(store)?;
    let id = known.iter().map(|one| one.id).max().unwrap_or(0) + 1;
    let field = Field { id, ..field.clone() };
    taken(&known, &field)?;
    if known.iter().filter(|one| !one.deleted && !one.is_tag()).count() >= MOST_FIELDS {
        return Err(Refusal::Many);
    }
    store.put(&FIELDS, id, &field)?;
    Ok(field)
}

/// A field that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// As it was before.
    pub field: Field,
    /// How many values are spelled in another way now; `None` when the kind and the choices are what they were.
    pub converted: Option<u64>,
}

/// Changes a field; of the TAG only the label. Answers what it was before.
///
/// When the kind or the choices change, every stored value is read again, and all are stored in the new spelling.
///
/// # Errors
/// [`Refusal`]
pub fn change(store: &mut (impl Read + Write), field: &Field) -> Result<Former, Refusal> {
    let known = numbered(store)?;
    let before = known.iter().find(|one| one.id == field.id && !one.deleted).cloned();
    if field.is_tag() {
        store.put(&FIELDS, 0, &Field { label: field.label.clone(), ..Field::tag() })?;
        return Ok(Former { field: before.unwrap_or_else(Field::tag), converted: None });
    }
    let before = before.ok_or(Refusal::Gone)?;
    taken(&known, field)?;
    let converted = if before.reads_as(field) { None } else { Some(convert(store, field)?) };
    store.put(&FIELDS, field.id, field)?;
    Ok(Former { field: before, converted })
}

fn taken(known: &[Field], field: &Field) -> Result<(), Refusal> {
    let same = |one: &&Field| !one.deleted && one.id != field.id && one.name.eq_ignore_ascii_case(&field.name);
    let taken = field.name.eq_ignore_ascii_case(super::TAG) || known.iter().any(|one| same(&one));
    if taken { Err(Refusal::Taken) } else { Ok(()) }
}

/// Brings every value of a field into the spelling of its new kind, or none. Answers how many are others now.
fn convert(store: &mut (impl Read + Write), field: &Field) -> Result<u64, Refusal> {
    let (mut bad, mut good) = (Vec::new(), Vec::new());
    for (id, value) in holders(store, &field.key())? {
        match field.parse(&[&value]) {
            Ok(new) if new != value => good.push((id, new)),
            Ok(_) => {}
            Err(_) => bad.push((id, value)),
        }
    }
    if !bad.is_empty() {
        let count = bad.len();
        bad.truncate(SHOWN);
        return Err(Refusal::Values { count, some: bad });
    }
    let count = good.len() as u64;
    for (id, value) in good {
        if let Some(mut account) = store.get(&ACCOUNTINFO, id)? {
            account.values.insert(field.key(), value);
            store.put(&ACCOUNTINFO, id, &account)?;
        }
    }
    Ok(count)
}

/// The values of these fields of every computer that has one of them, by one look at all. Damaged rows have none.
///
/// # Errors
/// Those of the store.
pub fn values_of(store: &impl Read, keys: &[String]) -> Result<Vec<(ComputerId, Vec<String>)>, Error> {
    let mut found = Vec::new();
    store.scan(&ACCOUNTINFO, &mut |record| {
        if let Ok((id, account)) = record {
            let values: Vec<String> = keys.iter().map(|key| account.value(key).to_owned()).collect();
            if values.iter().any(|value| !value.is_empty()) {
                found.push((id, values));
            }
        }
        true
    })?;
    Ok(found)
}

/// Computers with a value in a field, and the value. Damaged rows have none.
///
/// # Errors
/// Those of the store.
pub fn holders(store: &impl Read, key: &str) -> Result<Vec<(ComputerId, String)>, Error> {
    let mut found = Vec::new();
    store.scan(&ACCOUNTINFO, &mut |record| {
        if let Ok((id, account)) = record
            && !account.value(key).is_empty()
        {
            found.push((id, account.value(key).to_owned()));
        }
        true
    })?;
    Ok(found)
}

/// How many computers have a value in each field, by the field's key. Damaged rows have none.
///
/// # Errors
/// Those of the store.
pub fn counts(store: &impl Read) -> Result<HashMap<String, usize>, Error> {
    let mut counts = HashMap::new();
    store.scan(&ACCOUNTINFO, &mut |record| {
        if let Ok((_, account)) = record {
            for (key, _) in account.values.into_iter().filter(|(_, value)| !value.is_empty()) {
                *counts.entry(key).or_default() += 1;
            }
        }
        true
    })?;
    Ok(counts)
}

/// Deletes a field and its values. Answers how many computers held one; `None` when there is no such field.
///
/// # Errors
/// Those of the store.
pub fn delete(store: &mut (impl Read + Write), id: u32) -> Result<Option<usize>, Error> {
    let Some(field) = store.get(&FIELDS, id)?.filter(|field| !field.deleted && id != 0) else { return Ok(None) };
    let key = Field { id, ..field.clone() }.key();
    let holders = holders(store, &key)?;
    for (holder, _) in &holders {
        if let Some(mut account) = store.get(&ACCOUNTINFO, *holder)? {
            account.values.remove(&key);
            account.changed.remove(&key);
            store.put(&ACCOUNTINFO, *holder, &account)?;
        }
    }
    // The number stays taken: agents may hold its values still.
    store.put(&FIELDS, id, &Field { deleted: true, kind: Kind::Text, choices: Vec::new(), ..field })?;
    Ok(Some(holders.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accountinfo::Account;
    use crate::store::Store;

    fn field(name: &str, kind: Kind) -> Field {
        Field { name: name.into(), label: name.into(), kind, ..Field::tag() }
    }

    fn office(values: &[&str]) -> (Store, Field) {
        let store = Store::in_memory().unwrap();
        let made = store.write(|w| add(w, &field("Room", Kind::Text))).unwrap();
        let (key, values): (String, Vec<String>) = (made.key(), values.iter().map(|value| (*value).into()).collect());
        store
            .write(move |w| {
                for (n, value) in values.into_iter().enumerate() {
                    let mut account = Account::default();
                    account.values.insert(key.clone(), value);
                    w.put(&ACCOUNTINFO, ComputerId(n as u32 + 1), &account)?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        (store, made)
    }

    #[test]
    fn con_adm_1_the_tag_is_always_there_and_only_its_label_changes() {
        let (store, room) = office(&[]);
        let names =
            |store: &Store| all(&store.read().unwrap()).unwrap().into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names(&store), ["TAG", "Room"]);
        assert_eq!(store.write(|w| delete(w, 0)).unwrap(), None);
        store.write(|w| change(w, &Field { label: "Department".into(), ..Field::tag() })).unwrap();
        assert_eq!(all(&store.read().unwrap()).unwrap()[0].label, "Department");
        for name in ["room", "tag"] {
            let again = store.write(move |w| add(w, &field(name, Kind::Text)));
            assert!(matches!(again, Err(Refusal::Taken)), "{name}");
        }
        assert_eq!(room.key(), "fields_1");
    }

    #[test]
    fn con_adm_3_a_kind_changes_when_all_values_convert() {
        let (store, room) = office(&["12,50", "7"]);
        let real = Field { kind: Kind::Real, ..room.clone() };
        assert_eq!(store.write(move |w| change(w, &real)).unwrap().converted, Some(1));
        let values: Vec<_> =
            holders(&store.read().unwrap(), "fields_1").unwrap().into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["12.5", "7"]);
        let date = Field { kind: Kind::Date, ..room };
        let refused = store.write(move |w| change(w, &date));
        assert!(
            matches!(refused, Err(Refusal::Values { count: 2, some }) if some[0] == (ComputerId(1), "12.5".into()))
        );
    }

    #[test]
    fn con_adm_2_there_is_an_end_of_fields_and_one_look_counts_them_all() {
        let (store, _) = office(&["a", "", "b"]);
        for n in 1..MOST_FIELDS {
            store.write(move |w| add(w, &field(&format!("F{n}"), Kind::Text))).unwrap();
        }
        assert!(matches!(store.write(|w| add(w, &field("Last", Kind::Text))), Err(Refusal::Many)));
        store.write(|w| delete(w, 2)).unwrap();
        store.write(|w| add(w, &field("Last", Kind::Text))).unwrap();
        assert_eq!(counts(&store.read().unwrap()).unwrap(), [("fields_1".to_owned(), 2)].into_iter().collect());
    }

    #[test]
    fn con_adm_3_a_deleted_field_leaves_no_values_and_its_number_is_not_given_again() {
        let (store, room) = office(&["a", "", "b"]);
        assert_eq!(store.write(move |w| delete(w, room.id)).unwrap(), Some(2));
        assert!(holders(&store.read().unwrap(), "fields_1").unwrap().is_empty());
        assert_eq!(store.write(|w| delete(w, 1)).unwrap(), None);
        assert_eq!(store.write(|w| add(w, &field("Room", Kind::Text))).unwrap().id, 2);
    }
}
