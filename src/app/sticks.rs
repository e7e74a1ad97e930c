//! USB sticks with our kit that are plugged in, in memory: what every page tells about them and what was asked for
//! there (CON-IMP-5). Who looks at the sticks is `import::stick`; nothing here touches one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Timestamp;
use crate::history::imports::{ImportOutcome, PastImport};

/// Results of a stick that are kept.
const RESULTS: usize = 200;
/// Sticks that are gone and whose results are kept.
const GONE: usize = 5;
/// Sticks that are known at the same time.
const MOST: usize = 64;

/// The sticks.
#[derive(Debug, Default)]
pub struct Sticks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    all: Vec<Stick>,
    /// Numbers that were given.
    given: u32,
    mute: BTreeMap<PathBuf, Mute>,
}

/// A folder with our kit on a drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stick {
    /// Its number, for forms: a stick that is plugged in again gets another one.
    pub number: u32,
    /// The folder of the kit.
    pub place: PathBuf,
    /// Since when it is seen.
    pub since: Timestamp,
    /// What is on it.
    pub seen: Seen,
    /// What is being done with it.
    pub work: Work,
    /// The latest results, the newest last.
    pub results: Vec<PastImport>,
    /// Why the last import did not come to its end.
    pub trouble: Option<Trouble>,
    /// Why its files stay where they are and no results are written onto it.
    pub unwritten: Option<Unwritten>,
    /// Since when it is not seen any more.
    pub gone: Option<Timestamp>,
}

/// What was seen on a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Files that were not imported yet.
    pub new: u64,
    /// Files that are known by their content and were taken.
    pub known: u64,
    /// Files that are known by their content and were refused, at least in parts.
    pub refused: u64,
    /// Files and folders that cannot be read.
    pub unreadable: u64,
    /// Files that may still be copied: they count once they look the same twice.
    pub unsettled: u64,
    /// There are more files than are looked at in one go.
    pub more: bool,
    /// The certificate on it is not one of ours.
    pub foreign: bool,
}

/// What is being done with a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    Nothing,
    /// Somebody asked for its import.
    Wanted,
    /// It is being imported.
    Import {
        /// Files that are done.
        done: u64,
        /// Files in all.
        of: u64,
    },
}

/// Why an import did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The stick is gone, or answers no more.
    Pulled,
    /// The server cannot store anything now.
    NoRoom,
    /// A fault in the program.
    Fault,
}

/// Why nothing is written onto a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// It cannot be written.
    ReadOnly,
    /// There is no room on it.
    Full,
    /// Something of the name `results.txt` or `done` is there that is not ours.
    InTheWay,
}

/// Why a drive cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mute {
    /// The account of this program may not.
    Denied,
    /// It does not answer.
    Silent,
}

impl Stick {
    /// Its name for people: the folder's.
    pub fn label(&self) -> String {
        label(&self.place)
    }

    /// Whether it is told of: there are new files, or these are being imported.
    pub fn is_announced(&self) -> bool {
        self.gone.is_none() && (self.seen.new > 0 || self.work != Work::Nothing)
    }
}

/// The last part of a path; of a bare drive the drive.
pub fn label(place: &Path) -> String {
    place.file_name().map_or_else(|| place.display().to_string(), |name| name.to_string_lossy().into_owned())
}

impl Sticks {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every stick: those that are there by their numbers, then those that are gone.
    pub fn all(&self) -> Vec<Stick> {
        let mut all = self.lock().all.clone();
        all.sort_by_key(|stick| (stick.gone.is_some(), stick.number));
        all
    }

    /// Those that every page tells of, without their results.
    pub fn announced(&self) -> Vec<Stick> {
        let state = self.lock();
        let told = state.all.iter().filter(|stick| stick.is_announced());
        told.map(|stick| Stick { results: Vec::new(), place: stick.place.clone(), ..*stick }).collect()
    }

    /// Drives that cannot be looked at.
    pub fn mute(&self) -> Vec<(PathBuf, Mute)> {
        self.lock().mute.iter().map(|(place, mute)| (place.clone(), *mute)).collect()
    }

