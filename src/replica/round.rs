//! One round: the list of the main server is compared with what is here, and what follows from it is done.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use super::{Failure, MainServer, Status, fetch};
use crate::app::App;
use crate::config::show_size;
use crate::deployment::actions;
use crate::deployment::offer::{self, Garbage, Plan};
use crate::deployment::package::{Package, PackageId};
use crate::deployment::replicas::{Trouble, saying};
use crate::proof::client::{self, Ask, Line};

/// How long a package is left alone after what came was not right.
const ALONE: Duration = Duration::from_secs(600);
/// Where the list is.
const LIST: &str = "/download/sites";
/// Bytes of the authority's certificates.
const LONGEST_TRUST: usize = 1 << 20;

/// What is remembered from one round to the next.
#[derive(Debug)]
pub struct Round {
    /// The main server.
    pub main: MainServer,
    status: Arc<Status>,
    /// What is missing here, as far as that is known.
    lacks: Option<Vec<PackageId>>,
    trouble: Trouble,
    /// What the main server was told last.
    told: String,
    /// Packages that came wrong, and until when they are left alone, by the clock that only goes on.
    alone: BTreeMap<PackageId, Duration>,
}

/// What came of a round.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Packages that came.
    pub fetched: usize,
    /// Packages that went.
    pub removed: usize,
    /// Packages that are still missing.
    pub missing: usize,
    /// What hindered it, package by package.
    pub failures: Vec<Failure>,
    /// The main server's authorities are other ones than before.
    pub trust_changed: bool,
}

impl Round {
    /// Before the first round.
    pub fn new(main: MainServer, status: Arc<Status>) -> Round {
        Round { main, status, lacks: None, trouble: Trouble::None, told: String::new(), alone: BTreeMap::new() }
    }

    /// Does one round. The main server is told how it went.
    ///
    /// # Errors
    /// What ended the round before its end; what is here is as good as before.
    pub async fn run(&mut self, app: &App) -> Result<Outcome, Failure> {
        let mut line = self.main.client.line(self.main.origin.clone());
        let outcome = self.compare(app, &mut line).await;
        let now = app.clock.now();
        let failure = match &outcome {
            Ok(outcome) => outcome.failures.first(),
            Err(failure) => Some(failure),
        };
        let trouble = failure.map_or(Trouble::None, Failure::trouble);
        self.trouble = trouble;
        let revoked = matches!(failure, Some(Failure::Revoked));
        self.status.change(|seen| {
            seen.trouble = trouble;
            seen.revoked = revoked;
            if outcome.is_ok() {
                seen.asked = Some(now);
            }
        });
        let mut outcome = outcome?;
        // How it went is told at once, not with the next round only.
        if self.saying() != self.told {
            let _ = self.list(&mut line).await;
        }
        outcome.trust_changed = self.renew_trust(&mut line).await;
        Ok(outcome)
    }

    fn saying(&self) -> String {
        saying(self.lacks.as_deref(), self.trouble)
    }

    /// Asks for the list.
    async fn list(&mut self, line: &mut Line) -> Result<BTreeMap<PackageId, Package>, Failure> {
        let said = self.saying();
        let path = if said.is_empty() { LIST.to_owned() } else { format!("{LIST}?{said}") };
        let ask = Ask { path: &path, from: 0, bearer: Some(self.main.token.reveal()) };
        let answer = line.get(ask).await.map_err(Failure::Line)?;
        match answer.status {
            200 => self.told = said,
            401 => return Err(Failure::Revoked),
            status => return Err(Failure::Status(status)),
        }
        match answer.whole(offer::LONGEST).await {
            Ok(bytes) => Ok(offer::read(&bytes)?),
            Err(client::Failure::TooLong(_)) => Err(Garbage::TooMany.into()),
            Err(failure) => Err(Failure::Line(failure)),
        }
    }

