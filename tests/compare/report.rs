//! What was compared, counted, and printed at the end.

use std::collections::BTreeMap;

use super::allowed::{ALLOWANCES, Ledger};

/// So many differences of one kind are printed; the rest is counted.
const PRINTED: u64 = 4;

#[derive(Default)]
pub struct Report {
    pub contacts: u64,
    pub inventories: u64,
    pub answers: u64,
    pub computers: u64,
    pub sections: u64,
    pub rows: u64,
    pub fields: u64,
    pub allowed: u64,
    pub different: u64,
    pub merged: u64,
    pub ledger: Ledger,
    kinds: BTreeMap<String, u64>,
}

impl Report {
    /// A difference that nothing allows.
    pub fn failed(&mut self, kind: &str, what: &str) {
        self.different += 1;
        let count = self.kinds.entry(kind.to_owned()).or_default();
        *count += 1;
        if *count <= PRINTED {
            println!("FAILED {what}");
        }
    }

    /// Prints everything; says whether all is well.
    pub fn end(&self) -> bool {
        let mut well = self.different == 0;
        for (kind, count) in self.kinds.iter().filter(|(_, count)| **count > PRINTED) {
            println!("... {count} differences in all of the kind: {kind}");
        }
        if well {
            println!("ok the answers to {} contacts mean the same", self.contacts);
            println!("ok {} fields in {} sections hold the same", self.fields, self.sections);
        }
        for allowance in ALLOWANCES {
            let count = self.ledger.count(allowance.name);
            well &= count > 0;
            let word = if count > 0 { "ok" } else { "FAILED does not occur any more:" };
            println!("{word} allowed {count} times: {}: {}", allowance.name, allowance.reason);
        }
        println!();
        for (name, count) in [
            ("contacts", self.contacts),
            ("of them inventories", self.inventories),
            ("parts of answers compared", self.answers),
            ("computers compared (four times)", self.computers),
            ("records merged", self.merged),
            ("sections compared", self.sections),
            ("rows compared", self.rows),
            ("fields compared", self.fields),
            ("equal", (self.fields + self.answers).saturating_sub(self.allowed + self.different)),
            ("allowed by a rule", self.allowed),
            ("different", self.different),
        ] {
            println!("{name:<34}{count:>10}");
        }
        well
    }
}
