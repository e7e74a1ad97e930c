//! From the bytes of a request to its meaning.

use super::*;
use crate::limits::Limits;
use crate::text::{Repair, decode_xml};

#[test]
fn pitfall_16_control_characters_from_firmware_do_not_stop_an_inventory() {
    let decoded = decode_xml(
        b"<REQUEST><CONTENT><MONITORS><SERIAL>KVM\0G5610</SERIAL><X>a&#0;b</X></MONITORS></CONTENT></REQUEST>",
    );
    let message = xml::read(&decoded.text, &Limits::default(), &|| false).unwrap();
    assert_eq!(message.content[0].value("SERIAL"), Some("KVMG5610"));
    assert!(decoded.repairs.contains(Repair::ControlsRemoved));
}

#[test]
fn pitfall_17_undeclared_and_wrongly_declared_latin_1_is_read() {
    for declaration in ["", "<?xml version='1.0' encoding='ISO-8859-1'?>", "<?xml version='1.0' encoding='UTF-8'?>"] {
        let bytes = [declaration.as_bytes(), b"<R><S>caf\xe9</S></R>"].concat();
        let decoded = decode_xml(&bytes);
        let message = xml::read(&decoded.text, &Limits::default(), &|| false).unwrap();
        assert_eq!(message.head_value("S"), Some("café"), "{declaration}");
    }
    let (_, body) = fixtures::request("probe-inventory-latin1");
    let body = envelope::open(&body, &Limits::default()).unwrap();
    let decoded = decode_xml(&body.bytes);
    assert!(decoded.text.chars().any(|character| ('à'..='ÿ').contains(&character)));
    assert!(!decoded.repairs.contains(Repair::CharsetMixed));
}

#[test]
fn pitfall_18_bare_ampersands_are_read_as_text() {
    let decoded = decode_xml(b"<R><S N='a&b'>R&D &amp; C&A; <![CDATA[x & y]]></S></R>");
    let message = xml::read(&decoded.text, &Limits::default(), &|| false).unwrap();
    assert_eq!(message.head[0].text(), Some("R&D & C&A; x & y"));
    assert_eq!(message.head[0].value("N"), Some("a&b"));
}

