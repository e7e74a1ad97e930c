//! The sections of a computer as tables: which there are, which fields of them are shown, and to whom (CON-PC-3).

use std::collections::{HashMap, HashSet};

use super::beside::Beside;
use crate::console::pages::computer::{
    CATEGORY, COMPUTERS_WITH, GUEST, PROCESSORS, SectionCount, SectionRows as Shown, USED,
};
use crate::console::view::table::Cell;
use crate::console::view::{Locale, format};
use crate::inventory::columns::{self, ColumnId, Columns};
use crate::inventory::rows::{FieldKey, Row, SectionKey, SectionRows};
use crate::inventory::sections::SECTIONS;

/// Most columns of a table. No section that is declared has as many; one that a plug-in made up may have any number.
const MOST_FIELDS: usize = 200;

/// A section with its cells; the page borrows from it.
pub struct Cells<'a> {
    tag: &'a str,
    fields: Vec<&'a str>,
    rows: Vec<Vec<Cell<'a>>>,
    /// Fields that are left out, because nobody reads so many.
    more: usize,
    total: String,
}

impl<'a> Cells<'a> {
    /// As the page takes it.
    pub fn shown(&self) -> Shown<'_> {
        Shown { tag: self.tag, fields: &self.fields, rows: &self.rows, total: &self.total }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Leaves only rows of which a shown text holds this, upper and lower case alike.
    pub fn holding(mut self, part: &str) -> Cells<'a> {
        let part = part.trim().to_lowercase();
        if !part.is_empty() {
            let holds = |cell: &Cell| match cell {
                Cell::Text(text) | Cell::Mono(text) => text.to_lowercase().contains(&part),
                _ => false,
            };
            self.rows.retain(|row| row.iter().any(holds));
        }
        self
    }

    /// One more column, with a cell for each row.
    fn with(mut self, field: &'a str, column: Vec<Cell<'a>>) -> Cells<'a> {
        if column.iter().any(|cell| *cell != Cell::Empty) {
            self.fields.push(field);
            self.rows.iter_mut().zip(column).for_each(|(row, cell)| row.push(cell));
        }
        self
    }
}

/// The general data where an agent sends no section of processors: type, speed and number (CON-PC-3).
pub fn with_processors(sections: &mut Vec<SectionRows>, values: &Columns) {
    let key = SectionKey::of("CPUS");
    let there = sections.iter().any(|section| section.key == key && !section.rows.is_empty());
    let SectionKey::Known(known) = key else { return };
    let cell = |field: FieldKey, column: ColumnId| {
        Some((field, values.get(column).trim().to_owned())).filter(|(_, value)| !value.is_empty() && value != "0")
    };
    let field = |name| known.field(name).map(FieldKey::Known);
    let cells: Vec<(FieldKey, String)> = [
        field("TYPE").and_then(|field| cell(field, columns::PROCESSORT)),
        field("SPEED").and_then(|field| cell(field, columns::PROCESSORS)),
        cell(FieldKey::Named(PROCESSORS.to_owned()), columns::PROCESSORN),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !there && !cells.is_empty() {
        let at = sections.iter().position(|section| !matches!(section.key.tag(), "HARDWARE" | "BIOS"));
        let at = at.unwrap_or(sections.len());
        sections.retain(|section| section.key != key);
        sections.insert(at.min(sections.len()), SectionRows { key, rows: vec![Row { cells }] });
    }
}

/// A section with what is worked out beside what was sent: how full drives are, the sum of memory, and links to other
/// computers.
pub fn table<'a>(locale: &Locale, section: &'a SectionRows, every: bool, private: bool, beside: &Beside) -> Cells<'a> {
    let mut table = cells(section, every, private);
    if table.more > 0 {
        table.total = locale.count("section.more-fields", table.more as u64);
    }
    match section.key.tag() {
        "DRIVES" => table.with(USED, section.rows.iter().map(|row| used(section, row)).collect()),
        "MEMORIES" => {
            let capacity = |row: &Row| number(section, row, "CAPACITY").unwrap_or_default();
            let sum = section.rows.iter().map(capacity).sum::<f64>().min(1e15);
            let total = match sum {
                0.0 => String::new(),
                sum => locale.fill("section.memory-total", &[("size", &format::size(locale.lang, sum as i64))]),
            };
            Cells { total, ..table }
        }
        "SOFTWARES" => table.with(CATEGORY, beside.categories(section)).with(COMPUTERS_WITH, beside.counted()),
        "VIRTUALMACHINES" => table.with(GUEST, beside.inventoried()),
        _ => table,
    }
}

