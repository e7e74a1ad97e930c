//! What an import leaves on a stick: its files in `inventories/done`, and a line about each in `results.txt`.
//!
//! Nothing that is there is replaced but `results.txt` itself, and no link is written through. A stick that cannot be
//! written stays as it is.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::door;
use crate::app::sticks::Unwritten;
use crate::history::imports::{ImportOutcome, ImportResult};
use crate::i18n::{self, Lang};
use crate::import::files::{Candidate, candidate};
use crate::import::folder::DONE;
use crate::kit::stick::INVENTORIES;

/// Where results are told on the stick.
pub const RESULTS: &str = "results.txt";
/// The same while it is written.
const UNFINISHED: &str = "results.tmp";
/// A file of results that grew beyond this loses its beginning, down to half of it.
const LARGEST: u64 = 1 << 20;

/// Moves a file of a kit into `inventories/done`. One that changed since it was found is another, which comes later.
///
/// # Errors
/// It stays where it is.
pub fn put_away(kit: &Path, file: &Candidate) -> Result<(), Unwritten> {
    let now = file.path.symlink_metadata().map(|data| candidate(file.path.clone(), &data));
    if now.is_ok_and(|now| now != *file) {
        return Ok(());
    }
    match door::put(kit, &file.path, &kit.join(INVENTORIES).join(DONE)) {
        // Somebody else took it away.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        moved => moved.map_err(|error| why(&error)),
    }
}

/// Makes moved files stay moved when the stick is pulled; where this cannot be done the content is known all the same.
pub fn settle(kit: &Path) {
    let top = kit.join(INVENTORIES);
    for folder in [top.join(DONE), top] {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

fn why(error: &io::Error) -> Unwritten {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory | ErrorKind::InvalidData => {
            Unwritten::InTheWay
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Unwritten::Full,
        _ => Unwritten::ReadOnly,
    }
}

/// A line of `results.txt` in both languages, because nobody knows who will read it. `name` is that of the file.
pub fn line(at: &str, name: &str, result: &ImportResult) -> String {
    let said = Lang::ALL.map(|lang| said(lang, result));
    plain(&format!("{at}  {name}: {}", said.join(" / ")))
}

fn said(lang: Lang, result: &ImportResult) -> String {
    let (key, what) = match result {
        ImportResult::New { name, .. } => ("imports.new", name.clone()),
        ImportResult::Updated { name, .. } => ("imports.updated", name.clone()),
        ImportResult::Unchanged { name, .. } => ("imports.unchanged", name.clone()),
        ImportResult::Merged { name, .. } => ("imports.merged", name.clone()),
        ImportResult::Refused(reason) => ("imports.refused", reason.in_words(lang)),
    };
    i18n::fill(lang, "sticks.result-line", &[("outcome", &i18n::text(lang, key)), ("what", &what)])
}

/// A text of one line: what would end it, or turn it around, is replaced.
fn plain(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if odd(c) { '\u{FFFD}' } else { c }).collect()
}

/// The names of files and what became of them, as lines.
pub fn lines<'a>(at: &str, label: &str, outcomes: impl Iterator<Item = &'a ImportOutcome>) -> Vec<String> {
    let short = |name: &'a str| name.strip_prefix(label).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
    outcomes.map(|outcome| line(at, short(&outcome.name), &outcome.result)).collect()
}

/// Adds lines to `results.txt`: the whole file or the one that was there.
///
/// # Errors
/// The file is as it was.
pub fn tell(kit: &Path, lines: &[String]) -> Result<(), Unwritten> {
    let (path, unfinished) = (kit.join(RESULTS), kit.join(UNFINISHED));
    let mut text = match path.symlink_metadata() {
        Ok(data) if data.is_file() => before(kit, &path)?,
        Ok(_) => return Err(Unwritten::InTheWay),
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(why(&error)),
    };
    if text.is_empty() {
        let title = Lang::ALL.map(|lang| i18n::text(lang, "sticks.results-title")).join(" / ");
        text = format!("\u{FEFF}{title}\r\n\r\n");
    }
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    // What a pulled stick left; of a link the link itself goes.
    if unfinished.symlink_metadata().is_ok() {
        fs::remove_file(&unfinished).map_err(|error| why(&error))?;
    }
    let write = || -> io::Result<()> {
        let mut file = File::create_new(&unfinished)?;
        // The service shares nothing by itself; whoever has the stick may read it. Not every kind of drive has modes.
        #[cfg(unix)]
        let _ = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        // A stick is often pulled at once. Where folders cannot be opened the system does it in its own time.
        let _ = File::open(kit).and_then(|folder| folder.sync_all());
        Ok(())
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        why(&error)
    })
}

