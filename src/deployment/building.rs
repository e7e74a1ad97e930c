//! From what was typed into the form of a task to a package, or to what is wrong with it. Rules without storage.
//!
//! Source: console page, CON-DEP-1 to 3; agent protocol page, section 12.3.

use std::borrow::Cow;

use super::archive::{Listing, is_reserved};
use super::package::{Action, Notify, Package, PackageId, Protocol, System, launched};
use super::tasks::{Ask, Brings, Does, Task};
use crate::clock::Timestamp;

/// Names of the fields.
pub mod field {
    /// The package's name.
    pub const NAME: &str = "name";
    /// For people.
    pub const DESCRIPTION: &str = "description";
    /// HTTP or HTTPS.
    pub const PROTOCOL: &str = "protocol";
    /// 0 to 10.
    pub const PRIORITY: &str = "priority";
    /// The file of an archive that is meant.
    pub const RUN: &str = "run";
    /// What stands behind it.
    pub const ARGUMENTS: &str = "arguments";
    /// A command line.
    pub const COMMAND: &str = "command";
    /// A folder.
    pub const PATH: &str = "path";
    /// The product code of an MSI.
    pub const PRODUCT: &str = "product";
    /// LAUNCH, EXECUTE or STORE.
    pub const ACTION: &str = "action";
    /// The argument of the action.
    pub const ARGUMENT: &str = "argument";
    /// The file.
    pub const FILE: &str = "file";
    /// A script that is typed.
    pub const SCRIPT: &str = "script";
    /// The user is told before.
    pub const NOTIFY: &str = "notify";
    /// What the user is told.
    pub const NOTIFY_TEXT: &str = "notify-text";
    /// Seconds until it goes on by itself.
    pub const NOTIFY_COUNTDOWN: &str = "notify-countdown";
    /// The user may refuse.
    pub const NOTIFY_ABORT: &str = "notify-abort";
    /// The user may put it off.
    pub const NOTIFY_DELAY: &str = "notify-delay";
    /// The user has something to do before it counts as done.
    pub const DONE: &str = "done";
    /// What that is.
    pub const DONE_TEXT: &str = "done-text";
}

/// What was typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the fields of the form, see `field`")]
pub struct Typed<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub protocol: &'a str,
    pub priority: &'a str,
    pub run: &'a str,
    pub arguments: &'a str,
    pub command: &'a str,
    pub path: &'a str,
    pub product: &'a str,
    pub action: &'a str,
    pub argument: &'a str,
    pub notify: bool,
    pub notify_text: &'a str,
    pub notify_countdown: &'a str,
    pub notify_abort: bool,
    pub notify_delay: bool,
    pub done: bool,
    pub done_text: &'a str,
}

/// What the package has to unpack.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// No file.
    Nothing,
    /// A file of this name, which was packed here.
    Bare(&'a str),
    /// An archive as it was brought.
    Archive(&'a Listing),
}

/// What is wrong: the field, and the key of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// Name of the field.
    pub field: &'static str,
    /// Key of what to do.
    pub key: &'static str,
}

/// Most characters of a name.
pub const LONGEST_NAME: usize = 255;
/// Most characters of a description, and of a text for users.
pub const LONGEST_TEXT: usize = 1000;
/// Most characters of a command.
pub const LONGEST_COMMAND: usize = 2000;
/// Most seconds until a notice goes on by itself.
const LONGEST_COUNTDOWN: u32 = 99_999;

/// Makes the package, without number, archive, time and author.
///
/// # Errors
/// Everything that is wrong.
pub fn plan(task: &Task, system: System, typed: &Typed, content: Content) -> Result<Package, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut says = |field, key| wrong.push(Wrong { field, key });
    let name = typed.name.trim();
    if !is_line(name, LONGEST_NAME) {
        says(field::NAME, "build.error-name");
    }
    if typed.description.chars().count() > LONGEST_TEXT {
        says(field::DESCRIPTION, "build.error-long");
    }
    let protocol = Protocol::of(typed.protocol);
    if protocol.is_none() {
        says(field::PROTOCOL, "build.error-protocol");
    }
    let priority = typed.priority.trim().parse::<u8>().ok().filter(|priority| *priority <= 10);
    if priority.is_none() {
        says(field::PRIORITY, "build.error-priority");
    }
    let order = order(task, system, typed, content).map_err(|found| wrong.extend(found));
    let notify = notify(system, typed).map_err(|found| wrong.push(found));
    let done = done(system, typed).map_err(|found| wrong.push(found));
    match (protocol, priority, order, notify, done) {
        (Some(protocol), Some(priority), Ok((action, argument)), Ok(notify), Ok(done)) if wrong.is_empty() => {
            Ok(Package {
                id: PackageId::default(),
                name: name.to_owned(),
                description: typed.description.trim().to_owned(),
                system,
                protocol,
                priority,
                action,
                argument,
                archive: None,
                notify,
                done,
                made: Timestamp(0),
                by: String::new(),
            })
        }
        _ => Err(wrong),
    }
}

