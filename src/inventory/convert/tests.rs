//! Cells as the original stores them, measured and generated.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use quick_xml::events::Event;

use super::*;
use crate::inventory::sections::{SECTIONS, section};

fn stored(tag: &str, name: &str, sent: Option<&str>) -> String {
    let section = section(tag).unwrap();
    let field = &section.fields[usize::from(section.field(name).unwrap())];
    column(section, field, sent).to_string()
}

/// Section 5, measured: numbers of HARDWARE are digits and nothing else, what is missing is NULL.
#[test]
fn hardware_has_rules_of_its_own() {
    for text in ["12.5", "-1", "x"] {
        assert_eq!(stored("HARDWARE", "MEMORY", Some(text)), "0", "{text}");
    }
    assert_eq!(stored("HARDWARE", "MEMORY", None), "0");
    assert_eq!(stored("HARDWARE", "MEMORY", Some("24105")), "24105");
    assert_eq!(stored("HARDWARE", "PROCESSORN", Some("70000")), "32767");
    for name in ["USERID", "DESCRIPTION", "OSNAME", "UUID"] {
        assert_eq!(stored("HARDWARE", name, None), "NULL", "{name}");
        assert_eq!(stored("HARDWARE", name, Some(" \n")), "NULL", "{name}");
    }
    assert_eq!(stored("HARDWARE", "ETIME", Some("1")), "NULL");
    assert_eq!(stored("HARDWARE", "ARCH", Some("x86_64-based PC")), "x86_64-bas");
}

/// Section 7.2, measured; the widths are those of the schema.
#[test]
fn cells_become_what_their_column_holds() {
    for (tag, name, sent, column) in [
        ("STORAGES", "DISKSIZE", Some("274877.906944"), "274878"),
        ("STORAGES", "DISKSIZE", None, "0"),
        ("DRIVES", "FREE", Some("N/A"), "0"),
        ("DRIVES", "FREE", Some("1.7"), "2"),
        ("DRIVES", "CREATEDATE", Some("2020/1/2"), "2020-01-02"),
        ("DRIVES", "CREATEDATE", None, "0000-00-00"),
        ("DRIVES", "LETTER", None, ""),
        ("DRIVES", "LETTER", Some("N/A"), "N/A"),
        ("CPUS", "L2CACHESIZE", Some("2 MiB (2 instances)"), "2 MiB (2 instances)"),
        ("NETWORKS", "SPEED", Some("-1 Mbps"), "-1 Mbps"),
        ("NETWORKS", "VIRTUALDEV", None, "0"),
        ("BATTERIES", "DESIGNCAPACITY", Some("23200000 mWh"), "23200000 m"),
        ("BATTERIES", "CHEMISTRY", Some("Lithium-ion polymer (LiP)"), "Lithium-ion polymer "),
        ("JAVAINFO", "JAVANAME", None, "noname"),
        ("MONITORS", "BASE64", None, "NULL"),
    ] {
        assert_eq!(stored(tag, name, sent), column, "{tag}/{name} {sent:?}");
    }
    let wide = "é".repeat(300);
    assert_eq!(stored("PRINTERS", "RESOLUTION", Some(&wide)), "é".repeat(50));
    assert_eq!(stored("PRINTERS", "NAME", Some(&wide)), "é".repeat(255));
    assert_eq!(stored("REGISTRY", "REGVALUE", Some(&wide)), wide);
}

#[test]
fn pitfall_51_the_system_never_replaces_a_person() {
    for sent in ["SYSTEM", r"AUTORITE NT\SYSTEM", "LocalSystem", "ecosystem"] {
        assert_eq!(user(Some(sent), Some("alice")), Some("alice"), "{sent}");
        assert_eq!(user(Some(sent), None), None, "{sent}");
    }
    assert_eq!(user(Some("bob"), Some("alice")), Some("bob"));
    assert_eq!(user(None, Some("alice")), None, "what is not sent is NULL");
    assert_eq!(user(Some(" "), Some("alice")), None);
}

#[test]
fn pitfall_54_a_mac_address_is_the_same_in_each_spelling() {
    for text in ["98:FA:9B:5C:E4:33", "98:fa:9b:5c:e4:33", "98-fa-9b-5c-e4-33", "98fa.9b5c.e433", " 98FA9B5CE433 "] {
        assert_eq!(mac(text), "98:FA:9B:5C:E4:33", "{text}");
    }
    for text in ["", "N/A", "98:FA:9B:5C:E4", "80:00:02:08:FE:80:00:00:00:00", "éé:éé:éé:éé:éé:éé"] {
        assert_eq!(mac(text), text);
    }
}

/// Section 5: the first two are measured.
#[test]
fn a_date_of_inventory_is_believed_when_it_is_likely() {
    let text = |moment: Option<Moment>| moment.map(|moment| moment.to_string());
    assert_eq!(text(last_date_as_sent(Some("2020-05-06 07:08:09"))).as_deref(), Some("2020-05-06 07:08:09"));
    assert_eq!(text(last_date_as_sent(Some("1970-01-01 00:00:00"))).as_deref(), Some("1970-01-01 00:00:00"));
    assert_eq!(last_date_as_sent(Some("1970-01-01")), None);
    assert_eq!(last_date_as_sent(None), None);

    let today = date::day("2026-03-01");
    for (sent, imported, taken) in [
        ("2026-03-01 07:08:09", false, true),
        ("2026-01-30 07:08:09", false, true),
        ("2026-01-29 07:08:09", false, false),
        ("2026-01-29 07:08:09", true, true),
        ("2026-03-02 00:00:00", false, false),
        ("1970-01-01", true, false),
        ("0000-00-00", true, false),
        ("2026-03-00", true, false),
        ("yesterday", true, false),
        ("", true, false),
    ] {
        assert_eq!(last_date(Some(sent), today, imported).is_some(), taken, "{sent} {imported}");
    }
}

