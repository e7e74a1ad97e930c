//! Every setting, declared once: read by the file, the environment, the sample and the `config` command.
//!
//! The defaults are those of `Config::default` and `Limits::default`. Limits of all kinds come from the security
//! page, section "Limits".

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::types::{Listen, is_public_name};
use super::units::{read_duration, read_size, show_duration, show_size};
use super::{Config, units};
use crate::net::Network;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file, such as `web.http`; `ROLLCALL_WEB_HTTP` in the environment.
    pub name: &'static str,
    /// Which values are allowed.
    pub kind: Kind,
    /// What it is for, in one or two sentences.
    pub doc: &'static str,
    /// The value of a configuration as text; entries of lists are separated by a comma and a blank.
    pub(super) show: fn(&Config) -> String,
    /// Puts a text into a configuration; refused when it is not allowed.
    pub(super) apply: fn(&mut Config, Kind, &str) -> Result<(), NotAllowed>,
}

/// Which values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// Folders by their whole paths.
    Folders,
    /// A file, or nothing.
    File,
    /// The address of another server, or nothing.
    Server,
    /// Addresses to listen on.
    Listen,
    /// Names and addresses of servers.
    Names,
    /// Networks.
    Networks,
    /// A level of the log.
    Level,
    /// A size within these bounds, in bytes.
    Size(u64, u64),
    /// A duration within these bounds, in seconds.
    Time(u64, u64),
    /// A whole number within these bounds.
    Count(u64, u64),
}

/// A text is not among the allowed values; [`Kind::allowed`] says which these are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAllowed;

impl Kind {
    /// What is allowed, as the end of a sentence that begins with "allowed is".
    pub fn allowed(self) -> String {
        match self {
            Kind::Folder => "the path of a folder".to_owned(),
            Kind::Folders => "whole paths of folders, such as `/srv/sticks`".to_owned(),
            Kind::File => "the path of a file, or nothing".to_owned(),
            Kind::Server => "an address such as `https://ocs.example.net`, or nothing".to_owned(),
            Kind::Listen => {
                "`auto`, `off`, a port, or addresses with ports such as `[::]:80` or `192.168.1.10:80`".to_owned()
            }
            Kind::Names => "names and addresses without port, such as `ocs.example.net`".to_owned(),
            Kind::Networks => "networks or addresses such as `10.0.0.0/8`".to_owned(),
            Kind::Level => "`error`, `warn`, `info`, `debug` or `trace`".to_owned(),
            Kind::Size(least, most) => format!("a size from `{}` to `{}`", show_size(least), show_size(most)),
            Kind::Time(least, most) => {
                let shown = |seconds| show_duration(Duration::from_secs(seconds));
                format!("a duration from `{}` to `{}`", shown(least), shown(most))
            }
            Kind::Count(least, most) => format!("a whole number from {least} to {most}"),
        }
    }

    /// Whether the settings file may hold a list.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Kind::Listen | Kind::Names | Kind::Networks | Kind::Folders)
    }

    fn number(self, text: &str) -> Result<u64, NotAllowed> {
        let (value, least, most) = match self {
            Kind::Size(least, most) => (read_size(text), least, most),
            Kind::Count(least, most) => (text.trim().replace('_', "").parse().ok(), least, most),
            _ => return Err(NotAllowed),
        };
        value.filter(|value| (least..=most).contains(value)).ok_or(NotAllowed)
    }

    fn duration(self, text: &str) -> Result<Duration, NotAllowed> {
        let Kind::Time(least, most) = self else { return Err(NotAllowed) };
        let bounds = Duration::from_secs(least)..=Duration::from_secs(most);
        read_duration(text).filter(|value| bounds.contains(value)).ok_or(NotAllowed)
    }
}

