//! `serve`: the server in the foreground, from the first line to the last.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime::Runtime;
use tracing::{error, info, warn};

use super::exit::{Code, Failure, causes};
use super::memory;
use super::suspect::{self, Mark};
use super::window;
use crate::agent::Agents;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, Listen, show_size};
use crate::console::Console;
use crate::control::{Door, Work};
use crate::jobs::{self, Jobs};
use crate::log;
use crate::replica::{Keeper, Round, Status};
use crate::running::{self, People};
use crate::server;
use crate::service::{self, Word};
use crate::tls::Tls;
use crate::users::{Sessions, Setup, store as accounts};

/// How long open requests may take once the server was told to stop (REL-15).
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause before what the start could not do is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What the server is told while it runs.
#[derive(Debug)]
pub enum Event {
    /// Stop. The second time: stop without waiting.
    Stop,
    /// The web server came to its end by itself, or as it was told.
    Ended(Result<(), String>),
}

/// Where the server runs, and so who reads what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A terminal, or what started it as one.
    Terminal,
    /// A window of its own, after a double-click.
    Window,
    /// The manager of services of Windows, which reads nothing.
    Service,
}

/// Runs the server until Ctrl-C, SIGTERM, or until its window is closed.
pub fn foreground(config: Config, place: Place) -> Result<Code, Failure> {
    let (sender, events) = mpsc::channel();
    serve(config, place, &sender, &events)
}

/// Runs the server until it is told to stop.
pub fn serve(
    mut config: Config,
    place: Place,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Code, Failure> {
    let (level, clock) = (config.log_level, Clock::system());
    let terminal = place != Place::Service;
    let log = log::start(log::Setup { level, terminal, clock: clock.clone(), zone: TimeZone::system() });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Code::Server, format!("no thread can be started: {error}")))?;
    if let Some(memory) = memory::limit()
        && memory::fit(&mut config, memory)
    {
        info!("this program may take {} of memory: bounds on messages are lower than usual", show_size(memory));
    }
    super::owner::refuse_anothers(&config.data)?;
    #[cfg(target_os = "linux")]
    crate::service::wait_after_failures(clock.now());
    let mark = Mark::take(&config)?;
    let app = open(config, clock, &mark)?;
    // Not before the folder is ours: the files of a server that runs already are its own.
    if let Ok(log) = log {
        let config = &app.config;
        log.keep(log::Files { folder: config.log_folder(), size: config.log_size, number: config.log_files });
    }
    if terminal {
        signals(&runtime, sender);
    }
    let code = run(&app, &runtime, &mark, place, sender, events);
    // What still runs there has nothing to write to any more.
    runtime.shutdown_background();
    code
}

/// Opens the data folder. A panic in the middle of it is the work of a damaged file; the mark then makes the next start
/// look first.
fn open(config: Config, clock: Clock, mark: &Mark) -> Result<Arc<App>, Failure> {
    let data = config.data.clone();
    match catch_unwind(AssertUnwindSafe(|| App::open(config, clock))) {
        Ok(opened) => {
            let app = opened?;
            mark.opened();
            Ok(app)
        }
        Err(_) => {
            mark.suspicious();
            Err(suspect::damaged(&data, "reading it failed in the engine of the database"))
        }
    }
}

fn run(
    app: &Arc<App>,
    runtime: &Runtime,
    mark: &Mark,
    place: Place,
    sender: &Sender<Event>,
    events: &Receiver<Event>,
) -> Result<Code, Failure> {
    let site = super::site::prepare(app)?;
    let agents = Agents::new(app.clone());
    let people = people(app, site.is_some())?;
    let tls = certificates(app);
    let handle = runtime.handle().clone();
    let work = Arc::new(Work::of_server(agents.clone(), handle.clone(), people.clone(), tls.clone()));
    let open_door = || Door::open(&app.config.data, work.clone());
    let mut door = open_door().inspect_err(|error| warn!("commands cannot ask this server: {error}")).ok();
    let round = jobs::Round::new(agents.clone(), tls.clone(), Some(people.clone()), handle);
    let jobs =
        Jobs::start(round).map_err(|error| Failure::new(Code::Server, format!("no thread can be started: {error}")))?;

    let console = Console::new(app.clone(), agents.clone(), tls.clone(), people.clone());
    let console = console.map_err(|error| Failure::new(Code::Data, format!("{}.", causes(&error))))?;
    let status = site.as_ref().map(|site| Arc::new(Status::new(&site.shown)));
    let parts =
        server::Parts { app: app.clone(), agents: agents.clone(), tls: tls.clone(), console, site: status.clone() };
    let web = Web::start(runtime, parts, app)?;
    let keeper = match (site, status) {
        (Some(site), Some(status)) => {
            let round = Round::new(site.main, status);
            let keeper = Keeper::start(app.clone(), round, site.trusted, runtime.handle().clone());
            Some(keeper.map_err(|error| Failure::new(Code::Server, format!("no thread can be started: {error}")))?)
        }
        _ => None,
    };

    mark.ready();
    service::tell(Word::Ready);
    greet(app, &people, place);
    let code = wait(events, || {
        if door.is_none() {
            door = open_door().inspect(|_| info!("commands can ask this server now")).ok();
        }
        door.is_some()
    });

    info!("stopping");
    service::tell(Word::Stopping);
    web.stop(sender, events);
    drop(keeper);
    drop(jobs);
    drop(door);
    let outcomes = [
        agents.flush_visits(),
        agents.flush_orders(),
        agents.flush_contacts(),
        agents.flush_trust(),
        agents.flush_handshakes(),
    ];
    for outcome in outcomes {
        if let Err(error) = outcome {
            error!("the last contacts are not stored: {}", causes(&error));
        }
    }
    app.store.close();
    mark.closed();
    info!("stopped");
    #[cfg(target_os = "linux")]
    if code.is_ok() {
        crate::service::forget_failures();
    }
    code
}

