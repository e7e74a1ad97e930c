use std::sync::atomic::{AtomicBool, AtomicUsize};

use redb::backends::InMemoryBackend;

use super::*;
use crate::id::ComputerId;

static NUMBERS: Table<u32, u64> = Table::new("numbers");
static WORDS: Table<String, Vec<u8>> = Table::new("words");

#[test]
fn what_was_answered_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    {
        let store = Store::open(&path, Settings::default()).unwrap();
        store.write(|w| w.put(&NUMBERS, 7, &70)).unwrap();
        let mut changes = Changes::new();
        changes.put(&WORDS, "hello", &b"world".to_vec()).unwrap();
        store.submit(changes, || {}).unwrap().wait().unwrap();
        store.close();
    }
    let store = Store::open(&path, Settings::default()).unwrap();
    let read = store.read().unwrap();
    assert_eq!(read.get(&NUMBERS, 7).unwrap(), Some(70));
    assert_eq!(read.get(&WORDS, "hello").unwrap(), Some(b"world".to_vec()));
    assert_eq!(read.get(&WORDS, "other").unwrap(), None);
}

/// Killed while the file was being made: it can be opened all the same.
#[test]
fn rel_02_a_file_that_was_never_finished_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut bytes = vec![0_u8; 1_056_768];
    for head in [0, 100] {
        bytes[9..9 + head].fill(7);
        std::fs::write(&path, &bytes).unwrap();
        let store = Store::open(&path, Settings::default()).unwrap();
        store.write(|w| w.put(&NUMBERS, 7, &70)).unwrap();
        store.close();
    }
    // With its first page damaged, a file that holds something is refused and left as it is.
    let mut stored = std::fs::read(&path).unwrap();
    stored[..512].fill(0);
    std::fs::write(&path, &stored).unwrap();
    assert!(matches!(Store::open(&path, Settings::default()), Err(Error::Open { .. })));
    assert!(std::fs::read(&path).unwrap() == stored);
}

#[test]
fn a_failing_closure_leaves_no_trace_and_disturbs_no_other() {
    let store = Store::in_memory().unwrap();
    let pending: Vec<_> = (0..40_u32)
        .map(|n| {
            let run = move |w: &mut Txn<'_>| {
                w.put(&NUMBERS, n, &1)?;
                match n % 3 {
                    0 => Err(Error::Busy),
                    1 => panic!("on purpose"),
                    _ => Ok(()),
                }
            };
            store.queue(run, |()| {}).unwrap()
        })
        .collect();
    for (n, pending) in pending.into_iter().enumerate() {
        assert_eq!(pending.wait().is_ok(), n % 3 == 2, "{n}");
    }
    let kept: Vec<u32> = store.read().unwrap().all(&NUMBERS).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(kept, (0..40).filter(|n| n % 3 == 2).collect::<Vec<_>>());
}

#[test]
fn a_counter_never_goes_back() {
    let store = Store::in_memory().unwrap();
    for value in [5, 9, 6] {
        let mut changes = Changes::new();
        changes.raise(&NUMBERS, 1, value);
        store.submit(changes, || {}).unwrap().wait().unwrap();
    }
    assert_eq!(store.read().unwrap().get(&NUMBERS, 1).unwrap(), Some(9));
}

#[test]
fn a_change_of_what_is_there_does_not_bring_back_what_is_gone() {
    let store = Store::in_memory().unwrap();
    store.write(|w| w.put(&NUMBERS, 1, &1)).unwrap();
    let mut changes = Changes::new();
    for key in [1, 2] {
        changes.merge_existing(&NUMBERS, key, 5, |stored, value| stored.unwrap_or(0) + value);
    }
    store.submit(changes, || {}).unwrap().wait().unwrap();
    assert_eq!(store.read().unwrap().all(&NUMBERS).unwrap(), [(1, 6)]);
}

