//! How the server is (CON-STA-1), and the support bundle (CON-STA-2).

use maud::{Markup, html};

use super::{COMPUTERS, hours};
use crate::app::JobState;
use crate::clock::Timestamp;
use crate::console::view::card::{Care, Definition, card, definitions, strip};
use crate::console::view::form::{Control, Field, Form, field, form};
use crate::console::view::message::Tone;
use crate::console::view::table::{Cell, Column, Kind, Table, table};
use crate::console::view::{Locale, format};
use crate::history::Hour;
use crate::i18n::size;
use crate::id::ComputerId;

/// Title key of the page.
pub const TITLE: &str = "status.title";
/// Where the support bundle is fetched.
pub const SUPPORT: &str = "/ocsreports/status/support.zip";
/// The box that asks for names to be replaced.
pub const HIDE: &str = "hide";

/// The server in figures.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Release.
    pub version: String,
    /// When it was built; `None` when nobody wrote it down.
    pub built: Option<Timestamp>,
    /// Operating system and processor.
    pub system: String,
    /// The data folder.
    pub data: String,
    /// Bytes of the database.
    pub store: u64,
    /// Bytes that are free on its disk, where the system tells.
    pub free: Option<u64>,
    /// Computers.
    pub computers: u64,
    /// Lines of software of all computers.
    pub software: u64,
    /// Computers that called today.
    pub today: u64,
    /// Bytes of memory in use, where the system tells.
    pub memory: Option<u64>,
    /// Since when it runs.
    pub since: Timestamp,
    /// Addresses that are answered.
    pub listening: Vec<String>,
    /// Last day of the server certificate.
    pub certificate: Option<Timestamp>,
    /// Why nothing can be stored; empty when all is well.
    pub trouble: String,
    /// There is room on the disk.
    pub room: bool,
}

/// A computer that called lately.
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// Its number.
    pub id: ComputerId,
    /// Its name.
    pub name: String,
    /// Its agent.
    pub agent: String,
}

/// What the page shows.
pub struct StatusPage<'a> {
    /// The server in figures.
    pub facts: &'a Facts,
    /// Its jobs.
    pub jobs: &'a [JobState],
    /// How much agents called in the last day: the beginning of each hour, the oldest first.
    pub day: &'a [(Timestamp, Hour)],
    /// The latest contacts, the newest first.
    pub calls: &'a [Call],
    /// Token of the session.
    pub token: &'a str,
}

/// Writes the body.
pub fn body(locale: &Locale, page: &StatusPage) -> Markup {
    html! {
        (strip(locale, &cares(locale, page)))
        (card(None, definitions(locale, &facts(locale, page.facts))))
        (card(Some(locale.text("hours.title")), hours::chart(locale, page.day)))
        (card(Some(locale.text("hours.troubles")), hours::troubles(locale, page.day)))
        @if !page.calls.is_empty() { (card(Some(locale.text("status.calls")), calls(locale, page.calls))) }
        @if !page.jobs.is_empty() { (card(Some(locale.text("status.jobs")), jobs(locale, page.jobs))) }
        (card(Some(locale.text("status.support")), support(locale, page.token)))
    }
}

fn cares(locale: &Locale, page: &StatusPage) -> Vec<Care> {
    let care = |tone, text: String| Care { tone, text, href: None };
    let mut cares = Vec::new();
    if !page.facts.trouble.is_empty() {
        cares.push(care(Tone::Error, locale.fill("status.trouble", &[("why", &page.facts.trouble)])));
    }
    if !page.facts.room {
        cares.push(care(Tone::Error, locale.text("status.no-room").to_owned()));
    }
    let failing = page.jobs.iter().filter(|job| job.failing).count() as u64;
    if failing > 0 {
        cares.push(care(Tone::Warning, locale.count("status.failing", failing)));
    }
    if cares.is_empty() {
        cares.push(care(Tone::Success, locale.text("status.well").to_owned()));
    }
    cares
}

