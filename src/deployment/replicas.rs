//! Second sites that fetch packages from this server: each has a token, made in the console and shown once.
//!
//! A site tells which packages it lacks each time it asks for the list. Only the digest of a token is kept.
//! Source: console page, CON-DEP-19.

use serde::{Deserialize, Serialize};

use super::package::PackageId;
use super::store::{NUMBERS, OF_REPLICAS, readable};
use crate::clock::Timestamp;
use crate::history::audit::{self, Change, Entry};
use crate::named_record;
use crate::store::{Error, Read, Store, Table, Txn, Write};

/// Second sites by their number.
pub static REPLICAS: Table<u32, Replica> = Table::new("replicas");

/// Longest name, in characters.
pub const LONGEST_NAME: usize = 100;
/// Second sites of one installation.
pub const MOST: usize = 500;
/// Packages that a site names as missing at once.
pub const MOST_LACKING: usize = 200;
/// What a token begins with, so that people see what it is.
const MARK: &str = "rollcall-site-";

/// A second site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Replica {
    /// Its number; the key of its record.
    #[serde(skip)]
    pub id: u32,
    /// What people call it; no other has the name in whatever case.
    pub name: String,
    /// SHA-256 of its token, in hexadecimal.
    pub digest: String,
    /// When the token was made.
    pub made: Timestamp,
    /// Who made it.
    pub by: String,
    /// What it said last; `None` before it ever called.
    #[serde(default)]
    pub last: Option<Call>,
}

named_record!(Replica);

/// What a site says when it asks for the list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: String,
    /// Packages that it lacks of those it was told of the last time; the first [`MOST_LACKING`].
    pub lacks: Vec<u32>,
    /// When it last had everything; `None` when it never had.
    pub complete: Option<Timestamp>,
    /// What hinders it.
    #[serde(default)]
    pub trouble: Trouble,
}

/// What hinders a site from having every package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// Its disk has no room.
    Room,
    /// What it fetched is not what the list says.
    Digest,
    /// The line was cut, or this server did not answer.
    Line,
    /// Its disk cannot be written.
    Disk,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Trouble; 5] = [Trouble::None, Trouble::Room, Trouble::Digest, Trouble::Line, Trouble::Disk];

    /// Its word in addresses and keys of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Trouble::None => "none",
            Trouble::Room => "room",
            Trouble::Digest => "digest",
            Trouble::Line => "line",
            Trouble::Disk => "disk",
        }
    }

    /// The reverse of [`Trouble::word`]; what is not known is none.
    pub fn of(word: &str) -> Trouble {
        Trouble::ALL.into_iter().find(|trouble| trouble.word() == word).unwrap_or_default()
    }
}

/// Why a site is not made.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Another site has the name, in whatever case.
    #[error("a site has this name already")]
    Name,
    /// There are as many as there may be.
    #[error("there are {MOST} sites already")]
    TooMany,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A name as it was typed, without blanks around; `None` when it is none.
pub fn name(typed: &str) -> Option<String> {
    let name = typed.trim();
    let good = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    good.then(|| name.to_owned())
}

/// A new token.
///
/// # Errors
/// [`Refusal::Random`]
pub fn token() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::Random)?;
    Ok(format!("{MARK}{}", hex(&bytes)))
}

/// Whether a text looks like a token.
pub fn is_token(text: &str) -> bool {
    let rest = text.strip_prefix(MARK);
    rest.is_some_and(|rest| rest.len() == 64 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The digest of a token that is kept.
pub fn digest(token: &str) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every site by its number. A damaged one is left out.
///
/// # Errors
/// Those of the store.
pub fn all(store: &impl Read) -> Result<Vec<Replica>, Error> {
    Ok(readable(store, &REPLICAS)?.into_iter().map(|(id, replica)| Replica { id, ..replica }).collect())
}

/// The site of a token.
///
/// # Errors
/// Those of the store.
pub fn of_token(store: &impl Read, token: &str) -> Result<Option<Replica>, Error> {
    if !is_token(token) {
        return Ok(None);
    }
    // Digests of secrets with 256 random bits: how long comparing them takes tells nothing about the secret.
    let wanted = digest(token);
    Ok(all(store)?.into_iter().find(|replica| replica.digest == wanted))
}

/// Makes a site with a token. The number 0 of `replica` is replaced.
///
/// # Errors
/// [`Refusal`]
pub fn make(store: &Store, replica: Replica, mut entry: Entry) -> Result<u32, Refusal> {
    store.write(move |w: &mut Txn<'_>| {
        let known = all(w)?;
        if known.len() >= MOST {
            return Err(Refusal::TooMany);
        }
        let name = replica.name.to_lowercase();
        if known.iter().any(|other| other.name.to_lowercase() == name) {
            return Err(Refusal::Name);
        }
        let next = w.get(&NUMBERS, OF_REPLICAS)?.unwrap_or(0) + 1;
        w.put(&NUMBERS, OF_REPLICAS, &next)?;
        let id = u32::try_from(next).map_err(|_| Error::Unavailable("there are no numbers left".to_owned()))?;
        w.put(&REPLICAS, id, &replica)?;
        entry.changes.push(Change { what: "site".into(), before: String::new(), after: replica.name });
        audit::append(w, entry)?;
        Ok(id)
    })
}

/// Takes the token of a site away; answers whether there was one.
///
/// # Errors
/// Those of the store.
pub fn revoke(store: &Store, id: u32, mut entry: Entry) -> Result<bool, Error> {
    store.write(move |w: &mut Txn<'_>| {
        let before = match w.get(&REPLICAS, id) {
            // One that cannot be read can be taken away.
            Err(Error::Damaged { .. }) => Some(Replica::default()),
            other => other?,
        };
        let Some(before) = before else { return Ok(false) };
        w.remove(&REPLICAS, id)?;
        entry.changes.push(Change { what: "site".into(), before: before.name, after: String::new() });
        audit::append(w, entry)?;
        Ok(true)
    })
}

