//! Which request it is: the typed view of everything but an inventory.
//!
//! What an INVENTORY says stays in its [`Message`]. Values are as the agent wrote them; whether they mean
//! anything (a known package, a computer's own network card) is asked elsewhere.
//!
//! Source: agent protocol page, sections 2, 12.8, 13, 14 and 15.2.

use super::{Element, Error, Message};
use crate::net::Mac;

/// A request by its QUERY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query<'m> {
    /// The agent asks what to do.
    Prolog,
    /// The agent reports; the sections are in the message.
    Inventory,
    /// The outcome of a package.
    Download(PackageResult<'m>),
    /// Something changed between two inventories.
    Notify(NotifyChange<'m>),
    /// An agent of the 1.x line asks for a newer self.
    Update(UpdateQuestion<'m>),
    /// Results of an SNMP scan; the devices are the sections of the message.
    Snmp,
}

/// What became of a package on a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageResult<'m> {
    /// The package's FILEID. `None` when missing: answered 200 and ignored, agents resend anything else for ever.
    pub id: Option<&'m str>,
    /// The code, free text beginning with SUCCESS when it went well. `None` counts as UNKNOWN_CODE.
    pub code: Option<&'m str>,
}

impl PackageResult<'_> {
    /// The code as it is stored.
    pub fn stored_code(&self) -> &str {
        self.code.unwrap_or("UNKNOWN_CODE")
    }
}

/// What a Windows agent in notify mode tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyChange<'m> {
    /// TYPE is IP: addresses of network cards.
    Ip {
        /// HARDWARE/IPADDR, when HARDWARE was sent.
        address: Option<&'m str>,
        /// Whether there was a HARDWARE element.
        with_hardware: bool,
        /// Those IFACE elements that have IP, MASK and a MAC address.
        interfaces: Vec<Interface<'m>>,
    },
    /// Another TYPE, or none: nothing is done.
    Other(Option<&'m str>),
}

/// One network card in a NOTIFY message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface<'m> {
    /// Which card: normalised, where the agents' spelling varies.
    pub mac: Mac,
    /// IP.
    pub address: &'m str,
    /// MASK.
    pub mask: &'m str,
    /// GW, where sent.
    pub gateway: Option<&'m str>,
    /// SUBNET, where sent.
    pub subnet: Option<&'m str>,
    /// DHCP, where sent.
    pub dhcp: Option<&'m str>,
}

/// What an agent of the 1.x line says before it asks for an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateQuestion<'m> {
    /// WINDOWS, MAC or LINUX.
    pub platform: Option<&'m str>,
    /// Its own version.
    pub agent: Option<&'m str>,
    /// Version of its dmidecode.
    pub dmi: Option<&'m str>,
    /// Version of its ipdiscover.
    pub ipdiscover: Option<&'m str>,
}

impl<'m> Query<'m> {
    /// Reads QUERY and what belongs to it. The word must be in upper case.
    pub fn of(message: &'m Message<'_>) -> Result<Query<'m>, Error> {
        Ok(match message.query().ok_or(Error::NoQuery)? {
            "PROLOG" => Query::Prolog,
            "INVENTORY" => Query::Inventory,
            "DOWNLOAD" => {
                Query::Download(PackageResult { id: anywhere(message, "ID"), code: anywhere(message, "ERR") })
            }
            "NOTIFY" => Query::Notify(NotifyChange::of(message)),
            "UPDATE" => Query::Update(UpdateQuestion {
                platform: message.head_value("PLATFORM"),
                agent: message.head_value("AGENT"),
                dmi: message.head_value("DMI"),
                ipdiscover: message.head_value("IPDISCOVER"),
            }),
            "SNMP" => Query::Snmp,
            unknown => return Err(Error::UnknownQuery(unknown.to_owned())),
        })
    }

    /// Whether the request needs no DEVICEID.
    pub fn is_anonymous(&self) -> bool {
        matches!(self, Query::Update(_))
    }
}

/// A value beside CONTENT, else inside.
fn anywhere<'m>(message: &'m Message<'_>, tag: &str) -> Option<&'m str> {
    message.head_value(tag).or_else(|| message.content_value(tag))
}

impl<'m> NotifyChange<'m> {
    fn of(message: &'m Message<'_>) -> Self {
        let kind = message.head_value("TYPE");
        if kind != Some("IP") {
            return NotifyChange::Other(kind);
        }
        let mut hardware = message.head.iter().filter(|element| element.tag == "HARDWARE").peekable();
        NotifyChange::Ip {
            with_hardware: hardware.peek().is_some(),
            address: hardware.filter_map(|hardware| hardware.value("IPADDR")).next_back(),
            interfaces: message.head.iter().filter(|e| e.tag == "IFACE").filter_map(Interface::of).collect(),
        }
    }
}

