//! Administrative data: the TAG and the fields that an administrator defines.
//!
//! The office's value wins once it exists; the agent is told so when it sends anything else. Rules here,
//! records in [`store`]. Source: agent protocol page, section 8.

pub mod fields;
pub mod import;
pub mod notes;
pub mod sent;
pub mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// The name of the one field that is always there.
pub const TAG: &str = "TAG";
/// The TAG of a computer that was never given one: the default of the field's column.
pub const NO_TAG: &str = "NA";
/// The TAG of a computer whose row was lost: so that somebody notices.
pub const LOST: &str = "LOST";

/// The administrative data of one computer: field name (`TAG`, `fields_3`) to value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The values. A field that is missing here is blank.
    pub values: BTreeMap<String, String>,
    /// Who changed a field by hand, and when.
    #[serde(default)]
    pub changed: BTreeMap<String, Changed>,
}

/// Who changed a value, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The account.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Account {
    /// The value of a field; blank when there is none.
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// The TAG.
    pub fn tag(&self) -> &str {
        self.value(TAG)
    }
}

/// What an inventory says about administrative data, next to what is stored.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The pairs that the agent sent, in order; empty when it sent none.
    pub sent: &'a [(String, String)],
    /// The stored row; `None` for a new computer, or one whose row was lost.
    pub stored: Option<&'a Account>,
    /// The computer did not exist before this inventory.
    pub new: bool,
    /// An older computer was merged into this one; `stored` is the row that came from it.
    pub merged: bool,
    /// Names of all fields, TAG included.
    pub fields: &'a [String],
    /// Fields with a value that new computers get where the agent sends none.
    pub defaults: &'a [(String, String)],
    /// The option ACCEPT_TAG_UPDATE_FROM_CLIENT.
    pub accept: bool,
}

/// What is done about administrative data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The row to store; `None` when the stored one stays as it is.
    pub store: Option<Account>,
    /// ACCOUNT_UPDATE with these pairs; `None` for NO_ACCOUNT_UPDATE.
    pub tell: Option<Vec<(String, String)>>,
    /// In words for the contacts.
    pub what: What,
}

/// Which of the cases it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new computer: the agent's values were taken.
    Taken,
    /// Both sides say the same.
    Same,
    /// The agent was told the office's values.
    Told,
    /// The row was missing and was made again.
    Lost,
}

/// Decides which side's administrative data counts.
pub fn reconcile(situation: Situation<'_>) -> Outcome {
    let Situation { sent, stored, new, merged, fields, defaults, accept } = situation;
    let known = |name: &str| fields.iter().any(|field| field == name);
    match stored {
        None if new => {
            let mut row = taken(sent, &known, NO_TAG);
            for (field, value) in defaults {
                if row.value(field).is_empty() {
                    row.values.insert(field.clone(), value.clone());
                }
            }
            Outcome { store: Some(row), tell: None, what: What::Taken }
        }
        None => {
            let mut row = taken(sent, &known, LOST);
            row.values.insert(TAG.to_owned(), LOST.to_owned());
            let mut tell: Vec<_> = sent.iter().filter(|(name, _)| name != TAG).cloned().collect();
            tell.insert(0, (TAG.to_owned(), LOST.to_owned()));
            Outcome { store: Some(row), tell: Some(tell), what: What::Lost }
        }
        Some(row) if accept && !merged && sent.iter().any(|(name, value)| known(name) && row.value(name) != value) => {
            let mut row = row.clone();
            row.values.extend(sent.iter().filter(|(name, _)| known(name)).cloned());
            let tell = differs(sent, &row, fields, &known).then(|| all(&row, fields));
            Outcome { store: Some(row), tell, what: What::Taken }
        }
        Some(row) if differs(sent, row, fields, &known) => {
            Outcome { store: None, tell: Some(all(row, fields)), what: What::Told }
        }
        Some(_) => Outcome { store: None, tell: None, what: What::Same },
    }
}

fn taken(sent: &[(String, String)], known: &dyn Fn(&str) -> bool, tag: &str) -> Account {
    let mut row = Account::default();
    row.values.insert(TAG.to_owned(), tag.to_owned());
    row.values.extend(sent.iter().filter(|(name, _)| known(name)).cloned());
    row
}

fn differs(sent: &[(String, String)], row: &Account, fields: &[String], known: &dyn Fn(&str) -> bool) -> bool {
    sent.is_empty()
        || sent.len() != fields.len()
        || sent.iter().any(|(name, value)| known(name) && row.value(name) != value)
}

