//! Options: what an administrator sets in the console, and what computers and groups override.
//!
//! Each option is declared once, in `list`. The effective general values are an [`Options`] snapshot; the value
//! for one computer is worked out by [`resolve`]. Names that no declaration knows come from imports; they are
//! kept and exported unchanged. Nothing is stored here.
//!
//! Source: console page, section 20 (CON-CFG-1 to CON-CFG-4); protocol page, section 23.

mod declaration;
mod list;
mod resolve;
pub mod store;
mod value;

use std::collections::BTreeMap;

pub use declaration::{Declaration, Flag, Kind, Own, Page, Place, Unit, Who, Word};
pub use list::*;
pub use resolve::{Among, Origin, Resolved, resolve};
pub use value::{BadValue, Reason, Value, parse};

/// Names an option whose value is a whole number, a set of bits included.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub &'static Declaration);

/// Names an option that is on or off.
#[derive(Debug, Clone, Copy)]
pub struct Switch(pub &'static Declaration);

/// Names an option whose value is a text or one of several words.
#[derive(Debug, Clone, Copy)]
pub struct Text(pub &'static Declaration);

macro_rules! names_a_declaration {
    ($($name:ident)*) => {$(
        impl From<$name> for &'static Declaration {
            fn from(key: $name) -> &'static Declaration {
                key.0
            }
        }
    )*};
}
names_a_declaration!(Number Switch Text);

/// How often a computer sends an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Never, and the agent is told to do nothing else either.
    Never,
    /// At each contact.
    Always,
    /// Every so many days, 1 at least.
    Every(u32),
}

impl From<i64> for Frequency {
    /// As FREQUENCY is stored: below 0 is never, 0 always, otherwise days.
    fn from(stored: i64) -> Frequency {
        match stored {
            ..0 => Frequency::Never,
            0 => Frequency::Always,
            days => Frequency::Every(u32::try_from(days).unwrap_or(u32::MAX)),
        }
    }
}

/// The declaration with this exact name.
pub fn declared(name: &str) -> Option<&'static Declaration> {
    OPTIONS.iter().copied().find(|option| option.name == name)
}

/// The effective general values: what is stored, and the defaults for the rest.
///
/// Cheap to read and to clone rarely; a new one is made after each change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Only what is stored, already brought into the bounds of its declaration.
    known: BTreeMap<&'static str, Value>,
    kept: BTreeMap<String, Value>,
}

impl Options {
    /// From stored names and values.
    ///
    /// A value outside of its bounds (imported, or older than the bounds) counts as the nearest allowed one or,
    /// where that would have a special meaning, as the default; what is stored stays as it is.
    pub fn new(stored: impl IntoIterator<Item = (String, Value)>) -> Options {
        let mut options = Options::default();
        for (name, value) in stored {
            match declared(&name) {
                Some(option) => drop(options.known.insert(option.name, option.fitted(&value))),
                None => drop(options.kept.insert(name, value)),
            }
        }
        options
    }

    /// The value of an option.
    pub fn value(&self, option: impl Into<&'static Declaration>) -> Value {
        let option = option.into();
        self.known.get(option.name).cloned().unwrap_or_else(|| option.default_value())
    }

    /// The value of a numeric option, in its unit and within its bounds.
    pub fn number(&self, option: Number) -> i64 {
        match self.known.get(option.0.name) {
            Some(Value::Number(number)) => *number,
            _ => option.0.default_number(),
        }
    }

    /// Whether an option is on.
    pub fn switch(&self, option: Switch) -> bool {
        self.number(Number(option.0)) != 0
    }

    /// The value of a textual option; empty where the declaration says what empty means.
    pub fn text(&self, option: Text) -> &str {
        match self.known.get(option.0.name) {
            Some(Value::Text(text)) => text,
            _ => option.0.default_text(),
        }
    }

    /// The general FREQUENCY.
    pub fn frequency(&self) -> Frequency {
        Frequency::from(self.number(FREQUENCY))
    }

