//! Fetching one package: fragment by fragment, from where the last attempt ended.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::Failure;
use crate::deployment::files::Files;
use crate::deployment::package::{Package, PackageId};
use crate::proof::client::{self, Ask, Line};

/// How often a fragment is asked for again while the line breaks and something came each time.
const TRIES: usize = 5;

/// Bytes of a package that are not gathered yet.
pub fn needed(files: &Files, package: &Package) -> u64 {
    let gathered = files.gathering();
    let left = |number| {
        let there = length(&gathered.fragment(package.id, number));
        package.fragment_length(number).unwrap_or_default().saturating_sub(there)
    };
    (1..=package.fragments()).map(left).sum()
}

/// Fetches what is missing of a package, and takes it over when its digest is right. Its record is the caller's work.
///
/// # Errors
/// [`Failure`]. What came is kept for the next attempt, unless it is wrong or the disk is full.
pub async fn package(line: &mut Line, files: &Files, package: &Package) -> Result<(), Failure> {
    let (id, gathered) = (package.id, files.gathering());
    let disk = |error: io::Error| {
        // What is half there would keep the disk full.
        let _ = gathered.remove(id);
        Failure::Disk(id, error)
    };
    gathered.begin(id).map_err(disk)?;
    for number in 1..=package.fragments() {
        let length = package.fragment_length(number).unwrap_or_default();
        let path = gathered.fragment(id, number);
        match fragment(line, &path, id, number, length).await {
            Err(Failure::Disk(_, error)) => return Err(disk(error)),
            other => other?,
        }
    }
    if gathered.verify(package).is_err() {
        let _ = gathered.remove(id);
        return Err(Failure::Digest(id));
    }
    files.adopt(package).map_err(disk)
}

/// Bytes of a file; 0 when it is not there.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

async fn fragment(line: &mut Line, path: &Path, id: PackageId, number: u32, whole: u64) -> Result<(), Failure> {
    let disk = |error| Failure::Disk(id, error);
    if length(path) > whole {
        fs::remove_file(path).map_err(disk)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(disk)?;
    let mut tries = 0;
    loop {
        let there = length(path);
        if there == whole {
            return file.sync_all().map_err(disk);
        }
        match rest(line, &mut file, id, number, (there, whole)).await {
            Ok(()) => {}
            Err(Failure::Line(client::Failure::Cut | client::Failure::Silent(_)))
                if length(path) > there && tries < TRIES =>
            {
                tries += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Asks for what is missing of a fragment, and writes what comes.
async fn rest(
    line: &mut Line,
    file: &mut File,
    id: PackageId,
    number: u32,
    (there, whole): (u64, u64),
) -> Result<(), Failure> {
    let path = format!("/download/{id}/{id}-{number}");
    let mut answer = line.get(Ask { path: &path, from: there, bearer: None }).await.map_err(Failure::Line)?;
    let disk = |error| Failure::Disk(id, error);
    let mut at = match (answer.status, answer.from) {
        (206, Some(from)) if from == there => there,
        // It does not know how to send a part.
        (200, _) => {
            file.set_len(0).map_err(disk)?;
            0
        }
        (status, _) => return Err(Failure::Missing(id, status)),
    };
    while let Some(piece) = answer.piece().await.map_err(Failure::Line)? {
        at += piece.len() as u64;
        if at > whole {
            return Err(Failure::Digest(id));
        }
        file.write_all(piece).map_err(disk)?;
    }
    // Shorter than the list says, and nothing more comes: asking again would not end.
    if at < whole { Err(Failure::Digest(id)) } else { Ok(()) }
}