/// The running web server.
struct Web<'a> {
    runtime: &'a Runtime,
    running: server::Running,
}

impl<'a> Web<'a> {
    fn start(runtime: &'a Runtime, parts: server::Parts, app: &App) -> Result<Web<'a>, Failure> {
        let _context = runtime.enter();
        let running =
            server::start(parts).map_err(|error| Failure::new(Code::Server, format!("{}.", causes(&error))))?;
        let shown =
            |bound: &server::Bound| format!("{}://{}", if bound.secure { "https" } else { "http" }, bound.address);
        let listening = running.bound().iter().map(shown).collect();
        *app.listening.lock().unwrap_or_else(PoisonError::into_inner) = listening;
        Ok(Web { runtime, running })
    }

    /// Takes no new connection and waits for open requests: until they are done, for ten seconds, or until somebody
    /// asks once more.
    fn stop(self, sender: &Sender<Event>, events: &Receiver<Event>) {
        let (running, done) = (self.running.clone(), sender.clone());
        self.runtime.spawn(async move {
            running.stop(true).await;
            // Nobody listens any more when the patience was shorter.
            let _ = done.send(Event::Ended(Ok(())));
        });
        match events.recv_timeout(PATIENCE + Duration::from_secs(1)) {
            Ok(Event::Ended(_)) | Err(RecvTimeoutError::Disconnected) => {}
            Ok(Event::Stop) => warn!("stopping without waiting for open requests"),
            Err(RecvTimeoutError::Timeout) => warn!("some requests were open for too long and are given up"),
        }
    }
}

/// Waits for the word to stop. What the start could not do (the disk was full) is tried again until `complete`.
fn wait(events: &Receiver<Event>, mut complete: impl FnMut() -> bool) -> Result<Code, Failure> {
    let mut event = Err(RecvTimeoutError::Timeout);
    while matches!(event, Err(RecvTimeoutError::Timeout)) {
        event = if complete() {
            events.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            events.recv_timeout(AGAIN)
        };
    }
    match event {
        Ok(Event::Ended(Err(why))) => Err(Failure::new(Code::Server, why)),
        _ => Ok(Code::Done),
    }
}

/// A second site has no console, and so no set-up code.
fn people(app: &App, site: bool) -> Result<People, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new(Code::Data, format!("{}.", causes(error)));
    let store = app.store.read().map_err(|error| failed(&error))?;
    let administrator = accounts::any_administrator(&store).map_err(|error| failed(&error))?;
    let setup = Setup::start(&app.folder("run"), administrator || site, app.clock.now(), app.clock.elapsed());
    let setup = setup.map_err(|error| Failure::new(Code::Folder, format!("{}.", causes(&error))))?;
    Ok(People { sessions: Arc::new(Sessions::new(&app.config.limits)), setup: Arc::new(setup) })
}

/// Without certificates agents are still served over HTTP.
fn certificates(app: &App) -> Option<Arc<Tls>> {
    match running::certificates(app) {
        Ok(tls) => Some(Arc::new(tls)),
        Err(error) => {
            error!("HTTPS cannot be served, HTTP can: {}", causes(&error));
            None
        }
    }
}

/// Ctrl-C and SIGTERM do nothing but send the word.
fn signals(runtime: &Runtime, sender: &Sender<Event>) {
    let stop = sender.clone();
    runtime.spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && stop.send(Event::Stop).is_ok() {} });
    #[cfg(windows)]
    closing(runtime, sender);
    #[cfg(unix)]
    {
        let stop = sender.clone();
        runtime.spawn(async move {
            let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
            let Ok(mut signal) = signal.inspect_err(|error| warn!("SIGTERM will not be heard: {error}")) else {
                return;
            };
            while signal.recv().await.is_some() && stop.send(Event::Stop).is_ok() {}
        });
    }
}

