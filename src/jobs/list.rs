//! Every job. To add one: a line here.

use std::error::Error;
use std::time::Duration;

use tracing::{info, warn};

use super::{Again, Job, Lane, Round, intact, lock, registry, space, sticks, train};
use crate::history::audit;
use crate::history::imports::note;
use crate::import::folder::Folder;
use crate::import::{Bounds, import};
use crate::inventory::store::SOFTWARE;
use crate::log;
use crate::options::LOGLEVEL;
use crate::store::{self, Txn, Write as _};

type Outcome = Result<Again, Box<dyn Error>>;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// How long the watched folder is worked on before other jobs have their turn.
const TURN: Duration = Duration::from_secs(5);

/// Every job.
pub static JOBS: &[Job] = &[
    Job { name: "visits", every: SECOND, lane: Lane::Quick, run: visits },
    Job { name: "package orders", every: SECOND, lane: Lane::Quick, run: package_orders },
    Job { name: "free space", every: Duration::from_secs(2), lane: Lane::Quick, run: space::look },
    Job { name: "log", every: SECOND, lane: Lane::Quick, run: detail_of_log },
    Job { name: "contacts", every: MINUTE, lane: Lane::Quick, run: contacts },
    Job { name: "care", every: Duration::from_secs(30), lane: Lane::Quick, run: care },
    Job { name: "sessions", every: MINUTE, lane: Lane::Quick, run: sessions },
    // It begins visits, each on a thread of its own.
    Job { name: "sticks", every: Duration::from_secs(2), lane: Lane::Quick, run: sticks::look },
    Job { name: "watched folder", every: Duration::from_secs(5), lane: Lane::Slow, run: watched_folder },
    Job { name: "certificates", every: MINUTE, lane: Lane::Slow, run: certificates },
    Job { name: "registry answers", every: Duration::from_secs(5), lane: Lane::Slow, run: registry::remove_answers },
    Job { name: "dictionary", every: Duration::from_secs(2), lane: Lane::Slow, run: train::dictionary },
    // One package a time: the disk belongs to agents.
    Job { name: "package files", every: Duration::from_secs(20), lane: Lane::Slow, run: intact::look },
    Job { name: "unused software", every: DAY, lane: Lane::Slow, run: unused_software },
    Job { name: "archives of forms", every: MINUTE, lane: Lane::Slow, run: drafts },
    Job { name: "uploads", every: MINUTE, lane: Lane::Slow, run: uploads },
    Job { name: "audit log", every: DAY, lane: Lane::Slow, run: audit_log },
];

fn visits(round: &Round) -> Outcome {
    round.agents.flush_visits()?;
    Ok(Again::AsPlanned)
}

fn package_orders(round: &Round) -> Outcome {
    round.agents.flush_orders()?;
    Ok(Again::AsPlanned)
}

/// The option LOGLEVEL takes effect while the server runs.
fn detail_of_log(round: &Round) -> Outcome {
    if let Some(log) = log::running() {
        log.detail_of_agents(round.app().options.general().switch(LOGLEVEL));
    }
    Ok(Again::AsPlanned)
}

/// What pages tell an administrator to look after.
fn care(round: &Round) -> Outcome {
    round.app().take_vitals()?;
    Ok(Again::AsPlanned)
}

fn contacts(round: &Round) -> Outcome {
    round.agents.flush_contacts()?;
    round.agents.flush_trust()?;
    round.agents.flush_handshakes()?;
    Ok(Again::AsPlanned)
}

fn sessions(round: &Round) -> Outcome {
    if let Some(people) = &round.people {
        let clock = &round.app().clock;
        people.sessions.sweep(clock.elapsed());
        if people.setup.refresh(clock.now(), clock.elapsed())?.is_some() {
            // The code itself stays out of the log, which more people read than the folder.
            info!(
                "the set-up code was too old; the new one is in `{}`",
                round.app().folder("run/setup-code.txt").display()
            );
        }
    }
    Ok(Again::AsPlanned)
}

fn watched_folder(round: &Round) -> Outcome {
    let mut folder = lock(&round.folder);
    let app = round.app();
    // A disk that was full at the start may have room now.
    if folder.is_none() {
        *folder = Folder::new(app.folder("import")).ok();
    }
    let Some(folder) = folder.as_mut() else { return Ok(Again::AsPlanned) };
    let until = app.clock.elapsed() + TURN;
    let go_on = || app.clock.elapsed() < until;
    let ending = || round.ending();
    let mut take = |read| import(&round.agents, &round.runtime, read, false);
    let polled = folder.poll(&Bounds::from(&app.config.limits), &mut take, &go_on, &ending);
    if !polled.outcomes.is_empty() {
        note(&app.store, app.clock.now(), polled.outcomes)?;
    }
    Ok(if polled.more { Again::AtOnce } else { Again::AsPlanned })
}

fn certificates(round: &Round) -> Outcome {
    if let Some(tls) = &round.tls {
        let app = round.app();
        tls.refresh(&app.wanted_names(), app.clock.now())?;
    }
    Ok(Again::AsPlanned)
}

/// Two rounds apart, so that an inventory that was being packed in the first one is stored long before the second.
fn unused_software(round: &Round) -> Outcome {
    let app = round.app();
    let retired = std::mem::take(&mut *lock(&round.retired));
    let gone = app.fleet.still_unused(retired);
    if !gone.is_empty() {
        let count = gone.len();
        app.write(move |w: &mut Txn<'_>| {
            for id in gone {
                w.remove(&SOFTWARE, id)?;
            }
            Ok::<_, store::Error>(())
        })?;
        info!("removed {count} rows of the software catalogue that no computer has any more");
    }
    *lock(&round.retired) = app.fleet.retire_items();
    Ok(Again::AsPlanned)
}

/// Archives that nobody built a package of.
fn drafts(round: &Round) -> Outcome {
    let app = round.app();
    app.drafts.sweep(app.clock.now());
    Ok(Again::AsPlanned)
}

/// Files of packages that nobody went on sending.
fn uploads(round: &Round) -> Outcome {
    let app = round.app();
    match app.uploads.expire(app.clock.elapsed()) {
        0 => {}
        files => info!("removed {files} files of packages that nobody went on sending for a day"),
    }
    Ok(Again::AsPlanned)
}

fn audit_log(round: &Round) -> Outcome {
    const MOST: usize = 10_000;
    let app = round.app();
    let now = app.clock.now();
    let pruned = app.write(move |w: &mut Txn<'_>| audit::prune(w, now, MOST))?;
    if pruned > 0 {
        warn!("removed {pruned} entries of the audit log that are older than two years");
    }
    Ok(if pruned == MOST as u64 { Again::AtOnce } else { Again::AsPlanned })
}
