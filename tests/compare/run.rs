//! The same contacts to the original server and to ours; then everything that both hold is compared.
//!
//! `compare PORT SOCKET PROGRAM DATA INVENTORIES CONTACTS COMPUTERS`: the original's port and database, our
//! executable with an empty data folder, and inventories of the generator in the folders r0, r1, ... of INVENTORIES.
//! Prints `ok` and `FAILED` lines and a table. `scripts/compare-with-original` starts everything and runs it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod allowed;
mod captured;
mod client;
mod compare;
mod contact;
mod dice;
mod document;
mod life;
mod memory;
mod odd;
mod original;
mod ours;
mod report;
mod software;
mod stream;

use std::path::{Path, PathBuf};

use life::Machine;
use original::Original;
use ours::Ours;
use stream::Stream;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [port, socket, program, data, inventories, contacts, computers] = arguments.as_slice() else {
        eprintln!("compare PORT SOCKET PROGRAM DATA INVENTORIES CONTACTS COMPUTERS");
        std::process::exit(2);
    };
    let number = |text: &String| text.parse::<usize>().expect("a number");
    let original = Original { port: port.parse().expect("PORT"), socket: socket.clone() };
    let ours = Ours::new(PathBuf::from(program), PathBuf::from(data));
    let machines = machines(Path::new(inventories), number(computers));
    let mut stream = Stream::new(original, ours, machines, number(contacts));
    let well = stream.run();
    std::process::exit(i32::from(!well));
}

/// Each computer of the generator with its later inventories.
fn machines(folder: &Path, count: usize) -> Vec<Machine> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).expect("INVENTORIES").map(|entry| entry.expect("an entry").path());
        let mut names: Vec<PathBuf> = entries.collect();
        names.sort();
        names
    };
    let revisions = names(folder);
    let first = names(&revisions[0]);
    assert!(first.len() >= count, "{} inventories for {count} computers", first.len());
    let read = |path: &Path| std::fs::read_to_string(path).expect("an inventory");
    let of = |path: &PathBuf| {
        let name = path.file_name().expect("a file");
        Machine::new(revisions.iter().map(|revision| read(&revision.join(name))).collect())
    };
    first.iter().take(count).map(of).collect()
}

/// Seconds since 1970.
pub fn now() -> i64 {
    rollcall::clock::Clock::system().now().0
}
