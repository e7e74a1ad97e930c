//! Settings: what must be known before the store opens, or could lock the owner out.
//!
//! Each setting is declared once in [`SETTINGS`] and read from the file, the environment and flags, of which the
//! later wins. What an administrator changes in the console are `options`, not settings.
//!
//! Source: product page; architecture page, sections 4 and 8.

mod load;
mod nearest;
mod sample;
mod settings;
mod types;
mod units;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use tracing::Level;

pub use load::{Error, Errors, Sources};
pub use nearest::nearest;
pub use sample::sample;
pub use settings::{Kind, SETTINGS, Setting};
pub use types::{Listen, MainAddress};
pub use units::{read_duration, read_size, show_duration, show_size};

use crate::limits::{Limits, MIB};
use crate::net::{Network, Networks};

/// The effective settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Where HTTP is served.
    pub http: Listen,
    /// Where HTTPS is served.
    pub https: Listen,
    /// Names and addresses of this server, for certificates and package addresses.
    pub public_names: Vec<String>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// What is written to the log: this level and graver ones.
    pub log_level: Level,
    /// The folder of the log files; a relative path is inside of the data folder. See [`Config::log_folder`].
    pub log_in: PathBuf,
    /// A log file is closed at this size, in bytes.
    pub log_size: u64,
    /// How many log files are kept, the current one included.
    pub log_files: u32,
    /// Memory of the store for pages, in bytes.
    pub cache: u64,
    /// More folders in which USB sticks appear.
    pub stick_folders: Vec<PathBuf>,
    /// The main server whose packages this one serves at a second site; then it is nothing else.
    pub replica_of: Option<MainAddress>,
    /// The file with the main server's authorities.
    pub replica_ca: PathBuf,
    /// The file with the token that the main server gave.
    pub replica_token: PathBuf,
    /// The bounds on what comes from outside.
    pub limits: Limits,
    /// Where settings come from; those that are missing have their default.
    origins: BTreeMap<&'static str, Origin>,
}

/// Where the value of a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This line of the settings file.
    File(PathBuf, usize),
    /// This environment variable.
    Environment(String),
    /// This flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => write!(f, "environment variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One line of the answer to "which settings apply".
#[derive(Debug, Clone)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value, as the settings file would spell it.
    pub value: String,
    /// Where the value comes from.
    pub origin: Origin,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: PathBuf::from("rollcall-data"),
            http: Listen::Auto,
            https: Listen::Auto,
            public_names: Vec::new(),
            trusted_proxies: Vec::new(),
            log_level: Level::INFO,
            log_in: PathBuf::from("log"),
            log_size: 10_000_000,
            log_files: 5,
            cache: 16 * MIB as u64,
            stick_folders: Vec::new(),
            replica_of: None,
            replica_ca: PathBuf::new(),
            replica_token: PathBuf::new(),
            limits: Limits::default(),
            origins: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Proxies whose forwarding headers are believed.
    pub fn trusted_proxies(&self) -> Networks {
        Networks(self.trusted_proxies.clone())
    }

    /// The folder of the log files.
    pub fn log_folder(&self) -> PathBuf {
        self.data.join(&self.log_in)
    }

    /// The settings file of a data folder.
    pub fn file_in(data: &Path) -> PathBuf {
        data.join("config.toml")
    }

    /// Where the value of a setting comes from.
    pub fn origin(&self, name: &str) -> Origin {
        self.origins.get(name).cloned().unwrap_or(Origin::Default)
    }

    /// Every setting with its value and where it comes from, in the order of the sample file.
    pub fn effective(&self) -> Vec<Effective> {
        SETTINGS
            .iter()
            .map(|setting| Effective { setting, value: setting.toml(self), origin: self.origin(setting.name) })
            .collect()
    }

    /// [`Config::effective`] as lines for people: `web.http = "auto"  (default)`.
    pub fn report(&self) -> String {
        let lines: Vec<(String, Origin)> = self
            .effective()
            .into_iter()
            .map(|line| (format!("{} = {}", line.setting.name, line.value), line.origin))
            .collect();
        let width = lines.iter().map(|(left, _)| left.chars().count()).filter(|width| *width < 60).max().unwrap_or(0);
        lines.iter().map(|(left, origin)| format!("{left:width$}  ({origin})\n")).collect()
    }
}
