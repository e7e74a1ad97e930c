//! REL-3: the power goes at any moment of a day's work, and the disk kept whatever it likes of what was not synced.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rollcall::check;
use rollcall::store::{Settings, Store};

use super::children;
use super::recorder::{Event, Timeline};
use super::story::{self, Story};
use super::{Dice, nightly};
use crate::office::{Office, UNIX, inventory};

const CHILD: &str = "faults::power::images_of_a_power_cut";

#[test]
fn rel_03_a_power_cut_loses_nothing_that_was_answered_and_shows_nothing_half() {
    let images = if nightly() { 20_000 } else { 500 };
    let folder = tempfile::tempdir().unwrap();
    let story = story::tell(90);
    let syncs = story.events.iter().filter(|event| matches!(event, Event::Synced)).count();
    assert!(syncs > 80, "{syncs} commits");
    std::fs::write(folder.path().join("story"), rmp_serde::to_vec(&story).unwrap()).unwrap();
    let found = children::run(CHILD, folder.path(), images);
    println!("{images} images of {} events with {syncs} syncs: {}", story.events.len(), children::words(&found));
    let wrong: Vec<_> = found.iter().enumerate().filter(|(_, said)| !said.starts_with("fine")).collect();
    assert!(wrong.is_empty(), "{} of {images} images: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    assert_eq!(found.len(), images);
}

/// Looks at its share of the images.
#[test]
#[ignore = "started by the test above, in processes of its own"]
fn images_of_a_power_cut() {
    let (folder, images) = children::order().expect("the test above gives the order");
    let bytes = std::fs::read(folder.join("story")).unwrap();
    let story: Story = rmp_serde::from_slice(&bytes).unwrap();
    // In the order of time, so that the disk is built once.
    let mut dice = Dice::of(images.start as u64);
    let mut moments: Vec<usize> = images.clone().map(|_| moment(&story, &mut dice)).collect();
    moments.sort_unstable();
    let mut timeline = Timeline::new(&story.events);
    let place = tempfile::tempdir().unwrap();
    for (image, at) in images.zip(moments) {
        let file = timeline.image(at, &mut dice);
        // An application that was given up half way still holds its file.
        let path = place.path().join(format!("store-{image}.redb"));
        std::fs::write(&path, &file).unwrap();
        let looked = catch_unwind(AssertUnwindSafe(|| look(&story, at, Store::open(&path, Settings::default()))));
        std::fs::remove_file(&path).unwrap();
        let said = match looked {
            Ok(Ok(())) => "fine".to_owned(),
            Ok(Err(why)) => format!("wrong before event {at}: {why}"),
            Err(panic) => format!("panic before event {at}: {}", children::panic_text(panic.as_ref())),
        };
        children::say(image, &said);
    }
}

/// Any moment; every third is just before a sync, when most is at stake.
fn moment(story: &Story, dice: &mut Dice) -> usize {
    let at = 1 + dice.below(story.events.len());
    let sync = || story.events[at..].iter().position(|event| matches!(event, Event::Synced)).map(|more| at + more);
    if dice.chance(33) { sync().unwrap_or(at) } else { at }
}

fn look(story: &Story, at: usize, opened: Result<Store, rollcall::store::Error>) -> Result<(), String> {
    let office = Office::on(opened.map_err(|error| format!("it does not open: {error:?}"))?);
    let findings = office.blocking(check::check).map_err(|error| format!("it cannot be checked: {error:?}"))?;
    if !findings.fine() {
        return Err(format!("check finds: {:?}", findings.wrong));
    }
    let chain = office.app.read(rollcall::history::audit::verify).map_err(|error| error.to_string())?;
    if !chain.faults.is_empty() {
        return Err(format!("the chain of the audit log: {:?}", chain.faults));
    }
    let mut told: BTreeMap<&str, usize> = story.claims.keys().map(|claim| (claim.as_str(), 0)).collect();
    let mut asked: Vec<&[(String, usize)]> = Vec::new();
    for event in &story.events[..at] {
        match event {
            Event::Asked(claims) => asked.push(claims),
            Event::Told(claims) => {
                told.extend(claims.iter().map(|(claim, version)| (claim.as_str(), *version)));
                asked.retain(|pending| *pending != claims.as_slice());
            }
            Event::Write(..) | Event::Length(_) | Event::Synced => {}
        }
    }
    let expected = |claim: &str, version: usize| story.claims[claim][version].as_str();
    for claims in &asked {
        // Nobody was told: both is right, a part of it is not.
        let seen: Vec<_> = claims.iter().map(|(claim, _)| story::seen(&office, claim)).collect();
        let is = |new: bool| {
            let mut pairs = claims.iter().zip(&seen);
            pairs.all(|((claim, next), seen)| seen == expected(claim, if new { *next } else { told[claim.as_str()] }))
        };
        if !is(false) && !is(true) {
            return Err(format!("{claims:?} is neither as before nor as asked: {seen:?}"));
        }
    }
    let pending: Vec<&str> = asked.iter().flat_map(|claims| claims.iter().map(|(claim, _)| claim.as_str())).collect();
    let mut computers = 0;
    for (claim, version) in told {
        let seen = story::seen(&office, claim);
        computers += usize::from(claim != story::OPTION && seen != "gone");
        if !pending.contains(&claim) && seen != expected(claim, version) {
            return Err(format!("{claim} is lost: {seen} instead of {}", expected(claim, version)));
        }
    }
    if computers != office.count() {
        return Err(format!("{} computers are shown, {computers} are known", office.count()));
    }
    // It goes on from there.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = inventory("next-2026-02-03-08-15-42", &story::content(250, 1));
    let (status, _) = runtime.block_on(office.say(UNIX, &text));
    let seen = story::seen(&office, "next-2026-02-03-08-15-42");
    office.app.store.close();
    if status == 200 && seen != "gone" { Ok(()) } else { Err(format!("the next inventory is answered {status}")) }
}
