//! Identifiers as distinct types.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Number of a computer, the incumbent's `hardware.ID`: given once, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ComputerId(pub u32);

impl fmt::Display for ComputerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a group: given once, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct GroupId(pub u32);

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an agent calls itself: host name and the time of its first run, `NAME-YYYY-MM-DD-hh-mm-ss`.
///
/// Kept as it was sent. Two spellings that differ only in ASCII case name the same computer, which is
/// why look-ups use [`DeviceId::folded`]. It is a key and nothing else: never part of a path or of markup.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeviceId(String);

/// The text is no device id: empty, longer than 255 characters, or without the date at its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a device id (host name, then a date as -YYYY-MM-DD-hh-mm-ss)")]
pub struct BadDeviceId;

impl DeviceId {
    /// Longest identifier, in characters.
    pub const LONGEST: usize = 255;
    /// Length of the date block `-YYYY-MM-DD-hh-mm-ss`.
    const BLOCK: usize = 20;

    /// The identifier as the agent spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spelling that look-ups use: ASCII letters in lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for DeviceId {
    type Err = BadDeviceId;

    /// Blanks and line ends around the identifier are dropped; the digits need not be a real date.
    fn from_str(text: &str) -> Result<Self, BadDeviceId> {
        let text = text.trim();
        let head = text.len().checked_sub(Self::BLOCK).filter(|&at| at > 0 && text.is_char_boundary(at));
        let Some(head) = head else { return Err(BadDeviceId) };
        let block = &text.as_bytes()[head..];
        let shaped = block.iter().enumerate().all(|(at, byte)| match at {
            0 | 5 | 8 | 11 | 14 | 17 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        // A line end inside the name would end a log line or a pattern; agents never send one.
        let clean = !text.chars().any(char::is_control);
        if shaped && clean && text.chars().count() <= Self::LONGEST {
            Ok(DeviceId(text.to_owned()))
        } else {
            Err(BadDeviceId)
        }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_hold_dots_dashes_blanks_accents_and_ampersands() {
        for name in ["pc-1", "srv.office.lan", "Poste de René", "a&b", "x_y", "-", "pc-2026-01-01-00-00-00"] {
            let id = format!("{name}-2026-02-03-08-15-42");
            assert_eq!(id.parse::<DeviceId>().map(|id| id.to_string()), Ok(id));
        }
        assert_eq!("pc-2026-02-03-08-15-42\n".parse::<DeviceId>().unwrap().as_str(), "pc-2026-02-03-08-15-42");
    }

    #[test]
    fn what_does_not_end_in_a_date_block_is_refused() {
        let long = format!("{}-2026-02-03-08-15-42", "x".repeat(236));
        for text in [
            "",
            "pc",
            "-2026-02-03-08-15-42",
            "pc-2026-02-03-08-15-4",
            "pc-2026-02-03-08-15-4x",
            "pc_2026-02-03-08-15-42",
            "é-02-03-08-15-42",
            "../../etc/passwd",
            "a\nb-2026-02-03-08-15-42",
            "_SYSTEMGROUP_",
            long.as_str(),
        ] {
            assert_eq!(text.parse::<DeviceId>(), Err(BadDeviceId), "{text:?}");
        }
    }
}
