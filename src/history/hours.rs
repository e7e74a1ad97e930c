//! How much agents called, hour by hour, and why messages were refused: a day of it, for the status page (CON-STA-1).
//!
//! Counted in memory; what changed is written with the contacts, once a minute. A crash may cost that minute.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Changes, Error, Read, Table, Write};

/// What happened in an hour, by the number of the hour since 1970.
pub static HOURS: Table<u64, Hour> = Table::new("hours");

/// Hours that are kept: a day, and the one that runs.
const KEPT: u64 = 25;
/// Seconds of an hour.
const HOUR: i64 = 3600;

macro_rules! troubles {
    ($($(#[$doc:meta])* $code:literal $name:ident $word:literal;)*) => {
        /// Why a message was not taken.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Trouble {
            $($(#[$doc])* $name,)*
        }

        impl Trouble {
            /// All of them.
            pub const ALL: &'static [Trouble] = &[$(Trouble::$name),*];

            /// The word in keys of texts.
            pub const fn word(self) -> &'static str {
                match self { $(Trouble::$name => $word,)* }
            }

            /// The one with this word.
            pub fn of(word: &str) -> Option<Trouble> {
                Trouble::ALL.iter().copied().find(|one| one.word() == word)
            }

            /// A part of the file: never used for something else.
            const fn code(self) -> u8 {
                match self { $(Trouble::$name => $code,)* }
            }
        }
    };
}

troubles! {
    /// It could not be unpacked or read.
    1 Unreadable "unreadable";
    /// It is larger than allowed.
    2 Large "large";
    /// It names no computer.
    3 Nameless "nameless";
    /// Another inventory of the same computer was being stored.
    4 Locked "locked";
    /// INVENTORY_SESSION_ONLY is on and no PROLOG asked for it.
    5 NoSession "no-session";
    /// More new computers from one address than allowed.
    6 Held "held";
    /// Too much was going on at once.
    7 Busy "busy";
    /// There was no room on the disk.
    8 NoSpace "no-space";
    /// It could not be stored for another reason.
    9 Store "store";
}

/// What happened in one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// Messages that were answered.
    pub contacts: u64,
    /// Those of them that were inventories.
    pub inventories: u64,
    /// Refused messages, by the code of the reason.
    #[serde(default)]
    refused: BTreeMap<u8, u64>,
}

named_record!(Hour);

impl Hour {
    /// How many messages were refused for a reason.
    pub fn refused(&self, trouble: Trouble) -> u64 {
        self.refused.get(&trouble.code()).copied().unwrap_or(0)
    }

    /// How many messages were refused.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// The hours of the last day.
#[derive(Debug, Default)]
pub struct Hours(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    hours: BTreeMap<u64, Hour>,
    /// Hours that differ from the file.
    changed: Vec<u64>,
}

fn number(at: Timestamp) -> u64 {
    u64::try_from(at.0.div_euclid(HOUR)).unwrap_or(0)
}

impl Hours {
    /// Takes them from the file. Damaged ones count as none; `check` names them.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &impl Read) -> Result<Hours, Error> {
        let mut hours = BTreeMap::new();
        store.scan(&HOURS, &mut |record| {
            hours.extend(record);
            true
        })?;
        Ok(Hours(Mutex::new(State { hours, changed: Vec::new() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, now: Timestamp, count: impl FnOnce(&mut Hour)) {
        let (mut state, hour) = (self.state(), number(now));
        count(state.hours.entry(hour).or_default());
        if !state.changed.contains(&hour) {
            state.changed.push(hour);
        }
    }

    /// A message was answered.
    pub fn answered(&self, now: Timestamp) {
        self.count(now, |hour| hour.contacts += 1);
    }

    /// An inventory was stored.
    pub fn inventory(&self, now: Timestamp) {
        self.count(now, |hour| hour.inventories += 1);
    }

    /// A message was refused.
    pub fn refused(&self, now: Timestamp, trouble: Trouble) {
        self.count(now, |hour| *hour.refused.entry(trouble.code()).or_default() += 1);
    }

    /// The hour that runs and the 23 before it, the oldest first, each with its beginning.
    pub fn day(&self, now: Timestamp) -> Vec<(Timestamp, Hour)> {
        let (state, last) = (self.state(), number(now));
        let hour = |number: u64| {
            let begun = Timestamp(i64::try_from(number).unwrap_or_default().saturating_mul(HOUR));
            (begun, state.hours.get(&number).cloned().unwrap_or_default())
        };
        (last.saturating_sub(23)..=last).map(hour).collect()
    }

    /// Adds to `changes` what is not in the file yet, and takes out what is too old; answers which hours are written.
    pub fn write(&self, changes: &mut Changes, now: Timestamp) -> Vec<u64> {
        let mut state = self.state();
        let oldest = number(now).saturating_sub(KEPT - 1);
        let written = std::mem::take(&mut state.changed);
        // A clock that was wrong may have left hours that are yet to come.
        let newest = number(now) + 1;
        let gone: Vec<u64> = state.hours.keys().copied().filter(|hour| *hour < oldest || *hour > newest).collect();
        for hour in &gone {
            state.hours.remove(hour);
            // Encoding to memory has no way to fail.
            let _ = changes.remove(&HOURS, *hour);
        }
        for hour in written.iter().filter(|hour| !gone.contains(hour)) {
            if let Some(counted) = state.hours.get(hour) {
                let _ = changes.put(&HOURS, *hour, counted);
            }
        }
        written
    }

    /// Takes back that these hours were written.
    pub fn unwritten(&self, hours: Vec<u64>) {
        let mut state = self.state();
        for hour in hours {
            if !state.changed.contains(&hour) {
                state.changed.push(hour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_sta_1_a_day_of_hours_is_counted_and_survives_a_restart() {
        let store = Store::in_memory().unwrap();
        let hours = Hours::load(&store.read().unwrap()).unwrap();
        let noon = Timestamp(1_795_176_000);
        let at = |hour: i64| noon.plus(hour * HOUR);
        hours.inventory(at(0));
        (0..2).for_each(|_| hours.answered(at(0)));
        hours.refused(at(0), Trouble::Locked);
        hours.answered(at(3));
        let mut changes = Changes::new();
        assert_eq!(hours.write(&mut changes, at(3)).len(), 2);
        store.submit(changes, || {}).unwrap().wait().unwrap();
        assert!(hours.write(&mut Changes::new(), at(3)).is_empty(), "nothing is written twice");

        let hours = Hours::load(&store.read().unwrap()).unwrap();
        let day = hours.day(at(3));
        assert_eq!((day.len(), day[23].0, day[20].0), (24, at(3), at(0)));
        let first = &day[20].1;
        assert_eq!((first.contacts, first.inventories, first.refusals()), (2, 1, 1));
        assert_eq!((first.refused(Trouble::Locked), first.refused(Trouble::Busy)), (1, 0));
        // A day later the first hour is neither shown nor kept.
        assert_eq!(hours.day(at(24))[0].1, Hour::default());
        hours.answered(at(26));
        let mut changes = Changes::new();
        hours.write(&mut changes, at(26));
        store.submit(changes, || {}).unwrap().wait().unwrap();
        assert_eq!(store.read().unwrap().count(&HOURS).unwrap(), 2);
    }

    #[test]
    fn what_could_not_be_written_is_written_the_next_time() {
        let (hours, now) = (Hours::default(), Timestamp(7200));
        hours.answered(now);
        let written = hours.write(&mut Changes::new(), now);
        hours.unwritten(written);
        let mut changes = Changes::new();
        assert_eq!(hours.write(&mut changes, now), [2]);
        assert!(!changes.is_empty());
    }

    #[test]
    fn codes_and_words_are_their_own() {
        let codes: std::collections::BTreeSet<u8> = Trouble::ALL.iter().map(|trouble| trouble.code()).collect();
        let words: std::collections::BTreeSet<&str> = Trouble::ALL.iter().map(|trouble| trouble.word()).collect();
        assert_eq!((codes.len(), words.len()), (Trouble::ALL.len(), Trouble::ALL.len()));
    }
}