fn number(section: &SectionRows, row: &Row, field: &str) -> Option<f64> {
    let number: f64 = row.value(&section.key, field)?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// How full a drive is.
fn used<'a>(section: &SectionRows, row: &Row) -> Cell<'a> {
    match (number(section, row, "FREE"), number(section, row, "TOTAL")) {
        (Some(free), Some(total)) if total > 0.0 && free <= total => {
            Cell::Filled(((total - free) * 100.0 / total) as f32)
        }
        _ => Cell::Empty,
    }
}

/// Every section that the field knows, greyed when it has no rows, and those that only this computer has.
pub fn counts(sections: &[SectionRows]) -> Vec<SectionCount<'_>> {
    let rows = |tag: &str| {
        let found = sections.iter().filter(|section| section.key.tag() == tag);
        found.map(|section| section.rows.len()).sum::<usize>()
    };
    let declared = SECTIONS.iter().filter_map(|section| {
        let count = rows(section.tag);
        (count > 0 || section.table.is_some()).then_some(SectionCount { tag: section.tag, rows: count as u64 })
    });
    let own = sections.iter().filter(|section| matches!(section.key, SectionKey::Named(_)));
    let own = own.map(|section| SectionCount { tag: section.key.tag(), rows: section.rows.len() as u64 });
    declared.chain(own).collect()
}

/// The cells of a section. `every` shows fields too that are usually left out; `private` is for who may see product
/// keys and the names of local users.
pub fn cells(section: &SectionRows, every: bool, private: bool) -> Cells<'_> {
    let tag = section.key.tag();
    let (mut seen, mut keys): (HashSet<&FieldKey>, Vec<(&FieldKey, &str)>) = (HashSet::new(), Vec::new());
    for (key, _) in section.rows.iter().flat_map(|row| &row.cells) {
        if seen.insert(key)
            && let Some(name) = name(&section.key, key, every).filter(|name| private || !is_private(tag, name))
        {
            keys.push((key, name));
        }
    }
    // Declared fields in their order, then the others as they came.
    keys.sort_by_key(|(key, _)| match key {
        FieldKey::Known(number) => *number,
        FieldKey::Named(_) => u16::MAX,
    });
    let more = keys.len().saturating_sub(MOST_FIELDS);
    keys.truncate(MOST_FIELDS);
    let places: HashMap<&FieldKey, usize> = keys.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
    let rows = section.rows.iter().map(|row| {
        let mut cells = vec![Cell::Empty; keys.len()];
        // Of a field that is there twice the first value counts.
        for (key, value) in row.cells.iter().rev() {
            let Some(at) = places.get(key) else { continue };
            if let Some((cell, (_, name))) = cells.get_mut(*at).zip(keys.get(*at)) {
                *cell = if is_code(name) { Cell::mono(value) } else { Cell::text(value) };
            }
        }
        cells
    });
    let fields = keys.iter().map(|(_, name)| *name).collect();
    Cells { tag, rows: rows.collect(), fields, more, total: String::new() }
}

/// The name of a field that is shown.
fn name<'a>(section: &SectionKey, key: &'a FieldKey, every: bool) -> Option<&'a str> {
    match (section, key) {
        (SectionKey::Known(section), FieldKey::Known(number)) => {
            let field = section.fields.get(usize::from(*number))?;
            (every || field.shown).then_some(field.name)
        }
        (_, FieldKey::Named(name)) => Some(name),
        (SectionKey::Named(_), FieldKey::Known(_)) => None,
    }
}

/// Section 32 of the console page, last row: product keys and the names of local users. `field` is a name or a path;
/// what lies within something private is private too.
pub fn is_private(tag: &str, field: &str) -> bool {
    // Plug-ins spell their fields as they like.
    let (tag, field) = (tag.to_ascii_uppercase(), field.to_ascii_uppercase());
    // What repeats has a number behind its name.
    let mut names = field.split('/').map(|part| part.split_once('[').map_or(part, |(name, _)| name));
    is_key(&tag) || names.any(|name| is_private_name(&tag, name))
}

fn is_private_name(tag: &str, name: &str) -> bool {
    match tag {
        "LOCAL_USERS" | "WINUSERS" => !matches!(name, "ID" | "GID" | "SHELL" | "STATUS"),
        "LOCAL_GROUPS" => name == "MEMBER",
        "LICENSEINFOS" => matches!(name, "KEY" | "PRODUCTID"),
        _ => is_key(name),
    }
}

