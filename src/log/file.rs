//! The log file: closed at its size, a few older ones kept, and no harm when it cannot be written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

/// After a failure the file is not tried again before this has passed.
const PAUSE: Duration = Duration::from_secs(5);
/// Older files with higher numbers than are kept any more are looked for up to this one.
pub(super) const HIGHEST: u32 = 100;

/// Writes lines to `rollcall.log`; full ones become `rollcall.log.1`, `.2` and so on.
#[derive(Debug)]
pub(super) struct Rotating {
    folder: PathBuf,
    size: u64,
    number: u32,
    file: Option<File>,
    /// Bytes in the current file.
    written: u64,
    /// Time since the start before which nothing is tried again.
    pause_until: Duration,
    lost: u64,
}

impl Rotating {
    /// Nothing is opened before the first line. `number` counts the current file; 0 is taken for 1.
    pub(super) fn new(folder: PathBuf, size: u64, number: u32) -> Rotating {
        let number = number.clamp(1, HIGHEST);
        Rotating { folder, size, number, file: None, written: 0, pause_until: Duration::ZERO, lost: 0 }
    }

    /// Lines that could not be written since the last one that could.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Writes `stamp line`, or counts it as lost. `now` is the time since the start.
    pub(super) fn write(&mut self, stamp: &str, line: &str, now: Duration) {
        if self.try_write(stamp, line, now).is_err() {
            self.lost = self.lost.saturating_add(1);
            if self.pause_until <= now {
                self.pause_until = now + PAUSE;
            }
            // The disk may be full or the folder gone: begin anew.
            self.file = None;
        }
    }

