//! What one inventory costs inside the program, without sockets: for profilers.
//!
//! `steps FOLDER [LATER] [ROUNDS]` posts every `.ocs` file of FOLDER to the agent endpoint in this process, then all of them
//! again ROUNDS times (unchanged), then those of LATER (the same computers some days later), then a PROLOG of each. It
//! prints processor time and requests a second for each phase. The store is a file in a temporary folder.
//! `steps --tables FILE COMPUTERS` says where the bytes of a store that nobody has open are.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rollcall::agent::{Agents, Caller};
use rollcall::app::App;
use rollcall::clock::Clock;
use rollcall::config::{Config, Sources};
use rollcall::inventory::cut::{self, Class};
use rollcall::protocol::envelope::{self, Packing};
use rollcall::protocol::scan;

/// Requests under way at once, as many as agents on kept connections.
const AT_ONCE: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [first, file, computers] = arguments.as_slice()
        && first == "--tables"
    {
        return tables(Path::new(file), computers.parse().expect("COMPUTERS is a number"));
    }
    let Some(folder) = arguments.first() else {
        eprintln!("steps FOLDER [LATER] [ROUNDS] | --tables FILE COMPUTERS");
        std::process::exit(2);
    };
    let later = arguments.get(1).filter(|later| later.as_str() != "-");
    let rounds = arguments.get(2).map_or(1, |rounds| rounds.parse().expect("ROUNDS is a number"));
    let data = tempfile::tempdir().unwrap();
    let flags = vec![("--data", "data", data.path().join("data").display().to_string())];
    let sources = Sources { file: None, environment: Vec::new(), flags, installation: None };
    let app = App::open(Config::load(&sources).unwrap(), Clock::system()).unwrap();
    let agents = Agents::new(app.clone());
    let first = bodies(Path::new(folder));
    let prologs: Arc<Vec<Vec<u8>>> = Arc::new(first.iter().map(|body| prolog(body)).collect());

    stages(&first);
    phase("new", &agents, &first, 1);
    phase("unchanged", &agents, &first, rounds);
    if let Some(later) = later {
        phase("some days later", &agents, &bodies(Path::new(later)), 1);
    }
    phase("PROLOG", &agents, &prologs, 10);
    println!("file {} bytes a computer", app.store.file_size() / first.len() as u64);
    app.store.close();
    tables(&data.path().join("data").join("store.redb"), first.len() as u64);
}

/// Where the bytes of the file are.
fn tables(path: &Path, computers: u64) {
    let database = redb::Database::open(path).unwrap();
    let read = redb::ReadableDatabase::begin_read(&database).unwrap();
    let names: Vec<String> =
        read.list_tables().unwrap().map(|table| redb::TableHandle::name(&table).to_owned()).collect();
    println!("{:<16} {:>10} {:>10} {:>10} {:>10}  bytes a computer", "table", "records", "values", "pages", "unused");
    for name in names {
        let table = redb::TableDefinition::<&[u8], &[u8]>::new(&name);
        let Ok(table) = read.open_table(table) else { continue };
        let stats = redb::ReadableTableMetadata::stats(&table).unwrap();
        let records = redb::ReadableTableMetadata::len(&table).unwrap();
        println!(
            "{name:<16} {records:>10} {:>10} {:>10} {:>10}",
            stats.stored_bytes() / computers,
            (stats.leaf_pages() + stats.branch_pages()) * 4096 / computers,
            stats.fragmented_bytes() / computers
        );
    }
}

/// The pure steps before the decision, one after the other: the shortest of some rounds, since the machine has other work.
fn stages(bodies: &[Vec<u8>]) {
    let limits = rollcall::limits::Limits::default();
    let sample: Vec<&Vec<u8>> = bodies.iter().take(100).collect();
    let mut best = [Duration::MAX; 4];
    for _ in 0..20 {
        let mut spent = [Duration::ZERO; 4];
        for body in &sample {
            let begun = Instant::now();
            let opened = envelope::open(body, &limits).unwrap();
            let open = begun.elapsed();
            let decoded = rollcall::text::decode_xml(&opened.bytes);
            let decode = begun.elapsed();
            let class = |tag: &str| if tag == "SOFTWARES" { Class::Software } else { Class::Stable };
            let cut = cut::cut(&decoded.text, 7, class).unwrap();
            let cutting = begun.elapsed();
            let message = scan::read(&cut, &[Class::Software, Class::Stable], &limits, &mut |_| true).unwrap();
            let scanning = begun.elapsed();
            drop(message);
            for (sum, step) in spent.iter_mut().zip([open, decode - open, cutting - decode, scanning - cutting]) {
                *sum += step;
            }
        }
        for (best, spent) in best.iter_mut().zip(spent) {
            *best = (*best).min(spent);
        }
    }
    for (name, best) in ["open", "decode", "cut", "scan"].iter().zip(best) {
        println!("{name:<16} {:>8.1} us", best.as_secs_f64() * 1e6 / sample.len() as f64);
    }
}

fn bodies(folder: &Path) -> Arc<Vec<Vec<u8>>> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "ocs"));
    files.sort();
    Arc::new(files.iter().map(|file| std::fs::read(file).unwrap()).collect())
}

fn prolog(body: &[u8]) -> Vec<u8> {
    let opened = envelope::open(body, &rollcall::limits::Limits::default()).unwrap();
    let text = String::from_utf8_lossy(&opened.bytes).into_owned();
    let device = text.split_once("<DEVICEID>").unwrap().1.split_once('<').unwrap().0.to_owned();
    let prolog =
        format!("<?xml version=\"1.0\"?><REQUEST><DEVICEID>{device}</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>");
    envelope::seal(&prolog, Packing::Zlib)
}

fn phase(name: &str, agents: &Arc<Agents>, bodies: &Arc<Vec<Vec<u8>>>, rounds: usize) {
    let total = bodies.len() * rounds;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let (begun, before) = (Instant::now(), processor_time());
    runtime.block_on(async {
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (agents, bodies, next) = (agents.clone(), bodies.clone(), next.clone());
                tokio::spawn(async move {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= total {
                            break;
                        }
                        let caller = Caller {
                            address: Some(IpAddr::from([127, 0, 0, 1])),
                            agent: "OCS-NG_WINDOWS_AGENT_v2.10.1.0".to_owned(),
                            content_type: Some("application/x-compressed".to_owned()),
                            glpi: false,
                            secure: false,
                            served: None,
                        };
                        let answer = agents.post(bodies[at % bodies.len()].clone(), caller).await;
                        assert_eq!(answer.status, 200);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let (took, cost) = (begun.elapsed(), processor_time().saturating_sub(before));
    println!(
        "{name:<16} {:>8.0}/s {:>8.1} us of processor each, {total} requests",
        total as f64 / took.as_secs_f64(),
        cost.as_secs_f64() * 1e6 / total as f64
    );
}

/// User and system time of this process so far, in ticks of 10 ms as Linux counts.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    let fields: Vec<&str> = after.split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
