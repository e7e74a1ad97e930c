//! The queries in the file.

use super::Query;
use crate::named_record;
use crate::protocol::reply::Param;
use crate::store::{Error, Read, Table, Write};

/// Queries by their number.
pub static QUERIES: Table<u32, Query> = Table::new("registry");

named_record!(Query);

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
    Ok(before.cloned())
}

/// Deletes a query; `None` when there is no such one.
///
/// # Errors
/// Those of the store.
pub fn delete(store: &mut (impl Read + Write), id: u32) -> Result<Option<Query>, Error> {
    let found = store.get(&QUERIES, id)?;
    if found.is_some() {
        store.remove(&QUERIES, id)?;
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
        assert_eq!(store.write(|w| delete(w, 1)).unwrap().unwrap().name, "foo");
        assert_eq!(params(&store.read().unwrap()).unwrap().len(), 1);
    }
}
