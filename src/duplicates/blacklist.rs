//! Values that prove nothing. Compared trimmed and without case, which the incumbent does not.

use std::collections::HashSet;

use super::junk::{self, Entry, List};
use crate::store::{Error, Read};

/// The junk lists of MAC addresses and serial numbers.
#[derive(Debug, Clone, Default)]
pub struct Blacklists {
    macs: HashSet<String>,
    serials: HashSet<String>,
    /// Serial numbers with stars.
    patterns: Vec<String>,
}

impl Blacklists {
    /// The lists that come with the program.
    pub fn built_in() -> Blacklists {
        let all = |list: List| list.built_in().into_iter().map(move |value| (list, value.to_owned()));
        Blacklists::of(List::ALL.into_iter().flat_map(all))
    }

    /// The lists as they are stored.
    ///
    /// # Errors
    /// Those of the store.
    pub fn load(store: &impl Read) -> Result<Blacklists, Error> {
        let on = junk::entries(store)?.into_iter().filter(|entry| entry.on);
        Ok(Blacklists::of(on.map(|Entry { list, value, .. }| (list, value))))
    }

    fn of(entries: impl Iterator<Item = (List, String)>) -> Blacklists {
        let mut lists = Blacklists::default();
        for (list, value) in entries {
            let value = folded(&value);
            match list {
                List::Macs => drop(lists.macs.insert(value)),
                List::Serials if value.contains('*') => lists.patterns.push(value),
                List::Serials => drop(lists.serials.insert(value)),
                List::Subnets => {}
            }
        }
        lists
    }

    /// Whether a MAC address proves nothing.
    pub fn mac(&self, mac: &str) -> bool {
        let mac = folded(&mac.replace('-', ":"));
        mac.is_empty() || self.macs.contains(&mac)
    }

    /// Whether a serial number proves nothing.
    pub fn serial(&self, serial: &str) -> bool {
        let serial = folded(serial);
        serial.is_empty()
            || self.serials.contains(&serial)
            || self.patterns.iter().any(|pattern| fits(pattern, &serial))
    }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Whether a text is what a pattern says, in which a star stands for any characters or none.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The earliest place leaves the most for what follows.
        let Some((_, after)) =
            text.split_once(part).filter(|_| !part.is_empty()).or(part.is_empty().then_some(("", text)))
        else {
            return false;
        };
        text = after;
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_blk_1_a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("a*", "a"), ("a*", "abc"), ("*c", "abc"), ("a*c", "abc"), ("a**b*", "axxb"), ("*b*", "abc")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*", "ba"), ("a*a", "a"), ("a*b*c", "acb"), ("abc", "abcd"), ("*b", "abc")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        let lists = Blacklists::of([(List::Serials, "VMware-*".to_owned())].into_iter());
        assert!(lists.serial(" vmware-56 4d ") && !lists.serial("7XK2"));
    }
}
