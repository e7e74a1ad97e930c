//! How the server is (CON-STA-1), and the support bundle (CON-STA-2).

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::support::{Names, bundle};
use super::{Access, Asked, Error, Page, Route};
use crate::app::{App, JobState};
use crate::clock::Timestamp;
use crate::console::lists::filters::midnight;
use crate::console::pages::STATUS;
use crate::console::pages::status::{self, Call, Facts, HIDE, SUPPORT, StatusPage};
use crate::console::view::Locale;
use crate::console::view::icon::Icon;
use crate::console::visit::Visit;
use crate::fleet::{Fact, Order, Query, Shelf};
use crate::history::{Action, audit};
use crate::i18n::{Lang, iso_date};
use crate::inventory::columns::{NAME, USERID};
use crate::log::read;
use crate::options::OPTIONS;
use crate::users::{self, Right};

const OPEN: Access = Access::Right(Right::Status);
/// Contacts that the page shows.
const CALLS: usize = 20;
/// Lines of the log that go into a bundle.
const LINES: usize = 20_000;

/// What the build script writes down where nobody said when the program was built: 2025-01-01.
const UNKNOWN_BUILD: Timestamp = Timestamp(1_735_689_600);

/// The page.
pub static PAGE: Page = Page {
    path: STATUS,
    menu: Some(Icon::Status),
    title: status::TITLE,
    access: OPEN,
    routes: &[
        Route::get(STATUS, OPEN, |asked| Box::pin(show(asked))),
        Route::post(SUPPORT, OPEN, |asked| Box::pin(support(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = asked.visit.clone();
    let (facts, jobs, calls) = web::block(move || (facts(&visit), jobs(&visit.console.app), calls(&visit))).await?;
    let locale = &asked.visit.locale;
    let day = asked.visit.console.app.hours.day(locale.now);
    let page = StatusPage { facts: &facts, jobs: &jobs, day: &day, calls: &calls, token: asked.visit.token() };
    asked.page(locale.text(status::TITLE), &[], &[], status::body(locale, &page))
}

fn facts(visit: &Visit) -> Facts {
    let (console, locale) = (&visit.console, &visit.locale);
    let app = &console.app;
    let ran = app.clock.elapsed().saturating_sub(console.started).as_secs();
    let today = midnight(locale);
    let index = app.fleet.look();
    let called = |id| index.seen(id).is_some_and(|seen| seen.last_contact >= today);
    Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        built: Some(crate::BUILT).filter(|built| *built > UNKNOWN_BUILD),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        data: app.config.data.display().to_string(),
        store: app.store.file_size(),
        free: fs4::available_space(&app.config.data).ok(),
        computers: index.len() as u64,
        software: index.software_rows(),
        today: index.ids().filter(|id| called(*id)).count() as u64,
        memory: memory(),
        since: locale.now.plus(-i64::try_from(ran).unwrap_or_default()),
        listening: app.listening.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        certificate: console.tls.as_ref().and_then(|tls| tls.summary().leaf).map(|leaf| leaf.not_after),
        trouble: app.store.trouble().unwrap_or_default(),
        room: app.room.load(Ordering::SeqCst),
    }
}

/// Memory of this process, where the system has a file that tells.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn jobs(app: &App) -> Vec<JobState> {
    app.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn calls(visit: &Visit) -> Vec<Call> {
    let index = visit.console.app.fleet.look();
    let all = index.select(&Query { sight: visit.sight(), shelf: Shelf::All, conditions: Vec::new() });
    let order = Order { by: Fact::LastContact, descending: true };
    let call = |id| {
        let seen = index.seen(id).filter(|seen| seen.last_contact > Timestamp(0))?;
        let name = index.text(id, NAME);
        let name = if name.trim().is_empty() { format!("#{id}") } else { name.to_owned() };
        Some(Call { at: seen.last_contact, id, name, agent: seen.agent })
    };
    all.page(order, 0, CALLS).ids.into_iter().filter_map(call).collect()
}

/// By POST, since it is noted in the audit log who took one.
async fn support(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = asked.visit.clone();
    let hidden = asked.form.get(HIDE) == "1";
    let entry = visit.entry(Action::Exported, "support".to_owned());
    asked.change(move |w| audit::append(w, entry), |_| Ok(())).await?;
    let made = web::block(move || make(&visit, hidden)).await?;
    let bytes = made.map_err(|error| {
        tracing::error!("the support bundle cannot be made: {error}");
        Error::Lost
    })?;
    let name = format!("rollcall-support-{}.zip", iso_date(asked.visit.locale.now, &asked.visit.locale.zone));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/zip"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes))
}

fn make(visit: &Visit, hidden: bool) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let app = &visit.console.app;
    // Who helps reads English, whatever the office speaks.
    let locale = Locale { lang: Lang::En, ..visit.locale.clone() };
    let names = if hidden { names(app)? } else { Names::default() };
    let (facts, jobs) = (facts(visit), jobs(app));
    let day = app.hours.day(locale.now);
    let page = StatusPage { facts: &facts, jobs: &jobs, day: &day, calls: &[], token: "" };
    let general = app.options.general();
    let options: String = OPTIONS
        .iter()
        .filter(|option| option.is_offered() && !is_secret(option.name))
        .map(|option| format!("{} = {}\n", option.name, general.value(*option)))
        .collect();
    let lines = read::last(&app.config.log_folder(), LINES, &|_| true)?;
    let log: String = lines
        .iter()
        .rev()
        .map(|line| {
            let level = line.level.map_or("", |level| level.as_str());
            format!("{} {level:>5} {}\n", line.at, line.text)
        })
        .collect();
    let files = [("status.txt", status::lines(&locale, &page)), ("options.txt", options), ("rollcall.log", log)];
    Ok(bundle(&files, &names)?)
}

/// Options that hold what nobody else may know; how long a password must be is none of them.
fn is_secret(name: &str) -> bool {
    let word = |word| name.contains(word);
    (word("PASSWORD") || word("SECRET") || word("TOKEN")) && !word("MIN_")
}

/// Everything that names a computer, a person or an account.
fn names(app: &App) -> Result<Names, crate::store::Error> {
    let mut names = Names::default();
    for (number, user) in app.read(users::store::list)?.iter().enumerate() {
        let other = format!("account-{}", number + 1);
        [user.account.as_str(), &user.name, &user.email].into_iter().for_each(|name| names.hide(name, &other));
    }
    let devices = app.read(crate::inventory::store::devices)?;
    for (device, id) in devices {
        names.hide(&device, &format!("device-{id}"));
    }
    let index = app.fleet.look();
    for id in index.ids() {
        names.hide(index.text(id, NAME), &format!("computer-{id}"));
        names.hide(index.text(id, USERID), &format!("user-{id}"));
    }
    Ok(names)
}