#[test]
fn every_captured_request_means_what_its_clear_text_says() {
    let mut seen = 0;
    for name in fixtures::posts() {
        let Ok(clear) = std::fs::read_to_string(fixtures::folder().join(format!("{name}.request.xml"))) else {
            continue;
        };
        let (_, body) = fixtures::request(&name);
        let opened = envelope::open(&body, &Limits::default()).unwrap();
        let decoded = decode_xml(&opened.bytes);
        let clear = decode_xml(clear.as_bytes());
        let mine = xml::read(&decoded.text, &Limits::default(), &|| false);
        let theirs = xml::read(&clear.text, &Limits::default(), &|| false);
        match (mine, theirs) {
            (Ok(mine), Ok(theirs)) => assert_eq!(mine, theirs, "{name}"),
            (Err(_), Err(_)) => assert_eq!(name, "probe-broken-xml"),
            (mine, theirs) => panic!("{name}: {mine:?} {theirs:?}"),
        }
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

/// What the engine of the field answered 500 to, and need not have been.
#[test]
fn probes_that_were_refused_for_their_framing_are_read() {
    for name in ["probe-plain-prolog-no-declaration", "probe-raw-deflate", "probe-truncated-zlib"] {
        let (_, body) = fixtures::request(name);
        let opened = envelope::open(&body, &Limits::default()).unwrap();
        let decoded = decode_xml(&opened.bytes);
        let message = xml::read(&decoded.text, &Limits::default(), &|| false);
        assert!(
            message.as_ref().is_ok_and(|m| m.query().is_some()) || name == "probe-truncated-zlib",
            "{name}: {message:?}"
        );
    }
}

/// Agents call the same bytes x-compress, x-compressed, text/plain, or nothing: only the bytes are asked.
#[test]
fn pitfall_03_the_request_content_type_is_not_looked_at() {
    let types: std::collections::BTreeSet<String> = fixtures::posts()
        .iter()
        .filter_map(|name| {
            fixtures::request(name).0.lines().find(|line| line.starts_with("Content-Type")).map(Into::into)
        })
        .collect();
    assert!(types.len() > 1, "{types:?}");
    // `envelope::open` has no argument for it; every captured body opens in the tests there.
}

/// Windows agents save anything below 400 as package information, Android shows "wrong version" for 400.
#[test]
fn pitfall_13_every_failure_is_400_or_413() {
    for (body, status) in
        [(&b""[..], 400), (b"PROLOG", 400), (b"<REQUEST>", 400), (b"<!DOCTYPE x><x/>", 400), (b"\x78\x9c\xff", 400)]
    {
        let read = || -> Result<(), Error> {
            let opened = envelope::open(body, &Limits::default())?;
            xml::read(&decode_xml(&opened.bytes).text, &Limits::default(), &|| false).map(|_| ())
        };
        assert_eq!(read().map_err(|error| error.status()), Err(status), "{body:?}");
    }
    let limits = Limits { inflated: 3, ..Limits::default() };
    let error = envelope::open(b"<REQUEST/>", &limits).map_err(Error::from).map_err(|error| error.status());
    assert_eq!(error.map(|_| ()), Err(413));
}

/// An agent takes any JSON answer as the word of a GLPI server and remembers it.
#[test]
fn pitfall_87_answers_to_xml_are_never_json() {
    for reply in [Reply::AccountUpdate(None), Reply::NoUpdate, Reply::Empty] {
        assert!(serde_json::from_str::<serde_json::Value>(&reply.xml()).is_err());
    }
}

#[test]
fn sec_13_forty_hostile_device_ids() {
    let date = "-2026-02-03-08-15-42";
    let long = "x".repeat(236) + date;
    let longest = "x".repeat(235) + date;
    let refused = [
        "",
        " ",
        "-",
        "x",
        date,
        "x-2026",
        "x-2026-02-03",
        "x-2026-02-03-08-15",
        "x-2026-02-03-08-15-4",
        "x-26-02-03-08-15-42",
        "x-2026-02-03-08-15-4a",
        "x-2026-2-3-8-15-42",
        "x-2026_02-03-08-15-42",
        "x2026-02-03-08-15-42",
        "x-2026-02-03-08-15-42-",
        "x-2026-02-03-08-15-42x",
        "x-２０２６-02-03-08-15-42",
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/",
        "C:\\",
        "_SYSTEMGROUP_",
        "_DOWNLOADGROUP_",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "a\nb-2026-02-03-08-15-42",
        "a\tb-2026-02-03-08-15-42",
        "a\u{80}b-2026-02-03-08-15-42",
        "%00",
        "\u{202e}",
        "é-02-03-08-15-42",
        long.as_str(),
    ];
    let kept = [
        "../../x-2026-02-03-08-15-42",
        "<b>-2026-02-03-08-15-42",
        "' OR 1=1 ---2026-02-03-08-15-42",
        "a&b-2026-02-03-08-15-42",
        "\u{202e}x-2026-02-03-08-15-42",
        "x-0000-00-00-00-00-00",
        "😀-2026-02-03-08-15-42",
        longest.as_str(),
    ];
    assert_eq!(refused.len() + kept.len(), 40);
    for id in refused.iter().chain(&kept) {
        let text = format!("<REQUEST><DEVICEID>{}</DEVICEID></REQUEST>", quick_xml::escape::escape(*id));
        let message = xml::read(&text, &Limits::default(), &|| false).unwrap();
        match message.device_id() {
            Ok(read) => assert!(kept.contains(id) && read.as_str() == *id, "{id:?}"),
            Err(error) => assert!(refused.contains(id) && error.status() == 400, "{id:?}"),
        }
    }
}
