//! The certificates of the server (CON-CRT-1), and the names that they carry (CON-CRT-2).

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::{Access, Asked, Error, Page, Route, above, again, setup};
use crate::app::{App, PUBLIC_NAMES};
use crate::clock::Timestamp;
use crate::console::pages::certificates::{self, CERTIFICATES, CertificatesPage, DEED, DEEDS, DER, Deed, NAMES, Seen};
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::view::form::FieldError;
use crate::console::view::icon::Icon;
use crate::console::view::message::{Message, Tone};
use crate::console::{door, visit};
use crate::history::Action;
use crate::history::audit::{self, Change};
use crate::history::trust::Served;
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::options::Value;
use crate::options::store::{self as options, StoredValue};
use crate::store::Txn;
use crate::tls::Summary;
use crate::tls::names::sorted;
use crate::users::Right;

/// Computers that are named.
const BEHIND: usize = 50;
const OPEN: Access = Access::Right(Right::Certificates);

/// The page.
pub static PAGE: Page = Page {
    path: CERTIFICATES,
    menu: Some(Icon::Lock),
    title: certificates::TITLE,
    access: OPEN,
    routes: &[
        Route::get(CERTIFICATES, OPEN, |asked| Box::pin(show(asked))),
        Route::post(CERTIFICATES, OPEN, |asked| Box::pin(change(asked))),
        Route::get(DER, OPEN, |asked| Box::pin(authority(asked))),
        Route::post(DEED, OPEN, |asked| Box::pin(deed(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    let names = stored(&asked.visit.console.app);
    page(&asked, &names, &[])
}

/// Names and addresses as they were given to the server, one a line.
fn stored(app: &App) -> String {
    match app.options.general().kept().get(PUBLIC_NAMES) {
        Some(Value::Text(names)) => names.clone(),
        _ => String::new(),
    }
}

pub(super) fn page(asked: &Asked, names: &str, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let summary = visit.console.tls.as_ref().map(|tls| tls.summary());
    let settings = &visit.console.app.config.public_names;
    let missing = match &visit.console.tls {
        Some(tls) if summary.as_ref().is_some_and(|held| held.builtin.is_some()) => {
            tls.missing(&sorted(&visit.console.app.public_names()))
        }
        _ => Vec::new(),
    };
    let seen = seen(&visit.console.app, summary.as_ref());
    let (summary, token) = (summary.as_ref(), visit.token());
    let page = CertificatesPage { summary, names, settings, missing: &missing, seen: &seen, errors, token };
    let title = locale.text(certificates::TITLE);
    let body = certificates::body(locale, &page);
    if !errors.is_empty() {
        return asked.again(title, &[], body);
    }
    let mut said: Vec<String> = DEEDS.iter().map(|deed| deed.text("done")).collect();
    said.extend(["certificates.done-changed".to_owned(), "certificates.done-brought".to_owned()]);
    let mut messages = asked.said(&said.iter().map(String::as_str).collect::<Vec<_>>());
    if asked.query.get("done") == "later" {
        let text = locale.text("certificates.later").to_owned();
        messages.push(Message { tone: Tone::Warning, text, action: None });
    }
    if asked.query.get("done") == "failed" {
        let text = locale.text("certificates.failed").to_owned();
        messages.push(Message { tone: Tone::Error, text, action: None });
    }
    asked.page(title, &[], &messages, body)
}

/// Counts computers by the authority under which they were served last.
fn seen(app: &App, summary: Option<&Summary>) -> Seen {
    let Some(summary) = summary else { return Seen::default() };
    let mut known: Vec<(u64, String)> = Vec::new();
    let kept = [&summary.authority, &summary.next, &summary.builtin, &summary.former].into_iter().flatten();
    let brought = summary.prepared.iter().map(|own| &own.root);
    for shown in kept.chain(brought).chain(&summary.beside) {
        if !known.iter().any(|(mark, _)| *mark == shown.mark) {
            known.push((shown.mark, shown.subject.clone()));
        }
    }
    let present = summary.authority.as_ref().map(|shown| shown.mark);
    let index = app.fleet.look();
    let mut all: Vec<(ComputerId, Served)> =
        app.trust.all().into_iter().filter(|(id, _)| index.contains(*id)).collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let mut seen = Seen { never: (index.len() as u64).saturating_sub(all.len() as u64), ..Seen::default() };
    let mut rows: BTreeMap<u64, (u64, Timestamp)> = BTreeMap::new();
    for (id, served) in &all {
        let row = rows.entry(served.mark).or_insert((0, served.at));
        *row = (row.0 + 1, row.1.max(served.at));
        if Some(served.mark) == present {
            seen.present += 1;
            continue;
        }
        seen.another += 1;
        if seen.behind.len() < BEHIND {
            let name = index.text(*id, NAME);
            seen.behind.push((*id, if name.is_empty() { format!("#{id}") } else { name.to_owned() }));
        }
    }
    let name = |mark: u64| known.iter().find(|(of, _)| *of == mark).map(|(_, name)| name.clone());
    let named =
        |(mark, (n, at)): (u64, (u64, Timestamp))| (name(mark).unwrap_or_else(|| format!("{mark:016X}")), n, at);
    seen.rows = rows.into_iter().map(named).collect();
    seen
}

async fn authority(asked: Asked) -> Result<HttpResponse, Error> {
    let der = asked.visit.console.tls.as_ref().and_then(|tls| tls.authority_der()).ok_or(Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/pkix-cert"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"cacert.der\""))
        .body(der))
}

async fn change(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let (console, typed) = (&visit.console, asked.form.get(NAMES));
    let tls = console.tls.clone().ok_or(Error::NotFound)?;
    let before = stored(&console.app);
    let names = match setup::server_names(locale, typed) {
        Ok(names) => names,
        Err(text) => return page(&asked, typed, &[FieldError::new(NAMES, text)]),
    };
    // The console answers to names that it knows: who takes away the one in use could not go on.
    let here = door::host_name(&visit.authority).unwrap_or_default();
    let held = |names: &str| names.lines().any(|name| name.eq_ignore_ascii_case(&here));
    let after = names.join("\n");
    if held(&before) && !held(&after) && !held(&console.app.config.public_names.join("\n")) {
        let text = locale.fill("certificates.error-here", &[("name", &here)]);
        return page(&asked, typed, &[FieldError::new(NAMES, text)]);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    let mut entry = visit.entry(Action::CertificateChanged, "server".to_owned());
    entry.changes.push(Change { what: "names".to_owned(), before, after: after.clone() });
    let kept = StoredValue { value: Value::Text(after), by: asked.account(), at: locale.now };
    let run = move |w: &mut Txn<'_>| -> Result<(), crate::store::Error> {
        options::set(w, PUBLIC_NAMES, &kept)?;
        audit::append(w, entry)?;
        Ok(())
    };
    asked.change(run, |app| app.options.reload(&app.store.read()?)).await?;
    let app = console.app.clone();
    let made = web::block(move || tls.renew(&app.wanted_names(), app.clock.now())).await?;
    let done = match made {
        Ok(done) if !done.is_empty() => "changed",
        Ok(_) => "later",
        Err(error) => {
            tracing::error!("the certificate does not hold the new names yet: {error}");
            "later"
        }
    };
    Ok(visit::see_other(&format!("{CERTIFICATES}?done={done}")))
}

/// Asks, and does it once it was confirmed and the password is fresh.
async fn deed(asked: Asked) -> Result<HttpResponse, Error> {
    let visit = &asked.visit;
    let tls = visit.console.tls.clone().ok_or(Error::NotFound)?;
    let named = DEEDS.iter().find(|deed| deed.name == asked.form.get("deed")).ok_or(Error::NotFound)?;
    if !(named.offered)(&tls.summary()) {
        return Ok(visit::see_other(CERTIFICATES));
    }
    if asked.form.get("confirmed") != "1" {
        return ask(&asked, named);
    }
    if let Some(page) = again::asks(&asked).await? {
        return Ok(page);
    }
    // First: what nobody could look up later is not done.
    let entry = visit.entry(Action::CertificateChanged, named.name.to_owned());
    asked.change(move |w: &mut Txn<'_>| audit::append(w, entry), |_| Ok(())).await?;
    let app = visit.console.app.clone();
    let done = web::block(move || (named.act)(&tls, &app.wanted_names(), app.clock.now())).await?;
    let done = match done {
        Ok(()) => named.name,
        Err(error) => {
            tracing::error!("a change of certificates failed ({}): {error}", named.name);
            "failed"
        }
    };
    Ok(visit::see_other(&format!("{CERTIFICATES}?done={done}")))
}

fn ask(asked: &Asked, deed: &Deed) -> Result<HttpResponse, Error> {
    let (visit, locale) = (&asked.visit, &asked.visit.locale);
    let computers = visit.console.app.fleet.look().len() as u64;
    let submit = locale.text(&deed.text("button"));
    let known = locale.count("certificates.computers", computers);
    let summary = visit.console.tls.as_ref().map(|tls| tls.summary());
    let mut lines = vec![known];
    lines.extend(certificates::counted(locale, &seen(&visit.console.app, summary.as_ref())));
    let carried = [("deed".to_owned(), deed.name.to_owned()), ("confirmed".to_owned(), "1".to_owned())];
    let page = Confirm {
        action: DEED,
        token: visit.token(),
        text: locale.text(&deed.text("what")),
        lines: &lines,
        carried: &carried,
        submit,
        back: CERTIFICATES,
        harmless: deed.harmless,
        ..Confirm::default()
    };
    asked.page(submit, &above(locale, CERTIFICATES, certificates::TITLE), &[], confirm(locale, &page))
}
