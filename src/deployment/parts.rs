//! Several files that a browser sent as one, one after the other: which they are, and each by itself.
//!
//! So there is one upload, which goes on where it stopped, however many files there are. What the form says about the
//! files is a list of names and lengths; it is taken only where the lengths together are the length of what came.
//! Source: console page, CON-DEP-6.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Take};
use std::path::Path;

use serde::Deserialize;

use super::archive::SizedRead;

/// A file among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name at the sender, as it was said.
    pub name: String,
    /// Where it begins.
    pub from: u64,
    /// Bytes.
    pub size: u64,
}

/// What a form says does not describe what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadParts {
    /// It is no list of names and lengths, or their sum is another one.
    Other,
    /// There are more files than there may be.
    TooMany,
}

#[derive(Deserialize)]
struct Said {
    name: String,
    size: u64,
}

/// Reads what a form says about files that came as one of `length` bytes: `[{"name":"a","size":1}]`.
///
/// # Errors
/// [`BadParts`]
pub fn read(text: &str, length: u64, most: usize) -> Result<Vec<Part>, BadParts> {
    let said: Vec<Said> = serde_json::from_str(text).map_err(|_| BadParts::Other)?;
    if said.len() > most {
        return Err(BadParts::TooMany);
    }
    let mut at: u64 = 0;
    let mut parts = Vec::with_capacity(said.len());
    for Said { name, size } in said {
        let from = at;
        at = at.checked_add(size).filter(|end| *end <= length).ok_or(BadParts::Other)?;
        parts.push(Part { name, from, size });
    }
    if at == length && !parts.is_empty() { Ok(parts) } else { Err(BadParts::Other) }
}

/// One of the files, read from where it begins to its end.
pub struct Section {
    file: Take<File>,
    size: u64,
}

impl Section {
    /// Opens the file that holds it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path, part: &Part) -> io::Result<Section> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(part.from))?;
        Ok(Section { file: file.take(part.size), size: part.size })
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl SizedRead for Section {
    fn length(&self) -> io::Result<u64> {
        Ok(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_6_files_that_came_as_one_are_told_apart_by_what_the_form_says() {
        let read = |text: &str| read(text, 10, 3);
        let part = |name: &str, from, size| Part { name: name.to_owned(), from, size };
        assert_eq!(
            read(r#"[{"name":"a","size":3},{"name":"b","size":0},{"name":"\u00e9","size":7}]"#),
            Ok(vec![part("a", 0, 3), part("b", 3, 0), part("é", 3, 7)])
        );
        let four = r#"[{"name":"a","size":10},{"name":"b","size":0},{"name":"c","size":0},{"name":"d","size":0}]"#;
        assert_eq!(read(four), Err(BadParts::TooMany));
        for wrong in [
            "",
            "[]",
            "{}",
            "[{}]",
            r#"[{"name":"a","size":9}]"#,
            r#"[{"name":"a","size":11}]"#,
            r#"[{"name":"a","size":-1},{"name":"b","size":11}]"#,
            r#"[{"name":"a","size":18446744073709551615},{"name":"b","size":11}]"#,
            r#"[{"name":"a","size":10.0}]"#,
            r#"[{"name":7,"size":10}]"#,
        ] {
            assert_eq!(read(wrong), Err(BadParts::Other), "{wrong}");
        }
    }

    #[test]
    fn con_dep_6_each_of_them_is_read_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whole");
        std::fs::write(&path, b"0123456789").unwrap();
        for (from, size, held) in [(0, 3, "012"), (3, 0, ""), (3, 7, "3456789")] {
            let mut section = Section::open(&path, &Part { name: String::new(), from, size }).unwrap();
            let mut text = String::new();
            section.read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), section.length().unwrap()), (held, size));
        }
    }
}
