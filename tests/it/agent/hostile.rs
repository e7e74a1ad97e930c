//! Messages that mean harm: refused in bounded work, nothing stored, and the next one works.

use std::io::Write;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use rollcall::agent::{Caller, ImportRefusal, Imported};
use rollcall::protocol::envelope::{self, Packing};

use super::recognition::run;
use crate::office::{Office, UNIX, clear, fixture, inventory, prolog};

const PC: &str = "pc-2026-02-03-08-15-42";
const HARDWARE: &str = "<HARDWARE><NAME>pc</NAME></HARDWARE>";

async fn still_works(office: &Office) {
    assert_eq!(office.say(UNIX, &prolog(PC)).await.0, 200);
    assert_eq!(office.say(UNIX, &inventory(PC, HARDWARE)).await.0, 200);
    assert_eq!(office.count(), 1);
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// Refused over the network and as a file, with nothing stored.
async fn refused(office: &Office, name: &str, body: &[u8], status: u16) {
    let answer = office.post(UNIX, body).await;
    assert_eq!((answer.status, answer.body.len(), office.count()), (status, 0, 0), "{name}");
    let imported = office.import(body).await;
    assert!(matches!(imported, Imported::Refused(_)), "sec_30: {name}: {imported:?}");
    assert_eq!(office.count(), 0, "{name}");
}

#[actix_web::test]
async fn sec_01_bombs_are_413() {
    let office = Office::new();
    let spaces = vec![b' '; 70 << 20];
    let text = [inventory(PC, HARDWARE).as_bytes(), &spaces].concat();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&text).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&text).unwrap();
    let zlib = zlib.finish().unwrap();
    assert!(zlib.len() < 1 << 20);
    for (name, body) in [
        ("zlib", zlib.clone()),
        ("gzip", gzip.finish().unwrap()),
        ("deflate", zlib[2..].to_vec()),
        ("plain", text),
        // Less than the bound, and more than 200 times what was sent.
        ("ratio", envelope::seal(&" ".repeat(8 << 20), Packing::Zlib)),
    ] {
        refused(&office, name, &body, 413).await;
    }
    let imported = office.import(&zlib).await;
    assert!(matches!(imported, Imported::Refused(ImportRefusal::TooLarge)), "{imported:?}");
    still_works(&office).await;
}

#[actix_web::test]
async fn sec_03_a_doctype_ends_the_message_wherever_it_stands() {
    let office = Office::new();
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let plain = inventory(PC, "<HARDWARE><NAME>&l9;</NAME></HARDWARE>");
    let at = plain.find("<REQUEST>").unwrap();
    for (name, doctype) in [
        ("laughs", format!("<!DOCTYPE r [<!ENTITY l0 \"lol\">{laughs}]>")),
        ("a file", "<!DOCTYPE r [<!ENTITY l9 SYSTEM \"file:///etc/passwd\">]>".to_owned()),
        ("an address", "<!DOCTYPE r [<!ENTITY l9 SYSTEM \"http://127.0.0.1:9/x\">]>".to_owned()),
        ("parameters", "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x\"> %p;]>".to_owned()),
        ("a name only", "<!DOCTYPE REQUEST>".to_owned()),
    ] {
        let text = [&plain[..at], &doctype, &plain[at..]].concat();
        refused(&office, name, &envelope::seal(&text, Packing::Zlib), 400).await;
        refused(&office, name, text.as_bytes(), 400).await;
    }
    let inside = inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE><!DOCTYPE x [<!ENTITY a \"b\">]>");
    refused(&office, "inside", inside.as_bytes(), 400).await;
    // An entity that nobody defined is text like any other.
    office.inventory(PC, "<HARDWARE><NAME>&l9;</NAME></HARDWARE>").await;
    assert_eq!(office.column(PC, "name"), "&l9;");
}

#[actix_web::test]
async fn sec_04_depth_elements_attributes_and_names_are_bounded() {
    let office = Office::new();
    let attributes: String = (0..200_000).map(|n| format!(" a{n}=\"\"")).collect();
    let long = "n".repeat(20 << 20);
    for (name, content) in [
        ("2,000,000 nested elements", "<a>".repeat(2_000_000)),
        ("2,000,000 nested elements, closed", ["<a>".repeat(2_000_000), "</a>".repeat(2_000_000)].concat()),
        ("33 deep", ["<a>".repeat(33), "</a>".repeat(33)].concat()),
        ("200,000 attributes", format!("<A{attributes}/>")),
        ("a name of 20 MB", format!("<{long}/>")),
        ("a name of 257 bytes", format!("<{}/>", "n".repeat(257))),
        ("an attribute of 257 bytes", format!("<A {}=\"1\"/>", "n".repeat(257))),
        ("1,000,001 elements", "<a/>".repeat(1_000_001)),
    ] {
        let body = inventory(PC, &format!("{HARDWARE}{content}"));
        refused(&office, name, body.as_bytes(), 400).await;
    }
    still_works(&office).await;
}

