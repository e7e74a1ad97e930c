//! Recognising a row by its text, before anything of it is parsed.
//!
//! The text of a row without its install date is the same wherever that program is installed, so its hash names the item.
//! Only texts that were parsed before are known by their hash.

use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::{Entry, Installed, ItemId};

static DATE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<INSTALLDATE>"));

/// A row as it stands in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowText<'a> {
    /// The hash of the text without its date.
    pub hash: u128,
    installed: Option<Installed>,
    /// What stands before the tag of the date that was found, and what stands behind the date.
    around: [&'a str; 2],
}

impl<'a> RowText<'a> {
    /// Looks at the text of an element. `seed` is the installation's own.
    pub fn of(text: &'a str, seed: u64) -> RowText<'a> {
        let dated = || {
            let date = DATE.find(text.as_bytes())? + DATE.needle().len();
            let (before, rest) = text.split_at_checked(date)?;
            let (value, after) = rest.split_at_checked(memchr(b'<', rest.as_bytes())?)?;
            Some((before, Installed::parse(value)?, after))
        };
        match dated() {
            Some((before, installed, after)) => {
                // Both halves count, and where they meet.
                let first = xxh3_128_with_seed(before.as_bytes(), seed);
                let hash = xxh3_128_with_seed(after.as_bytes(), first as u64) ^ first;
                let before = before.strip_suffix("<INSTALLDATE>").unwrap_or(before);
                RowText { hash, installed: Some(installed), around: [before, after] }
            }
            None => RowText { hash: xxh3_128_with_seed(text.as_bytes(), seed), installed: None, around: [""; 2] },
        }
    }

    /// Whether its text says everything about the entry: it has nothing of its own, and there is one date, the one found here.
    pub(super) fn is_read_as(&self, entry: &Entry) -> bool {
        let another = self.around.iter().any(|text| text.contains("<INSTALLDATE"));
        entry.own.is_empty() && entry.installed == self.installed && !another
    }
}

/// What of a message's software was recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recognised<'a> {
    /// The rows that were.
    pub entries: Vec<Entry>,
    /// The texts of the others, in order.
    pub others: Vec<RowText<'a>>,
}

impl<'a> Recognised<'a> {
    /// Takes one row; `known` says which item a hash stands for. `false` when the row has to be parsed.
    pub fn take(&mut self, row: RowText<'a>, known: impl FnOnce(u128) -> Option<ItemId>) -> bool {
        let item = known(row.hash);
        match item {
            Some(item) => self.entries.push(Entry { item, installed: row.installed, own: Vec::new() }),
            None => self.others.push(row),
        }
        item.is_some()
    }
}
