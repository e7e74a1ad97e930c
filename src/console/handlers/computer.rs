//! One computer: its sections, its TAG, its contacts (CON-PC-1, 2, 3, 4, 9, 11).

use actix_web::{HttpResponse, web};

use super::record::{self, Found, Record};
use super::sections::{Cells, cells, counts};
use super::{Access, Asked, Error, Page, Route};
use crate::accountinfo::{self, Changed, TAG};
use crate::console::pages::COMPUTERS;
use crate::console::pages::computer::{
    self, ADMINISTRATIVE, Banner, CONTACTS, ComputerPage, EVERYTHING, Shown, TagForm,
};
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::history::audit::{self, Change};
use crate::history::{Action, store as history};
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::inventory::sections::SECTIONS;
use crate::inventory::store as computers;
use crate::store::{self, Txn};
use crate::users::Right;

const ONE: &str = "/ocsreports/computers/{id}";
const PART: &str = "/ocsreports/computers/{id}/{part}";
const ACCOUNT: &str = "/ocsreports/computers/{id}/administrative";
const READ: Access = Access::Right(Right::Read);

/// Longest TAG, in characters: the field's column.
const LONGEST_TAG: usize = 255;

/// The pages of single computers.
pub static PAGE: Page = Page {
    path: COMPUTERS,
    menu: None,
    title: "computers.title",
    access: READ,
    routes: &[
        Route::get(ONE, READ, |asked| Box::pin(show(asked))),
        Route::get(ACCOUNT, READ, |asked| Box::pin(show(asked))),
        Route::post(ACCOUNT, Access::Right(Right::ChangeTag), |asked| Box::pin(change_tag(asked))),
        Route::get(PART, READ, |asked| Box::pin(show(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    page(&asked, None).await
}

/// The page; with a TAG that was typed and what is wrong with it, when there is such.
async fn page(asked: &Asked, typed: Option<(&str, &[FieldError])>) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, id(asked)?);
    let locale = &visit.locale;
    let record = match asked.read(move |app, read| record::load(app, read, id)).await? {
        Found::Here(record) => record,
        Found::Merged(into) => return Ok(visit::redirect(&format!("{COMPUTERS}/{into}?merged={id}"))),
        Found::Nothing => return Err(Error::NotFound),
    };
    let private = visit.may(Right::Private);
    let part = part(asked)?;
    let every = part == EVERYTHING;
    let tables: Vec<Cells> = match part.as_str() {
        ADMINISTRATIVE | CONTACTS => Vec::new(),
        EVERYTHING => record.sections.iter().map(|section| cells(section, true, private)).collect(),
        tag => one(&record, tag).map(|section| cells(section, false, private)).into_iter().collect(),
    };
    let empty = computer::SectionRows { tag: known(&part), fields: &[], rows: &[] };
    let (value, errors) = typed.unwrap_or((record.account.tag(), &[]));
    let changed = record.account.changed.get(TAG).map(|changed| (changed.by.as_str(), changed.at));
    let shown = match part.as_str() {
        ADMINISTRATIVE => {
            let may_change = visit.may(Right::ChangeTag);
            Shown::Administrative(TagForm { token: visit.token(), value, errors, may_change, changed })
        }
        CONTACTS => Shown::Contacts(&record.contacts),
        _ if every => Shown::Everything(tables.iter().map(Cells::shown).collect()),
        _ => match tables.first() {
            Some(table) => Shown::Section(table.shown()),
            None if empty.tag.is_empty() => return Err(Error::NotFound),
            None => Shown::Section(empty),
        },
    };
    let name = record.columns.get(columns::NAME);
    let title = if name.is_empty() { locale.fill("computer.nameless", &[("id", &id)]) } else { name.to_owned() };
    let sections = counts(&record.sections);
    let model = model(record.columns.get(columns::SMANUFACTURER), record.columns.get(columns::SMODEL));
    let banner = banner(&record, &model, private);
    let page = ComputerPage { id, banner, care: &[], sections: &sections, shown };
    let body = computer::body(locale, &page);
    let status = if errors.is_empty() { 200 } else { 422 };
    let mut response = asked.page(&title, &computer::trail(locale), &messages(asked, &record), body)?;
    *response.status_mut() = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}

fn id(asked: &Asked) -> Result<ComputerId, Error> {
    let text = asked.request.match_info().query("id");
    // A number has one spelling: no sign, no zeros in front.
    let id = text.parse().ok().filter(|id: &u32| id.to_string() == text).map(ComputerId).ok_or(Error::NotFound)?;
    let (index, sight) = (asked.visit.console.app.fleet.look(), asked.visit.sight());
    // What a limited account does not see is not there for it.
    if index.contains(id) && !index.sees(&sight, id) { Err(Error::NotFound) } else { Ok(id) }
}

/// The part that the address names, in lower case; empty for none.
fn part(asked: &Asked) -> Result<String, Error> {
    if asked.request.match_pattern().as_deref() == Some(ACCOUNT) {
        return Ok(ADMINISTRATIVE.to_owned());
    }
    if asked.request.match_info().get("part").is_none() {
        return Ok(String::new());
    }
    let (_, part): (u32, String) = asked.request.match_info().load().map_err(|_| Error::NotFound)?;
    Ok(part.to_lowercase())
}

/// The section that the address names; without a name the first that has rows.
fn one<'a>(record: &'a Record, part: &str) -> Option<&'a crate::inventory::rows::SectionRows> {
    let mut all = record.sections.iter().filter(|section| !section.rows.is_empty());
    if part.is_empty() {
        // The general values are on the card above.
        return all.clone().find(|section| section.key.tag() != "HARDWARE").or_else(|| all.next());
    }
    all.find(|section| section.key.tag().to_lowercase() == part)
}

