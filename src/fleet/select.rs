//! Which computers a list is about: what its reader may see, the archive, and conditions on facts.
//!
//! Every list, count and export asks here. What a reader may not see is left out before anything else is looked at,
//! so that no page has to think of it (CON-GEN-4, SEC-56).

use std::collections::{HashMap, HashSet};

use roaring::{MultiOps, RoaringBitmap};

use crate::clock::Timestamp;
use crate::id::ComputerId;
use crate::inventory::columns::{COLUMNS, ColumnKind};
use crate::inventory::software::ItemId;

use super::columns::Shared;
use super::find::Selection;
use super::{Fact, Index, Value};

/// Which computers somebody may see: all, or those whose TAG fits one of some patterns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    patterns: Vec<String>,
}

impl Sight {
    /// Everything.
    pub fn everything() -> Sight {
        Sight::default()
    }

    /// What an account with these patterns sees; without any, everything. `*` stands for any text, `?` for one letter;
    /// upper and lower case are alike.
    pub fn of(patterns: &[String]) -> Sight {
        Sight { patterns: patterns.iter().map(|pattern| pattern.to_lowercase()).collect() }
    }

    /// Nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether computers with this TAG are seen.
    pub fn sees(&self, tag: &str) -> bool {
        self.is_everything() || {
            let tag = tag.to_lowercase();
            self.patterns.iter().any(|pattern| fits(pattern, &tag))
        }
    }
}

/// Whether a text fits a pattern of `*` and `?`. It never looks back further than to the last `*`.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|left| *left == '*')
}

/// Which side of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shelf {
    /// Computers that are not in the archive.
    #[default]
    Active,
    /// Computers in the archive.
    Archived,
    /// Both.
    All,
}

/// What a computer has to meet.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A text is exactly this; empty for computers without one.
    Is(Fact, String),
    /// A text of one of these facts holds this, upper and lower case alike.
    Holds(Vec<Fact>, String),
    /// A text holds none of these, upper and lower case alike.
    Lacks(Fact, &'static [&'static str]),
    /// A text is none of so many that are the most frequent on this side of the archive, among what the reader sees.
    Rare(Fact, usize),
    /// A time is this or later.
    Since(Fact, Timestamp),
    /// A time is earlier than this; what never happened counts.
    Before(Fact, Timestamp),
    /// A time is the first or later, and earlier than the second.
    Between(Fact, Timestamp, Timestamp),
    /// One of these items is installed.
    Has(Vec<ItemId>),
    /// It is one of these.
    Among(Vec<ComputerId>),
    /// It meets one of these.
    Any(Vec<Condition>),
}

/// Which computers are meant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// What the reader may see.
    pub sight: Sight,
    /// Which side of the archive.
    pub shelf: Shelf,
    /// All of these are met.
    pub conditions: Vec<Condition>,
}

/// How many computers share a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The value; empty for computers without one.
    pub value: String,
    /// Computers.
    pub computers: u64,
    /// The latest contact of one of them.
    pub last_contact: Option<Timestamp>,
}

