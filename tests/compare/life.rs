//! Computers and what happens to them: the stream of contacts of ordinary life.

use super::client::Request;
use super::contact::{Contact, Packed, pack, prolog};
use super::dice::Dice;
use super::document::Document;

pub const WINDOWS: &str = "OCS-NG_WINDOWS_AGENT_v2.10.1.0";
pub const UNIX: &str = "OCS-NG_unified_unix_agent_v2.10.0";

/// Values that somebody's agent sent once, as they stand in XML.
const ODD_VALUES: &[&str] = &[
    "",
    "0",
    "-1",
    "1.7",
    "12 MB",
    "N/A",
    "99999999999",
    "1e3",
    "10.0.19041",
    ".5",
    "+5",
    "0x1F",
    "0.0",
    "00",
    "é à ü ß Œ",
    "&lt;b&gt; &amp; &quot;x&quot;",
    "a'b\\c",
    "日本語",
    "%s",
    "-",
    "??",
    "NA",
    "NULL",
    "NaN",
    "two&#10;lines",
    "tab&#9;inside",
    "Sleep (2.0)",
    "  padded  ",
    "smile 😀 here",
    "&#233;",
    "2020/1/2",
    "2020-02-30",
    "01/02/2020",
    "20200102",
    "2020-01-02 03:04:05",
    "0000-00-00",
    "garbage",
    "<![CDATA[raw <b>]]>",
    "system",
    "999",
    "2147483648",
    "-32769",
    "1,5",
    "true",
];

/// Sections whose rows change, with the bits that agents raise for them.
const CHANGING: &[(&str, u64)] = &[
    ("HARDWARE", 1),
    ("BIOS", 2),
    ("MEMORIES", 4),
    ("SLOTS", 8),
    ("REGISTRY", 16),
    ("CONTROLLERS", 32),
    ("MONITORS", 64),
    ("PORTS", 128),
    ("STORAGES", 256),
    ("DRIVES", 512),
    ("INPUTS", 1024),
    ("MODEMS", 2048),
    ("NETWORKS", 4096),
    ("PRINTERS", 8192),
    ("SOUNDS", 16384),
    ("VIDEOS", 32768),
    ("SOFTWARES", 65536),
    ("CPUS", 262_144),
    ("LOCAL_USERS", 0),
    ("LOCAL_GROUPS", 0),
];

/// Fields of HARDWARE that take digits only. At other text the server compared with fails: an odd file of its own.
const NUMBERS: &[&str] = &["PROCESSORS", "PROCESSORN", "MEMORY", "SWAP", "TYPE"];

/// Fields that other things hang on: who it is, what a duplicate is, what the protocol itself looks at.
const LEFT_ALONE: &[&str] = &["CHECKSUM", "LASTDATE", "IPADDR", "NAME", "SSN", "MACADDR", "KEYNAME"];

/// One computer.
pub struct Machine {
    pub device: String,
    /// Its former identifier.
    former: Option<String>,
    revisions: Vec<String>,
    revision: usize,
    now: Document,
    agent: &'static str,
    known: bool,
    /// It has a second record, because nothing merged at that time. In which order the original merges several
    /// records at once, and so whose counters and bits stay, is chance: there is never a third.
    apart: bool,
}

/// What is so for all of them in one part of the stream.
pub struct Weather {
    /// Seconds since 1970.
    pub now: i64,
    /// Records with the same name, serial and MAC address become one.
    pub merging: bool,
}

impl Machine {
    pub fn new(revisions: Vec<String>) -> Machine {
        let now = Document::of(&revisions[0]);
        let windows = now.get("HARDWARE", "LASTDATE").is_some();
        let agent = if windows { WINDOWS } else { UNIX };
        Machine { device: now.device(), former: None, revisions, revision: 0, now, agent, known: false, apart: false }
    }

    /// Its first inventory.
    pub fn document(&self) -> Document {
        Document::of(&self.revisions[0])
    }

