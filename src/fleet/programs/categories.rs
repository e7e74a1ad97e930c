//! How many names of software each category of the dictionary has (CON-DIC-1).

use std::collections::HashMap;

use super::Among;
use crate::dictionary::{Category, Dictionary};
use crate::fleet::{Fleet, Query};

impl Fleet {
    /// Every category of the dictionary with the names in it that the selected computers have.
    ///
    /// It goes through the names of the office once, not through what each computer has.
    pub fn categories(&self, among: &Query, dictionary: &Dictionary) -> Vec<(Category, u64)> {
        // The two locks are taken in this order only.
        let names = self.names();
        let index = self.look();
        let selection = index.select(among);
        let among = Among { index: &index, slots: selection.bitmap() };
        let mut counts: HashMap<&Category, u64> = HashMap::new();
        for name in names.all().iter().filter(|name| among.any(&name.items)) {
            *counts.entry(dictionary.category(&name.shown)).or_default() += 1;
        }
        let count = |category: Category| {
            let names = counts.get(&category).copied().unwrap_or(0);
            (category, names)
        };
        dictionary.categories().into_iter().map(count).collect()
    }

    /// Every name that is meant by a query by name, in its order: for what is done with all of them.
    pub fn program_names(&self, query: &super::ProgramQuery) -> Vec<String> {
        let mut rows = self.programs_to_save(query.clone());
        let mut found = Vec::new();
        while let Some(part) = rows.next(self) {
            found.extend(part.into_iter().map(|program| program.name));
        }
        found
    }
}
