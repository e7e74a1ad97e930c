//! The fragments of a package as one file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::files::Files;
use super::package::Package;

/// Reads the fragments one after the other.
pub struct Whole {
    files: Files,
    package: Box<Package>,
    /// The next byte.
    at: u64,
    /// The fragment that holds it, positioned there.
    open: Option<(u32, File)>,
}

impl Whole {
    /// From the beginning.
    pub(super) fn new(files: &Files, package: &Package) -> Whole {
        Whole { files: files.clone(), package: Box::new(package.clone()), at: 0, open: None }
    }

    /// The fragment that holds the next byte, and where it stands in it.
    fn place(&self) -> Option<(u32, u64)> {
        let archive = self.package.archive.as_ref().filter(|archive| self.at < archive.size)?;
        let number = u32::try_from(self.at / archive.fragment.max(1)).ok()?.min(archive.fragments.saturating_sub(1));
        Some((number + 1, self.at - u64::from(number) * archive.fragment))
    }
}

impl Read for Whole {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some((number, from)) = self.place().filter(|_| !into.is_empty()) else { return Ok(0) };
        let mut file = match self.open.take() {
            Some((open, file)) if open == number => file,
            _ => {
                let mut file = File::open(self.files.fragment(self.package.id, number))?;
                file.seek(SeekFrom::Start(from))?;
                file
            }
        };
        let left = self.package.fragment_length(number).unwrap_or_default().saturating_sub(from);
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = file.read(into.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("fragment {number} is too short")));
        }
        self.at += read as u64;
        self.open = Some((number, file));
        Ok(read)
    }
}

impl Seek for Whole {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.package.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.open = None;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::package::{Action, Algorithm, PackageId, Protocol, System};
    use super::*;
    use crate::clock::Timestamp;
    use crate::deployment::files;

    #[test]
    fn every_place_of_the_whole_is_that_of_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..200_000_u32).map(|at| (at * 31 % 251) as u8).collect();
        let path = folder.path().join("archive");
        fs::write(&path, &content).unwrap();
        let digests = files::digests(File::open(&path).unwrap()).unwrap();
        let package = Package {
            id: PackageId(1_700_000_001),
            name: "Tool".into(),
            description: String::new(),
            system: System::Linux,
            protocol: Protocol::Https,
            priority: 5,
            action: Action::Store,
            argument: "/opt/tool".into(),
            archive: Some(files::archive(&digests, Algorithm::Md5, 65_536)),
            notify: None,
            done: None,
            made: Timestamp(0),
            by: "admin".into(),
        };
        let files = Files::of(folder.path());
        files.write(&package, Some(File::open(&path).unwrap())).unwrap();
        files.publish(package.id).unwrap();
        let mut whole = files.archive(&package);
        let mut read = Vec::new();
        whole.read_to_end(&mut read).unwrap();
        assert!(read == content);
        for from in [0, 1, 65_535, 65_536, 131_072, 199_999] {
            whole.seek(SeekFrom::Start(from)).unwrap();
            let mut some = [0; 2];
            let length = whole.read(&mut some).unwrap();
            assert_eq!(&some[..length], &content[from as usize..][..length], "{from}");
        }
        assert_eq!(whole.seek(SeekFrom::End(-10)).unwrap(), 199_990);
        assert_eq!(whole.seek(SeekFrom::Current(5)).unwrap(), 199_995);
        read.clear();
        whole.read_to_end(&mut read).unwrap();
        assert_eq!(read, content[199_995..]);
        assert!(whole.seek(SeekFrom::End(-200_001)).is_err());
        assert_eq!((whole.seek(SeekFrom::Start(300_000)).unwrap(), whole.read(&mut [0; 9]).unwrap()), (300_000, 0));
        fs::write(files.fragment(package.id, 2), b"short").unwrap();
        whole.seek(SeekFrom::Start(0)).unwrap();
        assert!(whole.read_to_end(&mut read).is_err());
    }
}
