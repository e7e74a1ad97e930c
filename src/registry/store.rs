//! The queries in the file, which computers answered them, and whose answers are on their way out.

use serde::{Deserialize, Serialize};

use super::Query;
use crate::id::ComputerId;
use crate::named_record;
use crate::protocol::reply::Param;
use crate::store::{Error, Read, Table, Write};

/// Queries by their number.
pub static QUERIES: Table<u32, Query> = Table::new("registry");

named_record!(Query);

/// What each computer answered, so that nobody has to look into all inventories for it.
pub static ANSWERS: Table<ComputerId, Answers> = Table::new("registry_answers");

/// Names of queries whose answers are being removed.
pub static REMOVALS: Table<String, Removal> = Table::new("registry_removals");

/// The names of the queries that a computer answered, each once, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The names.
    pub names: Vec<String>,
}

named_record!(Answers);

/// Answers that are being removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {}

named_record!(Removal);

/// Why a query is not stored.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another query has the name, in whatever case.
    #[error("a query has this name already")]
    Name,
    /// Another query asks for the same value.
    #[error("the query `{0}` asks for the same")]
    Same(String),
    /// There is no such query any more.
    #[error("there is no such query")]
    Gone,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Every query, in the order of their making.
///
/// # Errors
/// Those of the store.
pub fn all(store: &impl Read) -> Result<Vec<Query>, Error> {
    Ok(store.all(&QUERIES)?.into_iter().map(|(id, query)| Query { id, ..query }).collect())
}

/// The queries as agents are told them.
///
/// # Errors
/// Those of the store.
pub fn params(store: &impl Read) -> Result<Vec<Param>, Error> {
    Ok(all(store)?.iter().map(Query::param).collect())
}

/// Notes what a computer answered, when that is something else than before. A damaged note is replaced.
///
/// # Errors
/// Those of the store.
pub fn answered(store: &impl Read, changes: &mut impl Write, id: ComputerId, names: Vec<String>) -> Result<(), Error> {
    let before = match store.get(&ANSWERS, id) {
        Err(Error::Damaged { .. }) => None,
        other => Some(other?.unwrap_or_default().names),
    };
    match names {
        names if before.as_ref() == Some(&names) => Ok(()),
        names if names.is_empty() => forget(changes, id),
        names => changes.put(&ANSWERS, id, &Answers { names }),
    }
}

/// Forgets what a computer answered that is gone.
///
/// # Errors
/// Those of the store.
pub fn forget(changes: &mut impl Write, id: ComputerId) -> Result<(), Error> {
    changes.remove(&ANSWERS, id)
}

/// Computers with what they answered; a damaged note answers nothing. `each` says whether to go on.
///
/// # Errors
/// Those of the store.
pub fn answers(store: &impl Read, each: &mut dyn FnMut(ComputerId, &[String]) -> bool) -> Result<(), Error> {
    store.scan(&ANSWERS, &mut |record| match record {
        Ok((id, answers)) => each(id, &answers.names),
        Err(_) => true,
    })
}

/// The names of queries whose answers are being removed.
///
/// # Errors
/// Those of the store.
pub fn removals(store: &impl Read) -> Result<Vec<String>, Error> {
    Ok(store.all(&REMOVALS)?.into_iter().map(|(name, _)| name).collect())
}

/// Stores a query; the number 0 stands for a new one. Answers it as it was before.
///
/// # Errors
/// [`Refusal`]
pub fn keep(store: &mut (impl Read + Write), query: &Query) -> Result<Option<Query>, Refusal> {
    let known = all(store)?;
    let others = || known.iter().filter(|other| other.id != query.id);
    if others().any(|other| other.name.to_lowercase() == query.name.to_lowercase()) {
        return Err(Refusal::Name);
    }
    if let Some(other) = others().find(|other| other.asks_the_same(query)) {
        return Err(Refusal::Same(other.name.clone()));
    }
    let before = known.iter().find(|other| other.id == query.id);
    let id = match (query.id, before) {
        (0, _) => known.iter().map(|other| other.id).max().unwrap_or(0) + 1,
        (_, None) => return Err(Refusal::Gone),
        (id, Some(_)) => id,
    };
    store.put(&QUERIES, id, query)?;
    // Answers under this name are wanted again.
    store.remove(&REMOVALS, query.name.as_str())?;
    Ok(before.cloned())
}

/// Deletes a query; `None` when there is no such one. Its answers, when they go as well, are removed later, part by
/// part.
///
/// # Errors
/// Those of the store.
pub fn delete(store: &mut (impl Read + Write), id: u32, answers_too: bool) -> Result<Option<Query>, Error> {
    let found = store.get(&QUERIES, id)?;
    if let Some(query) = &found {
        store.remove(&QUERIES, id)?;
        if answers_too {
            store.put(&REMOVALS, query.name.as_str(), &Removal {})?;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_reg_3_names_and_questions_are_unique() {
        let store = Store::in_memory().unwrap();
        let query = |name: &str, value: &str| Query {
            name: name.into(),
            hive: 2,
            key: "A\\B".into(),
            value: value.into(),
            id: 0,
        };
        let keep_it = |query: Query| store.write(move |w| keep(w, &query));
        keep_it(query("Foo", "*")).unwrap();
        assert!(matches!(keep_it(query("FOO", "x")), Err(Refusal::Name)));
        assert!(matches!(keep_it(query("Bar", "*")), Err(Refusal::Same(other)) if other == "Foo"));
        let other_hive = Query { hive: 1, ..query("Bar", "*") };
        keep_it(other_hive).unwrap();
        let renamed = Query { id: 1, ..query("foo", "*") };
        assert_eq!(keep_it(renamed).unwrap().unwrap().name, "Foo");
        assert!(matches!(keep_it(Query { id: 9, ..query("x", "y") }), Err(Refusal::Gone)));
        assert_eq!(store.write(|w| delete(w, 1, true)).unwrap().unwrap().name, "foo");
        assert_eq!(params(&store.read().unwrap()).unwrap().len(), 1);
        assert_eq!(removals(&store.read().unwrap()).unwrap(), ["foo"]);
        keep_it(query("foo", "z")).unwrap();
        assert!(removals(&store.read().unwrap()).unwrap().is_empty(), "its answers are wanted again");
    }
}
