//! The writer thread: takes what waits, writes it in one flush, then answers.
//!
//! No timer is involved. A lone job is flushed at once; a storm batches itself while the disk is busy.
//! Encoded changes cannot fail half way and share a transaction. A closure runs in an undurable
//! transaction of its own, so that it can fail alone; the batch ends with one durable commit.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::{Database, Durability, ReadableTable, WriteTransaction};
use tokio::sync::oneshot;

use super::changes::{Changes, Op, Own, TakeOver, What, Write};
use super::reader::{Read, get_in, scan_in};
use super::record::{Key, KeyOf, Stored, Table, definition, key_bytes, seal};
use super::{Error, Inner, Reader, lock};

/// Jobs in one batch. More would make the first of them wait longer than agents like.
const BATCH: usize = 256;

/// A running transaction.
pub struct Txn<'a> {
    transaction: &'a WriteTransaction,
}

impl Read for Txn<'_> {
    fn get<K: Key, V: Stored>(&self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<Option<V>, Error> {
        get_in(&self.transaction.open_table(definition(table.name()))?, table, &key_bytes(&key))
    }

    fn scan_from<K: Key, V: Stored>(
        &self,
        table: &'static Table<K, V>,
        prefix: &[u8],
        each: &mut dyn FnMut(Result<(K, V), Error>) -> bool,
    ) -> Result<(), Error> {
        scan_in(&self.transaction.open_table(definition(table.name()))?, table, prefix, each)
    }
}

impl Write for Txn<'_> {
    fn put<K: Key, V: Stored>(
        &mut self,
        table: &'static Table<K, V>,
        key: impl KeyOf<K>,
        value: &V,
    ) -> Result<(), Error> {
        let key = key_bytes(&key);
        let record = seal(table.name(), &key, value);
        self.transaction.open_table(definition(table.name()))?.insert(key.as_slice(), record.as_slice())?;
        Ok(())
    }

    fn remove<K: Key, V: Stored>(&mut self, table: &'static Table<K, V>, key: impl KeyOf<K>) -> Result<(), Error> {
        let key = key_bytes(&key);
        self.transaction.open_table(definition(table.name()))?.remove(key.as_slice())?;
        Ok(())
    }
}

impl Txn<'_> {
    /// Makes a list of changes as a part of this transaction.
    pub fn apply(&mut self, changes: Changes) -> Result<(), Error> {
        apply(self.transaction, changes.ops)
    }
}

/// Makes changes table by table; within a table their order is kept, so a later one wins.
fn apply(transaction: &WriteTransaction, mut ops: Vec<Op>) -> Result<(), Error> {
    ops.sort_by_key(|op| op.table);
    for run in ops.chunk_by(|a, b| a.table == b.table) {
        let Some(first) = run.first() else { continue };
        let mut table = transaction.open_table(definition(first.table))?;
        for op in run {
            match &op.what {
                What::Put(record) => drop(table.insert(op.key.as_slice(), record.as_slice())?),
                What::Remove => drop(table.remove(op.key.as_slice())?),
                What::Merge(merge) => {
                    let stored = table.get(op.key.as_slice())?.map(|record| record.value().to_vec());
                    if let Some(record) = (merge.work)(&op.key, stored.as_deref()) {
                        table.insert(op.key.as_slice(), record.as_slice())?;
                    }
                }
                What::TakeOver(over) => take_over(&mut table, op, over)?,
            }
        }
    }
    Ok(())
}

/// Moves the records of one beginning of the key to another.
fn take_over(table: &mut redb::Table<'_, &'static [u8], &'static [u8]>, op: &Op, over: &TakeOver) -> Result<(), Error> {
    if over.to == op.key {
        return Ok(());
    }
    let moved = beginning_with(table, &op.key)?;
    if let Own::Some(stays) = &over.own {
        for (key, record) in beginning_with(table, &over.to)? {
            if !stays(op.table, &key, &record) {
                table.remove(key.as_slice())?;
            }
        }
    }
    for (old, record) in moved {
        table.remove(old.as_slice())?;
        let new = [over.to.as_slice(), old.get(op.key.len()..).unwrap_or_default()].concat();
        if matches!(over.own, Own::Stays) && table.get(new.as_slice())?.is_some() {
            continue;
        }
        match (over.work)(op.table, &old, &new, &record) {
            Some(record) => drop(table.insert(new.as_slice(), record.as_slice())?),
            None => tracing::error!("a damaged record of {} was left out when computers were merged", op.table),
        }
    }
    Ok(())
}

/// Keys and records in bytes.
type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// The records whose key begins so.
fn beginning_with(table: &redb::Table<'_, &'static [u8], &'static [u8]>, prefix: &[u8]) -> Result<Records, Error> {
    let mut found = Vec::new();
    for entry in table.range(prefix..)? {
        let (key, record) = entry?;
        if !key.value().starts_with(prefix) {
            break;
        }
        found.push((key.value().to_vec(), record.value().to_vec()));
    }
    Ok(found)
}

