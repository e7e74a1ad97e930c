//! The file of a package on its way from a browser, piece by piece: `download/.uploads/<token>`.
//!
//! How far each has come is known in memory only. After a cut line, or when the page was opened again, it goes on for
//! the same account with the same file: the same name, size and time of last change. After a restart nothing of it is
//! left ([`super::files::Files::mend`]), and the browser begins again; what nobody goes on with expires.
//!
//! Source: console page, CON-DEP-6; REL-8, REL-9.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::files::Files;

/// How long one is kept after its last byte.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Most of one account; the one that waits for longest makes room.
pub const OF_ACCOUNT: usize = 4;
/// Most of all accounts.
pub const IN_ALL: usize = 16;
/// After so long one may be given up for another account, when there are too many.
const GIVEN_UP: Duration = Duration::from_secs(3600);

/// A file as the browser describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its name, for people.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last changed, in milliseconds since 1970; 0 when the browser does not tell.
    pub changed: i64,
}

/// What bounds a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of the disk that stay free.
    pub stays_free: u64,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// By what it is asked for; nobody can guess it.
    pub token: String,
    /// What it is.
    pub file: Described,
    /// Bytes that are here.
    pub at: u64,
}

/// Why a file is not taken, or not further.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is larger than allowed.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// Others are on their way, as many as there may be.
    #[error("too many files are on their way")]
    TooMany,
    /// The disk is full, or would be too full for inventories.
    #[error("there is too little room on the disk")]
    NoRoom,
    /// It is not there: unknown, another account's, expired, given up.
    #[error("it is not there any more")]
    Gone,
    /// It is being written or used.
    #[error("it is in use")]
    InUse,
    /// The next piece begins elsewhere.
    #[error("{0} bytes are here")]
    Elsewhere(u64),
    /// More came than the file has; it is given up.
    #[error("more came than the file has")]
    TooLong,
    /// Not all of it is here.
    #[error("{0} bytes are here, which is not all")]
    Unfinished(u64),
    /// It cannot be written.
    #[error("it cannot be written")]
    Disk(#[from] io::Error),
}

/// Every file that is on its way.
#[derive(Debug)]
pub struct Uploads {
    files: Files,
    all: Mutex<HashMap<String, One>>,
}

#[derive(Debug)]
struct One {
    account: String,
    file: Described,
    at: u64,
    /// On the monotonic clock.
    touched: Duration,
    in_use: bool,
}

impl One {
    fn left(&self) -> u64 {
        self.file.size.saturating_sub(self.at)
    }

    fn progress(&self, token: &str) -> Progress {
        Progress { token: token.to_owned(), file: self.file.clone(), at: self.at }
    }
}

impl Uploads {
    /// None yet.
    pub fn new(files: Files) -> Arc<Uploads> {
        Arc::new(Uploads { files, all: Mutex::default() })
    }

    /// Begins a file, or goes on with it where it stopped.
    ///
    /// # Errors
    /// [`Refused`]: too large, too many, no room.
    pub fn begin(&self, account: &str, file: Described, bounds: Bounds, now: Duration) -> Result<Progress, Refused> {
        if file.size > bounds.file {
            return Err(Refused::TooLarge(bounds.file));
        }
        let folder = self.files.uploads()?;
        let mut all = self.lock();
        if let Some((token, one)) = all.iter_mut().find(|(_, one)| one.account == account && one.file == file) {
            one.touched = now;
            return Ok(one.progress(token));
        }
        let own = all.values().filter(|one| one.account == account).count();
        if own >= OF_ACCOUNT {
            self.make_room(&mut all, |one| one.account == account)?;
        } else if all.len() >= IN_ALL {
            self.make_room(&mut all, |one| now.saturating_sub(one.touched) >= GIVEN_UP)?;
        }
        // What others still bring, and this one twice: its package is written while it is here.
        let coming: u64 = all.values().map(One::left).sum();
        let needed = bounds.stays_free.saturating_add(coming).saturating_add(file.size.saturating_mul(2));
        if fs4::available_space(&folder)? < needed {
            return Err(Refused::NoRoom);
        }
        let token = token()?;
        File::create_new(folder.join(&token))?;
        let one = One { account: account.to_owned(), file, at: 0, touched: now, in_use: false };
        let progress = one.progress(&token);
        all.insert(token, one);
        Ok(progress)
    }

