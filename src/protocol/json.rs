//! The native JSON of GLPI agents: what they ask, and what they are answered.
//!
//! An inventory in JSON is the one in XML with names in lower case and typed values. It is written as XML
//! while it is parsed and then read by [`super::xml`], so both forms mean the same by construction, and no
//! tree of values is ever held: the bounds are those of XML.
//!
//! Never for a PROLOG in XML: an agent takes any JSON answer as the word of a GLPI server and remembers it.
//!
//! Source: agent protocol page, section 20.3 (GLPI agent 1.12).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Cell, Element, Error, Message, xml};
use crate::id::DeviceId;
use crate::limits::Limits;
use crate::text;

/// The Content-Type of answers in JSON; they are sent as they are, not packed.
pub const CONTENT_TYPE: &str = "application/json";

/// A request in JSON by its `action`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Native {
    /// The agent asks what to do, as PROLOG does.
    Contact(Contact),
    /// The agent reports.
    Inventory(Report),
    /// The agent asks for parameters of a task; answered [`ok`].
    GetParams,
    /// Any other action, or none: the word.
    Other(String),
}

/// What a contact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who it is.
    pub device_id: DeviceId,
    /// The agent's name, as `GLPI-Agent`.
    pub name: Option<String>,
    /// Its version, as `1.12`.
    pub version: Option<String>,
    /// The TAG it was started with.
    pub tag: Option<String>,
    /// Tasks that it could do.
    pub installed_tasks: Vec<String>,
}

/// An inventory with what surrounds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The same message as XML would have given, its QUERY being INVENTORY.
    pub message: Message<'static>,
    /// Only changed sections were sent: what is missing has not gone.
    pub partial: bool,
    /// The TAG of the agent.
    pub tag: Option<String>,
    /// `Computer`, or another kind of device.
    pub item_type: Option<String>,
}

/// Reads a body. A file that was saved by an agent may lack `action`: with a content it is an inventory.
pub fn read(bytes: &[u8], limits: &Limits, out_of_time: &dyn Fn() -> bool) -> Result<Native, Error> {
    let decoded = text::decode(bytes);
    let mut writer = Writer {
        xml: String::with_capacity(decoded.text.len()),
        limits,
        out_of_time,
        values: 0,
        listed: 0,
        failure: None,
    };
    let mut parser = serde_json::Deserializer::from_str(&decoded.text);
    let node = Node { writer: &mut writer, name: "REQUEST", depth: 1, list: None };
    if let Err(error) = node.deserialize(&mut parser).and_then(|()| parser.end()) {
        return Err(writer.failure.unwrap_or(Error::Json(error)));
    }
    let message = xml::read(&writer.xml, limits, out_of_time)?;
    let word = |tag: &str| message.head_value(tag).map(str::to_owned);
    let action = word("ACTION").or_else(|| message.has_content.then(|| "inventory".to_owned()));
    Ok(match action.unwrap_or_default().as_str() {
        "contact" => Native::Contact(Contact {
            device_id: message.device_id()?,
            name: word("NAME"),
            version: word("VERSION"),
            tag: word("TAG"),
            installed_tasks: message.head_value("INSTALLED-TASKS").map(list).unwrap_or_default(),
        }),
        "inventory" => {
            let (partial, tag, item_type) = (word("PARTIAL").as_deref() == Some("1"), word("TAG"), word("ITEMTYPE"));
            let mut message = message.into_owned();
            let value = Cow::Borrowed("INVENTORY");
            let query = Element { tag: "QUERY".into(), cells: vec![Cell { name: "".into(), value }] };
            message.head.push(query);
            Native::Inventory(Report { message, partial, tag, item_type })
        }
        "get_params" => Native::GetParams,
        other => Native::Other(other.to_owned()),
    })
}

fn list(joined: &str) -> Vec<String> {
    joined.split(',').map(str::to_owned).collect()
}

/// The answer to an inventory: done, come back after so many hours.
pub fn ok(expiration_hours: u32) -> String {
    serde_json::json!({ "status": "ok", "expiration": expiration_hours.max(1) }).to_string()
}

/// The answer to a contact: only inventories are wanted. To the agent we are a GLPI server of that version.
pub fn contact_answer(expiration_hours: u32) -> String {
    serde_json::json!({
        "status": "ok",
        "expiration": expiration_hours.max(1),
        "tasks": { "inventory": { "server": "glpi", "version": "10.0.20" } },
        "disabled": ["collect", "deploy", "esx", "netdiscovery", "netinventory", "remoteinventory", "wakeonlan"],
    })
    .to_string()
}

