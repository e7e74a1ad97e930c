//! Many at once, and a file that fails: every lock is given back, and work resumes by itself.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use rollcall::accountinfo::fields::{Field, Kind as FieldKind, store as fields};
use rollcall::agent::{Agents, Answer};
use rollcall::history::{Kind, Outcome, Refusal};
use rollcall::inventory::columns;
use rollcall::protocol::envelope::{self, Packing};
use rollcall::store::{Settings, Store};

use crate::office::{Office, UNIX, clear, inventory, prolog};

const PC: &str = "pc-2026-02-03-08-15-42";
const HARDWARE: &str = "<HARDWARE><NAME>pc</NAME></HARDWARE>";

fn threads<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap().block_on(work)
}

/// Posts everything at the same time, each from a task of its own.
async fn at_once(office: &Office, texts: Vec<String>) -> Vec<Answer> {
    let tasks: Vec<_> = texts
        .into_iter()
        .map(|text| {
            let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
            tokio::spawn(async move { agents.post(envelope::seal(&text, Packing::Zlib), caller).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[test]
fn one_computer_many_times_at_once_is_one_computer() {
    threads(async {
        let office = Office::new();
        let content = |n: usize| {
            let software: String = (0..n).map(|s| format!("<SOFTWARES><NAME>s{s}</NAME></SOFTWARES>")).collect();
            format!("<HARDWARE><NAME>pc</NAME></HARDWARE><BIOS><SSN>S{n}</SSN></BIOS>{software}")
        };
        for _ in 0..3 {
            let answers = at_once(&office, (1..13).map(|n| inventory(PC, &content(n))).collect()).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
            assert_eq!(office.count(), 1);
            // What is stored is one of them, whole.
            let serial = office.column(PC, "ssn");
            let n: usize = serial.strip_prefix('S').unwrap().parse().unwrap();
            assert_eq!((office.rows(PC, "SOFTWARES").len(), office.cell(PC, "BIOS", "SSN")), (n, Some(serial)));
            assert_eq!(office.differences(), Vec::<String>::new());
        }
    });
}

#[test]
fn sixty_four_computers_at_once_are_all_stored() {
    threads(async {
        let office = Office::new();
        let device = |n: usize| format!("pc{n}-2026-02-03-08-15-42");
        let text = |n: usize, round: usize| {
            let software = (0..40).map(|s| format!("<SOFTWARES><NAME>s{}</NAME></SOFTWARES>", (s * (n + round)) % 97));
            let software: String = software.collect();
            inventory(&device(n), &format!("<HARDWARE><NAME>pc{n}</NAME></HARDWARE>{software}"))
        };
        for round in 1..4 {
            let answers = at_once(&office, (0..64).map(|n| text(n, round)).collect()).await;
            assert!(answers.iter().all(|answer| answer.status == 200));
            assert_eq!(office.count(), 64);
            assert_eq!(office.differences(), Vec::<String>::new(), "round {round}");
        }
        let ids: BTreeSet<_> = (0..64).map(|n| office.id(&device(n)).unwrap()).collect();
        assert_eq!(ids.len(), 64, "each has a number of its own");
        let names: BTreeSet<_> = (0..64).map(|n| office.column(&device(n), "name")).collect();
        assert_eq!(names.len(), 64);
    });
}

/// Computers that take each other over while all report: no number is lost, and nobody waits for ever.
#[test]
fn identifiers_of_one_computer_that_report_at_once_end_in_one_record_or_wait() {
    threads(async {
        let office = Office::new();
        let text = |n: usize| {
            let old = format!("<OLD_DEVICEID>pc{}-2026-02-03-08-15-42</OLD_DEVICEID>", (n + 1) % 6);
            inventory(&format!("pc{n}-2026-02-03-08-15-42"), &format!("{HARDWARE}{old}"))
        };
        for _ in 0..4 {
            let answers = at_once(&office, (0..6).map(text).collect()).await;
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
            assert!((1..=6).contains(&office.count()));
            assert_eq!(office.differences(), Vec::<String>::new());
        }
    });
}

#[test]
fn prologs_and_inventories_in_a_crowd_do_not_disturb_each_other() {
    threads(async {
        let office = Office::new();
        let texts = (0..120).map(|n| {
            let device = format!("pc{}-2026-02-03-08-15-42", n % 10);
            match n % 3 {
                0 => inventory(&device, &format!("{HARDWARE}<BIOS><SSN>{n}</SSN></BIOS>")),
                1 => prolog(&device),
                _ => format!("<REQUEST DEVICEID=\"{device}\" ERR=\"SUCCESS\" ID=\"1\" QUERY=\"DOWNLOAD\" />"),
            }
        });
        let answers = at_once(&office, texts.collect()).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        office.blocking(|_| office.agents.flush_visits()).unwrap();
        assert_eq!((office.count(), office.differences()), (10, Vec::new()));
    });
}

/// A disk that can be full, be slow, or bring the program to panic.
#[derive(Debug, Clone)]
struct Disk {
    bytes: Arc<InMemoryBackend>,
    full: Arc<AtomicBool>,
    panics: Arc<AtomicBool>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    /// Closed, and somebody waits before it.
    state: Mutex<(bool, bool)>,
    moved: Condvar,
}

impl Gate {
    fn set(&self, closed: bool) {
        self.state.lock().unwrap().0 = closed;
        self.moved.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        while state.0 {
            state.1 = true;
            state = self.moved.wait(state).unwrap();
        }
        state.1 = false;
    }

    fn somebody_waits(&self) -> bool {
        self.state.lock().unwrap().1
    }
}

impl Disk {
    fn new() -> Disk {
        Disk {
            bytes: Arc::new(InMemoryBackend::new()),
            full: Arc::default(),
            panics: Arc::default(),
            gate: Arc::default(),
        }
    }

    fn office(&self) -> Office {
        let copy = self.clone();
        let settings = Settings { retry: Duration::from_millis(5), cache: 0, ..Settings::default() };
        Office::on(Store::with_backend(move || copy.clone(), settings).unwrap())
    }

    fn room(&self) -> Result<(), Error> {
        if self.full.load(Ordering::SeqCst) { Err(Error::new(ErrorKind::StorageFull, "no space left")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        self.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.room()?;
        self.bytes.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.gate.pass();
        self.room()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.room()?;
        self.bytes.write(offset, data)
    }
}

#[test]
fn pitfall_35_a_second_inventory_waits_some_seconds_and_is_then_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        office.inventory(PC, HARDWARE).await;
        disk.gate.set(true);
        let changed = inventory(PC, &format!("{HARDWARE}<BIOS><SSN>S1</SSN></BIOS>"));
        let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
        let body = envelope::seal(&changed, Packing::Zlib);
        let first = tokio::spawn(async move { agents.post(body, caller).await });
        while !disk.gate.somebody_waits() {
            tokio::task::yield_now().await;
        }
        // The first waits for the disk. Its computer is locked, others are not, and a PROLOG needs no disk.
        assert_eq!(office.say(UNIX, &changed).await.0, 403);
        assert_eq!(office.contacts(PC).pop().unwrap().outcome, Outcome::Refused(Refusal::Locked));
        assert!(office.prolog(PC).await.contains("SEND"));
        assert!(office.prolog("other-2026-02-03-08-15-42").await.contains("SEND"));
        disk.gate.set(false);
        assert_eq!(first.await.unwrap().status, 200);
        assert_eq!(office.say(UNIX, &changed).await.0, 200);
        assert_eq!(office.cell(PC, "BIOS", "SSN").as_deref(), Some("S1"));
        assert_eq!(office.differences(), Vec::<String>::new());
    });
}

#[test]
fn rel_01_an_agent_hears_200_after_its_inventory_is_on_the_disk() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        disk.gate.set(true);
        let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
        let body = envelope::seal(&inventory(PC, HARDWARE), Packing::Zlib);
        let waiting = tokio::spawn(async move { agents.post(body, caller).await });
        while !disk.gate.somebody_waits() {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(!waiting.is_finished() && office.count() == 0, "neither told nor listed");
        disk.gate.set(false);
        assert_eq!((waiting.await.unwrap().status, office.count()), (200, 1));
    });
}

/// An older record that is being worked on is left for the next time.
#[test]
fn a_record_whose_own_inventory_is_being_stored_is_not_merged() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        let old = "old-2020-02-03-08-15-42";
        office.inventory(old, HARDWARE).await;
        disk.gate.set(true);
        let post = |text: String| {
            let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
            tokio::spawn(async move { agents.post(envelope::seal(&text, Packing::Zlib), caller).await })
        };
        let first = post(inventory(old, HARDWARE));
        while !disk.gate.somebody_waits() {
            tokio::task::yield_now().await;
        }
        let moved = format!("{HARDWARE}<OLD_DEVICEID>{old}</OLD_DEVICEID>");
        let second = post(inventory(PC, &moved));
        // It queues behind the first commit without having touched the locked record.
        while office.app.store.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        disk.gate.set(false);
        assert_eq!((first.await.unwrap().status, second.await.unwrap().status), (200, 200));
        assert_eq!(office.count(), 2);
        office.inventory(PC, &moved).await;
        assert_eq!((office.count(), office.id(old), office.differences()), (1, None, Vec::new()));
    });
}

