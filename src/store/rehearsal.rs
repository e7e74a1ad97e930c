//! Opening a suspect file as if (REL-6): what the engine would write is kept in memory until all went well.
//!
//! The engine writes while it opens a file that was not closed, even one that it then gives up. A damaged file is worth
//! more as it was found. What was kept is made true by doing it all again, in order and with the same flushes, so a
//! crash in the middle is one that the engine knows.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

use super::{discard_unfinished, lock};

/// What was asked of the file.
#[derive(Debug)]
enum Step {
    Write(u64, Vec<u8>),
    Length(u64),
    Flush,
}

#[derive(Debug)]
struct Played {
    file: File,
    steps: Vec<Step>,
    length: u64,
    /// So much of the file itself still counts.
    kept: u64,
}

/// A file on which nothing is written before [`Rehearsal::perform`].
#[derive(Debug, Clone)]
pub struct Rehearsal(Arc<Mutex<Played>>);

impl Rehearsal {
    /// Opens the file; it is locked as the engine locks it. `None` when another program holds it.
    ///
    /// A file that was never finished and holds nothing is emptied first, as at any opening.
    pub fn open(path: &Path) -> std::io::Result<Option<Rehearsal>> {
        discard_unfinished(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
            Err(std::fs::TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => return Err(error),
            Err(std::fs::TryLockError::Error(_)) | Ok(()) => {}
        }
        let length = file.metadata()?.len();
        Ok(Some(Rehearsal(Arc::new(Mutex::new(Played { file, steps: Vec::new(), length, kept: length })))))
    }

    /// Does what was played.
    pub fn perform(&self) -> std::io::Result<()> {
        let mut played = lock(&self.0);
        let Played { file, steps, .. } = &mut *played;
        for step in steps.drain(..) {
            match step {
                Step::Write(at, bytes) => {
                    file.seek(SeekFrom::Start(at))?;
                    file.write_all(&bytes)?;
                }
                Step::Length(length) => file.set_len(length)?,
                Step::Flush => file.sync_data()?,
            }
        }
        file.sync_data()
    }
}

impl StorageBackend for Rehearsal {
    fn len(&self) -> Result<u64, Error> {
        Ok(lock(&self.0).length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let mut played = lock(&self.0);
        let end = offset.checked_add(out.len() as u64).filter(|end| *end <= played.length);
        let end = end.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?;
        out.fill(0);
        let there = usize::try_from(played.kept.min(end).saturating_sub(offset)).unwrap_or(usize::MAX);
        if let Some(part) = out.get_mut(..there) {
            played.file.seek(SeekFrom::Start(offset))?;
            played.file.read_exact(part)?;
        }
        for step in &played.steps {
            if let Step::Write(at, bytes) = step {
                lay_over(out, offset, *at, bytes);
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut played = lock(&self.0);
        played.kept = played.kept.min(length);
        played.length = length;
        // What was written behind the new end does not come back when the file grows again.
        let cut: Vec<Step> = played.steps.drain(..).map(|step| shortened(step, length)).collect();
        played.steps = cut;
        played.steps.push(Step::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        lock(&self.0).steps.push(Step::Flush);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        lock(&self.0).steps.push(Step::Write(offset, data.to_vec()));
        Ok(())
    }
}

fn shortened(step: Step, length: u64) -> Step {
    match step {
        Step::Write(at, mut bytes) => {
            bytes.truncate(usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX));
            Step::Write(at, bytes)
        }
        other => other,
    }
}

/// Copies what was written at `at` to where it overlaps with `out`, which begins at `offset`.
fn lay_over(out: &mut [u8], offset: u64, at: u64, bytes: &[u8]) {
    let from = at.max(offset);
    let to = (at + bytes.len() as u64).min(offset + out.len() as u64);
    let Some(count) = to.checked_sub(from).and_then(|count| usize::try_from(count).ok()) else { return };
    let part = |start: u64| usize::try_from(start).ok();
    let (Some(target), Some(source)) = (part(from - offset), part(from - at)) else { return };
    if let (Some(target), Some(source)) = (out.get_mut(target..target + count), bytes.get(source..source + count)) {
        target.copy_from_slice(source);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Played or done at once: the same is read, and in the end the same is there.
        #[test]
        fn a_rehearsal_reads_and_ends_like_the_file_itself(
            begin in proptest::collection::vec(any::<u8>(), 0..60),
            steps in proptest::collection::vec((any::<bool>(), 0_u64..80, 1_usize..20, any::<u8>()), 0..20),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            // The first byte is not zero: it is no file that was never finished.
            let mut plain: Vec<u8> = std::iter::once(1).chain(begin).collect();
            std::fs::write(&path, &plain).unwrap();
            let before = plain.clone();
            let played = Rehearsal::open(&path).unwrap().unwrap();
            for (is_length, at, count, byte) in steps {
                let end = at as usize + count;
                if is_length {
                    plain.resize(at as usize, 0);
                    played.set_len(at).unwrap();
                } else if end <= plain.len() {
                    plain[at as usize..end].fill(byte);
                    played.write(at, &vec![byte; count]).unwrap();
                }
                let mut read = vec![9; plain.len()];
                played.read(0, &mut read).unwrap();
                prop_assert_eq!(&read, &plain);
                prop_assert_eq!(played.len().unwrap(), plain.len() as u64);
                if let Some(middle) = plain.get(plain.len() / 3..plain.len() / 2) {
                    let mut read = vec![9; middle.len()];
                    played.read(plain.len() as u64 / 3, &mut read).unwrap();
                    prop_assert_eq!(&read, middle);
                }
            }
            prop_assert!(played.read(plain.len() as u64, &mut [0]).is_err());
            prop_assert_eq!(std::fs::read(&path).unwrap(), before);
            played.perform().unwrap();
            prop_assert_eq!(std::fs::read(&path).unwrap(), plain);
        }
    }

    #[test]
    fn a_file_that_is_held_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "something").unwrap();
        let first = Rehearsal::open(&path).unwrap();
        assert!(first.is_some() && Rehearsal::open(&path).unwrap().is_none());
    }
}
