//! One computer: its sections, administrative data, notes, own options and contacts (CON-PC-1 to 6, 9, 11).

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;

use super::beside::{self, Beside};
use super::card::{banner, care, model};
use super::groups::shows;
use super::packages_of::{self, PackagesOf};
use super::record::{self, Found, Record};
use super::sections::{Cells, counts, table, with_processors};
use super::{Access, Asked, Error, Page, Route, customization, notes, one as deeds, values};
use crate::accountinfo::notes::{self as kept_notes, Note};
use crate::console::pages::COMPUTERS;
use crate::console::pages::blacklists;
use crate::console::pages::computer::{
    self, ADMINISTRATIVE, AdministrativeForm, CONTACTS, CUSTOMIZATION, ComputerPage, CustomizationForm, Deeds,
    EVERYTHING, Found as Searched, NOTES, PACKAGES, Shown,
};
use crate::console::pages::groups::address;
use crate::console::pages::who::WHO;
use crate::console::view::Action as Link;
use crate::console::view::form::FieldError;
use crate::console::view::message::{Message, Tone};
use crate::console::visit;
use crate::duplicates::junk::List;
use crate::groups::Group;
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
const ASK: &str = "/ocsreports/computers/{id}/request";
const ARCHIVE: &str = "/ocsreports/computers/{id}/archive";
const RESTORE: &str = "/ocsreports/computers/{id}/restore";
const DELETE: &str = "/ocsreports/computers/{id}/delete";
const XML: &str = "/ocsreports/computers/{id}/inventory.xml";
const READ: Access = Access::Right(Right::Read);
const ARCHIVES: Access = Access::Right(Right::Archive);
const CHANGE: Access = Access::Right(Right::ChangeValues);
/// The part whose rows can be searched.
const SOFTWARES: &str = "softwares";
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
        Route::post(ASK, CHANGE, |asked| Box::pin(deeds::ask(asked))),
        Route::post(ARCHIVE, ARCHIVES, |asked| Box::pin(deeds::archive(asked, true))),
        Route::post(RESTORE, ARCHIVES, |asked| Box::pin(deeds::archive(asked, false))),
        Route::post(DELETE, Access::Right(Right::Delete), |asked| Box::pin(deeds::delete(asked))),
        Route::get(XML, Access::Right(Right::Export), |asked| Box::pin(deeds::export(asked))),
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

/// Everything that a page is made from.
struct Looked {
    record: Record,
    added: Added,
    beside: Beside,
}

/// Reads a computer; the address that it has now for one that was merged.
async fn look(asked: &Asked, id: ComputerId, part: &str) -> Result<Result<Box<Looked>, String>, Error> {
    let (sight, part) = (asked.visit.sight(), part.to_owned());
    let read = asked.read(move |app, read| {
        let mut record = match record::load(app, read, id)? {
            Found::Here(record) => *record,
            Found::Merged(into) => return Ok(Some(Err(format!("{COMPUTERS}/{into}?merged={id}")))),
            Found::Nothing => return Ok(None),
        };
        with_processors(&mut record.sections, &record.columns);
        let beside = beside::of(app, &sight, id, &record, &part);
        Ok(Some(Ok(Box::new(Looked { record, added: added(read, id)?, beside }))))
    });
    read.await?.ok_or(Error::NotFound)
}

