//! Captured exchanges of real agents with the real server, replayed: our answers must mean the same.

use std::collections::BTreeSet;

use rollcall::agent::{Caller, Imported};
use rollcall::inventory::Family;
use rollcall::inventory::convert;
use rollcall::inventory::convert::software::{self, InstallDate};
use rollcall::inventory::rows::SectionKey;
use rollcall::inventory::sections::{Field, SECTIONS};
use rollcall::limits::Limits;
use rollcall::protocol::{Message, xml};

use super::original;
use crate::office::{Office, clear, fixture};

/// A captured request: path, headers in lower case, body.
struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn request(name: &str) -> Request {
    let bytes = fixture(&format!("{name}.request.http"));
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let line = head.lines().next().unwrap().to_owned();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    assert!(!headers.iter().any(|(name, _)| name == "transfer-encoding"), "{name} is chunked");
    Request { line, headers, body: bytes[end + 4..].to_vec() }
}

impl Request {
    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
    }
}

/// What an answer means: every path of elements and attributes with its text, as a set.
fn meaning(text: &str) -> BTreeSet<(String, String)> {
    let never = || false;
    let message: Message<'_> = xml::read(text, &Limits::default(), &never).unwrap();
    let cells = message.head.iter().flat_map(|element| {
        element.cells.iter().map(move |cell| (format!("{}/{}", element.tag, cell.name), cell.value.to_string()))
    });
    cells.collect()
}

async fn replay(office: &Office, name: &str) -> (u16, String) {
    let request = request(name);
    let caller = Caller {
        address: Some([192, 168, 50, 7].into()),
        agent: request.header("user-agent").unwrap_or_default(),
        content_type: request.header("content-type"),
        glpi: false,
        secure: false,
        served: None,
    };
    let answer = office.agents.post(request.body, caller).await;
    (answer.status, clear(&answer))
}

async fn same_meaning(office: &Office, name: &str) {
    let (status, text) = replay(office, name).await;
    assert_eq!(status, 200, "{name}");
    let expected = String::from_utf8(fixture(&format!("{name}.response.xml"))).unwrap();
    assert_eq!(meaning(&text), meaning(&expected), "{name}");
}

/// The latencies that the captured server had been set to.
fn office() -> Office {
    let office = Office::new();
    office.set("DOWNLOAD_CYCLE_LATENCY", "1");
    office.set("DOWNLOAD_FRAG_LATENCY", "1");
    office
}

/// Where the fixture's PROLOG of a refused agent or a later feature differs, the RESPONSE alone is compared.
fn response(text: &str) -> String {
    let message = xml::read(text, &Limits::default(), &|| false).unwrap();
    message.head_value("RESPONSE").unwrap_or_default().to_owned()
}

/// The identifier in a captured request.
fn device(name: &str) -> String {
    let text = String::from_utf8_lossy(&fixture(&format!("{name}.request.xml"))).into_owned();
    let (_, rest) = text.split_once("<DEVICEID>").unwrap();
    rest.split_once("</DEVICEID>").unwrap().0.to_owned()
}