fn all(row: &Account, fields: &[String]) -> Vec<(String, String)> {
    fields.iter().map(|field| (field.clone(), row.value(field).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn row(list: &[(&str, &str)]) -> Account {
        Account { values: pairs(list).into_iter().collect(), changed: BTreeMap::new() }
    }

    fn decide(sent: &[(&str, &str)], stored: Option<&Account>, new: bool) -> Outcome {
        let fields = vec![TAG.to_owned(), "fields_3".to_owned()];
        reconcile(Situation {
            sent: &pairs(sent),
            stored,
            new,
            merged: false,
            fields: &fields,
            defaults: &[],
            accept: false,
        })
    }

    #[test]
    fn a_new_computer_brings_its_own_values() {
        let outcome = decide(&[("TAG", "COMPTA"), ("UNKNOWN", "x")], None, true);
        assert_eq!((outcome.store, outcome.tell), (Some(row(&[("TAG", "COMPTA")])), None));
    }

    /// A computer that sends no TAG has the column's default.
    #[test]
    fn pitfall_59_without_a_tag_it_is_na_and_a_missing_row_is_lost() {
        assert_eq!(decide(&[], None, true).store, Some(row(&[("TAG", "NA")])));
        let lost = decide(&[("TAG", "COMPTA"), ("fields_3", "2nd floor")], None, false);
        assert_eq!(lost.store, Some(row(&[("TAG", "LOST"), ("fields_3", "2nd floor")])));
        assert_eq!(lost.tell, Some(pairs(&[("TAG", "LOST"), ("fields_3", "2nd floor")])));
        assert_eq!(lost.what, What::Lost);
    }

    /// People change the TAG on the computer and wonder: the office's value wins after the first inventory.
    #[test]
    fn pitfall_58_the_offices_value_wins_and_the_agent_is_told() {
        let stored = row(&[("TAG", "SIEGE"), ("fields_3", "2nd floor")]);
        let all = pairs(&[("TAG", "SIEGE"), ("fields_3", "2nd floor")]);
        for sent in [&[("TAG", "COMPTA"), ("fields_3", "2nd floor")][..], &[], &[("TAG", "SIEGE")]] {
            let outcome = decide(sent, Some(&stored), false);
            assert_eq!((outcome.store, outcome.tell, outcome.what), (None, Some(all.clone()), What::Told), "{sent:?}");
        }
        let same = decide(&[("fields_3", "2nd floor"), ("TAG", "SIEGE")], Some(&stored), false);
        assert_eq!((same.store, same.tell, same.what), (None, None, What::Same));
    }

    #[test]
    fn con_adm_2_a_new_computer_gets_the_default_where_the_agent_sends_nothing() {
        let fields = [TAG, "fields_3", "fields_4"].map(str::to_owned);
        let defaults = pairs(&[("fields_3", "Paris"), ("fields_4", "in use")]);
        let sent = pairs(&[("TAG", "COMPTA"), ("fields_3", "Lyon")]);
        let new = Situation {
            sent: &sent,
            stored: None,
            new: true,
            merged: false,
            fields: &fields,
            defaults: &defaults,
            accept: false,
        };
        let expected = row(&[("TAG", "COMPTA"), ("fields_3", "Lyon"), ("fields_4", "in use")]);
        assert_eq!(reconcile(new).store, Some(expected));
    }

    #[test]
    fn with_accept_tag_update_the_agents_value_is_taken() {
        let stored = row(&[("TAG", "SIEGE")]);
        let fields = vec![TAG.to_owned()];
        let sent = pairs(&[("TAG", "COMPTA")]);
        let situation = Situation {
            sent: &sent,
            stored: Some(&stored),
            new: false,
            merged: false,
            fields: &fields,
            defaults: &[],
            accept: true,
        };
        let outcome = reconcile(situation);
        assert_eq!((outcome.store, outcome.tell), (Some(row(&[("TAG", "COMPTA")])), None));
        let merged = reconcile(Situation { merged: true, ..situation });
        assert_eq!((merged.store, merged.tell), (None, Some(pairs(&[("TAG", "SIEGE")]))));
    }

    fn names() -> impl Strategy<Value = String> {
        prop_oneof![
            Just(TAG.to_owned()),
            Just("fields_3".to_owned()),
            Just("fields_4".to_owned()),
            Just("OTHER".to_owned())
        ]
    }

    fn sent() -> impl Strategy<Value = Vec<(String, String)>> {
        proptest::collection::vec((names(), "[A-C]?"), 0..5)
    }

    proptest! {
        /// An agent that does as it is told agrees with the office soon, and then for good.
        #[test]
        fn office_and_agent_come_to_agree(
            first in sent(),
            stored in proptest::option::of(sent()),
            new in any::<bool>(),
            merged in any::<bool>(),
            accept in any::<bool>(),
        ) {
            let fields = [TAG, "fields_3", "fields_4"].map(str::to_owned);
            let (mut sent, mut merged) = (first, merged);
            let known = |values: Vec<(String, String)>| values.into_iter().filter(|(name, _)| name != "OTHER").collect();
            let mut stored = stored.map(|values| Account { values: known(values), changed: BTreeMap::new() });
            let mut new = new && stored.is_none();
            let mut last = What::Lost;
            for _ in 0..4 {
                let outcome = reconcile(Situation { sent: &sent, stored: stored.as_ref(), new, merged, fields: &fields, defaults: &[], accept });
                if stored.is_some() && (!accept || merged) {
                    prop_assert_eq!(&outcome.store, &None, "the office's value wins once it exists");
                }
                if let Some(row) = outcome.store {
                    prop_assert!(row.values.keys().all(|name| fields.contains(name)), "{:?}", row);
                    prop_assert!(stored.is_some() || row.values.contains_key(TAG), "a new row has a TAG");
                    stored = Some(row);
                }
                if let Some(told) = outcome.tell {
                    sent = told;
                }
                last = outcome.what;
                (new, merged) = (false, false);
            }
            prop_assert_eq!(last, What::Same);
            let row = stored.unwrap();
            prop_assert!(sent.iter().all(|(name, value)| row.value(name) == value || !fields.contains(name)));
        }
    }
}
