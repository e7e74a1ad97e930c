//! What handlers, jobs and commands share: the open store with its index, the options, the clock, the settings.

mod definitions;
pub mod sticks;
mod vitals;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;

pub use definitions::Definitions;
pub use sticks::Sticks;
pub use vitals::Vitals;

use crate::accountinfo;
use crate::clock::{Clock, Timestamp};
use crate::config::Config;
use crate::deployment::Board;
use crate::deployment::agent_files::AgentFiles;
use crate::deployment::drafts::Drafts;
use crate::deployment::files::{Broken, Files};
use crate::deployment::intact::{Intact, News};
use crate::deployment::package::Package;
use crate::deployment::uploads::Uploads;
use crate::fleet::Fleet;
use crate::groups::Groups;
use crate::history;
use crate::id::{ComputerId, GroupId};
use crate::inventory::requested::Requested;
use crate::inventory::store as computers;
use crate::inventory::{Dictionaries, rows::SectionRows};
use crate::options::Value;
use crate::options::store::Book;
use crate::proof::runs::Proofs;
use crate::schema::{self, SchemaError};
use crate::store::{self, Changes, Companion, Error, Read, Reader, Store, Txn};
use crate::tls::{self, names};

/// Names and addresses of this server that were given at the set-up, one a line: kept beside the options.
pub const PUBLIC_NAMES: &str = "PUBLIC_NAMES";

/// The running program.
pub struct App {
    /// Settings.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// The file.
    pub store: Store,
    /// The index in memory.
    pub fleet: Arc<Fleet>,
    /// Options in memory.
    pub options: Arc<Book>,
    /// Fields, junk lists and registry queries in memory.
    pub definitions: Arc<Definitions>,
    /// Computers that are asked for an inventory.
    pub requested: Arc<Requested>,
    /// Packages, activations and affectations in memory.
    pub board: Arc<Board>,
    /// Groups in memory.
    pub groups: Arc<Groups>,
    /// Packages on the disk.
    pub packages: Files,
    /// Whether their files are as they were made.
    pub intact: Intact,
    /// Archives that packages are being built of.
    pub drafts: Drafts,
    /// Activations that are being tried out.
    pub proofs: Arc<Proofs>,
    /// Agents' own files on the disk.
    pub agent_files: AgentFiles,
    /// Files of packages that browsers are sending.
    pub uploads: Arc<Uploads>,
    /// Dictionaries of cold records.
    pub dictionaries: Arc<Dictionaries>,
    /// Contacts that are not on the disk yet.
    pub contacts: history::Pending,
    /// Under which authority agents were served.
    pub trust: history::Trust,
    /// Addresses whose connections over HTTPS come to nothing.
    pub handshakes: history::Handshakes,
    /// How much agents called in the last day.
    pub hours: history::Hours,
    /// The installation's secret number.
    pub seed: u64,
    /// The store was made just now.
    pub new: bool,
    /// The office's time zone.
    pub zone: TimeZone,
    /// Whether the server needs care, as a job last saw it.
    pub vitals: store::Kept<Vitals>,
    /// USB sticks with our kit.
    pub sticks: Sticks,
    /// There is room on the disk; without it, inventories are refused (REL-8). Set by the job that looks.
    pub room: AtomicBool,
    /// Where the server listens, as addresses for people: `http://[::]:80`. Empty while nothing listens.
    pub listening: Mutex<Vec<String>>,
    /// The jobs as they last ran. Empty while none runs.
    pub jobs: Mutex<Vec<JobState>>,
    next_computer: AtomicU32,
}

/// How a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobState {
    /// Its name.
    pub name: &'static str,
    /// When it last ran; `None` before its first run.
    pub last: Option<Timestamp>,
    /// When it runs again.
    pub next: Timestamp,
    /// Its last run did not come to its end.
    pub failing: bool,
}

