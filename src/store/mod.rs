//! The database engine as we use it; it knows no table of the field.
//!
//! One file, one thread that writes ([`writer`]), any number of readers. What is handed to the writer
//! is answered after it is on the disk. Every record carries a checksum over its table, key and value
//! ([`record`]), looked at on each read, because the engine does not check pages when it reads.
//!
//! The engine sits behind a slot that can be emptied and filled again: after a failed commit (a full
//! disk, mostly) that handle never writes again, so the writer drops it and opens the file anew.

mod changes;
mod compact;
mod kept;
mod reader;
mod record;
mod rehearsal;
mod writer;

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::{Builder, Database, StorageBackend};

pub use changes::{Changes, Write};
pub use kept::Kept;
pub use reader::{Read, Reader};
pub use record::{Damage, Key, KeyOf, Stored, Table};
pub use rehearsal::Rehearsal;
pub use writer::{Pending, Txn};

/// What can go wrong between us and the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the file open.
    #[error("another program holds `{}`", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be created or opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// The engine reports a failure while reading or writing.
    #[error("the database file cannot be read or written")]
    Engine(#[source] Box<redb::Error>),
    /// A record does not match its checksum, or its bytes make no sense.
    #[error("record `{key}` of table `{table}` is damaged: {why}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The key in hexadecimal.
        key: String,
        /// What does not fit.
        why: Damage,
    },
    /// Nothing can be written at the moment (the disk is full, or the file is being reopened).
    #[error("nothing can be stored at the moment: {0}")]
    Unavailable(String),
    /// Too much is waiting for the writer.
    #[error("too many changes are waiting to be written")]
    Busy,
    /// The change failed in a way that should not happen; nothing of it was stored.
    #[error("the change was given up because of a fault in the program")]
    Panicked,
}

impl Error {
    /// The number that is the key of a damaged record.
    pub fn damaged_number(&self) -> Option<u32> {
        match self {
            Error::Damaged { key, .. } => u32::from_str_radix(key, 16).ok(),
            _ => None,
        }
    }
}

macro_rules! engine_errors {
    ($($kind:ty),*) => { $(
        impl From<$kind> for Error {
            fn from(error: $kind) -> Error { Error::Engine(Box::new(error.into())) }
        }
    )* };
}
engine_errors!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::SetDurabilityError
);

/// Keeps company with the file: an index in memory that follows each commit.
///
/// All methods are called on the writer's thread.
pub trait Companion: Send + Sync {
    /// Adds what must be in the next commit together with the jobs of the batch.
    fn before_commit(&self, changes: &mut Changes);
    /// The batch is on the disk.
    fn committed(&self);
    /// The file was closed and opened again after a failure; what it holds may differ from what is in memory.
    fn reopened(&self, store: &Reader) -> Result<(), Error>;
}

/// How the file is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Memory for pages of the file, in bytes.
    pub cache: usize,
    /// Jobs that may wait for the writer.
    pub queue: usize,
    /// Bytes that may wait for the writer.
    pub queue_bytes: usize,
    /// Pause before a failed file is opened again.
    pub retry: std::time::Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { cache: 16 << 20, queue: 4096, queue_bytes: 64 << 20, retry: std::time::Duration::from_secs(10) }
    }
}

/// Where the bytes are. Tests hand in backends that fail on purpose.
pub(crate) type Opener = Box<dyn Fn() -> Result<Database, redb::DatabaseError> + Send + Sync>;

/// The open file. Cheap to clone; the writer ends with [`Store::close`] or with the last clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    slot: RwLock<Option<Arc<Database>>>,
    opener: Opener,
    settings: Settings,
    queue: writer::Queue,
    trouble: Mutex<Option<String>>,
    closed: AtomicBool,
    companion: RwLock<Option<Arc<dyn Companion>>>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// Above this size a repair after a crash takes longer than people wait, so the engine writes down
/// what it needs for a quick one at each commit.
const QUICK_REPAIR_FROM: u64 = 2 << 30;

impl Store {
    /// Opens or creates the file, readable by its owner only, and starts the writer.
    pub fn open(path: &Path, settings: Settings) -> Result<Store, Error> {
        let file = path.to_path_buf();
        let cache = settings.cache;
        let opener = Box::new(move || match builder(cache).create_file(private_file(&file)?) {
            Err(_) if discard_unfinished(&file).unwrap_or(false) => builder(cache).create_file(private_file(&file)?),
            outcome => outcome,
        });
        let store = Store::start(path.to_path_buf(), opener, settings)?;
        // Not before the file is ours: whoever holds it may be making a copy.
        compact::remove_unfinished(path);
        Ok(store)
    }