/// An agent that hangs up before its answer and reports again: one computer, and each part of it of one inventory.
#[test]
fn a_computer_is_locked_until_the_commit_whoever_still_waits_for_the_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        office.inventory("other-2026-02-03-08-15-42", HARDWARE).await;
        let text = |serial: &str| inventory(PC, &format!("{HARDWARE}<BIOS><SSN>{serial}</SSN></BIOS>"));
        let hang_up = async |serial: &str| {
            disk.gate.set(true);
            let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
            let body = envelope::seal(&text(serial), Packing::Zlib);
            let first = tokio::spawn(async move { agents.post(body, caller).await });
            while !disk.gate.somebody_waits() {
                tokio::task::yield_now().await;
            }
            first.abort();
            assert!(first.await.unwrap_err().is_cancelled());
        };
        // Who finds the computer free waits for the disk, which does not move.
        let say = async || office.say(UNIX, &text("S1")).await.0;
        hang_up("S1").await;
        assert_eq!(say().await, 403, "nobody knows yet what number it will have");
        let written = || {
            disk.gate.set(false);
            office.blocking(|app| app.write(|_| Ok::<(), rollcall::store::Error>(()))).unwrap();
        };
        written();
        assert_eq!(office.say(UNIX, &text("S1")).await.0, 200);
        assert_eq!(office.app.read(|store| store.count(&rollcall::inventory::store::HOT)).unwrap(), 2);

        // What was stored before the one in flight must not pass for unchanged.
        hang_up("S2").await;
        assert_eq!(say().await, 403);
        written();
        assert_eq!(office.say(UNIX, &text("S1")).await.0, 200);
        assert_eq!(office.cell(PC, "BIOS", "SSN").as_deref(), Some("S1"));
        assert_eq!((office.column(PC, "ssn").as_str(), office.differences()), ("S1", Vec::new()));
    });
}