    /// Notes whether a drive can be looked at.
    pub fn note_mute(&self, place: &Path, mute: Option<Mute>) {
        let mut state = self.lock();
        match mute {
            Some(mute) if state.mute.len() < MOST => drop(state.mute.insert(place.to_owned(), mute)),
            Some(_) => {}
            None => drop(state.mute.remove(place)),
        }
    }

    /// Notes what is on a stick: its number, and whether it was not there before. Beyond the bound nothing is noted.
    pub fn saw(&self, place: &Path, seen: Seen, now: Timestamp) -> Option<(u32, bool)> {
        let mut state = self.lock();
        let mut here = state.all.iter_mut().filter(|stick| stick.gone.is_none());
        if let Some(stick) = here.find(|stick| stick.place == place) {
            stick.seen = seen;
            return Some((stick.number, false));
        }
        if state.all.iter().filter(|stick| stick.gone.is_none()).count() >= MOST {
            return None;
        }
        state.given += 1;
        let number = state.given;
        state.all.push(Stick {
            number,
            place: place.to_owned(),
            since: now,
            seen,
            work: Work::Nothing,
            results: Vec::new(),
            trouble: None,
            unwritten: None,
            gone: None,
        });
        Some((number, true))
    }

    /// Notes that sticks are gone. Of those with results the latest are kept for a while.
    pub fn lost(&self, is_gone: impl Fn(&Path) -> bool, now: Timestamp) {
        let mut state = self.lock();
        for stick in state.all.iter_mut().filter(|stick| stick.gone.is_none() && is_gone(&stick.place)) {
            stick.gone = Some(now);
            if stick.work == Work::Wanted {
                stick.work = Work::Nothing;
            }
        }
        state.mute.retain(|place, _| !is_gone(place));
        let kept = |stick: &Stick| {
            let at_work = matches!(stick.work, Work::Import { .. });
            stick.gone.is_none() || at_work || stick.trouble.is_some() || !stick.results.is_empty()
        };
        state.all.retain(kept);
        let mut gone: Vec<u32> = state.all.iter().filter(|stick| stick.gone.is_some()).map(|one| one.number).collect();
        gone.sort_unstable();
        let forgotten = &gone[..gone.len().saturating_sub(GONE)];
        state.all.retain(|stick| !forgotten.contains(&stick.number));
    }

    /// Asks for the import of a stick: as it is now. `None` when it is gone, has nothing new or is being imported.
    pub fn want(&self, number: u32) -> Option<Stick> {
        let mut state = self.lock();
        let stick = state.all.iter_mut().find(|stick| stick.number == number && stick.gone.is_none())?;
        if stick.seen.new == 0 || stick.work != Work::Nothing {
            return None;
        }
        stick.work = Work::Wanted;
        Some(stick.clone())
    }

    /// Whether the import of a stick is asked for.
    pub fn is_wanted(&self, number: u32) -> bool {
        self.lock().all.iter().any(|stick| stick.number == number && stick.work == Work::Wanted)
    }

    /// Whether a stick below this root is being imported: its files may be large.
    pub fn is_at_work(&self, root: &Path) -> bool {
        let work = |stick: &Stick| stick.place.starts_with(root) && matches!(stick.work, Work::Import { .. });
        self.lock().all.iter().any(work)
    }

    /// Notes how far the import of a stick is, and what came of it.
    pub fn work(&self, number: u32, work: Work, results: &[ImportOutcome], now: Timestamp) {
        self.of(number, |stick| {
            stick.work = work;
            let new = results.iter().map(|outcome| PastImport { at: now, outcome: outcome.clone() });
            stick.results.extend(new);
            let old = stick.results.len().saturating_sub(RESULTS);
            stick.results.drain(..old);
        });
    }

    /// Notes how an import ended, and what is on the stick now.
    pub fn ended(&self, number: u32, seen: Seen, trouble: Option<Trouble>, unwritten: Option<Unwritten>) {
        self.of(number, |stick| {
            stick.seen = seen;
            stick.work = Work::Nothing;
            stick.trouble = trouble;
            stick.unwritten = unwritten;
        });
    }