#[test]
fn what_is_taken_over_is_what_is_there_when_the_writer_comes_to_it() {
    static ROWS: Table<(ComputerId, u32), u64> = Table::new("rows");
    let [gone, kept, other] = [ComputerId(1), ComputerId(2), ComputerId(258)];
    let store = Store::in_memory().unwrap();
    // Own records all stay, or even numbers alone.
    let taken = |all: bool| {
        store
            .write(move |w| {
                for (id, row, value) in [(gone, 1, 11), (kept, 1, 20), (kept, 2, 22), (kept, 4, 23), (other, 1, 31)] {
                    w.put(&ROWS, (id, row), &value)?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        let mut changes = Changes::new();
        if all {
            changes.take_over(&ROWS, gone, kept);
        } else {
            changes.take_place(&ROWS, gone, kept, |value| value % 2 == 0);
        }
        // Stored after the change was made, and before the writer comes to it.
        store.write(move |w| w.put(&ROWS, (gone, 3), &13)).unwrap();
        store.submit(changes, || {}).unwrap().wait().unwrap();
        store.read().unwrap().all(&ROWS).unwrap()
    };
    assert_eq!(taken(true), [((kept, 1), 20), ((kept, 2), 22), ((kept, 3), 13), ((kept, 4), 23), ((other, 1), 31)]);
    assert_eq!(taken(false), [((kept, 1), 11), ((kept, 2), 22), ((kept, 3), 13), ((other, 1), 31)]);
}

/// A panic in what follows a commit must neither end the writer nor leave the index behind the file.
#[test]
fn an_index_that_does_not_follow_is_read_anew() {
    struct Companions(AtomicUsize);
    impl Companion for Companions {
        fn before_commit(&self, _: &mut Changes) {}
        fn committed(&self) {
            assert!(self.0.load(Ordering::SeqCst) > 0, "on purpose");
        }
        fn reopened(&self, _: &Reader) -> Result<(), Error> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let store = Store::in_memory().unwrap();
    let companion = Arc::new(Companions(AtomicUsize::new(0)));
    store.accompany(companion.clone());
    for (key, read_anew) in [(1, 1), (2, 1)] {
        store.write(move |w| w.put(&NUMBERS, key, &1)).unwrap();
        assert_eq!(companion.0.load(Ordering::SeqCst), read_anew);
    }
    let mut changes = Changes::new();
    changes.put(&NUMBERS, 3, &1).unwrap();
    store.submit(changes, || panic!("on purpose")).unwrap().wait().unwrap();
    assert_eq!(companion.0.load(Ordering::SeqCst), 2);
}

#[test]
fn the_index_follows_the_commit_before_the_answer() {
    let store = Store::in_memory().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    for n in 0..100_u32 {
        let mut changes = Changes::new();
        changes.put(&NUMBERS, n, &1).unwrap();
        let seen_by_writer = seen.clone();
        let after = move || {
            seen_by_writer.fetch_add(1, Ordering::SeqCst);
        };
        store.submit(changes, after).unwrap().wait().unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), n as usize + 1);
    }
}

/// REL-5: a flipped bit anywhere in a record, its key or its table is noticed.
#[test]
fn rel_05_a_changed_record_is_an_error_and_never_a_value() {
    let record = record::seal("numbers", &[0, 0, 0, 7], &70_u64);
    assert_eq!(record::open::<u64>("numbers", &[0, 0, 0, 7], &record).unwrap(), 70);
    for bit in 0..record.len() * 8 {
        let mut flipped = record.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(record::open::<u64>("numbers", &[0, 0, 0, 7], &flipped).is_err(), "bit {bit}");
    }
    assert!(record::open::<u64>("numbers", &[0, 0, 0, 6], &record).is_err());
    assert!(record::open::<u64>("words", &[0, 0, 0, 7], &record).is_err());
    for length in 0..record.len() {
        assert!(record::open::<u64>("numbers", &[0, 0, 0, 7], &record[..length]).is_err());
    }
}

/// A disk whose contents outlive the handle, and which can be full.
#[derive(Debug, Clone)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    full: Arc<AtomicBool>,
    /// So many further calls of one kind, and then one that panics.
    panics: Arc<Mutex<Option<(Call, usize)>>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Call {
    Length,
    Write,
    Sync,
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.bytes.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.bytes.read(offset, out)
    }
    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        self.room()?;
        self.panic_on(Call::Length);
        self.bytes.set_len(len)
    }
    fn sync_data(&self) -> Result<(), std::io::Error> {
        self.panic_on(Call::Sync);
        self.room()
    }
    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        self.room()?;
        self.panic_on(Call::Write);
        self.bytes.write(offset, data)
    }
}

impl Disk {
    fn new() -> Disk {
        Disk { bytes: Arc::new(InMemoryBackend::new()), full: Arc::default(), panics: Arc::default() }
    }

    fn panic_on(&self, call: Call) {
        let mut panics = lock(&self.panics);
        match &mut *panics {
            Some((kind, 0)) if *kind == call => {
                *panics = None;
                drop(panics);
                panic!("on purpose");
            }
            Some((kind, more)) if *kind == call => *more -= 1,
            _ => {}
        }
    }

    fn room(&self) -> Result<(), std::io::Error> {
        if self.full.load(Ordering::SeqCst) {
            return Err(std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on the disk"));
        }
        Ok(())
    }
}

/// REL-8: with the disk full the whole batch is refused, reading goes on, and work resumes by itself.
#[test]
fn rel_08_a_full_disk_refuses_writes_until_there_is_room_again() {
    let disk = Disk::new();
    let settings = Settings { retry: std::time::Duration::from_millis(20), ..Settings::default() };
    let copy = disk.clone();
    let store = Store::with_backend(move || copy.clone(), settings).unwrap();
    store.write(|w| w.put(&NUMBERS, 1, &1)).unwrap();

    disk.full.store(true, Ordering::SeqCst);
    let refused = store.write(|w| w.put(&NUMBERS, 2, &2));
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    assert!(store.trouble().is_some_and(|why| why.contains("no space")));

    disk.full.store(false, Ordering::SeqCst);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while store.write(|w| w.put(&NUMBERS, 3, &3)).is_err() {
        assert!(std::time::Instant::now() < until, "writing never came back: {:?}", store.trouble());
        std::thread::yield_now();
    }
    let keys: Vec<u32> = store.read().unwrap().all(&NUMBERS).unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [1, 3]);
    assert_eq!(store.trouble(), None);
}

