//! REL-5: a closed file that a bad disk changed afterwards. An error is right, a wrong value is not, and whatever ends
//! a process must end it before the server opens the file (REL-6).
#![expect(clippy::disallowed_methods, reason = "what ended a process is shown to the self-check of the executable")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};

use rollcall::app::App;
use rollcall::check;
use rollcall::clock::Clock;
use rollcall::config::Config;
use rollcall::inventory::{COLUMNS, columns, store as computers};
use rollcall::store::{Settings, Store};
use serde::{Deserialize, Serialize};

use super::story::{content, device};
use super::{Dice, children, nightly};
use crate::office::{NOON, Office};

const CHILD: &str = "faults::damage::images_of_a_bad_disk";
const COMPUTERS: usize = 120;

/// The parts of a computer, each as it must be shown.
type Parts = Vec<(String, String)>;

#[derive(Serialize, Deserialize)]
struct Sound {
    #[serde(with = "serde_bytes")]
    file: Vec<u8>,
    parts: BTreeMap<String, Parts>,
    /// Bit flips, zeroed pages, cuts, zero tails.
    counts: [usize; 4],
}

#[test]
fn rel_05_damage_is_told_and_never_shown_as_a_value() {
    let counts = if nightly() { [1500, 500, 500, 500] } else { [30, 10, 10, 10] };
    let folder = tempfile::tempdir().unwrap();
    let sound = sound(folder.path(), counts);
    std::fs::write(folder.path().join("sound"), rmp_serde::to_vec(&sound).unwrap()).unwrap();
    let images = counts.iter().sum();
    let found = children::run(CHILD, folder.path(), images);
    assert_eq!(found.len(), images);
    println!("{counts:?} over {} bytes: {}", sound.file.len(), children::words(&found));
    let mut from = 0;
    for (kind, count) in ["bit flips", "zeroed pages", "cuts", "zero tails"].into_iter().zip(counts) {
        println!("{count} {kind}: {}", children::words(&found[from..from + count]));
        from += count;
    }
    let wrong: Vec<_> = found.iter().enumerate().filter(|(_, said)| said.starts_with("wrong")).collect();
    assert!(wrong.is_empty(), "{} of {images} images: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    // What ends a process is met by the process that looks first.
    for (image, said) in found.iter().enumerate().filter(|(_, said)| said.starts_with("died")) {
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        std::fs::write(data.join("store.redb"), damaged(&sound, image)).unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .arg("--data")
            .arg(&data)
            .args(["verify", "--everything"])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!status.success(), "image {image} {said}, and the check before the start takes it");
    }
}

