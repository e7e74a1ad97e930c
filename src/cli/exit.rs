//! How the program ends: the list of exit codes, and the sentence for each failure.

use std::fmt;
use std::process::ExitCode;

use crate::app::OpenError;
use crate::config;
use crate::control::ClientError;
use crate::schema::SchemaError;
use crate::store;

/// Every exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Done.
    Done = 0,
    /// Some of it failed, or was refused; what failed is listed.
    Failed = 1,
    /// Wrong use: an unknown word, a missing argument.
    Usage = 2,
    /// Another Rollcall uses the data folder.
    InUse = 3,
    /// The settings cannot be used.
    Settings = 4,
    /// The data folder cannot be made, read or written, or is not there.
    Folder = 5,
    /// The data cannot be used: a newer release wrote them, or they are damaged.
    Data = 6,
    /// The server cannot start or go on for another reason.
    Server = 7,
}

/// The list for the help text.
pub const LIST: &str = "Exit codes:
  0  done
  1  some of it failed; what failed is listed
  2  wrong use
  3  another Rollcall uses the data folder
  4  the settings cannot be used
  5  the data folder cannot be used
  6  the data cannot be used (written by a newer release, or damaged)
  7  the server cannot start or go on";

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(code as u8)
    }
}

/// Why a command ends early: one sentence that says what happened and what to do.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub code: Code,
    /// For the person.
    pub sentence: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(code: Code, sentence: impl Into<String>) -> Failure {
        Failure { code, sentence: sentence.into() }
    }

    /// The server refused, and said why.
    pub fn refused(sentence: impl Into<String>) -> Failure {
        Failure::new(Code::Failed, sentence)
    }
}

/// The causes of an error, joined.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some repeat their cause in their own text.
        if !text.ends_with(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

impl From<config::Errors> for Failure {
    fn from(errors: config::Errors) -> Failure {
        Failure::new(Code::Settings, format!("the settings cannot be used.\n{errors}"))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Failure {
        match error {
            OpenError::InUse { path } => Failure::new(
                Code::InUse,
                format!(
                    "another Rollcall is already using the data folder `{}`: stop it first, or choose another folder \
                     with --data.",
                    path.display()
                ),
            ),
            OpenError::Folder { path, source } => Failure::new(
                Code::Folder,
                format!(
                    "the data folder `{}` cannot be made ({source}): choose another one with --data, or allow this \
                     account to write there.",
                    path.display()
                ),
            ),
            OpenError::Store { path, source: store::Error::Open { source, .. } } => opening(&path, source.as_ref()),
            OpenError::Store { path, source } => Failure::new(
                Code::Data,
                format!(
                    "the data in `{}` cannot be read ({}): restore a backup, or choose another folder with --data.",
                    path.display(),
                    causes(&source)
                ),
            ),
            OpenError::Schema(SchemaError::Newer { found }) => Failure::new(
                Code::Data,
                format!(
                    "the data were written by a newer release of Rollcall (shape {found}, this release knows {}): use \
                     that release, or restore a backup made before.",
                    crate::schema::SCHEMA
                ),
            ),
            // The very first write tells whether there is room.
            OpenError::Schema(SchemaError::Store(source @ store::Error::Unavailable(_))) => Failure::new(
                Code::Folder,
                format!(
                    "nothing can be written to the data folder ({}): make room on its disk, or choose another folder \
                     with --data.",
                    causes(&source)
                ),
            ),
            OpenError::Schema(SchemaError::Store(source)) => Failure::new(
                Code::Data,
                format!(
                    "the data cannot be read or written ({}): see whether the disk is full or read-only.",
                    causes(&source)
                ),
            ),
            OpenError::Blank { path } => Failure::new(
                Code::Data,
                format!(
                    "the database in `{}` is damaged (nothing is left in the file). It was left as it is: restore a \
                     backup, or move `store.redb` away to begin anew.",
                    path.display()
                ),
            ),
            OpenError::Random => Failure::new(Code::Server, "the system gives no random numbers: nothing can be made."),
        }
    }
}

/// The file of the database does not open: it may not, or it is no database.
fn opening(path: &std::path::Path, source: &(dyn std::error::Error + 'static)) -> Failure {
    let why = causes(source);
    let path = path.display();
    let io = source.downcast_ref::<redb::Error>().is_some_and(
        |error| matches!(error, redb::Error::Io(error) if error.kind() != std::io::ErrorKind::InvalidData),
    );
    if io {
        let sentence = format!(
            "the data folder `{path}` cannot be read and written ({why}): allow this account to write there, or choose \
             another folder with --data."
        );
        Failure::new(Code::Folder, sentence)
    } else {
        let sentence = format!(
            "the database in `{path}` cannot be opened ({why}): restore a backup, or move `store.redb` away to begin \
             anew."
        );
        Failure::new(Code::Data, sentence)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let sentence = match &error {
            ClientError::Place { .. } => format!("{error}. Run the command with the account of the server."),
            other => format!("{}.", causes(other)),
        };
        Failure::new(Code::Failed, sentence)
    }
}
