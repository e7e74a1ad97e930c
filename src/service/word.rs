//! What a server that systemd started tells it, and how long it waits after failures.
//!
//! Systemd itself repeats at one pace before its release 254; so the pauses of REL-20 are kept here, by a file in a folder
//! that lives as long as the attempts go on.
//!
//! Source: REL-20; sd_notify(3).

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

use super::Word;
use crate::clock::Timestamp;

/// The variable with the socket that words go to.
const SOCKET: &str = "NOTIFY_SOCKET";
/// The variable with the folder of the attempts.
const FOLDER: &str = "RUNTIME_DIRECTORY";
/// The file of the attempts: how many follow each other, and when the last one was.
const FILE: &str = "starts";
/// An attempt this long after the one before follows no failure that matters, in seconds.
const FORGOTTEN: i64 = 600;
/// The longest pause, in seconds.
const LONGEST: u64 = 60;

/// Tells systemd one thing. Nothing happens when systemd did not start this program.
pub fn tell(word: Word) {
    let what = match word {
        Word::Ready => "READY=1",
        Word::Stopping => "STOPPING=1",
    };
    let Some(socket) = std::env::var_os(SOCKET) else { return };
    let outcome = address(&socket.to_string_lossy())
        .and_then(|address| UnixDatagram::unbound()?.send_to_addr(what.as_bytes(), &address));
    if let Err(error) = outcome {
        tracing::warn!("systemd is not told `{what}`: {error}");
    }
}

/// A socket that begins with `@` has a name and no file.
fn address(socket: &str) -> std::io::Result<SocketAddr> {
    match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(socket),
    }
}

/// Waits as long as must be since this start follows failures, and notes this one.
pub fn wait_after_failures(now: Timestamp) {
    let Some(folder) = std::env::var_os(FOLDER).filter(|_| std::env::var_os(SOCKET).is_some()) else { return };
    let pause = noted(Path::new(&folder), now);
    if !pause.is_zero() {
        tracing::warn!("the last starts did not go well: waiting {} s before the next", pause.as_secs());
        std::thread::sleep(pause);
    }
}

/// The server was told to stop and did: what comes next follows no failure.
pub fn forget_failures() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        // Missing, when systemd did not start this program.
        let _ = std::fs::remove_file(Path::new(&folder).join(FILE));
    }
}

/// Notes a start in the folder; the pause before it.
fn noted(folder: &Path, now: Timestamp) -> Duration {
    let file = folder.join(FILE);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let mut numbers = text.split_whitespace().map(|word| word.parse::<i64>().unwrap_or_default());
    let (before, last) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let age = now.since(Timestamp(last));
    let before = if (0..FORGOTTEN).contains(&age) { u32::try_from(before).unwrap_or_default() } else { 0 };
    let pause = pause(before);
    let after = now.plus(i64::try_from(pause.as_secs()).unwrap_or_default());
    if let Err(error) = std::fs::write(&file, format!("{} {}\n", before.saturating_add(1), after.0)) {
        tracing::warn!("the number of starts cannot be noted: {error}");
    }
    pause
}

/// The pause before a start that follows so many others: with the second that systemd waits itself 1, 2, 4 … 60 seconds.
fn pause(before: u32) -> Duration {
    let whole = 1_u64.checked_shl(before.saturating_sub(1)).unwrap_or(LONGEST).min(LONGEST);
    Duration::from_secs(if before == 0 { 0 } else { whole.saturating_sub(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_20_starts_after_failures_come_1_2_4_to_60_seconds_apart() {
        let seconds: Vec<u64> = (1..10).map(|before| pause(before).as_secs() + 1).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!((pause(0).as_secs(), pause(u32::MAX).as_secs()), (0, 59));
    }

    #[test]
    fn rel_20_starts_are_counted_until_one_holds_for_ten_minutes() {
        let folder = tempfile::tempdir().unwrap();
        let mut now = Timestamp(1_800_000_000);
        let mut start = |after: i64| {
            now = now.plus(after);
            noted(folder.path(), now).as_secs()
        };
        assert_eq!([start(0), start(1), start(1), start(2), start(4)], [0, 0, 1, 3, 7]);
        assert_eq!(start(60), 15);
        assert_eq!(start(700), 0, "it ran well in between");
        assert_eq!(start(1), 0);
        assert_eq!(start(-90_000), 0, "a clock that was set back");
    }

    #[test]
    fn a_server_that_is_ready_says_so_to_both_kinds_of_sockets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let name = format!("@rollcall-test-{}", std::process::id());
        for socket in [path.to_str().unwrap(), &name] {
            let here = UnixDatagram::bind_addr(&address(socket).unwrap()).unwrap();
            UnixDatagram::unbound().unwrap().send_to_addr(b"READY=1", &address(socket).unwrap()).unwrap();
            let mut bytes = [0; 32];
            let length = here.recv(&mut bytes).unwrap();
            assert_eq!(bytes[..length], *b"READY=1");
        }
    }
}