/// Why the data folder cannot be used: one sentence each, for whoever started the program.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("the data folder `{}` cannot be made", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another Rollcall uses the folder.
    #[error("another Rollcall is already using the data folder `{}`", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is of another release or damaged.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The file cannot be read.
    #[error("the data in `{}` cannot be read", path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: Error,
    },
    /// The file is blank, though there was a server that stored something.
    #[error("the database in `{}` is blank", path.display())]
    Blank {
        /// The folder.
        path: PathBuf,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// The companion of the store: index and options in step with the file.
struct Memory {
    fleet: Arc<Fleet>,
    options: Arc<Book>,
    board: Arc<Board>,
    groups: Arc<Groups>,
    definitions: Arc<Definitions>,
    requested: Arc<Requested>,
    dictionaries: Arc<Dictionaries>,
}

impl Companion for Memory {
    fn before_commit(&self, changes: &mut Changes) {
        self.fleet.before_commit(changes);
    }

    fn committed(&self) {
        self.fleet.committed();
    }

    fn reopened(&self, store: &Reader) -> Result<(), Error> {
        self.options.reload(store)?;
        self.definitions.reopened(store)?;
        self.requested.reload(store)?;
        self.board.reload(store)?;
        self.groups.reload(store)?;
        let tags = accountinfo::store::tags(store)?;
        self.fleet.rebuild(store, &self.dictionaries, &|id| tags.get(&id).cloned().unwrap_or_default())
    }
}

impl App {
    /// Opens the data folder, making it when it is not there.
    pub fn open(config: Config, clock: Clock) -> Result<Arc<App>, OpenError> {
        let path = config.data.clone();
        private_folder(&path).map_err(|source| OpenError::Folder { path: path.clone(), source })?;
        refuse_blank(&path)?;
        let settings = store::Settings {
            cache: usize::try_from(config.cache).unwrap_or(usize::MAX),
            queue: config.limits.write_queue,
            queue_bytes: config.limits.write_queue_bytes,
            ..store::Settings::default()
        };
        let store = Store::open(&path.join("store.redb"), settings).map_err(|error| match error {
            Error::InUse { .. } => OpenError::InUse { path: path.clone() },
            source => OpenError::Store { path: path.clone(), source },
        })?;
        App::with_store(config, clock, store)
    }

    /// The same with a store that is open already; tests hand in one in memory.
    pub fn with_store(config: Config, clock: Clock, store: Store) -> Result<Arc<App>, OpenError> {
        let path = config.data.clone();
        let mut bytes = [0; 8];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| OpenError::Random)?;
        let installation = schema::prepare(&store, move || u64::from_le_bytes(bytes))?;
        let whole = |source| OpenError::Store { path: path.clone(), source };
        let read = store.read().map_err(whole)?;
        let dictionaries = Arc::new(computers::dictionaries(&read).map_err(whole)?);
        let (view, known) = (store.read().map_err(whole)?, dictionaries.clone());
        let load = move || {
            let tags = accountinfo::store::tags(&view)?;
            let tag = |id| tags.get(&id).cloned().unwrap_or_default();
            Fleet::load(&view, installation.seed, &known, &tag)
        };
        let fleet = Arc::new(store.on_writer(load).and_then(|fleet| fleet).map_err(whole)?);
        let options = Arc::new(Book::load(&read).map_err(whole)?);
        let definitions = Arc::new(Definitions::load(&read).map_err(whole)?);
        let requested = Arc::new(Requested::load(&read).map_err(whole)?);
        let hours = history::Hours::load(&read).map_err(whole)?;
        let trust = history::Trust::load(&read).map_err(whole)?;
        let contacts = history::Pending::load(&read).map_err(whole)?;
        let handshakes = history::Handshakes::load(&read).map_err(whole)?;
        let board = Arc::new(Board::load(&read).map_err(whole)?);
        let groups = Arc::new(Groups::load(&read).map_err(whole)?);
        let counted = read.get(&computers::COUNTERS, computers::NEXT_COMPUTER).map_err(whole)?.unwrap_or(1);
        let next = fleet.look().next_id().max(u32::try_from(counted).unwrap_or(u32::MAX));
        drop(read);
        store.accompany(Arc::new(Memory {
            fleet: fleet.clone(),
            options: options.clone(),
            definitions: definitions.clone(),
            requested: requested.clone(),
            board: board.clone(),
            groups: groups.clone(),
            dictionaries: dictionaries.clone(),
        }));
        let packages = Files::of(&path);
        for trouble in packages.mend(&|id| board.look().packages.contains_key(&id)) {
            tracing::error!("{trouble}");
        }
        let agent_files = AgentFiles::of(&path);
        agent_files.sweep(&store);
        let drafts = Drafts::new(path.join("uploads"));
        let uploads = Uploads::new(packages.clone());
        Ok(Arc::new(App {
            config,
            clock,
            store,
            fleet,
            options,
            definitions,
            requested,
            board,
            groups,
            packages,
            intact: Intact::default(),
            drafts,
            proofs: Arc::default(),
            agent_files,
            uploads,
            dictionaries,
            contacts,
            trust,
            handshakes,
            hours,
            seed: installation.seed,
            new: installation.new,
            zone: TimeZone::system(),
            vitals: store::Kept::default(),
            sticks: Sticks::default(),
            room: AtomicBool::new(true),
            listening: Mutex::default(),
            jobs: Mutex::default(),
            next_computer: AtomicU32::new(next),
        }))
    }

    /// Holds the files of a package against its record, and notes what was found; `None` when `go_on` ended it. Takes as
    /// long as reading the files does.
    pub fn look_at_package(&self, package: &Package, go_on: &dyn Fn() -> bool) -> Option<Result<(), Broken>> {
        let found = self.packages.verify_while(package, go_on)?;
        match self.intact.note(package.id, found.clone(), self.clock.elapsed()) {
            News::Damaged => {
                let what = match &found {
                    Err(Broken::Missing(file)) => format!("`{file}` is missing or cannot be read"),
                    _ => "they are not what was built".to_owned(),
                };
                tracing::error!("the files of package {} (`{}`) are damaged: {what}", package.id, package.name);
            }
            News::Mended => tracing::info!("the files of package {} (`{}`) are good again", package.id, package.name),
            News::Nothing => {}
        }
        Some(found)
    }

    /// Reads the options again after they were changed.
    pub fn reload_options(&self) -> Result<(), Error> {
        let (store, options) = (self.store.clone(), self.options.clone());
        self.store.on_writer(move || options.reload(&store.read()?))?
    }

    /// Reads own values of these computers again after they were changed; for the writer's thread after its commit.
    pub fn follow_own(&self, ids: &[ComputerId]) {
        if let Err(error) = self.store.read().and_then(|read| self.options.follow(&read, ids)) {
            tracing::error!("changed own values of computers count at the next start only: {error}");
        }
    }

    /// The same for the packages of these computers.
    pub fn follow_packages(&self, ids: &[ComputerId]) {
        if let Err(error) = self.store.read().and_then(|read| self.board.follow(&read, ids)) {
            tracing::error!("changed packages of computers count at the next start only: {error}");
        }
    }

    /// The same for the groups of these computers.
    pub fn follow_groups(&self, ids: &[ComputerId]) {
        if let Err(error) = self.store.read().and_then(|read| self.groups.follow(&read, ids)) {
            tracing::error!("changed groups of computers count at the next start only: {error}");
        }
    }

    /// The same for the options of a group.
    pub fn follow_group_options(&self, id: GroupId) {
        if let Err(error) = self.store.read().and_then(|read| self.options.follow_group(&read, id)) {
            tracing::error!("changed options of a group count at the next start only: {error}");
        }
    }

    /// Looks at the file.
    pub fn read<T>(&self, look: impl FnOnce(&Reader) -> Result<T, Error>) -> Result<T, Error> {
        look(&self.store.read()?)
    }

    /// Changes the file, and waits until the change is on the disk.
    pub fn write<T, E>(&self, change: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.store.write(change)
    }

    /// Whether inventories can be stored: there is room on the disk, and the file takes writes.
    pub fn has_room(&self) -> bool {
        self.room.load(Ordering::Relaxed) && self.store.trouble().is_none()
    }

    /// Bytes of the disk that stay free, whatever agents and people send.
    pub fn stays_free(&self) -> u64 {
        self.config.limits.stays_free(self.store.file_size())
    }

    /// A number for a new computer. It is written down together with the computer.
    pub fn next_computer(&self) -> ComputerId {
        ComputerId(self.next_computer.fetch_add(1, Ordering::SeqCst))
    }

    /// Names and addresses of this server that people gave it: in the settings, then at the set-up.
    pub fn public_names(&self) -> Vec<String> {
        let mut names = self.config.public_names.clone();
        if let Some(Value::Text(stored)) = self.options.general().kept().get(PUBLIC_NAMES) {
            names.extend(stored.lines().map(str::to_owned));
        }
        names
    }

    /// What the server certificate should carry now. Asks the machine for its name and addresses.
    pub fn wanted_names(&self) -> tls::Names {
        let host = names::host_name().unwrap_or_else(|| "localhost".to_owned());
        let interfaces = names::local_addresses().unwrap_or_default();
        names::wanted(&host, names::full_name(&host).as_deref(), &self.public_names(), &interfaces)
    }

    /// A place in the data folder.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.config.data.join(name)
    }

    /// Everything stored about a computer's sections.
    pub fn sections(&self, store: &impl Read, id: ComputerId) -> Result<Vec<SectionRows>, Error> {
        computers::sections(store, id, &self.dictionaries)
    }
}

/// A data folder with certificates had a finished database: where nothing is left of it, to begin anew is for a person
/// to decide.
pub fn refuse_blank(data: &Path) -> Result<(), OpenError> {
    let blank = store::holds_nothing(&data.join("store.redb")).unwrap_or(false);
    if blank && data.join("tls").exists() { Err(OpenError::Blank { path: data.to_path_buf() }) } else { Ok(()) }
}

/// Makes a folder that only its owner can look into.
pub fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