/// Contacts and visits that were on their way when a computer became part of another do not bring it back.
#[test]
fn what_waits_for_a_computer_that_is_gone_is_not_written() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        let old = "old-2020-02-03-08-15-42";
        office.inventory(old, HARDWARE).await;
        office.prolog(old).await;
        disk.gate.set(true);
        let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
        let moved = inventory(PC, &format!("{HARDWARE}<OLD_DEVICEID>{old}</OLD_DEVICEID>"));
        let merging =
            tokio::spawn(async move { agents.post(envelope::seal(&moved, Packing::Zlib), caller).await.status });
        while !disk.gate.somebody_waits() {
            tokio::task::yield_now().await;
        }
        let flushes = [Agents::flush_visits, Agents::flush_contacts].map(|flush| {
            let agents = office.agents.clone();
            tokio::task::spawn_blocking(move || flush(&agents))
        });
        while office.app.store.waiting() < 2 {
            tokio::task::yield_now().await;
        }
        disk.gate.set(false);
        assert_eq!(merging.await.unwrap(), 200);
        for flush in flushes {
            flush.await.unwrap().unwrap();
        }
        assert_eq!((office.count(), office.id(old)), (1, None));
        let read = office.app.store.read().unwrap();
        assert_eq!(read.count(&rollcall::inventory::store::SEEN).unwrap(), 1);
        assert_eq!(read.count(&rollcall::history::store::CONTACTS).unwrap(), 1);
    });
}

