//! The registry against the specification's tables, and against what is already in databases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::*;

const ENGLISH: &str = include_str!("../../../assets/i18n/sections.en.toml");
const FRENCH: &str = include_str!("../../../assets/i18n/sections.fr.toml");

/// Databases hold these numbers. A line may be added to the file; none may change or go.
#[test]
fn storage_numbers_stay_as_they_are() {
    let mut sections: Vec<&Section> = SECTIONS.iter().collect();
    sections.sort_by_key(|section| section.id);
    let mut now = String::new();
    for section in sections {
        for (position, field) in section.fields.iter().enumerate() {
            writeln!(now, "{} {} {position} {}", section.id, section.tag, field.name).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sections.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let then = std::fs::read_to_string(path).unwrap().replace('\r', "");
    assert_eq!(now, then, "append to sections and to tests/fixtures/sections.txt (UPDATE_FIXTURES=1), never reorder");
}

#[test]
fn numbers_tags_and_names_are_unique() {
    let mut ids = BTreeSet::new();
    let mut tags = BTreeSet::new();
    for section in SECTIONS {
        assert!(section.id.0 > 0 && ids.insert(section.id), "{}", section.tag);
        assert!(tags.insert(section.tag), "{}", section.tag);
        let names: BTreeSet<&str> = section.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), section.fields.len(), "{}", section.tag);
        assert!(section.sort.is_empty() || names.contains(section.sort), "{}", section.tag);
    }
}

#[test]
fn look_ups_find_what_is_declared_and_nothing_else() {
    for declared in SECTIONS {
        assert_eq!(section(declared.tag), Some(declared));
        assert_eq!(by_id(declared.id), Some(declared));
        for (position, field) in declared.fields.iter().enumerate() {
            let position = position as u16;
            assert_eq!(declared.field(field.name), Some(position));
            assert_eq!(declared.field_after(position.wrapping_sub(1), field.name), Some(position));
            assert_eq!(declared.field_after(7, field.name), Some(position));
        }
        for name in ["", "NOSUCH", "name", "NAMES", &"N".repeat(100)] {
            assert_eq!(declared.field(name), None, "{} {name}", declared.tag);
        }
        assert_eq!(declared.field_after(u16::MAX, "NOSUCH"), None);
    }
    for tag in ["", "memories", "MEMORIE", "SNMP_LASTSTATE", "DEVICES"] {
        assert_eq!(section(tag), None, "{tag}");
    }
    assert_eq!(by_id(SectionId(0)), None);
    assert_eq!(by_id(SectionId(255)), None);
}

#[test]
fn each_section_and_field_has_a_title_in_both_languages() {
    let keys = |text: &str| toml::from_str::<BTreeMap<String, String>>(text).unwrap();
    let (english, french) = (keys(ENGLISH), keys(FRENCH));
    let mut wanted = BTreeSet::new();
    for section in SECTIONS {
        wanted.insert(section.title());
        wanted.insert(section.group.title().to_owned());
        wanted.extend(section.fields.iter().map(|field| section.field_title(field)));
    }
    assert_eq!(wanted, english.keys().cloned().collect());
    assert_eq!(wanted, french.keys().cloned().collect());
    assert!(english.values().chain(french.values()).all(|title| !title.trim().is_empty()));
}

/// The tables of the specification, where they lie beside the sources; `None` elsewhere.
fn specification(name: &str) -> Option<Vec<Vec<String>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places: [PathBuf; 2] = [root.join("../shared/spec"), root.join("shared/spec")];
    let Some(text) = places.iter().find_map(|place| std::fs::read_to_string(place.join(name)).ok()) else {
        eprintln!("SKIPPED: no specification `{name}` beside the sources; nothing was compared with it");
        return None;
    };
    Some(text.lines().skip(1).map(cells).collect())
}

/// Cells of one line, with quotes around those that hold a comma.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Server-side tables, other parts of a message, and columns that no agent sends.
fn belongs_elsewhere(tag: &str, field: &str) -> bool {
    let elsewhere = ["ACCOUNTINFO", "DEVICES", "DOWNLOAD_HISTORY", "GROUPS_CACHE", "ITMGMT_COMMENTS"];
    let by_server = ["ID", "LASTCOME", "QUALITY", "FIDELITY", "IPSRC", "SSTATE", "USERAGENT"];
    tag.starts_with("SNMP")
        || tag.contains('/')
        || elsewhere.contains(&tag)
        || (tag == "HARDWARE" && by_server.contains(&field))
}

