use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::fixtures;
use super::*;

pub(crate) fn read(text: &str) -> Result<Message<'_>, Error> {
    super::read(text, &Limits::default(), &|| false)
}

/// One section inside CONTENT, as `name=value` lines.
fn cells(section: &str) -> Vec<String> {
    let text = format!("<REQUEST><CONTENT>{section}</CONTENT></REQUEST>");
    let message = read(&text).unwrap();
    assert!(message.content.len() <= 1);
    message.content.iter().flat_map(|e| &e.cells).map(|c| format!("{}={}", c.name, c.value)).collect()
}

#[test]
fn a_prolog_is_two_leaves_in_the_head() {
    let text = String::from_utf8(fixtures::file("ocs2100-first-contact-01-prolog.request.xml")).unwrap();
    let message = read(&text).unwrap();
    assert_eq!(message.query(), Some("PROLOG"));
    assert_eq!(message.device_id().unwrap().as_str(), "pc-compta-07-2026-11-20-17-00-32");
    assert_eq!(message.head.len(), 2);
    assert!(!message.has_content);
    assert!(read("<REQUEST><CONTENT /></REQUEST>").unwrap().has_content);
}

/// Each entity is a piece of its own, and none may lead to a new search through the blanks before all of them.
#[test]
fn blanks_before_a_text_of_many_pieces_are_gone_through_once() {
    let text = format!("<R><CONTENT><S><A>{}x{}</A></S></CONTENT></R>", " ".repeat(1 << 20), "&amp;".repeat(100_000));
    let begun = Instant::now();
    let message = read(&text).unwrap();
    assert_eq!(message.content[0].cells[0].value.len(), 100_001);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn values_borrow_from_the_text() {
    let message = read("<R><CONTENT><S A='1'><B>two</B><C D='3'/></S></CONTENT></R>").unwrap();
    assert!(message.content[0].cells.iter().all(|cell| matches!(cell.value, Cow::Borrowed(_))));
    assert!(matches!(message.content[0].cells[1].name, Cow::Borrowed("B")));
}

#[test]
fn pitfall_15_attributes_and_elements_are_interchangeable_at_every_depth() {
    for section in
        ["<S><A>x</A><B>y</B></S>", "<S A='x' B=\"y\"/>", "<S A='x'><B>y</B></S>", "<S A = 'x' ><B>y</B></S >"]
    {
        assert_eq!(cells(section), ["A=x", "B=y"], "{section}");
    }
    assert_eq!(cells("<S><H><P ID='1'/></H></S>"), cells("<S><H><P><ID>1</ID></P></H></S>"));
    assert_eq!(cells("<S A='attribute'><A>element</A></S>"), ["A=element"]);
    assert_eq!(cells("<S A='attribute'><A/></S>"), ["A=attribute"], "an empty element is absent");
    assert_eq!(cells("<S><H A='1' B='2'><B>3</B></H></S>"), ["H/A=1", "H/B=3"]);
    let message = read("<REQUEST QUERY='A' ID='1'><QUERY>B</QUERY><CONTENT X='1' Y='2'><X>3</X></CONTENT></REQUEST>");
    let message = message.unwrap();
    assert_eq!((message.query(), message.head.len()), (Some("B"), 2));
    assert_eq!((message.content_value("X"), message.content.len()), (Some("3"), 2));
}

#[test]
fn pitfall_20_empty_elements_are_absent() {
    for section in [
        "<BIOS>\n</BIOS>",
        "<BIOS/>",
        "<DRIVES><LETTER/></DRIVES>",
        "<S><A><B> </B></A>\t<C/></S>",
        "<S><![CDATA[ ]]></S>",
        "<S A=''><B C=' '/></S>",
        "<S>&#32;<!-- nothing --></S>",
    ] {
        assert_eq!(cells(section), [""; 0], "{section}");
    }
    let text = "<R><CONTENT><STORAGES></STORAGES><STORAGES><NAME>sda</NAME></STORAGES></CONTENT></R>";
    assert_eq!(read(text).unwrap().sections("STORAGES").count(), 1);
}

#[test]
fn pitfall_21_one_or_many_are_lists_and_two_hardware_are_two() {
    let text = "<R><CONTENT><HARDWARE><NAME>a</NAME></HARDWARE><X><Y>1</Y></X><HARDWARE NAME='b'/></CONTENT></R>";
    let message = read(text).unwrap();
    let names: Vec<_> = message.sections("HARDWARE").filter_map(|section| section.value("NAME")).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(message.content.iter().map(|e| e.tag.as_ref()).collect::<Vec<_>>(), ["HARDWARE", "X", "HARDWARE"]);
}

#[test]
fn pitfall_22_repeated_leaves_are_all_kept_in_order() {
    assert_eq!(cells("<G><MEMBER>a</MEMBER><N>1</N><MEMBER>b</MEMBER></G>"), ["MEMBER=a", "N=1", "MEMBER=b"]);
    let message = read("<R><CONTENT><H><WINOWNER>x</WINOWNER><WINOWNER>y</WINOWNER></H></CONTENT></R>").unwrap();
    assert_eq!(message.content[0].value("WINOWNER"), Some("y"));
    assert_eq!(message.content[0].values("WINOWNER").collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn pitfall_23_deep_nesting_becomes_paths_with_numbers() {
    let databases = "<DATABASES_SERVICES><NAME>MariaDB</NAME><DATABASES><NAME>shop</NAME><SIZE>7</SIZE></DATABASES>\
        <DATABASES><NAME>mail</NAME><TAG>a</TAG><TAG>b</TAG></DATABASES></DATABASES_SERVICES>";
    assert_eq!(
        cells(databases),
        [
            "NAME=MariaDB",
            "DATABASES/NAME=shop",
            "DATABASES/SIZE=7",
            "DATABASES[2]/NAME=mail",
            "DATABASES[2]/TAG=a",
            "DATABASES[2]/TAG[2]=b"
        ]
    );
    assert_eq!(cells("<VERSIONCLIENT>OCS v2</VERSIONCLIENT>"), ["=OCS v2"]);
}

#[test]
fn what_vanishes_does_not_count() {
    assert_eq!(cells("<S><A><B/></A><A><B>1</B></A><A><C><D> </D></C></A><A><B>2</B></A></S>"), ["A/B=1", "A[2]/B=2"]);
}

#[test]
fn leaves_and_nested_elements_of_one_name_stay_apart() {
    assert_eq!(cells("<S><A>1</A><A><B>2</B></A></S>"), ["A=1", "A[2]/B=2"]);
    assert_eq!(cells("<S><A><B>2</B></A><A>1</A></S>"), ["A/B=2", "A[2]=1"]);
    assert_eq!(cells("<S><A N='n'>1</A></S>"), ["A/N=n", "A=1"]);
    assert_eq!(cells("<S>own<A>1</A>more</S>"), ["A=1", "=ownmore"]);
    assert_eq!(cells("<S><P ID='1'/><P ID='2'/><Q><P ID='3'/></Q></S>"), ["P/ID=1", "P[2]/ID=2", "Q/P/ID=3"]);
}

#[test]
fn many_different_names_are_counted_right() {
    let mut section = String::from("<S>");
    for round in 0..3 {
        for at in 0..50 {
            write!(section, "<N{at}><V>{round}</V></N{at}>").unwrap();
        }
    }
    section.push_str("</S>");
    let cells = cells(&section);
    assert_eq!((cells[49].as_str(), cells[99].as_str(), cells[149].as_str()), ("N49/V=0", "N49[2]/V=1", "N49[3]/V=2"));
}

#[test]
fn cdata_entities_and_references_are_text() {
    assert_eq!(cells("<S><A>a &amp; b &lt;c&gt; &quot;&apos; &#233;&#xe9;</A></S>"), ["A=a & b <c> \"' éé"]);
    assert_eq!(cells("<S><A><![CDATA[a & <b>]]> c</A><B>x<!-- no -->y<?pi no?></B></S>"), ["A=a & <b> c", "B=xy"]);
    assert_eq!(cells("<S A='1 &amp; &#50;'/>"), ["A=1 & 2"]);
    assert_eq!(cells("<S><A>a&#1;b&#xFFFE;</A><B C='a&#1;b'/></S>"), ["A=ab", "B/C=ab"]);
}

#[test]
fn pitfall_24_line_breaks_inside_values_stay_and_those_at_the_ends_go() {
    assert_eq!(cells("<S><A>\r\n one\r\ntwo\rthree \n</A></S>"), ["A=one\ntwo\nthree"]);
}

#[test]
fn pitfall_25_text_beyond_the_16_bit_range_is_kept() {
    let (_, body) = fixtures::request("probe-inventory-utf8-astral");
    let text = super::super::fixtures::clear(&body);
    let message = read(&text).unwrap();
    assert!(message.content.iter().flat_map(|e| &e.cells).any(|c| c.value.chars().any(|c| c > '\u{ffff}')));
}

#[test]
fn pitfall_26_values_that_look_like_sql_are_kept() {
    assert_eq!(cells("<S><A>Sleep (2.0)</A><B>=(x)</B></S>"), ["A=Sleep (2.0)", "B==(x)"]);
}

#[test]
fn pitfall_19_declarations_come_in_many_forms() {
    for declaration in [
        "",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>",
        "<?xml version =\"1.0\" encoding = 'UTF-8'?>\n",
        "<?xml version='1.0'?>",
        "\r\n\n<?xml version=\"1.0\"?>",
        "\u{feff}<?xml version=\"1.0\"?>",
    ] {
        let text = format!("{declaration}<REQUEST><QUERY>PROLOG</QUERY></REQUEST>\n\n");
        assert_eq!(read(&text).unwrap().query(), Some("PROLOG"), "{declaration:?}");
    }
}

#[test]
fn a_download_report_of_attributes_alone() {
    let text = String::from_utf8(fixtures::file("ocs2100-download-execute-05-download.request.xml")).unwrap();
    let message = read(&text).unwrap();
    assert_eq!(message.query(), Some("DOWNLOAD"));
    assert_eq!((message.head_value("ID"), message.head_value("ERR")), (Some("1700000001"), Some("SUCCESS")));
    assert!(message.device_id().is_ok());
}

#[test]
fn sec_03_entities_and_doctypes_are_refused() {
    for text in [
        "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><REQUEST>&lol2;</REQUEST>",
        "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>",
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"http://127.0.0.1:9/\">]><r>&x;</r>",
        "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/\"> %p;]><r/>",
        "<!DOCTYPE r PUBLIC \"-//X//Y\" \"http://127.0.0.1:9/\"><r/>",
        "<!doctype html><html/>",
        "<r><!DOCTYPE r></r>",
    ] {
        assert!(matches!(read(text), Err(Error::Doctype { .. })), "{text}: {:?}", read(text));
    }
    assert!(read("<!DOCTYPE r [").is_err());
    for text in ["<r>&lol;</r>", "<r>&#99999999;</r>", "<r>&;</r>", "<r>a & b</r>", "<r a='&lol;'/>"] {
        assert!(matches!(read(text), Err(Error::Entity { .. } | Error::Malformed { .. })), "{text}");
    }
}

#[test]
fn sec_04_depth_count_attributes_and_names_are_bounded() {
    let text = "<a>".repeat(2_000_000);
    assert!(matches!(read(&text), Err(Error::TooDeep { limit: 32, .. })));
    let text = format!("{}x{}", "<a>".repeat(32), "</a>".repeat(32));
    assert!(read(&text).is_ok());

    let mut text = String::from("<REQUEST ");
    for at in 0..200_000 {
        write!(text, "a{at}='' ").unwrap();
    }
    text.push_str("/>");
    assert!(matches!(read(&text), Err(Error::TooManyAttributes { limit: 64, .. })));

    let text = format!("<{}/>", "a".repeat(20 << 20));
    assert!(matches!(read(&text), Err(Error::NameTooLong { limit: 256, .. })));
    let text = format!("<r {}=''/>", "a".repeat(257));
    assert!(matches!(read(&text), Err(Error::NameTooLong { .. })));

    let limits = Limits { xml_elements: 100, ..Limits::default() };
    let text = format!("<r>{}</r>", "<a/>".repeat(100));
    assert!(matches!(super::read(&text, &limits, &|| false), Err(Error::TooManyElements { limit: 100, .. })));
}

/// Names of 250 bytes, nested 28 deep around 900,000 leaves, would be 6 GB of paths.
#[test]
fn sec_04_paths_are_bounded() {
    let name = "x".repeat(250);
    let text = format!("<r>{}{}", format!("<{name}>").repeat(28), "<a>1</a>".repeat(900_000));
    assert!(matches!(read(&text), Err(Error::PathsTooLong { .. })));
}

#[test]
fn sec_04_the_deadline_is_asked() {
    let text = format!("<r>{}</r>", "<a/>".repeat(5000));
    assert!(matches!(super::read(&text, &Limits::default(), &|| true), Err(Error::OutOfTime { .. })));
}

/// A million siblings, repeats of nested names and different names are all done in linear time.
#[test]
fn sec_04_hostile_shapes_take_no_more_than_their_size() {
    let start = Instant::now();
    let same = format!("<r><S>{}</S></r>", "<H><I>1</I></H>".repeat(100_000));
    assert_eq!(read(&same).unwrap().head[0].cells.len(), 100_000);
    let mut different = String::from("<r><S>");
    for at in 0..200_000 {
        write!(different, "<n{at}>1</n{at}>").unwrap();
    }
    different.push_str("</S></r>");
    assert_eq!(read(&different).unwrap().head[0].cells.len(), 200_000);
    let references = format!("<r>{}</r>", "&amp; ".repeat(500_000));
    assert!(read(&references).is_ok());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_not_one_whole_element_is_an_error_that_says_where() {
    assert!(matches!(read(""), Err(Error::NoRoot)));
    assert!(matches!(read("<?xml version='1.0'?> <!-- x -->"), Err(Error::NoRoot)));
    assert!(matches!(read("PROLOG"), Err(Error::OutsideRoot { at: 0 })));
    assert!(matches!(read("<a/><b/>"), Err(Error::OutsideRoot { at: 4 })));
    assert!(matches!(read("<a><b>c"), Err(Error::Unfinished { at: 7, element }) if element == "b"));
    assert!(matches!(read("<a><b></a>"), Err(Error::Malformed { at: 6, .. })));
    assert!(matches!(read("<a><b"), Err(Error::Malformed { at: 3, .. })));
    assert!(matches!(read("<a b=c/>"), Err(Error::Malformed { at: 0, .. })));
    assert!(matches!(read("<a b='1' b='2'/>"), Err(Error::Malformed { .. })));
    assert!(matches!(read("<a/b/>"), Err(Error::BadName { at: 0 })));
    assert!(matches!(read("<a><b[2]/></a>"), Err(Error::BadName { at: 3 })));
    let (_, body) = fixtures::request("probe-broken-xml");
    assert!(read(&fixtures::clear(&body)).is_err());
}

/// A tree read in the simplest way, for comparison: every leaf and attribute value in order.
fn values(text: &str) -> Vec<String> {
    let mut reader = Reader::from_str(text);
    let mut values = Vec::new();
    let mut own = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Text(piece) => own.push_str(&piece),
            Event::GeneralRef(piece) => own.push_str(&resolve(&piece).unwrap()),
            Event::CData(piece) => own.push_str(&piece),
            Event::Start(tag) | Event::Empty(tag) => {
                own.clear();
                for attribute in tag.attributes() {
                    values
                        .push(attribute.unwrap().normalized_value(XmlVersion::Implicit1_0).unwrap().trim().to_owned());
                }
            }
            Event::End(_) => values.push(std::mem::take(&mut own).trim().to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

#[test]
fn captured_inventories_lose_nothing() {
    let mut seen = 0;
    for name in fixtures::posts() {
        let clear = fixtures::folder().join(format!("{name}.request.xml"));
        let Ok(text) = std::fs::read_to_string(clear) else { continue };
        let Ok(message) = read(&text) else {
            assert_eq!(name, "probe-broken-xml");
            continue;
        };
        let mine: Vec<String> =
            message.head.iter().chain(&message.content).flat_map(|e| &e.cells).map(|c| c.value.to_string()).collect();
        let mut mine = mine;
        let mut theirs = values(&text);
        mine.sort();
        theirs.sort();
        assert_eq!(mine, theirs, "{name}");
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_captured_inventory_has_its_sections() {
    let text = String::from_utf8(fixtures::file("ocs2100-first-contact-02-inventory.request.xml")).unwrap();
    let message = read(&text).unwrap();
    let mut count = BTreeMap::new();
    for element in &message.content {
        *count.entry(element.tag.as_ref()).or_insert(0) += 1;
    }
    assert_eq!((count["HARDWARE"], count["BIOS"], count["ACCOUNTINFO"]), (1, 1, 1));
    assert!(count["SOFTWARES"] > 100);
    let account = message.sections("ACCOUNTINFO").next().unwrap();
    assert_eq!((account.value("KEYNAME"), account.value("KEYVALUE")), (Some("TAG"), Some("COMPTA")));
}

#[derive(Debug, Clone)]
enum Node {
    Leaf(String, String),
    Nested(String, Vec<Node>),
}

fn node() -> impl Strategy<Value = Node> {
    let name = "[A-D]";
    let leaf = (name, "[a-z&<é ]{0,6}").prop_map(|(name, text)| Node::Leaf(name, text));
    leaf.prop_recursive(5, 40, 5, move |inner| {
        (name, proptest::collection::vec(inner, 0..5)).prop_map(|(name, children)| Node::Nested(name, children))
    })
}

fn write_node(node: &Node, text: &mut String, leaves: &mut Vec<String>) {
    match node {
        Node::Leaf(name, value) => {
            write!(text, "<{name}>{}</{name}>", quick_xml::escape::escape(value.as_str())).unwrap();
            leaves.push(value.trim().to_owned());
        }
        Node::Nested(name, children) => {
            write!(text, "<{name}>\n ").unwrap();
            children.iter().for_each(|child| write_node(child, text, leaves));
            writeln!(text, "</{name}>").unwrap();
        }
    }
}

proptest! {
    #[test]
    fn every_leaf_is_a_cell_with_a_path_of_its_own(children in proptest::collection::vec(node(), 0..6)) {
        let (mut text, mut leaves) = (String::from("<R><CONTENT><S>"), Vec::new());
        children.iter().for_each(|child| write_node(child, &mut text, &mut leaves));
        text.push_str("</S></CONTENT></R>");
        leaves.retain(|value| !value.is_empty());
        let message = read(&text).unwrap();
        let cells: Vec<_> = message.content.iter().flat_map(|e| &e.cells).collect();
        prop_assert_eq!(cells.iter().map(|c| c.value.to_string()).collect::<Vec<_>>(), leaves);
        let mut paths: Vec<_> = cells.iter().filter(|c| c.name.contains('/')).map(|c| c.name.as_ref()).collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        prop_assert_eq!(paths.len(), all);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[<>/!\\[\\]a&;#x'\"= \\-?CDAT\\u{0}-\\u{20}é]{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0usize..3000, byte in "[<>&;'\"=/ ]") {
        let whole = String::from_utf8(fixtures::file("ocs2100-ipdiscover-01-prolog.request.xml")).unwrap();
        let mut text = whole.clone();
        let at = at % text.len();
        if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
            text.replace_range(at..at + 1, &byte);
        }
        let _ = read(&text);
        let _ = whole.get(..at).map(read);
    }
}
