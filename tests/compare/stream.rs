//! The stream: contacts to both, the answers compared at once, what is stored after each of four parts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::allowed::Answers;
use super::captured;
use super::client::{Answer, ask};
use super::compare::Comparison;
use super::contact::Contact;
use super::dice::Dice;
use super::document::Document;
use super::life::{Machine, Weather};
use super::memory::Memory;
use super::odd::{self, Odd};
use super::original::Original;
use super::ours::{self, Change, Ours};
use super::report::Report;

/// Options that both servers have, in each part of the stream.
const PARTS: [&[(&str, &str)]; 4] = [
    &[("FREQUENCY", "0"), ("AUTO_DUPLICATE_LVL", "7")],
    &[("FREQUENCY", "1"), ("PROLOG_FREQ", "12"), ("INVENTORY_ON_STARTUP", "0"), ("TRACE_DELETED", "1")],
    &[("FREQUENCY", "-1"), ("AUTO_DUPLICATE_LVL", "0"), ("INVENTORY_ON_STARTUP", "1"), ("DOWNLOAD_FRAG_LATENCY", "7")],
    &[("FREQUENCY", "7"), ("AUTO_DUPLICATE_LVL", "6"), ("DOWNLOAD_TIMEOUT", "12"), ("DOWNLOAD_PERIOD_LENGTH", "3")],
];

/// What stays off in the original until ours has it.
const OFF: [&str; 4] = ["IPDISCOVER", "REGISTRY", "SNMP", "DOWNLOAD"];

pub struct Stream {
    original: Original,
    ours: Ours,
    port: u16,
    machines: Vec<Machine>,
    /// Computers that have not come yet.
    newcomers: usize,
    contacts: usize,
    odd: VecDeque<(usize, usize)>,
    oddities: Vec<Odd>,
    base: Document,
    captured: VecDeque<Contact>,
    dice: Dice,
    weather: Weather,
    memory: Memory,
    only_ours: BTreeSet<String>,
    only_theirs: BTreeSet<String>,
    options: BTreeMap<&'static str, &'static str>,
    report: Report,
}