/// REL-17: a panic anywhere in the writer, the engine in the middle of a commit included: the batch is refused, the file
/// is opened anew and verified, and work goes on without anybody's help.
#[test]
fn rel_17_a_panic_in_the_writer_restarts_the_storage_and_loses_nothing() {
    for call in [Call::Write, Call::Sync, Call::Length] {
        for after in 0..4 {
            let disk = Disk::new();
            let settings = Settings { retry: std::time::Duration::from_millis(20), ..Settings::default() };
            let copy = disk.clone();
            let store = Store::with_backend(move || copy.clone(), settings).unwrap();
            let value = vec![7_u8; 300 << 10];
            for key in ["a", "b"] {
                let value = value.clone();
                store.write(move |w| w.put(&WORDS, key, &value)).unwrap();
            }
            *lock(&disk.panics) = Some((call, after));
            let mut told = vec!["a".to_owned(), "b".to_owned()];
            let mut refused = Vec::new();
            let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
            for n in 0.. {
                assert!(std::time::Instant::now() < until, "{call:?} {after}: {:?}", store.trouble());
                let (key, value) = (format!("c{n}"), value.clone());
                let wanted = key.clone();
                match store.write(move |w| w.put(&WORDS, wanted.as_str(), &value)) {
                    Ok(()) => told.push(key),
                    Err(error) => {
                        // `Panicked` when it was in the closure's own part.
                        assert!(
                            matches!(error, Error::Unavailable(_) | Error::Panicked),
                            "{call:?} {after}: {error:?}"
                        );
                        refused.push(key);
                        std::thread::yield_now();
                    }
                }
                if lock(&disk.panics).is_none() && told.last() == Some(&format!("c{n}")) {
                    break;
                }
            }
            let kept = store.read().unwrap().all(&WORDS).unwrap();
            for key in &told {
                assert!(kept.iter().any(|(known, kept)| known == key && *kept == value), "{call:?} {after}: {key}");
            }
            assert!(kept.iter().all(|(key, _)| told.contains(key) || refused.contains(key)));
            assert_eq!(store.trouble(), None);
        }
    }
}

#[test]
fn a_second_opening_of_the_file_says_that_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let _first = Store::open(&path, Settings::default()).unwrap();
    // The first one may be making a copy: that is not for others to remove.
    let copy = folder.path().join("store.redb.compact");
    std::fs::write(&copy, "half a copy").unwrap();
    assert!(matches!(Store::open(&path, Settings::default()), Err(Error::InUse { .. })));
    assert!(copy.exists());
}

/// Records that became smaller leave room behind that the engine never uses again.
#[test]
fn a_compacted_file_holds_everything_in_little_more_room_than_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = Store::open(&path, Settings::default()).unwrap();
    let value = |key: u32, size: usize| -> Vec<u8> { (0..size).map(|at| (key as usize * 31 + at) as u8).collect() };
    static RECORDS: Table<u32, Vec<u8>> = Table::new("records");
    let fill = |size: usize| {
        store
            .write(move |w| {
                for key in 0..4_000_u32 {
                    w.put(&RECORDS, key, &value(key, size + key as usize % 50))?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    };
    fill(900);
    fill(300);
    let before = store.file_size();
    assert!(store.compact().unwrap());
    let bytes: u64 = (0..4_000).map(|key| 300 + key % 50 + 13).sum();
    assert!(store.file_size() < before / 2 && store.file_size() < bytes * 3 / 2, "{} {before}", store.file_size());
    let read = store.read().unwrap();
    for key in 0..4_000 {
        assert_eq!(read.get(&RECORDS, key).unwrap(), Some(value(key, 300 + key as usize % 50)));
    }
    // While a page is read the file stays as it is.
    assert!(matches!(store.compact(), Err(Error::Unavailable(_))));
    drop(read);
    fill(310);
    assert_eq!(store.read().unwrap().count(&RECORDS).unwrap(), 4_000);
    store.close();
    std::fs::write(folder.path().join("store.redb.compact"), "what a crash left").unwrap();
    let store = Store::open(&path, Settings::default()).unwrap();
    assert_eq!(store.read().unwrap().count(&RECORDS).unwrap(), 4_000);
    assert!(!folder.path().join("store.redb.compact").exists());
}