/// A closed file with computers, and what is shown of them.
fn sound(folder: &Path, counts: [usize; 4]) -> Sound {
    let path = folder.join("sound.redb");
    let office = Office::on(Store::open(&path, Settings::default()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for version in 0..2 {
        for n in 0..COMPUTERS {
            // Every other one reports again.
            if version == 0 || n % 2 == 0 {
                runtime.block_on(office.inventory(&device(n), &content(n, version)));
            }
        }
        office.set("PROLOG_FREQ", &(version + 7).to_string());
        office.blocking(|_| office.agents.flush_visits().and_then(|()| office.agents.flush_contacts())).unwrap();
    }
    let all = (0..COMPUTERS).map(device);
    let parts = all.map(|device| (device.clone(), parts(&office, &device).unwrap())).collect();
    // Without free pages, so that damage hits something.
    office.blocking(|app| app.store.compact().unwrap());
    office.app.store.close();
    Sound { file: std::fs::read(&path).unwrap(), parts, counts }
}

/// Everything that pages show of a computer; the first part that cannot be read ends it.
fn parts(office: &Office, device: &str) -> Result<Parts, String> {
    let shown = pieces(office, device);
    shown.into_iter().map(|(name, part)| part.map(|part| (name, part))).collect()
}

fn pieces(office: &Office, device: &str) -> Vec<(String, Result<String, String>)> {
    let Some(id) = office.id(device) else { return vec![("number".to_owned(), Err("not there".to_owned()))] };
    let app = &office.app;
    let listed = || {
        let fleet = app.fleet.look();
        let texts = COLUMNS.iter().map(|column| fleet.text(id, columns::by_key(column.key).unwrap()).to_owned());
        format!("{:?} {:?}", fleet.tag(id), texts.collect::<Vec<_>>())
    };
    let read = |look: &dyn Fn() -> Result<String, rollcall::store::Error>| {
        catch_unwind(AssertUnwindSafe(look))
            .map_err(|panic| format!("panic: {}", children::panic_text(panic.as_ref())))
            .and_then(|outcome| outcome.map_err(|error| error.to_string()))
    };
    let store = || app.store.read();
    vec![
        ("number".to_owned(), Ok(id.0.to_string())),
        ("list".to_owned(), Ok(listed())),
        ("computer".to_owned(), read(&|| Ok(format!("{:?}", computers::computer(&store()?, id, &app.dictionaries)?)))),
        ("sections".to_owned(), read(&|| Ok(format!("{:?}", app.sections(&store()?, id)?)))),
        (
            "account".to_owned(),
            read(&|| {
                let account = rollcall::accountinfo::store::account(&store()?, id)?;
                Ok(format!("{:?}", account.map(|account| account.values)))
            }),
        ),
        ("contacts".to_owned(), read(&|| Ok(format!("{:?}", rollcall::history::store::contacts(&store()?, id)?)))),
    ]
}

/// The file with one damage.
fn damaged(sound: &Sound, image: usize) -> Vec<u8> {
    let mut dice = Dice::of(image as u64 ^ 0xD15C);
    let mut file = sound.file.clone();
    let [flips, pages, cuts, _] = sound.counts;
    let length = file.len();
    if image < flips {
        // One of ten hits the head, on which everything hangs.
        let at = if dice.chance(10) { dice.below(512) } else { dice.below(length) };
        file[at] ^= 1 << dice.below(8);
    } else if image < flips + pages {
        let at = dice.below(length / 4096) * 4096;
        file[at..at + 4096].fill(0);
    } else if image < flips + pages + cuts {
        let at = dice.below(length);
        file.truncate(if dice.chance(50) { at / 4096 * 4096 } else { at });
    } else {
        let at = dice.below(length);
        file[at..].fill(0);
    }
    file
}

/// Looks at its share of the images.
#[test]
#[ignore = "started by the test above, in processes of its own"]
fn images_of_a_bad_disk() {
    let (folder, images) = children::order().expect("the test above gives the order");
    let sound: Sound = rmp_serde::from_slice(&std::fs::read(folder.join("sound")).unwrap()).unwrap();
    let place = tempfile::tempdir().unwrap();
    for image in images {
        // An application that was given up half way still holds its file: each has a folder of its own.
        let data = place.path().join(image.to_string());
        std::fs::create_dir_all(data.join("tls")).unwrap();
        std::fs::write(data.join("store.redb"), damaged(&sound, image)).unwrap();
        let looked = catch_unwind(AssertUnwindSafe(|| look(&sound, &data)));
        std::fs::remove_dir_all(&data).unwrap();
        let said = looked.unwrap_or_else(|panic| format!("panicked: {}", children::panic_text(panic.as_ref())));
        children::say(image, &said);
    }
}

fn look(sound: &Sound, data: &Path) -> String {
    let clock = Clock::by_hand(NOON);
    let mut config = Config::default();
    config.data = data.to_owned();
    let opened = std::thread::scope(|scope| scope.spawn(|| App::open(config, clock.clone())).join());
    let office = match opened {
        Ok(Ok(app)) => Office::opened(app, clock),
        Ok(Err(error)) => return format!("refused: {error:?}"),
        // The server says a sentence and ends; a later start does so as well.
        Err(panic) => return format!("panicked: {}", children::panic_text(panic.as_ref())),
    };
    let mut lost = Vec::new();
    let mut errors = 0;
    for (device, parts) in &sound.parts {
        let shown = pieces(&office, device);
        for ((name, shown), (_, part)) in shown.iter().zip(parts) {
            match shown {
                Ok(shown) if shown == part => {}
                Ok(shown) if shown == "None" || shown == "[]" => lost.push(format!("{name} of {device}")),
                Ok(shown) if name == "list" && lists_less(shown, part) => lost.push(format!("{name} of {device}")),
                Ok(shown) => return format!("wrong {name} of {device}: {shown} instead of {part}"),
                Err(_) if name == "number" => lost.push(format!("{name} of {device}")),
                Err(_) => errors += 1,
            }
        }
    }
    let known: Vec<String> = {
        let fleet = office.app.fleet.look();
        fleet.ids().map(|id| fleet.text(id, columns::by_key("name").unwrap()).to_owned()).collect()
    };
    if let Some(name) = known.iter().find(|name| !name.is_empty() && !sound.parts.contains_key(&of_name(name))) {
        return format!("wrong: a computer `{name}` that never was");
    }
    let option = office.app.options.general().number(rollcall::options::PROLOG_FREQ);
    if option == rollcall::options::PROLOG_FREQ.0.default_number() {
        lost.push("the option".to_owned());
    } else if option != 8 {
        return format!("wrong: the option is {option}");
    }
    let findings = catch_unwind(AssertUnwindSafe(|| office.blocking(check::check)));
    let complaint = match findings {
        Ok(Ok(findings)) if findings.fine() => None,
        Ok(Ok(findings)) => Some(findings.wrong.first().cloned().unwrap_or_default()),
        Ok(Err(error)) => Some(error.to_string()),
        Err(panic) => Some(format!("panic: {}", children::panic_text(panic.as_ref()))),
    };
    match complaint {
        Some(complaint) => format!("told: {errors} errors, {} lost, {complaint}", lost.len()),
        None if lost.is_empty() && errors == 0 => "same".to_owned(),
        None if lost.is_empty() => format!("wrong: {errors} errors that check does not find"),
        None => format!("wrong: lost without a word: {:?}", &lost[..lost.len().min(3)]),
    }
}

/// A list without what a damaged record would have said.
fn lists_less(shown: &str, part: &str) -> bool {
    let words = |text: &str| text.split('"').map(str::to_owned).collect::<Vec<_>>();
    let (shown, part) = (words(shown), words(part));
    shown.len() == part.len() && shown.iter().zip(&part).all(|(shown, part)| shown == part || shown.is_empty())
}

fn of_name(name: &str) -> String {
    format!("{name}-2026-02-03-08-15-42")
}
