//! A package: what it is for, what the agent does with it, its archive. Rules without storage.
//!
//! Source: agent protocol page, sections 12.1 and 12.3; console page, CON-DEP-1 to 4.

use serde::{Deserialize, Serialize};

use super::archive::{Entry, Listing};
use crate::clock::Timestamp;
use crate::named_record;

/// Number of a package: the second in which it was made, as the incumbent numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct PackageId(pub u32);

impl std::fmt::Display for PackageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A built package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its number; the key of its record.
    #[serde(skip)]
    pub id: PackageId,
    /// Unique among packages, 1 to 255 characters.
    pub name: String,
    /// For people.
    pub description: String,
    /// Computers that may have it.
    pub system: System,
    /// How fragments are fetched.
    pub protocol: Protocol,
    /// 0 to 10. 0 comes before all others, which wait meanwhile.
    pub priority: u8,
    /// What the agent does.
    pub action: Action,
    /// The file to launch with its arguments, the command to execute, or the folder to store into.
    pub argument: String,
    /// The files; `None` for a command alone.
    pub archive: Option<Archive>,
    /// What the user of the computer is asked before.
    #[serde(default)]
    pub notify: Option<Notify>,
    /// What the user is told to do before the package counts as done.
    #[serde(default)]
    pub done: Option<String>,
    /// When it was made.
    pub made: Timestamp,
    /// Who made it.
    pub by: String,
}

named_record!(Package);

/// The systems that packages are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum System {
    /// Windows: archives are zip files.
    Windows,
    /// Linux: archives are tar.gz files.
    Linux,
    /// macOS: archives are tar.gz files.
    MacOs,
}

/// How fragments travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// Without encryption; the digest in the information file, which comes encrypted, proves them.
    Http,
    /// Encrypted.
    Https,
}

/// What the agent does with the unpacked archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Runs a file of the archive; on Unix its exit code becomes part of the result.
    Launch,
    /// Runs a command in the folder of the unpacked archive.
    Execute,
    /// Copies the files into a folder.
    Store,
}

/// The archive of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// Bytes.
    pub size: u64,
    /// Number of fragments, at least 1.
    pub fragments: u32,
    /// Bytes of each fragment but the last, which has what is left.
    pub fragment: u64,
    /// What agents compare.
    pub algorithm: Algorithm,
    /// The digest for agents: hexadecimal in lower case, which is what Windows agents compare.
    pub digest: String,
    /// Our own digest of the same bytes, in hexadecimal.
    pub sha256: String,
}

/// Digests that agents know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// Unix agents. They know SHA1 too, but through a Perl module that distributions no longer have.
    Md5,
    /// Windows agents.
    Sha256,
}

/// What the user of a Windows computer sees before the package runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notify {
    /// The text.
    pub text: String,
    /// Seconds until it goes on by itself; 0 waits for the user.
    pub countdown: u32,
    /// The user may refuse.
    pub can_abort: bool,
    /// The user may put it off.
    pub can_delay: bool,
}

/// What the archive of a package holds, as far as it is kept for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contents {
    /// How many files and folders.
    pub entries: u64,
    /// Bytes when it is unpacked.
    pub total: u64,
    /// The first of them.
    pub first: Vec<Entry>,
}

named_record!(Contents);

/// What is left of a package that was removed: its number is in the histories of agents, and is not given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Its number; the key of its record.
    #[serde(skip)]
    pub id: PackageId,
    /// Its name.
    pub name: String,
    /// Computers that might have it.
    pub system: System,
    /// Bytes of its archive.
    pub size: u64,
    /// When it was made.
    pub made: Timestamp,
    /// Who made it.
    pub by: String,
    /// When it was removed.
    pub at: Timestamp,
    /// Who removed it.
    pub removed_by: String,
}

named_record!(Removed);

impl Contents {
    /// Entries that are kept.
    const KEPT: usize = 500;

    /// What is kept of a listing.
    pub fn of(listing: &Listing) -> Contents {
        let first = listing.entries.iter().take(Contents::KEPT).cloned().collect();
        Contents { entries: listing.entries.len() as u64, total: listing.total, first }
    }
}

impl System {
    /// All of them, in the order of menus.
    pub const ALL: [System; 3] = [System::Windows, System::Linux, System::MacOs];

