//! Who may use the console, and what each may do.
//!
//! - An *account* is the name that a person logs in with; letters of either case are the same account.
//! - A *role* says what an account may do; the [`rights`] table is section 32 of the console page.
//! - A *session* begins with a log-in and is kept in memory only.
//! - The *set-up code* lets the owner of the machine make the first administrator, or a new password.
//!
//! Rules are handed the time. Requirements: SEC-50 to SEC-59, CON-SET, CON-LOG, CON-USR.

pub mod attempts;
pub mod hashing;
pub mod layouts;
pub mod password;
pub mod rights;
pub mod rules;
mod secrets;
pub mod sessions;
pub mod setup;
pub mod store;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::i18n::Lang;

pub use attempts::{Answer, Attempts};
pub use hashing::{Hashing, NotHashed};
pub use password::{Cost, Passwords, Verdict, one_time};
pub use rights::{Right, allowed};
pub use rules::{BadPassword, check_new};
pub use sessions::{Session, Sessions};
pub use setup::{Entry, Purpose, Setup};

/// What a person is to the console. Each may do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, searches, exports.
    User,
    /// Also keeps administrative data and the network, and sends existing packages.
    Technician,
    /// Everything.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 3] = [Role::User, Role::Technician, Role::Admin];

    /// The word of forms, of the command line and of the file.
    pub const fn code(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Technician => "technician",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Role {
    type Err = BadRole;

    fn from_str(text: &str) -> Result<Self, BadRole> {
        Role::ALL.into_iter().find(|role| role.code() == text).ok_or(BadRole)
    }
}

/// The word names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a role (user, technician or admin)")]
pub struct BadRole;

/// The name of an account as it was given: 1 to 64 letters (of English), digits, `.`, `-`, `_`, `@`.
///
/// Compared without case: `Marie` and `marie` are one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account(String);

impl Account {
    /// Longest name, in characters.
    pub const LONGEST: usize = 64;

    /// As it was given, for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, for comparing and as the key of the table.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Account {
    type Err = BadAccount;

    fn from_str(text: &str) -> Result<Self, BadAccount> {
        let known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@');
        if text.is_empty() || text.len() > Account::LONGEST || !text.chars().all(known) {
            return Err(BadAccount);
        }
        Ok(Account(text.to_owned()))
    }
}

impl TryFrom<String> for Account {
    type Error = BadAccount;

    fn try_from(text: String) -> Result<Self, BadAccount> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> String {
        account.0
    }
}

impl PartialEq for Account {
    fn eq(&self, other: &Account) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Account {}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no name for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an account name (1 to 64 letters, digits, `.`, `-`, `_`, `@`)")]
pub struct BadAccount;

/// An account and what belongs to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The name to log in with.
    pub account: Account,
    /// The person's name; may be empty.
    #[serde(default)]
    pub name: String,
    /// E-mail address as it was typed; may be empty.
    #[serde(default)]
    pub email: String,
    /// What the account may do.
    pub role: Role,
    /// Language of the console; `None` for the browser's.
    #[serde(default, with = "language")]
    pub lang: Option<Lang>,
    /// The hash of the password, as [`Passwords::hash`] writes it. Empty: nobody can log in.
    pub password: String,
    /// When the account was made.
    pub created: Timestamp,
    /// When somebody last logged in.
    #[serde(default)]
    pub last_login: Option<Timestamp>,
    /// When the password was last set.
    #[serde(default)]
    pub password_set: Option<Timestamp>,
    /// A new password is asked for at the next log-in.
    #[serde(default)]
    pub must_change: bool,
    /// An administrator closed the account.
    #[serde(default)]
    pub locked: bool,
    /// Patterns of TAGs (`*`, `?`) that the account is limited to; empty for all computers.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How it wants lists and files to be.
    #[serde(default)]
    pub preferences: Preferences,
}

/// How an account wants lists and files to be. What is blank is as usual.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Rows on a page of lists whose layout it does not keep; 0 for the usual number.
    #[serde(default)]
    pub rows: u32,
    /// What stands between the cells of a CSV file; blank for the option EXPORT_SEP.
    #[serde(default)]
    pub separator: String,
}

impl User {
    /// An open account without further particulars.
    pub fn new(account: Account, role: Role, password: String, now: Timestamp) -> User {
        User {
            account,
            name: String::new(),
            email: String::new(),
            role,
            lang: None,
            password,
            created: now,
            last_login: None,
            password_set: Some(now),
            must_change: false,
            locked: false,
            tags: Vec::new(),
            preferences: Preferences::default(),
        }
    }

    /// Whether it has a right now: what it asked for earlier may be done.
    pub fn may(&self, right: Right) -> bool {
        !self.locked && allowed(self.role, right)
    }

    /// Whether it can administer: an administrator that is not locked.
    pub fn administers(&self) -> bool {
        self.role == Role::Admin && !self.locked
    }
}

/// The hash of the password is left out: it has no place in logs.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("account", &self.account)
            .field("role", &self.role)
            .field("locked", &self.locked)
            .finish_non_exhaustive()
    }
}

/// A language as its code; one that this release does not know is as none.
mod language {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::i18n::Lang;

    pub fn serialize<S: Serializer>(lang: &Option<Lang>, to: S) -> Result<S::Ok, S::Error> {
        let code = lang.map(|lang| match lang {
            Lang::En => "en",
            Lang::Fr => "fr",
        });
        code.serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Lang>, D::Error> {
        Ok(match Option::<String>::deserialize(from)?.as_deref() {
            Some("en") => Some(Lang::En),
            Some("fr") => Some(Lang::Fr),
            _ => None,
        })
    }
}

/// What can go wrong with accounts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no account `{0}`")]
    NoUser(String),
    /// Another account has that name, in whatever case.
    #[error("there is an account `{0}` already")]
    Exists(Account),
    /// Nobody could administer any more.
    #[error("`{0}` is the last administrator: make another one first")]
    LastAdministrator(Account),
    /// Nobody deletes the account that he uses.
    #[error("`{0}` is the account in use: another administrator may delete it")]
    Yourself(Account),
    /// An administrator exists, so that set-up is over.
    #[error("the set-up is done: an administrator exists")]
    SetupDone,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// The password cannot be hashed; too little memory, mostly.
    #[error("the password cannot be worked on")]
    Hash(#[source] argon2::password_hash::Error),
    /// The file with the set-up code cannot be read or written.
    #[error("cannot use the file with the set-up code `{}`", path.display())]
    CodeFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_usr_1_account_names_have_known_letters_and_one_case() {
        for good in ["a", "Marie", "j.d-o_e@office.lan", "0", &"x".repeat(64)] {
            assert_eq!(good.parse::<Account>().unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "é", "a/b", "a\n", "<b>", "..\\", "a'", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<Account>().is_err(), "{bad:?}");
        }
        assert_eq!("Marie".parse::<Account>(), "mARIE".parse());
    }

    #[test]
    fn roles_are_ordered_and_have_words() {
        assert!(Role::User < Role::Technician && Role::Technician < Role::Admin);
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("Admin".parse::<Role>(), Err(BadRole));
    }

    /// SEC-7: what is logged of an account never holds the hash of its password.
    #[test]
    fn a_user_in_the_log_shows_no_hash() {
        let user = User::new("marie".parse().unwrap(), Role::User, "$argon2id$secret".into(), Timestamp(0));
        assert!(!format!("{user:?}").contains("argon2"));
    }
}
