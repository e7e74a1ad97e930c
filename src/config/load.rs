//! From file, environment and flags to a [`Config`].

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{Config, Listen, Origin, SETTINGS, Setting, nearest};

/// Largest settings file, in bytes.
const FILE_MOST: u64 = 1 << 20;

/// What settings are read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file of `--config`; it must exist. Without it, `config.toml` in the data folder, which may be missing.
    pub file: Option<PathBuf>,
    /// Environment variables; only `ROLLCALL_…` are looked at.
    pub environment: Vec<(String, String)>,
    /// Flag as it was typed, name of the setting, value: `("--http", "web.http", "127.0.0.1:0")`.
    pub flags: Vec<(&'static str, &'static str, String)>,
    /// The data folder of an installation on this machine, see [`Sources::installed`].
    pub installation: Option<PathBuf>,
}

impl Sources {
    /// The environment and the installation of this machine; file and flags are for the caller to add.
    pub fn of_this_machine() -> Sources {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Sources {
            environment: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            installation: Sources::installed(),
            ..Sources::default()
        }
    }

    /// The data folder of the installed product, when there is one that this account can look into.
    pub fn installed() -> Option<PathBuf> {
        let (folder, sign) = if cfg!(windows) {
            let base = std::env::var_os("ProgramData").map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from);
            let folder = base.join("Rollcall");
            (folder.clone(), folder)
        } else {
            let folder = PathBuf::from("/var/lib/rollcall");
            let store = folder.join("store.redb");
            (folder, store)
        };
        std::fs::metadata(sign).is_ok().then_some(folder)
    }
}

/// Why settings cannot be used. Each is one sentence with the place, the key and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause, part of the sentence because nothing can be done without it.
        reason: io::Error,
    },
    /// The settings file is larger than 1 MiB.
    #[error("the settings file `{}` is larger than 1 MiB; it is not ours", .0.display())]
    TooLarge(PathBuf),
    /// The settings file is no TOML.
    #[error("{place}: this is not a settings file in TOML: {message}")]
    Syntax {
        /// Where.
        place: Origin,
        /// What the reader did not understand.
        message: String,
    },
    /// A key is not known.
    #[error("{place}: `{key}` is no setting{}", meant(*.near))]
    Unknown {
        /// Where.
        place: Origin,
        /// The key as given.
        key: String,
        /// The nearest known one.
        near: Option<&'static str>,
    },
    /// A value is not allowed.
    #[error("{place}: `{}` cannot be `{given}`; allowed is {}", setting.name, setting.kind.allowed())]
    NotAllowed {
        /// Where.
        place: Origin,
        /// The setting.
        setting: &'static Setting,
        /// The value as given.
        given: String,
    },
    /// The settings file inside of the data folder says where the data folder is.
    #[error("{0}: `data` cannot be set in the file that is found in the data folder; use `--data` or ROLLCALL_DATA")]
    DataInside(Origin),
    /// Nothing would be served.
    #[error("`web.http` and `web.https` are both `off`, so nobody could reach the server; leave one of them on")]
    NothingServed,
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// All that is wrong with the settings, one sentence a line.
#[derive(Debug)]
pub struct Errors(pub Vec<Error>);

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// One value that somebody gave.
struct Given {
    place: Origin,
    key: String,
    /// `None` for a value that is no text, number or list of these, such as a table or a date.
    value: Option<String>,
    list: bool,
}

impl Config {
    /// Reads all sources. Nothing of a value that is not allowed is used; all mistakes are told at once.
    pub fn load(sources: &Sources) -> Result<Config, Errors> {
        let mut errors = Vec::new();
        let outside = given_outside(sources);
        let mut config = Config::default();
        config.data = sources.installation.clone().unwrap_or(config.data);

        let asked = sources.file.clone().or_else(|| {
            let variable = sources.environment.iter().find(|(name, _)| name.eq_ignore_ascii_case("ROLLCALL_CONFIG"));
            variable.filter(|(_, path)| !path.is_empty()).map(|(_, path)| PathBuf::from(path))
        });
        // Where the data folder is must be known before the file in it is read.
        let data = outside.iter().rev().find(|given| given.key == "data").and_then(|given| given.value.as_ref());
        let file = asked.clone().unwrap_or_else(|| Config::file_in(&data.map_or(config.data.clone(), PathBuf::from)));
        let mut inside = match read(&file, asked.is_some()) {
            Ok(text) => given_in_file(&file, &text, &mut errors),
            Err(error) => {
                errors.push(error);
                Vec::new()
            }
        };
        if asked.is_none() {
            inside.retain(|given| {
                if given.key == "data" {
                    errors.push(Error::DataInside(given.place.clone()));
                }
                given.key != "data"
            });
        }
        for given in inside.into_iter().chain(outside) {
            if let Err(error) = config.take(given) {
                errors.push(error);
            }
        }
        if errors.is_empty() && config.http == Listen::Off && config.https == Listen::Off {
            errors.push(Error::NothingServed);
        }
        if errors.is_empty() { Ok(config) } else { Err(Errors(errors)) }
    }