impl<'m> Interface<'m> {
    fn of(element: &'m Element<'_>) -> Option<Self> {
        Some(Interface {
            mac: element.value("MAC")?.parse().ok()?,
            address: element.value("IP")?,
            mask: element.value("MASK")?,
            gateway: element.value("GW"),
            subnet: element.value("SUBNET"),
            dhcp: element.value("DHCP"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::xml::tests::read;
    use super::*;

    #[test]
    fn queries_are_known_by_their_upper_case_word() {
        for (word, query) in [("PROLOG", Query::Prolog), ("INVENTORY", Query::Inventory), ("SNMP", Query::Snmp)] {
            let text = format!("<REQUEST><QUERY>{word}</QUERY></REQUEST>");
            assert_eq!(Query::of(&read(&text).unwrap()).unwrap(), query);
        }
        for word in ["prolog", "SYSTEM", "FILE", "PROLOG2", "NETDISCOVERY"] {
            let text = format!("<REQUEST QUERY='{word}'/>");
            assert!(matches!(Query::of(&read(&text).unwrap()), Err(Error::UnknownQuery(unknown)) if unknown == word));
        }
        assert!(matches!(Query::of(&read("<REQUEST/>").unwrap()), Err(Error::NoQuery)));
        assert!(matches!(Query::of(&read("<REQUEST><query>PROLOG</query></REQUEST>").unwrap()), Err(Error::NoQuery)));
    }

    /// Unix agents send attributes, Windows agents both, Android agents elements.
    #[test]
    fn pitfall_15_package_results_come_in_three_forms() {
        let id = "pc-2026-02-03-08-15-42";
        for text in [
            format!("<REQUEST DEVICEID='{id}' ERR='SUCCESS' ID='17' QUERY='DOWNLOAD' />"),
            format!(
                "<REQUEST ID='17' ERR='SUCCESS'><CONTENT/><DEVICEID>{id}</DEVICEID><QUERY>DOWNLOAD</QUERY></REQUEST>"
            ),
            format!("<REQUEST><QUERY>DOWNLOAD</QUERY><DEVICEID>{id}</DEVICEID><ID>17</ID><ERR>SUCCESS</ERR></REQUEST>"),
            format!(
                "<REQUEST QUERY='DOWNLOAD' DEVICEID='{id}'><CONTENT ID='17'><ERR>SUCCESS</ERR></CONTENT></REQUEST>"
            ),
        ] {
            let message = read(&text).unwrap();
            let expected = PackageResult { id: Some("17"), code: Some("SUCCESS") };
            assert_eq!(Query::of(&message).unwrap(), Query::Download(expected), "{text}");
            assert_eq!(message.device_id().unwrap().as_str(), id);
        }
    }

    #[test]
    fn a_package_result_without_a_code_has_the_unknown_one() {
        let message = read("<REQUEST QUERY='DOWNLOAD' ID='17' ERR=''/>").unwrap();
        let Ok(Query::Download(result)) = Query::of(&message) else { panic!("no result") };
        assert_eq!((result.code, result.stored_code()), (None, "UNKNOWN_CODE"));
    }

    #[test]
    fn an_address_change_names_its_cards() {
        let message = read(
            "<REQUEST><DEVICEID>pc-2026-02-03-08-15-42</DEVICEID><CONTENT /><QUERY>NOTIFY</QUERY><TYPE>IP</TYPE>\
             <HARDWARE><NAME>pc</NAME><IPADDR>192.168.10.55</IPADDR></HARDWARE>\
             <IFACE><MAC>02:00:5e:10:00:07</MAC><IP>192.168.10.55</IP><MASK>255.255.255.0</MASK><GW>192.168.10.1</GW></IFACE>\
             <IFACE><MAC>02:00:5E:10:00:08</MAC><IP>192.168.11.55</IP></IFACE>\
             <IFACE><MAC>junk</MAC><IP>192.168.11.55</IP><MASK>255.255.255.0</MASK></IFACE></REQUEST>",
        )
        .unwrap();
        let Ok(Query::Notify(NotifyChange::Ip { address, with_hardware, interfaces })) = Query::of(&message) else {
            panic!("no address change")
        };
        assert_eq!((address, with_hardware, interfaces.len()), (Some("192.168.10.55"), true, 1));
        let card = interfaces[0];
        assert_eq!(card.mac.to_string(), "02:00:5E:10:00:07");
        assert_eq!((card.gateway, card.subnet, card.dhcp), (Some("192.168.10.1"), None, None));
    }

    #[test]
    fn another_notification_is_nothing() {
        let message = read("<REQUEST QUERY='NOTIFY' TYPE='USB'/>").unwrap();
        assert_eq!(Query::of(&message).unwrap(), Query::Notify(NotifyChange::Other(Some("USB"))));
    }

    #[test]
    fn an_update_question_needs_no_device_id() {
        let text = "<REQUEST><DEVICEID>x</DEVICEID><QUERY>UPDATE</QUERY><PLATFORM>WINDOWS</PLATFORM><AGENT>4030</AGENT></REQUEST>";
        let message = read(text).unwrap();
        let query = Query::of(&message).unwrap();
        assert!(query.is_anonymous());
        assert!(matches!(query, Query::Update(UpdateQuestion { platform: Some("WINDOWS"), agent: Some("4030"), .. })));
    }
}
