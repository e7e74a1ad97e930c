//! The software of a computer: the original's rows with their names, and ours as the original would take them.

use std::collections::BTreeMap;

use rollcall::inventory::convert::software::{Identity, InstallDate};
use rollcall::inventory::rows::{Row, SectionKey, SectionRows};
use rollcall::inventory::sections::{self, Field, Section};

use super::compare::differ;
use super::memory::{Sent, shown};
use super::original::{NULL, Original, wrapped};
use super::report::Report;

/// A column of `software` that the server compared with does not know; its default is NULL.
pub const UNWRITTEN: &str = "ARCHITECTURE";

/// Fields of a row besides what names it.
fn fields() -> Vec<&'static Field> {
    let section = sections::section("SOFTWARES").expect("declared");
    // The last one is of the console's schema; communication server 2.8.1 never writes it.
    let names = |field: &&Field| ["NAME", "PUBLISHER", "VERSION", UNWRITTEN].contains(&field.name);
    section.fields.iter().filter(|field| field.sql && !names(field)).collect()
}

/// Their rows by computer: name, publisher, version, then [`fields`].
pub fn theirs(original: &Original) -> BTreeMap<u64, Vec<Vec<String>>> {
    let columns: Vec<String> = fields().iter().map(|field| wrapped(&format!("s.`{}`", field.name))).collect();
    let sql = format!(
        "SELECT CONCAT('=', s.HARDWARE_ID), {}, {}, {}, {} FROM software s LEFT JOIN software_name n ON n.ID = s.NAME_ID \
         LEFT JOIN software_publisher p ON p.ID = s.PUBLISHER_ID LEFT JOIN software_version v ON v.ID = s.VERSION_ID;",
        wrapped("n.NAME"),
        wrapped("p.PUBLISHER"),
        wrapped("v.VERSION"),
        columns.join(", ")
    );
    let mut found: BTreeMap<u64, Vec<Vec<String>>> = BTreeMap::new();
    for mut row in original.query(&sql) {
        let id = row.remove(0).parse().expect("a number");
        found.entry(id).or_default().push(row);
    }
    found
}

/// Compares the software of one computer. Both hold equal software as often as it was sent, ours in no order: of
/// several rows of one program, each has to be among the others.
pub fn compare(device: &str, theirs: &[Vec<String>], sections: &[SectionRows], sent: &Sent, report: &mut Report) {
    let section = sections::section("SOFTWARES").expect("declared");
    let ours = sections.iter().find(|rows| matches!(rows.key, SectionKey::Known(known) if known.id == section.id));
    let none: (SectionKey, Vec<Row>) = (SectionKey::Known(section), Vec::new());
    let (key, rows) = ours.map_or((&none.0, &none.1), |rows| (&rows.key, &rows.rows));
    if theirs.is_empty() && rows.is_empty() {
        return;
    }
    report.sections += 1;
    report.rows += theirs.len().max(rows.len()) as u64;
    let mut ours: BTreeMap<Identity, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let name = ["NAME", "PUBLISHER", "VERSION"].map(|field| row.value(key, field).map(narrow));
        if let Some(identity) = Identity::of(name[0].as_deref(), name[1].as_deref(), name[2].as_deref()) {
            ours.entry(identity).or_default().push(row);
        }
    }
    let mut by_name: BTreeMap<Identity, Vec<&Vec<String>>> = BTreeMap::new();
    for row in theirs {
        for (field, value) in
            ["NAME", "PUBLISHER", "VERSION"].into_iter().zip(row).filter(|(_, text)| text.trim() != **text)
        {
            differ(report, sent, device, "software", field, value, value.trim());
        }
        if let Some(identity) = Identity::of(Some(row[0].trim()), Some(row[1].trim()), Some(row[2].trim())) {
            by_name.entry(identity).or_default().push(row);
        }
    }
    report.fields += 1;
    if by_name.keys().ne(ours.keys()) {
        let extra: Vec<_> = by_name.keys().filter(|one| !ours.contains_key(*one)).take(3).collect();
        let missing: Vec<_> = ours.keys().filter(|one| !by_name.contains_key(*one)).take(3).collect();
        let (their, our) = (format!("{} with {extra:?}", theirs.len()), format!("{} with {missing:?}", rows.len()));
        differ(report, sent, device, "software", "rows", &their, &our);
    }
    for (identity, theirs) in by_name {
        let Some(ours) = ours.get(&identity) else { continue };
        if theirs.len() != ours.len() {
            differ(report, sent, device, "software", "equal rows", &theirs.len().to_string(), &ours.len().to_string());
        }
        let ours: Vec<Vec<String>> =
            ours.iter().map(|row| fields().iter().map(|field| value(section, key, field, row)).collect()).collect();
        let theirs: Vec<Vec<String>> =
            theirs.iter().map(|row| row[3..].iter().map(|text| dated(text)).collect()).collect();
        report.fields += (theirs.len().max(ours.len()) * fields().len()) as u64;
        let lost = ours.iter().find(|row| !theirs.contains(*row));
        for row in theirs.iter().filter(|row| !ours.contains(*row)) {
            let other = lost.unwrap_or(&ours[0]);
            for ((field, theirs), ours) in fields().iter().zip(row).zip(other).filter(|((_, one), other)| one != other)
            {
                differ(report, sent, device, "software", field.name, theirs, ours);
            }
        }
        if let Some(row) = lost.filter(|_| theirs.iter().all(|row| ours.contains(row))) {
            differ(report, sent, device, "software", "row", &format!("{:?}", theirs[0]), &format!("{row:?}"));
        }
    }
}

/// No date, and a date that is none.
const UNKNOWN: &str = "unknown";

fn dated(text: &str) -> String {
    if text == NULL || text == "0000-00-00 00:00:00" { UNKNOWN.to_owned() } else { text.to_owned() }
}

/// The original's database has no characters beyond 16 bits: their bytes become question marks.
pub fn narrow(text: &str) -> String {
    text.chars().map(|c| if c as u32 > 0xffff { "????".to_owned() } else { c.to_string() }).collect()
}

/// What a cell means: as the original's column holds it. A date that the original cannot read may be known to us.
fn value(section: &Section, key: &SectionKey, field: &Field, row: &Row) -> String {
    let sent = row.value(key, field.name);
    let stored = dated(&shown(section, field, sent));
    if field.name != "INSTALLDATE" {
        return stored;
    }
    let read = InstallDate::read(sent.unwrap_or_default(), rollcall::inventory::Family::Other);
    match read {
        InstallDate::Known(day) if !stored.starts_with(&day.to_string()) => format!("{day}, read"),
        _ => stored,
    }
}
