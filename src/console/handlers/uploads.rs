//! Inventories from files that a browser sends (CON-IMP-1, CON-IMP-2): the same road as the watched folder's.

use actix_web::{HttpResponse, web};
use tokio::runtime::Handle;

use super::imports::{form_page, row};
use super::{Asked, Error};
use crate::agent::Agents;
use crate::console::pages::upload::{self as page, CHOSEN, OLDER};
use crate::console::view::form::FieldError;
use crate::history::audit;
use crate::history::imports::{ImportOutcome, ImportResult, note};
use crate::history::{Action, imports};
use crate::import::files::{Candidate, Skipped, read_named};
use crate::import::{Bounds, import};
use crate::limits::Limits;
use crate::web::{Allowed, Upload};

/// Names of files that the audit log tells.
const TOLD: usize = 20;
/// Results that are written down together.
const PORTION: usize = 50;

/// What the form may bring.
pub fn allowed(limits: &Limits) -> Allowed {
    let (files, file, whole) = (limits.upload_files, limits.import_file, limits.upload_whole);
    Allowed { files, file, whole, text: limits.form }
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
    let (agents, older) = (asked.visit.console.agents.clone(), asked.form.get(OLDER) == "1");
    let (runtime, at) = (Handle::current(), asked.visit.locale.now);
    // It goes on when the browser has hung up.
    let outcomes = web::block(move || {
        let mut done = Done { agents, at, all: Vec::new(), noted: 0 };
        done.import(&upload, older, &runtime);
        done.all
    });
    shown(&asked, outcomes.await?)
}

/// The files that were worked on.
struct Done {
    agents: std::sync::Arc<Agents>,
    at: crate::clock::Timestamp,
    all: Vec<ImportOutcome>,
    noted: usize,
}

impl Done {
    fn import(&mut self, upload: &Upload, accept_older: bool, runtime: &Handle) {
        let agents = self.agents.clone();
        let bounds = Bounds::from(&agents.app().config.limits);
        for file in &upload.files {
            let name = file.name.clone();
            let Some(path) = file.path.clone() else {
                let why = Skipped::TooLarge(bounds.file).reason();
                self.add(ImportOutcome { name, result: ImportResult::Refused(why) });
                continue;
            };
            let candidate = Candidate { made: None, path, size: file.size };
            read_named(&candidate, name, &bounds, &mut |read| {
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
        self.all.push(outcome);
        if self.all.len() - self.noted >= PORTION {
            self.note();
        }
    }

    /// Writes down what is not yet: whoever waits no longer for the answer finds it in the list.
    fn note(&mut self) {
        let new: Vec<ImportOutcome> = self.all.iter().skip(self.noted).cloned().collect();
        self.noted = self.all.len();
        if let Err(error) = note(&self.agents.app().store, self.at, new) {
            tracing::error!("results of imported files are missing in their list: {error}");
        }
    }
}

fn shown(asked: &Asked, outcomes: Vec<ImportOutcome>) -> Result<HttpResponse, Error> {
    let (locale, at) = (&asked.visit.locale, asked.visit.locale.now);
    let (sight, index) = (asked.visit.sight(), asked.visit.console.app.fleet.look());
    let row = |outcome: ImportOutcome| {
        let name = outcome.name.clone();
        let row = row(imports::PastImport { at, outcome });
        // Whoever sees some TAGs only does not learn which computer it was.
        let seen = row.outcome.computer().is_none_or(|id| sight.is_everything() || index.sees(&sight, id));
        if seen { row } else { page::unseen(at, name) }
    };
    let rows: Vec<_> = outcomes.into_iter().map(row).collect();
    drop(index);
    asked.page(locale.text("upload.done-title"), &page::above(locale), &[], page::report(locale, &rows))
}