#[actix_web::test]
async fn sec_04_the_native_form_has_the_same_bounds() {
    let office = Office::new();
    let glpi = Caller { glpi: true, ..office.caller("GLPI-Agent_v1.12") };
    let report = |content: &str| format!(r#"{{"action":"inventory","deviceid":"{PC}","content":{content}}}"#);
    for (name, body, status) in [
        ("nested lists", report(&"[".repeat(1_000_000)), 400),
        ("nested objects", report(&"{\"a\":".repeat(1_000_000)), 400),
        ("33 deep", report(&["{\"a\":".repeat(33), "1".to_owned(), "}".repeat(33)].concat()), 400),
        ("1,000,001 values", report(&format!("{{\"a\":[{}1]}}", "1,".repeat(1_000_000))), 400),
        ("a name of 300 bytes", report(&format!("{{\"{}\":{{\"b\":1}}}}", "n".repeat(300))), 400),
        ("cut short", report("{\"hardware\":{\"name\":\"pc\"}")[..90].to_owned(), 400),
        ("no computer", report("{}"), 400),
    ] {
        let answer = office.agents.post(body.into_bytes(), glpi.clone()).await;
        assert_eq!((answer.status, office.count()), (status, 0), "{name}");
    }
    still_works(&office).await;
}

/// A row of some thousand equal leaves took minutes: each was numbered by trying all numbers before it.
#[actix_web::test]
async fn sec_04_many_of_anything_take_no_more_than_their_share_of_time() {
    let many = |count: usize, one: &dyn Fn(usize) -> String| -> String { (0..count).map(one).collect() };
    let inside = |tag: &str, content: String| format!("<{tag}>{content}</{tag}>");
    let count = 8_000;
    for (name, content, agent) in [
        ("equal leaves", inside("PLUGIN", many(count, &|_| "<X>1</X>".into())), UNIX),
        ("different leaves", inside("PLUGIN", many(count, &|n| format!("<X{n}>1</X{n}>"))), UNIX),
        ("equal leaves of a declared section", inside("BIOS", many(count, &|_| "<SSN>1</SSN><X>2</X>".into())), UNIX),
        ("members", inside("LOCAL_GROUPS", many(count, &|_| "<MEMBER>somebody</MEMBER>".into())), UNIX),
        ("sections", many(count, &|n| format!("<S{n}><A>1</A></S{n}>")), UNIX),
        ("sections in turn", many(count, &|n| format!("<S{n}><A>1</A></S{n}><T><B>1</B></T>")), UNIX),
        (
            "interfaces",
            many(count, &|n| format!("<NETWORKS><MACADDR>m{n}</MACADDR><IPADDRESS>a{n}</IPADDRESS></NETWORKS>")),
            UNIX,
        ),
        ("users", many(count, &|n| format!("<USERS><LOGIN>u{n}</LOGIN></USERS>")), "GLPI-Agent_v1.12"),
        ("hardware", many(count, &|n| format!("<HARDWARE><NAME>pc</NAME><X{n}>1</X{n}></HARDWARE>")), UNIX),
        (
            "pairs",
            many(count, &|n| format!("<ACCOUNTINFO><KEYNAME>k{n}</KEYNAME><KEYVALUE>v</KEYVALUE></ACCOUNTINFO>")),
            UNIX,
        ),
        ("software", many(count, &|n| format!("<SOFTWARES><NAME>s{n}</NAME><FOLDER>f{n}</FOLDER></SOFTWARES>")), UNIX),
    ] {
        let office = Office::new();
        office.set("AUTO_DUPLICATE_LVL", "4");
        let begun = Instant::now();
        for device in [PC, PC, "other-2026-02-03-08-15-42"] {
            let (status, _) = office.say(agent, &inventory(device, &format!("{HARDWARE}{content}"))).await;
            assert_eq!(status, 200, "{name}");
        }
        // In seconds where it would be hours; a debug build on a busy machine has room.
        assert!(begun.elapsed() < Duration::from_secs(60), "{name}: {:?}", begun.elapsed());
        assert_eq!(office.differences(), Vec::<String>::new(), "{name}");
    }
}

#[actix_web::test]
async fn sec_13_hostile_identifiers_are_keys_and_nothing_else() {
    let date = "-2026-02-03-08-15-42";
    let mut hostile: Vec<(String, bool)> = [
        "",
        "-",
        "pc",
        "2026-02-03-08-15-42",
        "-2026-02-03-08-15-42",
        "pc-2026-02-03-08-15",
        "pc-2026-2-3-8-15-42",
        "pc-2026-02-03-08-15-4x",
        "pc-2026-02-03-08-15-42-",
        "pc-2026-02-03-08-15-420",
        "pc_2026_02_03_08_15_42",
        "_SYSTEMGROUP_",
        "_DOWNLOADGROUP_",
        "../../etc/passwd",
        "é-02-03-08-15-42",
        "pc-２０２６-02-03-08-15-42",
        "pc\n-2026-02-03-08-15-42x",
    ]
    .map(|id| (id.to_owned(), false))
    .into();
    hostile.extend(
        [
            ("../../etc/passwd", true),
            ("..\\..\\windows", true),
            ("/", true),
            ("C:\\x", true),
            ("con", true),
            ("a:b", true),
            ("&lt;script&gt;alert(1)&lt;/script&gt;", true),
            ("' OR 1=1 --", true),
            ("\"; DROP TABLE hardware; --", true),
            ("${jndi:ldap://x}", true),
            ("%00%2e%2e", true),
            ("{{7*7}}", true),
            ("=cmd|' /C calc'!A0", true),
            ("😀", true),
            ("\u{202e}gpj.exe", true),
            ("a\u{200d}b", true),
            (" pc", true),
            ("pc ", true),
            ("PC", true),
            ("_SYSTEMGROUP_", true),
            ("a&amp;b", true),
            ("-2026-02-03-08-15-42", true),
            ("a\tb", false),
            ("a&#10;b", false),
            ("a&#x0;b", true),
        ]
        .map(|(host, good)| (format!("{host}{date}"), good)),
    );
    hostile.push((format!("{}{date}", "x".repeat(235)), true));
    hostile.push((format!("{}{date}", "x".repeat(236)), false));
    hostile.push((format!("{}{date}", "é".repeat(100_000)), false));
    assert!(hostile.len() >= 40);
    for (device, good) in hostile {
        let office = Office::new();
        let status = if good { 200 } else { 400 };
        assert_eq!(office.say(UNIX, &prolog(&device)).await.0, status, "{device:?}");
        assert_eq!(office.say(UNIX, &inventory(&device, HARDWARE)).await.0, status, "{device:?}");
        assert_eq!(office.count(), usize::from(good), "{device:?}");
        let download = prolog(&device).replace("PROLOG", "DOWNLOAD");
        assert_eq!(office.say(UNIX, &download).await.0, status, "{device:?}");
        assert_eq!(office.differences(), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn sec_16_headers_unlock_nothing() {
    let plain = Office::new();
    let text = plain.say(UNIX, &prolog(PC)).await;
    for agent in ["local", "OCS_local_7081", "127.0.0.1", "admin\r\nX: y", &"A".repeat(100_000), "<script>", "\u{0}"] {
        let office = Office::new();
        assert_eq!(office.say(agent, &prolog(PC)).await, text, "{agent:.40}");
        office.set("INVENTORY_SESSION_ONLY", "1");
        let other = inventory("other-2026-02-03-08-15-42", HARDWARE);
        assert_eq!(office.say(agent, &other).await.0, 403, "{agent:.40}");
        assert_eq!(office.say(agent, &inventory(PC, HARDWARE)).await.0, 200, "{agent:.40}");
        let stored = office.column(PC, "useragent");
        assert!(stored.chars().count() <= 50 && !stored.contains(char::is_control), "{stored:?}");
        assert_eq!(office.column(PC, "ipsrc"), "192.168.50.7");
        let json = Caller { content_type: Some("application/json".into()), ..office.caller(agent) };
        let contact = format!("{{\"action\":\"contact\",\"deviceid\":\"{PC}\"}}");
        assert_eq!(office.agents.post(contact.into_bytes(), json).await.status, 400, "{agent:.40}");
    }
}

/// A real inventory, cut at every 500th byte: before it was packed, and after.
#[actix_web::test]
async fn what_was_cut_on_its_way_is_refused_and_nothing_of_it_is_stored() {
    let office = Office::new();
    let text = fixture("ocs2100-first-contact-02-inventory.request.xml");
    let whole = text.len() - text.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    for length in (0..whole).step_by(500).chain([whole - 1]) {
        let answer = office.post(UNIX, &text[..length]).await;
        assert_eq!((answer.status, office.count()), (400, 0), "{length}");
    }
    let packed = envelope::seal(std::str::from_utf8(&text).unwrap(), Packing::Zlib);
    for length in (0..packed.len() - 100).step_by(500) {
        refused(&office, &length.to_string(), &packed[..length], 400).await;
    }
    let half = String::from_utf8(text[..whole / 2].to_vec()).unwrap();
    let imported = office.import(half.as_bytes()).await;
    assert!(matches!(imported, Imported::Refused(ImportRefusal::Truncated(..))), "{imported:?}");
    let answer = office.post(UNIX, &packed).await;
    assert_eq!((answer.status, office.count()), (200, 1), "{}", clear(&answer));
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[test]
fn random_bytes_are_an_answer_and_never_a_panic() {
    run(async {
        let office = Office::new();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let real = inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE><BIOS A='1'>x<SSN>S</SSN></BIOS>").into_bytes();
        let real_packed = envelope::seal(&inventory(PC, HARDWARE), Packing::Zlib);
        for case in 0..2_000 {
            let body: Vec<u8> = match case % 4 {
                0 => (0..random() % 300).map(|_| random() as u8).collect(),
                // Bytes that look packed.
                1 => [&[0x78, 0x9c][..], &(0..random() % 300).map(|_| random() as u8).collect::<Vec<_>>()].concat(),
                // A few bytes of a real message changed.
                2 => {
                    let mut body = real.clone();
                    for _ in 0..=random() % 4 {
                        let at = random() as usize % body.len();
                        body[at] =
                            if random() % 2 == 0 { b"<>&/'\"= ;![]-"[random() as usize % 13] } else { random() as u8 };
                    }
                    body
                }
                _ => {
                    let mut body = real_packed.clone();
                    let at = random() as usize % body.len();
                    body[at] ^= 1 << (random() % 8);
                    body
                }
            };
            let agent = ["", UNIX, "OCS-NG_Android_agent_v2.7", "GLPI-Agent_v1.12"][random() as usize % 4];
            let caller = Caller { glpi: random() % 2 == 0, ..office.caller(agent) };
            let answer = office.agents.post(body, caller).await;
            assert!([200, 400, 413, 500].contains(&answer.status), "{case}: {}", answer.status);
        }
        office.inventory(PC, HARDWARE).await;
        assert_eq!(office.differences(), Vec::<String>::new());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_any_place_is_stored_or_refused(name in "\\PC{0,20}", value in any::<String>(), json in any::<bool>()) {
        run(async {
            let office = Office::new();
            let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
            let body = if json {
                serde_json::json!({"action": "inventory", "deviceid": PC, "content": {"hardware": {"name": "pc", "description": value}, name: {"a": value}}}).to_string()
            } else {
                inventory(PC, &format!("<HARDWARE><NAME>pc</NAME><DESCRIPTION>{escaped}</DESCRIPTION></HARDWARE><PLUGIN><A>{name}</A></PLUGIN>"))
            };
            let caller = Caller { glpi: true, ..office.caller("GLPI-Agent_v1.12") };
            let answer = office.agents.post(envelope::seal(&body, Packing::Zlib), caller).await;
            assert!([200, 400].contains(&answer.status), "{}", answer.status);
            if office.count() == 1 {
                assert_eq!(office.column(PC, "name"), "pc");
                assert_eq!(office.differences(), Vec::<String>::new());
            }
        });
    }
}

/// Sections that an inventory does not mention are kept, but not without end.
#[actix_web::test]
async fn other_sections_each_time_do_not_add_up() {
    let office =
        Office::with(|config| config.limits.inflated = 256 << 10, || rollcall::store::Store::in_memory().unwrap());
    let sent = async |n: usize, rows: usize| {
        let row = format!("<PLUGIN{n}><A>{}</A></PLUGIN{n}>", "a".repeat(1000));
        let (status, _) = office.say(UNIX, &inventory(PC, &format!("{HARDWARE}{}", row.repeat(rows)))).await;
        assert_eq!(status, 200);
    };
    for n in 0..10 {
        sent(n, 100).await;
        let kept: usize = office.everything(PC).values().map(Vec::len).sum();
        assert!((100..300).contains(&kept), "{kept} after {n}");
        assert!(office.everything(PC).contains_key(&format!("PLUGIN{n}")));
    }
    assert_eq!(office.differences(), Vec::<String>::new());
}
