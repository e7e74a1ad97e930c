//! The answer to an agent, typed, and as the XML that agents read.
//!
//! Source: agent protocol page, sections 1.8, 3.4, 4.3, 8.3 and 14. Order carries no meaning to agents; it is
//! fixed here so that answers can be compared.

use super::Packing;

/// What an agent is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To PROLOG.
    Prolog(Prolog),
    /// To INVENTORY: the administrative data to take over, or none when agent and server agree.
    AccountUpdate(Option<Vec<(String, String)>>),
    /// To UPDATE: there is never a newer agent.
    NoUpdate,
    /// To DOWNLOAD, SNMP and NOTIFY: 200 with an empty body.
    Empty,
}

/// What PROLOG is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prolog {
    /// Whether an inventory is wanted.
    pub response: Response,
    /// Hours until the next contact. 0 is sent as 1: what agents make of 0 is their own.
    pub prolog_freq: u32,
    /// Whether the Windows service sends an inventory when it starts.
    pub inventory_on_startup: bool,
    /// What else the agent is asked to do.
    pub options: Vec<Opt>,
}

/// The decision in a PROLOG answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// Send an inventory.
    Send,
    /// Do not.
    Stop,
}

/// One OPTION element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opt {
    /// DOWNLOAD, REGISTRY, IPDISCOVER, SNMP.
    pub name: &'static str,
    /// Its PARAM elements.
    pub params: Vec<Param>,
}

/// One PARAM element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Param {
    /// In the order in which they are written. Agents read each one: an unknown value is "", never left out.
    pub attributes: Vec<(&'static str, String)>,
    /// The text inside; empty for none.
    pub text: String,
}

impl Reply {
    /// The XML text; empty for [`Reply::Empty`].
    pub fn xml(&self) -> String {
        let mut xml = Xml::new();
        match self {
            Reply::Empty => return String::new(),
            Reply::NoUpdate => xml.leaf("RESPONSE", "NO_UPDATE"),
            Reply::AccountUpdate(None) => xml.leaf("RESPONSE", "NO_ACCOUNT_UPDATE"),
            Reply::AccountUpdate(Some(pairs)) => {
                xml.leaf("RESPONSE", "ACCOUNT_UPDATE");
                for (name, value) in pairs {
                    xml.open("ACCOUNTINFO");
                    xml.leaf("KEYNAME", name);
                    xml.leaf("KEYVALUE", value);
                    xml.close("ACCOUNTINFO");
                }
            }
            Reply::Prolog(prolog) => prolog.write(&mut xml),
        }
        xml.finish()
    }
}

impl Prolog {
    fn write(&self, xml: &mut Xml) {
        xml.leaf("INVENTORY_ON_STARTUP", if self.inventory_on_startup { "1" } else { "0" });
        xml.leaf("PROLOG_FREQ", &self.prolog_freq.max(1).to_string());
        xml.leaf(
            "RESPONSE",
            match self.response {
                Response::Send => "SEND",
                Response::Stop => "STOP",
            },
        );
        for option in &self.options {
            xml.open("OPTION");
            xml.leaf("NAME", option.name);
            for param in &option.params {
                xml.param(param);
            }
            xml.close("OPTION");
        }
    }
}

/// The Content-Type of an answer to a request with that Content-Type, if any, which is packed like it.
///
/// GLPI agents abort on any but their own words; other agents do not look.
pub fn content_type(asked: Option<&str>, packing: Packing) -> &'static str {
    let asked = asked.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (asked.as_str(), packing) {
        ("application/x-compress-zlib" | "application/x-compress-gzip", Packing::Zlib) => "application/x-compress-zlib",
        ("application/x-compress-zlib" | "application/x-compress-gzip", Packing::Gzip) => "application/x-compress-gzip",
        ("application/x-compress-zlib" | "application/x-compress-gzip", Packing::Plain) => "application/xml",
        ("application/xml", _) => "application/xml",
        _ => "application/x-compressed",
    }
}

/// The body of an answer as it is sent: an empty text is an empty body, not an empty stream.
pub fn body(text: &str, packing: Packing) -> Vec<u8> {
    if text.is_empty() { Vec::new() } else { super::envelope::seal(text, packing) }
}