    async fn compare(&mut self, app: &App, line: &mut Line) -> Result<Outcome, Failure> {
        let offered = self.list(line).await?;
        let own: BTreeMap<PackageId, Package> = {
            let board = app.board.look();
            board.packages.iter().map(|(id, package)| (*id, package.as_ref().clone())).collect()
        };
        let broken: BTreeSet<PackageId> =
            own.values().filter(|package| !app.packages.has_all(package)).map(|package| package.id).collect();
        let plan = offer::plan(&offered, &own, &broken);
        let mut lacking: BTreeSet<PackageId> = plan.fetch.iter().map(|package| package.id).collect();
        self.tell(offered.len(), &lacking);
        let mut outcome = Outcome { removed: plan.remove.len(), ..Outcome::default() };
        tidy(app, &plan).await?;
        self.alone.retain(|id, until| lacking.contains(id) && *until > app.clock.elapsed());
        for package in &plan.fetch {
            if self.alone.contains_key(&package.id) {
                continue;
            }
            match take(app, line, package).await {
                Ok(()) => {
                    info!("package `{}` is here ({})", package.name, show_size(package.size()));
                    outcome.fetched += 1;
                    lacking.remove(&package.id);
                    self.tell(offered.len(), &lacking);
                }
                Err(failure) if failure.ends_round() => return Err(failure),
                Err(failure) => {
                    if matches!(failure, Failure::Digest(_) | Failure::Missing(..)) {
                        self.alone.insert(package.id, app.clock.elapsed() + ALONE);
                    }
                    outcome.failures.push(failure);
                }
            }
        }
        outcome.missing = lacking.len();
        Ok(outcome)
    }

    fn tell(&mut self, offered: usize, lacking: &BTreeSet<PackageId>) {
        self.lacks = Some(lacking.iter().copied().collect());
        self.status.change(|seen| (seen.offered, seen.missing) = (offered, lacking.len()));
    }

    /// Fetches the main server's authorities from itself, now that it is known who it is.
    async fn renew_trust(&mut self, line: &mut Line) -> bool {
        let Ok(answer) = line.get(Ask { path: "/cacert.pem", from: 0, bearer: None }).await else { return false };
        if answer.status != 200 {
            return false;
        }
        let Ok(bytes) = answer.whole(LONGEST_TRUST).await else { return false };
        String::from_utf8(bytes).is_ok_and(|pem| self.main.trust(&pem))
    }
}

/// Everything of a plan but fetching.
async fn tidy(app: &App, plan: &Plan) -> Result<(), Failure> {
    // Files lose their name before the record goes: wherever this ends, a start finds the whole package or nothing.
    for id in &plan.remove {
        app.packages.withdraw(*id).map_err(|error| Failure::Disk(*id, error))?;
    }
    if !plan.remove.is_empty() {
        actions::let_go(&app.store, &app.board, plan.remove.clone()).await?;
    }
    for id in &plan.remove {
        info!("package {id} is not offered any more, or is broken here: removed");
        app.packages.give_up(*id);
    }
    for package in &plan.renew {
        actions::adopt(&app.store, &app.board, package.clone()).await?;
    }
    let gathered = app.packages.gathering();
    let wanted: BTreeSet<PackageId> = plan.fetch.iter().map(|package| package.id).collect();
    for id in gathered.listed().into_iter().filter(|id| !wanted.contains(id)) {
        let _ = gathered.remove(id);
    }
    Ok(())
}

/// Fetches a package and begins to serve it.
async fn take(app: &App, line: &mut Line, package: &Package) -> Result<(), Failure> {
    let needed = fetch::needed(&app.packages, package);
    let free = fs4::available_space(&app.config.data).unwrap_or(u64::MAX);
    let free = free.saturating_sub(app.config.limits.free_space);
    if needed > free {
        return Err(Failure::Room { id: package.id, needed, free });
    }
    fetch::package(line, &app.packages, package).await?;
    let disk = |error| Failure::Disk(package.id, error);
    // What is left of one whose record is gone would be in the way.
    app.packages.remove(package.id).map_err(disk)?;
    if let Err(error) = actions::adopt(&app.store, &app.board, package.clone()).await {
        app.packages.give_up(package.id);
        return Err(error.into());
    }
    app.packages.publish(package.id).map_err(disk)
}
