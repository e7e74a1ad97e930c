//! Values of options: reading what people type, judging what is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::declaration::{Declaration, Flag, Kind, Own, Word};
use super::{OPTIONS, declared};
use crate::config::nearest;
use crate::i18n::{Lang, fill};

/// A value as it is stored: the incumbent's IVALUE or TVALUE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Numbers, switches (0 or 1) and sums of bits.
    Number(i64),
    /// Texts and choices.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => text.fmt(f),
        }
    }
}

/// A text is no value of an option; [`BadValue::sentence`] says what is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct BadValue {
    /// The option's name, as given.
    pub option: String,
    /// What was typed, cut for showing.
    pub given: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a text is no value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// No option has the name; the nearest one that exists.
    UnknownOption(Option<&'static str>),
    /// The option exists, but computers and groups cannot override it.
    NotOverridable,
    /// Not a whole number from the first to the second, nor one of the words.
    Number(i64, i64, &'static [Word]),
    /// Neither on nor off.
    Switch,
    /// None of these words.
    Choice(&'static [&'static str]),
    /// More than so many characters, or more than one line.
    Text(usize),
    /// Not `host[:port]/folder`.
    Location,
    /// Not a list of ports.
    Ports,
    /// Not a sum of these bits.
    Bits(&'static [Flag]),
    /// Cannot be changed.
    Fixed,
}

impl BadValue {
    /// One sentence that says what is allowed.
    pub fn sentence(&self, lang: Lang) -> String {
        let (option, given) = (&self.option, &self.given);
        match &self.reason {
            Reason::UnknownOption(None) => fill(lang, "option_bad.unknown", &[("option", option)]),
            Reason::UnknownOption(Some(near)) => {
                fill(lang, "option_bad.unknown_near", &[("option", option), ("near", near)])
            }
            Reason::NotOverridable => fill(lang, "option_bad.not_overridable", &[("option", option)]),
            Reason::Number(least, most, []) => fill(
                lang,
                "option_bad.number",
                &[("option", option), ("given", given), ("least", least), ("most", most)],
            ),
            Reason::Number(least, most, words) => {
                let words: Vec<String> =
                    words.iter().map(|word| format!("{} ({})", word.typed(), word.value)).collect();
                fill(
                    lang,
                    "option_bad.worded",
                    &[
                        ("option", option),
                        ("given", given),
                        ("least", least),
                        ("most", most),
                        ("words", &words.join(", ")),
                    ],
                )
            }
            Reason::Switch => fill(lang, "option_bad.switch", &[("option", option), ("given", given)]),
            Reason::Choice(words) => {
                fill(lang, "option_bad.choice", &[("option", option), ("given", given), ("words", &words.join(" "))])
            }
            Reason::Text(most) => fill(lang, "option_bad.text", &[("option", option), ("most", most)]),
            Reason::Location => fill(lang, "option_bad.location", &[("option", option), ("given", given)]),
            Reason::Ports => fill(lang, "option_bad.ports", &[("option", option), ("given", given)]),
            Reason::Bits(flags) => {
                let flags: Vec<String> = flags.iter().map(|flag| format!("{} {}", flag.name, flag.bit)).collect();
                fill(lang, "option_bad.bits", &[("option", option), ("given", given), ("flags", &flags.join(", "))])
            }
            Reason::Fixed => fill(lang, "option_bad.fixed", &[("option", option)]),
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Lang::En))
    }
}

impl std::error::Error for BadValue {}

/// Reads what a person typed for the option of this name. Blanks around it do not count.
pub fn parse(name: &str, text: &str) -> Result<Value, BadValue> {
    let Some(option) = declared(name) else {
        let near = nearest(name, OPTIONS.iter().map(|option| option.name));
        return Err(bad(name, text, Reason::UnknownOption(near)));
    };
    option.parse(text)
}

fn bad(name: &str, text: &str, reason: Reason) -> BadValue {
    BadValue { option: name.chars().take(64).collect(), given: text.trim().chars().take(64).collect(), reason }
}

impl Declaration {
    /// Reads what a person typed as the general value.
    pub fn parse(&self, text: &str) -> Result<Value, BadValue> {
        // The default may be a text outside of the choice, such as "by language".
        if self.kind.is_text() && text.trim() == self.default_text() {
            return Ok(self.default_value());
        }
        self.kind.parse(text).map_err(|reason| bad(self.name, text, reason))
    }

    /// Reads what a person typed as the value of one computer or group.
    pub fn parse_own(&self, text: &str) -> Result<Value, BadValue> {
        match &self.own {
            Some(Own { kind, .. }) => kind.parse(text).map_err(|reason| bad(self.name, text, reason)),
            None => Err(bad(self.name, text, Reason::NotOverridable)),
        }
    }

