//! Accounts: the way back in for who lost the password.

use super::{Failure, Work};
use crate::control::{Answer, UserLine, time};
use crate::history::audit::{self, Change};
use crate::history::{Action, audit::Entry};
use crate::options::SECURITY_PASSWORD_MIN_CHAR;
use crate::store::Txn;
use crate::users::setup::{GOOD_FOR, Purpose, lost_password};
use crate::users::store as accounts;
use crate::users::{Account, Cost, Error, Passwords, Role, User, check_new};

impl Work {
    pub(super) fn users(&self) -> Result<Answer, Failure> {
        let line = |user: User| UserLine {
            account: user.account.to_string(),
            role: user.role.to_string(),
            locked: user.locked,
            last_login: user.last_login.map(time),
        };
        Ok(Answer::Users(accounts::list(&self.app().store.read()?)?.into_iter().map(line).collect()))
    }

    pub(super) fn add_user(&self, account: &str, role: &str, password: &str) -> Result<Answer, Failure> {
        let (account, role) = (named(account)?, role_of(role)?);
        let user = User::new(account.clone(), role, self.hash(&account, password)?, self.app().clock.now());
        let entry = self.change(Action::UserAdded, &account, "role", "", role.code());
        let administers = user.administers();
        self.app().write(move |w: &mut Txn<'_>| {
            accounts::add(w, &user)?;
            audit::append(w, entry)?;
            Ok::<_, Error>(())
        })?;
        // The code would let somebody else make an administrator beside this one.
        if let Some(people) = self.people.as_ref().filter(|_| administers) {
            people.setup.finish()?;
        }
        Ok(Answer::Done(format!("added `{account}` ({role})")))
    }

    pub(super) fn set_password(&self, account: &str, password: Option<&str>) -> Result<Answer, Failure> {
        let account = named(account)?;
        let app = self.app();
        let known = accounts::get(&app.store.read()?, &account)?;
        let known = known.ok_or_else(|| Error::NoUser(account.to_string()))?.account;
        let Some(password) = password else { return self.code(known) };
        let (hash, now) = (self.hash(&known, password)?, app.clock.now());
        let entry = self.entry(Action::PasswordSet, known.as_str());
        let target = known.clone();
        app.write(move |w: &mut Txn<'_>| {
            accounts::set_password(w, &target, hash, false, now)?;
            audit::append(w, entry)?;
            Ok::<_, Error>(())
        })?;
        self.end_sessions(&known);
        Ok(Answer::Done(format!("the password of `{known}` is set")))
    }

    /// A code with which a new password is chosen in the console.
    fn code(&self, account: Account) -> Result<Answer, Failure> {
        let app = self.app();
        // There is one code at a time, and this one would take the place of the first administrator's.
        if !accounts::any_administrator(&app.store.read()?)? {
            return Err(Failure::Plain("there is no administrator yet: the set-up makes the first one".to_owned()));
        }
        let entry = self.entry(Action::CodeMade, account.as_str());
        app.write(move |w: &mut Txn<'_>| audit::append(w, entry).map(drop))?;
        let now = app.clock.now();
        let code = match &self.people {
            Some(people) => people.setup.renew(Purpose::LostPassword(account.clone()), now, app.clock.elapsed())?,
            None => lost_password(&app.folder("run"), account.clone(), now)?,
        };
        let hours = GOOD_FOR / 3600;
        Ok(Answer::Done(format!(
            "set-up code for a new password of `{account}`, good for {hours} hours: {code}\nEnter it in the console at /ocsreports/setup"
        )))
    }

    pub(super) fn set_role(&self, account: &str, role: &str) -> Result<Answer, Failure> {
        let (account, role) = (named(account)?, role_of(role)?);
        let entry = self.change(Action::UserChanged, &account, "role", "", role.code());
        let target = account.clone();
        let changed = self.app().write(move |w: &mut Txn<'_>| {
            let changed = accounts::change(w, &target, |user| {
                user.role = role;
                Ok(())
            })?;
            let mut entry = entry;
            entry.changes.iter_mut().for_each(|change| change.before = changed.before.role.to_string());
            audit::append(w, entry)?;
            Ok::<_, Error>(changed)
        })?;
        if changed.ends_sessions() {
            self.end_sessions(&account);
        }
        Ok(Answer::Done(format!("`{}` is {role} now", changed.after.account)))
    }

    pub(super) fn delete_user(&self, account: &str) -> Result<Answer, Failure> {
        let account = named(account)?;
        let entry = self.entry(Action::UserDeleted, account.as_str());
        let target = account.clone();
        let gone = self.app().write(move |w: &mut Txn<'_>| {
            let gone = accounts::delete(w, &target, None)?;
            audit::append(w, entry)?;
            Ok::<_, Error>(gone)
        })?;
        self.end_sessions(&account);
        Ok(Answer::Done(format!("deleted `{}`", gone.account)))
    }

    fn change(&self, action: Action, account: &Account, what: &str, before: &str, after: &str) -> Entry {
        let mut entry = self.entry(action, account.as_str());
        entry.changes.push(Change { what: what.to_owned(), before: before.to_owned(), after: after.to_owned() });
        entry
    }

    fn end_sessions(&self, account: &Account) {
        if let Some(people) = &self.people {
            people.sessions.end_all(account);
        }
    }

    /// The rules for new passwords hold here too.
    fn hash(&self, account: &Account, password: &str) -> Result<String, Failure> {
        let least = self.app().options.general().number(SECURITY_PASSWORD_MIN_CHAR);
        check_new(password, account, usize::try_from(least).unwrap_or(0))
            .map_err(|bad| Failure::Plain(bad.to_string()))?;
        Ok(Passwords::new(Cost::default())?.hash(password)?)
    }
}

fn named(text: &str) -> Result<Account, Failure> {
    text.parse().map_err(|error| Failure::Plain(format!("`{text}` is {error}")))
}

fn role_of(text: &str) -> Result<Role, Failure> {
    text.parse().map_err(|error| Failure::Plain(format!("`{text}` is {error}")))
}
