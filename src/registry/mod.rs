//! Registry queries: values of the Windows registry that every agent is asked for.
//!
//! The question travels in the answer to a PROLOG while the option REGISTRY is on; the answers are the section
//! REGISTRY of an inventory. Source: agent protocol page, section 3.5; console page, section 14.

pub mod answers;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::capacity::{Capacity, Known};
use crate::id::ComputerId;
use crate::options::REGISTRY;
use crate::protocol::reply::{Opt, Param};
use crate::store::{Changes, Error, Reader};

/// The hives by the number that agents know them by.
pub const HIVES: [&str; 6] = [
    "HKEY_CLASSES_ROOT",
    "HKEY_CURRENT_USER",
    "HKEY_LOCAL_MACHINE",
    "HKEY_USERS",
    "HKEY_CURRENT_CONFIG",
    "HKEY_DYN_DATA",
];

/// Short names of hives that people copy from other tools.
const SHORT: [&str; 6] = ["HKCR", "HKCU", "HKLM", "HKU", "HKCC", "HKDD"];

/// Longest name, key and value, in characters.
pub const LONGEST: usize = 255;

/// One query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its number.
    #[serde(skip)]
    pub id: u32,
    /// Its name: that of the rows it brings.
    pub name: String,
    /// The number of the hive.
    pub hive: u8,
    /// The key below the hive.
    pub key: String,
    /// The name of the value, `*` for all of the key.
    pub value: String,
}

impl Query {
    /// Without blanks around, and without a hive in front of the key: that one counts then.
    pub fn tidied(mut self) -> Query {
        self.name = self.name.trim().to_owned();
        self.value = self.value.trim().to_owned();
        let key = self.key.trim().trim_start_matches('\\');
        let (first, rest) = key.split_once('\\').unwrap_or((key, ""));
        let named = |names: &[&str]| names.iter().position(|hive| hive.eq_ignore_ascii_case(first));
        let hive = named(&HIVES).or_else(|| named(&SHORT)).and_then(|hive| u8::try_from(hive).ok());
        let key = if hive.is_some() { rest } else { key };
        self.key = key.trim_matches('\\').to_owned();
        self.hive = hive.unwrap_or(self.hive);
        self
    }

    /// Whether both ask for the same.
    pub fn asks_the_same(&self, other: &Query) -> bool {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        self.hive == other.hive && same(&self.key, &other.key) && same(&self.value, &other.value)
    }

    fn param(&self) -> Param {
        let attributes =
            vec![("NAME", self.name.clone()), ("REGTREE", self.hive.to_string()), ("REGKEY", self.key.clone())];
        Param { attributes, text: self.value.clone() }
    }
}

/// The part of the registry queries that talks to agents.
pub struct Registry;

impl Capacity for Registry {
    fn name(&self) -> &'static str {
        "REGISTRY"
    }

    fn prolog(&self, known: &Known<'_>) -> Option<Opt> {
        let asks = known.general.switch(REGISTRY) && !known.registry.is_empty();
        asks.then(|| Opt { name: "REGISTRY", params: known.registry.to_vec() })
    }

    fn merged(&self, _: &Reader, changes: &mut Changes, _: ComputerId, gone: ComputerId) -> Result<(), Error> {
        store::forget(changes, gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_reg_3_a_hive_in_front_of_the_key_is_cut_off_and_counts() {
        let tidied = |key: &str| {
            let query = Query { hive: 1, key: key.into(), ..Query::default() }.tidied();
            (query.hive, query.key)
        };
        for key in ["SOFTWARE\\Foo", "\\SOFTWARE\\Foo\\", "HKEY_CURRENT_USER\\SOFTWARE\\Foo", "hkcu\\SOFTWARE\\Foo"] {
            assert_eq!(tidied(key), (1, "SOFTWARE\\Foo".into()), "{key}");
        }
        assert_eq!(tidied(" HKEY_LOCAL_MACHINE\\SOFTWARE\\Foo "), (2, "SOFTWARE\\Foo".into()));
        assert_eq!(tidied("HKLM"), (2, String::new()));
    }
}
