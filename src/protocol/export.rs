//! What is stored about a computer as an inventory that can be imported again.
//!
//! The reverse of reading: a row of cells becomes an element again, a path such as `A/B[2]` nested elements. What
//! comes out, read and stored, is what was there. Attributes come out as elements: to a reader they are the same.
//!
//! Source: agent protocol page, sections 1.6 and 16.1.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::inventory::rows::{Row, SectionKey, SectionRows, field_name};

/// An inventory as XML: who it is, the administrative data, and every section.
pub fn request(device: &str, account: &BTreeMap<String, String>, sections: &[SectionRows]) -> String {
    let mut out = String::with_capacity(64 << 10);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>\n  <CONTENT>\n");
    for (name, value) in account.iter().filter(|(_, value)| !value.trim_ascii().is_empty()) {
        out.push_str("    <ACCOUNTINFO>\n");
        leaf(&mut out, 3, "KEYNAME", name);
        leaf(&mut out, 3, "KEYVALUE", value);
        out.push_str("    </ACCOUNTINFO>\n");
    }
    for section in sections {
        for row in &section.rows {
            write(&mut out, 2, &tree(&section.key, row));
        }
    }
    out.push_str("  </CONTENT>\n");
    leaf(&mut out, 1, "DEVICEID", device);
    leaf(&mut out, 1, "QUERY", "INVENTORY");
    out.push_str("</REQUEST>\n");
    out
}

/// Names that one cell may lie within; readers take no more levels than that.
const DEPTH: usize = 64;
/// Missing elements of one row that are made up for those behind them. More are no gap that a reader left.
const GAPS: usize = 10_000;

/// One element to be written.
#[derive(Debug, Default)]
struct Node<'a> {
    name: &'a str,
    text: &'a str,
    children: Vec<Node<'a>>,
    /// Where the children of each name are.
    places: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Node<'a> {
    /// The child that is the `number`-th of its name. Elements that nothing is known of are not read, and do not
    /// count there: where one is missing, the one before it stands once more, of which a reader takes the last.
    fn child(&mut self, name: &'a str, number: usize, gaps: &mut usize) -> Option<&mut Node<'a>> {
        let Node { children, places, .. } = self;
        let known = places.entry(name).or_default();
        let before = known.last().and_then(|at| children.get(*at)).map_or("", |child| child.text);
        let number = number.min(known.len() + 1 + *gaps);
        *gaps -= number.saturating_sub(known.len() + 1);
        for at in known.len() + 1..=number {
            let text = if at < number { before } else { "" };
            known.push(children.len());
            children.push(Node { name, text, ..Node::default() });
        }
        children.get_mut(*known.get(number - 1)?)
    }
}

fn tree<'a>(key: &'a SectionKey, row: &'a Row) -> Node<'a> {
    let (mut root, mut gaps) = (Node { name: key.tag(), ..Node::default() }, GAPS);
    for (field, value) in &row.cells {
        let mut node = Some(&mut root);
        for part in field_name(key, field).split('/').filter(|part| !part.is_empty()).take(DEPTH) {
            let (name, number) = numbered(part);
            node = node.and_then(|node| node.child(name, number, &mut gaps));
        }
        if let Some(node) = node {
            node.text = value;
        }
    }
    root
}

/// `A[2]` is the second A; without a number it is the first.
fn numbered(part: &str) -> (&str, usize) {
    let split = part.strip_suffix(']').and_then(|part| part.split_once('['));
    split.and_then(|(name, number)| Some((name, number.parse().ok().filter(|n| *n > 0)?))).unwrap_or((part, 1))
}

fn write(out: &mut String, depth: usize, node: &Node<'_>) {
    let name = element(node.name);
    if node.children.is_empty() {
        leaf(out, depth, &name, node.text);
        return;
    }
    indent(out, depth);
    out.push_str(&format!("<{name}>"));
    out.push('\n');
    node.children.iter().for_each(|child| write(out, depth + 1, child));
    if !node.text.is_empty() {
        indent(out, depth + 1);
        escape(out, node.text);
        out.push('\n');
    }
    indent(out, depth);
    out.push_str(&format!("</{name}>\n"));
}