/// What the agent does, and with what.
fn order(task: &Task, system: System, typed: &Typed, content: Content) -> Result<(Action, String), Vec<Wrong>> {
    let one = |field, key| Err(vec![Wrong { field, key }]);
    let command = |typed: &str, field: &'static str| match typed.trim() {
        "" => one(field, "build.error-command"),
        text if is_line(text, LONGEST_COMMAND) => Ok((Action::Execute, text.to_owned())),
        _ => one(field, "build.error-command-line"),
    };
    let missing = matches!(content, Content::Nothing);
    if missing && matches!(task.brings, Brings::File | Brings::Files | Brings::Script(_)) {
        let key = if matches!(task.brings, Brings::Script(_)) { "build.error-script" } else { "build.error-file" };
        return one(field::FILE, key);
    }
    match task.does {
        Does::Command => command(typed.command, field::COMMAND),
        Does::Store => store(system, typed.path, field::PATH),
        Does::Uninstall(template) => match (typed.product.trim(), typed.command.trim()) {
            ("", "") => one(field::PRODUCT, "build.error-product-or-command"),
            ("", text) => command(text, field::COMMAND),
            (_, text) if !text.is_empty() => one(field::COMMAND, "build.error-product-and-command"),
            (code, _) => match product_code(code) {
                Some(code) => Ok((Action::Execute, template.replace("{file}", &code))),
                None => one(field::PRODUCT, "build.error-product"),
            },
        },
        Does::Launch | Does::Run(_) => {
            let launches = task.does == Does::Launch;
            let file =
                named(system, typed.run, content, launches).map_err(|key| vec![Wrong { field: field::RUN, key }])?;
            let arguments = typed.arguments.trim();
            if !arguments.is_empty() && !is_line(arguments, LONGEST_COMMAND) {
                return one(field::ARGUMENTS, "build.error-command-line");
            }
            let (action, template) = match task.does {
                Does::Run(template) => (Action::Execute, template),
                _ => (Action::Launch, "{file} {arguments}"),
            };
            let whole = template.replace("{file}", &quoted(system, &file, launches));
            Ok((action, whole.replace("{arguments}", arguments).trim_end().to_owned()))
        }
        Does::AsTyped => match Action::of(typed.action) {
            None => one(field::ACTION, "build.error-action"),
            Some(Action::Execute) => command(typed.argument, field::ARGUMENT),
            Some(_) if missing => one(field::FILE, "build.error-file-execute"),
            Some(Action::Store) => store(system, typed.argument, field::ARGUMENT),
            Some(Action::Launch) => {
                let (_, argument) = command(typed.argument, field::ARGUMENT)?;
                let file = launched(&argument);
                let there = match content {
                    Content::Nothing => false,
                    Content::Bare(name) => is_same(system, name, file),
                    Content::Archive(listing) => !file.contains(['/', '\\']) && listing.has(file, system),
                };
                if there { Ok((Action::Launch, argument)) } else { one(field::ARGUMENT, "build.error-launch") }
            }
        },
    }
}

fn store(system: System, path: &str, field: &'static str) -> Result<(Action, String), Vec<Wrong>> {
    let path = path.trim();
    if is_line(path, LONGEST_COMMAND) && is_folder(system, path) {
        return Ok((Action::Store, path.to_owned()));
    }
    let key = if system == System::Windows { "build.error-path-windows" } else { "build.error-path" };
    Err(vec![Wrong { field, key }])
}

/// The file that is run: the bare one, or the one that was typed, when the archive holds it.
fn named<'a>(system: System, typed: &str, content: Content<'a>, launches: bool) -> Result<Cow<'a, str>, &'static str> {
    let listing = match content {
        Content::Nothing => return Err("build.error-file"),
        Content::Bare(name) => return Ok(Cow::Borrowed(name)),
        Content::Archive(listing) => listing,
    };
    let file = typed.trim().trim_start_matches("./");
    if file.is_empty() {
        return Err("build.error-run");
    }
    let slashed = if system == System::Windows { file.replace('\\', "/") } else { file.to_owned() };
    if launches && slashed.contains('/') {
        return Err("build.error-run-folder");
    }
    if file.contains(['"', '\'']) || file.chars().any(char::is_control) || !listing.has(&slashed, system) {
        return Err("build.error-run-missing");
    }
    Ok(Cow::Owned(file.to_owned()))
}

