//! Are two computers the same one?

use std::fmt;

use super::Blacklists;
use crate::inventory::columns::{self, ColumnId};

/// Something that two records of one computer have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Criterion {
    /// Equal host names.
    Hostname,
    /// Equal serial numbers.
    Serial,
    /// At least one MAC address in common.
    MacAddress,
    /// Equal models.
    Model,
    /// Equal UUIDs.
    Uuid,
    /// Equal asset tags.
    AssetTag,
}

impl Criterion {
    /// All of them; the position is the bit in AUTO_DUPLICATE_LVL.
    pub const ALL: [Criterion; 6] = [
        Criterion::Hostname,
        Criterion::Serial,
        Criterion::MacAddress,
        Criterion::Model,
        Criterion::Uuid,
        Criterion::AssetTag,
    ];

    /// The column that holds its value.
    pub fn column(self) -> ColumnId {
        match self {
            Criterion::Hostname => columns::NAME,
            Criterion::Serial => columns::SSN,
            Criterion::MacAddress => columns::MACADDR,
            Criterion::Model => columns::SMODEL,
            Criterion::Uuid => columns::UUID,
            Criterion::AssetTag => columns::ASSETTAG,
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Criterion::Hostname => "name",
            Criterion::Serial => "serial number",
            Criterion::MacAddress => "MAC address",
            Criterion::Model => "model",
            Criterion::Uuid => "UUID",
            Criterion::AssetTag => "asset tag",
        })
    }
}

/// Which criteria must all be met: the option AUTO_DUPLICATE_LVL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criteria(Vec<Criterion>);

impl Criteria {
    /// From the option's number: bits 1, 2, 4, 8, 16 and 32; others mean nothing.
    pub fn of(level: i64) -> Criteria {
        Criteria(
            Criterion::ALL
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| level >> bit & 1 == 1)
                .map(|(_, one)| one)
                .collect(),
        )
    }

    /// No criterion: nothing is ever merged by itself.
    pub fn is_never(&self) -> bool {
        self.0.is_empty()
    }

    /// The criteria.
    pub fn iter(&self) -> impl Iterator<Item = Criterion> + '_ {
        self.0.iter().copied()
    }

    /// Only a name or only a MAC address is asked for: evidence that two machines in use can share.
    pub fn is_weak(&self) -> bool {
        matches!(self.0.as_slice(), [Criterion::Hostname] | [Criterion::MacAddress])
    }
}

/// The values by which a computer is judged, in the order of [`Criterion::ALL`]; MAC addresses one a line.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a>([&'a str; 6]);

impl<'a> Identity<'a> {
    /// Takes the values from the columns of a computer.
    pub fn of(value: impl Fn(ColumnId) -> &'a str) -> Identity<'a> {
        Identity(Criterion::ALL.map(|criterion| value(criterion.column())))
    }

    fn value(&self, criterion: Criterion) -> &'a str {
        let all = Criterion::ALL.iter().zip(self.0);
        all.filter(|(other, _)| **other == criterion).map(|(_, value)| value).next().unwrap_or_default()
    }
}

/// The criteria on which two computers are found to be the same; `None` when one of those asked for is not met.
pub fn judge(a: Identity<'_>, b: Identity<'_>, criteria: &Criteria, junk: &Blacklists) -> Option<Vec<Criterion>> {
    let met = |criterion: Criterion| {
        let (x, y) = (a.value(criterion), b.value(criterion));
        match criterion {
            Criterion::MacAddress => {
                let equal = |one: &str| !junk.mac(one) && y.lines().any(|other| same_mac(one, other));
                x.lines().any(equal)
            }
            Criterion::Serial => !junk.serial(x) && same(x, y),
            _ => same(x, y),
        }
    };
    (!criteria.is_never() && criteria.iter().all(met)).then(|| criteria.iter().collect())
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    !a.is_empty() && a.to_lowercase() == b.to_lowercase()
}

fn same_mac(a: &str, b: &str) -> bool {
    same(&a.replace('-', ":"), &b.replace('-', ":"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(a: &[(ColumnId, &str)], b: &[(ColumnId, &str)], level: i64) -> bool {
        fn identity<'a>(list: &[(ColumnId, &'a str)]) -> Identity<'a> {
            Identity::of(|column| list.iter().find(|(other, _)| *other == column).map_or("", |(_, value)| value))
        }
        judge(identity(a), identity(b), &Criteria::of(level), &Blacklists::built_in()).is_some()
    }

    const PC: [(ColumnId, &str); 6] = [
        (columns::NAME, "PC-1"),
        (columns::SSN, "CZC0418F2K"),
        (columns::MACADDR, "02:00:5E:10:00:07\n02:00:5E:10:00:08"),
        (columns::SMODEL, "EliteDesk"),
        (columns::UUID, "0B0C"),
        (columns::ASSETTAG, "A-7"),
    ];

    #[test]
    fn every_level_of_one_bit_merges_equal_computers_and_zero_never() {
        for bit in [1, 2, 4, 8, 16, 32] {
            assert!(verdict(&PC, &PC, bit), "{bit}");
        }
        assert!(!verdict(&PC, &PC, 0));
        assert!(!verdict(&PC, &PC, 64));
    }

    /// The incumbent's merging is an AND of bits, and its bit 32 never counts.
    #[test]
    fn pitfall_34_all_criteria_must_be_met_and_placeholders_prove_nothing() {
        let mut other = PC;
        other[0].1 = "PC-2";
        assert!(!verdict(&PC, &other, 7));
        assert!(verdict(&PC, &other, 6));
        for serial in ["To be filled by O.E.M.", " n/a ", "0000000", ""] {
            let mut junk = PC;
            junk[1].1 = serial;
            assert!(!verdict(&junk, &junk, 2), "{serial}");
        }
        let mut junk = PC;
        junk[2].1 = "00:00:00:00:00:00\n44:45:53:54:61:6f";
        assert!(!verdict(&junk, &junk, 4));
        assert!(verdict(&PC, &PC, 63));
    }

    #[test]
    fn one_mac_address_in_common_is_enough_in_any_spelling() {
        let mut other = PC;
        other[2].1 = "aa:aa:aa:aa:aa:aa\n02-00-5e-10-00-08";
        assert!(verdict(&PC, &other, 4));
    }

    proptest! {
        #[test]
        fn judging_is_symmetric(level in 0_i64..64, names in ("[a-b]?", "[a-b]?"), serials in ("[1-2]?", "[1-2]?"), macs in ("[a-b\n]{0,3}", "[a-b\n]{0,3}")) {
            let a = [(columns::NAME, names.0.as_str()), (columns::SSN, serials.0.as_str()), (columns::MACADDR, macs.0.as_str())];
            let b = [(columns::NAME, names.1.as_str()), (columns::SSN, serials.1.as_str()), (columns::MACADDR, macs.1.as_str())];
            prop_assert_eq!(verdict(&a, &b, level), verdict(&b, &a, level));
        }
    }
}
