//! How messages are packed, named and answered, whoever sends them. Protocol page, sections 1, 2, 13, 14 and 17.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compress, Compression, FlushCompress};
use rollcall::agent::{Answer, Caller, Content};
use rollcall::deployment::launcher;
use rollcall::history::{Kind, Outcome};
use rollcall::protocol::envelope::{self, Packing};

use crate::office::{Office, UNIX, WINDOWS, clear, inventory, prolog};

const PC: &str = "pc-2026-02-03-08-15-42";
const ANDROID: &str = "OCS-NG_Android_agent_v2.7";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// As Windows agents do: flushed, without final block and checksum.
fn flushed(bytes: &[u8], zlib: bool) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 4096);
    Compress::new(Compression::default(), zlib).compress_vec(bytes, &mut packed, FlushCompress::Sync).unwrap();
    packed
}

fn zlib(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// By the first bytes, as agents look at an answer.
fn packing(answer: &Answer) -> &'static str {
    match answer.body.as_slice() {
        [0x78, 0x9c, ..] => "zlib",
        [0x1f, 0x8b, 0x08, ..] => "gzip",
        [b'<', ..] => "plain",
        [] => "empty",
        _ => "unknown",
    }
}

#[actix_web::test]
async fn pitfall_01_every_packing_is_opened_and_answered_in_kind() {
    let text = prolog(PC);
    let bytes = text.as_bytes();
    let long =
        inventory(PC, &format!("<HARDWARE><NAME>pc</NAME></HARDWARE><NOTE>{}</NOTE>", "many words ".repeat(5000)));
    for (name, pack, answered) in [
        ("zlib", (|bytes| zlib(bytes, 6)) as fn(&[u8]) -> Vec<u8>, "zlib"),
        ("pitfall 5: fastest", |bytes| zlib(bytes, 1), "zlib"),
        ("pitfall 5: smallest", |bytes| zlib(bytes, 9), "zlib"),
        ("not compressed at all", |bytes| zlib(bytes, 0), "zlib"),
        ("Windows", |bytes| flushed(bytes, true), "zlib"),
        ("with garbage behind", |bytes| [zlib(bytes, 6), b"garbage".to_vec()].concat(), "zlib"),
        ("without its checksum", |bytes| zlib(bytes, 6)[..zlib(bytes, 6).len() - 4].to_vec(), "zlib"),
        ("raw deflate", deflate, "zlib"),
        ("raw deflate, flushed", |bytes| flushed(bytes, false), "zlib"),
        ("gzip", gzip, "gzip"),
        ("plain", <[u8]>::to_vec, "plain"),
        ("a byte order mark", |bytes| [b"\xef\xbb\xbf", bytes].concat(), "plain"),
        ("blanks first", |bytes| [b"\r\n \t", bytes].concat(), "plain"),
        ("no declaration", |bytes| bytes[bytes.windows(8).position(|w| w == b"<REQUEST").unwrap()..].to_vec(), "plain"),
        (
            "declared in capitals",
            |bytes| String::from_utf8_lossy(bytes).replace("<?xml", "<?XML").into_bytes(),
            "plain",
        ),
    ] {
        let office = Office::new();
        let answer = office.post(UNIX, &pack(bytes)).await;
        assert_eq!((answer.status, packing(&answer)), (200, answered), "{name}");
        assert!(clear(&answer).contains("<RESPONSE>SEND</RESPONSE>"), "{name}");
        let answer = office.post(UNIX, &pack(long.as_bytes())).await;
        assert_eq!((answer.status, packing(&answer), office.count()), (200, answered, 1), "{name}, long");
        assert!(clear(&answer).contains("<RESPONSE>NO_ACCOUNT_UPDATE</RESPONSE>"), "{name}");
    }
}