impl Index {
    /// Computers that are meant.
    pub fn select(&self, query: &Query) -> Selection<'_> {
        let mut slots = self.seen_by(&query.sight);
        match query.shelf {
            Shelf::Active => slots -= self.archived(),
            Shelf::Archived => slots &= self.archived(),
            Shelf::All => {}
        }
        // What is frequent is frequent among all of them, whatever else is asked for.
        let all = slots.clone();
        // Bitmaps first: they leave fewer computers to look at.
        let by_bitmap = |condition: &&Condition| matches!(condition, Condition::Has(_));
        let (quick, slow): (Vec<_>, Vec<_>) = query.conditions.iter().partition(by_bitmap);
        for condition in quick.into_iter().chain(slow) {
            slots = match condition {
                Condition::Rare(fact, most) => self.rare(slots, &all, *fact, *most),
                condition => self.meeting(slots, condition),
            };
        }
        Selection::new(self, slots)
    }

    /// Whether somebody may see a computer. What is not there, nobody sees.
    pub fn sees(&self, sight: &Sight, id: ComputerId) -> bool {
        self.contains(id) && sight.sees(self.tag(id))
    }

    /// Whether one of the computers that are seen has one of these items.
    pub fn any_has(&self, sight: &Sight, items: &[ItemId]) -> bool {
        let seen = self.seen_by(sight);
        items.iter().filter_map(|item| self.installed(*item)).any(|bitmap| !bitmap.is_disjoint(&seen))
    }

    /// The one place where limits of accounts take effect on many computers.
    fn seen_by(&self, sight: &Sight) -> RoaringBitmap {
        if sight.is_everything() {
            self.alive().clone()
        } else {
            self.tags.fitting(self.alive(), |tag| sight.sees(tag))
        }
    }

    fn meeting(&self, slots: RoaringBitmap, condition: &Condition) -> RoaringBitmap {
        match condition {
            Condition::Has(items) => {
                let having: RoaringBitmap = items.iter().filter_map(|item| self.installed(*item)).union();
                slots & having
            }
            Condition::Is(fact, text) => match self.shared(*fact) {
                Some(shared) => shared.fitting(&slots, |value| value == text),
                None => slots.iter().filter(|slot| text_of(&self.value_at(*slot, *fact)) == text).collect(),
            },
            Condition::Holds(facts, part) => {
                let part = part.to_lowercase();
                let found = facts.iter().map(|fact| self.holding_part(&slots, *fact, &part));
                found.union()
            }
            Condition::Lacks(fact, parts) => {
                let held = parts.iter().map(|part| self.holding_part(&slots, *fact, part)).union();
                slots - held
            }
            Condition::Among(ids) => {
                let among: RoaringBitmap = ids.iter().filter_map(|id| self.slot(*id)).collect();
                slots & among
            }
            Condition::Any(conditions) => {
                conditions.iter().map(|condition| self.meeting(slots.clone(), condition)).union()
            }
            // Only the whole selection can say.
            Condition::Rare(..) => slots,
            Condition::Between(fact, from, to) => {
                let within = |at: Timestamp| (*from..*to).contains(&at);
                let between = |slot: &u32| time_of(&self.value_at(*slot, *fact)).is_some_and(within);
                slots.iter().filter(between).collect()
            }
            Condition::Since(fact, time) => {
                let since = |slot: &u32| time_of(&self.value_at(*slot, *fact)).is_some_and(|at| at >= *time);
                slots.iter().filter(since).collect()
            }
            Condition::Before(fact, time) => {
                let before = |slot: &u32| time_of(&self.value_at(*slot, *fact)).is_none_or(|at| at < *time);
                slots.iter().filter(before).collect()
            }
        }
    }

    /// Those of some computers whose text is not among the most frequent of all.
    fn rare(&self, slots: RoaringBitmap, all: &RoaringBitmap, fact: Fact, most: usize) -> RoaringBitmap {
        let shares = self.spread(&Selection::new(self, all.clone()), fact);
        let frequent: HashSet<&str> = shares.iter().take(most).map(|share| share.value.as_str()).collect();
        slots.iter().filter(|slot| !frequent.contains(text_of(&self.value_at(*slot, fact)))).collect()
    }

    fn holding_part(&self, slots: &RoaringBitmap, fact: Fact, part: &str) -> RoaringBitmap {
        let holds = |text: &str| match (text.is_ascii(), part.is_ascii()) {
            (true, false) => false,
            (true, true) => holds_ascii(text.as_bytes(), part.as_bytes()),
            _ => text.to_lowercase().contains(part),
        };
        match self.shared(fact) {
            Some(shared) => shared.fitting(slots, holds),
            None => slots.iter().filter(|slot| holds(text_of(&self.value_at(*slot, fact)))).collect(),
        }
    }

    /// Where a fact with few distinct values lies.
    fn shared(&self, fact: Fact) -> Option<&Shared> {
        match fact {
            Fact::Tag => Some(&self.tags),
            Fact::Column(column) => match COLUMNS.get(usize::from(column.0)).map(|column| column.kind) {
                Some(ColumnKind::Shared) => self.table.shared_column(column),
                _ => None,
            },
            _ => None,
        }
    }

    /// How the selected computers spread over the values of a text, the most frequent first.
    pub fn spread(&self, selection: &Selection<'_>, fact: Fact) -> Vec<Share> {
        let text = |slot: u32| match fact {
            Fact::Tag => self.tags.get(slot as usize),
            Fact::Column(column) => self.table.text(slot as usize, column),
            _ => "",
        };
        self.shares(selection.slots().map(|slot| (slot, text(slot))))
    }

    /// How the selected computers spread over values that are not in the index; a computer may have several.
    pub fn spread_over<'v>(
        &self,
        selection: &Selection<'_>,
        values: &dyn Fn(ComputerId) -> Vec<&'v str>,
    ) -> Vec<Share> {
        let each = |slot| values(self.id_at(slot)).into_iter().map(move |value| (slot, value));
        self.shares(selection.slots().flat_map(each))
    }

    fn shares<'v>(&self, values: impl Iterator<Item = (u32, &'v str)>) -> Vec<Share> {
        let mut shares: HashMap<&str, (u64, u32)> = HashMap::new();
        for (slot, value) in values {
            let share = shares.entry(value).or_default();
            share.0 += 1;
            share.1 = share.1.max(self.last_contact.get(slot as usize).copied().unwrap_or(0));
        }
        let share = |(value, (computers, contact)): (&str, (u64, u32))| Share {
            value: value.to_owned(),
            computers,
            last_contact: Some(contact).filter(|contact| *contact > 0).map(Timestamp::unpacked),
        };
        let mut shares: Vec<Share> = shares.into_iter().map(share).collect();
        shares.sort_unstable_by(|a, b| b.computers.cmp(&a.computers).then_with(|| a.value.cmp(&b.value)));
        shares
    }
}

