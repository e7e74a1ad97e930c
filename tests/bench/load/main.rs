//! A load of agents or browsers against a running server, Rollcall or another one, over HTTP or HTTPS.
//!
//! One thread with non-blocking sockets sends requests that were made beforehand, so that the measured server has
//! the machine nearly to itself. Senders are spread over 127.0.0.0/8: the server's limits by address stay as they are.
//! It ends by itself: every run is bounded in number and may be bounded in time.
//!
//! `cargo bench --bench load -- --help` tells how to call it; `scripts/bench` does.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answer;
mod arguments;
mod bodies;
mod connection;
mod histogram;
mod identity;
mod pace;
mod processor;
mod report;
mod run;
mod sender;
mod template;

use clap::Parser;

use arguments::Arguments;
use processor::Processor;

fn main() {
    let arguments = Arguments::parse();
    let target = match arguments.target() {
        Ok(target) => target,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let requests = match bodies::requests(&arguments, &target) {
        Ok(requests) => requests,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    let server = Processor::of(&arguments.processes);
    let own = Processor::own();
    let outcome = run::run(&arguments, &target, &requests);
    let report = report::Report::new(&arguments, &outcome, server.spent(), own.spent());
    println!("{}", if arguments.json { report.json() } else { report.line() });
    if outcome.failed > 0 {
        eprintln!("{} requests failed: {}", outcome.failed, report.failures());
    }
    if outcome.answered == 0 {
        std::process::exit(1);
    }
}