/// The page; after a form that was not taken with what was typed in it, and what is wrong.
pub(super) async fn page(asked: &Asked, errors: &[FieldError]) -> Result<HttpResponse, Error> {
    let (visit, id) = (&asked.visit, id(asked)?);
    let locale = &visit.locale;
    let part = part(asked)?;
    let looked = match look(asked, id, &part).await? {
        Ok(looked) => looked,
        Err(address) => return Ok(visit::redirect(&address)),
    };
    let Looked { record, added, beside } = &*looked;
    let private = visit.may(Right::Private);
    let may_change = visit.may(Right::ChangeValues);
    let rows = if part == ADMINISTRATIVE { values::rows(asked, &record.account) } else { Vec::new() };
    let own = if part == CUSTOMIZATION { customization::rows(asked, id, &added.own) } else { Vec::new() };
    let packages;
    let remarks = notes::list(asked, &added.notes);
    let sections = counts(&record.sections);
    let chosen: Vec<&str> = asked.query.all("s").collect();
    let tables = tables(asked, &looked, &part, &chosen, private);
    let empty = computer::SectionRows { tag: known(&part), fields: &[], rows: &[], total: "" };
    let mut searched = None;
    let shown = match part.as_str() {
        ADMINISTRATIVE => {
            Shown::Administrative(AdministrativeForm { token: visit.token(), rows: &rows, errors, may_change })
        }
        NOTES => Shown::Notes(notes::page(asked, &remarks, errors)),
        CUSTOMIZATION => {
            Shown::Customization(CustomizationForm { token: visit.token(), rows: &own, errors, may_change })
        }
        PACKAGES => {
            packages = PackagesOf::look(asked, id, record);
            Shown::Packages(packages.page(asked))
        }
        CONTACTS => {
            packages = PackagesOf::look(asked, id, record);
            Shown::Contacts(packages.contacts(record))
        }
        EVERYTHING => Shown::Everything { tables: tables.iter().map(Cells::shown).collect(), chosen: &chosen },
        _ => match tables.first() {
            Some(table) => {
                let whole = one(record, &part).map_or(0, |section| section.rows.len());
                searched =
                    (part == SOFTWARES).then(|| Searched { part: asked.query.get("q"), found: table.len(), whole });
                Shown::Section(table.shown())
            }
            None if empty.tag.is_empty() => return Err(Error::NotFound),
            None => Shown::Section(empty),
        },
    };
    let name = record.columns.get(columns::NAME);
    let title = if name.is_empty() { locale.fill("computer.nameless", &[("id", &id)]) } else { name.to_owned() };
    let model = model(record.columns.get(columns::SMANUFACTURER), record.columns.get(columns::SMODEL));
    let junk = if visit.may(Right::Definitions) { junk(asked, record, &part) } else { Vec::new() };
    let page = ComputerPage {
        id,
        banner: banner(record, &model, beside, private),
        groups: &groups_of(asked, id),
        care: &care(locale, id, record, visit.may(Right::AgentKit).then(|| WHO.to_owned())),
        sections: &sections,
        notes: counted(added.notes.len()),
        customized: counted(added.own.len()),
        packages: counted(packages_of::count(asked, id)),
        junk: &junk,
        deeds: Deeds {
            token: visit.token(),
            may_ask: may_change,
            asked: record.requested.is_some(),
            may_archive: visit.may(Right::Archive),
            archived: record.archived.is_some(),
            may_delete: visit.may(Right::Delete),
            may_export: visit.may(Right::Export),
        },
        searched,
        shown,
    };
    let body = computer::body(locale, &page);
    let status = if errors.is_empty() { 200 } else { 422 };
    let mut response = asked.page(&title, &computer::trail(locale), &messages(asked, record), body)?;
    *response.status_mut() = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}

/// The groups of a computer that the reader is shown.
fn groups_of(asked: &Asked, id: ComputerId) -> Vec<Link> {
    let known = asked.visit.console.app.groups.look();
    let groups = known.of(id).iter().filter_map(|group| known.group(*group));
    let link = |group: &Arc<Group>| Link { href: address(group.id), label: group.name.clone() };
    groups.filter(|group| shows(&asked.visit, group)).map(link).collect()
}

/// The sections that are shown: none, one, or all that were chosen.
fn tables<'a>(asked: &Asked, looked: &'a Looked, part: &str, chosen: &[&str], private: bool) -> Vec<Cells<'a>> {
    let (locale, Looked { record, beside, .. }) = (&asked.visit.locale, looked);
    let is_chosen = |tag: &str| chosen.is_empty() || chosen.iter().any(|one| one.eq_ignore_ascii_case(tag));
    match part {
        ADMINISTRATIVE | NOTES | CUSTOMIZATION | PACKAGES | CONTACTS => Vec::new(),
        EVERYTHING => {
            let all = record.sections.iter().filter(|section| is_chosen(section.key.tag()));
            all.map(|section| table(locale, section, true, private, beside)).collect()
        }
        tag => {
            let table = one(record, tag).map(|section| table(locale, section, false, private, beside));
            let part = if tag == SOFTWARES { asked.query.get("q") } else { "" };
            table.map(|table| table.holding(part)).into_iter().collect()
        }
    }
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
    messages.extend(asked.said(&[
        "notes.done-added",
        "notes.done-edited",
        "notes.done-deleted",
        "custom.done-saved",
        "computer.done-requested",
        "computer.done-unrequested",
        "computer.done-archived",
        "computer.done-restored",
    ]));
    messages.extend(packages_of::said(asked));
    messages
}

/// Whether there is no such computer any more; a damaged one is there.
pub(super) fn is_gone(read: &impl store::Read, id: ComputerId) -> Result<bool, store::Error> {
    match read.get(&computers::HOT, id) {
        Err(store::Error::Damaged { .. }) => Ok(history::fate(read, id)?.is_some()),
        other => Ok(other?.is_none()),
    }
}
