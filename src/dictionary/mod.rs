//! The dictionary: categories into which an administrator puts names of software.
//!
//! A name is in exactly one category: in IGNORED, in UNCHANGED or in an own one when somebody put it there, else in
//! NEW. An own category is there as long as a name is in it. Names count as agents sent them, letter by letter; a
//! name keeps its category when the software vanishes, and has it again when it comes back.
//!
//! Source: console page, section 12 (CON-DIC-1 to 5).

pub mod store;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The word of the category of names that nobody put anywhere.
pub const NEW: &str = "NEW";
/// The word of the category of names that nobody wants to see in other programs.
pub const IGNORED: &str = "IGNORED";
/// The word of the category of names that are shown as they are.
pub const UNCHANGED: &str = "UNCHANGED";
/// Longest name of an own category, in characters.
pub const LONGEST: usize = 255;

/// A category. They stand in this order in lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Nobody put the name anywhere.
    #[default]
    New,
    /// Not to be shown.
    Ignored,
    /// To be shown as it is.
    Unchanged,
    /// To be shown under the name of the category.
    Own(Arc<str>),
}

/// Why a text is no name of a new category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadName {
    /// Nothing.
    Empty,
    /// More than [`LONGEST`] characters.
    Long,
    /// A line end or something else that is no text.
    Line,
    /// The word of a fixed category.
    Fixed,
    /// An own category has it, in whatever case.
    Taken,
}

impl Category {
    /// The fixed ones.
    pub const FIXED: [Category; 3] = [Category::New, Category::Ignored, Category::Unchanged];

    /// Its word: of a fixed one the field's own, of another its name.
    pub fn word(&self) -> &str {
        match self {
            Category::New => NEW,
            Category::Ignored => IGNORED,
            Category::Unchanged => UNCHANGED,
            Category::Own(name) => name,
        }
    }

    /// The category of a word, whether a name is in it or not.
    pub fn of_word(word: &str) -> Category {
        let fixed = Category::FIXED.into_iter().find(|fixed| fixed.word() == word);
        fixed.unwrap_or_else(|| Category::Own(word.into()))
    }

    /// Whether an administrator made it.
    pub const fn is_own(&self) -> bool {
        matches!(self, Category::Own(_))
    }

    /// What other programs are shown for a name in it; `None` for nothing (CON-DIC-5).
    pub fn shown<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self {
            Category::New | Category::Unchanged => Some(name),
            Category::Ignored => None,
            Category::Own(category) => Some(category),
        }
    }
}

/// The dictionary in memory.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    places: HashMap<Box<str>, Category>,
    /// Own categories by their names in lower case, with the names that are in them.
    own: BTreeMap<String, (Arc<str>, u64)>,
}

