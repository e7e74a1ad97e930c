//! The server's side: a listener on the loopback address, a thread for each connection.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::{constant_time, rand};
use tracing::{debug, warn};

use super::{Answer, Hello, LANGUAGE, Place, Request, Work, file, frame};

/// Commands that may be connected at once.
const CONNECTIONS: usize = 16;
/// Time to show the token.
const GREETING: Duration = Duration::from_secs(5);
/// How long a command may be silent: it may be reading a slow stick.
const SILENCE: Duration = Duration::from_secs(600);

/// The open door. It closes when it is dropped.
pub struct Door {
    inner: Arc<Inner>,
    file: PathBuf,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

struct Inner {
    work: Arc<Work>,
    token: String,
    closing: AtomicBool,
    open: Mutex<HashMap<u64, TcpStream>>,
    next: AtomicU64,
}

impl Door {
    /// Opens the door and writes down where it is.
    ///
    /// # Errors
    /// No port is free, or the file cannot be written.
    pub fn open(data: &Path, work: Arc<Work>) -> io::Result<Door> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let mut token = [0_u8; 32];
        rand::fill(&mut token).map_err(|_| io::Error::other("the system gives no random numbers"))?;
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let place = Place { address, token: token.clone(), process: std::process::id() };
        let file = file(data);
        publish(&file, &place)?;
        let inner = Arc::new(Inner {
            work,
            token,
            closing: AtomicBool::new(false),
            open: Mutex::default(),
            next: AtomicU64::new(0),
        });
        let accepting = inner.clone();
        let thread =
            std::thread::Builder::new().name("control".to_owned()).spawn(move || accept(&accepting, &listener))?;
        Ok(Door { inner, file, address, thread: Some(thread) })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // A file of another process is not ours to remove; ours says our token.
        if fs::read_to_string(&self.file).is_ok_and(|text| text.contains(&self.inner.token)) {
            let _ = fs::remove_file(&self.file);
        }
        self.inner.closing.store(true, Ordering::SeqCst);
        for connection in self.inner.open().values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for the next connection.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

/// The file appears whole or not at all, and only its owner can read it.
fn publish(file: &Path, place: &Place) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    crate::app::private_folder(folder)?;
    let fresh = file.with_extension("new");
    // One that a crash left behind may have other rights.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&fresh)?;
    out.write_all(&serde_json::to_vec(place).map_err(io::Error::other)?)?;
    out.sync_all()?;
    drop(out);
    fs::rename(&fresh, file)
}

fn accept(inner: &Arc<Inner>, listener: &TcpListener) {
    for connection in listener.incoming() {
        if inner.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(connection) = connection else {
            // Out of file handles, mostly: no busy loop until some are free.
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        let Ok(other) = connection.try_clone() else { continue };
        let number = inner.next.fetch_add(1, Ordering::SeqCst);
        {
            let mut open = inner.open();
            if open.len() >= CONNECTIONS {
                warn!("a command was sent away: {CONNECTIONS} are connected already");
                continue;
            }
            open.insert(number, other);
        }
        let serving = inner.clone();
        let spawned = std::thread::Builder::new().name("control-work".to_owned()).spawn(move || {
            if let Err(error) = serve(&serving, connection) {
                debug!("a command hung up: {error}");
            }
            serving.open().remove(&number);
        });
        if spawned.is_err() {
            inner.open().remove(&number);
        }
    }
}

fn serve(inner: &Inner, mut connection: TcpStream) -> Result<(), frame::FrameError> {
    let lost = frame::FrameError::Lost;
    connection.set_nodelay(true).map_err(lost)?;
    connection.set_read_timeout(Some(GREETING)).map_err(lost)?;
    connection.set_write_timeout(Some(SILENCE)).map_err(lost)?;
    let hello: Hello = frame::read(&mut connection, frame::FIRST)?;
    if constant_time::verify_slices_are_equal(hello.token.as_bytes(), inner.token.as_bytes()).is_err() {
        warn!("somebody on this machine asked with a wrong token");
        return frame::write(&mut connection, &Answer::Refused("the token is wrong".to_owned()));
    }
    if hello.language != LANGUAGE {
        let sentence = format!("the running server is of another release ({})", env!("CARGO_PKG_VERSION"));
        return frame::write(&mut connection, &Answer::Refused(sentence));
    }
    frame::write(&mut connection, &Answer::Done(String::new()))?;
    connection.set_read_timeout(Some(SILENCE)).map_err(lost)?;
    loop {
        let request: Request = frame::read(&mut connection, frame::MOST)?;
        let answer = inner.work.answer(request);
        frame::write(&mut connection, &answer)?;
    }
}

impl Inner {
    fn open(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