/// Whether an ASCII text holds a part that is in lower case.
fn holds_ascii(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn text_of<'a>(value: &Value<'a>) -> &'a str {
    match value {
        Value::Text(text) | Value::Several(text) => text,
        _ => "",
    }
}

fn time_of(value: &Value<'_>) -> Option<Timestamp> {
    match value {
        Value::Time(time) => *time,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn con_gen_4_patterns_of_tags_know_star_and_question_mark() {
        let sight = |patterns: &[&str]| Sight::of(&patterns.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert!(Sight::everything().sees("") && sight(&[]).sees("X"));
        assert!(sight(&["PARIS-*"]).sees("paris-compta") && !sight(&["PARIS-*"]).sees("LYON"));
        assert!(sight(&["R?m", "B"]).sees("RÉM") && sight(&["R?m", "B"]).sees("b") && !sight(&["R?m"]).sees("Rm"));
        assert!(sight(&["*a*b"]).sees("xaybzb") && !sight(&["*a*b"]).sees("xaybz"));
        assert!(!sight(&["A"]).sees("") && sight(&["*"]).sees(""));
    }

    /// The plain meaning of a pattern, slow on hostile ones.
    fn meant(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => meant(rest, text) || text.split_first().is_some_and(|(_, t)| meant(pattern, t)),
            (Some((wanted, rest)), Some((letter, text))) => (*wanted == '?' || wanted == letter) && meant(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_mean_what_they_say(pattern in "[ab?*]{0,6}", text in "[ab]{0,7}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(fits(&pattern, &text), meant(&letters(&pattern), &letters(&text)));
        }

        #[test]
        fn a_part_is_found_in_ascii_as_anywhere(text in "[a-cA-C]{0,8}", part in "[a-c]{0,3}") {
            prop_assert_eq!(holds_ascii(text.as_bytes(), part.as_bytes()), text.to_lowercase().contains(&part));
        }
    }
}