    /// The next thing that happens: one contact, or a PROLOG with its inventory.
    pub fn next(&mut self, dice: &mut Dice, weather: &Weather) -> Vec<Contact> {
        if !self.known {
            self.known = true;
            return vec![self.prolog(), self.inventory("first inventory", dice, weather)];
        }
        match dice.below(100) {
            91..97 if self.apart => vec![self.prolog()],
            0..56 => vec![self.prolog()],
            56..64 => vec![self.inventory("the same inventory again", dice, weather)],
            64..73 => {
                self.revision = (self.revision + 1) % self.revisions.len();
                let device = self.device.clone();
                self.now = Document::of(&self.revisions[self.revision]);
                self.now.set_device(&device);
                vec![self.prolog(), self.inventory("some days later", dice, weather)]
            }
            73..85 => {
                let honest = !dice.percent(12);
                self.change(dice, honest);
                vec![self.inventory(if honest { "fields changed" } else { "changed, bits clear" }, dice, weather)]
            }
            85..88 => {
                self.lose(dice);
                vec![self.inventory("a section is gone", dice, weather)]
            }
            88..91 => {
                let tag = format!("TAG {}", dice.below(9));
                match dice.below(3) {
                    0 => drop(self.now.remove("ACCOUNTINFO")),
                    _ if self.now.sections("ACCOUNTINFO").is_empty() => self.now.insert(&format!(
                        "<ACCOUNTINFO>\n<KEYNAME>TAG</KEYNAME>\n<KEYVALUE>{tag}</KEYVALUE>\n</ACCOUNTINFO>"
                    )),
                    _ => self.now.set("ACCOUNTINFO", "KEYVALUE", &tag),
                }
                vec![self.inventory("another TAG", dice, weather)]
            }
            91..93 => {
                let name = format!("renamed-{}", dice.below(100_000));
                self.now.set("HARDWARE", "NAME", &name);
                let old = self.identify(&name, dice);
                self.now.remove_line("OLD_DEVICEID");
                self.now.insert(&format!("<OLD_DEVICEID>{old}</OLD_DEVICEID>"));
                let mut contact = self.inventory("renamed, with its old identifier", dice, weather);
                contact.replaces = Some(old);
                self.now.remove_line("OLD_DEVICEID");
                vec![self.prolog(), contact]
            }
            93..96 => {
                let name = self.now.get("HARDWARE", "NAME").unwrap_or("x").to_owned();
                let old = self.identify(&name, dice);
                let mut contact = self.inventory("installed anew", dice, weather);
                contact.replaces = weather.merging.then_some(old);
                self.apart = !weather.merging;
                vec![self.prolog(), contact]
            }
            96..97 => {
                // A backup of the disk was restored: the former identifier reports.
                let Some(former) = self.former.take() else { return vec![self.prolog()] };
                let old = std::mem::replace(&mut self.device, former);
                let device = self.device.clone();
                self.now.set_device(&device);
                let mut contact = self.inventory("the former identifier again", dice, weather);
                contact.replaces = weather.merging.then_some(old);
                // Where nothing merged, the former record is there or it is new: two of them either way.
                self.apart = !weather.merging;
                vec![contact]
            }
            97..98 => {
                let mut contact = self.prolog();
                contact.kind = "prolog, identifier in capitals";
                let text = prolog(&self.device.to_ascii_uppercase());
                contact.request.body = pack(text.as_bytes(), Packed::Zlib);
                vec![contact]
            }
            _ => {
                self.now.set("HARDWARE", "CHECKSUM", "1");
                vec![self.inventory("nothing changed", dice, weather)]
            }
        }
    }

    /// Another identifier; the former one comes back.
    fn identify(&mut self, name: &str, dice: &mut Dice) -> String {
        let (month, day, second) = (1 + dice.below(12), 1 + dice.below(28), dice.below(60));
        let device = format!("{name}-2026-{month:02}-{day:02}-08-{:02}-{second:02}", dice.below(60));
        let old = std::mem::replace(&mut self.device, device.clone());
        self.former = Some(old.clone());
        self.now.set_device(&device);
        old
    }

