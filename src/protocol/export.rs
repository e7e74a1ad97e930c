//! What is stored about a computer as an inventory that can be imported again.
//!
//! The reverse of reading: a row of cells becomes an element again, a path such as `A/B[2]` nested elements. What
//! comes out, read and stored, is what was there. Attributes come out as elements: to a reader they are the same.
//!
//! Source: agent protocol page, sections 1.6 and 16.1.

use std::collections::BTreeMap;

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

/// One element to be written.
#[derive(Debug, Default)]
struct Node<'a> {
    name: &'a str,
    text: &'a str,
    children: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    /// The child that is the `number`-th of its name. Elements that nothing is known of are not read, and do not
    /// count there: where one is missing, the one before it stands once more, of which a reader takes the last.
    fn child(&mut self, name: &'a str, number: usize) -> Option<&mut Node<'a>> {
        let count = self.children.iter().filter(|child| child.name == name).count();
        let before = self.children.iter().rev().find(|child| child.name == name).map_or("", |child| child.text);
        // A number is never much larger than the count; one that is was not written by us.
        let number = number.min(count + 1000);
        for at in count + 1..=number {
            let text = if at < number { before } else { "" };
            self.children.push(Node { name, text, children: Vec::new() });
        }
        self.children.iter_mut().filter(|child| child.name == name).nth(number - 1)
    }
}

fn tree<'a>(key: &'a SectionKey, row: &'a Row) -> Node<'a> {
    let mut root = Node { name: key.tag(), ..Node::default() };
    for (field, value) in &row.cells {
        let mut node = Some(&mut root);
        for part in field_name(key, field).split('/').filter(|part| !part.is_empty()) {
            let (name, number) = numbered(part);
            node = node.and_then(|node| node.child(name, number));
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
    if !is_name(node.name) {
        return;
    }
    if node.children.is_empty() {
        leaf(out, depth, node.name, node.text);
        return;
    }
    indent(out, depth);
    out.push_str(&format!("<{}>", node.name));
    out.push('\n');
    node.children.iter().for_each(|child| write(out, depth + 1, child));
    if !node.text.is_empty() {
        indent(out, depth + 1);
        escape(out, node.text);
        out.push('\n');
    }
    indent(out, depth);
    out.push_str(&format!("</{}>\n", node.name));
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

fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || byte >= 0x80;
    !name.is_empty() && name.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::rows::{put_section, unpack};
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
