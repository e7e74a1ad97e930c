//! The files read back for people: which there are, and their last lines.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::Level;

use super::file::HIGHEST;

/// Most bytes of one file that are looked through, from its end.
const LOOKED_THROUGH: u64 = 4 << 20;
/// Most files that are looked through.
const FILES: usize = 4;

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name within the folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written to.
    pub changed: Option<SystemTime>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its time as it stands there; empty for a line without one.
    pub at: String,
    /// Its level; `None` for a line without one.
    pub level: Option<Level>,
    /// The rest.
    pub text: String,
}

impl Line {
    /// Reads a line as it is written by this program. Any other becomes a line without time and level.
    pub fn read(line: &str) -> Line {
        const NO_TIME: &str = "(no time)";
        const STAMP: usize = "2026-11-20 14:05:09+01:00".len();
        let stamp = if line.starts_with(NO_TIME) { NO_TIME.len() } else { STAMP };
        let parts = line.split_at_checked(stamp).and_then(|(at, rest)| {
            let (level, text) = rest.trim_start().split_once(' ')?;
            let level = level.parse::<Level>().ok().filter(|_| level.chars().all(|char| char.is_ascii_uppercase()))?;
            Some(Line { at: at.to_owned(), level: Some(level), text: text.to_owned() })
        });
        parts.unwrap_or_else(|| Line { at: String::new(), level: None, text: line.to_owned() })
    }
}

/// The files that there are, the current one first.
pub fn kept(folder: &Path) -> Vec<Kept> {
    let names = (0..=HIGHEST).map(name);
    let file = |name: String| {
        let about = fs::metadata(folder.join(&name)).ok().filter(fs::Metadata::is_file)?;
        Some(Kept { name, size: about.len(), changed: about.modified().ok() })
    };
    names.filter_map(file).collect()
}

/// The place of a file of the log; `None` for any other name.
pub fn place(folder: &Path, asked: &str) -> Option<PathBuf> {
    (0..=HIGHEST).map(name).find(|name| name == asked).map(|name| folder.join(name))
}

fn name(number: u32) -> String {
    if number == 0 { "rollcall.log".to_owned() } else { format!("rollcall.log.{number}") }
}

/// The last lines that are `wanted`, the newest first, `most` at most. Only the newest files and the ends of long ones
/// are looked through.
///
/// # Errors
/// A file that is there cannot be read.
pub fn last(folder: &Path, most: usize, wanted: &dyn Fn(&Line) -> bool) -> io::Result<Vec<Line>> {
    let mut found = Vec::new();
    for kept in kept(folder).into_iter().take(FILES) {
        for line in end(&folder.join(&kept.name))?.lines().rev().map(Line::read).filter(wanted) {
            if found.len() >= most {
                return Ok(found);
            }
            found.push(line);
        }
    }
    Ok(found)
}

/// The end of a file, without the line that is cut.
fn end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(LOOKED_THROUGH);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOOKED_THROUGH).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match text.split_once('\n') {
        Some((_, whole)) if from > 0 => whole.to_owned(),
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = Line::read("2026-11-20 14:05:09+01:00  WARN the disk is nearly full free=12");
        assert_eq!(
            (line.at.as_str(), line.level, line.text.as_str()),
            ("2026-11-20 14:05:09+01:00", Some(Level::WARN), "the disk is nearly full free=12")
        );
        assert_eq!(Line::read("(no time) ERROR x").level, Some(Level::ERROR));
        for other in ["", "thread main panicked", "2026-11-20 14:05:09+01:00", "é".repeat(30).as_str()] {
            assert_eq!(Line::read(other), Line { at: String::new(), level: None, text: other.to_owned() });
        }
    }

    #[test]
    fn con_aud_2_the_last_lines_come_first_and_go_on_in_the_older_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(last(folder.path(), 9, &|_| true).unwrap().is_empty());
        let line = |level: &str, text: &str| format!("2026-11-20 14:05:09+01:00 {level:>5} {text}\n");
        fs::write(folder.path().join("rollcall.log.1"), line("ERROR", "first") + &line("INFO", "second")).unwrap();
        fs::write(folder.path().join("rollcall.log"), line("INFO", "third") + &line("WARN", "fourth")).unwrap();
        fs::write(folder.path().join("other.txt"), "secret").unwrap();
        let texts = |most, wanted: &dyn Fn(&Line) -> bool| {
            let lines = last(folder.path(), most, wanted).unwrap();
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(3, &|_| true), "fourth third second");
        assert_eq!(texts(9, &|line| line.level <= Some(Level::WARN)), "fourth first");
        let names: Vec<_> = kept(folder.path()).into_iter().map(|kept| kept.name).collect();
        assert_eq!(names, ["rollcall.log", "rollcall.log.1"]);
        assert!(place(folder.path(), "rollcall.log.1").is_some());
        for bad in ["", "other.txt", "../store.redb", "rollcall.log.", "rollcall.log.0", "rollcall.log.01"] {
            assert!(place(folder.path(), bad).is_none(), "{bad}");
        }
    }
}