    /// Opens a store on any backend; each (re)opening asks `backend` for a new one.
    pub fn with_backend<B: StorageBackend>(
        backend: impl Fn() -> B + Send + Sync + 'static,
        settings: Settings,
    ) -> Result<Store, Error> {
        let cache = settings.cache;
        let opener = Box::new(move || builder(cache).create_with_backend(backend()));
        Store::start(PathBuf::from("(memory)"), opener, settings)
    }

    /// Opens an existing file without writing on it: what would be written is done by [`Rehearsal::perform`], once the
    /// store was closed.
    pub fn rehearse(path: &Path, settings: Settings) -> Result<(Store, Rehearsal), Error> {
        let unreadable =
            |error: std::io::Error| Error::Open { path: path.to_path_buf(), source: Box::new(error.into()) };
        let rehearsal = Rehearsal::open(path).map_err(unreadable)?;
        let rehearsal = rehearsal.ok_or_else(|| Error::InUse { path: path.to_path_buf() })?;
        let (backend, cache) = (rehearsal.clone(), settings.cache);
        let opener = Box::new(move || builder(cache).create_with_backend(backend.clone()));
        Ok((Store::start(path.to_path_buf(), opener, settings)?, rehearsal))
    }

    /// A store that is gone with the last handle.
    pub fn in_memory() -> Result<Store, Error> {
        Store::with_backend(redb::backends::InMemoryBackend::new, Settings::default())
    }

    fn start(path: PathBuf, opener: Opener, settings: Settings) -> Result<Store, Error> {
        let database = opener().map_err(|error| opening(&path, error))?;
        let queue = writer::Queue::new(settings.queue, settings.queue_bytes);
        let inner = Arc::new(Inner {
            path,
            slot: RwLock::new(Some(Arc::new(database))),
            opener,
            settings,
            queue,
            trouble: Mutex::new(None),
            closed: AtomicBool::new(false),
            companion: RwLock::new(None),
            thread: Mutex::new(None),
        });
        let thread = writer::start(&inner).map_err(|error| Error::Unavailable(error.to_string()))?;
        *lock(&inner.thread) = Some(thread);
        Ok(Store { inner })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Bytes of the file; 0 for a store in memory.
    pub fn file_size(&self) -> u64 {
        self.inner.file_size()
    }

    /// Names the companion; its `before_commit` and `committed` are called from the next batch on.
    pub fn accompany(&self, companion: Arc<dyn Companion>) {
        *self.inner.companion.write().unwrap_or_else(PoisonError::into_inner) = Some(companion);
    }

    /// A view of the file as it is now. Keep it for one page or one batch of an export: it pins old pages.
    pub fn read(&self) -> Result<Reader, Error> {
        let database = self.inner.database().ok_or_else(|| self.unavailable())?;
        Reader::begin(&database)
    }

    /// Queues encoded changes that cannot fail; they share one transaction with others that wait.
    /// `after` runs on the writer's thread when they are on the disk, before the answer.
    pub fn submit(
        &self,
        changes: Changes,
        after: impl FnOnce() + Send + 'static,
    ) -> Result<Pending<Result<(), Error>>, Error> {
        self.check()?;
        self.inner.queue.submit(changes, after)
    }

    /// Queues a closure that runs in a transaction of its own: an `Err` (or a panic) rolls back what it did
    /// and nothing else. `after` sees the result when it is on the disk.
    pub fn queue<T, E>(
        &self,
        run: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<Pending<Result<T, E>>, Error>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.check()?;
        self.inner.queue.closure(run, after)
    }

    /// Runs a closure in a transaction of its own and waits until it is on the disk.
    pub fn write<T, E>(&self, run: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.queue(run, |_| {})?.wait()
    }

    /// Runs `work` on the writer's thread. What lives in memory and changes with each commit is best made there: what
    /// one thread frees, an allocator keeps for the same thread.
    pub fn on_writer<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        self.submit(Changes::new(), move || drop(tell.send(work())))?.wait()?;
        told.recv().map_err(|_| Error::Panicked)
    }

    /// Why nothing can be stored at the moment, in words; `None` when all is well.
    pub fn trouble(&self) -> Option<String> {
        lock(&self.inner.trouble).clone()
    }

    /// Jobs that wait for the writer.
    pub fn waiting(&self) -> usize {
        self.inner.queue.len()
    }

