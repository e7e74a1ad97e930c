//! The accounts in the file.
//!
//! The functions that change look and write within the transaction they are handed, so that two
//! administrators who act at once cannot lock everybody out (CON-USR-2).

use crate::clock::Timestamp;
use crate::named_record;
use crate::store::{self, Read, Table, Write};

use super::{Account, Error, Role, User, layouts};

/// Accounts by their name in lower case.
pub static USERS: Table<String, User> = Table::new("users");

named_record!(User);

/// All accounts, in the order of their names. A damaged one ends it with an error.
pub fn list(store: &impl Read) -> Result<Vec<User>, store::Error> {
    Ok(store.all(&USERS)?.into_iter().map(|(_, user)| user).collect())
}

/// One account.
pub fn get(store: &impl Read, account: &Account) -> Result<Option<User>, store::Error> {
    store.get(&USERS, account.folded())
}

/// Whether somebody can administer. Until then every address of the console leads to the set-up. A damaged
/// account is an error, never "nobody": the set-up does not open again because of it.
pub fn any_administrator(store: &impl Read) -> Result<bool, store::Error> {
    Ok(list(store)?.iter().any(User::administers))
}

/// Adds an account.
///
/// # Errors
/// [`Error::Exists`], in whatever case it is written.
pub fn add(store: &mut (impl Read + Write), user: &User) -> Result<(), Error> {
    if let Some(other) = get(store, &user.account)? {
        return Err(Error::Exists(other.account));
    }
    Ok(store.put(&USERS, user.account.folded(), user)?)
}

/// Adds the first administrator: the end of the set-up.
///
/// # Errors
/// [`Error::SetupDone`] when somebody was faster, [`Error::Exists`].
pub fn add_first(store: &mut (impl Read + Write), user: &User) -> Result<(), Error> {
    if any_administrator(store)? {
        return Err(Error::SetupDone);
    }
    add(store, user)
}

/// An account before and after a change: for the audit log, and for what follows ([`Changed::ends_sessions`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it was.
    pub before: User,
    /// As it is.
    pub after: User,
}

impl Changed {
    /// Whether its sessions end: what they may do or how they were begun is no longer so (SEC-53).
    pub fn ends_sessions(&self) -> bool {
        let (before, after) = (&self.before, &self.after);
        before.password_set != after.password_set
            || before.role != after.role
            || before.tags != after.tags
            || after.locked && !before.locked
    }
}

/// Changes an account by a closure, which may refuse. The name and the time of its making stay as they are.
///
/// # Errors
/// [`Error::NoUser`], [`Error::LastAdministrator`] when nobody would administer any more, and what the
/// closure says.
pub fn change(
    store: &mut (impl Read + Write),
    account: &Account,
    change: impl FnOnce(&mut User) -> Result<(), Error>,
) -> Result<Changed, Error> {
    let before = get(store, account)?.ok_or_else(|| Error::NoUser(account.to_string()))?;
    let mut after = before.clone();
    change(&mut after)?;
    after.account = before.account.clone();
    after.created = before.created;
    if before.administers() && !after.administers() {
        another_administrator(store, &before)?;
    }
    if after != before {
        store.put(&USERS, before.account.folded(), &after)?;
    }
    Ok(Changed { before, after })
}

/// Sets a password by its hash; `must_change` when somebody else chose it.
///
/// # Errors
/// [`Error::NoUser`].
pub fn set_password(
    store: &mut (impl Read + Write),
    account: &Account,
    hash: String,
    must_change: bool,
    now: Timestamp,
) -> Result<Changed, Error> {
    change(store, account, |user| {
        user.password = hash;
        user.password_set = Some(now);
        user.must_change = must_change;
        Ok(())
    })
}

/// Makes an account an open administrator with this password, new or not: the way back for who lost it (SEC-59).
///
/// # Errors
/// Those of the store.
pub fn rescue(store: &mut (impl Read + Write), account: &Account, hash: String, now: Timestamp) -> Result<(), Error> {
    let mut user = get(store, account)?.unwrap_or_else(|| User::new(account.clone(), Role::Admin, String::new(), now));
    user.password = hash;
    user.password_set = Some(now);
    user.must_change = false;
    user.role = Role::Admin;
    user.locked = false;
    Ok(store.put(&USERS, account.folded(), &user)?)
}

