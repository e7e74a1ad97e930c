//! `import`: one line a file, then how many.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::args::{Args, Import};
use super::exit::{Code, Failure};
use super::place::{Need, Place, settings, unexpected};
use crate::control::{Answer, Request};
use crate::import::files::{self, Skipped};
use crate::import::{Bounds, ImportResult, Read};

#[derive(Default)]
struct Counts {
    inventoried: u64,
    errors: u64,
}

/// Imports what the paths hold.
pub fn run(args: &Args, import: &Import) -> Result<Code, Failure> {
    let bounds = Bounds::from(&settings(args, &[])?.limits);
    let mut place = Place::find(args, Need::Anything)?;
    let walk = files::walk(&import.paths);
    let bar = bar(walk.candidates.len());
    let mut counts = Counts::default();
    let mut tell = |name: &str, result: &ImportResult| {
        if result.is_success() {
            counts.inventoried += 1;
        } else {
            counts.errors += 1;
        }
        bar.suspend(|| super::line(&told(import.json, name, result)));
    };
    for (path, why) in &walk.skipped {
        tell(&path.display().to_string(), &ImportResult::Refused(why.reason()));
    }
    let mut lost = None;
    for candidate in &walk.candidates {
        files::read(candidate, &bounds, &mut |read: Result<Read, (String, Skipped)>| {
            let (name, outcome) = match read {
                Ok(read) => (read.name.clone(), ask(&mut place, read, import.accept_older)),
                Err((name, why)) => (name, Ok(ImportResult::Refused(why.reason()))),
            };
            match outcome {
                Ok(result) => {
                    tell(&name, &result);
                    true
                }
                Err(failure) => {
                    lost = Some(failure);
                    false
                }
            }
        });
        if lost.is_some() {
            break;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if import.json {
        super::line(&json!({ "inventoried": counts.inventoried, "errors": counts.errors }).to_string());
    } else {
        super::line(&format!("Successfully inventoried: {}\nErrors: {}", counts.inventoried, counts.errors));
    }
    match lost {
        Some(failure) => Err(failure),
        None if counts.errors > 0 => Ok(Code::Failed),
        None => Ok(Code::Done),
    }
}

fn ask(place: &mut Place, read: Read, accept_older: bool) -> Result<ImportResult, Failure> {
    let Read { name, made, bytes } = read;
    match place.ask(Request::Import { name, made, accept_older, bytes })? {
        Answer::Imported(result) => Ok(result),
        Answer::Refused(why) => Ok(ImportResult::Refused(why.into())),
        _ => Err(unexpected()),
    }
}

fn told(json: bool, name: &str, result: &ImportResult) -> String {
    if !json {
        // What a file is called must not command the terminal.
        let clean =
            |text: &str| -> String { text.chars().map(|char| if char.is_control() { '?' } else { char }).collect() };
        return format!("{}: {}", clean(name), clean(&result.to_string()));
    }
    let computer = result.computer();
    let reason = match result {
        ImportResult::Refused(why) => Some(&why.text),
        _ => None,
    };
    json!({
        "name": name,
        "result": result.word(),
        "computer": computer.map(|(id, _)| id.0),
        "computer_name": computer.map(|(_, name)| name),
        "reason": reason,
    })
    .to_string()
}

/// On a terminal only: a log file has no use for it.
fn bar(count: usize) -> ProgressBar {
    if count < 2 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:40} {pos} of {len} files, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