#[actix_web::test]
async fn pitfall_04_the_content_type_of_an_answer_is_the_one_that_its_agent_takes() {
    let office = Office::new();
    for (agent, content_type, packed, expected) in [
        (UNIX, Some("application/x-compress"), Packing::Zlib, "application/x-compressed"),
        (WINDOWS, Some("application/x-compressed"), Packing::Zlib, "application/x-compressed"),
        (ANDROID, Some("text/plain; charset=\"UTF-8\""), Packing::Gzip, "application/x-compressed"),
        (
            "FusionInventory-Agent_v2.6-3",
            Some("application/x-compress-zlib"),
            Packing::Zlib,
            "application/x-compress-zlib",
        ),
        ("FusionInventory-Agent_v2.6-3", Some("application/xml"), Packing::Plain, "application/xml"),
        ("GLPI-Agent_v1.12", Some("application/x-compress-zlib"), Packing::Zlib, "application/x-compress-zlib"),
        ("GLPI-Agent_v1.12", Some("application/x-compress-gzip"), Packing::Gzip, "application/x-compress-gzip"),
        ("GLPI-Agent_v1.12", Some("application/xml"), Packing::Plain, "application/xml"),
        ("OCS-NG_INJECTOR_PL_v3", Some("Application/x-compress"), Packing::Zlib, "application/x-compressed"),
        ("OCS_POWERSHELL_INJECTOR_V2.8", Some("application/xml"), Packing::Plain, "application/xml"),
        ("curl/8", Some("text/html"), Packing::Plain, "application/x-compressed"),
        ("", None, Packing::Zlib, "application/x-compressed"),
    ] {
        let caller = Caller { content_type: content_type.map(str::to_owned), ..office.caller(agent) };
        for text in [prolog(PC), inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE>")] {
            let answer = office.agents.post(envelope::seal(&text, packed), caller.clone()).await;
            assert_eq!((answer.status, answer.content_type), (200, expected), "{agent}");
            assert!(!answer.body.is_empty(), "pitfall 6: {agent}");
        }
    }
    assert_eq!(office.count(), 1);
}

