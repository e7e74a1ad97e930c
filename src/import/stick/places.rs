//! Where sticks may appear. A rule over plain lists: nothing is looked at here.

use std::path::PathBuf;

/// Below these, Linux mounts what is plugged in; elsewhere a drive is a part of the machine.
const BELOW: [&str; 3] = ["/media", "/run/media", "/mnt"];

/// A place in which sticks may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where it is.
    pub root: PathBuf,
    /// Named by the settings.
    pub named: bool,
}

/// The places among these drives, and the folders that the settings name. Where drives have letters all of them count.
pub fn places(drives: &[PathBuf], named: &[PathBuf], letters: bool) -> Vec<Place> {
    let below = |drive: &&PathBuf| letters || BELOW.iter().any(|root| drive.starts_with(root));
    // What is mounted in a folder that the settings name is found as a drive, wherever that is.
    let inside = |drive: &&PathBuf| named.iter().any(|root| *drive != root && drive.starts_with(root));
    let drives = drives.iter().filter(|drive| !named.contains(drive)).filter(|drive| below(drive) || inside(drive));
    let mut places: Vec<Place> = drives.map(|root| Place { root: root.clone(), named: false }).collect();
    // What lies directly in a named folder is looked at from there.
    let named = named.iter().filter(|root| !root.parent().is_some_and(|above| named.iter().any(|one| one == above)));
    places.extend(named.map(|root| Place { root: root.clone(), named: true }));
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(list: &[&str]) -> Vec<PathBuf> {
        list.iter().map(PathBuf::from).collect()
    }

    fn found(drives: &[&str], named: &[&str], letters: bool) -> Vec<String> {
        let places = places(&paths(drives), &paths(named), letters);
        places
            .iter()
            .map(|place| format!("{}{}", place.root.display(), if place.named { " (named)" } else { "" }))
            .collect()
    }

    #[test]
    fn con_imp_5_sticks_are_looked_for_where_systems_mount_them_and_where_the_settings_say() {
        let drives =
            ["/", "/boot", "/media/anne/KEY", "/mnt", "/mnt", "/mnt/a", "/mntx", "/run/media/anne/K 2", "/srv/s/1"];
        let usual = ["/media/anne/KEY", "/mnt", "/mnt/a", "/run/media/anne/K 2"];
        assert_eq!(found(&drives, &[], false), usual);
        let more = found(&drives, &["/srv/s", "/mnt/a"], false);
        let wanted = ["/media/anne/KEY", "/mnt", "/mnt/a (named)", "/run/media/anne/K 2", "/srv/s (named)", "/srv/s/1"];
        assert_eq!(more, wanted);
        assert_eq!(found(&[], &["/srv", "/srv/s"], false), ["/srv (named)"]);
        assert_eq!(found(&["C:\\", "E:\\"], &[], true), ["C:\\", "E:\\"]);
    }
}
