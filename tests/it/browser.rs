//! The real server on loopback, and a browser as plain as it gets: it keeps cookies, sends forms with their token,
//! follows nothing by itself.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rollcall::clock::Timestamp;
use rollcall::config::{Config, Listen};
use rollcall::console::Console;
use rollcall::replica::Status;
use rollcall::running::People;
use rollcall::server::{self, Parts, Running};
use rollcall::store::{Settings, Store};
use rollcall::tls::{Names, Tls};
use rollcall::users::{Role, User};
use rollcall::users::{Sessions, Setup, store as accounts};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use crate::office::{NOON, Office};

/// An office whose server answers on 127.0.0.1.
pub struct Served {
    pub office: Office,
    pub console: Arc<Console>,
    pub tls: Option<Arc<Tls>>,
    pub http: SocketAddr,
    pub https: Option<SocketAddr>,
    /// How often something was written into the store's file.
    pub writes: Arc<AtomicU64>,
    /// Brings the program to panic: 1 where it reads the store's file, 2 where its writer flushes it, once.
    pub panics: Arc<AtomicU64>,
    running: Running,
    runtime: tokio::runtime::Runtime,
}

/// A store in memory that counts what is written.
#[derive(Debug)]
struct Counting {
    inner: Arc<redb::backends::InMemoryBackend>,
    writes: Arc<AtomicU64>,
    panics: Arc<AtomicU64>,
}

impl redb::StorageBackend for Counting {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.inner.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        assert_ne!(self.panics.load(Ordering::SeqCst), 1, "on purpose");
        self.inner.read(offset, out)
    }
    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.inner.set_len(len)
    }
    fn sync_data(&self) -> Result<(), std::io::Error> {
        let panics = self.panics.compare_exchange(2, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        assert!(!panics, "on purpose");
        self.inner.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        self.inner.write(offset, data)
    }
}

impl Served {
    /// HTTP only; forwarding headers of 127.0.0.1 count, so that a test can come from elsewhere.
    pub fn new() -> Served {
        Served::with(false, |_| {})
    }

    /// HTTP and HTTPS.
    pub fn secure() -> Served {
        Served::with(true, |_| {})
    }

    /// HTTP only, and everything is read from the file each time.
    pub fn uncached() -> Served {
        Served::start(false, 0, None, |_| {})
    }

    pub fn with(secure: bool, change: impl FnOnce(&mut Config)) -> Served {
        Served::start(secure, Settings::default().cache, None, change)
    }

    /// A second site of a main server.
    pub fn site(status: Arc<Status>) -> Served {
        Served::start(false, Settings::default().cache, Some(status), |_| {})
    }

    fn start(secure: bool, cache: usize, site: Option<Arc<Status>>, change: impl FnOnce(&mut Config)) -> Served {
        let settings = |config: &mut Config| {
            let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
            config.http = Listen::At(vec![here]);
            config.https = if secure { Listen::At(vec![here]) } else { Listen::Off };
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            change(config);
        };
        let writes = Arc::new(AtomicU64::new(0));
        let panics = Arc::new(AtomicU64::new(0));
        let (counter, faults, inner) =
            (writes.clone(), panics.clone(), Arc::new(redb::backends::InMemoryBackend::new()));
        let backend = move || Counting { inner: inner.clone(), writes: counter.clone(), panics: faults.clone() };
        let opened = Settings { cache, ..Settings::default() };
        let office = Office::with(settings, || Store::with_backend(backend, opened).unwrap());
        let tls = secure.then(|| {
            let names = Names {
                names: vec!["srv-ocs".into(), "localhost".into()],
                addresses: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            };
            Arc::new(Tls::open(&office.app.folder("tls"), &names, NOON, Timestamp(0)).unwrap())
        });
        let administrator = office.app.read(accounts::any_administrator).unwrap();
        let (now, elapsed) = (office.clock.now(), office.clock.elapsed());
        let setup = Setup::start(&office.app.folder("run"), administrator, now, elapsed).unwrap();
        let sessions = Arc::new(Sessions::new(&office.app.config.limits));
        let people = People { sessions, setup: Arc::new(setup) };
        let console = Console::new(office.app.clone(), office.agents.clone(), tls.clone(), people).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (app, agents) = (office.app.clone(), office.agents.clone());
        let parts = Parts { app, agents, tls: tls.clone(), console: console.clone(), site };
        let running = runtime.block_on(async move { server::start(parts) }).unwrap();
        let bound = running.bound();
        let at = |secure| bound.iter().find(|bound| bound.secure == secure).map(|bound| bound.address);
        let (http, https) = (at(false).unwrap(), at(true));
        Served { office, console, tls, http, https, writes, panics, running, runtime }
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.running.connections()
    }

