//! One computer: its sections, administrative data, notes, own options and contacts (CON-PC-1 to 6, 9, 11).

use std::collections::BTreeMap;

use actix_web::HttpResponse;

use super::record::{self, Found, Record};
use super::sections::{Cells, cells, counts};
use super::{Access, Asked, Error, Page, Route, customization, notes, values};
use crate::accountinfo::notes::{self as kept_notes, Note};
use crate::console::pages::COMPUTERS;
use crate::console::pages::blacklists;
use crate::console::pages::computer::{
    self, ADMINISTRATIVE, AdministrativeForm, Banner, CONTACTS, CUSTOMIZATION, ComputerPage, CustomizationForm,
    EVERYTHING, NOTES, Shown,
};
use crate::console::view::Action as Link;
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::duplicates::junk::List;
use crate::history::store as history;
use crate::id::ComputerId;
use crate::inventory::columns;
use crate::inventory::sections::SECTIONS;
use crate::inventory::store as computers;
use crate::options::store::{self as options, StoredValue};
use crate::store;
use crate::users::Right;

const ONE: &str = "/ocsreports/computers/{id}";
const PART: &str = "/ocsreports/computers/{id}/{part}";
const ACCOUNT: &str = "/ocsreports/computers/{id}/administrative";
const REMARKS: &str = "/ocsreports/computers/{id}/notes";
const REMARK_GONE: &str = "/ocsreports/computers/{id}/notes/delete";
const OWN: &str = "/ocsreports/computers/{id}/customization";
const READ: Access = Access::Right(Right::Read);
const CHANGE: Access = Access::Right(Right::ChangeValues);
/// Parts that have a route of their own.
const PARTS: [(&str, &str); 3] = [(ACCOUNT, ADMINISTRATIVE), (REMARKS, NOTES), (OWN, CUSTOMIZATION)];

/// The pages of single computers.
pub static PAGE: Page = Page {
    path: COMPUTERS,
    menu: None,
    title: "computers.title",
    access: READ,
    routes: &[
        Route::get(ONE, READ, |asked| Box::pin(show(asked))),
        Route::get(ACCOUNT, READ, |asked| Box::pin(show(asked))),
        Route::post(ACCOUNT, CHANGE, |asked| Box::pin(values::change(asked))),
        Route::get(REMARKS, READ, |asked| Box::pin(show(asked))),
        Route::post(REMARKS, CHANGE, |asked| Box::pin(notes::keep(asked))),
        Route::post(REMARK_GONE, Access::Right(Right::Delete), |asked| Box::pin(notes::delete(asked))),
        Route::get(OWN, READ, |asked| Box::pin(show(asked))),
        Route::post(OWN, CHANGE, |asked| Box::pin(customization::change(asked))),
        Route::get(PART, READ, |asked| Box::pin(show(asked))),
    ],
};

async fn show(asked: Asked) -> Result<HttpResponse, Error> {
    page(&asked, &[]).await
}

/// What people added to a computer.
#[derive(Default)]
struct Added {
    notes: Vec<(u32, Note)>,
    own: BTreeMap<String, StoredValue>,
}

/// A damaged note or option does not take the page away.
fn added(read: &store::Reader, id: ComputerId) -> Result<Added, store::Error> {
    let both = || Ok(Added { notes: kept_notes::of(read, id)?, own: options::own_values(read, id)? });
    match both() {
        Err(error @ store::Error::Damaged { .. }) => {
            tracing::error!("notes or own options of computer {id} cannot be read: {error}");
            Ok(Added::default())
        }
        other => other,
    }
}

