//! REL-6: a file that may be damaged is opened by a child process first, because damage can end a process.
//!
//! A file is *suspect* when the server that used it last did not close it. What that server wrote into the mark
//! `run/server` says how much has to be looked at:
//!
//! | mark | what happened | the child |
//! |---|---|---|
//! | none, or empty | it was closed | is not started |
//! | `running` | a kill or a power cut while it served | opens the file, which repairs it |
//! | `starting` | it ended before it was ready: perhaps by reading that very file | opens, builds the index, reads every record |
//!
//! So an ordinary kill costs no more than the repair, which is needed anyway: the file that the child closes is opened
//! by the server without another one. A file that a sound stop left behind and that was damaged since ends one start
//! at most: the mark then says `starting`, and the next start says what is wrong instead of ending the same way. The
//! file is only read until its repair has succeeded; a damaged one stays as it is.
//!
//! The mark is locked for as long as the server runs, so a second server writes nothing (REL-11).

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read, Seek, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::args::{Args, Verify};
use super::exit::{Code, Failure};
use crate::app::{App, OpenError, private_folder, refuse_blank};
use crate::check;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Error, Settings, Store};
use crate::text;

/// How long the child may take, and how much more for each GiB: a damaged file can also lead in circles.
const PATIENCE: Duration = Duration::from_secs(300);
const PATIENCE_PER_GIB: Duration = Duration::from_secs(300);

/// What the server that used the folder last wrote about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Starting,
    Running,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Closed => "",
            State::Starting => "starting\n",
            State::Running => "running\n",
        }
    }

    /// What cannot be read was not written to its end.
    fn of(text: &str) -> State {
        [State::Closed, State::Running].into_iter().find(|state| state.word() == text).unwrap_or(State::Starting)
    }
}

/// The mark of this server in the data folder.
///
/// Where none can be kept (a folder that may not be written, a file system without locks) the start goes on without:
/// opening the store says better what is wrong.
pub struct Mark {
    file: Option<File>,
    /// What it says after an end without a panic.
    afterwards: Mutex<State>,
}

impl Mark {
    /// Takes the mark, and has a suspect file looked at by a child process.
    pub fn take(config: &Config) -> Result<Mark, Failure> {
        let run = config.data.join("run");
        let opened = private_folder(&config.data).and_then(|()| private_folder(&run)).and_then(|()| open(&run));
        let Ok(mut file) = opened else {
            return Ok(Mark { file: None, afterwards: Mutex::new(State::Closed) });
        };
        if matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)) {
            return Err(OpenError::InUse { path: config.data.clone() }.into());
        }
        let mut text = String::new();
        let state = file.read_to_string(&mut text).map_or(State::Starting, |_| State::of(&text));
        if state != State::Closed && config.data.join("store.redb").exists() {
            tracing::warn!("the server was not stopped the last time: its data are looked at first");
            look_patiently(&config.data, state == State::Starting)?;
        }
        let mark = Mark { file: Some(file), afterwards: Mutex::new(state) };
        mark.write(State::Starting);
        Ok(mark)
    }

    /// The store is open: whatever ends the start now, it is not the file.
    pub fn opened(&self) {
        self.afterwards(State::Running);
    }

    /// The server serves.
    pub fn ready(&self) {
        self.write(State::Running);
    }

    /// The store was closed.
    pub fn closed(&self) {
        self.afterwards(State::Closed);
    }

    /// Reading the file failed in a way that it should not: the next start looks at all of it.
    pub fn suspicious(&self) {
        self.afterwards(State::Starting);
    }

    fn afterwards(&self, state: State) {
        *self.afterwards.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = state;
    }

    fn write(&self, state: State) {
        let Some(mut file) = self.file.as_ref() else { return };
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(state.word().as_bytes()));
        if let Err(error) = written {
            tracing::warn!("the mark `run/server` cannot be written: {error}");
        }
    }
}

impl Drop for Mark {
    /// A panic on its way through here leaves the mark as it is.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let state = *self.afterwards.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.write(state);
        }
    }
}

fn open(run: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(run.join("server"))
}

/// What is said about a file that ends the process which reads it.
pub fn damaged(data: &Path, how: &str) -> Failure {
    let sentence = format!(
        "the database in `{}` is damaged ({how}). It was left as it is: restore a backup, or move `store.redb` away to \
         begin anew.",
        data.display()
    );
    Failure::new(Code::Data, sentence)
}

/// No other server has the folder, as the mark says. What holds the file for a moment is a command, or a child whose
/// parent was killed.
fn look_patiently(data: &Path, everything: bool) -> Result<(), Failure> {
    for _ in 0..6 {
        match look(data, everything) {
            Err(failure) if failure.code == Code::InUse => std::thread::sleep(Duration::from_millis(200)),
            looked => return looked,
        }
    }
    look(data, everything)
}

