//! The list of packages that the main server offers to its second sites, as JSON. Rules without storage.
//!
//! A site trusts what it reads no further than what is checked here: numbers name its folders, lengths and digests are
//! those that files are compared with. Texts go into information files, escaped.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::files::MOST_FRAGMENTS;
use super::package::{Algorithm, Archive, Package, PackageId};

/// Packages of a list.
pub const MOST_PACKAGES: usize = 10_000;
/// Bytes of a list.
pub const LONGEST: usize = 32 << 20;
/// Bytes of one text of a package.
const LONGEST_TEXT: usize = 64 << 10;

#[derive(Serialize, Deserialize)]
struct List {
    packages: Vec<Offered>,
}

#[derive(Serialize, Deserialize)]
struct Offered {
    id: u32,
    #[serde(flatten)]
    package: Package,
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Garbage {
    /// It is no list, or one of a release that this one does not understand.
    #[error("the answer is no list of packages")]
    NoList,
    /// It is too long.
    #[error("there are more than {MOST_PACKAGES} packages")]
    TooMany,
    /// A package has numbers that cannot be.
    #[error("package {0} cannot be as the list says")]
    Package(u32),
}

/// Writes the list.
pub fn write<'a>(packages: impl Iterator<Item = &'a Package>) -> Vec<u8> {
    let packages = packages.map(|package| Offered { id: package.id.0, package: package.clone() }).collect();
    serde_json::to_vec(&List { packages }).unwrap_or_default()
}

/// Reads a list.
///
/// # Errors
/// [`Garbage`]; then nothing of the list is used.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<PackageId, Package>, Garbage> {
    let list: List = serde_json::from_slice(bytes).map_err(|_| Garbage::NoList)?;
    if list.packages.len() > MOST_PACKAGES {
        return Err(Garbage::TooMany);
    }
    let (mut found, mut names) = (BTreeMap::new(), BTreeSet::new());
    for Offered { id, package } in list.packages {
        let package = Package { id: PackageId(id), ..package };
        let once = names.insert(package.name.to_lowercase());
        if !is_possible(&package) || !once || found.insert(package.id, package).is_some() {
            return Err(Garbage::Package(id));
        }
    }
    Ok(found)
}

/// Whether a package can be one that a server built.
fn is_possible(package: &Package) -> bool {
    let notify = package.notify.as_ref().map_or("", |notify| &notify.text);
    let texts = [&package.description, &package.argument, notify, package.done.as_deref().unwrap_or(""), &package.by];
    let name = (1..=255).contains(&package.name.chars().count());
    package.id.0 > 0
        && name
        && package.priority <= 10
        && texts.iter().all(|text| text.len() <= LONGEST_TEXT)
        && package.archive.as_ref().is_none_or(is_whole)
}

/// Whether size and fragments of an archive go together.
fn is_whole(archive: &Archive) -> bool {
    let Archive { size, fragments, fragment, algorithm, digest, sha256 } = archive;
    let hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let before = fragment.checked_mul(u64::from(fragments.saturating_sub(1)));
    let last = before.and_then(|before| size.checked_sub(before));
    (1..=MOST_FRAGMENTS).contains(fragments)
        && *fragment > 0
        && last.is_some_and(|last| last <= *fragment && (last > 0 || *size == 0 && *fragments == 1))
        && hex(sha256, 64)
        && match algorithm {
            Algorithm::Md5 => hex(digest, 32),
            Algorithm::Sha256 => digest == sha256,
        }
}

/// What a site has to do to have what is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Packages to be removed, before anything is fetched: their names and room may be needed.
    pub remove: Vec<PackageId>,
    /// Packages whose record changed and whose files did not.
    pub renew: Vec<Package>,
    /// Packages to be fetched, those that are quickly there first.
    pub fetch: Vec<Package>,
}

/// Compares what is offered with what a site has. `broken` are those of its own whose files are not whole.
pub fn plan(
    offered: &BTreeMap<PackageId, Package>,
    own: &BTreeMap<PackageId, Package>,
    broken: &BTreeSet<PackageId>,
) -> Plan {
    let mut plan = Plan::default();
    for (id, package) in own {
        match offered.get(id) {
            Some(new) if new.archive == package.archive && !broken.contains(id) => {
                if new != package {
                    plan.renew.push(new.clone());
                }
            }
            _ => plan.remove.push(*id),
        }
    }
    let lacking = |id: &PackageId| !own.contains_key(id) || plan.remove.contains(id);
    plan.fetch = offered.iter().filter(|(id, _)| lacking(id)).map(|(_, package)| package.clone()).collect();
    plan.fetch.sort_by_key(|package| (package.size(), package.id));
    plan
}

