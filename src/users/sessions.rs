//! Sessions of the console, in memory: they end with the program.
//!
//! The browser holds a random value of 256 bits; here is only its SHA-256, so that a copy of the memory
//! opens nothing. Times that count are monotonic (`Clock::elapsed`), so that setting the clock neither ends
//! nor prolongs a session. Source: SEC-53, SEC-54, SEC-58, CON-LOG-3, CON-LOG-4.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::i18n::Lang;
use crate::limits::Limits;

use super::secrets::{Digest, hex, random, same, sha256};
use super::{Account, Error, Preferences, Role, User};

/// Sessions in all. The one that was not used for longest makes room.
pub const MOST: usize = 1000;
/// Sessions of one account; the same.
pub const MOST_OF_ONE: usize = 20;
/// How long a password that was asked for again is good for (SEC-58).
pub const CONFIRMED: Duration = Duration::from_secs(600);

/// One session.
#[derive(Clone)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// What it may do.
    pub role: Role,
    /// Language chosen by the account; `None` for the browser's.
    pub lang: Option<Lang>,
    /// Patterns of TAGs that it is limited to; empty for all computers.
    pub tags: Vec<String>,
    /// How the account wants lists and files to be.
    pub preferences: Preferences,
    /// A new password is asked for before anything else.
    pub must_change: bool,
    /// SHA-256 of the value that the browser holds; names the session in here.
    pub token_hash: Digest,
    /// The value that forms of this session carry, in hexadecimal.
    pub csrf: String,
    /// When it began, on the monotonic clock.
    pub created: Duration,
    /// When it was last used, on the monotonic clock.
    pub used: Duration,
    /// When the password was last asked for, on the monotonic clock.
    pub confirmed: Duration,
    /// When it began, for showing.
    pub since: Timestamp,
    /// From where it began.
    pub address: IpAddr,
}

impl Session {
    /// Whether a form carries this session's value.
    pub fn form_fits(&self, sent: &str) -> bool {
        same(self.csrf.as_bytes(), sent.as_bytes())
    }

    /// Whether the password was asked for within the last ten minutes (SEC-58).
    pub fn is_confirmed(&self, now: Duration) -> bool {
        now.saturating_sub(self.confirmed) < CONFIRMED
    }

    /// A name for it in lists and forms, that opens nothing.
    pub fn name(&self) -> String {
        hex(self.token_hash.get(..8).unwrap_or_default())
    }
}

/// What only the browser may hold is not shown.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("account", &self.account).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A session that has just begun.
pub struct Begun {
    /// The value for the cookie: 64 hexadecimal digits. It is nowhere else.
    pub token: String,
    /// The session.
    pub session: Session,
}

/// All sessions. One for the whole program.
pub struct Sessions {
    all: Mutex<HashMap<Digest, Session>>,
    idle: Duration,
    whole: Duration,
}

impl Sessions {
    /// None yet; `limits.session_idle` and `limits.session_whole` end them.
    pub fn new(limits: &Limits) -> Sessions {
        Sessions { all: Mutex::default(), idle: limits.session_idle, whole: limits.session_whole }
    }

