//! Junk lists as an administrator keeps them: entries that were added, and those of the program that were switched off.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{Error, Read, Table, Write};

/// Entries by the number of their list and their value in its normal spelling.
pub static JUNK: Table<(u8, String), Junk> = Table::new("junk");

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// MAC addresses.
    Macs,
    /// Serial numbers; `*` stands for any characters.
    Serials,
    /// Subnets: address and mask.
    Subnets,
}

impl List {
    /// All of them.
    pub const ALL: [List; 3] = [List::Macs, List::Serials, List::Subnets];

    /// The word of addresses and forms.
    pub const fn code(self) -> &'static str {
        match self {
            List::Macs => "macs",
            List::Serials => "serials",
            List::Subnets => "subnets",
        }
    }

    const fn number(self) -> u8 {
        match self {
            List::Macs => 1,
            List::Serials => 2,
            List::Subnets => 3,
        }
    }

    /// The list of this word.
    pub fn named(code: &str) -> Option<List> {
        List::ALL.into_iter().find(|list| list.code() == code)
    }

    /// What comes with the program.
    pub fn built_in(self) -> Vec<&'static str> {
        let text = match self {
            List::Macs => include_str!("../../assets/data/junk-macs.txt"),
            List::Serials => include_str!("../../assets/data/junk-serials.txt"),
            List::Subnets => "",
        };
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
    }

    /// The normal spelling of an entry; `None` when it is none.
    pub fn normal(self, text: &str) -> Option<String> {
        match self {
            List::Macs => mac(text),
            List::Serials => serial(text),
            List::Subnets => subnet(text),
        }
    }
}

/// What is stored about an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Junk {
    /// An entry of the program that does not count here.
    #[serde(default)]
    pub off: bool,
    /// Who added it or switched it off.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

named_record!(Junk);

/// An entry as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its list.
    pub list: List,
    /// Its value in normal spelling.
    pub value: String,
    /// It comes with the program.
    pub built_in: bool,
    /// It counts.
    pub on: bool,
    /// Who added it or switched it off, and when.
    pub changed: Option<(String, Timestamp)>,
}

/// Longest serial number, in characters.
const LONGEST: usize = 255;

/// Twelve hexadecimal digits, with `:`, `-`, `.` or nothing between them.
fn mac(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    let fine = digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit());
    let pairs: Vec<&str> = (0..6).filter_map(|at| digits.get(2 * at..2 * at + 2)).collect();
    fine.then(|| pairs.join(":").to_ascii_uppercase())
}

