//! The dictionary in the file: which name somebody put into which category.
//!
//! A record gives a consumer of the incumbent's tables what it needs (CON-DIC-5): a name whose category is IGNORED is a
//! row of `dico_ignored` (`extracted`); any other is a row of `dico_soft`, `extracted` being the name and `formatted`
//! what [`Category::shown`] says, so for UNCHANGED the name itself. Names without a record are in neither table.

use serde::{Deserialize, Serialize};

use super::{Category, Dictionary};
use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Error, Read, Table, Write};

/// Names of software that are not in NEW.
pub static DICO: Table<String, Filed> = Table::new("dico");

/// Where a name is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// The word of its category.
    pub category: String,
    /// Who put it there.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

named_record!(Filed);

/// A name that has another category now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The name.
    pub name: String,
    /// The word of the category that it had.
    pub before: String,
}

/// Reads the dictionary. Damaged records count as none; `check` names them.
///
/// # Errors
/// Those of the store.
pub fn load(store: &impl Read) -> Result<Dictionary, Error> {
    let mut names = Vec::new();
    store.scan(&DICO, &mut |record| {
        match record {
            Ok((name, filed)) => names.push((name, filed.category)),
            Err(error) => tracing::error!("{error}"),
        }
        true
    })?;
    Ok(Dictionary::of(names.into_iter()))
}

/// Puts names into a category. An own one that the file knows in another case keeps its spelling. Answers the names
/// that were not in it.
///
/// # Errors
/// Those of the store.
pub fn put(
    store: &mut (impl Read + Write),
    names: &[String],
    category: &Category,
    by: &str,
    at: Timestamp,
) -> Result<Vec<Moved>, Error> {
    let known = load(store)?;
    let category = match category {
        Category::Own(name) => {
            let same = |other: &Category| other.is_own() && other.word().to_lowercase() == name.to_lowercase();
            known.categories().into_iter().find(same).unwrap_or_else(|| category.clone())
        }
        fixed => fixed.clone(),
    };
    let mut moved = Vec::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        let before = known.category(name);
        if *before == category {
            continue;
        }
        match &category {
            Category::New => store.remove(&DICO, name.as_str())?,
            category => {
                let filed = Filed { category: category.word().to_owned(), by: by.to_owned(), at };
                store.put(&DICO, name.as_str(), &filed)?;
            }
        }
        moved.push(Moved { name: name.clone(), before: before.word().to_owned() });
    }
    Ok(moved)
}

/// Puts every name of an own category back to NEW, with which the category is gone: if `wanted` is how many there are.
/// Answers how many there are, and the names.
///
/// # Errors
/// Those of the store.
pub fn dissolve(
    store: &mut (impl Read + Write),
    category: &Category,
    wanted: u64,
) -> Result<(u64, Vec<String>), Error> {
    let known = load(store)?;
    let mut names = Vec::new();
    store.scan(&DICO, &mut |record| {
        if let Ok((name, _)) = record
            && category.is_own()
            && known.category(&name) == category
        {
            names.push(name);
        }
        true
    })?;
    let there = names.len() as u64;
    if there != wanted {
        return Ok((there, Vec::new()));
    }
    for name in &names {
        store.remove(&DICO, name.as_str())?;
    }
    Ok((there, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    fn put_in(store: &Store, names: &[&str], word: &str) -> usize {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let category = Category::of_word(word);
        store.write(move |w| put(w, &names, &category, "boss", Timestamp(5))).unwrap().len()
    }

    #[test]
    fn con_dic_3_names_are_moved_and_go_back_to_new() {
        let store = Store::in_memory().unwrap();
        assert_eq!(put_in(&store, &["Word", "Excel", ""], "Office"), 2);
        assert_eq!(put_in(&store, &["Word", "Calc"], "OFFICE"), 1, "the category has one spelling");
        assert_eq!(put_in(&store, &["Excel"], "IGNORED"), 1);
        let known = load(&store.read().unwrap()).unwrap();
        assert_eq!(["Word", "Calc", "Excel"].map(|name| known.category(name).word()), ["Office", "Office", "IGNORED"]);
        assert_eq!(put_in(&store, &["Word", "Excel", "Other"], "NEW"), 2);
        let left = store.read().unwrap().all(&DICO).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].0.as_str(), left[0].1.by.as_str()), ("Calc", "boss"));
    }

    #[test]
    fn con_dic_4_a_deleted_category_gives_its_names_back_when_the_number_is_right() {
        let store = Store::in_memory().unwrap();
        put_in(&store, &["Word", "Excel"], "Office");
        put_in(&store, &["KB1"], "IGNORED");
        let gone = |word: &str, wanted| {
            let category = Category::of_word(word);
            store.write(move |w| dissolve(w, &category, wanted)).unwrap()
        };
        assert_eq!(gone("Office", 3), (2, Vec::new()));
        assert_eq!(gone("IGNORED", 1), (0, Vec::new()), "fixed ones stay");
        assert_eq!(gone("Office", 2).1.len(), 2);
        let known = load(&store.read().unwrap()).unwrap();
        assert_eq!((known.category("Word").word(), known.categories().len()), ("NEW", 3));
    }
}