    /// A stored general value as it counts: the nearest allowed one, or the default.
    pub(super) fn fitted(&self, stored: &Value) -> Value {
        if let Some(value) = self.kind.read(stored) {
            return value;
        }
        let number = match stored {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
        };
        match (self.kind, number) {
            (Kind::Number { least, most, words }, Some(number)) => {
                let near = number.clamp(least, most);
                let special = words.iter().any(|word| word.value == near);
                if special { self.default_value() } else { Value::Number(near) }
            }
            (Kind::Switch, Some(_)) => Value::Number(1),
            // A set with an unknown bit asks for something that is never fulfilled.
            (Kind::Bits(_), Some(_)) => Value::Number(0),
            (Kind::Text(most), _) => Value::Text(one_line(&stored.to_string()).chars().take(most).collect()),
            _ => self.default_value(),
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

impl Kind {
    /// Reads what a person typed.
    pub(super) fn parse(self, text: &str) -> Result<Value, Reason> {
        let text = text.trim();
        match self {
            Kind::Number { least, most, words } => {
                let word = words.iter().find(|word| word.typed().eq_ignore_ascii_case(text)).map(|word| word.value);
                word.or_else(|| text.parse().ok())
                    .filter(|number| (least..=most).contains(number))
                    .map(Value::Number)
                    .ok_or(Reason::Number(least, most, words))
            }
            Kind::Switch => match text.to_ascii_lowercase().as_str() {
                "1" | "on" | "yes" | "true" | "oui" => Ok(Value::Number(1)),
                "0" | "off" | "no" | "false" | "non" => Ok(Value::Number(0)),
                _ => Err(Reason::Switch),
            },
            Kind::Choice(words) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(text))
                .map(|word| Value::Text((*word).to_owned()))
                .ok_or(Reason::Choice(words)),
            Kind::Text(most) => {
                let fine = text.chars().count() <= most && !text.chars().any(char::is_control);
                if fine { Ok(Value::Text(text.to_owned())) } else { Err(Reason::Text(most)) }
            }
            Kind::Location => {
                if text.is_empty() || is_location(text) {
                    Ok(Value::Text(text.to_owned()))
                } else {
                    Err(Reason::Location)
                }
            }
            Kind::Ports => ports(text).map(Value::Text).ok_or(Reason::Ports),
            Kind::Bits(flags) => {
                let all = flags.iter().fold(0, |sum, flag| sum | flag.bit);
                let named = || {
                    text.split([',', ' ', '+']).filter(|part| !part.is_empty()).try_fold(0, |sum, part| {
                        let flag = flags.iter().find(|flag| flag.name.eq_ignore_ascii_case(part))?;
                        Some(sum | flag.bit)
                    })
                };
                text.parse::<i64>()
                    .ok()
                    .or_else(named)
                    .filter(|sum| !text.is_empty() && *sum >= 0 && sum & !all == 0)
                    .map(Value::Number)
                    .ok_or(Reason::Bits(flags))
            }
            Kind::Fixed(value) => {
                if text.parse() == Ok(value) {
                    Ok(Value::Number(value))
                } else {
                    Err(Reason::Fixed)
                }
            }
        }
    }

    /// A stored value, when it is allowed as it is. A number kept in the column for texts is understood.
    pub(super) fn read(self, stored: &Value) -> Option<Value> {
        match (self, stored) {
            (Kind::Text(_) | Kind::Choice(_) | Kind::Location | Kind::Ports, Value::Text(text)) => {
                self.parse(text).ok()
            }
            (Kind::Text(_) | Kind::Choice(_) | Kind::Location | Kind::Ports, Value::Number(_)) => None,
            (_, Value::Number(number)) => self.parse(&number.to_string()).ok(),
            (_, Value::Text(text)) => self.read(&Value::Number(text.trim().parse().ok()?)),
        }
    }
}

/// `host[:port]/folder`: what agents put after `http://` or `https://`. `$IP$` and `$NAME$` stand for a
/// redistribution server.
fn is_location(text: &str) -> bool {
    let (authority, folder) = text.split_once('/').unwrap_or((text, ""));
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, after)) => {
            if inside.parse::<std::net::Ipv6Addr>().is_err() {
                return false;
            }
            ("v6", after.strip_prefix(':').map(Some).unwrap_or(if after.is_empty() { None } else { Some("bad") }))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let host_fine = matches!(host, "$IP$" | "$NAME$")
        || (!host.is_empty()
            && host.len() <= 253
            && host.chars().all(|char| char.is_alphanumeric() || matches!(char, '.' | '-' | '_')));
    let port_fine = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let folder_fine = folder.len() <= 255
        && !folder.contains("//")
        && !folder.starts_with('/')
        && folder.chars().all(|char| char.is_alphanumeric() || "/._-~%$+@".contains(char));
    host_fine && port_fine && folder_fine
}

/// A list of ports in its normal spelling, without blanks.
fn ports(text: &str) -> Option<String> {
    let ports: Option<Vec<u16>> =
        text.split(',').map(|port| port.trim().parse::<u16>().ok().filter(|port| *port > 0)).collect();
    let ports = ports.filter(|ports| (1..=16).contains(&ports.len()))?;
    Some(ports.iter().map(u16::to_string).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(name: &str, text: &str) -> Option<i64> {
        match parse(name, text) {
            Ok(Value::Number(number)) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn numbers_words_and_switches() {
        assert_eq!(number("FREQUENCY", "always"), Some(0));
        assert_eq!(number("FREQUENCY", " Never "), Some(-1));
        assert_eq!(number("FREQUENCY", "7"), Some(7));
        assert_eq!(number("FREQUENCY", "1000"), None);
        assert_eq!(number("PROLOG_FREQ", "0"), None);
        assert_eq!(number("IPDISCOVER", "off"), Some(0));
        assert_eq!(number("DEPLOY", "off"), Some(0));
        assert_eq!(number("DEPLOY", "2"), None);
        assert_eq!(number("UPDATE", "1"), None);
        assert_eq!(number("AUTO_DUPLICATE_LVL", "hostname, serial"), Some(3));
        assert_eq!(number("AUTO_DUPLICATE_LVL", "63"), Some(63));
        assert_eq!(number("AUTO_DUPLICATE_LVL", "64"), None);
        assert_eq!(number("AUTO_DUPLICATE_LVL", ""), None);
    }

    #[test]
    fn locations_and_ports() {
        for fine in ["", "ocs.example.net/download", "10.0.0.1:8080/a/b", "[::1]:80/x", "$IP$/local", "server"] {
            assert!(parse("DOWNLOAD_URI_INFO", fine).is_ok(), "{fine}");
        }
        for wrong in ["http://x/y", "/download", "x:0/y", "x:99999/y", "a b/c", "x/\"onload", "[::g]/x", "[::1]x/y"] {
            assert!(parse("DOWNLOAD_URI_INFO", wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse("WOL_PORT", " 7, 9"), Ok(Value::Text("7,9".into())));
        assert!(parse("WOL_PORT", "7,").is_err());
    }

    #[test]
    fn an_empty_separator_means_by_language() {
        assert_eq!(parse("EXPORT_SEP", ""), Ok(Value::Text(String::new())));
        assert_eq!(parse("EXPORT_SEP", ";"), Ok(Value::Text(";".into())));
        assert!(parse("EXPORT_SEP", "|").is_err());
    }

    #[test]
    fn the_sentence_says_what_is_allowed() {
        let told = |name: &str, text: &str| parse(name, text).map_err(|wrong| wrong.to_string());
        assert_eq!(
            told("PROLOG_FREQ", "0"),
            Err("PROLOG_FREQ takes a whole number from 1 to 999, not `0`.".to_owned())
        );
        assert_eq!(
            told("PROLOGFREQ", "2"),
            Err("No option is called PROLOGFREQ; did you mean PROLOG_FREQ?".to_owned())
        );
        assert!(parse("FREQUENCY", "x").is_err_and(|wrong| wrong.sentence(Lang::Fr).contains("never (-1)")));
        let wrong = declared("DEPLOY").map(|option| option.parse_own("1"));
        assert!(wrong.is_some_and(|wrong| wrong.is_err_and(|wrong| wrong.reason == Reason::NotOverridable)));
    }

    /// Every reason has its sentence in both languages, with nothing left to fill in.
    #[test]
    fn no_sentence_has_a_hole() {
        for option in OPTIONS {
            for text in ["\u{1}\n|", "1000000000"] {
                if let Err(wrong) = option.parse(text) {
                    for lang in Lang::ALL {
                        let sentence = wrong.sentence(lang);
                        assert!(!sentence.contains('{') && sentence.contains(option.name), "{sentence}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_allowed_when_stored(index in 0..OPTIONS.len(), text in "\\PC{0,12}|-?[0-9]{1,6}") {
            let option = OPTIONS[index];
            if let Ok(value) = option.parse(&text) {
                prop_assert!(value == option.default_value() || option.kind.read(&value) == Some(value));
            }
        }

        #[test]
        fn whatever_is_stored_counts_as_something_allowed(index in 0..OPTIONS.len(), number: i64, text in "\\PC{0,12}") {
            let option = OPTIONS[index];
            for stored in [Value::Number(number), Value::Text(text.clone())] {
                let value = option.fitted(&stored);
                prop_assert!(value == option.default_value() || option.kind.read(&value) == Some(value));
            }
        }
    }
}
