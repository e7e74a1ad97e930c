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
