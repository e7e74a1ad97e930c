//! The command line.
//!
//! Each command asks the running server when there is one, and does its work on the data folder itself otherwise
//! ([`place`]). What it prints for people may change between releases, what `--json` prints only grows.

mod args;
mod audit;
mod certificates;
mod check;
mod computers;
mod demo;
mod demo_groups;
mod demo_packages;
mod exit;
mod import;
mod kit;
mod memory;
mod options;
mod owner;
mod place;
pub mod serve;
mod service;
mod settings;
mod site;
mod status;
mod suspect;
mod users;
mod window;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
pub use exit::{Code, Failure};
use serve::Place;

use crate::system;

/// Runs the command of the process's arguments.
pub fn run() -> ExitCode {
    system::safe_libraries();
    // Wrong use ends here with a sentence, the nearest known word, and code 2.
    let args = Args::parse();
    let clicked = match &args.command {
        None => true,
        Some(Command::Serve(run)) => run.window,
        Some(_) => false,
    };
    let window = clicked && system::own_window();
    match command(&args, if window { Place::Window } else { Place::Terminal }) {
        Ok(code) => code.into(),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "rollcall: {failure}");
            if window {
                window::wait_for_reader(window::language());
            }
            failure.code.into()
        }
    }
}

fn command(args: &Args, place: Place) -> Result<Code, Failure> {
    let serve = args::Run::default();
    match args.command.as_ref().unwrap_or(&Command::Serve(serve)) {
        Command::Serve(serve) => serve::foreground(place::settings(args, &serve.flags())?, place),
        Command::Import(import) => import::run(args, import),
        Command::User(user) => users::run(args, &user.command),
        Command::Cert(cert) => certificates::run(args, &cert.command),
        Command::Check(check) => check::run(args, check),
        Command::Audit(audit) => audit::run(args, &audit.command),
        Command::Kit(kit) => kit::run(args, kit),
        Command::Config(config) => settings::run(args, config),
        Command::Option(option) => options::run(args, &option.command),
        Command::Show(show) => computers::show(args, show),
        Command::Computer(computer) => computers::change(args, &computer.command),
        Command::Demo(demo) => demo::run(args, demo),
        Command::Service(service) => service::run(args, &service.command),
        Command::Status(status) => status::run(args, status),
        Command::Verify(verify) => suspect::verify(args, verify),
    }
}

/// Writes to the standard output. A reader that went away, such as `head`, is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// One line on the standard output.
fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// One JSON document on the standard output.
fn json(value: &serde_json::Value) {
    print(&format!("{value:#}\n"));
}

/// Rows as columns of equal width, two blanks between them.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    out
}