    /// The runtime, for what is done on another thread.
    pub fn handle(&self) -> tokio::runtime::Handle {
        self.runtime.handle().clone()
    }

    /// Runs what agents do.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Somebody at the machine itself.
    pub fn browser(&self) -> Browser {
        Browser {
            address: self.http,
            tls: None,
            proxied: false,
            host: format!("localhost:{}", self.http.port()),
            lang: "en".into(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
            token: String::new(),
        }
    }

    /// Somebody at another machine.
    pub fn stranger(&self, address: &str) -> Browser {
        Browser { headers: vec![("X-Forwarded-For".into(), address.into())], ..self.browser() }
    }

    /// Somebody at another machine, over HTTPS that a proxy ends.
    pub fn visitor(&self, address: &str) -> Browser {
        let mut browser = self.stranger(address);
        browser.proxied = true;
        browser.headers.push(("X-Forwarded-Proto".into(), "https".into()));
        browser
    }

    /// Somebody at the machine itself, over HTTPS.
    pub fn secure_browser(&self) -> Browser {
        let address = self.https.unwrap();
        let mut roots = rustls::RootCertStore::empty();
        let pem = self.tls.as_ref().unwrap().authority_pem();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_details(provider, Arc::new(Noon));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        Browser { address, tls: Some(config), host: format!("localhost:{}", address.port()), ..self.browser() }
    }

    /// Makes an account without its password and logs it in.
    pub fn log_in(&self, account: &str, role: Role) -> Browser {
        self.add(account, role, "");
        self.enter(&User::new(account.parse().unwrap(), role, String::new(), NOON))
    }

    /// Another session of an account, with the limits that it has now.
    pub fn session(&self, account: &str) -> Browser {
        let account = account.parse().unwrap();
        let user = self.office.app.read(|read| rollcall::users::store::get(read, &account)).unwrap().unwrap();
        self.enter(&user)
    }

    /// A browser in which this account is logged in.
    pub fn enter(&self, user: &User) -> Browser {
        let here = "127.0.0.1".parse().unwrap();
        let begun = self.console.sessions.begin(user, None, here, self.office.clock.elapsed(), NOON).unwrap();
        let mut browser = self.browser();
        browser.cookies.insert("rollcall-local".into(), begun.token);
        browser.token = begun.session.csrf;
        browser
    }

    /// The same for an account that is limited to some TAGs.
    pub fn limited(&self, account: &str, role: Role, tags: &[&str]) -> Browser {
        let mut user = User::new(account.parse().unwrap(), role, String::new(), NOON);
        user.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let kept = user.clone();
        self.office.blocking(move |app| app.write(move |w| rollcall::users::store::add(w, &kept)).unwrap());
        self.enter(&user)
    }

    /// Makes an account with a password.
    pub fn add(&self, account: &str, role: Role, password: &str) {
        let hash = if password.is_empty() { String::new() } else { hash(password) };
        let user = User::new(account.parse().unwrap(), role, hash, NOON);
        self.office.blocking(move |app| app.write(move |w| rollcall::users::store::add(w, &user)).unwrap());
    }

    pub fn audit(&self) -> Vec<rollcall::history::audit::Entry> {
        let read = self.office.app.store.read().unwrap();
        let found = rollcall::history::audit::entries(&read, None, 1000, &|_| true).unwrap();
        found.into_iter().map(|(_, entry)| entry.unwrap()).collect()
    }
}

pub fn hash(password: &str) -> String {
    rollcall::users::Passwords::new(rollcall::users::Cost::LEAST).unwrap().hash(password).unwrap()
}

impl Drop for Served {
    fn drop(&mut self) {
        self.runtime.block_on(self.running.stop(false));
    }
}

#[derive(Debug)]
struct Noon;

impl rustls::time_provider::TimeProvider for Noon {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(NOON.0 as u64)))
    }
}