/// What the file holds, without its beginning when it is large.
fn before(kit: &Path, path: &Path) -> Result<String, Unwritten> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = door::open(kit, path)?;
        let (size, mut bytes) = (file.metadata()?.len(), Vec::new());
        if size > LARGEST {
            file.seek(SeekFrom::Start(size - LARGEST / 2))?;
        }
        file.take(LARGEST).read_to_end(&mut bytes)?;
        if size > LARGEST {
            let cut = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            bytes.drain(..cut);
            bytes.splice(0..0, "\u{FEFF}".bytes());
        }
        Ok(bytes)
    };
    String::from_utf8(read().map_err(|error| why(&error))?).map_err(|_| Unwritten::InTheWay)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ComputerId;

    fn kit() -> tempfile::TempDir {
        let kit = tempfile::tempdir().unwrap();
        fs::create_dir(kit.path().join(INVENTORIES)).unwrap();
        kit
    }

    fn found(kit: &tempfile::TempDir, name: &str, text: &str) -> Candidate {
        let path = kit.path().join(INVENTORIES).join(name);
        fs::write(&path, text).unwrap();
        let data = path.symlink_metadata().unwrap();
        candidate(path, &data)
    }

    fn text(kit: &Path) -> String {
        fs::read_to_string(kit.join(RESULTS)).unwrap()
    }

    #[test]
    fn con_imp_5_results_are_lines_in_both_languages_and_are_added_to() {
        let kit = kit();
        let new = ImportResult::New { id: ComputerId(7), name: "PC-1\r\n\u{202E}x".into() };
        let outcomes = [
            ImportOutcome { name: "my key/a.ocs".into(), result: new },
            ImportOutcome { name: "my key/in/b.ocs".into(), result: ImportResult::Refused("because".into()) },
        ];
        let lines = lines("2026-11-20 12:00", "my key", outcomes.iter());
        let first = "2026-11-20 12:00  a.ocs: New: PC-1\u{FFFD}\u{FFFD}\u{FFFD}x / Nouveau\u{a0}: PC-1\u{FFFD}\u{FFFD}\u{FFFD}x";
        let second = "2026-11-20 12:00  in/b.ocs: Refused: because / Refusé\u{a0}: because";
        assert_eq!(lines, [first, second]);
        tell(kit.path(), &lines[..1]).unwrap();
        tell(kit.path(), &lines[1..]).unwrap();
        let title = "\u{FEFF}Results of the import / Résultats de l’import\r\n\r\n";
        assert_eq!(text(kit.path()), format!("{title}{first}\r\n{second}\r\n"));
        assert!(!kit.path().join(UNFINISHED).exists());
    }

    #[test]
    fn con_imp_5_results_that_grow_lose_their_beginning() {
        let kit = kit();
        let line = "x".repeat(999);
        tell(kit.path(), &vec![line.clone(); 1100]).unwrap();
        tell(kit.path(), &["last".to_owned()]).unwrap();
        let text = text(kit.path());
        assert!(text.len() < 600_000 && text.ends_with(&format!("{line}\r\nlast\r\n")), "{}", text.len());
        assert!(text.starts_with(&format!("\u{FEFF}{line}\r\n")), "a line is not cut in two");
    }

    #[test]
    fn sec_30_what_is_in_the_way_is_left_alone() {
        let kit = kit();
        let path = kit.path().join(RESULTS);
        let lines = ["line".to_owned()];
        fs::create_dir(&path).unwrap();
        assert_eq!(tell(kit.path(), &lines), Err(Unwritten::InTheWay));
        fs::remove_dir(&path).unwrap();
        fs::write(&path, b"\xff\xfer\0").unwrap();
        assert_eq!(tell(kit.path(), &lines), Err(Unwritten::InTheWay));
        assert_eq!(fs::read(&path).unwrap(), b"\xff\xfer\0");
        fs::remove_file(&path).unwrap();
        fs::create_dir(kit.path().join(UNFINISHED)).unwrap();
        assert!(tell(kit.path(), &lines).is_err() && !path.exists());
        let file = found(&kit, "a.ocs", "a");
        fs::write(kit.path().join(INVENTORIES).join(DONE), "a file").unwrap();
        assert_eq!(put_away(kit.path(), &file), Err(Unwritten::InTheWay));
        assert!(file.path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn sec_30_no_link_is_written_through() {
        use std::os::unix::fs::symlink;
        let (kit, other) = (kit(), tempfile::tempdir().unwrap());
        let victim = other.path().join("victim");
        fs::write(&victim, "as it was").unwrap();
        let lines = ["line".to_owned()];
        symlink(&victim, kit.path().join(RESULTS)).unwrap();
        assert_eq!(tell(kit.path(), &lines), Err(Unwritten::InTheWay));
        fs::remove_file(kit.path().join(RESULTS)).unwrap();
        symlink(&victim, kit.path().join(UNFINISHED)).unwrap();
        assert_eq!(tell(kit.path(), &lines), Ok(()));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
        let file = found(&kit, "a.ocs", "a");
        symlink(other.path(), kit.path().join(INVENTORIES).join(DONE)).unwrap();
        assert_eq!(put_away(kit.path(), &file), Err(Unwritten::InTheWay));
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    }

    #[test]
    fn con_imp_5_a_stick_that_is_full_is_not_told_as_one_that_cannot_be_written() {
        assert_eq!(why(&ErrorKind::StorageFull.into()), Unwritten::Full);
        assert_eq!(why(&ErrorKind::ReadOnlyFilesystem.into()), Unwritten::ReadOnly);
        assert_eq!(why(&ErrorKind::InvalidData.into()), Unwritten::InTheWay);
    }

    #[test]
    fn con_imp_5_a_file_that_was_written_anew_since_it_was_found_is_not_put_away() {
        let kit = kit();
        let file = found(&kit, "a.ocs", "a");
        fs::write(&file.path, "another inventory").unwrap();
        assert_eq!(put_away(kit.path(), &file), Ok(()));
        assert!(file.path.exists());
    }

    #[test]
    fn con_imp_5_what_is_put_away_replaces_nothing() {
        let kit = kit();
        for text in ["one", "two"] {
            let file = found(&kit, "é à.ocs", text);
            put_away(kit.path(), &file).unwrap();
            settle(kit.path());
        }
        let done = kit.path().join(INVENTORIES).join(DONE);
        let read = |name: &str| fs::read_to_string(done.join(name)).unwrap();
        assert_eq!((read("é à.ocs").as_str(), read("é à-1.ocs").as_str()), ("one", "two"));
    }
}
