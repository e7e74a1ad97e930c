//! What launchers fetch before an agent is installed: the label, and the agents' own files.
//!
//! Only names that an administrator stored are served. Source: agent protocol page, section 17.

use crate::store::{Error, Read, Table, Write};

/// The field's table `deploy`: name and content.
pub static DEPLOY: Table<String, Vec<u8>> = Table::new("deploy");

/// The name of the text with which Windows agents ask for the TAG.
pub const LABEL: &str = "label";

/// A stored file; names are compared exactly.
pub fn file(store: &impl Read, name: &str) -> Result<Option<Vec<u8>>, Error> {
    store.get(&DEPLOY, name)
}

/// Sets the label; a blank one is removed, and agents do not ask any more.
pub fn set_label(store: &mut impl Write, text: &str) -> Result<(), Error> {
    match text.trim() {
        "" => store.remove(&DEPLOY, LABEL),
        text => store.put(&DEPLOY, LABEL, &text.as_bytes().to_vec()),
    }
}