/// The tag of a declared section; the first one when none is named.
fn known(part: &str) -> &'static str {
    let named = |tag: &str| tag.eq_ignore_ascii_case(part) || part.is_empty() && tag == "BIOS";
    SECTIONS.iter().map(|section| section.tag).find(|tag| named(tag)).unwrap_or_default()
}

/// The maker in front, unless the model begins with it anyway: `HP ProDesk 400`, `Dell Inc. OptiPlex 3050`.
fn model(maker: &str, model: &str) -> String {
    let (maker, model) = (maker.trim(), model.trim());
    let names_maker = model.to_lowercase().starts_with(&maker.to_lowercase());
    if names_maker { model.to_owned() } else { format!("{maker} {model}").trim().to_owned() }
}

fn banner<'a>(record: &'a Record, model: &'a str, private: bool) -> Banner<'a> {
    let text = |column| record.columns.get(column);
    let number = |column| text(column).trim().parse::<i64>().ok().filter(|number| *number > 0);
    let hardware = record.sections.iter().find(|section| section.key.tag() == "HARDWARE");
    let sent =
        |field| hardware.and_then(|section| section.rows.first()?.value(&section.key, field)).unwrap_or_default();
    Banner {
        tag: record.account.tag(),
        user: text(columns::USERID),
        user_domain: text(columns::USERDOMAIN),
        model,
        serial: text(columns::SSN),
        system: text(columns::OSNAME),
        system_version: text(columns::OSVERSION),
        service_pack: text(columns::OSCOMMENTS),
        architecture: text(columns::ARCH),
        description: text(columns::DESCRIPTION),
        company: text(columns::WINCOMPANY),
        owner: text(columns::WINOWNER),
        product_id: text(columns::WINPRODID),
        product_key: if private { text(columns::WINPRODKEY) } else { "" },
        memory: number(columns::MEMORY),
        swap: number(columns::SWAP),
        processor: text(columns::PROCESSORT),
        uuid: text(columns::UUID),
        virtual_machine: sent("VMSYSTEM"),
        workgroup: text(columns::WORKGROUP),
        address: text(columns::IPADDR),
        agent: record.seen.as_ref().map_or(text(columns::USERAGENT), |seen| &seen.agent),
        device_id: record.computer.as_ref().map_or("", |computer| &computer.device),
        last_inventory: record.computer.as_ref().map(|computer| computer.last_date).filter(|at| at.0 > 0),
        last_contact: record.seen.as_ref().map(|seen| seen.last_contact).filter(|at| at.0 > 0),
    }
}