/// A file as a command line names it. LAUNCH takes marks only where a blank asks for them.
fn quoted(system: System, file: &str, launches: bool) -> String {
    let plain = file.chars().all(|c| c.is_ascii_alphanumeric() || "._-/+".contains(c));
    match system {
        System::Windows if launches && !file.contains(' ') => file.to_owned(),
        System::Windows => format!("\"{file}\""),
        System::Linux | System::MacOs if launches && plain => file.to_owned(),
        System::Linux | System::MacOs if plain => format!("./{file}"),
        System::Linux | System::MacOs => format!("'./{file}'"),
    }
}

/// `{8-4-4-4-12}` hexadecimal digits with their braces in capitals.
fn product_code(typed: &str) -> Option<String> {
    let inside = typed.trim().trim_start_matches('{').trim_end_matches('}').to_ascii_uppercase();
    let parts: Vec<&str> = inside.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (digits && lengths == [8, 4, 4, 4, 12]).then(|| format!("{{{inside}}}"))
}

/// Whether it is a folder that does not depend on where the agent works.
fn is_folder(system: System, path: &str) -> bool {
    if path.starts_with("INSTALL_PATH") {
        return true;
    }
    match system {
        System::Windows => {
            let drive = matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
            drive || path.starts_with("\\\\") || path.starts_with('%')
        }
        System::Linux | System::MacOs => path.starts_with('/'),
    }
}

fn is_same(system: System, name: &str, other: &str) -> bool {
    if system == System::Windows { name.eq_ignore_ascii_case(other) } else { name == other }
}

/// One line that is not blank.
fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// A text for users: several lines are allowed.
fn is_text(text: &str) -> bool {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    !text.trim().is_empty() && text.chars().count() <= LONGEST_TEXT && !text.chars().any(odd)
}

/// The notice before; only Windows agents know it.
fn notify(system: System, typed: &Typed) -> Result<Option<Notify>, Wrong> {
    if !typed.notify || system != System::Windows {
        return Ok(None);
    }
    if !is_text(typed.notify_text) {
        return Err(Wrong { field: field::NOTIFY_TEXT, key: "build.error-notify" });
    }
    let countdown = match typed.notify_countdown.trim() {
        "" => Some(0),
        text => text.parse::<u32>().ok().filter(|seconds| *seconds <= LONGEST_COUNTDOWN),
    };
    let Some(countdown) = countdown else {
        return Err(Wrong { field: field::NOTIFY_COUNTDOWN, key: "build.error-countdown" });
    };
    let text = typed.notify_text.trim().replace("\r\n", "\n");
    Ok(Some(Notify { text, countdown, can_abort: typed.notify_abort, can_delay: typed.notify_delay }))
}

/// What the user has to do afterwards; only Windows agents know it.
fn done(system: System, typed: &Typed) -> Result<Option<String>, Wrong> {
    if !typed.done || system != System::Windows {
        return Ok(None);
    }
    if !is_text(typed.done_text) {
        return Err(Wrong { field: field::DONE_TEXT, key: "build.error-done" });
    }
    Ok(Some(typed.done_text.trim().replace("\r\n", "\n")))
}

/// Whether a file is taken as the archive that it is: by its name. What else begins like one (a document, a gzip file)
/// is packed as it is.
pub fn is_archive_name(name: &str, system: System) -> bool {
    let name = name.to_ascii_lowercase();
    match system {
        System::Windows => name.ends_with(".zip"),
        System::Linux | System::MacOs => name.ends_with(".tar.gz") || name.ends_with(".tgz"),
    }
}

/// The name that a bare file gets in the archive that is made for it. Files that are stored keep theirs as far as
/// systems can have it; what is run gets one that no command line trips over.
pub fn packed_name(name: &str, task: &Task) -> String {
    let keeps = matches!(task.does, Does::Store | Does::AsTyped);
    let letter = |c: char| match c {
        _ if c.is_control() || "/\\:*?\"<>|".contains(c) => '_',
        _ if keeps || c.is_ascii_alphanumeric() || "._-+".contains(c) => c,
        _ => '_',
    };
    let name: String = name.trim().trim_end_matches(['.', ' ']).chars().map(letter).collect();
    if name.is_empty() || name.starts_with('-') || is_reserved(&name) { format!("_{name}") } else { name }
}

/// A script for a shell says which one reads it: the system's own, when it was not said.
pub fn with_shell(text: &str, system: System) -> Cow<'_, str> {
    if system == System::Windows || text.trim_start_matches('\u{feff}').starts_with("#!") {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("#!/bin/sh\n{}", text.trim_start_matches('\u{feff}')))
    }
}

/// Whether a task asks something.
pub fn asks(task: &Task, what: fn(&Ask) -> bool) -> bool {
    task.asks.iter().any(what)
}

#[cfg(test)]
#[path = "building_tests.rs"]
mod tests;