/// Writes a REPLY with two blanks of indent for each level.
struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    fn new() -> Self {
        Xml { text: String::from("<?xml version='1.0' encoding='UTF-8'?>\n<REPLY>\n"), depth: 1 }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn open(&mut self, name: &str) {
        self.indent();
        self.text.extend(["<", name, ">\n"]);
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.indent();
        self.text.extend(["</", name, ">\n"]);
    }

    fn leaf(&mut self, name: &str, value: &str) {
        self.indent();
        self.text.extend(["<", name, ">"]);
        escape(&mut self.text, value);
        self.text.extend(["</", name, ">\n"]);
    }

    fn param(&mut self, param: &Param) {
        self.indent();
        self.text.push_str("<PARAM");
        for (name, value) in &param.attributes {
            self.text.extend([" ", name, "=\""]);
            escape(&mut self.text, value);
            self.text.push('"');
        }
        if param.text.is_empty() {
            self.text.push_str(" />\n");
        } else {
            self.text.push('>');
            escape(&mut self.text, &param.text);
            self.text.push_str("</PARAM>\n");
        }
    }

    fn finish(mut self) -> String {
        self.text.push_str("</REPLY>\n");
        self.text
    }
}

/// Escapes `& < > "` and leaves out what XML forbids, which would cost the agent the whole answer.
pub fn escape(into: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
            _ => into.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::xml::tests::read;
    use super::super::{Message, fixtures};
    use super::*;

    fn prolog(options: Vec<Opt>) -> Reply {
        Reply::Prolog(Prolog { response: Response::Send, prolog_freq: 24, inventory_on_startup: true, options })
    }

    fn param(attributes: &[(&'static str, &str)], text: &str) -> Param {
        let attributes = attributes.iter().map(|(name, value)| (*name, value.to_string())).collect();
        Param { attributes, text: text.to_owned() }
    }

    /// Server 2.8.1 writes the same up to the order of elements and attributes.
    fn meaning(message: &Message<'_>) -> BTreeSet<String> {
        let one = |element: &super::super::Element<'_>| {
            let cells: BTreeSet<_> = element.cells.iter().map(|c| format!("{}={}", c.name, c.value)).collect();
            format!("{} {cells:?}", element.tag)
        };
        message.head.iter().map(one).collect()
    }

    #[test]
    fn a_prolog_answer_is_written_as_the_field_writes_it() {
        let registry = Opt {
            name: "REGISTRY",
            params: vec![param(&[("NAME", "a\"<b>"), ("REGTREE", "2"), ("REGKEY", "SOFTWARE\\Foo")], "*&")],
        };
        assert_eq!(
            prolog(vec![registry]).xml(),
            "<?xml version='1.0' encoding='UTF-8'?>\n<REPLY>\n  <INVENTORY_ON_STARTUP>1</INVENTORY_ON_STARTUP>\n  \
             <PROLOG_FREQ>24</PROLOG_FREQ>\n  <RESPONSE>SEND</RESPONSE>\n  <OPTION>\n    <NAME>REGISTRY</NAME>\n    \
             <PARAM NAME=\"a&quot;&lt;b&gt;\" REGTREE=\"2\" REGKEY=\"SOFTWARE\\Foo\">*&amp;</PARAM>\n  </OPTION>\n</REPLY>\n"
        );
    }

    #[test]
    fn answers_mean_what_the_captured_ones_mean() {
        let conf = [
            ("TYPE", "CONF"),
            ("ON", "1"),
            ("CYCLE_LATENCY", "1"),
            ("FRAG_LATENCY", "1"),
            ("PERIOD_LATENCY", "1"),
            ("PERIOD_LENGTH", "10"),
            ("TIMEOUT", "30"),
            ("EXECUTION_TIMEOUT", "120"),
        ];
        let pack = [
            ("TYPE", "PACK"),
            ("ID", "1700000001"),
            ("CERT_PATH", "INSTALL_PATH"),
            ("CERT_FILE", "INSTALL_PATH/cacert.pem"),
            ("INFO_LOC", "ocs.example.lan/download"),
            ("PACK_LOC", "ocs.example.lan/download"),
            ("SCHEDULE", ""),
            ("POSTCMD", ""),
            ("FORCE", "0"),
        ];
        let download = Opt { name: "DOWNLOAD", params: vec![param(&conf, ""), param(&pack, "")] };
        let account = Reply::AccountUpdate(Some(vec![("TAG".into(), "SIEGE".into())]));
        for (reply, name) in [
            (prolog(vec![download]), "ocs2100-download-execute-01-prolog"),
            (Reply::AccountUpdate(None), "ocs2100-first-contact-02-inventory"),
            (account, "ocs2100-tag-changed-on-server-02-inventory"),
        ] {
            let theirs = String::from_utf8(fixtures::file(&format!("{name}.response.xml"))).unwrap();
            let mine = reply.xml();
            assert_eq!(meaning(&read(&mine).unwrap()), meaning(&read(&theirs).unwrap()), "{name}");
            assert_eq!(mine.len(), theirs.len(), "{name}");
        }
    }

    #[test]
    fn pitfall_04_glpi_agents_get_their_own_content_type_back() {
        for (asked, packing, answered) in [
            (Some("application/x-compress-zlib"), Packing::Zlib, "application/x-compress-zlib"),
            (Some("application/x-compress-gzip"), Packing::Gzip, "application/x-compress-gzip"),
            (Some("application/x-compress-zlib"), Packing::Plain, "application/xml"),
            (Some("Application/XML; charset=utf-8"), Packing::Plain, "application/xml"),
            (Some("application/x-compress"), Packing::Zlib, "application/x-compressed"),
            (Some("text/plain; charset=\"UTF-8\""), Packing::Gzip, "application/x-compressed"),
            (Some(""), Packing::Plain, "application/x-compressed"),
            (None, Packing::Zlib, "application/x-compressed"),
        ] {
            assert_eq!(content_type(asked, packing), answered, "{asked:?}");
        }
    }

    #[test]
    fn pitfall_06_only_reports_get_an_empty_body() {
        assert_eq!(body(&Reply::Empty.xml(), Packing::Zlib), b"");
        for reply in [prolog(vec![]), Reply::AccountUpdate(None), Reply::NoUpdate] {
            assert!(!body(&reply.xml(), Packing::Plain).is_empty());
        }
    }

    #[test]
    fn pitfall_27_response_has_no_blanks_around_it() {
        assert!(prolog(vec![]).xml().contains("<RESPONSE>SEND</RESPONSE>"));
        assert!(Reply::NoUpdate.xml().contains("<RESPONSE>NO_UPDATE</RESPONSE>"));
    }

    #[test]
    fn pitfall_28_empty_values_are_written() {
        let option = Opt { name: "SNMP", params: vec![param(&[("TYPE", "COMMUNITY"), ("USERNAME", "")], "")] };
        assert!(prolog(vec![option]).xml().contains("<PARAM TYPE=\"COMMUNITY\" USERNAME=\"\" />"));
        let account = Reply::AccountUpdate(Some(vec![("fields_3".into(), String::new())]));
        assert!(account.xml().contains("<KEYVALUE></KEYVALUE>"));
    }

    #[test]
    fn pitfall_89_the_time_to_the_next_contact_is_at_least_an_hour() {
        let reply = Prolog { response: Response::Stop, prolog_freq: 0, inventory_on_startup: false, options: vec![] };
        let xml = Reply::Prolog(reply).xml();
        assert!(xml.contains("<PROLOG_FREQ>1</PROLOG_FREQ>") && xml.contains("<RESPONSE>STOP</RESPONSE>"));
    }

    proptest! {
        #[test]
        fn every_value_comes_back_as_it_was(value in "[a-z\\u{0}&<>\"' é]{1,30}") {
            let reply = Reply::AccountUpdate(Some(vec![("TAG".into(), value.clone())]));
            let xml = reply.xml();
            let message = read(&xml).unwrap();
            let expected = value.replace('\0', "");
            let expected = Some(expected.trim()).filter(|text| !text.is_empty());
            prop_assert_eq!(message.head[1].value("KEYVALUE"), expected);
        }
    }
}