/// What was noted before a commit that failed is there after the next one, and belongs to nobody else.
#[actix_web::test]
async fn rel_08_contacts_outlive_a_commit_that_fails() {
    let disk = Disk::new();
    let office = disk.office();
    let other = "other-2026-02-03-08-15-42";
    office.inventory(other, HARDWARE).await;
    office.prolog(PC).await;
    office.prolog(other).await;
    disk.full.store(true, Ordering::SeqCst);
    assert_eq!(office.say(UNIX, &inventory(PC, HARDWARE)).await.0, 503);
    disk.full.store(false, Ordering::SeqCst);
    let begun = Instant::now();
    while office.app.store.trouble().is_some() {
        assert!(begun.elapsed() < Duration::from_secs(20), "work does not resume");
        std::thread::yield_now();
    }
    office.inventory(PC, HARDWARE).await;
    let kinds = |device| office.contacts(device).into_iter().map(|contact| contact.kind).collect::<Vec<_>>();
    assert_eq!(kinds(PC), [Kind::Prolog, Kind::Inventory]);
    assert_eq!(kinds(other), [Kind::Inventory, Kind::Prolog]);
    office.blocking(|_| office.agents.flush_contacts()).unwrap();
    assert_eq!(office.app.read(|store| store.count(&rollcall::history::store::CONTACTS)).unwrap(), 2);
}

#[actix_web::test]
async fn rel_08_with_a_full_disk_inventories_wait_and_prologs_go_on() {
    let disk = Disk::new();
    let office = disk.office();
    let content = |n: usize| format!("{HARDWARE}<BIOS><SSN>S{n}</SSN></BIOS><SOFTWARES><NAME>s{n}</NAME></SOFTWARES>");
    office.inventory(PC, &content(0)).await;
    disk.full.store(true, Ordering::SeqCst);
    for n in 1..4 {
        let answer = office.post(UNIX, &envelope::seal(&inventory(PC, &content(n)), Packing::Zlib)).await;
        assert_eq!((answer.status, answer.retry_after), (503, Some(30)), "{n}");
        let (status, _) = office.say(UNIX, &inventory(&format!("pc{n}-2026-02-03-08-15-42"), HARDWARE)).await;
        assert_eq!(status, 503);
        assert!(office.prolog(PC).await.contains("<RESPONSE>SEND</RESPONSE>"));
        let report = format!("<REQUEST DEVICEID=\"{PC}\" ERR=\"SUCCESS\" ID=\"1\" QUERY=\"DOWNLOAD\" />");
        assert_eq!(office.say(UNIX, &report).await.0, 200);
    }
    let listed = office.app.fleet.look().text(office.id(PC).unwrap(), columns::SSN).to_owned();
    assert_eq!((office.count(), listed.as_str()), (1, "S0"), "lists show what is on the disk");
    disk.full.store(false, Ordering::SeqCst);

    let begun = Instant::now();
    while office.say(UNIX, &inventory(PC, &content(5))).await.0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "work does not resume");
    }
    assert_eq!((office.column(PC, "ssn").as_str(), office.count()), ("S5", 1));
    assert_eq!(office.rows(PC, "SOFTWARES"), [[("NAME".to_owned(), "s5".to_owned())]]);
    assert_eq!(office.differences(), Vec::<String>::new());
    // No lock and no number is lost.
    let other = "pc1-2026-02-03-08-15-42";
    office.inventory(other, HARDWARE).await;
    assert_ne!(office.id(other), office.id(PC));
}

#[actix_web::test]
async fn a_session_outlives_an_inventory_that_could_not_be_stored() {
    let disk = Disk::new();
    let office = disk.office();
    office.set("INVENTORY_SESSION_ONLY", "1");
    office.prolog(PC).await;
    disk.full.store(true, Ordering::SeqCst);
    assert_eq!(office.say(UNIX, &inventory(PC, HARDWARE)).await.0, 503);
    disk.full.store(false, Ordering::SeqCst);
    let begun = Instant::now();
    loop {
        match office.say(UNIX, &inventory(PC, HARDWARE)).await.0 {
            503 => assert!(begun.elapsed() < Duration::from_secs(20), "work does not resume"),
            status => {
                assert_eq!(status, 200);
                break;
            }
        }
    }
    assert_eq!(office.say(UNIX, &inventory(PC, HARDWARE)).await.0, 403, "and ends with the one that was");
}

