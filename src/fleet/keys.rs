//! Keys by which a list is sorted: what two values compare like, as far as eight bytes tell.
//!
//! Comparing values themselves means to look them up again and again, in memory that lies far apart. The keys of a
//! column are made once and kept until a column of some computer changes.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, PoisonError};

use super::list::{Fact, Value};

/// Facts whose keys are kept: as many as people sort by in turn; each takes eight bytes a computer.
const KEPT: usize = 6;

/// A key. `None` where there is no value. Zero is left out, so that it takes eight bytes.
pub(super) type Key = Option<NonZeroU64>;

/// Keys of some facts, by slot.
#[derive(Default)]
pub(super) struct Keys(Mutex<Vec<(Fact, Arc<Vec<Key>>)>>);

impl Keys {
    /// The keys of a fact; `make` makes those of all slots.
    pub(super) fn of(&self, fact: Fact, make: impl FnOnce() -> Vec<Key>) -> Arc<Vec<Key>> {
        if let Some((_, keys)) = self.kept().iter().find(|(kept, _)| *kept == fact) {
            return keys.clone();
        }
        let keys = Arc::new(make());
        let mut kept = self.kept();
        kept.truncate(KEPT - 1);
        kept.insert(0, (fact, keys.clone()));
        keys
    }

    /// Forgets all keys: a column of some computer changed.
    pub(super) fn forget(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<(Fact, Arc<Vec<Key>>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a value. Keys order as their values do; equal ones say nothing about texts.
pub(super) fn key(value: &Value<'_>) -> Key {
    let key = match value {
        Value::Text("") | Value::Several("") => None,
        Value::Text(text) | Value::Several(text) => Some(prefix(text)),
        Value::Number(number) => *number,
        // Qualities are not negative, and such fractions order as their bits do.
        Value::Fraction(fraction) => fraction.map(|fraction| u64::from(fraction.max(0.0).to_bits())),
        Value::Time(time) => time.map(|time| time.0.max(0) as u64),
    };
    key.and_then(|key| NonZeroU64::new(key.saturating_add(1)))
}

/// The first bytes of the folded text.
pub(super) fn prefix(text: &str) -> u64 {
    let mut bytes = [0_u8; 8];
    let head = text.as_bytes().get(..8).unwrap_or(text.as_bytes());
    if head.is_ascii() {
        bytes.iter_mut().zip(head).for_each(|(place, byte)| *place = byte.to_ascii_lowercase());
        return u64::from_be_bytes(bytes);
    }
    let folded = text.chars().flat_map(char::to_lowercase);
    let mut at = 0;
    for character in folded {
        let mut buffer = [0; 4];
        for byte in character.encode_utf8(&mut buffer).bytes() {
            match bytes.get_mut(at) {
                Some(place) => *place = byte,
                None => return u64::from_be_bytes(bytes),
            }
            at += 1;
        }
        if at >= bytes.len() {
            break;
        }
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use super::super::list::compare_texts;
    use super::*;
    use crate::inventory::columns::ColumnId;

    proptest! {
        /// A key never contradicts what it stands for.
        #[test]
        fn keys_order_as_their_texts_do(a in "\\PC{0,10}", b in "\\PC{0,10}", common in "[a-zA-Zé]{0,9}") {
            for (a, b) in [(a.clone(), b.clone()), (format!("{common}{a}"), format!("{common}{b}"))] {
                let keys = prefix(&a).cmp(&prefix(&b));
                prop_assert!(keys == Ordering::Equal || keys == compare_texts(&a, &b), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn keys_are_made_once_until_something_changes() {
        let mut keys = Keys::default();
        let made = std::cell::Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            vec![NonZeroU64::new(1)]
        };
        for _ in 0..3 {
            assert_eq!(*keys.of(Fact::Tag, make), [NonZeroU64::new(1)]);
        }
        assert_eq!(made.get(), 1);
        keys.forget();
        keys.of(Fact::Tag, make);
        assert_eq!(made.get(), 2);
        (2..20).for_each(|column| drop(keys.of(Fact::Column(ColumnId(column)), Vec::new)));
        assert_eq!(keys.kept().len(), KEPT);
    }
}