#[actix_web::test]
async fn a_unix_agent_through_its_life() {
    let office = office();
    same_meaning(&office, "ocs2100-first-contact-01-prolog").await;
    same_meaning(&office, "ocs2100-first-contact-02-inventory").await;
    same_rows(&office, "ocs2100-first-contact", Family::Ocs);
    office.clock.forward(60);
    same_meaning(&office, "ocs2100-unchanged-freq0-01-prolog").await;
    same_meaning(&office, "ocs2100-unchanged-freq0-02-inventory").await;
    // HARDWARE holds the time since the computer's start, ACCESSLOG that of the agent's run.
    assert_eq!(office.written(&device("ocs2100-unchanged-freq0-02-inventory")), 2);
    office.set("FREQUENCY", "1");
    same_meaning(&office, "ocs2100-stop-freq1-01-prolog").await;
    office.set("FREQUENCY", "-1");
    same_meaning(&office, "ocs2100-stop-freq-minus1-01-prolog").await;
    office.set("FREQUENCY", "1");
    same_meaning(&office, "ocs2100-force-freq1-01-inventory").await;
    office.set("FREQUENCY", "0");
    change_tag(&office, &device("ocs2100-first-contact-02-inventory"), "SIEGE");
    same_meaning(&office, "ocs2100-tag-changed-on-server-01-prolog").await;
    same_meaning(&office, "ocs2100-tag-changed-on-server-02-inventory").await;
    same_meaning(&office, "ocs2100-tag-known-afterwards-01-prolog").await;
    same_meaning(&office, "ocs2100-tag-known-afterwards-02-inventory").await;
    same_rows(&office, "ocs2100-tag-known-afterwards", Family::Ocs);
    // The option REGISTRY comes with its feature; the inventory that answers it is one like any other.
    let (status, text) = replay(&office, "ocs2100-registry-enabled-01-prolog").await;
    assert_eq!((status, response(&text).as_str()), (200, "SEND"));
    same_meaning(&office, "ocs2100-registry-enabled-02-inventory").await;
    same_meaning(&office, "ocs2100-software-removed-01-prolog").await;
    same_meaning(&office, "ocs2100-software-removed-02-inventory").await;
    same_rows(&office, "ocs2100-software-removed", Family::Ocs);
    // The package itself is a later feature: what is compared is the decision.
    for scenario in ["download-execute", "after-download", "download-repeated", "download-off", "ipdiscover"] {
        let (status, text) = replay(&office, &format!("ocs2100-{scenario}-01-prolog")).await;
        assert_eq!((status, response(&text).as_str()), (200, "SEND"), "{scenario}");
    }
    for name in [
        "ocs2100-download-execute-03-inventory",
        "ocs2100-after-download-02-inventory",
        "ocs2100-download-repeated-03-inventory",
        "ocs2100-download-off-02-inventory",
        "ocs2100-ipdiscover-02-inventory",
    ] {
        same_meaning(&office, name).await;
        assert_eq!(office.differences(), Vec::<String>::new(), "{name}");
    }
    for name in ["ocs2100-download-execute-05-download", "ocs2100-download-repeated-02-download"] {
        assert_eq!(replay(&office, name).await, (200, String::new()), "{name}");
    }
    office.clock.forward(3600);
    let older = office.id(&device("ocs2100-first-contact-02-inventory")).unwrap();
    same_meaning(&office, "ocs2100-reinstalled-duplicate-01-prolog").await;
    same_meaning(&office, "ocs2100-reinstalled-duplicate-02-inventory").await;
    same_rows(&office, "ocs2100-reinstalled-duplicate", Family::Ocs);
    let younger = device("ocs2100-reinstalled-duplicate-02-inventory");
    assert_eq!((office.count(), office.tag(&younger).as_str()), (1, "SIEGE"));
    let fate = office.app.read(|store| rollcall::history::store::fate(store, older)).unwrap().unwrap();
    assert_eq!(fate.into, office.id(&younger));
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn a_fusioninventory_agent_through_its_life() {
    let office = office();
    let (status, text) = replay(&office, "fi26-refused-by-default-01-prolog").await;
    assert_eq!((status, response(&text).as_str()), (200, "SEND"), "pitfall 12: nobody is refused for its name");
    same_meaning(&office, "fi26-first-contact-01-prolog").await;
    same_meaning(&office, "fi26-first-contact-02-inventory").await;
    same_rows(&office, "fi26-first-contact", Family::Fusion);
    office.set("FREQUENCY", "1");
    same_meaning(&office, "fi26-stop-freq1-01-prolog").await;
    same_meaning(&office, "fi26-force-freq1-01-prolog").await;
    // 2.8.1 answers 500 because CHECKSUM is missing; 2.12.5 takes it and tells the TAG.
    let (status, text) = replay(&office, "fi26-force-freq1-02-inventory").await;
    assert_eq!((status, response(&text).as_str()), (200, "ACCOUNT_UPDATE"));
    same_rows(&office, "fi26-first-contact", Family::Fusion);
    office.set("FREQUENCY", "0");
    same_meaning(&office, "fi26-no-compression-01-prolog").await;
    let (status, text) = replay(&office, "fi26-no-compression-02-inventory").await;
    assert_eq!((status, response(&text).as_str()), (200, "ACCOUNT_UPDATE"));
    assert_eq!(office.differences(), Vec::<String>::new());
}

fn change_tag(office: &Office, device: &str, tag: &str) {
    let id = office.id(device).unwrap();
    let tag = tag.to_owned();
    office.blocking(move |app| {
        let row = rollcall::accountinfo::Account {
            values: [("TAG".to_owned(), tag.clone())].into(),
            ..rollcall::accountinfo::Account::default()
        };
        app.write(move |w| rollcall::accountinfo::store::keep(w, id, &row)).unwrap();
        app.fleet.change(|index| index.set_tag(id, &tag));
    });
}

/// Our rows, by the rules of comparison, next to those that the original stored.
fn same_rows(office: &Office, label: &str, family: Family) {
    let Some(tables) = original::tables(label) else { return };
    let text = |row: &std::collections::BTreeMap<String, Option<String>>, name: &str| match row.get(name) {
        // Leaves are trimmed here [R 1.6].
        Some(Some(text)) => text.trim().to_owned(),
        _ => "NULL".to_owned(),
    };
    let theirs = &tables["hardware"][0];
    let device = theirs["DEVICEID"].clone().unwrap();
    let stored = office.sections(&device);
    let mut compared = 0;
    for section in SECTIONS {
        let Some(table) = section.table.filter(|table| *table != "software") else { continue };
        let ours = stored.iter().find(|rows| rows.key == SectionKey::Known(section));
        let Some(theirs) = tables.get(table) else {
            assert!(
                ours.is_none_or(|ours| section.tag == "HARDWARE" || ours.rows.is_empty() || !in_schema(table)),
                "{label}: {table}"
            );
            continue;
        };
        // Other values than the cell decide on these; they are compared below.
        let decided = ["IPADDR", "LASTDATE", "CHECKSUM", "USERID", "CATEGORY_ID"];
        let fields = section.fields.iter().filter(|field| field.sql);
        let fields: Vec<&Field> =
            fields.filter(|field| section.tag != "HARDWARE" || !decided.contains(&field.name)).collect();
        let ours = ours.unwrap_or_else(|| panic!("{label}: no {table}"));
        let mut ours: Vec<Vec<String>> = ours
            .rows
            .iter()
            .map(|row| {
                fields.iter().map(|field| convert::column(section, field, row.value(&ours.key, field.name)).to_string())
            })
            .map(Iterator::collect)
            .collect();
        let mut theirs: Vec<Vec<String>> =
            theirs.iter().map(|row| fields.iter().map(|field| text(row, field.name)).collect()).collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{label} {table} {:?}", fields.iter().map(|f| f.name).collect::<Vec<_>>());
        compared += ours.len();
    }
    for (column, name) in [
        ("name", "NAME"),
        ("ipaddr", "IPADDR"),
        ("userid", "USERID"),
        ("useragent", "USERAGENT"),
        ("uuid", "UUID"),
        ("osname", "OSNAME"),
        ("processort", "PROCESSORT"),
    ] {
        let theirs = theirs[name].clone().unwrap_or_default();
        // What HARDWARE does not say is taken from other sections; the original holds NULL.
        if !theirs.is_empty() || family.is_ocs() {
            assert_eq!(office.column(&device, column), theirs, "{label} {name}");
        }
    }
    let account = &tables["accountinfo"][0];
    assert_eq!(Some(office.tag(&device)), account["TAG"], "{label}");
    let sum = theirs["CHECKSUM"].as_ref().unwrap().parse::<u64>().unwrap();
    assert_eq!(office.computer(&device).checksum & sum, sum, "{label}: bits are missing");
    compared += same_software(office, &device, label, family, &tables);
    assert!(compared > 100, "{label}: {compared}");
}

/// Tables that the capture looked at are there, if empty, when the original has them.
fn in_schema(table: &str) -> bool {
    !["saas", "javainfo", "journallog", "local_users", "local_groups", "batteries", "usbdevices"].contains(&table)
}

fn same_software(office: &Office, device: &str, label: &str, family: Family, tables: &original::Tables) -> usize {
    let dictionary = |table: &str, column: &str| -> std::collections::BTreeMap<String, String> {
        let rows = tables.get(table).into_iter().flatten();
        rows.map(|row| (row["ID"].clone().unwrap(), row[column].clone().unwrap_or_default())).collect()
    };
    let names = dictionary("software_name", "NAME");
    let publishers = dictionary("software_publisher", "PUBLISHER");
    let versions = dictionary("software_version", "VERSION");
    let word = |words: &std::collections::BTreeMap<String, String>, id: &Option<String>| {
        id.as_ref().and_then(|id| words.get(id)).cloned().unwrap_or_else(|| software::UNAVAILABLE.to_owned())
    };
    let mut theirs: Vec<[String; 4]> = tables["software"]
        .iter()
        .map(|row| {
            let date = row["INSTALLDATE"].clone().unwrap_or_default();
            [
                word(&names, &row["NAME_ID"]),
                word(&publishers, &row["PUBLISHER_ID"]),
                word(&versions, &row["VERSION_ID"]),
                date.get(..10).unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    let stored = office.sections(device);
    let list = stored.iter().find(|section| section.key.tag() == "SOFTWARES").unwrap();
    let entry = |row: &rollcall::inventory::rows::Row| {
        ["NAME", "PUBLISHER", "VERSION", "INSTALLDATE"].map(|name| row.value(&list.key, name).map(str::to_owned))
    };
    let entries: Vec<[Option<String>; 4]> = list.rows.iter().map(entry).collect();
    let kept = software::collapse(
        entries.iter().map(|[name, publisher, version, _]| (name.as_deref(), publisher.as_deref(), version.as_deref())),
    );
    let mut ours: Vec<[String; 4]> = kept
        .into_iter()
        .map(|at| {
            let [name, publisher, version, date] = &entries[at];
            let date = date.as_deref().unwrap_or_default();
            let day = match InstallDate::read(date, family) {
                InstallDate::Known(day) if InstallDate::is_taken_by_the_original(date) => day.to_string(),
                _ => String::new(),
            };
            [name, publisher, version]
                .map(|text| software::dictionary(text.as_deref()).to_owned())
                .into_iter()
                .chain([day])
                .collect::<Vec<_>>()
                .try_into()
                .unwrap()
        })
        .collect();
    // Where the original could not read a date it holds the day of the capture.
    let unknown: BTreeSet<(String, String, String)> =
        ours.iter().filter(|row| row[3].is_empty()).map(|[n, p, v, _]| (n.clone(), p.clone(), v.clone())).collect();
    for row in &mut theirs {
        if unknown.contains(&(row[0].clone(), row[1].clone(), row[2].clone())) {
            row[3].clear();
        }
    }
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs, "{label} software");
    ours.len()
}

/// Probes: what the field's server answers (2.8.1, and 2.12.5 where it differs), and what ours does.
const PROBES: &[(&str, u16, &str, &str)] = &[
    ("probe-bad-deviceid", 400, "", ""),
    ("probe-below-endpoint", 200, "SEND", ""),
    ("probe-broken-xml", 400, "", "400 where the engine fails with 500 [R 1.2]"),
    ("probe-download-report-unknown-computer", 200, "", ""),
    ("probe-empty-body", 400, "", "400 where the engine fails with 500 [R 1.2]"),
    ("probe-gzip-prolog", 200, "SEND", ""),
    ("probe-inventory-latin1", 200, "NO_ACCOUNT_UPDATE", ""),
    ("probe-inventory-local-agent", 200, "NO_ACCOUNT_UPDATE", ""),
    ("probe-inventory-no-content", 400, "", "refused for a new computer [R 4.1]"),
    ("probe-inventory-utf8-astral", 200, "NO_ACCOUNT_UPDATE", ""),
    ("probe-inventory-without-prolog", 200, "NO_ACCOUNT_UPDATE", ""),
    ("probe-lowercase-query", 400, "", ""),
    ("probe-newer-agent-2.99", 200, "SEND", "every agent is accepted [R 1.9]"),
    ("probe-newer-agent-3.0", 200, "SEND", "every agent is accepted [R 1.9]"),
    ("probe-no-agent-header", 200, "SEND", "every agent is accepted [R 1.9]"),
    ("probe-no-deviceid", 400, "", ""),
    ("probe-no-query", 400, "", ""),
    ("probe-not-zlib", 400, "", "400 where the engine fails with 500 [R 1.2]"),
    ("probe-old-windows-4027", 200, "SEND", "every agent is accepted [R 1.9]"),
    ("probe-old-windows-4061", 200, "SEND", ""),
    ("probe-plain-prolog-no-declaration", 200, "SEND", "a body may begin with <REQUEST [R 1.4]"),
    ("probe-plain-prolog", 200, "SEND", ""),
    ("probe-raw-deflate", 200, "SEND", "raw deflate is understood [R 1.4]"),
    ("probe-trailing-slash", 200, "SEND", ""),
    ("probe-truncated-zlib", 400, "", "400 where the engine fails with 500 [R 1.2]"),
    ("probe-unknown-agent", 200, "SEND", "every agent is accepted [R 1.9]"),
    ("probe-unknown-query", 400, "", ""),
    ("probe-zlib-not-xml", 400, "", "400 where the engine fails with 500 [R 1.2]"),
];

#[actix_web::test]
async fn probes_are_answered_as_the_field_does_or_better() {
    for (name, status, expected, why) in PROBES {
        let office = office();
        let (ours, text) = replay(&office, name).await;
        let said = if text.is_empty() { String::new() } else { response(&text) };
        assert_eq!((ours, said.as_str()), (*status, *expected), "{name}");
        let captured = String::from_utf8_lossy(&fixture(&format!("{name}.response.http"))).into_owned();
        let theirs = captured.split(' ').nth(1).unwrap().to_owned();
        assert_eq!(theirs == status.to_string(), why.is_empty(), "{name}: the field answers {theirs}");
        if ours == 200 && !text.is_empty() {
            assert!(
                !why.is_empty()
                    || meaning(&text) == {
                        let theirs = String::from_utf8(fixture(&format!("{name}.response.xml"))).unwrap();
                        // The captured server was set to other latencies and, before some probes, to another TAG.
                        meaning(&theirs)
                    },
                "{name}: {text}"
            );
        }
        assert_eq!(office.count(), usize::from(expected.contains("ACCOUNT")), "{name}");
        // Whatever it was, the next one works.
        same_meaning(&office, "ocs2100-first-contact-01-prolog").await;
        same_meaning(&office, "ocs2100-first-contact-02-inventory").await;
    }
}

/// GET requests: the transport hands their path to the endpoint.
#[actix_web::test]
async fn captured_gets_are_answered_with_the_same_status() {
    let office = office();
    office.blocking(|app| {
        app.write(|w| rollcall::deployment::launcher::set_label(w, "Tag of the computer")).unwrap();
    });
    for (name, status) in [
        ("probe-deploy-label", 200),
        ("probe-deploy-missing-file", 400),
        ("probe-get-browser", 400),
        ("probe-get-root", 400),
    ] {
        let line = request(name).line;
        let path = line.split(' ').nth(1).unwrap().strip_prefix("/ocsinventory").unwrap().to_owned();
        let ours = match office.agents.file(&path) {
            Ok(_) => 200,
            Err(answer) => answer.status,
        };
        let captured = String::from_utf8_lossy(&fixture(&format!("{name}.response.http"))).into_owned();
        assert_eq!((ours, captured.split(' ').nth(1)), (status, Some(status.to_string().as_str())), "{name}");
    }
}

/// Every captured request stands in one of the tables above, or in the list of those for other features.
#[test]
fn no_capture_is_forgotten() {
    let source = include_str!("captured.rs");
    let elsewhere = [
        "probe-download-missing",
        "probe-head",
        "probe-put",
        "ocs2100-download-execute-02-get_download_1700000001_info",
        "ocs2100-download-execute-04-get_download_1700000001_1700000001_1",
    ];
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in names.filter_map(|name| name.strip_suffix(".request.http").map(str::to_owned)) {
        let scenario = name.strip_suffix("-01-prolog").and_then(|name| name.strip_prefix("ocs2100-"));
        let named = source.contains(&format!("\"{name}\""))
            || scenario.is_some_and(|name| source.contains(&format!("\"{name}\"")));
        assert!(named || elsewhere.contains(&name.as_str()), "{name}");
    }
}

#[actix_web::test]
async fn files_of_agents_in_local_mode_are_imported() {
    let office = Office::new();
    for name in ["ocs2100-local.ocs", "fi26-local.ocs"] {
        let bytes = fixture(name);
        let first = office.import(&bytes).await;
        assert!(matches!(first, Imported::New(_)), "{name}: {first:?}");
        let again = office.import(&bytes).await;
        assert!(matches!(again, Imported::Unchanged(_)), "{name}: {again:?}");
        // A file of a stick is the same file as one from the network.
        let posted = office.post("OCS_local_7081", &bytes).await;
        assert_eq!(posted.status, 200, "{name}");
    }
    assert_eq!(office.count(), 2);
    assert_eq!(office.differences(), Vec::<String>::new());
}