    fn try_write(&mut self, stamp: &str, line: &str, now: Duration) -> io::Result<()> {
        if self.file.is_none() {
            if now < self.pause_until {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.open()?;
        }
        let mut text = String::with_capacity(stamp.len() + line.len() + 2);
        if self.lost > 0 {
            text.push_str(&format!("{stamp}  WARN {} lines before this one could not be written here\n", self.lost));
        }
        text.push_str(&format!("{stamp} {line}\n"));
        if self.written > 0 && self.written + text.len() as u64 > self.size {
            self.rotate(now)?;
        }
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(text.as_bytes())?;
        self.written += text.len() as u64;
        self.lost = 0;
        Ok(())
    }

    fn path(&self, number: u32) -> PathBuf {
        let name = if number == 0 { "rollcall.log".to_owned() } else { format!("rollcall.log.{number}") };
        self.folder.join(name)
    }

    fn open(&mut self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            builder.mode(0o700);
            options.mode(0o600);
        }
        builder.create(&self.folder)?;
        let mut file = options.open(self.path(0))?;
        self.written = file.metadata()?.len();
        // A line that was cut by a full disk or a crash must not swallow the next one.
        if self.written > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                self.written += 1;
            }
        }
        self.file = Some(file);
        Ok(())
    }

    /// Begins a new file. Where the old one cannot be renamed (somebody holds it open on Windows) it grows on for a
    /// while; at twice its size it is emptied, since a full disk is worse than a lost log.
    fn rotate(&mut self, now: Duration) -> io::Result<()> {
        if now < self.pause_until && self.written < self.size.saturating_mul(2) {
            return Ok(());
        }
        self.file = None;
        // The current file first: when it cannot be moved, the older ones stay where they are.
        let moved = self.folder.join("rollcall.log.0");
        if fs::rename(self.path(0), &moved).is_ok() {
            let oldest = self.number - 1;
            for number in oldest.max(1)..=HIGHEST {
                let _ = fs::remove_file(self.path(number));
            }
            for number in (1..oldest).rev() {
                let _ = fs::rename(self.path(number), self.path(number + 1));
            }
            let _ = if oldest == 0 { fs::remove_file(&moved) } else { fs::rename(&moved, self.path(1)) };
        } else {
            self.pause_until = now + PAUSE;
        }
        self.open()?;
        if self.written >= self.size.saturating_mul(2) {
            if let Some(file) = &self.file {
                file.set_len(0)?;
            }
            self.written = 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn read(folder: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(folder.path().join(name)).unwrap()
    }

    #[test]
    fn sec_07_files_stay_small_and_few() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::new(folder.path().into(), 1000, 3);
        for line in 0..500 {
            log.write("now", &format!("line {line:04}"), NOW);
        }
        assert_eq!(names(&folder), ["rollcall.log", "rollcall.log.1", "rollcall.log.2"]);
        let all: String = ["rollcall.log.2", "rollcall.log.1", "rollcall.log"].map(|name| read(&folder, name)).concat();
        let lines: Vec<&str> = all.lines().collect();
        assert_eq!(lines.last(), Some(&"now line 0499"));
        assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "in order and whole");
        for name in names(&folder) {
            assert!(read(&folder, &name).len() <= 1000);
        }
        // Fewer are wanted after a restart.
        drop(log);
        let mut log = Rotating::new(folder.path().into(), 1000, 1);
        for _ in 0..100 {
            log.write("now", "again and again", NOW);
        }
        assert_eq!(names(&folder), ["rollcall.log"]);
        assert_eq!(log.lost(), 0);
    }

    #[test]
    fn a_restart_appends_after_a_cut_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("rollcall.log"), "then the last words before").unwrap();
        Rotating::new(folder.path().into(), 1000, 3).write("now", "up again", NOW);
        assert_eq!(read(&folder, "rollcall.log"), "then the last words before\nnow up again\n");
    }

    #[test]
    fn sec_07_a_log_that_cannot_be_written_is_counted_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("log");
        fs::write(&inner, "a file where the folder should be").unwrap();
        let mut log = Rotating::new(inner.clone(), 1000, 3);
        log.write("now", "one", NOW);
        fs::remove_file(&inner).unwrap();
        log.write("now", "two", NOW + Duration::from_secs(4));
        assert_eq!(log.lost(), 2);
        log.write("now", "three", NOW + PAUSE);
        assert_eq!(log.lost(), 0);
        let text = fs::read_to_string(inner.join("rollcall.log")).unwrap();
        assert_eq!(text, "now  WARN 2 lines before this one could not be written here\nnow three\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn sec_07_a_full_disk_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join("rollcall.log")).unwrap();
        let mut log = Rotating::new(folder.path().into(), 1000, 3);
        for second in 0..60 {
            log.write("now", "no room", NOW + Duration::from_secs(second));
        }
        assert_eq!(log.lost(), 60);
        fs::remove_file(folder.path().join("rollcall.log")).unwrap();
        log.write("now", "room again", NOW + Duration::from_secs(70));
        assert!(read(&folder, "rollcall.log").ends_with("now room again\n"));
    }

    /// A folder of the name in question keeps the current file from being moved, as an open file does on Windows.
    #[test]
    fn a_file_that_cannot_be_moved_stays_bounded_and_costs_no_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("rollcall.log.0");
        fs::create_dir(&blocked).unwrap();
        fs::write(folder.path().join("rollcall.log.1"), "older").unwrap();
        let mut log = Rotating::new(folder.path().into(), 1000, 3);
        for second in 0..200 {
            log.write("now", "on and on and on and on", NOW + Duration::from_secs(second));
            assert!(fs::metadata(folder.path().join("rollcall.log")).unwrap().len() <= 2100);
        }
        assert_eq!((read(&folder, "rollcall.log.1").as_str(), log.lost()), ("older", 0));
        fs::remove_dir(&blocked).unwrap();
        for second in 300..400 {
            log.write("now", "on and on and on and on", NOW + Duration::from_secs(second));
        }
        assert_eq!(names(&folder), ["rollcall.log", "rollcall.log.1", "rollcall.log.2"]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_log() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Rotating::new(folder.path().join("log"), 1000, 3).write("now", "words", NOW);
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("log"), mode("log/rollcall.log")), (0o700, 0o600));
    }
}
