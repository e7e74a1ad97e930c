//! The columns of lists after an inventory: effective values out of what was sent and what was known.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Offer, source_address};
use crate::clock::Timestamp;
use crate::inventory::columns::{self, COLUMNS, ColumnId, ColumnKind, Columns};
use crate::inventory::convert::{
    self,
    date::{Day, Moment},
};
use crate::inventory::mapping::{self, SectionRows};
use crate::inventory::{Computer, Family};
use crate::protocol::Element;

/// The columns. HARDWARE is taken anew by each inventory that has it; of other sections, those that were parsed.
pub(super) fn of(offer: &Offer<'_>, family: Family, before: Option<&Computer>) -> Columns {
    let mut columns = before.map(|before| before.columns.clone()).unwrap_or_default();
    let sections = rows(offer);
    let effective = mapping::effective(family, &sections);
    let has_hardware = sections.iter().any(|section| section.tag == "HARDWARE");
    for (at, column) in COLUMNS.iter().enumerate() {
        let id = ColumnId(at as u8);
        let Some((tag, field)) = column.source else { continue };
        if tag == "HARDWARE" {
            if has_hardware && id != columns::IPADDR && id != columns::USERID {
                hardware(&mut columns, id, field, &sections, offer, family);
            }
        } else if offer.parsed.stable {
            other(&mut columns, id, column.kind, tag, field, &sections);
        }
    }
    let derived: [(ColumnId, &Option<std::borrow::Cow<'_, str>>); 7] = [
        (columns::OSNAME, &effective.osname),
        (columns::OSVERSION, &effective.osversion),
        (columns::OSCOMMENTS, &effective.oscomments),
        (columns::ARCH, &effective.arch),
        (columns::PROCESSORT, &effective.processort),
        (columns::PROCESSORS, &effective.processors),
        (columns::PROCESSORN, &effective.processorn),
    ];
    for (column, value) in derived {
        if let Some(value) = value {
            columns.set(column, value.as_ref());
        }
    }
    if has_hardware {
        let stored = columns.get(columns::USERID).to_owned();
        let sent = effective.userid.as_deref();
        let as_before = sent.is_none() && !family.is_ocs() && !offer.parsed.stable;
        if !as_before {
            columns.set(columns::USERID, convert::user(sent, Some(&stored)).unwrap_or_default());
        }
    }
    address(&mut columns, offer, &sections, effective.ipaddr.as_deref());
    columns.set(columns::IPSRC, source_address(offer.caller.address));
    columns
}

/// A field of HARDWARE. An OCS agent that stops sending it blanks it; of other agents, whose values may come
/// from sections that were not parsed because they did not change, the former value stays.
fn hardware(
    columns: &mut Columns,
    id: ColumnId,
    field: &str,
    sections: &[SectionRows<'_>],
    offer: &Offer<'_>,
    family: Family,
) {
    let sent = sections.iter().filter(|section| section.tag == "HARDWARE").flat_map(|section| &section.rows);
    let value = sent.flatten().rev_last(field);
    match value {
        Some(value) => columns.set(id, value),
        None if family.is_ocs() || offer.parsed.stable => columns.set(id, ""),
        None => {}
    }
}

trait LastValue<'a> {
    fn rev_last(self, field: &str) -> Option<&'a str>;
}

impl<'a, 'b: 'a, I: Iterator<Item = &'a (&'b str, &'b str)>> LastValue<'b> for I {
    fn rev_last(self, field: &str) -> Option<&'b str> {
        self.filter(|(name, _)| *name == field).map(|(_, value)| *value).last()
    }
}

/// A field of another section: its first value, or all of them. A section that was not sent leaves its columns.
fn other(columns: &mut Columns, id: ColumnId, kind: ColumnKind, tag: &str, field: &str, sections: &[SectionRows<'_>]) {
    let Some(section) = sections.iter().find(|section| section.tag == tag) else { return };
    let values = section.rows.iter().flatten().filter(|(name, _)| *name == field).map(|(_, value)| value.trim());
    if kind == ColumnKind::Several {
        let mut several: Vec<&str> = Vec::new();
        for value in values {
            if !several.contains(&value) && !value.is_empty() {
                several.push(value);
            }
        }
        columns.set(id, several.join("\n"));
    } else {
        columns.set(id, values.into_iter().next().unwrap_or_default());
    }
}

fn address(columns: &mut Columns, offer: &Offer<'_>, sections: &[SectionRows<'_>], sent: Option<&str>) {
    let stored = columns.get(columns::IPADDR).to_owned();
    let addresses = columns.get(columns::IPADDRESS).to_owned();
    // When NETWORKS was not parsed, it is as stored: its addresses are a column.
    let kept =
        SectionRows { tag: "NETWORKS", rows: addresses.lines().map(|address| vec![("IPADDRESS", address)]).collect() };
    let networks = sections.iter().find(|section| section.tag == "NETWORKS");
    let networks = networks.or_else(|| (!offer.parsed.stable && !kept.rows.is_empty()).then_some(&kept));
    let peer = if offer.source.is_some() { None } else { offer.caller.address };
    let address = mapping::ip_address(
        peer,
        networks,
        sent,
        Some(&stored).filter(|stored| !stored.is_empty()).map(String::as_str),
    );
    columns.set(columns::IPADDR, address.unwrap_or_default().into_owned());
}

/// The parsed sections as the rules of meaning read them; several elements of one name are rows of one section.
fn rows<'a>(offer: &'a Offer<'_>) -> Vec<SectionRows<'a>> {
    let mut found: Vec<SectionRows<'a>> = Vec::new();
    for element in &offer.message.content {
        // The rules look at some sections only; software is by far the largest, and none of theirs.
        if element.tag == "SOFTWARES" {
            continue;
        }
        let tag = mapping::section_name(element.tag.as_ref());
        match found.iter_mut().rev().find(|section| section.tag == tag) {
            Some(section) => section.rows.push(cells(element)),
            None => found.push(SectionRows { tag, rows: vec![cells(element)] }),
        }
    }
    found
}

fn cells<'a>(element: &'a Element<'_>) -> Vec<(&'a str, &'a str)> {
    element.cells.iter().map(|cell| (cell.name.as_ref(), cell.value.as_ref())).collect()
}

/// When the inventory was made. Server time, unless it is a file (its own date, else the file's) or the
/// agent names a day of the last month. Dates of agents are local ones: the office's.
pub(super) fn last_date(offer: &Offer<'_>, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let sent = offer.message.sections("HARDWARE").last().and_then(|hardware| hardware.value("LASTDATE"));
    let today = Day::from_number(i32::try_from(now.0.div_euclid(Timestamp::DAY)).unwrap_or(0)).unwrap_or(Day::ZERO);
    let read = |text, imported| convert::last_date(text, today, imported).and_then(|moment| instant(moment, zone));
    let made = match offer.source {
        None => read(sent, false),
        Some(source) => {
            let logged = offer.message.sections("ACCESSLOG").last().and_then(|log| log.value("LOGDATE"));
            read(sent, true).or_else(|| read(logged, true)).or(source.made)
        }
    };
    // What is dated in the future counts as made now.
    made.unwrap_or(now).min(now)
}

fn instant(moment: Moment, zone: &TimeZone) -> Option<Timestamp> {
    let small = |number: u8| i8::try_from(number).ok();
    let (year, month, day) = (i16::try_from(moment.day.year).ok()?, small(moment.day.month)?, small(moment.day.day)?);
    let (hour, minute, second) = (small(moment.hour)?, small(moment.minute)?, small(moment.second)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(Timestamp(zone.to_timestamp(civil).ok()?.as_second()))
}