    fn take(&mut self, given: Given) -> Result<(), Error> {
        let Given { place, key, value, list } = given;
        let Some(setting) = Setting::named(&key) else {
            let near = nearest(&key, SETTINGS.iter().map(|setting| setting.name));
            return Err(Error::Unknown { place, key, near });
        };
        let value = value.filter(|_| !list || setting.kind.is_list());
        let applied = value.as_ref().is_some_and(|value| (setting.apply)(self, setting.kind, value).is_ok());
        if applied {
            self.origins.insert(setting.name, place);
            Ok(())
        } else {
            let given =
                value.map_or_else(|| "a value of another kind".to_owned(), |value| value.chars().take(80).collect());
            Err(Error::NotAllowed { place, setting, given })
        }
    }
}

/// The text of the settings file; empty when it is missing and nobody asked for it.
fn read(path: &Path, required: bool) -> Result<String, Error> {
    let unreadable = |reason| Error::Unreadable { path: path.to_owned(), reason };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => return Ok(String::new()),
        Err(reason) => return Err(unreadable(reason)),
    };
    let mut text = String::new();
    file.take(FILE_MOST + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_MOST { Err(Error::TooLarge(path.to_owned())) } else { Ok(text) }
}

fn given_in_file(path: &Path, text: &str, errors: &mut Vec<Error>) -> Vec<Given> {
    // Editors on Windows put a mark before the first line.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let place = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        Origin::File(path.to_owned(), before.matches('\n').count() + 1)
    };
    match DeTable::parse(text) {
        Ok(table) => {
            let mut found = Vec::new();
            walk("", table.get_ref(), &place, &mut found);
            found
        }
        Err(error) => {
            let place = place(error.span().map_or(0, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            errors.push(Error::Syntax { place, message });
            Vec::new()
        }
    }
}

fn walk(prefix: &str, table: &DeTable<'_>, place: &dyn Fn(usize) -> Origin, found: &mut Vec<Given>) {
    for (key, value) in table {
        let start = key.span().start;
        let key = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) if Setting::named(&key).is_none() => walk(&key, inner, place, found),
            other => {
                let list = matches!(other, DeValue::Array(_));
                found.push(Given { place: place(start), key, value: plain(other), list });
            }
        }
    }
}

/// A value as text; entries of a list are joined by commas.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Array(entries) => {
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|entry| if matches!(entry.get_ref(), DeValue::Array(_)) { None } else { plain(entry.get_ref()) })
                .collect();
            entries.map(|entries| entries.join(", "))
        }
        DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// What the environment and then the flags say.