impl Stream {
    pub fn new(original: Original, ours: Ours, machines: Vec<Machine>, contacts: usize) -> Stream {
        let oddities = odd::all();
        // Each odd thing once, and once more for each further 4,000 contacts.
        let rounds = (contacts / 4000).max(1);
        let odd = (0..rounds * oddities.len()).map(|number| (number, number % oddities.len())).collect();
        let base = machines[0].document();
        Stream {
            original,
            ours,
            port: 0,
            newcomers: machines.len(),
            machines,
            contacts,
            odd,
            oddities,
            base,
            captured: captured::posts().into(),
            dice: Dice::new(20_261_127),
            weather: Weather { now: super::now(), merging: true },
            memory: Memory::default(),
            only_ours: BTreeSet::new(),
            only_theirs: BTreeSet::new(),
            options: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// Runs everything; says whether all is well.
    pub fn run(&mut self) -> bool {
        for name in OFF {
            self.set_theirs(name, "0");
        }
        // Ours begins with an empty folder; the first start makes it.
        self.port = self.ours.start();
        self.ours.stop();
        self.between(0, Vec::new());
        for part in 0..PARTS.len() {
            let until = self.contacts * (part + 1) / PARTS.len();
            while (self.report.contacts as usize) < until {
                self.some(until);
            }
            self.ours.stop();
            let app = self.ours.open();
            let Stream { original, memory, report, only_ours, only_theirs, .. } = self;
            let both = Comparison { app: &app, original, memory, report, only_ours, only_theirs }.run();
            app.store.close();
            drop(app);
            println!("part {} of 4: {} contacts, {} computers", part + 1, self.report.contacts, both.len());
            if part + 1 < PARTS.len() {
                self.between(part + 1, both);
            }
        }
        self.report.end()
    }

    /// The next contacts: of an odd computer, of a captured agent, of a new computer or of one that is known.
    fn some(&mut self, until: usize) {
        let done = self.report.contacts as usize;
        let due = |left: usize, all: usize| all > 0 && left * self.contacts > (self.contacts - done) * all;
        let rounds = (self.contacts / 4000).max(1) * self.oddities.len();
        self.weather.now = super::now();
        let contacts = if due(self.odd.len(), rounds) {
            let (number, which) = self.odd.pop_front().expect("due");
            self.oddities[which].contacts(&self.base, number)
        } else if due(self.captured.len(), captured::posts().len()) {
            self.captured.pop_front().into_iter().collect()
        } else {
            let at = if self.newcomers > 0 && self.dice.percent(60) {
                self.newcomers -= 1;
                self.newcomers
            } else {
                self.newcomers + self.dice.below(self.machines.len() - self.newcomers)
            };
            match self.machines.get_mut(at) {
                Some(machine) => machine.next(&mut self.dice, &self.weather),
                None => return,
            }
        };
        let room = until - done;
        for contact in contacts.into_iter().take(room.max(1)) {
            self.contact(&contact);
        }
    }

    /// One contact to both.
    fn contact(&mut self, contact: &Contact) {
        self.report.contacts += 1;
        self.report.inventories += u64::from(contact.inventory);
        let theirs = ask(self.original.port, &contact.request);
        let ours = ask(self.port, &contact.request);
        let (theirs, ours) = match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => (theirs, ours),
            (theirs, ours) => {
                let what = format!("{} {}: the original {theirs:?}, ours {ours:?}", contact.device, contact.kind);
                return self.report.failed("no answer", &what);
            }
        };
        self.compare_answers(contact, &theirs, &ours);
        self.memory.of(&contact.device).odd = contact.odd.or(self.memory.of(&contact.device).odd);
        if theirs.status == 500 {
            // What it was doing stays locked for minutes otherwise.
            self.original.execute("DELETE FROM locks;");
        }
        if theirs.status == 200 && ours.status == 400 {
            self.only_theirs.insert(contact.device.to_ascii_lowercase());
        }
        if !contact.inventory || ours.status != 200 {
            return;
        }
        if let Some(old) = &contact.replaces {
            let own = self.memory.of(old).own_frequency;
            self.memory.forget(old);
            self.memory.of(&contact.device).own_frequency |= own;
            self.report.merged += 1;
        }
        if theirs.status == 200 {
            self.memory.note(&contact.device, &contact.request, super::now());
        } else if self.memory.of(&contact.device).at == 0 {
            self.only_ours.insert(contact.device.to_ascii_lowercase());
        }
    }

    fn compare_answers(&mut self, contact: &Contact, theirs: &Answer, ours: &Answer) {
        self.report.answers += 1;
        let alike = theirs.status == ours.status;
        if alike != contact.allowed.is_none()
            || !alike && !self.report.ledger.status(contact, theirs.status, ours.status)
        {
            let what = format!(
                "{} {}: the original answers {}, ours {}",
                contact.device, contact.kind, theirs.status, ours.status
            );
            return self.report.failed(&format!("status, {}", contact.kind), &what);
        }
        if !alike {
            self.report.allowed += 1;
            return;
        }
        let only = |one: &Answer, other: &Answer| {
            let words: Vec<String> =
                one.meaning.difference(&other.meaning).map(|(path, text)| format!("{path}={text}")).collect();
            words.join(" ")
        };
        for (part, theirs, ours) in [
            ("packing", theirs.packing.to_owned(), ours.packing.to_owned()),
            ("content type", theirs.content_type.clone(), ours.content_type.clone()),
            ("meaning", only(theirs, ours), only(ours, theirs)),
        ] {
            self.report.answers += 1;
            if theirs == ours || part == "content type" && theirs.is_empty() != ours.is_empty() {
                continue;
            }
            let frequency = self.options.get("FREQUENCY").and_then(|text| text.parse().ok()).unwrap_or(0);
            let sent = self.memory.of(&contact.device);
            let difference = Answers { contact, part, theirs: &theirs, ours: &ours, sent, frequency };
            if self.report.ledger.answer(&difference) {
                self.report.allowed += 1;
            } else {
                let what =
                    format!("{} {}, {part}: the original says {theirs:?}, ours {ours:?}", contact.device, contact.kind);
                self.report.failed(&format!("{part}, {}", contact.kind), &what);
            }
        }
    }

    fn set_theirs(&self, name: &str, value: &str) {
        let sql = format!(
            "DELETE FROM config WHERE NAME='{name}'; INSERT INTO config (NAME, IVALUE, TVALUE) VALUES ('{name}', {value}, '');"
        );
        self.original.execute(&sql);
    }

    /// Between two parts: other options, time that passes, consumers, another TAG, own values. The same on both sides.
    fn between(&mut self, part: usize, both: Vec<(rollcall::id::ComputerId, u64, String)>) {
        for (name, value) in PARTS[part] {
            self.options.insert(name, value);
            self.set_theirs(name, value);
        }
        self.weather.merging = self.options["AUTO_DUPLICATE_LVL"] != "0";
        let mut sql = String::from("SET autocommit=0;\n");
        let mut changes = Vec::new();
        for (id, number, device) in both {
            let mut change = Change { id, back: 0, cleared: self.dice.percent(30), tag: None, own: Vec::new() };
            change.back = [0, 3600, 90_000, 400_000, 2_000_000][self.dice.below(5)] + self.dice.below(999) as i64;
            let cleared = if change.cleared { ", CHECKSUM = 0" } else { "" };
            sql += &format!(
                "UPDATE hardware SET LASTDATE = LASTDATE - INTERVAL {0} SECOND, LASTCOME = LASTCOME - INTERVAL {0} SECOND{cleared} \
                 WHERE ID = {number};\n",
                change.back
            );
            self.memory.back(&device, change.back);
            if self.dice.percent(10) {
                let tag = format!("Office {}", self.dice.below(5));
                sql += &format!("UPDATE accountinfo SET TAG = '{tag}' WHERE HARDWARE_ID = {number};\n");
                change.tag = Some(tag);
            }
            if self.dice.percent(8) && !self.memory.of(&device).own_frequency {
                let frequency = ["0", "2", "30"][self.dice.below(3)];
                change.own = vec![("FREQUENCY", frequency), ("PROLOG_FREQ", "5")];
                for (name, value) in &change.own {
                    sql += &format!(
                        "INSERT INTO devices (HARDWARE_ID, NAME, IVALUE) VALUES ({number}, '{name}', {value});\n"
                    );
                }
                self.memory.of(&device).own_frequency = true;
            }
            changes.push(change);
        }
        sql += "COMMIT;\n";
        self.original.execute(&sql);
        let app = self.ours.open();
        for (name, value) in PARTS[part] {
            ours::set(&app, name, value);
        }
        if part == 0 {
            for name in OFF.iter().filter(|name| rollcall::options::declared(name).is_some()) {
                ours::set(&app, name, "0");
            }
        }
        ours::change(&app, changes);
        app.store.close();
        drop(app);
        self.port = self.ours.start();
    }
}