fn is_key(name: &str) -> bool {
    ["PRODKEY", "PRODUCTKEY", "OFFICEKEY", "LICENSEKEY", "LICENCEKEY"].iter().any(|end| name.ends_with(end))
}

/// Values that people compare letter by letter.
fn is_code(field: &str) -> bool {
    let ends = ["SERIAL", "SERIALNUMBER", "SSN", "MSN", "MACADDR", "UUID", "GUID", "VERSION", "KEY", "ASSETTAG"];
    field.starts_with("IP") || field == "DEFAULTGATEWAY" || ends.iter().any(|end| field.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::rows::Row;

    fn section(tag: &str, cells: &[(&str, &str)]) -> SectionRows {
        let key = SectionKey::of(tag);
        let field = |name: &str| match &key {
            SectionKey::Known(section) => section.field(name).map(FieldKey::Known),
            SectionKey::Named(_) => None,
        };
        let cells = cells.iter().map(|(name, value)| {
            (field(name).unwrap_or_else(|| FieldKey::Named((*name).to_owned())), (*value).to_owned())
        });
        let cells = cells.collect();
        SectionRows { key, rows: vec![Row { cells }] }
    }

    #[test]
    fn section_32_product_keys_and_local_names_are_for_technicians() {
        let users = section(
            "LOCAL_USERS",
            &[("NAME", "Léa Martin"), ("LOGIN", "lea"), ("SHELL", "/bin/sh"), ("HOME", "/home/lea")],
        );
        assert_eq!(cells(&users, true, false).fields, ["SHELL"]);
        assert_eq!(cells(&users, true, true).fields.len(), 4);
        let plugin = section("OFFICEPACK", &[("PRODUCT", "Office"), ("OFFICEKEY", "XXXX"), ("OfficeKey", "XXXX")]);
        assert_eq!(cells(&plugin, true, false).fields, ["PRODUCT"]);
        let repeated = [
            ("OFFICEKEY[2]", "XXXX"),
            ("OFFICEKEY[3]/VALUE", "XXXX"),
            ("PACK[2]/OfficeKey/X[2]", "XXXX"),
            ("PRODUCT[2]", "Office"),
        ];
        assert_eq!(cells(&section("OFFICEPACK", &repeated), true, false).fields, ["PRODUCT[2]"]);
        assert_eq!(cells(&section("OFFICEKEY", &[("", "XXXX")]), true, false).fields, [""; 0]);
        let groups = section("LOCAL_GROUPS", &[("ID", "4"), ("MEMBER/NAME", "lea"), ("MEMBER[2]", "lea")]);
        assert_eq!(cells(&groups, true, false).fields, ["ID"]);
        let users = section("LOCAL_USERS", &[("ID[2]", "4"), ("NAME[2]", "lea"), ("ID/NAME", "lea")]);
        assert_eq!(cells(&users, true, false).fields, ["ID[2]"]);
        let hardware = section("HARDWARE", &[("WINPRODKEY", "XXXX"), ("NAME", "PC")]);
        assert_eq!(cells(&hardware, true, false).fields, ["NAME"]);
    }

    #[test]
    fn con_gen_6_a_section_with_very_many_fields_shows_some_and_says_so() {
        let names: Vec<String> = (0..100_000).map(|n| format!("F{n}")).collect();
        let cells: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
        let plugin = section("PLUGIN", &cells);
        let wide = super::cells(&plugin, true, true);
        assert_eq!(
            (wide.fields.len(), wide.rows[0].len(), wide.more),
            (MOST_FIELDS, MOST_FIELDS, 100_000 - MOST_FIELDS)
        );
        assert_eq!((wide.fields[1], &wide.rows[0][1]), ("F1", &Cell::text("1")));
    }

    #[test]
    fn declared_fields_come_first_and_hidden_ones_when_everything_is_shown() {
        let bios = section("BIOS", &[("PLUGIN", "x"), ("SKUNUMBER", "12"), ("SMODEL", "OptiPlex"), ("SSN", "7XK2")]);
        assert_eq!(cells(&bios, false, false).fields, ["SSN", "SMODEL", "PLUGIN"]);
        assert_eq!(cells(&bios, true, false).fields, ["SSN", "SMODEL", "SKUNUMBER", "PLUGIN"]);
    }
}
