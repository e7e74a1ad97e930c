//! What is done with one computer from its page: asked for an inventory, archived, restored, deleted, exported
//! (CON-PC-2, CON-PC-8). Only deleting asks back: the others can be undone on the same page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::computers::blocking;
use super::export::{self, Whole};
use super::record::{self, Found};
use super::sections::is_private;
use super::{Asked, Error, computer, held};
use crate::console::pages::COMPUTERS;
use crate::console::view::Action;
use crate::console::view::address::Address;
use crate::console::view::confirm::{Confirm, confirm};
use crate::console::visit;
use crate::history::Action as Done;
use crate::i18n::iso_date;
use crate::id::ComputerId;
use crate::inventory::columns::NAME;
use crate::inventory::requested::Request;
use crate::inventory::rows::{SectionRows, field_name};
use crate::lifecycle;
use crate::protocol::export as inventory;
use crate::users::Right;

fn back(id: ComputerId, done: &str) -> HttpResponse {
    visit::see_other(&format!("{COMPUTERS}/{id}?done={done}"))
}

/// Asks for an inventory at the next contact, or takes that back.
pub async fn ask(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let wanted = asked.form.get("take-back") != "1";
    let request = wanted.then(|| Request { by: asked.account(), at: visit.locale.now });
    let entry = visit.entry(Done::InventoryRequested, id.to_string());
    let there = blocking(&asked, move |app| lifecycle::request(app, id, request, entry)).await?;
    if !there {
        return Err(Error::NotFound);
    }
    Ok(back(id, if wanted { "requested" } else { "unrequested" }))
}

/// Puts it into the archive, or takes it out.
pub async fn archive(asked: Asked, away: bool) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let since = away.then_some(visit.locale.now);
    let action = if away { Done::ComputerArchived } else { Done::ComputerRestored };
    let entry = visit.entry(action, id.to_string());
    let moved = blocking(&asked, move |app| lifecycle::archive(app, vec![id], since, entry)).await?;
    moved.ok_or(Error::NotFound)?;
    Ok(back(id, if away { "archived" } else { "restored" }))
}

/// Deletes it with everything, once that was confirmed.
pub async fn delete(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let locale = &visit.locale;
    let name = {
        let index = visit.console.app.fleet.look();
        if !index.contains(id) {
            return Err(Error::NotFound);
        }
        index.text(id, NAME).to_owned()
    };
    if asked.form.get("confirmed") == "1" {
        let (now, entry) = (locale.now, visit.entry(Done::ComputerDeleted, id.to_string()));
        let held = held::all(&asked, &[id]).await?;
        // Held as long as the work lasts, also when the browser has hung up.
        let delete = move |app: &crate::app::App| {
            let done = lifecycle::delete(app, vec![id], now, entry);
            drop(held);
            done
        };
        let done = blocking(&asked, delete).await?.ok_or(Error::NotFound)?;
        return Ok(visit::see_other(&format!("{COMPUTERS}?done=delete&n={done}")));
    }
    let title = if name.is_empty() { locale.fill("computer.nameless", &[("id", &id)]) } else { name };
    let carried = [("confirmed".to_owned(), "1".to_owned())];
    let own = format!("{COMPUTERS}/{id}");
    let page = Confirm {
        action: &format!("{own}/delete"),
        token: visit.token(),
        text: locale.text("computers.delete-what"),
        lines: std::slice::from_ref(&title),
        carried: &carried,
        submit: &locale.count("computers.delete-do", 1),
        back: &own,
        ..Confirm::default()
    };
    let trail = [
        Action { href: COMPUTERS.to_owned(), label: locale.text("computers.title").to_owned() },
        Action { href: own.clone(), label: title.clone() },
    ];
    asked.page(&locale.count("computers.delete-title", 1), &trail, &[], confirm(locale, &page))
}

/// Its inventory as a file that can be imported again. What the reader may not see is not in it.
pub async fn export(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, computer::id(&asked)?);
    let private = visit.may(Right::Private);
    let read = asked.read(move |app, read| {
        let Found::Here(record) = record::load(app, read, id)? else { return Ok(None) };
        let Some(computer) = record.computer.filter(|_| !record.damaged) else { return Ok(Some(None)) };
        let sections = record.sections.into_iter().map(|section| if private { section } else { public(section) });
        let sections: Vec<SectionRows> = sections.collect();
        Ok(Some(Some(inventory::request(&computer.device, &record.account.values, &sections))))
    });
    let Some(text) = read.await?.ok_or(Error::NotFound)? else {
        // A file that lacks something would be imported as if that were gone. The page tells of it.
        let mut page = computer::page(&asked, &[]).await?;
        *page.status_mut() = StatusCode::CONFLICT;
        return Ok(page);
    };
    export::note(&asked, Done::Exported, format!("computer-{id}.xml"), Some(1), &Address::default()).await?;
    let name = format!("computer-{id}-{}.xml", iso_date(visit.locale.now, &visit.locale.zone));
    Ok(export::xml(&name, Whole(Some(text))))
}

/// A section without what only some roles see.
fn public(mut section: SectionRows) -> SectionRows {
    let key = section.key.clone();
    for row in &mut section.rows {
        row.cells.retain(|(field, _)| !is_private(key.tag(), field_name(&key, field)));
    }
    section
}