    /// As the field spells it (OSNAME), which is also the value of forms.
    pub fn word(self) -> &'static str {
        match self {
            System::Windows => "WINDOWS",
            System::Linux => "LINUX",
            System::MacOs => "MAC",
        }
    }

    /// The reverse of [`System::word`].
    pub fn of(word: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.word() == word)
    }

    /// The digest that its agents compare.
    pub fn algorithm(self) -> Algorithm {
        match self {
            System::Windows => Algorithm::Sha256,
            System::Linux | System::MacOs => Algorithm::Md5,
        }
    }

    /// Whether a computer with this OSNAME may run it. A name that says nothing is no reason to leave a computer out.
    pub fn fits(self, os_name: &str) -> bool {
        let name = os_name.to_ascii_lowercase();
        let windows = name.contains("windows");
        let mac = ["macos", "mac os", "os x", "darwin"].iter().any(|word| name.contains(word));
        match self {
            _ if name.trim().is_empty() => true,
            System::Windows => windows,
            System::MacOs => mac,
            System::Linux => !windows && !mac && !name.contains("android"),
        }
    }
}

impl Protocol {
    /// As the information file spells it.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Http => "HTTP",
            Protocol::Https => "HTTPS",
        }
    }

    /// The reverse of [`Protocol::word`].
    pub fn of(word: &str) -> Option<Protocol> {
        [Protocol::Http, Protocol::Https].into_iter().find(|protocol| protocol.word() == word)
    }
}

impl Action {
    /// All of them, in the order of menus.
    pub const ALL: [Action; 3] = [Action::Launch, Action::Execute, Action::Store];

    /// As the information file spells it.
    pub fn word(self) -> &'static str {
        match self {
            Action::Launch => "LAUNCH",
            Action::Execute => "EXECUTE",
            Action::Store => "STORE",
        }
    }

    /// The reverse of [`Action::word`].
    pub fn of(word: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.word() == word)
    }

    /// The attribute of the information file that holds the argument.
    pub fn attribute(self) -> &'static str {
        match self {
            Action::Launch => "NAME",
            Action::Execute => "COMMAND",
            Action::Store => "PATH",
        }
    }
}

impl Algorithm {
    /// As the information file spells it: upper case is what Unix agents want.
    pub fn word(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA256",
        }
    }
}

impl Package {
    /// Number of fragments; 0 for a command alone.
    pub fn fragments(&self) -> u32 {
        self.archive.as_ref().map_or(0, |archive| archive.fragments)
    }

    /// Bytes of a fragment, counted from 1; `None` when there is no such one.
    pub fn fragment_length(&self, number: u32) -> Option<u64> {
        let archive = self.archive.as_ref().filter(|archive| (1..=archive.fragments).contains(&number))?;
        let before = archive.fragment.saturating_mul(u64::from(number - 1));
        let left = archive.size.checked_sub(before)?;
        Some(if number == archive.fragments { left } else { archive.fragment.min(left) })
    }

    /// Whether it has this name, in whatever case.
    pub fn has_name(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    /// Bytes of the archive; 0 for a command alone.
    pub fn size(&self) -> u64 {
        self.archive.as_ref().map_or(0, |archive| archive.size)
    }
}

/// The file that a LAUNCH names: up to the first blank outside of quotes.
///
/// `"Set up.exe" /S` names `Set up.exe`.
pub fn launched(argument: &str) -> &str {
    let argument = argument.trim();
    match argument.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => argument.split_ascii_whitespace().next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_dep_12_systems_fit_the_names_that_agents_send() {
        let fitting = |name: &str| {
            System::ALL.into_iter().filter(|system| system.fits(name)).map(System::word).collect::<Vec<_>>()
        };
        assert_eq!(fitting("Microsoft Windows 11 Pro"), ["WINDOWS"]);
        assert_eq!(fitting("Debian GNU/Linux 12 (bookworm)"), ["LINUX"]);
        assert_eq!(fitting("FreeBSD"), ["LINUX"]);
        for mac in ["macOS Sonoma", "Mac OS X", "Darwin", "OS X 10.9"] {
            assert_eq!(fitting(mac), ["MAC"], "{mac}");
        }
        assert_eq!(fitting("Android Linux"), [""; 0]);
        assert_eq!(fitting(" "), ["WINDOWS", "LINUX", "MAC"], "nothing is known");
    }

    #[test]
    fn con_dep_2_the_launched_file_is_the_first_word() {
        for (argument, file) in [
            ("setup.exe", "setup.exe"),
            (" setup.exe /S /D=C:\\x", "setup.exe"),
            ("\"Set up.exe\" /S", "Set up.exe"),
            ("", ""),
            ("\"open", "open"),
        ] {
            assert_eq!(launched(argument), file, "{argument}");
        }
    }

    #[test]
    fn words_lead_back_to_what_they_stand_for() {
        assert!(System::ALL.into_iter().all(|system| System::of(system.word()) == Some(system)));
        assert!(Action::ALL.into_iter().all(|action| Action::of(action.word()) == Some(action)));
        assert_eq!(Protocol::of("HTTPS"), Some(Protocol::Https));
        assert_eq!(Protocol::of("FTP"), None);
    }
}