/// Notes a log-in; `rehashed` replaces the stored hash of the same password by one with today's parameters.
///
/// Answers the account as it is now, for the session; `None` when it is gone or locked, or its password was
/// changed since it was `seen`: then there is no log-in. Begin the session in the `after` of the transaction,
/// so that a change that comes next finds it.
///
/// # Errors
/// Those of the store.
pub fn logged_in(
    store: &mut (impl Read + Write),
    seen: &User,
    rehashed: Option<String>,
    now: Timestamp,
) -> Result<Option<User>, Error> {
    let still = |user: &User| user.password == seen.password && !user.locked;
    let Some(mut user) = get(store, &seen.account)?.filter(still) else { return Ok(None) };
    user.last_login = Some(now);
    user.password = rehashed.unwrap_or(user.password);
    store.put(&USERS, user.account.folded(), &user)?;
    Ok(Some(user))
}

/// Deletes an account. `by` is the account that asks; `None` for the command line.
///
/// # Errors
/// [`Error::NoUser`], [`Error::Yourself`], [`Error::LastAdministrator`].
pub fn delete(store: &mut (impl Read + Write), account: &Account, by: Option<&Account>) -> Result<User, Error> {
    let user = get(store, account)?.ok_or_else(|| Error::NoUser(account.to_string()))?;
    if user.administers() {
        another_administrator(store, &user)?;
    }
    if by == Some(account) {
        return Err(Error::Yourself(user.account));
    }
    store.remove(&USERS, account.folded())?;
    layouts::forget(store, account)?;
    Ok(user)
}