impl Dictionary {
    /// From names and the words of their categories. Spellings of one category that differ in case count as the first.
    fn of(names: impl Iterator<Item = (String, String)>) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for (name, word) in names {
            let category = match Category::of_word(&word) {
                Category::Own(word) => {
                    let (known, count) = dictionary.own.entry(word.to_lowercase()).or_insert((word, 0));
                    *count += 1;
                    Category::Own(known.clone())
                }
                Category::New => continue,
                fixed => fixed,
            };
            dictionary.places.insert(name.into(), category);
        }
        dictionary
    }

    /// The category of a name.
    pub fn category(&self, name: &str) -> &Category {
        self.places.get(name).unwrap_or(&Category::New)
    }

    /// Every category, the fixed ones first, then the own ones by name.
    pub fn categories(&self) -> Vec<Category> {
        let own = self.own.values().map(|(name, _)| Category::Own(name.clone()));
        Category::FIXED.into_iter().chain(own).collect()
    }

    /// The category of a word, when there is one.
    pub fn named(&self, word: &str) -> Option<Category> {
        match Category::of_word(word) {
            Category::Own(word) => {
                let (name, _) = self.own.get(&word.to_lowercase())?;
                (**name == *word).then(|| Category::Own(name.clone()))
            }
            fixed => Some(fixed),
        }
    }

    /// Names that were put into a category, be they of software that is installed somewhere or not; 0 for NEW.
    pub fn names_in(&self, category: &Category) -> u64 {
        match category {
            Category::New => 0,
            Category::Own(name) => self.own.get(&name.to_lowercase()).map_or(0, |(_, count)| *count),
            fixed => self.places.values().filter(|place| *place == fixed).count() as u64,
        }
    }

    /// A new own category (CON-DIC-4).
    ///
    /// # Errors
    /// What is wrong with its name.
    pub fn new_category(&self, typed: &str) -> Result<Category, BadName> {
        let name = typed.trim();
        let folded = name.to_lowercase();
        match name {
            "" => Err(BadName::Empty),
            name if name.chars().count() > LONGEST => Err(BadName::Long),
            name if name.chars().any(char::is_control) => Err(BadName::Line),
            _ if Category::FIXED.iter().any(|fixed| fixed.word().to_lowercase() == folded) => Err(BadName::Fixed),
            _ if self.own.contains_key(&folded) => Err(BadName::Taken),
            name => Ok(Category::Own(name.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(names: &[(&str, &str)]) -> Dictionary {
        Dictionary::of(names.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())))
    }

    #[test]
    fn con_dic_1_every_name_is_in_one_category_and_new_is_all_others() {
        let known = dictionary(&[("Word", "Office"), ("Excel", "Office"), ("KB1", IGNORED), ("Zip", UNCHANGED)]);
        let word = |name: &str| known.category(name).word().to_owned();
        assert_eq!(
            ["Word", "Excel", "KB1", "Zip", "word", ""].map(word),
            ["Office", "Office", IGNORED, UNCHANGED, NEW, NEW]
        );
        let words: Vec<String> = known.categories().iter().map(|category| category.word().to_owned()).collect();
        assert_eq!(words, [NEW, IGNORED, UNCHANGED, "Office"]);
        let counts = known.categories().iter().map(|category| known.names_in(category)).collect::<Vec<_>>();
        assert_eq!(counts, [0, 1, 1, 2]);
        assert_eq!(known.named("Office"), Some(Category::Own("Office".into())));
        assert_eq!((known.named("office"), known.named("Games"), known.named(NEW)), (None, None, Some(Category::New)));
    }

    #[test]
    fn con_dic_4_own_names_are_1_to_255_characters_not_fixed_and_not_taken_in_whatever_case() {
        let known = dictionary(&[("Word", "Bürosoftware")]);
        assert_eq!(known.new_category("  Games "), Ok(Category::Own("Games".into())));
        assert!(known.new_category("x").is_ok() && known.new_category(&"é".repeat(255)).is_ok());
        for (bad, why) in [
            ("", BadName::Empty),
            (" \t", BadName::Empty),
            (&"é".repeat(256), BadName::Long),
            ("a\nb", BadName::Line),
            ("NEW", BadName::Fixed),
            ("ignored", BadName::Fixed),
            (" Unchanged ", BadName::Fixed),
            ("BÜROSOFTWARE", BadName::Taken),
            ("Bürosoftware", BadName::Taken),
        ] {
            assert_eq!(known.new_category(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn con_dic_5_other_programs_see_the_category_the_name_or_nothing() {
        let shown = |word: &str| Category::of_word(word).shown("Word 2019").map(str::to_owned);
        assert_eq!(shown("Office").as_deref(), Some("Office"));
        assert_eq!((shown(NEW).as_deref(), shown(UNCHANGED).as_deref()), (Some("Word 2019"), Some("Word 2019")));
        assert_eq!(shown(IGNORED), None);
    }

    #[test]
    fn two_spellings_of_a_category_in_the_file_are_one() {
        let known = dictionary(&[("a", "Office"), ("b", "OFFICE")]);
        assert_eq!(known.category("b"), known.category("a"));
        assert_eq!(known.categories().len(), 4);
    }
}
