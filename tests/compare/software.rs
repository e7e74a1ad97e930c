//! The software of a computer: the original's rows with their names, and ours as the original would take them.

use std::collections::BTreeMap;

use rollcall::inventory::convert::date;
use rollcall::inventory::convert::software::{Identity, InstallDate};
use rollcall::inventory::rows::{Row, SectionKey, SectionRows};
use rollcall::inventory::sections::{self, Field, Section};

use super::compare::differ;
use super::memory::{Sent, shown};
use super::original::{Original, wrapped};
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

/// Compares the software of one computer.
pub fn compare(device: &str, theirs: &[Vec<String>], sections: &[SectionRows], sent: &Sent, report: &mut Report) {
    let section = sections::section("SOFTWARES").expect("declared");
    let ours = sections.iter().find(|rows| matches!(rows.key, SectionKey::Known(known) if known.id == section.id));
    let none: (SectionKey, Vec<Row>) = (SectionKey::Known(section), Vec::new());
    let (key, rows) = ours.map_or((&none.0, &none.1), |rows| (&rows.key, &rows.rows));
    if theirs.is_empty() && rows.is_empty() {
        return;
    }
    report.sections += 1;
    let named = |row: &Row| Identity::of(row.value(key, "NAME"), row.value(key, "PUBLISHER"), row.value(key, "VERSION"));
    let mut ours: BTreeMap<Identity, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if let Some(identity) = named(row) {
            ours.entry(identity).or_default().push(row);
        }
    }
    let identity = |row: &Vec<String>| Identity::of(Some(&row[0]), Some(&row[1]), Some(&row[2]));
    let by_name: BTreeMap<Identity, &Vec<String>> =
        theirs.iter().filter_map(|row| Some((identity(row)?, row))).collect();
    report.rows += theirs.len().max(ours.len()) as u64;
    report.fields += 1;
    if by_name.len() != theirs.len() || by_name.keys().ne(ours.keys()) {
        let extra: Vec<_> = by_name.keys().filter(|one| !ours.contains_key(*one)).take(3).collect();
        let missing: Vec<_> = ours.keys().filter(|one| !by_name.contains_key(*one)).take(3).collect();
        let (their, our) = (format!("{} with {extra:?}", theirs.len()), format!("{} with {missing:?}", ours.len()));
        differ(report, sent, device, "software", "rows", &their, &our);
    }
    for (identity, row) in by_name {
        let Some(candidates) = ours.get(&identity) else { continue };
        for (field, theirs) in fields().into_iter().zip(&row[3..]) {
            report.fields += 1;
            // Of several spellings of one program the original holds one; our list has no order.
            let values: Vec<String> = candidates.iter().map(|row| value(section, key, field, row)).collect();
            if values.contains(theirs) {
                continue;
            }
            let readable = candidates.iter().any(|row| {
                InstallDate::is_taken_by_the_original(row.value(key, field.name).unwrap_or_default())
            });
            let theirs = if field.name == "INSTALLDATE" && !readable && is_recent(theirs) {
                "today".to_owned()
            } else if sent.software_was(&identity, field.name, theirs) {
                format!("before: {theirs}")
            } else {
                theirs.clone()
            };
            differ(report, sent, device, "software", field.name, &theirs, &values[0]);
        }
    }
}

/// What a cell means to the original; a date that it cannot read is unknown.
fn value(section: &Section, key: &SectionKey, field: &Field, row: &Row) -> String {
    let sent = row.value(key, field.name);
    let text = sent.unwrap_or_default();
    if field.name != "INSTALLDATE" || InstallDate::is_taken_by_the_original(text) {
        return shown(section, field, sent);
    }
    match InstallDate::read(text, rollcall::inventory::Family::Other) {
        InstallDate::Known(day) => format!("{day} 00:00:00"),
        InstallDate::Unknown => date::Moment::default().to_string(),
    }
}

/// A day of this run.
fn is_recent(date: &str) -> bool {
    let now = super::now();
    let days = [0, 86_400].map(|before| super::life::moment(now - before));
    days.iter().any(|day| date.get(..10).is_some_and(|date| day.starts_with(date)))
}
