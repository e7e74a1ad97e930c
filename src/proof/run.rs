//! The steps of a proof, one after the other.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::client::{Ask, Client, Failure, Line, Origin, Stage};
use super::information::{LONGEST, judge};
use super::{BadFragment, Findings, Outcome, Status, Step, Trouble};
use crate::deployment::archive::list;
use crate::deployment::files::{Files, Hash};
use crate::deployment::package::{Action, Algorithm, Package, Protocol, launched};
use crate::deployment::place::Place;
use crate::deployment::whole::Whole;

/// Bad fragments after which the others are not looked at.
pub const MOST_BAD: u32 = 10;
/// Bytes of a file on this server that are read at once.
const PIECE: usize = 256 << 10;

/// What is tried out.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The package.
    pub package: Arc<Package>,
    /// Where its information file is to be; fetched over HTTPS.
    pub info: Place,
    /// Where its fragments are to be; fetched by the package's protocol.
    pub fragments: Place,
}

/// How far a proof is.
#[derive(Debug, Default)]
pub struct Progress {
    step: AtomicUsize,
    done: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// The step that is tried now.
    pub fn step(&self) -> Step {
        Step::ALL.get(self.step.load(Ordering::Relaxed)).copied().unwrap_or(Step::Own)
    }

    /// Bytes that were looked at, of this server's files and of those that were fetched: twice the archive at the end.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Ends the proof at the next piece.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Somebody ended it.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn at(&self, step: Step) {
        let place = Step::ALL.iter().position(|known| *known == step).unwrap_or_default();
        self.step.store(place, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Tries everything. Reads files on its own thread: not to be run where requests are answered.
pub async fn run(trial: &Trial, client: &Client, files: &Files, progress: &Progress) -> Findings {
    let mut findings = Findings::default();
    progress.at(Step::Own);
    let own = own(trial, files, progress);
    let whole = own == Outcome::Good;
    findings.note(Step::Own, own);
    information(trial, client, progress, &mut findings).await;
    if trial.package.archive.is_none() {
        for step in [Step::FragmentsReached, Step::Fragments, Step::Digest, Step::Archive] {
            findings.note(step, Outcome::NotNeeded);
        }
        return findings;
    }
    let all = fragments(trial, client, whole.then_some(files), progress, &mut findings).await;
    progress.at(Step::Archive);
    // What came is what lies here, byte for byte, so that can be listed.
    findings.note(Step::Archive, if all && whole { archive(&trial.package, files) } else { Outcome::NotTried });
    findings
}

/// Tries what servers with the same package have in common: the files here, the information file, what the archive
/// holds.
pub async fn common(trial: &Trial, client: &Client, files: &Files, progress: &Progress) -> Findings {
    let mut findings = Findings::default();
    let own = own(trial, files, progress);
    let listed = match own {
        Outcome::NotNeeded => Outcome::NotNeeded,
        Outcome::Good => archive(&trial.package, files),
        _ => Outcome::NotTried,
    };
    findings.note(Step::Own, own);
    information(trial, client, progress, &mut findings).await;
    findings.note(Step::Archive, listed);
    findings
}

/// Tries what one of these servers has: the fragments. `own` are the files here, where they are as they were built.
pub async fn alone(trial: &Trial, client: &Client, own: Option<&Files>, progress: &Progress) -> Findings {
    let mut findings = Findings::default();
    if trial.package.archive.is_none() {
        findings.note(Step::Fragments, Outcome::NotNeeded);
    } else {
        fragments(trial, client, own, progress, &mut findings).await;
    }
    findings
}

fn own(trial: &Trial, files: &Files, progress: &Progress) -> Outcome {
    let Some(archive) = &trial.package.archive else { return Outcome::NotNeeded };
    let (mut whole, mut hash, mut piece) = (files.archive(&trial.package), Hash::default(), vec![0; PIECE]);
    loop {
        if progress.is_stopped() {
            return Outcome::NotTried;
        }
        match whole.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                hash.take(piece.get(..read).unwrap_or_default());
                progress.add(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Outcome::Bad(Trouble::Own(error.to_string())),
        }
    }
    let found = hash.done();
    if found.sha256 == archive.sha256 { Outcome::Good } else { Outcome::Bad(Trouble::Own(String::new())) }
}

async fn information(trial: &Trial, client: &Client, progress: &Progress, findings: &mut Findings) {
    progress.at(Step::Reached);
    let place = &trial.info;
    let origin = Origin { secure: true, host: place.host.clone(), port: place.port(Protocol::Https) };
    let mut line = client.line(origin);
    if progress.is_stopped() {
        for step in [Step::Reached, Step::Certificate, Step::Info] {
            findings.note(step, Outcome::NotTried);
        }
        return;
    }
    if let Err(failure) = line.connect().await {
        let shaken = matches!(failure, Failure::Certificate(_) | Failure::Tls(_) | Failure::Silent(Stage::Handshake));
        let bad = Outcome::Bad(Trouble::Line(failure));
        let (reached, certificate) = if shaken { (Outcome::Good, bad) } else { (bad, Outcome::NotTried) };
        findings.note(Step::Reached, reached);
        findings.note(Step::Certificate, certificate);
        findings.note(Step::Info, Outcome::NotTried);
        return;
    }
    findings.note(Step::Reached, Outcome::Good);
    findings.note(Step::Certificate, Outcome::Good);
    progress.at(Step::Info);
    let path = format!("/{}/{}/info", place.folder, trial.package.id);
    let outcome = match fetched(&mut line, &path).await {
        Ok(text) => judge(&trial.package, &text).map_or_else(Outcome::Bad, |()| Outcome::Good),
        Err(trouble) => Outcome::Bad(trouble),
    };
    findings.note(Step::Info, outcome);
}

async fn fetched(line: &mut Line, path: &str) -> Result<Vec<u8>, Trouble> {
    let answer = line.get(Ask { path, ..Ask::default() }).await.map_err(Trouble::Line)?;
    if answer.status != 200 {
        return Err(Trouble::Status(Status { status: answer.status, location: answer.location }));
    }
    match answer.whole(LONGEST).await {
        // Whatever it is: no information file is so long.
        Err(Failure::TooLong(_)) => Err(Trouble::NoInfo),
        other => other.map_err(Trouble::Line),
    }
}

/// Fetches every fragment; whether all together are the archive.
async fn fragments(
    trial: &Trial,
    client: &Client,
    own: Option<&Files>,
    progress: &Progress,
    findings: &mut Findings,
) -> bool {
    progress.at(Step::FragmentsReached);
    let (place, package) = (&trial.fragments, &trial.package);
    let origin = Origin {
        secure: package.protocol == Protocol::Https,
        host: place.host.clone(),
        port: place.port(package.protocol),
    };
    let mut line = client.line(origin);
    let reached = if progress.is_stopped() { Some(Outcome::NotTried) } else { None };
    let reached = match reached {
        Some(outcome) => outcome,
        None => line.connect().await.map_or_else(|failure| Outcome::Bad(Trouble::Line(failure)), |()| Outcome::Good),
    };
    let good = reached == Outcome::Good;
    findings.note(Step::FragmentsReached, reached);
    if !good {
        findings.note(Step::Fragments, Outcome::NotTried);
        findings.note(Step::Digest, Outcome::NotTried);
        return false;
    }
    progress.at(Step::Fragments);
    let mut own = own.map(|files| files.archive(package));
    let (mut hash, mut first, mut bad) = (Hash::default(), None, 0);
    for number in 1..=package.fragments() {
        if progress.is_stopped() {
            break;
        }
        let path = format!("/{}/{}/{}-{number}", place.folder, package.id, package.id);
        let wanted = Wanted { number, path, length: package.fragment_length(number).unwrap_or_default() };
        let looked = fragment(&mut line, package, &wanted, &mut hash, own.as_mut(), progress).await;
        if let Err(how) = looked {
            bad += 1;
            first.get_or_insert((number, how));
            if bad >= MOST_BAD {
                break;
            }
        }
    }
    if progress.is_stopped() {
        findings.note(Step::Fragments, Outcome::NotTried);
        findings.note(Step::Digest, Outcome::NotTried);
        return false;
    }
    let Some((number, how)) = first else {
        findings.note(Step::Fragments, Outcome::Good);
        progress.at(Step::Digest);
        let good = is_archive(package, hash);
        findings.note(Step::Digest, if good { Outcome::Good } else { Outcome::Bad(Trouble::Digest) });
        return good;
    };
    findings.note(Step::Fragments, Outcome::Bad(Trouble::Fragments { first: number, how, bad }));
    findings.note(Step::Digest, Outcome::NotTried);
    false
}

struct Wanted {
    number: u32,
    path: String,
    length: u64,
}

/// Fetches a fragment and holds it against the one on this server, where that is known to be right.
async fn fragment(
    line: &mut Line,
    package: &Package,
    wanted: &Wanted,
    hash: &mut Hash,
    mut own: Option<&mut Whole>,
    progress: &Progress,
) -> Result<(), BadFragment> {
    if let (Some(whole), Some(archive)) = (own.as_mut(), &package.archive) {
        let from = archive.fragment.saturating_mul(u64::from(wanted.number - 1));
        if whole.seek(SeekFrom::Start(from)).is_err() {
            own = None;
        }
    }
    let mut answer = line.get(Ask { path: &wanted.path, ..Ask::default() }).await.map_err(BadFragment::Line)?;
    if answer.status != 200 {
        return Err(BadFragment::Status(Status { status: answer.status, location: answer.location.take() }));
    }
    let length = |found| BadFragment::Length { wanted: wanted.length, found };
    if let Some(other) = answer.length.filter(|found| *found != wanted.length) {
        return Err(length(other));
    }
    let (mut found, mut same, mut beside) = (0, true, Vec::new());
    while let Some(piece) = answer.piece().await.map_err(BadFragment::Line)? {
        // A fragment may be large and come slowly; what is said of it counts for nothing.
        if progress.is_stopped() {
            return Err(BadFragment::Other);
        }
        found += piece.len() as u64;
        if found > wanted.length {
            return Err(length(found));
        }
        hash.take(piece);
        progress.add(piece.len());
        if let Some(whole) = own.as_mut() {
            beside.resize(piece.len(), 0);
            // One that cannot be read by now proves nothing; the digest does.
            same &= whole.read_exact(&mut beside).map_or(true, |()| beside == piece);
        }
    }
    if found != wanted.length {
        return Err(length(found));
    }
    if same { Ok(()) } else { Err(BadFragment::Other) }
}

/// As agents judge, and as our record does.
fn is_archive(package: &Package, hash: Hash) -> bool {
    let found = hash.done();
    package.archive.as_ref().is_some_and(|archive| {
        let digest = match archive.algorithm {
            Algorithm::Md5 => &found.md5,
            Algorithm::Sha256 => &found.sha256,
        };
        *digest == archive.digest && found.sha256 == archive.sha256
    })
}

fn archive(package: &Package, files: &Files) -> Outcome {
    match list(files.archive(package), package.system) {
        Err(refused) => Outcome::Bad(Trouble::Archive(refused)),
        Ok(listing) => {
            let file = launched(&package.argument);
            let there = package.action != Action::Launch || listing.has(file, package.system);
            if there { Outcome::Good } else { Outcome::Bad(Trouble::NotThere(file.to_owned())) }
        }
    }
}

#[cfg(test)]
mod tests;