    fn of(&self, number: u32, change: impl FnOnce(&mut Stick)) {
        if let Some(stick) = self.lock().all.iter_mut().find(|stick| stick.number == number) {
            change(stick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::imports::ImportResult;

    const NOW: Timestamp = Timestamp(1000);

    fn outcome(name: &str) -> ImportOutcome {
        ImportOutcome { name: name.to_owned(), result: ImportResult::Refused("because".into()) }
    }

    fn with(new: u64) -> Seen {
        Seen { new, ..Seen::default() }
    }

    #[test]
    fn con_imp_5_a_stick_is_told_of_while_it_has_new_files_and_imported_once_when_asked_for() {
        let sticks = Sticks::default();
        let place = Path::new("/media/anne/MY KEY");
        assert_eq!(sticks.saw(place, with(0), NOW), Some((1, true)));
        assert!(sticks.announced().is_empty() && sticks.want(1).is_none());
        assert_eq!(sticks.saw(place, with(3), NOW), Some((1, false)));
        assert_eq!(sticks.announced()[0].label(), "MY KEY");
        assert_eq!((sticks.want(2), sticks.is_wanted(1)), (None, false));
        assert_eq!(sticks.want(1).unwrap().seen.new, 3);
        assert!(sticks.is_wanted(1) && sticks.want(1).is_none(), "once");
        sticks.work(1, Work::Import { done: 3, of: 3 }, &[outcome("a"), outcome("b")], NOW);
        sticks.ended(1, with(0), None, Some(Unwritten::ReadOnly));
        assert!(sticks.announced().is_empty());
        let stick = sticks.all().remove(0);
        assert_eq!((stick.results.len(), stick.unwritten, stick.work), (2, Some(Unwritten::ReadOnly), Work::Nothing));
    }

    #[test]
    fn con_imp_5_a_stick_that_is_pulled_keeps_its_results_and_comes_back_as_another() {
        let sticks = Sticks::default();
        let place = Path::new("/mnt/a");
        sticks.saw(place, with(9), NOW);
        sticks.want(1);
        sticks.work(1, Work::Import { done: 2, of: 9 }, &[outcome("a")], NOW);
        sticks.lost(|path| path == place, Timestamp(2000));
        assert!(sticks.announced().is_empty() && sticks.want(1).is_none());
        sticks.ended(1, with(0), Some(Trouble::Pulled), None);
        assert_eq!(sticks.saw(place, with(7), Timestamp(3000)), Some((2, true)));
        let all = sticks.all();
        assert_eq!(all.iter().map(|stick| stick.number).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(
            (all[1].gone, all[1].trouble, all[1].results.len()),
            (Some(Timestamp(2000)), Some(Trouble::Pulled), 1)
        );
        // One from which nothing came is forgotten, and so are many.
        sticks.lost(|_| true, Timestamp(4000));
        assert_eq!(sticks.all().len(), 1);
        for number in 3..20 {
            sticks.saw(place, with(1), NOW);
            sticks.work(number, Work::Nothing, &vec![outcome("x"); 300], NOW);
            sticks.lost(|_| true, NOW);
        }
        let all = sticks.all();
        assert_eq!((all.len(), all[4].number, all[4].results.len()), (GONE, 19, RESULTS));
    }

    #[test]
    fn sec_30_however_many_sticks_there_are_a_bounded_number_is_kept() {
        let sticks = Sticks::default();
        for number in 0..200 {
            let place = PathBuf::from(format!("/mnt/{number}"));
            sticks.saw(&place, with(1), NOW);
            sticks.note_mute(&place, Some(Mute::Denied));
        }
        assert_eq!((sticks.all().len(), sticks.mute().len()), (MOST, MOST));
        sticks.note_mute(Path::new("/mnt/3"), None);
        sticks.lost(|path| path == Path::new("/mnt/5"), NOW);
        assert_eq!((sticks.all().len(), sticks.mute().len()), (MOST - 1, MOST - 2));
    }
}