#[derive(Clone)]
pub struct Browser {
    pub address: SocketAddr,
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// HTTPS ends at a proxy.
    pub proxied: bool,
    /// The name in the address line.
    pub host: String,
    pub lang: String,
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
    /// Token of the form that was seen last.
    pub token: String,
}

#[derive(Debug, Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The value of the first form token on the page.
    pub fn token(&self) -> Option<String> {
        let (_, rest) = self.body.split_once("name=\"token\" value=\"")?;
        Some(rest.split('"').next()?.to_owned())
    }

    /// The body is there and holds all of these.
    #[track_caller]
    pub fn shows(&self, words: &[&str]) -> &Page {
        for word in words {
            assert!(self.body.contains(word), "{word:?} is not on the page ({}): {}", self.status, self.text());
        }
        self
    }

    #[track_caller]
    pub fn hides(&self, words: &[&str]) -> &Page {
        for word in words {
            assert!(!self.body.contains(word), "{word:?} is on the page");
        }
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Page {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The words without the tags, for messages of tests.
    fn text(&self) -> String {
        let (mut text, mut inside) = (String::new(), false);
        for c in self.body.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    text.push(' ');
                }
                c if !inside => text.push(c),
                _ => {}
            }
        }
        text
    }
}

pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

impl Browser {
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.proxied || self.tls.is_some() { "https" } else { "http" }, self.host)
    }

    pub fn get(&mut self, path: &str) -> Page {
        let page = self.send("GET", path, &[], None);
        if let Some(token) = page.token() {
            self.token = token;
        }
        page
    }

    /// Sends a form as browsers do, with the token of the page that was seen last.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token.clone();
        let mut fields = fields.to_vec();
        fields.push(("token", &token));
        let origin = self.origin();
        let page = self.post_as(path, &fields, &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")]);
        if let Some(token) = page.token() {
            self.token = token;
        }
        page
    }

    /// Sends exactly these fields with exactly these headers.
    pub fn post_as(&mut self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let mut headers = headers.to_vec();
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        self.send("POST", path, &headers, Some(fields.join("&").into_bytes()))
    }

    /// Sends a form with files as browsers do: fields first, the token in front of all.
    pub fn post_files(&mut self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Page {
        let token = self.token.clone();
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        let page = self.post_parts(path, parts(&all, files));
        if let Some(token) = page.token() {
            self.token = token;
        }
        page
    }

    /// Sends these bytes as a form with files, from our own page.
    pub fn post_parts(&mut self, path: &str, body: Vec<u8>) -> Page {
        let origin = self.origin();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers = [("Origin", origin.as_str()), ("Sec-Fetch-Site", "same-origin"), ("Content-Type", &kind)];
        self.send("POST", path, &headers, Some(body))
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Page {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nAccept-Language: {}\r\n", self.lang);
        if !self.host.is_empty() && !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {}\r\n", self.host));
        }
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            head.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(headers.iter().copied()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.extend(body.unwrap_or_default());
        let page = read(&self.exchange(&request));
        for (_, cookie) in page.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    /// Sends bytes and reads to the end of the connection.
    pub fn exchange(&self, request: &[u8]) -> Vec<u8> {
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut answer = Vec::new();
        match &self.tls {
            // A server that has enough may close before everything was sent.
            None => {
                let _ = socket.write_all(request);
                let _ = socket.read_to_end(&mut answer);
            }
            Some(config) => {
                let name = ServerName::try_from("localhost").unwrap();
                let client = rustls::ClientConnection::new(config.clone(), name).unwrap();
                let mut stream = rustls::StreamOwned::new(client, socket);
                let _ = stream.write_all(request);
                let _ = stream.read_to_end(&mut answer);
            }
        }
        answer
    }
}

/// What stands between the parts of a form with files.
pub const BOUNDARY: &str = "----geckoformboundary5f1e";

/// A form with files: field, name, bytes.
pub fn parts(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for (field, name, bytes) in files {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"Content-Type: application/octet-stream\r\n\r\n");
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn read(answer: &[u8]) -> Page {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<(String, String)> =
        lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let body = &answer[end + 4..];
    let chunked =
        headers.iter().any(|(name, value)| name.eq_ignore_ascii_case("transfer-encoding") && value == "chunked");
    let body = if chunked && !body.is_empty() { joined(body) } else { body.to_vec() };
    Page { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
}

/// An answer that was sent in chunks, as one; it has its end.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").expect("a chunk has a size");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}