    /// Gives up the one of these that nobody uses and that waits for longest.
    fn make_room(&self, all: &mut HashMap<String, One>, these: impl Fn(&One) -> bool) -> Result<(), Refused> {
        let idle = all.iter().filter(|(_, one)| !one.in_use && these(one));
        let oldest = idle.min_by_key(|(_, one)| one.touched).map(|(token, _)| token.clone());
        let token = oldest.ok_or(Refused::TooMany)?;
        all.remove(&token);
        self.delete(&token);
        Ok(())
    }

    /// How far a file has come.
    ///
    /// # Errors
    /// [`Refused::Gone`]
    pub fn progress(&self, account: &str, token: &str) -> Result<Progress, Refused> {
        let all = self.lock();
        let one = all.get(token).filter(|one| one.account == account).ok_or(Refused::Gone)?;
        Ok(one.progress(token))
    }

    /// The files of an account that are not whole, the one that was last written first.
    pub fn unfinished(&self, account: &str) -> Vec<Progress> {
        let all = self.lock();
        let own = all.iter().filter(|(_, one)| one.account == account && one.left() > 0);
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|(token, one)| (std::cmp::Reverse(one.touched), token.as_str()));
        own.into_iter().map(|(token, one)| one.progress(token)).collect()
    }

    /// Takes the next piece, which begins at `at`. There is one at a time.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn piece(self: &Arc<Uploads>, account: &str, token: &str, at: u64) -> Result<Piece, Refused> {
        let folder = self.files.uploads()?;
        let mut all = self.lock();
        let one = all.get_mut(token).filter(|one| one.account == account).ok_or(Refused::Gone)?;
        if one.in_use {
            return Err(Refused::InUse);
        }
        if one.at != at {
            return Err(Refused::Elsewhere(one.at));
        }
        let mut file = OpenOptions::new().write(true).open(folder.join(token))?;
        file.seek(SeekFrom::Start(at))?;
        one.in_use = true;
        let (left, held) = (one.left(), self.hold(token));
        Ok(Piece { held, file, folder, at, left })
    }

    /// A file that is here to its last byte, for who makes a package of it. It stays until that is said of it, so that
    /// a form can be sent again.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn taken(self: &Arc<Uploads>, account: &str, token: &str) -> Result<Taken, Refused> {
        let path = self.files.uploads()?.join(token);
        let mut all = self.lock();
        let one = all.get_mut(token).filter(|one| one.account == account).ok_or(Refused::Gone)?;
        if one.in_use {
            return Err(Refused::InUse);
        }
        if one.left() > 0 {
            return Err(Refused::Unfinished(one.at));
        }
        one.in_use = true;
        let (name, size) = (one.file.name.clone(), one.file.size);
        Ok(Taken { held: self.hold(token), path, name, size })
    }

    fn hold(self: &Arc<Uploads>, token: &str) -> Held {
        Held { uploads: self.clone(), token: token.to_owned() }
    }

    /// Gives a file up; that it is not there is no error.
    pub fn cancel(&self, account: &str, token: &str) {
        let mut all = self.lock();
        if all.get(token).is_some_and(|one| one.account == account) {
            all.remove(token);
            self.delete(token);
        }
    }

    /// Gives up what nobody went on with; answers how many.
    pub fn expire(&self, now: Duration) -> usize {
        let mut all = self.lock();
        let over = |one: &One| !one.in_use && now.saturating_sub(one.touched) >= KEPT;
        let tokens: Vec<String> = all.iter().filter(|(_, one)| over(one)).map(|(token, _)| token.clone()).collect();
        for token in &tokens {
            all.remove(token);
            self.delete(token);
        }
        tokens.len()
    }

    /// Only with a token that was made here.
    fn delete(&self, token: &str) {
        let removed = self.files.uploads().and_then(|folder| fs::remove_file(folder.join(token)));
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("a file that was sent cannot be removed yet: {error}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, One>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps others from a file. When it was given up meanwhile, what is left of it goes.
#[derive(Debug)]
struct Held {
    uploads: Arc<Uploads>,
    token: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.uploads.lock();
        match all.get_mut(&self.token) {
            Some(one) => one.in_use = false,
            None => self.uploads.delete(&self.token),
        }
    }
}

/// A piece that is being written.
#[derive(Debug)]
pub struct Piece {
    // Closed before it is removed.
    file: File,
    held: Held,
    folder: PathBuf,
    at: u64,
    left: u64,
}

impl Piece {
    /// Bytes that may still come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Writes what came; answers how many bytes are here. Where it fails the file is given up: what is here would only
    /// take room.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn write(&mut self, bytes: &[u8], stays_free: u64, now: Duration) -> Result<u64, Refused> {
        let written = self.append(bytes, stays_free);
        let mut all = self.held.uploads.lock();
        let one = all.get_mut(&self.held.token).ok_or(Refused::Gone)?;
        match written {
            Ok(()) => {
                (one.at, one.touched) = (self.at, now);
                Ok(self.at)
            }
            Err(why) => {
                all.remove(&self.held.token);
                Err(why)
            }
        }
    }

    fn append(&mut self, bytes: &[u8], stays_free: u64) -> Result<(), Refused> {
        let length = bytes.len() as u64;
        if length > self.left {
            return Err(Refused::TooLong);
        }
        if fs4::available_space(&self.folder)? < stays_free.saturating_add(length) {
            return Err(Refused::NoRoom);
        }
        self.file.write_all(bytes)?;
        self.at += length;
        self.left -= length;
        Ok(())
    }
}

