//! Images in processes of their own: this test program starts itself again, for one test that is ignored otherwise.
//!
//! A process looks at many images, one after the other, and says a line about each. When it dies, that counts against
//! the image that it was looking at, and the next process goes on behind it.
#![expect(clippy::disallowed_methods, reason = "the images are opened in processes of their own")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// What a child is told by the environment: the folder, the first image, the first one behind the last.
const ORDER: &str = "ROLLCALL_TEST_IMAGES";
/// One image takes some milliseconds; this is for machines on which much else runs.
const SILENCE: Duration = Duration::from_secs(180);
const PROCESSES: usize = 2;

/// The order of this process, when it is a child.
pub fn order() -> Option<(PathBuf, std::ops::Range<usize>)> {
    let order = std::env::var(ORDER).ok()?;
    let mut parts = order.rsplitn(3, ',');
    let to = parts.next()?.parse().ok()?;
    let from = parts.next()?.parse().ok()?;
    Some((parts.next()?.into(), from..to))
}

/// What a child says about an image.
pub fn say(image: usize, outcome: &str) {
    println!("image {image} {}", outcome.replace('\n', " ").chars().take(600).collect::<String>());
}

/// Has `test` look at all images; what was said about each, or `died: …`.
pub fn run(test: &str, folder: &Path, images: usize) -> Vec<String> {
    let share = images.div_ceil(PROCESSES);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..PROCESSES)
            .map(|part| scope.spawn(move || range(test, folder, part * share, images.min((part + 1) * share))))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

fn range(test: &str, folder: &Path, mut from: usize, to: usize) -> Vec<String> {
    let mut found = Vec::new();
    while from < to {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture", "--test-threads", "1"])
            .env(ORDER, format!("{},{from},{to}", folder.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The test program writes its own words before the first one.
                let Some(at) = line.find("image ") else { continue };
                if sender.send(line[at..].to_owned()).is_err() {
                    break;
                }
            }
        });
        let mut silent = false;
        while from < to {
            match receiver.recv_timeout(SILENCE) {
                Ok(line) => {
                    let said = line.strip_prefix(&format!("image {from} "));
                    found.push(said.unwrap_or_else(|| panic!("image {from} was expected: {line}")).to_owned());
                    from += 1;
                }
                Err(error) => {
                    silent = matches!(error, mpsc::RecvTimeoutError::Timeout);
                    break;
                }
            }
        }
        if from < to {
            let _ = child.kill();
        }
        let status = child.wait().unwrap();
        drop(receiver);
        reader.join().unwrap();
        if from < to {
            found.push(if silent { "died: silent for too long".to_owned() } else { format!("died: {status}") });
            from += 1;
        }
    }
    found
}

/// How often each first word was said.
pub fn words(found: &[String]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for said in found {
        *counts.entry(said.split([' ', ':']).next().unwrap_or_default()).or_default() += 1;
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Why something panicked.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