#[test]
fn decimals_are_shown_with_their_places() {
    let quality = Kind::Decimal { digits: 7, places: 4 };
    for (sent, shown) in [("12.34567", "12.3457"), ("-0.00005", "-0.0001"), ("", "0.0000"), ("5000", "999.9999")] {
        assert_eq!(convert(quality, sent).to_string(), shown);
    }
    assert_eq!(Column::Decimal { scaled: -7, places: 0 }.to_string(), "-7");
}

proptest! {
    #[test]
    fn any_cell_is_converted_and_converted_cells_stay_themselves(text in any::<String>()) {
        for section in SECTIONS {
            for field in section.fields {
                let once = column(section, field, Some(&text)).to_string();
                // A cut may leave nothing but blanks, which are as good as absent.
                if once != "NULL" && !once.trim().is_empty() {
                    prop_assert_eq!(column(section, field, Some(&once)).to_string(), once);
                }
                column(section, field, None);
            }
        }
    }

    #[test]
    fn a_mac_address_stays_itself(text in "[ 0-9a-fA-Fx:.-]{0,20}") {
        let once = mac(&text);
        prop_assert_eq!(mac(&once), once);
    }

    #[test]
    fn cutting_keeps_whole_characters(text in any::<String>(), width in 0..20_usize) {
        let once = cut(&text, width);
        prop_assert!(text.starts_with(once));
        prop_assert_eq!(once.chars().count(), text.chars().count().min(width));
    }
}

/// Rows of one computer by table, as (column, value); NULL is `None`.
type Rows = BTreeMap<String, Vec<BTreeMap<String, Option<String>>>>;

/// Inventories of real agents with the rows that the original (server 2.8.1, schema 7069) made of them.
#[test]
fn captured_inventories_become_the_rows_that_the_original_stored() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/agents");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no captured inventories beside the sources; nothing was compared with the original");
        return;
    }
    let mut compared = 0;
    for label in ["ocs2100-first-contact", "fi26-first-contact"] {
        let read = |end: &str| std::fs::read_to_string(folder.join(format!("{label}{end}"))).unwrap();
        let sent = sections_of(&read("-02-inventory.request.xml"));
        let rows = rows_of(&read(".rows.sql"));
        for section in SECTIONS {
            let Some(table) = section.table.filter(|table| *table != "software") else { continue };
            let (Some(sent), Some(rows)) = (sent.get(section.tag), rows.get(table)) else { continue };
            // Other values than the cell decide on these.
            let decided = ["IPADDR", "LASTDATE", "CHECKSUM", "USERID", "CATEGORY_ID"];
            let fields = section.fields.iter().filter(|field| field.sql);
            let fields: Vec<&Field> =
                fields.filter(|field| section.tag != "HARDWARE" || !decided.contains(&field.name)).collect();
            let mut ours: Vec<Vec<String>> = sent
                .iter()
                .filter(|row| !row.is_empty())
                .map(|row| fields.iter().map(|f| column(section, f, row.get(f.name).map(String::as_str)).to_string()))
                .map(Iterator::collect)
                .collect();
            let cell = |row: &BTreeMap<String, Option<String>>, field: &Field| match row.get(field.name) {
                Some(Some(text)) => text.clone(),
                _ => "NULL".to_owned(),
            };
            let mut theirs: Vec<Vec<String>> =
                rows.iter().map(|row| fields.iter().map(|field| cell(row, field)).collect()).collect();
            ours.sort();
            theirs.sort();
            assert_eq!(ours, theirs, "{label} {table} {:?}", fields.iter().map(|f| f.name).collect::<Vec<_>>());
            compared += ours.len();
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Rows of each section of CONTENT, without empty cells.
fn sections_of(xml: &str) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut sections: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                if path.len() == 3 {
                    sections.entry(path[2].clone()).or_default().push(BTreeMap::new());
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) if path.len() == 4 => {
                let row = sections.get_mut(&path[2]).unwrap().last_mut().unwrap();
                row.entry(path[3].clone()).or_default().push_str(&text);
            }
            Event::GeneralRef(name) if path.len() == 4 => {
                let text = match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("&{other};"),
                };
                let row = sections.get_mut(&path[2]).unwrap().last_mut().unwrap();
                row.entry(path[3].clone()).or_default().push_str(text);
            }
            Event::Eof => return sections,
            _ => {}
        }
    }
}

/// Rows of ``INSERT INTO `t` (`A`, `B`) VALUES (1,'x');`` lines.
fn rows_of(sql: &str) -> Rows {
    let mut tables = Rows::new();
    for line in sql.lines() {
        let Some(rest) = line.strip_prefix("INSERT INTO `") else { continue };
        let (table, rest) = rest.split_once("` (").unwrap();
        let (columns, values) = rest.split_once(") VALUES (").unwrap();
        let columns = columns.split(", ").map(|column| column.trim_matches('`').to_owned());
        tables.entry(table.to_owned()).or_default().push(columns.zip(values_of(values)).collect());
    }
    tables
}

fn values_of(text: &str) -> Vec<Option<String>> {
    let mut values = Vec::new();
    let (mut value, mut quoted, mut was_quoted) = (String::new(), false, false);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quoted => value.extend(characters.next().map(|c| if c == 'n' { '\n' } else { c })),
            '\'' => {
                quoted = !quoted;
                was_quoted = true;
            }
            ',' | ')' if !quoted => {
                let null = !was_quoted && value == "NULL";
                values.push((!null).then(|| std::mem::take(&mut value)));
                (value, was_quoted) = (String::new(), false);
                if c == ')' {
                    break;
                }
            }
            c => value.push(c),
        }
    }
    values
}
