//! What each computer sent so far, as far as an allowance depends on it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use rollcall::inventory::convert;
use rollcall::inventory::sections::{self, Field, SECTIONS, SectionId};
use rollcall::inventory::{Family, checksum};
use rollcall::limits::Limits;
use rollcall::protocol::{Element, Message, envelope, xml};

use super::client::Request;

/// What one computer sent.
pub struct Sent {
    pub family: Family,
    /// When the latest inventory came, in seconds since 1970.
    pub at: i64,
    /// LASTDATE as it was sent.
    pub date: Option<i64>,
    /// The latest inventory has this section.
    pub present: BTreeSet<String>,
    /// Sections of which the agent says that none is left; the original keeps their rows.
    pub gone: BTreeSet<&'static str>,
    /// Sections that changed although their bit was clear; the original did not look at them.
    pub stale: BTreeSet<String>,
    /// Which odd file the computer sent.
    pub odd: Option<&'static str>,
    /// It has a FREQUENCY of its own.
    pub own_frequency: bool,
    /// Sections as the original holds them, by their hash.
    held: HashMap<String, u64>,
}

impl Default for Sent {
    fn default() -> Sent {
        Sent {
            family: Family::Other,
            at: 0,
            date: None,
            present: BTreeSet::new(),
            gone: BTreeSet::new(),
            stale: BTreeSet::new(),
            odd: None,
            own_frequency: false,
            held: HashMap::new(),
        }
    }
}

impl Sent {
    fn note(&mut self, message: &Message<'_>, family: Family, at: i64) {
        let new = self.at == 0;
        (self.family, self.at) = (family, at);
        let hardware = message.sections("HARDWARE").last();
        let value = |name| hardware.and_then(|hardware| hardware.value(name));
        let moment = convert::last_date_as_sent(value("LASTDATE"));
        self.date = moment.map(|m| {
            let clock = i64::from(m.hour) * 3600 + i64::from(m.minute) * 60 + i64::from(m.second);
            i64::from(m.day.number()) * 86_400 + clock
        });
        let bits = checksum::sent(value("CHECKSUM"));
        self.present = message.content.iter().map(|element| element.tag.to_string()).collect();
        let tags: Vec<&str> = self.present.iter().map(String::as_str).collect();
        let said = checksum::Message { agent: family, checksum: bits, present: &tags, partial: false };
        let all = SECTIONS.iter().map(|section| section.id);
        let gone: Vec<SectionId> = if new { Vec::new() } else { said.none_left(all) };
        self.gone.extend(gone.into_iter().filter_map(sections::by_id).map(|section| section.tag));
        self.gone.retain(|tag| !tags.contains(tag));
        for tag in &tags {
            // The server compared with looks at BIOS only when its bit is set; 2.12.5 always does.
            let mask = sections::section(tag).map_or(0, |section| u64::from(section.checksum));
            let looked_at = new || mask == 0 || bits.is_none_or(|bits| bits & mask != 0);
            let rows: Vec<&Element<'_>> = message.sections(tag).collect();
            let now = hash(&format!("{rows:?}"));
            let stale = !looked_at && self.held.get(*tag) != Some(&now) && *tag != "SOFTWARES" && *tag != "HARDWARE";
            if looked_at {
                self.held.insert((*tag).to_owned(), now);
            }
            if stale {
                self.stale.insert((*tag).to_owned());
            } else {
                self.stale.remove(*tag);
            }
        }
    }
}

/// A value as the original's column holds it.
pub fn shown(section: &sections::Section, field: &Field, sent: Option<&str>) -> String {
    match convert::column(section, field, sent) {
        convert::Column::Null => super::original::NULL.to_owned(),
        column => column.to_string(),
    }
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Everybody.
#[derive(Default)]
pub struct Memory(HashMap<String, Sent>);

impl Memory {
    pub fn of(&mut self, device: &str) -> &mut Sent {
        self.0.entry(device.to_ascii_lowercase()).or_default()
    }

    pub fn forget(&mut self, device: &str) {
        self.0.remove(&device.to_ascii_lowercase());
    }

    /// Notes an inventory that both took.
    pub fn note(&mut self, device: &str, request: &Request, at: i64) {
        let limits = Limits::default();
        let opened = envelope::open(&request.body, &limits).expect("both could open it");
        let text = rollcall::text::decode_xml(&opened.bytes).text.into_owned();
        let message = xml::read(&text, &limits, &|| false).expect("both could read it");
        self.of(device).note(&message, Family::of_user_agent(&request.agent), at);
    }

    /// Time passes for one computer.
    pub fn back(&mut self, device: &str, seconds: i64) {
        let sent = self.of(device);
        sent.at -= seconds;
        sent.date = sent.date.map(|date| date - seconds);
    }
}