fn serial(text: &str) -> Option<String> {
    let text = text.trim();
    // Nothing but stars would make every serial number junk.
    let says = text.chars().any(|c| c != '*');
    (says && text.chars().count() <= LONGEST && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// `10.0.0.0/8`, `10.0.0.0/255.0.0.0` or `10.0.0.0 255.0.0.0`; the address is that of the subnet.
fn subnet(text: &str) -> Option<String> {
    let mut parts = text.split(['/', ' ', '\t']).filter(|part| !part.is_empty());
    let (address, mask, rest) = (parts.next()?, parts.next()?, parts.next());
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let mask = match mask.parse::<u32>() {
        Ok(bits @ 1..=32) => u32::MAX << (32 - bits),
        Ok(_) => return None,
        Err(_) => u32::from(mask.parse::<Ipv4Addr>().ok()?),
    };
    let whole = mask.leading_ones() + mask.trailing_zeros() == 32 && mask != 0;
    (whole && rest.is_none() && address & !mask == 0)
        .then(|| format!("{}/{}", Ipv4Addr::from(address), Ipv4Addr::from(mask)))
}

/// Every entry: those of the program first, then those that were added, by value.
///
/// # Errors
/// Those of the store.
pub fn entries(store: &impl Read) -> Result<Vec<Entry>, Error> {
    let mut stored: BTreeMap<(u8, String), Junk> = store.all(&JUNK)?.into_iter().collect();
    let mut entries = Vec::new();
    for list in List::ALL {
        for value in list.built_in() {
            let kept = stored.remove(&(list.number(), key(value)));
            entries.push(Entry {
                list,
                value: value.to_owned(),
                built_in: true,
                on: !kept.as_ref().is_some_and(|kept| kept.off),
                changed: kept.filter(|kept| kept.off).map(|kept| (kept.by, kept.at)),
            });
        }
        let own = stored.iter().filter(|((number, _), junk)| *number == list.number() && !junk.off);
        entries.extend(own.map(|((_, value), junk)| Entry {
            list,
            value: value.clone(),
            built_in: false,
            on: true,
            changed: Some((junk.by.clone(), junk.at)),
        }));
    }
    Ok(entries)
}

/// The key of a built-in value: its case is that of the file.
fn key(value: &str) -> String {
    value.to_owned()
}

/// Adds entries in normal spelling. Answers those that were not there in whatever case.
///
/// # Errors
/// Those of the store.
pub fn add(store: &mut (impl Read + Write), list: List, values: &[String], junk: &Junk) -> Result<Vec<String>, Error> {
    let mut known: Vec<String> = entries(store)?
        .into_iter()
        .filter(|entry| entry.list == list)
        .map(|entry| entry.value.to_lowercase())
        .collect();
    let mut added = Vec::new();
    for value in values {
        if known.contains(&value.to_lowercase()) {
            continue;
        }
        known.push(value.to_lowercase());
        store.put(&JUNK, (list.number(), value.clone()), junk)?;
        added.push(value.clone());
    }
    Ok(added)
}

/// Removes entries that were added. Answers those that were there.
///
/// # Errors
/// Those of the store.
pub fn remove(store: &mut (impl Read + Write), list: List, values: &[String]) -> Result<Vec<String>, Error> {
    let mut gone = Vec::new();
    for value in values {
        let key = (list.number(), value.clone());
        if store.get(&JUNK, key.clone())?.is_some_and(|junk| !junk.off) {
            store.remove(&JUNK, key)?;
            gone.push(value.clone());
        }
    }
    Ok(gone)
}

/// Says which of the program's entries count. Answers those that changed, and whether they count now.
///
/// # Errors
/// Those of the store.
pub fn switch(
    store: &mut (impl Read + Write),
    list: List,
    on: &[String],
    by: &str,
    at: Timestamp,
) -> Result<Vec<(String, bool)>, Error> {
    let mut changed = Vec::new();
    for entry in entries(store)?.into_iter().filter(|entry| entry.list == list && entry.built_in) {
        let wanted = on.contains(&entry.value);
        if wanted == entry.on {
            continue;
        }
        let key = (list.number(), key(&entry.value));
        match wanted {
            true => store.remove(&JUNK, key)?,
            false => store.put(&JUNK, key, &Junk { off: true, by: by.to_owned(), at })?,
        }
        changed.push((entry.value, wanted));
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn con_blk_1_entries_have_one_spelling() {
        for same in ["0a:1b:2c:3d:4e:5f", " 0A-1B-2C-3D-4E-5F ", "0a1b.2c3d.4e5f", "0A1B2C3D4E5F"] {
            assert_eq!(List::Macs.normal(same).as_deref(), Some("0A:1B:2C:3D:4E:5F"), "{same}");
        }
        for bad in ["", "0a:1b", "0g:1b:2c:3d:4e:5f", "0a:1b:2c:3d:4e:5f:60", "é0a1b2c3d4e5"] {
            assert_eq!(List::Macs.normal(bad), None, "{bad}");
        }
        assert_eq!(List::Serials.normal("  VMware-* ").as_deref(), Some("VMware-*"));
        assert!(["", "*", "**", "a\nb", &"x".repeat(256)].iter().all(|bad| List::Serials.normal(bad).is_none()));
        for same in ["10.1.0.0/16", "10.1.0.0/255.255.0.0", "10.1.0.0   255.255.0.0"] {
            assert_eq!(List::Subnets.normal(same).as_deref(), Some("10.1.0.0/255.255.0.0"), "{same}");
        }
        for bad in
            ["10.1.0.0", "10.1.0.5/16", "10.1.0.0/33", "10.1.0.0/0", "10.1.0.0/255.0.255.0", "x/8", "10.0.0.0/8 x"]
        {
            assert_eq!(List::Subnets.normal(bad), None, "{bad}");
        }
    }

    #[test]
    fn con_blk_2_built_in_entries_are_switched_off_and_on_and_never_deleted() {
        let store = Store::in_memory().unwrap();
        let junk = Junk { off: false, by: "marie".into(), at: Timestamp(5) };
        let added =
            store.write(move |w| add(w, List::Serials, &["eval".into(), "VMware-*".into(), "vmware-*".into()], &junk));
        assert_eq!(added.unwrap(), ["VMware-*"], "EVAL comes with the program");
        let count = |on: bool| {
            let found = entries(&store.read().unwrap()).unwrap();
            found.iter().filter(|entry| entry.list == List::Serials && entry.on == on).count()
        };
        let all = List::Serials.built_in().len();
        assert_eq!((count(true), count(false)), (all + 1, 0));
        let but_one: Vec<String> =
            List::Serials.built_in().into_iter().filter(|one| *one != "EVAL").map(Into::into).collect();
        let changed = store.write(move |w| switch(w, List::Serials, &but_one, "marie", Timestamp(5))).unwrap();
        assert_eq!(changed, [("EVAL".to_owned(), false)]);
        assert_eq!((count(true), count(false)), (all, 1));
        assert_eq!(
            store.write(|w| remove(w, List::Serials, &["EVAL".into(), "VMware-*".into()])).unwrap(),
            ["VMware-*"]
        );
        assert_eq!((count(true), count(false)), (all - 1, 1));
    }
}
