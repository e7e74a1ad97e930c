//! Importing the files of a stick, in portions: what became of a portion is on the disk before its files move to `done`
//! and its results are told on the stick. A stick that is pulled, and a server that dies, leave each file either imported
//! and known, or as it was.

use std::io::{self, ErrorKind, Seek as _};
use std::path::{Path, PathBuf};

use super::look::Held;
use super::{door, leave, look};
use crate::app::sticks::{Trouble, Unwritten, label};
use crate::history::brought::Content;
use crate::history::imports::{ImportOutcome, ImportResult, Why};
use crate::import::files::{Candidate, Skipped, read_open};
use crate::import::{Bounds, Left, Read};
use crate::kit::stick::INVENTORIES;

/// Files of a portion.
const PORTION: usize = 20;
/// So many files in a row that cannot be read mean that the whole stick cannot.
const IN_A_ROW: usize = 10;
/// So many files in a row that cannot be stored mean that none can be now. One alone may be to blame itself.
const UNSTORED: usize = 3;

/// What an import asks of the server.
pub trait Desk {
    /// Imports what was read, and waits until it is on the disk.
    fn import(&self, read: Read) -> ImportResult;
    /// Whether a file was worked on before: whether all of it was taken then.
    fn known(&self, content: &Content) -> Option<bool>;
    /// Writes results down together with what is known from now on; `false` when it cannot.
    fn keep(&self, outcomes: &[ImportOutcome], known: &[(Content, bool)]) -> bool;
    /// So many files are done; these are results that were written down.
    fn told(&self, done: u64, outcomes: &[ImportOutcome]);
    /// Whether the server is about to end.
    fn ending(&self) -> bool;
    /// Now, for `results.txt`.
    fn date(&self) -> String;
}

/// How an import ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Why not all files were taken.
    pub trouble: Option<Trouble>,
    /// Why nothing was written onto the stick.
    pub unwritten: Option<Unwritten>,
    /// Files that cannot be read: not to be tried again as long as the stick is there.
    pub stuck: Vec<PathBuf>,
}

/// Imports files of a kit.
pub fn take(kit: &Path, files: &[Candidate], bounds: &Bounds, desk: &dyn Desk) -> Taken {
    let Some(held) = Held::of(kit) else {
        return Taken { trouble: Some(Trouble::Pulled), ..Taken::default() };
    };
    let mut run = Run {
        kit,
        label: label(kit),
        held,
        bounds,
        desk,
        portion: Portion::default(),
        doubtful: Vec::new(),
        dead: 0,
        unstored: 0,
        later: false,
        taken: Taken::default(),
    };
    for (at, file) in files.iter().enumerate() {
        if desk.ending() || run.taken.trouble.is_some() {
            break;
        }
        if !run.held.is_there() {
            run.pulled();
            break;
        }
        run.one(file);
        if run.portion.size >= PORTION {
            run.close(at as u64 + 1);
        }
    }
    run.settle_doubts();
    run.close(files.len() as u64);
    run.taken.trouble = run.taken.trouble.or(run.later.then_some(Trouble::NoRoom));
    run.taken
}

struct Run<'a> {
    kit: &'a Path,
    label: String,
    held: Held,
    bounds: &'a Bounds,
    desk: &'a dyn Desk,
    portion: Portion,
    /// Files that could not be read: perhaps because the stick is gone.
    doubtful: Vec<ImportOutcome>,
    /// Files in a row for which the stick did not answer.
    dead: usize,
    /// Files in a row that could not be stored.
    unstored: usize,
    /// Some could not: they stay new.
    later: bool,
    taken: Taken,
}

/// What is not written down yet.
#[derive(Default)]
struct Portion {
    size: usize,
    outcomes: Vec<ImportOutcome>,
    known: Vec<(Content, bool)>,
    /// Files that belong into `done`.
    done: Vec<Candidate>,
}

/// Whether something is only refused for now.
fn is_for_later(result: &ImportResult) -> bool {
    matches!(result, ImportResult::Refused(reason) if reason.why == Why::Unavailable)
}