/// Notes what a site said, if it is still there.
///
/// # Errors
/// Those of the store.
pub fn note(store: &Store, id: u32, call: Call) -> Result<(), Error> {
    store.write(move |w: &mut Txn<'_>| {
        let Some(known) = w.get(&REPLICAS, id)? else { return Ok(()) };
        let complete = call.complete.or_else(|| known.last.as_ref().and_then(|last| last.complete));
        w.put(&REPLICAS, id, &Replica { last: Some(Call { complete, ..call }), ..known })
    })
}

/// What a site says in the address: which packages it lacks, how much of the list that is, what hinders it.
///
/// `lacks=1700000001,1700000002&trouble=room`; a site that never had a list says nothing.
pub fn said(query: &str) -> (Option<Vec<PackageId>>, Trouble) {
    let (mut lacks, mut trouble) = (None, Trouble::None);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "lacks" => {
                let ids = value.split(',').filter_map(|id| id.parse().ok()).map(PackageId);
                lacks = Some(ids.take(MOST_LACKING).collect());
            }
            "trouble" => trouble = Trouble::of(value),
            _ => {}
        }
    }
    (lacks, trouble)
}

/// The reverse of [`said`].
pub fn saying(lacks: Option<&[PackageId]>, trouble: Trouble) -> String {
    let Some(lacks) = lacks else { return String::new() };
    let ids: Vec<String> = lacks.iter().take(MOST_LACKING).map(ToString::to_string).collect();
    format!("lacks={}&trouble={}", ids.join(","), trouble.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;
    use crate::history::audit::Actor;

    fn entry() -> Entry {
        Entry::new(Timestamp(5), Actor::Account("marie".into()), None, Action::TokenAdded)
    }

    #[test]
    fn con_dep_19_a_token_leads_to_its_site_until_it_is_taken_away() {
        let store = Store::in_memory().unwrap();
        let make = |name: &str, token: &str| {
            let replica = Replica { name: name.into(), digest: digest(token), ..Replica::default() };
            make(&store, replica, entry())
        };
        let (lyon, nice) = (token().unwrap(), token().unwrap());
        assert!(lyon != nice && is_token(&lyon));
        let id = make("Lyon", &lyon).unwrap();
        assert!(matches!(make("LYON", &nice), Err(Refusal::Name)));
        make("Nice", &nice).unwrap();
        let of = |token: &str| of_token(&store.read().unwrap(), token).unwrap().map(|one| one.name);
        assert_eq!((of(&lyon).as_deref(), of(&nice).as_deref()), (Some("Lyon"), Some("Nice")));
        for wrong in ["", "rollcall-site-", &lyon[..70], &format!("{lyon} "), &lyon.to_uppercase(), &digest(&lyon)] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        let stored = format!("{:?}", all(&store.read().unwrap()).unwrap());
        assert!(!stored.contains(&lyon["rollcall-site-".len()..]), "only its digest is kept");
        assert!(revoke(&store, id, entry()).unwrap());
        assert!(!revoke(&store, id, entry()).unwrap());
        assert_eq!(of(&lyon), None);
        assert!(make("Lyon", &lyon).unwrap() > id + 1, "no number is given twice");
    }

    #[test]
    fn con_dep_19_what_a_site_says_is_kept_with_when_it_last_had_everything() {
        let store = Store::in_memory().unwrap();
        let replica = Replica { name: "Lyon".into(), ..Replica::default() };
        let id = make(&store, replica, entry()).unwrap();
        let call = |at, complete: Option<i64>| Call {
            at: Timestamp(at),
            complete: complete.map(Timestamp),
            lacks: if complete.is_none() { vec![7] } else { Vec::new() },
            ..Call::default()
        };
        let last = || all(&store.read().unwrap()).unwrap().remove(0).last;
        assert_eq!(last(), None);
        note(&store, id, call(10, Some(10))).unwrap();
        note(&store, id, call(20, None)).unwrap();
        let last = last().unwrap();
        assert_eq!((last.at, last.complete, last.lacks), (Timestamp(20), Some(Timestamp(10)), vec![7]));
        revoke(&store, id, entry()).unwrap();
        note(&store, id, call(30, None)).unwrap();
        assert!(all(&store.read().unwrap()).unwrap().is_empty(), "a late call brings nothing back");
    }

    #[test]
    fn what_is_said_is_read_again_and_is_bounded() {
        for lacks in [vec![], vec![PackageId(1), PackageId(1_700_000_001)]] {
            for trouble in Trouble::ALL {
                let said = said(&saying(Some(&lacks), trouble));
                assert_eq!(said, (Some(lacks.clone()), trouble));
            }
        }
        assert_eq!(said(&saying(None, Trouble::Room)), (None, Trouble::None));
        let many = format!("lacks={}x,-1,99999999999", "7,".repeat(10_000));
        assert_eq!(said(&many).0.map(|ids| ids.len()), Some(MOST_LACKING));
        assert_eq!(said("lacks=x&trouble=<script>&lacks"), (Some(Vec::new()), Trouble::None));
    }

    #[test]
    fn names_are_bounded() {
        assert_eq!(name(" Lyon, 2nd floor ").as_deref(), Some("Lyon, 2nd floor"));
        for bad in ["", " \t", "a\nb", &"é".repeat(101)] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}
