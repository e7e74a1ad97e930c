use proptest::prelude::*;

use super::super::fixtures;
use super::*;

const ALL: [Class; 4] = [Class::Kept, Class::Watched, Class::Stable, Class::Software];

fn class(tag: &str) -> Class {
    match tag {
        "SOFTWARES" => Class::Software,
        "HARDWARE" | "DOWNLOAD" => Class::Kept,
        "BIOS" => Class::Watched,
        _ => Class::Stable,
    }
}

fn reference(text: &str) -> Result<Message<'_>, super::super::Error> {
    xml::read(text, &Limits::default(), &|| false)
}

/// Whether the quick reader takes it; then it must read what the reference reader reads.
fn agree(text: &str) -> bool {
    let Some(cut) = cut::cut(text, 7, class) else { return false };
    let mut taken = true;
    for wanted in [&ALL[..], &[Class::Kept], &[Class::Kept, Class::Software]] {
        match read(&cut, wanted, &Limits::default(), &mut |_| false) {
            Some(quick) => assert_eq!(quick, reference(&cut.reduced(wanted)).unwrap(), "{text}"),
            None => taken = false,
        }
    }
    if let Some(quick) = read(&cut, &ALL, &Limits::default(), &mut |_| false) {
        assert_eq!(quick, reference(text).unwrap(), "the whole, in its own order: {text}");
    }
    taken
}

#[test]
fn inventories_of_real_agents_are_read_as_the_reference_reads_them() {
    let mut quick = 0;
    for entry in std::fs::read_dir(fixtures::folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".request.xml") || name.ends_with(".ocs") {
            let bytes = std::fs::read(&path).unwrap();
            let Ok(opened) = super::super::envelope::open(&bytes, &Limits::default()) else { continue };
            quick += usize::from(agree(&crate::text::decode_xml(&opened.bytes).text));
        }
    }
    assert!(quick > 15, "only {quick} were taken by the quick reader");
}

#[test]
fn every_form_that_agents_write_is_taken() {
    for section in [
        "<A><B>1</B><C/><D /><E></E><F> x &amp; y\r\nz </F></A>",
        "<A>text</A><A> </A><A/><A />",
        "<A><B>&#65;&#x42;&lt;&gt;&quot;&apos;</B></A>",
        "<A><B>1</B><B>2</B></A><HARDWARE><NAME>n</NAME></HARDWARE>",
        "<DOWNLOAD><HISTORY><PACKAGE ID=\"1\"/><PACKAGE ID='2'/></HISTORY></DOWNLOAD>",
        "<A><A>1</A><A><A>2</A></A></A><BIOS B='1'>x</BIOS>",
        "<A><B/>text</A><A>text<B/></A><A><B>1</B>text</A>",
        "<S>é</S><S><É>1</É></S>",
    ] {
        let after = "<DEVICEID>d</DEVICEID><Q A='1'>x</Q><X><SOFTWARES><N>1</N></SOFTWARES></X>";
        let text = format!("<?xml version='1.0'?>\n<R><CONTENT>{section}\n</CONTENT>{after}</R>\n");
        assert!(agree(&text), "{section}");
    }
}

/// Short leaves inside long names: their paths are far more than the text, in one section or in many.
#[test]
fn paths_are_counted_over_the_whole_message() {
    let limits = Limits { inflated: 4000, ..Limits::default() };
    let long = "N".repeat(100);
    let text = |sections: usize| {
        format!("<R><CONTENT>{}</CONTENT></R>", format!("<A><{long}><B>1</B></{long}></A>").repeat(sections))
    };
    let (few, many) = (text(4), text(8));
    let quick = |text| read(&cut::cut(text, 7, class).unwrap(), &ALL, &limits, &mut |_| false);
    assert_eq!(quick(&few), xml::read(&few, &limits, &|| false).ok());
    assert!(quick(&few).is_some());
    assert!(matches!(xml::read(&many, &limits, &|| false), Err(super::super::Error::PathsTooLong { .. })));
    assert_eq!(quick(&many), None);
}

