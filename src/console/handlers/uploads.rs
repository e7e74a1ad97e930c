//! Inventories from files that a browser sends (CON-IMP-1, CON-IMP-2): the same road as the watched folder's.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use tokio::runtime::Handle;

use super::imports::{form_page, row};
use super::{Asked, Error};
use crate::agent::Agents;
use crate::clock::Timestamp;
use crate::console::pages::upload::{self as page, CHOSEN, OLDER, Report};
use crate::console::view::form::FieldError;
use crate::fleet::Sight;
use crate::history::imports::{ImportOutcome, ImportResult, PastImport, note};
use crate::history::{Action, audit};
use crate::import::files::{Candidate, Skipped, read_named};
use crate::import::{Bounds, Left, import};
use crate::limits::Limits;
use crate::web::{Allowed, Upload};

/// Names of files that the audit log tells.
const TOLD: usize = 20;
/// Results that are written down together.
const PORTION: usize = 50;

/// What the form may bring.
pub fn allowed(limits: &Limits) -> Allowed {
    let (files, file, whole) = (limits.upload_files, limits.import_file, limits.upload_whole);
    Allowed { files, file, whole, text: limits.form, memory: false }
}

/// Imports the files of the form, and shows what became of each.
pub async fn take(mut asked: Asked) -> Result<HttpResponse, Error> {
    let locale = &asked.visit.locale;
    let most = asked.visit.console.app.config.limits.upload_files;
    let upload = match asked.upload.take() {
        Some(upload) if upload.beyond > 0 => {
            let sent = upload.files.len() + upload.beyond;
            let text = locale.fill("upload.error-many", &[("n", &sent), ("most", &most)]);
            return form_page(&asked, &[FieldError::new(CHOSEN, text)]).await;
        }
        Some(upload) if !upload.files.is_empty() => upload,
        _ => return form_page(&asked, &[FieldError::new(CHOSEN, locale.text("upload.error-none"))]).await,
    };
    // First: what nobody could look up later is not done.
    let mut names: Vec<&str> = upload.files.iter().take(TOLD).map(|file| file.name.as_str()).collect();
    if upload.files.len() > TOLD {
        names.push("…");
    }
    let mut entry = asked.visit.entry(Action::Imported, names.join(", "));
    entry.count = Some(upload.files.len() as u64);
    asked.change(move |w| audit::append(w, entry), |_| Ok(())).await?;
    let older = asked.form.get(OLDER) == "1";
    let mut done = Done {
        agents: asked.visit.console.agents.clone(),
        sight: asked.visit.sight(),
        at: asked.visit.locale.now,
        report: Report::default(),
        waiting: Vec::new(),
    };
    let runtime = Handle::current();
    // It goes on when the browser has hung up.
    let outcomes = web::block(move || {
        done.import(&upload, older, &runtime);
        done.report
    });
    let (locale, report) = (&asked.visit.locale, outcomes.await?);
    asked.page(locale.text("upload.done-title"), &page::above(locale), &[], page::report(locale, &report))
}

/// What became of the files that were worked on.
struct Done {
    agents: Arc<Agents>,
    sight: Sight,
    at: Timestamp,
    report: Report,
    /// Those that are not written down yet.
    waiting: Vec<ImportOutcome>,
}

impl Done {
    fn import(&mut self, upload: &Upload, accept_older: bool, runtime: &Handle) {
        let agents = self.agents.clone();
        let bounds = Bounds::from(&agents.app().config.limits);
        // All files together: each of them may be an archive.
        let mut left = Left::from(&bounds);
        for file in &upload.files {
            let name = file.name.clone();
            let Some(path) = file.path.clone() else {
                let why = Skipped::TooLarge(bounds.file).reason();
                self.add(ImportOutcome { name, result: ImportResult::Refused(why) });
                continue;
            };
            let candidate = Candidate { made: None, path, size: file.size };
            read_named(&candidate, name, &bounds, &mut left, &mut |read| {
                let (name, result) = match read {
                    Ok(read) => (read.name.clone(), import(&agents, runtime, read, accept_older)),
                    Err((name, why)) => (name, ImportResult::Refused(why.reason())),
                };
                self.add(ImportOutcome { name, result });
                true
            });
        }
        self.note();
    }

    fn add(&mut self, outcome: ImportOutcome) {
        tracing::info!("import of `{}`: {}", outcome.name, outcome.result);
        let row = row(PastImport { at: self.at, outcome: outcome.clone() });
        // Whoever sees some TAGs only does not learn which computer it was.
        let seen = |id| self.sight.is_everything() || self.agents.app().fleet.look().sees(&self.sight, id);
        let seen = row.outcome.computer().is_none_or(seen);
        self.report.add(if seen { row } else { page::unseen(self.at, outcome.name.clone()) });
        self.waiting.push(outcome);
        if self.waiting.len() >= PORTION {
            self.note();
        }
    }

    /// Writes down what is not yet: whoever waits no longer for the answer finds it in the list.
    fn note(&mut self) {
        let new = std::mem::take(&mut self.waiting);
        if let Err(error) = note(&self.agents.app().store, self.at, new) {
            tracing::error!("results of imported files are missing in their list: {error}");
        }
    }
}