/// Runs `verify` in a process of its own.
#[expect(clippy::disallowed_methods, reason = "SEC-8 exempts the self-check; nothing was received yet")]
fn look(data: &Path, everything: bool) -> Result<(), Failure> {
    let program = std::env::current_exe();
    let child = program.and_then(|program| {
        let mut command = Command::new(program);
        command.arg("--data").arg(data).args(["verify", "--for-server"]).args(everything.then_some("--everything"));
        // Its standard input ends with this process, and the child with that.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
    });
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            tracing::warn!("the data cannot be looked at in a process of its own: {error}");
            return Ok(());
        }
    };
    // Read beside the waiting, so that the child never waits for us, and its progress is seen.
    let errors = child.stderr.take();
    let relay = std::thread::spawn(move || errors.map(relayed).unwrap_or_default());
    let size = std::fs::metadata(data.join("store.redb")).map_or(0, |data| data.len());
    let more = PATIENCE_PER_GIB.saturating_mul(u32::try_from(size >> 30).unwrap_or(u32::MAX));
    let (begun, patience) = (Instant::now(), PATIENCE.saturating_add(more));
    let ended = loop {
        match child.try_wait() {
            Ok(None) if begun.elapsed() < patience => std::thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => break Ok(status),
            Ok(None) => break Err("reading it does not come to an end".to_owned()),
            Err(error) => break Err(error.to_string()),
        }
    };
    if ended.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let sentence = relay.join().unwrap_or_default();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(told(data, status, sentence)),
        Err(how) => Err(damaged(data, &how)),
    }
}

/// Puts what the child says into the log; the sentence with which it ends is given back.
fn relayed(errors: impl Read) -> Option<String> {
    let mut sentence = None;
    // A line of a panic is any bytes, and bounded like everything else.
    for line in BufReader::new(errors).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        match line.strip_prefix("rollcall: ") {
            Some(last) => sentence = Some(last.to_owned()),
            None => tracing::warn!("looking at the data: {}", text::log_value(line.trim_end())),
        }
    }
    sentence
}

/// The child's own sentence when it had one.
fn told(data: &Path, status: ExitStatus, sentence: Option<String>) -> Failure {
    let code = [Code::InUse, Code::Folder, Code::Data, Code::Server];
    let code = code.into_iter().find(|code| status.code() == Some(*code as i32));
    match (code, sentence) {
        (Some(code), Some(sentence)) => Failure::new(code, sentence),
        _ => damaged(data, &format!("reading it ended the process: {status}")),
    }
}

/// `verify`: what the child does. What it finds wrong with single records is no reason not to start.
pub fn verify(args: &Args, verify: &Verify) -> Result<Code, Failure> {
    if verify.for_server {
        // Whoever was killed while this process looks shall find the file free at the next start.
        std::thread::spawn(|| {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            std::process::exit(Code::Server as i32);
        });
    }
    let plain = tracing_subscriber::fmt().without_time().with_level(false).with_target(false).with_ansi(false);
    let _ = tracing::subscriber::set_global_default(plain.with_writer(std::io::stderr).finish());
    let data = args.data.clone().unwrap_or_else(|| Config::default().data);
    if !data.join("store.redb").exists() {
        return Err(Failure::new(Code::Folder, format!("there are no data in `{}`.", data.display())));
    }
    let failed = |error| match error {
        Error::InUse { .. } => OpenError::InUse { path: data.clone() },
        source => OpenError::Store { path: data.clone(), source },
    };
    refuse_blank(&data)?;
    let (store, rehearsal) = Store::rehearse(&data.join("store.redb"), Settings::default()).map_err(failed)?;
    if verify.everything {
        let mut config = Config::default();
        config.data.clone_from(&data);
        let app = App::with_store(config, Clock::system(), store.clone())?;
        let found = check::check(&app).map_err(failed)?;
        let wrong = found.wrong.len() as u64 + found.more;
        if wrong > 0 {
            tracing::warn!("{wrong} things are wrong with the data; `rollcall check` names them");
        }
    }
    store.close();
    let done = rehearsal.perform();
    done.map_err(|error| Failure::new(Code::Folder, format!("the data folder cannot be written: {error}.")))?;
    Ok(Code::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_and_anything_else_is_a_start_that_failed() {
        for state in [State::Closed, State::Starting, State::Running] {
            assert_eq!(State::of(state.word()), state);
        }
        for text in ["start", "running", "\0\0\0\0"] {
            assert_eq!(State::of(text), State::Starting);
        }
    }
}
