//! Rollcall as a service of systemd.
//!
//! The unit's text is in [`super::unit`]; here are the steps. Whatever is asked for twice is there once.
//!
//! Source: SEC-61.

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, chownat, fchmod, fstat, openat};
use rustix::io::Errno;

use super::unit::{self, ACCOUNT};
use super::{Deed, Error, NAME, Plan, State, usual_data};

/// The unit that `install` writes.
const UNIT: &str = "/etc/systemd/system/rollcall.service";
/// Units of packages, which are the package manager's to change.
const PACKAGED: [&str; 2] = ["/usr/lib/systemd/system/rollcall.service", "/lib/systemd/system/rollcall.service"];
/// Where a program from somebody's own folder is copied to: who can change the program is the service.
const PROGRAM: &str = "/usr/local/bin/rollcall";
/// Folders that only administrators write to, as a rule.
const SYSTEM: [&str; 4] = ["/usr", "/opt", "/bin", "/sbin"];
/// Folders that the service cannot look into.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
/// Where systemd, when it runs, shows that it does.
const RUNS: &str = "/run/systemd/system";

/// Does it; the sentence says what is so now.
///
/// # Errors
/// One sentence, see [`Error`].
pub fn perform(deed: &Deed) -> Result<String, Error> {
    if !Path::new(RUNS).is_dir() {
        return Err(Error::NoManager(
            "systemd does not run this machine, so there are no services to make or change: start the server with \
             `rollcall serve` from what starts programs here"
                .to_owned(),
        ));
    }
    match deed {
        Deed::Install(plan) => install(plan),
        Deed::Uninstall => uninstall(),
        Deed::Start => start(),
        Deed::Stop => stop(),
        Deed::Status => status(),
    }
}

/// How the service is.
///
/// # Errors
/// `systemctl` does not answer.
pub fn state() -> Result<State, Error> {
    shown().map(|shown| unit::state(&shown))
}

fn install(plan: &Plan) -> Result<String, Error> {
    administrator("make")?;
    not_packaged()?;
    if HOMES.iter().any(|home| plan.data.starts_with(home)) {
        return Err(failed(
            "the data cannot lie there",
            format!(
                "the service may not look into `{}`; leave --data out for {}, or name another folder",
                plan.data.display(),
                usual_data().display()
            ),
        ));
    }
    if fs::symlink_metadata(&plan.data).is_ok_and(|about| about.is_symlink()) {
        return Err(failed(
            "the data cannot lie there",
            format!("`{}` is a link, and what it points to may change; name the folder itself", plan.data.display()),
        ));
    }
    let (executable, copied) = placed(&plan.executable)?;
    let plan = Plan { executable, ..plan.clone() };
    let Some(text) = unit::text(&plan, &usual_data()) else {
        return Err(failed("the service cannot be made", "a path holds characters that systemd does not take".into()));
    };
    account()?;
    let given = prepare_data(&plan)?;
    let changed = fs::read_to_string(UNIT).ok().as_ref() != Some(&text);
    if changed {
        write(Path::new(UNIT), text.as_bytes(), 0o644)
            .map_err(|error| failed("the unit cannot be written", error.to_string()))?;
        ask("the unit cannot be read by systemd", &["daemon-reload"])?;
    }
    ask("the service cannot be enabled", &["--quiet", "enable", NAME])?;
    if changed || copied || given {
        // A server that runs goes on with what was changed; one that does not stays as it is.
        ask("the service does not start again", &["try-restart", NAME])?;
    }
    let how = if changed { "is made" } else { "is there already" };
    let program = plan.executable.display();
    Ok(format!(
        "The service `{NAME}` {how}: it runs `{program}` with the data in `{}` and starts with the machine. \
         `rollcall service start` starts it now.",
        plan.data.display()
    ))
}

fn uninstall() -> Result<String, Error> {
    administrator("remove")?;
    // One that was made here counts before the package's, and goes first.
    if !fs::symlink_metadata(UNIT).is_ok_and(|about| about.is_file()) {
        not_packaged()?;
    }
    if !Path::new(UNIT).exists() {
        return Ok(format!("There is no service `{NAME}` on this machine; nothing was removed."));
    }
    ask("the service does not stop", &["--quiet", "disable", "--now", NAME])?;
    fs::remove_file(UNIT).map_err(|error| failed("the unit cannot be removed", error.to_string()))?;
    ask("systemd does not take it in", &["daemon-reload"])?;
    // Only tidies up: the state of a failure would stay listed.
    let _ = systemctl(&["reset-failed", NAME]);
    Ok(format!("The service `{NAME}` is removed. Data, program and the account `{ACCOUNT}` were left as they are."))
}

