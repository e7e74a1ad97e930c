//! A server that answers as a test says, with or without TLS.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use rcgen::KeyPair;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::client::{Client, Origin, Times};
use crate::clock::{Clock, Timestamp};
use crate::deployment::archive;
use crate::deployment::files::{self, Files};
use crate::deployment::info::info;
use crate::deployment::package::{Action, Package, PackageId, Protocol, System};
use crate::tls::acceptor::{Serving, server_config};
use crate::tls::{Authority, Names};

/// When the tests take place.
pub const NOW: Timestamp = Timestamp(1_795_200_000);

/// What is said to a request; `true` keeps the connection.
pub type Answers = Arc<dyn Fn(&str) -> (Vec<u8>, bool) + Send + Sync>;

/// The server; it ends with its value.
pub struct Fake {
    /// On 127.0.0.1.
    pub port: u16,
    /// Connections so far.
    pub connections: Arc<AtomicUsize>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The authority that is trusted, and one that is not.
pub fn authority(foreign: bool) -> &'static (Authority, KeyPair) {
    static MADE: [OnceLock<(Authority, KeyPair)>; 2] = [OnceLock::new(), OnceLock::new()];
    MADE[usize::from(foreign)].get_or_init(|| Authority::make("srv-ocs", NOW).unwrap())
}

/// TLS with a certificate for this name, made at [`NOW`].
pub fn tls(foreign: bool, name: &str) -> Arc<ServerConfig> {
    let (authority, signing) = authority(foreign);
    let names = match name.parse() {
        Ok(address) => Names { names: Vec::new(), addresses: vec![address] },
        Err(_) => Names { names: vec![name.to_owned()], addresses: Vec::new() },
    };
    let (leaf, key) = authority.issue(signing, &names, NOW).unwrap();
    let serving = Arc::new(Serving::default());
    serving.swap(&leaf, &key).unwrap();
    server_config(serving).unwrap()
}

/// Short times: what waits for nothing must not make a test wait.
pub const TIMES: Times = Times {
    resolve: std::time::Duration::from_secs(10),
    connect: std::time::Duration::from_secs(10),
    handshake: std::time::Duration::from_secs(10),
    head: std::time::Duration::from_secs(10),
    quiet: std::time::Duration::from_secs(10),
    slowest: 1,
};

/// A client that trusts [`authority`].
pub fn client(times: Times) -> Client {
    client_at(NOW, times)
}

/// The same with another clock.
pub fn client_at(now: Timestamp, times: Times) -> Client {
    Client::new(authority(false).0.0.pem(), Clock::by_hand(now), times).unwrap()
}

impl Fake {
    /// Answers on a port of its own.
    pub fn start(tls: Option<Arc<ServerConfig>>, answers: Answers) -> Fake {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ending, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (ended, counted) = (ending.clone(), connections.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let (tls, answers) = (tls.clone(), answers.clone());
                std::thread::spawn(move || match tls {
                    None => talk(stream, &answers),
                    Some(config) => talk(StreamOwned::new(ServerConnection::new(config).unwrap(), stream), &answers),
                });
            }
        });
        Fake { port, connections, ending, thread: Some(thread) }
    }

    /// How it is asked for.
    pub fn origin(&self, secure: bool, host: &str) -> Origin {
        Origin { secure, host: host.to_owned(), port: self.port }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn talk(mut stream: impl Read + Write, answers: &Answers) {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    loop {
        while let Some(end) = heard.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(heard.drain(..end + 4).collect()).unwrap();
            let (answer, keep) = answers(&head);
            if stream.write_all(&answer).is_err() || stream.flush().is_err() || !keep {
                return;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => heard.extend_from_slice(&piece[..read]),
        }
    }
}

/// An answer with a length.
pub fn said(status: &str, body: &[u8]) -> (Vec<u8>, bool) {
    let mut answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    (answer, true)
}

/// A package of three fragments with its archive.
pub fn package() -> (Package, Vec<u8>) {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = MADE.get_or_init(|| {
        // What cannot be packed any smaller.
        let mut state = 7_u64;
        let noise = (0..150_000).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        let file: Box<dyn archive::SizedRead> = Box::new(Cursor::new(noise.collect::<Vec<u8>>()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive");
        archive::make(System::Linux, vec![("tool".into(), file)], File::create(&path).unwrap()).unwrap();
        std::fs::read(&path).unwrap()
    });
    let digests = files::digests(bytes.as_slice()).unwrap();
    let package = Package {
        id: PackageId(1_700_000_001),
        name: "Tool".into(),
        description: String::new(),
        system: System::Linux,
        protocol: Protocol::Http,
        priority: 5,
        action: Action::Store,
        argument: "/opt/tool".into(),
        archive: Some(files::archive(&digests, System::Linux.algorithm(), 65_536)),
        notify: None,
        done: None,
        made: NOW,
        by: "admin".into(),
    };
    (package, bytes.clone())
}

/// The files of a package as they lie on the server.
pub fn published(folder: &Path, package: &Package, archive: &[u8]) -> Files {
    let path = folder.join("archive");
    std::fs::write(&path, archive).unwrap();
    let files = Files::of(folder);
    files.write(package, Some(File::open(&path).unwrap())).unwrap();
    files.publish(package.id).unwrap();
    files
}

/// What each file is answered with; `None` as it should be.
pub type Wrong = Arc<dyn Fn(&str) -> Option<(Vec<u8>, bool)> + Send + Sync>;

/// Everything as it should be.
pub fn right() -> Wrong {
    Arc::new(|_| None)
}

/// Answers like a server with this package, but where something is wrong.
pub fn server(package: &Package, archive: &[u8], wrong: Wrong) -> Answers {
    let (info, archive, package) = (info(package), archive.to_vec(), package.clone());
    Arc::new(move |head| {
        let path = head.split(' ').nth(1).unwrap();
        if let Some(answer) = wrong(path) {
            return answer;
        }
        let folder = format!("/download/{}/", package.id);
        match path.strip_prefix(&folder) {
            Some("info") => said("200 OK", info.as_bytes()),
            Some(name) => {
                let number: u32 = name.rsplit('-').next().unwrap().parse().unwrap();
                let from = 65_536 * (number as usize - 1);
                said("200 OK", &archive[from..archive.len().min(from + 65_536)])
            }
            None => said("404 Not Found", b""),
        }
    })
}