fn another_administrator(store: &impl Read, but: &User) -> Result<(), Error> {
    let another = list(store)?.iter().any(|user| user.administers() && user.account != but.account);
    if another { Ok(()) } else { Err(Error::LastAdministrator(but.account.clone())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::Store;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn name(text: &str) -> Account {
        text.parse().unwrap()
    }

    fn user(account: &str, role: Role) -> User {
        User::new(name(account), role, format!("hash of {account}"), NOW)
    }

    fn office(users: &[(&'static str, Role)]) -> Store {
        let store = Store::in_memory().unwrap();
        for (account, role) in users.iter().copied() {
            store.write(move |w| add(w, &user(account, role))).unwrap();
        }
        store
    }

    fn alter(store: &Store, account: &str, how: impl FnOnce(&mut User) + Send + 'static) -> Result<Changed, Error> {
        let account = name(account);
        store.write(move |w| {
            change(w, &account, |user| {
                how(user);
                Ok(())
            })
        })
    }

    #[test]
    fn con_usr_1_accounts_are_one_in_either_case() {
        let store = office(&[("Marie", Role::Admin)]);
        let again = store.write(|w| add(w, &user("MARIE", Role::User)));
        assert!(matches!(again, Err(Error::Exists(account)) if account.as_str() == "Marie"));
        let read = store.read().unwrap();
        assert_eq!(get(&read, &name("mArIe")).unwrap(), Some(user("Marie", Role::Admin)));
        assert_eq!(list(&read).unwrap().len(), 1);
    }

    #[test]
    fn con_usr_2_the_last_administrator_stays() {
        let store = office(&[("marie", Role::Admin), ("paul", Role::Technician), ("anne", Role::Admin)]);
        alter(&store, "anne", |user| user.locked = true).unwrap();
        // Anne is locked, so that Marie is the last one who can act.
        let demoted = alter(&store, "marie", |user| user.role = Role::User);
        let locked = alter(&store, "marie", |user| user.locked = true);
        let deleted = store.write(|w| delete(w, &name("MARIE"), Some(&name("paul"))));
        assert!(matches!(demoted, Err(Error::LastAdministrator(_))));
        assert!(matches!(locked, Err(Error::LastAdministrator(_))));
        assert!(matches!(deleted, Err(Error::LastAdministrator(_))));
        assert_eq!(get(&store.read().unwrap(), &name("marie")).unwrap(), Some(user("marie", Role::Admin)));

        alter(&store, "paul", |user| user.role = Role::Admin).unwrap();
        store.write(|w| delete(w, &name("marie"), Some(&name("paul")))).unwrap();
    }

    #[test]
    fn con_usr_2_nobody_deletes_himself() {
        let store = office(&[("marie", Role::Admin), ("anne", Role::Admin), ("paul", Role::User)]);
        for account in ["marie", "paul"] {
            let deleted = store.write(move |w| delete(w, &name(account), Some(&name(account))));
            assert!(matches!(deleted, Err(Error::Yourself(_))), "{account}");
        }
        assert!(matches!(store.write(|w| delete(w, &name("nobody"), None)), Err(Error::NoUser(_))));
        store.write(|w| delete(w, &name("marie"), None)).unwrap();
    }

    #[test]
    fn con_set_3_only_one_becomes_the_first_administrator() {
        let store = office(&[("viewer", Role::User)]);
        assert!(!any_administrator(&store.read().unwrap()).unwrap());
        store.write(|w| add_first(w, &user("marie", Role::Admin))).unwrap();
        assert!(any_administrator(&store.read().unwrap()).unwrap());
        assert!(matches!(store.write(|w| add_first(w, &user("mallory", Role::Admin))), Err(Error::SetupDone)));
    }

    #[test]
    fn a_change_keeps_the_name_and_says_whether_sessions_end() {
        let store = office(&[("marie", Role::Admin)]);
        let renamed = store.write(|w| {
            change(w, &name("marie"), |user| {
                user.account = name("other");
                user.created = Timestamp(0);
                user.name = "Marie D.".to_owned();
                Ok(())
            })
        });
        let renamed = renamed.unwrap();
        assert_eq!((renamed.after.account.as_str(), renamed.after.created), ("marie", NOW));
        assert!(!renamed.ends_sessions());
        let later = NOW.plus(60);
        let changed = store.write(move |w| set_password(w, &name("marie"), "new".into(), true, later)).unwrap();
        assert!(changed.ends_sessions() && changed.after.must_change);
    }

    #[test]
    fn sec_51_a_log_in_replaces_the_hash_unless_the_password_was_changed_meanwhile() {
        let store = office(&[("marie", Role::Admin)]);
        let seen = user("marie", Role::Admin);
        let at_once = seen.clone();
        let user = store.write(move |w| logged_in(w, &at_once, Some("raised".into()), NOW)).unwrap();
        assert_eq!(user.unwrap().last_login, Some(NOW));
        assert_eq!(store.write(move |w| logged_in(w, &seen, Some("late".into()), NOW.plus(5))).unwrap(), None);
        let marie = get(&store.read().unwrap(), &name("marie")).unwrap().unwrap();
        assert_eq!((marie.password.as_str(), marie.last_login), ("raised", Some(NOW)));
    }

    #[test]
    fn sec_59_a_rescued_account_administers_again() {
        let store = office(&[("marie", Role::Admin)]);
        store.write(|w| rescue(w, &name("paul"), "hash".into(), NOW)).unwrap();
        alter(&store, "marie", |user| (user.locked, user.role) = (true, Role::User)).unwrap();
        store.write(|w| rescue(w, &name("Marie"), "hash".into(), NOW)).unwrap();
        let users = list(&store.read().unwrap()).unwrap();
        assert_eq!(users.iter().map(|user| user.account.as_str()).collect::<Vec<_>>(), ["marie", "paul"]);
        assert!(users.iter().all(User::administers));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// CON-USR-2, whatever is tried in whatever order.
        #[test]
        fn con_usr_2_there_is_always_an_administrator(steps in prop::collection::vec((0usize..3, 0usize..6), 1..12)) {
            let names = ["marie", "paul", "anne"];
            let store = office(&[("marie", Role::Admin), ("paul", Role::Admin), ("anne", Role::User)]);
            for (who, what) in steps {
                let account = name(names[who]);
                let _ = store.write(move |w| match what {
                    0 => delete(w, &account, None).map(drop),
                    1 => add(w, &user(account.as_str(), Role::User)),
                    step => change(w, &account, |user| {
                        match step {
                            2 => user.locked = true,
                            3 => user.locked = false,
                            4 => user.role = Role::Admin,
                            _ => user.role = Role::Technician,
                        }
                        Ok(())
                    }).map(drop),
                });
                prop_assert!(any_administrator(&store.read().unwrap()).unwrap());
            }
        }
    }
}