/// The answer to a job, some time later.
pub struct Pending<T> {
    slot: Arc<Mutex<Slot<T>>>,
}

/// Where an answer and who wants it meet, whichever comes first.
enum Slot<T> {
    Open,
    Answered(T),
    Wanted(Box<dyn FnOnce(T) + Send>),
    Over,
}

impl<T, E: From<Error>> Pending<Result<T, E>> {
    /// Calls `want` with the answer, on the writer's thread unless the answer is there already. It must not block.
    pub fn then(self, want: impl FnOnce(Result<T, E>) + Send + 'static) {
        let mut slot = lock(&self.slot);
        if let Slot::Answered(answer) = std::mem::replace(&mut *slot, Slot::Over) {
            drop(slot);
            want(answer);
        } else {
            *slot = Slot::Wanted(Box::new(want));
        }
    }
}

impl<T: Send + 'static, E: From<Error> + Send + 'static> Pending<Result<T, E>> {
    /// Blocks until the job is on the disk or has failed.
    pub fn wait(self) -> Result<T, E> {
        self.receiver().blocking_recv().unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    /// The same without blocking a thread.
    pub async fn done(self) -> Result<T, E> {
        self.receiver().await.unwrap_or_else(|_| Err(Error::Panicked.into()))
    }

    fn receiver(self) -> oneshot::Receiver<Result<T, E>> {
        let (sender, receiver) = oneshot::channel();
        // Nobody waits any more when the connection was closed: the data is stored all the same.
        self.then(move |answer| drop(sender.send(answer)));
        receiver
    }
}

/// The other end of a [`Pending`]. Dropped without an answer, it tells that the job panicked.
struct Sender<T, E: From<Error>> {
    slot: Arc<Mutex<Slot<Result<T, E>>>>,
}

impl<T, E: From<Error>> Sender<T, E> {
    fn send(self, answer: Result<T, E>) {
        self.tell(answer);
    }

    fn tell(&self, answer: Result<T, E>) {
        let mut slot = lock(&self.slot);
        match std::mem::replace(&mut *slot, Slot::Over) {
            Slot::Open => *slot = Slot::Answered(answer),
            Slot::Wanted(want) => {
                drop(slot);
                want(answer);
            }
            // The second call is that of `drop`.
            kept @ (Slot::Answered(_) | Slot::Over) => *slot = kept,
        }
    }
}

impl<T, E: From<Error>> Drop for Sender<T, E> {
    fn drop(&mut self) {
        self.tell(Err(Error::Panicked.into()));
    }
}

fn channel<T, E: From<Error>>() -> (Sender<T, E>, Pending<Result<T, E>>) {
    let slot = Arc::new(Mutex::new(Slot::Open));
    (Sender { slot: slot.clone() }, Pending { slot })
}

/// What waits for the writer.
trait Job: Send {
    fn bytes(&self) -> usize;
    /// Encoded changes, which share a transaction; `None` for a closure.
    fn changes(&mut self) -> Option<Vec<Op>>;
    /// Runs a closure; `false` rolls it back.
    fn run(&mut self, txn: &mut Txn<'_>) -> bool;
    /// Runs what must happen between the commit and the answers.
    fn committed(&mut self);
    /// Answers. `failed` when the batch did not reach the disk.
    fn answer(self: Box<Self>, failed: Option<&str>);
}

struct Encoded<F> {
    changes: Changes,
    after: Option<F>,
    answer: Sender<(), Error>,
}

impl<F: FnOnce() + Send> Job for Encoded<F> {
    fn bytes(&self) -> usize {
        self.changes.bytes()
    }
    fn changes(&mut self) -> Option<Vec<Op>> {
        Some(std::mem::take(&mut self.changes.ops))
    }
    fn run(&mut self, _: &mut Txn<'_>) -> bool {
        true
    }
    fn committed(&mut self) {
        if let Some(after) = self.after.take() {
            after();
        }
    }
    fn answer(self: Box<Self>, failed: Option<&str>) {
        let Encoded { after, answer, .. } = *self;
        // What it holds is given back before anybody hears of it.
        drop(after);
        answer.send(failed.map_or(Ok(()), |why| Err(Error::Unavailable(why.to_owned()))));
    }
}

struct Closure<F, A, T, E: From<Error>> {
    run: Option<F>,
    after: Option<A>,
    result: Option<Result<T, E>>,
    answer: Sender<T, E>,
}

impl<F, A, T, E> Job for Closure<F, A, T, E>
where
    F: FnOnce(&mut Txn<'_>) -> Result<T, E> + Send,
    A: FnOnce(&T) + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn bytes(&self) -> usize {
        0
    }
    fn changes(&mut self) -> Option<Vec<Op>> {
        None
    }
    fn run(&mut self, txn: &mut Txn<'_>) -> bool {
        let Some(run) = self.run.take() else { return false };
        let result = catch_unwind(AssertUnwindSafe(|| run(txn))).unwrap_or_else(|_| Err(Error::Panicked.into()));
        self.result.insert(result).is_ok()
    }
    fn committed(&mut self) {
        if let (Some(Ok(value)), Some(after)) = (&self.result, self.after.take()) {
            after(value);
        }
    }
    fn answer(self: Box<Self>, failed: Option<&str>) {
        let result = match (self.result, failed) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), None) => Ok(value),
            (_, Some(why)) => Err(Error::Unavailable(why.to_owned()).into()),
            (None, None) => Err(Error::Panicked.into()),
        };
        self.answer.send(result);
    }
}

