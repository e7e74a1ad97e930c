//! Groups: computers that share options and packages.
//!
//! - a *static* group has the computers that people put into it;
//! - a *redistribution* group has the servers from which others fetch the fragments of packages, each with an address.
//!
//! [`store`] keeps them, [`memory`] holds what answers to agents need, [`actions`] is what people do, [`servers`] says
//! which addresses a redistribution group has.
//!
//! Source: console page, section 10; agent protocol page, sections 12.1 and 21.

pub mod actions;
pub mod memory;
pub mod servers;
pub mod store;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;

pub use crate::id::GroupId;
pub use memory::Groups;
pub use servers::Server;

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 255;
/// Longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 1000;
/// Groups of one installation.
pub const MOST: usize = 5000;

/// What a group is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Kind {
    /// Computers that share options and packages.
    #[default]
    Static,
    /// Servers of fragments.
    Redistribution,
}

impl Kind {
    /// All kinds, in the order of the tabs.
    pub const ALL: [Kind; 2] = [Kind::Static, Kind::Redistribution];

    /// Its word in addresses and keys of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Static => "static",
            Kind::Redistribution => "redistribution",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// One group, without its members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// Its number; the key of its record.
    #[serde(skip)]
    pub id: GroupId,
    /// Its name; no other group has it in whatever case.
    pub name: String,
    /// What it is for, in the words of who made it. May be empty.
    #[serde(default)]
    pub description: String,
    /// What it is for.
    pub kind: Kind,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub by: String,
    /// Also shown to who may not change groups.
    #[serde(default)]
    pub visible: bool,
}

named_record!(Group);

/// That a computer belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Member {
    /// Where others reach it, in a redistribution group.
    #[serde(default)]
    pub server: Server,
}

named_record!(Member);

/// What is wrong with the words of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadWords {
    /// There is no name.
    NoName,
    /// The name is too long or has control characters.
    Name,
    /// The description is too long or has control characters.
    Description,
}

/// The words of a group without blanks around, if they are good.
///
/// # Errors
/// [`BadWords`]
pub fn words(name: &str, description: &str) -> Result<(String, String), BadWords> {
    let (name, description) = (name.trim(), description.trim());
    let good = |text: &str, most, lines: bool| {
        text.chars().count() <= most && !text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\r' | '\n')))
    };
    if name.is_empty() {
        Err(BadWords::NoName)
    } else if !good(name, LONGEST_NAME, false) {
        Err(BadWords::Name)
    } else if !good(description, LONGEST_DESCRIPTION, true) {
        Err(BadWords::Description)
    } else {
        Ok((name.to_owned(), description.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_grp_1_names_and_descriptions_are_bounded() {
        assert_eq!(words(" Lyon ", " two\nlines "), Ok(("Lyon".into(), "two\nlines".into())));
        assert_eq!(words(" \t", ""), Err(BadWords::NoName));
        assert_eq!(words("a\nb", ""), Err(BadWords::Name));
        assert_eq!(words(&"é".repeat(256), ""), Err(BadWords::Name));
        assert!(words(&"é".repeat(255), &"x".repeat(1000)).is_ok());
        assert_eq!(words("a", &"x".repeat(1001)), Err(BadWords::Description));
        assert_eq!(words("a", "\u{1b}[2J"), Err(BadWords::Description));
    }
}