#[test]
fn what_is_wrong_or_unknown_is_left_to_the_reference() {
    for section in [
        "<A><B>1</C></A>",
        "<A><B>&nbsp;</B></A>",
        "<A><B>&#xZZ;</B></A>",
        "<A><B>&#0;</B></A>",
        "<A><B>&#xD800;</B></A>",
        "<A><B",
        "<A =''/>",
        "<A><B>1</B\x0c></A>",
        "<A>1</A\x0c>",
    ] {
        let text = format!("<R><CONTENT>{section}</CONTENT></R>");
        assert!(!agree(&text), "{section}");
    }
    let read =
        |text: &str, limits: &Limits| read(&cut::cut(text, 7, class).unwrap(), &ALL, limits, &mut |_| false).is_some();
    let few = Limits { xml_elements: 10, ..Limits::default() };
    assert!(read("<R><CONTENT><A><B>1</B></A></CONTENT><Q>1</Q></R>", &few), "ten tags are ten elements at most");
    assert!(!read("<R><CONTENT><A><B>1</B></A></CONTENT><Q>1</Q><Q>2</Q></R>", &few));
    let row = "<SOFTWARES><N>1</N></SOFTWARES>";
    let [one, two] = [1, 2].map(|rows| format!("<R><CONTENT>{}</CONTENT></R>", row.repeat(rows)));
    assert!(read(&one, &few), "what stands in a row counts as well");
    assert!(!read(&two, &few));
    let short = Limits { xml_name: 7, ..Limits::default() };
    assert!(read("<R><CONTENT><A><SEVEN77>1</SEVEN77></A></CONTENT></R>", &short));
    assert!(!read("<R><CONTENT><A><EIGHT888>1</EIGHT888></A></CONTENT></R>", &short));
}

#[test]
fn rows_that_are_known_are_left_out() {
    let text = "<R><CONTENT><SOFTWARES><N>1</N></SOFTWARES> <SOFTWARES><N>2</N></SOFTWARES><A>x</A></CONTENT></R>";
    let cut = cut::cut(text, 7, class).unwrap();
    let mut asked = Vec::new();
    let mut known = |row| {
        asked.push(row);
        asked.len() == 1
    };
    let message = read(&cut, &ALL, &Limits::default(), &mut known).unwrap();
    assert_eq!(asked, ["<SOFTWARES><N>1</N></SOFTWARES>", "<SOFTWARES><N>2</N></SOFTWARES>"]);
    let left: Vec<_> = message.sections("SOFTWARES").map(|row| row.value("N")).collect();
    assert_eq!(left, [Some("2")]);
}

fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "<A>",
        "</A>",
        "<A/>",
        "<BIOS>",
        "</BIOS>",
        "<HARDWARE>",
        "</HARDWARE>",
        "<SOFTWARES>",
        "</SOFTWARES>",
        "<B C='1'>",
        "</B>",
        "<B />",
        "<N>1</N>",
        "<N>",
        "</N>",
        " ",
        "\r\n",
        "x",
        "&amp;",
        "&#32;",
        "&#10;",
        "&bad;",
        "é",
        "<![CDATA[<A>]]>",
        "<!-- </A> -->",
        "<CONTENT>",
        "</CONTENT>",
        "</A >",
        "'",
        ">",
        "<A B=\"</A>\">",
        "<A B=\"'\" C='\"'/>",
        "<A\n>",
        "</A\x0c>",
        "\x0c",
        "\t",
        "]]>",
        "<A/ >",
        "\u{85}",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_of_tags_is_read_as_the_reference_reads_it(inside in pieces(), after in pieces()) {
        agree(&format!("<R><CONTENT>{inside}</CONTENT>{after}<QUERY>INVENTORY</QUERY></R>"));
    }
}