fn start() -> Result<String, Error> {
    match state()? {
        State::Missing => return Err(Error::Missing),
        State::Running => return Ok(format!("The service `{NAME}` runs already.")),
        State::Stopped | State::Changing => {}
    }
    administrator("start")?;
    // Comes back when the server answers, because the unit waits for its word.
    let done = systemctl(&["start", NAME])?;
    if !done.status.success() {
        return Err(Error::NotStarted(format!(
            "{}; `journalctl -u {NAME} -n 20` shows its last words",
            said(&done).lines().next().unwrap_or("systemd does not say why").trim_end_matches('.')
        )));
    }
    Ok(format!(
        "The service `{NAME}` runs. `journalctl -u {NAME} -n 20` shows where the console is, and the set-up code."
    ))
}

fn stop() -> Result<String, Error> {
    match state()? {
        State::Missing => return Err(Error::Missing),
        State::Stopped => return Ok(format!("The service `{NAME}` does not run.")),
        State::Running | State::Changing => {}
    }
    administrator("stop")?;
    let done = systemctl(&["stop", NAME])?;
    if !done.status.success() {
        return Err(Error::NotStopped(said(&done)));
    }
    Ok(format!("The service `{NAME}` is stopped."))
}

fn status() -> Result<String, Error> {
    let shown = shown()?;
    let last = match unit::property(&shown, "Result") {
        Some("success") | None => String::new(),
        Some(result) => format!(" Its last run failed ({result}); `journalctl -u {NAME} -n 20` shows why."),
    };
    let with = if unit::property(&shown, "UnitFileState") == Some("enabled") { "starts" } else { "does not start" };
    Ok(match unit::state(&shown) {
        State::Missing => return Err(Error::Missing),
        State::Running => format!("The service `{NAME}` runs, and {with} with the machine."),
        State::Changing => format!("The service `{NAME}` is starting or stopping.{last}"),
        State::Stopped => format!("The service `{NAME}` does not run, and {with} with the machine.{last}"),
    })
}

/// Only root may change services.
fn administrator(what: &'static str) -> Result<(), Error> {
    let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root { Ok(()) } else { Err(Error::NotPermitted { what, how: "run the command with sudo, or as root" }) }
}

fn not_packaged() -> Result<(), Error> {
    match PACKAGED.iter().find(|path| Path::new(path).exists()) {
        None => Ok(()),
        Some(path) => Err(failed(
            "the service belongs to the installed package",
            format!("`{path}`; it is removed with `apt remove rollcall`, and changed with `systemctl edit {NAME}`"),
        )),
    }
}

/// Where the program lies that the service runs, and whether it was copied there just now.
fn placed(executable: &Path) -> Result<(PathBuf, bool), Error> {
    if SYSTEM.iter().any(|folder| executable.starts_with(folder)) && only_root_changes(executable) {
        return Ok((executable.to_owned(), false));
    }
    let place = PathBuf::from(PROGRAM);
    let cannot = |error: io::Error| failed("the program cannot be copied to /usr/local/bin", error.to_string());
    let program = fs::read(executable).map_err(cannot)?;
    if fs::read(&place).is_ok_and(|there| there == program) {
        return Ok((place, false));
    }
    write(&place, &program, 0o755).map_err(cannot)?;
    Ok((place, true))
}

/// Whether nobody but root can put something else in this place.
fn only_root_changes(path: &Path) -> bool {
    let closed = |part: &Path| {
        fs::symlink_metadata(part)
            .is_ok_and(|about| about.uid() == 0 && !about.is_symlink() && about.mode() & 0o022 == 0)
    };
    path.ancestors().all(closed)
}

/// Makes the account of the service when there is none.
fn account() -> Result<(), Error> {
    if number("-u").is_ok() {
        return Ok(());
    }
    let home = usual_data();
    let home = home.to_string_lossy();
    let words =
        ["--system", "--user-group", "--no-create-home", "--home-dir", &home, "--shell", "/usr/sbin/nologin", ACCOUNT];
    let made = command("useradd")
        .args(words)
        .output()
        .map_err(|error| failed("`useradd` cannot be run", error.to_string()))?;
    if made.status.success() { Ok(()) } else { Err(failed("the account of the service cannot be made", said(&made))) }
}

/// Number of the account (`-u`) or of its group (`-g`).
fn number(which: &str) -> Result<u32, Error> {
    let told = command("id").args([which, ACCOUNT]).output();
    let told = told.map_err(|error| failed("`id` cannot be run", error.to_string()))?;
    let number = String::from_utf8_lossy(&told.stdout).trim().parse();
    number.map_err(|_| failed("the account of the service is not known", said(&told)))
}