fn given_outside(sources: &Sources) -> Vec<Given> {
    let environment = sources.environment.iter().filter_map(|(name, value)| {
        let upper = name.to_ascii_uppercase();
        let rest = upper.strip_prefix("ROLLCALL_")?;
        // Names for our own tests are none of the settings' business; an empty variable is one that is not set.
        // The token of a second site is no setting: settings are shown.
        if rest == "CONFIG" || rest == "REPLICA_TOKEN" || rest.starts_with("TEST_") || value.is_empty() {
            return None;
        }
        let setting = SETTINGS.iter().find(|setting| setting.variable() == upper);
        let key =
            setting.map_or_else(|| rest.to_ascii_lowercase().replacen('_', ".", 1), |setting| setting.name.to_owned());
        Some(Given { place: Origin::Environment(name.clone()), key, value: Some(value.clone()), list: false })
    });
    let flags = sources.flags.iter().map(|(flag, name, value)| Given {
        place: Origin::Flag((*flag).to_owned()),
        key: (*name).to_owned(),
        value: Some(value.clone()),
        list: false,
    });
    environment.chain(flags).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A data folder with this settings file.
    fn office(file: &str) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(Config::file_in(folder.path()), file).unwrap();
        let data = folder.path().display().to_string();
        let sources = Sources { flags: vec![("--data", "data", data)], ..Sources::default() };
        (folder, sources)
    }

    fn told(file: &str) -> String {
        let (folder, sources) = office(file);
        let errors = Config::load(&sources).unwrap_err().to_string();
        errors.replace(&format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR), "")
    }

    #[test]
    fn the_later_source_wins() {
        let (_folder, mut sources) =
            office("[web]\nhttp = \"8080\"\nhttps = [\"[::1]:1\", \"127.0.0.1:2\"]\n[log]\nfiles = 3");
        sources.environment.push(("ROLLCALL_LOG_FILES".into(), "4".into()));
        sources.environment.push(("ROLLCALL_WEB_HTTP".into(), "81".into()));
        sources.environment.push(("ROLLCALL_TEST_DATABASE".into(), "x".into()));
        sources.environment.push(("PATH".into(), "x".into()));
        sources.flags.push(("--http", "web.http", "127.0.0.1:0".into()));
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.http.to_string(), "127.0.0.1:0");
        assert_eq!(config.https.to_string(), "[::1]:1, 127.0.0.1:2");
        assert_eq!(config.log_files, 4);
        assert_eq!(config.origin("web.http"), Origin::Flag("--http".into()));
        assert_eq!(config.origin("log.files"), Origin::Environment("ROLLCALL_LOG_FILES".into()));
        assert!(matches!(config.origin("web.https"), Origin::File(_, 3)));
        assert_eq!(config.origin("log.level"), Origin::Default);
        assert!(config.report().contains("log.files = 4"));
    }

    #[test]
    fn units_are_understood() {
        let (_folder, sources) =
            office("limits.packed = \"2 MiB\"\nlimits.head_time = \"2 min\"\nlimits.devices = 1_000");
        let config = Config::load(&sources).unwrap();
        assert_eq!(config.limits.packed, 2 << 20);
        assert_eq!(config.limits.head_time, Duration::from_secs(120));
        assert_eq!(config.limits.devices, 1000);
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_what_is_allowed() {
        assert_eq!(told("\n\n[web]\nhtpp = 80"), "config.toml:4: `web.htpp` is no setting; did you mean `web.http`?");
        assert_eq!(told("http = 80"), "config.toml:1: `http` is no setting; did you mean `web.http`?");
        assert_eq!(told("colour = 1"), "config.toml:1: `colour` is no setting");
        assert_eq!(
            told("[limits]\npacked = 8"),
            "config.toml:2: `limits.packed` cannot be `8`; allowed is a size from `1 KiB` to `1 GiB`"
        );
        assert_eq!(
            told("limits.devices = [1]"),
            "config.toml:1: `limits.devices` cannot be `a value of another kind`; allowed is a whole number from 1 to 1000000000"
        );
        assert!(told("[web\nhttp = 80").starts_with("config.toml:1: this is not a settings file in TOML: "));
        assert!(told("data = \"elsewhere\"").starts_with("config.toml:1: `data` cannot be set in the file"));
        assert!(told("web.http = \"off\"\nweb.https = \"off\"").contains("both `off`"));
        assert_eq!(told("a = 1\nb = 2").lines().count(), 2);
    }

    #[test]
    fn an_unknown_variable_is_refused() {
        let sources = Sources { environment: vec![("ROLLCALL_WEB_HTPP".into(), "1".into())], ..Sources::default() };
        let errors = Config::load(&sources).unwrap_err().to_string();
        assert_eq!(
            errors,
            "environment variable ROLLCALL_WEB_HTPP: `web.htpp` is no setting; did you mean `web.http`?"
        );
    }

    #[test]
    fn the_data_folder_follows_the_rule() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.toml");
        std::fs::write(&file, "\u{feff}data = \"from-file\"").unwrap();
        let mut sources = Sources::default();
        let data = |sources: &Sources| Config::load(sources).unwrap().data.display().to_string();
        assert_eq!(data(&sources), "rollcall-data");
        sources.installation = Some("/var/lib/rollcall-test".into());
        assert_eq!(data(&sources), "/var/lib/rollcall-test");
        sources.file = Some(file);
        assert_eq!(data(&sources), "from-file");
        sources.environment.push(("ROLLCALL_DATA".into(), "from-environment".into()));
        assert_eq!(data(&sources), "from-environment");
        sources.flags.push(("--data", "data", "from-flag".into()));
        assert_eq!(data(&sources), "from-flag");
    }

    #[test]
    fn a_missing_file_matters_only_when_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().display().to_string();
        let mut sources = Sources { flags: vec![("--data", "data", data)], ..Sources::default() };
        assert!(Config::load(&sources).is_ok());
        sources.file = Some(folder.path().join("none.toml"));
        assert!(Config::load(&sources).unwrap_err().to_string().starts_with("cannot read the settings file"));
    }
}