    /// Begins a session, always with a new value. `replaces` is the value that the browser sent, if any: that
    /// session ends.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn begin(
        &self,
        user: &User,
        replaces: Option<&str>,
        address: IpAddr,
        now: Duration,
        since: Timestamp,
    ) -> Result<Begun, Error> {
        let token = hex(&random::<32>()?);
        let session = Session {
            account: user.account.clone(),
            role: user.role,
            lang: user.lang,
            tags: user.tags.clone(),
            preferences: user.preferences.clone(),
            must_change: user.must_change,
            token_hash: sha256(token.as_bytes()),
            csrf: hex(&random::<32>()?),
            created: now,
            used: now,
            confirmed: now,
            since,
            address,
        };
        if let Some(old) = replaces {
            self.end(old);
        }
        let mut all = self.lock();
        all.retain(|_, session| self.is_open(session, now));
        make_room(&mut all, MOST_OF_ONE, |other| other.account == session.account);
        make_room(&mut all, MOST, |_| true);
        all.insert(session.token_hash, session.clone());
        Ok(Begun { token, session })
    }

    /// The session of a value, which counts as used now. `None` when it ended or never was.
    pub fn open(&self, token: &str, now: Duration) -> Option<Session> {
        let hash = sha256(token.as_bytes());
        let mut all = self.lock();
        let session = all.get_mut(&hash)?;
        if !same(&session.token_hash, &hash) || !self.is_open(session, now) {
            all.remove(&hash);
            return None;
        }
        session.used = session.used.max(now);
        Some(session.clone())
    }

    /// Notes that the password was asked for again and was right (SEC-58).
    pub fn confirm(&self, session: &Session, now: Duration) {
        if let Some(session) = self.lock().get_mut(&session.token_hash) {
            session.confirmed = now;
        }
    }

    /// Follows a change of the account's own language, in all its sessions.
    pub fn speak(&self, account: &Account, lang: Option<Lang>) {
        self.lock().values_mut().filter(|session| session.account == *account).for_each(|session| session.lang = lang);
    }

    /// Follows a change of what the account wants lists and files to be, in all its sessions.
    pub fn prefer(&self, account: &Account, preferences: &Preferences) {
        let mut all = self.lock();
        let own = all.values_mut().filter(|session| session.account == *account);
        own.for_each(|session| session.preferences = preferences.clone());
    }

    /// Ends the session of a value: log-out.
    pub fn end(&self, token: &str) -> Option<Session> {
        self.lock().remove(&sha256(token.as_bytes()))
    }

    /// Ends one session of an account by [`Session::name`].
    pub fn end_named(&self, account: &Account, name: &str) -> bool {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|_, session| session.account != *account || session.name() != name);
        all.len() < before
    }

    /// Ends all sessions of an account: its password, role or TAGs were changed, or it was locked or deleted.
    /// Says how many.
    pub fn end_all(&self, account: &Account) -> usize {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|_, session| session.account != *account);
        before - all.len()
    }

    /// Sessions of an account that are open, the latest used first.
    pub fn of(&self, account: &Account, now: Duration) -> Vec<Session> {
        let mut own: Vec<Session> =
            self.lock().values().filter(|one| one.account == *account && self.is_open(one, now)).cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse((session.used, session.created)));
        own
    }

    /// Forgets those that have ended; says how many are open.
    pub fn sweep(&self, now: Duration) -> usize {
        let mut all = self.lock();
        all.retain(|_, session| self.is_open(session, now));
        all.len()
    }

    fn is_open(&self, session: &Session, now: Duration) -> bool {
        now.saturating_sub(session.used) < self.idle && now.saturating_sub(session.created) < self.whole
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        // A map is whole after any panic of who held it.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops those that were not used for longest, until one more of the kind has room.
fn make_room(all: &mut HashMap<Digest, Session>, most: usize, kind: impl Fn(&Session) -> bool) {
    while all.values().filter(|session| kind(session)).count() >= most {
        let oldest = all.values().filter(|session| kind(session)).min_by_key(|session| session.used);
        let Some(hash) = oldest.map(|session| session.token_hash) else { return };
        all.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const HOUR: u64 = 3600;

    fn user(account: &str) -> User {
        User::new(account.parse().unwrap(), Role::Admin, String::new(), Timestamp(0))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn sessions() -> Sessions {
        Sessions::new(&Limits::default())
    }

    fn begin(sessions: &Sessions, account: &str, now: u64) -> Begun {
        sessions.begin(&user(account), None, HERE, at(now), Timestamp(0)).unwrap()
    }

    #[test]
    fn sec_53_the_value_is_random_and_only_its_digest_is_kept() {
        let sessions = sessions();
        let (a, b) = (begin(&sessions, "marie", 0), begin(&sessions, "marie", 0));
        assert_eq!((a.token.len(), a.session.csrf.len()), (64, 64));
        assert!(a.token != b.token && a.session.csrf != b.session.csrf && a.token != a.session.csrf);
        assert_eq!(a.session.token_hash, sha256(a.token.as_bytes()));
        assert!(sessions.open(&hex(&a.session.token_hash), at(1)).is_none(), "the digest opens nothing");
        assert!(sessions.open(&a.session.name(), at(1)).is_none());
        assert!(sessions.open("", at(1)).is_none());
        assert_eq!(sessions.open(&a.token, at(1)).unwrap().account, a.session.account);
        assert!(!format!("{:?}", a.session).contains(&a.session.csrf));
    }

    /// A value planted in the browser before the log-in is worth nothing after it.
    #[test]
    fn sec_53_a_log_in_gives_a_new_value_and_ends_the_old_session() {
        let sessions = sessions();
        let old = begin(&sessions, "marie", 0);
        let new = sessions.begin(&user("marie"), Some(&old.token), HERE, at(1), Timestamp(0)).unwrap();
        assert!(sessions.open(&old.token, at(1)).is_none());
        assert!(sessions.open(&new.token, at(1)).is_some());
        let planted = "0".repeat(64);
        sessions.begin(&user("marie"), Some(&planted), HERE, at(1), Timestamp(0)).unwrap();
        assert!(sessions.open(&planted, at(1)).is_none());
    }

    #[test]
    fn con_log_3_a_session_ends_after_eight_hours_without_use() {
        let sessions = sessions();
        let begun = begin(&sessions, "marie", 0);
        assert!(sessions.open(&begun.token, at(8 * HOUR - 1)).is_some());
        assert!(sessions.open(&begun.token, at(11 * HOUR)).is_some(), "it was used in between");
        let other = begin(&sessions, "marie", 0);
        assert!(sessions.open(&other.token, at(8 * HOUR)).is_none());
        assert!(sessions.open(&other.token, at(1)).is_none(), "it does not come back");
    }

    #[test]
    fn sec_53_a_session_ends_after_twelve_hours_however_it_is_used() {
        let sessions = sessions();
        let begun = begin(&sessions, "marie", 0);
        for hour in 1..12 {
            assert!(sessions.open(&begun.token, at(hour * HOUR)).is_some());
        }
        assert!(sessions.open(&begun.token, at(12 * HOUR)).is_none());
    }

    #[test]
    fn sec_53_log_out_and_changes_end_sessions() {
        let sessions = sessions();
        let (a, b, other) = (begin(&sessions, "marie", 0), begin(&sessions, "Marie", 0), begin(&sessions, "paul", 0));
        sessions.end(&a.token).unwrap();
        assert!(sessions.open(&a.token, at(1)).is_none() && sessions.end(&a.token).is_none(), "no replay");
        assert_eq!(sessions.end_all(&"MARIE".parse().unwrap()), 1);
        assert!(sessions.open(&b.token, at(1)).is_none());
        assert!(sessions.open(&other.token, at(1)).is_some());
    }

    #[test]
    fn con_log_4_own_sessions_are_listed_and_ended_one_by_one() {
        let sessions = sessions();
        let (a, b) = (begin(&sessions, "marie", 0), begin(&sessions, "marie", 5));
        let other = begin(&sessions, "paul", 5);
        let marie = "marie".parse().unwrap();
        let names: Vec<_> = sessions.of(&marie, at(6)).iter().map(Session::name).collect();
        assert_eq!(names, [b.session.name(), a.session.name()]);
        assert!(!sessions.end_named(&marie, &other.session.name()), "not of somebody else");
        assert!(sessions.end_named(&marie, &a.session.name()));
        assert!(sessions.open(&a.token, at(6)).is_none());
        assert_eq!(sessions.sweep(at(6)), 2);
        assert!(sessions.of(&marie, at(9 * HOUR)).is_empty());
    }

    #[test]
    fn sec_54_forms_carry_the_value_of_their_session() {
        let sessions = sessions();
        let (a, b) = (begin(&sessions, "marie", 0).session, begin(&sessions, "marie", 0).session);
        assert!(a.form_fits(&a.csrf));
        for wrong in ["", &a.csrf[1..], &b.csrf, &a.csrf.to_uppercase().replace(char::is_numeric, "A")] {
            assert!(!a.form_fits(wrong));
        }
    }

    #[test]
    fn sec_58_the_password_is_good_for_ten_minutes() {
        let sessions = sessions();
        let begun = begin(&sessions, "marie", 0);
        assert!(begun.session.is_confirmed(at(599)) && !begun.session.is_confirmed(at(600)));
        sessions.confirm(&begun.session, at(700));
        let session = sessions.open(&begun.token, at(701)).unwrap();
        assert!(session.is_confirmed(at(1299)) && !session.is_confirmed(at(1300)));
    }

    #[test]
    fn sec_53_their_number_is_bounded_and_the_longest_unused_go_first() {
        let sessions = sessions();
        let first = begin(&sessions, "marie", 0);
        let kept = begin(&sessions, "marie", 0);
        for n in 0..MOST_OF_ONE as u64 - 1 {
            sessions.open(&kept.token, at(n + 1)).unwrap();
            begin(&sessions, "marie", n + 1);
        }
        assert!(sessions.open(&first.token, at(30)).is_none());
        assert!(sessions.open(&kept.token, at(30)).is_some());
        for n in 0..MOST + 100 {
            begin(&sessions, &format!("user{n}"), 40 + n as u64);
        }
        assert_eq!(sessions.sweep(at(2000)), MOST);
    }
}