#[actix_web::test]
async fn pitfall_12_no_agent_is_refused_for_its_name() {
    let office = Office::new();
    for agent in [
        "OCS-NG_windows_client_v4027",
        "OCS-NG_windows_client_v4031",
        "OCS-NG_linux_client_v13",
        "OCS-NG_unified_unix_agent_v3.0",
        "OCS-NG_WINDOWS_AGENT_v99",
        "FusionInventory-Agent_v2.6-3",
        "GLPI-Agent_v1.12",
        "curl/8",
        "",
        "<script>\"';",
        "_v",
    ] {
        assert_eq!(office.say(agent, &prolog(PC)).await.0, 200, "{agent}");
        let (status, _) = office.say(agent, &inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE>")).await;
        assert_eq!(status, 200, "{agent}");
        assert!(office.column(PC, "useragent").chars().count() <= 50);
    }
}

#[actix_web::test]
async fn pitfall_13_what_cannot_be_read_is_400_and_500_for_android() {
    let truncated = &inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE>")[..120];
    let damaged = [&[0x78, 0x9c][..], &[0xff; 40]].concat();
    for (name, body) in [
        ("empty", Vec::new()),
        ("neither packed nor text", b"\x00\x01\x02 no".to_vec()),
        ("damaged zlib", damaged),
        ("damaged gzip", [&[0x1f, 0x8b, 8][..], &[0xff; 40]].concat()),
        ("zlib without XML", envelope::seal("hello", Packing::Zlib)),
        ("a text cut short", envelope::seal(truncated, Packing::Zlib)),
        ("not well-formed", envelope::seal("<REQUEST><A></B></REQUEST>", Packing::Zlib)),
        ("two roots", envelope::seal("<REQUEST/><REQUEST/>", Packing::Zlib)),
        ("a web page", b"<!DOCTYPE html><html></html>".to_vec()),
    ] {
        for (agent, status) in [(UNIX, 400), (WINDOWS, 400), ("", 400), (ANDROID, 500)] {
            let office = Office::new();
            let answer = office.post(agent, &body).await;
            assert_eq!((answer.status, answer.body.len(), office.count()), (status, 0, 0), "{name}, {agent}");
        }
    }
}

#[actix_web::test]
async fn envelopes_without_a_word_or_a_name_are_refused() {
    let office = Office::new();
    for (text, status) in [
        (format!("<REQUEST><DEVICEID>{PC}</DEVICEID></REQUEST>"), 400),
        (prolog(PC).replace("PROLOG", "prolog"), 400),
        (prolog(PC).replace("PROLOG", "PROLOG2"), 400),
        (prolog(PC).replace("PROLOG", "SYSTEM"), 400),
        (prolog(PC).replace("PROLOG", "FILE"), 400),
        (prolog(PC).replace("PROLOG", "NETDISCOVERY"), 400),
        (prolog(PC).replace("PROLOG", "SNMPQUERY"), 400),
        (prolog(PC).replace("QUERY>", "query>"), 400),
        ("<REQUEST><QUERY>PROLOG</QUERY></REQUEST>".to_owned(), 400),
        ("<REQUEST><QUERY>DOWNLOAD</QUERY></REQUEST>".to_owned(), 400),
        ("<REQUEST><QUERY>NOTIFY</QUERY></REQUEST>".to_owned(), 400),
        (prolog("pc"), 400),
        (prolog("_SYSTEMGROUP_"), 400),
        // Blanks are trimmed from leaves, so a padded word is the word.
        (prolog(PC).replace("PROLOG", " PROLOG "), 200),
        (format!("<ANYTHING DEVICEID='{PC}' QUERY='PROLOG'/>"), 200),
        (format!("<REQUEST QUERY='PROLOG'><CONTENT><DEVICEID>{PC}</DEVICEID></CONTENT></REQUEST>"), 200),
        (
            format!(
                "<REQUEST><CONTENT /><DEVICEID>{PC}\n</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN></REQUEST>"
            ),
            200,
        ),
    ] {
        assert_eq!(office.say(UNIX, &text).await.0, status, "{text}");
    }
    assert_eq!(office.count(), 0);
}

#[actix_web::test]
async fn pitfall_15_results_of_packages_are_taken_in_all_three_spellings() {
    let office = Office::new();
    office.inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE>").await;
    for (agent, text) in [
        (UNIX, format!("<REQUEST DEVICEID=\"{PC}\" ERR=\"SUCCESS\" ID=\"17\" QUERY=\"DOWNLOAD\" />")),
        (
            WINDOWS,
            format!(
                "<REQUEST ID=\"17\" ERR=\"SUCCESS\"><CONTENT/><DEVICEID>{PC}</DEVICEID><QUERY>DOWNLOAD</QUERY></REQUEST>"
            ),
        ),
        (
            ANDROID,
            format!("<REQUEST><DEVICEID>{PC}</DEVICEID><QUERY>DOWNLOAD</QUERY><ID>17</ID><ERR>SUCCESS</ERR></REQUEST>"),
        ),
        (
            ANDROID,
            format!(
                "<REQUEST DEVICEID='{PC}' QUERY='DOWNLOAD'><CONTENT><ID>17</ID><ERR>SUCCESS</ERR></CONTENT></REQUEST>"
            ),
        ),
    ] {
        for packed in [Packing::Zlib, Packing::Plain] {
            let answer = office.post(agent, &envelope::seal(&text, packed)).await;
            assert_eq!((answer.status, answer.body.len()), (200, 0), "{text}");
            let contact = office.contacts(PC).pop().unwrap();
            assert_eq!((contact.kind, contact.outcome), (Kind::Download, Outcome::Noted("SUCCESS".to_owned())));
        }
    }
    // Pitfall 37: the same result twice, a result without a code, of nobody, of no package.
    for text in [
        format!("<REQUEST DEVICEID=\"{PC}\" ID=\"17\" QUERY=\"DOWNLOAD\" />"),
        format!("<REQUEST DEVICEID=\"{PC}\" QUERY=\"DOWNLOAD\" />"),
        "<REQUEST DEVICEID=\"x-2026-02-03-08-15-42\" ERR=\"SUCCESS\" ID=\"17\" QUERY=\"DOWNLOAD\" />".to_owned(),
    ] {
        assert_eq!(office.say(UNIX, &text).await, (200, String::new()), "{text}");
    }
    assert_eq!(office.contacts(PC).pop().unwrap().outcome, Outcome::Noted("UNKNOWN_CODE".to_owned()));
    assert_eq!(office.count(), 1);
}

#[actix_web::test]
async fn update_is_answered_no_update_whatever_it_says() {
    let office = Office::new();
    for text in [
        "<REQUEST><DEVICEID>x</DEVICEID><QUERY>UPDATE</QUERY><PLATFORM>WINDOWS</PLATFORM><AGENT>4030</AGENT></REQUEST>",
        "<REQUEST><QUERY>UPDATE</QUERY></REQUEST>",
        "<REQUEST><QUERY>UPDATE</QUERY><PLATFORM>BEOS</PLATFORM></REQUEST>",
    ] {
        let (status, reply) = office.say(UNIX, text).await;
        assert!(status == 200 && reply.contains("<RESPONSE>NO_UPDATE</RESPONSE>"), "{text}: {reply}");
    }
}

#[actix_web::test]
async fn pitfall_06_snmp_and_unknown_notifications_get_an_empty_200() {
    let office = Office::new();
    let snmp = format!(
        "<REQUEST><CONTENT><snmp_default><DefaultName>sw</DefaultName></snmp_default></CONTENT><DEVICEID>{PC}</DEVICEID><QUERY>SNMP</QUERY></REQUEST>"
    );
    let notify =
        |kind: &str| format!("<REQUEST><DEVICEID>{PC}</DEVICEID><CONTENT /><QUERY>NOTIFY</QUERY>{kind}</REQUEST>");
    for text in
        [snmp, notify(""), notify("<TYPE>IP</TYPE>"), notify("<TYPE>USB</TYPE>"), notify("<TYPE>IP</TYPE><IFACE/>")]
    {
        assert_eq!(office.say(WINDOWS, &text).await, (200, String::new()), "unknown: {text}");
        assert_eq!(office.count(), 0);
    }
    office.inventory(PC, "<HARDWARE><NAME>pc</NAME></HARDWARE>").await;
    let before = office.everything(PC);
    for kind in [
        "",
        "<TYPE>USB</TYPE>",
        "<TYPE>IP</TYPE><IFACE><MAC>02:00:00:00:00:01</MAC><IP>1.2.3.4</IP><MASK>m</MASK></IFACE>",
    ] {
        assert_eq!(office.say(WINDOWS, &notify(kind)).await, (200, String::new()));
        assert_eq!(office.everything(PC), before);
    }
    assert_eq!(office.contacts(PC).pop().unwrap().kind, Kind::Notify);
}

const CARDS: &str = "<HARDWARE><NAME>pc</NAME><IPADDR>192.168.10.7</IPADDR><CHECKSUM>1</CHECKSUM></HARDWARE>\
    <NETWORKS><DESCRIPTION>one</DESCRIPTION><MACADDR>02:00:5e:10:00:07</MACADDR><IPADDRESS>192.168.10.7</IPADDRESS><IPMASK>255.255.0.0</IPMASK><IPDHCP>192.168.10.2</IPDHCP></NETWORKS>\
    <NETWORKS><DESCRIPTION>two</DESCRIPTION><MACADDR>02:00:5E:10:00:08</MACADDR><IPADDRESS>10.0.0.8</IPADDRESS></NETWORKS><BIOS><SSN>S1</SSN></BIOS>";

fn notify(hardware: &str, mac: &str) -> String {
    format!(
        "<REQUEST><DEVICEID>{PC}</DEVICEID><CONTENT /><QUERY>NOTIFY</QUERY><TYPE>IP</TYPE>{hardware}<IFACE><MAC>{mac}</MAC>\
         <IP>192.168.10.55</IP><MASK>255.255.255.0</MASK><GW>192.168.10.1</GW><SUBNET>192.168.10.0</SUBNET></IFACE></REQUEST>"
    )
}

#[actix_web::test]
async fn a_notification_changes_the_named_card_and_nothing_else() {
    let office = Office::new();
    office.inventory(PC, CARDS).await;
    let mut computer = office.computer(PC);
    computer.checksum = 0;
    let id = office.id(PC).unwrap();
    office.blocking(move |app| {
        use rollcall::store::Write;
        let hot = app.dictionaries.pack_hot(&computer).unwrap();
        app.write(move |w| w.put(&rollcall::inventory::store::HOT, id, &hot)).unwrap();
    });
    let cell = |at: usize, field: &str| {
        let rows = office.rows(PC, "NETWORKS");
        rows[at].iter().find(|(name, _)| name == field).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(office.say(WINDOWS, &notify("", "02:00:5E:10:00:07")).await, (200, String::new()));
    let card = ["DESCRIPTION", "IPADDRESS", "IPMASK", "IPGATEWAY", "IPSUBNET", "IPDHCP"].map(|field| cell(0, field));
    assert_eq!(card, ["one", "192.168.10.55", "255.255.255.0", "192.168.10.1", "192.168.10.0", "192.168.10.2"]);
    assert_eq!(cell(1, "IPADDRESS"), "10.0.0.8");
    assert_eq!((office.column(PC, "ipaddr").as_str(), office.computer(PC).checksum), ("192.168.10.7", 4096));
    assert_eq!(office.column(PC, "ipaddress"), "192.168.10.55\n10.0.0.8");
    let with = "<HARDWARE><NAME>pc</NAME><IPADDR>192.168.10.55</IPADDR></HARDWARE>";
    office.say(WINDOWS, &notify(with, "02-00-5e-10-00-07")).await;
    assert_eq!((office.column(PC, "ipaddr").as_str(), office.computer(PC).checksum), ("192.168.10.55", 4097));
    office.say(WINDOWS, &notify("<HARDWARE><NAME>pc</NAME></HARDWARE>", "02:00:5E:10:00:07")).await;
    assert_eq!(office.column(PC, "ipaddr"), "192.168.10.55", "no address, no change");
    assert_eq!(office.differences(), Vec::<String>::new());
}

/// The inventory after a notification has the bytes of the one before: it must not pass for known.
#[actix_web::test]
async fn an_inventory_after_a_notification_is_stored_whole() {
    let office = Office::new();
    office.inventory(PC, CARDS).await;
    let before = office.everything(PC);
    office.say(WINDOWS, &notify("<HARDWARE><IPADDR>192.168.10.55</IPADDR></HARDWARE>", "02:00:5E:10:00:07")).await;
    assert_ne!(office.everything(PC), before);
    office.inventory(PC, CARDS).await;
    assert_eq!(office.everything(PC), before);
    assert_eq!(office.column(PC, "ipaddress"), "192.168.10.7\n10.0.0.8");
    assert_eq!(office.differences(), Vec::<String>::new());
}

#[actix_web::test]
async fn pitfall_13_files_are_sent_by_their_exact_names_and_anything_else_is_a_failure() {
    let office = Office::new();
    let status = |path: &str| match office.agents.file(path) {
        Ok(_) => 200,
        Err(answer) => {
            assert!(answer.body.is_empty() && answer.status >= 400, "{path}");
            answer.status
        }
    };
    assert_eq!(status("/deploy/label"), 400, "no label: Windows must not ask");
    office.blocking(|app| {
        app.write(|w| {
            use rollcall::store::Write;
            launcher::set_label(w, "Étiquette ?")?;
            w.put(&launcher::DEPLOY, "ocsagent.exe", &vec![0, 1, 2])
        })
        .unwrap();
    });
    let label = office.agents.file("/deploy/label").unwrap();
    let bytes = |content| match content {
        Content::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    };
    assert_eq!((bytes(label.content), label.cache_control.as_str()), ("Étiquette ?".as_bytes().to_vec(), "3600"));
    assert_eq!(bytes(office.agents.file("deploy/ocsagent.exe").unwrap().content), [0, 1, 2]);
    for (path, expected) in [
        ("", 400),
        ("/", 400),
        ("/deploy", 400),
        ("/deploy/", 400),
        ("/deploy/LABEL", 400),
        ("/deploy/other.exe", 400),
        ("/deploy/../label", 400),
        ("/deploy/label/x", 400),
        ("/deploy/..", 400),
        ("/foo", 400),
        ("/update/windows/agent/4030", 403),
        ("/update", 403),
    ] {
        assert_eq!(status(path), expected, "{path}");
    }
    office.set("DEPLOY", "0");
    assert_eq!((status("/deploy/label"), status("/deploy/x")), (403, 403));
    office.set("DEPLOY", "1");
    office.blocking(|app| app.write(|w| launcher::set_label(w, "  ")).unwrap());
    assert_eq!(status("/deploy/label"), 400, "a blank label is none");
}

#[actix_web::test]
async fn glpi_agents_are_answered_in_json_only_when_they_ask_in_json() {
    let office = Office::new();
    let glpi = Caller {
        glpi: true,
        content_type: Some("application/x-compress-zlib".into()),
        ..office.caller("GLPI-Agent_v1.12")
    };
    let answer = office.agents.post(envelope::seal(&prolog(PC), Packing::Zlib), glpi.clone()).await;
    assert_eq!((answer.status, packing(&answer)), (200, "zlib"), "XML stays XML");
    let contact = format!(r#"{{"action":"contact","deviceid":"{PC}","name":"GLPI-Agent","version":"1.12"}}"#);
    for body in [envelope::seal(&contact, Packing::Zlib), contact.clone().into_bytes(), gzip(contact.as_bytes())] {
        let answer = office.agents.post(body, glpi.clone()).await;
        assert_eq!((answer.status, answer.content_type), (200, "application/json"));
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((&said["status"], &said["expiration"]), (&"ok".into(), &24.into()), "{said}");
    }
    office.set("PROLOG_FREQ", "6");
    let report =
        r#"{"action":"inventory","deviceid":"other-2026-02-03-08-15-42","content":{"hardware":{"name":"pc"}}}"#;
    for body in [contact.as_str(), report] {
        let answer = office.agents.post(envelope::seal(body, Packing::Zlib), glpi.clone()).await;
        let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(said["expiration"], 6, "{body}");
    }
    for (body, status) in [
        (r#"{"action":"get_params","deviceid":"x"}"#, 200),
        (r#"{"action":"netinventory"}"#, 400),
        (r#"{"action":"contact"}"#, 400),
        (r#"{"action":"contact","deviceid":"x"}"#, 400),
        ("{}", 400),
        ("{", 400),
    ] {
        assert_eq!(office.agents.post(body.as_bytes().to_vec(), glpi.clone()).await.status, status, "{body}");
    }
    let nameless = Caller { glpi: false, ..glpi };
    assert_eq!(office.agents.post(contact.into_bytes(), nameless).await.status, 400, "never without the header");
    assert_eq!(office.count(), 1, "the one that reported");
}

#[actix_web::test]
async fn copies_of_inventories_are_kept_as_files_when_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let office = Office::new();
    office.set("OCS_FILES_PATH", folder.path().to_str().unwrap());
    let device = "a b/ü-2026-02-03-08-15-42";
    let text = inventory(device, "<HARDWARE><NAME>pc</NAME></HARDWARE>");
    let body = envelope::seal(&text, Packing::Zlib);
    office.post(UNIX, &body).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "off by default");
    office.set("GENERATE_OCS_FILES", "1");
    office.post(UNIX, &body).await;
    office.set("OCS_FILES_FORMAT", "XML");
    office.post(UNIX, &body).await;
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("a_b__-2026-02-03-08-15-42.ocs"), body);
    assert_eq!(String::from_utf8(read("a_b__-2026-02-03-08-15-42-1.ocs")).unwrap(), text);
    office.set("OCS_FILES_OVERWRITE", "1");
    office.post(UNIX, &body).await;
    assert_eq!(String::from_utf8(read("a_b__-2026-02-03-08-15-42.ocs")).unwrap(), text);
}
