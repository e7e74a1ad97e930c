//! What one option is: the type of the entries of `list`.

use super::resolve::Among;
use super::value::Value;
use crate::i18n::{Lang, number, plural, text};

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its name, as exports and imports spell it.
    pub name: &'static str,
    /// Key of the sentence that explains it.
    pub help: &'static str,
    /// Which values are allowed.
    pub kind: Kind,
    /// The default of numbers, switches and bits.
    pub(super) number: i64,
    /// The default of texts and choices.
    pub(super) text: &'static str,
    /// In what the number counts.
    pub unit: Unit,
    /// The group of the options page in which it stands.
    pub page: Page,
    /// Where the incumbent keeps it.
    pub place: Place,
    /// How computers and groups may override it; `None` where they may not.
    pub own: Option<Own>,
    /// Belongs to a feature that this release does not have yet: stored and exported, not offered.
    pub later: bool,
}

/// Which values an option takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number; some values have a meaning of their own.
    Number {
        /// Smallest value.
        least: i64,
        /// Largest value.
        most: i64,
        /// Values with a meaning of their own.
        words: &'static [Word],
    },
    /// 0 or 1.
    Switch,
    /// One of these words; the empty text as well where it is the default.
    Choice(&'static [&'static str]),
    /// One line of text of at most so many characters.
    Text(usize),
    /// `host[:port]/folder` without scheme; empty means this server.
    Location,
    /// Port numbers separated by commas.
    Ports,
    /// The sum of some of these bits.
    Bits(&'static [Flag]),
    /// Always this number; cannot be changed.
    Fixed(i64),
}

/// A value of a number with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The value.
    pub value: i64,
    /// Key of the word in each language; its last part is what may be typed instead of the number.
    pub key: &'static str,
}

impl Word {
    /// What may be typed instead of the number: `never`.
    pub fn typed(self) -> &'static str {
        self.key.rsplit('.').next().unwrap_or(self.key)
    }
}

/// One bit of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// The bit, a power of two.
    pub bit: i64,
    /// Its name in the field.
    pub name: &'static str,
}

/// In what a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing, or nothing with a name.
    None,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Megabytes.
    Megabytes,
    /// Kilobits per second.
    Kilobits,
    /// Cycles of the download period.
    Cycles,
    /// Characters.
    Characters,
    /// Computers.
    Computers,
    /// Tries to log in.
    Tries,
}

impl Unit {
    /// Key of the unit for [`plural`]; `None` for bare numbers.
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Unit::None => None,
            Unit::Milliseconds => Some("unit.millisecond"),
            Unit::Seconds => Some("unit.second"),
            Unit::Minutes => Some("unit.minute"),
            Unit::Hours => Some("unit.hour"),
            Unit::Days => Some("unit.day"),
            Unit::Megabytes => Some("unit.megabyte"),
            Unit::Kilobits => Some("unit.kilobit"),
            Unit::Cycles => Some("unit.cycle"),
            Unit::Characters => Some("unit.character"),
            Unit::Computers => Some("unit.computer"),
            Unit::Tries => Some("unit.try"),
        }
    }
}

/// The groups of the options page, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// When agents call and what they send.
    Inventory,
    /// Which computers are the same.
    Duplicates,
    /// Packages and agent files.
    Deployment,
    /// Scans of subnets.
    Network,
    /// Groups.
    Groups,
    /// Passwords and log-ins.
    Security,
    /// What the console shows and exports.
    Console,
    /// Without effect here; kept so that an export carries them.
    Kept,
}

impl Page {
    /// Every group, in the order of the page.
    pub const ALL: [Page; 8] = [
        Page::Inventory,
        Page::Duplicates,
        Page::Deployment,
        Page::Network,
        Page::Groups,
        Page::Security,
        Page::Console,
        Page::Kept,
    ];

    /// Key of the group's title.
    pub const fn title(self) -> &'static str {
        match self {
            Page::Inventory => "option_group.inventory",
            Page::Duplicates => "option_group.duplicates",
            Page::Deployment => "option_group.deployment",
            Page::Network => "option_group.network",
            Page::Groups => "option_group.groups",
            Page::Security => "option_group.security",
            Page::Console => "option_group.console",
            Page::Kept => "option_group.kept",
        }
    }
}

/// Where the incumbent keeps a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Column IVALUE of its table.
    IValue,
    /// Column TVALUE of its table.
    TValue,
    /// Its engine's configuration file only: never part of a dump.
    File,
}

/// How an option is overridden.
#[derive(Debug, Clone, Copy)]
pub struct Own {
    /// The name under which computers and groups keep it, the incumbent's `devices.NAME`.
    pub name: &'static str,
    /// Which values computers and groups may have; others are ignored.
    pub kind: Kind,
    /// The column of `devices`.
    pub place: Place,
    /// Who may override it.
    pub who: Who,
    /// Which value counts when several groups have one.
    pub among: Among,
}

/// Who may override an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A computer.
    Computer,
    /// A group.
    Group,
    /// Both.
    Both,
}

