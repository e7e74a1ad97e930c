//! The set-up code: who can read the data folder may make the first administrator, or a new password.
//!
//! 128 random bits, shown in groups of four letters and digits that are not mistaken for each other, good for
//! a day. It is in memory and in a file of the data folder (`run/setup-code.txt`) that only the account of the
//! server may read; the installer shows it from there. There is no other way in: no default account, no
//! default password.
//!
//! Source: SEC-50, SEC-59, CON-SET-1.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::net::is_loopback;

use super::attempts::{Addresses, Answer};
use super::secrets::{random, same};
use super::{Account, Error};

/// Name of the file in the folder that is handed in.
pub const FILE: &str = "setup-code.txt";
/// How long a code is good for, in seconds.
pub const GOOD_FOR: i64 = Timestamp::DAY;

/// Tries of one address at once, and afterwards one in so long.
const TRIES: u32 = 5;
const TRY_EVERY: Duration = Duration::from_secs(6);

/// Digits and letters without I, L, O and U, which are taken for others (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters that hold 128 bits.
const LENGTH: usize = 26;

/// A code without its groups.
#[derive(Clone, PartialEq, Eq)]
struct Code(String);

impl Code {
    fn new() -> Result<Code, Error> {
        let bits = u128::from_be_bytes(random()?);
        let letter = |n: usize| char::from(LETTERS[(bits >> (5 * n) & 31) as usize]);
        Ok(Code((0..LENGTH).rev().map(letter).collect()))
    }

    /// What a person types: in either case, with any blanks and dashes, O for 0, I and L for 1.
    fn read(typed: &str) -> Option<Code> {
        let letters = typed.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(LENGTH + 1);
        let text: String = letters
            .map(|letter| match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        (text.len() == LENGTH).then_some(Code(text))
    }

    fn shown(&self) -> String {
        let groups: Vec<String> =
            self.0.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into()).collect();
        groups.join("-")
    }
}

/// What a code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Making the first administrator.
    FirstAdministrator,
    /// Setting a new password for this account, which becomes an administrator if it is none.
    LostPassword(Account),
}

#[derive(Clone)]
struct Current {
    code: Code,
    purpose: Purpose,
    made: Timestamp,
    /// The same on the monotonic clock: a clock that is set back prolongs nothing.
    since: Duration,
}

impl Current {
    fn is_good(&self, now: Timestamp, elapsed: Duration) -> bool {
        let age = now.since(self.made);
        (-GOOD_FOR..GOOD_FOR).contains(&age) && elapsed.saturating_sub(self.since).as_secs() < GOOD_FOR as u64
    }

    fn text(&self) -> String {
        let purpose = match &self.purpose {
            Purpose::FirstAdministrator => "first administrator".to_owned(),
            Purpose::LostPassword(account) => format!("new password of {account}"),
        };
        format!("{}\nfor: {purpose}\nmade: {}\n", self.code.shown(), date(self.made))
    }

    fn parse(text: &str, since: Duration) -> Option<Current> {
        let mut lines = text.lines();
        let code = Code::read(lines.next()?)?;
        let purpose = match lines.next()?.strip_prefix("for: ")? {
            "first administrator" => Purpose::FirstAdministrator,
            other => Purpose::LostPassword(other.strip_prefix("new password of ")?.parse().ok()?),
        };
        let made = jiff::Timestamp::from_str(lines.next()?.strip_prefix("made: ")?).ok()?;
        Some(Current { code, purpose, made: Timestamp(made.as_second()), since })
    }
}

fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// What a try with a code comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Go on, for this purpose.
    Open(Purpose),
    /// It is not the code, or the code is older than a day.
    Wrong,
    /// Too many wrong ones from this address: 429.
    Wait {
        /// Seconds until the next try.
        seconds: u64,
    },
    /// There is nothing to set up: 404.
    Closed,
}

/// The set-up code, if there is one. One for the whole program.
pub struct Setup {
    folder: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    current: Option<Current>,
    tries: Addresses,
}

impl Setup {
    /// At start. Without an administrator there is a code: the one of the file when it is still good, so that
    /// a restart does not turn away who has read it, else a new one. With one there is only what
    /// [`lost_password`] left.
    ///
    /// # Errors
    /// [`Error::CodeFile`], [`Error::Random`].
    pub fn start(folder: &Path, administrator: bool, now: Timestamp, elapsed: Duration) -> Result<Setup, Error> {
        let setup = Setup { folder: folder.to_owned(), inner: Mutex::default() };
        let fits = |found: &Current| {
            found.is_good(now, elapsed) && administrator == matches!(found.purpose, Purpose::LostPassword(_))
        };
        match read(folder)?.and_then(|text| Current::parse(&text, elapsed)).filter(fits) {
            Some(found) => setup.lock().current = Some(found),
            None if administrator => remove(folder)?,
            None => drop(setup.renew(Purpose::FirstAdministrator, now, elapsed)?),
        }
        Ok(setup)
    }