/// A window that is closed, and a machine that shuts down: Windows waits five seconds, so open requests have three.
#[cfg(windows)]
fn closing(runtime: &Runtime, sender: &Sender<Event>) {
    use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};
    let stop = sender.clone();
    runtime.spawn(async move {
        let heard = (ctrl_break(), ctrl_close(), ctrl_logoff(), ctrl_shutdown());
        let (Ok(mut pressed), Ok(mut closed), Ok(mut left), Ok(mut down)) = heard else {
            return warn!("closing the window will end the program without a word");
        };
        tokio::select! {
            _ = pressed.recv() => {}
            _ = closed.recv() => {}
            _ = left.recv() => {}
            _ = down.recv() => {}
        }
        if stop.send(Event::Stop).is_ok() {
            tokio::time::sleep(Duration::from_secs(3)).await;
            // Has ended by itself when nobody listens any more.
            let _ = stop.send(Event::Stop);
        }
    });
}

/// Where everything is, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The data folder.
    pub folder: String,
    /// What agents are pointed at.
    pub agents: String,
    /// The console, for every machine.
    pub console: String,
    /// The set-up code, as long as there is no administrator.
    pub code: Option<String>,
    /// The console for the browser of this machine; `None` when nothing is listened on.
    pub local: Option<String>,
}

/// Says where everything is.
fn greet(app: &App, people: &People, place: Place) {
    let first = format!("Rollcall {}\n", env!("CARGO_PKG_VERSION"));
    let folder = vec!["Data folder".to_owned(), app.config.data.display().to_string()];
    let mut places = places(app, people);
    if place == Place::Window
        && let Ok(whole) = std::path::absolute(&app.config.data)
    {
        // Who double-clicks does not know from where.
        places.folder = whole.display().to_string();
    }
    let rows = if let Some(main) = &app.config.replica_of {
        let packages = places.agents.trim_end_matches("/ocsinventory");
        vec![
            folder,
            vec!["Second site of".to_owned(), main.to_string()],
            vec!["Packages".to_owned(), format!("{packages}/download")],
        ]
    } else if place == Place::Window {
        super::print(&window::text(&places, window::language()));
        return window::browse(&places);
    } else {
        let mut rows =
            vec![folder, vec!["Agents".to_owned(), places.agents], vec!["Console".to_owned(), places.console]];
        rows.extend(places.code.map(|code| {
            vec!["Set-up code".to_owned(), format!("{code}  (asked for once, to choose the administrator's password)")]
        }));
        rows
    };
    super::print(&format!("{first}{}Ctrl-C stops it.\n", super::columns(&rows)));
}

fn places(app: &App, people: &People) -> Places {
    let names = app.wanted_names();
    let name = app.config.public_names.first().cloned().or_else(|| names.names.first().cloned());
    let name = name.unwrap_or_else(|| "localhost".to_owned());
    let listening = app.listening.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let bound = |scheme: &str| -> Option<SocketAddr> {
        listening.iter().find_map(|url| url.strip_prefix(scheme)?.parse::<SocketAddr>().ok())
    };
    let url = |scheme: &str, usual: u16, bound: SocketAddr, name: &str| {
        let own = if bound.ip().is_unspecified() { name.to_owned() } else { bound.ip().to_string() };
        let host = if own.contains(':') { format!("[{own}]") } else { own };
        if bound.port() == usual { format!("{scheme}{host}") } else { format!("{scheme}{host}:{}", bound.port()) }
    };
    // What is listened on comes first; a listener whose port is taken shows what is wanted.
    let place = |scheme: &str, listen: &Listen, usual: u16| -> Option<String> {
        let bound = bound(scheme).or(match listen {
            Listen::Auto => Some(SocketAddr::from(([0, 0, 0, 0], usual))),
            Listen::Off => None,
            Listen::At(list) => list.first().copied(),
        })?;
        Some(url(scheme, usual, bound, &name))
    };
    let http = place("http://", &app.config.http, 80);
    let https = place("https://", &app.config.https, 443);
    let local = [("http://", 80), ("https://", 443)]
        .into_iter()
        .find_map(|(scheme, usual)| Some(url(scheme, usual, bound(scheme)?, "localhost")));
    Places {
        folder: app.config.data.display().to_string(),
        agents: format!("{}/ocsinventory", http.as_ref().or(https.as_ref()).unwrap_or(&name)),
        console: format!("{}/ocsreports", https.as_ref().or(http.as_ref()).unwrap_or(&name)),
        code: people.setup.code(app.clock.now(), app.clock.elapsed()).map(|(code, _)| code.to_string()),
        local: local.map(|local| format!("{local}/ocsreports")),
    }
}