impl Declaration {
    const fn new(kind: Kind, number: i64, text: &'static str, place: Place) -> Declaration {
        Declaration {
            name: "",
            help: "",
            kind,
            number,
            text,
            unit: Unit::None,
            page: Page::Kept,
            place,
            own: None,
            later: false,
        }
    }

    /// A whole number within bounds.
    pub(super) const fn number(default: i64, least: i64, most: i64) -> Declaration {
        Declaration::new(Kind::Number { least, most, words: &[] }, default, "", Place::IValue)
    }

    /// A whole number, some values of which have a meaning of their own.
    pub(super) const fn worded(default: i64, least: i64, most: i64, words: &'static [Word]) -> Declaration {
        Declaration::new(Kind::Number { least, most, words }, default, "", Place::IValue)
    }

    /// On or off.
    pub(super) const fn switch(default: bool) -> Declaration {
        Declaration::new(Kind::Switch, default as i64, "", Place::IValue)
    }

    /// Anything kept as a text.
    pub(super) const fn text(kind: Kind, default: &'static str) -> Declaration {
        Declaration::new(kind, 0, default, Place::TValue)
    }

    /// A set of bits.
    pub(super) const fn bits(default: i64, flags: &'static [Flag]) -> Declaration {
        Declaration::new(Kind::Bits(flags), default, "", Place::IValue)
    }

    /// A number that cannot be changed.
    pub(super) const fn fixed(value: i64) -> Declaration {
        Declaration::new(Kind::Fixed(value), value, "", Place::IValue)
    }

    /// Gives the name, and the help that goes with it; what is only kept has one help in common.
    pub(super) const fn called(self, name: &'static str, help: &'static str) -> Declaration {
        Declaration { name, help: if matches!(self.page, Page::Kept) { "option.kept" } else { help }, ..self }
    }

    /// Says in what it counts.
    pub(super) const fn unit(self, unit: Unit) -> Declaration {
        Declaration { unit, ..self }
    }

    /// Says where on the options page it stands.
    pub(super) const fn page(self, page: Page) -> Declaration {
        Declaration { page, ..self }
    }

    /// Says that the incumbent keeps it in a file.
    pub(super) const fn in_file(self) -> Declaration {
        Declaration { place: Place::File, ..self }
    }

    /// Says that its feature is not there yet.
    pub(super) const fn later(self) -> Declaration {
        Declaration { later: true, ..self }
    }

    /// Computers and groups may override it.
    pub(super) const fn own(self, name: &'static str, kind: Kind, among: Among) -> Declaration {
        self.own_in(name, kind, among, Place::IValue)
    }

    /// Computers and groups may override it, in the given column.
    pub(super) const fn own_in(self, name: &'static str, kind: Kind, among: Among, place: Place) -> Declaration {
        Declaration { own: Some(Own { name, kind, place, who: Who::Both, among }), ..self }
    }

    /// The default where nothing is stored.
    pub fn default_value(&self) -> Value {
        if self.kind.is_text() { Value::Text(self.text.to_owned()) } else { Value::Number(self.number) }
    }

    /// Whether the console offers it: it has an effect in this release.
    pub fn is_offered(&self) -> bool {
        self.page != Page::Kept && !self.later
    }

    /// The default of a number, switch or set; 0 for texts.
    pub fn default_number(&self) -> i64 {
        self.number
    }

    /// The default of a text or choice; empty for numbers.
    pub fn default_text(&self) -> &'static str {
        self.text
    }

    /// A value for people, with its unit: `always`, `7 days`, `on`, `HOSTNAME, SERIAL`.
    pub fn shown(&self, lang: Lang, value: &Value) -> String {
        self.kind.shown(lang, value, self.unit)
    }
}

impl Kind {
    /// Whether values are texts; otherwise they are numbers.
    pub const fn is_text(self) -> bool {
        matches!(self, Kind::Choice(_) | Kind::Text(_) | Kind::Location | Kind::Ports)
    }

    /// A value for people; see [`Declaration::shown`].
    pub fn shown(self, lang: Lang, value: &Value, unit: Unit) -> String {
        let Value::Number(value) = value else { return value.to_string() };
        match self {
            Kind::Switch => text(lang, if *value == 0 { "option_word.off" } else { "option_word.on" }).to_owned(),
            Kind::Bits(_) if *value == 0 => text(lang, "option_word.none").to_owned(),
            Kind::Bits(flags) => {
                let names: Vec<&str> =
                    flags.iter().filter(|flag| value & flag.bit != 0).map(|flag| flag.name).collect();
                names.join(", ")
            }
            Kind::Number { words, .. } if words.iter().any(|word| word.value == *value) => {
                words.iter().find(|word| word.value == *value).map_or("", |word| text(lang, word.key)).to_owned()
            }
            _ => match (unit.key(), u64::try_from(*value)) {
                (Some(key), Ok(count)) => plural(lang, key, count, &[]),
                _ => number(lang, *value),
            },
        }
    }
}