/// A refusal; the agent logs the text.
pub fn error(message: &str) -> String {
    serde_json::json!({ "status": "error", "message": message }).to_string()
}

/// The XML name of a JSON key; a few are called otherwise.
fn xml_name(parent: &str, key: &str) -> String {
    let upper = |byte: u8| match byte.to_ascii_uppercase() {
        good @ (b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.') => char::from(good),
        _ => '_',
    };
    let name: String = key.bytes().map(upper).collect();
    match (parent, name.as_str()) {
        ("CONTENT", "FIREWALLS") => "FIREWALL".to_owned(),
        ("LOCAL_GROUPS", "MEMBERS") => "MEMBER".to_owned(),
        ("NETWORKS", "MAC") => "MACADDR".to_owned(),
        ("SOFTWARES", "INSTALL_DATE") => "INSTALLDATE".to_owned(),
        ("STORAGES", "SERIAL") => "SERIALNUMBER".to_owned(),
        (_, "") => "_".to_owned(),
        _ => name,
    }
}

/// Writes XML as JSON is parsed, and stops at the bounds.
struct Writer<'l> {
    xml: String,
    limits: &'l Limits,
    out_of_time: &'l dyn Fn() -> bool,
    values: usize,
    /// Bytes of values that were joined: a number of some digits may be written out in hundreds.
    listed: usize,
    /// Why it stopped; serde's errors carry only text.
    failure: Option<Error>,
}

impl Writer<'_> {
    /// Counts a value, and says when there are too many of them.
    fn check(&mut self, depth: usize) -> Result<(), Error> {
        let (at, limits) = (self.xml.len() as u64, self.limits);
        self.values += 1;
        if depth > limits.xml_depth {
            return Err(Error::TooDeep { at, limit: limits.xml_depth });
        }
        if self.values > limits.xml_elements {
            return Err(Error::TooManyElements { at, limit: limits.xml_elements });
        }
        if self.xml.len().saturating_add(self.listed) > limits.inflated {
            return Err(Error::JsonTooLarge { limit: limits.inflated });
        }
        if self.values.is_multiple_of(1024) && (self.out_of_time)() {
            return Err(Error::OutOfTime { at });
        }
        Ok(())
    }

    fn open(&mut self, name: &str) {
        self.xml.extend(["<", name, ">"]);
    }

    fn close(&mut self, name: &str) {
        self.xml.extend(["</", name, ">"]);
    }

    fn text(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '&' => self.xml.push_str("&amp;"),
                '<' => self.xml.push_str("&lt;"),
                '>' => self.xml.push_str("&gt;"),
                '\r' => self.xml.push_str("&#13;"),
                '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
                _ => self.xml.push(character),
            }
        }
    }
}

/// One value, to be written as an element of that name.
struct Node<'w, 'l> {
    writer: &'w mut Writer<'l>,
    name: &'w str,
    depth: usize,
    /// Inside an array: where plain values are joined.
    list: Option<&'w mut String>,
}