#[test]
fn rel_17_a_panic_in_one_message_frees_its_computer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let disk = Disk::new();
        let office = disk.office();
        office.inventory(PC, HARDWARE).await;
        let changed = inventory(PC, &format!("{HARDWARE}<BIOS><SSN>S1</SSN></BIOS>"));
        disk.panics.store(true, Ordering::SeqCst);
        let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
        let body = envelope::seal(&changed, Packing::Zlib);
        let outcome = tokio::spawn(async move { agents.post(body, caller).await }).await;
        disk.panics.store(false, Ordering::SeqCst);
        assert!(outcome.is_err_and(|error| error.is_panic()), "the panic reaches the server, which answers 500");
        assert!(office.prolog(PC).await.contains("SEND"));
        let answer = office.post(UNIX, &envelope::seal(&changed, Packing::Zlib)).await;
        assert_eq!(answer.status, 200, "{}", clear(&answer));
    });
}

/// An agent that hangs up leaves its body in the queue: it is counted for as long as it is there.
#[actix_web::test]
async fn rel_16_bodies_of_agents_that_hung_up_are_counted() {
    let office = Office::with(|config| config.limits.message_memory = 3 << 20, || Store::in_memory().unwrap());
    let text = |n: usize, bytes: usize| {
        inventory(
            &format!("pc{n}-2026-02-03-08-15-42"),
            &format!("{HARDWARE}<PLUGIN><A>{}</A></PLUGIN>", "a".repeat(bytes)),
        )
    };
    let post = |text: String| {
        let (agents, caller) = (office.agents.clone(), office.caller(UNIX));
        async move { agents.post(text.into_bytes(), caller).await }
    };
    // Whoever reads a message now waits, on every thread there is.
    let numbering = office.app.fleet.numbering();
    let reading: Vec<_> = (0..8).map(|n| tokio::spawn(post(text(n, 4 << 10)))).collect();
    tokio::task::yield_now().await;
    for n in 8..10 {
        let hung_up = tokio::time::timeout(Duration::ZERO, post(text(n, 1 << 20))).await;
        assert!(hung_up.is_err(), "it waits for a place");
    }
    let busy = tokio::time::timeout(Duration::from_secs(10), post(text(10, 3 << 19))).await;
    assert_eq!(busy.map(|answer| answer.status).ok(), Some(503));
    drop(numbering);
    for task in reading {
        assert_eq!(task.await.unwrap().status, 200);
    }
    assert_eq!(office.count(), 8);
}

#[actix_web::test]
async fn a_message_alone_is_bounded_by_its_own_limits_only() {
    let office = Office::with(|config| config.limits.message_memory = 64 << 10, || Store::in_memory().unwrap());
    let content = format!("{HARDWARE}<PLUGIN><A>{}</A></PLUGIN>", "a".repeat(60 << 10));
    for _ in 0..2 {
        assert_eq!(office.say(UNIX, &inventory(PC, &content)).await.0, 200);
    }
}

/// A value came in while its field became a number: the list showed a word among the numbers ever after.
#[test]
fn con_adm_3_no_inventory_leaves_a_value_of_the_old_kind_behind() {
    threads(async {
        let office = Office::new();
        for round in 0..12 {
            let app = office.app.clone();
            let made = tokio::task::spawn_blocking(move || {
                let field = Field { name: format!("F{round}"), kind: FieldKind::Text, ..Field::tag() };
                app.definitions.redefine(&app.store, move |w| fields::add(w, &field))
            });
            let field = made.await.unwrap().unwrap();
            let key = field.key();
            let pair = format!("<ACCOUNTINFO><KEYNAME>{key}</KEYNAME><KEYVALUE>a word</KEYVALUE></ACCOUNTINFO>");
            let texts = (0..8)
                .map(|n| inventory(&format!("pc{round}x{n}-2026-02-03-08-15-42"), &format!("{HARDWARE}{pair}")))
                .collect();
            let app = office.app.clone();
            let changing = tokio::task::spawn_blocking(move || {
                let number = Field { kind: FieldKind::Integer, ..field };
                app.definitions.redefine(&app.store, move |w| fields::change(w, &number))
            });
            let (answers, changed) = tokio::join!(at_once(&office, texts), changing);
            assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
            let stored = fields::holders(&office.app.store.read().unwrap(), &key).unwrap();
            match changed.unwrap() {
                Ok(_) => assert_eq!(stored, [], "it is a number now"),
                Err(fields::Refusal::Values { count, .. }) => assert!(count >= 1 && stored.len() >= count),
                Err(other) => panic!("{other}"),
            }
        }
    });
}