/// The figures with their words, in the order of the page.
pub fn facts<'a>(locale: &Locale, facts: &'a Facts) -> Vec<Definition<'a>> {
    let bytes = |bytes| Cell::Text(size(locale.lang, bytes).into());
    let count = |count| Cell::number(i64::try_from(count).ok());
    let values = [
        ("status.version", Cell::mono(&facts.version)),
        ("status.built", Cell::date(facts.built)),
        ("status.system", Cell::text(&facts.system)),
        ("status.data", Cell::mono(&facts.data)),
        ("status.store", bytes(facts.store)),
        ("status.free", facts.free.map_or(Cell::Empty, bytes)),
        ("status.memory", facts.memory.map_or(Cell::Empty, bytes)),
        ("status.computers", count(facts.computers)),
        ("status.software", count(facts.software)),
        ("status.today", count(facts.today)),
        ("status.since", Cell::Date(facts.since)),
        ("status.listening", Cell::Lines(facts.listening.join("\n").into())),
        ("status.certificate", Cell::date(facts.certificate)),
    ];
    values.into_iter().map(|(key, value)| Definition { label: locale.text(key), value }).collect()
}

fn calls(locale: &Locale, calls: &[Call]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("column.lastcome"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("column.name"), main: true, ..Column::default() },
        Column { title: title("column.useragent"), card: true, ..Column::default() },
    ];
    let cells = |call: &Call| {
        let link = Cell::Link { href: format!("{COMPUTERS}/{}", call.id).into(), text: call.name.clone().into() };
        vec![Cell::Date(call.at), link, Cell::text(&call.agent).into_owned()]
    };
    let rows: Vec<_> = calls.iter().map(cells).collect();
    table(locale, &Table { caption: locale.text("status.calls"), columns: &columns, rows: &rows, order: None })
}

fn jobs(locale: &Locale, jobs: &[JobState]) -> Markup {
    let title = |key| locale.text(key).into();
    let columns = [
        Column { title: title("status.job"), main: true, ..Column::default() },
        Column { title: title("status.last"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("status.next"), kind: Kind::Short, card: true, ..Column::default() },
        Column { title: title("status.outcome"), card: true, ..Column::default() },
    ];
    let cells = |job: &JobState| {
        let outcome = match (job.failing, job.last) {
            (true, _) => Cell::State(Tone::Error, locale.text("status.job-failing").into()),
            (false, Some(_)) => Cell::State(Tone::Success, locale.text("status.job-well").into()),
            (false, None) => Cell::Text(locale.text("status.job-not-yet").into()),
        };
        vec![Cell::Text(job_name(locale, job).into()), Cell::date(job.last), Cell::Date(job.next), outcome]
    };
    let rows: Vec<_> = jobs.iter().map(cells).collect();
    table(locale, &Table { caption: locale.text("status.jobs"), columns: &columns, rows: &rows, order: None })
}

/// What a job does, in words.
pub fn job_name(locale: &Locale, job: &JobState) -> &'static str {
    locale.text(&format!("status.job-{}", job.name.replace(' ', "-")))
}

fn support(locale: &Locale, token: &str) -> Markup {
    let (label, help) = (locale.text("status.support-hide"), locale.text("status.support-hide-help"));
    let hide = Field { name: HIDE, label, help, required: false, control: Control::Check { on: true } };
    let submit = locale.text("status.support-submit");
    html! {
        p { (locale.text("status.support-lead")) }
        (form(locale, &Form { action: SUPPORT, token, errors: &[], submit }, field(&hide, &[])))
    }
}

/// The state of the server as lines of text.
pub fn lines(locale: &Locale, page: &StatusPage) -> String {
    let mut text = String::new();
    let value = |cell: &Cell<'_>| match cell {
        Cell::Text(text) | Cell::Mono(text) => text.to_string(),
        Cell::Lines(text) => text.lines().collect::<Vec<_>>().join(", "),
        Cell::Number(number) => number.to_string(),
        Cell::Date(at) => format::moment(locale, *at),
        _ => String::new(),
    };
    let mut line = |label: &str, value: &str| text.push_str(&format!("{label}: {value}\n"));
    for entry in facts(locale, page.facts) {
        line(entry.label, &value(&entry.value));
    }
    for care in cares(locale, page) {
        line(locale.text("status.outcome"), &care.text);
    }
    for (label, count) in hours::sums(locale, page.day) {
        line(&label, &count.to_string());
    }
    for job in page.jobs {
        let last = job.last.map(|last| format::moment(locale, last)).unwrap_or_default();
        line(job_name(locale, job), &last);
    }
    text
}