    /// The value for one computer: `own` is what the computer itself has, `groups` what its groups have, in the
    /// order of the caller; [`Origin::Group`] counts in `groups`.
    ///
    /// With ENABLE_GROUPS off the groups are left out; with IPDISCOVER_USE_GROUPS off, for IPDISCOVER.
    pub fn resolved(&self, option: impl Into<&'static Declaration>, own: Option<&Value>, groups: &[Value]) -> Resolved {
        let option = option.into();
        let asked =
            self.switch(ENABLE_GROUPS) && (option.name != IPDISCOVER.0.name || self.switch(IPDISCOVER_USE_GROUPS));
        resolve(option, own, if asked { groups } else { &[] }, &self.value(option))
    }

    /// Values under names that no declaration knows, kept for export.
    pub fn kept(&self) -> &BTreeMap<String, Value> {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(name: &str, value: Value) -> Options {
        Options::new([(name.to_owned(), value)])
    }

    #[test]
    fn without_anything_stored_the_defaults_apply() {
        let options = Options::default();
        assert_eq!(options.number(PROLOG_FREQ), 24);
        assert_eq!(options.frequency(), Frequency::Always);
        assert!(options.switch(DEPLOY));
        assert!(!options.switch(DOWNLOAD));
        assert_eq!(options.text(SCAN_TYPE_IPDISCOVER), "ICMP");
        assert_eq!(options.number(AUTO_DUPLICATE_LVL), 7);
        assert_eq!(options.number(SECURITY_PASSWORD_MIN_CHAR), 12);
    }

    #[test]
    fn agents_are_never_told_to_call_more_often_than_every_hour() {
        assert_eq!(stored("PROLOG_FREQ", Value::Number(0)).number(PROLOG_FREQ), 1);
        assert_eq!(stored("PROLOG_FREQ", Value::Number(-7)).number(PROLOG_FREQ), 1);
    }

    #[test]
    fn a_value_out_of_bounds_never_becomes_a_special_one() {
        assert_eq!(stored("FREQUENCY", Value::Number(-5)).frequency(), Frequency::Always);
        assert_eq!(stored("FREQUENCY", Value::Number(5000)).frequency(), Frequency::Every(999));
        assert_eq!(stored("IPDISCOVER", Value::Number(-1)).number(IPDISCOVER), 2);
    }

    /// A level with a criterion that we do not know would otherwise merge computers on fewer criteria than asked.
    #[test]
    fn an_unknown_criterion_merges_nothing() {
        assert_eq!(stored("AUTO_DUPLICATE_LVL", Value::Number(64 + 1)).number(AUTO_DUPLICATE_LVL), 0);
    }

    #[test]
    fn values_in_the_wrong_column_are_understood() {
        assert_eq!(stored("PROLOG_FREQ", Value::Text(" 12 ".into())).number(PROLOG_FREQ), 12);
        assert_eq!(stored("PROLOG_FREQ", Value::Text("twelve".into())).number(PROLOG_FREQ), 24);
        assert_eq!(stored("SCAN_TYPE_SNMP", Value::Text("nmap".into())).text(SCAN_TYPE_SNMP), "NMAP");
        assert_eq!(stored("SCAN_TYPE_SNMP", Value::Number(3)).text(SCAN_TYPE_SNMP), "ICMP");
    }

    #[test]
    fn unknown_names_are_kept() {
        let options = stored("GUI_REPORT_RAM_MAX", Value::Number(512));
        assert_eq!(options.kept().get("GUI_REPORT_RAM_MAX"), Some(&Value::Number(512)));
    }

    #[test]
    fn groups_count_only_when_they_are_enabled() {
        let groups = [Value::Number(3)];
        assert_eq!(Options::default().resolved(FREQUENCY, None, &groups).origin, Origin::Group(0));
        let off = stored("ENABLE_GROUPS", Value::Number(0));
        assert_eq!(off.resolved(FREQUENCY, None, &groups).origin, Origin::General);
        let alone = stored("IPDISCOVER_USE_GROUPS", Value::Number(0));
        assert_eq!(alone.resolved(IPDISCOVER, None, &[Value::Number(0)]).value, Value::Number(1));
        assert_eq!(alone.resolved(FREQUENCY, None, &groups).origin, Origin::Group(0));
    }
}