/// Makes the data folder the service's own, with what an earlier server left in it. A folder with other things in it is
/// refused: it would be taken from its owner. Answers whether it holds what the running server does not know.
fn prepare_data(plan: &Plan) -> Result<bool, Error> {
    let data = &plan.data;
    let cannot = |error: io::Error| failed("the data folder cannot be made", format!("{}: {error}", data.display()));
    if !data.exists() {
        way_to(data).map_err(cannot)?;
        fs::DirBuilder::new().mode(0o700).create(data).map_err(cannot)?;
    }
    if !super::fits(data).map_err(cannot)? {
        return Err(failed(
            "the data cannot lie there",
            format!("`{}` holds other things; name a folder of its own with --data", data.display()),
        ));
    }
    let handed = plan.site.as_ref().map(|site| super::hand_over(data, site)).transpose().map_err(cannot)?;
    give_all(data, number("-u")?, number("-g")?).map_err(cannot)?;
    if !enters(data)? {
        return Err(failed(
            "the data cannot lie there",
            format!(
                "the account `{ACCOUNT}` may not enter a folder above `{}`; let it (`chmod o+x`), or name another folder",
                data.display()
            ),
        ));
    }
    Ok(handed == Some(true))
}

/// Makes the folders above, each of which anybody may pass through: what is theirs alone lies in the last one.
fn way_to(data: &Path) -> io::Result<()> {
    let Some(above) = data.parent().filter(|above| !above.exists()) else { return Ok(()) };
    way_to(above)?;
    fs::create_dir(above)?;
    // The mode of a new folder is narrowed by the caller's mask.
    fs::set_permissions(above, std::os::unix::fs::PermissionsExt::from_mode(0o755))
}

/// Whether the account of the service gets to this folder. Asked as that account, because access lists count as well; where
/// that cannot be asked, the start will tell.
fn enters(folder: &Path) -> Result<bool, Error> {
    let (user, group) = (format!("--reuid={}", number("-u")?), format!("--regid={}", number("-g")?));
    let asked = command("setpriv").args([&user, &group, "--clear-groups", "test", "-x"]).arg(folder).status();
    Ok(asked.map_or(true, |told| told.code() != Some(1)))
}

fn shown() -> Result<String, Error> {
    let words = ["show", NAME, "--property=LoadState,ActiveState,SubState,UnitFileState,Result"];
    let done = systemctl(&words)?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn ask(what: &'static str, words: &[&str]) -> Result<(), Error> {
    let done = systemctl(words)?;
    if done.status.success() { Ok(()) } else { Err(failed(what, said(&done))) }
}

fn systemctl(words: &[&str]) -> Result<Output, Error> {
    let done = command("systemctl").args(words).output();
    done.map_err(|error| failed("`systemctl` cannot be run", error.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "SEC-8 exempts service commands; all words are ours")]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env("LC_ALL", "C");
    command
}

/// What a program said, as the end of a sentence.
fn said(done: &Output) -> String {
    let both = [&done.stderr, &done.stdout].map(|text| String::from_utf8_lossy(text).trim().to_owned());
    both.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| done.status.to_string())
}

fn failed(what: &'static str, why: String) -> Error {
    Error::Failed { what, why: why.trim_end_matches('.').to_owned() }
}

/// A new file takes the place of the old one in one step: a program that runs cannot be written over.
fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&unfinished)?;
    file.write_all(bytes)?;
    // The mode of a new file is narrowed by the caller's mask.
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

/// Folders in folders that are followed; ours have two levels.
const DEEPEST: u32 = 32;
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Gives a folder and everything in it to an account, and closes it to others. Whoever owns it now may change it meanwhile: so
/// each thing is held open from the look to the gift, and links are given themselves, never what they point to.
fn give_all(folder: &Path, user: u32, group: u32) -> io::Result<()> {
    let folder = openat(CWD, folder, FOLDER, Mode::empty())?;
    give_folder(&folder, (user, group), DEEPEST)?;
    Ok(fchmod(&folder, Mode::RWXU)?)
}

fn give_folder(folder: &OwnedFd, to: (u32, u32), deeper: u32) -> io::Result<()> {
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = match openat(folder, name, flags, Mode::empty()) {
            Err(Errno::NOENT) => continue,
            found => found?,
        };
        let about = fstat(&found)?;
        if FileType::from_raw_mode(about.st_mode) == FileType::Directory {
            let deeper = deeper.checked_sub(1).ok_or_else(|| io::Error::other("its folders go too deep"))?;
            give_folder(&openat(&found, c".", FOLDER, Mode::empty())?, to, deeper)?;
        } else if about.st_nlink == 1 {
            give(&found, &about, to)?;
        }
        // Another name of the same file may be somebody else's.
    }
    give(folder, &fstat(folder)?, to)
}

/// Gives what is held open.
fn give(held: &impl AsFd, about: &Stat, (user, group): (u32, u32)) -> io::Result<()> {
    if (about.st_uid, about.st_gid) == (user, group) {
        return Ok(());
    }
    Ok(chownat(held, c"", Some(Uid::from_raw(user)), Some(Gid::from_raw(group)), AtFlags::EMPTY_PATH)?)
}