/// Jobs on their way to the writer, bounded by number and by bytes.
pub(super) struct Queue {
    state: Mutex<Waiting>,
    arrived: Condvar,
    most: usize,
    most_bytes: usize,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    bytes: usize,
    closed: bool,
    /// The writer has nothing to do. A busy one comes by itself: waking it would be a system call for each job.
    idle: bool,
}

impl Queue {
    pub(super) fn new(most: usize, most_bytes: usize) -> Queue {
        Queue { state: Mutex::default(), arrived: Condvar::new(), most, most_bytes }
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.state).jobs.len()
    }

    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.arrived.notify_all();
    }

    pub(super) fn submit(
        &self,
        changes: Changes,
        after: impl FnOnce() + Send + 'static,
    ) -> Result<Pending<Result<(), Error>>, Error> {
        let (answer, pending) = channel();
        self.push(Box::new(Encoded { changes, after: Some(after), answer }))?;
        Ok(pending)
    }

    pub(super) fn closure<T, E>(
        &self,
        run: impl FnOnce(&mut Txn<'_>) -> Result<T, E> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<Pending<Result<T, E>>, Error>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, pending) = channel();
        self.push(Box::new(Closure { run: Some(run), after: Some(after), result: None, answer }))?;
        Ok(pending)
    }

    fn push(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if state.closed {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        // One job is always taken, however large: it was bounded where it came in.
        let full = state.jobs.len() >= self.most || state.bytes.saturating_add(job.bytes()) > self.most_bytes;
        if full && !state.jobs.is_empty() {
            return Err(Error::Busy);
        }
        state.bytes += job.bytes();
        state.jobs.push_back(job);
        let idle = state.idle;
        drop(state);
        if idle {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// The first job and all that wait behind it; `None` when the queue is closed and empty, or when
    /// `patience` passed without a job.
    fn take(&self, patience: Duration) -> Take {
        let mut state = lock(&self.state);
        state.idle = true;
        let waited = self.arrived.wait_timeout_while(state, patience, |state| state.jobs.is_empty() && !state.closed);
        let mut state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        state.idle = false;
        if state.jobs.is_empty() {
            return if state.closed { Take::Closed } else { Take::Nothing };
        }
        let count = state.jobs.len().min(BATCH);
        let jobs: Vec<_> = state.jobs.drain(..count).collect();
        state.bytes -= jobs.iter().map(|job| job.bytes()).sum::<usize>();
        Take::Batch(jobs)
    }

    /// Everything that waits, to be refused.
    fn drain(&self) -> Vec<Box<dyn Job>> {
        let mut state = lock(&self.state);
        state.bytes = 0;
        state.jobs.drain(..).collect()
    }
}

enum Take {
    Batch(Vec<Box<dyn Job>>),
    Nothing,
    Closed,
}

pub(super) fn start(inner: &Arc<Inner>) -> std::io::Result<JoinHandle<()>> {
    let weak = Arc::downgrade(inner);
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || work(&weak))
}

fn work(weak: &Weak<Inner>) {
    while let Some(inner) = weak.upgrade() {
        // The wait is bounded so that the thread ends when the last handle is gone.
        match inner.queue.take(Duration::from_millis(500)) {
            // Whatever goes wrong in here, this thread goes on (REL-17).
            Take::Batch(jobs) => {
                if catch_unwind(AssertUnwindSafe(|| batch(&inner, jobs))).is_err() {
                    *lock(&inner.trouble) = Some(reason(&Error::Panicked));
                    recover(&inner, true);
                }
            }
            Take::Nothing => {}
            Take::Closed => break,
        }
    }
}

fn batch(inner: &Inner, mut jobs: Vec<Box<dyn Job>>) {
    let outcome = match inner.database() {
        Some(database) => catch_unwind(AssertUnwindSafe(|| write(inner, &database, &mut jobs)))
            .unwrap_or_else(|_| Err(Error::Panicked)),
        None => Err(Error::Unavailable("the file is closed".to_owned())),
    };
    match outcome {
        Ok(()) => {
            let companion = inner.companion();
            let mut followed = companion
                .as_ref()
                .is_none_or(|companion| catch_unwind(AssertUnwindSafe(|| companion.committed())).is_ok());
            for job in &mut jobs {
                followed &= catch_unwind(AssertUnwindSafe(|| job.committed())).is_ok();
            }
            if !followed {
                tracing::error!("the index did not follow a commit and is read anew");
                let read = || Reader::begin(&inner.database()?).ok();
                let again = || companion.zip(read()).map(|(companion, read)| companion.reopened(&read));
                if !matches!(catch_unwind(AssertUnwindSafe(again)), Ok(None | Some(Ok(())))) {
                    tracing::error!("the index cannot be read anew; the next start does so");
                }
            }
            jobs.into_iter().for_each(|job| job.answer(None));
        }
        Err(error) => {
            let why = reason(&error);
            tracing::error!("nothing of a batch of {} changes was stored: {why}", jobs.len());
            *lock(&inner.trouble) = Some(why.clone());
            jobs.into_iter().for_each(|job| job.answer(Some(&why)));
            recover(inner, matches!(error, Error::Panicked));
        }
    }
}

fn write(inner: &Inner, database: &Database, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    let mut shared = Vec::new();
    let mut undurable = false;
    for job in jobs.iter_mut() {
        if let Some(ops) = job.changes() {
            shared.extend(ops);
            continue;
        }
        // What came before this closure must be visible to it.
        if !shared.is_empty() {
            commit_undurable(database, |transaction| apply(transaction, std::mem::take(&mut shared)).map(|()| true))?;
            undurable = true;
        }
        undurable |= commit_undurable(database, |transaction| Ok(job.run(&mut Txn { transaction })))?;
    }
    let mut companion_changes = Changes::new();
    if let Some(companion) = inner.companion() {
        companion.before_commit(&mut companion_changes);
    }
    if shared.is_empty() && companion_changes.is_empty() && !undurable {
        return Ok(());
    }
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(inner.quick_repair());
    apply(&transaction, companion_changes.ops)?;
    apply(&transaction, shared)?;
    transaction.commit()?;
    Ok(())
}

/// Runs `work` in a transaction that is not flushed; `Ok(false)` rolls it back.
fn commit_undurable(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<bool, Error>,
) -> Result<bool, Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::None)?;
    let keep = work(&transaction)?;
    if keep {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(keep)
}

/// A handle whose commit failed never writes again: drop it, refuse what arrives, and open the file anew
/// until that works. Reading goes on with the old handle until then.
///
/// After a panic the file is opened anew at once, and its pages are verified before anything is written on them.
fn recover(inner: &Inner, panicked: bool) {
    let mut pause = if panicked { Duration::ZERO } else { inner.settings.retry };
    loop {
        refuse(inner);
        let until = std::time::Instant::now() + std::mem::replace(&mut pause, inner.settings.retry);
        while std::time::Instant::now() < until {
            refuse(inner);
            if lock(&inner.queue.state).closed {
                return;
            }
            std::thread::sleep(Duration::from_millis(50).min(inner.settings.retry));
        }
        // A damaged file can bring the engine to panic; this thread must outlive that.
        let outcome =
            catch_unwind(AssertUnwindSafe(|| attempt(inner, panicked))).unwrap_or_else(|_| Err(Error::Panicked));
        match outcome {
            Ok(()) => {
                *lock(&inner.trouble) = None;
                tracing::info!("the database is open again; inventories are accepted");
                return;
            }
            Err(error) => *lock(&inner.trouble) = Some(reason(&error)),
        }
    }
}

fn attempt(inner: &Inner, checked: bool) -> Result<(), Error> {
    inner.reopen(checked)?;
    let database = inner.database().ok_or_else(|| Error::Unavailable("the file is closed".to_owned()))?;
    // A commit of our own shows whether there is room again before anybody is let in.
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    let probe = vec![0xA5_u8; 256 << 10];
    transaction.open_table(definition("probe"))?.insert([0_u8].as_slice(), probe.as_slice())?;
    transaction.commit()?;
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.delete_table(definition("probe"))?;
    transaction.commit()?;
    match inner.companion() {
        Some(companion) => companion.reopened(&Reader::begin(&database)?),
        None => Ok(()),
    }
}

fn refuse(inner: &Inner) {
    let why = lock(&inner.trouble).clone().unwrap_or_default();
    inner.queue.drain().into_iter().for_each(|job| job.answer(Some(&why)));
}

/// The innermost cause in words.
fn reason(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