#[cfg(test)]
mod tests {
    use super::super::package::{Action, Protocol, System};
    use super::*;
    use crate::clock::Timestamp;

    fn package(id: u32) -> Package {
        let sha256 = format!("{id:064x}");
        Package {
            id: PackageId(id),
            name: format!("Tool {id} <\"/../é"),
            description: "two\nlines".into(),
            system: System::Windows,
            protocol: Protocol::Http,
            priority: 5,
            action: Action::Execute,
            argument: "setup.exe /S".into(),
            archive: Some(Archive {
                size: 150_000,
                fragments: 3,
                fragment: 65_536,
                algorithm: Algorithm::Sha256,
                digest: sha256.clone(),
                sha256,
            }),
            notify: None,
            done: Some("Restart".into()),
            made: Timestamp(1_700_000_001),
            by: "admin".into(),
        }
    }

    fn map(packages: &[Package]) -> BTreeMap<PackageId, Package> {
        packages.iter().map(|package| (package.id, package.clone())).collect()
    }

    #[test]
    fn con_dep_19_a_list_is_read_as_it_was_written() {
        let all = [package(1), Package { archive: None, ..package(2) }];
        assert_eq!(read(&write(all.iter())), Ok(map(&all)));
        assert_eq!(read(&write([].iter())), Ok(BTreeMap::new()));
    }

    #[test]
    fn con_dep_19_a_list_that_cannot_be_is_refused_as_a_whole() {
        let with = |change: &dyn Fn(&mut Archive)| {
            let mut package = package(2);
            change(package.archive.as_mut().unwrap());
            read(&write([self::package(1), package].iter()))
        };
        let bad = Err(Garbage::Package(2));
        assert_eq!(with(&|archive| archive.fragments = 0), bad);
        assert_eq!(with(&|archive| archive.fragments = 2), bad);
        assert_eq!(with(&|archive| archive.fragments = 4), bad);
        assert_eq!(with(&|archive| archive.fragments = u32::MAX), bad);
        assert_eq!(with(&|archive| archive.fragment = 0), bad);
        assert_eq!(with(&|archive| archive.fragment = u64::MAX), bad);
        assert_eq!(with(&|archive| archive.size = u64::MAX), bad);
        assert_eq!(with(&|archive| archive.size = 0), bad);
        assert_eq!(with(&|archive| archive.digest.clear()), bad);
        assert_eq!(with(&|archive| archive.sha256 = "../../etc/passwd".into()), bad);
        assert_eq!(with(&|archive| archive.sha256 = "A".repeat(64)), bad);
        let wrong = |package: Package| read(&write([package].iter()));
        assert_eq!(wrong(Package { priority: 11, ..package(1) }), Err(Garbage::Package(1)));
        assert_eq!(wrong(package(0)), Err(Garbage::Package(0)));
        assert_eq!(wrong(Package { name: String::new(), ..package(1) }), Err(Garbage::Package(1)));
        assert_eq!(wrong(Package { argument: "x".repeat(65_537), ..package(1) }), Err(Garbage::Package(1)));
        assert_eq!(read(&write([package(1), package(1)].iter())), Err(Garbage::Package(1)));
        let same_name = Package { name: package(1).name.to_uppercase(), ..package(2) };
        assert_eq!(read(&write([package(1), same_name].iter())), Err(Garbage::Package(2)));
        let whole = write([package(1)].iter());
        for garbage in [&b""[..], b"<html>", b"[]", b"{}", b"null", &whole[..whole.len() - 1]] {
            assert_eq!(read(garbage), Err(Garbage::NoList));
        }
        let many: Vec<Package> =
            (1..=10_001).map(|id| Package { name: id.to_string(), archive: None, ..package(id) }).collect();
        assert_eq!(read(&write(many.iter())), Err(Garbage::TooMany));
    }

    #[test]
    fn con_dep_19_what_is_gone_goes_what_is_new_is_fetched_and_words_follow() {
        let renamed = Package { name: "Other".into(), ..package(2) };
        let mut rebuilt = package(3);
        rebuilt.archive.as_mut().unwrap().sha256 = "0".repeat(64);
        let small = Package { archive: None, ..package(9) };
        let offered = map(&[package(1), renamed.clone(), rebuilt.clone(), package(4), small.clone()]);
        let own = map(&[package(1), package(2), package(3), package(4), package(5)]);
        let broken = BTreeSet::from([PackageId(4)]);
        let plan = plan(&offered, &own, &broken);
        assert_eq!(plan.remove, [PackageId(3), PackageId(4), PackageId(5)]);
        assert_eq!(plan.renew, [renamed]);
        assert_eq!(plan.fetch, [small, rebuilt, package(4)]);
        let none = super::plan(&own, &own, &BTreeSet::new());
        assert_eq!(none, Plan::default());
    }
}
