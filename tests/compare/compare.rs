//! Computer by computer, section by section, field by field: the original's rows and our records.

use std::collections::{BTreeMap, BTreeSet};

use rollcall::app::App;
use rollcall::id::ComputerId;
use rollcall::inventory::Computer;
use rollcall::inventory::columns::{self, COLUMNS, ColumnId};
use rollcall::inventory::convert::cut;
use rollcall::inventory::rows::{SectionKey, SectionRows};
use rollcall::inventory::sections::{Field, SECTIONS, Section};
use rollcall::inventory::store::{self as computers, Seen};
use rollcall::store::Reader;

use super::allowed::Difference;
use super::memory::{Memory, Sent, shown};
use super::original::{NULL, Original, RowsOf, wrapped};
use super::report::Report;
use super::software;

/// Times may differ by so many seconds: the two servers look at the clock one after the other.
const SECONDS: i64 = 5;
/// QUALITY may differ by this: those seconds, and the digits of the original's column.
const QUALITY: f64 = 0.0005;

/// Both sides at one moment.
pub struct Comparison<'a> {
    pub app: &'a App,
    pub original: &'a Original,
    pub memory: &'a mut Memory,
    pub report: &'a mut Report,
    /// Computers whose only inventory the original refused.
    pub only_ours: &'a BTreeSet<String>,
    /// Computers whose only inventory ours refused.
    pub only_theirs: &'a BTreeSet<String>,
}

/// Their record of a computer: columns of `hardware` by name.
type Hardware = BTreeMap<String, String>;