/// A whole file that is being used.
#[derive(Debug)]
pub struct Taken {
    held: Held,
    /// Where it is. It may be moved away before [`Taken::used`].
    pub path: PathBuf,
    /// Its name at the sender, for people.
    pub name: String,
    /// Bytes.
    pub size: u64,
}

impl Taken {
    /// It has served: nothing of it is kept.
    pub fn used(self) {
        self.held.uploads.lock().remove(&self.held.token);
    }
}

/// 128 random bits.
fn token() -> io::Result<String> {
    let mut random = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(io::Error::other)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { file: 1000, stays_free: 0 };

    struct Place {
        _folder: tempfile::TempDir,
        uploads: Arc<Uploads>,
        files: Files,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::of(folder.path());
        Place { _folder: folder, uploads: Uploads::new(files.clone()), files }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn file(name: &str, size: u64) -> Described {
        Described { name: name.to_owned(), size, changed: 7 }
    }

    impl Place {
        fn begin(&self, account: &str, name: &str, now: u64) -> Result<Progress, Refused> {
            self.uploads.begin(account, file(name, 10), BOUNDS, at(now))
        }

        fn left(&self) -> usize {
            fs::read_dir(self.files.uploads().unwrap()).unwrap().count()
        }
    }

    #[test]
    fn con_dep_6_a_file_goes_on_where_it_stopped() {
        let place = place();
        let begun = place.begin("anne", "a.exe", 0).unwrap();
        assert_eq!(begun.at, 0);
        let mut piece = place.uploads.piece("anne", &begun.token, 0).unwrap();
        assert_eq!(piece.write(b"0123", 0, at(1)).unwrap(), 4);
        // While it comes, nobody else writes.
        assert!(matches!(place.uploads.piece("anne", &begun.token, 4), Err(Refused::InUse)));
        drop(piece);
        // Another file of the name, another account: another upload.
        assert_ne!(place.begin("marie", "a.exe", 1).unwrap().token, begun.token);
        let other = Described { changed: 8, ..file("a.exe", 10) };
        assert_ne!(place.uploads.begin("anne", other, BOUNDS, at(1)).unwrap().token, begun.token);
        let again = place.begin("anne", "a.exe", 2).unwrap();
        assert_eq!((again.token.as_str(), again.at), (begun.token.as_str(), 4));
        assert_eq!(place.uploads.unfinished("anne").len(), 2);
        assert!(matches!(place.uploads.taken("anne", &begun.token), Err(Refused::Unfinished(4))));
        for wrong in [0, 3, 5, 10, u64::MAX] {
            assert!(matches!(place.uploads.piece("anne", &begun.token, wrong), Err(Refused::Elsewhere(4))));
        }
        let mut piece = place.uploads.piece("anne", &begun.token, 4).unwrap();
        piece.write(b"45", 0, at(3)).unwrap();
        piece.write(b"6789", 0, at(3)).unwrap();
        drop(piece);
        let taken = place.uploads.taken("anne", &begun.token).unwrap();
        assert_eq!(
            (taken.name.as_str(), taken.size, fs::read(&taken.path).unwrap()),
            ("a.exe", 10, b"0123456789".to_vec())
        );
        assert!(matches!(place.uploads.taken("anne", &begun.token), Err(Refused::InUse)));
        drop(taken);
        // A form with a mistake is sent again.
        let taken = place.uploads.taken("anne", &begun.token).unwrap();
        let path = taken.path.clone();
        taken.used();
        assert!(!path.exists());
        assert!(matches!(place.uploads.taken("anne", &begun.token), Err(Refused::Gone)));
    }

    #[test]
    fn sec_33_nobody_reaches_the_file_of_another_account() {
        let place = place();
        let token = place.begin("anne", "a.exe", 0).unwrap().token;
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
        for other in [token.as_str(), "", "..", "../../store.redb", &token[..31], &token.to_uppercase()] {
            assert!(matches!(place.uploads.progress("marie", other), Err(Refused::Gone)));
            assert!(matches!(place.uploads.piece("marie", other, 0), Err(Refused::Gone)));
            assert!(matches!(place.uploads.taken("marie", other), Err(Refused::Gone)));
            place.uploads.cancel("marie", other);
        }
        assert_eq!(place.uploads.progress("anne", &token).unwrap().at, 0);
    }

    #[test]
    fn con_dep_6_more_than_was_said_or_than_fits_is_given_up() {
        let place = place();
        let too_large = place.uploads.begin("anne", file("a", 1001), BOUNDS, at(0));
        assert!(matches!(too_large, Err(Refused::TooLarge(1000))));
        let full = Bounds { stays_free: u64::MAX, ..BOUNDS };
        assert!(matches!(place.uploads.begin("anne", file("a", 10), full, at(0)), Err(Refused::NoRoom)));
        for (bytes, stays_free) in [(11, 0), (5, u64::MAX)] {
            let token = place.begin("anne", "a", 0).unwrap().token;
            let mut piece = place.uploads.piece("anne", &token, 0).unwrap();
            piece.write(b"1", 0, at(0)).unwrap();
            let refused = piece.write(&vec![1; bytes], stays_free, at(0)).unwrap_err();
            assert!(matches!(refused, Refused::TooLong | Refused::NoRoom));
            assert!(matches!(piece.write(b"1", 0, at(0)), Err(Refused::Gone)));
            drop(piece);
            assert!(matches!(place.uploads.progress("anne", &token), Err(Refused::Gone)));
        }
        assert_eq!(place.left(), 0);
    }

    #[test]
    fn con_dep_6_files_are_bounded_in_number_and_expire() {
        let place = place();
        let first: Vec<_> = (0..4).map(|n| place.begin("anne", &n.to_string(), n).unwrap().token).collect();
        // One that is being written is not given up for another.
        let piece = place.uploads.piece("anne", &first[0], 0).unwrap();
        place.begin("anne", "more", 9).unwrap();
        assert_eq!(place.left(), 4);
        assert!(matches!(place.uploads.progress("anne", &first[1]), Err(Refused::Gone)));
        for account in 0..3 {
            for n in 0..4 {
                place.begin(&format!("account{account}"), &n.to_string(), 10).unwrap();
            }
        }
        assert!(matches!(place.begin("marie", "a", 20), Err(Refused::TooMany)));
        place.begin("marie", "a", 10 + 3600).unwrap();
        assert_eq!(place.left(), 16);
        assert_eq!(place.uploads.expire(at(24 * 3600 + 9)), 2);
        assert_eq!(place.uploads.expire(at(26 * 3600)), 13);
        drop(piece);
        assert_eq!(place.uploads.expire(at(26 * 3600)), 1);
        assert_eq!(place.left(), 0);
    }

    #[test]
    fn con_dep_6_what_is_cancelled_while_it_comes_leaves_nothing() {
        let place = place();
        let token = place.begin("anne", "a", 0).unwrap().token;
        let mut piece = place.uploads.piece("anne", &token, 0).unwrap();
        piece.write(b"1", 0, at(0)).unwrap();
        place.uploads.cancel("anne", &token);
        assert!(matches!(piece.write(b"1", 0, at(0)), Err(Refused::Gone)));
        drop(piece);
        assert_eq!(place.left(), 0);
        // And the same file begins anew.
        assert_eq!(place.begin("anne", "a", 0).unwrap().at, 0);
    }
}
