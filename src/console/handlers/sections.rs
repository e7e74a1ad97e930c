//! The sections of a computer as tables: which there are, which fields of them are shown, and to whom.

use crate::console::pages::computer::{SectionCount, SectionRows as Shown};
use crate::console::view::table::Cell;
use crate::inventory::rows::{FieldKey, SectionKey, SectionRows};
use crate::inventory::sections::SECTIONS;

/// A section with its cells; the page borrows from it.
pub struct Cells<'a> {
    tag: &'a str,
    fields: Vec<&'a str>,
    rows: Vec<Vec<Cell<'a>>>,
}

impl Cells<'_> {
    /// As the page takes it.
    pub fn shown(&self) -> Shown<'_> {
        Shown { tag: self.tag, fields: &self.fields, rows: &self.rows }
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
    let mut keys: Vec<(&FieldKey, &str)> = Vec::new();
    for (key, _) in section.rows.iter().flat_map(|row| &row.cells) {
        if let Some(name) = name(&section.key, key, every).filter(|name| private || !is_private(tag, name))
            && !keys.iter().any(|(known, _)| *known == key)
        {
            keys.push((key, name));
        }
    }
    // Declared fields in their order, then the others as they came.
    keys.sort_by_key(|(key, _)| match key {
        FieldKey::Known(number) => *number,
        FieldKey::Named(_) => u16::MAX,
    });
    let rows = section.rows.iter().map(|row| {
        let value = |key: &FieldKey| row.cells.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value);
        keys.iter()
            .map(|(key, name)| if is_code(name) { Cell::mono(value(key)) } else { Cell::text(value(key)) })
            .collect()
    });
    Cells { tag, rows: rows.collect(), fields: keys.into_iter().map(|(_, name)| name).collect() }
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

/// Section 32 of the console page, last row: product keys and the names of local users.
fn is_private(tag: &str, field: &str) -> bool {
    // Plug-ins spell their fields as they like.
    let (tag, field) = (tag.to_ascii_uppercase(), field.to_ascii_uppercase());
    match tag.as_str() {
        "LOCAL_USERS" | "WINUSERS" => !matches!(field.as_str(), "ID" | "GID" | "SHELL" | "STATUS"),
        "LOCAL_GROUPS" => field == "MEMBER",
        "LICENSEINFOS" => matches!(field.as_str(), "KEY" | "PRODUCTID"),
        _ => ["PRODKEY", "PRODUCTKEY", "OFFICEKEY", "LICENSEKEY", "LICENCEKEY"].iter().any(|end| field.ends_with(end)),
    }
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
        let hardware = section("HARDWARE", &[("WINPRODKEY", "XXXX"), ("NAME", "PC")]);
        assert_eq!(cells(&hardware, true, false).fields, ["NAME"]);
    }

    #[test]
    fn declared_fields_come_first_and_hidden_ones_when_everything_is_shown() {
        let bios = section("BIOS", &[("PLUGIN", "x"), ("SKUNUMBER", "12"), ("SMODEL", "OptiPlex"), ("SSN", "7XK2")]);
        assert_eq!(cells(&bios, false, false).fields, ["SSN", "SMODEL", "PLUGIN"]);
        assert_eq!(cells(&bios, true, false).fields, ["SSN", "SMODEL", "SKUNUMBER", "PLUGIN"]);
    }
}