impl Comparison<'_> {
    /// Compares everything; says which computers both have: our number, theirs, the identifier.
    pub fn run(&mut self) -> Vec<(ComputerId, u64, String)> {
        let theirs = self.hardware();
        let mut ours: BTreeMap<String, (ComputerId, Computer)> = BTreeMap::new();
        let read = |store: &Reader| {
            computers::computers(store, &self.app.dictionaries, &mut |record| {
                let (id, computer) = record.expect("our records");
                ours.insert(computer.device.to_ascii_lowercase(), (id, computer));
                true
            })
        };
        self.app.read(read).expect("our records");
        for device in theirs.keys().filter(|device| ours.contains_key(*device) == self.only_theirs.contains(*device)) {
            self.report.failed("only in the original", &format!("computer {device} is only in the original"));
        }
        for device in ours.keys().filter(|device| theirs.contains_key(*device) == self.only_ours.contains(*device)) {
            self.report.failed("only in ours", &format!("computer {device} is only in ours"));
        }
        let tables = self.section_tables();
        let software = software::theirs(self.original);
        let tags = self.original.rows("accountinfo", &["TAG"], false);
        let mut both = Vec::new();
        for (device, hardware) in &theirs {
            let Some((id, computer)) = ours.get(device) else { continue };
            self.report.computers += 1;
            let number: u64 = hardware["ID"].parse().expect("a number");
            both.push((*id, number, device.clone()));
            let sections = self.app.read(|store| self.app.sections(store, *id)).expect("our sections");
            self.machine(device, hardware, computer, *id, &sections);
            for (section, fields, rows) in &tables {
                self.section(device, section, fields, rows.get(&number), &sections);
            }
            let none = Vec::new();
            let rows = software.get(&number).unwrap_or(&none);
            let Comparison { memory, report, .. } = self;
            software::compare(device, rows, &sections, memory.of(device), report);
            let theirs = tags.get(&number).and_then(|rows| rows.first()).map_or(NULL, |row| &row[0]);
            let ours = self.app.fleet.look().tag(*id).to_owned();
            self.field(device, "accountinfo", "TAG", theirs, &ours);
        }
        self.coverage();
        both
    }

    fn hardware(&self) -> BTreeMap<String, Hardware> {
        let names = self.original.columns("hardware");
        let expressions: Vec<String> = names
            .iter()
            .map(|name| match name.as_str() {
                "LASTDATE" | "LASTCOME" => wrapped(&format!("UNIX_TIMESTAMP({name})")),
                name => wrapped(&format!("`{name}`")),
            })
            .collect();
        let sql = format!("SELECT {} FROM hardware WHERE DEVICEID NOT LIKE '\\_%';", expressions.join(", "));
        let rows = self.original.query(&sql).into_iter();
        let named = rows.map(|row| names.iter().cloned().zip(row).collect::<Hardware>());
        named.map(|row| (row["DEVICEID"].trim().to_ascii_lowercase(), row)).collect()
    }

    /// Every section with a table of its own rows, the fields that are columns of it, and the rows.
    fn section_tables(&self) -> Vec<(&'static Section, Vec<&'static Field>, RowsOf)> {
        let own = |section: &&Section| section.table.is_some_and(|table| !["hardware", "software"].contains(&table));
        let with_rows = SECTIONS.iter().filter(own).map(|section| {
            let table = section.table.expect("filtered");
            let fields: Vec<&Field> = section.fields.iter().filter(|field| field.sql).collect();
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let numbered = self.original.columns(table).iter().any(|column| column == "ID");
            (section, fields, self.original.rows(table, &names, numbered))
        });
        with_rows.collect()
    }

    fn difference(&mut self, device: &str, table: &str, field: &str, theirs: &str, ours: &str) {
        let Comparison { memory, report, .. } = self;
        differ(report, memory.of(device), device, table, field, theirs, ours);
    }

    fn field(&mut self, device: &str, table: &str, field: &str, theirs: &str, ours: &str) {
        self.report.fields += 1;
        if theirs != ours {
            self.difference(device, table, field, theirs, ours);
        }
    }

    /// The row of `hardware`: what was sent, and what the server counts.
    fn machine(
        &mut self,
        device: &str,
        theirs: &Hardware,
        computer: &Computer,
        id: ComputerId,
        sections: &[SectionRows],
    ) {
        self.report.sections += 1;
        self.report.rows += 1;
        let section = rollcall::inventory::sections::section("HARDWARE").expect("declared");
        let sent = sections.iter().find(|rows| rows.key.tag() == "HARDWARE");
        let cell = |name: &str| sent.and_then(|rows| rows.rows.first()?.value(&rows.key, name));
        let counted = ["LASTDATE", "CHECKSUM"];
        for field in section.fields.iter().filter(|field| field.sql && !counted.contains(&field.name)) {
            let column = COLUMNS.iter().position(|column| column.source == Some(("HARDWARE", field.name)));
            let value = match column {
                Some(at) => Some(computer.columns.get(ColumnId(at as u8))),
                None => cell(field.name),
            };
            let ours = shown(section, field, value);
            self.field(device, "hardware", field.name, &theirs[field.name], &ours);
        }
        let seen = self.app.fleet.look().seen(id).expect("our index knows every computer");
        self.counted(device, theirs, computer, &seen);
    }

    fn counted(&mut self, device: &str, theirs: &Hardware, computer: &Computer, seen: &Seen) {
        let near = |theirs: &str, ours: i64| match theirs.parse::<i64>() {
            Ok(time) if (time - ours).abs() <= SECONDS => theirs.to_owned(),
            _ => ours.to_string(),
        };
        let quality = match (theirs["QUALITY"].parse::<f64>(), seen.quality) {
            (Ok(their), Some(our)) if (their - f64::from(our)).abs() <= QUALITY => theirs["QUALITY"].clone(),
            (_, Some(our)) => format!("{our:.4}"),
            (_, None) => NULL.to_owned(),
        };
        for (field, ours) in [
            ("DEVICEID", computer.device.clone()),
            ("LASTDATE", near(&theirs["LASTDATE"], computer.last_date.0)),
            ("LASTCOME", near(&theirs["LASTCOME"], seen.last_contact.0)),
            ("CHECKSUM", computer.checksum.to_string()),
            ("FIDELITY", seen.fidelity.to_string()),
            ("QUALITY", quality),
            ("IPSRC", computer.columns.get(columns::IPSRC).to_owned()),
            ("USERAGENT", cut(&seen.agent, 50).to_owned()),
        ] {
            self.field(device, "hardware", field, &theirs[field], &ours);
        }
    }

    fn section(
        &mut self,
        device: &str,
        section: &Section,
        fields: &[&Field],
        theirs: Option<&Vec<Vec<String>>>,
        sections: &[SectionRows],
    ) {
        let table = section.table.unwrap_or_default();
        let stored =
            sections.iter().find(|rows| matches!(rows.key, SectionKey::Known(known) if known.id == section.id));
        let none = Vec::new();
        let theirs = theirs.unwrap_or(&none);
        let ours: Vec<Vec<String>> = stored.map_or_else(Vec::new, |stored| {
            let row = |row: &rollcall::inventory::rows::Row| {
                let value = |field: &&Field| shown(section, field, row.value(&stored.key, field.name));
                fields.iter().map(value).collect()
            };
            stored.rows.iter().map(row).collect()
        });
        if theirs.is_empty() && ours.is_empty() {
            return;
        }
        self.report.sections += 1;
        self.report.rows += theirs.len().max(ours.len()) as u64;
        if theirs.len() != ours.len() {
            self.field(device, table, "rows", &theirs.len().to_string(), &ours.len().to_string());
            return;
        }
        // Rows stand in the order in which they were sent, on both sides.
        for (theirs, ours) in theirs.iter().zip(&ours) {
            for ((field, theirs), ours) in fields.iter().zip(theirs).zip(ours) {
                self.field(device, table, field.name, theirs, ours);
            }
        }
    }

    /// What the original has beside the tables that were compared: nothing that came from agents.
    fn coverage(&mut self) {
        let compared = |table: &str| SECTIONS.iter().find(|section| section.table == Some(table));
        for table in self.original.tables() {
            // Own values are given by this program, administrative data are compared above.
            let elsewhere = ["devices", "accountinfo"].contains(&table.as_str());
            match compared(&table) {
                Some(section) => self.other_columns(section, &table),
                None if elsewhere => {}
                None => {
                    let rows = self.original.count(&table);
                    if rows > 0 {
                        self.report
                            .failed("tables", &format!("{table} has {rows} rows in the original and is not compared"));
                    }
                }
            }
        }
    }

    /// Columns of a section's table that are no field of the section hold nothing.
    fn other_columns(&mut self, section: &Section, table: &str) {
        let given = ["ID", "HARDWARE_ID", "NAME_ID", "PUBLISHER_ID", "VERSION_ID"];
        for column in self.original.columns(table) {
            let field =
                section.fields.iter().any(|field| field.sql && field.name == column && column != software::UNWRITTEN);
            if field || given.contains(&column.as_str()) {
                continue;
            }
            let sql = format!(
                "SELECT CONCAT('=', COUNT(*)) FROM `{table}` WHERE IFNULL(`{column}`, '') NOT IN ('', '0', '0000-00-00');"
            );
            if self.original.query(&sql)[0][0] != "0" {
                self.report
                    .failed("columns", &format!("{table}.{column} holds values in the original and is not compared"));
            }
        }
    }
}

/// Counts one difference: allowed, or a failure with both values.
pub fn differ(report: &mut Report, sent: &Sent, device: &str, table: &str, field: &str, theirs: &str, ours: &str) {
    let difference = Difference { table, field, theirs, ours, sent };
    if report.ledger.stored(&difference) {
        report.allowed += 1;
    } else {
        let odd = sent.odd.map_or(String::new(), |odd| format!(" ({odd})"));
        let what = format!("{device}{odd} {table}.{field}: the original holds {theirs:.200?}, ours {ours:.200?}");
        report.failed(&format!("{table}.{field}"), &what);
    }
}