/// The page; after a form that was not taken with what was typed in it, and what is wrong.
pub(super) async fn page(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, id(asked)?);
    let locale = &visit.locale;
    let (record, added) = asked.read(move |app, read| Ok((record::load(app, read, id)?, added(read, id)?))).await?;
    let record = match record {
        Found::Here(record) => record,
        Found::Merged(into) => return Ok(visit::redirect(&format!("{COMPUTERS}/{into}?merged={id}"))),
        Found::Nothing => return Err(Error::NotFound),
    };
    let private = visit.may(Right::Private);
    let part = part(asked)?;
    let every = part == EVERYTHING;
    let tables: Vec<Cells> = match part.as_str() {
        ADMINISTRATIVE | NOTES | CUSTOMIZATION | CONTACTS => Vec::new(),
        EVERYTHING => record.sections.iter().map(|section| cells(section, true, private)).collect(),
        tag => one(&record, tag).map(|section| cells(section, false, private)).into_iter().collect(),
    };
    let empty = computer::SectionRows { tag: known(&part), fields: &[], rows: &[] };
    let may_change = visit.may(Right::ChangeValues);
    let rows = if part == ADMINISTRATIVE { values::rows(asked, &record.account) } else { Vec::new() };
    let own = if part == CUSTOMIZATION { customization::rows(asked, id, &added.own) } else { Vec::new() };
    let remarks = notes::list(asked, &added.notes);
    let shown = match part.as_str() {
        ADMINISTRATIVE => {
            Shown::Administrative(AdministrativeForm { token: visit.token(), rows: &rows, errors, may_change })
        }
        NOTES => Shown::Notes(notes::page(asked, &remarks, errors)),
        CUSTOMIZATION => {
            Shown::Customization(CustomizationForm { token: visit.token(), rows: &own, errors, may_change })
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
    let junk = if visit.may(Right::Definitions) { junk(asked, &record, &part) } else { Vec::new() };
    let page = ComputerPage {
        id,
        banner,
        care: &[],
        sections: &sections,
        notes: counted(added.notes.len()),
        customized: counted(added.own.len()),
        junk: &junk,
        shown,
    };
    let body = computer::body(locale, &page);
    let status = if errors.is_empty() { 200 } else { 422 };
    let mut response = asked.page(&title, &computer::trail(locale), &messages(asked, &record), body)?;
    *response.status_mut() = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}

/// A number beside a link; none for nothing.
fn counted(count: usize) -> Option<u64> {
    Some(count as u64).filter(|count| *count > 0)
}

/// The number in the address.
pub(super) fn id(asked: &Asked) -> Result<ComputerId, Error> {
    let text = asked.request.match_info().query("id");
    // A number has one spelling: no sign, no zeros in front.
    let id = text.parse().ok().filter(|id: &u32| id.to_string() == text).map(ComputerId).ok_or(Error::NotFound)?;
    let (index, sight) = (asked.visit.console.app.fleet.look(), asked.visit.sight());
    // What a limited account does not see is not there for it: neither one that cannot be read, nor where one that was
    // merged went.
    if sight.is_everything() || index.sees(&sight, id) { Ok(id) } else { Err(Error::NotFound) }
}

/// The part that the address names, in lower case; empty for none.
fn part(asked: &Asked) -> Result<String, Error> {
    let pattern = asked.request.match_pattern();
    if let Some((_, part)) = PARTS.iter().find(|(path, _)| pattern.as_deref() == Some(path)) {
        return Ok((*part).to_owned());
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

/// The serial number and the MAC addresses that are shown and on no junk list, with the way to put them there.
fn junk(asked: &Asked, record: &Record, part: &str) -> Vec<Link> {
    let locale = &asked.visit.locale;
    let lists = asked.visit.console.app.definitions.junk.now();
    let link = |list: List, key: &str, value: &str| Link {
        href: blacklists::address(list).with("entries", value).to_string(),
        label: locale.fill(key, &[("value", &value)]),
    };
    let text = |column| record.columns.get(column);
    match part {
        "bios" => Some(text(columns::SSN).trim())
            .filter(|serial| !lists.serial(serial))
            .map(|serial| link(List::Serials, "junk.put-serial", serial))
            .into_iter()
            .collect(),
        "networks" => text(columns::MACADDR)
            .lines()
            .map(str::trim)
            .filter(|mac| !lists.mac(mac))
            .map(|mac| link(List::Macs, "junk.put-mac", mac))
            .collect(),
        _ => Vec::new(),
    }
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
    messages.extend(asked.said(&["notes.done-added", "notes.done-edited", "notes.done-deleted", "custom.done-saved"]));
    messages
}

/// Whether there is no such computer any more; a damaged one is there.
pub(super) fn is_gone(read: &impl store::Read, id: ComputerId) -> Result<bool, store::Error> {
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