    /// Writes what waits, closes the file and ends the writer. Later calls answer `Unavailable`.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::SeqCst);
        self.inner.queue.close();
        if let Some(thread) = lock(&self.inner.thread).take() {
            // A writer that panicked has logged so itself; there is nothing left to wait for.
            let _ = thread.join();
        }
        self.inner.slot.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Closes the file, makes it as small as it can be, and opens it again. Writers wait meanwhile.
    pub fn compact(&self) -> Result<bool, Error> {
        self.inner.compact()
    }

    fn check(&self) -> Result<(), Error> {
        if self.inner.closed.load(Ordering::SeqCst) || lock(&self.inner.trouble).is_some() {
            return Err(self.unavailable());
        }
        Ok(())
    }

    fn unavailable(&self) -> Error {
        Error::Unavailable(self.trouble().unwrap_or_else(|| "the store is closed".to_owned()))
    }
}

impl Inner {
    fn database(&self) -> Option<Arc<Database>> {
        self.slot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn companion(&self) -> Option<Arc<dyn Companion>> {
        self.companion.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Empties the slot and fills it again; `checked` verifies every page first. Fails while a reader still holds the
    /// old handle.
    fn reopen(&self, checked: bool) -> Result<(), Error> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        slot.take();
        let mut database = (self.opener)().map_err(|error| opening(&self.path, error))?;
        if checked && !database.check_integrity().map_err(|error| opening(&self.path, error))? {
            tracing::error!("the database was not in order after a fault in the program; it is now");
        }
        *slot = Some(Arc::new(database));
        Ok(())
    }

    fn compact(&self) -> Result<bool, Error> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = slot.take() else { return Err(Error::Unavailable("the store is closed".to_owned())) };
        match Arc::try_unwrap(database) {
            Ok(database) if self.path.is_file() => {
                let before = self.file_size();
                let copied = compact::copy(&database, &self.path, self.settings.cache);
                drop(database);
                let replaced = copied.and_then(|copy| {
                    compact::replace(&copy, &self.path).map_err(|error| opening(&self.path, error.into()))
                });
                // Whichever file is there now is whole.
                let database = (self.opener)().map_err(|error| opening(&self.path, error))?;
                *slot = Some(Arc::new(database));
                replaced.map(|()| self.file_size() < before)
            }
            Ok(mut database) => {
                let outcome = database.compact();
                *slot = Some(Arc::new(database));
                outcome.map_err(|error| Error::Engine(Box::new(error.into())))
            }
            Err(shared) => {
                *slot = Some(shared);
                Err(Error::Unavailable("pages are being read".to_owned()))
            }
        }
    }

    fn file_size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |data| data.len())
    }

    fn quick_repair(&self) -> bool {
        self.file_size() > QUICK_REPAIR_FROM
    }
}

fn builder(cache: usize) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(cache);
    builder.set_repair_callback(|session| {
        tracing::info!("repairing the database after an unclean stop: {} %", (session.progress() * 100.0) as u32);
    });
    builder
}

fn private_file(path: &Path) -> Result<File, std::io::Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Empties a file whose making was cut short by a crash or a full disk: the engine writes its mark last, so there is
/// none, and nothing but zeros after the head. A file in which anything was ever stored is not touched.
fn discard_unfinished(path: &Path) -> std::io::Result<bool> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    // Whoever is making it right now holds it.
    if file.try_lock().is_err() || file.metadata()?.len() == 0 || !unfinished(&mut file)? {
        return Ok(false);
    }
    tracing::warn!("`{}` was never finished and holds nothing: it is made anew", path.display());
    file.set_len(0)?;
    file.sync_all()?;
    Ok(true)
}

/// Whether nothing was ever stored in the file, for all that can be seen: it is empty, or its making was cut short.
pub fn holds_nothing(path: &Path) -> std::io::Result<bool> {
    unfinished(&mut File::open(path)?)
}

fn unfinished(file: &mut File) -> std::io::Result<bool> {
    // Bytes of the engine's mark.
    const MARK: usize = 9;
    // Bytes of the head, and more than a new file has.
    const HEAD: usize = 512;
    const MOST: u64 = 4 << 20;
    if file.metadata()?.len() > MOST {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let blank = |part: Option<&[u8]>| part.is_none_or(|part| part.iter().all(|byte| *byte == 0));
    Ok(blank(bytes.get(..MARK.min(bytes.len()))) && blank(bytes.get(HEAD..)))
}

fn opening(path: &Path, error: redb::DatabaseError) -> Error {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => Error::InUse { path: path.to_path_buf() },
        other => Error::Open { path: path.to_path_buf(), source: Box::new(other.into()) },
    }
}

/// A lock that a panic left behind is as good as any other: what it guards is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