fn leaf(out: &mut String, depth: usize, name: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    indent(out, depth);
    out.push_str(&format!("<{name}>"));
    escape(out, text);
    out.push_str(&format!("</{name}>\n"));
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("  "));
}

fn escape(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A reader makes a line feed of it otherwise.
            '\r' => out.push_str("&#13;"),
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            char => out.push(char),
        }
    }
}

/// The name that an element can have: what XML does not take is replaced. JSON and files name fields as they like.
fn element(name: &str) -> Cow<'_, str> {
    if name.starts_with(is_first) && name.chars().all(is_further) {
        return Cow::Borrowed(name);
    }
    let first = if name.starts_with(is_first) { "" } else { "_" };
    Cow::Owned(first.chars().chain(name.chars().map(|c| if is_further(c) { c } else { '_' })).collect())
}

/// NameStartChar of XML 1.0, fifth edition, without the colon: what stands before one is a namespace, and has to be
/// declared.
fn is_first(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar of the same.
fn is_further(c: char) -> bool {
    is_first(c) || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::rows::{FieldKey, put_section, unpack};
    use crate::limits::Limits;
    use crate::protocol::{Message, envelope, fixtures, xml};

    /// Sections as they would be stored: rows of one name together.
    fn stored(message: &Message<'_>) -> Vec<SectionRows> {
        let mut tags: Vec<&str> = Vec::new();
        for element in &message.content {
            if element.tag != "ACCOUNTINFO" && !tags.contains(&element.tag.as_ref()) {
                tags.push(&element.tag);
            }
        }
        let mut block = Vec::new();
        for tag in tags {
            let rows = message.sections(tag).map(|e| e.cells.iter().map(|cell| (&*cell.name, &*cell.value)));
            put_section(&mut block, tag, rows, 64 << 10);
        }
        unpack(&block).unwrap()
    }

    fn read(text: &str) -> Message<'_> {
        xml::read(text, &Limits::default(), &|| false).unwrap()
    }

    fn again(text: &str) {
        let before = stored(&read(text));
        let written = request("pc-2026-02-03-08-15-42", &BTreeMap::new(), &before);
        let message = read(&written);
        assert_eq!(message.query(), Some("INVENTORY"));
        assert_eq!(stored(&message), before, "{written}");
    }

    #[test]
    fn captured_inventories_come_out_as_they_went_in() {
        let mut count = 0;
        for name in fixtures::posts() {
            let body = fixtures::request(&name).1;
            let Ok(opened) = envelope::open(&body, &Limits::default()) else { continue };
            let text = crate::text::decode_xml(&opened.bytes).text.into_owned();
            if text.contains("INVENTORY</QUERY>") {
                again(&text);
                count += 1;
            }
        }
        assert!(count > 3, "{count}");
    }

    #[test]
    fn nested_and_repeated_elements_keep_their_places() {
        for section in [
            "<S><A>1</A><A>2</A><B>3</B></S>",
            "<S><H><P ID='1'/><P ID='2'>own</P></H><H><P ID='3'/></H></S>",
            "<S><A N='n'>1</A><A>2</A></S>",
            "<S>own<A>1</A></S>",
            "<VERSIONCLIENT>OCS v2</VERSIONCLIENT>",
            "<HARDWARE><NAME>a</NAME><NAME>b</NAME><NAME><X>c</X></NAME></HARDWARE>",
            // Members of a group are joined where they are stored.
            "<LOCAL_GROUPS><NAME>x</NAME><MEMBER>a</MEMBER><MEMBER>b</MEMBER></LOCAL_GROUPS>",
            "<S><A>a &amp; b &lt; c&#13;d\ne</A></S>",
        ] {
            again(&format!("<REQUEST><CONTENT>{section}</CONTENT></REQUEST>"));
        }
    }

    #[test]
    fn administrative_data_go_along() {
        let account = BTreeMap::from([("TAG".to_owned(), "SIEGE & CO".to_owned()), ("fields_3".into(), String::new())]);
        let text = request("pc-2026-02-03-08-15-42", &account, &[]);
        let message = read(&text);
        let sections: Vec<_> = message.sections("ACCOUNTINFO").collect();
        assert_eq!(sections.len(), 1);
        assert_eq!(sections[0].value("KEYVALUE"), Some("SIEGE & CO"));
        assert_eq!(message.device_id().unwrap().as_str(), "pc-2026-02-03-08-15-42");
    }

    fn plugin(cells: Vec<(String, String)>) -> SectionRows {
        let cells = cells.into_iter().map(|(name, value)| (FieldKey::Named(name), value)).collect();
        SectionRows { key: SectionKey::Named("PLUGIN".into()), rows: vec![Row { cells }] }
    }

    /// Plug-ins, JSON and files name fields as they like.
    #[test]
    fn con_pc_2_names_that_xml_does_not_take_are_written_in_a_way_that_it_takes() {
        for (name, written) in [
            ("1ST", "_1ST"),
            ("-A", "_-A"),
            (".B", "_.B"),
            ("a:b", "a_b"),
            ("×", "__"),
            ("\u{2028}A", "__A"),
            ("a b", "a_b"),
            ("A>", "A_"),
            ("é·1", "é·1"),
            ("A/2", "_2"),
        ] {
            let text = request("pc-2026-02-03-08-15-42", &BTreeMap::new(), &[plugin(vec![(name.into(), "v".into())])]);
            assert!(text.contains(&format!("<{written}>v</{written}>")), "{name}: {text}");
        }
    }

    #[test]
    fn con_pc_2_a_row_of_very_many_cells_is_written_in_a_moment_and_in_bounds() {
        let wide = plugin((0..100_000).map(|n| (format!("F{n}"), "1".to_owned())).collect());
        let text = request("pc-2026-02-03-08-15-42", &BTreeMap::new(), &[wide]);
        assert_eq!(text.matches("<F").count(), 100_000);
        let gaps = plugin((0..1000).map(|n| (format!("F{n}[99999999]"), "1".to_owned())).collect());
        let text = request("pc-2026-02-03-08-15-42", &BTreeMap::new(), &[gaps]);
        assert_eq!(text.matches("<F").count(), 1000, "what is missing is not made up without end");
        let deep = plugin(vec![("A/".repeat(30_000), "deep".to_owned())]);
        let text = request("pc-2026-02-03-08-15-42", &BTreeMap::new(), &[deep]);
        assert!(text.contains("<A>deep</A>") && text.matches("<A>").count() <= DEPTH);
    }

    fn element() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["A", "B", "NAME", "MEMBER", "X.Y"]);
        let text = prop::sample::select(vec!["", "1", "x y", "&amp;", "é"]);
        let leaf = (name.clone(), text.clone()).prop_map(|(name, text)| format!("<{name}>{text}</{name}>"));
        leaf.prop_recursive(3, 24, 4, move |inner| {
            let attribute = prop::option::of(prop::sample::select(vec!["A", "N"]));
            (name.clone(), attribute, text.clone(), prop::collection::vec(inner, 0..4)).prop_map(
                |(name, attribute, text, inner)| {
                    let attribute = attribute.map_or(String::new(), |it| format!(" {it}='v'"));
                    format!("<{name}{attribute}>{text}{}</{name}>", inner.concat())
                },
            )
        })
    }

    proptest! {
        #[test]
        fn what_was_stored_is_written_read_and_stored_the_same(
            tag in prop::sample::select(vec!["S", "HARDWARE", "SOFTWARES"]),
            elements in prop::collection::vec(element(), 0..6),
        ) {
            again(&format!("<REQUEST><CONTENT><{tag}>{}</{tag}></CONTENT></REQUEST>", elements.concat()));
        }
    }
}