impl Setting {
    /// The setting with this name.
    pub fn named(name: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("ROLLCALL_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Its value in a configuration, as the settings file would spell it.
    pub fn toml(&self, config: &Config) -> String {
        let text = (self.show)(config);
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        match self.kind {
            Kind::Count(..) => text,
            Kind::Names | Kind::Networks | Kind::Folders => {
                let entries: Vec<String> = entries(&text).map(quoted).collect();
                format!("[{}]", entries.join(", "))
            }
            _ => quoted(&text),
        }
    }
}

/// The entries of a list.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn folder(text: &str) -> Result<PathBuf, NotAllowed> {
    let fine = !text.trim().is_empty() && !text.contains('\0');
    if fine { Ok(PathBuf::from(text)) } else { Err(NotAllowed) }
}

fn names(text: &str) -> Result<Vec<String>, NotAllowed> {
    let names: Vec<String> = entries(text).map(str::to_owned).collect();
    if names.iter().all(|name| is_public_name(name)) { Ok(names) } else { Err(NotAllowed) }
}

fn folders(text: &str) -> Result<Vec<PathBuf>, NotAllowed> {
    let whole = |path: PathBuf| if path.is_absolute() { Ok(path) } else { Err(NotAllowed) };
    entries(text).map(|entry| folder(entry).and_then(whole)).collect()
}

fn networks(text: &str) -> Result<Vec<Network>, NotAllowed> {
    entries(text).map(|entry| entry.parse().map_err(|_| NotAllowed)).collect()
}

macro_rules! file {
    ($name:literal, $field:ident, $doc:literal) => {
        Setting {
            name: $name,
            kind: Kind::File,
            doc: $doc,
            show: |config| config.$field.display().to_string(),
            apply: |config, _, text| {
                config.$field = if text.trim().is_empty() { PathBuf::new() } else { folder(text)? };
                Ok(())
            },
        }
    };
}

macro_rules! size {
    ($name:literal, $($field:ident).+, $least:expr, $most:expr, $doc:literal) => {
        Setting {
            name: $name,
            kind: Kind::Size($least, $most),
            doc: $doc,
            show: |config| units::show_size(config.$($field).+ as u64),
            apply: |config, kind, text| {
                config.$($field).+ = kind.number(text)?.try_into().map_err(|_| NotAllowed)?;
                Ok(())
            },
        }
    };
}

macro_rules! time {
    ($name:literal, $($field:ident).+, $least:expr, $most:expr, $doc:literal) => {
        Setting {
            name: $name,
            kind: Kind::Time($least, $most),
            doc: $doc,
            show: |config| units::show_duration(config.$($field).+),
            apply: |config, kind, text| {
                config.$($field).+ = kind.duration(text)?;
                Ok(())
            },
        }
    };
}

macro_rules! count {
    ($name:literal, $($field:ident).+, $least:expr, $most:expr, $doc:literal) => {
        Setting {
            name: $name,
            kind: Kind::Count($least, $most),
            doc: $doc,
            show: |config| config.$($field).+.to_string(),
            apply: |config, kind, text| {
                config.$($field).+ = kind.number(text)?.try_into().map_err(|_| NotAllowed)?;
                Ok(())
            },
        }
    };
}

macro_rules! listen {
    ($name:literal, $field:ident, $doc:literal) => {
        Setting {
            name: $name,
            kind: Kind::Listen,
            doc: $doc,
            show: |config| config.$field.to_string(),
            apply: |config, _, text| {
                config.$field = text.parse::<Listen>().map_err(|()| NotAllowed)?;
                Ok(())
            },
        }
    };
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;
/// More than any machine has of anything that is counted here.
const MANY: u64 = 1_000_000_000;

/// Every setting, in the order of the sample file.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "data",
        kind: Kind::Folder,
        doc: "The data folder. Without this: the folder of the installation when there is one, else rollcall-data where \
              the program was started.",
        show: |config| config.data.display().to_string(),
        apply: |config, _, text| {
            config.data = folder(text)?;
            Ok(())
        },
    },
    listen!(
        "web.http",
        http,
        "Where HTTP is served. `auto` is port 80 of all addresses, or 8080 where port 80 is not permitted."
    ),
    listen!(
        "web.https",
        https,
        "Where HTTPS is served. `auto` is port 443 of all addresses, or 8443 where port 443 is not permitted."
    ),
    Setting {
        name: "web.public_names",
        kind: Kind::Names,
        doc: "Names and addresses under which agents and browsers reach this server; they go into its certificate.",
        show: |config| config.public_names.join(", "),
        apply: |config, _, text| {
            config.public_names = names(text)?;
            Ok(())
        },
    },
    Setting {
        name: "web.trusted_proxies",
        kind: Kind::Networks,
        doc: "Proxies that are believed when they name the address of the caller.",
        show: |config| config.trusted_proxies.iter().map(Network::to_string).collect::<Vec<_>>().join(", "),
        apply: |config, _, text| {
            config.trusted_proxies = networks(text)?;
            Ok(())
        },
    },
    Setting {
        name: "log.level",
        kind: Kind::Level,
        doc: "What is written to the log: this level and graver ones.",
        show: |config| config.log_level.to_string().to_lowercase(),
        apply: |config, _, text| {
            // The parser of levels would also take numbers.
            if !text.trim().chars().all(|char| char.is_ascii_alphabetic()) {
                return Err(NotAllowed);
            }
            config.log_level = text.trim().parse::<Level>().map_err(|_| NotAllowed)?;
            Ok(())
        },
    },
    Setting {
        name: "log.folder",
        kind: Kind::Folder,
        doc: "The folder of the log files; a relative path is inside of the data folder.",
        show: |config| config.log_in.display().to_string(),
        apply: |config, _, text| {
            config.log_in = folder(text)?;
            Ok(())
        },
    },
    size!("log.file_size", log_size, 64 * KIB, GIB, "A log file is closed at this size and the next one begins."),
    count!("log.files", log_files, 1, 100, "How many log files are kept, the current one included."),
    Setting {
        name: "import.stick_folders",
        kind: Kind::Folders,
        doc: "More folders in which USB sticks appear, beside the drives of Windows and what Linux mounts below /media, \
              /run/media and /mnt. Each is looked at itself, and the folders in it.",
        show: |config| {
            config.stick_folders.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        },
        apply: |config, _, text| {
            config.stick_folders = folders(text)?;
            Ok(())
        },
    },
    Setting {
        name: "replica.of",
        kind: Kind::Server,
        doc: "The main server, when this program is to serve its packages at a second site and nothing else.",
        show: |config| config.replica_of.as_ref().map(ToString::to_string).unwrap_or_default(),
        apply: |config, _, text| {
            let text = text.trim();
            config.replica_of = if text.is_empty() { None } else { Some(text.parse().map_err(|()| NotAllowed)?) };
            Ok(())
        },
    },
    file!("replica.ca", replica_ca, "The main server's cacert.pem; needed at the first start of a second site only."),
    file!(
        "replica.token_file",
        replica_token,
        "A file with the token of a second site; needed at its first start only. ROLLCALL_REPLICA_TOKEN may hold the token \
         itself."
    ),
    size!("store.cache", cache, 16 * MIB, 16 * GIB, "Memory of the database for what it read lately."),
    size!("limits.packed", limits.packed, KIB, GIB, "Largest message of an agent as it is sent."),
    size!("limits.inflated", limits.inflated, KIB, 4 * GIB, "Largest message of an agent after unpacking."),
    count!(
        "limits.ratio",
        limits.ratio,
        2,
        100_000,
        "A message above 1 MiB may unpack to at most this many times its size."
    ),
    count!("limits.xml_depth", limits.xml_depth, 8, 256, "Deepest nesting of elements in a message."),
    count!("limits.xml_elements", limits.xml_elements, 1000, 100_000_000, "Elements in one message."),
    count!("limits.xml_attributes", limits.xml_attributes, 16, 10_000, "Attributes of one element."),
    count!("limits.xml_name", limits.xml_name, 64, 65_536, "Bytes in the name of an element or attribute."),
    size!("limits.text", limits.text, 256, 16 * MIB, "Largest value that is kept of a message; longer ones are cut."),
    time!("limits.parse_time", limits.parse_time, 1, 600, "Longest time to read one message."),
    count!(
        "limits.parse_waiting",
        limits.parse_waiting,
        1,
        100_000,
        "Messages that wait to be read; more are sent away."
    ),
    size!(
        "limits.message_memory",
        limits.message_memory,
        16 * MIB,
        64 * GIB,
        "Memory for messages that are being read."
    ),
    size!(
        "limits.fragment_memory",
        limits.fragment_memory,
        MIB,
        64 * GIB,
        "Memory for parts of packages that agents fetch again and again."
    ),
    time!("limits.head_time", limits.head_time, 1, 600, "Time for the head of a request, and for a TLS handshake."),
    time!(
        "limits.body_time",
        limits.body_time,
        1,
        600,
        "Time for the body of a request; large ones get 1 s more for each KiB."
    ),
    time!("limits.body_time_most", limits.body_time_most, 1, HOUR, "Longest time for the body of a request."),
    count!(
        "limits.connections_per_address",
        limits.connections_per_address,
        1,
        100_000,
        "Open connections from one address."
    ),
    count!("limits.connections", limits.connections, 16, 1_000_000, "Open connections in all."),
    time!("limits.keep_alive", limits.keep_alive, 1, HOUR, "How long an idle connection is kept."),
    count!(
        "limits.new_devices_per_hour",
        limits.new_devices_per_hour,
        1,
        MANY,
        "New computers from one address within an hour; more are held."
    ),
    count!("limits.held_devices", limits.held_devices, 0, MANY, "New computers that wait for an administrator."),
    count!("limits.devices", limits.devices, 1, MANY, "Computers in all; more are held."),
    size!("limits.form", limits.form, KIB, 64 * MIB, "Largest form that a browser sends."),
    count!("limits.form_fields", limits.form_fields, 100, 1_000_000, "Fields in one form."),
    count!("limits.login_burst", limits.login_burst, 1, 10_000, "Attempts to log in from one address at once."),
    time!(
        "limits.login_every",
        limits.login_every,
        1,
        HOUR,
        "After that many attempts, one more is allowed each time this has passed."
    ),
    count!("limits.hashing", limits.hashing, 1, 64, "Passwords that are checked at the same time."),
    count!(
        "limits.hashing_waiting",
        limits.hashing_waiting,
        1,
        10_000,
        "Log-ins that wait for their password to be checked."
    ),
    time!("limits.session_idle", limits.session_idle, 60, 30 * DAY, "A log-in ends when it was not used for so long."),
    time!("limits.session_whole", limits.session_whole, 60, 30 * DAY, "A log-in ends after so long in any case."),
    size!("limits.import_file", limits.import_file, KIB, 16 * GIB, "Largest imported file, be it an archive."),
    count!("limits.upload_files", limits.upload_files, 1, 1000, "Files that a browser sends at once."),
    size!("limits.upload_whole", limits.upload_whole, MIB, TIB, "All files that a browser sends at once together."),
    size!("limits.upload_table", limits.upload_table, KIB, GIB, "Largest file with a table of values."),
    size!("limits.agent_file", limits.agent_file, MIB, GIB, "Largest file of an agent, such as its installer."),
    size!("limits.package_file", limits.package_file, MIB, TIB, "Largest file of a package."),
    count!("limits.package_files", limits.package_files, 1, 1000, "Files of a package that are sent at once."),
    size!(
        "limits.upload_rate",
        limits.upload_rate,
        1,
        GIB,
        "Files that come more slowly than so many bytes a second are not waited for."
    ),
    time!("limits.upload_time_most", limits.upload_time_most, 1, DAY, "Longest time for the files sent at once."),
    count!("limits.archive_entries", limits.archive_entries, 1, MANY, "Files in one imported archive."),
    size!("limits.archive_entry", limits.archive_entry, KIB, 16 * GIB, "Largest file in an imported archive."),
    size!("limits.archive_whole", limits.archive_whole, KIB, TIB, "All files of an imported archive together."),
    count!("limits.write_queue", limits.write_queue, 1, 1_000_000, "Changes that wait to be written."),
    size!("limits.write_queue_bytes", limits.write_queue_bytes, MIB, 64 * GIB, "Bytes that wait to be written."),
    size!(
        "limits.free_space",
        limits.free_space,
        0,
        TIB,
        "Free space on the disk below which inventories are no longer accepted."
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_reads_back() {
        for setting in SETTINGS {
            let mut config = Config::default();
            let text = (setting.show)(&config);
            assert_eq!((setting.apply)(&mut config, setting.kind, &text), Ok(()), "{} = {text}", setting.name);
            assert_eq!((setting.show)(&config), text, "{}", setting.name);
            assert_eq!(config.limits, Config::default().limits, "{}", setting.name);
        }
    }

    /// Each field of `Limits` is written out by its `Debug`; the list must have one setting for each.
    #[test]
    fn every_limit_is_a_setting() {
        let shown = format!("{:#?}", crate::limits::Limits::default());
        let fields = shown.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        for field in fields.filter_map(|line| line.trim().split_once(':')) {
            assert!(Setting::named(&format!("limits.{}", field.0)).is_some(), "limits.{}", field.0);
        }
    }

    #[test]
    fn what_is_not_allowed_changes_nothing() {
        for setting in SETTINGS {
            for wrong in ["\0", "99999999999999999999 TiB", "-1", "?"] {
                // A folder or file may have nearly any name.
                if matches!(setting.kind, Kind::Folder | Kind::File) && wrong != "\0" {
                    continue;
                }
                let mut config = Config::default();
                assert_eq!((setting.apply)(&mut config, setting.kind, wrong), Err(NotAllowed), "{}", setting.name);
                assert_eq!(config.report(), Config::default().report(), "{}", setting.name);
            }
        }
    }
}