    fn prolog(&self) -> Contact {
        let body = pack(prolog(&self.device).as_bytes(), Packed::Zlib);
        Contact::new(&self.device, "prolog", Request::post(self.agent, self.content_type(), body), false)
    }

    fn content_type(&self) -> &'static str {
        if self.agent == WINDOWS { "application/x-compressed" } else { "application/x-compress" }
    }

    fn inventory(&mut self, kind: &'static str, dice: &mut Dice, weather: &Weather) -> Contact {
        self.apart &= !weather.merging;
        if self.now.get("HARDWARE", "LASTDATE").is_some() {
            self.now.set("HARDWARE", "LASTDATE", &moment(weather.now));
        }
        let packed = match dice.below(20) {
            0 => Packed::Plain,
            1..3 => Packed::Gzip,
            _ if self.agent == WINDOWS => Packed::Flushed,
            _ => Packed::Zlib,
        };
        let body = pack(self.now.text().as_bytes(), packed);
        Contact::new(&self.device, kind, Request::post(self.agent, self.content_type(), body), true)
    }

    /// Some fields of some rows; rows that come and go.
    fn change(&mut self, dice: &mut Dice, honest: bool) {
        let mut bits = 1;
        for _ in 0..1 + dice.below(4) {
            let (tag, bit) = CHANGING[dice.below(CHANGING.len())];
            let sections = self.now.sections(tag);
            if sections.is_empty() {
                continue;
            }
            bits |= bit;
            let section = sections[dice.below(sections.len())].clone();
            let single = tag == "HARDWARE" || tag == "BIOS";
            match dice.below(10) {
                0 if !single => self.now.double(section),
                1 if !single && sections.len() > 1 => self.now.cut(section),
                _ => {
                    let leaves = self.now.leaves(section);
                    if leaves.is_empty() {
                        continue;
                    }
                    let (line, name) = leaves[dice.below(leaves.len())].clone();
                    if LEFT_ALONE.contains(&name.as_str()) && (single || tag == "NETWORKS" || tag == "SOFTWARES") {
                        continue;
                    }
                    let long = "long ".repeat(60);
                    // An overlong title is an odd file of its own.
                    let short = tag == "SOFTWARES";
                    let number = dice.below(70_000).to_string();
                    let value = if tag == "HARDWARE" && NUMBERS.contains(&name.as_str()) {
                        &number[..]
                    } else if !short && dice.percent(5) {
                        &long[..]
                    } else {
                        dice.pick(ODD_VALUES)
                    };
                    self.now.replace(line, &name, value);
                }
            }
        }
        let bits = if honest { bits } else { 1 };
        self.now.set("HARDWARE", "CHECKSUM", &bits.to_string());
    }

    /// Every row of a section goes, mostly with the bit that says so.
    fn lose(&mut self, dice: &mut Dice) {
        let may = ["PRINTERS", "MONITORS", "SOUNDS", "MODEMS", "SLOTS", "INPUTS", "REGISTRY", "VIDEOS", "LOCAL_USERS"];
        let tag = dice.pick(&may);
        self.now.remove(tag);
        let bit = CHANGING.iter().find(|(name, _)| *name == tag).map_or(0, |(_, bit)| *bit);
        let bits = if dice.percent(70) { 1 | bit } else { 1 };
        self.now.set("HARDWARE", "CHECKSUM", &bits.to_string());
    }
}

/// `2026-11-27 02:00:00`, as agents write times.
pub fn moment(seconds: i64) -> String {
    let day =
        rollcall::inventory::convert::date::Day::from_number(seconds.div_euclid(86_400) as i32).unwrap_or_default();
    let second = seconds.rem_euclid(86_400);
    format!("{day} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}