#[test]
fn sections_and_fields_of_the_specification_are_declared() {
    let Some(rows) = specification("sections.csv") else { return };
    let mut listed = BTreeSet::new();
    let mut bits: BTreeMap<String, u32> = BTreeMap::new();
    for row in &rows {
        let [tag, table, name, many, bit, notes] = row.as_slice() else { panic!("{row:?}") };
        if belongs_elsewhere(tag, name) {
            continue;
        }
        let section = section(tag).unwrap_or_else(|| panic!("{tag} is not declared"));
        assert_eq!(section.many, many == "multi", "{tag}");
        bits.entry(tag.clone()).and_modify(|b| *b |= bit.parse().unwrap_or(0)).or_insert(bit.parse().unwrap_or(0));
        if tag != "SAAS" {
            assert_eq!(section.table.unwrap_or(""), table, "{tag}");
        }
        if name == "*" {
            if let Some(sort) = notes.split("sort by ").nth(1).and_then(|rest| rest.split(' ').next()) {
                assert_eq!(section.sort, sort, "{tag}");
            }
            continue;
        }
        listed.insert((tag.as_str(), name.as_str()));
        let at = section.field(name).unwrap_or_else(|| panic!("{tag}/{name} is not declared"));
        let field = &section.fields[usize::from(at)];
        if section.table.is_some() && notes.contains("fallback 0") {
            assert_eq!(field.absent, Absent::Zero, "{tag}/{name}");
        }
        if notes.contains("not in the server map") {
            assert!(!field.sql, "{tag}/{name}");
        }
    }
    for (tag, bit) in bits {
        assert_eq!(section(&tag).unwrap().checksum, bit, "{tag}");
    }
    // Columns of the schema that the map of 2.12.5 no longer fills, and the one section without fields.
    let besides = ["LOCATION", "MANUFACTUREDATE", "SBDSVERSION", "MAXERROR", "OEMSPECIFIC", "MEMBER", "VERSIONCLIENT"];
    for section in SECTIONS {
        for field in section.fields {
            let known = listed.contains(&(section.tag, field.name)) || besides.contains(&field.name);
            assert!(known, "{}/{}", section.tag, field.name);
        }
    }
}

#[test]
fn columns_are_those_of_the_schema() {
    let Some(rows) = specification("schema.csv") else { return };
    let mut schema: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for row in &rows {
        schema.insert((row[0].as_str(), row[2].as_str()), row[3].as_str());
    }
    let keys =
        ["ID", "HARDWARE_ID", "DEVICEID", "ARCHIVE", "LASTCOME", "QUALITY", "FIDELITY", "IPSRC", "SSTATE", "USERAGENT"];
    let normalised = ["NAME", "PUBLISHER", "VERSION", "NAME_ID", "PUBLISHER_ID", "VERSION_ID"];
    for section in SECTIONS {
        let Some(table) = section.table else {
            assert!(section.fields.iter().all(|field| !field.sql), "{}", section.tag);
            continue;
        };
        for field in section.fields {
            if table == "software" && normalised.contains(&field.name) {
                continue;
            }
            let kind = schema.get(&(table, field.name)).copied();
            assert_eq!(field.sql, kind.is_some() && field.name != "ID", "{table}.{}", field.name);
            let Some(kind) = kind.filter(|_| field.sql) else { continue };
            let declared = match field.kind {
                Kind::Text { width } => format!("varchar({width})"),
                Kind::Int(Whole::Tiny) => "tinyint".to_owned(),
                Kind::Int(Whole::Small) => "smallint".to_owned(),
                Kind::Int(Whole::Normal) => "int".to_owned(),
                Kind::Int(Whole::Big) => "bigint(20)".to_owned(),
                Kind::Int(Whole::BigUnsigned) => "bigint(20) unsigned".to_owned(),
                Kind::Decimal { digits, places } => format!("decimal({digits},{places})"),
                Kind::Date => "date".to_owned(),
                Kind::DateTime => "datetime".to_owned(),
                Kind::LongText => "text".to_owned(),
            };
            let same = kind == declared
                || (kind == "longtext" && declared == "text")
                || (kind.contains("int(") && kind.split('(').next() == Some(declared.as_str()));
            assert!(same, "{table}.{}: {kind}, declared as {declared}", field.name);
        }
        for (_, column) in schema.keys().filter(|(of, _)| *of == table) {
            let left_out = keys.contains(column) || (table == "software" && normalised.contains(column));
            assert!(left_out || section.field(column).is_some(), "{table}.{column}");
        }
    }
}