impl Node<'_, '_> {
    fn plain(self, value: &str) {
        match self.list {
            Some(list) => {
                if !list.is_empty() {
                    list.push(',');
                }
                list.push_str(value);
                self.writer.listed = self.writer.listed.saturating_add(value.len());
            }
            None => {
                self.writer.open(self.name);
                self.writer.text(value);
                self.writer.close(self.name);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Err(failure) = self.writer.check(self.depth) {
            self.writer.failure = Some(failure);
            return Err(de::Error::custom("beyond a limit"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.plain(if value { "1" } else { "0" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.plain(&value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.plain(&value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.plain(&value.to_string());
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.plain(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut own = String::new();
        let outer = self.list.take();
        let joined = outer.is_some();
        let list = outer.unwrap_or(&mut own);
        let (name, depth) = (self.name, self.depth + 1);
        while items.next_element_seed(Node { writer: self.writer, name, depth, list: Some(list) })?.is_some() {}
        if !joined && !own.is_empty() {
            Node { list: None, ..self }.plain(&own);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.writer.open(self.name);
        while let Some(key) = entries.next_key::<String>()? {
            let name = xml_name(self.name, &key);
            entries.next_value_seed(Node { writer: self.writer, name: &name, depth: self.depth + 1, list: None })?;
        }
        self.writer.close(self.name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Query;
    use super::super::xml::tests::read as read_xml;
    use super::*;

    fn read(json: &str) -> Result<Native, Error> {
        super::read(json.as_bytes(), &Limits::default(), &|| false)
    }

    fn content(json: &str) -> Vec<Element<'static>> {
        let body = format!("{{\"action\":\"inventory\",\"content\":{json}}}");
        let Native::Inventory(report) = read(&body).unwrap() else { panic!("no inventory: {json}") };
        report.message.content
    }

    /// Six bytes, packed to a few bits, and three hundred digits when written out.
    #[test]
    fn numbers_in_a_list_are_counted_as_they_are_written_out() {
        let numbers = vec!["1e308"; 300_000].join(",");
        let json = format!(r#"{{"action":"inventory","content":{{"bios":{{"x":[{numbers}]}}}}}}"#);
        assert!(matches!(read(&json), Err(Error::JsonTooLarge { .. })));
    }

    #[test]
    fn a_contact_says_who_it_is() {
        let json = r#"{"action":"contact","deviceid":"pc-acct-07-2026-02-03-08-15-42","name":"GLPI-Agent","version":"1.12",
            "installed-tasks":["inventory","deploy"],"enabled-tasks":["inventory"],"tag":"ACCOUNTING","httpd-port":62354}"#;
        let Ok(Native::Contact(contact)) = read(json) else { panic!("no contact") };
        assert_eq!(contact.device_id.as_str(), "pc-acct-07-2026-02-03-08-15-42");
        assert_eq!((contact.name.as_deref(), contact.version.as_deref()), (Some("GLPI-Agent"), Some("1.12")));
        assert_eq!((contact.tag.as_deref(), contact.installed_tasks.len()), (Some("ACCOUNTING"), 2));
        assert!(matches!(read(r#"{"action":"contact"}"#), Err(Error::NoDeviceId)));
    }

    #[test]
    fn an_inventory_in_json_is_the_one_in_xml() {
        let json = r#"{"action":"inventory","deviceid":"pc-2026-02-03-08-15-42","itemtype":"Computer","tag":"A","partial":true,
            "content":{"versionclient":"GLPI-Agent_v1.12","hardware":{"name":"pc","memory":16384,"workgroup":null},
            "networks":[{"mac":"02:00:5e:10:00:07","virtualdev":false,"ipaddress":"192.168.10.7"},{"virtualdev":true}],
            "softwares":[{"name":"Sleep & <go>","install_date":"01/09/2020"}],"storages":[{"serial":"S1","disksize":2.5}],
            "firewalls":[{"status":"on"}],"local_groups":[{"name":"wheel","members":["root","alice"]}],
            "databases_services":[{"name":"MariaDB","databases":[{"name":"shop"},{"name":"mail"}]}]}}"#;
        let xml = "<REQUEST><CONTENT><VERSIONCLIENT>GLPI-Agent_v1.12</VERSIONCLIENT>\
            <HARDWARE><NAME>pc</NAME><MEMORY>16384</MEMORY></HARDWARE>\
            <NETWORKS><MACADDR>02:00:5e:10:00:07</MACADDR><VIRTUALDEV>0</VIRTUALDEV><IPADDRESS>192.168.10.7</IPADDRESS></NETWORKS>\
            <NETWORKS><VIRTUALDEV>1</VIRTUALDEV></NETWORKS>\
            <SOFTWARES><NAME>Sleep &amp; &lt;go&gt;</NAME><INSTALLDATE>01/09/2020</INSTALLDATE></SOFTWARES>\
            <STORAGES><SERIALNUMBER>S1</SERIALNUMBER><DISKSIZE>2.5</DISKSIZE></STORAGES>\
            <FIREWALL><STATUS>on</STATUS></FIREWALL><LOCAL_GROUPS><NAME>wheel</NAME><MEMBER>root,alice</MEMBER></LOCAL_GROUPS>\
            <DATABASES_SERVICES><NAME>MariaDB</NAME><DATABASES><NAME>shop</NAME></DATABASES>\
            <DATABASES><NAME>mail</NAME></DATABASES></DATABASES_SERVICES></CONTENT></REQUEST>";
        let Native::Inventory(report) = read(json).unwrap() else { panic!("no inventory") };
        assert_eq!(report.message.content, read_xml(xml).unwrap().content);
        assert_eq!(Query::of(&report.message).unwrap(), Query::Inventory);
        assert_eq!(report.message.device_id().unwrap().as_str(), "pc-2026-02-03-08-15-42");
        assert_eq!((report.tag.as_deref(), report.item_type.as_deref()), (Some("A"), Some("Computer")));
    }

    /// A partial report has only what changed: deleting the rest would destroy data.
    #[test]
    fn pitfall_47_partial_reports_say_so() {
        for (json, partial) in [
            (r#"{"action":"inventory","partial":true,"content":{}}"#, true),
            (r#"{"action":"inventory","partial":false,"content":{}}"#, false),
            (r#"{"action":"inventory","content":{}}"#, false),
            (r#"{"content":{"hardware":{"name":"x"}}}"#, false),
        ] {
            let Ok(Native::Inventory(report)) = read(json) else { panic!("no inventory: {json}") };
            assert_eq!(report.partial, partial, "{json}");
        }
    }

    #[test]
    fn other_actions_are_named() {
        assert_eq!(read(r#"{"action":"get_params","task":"inventory"}"#).unwrap(), Native::GetParams);
        assert_eq!(read(r#"{"action":"netinventory"}"#).unwrap(), Native::Other("netinventory".into()));
        assert_eq!(read("{}").unwrap(), Native::Other(String::new()));
    }

    #[test]
    fn odd_values_and_names_are_kept_safe() {
        assert!(content(r#"{"a":{"b":"","c":null,"d":[],"e":{},"f":[{}]}}"#).is_empty());
        let odd = content(
            r#"{"a b<":{"é":"x\u0000y","":"\r\n z","n":[1,[2,3],{"m":4}],"f":-1.5,"big":18446744073709551615}}"#,
        );
        let cells: Vec<_> = odd[0].cells.iter().map(|cell| (cell.name.as_ref(), cell.value.as_ref())).collect();
        assert_eq!(odd[0].tag, "A_B_");
        let expected =
            [("__", "xy"), ("_", "z"), ("N/M", "4"), ("N[2]", "1,2,3"), ("F", "-1.5"), ("BIG", "18446744073709551615")];
        assert_eq!(cells, expected);
    }

    #[test]
    fn sec_04_the_bounds_of_xml_hold_for_json() {
        let deep = format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200));
        assert!(matches!(read(&deep), Err(Error::TooDeep { limit: 32, .. })));
        let deep = "[".repeat(2_000_000);
        assert!(matches!(read(&deep), Err(Error::TooDeep { limit: 32, .. })));
        let limits = Limits { xml_elements: 100, inflated: 10_000, ..Limits::default() };
        let many = format!("[{}1]", "1,".repeat(200));
        assert!(matches!(super::read(many.as_bytes(), &limits, &|| false), Err(Error::TooManyElements { .. })));
        let large = format!("{{\"a\":\"{}\",\"b\":1}}", "&".repeat(5000));
        assert!(matches!(super::read(large.as_bytes(), &limits, &|| false), Err(Error::JsonTooLarge { .. })));
        let name = format!("{{\"{}\":1}}", "a".repeat(300));
        assert!(matches!(read(&name), Err(Error::NameTooLong { .. })));
        let many = format!("[{}1]", "1,".repeat(5000));
        assert!(matches!(super::read(many.as_bytes(), &Limits::default(), &|| true), Err(Error::OutOfTime { .. })));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for json in ["", "{", "{\"a\":}", "{} x", "{\"a\":\"\\ud800\"}", "nul"] {
            assert!(matches!(read(json), Err(Error::Json(_))), "{json}");
        }
    }

    #[test]
    fn answers_are_what_agents_expect() {
        assert_eq!(ok(0), r#"{"expiration":1,"status":"ok"}"#);
        assert_eq!(error("a \"b\""), r#"{"message":"a \"b\"","status":"error"}"#);
        let answer: serde_json::Value = serde_json::from_str(&contact_answer(24)).unwrap();
        assert_eq!(answer["tasks"]["inventory"]["server"], "glpi");
        assert_eq!((&answer["expiration"], &answer["status"]), (&24.into(), &"ok".into()));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\":,a-c0-9.\\-\\\\utrue ]{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn every_string_comes_back(value in "[a-z&<>\"\\\\\\u{1}é😀 \n]{1,30}") {
            let json = serde_json::json!({ "s": { "a": value } }).to_string();
            let cells = content(&json);
            let expected = value.replace('\u{1}', "");
            let value = cells.first().and_then(|section| section.value("A"));
            prop_assert_eq!(value, Some(expected.trim()).filter(|text| !text.is_empty()));
        }
    }
}