    /// The code as it is shown, and what it is for; `None` when there is none that is good.
    pub fn code(&self, now: Timestamp, elapsed: Duration) -> Option<(String, Purpose)> {
        let inner = self.lock();
        let current = inner.current.as_ref().filter(|current| current.is_good(now, elapsed))?;
        Some((current.code.shown(), current.purpose.clone()))
    }

    /// Makes a new code, which replaces the one before: after a day, or asked for by the local command. Answers
    /// it as it is shown.
    ///
    /// # Errors
    /// [`Error::CodeFile`], [`Error::Random`]; the code before stays then.
    pub fn renew(&self, purpose: Purpose, now: Timestamp, elapsed: Duration) -> Result<String, Error> {
        let current = Current { code: Code::new()?, purpose, made: now, since: elapsed };
        let mut inner = self.lock();
        write(&self.folder, &current.text())?;
        let shown = current.code.shown();
        inner.current = Some(current);
        Ok(shown)
    }

    /// For a job: a new code when the first administrator is still missing and the code is too old, to be shown
    /// again; forgets one for a lost password that is too old.
    ///
    /// # Errors
    /// As [`Setup::renew`].
    pub fn refresh(&self, now: Timestamp, elapsed: Duration) -> Result<Option<String>, Error> {
        let old = self.lock().current.clone().filter(|current| !current.is_good(now, elapsed));
        match old.map(|old| old.purpose) {
            None => Ok(None),
            Some(Purpose::FirstAdministrator) => self.renew(Purpose::FirstAdministrator, now, elapsed).map(Some),
            Some(Purpose::LostPassword(_)) => self.finish().map(|()| None),
        }
    }

    /// Somebody opens the set-up. From the machine itself the first administrator needs no code; a lost
    /// password needs it from everywhere. Only wrong tries count against an address.
    pub fn check(&self, address: IpAddr, typed: Option<&str>, now: Timestamp, elapsed: Duration) -> Entry {
        let mut inner = self.lock();
        let Some(current) = inner.current.clone() else { return Entry::Closed };
        if current.purpose == Purpose::FirstAdministrator && is_loopback(address) {
            return Entry::Open(current.purpose);
        }
        let Some(typed) = typed else { return Entry::Wrong };
        let tried = inner.tries.attempt(address, TRIES, TRY_EVERY, elapsed);
        if let (Answer::Wait { seconds }, false) = (tried, is_loopback(address)) {
            return Entry::Wait { seconds };
        }
        let right = Code::read(typed).is_some_and(|typed| same(typed.0.as_bytes(), current.code.0.as_bytes()));
        if !right || !current.is_good(now, elapsed) {
            return Entry::Wrong;
        }
        if tried == Answer::Allowed {
            inner.tries.give_back(address, TRY_EVERY);
        }
        Entry::Open(current.purpose)
    }

    /// The code did its work: it is gone, and its file too.
    ///
    /// # Errors
    /// [`Error::CodeFile`] when the file cannot be removed; the code is not good any more all the same.
    pub fn finish(&self) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.current = None;
        remove(&self.folder)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For the local command when no server runs: leaves a code for a lost password, which the next start takes
/// up, and answers it as it is shown. With a running server it is [`Setup::renew`] through its local door.
///
/// # Errors
/// [`Error::CodeFile`], [`Error::Random`].
pub fn lost_password(folder: &Path, account: Account, now: Timestamp) -> Result<String, Error> {
    let purpose = Purpose::LostPassword(account);
    let current = Current { code: Code::new()?, purpose, made: now, since: Duration::ZERO };
    write(folder, &current.text())?;
    Ok(current.code.shown())
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::CodeFile { path: path.to_owned(), source }
}

/// The text of the file; `None` when it is not there or is longer than what is written here.
fn read(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().filter(|text| text.len() < 1024)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path)(error)),
    }
}

fn write(folder: &Path, text: &str) -> Result<(), Error> {
    let path = folder.join(FILE);
    let unfinished = folder.join("setup-code.new");
    write_steps(folder, &unfinished, &path, text).map_err(failed(&path))
}

fn write_steps(folder: &Path, unfinished: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)?;
    // Removed first, so that the mode below is the file's from its first moment on.
    gone(fs::remove_file(unfinished))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    drop(file);
    fs::rename(unfinished, path)
}

fn remove(folder: &Path) -> Result<(), Error> {
    let path = folder.join(FILE);
    gone(fs::remove_file(&path)).map_err(failed(&path))
}

fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