impl Run<'_> {
    /// The name for people: the stick's, and the file's inside of `inventories`.
    fn name(&self, file: &Path) -> String {
        let short = file.strip_prefix(self.kit.join(INVENTORIES)).unwrap_or(file);
        let parts = short.iter().map(|part| part.to_string_lossy().into_owned());
        format!("{}/{}", self.label, parts.collect::<Vec<_>>().join("/"))
    }

    fn one(&mut self, file: &Candidate) {
        self.portion.size += 1;
        let path = self.held.file(&file.path);
        let read = door::open(&self.held.root, &path).and_then(|mut opened| {
            let content = look::content(&mut opened, &|| self.desk.ending())?;
            opened.rewind()?;
            Ok((opened, content))
        });
        let (opened, content) = match read {
            Ok(read) => read,
            Err(_) if self.desk.ending() => return,
            Err(error) => return self.unreadable(file, error),
        };
        let twin = self.portion.known.iter().find(|(known, _)| *known == content).map(|(_, taken)| *taken);
        if let Some(taken) = twin.or_else(|| self.desk.known(&content)) {
            self.portion.done.extend(taken.then(|| Candidate { path, ..file.clone() }));
            return;
        }
        let (mut outcomes, mut unreadable, mut no_room) = (Vec::new(), None, false);
        let whole = read_open(
            opened,
            self.name(&file.path),
            file.made,
            self.bounds,
            &mut Left::from(self.bounds),
            &mut |read| {
                let (name, result) = match read {
                    Ok(read) => (read.name.clone(), self.desk.import(read)),
                    Err((name, why)) => {
                        let reason = why.reason();
                        if let Skipped::Unreadable(why) = why {
                            unreadable = Some(why);
                        }
                        (name, ImportResult::Refused(reason))
                    }
                };
                no_room |= is_for_later(&result);
                outcomes.push(ImportOutcome { name, result });
                !no_room && !self.desk.ending()
            },
        );
        if let Some(error) = unreadable {
            return self.unreadable(file, error);
        }
        self.settle_doubts();
        self.dead = 0;
        let taken = outcomes.iter().all(|outcome| outcome.result.is_success());
        // What is tried again is told when it came to something; an archive weighs as much as it holds.
        outcomes.retain(|outcome| !is_for_later(&outcome.result));
        self.portion.size += outcomes.len().saturating_sub(1);
        self.portion.outcomes.extend(outcomes);
        if no_room {
            self.later = true;
            self.unstored += 1;
            if self.unstored >= UNSTORED {
                self.taken.trouble = Some(Trouble::NoRoom);
            }
            return;
        }
        self.unstored = 0;
        if whole {
            self.portion.known.push((content, taken));
            self.portion.done.extend(taken.then(|| Candidate { path, ..file.clone() }));
        }
    }

    fn unreadable(&mut self, file: &Candidate, error: io::Error) {
        // A stick that says no, answers.
        let answers = [ErrorKind::PermissionDenied, ErrorKind::InvalidData, ErrorKind::NotFound];
        self.dead = if answers.contains(&error.kind()) { 0 } else { self.dead + 1 };
        let result = ImportResult::Refused(Skipped::Unreadable(error).reason());
        self.doubtful.push(ImportOutcome { name: self.name(&file.path), result });
        self.taken.stuck.push(file.path.clone());
        if self.dead >= IN_A_ROW || !self.held.is_there() {
            self.pulled();
        }
    }

    fn pulled(&mut self) {
        self.doubtful.clear();
        self.taken.trouble = Some(Trouble::Pulled);
    }

    /// The stick is there: what could not be read is told of.
    fn settle_doubts(&mut self) {
        if self.doubtful.is_empty() {
            return;
        }
        if self.held.is_there() {
            self.portion.outcomes.append(&mut self.doubtful);
        } else {
            self.pulled();
        }
    }

    /// Ends a portion, after so many files in all.
    fn close(&mut self, done: u64) {
        let portion = std::mem::take(&mut self.portion);
        if !portion.outcomes.is_empty() || !portion.known.is_empty() {
            if !self.desk.keep(&portion.outcomes, &portion.known) {
                self.taken.trouble = Some(Trouble::NoRoom);
                return;
            }
            self.desk.told(done, &portion.outcomes);
        }
        if portion.done.is_empty() && portion.outcomes.is_empty() {
            return;
        }
        if !self.held.is_there() {
            return self.pulled();
        }
        let mut unwritten = None;
        for file in &portion.done {
            unwritten = leave::put_away(&self.held.root, file).err().or(unwritten);
        }
        if !portion.done.is_empty() && unwritten.is_none() {
            leave::settle(&self.held.root);
        }
        if !portion.outcomes.is_empty() {
            let lines = leave::lines(&self.desk.date(), &self.label, portion.outcomes.iter());
            unwritten = leave::tell(&self.held.root, &lines).err().or(unwritten);
        }
        self.taken.unwritten = unwritten.or(self.taken.unwritten);
    }
}
