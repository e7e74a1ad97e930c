//! Options for scripts.

use super::{Failure, Work};
use crate::control::{Answer, OptionLine};
use crate::history::audit::{self, Change};
use crate::history::{Action, audit::Entry};
use crate::options::store::{self as stored, StoredValue};
use crate::options::{BadValue, Declaration, OPTIONS, Value, parse};
use crate::store::{Error, Read as _, Txn};

/// Who changed a value, where no account did.
const COMMAND_LINE: &str = "command line";

impl Work {
    pub(super) fn options(&self, computer: Option<&str>, name: Option<&str>) -> Result<Answer, Failure> {
        let wanted: Vec<&Declaration> = match name {
            Some(name) => vec![declared(name)?],
            None => OPTIONS.iter().copied().filter(|option| computer.is_none() || option.own.is_some()).collect(),
        };
        let id = computer.map(|computer| self.computer(computer)).transpose()?;
        let (app, mut lines) = (self.app(), Vec::new());
        let (general, store) = (app.options.general(), app.store.read()?);
        for option in wanted {
            let kept = stored::stored(&store, option.name)?;
            let mut line = OptionLine {
                name: option.name.to_owned(),
                value: general.value(option).to_string(),
                from: if kept.is_some() { "general" } else { "default" }.to_owned(),
                by: kept.map(|kept| kept.by).unwrap_or_default(),
            };
            if let (Some(id), Some(own)) = (id, &option.own) {
                let key = (stored::OF_COMPUTER, (id.0, own.name.to_owned()));
                if let Some(kept) = store.get(&stored::OVERRIDES, key)? {
                    line.value = kept.value.to_string();
                    (line.from, line.by) = ("computer".to_owned(), kept.by);
                }
            }
            lines.push(line);
        }
        Ok(Answer::Options(lines))
    }

    pub(super) fn set_option(
        &self,
        name: String,
        value: Option<String>,
        computer: Option<&str>,
    ) -> Result<Answer, Failure> {
        let option = declared(&name)?;
        let id = computer.map(|computer| self.computer(computer)).transpose()?;
        let bad = |bad: BadValue| Failure::Plain(bad.to_string());
        let value = value.as_deref().map(|text| match id {
            Some(_) => option.parse_own(text),
            None => option.parse(text),
        });
        let value = value.transpose().map_err(bad)?;
        let app = self.app();
        let at = app.clock.now();
        let kept = value.clone().map(|value| StoredValue { value, by: COMMAND_LINE.to_owned(), at });
        match id {
            Some(id) => {
                let own = option
                    .own
                    .as_ref()
                    .ok_or_else(|| Failure::Plain(format!("{} has one value for all computers", option.name)))?;
                let before = app.options.own(id, own.name);
                let entry = self.changed(Action::ComputerCustomized, &id.to_string(), option, before, &value);
                app.write(move |w: &mut Txn<'_>| {
                    stored::set_own(w, id, own.name, kept.as_ref())?;
                    audit::append(w, entry)?;
                    Ok::<_, Error>(())
                })?;
            }
            None => {
                let before = Some(app.options.general().value(option));
                let entry = self.changed(Action::OptionChanged, option.name, option, before, &value);
                app.write(move |w: &mut Txn<'_>| {
                    match &kept {
                        Some(kept) => stored::set(w, option.name, kept)?,
                        None => stored::reset(w, option.name)?,
                    }
                    audit::append(w, entry)?;
                    Ok::<_, Error>(())
                })?;
            }
        }
        app.reload_options()?;
        let now = value.map_or_else(|| "the default".to_owned(), |value| format!("`{value}`"));
        let whom = computer.map_or_else(String::new, |computer| format!(" for {computer}"));
        Ok(Answer::Done(format!("{} is {now}{whom}", option.name)))
    }

    fn changed(
        &self,
        action: Action,
        object: &str,
        option: &Declaration,
        before: Option<Value>,
        after: &Option<Value>,
    ) -> Entry {
        let text = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        let mut entry = self.entry(action, object);
        entry.changes.push(Change { what: option.name.to_owned(), before: text(&before), after: text(after) });
        entry
    }
}

/// The option of this name, in whatever case it is written.
fn declared(name: &str) -> Result<&'static Declaration, Failure> {
    let found = OPTIONS.iter().copied().find(|option| option.name.eq_ignore_ascii_case(name.trim()));
    // An unknown name is told with the nearest one, whatever the value.
    found.ok_or_else(|| Failure::Plain(parse(name, "").err().map_or_else(String::new, |bad| bad.to_string())))
}