fn messages(asked: &Asked, record: &Record) -> Vec<Message> {
    let locale = &asked.visit.locale;
    let mut messages = Vec::new();
    if record.damaged {
        let text = locale.text("computer.damaged").to_owned();
        messages.push(Message { tone: Tone::Error, text, action: None });
    }
    if let Ok(former) = asked.query.get("merged").parse() {
        messages.push(computer::merged_notice(locale, ComputerId(former)));
    }
    if asked.query.get("saved") == "1" {
        let text = locale.text("computer.tag-saved").to_owned();
        messages.push(Message { tone: Tone::Success, text, action: None });
    }
    messages
}

async fn change_tag(asked: Asked) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, id(&asked)?);
    let tag = asked.form.get("tag").trim().to_owned();
    let wrong = if tag.chars().count() > LONGEST_TAG {
        Some(visit.locale.fill("computer.tag-error-long", &[("n", &LONGEST_TAG)]))
    } else if tag.chars().any(char::is_control) {
        Some(visit.locale.text("computer.tag-error-line").to_owned())
    } else {
        None
    };
    if let Some(text) = wrong {
        return page(&asked, Some((&tag, &[FieldError { field: "tag", text }]))).await;
    }
    // An inventory that is being stored has read the TAG already and would enter the old one into the index.
    let device = asked.read(move |app, read| match computers::computer(read, id, &app.dictionaries) {
        Err(store::Error::Damaged { .. }) => Ok(Some(None)),
        other => Ok(other?.map(|computer| Some(computer.device.to_ascii_lowercase()))),
    });
    let held = match device.await?.ok_or(Error::NotFound)? {
        Some(folded) => Some(visit.console.agents.hold(&folded).await.ok_or(Error::Busy)?),
        None => None,
    };
    let account = visit.session.as_ref().ok_or(Error::LogIn)?.account.to_string();
    let entry = visit.entry(Action::ValuesChanged, id.to_string());
    let (app, now) = (visit.console.app.clone(), visit.locale.now);
    let work = move || {
        let fleet = app.fleet.clone();
        let after_tag = tag.clone();
        let run = move |w: &mut Txn<'_>| -> Result<bool, store::Error> {
            if is_gone(w, id)? {
                return Ok(false);
            }
            let mut row = match accountinfo::store::account(w, id) {
                Err(store::Error::Damaged { .. }) => accountinfo::Account::default(),
                other => other?.unwrap_or_default(),
            };
            let before = row.tag().to_owned();
            if before != tag {
                row.values.insert(TAG.to_owned(), tag.clone());
                row.changed.insert(TAG.to_owned(), Changed { by: account, at: now });
                accountinfo::store::keep(w, id, &row)?;
                let mut entry = entry;
                entry.changes.push(Change { what: TAG.to_owned(), before, after: tag });
                audit::append(w, entry)?;
            }
            Ok(true)
        };
        let after = move |stored: &bool| {
            if *stored {
                fleet.change(|index| index.set_tag(id, &after_tag));
            }
        };
        let stored = app.store.queue(run, after).and_then(|pending| pending.wait());
        drop(held);
        stored
    };
    if !web::block(work).await?? {
        return Err(Error::NotFound);
    }
    Ok(visit::see_other(&format!("{}?saved=1", computer::part(id, ADMINISTRATIVE))))
}

/// Whether there is no such computer any more; a damaged one is there.
fn is_gone(read: &impl store::Read, id: ComputerId) -> Result<bool, store::Error> {
    match read.get(&computers::HOT, id) {
        Err(store::Error::Damaged { .. }) => Ok(history::fate(read, id)?.is_some()),
        other => Ok(other?.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::model;

    #[test]
    fn con_pc_1_the_maker_is_named_once() {
        assert_eq!(model("HP", "HP ProDesk 400 G7"), "HP ProDesk 400 G7");
        assert_eq!(model("Hewlett-Packard", "HP Compaq 6200"), "Hewlett-Packard HP Compaq 6200");
        assert_eq!(model("Dell Inc.", "OptiPlex 3050 "), "Dell Inc. OptiPlex 3050");
        assert_eq!(
            (model("", "Surface"), model("LENOVO", ""), model("", "")),
            ("Surface".into(), "LENOVO".into(), String::new())
        );
    }
}
